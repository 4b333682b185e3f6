"""Blocks of rows: sums of nights in, the compiled plans of all tiers, prices out; what the tiers share is done once."""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.base.marked import load_scratch, load_table, store_result, store_scratch
from nightgrid.native.program import row_codes as row
from nightgrid.native.program.row_arrivals import WEEKDAYS
from nightgrid.native.program.row_codes import RowPlan, RowShop, Tails
from nightgrid.native.program.row_loops import run_ops
from nightgrid.native.store.views import borrowed

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
#: For the kernel alone: which night of the stay is priced by itself, and whether it is added to those before.
A_NIGHT: Final = 5
A_ADDED: Final = 6
A_ALL: Final = 7


@bare_inlined_kernel
def borrowed_rows(rows):
    """A RowShop with arrays whose references are not counted."""
    tails = rows.tails
    return RowShop(
        borrowed(rows.head), borrowed(rows.ops), borrowed(rows.numbers), borrowed(rows.bits), borrowed(rows.den),
        borrowed(rows.top), borrowed(rows.ratios), borrowed(rows.shares), borrowed(rows.columns),
        borrowed(rows.pieces), borrowed(rows.plans), borrowed(rows.kept),
        Tails(
            borrowed(tails.head), borrowed(tails.words), borrowed(tails.known), borrowed(tails.ops),
            borrowed(tails.numbers), borrowed(tails.bits),
        ),
    )  # fmt: skip


@bare_inlined_kernel
def row_plan(rows, tier):
    """The compiled plan of a tier."""
    return RowPlan(
        rows.head[tier],
        rows.ops[tier],
        rows.numbers[tier],
        rows.bits[tier],
        rows.den,
        rows.top,
        rows.ratios,
        rows.shares,
    )


@bare_called_kernel
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


@bare_called_kernel
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


@bare_called_kernel
def _load_plane(sums, low, high, mask, columns, at, count):
    """Sums of nights of some rows: the differences of two rows of running sums, which begin at `low` and `high`."""
    for i in range(count):
        value = np.int64(load_table(sums, high + i)) - np.int64(load_table(sums, low + i))
        store_scratch(columns, at + i, np.float64(value & mask))


@bare_called_kernel
def _load(sums, shape, about, pieces, count, nights, planes, columns):
    """The sums of nights of a block's pieces; returns how many rows. sums, columns: flat; shape: of the sums; planes:
    bits of those that are read, then whether single nights are.
    """
    at = 0
    for piece in range(count):
        size = pieces[piece, 2]
        for plane in range(shape[0]):
            low = (plane * shape[1] + pieces[piece, 0] + about[A_NIGHT]) * shape[2] + pieces[piece, 1]
            high = low + nights * shape[2]
            if plane == 0:
                _load_plane(sums, low, high, about[A_MASK], columns, row.C_RUNNING * row.BLOCK + at, size)
            if plane < row.PLANES_MAX and planes >> plane & 1:
                _load_plane(sums, low, high, about[A_MASK], columns, (row.C_PLANE + plane) * row.BLOCK + at, size)
        if planes >> row.PLANES_MAX & 1:
            for night in range(nights):
                low = (pieces[piece, 0] + night) * shape[2] + pieces[piece, 1]
                to = (row.C_NIGHT + night) * row.BLOCK + at
                _load_plane(sums, low, low + shape[2], about[A_MASK], columns, to, size)
        at += size
    return at


@bare_called_kernel
def _store_totals(columns, running, with_taxes, flat, at, size, out, base):
    """Totals of a piece beside each other from `base` on: the running amount and the added taxes."""
    running = running * row.BLOCK + at
    taxes = row.C_TAXES * row.BLOCK + at
    if with_taxes:
        for i in range(size):
            store_result(
                out, base + i, np.int64(load_scratch(columns, running + i) + load_scratch(columns, taxes + i) + flat)
            )
    else:
        for i in range(size):
            store_result(out, base + i, np.int64(load_scratch(columns, running + i) + flat))


@bare_inlined_kernel
def place(places, i):
    """Where a row stands in the answer."""
    return places[i] if places.size > 0 else i


@bare_called_kernel
def _place_totals(columns, running, with_taxes, flat, at, size, places, first, out, base, added):
    """The same to the places of the rows, or added to what stands there."""
    for i in range(size):
        total = columns[running, at + i] + flat
        if with_taxes:
            total += columns[row.C_TAXES, at + i]
        to = base + place(places, first + i)
        out[to] = np.int64(total) + (out[to] if added else 0)


@bare_called_kernel
def _store_offers(plan, columns, at, size, places, first, out):
    """Promotions applied of a piece to their places."""
    sets = plan.head[row.H_SETS]
    for i in range(size):
        chosen = np.int64(columns[row.C_CHOSEN, at + i]) if sets > 1 else 0
        out[place(places, first + i)] = plan.bits[chosen] if sets > 0 else 0


