"""A stay is changed, or made again after its hold expired: the same checks as a hold, in the same critical section."""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import acquire, add_word, load_word, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.holds.admit import admission, column_of_stay, no_lines
from nightgrid.native.holds.holds import may_succeed_now, request_at
from nightgrid.native.holds.replace import swap_admission, swap_rooms, write_credit
from nightgrid.native.holds.resolve import locked_code
from nightgrid.native.holds.sweep import sweep_hotel
from nightgrid.native.holds.take import note_beside, take_stay
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store import verdicts as v
from nightgrid.native.store.images import drop_image, keep_image
from nightgrid.native.store.records import publish, publish_change
from nightgrid.native.store.sales import begin_keeping, counter_code, end_keeping, points_of, swap_counts
from nightgrid.native.store.slots import allocate_slot, find_slot, follow_past, hotel_of_slot
from nightgrid.native.store.views import hotel_words_of, quotes_of, row_hotel_of, shared_of, slots_of, statistics_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_INVALID = int(Outcome.INVALID)
_EXISTS = int(Outcome.EXISTS)
_ALREADY_CONFIRMED = int(Outcome.ALREADY_CONFIRMED)
_UNKNOWN_PRODUCT = int(Outcome.UNKNOWN_PRODUCT)
_OUTSIDE_HORIZON = int(Outcome.OUTSIDE_HORIZON)
_NOT_FOUND = int(Outcome.NOT_FOUND)
_EXPIRED = int(Outcome.EXPIRED)
_QUOTE_BOUND = int(Outcome.QUOTE_BOUND)
_QUOTA_USED_UP = int(Outcome.QUOTA_USED_UP)
_BUSY = int(Outcome.BUSY)
# -- what a stay is worth that is booked again -----------------------------------------------------
W_VALUE: Final = 0
W_NIGHT_VALUES: Final = 1
W_NIGHTS: Final = 2
WORTH_WORDS: Final = 3


@kernel
def _new_stay_code(store, request, lines, hotel, state):
    """What is wrong with the dates of an amended stay, its old one being lines[:, 0]; OK if they can be tried."""
    shared = shared_of(store)
    first = shared[at.S_FIRST_NIGHT]
    arrival = request[q.Q_ARRIVAL]
    departure = arrival + request[q.Q_NIGHTS]
    today = hotel_words_of(store)[hotel * at.L_WORDS + at.L_TODAY]
    if state == at.STATE_CHECKED_IN:
        same = request[q.Q_ROW] == lines[q.Q_ROW, 0] and request[q.Q_ROOMS] == -lines[q.Q_ROOMS, 0]
        if not same or arrival != lines[q.Q_ARRIVAL, 0]:
            return _INVALID
    if departure > shared[at.S_END_NIGHT] or departure < today:
        return _OUTSIDE_HORIZON
    if state != at.STATE_CHECKED_IN and (arrival < today or arrival < first):
        return _OUTSIDE_HORIZON
    return _OK


@kernel
def _inside(store, request):
    """The request with the nights before the window cut off: they are past, and no counter knows them."""
    past = max(shared_of(store)[at.S_FIRST_NIGHT] - request[q.Q_ARRIVAL], 0)
    kept = (request[q.Q_ARRIVAL] + past, request[q.Q_NIGHTS] - past)
    values = request[q.Q_NIGHT_VALUES]
    if values != 0:
        values += 8 * past
    return request[: q.Q_ARRIVAL] + kept + request[q.Q_ROOMS : q.Q_NIGHT_VALUES] + (values,)


