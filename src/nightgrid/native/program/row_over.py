"""Shares of single nights of an amount that is not their sum: over a denominator of the row's own.

Once an amount was added or rounded, a night has the amount x its weight / the sum of the weights. As long as the
weights are nights, each times a number that does not depend on the row, that sum is a column (C_OVER), and the amount
is a numerator over its denominator times that column: a factor for each night multiplies it by one sum and divides it
by the other. What is added to it or compared with it is brought over the same column; a rounding divides by it,
exactly. One such sum at a time: what is shared twice without a rounding between goes row by row.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.prices.prices import MODE_HALF_EVEN
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_emit import (
    bound_of,
    checked,
    common_den,
    divisor_of,
    emit,
    is_refused,
    move,
    put_pair,
    refuse_plan,
    settle,
)

#: Whose weights a sum is of.
_ALL = 0
_BY_FACTOR = 1
_INSIDE = 2
_OUTSIDE = 3


@bare_called_kernel
def _sum_weights(plan, column, which):
    """A column: the sum of the nights' weights, each times its factor, or those with a factor, or without one. Returns
    its bound.
    """
    nights = plan.head[row.H_NIGHTS]
    line = emit(plan, row.DOT, column, 0, 0, nights)
    plan.head[row.H_LOADED] = 1
    most = 0.0
    for night in range(nights):
        if night % row.OP_NUMBERS == 0:
            emit(plan, row.LINE, 0, 0, 0, 0)
        if is_refused(plan):
            return 0.0
        number, factor = plan.shares[0, night], plan.shares[2, night]
        if which == _BY_FACTOR:
            number = checked(plan, number * factor)
        elif (which == _INSIDE and factor == 0.0) or (which == _OUTSIDE and factor != 0.0):
            number = 0.0
        plan.numbers[line + 1 + night // row.OP_NUMBERS, night % row.OP_NUMBERS] = number
        most = max(most, number)
    return checked(plan, plan.top[row.C_PLANE] * most)


@bare_called_kernel
def prepare_over(plan):
    """C_OVER: the sum of the weights."""
    nights = plan.head[row.H_NIGHTS]
    common = 0.0
    for night in range(nights):
        weight = checked(plan, plan.shares[0, night])
        if weight != 0.0 and not is_refused(plan):
            common = divisor_of(common, weight) if common != 0.0 else weight
    if is_refused(plan):
        return
    if common == 0.0:  # no night weighs anything, whatever the row
        refuse_plan(plan)
        return
    for night in range(nights):
        plan.shares[0, night] /= common
    inside = plan.head[row.H_INSIDE]
    top = _sum_weights(plan, row.C_SUM, _ALL)
    plan.head[row.H_INSIDE] = 1
    plan.numbers[emit(plan, row.OVER_SUM, row.C_OVER, row.C_SUM, 0, 0), 0] = np.float64(nights)
    plan.head[row.H_INSIDE] = inside
    plan.top[row.C_OVER] = max(top, np.float64(nights))
    plan.head[row.H_READY] = 1


@bare_called_kernel
def _begin_over(plan, factor):
    """What is still to come is done, and C_OVER stands ready; False where there is no such form."""
    if plan.head[row.H_WEIGHTS] == 0 or plan.head[row.H_OVER] or plan.head[row.H_SHARES]:
        refuse_plan(plan)
        return False
    settle(plan, factor)
    if plan.head[row.H_READY] == 0:
        if plan.head[row.H_CHOICE]:
            refuse_plan(plan)
            return False
        prepare_over(plan)
    return not is_refused(plan)


@bare_called_kernel
def share_over(plan, over, factor):
    """Every night of an amount by its own factor, `shares[2]`, over a denominator. Nothing is still to come then."""
    nights = plan.head[row.H_NIGHTS]
    if not _begin_over(plan, factor):
        return
    common = over
    for night in range(nights):
        if plan.shares[2, night] != 0.0:
            common = divisor_of(common, plan.shares[2, night])
    most, alike = 0.0, 0.0
    for night in range(nights):
        plan.shares[2, night] /= common
        most = max(most, plan.shares[2, night])
        alike += plan.shares[2, night]
    inside = plan.head[row.H_INSIDE]
    plan.head[row.H_INSIDE] = 1
    top = _sum_weights(plan, row.C_WORK, _BY_FACTOR)
    line = move(plan, row.OVER_SHARE, row.C_WORK)
    plan.head[row.H_INSIDE] = inside
    if is_refused(plan):
        return
    plan.numbers[line, 1] = alike
    plan.den[row.C_RUNNING] = checked(plan, plan.den[row.C_RUNNING] * (over / common))
    plan.top[row.C_SUM] = checked(plan, plan.top[row.C_RUNNING] * most)
    plan.top[row.C_RUNNING] = checked(plan, plan.top[row.C_RUNNING] * max(top, alike))
    plan.head[row.H_OVER], plan.head[row.H_WEIGHTS] = 1, 0


@bare_called_kernel
def off_over(plan, amount, factor):
    """An amount off what some nights have, those with a factor in `shares[2]`; at most all of it."""
    if not _begin_over(plan, factor):
        return
    some = 0.0
    for night in range(plan.head[row.H_NIGHTS]):
        some += 1.0 if plan.shares[2, night] != 0.0 else 0.0
    inside = plan.head[row.H_INSIDE]
    plan.head[row.H_INSIDE] = 1
    _sum_weights(plan, row.C_WORK, _OUTSIDE)
    _sum_weights(plan, row.C_REST, _INSIDE)
    line = move(plan, row.OVER_OFF, row.C_WORK)
    plan.head[row.H_INSIDE] = inside
    if is_refused(plan):
        return
    over = plan.top[row.C_OVER]
    plan.numbers[line, 1] = checked(plan, amount * plan.den[row.C_RUNNING])
    plan.numbers[line, 2], plan.numbers[line, 3] = np.float64(plan.head[row.H_NIGHTS]) - some, some
    checked(plan, plan.numbers[line, 1] * over)
    plan.top[row.C_SUM] = plan.top[row.C_RUNNING]
    plan.top[row.C_RUNNING] = checked(plan, plan.top[row.C_RUNNING] * over)
    plan.head[row.H_OVER], plan.head[row.H_WEIGHTS] = 1, 0


@bare_called_kernel
def bring_over(plan, factor):
    """The running amount, which is over nothing, over C_OVER."""
    line = move(plan, row.OVER_TIMES, row.C_OVER)
    plan.numbers[line, 0] = factor
    plan.top[row.C_SUM] = bound_of(plan, factor)
    plan.top[row.C_RUNNING] = checked(plan, plan.top[row.C_SUM] * plan.top[row.C_OVER])
    plan.head[row.H_OVER] = 1


@bare_called_kernel
def add_over(plan, column, den, by, over, factor):
    """running += by / over of another column over `den`, which is over nothing; column -1: of 1. Never below 0."""
    common = divisor_of(abs(by), den)
    by /= common
    over = checked(plan, over * (den / common))
    mine = plan.den[row.C_RUNNING]
    common = common_den(plan, mine, over)
    line = move(plan, row.OVER_PART, max(column, 0))
    if is_refused(plan):
        return
    by = by * (common / over)
    plan.numbers[line, 0] = checked(plan, common / mine * factor)
    plan.numbers[line, 1], plan.numbers[line, 2] = (by, 0.0) if column >= 0 else (0.0, by)
    other = checked(plan, abs(by) * (plan.top[column] if column >= 0 else 1.0))
    moved = checked(plan, other * plan.top[row.C_OVER])
    plan.top[row.C_SUM] = checked(plan, plan.top[row.C_SUM] * plan.numbers[line, 0]) + (other if by > 0.0 else 0.0)
    top = checked(plan, bound_of(plan, factor) * (common / mine))
    plan.top[row.C_RUNNING] = checked(plan, top + (moved if by > 0.0 else 0.0))
    plan.den[row.C_RUNNING] = common


@bare_called_kernel
def limit_over(plan, code, amount, factor):
    """CAP and LEAST of an amount that is over C_OVER, by a "before" that is not."""
    den, before = plan.den[row.C_RUNNING], plan.den[row.C_BEFORE]
    common = common_den(plan, den, before)
    line = move(plan, row.OVER_CAP if code == row.CAP else row.OVER_LEAST, plan.head[row.H_BEFORE])
    if is_refused(plan):
        return
    plan.numbers[line, 0] = checked(plan, common / den * factor)
    plan.numbers[line, 1] = common / before
    plan.numbers[line, 2] = checked(plan, amount * common)
    low = checked(plan, plan.top[row.C_BEFORE] * (common / before))
    over = plan.top[row.C_OVER]
    checked(plan, max(low, plan.numbers[line, 2]) * over)
    plan.top[row.C_SUM] = max(checked(plan, plan.top[row.C_SUM] * plan.numbers[line, 0]), low)
    top = checked(plan, bound_of(plan, factor) * (common / den))
    plan.top[row.C_RUNNING] = max(top, low * over)
    plan.den[row.C_RUNNING] = common


@bare_inlined_kernel
def round_over(plan, steps, at, factor):
    """Round an amount that is over C_OVER as the fields of a ROUND step say."""
    step = np.float64(steps[at + 1])
    whole = plan.den[row.C_RUNNING] * step
    amount = plan.top[row.C_SUM] * factor
    endings = steps[at + 2]
    if not whole * plan.top[row.C_OVER] < row.WIDE_DENOMINATOR or not amount / whole < row.LIGHT:
        refuse_plan(plan)
        return
    if steps[at] == MODE_HALF_EVEN and endings & 1:  # which ending is even depends on the block
        refuse_plan(plan)
        return
    bound_of(plan, factor)
    line = move(plan, row.OVER_ENDINGS if endings > 0 else row.OVER_ROUND, 0)
    if is_refused(plan):
        return
    plan.ops[line, row.O_NUMBER] = steps[at]
    plan.numbers[line, 0], plan.numbers[line, 1], plan.numbers[line, 5] = factor, whole, step
    if endings > 0:
        plan.ops[line, row.O_NUMBER] = endings + 1
        plan.numbers[line, 2], plan.numbers[line, 3] = plan.den[row.C_RUNNING], step
        plan.numbers[line, 4] = np.float64(steps[at])
        below = np.float64(steps[at + 2 + endings]) - step  # the last of the block before
        for position in range(endings + 1):
            ending = np.float64(steps[at + 3 + position]) if position < endings else steps[at + 3] + step
            put_pair(plan, line, position, below, ending)
            below = ending
    plan.top[row.C_RUNNING] = checked(plan, (np.floor(amount / whole) + 2.0) * step)
    plan.den[row.C_RUNNING] = 1.0
    plan.head[row.H_OVER] = 0
    if plan.head[row.H_CHOICE] == 0:
        plan.head[row.H_READY] = 0
