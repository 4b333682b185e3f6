"""Holds of a batch that need nothing but their hotel and its rooms: no key, no plan, nothing beside dates and rooms.

They are most of what comes in bulk. The protocol is that of `native/holds/group.py`, and so is the decision, to the
letter: the request is the same one with zeros, so that LLVM leaves out what zeros never need. What is new is around it:
requests are prepared by eight (`native/holds/prepare.py`), and nobody is passed over. Where a lock is taken, or where a
line needs anything else, the plain ones end before it, and the group does it in its way.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.atomics import load_word, prefetch_reading, release
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import called_kernel, inlined_kernel
from nightgrid.native.holds.group import ALONE, GROUP_MAX, hold_rooms, try_lock
from nightgrid.native.holds.prepare import (
    A_CELL,
    A_COLUMN,
    A_HOTEL,
    A_ROW,
    A_STAY,
    AHEAD_WORDS,
    PLACES,
    ask_for_late_keys,
    forget_prepared,
    prepare,
    words_ahead,
)
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.cells import clear_nights, cross_nights
from nightgrid.native.store.records import publish_slots
from nightgrid.native.store.views import (
    as_pointer,
    cells_of,
    hotel_words_of,
    row_home_of,
    sellable_of,
    shared_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_NO_MORE: Final = (0,) * (q.Q_FIELDS - q.Q_PLAIN)  # what a plain request says beyond its first fields
_INDEX: Final = 0x7FFF_FFFF  # of a row or hotel: so LLVM knows that it is none from the end
# -- memory (int64) --------------------------------------------------------------------------------
_LOCKS: Final = AHEAD_WORDS  # lock words that were taken
_GRANTED: Final = _LOCKS + GROUP_MAX  # as of `records.publish_slots`
_CROSSED: Final = _GRANTED + GROUP_MAX  # stays with bits that are still to be cleared: row, column, nights, word
_X_COLUMN: Final = GROUP_MAX
_X_NIGHTS: Final = 2 * GROUP_MAX
_X_LANE: Final = 3 * GROUP_MAX  # of the only product of its row, -1 = it has several
_X_WORD: Final = 4 * GROUP_MAX  # of its bit in the night of the column
_X_WORDS: Final = 5 * GROUP_MAX
PLAIN_WORDS: Final = _CROSSED + _X_WORDS


@inlined_kernel
def has_no_key(requests, line):
    """Whether a request has no key, so that it is worth to look at it here."""
    at_line = np.uint64(line)
    return requests[q.Q_KEY_HIGH, at_line] | requests[q.Q_KEY_LOW, at_line] == 0


@inlined_kernel
def _lock_lines(store, ahead, first, size, locks, token):
    """Take the locks of plain lines from `first` on: (lines whose locks the group has, lock words taken)."""
    hotels, cells = hotel_words_of(store), cells_of(store)
    taken = 0
    for line in range(size):
        place = (first + line) & (PLACES - 1)
        lock = ahead[A_HOTEL + place] * at.L_WORDS + at.L_LOCK
        locked = try_lock(hotels, lock, token) if ahead[A_STAY + place] != 0 else -1
        prefetch_reading(cells, ahead[A_CELL + place] * at.C_FIELDS)
        if locked < 0:
            return line, taken
        steps.step(store, steps.POINT_LOCKED)
        locks[taken] = lock
        taken += locked
    return size, taken


@inlined_kernel
def _unlock(store, locks, taken):
    """Give locks back."""
    hotels = hotel_words_of(store)
    for each in range(taken):
        steps.step(store, steps.POINT_UNLOCKING)
        release(hotels, locks[each])


@inlined_kernel
def _note_crossed(store, crossings, count, row, column, nights):
    """Note the bits to clear of a stay (nights from a column on, a bit each; mostly none) after `count` others, and ask
    for the word of the first: how many stays there are now. Without a branch, which nobody could foresee.
    """
    lane = (row_home_of(store)[row] >> at.HOME_LANE_SHIFT) - 1
    word = column * store[at.H_WORDS] + (lane >> 6)
    first = word + first_bit(nights) * store[at.H_WORDS]
    prefetch_reading(sellable_of(store), first if nights else np.int64(0))
    crossings[np.uint64(count)] = row
    crossings[np.uint64(_X_COLUMN + count)] = column
    crossings[np.uint64(_X_NIGHTS + count)] = nights
    crossings[np.uint64(_X_LANE + count)] = lane
    crossings[np.uint64(_X_WORD + count)] = word
    return count + (nights != 0)


@inlined_kernel
def _clear_bits(store, crossings, count):
    """Clear the sellable bits of nights that are used up."""
    for each in range(count):
        lane, nights = crossings[_X_LANE + each], crossings[_X_NIGHTS + each]
        if lane >= 0:
            clear_nights(store, crossings[_X_WORD + each], lane, nights)
        else:
            cross_nights(store, crossings[each] & _INDEX, crossings[_X_COLUMN + each], nights, False)


@inlined_kernel
def _hold_prepared(store, ahead, line, ttl_ms, now_ms):
    """`group.hold_rooms` of a line that is prepared and locked; and its row and column."""
    place = line & (PLACES - 1)
    stay = ahead[A_STAY + place]
    row, column = ahead[A_ROW + place] & _INDEX, ahead[A_COLUMN + place] & _INDEX
    request = (row, -1, q.stay_arrival(stay), q.stay_nights(stay), q.stay_rooms(stay), ttl_ms, 0, 0) + _NO_MORE  # noqa: RUF005
    return hold_rooms(store, request, column, ahead[A_HOTEL + place] & _INDEX, 0, now_ms), row, column


@called_kernel
def hold_plain(store, requests, first, size, now_ms, token, outs, counts, memory):
    """Hold plain requests from `first` on, `size` at most, up to one that is not or whose lock is taken: how many.

    requests (Q_PLAIN, request) int64 [in]; outs: the columns of `batch.hold_batch` [out]; counts (CODES) int64: answers
    [inout]; memory: address of PLAIN_WORDS words, zero at first [inout]; token: as `group.lock_line`.
    """
    out_code, out_night, out_hold_id, out_lsn = outs
    ahead = words_ahead(memory)
    locks = carray(as_pointer(memory + _LOCKS * 8), (GROUP_MAX,), np.int64)
    granted = carray(as_pointer(memory + _GRANTED * 8), (GROUP_MAX,), np.int64)
    crossings = carray(as_pointer(memory + _CROSSED * 8), (_X_WORDS,), np.int64)
    lap_night = load_word(shared_of(store), at.S_LAP_NIGHT)
    prepare(store, requests, first, size, lap_night, ahead)
    locked, taken = _lock_lines(store, ahead, first, size, locks, token)
    ask_for_late_keys(store, ahead)
    if load_word(shared_of(store), at.S_LAP_NIGHT) != lap_night:  # it rolled before the first lock; now it cannot
        forget_prepared(ahead)
        locked = 0
    done = locked
    count = 0
    crossing = 0
    for line in range(locked):
        i = np.uint64(first + line)
        held, row, column = _hold_prepared(store, ahead, first + line, requests[q.Q_TTL_MS, i], now_ms)
        code, night, slot, generation, crossed = held
        if code == ALONE:
            done = line
            break
        out_code[i] = code
        out_night[i] = night
        out_hold_id[i] = generation << 32 | slot if code == _OK else 0
        if code != _OK:
            out_lsn[i] = 0
            counts[code & (at.CODES - 1)] += 1
            continue
        granted[np.uint64(count)] = slot | (first + line) << 32
        count += 1
        crossing = _note_crossed(store, crossings, crossing, row, column, crossed)
    _clear_bits(store, crossings, crossing)
    if count:
        publish_slots(store, granted, count, out_lsn)
        counts[_OK] += count
    _unlock(store, locks, taken)
    return done
