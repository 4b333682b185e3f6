"""Which promotions of a rule set look at the nights of which others, as numbers for kernels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nightgrid.native.program import terms_of_rules as term
from nightgrid.pricing.model import Promotion

#: So many ways are too many, and not counted further.
_MANY = 1_000


def nights_by_night(rules: Sequence[Promotion]) -> list[tuple[int, int, int, int]]:
    """Of each promotion bits of those that it requires, to which it gives way, inside whose nights it acts; and its
    depth: 0 looks at nobody's nights, else one more than the deepest of those. O(promotions x names).
    """
    place = {rule.name: number for number, rule in enumerate(rules)}

    def bits(names: Iterable[str], missing: int = 0) -> int:
        found = 0
        for name in names:
            found |= 1 << place[name] if name in place else missing
        return found

    depth = depths([[place[name] for name in rule.looks_at if name in place] for rule in rules])
    never = 1 << term.NO_PROMOTION
    return [
        (
            bits((*rule.requires, *rule.requires_by_night), never),
            bits(rule.excludes_by_night),
            bits(rule.requires_by_night),
            depth[number],
        )
        for number, rule in enumerate(rules)
    ]


def depths(looks: Sequence[Sequence[int]]) -> list[int]:
    """How many steps it takes to know each, where each looks at some others and nowhere is a circle."""
    found = [0] * len(looks)
    for _ in looks:  # nobody is deeper than there are others
        deeper = [max((found[other] + 1 for other in others), default=0) for others in looks]
        if deeper == found:
            break
        found = deeper
    return found


def night_sets(rules: Sequence[Promotion]) -> int:
    """On how many different sets of nights the promotions of a rule set can act at most, each counted by itself."""
    place = {rule.name: number for number, rule in enumerate(rules)}
    depth = depths([[place[name] for name in rule.looks_at if name in place] for rule in rules])
    ways = [1] * len(rules)
    for number in sorted(range(len(rules)), key=depth.__getitem__):
        for name in rules[number].excludes_by_night:
            ways[number] *= 1 + ways[place[name]] if name in place else 1  # it is given or not
        for name in rules[number].requires_by_night:
            ways[number] *= ways[place[name]] if name in place else 1
        ways[number] = min(ways[number], _MANY)
    return sum(ways)
