"""Price calendar: the cheapest sellable product of one hotel for every arrival date."""

from __future__ import annotations

from nightgrid.native.base.jit import kernel
from nightgrid.native.prices.prices import stay_total
from nightgrid.native.prices.tables import NO_PRICE
from nightgrid.native.search.offers import sale_code
from nightgrid.native.store import layout as at
from nightgrid.outcomes import Outcome

_OUTSIDE_HORIZON = int(Outcome.OUTSIDE_HORIZON)
_TOO_MANY_GUESTS = int(Outcome.TOO_MANY_GUESTS)


@kernel
def hotel_calendar(store, tables, lane_map, lanes, window, asked, mask, now_ms, totals, out_total, out_lane, out_code):
    """Cheapest price per arrival: out_total (night) int64 minor units (NO_PRICE = none), out_lane (night) int32,
    out_code (night) int16 [out].

    store: store table; tables: PriceTables; lane_map: LaneMap; lanes (product) int32: lanes of the products to
    consider, in product order; window: ordinal of its first night, that night's index among the priced nights, how many
    these are, ordinal of the hotel's today; totals (night, product) int64: prices of books that are no products of
    factors, -1 none, else empty; asked: nights, rooms, tier index of the book, scope (`requests.scope_word`), how many
    times a total is the value of the stay [in].
    out_code is OK, or the lowest code over the products. O(nights of the window x products x nights of the stay).
    """
    first_night, first_priced, priced_nights, today = window
    nights, rooms, tier, scope, times = asked
    last = tables.lead_num.shape[1] - 1
    for position in range(store[at.H_NIGHTS]):
        arrival = first_night + position
        priced = first_priced + position
        out_total[position] = NO_PRICE
        out_lane[position] = -1
        out_code[position] = _OUTSIDE_HORIZON
        if arrival < today or position + nights > store[at.H_NIGHTS] or priced + nights > priced_nights:
            continue
        worst = 32767
        for place in range(lanes.size):
            lane = lanes[place]
            if totals.size > 0:
                total = totals[position, place]
                if total < 0:
                    worst = min(worst, _TOO_MANY_GUESTS)
                    continue
            else:
                stay = tables.set_stay[tables.lane_set[lane]]
                lead = tables.lead_num[stay, min(arrival - today, last)]
                los = tables.los_num[stay, nights]
                tier_num = tables.tier_num[stay, tier]
                total = stay_total(tables.sums, lane, priced, nights, mask, los, lead, tier_num, tables.terms)
            row = lane_map.lane_row[lane]
            product = lane_map.lane_product[lane]
            code, _ = sale_code(store, row, product, arrival, nights, rooms, scope, total * times, now_ms)
            if code != 0:
                worst = min(worst, code)
            elif total < out_total[position]:
                out_total[position] = total
                out_lane[position] = lane
        out_code[position] = 0 if out_lane[position] >= 0 else worst
