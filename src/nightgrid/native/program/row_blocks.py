"""Blocks of rows: sums of nights in, the compiled plans of all tiers, prices out; what the tiers share is done once."""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.jit import called_kernel, inlined_kernel
from nightgrid.native.base.marked import load_scratch, load_table, store_result, store_scratch
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_arrivals import WEEKDAYS
from nightgrid.native.program.row_codes import RowPlan
from nightgrid.native.program.row_loops import run_ops

#: Fields of a group: rows side by side that have one rule set and one booking day.
G_FIRST: Final = 0
G_ROWS: Final = 1
G_STAGE: Final = 2  # where its stages stand, -1 = it is not sold
G_TODAY: Final = 3  # ordinal of the booking day
G_SILENT: Final = 4  # whether the tier's own plan is sold: tiers change nothing
G_FIELDS: Final = 5

#: What the rows are: the ordinal of night 0 of the sums, the first arrival (index of night), and the flags of a book.
A_ORIGIN: Final = 0
A_ARRIVAL: Final = 1
A_MASK: Final = 2
A_BY_NIGHT: Final = 3
A_LARGEST: Final = 4  # a bound of all nights x scale, 0 = unknown
A_FIELDS: Final = 5


@inlined_kernel
def row_plan(rows, tier):
    """The compiled plan of a tier."""
    return RowPlan(
        rows.head[tier], rows.ops[tier], rows.numbers[tier], rows.bits[tier], rows.den, rows.top, rows.ratios
    )


@called_kernel
def _alike(rows, tiers, at):
    """Whether the plans of all tiers have the same operation at a place."""
    for tier in range(tiers):
        if at >= rows.head[tier, row.H_OPS]:
            return False
        for word in range(row.OP_WORDS):
            if rows.ops[tier, at, word] != rows.ops[0, at, word]:
                return False
        for number in range(row.OP_NUMBERS):
            if rows.numbers[tier, at, number] != rows.numbers[0, at, number]:
                return False
    return True


@called_kernel
def _shared(rows, tiers):
    """How many first operations the plans of all tiers have in common, and nothing but the running amount after them; 0
    for a single one.
    """
    count = np.int64(0)
    if tiers < 2:
        return count
    while _alike(rows, tiers, count):
        count += 1
    for tier in range(tiers):
        while count > 0 and count < rows.head[tier, row.H_OPS] and rows.ops[tier, count, row.O_WHOLE] == 0:
            count -= 1
    return count


@called_kernel
def _load_plane(sums, low, high, mask, columns, at, count):
    """Sums of nights of some rows: the differences of two rows of running sums, which begin at `low` and `high`."""
    for i in range(count):
        value = np.int64(load_table(sums, high + i)) - np.int64(load_table(sums, low + i))
        store_scratch(columns, at + i, np.float64(value & mask))


@called_kernel
def _load(sums, shape, about, pieces, count, nights, planes, columns):
    """The sums of nights of a block's pieces; returns how many rows. sums, columns: flat; shape: of the sums."""
    at = 0
    for piece in range(count):
        size = pieces[piece, 2]
        for plane in range(shape[0]):
            low = (plane * shape[1] + pieces[piece, 0]) * shape[2] + pieces[piece, 1]
            high = low + nights * shape[2]
            if plane == 0:
                _load_plane(sums, low, high, about[A_MASK], columns, row.C_RUNNING * row.BLOCK + at, size)
            if planes >> plane & 1:
                _load_plane(sums, low, high, about[A_MASK], columns, (row.C_PLANE + plane) * row.BLOCK + at, size)
        at += size
    return at


@called_kernel
def _totals(columns, running, with_taxes, flat, rows, totals):
    """totals = the running amount and the added taxes."""
    if with_taxes:
        for i in range(rows):
            totals[i] = np.int64(columns[running, i] + columns[row.C_TAXES, i] + flat)
    else:
        for i in range(rows):
            totals[i] = np.int64(columns[running, i] + flat)


