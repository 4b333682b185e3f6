"""The bounds of a stay as operations on columns."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.prices.prices import MODE_CEILING, MODE_FLOOR
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_emit import (
    bound_of,
    checked,
    common_den,
    divisor_of,
    move,
    refuse_plan,
    round_column,
    round_running,
)
from nightgrid.native.program.terms_of_rules import WHOLE_BP
from nightgrid.native.program.wide import wide
from nightgrid.native.program.worth_rounding import rounded_as


@bare_called_kernel
def _amount(plan, amount, is_floor, factor):
    """running x factor, or an amount where it lies beyond."""
    den = plan.den[row.C_RUNNING]
    top = bound_of(plan, factor)
    at = move(plan, row.CAP if is_floor else row.MOST, plan.head[row.H_AT])
    limit = checked(plan, amount * den)
    plan.numbers[at, 0] = factor
    plan.numbers[at, 1] = 0.0 if is_floor else factor
    plan.numbers[at, 2] = -limit if is_floor else limit
    plan.top[row.C_RUNNING] = max(top, limit) if is_floor else min(top, limit)


@bare_called_kernel
def _column(plan, column, by, over, is_floor, factor):
    """The same with by / over of a column."""
    den, other = plan.den[row.C_RUNNING], plan.den[column]
    common = divisor_of(by, other)
    by /= common
    over = checked(plan, over * (other / common))
    common = common_den(plan, den, over)
    top = checked(plan, bound_of(plan, factor) * (common / den))
    at = move(plan, row.CAP if is_floor else row.MOST, column)
    plan.numbers[at, 0] = checked(plan, common / den * factor)
    plan.numbers[at, 1] = by * (common / over)
    plan.numbers[at, 2] = 0.0 if is_floor else np.inf
    limit = checked(plan, plan.top[column] * (by * (common / over)))
    plan.top[row.C_RUNNING] = max(top, limit) if is_floor else min(top, limit)
    plan.den[row.C_RUNNING] = common


@bare_called_kernel
def _share(plan, steps, at, basis_points, mode, is_floor, factor):
    """The same with basis points of the base prices, to a permitted price where the stage rounds."""
    ref = steps[at]
    if ref < 0 or ref >= row.PLANES_MAX:
        refuse_plan(plan)
        return
    column = row.C_PLANE + ref
    plan.head[row.H_PLANES] |= 1 << ref
    common = divisor_of(np.float64(basis_points), np.float64(WHOLE_BP))
    by, over = np.float64(basis_points) / common, np.float64(WHOLE_BP) / common
    rounding = at + do.BOUND_ROUNDING
    if steps[rounding + 1] == 0:
        _column(plan, column, by, over, is_floor, factor)
        return
    if steps[rounding + 2] > 1:  # several endings need the column that the limit would stand in
        refuse_plan(plan)
        return
    common = divisor_of(by, plan.den[column])
    den = checked(plan, plan.den[column] / common * over)
    inside, kept = plan.head[row.H_INSIDE], steps[rounding]
    plan.head[row.H_INSIDE] = 1  # C_WORK matters until it is compared
    steps[rounding] = mode
    top = round_column(plan, steps, rounding, den, plan.top[column], by / common, 0.0, row.C_WORK, column)
    steps[rounding] = kept
    plan.den[row.C_WORK], plan.top[row.C_WORK] = 1.0, top
    _column(plan, row.C_WORK, 1.0, 1.0, is_floor, factor)
    plan.head[row.H_INSIDE] = inside


@bare_called_kernel
def _side(plan, steps, at, side, factor):
    """One side, 0 = floor, 1 = ceiling; returns the factor that is still to come."""
    mode = MODE_FLOOR if side == 1 else MODE_CEILING
    amount = steps[at + 1 + side]
    if amount >= 0:
        if steps[at + do.BOUND_ROUNDING + 1] > 0:
            amount = rounded_as(mode, wide(amount), wide(1), steps, at + do.BOUND_ROUNDING)
        if amount < 0:
            refuse_plan(plan)
        _amount(plan, np.float64(amount), side == 0, factor)
        factor = 1.0
    if steps[at + 3 + side] >= 0:
        _share(plan, steps, at, steps[at + 3 + side], mode, side == 0, factor)
        factor = 1.0
    return factor


@bare_called_kernel
def compile_bound(plan, steps, at, factor):
    """BOUND: round, then the ceiling, then the floor."""
    if steps[at + do.BOUND_ROUNDING + 1] > 0:
        round_running(plan, steps, at + do.BOUND_ROUNDING, factor)
        factor = 1.0
    factor = _side(plan, steps, at, 1, factor)
    _side(plan, steps, at, 0, factor)
