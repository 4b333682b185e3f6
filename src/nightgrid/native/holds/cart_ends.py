"""What becomes of a cart as a whole: confirmed, released, extended, cancelled, or booked again after it expired.

All its hotels are locked, every line is looked at, and only then all are changed and published together: all or none.
"""

from __future__ import annotations

import numpy as np

from nightgrid.limits import HOLD_TTL_MS_MAX
from nightgrid.native.base.atomics import add_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.holds.amend import request_again, worth_again_code
from nightgrid.native.holds.carts import allocate_lines, cart_code, lock_cart, unlock_cart
from nightgrid.native.holds.holds import may_succeed_now, request_at
from nightgrid.native.holds.resolve import locked_code, sell_held, turn_booked
from nightgrid.native.holds.sweep import give_back_stay, turn_ended
from nightgrid.native.holds.take import take_stay
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.images import drop_image, image_of_line, keep_image
from nightgrid.native.store.records import publish_cart, publish_cart_change
from nightgrid.native.store.sales import begin_keeping, end_keeping
from nightgrid.native.store.slots import find_slot, hotel_of_slot, note_deadline
from nightgrid.native.store.verdicts import VERB_CANCEL, VERB_CONFIRM, VERB_EXTEND
from nightgrid.native.store.views import hotel_words_of, row_hotel_of, slots_of, statistics_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_INVALID = int(Outcome.INVALID)
_EXISTS = int(Outcome.EXISTS)
_NOT_FOUND = int(Outcome.NOT_FOUND)
_EXPIRED = int(Outcome.EXPIRED)
_NOT_CONFIRMED = int(Outcome.NOT_CONFIRMED)
_QUOTA_USED_UP = int(Outcome.QUOTA_USED_UP)
_BUSY = int(Outcome.BUSY)


@kernel
def _code_of_line(store, slot, hold_id, verb, now_ms):
    """What a verb answers for a line: (code, lsn). slot: -1 where it is not remembered. Everything is locked."""
    if slot < 0:
        return _NOT_FOUND, np.int64(0)
    return locked_code(store, slot, hold_id, hotel_of_slot(store, slot), verb, now_ms)


@kernel
def _cart_refusal(store, hold_ids, verb, now_ms, out_lsn, out_slots):
    """Why a verb does not apply to a cart: (code, line, how many lines are to be changed). Everything is locked.

    out_slots (line) int64: slot of each line that is to be changed, -1 for one that was done already [out].
    """
    code = _OK
    at_line = 0
    open_lines = 0
    for line in range(hold_ids.size):
        slot = find_slot(store, hold_ids[line])
        out_slots[line] = -1
        found, out_lsn[line] = _code_of_line(store, slot, hold_ids[line], verb, now_ms)
        if found == _OK:
            out_slots[line] = slot
            open_lines += 1
        elif found != _EXISTS and code == _OK:
            code = found
            at_line = line
    return code, at_line, open_lines


@kernel
def _turn_line(store, slot, hotel, verb, argument, now_ms):
    """A line becomes in its slot what a verb makes of it; its rooms come after the publication."""
    slots = slots_of(store)
    if verb == VERB_CONFIRM:
        turn_booked(store, slot, hotel, q.stay_rooms(slots[slot * at.W_WORDS + at.W_STAY]), now_ms)
    elif verb == VERB_EXTEND:
        note_deadline(store, hotel, now_ms + argument)
        steps.step(store, steps.POINT_SLOT)
        slots[slot * at.W_WORDS + at.W_DEADLINE_MS] = now_ms + argument
    elif verb == VERB_CANCEL:
        turn_ended(store, slot, hotel, at.STATE_CANCELLED, now_ms)
    else:
        turn_ended(store, slot, hotel, at.STATE_RELEASED, now_ms)


@kernel
def _kind_of(verb):
    """The kind of record of a verb."""
    if verb == VERB_CONFIRM:
        return at.RECORD_CONFIRM
    if verb == VERB_EXTEND:
        return at.RECORD_EXTEND
    return at.RECORD_CANCEL if verb == VERB_CANCEL else at.RECORD_RELEASE


@kernel
def _drop_images(store, lines):
    """What was changed of so many lines is published."""
    for line in range(lines):
        drop_image(store, image_of_line(store, line))
        steps.step(store, steps.POINT_SLOT)


