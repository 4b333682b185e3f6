"""The cube: prices of many products for many arrivals, stay lengths and tiers, streamed into the caller's buffer."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import kernel
from nightgrid.native.base.marked import load_table, stay_amount, store_result
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.prices import rounded_half_up, rounded_ratio, rounding_threshold, stay_total

NOT_ON_SALE = -1.0


@kernel
def _set_factors(tables, calendar_today, arrival, nights, tier, factors, numerators):
    """The stay factors of every factor set for one (arrival, nights, tier); a lead of -1 = before the hotel's today.

    factors (3, set) int64: los, lead, tier numerators [out]; numerators (set) float64: their product, < 0 = not on
    sale [out].
    """
    last = tables.lead_num.shape[1] - 1
    for group in range(tables.set_stay.size):
        stay = tables.set_stay[group]
        lead_days = arrival - calendar_today[tables.set_calendar[group]]
        factors[0, group] = tables.los_num[stay, nights]
        factors[1, group] = tables.lead_num[stay, min(lead_days, last)] if lead_days >= 0 else -1
        factors[2, group] = tables.tier_num[stay, tier]
        numerators[group] = np.float64(factors[0, group] * factors[1, group] * factors[2, group])
        if lead_days < 0:
            numerators[group] = -1.0


@kernel
def _half_up_row(low, high, product_set, numerators, whole, step, out):
    """`_summable_row` for half up, the commonest mode. whole: denominator x increment; step: the increment."""
    inverse = 1.0 / whole
    half = 0.5 * whole
    for i in range(low.size):
        numerator = load_table(numerators, load_table(product_set, i))
        value = rounded_half_up(np.float64(stay_amount(low, high, i)), numerator, whole, inverse, half) * step
        store_result(out, i, value if numerator >= 0.0 else NOT_ON_SALE)


@kernel
def _summable_row(low, high, product_set, numerators, terms, out):
    """One (arrival, nights, tier): a stay is one difference, one factor and one rounding per product.

    low, high (product): running sums at arrival and departure; product_set (product) int32; out (product) int32 or
    int64 [out].
    """
    step = np.float64(terms[price.T_INCREMENT])
    whole = np.float64(terms[price.T_LOS_DEN] * terms[price.T_LEAD_DEN] * terms[price.T_TIER_DEN])
    whole *= np.float64(terms[price.T_NIGHT_SCALE]) * step
    if terms[price.T_MODE] == price.MODE_HALF_UP:
        _half_up_row(low, high, product_set, numerators, whole, step, out)
        return
    inverse = 1.0 / whole
    threshold, even = rounding_threshold(terms[price.T_MODE], whole)
    for i in range(low.size):
        numerator = load_table(numerators, load_table(product_set, i))
        amount = np.float64(stay_amount(low, high, i))
        value = rounded_ratio(amount, numerator, whole, inverse, threshold, even) * step
        store_result(out, i, value if numerator >= 0.0 else NOT_ON_SALE)


@kernel
def _general_row(sums, product_set, arrival, nights, mask, factors, terms, out):
    """One (arrival, nights, tier) for policies with several roundings: the definition itself, product by product."""
    for i in range(product_set.size):
        group = product_set[i]
        if factors[1, group] < 0:
            out[i] = np.int64(NOT_ON_SALE)
        else:
            los = factors[0, group]
            out[i] = stay_total(sums, i, arrival, nights, mask, los, factors[1, group], factors[2, group], terms)


@kernel
def price_cube(tables, sums, product_set, calendar_today, first_arrival, stays, tiers, mask, out):
    """Prices of a tile: out (arrival, stay, tier, product) int32 or int64 minor units [out], NOT_ON_SALE where
    impossible.

    tables: PriceTables (its stay tables and terms); sums (night + 1, product): running sums of the tile's products,
    C-contiguous; product_set (product) int32; calendar_today (calendar) int64; stays (stay) int64 nights; tiers
    (tier) int64 indexes [in]. A stay beyond the window or an arrival before the hotel's today is not on sale. O(size
    of out).
    """
    policy = tables.terms[price.T_POLICY]
    summable = policy == price.POLICY_DEFAULT or policy == price.POLICY_TOTAL
    sets = tables.set_stay.size
    factors = np.empty((3, sets), np.int64)
    numerators = np.empty(sets, np.float64)
    for a in range(out.shape[0]):
        arrival = first_arrival + a
        for s in range(stays.size):
            nights = stays[s]
            for t in range(tiers.size):
                row = out[a, s, t]
                if arrival + nights >= sums.shape[0]:
                    row[:] = np.int64(NOT_ON_SALE)
                    continue
                _set_factors(tables, calendar_today, arrival, nights, tiers[t], factors, numerators)
                if summable:
                    low = sums[arrival]
                    high = sums[arrival + nights]
                    _summable_row(low, high, product_set, numerators, tables.terms, row)
                else:
                    _general_row(sums, product_set, arrival, nights, mask, factors, tables.terms, row)
