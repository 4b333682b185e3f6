"""Which promotions are given together: the permitted sets, their prices, and the one that the book's policy takes.

A set is permitted if no two of it exclude each other (classes, lanes, excludes), whatever one requires is in it, and
each has a night to act on (`by_night`). Two that act on different nights never exclude each other. What can raise a
price may be left out of the maximal sets.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from nightgrid.pricing.explain.by_night import beside, looks, nights_left, subsets
from nightgrid.pricing.explain.exact import Exact, whole
from nightgrid.pricing.explain.offers import Candidate
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.words import listed

#: Class of a promotion -> the classes with which it shares a stay.
_FRIENDS: Final = {
    "base": ("second", "any"),
    "second": ("base", "any"),
    "any": ("base", "second", "any"),
    "none": (),
}

Chosen = tuple[Candidate, ...]
#: Combinations of candidates whose sets are remembered; one product meets few.
_SETS_MAX: Final = 256


class _SetFields(NamedTuple):
    positions: tuple[int, ...]
    names: tuple[str, ...]
    exact_amount: Exact


class PricedSet(_SetFields):
    """A permitted set of promotions: positions in the file, names, the stay's exact amount after them."""

    __slots__ = ()

    @property
    def amount(self) -> Fraction:
        """The amount after them, in minor units."""
        return self.exact_amount.fraction


def conflict(one: Candidate, other: Candidate) -> str:
    """Why two promotions are not given together, "" if they may be."""
    if not one.acting & other.acting:
        return ""
    mine, theirs = one.rule, other.rule
    if theirs.name in mine.excludes_by_night or mine.name in theirs.excludes_by_night:
        return ""
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
    return (
        _has_required(some)
        and not any(conflict(one, other) for at, one in enumerate(some) for other in some[at + 1 :])
        and _has_nights(some)
    )


def _has_required(some: Sequence[Candidate]) -> bool:
    names = {each.rule.name for each in some}
    return all(names.issuperset(each.rule.requires) and names.issuperset(each.rule.requires_by_night) for each in some)


def _has_nights(some: Sequence[Candidate]) -> bool:
    return not looks(some) or all(nights_left(some))


def permitted_sets(found: Sequence[Candidate], only_maximal: bool) -> list[tuple[int, ...]]:
    """The permitted sets as places in `found`, ascending; with only_maximal those that no more promotions could join
    which only lower a price.

    All: O(permitted sets). Maximal: those of the maximal cliques of the compatibility graph, each cut down to the
    promotions whose requirements it holds (Bron and Kerbosch 1973); at most 3^(n/3) cliques. What can raise a price may
    be left out, so then they are sought with every part of it. Where some look at the nights of others: O(2^n).
    """
    n = len(found)
    friends = [
        sum(1 << other for other in range(n) if other != one and not conflict(found[one], found[other]))
        for one in range(n)
    ]
    raising = sum(1 << at for at in range(n) if found[at].offer.can_raise)
    if looks(found):
        chosen = subsets(
            found, friends, lambda some: _has_required(some) and _has_nights(some), only_maximal=only_maximal
        )
    elif only_maximal and raising:
        chosen = _with_any_of(found, friends, raising)
    elif only_maximal:
        kept = {_with_requirements(found, clique) for clique in _cliques(friends, 0, (1 << n) - 1, 0)}
        chosen = [some for some in kept if not any(some != other and some & other == some for other in kept)]
    else:
        chosen = _compatible(friends, n)
        if any(each.rule.requires for each in found):
            chosen = [some for some in chosen if _with_requirements(found, some) == some]
    return [tuple(_bits(some)) for some in sorted(chosen)]


def _with_any_of(found: Sequence[Candidate], friends: Sequence[int], raising: int) -> list[int]:
    """The maximal sets where promotions that can raise a price need not be in them: of every part of these, with all
    that only lowers a price, the sets that have the whole part, and are maximal among those.
    """
    chosen: list[int] = []
    n = len(found)
    part = raising
    while True:
        among = part | ((1 << n) - 1 & ~raising)
        seen = [friend & among for friend in friends]
        kept = {_with_requirements(found, clique) for clique in _cliques(seen, 0, among, 0)}
        kept = {some for some in kept if some & raising == part}
        chosen += [some for some in kept if not any(some != other and some & other == some for other in kept)]
        if part == 0:
            return chosen
        part = (part - 1) & raising


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


#: A set of plain promotions, as what it does to an amount n/d: for each link n x by / (d x over), then less what the
#: candidate at a place takes off (None: nothing). Percents that follow each other are one link.
Chain = tuple[tuple[int, int, int | None], ...]


class Permitted(NamedTuple):
    """The permitted sets of some candidates, by their places among them: the smaller first, then the earlier. Sets that
    begin alike share steps: each is (the step before it, 0 = nothing yet; the candidate that it adds), and they are
    counted from 1.
    """

    steps: tuple[tuple[int, int], ...]
    fewer: tuple[Candidate, ...]  # candidates on fewer nights; steps and parts count them behind all others
    parts: tuple[tuple[int, ...], ...]  # of each set, with those on fewer nights
    ends: tuple[int, ...]  # the step with which each set is complete
    sets: tuple[tuple[int, ...], ...]
    positions: tuple[tuple[int, ...], ...]  # of each set, in the file
    names: tuple[tuple[str, ...], ...]
    is_plain: bool  # all candidates are `Offer.is_plain`
    chains: tuple[Chain, ...]  # the sets where all is plain
    given: dict[int, dict[int, str]]  # of sets that were given: why each of its promotions is, by position


