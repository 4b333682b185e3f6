"""Ends of plans that are kept compiled: from the offers on.

An amount that was rounded before the offers is whole minor units, whatever the factors before it. So what follows is
the same operations for all rule sets, tiers and arrivals for which the same steps were written: only the factors before
it differ. A key is these steps, word for word, and all that compiling them looks at beside.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import row_codes as row

#: Places that are looked at for a key.
_TRIED = 4
_ODD = 0x1E3779B97F4A7C15


@bare_inlined_kernel
def is_known(known, place, plan):
    """Whether denominators and bounds of a plan's amounts are those that were noted: known (place, columns) float64."""
    differ = known[place, 0] != plan.top[row.C_RUNNING]
    for column in range(row.TAIL_COLUMNS):
        differ |= known[place, 1 + 2 * column] != plan.den[row.TAIL_FIRST + column]
        differ |= known[place, 2 + 2 * column] != plan.top[row.TAIL_FIRST + column]
    return not differ


@bare_inlined_kernel
def keep_known(known, place, plan):
    """Note for `is_known`."""
    known[place, 0] = plan.top[row.C_RUNNING]
    for column in range(row.TAIL_COLUMNS):
        known[place, 1 + 2 * column] = plan.den[row.TAIL_FIRST + column]
        known[place, 2 + 2 * column] = plan.top[row.TAIL_FIRST + column]


@bare_inlined_kernel
def _loosened(top):
    """A bound from 2^20, 2^22, ... that is not smaller; 0 stays."""
    if top == 0.0:
        return 0.0
    bound = 1048576.0
    while bound < top:
        bound *= 4.0
    return bound


@bare_called_kernel
def loosen(plan):
    """Let the bounds of a plan's amounts be among a few, so that plans with about the same bounds are alike."""
    plan.top[row.C_RUNNING] = _loosened(plan.top[row.C_RUNNING])
    for column in range(row.TAIL_FIRST, row.TAIL_FIRST + row.TAIL_COLUMNS):
        plan.top[column] = _loosened(plan.top[column])


@bare_called_kernel
def hash_of(steps, begin, end):
    """A hash of some words of a plan; sums, so that it takes many words at once."""
    found = np.int64(begin)
    for at in range(begin, end):
        found += steps[at] * (np.int64(_ODD) + 2 * at * np.int64(_ODD))
    return found ^ found >> 29


@bare_called_kernel
def _is_kept(plan, steps, begin, end, key, told, place, tails):
    """Whether a place holds what was compiled for these words."""
    head = tails.head
    if head[place, row.T_WORDS] != end - begin or head[place, row.T_HASH] != key:
        return False
    if head[place, row.T_FIRST] != begin or head[place, row.T_TOLD] != told:
        return False
    if head[place, row.T_AT] != plan.head[row.H_AT]:
        return False
    if head[place, row.T_HEAD + row.H_NIGHTS] != plan.head[row.H_NIGHTS]:
        return False
    other = np.int64(0)
    for at in range(end - begin):
        other |= tails.words[place, at] ^ steps[begin + at]
    return other == 0 and is_known(tails.known, place, plan)


@bare_called_kernel
def place_of(plan, steps, begin, end, key, told, tails):
    """The place of a key, or -1 - the place where it may be kept."""
    first = key & (row.TAILS - 1)
    for trial in range(_TRIED):
        place = (first + trial) & (row.TAILS - 1)
        if tails.head[place, row.T_WORDS] == 0:
            return -1 - place
        if _is_kept(plan, steps, begin, end, key, told, place, tails):
            return place
    return -1 - ((first + (key >> 20 & (_TRIED - 1))) & (row.TAILS - 1))


@bare_called_kernel
def kept_tail(plan, place, tails):
    """End a plan by what is kept at a place; returns False where that is none."""
    if place < 0:
        return False
    first = plan.head[row.H_OPS]
    count = tails.head[place, row.T_OPS]
    if first + count > row.OPS_MAX:
        return False
    for at in range(count):
        for word in range(row.OP_WORDS):
            plan.ops[first + at, word] = tails.ops[place, at, word]
        for number in range(row.OP_NUMBERS):
            plan.numbers[first + at, number] = tails.numbers[place, at, number]
    planes, loaded = plan.head[row.H_PLANES], plan.head[row.H_LOADED]
    for field in range(row.H_FIELDS):
        plan.head[field] = tails.head[place, row.T_HEAD + field]
    plan.head[row.H_OPS] = first + count
    plan.head[row.H_PLANES] |= planes
    plan.head[row.H_LOADED] |= loaded
    for number in range(min(plan.head[row.H_SETS], row.TAIL_SETS)):
        plan.bits[number] = tails.bits[place, number]
    return True


@bare_called_kernel
def begin_tail(plan, place, tails):
    """Note at a place that is given up what is known of the amounts before the end is compiled."""
    if place >= 0:
        return
    place = -1 - place
    tails.head[place, row.T_WORDS] = 0
    keep_known(tails.known, place, plan)


@bare_called_kernel
def keep_tail(plan, steps, begin, end, key, told, first, where, place, tails):
    """Keep the operations from `first` on, which were compiled while the running amount was at `where`."""
    count = plan.head[row.H_OPS] - first
    if place >= 0 or count > row.TAIL_OPS or end - begin > row.TAIL_WORDS or plan.head[row.H_SETS] > row.TAIL_SETS:
        return
    place = -1 - place
    head = tails.head
    head[place, row.T_WORDS], head[place, row.T_HASH] = end - begin, key
    head[place, row.T_FIRST], head[place, row.T_TOLD] = begin, told
    head[place, row.T_AT], head[place, row.T_OPS] = where, count
    for field in range(row.H_FIELDS):
        head[place, row.T_HEAD + field] = plan.head[field]
    for at in range(end - begin):
        tails.words[place, at] = steps[begin + at]
    for at in range(count):
        for word in range(row.OP_WORDS):
            tails.ops[place, at, word] = plan.ops[first + at, word]
        for number in range(row.OP_NUMBERS):
            tails.numbers[place, at, number] = plan.numbers[first + at, number]
    for number in range(plan.head[row.H_SETS]):
        tails.bits[place, number] = plan.bits[number]
