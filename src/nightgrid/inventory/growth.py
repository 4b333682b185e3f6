"""The catalogue of a store changes while it works: places are handed out, closed, opened, and called otherwise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import CapacityError, InputError, InputTypeError
from nightgrid.inventory.lanes import Lanes, Spares, extended_lanes
from nightgrid.inventory.selling import SellingPart
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import catalogue as kernels

_SPARES_MAX = 2**24


class Growth(NamedTuple):
    """A larger catalogue and the places of what is new in it. Nothing is changed yet."""

    catalog: Catalog
    lanes: Lanes


class Closed(NamedTuple):
    """What is closed, as positions: whole hotels, room types of their own, plans of their own."""

    hotels: NDArray[np.int64]
    rows: NDArray[np.int64]
    products: NDArray[np.int64]


def checked_spares(spares: Spares) -> Spares:
    """Errors for spares that are no whole numbers, too many, or of no use without others."""
    for name, value in zip(("spare_hotels", "spare_room_types", "spare_products"), spares, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise InputTypeError(f"{name} is {value!r}; a whole number is needed")
        if not 0 <= value <= _SPARES_MAX:
            raise InputError(f"{name} is {value}; allowed are 0 to {_SPARES_MAX:,}")
    if not spares.hotels <= spares.rows <= spares.products:
        raise InputError(
            f"spare_hotels is {spares.hotels}, spare_room_types {spares.rows}, spare_products {spares.products}; a "
            "hotel needs a room type and a room type a product, so neither may be less than the one before"
        )
    return spares


class GrowthPart(SellingPart):
    """Changing what the store knows of the catalogue. One thread at a time; holds and searches go on meanwhile."""

    # -- more --------------------------------------------------------------------------------------

    def grown(self, catalog: Catalog) -> Growth:
        """The places of a catalogue that extends the present one. CapacityError says what the store has no room for."""
        sizes = self.block.sizes
        for name, spare, count, room in (
            ("hotels", "spare_hotels", catalog.n_hotels, sizes.hotels),
            ("room types", "spare_room_types", catalog.n_rows, sizes.rows),
            ("products", "spare_products", catalog.n_products, sizes.products),
        ):
            if count > room:
                raise CapacityError(
                    f"{count:,} {name} are wanted, the store has room for {room:,}; nothing was changed. Make it anew "
                    f"with more: Engine.in_memory(..., {spare}=...)"
                )
        return Growth(catalog, extended_lanes(Lanes(self.lanes, self.product_lane), catalog))

    def grow(self, growth: Growth) -> NDArray[np.int64]:
        """Hand out the places of a larger catalogue: the rows that can be sold differently, for `publish_rows`.

        Every new hotel knows its date already (`set_today`). New room types have their rooms on every night of the
        window; new plans of old ones take their restrictions and controls. It must succeed. O(new rows x nights).
        """
        old, new = self._catalog, growth.catalog
        rows = np.arange(old.n_rows, new.n_rows, dtype=np.int64)
        products = np.arange(old.n_products, new.n_products, dtype=np.int64)
        with self.table_lock():
            self.lanes, self.product_lane = growth.lanes
            self._name_plans(new, old.n_products)
            self._write_columns(new, old.n_rows, old.n_products)
            self._follow_last_room(new, products)
            kernels.link_rows(self.table, rows)
            kernels.link_products(self.table, products)
            self._catalog = new
            kernels.open_rows(self.table, rows, np.ascontiguousarray(new.capacity[old.n_rows :]))
            others = np.setdiff1d(new.product_row[old.n_products :], rows).astype(np.int64)
            kernels.refresh_rows(self.table, others)
        return np.union1d(rows, others)

    def publish_rows(self, rows: NDArray[np.int64], now_ms: int) -> None:
        """Tell those who follow the ring that every night of some rows may be sold differently."""
        if len(rows):
            with self.table_lock():
                kernels.publish_rows(self.table, np.ascontiguousarray(rows, np.int64), now_ms)

    def _write_columns(self, catalog: Catalog, first_row: int, first_product: int) -> None:
        """What the store knows of rows and products from the first ones on, except the chains."""
        region = self.block.region
        rows = slice(first_row, catalog.n_rows)
        products = slice(first_product, catalog.n_products)
        region(at.R_ROW_HOTEL)[rows] = catalog.row_hotel[rows]
        region(at.R_ROW_HOME)[rows] = catalog.row_hotel[rows]
        region(at.R_ROW_GUESTS)[rows] = catalog.guests_max[rows]
        region(at.R_PRODUCT_ROW)[products] = catalog.product_row[products]
        region(at.R_PRODUCT_LANE)[products] = self.product_lane[products]
        region(at.R_PRODUCT_PLAN)[products] = self._plan_indexes(catalog.plan_ids[products])

    def write_new(self, catalog: Catalog) -> None:
        """Write a whole catalogue into a store that nobody uses yet. O(products)."""
        self.plan_names = sorted(set(catalog.plan_ids))
        self._write_columns(catalog, 0, 0)
        region = self.block.region
        for heads, following, first, order in (
            (at.R_HOTEL_ROW, at.R_NEXT_ROW, catalog.hotel_first_row, catalog.row_order),
            (at.R_ROW_PRODUCT, at.R_NEXT_PRODUCT, catalog.row_first_product, catalog.product_order),
        ):
            starts = first[:-1][np.diff(first) > 0]
            region(heads)[np.flatnonzero(np.diff(first) > 0)] = order[starts] + 1
            region(following)[order[:-1]] = order[1:] + 1
            region(following)[order[first[1:][np.diff(first) > 0] - 1]] = 0
        alone = np.flatnonzero(np.diff(catalog.row_first_product) == 1)
        lanes = self.product_lane[catalog.product_order[catalog.row_first_product[alone]]].astype(np.int64)
        region(at.R_ROW_HOME)[alone] = catalog.row_hotel[alone] | (lanes + 1) << at.HOME_LANE_SHIFT

    # -- plans by name -----------------------------------------------------------------------------

    def _plan_indexes(self, plans: list[str]) -> NDArray[np.int32]:
        known = {name: index for index, name in enumerate(self.plan_names)}
        return np.array([known[plan] for plan in plans], np.int32)

    def _name_plans(self, catalog: Catalog, first_product: int) -> None:
        """Give names of plans that the store has not met an index."""
        new = dict.fromkeys(catalog.plan_ids[first_product:])
        known = set(self.plan_names)
        self.plan_names = self.plan_names + [plan for plan in new if plan not in known]

    def rename(self, catalog: Catalog, product: int | None = None) -> None:
        """The same places under other names. `product`: its plan has another id now, so that caps and quotas of plans
        count its holds anew: the store stands still for that, if there are any.
        """
        if product is not None:
            self._name_plans(catalog, product)
            index = int(self._plan_indexes(catalog.plan_ids[product : product + 1])[0])
            plans = self.block.region(at.R_PRODUCT_PLAN).view(np.int32)
            if plans[product] != index:
                with self.standing_still():
                    plans[product] = index
                    if self.control_words()[:, at.T_PLAN].any():
                        self.rebuild_controls()
        self._catalog = catalog

    def _follow_last_room(self, catalog: Catalog, products: NDArray[np.int64]) -> None:
        """A new product of a plan that its hotel sells to the last room is sold so too."""
        flags = self.block.region(at.R_PRODUCT_FLAGS).view(np.int8)
        if not (flags & at.PRODUCT_LAST_ROOM).any():
            return
        hotel = catalog.row_hotel[catalog.product_row]
        last = np.flatnonzero(flags[: products[0]] & at.PRODUCT_LAST_ROOM).tolist() if len(products) else []
        known = {(int(hotel[product]), catalog.plan_ids[product]) for product in last}
        for product in products.tolist():
            if (int(hotel[product]), catalog.plan_ids[product]) in known:
                flags[product] |= at.PRODUCT_LAST_ROOM

    # -- closed and open ---------------------------------------------------------------------------

    def close_rows(self, rows: NDArray[np.int64], *, hotel: bool, closed: bool) -> None:
        """Close room types of one hotel, for themselves or with the hotel as a whole, or open them again."""
        flag = at.ROW_HOTEL_CLOSED if hotel else at.ROW_CLOSED
        with self.table_lock():
            kernels.close_rows(self.table, np.ascontiguousarray(rows, np.int64), flag, closed)

    def close_product(self, product: int, *, closed: bool) -> None:
        """Close a plan of a room type, or open it again."""
        with self.table_lock():
            kernels.close_product(self.table, product, closed)

    def closed(self) -> Closed:
        """What is closed now."""
        rows = self.block.region(at.R_ROW_FLAGS).view(np.int8)
        products = self.block.region(at.R_PRODUCT_FLAGS).view(np.int8)
        hotels = self._catalog.row_hotel[np.flatnonzero(rows[: self._catalog.n_rows] & at.ROW_HOTEL_CLOSED)]
        return Closed(
            np.unique(hotels).astype(np.int64),
            np.flatnonzero(rows & at.ROW_CLOSED),
            np.flatnonzero(products & at.PRODUCT_CLOSED),
        )

    def open_words(self) -> NDArray[np.int64]:
        """Bits of the products that a new night has on sale: their room type has any room in the catalogue, and
        neither it nor the plan is closed. int64 (word).
        """
        lane_row, lane_product = self.lanes.lane_row, self.lanes.lane_product
        row, product = np.maximum(lane_row, 0), np.maximum(lane_product, 0)
        open_lane = (lane_row >= 0) & (self._catalog.capacity[row] >= 1)
        open_lane &= self.block.region(at.R_ROW_FLAGS).view(np.int8)[row] & at.ROW_SHUT == 0
        open_lane &= self.block.region(at.R_PRODUCT_FLAGS).view(np.int8)[product] & at.PRODUCT_CLOSED == 0
        return np.packbits(open_lane, bitorder="little").view(np.int64)
