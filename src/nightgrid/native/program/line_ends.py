"""Ends of plans for lines: from the promotions on, compiled once for all lines whose amount before them is whole.

What comes before (lengths of stay, lead times, tiers) differs from rule set to rule set; what follows is mostly the
same for all. So lines are brought to the amount before the promotions group by group, and from there on end by end, in
full blocks (`row_tails` does the same for rows that share arrivals).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import carray

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel, called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.line_classes import ask, mixed
from nightgrid.native.program.planned import write_end, write_plan
from nightgrid.native.program.registers import R_AVERAGED, R_RUNNING, W_NOW, WEIGHTS, put
from nightgrid.native.program.row_blocks import row_plan
from nightgrid.native.program.row_emit import is_refused
from nightgrid.native.program.row_loops import run_ops
from nightgrid.native.program.row_program import compile_end, compile_head, ends_whole
from nightgrid.native.program.row_tails import is_known, keep_known, loosen
from nightgrid.native.program.wide import wide
from nightgrid.native.program.worth import run
from nightgrid.native.store.views import address_of, as_pointer

#: Ends that are kept at a time, and contexts of them.
ENDS: Final = 1_024
_PLACES: Final = 4 * ENDS
#: What an end is compiled for beside its key: the stages, the nights, where in the plan it begins, the last rounding,
#: where the amount is, whether nights weigh alike.
CONTEXT_FIELDS: Final = 7
_KNOWN: Final = 1 + 2 * row.TAIL_COLUMNS
#: Of an end: the position of its first line, whether its taxes and points are worked out line by line; of all: how many
#: ends and contexts there are.
OF_LINE: Final = 0
OF_ONE_BY_ONE: Final = 1
NO_END: Final = -1


class Ends(NamedTuple):
    """Compiled ends."""

    head: Any  # int64 (ENDS, H_FIELDS); H_OPS -1: it has no such form
    ops: Any  # int64 (ENDS, TAIL_OPS, OP_WORDS)
    numbers: Any  # float64 (ENDS, TAIL_OPS, OP_NUMBERS)
    bits: Any  # int64 (ENDS, TAIL_SETS)
    of: Any  # int64 (ENDS, 2): OF_*
    keys: Any  # int64 (ENDS, 2): key, context
    places: Any  # int32 (_PLACES): 1 + end
    contexts: Any  # int64 (ENDS, CONTEXT_FIELDS)
    known: Any  # float64 (ENDS, _KNOWN): denominators and bounds of columns
    context_places: Any  # int32 (_PLACES): 1 + context
    counts: Any  # int64 (2): ends, contexts


def make_ends() -> Ends:
    """Scratch memory for ends."""
    return Ends(
        np.zeros((ENDS, row.H_FIELDS), np.int64), np.zeros((ENDS, row.TAIL_OPS, row.OP_WORDS), np.int64),
        np.zeros((ENDS, row.TAIL_OPS, row.OP_NUMBERS)), np.zeros((ENDS, row.TAIL_SETS), np.int64),
        np.zeros((ENDS, 2), np.int64), np.zeros((ENDS, 2), np.int64), np.zeros(_PLACES, np.int32),
        np.zeros((ENDS, CONTEXT_FIELDS), np.int64), np.zeros((ENDS, _KNOWN)), np.zeros(_PLACES, np.int32),
        np.zeros(2, np.int64),
    )  # fmt: skip


@bare_called_kernel
def forget_ends(ends):
    """Keep nothing."""
    ends.places[:] = 0
    ends.context_places[:] = 0
    ends.counts[:] = 0


@bare_inlined_kernel
def ends_one_by_one(plan, at):
    """Whether a plan from `at` on has taxes that the price contains, or points: these are no operations on columns."""
    while plan[at] != do.END:
        if plan[at] == do.POINTS or (plan[at] == do.TAX and plan[at + 6] != 0):
            return True
        at = plan[at + 1]
    return False


@bare_called_kernel
def compile_beginning(plan, at, scales, largest, nights, compiled):
    """Compile the steps of a plan before `at`; returns whether what follows may be shared by lines."""
    following = plan[at]
    plan[at] = do.END
    each = ends_one_by_one(plan, 0)
    _, factor = compile_head(plan, scales, largest, nights, 1, compiled)
    plan[at] = following
    return not each and not is_refused(compiled) and ends_whole(compiled, factor)


@bare_called_kernel
def _is_context(ends, number, found, compiled):
    other = np.int64(0)
    for field in range(CONTEXT_FIELDS):
        other |= ends.contexts[number, field] ^ found[field]
    return other == 0 and is_known(ends.known, number, compiled)


@bare_called_kernel
def context_of(ends, compiled, stage, nights, at, rounded, how, found):
    """The number of all that an end depends on beside its key, NO_END where there are too many. compiled: the beginning
    of the plan, whose bounds are loosened; found (CONTEXT_FIELDS) int64: scratch.
    """
    loosen(compiled)
    found[0], found[1], found[2], found[3], found[4] = stage, nights, at, rounded, how
    found[5], found[6] = compiled.head[row.H_AT], compiled.head[row.H_WEIGHTS]
    slot = mixed(stage * 512 + nights + (at << 32)) & (_PLACES - 1)
    while ends.context_places[slot] != 0:
        if _is_context(ends, ends.context_places[slot] - 1, found, compiled):
            return np.int64(ends.context_places[slot] - 1)
        slot = (slot + 1) & (_PLACES - 1)
    number = ends.counts[1]
    if number == ENDS:
        return np.int64(NO_END)
    ends.counts[1] += 1
    ends.context_places[slot] = number + 1
    for field in range(CONTEXT_FIELDS):
        ends.contexts[number, field] = found[field]
    keep_known(ends.known, number, compiled)
    return number


@bare_inlined_kernel
def end_of(ends, key, context):
    """The end of a key and context; -1 - the place where it may be kept."""
    slot = mixed(key + context * np.int64(0x1F351F35)) & (_PLACES - 1)
    while ends.places[slot] != 0:
        number = ends.places[slot] - 1
        if ends.keys[number, 0] == key and ends.keys[number, 1] == context:
            return np.int64(number)
        slot = (slot + 1) & (_PLACES - 1)
    return np.int64(-1 - slot)


@bare_inlined_kernel
def _stands_alone(compiled, first):
    """Whether the operations from `first` on read nothing but what they make and the amount before them."""
    if compiled.head[row.H_PLANES] or compiled.head[row.H_LOADED] or compiled.head[row.H_OPS] - first > row.TAIL_OPS:
        return False
    for at in range(first, compiled.head[row.H_OPS]):
        code = compiled.ops[at, row.O_CODE]
        if code == row.LINE:
            continue
        if code >= row.DOT and code != row.MOST:
            return False
        for word in (row.O_TO, row.O_FROM, row.O_OTHER):
            if compiled.ops[at, word] >= row.C_SLOT:
                return False
    return compiled.head[row.H_SETS] <= row.TAIL_SETS


@bare_called_kernel
def make_end(
    terms, scales, largest, query, shop, rows, ends, plan, at, stage, rounded, how, key, context, place, position
):
    """Write and compile the end of a question; returns its number, NO_END where no more can be kept. Where it has no
    form for lines, its H_OPS is -1.

    plan: the beginning stands there up to `at`; place: of `end_of`.
    """
    number = ends.counts[0]
    if number == ENDS:
        return np.int64(NO_END)
    ends.counts[0] += 1
    ends.places[-1 - place] = number + 1
    ends.keys[number, 0], ends.keys[number, 1] = key, context
    ends.head[number, row.H_OPS] = -1
    ends.of[number, OF_LINE] = position
    code = write_end(plan, at, terms, stage, query, shop.scratch, shop.sets, rounded, how)
    compiled = row_plan(rows, 0)
    if code != 0 or not compile_beginning(plan, at, scales, largest, query[do.Q_NIGHTS], compiled):
        return number
    loosen(compiled)
    first = compiled.head[row.H_OPS]
    planes, loaded = compiled.head[row.H_PLANES], compiled.head[row.H_LOADED]
    compiled.head[row.H_PLANES], compiled.head[row.H_LOADED] = 0, 0
    if compile_end(plan, at, 1.0, 1, compiled) and _stands_alone(compiled, first):
        for field in range(row.H_FIELDS):
            ends.head[number, field] = compiled.head[field]
        ends.head[number, row.H_OPS] = compiled.head[row.H_OPS] - first
        for operation in range(compiled.head[row.H_OPS] - first):
            for word in range(row.OP_WORDS):
                ends.ops[number, operation, word] = compiled.ops[first + operation, word]
            for word in range(row.OP_NUMBERS):
                ends.numbers[number, operation, word] = compiled.numbers[first + operation, word]
        for word in range(compiled.head[row.H_SETS]):
            ends.bits[number, word] = compiled.bits[word]
        ends.of[number, OF_ONE_BY_ONE] = ends_one_by_one(plan, at)
    compiled.head[row.H_PLANES], compiled.head[row.H_LOADED] = planes, loaded
    return number


@bare_called_kernel
def store_lines(head, bits, columns, order, some, count, added, out):
    """What the columns hold for the lines at some positions: net, taxes and promotions, to be added where `added`."""
    running, sets = head[row.H_AT], head[row.H_SETS]
    with_taxes, flat = head[row.H_TAXES] != 0, head[row.H_FLAT]
    for place in range(count):
        line = order[some[place]]
        net = np.int64(columns[running, place])
        taxes = flat + (np.int64(columns[row.C_TAXES, place]) if with_taxes else 0)
        chosen = np.int64(columns[row.C_CHOSEN, place]) if sets > 1 else 0
        offers = bits[chosen] if sets > 0 else 0
        if added:
            net += out[do.A_NET, line]
            taxes += out[do.A_TAXES, line]
            offers |= out[do.A_OFFERS, line]
        out[do.A_CODE, line] = 0
        out[do.A_NET, line], out[do.A_TAXES, line], out[do.A_OFFERS, line] = net, taxes, offers


@called_kernel
def _finish_one_by_one(terms, askings, about, line, stage, query, shop, order, some, count, answer, out):
    """Taxes that the price contains and points, by the steps that define them: from the net amount on."""
    ask(query, askings, line, about)
    write_plan(terms, stage, query, shop.scratch, shop.sets, shop.plan)
    finish_lines(shop, order, some, count, answer, out)


@called_kernel
def finish_lines(shop, order, some, count, answer, out):
    """The same by the plan that stands in the workshop."""
    plan = shop.plan
    first = np.int64(0)
    while plan[first] != do.TAX and plan[first] != do.POINTS:
        first = plan[first + 1]
    values = carray(as_pointer(address_of(shop.weights)), (1, 1), np.int64)
    weights = carray(as_pointer(address_of(shop.weights)), (WEIGHTS, 1, 2), np.int64)
    weights[W_NOW, 0, 0] = 0
    for place in range(count):
        line = order[some[place]]
        answer[:] = 0
        put(shop.registers, R_RUNNING, wide(out[do.A_NET, line]), wide(1))
        put(shop.registers, R_AVERAGED, wide(out[do.A_NET, line]), wide(1))
        run(plan, first, shop.registers, values, shop.weights, weights, np.int64(-1), do.END, answer)
        out[do.A_TAXES, line], out[do.A_INCLUDED, line] = answer[do.A_NIGHT_TAXES], answer[do.A_INCLUDED]
        out[do.A_PAID, line], out[do.A_POINTS, line] = answer[do.A_PAID], answer[do.A_POINTS]
        out[do.A_CODE, line] = answer[do.A_CODE]


@called_kernel
def finish_ends(terms, askings, about, lines, order, begin, end, query, shop, rows, ends, work, out):
    """Work out the lines at positions begin..end - 1 from the amount before the promotions, end by end, in blocks."""
    starts, by_end, some, answer = work.starts, work.by_end, work.some, work.answer
    kinds = ends.counts[0]
    starts[: kinds + 1] = 0
    for position in range(begin, end):
        if work.end[position] >= 0:
            starts[work.end[position] + 1] += 1
    for kind in range(kinds):
        starts[kind + 1] += starts[kind]
    for position in range(begin, end):
        kind = work.end[position]
        if kind >= 0:
            by_end[starts[kind]] = position
            starts[kind] += 1
    first = np.int64(0)
    for kind in range(kinds):
        amount_at = ends.contexts[ends.keys[kind, 1], 5]
        while first < starts[kind]:
            count = min(starts[kind] - first, row.BLOCK)
            for place in range(count):
                some[place] = by_end[first + place]
                rows.columns[amount_at, place] = work.amount[some[place]]
            whole = (count + row.VECTOR - 1) // row.VECTOR * row.VECTOR
            for place in range(count, whole):
                rows.columns[amount_at, place] = 0.0
            run_ops(ends.ops, ends.numbers, kind, 0, ends.head[kind, row.H_OPS], rows.columns, whole)
            store_lines(ends.head[kind], ends.bits[kind], rows.columns, order, some, count, False, out)
            if ends.of[kind, OF_ONE_BY_ONE]:
                line = lines[order[ends.of[kind, OF_LINE]]]
                _finish_one_by_one(terms, askings, about, line, line[0], query, shop, order, some, count, answer, out)
            first += count
