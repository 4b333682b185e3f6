"""Changes that the hotel makes: capacity, rooms sold elsewhere, the hotels' dates. Restrictions: `native/planes.py`."""

from __future__ import annotations

import numpy as np

from nightgrid.native import layout as at
from nightgrid.native.jit import kernel
from nightgrid.native.locks import lock_hotels, unlock_hotels
from nightgrid.native.stays import change_free
from nightgrid.native.views import (
    capacity_of,
    cells_of,
    elsewhere_of,
    hotel_words_of,
)

CAPACITY = 0
SOLD_ELSEWHERE = 1


@kernel
def _set_cell(store, which, row, night, rooms):
    """Set one counter of one cell; free takes up the difference. Hotel locked."""
    cells = cells_of(store)
    if which == CAPACITY:
        capacity = capacity_of(store)
        change_free(store, row, night, rooms - capacity[row, night])
        capacity[row, night] = rooms
    else:
        elsewhere = elsewhere_of(store)
        delta = rooms - elsewhere[row, night]
        change_free(store, row, night, -delta)
        cells[row, night, at.C_SOLD] += delta
        elsewhere[row, night] = rooms


@kernel
def _note_shortfall(store, which, row, night, rooms, out_short):
    """Count a cell that would be short of rooms, and keep the first: row, night, capacity, taken, number of others."""
    cells = cells_of(store)
    capacity = np.int64(capacity_of(store)[row, night])
    taken = np.int64(cells[row, night, at.C_HELD]) + cells[row, night, at.C_SOLD]
    if which == CAPACITY:
        capacity = np.int64(rooms)
    else:
        taken += rooms - elsewhere_of(store)[row, night]
    if taken <= capacity:
        return 0
    if out_short[3] == 0:
        out_short[0] = row
        out_short[1] = night
        out_short[2] = capacity
        out_short[3] = taken
    else:
        out_short[4] += 1
    return 1


@kernel
def set_counters(store, which, rows, nights, rooms, allow_oversold, out_short):
    """Set capacity or rooms sold elsewhere of many distinct cells, all or none; returns how many cells are short.

    which: CAPACITY or SOLD_ELSEWHERE; rows, nights (change) int32, rooms (change) int16 [in]; out_short (5) int64: see
    `_note_shortfall` [out]. Where cells are short nothing is changed, unless allowed. Locks every hotel, in order.
    """
    short = 0
    lock_hotels(store)
    if not allow_oversold:
        for i in range(rows.size):
            short += _note_shortfall(store, which, rows[i], nights[i], rooms[i], out_short)
    if short == 0:
        for i in range(rows.size):
            _set_cell(store, which, rows[i], nights[i], rooms[i])
    unlock_hotels(store)
    return short


@kernel
def load_sold_elsewhere(store, rooms, allow_oversold, out_short):
    """`set_counters` of the rooms sold elsewhere of every cell: rooms (row, night) int16 [in]."""
    short = 0
    lock_hotels(store)
    if not allow_oversold:
        for row in range(store[at.H_ROWS]):
            for night in range(store[at.H_NIGHTS]):
                short += _note_shortfall(store, SOLD_ELSEWHERE, row, night, rooms[row, night], out_short)
    if short == 0:
        for row in range(store[at.H_ROWS]):
            for night in range(store[at.H_NIGHTS]):
                _set_cell(store, SOLD_ELSEWHERE, row, night, rooms[row, night])
    unlock_hotels(store)
    return short


@kernel
def set_today(store, hotel_today):
    """Set the night index of every hotel's civil date: hotel_today (hotel) int32 [in]."""
    hotels = hotel_words_of(store)
    for hotel in range(store[at.H_HOTELS]):
        hotels[hotel * at.L_WORDS + at.L_TODAY] = hotel_today[hotel]
