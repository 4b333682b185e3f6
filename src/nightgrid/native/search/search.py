"""Search: the cheapest sellable product of every hotel, and the best k hotels, over night-major matrices.

Hotels stand in chunks of 64 lanes; a word of a chunk holds the products of the same position of its 64 hotels
(sliced ELLPACK: Monakov, Lokhmotov, Avetisyan, HiPEAC 2010). So a hotel's minimum is a vertical minimum. Prices are
first found in float32 with a known error bound; whatever could be among the best is decided by exact integers. The
price itself is `prices.stay_total`; there is no second definition here.
"""

from __future__ import annotations

import numpy as np
from numba import carray

from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native.base.atomics import load_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.base.marked import stay_amount
from nightgrid.native.prices.tables import (
    NO_PRICE,
    QueryFactors,
    borrowed_factors,
    borrowed_lanes,
    borrowed_tables,
    combine_factors,
    lane_price,
    lanes_at,
    tables_at,
)
from nightgrid.native.search.available import available_words, drop_specials
from nightgrid.native.search.minima import approximate_minima, widened
from nightgrid.native.search.offers import drop_refused
from nightgrid.native.search.select import insert_ranked, kth_smallest
from nightgrid.native.store import layout as at
from nightgrid.native.store.store import store_at
from nightgrid.native.store.views import address_of, as_pointer, column_of, end_night, shared_of


@kernel
def hotel_cheapest(words, tables, factors, rates, lanes, position, arrival, nights, mask, limit, low, high):
    """Exact cheapest product of the hotel at `position` with low <= display price <= high: (display, total, lane).

    Products whose approximate price exceeds `limit` (float32, inf = none) are passed over unpriced. The lowest
    total wins, then the earlier product. (NO_PRICE, NO_PRICE, -1) if none is left.
    """
    chunk = position >> 6
    bit = position & 63
    best = NO_PRICE
    best_total = NO_PRICE
    best_lane = -1
    low_row = tables.sums[arrival]
    high_row = tables.sums[arrival + nights]
    for word in range(lanes.chunk_first_word[chunk], lanes.chunk_first_word[chunk + 1]):
        if words[word] >> bit & 1:
            lane = word * 64 + bit
            factor = factors.approximate[tables.lane_set[lane]]
            if np.float32(stay_amount(low_row, high_row, lane)) * factor > limit:
                continue
            total, display = lane_price(tables, factors, rates, lane, arrival, nights, mask)
            if low <= display <= high and total < best_total:
                best = display
                best_total = total
                best_lane = lane
    return best, best_total, best_lane


@kernel
def _threshold(cheapest, least, top, scratch):
    """An upper bound of the approximate price of the top-th cheapest hotel; inf if there are fewer.

    Every chunk's least is some hotel's price, so the top-th smallest of them is one: one short pass instead of a heap.
    Where fewer chunks than `top` have a hotel left (a city), the hotels themselves are ranked.
    """
    nothing = np.float32(np.inf)
    size = 0
    for chunk in range(least.size):
        if least[chunk] < nothing:
            scratch[size] = least[chunk]
            size += 1
    if size < top:
        size = 0
        for chunk in range(least.size):
            if least[chunk] < nothing:
                for bit in range(64):
                    if cheapest[chunk * 64 + bit] < nothing:
                        scratch[size] = cheapest[chunk * 64 + bit]
                        size += 1
    return kth_smallest(scratch, size, top) if size >= top else nothing


@kernel
def _candidates(cheapest, least, top, error, limit, scratch, out_positions):
    """Positions of the hotels that can be among the best, and the limit: (count, limit).

    The first limit comes from a few chunks; the hotels under it are not many, and their own top-th smallest is the
    second.
    """
    count = 0
    for chunk in range(least.size):
        if least[chunk] <= limit and least[chunk] < np.float32(np.inf):
            for position in range(chunk * 64, chunk * 64 + 64):
                if cheapest[position] <= limit and cheapest[position] < np.float32(np.inf):
                    scratch[count] = cheapest[position]
                    out_positions[count] = position
                    count += 1
    if count <= top:
        return count, limit
    limit = widened(kth_smallest(scratch, count, top), error)
    kept = 0
    for i in range(count):
        if cheapest[out_positions[i]] <= limit:
            out_positions[kept] = out_positions[i]
            kept += 1
    return kept, limit


@kernel
def _drop_past(factors, lane_set, words):
    """Clear the bits of products of hotels where the arrival lies before today. Rare: around the first night only."""
    for group in range(factors.lead.size):
        if factors.lead[group] < 0:
            break
    else:
        return
    for word in range(words.size):
        for bit in range(64):
            if words[word] >> bit & 1 and factors.lead[lane_set[word * 64 + bit]] < 0:
                words[word] &= ~(1 << bit)


@kernel
def sellable_words(store, lanes, filter_words, arrival, nights, out_words):
    """Products that the bit maps let pass for one room: `available_words`, `drop_specials`. arrival: ordinal."""
    shared = shared_of(store)
    if arrival < load_word(shared, at.S_FIRST_NIGHT) or arrival + nights > end_night(shared):  # it rolled meanwhile
        for word in range(store[at.H_WORDS]):
            out_words[word] = 0
        return
    column = column_of(store, shared, arrival)
    available_words(store, filter_words, column, arrival, nights, out_words)
    drop_specials(store, lanes.lane_row, lanes.lane_product, column, arrival, nights, out_words)


