"""Taking rooms: a hold with a deadline, or a booking at once. Each is one critical section.

Every change has three paragraphs: check in the order of `Outcome`, the line from which it must succeed, apply.
`now_ms` comes from the engine's clock. Nothing here allocates, raises or calls Python.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import acquire, add_word, load_word, release
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.holds.admit import admission, column_of_stay, no_lines
from nightgrid.native.holds.ahead import ask_for_slot, ask_for_stay
from nightgrid.native.holds.replace import replace_hold
from nightgrid.native.holds.sweep import sweep_hotel, sweep_store
from nightgrid.native.holds.take import take_stay
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.keys import key_hash, key_segment, write_key
from nightgrid.native.store.known import known_answer
from nightgrid.native.store.records import publish
from nightgrid.native.store.sales import counter_code
from nightgrid.native.store.slots import allocate_slot, collect_slots
from nightgrid.native.store.store import store_at
from nightgrid.native.store.views import (
    borrowed,
    hotel_words_of,
    row_hotel_of,
    segment_locks_of,
    shared_of,
    statistics_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_QUOTA_USED_UP = int(Outcome.QUOTA_USED_UP)
_COUNTER_USED_UP = int(Outcome.COUNTER_USED_UP)
_TOO_MANY_OPEN_HOLDS = int(Outcome.TOO_MANY_OPEN_HOLDS)
_BUSY = int(Outcome.BUSY)
_ATTEMPTS = 2


@inlined_kernel
def _admitted(store, request, hotel, now_ms):
    """`admission` of a request that stands alone, with its limited counters; sweeps the hotel before it refuses."""
    code, night = admission(store, request, column_of_stay(store, request), no_lines(store), 0, hotel, True, now_ms)
    if q.needs_counters(request[q.Q_SCOPE]):
        opens = request[q.Q_TTL_MS] > 0
        counted = counter_code(store, request[q.Q_SCOPE], request[q.Q_POINTS], opens, 0, 0, 0)
        if counted != _OK and (code == _OK or counted < code):
            return counted, request[q.Q_ARRIVAL]
    return code, night


@inlined_kernel
def _hold_rooms(store, request, digest, place, hashed, now_ms):
    """Take the rooms of a request, and remember its key: (code, night, hold id, lsn). Takes the hotel's lock, then the
    later ones. place, hashed: as `known.known_answer` and `key_hash` say, of a request that has a key.
    """
    hotel = np.int64(row_hotel_of(store)[request[q.Q_ROW]])
    hotels = hotel_words_of(store)
    shared = shared_of(store)
    line = hotel * at.L_WORDS
    counted = q.needs_counters(request[q.Q_SCOPE])
    hold_id = np.int64(0)
    lsn = np.int64(0)
    acquire(hotels, line + at.L_LOCK)
    steps.step(store, steps.POINT_LOCKED)
    ask_for_slot(store, hotel)
    if counted:
        acquire(shared, at.S_COUNTER_LOCK)
        steps.step(store, steps.POINT_LOCKED)
    night = request[q.Q_ARRIVAL]
    code = q.horizon_code(store, shared, hotels[line + at.L_TODAY], request)
    if code == _OK:
        code = q.quote_code(request, now_ms)
    while code == _OK:
        code, night = _admitted(store, request, hotel, now_ms)
        if code < _QUOTA_USED_UP or load_word(hotels, line + at.L_EARLIEST_MS) > now_ms:
            break
        sweep_hotel(store, hotel, now_ms)  # nothing is due after it, so there is no third time
        code = _OK
    if code == _OK:
        slot, generation = allocate_slot(store, hotel, now_ms)
        if slot < 0:
            code = _BUSY
        else:
            # From here on it must succeed.
            steps.step(store, steps.POINT_CHECKED)
            take_stay(store, slot, generation, hotel, request, digest, 0, now_ms)
            kind = at.RECORD_HOLD if request[q.Q_TTL_MS] > 0 else at.RECORD_BOOK
            lsn = publish(store, slot, kind, now_ms, request[q.Q_VALUE])
            hold_id = generation << 32 | slot
            if request[q.Q_KEY_HIGH] != 0 or request[q.Q_KEY_LOW] != 0:
                steps.step(store, steps.POINT_KEY)
                write_key(store, place, hashed, slot)
    steps.step(store, steps.POINT_UNLOCKING)
    if counted:
        release(shared, at.S_COUNTER_LOCK)
    release(hotels, line + at.L_LOCK)
    return code, night, hold_id, lsn


@inlined_kernel
def _attempt(store, request, lines, now_ms):
    """One attempt: (code, night, hold id, lsn). A key is looked up first, and remembered if the request is granted."""
    night = request[q.Q_ARRIVAL]
    key_high = request[q.Q_KEY_HIGH]
    key_low = request[q.Q_KEY_LOW]
    has_key = key_high != 0 or key_low != 0
    locks = segment_locks_of(store)
    hashed = np.int64(0)
    segment = np.int64(0)
    code, hold_id, lsn = np.int64(_OK), np.int64(0), np.int64(0)
    digest = np.int64(0)
    place = np.int64(0)
    if has_key:
        hashed = key_hash(key_high, key_low)
        segment = key_segment(store, hashed)
        digest = q.request_digest(request)
        acquire(locks, segment)
        steps.step(store, steps.POINT_LOCKED)
        code, hold_id, lsn, place = known_answer(store, hashed, request, digest, now_ms)
    if code == _OK:
        code = q.row_code(store, request[q.Q_ROW])
    if code == _OK and place < 0:
        code = _BUSY
    if code == _OK:
        if request[q.Q_REPLACES] != 0:
            code, night, hold_id, lsn = replace_hold(store, request, lines, digest, place, hashed, now_ms)
        else:
            code, night, hold_id, lsn = _hold_rooms(store, request, digest, place, hashed, now_ms)
    if has_key:
        release(locks, segment)
    return code, night, hold_id, lsn


@kernel
def may_succeed_now(store, code, now_ms):
    """Do what could help a request that was refused for want of counters or slots; True if it is worth another try.

    No lock is held. Counters are freed by holds that are due anywhere in the store, slots by those that ended long ago.
    """
    if _COUNTER_USED_UP <= code <= _TOO_MANY_OPEN_HOLDS:
        return load_word(shared_of(store), at.S_EARLIEST_MS) <= now_ms and sweep_store(store, now_ms) > 0
    return code == _BUSY and collect_slots(store, now_ms)


@kernel
def hold_request(store, request, lines, now_ms):
    """One hold: (code, night as ordinal, hold id, lsn). For EXISTS the id of the first answer is given.

    request: tuple (Q_FIELDS) int64 in the order of `store/requests.py`; lines (Q_FIELDS, 1) int64: scratch for the
    hold that is replaced. O(nights).
    """
    code = q.shape_code(request)
    night, hold_id, lsn = request[q.Q_ARRIVAL], np.int64(0), np.int64(0)
    attempts = 0
    while code == _OK:
        code, night, hold_id, lsn = _attempt(store, request, lines, now_ms)
        attempts += 1
        if code < _COUNTER_USED_UP or attempts == _ATTEMPTS or not may_succeed_now(store, code, now_ms):
            break
        code = _OK
    return code, night, hold_id, lsn


@kernel
def hold_one(address, row, arrival, nights, rooms, ttl_ms, key_high, key_low, guest, now_ms):
    """`hold_request` of a general sale without plan, from Python: (code, night, hold id, lsn).

    address: of the store table; row: index; arrival: ordinal; key: 128-bit digest (both zero = none); guest: digest
    (0 = none).
    """
    store = store_at(address)
    request = (row, -1, arrival, nights, rooms, ttl_ms, key_high, key_low, guest, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    ask_for_stay(store, request)
    answer = hold_request(store, request, no_lines(store), now_ms)
    add_word(statistics_of(store), answer[0], 1)
    return answer


@inlined_kernel
def request_at(requests, line):
    """A column of requests (Q_FIELDS, request) int64 as a tuple."""
    return (
        requests[0, line],
        requests[1, line],
        requests[2, line],
        requests[3, line],
        requests[4, line],
        requests[5, line],
        requests[6, line],
        requests[7, line],
        requests[8, line],
        requests[9, line],
        requests[10, line],
        requests[11, line],
        requests[12, line],
        requests[13, line],
        requests[14, line],
        requests[15, line],
        requests[16, line],
        requests[17, line],
        requests[18, line],
    )


@kernel
def hold_any(address, requests, lines, now_ms):
    """`hold_request` of the only column of `requests` (Q_FIELDS, 1) int64, from Python; address: of the store table."""
    store = store_at(address)
    answer = hold_request(store, request_at(borrowed(requests), 0), borrowed(lines), now_ms)
    add_word(statistics_of(store), answer[0], 1)
    return answer
