"""The operations of a compiled plan over the rows of a block: short loops that LLVM turns into vector instructions.

Every number is an integer below 2^53 in a float64, or one half beside it, so sums and products are exact: the compiler
of the plan has bounded them. A rounding needs no exact division: for integers m >= 0 and w >= 1 the fraction
(m + 1/2) / w keeps at least 1/(2 w) away from every integer, while (m + 1/2) times the rounded 1/w errs by less than
(m + 1/2) / w * 2^-51.9; where m + 1/2 < 2^50 that is too little to cross one, so the floor of the product is the floor
of m / w. Every mode but half even is such a floor of m = n + k with a constant k. Larger numerators take the two-word
division of `prices.rounded_ratio`.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel
from nightgrid.native.prices.prices import fused_multiply_add, rounded_ratio
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_limits import cap, least, most
from nightgrid.native.program.row_over_loops import run_over


@bare_called_kernel
def scale(columns, c, s, rows, by):
    """SCALE."""
    for i in range(rows):
        columns[c, i] = columns[s, i] * by


@bare_called_kernel
def part(columns, c, s, o, rows, by, of):
    """PART."""
    for i in range(rows):
        value = fused_multiply_add(columns[s, i], by, columns[o, i] * of)
        columns[c, i] = value if value > 0.0 else 0.0


@bare_called_kernel
def add(columns, c, s, rows, by, amount):
    """ADD."""
    for i in range(rows):
        value = fused_multiply_add(columns[s, i], by, amount)
        columns[c, i] = value if value > 0.0 else 0.0


@bare_called_kernel
def fill(columns, c, rows, value):
    """SET."""
    for i in range(rows):
        columns[c, i] = value


@bare_called_kernel
def rounded(columns, c, s, rows, by, shift, inverse, step, ending):
    """ROUND."""
    for i in range(rows):
        quotient = np.floor(fused_multiply_add(columns[s, i], by, shift) * inverse)
        value = fused_multiply_add(quotient, step, ending)
        columns[c, i] = value if value > ending else ending


@bare_called_kernel
def rounded_even(columns, c, s, rows, by, shift, inverse, step, ending, whole):
    """ROUND_EVEN: shift is half of `whole` and one half."""
    for i in range(rows):
        high = fused_multiply_add(columns[s, i], by, shift)
        quotient = np.floor(high * inverse)
        odd = quotient - 2.0 * np.floor(quotient * 0.5)
        rest = fused_multiply_add(-quotient, whole, high)  # 1/2 where it was the middle
        quotient -= odd if rest == 0.5 else 0.0
        value = fused_multiply_add(quotient, step, ending)
        columns[c, i] = value if value > ending else ending


@bare_called_kernel
def rounded_wide(columns, c, s, rows, by, whole, inverse, threshold, even, step):
    """ROUND_WIDE."""
    for i in range(rows):
        columns[c, i] = rounded_ratio(columns[s, i], by, whole, inverse, threshold, even) * step


@bare_called_kernel
def _where_reached(columns, c, o, rows, low, value):
    """column = value where the other one has reached a number."""
    for i in range(rows):
        columns[c, i] = value if columns[o, i] >= low else columns[c, i]


@bare_called_kernel
def _pairs(columns, c, o, rows, numbers, line, count):
    """column = the second of the last pair whose first the other column has reached."""
    for pair in range(count):
        at = line + 1 + pair // 3
        _where_reached(columns, c, o, rows, numbers[at, 2 * (pair % 3)], numbers[at, 2 * (pair % 3) + 1])


@bare_called_kernel
def to_endings(columns, c, s, rows, numbers, line, count):
    """ENDINGS. numbers: of the operation and its `count` pairs (from which rest on, the amount in the block)."""
    by = numbers[line, 0]
    whole = numbers[line, 1]
    inverse = numbers[line, 2]
    block = numbers[line, 3]
    lowest = numbers[line, 5]
    for i in range(rows):
        amount = columns[s, i] * by
        quotient = np.floor((amount + 0.5) * inverse)
        columns[row.C_REST, i] = fused_multiply_add(-quotient, whole, amount)
        columns[c, i] = quotient * block
    fill(columns, row.C_WORK, rows, numbers[line, 4])
    _pairs(columns, row.C_WORK, row.C_REST, rows, numbers, line, count)
    for i in range(rows):
        value = columns[c, i] + columns[row.C_WORK, i]
        columns[c, i] = value if value > lowest else lowest


@bare_called_kernel
def spend(columns, c, s, o, rows, numbers, line, count):
    """SPEND with any number of thresholds."""
    by = numbers[line, 0]
    fill(columns, row.C_WORK, rows, 0.0)
    _pairs(columns, row.C_WORK, o, rows, numbers, line, count)
    for i in range(rows):
        value = columns[s, i] * by - columns[row.C_WORK, i]
        columns[c, i] = value if value > 0.0 else 0.0


@bare_called_kernel
def spend_some(columns, c, s, o, rows, by, pairs):
    """SPEND with at most three thresholds; those that are not there are infinite."""
    first, second, third = pairs[0], pairs[2], pairs[4]
    off_first, off_second, off_third = pairs[1], pairs[3], pairs[5]
    for i in range(rows):
        stage = columns[o, i]
        off = off_first if stage >= first else 0.0
        off = off_second if stage >= second else off
        off = off_third if stage >= third else off
        value = columns[s, i] * by - off
        columns[c, i] = value if value > 0.0 else 0.0


@bare_called_kernel
def better(columns, s, rows, by, sign):
    """BETTER (sign -1) and MORE (1) where nobody asks which set it is."""
    for i in range(rows):
        value = columns[s, i] * by
        best = columns[row.C_BEST, i]
        columns[row.C_BEST, i] = value if (value - best) * sign > 0.0 else best


@bare_called_kernel
def better_told(columns, s, rows, by, sign, number):
    """BETTER and MORE."""
    for i in range(rows):
        value = columns[s, i] * by
        best = columns[row.C_BEST, i]
        take = (value - best) * sign > 0.0
        columns[row.C_BEST, i] = value if take else best
        columns[row.C_CHOSEN, i] = number if take else columns[row.C_CHOSEN, i]


@bare_called_kernel
def first_inside(columns, s, o, rows, by, low, high, elsewhere):
    """RANGE_FIRST."""
    for i in range(rows):
        stage = columns[o, i]
        inside = (low <= stage) & (stage < high)
        columns[row.C_BEST, i] = columns[s, i] * by if inside else elsewhere


@bare_called_kernel
def better_inside(columns, s, o, rows, by, low, high, sign):
    """RANGE_BETTER and RANGE_MORE where nobody asks which set it is."""
    for i in range(rows):
        value = columns[s, i] * by
        best = columns[row.C_BEST, i]
        stage = columns[o, i]
        take = ((value - best) * sign > 0.0) & (low <= stage) & (stage < high)
        columns[row.C_BEST, i] = value if take else best


@bare_called_kernel
def better_inside_told(columns, s, o, rows, by, low, high, sign, number):
    """RANGE_BETTER and RANGE_MORE."""
    for i in range(rows):
        value = columns[s, i] * by
        best = columns[row.C_BEST, i]
        stage = columns[o, i]
        take = ((value - best) * sign > 0.0) & (low <= stage) & (stage < high)
        columns[row.C_BEST, i] = value if take else best
        columns[row.C_CHOSEN, i] = number if take else columns[row.C_CHOSEN, i]


@bare_called_kernel
def taxed(columns, s, o, rows, low, high):
    """TAXED."""
    for i in range(rows):
        inside = (low <= columns[s, i]) & (columns[s, i] < high)
        columns[row.C_TAXES, i] += columns[o, i] if inside else 0.0


@bare_called_kernel
def dot(columns, c, rows, numbers, line, count):
    """DOT."""
    begun = False
    for night in range(count):
        by = numbers[line + 1 + night // row.OP_NUMBERS, night % row.OP_NUMBERS]
        if by == 0.0:
            continue
        if begun:
            for i in range(rows):
                columns[c, i] = fused_multiply_add(columns[row.C_NIGHT + night, i], by, columns[c, i])
        else:
            scale(columns, c, row.C_NIGHT + night, rows, by)
        begun = True
    if not begun:
        fill(columns, c, rows, 0.0)


@bare_called_kernel
def free_least(columns, c, s, rows, numbers, line, count):
    """FREE_LEAST: the smallest ones so far stand in columns in order; each night goes down them to its place."""
    least_nights = int(numbers[line, 0])
    whole, part, sign = numbers[line, 1], numbers[line, 2] * numbers[line, 3], numbers[line, 3]
    for number in range(least_nights):
        fill(columns, row.C_LEAST + number, rows, np.inf)
    for night in range(count):
        by = numbers[line + 1 + night // row.OP_NUMBERS, night % row.OP_NUMBERS]
        scale(columns, row.C_WORK, row.C_NIGHT + night, rows, by * sign)
        for number in range(least_nights):
            for i in range(rows):
                value, other = columns[row.C_WORK, i], columns[row.C_LEAST + number, i]
                columns[row.C_LEAST + number, i] = value if value < other else other
                columns[row.C_WORK, i] = other if value < other else value
    for i in range(rows):
        columns[c, i] = fused_multiply_add(columns[s, i], whole, columns[row.C_LEAST, i] * part)
    for number in range(1, least_nights):
        for i in range(rows):
            columns[c, i] = fused_multiply_add(columns[row.C_LEAST + number, i], part, columns[c, i])


@bare_called_kernel
def nightly(columns, c, rows, by, off, count):
    """NIGHTLY."""
    fill(columns, c, rows, 0.0)
    for night in range(count):
        for i in range(rows):
            value = fused_multiply_add(columns[row.C_NIGHT + night, i], by, -off)
            columns[c, i] += value if value > 0.0 else 0.0


@bare_called_kernel
def _with_pairs(code, columns, c, s, o, rows, numbers, at, count):
    if code == row.DOT:
        dot(columns, c, rows, numbers, at, count)
    elif code == row.FREE_LEAST:
        free_least(columns, c, s, rows, numbers, at, count)
    elif code == row.NIGHTLY:
        nightly(columns, c, rows, numbers[at, 0], numbers[at, 1], count)
    elif code == row.ENDINGS:
        to_endings(columns, c, s, rows, numbers, at, count)
    else:
        spend(columns, c, s, o, rows, numbers, at, count)


@bare_called_kernel
def _offer(code, columns, s, o, rows, by, low, high, elsewhere):
    """Compare a set of offers where nobody asks which it is."""
    if code == row.FIRST:
        scale(columns, row.C_BEST, s, rows, by)
    elif code == row.RANGE_FIRST:
        first_inside(columns, s, o, rows, by, low, high, elsewhere)
    elif code == row.BETTER or code == row.MORE:
        better(columns, s, rows, by, 1.0 if code == row.MORE else -1.0)
    elif code != row.LINE:
        better_inside(columns, s, o, rows, by, low, high, 1.0 if code == row.RANGE_MORE else -1.0)


@bare_called_kernel
def _offer_told(code, columns, s, o, rows, by, low, high, elsewhere, number):
    """Compare a set of offers."""
    if code == row.FIRST or code == row.RANGE_FIRST:
        _offer(code, columns, s, o, rows, by, low, high, elsewhere)
        fill(columns, row.C_CHOSEN, rows, number)
    elif code == row.BETTER or code == row.MORE:
        better_told(columns, s, rows, by, 1.0 if code == row.MORE else -1.0, number)
    elif code != row.LINE:
        better_inside_told(columns, s, o, rows, by, low, high, 1.0 if code == row.RANGE_MORE else -1.0, number)


@bare_called_kernel
def run_ops(ops, numbers, tier, begin, end, columns, rows):
    """Do the operations from `begin` to `end` of a tier's plan for the first `rows` rows of a block.

    ops (tier, op, OP_WORDS) int64; numbers (tier, op, OP_NUMBERS) float64 [in]; columns (COLUMNS, BLOCK) float64
    [inout]. O(operations x rows).
    """
    for at in range(begin, end):
        code = ops[tier, at, row.O_CODE]
        c, s, o = ops[tier, at, row.O_TO], ops[tier, at, row.O_FROM], ops[tier, at, row.O_OTHER]
        number = ops[tier, at, row.O_NUMBER]
        x0, x1, x2 = numbers[tier, at, 0], numbers[tier, at, 1], numbers[tier, at, 2]
        x3, x4, x5 = numbers[tier, at, 3], numbers[tier, at, 4], numbers[tier, at, 5]
        if code == row.ROUND:
            rounded(columns, c, s, rows, x0, x1, x2, x3, x4)
        elif code == row.SCALE:
            scale(columns, c, s, rows, x0)
        elif code == row.PART:
            part(columns, c, s, o, rows, x0, x1)
        elif code == row.ADD:
            add(columns, c, s, rows, x0, x1)
        elif code == row.SET:
            fill(columns, c, rows, x0)
        elif code == row.CAP:
            cap(columns, c, s, o, rows, x0, x1, x2)
        elif code == row.LEAST:
            least(columns, c, s, o, rows, x0, x1, x2)
        elif code == row.MOST:
            most(columns, c, s, o, rows, x0, x1, x2)
        elif code == row.TAXED:
            taxed(columns, s, o, rows, x0, x1)
        elif code == row.SPEND and number <= 3:
            spend_some(columns, c, s, o, rows, x0, numbers[tier, at + 1])
        elif code >= row.OVER_SUM:
            run_over(code, columns, c, s, o, rows, numbers[tier], at, number)
        elif code == row.ENDINGS or code == row.SPEND or code >= row.DOT:
            _with_pairs(code, columns, c, s, o, rows, numbers[tier], at, number)
        elif code == row.ROUND_EVEN:
            rounded_even(columns, c, s, rows, x0, x1, x2, x3, x4, x5)
        elif code == row.ROUND_WIDE:
            rounded_wide(columns, c, s, rows, x0, x1, x2, x3, x4, x5)
        elif number < 0:
            _offer(code, columns, s, o, rows, x0, x1, x2, x3)
        else:
            _offer_told(code, columns, s, o, rows, x0, x1, x2, x3, np.float64(number))
