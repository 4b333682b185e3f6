"""Many holds in one call: a frame of requests in, a frame of outcomes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.digests import Digests
from nightgrid.engine.frames import UNKNOWN_HOTEL_ROW, as_frame, integers, ordinals, require, row_indexes
from nightgrid.errors import InputTypeError
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import HOLD_TTL_MS_DEFAULT, HOLD_TTL_MS_MAX
from nightgrid.nights import to_ordinal
from nightgrid.outcomes import Outcome

_EPOCH = to_ordinal("1970-01-01")
_ANY = 2**31 - 1


def requests_of(catalog: Catalog, inventory: Inventory, digests: Digests, source: Any) -> NDArray[np.int64]:
    """The request columns of a frame as int64 (8, request), in the order of `native.holds.hold_request`.

    A value that can only be a caller's mistake (a float, a null) raises before anything is held; what can be
    answered for one line (an unknown hotel, 0 nights, beyond the window) comes back as its outcome.
    """
    what = "hold_many"
    frame = as_frame(what, source)
    require(what, frame, ["arrival", "nights"])
    requests = np.zeros((8, len(frame)), np.int64)
    requests[0] = row_indexes(what, catalog, frame, strict=False)
    requests[1] = ordinals(what, frame, "arrival") - inventory.first_night
    requests[2] = integers(what, frame, "nights", -_ANY, _ANY)
    requests[3] = integers(what, frame, "rooms", -_ANY, _ANY) if "rooms" in frame.columns else 1
    requests[4] = HOLD_TTL_MS_DEFAULT
    if "ttl_seconds" in frame.columns:
        require(what, frame, ["ttl_seconds"])
        requests[4] = integers(what, frame, "ttl_seconds", 1, HOLD_TTL_MS_MAX // 1000) * 1000
    digests.keys(what, frame, requests[5:7])
    if "guest" in frame.columns:
        requests[7] = digests.words(what, "guest", frame["guest"])
    return requests


def hold_many(catalog: Catalog, inventory: Inventory, digests: Digests, source: Any, now_ms: int) -> pl.DataFrame:
    """Hold every line in order: outcome int16, hold_id int64, lsn int64 (0 where refused), night date of the first
    failing night.
    """
    requests = requests_of(catalog, inventory, digests, source)
    answer = inventory.hold_batch(requests, now_ms)
    unknown_hotel = (answer.code == Outcome.UNKNOWN_PRODUCT) & (requests[0] == UNKNOWN_HOTEL_ROW)
    answer.code[unknown_hotel] = Outcome.UNKNOWN_HOTEL
    nights = pl.Series("night", (answer.night + (inventory.first_night - _EPOCH)).astype(np.int32)).cast(pl.Date)
    frame = pl.DataFrame({"outcome": answer.code, "hold_id": answer.hold_id, "lsn": answer.lsn}).with_columns(nights)
    refused_by_night = (pl.col("outcome") >= 400) & (pl.col("outcome") < 600)
    return frame.with_columns(pl.when(refused_by_night).then(pl.col("night")))


def resolve_many(inventory: Inventory, ids: Iterable[int] | Any, verb: int, now_ms: int) -> pl.DataFrame:
    """Confirm, release or cancel ids in order: outcome int16, lsn int64."""
    if isinstance(ids, Iterable) and not hasattr(ids, "__array__"):
        ids = list(ids)
    values = np.asarray(ids)
    if values.size == 0:
        values = values.astype(np.int64)
    if values.dtype.kind not in "iu" or values.ndim != 1:
        raise InputTypeError(f"hold ids have type {values.dtype}; whole numbers as answered by hold are needed")
    code, lsn = inventory.resolve_batch(values.astype(np.int64), verb, now_ms)
    return pl.DataFrame({"outcome": code, "lsn": lsn})
