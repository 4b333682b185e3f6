"""Real engines with the faces of the oracles, so that one test can drive both.

`EngineInventory` speaks like `tests.oracles.inventory.Inventory`, one call at a time; `BatchInventory` says the same
through `hold_many`, `confirm_many`, `release_many`, `cancel_many`. Ids are the engine's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from nightgrid import Catalog, Dialect, InputError, ManualClock, Outcome, Refused, UnknownIdError
from nightgrid.engine import Engine
from tests.engine_life import LifeFace, unknown_outcome
from tests.engine_questions import QuestionFace
from tests.engine_selling import SellingFace
from tests.oracles.grid import RESTRICTIONS, Answer, Row
from tests.oracles.search import Found, Offer, Request

Table = Mapping[str, Any]


def columns(rows: Sequence[Table]) -> dict[str, list[Any]]:
    """A table of rows as the columns that a frame is made from; what a row does not name is null."""
    return {key: [row.get(key) for row in rows] for key in dict.fromkeys(key for row in rows for key in row)}


#: Catalogues made last, by their tables: one never changes, and hundreds of cases are about the same few hotels.
_made: dict[str, Catalog] = {}


def catalog_of(hotels: Sequence[Table], room_types: Sequence[Table], products: Sequence[Table]) -> Catalog:
    """The catalogue of a world. It holds what can be sold, so a room type without a product is left out."""
    sold = {(product["hotel_id"], product["room_type_id"]) for product in products}
    kept = [row for row in room_types if (row["hotel_id"], row["room_type_id"]) in sold]
    tables = columns(hotels), columns(kept), columns(products)
    key = repr(tables)
    if key not in _made:
        if len(_made) >= 64:
            del _made[next(iter(_made))]
        _made[key] = Catalog.from_frames(*tables)
    return _made[key]


#: Kinds of findings that name nights short of rooms after a cut, and no damage.
SHORT = ("oversold", "blocks_short")


def engine_of(
    world: Mapping[str, Sequence[Table]],
    first_night: date,
    nights: int,
    now_ms: int,
    *,
    book: Table | None = None,
    slots: int = 1_000,
    slots_max: int | None = None,
    retention_ms: int = 24 * 3_600_000,
    tiers: Sequence[str] = (),
    channels: Sequence[str] = (),
    dialect: Mapping[str, Any] | None = None,
    ring_records: int = 65_536,
    spares: Mapping[str, int] | None = None,
) -> Engine:
    """An engine over a world's `hotels`, `room_types` and `products`, its clock standing at `now_ms`."""
    catalog = catalog_of(world["hotels"], world["room_types"], world["products"])
    clock = ManualClock(now_ms)
    names: dict[str, Any] = {"tiers": tiers, "channels": channels}
    names["dialect"] = Dialect(**dialect) if dialect else None
    names |= {"slots": slots, "slots_max": slots_max, "retention_ms": retention_ms, "ring_records": ring_records}
    names |= {f"spare_{name}": count for name, count in (spares or {}).items()}
    engine = Engine.in_memory(catalog, first_night, nights, clock=clock, **names)
    if book is not None:
        engine.publish(dict(book))
    return engine


def restrictions_told(records: pl.DataFrame) -> list[tuple[str, str, str, date]]:
    """What records say is restricted in another way: (hotel, room type, plan or "", night) in order, as often as said.
    Any that says something else is an error.
    """
    told = []
    for line in records.iter_rows(named=True):
        if line["kind"] != "restrictions":
            raise ValueError(f"a record of kind {line['kind']}")
        place = (line["hotel_id"], line["room_type_id"], line["plan"] or "")
        told += [(*place, line["arrival"] + timedelta(days=night)) for night in range(line["nights"])]
    return sorted(told)


