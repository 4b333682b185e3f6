"""Holds of one batch that are done together: their locks first, then each in its turn, then all their records.

A locked instruction waits for every store before it, and nothing after it begins before. So a batch takes the locks of
some requests in one go, and what comes then is ordinary loads and stores, which the CPU overlaps from one hold to the
next. The ring lock is taken once for all of them: threads that hold in bulk otherwise hand the ring's cache lines to
each other for every hold. Each hold is decided and granted under its hotel's lock as always, in the order of the
requests; the locks are kept until the records are published, so the order of a hotel's records is still that of its
critical sections.

A thread that holds locks here *tries* the next one and does not wait for it: where a lock is taken, the request is
passed over (`native/holds/passing.py`). Where a request needs more than a plain hold, the group ends before it, its
holds are published, its locks are given back, and the request goes the ordinary way (`native/holds/holds.py`). So
whoever waits holds nothing that comes later in the order of locks.
A lock word has the group's token while the group has it, so several requests for one hotel can be in one group.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.atomics import load_word, prefetch_item, release, swap_word
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import inlined_kernel
from nightgrid.native.holds.admit import admission, no_lines
from nightgrid.native.holds.take import enter_stay
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.cells import cross_nights
from nightgrid.native.store.keys import key_hash, key_segment, write_key
from nightgrid.native.store.known import find_key
from nightgrid.native.store.slots import allocate_slot
from nightgrid.native.store.views import (
    as_pointer,
    column_of,
    hotel_words_of,
    product_lane_of,
    row_hotel_of,
    row_product_of,
    segment_locks_of,
    sellable_of,
    shared_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_QUOTA_USED_UP = int(Outcome.QUOTA_USED_UP)
ALONE: Final = -1  # instead of a code: the request must go the ordinary way, when the group is published

GROUP_MAX: Final = 32  # requests of a group: more gain little, and others wait longer for a hotel
# -- a line of a group: the request (Q_FIELDS), and what is known of it ----------------------------
G_HOTEL: Final = q.Q_FIELDS
G_HOTEL_LOCK: Final = q.Q_FIELDS + 1  # lock word to give back, -1 = it is given back with another line of the group
G_SEGMENT_LOCK: Final = q.Q_FIELDS + 2  # the same, and of requests without a key
G_HASHED: Final = q.Q_FIELDS + 3  # of the key
G_DIGEST: Final = q.Q_FIELDS + 4
G_CROSSED: Final = q.Q_FIELDS + 5  # nights from the column on whose free rooms are used up, a bit each
G_COLUMN: Final = q.Q_FIELDS + 6
G_SEGMENT: Final = q.Q_FIELDS + 7  # of the key index, -1 = without a key
G_REQUEST: Final = q.Q_FIELDS + 8  # which of the batch it is
G_WORDS: Final = q.Q_FIELDS + 9


@inlined_kernel
def line_of(group, line):
    """A line of a group: int64 (G_WORDS), without an owner. group: address of GROUP_MAX of them."""
    return carray(as_pointer(group + line * (G_WORDS * 8)), (G_WORDS,), np.int64)


@inlined_kernel
def try_lock(words, word, token):
    """Try a lock: 1 = taken now, 0 = the group has it already, -1 = somebody else has it."""
    owner = load_word(words, word)
    if owner == 0 and swap_word(words, word, 0, token):
        return 1
    return 0 if owner == token else -1


@inlined_kernel
def is_plain(store, asked):
    """Whether a request needs no more than its hotel and its key; then its line says which they are. asked: its line
    of the group [inout].
    """
    row = asked[q.Q_ROW]
    plain = q.shape_code(asked) == _OK and q.row_code(store, row) == _OK
    if not plain or asked[q.Q_REPLACES] | asked[q.Q_QUOTE] != 0 or q.needs_counters(asked[q.Q_SCOPE]):
        return False
    key_high, key_low = asked[q.Q_KEY_HIGH], asked[q.Q_KEY_LOW]
    asked[G_SEGMENT] = -1
    if key_high != 0 or key_low != 0:
        hashed = key_hash(key_high, key_low)
        asked[G_HASHED] = hashed
        asked[G_DIGEST] = q.request_digest(asked)
        asked[G_SEGMENT] = key_segment(store, hashed)
    asked[G_HOTEL] = np.int64(row_hotel_of(store)[row])
    return True


@inlined_kernel
def lock_line(store, asked, token):
    """Take the locks of a request that `is_plain`: True if the group has them now. asked: its line of the group
    [inout]; token: not 0 or 1, and of no other thread.
    """
    hotels, locks = hotel_words_of(store), segment_locks_of(store)
    segment_lock = asked[G_SEGMENT]
    asked[G_SEGMENT_LOCK] = -1
    if segment_lock >= 0:
        locked = try_lock(locks, segment_lock, token)
        if locked < 0:
            return False
        steps.step(store, steps.POINT_LOCKED)
        if locked:
            asked[G_SEGMENT_LOCK] = segment_lock
    hotel_lock = asked[G_HOTEL] * at.L_WORDS + at.L_LOCK
    locked = try_lock(hotels, hotel_lock, token)
    if locked < 0:
        if asked[G_SEGMENT_LOCK] >= 0:
            release(locks, asked[G_SEGMENT_LOCK])
        return False
    steps.step(store, steps.POINT_LOCKED)
    asked[G_HOTEL_LOCK] = hotel_lock if locked else -1
    return True


@inlined_kernel
def _ask_for_bit(store, row, column, crossed):
    """Start the cache miss of the word that `cells.cross_nights` will change."""
    product = max(row_product_of(store)[row] - 1, 0)
    word = (column + first_bit(crossed)) * store[at.H_WORDS] + (product_lane_of(store)[product] >> 6)
    prefetch_item(sellable_of(store), word)


@inlined_kernel
def hold_rooms(store, request, column, hotel, digest, now_ms):
    """Decide a request of a locked hotel, and take its rooms: (code, night, slot, generation, nights from the arrival
    on whose bits are still to be cleared, a bit each); neither published nor remembered by its key.

    column: of the arrival. ALONE leaves nothing changed.
    """
    hotels = hotel_words_of(store)
    line = hotel * at.L_WORDS
    night, slot, generation, crossed = request[q.Q_ARRIVAL], np.int64(-1), np.int64(0), np.int64(0)
    code = q.horizon_code(store, shared_of(store), hotels[line + at.L_TODAY], request)
    if code == _OK:
        code, night = admission(store, request, column, no_lines(store), 0, hotel, True, now_ms)
        if code >= _QUOTA_USED_UP and load_word(hotels, line + at.L_EARLIEST_MS) <= now_ms:
            code = np.int64(ALONE)  # something is due here
    if code == _OK:
        slot, generation = allocate_slot(store, hotel, now_ms)
        if slot < 0:
            return np.int64(ALONE), night, slot, generation, crossed
        # From here on it must succeed.
        steps.step(store, steps.POINT_CHECKED)
        crossed = enter_stay(store, slot, generation, hotel, request, column, digest, 0, now_ms)
    return code, night, slot, generation, crossed


@inlined_kernel
def hold_line(store, asked, now_ms):
    """`hold_rooms` for a line of a group, with its key: (code, night, slot, generation). asked: the line [inout]."""
    key_high, key_low = asked[q.Q_KEY_HIGH], asked[q.Q_KEY_LOW]
    has_key = key_high != 0 or key_low != 0
    place, digest, hashed = np.int64(0), np.int64(0), np.int64(0)
    asked[G_CROSSED] = 0
    if has_key:
        hashed, digest = asked[G_HASHED], asked[G_DIGEST]
        known_id, _, place = find_key(store, hashed, key_high, key_low, now_ms)
        if known_id != 0 or place < 0:
            return np.int64(ALONE), asked[q.Q_ARRIVAL], np.int64(-1), np.int64(0)
    column = column_of(store, shared_of(store), asked[q.Q_ARRIVAL])
    code, night, slot, generation, crossed = hold_rooms(store, asked, column, asked[G_HOTEL], digest, now_ms)
    asked[G_CROSSED] = crossed
    asked[G_COLUMN] = column
    if crossed:
        _ask_for_bit(store, asked[q.Q_ROW], column, crossed)
    if code == _OK and has_key:
        steps.step(store, steps.POINT_KEY)
        write_key(store, place, hashed, slot)
    return code, night, slot, generation


@inlined_kernel
def clear_bits(store, group, done):
    """Clear the sellable bits of the nights that the first lines of a group have used up."""
    for line in range(done):
        asked = line_of(group, line)
        if asked[G_CROSSED]:
            cross_nights(store, asked[q.Q_ROW], asked[G_COLUMN], asked[G_CROSSED], False)


@inlined_kernel
def unlock_group(store, group, locked):
    """Give the locks of a group's lines back."""
    hotels, locks = hotel_words_of(store), segment_locks_of(store)
    for line in range(locked):
        asked = line_of(group, line)
        steps.step(store, steps.POINT_UNLOCKING)
        if asked[G_HOTEL_LOCK] >= 0:
            release(hotels, asked[G_HOTEL_LOCK])
        if asked[G_SEGMENT_LOCK] >= 0:
            release(locks, asked[G_SEGMENT_LOCK])
