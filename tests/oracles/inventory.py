"""Holds and bookings over the grid: a dictionary of holds, each of which lives once.

    held -> booked -> cancelled        held -> released        held -> expired

A hold's deadline is the first millisecond at which it can no longer be confirmed. A hold past its deadline
is *due*; its rooms come back when somebody sweeps: a hold request of the same hotel that would be refused
for rooms, a search or a look at availability, `expire`, `check`, or any operation on the due hold itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracles.grid import STAY_NIGHTS_MAX, Answer, Cell, Grid, Row
from tests.oracles.nights import stay_nights

ROOMS_MAX = 10_000
TTL_MS_DEFAULT = 15 * 60 * 1000
TTL_MS_MAX = 30 * 24 * 3600 * 1000
RETENTION_MS_DEFAULT = 24 * 3600 * 1000


@dataclass
class Hold:
    """One request that was granted. `state` is held, booked, released, expired or cancelled."""

    hold_id: int
    row: Row
    arrival: date
    nights: int
    rooms: int
    deadline_ms: int
    request: tuple[Any, ...]
    key: str | None
    state: str = "held"
    ended_ms: int | None = None


class Inventory(Grid):
    """The grid of a few hotels and everything that holds rooms in it.

    `slots` is how many holds and bookings can be known at once; `retention_ms` is how long a hold, and the
    key it was made with, is remembered after its end.
    """

    def __init__(
        self,
        hotels: Iterable[Mapping[str, Any]],
        room_types: Iterable[Mapping[str, Any]],
        first_night: date,
        nights: int,
        now_ms: int,
        slots: int = 1_000_000,
        retention_ms: int = RETENTION_MS_DEFAULT,
    ) -> None:
        super().__init__(hotels, room_types, first_night, nights, now_ms)
        self.slots = slots
        self.retention_ms = retention_ms
        self.holds: dict[int, Hold] = {}
        self.keys: dict[str, int] = {}
        self._last_id = 0

    # Holds and bookings

    def hold(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date,
        nights: int,
        rooms: int = 1,
        ttl_ms: int = TTL_MS_DEFAULT,
        key: str | None = None,
        guest: str | None = None,
    ) -> Answer:
        """Take rooms on all nights of a stay until a deadline, or nothing at all."""
        self._forget_old()
        row = (hotel_id, room_type_id)
        if not 1 <= nights <= STAY_NIGHTS_MAX or not 1 <= rooms <= ROOMS_MAX or not 1 <= ttl_ms <= TTL_MS_MAX:
            return Answer("INVALID")
        request = (row, arrival, nights, rooms, ttl_ms, guest)
        if key is not None and key in self.keys:
            first = self.holds[self.keys[key]]
            return Answer("EXISTS", first.hold_id) if first.request == request else Answer("KEY_REUSED")
        refusal = self.refusal(hotel_id, room_type_id, arrival, nights, rooms)
        if refusal.outcome == "SOLD_OUT":
            self._sweep(hotel_id)
            refusal = self.refusal(hotel_id, room_type_id, arrival, nights, rooms)
        if refusal.outcome != "OK":
            return refusal
        if len(self.holds) >= self.slots:
            return Answer("BUSY")

        # From here on it must succeed.
        self._last_id += 1
        taken = Hold(self._last_id, row, arrival, nights, rooms, self.now_ms + ttl_ms, request, key)
        self.holds[taken.hold_id] = taken
        if key is not None:
            self.keys[key] = taken.hold_id
        for cell in self._cells_of(taken):
            cell.free -= rooms
            cell.held += rooms
        return Answer("OK", taken.hold_id)

    def confirm(self, hold_id: int) -> str:
        """Turn a hold into a booking, before its deadline."""
        found = self._touch(hold_id)
        if found is None:
            return "NOT_FOUND"
        if found.state != "held":
            return {
                "booked": "EXISTS",
                "released": "ALREADY_RELEASED",
                "cancelled": "ALREADY_CANCELLED",
                "expired": "EXPIRED",
            }[found.state]

        # From here on it must succeed.
        found.state = "booked"
        for cell in self._cells_of(found):
            cell.held -= found.rooms
            cell.sold += found.rooms
        return "OK"

    def release(self, hold_id: int) -> str:
        """Give a hold's rooms back before it became a booking."""
        found = self._touch(hold_id)
        if found is None:
            return "NOT_FOUND"
        if found.state != "held":
            return {
                "booked": "ALREADY_CONFIRMED",
                "released": "EXISTS",
                "cancelled": "ALREADY_CANCELLED",
                "expired": "EXPIRED",
            }[found.state]
        self._give_back(found, "released")
        return "OK"

    def cancel(self, hold_id: int) -> str:
        """Give a booking's rooms back."""
        found = self._touch(hold_id)
        if found is None:
            return "NOT_FOUND"
        if found.state != "booked":
            return {
                "held": "NOT_CONFIRMED",
                "released": "ALREADY_RELEASED",
                "cancelled": "EXISTS",
                "expired": "EXPIRED",
            }[found.state]
        self._give_back(found, "cancelled")
        return "OK"

    def expire(self) -> list[int]:
        """Sweep every hotel; the ids of the holds that expired by this call, earliest deadline first."""
        return self._sweep(None)

    def get(self, hold_id: int) -> str | None:
        """The state of a hold, None where there is none or it ended too long ago. A due hold reads expired."""
        self._forget_old()
        found = self.holds.get(hold_id)
        if found is None:
            return None
        return "expired" if self._is_due(found) else found.state

    # Questions

    def availability(self, row: Row) -> list[int]:
        """Free rooms per night of the window, after what is due has been swept."""
        self._sweep(None)
        return self.counts("free", row)

    def check(self) -> list[str]:
        """Sweep, then recompute every cell from the holds; a sentence for each that disagrees."""
        self._sweep(None)
        findings = []
        for row, nights in self.cells.items():
            for night, cell in nights.items():
                here = [h for h in self.holds.values() if h.row == row and night in stay_nights(h.arrival, h.nights)]
                held = sum(h.rooms for h in here if h.state == "held")
                sold = sum(h.rooms for h in here if h.state == "booked") + cell.sold_elsewhere
                if (cell.held, cell.sold) != (held, sold):
                    findings.append(f"{row} {night}: held, sold are {cell.held, cell.sold}, holds say {held, sold}")
                if cell.free + cell.held + cell.sold != cell.capacity:
                    findings.append(f"{row} {night}: free + held + sold is not the capacity {cell.capacity}")
        return findings

    # Inside

    def _cells_of(self, hold: Hold) -> list[Cell]:
        return [self.cells[hold.row][night] for night in stay_nights(hold.arrival, hold.nights)]

    def _is_due(self, hold: Hold) -> bool:
        return hold.state == "held" and self.now_ms >= hold.deadline_ms

    def _touch(self, hold_id: int) -> Hold | None:
        """The hold of an id, expired first if it is due; None where it is not known, or no longer."""
        self._forget_old()
        found = self.holds.get(hold_id)
        if found is not None and self._is_due(found):
            self._give_back(found, "expired")
        return found

    def _sweep(self, hotel_id: str | None) -> list[int]:
        """Expire what is due, in one hotel or (None) in all."""
        due = [h for h in self.holds.values() if self._is_due(h) and hotel_id in (None, h.row[0])]
        due.sort(key=lambda hold: (hold.deadline_ms, hold.hold_id))
        for hold in due:
            self._give_back(hold, "expired")
        return [hold.hold_id for hold in due]

    def _give_back(self, hold: Hold, end: str) -> None:
        """End a hold or a booking: its rooms are free again on every night."""
        for cell in self._cells_of(hold):
            if hold.state == "held":
                cell.held -= hold.rooms
            else:
                cell.sold -= hold.rooms
            cell.free += hold.rooms
        hold.state = end
        hold.ended_ms = self.now_ms

    def _forget_old(self) -> None:
        """Drop holds, and their keys, that ended at least the retention time ago."""
        for hold in list(self.holds.values()):
            if hold.ended_ms is not None and self.now_ms >= hold.ended_ms + self.retention_ms:
                del self.holds[hold.hold_id]
                if hold.key is not None:
                    del self.keys[hold.key]
