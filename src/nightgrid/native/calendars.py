"""Price calendar: the cheapest sellable product of one hotel for every arrival date."""

from __future__ import annotations

from nightgrid.native import layout as at
from nightgrid.native.jit import kernel
from nightgrid.native.prices import stay_total
from nightgrid.native.stays import stay_code
from nightgrid.native.tables import NO_PRICE
from nightgrid.outcomes import Outcome

_OUTSIDE_HORIZON = int(Outcome.OUTSIDE_HORIZON)


@kernel
def hotel_calendar(
    store, tables, lane_row, lane_product, lanes, today, nights, rooms, tier, mask, out_total, out_lane, out_code
):
    """Cheapest price per arrival: out_total (night) int64 minor units (NO_PRICE = none), out_lane (night) int32,
    out_code (night) int16 [out].

    store: store table; tables: PriceTables; lane_row, lane_product (lane) int32; lanes (product) int32: lanes of the
    products to consider, in product order; today: night index of the hotel's civil date; tier: index [in]. out_code is
    OK, or the lowest code over the products. O(nights of the window x products x nights of the stay).
    """
    last = tables.lead_num.shape[1] - 1
    for arrival in range(store[at.H_NIGHTS]):
        out_total[arrival] = NO_PRICE
        out_lane[arrival] = -1
        out_code[arrival] = _OUTSIDE_HORIZON
        if arrival < today or arrival + nights > store[at.H_NIGHTS]:
            continue
        worst = 32767
        for lane in lanes:
            code, _ = stay_code(store, lane_row[lane], lane_product[lane], arrival, nights, rooms, arrival - today)
            if code != 0:
                worst = min(worst, code)
                continue
            stay = tables.set_stay[tables.lane_set[lane]]
            lead = tables.lead_num[stay, min(arrival - today, last)]
            los = tables.los_num[stay, nights]
            total = stay_total(
                tables.sums, lane, arrival, nights, mask, los, lead, tables.tier_num[stay, tier], tables.terms
            )
            if total < out_total[arrival]:
                out_total[arrival] = total
                out_lane[arrival] = lane
        out_code[arrival] = 0 if out_lane[arrival] >= 0 else worst
