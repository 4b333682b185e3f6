"""Recount of the key index: every key that stands in a slot is found there once, and nothing else stands there.

The slots say what must be in the index (`store/keys.py`). Every hotel is locked: an entry is written, moved and taken
out under the lock of its hold's hotel. Whoever opens a full line again meanwhile leaves every key where it is found.
Slots are looked at in batches: the lines of a batch are asked for together, because each is a cache miss.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import load_word, prefetch_item, store_word
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.key_lines import (
    ALIKE,
    ANY_EMPTY,
    GONE,
    LINE,
    LINE_BITS,
    SAME_ENTRY,
    SAME_SHIFT,
    look_at_line,
)
from nightgrid.native.store.keys import (
    SPAN_LINES,
    SPAN_SPLIT,
    SPAN_SPLIT_SHIFT,
    SPAN_SPLITTING,
    entry_of,
    entry_slot,
    home_in,
    is_splitting,
    key_hash,
    key_segment,
    lines_in,
    lines_of_segment,
    next_line,
)
from nightgrid.native.store.slots import is_forgotten
from nightgrid.native.store.views import keys_of, shared_of, slots_of
from nightgrid.native.upkeep.audit import note_finding

FINDING_KEY_LOST: Final = 11  # a remembered hold has a key that does not lead to it
FINDING_KEY_TWICE: Final = 12  # two remembered holds have the same key
FINDING_ENTRY_WRONG: Final = 13  # an entry leads to a slot without its key
FINDING_ENTRY_AGAIN: Final = 14  # an entry leads to a slot that another leads to, or stands where no search finds it
FINDINGS: Final = (FINDING_KEY_LOST, FINDING_KEY_TWICE, FINDING_ENTRY_WRONG, FINDING_ENTRY_AGAIN)

_BATCH: Final = 32  # slots


@inlined_kernel
def _has_key(store, slot):
    """True if a slot is in use and has a key."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    named = slots[base + at.W_KEY_HIGH] != 0 or slots[base + at.W_KEY_LOW] != 0
    return named and slots[base + at.W_STATE] & 0xFF != 0


@inlined_kernel
def _hash_of(store, slot):
    """Hash of the key that stands in a slot."""
    slots = slots_of(store)
    return key_hash(slots[slot * at.W_WORDS + at.W_KEY_HIGH], slots[slot * at.W_WORDS + at.W_KEY_LOW])


@inlined_kernel
def _place_of(store, slot):
    """The room type of the hold in a slot, -1 if it names none."""
    if not 0 <= slot < load_word(shared_of(store), at.S_SLOT_HIGH):
        return np.int64(-1)
    row = q.place_row(slots_of(store)[slot * at.W_WORDS + at.W_PLACE])
    return row if row < store[at.H_ROWS] else np.int64(-1)


