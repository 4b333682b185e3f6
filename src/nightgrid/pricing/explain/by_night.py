"""Promotions that give way night by night, or act only on the nights of others: the nights that are left to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nightgrid.pricing.explain.offers import Candidate
from nightgrid.pricing.explain.words import listed


def looks(found: Sequence[Candidate]) -> bool:
    """Whether the nights of any depend on who is given with it."""
    return any(each.rule.looks_at for each in found)


def nights_left(some: Sequence[Candidate]) -> list[tuple[int, ...]]:
    """The nights on which each of a set acts beside the others: none on which one acts that it gives way to, and those
    alone on which all act that it requires by night. O(set squared x nights).
    """
    place = {each.rule.name: at for at, each in enumerate(some)}
    known: dict[int, frozenset[int]] = {}

    def nights(at: int) -> frozenset[int]:
        found = known.get(at)
        if found is None:
            rule = some[at].rule
            found = frozenset(some[at].changed)
            for name in rule.excludes_by_night:
                found = found - nights(place[name]) if name in place else found
            for name in rule.requires_by_night:
                found = found & nights(place[name]) if name in place else frozenset()
            known[at] = found
        return found

    return [tuple(sorted(nights(at))) for at in range(len(some))]


def beside(some: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of a set, with fewer nights where they give way."""
    left = nights_left(some)
    return [
        each if len(nights) == len(each.changed) else each.on_nights(nights)
        for each, nights in zip(some, left, strict=True)
    ]


def subsets(
    found: Sequence[Candidate], friends: Sequence[int], permits: Callable[[Sequence[Candidate]], bool],
    *, only_maximal: bool,
) -> list[int]:  # fmt: skip
    """The permitted sets, as bits, by looking at every one; with only_maximal those that no more promotions could join
    which only lower a price. What another one gives way to may raise it. O(2^n sets).
    """
    n = len(found)
    named = {name for each in found for name in each.rule.excludes_by_night}
    safe = sum(1 << at for at in range(n) if not (found[at].offer.can_raise or found[at].rule.name in named))
    together = bytearray(1 << n)  # no two of it exclude each other
    together[0] = 1
    for some in range(1, 1 << n):
        last = some.bit_length() - 1
        rest = some & ~(1 << last)
        together[some] = together[rest] and rest & ~friends[last] == 0
    chosen, seen = [], bytearray(1 << n)
    for some in range((1 << n) - 1, -1, -1):
        larger = any(seen[some | 1 << at] for at in range(n) if safe >> at & 1 and not some >> at & 1)
        is_permitted = bool(together[some]) and permits([found[at] for at in range(n) if some >> at & 1])
        seen[some] = larger or is_permitted
        if is_permitted and not (only_maximal and larger):
            chosen.append(some)
    return chosen


def why_no_night(candidate: Candidate, chosen: Sequence[Candidate]) -> str:
    """Why a promotion has no night beside those that are given, "" if it has one, or looks at none of them."""
    names = {each.rule.name for each in chosen}
    yields = [name for name in candidate.rule.excludes_by_night if name in names]
    inside = [name for name in candidate.rule.requires_by_night if name in names]
    if not (yields or inside) or nights_left([*chosen, candidate])[-1]:
        return ""
    if yields:
        return f"no night is left to it beside {listed(yields, ' and ')}"
    return f"it acts on none of the nights of {listed(inside, ' and ')}"
