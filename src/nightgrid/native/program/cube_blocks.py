"""Prices of many rows by full pipelines: plans written once for all arrivals that they serve, worked out over blocks of
rows; what has no vector form goes row by row through the definition (`stay_price`).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.base.jit import bare_called_kernel, called_kernel, kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.planned import is_by_itself, write_plan, write_plan_again
from nightgrid.native.program.registers import WEIGHTS
from nightgrid.native.program.row_arrivals import WEEKDAYS, mark_arrivals
from nightgrid.native.program.row_blocks import (
    A_ADDED,
    A_ALL,
    A_ARRIVAL,
    A_BY_NIGHT,
    A_FIELDS,
    A_LARGEST,
    A_MASK,
    A_NIGHT,
    A_ORIGIN,
    G_FIRST,
    G_ROWS,
    G_SILENT,
    G_STAGE,
    G_TODAY,
    borrowed_rows,
    place,
    price_vector,
    row_plan,
)
from nightgrid.native.program.row_program import compile_rows
from nightgrid.native.program.stay_price import borrowed_shop, price_by_night, work_out
from nightgrid.native.store.views import address_of, as_pointer, borrowed

#: What came of it: rows in vector form, rows one by one, the highest code that is no price and its row, and whether a
#: total could be larger than a price can be.
W_VECTOR: Final = 0
W_SINGLE: Final = 1
W_CODE: Final = 2
W_ROW: Final = 3
W_LARGE: Final = 4
W_FIELDS: Final = 5

NOT_ON_SALE: Final = -1
TOO_LARGE: Final = -2  # its fractions need longer numbers


@bare_called_kernel
def _largest_sums(sums, about, group, begin, end, nights, out):
    """out (plane) float64: bounds of the stays' sums of nights of a group's rows, for arrivals begin..end - 1."""
    for plane in range(sums.shape[0]):
        largest = np.int64(0)
        for night in range(begin, end + nights - 1):
            low, high = sums[plane, night], sums[plane, night + 1]
            for i in range(group[G_FIRST], group[G_FIRST] + group[G_ROWS]):
                largest = max(largest, (np.int64(high[i]) - np.int64(low[i])) & about[A_MASK])
        out[plane] = np.float64(largest) * nights


@called_kernel
def _price_single(sums, about, group, terms, scales, query, code, shop, begin, end, chosen, places,
                  out, stay, column, offers, ways):  # fmt: skip
    """The same for one tier, row by row: the plan that stands in the workshop."""
    nights = query[do.Q_NIGHTS]
    answer = np.empty(do.A_FIELDS, np.int64)
    values = np.empty((scales.size, nights), np.int64)
    each = np.empty(nights, np.int64)
    weights = carray(as_pointer(address_of(shop.weights)), (WEIGHTS, nights, 2), np.int64)
    for arrival in range(begin, end):
        if chosen[(about[A_ORIGIN] + arrival + 6) % WEEKDAYS] == 0:
            continue
        query[do.Q_ARRIVAL] = about[A_ORIGIN] + arrival
        query[do.Q_LEAD] = query[do.Q_ARRIVAL] - group[G_TODAY]
        for i in range(group[G_FIRST], group[G_FIRST] + group[G_ROWS]):
            for plane in range(scales.size):
                for night in range(nights):
                    low, high = sums[plane, arrival + night, i], sums[plane, arrival + night + 1, i]
                    values[plane, night] = (np.int64(high) - np.int64(low)) & about[A_MASK]
            if about[A_BY_NIGHT]:
                price_by_night(terms, group[G_STAGE], query, values, scales, shop, answer, each)
            else:
                work_out(shop.plan, shop.registers, values, scales, weights, answer)
                answer[do.A_CODE] = max(answer[do.A_CODE], code)
            if answer[do.A_CODE] > ways[W_CODE]:
                ways[W_CODE] = answer[do.A_CODE]
                ways[W_ROW] = i
            total = answer[do.A_NET] + answer[do.A_TAXES]
            if answer[do.A_CODE] == do.TOO_LARGE_CODE:
                total = np.int64(TOO_LARGE)
            out[arrival - about[A_ARRIVAL], stay, column, place(places, i)] = total
            if offers.size > 0:
                offers[arrival - about[A_ARRIVAL], stay, column, place(places, i)] = answer[do.A_OFFERS]


@bare_called_kernel
def _compile_tiers(about, group, terms, scales, query, tiers, shop, rows, largest, told):
    """Compile the plans of all tiers, as far as they have a vector form; returns how many have."""
    nights = 1 if about[A_BY_NIGHT] else query[do.Q_NIGHTS]
    for tier in range(tiers.shape[0]):
        query[do.Q_TIER] = tiers[tier, 0]
        at = (5 * query[do.Q_ARRIVAL] + tier + query[do.Q_NIGHTS] + query[do.Q_NIGHT]) & (row.PLANS - 1)
        plan = rows.plans[at]
        code = write_plan_again(terms, group[G_STAGE], query, shop.scratch, shop.sets, plan, rows.kept[at])
        if code != 0 or (about[A_BY_NIGHT] and not is_by_itself(plan)):
            return tier
        if not compile_rows(plan, scales, largest, nights, told, row_plan(rows, tier), rows.tails):
            return tier
    return tiers.shape[0]


@bare_called_kernel
def _price_nights(
    sums, about, group, terms, scales, query, tiers, shop, rows, largest, begin, end, chosen, places, stay, out, offers
):
    """Policy `night`: each night is a stay of its own, priced after the others and added to them. Returns whether that
    could be done; what was written is of no use otherwise.
    """
    done = True
    for night in range(query[do.Q_NIGHTS]):
        query[do.Q_NIGHT] = night
        about[A_NIGHT], about[A_ADDED] = night, night > 0
        count = _compile_tiers(about, group, terms, scales, query, tiers, shop, rows, largest, offers.size > 0)
        done = count == tiers.shape[0]
        if not done:
            break
        price_vector(sums, about, group, rows, 1, tiers, begin, end, chosen, places, stay, out, offers)
    query[do.Q_NIGHT] = -1
    about[A_NIGHT], about[A_ADDED] = 0, 0
    return done


@bare_called_kernel
def _price_arrivals(
    sums, about, group, terms, scales, query, tiers, shop, rows, largest, begin, end, chosen, places, stay, out, offers,
    ways,
):  # fmt: skip
    """The arrivals of begin..end - 1 on chosen weekdays, which share the plans of all tiers."""
    days = np.int64(0)
    first = np.int64(-1)
    for arrival in range(begin, end):
        if chosen[(about[A_ORIGIN] + arrival + 6) % WEEKDAYS]:
            days += 1
            first = arrival if first < 0 else first
    query[do.Q_ARRIVAL] = about[A_ORIGIN] + first
    query[do.Q_LEAD] = query[do.Q_ARRIVAL] - group[G_TODAY]
    count = days * group[G_ROWS]
    if about[A_BY_NIGHT]:
        vector = 0
        if _price_nights(sums, about, group, terms, scales, query, tiers, shop, rows, largest, begin, end, chosen,
                         places, stay, out, offers):  # fmt: skip
            ways[W_VECTOR] += count * tiers.shape[0]
            ways[W_LARGE] = 1
            return
    else:
        vector = _compile_tiers(about, group, terms, scales, query, tiers, shop, rows, largest, offers.size > 0)
    if vector < tiers.shape[0] and about[A_LARGEST] > 0 and not about[A_BY_NIGHT]:
        # The nights of these rows alone may be small enough.
        _largest_sums(sums, about, group, begin, end, query[do.Q_NIGHTS], largest)
        vector = _compile_tiers(about, group, terms, scales, query, tiers, shop, rows, largest, offers.size > 0)
        largest[:] = np.float64(about[A_LARGEST]) * query[do.Q_NIGHTS]
    if vector == tiers.shape[0]:
        price_vector(sums, about, group, rows, query[do.Q_NIGHTS], tiers, begin, end, chosen, places, stay, out,
                      offers)  # fmt: skip
        for tier in range(tiers.shape[0]):
            ways[W_LARGE] |= rows.head[tier, row.H_LARGE]
        ways[W_VECTOR] += count * tiers.shape[0]
        return
    for tier in range(tiers.shape[0]):
        query[do.Q_TIER] = tiers[tier, 0]
        query[do.Q_ARRIVAL] = about[A_ORIGIN] + first
        query[do.Q_LEAD] = query[do.Q_ARRIVAL] - group[G_TODAY]
        code = np.int64(0)
        if not about[A_BY_NIGHT]:
            code = write_plan(terms, group[G_STAGE], query, shop.scratch, shop.sets, shop.plan)
        _price_single(sums, about, group, terms, scales, query, code, shop, begin, end, chosen, places,
                      out, stay, tiers[tier, 1], offers, ways)  # fmt: skip
    ways[W_SINGLE] += count * tiers.shape[0]
    ways[W_LARGE] = 1


@bare_called_kernel
def _not_on_sale(group, places, stay, tiers, out, begin, end):
    """No price for some arrivals of a group."""
    for arrival in range(begin, end):
        for tier in range(tiers.shape[0]):
            for i in range(group[G_FIRST], group[G_FIRST] + group[G_ROWS]):
                out[arrival, stay, tiers[tier, 1], place(places, i)] = NOT_ON_SALE


@called_kernel
def _price_groups(terms, scales, given, sums, groups, query, stays, tiers, places, shop, rows, out, out_offers, ways):
    """`price_groups` with arrays whose references are not counted: there are many small steps."""
    about = np.zeros(A_ALL, np.int64)
    about[:A_FIELDS] = given
    rows.kept[:, 0] = -1
    arrivals = out.shape[0]
    origin, start = about[A_ORIGIN], about[A_ARRIVAL]
    changes = np.empty(arrivals, np.uint8)
    weekdays = np.empty(2 * WEEKDAYS, np.int64)
    chosen = np.empty(WEEKDAYS, np.uint8)
    largest = np.empty(scales.size, np.float64)
    for number in range(groups.shape[0]):
        group = groups[number]
        for stay in range(stays.size):
            nights = min(stays[stay], STAY_NIGHTS_MAX)
            query[do.Q_NIGHTS] = nights
            query[do.Q_SILENT] = group[G_SILENT]
            begin = min(max(group[G_TODAY] - origin, start), start + arrivals)
            end = max(min(sums.shape[1] - nights, start + arrivals), begin)
            _not_on_sale(group, places, stay, tiers, out, 0, begin - start)
            _not_on_sale(group, places, stay, tiers, out, end - start, arrivals)
            if group[G_STAGE] < 0:
                _not_on_sale(group, places, stay, tiers, out, begin - start, end - start)
            if begin == end or group[G_STAGE] < 0:
                continue
            if about[A_LARGEST] > 0:
                largest[:] = np.float64(about[A_LARGEST]) * nights
            else:
                _largest_sums(sums, about, group, begin, end, nights, largest)
            mark_arrivals(
                terms, group[G_STAGE], query, group[G_TODAY], origin + begin, changes[: end - begin], weekdays
            )
            first = begin
            while first < end:
                last = first + 1
                while last < end and changes[last - begin] == 0:
                    last += 1
                for day in range(min(last - first, WEEKDAYS)):
                    kind = weekdays[(origin + first + day + 6) % WEEKDAYS]
                    seen = False
                    for before in range(day):
                        seen = seen or weekdays[(origin + first + before + 6) % WEEKDAYS] == kind
                    if seen:
                        continue
                    for weekday in range(WEEKDAYS):
                        chosen[weekday] = weekdays[weekday] == kind
                    _price_arrivals(
                        sums, about, group, terms, scales, query, tiers, shop, rows, largest, first, last, chosen,
                        places, stay, out, out_offers, ways,
                    )  # fmt: skip
                first = last


@kernel
def price_groups(
    terms, scales, about, sums, groups, query, stays, tiers, places, shop, rows, out, out_offers, ways
):  # fmt: skip
    """Prices of the rows of some groups: out (arrival, stay, tier, place) int64 minor units [out], NOT_ON_SALE
    before the booking day and beyond the window, TOO_LARGE where W_CODE says so.

    terms, scales (plane) of the program; about (A_FIELDS) int64; sums (plane, night + 1, row) int64: running
    sums of nights x scale, every night with a price; groups (group, G_FIELDS), query (Q_FIELDS): who asks, stays
    (stay), tiers (tier, 2): index and column of `out`, places (row): where a row stands in `out`, size 0 = rows as they
    are, all int64 [in]; shop: Workshop; rows: RowShop; out_offers as out, int64: bits of the promotions applied, local
    to the rule set; size 0 = not wanted [out]; ways (W_FIELDS) int64: what is added to [inout]. O(rows x arrivals x
    stays x tiers x steps).
    """
    _price_groups(
        borrowed(terms), borrowed(scales), borrowed(about), borrowed(sums), borrowed(groups), borrowed(query),
        borrowed(stays), borrowed(tiers), borrowed(places),
        borrowed_shop(shop), borrowed_rows(rows),
        borrowed(out), borrowed(out_offers), borrowed(ways),
    )  # fmt: skip
