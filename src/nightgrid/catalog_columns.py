"""What the columns of a catalogue must look like, and their checks.

A check never stops at the first wrong value: it reports the first rows of each kind of problem and goes on, so that
a person mends a file once. Rows are counted from 1, the first row of data, in the order of the caller's frame.

All checks of a frame are asked in one query, whether any row fails them, and rows are looked for only where one does:
a query has a price of its own, and a check of each for each column was most of what opening a small engine took.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, NamedTuple

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
        if not bad.any():
            return
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


class Check(NamedTuple):
    """A check of one column, over a frame with its values as given (`_GIVEN` before the name) and as read (the name):
    `bad` is true on a wrong row, whose value in `shown` is told. None: the whole column is wrong, and `shown` is a row.
    """

    column: Column
    bad: pl.Expr | None
    what: str
    fix: str
    shown: str = ""


#: Before the name of a column as it was given.
_GIVEN: Final = "given "
_LOOK_UP: Final[dict[str, Callable[[str], object]]] = {"currency": exponent, "time_zone": zone_of}


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
    present = [column for column in columns if column.name in frame.columns]
    read = _read(frame, present)
    _report(read, frame_name, present, problems)
    if missing:
        return None
    absent = [pl.lit(None, column.polars_type).alias(column.name) for column in columns if column not in present]
    return read.with_columns(absent).select(_filled(column) for column in columns)


def clean_column(series: pl.Series, frame_name: str, column: Column, problems: Problems) -> pl.Series:
    """One column, cleaned: NFC text, Int64 or Float64; what cannot be read is reported and null."""
    read = _read(series.to_frame(), [column])
    _report(read, frame_name, [column], problems)
    return read.select(_filled(column)).to_series()


def _read(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """The columns as given and as read, as `Check` has them; what cannot be read is null."""
    exprs = []
    schema = frame.schema
    for column in columns:
        dtype = schema[column.name]
        given = pl.col(column.name)
        if dtype == pl.Null:
            given, dtype = given.cast(column.polars_type), column.polars_type()
        exprs += [given.alias(_GIVEN + column.name), _value(given, dtype, column).alias(column.name)]
    return frame.select(exprs)


def _value(given: pl.Expr, dtype: pl.DataType, column: Column) -> pl.Expr:
    """A column as read."""
    if not _readable(dtype, column):
        return pl.lit(None, column.polars_type)
    if column.kind in ("id", "text"):
        return given.cast(pl.String).str.normalize("NFC")
    if column.kind != "number" and dtype == pl.String:
        return pl.when(given.str.contains(r"^-?[0-9]{1,18}$")).then(given).cast(pl.Int64)
    return given.cast(column.polars_type, strict=False)


def _readable(dtype: pl.DataType, column: Column) -> bool:
    """Whether values of a type can be those of a column."""
    if column.kind in ("id", "text"):
        return dtype in (pl.String, pl.Categorical, pl.Enum) or dtype.is_integer()
    # Counts may come as 3.0: pandas turns integers to floats where a value is missing. Money never does: in a float
    # column 120.5 yuan and 120.5 fen look the same.
    if dtype.is_float() and column.kind == "minor":
        return False
    return dtype == pl.String or dtype.is_numeric()


def _report(read: pl.DataFrame, frame_name: str, columns: Sequence[Column], problems: Problems) -> None:
    """Make the checks of a frame, and add what they find."""
    schema = read.schema
    checks: list[Check] = []
    for column in columns:
        given = _GIVEN + column.name
        if not _readable(schema[given], column):
            checks.append(_wrong_type(read[given], column))
        else:
            checks += _checks(schema[given], column)
            checks += _unknown(read[column.name], column) if column.name in _LOOK_UP else []
        if column.required:
            checks.append(_missing(column))
    found = read.select(check.bad.any().alias(str(at)) for at, check in enumerate(checks) if check.bad is not None)
    for at, check in enumerate(checks):
        name = check.column.name
        if check.bad is None:
            problems.add(f"{frame_name}, {check.shown}column {name}", check.what, check.fix)
        elif found.item(0, str(at)):
            bad = read.select(check.bad).to_series()
            problems.add_rows(frame_name, name, read[check.shown], bad, check.what, check.fix)


def _filled(column: Column) -> pl.Expr:
    """A column as read, with its default where it may be missing."""
    values = pl.col(column.name)
    if column.kind == "number":
        return values.fill_nan(None) if column.required else values.fill_nan(None).fill_null(float("nan"))
    return values if column.required or column.default is None else values.fill_null(column.default)


def _wanted(column: Column) -> str:
    if column.kind == "id":
        return f"text of 1..{ID_BYTES_MAX} bytes"
    if column.kind == "text":
        return "text"
    whole = "a number" if column.kind == "number" else "an integer"
    return f"{whole} from {column.low:,} to {column.high:,} {column.unit}"


@cache
def _missing(column: Column) -> Check:
    given = _GIVEN + column.name
    return Check(column, pl.col(given).is_null(), "is missing (null)", f"give {_wanted(column)}", given)


def _checks(dtype: pl.DataType, column: Column) -> list[Check]:
    """The checks of the values of a column that can be read, in the order in which they are told."""
    return _text_checks(column) if column.kind in ("id", "text") else _number_checks(dtype, column)


@cache
def _text_checks(column: Column) -> list[Check]:
    text = pl.col(column.name)
    control = "remove tabs, line ends and other control characters"
    asked = [(text.str.contains(r"\p{Cc}"), "has a control character", control)]
    if column.kind == "id":
        length, fix = text.str.len_bytes(), f"give {_wanted(column)}"
        blank = text.str.contains(r"^[ \u3000]|[ \u3000]$")
        asked.append((length > ID_BYTES_MAX, f"has more than {ID_BYTES_MAX} bytes", fix))
        asked.append((length == 0, "is empty", fix))
        asked.append((blank, "begins or ends with a blank", "remove the blank"))
    if column.name == "country":
        form = text.str.contains(r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")
        fix = "give two capital letters, with a subdivision if needed: 'CN', 'CH-ZH'"
        asked.append((~form, "is not an ISO 3166 code", fix))
    return [Check(column, bad, what, fix, column.name) for bad, what, fix in asked]


def _unknown(text: pl.Series, column: Column) -> list[Check]:
    """Currencies and time zones that there are not: each distinct value is looked up once."""
    found = []
    for value in dict.fromkeys(text.to_list()):
        try:
            if value is not None:
                _LOOK_UP[column.name](value)
        except UnknownIdError as error:
            reason, _, fix = str(error).removeprefix(f"{column.name.replace('_', ' ')} {value!r} ").partition("; ")
            found.append(Check(column, pl.col(column.name) == value, reason, fix, column.name))
    return found


@cache
def _number_checks(dtype: pl.DataType, column: Column) -> list[Check]:
    given, values = pl.col(_GIVEN + column.name), pl.col(column.name)
    unread = values.is_null()
    if column.kind != "number" and dtype != pl.String:
        unread = ~(values.cast(dtype, strict=False) == given).fill_null(False)
    inside = values.fill_nan(None) if column.kind == "number" else values
    outside = (inside < column.low) | (inside > column.high)
    what = "is not a number" if column.kind == "number" else "is not an integer"
    limits = f"is outside {column.low:,}..{column.high:,} {column.unit}"
    fix = f"give {_wanted(column)}"
    return [
        Check(column, given.is_not_null() & unread, what, fix, _GIVEN + column.name),
        Check(column, outside, limits, fix, _GIVEN + column.name),
    ]


def _wrong_type(series: pl.Series, column: Column) -> Check:
    fix = f"give {_wanted(column)}"
    if column.kind == "minor":
        fix += " (a price of 120.50 yuan is the integer 12050)"
    first = series.is_not_null().arg_max() or 0
    row = f"row {first + 1}, " if len(series) else ""
    value = f"{_shown(series[first])} " if len(series) else ""
    return Check(column, None, f"{value}is of type {series.dtype}", fix, row)
