"""What comes on top of the room, and how it is paid: packages, taxes and fees, points."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from tests.oracles import rules
from tests.oracles.money import rational
from tests.oracles.pricebook.rounding import Rounding
from tests.oracles.pricebook.state import State
from tests.oracles.pricebook.world import World, in_ranges
from tests.oracles.rules import Rule

# Packages


def packages(world: World, state: State) -> str | None:
    """Those that every guest must take and those that this one asked for, added."""
    taken = [rule for rule in offered(world) if rule.get("mandatory") or rule["name"] in world.stay.packages]
    if missing := set(world.stay.packages) - {rule["name"] for rule in taken}:
        raise ValueError(f"packages {sorted(missing)} are not offered here")
    for rule in taken:
        price = package_price(world, rule, len(state.positions))
        state.change_whole(lambda running, price=price: running + price)
    return " + ".join(rule["name"] for rule in taken) or None


def offered(world: World) -> list[Rule]:
    """In file order; of one name the best by scope."""
    best: dict[str, Rule] = {}
    for _, rule in world.within_reach("package"):
        known = best.get(rule["name"])
        if known is None or rules.scope_level(rule) > rules.scope_level(known):
            best[rule["name"]] = rule
    return [rule for _, rule in world.within_reach("package") if best[rule["name"]] is rule]


def package_price(world: World, rule: Rule, nights: int) -> Fraction:
    """By stay, night, person or both; children pay their percent. Nothing for persons where nobody was named."""
    price, per = world.money(rule["price"]), rule.get("per", "stay")
    if per in ("night", "person_night"):
        price *= nights
    if per in ("person", "person_night"):
        adults, children = world.stay.adults or 0, len(world.stay.children) if world.stay.adults else 0
        price *= adults + children * rational(rule.get("children_percent", 100)) / 100
    return price


# Taxes


def taxes(world: World, net: int, average: Fraction, positions: tuple[int, ...]) -> list[tuple[Rule, int]]:
    """Each tax in scope and its amount: of the stay, or of the nights at `positions` alone. Those that are included in
    the price are shown; only the others are added, and only they count for a later one that is cumulative.
    """
    found: list[tuple[Rule, int]] = []
    for _, rule in world.within_reach("tax"):
        added = sum(tax for earlier, tax in found if not earlier.get("included"))
        found.append((rule, tax_minor(world, rule, net, added, average, positions)))
    return found


def tax_minor(world: World, rule: Rule, net: int, added: int, average: Fraction, positions: tuple[int, ...]) -> int:
    """One tax, rounded by itself. `average` is the net price of a night of the stay."""
    brackets = rule.get("brackets") or {}
    if "from" in brackets and average < world.money(brackets["from"]):
        return 0
    if "to" in brackets and average >= world.money(brackets["to"]):
        return 0
    if not any(in_ranges(night, rule.get("dates"), otherwise=True) for night in world.nights):
        return 0
    if "percent" in rule:
        percent = rational(rule["percent"])
        amount = net + (added if rule.get("of", "net") == "cumulative" else 0)
        exact = amount * percent / ((100 + percent) if rule.get("included") else 100)
    else:
        exact = world.money(rule["amount"]) * tax_units(world, rule, positions)
    return Rounding.of(rule.get("round"))(exact)


def tax_units(world: World, rule: Rule, positions: tuple[int, ...]) -> int:
    """How many times an amount is due: nights, persons, or both. Nobody was named: no persons."""
    per = rule.get("per", "stay")
    units = 1
    if per in ("night", "person_night"):
        limit = rule.get("nights_max", world.stay.nights)
        units = sum(k < limit and in_ranges(world.nights[k], rule.get("dates"), otherwise=True) for k in positions)
    if per in ("person_night", "person_stay"):
        old_enough = [age for age in world.stay.children if age >= (rule.get("min_age") or 0)]
        units *= (world.stay.adults + len(old_enough)) if world.stay.adults else 0
    return units


# Points


def pay_with_points(world: World, amount: int) -> tuple[int, int]:
    """(what the points are worth, how many of them are used): as many as are offered, at most a part of the amount."""
    rule = world.best("points")
    if rule is None or not world.stay.points:
        return 0, 0
    points, value = rule["rate"]["points"], world.money(rule["rate"]["value"])
    worth = floor(world.stay.points * value / points)
    worth = min(worth, floor(amount * rational(rule.get("max_percent", 100)) / 100))
    return worth, ceil(worth * points / value) if worth else 0


def pay_for_order(world: World, rooms: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The same of an order: points pay once, at most a part of the price of all rooms, each (net, taxes)."""
    kinds = list(world.pipeline.after_the_price())
    after_taxes = "tax" in kinds[: kinds.index("points")] if "points" in kinds else False
    return pay_with_points(world, sum(net + (taxes if after_taxes else 0) for net, taxes in rooms))
