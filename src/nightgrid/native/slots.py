"""Hold slots: handing out, ids, the lists of a hotel, and the queue of ended holds.

A slot belongs to one of two lists of its hotel (open holds, bookings) while it is live, and to the store's queue
of ended holds afterwards; a queue entry older than the retention time is handed out again with the next
generation, so an old id can never name a new hold. Links are slot + 1, so that zeroed memory is an empty list.
"""

from __future__ import annotations

from nightgrid.native import layout as at
from nightgrid.native.atomics import acquire, add_word, load_word, release, store_word
from nightgrid.native.jit import kernel
from nightgrid.native.views import hotel_words_of, shared_of, slots_of


@kernel
def hold_id_of(slots, slot):
    """Id of the hold in a slot: generation << 32 | slot."""
    return (load_word(slots, slot * at.W_WORDS + at.W_STATE) >> 8) << 32 | slot


@kernel
def find_slot(store, hold_id):
    """Slot that a hold id names, or -1 if there is none or it holds another generation by now."""
    slot = hold_id & 0xFFFFFFFF
    if hold_id <= 0 or slot >= store[at.H_SLOTS]:
        return -1
    word = load_word(slots_of(store), slot * at.W_WORDS + at.W_STATE)
    return slot if word != 0 and word >> 8 == hold_id >> 32 else -1


@kernel
def is_forgotten(store, slot, now_ms):
    """True if the hold in a slot ended at least the retention time ago: its id and its key name nothing any more.

    The slot itself is handed out again later, when it is needed; what callers see does not depend on when.
    """
    slots = slots_of(store)
    state = load_word(slots, slot * at.W_WORDS + at.W_STATE) & 0xFF
    if state == at.STATE_HELD or state == at.STATE_BOOKED:
        return False
    return slots[slot * at.W_WORDS + at.W_RESOLVED_MS] + store[at.H_RETENTION_MS] <= now_ms


@kernel
def allocate_slot(store, now_ms, deadline_ms):
    """Take a slot and a log sequence number: (slot, generation, lsn), or (-1, 0, 0) if none is free.

    Also notes the deadline for the sweep. Takes the ring lock.
    """
    shared = shared_of(store)
    slots = slots_of(store)
    slot = -1
    generation = 1
    lsn = 0
    acquire(shared, at.S_RING_LOCK)
    oldest = shared[at.S_RETIRED_HEAD] - 1
    high = load_word(shared, at.S_SLOT_HIGH)
    if oldest >= 0 and slots[oldest * at.W_WORDS + at.W_RESOLVED_MS] + store[at.H_RETENTION_MS] <= now_ms:
        slot = oldest
        generation = (load_word(slots, slot * at.W_WORDS + at.W_STATE) >> 8) + 1
        shared[at.S_RETIRED_HEAD] = slots[slot * at.W_WORDS + at.W_NEXT]
        if shared[at.S_RETIRED_HEAD] == 0:
            shared[at.S_RETIRED_TAIL] = 0
    elif high < store[at.H_SLOTS]:
        slot = high
        store_word(shared, at.S_SLOT_HIGH, high + 1)
    if slot >= 0:
        store_word(slots, slot * at.W_WORDS + at.W_STATE, generation << 8 | at.STATE_EMPTY)  # ends the old id
        lsn = add_word(shared, at.S_LSN, 1) + 1
        if deadline_ms < load_word(shared, at.S_EARLIEST_MS):
            store_word(shared, at.S_EARLIEST_MS, deadline_ms)
        if deadline_ms < shared[at.S_PENDING_MS]:
            shared[at.S_PENDING_MS] = deadline_ms
    release(shared, at.S_RING_LOCK)
    return slot, generation, lsn


@kernel
def next_lsn(store):
    """Assign the log sequence number of a change. Takes the ring lock."""
    shared = shared_of(store)
    acquire(shared, at.S_RING_LOCK)
    lsn = add_word(shared, at.S_LSN, 1) + 1
    release(shared, at.S_RING_LOCK)
    return lsn


@kernel
def retire_slot(store, slot, state, now_ms):
    """End a hold: set its final state, append it to the queue of ended holds; returns the lsn. Takes the ring lock."""
    shared = shared_of(store)
    slots = slots_of(store)
    base = slot * at.W_WORDS
    acquire(shared, at.S_RING_LOCK)
    lsn = add_word(shared, at.S_LSN, 1) + 1
    slots[base + at.W_LSN] = lsn
    slots[base + at.W_RESOLVED_MS] = now_ms
    slots[base + at.W_PREVIOUS] = 0
    slots[base + at.W_NEXT] = 0
    store_word(slots, base + at.W_STATE, (load_word(slots, base + at.W_STATE) >> 8) << 8 | state)
    tail = shared[at.S_RETIRED_TAIL] - 1
    if tail >= 0:
        slots[tail * at.W_WORDS + at.W_NEXT] = slot + 1
    else:
        shared[at.S_RETIRED_HEAD] = slot + 1
    shared[at.S_RETIRED_TAIL] = slot + 1
    release(shared, at.S_RING_LOCK)
    return lsn


@kernel
def link_slot(store, slot, hotel, head):
    """Put a slot at the head of a hotel's list (`head` = L_HELD_HEAD or L_BOOKED_HEAD). Hotel locked."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    first = hotels[hotel * at.L_WORDS + head]
    slots[slot * at.W_WORDS + at.W_PREVIOUS] = 0
    slots[slot * at.W_WORDS + at.W_NEXT] = first
    if first:
        slots[(first - 1) * at.W_WORDS + at.W_PREVIOUS] = slot + 1
    hotels[hotel * at.L_WORDS + head] = slot + 1


@kernel
def unlink_slot(store, slot, hotel, head):
    """Take a slot out of a hotel's list. Hotel locked. O(1)."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    before = slots[slot * at.W_WORDS + at.W_PREVIOUS]
    after = slots[slot * at.W_WORDS + at.W_NEXT]
    if before:
        slots[(before - 1) * at.W_WORDS + at.W_NEXT] = after
    else:
        hotels[hotel * at.L_WORDS + head] = after
    if after:
        slots[(after - 1) * at.W_WORDS + at.W_PREVIOUS] = before
