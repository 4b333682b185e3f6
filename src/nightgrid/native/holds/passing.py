"""Requests of a batch that are passed over, because somebody else has their hotel or their part of the key index.

Nobody waits for one lock while he has others that somebody waits for: the request comes back with the next
group, and when a group gets no lock at all, its first request waits for its own like any other. What comes after a
request that is passed over, for the same hotel or in the same part of the key index, is passed over too: so the answers
to a hotel's requests, and to those with one key, are those of their order.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.jit import inlined_kernel
from nightgrid.native.holds.group import (
    G_HOTEL,
    G_REQUEST,
    G_SEGMENT,
    GROUP_MAX,
    is_plain,
    line_of,
    lock_line,
)
from nightgrid.native.holds.visits import request_at_place
from nightgrid.native.store import requests as q

#: Memory: their numbers, their hotels, their segments of the key index. They and new ones are never more than a group.
LATE_WORDS: Final = 3 * GROUP_MAX


@inlined_kernel
def note_request(requests, line, asked):
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


@inlined_kernel
def _follows_one(asked, late, passed):
    """Whether a request is for the hotel or the part of the key index of one that was passed over before it."""
    for other in range(passed):
        if late[GROUP_MAX + other] == asked[G_HOTEL]:
            return True
        if asked[G_SEGMENT] >= 0 and late[2 * GROUP_MAX + other] == asked[G_SEGMENT]:
            return True
    return False


@inlined_kernel
def lock_group(store, requests, visits, ordered, first, size, group, late, waiting, token):
    """Take the locks of requests that were passed over, then of those from `first` on, up to one that must go the
    ordinary way: (how many are locked, how many from `first` on were looked at, how many are passed over now).

    visits, ordered: `native/holds/visits.py`; size: how many from `first` on, with those that wait at most GROUP_MAX;
    late (LATE_WORDS) int64, waiting: the requests that were passed over [inout].
    """
    locked = 0
    passed = 0
    fresh = 0
    for turn in range(waiting + size):
        again = turn < waiting
        i = first + fresh
        if again:
            i = late[turn]
        elif ordered:
            i = request_at_place(visits, i)
        asked = line_of(group, locked)
        note_request(requests, i, asked)
        if not is_plain(store, asked) and not again:
            break
        fresh += not again
        if (passed and _follows_one(asked, late, passed)) or not lock_line(store, asked, token):
            late[passed] = i
            late[GROUP_MAX + passed] = asked[G_HOTEL]
            late[2 * GROUP_MAX + passed] = asked[G_SEGMENT]
            passed += 1
        else:
            asked[G_REQUEST] = i
            locked += 1
    return locked, fresh, passed


@inlined_kernel
def come_back(group, line, locked, late, waiting):
    """Put the lines of a group from one on, whose locks were given back, before the requests that are passed over; how
    many these are now.
    """
    more = max(locked - line, 0)
    for place in range(waiting - 1, -1, -1):
        late[place + more] = late[place]
    for place in range(more):
        late[place] = line_of(group, line + place)[G_REQUEST]
    return waiting + more


@inlined_kernel
def next_alone(visits, ordered, late, first, waiting):
    """Where no lock could be had: (the request that waits for its locks, next request, how many are passed over)."""
    if waiting == 0:
        return request_at_place(visits, first) if ordered else np.int64(first), first + 1, waiting
    alone = late[0]
    for place in range(1, waiting):
        late[place - 1] = late[place]
    return alone, first, waiting - 1
