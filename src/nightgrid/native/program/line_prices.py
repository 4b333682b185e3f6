"""Prices of stays in a book with a full pipeline, line by line: nights from their cells, then the stay's plan.

One quote is one line. Nothing is kept between lines, so any party, lead time and house fill can be asked.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import carray

from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.jit import kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.night_cells import OK, TOO_MANY_GUESTS, full_payers, night_cell
from nightgrid.native.program.planned import write_plan
from nightgrid.native.program.registers import W_NOW, WEIGHTS
from nightgrid.native.program.stay_price import price_by_night, work_out
from nightgrid.native.store.views import address_of, as_pointer

#: Fields of a line.
L_PRODUCT: Final = 0
L_STAGE: Final = 1  # where the stages of its rule set stand
L_FIRST: Final = 2  # index of its first night in the tables
L_FILL: Final = 3  # where its house fill stands in the fills, a word a night; -1 = an empty house
L_QUERY: Final = 4  # which question it is about
L_FIELDS: Final = 5

#: Flags of a book.
B_BY_NIGHT: Final = 0
B_LEAD_OF_NIGHT: Final = 1
B_FIELDS: Final = 2

OK_CODE: Final = 0
CODE_TOO_LARGE: Final = do.TOO_LARGE_CODE
CODE_TOO_MANY_SETS: Final = do.TOO_MANY_CODE
CODE_TOO_MANY_GUESTS: Final = 3


@kernel
def stay_nights(desk, terms, query, line, lead_of_night, fills, scratch, cell, values):
    """The nights of a stay: values (plane, night) int64 [out]; returns OK_CODE, CODE_TOO_LARGE or
    CODE_TOO_MANY_GUESTS.
    """
    for night in range(query[do.Q_NIGHTS]):
        lead = query[do.Q_LEAD] + (night if lead_of_night else 0)
        fill = fills[line[L_FILL] + night] if line[L_FILL] >= 0 else np.int64(0)
        guests = full_payers(desk, terms, line[L_PRODUCT], line[L_FIRST] + night, query, scratch)
        code = night_cell(
            desk, line[L_PRODUCT], line[L_FIRST] + night, guests, min(lead, LEAD_DAYS_MAX), fill, scratch, cell
        )
        if code != OK:
            return CODE_TOO_MANY_GUESTS if code == TOO_MANY_GUESTS else CODE_TOO_LARGE
        for plane in range(values.shape[0]):
            values[plane, night] = cell[plane]
    return OK_CODE


@kernel
def price_lines(desk, terms, scales, flags, queries, lines, fills, shop, out, out_nights, out_weights):
    """Price every line for one room: out (line, A_FIELDS) int64, its A_CODE one of the codes above [out].

    desk: `night_desk`; terms, scales (plane): of the program; flags (B_FIELDS) int64; queries (question, Q_FIELDS)
    int64; lines (line, L_FIELDS) int64; fills int64 basis points [in]; shop: Workshop. For a single line also
    out_nights (night) int64: under the policy `night` what each night costs; out_weights (night, 2) int64: how the
    nights share the total; both may be empty [out]. Lines of one rule set and question that stand together
    share a plan. O(lines x (rules + steps x nights)).
    """
    cell = np.empty(on.PLANES_MAX, np.int64)
    scratch = np.empty(on.NIGHT_SCRATCH, np.int64)
    single = np.zeros(1, np.int64)
    written = (np.int64(-1), np.int64(-1))  # the rule set and question of the plan that stands in the workshop
    plan_code = np.int64(0)
    for number in range(lines.shape[0]):
        line = lines[number]
        query = queries[line[L_QUERY]]
        answer = out[number]
        nights = query[do.Q_NIGHTS]
        values = np.empty((scales.size, nights), np.int64)
        answer[:] = 0
        code = stay_nights(desk, terms, query, line, flags[B_LEAD_OF_NIGHT], fills, scratch, cell, values)
        if code != OK_CODE:
            answer[do.A_CODE] = code
            continue
        by_night = flags[B_BY_NIGHT] != 0
        each = out_nights if out_nights.size >= nights else (single if not by_night else np.empty(nights, np.int64))
        if by_night:
            price_by_night(terms, line[L_STAGE], query, values, scales, shop, answer, each)
            continue
        if written != (line[L_STAGE], line[L_QUERY]):
            plan_code = write_plan(terms, line[L_STAGE], query, shop.scratch, shop.sets, shop.plan)
            written = (line[L_STAGE], line[L_QUERY])
        weights = carray(as_pointer(address_of(shop.weights)), (WEIGHTS, nights, 2), np.int64)
        work_out(shop.plan, shop.registers, values, scales, weights, answer)
        answer[do.A_CODE] = max(answer[do.A_CODE], plan_code)
        if out_weights.shape[0] == nights:
            for night in range(nights):
                out_weights[night, 0] = weights[W_NOW, night, 0]
                out_weights[night, 1] = weights[W_NOW, night, 1]


def wide_numbers(pairs: Any) -> list[int]:
    """Python integers of wide ones: int64 (number, 2)."""
    return [(high << 64) + (low & (2**64 - 1)) for high, low in pairs.tolist()]
