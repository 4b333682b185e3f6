"""Frames of base prices and overrides: rows become lines of a layer, layers become frames again."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.frames import as_frame, integers, ordinals, require, row_indexes
from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.limits import BASE_MINOR_MAX, PERCENT_MAX, PERCENT_MIN, WINDOW_NIGHTS_MAX
from nightgrid.nights import to_date, to_ordinal
from nightgrid.pricing.price_data import NO_VALUE, Lines, PriceData

BASE: Final = "set_base_prices"
OVERRIDES: Final = "set_price_overrides"
KINDS: Final = ("fixed", "percent", "floor", "ceiling")
GUESTS_MAX: Final = 1_000
#: Data may be given for nights that are not on sale yet, so far ahead of the window's first one.
NIGHTS_AHEAD_MAX: Final = 2 * WINDOW_NIGHTS_MAX
_EPOCH = to_ordinal("1970-01-01")


def base_lines(catalog: Catalog, first_night: int, source: Any, mode: str) -> dict[str, Lines]:
    """The lines of a frame of base prices, by layer (`Engine.set_base_prices`). Every mistake names its row."""
    frame = as_frame(BASE, source)
    product, origin = _products(BASE, catalog, frame)
    first, last = _nights(BASE, frame, first_night)
    guests = _optional(BASE, frame, "guests", 1, GUESTS_MAX, 0)
    if mode == "delete":
        value = np.full(len(frame), NO_VALUE, np.int64)
    else:
        value = _optional(BASE, frame, "base_minor", 0, BASE_MINOR_MAX, NO_VALUE, needed=True)
    return {"base": _lines(product, origin, guests, first, last, value)}


def override_lines(catalog: Catalog, first_night: int, source: Any, mode: str) -> dict[str, Lines]:
    """The lines of a frame of overrides, by layer (`Engine.set_price_overrides`)."""
    frame = as_frame(OVERRIDES, source)
    product, origin = _products(OVERRIDES, catalog, frame)
    first, last = _nights(OVERRIDES, frame, first_night)
    kinds = _kinds(frame, needed=mode != "delete")
    guests = np.zeros(len(frame), np.int64)
    if mode == "delete":
        amount = percent = np.full(len(frame), NO_VALUE, np.int64)
    else:
        amount = _optional(OVERRIDES, frame, "amount_minor", 0, BASE_MINOR_MAX, NO_VALUE)
        percent = _percents(frame)
        _check_values(kinds, amount, percent)
    whole = _lines(product, origin, guests, first, last, amount)
    parts = _lines(product, origin, guests, first, last, percent)
    named = {kind: ((kinds == kind) | (kinds == ""))[origin] for kind in KINDS}
    return {kind: (parts if kind == "percent" else whole).take(named[kind]) for kind in KINDS}


def _lines(
    product: NDArray[np.int64],
    origin: NDArray[np.int64],
    guests: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    value: NDArray[np.int64],
) -> Lines:
    return Lines(
        product.astype(np.int32),
        guests[origin].astype(np.int16),
        first[origin].astype(np.int32),
        last[origin].astype(np.int32),
        value[origin].astype(np.int32),
    )


def _products(what: str, catalog: Catalog, frame: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(product, frame row it comes from), in the order of the rows: without a plan, every plan of the room type."""
    rows = row_indexes(what, catalog, frame)
    plans = (
        frame["plan_id"].cast(pl.String)
        if "plan_id" in frame.columns
        else pl.Series([None] * len(frame), dtype=pl.String)
    )
    with_plan = plans.is_not_null().to_numpy()
    first = catalog.row_first_product[rows].astype(np.int64)
    count = np.where(with_plan, 1, catalog.row_first_product[rows + 1] - first)
    origin = np.repeat(np.arange(len(frame)), count)
    turn = np.arange(len(origin)) - np.repeat(np.cumsum(count) - count, count)
    product = np.zeros(len(origin), np.int64)
    whole = ~with_plan[origin]
    product[whole] = catalog.product_order[first[origin[whole]] + turn[whole]]
    known = pl.DataFrame({"row": catalog.product_row, "plan": catalog.plan_ids}).with_row_index("product")
    asked = pl.DataFrame({"row": rows[with_plan].astype(np.int32), "plan": plans.filter(pl.Series(with_plan))})
    found = asked.join(known, on=["row", "plan"], how="left", maintain_order="left")["product"]
    if found.null_count():
        row = int(np.flatnonzero(with_plan)[int(found.is_null().arg_max() or 0)])
        names = ", ".join(catalog.plan_ids[each] for each in catalog.products_of(int(rows[row])))
        raise UnknownIdError(f"{what}: row {row}: plan_id is {plans[row]!r}; the room type has {names}")
    product[~whole] = found.to_numpy()
    return product, origin


