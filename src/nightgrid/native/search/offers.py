"""What the bit maps cannot say: several rooms, long stays, products under selling controls. Lane by lane, exactly."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native.base.atomics import fence, load_word
from nightgrid.native.base.hints import first_bit
from nightgrid.native.base.jit import kernel
from nightgrid.native.holds.admit import admission, column_of_stay, no_lines
from nightgrid.native.prices.prices import stay_total
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import cells_of, column_of, controlled_of, next_column, row_hotel_of, shared_of


@kernel
def sale_code(store, row, product, arrival, nights, rooms, scope, value, now_ms):
    """Whether a hold for a stay inside the horizon would be granted now: (code, night). Nothing is locked or changed.

    scope: `requests.scope_word` of tier and channel; value: of the stay for all rooms, minor units.
    """
    row = np.int64(row)
    request = (row, np.int64(product), arrival, nights, rooms, 1, 0, 0, 0, 0, scope, value, 0, 0, 0, 0, 0, 0, 0)
    column, hotel = column_of_stay(store, request), np.int64(row_hotel_of(store)[row])
    return admission(store, request, column, no_lines(store), 0, hotel, True, now_ms)


@kernel
def _drop_small(store, lanes, stay, out_words):
    """Clear products without so many rooms on each night. Of those under no control the bit maps decide the rest."""
    arrival, _, nights, rooms, _, _ = stay
    cells, controlled = cells_of(store), controlled_of(store)
    first = column_of(store, shared_of(store), arrival)
    for word in range(store[at.H_WORDS]):
        left = out_words[word] & ~controlled[word]
        gone = np.int64(0)
        while left:
            bit = first_bit(left)
            left &= left - 1
            row, column, least = np.int64(lanes.lane_row[word * 64 + bit]), first, rooms
            for _ in range(nights):
                least = min(least, np.int64(cells[row, column, at.C_FREE]))
                column = next_column(store, column)
            gone |= np.int64(least < rooms) << bit
        out_words[word] &= ~gone


@kernel
def _drop_left(store, tables, factors, lanes, stay, mask, everything, now_ms, totals, out_words):
    """Check the products that are left one by one: all, or those under selling controls."""
    arrival, priced, nights, rooms, scope, times = stay
    for word in range(store[at.H_WORDS]):
        left = out_words[word] if everything else out_words[word] & controlled_of(store)[word]
        if left == 0:
            continue
        for bit in range(64):
            if left >> bit & 1:
                lane = word * 64 + bit
                group = tables.lane_set[lane]
                value = np.int64(0)
                if totals.size > 0:
                    value = times * max(totals[lane], 0)
                elif factors.lead[group] >= 0:
                    value = times * stay_total(
                        tables.sums,
                        lane,
                        priced,
                        nights,
                        mask,
                        factors.los[group],
                        factors.lead[group],
                        factors.tier[group],
                        tables.terms,
                    )
                row = lanes.lane_row[lane]
                product = lanes.lane_product[lane]
                if sale_code(store, row, product, arrival, nights, rooms, scope, value, now_ms)[0] != 0:
                    out_words[word] &= ~(1 << bit)


@kernel
def drop_refused(store, tables, factors, lanes, stay, mask, everything, now_ms, totals, out_words):
    """Check products that are left as a hold would be checked: those under selling controls, of long stays all; for
    several rooms (`everything`) also that there are so many. The last look at the store: nothing is left of nights that
    have left the window meanwhile.

    tables: PriceTables; factors: QueryFactors; lanes: LaneMap; stay: (arrival ordinal, night index in the tables,
    nights, rooms, scope, how many times a total is the value of the stay); totals (lane) int64: prices of books that
    are no products of factors, else empty [in];
    out_words (word) int64 [inout]. O(products to check x nights).
    """
    shared = shared_of(store)
    is_long = everything and stay[2] >= PLANE_VALUE_MAX
    if everything and not is_long:
        _drop_small(store, lanes, stay, out_words)
    if is_long or shared[at.S_CONTROLS] != 0:
        _drop_left(store, tables, factors, lanes, stay, mask, is_long, now_ms, totals, out_words)
    fence()
    if load_word(shared, at.S_FIRST_NIGHT) > stay[0]:  # the window rolled on: what was read may be other nights'
        for word in range(store[at.H_WORDS]):
            out_words[word] = 0
