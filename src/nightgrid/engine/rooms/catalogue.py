"""The catalogue changes while threads work: hotels, room types and plans are added, closed, opened and renamed.

Each change makes another catalogue and shows it last: first the store has what is new, then the prices know it, then
searches, then callers. A thread that read the old catalogue a moment before is still right, because no position ever
changes; and one that reads catalogue or searcher first and prices after never meets a product without a price.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from nightgrid import catalog_changes as changes
from nightgrid.catalog import Catalog
from nightgrid.engine.edge.version_shelf import Scheduled
from nightgrid.engine.prices.versions import VersionMixin
from nightgrid.pricing.scopes import all_rules
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.searcher import Searcher


class CatalogueMixin(VersionMixin):
    """Changes of the catalogue. One at a time; holds, bookings, searches and quotes go on meanwhile."""

    # -- more --------------------------------------------------------------------------------------

    def add_hotels(self, hotels: Any, room_types: Any, products: Any = None) -> Catalog:
        """Add hotels with their room types and plans, all or none: frames as `Catalog.from_frames` takes them.

        They are on sale when this returns, with the catalogue's rooms on every night and prices of the current rule
        book. Returns the catalogue as it is now. CatalogError names what is wrong in the frames, CapacityError which
        spare places the store lacks, RuleBookError what the rule book lacks (a rate); nothing is changed then.
        O(catalogue + new room types × nights + the compilation of the rule book), whatever the number of hotels.
        """
        with self._publishing:
            return self._grow(changes.with_hotels(self.catalog, hotels, room_types, products))

    def add_room_types(self, room_types: Any, products: Any = None) -> Catalog:
        """Add room types with their plans to hotels that there are: frames, answer and errors as `add_hotels`. In a
        hotel that is closed they are closed too.
        """
        with self._publishing:
            return self._grow(changes.with_room_types(self.catalog, room_types, products))

    def add_plans(self, products: Any) -> Catalog:
        """Add plans to room types that there are: hotel_id, room_type_id, plan_id, base_minor, name. They draw on the
        rooms, restrictions and selling controls of their room type. Answer and errors as `add_hotels`.
        """
        with self._publishing:
            return self._grow(changes.with_plans(self.catalog, products))

    def _grow(self, catalog: Catalog) -> Catalog:
        """Show a larger catalogue. Everything that can fail comes first."""
        growth = self._inventory.grown(catalog)
        self._switch_locked(self._bulk_ms())
        version, waiting = self._versions_for(catalog, self.first_night, growth.lanes.map)
        searcher = Searcher(catalog, self._inventory, growth.lanes.map)

        # From here on it must succeed.
        now_ms = self._now_ms()
        self._days.follow(catalog, now_ms)
        self._look_again()
        rows = self._inventory.grow(growth)
        self._show(catalog, version, waiting, searcher)
        self._inventory.publish_rows(rows, now_ms)
        return catalog

    def _show(
        self, catalog: Catalog, version: PriceVersion | None, waiting: tuple[Scheduled, ...], searcher: Searcher
    ) -> None:
        """Set what callers read, in the order in which each part knows what the next ones may ask for."""
        self._follow(version, waiting, "catalogue")
        self._searcher = searcher
        self.catalog = catalog

    # -- closed and open ---------------------------------------------------------------------------

    def close_hotel(self, hotel_id: str) -> None:
        """Sell and offer nothing more of a hotel, until `reopen_hotel`: requests are refused with CLOSED.

        Its holds and bookings live on: they are confirmed, released, cancelled, checked in and out as before. O(room
        types × nights).
        """
        self._close_hotel(hotel_id, closed=True)

    def reopen_hotel(self, hotel_id: str) -> None:
        """Sell a closed hotel again. What was closed in it by itself stays closed."""
        self._close_hotel(hotel_id, closed=False)

    def _close_hotel(self, hotel_id: str, *, closed: bool) -> None:
        with self._publishing:
            rows = np.array(self.catalog.rows_of(self.catalog.hotel_index(hotel_id)), np.int64)
            self._inventory.close_rows(rows, hotel=True, closed=closed)
            self._inventory.publish_rows(rows, self._now_ms())

    def close_room_type(self, hotel_id: str, room_type_id: str) -> None:
        """Sell and offer nothing more of a room type, as `close_hotel`."""
        self._close_room_type(hotel_id, room_type_id, closed=True)

    def reopen_room_type(self, hotel_id: str, room_type_id: str) -> None:
        """Sell a closed room type again; not while its hotel is closed."""
        self._close_room_type(hotel_id, room_type_id, closed=False)

    def _close_room_type(self, hotel_id: str, room_type_id: str, *, closed: bool) -> None:
        with self._publishing:
            rows = np.array([self.catalog.row_index(hotel_id, room_type_id)], np.int64)
            self._inventory.close_rows(rows, hotel=False, closed=closed)
            self._inventory.publish_rows(rows, self._now_ms())

    def close_plan(self, hotel_id: str, room_type_id: str, plan_id: str) -> None:
        """Sell and offer nothing more of a plan of a room type, as `close_hotel`. A hold that names no plan is not of
        any, and is granted.
        """
        self._close_plan(hotel_id, room_type_id, plan_id, closed=True)

    def reopen_plan(self, hotel_id: str, room_type_id: str, plan_id: str) -> None:
        """Sell a closed plan again; not while its room type or hotel is closed."""
        self._close_plan(hotel_id, room_type_id, plan_id, closed=False)

    def _close_plan(self, hotel_id: str, room_type_id: str, plan_id: str, *, closed: bool) -> None:
        with self._publishing:
            product = self.catalog.product_index(hotel_id, room_type_id, plan_id)
            self._inventory.close_product(product, closed=closed)
            self._inventory.publish_rows(self.catalog.product_row[[product]].astype(np.int64), self._now_ms())

    def closed(self) -> pl.DataFrame:
        """What is closed: hotel_id, room_type_id (null = the whole hotel), plan_id (null = the room type)."""
        catalog = self.catalog
        found = self._inventory.closed()
        lines: list[tuple[str, str | None, str | None]] = [
            (catalog.hotel_ids[hotel], None, None) for hotel in found.hotels.tolist()
        ]
        lines += [(*self._row_names(row), None) for row in found.rows.tolist()]
        for product in found.products.tolist():
            lines.append((*self._row_names(int(catalog.product_row[product])), catalog.plan_ids[product]))
        names = ("hotel_id", "room_type_id", "plan_id")
        return pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String), orient="row")

    # -- other names -------------------------------------------------------------------------------

    def rename_hotel(self, hotel_id: str, *, name: str | None = None, new_id: str | None = None) -> Catalog:
        """Give a hotel another name, another id, or both; returns the catalogue as it is now.

        Its holds, rooms and place stay what they are; callers use the new id from now on, and the old one is unknown.
        Rules of the rule book that name one of the two ids are read anew. InputError for an id that another hotel has.
        """
        with self._publishing:
            hotel = self.catalog.hotel_index(hotel_id)
            catalog = changes.renamed_hotel(self.catalog, hotel, name, new_id)
            return self._rename(catalog, "hotel", self.catalog.hotel_ids[hotel], catalog.hotel_ids[hotel])

    def rename_room_type(
        self, hotel_id: str, room_type_id: str, *, name: str | None = None, new_id: str | None = None
    ) -> Catalog:
        """Give a room type of a hotel another name or id, as `rename_hotel`."""
        with self._publishing:
            row = self.catalog.row_index(hotel_id, room_type_id)
            catalog = changes.renamed_room_type(self.catalog, row, name, new_id)
            return self._rename(catalog, "room_type", self.catalog.room_type_ids[row], catalog.room_type_ids[row])

    def rename_plan(
        self, hotel_id: str, room_type_id: str, plan_id: str, *, name: str | None = None, new_id: str | None = None
    ) -> Catalog:
        """Give a plan of a room type another name or id, as `rename_hotel`. Caps and quotas are by plan id: from now on
        its sales, those that are live included, count for those of the new one.
        """
        with self._publishing:
            product = self.catalog.product_index(hotel_id, room_type_id, plan_id)
            catalog = changes.renamed_plan(self.catalog, product, name, new_id)
            return self._rename(catalog, "plan", self.catalog.plan_ids[product], catalog.plan_ids[product], product)

    def _rename(self, catalog: Catalog, key: str, old_id: str, new_id: str, product: int | None = None) -> Catalog:
        """Show a catalogue with other names."""
        lanes = self._inventory.lanes
        self._switch_locked(self._now_ms())
        version, waiting = self._version, self._shelf.waiting
        books = [each for each in (version, *(other.prices for other in waiting)) if each is not None]
        if old_id != new_id and any(_speaks_of(each, key, {old_id, new_id}) for each in books):
            version, waiting = self._versions_for(catalog, self.first_night, lanes)
        searcher = Searcher(catalog, self._inventory, lanes)
        self._inventory.rename(catalog, product if old_id != new_id else None)
        self._show(catalog, version, waiting, searcher)
        return catalog


def _speaks_of(version: PriceVersion, key: str, ids: set[str]) -> bool:
    """Whether a rule of the book is for one of some ids."""
    rules = all_rules(version.compiled.book)
    return any(name == key and ids & set(values) for _, _, rule in rules for name, values in rule.where.conditions())
