"""What the store knows of an idempotency key: the hold that was made with it, while that is remembered."""

from __future__ import annotations

from nightgrid.native.base.atomics import fence, load_word
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.key_lines import ALIKE, ANY_EMPTY, EMPTY_SHIFT, GONE_SHIFT, look_at_line
from nightgrid.native.store.keys import entry_slot, home_in, key_lines, lines_of_segment, next_line, open_lines
from nightgrid.native.store.slots import is_forgotten
from nightgrid.native.store.views import keys_of, slots_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_KEY_REUSED = int(Outcome.KEY_REUSED)
_EXISTS = int(Outcome.EXISTS)
_BUSY = int(Outcome.BUSY)


@kernel
def _hold_with(store, slot, key_high, key_low, now_ms):
    """(id of the hold in a slot, digest of its request) if it has this key and is remembered, else (0, 0).

    The slot's hotel is not locked: what is read is of one hold only if the slot has the same generation after it.
    """
    slots = slots_of(store)
    base = slot * at.W_WORDS
    word = load_word(slots, base + at.W_STATE)
    if word & 0xFF == 0 or slots[base + at.W_KEY_LOW] != key_low or slots[base + at.W_KEY_HIGH] != key_high:
        return 0, 0
    digest = slots[base + at.W_REQUEST]
    forgotten = is_forgotten(store, slot, now_ms)
    fence()
    if forgotten or load_word(slots, base + at.W_STATE) >> 8 != word >> 8:
        return 0, 0
    return word >> 8 << 32 | slot, digest


@inlined_kernel
def find_key(store, hashed, key_high, key_low, now_ms):
    """Look a key up: (hold id, 0 if there is none; digest of its request; a place for it, -1 if the segment is full).

    The segment is locked. A key whose hold is forgotten is passed over: the same key may stand further on for a later
    hold. O(1) expected.
    """
    keys = keys_of(store)
    lines = key_lines(store, hashed)
    home = home_in(hashed, lines)
    place = home
    free = -1
    for _ in range(lines_of_segment(store, lines)):
        found = look_at_line(keys, place, hashed)
        alike = found & ALIKE
        while alike:
            slot = entry_slot(load_word(keys, place + first_bit(alike)))
            alike &= alike - 1
            if slot >= 0:  # nobody has taken it out meanwhile
                hold_id, digest = _hold_with(store, slot, key_high, key_low, now_ms)
                if hold_id:
                    return hold_id, digest, free
        if free < 0:
            usable = (found >> EMPTY_SHIFT | found >> GONE_SHIFT) & 0xFF
            free = place + first_bit(usable) if usable else -1
        if found & ANY_EMPTY:
            if place != home:
                open_lines(store, home, place, lines)
            return 0, 0, free
        place = next_line(store, place, 1, lines)
    return 0, 0, free


@inlined_kernel
def known_answer(store, hashed, request, digest, now_ms):
    """What a request's key says: (code, hold id, lsn, a place for the key); code OK = the key is new. The segment is
    locked.
    """
    known_id, known_digest, place = find_key(store, hashed, request[q.Q_KEY_HIGH], request[q.Q_KEY_LOW], now_ms)
    if known_id == 0:
        return _OK, 0, 0, place
    if known_digest != digest:
        return _KEY_REUSED, 0, 0, place
    return _EXISTS, known_id, slots_of(store)[(known_id & 0xFFFFFFFF) * at.W_WORDS + at.W_LSN], place
