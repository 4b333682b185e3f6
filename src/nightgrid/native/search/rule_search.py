"""The cheapest hotels by a book with a full pipeline, without pricing most of the chain.

As in `minima`, every word of 64 products has lower bounds, one for each of its rule sets (`rule_bounds`). The chunks
with the least bounds are priced first and give a limit; of the rest only those rule sets of a word are priced whose
bound does not lie above it. A price is exact whenever it is worked out, by the operations of `row_loops`, so nothing is
decided by a bound but what need not be looked at.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import fence, load_word
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import bare_called_kernel, kernel
from nightgrid.native.prices.tables import NO_PRICE
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_blocks import fill_up
from nightgrid.native.program.row_codes import RowPlan, Tails
from nightgrid.native.program.row_loops import run_ops
from nightgrid.native.program.stay_price import Workshop
from nightgrid.native.search import rule_plans as packing
from nightgrid.native.search.minima import count_bits
from nightgrid.native.search.rule_bounds import (
    A_ARRIVAL,
    A_EVERYTHING,
    A_NIGHTS,
    Places,
    Space,
    Sums,
    amount_of,
    bound_set,
    displayed,
)
from nightgrid.native.search.rule_plans import Packed, pack_plans
from nightgrid.native.search.select import insert_ranked, kth_smallest
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import borrowed, controlled_of, shared_of

#: Chunks that are priced for the first limit, at most, or until they have so many times the hotels asked for.
_FIRST_CHUNKS_MAX: Final = 64
_ENOUGH: Final = 8
_NO_LIMIT: Final = 2**63 - 1


@bare_called_kernel
def _price_rows(sums, about, places, packed, number, count, columns, space):
    """Exact totals of the lanes that are gathered, and what they make cheaper of their hotels."""
    line, nights = packed.sets[number], about[A_NIGHTS]
    reads = line[packing.P_READS]
    for i in range(count):
        lane = space.rows[i]
        columns[row.C_RUNNING, i] = amount_of(sums, about, 0, lane, 0, nights)
        for plane in range(row.PLANES_MAX):
            if reads >> plane & 1:
                columns[row.C_PLANE + plane, i] = amount_of(sums, about, plane, lane, 0, nights)
        for night in range(nights if reads >> row.PLANES_MAX & 1 else 0):
            columns[row.C_NIGHT + night, i] = amount_of(sums, about, 0, lane, night, 1)
    size = fill_up(columns, reads, nights, count)
    run_ops(packed.ops, packed.numbers, 0, line[packing.P_FIRST], line[packing.P_END], columns, size)
    for i in range(count):
        value = columns[line[packing.P_AT], i]
        if line[packing.P_TAXES]:
            value += columns[row.C_TAXES, i]
        total, lane = np.int64(value) + line[packing.P_FLAT], space.rows[i]
        position = places.word_chunk[lane >> 6] * 64 + (lane & 63)
        known = space.total[position]
        if total < known or (total == known and lane < space.lane[position]):
            space.total[position], space.lane[position] = total, lane


@bare_called_kernel
def _price_pairs(words, sums, about, places, packed, limit, first, columns, space):
    """Price what is left of the chosen chunks (first), or of all others where its bound is at most the limit."""
    for number in range(places.set_stage.size):
        if packed.sets[number, packing.P_WANTED] == 0:
            continue
        count = 0
        for pair in range(places.set_first[number], places.set_first[number + 1]):
            word = places.pair_word[pair]
            if space.bounds[pair] > limit or (space.chosen[places.word_chunk[word]] != 0) != first:
                continue
            left = words[word]
            while left:
                bit = first_bit(left)
                left &= left - 1
                if places.lane_set[word * 64 + bit] == number:
                    space.rows[count] = word * 64 + bit
                    count += 1
                    if count == row.BLOCK:
                        _price_rows(sums, about, places, packed, number, count, columns, space)
                        count = 0
        if count > 0:
            _price_rows(sums, about, places, packed, number, count, columns, space)


@bare_called_kernel
def _want_sets(words, places, calendar_today, arrival, packed, leads):
    """Which sets have a product left; False where one of them is booked before the arrival."""
    packed.sets[:] = 0
    for number in range(leads.size):
        leads[number] = arrival - calendar_today[places.set_calendar[number]]
    for word in range(words.size):
        if words[word] == 0:
            continue
        for place in range(places.word_first_set[word], places.word_first_set[word + 1]):
            packed.sets[places.word_sets[place], packing.P_WANTED] = 1
            if leads[places.word_sets[place]] < 0:
                return False
    return True


@bare_called_kernel
def _choose_chunks(words, places, top, space):
    """Choose the chunks with the least bounds until they have enough hotels."""
    size = 0
    space.chosen[:] = 0
    for _ in range(min(_FIRST_CHUNKS_MAX, 4 + top // 8)):
        least = -1
        for chunk in range(space.chunks.size):
            if space.chosen[chunk] == 0 and (least < 0 or space.chunks[chunk] < space.chunks[least]):
                least = chunk
        if least < 0 or space.chunks[least] >= NO_PRICE:
            break
        space.chosen[least] = 1
        left = np.int64(0)
        for word in range(places.chunk_first_word[least], places.chunk_first_word[least + 1]):
            left |= words[word]
        size += count_bits(left)
        if size >= _ENOUGH * top:
            break


@bare_called_kernel
def _bound_chunks(words, places, packed, space):
    """The least bound of each chunk, NO_PRICE where nothing is left; returns how many hotels have a product left."""
    hotels = np.int64(0)
    for chunk in range(space.chunks.size):
        space.chunks[chunk] = NO_PRICE
        left = np.int64(0)
        for word in range(places.chunk_first_word[chunk], places.chunk_first_word[chunk + 1]):
            left |= words[word]
        hotels += count_bits(left)
    for number in range(places.set_stage.size):
        if packed.sets[number, packing.P_WANTED]:
            for pair in range(places.set_first[number], places.set_first[number + 1]):
                word = places.pair_word[pair]
                if words[word] != 0:
                    chunk = places.word_chunk[word]
                    space.chunks[chunk] = min(space.chunks[chunk], space.bounds[pair])
    return hotels


@bare_called_kernel
def _display_at(places, rates, space, position):
    """The display price of a hotel's cheapest product so far."""
    return displayed(space.total[position], rates, places.set_currency[places.lane_set[space.lane[position]]])


