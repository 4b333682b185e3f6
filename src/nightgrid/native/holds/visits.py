"""In which order the requests of a batch are done: those of one hotel after each other, where many are for the same.

Whose hotels are the same finds a lock taken, a list and a queue in its cache, and other threads in its way less often:
of a hundred hotels that two threads share, each has four at a time instead of a whole group. Nobody can tell the
difference: what a request is answered depends on those before it for the same hotel, and those keep their order; so do
requests with the same key. (Which of a batch's requests get the last slots of a full store is nobody's right.)

Requests are looked at a window at a time. A window in which few hotels come back, or in which a key does, stays as it
is. The order is a ring of positions, long enough for the window that is done and the one that is looked ahead to.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.hints import stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.views import as_pointer, row_hotel_of

WINDOW: Final = 1024  # requests
RING: Final = 2 * WINDOW
#: Hotels that are done at the same time: the slot that a hotel hands out next is named by the one before it, which is
#: far away in memory; so there are holds for others in between.
TOGETHER: Final = 4
_BUCKETS: Final = 4096
_KEY_PLACES: Final = 2 * WINDOW
_SAMPLE: Final = 256  # requests
#: A window is put in order if one of so many requests of a sample is for a hotel that was there before. With thousands
#: of hotels that are asked for alike it is one of thirty.
_WORTH_ONE_OF: Final = 12
#: Putting in order costs a thread that is alone more than it gives. So it begins when so many requests of a window were
#: passed over, and then lasts for some windows.
_MET_MANY: Final = WINDOW // 32
_PATIENT_WINDOWS: Final = 16
# -- scratch memory in bytes ------------------------------------------------------------------------
_ORDER: Final = 0  # int32 (RING): position -> request
_LATEST: Final = _ORDER + 4 * RING  # int16 (_BUCKETS): latest request of the window for a hotel like this, + 1
_FOLLOWER: Final = _LATEST + 2 * _BUCKETS  # int16 (WINDOW): next request for a hotel like this, + 1; 0 = none
_FIRSTS: Final = _FOLLOWER + 2 * WINDOW  # int8 (WINDOW): 1 = nobody before it asks for its hotel
_BACK: Final = _FIRSTS + WINDOW  # int8 (RING): position -> how many before it is the last one for its hotel, 0 = far
_TURNS: Final = _BACK + RING  # int64 (2 * TOGETHER)
_PATIENCE: Final = (
    _TURNS + 16 * TOGETHER
)  # int64: windows still to put in order, passed over at the last plan, end of order
_PATIENCE_WORDS: Final = 3
_KEYS: Final = _PATIENCE + 8 * _PATIENCE_WORDS  # int64 (_KEY_PLACES): keys of the window
VISIT_BYTES: Final = _KEYS + 8 * _KEY_PLACES


@inlined_kernel
def request_at_place(visits, position):
    """Which request of the batch is done at a position. visits: address of VISIT_BYTES."""
    return np.int64(carray(as_pointer(visits + _ORDER), (RING,), np.int32)[position & (RING - 1)])


@inlined_kernel
def in_order(visits, position):
    """Whether a position, or one that is planned after it, is not that of the request with its number."""
    return position < carray(as_pointer(visits + _PATIENCE), (_PATIENCE_WORDS,), np.int64)[2]


@inlined_kernel
def steps_back(visits, position):
    """How many positions before one the last request for the same hotel is, 0 = too many to matter."""
    return np.int64(carray(as_pointer(visits + _BACK), (RING,), np.int8)[position & (RING - 1)])


@inlined_kernel
def _find_followers(store, requests, first, size, visits):
    """Chain the requests for the same hotel; how many have one before them in the window."""
    latest = carray(as_pointer(visits + _LATEST), (_BUCKETS,), np.int16)
    follower = carray(as_pointer(visits + _FOLLOWER), (WINDOW,), np.int16)
    firsts = carray(as_pointer(visits + _FIRSTS), (WINDOW,), np.int8)
    for bucket in range(_BUCKETS):
        latest[bucket] = 0
    hotels = row_hotel_of(store)
    rows = store[at.H_ROWS]
    again = 0
    for line in range(size):
        row = requests[q.Q_ROW, first + line]
        bucket = np.int64(hotels[row]) & (_BUCKETS - 1) if 0 <= row < rows else np.int64(0)
        before = np.int64(latest[bucket])
        latest[bucket] = line + 1
        follower[line] = 0
        firsts[line] = before == 0
        if before:
            follower[before - 1] = line + 1
            again += 1
    return again


@inlined_kernel
def _has_key_twice(requests, first, size, visits):
    """Whether two requests of the window have the same key, or keys that look alike here."""
    keys = carray(as_pointer(visits + _KEYS), (_KEY_PLACES,), np.int64)
    for place in range(_KEY_PLACES):
        keys[place] = 0
    for line in range(first, first + size):
        key = requests[q.Q_KEY_HIGH, line] ^ requests[q.Q_KEY_LOW, line]
        if key != 0:
            place = key & (_KEY_PLACES - 1)
            while keys[place] != 0 and keys[place] != key:
                place = (place + 1) & (_KEY_PLACES - 1)
            if keys[place] == key:
                return True
            keys[place] = key
        elif requests[q.Q_KEY_LOW, line] != 0:
            return True  # both halves alike: not worth a place of its own
    return False


@inlined_kernel
def _interleave(first, size, visits):
    """Put the window in order: a request of each of a few hotels in turn; who has no more gives its turn to another."""
    order = carray(as_pointer(visits + _ORDER), (RING,), np.int32)
    back = carray(as_pointer(visits + _BACK), (RING,), np.int8)
    follower = carray(as_pointer(visits + _FOLLOWER), (WINDOW,), np.int16)
    firsts = carray(as_pointer(visits + _FIRSTS), (WINDOW,), np.int8)
    turns = carray(as_pointer(visits + _TURNS), (2 * TOGETHER,), np.int64)  # next request + 1, position of the last one
    base = first & (RING - 1)
    for turn in range(2 * TOGETHER):
        turns[turn] = 0
    line = 0
    place = 0
    while place < size:
        for turn in range(TOGETHER):
            link = turns[turn]
            last = turns[TOGETHER + turn]
            if link == 0:
                while line < size and firsts[line] == 0:
                    line += 1
                if line == size:
                    continue
                line += 1
                link = np.int64(line)
                last = place
            order[base + place] = first + link - 1
            back[base + place] = place - last
            turns[turn] = np.int64(follower[link - 1])
            turns[TOGETHER + turn] = place
            place += 1


@kernel
def plan_visits(store, requests, first, counts, visits):
    """Say in which order the window that begins at `first` is done: positions `first` and further; returns its end.

    requests (field, request) int64 [in]; counts (CODES) int64: how many were passed over, because others had their
    hotels [in], how many windows were put in order [inout]; visits: address of VISIT_BYTES, zero at first [inout].
    O(window).
    """
    stay_apart()
    order = carray(as_pointer(visits + _ORDER), (RING,), np.int32)
    size = min(requests.shape[1] - first, WINDOW)
    base = first & (RING - 1)
    patience = carray(as_pointer(visits + _PATIENCE), (_PATIENCE_WORDS,), np.int64)
    if counts[at.CODE_PASSED_OVER] - patience[1] >= _MET_MANY:
        patience[0] = _PATIENT_WINDOWS
    patience[1] = counts[at.CODE_PASSED_OVER]
    worth = patience[0] > 0 and requests.shape[0] == q.Q_PLAIN and size >= _SAMPLE
    patience[0] -= patience[0] > 0
    if worth:
        worth = _find_followers(store, requests, first, _SAMPLE, visits) * _WORTH_ONE_OF >= _SAMPLE
    if worth:
        _find_followers(store, requests, first, size, visits)
    back = carray(as_pointer(visits + _BACK), (RING,), np.int8)
    if not worth or _has_key_twice(requests, first, size, visits):
        for line in range(size):
            order[base + line] = first + line
            back[base + line] = 0
        return first + size
    _interleave(first, size, visits)
    patience[2] = first + size
    counts[at.CODE_IN_ORDER] += 1
    return first + size
