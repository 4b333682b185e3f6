"""An exact amount of a night as a permitted price: a step, price endings, and the mode of a rounding."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel, kernel
from nightgrid.native.prices.prices import (
    MODE_CEILING,
    MODE_HALF_DOWN,
    MODE_HALF_EVEN,
    MODE_HALF_UP,
    MODE_UP,
)

_LIMIT = 2.0**62


@bare_inlined_kernel
def fits(a, b):
    """Whether a product of two numbers stays well inside int64."""
    return abs(np.float64(a) * np.float64(b)) < _LIMIT


@kernel
def _goes_up(mode, odd, twice_rest, whole):
    if mode == MODE_HALF_UP:
        return twice_rest >= whole
    if mode == MODE_HALF_DOWN:
        return twice_rest > whole
    if mode == MODE_HALF_EVEN:
        return twice_rest > whole or (twice_rest == whole and odd)
    return mode == MODE_UP or mode == MODE_CEILING


@bare_called_kernel
def rounded_night(n, d, roundings, at, mode):
    """n/d >= 0 as a permitted price, int64; -1 where it is too large. mode: of the rounding, or another."""
    step = roundings[at + 1]
    endings = roundings[at + 2]
    if not fits(d, 2 * step):
        return np.int64(-1)
    whole = d * step
    quotient = n // whole
    rest = n - quotient * whole
    if endings == 0:
        up = rest > 0 and _goes_up(mode, quotient & 1, 2 * rest, whole)
        return (quotient + up) * step
    lower = roundings[at + 2 + endings] - step
    place = quotient * endings - 1
    upper = roundings[at + 3]
    position = 0
    while position < endings and rest >= d * roundings[at + 3 + position]:
        lower = roundings[at + 3 + position]
        place += 1
        position += 1
        upper = roundings[at + 3 + position] if position < endings else roundings[at + 3] + step
    if quotient == 0 and lower < 0:
        return np.int64(upper)
    if rest == d * lower:
        return quotient * step + lower
    # The rest counts from the lower neighbour, and the whole is the way to the upper one.
    up = _goes_up(mode, place & 1, 2 * (rest - d * lower), d * (upper - lower))
    return quotient * step + (upper if up else lower)
