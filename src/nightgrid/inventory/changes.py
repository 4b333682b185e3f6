"""Which nights of which rows changed, from the records of the ring."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.base import Window
from nightgrid.native.store import layout as at

Words = NDArray[np.int64]
#: Changes after which as many rooms are free as before, on every night.
_QUIET: Final = (at.RECORD_EXTEND, at.RECORD_CHECK_IN, at.RECORD_REQUEST)
#: Changes that may move a stay: their records say where it was.
_MOVING: Final = (
    at.RECORD_CONFIRM,
    at.RECORD_CHECK_OUT,
    at.RECORD_NO_SHOW,
    at.RECORD_DEPART,
    at.RECORD_AMEND,
)


def _kept(place: Words, stay: Words) -> Words:
    """Nights that stays take, as (row, first, end) int64 (3, stay)."""
    arrival = stay & 0x3FFFFF
    return np.stack([place & 0xFFFFFFFF, arrival, arrival + (stay >> 31 & 0x1FF)])


def _given_back(records: Words) -> Words:
    """What changes of a stay touch: all of both stays where row or rooms differ, else the nights of only one."""
    old = _kept(records[:, at.D_OLD_PLACE], records[:, at.D_OLD_STAY])
    new = _kept(records[:, at.D_PLACE], records[:, at.D_STAY])
    same = (old[0] == new[0]) & (records[:, at.D_OLD_STAY] >> 40 == records[:, at.D_STAY] >> 40)
    whole = ~same | (old[2] <= new[1]) | (new[2] <= old[1])  # nights in common changed, or there are none
    before, after = old[:, same & ~whole], new[:, same & ~whole]
    heads = np.stack([before[0], np.minimum(before[1], after[1]), np.maximum(before[1], after[1])])
    tails = np.stack([before[0], np.minimum(before[2], after[2]), np.maximum(before[2], after[2])])
    return np.concatenate([old[:, whole], new[:, whole], heads, tails], axis=1)


def _merged(ranges: Words) -> tuple[Words, Words, Words]:
    """Ranges (3, range) in order, those that overlap or touch as one."""
    row, first, end = ranges[:, np.lexsort((ranges[1], ranges[0]))]
    if not len(row):
        return row, first, end
    span = int(end.max()) + 1
    reached = np.maximum.accumulate(row * span + end)
    begins = np.r_[True, row[1:] * span + first[1:] > reached[:-1]]
    starts = np.flatnonzero(begins)
    return row[starts], first[starts], np.maximum.reduceat(end, starts)


def changed_ranges(records: Words, rows: int, window: Window, also: Words) -> tuple[Words, Words, Words]:
    """Nights of the window on which the free rooms of a row changed: (row, first night, end) int64, ordinals, sorted
    and merged; `end` is the night after. records int64 (record, D_WORDS); also int64 (3, range): ranges of the same
    kind that no record tells of. O(records log records).
    """
    kind = records[:, at.D_KIND] & 0xFF
    ends = window.first_night + window.nights
    moving = np.isin(kind, _MOVING)
    plain = records[(kind < at.RECORD_CELLS) & ~moving & ~np.isin(kind, _QUIET)]
    cells = records[kind == at.RECORD_CELLS]
    found = [
        also,
        _kept(plain[:, at.D_PLACE], plain[:, at.D_STAY]),
        _given_back(records[moving]),
        np.stack([cells[:, at.D_PLACE], cells[:, at.D_STAY], cells[:, at.D_STAY] + cells[:, at.D_VALUE]]),
    ]
    rolls = records[kind == at.RECORD_WINDOW]
    first_new = None
    if (kind == at.RECORD_RELOAD).any():
        first_new = window.first_night
    elif len(rolls):  # the nights that came on sale with the first roll, and all after them
        first_new = int(rolls[0, at.D_STAY] - rolls[0, at.D_VALUE]) + window.nights
    if first_new is not None:
        found.append(np.stack([np.arange(rows), np.full(rows, first_new), np.full(rows, ends)]))
    ranges = np.concatenate(found, axis=1)
    ranges[1] = np.maximum(ranges[1], window.first_night)
    ranges[2] = np.minimum(ranges[2], ends)
    return _merged(ranges[:, ranges[1] < ranges[2]])
