"""Many requests in one call: the same steps as one by one, in the order of the columns, without Python between."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import add_word
from nightgrid.native.base.hints import stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.holds.ahead import ask_ahead_of_holds, ask_ahead_of_verbs
from nightgrid.native.holds.group import ALONE, G_WORDS, GROUP_MAX, hold_in_group, publish_group
from nightgrid.native.holds.holds import hold_request, request_at
from nightgrid.native.holds.resolve import resolve_hold
from nightgrid.native.store import requests as q
from nightgrid.native.store.views import address_of, borrowed, statistics_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_NOTHING_MORE = (0,) * (q.Q_FIELDS - q.Q_PLAIN)


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
    and out_lsn (request) int64 [out]. Neighbours are published together (`native/holds/group.py`).
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
        ask_ahead_of_holds(store, requests, i)
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
