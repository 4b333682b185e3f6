"""Read a stream of hotel bookings (the columns of "Hotel booking demand datasets") into arrays.

Data: "Hotel booking demand datasets", N. Antonio, A. de Almeida, L. Nunes, Data in Brief 22 (2019)
41-49, https://doi.org/10.1016/j.dib.2018.11.126, CC BY 4.0. Any file with the same columns will do.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from nightgrid.errors import InputError
from nightgrid.jobs.replay.columns import (
    EPOCH_ORDINAL,
    integers,
    optional_cents,
    optional_day_ordinals,
    read_columns,
    refuse_first,
    words,
)
from nightgrid.limits import STAY_NIGHTS_MAX, WINDOW_NIGHTS_MAX

CREDIT = (
    '"Hotel booking demand datasets", N. Antonio, A. de Almeida, L. Nunes, Data in Brief 22 (2019) 41-49, '
    "https://doi.org/10.1016/j.dib.2018.11.126, CC BY 4.0; changed: types and file format only"
)
STATUSES = ("Check-Out", "Canceled", "No-Show")
CHECK_OUT, CANCELED, NO_SHOW = range(3)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_REQUIRED = (
    "hotel",
    "lead_time",
    "arrival_date_year",
    "arrival_date_month",
    "arrival_date_day_of_month",
    "stays_in_weekend_nights",
    "stays_in_week_nights",
    "reserved_room_type",
    "reservation_status",
    "reservation_status_date",
)
_OPTIONAL = ("adr",)
_LEAD_DAYS_FILE_MAX = 36_500


@dataclass(frozen=True, slots=True)
class Bookings:
    """The bookings of at least one night, in file order; every array has one entry per booking.

    rows_in_file, skipped (stays of 0 nights) : counts
    type_names : (hotel, room type) of each type that was booked, sorted; `type_index` int64 points into it
    row : int64 position in the file, from 0; arrival, booked, status_day : int64 ordinals (0 = no date)
    nights, lead_days : int64; status : int8, position in STATUSES
    adr_minor : int64 euro cents per night; adr_known : bool
    """

    source: str
    rows_in_file: int
    skipped: int
    type_names: list[tuple[str, str]]
    row: npt.NDArray[np.int64]
    type_index: npt.NDArray[np.int64]
    arrival: npt.NDArray[np.int64]
    nights: npt.NDArray[np.int64]
    lead_days: npt.NDArray[np.int64]
    booked: npt.NDArray[np.int64]
    status: npt.NDArray[np.int8]
    status_day: npt.NDArray[np.int64]
    adr_minor: npt.NDArray[np.int64]
    adr_known: npt.NDArray[np.bool_]

    @property
    def first_night(self) -> int:
        """Ordinal of the earliest arrival."""
        return int(self.arrival.min())

    @property
    def window_nights(self) -> int:
        """Nights from the earliest arrival to the latest departure."""
        return int((self.arrival + self.nights).max()) - self.first_night


def read_bookings(path: str | os.PathLike[str]) -> Bookings:
    """Read and check a bookings file, Parquet or CSV. O(rows).

    InputError names the file, column and row of the first problem: a missing column, NaN or a null
    where a value is needed, negative nights or lead, an arrival date that does not exist, an unknown
    status, a cancellation without a date, a stay or a window longer than the library's limits.
    """
    source = Path(path)
    frame = read_columns(source, _REQUIRED, _OPTIONAL, "bookings file")
    if frame.height == 0:
        raise InputError(f"bookings file {source} has no rows; there is nothing to replay")
    arrival = _arrivals(frame)
    nights = integers(frame["stays_in_weekend_nights"], 0, STAY_NIGHTS_MAX)
    nights = nights + integers(frame["stays_in_week_nights"], 0, STAY_NIGHTS_MAX)
    too_long = pl.Series(nights > STAY_NIGHTS_MAX)
    refuse_first(frame["stays_in_week_nights"], too_long, f"a stay has at most {STAY_NIGHTS_MAX} nights")
    lead_days = integers(frame["lead_time"], 0, _LEAD_DAYS_FILE_MAX)
    status = _statuses(frame["reservation_status"])
    status_day = optional_day_ordinals(frame["reservation_status_date"])
    undated = pl.Series((status == CANCELED) & (status_day == 0))
    refuse_first(frame["reservation_status_date"], undated, "a Canceled booking needs the day it was cancelled")
    if "adr" in frame.columns:
        adr_minor, adr_known = optional_cents(frame["adr"])
    else:
        adr_minor, adr_known = np.zeros(frame.height, np.int64), np.zeros(frame.height, np.bool_)

    kept = np.flatnonzero(nights > 0)
    if len(kept) == 0:
        raise InputError(f"bookings file {source} has no stay of one night or more; there is nothing to replay")
    type_names, type_index = _types(frame[kept])
    bookings = Bookings(
        source=str(source),
        rows_in_file=frame.height,
        skipped=frame.height - len(kept),
        type_names=type_names,
        row=kept.astype(np.int64),
        type_index=type_index,
        arrival=arrival[kept],
        nights=nights[kept],
        lead_days=lead_days[kept],
        booked=arrival[kept] - lead_days[kept],
        status=status[kept],
        status_day=status_day[kept],
        adr_minor=adr_minor[kept],
        adr_known=adr_known[kept],
    )
    if bookings.window_nights > WINDOW_NIGHTS_MAX:
        raise InputError(
            f"bookings file {source} spans {bookings.window_nights} nights; a window has at most {WINDOW_NIGHTS_MAX}. "
            "Split the file by arrival date"
        )
    return bookings


def _arrivals(frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Ordinals of year, month in English words (or 1..12) and day; refuses days that do not exist."""
    years = integers(frame["arrival_date_year"], 1900, 2200)
    days = integers(frame["arrival_date_day_of_month"], 1, 31)
    column = frame["arrival_date_month"]
    if column.dtype.is_integer():
        months = integers(column, 1, 12)
    else:
        number_of = {name.lower(): number for number, name in enumerate(_MONTHS, 1)}
        spoken = words(column).str.to_lowercase()
        numbers = spoken.replace_strict(number_of, default=None, return_dtype=pl.Int64)
        refuse_first(column, numbers.is_null(), f"it must be an English month name ({_MONTHS[0]} .. {_MONTHS[-1]})")
        months = numbers.to_numpy()
    first_of_month = ((years - 1970) * 12 + months - 1).astype("datetime64[M]")
    lengths = ((first_of_month + 1).astype("datetime64[D]") - first_of_month.astype("datetime64[D]")).astype(np.int64)
    impossible = np.flatnonzero(days > lengths)
    if len(impossible):
        row = int(impossible[0])
        raise InputError(
            f"row {row}: the arrival date {days[row]} {_MONTHS[months[row] - 1]} {years[row]} does not exist "
            f"(that month has {lengths[row]} days); correct it. Rows count from 0, without the header"
        )
    return first_of_month.astype("datetime64[D]").astype(np.int64) + days - 1 + EPOCH_ORDINAL


def _statuses(column: pl.Series) -> npt.NDArray[np.int8]:
    text = words(column)
    codes = text.replace_strict({name: code for code, name in enumerate(STATUSES)}, default=None, return_dtype=pl.Int8)
    unknown = codes.is_null().arg_true()
    if len(unknown):
        close = difflib.get_close_matches(str(text[int(unknown[0])]), STATUSES, n=1, cutoff=0.5)
        hint = f" (did you mean {close[0]}?)" if close else ""
        refuse_first(column, codes.is_null(), f"it must be one of {', '.join(STATUSES)}{hint}")
    return codes.to_numpy()


def _types(frame: pl.DataFrame) -> tuple[list[tuple[str, str]], npt.NDArray[np.int64]]:
    """All (hotel, room type) pairs of the file, sorted, and each row's position among them."""
    pairs = pl.DataFrame({"hotel": words(frame["hotel"]), "kind": words(frame["reserved_room_type"])})
    distinct = pairs.unique().sort("hotel", "kind").with_row_index("type_index")
    index = pairs.join(distinct, on=["hotel", "kind"], how="left", maintain_order="left")["type_index"]
    return [(hotel, kind) for _, hotel, kind in distinct.iter_rows()], index.to_numpy().astype(np.int64)
