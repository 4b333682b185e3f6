"""The selling controls of a real engine with the face of the oracle (`tests.oracles.controls`, `blocks`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from nightgrid.engine import Engine
from tests.oracles.grid import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def frame_of(first: date | None, last: date | None, weekdays: Iterable[str] | None, *lines: Mapping[str, Any]) -> Any:
    """A frame of lines over the same nights; without a first and last night the whole window."""
    common: dict[str, Any] = {} if weekdays is None else {"weekdays": ",".join(weekdays)}
    names = dict.fromkeys(name for line in lines for name in line)
    columns = {name: [line.get(name) for line in lines] for name in (*names,)}
    columns |= {name: [value] * len(lines) for name, value in common.items()}
    if first is not None or last is not None:
        columns |= {"first_night": [first] * len(lines), "last_night": [last] * len(lines)}
    return columns


class SellingFace:
    """What the hotel sets, and what is used of it."""

    engine: Engine

    def set_caps(
        self,
        hotel_id: str,
        first: date | None,
        last: date | None,
        rooms: int | None,
        room_type_id: str | None = None,
        channel: str | None = None,
        plan: str | None = None,
        kind: str = "cap",
        weekdays: Iterable[str] | None = None,
    ) -> None:
        line = {"hotel_id": hotel_id, "room_type_id": room_type_id, "channel": channel, "plan": plan, "kind": kind}
        self.engine.set_caps(frame_of(first, last, weekdays, {**line, "rooms": rooms}))

    def set_protection(
        self,
        hotel_id: str,
        first: date | None,
        last: date | None,
        protected: Mapping[str, int | None] | None = None,
        room_type_id: str | None = None,
        weekdays: Iterable[str] | None = None,
        channels: Mapping[str, int | None] | None = None,
    ) -> None:
        where = {"hotel_id": hotel_id, "room_type_id": room_type_id}
        lines = [{**where, "tier": tier, "rooms": rooms} for tier, rooms in (protected or {}).items()]
        lines += [{**where, "channel": channel, "rooms": rooms} for channel, rooms in (channels or {}).items()]
        self.engine.set_protection(frame_of(first, last, weekdays, *lines))

    def set_hurdles(
        self,
        hotel_id: str,
        first: date | None,
        last: date | None,
        hurdle_minor: int | None,
        delta_minor: int = 0,
        ceiling_steps: int = 0,
        floor_minor: int | None = None,
        room_type_id: str | None = None,
        weekdays: Iterable[str] | None = None,
    ) -> None:
        line = {"hotel_id": hotel_id, "room_type_id": room_type_id, "hurdle_minor": hurdle_minor}
        line |= {"delta_minor": delta_minor, "ceiling_steps": ceiling_steps, "floor_minor": floor_minor}
        self.engine.set_hurdles(frame_of(first, last, weekdays, line))

    def set_house_cap(
        self,
        hotel_id: str,
        first: date | None,
        last: date | None,
        rooms: int | None,
        weekdays: Iterable[str] | None = None,
    ) -> None:
        self.engine.set_house_cap(frame_of(first, last, weekdays, {"hotel_id": hotel_id, "rooms": rooms}))

    def set_last_room_plans(self, hotel_id: str | None, plans: Iterable[str]) -> None:
        self.engine.set_last_room_plans(hotel_id, plans)

    def set_counter(self, counter_id: str, limit: int, used: int | None = None) -> None:
        self.engine.set_counter(counter_id, limit, used=used)

    def set_open_holds_max(self, channel: str, count: int | None) -> None:
        self.engine.set_open_holds_max(channel, count)

    def create_block(
        self,
        block_id: str,
        hotel_id: str,
        room_type_id: str,
        units: int | Sequence[int],
        first: date,
        last: date,
        *,
        release_at_ms: int | None = None,
        release_days: int | None = None,
        elastic: int = 0,
        channel: str | None = None,
    ) -> None:
        release_at = None if release_at_ms is None else _EPOCH + timedelta(milliseconds=release_at_ms)
        terms = {"release_at": release_at, "release_days": release_days, "elastic": elastic, "channel": channel}
        self.engine.create_block(block_id, hotel_id, room_type_id, units, first_night=first, last_night=last, **terms)

    def set_block_units(self, block_id: str, units: int | Sequence[int], first: date, last: date) -> None:
        self.engine.set_block_units(block_id, units, first_night=first, last_night=last)

    def release_block(self, block_id: str) -> None:
        self.engine.release_block(block_id)

    # What is used; as it stands, without sweeping

    def counter_used(self, counter_id: str) -> int:
        position = self.engine._names.counters[counter_id]
        return int(self.engine._inventory.counter_words()[position, 1])

    def open_holds(self, channel: str) -> int:
        position = self.engine._names.channels.index(channel)
        return int(self.engine._inventory.counter_words()[position, 1])

    def blocked(self, row: Row) -> list[int]:
        index = self.engine.catalog.row_index(*row)
        now_ms = self.engine._now_ms()
        return self.engine._inventory.blocked(np.array([index]), now_ms)[0].tolist()

    def sellable(self, row: Row, **who: Any) -> list[int]:
        """What `availability` says that such a guest could have on each night."""
        lines = self.engine.availability(row[0], **who).to_dicts()
        return [line["sellable"] for line in lines if line["room_type_id"] == row[1]]
