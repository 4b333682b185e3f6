"""What one promotion does to a stay, and the lines that say so."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from nightgrid.pricing.explain.exact import ZERO, Exact, total
from nightgrid.pricing.explain.lines import Entry, percent_parts
from nightgrid.pricing.explain.offers import Candidate, Offer, picked
from nightgrid.pricing.explain.stacking import Permitted
from nightgrid.pricing.explain.stay import Stay, shared
from nightgrid.pricing.explain.words import count, listed, money, spoken
from nightgrid.pricing.model import Promotion


class Effect(NamedTuple):
    """What a promotion makes of a part of the stay, before any limit; base and percent where a percent makes it."""

    before: Exact
    part: Exact
    base: Exact | None = None
    percent: Decimal | None = None


class Given(NamedTuple):
    """A stay after some promotions: the amount, how it is shared among the nights, what the last promotion did."""

    value: Exact
    weights: list[Exact]
    effect: Effect | None = None
    chosen: Sequence[int] | None = None  # the nights that it changed, None: the stay as a whole


class Common(NamedTuple):
    """What all promotions of a stay have in common: what percents are of, the amount before the stage, extra points."""

    of: str
    before: Exact
    points: Decimal


def give(stay: Stay, candidate: Candidate, given: Given, common: Common) -> Given:
    """The stay after one more promotion. Never below 0, and within the limits of the promotion."""
    offer = candidate.offer
    if candidate.is_whole:
        effect = effect_of(stay, offer, given.value, common, None)
        after = ZERO if effect.part.is_negative else effect.part
        return Given(_limited(stay, offer, given.value, after), given.weights, effect)
    chosen = chosen_of(stay, candidate, given.weights)
    if not chosen:
        return given._replace(effect=None)  # one night of the policy `night`, and the promotion is for others
    shares = shared(given.value, given.weights)
    part = total([shares[at] for at in chosen])
    others = given.value - part
    effect = effect_of(stay, offer, part, common, chosen)
    after = _limited(stay, offer, given.value, others + max(ZERO, effect.part))
    changed = max(ZERO, after - others)
    for at in chosen:
        shares[at] = (shares[at] * changed).over(part) if part else changed.over(Exact(len(chosen)))
    value = others + changed
    return Given(value, shares if value else given.weights, effect, chosen)


def amounts_after(stays: Sequence[Stay], met: Sequence[Candidate], permitted: Permitted, common: Common) -> list[Exact]:
    """The exact amount of all stays after each permitted set; sets that begin alike are worked out together."""
    after = [[Given(stay.value, stay.weights) for stay in stays]]
    parts = (*met, *permitted.fewer)
    for before, place in permitted.steps:
        pairs = zip(stays, after[before], strict=True)
        after.append([give(stay, parts[place], given, common) for stay, given in pairs])
    amounts = [total([given.value for given in after[end]]) for end in permitted.ends]
    if common.points and 0 in permitted.ends:  # without any promotion a member's extra points act alone
        amounts[permitted.ends.index(0)] = common.before * percent_parts(-common.points)[1]
    return amounts


def is_plain(stays: Sequence[Stay], permitted: Permitted, common: Common) -> bool:
    """Whether all that is met are percents of the running amount and amounts off it: `plain_amounts_after` is then the
    same as `amounts_after`, and `write_plain` as `write_all`.
    """
    return permitted.is_plain and len(stays) == 1 and common.of == "running" and not common.points


def plain_amounts_after(
    stays: Sequence[Stay], met: Sequence[Candidate], permitted: Permitted, common: Common
) -> list[Exact]:
    """`amounts_after` of one stay where all is plain: each link is n/d x by/over - off, not below 0."""
    del stays
    amounts = []
    for chain in permitted.chains:
        top, under = common.before.numerator, common.before.denominator
        for by, over, place in chain:
            top *= by
            under *= over
            if place is not None:
                top = max(0, top - _off(met[place].offer, common).numerator * under)  # whole minor units
        amounts.append(Exact(top, under))
    return amounts


def _off(offer: Offer, common: Common) -> Exact:
    """What a promotion of the kinds off and spend takes off."""
    off = offer.amount
    if off is None:
        off = offer.reached_off(common.before)
    return ZERO if off is None else off


def write_plain(stay: Stay, chosen: Sequence[Candidate], common: Common) -> bool:
    """Write the lines of plain promotions; False, and nothing is written, where one is cut at 0."""
    lines: list[Entry] = []
    value = stay.value
    for candidate in chosen:
        offer, before = candidate.offer, value
        if offer.parts is not None:
            share, factor, words = offer.parts
            top, under = before.numerator, before.denominator * factor.denominator  # the share's as well
            value = Exact(top * factor.numerator, under)
            lines.append(("promotion", offer.rule.name, words, before, factor, Exact(top * share.numerator, under)))
            continue
        off = _off(offer, common)
        value = before - off
        if value.is_negative:
            return False
        lines.append(("promotion", offer.rule.name, f"{money(off, stay.rules.currency)} off", before, None, -off))
    stay.lines += lines
    stay.value = value
    return True


def write_all(stays: Sequence[Stay], chosen: Sequence[Candidate], common: Common) -> None:
    """Write the lines of the promotions that are given."""
    after = [Given(stay.value, stay.weights) for stay in stays]
    for candidate in chosen:
        for at, stay in enumerate(stays):
            after[at] = give(stay, candidate, after[at], common)
            write(stay, candidate, common, after[at])


def chosen_of(stay: Stay, candidate: Candidate, weights: Sequence[Exact]) -> list[int]:
    """The nights priced here that a promotion changes, with what they weigh before it."""
    chosen = [at for at, night in enumerate(stay.nights) if night.place in candidate.changed]
    which, some = picked(candidate.rule, len(candidate.acting))
    if which == "cheapest":
        return sorted(sorted(chosen, key=weights.__getitem__)[:some])  # of equal ones the earlier
    if which == "dearest":
        return sorted(sorted(chosen, key=lambda at: -weights[at])[:some])
    return chosen


def effect_of(stay: Stay, offer: Offer, part: Exact, common: Common, chosen: list[int] | None) -> Effect:
    """What a promotion makes of the amount of the chosen nights (None: of the whole stay)."""
    if offer.kind == "spend":
        return Effect(part, part - _off(offer, common))
    if offer.amount is not None:
        nights = len(stay.nights) if chosen is None else len(chosen)
        amount = offer.amount.times(nights) if offer.kind.endswith("per_night") else offer.amount
        return Effect(part, amount if offer.kind.startswith("price") else part - amount)
    percent = percent_of(offer.rule, common.points)
    of = offer.rule.of or common.of
    if of == "running":
        base = part
    elif chosen is None:
        base = stay.of(of) or ZERO
    else:
        amounts = stay.of_nights(of)
        base = total([amounts[at] for at in chosen])
    return Effect(part, part + base * percent_parts(percent)[0], base, percent)


def percent_of(rule: Promotion, points: Decimal) -> Decimal:
    """The percent of a promotion; a member's extra points come on top of percents of class base."""
    if rule.percent is not None:
        return max(Decimal(-100), rule.percent - points) if points and rule.stacking_class == "base" else rule.percent
    if rule.free_nights is not None:
        return Decimal(-100)
    pattern = rule.night_percent or rule.nth_night
    return pattern.percent if pattern is not None else Decimal(0)


