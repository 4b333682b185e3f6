"""Rooms in the cells of one row: take, sell, give back; and the sellable bits that follow.

The caller holds the hotel's lock, so all nights are seen and changed as one step. Nights are ordinals inside the
window; columns are a ring (`native/store/layout.py`).
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import and_word, or_word, store_word
from nightgrid.native.base.hints import first_bit, stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from nightgrid.native.store.eight import EIGHT, take_eight
from nightgrid.native.store.restrictions import product_closed
from nightgrid.native.store.views import (
    cells_of,
    column_of,
    hotel_words_of,
    next_column,
    next_product_of,
    product_lane_of,
    profiles_of,
    row_flags_of,
    row_hotel_of,
    row_product_of,
    row_restricted_of,
    sellable_of,
    shared_of,
)


@inlined_kernel
def inside_window(store, night, nights):
    """The part of some nights that lies inside the window: (first ordinal, how many)."""
    shared = shared_of(store)
    begin = max(night, shared[at.S_FIRST_NIGHT])
    end = min(night + nights, shared[at.S_END_NIGHT])
    return begin, max(end - begin, 0)


@inlined_kernel
def count_return(store, row):
    """Count that rooms of a row's hotel are about to come back. Hotel locked.

    It stands before the change, behind all that was taken earlier: whoever finds the count as it was has seen no room
    that came back after another one was taken (`native/search/second_look.py`).
    """
    hotels = hotel_words_of(store)
    changes = np.int64(row_hotel_of(store)[row]) * at.L_WORDS + at.L_CHANGES
    store_word(hotels, changes, hotels[changes] + 1)


@kernel
def set_sellable(store, row, column, wanted):
    """Set or clear the sellable bit of every product of a row on one night; that of a closed product stays clear.

    A word holds 64 products of different hotels, so it is changed atomically although the hotel is locked.
    """
    sellable = sellable_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    lanes = product_lane_of(store)
    own = wanted and (row_restricted_of(store)[row] != 0 or row_flags_of(store)[row] & at.ROW_PLANS_CLOSED != 0)
    link = np.int64(first_product[row])
    if wanted:
        count_return(store, row)
    while link:
        product = link - 1
        link = np.int64(next_product[product])
        lane = np.int64(lanes[product])
        word = column * store[at.H_WORDS] + (lane >> 6)
        bit = np.int64(1) << (lane & 63)
        if wanted and not (own and product_closed(store, product, column)):
            or_word(sellable, word, bit)
        else:
            and_word(sellable, word, ~bit)


@kernel
def is_closed(store, row, column):
    """True if the cell's profile closes the night, or the room type or its hotel is closed."""
    if row_flags_of(store)[row] & at.ROW_SHUT != 0:
        return True
    profile = cells_of(store)[row, column, at.C_PROFILE] & 0xFFFF
    return profile != 0 and (profiles_of(store)[profile, at.F_FLAGS] & at.FLAG_CLOSED) != 0


@kernel
def _cross(store, row, column, after):
    """Keep the sellable bits when free has crossed 1."""
    set_sellable(store, row, column, after >= 1 and not is_closed(store, row, column))


@inlined_kernel
def change_free(store, cells, row, column, delta):
    """Add `delta` to free and keep the sellable bit: it changes only where free crosses 1."""
    before = cells[row, column, at.C_FREE]
    after = before + delta
    if delta > 0:
        count_return(store, row)
    cells[row, column, at.C_FREE] = after
    if (before >= 1) != (after >= 1):
        _cross(store, row, column, after)


@inlined_kernel
def lies_in_eight(store, column, nights):
    """True if nights from a column on lie side by side and are at most EIGHT; never where tests stop between cells."""
    if steps.ENABLED:
        return False
    return nights <= EIGHT and column + nights <= store[at.H_NIGHTS]


@inlined_kernel
def cell_place(store, row, column):
    """Flat index of a cell."""
    return row * store[at.H_NIGHTS] + column


@kernel
def cross_nights(store, row, column, crossed, opened):
    """Keep the sellable bits of the nights after a column on which free has crossed 1 (bit k: the k-th), upwards if
    `opened`.
    """
    while crossed:
        night = column + first_bit(crossed)
        crossed &= crossed - 1
        set_sellable(store, row, night, opened and not is_closed(store, row, night))


@inlined_kernel
def clear_nights(store, word, lane, nights):
    """`cross_nights`, downwards, of a row with one product, whose lane is known: nights (a bit each) after the one
    whose bit stands in `word`.
    """
    sellable = sellable_of(store)
    others = ~(np.int64(1) << (lane & 63))
    while nights:
        and_word(sellable, word + first_bit(nights) * store[at.H_WORDS], others)
        nights &= nights - 1


@kernel
def _take_each(store, row, column, nights, rooms, field):
    """`take_rooms` cell by cell, for long stays and those that pass the end of the ring."""
    stay_apart()
    cells = cells_of(store)
    for _ in range(nights):
        change_free(store, cells, row, column, -rooms)
        cells[row, column, field] += rooms
        steps.step(store, steps.POINT_CELL)
        column = next_column(store, column)


@inlined_kernel
def take_cells(store, row, column, nights, rooms, field):
    """`take_rooms` but for the bit maps, if it can leave them: the nights that `cross_nights` has still to see to."""
    if lies_in_eight(store, column, nights):
        return take_eight(cells_of(store), cell_place(store, row, column), nights, rooms, field)
    _take_each(store, row, column, nights, rooms, field)
    return np.int64(0)


@inlined_kernel
def take_rooms(store, row, column, nights, rooms, field):
    """free -> held or sold (`field` = C_HELD or C_SOLD) on nights from a column on. It was checked before."""
    crossed = take_cells(store, row, column, nights, rooms, field)
    if crossed:
        cross_nights(store, row, column, crossed, rooms < 0)


@kernel
def give_rooms(store, row, night, nights, rooms, field):
    """held or sold -> free on nights (an ordinal and a number), as far as they are inside the window."""
    night, nights = inside_window(store, night, nights)
    if nights > 0:
        count_return(store, row)
        take_rooms(store, row, column_of(store, shared_of(store), night), nights, -rooms, field)


@kernel
def sell_rooms(store, row, night, nights, rooms):
    """held -> sold on nights (an ordinal and a number) inside the window; free does not change."""
    cells = cells_of(store)
    night, nights = inside_window(store, night, nights)
    column = column_of(store, shared_of(store), night) if nights > 0 else 0
    for _ in range(nights):
        cells[row, column, at.C_HELD] -= rooms
        cells[row, column, at.C_SOLD] += rooms
        steps.step(store, steps.POINT_CELL)
        column = next_column(store, column)
