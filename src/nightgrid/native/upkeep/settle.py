"""What was published of a hold is what it is: slots that a change was torn in, or that nobody was told of, are mended.

A change writes the slot, then publishes its record. Who dies in between leaves a slot that says more than was
published. The latest record of a hold says what its slot must say; a slot that was filled and never published was never
promised to anybody, and is emptied. What has left the ring long ago was settled long ago: a slot in which a change of
several words began since has an image of what it was (`store/images.py`).
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import acquire, load_word, release, store_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.images import drop_image, restore_image
from nightgrid.native.store.keys import forget_key, key_hash, key_segment, write_key
from nightgrid.native.store.known import find_key
from nightgrid.native.store.slots import find_slot, is_forgotten, is_live
from nightgrid.native.store.views import (
    hotel_words_of,
    images_of,
    quotes_of,
    records_of,
    row_hotel_of,
    segment_locks_of,
    shared_of,
    slots_of,
)


@kernel
def _state_after(kind):
    """State, with its flag, that a kind of record leads to; 0 where the record does not change it."""
    if kind == at.RECORD_HOLD or kind == at.RECORD_EXTEND:
        return at.STATE_HELD
    if kind == at.RECORD_BOOK or kind == at.RECORD_CONFIRM:
        return at.STATE_BOOKED
    if kind == at.RECORD_RELEASE:
        return at.STATE_RELEASED | at.STATE_ENDED
    if kind == at.RECORD_EXPIRE:
        return at.STATE_EXPIRED | at.STATE_ENDED
    if kind == at.RECORD_CANCEL:
        return at.STATE_CANCELLED | at.STATE_ENDED
    if kind == at.RECORD_CHECK_IN:
        return at.STATE_CHECKED_IN
    if kind == at.RECORD_CHECK_OUT:
        return at.STATE_CHECKED_OUT
    return at.STATE_NO_SHOW if kind == at.RECORD_NO_SHOW else 0


@kernel
def _latest_records(store, out_lsn, out_state):
    """The latest record of every hold in the ring, and the state that its records lead to (0: they do not say).

    out_lsn, out_state (slots used) int64 [out]. O(records).
    """
    shared = shared_of(store)
    records = records_of(store)
    last = load_word(shared, at.S_LSN)
    for lsn in range(max(1, last - store[at.H_RECORDS] + 1), last + 1):
        base = ((lsn - 1) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
        kind = records[base + at.D_KIND] & 0xFF
        if load_word(records, base + at.D_LSN) != lsn or kind > at.RECORD_AMEND:
            continue
        slot = find_slot(store, records[base + at.D_HOLD_ID])
        if 0 <= slot < out_lsn.size:
            out_lsn[slot] = lsn
            state = _state_after(kind)
            if state:
                out_state[slot] = state


@kernel
def _forget(store, slot):
    """Empty a slot that was never published; if it was booked in the place of an expired hold, that one forgets it."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    again = find_slot(store, -slots[base + at.W_LINK])
    if again >= 0 and slots[again * at.W_WORDS + at.W_PREVIOUS] & 0xFFFFFFFF == slot:
        slots[again * at.W_WORDS + at.W_PREVIOUS] = -1 - slots[base + at.W_VALUE]
    forget_key(store, slot)
    store_word(slots, base + at.W_STATE, load_word(slots, base + at.W_STATE) >> 8 << 8)


@kernel
def _quote_as_published(store, slot, record):
    """Make the quote that a live stay is bound to what was published; True if it was another. Its value was noted
    before it changed (`store/images.py`). record: place of its latest record.
    """
    slots = slots_of(store)
    records = records_of(store)
    quotes = quotes_of(store)
    base = slot * at.W_WORDS
    scope = records[record + at.D_SCOPE]
    differs = slots[base + at.W_SCOPE] != scope
    slots[base + at.W_SCOPE] = scope
    if scope & q.SCOPE_BOUND != 0:
        quotes[slot * at.B_WORDS + at.B_QUOTE] = records[record + at.D_QUOTE]
        quotes[slot * at.B_WORDS + at.B_VERSION] = records[record + at.D_KIND] >> 40
    return differs


