"""Search: the cheapest sellable product of every hotel, and the best k hotels, over night-major matrices.

Hotels stand in chunks of 64 lanes; a word of a chunk holds the products of the same position of its 64 hotels
(sliced ELLPACK: Monakov, Lokhmotov, Avetisyan, HiPEAC 2010). So a hotel's minimum is a vertical minimum. Prices are
first found in float32 with a known error bound; whatever could be among the best is decided by exact integers. The
price itself is `prices.stay_total`; there is no second definition here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nightgrid.native import prices as price
from nightgrid.native.jit import kernel
from nightgrid.native.marked import load_table, stay_amount, store_result
from nightgrid.native.prices import round_to, stay_total
from nightgrid.native.views import borrowed

#: Relative error of a float32 price: one conversion, one factor, one product, each within 2^-24; doubled for safety.
RELATIVE_ERROR = 2.0**-21
NO_PRICE = 2**62


class LaneMap(NamedTuple):
    """Where hotels and products stand in the bit maps and price matrices (fixed for a catalogue)."""

    chunk_first_word: Any  # int32 (chunk + 1)
    chunk_hotel: Any  # int32 (chunk * 64 + lane % 64): hotel index, -1 = padding
    lane_product: Any  # int32 (lane): product index, -1 = padding
    lane_row: Any  # int32 (lane): row index, -1 = padding


class PriceTables(NamedTuple):
    """One published price version in the order of lanes (immutable)."""

    sums: Any  # uint32 or int64 (night + 1, lane): running sums of night values x scale
    lane_set: Any  # int32 (lane): factor set
    set_stay: Any  # int32 (set): row of the stay tables
    set_currency: Any  # int32 (set)
    set_calendar: Any  # int32 (set)
    los_num: Any  # int64 (stay set, nights)
    lead_num: Any  # int64 (stay set, lead days)
    tier_num: Any  # int64 (stay set, tier)
    terms: Any  # int64 (T_TERMS)


class QueryFactors(NamedTuple):
    """The stay factors of one query for every factor set: all conditions are evaluated here, once."""

    los: Any  # int64 (set) numerators
    lead: Any  # int64 (set); -1 = arrival lies before the hotel's today
    tier: Any  # int64 (set)
    approximate: Any  # float32 (set): display minor units per unit of a running sum; inf = not on sale


@kernel
def borrowed_tables(tables):
    """The same PriceTables with borrowed arrays."""
    return PriceTables(
        borrowed(tables.sums),
        borrowed(tables.lane_set),
        borrowed(tables.set_stay),
        borrowed(tables.set_currency),
        borrowed(tables.set_calendar),
        borrowed(tables.los_num),
        borrowed(tables.lead_num),
        borrowed(tables.tier_num),
        borrowed(tables.terms),
    )


@kernel
def borrowed_lanes(lanes):
    """The same LaneMap with borrowed arrays."""
    return LaneMap(
        borrowed(lanes.chunk_first_word),
        borrowed(lanes.chunk_hotel),
        borrowed(lanes.lane_product),
        borrowed(lanes.lane_row),
    )


@kernel
def borrowed_factors(factors):
    """The same QueryFactors with borrowed arrays."""
    return QueryFactors(
        borrowed(factors.los), borrowed(factors.lead), borrowed(factors.tier), borrowed(factors.approximate)
    )


@kernel
def combine_factors(tables, calendar_today, rates, arrival, nights, tier, out):
    """Look up and combine the stay factors of a query; returns the largest error of a price in display minor units.

    tables: PriceTables; calendar_today (calendar) int64: night index of its civil date; rates (currency, 2) int64:
    display minor units per minor unit, as numerator and denominator [in]; tier: index; out: QueryFactors [out].
    O(sets).
    """
    terms = tables.terms
    scale = 1.0 / (np.float64(terms[price.T_LOS_DEN]) * terms[price.T_LEAD_DEN] * terms[price.T_TIER_DEN])
    scale /= terms[price.T_NIGHT_SCALE]
    error = 0.0
    for group in range(tables.set_stay.size):
        stay = tables.set_stay[group]
        lead_days = arrival - calendar_today[tables.set_calendar[group]]
        out.los[group] = tables.los_num[stay, nights]
        out.tier[group] = tables.tier_num[stay, tier]
        if lead_days < 0:
            out.lead[group] = -1
            out.approximate[group] = np.float32(np.inf)
            continue
        out.lead[group] = tables.lead_num[stay, min(lead_days, tables.lead_num.shape[1] - 1)]
        currency = tables.set_currency[group]
        rate = rates[currency, 0] / rates[currency, 1]
        factor = np.float64(out.los[group]) * out.lead[group] * out.tier[group] * scale
        out.approximate[group] = np.float32(factor * rate)
        roundings = 1.0
        if terms[price.T_POLICY] == price.POLICY_NIGHT:
            roundings = nights
        elif terms[price.T_POLICY] == price.POLICY_STEP:
            tier_factor = out.tier[group] / terms[price.T_TIER_DEN]
            roundings = 1.0 + tier_factor + tier_factor * out.lead[group] / terms[price.T_LEAD_DEN]
        error = max(error, roundings * terms[price.T_INCREMENT] * rate + 1.0)
    return error


@kernel
def lane_price(tables, factors, rates, lane, arrival, nights, mask):
    """Exact price of one lane: (total in minor units, total in display minor units); NO_PRICE where not on sale."""
    group = tables.lane_set[lane]
    if factors.lead[group] < 0:
        return NO_PRICE, NO_PRICE
    total = stay_total(
        tables.sums,
        lane,
        arrival,
        nights,
        mask,
        factors.los[group],
        factors.lead[group],
        factors.tier[group],
        tables.terms,
    )
    currency = tables.set_currency[group]
    return total, round_to(total, rates[currency, 0], rates[currency, 1], price.MODE_HALF_UP, 1)


@kernel
def approximate_minima(words, tables, factors, lanes, arrival, nights, out_cheapest, scratch):
    """Approximate price of every hotel's cheapest product: out_cheapest (chunk * 64 + lane) float32 [out], inf = none.

    words (word) int64 [in]: products left; scratch (64) float32. Streams two rows of the running sums, word by word
    in two passes that each vectorise: prices with a gather of factors, then the masked minimum. O(lanes).
    """
    low = tables.sums[arrival]
    high = tables.sums[arrival + nights]
    lane_set = tables.lane_set
    approximate = factors.approximate
    nothing = np.float32(np.inf)
    for chunk in range(lanes.chunk_first_word.size - 1):
        out = chunk * 64
        for bit in range(64):
            out_cheapest[out + bit] = nothing
        for word in range(lanes.chunk_first_word[chunk], lanes.chunk_first_word[chunk + 1]):
            left = words[word]
            if left == 0:
                continue
            lane = word * 64
            for bit in range(64):
                factor = load_table(approximate, load_table(lane_set, lane + bit))
                store_result(scratch, bit, np.float32(stay_amount(low, high, lane + bit)) * factor)
            for bit in range(64):
                value = load_table(scratch, bit) if left >> bit & 1 else nothing
                least = load_table(out_cheapest, out + bit)
                store_result(out_cheapest, out + bit, value if value < least else least)


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
def _threshold(cheapest, chunks, top, scratch):
    """An upper bound of the approximate price of the top-th cheapest hotel; inf if there are fewer.

    Every chunk minimum is some hotel's price, so the top-th smallest of them is one: one short pass instead of a
    heap. Where fewer chunks than `top` have a hotel left (a city), the hotels themselves are ranked.
    """
    nothing = np.float32(np.inf)
    size = 0
    for chunk in range(chunks):
        least = nothing
        for bit in range(64):
            value = cheapest[chunk * 64 + bit]
            least = value if value < least else least
        if least < nothing:
            scratch[size] = least
            size += 1
    if size < top:
        size = 0
        for position in range(chunks * 64):
            if cheapest[position] < nothing:
                scratch[size] = cheapest[position]
                size += 1
    if size < top:
        return nothing
    return kth_smallest(scratch, size, top)


@kernel
def _insert(display, total, lane, hotel, count, top, out_display, out_total, out_lane, out_hotel):
    """Insert into the ranking by (display, hotel); returns the new count. Rankings are short, so a shift is
    cheapest.
    """
    if count == top and (display, hotel) >= (out_display[top - 1], out_hotel[top - 1]):
        return count
    place = count if count < top else top - 1
    while place > 0 and (display, hotel) < (out_display[place - 1], out_hotel[place - 1]):
        out_display[place] = out_display[place - 1]
        out_total[place] = out_total[place - 1]
        out_lane[place] = out_lane[place - 1]
        out_hotel[place] = out_hotel[place - 1]
        place -= 1
    out_display[place] = display
    out_total[place] = total
    out_lane[place] = lane
    out_hotel[place] = hotel
    return min(count + 1, top)


@kernel
def cheapest_hotels(words, tables, factors, rates, lanes, query, error, scratch, out):
    """The `top` cheapest hotels, exact: returns how many were found and how many are available.

    query: (arrival, nights, mask, top); error: from `combine_factors`; scratch: two float32 (chunk * 64);
    out: (display int64, total int64, lane int32, hotel int32), each (top) [out]. A candidate is any hotel whose
    approximate price is within the error bound of the threshold; candidates are priced exactly and ranked by
    (display, hotel index). A product above the limit cannot put its hotel among the best: its exact price is more
    than the error below no price that could.
    """
    arrival, nights, mask, top = query
    tables, factors, lanes = borrowed_tables(tables), borrowed_factors(factors), borrowed_lanes(lanes)
    cheapest, selection = scratch
    out_display, out_total, out_lane, out_hotel = out
    chunks = lanes.chunk_first_word.size - 1
    approximate_minima(words, tables, factors, lanes, arrival, nights, cheapest, selection)
    bound = _threshold(cheapest, chunks, top, selection)
    limit = np.float32((np.float64(bound) + 2.0 * error) * (1.0 + 4.0 * RELATIVE_ERROR))
    count = 0
    available = 0
    for position in range(chunks * 64):
        if cheapest[position] < np.float32(np.inf):
            available += 1
            if cheapest[position] <= limit:
                display, total, lane = hotel_cheapest(
                    words, tables, factors, rates, lanes, position, arrival, nights, mask, limit, 0, NO_PRICE - 1
                )
                hotel = lanes.chunk_hotel[position]
                count = _insert(display, total, lane, hotel, count, top, out_display, out_total, out_lane, out_hotel)
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
