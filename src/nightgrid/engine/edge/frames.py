"""Frames at the edge: anything with the Arrow stream interface becomes Polars, and columns become index arrays.

Errors name the column, the row number and the value; nothing is changed before every row was understood.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.answers import Quote
from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.nights import WEEKDAYS, to_ordinal

#: What Polars and PyArrow say to values that make no column.
FRAME_ERRORS = (
    pl.exceptions.PolarsError, TypeError, ValueError, AttributeError, NameError, OverflowError, NotImplementedError
)  # fmt: skip


def as_frame(what: str, source: Any) -> pl.DataFrame:
    """Polars, PyArrow, pandas, a dict of columns, or a path to .parquet or .csv, as a Polars frame."""
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, pl.LazyFrame):
        return source.collect()
    if isinstance(source, str | Path):
        return _read(what, Path(source))
    if isinstance(source, dict) and isinstance(source.get("quote"), list | tuple):
        source = source | {"quote": [text_of_quote(each) for each in source["quote"]]}
    if isinstance(source, dict) or hasattr(source, "__arrow_c_stream__"):
        try:
            return pl.DataFrame(source)
        except FRAME_ERRORS as error:
            raise InputError(f"{what}: the columns do not make a frame: {_odd_column(source) or error}") from error
    raise InputTypeError(
        f"{what} is a {type(source).__name__}; give a Polars, PyArrow or pandas frame, a dict, or a path"
    )


def _odd_column(source: Any) -> str | None:
    """The first column of a dict whose values make no column, and what to do; None where each of them does."""
    for name, values in source.items() if isinstance(source, dict) else ():
        try:
            pl.DataFrame({name: values})
        except FRAME_ERRORS as error:
            return f"column {name}: {error}; give values of one kind, dates as datetime.date or 'yyyy-mm-dd'"
    return None


def text_of_quote(quote: Any) -> Any:
    """A quote as the text of a column; anything else as it is."""
    if isinstance(quote, Quote):
        quote = quote.to_dict()
    return json.dumps(quote) if isinstance(quote, Mapping) else quote


def _read(what: str, path: Path) -> pl.DataFrame:
    """A file of Parquet, or CSV where its name ends so."""
    try:
        there = path.exists()
    except (OSError, ValueError):  # a text that no file can be named by
        there = False
    if not there:
        raise InputError(f"{what}: there is no file {path}; give the path of a .parquet or .csv file")
    try:
        return pl.read_csv(path, try_parse_dates=True) if path.suffix == ".csv" else pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{what}: {path} cannot be read as {path.suffix or 'Parquet'}: {error}") from error


def refuse_unknown(what: str, frame: pl.DataFrame, known: Iterable[str]) -> None:
    """InputError for a column that means nothing here: a misspelt one would otherwise be passed over in silence."""
    names = list(dict.fromkeys(known))
    unknown = [name for name in frame.columns if name not in names]
    if unknown:
        raise InputError(f"{what}: column {', '.join(unknown)} is unknown; known are {', '.join(names)}")


def require(what: str, frame: pl.DataFrame, columns: list[str]) -> None:
    """InputError unless the frame has the columns, without nulls."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InputError(f"{what}: column {', '.join(missing)} is missing; found {', '.join(frame.columns)}")
    for name in columns:
        nulls = frame[name].null_count()
        if nulls:
            row = int(frame[name].is_null().arg_max() or 0)
            raise InputError(f"{what}: column {name} is null in row {row} ({nulls} rows in all); fill it")


def integers(what: str, frame: pl.DataFrame, column: str, low: int, high: int) -> NDArray[np.int64]:
    """A whole-number column as int64, without nulls, inside [low, high]."""
    require(what, frame, [column])
    series = frame[column]
    if series.dtype.is_integer() and len(series) and low <= series.min() and series.max() <= high:  # type: ignore[operator]
        return series.cast(pl.Int64).to_numpy()
    return optional_integers(what, frame, column, low, high)[0]


