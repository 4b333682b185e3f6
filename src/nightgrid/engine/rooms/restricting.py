"""Restrictions at the edge: frames of ranges become changes of room types and products, and cells become ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.frames import (
    as_frame,
    integers,
    refuse_two_places,
    refuse_unknown,
    require,
    text_list,
    weekday_mask,
)
from nightgrid.engine.rooms.controls import night_ranges
from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.inventory.inventory import Inventory
from nightgrid.inventory.restriction_fields import (
    ARRIVAL_WEEKDAYS,
    FLAGS,
    NUMBERS,
    PATTERN,
    RESTRICTION_NAMES,
    Changes,
    changes_away,
    changes_to,
    check_number,
    pattern_code,
    profile_values,
    weekdays_code,
)
from nightgrid.inventory.restrictions import Targets
from nightgrid.native.store import layout as at
from nightgrid.nights import to_date

RestrictMode = Literal["delta", "overlay", "delete"]

_WHAT = "restrict"
_PLACES_AND_NIGHTS = (
    "hotel_id", "room_type_id", "row_index", "plan", "night", "first_night", "last_night", "weekdays",
)  # fmt: skip
_Columns = dict[str, NDArray[np.int64]]


def restrict(catalog: Catalog, inventory: Inventory, source: Any, now_ms: int, mode: RestrictMode = "delta") -> int:
    """Change restrictions by a frame, rows in order; returns how many cells (room types and plans) got others.

    Columns: hotel_id, room_type_id (null = all of the hotel) or row_index; plan (null = the room type itself, else that
    plan of it); night, or first_night and last_night (inclusive), or neither for the whole window; weekdays (as text,
    "fri,sat"); and restrictions. mode "delta": a null leaves one as it is; "overlay": a null removes it; "delete": true
    removes it, and a row with none true removes all. A mistake anywhere in the frame is an error before any change.
    """
    frame = as_frame(_WHAT, source)
    refuse_unknown(_WHAT, frame, (*_PLACES_AND_NIGHTS, *RESTRICTION_NAMES))
    if not isinstance(mode, str) or mode not in get_args(RestrictMode):
        raise InputError(f"{_WHAT}: mode is {mode!r}; use {', '.join(map(repr, get_args(RestrictMode)))}")
    named = [name for name in RESTRICTION_NAMES if name in frame.columns]
    if not named and mode != "delete":
        raise InputError(f"{_WHAT}: no restriction column; give one or more of {', '.join(RESTRICTION_NAMES)}")
    changes, change_of = _changes(frame, named, mode).distinct()
    first, last = night_ranges(_WHAT, inventory, frame)
    weekdays = _coded(frame, "weekdays", _weekdays) if "weekdays" in frame.columns else np.zeros(len(frame), np.int64)
    weekdays[weekdays == 0] = 127
    targets = []
    for products, (lines, origin) in enumerate(_lines(catalog, frame)):
        ranges = (first[origin], last[origin], weekdays[origin], change_of[origin])
        targets.append(Targets(bool(products), lines, *ranges))
    return inventory.restrict(changes, targets, now_ms)


# -- what changes ------------------------------------------------------------------------------------


def _changes(frame: pl.DataFrame, named: list[str], mode: str) -> Changes:
    """The change of each row. Every value is checked."""
    given = {name: frame[name].is_not_null().to_numpy() for name in named}
    if mode == "delete":
        for name in named:
            _check_type(frame[name], "Boolean", "true (remove it), false or null")
        return changes_away(len(frame), {name: frame[name].fill_null(value=False).to_numpy() for name in named})
    values = {name: _values(frame, name) for name in named}
    return changes_to(len(frame), values, given, replace=mode == "overlay")


def _check_type(series: pl.Series, kind: str, needed: str) -> None:
    """InputTypeError unless a column has the kind of type; a column of nulls may be any."""
    fits = {
        "Boolean": series.dtype == pl.Boolean,
        "integer": series.dtype.is_integer(),
        "text": series.dtype == pl.String,
        "integer or text": series.dtype.is_integer() or series.dtype == pl.String,
    }[kind]
    if not fits and series.dtype != pl.Null:
        raise InputTypeError(f"{_WHAT}: column {series.name} has type {series.dtype}; {needed} is needed")


def _values(frame: pl.DataFrame, name: str) -> NDArray[np.int64]:
    """A restriction column as `restriction_fields.changes_to` takes it, 0 where null."""
    series = frame[name]
    if name in FLAGS:
        _check_type(series, "Boolean", "true, false or null")
        return series.fill_null(value=False).cast(pl.Int64).to_numpy() if series.dtype != pl.Null else _zeros(frame)
    if name == PATTERN:
        _check_type(series, "integer or text", "a text of Y and N, or a whole number,")
        return _coded(frame, name, lambda value, _: pattern_code(value))
    if name == ARRIVAL_WEEKDAYS:
        _check_type(series, "text", 'a text such as "fri,sat", or null')
        return _coded(frame, name, lambda value, row: _weekdays(value, row, name))
    _check_type(series, "integer", f"whole numbers of {NUMBERS[name].unit} or null")
    if series.dtype == pl.Null:
        return _zeros(frame)
    words = series.cast(pl.Int64, strict=False)  # null where it is larger than any bound
    wrong = ((words < NUMBERS[name].low) | (words > NUMBERS[name].high)).fill_null(value=True) & series.is_not_null()
    for row in wrong.arg_true().head(1).to_list():
        try:
            check_number(name, series[row])
        except InputError as error:
            raise InputError(f"{_WHAT}: row {row}: {error}") from None
    return words.fill_null(0).to_numpy()


def _zeros(frame: pl.DataFrame) -> NDArray[np.int64]:
    return np.zeros(len(frame), np.int64)


def _coded(frame: pl.DataFrame, name: str, code_of: Callable[[Any, int], int]) -> NDArray[np.int64]:
    """A column of texts as numbers, 0 where null; each distinct value is read once, with the row where it stands."""
    known: dict[Any, int] = {None: 0}
    codes = _zeros(frame)
    for row, value in enumerate(frame[name].to_list()):
        key = value if isinstance(value, str | int | None) else repr(value)
        code = known.get(key)
        if code is None:
            try:
                code = known[key] = code_of(value, row)
            except InputError as error:
                raise InputError(f"{_WHAT}: row {row}: {str(error).removeprefix(f'{_WHAT}: ')}") from None
        codes[row] = code
    return codes


def _weekdays(value: Any, row: int, column: str = "weekdays") -> int:
    return weekdays_code(weekday_mask(_WHAT, value, row, column))


# -- where it changes --------------------------------------------------------------------------------


def _lines(
    catalog: Catalog, frame: pl.DataFrame
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(row index, frame row) of the room types to change, and (product index, frame row) of the products."""
    if "row_index" in frame.columns:
        refuse_two_places(_WHAT, frame)
        hotels: list[Any] = [None] * len(frame)
        room_types: list[Any] = integers(_WHAT, frame, "row_index", 0, catalog.n_rows - 1).tolist()
    else:
        require(_WHAT, frame, ["hotel_id"])
        hotels = list(text_list(_WHAT, frame, "hotel_id"))
        room_types = list(text_list(_WHAT, frame, "room_type_id"))
    plans = text_list(_WHAT, frame, "plan")
    known: dict[tuple[Any, Any, Any], list[int]] = {}
    found: tuple[list[int], list[int]] = ([], [])
    origin: tuple[list[int], list[int]] = ([], [])
    for row, place in enumerate(zip(hotels, room_types, plans, strict=True)):
        lines = known.get(place)
        if lines is None:
            try:
                lines = known[place] = _place_lines(catalog, *place)
            except UnknownIdError as error:
                raise UnknownIdError(f"{_WHAT}: row {row}: {error}") from None
        level = place[2] is not None
        found[level].extend(lines)
        origin[level].extend([row] * len(lines))
    rows, products = ((np.array(found[k], np.int64), np.array(origin[k], np.int64)) for k in (0, 1))
    return rows, products


