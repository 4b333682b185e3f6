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
from nightgrid.native.atomics import prefetch_reading
from nightgrid.native.available import available_words, drop_refused
from nightgrid.native.jit import kernel
from nightgrid.native.marked import load_table, stay_amount, store_result
from nightgrid.native.tables import (
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
from nightgrid.native.views import address_of, as_pointer

#: Relative error of a float32 price: one conversion, one factor, one product, each within 2^-24; doubled for safety.
RELATIVE_ERROR = 2.0**-21
_PREFETCH_LANES = 512


@kernel
def approximate_minima(words, tables, factors, lanes, arrival, nights, out_cheapest, out_least, scratch):
    """Approximate price of every hotel's cheapest product, and the least of every chunk; returns how many hotels
    have one.

    words (word) int64 [in]: products left; out_cheapest (chunk * 64 + lane) float32 [out], inf = none, unwritten where
    the chunk has none; out_least (chunk) float32 [out]; scratch (64) float32. Streams two rows of the running sums,
    word by word in two passes that each vectorise: prices with a gather of factors, then the masked minimum. O(lanes).
    """
    low = tables.sums[arrival]
    high = tables.sums[arrival + nights]
    lane_set = tables.lane_set
    approximate = factors.approximate
    nothing = np.float32(np.inf)
    available = 0
    for chunk in range(lanes.chunk_first_word.size - 1):
        out_least[chunk] = nothing
        first = lanes.chunk_first_word[chunk]
        end = lanes.chunk_first_word[chunk + 1]
        any_left = 0
        for word in range(first, end):
            any_left |= words[word]
        if any_left == 0:
            continue
        out = chunk * 64
        for bit in range(64):
            out_cheapest[out + bit] = nothing
        for word in range(first, end):
            left = words[word]
            if left == 0:
                continue
            lane = word * 64
            for line in range(0, 64, 16):  # a cache line of each row, far enough ahead of its use
                prefetch_reading(low, lane + _PREFETCH_LANES + line)
                prefetch_reading(high, lane + _PREFETCH_LANES + line)
            common = tables.word_set[word]
            if common >= 0:
                factor = approximate[common]
                for bit in range(64):
                    store_result(scratch, bit, np.float32(stay_amount(low, high, lane + bit)) * factor)
            else:
                for bit in range(64):
                    factor = load_table(approximate, load_table(lane_set, lane + bit))
                    store_result(scratch, bit, np.float32(stay_amount(low, high, lane + bit)) * factor)
            for bit in range(64):
                value = load_table(scratch, bit) if left >> bit & 1 else nothing
                least = load_table(out_cheapest, out + bit)
                store_result(out_cheapest, out + bit, value if value < least else least)
        least = nothing
        for bit in range(64):
            value = out_cheapest[out + bit]
            least = value if value < least else least
            available += value < nothing
        out_least[chunk] = least
    return available


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
def kth_smallest(values, size, k):
    """The k-th smallest (k >= 1) of values[:size], which are reordered (quickselect: Hoare 1961). O(size) expected."""
    left = 0
    right = size - 1
    while left < right:
        pivot = values[(left + right) >> 1]
        i = left
        j = right
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                kept = values[i]
                values[i] = values[j]
                values[j] = kept
                i += 1
                j -= 1
        if k - 1 <= j:
            right = j
        elif k - 1 >= i:
            left = i
        else:
            break
    return values[k - 1]


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
def _candidates(cheapest, least, top, error, bound, scratch, out_positions):
    """Positions of the hotels that can be among the best, and the limit: (count, limit).

    The first limit comes from the chunks; the hotels under it are few, and their own top-th smallest is the second.
    """
    count = 0
    limit = np.float32((np.float64(bound) + 2.0 * error) * (1.0 + 4.0 * RELATIVE_ERROR))
    for chunk in range(least.size):
        if least[chunk] <= limit and least[chunk] < np.float32(np.inf):
            for position in range(chunk * 64, chunk * 64 + 64):
                if cheapest[position] <= limit and cheapest[position] < np.float32(np.inf):
                    scratch[count] = cheapest[position]
                    out_positions[count] = position
                    count += 1
    if count <= top:
        return count, limit
    bound = kth_smallest(scratch, count, top)
    limit = np.float32((np.float64(bound) + 2.0 * error) * (1.0 + 4.0 * RELATIVE_ERROR))
    kept = 0
    for i in range(count):
        if cheapest[out_positions[i]] <= limit:
            out_positions[kept] = out_positions[i]
            kept += 1
    return kept, limit


@kernel
def _insert(display, total, lane, hotel, count, top, out):
    """Insert into the ranking by (display, hotel); returns the new count. Rankings are short, so a shift is cheapest.

    out (4, top) int64: display, total, lane, hotel [inout].
    """
    if count == top and (display > out[0, top - 1] or (display == out[0, top - 1] and hotel > out[3, top - 1])):
        return count
    place = count if count < top else top - 1
    while place > 0 and (display < out[0, place - 1] or (display == out[0, place - 1] and hotel < out[3, place - 1])):
        for field in range(4):
            out[field, place] = out[field, place - 1]
        place -= 1
    out[0, place] = display
    out[1, place] = total
    out[2, place] = lane
    out[3, place] = hotel
    return min(count + 1, top)


@kernel
def _factors_in(address, sets):
    """QueryFactors in scratch memory."""
    return QueryFactors(
        carray(as_pointer(address), (sets,), np.int64),
        carray(as_pointer(address + 8 * sets), (sets,), np.int64),
        carray(as_pointer(address + 16 * sets), (sets,), np.int64),
        carray(as_pointer(address + 24 * sets), (sets,), np.float32),
    )


@kernel
def search_top(
    store, desk, sums, mask, filter_words, calendar_today, rates, arrival, nights, tier, rooms, scratch, out
):
    """The cheapest hotels for a stay, exact, in one call: (how many were found, how many are available).

    store: store table; desk, sums, mask: the price version (`tables.desk_of`); filter_words (word) int64: products to
    consider; calendar_today (calendar) int64; rates (currency, 2) int64; tier: index [in]; scratch int64: a word per
    word of the bit map, 4 per factor set, 2 per position; out (4, top) int64 [out]: display total, total, lane, hotel,
    ranked by (display total, hotel). A candidate is a hotel whose approximate price is within the error of the bound,
    so none that could win is missed, and a product above the limit cannot put its hotel among the best. Candidates
    are priced exactly. O(lanes + words x nights).
    """
    tables = tables_at(desk, sums)
    lanes = lanes_at(desk)
    chunks = lanes.chunk_first_word.size - 1
    top = out.shape[1]
    address = address_of(scratch)
    words = carray(as_pointer(address), (filter_words.size,), np.int64)
    address += 8 * filter_words.size
    factors = _factors_in(address, tables.set_stay.size)
    address += 32 * tables.set_stay.size
    cheapest = carray(as_pointer(address), (chunks * 64,), np.float32)
    selection = carray(as_pointer(address + 256 * chunks), (chunks * 64,), np.float32)
    positions = carray(as_pointer(address + 512 * chunks), (chunks * 64,), np.int32)
    least = carray(as_pointer(address + 768 * chunks), (chunks,), np.float32)
    available_words(store, filter_words, arrival, nights, words)
    if rooms > 1 or nights >= PLANE_VALUE_MAX:
        drop_refused(store, lanes.lane_row, arrival, nights, rooms, words)
    error = combine_factors(tables, calendar_today, rates, arrival, nights, tier, factors)
    available = approximate_minima(words, tables, factors, lanes, arrival, nights, cheapest, least, selection)
    bound = _threshold(cheapest, least, top, selection)
    candidates, limit = _candidates(cheapest, least, top, error, bound, selection, positions)
    count = 0
    for i in range(candidates):
        display, total, lane = hotel_cheapest(
            words, tables, factors, rates, lanes, positions[i], arrival, nights, mask, limit, 0, NO_PRICE - 1
        )
        count = _insert(display, total, lane, lanes.chunk_hotel[positions[i]], count, top, out)
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
