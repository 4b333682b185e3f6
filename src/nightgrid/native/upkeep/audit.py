"""Recount: what every counter and bit map must be, derived from the hold slots alone, and what differs."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import load_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.cells import inside_window, is_closed
from nightgrid.native.store.planes import kinds_of_bits, product_bits, row_bits
from nightgrid.native.store.restrictions import product_closed
from nightgrid.native.store.views import (
    capacity_of,
    cells_of,
    column_of,
    elsewhere_of,
    hotel_row_of,
    hotel_words_of,
    next_column,
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

FINDING_CONSERVATION = 1  # free + held + sold is not the capacity
FINDING_HELD = 2  # held is not the sum of the open holds
FINDING_SOLD = 3  # sold is not the sum of the bookings and the rooms sold elsewhere
FINDING_SELLABLE = 4  # a sellable bit is wrong
FINDING_PLANES = 5  # a restriction plane is wrong
FINDING_OVERSOLD = 6  # free is negative: capacity was cut below what is sold
FINDING_LIST = 7  # a live hold is not in its hotel's list, or a list is broken
FINDING_KINDS = 8  # a night does not say that it has a kind of restriction
FINDING_ROW_RESTRICTED = 9  # a row miscounts the restrictions of its products
FINDING_DEADLINE = 10  # a deadline is noted too late: the hold would not expire in time


@kernel
def takes_rooms(state):
    """True for the state (with its flags) of a hold or booking that takes rooms; not for an end without its flag."""
    return (
        state == at.STATE_HELD
        or state == at.STATE_BOOKED
        or state == at.STATE_CHECKED_IN
        or state == at.STATE_CHECKED_OUT
        or state == at.STATE_NO_SHOW
    )


@kernel
def count_slots(store, out_held, out_sold):
    """Sum the live holds: out_held, out_sold (row, column) int32 rooms [out], zeroed by the caller. Returns how many
    are live. O(slots x nights).
    """
    slots = slots_of(store)
    shared = shared_of(store)
    live = 0
    for slot in range(load_word(shared, at.S_SLOT_HIGH)):
        base = slot * at.W_WORDS
        state = load_word(slots, base + at.W_STATE) & 0xFF
        row = q.place_row(slots[base + at.W_PLACE])
        if takes_rooms(state) and row < store[at.H_ROWS]:
            live += 1
            stay = slots[base + at.W_STAY]
            rooms = q.stay_rooms(stay)
            out = out_held if state == at.STATE_HELD else out_sold
            night, nights = inside_window(store, q.stay_arrival(stay), q.stay_kept(stay))
            column = column_of(store, shared, night) if nights > 0 else 0
            for _ in range(nights):
                out[row, column] += rooms
                column = next_column(store, column)
    return live


@kernel
def is_restricted(store, row):
    """True if any night of a room type, or of one of its products, has a restriction profile, or if one is closed."""
    cells = cells_of(store)
    own = product_profiles_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    seen = np.int64(row_flags_of(store)[row]) & (at.ROW_SHUT | at.ROW_PLANS_CLOSED)
    for column in range(store[at.H_NIGHTS]):
        seen |= cells[row, column, at.C_PROFILE]
    link = np.int64(first_product[row])
    while link:
        product = link - 1
        link = np.int64(next_product[product])
        for column in range(store[at.H_NIGHTS]):
            seen |= own[product, column]
    return seen != 0


@kernel
def _subtract_open_row(store, row, sellable):
    """`subtract_bits` of a room type without restrictions."""
    words = store[at.H_WORDS]
    cells = cells_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    lanes = product_lane_of(store)
    link = np.int64(first_product[row])
    while link:
        product = link - 1
        link = np.int64(next_product[product])
        lane = np.int64(lanes[product])
        word = lane >> 6
        bit = lane & 63
        for column in range(store[at.H_NIGHTS]):
            sellable[column * words + word] ^= np.int64(cells[row, column, at.C_FREE] >= 1) << bit


@kernel
def _subtract_row(store, row, sellable, planes):
    """`subtract_bits` of a room type with restrictions."""
    words = store[at.H_WORDS]
    cells = cells_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    lanes = product_lane_of(store)
    for night in range(store[at.H_NIGHTS]):
        wanted = cells[row, night, at.C_FREE] >= 1 and not is_closed(store, row, night)
        of_row = row_bits(store, row, night)
        link = np.int64(first_product[row])
        while link:
            product = link - 1
            link = np.int64(next_product[product])
            lane = np.int64(lanes[product])
            bit = np.int64(1) << (lane & 63)
            if wanted and not product_closed(store, product, night):
                sellable[night * words + (lane >> 6)] ^= bit
            bits = product_bits(store, product, night, of_row)
            for plane in range(at.P_PLANES if bits else 0):
                if bits >> plane & 1:
                    planes[(night * at.P_PLANES + plane) * words + (lane >> 6)] ^= bit


@kernel
def subtract_bits(store, sellable, planes):
    """Take out of copies of the bit maps every bit that the cells ask for: whatever is left over is wrong.

    sellable (night * words), planes (night * P_PLANES * words) int64: flat copies [inout]. O(products x nights).
    """
    for row in range(store[at.H_ROWS]):
        if is_restricted(store, row):
            _subtract_row(store, row, sellable, planes)
        else:
            _subtract_open_row(store, row, sellable)


@kernel
def note_finding(kind, row, night, found, wanted, count, out):
    """Append a finding if there is room; returns the new count."""
    if count < out.shape[0]:
        out[count, 0] = kind
        out[count, 1] = row
        out[count, 2] = night
        out[count, 3] = found
        out[count, 4] = wanted
    return count + 1


@kernel
def audit_cells(store, held, sold, out):
    """Compare every cell with the recount; returns the number of findings.

    held, sold (row, night) int32 from `count_slots` [in]; out (finding, 5) int64: kind, row, night, found, wanted
    [out], the first that fit. O(rows x nights).
    """
    cells = cells_of(store)
    capacity = capacity_of(store)
    elsewhere = elsewhere_of(store)
    count = 0
    for row in range(store[at.H_ROWS]):
        for night in range(store[at.H_NIGHTS]):
            free = np.int64(cells[row, night, at.C_FREE])
            cell_held = np.int64(cells[row, night, at.C_HELD])
            cell_sold = np.int64(cells[row, night, at.C_SOLD])
            wanted_sold = np.int64(sold[row, night]) + elsewhere[row, night]
            total = free + cell_held + cell_sold
            if total != capacity[row, night]:
                count = note_finding(FINDING_CONSERVATION, row, night, total, capacity[row, night], count, out)
            if cell_held != held[row, night]:
                count = note_finding(FINDING_HELD, row, night, cell_held, held[row, night], count, out)
            if cell_sold != wanted_sold:
                count = note_finding(FINDING_SOLD, row, night, cell_sold, wanted_sold, count, out)
            if free < 0:
                count = note_finding(FINDING_OVERSOLD, row, night, free, 0, count, out)
    return count


@kernel
def audit_restrictions(store, out):
    """Compare what lets kernels pass over restrictions with the profiles; returns the number of findings.

    A night must have noted every kind of restriction in it (the missing ones are found), and a row how many nights of
    its products have a profile of their own. out (finding, 5) int64 [out]. O(products x nights).
    """
    own = product_profiles_of(store)
    kinds = night_kinds_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    restricted = row_restricted_of(store)
    count = 0
    for row in range(store[at.H_ROWS]):
        profiles = 0
        for night in range(store[at.H_NIGHTS] if is_restricted(store, row) else 0):
            needed = kinds_of_bits(row_bits(store, row, night))
            link = np.int64(first_product[row])
            while link:
                product = link - 1
                link = np.int64(next_product[product])
                if own[product, night]:
                    profiles += 1
                    needed |= kinds_of_bits(product_bits(store, product, night, 0))
            if needed & ~kinds[night]:
                count = note_finding(FINDING_KINDS, row, night, needed & ~kinds[night], 0, count, out)
        if profiles != restricted[row]:
            count = note_finding(FINDING_ROW_RESTRICTED, row, -1, restricted[row], profiles, count, out)
    return count


@kernel
def _first_row(store, hotel):
    """The room type under which findings of a hotel are named."""
    return max(np.int64(hotel_row_of(store)[hotel]) - 1, 0)


@kernel
def _walk_list(store, hotel, head, met, count, out):
    """Walk one list of a hotel: every slot in it is what the list asks for, and stands in no other. The number of
    findings with what was found here.
    """
    slots = slots_of(store)
    hotels = hotel_words_of(store)
    row_hotel = row_hotel_of(store)
    before = 0
    link = hotels[hotel * at.L_WORDS + head]
    while link:
        slot = link - 1
        base = slot * at.W_WORDS
        row = 0
        wrong = slot < 0 or slot >= met.size
        if not wrong:
            state = slots[base + at.W_STATE] & 0xFF
            row = q.place_row(slots[base + at.W_PLACE])
            if head == at.L_RETIRED_HEAD:
                wrong = state & at.STATE_ENDED == 0
            else:
                wrong = not takes_rooms(state) or (state == at.STATE_HELD) != (head == at.L_HELD_HEAD)
                wrong = wrong or slots[base + at.W_PREVIOUS] != before
            wrong = wrong or met[slot] != 0 or row >= row_hotel.size or row_hotel[row] != hotel
        if wrong:
            return note_finding(FINDING_LIST, _first_row(store, hotel), 0, slot, hotel, count, out)
        met[slot] = 1
        before = link
        link = slots[base + at.W_NEXT]
    if head == at.L_RETIRED_HEAD and hotels[hotel * at.L_WORDS + at.L_RETIRED_TAIL] != before:
        count = note_finding(FINDING_LIST, _first_row(store, hotel), 0, before - 1, hotel, count, out)
    return count


@kernel
def _audit_run(store, hotel, met, count, out):
    """The unused slots that a hotel keeps for itself are unused, and nobody else has them."""
    slots = slots_of(store)
    run = hotel_words_of(store)[hotel * at.L_WORDS + at.L_RUN]
    first, end = run & 0xFFFFFFFF, run >> 32
    if not 0 <= first <= end <= met.size:
        return note_finding(FINDING_LIST, _first_row(store, hotel), 0, first, hotel, count, out)
    for slot in range(first, end):
        if met[slot] != 0 or slots[slot * at.W_WORDS + at.W_STATE] & 0xFF != 0:
            return note_finding(FINDING_LIST, _first_row(store, hotel), 0, slot, hotel, count, out)
        met[slot] = 1
    return count


@kernel
def _audit_deadlines(store, hotel, count, out):
    """The earliest deadlines of the hotel and of the store are not later than any of its holds'."""
    slots = slots_of(store)
    earliest = at.NEVER_MS
    link = hotel_words_of(store)[hotel * at.L_WORDS + at.L_HELD_HEAD]
    while link:
        earliest = min(earliest, slots[(link - 1) * at.W_WORDS + at.W_DEADLINE_MS])
        link = slots[(link - 1) * at.W_WORDS + at.W_NEXT]
    noted = max(
        hotel_words_of(store)[hotel * at.L_WORDS + at.L_EARLIEST_MS], load_word(shared_of(store), at.S_EARLIEST_MS)
    )
    if noted > earliest:
        return note_finding(FINDING_DEADLINE, _first_row(store, hotel), 0, noted, earliest, count, out)
    return count


