"""Stays in the prices that follow house fill: read where one sheet has all their nights, else put together.

A stay has its nights in several sheets where it is long, where each night has its own lead days, and where the civil
dates of a chain differ so that one hotel's guests book in another band of lead days than those of the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import local
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from nightgrid.native.prices.tables import PriceTables, desk_of
from nightgrid.native.program import live_block as lv
from nightgrid.native.program.live_gather import P_WORDS, gather_stay
from nightgrid.search.live import LivePrices, Variant
from nightgrid.search.matrices import Matrices, aligned

T = TypeVar("T")
_Numbers = NDArray[np.int64]
_thread = local()
#: Room to put stays together in is kept by a thread up to so many bytes.
_KEPT_BYTES_MAX = 2**26


class LiveStay(NamedTuple):
    """Where the nights of a stay stand: in one variant, else in pieces. spans: as `live_follow.refresh` takes them;
    ends, pieces, group_of: as `live_gather.gather_stay` does.
    """

    spans: _Numbers
    variant: Variant | None
    ends: _Numbers
    pieces: _Numbers
    group_of: _Numbers
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The nights of a stay, put together for this thread until it puts others together; used as a `Variant`."""

    matrices: Matrices
    tables: PriceTables
    mask: int
    desk: _Numbers

    def row_of(self, arrival: int) -> int:
        """The row of the running sums with which the stay begins."""
        del arrival
        return 0


Prices = Variant | Gathered
_NOTHING = np.zeros(0, np.int64)


def live_stay(live: LivePrices, arrival: int, nights: int, leads: _Numbers, *, apart: bool) -> LiveStay:
    """A stay from a night (ordinal) on. leads (calendar) int64: days from booking to arrival, not negative; apart:
    whether its nights are needed one by one, else their sum is enough.
    """
    variant = live.variant(arrival, nights, int(leads.min()), int(leads.max()))
    if variant is not None:
        return LiveStay(variant.nights_of(arrival, nights), variant, _NOTHING, _NOTHING, _NOTHING, 0)
    distinct, group_of = np.unique(leads, return_inverse=True)
    if not live.lead_of_night:
        bands, of_lead = np.unique([live.band(lead) for lead in distinct.tolist()], return_inverse=True)
        distinct, group_of = np.array(live.leads, np.int64)[bands], of_lead[group_of]
    first = arrival - live.variants[0].first_night
    ends, pieces = _cut(live, first, nights, distinct.tolist())
    segment = np.minimum((first + ends[:-1]) // lv.SEGMENT_STEP, live.variants[0].segments - 1)
    inside = first + ends[:-1] - segment * lv.SEGMENT_STEP
    sheet = pieces * live.variants[0].segments + segment[:, None]
    spans = np.empty((*pieces.shape, 2), np.int64)
    spans[:, :, 0] = sheet * lv.SEGMENT_NIGHTS + inside[:, None]
    spans[:, :, 1] = np.diff(ends)[:, None]
    if apart:
        piece = np.repeat(np.arange(len(pieces)), np.diff(ends))
        low = (segment * lv.SEGMENT_ROWS + inside - ends[:-1])[piece] + np.arange(nights)
        ends, high = np.arange(nights + 1), low + 1
    else:
        piece = np.arange(len(pieces))
        low = segment * lv.SEGMENT_ROWS + inside
        high = low + np.diff(ends)
    places = np.empty((len(piece), len(distinct), P_WORDS), np.int64)
    places[:, :, 0], places[:, :, 1], places[:, :, 2] = pieces[piece], low[:, None], high[:, None]
    return LiveStay(spans.reshape(-1, 2), None, ends, places, group_of.astype(np.int64), nights + 1)


def _cut(live: LivePrices, first: int, nights: int, leads: list[int]) -> tuple[_Numbers, _Numbers]:
    """(ends (piece + 1), bands (piece, group)) of the pieces of a stay, each in one segment and, for each of the leads,
    in one band.
    """
    ends, bands, segments = [0], [], live.variants[0].segments
    while ends[-1] < nights:
        begin = ends[-1]
        segment = min((first + begin) // lv.SEGMENT_STEP, segments - 1)
        end = min(nights, segment * lv.SEGMENT_STEP + lv.SEGMENT_NIGHTS - first)
        found = [live.band(lead + begin * live.lead_of_night) for lead in leads]
        if live.lead_of_night:
            following = zip(found, leads, strict=True)
            end = min([end, *(live.leads[at + 1] - lead for at, lead in following if at + 1 < len(live.leads))])
        ends.append(end)
        bands.append(found)
    return np.array(ends, np.int64), np.array(bands, np.int64)


def gathered(live: LivePrices, stay: LiveStay, words: _Numbers) -> Gathered:
    """The nights of a stay that no variant has whole, side by side: of all products whose words are not 0 in the bit
    map words (word) int64. Read it before this thread puts another stay together, and inside `LivePrices.read`.
    """
    base = live.variants[0]
    planes, _, size = base.matrices.sums.shape
    dtype = base.matrices.sums.dtype
    sums = _room("sums", (planes, stay.rows, size), dtype)
    bounds = _room("bounds", (stay.rows, size // 64), dtype)
    gather_stay(
        live.address, words, live.lane_calendar, stay.group_of, stay.pieces, stay.ends, sums.ctypes.data,
        bounds.ctypes.data, stay.rows,
    )  # fmt: skip
    first, least = sums[0].view(), bounds.view()
    for array in (first, least):
        array.setflags(write=False)
    tables = base.tables._replace(sums=first, word_sums=least)
    matrices = Matrices(sums, base.mask, base.matrices.bad, base.matrices.largest)
    return Gathered(matrices, tables, base.mask, desk_of(tables, live.lanes))


def _room(name: str, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Room of this thread for an array, not set to anything."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    kept: NDArray[np.uint8] | None = getattr(_thread, name, None)
    if kept is None or len(kept) < size:
        kept = aligned((size,), np.uint8)
        if size <= _KEPT_BYTES_MAX:
            setattr(_thread, name, kept)
    found: NDArray[Any] = kept[:size].view(dtype).reshape(shape)
    return found


def read_stay(live: LivePrices, stay: LiveStay, words: _Numbers, look: Callable[[Prices], T]) -> T | None:
    """What `look` finds in the prices of a stay at one instant, not before this call; None where matrices cannot hold
    them. words (word) int64: bit map of the products that it reads. `look` may be called several times.
    """
    variant = stay.variant
    if variant is not None:
        return live.read(stay.spans, lambda: look(variant))
    return live.read(stay.spans, lambda: look(gathered(live, stay, words)))


def read_lanes(
    live: LivePrices, arrival: int, nights: int, lane: _Numbers, today: _Numbers,
    take: Callable[[NDArray[Any], int], T],
) -> T | None:  # fmt: skip
    """What `take` makes of the running sums of nights from a night (ordinal) on, given with the row of the first; None
    where they do not serve. lane (line), today (line) int64: the lanes that it reads, and ordinals of the days on which
    they are booked.
    """
    calendar = live.lane_calendar[lane]
    day = np.full(int(live.lane_calendar.max()) + 1, today[0])
    day[calendar] = today
    if not np.array_equal(day[calendar], today):  # hotels of one calendar are asked about as of several days
        return None
    stay = live_stay(live, arrival, nights, np.maximum(arrival - day, 0), apart=True)
    words = np.zeros(len(live.lanes.lane_product) >> 6, np.int64)
    words[lane >> 6] = 1
    return read_stay(live, stay, words, lambda prices: take(prices.matrices.sums, prices.row_of(arrival)))
