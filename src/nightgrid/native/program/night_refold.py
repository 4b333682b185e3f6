"""Nightly prices of a version made from those of another: only nights that a changed rule reaches are priced."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.jit import kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import OK, full_payers, night_cell


@kernel
def refold_cells(desk, terms, query, lane_product, lead, fill, fill_row, mask, reached, span, part, old, out):
    """Some rows of running sums of a part of the lanes from another version's: (largest value that was priced, code).

    desk, terms, query, lane_product, fill, fill_row, mask, part: as `night_fold.fold_cells`; lead: days; reached
    (product, night) bool: nights to price, the others cost what they cost; span: a night, a row and a number of rows,
    which from that row on are the running sums from that night on, those after the last night as the last; old, out
    (plane, row, lane) uint32 or int64 [in; out].
    code: OK, or what `night_cell` says of a night that has no price. O(rows x lanes + nights reached x stages).
    """
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    cell = np.empty(on.PLANES_MAX, np.int64)
    planes = old.shape[0]
    night, row, rows = span
    begin, end = part
    more = np.zeros((planes, lane_product.size), np.int64)
    largest = np.int64(0)
    for plane in range(planes):
        for lane in range(begin, end):
            out[plane, row, lane] = old[plane, row, lane]
    for place in range(rows):
        now = night + place
        for lane in range(begin, end):
            product = lane_product[lane]
            if product >= 0 and now < reached.shape[1] and reached[product, now]:
                guests = full_payers(desk, terms, product, now, query, scratch)
                full = np.int64(fill[fill_row[lane], now])
                code = night_cell(desk, product, now, guests, min(lead, LEAD_DAYS_MAX), full, scratch, cell)
                if code != OK:
                    return largest, code
                for plane in range(planes):
                    before = np.int64(old[plane, row + place + 1, lane]) - np.int64(old[plane, row + place, lane])
                    more[plane, lane] += cell[plane] - (before & mask)
                    largest = max(largest, cell[plane])
        for plane in range(planes):
            for lane in range(begin, end):
                total = np.int64(old[plane, row + place + 1, lane]) + more[plane, lane]
                out[plane, row + place + 1, lane] = total & mask
    return largest, np.int64(OK)
