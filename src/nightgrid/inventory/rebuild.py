"""Repair: make counters, bit maps and lists what the holds say they must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nightgrid.inventory.findings import CellFinding, named, recount, wrong_bits, wrong_counts
from nightgrid.inventory.inventory import Inventory
from nightgrid.native import layout as at
from nightgrid.native import rebuild as kernels


def rebuild(inventory: Inventory, now_ms: int) -> list[CellFinding]:
    """Assign everything that follows from the holds; returns the findings that it mended, empty if nothing was wrong.

    The store stands still meanwhile. Cells that a capacity cut left short of rooms are no damage and stay as they are;
    a slot that names no room type stays, and `findings` goes on reporting it. O(rows x nights + slots x nights).
    """
    with inventory.standing_still() as window:
        counted = recount(inventory, window)
        if counted.is_right:
            return []
        kernels.assign_cells(inventory.table, counted.held, counted.sold, now_ms)
        kernels.assign_restrictions(inventory.table)
        _assign_bits(inventory)
        _assign_lists(inventory)
        left = wrong_counts(inventory, counted.held, counted.sold)
    stays = (counted.lines[:, None] == left).all(axis=2).any(axis=1)
    return named(inventory, replace(counted, lines=counted.lines[~stays]))


def _assign_bits(inventory: Inventory) -> None:
    """Turn every bit that is wrong."""
    for region, wrong in zip((at.R_SELLABLE, at.R_PLANES), wrong_bits(inventory), strict=True):
        bits = inventory.block.region(region).view(np.int64).ravel()
        turned = np.flatnonzero(wrong)
        bits[turned] ^= wrong[turned]


def _assign_lists(inventory: Inventory) -> None:
    """Make the hotels' lists anew; the queues of ended holds in the order in which they ended."""
    high = int(inventory.block.region(at.R_SHARED)[at.S_SLOT_HIGH])
    slots, resolved_ms = np.zeros(high, np.int64), np.zeros(high, np.int64)
    count = kernels.ended_slots(inventory.table, slots, resolved_ms)
    order = np.argsort(resolved_ms[:count], kind="stable")
    kernels.assign_lists(inventory.table, np.ascontiguousarray(slots[:count][order]))
