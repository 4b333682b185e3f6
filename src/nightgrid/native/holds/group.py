"""Holds of one batch that are published together: the ring lock is taken once for a few of them.

Threads that hold in bulk otherwise hand the ring's cache lines to each other for every hold, and two of them are hardly
faster than one. A hold of a group is granted under its hotel's lock as always; the lock is kept until the record is
published, so the order of a hotel's records is still that of its critical sections. A thread that holds locks here
*tries* the next one and does not wait for it: where a lock is taken, or a request needs more than a plain hold, the
group is published first, its locks are given back, and the request goes the ordinary way (`native/holds/holds.py`). So
whoever waits holds nothing that comes later in the order of locks.

A lock word of a hotel has the group's token while the group has it, so several holds of one hotel can be in one group.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import load_word, release, swap_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.holds.admit import admission, no_lines
from nightgrid.native.holds.take import take_stay
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.keys import key_hash, key_segment, write_key
from nightgrid.native.store.known import find_key
from nightgrid.native.store.records import publish_slots
from nightgrid.native.store.sales import needs_counters
from nightgrid.native.store.slots import allocate_slot
from nightgrid.native.store.views import hotel_words_of, row_hotel_of, segment_locks_of, shared_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_QUOTA_USED_UP = int(Outcome.QUOTA_USED_UP)
ALONE: Final = -1  # instead of a code: the request must go the ordinary way, when the group is published

GROUP_MAX: Final = 8  # holds published together: more gain little, and others wait longer for a hotel
G_SLOT: Final = 0  # a group is int64 (G_WORDS): the slots of its holds, then the others, GROUP_MAX each
G_HOTEL_LOCK: Final = GROUP_MAX  # lock word to give back, -1 = it is given back with another hold of the group
G_SEGMENT_LOCK: Final = 2 * GROUP_MAX
G_LINE: Final = 3 * GROUP_MAX  # place of the request in the batch
G_WORDS: Final = 4 * GROUP_MAX


@inlined_kernel
def _lock_hotel(hotels, word, token):
    """Try a hotel's lock: 1 = taken now, 0 = the group has it already, -1 = somebody else has it."""
    if swap_word(hotels, word, 0, token):
        return 1
    return 0 if load_word(hotels, word) == token else -1


@inlined_kernel
def _hold_locked(store, request, digest, hotel, now_ms):
    """A plain hold under its hotel's lock: (code, night, slot, generation). Not yet published."""
    hotels = hotel_words_of(store)
    line = hotel * at.L_WORDS
    night = request[q.Q_ARRIVAL]
    slot, generation = np.int64(-1), np.int64(0)
    code = q.horizon_code(store, shared_of(store), hotels[line + at.L_TODAY], request)
    if code == _OK:
        code, night = admission(store, request, no_lines(store), 0, hotel, True, now_ms)
        if code >= _QUOTA_USED_UP and load_word(hotels, line + at.L_EARLIEST_MS) <= now_ms:
            code = np.int64(ALONE)  # something is due here
    if code == _OK:
        slot, generation = allocate_slot(store, hotel, now_ms)
        if slot < 0:
            code = np.int64(ALONE)
        else:
            # From here on it must succeed.
            steps.step(store, steps.POINT_CHECKED)
            take_stay(store, slot, generation, hotel, request, digest, 0, now_ms)
    return code, night, slot, generation


@inlined_kernel
def hold_in_group(store, request, line, group, count, token, now_ms):
    """One request of a batch: (code, night, hold id). A granted one is the group's hold number `count`.

    request: tuple (Q_FIELDS) int64; line: its place in the batch [in]; group (G_WORDS) int64 with `count` holds
    [inout]; token: not 0 or 1, and of no other thread. ALONE leaves nothing changed.
    """
    row = request[q.Q_ROW]
    key_high = request[q.Q_KEY_HIGH]
    key_low = request[q.Q_KEY_LOW]
    has_key = key_high != 0 or key_low != 0
    night, hold_id = request[q.Q_ARRIVAL], np.int64(0)
    plain = q.shape_code(request) == _OK and q.row_code(store, row) == _OK
    if not plain or request[q.Q_REPLACES] | request[q.Q_QUOTE] != 0 or needs_counters(request[q.Q_SCOPE]):
        return np.int64(ALONE), night, hold_id
    locks = segment_locks_of(store)
    segment_lock, digest, place, hashed = np.int64(-1), np.int64(0), np.int64(0), np.int64(0)
    if has_key:
        hashed = key_hash(key_high, key_low)
        digest = q.request_digest(request)
        segment_lock = key_segment(store, hashed) * 8
        if not swap_word(locks, segment_lock, 0, 1):
            return np.int64(ALONE), night, hold_id
        steps.step(store, steps.POINT_LOCKED)
        known_id, _, place = find_key(store, hashed, key_high, key_low, now_ms)
        if known_id != 0 or place < 0:
            release(locks, segment_lock)
            return np.int64(ALONE), night, hold_id
    hotels = hotel_words_of(store)
    hotel = np.int64(row_hotel_of(store)[row])
    hotel_lock = hotel * at.L_WORDS + at.L_LOCK
    locked = _lock_hotel(hotels, hotel_lock, token)
    code = np.int64(ALONE)
    if locked >= 0:
        steps.step(store, steps.POINT_LOCKED)
        code, night, slot, generation = _hold_locked(store, request, digest, hotel, now_ms)
        if code == _OK:
            if has_key:
                steps.step(store, steps.POINT_KEY)
                write_key(store, place, hashed, slot)
            group[G_SLOT + count] = slot
            group[G_HOTEL_LOCK + count] = hotel_lock if locked else -1
            group[G_SEGMENT_LOCK + count] = segment_lock
            group[G_LINE + count] = line
            return code, night, generation << 32 | slot
        if locked:
            release(hotels, hotel_lock)
    if has_key:
        release(locks, segment_lock)
    return code, night, hold_id


@kernel
def publish_group(store, group, count, now_ms, out_lsn):
    """Publish the holds of a group in order and give their locks back; out_lsn (request) int64 [out]."""
    if count == 0:
        return
    last = publish_slots(store, group, count, now_ms)
    hotels = hotel_words_of(store)
    locks = segment_locks_of(store)
    for i in range(count):
        out_lsn[group[G_LINE + i]] = last - count + 1 + i
    for i in range(count):
        steps.step(store, steps.POINT_UNLOCKING)
        if group[G_HOTEL_LOCK + i] >= 0:
            release(hotels, group[G_HOTEL_LOCK + i])
        if group[G_SEGMENT_LOCK + i] >= 0:
            release(locks, group[G_SEGMENT_LOCK + i])
