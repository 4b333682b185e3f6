"""Many requests in one call: the same steps as one by one, in the order of the columns, without Python between."""

from __future__ import annotations

import numpy as np
from numba import carray

from nightgrid.native.base.atomics import add_word
from nightgrid.native.base.hints import stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.holds.ahead import TRAIL, ask_ahead_of_holds, ask_ahead_of_verbs
from nightgrid.native.holds.group import (
    ALONE,
    G_WORDS,
    GROUP_MAX,
    clear_bits,
    hold_line,
    line_of,
    lock_line,
    unlock_group,
)
from nightgrid.native.holds.holds import hold_request, request_at
from nightgrid.native.holds.resolve import resolve_hold
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.records import publish_slots
from nightgrid.native.store.views import address_of, as_pointer, borrowed, statistics_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_GROUP_MIN = 2
_GROUP = GROUP_MAX * G_WORDS  # where the granted holds of a group stand, after its lines


@inlined_kernel
def _note_request(requests, line, asked):
    """Copy a column of requests (Q_PLAIN or Q_FIELDS, request) into a line of a group; the fields that a plain one does
    not have are zero there.
    """
    asked[0] = requests[0, line]
    asked[1] = requests[1, line]
    asked[2] = requests[2, line]
    asked[3] = requests[3, line]
    asked[4] = requests[4, line]
    asked[5] = requests[5, line]
    asked[6] = requests[6, line]
    asked[7] = requests[7, line]
    if requests.shape[0] == q.Q_FIELDS:
        for field in range(q.Q_PLAIN, q.Q_FIELDS):
            asked[field] = requests[field, line]


@kernel
def _hold_alone(store, asked, lines, now_ms):
    """The ordinary way of a request, given as its line of a group: (code, night, hold id, lsn)."""
    stay_apart()
    whole = carray(as_pointer(address_of(asked)), (q.Q_FIELDS, 1), np.int64)
    return hold_request(store, request_at(whole, 0), lines, now_ms)


@inlined_kernel
def _lock_group(store, requests, first, size, group, token):
    """Take the locks of the requests from `first` on, up to the first that must go the ordinary way; how many."""
    for line in range(size):
        asked = line_of(group, line)
        _note_request(requests, first + line, asked)
        if not lock_line(store, asked, token):
            return line
    return size


@kernel
def add_statistics(store, counts):
    """Count answers of a batch: counts (CODES) int64, how often each outcome was answered [in]."""
    for kind in range(counts.size):
        if counts[kind]:
            add_word(statistics_of(store), kind, counts[kind])


@kernel
def hold_batch(store, requests, lines, now_ms, out_code, out_night, out_hold_id, out_lsn):
    """Hold every request in order, each its own; later lines see what earlier ones took. Returns how many were held.

    store: store table [in]; requests (Q_FIELDS or Q_PLAIN, request) int64 [in]; lines (Q_FIELDS, 1) int64: scratch of
    this thread; now_ms: ledger time. out_code (request) int16 Outcome, out_night (request) int32 ordinal, out_hold_id
    and out_lsn (request) int64 [out]. Neighbours are done together (`native/holds/group.py`).
    """
    token = address_of(lines)
    requests, lines = borrowed(requests), borrowed(lines)
    out_code, out_night, out_hold_id, out_lsn = (
        borrowed(out_code),
        borrowed(out_night),
        borrowed(out_hold_id),
        borrowed(out_lsn),
    )
    owner = np.zeros(_GROUP + GROUP_MAX + TRAIL + at.CODES, np.int64)
    group = address_of(owner)
    granted = carray(as_pointer(group + _GROUP * 8), (GROUP_MAX,), np.int64)
    trail = carray(as_pointer(group + (_GROUP + GROUP_MAX) * 8), (TRAIL,), np.int64)
    counts = carray(as_pointer(group + (_GROUP + GROUP_MAX + TRAIL) * 8), (at.CODES,), np.int64)
    first = 0
    most = GROUP_MAX
    while first < requests.shape[1]:
        size = min(requests.shape[1] - first, most)
        ask_ahead_of_holds(store, requests, first, size, trail)
        locked = _lock_group(store, requests, first, size, group, token)
        count = 0
        done = 0
        while done < locked:
            i = first + done
            code, night, slot, generation = hold_line(store, line_of(group, done), now_ms)
            if code == ALONE:
                break
            out_code[i] = code
            out_night[i] = night
            out_hold_id[i] = generation << 32 | slot if code == _OK else 0
            out_lsn[i] = 0  # of a granted one, until it is published
            granted[count] = slot | i << 32
            count += code == _OK
            counts[code] += 1
            done += 1
        if count:
            clear_bits(store, group, done)
            publish_slots(store, granted, count, out_lsn)
        unlock_group(store, group, locked)
        # Threads at the same few hotels meet in most groups if these are large, and wait for a whole one each time.
        most = min(most + 1, GROUP_MAX) if locked == size else max(most >> 1, _GROUP_MIN)
        first += done
        if done < size:
            out_code[first], out_night[first], out_hold_id[first], out_lsn[first] = _hold_alone(
                store, line_of(group, done), lines, now_ms
            )
            counts[out_code[first]] += 1
            first += 1
    add_statistics(store, counts)
    return counts[_OK] + 0 * owner.size


@kernel
def resolve_batch(store, hold_ids, verb, argument, now_ms, out_code, out_lsn):
    """Apply a verb to many holds in order. Returns how many answered OK.

    hold_ids (hold) int64 [in]; verb: VERB_* of `native/store/verdicts.py`, argument as `resolve.resolve_hold`; out_code
    (hold) int16, out_lsn (hold) int64 [out].
    """
    done = 0
    hold_ids, out_code, out_lsn = borrowed(hold_ids), borrowed(out_code), borrowed(out_lsn)
    for i in range(hold_ids.size):
        ask_ahead_of_verbs(store, hold_ids, i)
        code, lsn = resolve_hold(store, hold_ids[i], verb, argument, now_ms)
        out_code[i] = code
        out_lsn[i] = lsn
        done += code == 0
    return done
