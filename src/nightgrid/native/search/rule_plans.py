"""The plans of all rule sets for one question, compiled and packed, and what they say of rows that are only bounded.

Every operation of a compiled plan is monotone in the amounts that it reads, but for two kinds: what is taken off, or
permitted, from an amount on (`SPEND`, the ranges of offers), and a part taken off of another amount. So a plan run on
lower bounds of the nights gives a lower bound of the price, if the amounts from which on something changes are looked
at too: between two of them the plan is monotone, so the least price of a row that is not below a bound is that at the
bound, or at one of them above it. A tax with an upper limit is left out of a bound. A plan that takes a part off has
none.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.planned import write_plan_again
from nightgrid.native.program.row_program import compile_rows

#: Of the plan of a rule set.
P_WANTED: Final = 0  # whether a product of it is left
P_FIRST: Final = 1  # its operations
P_END: Final = 2
P_AT: Final = 3  # the column of the running amount after them
P_TAXES: Final = 4  # whether there are added taxes in their column
P_FLAT: Final = 5  # added taxes that are the same for all rows
P_READS: Final = 6  # bits of the planes that it reads, then whether single nights are
P_LOW: Final = 7  # its operations for bounds, as many; -1 = it has none
P_SPLIT: Final = 8  # how many of them make the amount before the offers
P_STAGE: Final = 9  # the column of that amount
P_EDGES: Final = 10  # how many amounts there are from which on something changes
P_FIELDS: Final = 11
#: A plan with more edges than these has no bound.
EDGES_MAX: Final = 7
#: Operations of one rule set for which there is room, on average.
OPS_EACH: Final = 48


class Packed(NamedTuple):
    """Plans of rule sets."""

    sets: Any  # int64 (set, P_FIELDS)
    ops: Any  # int64 (1, op, OP_WORDS)
    numbers: Any  # float64 (1, op, OP_NUMBERS)
    edges: Any  # float64 (set, EDGES_MAX)


@bare_called_kernel
def _note_edge(packed, number, edge):
    """Add an amount to the edges of a set; False where there is no room. Nought and infinity are no edges."""
    line = packed.sets[number]
    if not 0.0 < edge < np.inf:
        return True
    for known in range(line[P_EDGES]):
        if packed.edges[number, known] == edge:
            return True
    if line[P_EDGES] == EDGES_MAX:
        return False
    packed.edges[number, line[P_EDGES]] = edge
    line[P_EDGES] += 1
    return True


@bare_called_kernel
def _note_edges(packed, number, at):
    """Add the edges of an operation; False where they leave no bound."""
    ops, numbers = packed.ops[0], packed.numbers[0]
    line = packed.sets[number]
    code = ops[at, row.O_CODE]
    if code != row.SPEND and not row.RANGE_FIRST <= code <= row.RANGE_MORE:
        return True
    if line[P_STAGE] >= 0 and line[P_STAGE] != ops[at, row.O_OTHER]:
        return False
    line[P_STAGE] = ops[at, row.O_OTHER]
    if code != row.SPEND:
        return _note_edge(packed, number, numbers[at, 1]) and _note_edge(packed, number, numbers[at, 2])
    for pair in range(ops[at, row.O_NUMBER]):
        if not _note_edge(packed, number, numbers[at + 1 + pair // 3, 2 * (pair % 3)]):
            return False
    return True


@bare_called_kernel
def _takes_off(packed, at):
    """Whether an operation takes a part of another amount off: what grows there lessens the price."""
    code, numbers = packed.ops[0, at, row.O_CODE], packed.numbers[0, at]
    if code == row.PART:
        return numbers[1] < 0.0
    return code == row.NIGHTLY and numbers[0] < 0.0


@bare_called_kernel
def _find_bound(packed, number):
    """What of a set's operations is needed for bounds; returns whether it has one, and whether a tax is left out."""
    line = packed.sets[number]
    line[P_EDGES], line[P_STAGE], line[P_SPLIT] = 0, -1, 0
    limited = False
    first = np.int64(-1)  # the first operation with edges
    for at in range(line[P_FIRST], line[P_END]):
        before = line[P_STAGE]
        if _takes_off(packed, at) or not _note_edges(packed, number, at):
            return False, False
        first = at if before < 0 and line[P_STAGE] >= 0 else first
        limited = limited or (packed.ops[0, at, row.O_CODE] == row.TAXED and packed.numbers[0, at, 1] < np.inf)
    for at in range(line[P_FIRST], first):
        if packed.ops[0, at, row.O_TO] == line[P_STAGE] and packed.ops[0, at, row.O_CODE] != row.LINE:
            line[P_SPLIT] = at + 1 - line[P_FIRST]
    return True, limited


