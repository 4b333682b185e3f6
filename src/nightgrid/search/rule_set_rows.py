"""Products in the order of their rule sets: rows side by side share plans, and are read and written without gathers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.native.program import row_blocks as by_block
from nightgrid.pricing.program import Program

_Numbers = NDArray[np.int64]
_AS_THEY_ARE = np.zeros(0, np.int64)


class Rows(NamedTuple):
    """Products in order. order (row): place of the product; places: the same, size 0 where the products are in order
    already; today (row): ordinal of the booking day; starts (group): the first row of each group; together: columns of
    tiers to which the same products are sold; all int64.
    """

    order: _Numbers
    places: _Numbers
    today: _Numbers
    starts: _Numbers
    together: tuple[_Numbers, ...]


def rows_of(program: Program, products: NDArray[np.integer], today: _Numbers, tiers: _Numbers) -> Rows:
    """Put products in the order of the booking day and of the rule sets by which the tiers are priced.

    products, today (product); tiers (tier) int64. O(products x tiers with a plan of their own), sorting aside.
    """
    own = program.tier_product[tiers][:, products] if program.has_own_plans else np.empty((len(tiers), 0), np.int32)
    apart = np.flatnonzero((own >= 0).any(axis=1))
    others = np.setdiff1d(np.arange(len(tiers)), apart)
    together = tuple(np.array(columns, np.int64) for columns in ([others] if len(others) else []))
    together += tuple(np.array([column], np.int64) for column in apart.tolist())
    keys = [today - today.min()] if len(products) else [today]
    if len(others):
        keys.append(program.set_of_product[products].astype(np.int64))
    for column in apart.tolist():
        silent = own[column] >= 0
        keys.append(program.set_of_product[np.where(silent, own[column], products)] * 2 + silent)
    key = np.zeros(len(products), np.int64)
    for each in keys:
        key = key * (int(each.max(initial=0)) + 1) + each
        if int(key.max(initial=0)) >= 2**31:
            key = np.unique(key, return_inverse=True)[1]
    if int(key.max(initial=0)) < 2**16:
        key = key.astype(np.uint16)  # sorted by radix
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    starts = np.flatnonzero(np.concatenate([[True], sorted_key[1:] != sorted_key[:-1]])[: len(key)])
    is_sorted = bool(np.all(order[1:] > order[:-1]))
    return Rows(order, _AS_THEY_ARE if is_sorted else order, today[order], starts, together)


def groups_of(
    program: Program, products: NDArray[np.integer], rows: Rows, tier: int, asking: Asking
) -> tuple[_Numbers, _Numbers]:
    """(products that are sold to a tier (row), groups (group, G_FIELDS) as the kernel takes them), both int64."""
    wanted = products[rows.order]
    own = program.tier_product[tier, wanted]
    silent = own >= 0
    sold = np.where(silent, own, wanted).astype(np.int64)
    sets = program.set_of_product[sold[rows.starts]]
    groups = np.empty((len(rows.starts), by_block.G_FIELDS), np.int64)
    groups[:, by_block.G_FIRST] = rows.starts
    groups[:, by_block.G_ROWS] = np.diff(rows.starts, append=len(rows.order))
    groups[:, by_block.G_STAGE] = program.sets.stage[sets]
    groups[:, by_block.G_TODAY] = rows.today[rows.starts]
    groups[:, by_block.G_SILENT] = silent[rows.starts]
    if asking.packages:
        offered = np.array([set(asking.packages) <= set(names) for names in program.sets.packages], np.bool_)
        groups[~offered[sets], by_block.G_STAGE] = -1
    return sold, groups


def some_groups(groups: _Numbers, wanted: NDArray[np.bool_]) -> _Numbers:
    """Groups of the wanted rows alone: the runs of them inside each group."""
    number = np.repeat(np.arange(len(groups)), groups[:, by_block.G_ROWS])
    begins = wanted & np.concatenate([[True], ~wanted[:-1] | (np.diff(number) != 0)])
    ends = wanted & np.concatenate([begins[1:] | ~wanted[1:], [True]])
    starts = np.flatnonzero(begins)
    some = groups[number[starts]].copy()
    some[:, by_block.G_FIRST] = starts
    some[:, by_block.G_ROWS] = np.flatnonzero(ends) + 1 - starts
    return some


def in_parts(groups: _Numbers, parts: int) -> list[_Numbers]:
    """The groups in so many parts of about equal numbers of rows."""
    if parts == 1 or len(groups) < 2:
        return [groups]
    ends = np.cumsum(groups[:, by_block.G_ROWS])
    edges = np.searchsorted(ends, ends[-1] * np.arange(1, parts) / parts, side="right")
    return [part for part in np.split(groups, edges) if len(part)]
