"""Holds in a dict behind a lock: what a single process does without a library.

It does less than nightgrid: no restrictions, no deadlines that expire, no idempotency keys, no search that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import FIRST_NIGHT, Chain, Request
from benchmarks.measure import Contestant
from nightgrid import Outcome

_FIRST = FIRST_NIGHT.toordinal()
_OK, _OUTSIDE, _SOLD_OUT = (int(code) for code in (Outcome.OK, Outcome.OUTSIDE_HORIZON, Outcome.SOLD_OUT))
_TTL_MS = 900_000


class _House:
    """Free rooms per room type as lists of nights, only of the room types that are asked about."""

    def __init__(self, chain: Chain, requests: Sequence[Request]) -> None:
        self.lock = Lock()
        self.holds: dict[int, tuple[str, str, int, int, int, int]] = {}
        self.last_id = 0
        self.nights = chain.size.nights
        self._first = {(each.hotel_id, each.room_type_id): chain.free[each.row] for each in requests}
        self.free = {key: rooms.tolist() for key, rooms in self._first.items()}

    def hold(self, hotel_id: str, room_type_id: str, arrival: date, nights: int, rooms: int, now_ms: int) -> int:
        first = arrival.toordinal() - _FIRST
        free = self.free[hotel_id, room_type_id]
        with self.lock:
            if first < 0 or first + nights > self.nights:
                return _OUTSIDE
            window = free[first : first + nights]
            if min(window) < rooms:
                return _SOLD_OUT
            free[first : first + nights] = [count - rooms for count in window]
            self.last_id += 1
            self.holds[self.last_id] = (hotel_id, room_type_id, first, nights, rooms, now_ms + _TTL_MS)
        return _OK

    def held(self) -> NDArray[np.int64]:
        """(holds, room nights) that are held."""
        return np.array([len(self.holds), sum(hold[3] * hold[4] for hold in self.holds.values())], np.int64)

    def reset(self) -> None:
        for hotel_id, room_type_id, *_ in self.holds.values():
            key = (hotel_id, room_type_id)
            self.free[key] = self._first[key].tolist()
        self.holds.clear()


class DictHold(Contestant):
    """One hold at a time."""

    name = "dict"

    def __init__(self, chain: Chain, questions: Sequence[Request]) -> None:
        self._house = _House(chain, questions)
        self.reset = self._house.reset  # type: ignore[method-assign]
        self.state = self._house.held  # type: ignore[method-assign]

    def ask(self, question: Request) -> int:
        return self._house.hold(
            question.hotel_id, question.room_type_id, question.date, question.nights, question.rooms, 0
        )


class DictHoldMany(Contestant):
    """Many holds in one loop, columns as plain lists."""

    name = "dict"

    def __init__(self, chain: Chain, questions: Sequence[Sequence[Request]]) -> None:
        self._house = _House(chain, [each for batch in questions for each in batch])
        self._columns = [
            [(each.hotel_id, each.room_type_id, each.date, each.nights, each.rooms) for each in batch]
            for batch in questions
        ]
        self._position = {id(batch): position for position, batch in enumerate(questions)}
        self.reset = self._house.reset  # type: ignore[method-assign]
        self.state = self._house.held  # type: ignore[method-assign]

    def ask(self, question: Sequence[Request]) -> Any:
        hold = self._house.hold
        return [hold(*line, 0) for line in self._columns[self._position[id(question)]]]
