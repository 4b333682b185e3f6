"""Prices of many stays, each with a question of its own, in blocks: lines that share a plan are worked out together.

Lines come in the order of lengths of stay and rule sets. Where a plan brings them to a whole amount before the
promotions, that is done for lines that share what comes before, and the rest for lines that share the end
(`line_ends`); otherwise for lines that share all of it. What has no such form is left to `line_prices`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.jit import bare_called_kernel, called_kernel, kernel
from nightgrid.native.program import line_classes as of
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import row_codes as row
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.line_classes import ask, group_lines, key_of, mark_days
from nightgrid.native.program.line_ends import (
    ENDS,
    NO_END,
    compile_beginning,
    context_of,
    end_of,
    ends_one_by_one,
    finish_ends,
    finish_lines,
    forget_ends,
    make_end,
    store_lines,
)
from nightgrid.native.program.line_prices import stay_nights
from nightgrid.native.program.line_work import borrowed_work
from nightgrid.native.program.planned import is_by_itself, write_plan, write_until
from nightgrid.native.program.row_blocks import borrowed_rows, fill_up, row_plan
from nightgrid.native.program.row_loops import run_ops
from nightgrid.native.program.row_program import compile_rows
from nightgrid.native.program.stay_price import borrowed_shop
from nightgrid.native.store.views import address_of, as_pointer, borrowed

#: Code of a line that has no price yet.
LEFT_CODE: Final = 4
_NO_PRICE: Final = -2  # instead of an end: of a line that has its code


@called_kernel
def _load(about, lines, order, work, positions, count, nights, offset, plane, column, columns):
    """One plane of the sums of some nights from `offset` on of the lines at some positions, as a column."""
    lanes, mask = about[of.A_LANES], about[of.A_MASK]
    size = (about[of.A_NIGHTS] + 1) * lanes * (plane + 1)
    short = carray(as_pointer(about[of.A_SUMS]), (size,), np.uint32)
    wide = carray(as_pointer(about[of.A_SUMS]), (size,), np.int64)
    for place in range(count):
        line = lines[order[positions[place]]]
        if line[of.N_LANE] < 0:
            columns[column, place] = np.float64(work.sums[plane, positions[place]])
            continue
        low = (plane * (about[of.A_NIGHTS] + 1) + line[of.N_FIRST] + offset) * lanes + line[of.N_LANE]
        high = low + nights * lanes
        if about[of.A_BYTES] == 4:
            columns[column, place] = np.float64((np.int64(short[high]) - np.int64(short[low])) & mask)
        else:
            columns[column, place] = np.float64((wide[high] - wide[low]) & mask)


@bare_called_kernel
def _work_out(about, lines, order, work, positions, count, nights, offset, rows, planes):
    """The plan that stands compiled for the lines at some positions. planes: bits of those that it reads, then whether
    single nights are.
    """
    columns = rows.columns
    _load(about, lines, order, work, positions, count, nights, offset, 0, row.C_RUNNING, columns)
    for plane in range(row.PLANES_MAX):
        if planes >> plane & 1:
            _load(about, lines, order, work, positions, count, nights, offset, plane, row.C_PLANE + plane, columns)
    for night in range(nights if planes >> row.PLANES_MAX & 1 else 0):
        _load(about, lines, order, work, positions, count, 1, night, 0, row.C_NIGHT + night, columns)
    whole = fill_up(columns, planes, nights, count)
    run_ops(rows.ops, rows.numbers, 0, 0, rows.head[0, row.H_OPS], columns, whole)


@bare_called_kernel
def _chain(groups, group, some):
    """The positions of a group, in `some`; returns how many."""
    count = 0
    position = groups.first[group]
    while position >= 0:
        some[count] = position
        count += 1
        position = groups.link[position]
    return count


@called_kernel
def _sum_nights(desk, terms, askings, fills, about, lines, order, begin, end, query, work, planes, shop, out):
    """Nights that are in no running sums, of the lines at positions begin..end - 1: end = NO_END, _NO_PRICE where they
    have none. Returns whether there are any.
    """
    found = False
    cell, scratch, here = work.cell, work.night, work.line
    for position in range(begin, end):
        line = lines[order[position]]
        work.end[position] = NO_END
        if line[of.N_LANE] >= 0:
            continue
        found = True
        ask(query, askings, line, about)
        values = carray(as_pointer(address_of(shop.weights)), (planes, line[of.N_NIGHTS]), np.int64)
        here[by_line.L_PRODUCT], here[by_line.L_STAGE] = -1 - line[of.N_LANE], line[of.N_STAGE]
        here[by_line.L_FIRST], here[by_line.L_FILL] = line[of.N_FIRST], line[of.N_FILL]
        code = stay_nights(desk, terms, query, here, about[of.A_LEAD_OF_NIGHT], fills, scratch, cell, values)
        if code != by_line.OK_CODE:
            out[do.A_CODE, order[position]] = code
            work.end[position] = _NO_PRICE
            continue
        for plane in range(planes):
            total = np.int64(0)
            for night in range(line[of.N_NIGHTS]):
                total += values[plane, night]
            work.sums[plane, position] = total
    return found


@bare_called_kernel
def _bound(about, lines, order, work, begin, end, largest):
    """largest (plane) float64: bounds of the sums of nights of the lines at positions begin..end - 1 [out]."""
    largest[:] = 0.0
    for position in range(begin, end):
        line = lines[order[position]]
        for plane in range(largest.size):
            if line[of.N_LANE] < 0:
                largest[plane] = max(largest[plane], np.float64(work.sums[plane, position]))
            else:
                largest[plane] = max(largest[plane], np.float64(about[of.A_LARGEST]) * line[of.N_NIGHTS])


@called_kernel
def _price_group(terms, about, lines, order, query, largest, scales, shop, rows, work, count, out):
    """The lines at `count` positions in `work.some`, which share a plan: the question of the first stands. Returns
    whether it has a form for columns.
    """
    first = lines[order[work.some[0]]]
    nights, stage = first[of.N_NIGHTS], first[of.N_STAGE]
    by_night = about[of.A_BY_NIGHT] != 0
    for night in range(nights if by_night else 1):
        query[do.Q_NIGHT] = night if by_night else -1
        code = write_plan(terms, stage, query, shop.scratch, shop.sets, shop.plan)
        each = ends_one_by_one(shop.plan, 0)
        summed = 1 if by_night else nights
        done = code == 0 and not (by_night and (each or not is_by_itself(shop.plan)))
        done = done and compile_rows(shop.plan, scales, largest, summed, 1, row_plan(rows, 0), rows.tails)
        query[do.Q_NIGHT] = -1
        if not done:
            return False
        planes = rows.head[0, row.H_PLANES] | rows.head[0, row.H_LOADED] << row.PLANES_MAX
        for begin in range(0, count, row.BLOCK):
            size = min(count - begin, row.BLOCK)
            some = work.some[begin : begin + size]
            _work_out(about, lines, order, work, some, size, summed, night, rows, planes)
            store_lines(rows.head[0], rows.bits[0], rows.columns, order, some, size, night > 0, out)
            if each:
                finish_lines(shop, order, some, size, work.answer, out)
    return True


@called_kernel
def _price_whole(terms, scales, askings, about, lines, order, begin, end, query, largest, shop, rows, work, out):
    """The lines at positions begin..end - 1 that have no end yet, by whole plans; LEFT_CODE where that cannot be."""
    count = 0
    for position in range(begin, end):
        if work.end[position] == NO_END:
            work.some[count] = position
            count += 1
    if count == 0:
        return
    first = lines[order[begin]]
    mark_days(terms, of.WHOLE, first[of.N_STAGE], -1, query, about, work.days)
    found = group_lines(work.days, of.WHOLE, lines, order, work.some, count, about, work.groups)
    for group in range(found):
        count = _chain(work.groups, group, work.some)
        needs_nights = False
        for place in range(count):
            needs_nights |= lines[order[work.some[place]], of.N_LANE] < 0
        ask(query, askings, lines[order[work.some[0]]], about)
        done = not (needs_nights and about[of.A_BY_NIGHT])
        done = done and _price_group(terms, about, lines, order, query, largest, scales, shop, rows, work, count, out)
        if done and needs_nights and rows.head[0, row.H_LOADED]:
            done = False
        for place in range(0 if done else count):
            out[do.A_CODE, order[work.some[place]]] = LEFT_CODE


@bare_called_kernel
def _find_ends(
    terms, askings, about, lines, order, positions, count, query, largest, scales, shop, rows, work, context, at,
    stage, rounded, how,
):  # fmt: skip
    """The end of each line at some positions, whose beginnings are the plan that stands in the workshop."""
    ends = work.ends
    for place in range(count):
        position = positions[place]
        line = lines[order[position]]
        key = key_of(work.days, of.TAIL, line, about)
        number = end_of(ends, key, context)
        if number < 0:
            ask(query, askings, line, about)
            number = make_end(terms, scales, largest, query, shop, rows, ends, shop.plan, at, stage, rounded, how, key,
                              context, number, position)  # fmt: skip
        work.end[position] = number if number >= 0 and ends.head[number, row.H_OPS] >= 0 else NO_END


@bare_called_kernel
def _where_ends_begin(terms, stage):
    """(the stage from which on plans are mostly the same, its kind): the promotions, where there are none the points or
    the taxes, whichever come first: these are no part of a beginning.
    """
    last = stage
    while terms[last] != term.STAGE_END and terms[last] != term.STAGE_PROMOTION:
        last = terms[last + term.S_NEXT]
    if terms[last] == term.STAGE_PROMOTION:
        return last, np.int64(term.STAGE_PROMOTION)
    last = stage
    while terms[last] != term.STAGE_END and terms[last] != term.STAGE_TAX and terms[last] != term.STAGE_POINTS:
        last = terms[last + term.S_NEXT]
    return last, np.int64(terms[last])


@called_kernel
def _price_beginnings(
    terms, scales, askings, about, lines, order, begin, end, has_sums, query, largest, shop, rows, work
):
    """Bring the lines at positions begin..end - 1, of one rule set and length of stay, to the amount before the
    promotions, and find their ends; those that stay without one are to be worked out otherwise. has_sums: whether the
    nights of some are in no running sums.
    """
    first = lines[order[begin]]
    nights, stage = first[of.N_NIGHTS], first[of.N_STAGE]
    last, until = _where_ends_begin(terms, stage)
    mark_days(terms, of.HEAD, stage, until, query, about, work.days)
    mark_days(terms, of.TAIL, last, -1, query, about, work.days)
    count = 0
    for position in range(begin, end):
        if work.end[position] == NO_END:
            work.some[count] = position
            count += 1
    found = group_lines(work.days, of.HEAD, lines, order, work.some, count, about, work.groups)
    compiled = row_plan(rows, 0)
    for group in range(found):
        count = _chain(work.groups, group, work.some)
        ask(query, askings, lines[order[work.some[0]]], about)
        at, tail, rounded, how = write_until(
            shop.plan, np.int64(0), terms, stage, query, shop.scratch, shop.sets, np.int64(-1), np.int64(0), until
        )
        if at < 0 or not compile_beginning(shop.plan, at, scales, largest, nights, compiled):
            continue
        if compiled.head[row.H_LOADED] and has_sums:
            continue
        operations, running = compiled.head[row.H_OPS], compiled.head[row.H_AT]
        planes = compiled.head[row.H_PLANES] | compiled.head[row.H_LOADED] << row.PLANES_MAX
        context = context_of(work.ends, compiled, tail, nights, at, rounded, how, work.found)
        if context < 0:
            continue
        for start in range(0, count, row.BLOCK):
            size = min(count - start, row.BLOCK)
            some = work.some[start : start + size]
            rows.head[0, row.H_OPS] = operations
            _work_out(about, lines, order, work, some, size, nights, 0, rows, planes)
            for place in range(size):
                work.amount[some[place]] = rows.columns[running, place]
            _find_ends(terms, askings, about, lines, order, some, size, query, largest, scales, shop, rows, work,
                       context, at, tail, rounded, how)  # fmt: skip


@called_kernel
def _price_lines(desk, terms, scales, askings, fills, about, lines, order, shop, rows, work, out):
    """`price_line_blocks` with arrays whose references are not counted."""
    query = np.zeros(do.Q_FIELDS, np.int64)
    largest = np.empty(scales.size, np.float64)
    forget_ends(work.ends)
    work.days.of[:] = -1
    begin, since = np.int64(0), np.int64(0)
    while begin < order.size:
        first = lines[order[begin]]
        end = begin + 1
        while end < order.size and (
            lines[order[end], of.N_STAGE] == first[of.N_STAGE] and lines[order[end], of.N_NIGHTS] == first[of.N_NIGHTS]
        ):
            end += 1
        if work.ends.counts[0] > ENDS // 2 or work.ends.counts[1] > ENDS // 2:
            finish_ends(terms, askings, about, lines, order, since, begin, query, shop, rows, work.ends, work, out)
            forget_ends(work.ends)
            since = begin
        sums = _sum_nights(
            desk, terms, askings, fills, about, lines, order, begin, end, query, work, scales.size, shop, out
        )
        _bound(about, lines, order, work, begin, end if sums else begin + 1, largest)
        query[do.Q_NIGHTS] = first[of.N_NIGHTS]
        if not about[of.A_BY_NIGHT]:
            _price_beginnings(
                terms, scales, askings, about, lines, order, begin, end, sums, query, largest, shop, rows, work
            )
        query[do.Q_NIGHTS] = first[of.N_NIGHTS]
        _price_whole(terms, scales, askings, about, lines, order, begin, end, query, largest, shop, rows, work, out)
        begin = end
    finish_ends(terms, askings, about, lines, order, since, begin, query, shop, rows, work.ends, work, out)


@kernel
def price_line_blocks(desk, terms, scales, askings, fills, about, lines, order, shop, rows, work, out):
    """Price lines for one room: out (A_FIELDS, line) int64, of each line in the order; its A_CODE one of those of
    `line_prices`, or LEFT_CODE: it has no form for columns [out]; nought in the other fields before.

    desk: `night_desk`; terms, scales (plane): of the program; askings (question, words) int64: `Program.template`;
    fills int64 basis points; about (ABOUT_FIELDS) int64; lines (line, LINE_FIELDS) int64: nights inside the tables,
    lead days >= 0, less than 2^ASKING_BITS questions and 2^BOOKED_BITS days of booking; order (position) int64: lines
    by length of stay, then by rule set [in]; shop: Workshop; rows: RowShop; work: LineWork: scratch. O(lines x (nights
    that are in no running sums + steps), rules for every class of lines).
    """
    _price_lines(
        borrowed(desk), borrowed(terms), borrowed(scales), borrowed(askings), borrowed(fills), borrowed(about),
        borrowed(lines), borrowed(order), borrowed_shop(shop), borrowed_rows(rows), borrowed_work(work), borrowed(out),
    )  # fmt: skip
