"""The steps of a plan as operations on columns, but for the offers (`row_offers`)."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_bounds import compile_bound
from nightgrid.native.program.row_emit import (
    add_amount,
    add_part_of,
    bound_of,
    checked,
    emit,
    keep,
    limit,
    mark,
    move,
    put_pair,
    refuse_plan,
    round_column,
    round_running,
    settle,
    times_factor,
)
from nightgrid.native.program.row_over import add_over, limit_over, round_over
from nightgrid.native.program.row_shares import compile_nights
from nightgrid.native.program.wide import wide
from nightgrid.native.program.worth_rounding import rounded_fraction


@bare_inlined_kernel
def _looks_back(steps, at, end):
    """Whether "before" is looked at until it is marked again."""
    at = steps[at + 1]
    while at < end and steps[at] != do.MARK and steps[at] != do.END:
        if steps[at] == do.CAP or steps[at] == do.LEAST:
            return True
        at = steps[at + 1]
    return False


@bare_inlined_kernel
def _spend(plan, steps, first, factor):
    """SPEND: the thresholds in order; of equal ones the first counts."""
    if plan.head[row.H_OVER]:
        refuse_plan(plan)
    den = plan.den[row.C_RUNNING]
    stage = plan.den[row.C_STAGE]
    count = steps[first]
    line = move(plan, row.SPEND, plan.head[row.H_STAGE])
    plan.numbers[line, 0] = factor
    last = np.int64(-1)
    pairs = 0
    for _ in range(count):
        lowest = np.int64(do.NO_BOUND)
        off = np.int64(0)
        for position in range(count):
            threshold = steps[first + 1 + 2 * position]
            if last < threshold < lowest:
                lowest = threshold
                off = steps[first + 2 + 2 * position]
        if lowest == do.NO_BOUND:
            break
        put_pair(plan, line, pairs, np.float64(lowest) * stage, checked(plan, np.float64(off) * den))
        pairs += 1
        last = lowest
    plan.ops[line, row.O_NUMBER] = pairs
    plan.top[row.C_RUNNING] = bound_of(plan, factor)


@bare_inlined_kernel
def _part(plan, steps, first, factor):
    """PART of a plane of nights or of a slot."""
    ref = steps[first]
    if ref < 0 or (ref >= row.PLANES_MAX and ref < do.FIRST_SLOT):
        refuse_plan(plan)
        return
    column = row.C_SLOT + ref - do.FIRST_SLOT if ref >= do.FIRST_SLOT else row.C_PLANE + ref
    if ref < do.FIRST_SLOT:
        plan.head[row.H_PLANES] |= 1 << ref
    by, over = np.float64(steps[first + 1]), np.float64(steps[first + 2])
    if plan.head[row.H_OVER]:
        add_over(plan, column, plan.den[column], by, over, factor)
    else:
        add_part_of(plan, column, by, over, factor)


@bare_inlined_kernel
def _reshares(steps, at, end):
    """Whether how the nights share the amount changes by what it was limited to."""
    at = steps[at + 1]
    while at < end and steps[at] != do.MARK and steps[at] != do.END:
        if steps[at] == do.RESHARE:
            return True
        at = steps[at + 1]
    return False


@bare_inlined_kernel
def _add(plan, by, over, factor):
    """ADD."""
    if plan.head[row.H_OVER]:
        add_over(plan, -1, 1.0, by, over, factor)
    else:
        add_amount(plan, by, over, factor)


@bare_inlined_kernel
def _limit(plan, kind, steps, at, end, factor):
    """CAP or LEAST; where nights are shared anew after it, they share what is left by the row."""
    if plan.head[row.H_OVER]:
        limit_over(plan, kind, np.float64(steps[at + 2]), factor)
    else:
        limit(plan, kind, np.float64(steps[at + 2]), factor)
    if _reshares(steps, at, end):
        plan.head[row.H_WEIGHTS] = 0


@bare_inlined_kernel
def compile_step(plan, steps, at, end, factor):
    """Any step but OFFERS, TAX and POINTS; returns the factor that is still to come. end: of the steps around it."""
    code = steps[at]
    first = at + 2
    if code == do.TIMES:
        return times_factor(plan, np.float64(steps[first]), np.float64(steps[first + 1]), factor)
    if code == do.SAVE:
        if plan.head[row.H_OVER]:
            refuse_plan(plan)
        keep(plan, row.C_SLOT + steps[first], factor)
        return factor
    if code == do.MARK:
        plan.head[row.H_BEFORE] = -1
        if not _looks_back(steps, at, end):
            return factor
        if plan.head[row.H_OVER]:
            refuse_plan(plan)
        settle(plan, factor)
        mark(plan, row.H_BEFORE, row.C_BEFORE)
    elif code == do.RESHARE:  # changes how the nights share the amount, which `shares` knows; no amount
        return factor
    elif (
        code == do.SHARE
        or code == do.MARGIN
        or code == do.FREE
        or code == do.TILE
        or code == do.NIGHTLY
        or code == do.PICK
    ):
        return compile_nights(plan, steps, at, factor)
    elif code == do.PART:
        _part(plan, steps, first, factor)
    elif code == do.ADD:
        _add(plan, np.float64(steps[first]), np.float64(steps[first + 1]), factor)
    elif code == do.SET:
        plan.head[row.H_OVER] = 0
        plan.numbers[move(plan, row.SET, 0), 0] = np.float64(steps[first])
        plan.den[row.C_RUNNING] = 1.0
        plan.top[row.C_RUNNING] = checked(plan, np.float64(steps[first]))
    elif code == do.ROUND:
        if plan.head[row.H_OVER]:
            round_over(plan, steps, first, factor)
        else:
            round_running(plan, steps, first, factor)
    elif code == do.CAP or code == do.LEAST:
        _limit(plan, row.CAP if code == do.CAP else row.LEAST, steps, at, end, factor)
    elif code == do.SPEND:
        _spend(plan, steps, first, factor)
    elif code == do.BOUND:
        if plan.head[row.H_OVER]:
            refuse_plan(plan)
        compile_bound(plan, steps, first, factor)
    else:
        refuse_plan(plan)
    if code != do.MARK:
        plan.head[row.H_SHARES] = 0
    return 1.0


@bare_called_kernel
def compile_tax(plan, steps, first):
    """TAX on a running amount that is whole minor units. Included taxes change no total."""
    plan.head[row.H_TAXED] = 1
    if steps[first + 4]:
        return
    if plan.den[row.C_RUNNING] != 1.0 or plan.head[row.H_OVER]:
        refuse_plan(plan)
        return
    plan.head[row.H_INSIDE] = 1
    anywhere = steps[first + 5] <= 0 and steps[first + 6] >= do.NO_BOUND
    running = plan.head[row.H_AT]
    top = 0.0
    if steps[first] != do.TAX_PERCENT:
        amount = rounded_fraction(wide(steps[first + 1]), wide(1), steps, first + 7)
        if amount < 0:
            refuse_plan(plan)
        elif anywhere:
            plan.head[row.H_FLAT] += amount
            plan.top[row.C_TAXES] = checked(plan, plan.top[row.C_TAXES] + np.float64(amount))
            return
        plan.numbers[emit(plan, row.SET, row.C_WORK, 0, 0, 0), 0] = np.float64(amount)
        top = np.float64(amount)
    else:
        top = _percent_tax(plan, steps, first, running, anywhere and plan.head[row.H_TAXES] == 0)
    plan.top[row.C_TAXES] = checked(plan, plan.top[row.C_TAXES] + top)
    if anywhere and plan.head[row.H_TAXES] == 0:
        plan.head[row.H_TAXES] = 1
        return
    if plan.head[row.H_TAXES] == 0:
        plan.numbers[emit(plan, row.SET, row.C_TAXES, 0, 0, 0), 0] = 0.0
        plan.head[row.H_TAXES] = 1
    at = emit(plan, row.TAXED, row.C_TAXES, running, row.C_WORK, 0)
    plan.numbers[at, 0] = np.float64(steps[first + 5]) if steps[first + 5] > 0 else -np.inf
    plan.numbers[at, 1] = np.float64(steps[first + 6]) if steps[first + 6] < do.NO_BOUND else np.inf


@bare_inlined_kernel
def _percent_tax(plan, steps, first, running, alone):
    """The percents of a tax, rounded: to the taxes where it stands alone so far and has no bracket, else to C_WORK.
    Returns their bound.
    """
    factor = np.float64(steps[first + 1])
    source, top, plus = running, plan.top[row.C_RUNNING], 0.0
    if steps[first + 3] == do.OF_CUMULATIVE:
        plus = np.float64(plan.head[row.H_FLAT]) * factor
        top += plan.top[row.C_TAXES]
        if plan.head[row.H_TAXES]:
            source = row.C_REST
            at = emit(plan, row.PART, source, running, row.C_TAXES, 0)
            plan.numbers[at, 0] = 1.0
            plan.numbers[at, 1] = 1.0
    to = row.C_TAXES if alone else row.C_WORK
    return round_column(
        plan, steps, first + 7, np.float64(steps[first + 2]), checked(plan, top), factor, plus, to, source
    )
