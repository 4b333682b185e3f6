"""Lower bounds of the prices of 64 products by a full pipeline, for a search; and what such a search reads and writes.

The bound of a rule set in a word is its plan, run on the cheapest night of the word each night (`rule_plans`).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.prices import round_to
from nightgrid.native.prices.tables import NO_PRICE
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_blocks import fill_up
from nightgrid.native.program.row_loops import run_ops
from nightgrid.native.search import rule_plans as packing
from nightgrid.native.search.rule_plans import Packed

#: About a search: ordinal of the arrival, the row of the sums with which the stay begins, nights, the mask of the sums,
#: whether the bit maps do not decide.
A_ARRIVAL: Final = 0
A_ROW: Final = 1
A_NIGHTS: Final = 2
A_MASK: Final = 3
A_EVERYTHING: Final = 4
A_FIELDS: Final = 5


class Places(NamedTuple):
    """Where products stand, and by which rule sets they are priced: fixed for a price version."""

    lane_set: Any  # int32 (lane)
    word_first_set: Any  # int32 (word + 1)
    word_sets: Any  # int32: the distinct sets of every word's products
    set_currency: Any  # int32 (set)
    set_calendar: Any  # int32 (set)
    set_stage: Any  # int64 (set): where its stages stand
    order: Any  # int64 (set): sets that share their last stages beside each other
    chunk_first_word: Any  # int32 (chunk + 1)
    chunk_hotel: Any  # int32 (position)
    set_first: Any  # int64 (set + 1): where the words of a set begin in pair_word
    pair_word: Any  # int64 (pair)
    word_chunk: Any  # int64 (word)


class Sums(NamedTuple):
    """Running sums of one width; those of the other are empty."""

    short: Any  # uint32 (plane, row, lane)
    wide: Any  # int64 (plane, row, lane)
    short_words: Any  # uint32 (row, word): of every word's cheapest night
    wide_words: Any  # int64 (row, word)


class Space(NamedTuple):
    """Scratch memory of a search."""

    packed: Packed
    leads: Any  # int64 (set)
    bounds: Any  # int64 (pair): display minor units
    chunks: Any  # int64 (chunk)
    total: Any  # int64 (position)
    lane: Any  # int64 (position)
    chosen: Any  # uint8 (chunk)
    found: Any  # int64 (position)
    rows: Any  # int64 (BLOCK): lanes of a block


@bare_called_kernel
def amount_of(sums, about, plane, lane, begin, nights):
    """The sum of some nights of a lane."""
    low = about[A_ROW] + begin
    if sums.short.size > 0:
        value = np.int64(sums.short[plane, low + nights, lane]) - np.int64(sums.short[plane, low, lane])
    else:
        value = sums.wide[plane, low + nights, lane] - sums.wide[plane, low, lane]
    return np.float64(value & about[A_MASK])


@bare_called_kernel
def _least_amount(sums, about, word, begin, nights):
    """The same of the cheapest nights of a word."""
    low = about[A_ROW] + begin
    if sums.short.size > 0:
        value = np.int64(sums.short_words[low + nights, word]) - np.int64(sums.short_words[low, word])
    else:
        value = sums.wide_words[low + nights, word] - sums.wide_words[low, word]
    return np.float64(value & about[A_MASK])


@bare_called_kernel
def _load_bounds(sums, about, places, first, count, times, reads, columns):
    """The least nights of `count` words, each so many times: rows k * count + word. Other planes: nought, the least."""
    nights = about[A_NIGHTS]
    for i in range(count):
        word = places.pair_word[first + i]
        least = _least_amount(sums, about, word, 0, nights)
        for k in range(times):
            to = k * count + i
            columns[row.C_RUNNING, to] = least
            for plane in range(row.PLANES_MAX):
                if reads >> plane & 1:
                    columns[row.C_PLANE + plane, to] = least if plane == 0 else 0.0
        for night in range(nights if reads >> row.PLANES_MAX & 1 else 0):
            value = _least_amount(sums, about, word, night, 1)
            for k in range(times):
                columns[row.C_NIGHT + night, k * count + i] = value


@bare_called_kernel
def bound_set(sums, about, places, packed, number, rates, columns, out):
    """Lower bounds of a rule set's prices in each of its words: out (pair) int64 display minor units [out]."""
    line = packed.sets[number]
    begin, end = places.set_first[number], places.set_first[number + 1]
    if line[packing.P_LOW] < 0:
        for pair in range(begin, end):
            out[pair] = 0
        return
    currency = places.set_currency[number]
    times = 1 + line[packing.P_EDGES]
    step = row.BLOCK // times
    first, last = line[packing.P_LOW], line[packing.P_LOW] + line[packing.P_END] - line[packing.P_FIRST]
    split = first + line[packing.P_SPLIT]
    for pair in range(begin, end, step):
        count = min(end - pair, step)
        _load_bounds(sums, about, places, pair, count, times, line[packing.P_READS], columns)
        size = fill_up(columns, line[packing.P_READS], about[A_NIGHTS], count * times)
        run_ops(packed.ops, packed.numbers, 0, first, split, columns, size)
        for k in range(1, times):
            edge = packed.edges[number, k - 1]
            for i in range(k * count, k * count + count):
                columns[line[packing.P_STAGE], i] = max(columns[line[packing.P_STAGE], i], edge)
        run_ops(packed.ops, packed.numbers, 0, split, last, columns, size)
        for i in range(count):
            least = np.inf
            for k in range(times):
                value = columns[line[packing.P_AT], k * count + i]
                if line[packing.P_TAXES]:
                    value += columns[row.C_TAXES, k * count + i]
                least = min(least, value)
            total = np.int64(min(least, np.float64(NO_PRICE - 1))) + line[packing.P_FLAT]
            out[pair + i] = displayed(total, rates, currency)


@bare_called_kernel
def displayed(total, rates, currency):
    """A total in the display currency."""
    if rates[currency, 0] == 1 and rates[currency, 1] == 1:
        return total
    return round_to(total, rates[currency, 0], rates[currency, 1], price.MODE_HALF_UP, 1)
