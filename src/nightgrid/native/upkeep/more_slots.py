"""A store gets more hold slots while it works: first its key index grows, then the limit of the slots is raised.

Whatever has a line a slot is laid out for the most slots there can be, and no memory stands behind what was never
touched. So more slots are one word. The index would be touched everywhere by a few keys, and grows by doubling: one
segment after the other is split under its lock, and a request with a key waits for one segment at most. An entry moves
under the lock of its hold's hotel, because whoever hands a slot out again takes its entry out under that lock alone.

A death at any step leaves every key where it is found, once the segment's split is begun again from the start: an entry
is written where it belongs before it is taken from where it was, and a copy that is there already is met on the way.
The word of S_KEY_SPAN says which segment that is. The table lock is held: one thread lets a store grow.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import acquire, load_word, lower_word, release, store_word
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from nightgrid.native.store.key_lines import (
    ANY_EMPTY,
    EMPTY_SHIFT,
    GONE,
    GONE_SHIFT,
    LINE,
    LINE_BITS,
    SAME_SHIFT,
    look_at_line,
)
from nightgrid.native.store.keys import (
    SPAN_LINES,
    SPAN_SPLIT,
    SPAN_SPLIT_SHIFT,
    SPAN_SPLITTING,
    entry_of,
    entry_slot,
    home_in,
    key_hash,
    lines_of_segment,
    next_line,
    open_line,
)
from nightgrid.native.store.requests import place_row
from nightgrid.native.store.views import (
    hotel_words_of,
    keys_of,
    row_hotel_of,
    segment_locks_of,
    shared_of,
    slots_of,
)

#: How often the hotel of an entry is looked up. It changes only for an entry that names no key any more.
_ATTEMPTS: Final = 4


@inlined_kernel
def _hotel_of_entry(store, entry):
    """Hotel of the hold that an entry names, -1 if its slot names no room type."""
    row = place_row(slots_of(store)[entry_slot(entry) * at.W_WORDS + at.W_PLACE])
    return np.int64(row_hotel_of(store)[row]) if row < store[at.H_ROWS] else np.int64(-1)


@inlined_kernel
def _is_named(store, entry):
    """True if the slot of an entry has the key that the entry is of. Its hotel is locked."""
    slots = slots_of(store)
    base = entry_slot(entry) * at.W_WORDS
    high, low = slots[base + at.W_KEY_HIGH], slots[base + at.W_KEY_LOW]
    return (high != 0 or low != 0) and entry_of(key_hash(high, low), entry_slot(entry)) == entry


@kernel
def _bring_home(store, place, entry, lines):
    """Move an entry to the first free place that a search over so many lines comes to, unless it stands before it.

    Its hotel and its segment are locked.
    """
    keys = keys_of(store)
    own = place & -LINE
    line = home_in(entry, lines)
    free = -1
    for _ in range(lines_of_segment(store, lines)):
        found = look_at_line(keys, line, entry)
        same = found >> SAME_SHIFT & 0xFF
        if line == own:
            same &= ~(1 << (place - own))
        if same:  # somebody died when he had copied it
            store_word(keys, place, GONE)
            return
        if free < 0:
            usable = (found >> EMPTY_SHIFT | found >> GONE_SHIFT) & 0xFF
            free = place if line == own else (line + first_bit(usable) if usable else -1)
        if found & ANY_EMPTY:
            break
        line = next_line(store, line, 1, lines)
    if free >= 0 and free != place:
        store_word(keys, free, entry)
        steps.step(store, steps.POINT_KEY)
        store_word(keys, place, GONE)
        steps.step(store, steps.POINT_KEY)


@kernel
def _settle_line(store, line, lines):
    """Bring every entry of a line to where a search over so many lines finds it. The segment is locked."""
    keys = keys_of(store)
    hotels = hotel_words_of(store)
    for place in range(line, line + LINE):
        for _ in range(_ATTEMPTS):
            entry = load_word(keys, place)
            if entry_slot(entry) < 0 or home_in(entry, lines) == line:
                break
            hotel = _hotel_of_entry(store, entry)
            if hotel < 0:
                store_word(keys, place, GONE)
                break
            acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
            steps.step(store, steps.POINT_LOCKED)
            same = load_word(keys, place) == entry and _hotel_of_entry(store, entry) == hotel
            if same and _is_named(store, entry):
                _bring_home(store, place, entry, lines)
            elif same:
                store_word(keys, place, GONE)
            release(hotels, hotel * at.L_WORDS + at.L_LOCK)
            if same:
                break


@kernel
def _split_segment(store, segment, before):
    """Spread the keys of a segment over twice as many lines as before. The segment is locked. O(its entries)."""
    keys = keys_of(store)
    lines = 2 * before
    count = lines_of_segment(store, before)
    for number in range(count):
        _settle_line(store, (segment + number * store[at.H_SEGMENTS]) << LINE_BITS, lines)
    # Nothing in a line needs one before it that has room: full lines that have none but GONE entries are opened.
    for number in range(2 * count - 1, -1, -1):
        line = (segment + number * store[at.H_SEGMENTS]) << LINE_BITS
        behind = next_line(store, line, 1, lines)
        if look_at_line(keys, line, 0) & ANY_EMPTY == 0 and look_at_line(keys, behind, 0) & ANY_EMPTY != 0:
            open_line(store, line, behind, lines)


@kernel
def _split_next(store):
    """Split the first segment that is not yet."""
    shared = shared_of(store)
    locks = segment_locks_of(store)
    span = load_word(shared, at.S_KEY_SPAN) & ~SPAN_SPLITTING
    lines = span & SPAN_LINES
    segment = span >> SPAN_SPLIT_SHIFT & SPAN_SPLIT
    acquire(locks, segment)
    steps.step(store, steps.POINT_LOCKED)
    store_word(shared, at.S_KEY_SPAN, span | SPAN_SPLITTING)
    steps.step(store, steps.POINT_KEY)
    _split_segment(store, segment, lines)
    steps.step(store, steps.POINT_CHECKED)
    last = segment + 1 == store[at.H_SEGMENTS]  # then all have twice as many: another word for the same
    store_word(shared, at.S_KEY_SPAN, 2 * lines if last else lines | (segment + 1) << SPAN_SPLIT_SHIFT)
    steps.step(store, steps.POINT_UNLOCKING)
    release(locks, segment)


@kernel
def grow_keys(store, entries):
    """Let the key index grow to so many entries, a power of two, while others use it. The table lock is held.

    O(entries there are), a segment at a time.
    """
    shared = shared_of(store)
    lines = min(entries, store[at.H_KEYS]) >> LINE_BITS
    while load_word(shared, at.S_KEY_SPAN) & SPAN_LINES < lines:
        _split_next(store)


@kernel
def finish_split(store):
    """Split the segment again in whose split somebody died; True if there was one. The table lock is held."""
    if load_word(shared_of(store), at.S_KEY_SPAN) & SPAN_SPLITTING == 0:
        return False
    _split_next(store)
    return True


@kernel
def raise_limit(store, slots):
    """Let so many slots be handed out, if that is more than now. Takes the slot lock. O(1)."""
    shared = shared_of(store)
    acquire(shared, at.S_SLOT_LOCK)
    steps.step(store, steps.POINT_LOCKED)
    store_word(shared, at.S_SLOT_LIMIT, max(shared[at.S_SLOT_LIMIT], slots))
    lower_word(shared, at.S_COLLECT_MS, 0)  # after it: hotels will have runs that others may need
    steps.step(store, steps.POINT_UNLOCKING)
    release(shared, at.S_SLOT_LOCK)
