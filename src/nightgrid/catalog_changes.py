"""A catalogue with more hotels, room types or plans, or with other names: always another, never a changed one.

What is new comes at the end, so that every position of the old catalogue means the same in the new one: whoever works
with the old one for a moment longer is still right. Lists of currencies and calendars only grow, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from nightgrid import catalog_frames as frames
from nightgrid.catalog import Catalog
from nightgrid.catalog_columns import PRODUCTS, Column, Problems, clean_column, clean_frame
from nightgrid.catalog_names import similar, utf8_bytes
from nightgrid.errors import CatalogError, InputError, InputTypeError

_PLACES: Final = ("group", "brand", "region", "city", "district", "country")
_NUMBERS: Final = ("latitude", "longitude", "stars", "rating")
_LOOKED_UP: Final = (
    "hotel_by_id",
    "row_by_ids",
    "find_row",
    "row_order",
    "product_order",
    "_orderly",
    "_by_text",
    "_radians",
)


def with_hotels(
    catalog: Catalog, hotels: Any, room_types: Any, products: Any = None, *, default_plan: str = "standard"
) -> Catalog:
    """More hotels with their room types and products; the frames are those of `Catalog.from_frames`.

    CatalogError with up to ten problems, each with its frame, row, column, value and fix.
    """
    linked = frames.link_frames(hotels, room_types, products, default_plan)
    problems = Problems()
    ids = linked.hotels["hotel_id"]
    known = pl.Series([hotel_id in catalog.hotel_by_id for hotel_id in ids], dtype=pl.Boolean)
    problems.add_rows(
        "hotels", "hotel_id", ids, known, "is in the catalogue already", "remove it or give it another id"
    )
    problems.raise_any()
    new_types = linked.room_types.with_columns(pl.col("hotel") + catalog.n_hotels)
    new_products = linked.products.with_columns(pl.col("row") + catalog.n_rows)
    return _with_products(_with_rows(_with_hotels(catalog, linked.hotels), new_types), new_products)


def with_room_types(
    catalog: Catalog, room_types: Any, products: Any = None, *, default_plan: str = "standard"
) -> Catalog:
    """More room types of hotels that the catalogue has, with their products. Errors as `with_hotels`."""
    problems = Problems()
    types, plans = frames.clean_rooms(room_types, products, default_plan, problems)
    problems.raise_any()
    frames.report_room_duplicates(types, plans, problems, products is not None)
    _report_unknown_hotels(catalog, types, problems)
    pairs = list(zip(types["hotel_id"], types["room_type_id"], strict=True))
    known = pl.Series([pair in catalog.row_by_ids for pair in pairs], dtype=pl.Boolean)
    fix = "remove it or give it another id; new plans of it are for add_plans"
    problems.add_rows("room_types", "room_type_id", types["room_type_id"], known, "is in its hotel already", fix)
    frames.report_room_links(types, plans, problems)
    if types.is_empty():
        problems.add("room_types", "has no rows", "give at least one room type")
    problems.raise_any()
    linked = frames.ordered(pl.Series(catalog.hotel_ids, dtype=pl.String), types, types, plans)
    new_products = linked.products.with_columns(pl.col("row") + catalog.n_rows)
    return _with_products(_with_rows(catalog, linked.room_types), new_products)


def with_plans(catalog: Catalog, products: Any) -> Catalog:
    """More plans of room types that the catalogue has; plan_id is needed. Errors as `with_hotels`."""
    problems = Problems()
    columns = tuple(Column("plan_id", "id", required=True) if c.name == "plan_id" else c for c in PRODUCTS)
    plans = clean_frame(frames.read_frame(products, "products"), "products", columns, problems)
    problems.raise_any()
    if plans is None or plans.is_empty():
        raise CatalogError("products: has no rows; give at least one plan")
    frames.report_duplicates(plans, "products", ["hotel_id", "room_type_id", "plan_id"], problems)
    _report_unknown_hotels(catalog, plans, problems, "products")
    problems.raise_any()
    pairs = list(zip(plans["hotel_id"], plans["room_type_id"], strict=True))
    rows = [catalog.row_by_ids.get(pair, -1) for pair in pairs]
    unknown = pl.Series([row < 0 for row in rows], dtype=pl.Boolean)
    fix = "correct the id, or add the room type with add_room_types"
    problems.add_rows("products", "room_type_id", plans["room_type_id"], unknown, "is not in its hotel", fix)
    places = zip(rows, plans["plan_id"], strict=True)
    known = [row >= 0 and catalog.product_of_row(row, plan) >= 0 for row, plan in places]
    fix = "remove it or give it another id"
    problems.add_rows("products", "plan_id", plans["plan_id"], pl.Series(known), "is in its room type already", fix)
    problems.raise_any()
    return _with_products(catalog, plans.with_columns(pl.Series("row", rows, dtype=pl.Int32)))


def _report_unknown_hotels(
    catalog: Catalog, frame: pl.DataFrame, problems: Problems, frame_name: str = "room_types"
) -> None:
    ids = frame["hotel_id"]
    unknown = pl.Series([hotel_id not in catalog.hotel_by_id for hotel_id in ids], dtype=pl.Boolean)
    hint = similar(ids.filter(unknown)[0], catalog.hotel_ids).lstrip("; ") if unknown.any() else ""
    fix = f"correct the id, or add the hotel with add_hotels ({hint})"
    problems.add_rows(frame_name, "hotel_id", ids, unknown, "is not in the catalogue", fix)


# -- putting columns together ------------------------------------------------------------------------


def _joined(old: np.ndarray, new: pl.Series | np.ndarray) -> np.ndarray:
    values = new.to_numpy() if isinstance(new, pl.Series) else new
    return np.concatenate([old, values.astype(old.dtype)])


def _with_hotels(catalog: Catalog, hotels: pl.DataFrame) -> Catalog:
    """Hotels without rooms at the end: a step on the way to a catalogue."""
    currencies, hotel_currency = frames.distinct(hotels["currency"].to_list(), catalog.currencies)
    zones = list(zip(hotels["time_zone"].to_list(), hotels["rollover_hour"].to_list(), strict=True))
    calendars, hotel_calendar = frames.distinct(zones, catalog.calendars)
    places: dict[str, Any] = {name: getattr(catalog, name) + hotels[name].to_list() for name in _PLACES}
    numbers: dict[str, Any] = {name: _joined(getattr(catalog, name), hotels[name]) for name in _NUMBERS}
    return replace(
        catalog,
        hotel_ids=catalog.hotel_ids + hotels["hotel_id"].to_list(),
        hotel_name=catalog.hotel_name + hotels["name"].to_list(),
        currencies=currencies,
        hotel_currency=_joined(catalog.hotel_currency, hotel_currency),
        calendars=calendars,
        hotel_calendar=_joined(catalog.hotel_calendar, hotel_calendar),
        **places,
        **numbers,
    )


def _with_rows(catalog: Catalog, types: pl.DataFrame) -> Catalog:
    """Room types without products at the end; `hotel` is their hotel's position."""
    row_hotel = _joined(catalog.row_hotel, types["hotel"])
    return replace(
        catalog,
        room_type_ids=catalog.room_type_ids + types["room_type_id"].to_list(),
        row_name=catalog.row_name + types["name"].to_list(),
        row_hotel=row_hotel,
        hotel_first_row=frames.first_indexes(row_hotel, catalog.n_hotels),
        capacity=_joined(catalog.capacity, types["capacity"]),
        guests_max=_joined(catalog.guests_max, types["guests_max"]),
    )


