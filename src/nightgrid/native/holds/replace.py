"""Stays that change places: a hold given up for another, a booking that is amended. Both or neither.

The new stay is checked as if the old one's rooms were back: the old stay is a line before it with negative rooms. Then,
cell by cell, what is more is taken, the change is published, and what is less is given back, so that nobody sees a room
that is not there.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import acquire, load_word, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.holds.admit import admission, column_of_stay
from nightgrid.native.holds.sweep import expire_hold, sweep_hotel
from nightgrid.native.holds.take import fill_slot
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.cells import change_free, inside_window
from nightgrid.native.store.images import drop_image, keep_image
from nightgrid.native.store.keys import write_key
from nightgrid.native.store.records import publish_pair
from nightgrid.native.store.sales import counter_code, points_of, swap_counters, swap_counts
from nightgrid.native.store.selling import knows_block
from nightgrid.native.store.slots import (
    allocate_slot,
    find_slot,
    hold_id_of,
    hotel_of_slot,
    is_forgotten,
    is_live,
    link_slot,
    note_deadline,
    retire_slot,
    unlink_slot,
)
from nightgrid.native.store.verdicts import state_code
from nightgrid.native.store.views import (
    cells_of,
    column_of,
    hotel_words_of,
    row_hotel_of,
    shared_of,
    slots_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_NOT_FOUND = int(Outcome.NOT_FOUND)
_UNKNOWN_BLOCK = int(Outcome.UNKNOWN_BLOCK)
_ALREADY_CONFIRMED = int(Outcome.ALREADY_CONFIRMED)
_EXPIRED = int(Outcome.EXPIRED)
_QUOTA_USED_UP = int(Outcome.QUOTA_USED_UP)
_BUSY = int(Outcome.BUSY)


@kernel
def write_credit(store, slot, lines):
    """Write the stay of a live hold into lines[:, 0], with its rooms negative: they count as back."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    stay = slots[base + at.W_STAY]
    place = slots[base + at.W_PLACE]
    lines[q.Q_ROW, 0] = q.place_row(place)
    lines[q.Q_PRODUCT, 0] = q.place_product(place)
    lines[q.Q_ARRIVAL, 0] = q.stay_arrival(stay)
    lines[q.Q_NIGHTS, 0] = q.stay_kept(stay)
    lines[q.Q_ROOMS, 0] = -q.stay_rooms(stay)
    lines[q.Q_SCOPE, 0] = slots[base + at.W_SCOPE]
    lines[q.Q_POINTS, 0] = points_of(store, slot, slots[base + at.W_SCOPE])


@kernel
def _shift(store, row, night, rooms, field, taking):
    """Take (rooms > 0, when taking) or give back (rooms < 0, when not) on one night inside the window."""
    if (rooms > 0) == taking and rooms != 0:
        cells = cells_of(store)
        column = column_of(store, shared_of(store), night)
        change_free(store, cells, row, column, -rooms)
        cells[row, column, field] += rooms
        steps.step(store, steps.POINT_CELL)


@kernel
def swap_rooms(store, lines, request, field, taking):
    """Move rooms from the old stay, lines[:, 0] with its rooms negative, to that of a request, cell by cell: take what
    is more (taking), or give back what is less (not taking: once the change is published).

    Both stays are in `field` (C_HELD or C_SOLD). Nights outside the window are passed over. O(nights).
    """
    old_row = lines[q.Q_ROW, 0]
    old_rooms = -lines[q.Q_ROOMS, 0]
    row = request[q.Q_ROW]
    rooms = request[q.Q_ROOMS]
    old_night, old_nights = inside_window(store, lines[q.Q_ARRIVAL, 0], lines[q.Q_NIGHTS, 0])
    night, nights = inside_window(store, request[q.Q_ARRIVAL], request[q.Q_NIGHTS])
    if old_row != row:
        if taking:
            for each in range(night, night + nights):
                _shift(store, row, each, rooms, field, True)
        else:
            for each in range(old_night, old_night + old_nights):
                _shift(store, old_row, each, -old_rooms, field, False)
    else:
        for each in range(min(night, old_night), max(night + nights, old_night + old_nights)):
            change = rooms if night <= each < night + nights else 0
            change -= old_rooms if old_night <= each < old_night + old_nights else 0
            _shift(store, row, each, change, field, taking)


