"""Counters that the hotel sets: parts of the capacity, rooms sold elsewhere, today."""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import acquire, release, store_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from nightgrid.native.store.cells import change_free
from nightgrid.native.store.locks import lock_hotels, unlock_hotels
from nightgrid.native.store.records import publish_cells
from nightgrid.native.store.views import (
    capacity_of,
    cells_of,
    column_of,
    elsewhere_of,
    hotel_words_of,
    out_of_order_of,
    row_hotel_of,
    sell_limit_of,
    shared_of,
)

CAPACITY: Final = 0
SOLD_ELSEWHERE: Final = 1
#: A part of the capacity that stays as it is.
KEEP: Final = -(2**31)
#: More ranges of nights than this are published as one record that says: anywhere.
_RANGES_MAX: Final = 4_096


@kernel
def _wanted(store, which, row, column, values, i):
    """(rooms wanted, physical, out of order, sell limit) of a change; the last three for CAPACITY only."""
    if which == SOLD_ELSEWHERE:
        return np.int64(values[0, i]), np.int64(0), np.int64(0), np.int64(0)
    out_of_order = np.int64(out_of_order_of(store)[row, column])
    sell_limit = np.int64(sell_limit_of(store)[row, column])
    physical = capacity_of(store)[row, column] + out_of_order - sell_limit
    if values[0, i] != KEEP:
        physical = np.int64(values[0, i])
    if values[1, i] != KEEP:
        out_of_order = np.int64(values[1, i])
    if values[2, i] != KEEP:
        sell_limit = np.int64(values[2, i])
    return physical - out_of_order + sell_limit, physical, out_of_order, sell_limit


@kernel
def _set_cell(store, which, row, column, values, i):
    """Set one counter of one cell; free takes up the difference. Hotel locked."""
    cells = cells_of(store)
    rooms, _, out_of_order, sell_limit = _wanted(store, which, row, column, values, i)
    if which == CAPACITY:
        capacity = capacity_of(store)
        change_free(store, cells, row, column, rooms - capacity[row, column])
        capacity[row, column] = rooms
        out_of_order_of(store)[row, column] = out_of_order
        sell_limit_of(store)[row, column] = sell_limit
    else:
        elsewhere = elsewhere_of(store)
        delta = rooms - elsewhere[row, column]
        change_free(store, cells, row, column, -delta)
        cells[row, column, at.C_SOLD] += delta
        elsewhere[row, column] = rooms


@kernel
def _frees(store, which, row, column, values, i):
    """Rooms that a change of one cell makes free, negative where it takes some."""
    rooms, _, _, _ = _wanted(store, which, row, column, values, i)
    if which == CAPACITY:
        return rooms - capacity_of(store)[row, column]
    return elsewhere_of(store)[row, column] - rooms


@kernel
def _note_shortfall(store, which, row, column, night, rooms, out_short):
    """Count a cell that a change takes rooms from and would leave short of them, and keep the first: row, night,
    capacity, taken, number of others.
    """
    cells = cells_of(store)
    capacity = np.int64(capacity_of(store)[row, column])
    taken = np.int64(cells[row, column, at.C_HELD]) + cells[row, column, at.C_SOLD]
    free = capacity - taken
    if which == CAPACITY:
        capacity = np.int64(rooms)
    else:
        taken += rooms - elsewhere_of(store)[row, column]
    if capacity - taken >= min(free, 0):
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
def _changes(store, which, row, column, values, i):
    """True if a change of one cell makes any of its counters another."""
    rooms, _, out_of_order, sell_limit = _wanted(store, which, row, column, values, i)
    if which == SOLD_ELSEWHERE:
        return rooms != elsewhere_of(store)[row, column]
    parts = out_of_order != out_of_order_of(store)[row, column] or sell_limit != sell_limit_of(store)[row, column]
    return parts or rooms != capacity_of(store)[row, column]


@kernel
def _follows(rows, nights, changed, i):
    """True if a cell that changes continues the range of the one before it."""
    return i > 0 and changed[i - 1] and rows[i] == rows[i - 1] and nights[i] == nights[i - 1] + 1


