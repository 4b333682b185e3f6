"""Hotels by a book with a full pipeline, without pricing most of the chain where the best few are asked for.

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
from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel, kernel
from nightgrid.native.prices.tables import NO_PRICE
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_blocks import borrowed_rows, row_plan
from nightgrid.native.program.row_loops import run_ops
from nightgrid.native.program.stay_price import Workshop
from nightgrid.native.search import rule_plans as packing
from nightgrid.native.search.minima import count_bits
from nightgrid.native.search.rule_bounds import bound_pairs
from nightgrid.native.search.rule_plans import pack_plans
from nightgrid.native.search.rule_rows import (
    A_ARRIVAL,
    A_BEGIN,
    A_BY_NIGHT,
    A_COUNT,
    A_FIELDS,
    A_FIND,
    A_HIGH,
    A_LOW,
    A_NIGHTS,
    FIND_BEST,
    FIND_TOTALS,
    begin_lanes,
    borrowed_places,
    borrowed_space,
    borrowed_sums,
    displayed,
    total_of,
    whole_vectors,
)
from nightgrid.native.search.select import insert_ranked, kth_smallest
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import borrowed, shared_of

#: Chunks that are priced for the first limit, at most, or until they have so many times the hotels asked for.
_FIRST_CHUNKS_MAX: Final = 64
_ENOUGH: Final = 8
_NO_LIMIT: Final = 2**63 - 1
#: Of a chunk: nothing of it was priced yet; all of it was, for the first limit; some of it was.
TOUCHED_NOT: Final = 0
TOUCHED_FIRST: Final = 1
TOUCHED_LATER: Final = 2


@bare_inlined_kernel
def _touch(space, chunk, how):
    """Before something of a chunk is priced: its hotels have no product yet."""
    space.chosen[chunk] = how
    for position in range(chunk * 64, chunk * 64 + 64):
        space.total[position], space.lane[position] = NO_PRICE, -1


@bare_inlined_kernel
def _offer(about, places, rates, space, lane, total):
    """Let a product be its hotel's cheapest, where it is and its price lies in the range asked for."""
    position = places.word_chunk[lane >> 6] * 64 + (lane & 63)
    known = space.total[position]
    if total > known or (total == known and lane >= space.lane[position]):
        return
    if about[A_LOW] > 0 or about[A_HIGH] < NO_PRICE - 1:
        display = displayed(total, rates, places.set_currency[places.lane_set[lane]])
        if not about[A_LOW] <= display <= about[A_HIGH]:
            return
    space.total[position], space.lane[position] = total, lane


@bare_called_kernel
def _end_rows(about, places, packed, number, count, rates, columns, space):
    """Exact totals of the lanes in a block, and what becomes of them."""
    line = packed.ends[number]
    run_ops(
        packed.ops, packed.numbers, 0, line[packing.E_FIRST], line[packing.E_LAST], columns, whole_vectors(count)
    )  # fmt: skip
    for i in range(count):
        total = np.int64(total_of(line, columns, i)) + line[packing.E_FLAT]
        if about[A_FIND] != FIND_TOTALS and not about[A_BY_NIGHT]:
            _offer(about, places, rates, space, space.rows[i], total)
        elif about[A_BEGIN] > 0:  # a night that is priced by itself, after others
            space.totals[space.rows[i]] += total
        else:
            space.totals[space.rows[i]] = total


@bare_called_kernel
def _offer_totals(words, about, places, rates, space):
    """The cheapest products of the hotels, of prices that are known."""
    for word in range(words.size):
        left = words[word]
        while left:
            lane = word * 64 + first_bit(left)
            left &= left - 1
            _offer(about, places, rates, space, lane, space.totals[lane])


@bare_called_kernel
def _price_pairs(words, sums, about, places, packed, limit, first, rates, columns, space):
    """Price what is left of the chosen chunks (first), or of all others where its bound is at most the limit."""
    end, count = np.int64(-1), np.int64(0)
    for place in range(places.order.size):
        number = places.order[place]
        line = packed.sets[number]
        if line[packing.P_WANTED] == 0:
            continue
        if line[packing.P_END] != end:
            if count > 0:
                _end_rows(about, places, packed, end, count, rates, columns, space)
            end, count = line[packing.P_END], np.int64(0)
        begin = count
        for pair in range(places.set_first[number], places.set_first[number + 1]):
            if space.bounds[pair] > limit:
                continue
            word = places.pair_word[pair]
            left, chunk = words[word] & places.pair_lanes[pair], places.word_chunk[word]
            if left == 0 or (space.chosen[chunk] == TOUCHED_FIRST) != first:
                continue
            if space.chosen[chunk] == TOUCHED_NOT:
                _touch(space, chunk, TOUCHED_LATER)
            while left:
                space.rows[count] = word * 64 + first_bit(left)
                left &= left - 1
                count += 1
                if count == row.BLOCK:
                    begin_lanes(sums, about, packed, number, begin, count, columns, space)
                    _end_rows(about, places, packed, end, count, rates, columns, space)
                    begin, count = np.int64(0), np.int64(0)
        if count > begin:
            begin_lanes(sums, about, packed, number, begin, count, columns, space)
    if count > 0:
        _end_rows(about, places, packed, end, count, rates, columns, space)


