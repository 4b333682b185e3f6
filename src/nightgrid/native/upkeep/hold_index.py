"""Which slots name a guest, a reference or a cart: an index beside the store, that those who ask keep, and nobody else.

Who takes rooms writes nothing here. A hold says its guest, reference and cart once and for all in its first record, so
whoever asks reads the records that were published since somebody asked last, and links their slots: a slot stands in
one list for each of its words, and lists are found by hashing. Where the ring has passed over records, the slots are
looked at in which anything changed since. What stands in a list is a candidate and no more: a slot that was handed out
again stands there until the record of its new hold is read, so each candidate is judged as a slot that is met in
passing over all of them (`native/upkeep/questions.py`).

Nothing that was published before a question began is missing from the lists once they are caught up. One thread at a
time uses the index; a question does a bounded part of the work that is left, and is answered by passing over the slots
until all is done. The lock of an index stands before all others, and only questions take it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.atomics import acquire_unless, fence, load_word, prefetch_item, release, store_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import as_pointer, borrowed, records_of, shared_of, slots_of

# -- fields: the words of a hold by which it is found ----------------------------------------------
BY_GUEST: Final = 0
BY_REFERENCE: Final = 1
BY_CART: Final = 2
FIELDS: Final = 3

# -- index: int64 (X_WORDS) -----------------------------------------------------------------------
X_LOCK: Final = 0
X_BUSY: Final = 1  # who has the lock links many slots: others need not wait
X_LSN: Final = 2  # what was published up to this record is in the lists, but for slots that are still to be looked at
X_AT: Final = 3  # those from here on ...
X_END: Final = 4  # ... to here, not included ...
X_SINCE: Final = 5  # ... in which anything changed after this record
X_MASK: Final = 6  # heads of a field, a power of two, less 1
X_SLOTS: Final = 7  # slots that there is room for
X_HEADS: Final = 8  # address: int32 (field, head), the first slot of a list + 1, 0 = none
X_LINKS: Final = 9  # address: int32 (field, slot, 2), see B_* below
X_USED: Final = 10  # a bit for each field in which anything was ever linked
X_STEP: Final = 11  # so much one question does, see STEP
X_WORDS: Final = 16
_BEFORE: Final = 0  # slot before it + 1, or minus its head - 1 where it is the first; 0 = it stands in no list
_AFTER: Final = 1  # slot after it + 1, 0 = it is the last

READY: Final = 0
BEHIND: Final = -1  # there is more to do than one question should wait for
SMALL: Final = -2  # the store has more slots than the index

#: So much one question does for those after it, about as long as it takes to pass over a million slots: to look at a
#: slot counts once, to link one eight times.
STEP: Final = 1 << 20
_LINKING: Final = 8
#: From so many on others do not wait until they are linked.
_FEW: Final = 256
_AHEAD: Final = 8


@kernel
def _heads_of(index):
    """Heads of the lists, flat: int32 (field * heads + head)."""
    return carray(as_pointer(index[X_HEADS]), (FIELDS * (index[X_MASK] + 1),), np.int32)


@kernel
def _links_of(index):
    """Links of the slots, flat: int32 ((field * slots + slot) * 2 + _BEFORE or _AFTER)."""
    return carray(as_pointer(index[X_LINKS]), (FIELDS * index[X_SLOTS] * 2,), np.int32)


@inlined_kernel
def _head_of(index, word):
    """The list of a word. Digests are spread already; ids of carts are so by their slots."""
    return (word ^ word >> 32) & index[X_MASK]


@inlined_kernel
def _link(index, field, slot, word):
    """Let a slot stand under a word, and under no other; a word of 0 is none."""
    heads, links = _heads_of(index), _links_of(index)
    of_field = 2 * field * index[X_SLOTS]
    first = field * (index[X_MASK] + 1)
    place = of_field + 2 * slot
    before = np.int64(links[place + _BEFORE])
    if before != 0:
        after = np.int64(links[place + _AFTER])
        if before > 0:
            links[of_field + 2 * (before - 1) + _AFTER] = after
        else:
            heads[first - before - 1] = after
        if after != 0:
            links[of_field + 2 * (after - 1) + _BEFORE] = before
        links[place + _BEFORE] = 0
    if word != 0:
        head = _head_of(index, word)
        after = np.int64(heads[first + head])
        links[place + _BEFORE] = -head - 1
        links[place + _AFTER] = after
        if after != 0:
            links[of_field + 2 * (after - 1) + _BEFORE] = slot + 1
        heads[first + head] = slot + 1
        index[X_USED] |= 1 << field


@inlined_kernel
def _link_hold(index, slot, guest, reference, link):
    """Let a slot stand under the words of the hold in it; link: its cart where that is positive."""
    _link(index, BY_GUEST, slot, guest)
    _link(index, BY_REFERENCE, slot, reference)
    _link(index, BY_CART, slot, max(link, 0))


@inlined_kernel
def _ask_for(index, words, base, guest, reference):
    """Ask for the heads of what will be linked soon: words int64, at base + guest and base + reference."""
    heads = _heads_of(index)
    prefetch_item(heads, _head_of(index, words[base + guest]))
    prefetch_item(heads, index[X_MASK] + 1 + _head_of(index, words[base + reference]))


@kernel
def _look_at_slots(store, index):
    """Link the next slots of those in which anything changed."""
    slots = slots_of(store)
    since = index[X_SINCE]
    end = index[X_END]
    slot = index[X_AT]
    left = index[X_STEP]
    while slot < end and left > 0:
        base = slot * at.W_WORDS
        left -= 1
        # A slot that is filled has 0 here until its hold is published and longer, so none of them is passed by.
        if slots[base + at.W_LSN] > since or slots[base + at.W_LSN] == 0:
            _ask_for(index, slots, min(slot + _AHEAD, end - 1) * at.W_WORDS, at.W_GUEST, at.W_REFERENCE)
            _link_hold(index, slot, slots[base + at.W_GUEST], slots[base + at.W_REFERENCE], slots[base + at.W_LINK])
            left -= _LINKING
        slot += 1
    index[X_AT] = slot


@inlined_kernel
def _follow(store, index, number):
    """Link the slot of a new hold, if a record is of one: READY, BEHIND where the ring has passed over it, or SMALL."""
    records = records_of(store)
    base = ((number - 1) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
    if load_word(records, base + at.D_LSN) != number:
        return BEHIND
    kind = records[base + at.D_KIND] & 0xFF
    slot = records[base + at.D_HOLD_ID] & 0xFFFFFFFF
    guest, reference = records[base + at.D_GUEST], records[base + at.D_REFERENCE]
    link = records[base + at.D_LINK]
    fence()
    if load_word(records, base + at.D_LSN) != number:
        return BEHIND
    if kind == at.RECORD_HOLD or kind == at.RECORD_BOOK:
        if slot >= index[X_SLOTS]:
            return SMALL
        _link_hold(index, slot, guest, reference, link)
    return READY


@kernel
def _read_records(store, index, lsn):
    """Link the slots of holds that were published up to a record, or of the next ones."""
    records = records_of(store)
    code = READY
    end = min(lsn, index[X_LSN] + max(index[X_STEP] // _LINKING, 1))
    number = index[X_LSN]
    while code == READY and number < end:
        number += 1
        ahead = ((min(number + _AHEAD, end) - 1) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
        _ask_for(index, records, ahead, at.D_GUEST, at.D_REFERENCE)
        code = _follow(store, index, number)
        if code == READY:
            index[X_LSN] = number
    return BEHIND if code == READY and end < lsn else code


@kernel
def _catch_up(store, index):
    """Bring the lists to what is published now, or nearer to it: READY, BEHIND or SMALL. The index is locked."""
    shared = shared_of(store)
    lsn = load_word(shared, at.S_LSN)
    high = load_word(shared, at.S_SLOT_HIGH)  # after the number: slots of all that was published are below it
    if lsn == index[X_LSN] and index[X_AT] == index[X_END]:
        return READY
    if high > index[X_SLOTS]:
        return SMALL
    if index[X_AT] == index[X_END] and lsn - index[X_LSN] > min(store[at.H_RECORDS], high):
        index[X_SINCE] = index[X_LSN]
        index[X_LSN] = lsn
        index[X_AT] = 0
        index[X_END] = high
    if index[X_END] - index[X_AT] + lsn - index[X_LSN] > _FEW:
        store_word(index, X_BUSY, 1)
    if index[X_AT] < index[X_END]:
        _look_at_slots(store, index)
    return BEHIND if index[X_AT] < index[X_END] else _read_records(store, index, lsn)


@kernel
def linked_slots(store, index, field, word, out):
    """Slots that may hold what names a word in a field: how many, each once, into the last word of a hold that is found
    there, out (hold, FOUND_WORDS) int64 [out], as many as find room; or BEHIND or SMALL.

    index int64 (X_WORDS) [inout], its memory kept alive by the caller. Whatever was published before the call is among
    them. O(records since somebody asked last + slots of the list), a part of it where that is more than STEP.
    """
    index = borrowed(index)
    if not acquire_unless(index, X_LOCK, X_BUSY):
        return np.int64(BEHIND)
    count = np.int64(_catch_up(store, index))
    if count == READY:
        heads, links, slots = _heads_of(index), _links_of(index), slots_of(store)
        at_word = at.W_LINK if field == BY_CART else at.W_GUEST + field
        link = np.int64(heads[field * (index[X_MASK] + 1) + _head_of(index, word)])
        while link != 0:
            slot = link - 1
            if slots[slot * at.W_WORDS + at_word] == word:
                if count < out.shape[0]:
                    out[count, at.W_WORDS] = slot
                count += 1
            link = np.int64(links[2 * (field * index[X_SLOTS] + slot) + _AFTER])
    store_word(index, X_BUSY, 0)
    release(index, X_LOCK)
    return count
