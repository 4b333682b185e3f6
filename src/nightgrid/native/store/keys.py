"""The index of idempotency keys: open addressing inside small locked segments, eight bytes a key.

An entry is a slot and half of the key's hash; the key itself stands in the slot, so an entry that looks right is
compared there (`store/known.py`). A slot that is handed out again first takes its entry out. That needs no lock: while
the slot has its old id nobody else changes the entry, nor empties one between it and its home. What it leaves behind is
taken by the next key that comes by, or is emptied where it ends a run of entries. Before, entries named dead ids, and
who looked for a place had to look at the slot of every entry on his way: a cache miss each.
"""

from __future__ import annotations

from typing import Final

from nightgrid.native.base.atomics import load_word, store_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.base.mixing import mix
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import keys_of, slots_of

EMPTY: Final = 0
GONE: Final = -1 << 32  # not empty, and of no slot
_SLOT_MASK: Final = 0xFFFFFFFF
_ODD: Final = -7046029254386353131  # 2^64 / golden ratio


@inlined_kernel
def key_hash(key_high, key_low):
    """64 bits of which every one depends on every bit of a key."""
    return mix(key_high * _ODD ^ key_low)


@inlined_kernel
def key_home(store, hashed):
    """Entry in which the search for a key begins."""
    return hashed & (store[at.H_KEYS] - 1)


@inlined_kernel
def key_segment(store, hashed):
    """Segment that holds a key."""
    return key_home(store, hashed) // (store[at.H_KEYS] // store[at.H_SEGMENTS])


@inlined_kernel
def entry_of(hashed, slot):
    """What stands in the index for a key whose hold is in a slot."""
    return (hashed & ~_SLOT_MASK) | (slot + 1)


@inlined_kernel
def entry_slot(entry):
    """Slot of an entry, -1 if it has none (EMPTY, GONE)."""
    return (entry & _SLOT_MASK) - 1


@inlined_kernel
def next_entry(store, entry):
    """The entry after, inside the same segment."""
    last = store[at.H_KEYS] // store[at.H_SEGMENTS] - 1
    return (entry & ~last) | ((entry + 1) & last)


@kernel
def empty_before(store, empty):
    """Empty the entries that are GONE and end at an empty one: no search needs to pass them. The segment is locked."""
    keys = keys_of(store)
    last = store[at.H_KEYS] // store[at.H_SEGMENTS] - 1
    entry = empty
    for _ in range(last):
        entry = (entry & ~last) | ((entry - 1) & last)
        if load_word(keys, entry) != GONE:
            return
        store_word(keys, entry, EMPTY)


@inlined_kernel
def write_key(store, place, hashed, slot):
    """Fill a place that `known.find_key` found, when the slot has the key. The segment is locked."""
    store_word(keys_of(store), place, entry_of(hashed, slot))


@inlined_kernel
def forget_key(store, slot):
    """Take the key of a slot out of the index. Its hotel is locked; the slot still has the id that the key named."""
    slots = slots_of(store)
    key_high = slots[slot * at.W_WORDS + at.W_KEY_HIGH]
    key_low = slots[slot * at.W_WORDS + at.W_KEY_LOW]
    if key_high != 0 or key_low != 0:
        _forget(store, slot, key_high, key_low)


@kernel
def _forget(store, slot, key_high, key_low):
    """`forget_key` of a slot that has one. O(1) expected."""
    keys = keys_of(store)
    hashed = key_hash(key_high, key_low)
    wanted = entry_of(hashed, slot)
    place = key_home(store, hashed)
    for _ in range(store[at.H_KEYS] // store[at.H_SEGMENTS]):
        entry = load_word(keys, place)
        if entry == wanted:
            store_word(keys, place, GONE)
        if entry == wanted or entry == EMPTY:
            break
        place = next_entry(store, place)
    slots_of(store)[slot * at.W_WORDS + at.W_KEY_HIGH] = 0
    slots_of(store)[slot * at.W_WORDS + at.W_KEY_LOW] = 0
