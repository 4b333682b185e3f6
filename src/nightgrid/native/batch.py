"""Many requests in one call: the same steps as one by one, in the order of the columns, without Python between."""

from __future__ import annotations

from nightgrid.native import layout as at
from nightgrid.native import requests as q
from nightgrid.native.atomics import add_word, prefetch_item
from nightgrid.native.holds import hold_request, request_at
from nightgrid.native.jit import inlined_kernel, kernel
from nightgrid.native.keys import key_segment
from nightgrid.native.resolve import resolve_hold
from nightgrid.native.views import (
    borrowed,
    cells_of,
    column_of,
    hotel_words_of,
    keys_of,
    row_hotel_of,
    shared_of,
    slots_of,
    statistics_of,
)

_FAR = 10  # requests ahead for what a request names, measured best; what that leads to comes later
_NEAR = 5


@inlined_kernel
def _prefetch_request(store, requests, far, near):
    """Start the cache misses of later requests now: locked instructions stop the CPU from overlapping them by
    itself.
    """
    cells = cells_of(store)
    hotels = hotel_words_of(store)
    row_hotel = row_hotel_of(store)
    shared = shared_of(store)
    if far < requests.shape[1]:
        row = requests[q.Q_ROW, far]
        first = shared[at.S_FIRST_NIGHT]
        arrival = requests[q.Q_ARRIVAL, far]
        if 0 <= row < store[at.H_ROWS] and first <= arrival < first + store[at.H_NIGHTS]:
            cell = (row * store[at.H_NIGHTS] + column_of(store, shared, arrival)) * at.C_FIELDS
            prefetch_item(hotels, row_hotel[row] * at.L_WORDS)
            prefetch_item(cells, cell)
            prefetch_item(cells, cell + requests[q.Q_NIGHTS, far] * at.C_FIELDS)
        key_low = requests[q.Q_KEY_LOW, far]
        if key_low != 0:
            size = store[at.H_KEYS] // store[at.H_SEGMENTS]
            entry = key_segment(store, requests[q.Q_KEY_HIGH, far], key_low) * size + (key_low & (size - 1))
            prefetch_item(keys_of(store), entry * at.E_WORDS)
    if near < requests.shape[1]:
        row = requests[q.Q_ROW, near]
        if 0 <= row < store[at.H_ROWS]:
            line = row_hotel[row] * at.L_WORDS
            slots = slots_of(store)
            prefetch_item(slots, (hotels[line + at.L_HELD_HEAD] - 1) * at.W_WORDS)
            oldest = hotels[line + at.L_RETIRED_HEAD]
            free = (oldest - 1 if oldest else hotels[line + at.L_RUN] & 0xFFFFFFFF) * at.W_WORDS
            prefetch_item(slots, free)
            prefetch_item(slots, free + 8)


@kernel
def hold_batch(store, requests, lines, now_ms, out_code, out_night, out_hold_id, out_lsn):
    """Hold every request in order, each its own; later lines see what earlier ones took. Returns how many were held.

    store: store table [in]; requests (Q_FIELDS, request) int64 [in]; lines (Q_FIELDS, 1) int64: scratch; now_ms: ledger
    time. out_code (request) int16 Outcome, out_night (request) int32 ordinal, out_hold_id and out_lsn (request) int64
    [out].
    """
    held = 0
    requests = borrowed(requests)
    lines = borrowed(lines)
    out_code, out_night, out_hold_id, out_lsn = (
        borrowed(out_code),
        borrowed(out_night),
        borrowed(out_hold_id),
        borrowed(out_lsn),
    )
    for i in range(requests.shape[1]):
        _prefetch_request(store, requests, i + _FAR, i + _NEAR)
        code, night, hold_id, lsn = hold_request(store, request_at(requests, i), lines, now_ms)
        out_code[i] = code
        out_night[i] = night
        out_hold_id[i] = hold_id
        out_lsn[i] = lsn
        held += code == 0
    return held


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