def _limited(stay: Stay, offer: Offer, before: Exact, after: Exact) -> Exact:
    """max_off caps what is taken off, floor and floor_per_night bound what is left; none raises a price."""
    if offer.max_off is not None:
        after = max(after, before - offer.max_off)
    if offer.floor is not None:
        after = max(after, min(before, offer.floor))
    if offer.floor_per_night is not None:
        after = max(after, min(before, offer.floor_per_night.times(len(stay.nights))))
    return after


def write(stay: Stay, candidate: Candidate, common: Common, after: Given) -> None:
    """Write the line of a promotion after which the stay is `after`."""
    offer, given, effect = candidate.offer, stay.value, after.effect
    stay.value, stay.weights = after.value, after.weights
    if effect is None:
        return
    words = _words(stay, offer, effect, common, after.chosen)
    amount = after.value - given
    base, factor = given, None
    if amount != effect.part - effect.before:
        given_limits = [each for each in (offer.max_off, offer.floor, offer.floor_per_night) if each is not None]
        limits = [money(each, stay.rules.currency) for each in given_limits]
        words += f", limited by {listed(limits, ' and ')}" if limits else ", not below 0"
    elif effect.base is not None and effect.percent is not None:
        base, factor = effect.base, percent_parts(effect.percent)[1]
    stay.lines.append(("promotion", offer.rule.name, words, base, factor, amount))


def _words(stay: Stay, offer: Offer, effect: Effect, common: Common, chosen: Sequence[int] | None) -> str:
    """`-20 % of base on 2026-10-02`, `50.00 CNY off`."""
    currency = stay.rules.currency
    if effect.percent is None:
        amount = money(_off(offer, common), currency)
        if offer.kind == "price":
            return f"the stay for {amount}"
        nights = count(len(stay.nights) if chosen is None else len(chosen), "night")
        if offer.kind == "price_per_night":
            return f"a night for {amount}" + ("" if chosen is None else f", {nights}")
        return f"{amount} off a night, {nights}" if offer.kind == "off_per_night" else f"{amount} off"
    words = percent_parts(effect.percent)[2]
    if offer.rule.percent is not None and effect.percent != offer.rule.percent:
        words += f" ({percent_parts(offer.rule.percent)[2]} and {common.points} member's points)"
    of = offer.rule.of or common.of
    if of != "running":
        words += f" of {spoken(of)}"
    if chosen is not None:
        words += f" on {listed([str(stay.nights[at].night) for at in chosen], ' and ')}"
    return words