def _with_products(catalog: Catalog, products: pl.DataFrame) -> Catalog:
    """Products at the end; `row` is their room type's position."""
    product_row = _joined(catalog.product_row, products["row"])
    return ready(
        replace(
            catalog,
            plan_ids=catalog.plan_ids + products["plan_id"].to_list(),
            product_name=catalog.product_name + products["name"].to_list(),
            product_row=product_row,
            row_first_product=frames.first_indexes(product_row, catalog.n_rows),
            base_minor=_joined(catalog.base_minor, products["base_minor"]),
        )
    )


def ready(catalog: Catalog) -> Catalog:
    """The catalogue with everything it looks things up in, so that its first caller does not wait for that."""
    for name in _LOOKED_UP:
        getattr(catalog, name)
    return catalog


# -- other names -------------------------------------------------------------------------------------


def _checked(what: str, column: str, kind: Any, value: str | None) -> str | None:
    """A name or id as the catalogue keeps it; None stays None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputTypeError(f"{what}: {column} is {value!r}; text is needed")
    utf8_bytes(f"{what}: {column}", value)
    problems = Problems()
    cleaned = clean_column(pl.Series(column, [value]), what, Column(column, kind, required=True), problems)
    if problems.lines:
        raise InputError(problems.lines[0])
    return str(cleaned[0])


def _replaced(values: list[str], position: int, value: str | None) -> list[str]:
    return values if value is None else [*values[:position], value, *values[position + 1 :]]


def _wanted(what: str, name: Any, new_id: Any) -> tuple[str | None, str | None]:
    if name is None and new_id is None:
        raise InputError(f"{what}: neither name nor new_id is given; give one or both")
    return _checked(what, "name", "text", name), _checked(what, "new_id", "id", new_id)


def renamed_hotel(catalog: Catalog, hotel: int, name: str | None, new_id: str | None) -> Catalog:
    """One hotel with another name, another id, or both. InputError for an id that another hotel has."""
    name, new_id = _wanted("rename_hotel", name, new_id)
    if new_id is not None and catalog.hotel_by_id.get(new_id, hotel) != hotel:
        raise InputError(f"rename_hotel: new_id is {new_id!r}, which another hotel has; use another")
    return ready(
        replace(
            catalog,
            hotel_ids=_replaced(catalog.hotel_ids, hotel, new_id),
            hotel_name=_replaced(catalog.hotel_name, hotel, name),
        )
    )


def renamed_room_type(catalog: Catalog, row: int, name: str | None, new_id: str | None) -> Catalog:
    """One room type with another name or id. InputError for an id that another room type of the hotel has."""
    name, new_id = _wanted("rename_room_type", name, new_id)
    hotel_id = catalog.hotel_ids[int(catalog.row_hotel[row])]
    if new_id is not None and catalog.row_by_ids.get((hotel_id, new_id), row) != row:
        raise InputError(
            f"rename_room_type: new_id is {new_id!r}, which another room type of hotel {hotel_id!r} has; use another"
        )
    return ready(
        replace(
            catalog,
            room_type_ids=_replaced(catalog.room_type_ids, row, new_id),
            row_name=_replaced(catalog.row_name, row, name),
        )
    )


def renamed_plan(catalog: Catalog, product: int, name: str | None, new_id: str | None) -> Catalog:
    """One plan of one room type with another name or id. InputError for an id that another plan of it has."""
    name, new_id = _wanted("rename_plan", name, new_id)
    row = int(catalog.product_row[product])
    if new_id is not None and catalog.product_of_row(row, new_id) not in (-1, product):
        raise InputError(
            f"rename_plan: new_id is {new_id!r}, which another plan of room type {catalog.room_type_ids[row]!r} has; "
            "use another"
        )
    return ready(
        replace(
            catalog,
            plan_ids=_replaced(catalog.plan_ids, product, new_id),
            product_name=_replaced(catalog.product_name, product, name),
        )
    )
