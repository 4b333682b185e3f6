"""Steps that act on single nights, as operations on columns: while the amount is still shared as the nights were.

Until something is added to a stay's amount, or it is rounded, it is a sum of the nights, each times a number that does
not depend on the row (`shares`). A percent of some nights, free nights and lengths of stay that count night by night
change these numbers, and the amount is summed anew. Where an amount is shared in another way, each night's part has a
denominator of its own row, and there is no vector form.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_emit import (
    add_amount,
    add_part_of,
    checked,
    divisor_of,
    emit,
    is_refused,
    move,
    refuse_plan,
    settle,
    times_factor,
)
from nightgrid.native.program.row_over import add_over, off_over, share_over

#: Which nights a sum is of.
_ALL = 0
_INSIDE = 1
_OUTSIDE = 2


@bare_called_kernel
def begin_shares(plan, nights):
    """Before the first step the amount is the sum of the nights. (A single night shares nothing.)"""
    plan.head[row.H_NIGHTS] = nights
    plan.head[row.H_SHARES] = 1 < nights <= row.NIGHTS_MAX
    plan.head[row.H_WEIGHTS] = plan.head[row.H_SHARES]
    if plan.head[row.H_SHARES]:
        for night in range(nights):
            plan.shares[0, night] = 1.0


@bare_inlined_kernel
def _inside(steps, at, night):
    """Whether a night is in the set of nights at `at`."""
    return steps[at + (night >> 6)] >> (night & 63) & 1


@bare_called_kernel
def has_all(plan, steps, at):
    """Whether all nights are in the set of nights at `at`."""
    for night in range(plan.head[row.H_NIGHTS]):
        if _inside(steps, at, night) == 0:
            return False
    return True


@bare_called_kernel
def _numbers(plan, line, steps, at, which):
    """The numbers of the nights, in lines after an operation; returns the largest."""
    nights = plan.head[row.H_NIGHTS]
    plan.ops[line, row.O_NUMBER] = nights
    plan.head[row.H_LOADED] = 1
    most = 0.0
    for night in range(nights):
        if night % row.OP_NUMBERS == 0:
            emit(plan, row.LINE, 0, 0, 0, 0)
        if is_refused(plan):
            return 0.0
        share = plan.shares[0, night]
        if which != _ALL and (which == _INSIDE) != (_inside(steps, at, night) == 1):
            share = 0.0
        plan.numbers[line + 1 + night // row.OP_NUMBERS, night % row.OP_NUMBERS] = share
        most = max(most, share)
    return most


@bare_called_kernel
def _summed(plan, over):
    """The running amount anew as a sum of nights x shares over its denominator x `over`."""
    den = checked(plan, plan.den[row.C_RUNNING] * over)
    common = den
    for night in range(plan.head[row.H_NIGHTS]):
        checked(plan, plan.shares[0, night])
        if plan.shares[0, night] != 0.0:
            common = divisor_of(common, plan.shares[0, night])
    if is_refused(plan):
        return
    for night in range(plan.head[row.H_NIGHTS]):
        plan.shares[0, night] /= common
    plan.den[row.C_RUNNING] = den / common
    most = _numbers(plan, move(plan, row.DOT, 0), plan.ops[0], 0, _ALL)
    plan.top[row.C_RUNNING] = checked(plan, plan.top[row.C_PLANE] * most)


@bare_called_kernel
def _margin(plan, steps, at, factor):
    """MARGIN of the running amount: every night's own factor."""
    nights = plan.head[row.H_NIGHTS]
    over = np.float64(steps[at + 1])
    alike = True
    for night in range(1, nights):
        alike = alike and steps[at + 2 + night] == steps[at + 2]
    if steps[at] != do.REF_RUNNING:
        refuse_plan(plan)
        return factor
    if alike:
        if steps[at + 2] == 0:
            plan.head[row.H_WEIGHTS] = 0
        return times_factor(plan, np.float64(steps[at + 2]), over, factor)
    if plan.head[row.H_SHARES] == 0:
        for night in range(min(nights, row.NIGHTS_MAX)):
            plan.shares[2, night] = np.float64(steps[at + 2 + night])
        share_over(plan, over, factor)
        return 1.0
    for night in range(nights):
        if steps[at + 2 + night] == 0:  # where that is all there is, the weights stay as they are
            plan.head[row.H_WEIGHTS] = 0
        plan.shares[0, night] *= np.float64(steps[at + 2 + night])
    _summed(plan, over)
    return factor


@bare_called_kernel
def _share_of_all(plan, steps, at, factor):
    """SHARE of all nights: of the whole amount."""
    ref, by, over = steps[at], np.float64(steps[at + 1]), np.float64(steps[at + 2])
    if ref == do.REF_RUNNING:
        return times_factor(plan, max(over + by, 0.0), over, factor)
    plan.head[row.H_SHARES] = 0
    if by > 0.0:  # where there was nothing, the nights share it alike
        plan.head[row.H_WEIGHTS] = 0
    if plan.head[row.H_OVER]:
        refuse_plan(plan)
    elif ref == do.REF_ONE:
        add_amount(plan, by, over, factor)
    elif 0 <= ref < row.PLANES_MAX:
        plan.head[row.H_PLANES] |= 1 << ref
        add_part_of(plan, row.C_PLANE + ref, by, over, factor)
    else:
        refuse_plan(plan)
    return 1.0


