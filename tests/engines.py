"""Real engines with the faces of the oracles, so that one test can drive both.

`EngineInventory` speaks like `tests.oracles.inventory.Inventory`, one call at a time; `BatchInventory` says the same
through `hold_many`, `confirm_many`, `release_many`, `cancel_many`. Ids are the engine's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from nightgrid import Catalog, InputError, ManualClock, Outcome, Refused, UnknownIdError
from nightgrid.engine import Engine
from tests.oracles.grid import Answer, Row
from tests.oracles.search import Found, Offer, Request

Table = Mapping[str, Any]


def columns(rows: Sequence[Table]) -> dict[str, list[Any]]:
    """A table of rows as the columns that a frame is made from; what a row does not name is null."""
    return {key: [row.get(key) for row in rows] for key in dict.fromkeys(key for row in rows for key in row)}


def catalog_of(hotels: Sequence[Table], room_types: Sequence[Table], products: Sequence[Table]) -> Catalog:
    """The catalogue of a world. It holds what can be sold, so a room type without a product is left out."""
    sold = {(product["hotel_id"], product["room_type_id"]) for product in products}
    kept = [row for row in room_types if (row["hotel_id"], row["room_type_id"]) in sold]
    return Catalog.from_frames(columns(hotels), columns(kept), columns(products))


def engine_of(
    world: Mapping[str, Sequence[Table]],
    first_night: date,
    nights: int,
    now_ms: int,
    *,
    book: Table | None = None,
    slots: int = 1_000,
    retention_ms: int = 24 * 3_600_000,
) -> Engine:
    """An engine over a world's `hotels`, `room_types` and `products`, its clock standing at `now_ms`."""
    catalog = catalog_of(world["hotels"], world["room_types"], world["products"])
    clock = ManualClock(now_ms)
    engine = Engine.in_memory(catalog, first_night, nights, clock=clock, slots=slots, retention_ms=retention_ms)
    if book is not None:
        engine.publish(dict(book))
    return engine


