"""What house fill was, as it is written down: changes by hotel, night and instant in a journal that only grows.

A span is a time in which the same edges were looked at: its begin is in it, its end is not. It has the fill of every
night at its begin, and a `FillJournal` of what changed since. In memory the oldest are forgotten beyond a limit, and
who asks for them is told so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.errors import PastFillError
from nightgrid.native.upkeep import past_fill as kernels

Words = NDArray[np.int64]
#: A change: from `at_ms` on the fill of a night lay in the band that begins at `fill_bp`. Sorted by all but the last.
SCHEMA: Final = pa.schema(
    [
        pa.field("hotel_index", pa.int32(), nullable=False),
        pa.field("night", pa.int32(), nullable=False),  # ordinal
        pa.field("at_ms", pa.int64(), nullable=False),
        pa.field("fill_bp", pa.int16(), nullable=False),
    ]
)
NEVER_MS: Final = 2**62
_ASKED: Final = "house fill is asked for at {}, and the store does not know it any more"
_FIX: Final = (
    "; ask about a later time, say it yourself (fill_bp=), or let the engine keep more changes "
    "(Engine.in_memory(fill_changes=))"
)
_BATCH: Final = 16_384  # changes that are written at once
_SPANS_MAX: Final = 16


class FillJournal(Protocol):
    """An append-only sequence of record batches of SCHEMA, of one span of time."""

    def append(self, batch: pa.RecordBatch) -> None:
        """Add a batch behind all others."""
        ...

    def read(self) -> Iterator[pa.RecordBatch]:
        """All batches, the first one first."""
        ...

    def forget(self, count: int) -> tuple[int, int]:
        """Keep of the oldest `count` batches only the last change of every night: (changes that are gone, the instant
        from which on nothing is missing). A journal on disk may keep them and answer (0, 0).
        """
        ...


class MemoryFillJournal:
    """A journal in process memory: gone with the process."""

    def __init__(self) -> None:
        self._batches: list[pa.RecordBatch] = []

    def append(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        self._batches.append(batch)

    def read(self) -> Iterator[pa.RecordBatch]:
        """All batches in order."""
        yield from tuple(self._batches)

    def forget(self, count: int) -> tuple[int, int]:
        """Merge the oldest batches into one that has the last change of every night."""
        old = [columns_of(batch) for batch in self._batches[:count]]
        hotel, night, at_ms, fill = (np.concatenate(parts) for parts in zip(*old, strict=True))
        order = np.lexsort((at_ms, night, hotel))  # stable: what was written later stands later
        last = np.ones(len(order), np.bool_)
        last[:-1] = (np.diff(hotel[order]) != 0) | (np.diff(night[order]) != 0)
        kept = order[last]
        since = int(at_ms.max())
        # What is left says how it was from then on; before, nobody knows.
        batch = _batch(hotel[kept], night[kept], np.full(len(kept), -NEVER_MS), fill[kept])
        self._batches = [batch, *self._batches[count:]]
        return len(hotel) - len(kept), since


@dataclass(slots=True, eq=False)
class _Span:
    """A span of time in which the same edges were looked at. Instants: its begin is in it, its end is not."""

    begin_ms: int
    edges: tuple[int, ...]
    first_night: int
    base_bp: NDArray[np.int16]  # (hotel, night) at its begin; nights that entered later began at 0
    journal: FillJournal
    known_ms: int
    end_ms: int = NEVER_MS
    gaps: list[tuple[int, int]] = field(default_factory=list)
    written: int = 0  # changes in the journal
    batches: int = 0


def columns_of(batch: pa.RecordBatch) -> tuple[NDArray[np.int32], NDArray[np.int32], Words, NDArray[np.int16]]:
    """hotel, night, at_ms, fill_bp of a batch, without a copy."""
    hotel, night, at_ms, fill = (column.to_numpy() for column in batch.columns)
    return hotel, night, at_ms, fill


def _batch(hotel: NDArray[np.int32], night: NDArray[np.int32], at_ms: Words, fill: NDArray[np.int16]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(each) for each in (hotel, night, at_ms, fill)], schema=SCHEMA)


def _sorted_batch(changes: Words) -> pa.RecordBatch:
    """Changes (change, C_WORDS), in the order in which they were found, as a batch."""
    order = np.lexsort((changes[:, kernels.C_AT_MS], changes[:, kernels.C_NIGHT], changes[:, kernels.C_HOTEL]))
    lines = changes[order]
    hotel, night = (lines[:, column].astype(np.int32) for column in (kernels.C_HOTEL, kernels.C_NIGHT))
    return _batch(hotel, night, lines[:, kernels.C_AT_MS].copy(), lines[:, kernels.C_FILL].astype(np.int16))


class FillSpans:
    """All spans, and what was not yet written to the journal of the last one. The caller sees to threads."""

    def __init__(self, changes_max: int, journals: Callable[[], FillJournal]) -> None:
        self.changes_max = changes_max
        self._journals = journals
        self._spans: list[_Span] = []
        self._tail: list[Words] = []
        self._tail_batch: pa.RecordBatch | None = None

    @property
    def edges(self) -> tuple[int, ...]:
        """The edges of the last span."""
        return self._spans[-1].edges if self._spans else ()

    def begin(self, now_ms: int, edges: tuple[int, ...], first_night: int, base_bp: NDArray[np.int16]) -> None:
        """From now on changes are of these edges; base_bp (hotel, night) is the fill now."""
        self._spans.append(_Span(now_ms, edges, first_night, base_bp, self._journals(), now_ms))
        del self._spans[:-_SPANS_MAX]

    def end(self, now_ms: int) -> None:
        """The last span ends now."""
        self._seal()
        self._spans[-1].end_ms = now_ms

    def gap(self, begin_ms: int, end_ms: int) -> None:
        """What was between two instants is not known."""
        self._spans[-1].gaps.append((begin_ms, end_ms))

    def add(self, changes: Words) -> None:
        """Note changes (change, C_WORDS), in the order in which they were found."""
        if len(changes):
            self._tail.append(changes.copy())
            self._tail_batch = None
            if sum(map(len, self._tail)) >= _BATCH:
                self._seal()

    def _seal(self) -> None:
        """Write what was found to the journal, and forget the oldest beyond the limit."""
        if not self._tail:
            return
        span = self._spans[-1]
        batch = _sorted_batch(np.concatenate(self._tail))
        span.journal.append(batch)
        span.written += batch.num_rows
        span.batches += 1
        self._tail, self._tail_batch = [], None
        while sum(each.written for each in self._spans) > self.changes_max and self._forget():
            pass

    def _forget(self) -> bool:
        """Forget the oldest; False where there is nothing to forget."""
        span = self._spans[0]
        if len(self._spans) > 1:
            del self._spans[0]
            return True
        count = max(span.batches // 2, 1)
        gone, since = span.journal.forget(count)
        span.written -= gone
        span.batches -= count - 1
        span.known_ms = max(span.known_ms, since)
        return gone > 0

    # -- questions -----------------------------------------------------------------------------------

    def fill_bp(self, cells: Words, until_ms: int) -> NDArray[np.int16]:
        """The edge at or below house fill: int16 (cell) basis points, of cells (cell, 3) int64: hotel, night (ordinal),
        instant, which lie in the time from the earliest of them to `until_ms`, not included.

        PastFillError where a part of that time is not known (any more).
        """
        found = np.zeros(len(cells), np.int16)
        if len(cells):
            for span in self._spans_of(int(cells[:, 2].min()), until_ms):
                inside = np.flatnonzero((cells[:, 2] >= span.begin_ms) & (cells[:, 2] < span.end_ms))
                found[inside] = self._in_span(span, np.ascontiguousarray(cells[inside]))
        return found

    def _in_span(self, span: _Span, cells: Words) -> NDArray[np.int16]:
        place = cells[:, 1] - span.first_night
        there = (place >= 0) & (place < span.base_bp.shape[1])
        base = span.base_bp[cells[:, 0], np.clip(place, 0, span.base_bp.shape[1] - 1)]
        found: NDArray[np.int16] = np.where(there, base, 0).astype(np.int16)
        for batch in self._batches_of(span):
            kernels.find_fill(*columns_of(batch), cells, found)
        return found

    def changes(self, cells: Words) -> tuple[Words, Words]:
        """(cell, instant) of the changes of cells (cell, 4) int64: hotel, night, begin and end of a span of time,
        neither of them included. Errors as `fill_bp`.
        """
        lines, instants = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        if len(cells):
            for span in self._spans_of(int(cells[:, 2].min()), int(cells[:, 3].max())):
                clipped = cells.copy()
                clipped[:, 2] = np.maximum(cells[:, 2], span.begin_ms - 1)
                clipped[:, 3] = np.minimum(cells[:, 3], span.end_ms)
                for batch in self._batches_of(span):
                    columns = columns_of(batch)
                    edges = np.empty((len(cells), 2), np.int64)
                    kernels.find_changes(*columns[:3], clipped, edges)
                    count = edges[:, 1] - edges[:, 0]
                    line = np.repeat(np.arange(len(cells)), count)
                    inside = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
                    lines.append(line)
                    instants.append(columns[2][edges[line, 0] + inside])
                begins = np.flatnonzero((cells[:, 2] < span.begin_ms) & (span.begin_ms < cells[:, 3]))
                lines.append(begins)  # another span may begin in another band
                instants.append(np.full(len(begins), span.begin_ms))
        return np.concatenate(lines), np.concatenate(instants)

    def _batches_of(self, span: _Span) -> Iterator[pa.RecordBatch]:
        yield from span.journal.read()
        if self._tail and span is self._spans[-1]:
            if self._tail_batch is None:
                self._tail_batch = _sorted_batch(np.concatenate(self._tail))
            yield self._tail_batch

    def _spans_of(self, begin_ms: int, end_ms: int) -> list[_Span]:
        """The spans that hold a time; PastFillError where it is not known throughout."""
        found = [each for each in self._spans if each.begin_ms < end_ms and each.end_ms > begin_ms]
        reached = begin_ms
        for span in found:
            if span.begin_ms > reached:
                break
            if span.known_ms > reached:
                raise PastFillError(f"{_ASKED.format(_text(reached))} before {_text(span.known_ms)}{_FIX}")
            for gap in span.gaps:
                if gap[0] < end_ms and gap[1] > begin_ms:
                    raise PastFillError(f"{_ASKED.format(_text(gap[0]))} until {_text(gap[1])}{_FIX}")
            reached = span.end_ms
        if reached < end_ms:
            known = [each.known_ms for each in self._spans if each.begin_ms > reached]
            until = f" before {_text(known[0])}" if known else ""
            raise PastFillError(f"{_ASKED.format(_text(reached))}{until}{_FIX}")
        return found


def _text(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