@kernel
def _as_published(store, slot, lsn, state):
    """Make a slot what its latest record says; True if it was anything else."""
    slots = slots_of(store)
    records = records_of(store)
    base = slot * at.W_WORDS
    record = ((lsn - 1) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
    word = load_word(slots, base + at.W_STATE)
    wanted = word if state == 0 else word >> 8 << 8 | state
    differs = word != wanted
    if differs and word & at.STATE_ENDED != 0:
        slots[base + at.W_VALUE] = max(-1 - slots[base + at.W_PREVIOUS], 0)  # as it was before it ended
    differs = differs or slots[base + at.W_PLACE] != records[record + at.D_PLACE]
    differs = differs or slots[base + at.W_STAY] != records[record + at.D_STAY]
    slots[base + at.W_PLACE] = records[record + at.D_PLACE]
    slots[base + at.W_STAY] = records[record + at.D_STAY]
    if wanted & at.STATE_ENDED == 0:
        differs = _quote_as_published(store, slot, record) or differs
    if wanted & 0xFF == at.STATE_HELD:
        differs = differs or slots[base + at.W_DEADLINE_MS] != records[record + at.D_DEADLINE_MS]
        slots[base + at.W_DEADLINE_MS] = records[record + at.D_DEADLINE_MS]
    slots[base + at.W_LSN] = lsn
    store_word(slots, base + at.W_STATE, wanted)
    return differs


@kernel
def _notes(store, out_noted):
    """Which slots have an image: out_noted (slots used) int64 image + 1 [out]. One that is of an earlier hold of the
    slot is dropped.
    """
    slots = slots_of(store)
    images = images_of(store)
    for image in range(images.size // at.I_WORDS):
        slot = images[image * at.I_WORDS + at.I_SLOT] - 1
        if slot < 0:
            continue
        same = slot < out_noted.size
        if same:
            state = load_word(slots, slot * at.W_WORDS + at.W_STATE)
            same = state >> 8 == images[image * at.I_WORDS + at.I_STATE] >> 8
        if same:
            out_noted[slot] = image + 1
        else:
            drop_image(store, image)


@kernel
def _was_booked_again(store, slot, lsns):
    """Whether a booking in the place of an ended hold was published: that is a record of the booking, not of the hold.
    lsns (slots used) int64: the latest record of a slot in the ring [in].
    """
    base = slot * at.W_WORDS
    again = slots_of(store)[base + at.W_PREVIOUS]
    if load_word(slots_of(store), base + at.W_STATE) & at.STATE_ENDED == 0 or again <= 0:
        return False
    booked = find_slot(store, again)
    return 0 <= booked < lsns.size and lsns[booked] != 0


@kernel
def _restore(store, noted, lsns):
    """Bring back what slots were whose change was not published; how many were anything else. noted, lsns (slots used)
    int64: image + 1 of a slot, and its latest record in the ring [in].
    """
    images = images_of(store)
    changed = 0
    for slot in range(noted.size):
        image = noted[slot] - 1
        if image >= 0:
            if lsns[slot] <= images[image * at.I_WORDS + at.I_LSN] and not _was_booked_again(store, slot, lsns):
                changed += restore_image(store, image)
            drop_image(store, image)
    return changed


@kernel
def settle_slots(store):
    """Make every slot what was published of it; how many were not. Every hotel is locked. O(slots used + records)."""
    slots = slots_of(store)
    shared = shared_of(store)
    high = load_word(shared, at.S_SLOT_HIGH)
    last = load_word(shared, at.S_LSN)
    lsns = np.zeros(high, np.int64)
    states = np.zeros(high, np.int64)
    noted = np.zeros(high, np.int64)
    _notes(store, noted)
    _latest_records(store, lsns, states)
    changed = _restore(store, noted, lsns)
    for slot in range(high):
        base = slot * at.W_WORDS
        state = load_word(slots, base + at.W_STATE) & 0xFF
        if state == at.STATE_EMPTY:
            continue
        if is_live(state) and slots[base + at.W_PREVIOUS] < 0:  # it was ending
            slots[base + at.W_VALUE] = -1 - slots[base + at.W_PREVIOUS]
        if lsns[slot] != 0:
            changed += _as_published(store, slot, lsns[slot], states[slot])
        elif slots[base + at.W_LSN] == 0 or slots[base + at.W_LSN] > last:
            _forget(store, slot)
            changed += 1
    return changed


@kernel
def settle_keys(store, now_ms):
    """Remember the key of every hold that was made with one and is not forgotten; how many were missing. Locks one
    segment after the other, and where a key is missing the hold's hotel. O(slots used).
    """
    slots = slots_of(store)
    hotels = hotel_words_of(store)
    locks = segment_locks_of(store)
    missing = 0
    for slot in range(load_word(shared_of(store), at.S_SLOT_HIGH)):
        base = slot * at.W_WORDS
        state = load_word(slots, base + at.W_STATE)
        high = slots[base + at.W_KEY_HIGH]
        low = slots[base + at.W_KEY_LOW]
        if state & 0xFF == at.STATE_EMPTY or (high == 0 and low == 0) or is_forgotten(store, slot, now_ms):
            continue
        hashed = key_hash(high, low)
        segment = key_segment(store, hashed)
        acquire(locks, segment)
        known, _, place = find_key(store, hashed, high, low, now_ms)
        row = q.place_row(slots[base + at.W_PLACE])
        if known == 0 and place >= 0 and row < store[at.H_ROWS]:
            lock = np.int64(row_hotel_of(store)[row]) * at.L_WORDS + at.L_LOCK
            acquire(hotels, lock)
            same = slots[base + at.W_KEY_HIGH] == high and slots[base + at.W_KEY_LOW] == low
            if same and find_slot(store, state >> 8 << 32 | slot) == slot:
                write_key(store, place, hashed, slot)
                missing += 1
            release(hotels, lock)
        release(locks, segment)
    return missing
