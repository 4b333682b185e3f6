"""Nightly prices of a whole window from their cells, as running sums in the order of the lanes."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.jit import kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import OK, TOO_MANY_GUESTS, base_amount, full_payers, night_cell
from nightgrid.native.program.night_classes import (
    C_RUNNING,
    C_WORDS,
    band_of,
    classed_cell,
    factor_stages,
    fold_classes,
)

#: Stands in the running sums for a night that has no price for the party: the stay is refused where it counts.
NO_NIGHT = 0
#: A tile: what the nights of so many lanes are made from takes some hundred kilobytes.
_NIGHTS_AT_ONCE = 32
_LANES_AT_ONCE = 1_024


@kernel
def _fold_lanes(desk, terms, query, lane_product, lead, fill, fill_row, mask, classes, made, factors, night, part, room,
                out_sums, out_bad):  # fmt: skip
    """One night of some lanes: (largest value, code, product), as `fold_cells`. made: of `fold_classes` for the night;
    room: scratch, and a cell.
    """
    scratch, cell = room
    largest = np.int64(0)
    for lane in range(part[0], part[1]):
        product = np.int64(lane_product[lane])
        cell[:] = 0
        if product >= 0:
            full = np.int64(fill[fill_row[lane], night])
            guests = full_payers(desk, terms, product, night, query, scratch)
            number, base = classes.class_of[product], base_amount(desk, product, night, guests)
            band = band_of(classes.edges, full)
            if number >= 0 and 0 <= base <= classes.largest_base and made[number, band, C_RUNNING] >= 0:
                line = made[number, band]
                code = classed_cell(desk, line, product, night, lead, full, base, factors, scratch, cell)
            else:
                code = night_cell(desk, product, night, guests, lead, full, scratch, cell)
            if code == TOO_MANY_GUESTS:
                out_bad[lane] = min(out_bad[lane], night)
                cell[:] = NO_NIGHT
            elif code != OK:
                return largest, code, product
        for plane in range(out_sums.shape[0]):
            largest = max(largest, cell[plane])
            out_sums[plane, night + 1, lane] = (np.int64(out_sums[plane, night, lane]) + cell[plane]) & mask
    return largest, OK, np.int64(-1)


@kernel
def fold_cells(desk, terms, query, lane_product, lead, fill, fill_row, mask, classes, part, out_sums, out_bad):
    """Fold every night of a part of the lanes: (largest value met in any plane, code, product, night).

    desk: `night_desk`; terms: of the program; query (Q_FIELDS) int64: the party; lane_product (lane) int32, -1 padding;
    lead: days, of every night; fill (row, night) int16 basis points, of the lanes' rows fill_row (lane) int64; classes:
    NightClasses; part: the first of the lanes, and the one after the last, while threads may fold other parts [in];
    out_sums (plane, night + 1, lane) uint32 or int64: running sums of values x scale; out_bad (lane) int64: the first
    night that has no price for so many guests, else the number of nights [out]. code: OK, or TOO_LARGE with the product
    and night where it was met. O(nights x lanes x stages), of the stages that come after a factor where products share
    it. What a tile of lanes and nights looks at stays in the cache.
    """
    room = np.empty(on.NIGHT_SCRATCH, np.int64), np.empty(on.PLANES_MAX, np.int64)
    lead = min(max(lead, 0), LEAD_DAYS_MAX)
    nights = out_sums.shape[1] - 1
    largest, factors = np.int64(0), factor_stages(desk)
    members, edges = classes.members, classes.edges
    made = np.empty((_NIGHTS_AT_ONCE, members.size, edges.size, C_WORDS), np.int64)
    out_bad[part[0] : part[1]] = nights
    out_sums[:, 0, part[0] : part[1]] = 0
    for first in range(0, nights, _NIGHTS_AT_ONCE):
        last = min(first + _NIGHTS_AT_ONCE, nights)
        for night in range(first, last):
            fold_classes(
                desk, members, night, lead, edges, classes.largest_base, factors, room[0], made[night - first]
            )  # fmt: skip
        for begin in range(part[0], part[1], _LANES_AT_ONCE):
            some = begin, min(begin + _LANES_AT_ONCE, part[1])
            for night in range(first, last):
                most, code, product = _fold_lanes(
                    desk, terms, query, lane_product, lead, fill, fill_row, mask, classes, made[night - first], factors,
                    night, some, room, out_sums, out_bad,
                )  # fmt: skip
                largest = max(largest, most)
                if code != OK:
                    return largest, code, product, np.int64(night)
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
