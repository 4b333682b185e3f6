"""What search, calendar and repricing read: lane map and price tables, and how a query's factors are combined.

From Python each array of a tuple is unpacked at every call, which costs as much as a small search. So what is fixed
lies on a *desk*: one int64 table of addresses and sizes, from which a kernel makes ownerless arrays at its top.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import carray

from nightgrid.native.base.jit import kernel
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.prices import round_to, stay_total
from nightgrid.native.store.views import as_pointer, borrowed

NO_PRICE: Final = 2**62


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
    word_first_set: Any  # int32 (word + 1): where a word's factor sets begin
    word_sets: Any  # int32: the distinct factor sets of every word's products
    word_sums: Any  # like sums, (night + 1, word): running sums of every word's cheapest night


class QueryFactors(NamedTuple):
    """The stay factors of one query for every factor set: all conditions are evaluated here, once."""

    los: Any  # int64 (set) numerators
    lead: Any  # int64 (set); -1 = arrival lies before the hotel's today
    tier: Any  # int64 (set)
    approximate: Any  # float32 (set): display minor units per unit of a running sum; inf = not on sale


#: Fields of a line of the desk, and its lines: the arrays of PriceTables without the sums, then those of LaneMap.
_LINE: Final = 3
_TABLE_LINES: Final = len(PriceTables._fields) - 1


def desk_of(tables: PriceTables, lanes: LaneMap) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The desk of a price version: int64 (array * 3): address and two sizes of each. The arrays must outlive it."""
    desk = []
    for array in (*tables[1:], *lanes):
        if not array.flags.c_contiguous:
            raise ValueError("an array on the desk must be C-contiguous")
        desk += [array.ctypes.data, array.shape[0], array.shape[1] if array.ndim > 1 else 1]
    return np.array(desk, np.int64)


@kernel
def _vector32(desk, line):
    """An int32 vector on the desk."""
    return carray(as_pointer(desk[line * _LINE]), (desk[line * _LINE + 1],), np.int32)


@kernel
def _matrix64(desk, line):
    """An int64 matrix on the desk."""
    shape = (desk[line * _LINE + 1], desk[line * _LINE + 2])
    return carray(as_pointer(desk[line * _LINE]), shape, np.int64)


@kernel
def tables_at(desk, sums):
    """PriceTables of ownerless arrays: the sums as they are given (they have two types), the rest from the desk."""
    terms = carray(as_pointer(desk[7 * _LINE]), (desk[7 * _LINE + 1],), np.int64)
    return PriceTables(
        borrowed(sums),
        _vector32(desk, 0),
        _vector32(desk, 1),
        _vector32(desk, 2),
        _vector32(desk, 3),
        _matrix64(desk, 4),
        _matrix64(desk, 5),
        _matrix64(desk, 6),
        terms,
        _vector32(desk, 8),
        _vector32(desk, 9),
        carray(as_pointer(desk[10 * _LINE]), (desk[10 * _LINE + 1], desk[10 * _LINE + 2]), sums.dtype),
    )


@kernel
def lanes_at(desk):
    """LaneMap of ownerless arrays from the desk."""
    first = _TABLE_LINES
    return LaneMap(
        _vector32(desk, first), _vector32(desk, first + 1), _vector32(desk, first + 2), _vector32(desk, first + 3)
    )


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
        borrowed(tables.word_first_set),
        borrowed(tables.word_sets),
        borrowed(tables.word_sums),
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

    tables: PriceTables; calendar_today (calendar) int64: ordinal of its civil date, as `arrival`; rates (currency, 2)
    int64: display minor units per minor unit, as numerator and denominator [in]; tier: index; out: QueryFactors [out].
    O(sets).
    """
    terms = tables.terms
    scale = 1.0 / (np.float64(terms[price.T_LOS_DEN]) * terms[price.T_LEAD_DEN] * terms[price.T_TIER_DEN])
    scale /= terms[price.T_NIGHT_SCALE]
    error = 0.0
    known_currency = -1
    rate = 1.0
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
        if currency != known_currency:  # a chain has few currencies, and a division takes longer than all the rest
            rate = rates[currency, 0] / rates[currency, 1]
            known_currency = currency
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
