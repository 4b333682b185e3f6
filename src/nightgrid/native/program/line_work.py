"""Scratch memory in which many lines are priced (`line_blocks`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nightgrid.native.base.jit import bare_inlined_kernel
from nightgrid.native.program import line_prices as by_line
from nightgrid.native.program import night_desk as on
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.line_classes import Days, Groups, make_days, make_groups
from nightgrid.native.program.line_ends import CONTEXT_FIELDS, ENDS, Ends, make_ends
from nightgrid.native.store.views import borrowed


class LineWork(NamedTuple):
    """Scratch memory of one thread."""

    amount: Any  # float64 (position): before the promotions
    end: Any  # int32 (position): the end that it is worked out by, NO_END where there is none
    sums: Any  # int64 (plane, position): nights that are in no running sums
    some: Any  # int64 (position): positions that are looked at together
    by_end: Any  # int32 (position): positions in the order of their ends
    starts: Any  # int64 (ENDS + 1): where those of an end begin
    answer: Any  # int64 (A_FIELDS)
    found: Any  # int64 (CONTEXT_FIELDS)
    cell: Any  # int64 (PLANES_MAX)
    night: Any  # int64 (NIGHT_SCRATCH)
    line: Any  # int64 (L_FIELDS)
    days: Days
    groups: Groups
    ends: Ends


def make_line_work(lines: int, planes: int) -> LineWork:
    """Scratch memory for so many lines, and planes of nightly prices."""
    return LineWork(
        np.zeros(lines), np.zeros(lines, np.int32), np.zeros((planes, lines), np.int64), np.zeros(lines, np.int64),
        np.zeros(lines, np.int32), np.zeros(ENDS + 1, np.int64), np.zeros(do.A_FIELDS, np.int64),
        np.zeros(CONTEXT_FIELDS, np.int64), np.zeros(on.PLANES_MAX, np.int64), np.zeros(on.NIGHT_SCRATCH, np.int64),
        np.zeros(by_line.L_FIELDS, np.int64), make_days(), make_groups(lines), make_ends(),
    )  # fmt: skip


@bare_inlined_kernel
def borrowed_work(work):
    """The same with arrays whose references are not counted."""
    days, groups, ends = work.days, work.groups, work.ends
    return LineWork(
        borrowed(work.amount), borrowed(work.end), borrowed(work.sums), borrowed(work.some), borrowed(work.by_end),
        borrowed(work.starts), borrowed(work.answer), borrowed(work.found), borrowed(work.cell), borrowed(work.night),
        borrowed(work.line),
        Days(
            borrowed(days.changes), borrowed(days.lead_changes), borrowed(days.arrivals), borrowed(days.leads),
            borrowed(days.weekdays), borrowed(days.booked), borrowed(days.of),
        ),
        Groups(
            borrowed(groups.table), borrowed(groups.keys), borrowed(groups.first), borrowed(groups.last),
            borrowed(groups.link),
        ),
        Ends(
            borrowed(ends.head), borrowed(ends.ops), borrowed(ends.numbers), borrowed(ends.bits), borrowed(ends.of),
            borrowed(ends.keys), borrowed(ends.places), borrowed(ends.contexts), borrowed(ends.known),
            borrowed(ends.context_places), borrowed(ends.counts),
        ),
    )  # fmt: skip