@kernel
def _resolve_lines(store, slots_of_cart, open_lines, verb, argument, now_ms, out_lsn):
    """Change the open lines of a cart: first all of them in their slots, then one publication, then rooms.

    Everything is locked. It must succeed.
    """
    slots = slots_of(store)
    keeps = verb == VERB_CANCEL and argument == 0
    for line in range(slots_of_cart.size):
        if slots_of_cart[line] >= 0:
            keep_image(store, image_of_line(store, line), slots_of_cart[line])
    for line in range(slots_of_cart.size if keeps else 0):
        slot = slots_of_cart[line]
        if slot >= 0 and hotel_words_of(store)[hotel_of_slot(store, slot) * at.L_WORDS + at.L_KEEPER] == 0:
            base = slot * at.W_WORDS
            begin_keeping(store, slot, hotel_of_slot(store, slot), slots[base + at.W_PLACE], slots[base + at.W_SCOPE])
    for line in range(slots_of_cart.size):
        slot = slots_of_cart[line]
        if slot >= 0:
            _turn_line(store, slot, hotel_of_slot(store, slot), verb, argument, now_ms)
    value = argument if verb == VERB_EXTEND or verb == VERB_CANCEL else np.int64(1)
    publish_cart_change(store, slots_of_cart, open_lines, _kind_of(verb), now_ms, value, out_lsn)
    _drop_images(store, slots_of_cart.size)
    for line in range(slots_of_cart.size if verb != VERB_EXTEND else 0):
        slot = slots_of_cart[line]
        if slot < 0:
            continue
        hotel = hotel_of_slot(store, slot)
        stay = slots[slot * at.W_WORDS + at.W_STAY]
        if verb == VERB_CONFIRM:
            sell_held(store, slot, hotel, stay, q.stay_rooms(stay))
        else:
            give_back_stay(store, slot, hotel, verb != VERB_CANCEL, not keeps)
    for line in range(slots_of_cart.size if keeps else 0):
        if slots_of_cart[line] >= 0:
            end_keeping(store, hotel_of_slot(store, slots_of_cart[line]))


@kernel
def resolve_cart(store, hold_ids, hotels_of_cart, verb, argument, now_ms, out_lsn, out_slots):
    """Confirm, release, extend or cancel every line of a cart or none: (code, refusing line); EXISTS if all were done.

    hold_ids (line) int64, 0 for a line that is not remembered any more; hotels_of_cart (hotel) int64, ascending and
    distinct; argument: time to live in ms, 1 = a cancellation gives its quotas back [in]; out_lsn, out_slots (line)
    int64 [out]. A line for which the verb was done already (EXISTS) does not stop the others; one that is forgotten
    does, because nobody can say what became of it. O(lines x nights).
    """
    if verb == VERB_EXTEND and (argument < 1 or argument > HOLD_TTL_MS_MAX):
        return _INVALID, 0
    lock_cart(store, hotels_of_cart)
    code, line, open_lines = _cart_refusal(store, hold_ids, verb, now_ms, out_lsn, out_slots)
    if code == _OK and open_lines == 0:
        code = _EXISTS
    if code == _OK:
        # From here on it must succeed.
        _resolve_lines(store, out_slots, open_lines, verb, argument, now_ms, out_lsn)
    unlock_cart(store, hotels_of_cart)
    add_word(statistics_of(store), code, 1)
    return code, line


@kernel
def _expired_lines(store, hold_ids, now_ms, out_ids, out_lsn, out_lines, out_digests):
    """The lines of a cart that are to be booked again: (code, refusing line, how many). Everything is locked.

    out_ids, out_lsn (line) int64: of the bookings that there are already [out]; out_lines (line) int64: which lines
    are booked again, out_digests (line): the digest of each of these [out].
    """
    slots = slots_of(store)
    count = 0
    for line in range(hold_ids.size):
        hold_id = hold_ids[line]
        slot = find_slot(store, hold_id)
        code, lsn = _code_of_line(store, slot, hold_id, VERB_CONFIRM, now_ms)
        if code == _EXPIRED and slots[slot * at.W_WORDS + at.W_PREVIOUS] > 0:
            # Somebody booked it again after the lines were looked up: that booking stands for it.
            hold_id = slots[slot * at.W_WORDS + at.W_PREVIOUS]
            slot = find_slot(store, hold_id)
            code, lsn = _code_of_line(store, slot, hold_id, VERB_CONFIRM, now_ms)
        out_ids[line], out_lsn[line] = hold_id, lsn
        if code == _EXPIRED:
            out_lines[count] = line
            out_digests[count] = slots[slot * at.W_WORDS + at.W_REQUEST]
            count += 1
        elif code != _EXISTS:
            return (_NOT_CONFIRMED if code == _OK else code), line, 0
    return (_OK if count else _EXISTS), 0, count


