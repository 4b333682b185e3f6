"""Questions to a real engine, and its window, with the face of the oracle (`tests.oracles.questions`, `window`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from nightgrid import Refused
from nightgrid.engine import Engine
from tests.oracles.stay import Row


@dataclass(frozen=True)
class ViewFace:
    """A `HoldView` of the engine as the oracle names its fields; `nights` are those it still has."""

    hold_id: int
    state: str
    hotel_id: str
    room_type_id: str
    plan: str | None
    arrival: date
    nights: int
    rooms: int
    deadline_ms: int
    channel: str | None
    tier: str | None
    block: str | None
    cart_id: int | None
    linked_to: int | None
    taken_ms: int
    ended_ms: int | None


class QuestionFace:
    """Looking, and the days that pass."""

    engine: Engine

    def view(self, hold_id: int) -> ViewFace | None:
        try:
            view = self.engine.get(hold_id)
        except Refused:
            return None
        names = {"hold_id": view.id, "nights": view.nights_kept, "ended_ms": view.resolved_ms}
        known = {name: getattr(view, name) for name in ViewFace.__dataclass_fields__ if name not in names}
        return ViewFace(**names, **known)

    def find(
        self,
        *,
        hotel_id: str | None = None,
        arrival: date | None = None,
        night: date | None = None,
        state: str | None = None,
        cart_id: int | None = None,
        guest: str | None = None,
        reference: str | None = None,
        channel: str | None = None,
    ) -> list[int]:
        asked: dict[str, Any] = {"arrival": arrival, "night": night, "cart_id": cart_id, "channel": channel}
        asked |= {"hotel_id": hotel_id, "state": state, "guest": guest, "reference": reference}
        return self._seen(self.engine.find(**asked))

    def _seen(self, frame: pl.DataFrame) -> list[int]:
        """Ids of a frame, each of whose rows says what `get` says of the hold."""
        for line in frame.iter_rows(named=True):
            view = self.engine.get(line["id"])
            assert line == {name: getattr(view, name) for name in frame.columns}
        return frame["id"].to_list()

    def short_cells(self) -> list[tuple[str, str, date, int]]:
        return self.engine.short_cells().rows()

    def walked(self, hotel_id: str, night: date) -> list[int]:
        return self._seen(self.engine.walked(hotel_id, night))

    def expired_since(self, lsn: int) -> list[int]:
        return self.engine.expired_since(lsn)

    def roll(self, to: date | None = None) -> int:
        return self.engine.roll(to)

    @property
    def window(self) -> list[date]:
        first = self.engine.first_night
        return [date.fromordinal(first + night) for night in range(self.engine.n_nights)]

    def matrix(self, what: str) -> dict[Row, list[int]]:
        """Counts of every row as they stand."""
        counts = self.engine._inventory.matrix(what).tolist()
        return {self.engine._row_names(row): counts[row] for row in range(self.engine.catalog.n_rows)}
