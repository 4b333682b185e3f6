"""A few holds in names and dates: as objects, or as a short frame made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter

import numpy as np
import polars as pl

from nightgrid.catalog import Catalog
from nightgrid.engine.edge.answers import HoldView
from nightgrid.engine.edge.hold_frames import STATES, NameColumns, hex_digest, hold_frame
from nightgrid.engine.edge.names import Names
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.upkeep.questions import FOUND_WORDS
from nightgrid.nights import to_date

#: Up to so many holds a frame is made from objects: its columns, one by one, take longer.
SHORT = 64

_values_of = attrgetter(*(field.name for field in fields(HoldView)))


def views_of(
    lines: Sequence[list[int]], catalog: Catalog, names: Names, digests: Sequence[str], now_ms: int
) -> list[HoldView]:
    """Holds as they were found (`native.upkeep.questions.FOUND_WORDS`) in names and dates. digests: of all price
    versions, the first of serial number 1.
    """
    blocks = {control: name for name, control in names.blocks.items()}
    counters = {counter: name for name, counter in names.counters.items()}
    return [_view(line, catalog, names, blocks, counters, digests, now_ms) for line in lines]


def _view(
    line: list[int],
    catalog: Catalog,
    names: Names,
    blocks: dict[int, str],
    counters: dict[int, str],
    digests: Sequence[str],
    now_ms: int,
) -> HoldView:
    """One of them, its fields in their order: a record between its words and it would take as long again."""
    word, place, stay, scope, link = (
        line[at.W_STATE], line[at.W_PLACE], line[at.W_STAY], line[at.W_SCOPE], line[at.W_LINK],
    )  # fmt: skip
    deadline_ms, previous = line[at.W_DEADLINE_MS], line[at.W_PREVIOUS]
    quote, points = line[at.W_WORDS + 1 + at.B_QUOTE], line[at.W_WORDS + 1 + at.B_POINTS]
    row, product = place & 0xFFFFFFFF, (place >> 32) - 1
    ended = word & at.STATE_ENDED
    state = word & at.STATE_MASK
    due = state == at.STATE_HELD and deadline_ms <= now_ms
    channel = scope & q.CHANNEL_MASK
    return HoldView(
        word >> 8 << 32 | line[at.W_WORDS],
        "expired" if due else STATES[state],
        catalog.hotel_ids[int(catalog.row_hotel[row])],
        catalog.room_type_ids[row],
        catalog.plan_ids[product] if product >= 0 else None,
        to_date(stay & 0x3FFFFF),
        stay >> 22 & 0x1FF,
        stay >> 31 & 0x1FF,
        stay >> 40,
        max(deadline_ms, 0),
        line[at.W_TAKEN_MS],
        (line[at.W_RESOLVED_MS] or None) if ended else None,
        line[at.W_LSN],
        names.tiers[scope >> q.CLASS_SHIFT & q.CLASS_MASK] if names.tiers else None,
        names.channels[channel - 1] if channel else None,
        blocks.get((scope >> q.BLOCK_SHIFT & q.NUMBER_MASK) - 1),
        counters.get((scope >> q.COUNTER_SHIFT & q.NUMBER_MASK) - 1),
        scope >> q.UNITS_SHIFT & q.UNITS_MAX,
        counters.get((points & q.NUMBER_MASK) - 1),
        points >> q.POINTS_SHIFT,
        link if link > 0 else None,
        -link if link < 0 else None,
        previous if ended and previous > 0 else None,
        ((-1 - previous if previous < 0 else None) if ended else line[at.W_VALUE]) or None,
        hex_digest(quote) if quote else None,
        digests[line[at.W_WORDS + 1 + at.B_VERSION] - 1] if quote else None,
    )


@cache
def _schema() -> dict[str, pl.DataType]:
    """Columns of a frame of holds, as `hold_frame` makes them, whatever the store."""
    catalog = Catalog.from_frames(
        {"hotel_id": ["-"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["-"], "room_type_id": ["-"], "capacity": [1], "base_minor": [1]},
    )
    nothing = np.empty((0, FOUND_WORDS), np.int64)
    return dict(hold_frame(nothing, NameColumns(catalog), Names(), (), 0).schema)


def frame_of_views(views: Sequence[HoldView]) -> pl.DataFrame:
    """The frame of `hold_frame`, from a few views. O(views)."""
    return pl.DataFrame([_values_of(view) for view in views], schema=_schema(), orient="row")