@kernel
def _factors_in(address, sets):
    """QueryFactors in scratch memory."""
    return QueryFactors(
        carray(as_pointer(address), (sets,), np.int64),
        carray(as_pointer(address + 8 * sets), (sets,), np.int64),
        carray(as_pointer(address + 16 * sets), (sets,), np.int64),
        carray(as_pointer(address + 24 * sets), (sets,), np.float32),
    )


def search_scratch_words(words: int, positions: int, sets: int) -> int:
    """Size of the scratch memory of `search_top`, in 64-bit words."""
    return 2 * words + 2 * positions + 4 * sets + 64


@kernel
def search_top(
    address,
    desk,
    sums,
    mask,
    filter_words,
    calendar_today,
    rates,
    arrival,
    priced,
    nights,
    tier,
    rooms,
    scope,
    now_ms,
    scratch,
    out,
):
    """The cheapest hotels for a stay, exact, in one call: (how many were found, how many are available).

    address: of the store table; desk, sums, mask: the price version (`tables.desk_of`); filter_words (word) int64:
    products to consider; calendar_today (calendar) int64, ordinals; rates (currency, 2) int64; arrival: ordinal,
    priced: its night in the tables; tier: index of the book; scope: `requests.scope_word` [in]; scratch int64:
    `search_scratch_words`; out (4, top) int64 [out]: display total, total, lane, hotel, ranked by (display total,
    hotel). A candidate is a hotel whose approximate price is within the error of the bound, so none that could win is
    missed, and a product above the limit cannot put its hotel among the best. Candidates are priced exactly. O(words x
    nights), and O(lanes) where prices do not differ.
    """
    store = store_at(address)
    tables = tables_at(desk, sums)
    lanes = lanes_at(desk)
    chunks = lanes.chunk_first_word.size - 1
    top = out.shape[1]
    memory = address_of(scratch)
    words = carray(as_pointer(memory), (filter_words.size,), np.int64)
    memory += 8 * filter_words.size
    factors = _factors_in(memory, tables.set_stay.size)
    memory += 32 * tables.set_stay.size
    cheapest = carray(as_pointer(memory), (chunks * 64,), np.float32)
    selection = carray(as_pointer(memory + 256 * chunks), (chunks * 64,), np.float32)
    positions = carray(as_pointer(memory + 512 * chunks), (chunks * 64,), np.int32)
    least = carray(as_pointer(memory + 768 * chunks), (chunks,), np.float32)
    bounds = carray(as_pointer(memory + 772 * chunks), (filter_words.size,), np.float32)
    chunk_bounds = carray(as_pointer(memory + 772 * chunks + 4 * filter_words.size), (chunks,), np.float32)
    line = carray(as_pointer(memory + 776 * chunks + 4 * filter_words.size), (64,), np.float32)
    sellable_words(store, lanes, filter_words, arrival, nights, words)
    error = combine_factors(tables, calendar_today, rates, arrival, nights, tier, factors)
    _drop_past(factors, tables.lane_set, words)
    everything = rooms > 1 or nights >= PLANE_VALUE_MAX
    stay = (arrival, priced, nights, rooms, scope, rooms)
    nothing = carray(as_pointer(address), (0,), np.int64)
    drop_refused(store, tables, factors, lanes, stay, mask, everything, now_ms, nothing, words)
    space = (bounds, chunk_bounds, selection, line)
    limit, available = approximate_minima(
        words, tables, factors, lanes, priced, nights, top, error, cheapest, least, space
    )
    if limit == np.float32(np.inf):
        limit = widened(_threshold(cheapest, least, top, selection), error)
    candidates, limit = _candidates(cheapest, least, top, error, limit, selection, positions)
    count = 0
    for i in range(candidates):
        display, total, lane = hotel_cheapest(
            words, tables, factors, rates, lanes, positions[i], priced, nights, mask, limit, 0, NO_PRICE - 1
        )
        count = insert_ranked(display, total, lane, lanes.chunk_hotel[positions[i]], count, top, out)
    return count, available


@kernel
def all_hotels(words, tables, factors, rates, lanes, query, out):
    """Exact cheapest product of every hotel within a price range; returns how many hotels have one.

    query: (arrival, nights, mask, low, high) with display bounds inclusive; out: (display int64, total int64, lane
    int32), each (hotel) [out], NO_PRICE and -1 where none. The plain path: for other orders than price, for ranges,
    and for all hotels.
    """
    arrival, nights, mask, low, high = query
    tables, factors, lanes = borrowed_tables(tables), borrowed_factors(factors), borrowed_lanes(lanes)
    out_display, out_total, out_lane = out
    unlimited = np.float32(np.inf)
    found = 0
    for position in range(lanes.chunk_hotel.size):
        hotel = lanes.chunk_hotel[position]
        if hotel >= 0:
            display, total, lane = hotel_cheapest(
                words, tables, factors, rates, lanes, position, arrival, nights, mask, unlimited, low, high
            )
            out_display[hotel] = display
            out_total[hotel] = total
            out_lane[hotel] = lane
            found += lane >= 0
    return found