@kernel
def _book_lines(store, hold_ids, worth, requests, hotels_of_cart, now_ms, out_ids, out_lsn, out_slots, old):
    """Book expired lines again, all or none: (code, line among these, night). Everything is locked.

    requests (Q_FIELDS, expired line) int64; old (2, line): which lines they are, their digests [in].
    """
    slots = slots_of(store)
    count = requests.shape[1]
    for each in range(count):
        slot = find_slot(store, hold_ids[old[0, each]])
        code = worth_again_code(store, slot, worth[old[0, each]])
        if code != _OK:
            return code, each, np.int64(0)
        request = request_again(store, slot, 0, worth[old[0, each]])
        for field in range(q.Q_FIELDS):
            requests[field, each] = request[field]
    code, each, night = cart_code(store, requests, hotels_of_cart, False, now_ms)
    if code != _OK:
        return code, each, night
    new_ids = np.zeros(count, np.int64)
    allocated = allocate_lines(store, requests, now_ms, out_slots, new_ids)
    if allocated < count:
        return _BUSY, allocated, night

    # From here on it must succeed.
    steps.step(store, steps.POINT_CHECKED)
    for each in range(count):
        request = request_at(requests, each)
        hotel = np.int64(row_hotel_of(store)[request[q.Q_ROW]])
        old_id = hold_ids[old[0, each]]
        keep_image(store, image_of_line(store, each), old_id & 0xFFFFFFFF)
        take_stay(store, out_slots[each], new_ids[each] >> 32, hotel, request, old[1, each], -old_id, now_ms)
        old_slot = find_slot(store, old_id)
        if old_slot >= 0:  # a store that retains nothing hands the slot out at once
            slots[old_slot * at.W_WORDS + at.W_PREVIOUS] = new_ids[each]
        out_ids[old[0, each]] = new_ids[each]
        steps.step(store, steps.POINT_SLOT)
    lsn = publish_cart(store, out_slots[:count], count, at.RECORD_BOOK, now_ms, requests[q.Q_VALUE])
    _drop_images(store, count)
    for each in range(count):
        out_lsn[old[0, each]] = lsn - count + 1 + each
    return _OK, 0, night


@kernel
def _rebook_attempt(store, hold_ids, worth, hotels_of_cart, now_ms, out_ids, out_lsn, out_slots):
    """One attempt of `rebook_cart`."""
    old = np.zeros((2, hold_ids.size), np.int64)
    lock_cart(store, hotels_of_cart)
    code, line, count = _expired_lines(store, hold_ids, now_ms, out_ids, out_lsn, old[0], old[1])
    night = np.int64(0)
    if code == _OK:
        requests = np.zeros((q.Q_FIELDS, count), np.int64)
        code, each, night = _book_lines(
            store, hold_ids, worth, requests, hotels_of_cart, now_ms, out_ids, out_lsn, out_slots, old
        )
        line = old[0, each]
    unlock_cart(store, hotels_of_cart)
    return code, line, night


@kernel
def rebook_cart(store, hold_ids, worth, hotels_of_cart, now_ms, out_ids, out_lsn, out_slots):
    """Book again what has expired of a cart, all or none: (code, refusing line, night as ordinal); EXISTS where all its
    lines are bookings already. Restrictions are not tested.

    hold_ids (line) int64, 0 for a line that is not remembered any more; worth (line, 3) int64: what each is worth now,
    as `amend.rebook_one`; hotels_of_cart (hotel) int64, ascending and distinct [in]; out_ids, out_lsn (line) int64: the
    booking of each line [out], where it succeeds; out_slots (line) int64: scratch. A line that is open still is not
    booked again: NOT_CONFIRMED. O(lines^2 x nights).
    """
    answer = _rebook_attempt(store, hold_ids, worth, hotels_of_cart, now_ms, out_ids, out_lsn, out_slots)
    if answer[0] >= _QUOTA_USED_UP and may_succeed_now(store, answer[0], now_ms):
        answer = _rebook_attempt(store, hold_ids, worth, hotels_of_cart, now_ms, out_ids, out_lsn, out_slots)
    add_word(statistics_of(store), answer[0], 1)
    return answer
