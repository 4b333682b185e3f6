"""From the steps of a plan to operations on columns: all of it, or nothing where one of its steps has no such form."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import PRICE_MINOR_MAX
from nightgrid.native.base.jit import called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_emit import is_refused, refuse_plan, settle
from nightgrid.native.program.row_offers import compile_offers
from nightgrid.native.program.row_steps import compile_step, compile_tax


@called_kernel
def compile_rows(steps, scales, largest, told, plan):
    """Compile a plan of `planned.write_plan`. Returns whether it has a vector form that is exact.

    steps (PLAN_WORDS) int64; scales (plane) int64; largest (plane) float64: bounds of the stays' sums of nights, x
    scale [in]; told: whether the promotions applied are wanted; plan: RowPlan [out]. Points change no total. O(steps,
    and pairs of sets of promotions).
    """
    plan.head[:] = 0
    plan.head[row.H_BEFORE] = -1
    plan.head[row.H_STAGE] = -1
    plan.top[row.C_TAXES] = 0.0
    for plane in range(min(scales.size, row.PLANES_MAX)):
        plan.den[row.C_PLANE + plane] = np.float64(scales[plane])
        plan.top[row.C_PLANE + plane] = largest[plane]
    plan.den[row.C_RUNNING] = np.float64(scales[0])
    plan.top[row.C_RUNNING] = largest[0]
    if not largest[0] < row.EXACT:
        refuse_plan(plan)
    factor = 1.0
    at = 0
    while steps[at] != do.END and not is_refused(plan):
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
    settle(plan, factor)
    if plan.den[row.C_RUNNING] != 1.0:
        refuse_plan(plan)
    total = plan.top[row.C_RUNNING] + plan.top[row.C_TAXES]
    plan.head[row.H_LARGE] = total > np.float64(PRICE_MINOR_MAX)
    return not is_refused(plan) and total < row.EXACT
