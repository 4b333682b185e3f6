"""Many requests in one call: the same steps as one by one, in the order of the columns, without Python between."""

from __future__ import annotations

import numpy as np
from numba import carray

from nightgrid.native.base.atomics import add_word
from nightgrid.native.base.hints import stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.holds.ahead import LOOK_AHEAD, TRAIL, ask_ahead_of_holds, ask_ahead_of_verbs, ask_between_holds
from nightgrid.native.holds.group import (
    ALONE,
    G_REQUEST,
    G_WORDS,
    GROUP_MAX,
    clear_bits,
    hold_line,
    line_of,
    unlock_group,
)
from nightgrid.native.holds.holds import hold_request, request_at
from nightgrid.native.holds.passing import LATE_WORDS, come_back, lock_group, next_alone, note_request
from nightgrid.native.holds.plain import PLAIN_WORDS, has_no_key, hold_plain
from nightgrid.native.holds.resolve import resolve_hold
from nightgrid.native.holds.visits import VISIT_BYTES, in_order, plan_visits
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.records import publish_slots
from nightgrid.native.store.views import address_of, as_pointer, borrowed, statistics_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_GROUP = GROUP_MAX * G_WORDS  # where the granted holds of a group stand, after its lines


@kernel
def _hold_alone(store, asked, lines, now_ms):
    """The ordinary way of a request, given as its line of a group: (code, night, hold id, lsn)."""
    stay_apart()
    whole = carray(as_pointer(address_of(asked)), (q.Q_FIELDS, 1), np.int64)
    return hold_request(store, request_at(whole, 0), lines, now_ms)


@kernel
def add_statistics(store, counts):
    """Count answers of a batch: counts (CODES) int64, how often each outcome was answered [in]."""
    for kind in range(counts.size):
        if counts[kind]:
            add_word(statistics_of(store), kind, counts[kind])


@inlined_kernel
def _decide_group(store, group, locked, now_ms, granted, counts, outs, visits, ordered, first, trail):
    """Decide the lines of a group in order, up to one that must go the ordinary way: (how many are, how many of them
    are granted). granted: as `records.publish_slots`; counts (CODES): answers; outs: the columns of `hold_batch` [out].
    """
    out_code, out_night, out_hold_id, out_lsn = outs
    count = 0
    for line in range(locked):
        if ordered:
            ask_between_holds(store, visits, first + line, trail)
        asked = line_of(group, line)
        code, night, slot, generation = hold_line(store, asked, now_ms)
        if code == ALONE:
            return line, count
        i = asked[G_REQUEST]
        out_code[i] = code
        out_night[i] = night
        out_hold_id[i] = generation << 32 | slot if code == _OK else 0
        out_lsn[i] = 0  # of a granted one, until it is published
        granted[count] = slot | i << 32
        count += code == _OK
        counts[code] += 1
    return locked, count


@kernel
def hold_batch(store, requests, lines, now_ms, out_code, out_night, out_hold_id, out_lsn):
    """Hold every request in order, each its own; later lines see what earlier ones took. Returns how many were held.

    store: store table [in]; requests (Q_FIELDS or Q_PLAIN, request) int64 [in]; lines (Q_FIELDS, 1) int64: scratch of
    this thread; now_ms: ledger time. out_code (request) int16 Outcome, out_night (request) int32 ordinal, out_hold_id
    and out_lsn (request) int64 [out]. Neighbours are done together (`native/holds/group.py`).
    """
    token = address_of(lines)
    requests, lines = borrowed(requests), borrowed(lines)
    outs = borrowed(out_code), borrowed(out_night), borrowed(out_hold_id), borrowed(out_lsn)
    owner = np.zeros(_GROUP + GROUP_MAX + TRAIL + at.CODES + LATE_WORDS, np.int64)
    group = address_of(owner)
    granted = carray(as_pointer(group + _GROUP * 8), (GROUP_MAX,), np.int64)
    trail = carray(as_pointer(group + (_GROUP + GROUP_MAX) * 8), (TRAIL,), np.int64)
    counts = carray(as_pointer(group + (_GROUP + GROUP_MAX + TRAIL) * 8), (at.CODES,), np.int64)
    late = carray(as_pointer(group + (_GROUP + GROUP_MAX + TRAIL + at.CODES) * 8), (LATE_WORDS,), np.int64)
    scratch = np.zeros(VISIT_BYTES, np.uint8)
    visits = address_of(scratch)
    memory = np.zeros(PLAIN_WORDS, np.int64)
    plain = requests.shape[0] == q.Q_PLAIN
    first = 0
    planned = 0
    waiting = 0
    while first < requests.shape[1] or waiting:
        size = min(requests.shape[1] - first, GROUP_MAX - waiting)
        if planned < requests.shape[1] and planned < first + size + LOOK_AHEAD:
            planned = plan_visits(store, requests, planned, counts, visits)
        ordered = in_order(visits, first)
        if plain and waiting == 0 and not ordered and has_no_key(requests, first):
            done = hold_plain(store, requests, first, size, now_ms, token, outs, counts, address_of(memory))
            first += done
            if done:
                continue
        ask_ahead_of_holds(store, requests, visits, ordered, first, size, trail)
        locked, fresh, waiting = lock_group(store, requests, visits, ordered, first, size, group, late, waiting, token)
        counts[at.CODE_PASSED_OVER] += waiting
        done, count = _decide_group(store, group, locked, now_ms, granted, counts, outs, visits, ordered, first, trail)
        for asking in range(first + done, first + fresh if ordered else 0):
            ask_between_holds(store, visits, asking, trail)
        first += fresh
        if count:
            clear_bits(store, group, done)
            publish_slots(store, granted, count, outs[3])
        unlock_group(store, group, locked)
        alone = np.int64(-1)
        if done < locked:
            alone = line_of(group, done)[G_REQUEST]
            waiting = come_back(group, done + 1, locked, late, waiting)
        elif locked == 0:
            alone, first, waiting = next_alone(visits, ordered, late, first, waiting)
        if alone >= 0:
            note_request(requests, alone, line_of(group, 0))
            outs[0][alone], outs[1][alone], outs[2][alone], outs[3][alone] = _hold_alone(
                store, line_of(group, 0), lines, now_ms
            )
            counts[outs[0][alone]] += 1
    add_statistics(store, counts)
    return counts[_OK] + 0 * (owner.size + scratch.size + memory.size)


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
