"""What each night of a stay is worth: `nights_minor` of requests, and where kernels find it.

A kernel gets the address of a stay's values. They stand behind the requests in one piece of memory, so that they live
as long as these.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.counts import plain_int
from nightgrid.errors import InputError, InputTypeError
from nightgrid.native.store import requests as q

VALUE_MAX = 2**53
_INTEGERS = "give whole numbers of minor units, one for each night"


def request_with(values: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """An empty request with the values of its nights, if any, int64 (Q_FIELDS, 1). All zero says nothing, as 0 does."""
    request = requests_with(1, values)
    if values is not None:
        request[q.Q_VALUE] = values.sum()
        request[q.Q_NIGHT_VALUES] = address_behind(request) if values.any() else 0
    return request


def requests_with(count: int, values: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Empty requests, int64 (Q_FIELDS, count), with values of nights, int64, in the memory behind them."""
    more = 0 if values is None else values.size
    memory = np.zeros(q.Q_FIELDS * count + more, np.int64)
    if values is not None:
        memory[q.Q_FIELDS * count :] = values
    return memory[: q.Q_FIELDS * count].reshape(q.Q_FIELDS, count)


def address_behind(requests: NDArray[np.int64]) -> int:
    """Address of the values that stand behind requests."""
    return int(requests.ctypes.data) + requests.nbytes


def values_of(nights_minor: Any, nights: int, value_minor: Any = None) -> NDArray[np.int64] | None:
    """The values of a stay's nights, int64 (night); None where they are not said."""
    if nights_minor is None:
        return None
    if value_minor is not None:
        raise InputError("value_minor and nights_minor are both given; the stay's value is the sum of its nights'")
    try:
        plain = None if isinstance(nights_minor, str | bytes | dict) else list(nights_minor)
    except TypeError:
        plain = None
    if plain is None:
        raise InputTypeError(f"nights_minor is {nights_minor!r}; {_INTEGERS}")
    given = [plain_int(value) for value in plain]
    if len(given) != nights:
        raise InputError(f"nights_minor has {len(given)} values, and the stay has {nights} nights; {_INTEGERS}")
    for night, value in enumerate(given):
        if type(value) is not int:
            raise InputTypeError(f"nights_minor[{night}] is {value!r}; {_INTEGERS}")
        if not 0 <= value <= VALUE_MAX:
            raise InputError(f"nights_minor[{night}] is {value}; allowed are 0 to {VALUE_MAX}")
    if sum(given) > VALUE_MAX:
        raise InputError(f"nights_minor adds up to {sum(given)}; allowed are 0 to {VALUE_MAX}")
    return np.array(given, np.int64)


def _lists(what: str, column: pl.Series) -> pl.Series:
    """A column of lists of whole numbers; a mistake names its row."""
    if column.dtype == pl.Null:
        return column.cast(pl.List(pl.Int64))
    inner = column.dtype.inner if isinstance(column.dtype, pl.List | pl.Array) else None
    if inner is None or not (inner.is_integer() or inner == pl.Null):
        raise InputTypeError(
            f"{what}: column nights_minor has type {column.dtype}; a list of int64 is needed: {_INTEGERS}"
        )
    return column.cast(pl.List(pl.UInt64 if inner == pl.UInt64 else pl.Int64))


def values_of_lines(what: str, frame: pl.DataFrame, nights: NDArray[np.integer] | int) -> pl.Series | None:
    """Column nights_minor of a frame as lists of int64, null where a line says nothing; None where no line says it.

    nights (line): of each stay [in]. InputError or InputTypeError names the row.
    """
    if "nights_minor" not in frame.columns:
        return None
    lists = _lists(what, frame["nights_minor"])
    if lists.null_count() == len(lists):
        return None
    place = f"{what}: column nights_minor"
    if "value_minor" in frame.columns:
        for row in (lists.is_not_null() & frame["value_minor"].is_not_null()).arg_true().head(1):
            raise InputError(f"{place} and value_minor are both given in row {row}; leave one of them null")
    count = lists.list.len()
    of_stay = pl.Series(nights + np.zeros(len(frame), np.int64))
    for row in (count != of_stay).fill_null(value=False).arg_true().head(1):
        raise InputError(f"{place} has {count[row]} values in row {row}, and that stay has {of_stay[row]} nights")
    wrong = lists.list.eval(~pl.element().is_between(0, VALUE_MAX)).list.any()
    wrong |= lists.list.eval(pl.element().is_null()).list.any()
    for row in wrong.fill_null(value=False).arg_true().head(1):
        night, value = next(
            (night, value) for night, value in enumerate(lists[row]) if value is None or not 0 <= value <= VALUE_MAX
        )
        found = "null" if value is None else value
        raise InputError(f"{place} is {found} in row {row}, night {night}; allowed are 0 to {VALUE_MAX}")
    lists = lists.cast(pl.List(pl.Int64))  # STAY_NIGHTS_MAX of them do not pass the largest int64
    for row in (lists.list.sum() > VALUE_MAX).fill_null(value=False).arg_true().head(1):
        raise InputError(f"{place} adds up to {sum(lists[row])} in row {row}; allowed are 0 to {VALUE_MAX}")
    return lists


def fill_values(requests: NDArray[np.int64], lists: pl.Series) -> None:
    """Write the values of lines into requests that `requests_with` made of them: int64 (Q_FIELDS, line) [inout]."""
    counts = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    sums = lists.list.sum().fill_null(0).to_numpy()
    begins = address_behind(requests) + 8 * (np.cumsum(counts) - counts)
    said = sums > 0
    requests[q.Q_VALUE] = np.where(said, sums, requests[q.Q_VALUE])
    requests[q.Q_NIGHT_VALUES] = np.where(said, begins, 0)
