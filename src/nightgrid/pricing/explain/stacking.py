"""Which promotions are given together: the permitted sets, their prices, and the one that the book's policy takes.

A set is permitted if no two of it exclude each other (classes, lanes, excludes) and whatever one requires is in it. Two
that act on different nights never exclude each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from nightgrid.pricing.explain.exact import Exact, whole
from nightgrid.pricing.explain.offers import Candidate

#: Class of a promotion -> the classes with which it shares a stay.
_FRIENDS: Final = {
    "base": ("second", "any"),
    "second": ("base", "any"),
    "any": ("base", "second", "any"),
    "none": (),
}

Chosen = tuple[Candidate, ...]


class PricedSet(NamedTuple):
    """A permitted set of promotions: positions in the file, names, the stay's exact amount after them."""

    positions: tuple[int, ...]
    names: tuple[str, ...]
    amount: Fraction


def conflict(one: Candidate, other: Candidate) -> str:
    """Why two promotions are not given together, "" if they may be."""
    if not one.acting & other.acting:
        return ""
    mine, theirs = one.rule, other.rule
    if theirs.stacking_class not in _FRIENDS[mine.stacking_class]:
        return f"class {mine.stacking_class} does not combine with class {theirs.stacking_class}"
    if mine.lane is not None and mine.lane == theirs.lane:
        return f"both are in lane {mine.lane}"
    if theirs.name in mine.excludes:
        return f"it excludes {theirs.name}"
    if mine.name in theirs.excludes:
        return f"{theirs.name} excludes it"
    return ""


def is_permitted(some: Sequence[Candidate]) -> bool:
    """Whether some promotions may be given together."""
    names = {each.rule.name for each in some}
    return all(names.issuperset(each.rule.requires) for each in some) and not any(
        conflict(one, other) for at, one in enumerate(some) for other in some[at + 1 :]
    )


def permitted_sets(found: Sequence[Candidate], only_maximal: bool) -> list[tuple[int, ...]]:
    """The permitted sets as places in `found`, ascending; with only_maximal those that are part of no other.

    All: O(permitted sets). Maximal: those of the maximal cliques of the compatibility graph, each cut down to the
    promotions whose requirements it holds (Bron and Kerbosch 1973); at most 3^(n/3) cliques.
    """
    n = len(found)
    friends = [
        sum(1 << other for other in range(n) if other != one and not conflict(found[one], found[other]))
        for one in range(n)
    ]
    if only_maximal:
        kept = {_with_requirements(found, clique) for clique in _cliques(friends, 0, (1 << n) - 1, 0)}
        chosen = [some for some in kept if not any(some != other and some & other == some for other in kept)]
    else:
        chosen = _compatible(friends, n)
        if any(each.rule.requires for each in found):
            chosen = [some for some in chosen if _with_requirements(found, some) == some]
    return [tuple(_bits(some)) for some in sorted(chosen)]


def _cliques(friends: Sequence[int], taken: int, open_: int, closed: int) -> list[int]:
    """The maximal cliques that contain `taken`, may grow by `open_` and must not by `closed`; all as bit sets."""
    if not open_ and not closed:
        return [taken]
    pivot = max(_bits(open_ | closed), key=lambda at: (friends[at] & open_).bit_count())
    cliques: list[int] = []
    for at in _bits(open_ & ~friends[pivot]):
        cliques += _cliques(friends, taken | 1 << at, open_ & friends[at], closed & friends[at])
        open_ &= ~(1 << at)
        closed |= 1 << at
    return cliques


def _compatible(friends: Sequence[int], n: int) -> list[int]:
    sets = [0]
    for at in range(n):
        sets += [some | 1 << at for some in sets if some & ~friends[at] == 0]
    return sets


def _with_requirements(found: Sequence[Candidate], some: int) -> int:
    """The largest part of a set in which every promotion finds what it requires."""
    while True:
        names = {found[at].rule.name for at in _bits(some)}
        lacking = [at for at in _bits(some) if not names.issuperset(found[at].rule.requires)]
        if not lacking:
            return some
        for at in lacking:
            some &= ~(1 << at)


def _bits(some: int) -> list[int]:
    return [at for at in range(some.bit_length()) if some >> at & 1]


def greedy(found: Sequence[Candidate], policy: str) -> Chosen:
    """The sets of the policies that ask for no price: the first permitted promotion, or each next that is permitted."""
    chosen: Chosen = ()
    for each in found:
        if is_permitted((*chosen, each)):
            chosen = (*chosen, each)
            if policy == "first":
                break
    return chosen


def cheapest(
    sets: Sequence[Chosen], amount_of: Callable[[Chosen], Exact], highest: bool
) -> tuple[Chosen, list[PricedSet]]:
    """The set of the lowest (or highest) amount, of equals the smaller one, then the earlier; and all with prices."""
    amounts = [amount_of(some) for some in sets]
    sizes = whole(amounts)
    sign = -1 if highest else 1
    positions = [tuple([one.offer.position for one in some]) for some in sets]
    order = sorted(range(len(sets)), key=lambda at: (sign * sizes[at], len(sets[at]), positions[at]))
    shown = [
        PricedSet(positions[at], tuple([one.offer.rule.name for one in sets[at]]), amounts[at].fraction) for at in order
    ]
    return sets[order[0]], shown
