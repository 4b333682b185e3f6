"""Which promotions are given together: every subset is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
        for candidate in side_by_side(some):
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
        permitted = maximal(permitted, found)
        if policy == "guest" and points and () not in permitted and not all(takes_points(each) for each in found):
            permitted.append(())
    sign = {"guest": 1, "hotel": -1}[policy]
    return min(permitted, key=lambda some: (sign * price(some), len(some), tuple(each.position for each in some)))


def permitted_sets(found: list[Candidate]) -> list[Chosen]:
    """Every permitted subset, the empty one too."""
    subsets = (some for size in range(len(found) + 1) for some in combinations(found, size))
    return [some for some in subsets if is_permitted(some)]


def maximal(permitted: list[Chosen], found: list[Candidate]) -> list[Chosen]:
    """Those that no more promotions could join which only lower a price. What can raise one need not be there."""
    safe = {each.position for each in found if not can_raise(each, found)}
    return [some for some in permitted if not any(grows_by(some, other, safe) for other in permitted)]


def grows_by(some: Chosen, other: Chosen, safe: set[int]) -> bool:
    """The other set has all of this one, and beside it only promotions at these positions."""
    more = [each for each in other if each not in some]
    return bool(more) and len(more) == len(other) - len(some) and all(each.position in safe for each in more)


def can_raise(candidate: Candidate, found: Sequence[Candidate]) -> bool:
    """A price for the stay or for a night, a percent above 0, and what takes nights from one that gives way to it."""
    rule = candidate.rule
    pattern = rule.get("night_percent") or rule.get("nth_night") or rule
    takes_nights = any(candidate.name in other.rule.get("excludes_by_night", ()) for other in found)
    return "price" in rule or "price_per_night" in rule or rational(pattern.get("percent", 0)) > 0 or takes_nights


def takes_points(candidate: Candidate) -> bool:
    """A discount to which a member's extra points are added in full, so that it never costs them."""
    rule = candidate.rule
    limited = "max_off" in rule or "floor_per_night" in rule or "floor" in rule
    is_base = rule.get("class", "base") == "base" and rule.get("applies") != "nights"
    stays = not candidate.looks_at
    return "percent" in rule and is_base and not limited and stays and not can_raise(candidate, ())


def is_permitted(some: Chosen) -> bool:
    """No two that exclude each other, whatever one requires is there, and each has a night on which it acts."""
    names = {each.name for each in some}
    pairs = combinations(some, 2)
    required = [(*each.rule.get("requires", ()), *each.rule.get("requires_by_night", ())) for each in some]
    return (
        all(may_meet(a, b) for a, b in pairs)
        and all(names.issuperset(each) for each in required)
        and all(each.changed for each in side_by_side(some))
    )


def side_by_side(some: Chosen) -> Chosen:
    """A set with the nights on which each acts beside the others: none on which one acts that it gives way to, and
    those alone on which all act that it requires by night.
    """
    left: dict[str, set[int]] = {}
    waiting = list(some)
    while waiting:
        each = waiting.pop(0)
        if any(other.name in each.looks_at for other in waiting):
            waiting.append(each)  # a book where this has no end is refused
            continue
        left[each.name] = set(each.changed)
        for name in each.rule.get("excludes_by_night", ()):
            left[each.name] -= left.get(name, set())
        for name in each.rule.get("requires_by_night", ()):
            left[each.name] &= left.get(name, set())
    return tuple(replace(each, changed=tuple(sorted(left[each.name]))) for each in some)


def may_meet(a: Candidate, b: Candidate) -> bool:
    """Their classes are friends, they are not in one lane, and neither excludes the other; or they act on different
    nights, because each has its own or one gives way.
    """
    if not set(a.acting) & set(b.acting):
        return True
    if b.name in a.rule.get("excludes_by_night", ()) or a.name in b.rule.get("excludes_by_night", ()):
        return True
    lanes = {a.rule.get("lane"), b.rule.get("lane")}
    return (
        b.rule.get("class", "base") in FRIENDS[a.rule.get("class", "base")]
        and (len(lanes) == 2 or None in lanes)
        and b.name not in (a.rule.get("excludes") or [])
        and a.name not in (b.rule.get("excludes") or [])
    )