@kernel
def _amend_locked(store, slot, request, lines, hotel, now_ms):
    """Amend a live stay; hotel and counters locked: (code, night, lsn)."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    hotels = hotel_words_of(store)
    arrival = request[q.Q_ARRIVAL]
    state = load_word(slots, base + at.W_STATE) & at.STATE_MASK
    write_credit(store, slot, lines)
    lsn = slots[base + at.W_LSN]
    code = _new_stay_code(store, request, lines, hotel, state)
    if code != _OK:
        return code, arrival, lsn
    inside = _inside(store, request)
    opens = 1 if state == at.STATE_HELD else 0
    restricted = state != at.STATE_CHECKED_IN and inside[q.Q_ARRIVAL] == arrival
    night = arrival
    if inside[q.Q_NIGHTS] > 0:
        code, night = swap_admission(store, inside, lines, hotel, restricted, opens, now_ms)
        if code >= _QUOTA_USED_UP and load_word(hotels, hotel * at.L_WORDS + at.L_EARLIEST_MS) <= now_ms:
            sweep_hotel(store, hotel, now_ms)
            code, night = swap_admission(store, inside, lines, hotel, restricted, opens, now_ms)
    if code != _OK:
        return code, night, lsn

    # From here on it must succeed.
    steps.step(store, steps.POINT_CHECKED)
    field = at.C_HELD if opens else at.C_SOLD
    swap_rooms(store, lines, request, field, True)
    swap_counts(store, lines, request, opens, True)
    nights = request[q.Q_NIGHTS]
    place = slots[base + at.W_PLACE]
    stay = slots[base + at.W_STAY]
    steps.step(store, steps.POINT_COUNTED)
    keep_image(store, hotel, slot)
    if not opens:
        begin_keeping(store, slot, hotel, place, slots[base + at.W_SCOPE])
    slots[base + at.W_PLACE] = q.place_word(request[q.Q_ROW], request[q.Q_PRODUCT])
    steps.step(store, steps.POINT_SLOT)
    slots[base + at.W_STAY] = q.stay_word(arrival, nights, nights, request[q.Q_ROOMS])
    slots[base + at.W_VALUE] = request[q.Q_VALUE]
    if request[q.Q_QUOTE] != 0:
        note_beside(store, slot, request)
        slots[base + at.W_SCOPE] |= q.SCOPE_BOUND
    if state != at.STATE_HELD:
        follow_past(store, slot, base, now_ms)
    hotels[hotel * at.L_WORDS + at.L_CHANGES] += 1
    lsn = publish_change(store, slot, at.RECORD_AMEND, now_ms, request[q.Q_VALUE], place, stay)
    drop_image(store, hotel)
    steps.step(store, steps.POINT_GIVING)
    swap_rooms(store, lines, request, field, False)
    swap_counts(store, lines, request, opens, False)
    steps.step(store, steps.POINT_COUNTED)
    end_keeping(store, hotel)
    return _OK, arrival, lsn


@kernel
def _bound_code(store, slot, request, now_ms):
    """QUOTE_BOUND where the price of a hold is that of a quote and the new stay has none, QUOTE_EXPIRED where its
    quote is over, else OK.
    """
    bound = slots_of(store)[slot * at.W_WORDS + at.W_SCOPE] & q.SCOPE_BOUND != 0
    return _QUOTE_BOUND if bound and request[q.Q_QUOTE] == 0 else q.quote_code(request, now_ms)


@kernel
def _amend(store, hold_id, slot, asked, lines, now_ms):
    """One attempt of `amend_one`."""
    hotels = hotel_words_of(store)
    shared = shared_of(store)
    hotel = hotel_of_slot(store, slot)
    arrival = asked[q.Q_ARRIVAL, 0]
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    acquire(shared, at.S_COUNTER_LOCK)
    code, lsn = locked_code(store, slot, hold_id, hotel, v.VERB_AMEND, now_ms)
    night = arrival
    if code == _OK and np.int64(row_hotel_of(store)[asked[q.Q_ROW, 0]]) != hotel:
        code = _UNKNOWN_PRODUCT
    if code == _OK:
        code = _bound_code(store, slot, request_at(asked, 0), now_ms)
    if code == _OK:
        scope = slots_of(store)[slot * at.W_WORDS + at.W_SCOPE]
        asked[q.Q_SCOPE, 0] = scope
        asked[q.Q_POINTS, 0] = points_of(store, slot, scope)
        if asked[q.Q_VALUE, 0] < 0:
            asked[q.Q_VALUE, 0] = slots_of(store)[slot * at.W_WORDS + at.W_VALUE]
        code, night, lsn = _amend_locked(store, slot, request_at(asked, 0), lines, hotel, now_ms)
    release(shared, at.S_COUNTER_LOCK)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return code, night, lsn


@kernel
def amend_one(store, hold_id, asked, lines, now_ms):
    """Give a hold or booking another stay at the same hotel, both or neither: (code, night, lsn).

    asked (Q_FIELDS, 1) int64: row, product, arrival, nights, rooms, value (negative: as before), guests of the new
    stay [in], its scope and points are the old one's [out]; lines (Q_FIELDS, 1) int64: scratch. O(nights).
    """
    slot = find_slot(store, hold_id)
    code, night, lsn = _NOT_FOUND, asked[q.Q_ARRIVAL, 0], 0
    if slot >= 0:
        code = q.row_code(store, asked[q.Q_ROW, 0])
        if code == _OK:
            code = q.shape_code(request_at(asked, 0))
        if code == _OK:
            code, night, lsn = _amend(store, hold_id, slot, asked, lines, now_ms)
            if code >= _QUOTA_USED_UP and may_succeed_now(store, code, now_ms):
                code, night, lsn = _amend(store, hold_id, slot, asked, lines, now_ms)
    add_word(statistics_of(store), code, 1)
    return code, night, lsn


@kernel
def worth_again_code(store, slot, worth):
    """Why what an expired hold is said to be worth now cannot be taken: worth (3) int64 as `rebook_one` [in].

    The price of a hold that is bound to a quote is that of the quote.
    """
    slots = slots_of(store)
    base = slot * at.W_WORDS
    if worth[W_VALUE] >= 0 and slots[base + at.W_SCOPE] & q.SCOPE_BOUND != 0:
        return _QUOTE_BOUND
    other = worth[W_NIGHT_VALUES] != 0 and worth[W_NIGHTS] != q.stay_nights(slots[base + at.W_STAY])
    return _INVALID if other else _OK


@kernel
def request_again(store, slot, rooms, worth):
    """The request of an expired hold, as a booking at once of some of its rooms (0 = all); worth: as `rebook_one`."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    stay = slots[base + at.W_STAY]
    place = slots[base + at.W_PLACE]
    bound = slots[base + at.W_SCOPE] & q.SCOPE_BOUND != 0
    value = -1 - slots[base + at.W_PREVIOUS]
    if bound and rooms != 0:
        value = value // q.stay_rooms(stay) * rooms
    if worth[W_VALUE] >= 0:
        value = worth[W_VALUE]
    return (
        q.place_row(place),
        q.place_product(place),
        q.stay_arrival(stay),
        q.stay_nights(stay),
        q.stay_rooms(stay) if rooms == 0 else rooms,
        0,
        0,
        0,
        slots[base + at.W_GUEST],
        slots[base + at.W_REFERENCE],
        slots[base + at.W_SCOPE],
        value,
        0,
        0,
        quotes_of(store)[slot * at.B_WORDS + at.B_QUOTE] if bound else 0,
        quotes_of(store)[slot * at.B_WORDS + at.B_VERSION] if bound else 0,
        0,
        points_of(store, slot, slots[base + at.W_SCOPE]),
        worth[W_NIGHT_VALUES],
    )


