"""The plans of all rule sets for one question, compiled and packed, and what they say of rows that are only bounded.

What follows the offers is often the same for many rule sets, as they share these stages: it is packed once, as an
*end*, and the sets keep what comes before it.

Every operation of a compiled plan is monotone in the amounts that it reads, but for two kinds: what is taken off, or
permitted, from an amount on (`SPEND`, the ranges of offers), and a part taken off of another amount. So a plan run on
lower bounds of the nights gives a lower bound of the price, if the amounts from which on something changes are looked
at too: between two of them the plan is monotone, so the least price of a row that is not below a bound is that at the
bound, or at one of them above it. A tax with an upper limit is left out of a bound. A plan that takes a part off has
none, nor one with such amounts that takes single nights off after them.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.plan_steps import K_ENDS
from nightgrid.native.program.planned import is_by_itself, write_plan_again
from nightgrid.native.program.row_emit import is_refused
from nightgrid.native.program.row_program import compile_end, compile_head, compile_kept, ends_alike
from nightgrid.native.program.row_tails import loosen

#: Of the plan of a rule set: whether a product of it is left, its own operations, whether they have a bound, what they
#: read (bits of the planes, then whether single nights), and its end.
P_WANTED: Final = 0
P_FIRST: Final = 1
P_LAST: Final = 2
P_BOUNDED: Final = 3
P_READS: Final = 4
P_END: Final = 5
P_FIELDS: Final = 6
#: Of an end.
E_FIRST: Final = 0  # its operations
E_LAST: Final = 1
E_AT: Final = 2  # the column of the running amount after them
E_TAXES: Final = 3  # whether there are added taxes in their column
E_FLAT: Final = 4  # added taxes that are the same for all rows
E_READS: Final = 5  # as P_READS
E_LOW: Final = 6  # its operations for bounds, as many; -1 = it has none
E_SPLIT: Final = 7  # how many of them make the amount before the offers
E_STAGE: Final = 8  # the column of that amount
E_EDGES: Final = 9  # how many amounts there are from which on something changes
E_KEEPS: Final = 10  # bits of the columns before the single nights that its operations read
E_FIELDS: Final = 11
#: Of all: how many ends, how many operations; of the end that was packed last: how often one was written before, and
#: where it stands in the plan.
S_ENDS: Final = 0
S_OPS: Final = 1
S_WRITTEN: Final = 2
S_PLACE: Final = 3
S_AT: Final = 4  # the column of the running amount before it, and whether nights have weights
S_FIELDS: Final = 5
#: An end with more edges than these has no bound.
EDGES_MAX: Final = 7
#: Operations of one rule set for which there is room, on average.
OPS_EACH: Final = 48
#: What is known of the amounts before an end: bound of the running amount; denominators and bounds of the others.
KNOWN: Final = 1 + 2 * row.TAIL_COLUMNS


class Packed(NamedTuple):
    """Plans of rule sets."""

    sets: Any  # int64 (set, P_FIELDS)
    ends: Any  # int64 (end, E_FIELDS)
    ops: Any  # int64 (1, op, OP_WORDS)
    numbers: Any  # float64 (1, op, OP_NUMBERS)
    edges: Any  # float64 (end, EDGES_MAX)
    known: Any  # float64 (KNOWN): of the end that was packed last
    state: Any  # int64 (S_FIELDS)


def make_packed(sets: int) -> Packed:
    """Room for the plans of so many sets."""
    room = sets * OPS_EACH + 2 * row.OPS_MAX
    return Packed(
        np.zeros((sets, P_FIELDS), np.int64),
        np.zeros((sets, E_FIELDS), np.int64),
        np.zeros((1, room, row.OP_WORDS), np.int64),
        np.zeros((1, room, row.OP_NUMBERS)),
        np.zeros((sets, EDGES_MAX)),
        np.zeros(KNOWN),
        np.zeros(S_FIELDS, np.int64),
    )


@bare_called_kernel
def _note_edge(packed, number, edge):
    """Add an amount to the edges of an end; False where there is no room. Nought and infinity are no edges."""
    line = packed.ends[number]
    if not 0.0 < edge < np.inf:
        return True
    for known in range(line[E_EDGES]):
        if packed.edges[number, known] == edge:
            return True
    if line[E_EDGES] == EDGES_MAX:
        return False
    packed.edges[number, line[E_EDGES]] = edge
    line[E_EDGES] += 1
    return True


@bare_called_kernel
def _note_edges(packed, number, at):
    """Add the edges of an operation; False where they leave no bound."""
    ops, numbers = packed.ops[0], packed.numbers[0]
    line = packed.ends[number]
    if not _has_edges(ops[at, row.O_CODE]):
        return True
    if line[E_STAGE] >= 0 and line[E_STAGE] != ops[at, row.O_OTHER]:
        return False
    line[E_STAGE] = ops[at, row.O_OTHER]
    if ops[at, row.O_CODE] != row.SPEND:
        return _note_edge(packed, number, numbers[at, 1]) and _note_edge(packed, number, numbers[at, 2])
    for pair in range(ops[at, row.O_NUMBER]):
        if not _note_edge(packed, number, numbers[at + 1 + pair // 3, 2 * (pair % 3)]):
            return False
    return True


@bare_inlined_kernel
def _has_edges(code):
    return code == row.SPEND or row.RANGE_FIRST <= code <= row.RANGE_MORE


@bare_inlined_kernel
def _takes_off(packed, at):
    """Whether an operation takes a part of another amount off: what grows there lessens the price. So may one that is
    not known here.
    """
    code, numbers = packed.ops[0, at, row.O_CODE], packed.numbers[0, at]
    if code == row.PART:
        return numbers[1] < 0.0
    return (code == row.NIGHTLY and numbers[0] < 0.0) or code > row.NIGHTLY


@bare_inlined_kernel
def _is_limited(packed, at):
    """Whether an operation is a tax with an upper limit."""
    return packed.ops[0, at, row.O_CODE] == row.TAXED and packed.numbers[0, at, 1] < np.inf


@bare_inlined_kernel
def _takes_nights_off(packed, first, last):
    """Whether some operation takes a part of single nights off an amount. Where that is raised to an edge, the nights
    are not: those of a row that costs as much may be dearer, and what is taken off as well.
    """
    for at in range(first, last):
        if packed.ops[0, at, row.O_CODE] == row.FREE_LEAST and packed.numbers[0, at, 2] < 0.0:
            return True
    return False


@bare_called_kernel
def _find_bound(packed, number):
    """What of an end's operations is needed for bounds; returns whether it has one, and whether a tax is left out."""
    line = packed.ends[number]
    line[E_EDGES], line[E_STAGE], line[E_SPLIT] = 0, -1, 0
    line[E_KEEPS] = 1 << row.C_BEST | 1 << row.C_TAXES | 1 << row.C_RUNNING
    limited = False
    first = np.int64(-1)  # the first operation with edges
    for at in range(line[E_FIRST], line[E_LAST]):
        before = line[E_STAGE]
        if _takes_off(packed, at) or not _note_edges(packed, number, at):
            return False, False
        first = at if before < 0 and line[E_STAGE] >= 0 else first
        limited = limited or _is_limited(packed, at)
        for word in (row.O_FROM, row.O_OTHER):
            if packed.ops[0, at, word] < row.C_NIGHT:
                line[E_KEEPS] |= np.int64(1) << packed.ops[0, at, word]
    for at in range(line[E_FIRST], first):
        if packed.ops[0, at, row.O_TO] == line[E_STAGE] and packed.ops[0, at, row.O_CODE] != row.LINE:
            line[E_SPLIT] = at + 1 - line[E_FIRST]
    return line[E_EDGES] == 0 or not _takes_nights_off(packed, line[E_FIRST] + line[E_SPLIT], line[E_LAST]), limited


