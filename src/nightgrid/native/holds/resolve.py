"""The verbs of a hold: confirm, release, cancel, extend, check in and out, no show, early departure.

Each is one critical section under the hotel's lock, in three paragraphs: check, the line from which it must succeed,
apply. The table of what applies when is `native/store/verdicts.py`.
"""

from __future__ import annotations

from nightgrid.limits import HOLD_TTL_MS_MAX
from nightgrid.native.base.atomics import acquire, add_word, load_word, release, store_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.holds.sweep import end_hold, expire_hold
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store import verdicts as v
from nightgrid.native.store.cells import give_rooms, sell_rooms
from nightgrid.native.store.images import drop_image, keep_image
from nightgrid.native.store.records import publish, publish_change
from nightgrid.native.store.sales import begin_keeping, count_open, count_sale, end_keeping
from nightgrid.native.store.slots import (
    find_slot,
    follow_past,
    hold_id_of,
    hotel_of_slot,
    is_forgotten,
    is_live,
    is_past,
    link_slot,
    note_deadline,
    note_past,
    unlink_slot,
)
from nightgrid.native.store.store import store_at
from nightgrid.native.store.views import hotel_words_of, slots_of, statistics_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_INVALID = int(Outcome.INVALID)
_EXISTS = int(Outcome.EXISTS)
_OUTSIDE_HORIZON = int(Outcome.OUTSIDE_HORIZON)
_NOT_FOUND = int(Outcome.NOT_FOUND)
_ALREADY_CONFIRMED = int(Outcome.ALREADY_CONFIRMED)
_EXPIRED = int(Outcome.EXPIRED)


@kernel
def locked_code(store, slot, hold_id, hotel, verb, now_ms):
    """What a verb answers before its own arguments are looked at: (code, lsn). Hotel locked; a due hold expires.

    The slot may have been handed out again between the look and the lock, even to another hotel.
    """
    slots = slots_of(store)
    base = slot * at.W_WORDS
    if hold_id_of(slots, slot) != hold_id or is_forgotten(store, slot, now_ms):
        return _NOT_FOUND, 0
    state = load_word(slots, base + at.W_STATE) & 0xFF
    if state == at.STATE_HELD and slots[base + at.W_DEADLINE_MS] <= now_ms:
        return _EXPIRED, expire_hold(store, slot, hotel, now_ms)
    code = v.verb_code(state & at.STATE_MASK, verb, not is_live(state))
    return code, slots[base + at.W_LSN]


@kernel
def give_tail(store, slot, hotel, stay, kept):
    """Give back the nights of a booking's stay (a word) from its `kept`-th on."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    place = slots[base + at.W_PLACE]
    scope = slots[base + at.W_SCOPE]
    row = q.place_row(place)
    rooms = q.stay_rooms(stay)
    first = q.stay_arrival(stay) + kept
    less = q.stay_kept(stay) - kept
    steps.step(store, steps.POINT_GIVING)
    give_rooms(store, row, first, less, rooms, at.C_SOLD)
    count_sale(store, row, hotel, q.place_product(place), scope, first, less, -rooms, False)


@kernel
def turn_booked(store, slot, hotel, rooms, now_ms):
    """A hold becomes a booking of `rooms` rooms in its slot, and changes lists. Its rooms are sold once published."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    stay = slots[base + at.W_STAY]
    nights = q.stay_nights(stay)
    slots[base + at.W_STAY] = q.stay_word(q.stay_arrival(stay), nights, nights, rooms)
    if slots[base + at.W_SCOPE] & q.SCOPE_BOUND != 0:  # a quote is so much for each room
        slots[base + at.W_VALUE] = slots[base + at.W_VALUE] // q.stay_rooms(stay) * rooms
    follow_past(store, slot, base, now_ms)
    steps.step(store, steps.POINT_SLOT)
    store_word(slots, base + at.W_STATE, load_word(slots, base + at.W_STATE) >> 8 << 8 | at.STATE_BOOKED)
    steps.step(store, steps.POINT_SLOT)
    unlink_slot(store, slot, hotel, at.L_HELD_HEAD)
    link_slot(store, slot, hotel, at.L_BOOKED_HEAD)


@kernel
def sell_held(store, slot, hotel, stay, rooms):
    """held -> sold of `rooms` rooms of a stay (a word) that was held; its other rooms are given back."""
    slots = slots_of(store)
    place = slots[slot * at.W_WORDS + at.W_PLACE]
    scope = slots[slot * at.W_WORDS + at.W_SCOPE]
    row = q.place_row(place)
    arrival = q.stay_arrival(stay)
    nights = q.stay_nights(stay)
    less = q.stay_rooms(stay) - rooms
    steps.step(store, steps.POINT_GIVING)
    sell_rooms(store, row, arrival, nights, rooms)
    if less > 0:
        give_rooms(store, row, arrival, nights, less, at.C_HELD)
        count_sale(store, row, hotel, q.place_product(place), scope, arrival, nights, -less, True)
    steps.step(store, steps.POINT_COUNTED)
    if q.scope_channel(scope):
        count_open(store, scope, -1)


