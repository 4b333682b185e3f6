"""Writing steps into a plan: each function returns where the next step goes, or -1 where the plan is full."""

from __future__ import annotations

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term

#: Words of a plan; a stay with more permitted sets of offers than fit is refused.
PLAN_WORDS = 1 << 17
#: What is known of a plan that stands written: where the stages stand that were written last, where in the plan, how
#: the amount was rounded before; the question; and how often an end was written.
K_ENDS = 4 + do.Q_LISTS
KEPT_WORDS = K_ENDS + 1
#: Words that a step other than a table of offers can take, with room to spare.
ROOM = 1_024


@bare_inlined_kernel
def begin(plan, at, code, fields):
    """The head of a step."""
    plan[at] = code
    plan[at + 1] = at + 2 + fields
    return at + 2 + fields


@bare_called_kernel
def divisor(a, b):
    """Greatest common divisor of two int64 (Euclid); b >= 1."""
    a = abs(a)
    while a:
        a, b = b % a, a
    return b


@bare_called_kernel
def write_change(plan, at, ref, by, over):
    """The running amount changes by by/over of an amount."""
    if by == 0:
        return at
    common = divisor(by, over)
    if ref == do.REF_RUNNING:
        following = begin(plan, at, do.TIMES, 2)
        common = divisor(over + by, over)
        plan[at + 2] = max((over + by) // common, 0)
        plan[at + 3] = over // common
        return following
    following = begin(plan, at, do.PART, 3)
    plan[at + 2] = ref
    plan[at + 3] = by // common
    plan[at + 4] = over // common
    return following


@bare_called_kernel
def write_amount(plan, at, by, over):
    """An amount is added."""
    if by == 0:
        return at
    following = begin(plan, at, do.ADD, 2)
    common = divisor(by, over)
    plan[at + 2] = by // common
    plan[at + 3] = over // common
    return following


@bare_called_kernel
def write_one(plan, at, code, value):
    """A step with one field."""
    following = begin(plan, at, code, 1)
    plan[at + 2] = value
    return following


@bare_called_kernel
def write_rounding(plan, at, terms, rounding):
    """Round as the terms at `rounding` say."""
    endings = terms[rounding + 2]
    following = begin(plan, at, do.ROUND, 3 + endings)
    for field in range(3 + endings):
        plan[at + 2 + field] = terms[rounding + field]
    return following


@bare_called_kernel
def nights_of(query):
    """Over how many nights amounts a night are summed: those of the stay, or 1."""
    return query[do.Q_NIGHTS] if query[do.Q_NIGHT] < 0 else 1


@bare_called_kernel
def write_length(plan, at, terms, rule, ref, query):
    """Length of stay: the band reached, every night's band, or blocks of nights at their price."""
    nights = query[do.Q_NIGHTS]
    bands = terms[rule + 1]
    reading = terms[rule]
    if reading == term.READ_PRICES:
        return _write_tiles(plan, at, terms, rule, nights)
    if reading == term.READ_MARGINAL and query[do.Q_NIGHT] < 0:
        return _write_margin(plan, at, terms, rule, ref, nights)
    reached = nights if reading != term.READ_MARGINAL else query[do.Q_NIGHT] + 1
    by = 0
    for band in range(bands):
        if terms[rule + 2 + 2 * band] <= reached and (band == 0 or reading != term.READ_FIRST):
            by = terms[rule + 3 + 2 * band]
    return write_change(plan, at, ref, by, term.WHOLE_BP)


@bare_called_kernel
def _write_tiles(plan, at, terms, rule, nights):
    bands = terms[rule + 1]
    total = 0
    left = nights
    for band in range(bands - 1, -1, -1):
        block = terms[rule + 2 + 2 * band]
        total += left // block * terms[rule + 3 + 2 * band]
        left %= block
    if left == nights:
        return at
    following = begin(plan, at, do.TILE, 2)
    plan[at + 2] = total
    plan[at + 3] = left
    return following


@bare_called_kernel
def _write_margin(plan, at, terms, rule, ref, nights):
    bands = terms[rule + 1]
    if terms[rule + 2] > nights:
        return at
    following = begin(plan, at, do.MARGIN, 2 + nights)
    over = term.WHOLE_BP
    band = -1
    common = over
    for night in range(nights):
        while band + 1 < bands and terms[rule + 2 + 2 * (band + 1)] <= night + 1:
            band += 1
        plan[at + 4 + night] = over + (terms[rule + 3 + 2 * band] if band >= 0 else 0)
        common = divisor(plan[at + 4 + night], common)
    plan[at + 2] = ref
    plan[at + 3] = over // common
    for night in range(nights):
        plan[at + 4 + night] //= common
    return following


@bare_called_kernel
def write_lead(plan, at, terms, rule, ref, lead):
    """Lead time: the band that holds the lead, or the curve at it, exact between its points."""
    count = terms[rule + 1]
    first = rule + 2
    if terms[rule] == term.LEAD_BANDS:
        for band in range(count):
            if terms[first + 3 * band] <= lead <= terms[first + 3 * band + 1]:
                return write_change(plan, at, ref, terms[first + 3 * band + 2], term.WHOLE_BP)
        return at
    point = 0
    while point < count and terms[first + 2 * point] <= lead:
        point += 1
    if point == 0 or point == count:
        return write_change(plan, at, ref, terms[first + 2 * max(point - 1, 0) + 1], term.WHOLE_BP)
    before = first + 2 * (point - 1)
    span = terms[before + 2] - terms[before]
    by = terms[before + 1] * span + (terms[before + 3] - terms[before + 1]) * (lead - terms[before])
    return write_change(plan, at, ref, by, term.WHOLE_BP * span)


@bare_called_kernel
def write_tier(plan, at, terms, rule, ref, query):
    """Member tier: percent, amount or price; the own plan and extra points act elsewhere."""
    kind = terms[rule + 2 * query[do.Q_TIER]]
    value = terms[rule + 2 * query[do.Q_TIER] + 1]
    if query[do.Q_SILENT]:
        return at
    if kind == term.TIER_PERCENT:
        return write_change(plan, at, ref, value, term.WHOLE_BP)
    if kind == term.TIER_AMOUNT:
        return write_amount(plan, at, value, 1)
    if kind == term.TIER_PRICE:
        return write_one(plan, at, do.SET, value * nights_of(query))
    return at
