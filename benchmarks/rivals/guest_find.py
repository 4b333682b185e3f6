"""A guest's bookings among many: a dict of lists, a filter in Polars, SQLite in memory with an index.

They have what a page of a guest shows (id, room type, arrival, nights, rooms, state). None of them is told of a change
meanwhile, which nightgrid always is: their bookings are written once, before anything is timed.
"""

from __future__ import annotations

import sqlite3
from threading import Lock
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.measure import Contestant

#: Columns of the bookings; the guest comes first.
COLUMNS = ("guest", "id", "row_index", "arrival", "nights", "rooms", "state")


def slots_of(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """What of ids is the same in every run, in order: beside it stands a number that a store draws when it is made."""
    return np.sort(ids & 0xFFFFFFFF)


class _Guests(Contestant):
    """Answers are rows, or a frame, without the guest."""

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return slots_of(np.array([row[0] for row in answer], np.int64))


class DictFind(_Guests):
    """A list for each guest, behind a lock as other threads would write to it."""

    name = "dict"

    def __init__(self, bookings: pl.DataFrame) -> None:
        self._lock = Lock()
        self._of_guest: dict[str, list[tuple[Any, ...]]] = {}
        for guest, *row in bookings.iter_rows():
            self._of_guest.setdefault(guest, []).append(tuple(row))

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return list(self._of_guest.get(question, ()))


class PolarsFind(_Guests):
    """A filter of one column of texts."""

    name = "polars"

    def __init__(self, bookings: pl.DataFrame) -> None:
        self._bookings = bookings

    def ask(self, question: str) -> pl.DataFrame:
        return self._bookings.filter(pl.col("guest") == question)

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return slots_of(answer["id"].to_numpy())


class SqliteFind(_Guests):
    """A table with an index on the guest, asked through one prepared statement."""

    name = "sqlite"

    def __init__(self, bookings: pl.DataFrame) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.execute(f"CREATE TABLE booking ({', '.join(COLUMNS)})")
        self._connection.execute("BEGIN")
        rows = bookings.with_columns(pl.col("arrival").cast(pl.String)).iter_rows()
        self._connection.executemany(f"INSERT INTO booking VALUES ({', '.join('?' * len(COLUMNS))})", rows)
        self._connection.execute("COMMIT")
        self._connection.execute("CREATE INDEX by_guest ON booking (guest)")
        self._asked = f"SELECT {', '.join(COLUMNS[1:])} FROM booking WHERE guest = ?"

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(self._asked, (question,)).fetchall()
