"""Nightly prices of a whole window from their cells, as running sums in the order of the lanes."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.jit import kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import OK, TOO_MANY_GUESTS, full_payers, night_cell

#: Stands in the running sums for a night that has no price for the party: the stay is refused where it counts.
NO_NIGHT = 0


@kernel
def fold_cells(desk, terms, query, lane_product, leads, lead_step, fill, fill_row, mask, part, out_sums, out_bad):
    """Fold every night of a part of the lanes: (largest value met in any plane, code, product, night).

    desk: `night_desk`; terms: of the program; query (Q_FIELDS) int64: the party; lane_product (lane) int32, -1 padding;
    leads (lane) int64: lead days of the first night, and lead_step more each night; fill (row, night) int16 basis
    points, of the lanes' rows fill_row (lane) int64; part: the first of the lanes, and the one after the last, while
    threads may fold other parts [in]; out_sums (plane, night + 1, lane) uint32 or int64: running sums of values x
    scale; out_bad (lane) int64: the first night that has no price for so many guests, else the number
    of nights [out]. code: OK, or TOO_LARGE with the product and night where it was met. O(nights x lanes x stages).
    """
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    cell = np.empty(on.PLANES_MAX, np.int64)
    planes = out_sums.shape[0]
    nights = out_sums.shape[1] - 1
    largest = np.int64(0)
    begin, end = part
    for lane in range(begin, end):
        out_bad[lane] = nights
        for plane in range(planes):
            out_sums[plane, 0, lane] = 0
    for night in range(nights):
        for lane in range(begin, end):
            product = lane_product[lane]
            for plane in range(planes):
                cell[plane] = 0
            if product >= 0:
                lead = min(max(leads[lane] + lead_step * night, 0), LEAD_DAYS_MAX)
                full = np.int64(fill[fill_row[lane], night])
                guests = full_payers(desk, terms, product, night, query, scratch)
                code = night_cell(desk, product, night, guests, lead, full, scratch, cell)
                if code == TOO_MANY_GUESTS:
                    out_bad[lane] = min(out_bad[lane], night)
                    for plane in range(planes):
                        cell[plane] = NO_NIGHT
                elif code != OK:
                    return largest, code, np.int64(product), np.int64(night)
            for plane in range(planes):
                largest = max(largest, cell[plane])
                out_sums[plane, night + 1, lane] = (np.int64(out_sums[plane, night, lane]) + cell[plane]) & mask
    return largest, OK, np.int64(-1), np.int64(-1)


@kernel
def price_cells(desk, terms, query, cells, out):
    """Price single nights: out (cell, plane) int64, amounts x scale of the plane, -1 where there is none for the party
    or one is too large [out].

    desk, terms, query: as `fold_cells`; cells (cell, 4) int64: product, night, lead days as demand counts them, house
    fill in basis points [in]. O(cells x stages).
    """
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    cell = np.empty(on.PLANES_MAX, np.int64)
    for number in range(cells.shape[0]):
        product, night = cells[number, 0], cells[number, 1]
        guests = full_payers(desk, terms, product, night, query, scratch)
        lead = min(max(cells[number, 2], 0), LEAD_DAYS_MAX)
        code = night_cell(desk, product, night, guests, lead, cells[number, 3], scratch, cell)
        for plane in range(out.shape[1]):
            out[number, plane] = cell[plane] if code == OK else np.int64(-1)
