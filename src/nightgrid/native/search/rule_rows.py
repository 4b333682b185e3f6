"""Rows of a search by a full pipeline: what it reads and writes, and blocks of rows of many rule sets at once.

A block is filled set by set, each with its own operations; what follows is done once for all rows of the block that
share an end (`rule_plans`).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import carray

from nightgrid.native.base.jit import bare_inlined_kernel, inlined_kernel
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.prices import round_to
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_loops import run_ops
from nightgrid.native.search import rule_plans as packing
from nightgrid.native.search.rule_plans import Packed, make_packed
from nightgrid.native.store.views import address_of, as_pointer, borrowed

#: About a search: ordinal of the arrival, the row of the sums with which the stay begins, nights, the mask of the sums,
#: how the answer is made (FIND_*), display prices between which it lies, whether nights are priced one by one and
#: added, and which nights are priced now: the first one and how many.
A_ARRIVAL: Final = 0
A_ROW: Final = 1
A_NIGHTS: Final = 2
A_MASK: Final = 3
A_FIND: Final = 4
A_LOW: Final = 5
A_HIGH: Final = 6
A_BY_NIGHT: Final = 7
A_FIELDS: Final = 8
A_BEGIN: Final = 8
A_COUNT: Final = 9
A_ALL: Final = 10

FIND_BEST: Final = 0  # the best few hotels
FIND_HOTELS: Final = 1  # all hotels with a price in the range
FIND_TOTALS: Final = 2  # the prices of all products


class Places(NamedTuple):
    """Where products stand, and by which rule sets they are priced: fixed for a price version. The lanes of a rule set
    in a word are a *pair*.
    """

    set_currency: Any  # int32 (set)
    set_calendar: Any  # int32 (set)
    set_stage: Any  # int64 (set): where its stages stand
    order: Any  # int64 (set): sets that share their last stages beside each other
    set_first: Any  # int64 (set + 1): where the pairs of a set begin
    pair_word: Any  # int64 (pair)
    pair_lanes: Any  # int64 (pair): bits of its lanes
    lane_set: Any  # int32 (lane)
    word_chunk: Any  # int64 (word)
    chunk_first_word: Any  # int32 (chunk + 1)
    chunk_hotel: Any  # int32 (position)


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
    chunks: Any  # int64 (chunk): the least of their bounds
    chosen: Any  # uint8 (chunk): TOUCHED_*
    total: Any  # int64 (position): of the hotel's cheapest product so far, minor units
    lane: Any  # int64 (position): which it is, -1 = none
    found: Any  # int64 (position)
    rows: Any  # int64 (BLOCK): lanes, or pairs, of a block
    totals: Any  # int64 (lane): prices of products, minor units; size 0 where none are needed
    about: Any  # int64 (A_ALL)
    largest: Any  # float64 (plane): bounds of the sums of the nights that are priced


def make_space(sets: int, pairs: int, chunks: int, planes: int) -> Space:
    """Scratch memory for so many rule sets, pairs, chunks and planes of nights."""
    return Space(
        make_packed(sets),
        leads=np.zeros(sets, np.int64),
        bounds=np.zeros(pairs, np.int64),
        chunks=np.zeros(chunks, np.int64),
        chosen=np.zeros(chunks, np.uint8),
        total=np.zeros(chunks * 64, np.int64),
        lane=np.zeros(chunks * 64, np.int64),
        found=np.zeros(chunks * 64, np.int64),
        rows=np.zeros(row.BLOCK, np.int64),
        totals=np.zeros(0, np.int64),
        about=np.zeros(A_ALL, np.int64),
        largest=np.zeros(planes),
    )


@inlined_kernel
def borrowed_places(places):
    """The same Places with borrowed arrays."""
    return Places(
        borrowed(places.set_currency), borrowed(places.set_calendar), borrowed(places.set_stage),
        borrowed(places.order), borrowed(places.set_first), borrowed(places.pair_word), borrowed(places.pair_lanes),
        borrowed(places.lane_set), borrowed(places.word_chunk), borrowed(places.chunk_first_word),
        borrowed(places.chunk_hotel),
    )  # fmt: skip


@inlined_kernel
def borrowed_sums(sums):
    """The same Sums with borrowed arrays."""
    return Sums(borrowed(sums.short), borrowed(sums.wide), borrowed(sums.short_words), borrowed(sums.wide_words))


@inlined_kernel
def borrowed_space(space):
    """The same Space with borrowed arrays."""
    packed = space.packed
    return Space(
        Packed(
            borrowed(packed.sets), borrowed(packed.ends), borrowed(packed.ops), borrowed(packed.numbers),
            borrowed(packed.edges), borrowed(packed.known), borrowed(packed.state),
        ),
        borrowed(space.leads), borrowed(space.bounds), borrowed(space.chunks), borrowed(space.chosen),
        borrowed(space.total), borrowed(space.lane), borrowed(space.found), borrowed(space.rows),
        borrowed(space.totals), borrowed(space.about), borrowed(space.largest),
    )  # fmt: skip


@inlined_kernel
def rows_from(columns, at):
    """The columns of a block from a row on; no more than BLOCK - at rows may be used."""
    return carray(as_pointer(address_of(columns) + 8 * at), (row.COLUMNS, row.BLOCK), np.float64)


@bare_inlined_kernel
def whole_vectors(count):
    """Up to a whole number of vectors, which are worked out too, of whatever stands there."""
    return min((count + row.VECTOR - 1) // row.VECTOR * row.VECTOR, row.BLOCK)


@bare_inlined_kernel
def amount_of(sums, about, plane, lane, begin, nights):
    """The sum of some nights of a lane."""
    low = about[A_ROW] + begin
    if sums.short.size > 0:
        value = np.int64(sums.short[plane, low + nights, lane]) - np.int64(sums.short[plane, low, lane])
    else:
        value = sums.wide[plane, low + nights, lane] - sums.wide[plane, low, lane]
    return np.float64(value & about[A_MASK])


@bare_inlined_kernel
def least_amount(sums, about, word, begin, nights):
    """The same of the cheapest nights of a word."""
    low = about[A_ROW] + begin
    if sums.short.size > 0:
        value = np.int64(sums.short_words[low + nights, word]) - np.int64(sums.short_words[low, word])
    else:
        value = sums.wide_words[low + nights, word] - sums.wide_words[low, word]
    return np.float64(value & about[A_MASK])


@bare_inlined_kernel
def begin_lanes(sums, about, packed, number, begin, count, columns, space):
    """Do the own operations of a set for its lanes, which stand in the rows begin..count - 1 of a block."""
    line = packed.sets[number]
    reads = line[packing.P_READS] | packed.ends[line[packing.P_END], packing.E_READS]
    first, nights = about[A_BEGIN], about[A_COUNT]
    part = rows_from(columns, begin)
    for i in range(count - begin):
        lane = space.rows[begin + i]
        part[row.C_RUNNING, i] = amount_of(sums, about, 0, lane, first, nights)
    if reads:
        for i in range(count - begin):
            lane = space.rows[begin + i]
            for plane in range(row.PLANES_MAX):
                if reads >> plane & 1:
                    part[row.C_PLANE + plane, i] = amount_of(sums, about, plane, lane, first, nights)
            for night in range(nights if reads >> row.PLANES_MAX & 1 else 0):
                part[row.C_NIGHT + night, i] = amount_of(sums, about, 0, lane, first + night, 1)
    size = min(whole_vectors(count - begin), row.BLOCK - begin)
    run_ops(packed.ops, packed.numbers, 0, line[packing.P_FIRST], line[packing.P_LAST], part, size)


@bare_inlined_kernel
def begin_words(sums, about, places, packed, number, begin, count, columns, space):
    """The same for the cheapest nights of the words of its pairs. Other planes: nought, the least."""
    line = packed.sets[number]
    reads = line[packing.P_READS] | packed.ends[line[packing.P_END], packing.E_READS]
    first, nights = about[A_BEGIN], about[A_COUNT]
    part = rows_from(columns, begin)
    for i in range(count - begin):
        word = places.pair_word[space.rows[begin + i]]
        least = least_amount(sums, about, word, first, nights)
        part[row.C_RUNNING, i] = least
        for plane in range(row.PLANES_MAX if reads else 0):
            if reads >> plane & 1:
                part[row.C_PLANE + plane, i] = least if plane == 0 else 0.0
        for night in range(nights if reads >> row.PLANES_MAX & 1 else 0):
            part[row.C_NIGHT + night, i] = least_amount(sums, about, word, first + night, 1)
    size = min(whole_vectors(count - begin), row.BLOCK - begin)
    run_ops(packed.ops, packed.numbers, 0, line[packing.P_FIRST], line[packing.P_LAST], part, size)


@bare_inlined_kernel
def total_of(line, columns, i):
    """The total of a row after its end, minor units."""
    value = columns[line[packing.E_AT], i]
    if line[packing.E_TAXES]:
        value += columns[row.C_TAXES, i]
    return value


@bare_inlined_kernel
def displayed(total, rates, currency):
    """A total in the display currency."""
    if rates[currency, 0] == 1 and rates[currency, 1] == 1:
        return total
    return round_to(total, rates[currency, 0], rates[currency, 1], price.MODE_HALF_UP, 1)
