"""What one promotion does to a stay, and the lines that say so."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from nightgrid.pricing.explain.lines import ZERO, percent_parts
from nightgrid.pricing.explain.offers import Candidate, reached_off
from nightgrid.pricing.explain.stay import Stay, shared
from nightgrid.pricing.explain.words import count, listed, money
from nightgrid.pricing.model import Promotion


class Given(NamedTuple):
    """A stay after some promotions: the amount and how it is shared among the nights."""

    value: Fraction
    weights: list[Fraction]


class Stage(NamedTuple):
    """What all promotions of a stay have in common: what percents are of, the amount before the stage, extra points."""

    of: str
    before: Fraction
    points: Decimal


def give(stay: Stay, candidate: Candidate, given: Given, stage: Stage) -> Given:
    """The stay after one more promotion. Never below 0, and within the limits of the promotion."""
    chosen = [at for at, night in enumerate(stay.nights) if night.index in candidate.changed]
    if not chosen:
        return given  # one night of the policy `night`, and the promotion is for others
    if candidate.is_nightly:
        return _give_nights(stay, candidate, given, stage, chosen)
    after = max(ZERO, _changed(stay, candidate.rule, given.value, given, stage, chosen))
    return Given(max(ZERO, _limited(stay, candidate.rule, given.value, after)), given.weights)


def _give_nights(stay: Stay, candidate: Candidate, given: Given, stage: Stage, chosen: list[int]) -> Given:
    shares = shared(*given)
    part = sum((shares[at] for at in chosen), ZERO)
    others = given.value - part
    after = others + max(ZERO, _changed(stay, candidate.rule, part, given, stage, chosen))
    changed = max(ZERO, _limited(stay, candidate.rule, given.value, after) - others)
    for at in chosen:
        shares[at] = shares[at] * changed / part if part else changed / len(chosen)
    value = others + changed
    return Given(value, shares if value else given.weights)


def _changed(stay: Stay, rule: Promotion, part: Fraction, given: Given, stage: Stage, chosen: list[int]) -> Fraction:
    """What becomes of the amount of the chosen nights, before any limit."""
    minor = stay.rules.minor
    if rule.price:
        return minor(rule.price)
    if rule.price_per_night:
        return minor(rule.price_per_night) * len(chosen)
    if rule.off:
        return part - minor(rule.off)
    if rule.off_per_night:
        return part - minor(rule.off_per_night) * len(chosen)
    if rule.spend:
        return part - (reached_off(rule, stay.rules, stage.before) or ZERO)
    percent = percent_of(rule, stage.points)
    of = rule.of or stage.of
    if of == "running":
        base = part
    elif len(chosen) == len(stay.nights):
        base = stay.of(of) or ZERO
    else:
        amounts = stay.of_nights(of)
        base = sum((amounts[at] for at in chosen), ZERO)
    del given
    return part + base * percent_parts(percent)[0]


def percent_of(rule: Promotion, points: Decimal) -> Decimal:
    """The percent of a promotion; a member's extra points come on top of percents of class base."""
    if rule.percent is not None:
        return max(Decimal(-100), rule.percent - points) if rule.stacking_class == "base" else rule.percent
    pattern = rule.night_percent or rule.nth_night
    return pattern.percent if pattern is not None else Decimal(0)


def _limited(stay: Stay, rule: Promotion, before: Fraction, after: Fraction) -> Fraction:
    """max_off caps what is taken off, floor_per_night bounds what is left; neither raises a price."""
    minor = stay.rules.minor
    if rule.max_off:
        after = max(after, before - minor(rule.max_off))
    if rule.floor_per_night:
        after = max(after, min(before, minor(rule.floor_per_night) * len(stay.nights)))
    return after


def write(stay: Stay, candidate: Candidate, stage: Stage) -> None:
    """Give a promotion, with its line."""
    rule = candidate.rule
    given = Given(stay.value, stay.weights)
    after = give(stay, candidate, given, stage)
    base, factor, words = _told(stay, candidate, given, stage)
    amount = after.value - given.value
    if factor is not None and base * (factor - 1) != amount:
        factor, base = None, given.value
        limits = [
            money(stay.rules.minor(part), stay.rules.currency) for part in (rule.max_off, rule.floor_per_night) if part
        ]
        words += f", limited by {listed(limits, ' and ')}" if limits else ", not below 0"
    elif factor is None:
        base = given.value
        unlimited = _changed(stay, rule, given.value, given, stage, list(range(len(stay.nights))))
        if not candidate.is_nightly and unlimited != after.value:
            words += ", limited" if rule.max_off or rule.floor_per_night else ", not below 0"
    stay.lines.append(("promotion", stay.night, rule.name, words, base, factor, amount))
    stay.value, stay.weights = after


def _told(stay: Stay, candidate: Candidate, given: Given, stage: Stage) -> tuple[Fraction, Fraction | None, str]:
    """(what the percent is of, the factor, the words); no factor for amounts."""
    rule, currency = candidate.rule, stay.rules.currency
    minor = stay.rules.minor
    if rule.price:
        return ZERO, None, f"the stay for {money(minor(rule.price), currency)}"
    if rule.price_per_night:
        return ZERO, None, f"a night for {money(minor(rule.price_per_night), currency)}"
    if rule.off:
        return ZERO, None, f"{money(minor(rule.off), currency)} off"
    chosen = [at for at, night in enumerate(stay.nights) if night.index in candidate.changed]
    if rule.off_per_night:
        nights = count(len(chosen), "night")
        return ZERO, None, f"{money(minor(rule.off_per_night), currency)} off a night, {nights}"
    if rule.spend:
        return ZERO, None, f"{money(reached_off(rule, stay.rules, stage.before) or ZERO, currency)} off"
    percent = percent_of(rule, stage.points)
    of = rule.of or stage.of
    if of == "running":
        shares = shared(*given)
        base = given.value if len(chosen) == len(shares) else sum((shares[at] for at in chosen), ZERO)
    else:
        amounts = stay.of_nights(of)
        base = sum((amounts[at] for at in chosen), ZERO)
    words = percent_parts(percent)[2]
    if rule.percent is not None and percent != rule.percent:
        words += f" ({percent_parts(rule.percent)[2]} and {stage.points} member's points)"
    if of != "running":
        words += f" of {of.replace('_', ' ')}"
    if candidate.is_nightly:
        words += f" on {listed([str(stay.nights[at].night) for at in chosen], ' and ')}"
    return base, percent_parts(percent)[1], words
