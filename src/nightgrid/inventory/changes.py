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


def _of_nights(records: Words) -> Words:
    """Nights that records are about, each of one row or a product of it, as (row, first, end) int64 (3, record)."""
    first = records[:, at.D_STAY]
    return np.stack([records[:, at.D_PLACE] & 0xFFFFFFFF, first, first + records[:, at.D_VALUE]])


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


def changed_ranges(
    records: Words, rows: int, window: Window, also: Words, products: int = 0
) -> tuple[Words, Words, Words, Words]:
    """Nights of the window on which the free rooms of a row changed, or what is restricted of it or of a product of it:
    (row, product, first night, end) int64, ordinals, sorted and merged; `end` is the night after, product -1.

    records int64 (record, D_WORDS); also int64 (3, range): (row, first night, end) that no record tells of; products:
    how many there are, if what is about one product alone shall stand apart, under its row. O(records log records).
    """
    kind = records[:, at.D_KIND] & 0xFF
    ends = window.first_night + window.nights
    moving = np.isin(kind, _MOVING)
    plain = records[(kind < at.RECORD_CELLS) & ~moving & ~np.isin(kind, _QUIET)]
    found = [
        also,
        _kept(plain[:, at.D_PLACE], plain[:, at.D_STAY]),
        _given_back(records[moving]),
        _of_nights(records[kind == at.RECORD_CELLS]),
    ]
    rolls = records[kind == at.RECORD_WINDOW]
    first_new = None
    if np.isin(kind, (at.RECORD_RELOAD, at.RECORD_RESTRICTIONS_RELOAD)).any():
        first_new = window.first_night
    elif len(rolls):  # the nights that came on sale with the first roll, and all after them
        first_new = int(rolls[0, at.D_STAY] - rolls[0, at.D_VALUE]) + window.nights
    if first_new is not None:
        found.append(np.stack([np.arange(rows), np.full(rows, first_new), np.full(rows, ends)]))
    restricted = records[kind == at.RECORD_RESTRICTIONS]
    ranges = np.concatenate([*found, _of_nights(restricted)], axis=1)
    ranges[0] *= products + 1
    if products:
        ranges[0, len(ranges[0]) - len(restricted) :] += restricted[:, at.D_PLACE] >> 32  # a product + 1
    ranges[1] = np.maximum(ranges[1], window.first_night)
    ranges[2] = np.minimum(ranges[2], ends)
    place, first, end = _merged(ranges[:, ranges[1] < ranges[2]])
    row, product = np.divmod(place, products + 1)
    return row, product - 1, first, end
