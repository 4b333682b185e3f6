"""What is free over many nights, by name: the longest runs, the gaps that no stay fills, the availability calendar."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from nightgrid.engine.base import steady
from nightgrid.engine.rooms.selling_views import SellingViews
from nightgrid.inventory import runs
from nightgrid.native.store import layout as at
from nightgrid.nights import to_ordinal

_EPOCH = to_ordinal("1970-01-01")


class RunMixin(SellingViews):
    """Vector operations over the rooms of one hotel or all that are free and kept by no block. Restrictions matter to
    the calendar alone.
    """

    def _free(self, hotel_id: str | None) -> tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.int64]]:
        """(rows, rooms of them that are free and kept by no block, night index of today at each), nights in the order
        of the window.
        """
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        nights = slice(0, self.n_nights)
        if hotel_id is None:
            rows = np.arange(self.catalog.n_rows)
            free = self._inventory.cells(slice(0, len(rows)), nights)[:, :, at.C_FREE]
        else:
            rows = np.array(self.catalog.rows_of(self.catalog.hotel_index(hotel_id)), np.int64)
            free = self._inventory.cells(rows, nights)[:, :, at.C_FREE]
        free = (free - self._inventory.blocked(rows.astype(np.int64), now_ms)).astype(np.int16)
        today = self._days.today(now_ms)[self.catalog.hotel_calendar[self.catalog.row_hotel[rows]]] - self.first_night
        return rows, free, today

    def _named(self, row: NDArray[np.int64]) -> dict[str, pl.Series]:
        """Columns hotel_id and room_type_id of rows."""
        return {
            "hotel_id": pl.Series(self.catalog.hotel_ids, dtype=pl.String).gather(self.catalog.row_hotel[row]),
            "room_type_id": pl.Series(self.catalog.room_type_ids, dtype=pl.String).gather(row),
        }

    def _dates(self, night: NDArray[np.int64]) -> pl.Series:
        """Night indexes as dates."""
        return pl.Series((night + (self.first_night - _EPOCH)).astype(np.int32)).cast(pl.Date)

    @steady
    def largest_free_run(self, hotel_id: str | None = None, *, rooms: int = 1) -> pl.DataFrame:
        """The longest run of nights with at least `rooms` free of each room type, from the hotel's today on.

        Columns: hotel_id, room_type_id, first_night, last_night (inclusive; null where no night is free), nights
        (int32). Of equal runs the earliest. O(room types x nights).
        """
        rows, free, today = self._free(hotel_id)
        found = runs.largest_free_run(free, rooms, today)
        dates = {
            "first_night": self._dates(found.first.astype(np.int64)),
            "last_night": self._dates(found.first.astype(np.int64) + found.nights - 1),
        }
        frame = pl.DataFrame({**self._named(rows), **dates, "nights": found.nights})
        return frame.with_columns(pl.when(pl.col("nights") > 0).then(pl.col(name)).alias(name) for name in dates)

    @steady
    def gap_nights(self, min_nights: int | ArrayLike, hotel_id: str | None = None, *, rooms: int = 1) -> pl.DataFrame:
        """Orphan nights: runs of free nights between sold-out ones that are too short for any stay, a row per run.

        `min_nights` is the shortest stay that is sold: one number, or integers (room type, night) by arrival date. A
        run that begins at the hotel's today counts, one that reaches the end of the window does not. Columns:
        hotel_id, room_type_id, first_night, last_night (inclusive), nights (int32), rooms (int16: free on each of
        them). O(room types x nights).
        """
        rows, free, today = self._free(hotel_id)
        found = runs.gap_runs(runs.gap_nights(free, min_nights, rooms, today))
        begin = found.row.astype(np.int64) * self.n_nights + found.first
        ends = np.stack([begin, begin + found.nights], axis=1).ravel()  # a night follows every gap
        lowest = np.minimum.reduceat(free.ravel(), ends)[::2] if len(ends) else np.empty(0, np.int16)
        return pl.DataFrame(
            {
                **self._named(rows[found.row]),
                "first_night": self._dates(found.first.astype(np.int64)),
                "last_night": self._dates(found.first.astype(np.int64) + found.nights - 1),
                "nights": found.nights,
                "rooms": lowest,
            }
        )

    @steady
    def availability_calendar(
        self,
        hotel_id: str | None,
        nights: int,
        *,
        rooms: int = 1,
        tier: str | None = None,
        channel: str | None = None,
        plan: str | None = None,
    ) -> pl.DataFrame:
        """Whether a stay can be had, by room type and arrival date of the window; None = all hotels.

        Columns: hotel_id, room_type_id, arrival, rooms (int16: what such a guest could have on every night of the stay,
        whatever restrictions say; 0 before the hotel's today and where the stay would leave the window), outcome (int16
        `Outcome`: what a hold of `rooms` would be answered now, below no hurdle), available (it is OK), hotel_available
        (it is OK for some room type of the hotel). O(room types x nights x the stay's nights).
        """
        rooms = runs.checked_rooms(rooms)
        rows, _, today = self._free(hotel_id)
        now_ms = self._now_ms()
        products = self._products_with(rows, plan)
        scope = self._names.scope(tier, channel)
        counts = runs.stay_rooms(self._inventory.sellable(rows, products, scope, now_ms), nights, today)
        outcomes = self._inventory.stay_codes(rows, products, int(nights), rooms, scope, now_ms)
        of_hotel = self._by_hotel(rows, outcomes)
        row = np.repeat(rows, self.n_nights)
        return pl.DataFrame(
            {
                **self._named(row),
                "arrival": self._dates(np.tile(np.arange(self.n_nights), len(rows))),
                "rooms": counts.ravel(),
                "outcome": outcomes.ravel(),
                "available": outcomes.ravel() == 0,
                "hotel_available": of_hotel.ravel() == 0,
            }
        )

    def _by_hotel(self, rows: NDArray[np.int64], codes: NDArray[np.int16]) -> NDArray[np.int16]:
        """The lowest code of a hotel for each of its rows: int16 (row, night)."""
        hotel = self.catalog.row_hotel[rows]
        order = np.argsort(hotel, kind="stable")
        first = np.flatnonzero(np.diff(hotel[order], prepend=-1))
        lowest = np.empty_like(codes)
        lowest[order] = np.repeat(
            np.minimum.reduceat(codes[order], first, axis=0), np.diff(first, append=len(hotel)), axis=0
        )
        return lowest
