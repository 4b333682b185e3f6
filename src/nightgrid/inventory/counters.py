"""Counters of the grid: what the hotel sets, and how they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.errors import InputError, InputTypeError
from nightgrid.inventory.base import StoreBase, Window
from nightgrid.limits import ROOMS_MAX
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import controls
from nightgrid.native.upkeep.controls import KEEP
from nightgrid.native.upkeep.fill import fill_houses, fill_nights

_FIELDS: Final = {"free": at.C_FREE, "held": at.C_HELD, "sold": at.C_SOLD}
_REGIONS: Final = {
    "capacity": at.R_CAPACITY,
    "sold_elsewhere": at.R_ELSEWHERE,
    "out_of_order": at.R_OUT_OF_ORDER,
    "sell_limit": at.R_SELL_LIMIT,
}
COUNTERS: Final = (*_FIELDS, *_REGIONS, "physical", "blocked")


class Shortfall(NamedTuple):
    """The first cell with more rooms sold and held than the capacity asked for, and how many others there are."""

    row: int
    night: int  # ordinal
    capacity: int
    taken: int
    others: int


def _check_rooms(name: str, values: NDArray[np.integer], low: int) -> None:
    wrong = np.flatnonzero((values != KEEP) & ((values < low) | (values > ROOMS_MAX)))
    if wrong.size:
        raise InputError(f"{name} is {values[wrong[0]]} at position {wrong[0]}; allowed are {low} to {ROOMS_MAX}")


class CountersPart(StoreBase):
    """Setting and reading counters."""

    def _set(
        self,
        which: int,
        rows: NDArray[np.int32],
        nights: NDArray[np.int32],
        values: NDArray[np.int32],
        allow_oversold: bool,
        now_ms: int,
    ) -> Shortfall | None:
        hotels = np.unique(self._catalog.row_hotel[rows]).astype(np.int64)
        short = np.zeros(5, np.int64)
        with self.table_lock():
            self.check_cells(rows, nights)
            changed = np.zeros(len(rows), np.bool_)
            refused = controls.set_counters(
                self.table, which, rows, nights, values, hotels, allow_oversold, now_ms, short, changed
            )
        return Shortfall(*short.tolist()) if refused else None

    def set_capacity(
        self,
        rows: NDArray[np.int32],
        nights: NDArray[np.int32],
        *,
        physical: NDArray[np.int32] | None = None,
        out_of_order: NDArray[np.int32] | None = None,
        sell_limit: NDArray[np.int32] | None = None,
        allow_oversold: bool = False,
        now_ms: int,
    ) -> Shortfall | None:
        """Set parts of the capacity of distinct cells (nights as ordinals); free takes up the difference.

        Where a cell would be left with more rooms sold and held than capacity, and with fewer free ones than it has,
        nothing is changed and the first such cell is answered; if that is allowed, free becomes negative there and
        `findings` reports it. Cells that have these numbers already are not touched, and not published.
        """
        values = np.full((3, len(rows)), KEEP, np.int32)
        parts = (("physical", physical, 0), ("out_of_order", out_of_order, 0), ("sell_limit", sell_limit, -ROOMS_MAX))
        for line, (name, part, low) in enumerate(parts):
            if part is not None:
                _check_rooms(name, part, low)
                values[line] = part
        return self._set(controls.CAPACITY, rows, nights, values, allow_oversold, now_ms)

    def set_sold_elsewhere(
        self,
        rows: NDArray[np.int32],
        nights: NDArray[np.int32],
        rooms: NDArray[np.int32],
        *,
        allow_oversold: bool = False,
        now_ms: int,
    ) -> Shortfall | None:
        """Set the rooms sold by other systems of distinct cells. Answers as `set_capacity`."""
        _check_rooms("rooms", rooms, 0)
        values = np.full((3, len(rows)), KEEP, np.int32)
        values[0] = rooms
        return self._set(controls.SOLD_ELSEWHERE, rows, nights, values, allow_oversold, now_ms)

    def load_sold_elsewhere(
        self, rooms: NDArray[np.int16], *, allow_oversold: bool = False, now_ms: int
    ) -> Shortfall | None:
        """Set the rooms sold by other systems from a matrix: int16 (row, night). Answers as `set_capacity`."""
        shape = (self._catalog.n_rows, self.n_nights)
        if rooms.shape != shape:
            raise InputError(f"sold_elsewhere has shape {rooms.shape}; it must be (room types, nights) = {shape}")
        if rooms.dtype.kind not in "iu":
            raise InputTypeError(f"sold_elsewhere has dtype {rooms.dtype}; whole numbers (int16) are needed")
        if rooms.min(initial=0) < 0 or rooms.max(initial=0) > ROOMS_MAX:
            row, night = np.argwhere((rooms < 0) | (rooms > ROOMS_MAX))[0]
            raise InputError(
                f"sold_elsewhere[{row}, {night}] is {rooms[row, night]} rooms; allowed are 0 to {ROOMS_MAX}"
            )
        short = np.zeros(5, np.int64)
        matrix = np.ascontiguousarray(rooms[None], np.int32)
        with self.table_lock():
            if np.array_equal(matrix[0], self.block.region(at.R_ELSEWHERE)[: shape[0], self.window.order]):
                return None  # as it was: a channel need not read anything anew
            refused = controls.load_sold_elsewhere(self.table, matrix, allow_oversold, now_ms, short)
        return Shortfall(*short.tolist()) if refused else None

    def set_today(self, hotel_today: NDArray[np.int64]) -> None:
        """Tell every hotel the ordinal of its civil date: int64 (hotel)."""
        controls.set_today(self.table, np.ascontiguousarray(hotel_today, np.int64))

    # -- reading ---------------------------------------------------------------------------------

    def matrix(self, name: str) -> NDArray[np.int16]:
        """A copy of one counter of every cell: int16 (row, night) rooms, nights in order. Not one instant where threads
        are changing it.
        """
        if name == "blocked":
            raise InputError("what blocks keep depends on the instant; ask for it with blocked(rows, now_ms)")
        if name in _FIELDS:
            cells = self.block.region(at.R_CELLS).view(np.int16)[: self._catalog.n_rows, :, _FIELDS[name]]
            return self.steady(lambda window: np.ascontiguousarray(cells[:, window.order]))
        if name in _REGIONS:
            return self.ordered(_REGIONS[name], self._catalog.n_rows)
        if name == "physical":
            rows = self._catalog.n_rows
            names = ("capacity", "out_of_order", "sell_limit")

            def physical(_: Window) -> NDArray[np.int16]:
                capacity, out_of_order, limit = (self.ordered(_REGIONS[part], rows) for part in names)
                return np.asarray(capacity + out_of_order - limit, np.int16)

            return self.steady(physical)
        raise InputError(f"there is no counter {name!r}; use one of {', '.join(COUNTERS)}")

    def cells(
        self, row: slice | Sequence[int] | NDArray[np.int64], night: slice, window: Window | None = None
    ) -> NDArray[np.int16]:
        """A copy of cells: int16 (row, night, field) with the fields of `native.store.layout` C_*; nights in order,
        of the window as it stands, or of one that the caller looks after (`steady`).
        """
        cells = self.block.region(at.R_CELLS).view(np.int16)
        if window is not None:
            return np.ascontiguousarray(cells[row][:, window.order[night]])
        return self.steady(lambda now: np.ascontiguousarray(cells[row][:, now.order[night]]))

    def fills(
        self, hotels: NDArray[np.integer], arrivals: NDArray[np.integer], nights: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """House fill of the nights of some stays inside the window as the counters are now: (first, fill in basis
        points), each int64; the nights of a stay stand one after another from its `first` on. O(nights x room types).
        """
        count = np.ascontiguousarray(nights, np.int64)
        first = np.cumsum(count) - count
        out = np.empty(int(count.sum()), np.int64)
        places, days = np.ascontiguousarray(hotels, np.int64), np.ascontiguousarray(arrivals, np.int64)
        fill_nights(self.table, places, days, count, first, out)
        return first, out

    def fill_houses(self, first_night: int, out_bp: NDArray[np.int16]) -> None:
        """House fill from a night (ordinal) on into out_bp (hotel, night) int16 basis points [out], 0 on nights outside
        the window; every change that was published before the call is in it. O(nights x room types).
        """
        fill_houses(self.table, first_night, out_bp)
