"""What the columns of a catalogue must look like, and the check of one column at a time.

A check never stops at the first wrong value: it reports the first rows of each kind of problem and goes on, so that
a person mends a file once. Rows are counted from 1, the first row of data, in the order of the caller's frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from nightgrid.errors import CatalogError, UnknownIdError
from nightgrid.limits import BASE_MINOR_MAX, ID_BYTES_MAX, ROOMS_MAX
from nightgrid.money import exponent
from nightgrid.nights import zone_of

PROBLEMS_SHOWN: Final = 10
ROWS_SHOWN: Final = 3


@dataclass(slots=True)
class Problems:
    """Problems found so far; `raise_any` raises them as one CatalogError that shows the first ten."""

    lines: list[str] = field(default_factory=list)

    def add(self, place: str, problem: str, fix: str) -> None:
        """One problem that belongs to no single row."""
        self.lines.append(f"{place}: {problem}; {fix}")

    def add_rows(self, frame: str, column: str, values: pl.Series, bad: pl.Series, what: str, fix: str) -> None:
        """The rows where `bad` is true: the first three with their values, the rest as a count."""
        rows = bad.fill_null(False).arg_true()
        for row in rows.head(ROWS_SHOWN).to_list():
            more = ""
            if row == rows[min(ROWS_SHOWN, len(rows)) - 1] and len(rows) > ROWS_SHOWN:
                more = f" (and {len(rows) - ROWS_SHOWN:,} more rows like this)"
            self.add(f"{frame}, row {row + 1}, column {column}", f"{_shown(values[row])} {what}", fix + more)

    def raise_any(self) -> None:
        """Raise CatalogError if anything was reported."""
        if not self.lines:
            return
        shown = self.lines[:PROBLEMS_SHOWN]
        rest = len(self.lines) - len(shown)
        count = f"the catalogue has {len(self.lines)} problem{'s' if len(self.lines) != 1 else ''}"
        tail = [f"  ... and {rest} more; mend these first"] if rest else []
        raise CatalogError("\n".join([count, *(f"  {line}" for line in shown), *tail]))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `kind` says how its values are read, `default` fills what is missing where it is not required."""

    name: str
    kind: Literal["id", "text", "integer", "minor", "number"]
    required: bool = False
    low: int = 0
    high: int = 0
    default: int | str | None = None
    unit: str = ""

    @property
    def polars_type(self) -> type[pl.DataType]:
        """Type of the cleaned column."""
        return {"integer": pl.Int64, "minor": pl.Int64, "number": pl.Float64}.get(self.kind, pl.String)


HOTELS: Final = (
    Column("hotel_id", "id", required=True),
    Column("currency", "id", required=True),
    Column("time_zone", "id", required=True),
    *(Column(name, "text", default="") for name in ("name", "group", "brand", "region", "city", "district", "country")),
    Column("latitude", "number", low=-90, high=90, unit="degrees"),
    Column("longitude", "number", low=-180, high=180, unit="degrees"),
    Column("stars", "number", low=0, high=7, unit="stars"),
    Column("rating", "number", low=0, high=100, unit="points"),
    Column("rollover_hour", "integer", low=0, high=23, default=0, unit="o'clock"),
)
ROOM_TYPES: Final = (
    Column("hotel_id", "id", required=True),
    Column("room_type_id", "id", required=True),
    Column("name", "text", default=""),
    Column("capacity", "integer", required=True, low=0, high=ROOMS_MAX, unit="rooms"),
    Column("guests_max", "integer", low=1, high=100, default=2, unit="guests"),
)
BASE_MINOR: Final = Column("base_minor", "minor", required=True, low=1, high=BASE_MINOR_MAX, unit="minor units")
PRODUCTS: Final = (
    Column("hotel_id", "id", required=True),
    Column("room_type_id", "id", required=True),
    Column("plan_id", "id", default="standard"),
    BASE_MINOR,
    Column("name", "text", default=""),
)


def clean_frame(
    frame: pl.DataFrame, frame_name: str, columns: tuple[Column, ...], problems: Problems
) -> pl.DataFrame | None:
    """The known columns with their final types, wrong values null; None where a required column is missing.

    Columns that the catalogue does not know are dropped. O(cells), vectorised.
    """
    missing = [column.name for column in columns if column.required and column.name not in frame.columns]
    for name in missing:
        given = ", ".join(frame.columns[:20]) or "none"
        problems.add(f"{frame_name}, column {name}", f"is missing (columns given: {given})", f"add a column {name}")
    cleaned = []
    for column in columns:
        if column.name in frame.columns:
            cleaned.append(clean_column(frame[column.name], frame_name, column, problems))
        elif not column.required:
            cleaned.append(_filled(pl.Series(column.name, [None] * frame.height, column.polars_type), column))
    return None if missing else pl.DataFrame(cleaned)


def clean_column(series: pl.Series, frame_name: str, column: Column, problems: Problems) -> pl.Series:
    """One column, cleaned: NFC text, Int64 or Float64; what cannot be read is reported and null."""
    if series.dtype == pl.Null:
        series = series.cast(column.polars_type)
    read = {"number": _numbers, "integer": _integers, "minor": _integers}.get(column.kind, _texts)
    values = read(series, frame_name, column, problems)
    if column.required:
        problems.add_rows(
            frame_name, column.name, series, series.is_null(), "is missing (null)", f"give {_wanted(column)}"
        )
        return values
    return _filled(values, column)


