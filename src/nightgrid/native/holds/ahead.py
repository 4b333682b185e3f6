"""Cache misses of the next holds of a batch, started while the ones before are done. Nothing is decided here.

A hold touches about nine cache lines, each of which may lie in main memory, and its locked instructions stop the CPU
from overlapping them by itself. So every request is looked at some places before its turn, in steps: first what it
names, then what that leads to.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import load_word, prefetch_item, prefetch_reading, prefetch_writing
from nightgrid.native.base.jit import inlined_kernel
from nightgrid.native.holds.visits import WINDOW, request_at_place, steps_back
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.cells import cell_place
from nightgrid.native.store.keys import key_hash, key_home, key_segment
from nightgrid.native.store.views import (
    cells_of,
    column_of,
    hotel_words_of,
    keys_of,
    next_product_of,
    product_lane_of,
    records_of,
    row_flags_of,
    row_hotel_of,
    row_product_of,
    segment_locks_of,
    shared_of,
    slots_of,
)

# How many requests ahead each of the steps goes; measured best on a chain that no cache holds.
_FIRST = 48
_SECOND = 32
_THIRD = 18
_FOURTH = 6
_LINES_AHEAD = 4
_LINE_REQUESTS = 8  # of a column, in a cache line
#: The order of requests must be known so far beyond those of a group.
LOOK_AHEAD: Final = _FIRST
_PLACES = 64  # a power of two, more than any request is looked ahead of
_TRAIL_MASK = _PLACES - 1
# -- the trail: what a step leaves for the next, for each request -----------------------------------
_TRAIL_HOTEL: Final = 0
_TRAIL_ROW: Final = _PLACES
_TRAIL_SLOT: Final = 2 * _PLACES
TRAIL: Final = 3 * _PLACES


@inlined_kernel
def _row_at(store, requests, line):
    """Row of a request, 0 for one that does not exist: only to prefetch."""
    row = requests[q.Q_ROW, line]
    return row if 0 <= row < store[at.H_ROWS] else np.int64(0)


@inlined_kernel
def _ask_for_requests(requests, ordered, first, size):
    """Before the first step, line by line: the columns; a window ahead where they are put in order. The CPU by itself
    does not follow so many streams.
    """
    further = WINDOW if ordered else _LINES_AHEAD * _LINE_REQUESTS
    for line in range(first, first + size, _LINE_REQUESTS):
        ahead = min(line + further + _FIRST, requests.shape[1] - 1)
        for field in range(requests.shape[0]):
            prefetch_item(requests, field * requests.shape[1] + ahead)


@inlined_kernel
def _ask_for_row(store, requests, line):
    """First step: what is looked up by the row."""
    row = _row_at(store, requests, line)
    prefetch_reading(row_hotel_of(store), row)
    prefetch_reading(row_product_of(store), row)
    prefetch_reading(row_flags_of(store), row)


@inlined_kernel
def _ask_for_cells(store, requests, line, position, trail):
    """Second step: the hotel, the cells of the stay, the entry of the key."""
    row = _row_at(store, requests, line)
    hotel_line = row_hotel_of(store)[row] * at.L_WORDS
    trail[_TRAIL_HOTEL + (position & _TRAIL_MASK)] = hotel_line
    trail[_TRAIL_ROW + (position & _TRAIL_MASK)] = row
    prefetch_writing(hotel_words_of(store), hotel_line)
    column = column_of(store, shared_of(store), requests[q.Q_ARRIVAL, line])
    cells = cells_of(store)
    place = cell_place(store, row, column)
    prefetch_item(cells, place * at.C_FIELDS)
    prefetch_item(cells, (place + (requests[q.Q_NIGHTS, line] & 0xFF)) * at.C_FIELDS)
    if requests[q.Q_KEY_LOW, line] != 0:
        hashed = key_hash(requests[q.Q_KEY_HIGH, line], requests[q.Q_KEY_LOW, line])
        prefetch_writing(segment_locks_of(store), key_segment(store, hashed))
        prefetch_item(keys_of(store), key_home(store, hashed))


@inlined_kernel
def _likely_slot(hotels, line):
    """The slot that a hotel hands out next, if nobody comes between."""
    oldest = hotels[line + at.L_RETIRED_HEAD]
    return oldest - 1 if oldest else hotels[line + at.L_RUN] & 0xFFFFFFFF


@inlined_kernel
def _ask_for_place(store, position, slot, trail):
    """The slot that a hold will get, which names the next one, and the lane of its first product."""
    slots = slots_of(store)
    place = slot * at.W_WORDS
    trail[_TRAIL_SLOT + (position & _TRAIL_MASK)] = place
    prefetch_item(slots, place)
    prefetch_item(slots, place + at.W_WORDS // 2)
    product = max(row_product_of(store)[trail[_TRAIL_ROW + (position & _TRAIL_MASK)]] - 1, 0)
    prefetch_item(product_lane_of(store), product)
    prefetch_item(next_product_of(store), product)


@inlined_kernel
def _ask_for_first_slot(store, position, trail):
    """Third step: the slot that the hold will get, and the one that stands first in the list of the hotel."""
    hotels = hotel_words_of(store)
    hotel_line = trail[_TRAIL_HOTEL + (position & _TRAIL_MASK)]
    prefetch_item(slots_of(store), (hotels[hotel_line + at.L_HELD_HEAD] - 1) * at.W_WORDS)
    _ask_for_place(store, position, min(_likely_slot(hotels, hotel_line), store[at.H_SLOTS] - 1), trail)


@inlined_kernel
def _ask_for_old_key(store, position, trail):
    """Fourth step: the entry of the key that the slot had."""
    slots = slots_of(store)
    place = trail[_TRAIL_SLOT + (position & _TRAIL_MASK)]
    if slots[place + at.W_KEY_LOW] != 0:
        hashed = key_hash(slots[place + at.W_KEY_HIGH], slots[place + at.W_KEY_LOW])
        prefetch_item(keys_of(store), key_home(store, hashed))


@inlined_kernel
def ask_between_holds(store, visits, position, trail):
    """Third and fourth step for holds that follow others of their hotels soon, between two holds: the slot that comes
    next in the hotel's queue. The one before it had to be named first.
    """
    third = position + _THIRD
    back = steps_back(visits, third)
    if back != 0:
        before = trail[_TRAIL_SLOT + ((third - back) & _TRAIL_MASK)]
        _ask_for_place(store, third, max(slots_of(store)[before + at.W_NEXT] - 1, 0), trail)
    fourth = position + _FOURTH
    if steps_back(visits, fourth) != 0:
        _ask_for_old_key(store, fourth, trail)


@inlined_kernel
def ask_for_stay(store, request):
    """Start the cache misses of one request that its lock would make wait: its cells, and the next record."""
    row = request[q.Q_ROW]
    if 0 <= row < store[at.H_ROWS]:
        prefetch_reading(row_flags_of(store), row)
        cells = cells_of(store)
        place = cell_place(store, row, column_of(store, shared_of(store), request[q.Q_ARRIVAL]))
        prefetch_reading(cells, place * at.C_FIELDS)
        prefetch_reading(cells, (place + (request[q.Q_NIGHTS] & 0xFF)) * at.C_FIELDS)
    record = (load_word(shared_of(store), at.S_LSN) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
    prefetch_reading(records_of(store), record)
    prefetch_reading(records_of(store), record + at.D_WORDS // 2)


@inlined_kernel
def ask_for_slot(store, hotel):
    """Start the cache misses of what a hold of a locked hotel changes: its slot, and the first one of the list."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    place = _likely_slot(hotels, hotel * at.L_WORDS) * at.W_WORDS
    prefetch_reading(slots, place)
    prefetch_reading(slots, place + at.W_WORDS // 2)
    prefetch_reading(slots, (hotels[hotel * at.L_WORDS + at.L_HELD_HEAD] - 1) * at.W_WORDS)


@inlined_kernel
def ask_ahead_of_holds(store, requests, visits, ordered, first, size, trail):
    """Start the cache misses of requests after some that are held now, those first that lead to others: requests
    (field, request) int64 [in]; visits: `native/holds/visits.py`, ordered: whether they matter here; trail (TRAIL)
    int64, zero at first: what a step leaves for the next [inout]. Some is left to `ask_between_holds`.
    """
    last = requests.shape[1] - 1
    _ask_for_requests(requests, ordered, first, size)
    for position in range(first, first + size):
        ahead = min(position + _FIRST, last)
        _ask_for_row(store, requests, request_at_place(visits, ahead) if ordered else ahead)
    for position in range(first, first + size):
        ahead = min(position + _SECOND, last)
        _ask_for_cells(store, requests, request_at_place(visits, ahead) if ordered else ahead, ahead, trail)
    for position in range(first + _THIRD, first + size + _THIRD):
        if not ordered or steps_back(visits, position) == 0:
            _ask_for_first_slot(store, position, trail)
    for position in range(first + _FOURTH, first + size + _FOURTH):
        if not ordered or steps_back(visits, position) == 0:
            _ask_for_old_key(store, position, trail)


@inlined_kernel
def _slot_of(store, hold_ids, line):
    """Slot of a hold id, 0 for one that cannot be: only to prefetch."""
    slot = hold_ids[line] & 0xFFFFFFFF
    return slot if slot < store[at.H_SLOTS] else np.int64(0)


@inlined_kernel
def _row_of(store, slot):
    """Row of the hold in a slot, 0 for one that cannot be: only to prefetch."""
    row = q.place_row(slots_of(store)[slot * at.W_WORDS + at.W_PLACE])
    return row if row < store[at.H_ROWS] else np.int64(0)


@inlined_kernel
def _ask_for_hold(store, hold_ids, line):
    """First step of a verb: the slot."""
    place = _slot_of(store, hold_ids, line) * at.W_WORDS
    prefetch_item(slots_of(store), place)
    prefetch_item(slots_of(store), place + at.W_WORDS // 2)


@inlined_kernel
def _ask_for_neighbours(store, hold_ids, line):
    """Second step: the neighbours in the list, the cells, what is looked up by the row."""
    slots = slots_of(store)
    slot = _slot_of(store, hold_ids, line)
    base = slot * at.W_WORDS
    prefetch_item(slots, (slots[base + at.W_PREVIOUS] - 1) * at.W_WORDS)
    prefetch_item(slots, (slots[base + at.W_NEXT] - 1) * at.W_WORDS)
    row = _row_of(store, slot)
    stay = slots[base + at.W_STAY]
    cells = cells_of(store)
    place = cell_place(store, row, column_of(store, shared_of(store), q.stay_arrival(stay)))
    prefetch_item(cells, place * at.C_FIELDS)
    prefetch_item(cells, (place + q.stay_kept(stay)) * at.C_FIELDS)
    prefetch_item(row_hotel_of(store), row)
    prefetch_item(row_product_of(store), row)
    prefetch_item(row_flags_of(store), row)


@inlined_kernel
def _ask_for_hotel(store, hold_ids, line):
    """Third step: the hotel, and the lane of the first product."""
    row = _row_of(store, _slot_of(store, hold_ids, line))
    prefetch_item(hotel_words_of(store), row_hotel_of(store)[row] * at.L_WORDS)
    product = max(row_product_of(store)[row] - 1, 0)
    prefetch_item(product_lane_of(store), product)
    prefetch_item(next_product_of(store), product)


@inlined_kernel
def _ask_for_tail(store, hold_ids, line):
    """Fourth step: the end of the hotel's queue of ended holds."""
    row = _row_of(store, _slot_of(store, hold_ids, line))
    tail = hotel_words_of(store)[row_hotel_of(store)[row] * at.L_WORDS + at.L_RETIRED_TAIL]
    prefetch_item(slots_of(store), (tail - 1) * at.W_WORDS)


@inlined_kernel
def ask_ahead_of_verbs(store, hold_ids, line):
    """`ask_ahead_of_holds` for verbs by hold id: hold_ids (hold) int64 [in]."""
    last = hold_ids.size - 1
    _ask_for_hold(store, hold_ids, min(line + _FIRST, last))
    _ask_for_neighbours(store, hold_ids, min(line + _SECOND, last))
    _ask_for_hotel(store, hold_ids, min(line + _THIRD, last))
    _ask_for_tail(store, hold_ids, min(line + _FOURTH, last))
