"""Exact prices: one definition of rounding, of a night's price and of a stay's price, for quote, search and cube.

Division is done in floating point and corrected by its exact remainder. For integers a, b < 2^53 and d <= 2^51 with
a*b/d < 2^50: hi = a*b rounded, lo = fma(a, b, -hi) is its exact error, so hi + lo = a*b. q = floor(hi / d) differs from
the true floor by at most one; hi - q*d is then an integer below 2^53, so fma(-q, d, hi) + lo is the exact remainder
and one correction gives the exact floor (Dekker 1971; Ogita, Rump, Oishi 2005). The compiler of rule books proves
these bounds for each book before its tables get here. No result depends on an approximation.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nightgrid.native.base.jit import kernel

POLICY_DEFAULT = 0
POLICY_NIGHT = 1
POLICY_TOTAL = 2
POLICY_STEP = 3

#: Positions in a book's terms, int64 (see `terms` in `rounded_ratio`'s callers).
T_POLICY = 0
T_MODE = 1
T_INCREMENT = 2
T_NIGHT_DEN = 3  # denominator of a night's factor
T_NIGHT_SCALE = 4  # nights are kept as price x scale (1 unless the policy keeps them unrounded)
T_LOS_DEN = 5
T_LEAD_DEN = 6
T_TIER_DEN = 7
T_TERMS = 8

MODE_HALF_UP = 0
MODE_HALF_EVEN = 1
MODE_HALF_DOWN = 2
MODE_UP = 3
MODE_DOWN = 4
MODE_CEILING = 5
MODE_FLOOR = 6


@intrinsic
def fused_multiply_add(typing_context, a, b, c):
    """a*b + c with one rounding (IEEE 754 fusedMultiplyAdd); the exact remainder depends on it."""

    def generate(context, builder, signature, args):
        double = ir.DoubleType()
        name = "llvm.fma.f64"
        function = builder.module.globals.get(name)
        if function is None:
            function = ir.Function(builder.module, ir.FunctionType(double, [double] * 3), name)
        return builder.call(function, list(args))

    return types.float64(types.float64, types.float64, types.float64), generate


@kernel
def rounding_threshold(mode, denominator):
    """(threshold, even): a non-negative quotient with remainder r goes up iff 2r >= threshold - (even and odd
    quotient).
    """
    if mode == MODE_HALF_UP:
        return denominator, 0.0
    if mode == MODE_HALF_EVEN:
        return denominator + 1.0, 1.0
    if mode == MODE_HALF_DOWN:
        return denominator + 1.0, 0.0
    if mode == MODE_UP or mode == MODE_CEILING:
        return 1.0, 0.0
    return 2.0 * denominator, 0.0


@kernel
def rounded_ratio(a, b, denominator, inverse, threshold, even):
    """a*b/denominator rounded to an integer, all float64 that hold exact integers >= 0; inverse = 1/denominator."""
    high = a * b
    low = fused_multiply_add(a, b, -high)
    quotient = np.floor(high * inverse)
    remainder = fused_multiply_add(-quotient, denominator, high) + low
    under = 1.0 if remainder < 0.0 else 0.0
    over = 1.0 if remainder >= denominator else 0.0
    quotient = quotient - under + over
    remainder = remainder + under * denominator - over * denominator
    odd = quotient - 2.0 * np.floor(quotient * 0.5)
    return quotient + (1.0 if 2.0 * remainder >= threshold - even * odd else 0.0)


@kernel
def rounded_half_up(a, b, denominator, inverse, half):
    """`rounded_ratio` for the commonest mode, in half the operations: half = denominator / 2.

    The nearest integer of the approximate quotient is off by at most one, and its exact remainder lies within one
    denominator, so a single correction gives half up; ties cost nothing, because nothing branches.
    """
    high = a * b
    low = fused_multiply_add(a, b, -high)
    quotient = np.rint(high * inverse)
    remainder = fused_multiply_add(-quotient, denominator, high) + low
    over = 1.0 if remainder >= half else 0.0
    under = 1.0 if remainder < -half else 0.0
    return quotient + over - under


#: Up to here, for the product and for the denominator, `rounded_narrow` is exact.
NARROW_MAX = 2.0**48


@kernel
def half_added(a, b, above):
    """A number whose floor is a*b/denominator rounded half up, for small products: integers a, b >= 0, a*b and the
    denominator at most NARROW_MAX; above: the next float64 above 1/denominator.

    The product is exact, and above * product is never too small; adding a half rounds monotonically, so the sum
    reaches every integer that the exact one reaches. Nor does it reach more: an exact sum below an integer is below it
    by at least 1 / (2 denominator), and the error is less than 3.5 * 2^-52 of a sum that is at most quotient + 1.5.
    """
    return fused_multiply_add(a * b, above, 0.5)


@kernel
def rounded_narrow(a, b, above):
    """`rounded_half_up` where `half_added` is exact."""
    return np.floor(half_added(a, b, above))


@kernel
def round_to(a, b, denominator, mode, increment):
    """a*b/denominator rounded to a multiple of `increment`; integers in, int64 out. For single prices."""
    whole = np.float64(denominator) * np.float64(increment)
    threshold, even = rounding_threshold(mode, whole)
    return np.int64(rounded_ratio(np.float64(a), np.float64(b), whole, 1.0 / whole, threshold, even)) * increment


@kernel
def bounded(value, low, high):
    """value inside [low, high]; high < 0 = no ceiling; low wins where the two cross."""
    if high >= 0 and value > high:
        value = high
    return max(value, low)


@kernel
def night_value(base, season_num, floor_bp, ceiling_bp, floor_minor, ceiling_minor, terms):
    """One night of one product, as price x T_NIGHT_SCALE, int64.

    base: minor units; season_num / T_NIGHT_DEN: factor of the night; floor_bp, ceiling_bp: share of base in basis
    points (0 and -1 = none); floor_minor, ceiling_minor: minor units (0 and -1 = none). The tighter bound holds, the
    floor wins. Policies default and step round here and keep the nearest permitted multiple; night and total keep the
    exact value.
    """
    if terms[T_POLICY] == POLICY_DEFAULT or terms[T_POLICY] == POLICY_STEP:
        increment = terms[T_INCREMENT]
        value = round_to(base, season_num, terms[T_NIGHT_DEN], terms[T_MODE], increment)
        low = max(floor_minor, -(-base * floor_bp // 10_000))
        low = -(-low // increment) * increment
        high = ceiling_minor
        if ceiling_bp >= 0:
            share = base * ceiling_bp // 10_000
            high = share if high < 0 else min(high, share)
        if high >= 0:
            high = high // increment * increment
        return bounded(value, low, high)
    scale = terms[T_NIGHT_SCALE]
    value = base * season_num * (scale // terms[T_NIGHT_DEN])
    low = floor_minor * scale
    if floor_bp > 0:
        low = max(low, base * (floor_bp * scale // 10_000))  # exact: the compiler chose scale so
    high = ceiling_minor * scale if ceiling_minor >= 0 else np.int64(-1)
    if ceiling_bp >= 0:
        share = base * (ceiling_bp * scale // 10_000)
        high = share if high < 0 else min(high, share)
    return bounded(value, low, high)


@kernel
def stay_total(sums, lane, arrival, nights, mask, los, lead, tier, terms):
    """Total of one stay in minor units, int64: the definition that quote, search and cube share.

    sums (night + 1, lane) uint32 or int64: running sums of night values x scale [in]; mask: 2^32 - 1 for uint32
    (sums may wrap, a stay's may not), -1 for int64; los, lead, tier: numerators of the stay factors; terms (T_TERMS)
    int64 [in].
    """
    policy = terms[T_POLICY]
    mode = terms[T_MODE]
    increment = terms[T_INCREMENT]
    if policy == POLICY_STEP:
        total = (np.int64(sums[arrival + nights, lane]) - np.int64(sums[arrival, lane])) & mask
        total = round_to(total, los, terms[T_LOS_DEN], mode, increment)
        total = round_to(total, lead, terms[T_LEAD_DEN], mode, increment)
        return round_to(total, tier, terms[T_TIER_DEN], mode, increment)
    factor = los * lead * tier
    denominator = terms[T_LOS_DEN] * terms[T_LEAD_DEN] * terms[T_TIER_DEN] * terms[T_NIGHT_SCALE]
    if policy == POLICY_NIGHT:
        total = np.int64(0)
        for night in range(arrival, arrival + nights):
            value = (np.int64(sums[night + 1, lane]) - np.int64(sums[night, lane])) & mask
            total += round_to(value, factor, denominator, mode, increment)
        return total
    total = (np.int64(sums[arrival + nights, lane]) - np.int64(sums[arrival, lane])) & mask
    return round_to(total, factor, denominator, mode, increment)


@kernel
def fold_nights(base, season_set, season_by_night, bounds_set, bounds, terms, mask, out_sums):
    """Fold the pipeline's nightly prefix into running sums; returns the largest night value met.

    base (lane) int64 minor units, 0 = padding; season_set, bounds_set (lane) int32; season_by_night (night, set) int64
    numerators; bounds (set, 4) int64: floor_bp, ceiling_bp, floor_minor, ceiling_minor [in];
    out_sums (night + 1, lane) uint32 or int64 [out]. O(nights x lanes), streaming.
    """
    largest = np.int64(0)
    for lane in range(base.size):
        out_sums[0, lane] = 0
    for night in range(season_by_night.shape[0]):
        for lane in range(base.size):
            value = np.int64(0)
            if base[lane] > 0:
                limits = bounds_set[lane]
                value = night_value(
                    base[lane],
                    season_by_night[night, season_set[lane]],
                    bounds[limits, 0],
                    bounds[limits, 1],
                    bounds[limits, 2],
                    bounds[limits, 3],
                    terms,
                )
                largest = max(largest, value)
            out_sums[night + 1, lane] = (np.int64(out_sums[night, lane]) + value) & mask
    return largest
