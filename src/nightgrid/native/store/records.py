"""The ring of published records: 128 bytes for every change, in the order of the log sequence numbers.

A change of a hold is *published* when its record stands here; the record is written and numbered under the ring lock,
which is always the last lock and is never held together with another of its kind. The order of a hotel's records is
therefore the order of its critical sections. A ledger will read the ring from its tail; in memory the oldest records
are overwritten.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import acquire, load_word, prefetch_item, release, store_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.new_records import write_new
from nightgrid.native.store.slots import hold_id_of
from nightgrid.native.store.views import quotes_of, records_of, shared_of, slots_of


@inlined_kernel
def _next_record(store, shared, records, before):
    """(lsn, position of its record) after `before` others that are published together with it; the ring lock is held.
    Records are published by the number of the last one, S_LSN, all at one instant.
    """
    lsn = shared[at.S_LSN] + 1 + before
    base = ((lsn - 1) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
    store_word(records, base + at.D_LSN, 0)
    steps.step(store, steps.POINT_NUMBERED)
    return lsn, base


@inlined_kernel
def _write_hold(store, slot, base, kind, now_ms, value):
    """Copy a slot as it stands now into a record."""
    slots = slots_of(store)
    records = records_of(store)
    line = slot * at.W_WORDS
    scope = slots[line + at.W_SCOPE]
    records[base + at.D_KIND] = kind
    records[base + at.D_HOLD_ID] = hold_id_of(slots, slot)
    records[base + at.D_PLACE] = slots[line + at.W_PLACE]
    records[base + at.D_STAY] = slots[line + at.W_STAY]
    records[base + at.D_DEADLINE_MS] = slots[line + at.W_DEADLINE_MS]
    records[base + at.D_NOW_MS] = now_ms
    records[base + at.D_KEY_HIGH] = slots[line + at.W_KEY_HIGH]
    records[base + at.D_KEY_LOW] = slots[line + at.W_KEY_LOW]
    records[base + at.D_REQUEST] = slots[line + at.W_REQUEST]
    records[base + at.D_GUEST] = slots[line + at.W_GUEST]
    records[base + at.D_REFERENCE] = slots[line + at.W_REFERENCE]
    records[base + at.D_SCOPE] = scope
    records[base + at.D_LINK] = slots[line + at.W_LINK]
    records[base + at.D_VALUE] = value
    records[base + at.D_QUOTE] = 0
    if scope >> q.BESIDE_SHIFT != 0:
        _write_beside(store, slot, base, scope)


@kernel
def _write_beside(store, slot, base, scope):
    """Copy what stands beside a slot into its record: the quote that it is bound to, its points."""
    records = records_of(store)
    quotes = quotes_of(store)
    beside = slot * at.B_WORDS
    if scope & q.SCOPE_BOUND != 0:
        records[base + at.D_KIND] |= quotes[beside + at.B_VERSION] << 40
        records[base + at.D_QUOTE] = quotes[beside + at.B_QUOTE]
    if scope < 0:
        records[base + at.D_POINTS] = quotes[beside + at.B_POINTS]


@kernel
def _write_request(store, slot, before, now_ms):
    """Before the first record of a hold with points, one more that has the digest of its request; how many records are
    written then. The ring lock is held.
    """
    slots = slots_of(store)
    if slots[slot * at.W_WORDS + at.W_SCOPE] >= 0:
        return before
    records = records_of(store)
    lsn, base = _next_record(store, shared_of(store), records, before)
    _write_hold(store, slot, base, at.RECORD_REQUEST, now_ms, 0)
    records[base + at.D_REQUEST] = slots[slot * at.W_WORDS + at.W_REQUEST]
    store_word(records, base + at.D_LSN, lsn)
    steps.step(store, steps.POINT_WRITTEN)
    return before + 1


@inlined_kernel
def publish_change(store, slot, kind, now_ms, value, old_place, old_stay):
    """`publish` of a change that may move a stay: the record says its place and stay before, too, in the place of the
    key, which the first record of the hold has.
    """
    shared = shared_of(store)
    records = records_of(store)
    acquire(shared, at.S_RING_LOCK)
    lsn, base = _next_record(store, shared, records, 0)
    _write_hold(store, slot, base, kind, now_ms, value)
    records[base + at.D_OLD_PLACE] = old_place
    records[base + at.D_OLD_STAY] = old_stay
    steps.step(store, steps.POINT_WRITTEN)
    store_word(records, base + at.D_LSN, lsn)
    store_word(shared, at.S_LSN, lsn)
    steps.step(store, steps.POINT_PUBLISHED)
    release(shared, at.S_RING_LOCK)
    slots_of(store)[slot * at.W_WORDS + at.W_LSN] = lsn
    return lsn


@inlined_kernel
def publish(store, slot, kind, now_ms, value):
    """Publish a change of a hold, whose slot says already what is true now; returns its log sequence number."""
    shared = shared_of(store)
    records = records_of(store)
    acquire(shared, at.S_RING_LOCK)
    before = 0
    if kind <= at.RECORD_BOOK:
        before = _write_request(store, slot, 0, now_ms)
    lsn, base = _next_record(store, shared, records, before)
    _write_hold(store, slot, base, kind, now_ms, value)
    steps.step(store, steps.POINT_WRITTEN)
    store_word(records, base + at.D_LSN, lsn)
    store_word(shared, at.S_LSN, lsn)
    steps.step(store, steps.POINT_PUBLISHED)
    release(shared, at.S_RING_LOCK)
    slots_of(store)[slot * at.W_WORDS + at.W_LSN] = lsn
    return lsn


@kernel
def publish_pair(store, first, first_kind, second, second_kind, now_ms, value):
    """Publish two changes together: the end of one hold (slot) and the other that takes its place; returns the lsn."""
    shared = shared_of(store)
    records = records_of(store)
    slots = slots_of(store)
    acquire(shared, at.S_RING_LOCK)
    before = _write_request(store, second, 0, now_ms)
    for line in range(2):
        slot = second if line else first
        lsn, base = _next_record(store, shared, records, before + line)
        kind = second_kind if line else first_kind
        _write_hold(store, slot, base, kind | line << 8 | 2 << 24, now_ms, value if line else 0)
        store_word(records, base + at.D_LSN, lsn)
        steps.step(store, steps.POINT_WRITTEN)
    lsn = shared[at.S_LSN] + before + 2
    store_word(shared, at.S_LSN, lsn)
    steps.step(store, steps.POINT_PUBLISHED)
    release(shared, at.S_RING_LOCK)
    slots[first * at.W_WORDS + at.W_LSN] = lsn - 1
    slots[second * at.W_WORDS + at.W_LSN] = lsn
    return slots[second * at.W_WORDS + at.W_LSN]


@inlined_kernel
def publish_slots(store, granted, count, out_lsn):
    """Publish new holds and bookings without a quote, each on its own, under one ring lock.

    granted int64: `count` slots, each with its place in out_lsn: slot | place << 32 [in]; out_lsn (request) int64
    [out]. Records further on are asked for: those right after them are most likely of another thread, or asked for.
    """
    shared = shared_of(store)
    records = records_of(store)
    slots = slots_of(store)
    acquire(shared, at.S_RING_LOCK)
    lsn = shared[at.S_LSN]
    for i in range(count):
        slot = granted[i] & 0xFFFFFFFF
        lsn, base = _next_record(store, shared, records, i)
        state = load_word(slots, slot * at.W_WORDS + at.W_STATE)
        kind = state & at.STATE_MASK  # RECORD_HOLD is STATE_HELD, and RECORD_BOOK STATE_BOOKED
        write_new(records, base, kind, state >> 8 << 32 | slot, slots, slot * at.W_WORDS)
        steps.step(store, steps.POINT_WRITTEN)
        store_word(records, base + at.D_LSN, lsn)
    store_word(shared, at.S_LSN, lsn)
    steps.step(store, steps.POINT_PUBLISHED)
    release(shared, at.S_RING_LOCK)
    for i in range(count):
        number = lsn - count + 1 + i
        slots[(granted[i] & 0xFFFFFFFF) * at.W_WORDS + at.W_LSN] = number
        out_lsn[np.uint64(granted[i] >> 32)] = number
        base = ((lsn + count + i) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
        prefetch_item(records, base)
        prefetch_item(records, base + at.D_WORDS // 2)


@kernel
def publish_cart(store, slots_taken, count, kind, now_ms, values):
    """Publish the lines of a cart together; returns the log sequence number of the last.

    slots_taken (line) int64: slots; values (line) int64 [in]. Every record says its line and how many there are, so
    that a reader who misses one knows that the cart never happened.
    """
    shared = shared_of(store)
    records = records_of(store)
    slots = slots_of(store)
    lsn = 0
    before = 0
    acquire(shared, at.S_RING_LOCK)
    for line in range(count):
        before = _write_request(store, slots_taken[line], before, now_ms)
    for line in range(count):
        lsn, base = _next_record(store, shared, records, before + line)
        _write_hold(store, slots_taken[line], base, kind | line << 8 | count << 24, now_ms, values[line])
        store_word(records, base + at.D_LSN, lsn)
        steps.step(store, steps.POINT_WRITTEN)
    store_word(shared, at.S_LSN, lsn)
    steps.step(store, steps.POINT_PUBLISHED)
    release(shared, at.S_RING_LOCK)
    for line in range(count):
        slots[slots_taken[line] * at.W_WORDS + at.W_LSN] = lsn - count + 1 + line
    return lsn


@kernel
def publish_cart_change(store, slots_of_cart, count, kind, now_ms, value, out_lsn):
    """Publish a change of some lines of a cart together, as `publish_cart` and `publish_change`; no stay moves by it.

    slots_of_cart (line) int64: slots, -1 for a line that does not change; count: how many do; value: what the verb was
    told, of a confirmation its rooms [in]; out_lsn (line) int64: log sequence numbers of those that do [out].
    """
    shared = shared_of(store)
    records = records_of(store)
    slots = slots_of(store)
    done = 0
    acquire(shared, at.S_RING_LOCK)
    for line in range(slots_of_cart.size):
        slot = slots_of_cart[line]
        if slot < 0:
            continue
        lsn, base = _next_record(store, shared, records, done)
        _write_hold(store, slot, base, kind | done << 8 | count << 24, now_ms, value)
        if kind == at.RECORD_CONFIRM:
            records[base + at.D_VALUE] = q.stay_rooms(slots[slot * at.W_WORDS + at.W_STAY])
            records[base + at.D_OLD_PLACE] = slots[slot * at.W_WORDS + at.W_PLACE]
            records[base + at.D_OLD_STAY] = slots[slot * at.W_WORDS + at.W_STAY]
        out_lsn[line] = lsn
        store_word(records, base + at.D_LSN, lsn)
        steps.step(store, steps.POINT_WRITTEN)
        done += 1
    store_word(shared, at.S_LSN, shared[at.S_LSN] + count)
    steps.step(store, steps.POINT_PUBLISHED)
    release(shared, at.S_RING_LOCK)
    for line in range(slots_of_cart.size):
        if slots_of_cart[line] >= 0:
            slots[slots_of_cart[line] * at.W_WORDS + at.W_LSN] = out_lsn[line]


@kernel
def publish_cells(store, kind, row, night, nights, now_ms):
    """Publish that the hotel set counters of `nights` nights (an ordinal and a number) of a row; returns the lsn."""
    shared = shared_of(store)
    records = records_of(store)
    acquire(shared, at.S_RING_LOCK)
    lsn, base = _next_record(store, shared, records, 0)
    for word in range(1, at.D_WORDS):
        records[base + word] = 0
    records[base + at.D_KIND] = kind
    records[base + at.D_PLACE] = row
    records[base + at.D_STAY] = night
    records[base + at.D_VALUE] = nights
    records[base + at.D_NOW_MS] = now_ms
    steps.step(store, steps.POINT_WRITTEN)
    store_word(records, base + at.D_LSN, lsn)
    store_word(shared, at.S_LSN, lsn)
    steps.step(store, steps.POINT_PUBLISHED)
    release(shared, at.S_RING_LOCK)
    return lsn
