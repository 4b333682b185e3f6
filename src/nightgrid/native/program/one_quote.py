"""One quote by a full pipeline in one call of a kernel: everything it needs and answers lies in one vector of words.

What a guest waits for is mostly Python and what is handed over. A thread keeps one vector: addresses of the book's
tables, scratch memory, the question, and room for the answer; for a quote only what differs is written.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.line_prices import stay_nights
from nightgrid.native.program.plan_sets import SCRATCH, SETS
from nightgrid.native.program.plan_steps import PLAN_WORDS
from nightgrid.native.program.planned import write_plan
from nightgrid.native.program.registers import REGISTERS, W_NOW, WEIGHTS
from nightgrid.native.program.stay_price import Workshop, price_by_night, work_out
from nightgrid.native.store.houses import house_fill
from nightgrid.native.store.store import store_at
from nightgrid.native.store.views import as_pointer, column_of, shared_of

#: The book: addresses and sizes.
J_DESK: Final = 0
J_DESK_WORDS: Final = 1
J_TERMS: Final = 2
J_TERMS_WORDS: Final = 3
J_SCALES: Final = 4
J_PLANES: Final = 5
J_BY_NIGHT: Final = 6
J_LEAD_OF_NIGHT: Final = 7
J_TIER_PRODUCT: Final = 8  # int32 (tier, product)
J_PRODUCTS: Final = 9
J_SET_OF_PRODUCT: Final = 10  # int32 (product)
J_STAGE_OF_SET: Final = 11  # int64 (set)
#: Scratch memory of the thread.
J_PLAN: Final = 12
J_SCRATCH: Final = 13
J_SETS: Final = 14
J_REGISTERS: Final = 15
J_WEIGHTS: Final = 16
J_VALUES: Final = 17  # int64 (PLANES_MAX x STAY_NIGHTS_MAX)
#: The question: what differs from quote to quote stands together, and is written and read at once.
J_STORE: Final = 18  # address of the store whose house fill is read
J_HOTEL: Final = 19
J_ASKED: Final = 20  # the product
J_FIRST: Final = 21  # index of the first night in the tables
J_FILL: Final = 22  # FILL_*
J_QUERY: Final = 23
#: The answer.
J_SOLD: Final = J_QUERY + do.Q_FIELDS  # the product
J_SET: Final = J_SOLD + 1  # its rule set
J_OUT: Final = J_SET + 1
J_NIGHT_FILLS: Final = J_OUT + do.A_FIELDS  # a word a night, in or out
J_SHARES: Final = J_NIGHT_FILLS + STAY_NIGHTS_MAX  # two words a night: weights; or one: the price of each night
J_SPACE: Final = J_SHARES + 2 * STAY_NIGHTS_MAX  # scratch: a line, the planes of a night, its slots
J_WORDS: Final = J_SPACE + by_line.L_FIELDS + on.PLANES_MAX + on.NIGHT_SCRATCH

FILL_NONE: Final = 0  # an empty house
FILL_GIVEN: Final = 1
FILL_GRID: Final = 2  # read now


@inlined_kernel
def _words(job, at, size):
    """A vector whose address stands in the job."""
    return carray(as_pointer(job[at]), (size,), np.int64)


@inlined_kernel
def _read_fill(job, nights, arrival, fills):
    """House fill of every night as the grid has it now."""
    store = store_at(job[J_STORE])
    shared = shared_of(store)
    for night in range(nights):
        fills[night] = house_fill(store, job[J_HOTEL], column_of(store, shared, arrival + night))


@inlined_kernel
def _sold(job, query):
    """Resolve the plan that the tier is sold, and its rule set: where its stages stand."""
    products, product = job[J_PRODUCTS], job[J_ASKED]
    own = carray(as_pointer(job[J_TIER_PRODUCT] + 4 * (query[do.Q_TIER] * products + product)), (1,), np.int32)[0]
    query[do.Q_SILENT] = own >= 0
    job[J_SOLD] = own if own >= 0 else product
    job[J_SET] = carray(as_pointer(job[J_SET_OF_PRODUCT]), (products,), np.int32)[job[J_SOLD]]
    return carray(as_pointer(job[J_STAGE_OF_SET] + 8 * job[J_SET]), (1,), np.int64)[0]


@kernel
def quote_job(here):
    """Price the stay that a job asks for, for one room: its J_SOLD, J_SET, J_OUT, J_SHARES, and J_NIGHT_FILLS where
    these are of the grid [out]. here: address of a job (J_WORDS) int64 [in, out], whose question is left as it was but
    for Q_SILENT. Codes as of `line_prices.price_lines`, whose price this is. O(rules + steps x nights).
    """
    job = carray(as_pointer(here), (J_WORDS,), np.int64)
    query = carray(as_pointer(here + 8 * J_QUERY), (do.Q_FIELDS,), np.int64)
    answer = carray(as_pointer(here + 8 * J_OUT), (do.A_FIELDS,), np.int64)
    fills = carray(as_pointer(here + 8 * J_NIGHT_FILLS), (STAY_NIGHTS_MAX,), np.int64)
    nights = query[do.Q_NIGHTS]
    terms = _words(job, J_TERMS, job[J_TERMS_WORDS])
    scales = _words(job, J_SCALES, job[J_PLANES])
    plan = _words(job, J_PLAN, PLAN_WORDS)
    sets = carray(as_pointer(job[J_SETS]), (SETS,), np.uint8)
    scratch = _words(job, J_SCRATCH, SCRATCH)
    registers = carray(as_pointer(job[J_REGISTERS]), (REGISTERS, 4), np.int64)
    values = carray(as_pointer(job[J_VALUES]), (scales.size, nights), np.int64)
    stage = _sold(job, query)
    if job[J_FILL] == FILL_GRID:
        _read_fill(job, nights, query[do.Q_ARRIVAL], fills)
    answer[:] = 0
    line = job[J_SPACE : J_SPACE + by_line.L_FIELDS]
    line[by_line.L_PRODUCT] = job[J_SOLD]
    line[by_line.L_STAGE] = stage
    line[by_line.L_FIRST] = job[J_FIRST]
    line[by_line.L_FILL] = 0 if job[J_FILL] != FILL_NONE else -1
    line[by_line.L_QUERY] = 0
    cell = job[J_SPACE + by_line.L_FIELDS : J_SPACE + by_line.L_FIELDS + on.PLANES_MAX]
    links = job[J_SPACE + by_line.L_FIELDS + on.PLANES_MAX :]
    desk = _words(job, J_DESK, job[J_DESK_WORDS])
    code = stay_nights(desk, terms, query, line, job[J_LEAD_OF_NIGHT] != 0, fills, links, cell, values)
    if code != by_line.OK_CODE:
        answer[do.A_CODE] = code
        return
    if job[J_BY_NIGHT] != 0:
        shop = Workshop(plan, scratch, sets, registers, _words(job, J_WEIGHTS, WEIGHTS * STAY_NIGHTS_MAX * 2))
        each = carray(as_pointer(here + 8 * J_SHARES), (nights,), np.int64)
        price_by_night(terms, stage, query, values, scales, shop, answer, each)
        return
    code = write_plan(terms, stage, query, scratch, sets, plan)
    weights = carray(as_pointer(job[J_WEIGHTS]), (WEIGHTS, nights, 2), np.int64)
    work_out(plan, registers, values, scales, weights, answer)
    answer[do.A_CODE] = max(answer[do.A_CODE], code)
    for night in range(nights):
        if weights[W_NOW, night, 0] < 0:  # the total fits, what the nights share it by does not
            answer[do.A_CODE] = max(answer[do.A_CODE], np.int64(do.TOO_LARGE_CODE))
        job[J_SHARES + 2 * night] = weights[W_NOW, night, 0]
        job[J_SHARES + 2 * night + 1] = weights[W_NOW, night, 1]