@kernel
def _publish_ranges(store, rows, nights, changed, now_ms):
    """Publish the cells that change, as ranges of nights of one row where they follow each other."""
    ranges = 0
    for i in range(rows.size):
        ranges += changed[i] and not _follows(rows, nights, changed, i)
    if ranges > min(_RANGES_MAX, store[at.H_RECORDS] // 2):
        publish_cells(store, at.RECORD_RELOAD, 0, 0, 0, now_ms)
        return
    start = 0
    for i in range(rows.size):
        if not changed[i]:
            continue
        if not _follows(rows, nights, changed, i):
            start = i
        if i + 1 == rows.size or not changed[i + 1] or not _follows(rows, nights, changed, i + 1):
            publish_cells(store, at.RECORD_CELLS, rows[start], nights[start], i + 1 - start, now_ms)


@kernel
def set_counters(store, which, rows, nights, values, hotels_of_change, allow_oversold, now_ms, out_short, out_changed):
    """Set parts of the capacity, or rooms sold elsewhere, of many distinct cells, all or none: how many are short.

    which: CAPACITY or SOLD_ELSEWHERE; rows, nights (change) int32, nights as ordinals inside the window; values
    (3, change) int32: physical, out of order and sell limit, each KEEP or rooms; or the rooms sold elsewhere;
    hotels_of_change (hotel) int64, ascending and distinct [in]; out_short (5) int64: see `_note_shortfall`; out_changed
    (change) bool: the cells that get another number, which alone are published [out]. Where cells would be short
    nothing is changed, unless allowed. Locks those hotels, in order.
    """
    short = 0
    hotels = hotel_words_of(store)
    shared = shared_of(store)
    for i in range(hotels_of_change.size):
        acquire(hotels, hotels_of_change[i] * at.L_WORDS + at.L_LOCK)
    if not allow_oversold:
        for i in range(rows.size):
            column = column_of(store, shared, nights[i])
            rooms, _, _, _ = _wanted(store, which, rows[i], column, values, i)
            short += _note_shortfall(store, which, rows[i], column, nights[i], rooms, out_short)
    if short == 0:
        for i in range(rows.size):
            column = column_of(store, shared, nights[i])
            out_changed[i] = _changes(store, which, rows[i], column, values, i)
        # What takes rooms is done before it is published, what frees some after it, as with holds.
        for frees in (False, True):
            for i in range(rows.size):
                column = column_of(store, shared, nights[i])
                if out_changed[i] and (_frees(store, which, rows[i], column, values, i) > 0) == frees:
                    _set_cell(store, which, rows[i], column, values, i)
                    steps.step(store, steps.POINT_CELL)
            if not frees:
                _publish_ranges(store, rows, nights, out_changed, now_ms)
        for i in range(rows.size):
            hotels[np.int64(row_hotel_of(store)[rows[i]]) * at.L_WORDS + at.L_CHANGES] += out_changed[i]
    for i in range(hotels_of_change.size):
        release(hotels, hotels_of_change[hotels_of_change.size - 1 - i] * at.L_WORDS + at.L_LOCK)
    return short


@kernel
def load_sold_elsewhere(store, rooms, allow_oversold, now_ms, out_short):
    """`set_counters` of the rooms sold elsewhere of every cell: rooms (1, row, night of the window) int32 [in]."""
    short = 0
    shared = shared_of(store)
    lock_hotels(store)
    first = shared[at.S_FIRST_NIGHT]
    if not allow_oversold:
        for row in range(rooms.shape[1]):
            for night in range(store[at.H_NIGHTS]):
                column = column_of(store, shared, first + night)
                wanted = np.int64(rooms[0, row, night])
                short += _note_shortfall(store, SOLD_ELSEWHERE, row, column, first + night, wanted, out_short)
    if short == 0:
        # As in `set_counters`: what takes rooms, the record, what frees some.
        for frees in (False, True):
            for row in range(rooms.shape[1]):
                for night in range(store[at.H_NIGHTS]):
                    column = column_of(store, shared, first + night)
                    delta = _frees(store, SOLD_ELSEWHERE, row, column, rooms[:, row], night)
                    if delta != 0 and (delta > 0) == frees:
                        _set_cell(store, SOLD_ELSEWHERE, row, column, rooms[:, row], night)
                        steps.step(store, steps.POINT_CELL)
            if not frees:
                publish_cells(store, at.RECORD_RELOAD, 0, 0, 0, now_ms)
        hotels = hotel_words_of(store)
        for hotel in range(store[at.H_HOTELS]):
            hotels[hotel * at.L_WORDS + at.L_CHANGES] += 1
    unlock_hotels(store)
    return short


@kernel
def set_today(store, hotel_today):
    """Set the civil date of the first hotels: hotel_today (hotel) int64, ordinals [in]. Spare ones have none."""
    hotels = hotel_words_of(store)
    for hotel in range(hotel_today.size):
        store_word(hotels, hotel * at.L_WORDS + at.L_TODAY, hotel_today[hotel])
