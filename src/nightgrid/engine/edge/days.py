"""Which civil date it is at each hotel. A chain spans time zones, so one instant is up to three dates."""

from __future__ import annotations

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.inventory.inventory import Inventory
from nightgrid.nights import local_date_ordinal, next_local_midnight_ms


class Days:
    """The ordinal of today per calendar (time zone and roll-over hour), turned when a hotel's date changes."""

    def __init__(self, catalog: Catalog, inventory: Inventory) -> None:
        self._catalog = catalog
        self._inventory = inventory
        self._lock = Lock()
        self.next_change_ms = -(2**62)  # the first instant at which a date may be another
        self._today: NDArray[np.int64] = np.zeros(len(catalog.calendars), np.int64)
        self.ordinals: list[int] = self._today.tolist()  # the same; whoever asks has asked the time before

    def follow(self, catalog: Catalog, now_ms: int) -> None:
        """Tell the hotels of a larger catalogue their dates; calendars that were there stay where they are."""
        with self._lock:
            self._catalog = catalog
            self._turn_locked(now_ms)

    def today(self, now_ms: int) -> NDArray[np.int64]:
        """int64 (calendar): ordinal of the civil date. One comparison unless a date changed."""
        if now_ms >= self.next_change_ms:
            self._turn(now_ms)
        return self._today

    def _turn(self, now_ms: int) -> None:
        with self._lock:
            if now_ms < self.next_change_ms:
                return
            self._turn_locked(now_ms)

    def _turn_locked(self, now_ms: int) -> None:
        calendars = self._catalog.calendars
        today = np.array([local_date_ordinal(now_ms, zone, hour) for zone, hour in calendars], np.int64)
        self._inventory.set_today(today[self._catalog.hotel_calendar])
        self._today = today
        self.ordinals = today.tolist()
        self.next_change_ms = min(next_local_midnight_ms(now_ms, zone, hour) for zone, hour in calendars)
