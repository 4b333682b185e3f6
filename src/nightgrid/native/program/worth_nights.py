"""Steps of a plan that act on single nights: free nights, marginal lengths of stay, offers on some nights, blocks."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, called_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.registers import (
    R_BEFORE,
    R_RUNNING,
    R_SLOT,
    W_BEST,
    W_NOW,
    W_SLOT,
    add_part,
    copy_weights,
    get,
    in_set,
    least,
    part_of_weights,
    put,
    scale_weights,
    set_weight,
    share_of,
    shrink_weights,
    weight_of,
)
from nightgrid.native.program.wide import (
    common_divisor,
    fraction_less,
    fraction_plus,
    fraction_times,
    is_zero,
    less_wide,
    plus,
    quotient_of,
    reduced,
    subtract_wide,
    times,
    wide,
)


@bare_called_kernel
def share(plan, at, registers, values, scales, weights):
    """SHARE: a part of what some nights have in an amount; what is taken is at most what they have."""
    n, d = share_of(plan, at + 3, plan[at], registers, values, scales, weights)
    n, d = fraction_times(n, d, wide(abs(plan[at + 1])), wide(plan[at + 2]))
    running = get(registers, R_RUNNING)
    if plan[at + 1] < 0:
        inside, whole = part_of_weights(plan, at + 3, weights, W_NOW)
        m, e = fraction_times(running[0], running[1], inside, whole)
        n, d = least(n, d, m, e)
    n, d = fraction_plus(running[0], running[1], n, d, plan[at + 1] >= 0)
    put(registers, R_RUNNING, n, d)


@bare_called_kernel
def reshare(plan, at, registers, weights):
    """RESHARE: the nights of the set have what they had, and what was added or taken since "before"."""
    before = get(registers, R_BEFORE)
    after = get(registers, R_RUNNING)
    inside, whole = part_of_weights(plan, at, weights, W_NOW)
    n, d = fraction_times(before[0], before[1], inside, whole)
    if is_zero(after[0]) or inside[0] < 0 or n[0] < 0:
        return
    others, over = fraction_plus(before[0], before[1], n, d, False)
    m, e = fraction_plus(after[0], after[1], others, over, False)  # what the nights have now
    if is_zero(n):
        _share_alike(plan, at, weights, before, whole, m, e)
        return
    by, under = fraction_times(m, e, d, n)
    by, under = reduced(by, under)
    _weigh_alike(weights)
    scale_weights(plan, at, weights, by, under)


@bare_called_kernel
def _weigh_alike(weights):
    """Where no night weighs anything, let all weigh the same."""
    for night in range(weights.shape[1]):
        if not is_zero(weight_of(weights, night)):
            return
    for night in range(weights.shape[1]):
        set_weight(weights, night, wide(1))


@bare_called_kernel
def _share_alike(plan, at, weights, before, whole, m, e):
    """Nights that had nothing share m/e alike; the others keep what they have of "before"."""
    nights = 0
    for night in range(weights.shape[1]):
        nights += in_set(plan, at, night)
    m, e = fraction_times(m, e, whole, wide(nights))
    has, other = fraction_times(m, e, before[1], before[0])
    if is_zero(before[0]):
        has, other = wide(1), wide(0)
    else:
        has, other = reduced(has, other)
    for night in range(weights.shape[1]):
        set_weight(weights, night, has if in_set(plan, at, night) else times(weight_of(weights, night), other))
    shrink_weights(weights)


@bare_called_kernel
def margin(plan, at, registers, values, scales, weights):
    """MARGIN: every night's share changes by its own factor, each never below 0. Where nothing is left the weights stay
    as they are.
    """
    if plan[at] == do.REF_RUNNING:
        _margin_running(plan, at + 1, registers, weights)
        return
    nights = weights.shape[1]
    over = plan[at + 1]
    ref = plan[at]
    whole = wide(0)
    for night in range(nights):
        whole = plus(whole, weight_of(weights, night))
    alike = is_zero(whole)
    if alike:
        whole = wide(nights)
    n, d = get(registers, R_RUNNING)
    n, d = fraction_times(n, d, wide(1), whole)
    plane = ref < do.FIRST_SLOT
    m, e = wide(1), wide(scales[ref if plane else 0])
    if not plane:
        m, e = _unit_of_slot(ref, registers, weights)
    m, e = fraction_times(m, e, wide(1), wide(over))
    # Every night over d x e: weight x n x e + change x part x m x d; what both have in common is taken out.
    n, d = reduced(n, d)
    m, e = reduced(m, e)
    own = times(n, e)
    other = times(m, d)
    common = wide(1)
    if own[0] >= 0 and other[0] >= 0 and not (is_zero(own) and is_zero(other)):
        common = common_divisor(own, other)
        own, other = quotient_of(own, common), quotient_of(other, common)
    copy_weights(weights, W_NOW, W_BEST)
    total = wide(0)
    for night in range(nights):
        weight = wide(1) if alike else weight_of(weights, night)
        part = wide(values[ref, night]) if plane else _slot_weight(ref, weights, night)
        change = plan[at + 2 + night] - over
        has = times(weight, own)
        more = times(times(part, wide(abs(change))), other)
        if change >= 0:
            has = plus(has, more)
        elif has[0] >= 0 and more[0] >= 0:
            has = wide(0) if less_wide(has, more) else subtract_wide(has, more)
        total = plus(total, has)
        set_weight(weights, night, has)
    n, d = fraction_times(total, wide(1), common, d)
    n, d = fraction_times(n, d, wide(1), e)
    put(registers, R_RUNNING, n, d)
    if is_zero(total):
        copy_weights(weights, W_BEST, W_NOW)
    else:
        shrink_weights(weights)


@bare_called_kernel
def _margin_running(plan, at, registers, weights):
    """MARGIN of the running amount: the weights by the nights' factors, and the amount as they change together. Where
    nothing is left the weights stay as they are.
    """
    n, d = get(registers, R_RUNNING)
    if is_zero(n):
        return
    whole = wide(0)
    total = wide(0)
    copy_weights(weights, W_NOW, W_BEST)
    _weigh_alike(weights)
    for night in range(weights.shape[1]):
        whole = plus(whole, weight_of(weights, night))
        total = plus(total, times(weight_of(weights, night), wide(plan[at + 1 + night])))
    n, d = fraction_times(n, d, total, times(whole, wide(plan[at])))
    put(registers, R_RUNNING, n, d)
    if is_zero(total):
        copy_weights(weights, W_BEST, W_NOW)
        return
    for night in range(weights.shape[1]):
        set_weight(weights, night, times(weight_of(weights, night), wide(plan[at + 1 + night])))


@bare_called_kernel
def _slot_weight(ref, weights, night):
    """The weight of a night when a slot was kept, 1 where all were 0."""
    which = W_SLOT + ref - do.FIRST_SLOT
    for other in range(weights.shape[1]):
        if weights[which, other, 0] != 0 or weights[which, other, 1] != 0:
            return (weights[which, night, 0], weights[which, night, 1])
    return wide(1)


@bare_called_kernel
def _unit_of_slot(ref, registers, weights):
    """What one unit of weight is worth of an amount that was kept."""
    whole = wide(0)
    for night in range(weights.shape[1]):
        whole = plus(whole, _slot_weight(ref, weights, night))
    n, d = get(registers, R_SLOT + ref - do.FIRST_SLOT)
    return fraction_times(n, d, wide(1), whole)


@bare_called_kernel
def tile(plan, at, registers, weights):
    """TILE: blocks of nights at a price; the last nights keep their share."""
    left = plan[at + 1]
    nights = weights.shape[1]
    inside = wide(0)
    whole = wide(0)
    for night in range(nights):
        whole = plus(whole, weight_of(weights, night))
        if night >= nights - left:
            inside = plus(inside, weight_of(weights, night))
    if is_zero(whole):
        inside, whole = wide(left), wide(nights)
    n, d = get(registers, R_RUNNING)
    n, d = fraction_times(n, d, inside, whole)
    n, d = fraction_plus(n, d, wide(plan[at]), wide(1), True)
    put(registers, R_RUNNING, n, d)


@bare_called_kernel
def _next_free(which, every, weights, taken):
    """The next night to be free: the cheapest (the earlier of equal ones), the last, or the next Nth."""
    best = -1
    for night in range(weights.shape[1]):
        if taken[night >> 6] >> (night & 63) & 1:
            continue
        if which == do.FREE_LAST:
            best = night
        elif which == do.FREE_EVERY:
            if (night + 1) % every == 0:
                return night
        elif best < 0 or less_wide(weight_of(weights, night), weight_of(weights, best)):
            best = night
    return best


@called_kernel
def free(plan, at, registers, weights):
    """FREE: nights are taken off the running amount and weigh nothing from here on."""
    n, d = get(registers, R_RUNNING)
    line = -1
    for position in range(plan[at]):
        low = plan[at + 1 + 4 * position]
        if low <= 0 or fraction_less(n, d, wide(low), wide(1)) == 0:
            line = at + 2 + 4 * position
            break
    if line < 0:
        return
    taken = np.zeros(do.NIGHT_WORDS, np.int64)
    for _ in range(plan[line + 1]):
        night = _next_free(plan[line], plan[line + 2], weights, taken)
        taken[night >> 6] |= 1 << (night & 63)
    inside, whole = part_of_weights(taken, 0, weights, W_NOW)
    if inside[0] >= 0:
        inside = subtract_wide(whole, inside)
    n, d = fraction_times(n, d, inside, whole)
    put(registers, R_RUNNING, n, d)
    for night in range(weights.shape[1]):
        if taken[night >> 6] >> (night & 63) & 1:
            set_weight(weights, night, wide(0))


@bare_called_kernel
def nightly(plan, at, registers, values, scales):
    """NIGHTLY: what is left of a part of every night after an amount."""
    total, over = wide(0), wide(1)
    scale = wide(scales[plan[at]])
    for night in range(values.shape[1]):
        n, d = fraction_times(wide(values[plan[at], night]), scale, wide(plan[at + 1]), wide(plan[at + 2]))
        n, d = fraction_plus(n, d, wide(plan[at + 3]), wide(1), False)
        total, over = fraction_plus(total, over, n, d, True)
    add_part(registers, total, over, plan[at + 4], 1)


@bare_called_kernel
def pick(plan, at, weights):
    """PICK: the cheapest or the dearest of some nights, of equal ones the earlier, into the sets behind it."""
    share_at, reshare_at = plan[at + 2], plan[at + 3]
    for word in range(do.NIGHT_WORDS):
        plan[share_at + word] = 0
    for _ in range(plan[at + 1]):
        best = -1
        for night in range(weights.shape[1]):
            if in_set(plan, at + 4, night) == 0 or in_set(plan, share_at, night):
                continue
            if best < 0:
                best = night
            elif plan[at] == do.FREE_CHEAPEST:
                best = night if less_wide(weight_of(weights, night), weight_of(weights, best)) else best
            else:
                best = night if less_wide(weight_of(weights, best), weight_of(weights, night)) else best
        plan[share_at + (best >> 6)] |= 1 << (best & 63)
    for word in range(do.NIGHT_WORDS):
        plan[reshare_at + word] = plan[share_at + word]
