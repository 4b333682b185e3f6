"""What the hotel sets: capacity and rooms sold elsewhere; frames of ranges become cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.frames import (
    as_frame,
    integers,
    optional_integers,
    ordinals,
    refuse_unknown,
    require,
    row_indexes,
    text_list,
    weekday_mask,
)
from nightgrid.errors import InputError
from nightgrid.inventory.counters import Shortfall
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import ROOMS_MAX
from nightgrid.native.upkeep.controls import KEEP
from nightgrid.nights import WEEKDAYS, to_date


def night_ranges(what: str, inventory: Inventory, frame: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(first, last) ordinal per row, inclusive, from `night`, or `first_night` and `last_night`, or the whole
    window.
    """
    size = len(frame)
    first_night, last_night = inventory.first_night, inventory.first_night + inventory.n_nights - 1
    if "night" in frame.columns:
        require(what, frame, ["night"])
        first = last = ordinals(what, frame, "night")
    elif "first_night" in frame.columns or "last_night" in frame.columns:
        require(what, frame, ["first_night", "last_night"])
        first, last = ordinals(what, frame, "first_night"), ordinals(what, frame, "last_night")
    else:
        return np.full(size, first_night, np.int64), np.full(size, last_night, np.int64)
    for row in np.flatnonzero((first < first_night) | (last > last_night) | (first > last))[:1]:
        raise InputError(
            f"{what}: row {row}: nights {to_date(int(first[row]))} to {to_date(int(last[row]))} must be in order "
            f"and inside the window {to_date(first_night)} to {to_date(last_night)}"
        )
    return first, last


def _cells(
    rows: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Every (row, night) of ranges, and the position of the range it comes from."""
    counts = last - first + 1
    source = np.repeat(np.arange(len(rows)), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    nights = first[source] + np.arange(len(source)) - starts
    return rows[source].astype(np.int32), nights.astype(np.int32), source


def _last_of_each_cell(
    catalog: Catalog, inventory: Inventory, what: str, frame: pl.DataFrame
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Distinct cells that a frame names, in order, and the frame row of each: later rows win."""
    rows, nights, origin = _cells(row_indexes(what, catalog, frame), *night_ranges(what, inventory, frame))
    if "weekdays" in frame.columns:
        masks = np.zeros((len(frame), len(WEEKDAYS)), bool)
        for row, text in enumerate(text_list(what, frame, "weekdays")):
            masks[row, weekday_mask(what, text, row)] = True
        meant = masks[origin, (nights + 6) % 7]  # as `nights.weekday`
        rows, nights, origin = rows[meant], nights[meant], origin[meant]
    key = rows.astype(np.int64) * inventory.n_nights + (nights - inventory.first_night)
    last = len(rows) - 1 - np.unique(key[::-1], return_index=True)[1]
    return rows[last], nights[last], origin[last]


_PLACES_AND_NIGHTS = ("hotel_id", "room_type_id", "row_index", "night", "first_night", "last_night", "weekdays")
_PARTS = {"physical": 0, "out_of_order": 0, "sell_limit": -ROOMS_MAX}


def set_capacity(
    catalog: Catalog, inventory: Inventory, source: Any, now_ms: int, *, allow_oversold: bool = False
) -> int:
    """Set parts of the capacity over ranges of nights; later rows win, a null leaves a part. Returns how many cells.

    InputError, and nothing is changed, where a cell would have fewer rooms than are sold and held, unless allowed.
    """
    what = "set_capacity"
    frame = as_frame(what, source)
    refuse_unknown(what, frame, (*_PLACES_AND_NIGHTS, "capacity", *_PARTS))
    named = [name for name in _PARTS if name in frame.columns]
    if ("capacity" in frame.columns) == bool(named):
        raise InputError(f"{what}: give a column capacity, or one or more of {', '.join(_PARTS)}, not both")
    rows, nights, origin = _last_of_each_cell(catalog, inventory, what, frame)
    values: dict[str, NDArray[np.int32]] = {}
    if named:
        for name in named:
            counts, given = optional_integers(what, frame, name, _PARTS[name], ROOMS_MAX)
            values[name] = np.where(given, counts, KEEP)[origin].astype(np.int32)
    else:
        physical = integers(what, frame, "capacity", 0, ROOMS_MAX)
        zero = np.zeros(len(rows), np.int32)
        values = {"physical": physical[origin].astype(np.int32), "out_of_order": zero, "sell_limit": zero}
    short = inventory.set_capacity(rows, nights, **values, allow_oversold=allow_oversold, now_ms=now_ms)
    if short is not None:
        raise oversold_error(what, catalog, short)
    return len(rows)


def set_sold_elsewhere(
    catalog: Catalog, inventory: Inventory, source: Any, now_ms: int, *, allow_oversold: bool = False
) -> int:
    """Set the rooms sold elsewhere over ranges of nights; later rows win. Errors as in `set_capacity`."""
    what = "set_sold_elsewhere"
    frame = as_frame(what, source)
    refuse_unknown(what, frame, (*_PLACES_AND_NIGHTS, "rooms"))
    require(what, frame, ["rooms"])
    values = integers(what, frame, "rooms", 0, ROOMS_MAX)
    rows, nights, origin = _last_of_each_cell(catalog, inventory, what, frame)
    rooms = values[origin].astype(np.int32)
    short = inventory.set_sold_elsewhere(rows, nights, rooms, allow_oversold=allow_oversold, now_ms=now_ms)
    if short is not None:
        raise oversold_error(what, catalog, short)
    return len(rows)


def load_sold_elsewhere(
    catalog: Catalog, inventory: Inventory, rooms: NDArray[np.int16], now_ms: int, *, allow_oversold: bool = False
) -> int:
    """Set the rooms sold elsewhere from a matrix int16 (row, night). Errors as in `set_capacity`."""
    short = inventory.load_sold_elsewhere(rooms, allow_oversold=allow_oversold, now_ms=now_ms)
    if short is not None:
        raise oversold_error("set_sold_elsewhere", catalog, short)
    return int(rooms.size)


def oversold_error(what: str, catalog: Catalog, short: Shortfall) -> InputError:
    """The error for a cell that would have fewer rooms than are sold and held."""
    hotel_id = catalog.hotel_ids[int(catalog.row_hotel[short.row])]
    place = f"{hotel_id}/{catalog.room_type_ids[short.row]} on {to_date(short.night)}"
    return InputError(
        f"{what}: {place}: capacity would be {short.capacity}, below the {short.taken} rooms sold and held, by "
        f"{short.taken - short.capacity} (and {short.others} more such cells); nothing was changed. Move or cancel "
        "bookings first, or pass allow_oversold=True to accept it: check() then reports it"
    )
