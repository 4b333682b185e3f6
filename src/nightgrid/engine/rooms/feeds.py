"""Feeds: what has changed since a log sequence number, for channels and for whoever keeps a copy."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.engine.base import EngineBase, checked_lsn
from nightgrid.engine.edge.hold_frames import dates_of, link_columns, named, quote_columns, scope_columns, stay_columns
from nightgrid.engine.edge.names import checked_flag
from nightgrid.errors import InputError
from nightgrid.inventory.changes import changed_ranges
from nightgrid.native.store import layout as at
from nightgrid.nights import local_date_ordinal

KINDS = {
    at.RECORD_HOLD: "hold",
    at.RECORD_BOOK: "book",
    at.RECORD_CONFIRM: "confirm",
    at.RECORD_EXTEND: "extend",
    at.RECORD_RELEASE: "release",
    at.RECORD_EXPIRE: "expire",
    at.RECORD_CANCEL: "cancel",
    at.RECORD_CHECK_IN: "check_in",
    at.RECORD_CHECK_OUT: "check_out",
    at.RECORD_NO_SHOW: "no_show",
    at.RECORD_DEPART: "depart",
    at.RECORD_AMEND: "amend",
    at.RECORD_REQUEST: "request",
    at.RECORD_CELLS: "cells",
    at.RECORD_RELOAD: "reload",
    at.RECORD_WINDOW: "window",
    at.RECORD_RESTRICTIONS: "restrictions",
    at.RECORD_RESTRICTIONS_RELOAD: "restrictions_reload",
}
#: Kinds of which a record is about nights of a room type, or of one plan of it.
_OF_NIGHTS = (at.RECORD_CELLS, at.RECORD_RESTRICTIONS)


class FeedMixin(EngineBase):
    """Reading the ring of records. The store is not locked."""

    @property
    def lsn(self) -> int:
        """Log sequence number of the latest change; 0 before the first."""
        return self._inventory.lsn

    def _ring(self, lsn: int, *, complete: bool) -> NDArray[np.int64]:
        """Records after `lsn`; InputError if all are asked for and the ring does not hold them any more."""
        found, complete_since = self._inventory.records(checked_lsn(lsn, self._inventory.lsn))
        if complete and lsn < complete_since:
            raise InputError(
                f"lsn is {lsn}; the ring holds every change since {complete_since} only. Read everything anew, ask "
                "more often, or give the store a longer ring (ring_records=)"
            )
        return found

    def changes_since(self, lsn: int, *, plans: bool = False) -> pl.DataFrame:
        """Nights of room types on which the free rooms or the restrictions (of a plan too) changed after `lsn`, or a
        block gave rooms up by the clock: ranges in order, merged, to push to a channel. What is due expires first.

        Columns: hotel_id, room_type_id, first_night, last_night (inclusive). With `plans` also plan, behind the room
        type: restrictions of one plan then have lines of their own, and a line without plan is about the room type, so
        about all of its plans. Read `lsn` of the engine before, and give it next time. Nights that have left the window
        are left out. InputError names the oldest lsn that can be given, once the ring has passed over it. O(records).
        """
        checked_lsn(lsn, self._inventory.lsn)
        self._inventory.sweep(self._now_ms())
        records = self._ring(lsn, complete=True)
        window = self._inventory.window
        given = (records, self.catalog.n_rows, window, self._given_up(lsn))
        apart = self.catalog.n_products if checked_flag("plans", plans) else 0
        row, product, first, end = changed_ranges(*given, apart)
        places = self._name_columns.places(row | product + 1 << 32)
        return pl.DataFrame(
            {
                **(places if plans else self._name_columns.rows(row)),
                "first_night": dates_of(first),
                "last_night": dates_of(end - 1),
            }
        )

    def _given_up(self, lsn: int) -> NDArray[np.int64]:
        """Nights that blocks gave up by the clock alone, of which there is no record, since the instant of a change:
        (row, first, end) int64 (3, night).
        """
        now_ms = self._now_ms()
        lines = self._inventory.control_nights((at.KIND_BLOCK,))
        words = self._inventory.control_words()[lines.control]
        last = self._inventory.records(lsn - 1)[0][:1] if lsn > 0 else np.empty((0, at.D_WORDS), np.int64)
        known = len(last) > 0 and last[0, at.D_LSN] == lsn
        since_ms = int(last[0, at.D_NOW_MS]) if known else -(2**62)
        calendars = self.catalog.calendars
        before = [local_date_ordinal(since_ms, zone, hour) if known else 0 for zone, hour in calendars]
        calendar = self.catalog.hotel_calendar[self.catalog.row_hotel[words[:, at.T_OWNER]]]
        day, instant = lines.night - words[:, at.T_RELEASE_DAYS], words[:, at.T_RELEASE_MS]
        by_day = (np.array(before)[calendar] < day) & (day <= self._days.today(now_ms)[calendar])
        passed = (by_day & (words[:, at.T_RELEASE_DAYS] >= 0)) | ((since_ms < instant) & (instant <= now_ms))
        passed &= (words[:, at.T_RELEASED] == 0) & (lines.fields[:, at.N_LIMIT] > 1)
        night = lines.night[passed]
        return np.stack([words[passed, at.T_OWNER], night, night + 1])

    def records(self, since_lsn: int = 0) -> pl.DataFrame:
        """The changes after an lsn that the ring still holds, a row each, in order.

        Columns: lsn, kind, now_ms, hold_id, hotel_id, room_type_id, plan, arrival, nights, nights_kept, rooms,
        deadline_ms, tier, channel, block, coupon, coupon_units, points, points_units, cart_id, linked_to, line and
        lines (of changes that were published together), value (of the stay in minor units, or what the verb was told).
        The stay is that after the change; quote and price_version are digests of what its price is bound to. Of kind
        `cells` (the hotel set counters) arrival and nights say which nights of the room type, of `window` the new first
        night and how many left; of `reload` any cell may have changed. Of kind `restrictions` arrival and nights say
        which nights of the room type, or of the plan that is named, are restricted in another way; of
        `restrictions_reload` any may be. Of kind `request` is what stands before the first record of a hold with
        points: it changes nothing. O(records).
        """
        found = self._ring(since_lsn, complete=False)
        kind = found[:, at.D_KIND] & 0xFF
        of_hold = kind < at.RECORD_CELLS
        of_row = of_hold | np.isin(kind, _OF_NIGHTS)
        stay = found[:, at.D_STAY]
        scope = found[:, at.D_SCOPE]
        points = np.where((scope < 0) & (kind < at.RECORD_REQUEST), found[:, at.D_POINTS], 0)
        columns = {
            "lsn": pl.Series(found[:, at.D_LSN]),
            "kind": named(KINDS, kind),
            "now_ms": pl.Series(found[:, at.D_NOW_MS]),
            "hold_id": pl.Series(found[:, at.D_HOLD_ID]).set(pl.Series(~of_hold), None),
            **_null(self._name_columns.places(found[:, at.D_PLACE] * of_row), ~of_row),
            **_null(stay_columns(stay), ~of_hold),
            **_null({"deadline_ms": pl.Series(found[:, at.D_DEADLINE_MS])}, ~of_hold),
            **_null(scope_columns(self._names, scope, points), ~of_hold),
            **link_columns(found[:, at.D_LINK]),
            "line": pl.Series(found[:, at.D_KIND] >> 8 & 0xFFFF),
            "lines": pl.Series(np.maximum(found[:, at.D_KIND] >> 24 & 0xFFFF, 1)),
            "value": pl.Series(found[:, at.D_VALUE]),
            **quote_columns(found[:, at.D_QUOTE], found[:, at.D_KIND] >> 40, self._shelf.digests),
        }
        with_nights = ~of_hold & ~np.isin(kind, (at.RECORD_RELOAD, at.RECORD_RESTRICTIONS_RELOAD))
        columns["arrival"] = columns["arrival"].zip_with(pl.Series(~with_nights), dates_of(stay * with_nights))
        columns["nights"] = columns["nights"].zip_with(pl.Series(~with_nights), pl.Series(found[:, at.D_VALUE]))
        return pl.DataFrame(columns)


def _null(columns: dict[str, pl.Series], where: NDArray[np.bool_]) -> dict[str, pl.Series]:
    """Columns with nulls in some places."""
    mask = pl.Series(where)
    empty = {name: pl.Series([None], dtype=column.dtype) for name, column in columns.items()}
    return {name: column.zip_with(~mask, empty[name]) for name, column in columns.items()}
