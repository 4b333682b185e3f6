"""Hold slots: handing out, ids, and the lists of a hotel.

A slot that was handed out belongs to one hotel: while it is live it stands in one of the hotel's two lists (open
holds, bookings), afterwards in the hotel's queue of ended holds; a queue entry older than the retention time is handed
out again with the next generation, so an old id can never name a new hold. The first generation is another one in every
store. A hotel that needs more takes a run of slots from the store; when the store has none left, what other hotels do
not need any more is collected. How many slots there are is one word, S_SLOT_LIMIT: the store grows when it is raised
(`native/upkeep/more_slots.py`). Links are slot + 1, so that zeroed memory is an empty list. Everything here is done
under the hotel's lock.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import acquire, load_word, lower_word, release, store_word
from nightgrid.native.base.hints import stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from nightgrid.native.store.keys import forget_key
from nightgrid.native.store.requests import place_row, stay_arrival, stay_kept
from nightgrid.native.store.sales import begin_keeping, end_keeping, keep_points, keep_units, points_of
from nightgrid.native.store.views import hotel_words_of, row_hotel_of, shared_of, slots_of

#: Runs are so short that one in so many slots lies unused in a hotel at most.
_HOTELS_SHARE: Final = 8


@inlined_kernel
def is_live(state):
    """True for a state (with its flags) that stands in a list of its hotel and may take rooms."""
    return state <= at.STATE_MASK and (at.STATES_LIVE >> state) & 1 != 0


@inlined_kernel
def hold_id_of(slots, slot):
    """Id of the hold in a slot: generation << 32 | slot."""
    return (load_word(slots, slot * at.W_WORDS + at.W_STATE) >> 8) << 32 | slot


@inlined_kernel
def find_slot(store, hold_id):
    """Slot that a hold id names, or -1 if there is none or it holds another generation by now."""
    slot = hold_id & 0xFFFFFFFF
    if hold_id <= 0 or slot >= store[at.H_SLOTS]:
        return -1
    word = load_word(slots_of(store), slot * at.W_WORDS + at.W_STATE)
    return slot if word & 0xFF != 0 and word >> 8 == hold_id >> 32 else -1


@kernel
def hotel_of_slot(store, slot):
    """Hotel of the hold in a slot."""
    return np.int64(row_hotel_of(store)[place_row(slots_of(store)[slot * at.W_WORDS + at.W_PLACE])])


@kernel
def is_forgotten(store, slot, now_ms):
    """True if the hold in a slot ended at least the retention time ago, or its nights are past for that long: its id
    and its key name nothing any more.

    The slot itself is handed out again later, when it is needed; what callers see does not depend on when.
    """
    slots = slots_of(store)
    base = slot * at.W_WORDS
    if load_word(slots, base + at.W_STATE) & at.STATE_ENDED != 0:
        return slots[base + at.W_RESOLVED_MS] + store[at.H_RETENTION_MS] <= now_ms
    since_ms = -slots[base + at.W_DEADLINE_MS]
    return since_ms > 0 and since_ms + store[at.H_RETENTION_MS] <= now_ms


@inlined_kernel
def _next_generation(store, slot):
    """End the old id of a slot, and the key that named it: (slot, generation)."""
    slots = slots_of(store)
    forget_key(store, slot)
    steps.step(store, steps.POINT_KEY)
    generation = max(load_word(slots, slot * at.W_WORDS + at.W_STATE) >> 8, store[at.H_EPOCH]) + 1
    store_word(slots, slot * at.W_WORDS + at.W_STATE, generation << 8 | at.STATE_EMPTY)
    return slot, generation


@kernel
def _slot_of_the_store(store, hotel):
    """A slot that belonged to no hotel: (slot, generation), or (-1, 0). Takes the slot lock."""
    stay_apart()
    shared = shared_of(store)
    slots = slots_of(store)
    slot = -1
    acquire(shared, at.S_SLOT_LOCK)
    steps.step(store, steps.POINT_LOCKED)
    if shared[at.S_FREE_HEAD]:
        slot = shared[at.S_FREE_HEAD] - 1
        shared[at.S_FREE_HEAD] = slots[slot * at.W_WORDS + at.W_NEXT]
    else:
        high = load_word(shared, at.S_SLOT_HIGH)
        limit = shared[at.S_SLOT_LIMIT]
        run = max(1, min(store[at.H_SLOT_RUN], limit // (_HOTELS_SHARE * store[at.H_HOTELS])))
        taken = min(run, limit - high)
        if taken > 0:
            slot = high
            store_word(shared, at.S_SLOT_HIGH, high + taken)  # first: slots may be lost here, and never be had twice
            steps.step(store, steps.POINT_LIST)
            hotel_words_of(store)[hotel * at.L_WORDS + at.L_RUN] = (high + 1) | (high + taken) << 32
    release(shared, at.S_SLOT_LOCK)
    return _next_generation(store, slot) if slot >= 0 else (-1, 0)


@kernel
def allocate_slot(store, hotel, now_ms):
    """A slot for a new hold: (slot, generation), or (-1, 0) if the hotel and the store have none. O(1)."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    line = hotel * at.L_WORDS
    oldest = hotels[line + at.L_RETIRED_HEAD] - 1
    if oldest >= 0 and slots[oldest * at.W_WORDS + at.W_RESOLVED_MS] + store[at.H_RETENTION_MS] <= now_ms:
        hotels[line + at.L_RETIRED_HEAD] = slots[oldest * at.W_WORDS + at.W_NEXT]
        if hotels[line + at.L_RETIRED_HEAD] == 0:
            hotels[line + at.L_RETIRED_TAIL] = 0
        return _next_generation(store, oldest)
    run = hotels[line + at.L_RUN]
    slot = run & 0xFFFFFFFF
    if slot < run >> 32:
        hotels[line + at.L_RUN] = run + 1
        return _next_generation(store, slot)
    return _slot_of_the_store(store, hotel)


