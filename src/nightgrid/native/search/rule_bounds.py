"""Lower bounds of the prices of a rule set in a word of 64 products, by a full pipeline.

The bound is its plan, run on the cheapest night of the word each night, and on the amounts from which on something
changes (`rule_plans`).
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.prices.tables import NO_PRICE
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_loops import run_ops
from nightgrid.native.search import rule_plans as packing
from nightgrid.native.search.rule_rows import A_COUNT, begin_words, displayed, total_of, whole_vectors


@bare_called_kernel
def _spread(columns, keeps, nights, count, times):
    """Repeat the first `count` rows of the columns that are read: row k * count + i is row i."""
    for column in range(row.C_NIGHT + nights):
        if column >= row.C_NIGHT or keeps >> column & 1:
            for k in range(1, times):
                for i in range(count):
                    columns[column, k * count + i] = columns[column, i]


@bare_called_kernel
def _end_bounds(about, places, packed, number, count, rates, columns, space):
    """The bounds of the pairs in a block: the end of their plans, run from all edges on."""
    line = packed.ends[number]
    times = 1 + line[packing.E_EDGES]
    first = line[packing.E_LOW]
    split, last = first + line[packing.E_SPLIT], first + line[packing.E_LAST] - line[packing.E_FIRST]
    run_ops(packed.ops, packed.numbers, 0, first, split, columns, whole_vectors(count))
    nights = about[A_COUNT] if line[packing.E_READS] >> row.PLANES_MAX & 1 else 0
    _spread(columns, line[packing.E_KEEPS], nights, count, times)
    for k in range(1, times):
        edge = packed.edges[number, k - 1]
        for i in range(k * count, k * count + count):
            columns[line[packing.E_STAGE], i] = max(columns[line[packing.E_STAGE], i], edge)
    run_ops(packed.ops, packed.numbers, 0, split, last, columns, whole_vectors(count * times))
    for i in range(count):
        least = np.inf
        for k in range(times):
            least = min(least, total_of(line, columns, k * count + i))
        pair = space.rows[i]
        total = np.int64(min(least, np.float64(NO_PRICE - 1))) + line[packing.E_FLAT]
        space.bounds[pair] = total


@bare_called_kernel
def _display_bounds(places, number, rates, space):
    """The bounds of a set's pairs in the display currency."""
    currency = places.set_currency[number]
    if rates[currency, 0] == 1 and rates[currency, 1] == 1:
        return
    for pair in range(places.set_first[number], places.set_first[number + 1]):
        if space.bounds[pair] < NO_PRICE:
            space.bounds[pair] = displayed(space.bounds[pair], rates, currency)


@bare_called_kernel
def bound_pairs(words, sums, about, places, packed, rates, columns, space):
    """Lower bounds of what is left of every pair of the wanted sets, display minor units; NO_PRICE where nothing is.

    O(pairs x operations).
    """
    end, count, room = np.int64(-1), np.int64(0), np.int64(row.BLOCK)
    for place in range(places.order.size):
        number = places.order[place]
        line = packed.sets[number]
        if line[packing.P_WANTED] == 0:
            continue
        if line[packing.P_END] != end:
            if count > 0:
                _end_bounds(about, places, packed, end, count, rates, columns, space)
            end, count = line[packing.P_END], np.int64(0)
            room = row.BLOCK // (1 + packed.ends[end, packing.E_EDGES])
        bounded = line[packing.P_BOUNDED] != 0 and packed.ends[end, packing.E_LOW] >= 0
        begin = count
        for pair in range(places.set_first[number], places.set_first[number + 1]):
            left = words[places.pair_word[pair]] & places.pair_lanes[pair]
            space.bounds[pair] = 0 if left else NO_PRICE
            if left == 0 or not bounded:
                continue
            space.rows[count] = pair
            count += 1
            if count == room:
                begin_words(sums, about, places, packed, number, begin, count, columns, space)
                _end_bounds(about, places, packed, end, count, rates, columns, space)
                begin, count = np.int64(0), np.int64(0)
        if count > begin:
            begin_words(sums, about, places, packed, number, begin, count, columns, space)
    if count > 0:
        _end_bounds(about, places, packed, end, count, rates, columns, space)
    for number in range(places.order.size):
        if packed.sets[number, packing.P_WANTED]:
            _display_bounds(places, number, rates, space)