class EngineInventory:
    """An engine, one call at a time. `holds` is empty: the engine keeps its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.holds: dict[int, Any] = {}

    @property
    def cells(self) -> list[Row]:
        """The rows of the grid, as the oracle names them."""
        return [self.engine._row_names(row) for row in range(self.engine.catalog.n_rows)]

    def wait(self, interval_ms: int) -> None:
        self.engine.clock.advance_ms(interval_ms)

    def hold(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date,
        nights: int,
        rooms: int = 1,
        ttl_ms: int = 900_000,
        key: str | None = None,
        guest: str | None = None,
    ) -> Answer:
        known = hotel_id in self.engine.catalog.hotel_ids
        try:
            hold = self.engine.hold(
                hotel_id, room_type_id, arrival, nights, rooms=rooms, ttl_seconds=ttl_ms / 1000, key=key, guest=guest
            )
        except Refused as refused:
            night = None if refused.night is None else date.fromisoformat(refused.night)
            return Answer(refused.outcome.name, night=night)
        except InputError:
            return Answer("INVALID")
        except UnknownIdError:
            # Two mistakes in one call are two exceptions that could be raised; the engine looks names up first.
            malformed = nights < 1 or rooms < 1
            return Answer("INVALID" if malformed else "UNKNOWN_PRODUCT" if known else "UNKNOWN_HOTEL")
        assert (hold.hotel_id, hold.room_type_id, hold.arrival, hold.nights, hold.rooms) == (
            hotel_id, room_type_id, arrival, nights, rooms
        )  # fmt: skip
        return Answer(hold.outcome.name, hold.id)

    def _resolve(self, verb: str, hold_id: int) -> str:
        try:
            ticket = getattr(self.engine, verb)(hold_id)
        except Refused as refused:
            return refused.outcome.name
        assert ticket.id == hold_id
        return ticket.outcome.name

    def confirm(self, hold_id: int) -> str:
        return self._resolve("confirm", hold_id)

    def release(self, hold_id: int) -> str:
        return self._resolve("release", hold_id)

    def cancel(self, hold_id: int) -> str:
        return self._resolve("cancel", hold_id)

    def expire(self) -> list[int]:
        return self.engine.expire()

    def get(self, hold_id: int) -> str | None:
        try:
            return self.engine.get(hold_id).state
        except Refused as refused:
            return None if refused.outcome == Outcome.NOT_FOUND else refused.outcome.name

    def set_capacity(self, row: Row, first: date, last: date, capacity: int) -> None:
        self.engine.set_capacity(_range(row, first, last, capacity=capacity), allow_oversold=True)

    def set_sold_elsewhere(self, row: Row, first: date, last: date, rooms: int) -> None:
        self.engine.set_sold_elsewhere(_range(row, first, last, rooms=rooms), allow_oversold=True)

    def restrict(
        self,
        hotel_id: str,
        first: date,
        last: date,
        room_type_id: str | None = None,
        weekdays: Iterable[str] | None = None,
        **values: int | bool | None,
    ) -> None:
        frame = _range((hotel_id, room_type_id), first, last, **values)
        if weekdays is not None:
            frame["weekdays"] = [",".join(weekdays)]
        self.engine.restrict(frame)

    def availability(self, row: Row) -> list[int]:
        frame = self.engine.availability(row[0])
        return [line["free"] for line in frame.to_dicts() if line["room_type_id"] == row[1]]

    def counts(self, what: str, row: Row) -> list[int]:
        """Counts as they stand; `engine.matrix` would sweep first."""
        return self.engine._inventory.matrix(what)[self.engine.catalog.row_index(*row)].tolist()

    def check(self) -> list[str]:
        """What the engine finds wrong. Cells short of rooms after a cut must be named, and are no fault of the grid."""
        findings = self.engine.check()
        named = {(f.hotel_id, f.room_type_id, f.night.toordinal()) for f in findings if f.kind == "oversold"}
        cells = np.argwhere(self.engine._inventory.matrix("free") < 0).tolist()
        short = {(*self.engine._row_names(row), self.engine.first_night + night) for row, night in cells}
        assert named == short
        return [str(finding) for finding in findings if finding.kind != "oversold"]


class BatchInventory(EngineInventory):
    """The same through the calls that take many, here with one line each; `hold_lines` takes several."""

    def hold(self, *args: Any, **kwargs: Any) -> Answer:
        names = ("hotel_id", "room_type_id", "arrival", "nights", "rooms", "ttl_ms", "key", "guest")
        defaults = {"rooms": 1, "ttl_ms": 900_000, "key": None, "guest": None}
        return self.hold_lines([{**defaults, **dict(zip(names, args, strict=False)), **kwargs}])[0]

    def hold_lines(self, lines: Sequence[Table]) -> list[Answer]:
        """One `hold_many` for all lines; INVALID for all where a time to live is not allowed at all."""
        frame = columns(lines)
        frame["ttl_seconds"] = [ttl_ms // 1000 for ttl_ms in frame.pop("ttl_ms")]
        try:
            answers = self.engine.hold_many(frame)
        except InputError:
            return [Answer("INVALID")] * len(lines)
        assert answers.columns == ["outcome", "hold_id", "lsn", "night"]
        return [
            Answer(Outcome(outcome).name, hold_id or None, night)
            for outcome, hold_id, _, night in answers.iter_rows()
        ]  # fmt: skip

    def _resolve(self, verb: str, hold_id: int) -> str:
        frame = getattr(self.engine, f"{verb}_many")([hold_id])
        return Outcome(frame["outcome"].item()).name


def _range(row: tuple[str, str | None], first: date, last: date, **values: Any) -> dict[str, list[Any]]:
    """A frame of one line over first..last."""
    line = {"hotel_id": row[0], "room_type_id": row[1], "first_night": first, "last_night": last, **values}
    return {key: [value] for key, value in line.items() if value is not None}


def search_engine(engine: Engine, request: Request, **changes: Any) -> Found:
    """A search of the engine as the oracle would answer it; None of a request is left to the engine's default."""
    asked = {key: value for key, value in {**vars(request), **changes}.items() if value is not None or key == "top"}
    answer = engine.search(asked.pop("arrival"), asked.pop("nights"), **asked)
    assert [offer.rank for offer in answer.offers] == list(range(1, len(answer.offers) + 1))
    offers = [
        Offer(
            hotel_index=engine.catalog.hotel_index(offer.hotel_id),
            **{key: getattr(offer, key) for key in Offer.__dataclass_fields__ if key != "hotel_index"},
        )
        for offer in answer.offers
    ]
    return Found(offers, answer.hotels_considered, answer.hotels_available)
