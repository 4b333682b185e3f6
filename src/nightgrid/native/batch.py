"""Many requests in one call: the same steps as one by one, in the order of the columns, without Python between."""

from __future__ import annotations

from nightgrid.native import layout as at
from nightgrid.native.atomics import prefetch_item
from nightgrid.native.holds import hold_request, resolve_one
from nightgrid.native.jit import kernel
from nightgrid.native.views import cells_of, hotel_words_of, row_hotel_of, slots_of

_FAR = 10  # requests ahead for what a request names, measured best; the list head it leads to comes later
_NEAR = 5


@kernel
def _prefetch_request(store, requests, far, near):
    """Start the cache misses of later requests now: locked instructions stop the CPU from overlapping them by
    itself.
    """
    cells = cells_of(store)
    hotels = hotel_words_of(store)
    row_hotel = row_hotel_of(store)
    if far < requests.shape[1]:
        row = requests[0, far]
        if 0 <= row < store[at.H_ROWS]:
            cell = (row * store[at.H_NIGHTS] + requests[1, far]) * at.C_FIELDS
            prefetch_item(hotels, row_hotel[row] * at.L_WORDS)
            prefetch_item(cells, cell)
            prefetch_item(cells, cell + requests[2, far] * at.C_FIELDS)
    if near < requests.shape[1]:
        row = requests[0, near]
        if 0 <= row < store[at.H_ROWS]:
            head = hotels[row_hotel[row] * at.L_WORDS + at.L_HELD_HEAD]
            prefetch_item(slots_of(store), (head - 1) * at.W_WORDS)


@kernel
def hold_batch(store, requests, now_ms, out_code, out_night, out_hold_id, out_lsn):
    """Hold every request in order, each its own; later lines see what earlier ones took. Returns how many were held.

    store: store table [in]; requests (8, request) int64 [in]: row, arrival night index, nights, rooms, ttl_ms,
    key_high, key_low, guest; now_ms: ledger time.
    out_code (request) int16 Outcome, out_night (request) int32 night index, out_hold_id and out_lsn (request) int64
    [out].
    """
    held = 0
    for i in range(requests.shape[1]):
        _prefetch_request(store, requests, i + _FAR, i + _NEAR)
        request = (
            requests[0, i],
            requests[1, i],
            requests[2, i],
            requests[3, i],
            requests[4, i],
            requests[5, i],
            requests[6, i],
            requests[7, i],
        )
        code, night, hold_id, lsn = hold_request(store, request, now_ms)
        out_code[i] = code
        out_night[i] = night
        out_hold_id[i] = hold_id
        out_lsn[i] = lsn
        held += code == 0
    return held


@kernel
def resolve_batch(store, hold_ids, verb, now_ms, out_code, out_lsn):
    """Confirm, release or cancel many holds in order. Returns how many answered OK.

    hold_ids (hold) int64 [in]; verb: VERB_* of `native/holds.py`; out_code (hold) int16, out_lsn (hold) int64 [out].
    """
    done = 0
    for i in range(hold_ids.size):
        code, lsn = resolve_one(store, hold_ids[i], verb, now_ms)
        out_code[i] = code
        out_lsn[i] = lsn
        done += code == 0
    return done