@bare_called_kernel
def fill_up(columns, planes, nights, rows):
    """Nought in the rows up to a whole number of vectors, which are worked out too; returns how many rows that are."""
    whole = (rows + row.VECTOR - 1) // row.VECTOR * row.VECTOR
    for i in range(rows, whole):
        columns[row.C_RUNNING, i] = 0.0
        for plane in range(row.PLANES_MAX):
            if planes >> plane & 1:
                columns[row.C_PLANE + plane, i] = 0.0
        for night in range(nights if planes >> row.PLANES_MAX & 1 else 0):
            columns[row.C_NIGHT + night, i] = 0.0
    return whole


@bare_called_kernel
def _copy(columns, to, source, rows):
    for i in range(rows):
        columns[to, i] = columns[source, i]


@bare_called_kernel
def _read_prefix(rows, tiers, shared):
    """Let every tier's plan read what the first `shared` operations leave from a copy that nothing overwrites. Returns
    the column in which they leave it.
    """
    where = rows.ops[0, shared, row.O_AT] if shared < rows.head[0, row.H_OPS] else rows.head[0, row.H_AT]
    for tier in range(tiers):
        written = False
        for at in range(shared, rows.head[tier, row.H_OPS]):
            if rows.ops[tier, at, row.O_CODE] == row.LINE:
                continue
            for word in (row.O_FROM, row.O_OTHER):
                if not written and rows.ops[tier, at, word] == where:
                    rows.ops[tier, at, word] = row.C_PREFIX
            written = written or rows.ops[tier, at, row.O_TO] == where
        if not written and rows.head[tier, row.H_AT] == where:
            rows.head[tier, row.H_AT] = row.C_PREFIX
    return where


@bare_called_kernel
def _price_block(
    sums, flat, about, rows, count, nights, tiers, shared, where, planes, places, stay, out, shape, out_offers
):  # fmt: skip
    """One block: pieces of some arrivals, every tier. flat: the sums in one dimension, as `out`, of that shape."""
    columns = rows.columns
    plain = columns.reshape(columns.size)
    size = fill_up(columns, planes, nights, _load(flat, sums.shape, about, rows.pieces, count, nights, planes, plain))
    many = tiers.shape[0]
    if many > 1:
        run_ops(rows.ops, rows.numbers, 0, 0, shared, columns, size)
        _copy(columns, row.C_PREFIX, where, size)
    for tier in range(many):
        end = rows.head[tier, row.H_OPS]
        run_ops(rows.ops, rows.numbers, tier, shared, end, columns, size)
        with_taxes, fixed = rows.head[tier, row.H_TAXES], np.float64(rows.head[tier, row.H_FLAT])
        running = rows.head[tier, row.H_AT]
        at = 0
        for piece in range(count):
            arrival = rows.pieces[piece, 0] - about[A_ARRIVAL]
            first, part = rows.pieces[piece, 1], rows.pieces[piece, 2]
            base = ((arrival * shape[1] + stay) * shape[2] + tiers[tier, 1]) * shape[3]
            if places.size == 0 and not about[A_ADDED]:
                _store_totals(plain, running, with_taxes, fixed, at, part, out, base + first)
            else:
                _place_totals(columns, running, with_taxes, fixed, at, part, places, first, out, base, about[A_ADDED])
            if out_offers.size > 0:
                _store_offers(
                    row_plan(rows, tier), columns, at, part, places, first, out_offers[arrival, stay, tiers[tier, 1]]
                )
            at += part


@bare_called_kernel
def price_vector(sums, about, group, rows, nights, tiers, begin, end, chosen, places, stay, out, out_offers):
    """All rows of a group for the arrivals that share the plans, in blocks. chosen (weekday) uint8; tiers (tier, 2)."""
    flat = sums.reshape(sums.size)
    prices = out.reshape(out.size)
    shared = _shared(rows, tiers.shape[0])
    where = _read_prefix(rows, tiers.shape[0], shared) if tiers.shape[0] > 1 else row.C_RUNNING
    planes = np.int64(0)
    for tier in range(tiers.shape[0]):
        planes |= rows.head[tier, row.H_PLANES] | rows.head[tier, row.H_LOADED] << row.PLANES_MAX
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
                _price_block(sums, flat, about, rows, count, nights, tiers, shared, where, planes, places, stay, prices,
                             out.shape, out_offers)  # fmt: skip
                count, size = 0, 0
    if size > 0:
        _price_block(sums, flat, about, rows, count, nights, tiers, shared, where, planes, places, stay, prices,
                     out.shape, out_offers)  # fmt: skip