@bare_inlined_kernel
def _copy_ops(packed, ops, numbers, first, last):
    """Append some operations; False where there is no room."""
    to = packed.state[S_OPS]
    if to + last - first > packed.ops.shape[1]:
        return False
    for at in range(first, last):
        for word in range(row.OP_WORDS):
            packed.ops[0, to, word] = ops[at, word]
        for field in range(row.OP_NUMBERS):
            packed.numbers[0, to, field] = numbers[at, field]
        to += 1
    packed.state[S_OPS] = to
    return True


@bare_inlined_kernel
def _reads(plan):
    return plan.head[row.H_PLANES] | plan.head[row.H_LOADED] << row.PLANES_MAX


@bare_inlined_kernel
def _pack_head(plan, packed, number, count):
    """Put a set's own operations away, the first `count` of a plan; its end is the last one."""
    line, first = packed.sets[number], packed.state[S_OPS]
    line[P_FIRST], line[P_LAST] = first, first + count
    line[P_READS], line[P_END] = _reads(plan), packed.state[S_ENDS] - 1
    if not _copy_ops(packed, plan.ops, plan.numbers, 0, count):
        return False
    line[P_BOUNDED] = 1
    for at in range(first, first + count):
        code = packed.ops[0, at, row.O_CODE]
        if _takes_off(packed, at) or _has_edges(code) or code == row.TAXED:
            line[P_BOUNDED] = 0
    return True


