"""Carts: several lines over room types, dates and hotels, all or nothing.

The hotels of a cart are locked in ascending order, every line is checked with what the lines before it take, and only
then anything changes; the lines' records are published together. Lock order: `native/store/layout.py`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import acquire, add_word, load_word, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.base.mixing import mix
from nightgrid.native.holds.admit import admission, column_of_stay
from nightgrid.native.holds.holds import may_succeed_now, request_at
from nightgrid.native.holds.sweep import sweep_hotel
from nightgrid.native.holds.take import take_stay
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.keys import key_hash, key_segment, write_key
from nightgrid.native.store.known import known_answer
from nightgrid.native.store.records import publish_cart
from nightgrid.native.store.sales import counter_code
from nightgrid.native.store.slots import allocate_slot, free_slot
from nightgrid.native.store.views import (
    hotel_words_of,
    quotes_of,
    row_hotel_of,
    segment_locks_of,
    shared_of,
    statistics_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_QUOTA_USED_UP = int(Outcome.QUOTA_USED_UP)
_BUSY = int(Outcome.BUSY)

COUNT_SHIFT: Final = 10  # of W_REQUEST: the line in the bits below it, then how many lines the cart has
LINE_SHIFT: Final = 20  # of W_REQUEST: the digest from here on
LINE_MASK: Final = (1 << COUNT_SHIFT) - 1


@kernel
def lock_cart(store, hotels_of_cart):
    """Lock the hotels of a cart (ascending, distinct) and the counters."""
    hotels = hotel_words_of(store)
    for i in range(hotels_of_cart.size):
        acquire(hotels, hotels_of_cart[i] * at.L_WORDS + at.L_LOCK)
        steps.step(store, steps.POINT_LOCKED)
    acquire(shared_of(store), at.S_COUNTER_LOCK)


@kernel
def unlock_cart(store, hotels_of_cart):
    """Unlock what `lock_cart` locked."""
    hotels = hotel_words_of(store)
    steps.step(store, steps.POINT_UNLOCKING)
    release(shared_of(store), at.S_COUNTER_LOCK)
    for i in range(hotels_of_cart.size):
        release(hotels, hotels_of_cart[hotels_of_cart.size - 1 - i] * at.L_WORDS + at.L_LOCK)


@kernel
def _opens_before(lines, line):
    """Open holds of the same channel among the lines before."""
    opens = 0
    channel = q.scope_channel(lines[q.Q_SCOPE, line])
    for other in range(line):
        opens += q.scope_channel(lines[q.Q_SCOPE, other]) == channel
    return opens


@kernel
def _units_before(lines, line, counter):
    """Units of a limited counter (+ 1) that the lines before take, as a coupon or as points; 0 for no counter."""
    units = 0
    for other in range(line):
        units += q.units_of(lines[q.Q_SCOPE, other], lines[q.Q_POINTS, other], counter)
    return units


@kernel
def _line_code(store, lines, line, restricted, now_ms):
    """Why a line is refused once the lines before it are granted: (code, night); `restricted` as `admit.admission`."""
    request = request_at(lines, line)
    hotel = np.int64(row_hotel_of(store)[request[q.Q_ROW]])
    hotels = hotel_words_of(store)
    code = q.horizon_code(store, shared_of(store), hotels[hotel * at.L_WORDS + at.L_TODAY], request)
    if code == _OK and restricted:
        code = q.quote_code(request, now_ms)
    if code != _OK:
        return code, request[q.Q_ARRIVAL]
    column = column_of_stay(store, request)
    code, night = admission(store, request, column, lines, line, hotel, restricted, now_ms)
    scope, points = request[q.Q_SCOPE], request[q.Q_POINTS]
    counted = counter_code(
        store,
        scope,
        points,
        request[q.Q_TTL_MS] > 0,
        _units_before(lines, line, q.scope_counter(scope)),
        _units_before(lines, line, q.points_counter(points)),
        _opens_before(lines, line),
    )
    if counted != _OK and (code == _OK or counted < code):
        return counted, request[q.Q_ARRIVAL]
    return code, night


@kernel
def cart_code(store, lines, hotels_of_cart, restricted, now_ms):
    """The first line that is refused: (code, line, night); what is due in the cart's hotels is swept before that.

    restricted: False for expired lines that are booked again, where restrictions and a quote's end do not matter.
    """
    hotels = hotel_words_of(store)
    line = 0
    while line < lines.shape[1]:
        code, night = _line_code(store, lines, line, restricted, now_ms)
        if code == _OK:
            line += 1
            continue
        expired = 0
        if code >= _QUOTA_USED_UP:
            for i in range(hotels_of_cart.size):
                hotel = hotels_of_cart[i]
                if load_word(hotels, hotel * at.L_WORDS + at.L_EARLIEST_MS) <= now_ms:
                    expired += sweep_hotel(store, hotel, now_ms)
        if expired == 0:
            return code, line, night
        line = 0
    return _OK, 0, lines[q.Q_ARRIVAL, 0]


@kernel
def allocate_lines(store, lines, now_ms, out_slots, out_ids):
    """A slot for every line: how many there are; where that is not all, none is taken."""
    row_hotel = row_hotel_of(store)
    for line in range(lines.shape[1]):
        slot, generation = allocate_slot(store, np.int64(row_hotel[lines[q.Q_ROW, line]]), now_ms)
        if slot < 0:
            for other in range(line):
                free_slot(store, out_slots[other])
            return line
        out_slots[line] = slot
        out_ids[line] = generation << 32 | slot
    return lines.shape[1]


@kernel
def _hold_lines(store, lines, hotels_of_cart, digest, now_ms, out_slots, out_ids):
    """Check all lines, then take all: (code, line, night, lsn). Everything is locked."""
    code, line, night = cart_code(store, lines, hotels_of_cart, True, now_ms)
    if code != _OK:
        return code, line, night, 0
    allocated = allocate_lines(store, lines, now_ms, out_slots, out_ids)
    if allocated < lines.shape[1]:
        return _BUSY, allocated, night, 0

    # From here on it must succeed.
    steps.step(store, steps.POINT_CHECKED)
    row_hotel = row_hotel_of(store)
    for each in range(lines.shape[1]):
        request = request_at(lines, each)
        hotel = np.int64(row_hotel[request[q.Q_ROW]])
        following = out_slots[each + 1] + 1 if each + 1 < lines.shape[1] else 0
        quotes_of(store)[out_slots[each] * at.B_WORDS + at.B_NEXT_LINE] = following
        take_stay(store, out_slots[each], out_ids[each] >> 32, hotel, request, digest + each, out_ids[0], now_ms)
    kind = at.RECORD_HOLD if lines[q.Q_TTL_MS, 0] > 0 else at.RECORD_BOOK
    return _OK, 0, night, publish_cart(store, out_slots, lines.shape[1], kind, now_ms, lines[q.Q_VALUE])


@kernel
def cart_digest(lines):
    """Digest of a cart, its 20 lowest bits left free for how many lines it has and for the number of a line.

    So every line that is remembered says whether all of them are: a cart is resolved as a whole or not at all.
    """
    digest = 0
    for line in range(lines.shape[1]):
        digest = mix(digest * 31 ^ q.request_digest(request_at(lines, line)))
    return digest >> LINE_SHIFT << LINE_SHIFT | lines.shape[1] << COUNT_SHIFT


@kernel
def _unknown_line(store, lines):
    """The first line whose row is none: (code, line), (OK, 0) if there is no such line."""
    for line in range(lines.shape[1]):
        code = q.row_code(store, lines[q.Q_ROW, line])
        if code != _OK:
            return np.int64(code), line
    return np.int64(_OK), 0


@kernel
def _attempt(store, lines, hotels_of_cart, now_ms, out_slots, out_ids):
    """One attempt: (code, line, night, lsn)."""
    digest = cart_digest(lines)
    key_high = lines[q.Q_KEY_HIGH, 0]
    key_low = lines[q.Q_KEY_LOW, 0]
    has_key = key_high != 0 or key_low != 0
    locks = segment_locks_of(store)
    hashed = key_hash(key_high, key_low)
    segment = key_segment(store, hashed)
    place = 0
    code, line, night, lsn = _OK, 0, lines[q.Q_ARRIVAL, 0], 0
    if has_key:
        acquire(locks, segment)
        code, out_ids[0], lsn, place = known_answer(store, hashed, request_at(lines, 0), digest, now_ms)
    if code == _OK:
        code, line = _unknown_line(store, lines)
    if code == _OK and has_key and place < 0:
        code = _BUSY
    if code == _OK:
        lock_cart(store, hotels_of_cart)
        code, line, night, lsn = _hold_lines(store, lines, hotels_of_cart, digest, now_ms, out_slots, out_ids)
        if code == _OK and has_key:
            steps.step(store, steps.POINT_KEY)
            write_key(store, place, hashed, out_slots[0])
        unlock_cart(store, hotels_of_cart)
    if has_key:
        release(locks, segment)
    return code, line, night, lsn


@kernel
def hold_cart(store, lines, hotels_of_cart, now_ms, out_slots, out_ids):
    """Hold every line or none: (code, refused line, night as ordinal, lsn).

    lines (Q_FIELDS, line) int64: requests, the cart's key in the first; hotels_of_cart (hotel) int64: those of the rows
    that exist, ascending and distinct [in]; out_slots, out_ids (line) int64 [out]: for EXISTS only out_ids[0], the
    first hold. The id of a cart is that of its first line. O(lines^2 x nights).
    """
    for line in range(lines.shape[1]):
        code = q.shape_code(request_at(lines, line))
        if code != _OK:
            return code, line, lines[q.Q_ARRIVAL, line], 0
    answer = _attempt(store, lines, hotels_of_cart, now_ms, out_slots, out_ids)
    if answer[0] >= _QUOTA_USED_UP and may_succeed_now(store, answer[0], now_ms):
        answer = _attempt(store, lines, hotels_of_cart, now_ms, out_slots, out_ids)
    add_word(statistics_of(store), answer[0], 1)
    return answer