@kernel
def swap_admission(store, request, lines, hotel, restricted, opens, now_ms):
    """`admission` of a request whose old stay is lines[:, 0], with the limited counters: (code, night)."""
    code, night = admission(store, request, column_of_stay(store, request), lines, 1, hotel, restricted, now_ms)
    old = lines[q.Q_SCOPE, 0]
    scope = request[q.Q_SCOPE]
    points, old_points = request[q.Q_POINTS], lines[q.Q_POINTS, 0]
    units_back = -q.units_of(old, old_points, q.scope_counter(scope))
    points_back = -q.units_of(old, old_points, q.points_counter(points))
    opens_back = -opens if q.scope_channel(old) == q.scope_channel(scope) else 0
    counted = counter_code(store, scope, points, opens, units_back, points_back, opens_back)
    if counted != _OK and (code == _OK or counted < code):
        return counted, request[q.Q_ARRIVAL]
    return code, night


@kernel
def _swap_counters(store, lines, request, taking):
    """Move the limited counters from the hold whose stay is lines[:, 0] to a request in its place."""
    old, old_points = lines[q.Q_SCOPE, 0], lines[q.Q_POINTS, 0]
    swap_counters(store, old, old_points, request[q.Q_SCOPE], request[q.Q_POINTS], taking)


@kernel
def _replaceable(store, slot, hold_id, hotel, now_ms):
    """Why a hold cannot be given up for another; OK if it can. Its hotel is locked."""
    slots = slots_of(store)
    if hold_id_of(slots, slot) != hold_id or is_forgotten(store, slot, now_ms):
        return _NOT_FOUND
    state = load_word(slots, slot * at.W_WORDS + at.W_STATE) & 0xFF
    if not is_live(state):
        return state_code(state & at.STATE_MASK)
    if state != at.STATE_HELD:
        return _ALREADY_CONFIRMED
    if slots[slot * at.W_WORDS + at.W_DEADLINE_MS] <= now_ms:
        expire_hold(store, slot, hotel, now_ms)
        return _EXPIRED
    return _OK


@kernel
def _swap_locked(store, request, lines, digest, old_slot, old_hotel, hotel, now_ms):
    """Take a request in the place of an open hold; both hotels and the counters are locked."""
    shared = shared_of(store)
    hotels = hotel_words_of(store)
    line = hotel * at.L_WORDS
    night = request[q.Q_ARRIVAL]
    code = q.horizon_code(store, shared, hotels[line + at.L_TODAY], request)
    if code == _OK:
        code = q.quote_code(request, now_ms)
    if code == _OK:
        code = _replaceable(store, old_slot, request[q.Q_REPLACES], old_hotel, now_ms)
        if code > _UNKNOWN_BLOCK and q.scope_block(request[q.Q_SCOPE]) != 0 and not knows_block(store, request):
            code = _UNKNOWN_BLOCK
    if code != _OK:
        return code, night, 0, 0
    write_credit(store, old_slot, lines)
    code, night = swap_admission(store, request, lines, hotel, True, 1, now_ms)
    if code >= _QUOTA_USED_UP and load_word(hotels, line + at.L_EARLIEST_MS) <= now_ms:
        sweep_hotel(store, hotel, now_ms)
        code, night = swap_admission(store, request, lines, hotel, True, 1, now_ms)
    if code != _OK:
        return code, night, 0, 0
    slot, generation = allocate_slot(store, hotel, now_ms)
    if slot < 0:
        return _BUSY, night, 0, 0

    # From here on it must succeed.
    steps.step(store, steps.POINT_CHECKED)
    note_deadline(store, hotel, now_ms + request[q.Q_TTL_MS])
    swap_rooms(store, lines, request, at.C_HELD, True)
    swap_counts(store, lines, request, 1, True)
    _swap_counters(store, lines, request, True)
    steps.step(store, steps.POINT_COUNTED)
    keep_image(store, old_hotel, old_slot)
    unlink_slot(store, old_slot, old_hotel, at.L_HELD_HEAD)
    retire_slot(store, old_slot, old_hotel, at.STATE_RELEASED, now_ms)
    steps.step(store, steps.POINT_LIST)
    fill_slot(store, slot, generation, at.STATE_HELD, request, digest, -request[q.Q_REPLACES], now_ms)
    steps.step(store, steps.POINT_SLOT)
    link_slot(store, slot, hotel, at.L_HELD_HEAD)
    for each in (line, old_hotel * at.L_WORDS):
        hotels[each + at.L_CHANGES] += 1
    lsn = publish_pair(store, old_slot, at.RECORD_RELEASE, slot, at.RECORD_HOLD, now_ms, request[q.Q_VALUE])
    drop_image(store, old_hotel)
    steps.step(store, steps.POINT_GIVING)
    swap_rooms(store, lines, request, at.C_HELD, False)
    swap_counts(store, lines, request, 1, False)
    _swap_counters(store, lines, request, False)
    steps.step(store, steps.POINT_COUNTED)
    return _OK, night, generation << 32 | slot, lsn


