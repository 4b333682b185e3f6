"""The index of idempotency keys: open addressing inside small locked segments.

An entry names a hold id. It is dead as soon as its slot carries another generation, so ended holds
never have to be removed from here; a dead entry is reused by the next insertion that passes it, and dead
entries in front of an empty one become empty again.
"""

from __future__ import annotations

from nightgrid.native import layout as at
from nightgrid.native import steps
from nightgrid.native.jit import kernel
from nightgrid.native.mixing import mix
from nightgrid.native.slots import find_slot, is_forgotten
from nightgrid.native.views import keys_of

NOT_FOUND = 0


@kernel
def key_segment(store, key_high, key_low):
    """Segment that holds a key."""
    return mix(key_high ^ mix(key_low)) & (store[at.H_SEGMENTS] - 1)


@kernel
def find_key(store, segment, key_high, key_low, now_ms):
    """Look a key up: (hold id, request digest), or (NOT_FOUND, 0). The segment is locked. O(1) expected.

    A key whose hold is forgotten is passed over: the same key may stand further on for a later hold.
    """
    keys = keys_of(store)
    size = store[at.H_KEYS] // store[at.H_SEGMENTS]
    first = segment * size
    start = key_low & (size - 1)
    for step in range(size):
        entry = first + ((start + step) & (size - 1))
        hold_id = keys[entry, at.E_HOLD_ID]
        if hold_id == 0:
            return NOT_FOUND, 0
        if keys[entry, at.E_KEY_LOW] == key_low and keys[entry, at.E_KEY_HIGH] == key_high:
            slot = find_slot(store, hold_id)
            if slot >= 0 and not is_forgotten(store, slot, now_ms):
                return hold_id, keys[entry, at.E_REQUEST]
    return NOT_FOUND, 0


@kernel
def _clear_dead_before(store, first, size, empty):
    """Empty the dead entries that end at an empty one: no probe needs to walk over them any more."""
    keys = keys_of(store)
    for step in range(1, size):
        entry = first + ((empty - first - step) & (size - 1))
        hold_id = keys[entry, at.E_HOLD_ID]
        if hold_id == 0 or find_slot(store, hold_id) >= 0:
            return
        keys[entry, at.E_HOLD_ID] = 0


@kernel
def reserve_entry(store, segment, key_low):
    """Entry in which a new key can be written, or -1 if the segment is full. The segment is locked."""
    keys = keys_of(store)
    size = store[at.H_KEYS] // store[at.H_SEGMENTS]
    first = segment * size
    start = key_low & (size - 1)
    chosen = -1
    for step in range(size):
        entry = first + ((start + step) & (size - 1))
        hold_id = keys[entry, at.E_HOLD_ID]
        if hold_id == 0:
            if chosen < 0:
                chosen = entry
            _clear_dead_before(store, first, size, entry)
            break
        if chosen < 0 and find_slot(store, hold_id) < 0:
            chosen = entry
    return chosen


@kernel
def write_key(store, entry, key_high, key_low, hold_id, request):
    """Fill a reserved entry. The segment is locked."""
    keys = keys_of(store)
    keys[entry, at.E_KEY_HIGH] = key_high
    keys[entry, at.E_KEY_LOW] = key_low
    keys[entry, at.E_REQUEST] = request
    steps.step(store, steps.POINT_KEY)
    keys[entry, at.E_HOLD_ID] = hold_id
