"""The stages of a stay that are not promotions or charges: extra guests, length of stay, free nights, lead time, tier.

Each takes a `State` and changes it; `of` is the amounts that its percents are of.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from tests.oracles import rules
from tests.oracles.money import rational
from tests.oracles.pricebook.conditions import conditions_hold
from tests.oracles.pricebook.guests import extra_charge
from tests.oracles.pricebook.state import State
from tests.oracles.pricebook.world import World
from tests.oracles.rules import Rule


def percent_of(percent: object, amounts: list[Fraction]) -> Fraction:
    """Some percent of the sum of amounts."""
    return sum(amounts, Fraction(0)) * rational(percent) / 100


def extra_guests(world: World, state: State, of: str) -> str | None:
    """Charges of all nights, added; a percent is of the night: after the night stages, or after one of them."""
    rule = world.best("extra_guests")
    if rule is None or world.stay.adults is None:
        return None
    amounts = state.nightly if of == "running" else state.after[of]
    charges = sum((extra_charge(world, rule, amount) for amount in amounts), Fraction(0))
    state.change_whole(lambda running: running + charges)
    return rule["name"]


# Length of stay


def length_of_stay(world: World, state: State, of: str) -> str | None:
    """Three readings of the bands, and blocks of nights at a fixed price."""
    rule = world.best("length_of_stay")
    if rule is None:
        return None
    nights = world.stay.nights
    reached = sorted((b for b in rule["bands"] if b["from_nights"] <= nights), key=lambda band: band["from_nights"])
    if not reached:
        return None
    reading = rule.get("reading", "stay")
    if reading == "marginal":
        marginal(state, reached, of)
    elif "price" in reached[-1]:
        blocks(world, state, [band for band in reached if "price" in band])
    else:
        band = reached[-1] if reading == "stay" else reached[0]
        change = percent_of(band["percent"], state.amounts(of))
        state.change_whole(lambda running: running + change)
    return rule["name"]


def marginal(state: State, reached: list[Rule], of: str) -> None:
    """Each night by the band that it falls in, as the first, second, ... night of the stay."""
    shares, amounts = state.shares(), state.amounts(of)
    for i, position in enumerate(state.positions):
        bands = [band for band in reached if band["from_nights"] <= position + 1]
        if bands:
            shares[i] = max(Fraction(0), shares[i] + percent_of(bands[-1]["percent"], [amounts[i]]))
    state.set_shares(shares)


def blocks(world: World, state: State, bands: list[Rule]) -> None:
    """Whole blocks at their price, the largest first; the nights left over, the last ones, keep their shares."""
    left, price = len(state.positions), Fraction(0)
    for band in reversed(bands):
        price += left // band["from_nights"] * world.money(band["price"])
        left %= band["from_nights"]
    kept = sum(state.shares()[len(state.positions) - left :], Fraction(0))
    state.change_whole(lambda _: price + kept)


# Free nights


def free_nights(world: World, state: State, of: str) -> str | None:
    """Stay N, pay M: of the offers that the stay meets the best by scope. The free nights' shares are taken off."""
    meeting = [
        rule
        for rule in world.candidates("free_nights")
        if world.stay.nights >= rule["stay"] and conditions_hold(world, rule, state.running)
    ]
    rule = max(meeting, key=rules.scope_level, default=None)
    if rule is None:
        return None
    shares = state.shares()
    free = free_positions(rule, state)
    state.change_whole(lambda running: running - sum((shares[i] for i in free), Fraction(0)))
    state.weights = [Fraction(0) if i in free else weight for i, weight in enumerate(state.weights)]
    return rule["name"]


def free_positions(rule: Rule, state: State) -> list[int]:
    """Which nights are free: the cheapest (of equals the earlier), the last, or every N-th."""
    nights, stay = len(state.positions), rule["stay"]
    times = nights // stay if rule.get("repeat", True) else 1
    count = times * (stay - rule["pay"])
    which = rule.get("which", "cheapest")
    if which == "cheapest":
        return sorted(sorted(range(nights), key=lambda i: state.weights[i])[:count])
    if which == "last":
        return list(range(nights - count, nights))
    return [stay * time - 1 for time in range(1, times + 1)]


# Lead time, member tier


def lead_time(world: World, state: State, of: str) -> str | None:
    """The band of the lead days, or a point of the curve."""
    rule = world.best("lead_time")
    if rule is None:
        return None
    percent = curve_percent(rule["curve"], world.lead_days) if rule.get("curve") else band_percent(world, rule)
    change = percent_of(percent, state.amounts(of))
    state.change_whole(lambda running: running + change)
    return rule["name"]


def band_percent(world: World, rule: Rule) -> object:
    """Between bands nothing changes."""
    for band in rule["bands"]:
        if band["from_days"] <= world.lead_days and world.lead_days <= band.get("to_days", rules.LEAD_DAYS_MAX):
            return band["percent"]
    return 0


def curve_percent(points: list[Rule], days: int) -> Fraction:
    """Straight lines between the points, level outside."""
    points = sorted(points, key=lambda point: point["days"])
    if days <= points[0]["days"]:
        return rational(points[0]["percent"])
    for left, right in pairwise(points):
        if days <= right["days"]:
            low, high = rational(left["percent"]), rational(right["percent"])
            return low + (high - low) * (days - left["days"]) / (right["days"] - left["days"])
    return rational(points[-1]["percent"])


def member_rule(world: World) -> Rule | None:
    """The table of the product, unless its own plan is being sold already."""
    return world.best("member_tier") if world.member_tier_speaks and "member_tier" in world.pipeline else None


def member_tier(world: World, state: State, of: str) -> str | None:
    """A percent, an amount for the stay, or a price for each night. Own plan and extra points act elsewhere."""
    rule, tier = member_rule(world), world.tier
    if rule is None:
        return None
    if tier in (rule.get("percent") or {}):
        change = percent_of(rule["percent"][tier], state.amounts(of))
        state.change_whole(lambda running: running + change)
    elif tier in (rule.get("amount") or {}):
        state.change_whole(lambda running: running + world.money(rule["amount"][tier]))
    elif tier in (rule.get("price") or {}):
        state.change_whole(lambda _: world.money(rule["price"][tier]) * len(state.positions))
    else:
        return None
    return rule["name"]
