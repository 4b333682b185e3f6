"""Writing operations of a vector plan, and what is known of the columns: denominators and bounds.

The running amount has a factor that is still to come (`top` and the operations know it): a percent costs nothing until
something else is done to the amount, and then is part of that operation. All of it is put into its callers: to hand
a plan over costs more than most of these steps.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_inlined_kernel
from nightgrid.native.prices.prices import (
    MODE_CEILING,
    MODE_HALF_DOWN,
    MODE_HALF_EVEN,
    MODE_HALF_UP,
    MODE_UP,
    rounding_threshold,
)
from nightgrid.native.program import row_codes as row


@bare_inlined_kernel
def refuse_plan(plan):
    """There is no vector form."""
    plan.head[row.H_OPS] = -1


@bare_inlined_kernel
def is_refused(plan):
    """Whether there is no vector form."""
    return plan.head[row.H_OPS] < 0


@bare_inlined_kernel
def emit(plan, code, to, source, other, number):
    """Begin an operation; returns its place, 0 where the plan is full or refused."""
    at = plan.head[row.H_OPS]
    if at < 0 or at >= row.OPS_MAX:
        refuse_plan(plan)
        return 0
    plan.ops[at, row.O_CODE] = code
    plan.ops[at, row.O_TO] = to
    plan.ops[at, row.O_FROM] = source
    plan.ops[at, row.O_OTHER] = other
    plan.ops[at, row.O_NUMBER] = number
    plan.ops[at, row.O_AT] = plan.head[row.H_AT]
    inside = plan.head[row.H_INSIDE] != 0 or plan.head[row.H_OVER] != 0
    plan.ops[at, row.O_WHOLE] = not inside and code != row.LINE
    for field in range(row.OP_NUMBERS):
        plan.numbers[at, field] = 0.0
    plan.head[row.H_OPS] = at + 1
    return at


@bare_inlined_kernel
def move(plan, code, other):
    """Begin an operation on the running amount: what it makes goes to a column that nobody needs."""
    source = plan.head[row.H_AT]
    to = 0
    while to == source or to == plan.head[row.H_BEFORE] or to == plan.head[row.H_STAGE]:
        to += 1
    at = emit(plan, code, to, source, other, 0)
    plan.head[row.H_AT] = to
    return at


@bare_inlined_kernel
def checked(plan, value):
    """A bound of what is computed; without a vector form where that could be inexact."""
    if not value < row.EXACT:
        refuse_plan(plan)
    return value


@bare_inlined_kernel
def divisor_of(a, b):
    """Greatest common divisor of integers in float64 below 2^53; 1 for others, whose plan is refused."""
    if not (a < row.EXACT and b < row.EXACT):
        return 1.0
    if b == 1.0 or a == 1.0:
        return 1.0
    x, y = np.int64(a), np.int64(b)
    while x:
        x, y = y % x, x
    return np.float64(y)


@bare_inlined_kernel
def common_den(plan, a, b):
    """The least common multiple of two denominators."""
    if a == b or is_refused(plan):
        return a
    return checked(plan, a / divisor_of(a, b) * b)


@bare_inlined_kernel
def times_factor(plan, by, over, factor):
    """running *= by / over; returns the factor that is still to come."""
    den = plan.den[row.C_RUNNING]
    common = divisor_of(by, den)
    by /= common
    den /= common
    common = divisor_of(factor, over)
    factor /= common
    over /= common
    plan.den[row.C_RUNNING] = checked(plan, den * over)
    return checked(plan, factor * by)


@bare_inlined_kernel
def bound_of(plan, factor):
    """The largest numerator of the running amount with its factor; it must be exact."""
    return checked(plan, plan.top[row.C_RUNNING] * factor)


@bare_inlined_kernel
def settle(plan, factor):
    """Do what is still to come, so that the column holds the amount."""
    if factor != 1.0:
        plan.top[row.C_RUNNING] = bound_of(plan, factor)
        plan.top[row.C_SUM] *= factor
        plan.numbers[move(plan, row.SCALE, 0), 0] = factor
        if plan.head[row.H_SHARES]:
            for night in range(plan.head[row.H_NIGHTS]):
                plan.shares[0, night] *= factor


@bare_inlined_kernel
def keep(plan, column, factor):
    """Copy the running amount to a slot."""
    plan.numbers[emit(plan, row.SCALE, column, plan.head[row.H_AT], 0, 0), 0] = factor
    plan.den[column] = plan.den[row.C_RUNNING]
    plan.top[column] = bound_of(plan, factor)


@bare_inlined_kernel
def mark(plan, head, column):
    """Let nothing overwrite the running amount as it is now: H_BEFORE or H_STAGE, with C_BEFORE or C_STAGE."""
    plan.head[head] = plan.head[row.H_AT]
    plan.den[column] = plan.den[row.C_RUNNING]
    plan.top[column] = plan.top[row.C_RUNNING]


@bare_inlined_kernel
def add_amount(plan, by, over, factor):
    """running += by / over, never below 0."""
    den = plan.den[row.C_RUNNING]
    common = common_den(plan, den, over)
    at = move(plan, row.ADD, 0)
    plan.numbers[at, 0] = checked(plan, common / den * factor)
    plan.numbers[at, 1] = by * (common / over)
    checked(plan, abs(by) * (common / over))
    top = checked(plan, bound_of(plan, factor) * (common / den))
    plan.top[row.C_RUNNING] = checked(plan, top + max(plan.numbers[at, 1], 0.0))
    plan.den[row.C_RUNNING] = common


@bare_inlined_kernel
def add_part_of(plan, column, by, over, factor):
    """running += by / over of another column, never below 0."""
    den = plan.den[row.C_RUNNING]
    other = plan.den[column]
    common = divisor_of(abs(by), other)
    by /= common
    over = checked(plan, over * (other / common))
    common = common_den(plan, den, over)
    at = move(plan, row.PART, column)
    plan.numbers[at, 0] = checked(plan, common / den * factor)
    plan.numbers[at, 1] = by * (common / over)
    moved = checked(plan, plan.top[column] * (abs(by) * (common / over)))
    top = checked(plan, bound_of(plan, factor) * (common / den))
    plan.top[row.C_RUNNING] = checked(plan, top + (moved if by > 0.0 else 0.0))
    plan.den[row.C_RUNNING] = common


@bare_inlined_kernel
def limit(plan, code, amount, factor):
    """CAP and LEAST: not below what stands in "before", less an amount or at most an amount."""
    den = plan.den[row.C_RUNNING]
    before = plan.den[row.C_BEFORE]
    common = common_den(plan, den, before)
    at = move(plan, code, plan.head[row.H_BEFORE])
    plan.numbers[at, 0] = checked(plan, common / den * factor)
    plan.numbers[at, 1] = common / before
    plan.numbers[at, 2] = checked(plan, amount * common)
    low = checked(plan, plan.top[row.C_BEFORE] * (common / before))
    if code == row.LEAST:
        low = min(low, plan.numbers[at, 2])
    plan.top[row.C_RUNNING] = max(checked(plan, bound_of(plan, factor) * (common / den)), low)
    plan.den[row.C_RUNNING] = common


@bare_inlined_kernel
def round_running(plan, steps, at, factor):
    """Round the running amount as the fields of a ROUND step say."""
    first = plan.head[row.H_OPS]
    source = plan.head[row.H_AT]
    to = 0
    while to == source or to == plan.head[row.H_BEFORE] or to == plan.head[row.H_STAGE]:
        to += 1
    den, top = plan.den[row.C_RUNNING], plan.top[row.C_RUNNING]
    plan.top[row.C_RUNNING] = round_column(plan, steps, at, den, top, factor, 0.0, to, source)
    plan.den[row.C_RUNNING] = 1.0
    if first >= 0:
        plan.head[row.H_AT] = to


@bare_inlined_kernel
def round_column(plan, steps, at, den, top, factor, plus, to, source):
    """(source x factor + plus) / den, rounded as the fields of a ROUND step say: mode, step, endings. top: bound of the
    source [in]. Returns the bound of the result.
    """
    mode = steps[at]
    step = np.float64(steps[at + 1])
    endings = steps[at + 2]
    whole = den * step
    top = top * factor + plus
    if is_refused(plan) or not whole < row.WIDE_DENOMINATOR or not top / whole < row.LIGHT:
        refuse_plan(plan)
        return 0.0
    if not top + 2.0 * whole < row.LIGHT:
        if endings > 0 or plus != 0.0:
            refuse_plan(plan)
            return 0.0
        threshold, even = rounding_threshold(mode, whole)
        line = emit(plan, row.ROUND_WIDE, to, source, 0, 0)
        x = plan.numbers[line]
        x[0], x[1], x[2], x[3], x[4], x[5] = factor, whole, 1.0 / whole, threshold, even, step
    elif endings > 1:
        if plus != 0.0 or (mode == MODE_HALF_EVEN and endings & 1):  # which ending is even depends on the block
            refuse_plan(plan)
            return 0.0
        _round_to_endings(plan, steps, at, den, factor, to, source)
    else:
        ending = np.float64(steps[at + 3]) if endings == 1 else 0.0
        _round_once(plan, mode, step, ending, den, factor, plus, to, source)
    return checked(plan, (np.floor(top / whole) + 2.0) * step)


@bare_inlined_kernel
def _round_once(plan, mode, step, ending, den, factor, plus, to, source):
    """To multiples of a step, or to one ending."""
    whole = den * step
    half = np.floor(whole * 0.5)
    even = mode == MODE_HALF_EVEN and 2.0 * half == whole
    shift = 0.0
    if mode == MODE_HALF_UP or mode == MODE_HALF_EVEN:
        shift = half
    elif mode == MODE_HALF_DOWN:
        shift = whole - half - 1.0
    elif mode == MODE_UP or mode == MODE_CEILING:
        shift = whole - 1.0
    x = plan.numbers[emit(plan, row.ROUND_EVEN if even else row.ROUND, to, source, 0, 0)]
    x[0], x[1], x[2] = factor, plus + shift + 0.5 - ending * den, 1.0 / whole
    x[3], x[4], x[5] = step, ending, whole


@bare_inlined_kernel
def _round_to_endings(plan, steps, at, den, factor, to, source):
    """To the nearest of several endings: from which rest on which of them is the nearest, the lowest first."""
    mode = steps[at]
    block = np.float64(steps[at + 1])
    endings = steps[at + 2]
    line = emit(plan, row.ENDINGS, to, source, 0, endings + 1)
    below = np.float64(steps[at + 2 + endings]) - block
    x = plan.numbers[line]
    x[0], x[1], x[2] = factor, block * den, 1.0 / (block * den)
    x[3], x[4], x[5] = block, below, np.float64(steps[at + 3])
    for position in range(endings + 1):
        ending = np.float64(steps[at + 3 + position]) if position < endings else steps[at + 3] + block
        reached = ending * den  # exactly this one
        goes_up = mode == MODE_HALF_UP or (mode == MODE_HALF_EVEN and position & 1 == 0)
        if goes_up:  # the one below an even place is odd
            reached = np.ceil((below + ending) * den * 0.5)
        elif mode == MODE_HALF_DOWN or mode == MODE_HALF_EVEN:
            reached = np.floor((below + ending) * den * 0.5) + 1.0
        elif mode == MODE_UP or mode == MODE_CEILING:
            reached = below * den + 1.0
        put_pair(plan, line, position, reached, ending)
        below = ending


@bare_inlined_kernel
def put_pair(plan, line, pair, first, second):
    """The next pair of numbers after an operation; those that are never put are not reached."""
    at = line + 1 + pair // 3
    if pair % 3 == 0:
        emit(plan, row.LINE, 0, 0, 0, 0)
    if not is_refused(plan):
        if pair % 3 == 0:
            plan.numbers[at, :] = np.inf
        plan.numbers[at, 2 * (pair % 3)] = first
        plan.numbers[at, 2 * (pair % 3) + 1] = second
