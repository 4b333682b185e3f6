"""Prices that follow house fill: what changed in the store is read from its ring; nights on which a hotel's fill moved
over an edge are written to the feed and marked as due, and priced anew where a stay with them is read.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import acquire, add_word, fence, load_word, prefetch_item, release, store_word
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.program import live_block as lv
from nightgrid.native.program.live_cells import reprice
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.houses import house_fill
from nightgrid.native.store.ring import copied, moves_nothing, says_before
from nightgrid.native.store.store import store_at
from nightgrid.native.store.views import column_of, end_night, hotel_words_of, row_hotel_of, shared_of


@kernel
def _band(edges, fill_bp):
    """Which band of fill: how many edges lie at or below it."""
    band = 0
    while band < edges.size and edges[band] <= fill_bp:
        band += 1
    return band


@kernel
def _make_due(live, hotel, place):
    """Mark a night of a hotel as due in every sheet that has it; the price lock is held."""
    due, nights = lv.due_of(live), lv.due_nights_of(live)
    segments = live[lv.V_SEGMENTS]
    word, bit = hotel >> 6, np.int64(1) << (hotel & 63)
    first = max(0, (place - lv.SEGMENT_NIGHTS + lv.SEGMENT_STEP) // lv.SEGMENT_STEP)
    for segment in range(first, min(place // lv.SEGMENT_STEP, segments - 1) + 1):
        for variant in range(live[lv.V_VARIANTS]):
            night = (variant * segments + segment) * lv.SEGMENT_NIGHTS + place - segment * lv.SEGMENT_STEP
            due[night, word] |= bit
            store_word(nights, night, load_word(nights, night) | np.int64(1) << (word & 63))


@kernel
def _note(live, lsn, now_ms, hotel, night, old_bp, new_bp):
    """Write a change of fill to the feed."""
    feed = lv.feed_of(live)
    number = load_word(live, lv.V_FEED)
    entry = (number & (live[lv.V_FEED_SIZE] - 1)) * lv.E_WORDS
    store_word(feed, entry + lv.E_NUMBER, 0)
    feed[entry + lv.E_LSN] = lsn
    feed[entry + lv.E_NOW_MS] = now_ms
    feed[entry + lv.E_HOTEL] = hotel
    feed[entry + lv.E_NIGHT] = night
    feed[entry + lv.E_OLD] = old_bp
    feed[entry + lv.E_NEW] = new_bp
    store_word(feed, entry + lv.E_NUMBER, number + 1)
    store_word(live, lv.V_FEED, number + 1)


@kernel
def _price_due(live, night, other):
    """Price what is due on a night of a sheet, and in the next sheet of its band, where that has the night too, once
    for both: other is its place there, or -1 to leave it. The price lock is held.
    """
    due, nights, known = lv.due_of(live), lv.due_nights_of(live), lv.fill_of(live)
    sheet = night // lv.SEGMENT_NIGHTS
    band, segment = sheet // live[lv.V_SEGMENTS], sheet % live[lv.V_SEGMENTS]
    place = segment * lv.SEGMENT_STEP + night % lv.SEGMENT_NIGHTS
    words = load_word(nights, night) | (load_word(nights, other) if other >= 0 else np.int64(0))
    while words:
        for word in range(first_bit(words), due.shape[1], 64):
            here, there = due[night, word], due[other, word] if other >= 0 else np.int64(0)
            bits = here | there
            while bits:
                hotel, bit = 64 * word + first_bit(bits), bits & -bits
                also = segment + 1 if bit & there else np.int64(-1)
                first = segment if bit & here else also
                also = also if first == segment else np.int64(-1)
                reprice(live, band, first, also, hotel, place, np.int64(known[hotel, place]))
                bits &= bits - 1
            due[night, word] = 0
            if other >= 0:
                due[other, word] = 0
        words &= words - 1
    store_word(nights, night, 0)
    if other >= 0:
        store_word(nights, other, 0)


@inlined_kernel
def _beside(live, night, end):
    """Where the next sheet of its band has a night of a sheet too, before `end`; -1 where it has not."""
    other = night + lv.SEGMENT_NIGHTS - lv.SEGMENT_STEP
    is_last = night // lv.SEGMENT_NIGHTS % live[lv.V_SEGMENTS] + 1 == live[lv.V_SEGMENTS]
    return other if night % lv.SEGMENT_NIGHTS >= lv.SEGMENT_STEP and other < end and not is_last else np.int64(-1)


@kernel
def _touch(store, live, hotel, first, end, lsn, now_ms):
    """Look at the fill of a hotel's nights (ordinals): what moved over an edge is due. The price lock is held; the
    hotel is locked while its counters are read, because some changes are published before they are made.
    """
    if hotel >= live[lv.V_HOTELS]:
        return
    shared = shared_of(store)
    origin = live[lv.V_FIRST_NIGHT]
    begin = max(first, origin, load_word(shared, at.S_FIRST_NIGHT))
    end = min(end, origin + live[lv.V_NIGHTS], end_night(shared))
    if begin >= end:
        return
    known, fills = lv.fill_of(live), lv.room_of(live, lv.ROOM_FILLS, live[lv.V_NIGHTS])
    prefetch_item(known, hotel * live[lv.V_NIGHTS] + begin - origin)
    prefetch_item(lv.hotel_first_of(live), hotel)
    prefetch_item(lv.stamps_of(live), hotel)
    edges = lv.edges_of(live)
    lock = hotel * at.L_WORDS + at.L_LOCK
    acquire(hotel_words_of(store), lock)
    for night in range(begin, end):
        fills[night - origin] = house_fill(store, hotel, column_of(store, shared, night))
    release(hotel_words_of(store), lock)
    for place in range(begin - origin, end - origin):
        old_bp, new_bp = np.int64(known[hotel, place]), fills[place]
        if old_bp != new_bp:
            known[hotel, place] = new_bp
            if _band(edges, old_bp) != _band(edges, new_bp):
                _make_due(live, hotel, place)
                _note(live, lsn, now_ms, hotel, origin + place, old_bp, new_bp)


@kernel
def _touch_stay(store, live, place, stay, lsn, now_ms):
    """`_touch` the nights of a stay."""
    hotel = np.int64(row_hotel_of(store)[place & 0xFFFFFFFF])
    arrival = q.stay_arrival(stay)
    end = arrival + max(q.stay_nights(stay), q.stay_kept(stay))
    _touch(store, live, hotel, arrival, end, lsn, now_ms)


@kernel
def _touch_record(store, live, record):
    """Look at what a change of the store touched; False where it may be anything."""
    kind = record[at.D_KIND] & 0xFF
    lsn, now_ms, place, stay = record[at.D_LSN], record[at.D_NOW_MS], record[at.D_PLACE], record[at.D_STAY]
    if moves_nothing(kind):
        return True
    if kind < at.RECORD_CELLS:
        _touch_stay(store, live, place, stay, lsn, now_ms)
        if says_before(kind):
            _touch_stay(store, live, record[at.D_OLD_PLACE], record[at.D_OLD_STAY], lsn, now_ms)
        return True
    if kind == at.RECORD_CELLS:
        hotel = np.int64(row_hotel_of(store)[place])
        _touch(store, live, hotel, stay, stay + record[at.D_VALUE], lsn, now_ms)
        return True
    return False


@kernel
def _follow(store, live):
    """Make due what every change of the store so far moved; the price lock is held."""
    lsn = load_word(shared_of(store), at.S_LSN)
    number = load_word(live, lv.V_SEEN)
    if lsn <= number:
        return
    record = lv.room_of(live, lv.ROOM_RECORD, at.D_WORDS)
    known = lsn - number <= store[at.H_RECORDS]
    while known and number < lsn:
        number += 1
        known = copied(store, number, record) and _touch_record(store, live, record)
    if not known:
        origin = live[lv.V_FIRST_NIGHT]
        copied(store, lsn, record)
        for hotel in range(live[lv.V_HOTELS]):
            _touch(store, live, hotel, origin, origin + live[lv.V_NIGHTS], lsn, record[at.D_NOW_MS])
    store_word(live, lv.V_SEEN, lsn)


@kernel
def catch_up(live_address, spans):
    """Price what is due on some nights of sheets, as `refresh`; the price lock is held."""
    live = lv.live_at(live_address)
    nights = lv.due_nights_of(live)
    for span in range(spans.shape[0]):
        end = spans[span, 0] + spans[span, 1]
        for night in range(spans[span, 0], end):
            if load_word(nights, night):
                _price_due(live, night, _beside(live, night, end))
    if load_word(live, lv.V_CHANGES) & 1:
        add_word(live, lv.V_CHANGES, 1)


@inlined_kernel
def _is_due(store, live, spans):
    """Whether some nights of sheets may have other prices now. A night is marked before its change counts as seen."""
    due = load_word(live, lv.V_SEEN) < load_word(shared_of(store), at.S_LSN)
    nights = lv.due_nights_of(live)
    for span in range(spans.shape[0]):
        night, end = spans[span, 0], spans[span, 0] + spans[span, 1]
        while not due and night < end:
            due = load_word(nights, night) != 0
            night += 1
    return due


@kernel
def refresh(store_address, live_address, spans):
    """Make the prices of some nights of sheets those of house fill now, all of them of one instant: how often prices
    were written, even; -1 where a night became too large.

    Of the store's table and the block of live prices the addresses; spans (span, 2) int64: sheet x SEGMENT_NIGHTS +
    night of its segment, and so many from there on. Whoever reads prices afterwards compares with `changes_now`.
    O(nights of the spans) where nothing is due; else O(changes of the store since anybody looked x (nights + sheets of
    a night) + hotels that are due on these nights x (products x stages + nights of a segment)).
    """
    store = store_at(store_address)
    live = lv.live_at(live_address)
    if _is_due(store, live, spans):
        acquire(live, lv.V_LOCK)
        _follow(store, live)
        catch_up(live_address, spans)
        release(live, lv.V_LOCK)
    changes = load_word(live, lv.V_CHANGES)
    while changes & 1:  # somebody writes other nights, or a later change
        acquire(live, lv.V_LOCK)
        release(live, lv.V_LOCK)
        changes = load_word(live, lv.V_CHANGES)
    return changes if load_word(live, lv.V_STATE) == lv.STATE_LIVE else np.int64(-1)


@kernel
def changes_now(live_address):
    """How often the prices were written; odd: they are being written. After reading: the same as before it, or what
    was read is torn.
    """
    fence()
    return load_word(lv.live_at(live_address), lv.V_CHANGES)
