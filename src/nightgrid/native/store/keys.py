"""The index of idempotency keys: cache lines of eight entries inside small locked segments, eight bytes a key.

An entry is a slot and half of the key's hash; the key itself stands in the slot, so an entry that looks right is
compared there (`store/known.py`). Half of the hash also says in which line a key is at home. A line is looked at as a
whole, without a branch an entry. A key stands in its home, or in a later line if all lines before that were full; a
search goes on behind a line only if the line has no EMPTY entry.

Lines of a segment do not lie side by side: line n is of segment n modulo the segments, and the next one of the same
segment so many further on. So the index grows by lines behind the last one, and no key changes its segment: a line n of
so many becomes the lines n and n + so many, segment by segment, each under its lock (linear hashing: Litwin, 1980).
S_KEY_SPAN says how many lines there are, how many segments have twice as many, and whether the next one is being split
(`native/upkeep/more_slots.py`).

A slot that is handed out again first takes its entry out. That needs no lock but that of its hotel: whoever splits a
segment moves an entry under the lock of its hold's hotel, and nobody else changes it while the slot has its old id.
What it leaves behind (GONE) costs nothing in a line that has an EMPTY entry; the next key that is at home there takes
it. A full line of which some entries are GONE is opened again, by who passed it and has the lock of the segment, where
no key behind it has its home in it or before it.
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
from nightgrid.native.store.views import keys_of, shared_of, slots_of

_SLOT_MASK: Final = 0xFFFFFFFF
# -- the word S_KEY_SPAN ---------------------------------------------------------------------------
SPAN_LINES: Final = 0xFFFFFFFF  # lines of the index, a power of two
SPAN_SPLIT_SHIFT: Final = 32
SPAN_SPLIT: Final = 0xFFFF  # so many segments, the first ones, have twice as many
SPAN_SPLITTING: Final = 1 << 48  # the next one is being split
_ODD: Final = -7046029254386353131  # 2^64 / golden ratio


@inlined_kernel
def key_hash(key_high, key_low):
    """64 bits of which every one depends on every bit of a key."""
    return mix(key_high * _ODD ^ key_low)


@inlined_kernel
def key_segment(store, hashed):
    """Segment that holds a key."""
    return (hashed >> 32) & (store[at.H_SEGMENTS] - 1)


@inlined_kernel
def lines_in(span, segment):
    """Lines among which a segment has its own, by the word S_KEY_SPAN."""
    return (span & SPAN_LINES) << (segment < (span >> SPAN_SPLIT_SHIFT & SPAN_SPLIT))


@inlined_kernel
def key_lines(store, hashed):
    """`lines_in` for a key, as things stand; that stays so while the key's segment is locked."""
    return lines_in(load_word(shared_of(store), at.S_KEY_SPAN), key_segment(store, hashed))


@inlined_kernel
def home_in(hashed, lines):
    """First entry of the line, one of so many, in which the search for a key begins."""
    return ((hashed >> 32) & (lines - 1)) << LINE_BITS


@inlined_kernel
def key_home(store, hashed):
    """First entry of the line in which the search for a key begins, as things stand."""
    return home_in(hashed, key_lines(store, hashed))


@inlined_kernel
def entry_of(hashed, slot):
    """What stands in the index for a key whose hold is in a slot."""
    return (hashed & ~_SLOT_MASK) | (slot + 1)


@inlined_kernel
def entry_slot(entry):
    """Slot of an entry, -1 if it has none (EMPTY, GONE)."""
    return (entry & _SLOT_MASK) - 1


@inlined_kernel
def lines_of_segment(store, lines):
    """How many of so many lines a segment has."""
    return lines >> first_bit(store[at.H_SEGMENTS])


@inlined_kernel
def next_line(store, place, step, lines):
    """First entry of the line that is `step` (-1 or 1) further on, of those that a segment has of so many lines."""
    return (place + (step * store[at.H_SEGMENTS] << LINE_BITS)) & ((lines << LINE_BITS) - 1)


@kernel
def open_line(store, line, behind, lines):
    """Open a full line again, if it has GONE entries and no key behind it needs it to be full; True if it is open now.

    behind: the line after it, which has an EMPTY entry. The segment is locked.
    """
    keys = keys_of(store)
    for entry in range(behind, behind + LINE):
        word = load_word(keys, entry)
        if entry_slot(word) >= 0 and home_in(word, lines) != behind:
            return False
    opened = False
    for entry in range(line, line + LINE):
        if load_word(keys, entry) == GONE:
            store_word(keys, entry, EMPTY)
            opened = True
    return opened


@kernel
def open_lines(store, home, end, lines):
    """Open the full lines from `home` to before `end`, which has an EMPTY entry, again, as far as they have GONE ones
    and no key behind them needs them to be full. The segment is locked.
    """
    behind = end
    while behind != home:
        line = next_line(store, behind, -1, lines)
        if not open_line(store, line, behind, lines):
            return
        behind = line


@inlined_kernel
def is_splitting(span, segment):
    """True if a segment is being split, by the word S_KEY_SPAN."""
    return span & SPAN_SPLITTING != 0 and segment == span >> SPAN_SPLIT_SHIFT & SPAN_SPLIT


@inlined_kernel
def write_key(store, place, hashed, slot):
    """Fill a place that `known.find_key` found, when the slot has the key. The segment and the hold's hotel are locked:
    nobody hands the slot out again, or recounts the index, between its key and its entry.
    """
    store_word(keys_of(store), place, entry_of(hashed, slot))


@inlined_kernel
def forget_key(store, slot):
    """Take the key of a slot out of the index. Its hotel is locked; the slot still has the id that the key named."""
    slots = slots_of(store)
    key_high = slots[slot * at.W_WORDS + at.W_KEY_HIGH]
    key_low = slots[slot * at.W_WORDS + at.W_KEY_LOW]
    if key_high != 0 or key_low != 0:
        _forget(store, slot, key_high, key_low)


@inlined_kernel
def _take_out(store, wanted, lines):
    """Turn an entry into GONE; True if it was found among the lines that its segment has of so many."""
    keys = keys_of(store)
    place = home_in(wanted, lines)
    for _ in range(lines_of_segment(store, lines)):
        found = look_at_line(keys, place, wanted)
        if found & SAME_ENTRY:
            store_word(keys, place + first_bit(found >> SAME_SHIFT), GONE)
        if found & (SAME_ENTRY | ANY_EMPTY):
            return found & SAME_ENTRY != 0
        place = next_line(store, place, 1, lines)
    return False


@kernel
def _forget(store, slot, key_high, key_low):
    """`forget_key` of a slot that has one. O(1) expected.

    Where its segment is being split, the entry stands by the old lines or by the new ones, and stays there: the lock of
    its hotel is held here.
    """
    hashed = key_hash(key_high, key_low)
    wanted = entry_of(hashed, slot)
    segment = key_segment(store, hashed)
    span = load_word(shared_of(store), at.S_KEY_SPAN)
    lines = lines_in(span, segment)
    if not _take_out(store, wanted, lines) and is_splitting(span, segment):
        _take_out(store, wanted, 2 * lines)
    slots_of(store)[slot * at.W_WORDS + at.W_KEY_HIGH] = 0
    slots_of(store)[slot * at.W_WORDS + at.W_KEY_LOW] = 0
