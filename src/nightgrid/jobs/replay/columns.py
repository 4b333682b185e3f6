"""Columns of a file a person hands us, read strictly: the first bad cell is named with row and value.

Every function takes a column of whatever type the file had (a CSV gives text everywhere) and returns
a numpy array, or raises InputError naming the column, the row (counted from 0, without the header),
the value and what is allowed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from nightgrid.errors import InputError

EPOCH_ORDINAL = 719_163  # date(1970, 1, 1).toordinal()
NULL_WORDS = ["NULL", "NA", ""]


def read_columns(path: Path, required: tuple[str, ...], optional: tuple[str, ...], kind: str) -> pl.DataFrame:
    """The named columns of a Parquet or CSV file, in file order; CSV cells stay text, null words null.

    InputError: no such file, a folder, not Parquet or not CSV, a required column missing.
    """
    if not path.exists():
        raise InputError(f"{kind} {path} does not exist; check the path (it is taken from {Path.cwd()})")
    if path.is_dir():
        raise InputError(f"{kind} {path} is a folder; name the .parquet or .csv file in it")
    with path.open("rb") as stream:
        head = stream.read(4)
    parquet = head == b"PAR1"
    if not parquet and path.suffix.lower() in (".parquet", ".pq"):
        raise InputError(f"{kind} {path} is not a Parquet file (it starts with {head!r}, not b'PAR1'); export it again")
    try:
        header = pl.read_parquet_schema(path) if parquet else pl.read_csv(path, n_rows=0, infer_schema=False).schema
        found = list(header)
        missing = [name for name in required if name not in found]
        if missing:
            raise InputError(
                f"{kind} {path} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
                f"it has {', '.join(found)}. Add or rename the column"
            )
        wanted = [name for name in (*required, *optional) if name in found]
        if parquet:
            return pl.read_parquet(path, columns=wanted)
        return pl.read_csv(path, columns=wanted, infer_schema=False, null_values=NULL_WORDS)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as cause:
        reason = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        wanted_kind = "Parquet" if parquet else "CSV"
        raise InputError(f"{kind} {path} cannot be read as {wanted_kind}: {reason}. Export it again") from cause


def integers(column: pl.Series, low: int, high: int) -> npt.NDArray[np.int64]:
    """int64 values of a column of integers (or of text or floats that are whole), all in low..high."""
    allowed = f"a whole number from {low} to {high}"
    if column.dtype in (pl.Boolean, pl.Date) or column.dtype.is_nested():
        raise InputError(f"column {column.name} has type {column.dtype}; it must hold {allowed}")
    numbers = column.str.strip_chars() if column.dtype == pl.String else column
    reals = numbers.cast(pl.Float64, strict=False)
    bad = reals.is_null() | reals.is_nan() | (reals != reals.round()) | (reals < low) | (reals > high)
    refuse_first(column, bad.fill_null(True), f"it must be {allowed}")
    return reals.cast(pl.Int64).to_numpy()


def words(column: pl.Series) -> pl.Series:
    """Text without surrounding blanks; null or empty is an error, and so is a column of numbers."""
    if column.dtype in (pl.Categorical, pl.Enum, pl.Null):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        raise InputError(f"column {column.name} has type {column.dtype}; it must hold text")
    text = column.str.strip_chars().str.normalize("NFC")
    refuse_first(column, text.is_null() | (text == ""), "it must not be empty")
    return text


def optional_day_ordinals(column: pl.Series) -> npt.NDArray[np.int64]:
    """Proleptic ordinals of dates, datetimes or yyyy-mm-dd text; null gives 0."""
    if column.dtype == pl.Null:
        return np.zeros(len(column), dtype=np.int64)
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        days = text.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[ T].*)?$").str.to_date("%Y-%m-%d", strict=False)
        refuse_first(column, days.is_null() & column.is_not_null(), "it must be a date that exists, as yyyy-mm-dd")
    elif column.dtype == pl.Date or isinstance(column.dtype, pl.Datetime):
        days = column.cast(pl.Date)
    else:
        raise InputError(f"column {column.name} has type {column.dtype}; it must hold dates or yyyy-mm-dd text")
    ordinals = days.to_physical().cast(pl.Int64) + EPOCH_ORDINAL
    return ordinals.fill_null(0).to_numpy()


def optional_cents(column: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """(hundredths int64, known bool) of a column of decimal amounts; null is unknown and gives 0.

    Amounts with at most two decimals are exact: a float64 below 10^9 is nearer to its own two-decimal
    value than to any other. More decimals round half up (away from zero). NaN and infinity are errors.
    """
    if column.dtype in (pl.Boolean, pl.Date) or column.dtype.is_nested():
        raise InputError(f"column {column.name} has type {column.dtype}; it must hold amounts")
    numbers = column.str.strip_chars() if column.dtype == pl.String else column
    reals = numbers.cast(pl.Float64, strict=False)
    known = column.is_not_null()
    bad = known & (reals.is_null() | reals.is_nan() | (reals.abs() > 1e9).fill_null(True))
    refuse_first(column, bad, "it must be an amount between -1e9 and 1e9 (null where unknown)")
    scaled = reals.fill_null(0.0).to_numpy() * 100.0
    nearest = np.rint(scaled)
    rounded = np.where(np.abs(scaled - nearest) < 1e-4, nearest, np.sign(scaled) * np.floor(np.abs(scaled) + 0.5))
    return rounded.astype(np.int64), known.to_numpy()


def refuse_first(column: pl.Series, bad: pl.Series, rule: str) -> None:
    """InputError for the first row where `bad` is true, saying how many more there are."""
    rows = bad.arg_true()
    if len(rows) == 0:
        return
    row = int(rows[0])
    more = f" ({len(rows) - 1} more rows like it)" if len(rows) > 1 else ""
    value = column[row]
    shown = "null" if value is None else repr(value)[:60]
    raise InputError(f"row {row}, column {column.name}: {shown}; {rule}{more}. Rows count from 0, without the header")