class EngineInventory(LifeFace, SellingFace, QuestionFace):
    """An engine, one call at a time. `holds` is empty: the engine keeps its own."""

    RESTRICTIONS = RESTRICTIONS

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.holds: dict[int, Any] = {}

    @property
    def cells(self) -> list[Row]:
        """The rows of the grid, as the oracle names them."""
        return [self.engine._row_names(row) for row in range(self.engine.catalog.n_rows)]

    def wait(self, interval_ms: int) -> None:
        self.engine.clock.advance_ms(interval_ms)

    def expire(self) -> list[int]:
        return self.engine.expire()

    def get(self, hold_id: int) -> str | None:
        try:
            return self.engine.get(hold_id).state
        except Refused as refused:
            return None if refused.outcome == Outcome.NOT_FOUND else refused.outcome.name

    def set_capacity(
        self,
        row: Row,
        first: date,
        last: date,
        capacity: int | None = None,
        *,
        physical: int | None = None,
        out_of_order: int | None = None,
        sell_limit: int | None = None,
    ) -> None:
        parts = {"capacity": capacity, "physical": physical, "out_of_order": out_of_order, "sell_limit": sell_limit}
        self.engine.set_capacity(_range(row, first, last, **parts), allow_oversold=True)

    def set_sold_elsewhere(self, row: Row, first: date, last: date, rooms: int) -> None:
        self.engine.set_sold_elsewhere(_range(row, first, last, rooms=rooms), allow_oversold=True)

    def restrict(
        self,
        hotel_id: str,
        first: date | None = None,
        last: date | None = None,
        room_type_id: str | None = None,
        weekdays: Iterable[str] | None = None,
        plan: str | None = None,
        mode: str = "delta",
        **values: int | bool | str | None,
    ) -> list[tuple[str, str, str, date]]:
        frame = _range((hotel_id, room_type_id), first, last, plan=plan, **values)
        if weekdays is not None:
            frame["weekdays"] = [",".join(weekdays)]
        lsn = self.engine.lsn
        self.engine.restrict(frame, mode)
        return restrictions_told(self.engine.records(lsn))

    def availability(
        self, row: Row, tier: str | None = None, channel: str | None = None, plan: str | None = None
    ) -> list[int]:
        who = {"tier": tier, "channel": channel, "plan": plan}
        asked = {name: value for name, value in who.items() if value is not None}
        lines = self.engine.availability(row[0], **asked).to_dicts()
        return [line["sellable" if asked else "free"] for line in lines if line["room_type_id"] == row[1]]

    def house_fill(self, hotel_id: str, night: date) -> int:
        return int(self.engine.house_fill(hotel_id)[night.toordinal() - self.engine.first_night])

    def counts(self, what: str, row: Row) -> list[int]:
        """Counts as they stand; `engine.matrix` would sweep first."""
        if what == "blocked":
            return self.blocked(row)
        return self.engine._inventory.matrix(what)[self.engine.catalog.row_index(*row)].tolist()

    def check(self) -> list[str]:
        """What the engine finds wrong. Cells short of rooms after a cut must be named, and are no fault of the grid."""
        findings = self.engine.check()
        free = self.engine._inventory.matrix("free")
        rows = [self.engine._row_names(row) for row in range(len(free))]
        kept = np.array([self.blocked(row) for row in rows])
        for kind, cells in (("oversold", free < 0), ("blocks_short", kept > np.maximum(free, 0))):
            named = {(f.hotel_id, f.room_type_id, f.night.toordinal()) for f in findings if f.kind == kind}
            short = np.argwhere(cells).tolist()
            assert named == {(*rows[row], self.engine.first_night + night) for row, night in short}, kind
        return [str(finding) for finding in findings if finding.kind not in SHORT]


class BatchInventory(EngineInventory):
    """The same through the calls that take many, here with one line each; `hold_lines` takes several."""

    def hold(self, *args: Any, **kwargs: Any) -> Answer:
        names = ("hotel_id", "room_type_id", "arrival", "nights", "rooms", "ttl_ms", "key", "guest")
        defaults = {"rooms": 1, "ttl_ms": 900_000, "key": None, "guest": None}
        return self.hold_lines([{**defaults, **dict(zip(names, args, strict=False)), **kwargs}])[0]

    def book(self, *args: Any, **kwargs: Any) -> Answer:
        names = ("hotel_id", "room_type_id", "arrival", "nights", "rooms", "key", "guest")
        return self.hold_lines([{"rooms": 1, **dict(zip(names, args, strict=False)), **kwargs}], verb="book_many")[0]

    def hold_lines(self, lines: Sequence[Table], *, all_or_nothing: bool = False, verb: str = "hold_many") -> list[Any]:
        """One `hold_many` (or `book_many`) for all lines; INVALID for all where a time to live is not allowed at all.
        Lines that were not looked at, because another was refused, are None.
        """
        frame = columns(lines)
        if "ttl_ms" in frame:
            frame["ttl_seconds"] = [ttl_ms / 1000 for ttl_ms in frame.pop("ttl_ms")]
        try:
            answers = getattr(self.engine, verb)(frame, all_or_nothing=all_or_nothing)
        except InputError:
            return [Answer("INVALID")] * len(lines)
        except UnknownIdError:  # a name that only the columns beyond the room type have; no line is held
            if len(lines) > 1:
                return [self.hold_lines([line], verb=verb)[0] for line in lines]
            asked = lines[0]
            malformed = (asked.get("nights") or 1) < 1
            return [Answer(unknown_outcome(self.engine, asked["hotel_id"], asked, malformed=malformed))]
        assert answers.columns == ["outcome", "hold_id", "lsn", "night"]
        return [
            None if outcome is None else Answer(Outcome(outcome).name, hold_id or None, night)
            for outcome, hold_id, _, night in answers.iter_rows()
        ]  # fmt: skip

    def _resolve(self, verb: str, hold_id: int, **arguments: Any) -> str:
        if verb == "confirm" and arguments:  # a part of one hold, or what it is worth
            return super()._resolve(verb, hold_id, **arguments)
        frame = getattr(self.engine, f"{verb}_many")([hold_id], **arguments)
        return Outcome(frame["outcome"].item()).name


def _range(row: tuple[str, str | None], first: date | None, last: date | None, **values: Any) -> dict[str, list[Any]]:
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
