"""Repair: make counters, bit maps and lists what the holds say they must be."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.control_findings import CellFinding, ControlAudit
from nightgrid.inventory.findings import WrongBits, named, recount, wrong_bits
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import audit, audit_keys, settle
from nightgrid.native.upkeep import rebuild as kernels

_OF_CELLS: Final = (audit.FINDING_CONSERVATION, audit.FINDING_HELD, audit.FINDING_SOLD)
_OF_RESTRICTIONS: Final = (audit.FINDING_KINDS, audit.FINDING_ROW_RESTRICTED)
_OF_LISTS: Final = (audit.FINDING_LIST, audit.FINDING_DEADLINE)


def rebuild(inventory: Inventory, now_ms: int) -> list[CellFinding]:
    """Assign everything that follows from the holds; returns the findings that it mended, empty if nothing was wrong.

    First a growth of the key index and a roll of the window that somebody died in are finished, every hold whose latest
    change is in the ring becomes what was published of it. The store stands still meanwhile; keys that were lost are
    remembered again after it. Cells that a capacity cut left short of rooms are no damage and stay as they are; a slot
    that names no room type, and two holds with one key, stay, and `findings` goes on reporting them. O(rows x nights +
    slots x nights + records).
    """
    split = inventory.finish_growth()
    rolled = inventory.finish_roll(inventory.open_words(), now_ms)
    inventory.forget_index()
    with inventory.standing_still() as window:
        unsettled = settle.settle_slots(inventory.table)
        inventory.block.region(at.R_SHARED).view(np.int64)[at.S_COLLECT_MS] = 0  # it may follow from what is mended
        counted = recount(inventory, window, now_ms)
        kinds = counted.lines[:, 0]
        if np.isin(kinds, _OF_CELLS).any():
            kernels.assign_cells(inventory.table, counted.held, counted.sold, now_ms)
        if np.isin(kinds, _OF_RESTRICTIONS).any():
            kernels.assign_restrictions(inventory.table)
        if np.isin(kinds, _OF_LISTS).any():
            _assign_lists(inventory)
        lost_keys = np.isin(kinds, audit_keys.FINDINGS).any()
        if lost_keys:
            audit_keys.audit_keys(inventory.table, True, now_ms, np.zeros((0, 5), np.int64))
        wrong = wrong_bits(inventory)  # of the cells as they are by now
        _turn(inventory, wrong)
        inventory.settle_keepers()
        controls = ControlAudit(inventory)
        if not controls.is_right:
            inventory.rebuild_controls()
        lines = counted.lines[~_stays(inventory, counted.lines)]
    if lost_keys:
        settle.settle_keys(inventory.table, now_ms)
    torn = [] if unsettled == 0 else [CellFinding("published", -1, 0, f"{unsettled} holds were torn")]
    if rolled:
        torn.append(CellFinding("window", -1, 0, "a roll of the window was not finished; now it is"))
    if split:
        torn.append(CellFinding("keys", -1, 0, "a part of the key index was being split; now it is"))
    return torn + named(inventory, replace(counted, lines=lines), wrong) + controls.findings()


def _stays(inventory: Inventory, lines: NDArray[np.int64]) -> NDArray[np.bool_]:
    """What no repair takes away: cells short of rooms, slots that name no room type, two holds with one key."""
    kind, row, column, slot = lines[:, :4].T
    short = inventory.block.region(at.R_CELLS).view(np.int16)[row, np.maximum(column, 0), at.C_FREE] < 0
    slots = inventory.block.region(at.R_SLOTS).view(np.int64)
    place = slots[np.clip(slot, 0, len(slots) - 1), at.W_PLACE] & 0xFFFFFFFF
    nameless = place >= inventory.block.sizes.rows
    of_slot = np.isin(kind, (audit.FINDING_LIST, audit_keys.FINDING_KEY_LOST))
    twice = kind == audit_keys.FINDING_KEY_TWICE
    stays: NDArray[np.bool_] = ((kind == audit.FINDING_OVERSOLD) & short) | (of_slot & nameless) | twice
    return stays


def _turn(inventory: Inventory, wrong: WrongBits) -> None:
    """Turn every bit that is wrong."""
    for region, left in ((at.R_SELLABLE, wrong.sellable), (at.R_PLANES, wrong.planes)):
        bits = inventory.block.region(region).view(np.int64).ravel()
        turned = np.flatnonzero(left)
        bits[turned] ^= left[turned]


def _assign_lists(inventory: Inventory) -> None:
    """Make the hotels' lists anew; the queues of ended holds in the order in which they ended."""
    high = int(inventory.block.region(at.R_SHARED)[at.S_SLOT_HIGH])
    slots, resolved_ms = np.zeros(high, np.int64), np.zeros(high, np.int64)
    count = kernels.ended_slots(inventory.table, slots, resolved_ms)
    order = np.argsort(resolved_ms[:count], kind="stable")
    kernels.assign_lists(inventory.table, np.ascontiguousarray(slots[:count][order]))