@kernel
def _confirm(store, slot, hotel, rooms, now_ms):
    """Turn a hold, or `rooms` of its rooms (0 = all), into a booking: (code, lsn)."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    stay = slots[base + at.W_STAY]
    if rooms == 0:
        rooms = q.stay_rooms(stay)
    if rooms < 1 or rooms > q.stay_rooms(stay):
        return _INVALID, slots[base + at.W_LSN]
    # From here on it must succeed.
    partly = rooms < q.stay_rooms(stay)
    if partly:
        keep_image(store, hotel, slot)
    turn_booked(store, slot, hotel, rooms, now_ms)
    lsn = publish_change(store, slot, at.RECORD_CONFIRM, now_ms, rooms, slots[base + at.W_PLACE], stay)
    if partly:
        drop_image(store, hotel)
    sell_held(store, slot, hotel, stay, rooms)
    return _OK, lsn


@kernel
def _extend(store, slot, hotel, ttl_ms, now_ms):
    """Give a hold a new deadline: (code, lsn)."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    if ttl_ms < 1 or ttl_ms > HOLD_TTL_MS_MAX:
        return _INVALID, slots[base + at.W_LSN]
    # From here on it must succeed.
    note_deadline(store, hotel, now_ms + ttl_ms)
    steps.step(store, steps.POINT_SLOT)
    slots[base + at.W_DEADLINE_MS] = now_ms + ttl_ms
    return _OK, publish(store, slot, at.RECORD_EXTEND, now_ms, ttl_ms)


@kernel
def _set_state(store, slot, state, kind, kept, now_ms, value):
    """A booking changes its state and keeps `kept` nights; returns the lsn. What it gives back comes after."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    word = load_word(slots, base + at.W_STATE)
    stay = slots[base + at.W_STAY]
    slots[base + at.W_STAY] = q.stay_word(q.stay_arrival(stay), q.stay_nights(stay), kept, q.stay_rooms(stay))
    steps.step(store, steps.POINT_SLOT)
    store_word(slots, base + at.W_STATE, word >> 8 << 8 | state)
    if state != at.STATE_CHECKED_IN and is_past(store, slot):
        note_past(store, base, now_ms)
    return publish_change(store, slot, kind, now_ms, value, slots[base + at.W_PLACE], stay)


@kernel
def _keep(store, slot, hotel, state, kind, kept, now_ms, value):
    """A booking changes its state and gives back its nights from the `kept`-th on: (OK, lsn). It must succeed."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    stay = slots[base + at.W_STAY]
    keep_image(store, hotel, slot)
    begin_keeping(store, slot, hotel, slots[base + at.W_PLACE], slots[base + at.W_SCOPE])
    lsn = _set_state(store, slot, state, kind, kept, now_ms, value)
    drop_image(store, hotel)
    give_tail(store, slot, hotel, stay, kept)
    end_keeping(store, hotel)
    return _OK, lsn


@kernel
def _check_in(store, slot, hotel, now_ms):
    """The guest arrives: (code, lsn). OUTSIDE_HORIZON before the arrival date or from the departure date on."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    stay = slots[base + at.W_STAY]
    today = hotel_words_of(store)[hotel * at.L_WORDS + at.L_TODAY]
    if today < q.stay_arrival(stay) or today >= q.stay_arrival(stay) + q.stay_nights(stay):
        return _OUTSIDE_HORIZON, slots[base + at.W_LSN]
    # From here on it must succeed.
    kept = q.stay_kept(stay)
    return _OK, _set_state(store, slot, at.STATE_CHECKED_IN, at.RECORD_CHECK_IN, kept, now_ms, 0)


@kernel
def _check_out(store, slot, hotel, now_ms):
    """The guest leaves: (code, lsn); the nights from the hotel's today on are given back."""
    stay = slots_of(store)[slot * at.W_WORDS + at.W_STAY]
    today = hotel_words_of(store)[hotel * at.L_WORDS + at.L_TODAY]
    kept = min(q.stay_kept(stay), max(today - q.stay_arrival(stay), 0))
    return _keep(store, slot, hotel, at.STATE_CHECKED_OUT, at.RECORD_CHECK_OUT, kept, now_ms, today)


