"""Which promotions are given together: every subset is tried."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from tests.oracles.money import rational
from tests.oracles.pricebook.promotions import Candidate, apply, candidates
from tests.oracles.pricebook.state import State
from tests.oracles.pricebook.stays import member_rule
from tests.oracles.pricebook.world import World

#: Class of a promotion -> the classes that it shares a stay with. "none" shares with nothing.
FRIENDS = {"base": ("second", "any"), "second": ("base", "any"), "any": ("base", "second", "any"), "none": ()}

Chosen = tuple[Candidate, ...]


def promotion(world: World, states: Sequence[State], of: str) -> tuple[Chosen, list[State], str]:
    """(the promotions given, the states after them, their names). `states`: the stay, or each of its nights."""
    before = sum((state.running for state in states), Fraction(0))
    found = candidates(world, before)
    points = extra_points(world)
    chosen = choose(world, found, lambda some: total(give(world, some, states, of, before, points)), points)
    names = [candidate.name for candidate in chosen]
    if points and not chosen:
        names = [f"{points} extra points"]
    return chosen, give(world, chosen, states, of, before, points), " + ".join(names)


def give(
    world: World, some: Chosen, states: Sequence[State], of: str, before: Fraction, points: Fraction
) -> list[State]:
    """The states after some promotions in file order; without any the extra points of a member act alone."""
    states = [state.copy() for state in states]
    for state in states:
        for candidate in some:
            apply(world, candidate, state, of, before, points)
        if not some:
            state.change_whole(lambda running: running * (100 - points) / 100)
    return states


def total(states: Sequence[State]) -> Fraction:
    """The exact amount of the stay."""
    return sum((state.running for state in states), Fraction(0))


def extra_points(world: World) -> Fraction:
    """Percentage points that the guest's tier gets on top of a public discount."""
    rule = member_rule(world)
    points = ((rule or {}).get("extra_points") or {}).get(world.tier, 0)
    return min(Fraction(100), rational(points))


# Sets


def choose(world: World, found: list[Candidate], price, points: Fraction = Fraction(0)) -> Chosen:
    """The set that the book's policy picks among the permitted ones. A guest with extra points may also go without any
    promotion, where one of them could cost him these points.
    """
    stacking = world.book.get("stacking") or {}
    policy, over = stacking.get("policy", "guest"), stacking.get("over", "maximal")
    if policy == "first":
        return next(((each,) for each in found if is_permitted((each,))), ())
    if policy == "accumulate":
        chosen: Chosen = ()
        for each in found:
            if is_permitted((*chosen, each)):
                chosen = (*chosen, each)
        return chosen
    permitted = permitted_sets(found)
    if over == "maximal":
        permitted = maximal(permitted)
        if policy == "guest" and points and () not in permitted and not all(takes_points(each) for each in found):
            permitted.append(())
    sign = {"guest": 1, "hotel": -1}[policy]
    return min(permitted, key=lambda some: (sign * price(some), len(some), tuple(each.position for each in some)))


def permitted_sets(found: list[Candidate]) -> list[Chosen]:
    """Every permitted subset, the empty one too."""
    subsets = (some for size in range(len(found) + 1) for some in combinations(found, size))
    return [some for some in subsets if is_permitted(some)]


def maximal(permitted: list[Chosen]) -> list[Chosen]:
    """Those that no more promotions could join which only lower a price. What can raise one need not be there."""
    return [some for some in permitted if not any(grows_by_discounts(some, other) for other in permitted)]


def grows_by_discounts(some: Chosen, other: Chosen) -> bool:
    """The other set has all of this one, and beside it only promotions that cannot raise a price."""
    more = [each for each in other if each not in some]
    return bool(more) and len(more) == len(other) - len(some) and not any(can_raise(each) for each in more)


def can_raise(candidate: Candidate) -> bool:
    """A price for the stay or for a night, and a percent above 0."""
    rule = candidate.rule
    pattern = rule.get("night_percent") or rule.get("nth_night") or rule
    return "price" in rule or "price_per_night" in rule or rational(pattern.get("percent", 0)) > 0


def takes_points(candidate: Candidate) -> bool:
    """A discount to which a member's extra points are added in full, so that it never costs them."""
    rule = candidate.rule
    limited = "max_off" in rule or "floor_per_night" in rule or "floor" in rule
    is_base = rule.get("class", "base") == "base" and rule.get("applies") != "nights"
    return "percent" in rule and is_base and not limited and not can_raise(candidate)


def is_permitted(some: Chosen) -> bool:
    """No two that exclude each other, and whatever one requires is there."""
    names = {each.name for each in some}
    pairs = combinations(some, 2)
    return all(may_meet(a, b) for a, b in pairs) and all(
        names.issuperset(each.rule.get("requires") or []) for each in some
    )


def may_meet(a: Candidate, b: Candidate) -> bool:
    """Their classes are friends, they are not in one lane, and neither excludes the other; or they act on different
    nights.
    """
    if not set(a.acting) & set(b.acting):
        return True
    lanes = {a.rule.get("lane"), b.rule.get("lane")}
    return (
        b.rule.get("class", "base") in FRIENDS[a.rule.get("class", "base")]
        and (len(lanes) == 2 or None in lanes)
        and b.name not in (a.rule.get("excludes") or [])
        and a.name not in (b.rule.get("excludes") or [])
    )
