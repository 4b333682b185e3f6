"""The cube: prices of many products for many arrivals, stay lengths and tiers, streamed into the caller's buffer.

A price is one difference of running sums, one factor and one rounding. What a product's factor is changes seldom from
one arrival to the next, and looking it up costs more than the price; so the arrivals between two changes are priced
together, and the factors of a block of products are laid out once for them.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import full_fence
from nightgrid.native.base.jit import bare_inlined_kernel, kernel
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.block_prices import (
    BLOCK,
    LINE_BYTES,
    NOT_ON_SALE,
    ask_for_sums,
    find_amounts,
    lay_out,
    places_off_line,
    price_block,
    stream_block,
)
from nightgrid.native.prices.prices import stay_total


@kernel
def _find_leads(tables, calendar_today, first_arrival, leads, is_new, is_past):
    """The lead-time numerators of every factor set, int64 (set, arrival), -1 = before the hotel's today [out].

    is_new (arrival) uint8: whether they differ from those of the arrival before; is_past (arrival) uint8: whether any
    set cannot be sold any more [out].
    """
    last = tables.lead_num.shape[1] - 1
    is_new[:] = 0
    is_new[:1] = 1
    is_past[:] = 0
    for group in range(leads.shape[0]):
        stay = tables.set_stay[group]
        today = calendar_today[tables.set_calendar[group]]
        before = np.int64(0)
        for a in range(leads.shape[1]):
            lead_days = first_arrival + a - today
            lead = np.int64(-1)
            if lead_days >= 0:
                lead = tables.lead_num[stay, min(lead_days, last)]
            else:
                is_past[a] = 1
            leads[group, a] = lead
            if a > 0 and lead != before:
                is_new[a] = 1
            before = lead


@kernel
def _find_factors(tables, leads, a, nights, tiers, by_set, largest):
    """The stay factors of an arrival: by_set float64 (tier x set), < 0 = not on sale; largest (tier) of any set
    [out].
    """
    sets = leads.shape[0]
    for t in range(tiers.size):
        most = np.int64(0)
        for group in range(sets):
            stay = tables.set_stay[group]
            factor = tables.los_num[stay, nights] * leads[group, a] * tables.tier_num[stay, tiers[t]]
            by_set[t * sets + group] = np.float64(factor)
            most = max(most, factor)
        largest[t] = np.float64(most)


@bare_inlined_kernel
def _tiers_of(desk, block, size, amount, largest, terms, is_past, out, row, width, off_line):
    """A block of products on one arrival for one stay: a tier from `row` on, the next `width` places on, in the flat
    out; amount: the largest of the block; largest (tier) float64: of the factors.
    """
    step = np.float64(terms[price.T_INCREMENT])
    whole = np.float64(terms[price.T_LOS_DEN] * terms[price.T_LEAD_DEN] * terms[price.T_TIER_DEN])
    whole *= np.float64(terms[price.T_NIGHT_SCALE]) * step
    mode = terms[price.T_MODE]
    for t in range(largest.size):
        at = row + t * width
        product = amount * largest[t]
        if off_line >= 0 and (at + off_line) % (LINE_BYTES // out.itemsize) == 0:
            price_block(desk, t, size, product, mode, whole, step, is_past, block, 0)
            stream_block(block, size, out, at)
        else:
            price_block(desk, t, size, product, mode, whole, step, is_past, out, at)


@kernel
def _summable_cube(tables, sums, product_set, leads, is_new, is_past, first_arrival, stays, tiers, out):
    """The cube where a stay is one difference, one factor and one rounding per product."""
    width, arrivals, sets = product_set.size, is_new.size, leads.shape[0]
    n_sums = sums.shape[0]
    flat_sums, flat = sums.reshape(-1), out.reshape(-1)
    terms = tables.terms
    desk = np.empty((tiers.size + 1) * BLOCK, np.float64)
    by_set = np.empty(tiers.size * sets, np.float64)
    largest = np.empty(tiers.size, np.float64)
    block = np.empty(BLOCK, out.dtype)
    off_line = places_off_line(out)
    for s in range(stays.size):
        nights = stays[s]
        sold = max(0, min(arrivals, n_sums - nights - first_arrival))  # arrivals whose stay ends in the window
        out[sold:, s] = np.int64(NOT_ON_SALE)
        begin = 0
        while begin < sold:
            end = begin + 1
            while end < sold and not is_new[end]:
                end += 1
            _find_factors(tables, leads, begin, nights, tiers, by_set, largest)
            for first in range(0, width, BLOCK):
                size = min(BLOCK, width - first)
                lay_out(by_set, sets, tiers.size, product_set, first, size, desk)
                for a in range(begin, end):
                    row = (a * stays.size + s) * tiers.size * width + first
                    low = (first_arrival + a) * width + first
                    amount = find_amounts(flat_sums, low, low + nights * width, size, desk)
                    ask_for_sums(flat_sums, low + (nights + 1) * width, size)
                    _tiers_of(desk, block, size, amount, largest, terms, is_past[a], flat, row, width, off_line)
            begin = end
    full_fence()


@kernel
def _general_row(tables, sums, product_set, leads, a, arrival, nights, tier, mask, out):
    """One (arrival, nights, tier) for policies with several roundings: the definition itself, product by product."""
    for i in range(product_set.size):
        group = product_set[i]
        if leads[group, a] < 0:
            out[i] = np.int64(NOT_ON_SALE)
        else:
            stay = tables.set_stay[group]
            los, by_tier = tables.los_num[stay, nights], tables.tier_num[stay, tier]
            out[i] = stay_total(sums, i, arrival, nights, mask, los, leads[group, a], by_tier, tables.terms)


@kernel
def price_cube(tables, sums, product_set, calendar_today, first_arrival, stays, tiers, mask, out):
    """Prices of a tile: out (arrival, stay, tier, product) int32 or int64 minor units [out], NOT_ON_SALE where
    impossible.

    tables: PriceTables (its stay tables and terms); sums (night + 1, product): running sums of the tile's products,
    C-contiguous; product_set (product) int32; calendar_today (calendar) int64; stays (stay) int64 nights; tiers
    (tier) int64 indexes [in]. A stay beyond the window or an arrival before the hotel's today is not on sale. O(size
    of out + arrivals x factor sets).
    """
    policy = tables.terms[price.T_POLICY]
    leads = np.empty((tables.set_stay.size, out.shape[0]), np.int64)
    is_new = np.empty(out.shape[0], np.uint8)
    is_past = np.empty(out.shape[0], np.uint8)
    _find_leads(tables, calendar_today, first_arrival, leads, is_new, is_past)
    if policy == price.POLICY_DEFAULT or policy == price.POLICY_TOTAL:
        _summable_cube(tables, sums, product_set, leads, is_new, is_past, first_arrival, stays, tiers, out)
        return
    for a in range(out.shape[0]):
        arrival = first_arrival + a
        for s in range(stays.size):
            for t in range(tiers.size):
                row = out[a, s, t]
                if arrival + stays[s] >= sums.shape[0]:
                    row[:] = np.int64(NOT_ON_SALE)
                else:
                    _general_row(tables, sums, product_set, leads, a, arrival, stays[s], tiers[t], mask, row)
