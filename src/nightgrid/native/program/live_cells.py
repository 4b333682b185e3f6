"""Prices that follow house fill, cell by cell: what changed in the store is read from its ring, and only nights on
which a hotel's fill moved over an edge are priced again, with the one definition of a night (`night_cells.py`).
"""

from __future__ import annotations

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.atomics import acquire, add_word, fence, load_word, prefetch_item, release, store_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.program import live_block as lv
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import OK, full_payers, night_cell
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.houses import house_fill
from nightgrid.native.store.ring import copied, says_before
from nightgrid.native.store.store import store_at
from nightgrid.native.store.views import column_of, end_night, hotel_words_of, row_hotel_of, shared_of

_SHORT_MASK = 0xFFFFFFFF
#: A hotel's products are priced so many at a time.
_LANES = 64
#: Sums of so many at most are asked for ahead.
_ASKED = 16


@kernel
def _band(edges, fill_bp):
    """Which band of fill: how many edges lie at or below it."""
    band = 0
    while band < edges.size and edges[band] <= fill_bp:
        band += 1
    return band


@kernel
def _begin_changes(live):
    """From here on cells are written; the price lock is held."""
    if load_word(live, lv.V_CHANGES) & 1 == 0:
        add_word(live, lv.V_CHANGES, 1)


@kernel
def _end_changes(live):
    if load_word(live, lv.V_CHANGES) & 1:
        add_word(live, lv.V_CHANGES, 1)


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
def _new_amounts(live, lead, place, fill_bp, lanes, scratch, cell, cells):
    """The amounts of a night for some lanes: cells (plane, lane) int64 [out]; False where one is too large. scratch and
    cell are room to work in.
    """
    desk, terms, query = lv.desk_of_nights(live), lv.terms_of_program(live), lv.party_of(live)
    products = lv.lane_product_of(live)
    planes = live[lv.V_PLANES]
    for number in range(lanes.size):
        product = np.int64(products[lanes[number]])
        guests = full_payers(desk, terms, product, place, query, scratch)
        code = night_cell(desk, product, place, guests, min(lead, LEAD_DAYS_MAX), fill_bp, scratch, cell)
        for plane in range(planes):
            value = cell[plane] if code == OK else np.int64(0)
            if value > live[lv.V_LIMIT]:
                return False
            cells[plane, number] = value
        if code != OK and code != -2:
            return False
    return True


