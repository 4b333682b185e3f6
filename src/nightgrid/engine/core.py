"""The engine: every night of every room of a chain, and its price, in this process.

One object composes the inventory (who holds which room), the price versions (what a night costs) and search. Any
number of threads may call it. Each answer to a change carries a ticket (id, log sequence number).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from threading import RLock
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.clock import Clock, SystemClock
from nightgrid.counts import plain_int
from nightgrid.dialect import Dialect
from nightgrid.engine.base import steady
from nightgrid.engine.edge.days import Days
from nightgrid.engine.edge.digests import Digests
from nightgrid.engine.edge.names import Names
from nightgrid.engine.edge.past_fill import PastFill
from nightgrid.engine.edge.price_journal import PriceHistory
from nightgrid.engine.edge.version_shelf import Shelf
from nightgrid.engine.prices.changed_nights import ChangedNightMixin
from nightgrid.engine.prices.history import HistoryMixin
from nightgrid.engine.prices.price_data import PriceDataMixin
from nightgrid.engine.prices.quotes import QuoteMixin
from nightgrid.engine.rooms.carting import CartMixin
from nightgrid.engine.rooms.catalogue import CatalogueMixin
from nightgrid.engine.rooms.feeds import FeedMixin
from nightgrid.engine.rooms.finding import FindMixin
from nightgrid.engine.rooms.lifecycle import LifecycleMixin
from nightgrid.engine.rooms.metrics import MetricsMixin
from nightgrid.engine.rooms.runs import RunMixin
from nightgrid.engine.rooms.selling import SellingMixin
from nightgrid.engine.rooms.window import WindowMixin
from nightgrid.engine.searching import SearchMixin
from nightgrid.errors import InputError, InputTypeError
from nightgrid.inventory.inventory import Inventory
from nightgrid.inventory.lanes import Spares
from nightgrid.inventory.restriction_fields import RESTRICTION_NAMES, profile_values
from nightgrid.limits import (
    FILL_CHANGES_DEFAULT,
    FILL_CHANGES_MIN,
    HOLD_TTL_MS_MAX,
    KEEP_VERSIONS_DEFAULT,
    KEEP_VERSIONS_MAX,
    QUOTE_VALID_SECONDS_DEFAULT,
    RETENTION_MS_DEFAULT,
)
from nightgrid.native.store import layout as at
from nightgrid.nights import to_date, to_ordinal
from nightgrid.pricing.price_data import NO_DATA
from nightgrid.search.searcher import Searcher

_SLOTS_DEFAULT = 1_000_000


class Engine(
    HistoryMixin,
    CartMixin,
    LifecycleMixin,
    WindowMixin,
    CatalogueMixin,
    SellingMixin,
    FindMixin,
    FeedMixin,
    MetricsMixin,
    PriceDataMixin,
    QuoteMixin,
    ChangedNightMixin,
    SearchMixin,
    RunMixin,
):
    """All operations on one store. Make one with `Engine.in_memory`."""

    def __init__(
        self,
        catalog: Catalog,
        inventory: Inventory,
        clock: Clock,
        names: Names | None = None,
        *,
        keep_versions: int = KEEP_VERSIONS_DEFAULT,
        quote_valid_seconds: float = QUOTE_VALID_SECONDS_DEFAULT,
        fill_changes: int = FILL_CHANGES_DEFAULT,
    ) -> None:
        self.catalog = catalog
        self.clock = clock
        self.n_nights = inventory.n_nights
        self._inventory = inventory
        self._searcher = Searcher(catalog, inventory)
        self._days = Days(catalog, inventory)
        self._digests = Digests()
        self._names = Names() if names is None else names
        self._version = None
        self._data = NO_DATA
        self._history = PriceHistory()
        self._past_fill = PastFill(inventory, _changes_kept(fill_changes))
        self._looking = RLock()
        self._quote_valid_ms = _valid_ms(quote_valid_seconds)
        self._shelf = Shelf(_kept("keep_versions", keep_versions), self._quote_valid_ms)
        self._publishing = RLock()
        self._ledger_ms = -(2**62)

    @classmethod
    def in_memory(
        cls,
        catalog: Catalog,
        first_night: date | str,
        nights: int = 540,
        *,
        clock: Clock | None = None,
        slots: int = _SLOTS_DEFAULT,
        slots_max: int | None = None,
        retention_ms: int = RETENTION_MS_DEFAULT,
        tiers: Iterable[str] = (),
        channels: Iterable[str] = (),
        controls: int = 4_096,
        counters: int = 1_024,
        ring_records: int = 65_536,
        dialect: Dialect | None = None,
        spare_hotels: int = 0,
        spare_room_types: int = 0,
        spare_products: int = 0,
        keep_versions: int = KEEP_VERSIONS_DEFAULT,
        quote_valid_seconds: float = QUOTE_VALID_SECONDS_DEFAULT,
        fill_changes: int = FILL_CHANGES_DEFAULT,
    ) -> Engine:
        """A store in process memory: nothing is written to disk, and everything is gone with the process.

        `nights` from `first_night` on are on sale; `slots` holds and bookings can be known at once (128 bytes each,
        used only when touched), ended ones for `retention_ms`; more with `grow_slots`, up to `slots_max` (eight times
        as many, address space alone). A hotel of 5 room types and 540 nights takes about 30
        kB of counters. `tiers` names the classes of guests from the lowest to the highest, `channels` where sales come
        from; `controls` selling controls and `counters` limited counters can be set; the last `ring_records` changes
        can be asked for (`changes_since`). `dialect`: how two restrictions are read, `Dialect()` unless given.
        `spare_*`: how many hotels, room types and products can be added later (docs/catalogue.md). The last
        `keep_versions` older price versions can be asked again, and a quote can be held at its price for
        `quote_valid_seconds`; of house fill in past prices the last `fill_changes` changes are kept (docs/versions.md).
        """
        names = Names(tiers, channels)
        inventory = Inventory(
            catalog,
            to_ordinal(first_night),
            plain_int(nights),
            slots=plain_int(slots),
            slots_max=plain_int(slots_max),
            retention_ms=plain_int(retention_ms),
            controls=plain_int(controls),
            counters=plain_int(counters) + len(names.channels),
            records=plain_int(ring_records),
            channels=len(names.channels),
            dialect=dialect,
            spares=Spares(*map(plain_int, (spare_hotels, spare_room_types, spare_products))),
        )
        return cls(
            catalog,
            inventory,
            SystemClock() if clock is None else clock,
            names,
            keep_versions=plain_int(keep_versions),
            quote_valid_seconds=plain_int(quote_valid_seconds),
            fill_changes=plain_int(fill_changes),
        )

    # -- reading the grid ------------------------------------------------------------------------

    def matrix(self, name: str) -> NDArray[np.int16]:
        """A copy of `free`, `held`, `sold`, `capacity`, `physical`, `out_of_order`, `sell_limit`, `sold_elsewhere` or
        `blocked` (what blocks keep now): int16 (room type, night) rooms.
        """
        if not isinstance(name, str):
            raise InputTypeError(f"name is {name!r}; the name of a counter is needed")
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        if name == "blocked":
            return self._inventory.blocked(np.arange(self.catalog.n_rows, dtype=np.int64), now_ms)
        return self._inventory.matrix(name)

    @steady
    def availability(
        self,
        hotel_id: str,
        first: date | str | None = None,
        last: date | str | None = None,
        *,
        tier: str | None = None,
        channel: str | None = None,
        plan: str | None = None,
    ) -> pl.DataFrame:
        """Counters and restrictions of a hotel for nights first..last (inclusive, default the window), a row per
        room type and night. Restrictions of single plans are answered by `restrictions`.
        capacity = physical - out_of_order + sell_limit = free + held + sold, and sold counts sold_elsewhere.

        `blocked` rooms are kept by blocks; `sellable` is what a guest of this tier, channel and plan could have on that
        night alone: free rooms less blocked and protected ones, at most what caps, quotas and the house cap leave.
        """
        hotel = self.catalog.hotel_index(hotel_id)
        begin, end = self._night_range(first, last)
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        rows = np.array(self.catalog.rows_of(hotel), np.int64)
        cells = self._inventory.cells(rows, slice(begin, end + 1))
        count, nights = cells.shape[:2]
        counters = cells.reshape(-1, at.C_FIELDS)
        profiles = self._inventory.block.region(at.R_PROFILES).view(np.int16)
        used = {
            int(index): profile_values(profiles[index])
            for index in np.unique(counters[:, at.C_PROFILE].view(np.uint16))
        }
        named = [used[int(index)] for index in counters[:, at.C_PROFILE].view(np.uint16)]
        columns_of_nights = self._inventory.window.order[begin : end + 1]
        parts = {"out_of_order": at.R_OUT_OF_ORDER, "sell_limit": at.R_SELL_LIMIT, "sold_elsewhere": at.R_ELSEWHERE}
        told = {
            name: self._inventory.block.region(region)[rows][:, columns_of_nights].reshape(-1).astype(np.int32)
            for name, region in parts.items()
        }
        dates = [to_date(self.first_night + begin + night) for night in range(nights)]
        columns: dict[str, Any] = {
            "room_type_id": [self.catalog.room_type_ids[row] for row in rows for _ in dates],
            "night": dates * count,
            "capacity": counters[:, [at.C_FREE, at.C_HELD, at.C_SOLD]].sum(axis=1, dtype=np.int32),
            "sold": counters[:, at.C_SOLD].astype(np.int32),
            "held": counters[:, at.C_HELD].astype(np.int32),
            "free": counters[:, at.C_FREE].astype(np.int32),
            "sold_elsewhere": told["sold_elsewhere"],
        }
        columns["physical"] = columns["capacity"] + told["out_of_order"] - told["sell_limit"]
        columns |= {name: told[name] for name in ("out_of_order", "sell_limit")}
        wanted = slice(begin, end + 1)
        columns["blocked"] = self._inventory.blocked(rows, now_ms)[:, wanted].reshape(-1).astype(np.int32)
        scope = self._names.scope(tier, channel)
        products = self._products_with(rows, plan)
        sellable = self._inventory.sellable(rows, products, scope, now_ms)[:, wanted]
        columns["sellable"] = sellable.reshape(-1).astype(np.int32)
        columns.update({name: [values[name] for values in named] for name in RESTRICTION_NAMES})
        return pl.DataFrame(columns)

    @steady
    def house_fill(self, hotel_id: str | None = None) -> NDArray[np.int32]:
        """House fill in basis points: int32 (night) of one hotel, or (hotel, night) of all. 10,000 where nothing can
        be sold.

        floor(10,000 × (sold + held) / (physical - out of order)) of the hotel that night. O(rows × nights).
        """
        catalog = self.catalog
        self._inventory.sweep(self._now_ms())
        names = ("sold", "held", "physical", "out_of_order")
        sold, held, physical, out_of_order = (self._inventory.matrix(name)[: catalog.n_rows] for name in names)
        hotel_taken = catalog.sum_by_hotel(sold.astype(np.int32) + held)
        hotel_capacity = catalog.sum_by_hotel(physical.astype(np.int32) - out_of_order)
        fill = np.full(hotel_taken.shape, 10_000, np.int32)
        np.floor_divide(
            10_000 * hotel_taken.astype(np.int64), hotel_capacity, out=fill, where=hotel_capacity > 0, casting="unsafe"
        )
        return fill if hotel_id is None else fill[catalog.hotel_index(hotel_id)]

    def statistics(self) -> dict[str, Any]:
        """Plain numbers for a monitor: sizes, bytes of each part, slots used, the last log sequence number, the
        price version.
        """
        block = self._inventory.block
        shared = block.region(at.R_SHARED)
        return {
            "hotels": self.catalog.n_hotels,
            "room_types": self.catalog.n_rows,
            "products": self.catalog.n_products,
            "nights": self.n_nights,
            "slots": block.slots,
            "slots_max": block.sizes.slots_max,
            "slots_used": int(shared[at.S_SLOT_HIGH]),
            "lsn": self._inventory.lsn,
            "bytes": block.region_bytes() | {"prices": self._version.bytes if self._version else 0},
            "price_version": self._version.digest if self._version else None,
        }


def _kept(name: str, count: int) -> int:
    if type(count) is not int or not 0 <= count <= KEEP_VERSIONS_MAX:
        raise InputError(f"{name} is {count!r}; allowed are 0 to {KEEP_VERSIONS_MAX}")
    return count


def _changes_kept(count: int) -> int:
    if type(count) is not int or count < FILL_CHANGES_MIN:
        raise InputError(f"fill_changes is {count!r}; a whole number of at least {FILL_CHANGES_MIN:,} is needed")
    return count


def _valid_ms(seconds: float) -> int:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InputTypeError(f"quote_valid_seconds is {seconds!r}; a number of seconds is needed")
    if not 1 <= seconds <= HOLD_TTL_MS_MAX // 1000:  # refuses NaN too
        raise InputError(f"quote_valid_seconds is {seconds}; allowed are 1 to {HOLD_TTL_MS_MAX // 1000}")
    return round(seconds * 1000)
