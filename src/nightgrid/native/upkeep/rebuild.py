"""Repair: counters, bit maps and lists are assigned from the hold slots. Every hotel is locked meanwhile.

Nothing is taken back or added up: what `upkeep/audit.py` says must be there is written (derive, never undo). The slots
themselves are the truth and stay as they are.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import and_word, load_word, or_word, store_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.planes import kinds_of_bits, product_bits, row_bits
from nightgrid.native.store.records import publish_cells
from nightgrid.native.store.slots import link_slot
from nightgrid.native.store.views import (
    capacity_of,
    cells_of,
    controlled_of,
    elsewhere_of,
    hotel_words_of,
    next_product_of,
    night_kinds_of,
    product_lane_of,
    product_profiles_of,
    row_flags_of,
    row_hotel_of,
    row_product_of,
    row_restricted_of,
    shared_of,
    slots_of,
)
from nightgrid.native.upkeep.audit import is_restricted, takes_rooms
from nightgrid.native.upkeep.control_tables import first_control


@kernel
def assign_cells(store, held, sold, now_ms):
    """Write held, sold and free of every cell, and publish that they were set: held, sold (row, column) int32 from
    `audit.count_slots` [in].

    Bit maps are not kept in step: `audit.subtract_bits` says afterwards what they must be. O(rows x nights).
    """
    cells = cells_of(store)
    capacity = capacity_of(store)
    elsewhere = elsewhere_of(store)
    for row in range(store[at.H_ROWS]):
        for column in range(store[at.H_NIGHTS]):
            wanted_held = held[row, column]
            wanted_sold = sold[row, column] + elsewhere[row, column]
            wanted_free = capacity[row, column] - wanted_held - wanted_sold
            if cells[row, column, at.C_HELD] != wanted_held:
                cells[row, column, at.C_HELD] = wanted_held
            if cells[row, column, at.C_SOLD] != wanted_sold:
                cells[row, column, at.C_SOLD] = wanted_sold
            if cells[row, column, at.C_FREE] != wanted_free:
                cells[row, column, at.C_FREE] = wanted_free
    publish_cells(store, at.RECORD_RELOAD, 0, 0, 0, now_ms)


@kernel
def assign_restrictions(store):
    """Write which kinds of restriction each night has, and how many nights of its products a row has restricted."""
    own = product_profiles_of(store)
    kinds = night_kinds_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    restricted = row_restricted_of(store)
    for row in range(store[at.H_ROWS]):
        profiles = 0
        for column in range(store[at.H_NIGHTS] if is_restricted(store, row) else 0):
            needed = kinds_of_bits(row_bits(store, row, column))
            link = np.int64(first_product[row])
            while link:
                product = link - 1
                link = np.int64(next_product[product])
                if own[product, column]:
                    profiles += 1
                    needed |= kinds_of_bits(product_bits(store, product, column, 0))
            kinds[column] |= needed
        restricted[row] = profiles


@kernel
def assign_marks(store):
    """Write which rows, and for searches which of their products, have selling controls."""
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    lanes = product_lane_of(store)
    controlled = controlled_of(store)
    flags = row_flags_of(store)
    for row in range(store[at.H_ROWS]):
        if first_product[row] == 0:
            continue  # a spare row is of no hotel
        has = first_control(store, 0, row) != 0 or first_control(store, 1, row_hotel_of(store)[row]) != 0
        flags[row] = flags[row] & ~at.ROW_CONTROLLED | (at.ROW_CONTROLLED if has else 0)
        link = np.int64(first_product[row])
        while link:
            product = link - 1
            link = np.int64(next_product[product])
            lane = np.int64(lanes[product])
            bit = np.int64(1) << (lane & 63)
            if has:
                or_word(controlled, lane >> 6, bit)
            else:
                and_word(controlled, lane >> 6, ~bit)


@kernel
def _state_of(store, slot):
    """State of a slot with its flags; 0 for one that cannot be read: it names no room type."""
    slots = slots_of(store)
    if q.place_row(slots[slot * at.W_WORDS + at.W_PLACE]) >= store[at.H_ROWS]:
        return np.int64(-1)
    return load_word(slots, slot * at.W_WORDS + at.W_STATE) & 0xFF


@kernel
def ended_slots(store, out_slots, out_resolved_ms):
    """Ended holds: out_slots, out_resolved_ms (slots used) int64 [out]; returns how many. An end whose flag is missing
    gets it.
    """
    slots = slots_of(store)
    count = 0
    for slot in range(load_word(shared_of(store), at.S_SLOT_HIGH)):
        base = slot * at.W_WORDS
        state = _state_of(store, slot)
        if state > 0 and not takes_rooms(state):
            store_word(slots, base + at.W_STATE, slots[base + at.W_STATE] | at.STATE_ENDED)
            out_slots[count] = slot
            out_resolved_ms[count] = slots[base + at.W_RESOLVED_MS]
            count += 1
    return count


@kernel
def _keep_runs(store, high, out_kept):
    """Mark the unused slots that hotels keep for themselves; a run that cannot be one is dropped."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    for hotel in range(store[at.H_HOTELS]):
        run = hotels[hotel * at.L_WORDS + at.L_RUN]
        first, end = run & 0xFFFFFFFF, run >> 32
        good = 0 <= first <= end <= high and end - first <= store[at.H_SLOT_RUN]
        for slot in range(first, end if good else first):
            good = good and slots[slot * at.W_WORDS + at.W_STATE] & 0xFF == 0 and out_kept[slot] == 0
        if not good:
            hotels[hotel * at.L_WORDS + at.L_RUN] = 0
        for slot in range(first, end if good else first):
            out_kept[slot] = 1


