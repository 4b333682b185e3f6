"""What a real engine answers about holds and nights, with the face of the oracle (`tests.oracles.questions`,
`window`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from nightgrid import Outcome, Refused
from nightgrid.engine import Engine
from nightgrid.engine.edge.answers import HoldView
from tests.oracles import questions
from tests.oracles.grid import Row


class QuestionFace:
    """Looking at holds, and the days that pass."""

    engine: Engine

    def view(self, hold_id: int) -> questions.HoldView | None:
        try:
            return self._seen(self.engine.get(hold_id))
        except Refused:
            return None

    def _seen(self, view: HoldView) -> questions.HoldView:
        """The oracle's stay is what is left of it; its tier is a position."""
        known = {name: getattr(view, name, None) for name in questions.HoldView.__dataclass_fields__}
        known |= {"hold_id": view.id, "nights": view.nights_kept, "ended_ms": view.resolved_ms}
        known["tier"] = 0 if view.tier is None else self.engine._names.tiers.index(view.tier)
        return questions.HoldView(**known)

    def find(
        self,
        *,
        guest: str | None = None,
        reference: str | None = None,
        hotel_id: str | None = None,
        arrival: date | None = None,
        night: date | None = None,
        state: str | None = None,
        cart_id: int | None = None,
        channel: str | None = None,
    ) -> list[int]:
        asked = {"guest": guest, "reference": reference, "hotel_id": hotel_id, "arrival": arrival, "night": night}
        return self.engine.find(**asked, state=state, cart_id=cart_id, channel=channel)["id"].to_list()

    def walked(self, hotel_id: str, night: date) -> list[int]:
        return self.engine.walked(hotel_id, night)["id"].to_list()

    def short_cells(self) -> list[tuple[str, str, date, int, int]]:
        return list(self.engine.short_cells().iter_rows())

    def largest_free_run(self, row: Row, rooms: int = 1) -> tuple[date, int] | None:
        found = self.engine.largest_free_run(row[0], rooms=rooms).filter(room_type_id=row[1]).row(0, named=True)
        return (found["first_night"], found["nights"]) if found["nights"] else None

    def gap_nights(self, row: Row, nights_max: int, rooms: int = 1) -> list[date]:
        gaps = self.engine.gap_nights(nights_max + 1, row[0], rooms=rooms).filter(room_type_id=row[1])
        return [gap["first_night"] + timedelta(days=night) for gap in gaps.to_dicts() for night in range(gap["nights"])]

    def availability_calendar(
        self, hotel_id: str, nights: int, rooms: int = 1, tier: str | None = None, channel: str | None = None
    ) -> list[tuple[date, str]]:
        lines = self.engine.availability_calendar(hotel_id, nights, rooms=rooms, tier=tier, channel=channel).to_dicts()
        lowest: dict[date, int] = {}
        for line in lines:
            lowest[line["arrival"]] = min(line["outcome"], lowest.get(line["arrival"], line["outcome"]))
            assert line["available"] == (line["outcome"] == Outcome.OK)
            assert line["rooms"] >= rooms or not line["available"]
        assert all(line["hotel_available"] == (lowest[line["arrival"]] == Outcome.OK) for line in lines)
        return [(arrival, Outcome(code).name) for arrival, code in lowest.items()]

    def expired_since(self, lsn: int) -> list[int]:
        return self.engine.expired_since(lsn)

    def roll(self, to: date | None = None) -> int:
        return self.engine.roll(to)

    def records(self) -> list[dict[str, Any]]:
        """The ring as `tests.oracles.records` reads it; what is no change of a hold is left out."""
        kept = ("lsn", "kind", "hold_id", "rooms", "deadline_ms", "now_ms", "cart_id", "linked_to")
        lines = self.engine.records().to_dicts()
        return [
            {name: line[name] for name in kept}
            | {"row": (line["hotel_id"], line["room_type_id"]), "arrival": line["arrival"].toordinal()}
            | {"nights": line["nights_kept"], "cart_lines": line["lines"] if line["cart_id"] else None}
            for line in lines
            if line["hold_id"] is not None
        ]

    @property
    def window(self) -> list[date]:
        first = self.engine.first_night
        return [date.fromordinal(first + night) for night in range(self.engine.n_nights)]

    def matrix(self, what: str, rows: list[Row] | None = None) -> Any:
        """Counts as they stand: of some rows as lists, or of every row by its name."""
        counts = self.engine._inventory.matrix(what)
        if rows is not None:
            return counts[[self.engine.catalog.row_index(*row) for row in rows]].tolist()
        return {self.engine._row_names(row): counts[row].tolist() for row in range(self.engine.catalog.n_rows)}
