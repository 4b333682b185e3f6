"""The grid: rooms and restrictions of every room type on every night, and why a stay cannot be sold.

A cell is one room type on one night: `free + held + sold == capacity`, always. `sold` counts our bookings
and the rooms that other systems sold (`sold_elsewhere`). `free` falls below zero only when the capacity is
cut, or other systems sell, below what is taken already; that is shown and never repaired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.oracles.nights import local_date, stay_nights, weekday_name

#: Outcome codes, repeated here because an oracle imports nothing of what it judges. Smaller takes precedence.
CODES = {
    "OK": 0, "INVALID": 100, "KEY_REUSED": 110, "EXISTS": 120, "UNKNOWN_HOTEL": 200, "UNKNOWN_PRODUCT": 210,
    "OUTSIDE_HORIZON": 220, "NOT_FOUND": 230, "ALREADY_CONFIRMED": 300, "ALREADY_RELEASED": 310,
    "ALREADY_CANCELLED": 320, "EXPIRED": 330, "NOT_CONFIRMED": 340, "CLOSED": 400, "CLOSED_TO_ARRIVAL": 410,
    "CLOSED_TO_DEPARTURE": 420, "MIN_STAY_ARRIVAL": 430, "MAX_STAY_ARRIVAL": 440, "MIN_STAY_THROUGH": 450,
    "MAX_STAY_THROUGH": 460, "TOO_MANY_GUESTS": 470, "SOLD_OUT": 500, "BUSY": 600,
}  # fmt: skip
STAY_NIGHTS_MAX = 365
RESTRICTIONS = (
    "closed", "closed_to_arrival", "closed_to_departure",
    "min_stay_arrival", "max_stay_arrival", "min_stay_through", "max_stay_through",
)  # fmt: skip

Row = tuple[str, str]  # hotel_id, room_type_id


@dataclass
class Cell:
    """One room type on one night. Restrictions that are absent, False or 0 do not restrict."""

    capacity: int
    free: int
    held: int = 0
    sold: int = 0
    sold_elsewhere: int = 0
    restrictions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What was said to a request: the outcome's name, the hold, and the first night that gave the outcome."""

    outcome: str
    hold_id: int | None = None
    night: date | None = None


class Grid:
    """Cells of a few hotels over a window of nights, at an instant that `wait` moves.

    `hotels`: hotel_id, time_zone, optional rollover_hour. `room_types`: hotel_id, room_type_id, capacity.
    """

    def __init__(
        self,
        hotels: Iterable[Mapping[str, Any]],
        room_types: Iterable[Mapping[str, Any]],
        first_night: date,
        nights: int,
        now_ms: int,
    ) -> None:
        self.hotels = {hotel["hotel_id"]: hotel for hotel in hotels}
        self.window = stay_nights(first_night, nights)
        self.now_ms = now_ms
        self.cells: dict[Row, dict[date, Cell]] = {}
        for room_type in room_types:
            rooms = room_type["capacity"]
            row = (room_type["hotel_id"], room_type["room_type_id"])
            self.cells[row] = {night: Cell(capacity=rooms, free=rooms) for night in self.window}

    def wait(self, interval_ms: int) -> None:
        """Let time pass."""
        self.now_ms += interval_ms

    def today(self, hotel_id: str) -> date:
        """The hotel's own date now."""
        hotel = self.hotels[hotel_id]
        return local_date(self.now_ms, hotel["time_zone"], hotel.get("rollover_hour") or 0)

    def set_capacity(self, row: Row, first: date, last: date, capacity: int) -> None:
        """Another number of rooms, both nights included; `free` may fall below zero, which is not repaired."""
        for cell in self._cells_between(row, first, last):
            cell.free += capacity - cell.capacity
            cell.capacity = capacity

    def set_sold_elsewhere(self, row: Row, first: date, last: date, rooms: int) -> None:
        """How many rooms other systems have sold, both nights included; replaces the number set before."""
        for cell in self._cells_between(row, first, last):
            more = rooms - cell.sold_elsewhere
            cell.sold_elsewhere = rooms
            cell.sold += more
            cell.free -= more

    def restrict(
        self,
        hotel_id: str,
        first: date,
        last: date,
        room_type_id: str | None = None,
        weekdays: Iterable[str] | None = None,
        **values: int | bool | None,
    ) -> None:
        """Write restrictions on the nights first..last, on one room type or on all of the hotel.

        Only the weekdays named ("mon".."sun", None = all) and only the restrictions given change; None
        leaves one as it is, False or 0 lifts it.
        """
        unknown = set(values) - set(RESTRICTIONS)
        if unknown:
            raise TypeError(f"unknown restrictions {sorted(unknown)}; known are {RESTRICTIONS}")
        wanted_days = None if weekdays is None else set(weekdays)
        for row, nights in self.cells.items():
            if row[0] != hotel_id or room_type_id not in (None, row[1]):
                continue
            for night, cell in nights.items():
                if first <= night <= last and (wanted_days is None or weekday_name(night) in wanted_days):
                    cell.restrictions.update({k: int(v) for k, v in values.items() if v is not None})

    def refusal(self, hotel_id: str, room_type_id: str, arrival: date, nights: int, rooms: int) -> Answer:
        """Why this stay cannot be sold as the counters stand now: the lowest code over all its nights, and the
        first night that gives it. The answer is OK where it can be sold. Changes nothing.
        """
        if hotel_id not in self.hotels:
            return Answer("UNKNOWN_HOTEL")
        if (hotel_id, room_type_id) not in self.cells:
            return Answer("UNKNOWN_PRODUCT")
        departure = arrival + timedelta(days=nights)
        window_end = self.window[-1] + timedelta(days=1)
        if arrival < self.today(hotel_id) or arrival < self.window[0] or departure > window_end:
            return Answer("OUTSIDE_HORIZON")
        cells = self.cells[hotel_id, room_type_id]
        faults: list[tuple[str, date]] = []

        def test(outcome: str, night: date, fault: bool) -> None:
            if fault:
                faults.append((outcome, night))

        on_arrival = cells[arrival].restrictions
        test("CLOSED_TO_ARRIVAL", arrival, bool(on_arrival.get("closed_to_arrival")))
        test("MIN_STAY_ARRIVAL", arrival, nights < on_arrival.get("min_stay_arrival", 0))
        test("MAX_STAY_ARRIVAL", arrival, nights > (on_arrival.get("max_stay_arrival") or STAY_NIGHTS_MAX))
        if departure in cells:  # a departure on the window's end has no cell: unrestricted
            closed = bool(cells[departure].restrictions.get("closed_to_departure"))
            test("CLOSED_TO_DEPARTURE", departure, closed)
        for night in stay_nights(arrival, nights):
            that_night = cells[night].restrictions
            test("CLOSED", night, bool(that_night.get("closed")))
            test("MIN_STAY_THROUGH", night, nights < that_night.get("min_stay_through", 0))
            test("MAX_STAY_THROUGH", night, nights > (that_night.get("max_stay_through") or STAY_NIGHTS_MAX))
            test("SOLD_OUT", night, cells[night].free < rooms)
        if not faults:
            return Answer("OK")
        outcome, night = min(faults, key=lambda fault: (CODES[fault[0]], fault[1]))
        return Answer(outcome, night=night)

    def counts(self, what: str, row: Row) -> list[int]:
        """One number per night of the window ("free", "held", "sold", ...) as it stands, without sweeping."""
        return [getattr(cell, what) for cell in self.cells[row].values()]

    def _cells_between(self, row: Row, first: date, last: date) -> list[Cell]:
        return [cell for night, cell in self.cells[row].items() if first <= night <= last]