@bare_inlined_kernel
def _want_sets(words, places, calendar_today, arrival, packed, leads):
    """Which sets have a product left. What was to be booked before the booking day is not left."""
    for number in range(leads.size):
        leads[number] = arrival - calendar_today[places.set_calendar[number]]
        wanted = np.int64(0)
        for pair in range(places.set_first[number], places.set_first[number + 1]):
            word = places.pair_word[pair]
            if leads[number] < 0:
                words[word] &= ~places.pair_lanes[pair]
            wanted |= words[word] & places.pair_lanes[pair]
        packed.sets[number, packing.P_WANTED] = wanted != 0


@bare_inlined_kernel
def _choose_chunks(words, places, top, space):
    """Choose the chunks with the least bounds until they have enough hotels."""
    size = 0
    for _ in range(min(_FIRST_CHUNKS_MAX, 4 + top // 8)):
        least = -1
        for chunk in range(space.chunks.size):
            if space.chosen[chunk] == TOUCHED_NOT and (least < 0 or space.chunks[chunk] < space.chunks[least]):
                least = chunk
        if least < 0 or space.chunks[least] >= NO_PRICE:
            break
        _touch(space, least, TOUCHED_FIRST)
        left = np.int64(0)
        for word in range(places.chunk_first_word[least], places.chunk_first_word[least + 1]):
            left |= words[word]
        size += count_bits(left)
        if size >= _ENOUGH * top:
            break


@bare_inlined_kernel
def _count_hotels(words, places):
    """How many hotels have a product left."""
    hotels = np.int64(0)
    for chunk in range(places.chunk_first_word.size - 1):
        left = np.int64(0)
        for word in range(places.chunk_first_word[chunk], places.chunk_first_word[chunk + 1]):
            left |= words[word]
        hotels += count_bits(left)
    return hotels


@bare_inlined_kernel
def _bound_chunks(places, packed, space):
    """The least bound of each chunk, NO_PRICE where nothing is left."""
    space.chunks[:] = NO_PRICE
    for number in range(places.order.size):
        if packed.sets[number, packing.P_WANTED]:
            for pair in range(places.set_first[number], places.set_first[number + 1]):
                chunk = places.word_chunk[places.pair_word[pair]]
                space.chunks[chunk] = min(space.chunks[chunk], space.bounds[pair])


@bare_inlined_kernel
def _display_at(places, rates, space, position):
    """The display price of a hotel's cheapest product so far."""
    return displayed(space.total[position], rates, places.set_currency[places.lane_set[space.lane[position]]])


@bare_inlined_kernel
def _first_limit(places, rates, top, space):
    """The display price of the top-th cheapest hotel of the chosen chunks."""
    size = 0
    for chunk in range(space.chosen.size):
        if space.chosen[chunk] == TOUCHED_FIRST:
            for position in range(chunk * 64, chunk * 64 + 64):
                if space.lane[position] >= 0:
                    space.found[size] = _display_at(places, rates, space, position)
                    size += 1
    return kth_smallest(space.found, size, top) if size >= top else np.int64(_NO_LIMIT)


@bare_inlined_kernel
def _rank(places, rates, best, space, out):
    """The hotels found, the best few in order or all as they stand; returns how many."""
    count, top = np.int64(0), out.shape[1]
    for chunk in range(space.chosen.size):
        if space.chosen[chunk] == TOUCHED_NOT:
            continue
        for position in range(chunk * 64, chunk * 64 + 64):
            lane = space.lane[position]
            if lane < 0:
                continue
            display, total = _display_at(places, rates, space, position), space.total[position]
            hotel = np.int64(places.chunk_hotel[position])
            if best:
                count = insert_ranked(display, total, lane, hotel, count, top, out)
            else:
                out[0, count], out[1, count], out[2, count], out[3, count] = display, total, lane, hotel
                count += 1
    return count


@bare_called_kernel
def _search(words, about, places, sums, rates, columns, space, out):
    """Bounds, first limit, the rest under it, ranking: (hotels found, hotels available)."""
    packed, top = space.packed, out.shape[1]
    available = _count_hotels(words, places)
    best = about[A_FIND] == FIND_BEST
    if about[A_BY_NIGHT]:
        _offer_totals(words, about, places, rates, space)
        return _rank(places, rates, best, space, out), available
    limit = about[A_HIGH]
    if best or limit < NO_PRICE - 1:
        bound_pairs(words, sums, about, places, packed, rates, columns, space)
    else:
        space.bounds[:] = 0
    if best and available > top:
        _bound_chunks(places, packed, space)
        _choose_chunks(words, places, top, space)
        _price_pairs(words, sums, about, places, packed, np.int64(_NO_LIMIT), True, rates, columns, space)
        limit = min(limit, _first_limit(places, rates, top, space))
    _price_pairs(words, sums, about, places, packed, limit, False, rates, columns, space)
    return _rank(places, rates, best, space, out), available


@bare_called_kernel
def _price_nights(words, places, sums, terms, scales, query, night_largest, shop, rows, rates, space):
    """The plans of the stay; for FIND_TOTALS, and of nights that are priced by themselves, the prices of all products.
    False where one has no vector form.
    """
    packed, about, plan = space.packed, space.about, row_plan(rows, 0)
    space.chosen[:] = TOUCHED_NOT
    space.bounds[:] = 0
    for night in range(about[A_NIGHTS] if about[A_BY_NIGHT] else 1):
        query[do.Q_NIGHT] = night if about[A_BY_NIGHT] else -1
        about[A_BEGIN], about[A_COUNT] = night, 1 if about[A_BY_NIGHT] else about[A_NIGHTS]
        space.largest[:] = np.float64(night_largest) * about[A_COUNT]
        if not pack_plans(
            terms, scales, places.set_stage, space.leads, places.order, query, shop, rows.plans[0], rows.kept[0], plan,
            rows.tails, space.largest, packed,
        ):  # fmt: skip
            return False
        if about[A_FIND] == FIND_TOTALS or about[A_BY_NIGHT]:
            limit = np.int64(_NO_LIMIT)
            _price_pairs(words, sums, about, places, packed, limit, False, rates, rows.columns, space)
    return True


@kernel
def search_rules(
    store, words, calendar_today, rates, given, places, sums, terms, scales, query, night_largest, shop, rows, space,
    out,
):  # fmt: skip
    """Hotels for a stay by a full pipeline, exact: (how many were found, how many are available), or (-1, 0): the
    question has no vector form, every product has to be priced by itself.

    store: StoreTable; words (word) int64: products that can be sold; those without a price are cleared [inout];
    calendar_today (calendar), rates (currency, 2), given (A_FIELDS), all int64; places: Places; sums: Sums; terms,
    scales (plane) of the program; query (Q_FIELDS) int64: who asks; night_largest: bound of all nights x scale [in];
    shop: Workshop, rows: RowShop, space: Space, scratch; out (4, top) int64 [out]: display total, total, lane, hotel:
    for FIND_BEST ranked by (display total, hotel), for FIND_HOTELS, with room for all hotels, as they stand. For
    FIND_TOTALS the prices come to `space.totals`, those of lanes that are not left are unwritten. Nights that are
    priced by themselves are FIND_TOTALS alone. O(rule sets x rules + words x their sets), and O(lanes) where prices do
    not differ.
    """
    places, sums, space, rows = borrowed_places(places), borrowed_sums(sums), borrowed_space(space), borrowed_rows(rows)
    shop = Workshop(
        borrowed(shop.plan), borrowed(shop.scratch), borrowed(shop.sets), borrowed(shop.registers),
        borrowed(shop.weights),
    )  # fmt: skip
    words, about = borrowed(words), space.about
    about[:A_FIELDS] = given
    _want_sets(words, places, borrowed(calendar_today), about[A_ARRIVAL], space.packed, space.leads)
    if not _price_nights(
        words, places, sums, borrowed(terms), borrowed(scales), borrowed(query), night_largest, shop, rows,
        borrowed(rates), space,
    ):  # fmt: skip
        return -1, 0
    count = available = np.int64(0)
    if about[A_FIND] != FIND_TOTALS:
        count, available = _search(
            words, about, places, sums, borrowed(rates), rows.columns, space, borrowed(out)
        )  # fmt: skip
    fence()
    if load_word(shared_of(store), at.S_FIRST_NIGHT) > about[A_ARRIVAL]:  # the window rolled on: these are others'
        words[:] = 0
        return 0, 0
    return count, available