@called_kernel
def _store(totals, at, size, places, first, out, base):
    """Totals of a piece to a row of the answer that begins at `base`: beside each other, or to their places."""
    if places.size == 0:
        for i in range(size):
            store_result(out, base + first + i, load_scratch(totals, at + i))
    else:
        for i in range(size):
            out[base + places[first + i]] = totals[at + i]


@inlined_kernel
def place(places, i):
    """Where a row stands in the answer."""
    return places[i] if places.size > 0 else i


@called_kernel
def _store_offers(plan, columns, at, size, places, first, out):
    """Promotions applied of a piece to their places."""
    sets = plan.head[row.H_SETS]
    for i in range(size):
        chosen = np.int64(columns[row.C_CHOSEN, at + i]) if sets > 1 else 0
        out[place(places, first + i)] = plan.bits[chosen] if sets > 0 else 0


@called_kernel
def _copy(columns, to, source, rows):
    for i in range(rows):
        columns[to, i] = columns[source, i]


@called_kernel
def _price_block(sums, flat, about, rows, count, nights, tiers, shared, planes, places, stay, out, shape, out_offers):
    """One block: pieces of some arrivals, every tier. flat: the sums in one dimension, as `out`, of that shape."""
    columns = rows.columns
    size = _load(flat, sums.shape, about, rows.pieces, count, nights, planes, columns.reshape(columns.size))
    many = tiers.shape[0]
    where = np.int64(0)
    if many > 1:
        run_ops(rows.ops[0], rows.numbers[0], 0, shared, columns, size)
        where = rows.ops[0, shared, row.O_AT] if shared < rows.head[0, row.H_OPS] else rows.head[0, row.H_AT]
        _copy(columns, row.C_PREFIX, where, size)
    for tier in range(many):
        plan = row_plan(rows, tier)
        if tier > 0:
            _copy(columns, where, row.C_PREFIX, size)
        run_ops(plan.ops, plan.numbers, shared, plan.head[row.H_OPS], columns, size)
        taxes, fixed = plan.head[row.H_TAXES], np.float64(plan.head[row.H_FLAT])
        _totals(columns, plan.head[row.H_AT], taxes, fixed, size, rows.totals)
        at = 0
        for piece in range(count):
            arrival = rows.pieces[piece, 0] - about[A_ARRIVAL]
            first, part = rows.pieces[piece, 1], rows.pieces[piece, 2]
            base = ((arrival * shape[1] + stay) * shape[2] + tiers[tier, 1]) * shape[3]
            _store(rows.totals, at, part, places, first, out, base)
            if out_offers.size > 0:
                _store_offers(plan, columns, at, part, places, first, out_offers[arrival, stay, tiers[tier, 1]])
            at += part


@called_kernel
def price_vector(sums, about, group, rows, nights, tiers, begin, end, chosen, places, stay, out, out_offers):
    """All rows of a group for the arrivals that share the plans, in blocks. chosen (weekday) uint8; tiers (tier, 2)."""
    flat = sums.reshape(sums.size)
    prices = out.reshape(out.size)
    shared = _shared(rows, tiers.shape[0])
    planes = np.int64(0)
    for tier in range(tiers.shape[0]):
        planes |= rows.head[tier, row.H_PLANES]
    count, size = 0, 0
    for arrival in range(begin, end):
        if chosen[(about[A_ORIGIN] + arrival + 6) % WEEKDAYS] == 0:
            continue
        first = group[G_FIRST]
        left = group[G_ROWS]
        while left > 0:
            part = min(left, row.BLOCK - size)
            rows.pieces[count, 0] = arrival
            rows.pieces[count, 1] = first
            rows.pieces[count, 2] = part
            count += 1
            size += part
            first += part
            left -= part
            if size == row.BLOCK:
                _price_block(sums, flat, about, rows, count, nights, tiers, shared, planes, places, stay, prices,
                             out.shape, out_offers)  # fmt: skip
                count, size = 0, 0
    if size > 0:
        _price_block(sums, flat, about, rows, count, nights, tiers, shared, planes, places, stay, prices, out.shape,
                     out_offers)  # fmt: skip
