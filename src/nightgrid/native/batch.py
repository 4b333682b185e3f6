"""Many requests in one call: the same steps as one by one, in the order of the columns, without Python between."""

from __future__ import annotations

from nightgrid.native.holds import hold_request, resolve_one
from nightgrid.native.jit import kernel


@kernel
def hold_batch(store, requests, now_ms, out_code, out_night, out_hold_id, out_lsn):
    """Hold every request in order, each its own; later lines see what earlier ones took. Returns how many were held.

    store: store table [in]; requests (8, request) int64 [in]: row, arrival night index, nights, rooms, ttl_ms,
    key_high, key_low, guest; now_ms: ledger time.
    out_code (request) int16 Outcome, out_night (request) int32 night index, out_hold_id and out_lsn (request) int64 [out].
    """
    held = 0
    for i in range(requests.shape[1]):
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
