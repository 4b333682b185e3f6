"""Rounding an exact fraction to a price: to multiples of a step, or to prices with certain endings."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.prices.prices import MODE_CEILING, MODE_HALF_DOWN, MODE_HALF_EVEN, MODE_HALF_UP, MODE_UP
from nightgrid.native.program.wide import add_wide, divided, is_zero, less_wide, multiply_wide, times, wide


@bare_called_kernel
def _upper(mode, odd, above):
    """Whether to go to the upper of two neighbours; above: -1, 0, 1 = before, at, past the middle."""
    if mode == MODE_HALF_UP:
        return above >= 0
    if mode == MODE_HALF_DOWN:
        return above > 0
    if mode == MODE_HALF_EVEN:
        return above > 0 or (above == 0 and odd)
    return mode == MODE_UP or mode == MODE_CEILING


@bare_called_kernel
def _compare(a, b):
    return -1 if less_wide(a, b) else (1 if less_wide(b, a) else 0)


@bare_called_kernel
def rounded_fraction(n, d, plan, at):
    """n/d >= 0 rounded as the fields of a ROUND step at `at` say: int64, or -1 where it is too large."""
    return rounded_as(plan[at], n, d, plan, at)


@bare_called_kernel
def rounded_as(mode, n, d, plan, at):
    """The same in another mode."""
    step = plan[at + 1]
    endings = plan[at + 2]
    whole = times(d, wide(step))
    quotient, rest = divided(n, whole)
    if quotient < 0 or quotient > 2**62 // step:
        return np.int64(-1)
    if endings == 0:
        if is_zero(rest):
            return quotient * step
        above = _compare(add_wide(rest, rest), whole)
        return (quotient + _upper(mode, quotient & 1, above)) * step
    # Permitted are k x step + ending. The last of the block before and the first of the next one are neighbours too.
    lower = plan[at + 2 + endings] - step
    place = quotient * endings - 1
    upper = plan[at + 3]
    position = 0
    while position < endings and not less_wide(rest, multiply_wide(d, wide(plan[at + 3 + position]))):
        lower = plan[at + 3 + position]
        place += 1
        position += 1
        upper = plan[at + 3 + position] if position < endings else plan[at + 3] + step
    if quotient == 0 and lower < 0:
        return np.int64(upper)
    if lower >= 0 and _compare(rest, multiply_wide(d, wide(lower))) == 0:
        return quotient * step + lower
    middle = multiply_wide(d, wide(abs(lower + upper)))
    above = 1 if lower + upper < 0 else _compare(add_wide(rest, rest), middle)
    return quotient * step + (upper if _upper(mode, place & 1, above) else lower)