@bare_called_kernel
def _copy_ops(packed, to, plan_ops, plan_numbers, first, end):
    for at in range(first, end):
        for word in range(row.OP_WORDS):
            packed.ops[0, to, word] = plan_ops[at, word]
        for field in range(row.OP_NUMBERS):
            packed.numbers[0, to, field] = plan_numbers[at, field]
        to += 1
    return to


@bare_called_kernel
def _pack(plan, packed, number, to):
    """Put a compiled plan away, and its form for bounds; returns the next free place, -1 where there is no room."""
    line, count = packed.sets[number], plan.head[row.H_OPS]
    if to + 2 * count > packed.ops.shape[1]:
        return np.int64(-1)
    line[P_FIRST] = to
    to = _copy_ops(packed, to, plan.ops, plan.numbers, 0, count)
    line[P_END] = to
    line[P_AT], line[P_TAXES], line[P_FLAT] = plan.head[row.H_AT], plan.head[row.H_TAXES], plan.head[row.H_FLAT]
    line[P_READS] = plan.head[row.H_PLANES] | plan.head[row.H_LOADED] << row.PLANES_MAX
    bounded, limited = _find_bound(packed, number)
    line[P_LOW] = line[P_FIRST] if bounded else -1
    if limited:
        line[P_LOW] = to
        to = _copy_ops(packed, to, packed.ops[0], packed.numbers[0], line[P_FIRST], line[P_END])
        for at in range(line[P_LOW], to):
            if packed.ops[0, at, row.O_CODE] == row.TAXED and packed.numbers[0, at, 1] < np.inf:
                packed.ops[0, at, row.O_CODE] = row.LINE
    return to


@bare_called_kernel
def pack_plans(terms, scales, stages, leads, order, query, shop, steps, kept, plan, tails, largest, packed):
    """Compile the plans of the wanted sets; False where one has no vector form, or may make a price that is too large.

    stages (set): where the stages stand; leads (set): lead days; order (set): as they are to be gone through, sets
    that share their last stages beside each other, all int64; query (Q_FIELDS) int64: who asks; largest (plane)
    float64: bounds of the stays' sums [in]; shop: Workshop, steps (PLAN_WORDS) and kept (KEPT_WORDS) int64, plan:
    RowPlan, tails: Tails [inout]; packed: Packed [out].
    O(wanted sets x rules).
    """
    kept[0] = -1
    to = np.int64(0)
    arrival = query[do.Q_ARRIVAL]
    for place in range(order.size):
        number = order[place]
        if packed.sets[number, P_WANTED] == 0:
            continue
        query[do.Q_LEAD] = leads[number]
        query[do.Q_ARRIVAL] = arrival
        if write_plan_again(terms, stages[number], query, shop.scratch, shop.sets, steps, kept) != 0:
            return False
        if not compile_rows(steps, scales, largest, query[do.Q_NIGHTS], False, plan, tails):
            return False
        if plan.head[row.H_LARGE]:
            return False
        to = _pack(plan, packed, number, to)
        if to < 0:
            return False
    return True