def optional_integers(
    what: str, frame: pl.DataFrame, column: str, low: int, high: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(a whole-number column as int64 inside [low, high], `low` where null; where a number is given)."""
    series = frame[column]
    given = series.is_not_null().to_numpy()
    if series.dtype == pl.Null:
        return np.full(len(series), low, np.int64), given
    if not series.dtype.is_integer():
        raise InputTypeError(f"{what}: column {column} has type {series.dtype}; whole numbers are needed")
    words = series if series.dtype == pl.Int64 else series.cast(pl.Int64, strict=False)
    values = words.fill_null(low).to_numpy()
    wrong = np.flatnonzero((values < low) | (values > high) | (words.is_null().to_numpy() & given))
    if wrong.size:
        row = int(wrong[0])
        raise InputError(f"{what}: column {column} is {series[row]} in row {row}; allowed are {low} to {high}")
    return values, given


def texts(what: str, frame: pl.DataFrame, column: str) -> pl.Series:
    """A column of names or ids as text, null where there is none; numbers are ids too. InputTypeError for others."""
    series = frame[column]
    kind = series.dtype
    if kind == pl.String:
        return series
    if kind == pl.Null or kind.is_integer() or isinstance(kind, pl.Categorical | pl.Enum):
        return series.cast(pl.String)
    raise InputTypeError(f"{what}: column {column} has type {kind}; texts are needed")


def text_list(what: str, frame: pl.DataFrame, column: str) -> list[str | None]:
    """`texts` as a list; None everywhere if there is no such column."""
    return texts(what, frame, column).to_list() if column in frame.columns else [None] * len(frame)


def days_since_1970(what: str, frame: pl.DataFrame, column: str) -> NDArray[np.int32]:
    """A date column (or ISO text) as it stands in memory: days since 1970-01-01, int32."""
    series = frame[column]
    if isinstance(series.dtype, pl.Categorical | pl.Enum):  # texts as a dictionary
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        odd = (series.str.len_bytes() != len("yyyy-mm-dd")).arg_true()  # 2027-1-5: one way of writing a date only
        if len(odd):
            raise InputError(f"{what}: column {column} is {series[odd[0]]!r} in row {odd[0]}; write it as yyyy-mm-dd")
        try:
            series = series.str.to_date("%Y-%m-%d")
        except pl.exceptions.PolarsError as error:
            raise InputError(f"{what}: column {column} is not a date as yyyy-mm-dd: {error}") from error
    if series.dtype == pl.Null:  # no value at all, as in a frame of no rows that was made of empty lists
        series = series.cast(pl.Date)
    if series.dtype != pl.Date:
        raise InputTypeError(
            f"{what}: column {column} has type {series.dtype}; a date (without time) is needed: the civil date at the "
            "hotel (.dt.date() in Polars, .dt.date in pandas)"
        )
    return series.to_physical().to_numpy()


def ordinals(what: str, frame: pl.DataFrame, column: str) -> NDArray[np.int64]:
    """A date column (or ISO text) as proleptic ordinals, int64."""
    return days_since_1970(what, frame, column) + np.int64(EPOCH)


EPOCH = to_ordinal("1970-01-01")
_LONG_NAMES = dict(
    zip(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), WEEKDAYS, strict=True)
)

UNKNOWN_PRODUCT_ROW = -1
UNKNOWN_HOTEL_ROW = -2


def row_indexes(what: str, catalog: Catalog, frame: pl.DataFrame, *, strict: bool = True) -> NDArray[np.int64]:
    """Room-type index per frame row: from `row_index`, or from `hotel_id` and `room_type_id`. O(frame + catalogue).

    An unknown name is an UnknownIdError, or UNKNOWN_PRODUCT_ROW or UNKNOWN_HOTEL_ROW where not `strict`.
    """
    if "row_index" in frame.columns:
        require(what, frame, ["row_index"])
        refuse_two_places(what, frame)
        return integers(what, frame, "row_index", 0, catalog.n_rows - 1)
    require(what, frame, ["hotel_id", "room_type_id"])
    known = catalog.room_types_frame().select("hotel_id", "room_type_id").with_row_index("_row")
    asked = pl.DataFrame([texts(what, frame, "hotel_id"), texts(what, frame, "room_type_id")])
    found = _rows_of(asked, known)
    if found.null_count():  # ids are stored composed (NFC); most frames hold them so, and need no second look
        asked = asked.with_columns(pl.all().str.normalize("NFC"))
        found = _rows_of(asked, known)
    if found.null_count() and not strict:
        hotel_known = asked["hotel_id"].is_in(known["hotel_id"].unique().implode()).to_numpy()
        unknown = np.where(hotel_known, UNKNOWN_PRODUCT_ROW, UNKNOWN_HOTEL_ROW)
        return np.where(found.is_null().to_numpy(), unknown, found.fill_null(0).to_numpy().astype(np.int64))
    if found.null_count():
        row = int(found.is_null().arg_max() or 0)
        hotel_id, room_type_id = asked.row(row)
        try:
            catalog.row_index(hotel_id, room_type_id)
        except UnknownIdError as error:
            raise UnknownIdError(f"{what}: row {row}: {error}") from None
    return found.to_numpy().astype(np.int64)


def refuse_two_places(what: str, frame: pl.DataFrame) -> None:
    """InputError where a frame says with names too which room type a `row_index` is: they could differ."""
    names = [name for name in ("hotel_id", "room_type_id") if name in frame.columns]
    if names:
        raise InputError(f"{what}: columns row_index and {names[0]} are both there; give the one or the other")


def _rows_of(asked: pl.DataFrame, known: pl.DataFrame) -> pl.Series:
    """Row per line of `asked`, null where its ids are not known."""
    return asked.join(known, on=["hotel_id", "room_type_id"], how="left", maintain_order="left")["_row"]


def weekday_mask(what: str, text: str | None, row: int, column: str = "weekdays") -> list[int]:
    """Weekdays named in a text such as "fri,sat" of a column; all where none are named."""
    if text is not None and not isinstance(text, str):
        raise InputTypeError(f'{what}: {column} is {text!r} in row {row}; give a text such as "fri,sat"')
    if text is None or not text.strip():
        return list(range(7))
    names = [_LONG_NAMES.get(name.strip().lower(), name.strip().lower()) for name in text.split(",")]
    for name in names:
        if name not in WEEKDAYS:
            raise InputError(
                f"{what}: {column} is {text!r} in row {row}; use {', '.join(WEEKDAYS)}, separated by commas"
            )
    return [WEEKDAYS.index(name) for name in names]
