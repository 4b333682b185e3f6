"""Holds in SQLite in memory: one row per room type and night, one transaction a hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import Chain, Request
from benchmarks.measure import Contestant
from nightgrid import Outcome

_TAKE = """UPDATE cell SET free = free - ?4, held = held + ?4
           WHERE room_type = ?1 AND night >= ?2 AND night < ?3 AND free >= ?4"""
_NOTE = "INSERT INTO hold (room_type, arrival, nights, rooms, deadline_ms) VALUES (?, ?, ?, ?, 900000)"


class SqliteHold(Contestant):
    """A clustered key makes a stay one range; an update that took fewer nights is rolled back."""

    name = "sqlite"

    def __init__(self, chain: Chain, questions: Sequence[Request]) -> None:
        self._nights = chain.size.nights
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.executescript(
            """CREATE TABLE cell (room_type INTEGER, night INTEGER, free INTEGER, held INTEGER,
                                  PRIMARY KEY (room_type, night)) WITHOUT ROWID;
               CREATE TABLE hold (id INTEGER PRIMARY KEY, room_type INTEGER, arrival INTEGER, nights INTEGER,
                                  rooms INTEGER, deadline_ms INTEGER);
               BEGIN"""
        )
        cells = (
            (row, night, free, 0)
            for row in sorted({each.row for each in questions})
            for night, free in enumerate(chain.free[row].tolist())
        )
        self._connection.executemany("INSERT INTO cell VALUES (?, ?, ?, ?)", cells)
        self._connection.execute("COMMIT")
        self._cursor = self._connection.cursor()

    def ask(self, question: Request) -> int:
        first, last = question.arrival, question.arrival + question.nights
        if first < 0 or last > self._nights:
            return int(Outcome.OUTSIDE_HORIZON)
        cursor = self._cursor
        cursor.execute("BEGIN IMMEDIATE")
        if cursor.execute(_TAKE, (question.row, first, last, question.rooms)).rowcount != question.nights:
            cursor.execute("ROLLBACK")
            return int(Outcome.SOLD_OUT)
        cursor.execute(_NOTE, (question.row, first, question.nights, question.rooms))
        cursor.execute("COMMIT")
        return int(Outcome.OK)

    def state(self) -> NDArray[np.int64]:
        """(holds, room nights) that are held."""
        holds = self._connection.execute("SELECT count(*) FROM hold").fetchone()
        held = self._connection.execute("SELECT sum(held) FROM cell").fetchone()
        return np.array([holds[0], held[0]], np.int64)

    def reset(self) -> None:
        self._connection.execute("UPDATE cell SET free = free + held, held = 0 WHERE held > 0")
        self._connection.execute("DELETE FROM hold")
