"""Many holds in one call: a frame of requests in, a frame of outcomes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from threading import local
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.digests import Digests
from nightgrid.engine.edge.frames import (
    EPOCH,
    UNKNOWN_HOTEL_ROW,
    UNKNOWN_PRODUCT_ROW,
    as_frame,
    days_since_1970,
    integers,
    optional_integers,
    refuse_unknown,
    require,
    row_indexes,
    text_list,
)
from nightgrid.engine.edge.names import Names
from nightgrid.engine.edge.night_values import VALUE_MAX, fill_values, requests_with, values_of_lines
from nightgrid.errors import InputError, InputTypeError, NightgridError
from nightgrid.inventory.inventory import BatchAnswer, Inventory
from nightgrid.limits import HOLD_TTL_MS_DEFAULT, HOLD_TTL_MS_MAX
from nightgrid.native.store import requests as q
from nightgrid.outcomes import Outcome

_ANY = 2**31 - 1
_TTL_MS = HOLD_TTL_MS_DEFAULT
_PART = 32_768  # requests that are handed to the kernel at once
_UNKNOWN_PRODUCT = int(Outcome.UNKNOWN_PRODUCT)  # plain numbers: what is compared with them stays int16
_FIRST_OF_NIGHTS = min(int(outcome) for outcome in Outcome if outcome.has_night)
_LAST_OF_NIGHTS = max(int(outcome) for outcome in Outcome if outcome.has_night)
_BETWEEN = [int(each) for each in Outcome if _FIRST_OF_NIGHTS < each < _LAST_OF_NIGHTS and not each.has_night]
#: Columns of a frame that fill fields beyond the first Q_PLAIN, or change them.
_BEYOND_PLAIN = frozenset(
    ("guest", "reference", "value_minor", "nights_minor", "guests", "plan", "tier", "channel", "block", "coupon",
     "coupon_units", "points", "points_units", "replace")
)  # fmt: skip
_SCOPED = ("tier", "channel", "block", "coupon", "coupon_units", "points", "points_units")
_OF_HOLDS = ("ttl_seconds", "replace")
_thread = local()
_COLUMNS = (
    "hotel_id", "room_type_id", "row_index", "arrival", "nights", "departure", "rooms", "key", "key_high", "key_low",
    "guest", "guests", "plan", "tier", "channel", "block", "reference", "value_minor", "nights_minor",
    "coupon", "coupon_units", "points", "points_units",
)  # fmt: skip


def _ttl_ms(what: str, frame: pl.DataFrame) -> NDArray[np.int64]:
    """Times to live in milliseconds: whole or broken seconds, inside (0, 30 days]."""
    seconds = frame["ttl_seconds"]
    if not seconds.dtype.is_float():
        return integers(what, frame, "ttl_seconds", 1, HOLD_TTL_MS_MAX // 1000) * 1000
    require(what, frame, ["ttl_seconds"])
    fits = seconds.is_between(0.001, HOLD_TTL_MS_MAX / 1000) & seconds.is_not_nan()
    if not fits.all():
        row = int((~fits).arg_max() or 0)
        high = HOLD_TTL_MS_MAX // 1000
        raise InputError(f"{what}: column ttl_seconds is {seconds[row]} in row {row}; allowed are 0.001 to {high}")
    return (seconds * 1000).round().cast(pl.Int64).to_numpy()


def _nights(what: str, frame: pl.DataFrame, arrival: NDArray[np.int32]) -> NDArray[np.int64]:
    """Nights of every line, from nights or from departure: a line has exactly one of them. arrival: days since 1970."""
    if "departure" not in frame.columns:
        return integers(what, frame, "nights", -_ANY, _ANY)
    leaves = frame["departure"].is_not_null()
    stays = frame["nights"].is_not_null() if "nights" in frame.columns else ~leaves & False
    for row in (leaves == stays).arg_true().head(1):
        raise InputError(f"{what}: row {row}: give exactly one of nights and departure")
    counted = optional_integers(what, frame, "nights", -_ANY, _ANY)[0] if stays.any() else 0
    if not leaves.any():
        return counted + np.zeros(len(frame), np.int64)
    # Filled up and not filtered: mistakes name their row of the whole frame.
    filling = "1970-01-01" if frame["departure"].dtype == pl.String else date(1970, 1, 1)
    known = frame["departure"].dtype in (pl.String, pl.Date)
    filled = frame.with_columns(pl.col("departure").fill_null(filling)) if known else frame
    leaving = days_since_1970(what, filled, "departure") - arrival.astype(np.int64)
    return np.where(leaves.to_numpy(), leaving, counted)


def _plain_fields(
    what: str, catalog: Catalog, digests: Digests, frame: pl.DataFrame, ttl_ms: int
) -> dict[int, NDArray[np.integer] | int]:
    """The first Q_PLAIN fields of every request of a frame: a whole number a line, or one for all; arrivals as days
    since 1970, which is how the frame has them.
    """
    refuse_unknown(what, frame, (*_COLUMNS, *_OF_HOLDS) if ttl_ms else _COLUMNS)
    require(what, frame, ["arrival"] if "departure" in frame.columns else ["arrival", "nights"])
    arrival = days_since_1970(what, frame, "arrival")
    fields: dict[int, NDArray[np.integer] | int] = {
        q.Q_ROW: row_indexes(what, catalog, frame, strict=False),
        q.Q_PRODUCT: -1,
        q.Q_ARRIVAL: arrival,
        q.Q_NIGHTS: _nights(what, frame, arrival),
        q.Q_ROOMS: integers(what, frame, "rooms", -_ANY, _ANY) if "rooms" in frame.columns else 1,
        q.Q_TTL_MS: _ttl_ms(what, frame) if "ttl_seconds" in frame.columns else ttl_ms,
    }
    fields[q.Q_KEY_HIGH], fields[q.Q_KEY_LOW] = digests.keys(what, frame)
    return fields


def requests_of(
    catalog: Catalog, digests: Digests, names: Names, source: Any, what: str = "hold_many", ttl_ms: int = _TTL_MS
) -> NDArray[np.int64]:
    """The request columns of a frame as int64 (Q_FIELDS, request), see `native.store.requests`.

    ttl_ms: where the frame says none; 0 = bookings at once. A value that can only be a caller's mistake (a float, a
    null) raises before anything is held; what can be answered for one line (an unknown hotel, 0 nights, beyond the
    window) comes back as its outcome.
    """
    frame = as_frame(what, source)
    fields = _plain_fields(what, catalog, digests, frame, ttl_ms)
    lists = values_of_lines(what, frame, fields[q.Q_NIGHTS])
    values = None if lists is None else lists.explode().drop_nulls().to_numpy()
    requests = requests_with(len(frame), values)
    for field, column in fields.items():
        requests[field] = column
    requests[q.Q_ARRIVAL] += EPOCH
    if "guest" in frame.columns:
        requests[q.Q_GUEST] = digests.words(what, "guest", frame["guest"])
    if "reference" in frame.columns:
        requests[q.Q_REFERENCE] = digests.words(what, "reference", frame["reference"])
    _fill_extras(what, catalog, names, frame, requests)
    if lists is not None:
        fill_values(requests, lists)
    return requests


def _scratch_of_thread() -> NDArray[np.int64]:
    """Memory for a part, kept by its thread: pages that are new each time cost more than what is written there."""
    kept: NDArray[np.int64] | None = getattr(_thread, "part", None)
    if kept is None:
        kept = _thread.part = np.empty(q.Q_PLAIN * _PART, np.int64)
    return kept


def _parts(
    fields: dict[int, NDArray[np.integer] | int], size: int, between: Callable[[], None] | None
) -> Iterator[NDArray[np.int64]]:
    """Plain requests as matrices (Q_PLAIN, at most _PART), which a cache keeps from when they are written to when they
    are read; each until the next. `between` is called after each but the last.
    """
    scratch = _scratch_of_thread()
    part = scratch[:0].reshape(q.Q_PLAIN, 0)
    for first in range(0, size, _PART):
        if first and between is not None:
            between()
        lines = slice(first, min(first + _PART, size))
        fresh = lines.stop - first != part.shape[1]
        if fresh:
            part = scratch[: q.Q_PLAIN * (lines.stop - first)].reshape(q.Q_PLAIN, -1)
        for field, values in fields.items():
            if field == q.Q_ARRIVAL:
                np.add(values[lines], EPOCH, out=part[field], dtype=np.int64)  # type: ignore[index]
            elif not isinstance(values, int):
                part[field] = values[lines]
            elif fresh:
                part[field] = values
        yield part


def _scope_column(what: str, frame: pl.DataFrame, column: str) -> list[Any]:
    if column in ("coupon_units", "points_units"):
        values, given = optional_integers(what, frame, column, 0, 2**53)
        return [units if there else 1 for units, there in zip(values.tolist(), given, strict=True)]
    return text_list(what, frame, column)


def _fill_extras(what: str, catalog: Catalog, names: Names, frame: pl.DataFrame, requests: NDArray[np.int64]) -> None:
    """Plan, scope, value and guests of every line; a mistake names its row."""
    numbers = (("value_minor", q.Q_VALUE, 0, VALUE_MAX), ("guests", q.Q_GUESTS, 1, 2**53))
    for column, line, low, high in (*numbers, ("replace", q.Q_REPLACES, 1, 2**63 - 1)):
        if column in frame.columns:
            values, there = optional_integers(what, frame, column, low, high)
            requests[line] = np.where(there, values, 0)
    scoped = [column for column in _SCOPED if column in frame.columns]
    if scoped:
        known: dict[tuple[Any, ...], tuple[int, int]] = {}
        for row, given in enumerate(zip(*(_scope_column(what, frame, column) for column in scoped), strict=True)):
            if given not in known:
                words = {name: value for name, value in zip(scoped, given, strict=True) if value is not None}
                try:
                    known[given] = names.words(**words)
                except NightgridError as error:
                    raise type(error)(f"{what}: row {row}: {error}") from None
            requests[q.Q_SCOPE, row], requests[q.Q_POINTS, row] = known[given]
    if "plan" in frame.columns:
        for row, plan in enumerate(text_list(what, frame, "plan")):
            if plan is not None and requests[q.Q_ROW, row] >= 0:
                product = catalog.product_of_row(int(requests[q.Q_ROW, row]), plan)
                requests[q.Q_PRODUCT, row] = product
                if product < 0:
                    requests[q.Q_ROW, row] = UNKNOWN_PRODUCT_ROW


def hold_many(
    catalog: Catalog,
    inventory: Inventory,
    digests: Digests,
    names: Names,
    source: Any,
    now_ms: int,
    between: Callable[[], None] | None = None,
    *,
    what: str = "hold_many",
    ttl_ms: int = _TTL_MS,
) -> pl.DataFrame:
    """Hold every line in order: outcome int16, hold_id int64, lsn int64 (0 where refused), night date of the first
    failing night. `between` is called now and then, before the ring of records is full of what it has not seen.
    ttl_ms: where the frame says none; 0 = bookings at once.
    """
    frame = as_frame(what, source)
    if not _BEYOND_PLAIN.isdisjoint(frame.columns):
        return answer_requests(inventory, requests_of(catalog, digests, names, frame, what, ttl_ms), now_ms)
    fields = _plain_fields(what, catalog, digests, frame, ttl_ms)
    return _answer_frame(inventory.hold_parts(_parts(fields, len(frame), between), len(frame), now_ms), fields[q.Q_ROW])


def answer_requests(inventory: Inventory, requests: NDArray[np.int64], now_ms: int) -> pl.DataFrame:
    """Hold every request in order, int64 (Q_FIELDS or Q_PLAIN, request): the answer of `hold_many`."""
    return _answer_frame(inventory.hold_batch(requests, now_ms), requests[q.Q_ROW])


def _answer_frame(answer: BatchAnswer, rows: Any) -> pl.DataFrame:
    """The frame that `hold_many` answers; rows (request): as `row_indexes` gives them."""
    code, days = answer.code, answer.night
    nameless = code == _UNKNOWN_PRODUCT
    if nameless.any():
        code[nameless & (rows == UNKNOWN_HOTEL_ROW)] = Outcome.UNKNOWN_HOTEL
    has_night = (code >= _FIRST_OF_NIGHTS) & (code <= _LAST_OF_NIGHTS)
    for outcome in _BETWEEN:
        has_night &= code != outcome
    days -= np.int32(EPOCH)
    nights = pl.Series("night", days).cast(pl.Date)
    nights = nights.zip_with(pl.Series(has_night), pl.Series([None], dtype=pl.Date))
    return pl.DataFrame({"outcome": code, "hold_id": answer.hold_id, "lsn": answer.lsn, "night": nights})


def _ids(ids: Any) -> NDArray[np.integer]:
    """Hold ids as whole numbers in a row."""
    if isinstance(ids, str | bytes) or not (isinstance(ids, Iterable) or hasattr(ids, "__array__")):
        raise InputTypeError(f"hold ids are {ids!r}; give a sequence of ids as answered by hold")
    try:
        values = np.asarray(ids if hasattr(ids, "__array__") else list(ids))
    except ValueError as error:
        raise InputTypeError(f"hold ids are no plain numbers ({error}); give ids as answered by hold") from None
    if values.size == 0 and values.ndim == 1:
        return values.astype(np.int64)
    if values.dtype.kind not in "iu" or values.ndim != 1:
        raise InputTypeError(
            f"hold ids have type {values.dtype} and shape {values.shape}; whole numbers as answered by hold are needed"
        )
    return values


def resolve_many(
    inventory: Inventory, ids: Iterable[int] | Any, verb: int, now_ms: int, argument: int = 0
) -> pl.DataFrame:
    """Apply a verb to ids in order: outcome int16, lsn int64."""
    values = _ids(ids)
    code, lsn = inventory.resolve_batch(values.astype(np.int64), verb, argument, now_ms)
    return pl.DataFrame({"outcome": code, "lsn": lsn})
