"""Which nights of which products another rule book prices otherwise: found from the tables of the two, not by pricing.

A night is *reached* where any number that makes it differs; its price may still be the same. What is reached is never
too little: where two tables cannot be compared line by line, all of them are.
"""

from __future__ import annotations

from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_desk import NightTables
from nightgrid.pricing.compile import CompiledBook
from nightgrid.pricing.program import Program

Mask = NDArray[np.bool_]
#: Tables by product and night: a row for each product that has one.
_DATA = (("fixed_row", "fixed"), ("percent_row", "percent"), ("floor_row", "floor"), ("ceiling_row", "ceiling"))


def reached_nights(old: CompiledBook, new: CompiledBook) -> Mask:
    """bool (product, night): the nights that two books, compiled for one catalogue and window, may price otherwise.
    O(products x nights).
    """
    shape = (len(new.season_set), new.n_nights)
    found = np.zeros(shape, np.bool_)
    if (old.program is None) != (new.program is None):
        return ~found
    if old.program is None or new.program is None:
        if any(getattr(old, name) != getattr(new, name) for name in ("policy", "mode", "increment")):
            return ~found
        least = lcm(old.season_den, new.season_den)
        nums = [each.season_num * (least // each.season_den) for each in (old, new)]
        _by_sets(found, old.season_set, nums[0], new.season_set, nums[1])
        bounds = [np.stack(_plain_bounds(each), axis=1) for each in (old, new)]
        differ = _differ(old.bounds_set, bounds[0][:, None], new.bounds_set, bounds[1][:, None])
        found |= differ[0][differ[1]]
        return found
    return _program_nights(old.program.nights, new.program.nights, found)


def reached_stays(old: CompiledBook, new: CompiledBook) -> Mask:
    """bool (product): products whose stays two books may price otherwise though their nights are the same."""
    everything = np.ones(len(new.stay_set), np.bool_)
    if (old.program is None) != (new.program is None) or old.tiers != new.tiers:
        return everything
    if old.program is not None and new.program is not None:
        return everything if _other_stays(old.program, new.program) else ~everything
    names = ("policy", "mode", "increment", "los_den", "lead_den", "tier_den")
    if any(getattr(old, name) != getattr(new, name) for name in names):
        return everything
    tables = [np.concatenate([each.los_num, each.lead_num, each.tier_num], axis=1) for each in (old, new)]
    pairs, pair = _pairs(old.stay_set, new.stay_set)
    found: Mask = (tables[0][pairs[:, 0]] != tables[1][pairs[:, 1]]).any(axis=1)[pair]
    return found


def _other_stays(old: Program, new: Program) -> bool:
    """Whether the stay stages of two programs differ anywhere: their terms are written in the order of the file."""
    arrays = (
        (old.terms, new.terms), (old.scales, new.scales), (old.flags, new.flags),
        (old.set_of_product, new.set_of_product), (old.sets.stage, new.sets.stage),
        (old.tier_product, new.tier_product), (old.nights.guests_rule, new.nights.guests_rule),
    )  # fmt: skip
    told = (old.names, old.sets.packages, old.sets.promotions, old.per_person)
    return told != (new.names, new.sets.packages, new.sets.promotions, new.per_person) or not all(
        np.array_equal(*pair) for pair in arrays
    )


def _plain_bounds(book: CompiledBook) -> tuple[NDArray[np.int64], ...]:
    return book.bounds_floor_bp, book.bounds_ceiling_bp, book.bounds_floor_minor, book.bounds_ceiling_minor


def _pairs(old_set: NDArray[Any], new_set: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(distinct pairs of rows (pair, 2), the pair of each product)."""
    pairs, pair = np.unique(np.stack([old_set, new_set], axis=1).astype(np.int64), axis=0, return_inverse=True)
    return pairs, pair.reshape(-1)


def _differ(
    old_set: NDArray[Any], old_rows: NDArray[Any], new_set: NDArray[Any], new_rows: NDArray[Any]
) -> tuple[Mask, NDArray[np.int64]]:
    """(where the rows of two tables differ (pair, night), the pair of each product); rows (set, night, number)."""
    pairs, pair = _pairs(old_set, new_set)
    differ: Mask = np.any(old_rows[pairs[:, 0]] != new_rows[pairs[:, 1]], axis=2)
    return differ, pair


def _by_sets(
    found: Mask,
    old_set: NDArray[Any],
    old_rows: NDArray[Any],
    new_set: NDArray[Any],
    new_rows: NDArray[Any],
    none: int = -1,
) -> None:
    """Add the nights on which the rows (set, night) of a product differ; a product without a row has `none`."""
    nights = found.shape[1]
    tables = [
        np.concatenate([np.broadcast_to(rows, (len(rows), nights)), np.full((1, nights), none)])[..., None]
        for rows in (old_rows, new_rows)
    ]
    differ, pair = _differ(old_set, tables[0], new_set, tables[1])
    _add(found, differ, pair)


def _add(found: Mask, differ: Mask, pair: NDArray[np.int64]) -> None:
    """Add the nights on which the pair of a product differs."""
    pairs: Mask = np.asarray(differ.any(axis=1))
    some = np.flatnonzero(pairs[pair])
    found[some] |= differ[pair[some]]


def _program_nights(old: NightTables, new: NightTables, found: Mask) -> Mask:
    """The nights that differ of two programs. Percents are compared as fractions: a rule with more decimals than all
    others makes every denominator larger and changes no other night.
    """
    shapes = [(each.stages[:, : on.N_DEN], each.planes[:, 0], each.roundings, each.constants) for each in (old, new)]
    if not all(np.array_equal(*pair) for pair in zip(*shapes, strict=True)):
        return ~found
    scales = _Scales(old, new)
    _base(old, new, found)
    for stage in old.stages[old.stages[:, on.N_CODE] == on.NIGHT_SEASON]:  # one at most
        name = "season_num" if stage[on.N_OF] < 0 else "season_sum"  # factors, or percents of an earlier amount
        rows = scales.both(on.NIGHT_SEASON, getattr(old, name), getattr(new, name))
        _by_sets(found, old.season_set, rows[0], new.season_set, rows[1])
    _demand(old, new, scales, found)
    for row, table in _DATA:
        rows = (getattr(old, table), getattr(new, table))
        none = on.NO_PERCENT if table == "percent" else -1
        if table == "percent":
            rows = scales.both(on.NIGHT_OVERRIDE, *rows, none)
        _by_sets(found, getattr(old, row), rows[0], getattr(new, row), rows[1], none)
    bounds = _bounds(old, new, scales)
    differ, pair = _differ(old.bounds_set, bounds[0][old.bounds_night], new.bounds_set, bounds[1][new.bounds_night])
    _add(found, differ, pair)
    return _derived(old, new, scales, found)


class _Scales:
    """Numbers of two programs over one denominator."""

    def __init__(self, old: NightTables, new: NightTables) -> None:
        self._dens = [{int(line[on.N_CODE]): int(line[on.N_DEN]) for line in each.stages} for each in (old, new)]

    def both(
        self, code: int, old: NDArray[np.int64], new: NDArray[np.int64], none: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The numbers of a stage, but for `none`, multiplied so that equal shares are equal numbers."""
        dens = [each.get(code, 1) for each in self._dens]
        least = lcm(*dens)
        made = [np.where(rows == none, rows, rows * (least // den)) for rows, den in zip((old, new), dens, strict=True)]
        return made[0], made[1]


def _demand(old: NightTables, new: NightTables, scales: _Scales, found: Mask) -> None:
    """Add the products whose demand rule differs, on all nights."""
    rules = [_demand_rules(each) for each in (old, new)]
    places, pair = _pairs(old.demand_rule, new.demand_rule)
    other = np.zeros(len(places), np.bool_)
    for number, (a, b) in enumerate(places.tolist()):
        if a < 0 or b < 0:
            other[number] = a != b
            continue
        percents = scales.both(on.NIGHT_DEMAND, rules[0][a][1], rules[1][b][1])
        other[number] = rules[0][a][0] != rules[1][b][0] or not np.array_equal(*percents)
    found[other[pair]] = True


def _demand_rules(tables: NightTables) -> dict[int, tuple[list[int], NDArray[np.int64]]]:
    """Place of each demand rule -> (its edges, its percents)."""
    found = {}
    for place in np.unique(tables.demand_rule[tables.demand_rule >= 0]).tolist():
        fills, leads = tables.demand_terms[place : place + 2].tolist()
        first = place + 2 + fills + leads
        found[place] = tables.demand_terms[place:first].tolist(), tables.demand_terms[first : first + fills * leads]
    return found


def _bounds(old: NightTables, new: NightTables, scales: _Scales) -> list[NDArray[np.int64]]:
    """Bounds (row, 4), shares over one denominator."""
    floors = scales.both(on.NIGHT_BOUNDS, old.bounds[:, 0], new.bounds[:, 0])
    ceilings = scales.both(on.NIGHT_BOUNDS, old.bounds[:, 1], new.bounds[:, 1], -1)
    return [
        np.stack([floor, ceiling, each.bounds[:, 2], each.bounds[:, 3]], axis=1)
        for floor, ceiling, each in zip(floors, ceilings, (old, new), strict=True)
    ]


def _base(old: NightTables, new: NightTables, found: Mask) -> None:
    """Add the nights whose base amounts differ."""
    found[old.base != new.base] = True
    names = ("base_row", "base_first", "base_guests", "base_minor")
    if all(np.array_equal(getattr(old, name), getattr(new, name)) for name in names):
        return
    for product in np.flatnonzero((old.base_row >= 0) | (new.base_row >= 0)).tolist():
        lines = [_base_lines(each, product, found.shape[1]) for each in (old, new)]
        sizes = np.union1d(lines[0][0], lines[1][0])
        rows = [_of_sizes(sizes, *each) for each in lines]
        found[product] |= (rows[0] != rows[1]).any(axis=0)


def _base_lines(tables: NightTables, product: int, nights: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(party sizes, amounts by size and night, -1 none) of a product."""
    row = int(tables.base_row[product])
    if row < 0:
        return np.zeros(0, np.int64), np.zeros((0, nights), np.int64)
    lines = slice(int(tables.base_first[row]), int(tables.base_first[row + 1]))
    return tables.base_guests[lines], tables.base_minor[lines]


def _of_sizes(sizes: NDArray[np.int64], has: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.full((len(sizes), rows.shape[1]), -1)
    found[np.searchsorted(sizes, has)] = rows
    return found


def _derived(old: NightTables, new: NightTables, scales: _Scales, found: Mask) -> Mask:
    """Add the nights whose link to another plan differs, then those that are made from a night that is reached."""
    some = np.flatnonzero((old.derived_set >= 0) | (new.derived_set >= 0))
    if not some.size:
        return found
    if not np.array_equal(old.plan_product, new.plan_product):
        found[some] = True
        return found
    percents = scales.both(on.NIGHT_DERIVED, old.derived_terms[:, 0], new.derived_terms[:, 0])
    told = [np.c_[percent, each.derived_terms[:, 1:]] for percent, each in zip(percents, (old, new), strict=True)]
    number = np.unique(np.concatenate(told), axis=0, return_inverse=True)[1].reshape(-1)
    numbers = (number[: len(told[0])], number[len(told[0]) :])
    links = [
        np.where(each.derived_rule >= 0, known[each.derived_rule], -1)
        for known, each in zip(numbers, (old, new), strict=True)
    ]
    _by_sets(found, old.derived_set, links[0], new.derived_set, links[1])
    for _ in range(on.CHAIN_MAX):
        if not _from_parents(new, found):
            break
    return found


def _from_parents(tables: NightTables, found: Mask) -> bool:
    """Add the nights of derived plans whose parent's night is there; whether there were any more."""
    more = False
    for group in np.unique(tables.derived_set[tables.derived_set >= 0]).tolist():
        products = np.flatnonzero(tables.derived_set == group)
        rule = np.broadcast_to(tables.derived_rule[group], found.shape[1])
        for place in np.unique(rule[rule >= 0]).tolist():
            nights = np.flatnonzero(rule == place)
            parents = tables.plan_product[tables.row_of_product[products], tables.derived_terms[place, 1]]
            children = np.ix_(products, nights)
            before = found[children]
            after = before | found[np.ix_(parents, nights)]
            if not np.array_equal(before, after):
                more = True
                found[children] = after
    return more
