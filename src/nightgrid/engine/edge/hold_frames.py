"""Slots and records of holds as columns with names and dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.names import Names
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.nights import to_ordinal

STATES = {
    at.STATE_HELD: "held",
    at.STATE_BOOKED: "booked",
    at.STATE_RELEASED: "released",
    at.STATE_EXPIRED: "expired",
    at.STATE_CANCELLED: "cancelled",
    at.STATE_CHECKED_IN: "checked_in",
    at.STATE_CHECKED_OUT: "checked_out",
    at.STATE_NO_SHOW: "no_show",
}
_EPOCH = to_ordinal("1970-01-01")
Words = NDArray[np.int64]


def dates_of(ordinals: Words) -> pl.Series:
    """Ordinals as dates; 0 is none."""
    days = pl.Series((ordinals - _EPOCH).astype(np.int32)).cast(pl.Date)
    return days if ordinals.all() else days.zip_with(pl.Series(ordinals != 0), pl.Series([None], dtype=pl.Date))


def named(names: dict[int, str] | list[str], positions: Words) -> pl.Series:
    """The names at positions; null where there is none."""
    known = dict(enumerate(names)) if isinstance(names, list) else names
    return pl.Series([known.get(position) for position in positions.tolist()], dtype=pl.String)


def _or_null(values: Words, there: NDArray[np.bool_]) -> pl.Series:
    """Values as int64, null where there is none."""
    return pl.Series(values, dtype=pl.Int64).set(pl.Series(~there), None)


class NameColumns:
    """The names of a catalogue as columns to gather from: making them anew costs more than most questions."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.hotel = pl.Series(catalog.hotel_ids, dtype=pl.String).gather(catalog.row_hotel)
        self.room_type = pl.Series(catalog.room_type_ids, dtype=pl.String)
        self.plan = pl.Series(catalog.plan_ids, dtype=pl.String)

    def rows(self, row: NDArray[np.integer]) -> dict[str, pl.Series]:
        """Columns hotel_id and room_type_id of rows."""
        return {"hotel_id": self.hotel.gather(row), "room_type_id": self.room_type.gather(row)}

    def places(self, place: Words) -> dict[str, pl.Series]:
        """Columns hotel_id, room_type_id and plan of place words."""
        product = (place >> 32) - 1
        plan = self.plan.gather(np.maximum(product, 0)).set(pl.Series(product < 0), None)
        return {**self.rows(place & 0xFFFFFFFF), "plan": plan}


def stay_columns(stay: Words) -> dict[str, pl.Series]:
    """Columns arrival, nights, nights_kept and rooms of stay words."""
    return {
        "arrival": dates_of(stay & 0x3FFFFF),
        "nights": pl.Series(stay >> 22 & 0x1FF),
        "nights_kept": pl.Series(stay >> 31 & 0x1FF),
        "rooms": pl.Series(stay >> 40),
    }


def scope_columns(names: Names, scope: Words, points: Words) -> dict[str, pl.Series]:
    """Columns tier, channel, block, coupon, coupon_units, points and points_units of scope words and points words."""
    blocks = {control: name for name, control in names.blocks.items()}
    counters = {counter: name for name, counter in names.counters.items()}
    return {
        "tier": named(list(names.tiers), scope >> q.CLASS_SHIFT & q.CLASS_MASK),
        "channel": named(list(names.channels), (scope & q.CHANNEL_MASK) - 1),
        "block": named(blocks, (scope >> q.BLOCK_SHIFT & q.NUMBER_MASK) - 1),
        "coupon": named(counters, (scope >> q.COUNTER_SHIFT & q.NUMBER_MASK) - 1),
        "coupon_units": pl.Series(scope >> q.UNITS_SHIFT & q.UNITS_MAX),
        "points": named(counters, (points & q.NUMBER_MASK) - 1),
        "points_units": pl.Series(points >> q.POINTS_SHIFT),
    }


def link_columns(link: Words) -> dict[str, pl.Series]:
    """Columns cart_id and linked_to of link words."""
    return {"cart_id": _or_null(link, link > 0), "linked_to": _or_null(-link, link < 0)}


def hex_digest(word: int) -> str:
    """A digest of 64 bits as 16 hexadecimal digits."""
    return f"{word & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def quote_columns(quote: Words, version: Words, digests: Sequence[str]) -> dict[str, pl.Series]:
    """Columns quote and price_version of digest words and serial numbers, null where both are 0. digests: of all
    price versions, the first of serial number 1.
    """
    names = [hex_digest(word) if word else None for word in quote.tolist()]
    return {
        "quote": pl.Series(names, dtype=pl.String),
        "price_version": named(dict(enumerate(digests, 1)) if version.any() else {}, version),
    }


def hold_frame(slots: Words, columns: NameColumns, names: Names, digests: Sequence[str], now_ms: int) -> pl.DataFrame:
    """Holds, int64 (hold, `native.upkeep.questions.FOUND_WORDS`), as a frame with the fields of `HoldView`."""
    word = slots[:, at.W_STATE]
    state = word & at.STATE_MASK
    state = np.where((state == at.STATE_HELD) & (slots[:, at.W_DEADLINE_MS] <= now_ms), at.STATE_EXPIRED, state)
    ended = word & at.STATE_ENDED != 0
    again = slots[:, at.W_PREVIOUS]
    value = np.where(ended, -1 - again, slots[:, at.W_VALUE])
    return pl.DataFrame(
        {
            "id": word >> 8 << 32 | slots[:, at.W_WORDS],
            "state": named(STATES, state),
            **columns.places(slots[:, at.W_PLACE]),
            **stay_columns(slots[:, at.W_STAY]),
            "deadline_ms": np.maximum(slots[:, at.W_DEADLINE_MS], 0),
            "taken_ms": slots[:, at.W_TAKEN_MS],
            "resolved_ms": _or_null(slots[:, at.W_RESOLVED_MS], ended),
            "lsn": slots[:, at.W_LSN],
            **scope_columns(names, slots[:, at.W_SCOPE], slots[:, at.W_WORDS + 1 + at.B_POINTS]),
            **link_columns(slots[:, at.W_LINK]),
            "booked_again": _or_null(again, ended & (again > 0)),
            "value_minor": _or_null(value, value > 0),
            **quote_columns(slots[:, at.W_WORDS + 1 + at.B_QUOTE], slots[:, at.W_WORDS + 1 + at.B_VERSION], digests),
        }
    )