@kernel
def _rival(store, slot, place, alike, now_ms):
    """A remembered hold with the key of a slot, among the entries `alike` of the line at `place`; -1 = none."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    while alike:
        other = entry_slot(load_word(keys_of(store), place + first_bit(alike)))
        alike &= alike - 1
        if 0 <= other < load_word(shared_of(store), at.S_SLOT_HIGH) and _has_key(store, other):
            line = other * at.W_WORDS
            same = slots[line + at.W_KEY_HIGH] == slots[base + at.W_KEY_HIGH]
            same = same and slots[line + at.W_KEY_LOW] == slots[base + at.W_KEY_LOW]
            if same and not is_forgotten(store, other, now_ms):
                return other
    return -1


@inlined_kernel
def _search(store, slot, wanted, lines, whole, met, now_ms):
    """Search for the entry of a slot as a request does, and mark it: (found, a remembered hold that a request with
    this key would find before it, -1 = none).

    wanted: the entry; whole: go on behind it, because its copy may stand there.
    """
    keys = keys_of(store)
    place = home_in(wanted, lines)
    found, rival = False, np.int64(-1)
    for _ in range(lines_of_segment(store, lines)):
        seen = look_at_line(keys, place, wanted)
        same = (seen & SAME_ENTRY) >> SAME_SHIFT
        before = seen & ALIKE & ~same & ((same & -same) - 1)
        if before and not found:
            rival = max(rival, _rival(store, slot, place, before, now_ms))
        if same:
            met[place + first_bit(same)] = 1
            found = True
        if seen & ANY_EMPTY or (found and not whole):
            break
        place = next_line(store, place, 1, lines)
    return found, rival


@kernel
def _audit_slot(store, slot, span, hashed, now_ms, met, count, out):
    """The key of one slot: the number of findings with what is wrong with it."""
    wanted = entry_of(hashed, slot)
    segment = key_segment(store, hashed)
    lines = lines_in(span, segment)
    splitting = is_splitting(span, segment)
    found, rival = _search(store, slot, wanted, lines, splitting, met, now_ms)
    if splitting:  # an entry stands by the old lines or by the new ones, and its copy by both
        again, _ = _search(store, slot, wanted, 2 * lines, True, met, now_ms)
        found = found or again
    if is_forgotten(store, slot, now_ms):
        return count  # nobody asks for it any more
    if rival >= 0:
        return note_finding(FINDING_KEY_TWICE, _place_of(store, slot), -1, slot, rival, count, out)
    if not found:
        count = note_finding(FINDING_KEY_LOST, _place_of(store, slot), -1, slot, 0, count, out)
    return count


@kernel
def _lines_in_use(span):
    """Lines of the index up to the last one that a segment can have."""
    more = span & SPAN_SPLITTING != 0 or span >> SPAN_SPLIT_SHIFT & SPAN_SPLIT != 0
    return (span & SPAN_LINES) << more


@kernel
def _audit_slots(store, now_ms, met, out):
    """The keys of all slots; marks in met (entry) uint8 [inout] what was found. O(slots)."""
    keys = keys_of(store)
    shared = shared_of(store)
    span = load_word(shared, at.S_KEY_SPAN)
    high = load_word(shared, at.S_SLOT_HIGH)
    hashes = np.zeros(_BATCH, np.int64)
    count = 0
    for first in range(0, high, _BATCH):
        end = min(first + _BATCH, high)
        for slot in range(first, end):
            if _has_key(store, slot):
                hashed = _hash_of(store, slot)
                hashes[slot - first] = hashed
                prefetch_item(keys, home_in(hashed, lines_in(span, key_segment(store, hashed))))
        for slot in range(first, end):
            if _has_key(store, slot):
                count = _audit_slot(store, slot, span, hashes[slot - first], now_ms, met, count, out)
    return count


@kernel
def _strays(store, met, drop, count, out):
    """Entries that no slot was found by: the number of findings with them. drop: take them out. O(entries)."""
    keys = keys_of(store)
    shared = shared_of(store)
    span = load_word(shared, at.S_KEY_SPAN)
    for line in range(met.size >> LINE_BITS):
        segment = line & (store[at.H_SEGMENTS] - 1)
        if line >= lines_in(span, segment) << is_splitting(span, segment):
            continue  # it is not of this segment yet
        for place in range(line << LINE_BITS, (line << LINE_BITS) + LINE):
            entry = load_word(keys, place)
            slot = entry_slot(entry)
            if slot < 0 or met[place]:
                continue
            known = slot < load_word(shared, at.S_SLOT_HIGH) and _has_key(store, slot)
            kind = FINDING_ENTRY_WRONG
            if known and entry_of(_hash_of(store, slot), slot) == entry:
                kind = FINDING_ENTRY_AGAIN
            count = note_finding(kind, _place_of(store, slot), -1, slot, place, count, out)
            if drop:
                store_word(keys, place, GONE)
    return count


@kernel
def audit_keys(store, drop, now_ms, out):
    """Compare the key index with the keys that stand in the slots; returns the number of findings.

    Every hotel and the table are locked. A segment in whose split somebody died is right as long as each key is found
    by its old lines or by its new ones. A hold that is forgotten needs no entry, and may have one until its slot is
    handed out again. drop: take out the entries that lead astray; keys that are then missing are remembered by
    `settle.settle_keys`. out (finding, 5) int64 [out]. O(slots + entries).
    """
    met = np.zeros(_lines_in_use(load_word(shared_of(store), at.S_KEY_SPAN)) << LINE_BITS, np.uint8)
    count = _audit_slots(store, now_ms, met, out)
    return _strays(store, met, drop, count, out)