@bare_called_kernel
def _search(words, about, places, sums, rates, packed, columns, space, out):
    """Bounds, first limit, the rest under it, ranking: (hotels found, hotels available)."""
    top = out.shape[1]
    for number in range(places.set_stage.size):
        if packed.sets[number, packing.P_WANTED]:
            bound_set(sums, about, places, packed, number, rates, columns, space.bounds)
    available = _bound_chunks(words, places, packed, space)
    for position in range(space.total.size):
        space.total[position], space.lane[position] = NO_PRICE, -1
    _choose_chunks(words, places, top, space)
    _price_pairs(words, sums, about, places, packed, np.int64(_NO_LIMIT), True, columns, space)
    size = 0
    for position in range(space.total.size):
        if space.lane[position] >= 0:
            space.found[size] = _display_at(places, rates, space, position)
            size += 1
    limit = kth_smallest(space.found, size, top) if size >= top else np.int64(_NO_LIMIT)
    _price_pairs(words, sums, about, places, packed, limit, False, columns, space)
    count = 0
    for position in range(space.total.size):
        if space.lane[position] >= 0:
            display = _display_at(places, rates, space, position)
            count = insert_ranked(
                display, space.total[position], space.lane[position], np.int64(places.chunk_hotel[position]), count,
                top, out,
            )  # fmt: skip
    return count, available


