"""The state machine of a hold: hold, confirm, release, cancel, expire. Each change is one critical section.

Every change has three paragraphs: check in the order of `Outcome`, the line from which it must succeed, apply.
`now_ms` comes from the engine's clock. Nothing here allocates, raises or calls Python.
"""

from __future__ import annotations

from nightgrid.limits import HOLD_TTL_MS_MAX, ROOMS_MAX, STAY_NIGHTS_MAX
from nightgrid.native import layout as at
from nightgrid.native.atomics import acquire, load_word, release, store_word
from nightgrid.native.jit import kernel
from nightgrid.native.keys import NOT_FOUND, find_key, key_segment, request_digest, reserve_entry, write_key
from nightgrid.native.slots import (
    allocate_slot,
    find_slot,
    hold_id_of,
    is_forgotten,
    link_slot,
    next_lsn,
    retire_slot,
    unlink_slot,
)
from nightgrid.native.stays import give_back_rooms, sell_rooms, stay_code, take_rooms
from nightgrid.native.views import (
    hotel_words_of,
    row_hotel_of,
    segment_locks_of,
    shared_of,
    slots_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_INVALID = int(Outcome.INVALID)
_KEY_REUSED = int(Outcome.KEY_REUSED)
_EXISTS = int(Outcome.EXISTS)
_UNKNOWN_PRODUCT = int(Outcome.UNKNOWN_PRODUCT)
_OUTSIDE_HORIZON = int(Outcome.OUTSIDE_HORIZON)
_NOT_FOUND = int(Outcome.NOT_FOUND)
_ALREADY_CONFIRMED = int(Outcome.ALREADY_CONFIRMED)
_ALREADY_RELEASED = int(Outcome.ALREADY_RELEASED)
_ALREADY_CANCELLED = int(Outcome.ALREADY_CANCELLED)
_EXPIRED = int(Outcome.EXPIRED)
_NOT_CONFIRMED = int(Outcome.NOT_CONFIRMED)
_SOLD_OUT = int(Outcome.SOLD_OUT)
_BUSY = int(Outcome.BUSY)

VERB_CONFIRM = 0
VERB_RELEASE = 1
VERB_CANCEL = 2


@kernel
def end_hold(store, slot, hotel, state, now_ms):
    """End a live hold and give its rooms back; returns the lsn. Hotel locked. It must succeed.

    In a store in memory publishing is durability, so giving back is the next step of the same critical section.
    """
    slots = slots_of(store)
    base = slot * at.W_WORDS
    booked = load_word(slots, base + at.W_STATE) & 0xFF == at.STATE_BOOKED
    stay = slots[base + at.W_STAY]
    arrival = (stay & 0xFFFFFF) - store[at.H_FIRST_NIGHT]
    unlink_slot(store, slot, hotel, at.L_BOOKED_HEAD if booked else at.L_HELD_HEAD)
    lsn = retire_slot(store, slot, state, now_ms)
    field = at.C_SOLD if booked else at.C_HELD
    give_back_rooms(store, slots[base + at.W_ROW], arrival, (stay >> 24) & 0xFFFF, stay >> 40, field)
    hotel_words_of(store)[hotel * at.L_WORDS + at.L_CHANGES] += 1
    return lsn


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
            end_hold(store, slot, hotel, at.STATE_EXPIRED, now_ms)
            expired += 1
        elif deadline < earliest:
            earliest = deadline
    store_word(hotels, hotel * at.L_WORDS + at.L_EARLIEST_MS, earliest)
    return expired


@kernel
def _fill_slot(store, slot, generation, lsn, request, digest, now_ms):
    """Write a new hold into its slot; the state word comes last and makes it visible."""
    row, arrival, nights, rooms, ttl_ms, key_high, key_low, guest = request
    slots = slots_of(store)
    base = slot * at.W_WORDS
    slots[base + at.W_ROW] = row
    slots[base + at.W_STAY] = (arrival + store[at.H_FIRST_NIGHT]) | nights << 24 | rooms << 40
    slots[base + at.W_DEADLINE_MS] = now_ms + ttl_ms
    slots[base + at.W_LSN] = lsn
    slots[base + at.W_TAKEN_MS] = now_ms
    slots[base + at.W_RESOLVED_MS] = 0
    slots[base + at.W_KEY_HIGH] = key_high
    slots[base + at.W_KEY_LOW] = key_low
    slots[base + at.W_REQUEST] = digest
    slots[base + at.W_GUEST] = guest
    store_word(slots, base + at.W_STATE, generation << 8 | at.STATE_HELD)


@kernel
def _hold_rooms(store, request, digest, now_ms):
    """Take the rooms of a request: (code, night, hold id, lsn). Takes the hotel's lock, then the ring lock."""
    row, arrival, nights, rooms, ttl_ms, _, _, _ = request
    hotel = row_hotel_of(store)[row]
    hotels = hotel_words_of(store)
    line = hotel * at.L_WORDS
    deadline_ms = now_ms + ttl_ms
    lead_days = arrival - load_word(hotels, line + at.L_TODAY)
    hold_id = 0
    lsn = 0
    acquire(hotels, line + at.L_LOCK)
    code, night = stay_code(store, row, -1, arrival, nights, rooms, lead_days)
    if code == _SOLD_OUT and load_word(hotels, line + at.L_EARLIEST_MS) <= now_ms:
        sweep_hotel(store, hotel, now_ms)
        code, night = stay_code(store, row, -1, arrival, nights, rooms, lead_days)
    if code == _OK:
        # Before the deadline is noted for the store, so that a sweep that runs now sees one of the two.
        if deadline_ms < load_word(hotels, line + at.L_EARLIEST_MS):
            store_word(hotels, line + at.L_EARLIEST_MS, deadline_ms)
        slot, generation, lsn = allocate_slot(store, now_ms, deadline_ms)
        if slot < 0:
            code = _BUSY
        else:
            # From here on it must succeed.
            take_rooms(store, row, arrival, nights, rooms)
            _fill_slot(store, slot, generation, lsn, request, digest, now_ms)
            link_slot(store, slot, hotel, at.L_HELD_HEAD)
            hotels[line + at.L_CHANGES] += 1
            hold_id = generation << 32 | slot
    release(hotels, line + at.L_LOCK)
    return code, night, hold_id, lsn


@kernel
def _shape_code(request):
    """What is wrong with a request before any lock is taken; OK if it can be tried."""
    _, _, nights, rooms, ttl_ms, _, _, _ = request
    if nights < 1 or nights > STAY_NIGHTS_MAX or rooms < 1 or rooms > ROOMS_MAX:
        return _INVALID
    if ttl_ms < 1 or ttl_ms > HOLD_TTL_MS_MAX:
        return _INVALID
    return _OK


@kernel
def _horizon_code(store, request):
    """What is wrong with the place or the dates: UNKNOWN_PRODUCT for a row that is none, OUTSIDE_HORIZON unless the
    whole stay is on sale (not before the hotel's today, not beyond the window), else OK.
    """
    row, arrival, nights, _, _, _, _, _ = request
    if row < 0 or row >= store[at.H_ROWS]:
        return _UNKNOWN_PRODUCT
    today = load_word(hotel_words_of(store), row_hotel_of(store)[row] * at.L_WORDS + at.L_TODAY)
    if arrival < 0 or arrival < today or arrival + nights > store[at.H_NIGHTS]:
        return _OUTSIDE_HORIZON
    return _OK


@kernel
def _hold_with_key(store, request, segment, now_ms):
    """Look the key up first, then hold, then remember the key. The key's segment is locked."""
    row, arrival, nights, rooms, ttl_ms, key_high, key_low, guest = request
    digest = request_digest(row, arrival + store[at.H_FIRST_NIGHT], nights, rooms, ttl_ms, guest)
    known_id, known_digest = find_key(store, segment, key_high, key_low, now_ms)
    if known_id != NOT_FOUND:
        if known_digest != digest:
            return _KEY_REUSED, arrival, 0, 0
        return _EXISTS, arrival, known_id, slots_of(store)[(known_id & 0xFFFFFFFF) * at.W_WORDS + at.W_LSN]
    code = _horizon_code(store, request)
    if code != _OK:
        return code, arrival, 0, 0
    entry = reserve_entry(store, segment, key_low)
    if entry < 0:
        return _BUSY, arrival, 0, 0
    code, night, hold_id, lsn = _hold_rooms(store, request, digest, now_ms)
    if code == _OK:
        write_key(store, entry, key_high, key_low, hold_id, digest)
    return code, night, hold_id, lsn


@kernel
def hold_request(store, request, now_ms):
    """One hold: (code, night index, hold id, lsn). For EXISTS the id of the first answer is given.

    request: (row, arrival night index, nights, rooms, ttl_ms, key_high, key_low, guest), int64 each; the key is a
    128-bit digest of the caller's key (both zero = none), guest a digest of the guest key (zero = none). O(nights).
    """
    code = _shape_code(request)
    if code != _OK:
        return code, request[1], 0, 0
    key_high = request[5]
    key_low = request[6]
    if key_high == 0 and key_low == 0:
        code = _horizon_code(store, request)
        if code != _OK:
            return code, request[1], 0, 0
        return _hold_rooms(store, request, 0, now_ms)
    locks = segment_locks_of(store)
    segment = key_segment(store, key_high, key_low)
    acquire(locks, segment * 8)
    code, night, hold_id, lsn = _hold_with_key(store, request, segment, now_ms)
    release(locks, segment * 8)
    return code, night, hold_id, lsn


@kernel
def hold_one(store, row, arrival, nights, rooms, ttl_ms, key_high, key_low, guest, now_ms):
    """`hold_request` with plain arguments, for calls from Python."""
    return hold_request(store, (row, arrival, nights, rooms, ttl_ms, key_high, key_low, guest), now_ms)


@kernel
def _ended_code(state, verb):
    """What a verb answers for a hold that has ended."""
    if state == at.STATE_RELEASED:
        return _EXISTS if verb == VERB_RELEASE else _ALREADY_RELEASED
    if state == at.STATE_CANCELLED:
        return _EXISTS if verb == VERB_CANCEL else _ALREADY_CANCELLED
    return _EXPIRED


@kernel
def _resolve_locked(store, slot, hotel, verb, now_ms):
    """Apply a verb to a hold whose hotel is locked: (code, lsn)."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    word = load_word(slots, base + at.W_STATE)
    state = word & 0xFF
    if state != at.STATE_HELD and state != at.STATE_BOOKED:
        if is_forgotten(store, slot, now_ms):
            return _NOT_FOUND, 0
        return _ended_code(state, verb), slots[base + at.W_LSN]
    if state == at.STATE_HELD and slots[base + at.W_DEADLINE_MS] <= now_ms:
        return _EXPIRED, end_hold(store, slot, hotel, at.STATE_EXPIRED, now_ms)
    if state == at.STATE_BOOKED and verb != VERB_CANCEL:
        return (_EXISTS if verb == VERB_CONFIRM else _ALREADY_CONFIRMED), slots[base + at.W_LSN]
    if state == at.STATE_HELD and verb == VERB_CANCEL:
        return _NOT_CONFIRMED, slots[base + at.W_LSN]
    # From here on it must succeed.
    if verb == VERB_RELEASE:
        return _OK, end_hold(store, slot, hotel, at.STATE_RELEASED, now_ms)
    if verb == VERB_CANCEL:
        return _OK, end_hold(store, slot, hotel, at.STATE_CANCELLED, now_ms)
    stay = slots[base + at.W_STAY]
    arrival = (stay & 0xFFFFFF) - store[at.H_FIRST_NIGHT]
    lsn = next_lsn(store)
    slots[base + at.W_LSN] = lsn
    store_word(slots, base + at.W_STATE, word >> 8 << 8 | at.STATE_BOOKED)
    unlink_slot(store, slot, hotel, at.L_HELD_HEAD)
    link_slot(store, slot, hotel, at.L_BOOKED_HEAD)
    sell_rooms(store, slots[base + at.W_ROW], arrival, (stay >> 24) & 0xFFFF, stay >> 40)
    hotel_words_of(store)[hotel * at.L_WORDS + at.L_CHANGES] += 1
    return _OK, lsn


@kernel
def resolve_one(store, hold_id, verb, now_ms):
    """Confirm, release or cancel one hold by id: (code, lsn). A hold is resolved exactly once."""
    slot = find_slot(store, hold_id)
    if slot < 0:
        return _NOT_FOUND, 0
    slots = slots_of(store)
    hotels = hotel_words_of(store)
    hotel = row_hotel_of(store)[slots[slot * at.W_WORDS + at.W_ROW]]
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    # The slot may have been handed out again between the look and the lock, even to another hotel.
    if hold_id_of(slots, slot) != hold_id:
        code, lsn = _NOT_FOUND, 0
    else:
        code, lsn = _resolve_locked(store, slot, hotel, verb, now_ms)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return code, lsn


@kernel
def sweep_store(store, now_ms):
    """Expire every due hold of the store; returns how many. One comparison where nothing is due.

    A hold taken while the sweep runs is either seen by it or noted in S_PENDING_MS, so no deadline is lost.
    """
    shared = shared_of(store)
    if load_word(shared, at.S_EARLIEST_MS) > now_ms:
        return 0
    hotels = hotel_words_of(store)
    expired = 0
    acquire(shared, at.S_SWEEP_LOCK)
    if load_word(shared, at.S_EARLIEST_MS) <= now_ms:
        acquire(shared, at.S_RING_LOCK)
        shared[at.S_PENDING_MS] = at.NEVER_MS
        release(shared, at.S_RING_LOCK)
        earliest = at.NEVER_MS
        for hotel in range(store[at.H_HOTELS]):
            line = hotel * at.L_WORDS
            if load_word(hotels, line + at.L_EARLIEST_MS) <= now_ms:
                acquire(hotels, line + at.L_LOCK)
                expired += sweep_hotel(store, hotel, now_ms)
                release(hotels, line + at.L_LOCK)
            earliest = min(earliest, load_word(hotels, line + at.L_EARLIEST_MS))
        acquire(shared, at.S_RING_LOCK)
        store_word(shared, at.S_EARLIEST_MS, min(earliest, shared[at.S_PENDING_MS]))
        release(shared, at.S_RING_LOCK)
    release(shared, at.S_SWEEP_LOCK)
    return expired
