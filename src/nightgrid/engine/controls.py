"""What the hotel sets: capacity and rooms sold elsewhere; frames of ranges become cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.frames import as_frame, integers, ordinals, require, row_indexes
from nightgrid.errors import InputError
from nightgrid.inventory.inventory import Inventory, Shortfall
from nightgrid.limits import ROOMS_MAX
from nightgrid.native.controls import CAPACITY, SOLD_ELSEWHERE
from nightgrid.nights import to_date


def night_ranges(what: str, inventory: Inventory, frame: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(first, last) window index per row, inclusive, from `night`, or `first_night` and `last_night`, or the whole
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
        return np.zeros(size, np.int64), np.full(size, inventory.n_nights - 1, np.int64)
    for row in np.flatnonzero((first < first_night) | (last > last_night) | (first > last))[:1]:
        raise InputError(
            f"{what}: row {row}: nights {to_date(int(first[row]))} to {to_date(int(last[row]))} must be in order "
            f"and inside the window {to_date(first_night)} to {to_date(last_night)}"
        )
    return first - first_night, last - first_night


def _cells(
    rows: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Every (row, night) of ranges, and the position of the range it comes from."""
    counts = last - first + 1
    source = np.repeat(np.arange(len(rows)), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    nights = first[source] + np.arange(len(source)) - starts
    return rows[source].astype(np.int32), nights.astype(np.int32), source


def set_counter(
    catalog: Catalog, inventory: Inventory, column: str, source: Any, *, allow_oversold: bool = False
) -> int:
    """Set `capacity` or `rooms` (sold elsewhere) over ranges of nights; later rows win. Returns how many cells.

    InputError, and nothing is changed, where a cell would have fewer rooms than are sold and held, unless allowed.
    """
    what = "set_capacity" if column == "capacity" else "set_sold_elsewhere"
    frame = as_frame(what, source)
    require(what, frame, [column])
    values = integers(what, frame, column, 0, ROOMS_MAX)
    rows, nights, origin = _cells(row_indexes(what, catalog, frame), *night_ranges(what, inventory, frame))
    last_wins = np.unique((rows.astype(np.int64) * inventory.n_nights + nights)[::-1], return_index=True)[1]
    kept = len(rows) - 1 - last_wins
    which = CAPACITY if column == "capacity" else SOLD_ELSEWHERE
    rooms = values[origin].astype(np.int16)
    short = inventory.set_counters(which, rows[kept], nights[kept], rooms[kept], allow_oversold=allow_oversold)
    if short is not None:
        raise oversold_error(what, catalog, inventory, short)
    return len(kept)


def load_sold_elsewhere(
    catalog: Catalog, inventory: Inventory, rooms: NDArray[np.int16], *, allow_oversold: bool = False
) -> int:
    """Set the rooms sold elsewhere from a matrix int16 (row, night). Errors as in `set_counter`."""
    short = inventory.load_sold_elsewhere(rooms, allow_oversold=allow_oversold)
    if short is not None:
        raise oversold_error("set_sold_elsewhere", catalog, inventory, short)
    return int(rooms.size)


def oversold_error(what: str, catalog: Catalog, inventory: Inventory, short: Shortfall) -> InputError:
    """The error for a cell that would have fewer rooms than are sold and held."""
    hotel_id = catalog.hotel_ids[int(catalog.row_hotel[short.row])]
    place = f"{hotel_id}/{catalog.room_type_ids[short.row]} on {to_date(inventory.first_night + short.night)}"
    return InputError(
        f"{what}: {place}: capacity would be {short.capacity}, below the {short.taken} rooms sold and held, by "
        f"{short.taken - short.capacity} (and {short.others} more such cells); nothing was changed. Move or cancel "
        "bookings first, or pass allow_oversold=True to accept it: check() then reports it"
    )
