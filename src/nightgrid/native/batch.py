"""Many requests in one call: the same steps as one by one, in the order of the columns, without Python between."""

from __future__ import annotations

import numpy as np

from nightgrid.native import layout as at
from nightgrid.native import requests as q
from nightgrid.native.atomics import add_word, prefetch_item, prefetch_reading
from nightgrid.native.cells import cell_place, lies_in_eight
from nightgrid.native.eight import EIGHT, look_at_eight
from nightgrid.native.group import ALONE, G_WORDS, GROUP_MAX, hold_in_group, publish_group
from nightgrid.native.hints import first_bit, stay_apart
from nightgrid.native.holds import hold_request, request_at
from nightgrid.native.jit import inlined_kernel, kernel
from nightgrid.native.keys import key_hash, key_home, key_segment
from nightgrid.native.resolve import resolve_hold
from nightgrid.native.views import (
    address_of,
    borrowed,
    cells_of,
    column_of,
    hotel_words_of,
    keys_of,
    next_product_of,
    product_lane_of,
    row_flags_of,
    row_hotel_of,
    row_product_of,
    segment_locks_of,
    sellable_of,
    shared_of,
    slots_of,
    statistics_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_NOTHING_MORE = (0,) * (q.Q_FIELDS - q.Q_PLAIN)

# How many requests ahead each of the steps of `_ask_ahead` goes; measured best on a chain that no cache holds.
_FIRST = 48
_SECOND = 32
_THIRD = 18
_FOURTH = 6
_LINES_AHEAD = 4


@inlined_kernel
def _row_at(store, requests, line):
    """Row of a request, 0 for one that does not exist: only to prefetch."""
    row = requests[q.Q_ROW, line]
    return row if 0 <= row < store[at.H_ROWS] else np.int64(0)


@inlined_kernel
def _ask_for_requests(requests, line):
    """Before the first step, once a cache line: the columns. The CPU by itself does not follow so many streams."""
    if line & 7 == 0:
        ahead = min(line + _FIRST + _LINES_AHEAD * 8, requests.shape[1] - 1)
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
def _ask_for_cells(store, requests, line):
    """Second step: the hotel, the cells of the stay, the entry of the key, the lane of the first product."""
    row = _row_at(store, requests, line)
    prefetch_item(hotel_words_of(store), row_hotel_of(store)[row] * at.L_WORDS)
    column = column_of(store, shared_of(store), requests[q.Q_ARRIVAL, line])
    cells = cells_of(store)
    place = cell_place(store, row, column)
    prefetch_item(cells, place * at.C_FIELDS)
    prefetch_item(cells, (place + (requests[q.Q_NIGHTS, line] & 0xFF)) * at.C_FIELDS)
    product = max(row_product_of(store)[row] - 1, 0)
    prefetch_reading(product_lane_of(store), product)
    prefetch_reading(next_product_of(store), product)
    if requests[q.Q_KEY_LOW, line] != 0:
        hashed = key_hash(requests[q.Q_KEY_HIGH, line], requests[q.Q_KEY_LOW, line])
        prefetch_item(segment_locks_of(store), key_segment(store, hashed) * 8)
        prefetch_item(keys_of(store), key_home(store, hashed))


@inlined_kernel
def _likely_slot(hotels, line):
    """The slot that a hotel hands out next, if nobody comes between."""
    oldest = hotels[line + at.L_RETIRED_HEAD]
    return oldest - 1 if oldest else hotels[line + at.L_RUN] & 0xFFFFFFFF


@inlined_kernel
def _ask_for_slot(store, requests, line):
    """Third step: the slot that the hold will get, and the one that stands first in the list of the hotel."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    hotel_line = row_hotel_of(store)[_row_at(store, requests, line)] * at.L_WORDS
    place = _likely_slot(hotels, hotel_line) * at.W_WORDS
    prefetch_item(slots, place)
    prefetch_item(slots, place + at.W_WORDS // 2)
    prefetch_item(slots, (hotels[hotel_line + at.L_HELD_HEAD] - 1) * at.W_WORDS)


@inlined_kernel
def _ask_for_rest(store, requests, line):
    """Fourth step: the word of the bit map of the first night that will be sold out, the old key of the slot."""
    row = _row_at(store, requests, line)
    column = column_of(store, shared_of(store), requests[q.Q_ARRIVAL, line])
    nights = min(requests[q.Q_NIGHTS, line], EIGHT)
    if nights > 0 and lies_in_eight(store, column, nights):
        rooms = requests[q.Q_ROOMS, line]
        last = look_at_eight(cells_of(store), cell_place(store, row, column), nights, nights, rooms + 1)
        if last & (1 << EIGHT) - 1:
            product = max(row_product_of(store)[row] - 1, 0)
            night = column + first_bit(last)
            prefetch_item(sellable_of(store), night * store[at.H_WORDS] + (product_lane_of(store)[product] >> 6))
    slots = slots_of(store)
    place = _likely_slot(hotel_words_of(store), row_hotel_of(store)[row] * at.L_WORDS) * at.W_WORDS
    if 0 <= place < slots.size and slots[place + at.W_KEY_LOW] != 0:
        hashed = key_hash(slots[place + at.W_KEY_HIGH], slots[place + at.W_KEY_LOW])
        prefetch_item(keys_of(store), key_home(store, hashed))


@inlined_kernel
def _ask_ahead(store, requests, line):
    """Start the cache misses of later requests now, those first that lead to others: locked instructions stop the CPU
    from overlapping them by itself. Nothing is decided here.
    """
    last = requests.shape[1] - 1
    _ask_for_requests(requests, line)
    _ask_for_row(store, requests, min(line + _FIRST, last))
    _ask_for_cells(store, requests, min(line + _SECOND, last))
    _ask_for_slot(store, requests, min(line + _THIRD, last))
    _ask_for_rest(store, requests, min(line + _FOURTH, last))


@inlined_kernel
def _plain_at(requests, line):
    """A column of requests (Q_PLAIN, request) as a whole request: fewer columns are fewer cache lines."""
    said = (
        requests[0, line],
        requests[1, line],
        requests[2, line],
        requests[3, line],
        requests[4, line],
        requests[5, line],
        requests[6, line],
        requests[7, line],
    )
    return said + _NOTHING_MORE


@inlined_kernel
def _asked_at(requests, line):
    """A column of requests of either height."""
    return request_at(requests, line) if requests.shape[0] == q.Q_FIELDS else _plain_at(requests, line)


@kernel
def _hold_alone(store, requests, line, lines, now_ms):
    """The ordinary way of a request: (code, night, hold id, lsn)."""
    stay_apart()
    return hold_request(store, _asked_at(requests, line), lines, now_ms)


@kernel
def hold_batch(store, requests, lines, now_ms, out_code, out_night, out_hold_id, out_lsn):
    """Hold every request in order, each its own; later lines see what earlier ones took. Returns how many were held.

    store: store table [in]; requests (Q_FIELDS or Q_PLAIN, request) int64 [in]; lines (Q_FIELDS, 1) int64: scratch of
    this thread; now_ms: ledger time. out_code (request) int16 Outcome, out_night (request) int32 ordinal, out_hold_id
    and out_lsn (request) int64 [out]. Neighbours are published together (`native/group.py`).
    """
    token = address_of(lines)
    requests, lines = borrowed(requests), borrowed(lines)
    out_code, out_night, out_hold_id, out_lsn = (
        borrowed(out_code),
        borrowed(out_night),
        borrowed(out_hold_id),
        borrowed(out_lsn),
    )
    owner = np.zeros(G_WORDS, np.int64)
    group = borrowed(owner)
    count = 0
    held = 0
    for i in range(requests.shape[1]):
        _ask_ahead(store, requests, i)
        code, night, hold_id = hold_in_group(store, _asked_at(requests, i), i, group, count, token, now_ms)
        if code == ALONE:
            publish_group(store, group, count, now_ms, out_lsn)
            count = 0
            code, night, hold_id, out_lsn[i] = _hold_alone(store, requests, i, lines, now_ms)
        else:
            out_lsn[i] = 0  # of a granted one, until its group is published
            count += code == _OK
            if count == GROUP_MAX:
                publish_group(store, group, count, now_ms, out_lsn)
                count = 0
        out_code[i] = code
        out_night[i] = night
        out_hold_id[i] = hold_id
        held += code == _OK
    publish_group(store, group, count, now_ms, out_lsn)
    return held + 0 * owner.size


@kernel
def add_statistics(store, counts):
    """Count answers of a batch: counts (CODES) int64, how often each outcome was answered [in]."""
    for kind in range(counts.size):
        if counts[kind]:
            add_word(statistics_of(store), kind, counts[kind])


@kernel
def resolve_batch(store, hold_ids, verb, argument, now_ms, out_code, out_lsn):
    """Apply a verb to many holds in order. Returns how many answered OK.

    hold_ids (hold) int64 [in]; verb: VERB_* of `native/verdicts.py`, argument as `resolve.resolve_hold`; out_code
    (hold) int16, out_lsn (hold) int64 [out].
    """
    done = 0
    hold_ids, out_code, out_lsn = borrowed(hold_ids), borrowed(out_code), borrowed(out_lsn)
    for i in range(hold_ids.size):
        code, lsn = resolve_hold(store, hold_ids[i], verb, argument, now_ms)
        out_code[i] = code
        out_lsn[i] = lsn
        done += code == 0
    return done
