"""The lowest price of stays while house fill went up and down: each stay is priced once for every day of booking and
every state of its nights that there was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.frames import integers, ordinals
from nightgrid.engine.edge.past_fill import PastFill
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.nights import local_date_ordinal, next_local_midnight_ms, to_date

Words = NDArray[np.int64]
_WHAT = "lowest_prices"
_NONE = np.iinfo(np.int64).max
_LINES_AT_ONCE = 1_024


class Stays(NamedTuple):
    """Columns of stays, int64: hotel, calendar of the hotel, arrival (ordinal), nights."""

    hotel: Words
    calendar: Words
    arrival: Words
    nights: Words


def stays_of(frame: pl.DataFrame, row: Words, catalog: Catalog, hotel_calendar: NDArray[np.integer]) -> Stays:
    """The stays of a frame; those without a possible length have no nights, and no price either."""
    hotel = catalog.row_hotel[row].astype(np.int64)
    nights = integers(_WHAT, frame, "nights", -(2**31), 2**31 - 1)
    nights = np.where((nights < 1) | (nights > STAY_NIGHTS_MAX), 0, nights)
    return Stays(hotel, hotel_calendar[hotel].astype(np.int64), ordinals(_WHAT, frame, "arrival"), nights)


def lowest_by_fill(
    past: PastFill,
    frame: pl.DataFrame,
    stays: Stays,
    calendars: list[tuple[str, int]],
    span: tuple[int, int],
    ask: Callable[[pl.DataFrame], pl.DataFrame],
) -> tuple[Words, Words]:
    """(booking date, total) of the lowest price of each line in a span of time (begin, end not included) in which one
    version was current, when it was shown first: ordinals and minor units, the largest number where there is none.

    `ask` prices a frame with the columns booking_date and fill_bp. PastFillError where fill is not known throughout.
    """
    booked, lowest = np.zeros(len(frame), np.int64), np.full(len(frame), _NONE)
    midnights = [_midnights(span, calendar) for calendar in calendars]
    for begin in range(0, len(frame), _LINES_AT_ONCE):
        some = slice(begin, begin + _LINES_AT_ONCE)
        part = Stays(*(column[some] for column in stays))
        line, instant = _states(past, part, midnights, span)
        day = np.empty(len(line), np.int64)
        for number, (instants, days) in enumerate(midnights):
            of_calendar = part.calendar[line] == number
            day[of_calendar] = days[np.searchsorted(instants, instant[of_calendar], "right") - 1]
        fills = _fills(past, part, line, instant, span[1])
        kept = _distinct(line, day, fills)
        line, day = line[kept], day[kept]
        lines = frame[some][line.tolist()].with_columns(
            pl.Series("booking_date", [to_date(each) for each in day.tolist()], dtype=pl.Date),
            pl.Series("fill_bp", [fills[each].tolist() for each in kept], dtype=pl.List(pl.Int64)),
        )
        totals = ask(lines)["total_minor"].fill_null(_NONE).to_numpy()
        order = np.lexsort((np.arange(len(line)), totals, line))  # states stand in the order of time
        first = order[np.flatnonzero(np.diff(line[order], prepend=-1))]
        booked[begin + line[first]], lowest[begin + line[first]] = day[first], totals[first]
    return booked, lowest


def _midnights(span: tuple[int, int], calendar: tuple[str, int]) -> tuple[Words, Words]:
    """(instants, ordinals) at which a civil date begins in a span of time; the first instant is the span's own."""
    instants = [span[0]]
    while (following := next_local_midnight_ms(instants[-1], *calendar)) < span[1]:
        instants.append(following)
    return np.array(instants, np.int64), np.array([local_date_ordinal(each, *calendar) for each in instants], np.int64)


def _states(
    past: PastFill, stays: Stays, midnights: list[tuple[Words, Words]], span: tuple[int, int]
) -> tuple[Words, Words]:
    """(line, instant) from which on a stay may have another price, in order; of every line the span's begin."""
    line, inside = _nights_of(stays.nights)
    cells = np.stack([stays.hotel[line], stays.arrival[line] + inside, *(np.full(len(line), each) for each in span)], 1)
    cell, changed = past.changes(cells)
    lines, instants = [line[cell]], [changed]
    for number, (begins, _) in enumerate(midnights):
        some = np.flatnonzero(stays.calendar == number)
        lines.append(np.repeat(some, len(begins)))
        instants.append(np.tile(begins, len(some)))
    found = np.unique(np.stack([np.concatenate(lines), np.concatenate(instants)], axis=1), axis=0)
    return found[:, 0], found[:, 1]


def _fills(past: PastFill, stays: Stays, line: Words, instant: Words, until_ms: int) -> list[NDArray[np.int16]]:
    """Fill of the nights of each state."""
    state, inside = _nights_of(stays.nights[line])
    of_line = line[state]
    cells = np.stack([stays.hotel[of_line], stays.arrival[of_line] + inside, instant[state]], axis=1)
    found = past.fill_bp(cells, until_ms)
    return np.split(found, np.cumsum(stays.nights[line])[:-1])


def _nights_of(count: Words) -> tuple[Words, Words]:
    """(stay, night from 0) of all nights of some stays."""
    stay = np.repeat(np.arange(len(count)), count)
    return stay, np.arange(len(stay)) - np.repeat(np.cumsum(count) - count, count)


def _distinct(line: Words, day: Words, fills: list[NDArray[np.int16]]) -> list[int]:
    """The first state of each line with a day of booking and a fill of its nights."""
    known: dict[tuple[int, int, bytes], int] = {}
    for number, key in enumerate(zip(line.tolist(), day.tolist(), fills, strict=True)):
        known.setdefault((key[0], key[1], key[2].tobytes()), number)
    return list(known.values())
