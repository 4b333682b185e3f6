"""One cell of the prices that follow house fill: a night of a hotel, priced with the one definition of a night
(`night_cells.py`) and written into the sheets that have it (`live_block.py`).
"""

from __future__ import annotations

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.atomics import add_word, load_word, prefetch_item, prefetch_reading, store_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.program import live_block as lv
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import OK, full_payers, night_cell

_SHORT_MASK = 0xFFFFFFFF
#: Sums of so many lanes at most are asked for ahead.
_ASKED = 16
#: What most nights are made from.
_COLUMNS = (on.DERIVED_SET, on.BASE_ROW, on.BASE, on.SEASON_SET, on.DEMAND_RULE, on.FIXED_ROW, on.BOUNDS_SET)


@kernel
def _new_amounts(live, lead, place, fill_bp, lanes, products, cells):
    """The amounts of a night for some lanes and their products: cells (plane, lane) int64 [out]; False where one is too
    large.
    """
    desk, terms, query = lv.desk_of_nights(live), lv.terms_of_program(live), lv.party_of(live)
    cell, scratch = lv.room_of(live, lv.ROOM_CELL, on.PLANES_MAX), lv.room_of(live, lv.ROOM_SCRATCH, on.NIGHT_SCRATCH)
    planes = live[lv.V_PLANES]
    for number in range(lanes.size):
        product = products[number]
        guests = full_payers(desk, terms, product, place, query, scratch)
        code = night_cell(desk, product, place, guests, min(lead, LEAD_DAYS_MAX), fill_bp, scratch, cell)
        for plane in range(planes):
            value = cell[plane] if code == OK else np.int64(0)
            if value > live[lv.V_LIMIT]:
                return False
            cells[plane, number] = value
        if code != OK and code != -2:
            return False
    return True


@inlined_kernel
def _side(inside):
    """(begin, end, sign) of the running sums of a segment that shift where a night of it changes: its shorter side."""
    back = inside < lv.SEGMENT_NIGHTS // 2
    return (0, inside + 1, np.int64(-1)) if back else (inside + 1, lv.SEGMENT_ROWS, np.int64(1))


@kernel
def _shift(sums, mask, row, inside, lanes, amounts):
    """Change one night of some lanes by amounts (lane) int64 in the segment that begins in a row."""
    begin, end, sign = _side(inside)
    for at_row in range(row + begin, row + end):
        for number in range(lanes.size):
            lane = lanes[number]
            sums[at_row, lane] = (np.int64(sums[at_row, lane]) + sign * amounts[number]) & mask


@kernel
def _ask(sums, row, inside, lanes):
    """Ask for the sums that a change of a night of some lanes shifts: they lie far apart, and none need wait."""
    size = sums.shape[1]
    begin, end, _ = _side(inside)
    for at_row in range(row + begin, row + end):
        for number in range(lanes.size):
            prefetch_item(sums, at_row * size + lanes[number])


@kernel
def _ask_products(live, products):
    """Ask for what the nights of a hotel's products are made from; they stand side by side in the catalogue."""
    desk = lv.desk_of_nights(live)
    for line in _COLUMNS:
        column = on.column(desk, line)
        prefetch_reading(column, products[0])
        prefetch_reading(column, products[products.size - 1])


@kernel
def _least(sums, products, mask, word, row):
    """The cheapest night of a word's products, between a row of sums and the next."""
    least = np.int64(mask & 0x7FFFFFFFFFFFFFFF)
    for lane in range(word * 64, word * 64 + 64):
        if products[lane] >= 0:
            least = min(least, (np.int64(sums[row + 1, lane]) - np.int64(sums[row, lane])) & mask)
    return least


@kernel
def _differences(sums, mask, row, lanes, amounts):
    """What amounts (lane) int64 are more than the night after a row of sums [inout]; whether any differs."""
    differ = False
    for number in range(lanes.size):
        lane = lanes[number]
        amounts[number] -= (np.int64(sums[row + 1, lane]) - np.int64(sums[row, lane])) & mask
        differ |= amounts[number] != 0
    return differ


@kernel
def _likely_least(sums, word_sums, mask, row, lanes, cells, amounts, least):
    """The cheapest night of each lane's word after the lane changes by amounts (lane) int64: least (lane) int64 [out],
    -1 where the lane was the cheapest and goes up, so that only all lanes of the word can tell.
    """
    for number in range(lanes.size):
        word = lanes[number] >> 6
        low = (np.int64(word_sums[row + 1, word]) - np.int64(word_sums[row, word])) & mask
        new = cells[0, number]
        if new <= low:
            low = new
        elif amounts[number] > 0 and new - amounts[number] <= low:
            low = np.int64(-1)
        least[number] = low


