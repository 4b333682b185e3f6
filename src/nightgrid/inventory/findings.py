"""Is the grid right? Recompute every counter and bit map from the holds, and say what differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.inventory import Inventory
from nightgrid.native import audit
from nightgrid.native import layout as at
from nightgrid.native.locks import lock_hotels, unlock_hotels

_FINDINGS_MAX = 1000
_TEXTS = {
    audit.FINDING_CONSERVATION: ("conservation", "free + held + sold is {found}, capacity is {wanted}"),
    audit.FINDING_HELD: ("held", "held is {found}, the open holds add up to {wanted}"),
    audit.FINDING_SOLD: ("sold", "sold is {found}, bookings and rooms sold elsewhere add up to {wanted}"),
    audit.FINDING_SELLABLE: ("sellable", "the sellable bit differs from the counters"),
    audit.FINDING_PLANES: ("restriction", "the restriction bits differ from the cell's restrictions"),
    audit.FINDING_OVERSOLD: ("oversold", "free is {found}: capacity was cut below what is sold"),
    audit.FINDING_LIST: ("list", "hold slot {found} is not where the lists of hotel {wanted} say"),
    audit.FINDING_KINDS: ("restriction", "the night does not note that it has restrictions of kinds {found:#x}"),
    audit.FINDING_ROW_RESTRICTED: (
        "restriction",
        "{found} restricted nights of its plans are counted, there are {wanted}",
    ),
}


@dataclass(frozen=True, slots=True)
class CellFinding:
    """One thing that is wrong: its kind, row and night (ordinal, 0 = none), and a sentence."""

    kind: str
    row: int
    night: int
    text: str


def _left_over_bits(inventory: Inventory, kind: int, left: NDArray[np.int64], planes: int) -> list[CellFinding]:
    """Bits that no cell asks for, or that a cell misses, as findings. left (night * planes * word) int64."""
    words = inventory.block.sizes.words
    findings = []
    for position in np.flatnonzero(left)[:_FINDINGS_MAX]:
        night = inventory.window.night_of(int(position // (planes * words)))
        word = int(position % words)
        for bit in range(64):
            if int(left[position]) >> bit & 1:
                row = int(inventory.lanes.lane_row[word * 64 + bit])
                name, text = _TEXTS[kind]
                findings.append(CellFinding(name, row, night, text))
    return findings


def findings(inventory: Inventory) -> list[CellFinding]:
    """Everything that is wrong, at most about a thousand findings of a kind; empty when the grid is right.

    The store stands still meanwhile (every hotel is locked in ascending order). O(rows x nights + slots x nights):
    about half a second for 50,000 room types and 540 nights, and three times the bytes of the counters in scratch
    memory.
    """
    shape = (inventory.block.sizes.rows, inventory.n_nights)
    held = np.zeros(shape, np.int32)
    sold = np.zeros(shape, np.int32)
    cells_out = np.zeros((_FINDINGS_MAX, 5), np.int64)
    lists_out = np.zeros((_FINDINGS_MAX, 5), np.int64)
    restrictions_out = np.zeros((_FINDINGS_MAX, 5), np.int64)
    lock_hotels(inventory.table)
    try:
        audit.count_slots(inventory.table, held, sold)
        cell_count = audit.audit_cells(inventory.table, held, sold, cells_out)
        list_count = audit.audit_lists(inventory.table, lists_out)
        restriction_count = audit.audit_restrictions(inventory.table, restrictions_out)
        sellable = inventory.block.region(at.R_SELLABLE).view(np.int64).ravel().copy()
        planes = inventory.block.region(at.R_PLANES).view(np.int64).ravel().copy()
        audit.subtract_bits(inventory.table, sellable, planes)
    finally:
        unlock_hotels(inventory.table)
    result = []
    noted = (cells_out[:cell_count], lists_out[:list_count], restrictions_out[:restriction_count])
    for line in np.concatenate(noted):
        kind, row, night, found, wanted = (int(value) for value in line)
        name, text = _TEXTS[kind]
        nowhere = kind in (audit.FINDING_LIST, audit.FINDING_ROW_RESTRICTED)
        at_night = 0 if nowhere else inventory.window.night_of(night)
        result.append(CellFinding(name, row, at_night, text.format(found=found, wanted=wanted)))
    result += _left_over_bits(inventory, audit.FINDING_SELLABLE, sellable, 1)
    result += _left_over_bits(inventory, audit.FINDING_PLANES, planes, at.P_PLANES)
    return result