@kernel
def _no_show(store, slot, hotel, release_from, now_ms):
    """The guest did not come: (code, lsn); keeps its rooms, or those before `release_from` (ordinal, 0 = all)."""
    slots = slots_of(store)
    stay = slots[slot * at.W_WORDS + at.W_STAY]
    arrival = q.stay_arrival(stay)
    kept = q.stay_kept(stay)
    if release_from != 0:
        if release_from < arrival or release_from >= arrival + kept:
            return _INVALID, slots[slot * at.W_WORDS + at.W_LSN]
        kept = release_from - arrival
    return _keep(store, slot, hotel, at.STATE_NO_SHOW, at.RECORD_NO_SHOW, kept, now_ms, release_from)


@kernel
def _depart(store, slot, hotel, departure, now_ms):
    """The stay ends earlier: (code, lsn); the nights from `departure` (ordinal) on are given back."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    stay = slots[base + at.W_STAY]
    arrival = q.stay_arrival(stay)
    if departure <= arrival or departure >= arrival + q.stay_kept(stay):
        return _INVALID, slots[base + at.W_LSN]
    if departure < hotel_words_of(store)[hotel * at.L_WORDS + at.L_TODAY]:
        return _OUTSIDE_HORIZON, slots[base + at.W_LSN]
    # From here on it must succeed.
    kept = departure - arrival
    keep_image(store, hotel, slot)
    begin_keeping(store, slot, hotel, slots[base + at.W_PLACE], slots[base + at.W_SCOPE])
    slots[base + at.W_STAY] = q.stay_word(arrival, kept, kept, q.stay_rooms(stay))
    follow_past(store, slot, base, now_ms)
    steps.step(store, steps.POINT_SLOT)
    lsn = publish_change(store, slot, at.RECORD_DEPART, now_ms, departure, slots[base + at.W_PLACE], stay)
    drop_image(store, hotel)
    give_tail(store, slot, hotel, stay, kept)
    end_keeping(store, hotel)
    return _OK, lsn


@inlined_kernel
def apply_verb(store, slot, hotel, verb, argument, now_ms):
    """Apply a verb that `locked_code` permits: (code, lsn). Hotel locked."""
    if verb == v.VERB_CONFIRM:
        return _confirm(store, slot, hotel, argument, now_ms)
    if verb == v.VERB_RELEASE:
        return _OK, end_hold(store, slot, hotel, at.STATE_RELEASED, at.RECORD_RELEASE, True, now_ms)
    if verb == v.VERB_CANCEL:
        return _OK, end_hold(store, slot, hotel, at.STATE_CANCELLED, at.RECORD_CANCEL, argument != 0, now_ms)
    if verb == v.VERB_EXTEND:
        return _extend(store, slot, hotel, argument, now_ms)
    if verb == v.VERB_CHECK_IN:
        return _check_in(store, slot, hotel, now_ms)
    if verb == v.VERB_CHECK_OUT:
        return _check_out(store, slot, hotel, now_ms)
    if verb == v.VERB_NO_SHOW:
        return _no_show(store, slot, hotel, argument, now_ms)
    return _depart(store, slot, hotel, argument, now_ms)


@kernel
def _resolve_locked(store, slot, hold_id, hotel, verb, argument, now_ms):
    """Apply a verb to a hold whose hotel is locked: (code, lsn)."""
    code, lsn = locked_code(store, slot, hold_id, hotel, verb, now_ms)
    if code == _OK:
        return apply_verb(store, slot, hotel, verb, argument, now_ms)
    if code == _EXISTS and verb == v.VERB_CONFIRM and argument != 0:
        booked = q.stay_rooms(slots_of(store)[slot * at.W_WORDS + at.W_STAY])
        return (_EXISTS if booked == argument else _ALREADY_CONFIRMED), lsn
    return code, lsn


@kernel
def resolve_hold(store, hold_id, verb, argument, now_ms):
    """Apply a verb (`native.store.verdicts` VERB_*) to one hold by id: (code, lsn). A hold is resolved exactly once.

    argument: rooms of a partial confirmation (0 = all), 1 = a cancellation gives its quotas back, time to live in ms,
    first night that a no show releases (ordinal, 0 = none), new departure (ordinal).
    """
    slot = find_slot(store, hold_id)
    if slot < 0:
        return _NOT_FOUND, 0
    hotels = hotel_words_of(store)
    hotel = hotel_of_slot(store, slot)
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    steps.step(store, steps.POINT_LOCKED)
    code, lsn = _resolve_locked(store, slot, hold_id, hotel, verb, argument, now_ms)
    steps.step(store, steps.POINT_UNLOCKING)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return code, lsn


@kernel
def resolve_one(address, hold_id, verb, argument, now_ms):
    """`resolve_hold`, from Python; address: of the store table."""
    store = store_at(address)
    code, lsn = resolve_hold(store, hold_id, verb, argument, now_ms)
    add_word(statistics_of(store), code, 1)
    return code, lsn
