"""Operations on amounts over a row's own sum of weights (`row_over`), as those of `row_loops`."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.prices.prices import (
    MODE_CEILING,
    MODE_HALF_DOWN,
    MODE_HALF_EVEN,
    MODE_HALF_UP,
    MODE_UP,
    fused_multiply_add,
    rounded_ratio,
    rounding_threshold,
)
from nightgrid.native.program import row_codes as row


@bare_called_kernel
def _over_sum(columns, rows, alike):
    for i in range(rows):
        weight = columns[row.C_SUM, i]
        columns[row.C_OVER, i] = weight if weight > 0.0 else alike


@bare_called_kernel
def _over_share(columns, c, s, rows, alike):
    for i in range(rows):
        part = columns[row.C_WORK, i] if columns[row.C_SUM, i] > 0.0 else alike
        columns[c, i] = columns[s, i] * part


@bare_called_kernel
def _over_off(columns, c, s, rows, amount, others, some):
    for i in range(rows):
        weighs = columns[row.C_SUM, i] > 0.0
        amount_of_row = columns[s, i]
        kept = amount_of_row * (columns[row.C_REST, i] if weighs else some) - amount * columns[row.C_OVER, i]
        rest = amount_of_row * (columns[row.C_WORK, i] if weighs else others)
        columns[c, i] = rest + (kept if kept > 0.0 else 0.0)


@bare_called_kernel
def _over_part(columns, c, s, o, rows, by, of, amount):
    for i in range(rows):
        value = columns[s, i] * by + (columns[o, i] * of + amount) * columns[row.C_OVER, i]
        columns[c, i] = value if value > 0.0 else 0.0


@bare_called_kernel
def _over_limit(columns, c, s, o, rows, by, of, amount, is_cap):
    for i in range(rows):
        value = columns[s, i] * by
        low = columns[o, i] * of
        other = low - amount if is_cap else (low if low < amount else amount)
        low = other * columns[row.C_OVER, i]
        columns[c, i] = value if value > low else low


@bare_called_kernel
def _over_round(columns, c, s, rows, by, whole, mode, step):
    for i in range(rows):
        den = whole * columns[row.C_OVER, i]
        threshold, even = rounding_threshold(mode, den)
        columns[c, i] = rounded_ratio(columns[s, i], by, den, 1.0 / den, threshold, even) * step


@bare_called_kernel
def _over_blocks(columns, c, s, rows, by, whole, block):
    """Whole blocks of endings in the column, what remains of the numerator in C_REST."""
    for i in range(rows):
        den = whole * columns[row.C_OVER, i]
        amount = columns[s, i] * by
        quotient = np.floor(amount * (1.0 / den))
        rest = fused_multiply_add(-quotient, den, amount)
        under, over = 1.0 if rest < 0.0 else 0.0, 1.0 if rest >= den else 0.0
        columns[row.C_REST, i] = rest + (under - over) * den
        columns[c, i] = (quotient - under + over) * block


@bare_called_kernel
def _over_ending(columns, rows, den, ending, least, is_open):
    """Go from one ending to the next where twice the rest has reached `least` (or passed it, where that is open), and
    where it is exactly the next one.
    """
    for i in range(rows):
        over = den * columns[row.C_OVER, i]
        rest, edge = columns[row.C_REST, i], least * over
        goes = 2.0 * rest > edge or (not is_open and 2.0 * rest == edge) or rest >= ending * over
        columns[row.C_WORK, i] = ending if goes else columns[row.C_WORK, i]


@bare_called_kernel
def _over_endings(columns, c, s, rows, numbers, at, count):
    x = numbers[at]
    mode = int(x[4])
    _over_blocks(columns, c, s, rows, x[0], x[1], x[3])
    for i in range(rows):
        columns[row.C_WORK, i] = numbers[at + 1, 0]
    for pair in range(count):
        line = at + 1 + pair // 3
        below, ending = numbers[line, 2 * (pair % 3)], numbers[line, 2 * (pair % 3) + 1]
        least, is_open = 2.0 * ending, False
        if mode == MODE_HALF_UP or mode == MODE_HALF_DOWN or mode == MODE_HALF_EVEN:
            least = below + ending
            is_open = mode == MODE_HALF_DOWN or (mode == MODE_HALF_EVEN and pair & 1 == 1)
        elif mode == MODE_UP or mode == MODE_CEILING:
            least, is_open = 2.0 * below, True
        _over_ending(columns, rows, x[2], ending, least, is_open)
    lowest = numbers[at + 1, 1]
    for i in range(rows):
        value = columns[c, i] + columns[row.C_WORK, i]
        columns[c, i] = value if value > lowest else lowest


@bare_called_kernel
def run_over(code, columns, c, s, o, rows, numbers, at, number):
    """OVER_*."""
    x = numbers[at]
    if code == row.OVER_SUM:
        _over_sum(columns, rows, x[0])
    elif code == row.OVER_SHARE:
        _over_share(columns, c, s, rows, x[1])
    elif code == row.OVER_OFF:
        _over_off(columns, c, s, rows, x[1], x[2], x[3])
    elif code == row.OVER_TIMES:
        for i in range(rows):
            columns[c, i] = columns[s, i] * x[0] * columns[row.C_OVER, i]
    elif code == row.OVER_PART:
        _over_part(columns, c, s, o, rows, x[0], x[1], x[2])
    elif code == row.OVER_ROUND:
        _over_round(columns, c, s, rows, x[0], x[1], number, x[5])
    elif code == row.OVER_ENDINGS:
        _over_endings(columns, c, s, rows, numbers, at, number)
    else:
        _over_limit(columns, c, s, o, rows, x[0], x[1], x[2], code == row.OVER_CAP)