@kernel
def _first_segment(place):
    """The first segment that has a night; the others that have it follow."""
    return max(0, (place - lv.SEGMENT_NIGHTS + lv.SEGMENT_STEP) // lv.SEGMENT_STEP)


@inlined_kernel
def _side(place):
    """(begin, end, sign) of the running sums of a segment that shift where a night changes: the shorter side of it."""
    back = place < lv.SEGMENT_NIGHTS // 2
    return (0, place + 1, np.int64(-1)) if back else (place + 1, lv.SEGMENT_ROWS, np.int64(1))


@kernel
def _shift(sums, mask, row, place, lanes, amounts):
    """Change one night of some lanes by amounts (lane) int64 in the segment that begins in a row."""
    begin, end, sign = _side(place)
    for at_row in range(row + begin, row + end):
        for number in range(lanes.size):
            lane = lanes[number]
            sums[at_row, lane] = (np.int64(sums[at_row, lane]) + sign * amounts[number]) & mask


@kernel
def _ask(sums, segments, place, lanes):
    """Ask for the sums that a change of a night of some lanes shifts: they lie far apart, and none need wait."""
    size = sums.shape[1]
    for segment in range(_first_segment(place), min(place // lv.SEGMENT_STEP, segments - 1) + 1):
        begin, end, _ = _side(place - segment * lv.SEGMENT_STEP)
        row = segment * lv.SEGMENT_ROWS
        for at_row in range(row + begin, row + end):
            for number in range(lanes.size):
                prefetch_item(sums, at_row * size + lanes[number])


@kernel
def _least(sums, products, mask, word, row):
    """The cheapest night of a word's products, between a row of sums and the next."""
    least = np.int64(mask & 0x7FFFFFFFFFFFFFFF)
    for lane in range(word * 64, word * 64 + 64):
        if products[lane] >= 0:
            least = min(least, (np.int64(sums[row + 1, lane]) - np.int64(sums[row, lane])) & mask)
    return least


@kernel
def _differences(sums, mask, row, lanes, amounts):
    """What amounts (lane) int64 are more than the night after a row of sums [inout]; whether any differs."""
    differ = False
    for number in range(lanes.size):
        lane = lanes[number]
        amounts[number] -= (np.int64(sums[row + 1, lane]) - np.int64(sums[row, lane])) & mask
        differ |= amounts[number] != 0
    return differ


@kernel
def _likely_least(sums, word_sums, mask, row, lanes, cells, amounts, least):
    """The cheapest night of each lane's word after the lane changes by amounts (lane) int64: least (lane) int64 [out],
    -1 where the lane was the cheapest and goes up, so that only all lanes of the word can tell.
    """
    for number in range(lanes.size):
        word = lanes[number] >> 6
        low = (np.int64(word_sums[row + 1, word]) - np.int64(word_sums[row, word])) & mask
        new = cells[0, number]
        if new <= low:
            low = new
        elif amounts[number] > 0 and new - amounts[number] <= low:
            low = np.int64(-1)
        least[number] = low


@kernel
def _write(sums, word_sums, mask, products, segments, place, lanes, cells, amounts, least):
    """Write the amounts of a night of some lanes into one variant's sums; the bounds of their words follow."""
    first = _first_segment(place)
    last = min(place // lv.SEGMENT_STEP, segments - 1)
    inside = place - first * lv.SEGMENT_STEP
    row = first * lv.SEGMENT_ROWS + inside
    changed = False
    for plane in range(cells.shape[0]):
        top = plane * segments * lv.SEGMENT_ROWS
        for number in range(lanes.size):
            amounts[number] = cells[plane, number]
        differ = _differences(sums, mask, top + row, lanes, amounts)
        if plane == 0 and differ:
            changed = True
            _likely_least(sums, word_sums, mask, row, lanes, cells, amounts, least)
        if differ:
            for segment in range(first, last + 1):
                begin = top + segment * lv.SEGMENT_ROWS
                _shift(sums, mask, begin, place - segment * lv.SEGMENT_STEP, lanes, amounts)
    if changed:
        words = np.empty(lanes.size, np.int64)
        for number in range(lanes.size):
            words[number] = lanes[number] >> 6
            amounts[number] = least[number]
            if least[number] < 0:
                amounts[number] = _least(sums, products, mask, words[number], row)
        if _differences(word_sums, mask, row, words, amounts):
            for segment in range(first, last + 1):
                inside = place - segment * lv.SEGMENT_STEP
                _shift(word_sums, mask, segment * lv.SEGMENT_ROWS, inside, words, amounts)


@kernel
def _reprice(live, hotel, place, fill_bp):
    """Price a night of all products of a hotel anew, in every variant; the price lock is held."""
    _begin_changes(live)
    store_word(lv.stamps_of(live), hotel, load_word(live, lv.V_CHANGES))
    first = lv.hotel_first_of(live)
    products = lv.lane_product_of(live)
    variants = lv.variant_of(live)
    segments, size = live[lv.V_SEGMENTS], live[lv.V_LANES]
    length = segments * lv.SEGMENT_ROWS
    rows = live[lv.V_PLANES] * length
    cells = np.empty((variants.shape[0], live[lv.V_PLANES], _LANES), np.int64)
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    cell = np.empty(on.PLANES_MAX, np.int64)
    amounts = np.empty((2, _LANES), np.int64)
    for begin in range(first[hotel], first[hotel + 1], _LANES):
        lanes = lv.hotel_lane_of(live)[begin : min(begin + _LANES, first[hotel + 1])]
        for number in range(variants.shape[0]):  # while a variant is worked out, its sums come from memory
            if lanes.size <= _ASKED:
                sums = variants[number, lv.X_SUMS]
                if live[lv.V_SHORT]:
                    _ask(lv.short_sums(sums, length, size), segments, place, lanes)
                else:
                    _ask(lv.long_sums(sums, length, size), segments, place, lanes)
            lead = variants[number, lv.X_LEAD]
            if not _new_amounts(live, lead, place, fill_bp, lanes, scratch, cell, cells[number]):
                store_word(live, lv.V_STATE, lv.STATE_TOO_LARGE)
                return
        for number in range(variants.shape[0]):
            sums, words = variants[number, lv.X_SUMS], variants[number, lv.X_WORD_SUMS]
            made = cells[number]
            if live[lv.V_SHORT]:
                table = lv.short_sums(sums, rows, size)
                bounds = lv.short_sums(words, length, size >> 6)
                _write(table, bounds, _SHORT_MASK, products, segments, place, lanes, made, amounts[0], amounts[1])
            else:
                wide = lv.long_sums(sums, rows, size)
                limits = lv.long_sums(words, length, size >> 6)
                _write(wide, limits, np.int64(-1), products, segments, place, lanes, made, amounts[0], amounts[1])


@kernel
def _touch(store, live, hotel, first, end, lsn, now_ms, fills):
    """Look at the fill of a hotel's nights (ordinals), and price what it moved over an edge. fills (night) int64 is
    scratch. The price lock is held; the hotel is locked while its counters are read, because some changes are
    published before they are made.
    """
    if hotel >= live[lv.V_HOTELS]:
        return
    shared = shared_of(store)
    origin = live[lv.V_FIRST_NIGHT]
    begin = max(first, origin, load_word(shared, at.S_FIRST_NIGHT))
    end = min(end, origin + live[lv.V_NIGHTS], end_night(shared))
    if begin >= end:
        return
    known = lv.fill_of(live)
    edges = lv.edges_of(live)
    lock = hotel * at.L_WORDS + at.L_LOCK
    acquire(hotel_words_of(store), lock)
    for night in range(begin, end):
        fills[night - origin] = house_fill(store, hotel, column_of(store, shared, night))
    release(hotel_words_of(store), lock)
    for place in range(begin - origin, end - origin):
        old_bp, new_bp = np.int64(known[hotel, place]), fills[place]
        if old_bp != new_bp:
            if _band(edges, old_bp) != _band(edges, new_bp):
                _reprice(live, hotel, place, new_bp)
                _note(live, lsn, now_ms, hotel, origin + place, old_bp, new_bp)
            known[hotel, place] = new_bp


@kernel
def _touch_stay(store, live, place, stay, lsn, now_ms, fills):
    """`_touch` the nights of a stay."""
    hotel = np.int64(row_hotel_of(store)[place & 0xFFFFFFFF])
    arrival = q.stay_arrival(stay)
    end = arrival + max(q.stay_nights(stay), q.stay_kept(stay))
    _touch(store, live, hotel, arrival, end, lsn, now_ms, fills)


@kernel
def _touch_record(store, live, record, fills):
    """Look at what a change of the store touched; False where it may be anything."""
    kind = record[at.D_KIND] & 0xFF
    lsn, now_ms, place, stay = record[at.D_LSN], record[at.D_NOW_MS], record[at.D_PLACE], record[at.D_STAY]
    if kind == at.RECORD_EXTEND or kind == at.RECORD_CHECK_IN:
        return True
    if kind < at.RECORD_CELLS:
        _touch_stay(store, live, place, stay, lsn, now_ms, fills)
        if says_before(kind):
            _touch_stay(store, live, record[at.D_OLD_PLACE], record[at.D_OLD_STAY], lsn, now_ms, fills)
        return True
    if kind == at.RECORD_CELLS:
        hotel = np.int64(row_hotel_of(store)[place])
        _touch(store, live, hotel, stay, stay + record[at.D_VALUE], lsn, now_ms, fills)
        return True
    return False


@kernel
def _follow(store, live):
    """Let the prices see every change of the store so far; the price lock is held."""
    lsn = load_word(shared_of(store), at.S_LSN)
    number = load_word(live, lv.V_SEEN)
    if lsn <= number:
        return
    fills = np.empty(live[lv.V_NIGHTS], np.int64)
    record = np.zeros(at.D_WORDS, np.int64)
    known = lsn - number <= store[at.H_RECORDS]
    while known and number < lsn:
        number += 1
        known = copied(store, number, record) and _touch_record(store, live, record, fills)
    if not known:
        origin = live[lv.V_FIRST_NIGHT]
        copied(store, lsn, record)
        for hotel in range(live[lv.V_HOTELS]):
            _touch(store, live, hotel, origin, origin + live[lv.V_NIGHTS], lsn, record[at.D_NOW_MS], fills)
    store_word(live, lv.V_SEEN, lsn)
    _end_changes(live)


@kernel
def refresh(store_address, live_address):
    """Make the prices those of house fill now: how often they were written, even; -1 where a night became too large.

    Of the store's table and the block of live prices the addresses. Whoever reads prices afterwards compares with
    `changes_now`. One comparison where nothing is due; else O(changes since x (nights + products x stages of the cells
    that moved over an edge + nights of the window)).
    """
    store = store_at(store_address)
    live = lv.live_at(live_address)
    if load_word(live, lv.V_SEEN) < load_word(shared_of(store), at.S_LSN):
        acquire(live, lv.V_LOCK)
        _follow(store, live)
        release(live, lv.V_LOCK)
    changes = load_word(live, lv.V_CHANGES)
    while changes & 1:  # somebody sees to a later change
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
