"""Many quotes in one call: the price of each line by `prices.stay_total`, without Python between."""

from __future__ import annotations

from nightgrid.native.base.jit import kernel
from nightgrid.native.prices.prices import stay_total
from nightgrid.native.prices.tables import borrowed_tables
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_INVALID = int(Outcome.INVALID)
_OUTSIDE_HORIZON = int(Outcome.OUTSIDE_HORIZON)


@kernel
def quote_batch(tables, lanes, arrivals, nights, tiers, lead_days, mask, out_total, out_code):
    """Price every line for one room: out_total (line) int64 minor units (-1 = none), out_code (line) int16 Outcome
    [out].

    tables: PriceTables; lanes, tiers (line) int64 indexes in range; arrivals (line) int64 window indexes; nights,
    lead_days (line) int64 [in]. INVALID for a stay without nights or longer than the tables know, OUTSIDE_HORIZON
    beyond the window or for a negative lead. O(lines).
    """
    tables = borrowed_tables(tables)
    window = tables.sums.shape[0] - 1
    lead_last = tables.lead_num.shape[1] - 1
    nights_last = tables.los_num.shape[1] - 1
    for i in range(lanes.size):
        out_total[i] = -1
        if nights[i] < 1 or nights[i] > nights_last:
            out_code[i] = _INVALID
        elif arrivals[i] < 0 or arrivals[i] + nights[i] > window or lead_days[i] < 0:
            out_code[i] = _OUTSIDE_HORIZON
        else:
            stay = tables.set_stay[tables.lane_set[lanes[i]]]
            los = tables.los_num[stay, nights[i]]
            lead = tables.lead_num[stay, min(lead_days[i], lead_last)]
            tier = tables.tier_num[stay, tiers[i]]
            out_total[i] = stay_total(
                tables.sums, lanes[i], arrivals[i], nights[i], mask, los, lead, tier, tables.terms
            )
            out_code[i] = _OK
