"""The cube: prices of many products for many arrivals, stay lengths and tiers, streamed into the caller's buffer.

A price is one difference of running sums, one factor and one rounding. What a product's factor is changes seldom from
one arrival to the next, and looking it up costs more than the price; so the factors of a block of products are laid
out once, and again only where a lead-time factor changes. A block's factors and amounts stay in the first cache.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import kernel
from nightgrid.native.base.marked import load_scratch, load_table, stay_amount, store_result, store_scratch
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.prices import rounded_half_up, rounded_ratio, rounding_threshold, stay_total

NOT_ON_SALE = -1.0
_BLOCK = 1024  # products; 8 bytes of factor and 8 of amount each


@kernel
def _find_leads(tables, calendar_today, first_arrival, leads, is_new, is_past):
    """The lead-time numerators of every factor set, int64 (arrival, set), -1 = before the hotel's today [out].

    is_new (arrival) uint8: whether they differ from those of the arrival before; is_past (arrival) uint8: whether any
    set cannot be sold any more [out].
    """
    last = tables.lead_num.shape[1] - 1
    for a in range(leads.shape[0]):
        is_new[a] = a == 0
        is_past[a] = 0
        for group in range(tables.set_stay.size):
            lead_days = first_arrival + a - calendar_today[tables.set_calendar[group]]
            lead = np.int64(-1)
            if lead_days >= 0:
                lead = tables.lead_num[tables.set_stay[group], min(lead_days, last)]
            else:
                is_past[a] = 1
            leads[a, group] = lead
            if a > 0 and lead != leads[a - 1, group]:
                is_new[a] = 1


@kernel
def _lay_out(tables, leads, nights, tier, product_set, first, size, by_set, factors):
    """The stay factors of a block of products: factors (_BLOCK) float64, < 0 = not on sale [out]; by_set (set) float64:
    scratch.
    """
    for group in range(leads.size):
        stay = tables.set_stay[group]
        by_set[group] = np.float64(tables.los_num[stay, nights] * leads[group] * tables.tier_num[stay, tier])
    for i in range(size):
        store_scratch(factors, i, load_table(by_set, load_table(product_set, first + i)))


@kernel
def _half_up_block(amounts, factors, size, whole, step, out):
    """`_block` for half up, the commonest mode."""
    inverse = 1.0 / whole
    half = 0.5 * whole
    for i in range(size):
        value = rounded_half_up(load_scratch(amounts, i), load_scratch(factors, i), whole, inverse, half)
        store_result(out, i, value * step)


@kernel
def _block(amounts, factors, size, mode, whole, step, out):
    """out[i] = amounts[i] x factors[i] / whole rounded, x step; whole: denominator x step."""
    if mode == price.MODE_HALF_UP:
        _half_up_block(amounts, factors, size, whole, step, out)
        return
    inverse = 1.0 / whole
    threshold, even = rounding_threshold(mode, whole)
    for i in range(size):
        value = rounded_ratio(load_scratch(amounts, i), load_scratch(factors, i), whole, inverse, threshold, even)
        store_result(out, i, value * step)


@kernel
def _find_amounts(low, high, first, size, amounts):
    """What the nights of a stay cost, of a block of products: amounts (_BLOCK) float64 [out]."""
    for i in range(size):
        store_scratch(amounts, i, np.float64(stay_amount(low, high, first + i)))


@kernel
def _summable_cube(tables, sums, product_set, leads, is_new, is_past, first_arrival, stays, tiers, out):
    """The cube where a stay is one difference, one factor and one rounding per product."""
    terms = tables.terms
    step = np.float64(terms[price.T_INCREMENT])
    whole = np.float64(terms[price.T_LOS_DEN] * terms[price.T_LEAD_DEN] * terms[price.T_TIER_DEN])
    whole *= np.float64(terms[price.T_NIGHT_SCALE]) * step
    mode = terms[price.T_MODE]
    amounts = np.empty(_BLOCK, np.float64)
    by_set = np.empty(tables.set_stay.size, np.float64)
    factors = np.empty((tiers.size, _BLOCK), np.float64)
    for first in range(0, product_set.size, _BLOCK):
        size = min(_BLOCK, product_set.size - first)
        for s in range(stays.size):
            nights = stays[s]
            for a in range(out.shape[0]):
                arrival = first_arrival + a
                if arrival + nights >= sums.shape[0]:
                    out[a, s, :, first : first + size] = np.int64(NOT_ON_SALE)
                    continue
                _find_amounts(sums[arrival], sums[arrival + nights], first, size, amounts)
                for t in range(tiers.size):
                    if is_new[a]:
                        _lay_out(tables, leads[a], nights, tiers[t], product_set, first, size, by_set, factors[t])
                    row = out[a, s, t, first : first + size]
                    _block(amounts, factors[t], size, mode, whole, step, row)
                    if is_past[a]:
                        for i in range(size):
                            if factors[t, i] < 0.0:
                                row[i] = np.int64(NOT_ON_SALE)


@kernel
def _general_row(tables, sums, product_set, leads, arrival, nights, tier, mask, out):
    """One (arrival, nights, tier) for policies with several roundings: the definition itself, product by product."""
    for i in range(product_set.size):
        group = product_set[i]
        if leads[group] < 0:
            out[i] = np.int64(NOT_ON_SALE)
        else:
            stay = tables.set_stay[group]
            los, by_tier = tables.los_num[stay, nights], tables.tier_num[stay, tier]
            out[i] = stay_total(sums, i, arrival, nights, mask, los, leads[group], by_tier, tables.terms)


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
    leads = np.empty((out.shape[0], tables.set_stay.size), np.int64)
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
                    _general_row(tables, sums, product_set, leads[a], arrival, stays[s], tiers[t], mask, row)
