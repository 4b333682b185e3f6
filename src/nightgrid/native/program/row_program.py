"""From the steps of a plan to operations on columns: all of it, or nothing where one of its steps has no such form."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import PRICE_MINOR_MAX
from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_emit import is_refused, refuse_plan, settle
from nightgrid.native.program.row_offers import compile_offers
from nightgrid.native.program.row_shares import begin_shares
from nightgrid.native.program.row_steps import compile_step, compile_tax
from nightgrid.native.program.row_tails import begin_tail, hash_of, keep_tail, kept_tail, loosen, place_of


@bare_called_kernel
def _compile_until(steps, at, until, factor, told, plan):
    """Compile the steps from `at` on until a code or the end; returns (where it stopped, the factor still to come)."""
    while steps[at] != do.END and steps[at] != until and not is_refused(plan):
        code = steps[at]
        if code == do.TAX:
            settle(plan, factor)
            factor = 1.0
            compile_tax(plan, steps, at + 2)
        elif code == do.POINTS:
            pass
        elif plan.head[row.H_TAXED] != 0 and code != do.SAVE:
            refuse_plan(plan)  # brackets look at the amount before all taxes
        elif code == do.OFFERS:
            factor = compile_offers(plan, steps, at, factor, told)
        else:
            factor = compile_step(plan, steps, at, np.int64(1) << 62, factor)
        at = steps[at + 1]
    return at, factor


@bare_called_kernel
def compile_end(steps, at, factor, told, plan):
    """Compile the steps from `at` to the end. Returns whether the plan has a vector form."""
    at, factor = _compile_until(steps, at, -1, factor, told, plan)
    settle(plan, factor)
    if plan.den[row.C_RUNNING] != 1.0 or plan.head[row.H_OVER]:
        refuse_plan(plan)
    total = plan.top[row.C_RUNNING] + plan.top[row.C_TAXES]
    plan.head[row.H_LARGE] = total > np.float64(PRICE_MINOR_MAX)
    if not total < row.EXACT:
        refuse_plan(plan)
    return not is_refused(plan)


@bare_called_kernel
def compile_kept(steps, at, told, plan, tails):
    """`compile_end` of offers on an amount of whole minor units: rule sets, tiers and arrivals share what was compiled
    before. Bounds are loosened so that they do; returns False also where only exact ones give a vector form.
    """
    loosen(plan)
    end = at
    while steps[end] != do.END:
        end = steps[end + 1]
    key = hash_of(steps, at, end)
    known = told + 2 * plan.head[row.H_WEIGHTS]  # what the operations depend on beside the steps
    place = place_of(plan, steps, at, end, key, known, tails)
    if kept_tail(plan, place, tails):
        return True
    first = plan.head[row.H_OPS]
    where = plan.head[row.H_AT]
    begin_tail(plan, place, tails)
    if not compile_end(steps, at, 1.0, told, plan):
        return False
    keep_tail(plan, steps, at, end, key, known, first, where, place, tails)
    return True


@bare_called_kernel
def _weighs_alike(plan):
    """Whether the nights still weigh what they cost, so that an end that shares them is the same for all."""
    for night in range(1, plan.head[row.H_NIGHTS]):
        if plan.shares[0, night] != plan.shares[0, 0]:
            return False
    return plan.shares[0, 0] != 0.0


@bare_called_kernel
def compile_head(steps, scales, largest, nights, told, plan):
    """Compile the steps before the offers; returns (where it stopped, the factor still to come)."""
    plan.head[:] = 0
    plan.head[row.H_BEFORE] = -1
    plan.head[row.H_STAGE] = -1
    plan.top[row.C_TAXES] = 0.0
    for column in range(row.TAIL_FIRST, row.TAIL_FIRST + row.TAIL_COLUMNS):
        plan.den[column] = 0.0
        plan.top[column] = 0.0
    for plane in range(min(scales.size, row.PLANES_MAX)):
        plan.den[row.C_PLANE + plane] = np.float64(scales[plane])
        plan.top[row.C_PLANE + plane] = largest[plane]
    plan.den[row.C_RUNNING] = np.float64(scales[0])
    plan.top[row.C_RUNNING] = largest[0]
    if not largest[0] < row.EXACT:
        refuse_plan(plan)
    begin_shares(plan, nights)
    return _compile_until(steps, 0, do.OFFERS, 1.0, told, plan)


@bare_inlined_kernel
def ends_whole(plan, factor):
    """Whether a plan's beginning leaves an amount of whole minor units and nights that weigh alike: then what follows
    is the same operations whatever has made them.
    """
    whole = factor == 1.0 and plan.den[row.C_RUNNING] == 1.0 and plan.head[row.H_OVER] == 0
    whole = whole and (plan.head[row.H_WEIGHTS] == 0 or _weighs_alike(plan))
    return whole and plan.head[row.H_TAXED] == 0 and plan.head[row.H_SHARES] == 0


@bare_inlined_kernel
def ends_alike(plan, steps, at, factor):
    """Whether what follows a plan's beginning may be shared with other plans: offers on an amount of minor units."""
    return steps[at] == do.OFFERS and ends_whole(plan, factor)


@bare_called_kernel
def compile_rows(steps, scales, largest, nights, told, plan, tails):
    """Compile a plan of `planned.write_plan`. Returns whether it has a vector form that is exact.

    steps (PLAN_WORDS) int64; scales (plane) int64; largest (plane) float64: bounds of the stays' sums of nights, x
    scale; nights of the stay [in]; told: whether the promotions applied are wanted; plan: RowPlan [out]; tails: Tails
    [inout]. Points change no total. O(steps, and pairs of sets of promotions).
    """
    at, factor = compile_head(steps, scales, largest, nights, told, plan)
    if is_refused(plan):
        return False
    if ends_alike(plan, steps, at, factor):
        if compile_kept(steps, at, told, plan, tails):
            return True
        at, factor = compile_head(steps, scales, largest, nights, told, plan)
    return compile_end(steps, at, factor, told, plan)