def permitted_of(rules: ProductRules, met: Sequence[Candidate], *, has_points: bool = False) -> Permitted:
    """The sets that the book's policy compares, prepared once for the same candidates. A guest with extra points may
    also go without any promotion, where one of them could cost him these points.
    """
    known: dict[Hashable, Permitted] | None = rules.prepared.get("sets")
    if known is None:
        known = rules.prepared["sets"] = {}
    key = (has_points, *([(each.position, tuple(each.changed)) for each in met] if looks(met) else _keys(met)))
    found = known.get(key)
    if found is None:
        if len(known) >= _SETS_MAX:
            known.clear()
        stacking = rules.source.book.stacking
        if stacking.policy in ("first", "accumulate"):
            sets = [tuple([met.index(each) for each in greedy(met, stacking.policy)])]
        else:
            sets = permitted_sets(met, stacking.over == "maximal")
            costly = has_points and not all(each.offer.takes_points for each in met)
            if costly and stacking.policy == "guest" and () not in sets:
                sets.append(())
            sets.sort(key=lambda some: (len(some), some))
        found = known[key] = _in_steps(met, sets)
    return found


def _keys(met: Sequence[Candidate]) -> list[Hashable]:
    return [each.key for each in met]


def _in_steps(met: Sequence[Candidate], sets: Sequence[tuple[int, ...]]) -> Permitted:
    numbers: dict[tuple[int, ...], int] = {(): 0}
    steps: list[tuple[int, int]] = []
    fewer: list[Candidate] = []
    parts = [_parts(met, some, fewer) for some in sets] if looks(met) else sets
    for some in parts:
        for size in range(1, len(some) + 1):
            if some[:size] not in numbers:
                steps.append((numbers[some[: size - 1]], some[size - 1]))
                numbers[some[:size]] = len(steps)
    is_plain = not fewer and all(each.offer.is_plain for each in met)
    return Permitted(
        tuple(steps),
        tuple(fewer),
        tuple(parts),
        tuple(numbers[some] for some in parts),
        tuple(sets),
        tuple(tuple(met[at].position for at in some) for some in sets),
        tuple(tuple(met[at].rule.name for at in some) for some in sets),
        is_plain,
        tuple([_chain(met, some) for some in sets]) if is_plain else (),
        {},
    )


def _parts(met: Sequence[Candidate], some: Sequence[int], fewer: list[Candidate]) -> tuple[int, ...]:
    """The places of a set, of those with fewer nights behind all candidates; new ones are added to `fewer`."""
    found = []
    for place, each in zip(some, beside([met[at] for at in some]), strict=True):
        if each is met[place]:
            found.append(place)
            continue
        known = next((at for at, other in enumerate(fewer) if other.key == each.key), len(fewer))
        if known == len(fewer):
            fewer.append(each)
        found.append(len(met) + known)
    return tuple(found)


def _chain(met: Sequence[Candidate], some: Sequence[int]) -> Chain:
    links: list[tuple[int, int, int | None]] = []
    by, over = 1, 1
    for at in some:
        times = met[at].offer.times
        if times is None:
            links.append((by, over, at))
            by, over = 1, 1
        else:
            by, over = by * times[0], over * times[1]
    return (*links, (by, over, None)) if (by, over) != (1, 1) else tuple(links)


def why_given(permitted: Permitted, place: int, met: Sequence[Candidate]) -> Mapping[int, str]:
    """Why the promotions of a set are given, by their positions; remembered."""
    found = permitted.given.get(place)
    if found is None:
        found = {}
        for at in permitted.sets[place]:
            others = [met[other].rule.name for other in permitted.sets[place] if other != at]
            found[met[at].position] = f"given together with {listed(others, ' and ')}" if others else "given"
        permitted.given[place] = found
    return found


def in_order_of_price(amounts: Sequence[Exact], *, highest: bool) -> Sequence[int]:
    """The places of sets by their amounts, the lowest (or highest) first; equals stay in the order of their places: the
    smaller set, then the earlier.
    """
    if len(amounts) > _FEW:
        return sorted(range(len(amounts)), key=whole(amounts).__getitem__, reverse=highest)
    return sorted(range(len(amounts)), key=amounts.__getitem__, reverse=highest)


#: Amounts that are sorted as they are: to write more of them over one denominator pays off.
_FEW: Final = 6


def priced_sets(permitted: Permitted, amounts: Sequence[Exact], order: Sequence[int]) -> list[PricedSet]:
    """The sets in an order, with their prices."""
    positions, names = permitted.positions, permitted.names
    return [_set(PricedSet, (positions[at], names[at], amounts[at])) for at in order]


_set: Final = tuple.__new__