@bare_called_kernel
def _pick(plan, steps, at, factor):
    """PICK: what the SHARE behind it is of. Where all of the nights are taken, it names them."""
    inside = np.int64(0)
    for night in range(plan.head[row.H_NIGHTS]):
        inside += _inside(steps, at + 4, night)
    if steps[at + 1] >= inside:
        return factor
    if inside < plan.head[row.H_NIGHTS] or steps[at + 1] > row.LEAST_MAX or plan.head[row.H_SHARES] == 0:
        refuse_plan(plan)
    plan.head[row.H_PICKED] = steps[at + 1] if steps[at] == do.FREE_CHEAPEST else -steps[at + 1]
    return factor


@bare_called_kernel
def _share_of_picked(plan, steps, at, factor):
    """SHARE of the nights that are the cheapest, or the dearest, of a row: a percent of what they have."""
    by, over = np.float64(steps[at + 1]), np.float64(steps[at + 2])
    count = plan.head[row.H_PICKED]
    plan.head[row.H_PICKED] = 0
    if plan.head[row.H_SHARES] == 0 or steps[at] != do.REF_RUNNING:
        refuse_plan(plan)
        return factor
    line = move(plan, row.FREE_LEAST, 0)
    plan.numbers[line, 0], plan.numbers[line, 1] = np.float64(abs(count)), over
    plan.numbers[line, 2], plan.numbers[line, 3] = max(by, -over), 1.0 if count > 0 else -1.0
    _numbers(plan, line, steps, at + 3, _ALL)
    plan.den[row.C_RUNNING] = checked(plan, plan.den[row.C_RUNNING] * over)
    plan.top[row.C_RUNNING] = checked(plan, plan.top[row.C_RUNNING] * (over + max(by, 0.0)))
    checked(plan, plan.top[row.C_RUNNING] * max(factor, 1.0))
    plan.head[row.H_SHARES] = plan.head[row.H_WEIGHTS] = 0  # which nights they are depends on the row
    return factor


@bare_called_kernel
def _share(plan, steps, at, factor):
    """SHARE: a percent of some nights; or an amount off them, which takes at most what they have."""
    ref, by, over = steps[at], np.float64(steps[at + 1]), np.float64(steps[at + 2])
    if plan.head[row.H_PICKED] != 0:
        return _share_of_picked(plan, steps, at, factor)
    if has_all(plan, steps, at + 3):
        return _share_of_all(plan, steps, at, factor)
    taken_off = ref == do.REF_ONE and by <= 0.0 and over == 1.0
    if not (ref == do.REF_RUNNING or taken_off):
        refuse_plan(plan)
        return factor
    if plan.head[row.H_SHARES] == 0:
        among, others = (1.0, 0.0) if taken_off else (max(over + by, 0.0), over)
        for night in range(min(plan.head[row.H_NIGHTS], row.NIGHTS_MAX)):
            plan.shares[2, night] = among if _inside(steps, at + 3, night) else others
        if taken_off:
            off_over(plan, -by, factor)
        else:
            share_over(plan, over, factor)
        return 1.0
    if ref == do.REF_RUNNING:
        if over + by <= 0.0:  # where that is all there is, the weights stay as they are
            plan.head[row.H_WEIGHTS] = 0
        for night in range(plan.head[row.H_NIGHTS]):
            plan.shares[0, night] *= max(over + by, 0.0) if _inside(steps, at + 3, night) else over
        _summed(plan, over)
        return factor
    settle(plan, factor)
    den = plan.den[row.C_RUNNING]
    amount = checked(plan, -by * den)
    inside = plan.head[row.H_INSIDE]
    most = _numbers(plan, emit(plan, row.DOT, row.C_WORK, 0, 0, 0), steps, at + 3, _INSIDE)
    plan.head[row.H_INSIDE] = 1  # C_WORK and C_REST matter until they are added
    line = emit(plan, row.ADD, row.C_REST, row.C_WORK, 0, 0)  # what the nights keep
    plan.numbers[line, 0], plan.numbers[line, 1] = 1.0, -amount
    _numbers(plan, move(plan, row.DOT, 0), steps, at + 3, _OUTSIDE)
    line = move(plan, row.PART, row.C_REST)
    plan.numbers[line, 0], plan.numbers[line, 1] = 1.0, 1.0
    checked(plan, plan.top[row.C_PLANE] * most)
    plan.head[row.H_INSIDE] = inside
    plan.head[row.H_SHARES] = plan.head[row.H_WEIGHTS] = 0
    return 1.0


