"""Nightly prices of a version made from those of another: only nights that a changed rule reaches are priced."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import OK, full_payers, night_cell


@inlined_kernel
def _copy_row(old, more, mask, row, part, out):
    """A row of running sums, with what the nights before it cost more."""
    for plane in range(old.shape[0]):
        for lane in range(part[0], part[1]):
            out[plane, row, lane] = (np.int64(old[plane, row, lane]) + more[plane, lane]) & mask


@kernel
def refold_cells(desk, terms, query, lane_product, lead, fill, fill_row, mask, reached, span, part, old, out):
    """Some rows of running sums of a part of the lanes from another version's: (largest value that was priced, code).

    desk, terms, query, lane_product, fill, fill_row, mask, part: as `night_fold.fold_cells`; lead: days; reached
    (night, lane) bool: nights to price, the others cost what they cost; span: a night, a row and a number of rows,
    which from that row on are the running sums from that night on, those after the last night as the last; old, out
    (plane, row, lane) uint32 or int64 [in; out].
    code: OK, or what `night_cell` says of a night that has no price. O(rows x lanes + nights reached x stages).
    """
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    cell = np.empty(on.PLANES_MAX, np.int64)
    night, row, rows = span
    more = np.zeros((old.shape[0], lane_product.size), np.int64)
    largest = np.int64(0)
    _copy_row(old, more, mask, row, part, out)
    for place in range(rows):
        now, before, after = night + place, row + place, row + place + 1
        for lane in range(part[0], part[1] if now < reached.shape[0] else part[0]):
            if reached[now, lane]:
                product = np.int64(lane_product[lane])
                guests = full_payers(desk, terms, product, now, query, scratch)
                full = np.int64(fill[fill_row[lane], now])
                code = night_cell(desk, product, now, guests, min(lead, LEAD_DAYS_MAX), full, scratch, cell)
                if code != OK:
                    return largest, code
                for plane in range(old.shape[0]):
                    was = np.int64(old[plane, after, lane]) - np.int64(old[plane, before, lane])
                    more[plane, lane] += cell[plane] - (was & mask)
                    largest = max(largest, cell[plane])
        _copy_row(old, more, mask, after, part, out)
    return largest, np.int64(OK)