@kernel
def _rebook_admission(store, request, hotel, now_ms):
    """`admission` without restrictions, with the limited counters."""
    code, night = admission(store, request, column_of_stay(store, request), no_lines(store), 0, hotel, False, now_ms)
    counted = counter_code(store, request[q.Q_SCOPE], request[q.Q_POINTS], 0, 0, 0, 0)
    if counted != _OK and (code == _OK or counted < code):
        return counted, request[q.Q_ARRIVAL]
    return code, night


@kernel
def _rebook_locked(store, slot, hold_id, hotel, rooms, worth, now_ms):
    """Book again what a hold of the locked hotel held: (code, night, id, lsn)."""
    slots = slots_of(store)
    hotels = hotel_words_of(store)
    line = hotel * at.L_WORDS
    code, lsn = locked_code(store, slot, hold_id, hotel, v.VERB_CONFIRM, now_ms)
    if code != _EXPIRED:
        return (_INVALID if code == _OK else code), 0, 0, lsn
    known = slots[slot * at.W_WORDS + at.W_PREVIOUS]
    if known > 0:
        booked = (known & 0xFFFFFFFF) * at.W_WORDS
        same = rooms == 0 or rooms == q.stay_rooms(slots[booked + at.W_STAY])
        return (_EXISTS if same else _ALREADY_CONFIRMED), 0, known, slots[booked + at.W_LSN]
    if rooms < 0 or rooms > q.stay_rooms(slots[slot * at.W_WORDS + at.W_STAY]):
        return _INVALID, 0, 0, lsn
    code = worth_again_code(store, slot, worth)
    if code != _OK:
        return code, 0, 0, lsn
    request = request_again(store, slot, rooms, worth)
    arrival = request[q.Q_ARRIVAL]
    code = q.horizon_code(store, shared_of(store), hotels[line + at.L_TODAY], request)
    if code != _OK:
        return code, arrival, 0, 0
    code, night = _rebook_admission(store, request, hotel, now_ms)
    if code >= _QUOTA_USED_UP and load_word(hotels, line + at.L_EARLIEST_MS) <= now_ms:
        sweep_hotel(store, hotel, now_ms)
        code, night = _rebook_admission(store, request, hotel, now_ms)
    if code != _OK:
        return code, night, 0, 0
    new_slot, generation = allocate_slot(store, hotel, now_ms)
    if new_slot < 0:
        return _BUSY, arrival, 0, 0

    # From here on it must succeed.
    steps.step(store, steps.POINT_CHECKED)
    keep_image(store, hotel, slot)
    take_stay(store, new_slot, generation, hotel, request, slots[slot * at.W_WORDS + at.W_REQUEST], -hold_id, now_ms)
    new_id = generation << 32 | new_slot
    if new_slot != slot:  # a store that retains nothing hands the slot out at once
        slots[slot * at.W_WORDS + at.W_PREVIOUS] = new_id
    lsn = publish(store, new_slot, at.RECORD_BOOK, now_ms, request[q.Q_VALUE])
    drop_image(store, hotel)
    return _OK, night, new_id, lsn


