"""Is the grid right? Recompute every counter and bit map from the holds, and say what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.base import Window
from nightgrid.inventory.control_findings import CellFinding, ControlAudit
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import audit, audit_keys

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
    audit.FINDING_DEADLINE: ("deadline", "the earliest deadline noted is {found}, a hold is due at {wanted}"),
    audit_keys.FINDING_KEY_LOST: (
        "keys",
        "the key of hold slot {found} is not found: a retry would take rooms again; rebuild() remembers it",
    ),
    audit_keys.FINDING_KEY_TWICE: (
        "keys",
        "hold slots {found} and {wanted} have the same key, which names the second alone; end one of them",
    ),
    audit_keys.FINDING_ENTRY_WRONG: (
        "keys",
        "entry {wanted} of the key index leads to hold slot {found}, which has another key or none; rebuild() drops it",
    ),
    audit_keys.FINDING_ENTRY_AGAIN: (
        "keys",
        "entry {wanted} of the key index leads to hold slot {found} again, or no search finds it; rebuild() drops it",
    ),
}
_OF_NO_NIGHT = (audit.FINDING_LIST, audit.FINDING_ROW_RESTRICTED, audit.FINDING_DEADLINE, *audit_keys.FINDINGS)


@dataclass(frozen=True, slots=True, eq=False)
class Recount:
    """What the hold slots say, and where the store differs. R room types, N nights (as columns)."""

    window: Window
    held: NDArray[np.int32]  # [R, N] rooms
    sold: NDArray[np.int32]  # [R, N] rooms of bookings
    lines: NDArray[np.int64]  # [finding, 5] kind, row, column, found, wanted


class WrongBits(NamedTuple):
    """Bits that differ from what the cells ask for: int64 (column * word) and (column * plane * word)."""

    sellable: NDArray[np.int64]
    planes: NDArray[np.int64]


def wrong_bits(inventory: Inventory) -> WrongBits:
    """Compare the sellable maps and the restriction planes with the cells. The store stands still."""
    sellable = inventory.block.region(at.R_SELLABLE).view(np.int64).ravel().copy()
    planes = inventory.block.region(at.R_PLANES).view(np.int64).ravel().copy()
    audit.subtract_bits(inventory.table, sellable, planes)
    return WrongBits(sellable, planes)


def recount(inventory: Inventory, window: Window, now_ms: int) -> Recount:
    """Count every counter, every list and the key index anew and compare. The store stands still."""
    shape = (inventory.block.sizes.rows, inventory.n_nights)
    held = np.zeros(shape, np.int32)
    sold = np.zeros(shape, np.int32)
    lines = np.zeros((4, _FINDINGS_MAX, 5), np.int64)
    audit.count_slots(inventory.table, held, sold)
    counts = (
        audit.audit_cells(inventory.table, held, sold, lines[0]),
        audit.audit_lists(inventory.table, lines[1]),
        audit.audit_restrictions(inventory.table, lines[2]),
        audit_keys.audit_keys(inventory.table, False, now_ms, lines[3]),
    )
    noted = np.concatenate([part[:count] for part, count in zip(lines, counts, strict=True)])
    return Recount(window, held, sold, noted)


def _named_bits(
    inventory: Inventory, window: Window, kind: int, left: NDArray[np.int64], planes: int
) -> list[CellFinding]:
    """Bits that no cell asks for, or that a cell misses, as findings. left (column * planes * word) int64."""
    words = inventory.block.sizes.words
    findings = []
    for position in np.flatnonzero(left)[:_FINDINGS_MAX]:
        night = window.night_of(int(position // (planes * words)))
        word = int(position % words)
        for bit in range(64):
            if int(left[position]) >> bit & 1:
                row = int(inventory.lanes.lane_row[word * 64 + bit])
                name, text = _TEXTS[kind]
                findings.append(CellFinding(name, row, night, text))
    return findings


def named(inventory: Inventory, counted: Recount, wrong: WrongBits) -> list[CellFinding]:
    """What was found, in sentences; at most about a thousand of a kind."""
    result = []
    for line in counted.lines:
        kind, row, column, found, wanted = (int(value) for value in line)
        name, text = _TEXTS[kind]
        night = 0 if kind in _OF_NO_NIGHT else counted.window.night_of(column)
        result.append(CellFinding(name, row, night, text.format(found=found, wanted=wanted)))
    result += _named_bits(inventory, counted.window, audit.FINDING_SELLABLE, wrong.sellable, 1)
    result += _named_bits(inventory, counted.window, audit.FINDING_PLANES, wrong.planes, at.P_PLANES)
    return result


def _blocks_short(inventory: Inventory, window: Window, now_ms: int) -> list[CellFinding]:
    """Nights on which blocks keep more rooms than are free, as a capacity cut leaves them. O(rows with blocks x nights
    x controls of a row).
    """
    controls = inventory.control_words()
    rows = np.unique(controls[controls[:, at.T_KIND] == at.KIND_BLOCK, at.T_OWNER])
    kept = inventory.blocked(rows, now_ms)
    left = np.maximum(inventory.cells(rows, slice(None), window)[:, :, at.C_FREE], 0)
    result = []
    for place, night in np.argwhere(kept > left)[:_FINDINGS_MAX].tolist():
        rooms = f"blocks keep {kept[place, night]} rooms, {left[place, night]} are free"
        text = f"{rooms}: capacity was cut below what is sold and kept"
        result.append(CellFinding("blocks_short", int(rows[place]), window.first_night + night, text))
    return result


def findings(inventory: Inventory, now_ms: int) -> list[CellFinding]:
    """Everything that is wrong, at most about a thousand findings of a kind; empty when the grid is right. now_ms: the
    instant at which it is said which keys are still remembered, and what blocks keep. Nights that a capacity cut left
    short of rooms are named too, and are no damage.

    The store stands still meanwhile (every hotel is locked in ascending order). O(rows x nights + slots x nights):
    about half a second for 50,000 room types and 540 nights, and three times the bytes of the counters in scratch
    memory.
    """
    with inventory.standing_still() as window:
        counted, wrong = recount(inventory, window, now_ms), wrong_bits(inventory)
        controls = ControlAudit(inventory)
        blocks = _blocks_short(inventory, window, now_ms)
    return named(inventory, counted, wrong) + blocks + controls.findings()