@kernel
def free_slot(store, slot):
    """Give a slot to the store. Takes the slot lock."""
    shared = shared_of(store)
    acquire(shared, at.S_SLOT_LOCK)
    slots_of(store)[slot * at.W_WORDS + at.W_NEXT] = shared[at.S_FREE_HEAD]
    steps.step(store, steps.POINT_LIST)
    shared[at.S_FREE_HEAD] = slot + 1
    release(shared, at.S_SLOT_LOCK)


@inlined_kernel
def note_collectable(store, since_ms):
    """Tell passes for slots (`collect_slots`) of a hold that ended, or whose nights are past, at an instant. Its hotel
    is locked. One comparison, but for the first after a pass that left nothing behind.
    """
    shared = shared_of(store)
    instant = since_ms + store[at.H_RETENTION_MS]
    if instant < load_word(shared, at.S_COLLECT_MS):
        lower_word(shared, at.S_COLLECT_MS, instant)


@kernel
def retire_slot(store, slot, hotel, state, now_ms):
    """End a hold: its final state, and its place in the hotel's queue of ended holds."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    base = slot * at.W_WORDS
    line = hotel * at.L_WORDS
    note_collectable(store, now_ms)
    slots[base + at.W_PREVIOUS] = -1 - slots[base + at.W_VALUE]  # for who books it again
    slots[base + at.W_RESOLVED_MS] = now_ms
    slots[base + at.W_NEXT] = 0
    store_word(slots, base + at.W_STATE, (load_word(slots, base + at.W_STATE) >> 8) << 8 | state | at.STATE_ENDED)
    steps.step(store, steps.POINT_SLOT)
    tail = hotels[line + at.L_RETIRED_TAIL] - 1
    if tail >= 0:
        slots[tail * at.W_WORDS + at.W_NEXT] = slot + 1
    else:
        hotels[line + at.L_RETIRED_HEAD] = slot + 1
    hotels[line + at.L_RETIRED_TAIL] = slot + 1


@inlined_kernel
def link_slot(store, slot, hotel, head):
    """Put a slot at the head of a hotel's list (`head` = L_HELD_HEAD or L_BOOKED_HEAD)."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    first = hotels[hotel * at.L_WORDS + head]
    slots[slot * at.W_WORDS + at.W_PREVIOUS] = 0
    slots[slot * at.W_WORDS + at.W_NEXT] = first
    if first:
        slots[(first - 1) * at.W_WORDS + at.W_PREVIOUS] = slot + 1
    steps.step(store, steps.POINT_LIST)
    hotels[hotel * at.L_WORDS + head] = slot + 1