@bare_called_kernel
def _pack_end(plan, packed, first):
    """Put an end away, the operations of a plan from `first` on, and its form for bounds; False where there is no
    room.
    """
    number = packed.state[S_ENDS]
    line = packed.ends[number]
    packed.state[S_ENDS] += 1
    line[E_FIRST] = packed.state[S_OPS]
    if not _copy_ops(packed, plan.ops, plan.numbers, first, plan.head[row.H_OPS]):
        return False
    line[E_LAST] = packed.state[S_OPS]
    line[E_AT], line[E_TAXES], line[E_FLAT] = plan.head[row.H_AT], plan.head[row.H_TAXES], plan.head[row.H_FLAT]
    line[E_READS] = _reads(plan)
    bounded, limited = _find_bound(packed, number)
    line[E_LOW] = line[E_FIRST] if bounded else -1
    if limited:
        line[E_LOW] = packed.state[S_OPS]
        if not _copy_ops(packed, packed.ops[0], packed.numbers[0], line[E_FIRST], line[E_LAST]):
            return False
        for at in range(line[E_LOW], packed.state[S_OPS]):
            if _is_limited(packed, at):
                packed.ops[0, at, row.O_CODE] = row.LINE
    return True


@bare_inlined_kernel
def _begins(plan):
    """The column of the running amount, and whether the nights' weights are known."""
    return plan.head[row.H_AT] + row.COLUMNS * plan.head[row.H_WEIGHTS]


@bare_inlined_kernel
def _is_known(plan, packed):
    """Whether the amounts before the end are known as they were before the last one."""
    differ = packed.known[0] != plan.top[row.C_RUNNING]
    for column in range(row.TAIL_COLUMNS):
        differ |= packed.known[1 + 2 * column] != plan.den[row.TAIL_FIRST + column]
        differ |= packed.known[2 + 2 * column] != plan.top[row.TAIL_FIRST + column]
    return not differ and packed.state[S_AT] == _begins(plan)


@bare_inlined_kernel
def _note_known(plan, packed, written, at):
    state = packed.state
    state[S_WRITTEN], state[S_PLACE], state[S_AT] = written, at, _begins(plan)
    packed.known[0] = plan.top[row.C_RUNNING]
    for column in range(row.TAIL_COLUMNS):
        packed.known[1 + 2 * column] = plan.den[row.TAIL_FIRST + column]
        packed.known[2 + 2 * column] = plan.top[row.TAIL_FIRST + column]


@bare_inlined_kernel
def _pack_set(steps, written, scales, largest, nights, plan, tails, packed, number):
    """Compile the plan of a set and put it away; False where it has no vector form, or there is no room."""
    at, factor = compile_head(steps, scales, largest, nights, False, plan)
    if is_refused(plan):
        return False
    if ends_alike(plan, steps, at, factor):
        loosen(plan)
        state, own = packed.state, plan.head[row.H_OPS]
        if state[S_WRITTEN] == written and state[S_PLACE] == at and _is_known(plan, packed):
            return _pack_head(plan, packed, number, own)
        _note_known(plan, packed, written, at)
        if compile_kept(steps, at, False, plan, tails):
            return not plan.head[row.H_LARGE] and _pack_end(plan, packed, own) and _pack_head(plan, packed, number, own)
        at, factor = compile_head(steps, scales, largest, nights, False, plan)
    packed.state[S_WRITTEN] = -1
    if not compile_end(steps, at, factor, False, plan) or plan.head[row.H_LARGE]:
        return False
    return _pack_end(plan, packed, 0) and _pack_head(plan, packed, number, 0)


@bare_called_kernel
def pack_plans(terms, scales, stages, leads, order, query, shop, steps, kept, plan, tails, largest, packed):
    """Compile the plans of the wanted sets; False where one has no vector form, or may make a price that is too large.

    stages (set): where the stages stand; leads (set): lead days; order (set): as they are to be gone through, sets
    that share their last stages beside each other, all int64; query (Q_FIELDS) int64: who asks, of one night where
    Q_NIGHT tells it; largest (plane) float64: bounds of the stays' sums [in]; shop: Workshop, steps (PLAN_WORDS) and
    kept (KEPT_WORDS) int64, plan: RowPlan, tails: Tails [inout]; packed: Packed [out]. O(wanted sets x rules).
    """
    kept[0] = -1
    packed.state[:] = 0
    packed.state[S_WRITTEN] = -1
    nights = query[do.Q_NIGHTS] if query[do.Q_NIGHT] < 0 else 1
    for place in range(order.size):
        number = order[place]
        if packed.sets[number, P_WANTED] == 0:
            continue
        query[do.Q_LEAD] = leads[number]
        if write_plan_again(terms, stages[number], query, shop.scratch, shop.sets, steps, kept) != 0:
            return False
        if query[do.Q_NIGHT] >= 0 and not is_by_itself(steps):
            return False
        if not _pack_set(steps, kept[K_ENDS], scales, largest, nights, plan, tails, packed, number):
            return False
    return True
