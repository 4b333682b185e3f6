"""Holds in SQLite in memory: one row per room type and night."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import Chain, Request
from benchmarks.measure import Contestant
from nightgrid import Outcome

_OK, _OUTSIDE, _SOLD_OUT = (int(code) for code in (Outcome.OK, Outcome.OUTSIDE_HORIZON, Outcome.SOLD_OUT))
_STAY = "room_type = ?1 AND night >= ?2 AND night < ?3"
_TAKE = f"UPDATE cell SET free = free - ?4, held = held + ?4 WHERE {_STAY} AND"
_TAKE_FREE_NIGHTS = f"{_TAKE} free >= ?4"
_TAKE_ALL_OR_NONE = f"{_TAKE} (SELECT min(free) FROM cell WHERE {_STAY}) >= ?4"
_NOTE = "INSERT INTO hold (room_type, arrival, nights, rooms, deadline_ms) VALUES (?, ?, ?, ?, 900000)"


class _Database(Contestant):
    """A clustered key makes a stay one range."""

    name = "sqlite"

    def __init__(self, chain: Chain, cells: Iterable[tuple[int, int]]) -> None:
        self._nights = chain.size.nights
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.executescript(
            """CREATE TABLE cell (room_type INTEGER, night INTEGER, free INTEGER, held INTEGER,
                                  PRIMARY KEY (room_type, night)) WITHOUT ROWID;
               CREATE TABLE hold (id INTEGER PRIMARY KEY, room_type INTEGER, arrival INTEGER, nights INTEGER,
                                  rooms INTEGER, deadline_ms INTEGER);
               BEGIN"""
        )
        places = np.array(sorted(set(cells)))
        columns = (places[:, 0].tolist(), places[:, 1].tolist(), chain.free[places[:, 0], places[:, 1]].tolist())
        self._connection.executemany("INSERT INTO cell VALUES (?, ?, ?, 0)", zip(*columns, strict=True))
        self._connection.execute("COMMIT")
        self._cursor = self._connection.cursor()

    def state(self) -> NDArray[np.int64]:
        """(holds, room nights) that are held."""
        holds = self._connection.execute("SELECT count(*) FROM hold").fetchone()
        held = self._connection.execute("SELECT sum(held) FROM cell").fetchone()
        return np.array([holds[0], held[0]], np.int64)

    def reset(self) -> None:
        self._connection.execute("UPDATE cell SET free = free + held, held = 0 WHERE held > 0")
        self._connection.execute("DELETE FROM hold")


class SqliteHold(_Database):
    """One hold, one transaction, rolled back if the update took fewer nights; loaded with all nights of the room
    types that are asked about.
    """

    def __init__(self, chain: Chain, questions: Sequence[Request]) -> None:
        rows = {each.row for each in questions}
        super().__init__(chain, ((row, night) for row in rows for night in range(chain.size.nights)))

    def ask(self, question: Request) -> int:
        first, last = question.arrival, question.arrival + question.nights
        if first < 0 or last > self._nights:
            return _OUTSIDE
        cursor = self._cursor
        cursor.execute("BEGIN IMMEDIATE")
        if cursor.execute(_TAKE_FREE_NIGHTS, (question.row, first, last, question.rooms)).rowcount != question.nights:
            cursor.execute("ROLLBACK")
            return _SOLD_OUT
        cursor.execute(_NOTE, (question.row, first, question.nights, question.rooms))
        cursor.execute("COMMIT")
        return _OK


class SqliteHoldMany(_Database):
    """Many holds in one transaction, each an update that takes all of its nights or none (faster than savepoints);
    loaded with only the nights that are asked about, as all would take minutes.
    """

    def __init__(self, chain: Chain, questions: Sequence[Sequence[Request]]) -> None:
        asked = ((each.row, each.arrival + k) for batch in questions for each in batch for k in range(each.nights))
        super().__init__(chain, asked)
        self._columns = {
            id(batch): [(each.row, each.arrival, each.nights, each.rooms) for each in batch] for batch in questions
        }

    def _hold(self, row: int, first: int, nights: int, rooms: int) -> int:
        last = first + nights
        if first < 0 or last > self._nights:
            return _OUTSIDE
        if self._cursor.execute(_TAKE_ALL_OR_NONE, (row, first, last, rooms)).rowcount != nights:
            return _SOLD_OUT
        self._cursor.execute(_NOTE, (row, first, nights, rooms))
        return _OK

    def ask(self, question: Sequence[Request]) -> Any:
        self._cursor.execute("BEGIN IMMEDIATE")
        codes = [self._hold(*line) for line in self._columns[id(question)]]
        self._cursor.execute("COMMIT")
        return codes