@kernel
def search_rules(
    store, words, calendar_today, rates, about, places, sums, terms, scales, query, largest, shop, rows, space, out
):
    """The cheapest hotels for a stay of one room by a full pipeline, exact: (how many were found, how many are
    available), or (-1, 0): no bound is to be had, every product has to be priced.

    store: StoreTable; words (word) int64: products that can be sold, by the bit maps; calendar_today (calendar), rates
    (currency, 2), about (A_FIELDS), all int64; places: Places; sums: Sums; terms, scales (plane) of the program; query
    (Q_FIELDS) int64: who asks; largest (plane) float64: bounds of the stays' sums [in]; shop: Workshop, rows: RowShop,
    space: Space, scratch; out (4, top) int64 [out]: display total, total, lane, hotel, ranked by (display total,
    hotel). O(rule sets x rules + words x their sets), and O(lanes) where prices do not differ.
    """
    shared = shared_of(store)
    if about[A_EVERYTHING]:
        return -1, 0
    if shared[at.S_CONTROLS] != 0:
        controlled = controlled_of(store)
        for word in range(words.size):
            if words[word] & controlled[word]:
                return -1, 0
    places = Places(
        borrowed(places.lane_set), borrowed(places.word_first_set), borrowed(places.word_sets),
        borrowed(places.set_currency), borrowed(places.set_calendar), borrowed(places.set_stage),
        borrowed(places.order), borrowed(places.chunk_first_word), borrowed(places.chunk_hotel),
        borrowed(places.set_first), borrowed(places.pair_word), borrowed(places.word_chunk),
    )  # fmt: skip
    sums = Sums(
        borrowed(sums.short), borrowed(sums.wide), borrowed(sums.short_words), borrowed(sums.wide_words)
    )  # fmt: skip
    packed = Packed(
        borrowed(space.packed.sets), borrowed(space.packed.ops), borrowed(space.packed.numbers),
        borrowed(space.packed.edges),
    )  # fmt: skip
    space = Space(
        packed, borrowed(space.leads), borrowed(space.bounds), borrowed(space.chunks), borrowed(space.total),
        borrowed(space.lane), borrowed(space.chosen), borrowed(space.found), borrowed(space.rows),
    )  # fmt: skip
    if not _want_sets(borrowed(words), places, borrowed(calendar_today), about[A_ARRIVAL], packed, space.leads):
        return -1, 0
    plan = RowPlan(
        borrowed(rows.head[0]), borrowed(rows.ops[0]), borrowed(rows.numbers[0]), borrowed(rows.bits[0]),
        borrowed(rows.den), borrowed(rows.top), borrowed(rows.ratios), borrowed(rows.shares),
    )  # fmt: skip
    tails = Tails(
        borrowed(rows.tails.head), borrowed(rows.tails.words), borrowed(rows.tails.known), borrowed(rows.tails.ops),
        borrowed(rows.tails.numbers), borrowed(rows.tails.bits),
    )  # fmt: skip
    shop = Workshop(
        borrowed(shop.plan), borrowed(shop.scratch), borrowed(shop.sets), borrowed(shop.registers),
        borrowed(shop.weights),
    )  # fmt: skip
    query[do.Q_ARRIVAL] = about[A_ARRIVAL]
    if not pack_plans(
        borrowed(terms), borrowed(scales), places.set_stage, space.leads, places.order, borrowed(query), shop,
        borrowed(rows.plans[0]), borrowed(rows.kept[0]), plan,
        tails, borrowed(largest), packed,
    ):  # fmt: skip
        return -1, 0
    count, available = _search(
        borrowed(words), borrowed(about), places, sums, borrowed(rates), packed, borrowed(rows.columns), space, out
    )
    fence()
    if load_word(shared, at.S_FIRST_NIGHT) > about[A_ARRIVAL]:  # the window rolled on: what was read may be others'
        return 0, 0
    return count, available
