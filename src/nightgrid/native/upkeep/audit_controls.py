"""Recount of the selling controls: what live holds use of every cap, block and counter, what differs, and mending it.

What is used of a quota is what live holds have and what it keeps, because sales ended without refund: that is noted
beside it. The steps of a hurdle are not written in the holds and cannot be checked. The caller has locked every hotel.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import acquire, add_word, load_word, release, store_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.cells import inside_window
from nightgrid.native.store.sales import counts_sale, points_of
from nightgrid.native.store.selling import plan_of
from nightgrid.native.store.slots import find_slot
from nightgrid.native.store.views import (
    column_of,
    control_nights_of,
    controlled_of,
    controls_of,
    counters_of,
    hotel_row_of,
    hotel_words_of,
    next_column,
    next_product_of,
    next_row_of,
    product_lane_of,
    records_of,
    row_flags_of,
    row_hotel_of,
    row_product_of,
    shared_of,
    slots_of,
)
from nightgrid.native.upkeep.audit import takes_rooms
from nightgrid.native.upkeep.control_tables import first_control

FINDING_CAP: Final = 20  # rooms under a cap are not those of the live holds
FINDING_QUOTA: Final = 21  # what is used of a quota is not what it keeps and what live holds have
FINDING_BLOCK: Final = 22  # rooms picked up of a block are not those of the live holds
FINDING_COUNTER: Final = 23  # units used are not those kept and those of the live holds
FINDING_OPEN_HOLDS: Final = 24  # open holds of a channel are miscounted
FINDING_CONTROLS: Final = 25  # a row does not know that it has controls


@kernel
def _count_stay(store, base, out_used):
    """Add the rooms of one live hold to every control that it falls under."""
    slots = slots_of(store)
    controls = controls_of(store)
    place = slots[base + at.W_PLACE]
    row = q.place_row(place)
    plan = plan_of(store, q.place_product(place))
    scope = slots[base + at.W_SCOPE]
    stay = slots[base + at.W_STAY]
    night, nights = inside_window(store, q.stay_arrival(stay), q.stay_kept(stay))
    for level in range(2):
        link = first_control(store, level, row_hotel_of(store)[row] if level else row)
        while link:
            control = link - 1
            link = controls[control, at.T_NEXT]
            if controls[control, at.T_KIND] == at.KIND_HURDLE or not counts_sale(controls, control, scope, plan):
                continue
            column = column_of(store, shared_of(store), night) if nights > 0 else 0
            for _ in range(nights):
                out_used[control, column] += q.stay_rooms(stay)
                column = next_column(store, column)


@kernel
def count_controls(store, out_used, out_counters):
    """What the live holds use: out_used (control, column) int32 rooms, out_counters (counter) int64 units and open
    holds, both zeroed by the caller [out]. Every hotel is locked. O(slots x nights x controls of a row).
    """
    slots = slots_of(store)
    for slot in range(load_word(shared_of(store), at.S_SLOT_HIGH)):
        base = slot * at.W_WORDS
        state = load_word(slots, base + at.W_STATE) & 0xFF
        if not takes_rooms(state):
            continue
        scope = slots[base + at.W_SCOPE]
        if q.scope_counter(scope):
            out_counters[q.scope_counter(scope) - 1] += q.scope_units(scope)
        points = points_of(store, slot, scope)
        if points != 0:
            out_counters[q.points_counter(points) - 1] += q.points_units(points)
        if state == at.STATE_HELD and q.scope_channel(scope):
            out_counters[q.scope_channel(scope) - 1] += 1
        if out_used.shape[0] > 0:
            _count_stay(store, base, out_used)


@kernel
def _note(kind, place, column, found, wanted, count, out):
    """Append a finding if there is room; returns the new count."""
    if count < out.shape[0]:
        out[count, 0] = kind
        out[count, 1] = place
        out[count, 2] = column
        out[count, 3] = found
        out[count, 4] = wanted
    return count + 1


@kernel
def _night_finding(kind, limit, found, wanted):
    """The kind of finding of one night of a control, 0 = none."""
    if kind == at.KIND_CAP and limit != 0 and found != wanted:
        return FINDING_CAP
    if kind == at.KIND_QUOTA and limit != 0 and found != wanted:
        return FINDING_QUOTA
    return FINDING_BLOCK if kind == at.KIND_BLOCK and found != wanted else 0


@kernel
def _audit_marks(store, count, out):
    """Every row with controls, and no other, must say so to holds and to searches; returns the new count."""
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    lanes = product_lane_of(store)
    for row in range(store[at.H_ROWS]):
        if first_product[row] == 0:
            continue  # a spare row is of no hotel
        has = first_control(store, 0, row) != 0 or first_control(store, 1, row_hotel_of(store)[row]) != 0
        right = (row_flags_of(store)[row] & at.ROW_CONTROLLED != 0) == has
        link = np.int64(first_product[row])
        while link:
            product = link - 1
            link = np.int64(next_product[product])
            lane = np.int64(lanes[product])
            right = right and (controlled_of(store)[lane >> 6] >> (lane & 63) & 1 != 0) == has
        if not right:
            count = _note(FINDING_CONTROLS, row, 0, 0, 1 if has else 0, count, out)
    return count


@kernel
def audit_controls(store, used, counted, channels, out):
    """Compare controls and counters with the recount; returns the number of findings.

    used (control, column) int32, counted (counter) int64: from `count_controls`; channels: how many of the counters
    count open holds [in]; out (finding, 5) int64: kind, control (or counter, or row), column, found, wanted [out].
    """
    controls = controls_of(store)
    nights = control_nights_of(store)
    counters = counters_of(store)
    count = 0
    acquire(shared_of(store), at.S_COUNTER_LOCK)
    for control in range(shared_of(store)[at.S_CONTROLS]):
        kind = controls[control, at.T_KIND]
        for column in range(store[at.H_NIGHTS]):
            found = nights[control, column, at.N_USED]
            wanted = np.int64(used[control, column])
            if kind == at.KIND_QUOTA:
                wanted += nights[control, column, at.N_KEPT]
            wrong = _night_finding(kind, nights[control, column, at.N_LIMIT], found, wanted)
            if wrong:
                count = _note(wrong, control, column, found, wanted, count, out)
    for counter in range(store[at.H_COUNTERS]):
        found = load_word(counters, counter * at.U_WORDS + at.U_USED)
        wanted = counted[counter] + load_word(counters, counter * at.U_WORDS + at.U_KEPT)
        if found != wanted:
            kind = FINDING_OPEN_HOLDS if counter < channels else FINDING_COUNTER
            count = _note(kind, counter, 0, found, wanted, count, out)
    release(shared_of(store), at.S_COUNTER_LOCK)
    return _audit_marks(store, count, out)


@kernel
def _keep_what_is_used(store, level, owner, used):
    """The quotas of a row or hotel keep what is used of them and no live hold has."""
    controls = controls_of(store)
    nights = control_nights_of(store)
    link = first_control(store, level, owner)
    while link:
        control = link - 1
        link = controls[control, at.T_NEXT]
        if controls[control, at.T_KIND] == at.KIND_QUOTA:
            for column in range(store[at.H_NIGHTS]):
                nights[control, column, at.N_KEPT] = nights[control, column, at.N_USED] - np.int64(
                    used[control, column]
                )


@kernel
def _settle_kept(store, counter, units, is_live, counted):
    """What a counter keeps becomes what is used of it and no live hold has, by so many units at most: those of a sale
    that is gone may not have been kept yet, those of one that is still live may have been.
    """
    if counter >= 0:
        counters = counters_of(store)
        base = counter * at.U_WORDS
        missing = load_word(counters, base + at.U_USED) - counted[counter] - load_word(counters, base + at.U_KEPT)
        add_word(counters, base + at.U_KEPT, max(min(missing, 0 if is_live else units), -units if is_live else 0))


@kernel
def _settle_other_lines(store, slot, hotel, counted):
    """`_settle_kept` for the bookings of a hotel that ended in the same publication as the one in a slot, after it: the
    lines of a cart give back what they have one after the other.
    """
    slots = slots_of(store)
    records = records_of(store)
    lsn = slots[slot * at.W_WORDS + at.W_LSN]
    kind = records[((lsn - 1) & (store[at.H_RECORDS] - 1)) * at.D_WORDS + at.D_KIND]
    if kind & 0xFF != at.RECORD_CANCEL:
        return
    for further in range(1, (kind >> 24 & 0xFFFF) - (kind >> 8 & 0xFFFF)):
        base = ((lsn + further - 1) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
        other = find_slot(store, records[base + at.D_HOLD_ID])
        if other >= 0 and row_hotel_of(store)[q.place_row(slots[other * at.W_WORDS + at.W_PLACE])] == hotel:
            scope = slots[other * at.W_WORDS + at.W_SCOPE]
            points = points_of(store, other, scope)
            _settle_kept(store, q.scope_counter(scope) - 1, q.scope_units(scope), False, counted)
            _settle_kept(store, q.points_counter(points) - 1, q.points_units(points), False, counted)


@kernel
def settle_keepers(store, used, counted):
    """Finish what somebody died in who gave a booking's rooms back and its quota not (`sales.begin_keeping`).

    used (control, column) int32, counted (counter) int64: from `count_controls`, of settled slots [in]. If the change
    was published, what is used of the hotel's quotas is right, and what they keep follows; if not, it is the other way
    round. What is used of a counter does not move by it, and is right. Every hotel is locked. O(hotels + nights x
    controls of those).
    """
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    for hotel in range(store[at.H_HOTELS]):
        line = hotel * at.L_WORDS
        slot = hotels[line + at.L_KEEPER] - 1
        if slot < 0:
            continue
        if slots[slot * at.W_WORDS + at.W_LSN] != hotels[line + at.L_KEEPER_LSN]:
            _keep_what_is_used(store, 1, hotel, used)
            link = np.int64(hotel_row_of(store)[hotel])
            while link:
                _keep_what_is_used(store, 0, link - 1, used)
                link = np.int64(next_row_of(store)[link - 1])
        scope = slots[slot * at.W_WORDS + at.W_SCOPE]
        points = points_of(store, slot, scope)
        is_live = takes_rooms(load_word(slots, slot * at.W_WORDS + at.W_STATE) & 0xFF)
        if hotels[line + at.L_KEEPER_UNITS] < 1:
            _settle_kept(store, q.scope_counter(scope) - 1, q.scope_units(scope), is_live, counted)
        if hotels[line + at.L_KEEPER_UNITS] < 2:
            _settle_kept(store, q.points_counter(points) - 1, q.points_units(points), is_live, counted)
        hotels[line + at.L_KEEPER_UNITS] = 2
        if not is_live:
            _settle_other_lines(store, slot, hotel, counted)
        hotels[line + at.L_KEEPER] = 0


@kernel
def rebuild_controls(store, used, counted):
    """Make the counts of caps, blocks, quotas and counters equal to the recount and what they keep. Every hotel is
    locked; takes the counter lock. Arrays as `audit_controls`.
    """
    controls = controls_of(store)
    nights = control_nights_of(store)
    counters = counters_of(store)
    for control in range(shared_of(store)[at.S_CONTROLS]):
        kind = controls[control, at.T_KIND]
        for column in range(store[at.H_NIGHTS]):
            wanted = np.int64(used[control, column])
            if kind == at.KIND_CAP or kind == at.KIND_BLOCK:
                nights[control, column, at.N_USED] = wanted
            elif kind == at.KIND_QUOTA:
                nights[control, column, at.N_USED] = nights[control, column, at.N_KEPT] + wanted
    acquire(shared_of(store), at.S_COUNTER_LOCK)
    for counter in range(store[at.H_COUNTERS]):
        wanted = counted[counter] + load_word(counters, counter * at.U_WORDS + at.U_KEPT)
        store_word(counters, counter * at.U_WORDS + at.U_USED, wanted)
    release(shared_of(store), at.S_COUNTER_LOCK)
