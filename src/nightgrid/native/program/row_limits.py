"""Operations that keep the amounts of a block of rows inside limits (`row_loops` says why they are exact)."""

from __future__ import annotations

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.prices.prices import fused_multiply_add


@bare_called_kernel
def cap(columns, c, s, o, rows, by, of, amount):
    """CAP."""
    for i in range(rows):
        value = columns[s, i] * by
        low = fused_multiply_add(columns[o, i], of, -amount)
        columns[c, i] = value if value > low else low


@bare_called_kernel
def least(columns, c, s, o, rows, by, of, amount):
    """LEAST."""
    for i in range(rows):
        value = columns[s, i] * by
        low = columns[o, i] * of
        low = low if low < amount else amount
        columns[c, i] = value if value > low else low


@bare_called_kernel
def most(columns, c, s, o, rows, by, of, amount):
    """MOST."""
    for i in range(rows):
        value = columns[s, i] * by
        high = columns[o, i] * of
        high = high if high < amount else amount
        columns[c, i] = value if value < high else high
