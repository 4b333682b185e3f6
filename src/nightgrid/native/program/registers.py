"""The state in which a stay's price is worked out: fractions in registers, and the weights of the nights.

A register is a numerator and a denominator of two words each. The weights say how nights share the running amount: at
first their prices after the night stages, later whatever acted on single nights has made of them. Only their ratio
counts. Where all are 0, all nights share alike.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.wide import (
    TOO_LARGE,
    add_wide,
    common_divisor,
    float_wide,
    fraction_less,
    fraction_plus,
    fraction_times,
    is_zero,
    plus,
    quotient_of,
    times,
    wide,
)

R_RUNNING = 0
R_BEFORE = 1
R_STAGE = 2
R_BEST = 3
R_AVERAGED = 4  # what brackets of taxes look at
R_SLOT = 5
REGISTERS = R_SLOT + do.SLOTS

#: Copies of the weights: as they are, before the offers, after the best offers, and at the time of each slot.
W_NOW = 0
W_STAGE = 1
W_BEST = 2
W_SLOT = 3
WEIGHTS = W_SLOT + do.SLOTS


@bare_inlined_kernel
def get(registers, which):
    """(numerator, denominator) of a register."""
    return (
        (registers[which, 0], registers[which, 1]),
        (registers[which, 2], registers[which, 3]),
    )


@bare_inlined_kernel
def put(registers, which, numerator, denominator):
    """Set a register."""
    registers[which, 0], registers[which, 1] = numerator
    registers[which, 2], registers[which, 3] = denominator


@bare_inlined_kernel
def copy(registers, source, target):
    """Copy a register."""
    for word in range(4):
        registers[target, word] = registers[source, word]


@bare_called_kernel
def copy_weights(weights, source, target):
    """Copy the weights."""
    for night in range(weights.shape[1]):
        weights[target, night, 0] = weights[source, night, 0]
        weights[target, night, 1] = weights[source, night, 1]


@bare_inlined_kernel
def weight_of(weights, night):
    """The weight of a night, wide."""
    return (weights[W_NOW, night, 0], weights[W_NOW, night, 1])


@bare_inlined_kernel
def set_weight(weights, night, value):
    """Set the weight of a night."""
    weights[W_NOW, night, 0], weights[W_NOW, night, 1] = value


@bare_inlined_kernel
def in_set(plan, at, night):
    """Whether a night is in the set whose words stand at `at`."""
    return plan[at + (night >> 6)] >> (night & 63) & 1


@bare_called_kernel
def start(registers, weights, values, scales):
    """The running amount and the weights before the first step."""
    total = wide(0)
    for night in range(values.shape[1]):
        set_weight(weights, night, wide(values[0, night]))
        total = add_wide(total, wide(values[0, night]))
    put(registers, R_RUNNING, total, wide(scales[0]))


@bare_called_kernel
def amount_of(ref, registers, values, scales):
    """The fraction that a reference names."""
    if ref == do.REF_RUNNING:
        return get(registers, R_RUNNING)
    if ref == do.REF_ONE:
        return wide(1), wide(1)
    if ref >= do.FIRST_SLOT:
        return get(registers, R_SLOT + ref - do.FIRST_SLOT)
    total = wide(0)
    for night in range(values.shape[1]):
        total = add_wide(total, wide(values[ref, night]))
    return total, wide(scales[ref])


@bare_called_kernel
def part_of_weights(plan, at, weights, which):
    """The weight of a set of nights, and of all, in one of the copies; TOO_LARGE stays TOO_LARGE."""
    inside = wide(0)
    whole = wide(0)
    for night in range(weights.shape[1]):
        weight = (weights[which, night, 0], weights[which, night, 1])
        whole = plus(whole, weight)
        if in_set(plan, at, night):
            inside = plus(inside, weight)
    if is_zero(whole):
        for night in range(weights.shape[1]):
            if in_set(plan, at, night):
                inside = add_wide(inside, wide(1))
        return inside, wide(weights.shape[1])
    return inside, whole


@bare_called_kernel
def share_of(plan, at, ref, registers, values, scales, weights):
    """The share of a set of nights in the amount that a reference names (REF_ONE is not shared)."""
    if 0 <= ref < do.FIRST_SLOT:
        total = wide(0)
        for night in range(values.shape[1]):
            if in_set(plan, at, night):
                total = add_wide(total, wide(values[ref, night]))
        return total, wide(scales[ref])
    n, d = amount_of(ref, registers, values, scales)
    if ref == do.REF_ONE:
        return n, d
    which = W_SLOT + ref - do.FIRST_SLOT if ref >= do.FIRST_SLOT else W_NOW
    inside, whole = part_of_weights(plan, at, weights, which)
    return fraction_times(n, d, inside, whole)


@bare_called_kernel
def scale_weights(plan, at, weights, by, over):
    """Weights of the nights in the set x by, of the others x over; then all by what divides them all."""
    largest = 0.0
    for night in range(weights.shape[1]):
        factor = by if in_set(plan, at, night) else over
        value = times(weight_of(weights, night), factor)
        set_weight(weights, night, value)
        largest = max(largest, float_wide(value) if value[0] >= 0 else np.inf)
    if largest > 2.0**40:
        shrink_weights(weights)


@bare_called_kernel
def shrink_weights(weights):
    """Divide the weights by what divides them all."""
    divisor = wide(0)
    for night in range(weights.shape[1]):
        value = weight_of(weights, night)
        if value[0] < 0:
            return
        divisor = common_divisor(divisor, value)
    if is_zero(divisor) or (divisor[0] == 0 and divisor[1] == 1):
        return
    for night in range(weights.shape[1]):
        set_weight(weights, night, quotient_of(weight_of(weights, night), divisor))


@bare_called_kernel
def add_part(registers, n, d, by, over):
    """running + n/d x by/over, never below 0."""
    n, d = fraction_times(n, d, wide(abs(by)), wide(over))
    running = get(registers, R_RUNNING)
    n, d = fraction_plus(running[0], running[1], n, d, by >= 0)
    put(registers, R_RUNNING, n, d)


@bare_called_kernel
def least(n, d, m, e):
    """The smaller of two fractions; TOO_LARGE if one of them is."""
    less = fraction_less(n, d, m, e)
    if less < 0:
        return TOO_LARGE, wide(1)
    if less == 1:
        return n, d
    return m, e
