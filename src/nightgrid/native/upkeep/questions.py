"""Questions about holds: one by id, those that fit a filter, how many there are. Nothing is changed.

A hold is copied under its hotel's lock, so that nobody sees half of a change.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import acquire, load_word, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.holds.carts import COUNT_SHIFT, LINE_MASK
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.sales import points_of
from nightgrid.native.store.slots import find_slot, hold_id_of, hotel_of_slot, is_forgotten, is_noted_past
from nightgrid.native.store.views import hotel_words_of, quotes_of, shared_of, slots_of
from nightgrid.native.upkeep.audit import takes_rooms
from nightgrid.native.upkeep.hold_index import linked_slots

# -- a filter: int64 (ASK_FIELDS); ANY where nothing is asked --------------------------------------
ASK_HOTEL: Final = 0
ASK_GUEST: Final = 1
ASK_REFERENCE: Final = 2
ASK_ARRIVAL: Final = 3  # ordinal
ASK_NIGHT: Final = 4  # ordinal of a night in which it takes rooms
ASK_STATE: Final = 5  # STATE_*; a hold at or after its deadline is expired
ASK_CART: Final = 6
ASK_CHANNEL: Final = 7  # index + 1
ASK_FIELDS: Final = 8
ANY: Final = -(2**63)

# -- counts of `count_holds` -----------------------------------------------------------------------
COUNT_USED: Final = 16  # slots in use; before it the holds in each STATE_*
COUNT_OPEN: Final = 17  # holds before their deadline
COUNT_LIVE: Final = 18  # bookings with a night in the window
COUNT_EARLIEST_MS: Final = 19  # earliest deadline of all holds, NEVER_MS if there are none
COUNTS: Final = 20

#: Words of a copied hold: its slot, the slot's number, what stands beside it (at.B_*), zero where nothing does.
FOUND_WORDS: Final = at.W_WORDS + 1 + at.B_POINTS + 1


@kernel
def _copy(store, slot, out):
    """Copy a slot, its number and the quote it is bound to: out (FOUND_WORDS) int64 [out]."""
    slots = slots_of(store)
    for word in range(at.W_WORDS):
        out[word] = slots[slot * at.W_WORDS + word]
    out[at.W_WORDS] = slot
    bound = out[at.W_SCOPE] & q.SCOPE_BOUND != 0
    for word in range(at.B_POINTS):
        out[at.W_WORDS + 1 + word] = quotes_of(store)[slot * at.B_WORDS + word] if bound else 0
    out[at.W_WORDS + 1 + at.B_POINTS] = points_of(store, slot, out[at.W_SCOPE])


@kernel
def copy_hold(store, hold_id, now_ms, out):
    """Copy what is known of a hold: out (FOUND_WORDS) int64 [out]; False if the id names none any more."""
    slot = find_slot(store, hold_id)
    if slot < 0:
        return False
    hotels = hotel_words_of(store)
    hotel = hotel_of_slot(store, slot)
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    known = hold_id_of(slots_of(store), slot) == hold_id and not is_forgotten(store, slot, now_ms)
    if known:
        _copy(store, slot, out)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return known


@kernel
def _copy_line(store, slot, cart_id, line, now_ms, out):
    """Copy a line of a cart: (lines of the cart, the next one's slot); (0, -1) if it is not that line any more."""
    hotels, slots = hotel_words_of(store), slots_of(store)
    hotel = hotel_of_slot(store, slot)
    base = slot * at.W_WORDS
    lines, following = np.int64(0), np.int64(-1)
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    known = load_word(slots, base + at.W_STATE) & at.STATE_MASK != at.STATE_EMPTY
    if known and slots[base + at.W_LINK] == cart_id and not is_forgotten(store, slot, now_ms):
        request = slots[base + at.W_REQUEST]
        if request & LINE_MASK == line and hotel_of_slot(store, slot) == hotel:
            lines = request >> COUNT_SHIFT & LINE_MASK
            following = quotes_of(store)[slot * at.B_WORDS + at.B_NEXT_LINE] - 1
            again = slots[base + at.W_STATE] & 0xFF == at.STATE_EXPIRED | at.STATE_ENDED
            out[0] = hold_id_of(slots, slot)
            out[1] = q.place_row(slots[base + at.W_PLACE])
            out[2] = max(slots[base + at.W_PREVIOUS], 0) if again else 0
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return lines, following


@kernel
def cart_lines(store, cart_id, now_ms, out):
    """The lines of a cart from the first to the last: how many, or -1 if one is not remembered. O(lines).

    out (line, 3) int64 [out]: a line's hold, its row, the booking that was made in its place after it expired or 0; as
    many as a cart has lines at most. A death may leave lines without their link: then, too, -1 (`find_holds` knows).
    """
    slot = find_slot(store, cart_id)
    count = np.int64(1)
    line = 0
    while line < count:
        if slot < 0 or line >= out.shape[0]:
            return -1
        lines, slot = _copy_line(store, slot, cart_id, line, now_ms, out[line])
        if lines == 0:
            return -1
        count = lines
        line += 1
    return count


@kernel
def _state_at(slots, base, now_ms):
    """State of a hold as it reads at an instant."""
    state = load_word(slots, base + at.W_STATE) & at.STATE_MASK
    if state == at.STATE_HELD and slots[base + at.W_DEADLINE_MS] <= now_ms:
        return at.STATE_EXPIRED
    return state


@kernel
def _fits(store, slot, asked, now_ms):
    """True if the hold in a slot fits a filter."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    if load_word(slots, base + at.W_STATE) & at.STATE_MASK == at.STATE_EMPTY:
        return False
    for word, ask in ((at.W_GUEST, ASK_GUEST), (at.W_REFERENCE, ASK_REFERENCE), (at.W_LINK, ASK_CART)):
        if asked[ask] != ANY and slots[base + word] != asked[ask]:
            return False
    if asked[ASK_CHANNEL] != ANY and q.scope_channel(slots[base + at.W_SCOPE]) != asked[ASK_CHANNEL]:
        return False
    arrival = q.stay_arrival(slots[base + at.W_STAY])
    if asked[ASK_ARRIVAL] != ANY and arrival != asked[ASK_ARRIVAL]:
        return False
    departure = arrival + q.stay_kept(slots[base + at.W_STAY])
    if asked[ASK_NIGHT] != ANY and not arrival <= asked[ASK_NIGHT] < departure:
        return False
    if asked[ASK_STATE] != ANY and _state_at(slots, base, now_ms) != asked[ASK_STATE]:
        return False
    return not is_forgotten(store, slot, now_ms)


@kernel
def _find_in_hotel(store, hotel, asked, now_ms, out):
    """`find_holds` of one hotel: its lists are walked. O(holds of the hotel)."""
    hotels = hotel_words_of(store)
    slots = slots_of(store)
    count = 0
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    for head in (at.L_HELD_HEAD, at.L_BOOKED_HEAD, at.L_RETIRED_HEAD):
        link = hotels[hotel * at.L_WORDS + head]
        while link:
            if _fits(store, link - 1, asked, now_ms):
                if count < out.shape[0]:
                    _copy(store, link - 1, out[count])
                count += 1
            link = slots[(link - 1) * at.W_WORDS + at.W_NEXT]
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return count


@kernel
def find_holds(store, asked, now_ms, out):
    """Holds that fit a filter: how many there are; the first that find room are copied.

    asked (ASK_FIELDS) int64 [in]; out (hold, FOUND_WORDS) int64 [out]: their slots, the slot's number, the quote. Each
    is copied as it was at some instant of the call. O(holds of the hotel), or O(slots used) if no hotel is asked for.
    """
    if asked[ASK_HOTEL] != ANY:
        return _find_in_hotel(store, asked[ASK_HOTEL], asked, now_ms, out)
    hotels = hotel_words_of(store)
    count = 0
    for slot in range(load_word(shared_of(store), at.S_SLOT_HIGH)):
        if not _fits(store, slot, asked, now_ms):
            continue
        hotel = hotel_of_slot(store, slot)
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        # A slot that went to another hotel meanwhile was another hold's, which ended.
        if hotel_of_slot(store, slot) == hotel and _fits(store, slot, asked, now_ms):
            if count < out.shape[0]:
                _copy(store, slot, out[count])
            count += 1
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return count


@kernel
def find_linked(store, index, field, word, asked, now_ms, out):
    """`find_holds` by an index, of those that name a word in a field (`hold_index.BY_*`): how many there are.

    More than find room: so many may be found, and none is copied. `hold_index.BEHIND` or `SMALL`: ask `find_holds`.
    O(changes since somebody asked last + holds of the word).
    """
    count = linked_slots(store, index, field, word, out)
    if count > out.shape[0]:
        return count
    hotels = hotel_words_of(store)
    found = min(count, 0)
    for place in range(count):
        slot = out[place, at.W_WORDS]
        hotel = hotel_of_slot(store, slot)
        if asked[ASK_HOTEL] != ANY and hotel != asked[ASK_HOTEL]:
            continue
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        if hotel_of_slot(store, slot) == hotel and _fits(store, slot, asked, now_ms):
            _copy(store, slot, out[found])
            found += 1
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return found


@kernel
def count_holds(store, now_ms, out):
    """Count the slots by state: out (COUNTS) int64 [out], see COUNT_*. O(slots used); one pass without locks."""
    slots = slots_of(store)
    out[:] = 0
    out[COUNT_EARLIEST_MS] = at.NEVER_MS
    for slot in range(load_word(shared_of(store), at.S_SLOT_HIGH)):
        base = slot * at.W_WORDS
        state = load_word(slots, base + at.W_STATE) & at.STATE_MASK
        if state == at.STATE_EMPTY:
            continue
        out[COUNT_USED] += 1
        out[_state_at(slots, base, now_ms)] += 1
        if state == at.STATE_HELD:
            deadline = slots[base + at.W_DEADLINE_MS]
            out[COUNT_EARLIEST_MS] = min(out[COUNT_EARLIEST_MS], deadline)
            out[COUNT_OPEN] += deadline > now_ms
        elif takes_rooms(state) and not is_noted_past(slots, base):
            out[COUNT_LIVE] += 1
