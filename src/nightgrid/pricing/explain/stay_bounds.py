"""The bounds of a stay: which rule holds for it, and the amount inside them."""

from __future__ import annotations

from nightgrid.money import RoundingMode
from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.lines import percent_parts, rounded_by
from nightgrid.pricing.explain.night_plans import Limit
from nightgrid.pricing.explain.rules import ProductRules, in_dates
from nightgrid.pricing.explain.stay import Stay
from nightgrid.pricing.explain.words import count, money, ranges, span
from nightgrid.pricing.model import StayBounds
from nightgrid.pricing.pipelines import PlacedStage, Rounder


def why_not_bounded(rule: StayBounds, facts: Facts) -> str:
    """Why a rule is not for a stay, "" if it is."""
    nights = rule.nights
    if nights is not None and not nights.min_nights <= facts.nights <= (nights.max_nights or facts.nights):
        return f"{count(facts.nights, 'night')}, needs {span(nights.min_nights, nights.max_nights, 1)}"
    if not in_dates(rule.arrivals, facts.arrival):
        return f"arrival {facts.arrival}, needs {ranges(rule.arrivals)}"
    return ""


def bounds_of(rules: ProductRules, facts: Facts) -> tuple[int, StayBounds] | None:
    """The rule that wins for a stay, with its position."""
    held = [
        (position, rule)
        for position, rule in rules.inside["stay_bounds"]
        if isinstance(rule, StayBounds) and not why_not_bounded(rule, facts)
    ]
    return min(held, key=lambda each: each[1].rank(each[0]), default=None)


def bound_stay(stay: Stay, stage: PlacedStage) -> None:
    """Write what keeps a stay inside its bounds; where the stage rounds, on the nearest permitted price inside. The
    floor wins.
    """
    rules, rounder = stay.rules, stage.rounder
    won = bounds_of(rules, stay.facts)
    if won is None:
        return
    if rounder is not None:
        stay.round(rounder, rules.currency)
    bounded, words = stay.value, ""
    ceiling, floor = _limit(stay, won[1], "ceiling"), _limit(stay, won[1], "floor")
    if ceiling is not None and ceiling[0] < bounded:
        bounded, words = _permitted(ceiling[0], rounder, RoundingMode.FLOOR), ceiling[1]
    if floor is not None and bounded < floor[0]:
        bounded, words = _permitted(floor[0], rounder, RoundingMode.CEILING), floor[1]
    if words and bounded != stay.value:
        stay.become("stay_bounds", bounded, won[1].name, words)


def _permitted(limit: Exact, rounder: Rounder | None, mode: RoundingMode) -> Exact:
    return limit if rounder is None else Exact(rounded_by(rounder._replace(mode=mode), limit))


def _limit(stay: Stay, rule: StayBounds, side: str) -> Limit | None:
    """The tightest limit of one side, with its words."""
    rules, nights = stay.rules, len(stay.nights)
    percent = rule.floor_percent if side == "floor" else rule.ceiling_percent
    amounts = rule.floor if side == "floor" else rule.ceiling
    a_night = rule.floor_per_night if side == "floor" else rule.ceiling_per_night
    limits: list[Limit] = []
    if percent is not None:
        base = stay.of("base")
        if base is not None:
            limits.append((base * percent_parts(percent)[0], f"{side} {percent} % of base"))
    if rules.currency in amounts:
        limits.append((rules.minor(amounts), f"{side} {money(rules.minor(amounts), rules.currency)}"))
    if rules.currency in a_night:
        words = f"{side} {money(rules.minor(a_night), rules.currency)} x {count(nights, 'night')}"
        limits.append((rules.minor(a_night).times(nights), words))
    tightest: Limit | None = None
    for limit in limits:
        if tightest is None or (tightest[0] < limit[0] if side == "floor" else limit[0] < tightest[0]):
            tightest = limit
    return tightest
