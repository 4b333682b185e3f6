"""What the hotel sets, and whether the grid is right: capacity, rooms sold elsewhere, restrictions, checks."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from nightgrid.engine.base import EngineBase, steady
from nightgrid.engine.edge.answers import Finding
from nightgrid.engine.edge.names import checked_flag
from nightgrid.engine.rooms.controls import load_sold_elsewhere, set_capacity, set_sold_elsewhere
from nightgrid.engine.rooms.restricting import RestrictMode, restrict, restrictions_frame
from nightgrid.inventory.control_findings import CellFinding
from nightgrid.inventory.findings import findings
from nightgrid.nights import to_date


class HotelMixin(EngineBase):
    """Counters and restrictions that the hotel sets."""

    def set_capacity(self, changes: Any, *, allow_oversold: bool = False) -> int:
        """Set the rooms there are from a frame: hotel_id, room_type_id; night, or first_night and last_night, or all;
        weekdays ("fri,sat"; null: all); physical, out_of_order, sell_limit (signed), any of them, or capacity: so many
        physical rooms and nothing else.

        capacity = physical - out of order + sell limit. A cut that leaves fewer rooms than are sold and held is refused
        with InputError and changes nothing; a night that is short of rooms may get some of them back. With
        `allow_oversold` a cut is accepted: free becomes negative, nothing more is sold there, and `check()` reports it.
        Returns how many cells were set.
        """
        now_ms = self._before_cut(allow_oversold)
        return set_capacity(self.catalog, self._inventory, changes, now_ms, allow_oversold=allow_oversold)

    def set_sold_elsewhere(self, rooms: Any, *, allow_oversold: bool = False) -> int:
        """Set the rooms sold by other systems: an int16 matrix (room type, night), or a frame with a column rooms
        and the places and nights of `set_capacity`.
        """
        now_ms = self._before_cut(allow_oversold)
        load = load_sold_elsewhere if isinstance(rooms, np.ndarray) else set_sold_elsewhere
        return load(self.catalog, self._inventory, rooms, now_ms, allow_oversold=allow_oversold)

    def _before_cut(self, allow_oversold: bool) -> int:
        """Holds past their deadline have no rooms any more that a cut could miss. The ledger's time."""
        now_ms = self._bulk_ms()
        if not checked_flag("allow_oversold", allow_oversold):
            self._inventory.sweep(now_ms)
        return now_ms

    def restrict(self, changes: Any, mode: RestrictMode = "delta") -> int:
        """Change restrictions by a frame; returns how many cells got others. See docs/restrictions.md for the columns.

        mode "delta": only what is named changes; "overlay": what is not named is removed; "delete": what is named is
        removed, or all where nothing is. A mistake is an error before any change. What got others is told by
        `changes_since`.
        """
        return restrict(self.catalog, self._inventory, changes, self._bulk_ms(), mode)

    @steady
    def restrictions(
        self, hotel_id: str, first: date | str | None = None, last: date | str | None = None
    ) -> pl.DataFrame:
        """What is restricted at a hotel on the nights first..last (inclusive, default the window): ranges of equal
        nights, a row each, as `restrict(frame, mode="overlay")` takes them.
        """
        begin, end = self._night_range(first, last)
        return restrictions_frame(self.catalog, self._inventory, hotel_id, begin, end)

    def check(self) -> list[Finding]:
        """Recompute every counter, bit map and list and the index of keys from the holds; the findings, empty when the
        grid is right. Each names the place and says what differs. Nights that a capacity cut left short of rooms are
        named as well (`short_cells`): of kind `oversold`, or `blocks_short` for what blocks keep; they are no damage.
        O(room types x nights + slots).
        """
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        return [self._finding(found) for found in findings(self._inventory, now_ms)]

    def _finding(self, found: CellFinding) -> Finding:
        """A finding by name."""
        night = to_date(found.night) if found.night > 0 else None
        name = self._names.subject(found.kind, found.subject)
        text = f"{name}: {found.text}" if name else found.text
        return Finding(found.kind, *self._place_names(found), night, text)

    def _place_names(self, found: CellFinding) -> tuple[str, str]:
        """Where a finding is: a room type, a whole hotel ("*" for its room types), or the whole store."""
        if found.row >= 0:
            return self._row_names(found.row)
        return (self.catalog.hotel_ids[found.hotel], "*") if found.hotel >= 0 else ("*", "*")
