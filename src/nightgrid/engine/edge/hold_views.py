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
from nightgrid.inventory.slots import HoldRecord
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep.questions import FOUND_WORDS
from nightgrid.nights import to_date

#: Up to so many holds a frame is made from objects: its columns, one by one, take longer.
SHORT = 64

_values_of = attrgetter(*(field.name for field in fields(HoldView)))


def views_of(
    records: Sequence[HoldRecord], catalog: Catalog, names: Names, digests: Sequence[str], now_ms: int
) -> list[HoldView]:
    """Records in names and dates. digests: of all price versions, the first of serial number 1."""
    blocks = {control: name for name, control in names.blocks.items()}
    counters = {counter: name for name, counter in names.counters.items()}
    return [_view(record, catalog, names, blocks, counters, digests, now_ms) for record in records]


def _view(
    record: HoldRecord,
    catalog: Catalog,
    names: Names,
    blocks: dict[int, str],
    counters: dict[int, str],
    digests: Sequence[str],
    now_ms: int,
) -> HoldView:
    due = record.state == at.STATE_HELD and record.deadline_ms <= now_ms
    return HoldView(
        id=record.hold_id,
        state="expired" if due else STATES[record.state],
        hotel_id=catalog.hotel_ids[int(catalog.row_hotel[record.row])],
        room_type_id=catalog.room_type_ids[record.row],
        plan=catalog.plan_ids[record.product] if record.product >= 0 else None,
        arrival=to_date(record.arrival),
        nights=record.nights,
        nights_kept=record.kept_nights,
        rooms=record.rooms,
        deadline_ms=record.deadline_ms,
        taken_ms=record.taken_ms,
        resolved_ms=record.resolved_ms or None,
        lsn=record.lsn,
        tier=names.tiers[record.tier] if names.tiers else None,
        channel=names.channels[record.channel] if record.channel >= 0 else None,
        block=blocks.get(record.block),
        coupon=counters.get(record.counter),
        coupon_units=record.units,
        points=counters.get(record.points_counter),
        points_units=record.points_units,
        cart_id=record.link if record.link > 0 else None,
        linked_to=-record.link if record.link < 0 else None,
        booked_again=record.booked_again or None,
        value_minor=record.value_minor or None,
        quote=hex_digest(record.quote) if record.quote else None,
        price_version=digests[record.version - 1] if record.quote else None,
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