def _nights(what: str, frame: pl.DataFrame, first_night: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(first, last) ordinal per row, inclusive. Nights before the window's first one are past and change nothing."""
    if "night" in frame.columns:
        require(what, frame, ["night"])
        first = last = ordinals(what, frame, "night")
    else:
        require(what, frame, ["first_night", "last_night"])
        first, last = ordinals(what, frame, "first_night"), ordinals(what, frame, "last_night")
    end = first_night + NIGHTS_AHEAD_MAX
    for row in np.flatnonzero((first > last) | (last >= end))[:1].tolist():
        raise InputError(
            f"{what}: row {row}: nights {to_date(int(first[row]))} to {to_date(int(last[row]))} must be in order "
            f"and before {to_date(end)}"
        )
    return np.maximum(first, first_night), np.maximum(last, first_night - 1)


def _optional(
    what: str, frame: pl.DataFrame, column: str, low: int, high: int, absent: int, *, needed: bool = False
) -> NDArray[np.int64]:
    """A whole-number column, `absent` where null or where there is no such column."""
    if needed and column not in frame.columns:
        raise InputError(f"{what}: column {column} is missing; found {', '.join(frame.columns)}")
    if column not in frame.columns or frame[column].dtype == pl.Null:
        return np.full(len(frame), absent, np.int64)
    values = integers(what, frame.with_columns(pl.col(column).fill_null(low)), column, low, high)
    return np.where(frame[column].is_null().to_numpy(), absent, values)


def _kinds(frame: pl.DataFrame, *, needed: bool) -> NDArray[Any]:
    """The kind of each row; "" = all of them, where they are to be taken away."""
    if needed:
        require(OVERRIDES, frame, ["kind"])
    if "kind" not in frame.columns:
        return np.full(len(frame), "")
    names = frame["kind"].cast(pl.String).fill_null("").to_list()
    for row, name in enumerate(names):
        if name not in KINDS and (needed or name):
            raise InputError(f"{OVERRIDES}: row {row}: kind is {name!r}; use one of {', '.join(KINDS)}")
    return np.array(names, dtype="U8")


def _percents(frame: pl.DataFrame) -> NDArray[np.int64]:
    """The column percent in basis points, NO_VALUE where null."""
    if "percent" not in frame.columns or frame["percent"].dtype == pl.Null:
        return np.full(len(frame), NO_VALUE, np.int64)
    series = frame["percent"]
    if not (series.dtype.is_numeric() or series.dtype == pl.String):
        raise InputTypeError(f"{OVERRIDES}: column percent has type {series.dtype}; numbers or texts are needed")
    number = series.cast(pl.Float64, strict=False)
    hundredths = (number * 100).round()  # two decimals between -100 and 900 are told apart by any float
    wrong = (number.is_null() & series.is_not_null()) | ~number.is_between(PERCENT_MIN, PERCENT_MAX)
    wrong |= (number * 100 - hundredths).abs() > 1e-6
    for row in wrong.fill_null(value=False).arg_true().head(1).to_list():
        raise InputError(
            f"{OVERRIDES}: column percent is {series[row]} in row {row}; allowed are {PERCENT_MIN} to {PERCENT_MAX} "
            "with at most two decimals"
        )
    return hundredths.fill_null(NO_VALUE).cast(pl.Int64).to_numpy()


def _check_values(kinds: NDArray[Any], amount: NDArray[np.int64], percent: NDArray[np.int64]) -> None:
    """Each row has the number that its kind needs, or none (which takes the override away), and no other."""
    for kind in KINDS:
        other = amount if kind == "percent" else percent
        for row in np.flatnonzero((kinds == kind) & (other != NO_VALUE))[:1].tolist():
            mine, theirs = ("percent", "amount_minor") if kind == "percent" else ("amount_minor", "percent")
            raise InputError(f"{OVERRIDES}: row {row}: kind {kind} has {theirs}; give {mine}, and {theirs} null")


def check_crossed(catalog: Catalog, data: PriceData) -> None:
    """InputError where a floor stands above the ceiling of the same night."""
    floor, ceiling = data.floor, data.ceiling
    both = np.intersect1d(floor.product, ceiling.product)
    if not len(both):
        return
    begin = max(floor.first_night, ceiling.first_night)
    nights = min(layer.first_night + layer.values.shape[1] for layer in (floor, ceiling)) - begin
    if nights <= 0:
        return
    low = floor.window(begin, nights)[np.searchsorted(floor.product, both)]
    high = ceiling.window(begin, nights)[np.searchsorted(ceiling.product, both)]
    for position, night in np.argwhere((high != NO_VALUE) & (low > high))[:1].tolist():
        row = int(catalog.product_row[both[position]])
        place = (catalog.hotel_ids[int(catalog.row_hotel[row])], catalog.room_type_ids[row])
        raise InputError(
            f"{OVERRIDES}: {'/'.join((*place, catalog.plan_ids[both[position]]))} on {to_date(begin + night)} would "
            f"have floor {low[position, night]} above ceiling {high[position, night]}; change one of the two"
        )


def named_lines(catalog: Catalog, lines: Lines) -> dict[str, pl.Series]:
    """Columns hotel_id, room_type_id, plan_id, first_night, last_night of lines."""
    row = catalog.product_row[lines.product]
    hotels, types, plans = (pl.Series(names, dtype=pl.String) for names in _names(catalog))
    return {
        "hotel_id": hotels.gather(catalog.row_hotel[row]),
        "room_type_id": types.gather(row),
        "plan_id": plans.gather(lines.product),
        "first_night": pl.Series(lines.first_night - np.int32(_EPOCH)).cast(pl.Date),
        "last_night": pl.Series(lines.last_night - np.int32(_EPOCH)).cast(pl.Date),
    }


def _names(catalog: Catalog) -> tuple[list[str], list[str], list[str]]:
    return catalog.hotel_ids, catalog.room_type_ids, catalog.plan_ids


def base_frame(catalog: Catalog, data: PriceData) -> pl.DataFrame:
    """All base prices that were given, as `Engine.set_base_prices` takes them."""
    lines = data.base.lines()
    guests = pl.Series(lines.guests.astype(np.int32))
    return pl.DataFrame(
        {
            **named_lines(catalog, lines),
            "guests": guests.set(guests == 0, None),
            "base_minor": lines.value.astype(np.int64),
        }
    )


def override_frame(catalog: Catalog, data: PriceData) -> pl.DataFrame:
    """All overrides that were given, as `Engine.set_price_overrides` takes them."""
    frames = []
    for kind in KINDS:
        lines = data.layer(kind).lines()
        number = pl.Series(lines.value.astype(np.int64))
        none: pl.Series = pl.Series([None] * len(number), dtype=pl.Int64)
        is_percent = kind == "percent"
        frame = pl.DataFrame(
            {
                **named_lines(catalog, lines),
                "kind": pl.Series([kind] * len(number), dtype=pl.String),
                "amount_minor": none if is_percent else number,
                "percent": (number if is_percent else none).cast(pl.Float64) / 100,
            }
        )
        frames.append(frame)
    return pl.concat(frames)
