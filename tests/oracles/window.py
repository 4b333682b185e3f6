"""The window of nights on sale moves on: yesterday leaves, a new last night enters, nothing else moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from tests.oracles.carts import Carts
from tests.oracles.grid import Cell
from tests.oracles.holds import SOLD_STATES
from tests.oracles.outcomes import InputMistake


class Window(Carts):
    """`past_nights` is what an archive would hold of the nights that left, a line per room type and night."""

    def __init__(self, *grid: Any, **names: Any) -> None:
        super().__init__(*grid, **names)
        self.past_nights: list[dict[str, Any]] = []

    def roll(self, to: date | None = None) -> int:
        """Make `to` the first night, or the earliest date of today of all hotels; how many nights it moved, never
        back. A night that enters has the catalogue's capacity, and no restrictions and controls.
        """
        today = min(self.today(hotel_id) for hotel_id in self.hotels)
        first = self.window[0]
        to = max(first, today if to is None else to)
        if to > max(first, today):
            raise InputMistake(f"to {to}: the earliest date at a hotel is {today}")
        shift = to - first
        gone = [night for night in self.window if night < to]
        self.window = [night + shift for night in self.window]
        for row, nights in self.cells.items():
            for night in gone:
                cell = nights.pop(night)
                parts = ("physical", "out_of_order", "sell_limit", "sold", "held", "sold_elsewhere")
                line = {"hotel_id": row[0], "room_type_id": row[1], "night": night}
                self.past_nights.append(line | {part: getattr(cell, part) for part in parts})
            for night in self.window:
                if night not in nights:
                    nights[night] = Cell(self.room_types[row]["capacity"])
        for table in self._tables_by_night():
            for night in [night for night in table if night < to]:
                del table[night]
        for hold in self._live():
            if hold.state in SOLD_STATES and not self._nights_in_window(hold) and hold.ended_ms is None:
                hold.ended_ms = self.now_ms
        return shift.days

    def _tables_by_night(self) -> Iterator[dict[date, Any]]:
        yield from self.plan_restrictions.values()
        yield from self.caps.values()
        yield from self.protection.values()
        yield from self.channel_protection.values()
        yield from self.hurdles.values()
        yield from self.house_caps.values()
        for block in self.blocks.values():
            yield block.units
