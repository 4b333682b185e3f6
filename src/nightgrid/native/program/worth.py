"""What a stay is worth: the steps of a plan, worked out for one row in exact fractions of 128-bit integers.

This is the definition; where the numbers stay small, `program/row_blocks.py` does the same for many rows at once.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.registers import (
    R_AVERAGED,
    R_BEFORE,
    R_BEST,
    R_RUNNING,
    R_SLOT,
    R_STAGE,
    W_BEST,
    W_NOW,
    W_SLOT,
    W_STAGE,
    add_part,
    amount_of,
    copy,
    copy_weights,
    get,
    put,
)
from nightgrid.native.program.wide import (
    TOO_LARGE,
    divided,
    fraction_less,
    fraction_plus,
    fraction_times,
    is_zero,
    times,
    wide,
)
from nightgrid.native.program.worth_bounds import bound
from nightgrid.native.program.worth_nights import free, margin, nightly, pick, reshare, share, tile
from nightgrid.native.program.worth_rounding import rounded_fraction


@bare_called_kernel
def _spend(plan, at, registers):
    """SPEND: the highest threshold that the amount before the stage reaches."""
    n, d = get(registers, R_STAGE)
    off = np.int64(0)
    highest = np.int64(-1)
    for position in range(plan[at]):
        threshold = plan[at + 1 + 2 * position]
        if threshold > highest and fraction_less(n, d, wide(threshold), wide(1)) == 0:
            highest = threshold
            off = plan[at + 2 + 2 * position]
    add_part(registers, wide(off), wide(1), -1, 1)


@bare_called_kernel
def _floor_at(registers, n, d):
    """running = max(running, n/d)."""
    running = get(registers, R_RUNNING)
    if n[0] < 0 or fraction_less(running[0], running[1], n, d) == 1:
        put(registers, R_RUNNING, n, d)


@bare_called_kernel
def _guard(plan, at, registers):
    """CAP and LEAST: the two limits of a discount."""
    n, d = get(registers, R_BEFORE)
    amount = wide(plan[at + 2])
    if plan[at] == do.CAP:
        n, d = fraction_plus(n, d, amount, wide(1), False)
        _floor_at(registers, n, d)
    elif n[0] < 0 or fraction_less(n, d, amount, wide(1)) == 1:
        _floor_at(registers, n, d)
    else:
        _floor_at(registers, amount, wide(1))


@bare_inlined_kernel
def _times(plan, at, registers):
    """TIMES, the commonest step."""
    n, d = get(registers, R_RUNNING)
    n, d = fraction_times(n, d, wide(plan[at + 2]), wide(plan[at + 3]))
    put(registers, R_RUNNING, n, d)


@bare_called_kernel
def one_step(plan, at, registers, values, scales, weights):
    """Any step but OFFERS, TAX and POINTS."""
    code = plan[at]
    first = at + 2
    n, d = get(registers, R_RUNNING)
    if code == do.TIMES:
        _times(plan, at, registers)
    elif code == do.PART:
        n, d = amount_of(plan[first], registers, values, scales)
        add_part(registers, n, d, plan[first + 1], plan[first + 2])
    elif code == do.ADD:
        add_part(registers, wide(1), wide(1), plan[first], plan[first + 1])
    elif code == do.SET:
        put(registers, R_RUNNING, wide(plan[first]), wide(1))
    elif code == do.ROUND:
        whole = rounded_fraction(n, d, plan, first)
        put(registers, R_RUNNING, wide(whole) if whole >= 0 else TOO_LARGE, wide(1))
    elif code == do.SAVE:
        copy(registers, R_RUNNING, R_SLOT + plan[first])
        copy_weights(weights, W_NOW, W_SLOT + plan[first])
    elif code == do.MARK:
        copy(registers, R_RUNNING, R_BEFORE)
    elif code == do.SHARE:
        share(plan, first, registers, values, scales, weights)
    elif code == do.RESHARE:
        reshare(plan, first, registers, weights)
    elif code == do.MARGIN:
        margin(plan, first, registers, values, scales, weights)
    elif code == do.TILE:
        tile(plan, first, registers, weights)
    elif code == do.FREE:
        free(plan, first, registers, weights)
    elif code == do.SPEND:
        _spend(plan, first, registers)
    elif code == do.NIGHTLY:
        nightly(plan, first, registers, values, scales)
    elif code == do.PICK:
        pick(plan, first, weights)
    elif code == do.BOUND:
        bound(plan, first, registers, values, scales)
    else:
        _guard(plan, at, registers)


@bare_called_kernel
def _offer(plan, line, registers, values, scales, weights):
    """The steps of one offer."""
    step = plan[line + 1]
    while step < plan[line + 2]:
        if plan[step] == do.TIMES:  # here, because to hand over all that other steps need takes longer
            _times(plan, step, registers)
        else:
            one_step(plan, step, registers, values, scales, weights)
        step = plan[step + 1]


@bare_called_kernel
def offer_set(plan, at, chosen, registers, values, scales, weights):
    """Apply the offers of one set, in their order, to the amount before the stage: bits of the promotions applied."""
    offers = plan[at + 3]
    bits = np.int64(0)
    copy(registers, R_STAGE, R_RUNNING)
    copy_weights(weights, W_STAGE, W_NOW)
    for offer in range(offers):
        if chosen >> (offers - 1 - offer) & 1:
            line = at + 6 + do.OFFER_LINE * offer
            bits |= 1 << plan[line]
            _offer(plan, line, registers, values, scales, weights)
    if chosen == 0 and plan[at + 5] != 0:
        _offer(plan, at + 6 + do.OFFER_LINE * offers, registers, values, scales, weights)
    return bits


@bare_called_kernel
def is_better(policy, registers):
    """Whether the running amount is better than the best one: 1 or 0, -1 where that is too large to tell."""
    n, d = get(registers, R_RUNNING)
    m, e = get(registers, R_BEST)
    if policy == do.CHOOSE_LEAST:
        return fraction_less(n, d, m, e)
    return fraction_less(m, e, n, d)


@bare_called_kernel
def _permitted(plan, line, registers):
    """Whether the amount before the stage is in the range in which a set is permitted."""
    n, d = get(registers, R_STAGE)
    if plan[line + 1] > 0 and fraction_less(n, d, wide(plan[line + 1]), wide(1)) != 0:
        return False
    return plan[line + 2] >= do.NO_BOUND or fraction_less(n, d, wide(plan[line + 2]), wide(1)) == 1


@bare_called_kernel
def sets_at(plan, at):
    """Where the sets of an OFFERS step stand."""
    return at + 6 + do.OFFER_LINE * (plan[at + 3] + plan[at + 5])


@bare_called_kernel
def before_offers(registers, weights):
    """Remember the amount and the weights before the stage."""
    copy(registers, R_RUNNING, R_STAGE)
    copy_weights(weights, W_NOW, W_STAGE)


@bare_called_kernel
def _choose(plan, at, registers, values, scales, weights):
    """The best permitted set of offers; the earlier of equal ones. Returns the bits of its promotions."""
    before_offers(registers, weights)
    found = False
    bits = np.int64(0)
    for number in range(plan[at + 4]):
        line = sets_at(plan, at) + do.OFFER_LINE * number
        if not _permitted(plan, line, registers):
            continue
        applied = offer_set(plan, at, plan[line], registers, values, scales, weights)
        better = is_better(plan[at + 2], registers) if found else 1
        if better < 0:
            put(registers, R_BEST, TOO_LARGE, wide(1))
            found = True
            break
        if better == 1:
            found = True
            bits = applied
            copy(registers, R_RUNNING, R_BEST)
            copy_weights(weights, W_NOW, W_BEST)
    if found:
        copy(registers, R_BEST, R_RUNNING)
        copy_weights(weights, W_BEST, W_NOW)
    return bits


@bare_called_kernel
def _tax(plan, at, registers, out):
    """TAX: what it is of, whether the nightly average is in its bracket, its own rounding."""
    n, d = get(registers, R_AVERAGED)
    first = at + 2
    if plan[first + 5] > 0 and fraction_less(n, d, wide(plan[first + 5]), wide(1)) == 1:
        return
    if plan[first + 6] < do.NO_BOUND and fraction_less(n, d, wide(plan[first + 6]), wide(1)) == 0:
        return
    n, d = get(registers, R_RUNNING)
    if plan[first + 3] == do.OF_CUMULATIVE:
        n, d = fraction_plus(n, d, wide(out[do.A_NIGHT_TAXES]), wide(1), True)
    if plan[first] == do.TAX_PERCENT:
        n, d = fraction_times(n, d, wide(plan[first + 1]), wide(plan[first + 2]))
    else:
        n, d = wide(plan[first + 1]), wide(plan[first + 2])
    amount = rounded_fraction(n, d, plan, first + 7)
    if amount < 0:
        out[do.A_CODE] = do.TOO_LARGE_CODE
    elif plan[first + 4] == 0:
        out[do.A_NIGHT_TAXES] += amount
    else:
        out[do.A_INCLUDED] += amount


@bare_called_kernel
def _points(plan, at, registers, out):
    """POINTS: whole minor units, at most a part of the running amount with the taxes so far."""
    first = at + 2
    n, d = get(registers, R_RUNNING)
    n, d = fraction_plus(n, d, wide(out[do.A_NIGHT_TAXES]), wide(1), True)
    n, d = fraction_times(n, d, wide(plan[first + 3]), wide(plan[first + 4]))
    value, _ = divided(n, d)
    worth, _ = divided(times(wide(plan[first]), wide(plan[first + 2])), wide(plan[first + 1]))
    if value < 0:
        out[do.A_CODE] = do.TOO_LARGE_CODE
    elif worth >= 0:
        value = min(value, worth)
    if value > 0:
        used, rest = divided(times(wide(value), wide(plan[first + 1])), wide(plan[first + 2]))
        out[do.A_PAID] = value
        out[do.A_POINTS] = used + (0 if is_zero(rest) else 1)


@bare_called_kernel
def run(plan, at, registers, values, scales, weights, forced, until, out):
    """Do the steps from `at` on until a code or END; returns where it stopped. forced: a set of offers, -1 = the
    best.
    """
    while plan[at] != do.END and plan[at] != until:
        if plan[at] == do.OFFERS:
            if forced >= 0:
                before_offers(registers, weights)
                out[do.A_OFFERS] |= offer_set(plan, at, forced, registers, values, scales, weights)
            else:
                out[do.A_OFFERS] |= _choose(plan, at, registers, values, scales, weights)
        elif plan[at] == do.TAX:
            _tax(plan, at, registers, out)
        elif plan[at] == do.POINTS:
            _points(plan, at, registers, out)
        elif plan[at] == do.TIMES:
            _times(plan, at, registers)
        else:
            one_step(plan, at, registers, values, scales, weights)
        at = plan[at + 1]
    return at
