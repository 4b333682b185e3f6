"""Prices of a block of products: an amount times a factor, rounded, in loops that vectorise; past the caches if many.

A block is a few hundred products, so that its amounts and the factors of all tiers stay in the first cache. They stand
in one scratch array, `desk`: amounts first, then the factors of one tier after another, a block each. Results are
places in a flat array: a slice would be an object whose references are counted, by locked instructions that wait for
streamed lines.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import prefetch_reading
from nightgrid.native.base.jit import bare_inlined_kernel, kernel
from nightgrid.native.base.marked import (
    flat_amount,
    load_scratch,
    load_table,
    store_result,
    store_scratch,
    stream_line,
)
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.prices import (
    NARROW_MAX,
    half_added,
    rounded_half_up,
    rounded_narrow,
    rounded_ratio,
    rounding_threshold,
)

NOT_ON_SALE = -1.0
BLOCK = 512  # products; 8 bytes of amount and 8 of factor for each tier
STREAM_BYTES = 1 << 20  # results of this size have left the caches when somebody reads them
LINE_BYTES = 64


@bare_inlined_kernel
def find_amounts(sums, low, high, size, desk):
    """What the nights of a stay cost, of a block of products: the flat running sums from `low` and from `high` on; the
    first BLOCK of desk float64 [out]. Returns the largest.
    """
    largest = np.int64(0)
    for i in range(size):
        amount = flat_amount(sums, low + i, high + i)
        store_scratch(desk, i, np.float64(amount))
        largest = max(largest, np.int64(amount))
    return np.float64(largest)


@bare_inlined_kernel
def ask_for_sums(sums, at, size):
    """Ask for the lines of the flat running sums that the next arrival needs: the CPU does not follow rows so short."""
    if at + size <= sums.size:
        for i in range(0, size, LINE_BYTES // sums.itemsize):
            prefetch_reading(sums, at + i)


@bare_inlined_kernel
def lay_out(by_set, sets, tiers, product_set, first, size, desk):
    """The factors of a block of products, by their sets: by_set float64 (tier x set) [in], desk behind the amounts
    [out].
    """
    for t in range(tiers):
        of = (t + 1) * BLOCK
        for i in range(size):
            group = load_table(product_set, first + i)
            store_scratch(desk, of + i, load_table(by_set, t * sets + group))


@bare_inlined_kernel
def _narrow_block(desk, of, size, above, step, out, at):
    """`price_block` for half up where no product is larger than NARROW_MAX; above: as in `rounded_narrow`.

    What is below zero was not on sale, and the caller writes that; so an integer's cutting of fractions is the floor.
    """
    if step == 1.0:
        for i in range(size):
            store_result(out, at + i, half_added(load_scratch(desk, i), load_scratch(desk, of + i), above))
        return
    for i in range(size):
        value = rounded_narrow(load_scratch(desk, i), load_scratch(desk, of + i), above)
        store_result(out, at + i, value * step)


@bare_inlined_kernel
def _half_up_block(desk, of, size, whole, step, out, at):
    """`price_block` for half up, the commonest mode."""
    inverse = 1.0 / whole
    half = 0.5 * whole
    for i in range(size):
        value = rounded_half_up(load_scratch(desk, i), load_scratch(desk, of + i), whole, inverse, half)
        store_result(out, at + i, value * step)


@bare_inlined_kernel
def _other_block(desk, of, size, mode, whole, step, out, at):
    """`price_block` for the other modes."""
    inverse = 1.0 / whole
    threshold, even = rounding_threshold(mode, whole)
    for i in range(size):
        value = rounded_ratio(load_scratch(desk, i), load_scratch(desk, of + i), whole, inverse, threshold, even)
        store_result(out, at + i, value * step)


@bare_inlined_kernel
def price_block(desk, tier, size, largest, mode, whole, step, is_past, out, at):
    """out[at + i] = amount x factor / whole rounded, x step, of one tier [out]; whole: denominator x step; largest: of
    the products; is_past: a factor may be negative, which is not on sale.
    """
    of = (tier + 1) * BLOCK
    if mode != price.MODE_HALF_UP:
        _other_block(desk, of, size, mode, whole, step, out, at)
    elif largest <= NARROW_MAX and whole <= NARROW_MAX:
        _narrow_block(desk, of, size, np.nextafter(1.0 / whole, 1.0), step, out, at)
    else:
        _half_up_block(desk, of, size, whole, step, out, at)
    if is_past:
        for i in range(size):
            if desk[of + i] < 0.0:
                out[at + i] = np.int64(NOT_ON_SALE)


@bare_inlined_kernel
def stream_block(block, size, out, at):
    """out[at + i] = block[i], whole cache lines past the caches; out[at] begins a line."""
    each = LINE_BYTES // out.itemsize
    whole = size - size % each
    for i in range(0, whole, each):
        stream_line(out, at + i, block, i)
    for i in range(whole, size):
        out[at + i] = block[i]


@kernel
def places_off_line(out):
    """How many places the flat results begin behind a line; -1 where they are not to be streamed: too few, or never on
    a line.
    """
    behind = out.ctypes.data % LINE_BYTES
    if out.size * out.itemsize < STREAM_BYTES or behind % out.itemsize:
        return -1
    return behind // out.itemsize
