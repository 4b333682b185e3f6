"""Keeping the store in order: the window rolls day by day, slots grow, damage is repaired, prices follow."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from nightgrid.counts import plain_int
from nightgrid.engine.edge.answers import Finding
from nightgrid.engine.edge.archive import PastNightFiles
from nightgrid.engine.prices.versions import VersionMixin
from nightgrid.engine.rooms.hotel import HotelMixin
from nightgrid.errors import InputError, InputTypeError
from nightgrid.inventory.rebuild import rebuild
from nightgrid.nights import to_date, to_ordinal


class WindowMixin(VersionMixin, HotelMixin):
    """What an operator does: roll the window once a day, let the store grow, check and rebuild."""

    def roll(self, to: date | str | None = None, *, archive: str | Path | None = None) -> int:
        """Move the window on until it begins with `to`; returns by how many nights, 0 if it begins there or later.

        `to` defaults to the earliest civil date of today over all hotels, and may not be after it. Past nights leave;
        with `archive` each is written before as `past_nights/<date>.parquet` under that folder, which must not exist
        yet. The new last nights have the catalogue's rooms, no restrictions and no selling controls, and prices by the
        current rule book. Stays that cross the first night stay; a booking whose last night has left is remembered for
        the retention time. Holds, bookings and searches go on meanwhile. InputError and OSError change nothing.
        Rooms: O(hotels + room types x nights that leave + bookings). Prices, where there are any: a fold of the current
        rule book over the new window.
        """
        now_ms = self._bulk_ms()
        today = int(self._days.today(now_ms)[self.catalog.hotel_calendar].min())
        first_night = today if to is None else to_ordinal(to)
        if first_night > max(today, self.first_night):
            raise InputError(
                f"to is {to_date(first_night)}; the earliest date of today at a hotel is {to_date(today)}, "
                "and nights from then on are on sale"
            )
        with self._publishing:
            before = self.first_night
            if first_night <= before:
                return 0
            self._check_end(first_night)
            self._switch_locked(now_ms)
            version, waiting = self._versions_for(self.catalog, first_night)
            self._inventory.sweep(now_ms)
            files = None
            if archive is not None:
                files = PastNightFiles(_folder(archive), self.catalog, before, min(first_night - before, self.n_nights))
            try:
                days = self._inventory.roll(first_night, self._inventory.open_words(), now_ms, files)
            finally:
                if files is not None:
                    files.discard()
            self._follow(version, waiting, "window")
        return days

    def _check_end(self, first_night: int) -> None:
        """InputError where the window would end after the last date there is."""
        if first_night + self.n_nights - 1 > date.max.toordinal():
            raise InputError(f"a window of {self.n_nights} nights from {to_date(first_night)} ends after {date.max}")

    def grow_slots(self, slots: int) -> None:
        """Let `slots` holds and bookings be known at once, from now on, while others go on working.

        At least as many as now (`metrics()["slots"]["capacity"]`; a store does not shrink), at most `slots_max` of its
        creation; else InputError, and nothing is changed. Nobody waits but requests with an idempotency key, for the
        part of the key index that is being spread at that moment: 0.1 ms where a million keys are known. O(keys known)
        each time the index doubles: 0.7 s for a million.
        """
        if type(slots := plain_int(slots)) is not int:
            raise InputTypeError(f"slots is {slots!r}; a whole number is needed")
        block = self._inventory.block
        if not block.slots <= slots <= block.sizes.slots_max:
            raise InputError(
                f"slots is {slots}; allowed are {block.slots:,} (those there are) to {block.sizes.slots_max:,}, the "
                "most this store can have: Engine.in_memory(..., slots_max=...)"
            )
        self._inventory.grow_slots(slots)

    def rebuild(self) -> list[Finding]:
        """Make counters, bit maps and lists what the holds say they must be; the findings that this mended.

        Cells short of rooms after a capacity cut are no damage (`short_cells`). Every hotel stands still meanwhile.
        O(room types x nights + slots).
        """
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        return [self._finding(found) for found in rebuild(self._inventory, now_ms)]


def _folder(archive: Any) -> Path:
    """The folder of an archive; InputTypeError or InputError for what names none."""
    if not isinstance(archive, str | Path):
        raise InputTypeError(f"archive is {archive!r}; the path of a folder is needed")
    if not str(archive) or "\0" in str(archive):
        raise InputError(f"archive is {str(archive)!r}; name a folder, '.' for the one that this process is in")
    return Path(archive)