@kernel
def unlink_slot(store, slot, hotel, head):
    """Take a slot out of a hotel's list. O(1)."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    before = slots[slot * at.W_WORDS + at.W_PREVIOUS]
    after = slots[slot * at.W_WORDS + at.W_NEXT]
    if before:
        slots[(before - 1) * at.W_WORDS + at.W_NEXT] = after
    else:
        hotels[hotel * at.L_WORDS + head] = after
    steps.step(store, steps.POINT_LIST)
    if after:
        slots[(after - 1) * at.W_WORDS + at.W_PREVIOUS] = before


@inlined_kernel
def note_deadline(store, hotel, deadline_ms):
    """Tell the sweep of a deadline: first the hotel, then a sweep that may be running, then the store.

    In this order a sweep that reads the hotel too early finds the pending word, and one that has read that too is
    followed by the last step (see `sweep.sweep_store`).
    """
    shared = shared_of(store)
    hotels = hotel_words_of(store)
    if deadline_ms < load_word(hotels, hotel * at.L_WORDS + at.L_EARLIEST_MS):
        store_word(hotels, hotel * at.L_WORDS + at.L_EARLIEST_MS, deadline_ms)
    if deadline_ms < load_word(shared, at.S_PENDING_MS):
        lower_word(shared, at.S_PENDING_MS, deadline_ms)
    if deadline_ms < load_word(shared, at.S_EARLIEST_MS):
        lower_word(shared, at.S_EARLIEST_MS, deadline_ms)


@kernel
def is_past(store, slot):
    """True if a hold takes rooms in no night of the window or after it."""
    stay = slots_of(store)[slot * at.W_WORDS + at.W_STAY]
    kept = stay_kept(stay)
    return kept == 0 or stay_arrival(stay) + kept <= shared_of(store)[at.S_FIRST_NIGHT]


@inlined_kernel
def is_noted_past(slots, base):
    """True for a booking that was noted as past. (A deadline is an instant after 1970.)"""
    return slots[base + at.W_DEADLINE_MS] < 0


@inlined_kernel
def note_past(store, base, now_ms):
    """Note that a booking is past from now on; its deadline means nothing any more."""
    note_collectable(store, now_ms)
    slots_of(store)[base + at.W_DEADLINE_MS] = -now_ms


@inlined_kernel
def forget_past(slots, base):
    """A booking is not past any more: it was given other nights."""
    if is_noted_past(slots, base):
        slots[base + at.W_DEADLINE_MS] = slots[base + at.W_TAKEN_MS]


@inlined_kernel
def follow_past(store, slot, base, now_ms):
    """Note that a booking is past, or that it is not any more, once its nights have changed."""
    if not is_past(store, slot):
        forget_past(slots_of(store), base)
    elif not is_noted_past(slots_of(store), base):
        note_past(store, base, now_ms)


@kernel
def note_past_stays(store, hotel, now_ms):
    """Note the bookings of a hotel whose nights have all left the window: they are remembered for the retention time
    and then given to the store. Hotel locked. O(bookings of the hotel).

    Until then every verb still applies: guests check out on the morning after their last night.
    """
    slots = slots_of(store)
    link = hotel_words_of(store)[hotel * at.L_WORDS + at.L_BOOKED_HEAD]
    while link:
        slot = link - 1
        base = slot * at.W_WORDS
        link = slots[base + at.W_NEXT]
        if not is_noted_past(slots, base):
            if is_past(store, slot):
                note_past(store, base, now_ms)
        elif is_forgotten(store, slot, now_ms):
            unlink_slot(store, slot, hotel, at.L_BOOKED_HEAD)
            begin_keeping(store, slot, hotel, slots[base + at.W_PLACE], slots[base + at.W_SCOPE])
            keep_units(store, slots[base + at.W_SCOPE])
            keep_points(store, points_of(store, slot, slots[base + at.W_SCOPE]))
            _next_generation(store, slot)
            end_keeping(store, hotel)
            free_slot(store, slot)
        else:
            note_collectable(store, -slots[base + at.W_DEADLINE_MS])


@kernel
def _collect_hotel(store, hotel, now_ms):
    """Give the store what a hotel does not need: forgotten holds and bookings, unused slots; note when it will have the
    next one. Hotel locked. O(bookings of the hotel).
    """
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    line = hotel * at.L_WORDS
    note_past_stays(store, hotel, now_ms)
    while True:
        oldest = hotels[line + at.L_RETIRED_HEAD] - 1
        if oldest < 0:
            break
        if not is_forgotten(store, oldest, now_ms):
            note_collectable(store, slots[oldest * at.W_WORDS + at.W_RESOLVED_MS])
            break
        hotels[line + at.L_RETIRED_HEAD] = slots[oldest * at.W_WORDS + at.W_NEXT]
        if hotels[line + at.L_RETIRED_HEAD] == 0:
            hotels[line + at.L_RETIRED_TAIL] = 0
        _next_generation(store, oldest)
        free_slot(store, oldest)
    run = hotels[line + at.L_RUN]
    for slot in range(run & 0xFFFFFFFF, run >> 32):
        free_slot(store, slot)
    hotels[line + at.L_RUN] = 0


@kernel
def _collect(store, now_ms):
    """Collect what no hotel needs any more, and note before which instant another pass would find nothing. The sweep
    lock is held. Locks one hotel after the other.

    The instant is put to never before the first hotel is looked at. From then on everybody only lowers it: this pass by
    what it leaves behind, whoever ends a hold in a hotel where it has been by that, a store that grows. So nothing is
    missed that could be had.
    """
    shared = shared_of(store)
    hotels = hotel_words_of(store)
    shared[at.S_COLLECTIONS] += 1
    store_word(shared, at.S_COLLECT_MS, at.NEVER_MS)
    if load_word(shared, at.S_SLOT_HIGH) < load_word(shared, at.S_SLOT_LIMIT):
        lower_word(shared, at.S_COLLECT_MS, 0)  # hotels may take runs behind this pass
    for hotel in range(store[at.H_HOTELS]):
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        _collect_hotel(store, hotel, now_ms)
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)


@kernel
def collect_slots(store, now_ms):
    """Collect the slots that no hotel needs any more; True if there are some now. No lock is held.

    Only when the store has run out of slots. O(hotels + bookings), and O(1) before the instant at which another one can
    be found. Two threads do it one after the other, and nobody looks at what a pass under way has noted.
    """
    shared = shared_of(store)
    acquire(shared, at.S_SWEEP_LOCK)
    if now_ms >= load_word(shared, at.S_COLLECT_MS):
        _collect(store, now_ms)
    release(shared, at.S_SWEEP_LOCK)
    has_more = load_word(shared, at.S_SLOT_HIGH) < load_word(shared, at.S_SLOT_LIMIT)  # it has grown by now
    return has_more or load_word(shared, at.S_FREE_HEAD) != 0