def _place_lines(catalog: Catalog, hotel_id: str | None, room_type: str | int | None, plan: str | None) -> list[int]:
    """Rows, or with a plan products, of one place. hotel_id None: `room_type` is a row index."""
    if hotel_id is None and room_type is not None:
        rows = [int(room_type)]
    elif room_type is not None:
        rows = [catalog.row_index(str(hotel_id), str(room_type))]
    else:
        hotel = catalog.hotel_index(str(hotel_id))
        rows = list(catalog.rows_of(hotel))
    if plan is None:
        return rows
    if room_type is not None:
        hotel = int(catalog.row_hotel[rows[0]])
        return [catalog.product_index(catalog.hotel_ids[hotel], catalog.room_type_ids[rows[0]], str(plan))]
    products = [product for row in rows for product in catalog.products_of(row)]
    found = [product for product in products if catalog.plan_ids[product] == plan]
    if not found:
        names = ", ".join(dict.fromkeys(catalog.plan_ids[product] for product in products))
        raise UnknownIdError(f"plan {plan!r} is unknown; hotel {hotel_id!r} has the plans {names}")
    return found


# -- reading -----------------------------------------------------------------------------------------


def restrictions_frame(catalog: Catalog, inventory: Inventory, hotel_id: str, begin: int, end: int) -> pl.DataFrame:
    """What is restricted at a hotel on the nights begin..end (window indexes, inclusive), as `restrict` takes it with
    mode "overlay": a row per range of equal nights of a room type (plan null) or of a plan. O(products × nights).
    """
    hotel = catalog.hotel_index(hotel_id)
    first_night = inventory.first_night
    lines: list[dict[str, Any]] = []
    for row in catalog.rows_of(hotel):
        place = {"hotel_id": hotel_id, "room_type_id": catalog.room_type_ids[row]}
        levels: list[tuple[str | None, NDArray[np.int16]]] = []
        columns = inventory.window.order[begin : end + 1]
        levels.append((None, inventory.cells(slice(row, row + 1), slice(begin, end + 1))[0, :, at.C_PROFILE]))
        for product in catalog.products_of(row):
            own = inventory.block.region(at.R_PRODUCT_PROFILES).view(np.int16)[product, columns]
            levels.append((catalog.plan_ids[product], own))
        for plan, profiles in levels:
            starts = np.flatnonzero(np.diff(profiles, prepend=~profiles[0]))
            for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(profiles)], strict=True):
                if profiles[start]:
                    nights = (to_date(first_night + begin + start), to_date(first_night + begin + stop - 1))
                    dates = dict(zip(("first_night", "last_night"), nights, strict=True))
                    lines.append({**place, "plan": plan, **dates, **_named(inventory, int(profiles[start]) & 0xFFFF)})
    flags = dict.fromkeys(FLAGS, pl.Boolean)
    texts = dict.fromkeys((PATTERN, ARRIVAL_WEEKDAYS), pl.String)
    places = {**dict.fromkeys(("hotel_id", "room_type_id", "plan"), pl.String), "first_night": pl.Date}
    types: dict[str, Any] = {**places, "last_night": pl.Date, **dict.fromkeys(RESTRICTION_NAMES, pl.Int64)}
    return pl.DataFrame(lines, schema={**types, **flags, **texts})


def _named(inventory: Inventory, profile: int) -> dict[str, bool | int | str]:
    return profile_values(inventory.block.region(at.R_PROFILES).view(np.int16)[profile])