def _filled(values: pl.Series, column: Column) -> pl.Series:
    if column.kind == "number":
        return values.fill_null(float("nan"))
    return values.fill_null(column.default)


def _wanted(column: Column) -> str:
    if column.kind == "id":
        return f"text of 1..{ID_BYTES_MAX} bytes"
    if column.kind == "text":
        return "text"
    whole = "a number" if column.kind == "number" else "an integer"
    return f"{whole} from {column.low:,} to {column.high:,} {column.unit}"


def _texts(series: pl.Series, frame_name: str, column: Column, problems: Problems) -> pl.Series:
    if not (series.dtype in (pl.String, pl.Categorical, pl.Enum) or series.dtype.is_integer()):
        _wrong_type(series, frame_name, column, problems)
        return pl.Series(column.name, [None] * len(series), pl.String)
    text = series.cast(pl.String).str.normalize("NFC")

    def report(bad: pl.Series, what: str, fix: str) -> None:
        problems.add_rows(frame_name, column.name, text, bad, what, fix)

    report(
        text.str.contains(r"\p{Cc}"), "has a control character", "remove tabs, line ends and other control characters"
    )
    if column.kind == "id":
        length = text.str.len_bytes()
        report(length > ID_BYTES_MAX, f"has more than {ID_BYTES_MAX} bytes", f"give {_wanted(column)}")
        report(length == 0, "is empty", f"give {_wanted(column)}")
        report(text.str.contains(r"^[ \u3000]|[ \u3000]$"), "begins or ends with a blank", "remove the blank")
    if column.name == "country":
        form = text.str.contains(r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")
        report(
            ~form, "is not an ISO 3166 code", "give two capital letters, with a subdivision if needed: 'CN', 'CH-ZH'"
        )
    if column.name in ("currency", "time_zone"):
        _known(text, column, report)
    return text


def _known(text: pl.Series, column: Column, report: Callable[[pl.Series, str, str], None]) -> None:
    """Currencies and time zones: each distinct value is looked up once."""
    look_up = exponent if column.name == "currency" else zone_of
    for value in text.drop_nulls().unique(maintain_order=True).to_list():
        try:
            look_up(value)
        except UnknownIdError as error:
            reason, _, fix = str(error).removeprefix(f"{column.name.replace('_', ' ')} {value!r} ").partition("; ")
            report(text == value, reason, fix)


def _integers(series: pl.Series, frame_name: str, column: Column, problems: Problems) -> pl.Series:
    dtype = series.dtype
    exact = dtype == pl.String or dtype.is_integer() or dtype.is_decimal()
    # Counts may come as 3.0: pandas turns integers to floats where a value is missing. Money never does: in a float
    # column 120.5 yuan and 120.5 fen look the same.
    if not (exact or (dtype.is_float() and column.kind == "integer")):
        _wrong_type(series, frame_name, column, problems)
        return pl.Series(column.name, [None] * len(series), pl.Int64)
    if dtype == pl.String:
        whole = series.str.contains(r"^-?[0-9]{1,18}$")
        values = series.set(~whole.fill_null(True), None).cast(pl.Int64)
    else:
        values = series.cast(pl.Int64, strict=False)
        whole = (series.cast(pl.Int64, strict=False).cast(dtype, strict=False) == series).fill_null(False)
    not_whole = series.is_not_null() & ~whole
    problems.add_rows(frame_name, column.name, series, not_whole, "is not an integer", f"give {_wanted(column)}")
    return _in_range(values, series, frame_name, column, problems)


def _numbers(series: pl.Series, frame_name: str, column: Column, problems: Problems) -> pl.Series:
    if not (series.dtype == pl.String or series.dtype.is_numeric()):
        _wrong_type(series, frame_name, column, problems)
        return pl.Series(column.name, [None] * len(series), pl.Float64)
    values = series.cast(pl.Float64, strict=False)
    unread = series.is_not_null() & values.is_null()
    problems.add_rows(frame_name, column.name, series, unread, "is not a number", f"give {_wanted(column)}")
    return _in_range(values.fill_nan(None), series, frame_name, column, problems)


def _in_range(values: pl.Series, given: pl.Series, frame_name: str, column: Column, problems: Problems) -> pl.Series:
    outside = (values < column.low) | (values > column.high)
    what = f"is outside {column.low:,}..{column.high:,} {column.unit}"
    problems.add_rows(frame_name, column.name, given, outside, what, f"give {_wanted(column)}")
    return values


def _wrong_type(series: pl.Series, frame_name: str, column: Column, problems: Problems) -> None:
    fix = f"give {_wanted(column)}"
    if column.kind == "minor":
        fix += " (a price of 120.50 yuan is the integer 12050)"
    first = series.is_not_null().arg_max() or 0
    row = f"row {first + 1}, " if len(series) else ""
    value = f"{_shown(series[first])} " if len(series) else ""
    problems.add(f"{frame_name}, {row}column {column.name}", f"{value}is of type {series.dtype}", fix)
