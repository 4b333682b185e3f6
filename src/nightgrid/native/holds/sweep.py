"""Ending a hold and giving its rooms back; expiring what is due."""

from __future__ import annotations

from nightgrid.native.base.atomics import acquire, load_word, lower_word, release, store_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.cells import give_rooms
from nightgrid.native.store.images import drop_image, keep_image
from nightgrid.native.store.records import publish
from nightgrid.native.store.sales import (
    begin_keeping,
    count_open,
    count_points,
    count_sale,
    count_units,
    end_keeping,
    keep_points,
    keep_units,
    points_of,
)
from nightgrid.native.store.slots import retire_slot, unlink_slot
from nightgrid.native.store.views import hotel_words_of, shared_of, slots_of


@kernel
def give_back_stay(store, slot, hotel, was_held, with_quotas):
    """Give back every room that a hold takes: cells, controls, and its limited counters where quotas are given back.

    In a store in memory publishing is durability, so this is the next step of the same critical section.
    """
    slots = slots_of(store)
    base = slot * at.W_WORDS
    stay = slots[base + at.W_STAY]
    place = slots[base + at.W_PLACE]
    scope = slots[base + at.W_SCOPE]
    row = q.place_row(place)
    rooms = q.stay_rooms(stay)
    arrival = q.stay_arrival(stay)
    kept = q.stay_kept(stay)
    steps.step(store, steps.POINT_GIVING)
    give_rooms(store, row, arrival, kept, rooms, at.C_HELD if was_held else at.C_SOLD)
    count_sale(store, row, hotel, q.place_product(place), scope, arrival, kept, -rooms, with_quotas)
    steps.step(store, steps.POINT_COUNTED)
    if q.needs_counters(scope):
        if with_quotas:
            count_units(store, scope, -1)
            count_points(store, points_of(store, slot, scope), -1)
        else:
            keep_units(store, scope)
            steps.step(store, steps.POINT_COUNTED)
            hotel_words_of(store)[hotel * at.L_WORDS + at.L_KEEPER_UNITS] = 1
            steps.step(store, steps.POINT_COUNTED)
            keep_points(store, points_of(store, slot, scope))
            steps.step(store, steps.POINT_COUNTED)
            hotel_words_of(store)[hotel * at.L_WORDS + at.L_KEEPER_UNITS] = 2
            steps.step(store, steps.POINT_COUNTED)
        if was_held:
            count_open(store, scope, -1)


@kernel
def turn_ended(store, slot, hotel, state, now_ms):
    """A live hold or booking ends in its slot: it leaves its list and is remembered; True if it was held. The rooms are
    given back once that is published.
    """
    slots = slots_of(store)
    was_held = load_word(slots, slot * at.W_WORDS + at.W_STATE) & at.STATE_MASK == at.STATE_HELD
    unlink_slot(store, slot, hotel, at.L_HELD_HEAD if was_held else at.L_BOOKED_HEAD)
    retire_slot(store, slot, hotel, state, now_ms)
    steps.step(store, steps.POINT_LIST)
    return was_held


@kernel
def end_hold(store, slot, hotel, state, kind, with_quotas, now_ms):
    """End a live hold or booking, publish that, and give its rooms back; returns the lsn. Hotel locked. It must
    succeed.
    """
    base = slot * at.W_WORDS
    if not with_quotas:
        keep_image(store, hotel, slot)
        begin_keeping(store, slot, hotel, slots_of(store)[base + at.W_PLACE], slots_of(store)[base + at.W_SCOPE])
    was_held = turn_ended(store, slot, hotel, state, now_ms)
    lsn = publish(store, slot, kind, now_ms, with_quotas)
    if not with_quotas:
        drop_image(store, hotel)
    give_back_stay(store, slot, hotel, was_held, with_quotas)
    if not with_quotas:
        end_keeping(store, hotel)
    return lsn


@kernel
def expire_hold(store, slot, hotel, now_ms):
    """Expire one hold; returns the lsn. Hotel locked."""
    return end_hold(store, slot, hotel, at.STATE_EXPIRED, at.RECORD_EXPIRE, True, now_ms)


@kernel
def sweep_hotel(store, hotel, now_ms):
    """Expire every due hold of one hotel; returns how many. Hotel locked. O(open holds of the hotel)."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    earliest = at.NEVER_MS
    expired = 0
    link = hotels[hotel * at.L_WORDS + at.L_HELD_HEAD]
    while link:
        slot = link - 1
        link = slots[slot * at.W_WORDS + at.W_NEXT]
        deadline = slots[slot * at.W_WORDS + at.W_DEADLINE_MS]
        if deadline <= now_ms:
            expire_hold(store, slot, hotel, now_ms)
            expired += 1
        elif deadline < earliest:
            earliest = deadline
    store_word(hotels, hotel * at.L_WORDS + at.L_EARLIEST_MS, earliest)
    return expired


@kernel
def sweep_store(store, now_ms):
    """Expire every due hold of the store; returns how many. One comparison where nothing is due.

    A hold taken while the sweep runs is seen by it, or noted in S_PENDING_MS before it is noted in S_EARLIEST_MS, so no
    deadline is lost (`slots.note_deadline`).
    """
    shared = shared_of(store)
    if load_word(shared, at.S_EARLIEST_MS) > now_ms:
        return 0
    hotels = hotel_words_of(store)
    expired = 0
    acquire(shared, at.S_SWEEP_LOCK)
    if load_word(shared, at.S_EARLIEST_MS) <= now_ms:
        store_word(shared, at.S_PENDING_MS, at.NEVER_MS)
        earliest = at.NEVER_MS
        for hotel in range(store[at.H_HOTELS]):
            line = hotel * at.L_WORDS
            if load_word(hotels, line + at.L_EARLIEST_MS) <= now_ms:
                acquire(hotels, line + at.L_LOCK)
                steps.step(store, steps.POINT_LOCKED)
                expired += sweep_hotel(store, hotel, now_ms)
                release(hotels, line + at.L_LOCK)
            earliest = min(earliest, load_word(hotels, line + at.L_EARLIEST_MS))
        steps.step(store, steps.POINT_UNLOCKING)
        store_word(shared, at.S_EARLIEST_MS, earliest)
        lower_word(shared, at.S_EARLIEST_MS, load_word(shared, at.S_PENDING_MS))
    release(shared, at.S_SWEEP_LOCK)
    return expired
