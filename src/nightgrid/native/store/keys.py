"""The index of idempotency keys: cache lines of eight entries inside small locked segments, eight bytes a key.

An entry is a slot and half of the key's hash; the key itself stands in the slot, so an entry that looks right is
compared there (`store/known.py`). Half of the hash also says in which line a key is at home. A line is looked at as a
whole, without a branch an entry. A key stands in its home, or in a later line if all lines before that were full; a
search goes on behind a line only if the line has no EMPTY entry.

A slot that is handed out again first takes its entry out. That needs no lock: while the slot has its old id nobody else
changes the entry. What it leaves behind (GONE) costs nothing in a line that has an EMPTY entry; the next key that is at
home there takes it. A full line of which some entries are GONE is opened again, by who passed it and has the lock of
the segment, where no key behind it has its home in it or before it.
"""

from __future__ import annotations

from typing import Final

from nightgrid.native.base.atomics import load_word, store_word
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.base.mixing import mix
from nightgrid.native.store import layout as at
from nightgrid.native.store.key_lines import (
    ANY_EMPTY,
    EMPTY,
    GONE,
    LINE,
    LINE_BITS,
    SAME_ENTRY,
    SAME_SHIFT,
    look_at_line,
)
from nightgrid.native.store.views import keys_of, slots_of

_SLOT_MASK: Final = 0xFFFFFFFF
_ODD: Final = -7046029254386353131  # 2^64 / golden ratio


@inlined_kernel
def key_hash(key_high, key_low):
    """64 bits of which every one depends on every bit of a key."""
    return mix(key_high * _ODD ^ key_low)


@inlined_kernel
def key_home(store, hashed):
    """First entry of the line in which the search for a key begins."""
    return (hashed >> 32) & (store[at.H_KEYS] - 1) & -LINE


@inlined_kernel
def _segment_bits(store):
    """Binary logarithm of the entries of a segment."""
    return first_bit(store[at.H_KEYS]) - first_bit(store[at.H_SEGMENTS])


@inlined_kernel
def key_segment(store, hashed):
    """Segment that holds a key."""
    return key_home(store, hashed) >> _segment_bits(store)


@inlined_kernel
def entry_of(hashed, slot):
    """What stands in the index for a key whose hold is in a slot."""
    return (hashed & ~_SLOT_MASK) | (slot + 1)


@inlined_kernel
def entry_slot(entry):
    """Slot of an entry, -1 if it has none (EMPTY, GONE)."""
    return (entry & _SLOT_MASK) - 1


@inlined_kernel
def lines_of_segment(store):
    """How many lines a segment has."""
    return store[at.H_KEYS] >> first_bit(store[at.H_SEGMENTS]) + LINE_BITS


@inlined_kernel
def next_line(store, place, lines):
    """First entry of the line that is so many (-1 or 1) further on, inside the same segment."""
    last = (1 << _segment_bits(store)) - 1
    return (place & ~last) | ((place + lines * LINE) & last)


@kernel
def open_lines(store, home, end):
    """Open the full lines from `home` to before `end`, which has an EMPTY entry, again, as far as they have GONE ones
    and no key behind them needs them to be full. The segment is locked.
    """
    keys = keys_of(store)
    behind = end
    while behind != home:
        line = next_line(store, behind, -1)
        for entry in range(behind, behind + LINE):
            word = load_word(keys, entry)
            if entry_slot(word) >= 0 and key_home(store, word) != behind:
                return
        opened = False
        for entry in range(line, line + LINE):
            if load_word(keys, entry) == GONE:
                store_word(keys, entry, EMPTY)
                opened = True
        if not opened:
            return
        behind = line


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
    for _ in range(lines_of_segment(store)):
        found = look_at_line(keys, place, wanted)
        if found & SAME_ENTRY:
            store_word(keys, place + first_bit(found >> SAME_SHIFT), GONE)
        if found & (SAME_ENTRY | ANY_EMPTY):
            break
        place = next_line(store, place, 1)
    slots_of(store)[slot * at.W_WORDS + at.W_KEY_HIGH] = 0
    slots_of(store)[slot * at.W_WORDS + at.W_KEY_LOW] = 0
