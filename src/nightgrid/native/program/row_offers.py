"""The offers of a plan as operations on columns: every permitted set is worked out for all rows, the best one kept.

A set of percents alone is one factor of the amount before the stage. Of two such sets one is never worse, whatever the
amount, so most of them are decided when the plan is compiled; often one set is left, and choosing costs nothing.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_emit import (
    checked,
    common_den,
    divisor_of,
    emit,
    is_refused,
    mark,
    refuse_plan,
    settle,
)
from nightgrid.native.program.row_over import bring_over, prepare_over
from nightgrid.native.program.row_shares import has_all
from nightgrid.native.program.row_steps import compile_step

#: In `ratios`, instead of a numerator.
_NO_RATIO = -1.0
_DROPPED = -2.0


@bare_inlined_kernel
def _line_of(steps, at, chosen, offer):
    """Where the line of an offer stands if a set has it, else 0; one past the offers is what acts without any."""
    offers = steps[at + 3]
    if offer < offers:
        return at + 6 + do.OFFER_LINE * offer if chosen >> (offers - 1 - offer) & 1 else 0
    return at + 6 + do.OFFER_LINE * offers if chosen == 0 and steps[at + 5] != 0 else 0


@bare_inlined_kernel
def _read_set(plan, steps, at, number):
    """Note a set: its promotions, its range, and its one factor where it has one."""
    place = at + 6 + do.OFFER_LINE * (steps[at + 3] + steps[at + 5] + number)
    ratio = plan.ratios[number]
    ratio[0], ratio[1] = 1.0, 1.0
    ratio[2] = np.float64(steps[place + 1])
    ratio[3] = np.float64(steps[place + 2])
    bits = np.int64(0)
    for offer in range(steps[at + 3] + 1):
        line = _line_of(steps, at, steps[place], offer)
        if line == 0:
            continue
        if offer < steps[at + 3]:
            bits |= 1 << steps[line]
        step = steps[line + 1]
        while step < steps[line + 2]:
            if steps[step] == do.TIMES and ratio[0] >= 0.0:
                n, d = np.float64(steps[step + 2]), np.float64(steps[step + 3])
                common = divisor_of(n, ratio[1])
                ratio[1] = ratio[1] / common * d
                ratio[0] *= n / common
                if not (ratio[0] < row.EXACT and ratio[1] < row.EXACT):
                    ratio[0] = _NO_RATIO
                else:
                    common = divisor_of(ratio[0], ratio[1])
                    ratio[0] /= common
                    ratio[1] /= common
            elif steps[step] != do.MARK:
                ratio[0] = _NO_RATIO
            step = steps[step + 1]
    plan.bits[number] = bits


@bare_inlined_kernel
def _is_never_better(one, other, most):
    """Whether the factor `other` is never better than `one`, which is permitted wherever it is."""
    if one[2] > other[2] or one[3] < other[3]:
        return False
    left, right = one[0] * other[1], other[0] * one[1]
    if not (left < row.EXACT and right < row.EXACT):
        return False
    return left >= right if most else left <= right


@bare_inlined_kernel
def _drop_sets(plan, sets, most, told):
    """Drop the sets that are never the best; returns how many are left.

    told: whether somebody wants to know which set it is: where all come to 0, it is the first of them.
    """
    left = sets
    for number in range(sets):
        for other in range(sets):
            one, two = plan.ratios[other], plan.ratios[number]
            if other == number or one[0] < 0.0 or two[0] < 0.0 or (told and other > number):
                continue
            if _is_never_better(one, two, most) and (other < number or not _is_never_better(two, one, most)):
                two[0] = _DROPPED
                left -= 1
                break
    return left


@bare_called_kernel
def _set_steps(plan, steps, at, number, factor):
    """The steps of one set on the running amount."""
    place = at + 6 + do.OFFER_LINE * (steps[at + 3] + steps[at + 5] + number)
    for offer in range(steps[at + 3] + 1):
        line = _line_of(steps, at, steps[place], offer)
        if line == 0:
            continue
        step = steps[line + 1]
        while step < steps[line + 2]:
            factor = compile_step(plan, steps, step, steps[line + 2], factor)
            step = steps[step + 1]
    return factor


@bare_called_kernel
def _only_set(plan, steps, at, number, factor):
    """The one set that is left, for all rows."""
    plan.bits[0] = plan.bits[number]
    plan.head[row.H_SETS] = 1
    if plan.ratios[number, 0] < 0.0:
        settle(plan, factor)
        factor = 1.0
        mark(plan, row.H_STAGE, row.C_STAGE)
        plan.head[row.H_INSIDE] = 1
    return _end_offers(plan, _set_steps(plan, steps, at, number, factor))


@bare_inlined_kernel
def _end_offers(plan, factor):
    plan.head[row.H_INSIDE] = 0
    plan.head[row.H_STAGE] = -1
    plan.head[row.H_BEFORE] = -1
    return factor


@bare_called_kernel
def _shares_some(plan, steps, at, sets):
    """Whether a set that is left changes single nights (RESHARE), and whether it takes a share of some of them."""
    reshares, shares = False, False
    for number in range(sets):
        if plan.ratios[number, 0] == _DROPPED:
            continue
        place = at + 6 + do.OFFER_LINE * (steps[at + 3] + steps[at + 5] + number)
        for offer in range(steps[at + 3] + 1):
            line = _line_of(steps, at, steps[place], offer)
            step = steps[line + 1] if line > 0 else np.int64(0)
            while line > 0 and step < steps[line + 2]:
                reshares = reshares or steps[step] == do.RESHARE
                shares = shares or (steps[step] == do.SHARE and not has_all(plan, steps, step + 5))
                step = steps[step + 1]
    return reshares, shares


@bare_inlined_kernel
def _copy_shares(plan, to, source):
    for night in range(row.NIGHTS_MAX):
        plan.shares[to, night] = plan.shares[source, night]


@bare_called_kernel
def _candidate(plan, steps, at, number, code, begun, told, shared, weighs, over):
    """Work a set out and compare it. Notes in `ratios`: the comparison, its denominator and bound. shared, weighs: as
    they are before the stage; over: whether all sets are brought over C_OVER.
    """
    ratio = plan.ratios[number]
    low, high = ratio[2], ratio[3]
    stage = plan.head[row.H_STAGE]
    den, top = plan.den[row.C_STAGE], plan.top[row.C_STAGE]
    factor = ratio[0]
    plan.head[row.H_AT] = stage
    plan.head[row.H_WEIGHTS] = weighs
    if ratio[0] < 0.0:
        plan.den[row.C_RUNNING], plan.top[row.C_RUNNING] = den, top
        plan.head[row.H_SHARES] = shared
        _copy_shares(plan, 0, 1)
        factor = _set_steps(plan, steps, at, number, 1.0)
        if over and plan.head[row.H_OVER] == 0:
            bring_over(plan, factor)
            factor = 1.0
        over = False
        den, top = plan.den[row.C_RUNNING], plan.top[row.C_RUNNING]
        plan.head[row.H_BEFORE] = -1
    else:
        common = divisor_of(factor, den)
        factor /= common
        den = checked(plan, den / common * ratio[1])
    if over:
        plan.den[row.C_RUNNING], plan.top[row.C_RUNNING] = den, top
        bring_over(plan, 1.0)
        top = plan.top[row.C_RUNNING]
    amount = plan.top[row.C_SUM] * factor
    plan.head[row.H_OVER] = 0
    elsewhere = np.inf if code == row.BETTER else -1.0
    if low <= 0.0 and high >= np.float64(do.NO_BOUND):
        code = code if begun else row.FIRST
    elif begun:
        code = row.RANGE_BETTER if code == row.BETTER else row.RANGE_MORE
    else:
        code = row.RANGE_FIRST
    line = emit(plan, code, row.C_BEST, plan.head[row.H_AT], stage, number if told else -1)
    x = plan.numbers[line]
    x[0], x[1], x[3] = factor, low * plan.den[row.C_STAGE], elsewhere
    x[2] = high * plan.den[row.C_STAGE] if high < np.float64(do.NO_BOUND) else np.inf
    ratio[1], ratio[2], ratio[3] = np.float64(line), den, top
    return amount / den


@bare_inlined_kernel
def _best_set(plan, sets, common):
    """Bring all sets over one denominator; the best one is the running amount."""
    best = 0.0
    for number in range(sets):
        ratio = plan.ratios[number]
        if ratio[0] != _DROPPED:
            line = np.int64(ratio[1])
            plan.numbers[line, 0] = checked(plan, plan.numbers[line, 0] * (common / ratio[2]))
            best = max(best, checked(plan, ratio[3] * plan.numbers[line, 0]))
    plan.head[row.H_AT] = row.C_BEST
    plan.den[row.C_RUNNING] = common
    plan.top[row.C_RUNNING] = best


@bare_called_kernel
def compile_offers(plan, steps, at, factor, told):
    """OFFERS; returns the factor that is still to come. told: whether the promotions applied are wanted."""
    sets = steps[at + 4]
    most = steps[at + 2] == do.CHOOSE_MOST
    if sets > row.SETS_MAX or sets < 1:
        refuse_plan(plan)
        return factor
    for number in range(sets):
        _read_set(plan, steps, at, number)
    left = _drop_sets(plan, sets, most, told)
    if left == 1:
        for number in range(sets):
            ratio = plan.ratios[number]
            if ratio[0] != _DROPPED and ratio[2] <= 0.0 and ratio[3] >= np.float64(do.NO_BOUND):
                return _only_set(plan, steps, at, number, factor)
    if plan.head[row.H_OVER]:
        refuse_plan(plan)
    settle(plan, factor)
    mark(plan, row.H_STAGE, row.C_STAGE)
    plan.head[row.H_INSIDE] = 1
    plan.head[row.H_SETS] = sets
    shared = plan.head[row.H_SHARES]
    weighs = plan.head[row.H_WEIGHTS]
    reshares, over = _shares_some(plan, steps, at, sets)
    over = over and shared == 0 and weighs != 0
    if over:
        prepare_over(plan)
    plan.head[row.H_CHOICE] = 1
    _copy_shares(plan, 1, 0)
    begun = False
    amount = 0.0
    common = 1.0
    for number in range(sets):
        if plan.ratios[number, 0] == _DROPPED:
            continue
        each = _candidate(plan, steps, at, number, row.MORE if most else row.BETTER, begun, told, shared, weighs, over)
        amount = max(amount, each)
        begun = True
        common = common_den(plan, common, plan.ratios[number, 2])
        if is_refused(plan):
            return 1.0
    _best_set(plan, sets, common)
    plan.head[row.H_OVER], plan.head[row.H_WEIGHTS] = over, weighs != 0 and not reshares
    plan.head[row.H_CHOICE] = 0
    plan.head[row.H_READY] = over
    if over:
        plan.top[row.C_SUM] = checked(plan, amount * common)
        plan.head[row.H_WEIGHTS] = 0
    plan.head[row.H_SHARES] = 0  # which set it is, and so what each night has, depends on the row
    return _end_offers(plan, 1.0)
