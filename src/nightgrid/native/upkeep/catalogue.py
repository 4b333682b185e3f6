"""The catalogue grows and shrinks while the store works: spare hotels, rows and products are handed out, others closed.

A position never changes and is never given back. Rows of a hotel and products of a row are chains: what is new is
filled first and linked last, under the hotel's lock, so that nobody follows a link to something half made. The caller
holds the table lock and has checked everything.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import acquire, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.planes import refresh_cell
from nightgrid.native.store.records import publish_cells
from nightgrid.native.store.views import (
    capacity_of,
    cells_of,
    hotel_row_of,
    hotel_words_of,
    next_product_of,
    next_row_of,
    product_flags_of,
    product_lane_of,
    product_row_of,
    row_flags_of,
    row_home_of,
    row_hotel_of,
    row_product_of,
    shared_of,
)
from nightgrid.native.upkeep.control_tables import first_control, mark_row

#: More rows than this are published as one record that says: anywhere.
_RECORDS_MAX = 4_096


@kernel
def _append(heads, owner, following, item):
    """Put an item at the end of its owner's chain: heads (owner), following (item) int32 of item + 1 [inout]."""
    link = np.int64(heads[owner])
    if link == 0:
        heads[owner] = item + 1
        return
    while following[link - 1]:
        link = np.int64(following[link - 1])
    following[link - 1] = item + 1


@kernel
def link_rows(store, rows):
    """New rows, int64 (row) ascending, become room types of the hotels that R_ROW_HOTEL names. They have no rooms."""
    hotels = hotel_words_of(store)
    flags = row_flags_of(store)
    heads = hotel_row_of(store)
    for row in rows:
        hotel = np.int64(row_hotel_of(store)[row])
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        if heads[hotel]:
            flags[row] = flags[heads[hotel] - 1] & at.ROW_HOTEL_CLOSED
        _append(heads, hotel, next_row_of(store), row)
        hotels[hotel * at.L_WORDS + at.L_CHANGES] += 1
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)


@kernel
def link_products(store, products):
    """New products, int64 (product) ascending, become plans of the rows that R_PRODUCT_ROW names; selling controls of
    their rows and hotels are about them too.
    """
    hotels = hotel_words_of(store)
    for product in products:
        row = np.int64(product_row_of(store)[product])
        hotel = np.int64(row_hotel_of(store)[row])
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        lane = np.int64(0) if row_product_of(store)[row] else np.int64(product_lane_of(store)[product]) + 1
        row_home_of(store)[row] = hotel | lane << at.HOME_LANE_SHIFT
        _append(row_product_of(store), row, next_product_of(store), product)
        if first_control(store, 0, row) != 0 or first_control(store, 1, hotel) != 0:
            mark_row(store, row)
        hotels[hotel * at.L_WORDS + at.L_CHANGES] += 1
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)


@kernel
def _refresh_row(store, row):
    """Write every bit of a row's products anew. Hotel locked. O(nights x products)."""
    for column in range(store[at.H_NIGHTS]):
        refresh_cell(store, row, column)


@kernel
def refresh_rows(store, rows):
    """Write every bit of the products of some rows anew: rows int64 (row) [in]. O(rows x nights)."""
    hotels = hotel_words_of(store)
    for row in rows:
        line = np.int64(row_hotel_of(store)[row]) * at.L_WORDS
        acquire(hotels, line + at.L_LOCK)
        _refresh_row(store, row)
        hotels[line + at.L_CHANGES] += 1
        release(hotels, line + at.L_LOCK)


@kernel
def open_rows(store, rows, rooms):
    """Give new rows, int64 (row), their rooms, int16 (row), on every night. Not published yet. O(rows x nights)."""
    hotels = hotel_words_of(store)
    cells = cells_of(store)
    capacity = capacity_of(store)
    for i in range(rows.size):
        line = np.int64(row_hotel_of(store)[rows[i]]) * at.L_WORDS
        acquire(hotels, line + at.L_LOCK)
        for column in range(store[at.H_NIGHTS]):
            capacity[rows[i], column] = rooms[i]
            cells[rows[i], column, at.C_FREE] = rooms[i]
        _refresh_row(store, rows[i])
        hotels[line + at.L_CHANGES] += 1
        release(hotels, line + at.L_LOCK)


@kernel
def publish_rows(store, rows, now_ms):
    """Publish that every night of some rows, int64 (row), may have changed; returns the lsn. The table is locked, so
    the window stands.
    """
    if rows.size > min(_RECORDS_MAX, store[at.H_RECORDS] // 2):
        return publish_cells(store, at.RECORD_RELOAD, 0, 0, 0, now_ms)
    first_night = shared_of(store)[at.S_FIRST_NIGHT]
    lsn = np.int64(0)
    for row in rows:
        lsn = publish_cells(store, at.RECORD_CELLS, row, first_night, store[at.H_NIGHTS], now_ms)
    return lsn


@kernel
def close_rows(store, rows, flag, closed):
    """Close rows, int64 (row), or open them again: flag ROW_CLOSED or ROW_HOTEL_CLOSED. All rows are of one hotel, so
    that they close at one instant. O(rows x nights).
    """
    hotels = hotel_words_of(store)
    flags = row_flags_of(store)
    line = np.int64(row_hotel_of(store)[rows[0]]) * at.L_WORDS
    acquire(hotels, line + at.L_LOCK)
    for row in rows:
        flags[row] = flags[row] | flag if closed else flags[row] & ~flag
        _refresh_row(store, row)
    hotels[line + at.L_CHANGES] += 1
    release(hotels, line + at.L_LOCK)


@kernel
def close_product(store, product, closed):
    """Close a plan of a room type, or open it again. O(nights x products of the row)."""
    hotels = hotel_words_of(store)
    flags = product_flags_of(store)
    row = np.int64(product_row_of(store)[product])
    line = np.int64(row_hotel_of(store)[row]) * at.L_WORDS
    acquire(hotels, line + at.L_LOCK)
    flags[product] = flags[product] | at.PRODUCT_CLOSED if closed else flags[product] & ~at.PRODUCT_CLOSED
    some = False
    link = np.int64(row_product_of(store)[row])
    while link:
        some = some or flags[link - 1] & at.PRODUCT_CLOSED != 0
        link = np.int64(next_product_of(store)[link - 1])
    of_row = row_flags_of(store)
    of_row[row] = of_row[row] | at.ROW_PLANS_CLOSED if some else of_row[row] & ~at.ROW_PLANS_CLOSED
    _refresh_row(store, row)
    hotels[line + at.L_CHANGES] += 1
    release(hotels, line + at.L_LOCK)
