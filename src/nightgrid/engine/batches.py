"""Many holds in one call: a frame of requests in, a frame of outcomes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.digests import Digests
from nightgrid.engine.frames import (
    UNKNOWN_HOTEL_ROW,
    UNKNOWN_PRODUCT_ROW,
    as_frame,
    integers,
    optional_integers,
    ordinals,
    refuse_unknown,
    require,
    row_indexes,
    text_list,
)
from nightgrid.engine.names import Names
from nightgrid.errors import InputTypeError, NightgridError
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import HOLD_TTL_MS_DEFAULT, HOLD_TTL_MS_MAX
from nightgrid.native.store import requests as q
from nightgrid.nights import to_ordinal
from nightgrid.outcomes import Outcome

_EPOCH = to_ordinal("1970-01-01")
_ANY = 2**31 - 1
#: Columns of a frame that fill fields beyond the first Q_PLAIN.
_BEYOND_PLAIN = frozenset(
    ("guest", "reference", "value_minor", "guests", "tier", "channel", "block", "coupon", "coupon_units")
)
_COLUMNS = (
    "hotel_id", "room_type_id", "row_index", "arrival", "nights", "rooms", "ttl_seconds", "key", "key_high", "key_low",
    "guest", "guests", "plan", "tier", "channel", "block", "reference", "value_minor", "coupon", "coupon_units",
)  # fmt: skip


def requests_of(catalog: Catalog, digests: Digests, names: Names, source: Any) -> NDArray[np.int64]:
    """The request columns of a frame as int64 (Q_FIELDS, request), see `native.store.requests`.

    A value that can only be a caller's mistake (a float, a null) raises before anything is held; what can be
    answered for one line (an unknown hotel, 0 nights, beyond the window) comes back as its outcome.
    """
    what = "hold_many"
    frame = as_frame(what, source)
    refuse_unknown(what, frame, _COLUMNS)
    require(what, frame, ["arrival", "nights"])
    requests = np.zeros((q.Q_FIELDS, len(frame)), np.int64)
    requests[q.Q_ROW] = row_indexes(what, catalog, frame, strict=False)
    requests[q.Q_PRODUCT] = -1
    requests[q.Q_ARRIVAL] = ordinals(what, frame, "arrival")
    requests[q.Q_NIGHTS] = integers(what, frame, "nights", -_ANY, _ANY)
    requests[q.Q_ROOMS] = integers(what, frame, "rooms", -_ANY, _ANY) if "rooms" in frame.columns else 1
    requests[q.Q_TTL_MS] = HOLD_TTL_MS_DEFAULT
    if "ttl_seconds" in frame.columns:
        require(what, frame, ["ttl_seconds"])
        requests[q.Q_TTL_MS] = integers(what, frame, "ttl_seconds", 1, HOLD_TTL_MS_MAX // 1000) * 1000
    digests.keys(what, frame, requests[q.Q_KEY_HIGH : q.Q_KEY_LOW + 1])
    if "guest" in frame.columns:
        requests[q.Q_GUEST] = digests.words(what, "guest", frame["guest"])
    if "reference" in frame.columns:
        requests[q.Q_REFERENCE] = digests.words(what, "reference", frame["reference"])
    _fill_extras(what, catalog, names, frame, requests)
    return requests


def _scope_column(what: str, frame: pl.DataFrame, column: str) -> list[Any]:
    if column == "coupon_units":
        values, given = optional_integers(what, frame, column, 0, 2**31)
        return [units if there else 1 for units, there in zip(values.tolist(), given, strict=True)]
    return text_list(what, frame, column)


def _fill_extras(what: str, catalog: Catalog, names: Names, frame: pl.DataFrame, requests: NDArray[np.int64]) -> None:
    """Plan, scope, value and guests of every line; a mistake names its row."""
    for column, line, low in (("value_minor", q.Q_VALUE, 0), ("guests", q.Q_GUESTS, 1)):
        if column in frame.columns:
            values, there = optional_integers(what, frame, column, low, 2**53)
            requests[line] = np.where(there, values, 0)
    scoped = [column for column in ("tier", "channel", "block", "coupon", "coupon_units") if column in frame.columns]
    if scoped:
        known: dict[tuple[Any, ...], int] = {}
        for row, given in enumerate(zip(*(_scope_column(what, frame, column) for column in scoped), strict=True)):
            if given not in known:
                words = {name: value for name, value in zip(scoped, given, strict=True) if value is not None}
                try:
                    known[given] = names.scope(**words)
                except NightgridError as error:
                    raise type(error)(f"{what}: row {row}: {error}") from None
            requests[q.Q_SCOPE, row] = known[given]
    if "plan" in frame.columns:
        for row, plan in enumerate(text_list(what, frame, "plan")):
            if plan is not None and requests[q.Q_ROW, row] >= 0:
                product = catalog.product_of_row(int(requests[q.Q_ROW, row]), plan)
                requests[q.Q_PRODUCT, row] = product
                if product < 0:
                    requests[q.Q_ROW, row] = UNKNOWN_PRODUCT_ROW


def hold_many(
    catalog: Catalog, inventory: Inventory, digests: Digests, names: Names, source: Any, now_ms: int
) -> pl.DataFrame:
    """Hold every line in order: outcome int16, hold_id int64, lsn int64 (0 where refused), night date of the first
    failing night.
    """
    frame = as_frame("hold_many", source)
    requests = requests_of(catalog, digests, names, frame)
    if _BEYOND_PLAIN.isdisjoint(frame.columns):
        requests = requests[: q.Q_PLAIN]
    return answer_requests(inventory, requests, now_ms)


def answer_requests(inventory: Inventory, requests: NDArray[np.int64], now_ms: int) -> pl.DataFrame:
    """Hold every request in order, int64 (Q_FIELDS or Q_PLAIN, request): the answer of `hold_many`."""
    answer = inventory.hold_batch(requests, now_ms)
    unknown_hotel = (answer.code == Outcome.UNKNOWN_PRODUCT) & (requests[0] == UNKNOWN_HOTEL_ROW)
    answer.code[unknown_hotel] = Outcome.UNKNOWN_HOTEL
    nights = pl.Series("night", (answer.night - _EPOCH).astype(np.int32)).cast(pl.Date)
    answers = pl.DataFrame({"outcome": answer.code, "hold_id": answer.hold_id, "lsn": answer.lsn}).with_columns(nights)
    refused_by_night = pl.col("outcome").is_in([int(outcome) for outcome in Outcome if outcome.has_night])
    return answers.with_columns(pl.when(refused_by_night).then(pl.col("night")))


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
