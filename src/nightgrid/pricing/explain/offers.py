"""Which free nights and promotions a stay meets, and what keeps the others away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nightgrid.limits import PROMOTIONS_MAX
from nightgrid.pricing.explain.conditions import Check, checks_of, failing
from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.lines import percent_parts
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


def free_nights_of(facts: Facts, rules: ProductRules, running: Exact) -> tuple[int, FreeNights] | None:
    """The free nights that a stay gets: of those whose conditions hold the best by scope, then the earlier."""
    met = [
        (position, rule)
        for position, rule in rules.inside["free_nights"]
        if isinstance(rule, FreeNights) and not why_not_free(rule, facts, rules, running)
    ]
    return min(met, key=lambda each: (-each[1].where.level, each[0]), default=None)


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
    floor_per_night: Exact | None
    is_whole: bool  # it changes the stay as a whole, not single nights
    factor: Exact | None  # of a percent of the whole running amount, without limits: the commonest kind

    def reached_off(self, running: Exact) -> Exact | None:
        """What the highest threshold that is reached takes off; None below all of them."""
        off = None
        for threshold, amount in self.steps:
            if threshold <= running:
                off = amount
        return off


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A promotion that a stay meets."""

    offer: Offer
    acting: frozenset[int]  # nights of the stay (0-based) on which it excludes others
    changed: Sequence[int]  # those that it changes

    @property
    def position(self) -> int:
        """Its place in the file."""
        return self.offer.position

    @property
    def rule(self) -> Promotion:
        """What the author wrote."""
        return self.offer.rule


@dataclass(slots=True)
class Candidates:
    """The promotions in scope of a product: those that a stay meets, and what the others lack, by position."""

    met: list[Candidate]
    lacking: dict[int, str]


def offers_of(rules: ProductRules) -> list[Offer]:
    """The promotions in scope of a product, prepared once."""
    inside = rules.inside["promotion"]
    found: list[Offer] | None = rules.prepared.get(id(inside))
    if found is None:
        found = [_offer(at, rule, rules) for at, rule in inside if isinstance(rule, Promotion)]
        rules.prepared[id(inside)] = found
    return found


def _offer(position: int, rule: Promotion, rules: ProductRules) -> Offer:
    amounts = rule.off or rule.off_per_night or rule.price or rule.price_per_night
    is_whole = rule.applies != "nights" and rule.night_percent is None and rule.nth_night is None
    is_plain = is_whole and rule.percent is not None and not (rule.of or rule.max_off or rule.floor_per_night)
    return Offer(
        position=position,
        rule=rule,
        kind=rule.kind,
        checks=checks_of(rule),
        amount=rules.minor(amounts) if amounts else None,
        steps=tuple((rules.minor(step.from_amount), rules.minor(step.off)) for step in rule.spend),
        max_off=rules.minor(rule.max_off) if rule.max_off else None,
        floor_per_night=rules.minor(rule.floor_per_night) if rule.floor_per_night else None,
        is_whole=is_whole,
        factor=percent_parts(rule.percent)[1] if is_plain and rule.percent is not None else None,
    )


def candidates_of(facts: Facts, rules: ProductRules, running: Exact) -> Candidates:
    """Sort the promotions in scope. `running` is the amount before the stage; at most PROMOTIONS_MAX are met."""
    found = Candidates([], {})
    every: Sequence[int] = range(facts.nights)
    all_nights = frozenset(every)
    for offer in offers_of(rules):
        rule = offer.rule
        reason = failing(offer.checks, rule, facts, rules, running) if offer.checks else ""
        if not reason and offer.steps and offer.reached_off(running) is None:
            least = money(offer.steps[0][0], rules.currency)
            reason = f"amount {money(running, rules.currency)}, needs {least}"
        acting, changed = all_nights, every
        if not reason and not offer.is_whole:
            nights = _acting(rule, facts)
            acting, changed = frozenset(nights), _pattern(rule, facts, nights)
            if not changed:
                reason = _no_night(rule, len(nights))
        if not reason and len(found.met) == PROMOTIONS_MAX:
            reason = f"{PROMOTIONS_MAX} promotions of the file before it come into question already"
        if reason:
            found.lacking[offer.position] = reason
        else:
            found.met.append(Candidate(offer, acting, changed))
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
    if rule.night_percent is None:
        return acting
    wanted = rule.night_percent.nights
    if isinstance(wanted, str):
        return acting[:1] if wanted == "first" else acting[-1:]
    positions = [each for each in wanted if isinstance(each, int)]
    if positions:
        return [at for number, at in enumerate(acting, 1) if number in positions]
    weekdays = tuple(each for each in wanted if isinstance(each, str))
    return [at for at in acting if on_weekday(weekdays, facts.days[at])]


def _no_night(rule: Promotion, nights: int) -> str:
    if rule.nth_night is not None:
        return f"{count(nights, 'night')}, needs {rule.nth_night.n} or more"
    wanted = rule.night_percent.nights if rule.night_percent is not None else ()
    return f"no night is {listed([str(each) for each in wanted])}"
