"""What happened to prices, in order, never changed afterwards: versions that became current, and data that was set.

`PriceJournal` is all that the engine asks of a journal: append a record batch, read them from the first on. In memory
it is a list of Arrow batches; a store on disk gives another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.version_shelf import Entry
from nightgrid.native.prices.tables import LaneMap
from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.parse import load_book
from nightgrid.pricing.price_data import LAYERS, NO_DATA, Lines, PriceData

#: A row is a version that became current, or a line of data (layer, product_index .. value; null = taken away).
SCHEMA: Final = pa.schema(
    [
        pa.field("sequence", pa.int64(), nullable=False),  # rows of one append share it
        pa.field("at_ms", pa.int64(), nullable=False),
        pa.field("event", pa.string(), nullable=False),  # version, data
        pa.field("serial", pa.int64()),
        pa.field("price_version", pa.string()),
        pa.field("name", pa.string()),
        pa.field("cause", pa.string()),
        pa.field("book_digest", pa.string()),
        pa.field("book", pa.large_string()),  # its canonical JSON, the first time that it is named
        pa.field("window_first_night", pa.int32()),  # ordinal, as first_night and last_night
        pa.field("window_nights", pa.int32()),
        pa.field("layer", pa.string()),  # base, fixed, percent, floor, ceiling
        pa.field("product_index", pa.int32()),
        pa.field("guests", pa.int16()),  # 0 = any
        pa.field("first_night", pa.int32()),
        pa.field("last_night", pa.int32()),
        pa.field("value", pa.int32()),  # minor units, or basis points; NO_VALUE = taken away
    ]
)


class PriceJournal(Protocol):
    """An append-only sequence of record batches of SCHEMA."""

    def append(self, batch: pa.RecordBatch) -> None:
        """Add a batch behind all others; when this returns, it is kept as safely as the store keeps anything."""
        ...

    def read(self) -> Iterator[pa.RecordBatch]:
        """All batches, the first one first."""
        ...


class MemoryJournal:
    """A journal in process memory: gone with the process."""

    def __init__(self) -> None:
        self._batches: list[pa.RecordBatch] = []

    def append(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        self._batches.append(batch)

    def read(self) -> Iterator[pa.RecordBatch]:
        """All batches in order."""
        yield from tuple(self._batches)


class Moment(NamedTuple):
    """A version that became current: from `at_ms` until the next moment every price was its price."""

    sequence: int
    at_ms: int
    serial: int
    digest: str
    book_digest: str
    first_night: int
    n_nights: int
    catalog: Catalog
    lanes: LaneMap


def _batch(size: int, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    """A batch of SCHEMA; what is not given is null."""
    arrays = [columns.get(field.name, pa.nulls(size, field.type)) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


class PriceHistory:
    """Writes the journal, and finds in it what was true at an instant. Changed under the publishing lock only."""

    def __init__(self, journal: PriceJournal | None = None) -> None:
        self.journal: PriceJournal = MemoryJournal() if journal is None else journal
        self.moments: tuple[Moment, ...] = ()  # replaced, never changed
        self._books: dict[str, str] = {}
        self._sequence = 0

    def version(self, entry: Entry) -> None:
        """Note that a version became current."""
        compiled = entry.compiled
        book = None
        if compiled.digest not in self._books:
            book = self._books[compiled.digest] = compiled.book.canonical_json()
        values = {
            "serial": entry.serial,
            "price_version": entry.digest,
            "name": entry.name,
            "cause": entry.cause,
            "book_digest": compiled.digest,
            "book": book,
            "window_first_night": compiled.first_night,
            "window_nights": compiled.n_nights,
        }
        self._append(1, entry.active_ms, "version", {name: _array(name, [value]) for name, value in values.items()})
        window = (compiled.first_night, compiled.n_nights)
        named = (entry.serial, entry.digest, compiled.digest)
        moment = Moment(self._sequence, entry.active_ms, *named, *window, entry.catalog, entry.lanes)
        self.moments = (*self.moments, moment)

    def data(self, at_ms: int, changes: dict[str, Lines]) -> None:
        """Note that data was set: lines of what changed, by layer."""
        for layer, lines in changes.items():
            size = len(lines.product)
            if size:
                numbers = {
                    "product_index": lines.product,
                    "guests": lines.guests,
                    "first_night": lines.first_night,
                    "last_night": lines.last_night,
                    "value": lines.value,
                }
                columns = {name: pa.array(column) for name, column in numbers.items()}
                self._append(size, at_ms, "data", {"layer": _array("layer", [layer] * size), **columns})

    def _append(self, size: int, at_ms: int, event: str, columns: dict[str, pa.Array]) -> None:
        self._sequence += 1
        head = {
            "sequence": _array("sequence", [self._sequence] * size),
            "at_ms": _array("at_ms", [at_ms] * size),
            "event": _array("event", [event] * size),
        }
        self.journal.append(_batch(size, {**head, **columns}))

    def moment_at(self, at_ms: int) -> Moment | None:
        """The version that was current at an instant; None before the first."""
        return next((moment for moment in reversed(self.moments) if moment.at_ms <= at_ms), None)

    def moments_in(self, begin_ms: int, end_ms: int) -> list[tuple[int, int, Moment]]:
        """(from, until, version) of a span of instants, `until` not included; versions that were none for a moment
        (two changes in one millisecond) are left out.
        """
        ends = [moment.at_ms for moment in self.moments[1:]] + [end_ms]
        spans = [
            (max(begin_ms, moment.at_ms), min(end_ms, end), moment)
            for moment, end in zip(self.moments, ends, strict=False)
        ]
        return [span for span in spans if span[0] < span[1]]

    def book(self, digest: str) -> RuleBook:
        """A book that was current once, as it was."""
        return load_book(self._books[digest])

    def data_at(self, sequence: int) -> PriceData:
        """The data when a version became current: all lines before it, in order."""
        found: dict[str, list[pa.RecordBatch]] = {layer: [] for layer in LAYERS}
        for batch in self.journal.read():
            if batch["event"][0].as_py() == "data" and batch["sequence"][0].as_py() < sequence:
                found[batch["layer"][0].as_py()].append(batch)
        data = NO_DATA
        for layer, batches in found.items():
            if batches:
                data = data.with_layer(layer, data.layer(layer).painted(_lines(batches)))
        return data


def _array(name: str, values: list[object]) -> pa.Array:
    return pa.array(values, SCHEMA.field(name).type)


def _lines(batches: list[pa.RecordBatch]) -> Lines:
    """The data lines of batches of one layer, in order."""
    table = pa.Table.from_batches(batches)
    names = ("product_index", "guests", "first_night", "last_night", "value")
    product, guests, first, last, value = (np.ascontiguousarray(table[name].to_numpy()) for name in names)
    return Lines(product, guests, first, last, value)
