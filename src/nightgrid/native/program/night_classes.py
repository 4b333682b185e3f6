"""Nights of many products at once: what the first stages make of a base price is worked out once for all products that
share their rules.

Up to the first rounding and the first bounds, a night is its base price times a factor, whatever the base: percents
of the running amount or of an earlier one, and nothing else, act where no plan is derived and no price is set for a
date. So products with the same season and demand rules are a *class*: for each night and band of house fill one amount
of 1 is taken through these stages (by `night_cells.staged_night`, the one definition), and each product multiplies it
by its base. The stages after them are worked out for every product.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import TOO_LARGE, acted, scaled_planes, staged_night
from nightgrid.native.program.night_rounding import rounded_night

#: Of a class on a night, for each band of house fill: what the amounts in the slots were made to from 1, then the
#: running amount; -1 in place of its numerator where the class has to go product by product.
C_RUNNING: Final = 2 * on.NIGHT_SLOTS
C_WORDS: Final = C_RUNNING + 2


class NightClasses(NamedTuple):
    """Products that share what the first stages make of a base."""

    class_of: Any  # int64 (product), -1 = it goes by itself
    members: Any  # int64 (class): a product of each
    edges: Any  # int64 (band) basis points: lower edges of house fill
    largest_base: int  # of all products and nights


@kernel
def factor_stages(desk):
    """(how many stages come before the first one that rounds or has bounds, whether that one is a factor but for its
    rounding).
    """
    stages = on.matrix(desk, on.STAGES)
    count = 0
    while count < stages.shape[0]:
        code = stages[count, on.N_CODE]
        if stages[count, on.N_ROUNDING] > 0 or code == on.NIGHT_BOUNDS:
            return count, code == on.NIGHT_SEASON or code == on.NIGHT_DEMAND or code == on.NIGHT_OVERRIDE
        count += 1
    return count, False


@kernel
def _taken(desk, product, night, lead, fill_bp, n, factors, scratch):
    """An amount after the stages that are factors, the last one without its rounding."""
    count, one_more = factors
    zero, d = np.int64(0), np.int64(1)
    n, d = staged_night(desk, zero, product, product, night, lead, fill_bp, n, d, 0, count, scratch)
    if one_more and n >= 0:
        n, d = acted(desk, on.matrix(desk, on.STAGES)[count], product, night, lead, fill_bp, n, d, scratch)
    return n, d


@kernel
def fold_classes(desk, members, night, lead, edges, largest_base, factors, scratch, out):
    """What the stages that are factors make of 1 on a night, for each class and band of house fill.

    members (class) int64: a product of each; edges (band) int64 basis points: the lower edge of each band;
    largest_base: that these stages must be able to carry too; factors: of `factor_stages` [in]; out (class, band,
    C_WORDS) int64 [out].
    """
    for number in range(members.size):
        product = members[number]
        for band in range(edges.size):
            line, fill = out[number, band], edges[band]
            most, _ = _taken(desk, product, night, lead, fill, largest_base, factors, scratch)
            n, d = _taken(desk, product, night, lead, fill, np.int64(1), factors, scratch)
            line[:C_RUNNING] = scratch[:C_RUNNING]
            line[C_RUNNING], line[C_RUNNING + 1] = n if most >= 0 else np.int64(TOO_LARGE), d


@inlined_kernel
def band_of(edges, fill_bp):
    """The band of house fill."""
    band = 0
    while band + 1 < edges.size and edges[band + 1] <= fill_bp:
        band += 1
    return band


@kernel
def classed_cell(desk, line, product, night, lead, fill_bp, base, factors, scratch, out):
    """One night of one product from what the stages that are factors make of 1 (line, C_WORDS): out (plane) int64
    [out]; OK or TOO_LARGE, as `night_cell`.
    """
    stages, roundings, (count, one_more) = on.matrix(desk, on.STAGES), on.column(desk, on.ROUNDINGS), factors
    for stage in range(count):
        slot = stages[stage, on.N_SLOT]
        if slot >= 0:
            scratch[2 * slot], scratch[2 * slot + 1] = base * line[2 * slot], line[2 * slot + 1]
    n, d = base * line[C_RUNNING], line[C_RUNNING + 1]
    if one_more:
        at, slot = stages[count, on.N_ROUNDING], stages[count, on.N_SLOT]
        n, d = rounded_night(n, d, roundings, at, roundings[at]), np.int64(1)
        if n < 0:
            return TOO_LARGE
        if slot >= 0:
            scratch[2 * slot], scratch[2 * slot + 1] = n, d
    first, last = count + one_more, stages.shape[0]
    n, d = staged_night(desk, np.int64(0), product, product, night, lead, fill_bp, n, d, first, last, scratch)
    return TOO_LARGE if n < 0 else scaled_planes(desk, n, d, scratch, out)