@kernel
def audit_lists(store, out):
    """Walk the lists of every hotel; returns the number of findings, and writes them to out (finding, 5) int64 [out].

    Every slot must be met exactly once: in use in the list that its state asks for, unused in the run of a hotel or
    among those that belong to no hotel. O(slots).
    """
    slots = slots_of(store)
    shared = shared_of(store)
    met = np.zeros(load_word(shared, at.S_SLOT_HIGH), np.uint8)
    count = 0
    for hotel in range(store[at.H_HOTELS]):
        before = count
        for head in (at.L_HELD_HEAD, at.L_BOOKED_HEAD, at.L_RETIRED_HEAD):
            count = _walk_list(store, hotel, head, met, count, out)
        if count == before:
            count = _audit_deadlines(store, hotel, count, out)
    link = shared[at.S_FREE_HEAD]
    while link:
        slot = link - 1
        if slot < 0 or slot >= met.size or met[slot] or slots[slot * at.W_WORDS + at.W_STATE] & 0xFF != 0:
            count = note_finding(FINDING_LIST, 0, 0, slot, -1, count, out)
            break
        met[slot] = 1
        link = slots[slot * at.W_WORDS + at.W_NEXT]
    for hotel in range(store[at.H_HOTELS]):
        count = _audit_run(store, hotel, met, count, out)
    for slot in range(met.size):
        base = slot * at.W_WORDS
        if not met[slot]:
            row = q.place_row(slots[base + at.W_PLACE])
            count = note_finding(FINDING_LIST, row if row < store[at.H_ROWS] else 0, 0, slot, -1, count, out)
    return count
