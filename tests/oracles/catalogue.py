"""The catalogue changes: hotels, room types and plans are added, closed and opened again.

What is closed sells nothing more, whatever else permits it; a closed hotel closes its room types, those their plans. A
request that names no plan is of none. What is held or booked lives on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tests.oracles.grid import Cell
from tests.oracles.outcomes import Fault
from tests.oracles.stay import Row, Stay
from tests.oracles.window import Window


class Catalogue(Window):
    """`closed` are hotels as (hotel,), room types as (hotel, room type), plans as (hotel, room type, plan)."""

    def __init__(self, *grid: Any, **names: Any) -> None:
        super().__init__(*grid, **names)
        self.closed: set[tuple[str, ...]] = set()

    def add_hotel(self, hotel: Mapping[str, Any]) -> None:
        """A hotel without room types yet."""
        hotel_id = hotel["hotel_id"]
        self.hotels[hotel_id] = hotel
        self.house_caps[hotel_id] = {}
        self.last_room_plans[hotel_id] = set()

    def add_room_type(self, room_type: Mapping[str, Any], plans: Iterable[str]) -> None:
        """A room type of a hotel, with its rooms on every night and its plans."""
        row = (room_type["hotel_id"], room_type["room_type_id"])
        self.room_types[row] = room_type
        self.cells[row] = {night: Cell(room_type["capacity"]) for night in self.window}
        self.protection[row] = {}
        self.channel_protection[row] = {}
        self.hurdles[row] = {}
        if self.plans is not None:
            self.plans[row] = set(plans)

    def add_plan(self, row: Row, plan: str) -> None:
        """A plan of a room type."""
        if self.plans is not None:
            self.plans[row].add(plan)

    def close(self, *place: str) -> None:
        """Sell nothing more of a hotel, a room type or a plan."""
        self.closed.add(place)

    def reopen(self, *place: str) -> None:
        """Sell it again; what was closed in it by itself stays closed."""
        self.closed.discard(place)

    def is_shut(self, row: Row, plan: str | None) -> bool:
        """Whether a sale is of anything that is closed."""
        return bool({(row[0],), row, (*row, plan or "")} & self.closed)

    def sellable(self, row: Row, night: date, **who: Any) -> int:
        """As the controls say; none of what is closed."""
        return 0 if self.is_shut(row, who.get("plan")) else super().sellable(row, night, **who)

    def _faults(self, stay: Stay, **how: Any) -> list[Fault]:
        nights = [night for night in stay.sleeps if night in self.cells[stay.row]]
        shut = [("CLOSED", nights[0])] if nights and self.is_shut(stay.row, stay.plan) else []
        return shut + super()._faults(stay, **how)