@kernel
def _forget_lists(store):
    """Every list empty, no deadline noted."""
    hotels = hotel_words_of(store)
    for hotel in range(store[at.H_HOTELS]):
        line = hotel * at.L_WORDS
        for head in (at.L_HELD_HEAD, at.L_BOOKED_HEAD, at.L_RETIRED_HEAD, at.L_RETIRED_TAIL):
            hotels[line + head] = 0
        store_word(hotels, line + at.L_EARLIEST_MS, at.NEVER_MS)
    shared_of(store)[at.S_FREE_HEAD] = 0


@kernel
def assign_lists(store, ended):
    """Make the lists of all hotels anew, the queues of ended holds, the list of free slots, and the earliest deadlines.

    ended (hold) int64: slots of `ended_slots`, oldest first [in]. The sweep lock is held. O(slots).
    """
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    shared = shared_of(store)
    row_hotel = row_hotel_of(store)
    high = load_word(shared, at.S_SLOT_HIGH)
    kept = np.zeros(high, np.uint8)
    _keep_runs(store, high, kept)
    _forget_lists(store)
    earliest = at.NEVER_MS
    for slot in range(high - 1, -1, -1):
        base = slot * at.W_WORDS
        state = _state_of(store, slot)
        if slots[base + at.W_STATE] & 0xFF == 0:
            if not kept[slot]:
                slots[base + at.W_NEXT] = shared[at.S_FREE_HEAD]
                shared[at.S_FREE_HEAD] = slot + 1
        elif takes_rooms(state):
            hotel = row_hotel[q.place_row(slots[base + at.W_PLACE])]
            link_slot(store, slot, hotel, at.L_HELD_HEAD if state == at.STATE_HELD else at.L_BOOKED_HEAD)
            if state == at.STATE_HELD:
                deadline = slots[base + at.W_DEADLINE_MS]
                earliest = min(earliest, deadline)
                line = hotel * at.L_WORDS
                store_word(hotels, line + at.L_EARLIEST_MS, min(deadline, hotels[line + at.L_EARLIEST_MS]))
    for i in range(ended.size):
        base = ended[i] * at.W_WORDS
        line = row_hotel[q.place_row(slots[base + at.W_PLACE])] * at.L_WORDS
        slots[base + at.W_NEXT] = 0
        tail = hotels[line + at.L_RETIRED_TAIL]
        if tail:
            slots[(tail - 1) * at.W_WORDS + at.W_NEXT] = ended[i] + 1
        else:
            hotels[line + at.L_RETIRED_HEAD] = ended[i] + 1
        hotels[line + at.L_RETIRED_TAIL] = ended[i] + 1
    store_word(shared, at.S_EARLIEST_MS, earliest)
