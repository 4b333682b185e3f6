"""What many lines have in common: days that the rules of a set do not tell apart, and lines that ask alike.

The rules of a rule set look at few edges of arrivals, lead times and days of booking (`row_arrivals`), so thousands of
different questions are few classes, and a plan is written for the first line of each.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.limits import LEAD_DAYS_MAX, WINDOW_NIGHTS_MAX
from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.row_arrivals import WEEKDAYS, mark_stages

#: Fields of a line: one cache line, as they are read in the order of the rule sets.
N_STAGE: Final = 0  # where the stages of its rule set stand
N_LANE: Final = 1  # of the running sums; -1 - product: its nights are not in them
N_FIRST: Final = 2  # index of its first night in the tables
N_NIGHTS: Final = 3
N_TIER: Final = 4  # 2 x tier, one more where the tier's own plan is sold
N_LEAD: Final = 5
N_ASKING: Final = 6  # its row of the questions
N_FILL: Final = 7  # where its house fill stands in the fills, a word a night; -1 = an empty house
LINE_FIELDS: Final = 8

#: About all lines: ordinal of night 0 of the tables, how many nights they have, the day of booking that counts as 0;
#: the running sums (plane, night + 1, lane): address, bytes of a number, lanes, mask, a bound of all nights x scale;
#: the flags of a book.
A_ORIGIN: Final = 0
A_NIGHTS: Final = 1
A_BOOKED: Final = 2
A_SUMS: Final = 3
A_BYTES: Final = 4
A_LANES: Final = 5
A_MASK: Final = 6
A_LARGEST: Final = 7
A_BY_NIGHT: Final = 8
A_LEAD_OF_NIGHT: Final = 9
ABOUT_FIELDS: Final = 10

#: Of which stages classes are: those before the promotions, those from there on, all.
HEAD: Final = 0
TAIL: Final = 1
WHOLE: Final = 2
#: Bits of a key: days of booking, lines' questions.
BOOKED_BITS: Final = 14
ASKING_BITS: Final = 17
_LEADS: Final = LEAD_DAYS_MAX + 1


class Days(NamedTuple):
    """Classes of days, of HEAD, TAIL and WHOLE (kind)."""

    changes: Any  # uint8 (WINDOW_NIGHTS_MAX): scratch
    lead_changes: Any  # uint8 (LEAD_DAYS_MAX + 1): scratch
    arrivals: Any  # int64 (kind, WINDOW_NIGHTS_MAX)
    leads: Any  # int64 (kind, LEAD_DAYS_MAX + 1)
    weekdays: Any  # int64 (kind, 2 x WEEKDAYS), the second half scratch
    booked: Any  # int64 (kind): whether the day of booking matters
    of: Any  # int64 (kind, 2): the stages and the nights they are of, -1 = none


class Groups(NamedTuple):
    """Lines that have a key in common, by position: chains through `link`, -1 at the end."""

    table: Any  # int32 (power of two): 1 + group, 0 = free
    keys: Any  # int64 (group)
    first: Any  # int32 (group)
    last: Any  # int32 (group)
    link: Any  # int32 (position)


def make_days() -> Days:
    """Scratch memory for classes."""
    return Days(
        np.zeros(WINDOW_NIGHTS_MAX, np.uint8), np.zeros(_LEADS, np.uint8), np.zeros((3, WINDOW_NIGHTS_MAX), np.int64),
        np.zeros((3, _LEADS), np.int64), np.zeros((3, 2 * WEEKDAYS), np.int64), np.zeros(3, np.int64),
        np.full((3, 2), -1, np.int64),
    )  # fmt: skip


def make_groups(lines: int) -> Groups:
    """Scratch memory for groups of so many lines."""
    table = 1 << (2 * max(lines, 8) - 1).bit_length()
    return Groups(np.zeros(table, np.int32), np.empty(lines, np.int64), *np.empty((3, lines), np.int32))


@bare_called_kernel
def mark_days(terms, kind, stage, until, query, about, days):
    """Classes of all days for the stages from `stage` to one of the kind `until`, -1 = to the end."""
    if days.of[kind, 0] == stage and days.of[kind, 1] == query[do.Q_NIGHTS]:
        return
    days.of[kind, 0], days.of[kind, 1] = stage, query[do.Q_NIGHTS]
    nights = about[A_NIGHTS]
    changes, leads, weekdays = days.changes[:nights], days.lead_changes, days.weekdays[kind]
    changes[:] = 0
    leads[:] = 0
    weekdays[:] = 0
    days.booked[kind] = mark_stages(terms, stage, until, query, changes, about[A_ORIGIN], leads, 0, weekdays)
    found = np.int64(0)
    for day in range(nights):
        found += changes[day]
        days.arrivals[kind, day] = found
    found = np.int64(0)
    for lead in range(leads.size):
        found += leads[lead]
        days.leads[kind, lead] = found


@bare_inlined_kernel
def key_of(days, kind, line, about):
    """One number of all that a plan depends on: two lines of one rule set and length of stay that have it in common
    have the same plan.
    """
    day = about[A_ORIGIN] + line[N_FIRST]
    key = days.arrivals[kind, line[N_FIRST]] * WEEKDAYS + days.weekdays[kind, (day + 6) % WEEKDAYS]
    key = key * _LEADS + days.leads[kind, min(line[N_LEAD], LEAD_DAYS_MAX)]
    booked = day - line[N_LEAD] - about[A_BOOKED] if days.booked[kind] else 0
    return (((key << BOOKED_BITS | booked) << 5 | line[N_TIER]) << ASKING_BITS) | line[N_ASKING]


@bare_inlined_kernel
def mixed(key):
    """A hash of a key."""
    key = (key ^ key >> 31) * np.int64(0x3F58476D1CE4E5B9)
    return key ^ key >> 29


@bare_called_kernel
def group_lines(days, kind, lines, order, some, count, about, groups):
    """Chain the lines at `count` positions that stand in `some` by their keys; returns how many groups there are."""
    size = 16
    while size < 2 * count:
        size *= 2
    groups.table[:size] = 0
    found = 0
    for number in range(count):
        position = some[number]
        key = key_of(days, kind, lines[order[position]], about)
        groups.link[position] = -1
        slot = mixed(key) & (size - 1)
        while groups.table[slot] != 0 and groups.keys[groups.table[slot] - 1] != key:
            slot = (slot + 1) & (size - 1)
        group = groups.table[slot] - 1
        if group < 0:
            groups.keys[found], groups.first[found] = key, position
            group = found
            found += 1
            groups.table[slot] = found
        else:
            groups.link[groups.last[group]] = position
        groups.last[group] = position
    return found


@bare_inlined_kernel
def ask(query, askings, line, about):
    """Let the question be that of a line."""
    asking = line[N_ASKING]
    for word in range(askings.shape[1]):
        query[word] = askings[asking, word]
    query[do.Q_ARRIVAL] = about[A_ORIGIN] + line[N_FIRST]
    query[do.Q_NIGHTS], query[do.Q_LEAD] = line[N_NIGHTS], line[N_LEAD]
    query[do.Q_TIER], query[do.Q_SILENT] = line[N_TIER] >> 1, line[N_TIER] & 1