@bare_called_kernel
def _free(plan, steps, at, factor):
    """FREE where the amount does not decide which rule it is."""
    which, count, every = steps[at + 2], steps[at + 3], steps[at + 4]
    nights = plan.head[row.H_NIGHTS]
    if plan.head[row.H_SHARES] == 0 and steps[at + 1] <= 0 and which != do.FREE_CHEAPEST and nights <= row.NIGHTS_MAX:
        for night in range(nights):
            plan.shares[2, night] = 1.0
        for number in range(count):
            night = nights - 1 - number if which == do.FREE_LAST else every * (number + 1) - 1
            plan.shares[2, min(max(night, 0), nights - 1)] = 0.0
        share_over(plan, 1.0, factor)
        return 1.0
    if plan.head[row.H_SHARES] == 0 or steps[at + 1] > 0 or count > row.LEAST_MAX:
        refuse_plan(plan)
        return factor
    if which == do.FREE_CHEAPEST:
        line = move(plan, row.FREE_LEAST, 0)
        plan.numbers[line, 0], plan.numbers[line, 1] = np.float64(count), 1.0
        plan.numbers[line, 2], plan.numbers[line, 3] = -1.0, 1.0
        _numbers(plan, line, steps, at, _ALL)
        plan.head[row.H_SHARES] = plan.head[row.H_WEIGHTS] = 0  # which nights are free depends on the row
        return factor
    for number in range(count):
        night = nights - 1 - number if which == do.FREE_LAST else every * (number + 1) - 1
        if not 0 <= night < nights:
            refuse_plan(plan)
            return factor
        plan.shares[0, night] = 0.0
    _summed(plan, 1.0)
    return factor


@bare_called_kernel
def _tile(plan, steps, at, factor):
    """TILE: the last nights keep what they have, the others cost an amount."""
    nights, left = plan.head[row.H_NIGHTS], steps[at + 1]
    if left > 0 and left < nights:
        if plan.head[row.H_SHARES] == 0:
            for night in range(min(nights, row.NIGHTS_MAX)):
                plan.shares[2, night] = np.float64(night >= nights - left)
            share_over(plan, 1.0, factor)
            add_over(plan, -1, 1.0, np.float64(steps[at]), 1.0, 1.0)
            return 1.0
        for night in range(nights - left):
            plan.shares[0, night] = 0.0
        plan.head[row.H_WEIGHTS] = 0
        _summed(plan, 1.0)
    if left == 0:
        plan.numbers[move(plan, row.SET, 0), 0] = np.float64(steps[at])
        plan.den[row.C_RUNNING] = 1.0
        plan.top[row.C_RUNNING] = checked(plan, np.float64(steps[at]))
        plan.head[row.H_OVER] = 0
    elif plan.head[row.H_OVER]:
        add_over(plan, -1, 1.0, np.float64(steps[at]), 1.0, factor)
    else:
        add_amount(plan, np.float64(steps[at]), 1.0, factor)
    plan.head[row.H_SHARES] = 0
    return 1.0


@bare_called_kernel
def _nightly(plan, steps, at, factor):
    """NIGHTLY of the nights that are loaded."""
    if steps[at] != 0 or plan.head[row.H_NIGHTS] > row.NIGHTS_MAX or plan.head[row.H_OVER]:
        refuse_plan(plan)
        return factor
    by, over = np.float64(steps[at + 1]), np.float64(steps[at + 2])
    common = divisor_of(by, plan.den[row.C_PLANE])
    den = checked(plan, plan.den[row.C_PLANE] / common * over)
    by /= common
    line = emit(plan, row.NIGHTLY, row.C_WORK, 0, 0, plan.head[row.H_NIGHTS])
    plan.numbers[line, 0] = by
    plan.numbers[line, 1] = checked(plan, np.float64(steps[at + 3]) * den)
    plan.head[row.H_LOADED] = 1
    plan.den[row.C_WORK] = den
    plan.top[row.C_WORK] = checked(plan, plan.top[row.C_PLANE] * by)
    inside = plan.head[row.H_INSIDE]
    plan.head[row.H_INSIDE] = 1  # C_WORK matters until it is added
    add_part_of(plan, row.C_WORK, np.float64(steps[at + 4]), 1.0, factor)
    plan.head[row.H_INSIDE] = inside
    plan.head[row.H_SHARES] = 0
    return 1.0


@bare_called_kernel
def compile_nights(plan, steps, at, factor):
    """SHARE, MARGIN, FREE, TILE or NIGHTLY; returns the factor that is still to come."""
    code, first = steps[at], at + 2
    if code == do.PICK:
        return _pick(plan, steps, first, factor)
    if code == do.SHARE:
        return _share(plan, steps, first, factor)
    if code == do.MARGIN:
        return _margin(plan, steps, first, factor)
    if code == do.FREE:
        return _free(plan, steps, first, factor)
    if code == do.TILE:
        return _tile(plan, steps, first, factor)
    return _nightly(plan, steps, first, factor)
