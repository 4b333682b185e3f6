"""The catalogue: hotels, their room types and products, as arrays that every layer indexes.

A hotel's position is its `hotel_index`, a room type's its `row_index` (the row of the availability matrices), a
product's its `product_index` (the row of the price matrices). Positions never change. In a catalogue made from frames
the room types of a hotel are neighbours, and so are the products of a room type; what is added later
(`catalog_changes`) comes at the end, so ask `rows_of` and `products_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog_names import composed, normalised, position, positions, row_finder, similar
from nightgrid.errors import InputError, UnknownIdError

if TYPE_CHECKING:
    import polars as pl

EARTH_RADIUS_KM: Final = 6371.0088  # mean radius R1 of the International Union of Geodesy and Geophysics
_PLACES: Final = ("group", "brand", "region", "city", "district", "country")
_NUMBERS: Final = ("latitude", "longitude", "stars", "rating")


@dataclass(frozen=True, eq=False, repr=False)
class Catalog:
    """All hotels of a chain. Made by `from_frames` or `read`; never changed afterwards: a change makes another.

    Shapes: H hotels, R room types (rows), P products. Arrays are C-contiguous; text columns are lists, "" = not given.
    """

    hotel_ids: list[str]  # [H]
    room_type_ids: list[str]  # [R], unique within a hotel
    plan_ids: list[str]  # [P], unique within a room type
    hotel_first_row: NDArray[np.int32]  # [H + 1] where the rows of each hotel begin in `row_order`
    row_hotel: NDArray[np.int32]  # [R] hotel index
    row_first_product: NDArray[np.int32]  # [R + 1] where the products of each row begin in `product_order`
    product_row: NDArray[np.int32]  # [P] row index
    capacity: NDArray[np.int16]  # [R] rooms
    guests_max: NDArray[np.int16]  # [R] guests
    base_minor: NDArray[np.int64]  # [P] minor units of the hotel's currency, a night
    currencies: list[str]  # distinct ISO 4217 codes
    hotel_currency: NDArray[np.int16]  # [H] position in `currencies`
    calendars: list[tuple[str, int]]  # distinct (IANA time zone, roll-over hour)
    hotel_calendar: NDArray[np.int16]  # [H] position in `calendars`
    hotel_name: list[str]  # [H], as the next six
    group: list[str]
    brand: list[str]
    region: list[str]
    city: list[str]
    district: list[str]
    country: list[str]  # ISO 3166 alpha-2, may have a subdivision: "CH-ZH"
    latitude: NDArray[np.float64]  # [H] degrees, NaN = not given, as the next three
    longitude: NDArray[np.float64]
    stars: NDArray[np.float64]
    rating: NDArray[np.float64]
    row_name: list[str]  # [R]
    product_name: list[str]  # [P]

    @classmethod
    def from_frames(
        cls, hotels: Any, room_types: Any, products: Any = None, *, default_plan: str = "standard"
    ) -> Catalog:
        """A catalogue from three tables: Polars, PyArrow, pandas (any Arrow stream), dict of columns, .parquet, .csv.

        hotels: hotel_id*, currency*, time_zone*, name, group, brand, region, city, district, country, latitude,
        longitude, stars, rating, rollover_hour. room_types: hotel_id*, room_type_id*, capacity*, name, guests_max.
        products: hotel_id*, room_type_id*, base_minor*, plan_id, name. (* required, others may lack or be null.)
        Without products, room_types carries base_minor and each room type has the one plan `default_plan`.
        Raises CatalogError with up to ten problems, each with its frame, row (from 1), column, value and fix.
        """
        from nightgrid import catalog_frames as frames

        linked = frames.link_frames(hotels, room_types, products, default_plan)
        hotel, room, product = linked.hotels, linked.room_types, linked.products
        currencies, hotel_currency = frames.distinct(hotel["currency"].to_list())
        zones = zip(hotel["time_zone"].to_list(), hotel["rollover_hour"].to_list(), strict=True)
        calendars, hotel_calendar = frames.distinct(list(zones))
        places: dict[str, Any] = {name: hotel[name].to_list() for name in _PLACES}
        numbers: dict[str, Any] = {name: np.array(hotel[name].to_numpy(), dtype=np.float64) for name in _NUMBERS}
        row_hotel = np.array(room["hotel"].to_numpy(), dtype=np.int32)
        product_row = np.array(product["row"].to_numpy(), dtype=np.int32)
        return cls(
            hotel_ids=hotel["hotel_id"].to_list(),
            room_type_ids=room["room_type_id"].to_list(),
            plan_ids=product["plan_id"].to_list(),
            hotel_first_row=frames.first_indexes(row_hotel, hotel.height),
            row_hotel=row_hotel,
            row_first_product=frames.first_indexes(product_row, room.height),
            product_row=product_row,
            capacity=np.array(room["capacity"].to_numpy(), dtype=np.int16),
            guests_max=np.array(room["guests_max"].to_numpy(), dtype=np.int16),
            base_minor=np.array(product["base_minor"].to_numpy(), dtype=np.int64),
            currencies=currencies,
            hotel_currency=hotel_currency,
            calendars=calendars,
            hotel_calendar=hotel_calendar,
            hotel_name=hotel["name"].to_list(),
            **places,
            **numbers,
            row_name=room["name"].to_list(),
            product_name=product["name"].to_list(),
        )  # fmt: skip

    @classmethod
    def read(cls, folder: str | Path) -> Catalog:
        """A catalogue from a folder with hotels, room_types and optionally products, each .parquet or .csv."""
        from nightgrid import catalog_frames as frames

        files = frames.find_files(Path(folder))
        return cls.from_frames(files["hotels"], files["room_types"], files.get("products"))

    def write(self, folder: str | Path) -> None:
        """Write hotels.parquet, room_types.parquet and products.parquet; `read` gives an equal catalogue."""
        from nightgrid import catalog_frames as frames

        tables = (self.hotels_frame(), self.room_types_frame(), self.products_frame())
        frames.write_frames(Path(folder), dict(zip(frames.FILES, tables, strict=True)))

    def __repr__(self) -> str:
        return f"<Catalog of {self.n_hotels:,} hotels, {self.n_rows:,} room types, {self.n_products:,} products>"

    @property
    def n_hotels(self) -> int:
        """Number of hotels, H."""
        return len(self.hotel_ids)

    @property
    def n_rows(self) -> int:
        """Number of room types, R."""
        return len(self.room_type_ids)

    @property
    def n_products(self) -> int:
        """Number of products, P."""
        return len(self.plan_ids)

    def hotel_index(self, hotel_id: str) -> int:
        """Position of a hotel; UnknownIdError with similar ids. O(1) after the first call."""
        found = position(self.hotel_by_id, hotel_id)
        if found is None:
            raise UnknownIdError(f"hotel {hotel_id!r} is not in the catalogue{similar(hotel_id, self.hotel_ids)}")
        return found

    def row_index(self, hotel_id: str, room_type_id: str) -> int:
        """Position of a room type; UnknownIdError with similar ids. O(1) after the first call."""
        try:
            found = self.row_by_ids.get((hotel_id, room_type_id))
        except TypeError:
            found = None  # no ids: said below
        if found is None:
            found = position(self.row_by_ids, (hotel_id, room_type_id))
        if found is None:
            hotel = self.hotel_index(hotel_id)
            known = [self.room_type_ids[row] for row in self.rows_of(hotel)]
            raise UnknownIdError(
                f"room type {room_type_id!r} is not in hotel {hotel_id!r}{similar(room_type_id, known, listed=True)}"
            )
        return found

    def rows_of(self, hotel: int) -> Sequence[int]:
        """Positions of a hotel's room types, ascending."""
        return _run(self.hotel_first_row, hotel, self.row_order, self._orderly[0])

    def products_of(self, row: int) -> Sequence[int]:
        """Positions of a room type's products, ascending."""
        return _run(self.row_first_product, row, self.product_order, self._orderly[1])

    def sum_by_hotel(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sums over the room types of each hotel: (hotel, ...), from (row, ...)."""
        ordered = values[: self.n_rows] if self._orderly[0] else values[self.row_order]
        return np.asarray(np.add.reduceat(ordered, self.hotel_first_row[:-1], axis=0))

    def product_of_row(self, row: int, plan_id: str) -> int:
        """Position of the product of a room type (its row) with a plan, -1 if there is none."""
        for product in self.products_of(row):
            if self.plan_ids[product] == plan_id:
                return product
        return -1

    def product_index(self, hotel_id: str, room_type_id: str, plan_id: str | None = None) -> int:
        """Position of a product. Without `plan_id`: the plan "standard", else the only plan of the room type.

        UnknownIdError names the plans there are. O(plans of the room type).
        """
        row = self.row_index(hotel_id, room_type_id)
        products = self.products_of(row)
        known = [self.plan_ids[product] for product in products]
        wanted = "standard" if plan_id is None else composed("plan", plan_id)
        if wanted in known:
            return products[known.index(wanted)]
        if plan_id is None and len(known) == 1:
            return products[0]
        asked = "no plan was given and" if plan_id is None else f"plan {plan_id!r} is unknown;"
        raise UnknownIdError(
            f"{asked} room type {room_type_id!r} of hotel {hotel_id!r} has the plans {', '.join(known)}"
        )

    def hotels_where(
        self,
        region: str | Sequence[str] | None = None,
        city: str | Sequence[str] | None = None,
        district: str | Sequence[str] | None = None,
        brand: str | Sequence[str] | None = None,
        hotel_ids: Iterable[str] | None = None,
        near: tuple[float, float, float] | None = None,
    ) -> NDArray[np.int32]:
        """Hotel indexes (int32, ascending, a new array) that meet every condition given; all hotels without one.

        A text or several texts (any of them); `near` is (latitude, longitude, radius_km), hotels without coordinates
        are never near. A place, brand or hotel that the catalogue does not have is UnknownIdError with suggestions.
        """
        chosen: NDArray[np.int32] | None = None
        for name, wanted in (("region", region), ("city", city), ("district", district), ("brand", brand)):
            if wanted is not None:
                chosen = _both(chosen, self._with_text(name, wanted))
        if hotel_ids is not None:
            ids = [hotel_ids] if isinstance(hotel_ids, str) else hotel_ids
            chosen = _both(chosen, np.array(sorted({self.hotel_index(hotel_id) for hotel_id in ids}), dtype=np.int32))
        if near is not None:
            latitude, longitude, radius_km = near
            if not radius_km >= 0:
                raise InputError(f"near: radius {radius_km} km is not 0 or more; give (latitude, longitude, radius_km)")
            close = np.flatnonzero(self.distance_km(latitude, longitude) <= radius_km)
            chosen = _both(chosen, close.astype(np.int32))
        return np.arange(self.n_hotels, dtype=np.int32) if chosen is None else chosen

    def distance_km(self, latitude: float, longitude: float) -> NDArray[np.float64]:
        """Great-circle distance to each hotel, float64[H] in km, NaN without coordinates (haversine on a sphere)."""
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise InputError(
                f"place ({latitude}, {longitude}) is not on the globe; latitude is -90..90, longitude -180..180 degrees"
            )
        hotel_latitude, hotel_longitude, cosine = self._radians
        here = np.radians(latitude)
        chord = np.sin((hotel_latitude - here) / 2) ** 2
        chord += np.cos(here) * cosine * np.sin((hotel_longitude - np.radians(longitude)) / 2) ** 2
        distance: NDArray[np.float64] = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
        return distance

    def hotels_frame(self) -> pl.DataFrame:
        """One row a hotel, with the columns of `from_frames`; what is not given is null."""
        import polars as pl

        calendars = [self.calendars[code] for code in self.hotel_calendar.tolist()]
        return pl.DataFrame(
            {
                "hotel_id": self.hotel_ids,
                "currency": [self.currencies[code] for code in self.hotel_currency.tolist()],
                "time_zone": [zone for zone, _ in calendars],
                "name": self.hotel_name,
                **{name: getattr(self, name) for name in _PLACES},
                **{name: pl.Series(getattr(self, name), nan_to_null=True) for name in _NUMBERS},
                "rollover_hour": pl.Series([hour for _, hour in calendars], dtype=pl.Int8),
            }
        )

    def room_types_frame(self) -> pl.DataFrame:
        """One row a room type: hotel_id, room_type_id, name, capacity, guests_max."""
        import polars as pl

        hotels = pl.Series(self.hotel_ids).gather(self.row_hotel)
        return pl.DataFrame(
            {"hotel_id": hotels, "room_type_id": self.room_type_ids, "name": self.row_name,
             "capacity": self.capacity, "guests_max": self.guests_max}
        )  # fmt: skip

    def products_frame(self) -> pl.DataFrame:
        """One row a product: hotel_id, room_type_id, plan_id, base_minor, name."""
        import polars as pl

        hotels = pl.Series(self.hotel_ids).gather(self.row_hotel[self.product_row])
        types = pl.Series(self.room_type_ids).gather(self.product_row)
        return pl.DataFrame(
            {"hotel_id": hotels, "room_type_id": types, "plan_id": self.plan_ids,
             "base_minor": self.base_minor, "name": self.product_name}
        )  # fmt: skip

    @cached_property
    def row_order(self) -> NDArray[np.int32]:
        """Rows by hotel, those of a hotel ascending: int32 [R]."""
        return np.argsort(self.row_hotel, kind="stable").astype(np.int32)

    @cached_property
    def product_order(self) -> NDArray[np.int32]:
        """Products by row, those of a row ascending: int32 [P]."""
        return np.argsort(self.product_row, kind="stable").astype(np.int32)

    @cached_property
    def _orderly(self) -> tuple[bool, bool]:
        """Whether the rows of every hotel, and the products of every row, are neighbours in order."""
        return bool((np.diff(self.row_hotel) >= 0).all()), bool((np.diff(self.product_row) >= 0).all())

    @cached_property
    def hotel_by_id(self) -> dict[str, int]:
        """Positions of hotels by id."""
        return {hotel_id: index for index, hotel_id in enumerate(self.hotel_ids)}

    @cached_property
    def row_by_ids(self) -> dict[tuple[str, str], int]:
        """Positions of room types by hotel id and room type id."""
        hotels = map(self.hotel_ids.__getitem__, self.row_hotel.tolist())
        return {ids: row for row, ids in enumerate(zip(hotels, self.room_type_ids, strict=True))}

    #: find_row(hotel_id, room_type_id) is `row_by_ids[...]` for who is in a hurry.
    find_row = cached_property(row_finder)

    @cached_property
    def _radians(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        latitude = np.radians(self.latitude)
        return latitude, np.radians(self.longitude), np.cos(latitude)

    @cached_property
    def _by_text(self) -> dict[str, dict[str, NDArray[np.int32]]]:
        return {name: positions(getattr(self, name)) for name in ("region", "city", "district", "brand")}

    def _with_text(self, name: str, wanted: str | Sequence[str]) -> NDArray[np.int32]:
        known = self._by_text[name]
        parts = []
        for text in [wanted] if isinstance(wanted, str) else wanted:
            part = known.get(text)
            if part is None:
                part = known.get(normalised(text))
            if part is None:
                raise UnknownIdError(f"{name} {text!r} is not in the catalogue{similar(text, list(known))}")
            parts.append(part)
        if len(parts) == 1:  # the request path: one city, one copy, no sort
            return parts[0].copy()
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int32)


def _run(first: NDArray[np.int32], owner: int, order: NDArray[np.int32], orderly: bool) -> Sequence[int]:
    begin, end = int(first[owner]), int(first[owner + 1])
    return range(begin, end) if orderly else order[begin:end].tolist()


def _both(left: NDArray[np.int32] | None, right: NDArray[np.int32]) -> NDArray[np.int32]:
    return right if left is None else np.intersect1d(left, right, assume_unique=True)
