"""The bounds of a stay: its amount, rounded where its stage rounds, and the nearest permitted price inside them."""

from __future__ import annotations

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.prices.prices import MODE_CEILING, MODE_FLOOR
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.registers import R_RUNNING, amount_of, get, put
from nightgrid.native.program.terms_of_rules import WHOLE_BP
from nightgrid.native.program.wide import TOO_LARGE, fraction_less, fraction_times, wide
from nightgrid.native.program.worth_rounding import rounded_as


@bare_called_kernel
def _rounded(mode, n, d, plan, at):
    """n/d to a permitted price in a mode, where the stage rounds."""
    if plan[at + do.BOUND_ROUNDING + 1] == 0:
        return n, d
    whole = rounded_as(mode, n, d, plan, at + do.BOUND_ROUNDING)
    return (wide(whole) if whole >= 0 else TOO_LARGE), wide(1)


@bare_called_kernel
def _inside(n, d, limit, over, is_floor):
    """n/d, or the limit where it lies beyond; TOO_LARGE where that cannot be told."""
    less = fraction_less(n, d, limit, over)
    if less < 0:
        return TOO_LARGE, wide(1)
    if (less == 1) == is_floor:
        return limit, over
    return n, d


@bare_called_kernel
def _side(n, d, plan, at, side, registers, values, scales):
    """n/d inside one side of the bounds: 0 = floor, 1 = ceiling."""
    mode = MODE_FLOOR if side == 1 else MODE_CEILING
    if plan[at + 1 + side] >= 0:
        m, e = _rounded(mode, wide(plan[at + 1 + side]), wide(1), plan, at)
        n, d = _inside(n, d, m, e, side == 0)
    if plan[at + 3 + side] >= 0:
        m, e = amount_of(plan[at], registers, values, scales)
        m, e = fraction_times(m, e, wide(plan[at + 3 + side]), wide(WHOLE_BP))
        m, e = _rounded(mode, m, e, plan, at)
        n, d = _inside(n, d, m, e, side == 0)
    return n, d


@bare_called_kernel
def bound(plan, at, registers, values, scales):
    """BOUND; returns whether the bounds changed the amount. Where they cross, the floor wins."""
    n, d = get(registers, R_RUNNING)
    n, d = _rounded(plan[at + do.BOUND_ROUNDING], n, d, plan, at)
    m, e = _side(n, d, plan, at, 1, registers, values, scales)
    m, e = _side(m, e, plan, at, 0, registers, values, scales)
    put(registers, R_RUNNING, m, e)
    return fraction_less(n, d, m, e) != 0 or fraction_less(m, e, n, d) != 0
