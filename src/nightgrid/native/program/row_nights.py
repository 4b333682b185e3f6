"""Nights of chosen products as running sums in the order of the rows: taken from matrices, or from the cells for one
question of a guest.
"""

from __future__ import annotations

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.jit import kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import OK, TOO_MANY_GUESTS, full_payers, night_cell


@kernel
def take_rows(sums, first, lanes, out):
    """Running sums of some lanes beside each other.

    sums (plane, night, lane) uint32 or int64: from night `first` on as many as `out` has; lanes (row) int64 [in]; out
    (plane, night, row) int64 [out]. O(planes x nights x rows). (NumPy's `take` moves every number as
    bytes, and takes four times as long.)
    """
    for plane in range(out.shape[0]):
        for night in range(out.shape[1]):
            for i in range(lanes.size):
                out[plane, night, i] = sums[plane, first + night, lanes[i]]


@kernel
def fold_rows(desk, terms, query, products, first, leads, lead_step, fill, fill_row, out_sums, out_bad):
    """Fold the nights first, first + 1, ... of some products; returns OK, or a code where a night is too large.

    desk: `night_desk`; terms: of the program; query (Q_FIELDS): the party; products (row); first: index of the first
    night in the tables; leads (row): lead days of the first night, and lead_step more each night; fill (place, night):
    house fill in basis points, of the row's place fill_row (row), all int64 [in]; out_sums (plane, night + 1, row)
    int64: running sums of prices x scale; out_bad (row) uint8: whether a night has no price for the party [out].
    O(rows x nights x stages).
    """
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    cell = np.empty(on.PLANES_MAX, np.int64)
    planes = out_sums.shape[0]
    for i in range(products.size):
        out_bad[i] = 0
        for plane in range(planes):
            out_sums[plane, 0, i] = 0
        for night in range(out_sums.shape[1] - 1):
            lead = min(max(leads[i] + lead_step * night, 0), LEAD_DAYS_MAX)
            guests = full_payers(desk, terms, products[i], first + night, query, scratch)
            full = fill[fill_row[i], night]
            code = night_cell(desk, products[i], first + night, guests, lead, full, scratch, cell)
            if code == TOO_MANY_GUESTS:
                out_bad[i] = 1
                for plane in range(planes):
                    cell[plane] = 0
            elif code != OK:
                return code
            for plane in range(planes):
                out_sums[plane, night + 1, i] = out_sums[plane, night, i] + cell[plane]
    return OK
