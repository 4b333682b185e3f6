"""The window of nights rolls: past nights are kept for the archive, and leave; new last nights enter."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.base import StoreBase, Window
from nightgrid.native.store import layout as at
from nightgrid.native.store.locks import lock_hotels, unlock_hotels
from nightgrid.native.upkeep import window as kernels

#: How often past nights are written while the hotels go on working, before they have to stand still for it.
_ATTEMPTS: Final = 4


class PastNights(NamedTuple):
    """Counters of nights that leave: each int16 (row, night) rooms, nights in order."""

    first_night: int  # ordinal
    physical: NDArray[np.int16]
    out_of_order: NDArray[np.int16]
    sell_limit: NDArray[np.int16]
    capacity: NDArray[np.int16]
    sold: NDArray[np.int16]
    held: NDArray[np.int16]
    sold_elsewhere: NDArray[np.int16]


class Archive(Protocol):
    """Where past nights are kept."""

    def write(self, past: PastNights) -> None:
        """Write them where nobody looks yet; called again if they changed meanwhile."""

    def publish(self) -> None:
        """Show what was written last, all of it or nothing. Quick."""


class WindowPart(StoreBase):
    """Rolling the window."""

    def roll(self, first_night: int, open_words: NDArray[np.int64], now_ms: int, archive: Archive | None) -> int:
        """Make `first_night` (ordinal) the first night of the window; returns by how many nights it moved on, 0 if it
        is not after the first one now. O(hotels + rows x days that leave + bookings).

        Holds, bookings and searches go on meanwhile. Nights that leave are written to the archive first, as they are in
        the instant in which they leave; what it raises leaves everything as it was.
        """
        with self.table_lock():
            window = self.window
            days = first_night - window.first_night
            if days <= 0:
                return 0
            kept = self._written(window, days, archive)
            lock_hotels(self.table)
            try:
                if archive is not None:
                    if kept is None or not self._unchanged(window, kept):
                        archive.write(self._past(window, days))
                    archive.publish()
                kernels.roll_window(self.table, first_night, self._usual_rooms(), open_words, now_ms)
            finally:
                unlock_hotels(self.table)
        kernels.note_past(self.table, now_ms)
        return days

    def finish_roll(self, open_words: NDArray[np.int64], now_ms: int) -> bool:
        """Finish the roll that somebody died in, where there is one; True if there was. All hotels stand still."""
        with self.table_lock():
            lock_hotels(self.table)
            try:
                finished = bool(kernels.finish_roll(self.table, self._usual_rooms(), open_words, now_ms))
            finally:
                unlock_hotels(self.table)
        if finished:
            kernels.note_past(self.table, now_ms)
        return finished

    def _usual_rooms(self) -> NDArray[np.int16]:
        """Physical rooms of every room type by the catalogue: int16 (row)."""
        physical = np.zeros(self.block.sizes.rows, np.int16)
        physical[: self._catalog.n_rows] = self._catalog.capacity
        return physical

    def _written(self, window: Window, days: int, archive: Archive | None) -> PastNights | None:
        """The past nights as they were written, once they stand still; None if there is no archive or they do not."""
        for _ in range(_ATTEMPTS if archive is not None else 0):
            past = self._past(window, days)
            archive.write(past)  # type: ignore[union-attr]
            if self._unchanged(window, past):
                return past
        return None

    def _past(self, window: Window, days: int) -> PastNights:
        """A copy of the counters of the window's first nights."""
        nights = np.arange(min(days, window.nights)) + window.first_night
        columns = window.columns(nights)
        rows = self._catalog.n_rows
        cells = self.block.region(at.R_CELLS).view(np.int16)[:rows, columns]
        capacity, out_of_order, sell_limit, elsewhere = (
            self.block.region(region).view(np.int16)[:rows, columns]
            for region in (at.R_CAPACITY, at.R_OUT_OF_ORDER, at.R_SELL_LIMIT, at.R_ELSEWHERE)
        )
        return PastNights(
            window.first_night,
            np.asarray(capacity + out_of_order - sell_limit, np.int16),
            out_of_order,
            sell_limit,
            capacity,
            cells[:, :, at.C_SOLD],
            cells[:, :, at.C_HELD],
            elsewhere,
        )

    def _unchanged(self, window: Window, past: PastNights) -> bool:
        """True if the cells of past nights are as they were copied."""
        now = self._past(window, past.capacity.shape[1])
        return all(np.array_equal(one, other) for one, other in zip(now[1:], past[1:], strict=True))