@kernel
def _nothing_to_replace(store, request, hotel):
    """The answer to a request in the place of a hold that there is not: its own dates are looked at first."""
    today = load_word(hotel_words_of(store), hotel * at.L_WORDS + at.L_TODAY)
    code = q.horizon_code(store, shared_of(store), today, request)
    return np.int64(_NOT_FOUND if code == _OK else code), request[q.Q_ARRIVAL], np.int64(0), np.int64(0)


@kernel
def replace_hold(store, request, lines, digest, place, hashed, now_ms):
    """Take a request in the place of the guest's own open hold, atomically: (code, night, hold id, lsn).

    lines (Q_FIELDS, 1) int64: scratch; place, hashed: where its key is remembered, if it has one. Locks the two hotels
    in ascending order, then the counters. O(nights).
    """
    hold_id = request[q.Q_REPLACES]
    old_slot = find_slot(store, hold_id)
    hotel = np.int64(row_hotel_of(store)[request[q.Q_ROW]])
    if old_slot < 0 or request[q.Q_TTL_MS] == 0:
        return _nothing_to_replace(store, request, hotel)
    old_hotel = hotel_of_slot(store, old_slot)
    hotels = hotel_words_of(store)
    shared = shared_of(store)
    acquire(hotels, min(hotel, old_hotel) * at.L_WORDS + at.L_LOCK)
    steps.step(store, steps.POINT_LOCKED)
    if hotel != old_hotel:
        acquire(hotels, max(hotel, old_hotel) * at.L_WORDS + at.L_LOCK)
    steps.step(store, steps.POINT_LOCKED)
    acquire(shared, at.S_COUNTER_LOCK)
    if hotel_of_slot(store, old_slot) != old_hotel:  # the slot was handed out again, to another hotel
        answer = _nothing_to_replace(store, request, hotel)
    else:
        answer = _swap_locked(store, request, lines, digest, old_slot, old_hotel, hotel, now_ms)
        if answer[0] == _OK and (request[q.Q_KEY_HIGH] != 0 or request[q.Q_KEY_LOW] != 0):
            steps.step(store, steps.POINT_KEY)
            write_key(store, place, hashed, answer[2] & 0xFFFFFFFF)
    steps.step(store, steps.POINT_UNLOCKING)
    release(shared, at.S_COUNTER_LOCK)
    if hotel != old_hotel:
        release(hotels, max(hotel, old_hotel) * at.L_WORDS + at.L_LOCK)
    release(hotels, min(hotel, old_hotel) * at.L_WORDS + at.L_LOCK)
    return answer
