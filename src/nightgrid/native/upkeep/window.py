"""The window of nights moves on: past nights leave, new last nights enter, nothing else moves.

In three steps, so that nobody waits for long: while all hotels are locked the past nights leave the sale; then, with no
lock, because nobody looks at nights outside the window, their columns become the new nights; while all hotels are
locked again these come on sale. Who reads without a lock looks at the first night before and after
(`native/search/offers.py`). The caller holds the table lock throughout.
"""

from __future__ import annotations

from nightgrid.native.base.atomics import acquire, release, store_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from nightgrid.native.store.locks import lock_hotels, unlock_hotels
from nightgrid.native.store.planes import clear_column
from nightgrid.native.store.records import publish_cells
from nightgrid.native.store.slots import note_past_stays
from nightgrid.native.store.views import (
    capacity_of,
    cells_of,
    column_of,
    control_nights_of,
    controls_of,
    elsewhere_of,
    hotel_words_of,
    out_of_order_of,
    sell_limit_of,
    sellable_of,
    shared_of,
)


@kernel
def _empty_cells(store, column, physical):
    """Every room type of a column with its physical rooms, nothing sold. Pages that are still untouched stay so."""
    cells = cells_of(store)
    capacity = capacity_of(store)
    elsewhere = elsewhere_of(store)
    out_of_order = out_of_order_of(store)
    sell_limit = sell_limit_of(store)
    for row in range(store[at.H_ROWS]):
        cells[row, column, at.C_FREE] = physical[row]
        cells[row, column, at.C_HELD] = 0
        cells[row, column, at.C_SOLD] = 0
        capacity[row, column] = physical[row]
        if elsewhere[row, column] != 0:
            elsewhere[row, column] = 0
        if out_of_order[row, column] != 0:
            out_of_order[row, column] = 0
        if sell_limit[row, column] != 0:
            sell_limit[row, column] = 0


@kernel
def _empty_column(store, column, physical, open_words):
    """Make a column a new night: every room type with its physical rooms, nothing sold, restricted or controlled."""
    _empty_cells(store, column, physical)
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
def _enter_nights(store, physical, open_words):
    """Make the columns of the nights that enter new. Nobody looks at them: they lie outside the window."""
    shared = shared_of(store)
    first = shared[at.S_FIRST_NIGHT]
    for night in range(max(shared[at.S_END_NIGHT], first), first + store[at.H_NIGHTS]):
        _empty_column(store, column_of(store, shared, night), physical, open_words)
        steps.step(store, steps.POINT_WINDOW)


@kernel
def _put_on_sale(store, now_ms):
    """The nights that entered come on sale, and the roll is over; returns the lsn. Every hotel is locked."""
    shared = shared_of(store)
    first = shared[at.S_FIRST_NIGHT]
    days = shared[at.S_ROLL] >> 32
    store_word(shared, at.S_LAP_NIGHT, first - (first - shared[at.S_LAP_NIGHT]) % store[at.H_NIGHTS])
    steps.step(store, steps.POINT_WINDOW)
    store_word(shared, at.S_END_NIGHT, first + store[at.H_NIGHTS])
    lsn = publish_cells(store, at.RECORD_WINDOW, 0, first, days, now_ms)
    store_word(shared, at.S_ROLL, 0)
    return lsn


@kernel
def roll_window(store, first_night, physical, open_words, now_ms):
    """Move the window on until it begins with `first_night` (ordinal); returns the lsn. O(hotels + rows x days).

    physical (row) int16: rooms of a new night; open_words (word) int64: bits of the products whose room type has any
    [in]. Every hotel is locked when this is called and when it returns, and none in between, while the columns change.
    Stays that began before keep their slots; only their nights inside the window count from now on. Who dies here
    leaves S_ROLL, and `finish_roll` goes on from there.
    """
    shared = shared_of(store)
    store_word(shared, at.S_ROLL, first_night | (first_night - shared[at.S_FIRST_NIGHT]) << 32)
    steps.step(store, steps.POINT_WINDOW)
    store_word(shared, at.S_FIRST_NIGHT, first_night)
    steps.step(store, steps.POINT_WINDOW)
    unlock_hotels(store)
    _enter_nights(store, physical, open_words)
    lock_hotels(store)
    return _put_on_sale(store, now_ms)


@kernel
def finish_roll(store, physical, open_words, now_ms):
    """Finish the roll that somebody began and died in; True if there was one. Every hotel is locked, throughout.

    physical and open_words as of `roll_window` [in]. What was done of it already is done again to no effect, except
    that the record of a roll that was just published is written twice.
    """
    shared = shared_of(store)
    if shared[at.S_ROLL] == 0:
        return False
    store_word(shared, at.S_FIRST_NIGHT, shared[at.S_ROLL] & 0xFFFFFFFF)
    _enter_nights(store, physical, open_words)
    _put_on_sale(store, now_ms)
    return True


@kernel
def note_past(store, now_ms):
    """Note the bookings whose last night has left the window, hotel by hotel. O(bookings)."""
    hotels = hotel_words_of(store)
    for hotel in range(store[at.H_HOTELS]):
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        note_past_stays(store, hotel, now_ms)
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)
