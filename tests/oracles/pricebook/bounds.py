"""The bounds of a whole stay."""

from __future__ import annotations

from fractions import Fraction

from tests.oracles import rules
from tests.oracles.money import rational
from tests.oracles.nights import as_date
from tests.oracles.pricebook.conditions import within
from tests.oracles.pricebook.rounding import Rounding
from tests.oracles.pricebook.state import State
from tests.oracles.pricebook.world import World, in_ranges
from tests.oracles.rules import Rule


def stay_bounds(world: World, state: State, rounding: Rounding | None) -> str | None:
    """The running amount between floor and ceiling, and where it is rounded here, the nearest permitted value inside.
    Where they cross, the floor wins.
    """
    rule = rule_of_stay(world)
    if rule is None:
        return None
    value = state.running if rounding is None else Fraction(rounding(state.running))
    lowest, highest = (sides(world, rule, state, side) for side in ("floor", "ceiling"))
    if highest:
        highest = [limit if rounding is None else Fraction(rounding.at_most(limit)) for limit in highest]
        value = min(value, *highest)
    if lowest:
        lowest = [limit if rounding is None else Fraction(rounding.at_least(limit)) for limit in lowest]
        value = max(value, *lowest)
    state.change_whole(lambda _: value)
    return rule["name"]


def rule_of_stay(world: World) -> Rule | None:
    """Of the rules that are for this stay one: priority, arrivals given, nights given, scope, fewer days of arrival,
    fewer lengths, the earlier.
    """
    found = [
        rule
        for rule in world.candidates("stay_bounds")
        if within(rule.get("nights"), "", world.stay.nights)
        and in_ranges(world.stay.arrival, rule.get("arrivals"), otherwise=True)
    ]

    def strength(rule: Rule) -> tuple[int, ...]:
        days = sum((as_date(r["to"]) - as_date(r["from"])).days + 1 for r in rule.get("arrivals") or [])
        nights = rule.get("nights") or {}
        lengths = nights.get("max", 365) - nights.get("min", 1) if "nights" in rule else 0
        given = ("arrivals" in rule, "nights" in rule)
        return (rule.get("priority") or 0, *map(int, given), rules.scope_level(rule), -days, -lengths)

    return max(found, key=strength, default=None)


def sides(world: World, rule: Rule, state: State, side: str) -> list[Fraction]:
    """All limits of one side."""
    found = []
    if rule.get(f"{side}_percent") is not None:
        found.append(sum(state.after["base"], Fraction(0)) * rational(rule[f"{side}_percent"]) / 100)
    if world.currency in (rule.get(side) or {}):
        found.append(world.money(rule[side]))
    if world.currency in (rule.get(f"{side}_per_night") or {}):
        found.append(world.money(rule[f"{side}_per_night"]) * len(state.positions))
    return found
