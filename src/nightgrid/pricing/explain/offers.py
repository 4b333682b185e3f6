"""Which free nights and promotions a stay meets, and what keeps the others away."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from nightgrid.limits import PROMOTIONS_MAX
from nightgrid.pricing.explain.conditions import Check, checks_of, failing
from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.lines import Parts, percent_parts
from nightgrid.pricing.explain.rules import ProductRules, in_dates, on_weekday
from nightgrid.pricing.explain.words import count, listed, money
from nightgrid.pricing.model import FreeNights, Promotion


def why_not_free(rule: FreeNights, facts: Facts, rules: ProductRules, running: Exact) -> str:
    """Why free nights are not given, "" if the stay meets all conditions."""
    if facts.nights < rule.stay:
        return f"{count(facts.nights, 'night')}, needs {rule.stay} or more"
    checks: tuple[Check, ...] | None = rules.prepared.get(id(rule))
    if checks is None:
        checks = rules.prepared[id(rule)] = checks_of(rule)
    return failing(checks, rule, facts, rules, running)


def free_nights_of(facts: Facts, rules: ProductRules, running: Exact) -> tuple[FreeNights | None, dict[int, str]]:
    """The free nights that a stay gets: of those whose conditions hold the best by scope, then the earlier. And what
    the others lack, by position.
    """
    won: FreeNights | None = None
    lacking: dict[int, str] = {}
    for position, rule in rules.inside["free_nights"]:
        if isinstance(rule, FreeNights):
            reason = why_not_free(rule, facts, rules, running)
            if reason:
                lacking[position] = reason
            elif won is None or rule.where.level > won.where.level:
                won = rule
    return won, lacking


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A promotion in scope of a product, with its amounts in minor units of the hotel's currency."""

    position: int
    rule: Promotion
    kind: str  # of model.DISCOUNT_KINDS
    checks: tuple[Check, ...]
    amount: Exact | None  # of the kinds off, off_per_night, price, price_per_night
    steps: tuple[tuple[Exact, Exact], ...]  # of the kind spend: (from, off)
    max_off: Exact | None
    floor: Exact | None
    floor_per_night: Exact | None
    is_whole: bool  # it changes the stay as a whole, not single nights
    is_plain: bool  # a percent of the whole running amount, or an amount off it, without limits: the commonest
    parts: Parts | None  # of the kind percent
    times: tuple[int, int] | None  # the same: by / over
    can_raise: bool  # a price: it sets one, or adds a percent
    takes_points: bool  # a member's extra points are added to it in full
    by_nights: dict[int, Candidate] = field(default_factory=dict)  # where it changes the stay as a whole

    def reached_off(self, running: Exact) -> Exact | None:
        """What the highest threshold that is reached takes off; None below all of them."""
        off = None
        for threshold, amount in self.steps:
            if threshold <= running:
                off = amount
        return off

    def for_nights(self, nights: int) -> Candidate:
        """The candidate that a promotion of the whole stay is for stays of a length."""
        every = range(nights)
        found = self.by_nights[nights] = Candidate(self, frozenset(every), every, self.position, is_whole=True)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A promotion that a stay meets."""

    offer: Offer
    acting: frozenset[int]  # nights of the stay (0-based) on which it excludes others
    changed: Sequence[int]  # those that it changes
    key: Hashable  # who has the same goes with the same others
    is_whole: bool = False  # it changes the stay as a whole

    def on_nights(self, nights: Sequence[int]) -> Candidate:
        """The same on fewer nights, beside others to which it gives way."""
        return Candidate(self.offer, self.acting, nights, (self.position, tuple(nights)))

    @property
    def position(self) -> int:
        """Its place in the file."""
        return self.offer.position

    @property
    def rule(self) -> Promotion:
        """What the author wrote."""
        return self.offer.rule


class Candidates(NamedTuple):
    """The promotions in scope of a product: those that a stay meets, and what the others lack, by position."""

    met: list[Candidate]
    lacking: dict[int, str]


def offers_of(rules: ProductRules) -> list[Offer]:
    """The promotions in scope of a product, prepared once."""
    found: list[Offer] | None = rules.prepared.get("offers")
    if found is None:
        found = [_offer(at, rule, rules) for at, rule in rules.inside["promotion"] if isinstance(rule, Promotion)]
        rules.prepared["offers"] = found
    return found


def _offer(position: int, rule: Promotion, rules: ProductRules) -> Offer:
    amounts, kind = rule.off or rule.off_per_night or rule.price or rule.price_per_night, rule.kind
    patterns = (rule.night_percent, rule.nth_night, rule.free_nights)
    is_whole = rule.applies != "nights" and not any(each is not None for each in patterns)
    limited = bool(rule.max_off or rule.floor or rule.floor_per_night)
    parts = None if rule.percent is None else percent_parts(rule.percent)
    return Offer(
        position=position,
        rule=rule,
        kind=kind,
        checks=checks_of(rule),
        amount=rules.minor(amounts) if amounts else None,
        steps=tuple((rules.minor(step.from_amount), rules.minor(step.off)) for step in rule.spend),
        max_off=rules.minor(rule.max_off) if rule.max_off else None,
        floor=rules.minor(rule.floor) if rule.floor else None,
        floor_per_night=rules.minor(rule.floor_per_night) if rule.floor_per_night else None,
        is_whole=is_whole,
        is_plain=is_whole and kind in _PLAIN and not (rule.of or limited),
        parts=parts,
        times=None if parts is None else (parts[1].numerator, parts[1].denominator),
        can_raise=_can_raise(rule),
        takes_points=_takes_points(rule) and not limited,
    )


def _can_raise(rule: Promotion) -> bool:
    pattern = rule.night_percent or rule.nth_night
    percent = rule.percent if pattern is None else pattern.percent
    return bool(rule.price or rule.price_per_night) or (percent is not None and percent > 0)


def _takes_points(rule: Promotion) -> bool:
    is_base = rule.stacking_class == "base" and rule.applies != "nights"
    return rule.percent is not None and rule.percent <= 0 and is_base and not rule.looks_at


_PLAIN: Final = ("percent", "off", "spend")


def candidates_of(facts: Facts, rules: ProductRules, running: Exact) -> Candidates:
    """Sort the promotions in scope. `running` is the amount before the stage; at most PROMOTIONS_MAX are met."""
    found = Candidates([], {})
    met, lacking, length = found.met, found.lacking, facts.nights
    for offer in offers_of(rules):
        rule, reason = offer.rule, ""
        for check in offer.checks:
            reason = check(rule, facts, rules, running)
            if reason:
                break
        if offer.steps and not reason and offer.reached_off(running) is None:
            least = money(offer.steps[0][0], rules.currency)
            reason = f"amount {money(running, rules.currency)}, needs {least}"
        if reason:
            lacking[offer.position] = reason
            continue
        if offer.is_whole:
            candidate = offer.by_nights.get(length) or offer.for_nights(length)
        else:
            nights = _acting(rule, facts)
            acting = frozenset(nights)
            candidate = Candidate(offer, acting, _pattern(rule, facts, nights), (offer.position, acting))
            if not candidate.changed:
                lacking[offer.position] = _no_night(rule, len(nights))
                continue
        met.append(candidate)
    for candidate in met[PROMOTIONS_MAX:]:
        lacking[candidate.position] = f"{PROMOTIONS_MAX} promotions of the file before it come into question already"
    del met[PROMOTIONS_MAX:]
    return found


def _acting(rule: Promotion, facts: Facts) -> list[int]:
    if rule.applies != "nights":
        return list(range(facts.nights))
    return [at for at, day in enumerate(facts.days) if in_dates(rule.stay_dates, day)]


def _pattern(rule: Promotion, facts: Facts, acting: list[int]) -> list[int]:
    """Of the nights that a promotion is for, those that it changes; counted among themselves from 1."""
    if rule.nth_night is not None:
        n = rule.nth_night.n
        return acting[n - 1 :: n] if rule.nth_night.repeat else acting[n - 1 : n]
    free = rule.free_nights
    if free is not None and free.which == "every_nth":
        return acting[free.stay - 1 :: free.stay] if free.repeat else acting[free.stay - 1 : free.stay]
    if free is None and rule.night_percent is None:
        return acting
    which, some = picked(rule, len(acting))
    if which == "first":
        return acting[:some]
    if which == "last":
        return acting[len(acting) - some :]
    if which or rule.night_percent is None:
        return acting if some else []  # those that are picked among them depend on what they cost
    wanted = rule.night_percent.nights
    positions = [each for each in wanted if isinstance(each, int)]
    if positions:
        return [at for number, at in enumerate(acting, 1) if number in positions]
    weekdays = tuple(each for each in wanted if isinstance(each, str))
    return [at for at in acting if on_weekday(weekdays, facts.days[at])]


def picked(rule: Promotion, nights: int) -> tuple[str, int]:
    """Which nights a promotion is of that counts them, and how many of so many; ("", 0) where it names them."""
    if rule.free_nights is not None:
        free = rule.free_nights
        times = nights // free.stay
        return free.which, (free.stay - free.pay) * (times if free.repeat else min(times, 1))
    if rule.night_percent is not None and isinstance(rule.night_percent.nights, str):
        return rule.night_percent.nights, min(rule.night_percent.count, nights)
    return "", 0


def _no_night(rule: Promotion, nights: int) -> str:
    if rule.free_nights is not None:
        return f"{count(nights, 'night')}, needs {rule.free_nights.stay} or more"
    if rule.nth_night is not None:
        return f"{count(nights, 'night')}, needs {rule.nth_night.n} or more"
    wanted = rule.night_percent.nights if rule.night_percent is not None else ()
    return f"no night is {listed([str(each) for each in wanted])}"
