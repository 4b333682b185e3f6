"""The window of nights moves on: yesterday leaves, a new last night enters, nothing else moves."""

from __future__ import annotations

import numpy as np

from nightgrid.native import layout as at
from nightgrid.native.jit import kernel
from nightgrid.native.locks import lock_hotels, unlock_hotels
from nightgrid.native.planes import clear_column
from nightgrid.native.records import publish_cells
from nightgrid.native.views import (
    capacity_of,
    cells_of,
    control_nights_of,
    controls_of,
    elsewhere_of,
    out_of_order_of,
    sell_limit_of,
    sellable_of,
    shared_of,
)


@kernel
def _empty_column(store, column, physical, open_words):
    """Make a column a new night: every room type with its physical rooms, nothing sold, nothing restricted."""
    cells = cells_of(store)
    capacity = capacity_of(store)
    elsewhere = elsewhere_of(store)
    out_of_order = out_of_order_of(store)
    sell_limit = sell_limit_of(store)
    for row in range(store[at.H_ROWS]):
        for field in range(at.C_FIELDS):
            cells[row, column, field] = 0
        cells[row, column, at.C_FREE] = physical[row]
        capacity[row, column] = physical[row]
        elsewhere[row, column] = 0
        out_of_order[row, column] = 0
        sell_limit[row, column] = 0
    words = store[at.H_WORDS]
    sellable = sellable_of(store)
    for word in range(words):
        sellable[column * words + word] = open_words[word]
    clear_column(store, column)
    controls = controls_of(store)
    nights = control_nights_of(store)
    for control in range(store[at.H_CONTROLS]):
        if controls[control, at.T_KIND] == 0:
            break  # controls are handed out in order
        for field in range(at.N_FIELDS):
            nights[control, column, field] = 0


@kernel
def roll_window(store, days, physical, open_words, now_ms):
    """Move the window on by some days; returns the lsn. O(rows) a day.

    days: at most the nights of the window; physical (row) int16: rooms of a new night; open_words (word) int64: bits of
    the products whose room type has any [in]. Locks every hotel, in order. Stays that began before keep their slots;
    only their nights inside the window count from now on.
    """
    shared = shared_of(store)
    lock_hotels(store)
    for _ in range(days):
        _empty_column(store, shared[at.S_FIRST_COLUMN], physical, open_words)
        column = shared[at.S_FIRST_COLUMN] + 1
        shared[at.S_FIRST_COLUMN] = np.int64(0) if column == store[at.H_NIGHTS] else column
        shared[at.S_FIRST_NIGHT] += 1
    lsn = publish_cells(store, at.RECORD_WINDOW, 0, shared[at.S_FIRST_NIGHT], days, now_ms)
    unlock_hotels(store)
    return lsn