@kernel
def _rebook(store, slot, hold_id, rooms, worth, now_ms):
    """One attempt of `rebook_one`."""
    hotels = hotel_words_of(store)
    shared = shared_of(store)
    hotel = hotel_of_slot(store, slot)
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    acquire(shared, at.S_COUNTER_LOCK)
    answer = _rebook_locked(store, slot, hold_id, hotel, rooms, worth, now_ms)
    release(shared, at.S_COUNTER_LOCK)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return answer


@kernel
def rebook_one(store, hold_id, rooms, worth, now_ms):
    """Book what an expired hold held, if rooms are still there: (code, night, id, lsn); restrictions are not tested.

    rooms: how many of its rooms, 0 = all; worth (3) int64: the value of these now, negative where it is what the hold
    was said to be worth, and address and number of the values of its nights, 0 where only the stay has one [in]. The
    booking is new and linked to the hold; asked again, the answer is EXISTS with the same booking. O(nights).
    """
    slot = find_slot(store, hold_id)
    if slot < 0:
        return _NOT_FOUND, 0, 0, 0
    answer = _rebook(store, slot, hold_id, rooms, worth, now_ms)
    if answer[0] >= _QUOTA_USED_UP and may_succeed_now(store, answer[0], now_ms):
        answer = _rebook(store, slot, hold_id, rooms, worth, now_ms)
    add_word(statistics_of(store), answer[0], 1)
    return answer
