"""Exact fractions of 128-bit integers, for prices whose numbers do not fit 64 bits on the way.

A wide integer is a pair (high, low) of int64, two's complement. A fraction is a numerator >= 0 and a denominator >= 1.
Whatever leaves 126 bits becomes TOO_LARGE, stays so through every operation, and is an error at the end: nothing wraps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel

TOO_LARGE = (-1, -1)
_LIMIT = 2.0**125
_PAIR: Any = types.UniTuple(types.int64, 2)  # type: ignore[attr-defined]
_WIDE = ir.IntType(128)
_WORD = ir.IntType(64)


def _joined(builder, pair):
    high = builder.zext(builder.extract_value(pair, 0), _WIDE)
    low = builder.zext(builder.extract_value(pair, 1), _WIDE)
    return builder.or_(builder.shl(high, ir.Constant(_WIDE, 64)), low)


def _split(builder, value):
    high = builder.trunc(builder.lshr(value, ir.Constant(_WIDE, 64)), _WORD)
    low = builder.trunc(value, _WORD)
    pair = ir.Constant(ir.ArrayType(_WORD, 2), ir.Undefined)
    return builder.insert_value(builder.insert_value(pair, high, 0), low, 1)


def _binary(operation):
    def generate(context, builder, signature, args):
        return _split(builder, getattr(builder, operation)(_joined(builder, args[0]), _joined(builder, args[1])))

    return _PAIR(_PAIR, _PAIR), generate


@intrinsic
def add_wide(typing_context, a, b):
    """a + b, modulo 2^128."""
    return _binary("add")


@intrinsic
def subtract_wide(typing_context, a, b):
    """a - b, modulo 2^128."""
    return _binary("sub")


@intrinsic
def multiply_wide(typing_context, a, b):
    """a * b, modulo 2^128."""
    return _binary("mul")


@intrinsic
def less_wide(typing_context, a, b):
    """a < b, signed."""

    def generate(context, builder, signature, args):
        return builder.icmp_signed("<", _joined(builder, args[0]), _joined(builder, args[1]))

    return types.boolean(_PAIR, _PAIR), generate


@intrinsic
def halved_wide(typing_context, a, bits):
    """a >> bits of a number >= 0; bits below 128."""

    def generate(context, builder, signature, args):
        count = builder.zext(args[1], _WIDE)
        return _split(builder, builder.lshr(_joined(builder, args[0]), count))

    return _PAIR(_PAIR, types.int64), generate


@intrinsic
def trailing_zeros(typing_context, a):
    """Trailing zero bits of a wide number other than 0."""

    def generate(context, builder, signature, args):
        count = builder.cttz(_joined(builder, args[0]), ir.Constant(ir.IntType(1), 1))
        return builder.trunc(count, _WORD)

    return types.int64(_PAIR), generate


@intrinsic
def float_wide(typing_context, a):
    """The nearest float64, within one unit in its last place, of a number >= 0."""

    def generate(context, builder, signature, args):
        double = ir.DoubleType()
        high = builder.sitofp(builder.extract_value(args[0], 0), double)
        low = builder.uitofp(builder.extract_value(args[0], 1), double)
        return builder.fadd(builder.fmul(high, ir.Constant(double, 2.0**64)), low)

    return types.float64(_PAIR), generate


@bare_inlined_kernel
def wide(value):
    """A whole number >= 0 as a pair."""
    return (np.int64(0), np.int64(value))


@bare_inlined_kernel
def is_zero(a):
    """Whether a wide number is 0."""
    return a[0] == 0 and a[1] == 0


@bare_called_kernel
def times(a, b):
    """a * b of numbers >= 0, or TOO_LARGE."""
    if a[0] < 0 or b[0] < 0 or float_wide(a) * float_wide(b) > _LIMIT:
        return TOO_LARGE
    return multiply_wide(a, b)


@bare_called_kernel
def plus(a, b):
    """a + b of numbers >= 0, or TOO_LARGE."""
    if a[0] < 0 or b[0] < 0 or float_wide(a) + float_wide(b) > _LIMIT:
        return TOO_LARGE
    return add_wide(a, b)


@bare_called_kernel
def divided(a, b):
    """(floor(a / b), remainder) of a >= 0 and b >= 1: int64 and wide; -1 where a is TOO_LARGE or the quotient is above
    2^50.

    The quotient in floating point is off by at most one; its exact remainder corrects it (see native/prices/prices.py).
    """
    if a[0] < 0 or b[0] < 0:
        return np.int64(-1), (np.int64(0), np.int64(0))
    if a[0] == 0 and b[0] == 0 and a[1] >= 0 and b[1] > 0:
        quotient = a[1] // b[1]
        return quotient if quotient < 2**50 else np.int64(-1), (np.int64(0), a[1] - quotient * b[1])
    estimate = float_wide(a) / float_wide(b)
    if estimate > 2.0**50:
        return np.int64(-1), (np.int64(0), np.int64(0))
    quotient = np.int64(estimate)
    rest = subtract_wide(a, multiply_wide(wide(quotient), b))
    while rest[0] < 0:
        rest = add_wide(rest, b)
        quotient -= 1
    while not less_wide(rest, b):
        rest = subtract_wide(rest, b)
        quotient += 1
    return quotient, rest


@bare_called_kernel
def common_divisor(a, b):
    """Greatest common divisor of numbers >= 0, binary (Stein 1967); at most 256 steps."""
    if is_zero(a):
        return b
    if is_zero(b):
        return a
    shift = min(trailing_zeros(a), trailing_zeros(b))
    a = halved_wide(a, trailing_zeros(a))
    while True:
        b = halved_wide(b, trailing_zeros(b))
        if less_wide(b, a):
            a, b = b, a
        b = subtract_wide(b, a)
        if is_zero(b):
            break
    for _ in range(shift):
        a = add_wide(a, a)
    return a


@bare_called_kernel
def long_divided(a, divisor):
    """(floor(a / divisor), remainder), both wide, of any size, bit by bit: 128 steps."""
    if a[0] == 0 and divisor[0] == 0 and a[1] >= 0 and divisor[1] > 0:
        return (np.int64(0), a[1] // divisor[1]), (np.int64(0), a[1] % divisor[1])
    rest = (np.int64(0), np.int64(0))
    quotient = (np.int64(0), np.int64(0))
    for bit in range(127, -1, -1):
        rest = add_wide(rest, rest)
        if halved_wide(a, bit)[1] & 1:
            rest = add_wide(rest, wide(1))
        quotient = add_wide(quotient, quotient)
        if not less_wide(rest, divisor):
            rest = subtract_wide(rest, divisor)
            quotient = add_wide(quotient, wide(1))
    return quotient, rest


@bare_called_kernel
def quotient_of(a, divisor):
    """a / divisor where nothing remains, of any size."""
    return long_divided(a, divisor)[0]


@bare_called_kernel
def reduced(numerator, denominator):
    """The same fraction in lowest terms."""
    if numerator[0] < 0 or denominator[0] < 0:
        return numerator, denominator
    divisor = common_divisor(numerator, denominator)
    return quotient_of(numerator, divisor), quotient_of(denominator, divisor)


@bare_called_kernel
def fraction_times(numerator, denominator, by, over):
    """numerator / denominator x by / over; lowest terms are taken where the product would not fit."""
    n = times(numerator, by)
    d = times(denominator, over)
    if (n[0] < 0 or d[0] < 0) and numerator[0] >= 0 and denominator[0] >= 0 and by[0] >= 0 and over[0] >= 0:
        numerator, denominator = reduced(numerator, denominator)
        by, over = reduced(by, over)
        numerator, over = reduced(numerator, over)
        by, denominator = reduced(by, denominator)
        n = times(numerator, by)
        d = times(denominator, over)
    if n[0] < 0 or d[0] < 0:
        return TOO_LARGE, wide(1)
    if n[0] > 0 or d[0] > 0:  # long numbers are kept in lowest terms: what follows needs the room
        return reduced(n, d)
    return n, d


@bare_called_kernel
def _over_one(n1, d1, n2, d2):
    """Two fractions over a common denominator: (n1, n2, d)."""
    if d1[0] == d2[0] and d1[1] == d2[1]:
        return n1, n2, d1
    n = times(n1, d2)
    m = times(n2, d1)
    d = times(d1, d2)
    if (n[0] < 0 or m[0] < 0 or d[0] < 0) and n1[0] >= 0 and n2[0] >= 0 and d1[0] >= 0 and d2[0] >= 0:
        n1, d1 = reduced(n1, d1)
        n2, d2 = reduced(n2, d2)
        divisor = common_divisor(d1, d2)
        first = quotient_of(d2, divisor)
        n = times(n1, first)
        m = times(n2, quotient_of(d1, divisor))
        d = times(d1, first)
    return n, m, d


@bare_called_kernel
def fraction_plus(n1, d1, n2, d2, positive):
    """n1/d1 + n2/d2, or max(0, n1/d1 - n2/d2) where not positive."""
    n, m, d = _over_one(n1, d1, n2, d2)
    if n[0] < 0 or m[0] < 0 or d[0] < 0:
        return TOO_LARGE, wide(1)
    if not positive and less_wide(n, m):
        return wide(0), wide(1)
    n = plus(n, m) if positive else subtract_wide(n, m)
    if d[0] > 0 and n[0] >= 0:
        return reduced(n, d)
    return n, d


@bare_called_kernel
def fraction_less(n1, d1, n2, d2):
    """Whether n1/d1 < n2/d2: 1 or 0, or -1 where one of them is TOO_LARGE. Of any size: where the products do not fit,
    whole parts are compared, then what remains of them turned upside down, as Euclid's algorithm goes.
    """
    if n1[0] < 0 or n2[0] < 0:
        return -1
    left = times(n1, d2)
    right = times(n2, d1)
    if left[0] >= 0 and right[0] >= 0:
        return 1 if less_wide(left, right) else 0
    while True:
        q1, r1 = long_divided(n1, d1)
        q2, r2 = long_divided(n2, d2)
        if less_wide(q1, q2) or less_wide(q2, q1):
            return 1 if less_wide(q1, q2) else 0
        if is_zero(r2):
            return 0
        if is_zero(r1):
            return 1
        n1, d1, n2, d2 = d2, r2, d1, r1