@kernel
def _bound(sums, word_sums, mask, products, row, inside, lanes, least, words):
    """Let the bounds of the lanes' words follow; least as from `_likely_least`, words (lane) int64 is room."""
    for number in range(lanes.size):
        words[number] = lanes[number] >> 6
        if least[number] < 0:
            least[number] = _least(sums, products, mask, words[number], row + inside)
    if _differences(word_sums, mask, row + inside, words, least):
        _shift(word_sums, mask, row, inside, words, least)


@kernel
def _write(live, sums, word_sums, mask, row, inside, lanes, cells):
    """Write the amounts of a night of some lanes into the segment that begins in a row; the bounds of words follow."""
    amounts = lv.room_of(live, lv.ROOM_AMOUNTS, lanes.size)
    least = lv.room_of(live, lv.ROOM_LEAST, lanes.size)
    for plane in range(cells.shape[0]):
        top = row + plane * live[lv.V_SEGMENTS] * lv.SEGMENT_ROWS
        for number in range(lanes.size):
            amounts[number] = cells[plane, number]
        if _differences(sums, mask, top + inside, lanes, amounts):
            if plane == 0:
                _likely_least(sums, word_sums, mask, row + inside, lanes, cells, amounts, least)
            _shift(sums, mask, top, inside, lanes, amounts)
            if plane == 0:
                _bound(sums, word_sums, mask, lv.lane_product_of(live), row, inside, lanes, least, amounts)


@kernel
def _write_segment(live, variant, segment, place, lanes, cells):
    """Write the amounts of a night of some lanes into a segment of a variant."""
    length, size = live[lv.V_SEGMENTS] * lv.SEGMENT_ROWS, live[lv.V_LANES]
    rows, row, inside = live[lv.V_PLANES] * length, segment * lv.SEGMENT_ROWS, place - segment * lv.SEGMENT_STEP
    if live[lv.V_SHORT]:
        table = lv.short_sums(variant[lv.X_SUMS], rows, size)
        bounds = lv.short_sums(variant[lv.X_WORD_SUMS], length, size >> 6)
        _write(live, table, bounds, _SHORT_MASK, row, inside, lanes, cells)
    else:
        wide = lv.long_sums(variant[lv.X_SUMS], rows, size)
        limits = lv.long_sums(variant[lv.X_WORD_SUMS], length, size >> 6)
        _write(live, wide, limits, np.int64(-1), row, inside, lanes, cells)


@kernel
def _ask_segment(live, variant, segment, place, lanes):
    """Ask for what `_write_segment` shifts."""
    rows, size = live[lv.V_PLANES] * live[lv.V_SEGMENTS] * lv.SEGMENT_ROWS, live[lv.V_LANES]
    row, inside = segment * lv.SEGMENT_ROWS, place - segment * lv.SEGMENT_STEP
    if live[lv.V_SHORT]:
        _ask(lv.short_sums(variant[lv.X_SUMS], rows, size), row, inside, lanes)
    else:
        _ask(lv.long_sums(variant[lv.X_SUMS], rows, size), row, inside, lanes)


@kernel
def reprice(live, band, segment, also, hotel, place, fill_bp):
    """Price a night of all products of a hotel anew in a segment of a variant that has it, and in another one where
    `also` is not -1; the price lock is held.
    """
    if load_word(live, lv.V_CHANGES) & 1 == 0:
        add_word(live, lv.V_CHANGES, 1)  # from here on cells are written
    store_word(lv.stamps_of(live), hotel, load_word(live, lv.V_CHANGES))
    variant = lv.variant_of(live)[band]
    first, of_hotel, cells = lv.hotel_first_of(live), lv.hotel_lane_of(live), lv.room_of_cells(live)
    for begin in range(first[hotel], first[hotel + 1], lv.LANES_AT_ONCE):
        count = min(first[hotel + 1] - begin, lv.LANES_AT_ONCE)
        lanes, products = lv.room_of(live, lv.ROOM_LANES, count), lv.room_of(live, lv.ROOM_PRODUCTS, count)
        for number in range(count):
            lanes[number], products[number] = of_hotel[begin + number, 0], of_hotel[begin + number, 1]
        _ask_products(live, products)
        if count <= _ASKED:  # while nights are worked out, their sums come from memory
            _ask_segment(live, variant, segment, place, lanes)
            if also >= 0:
                _ask_segment(live, variant, also, place, lanes)
        if not _new_amounts(live, variant[lv.X_LEAD], place, fill_bp, lanes, products, cells):
            store_word(live, lv.V_STATE, lv.STATE_TOO_LARGE)
            return
        _write_segment(live, variant, segment, place, lanes, cells)
        if also >= 0:
            _write_segment(live, variant, also, place, lanes, cells)
