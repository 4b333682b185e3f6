"""Small chains whose nights depend on house fill, and the random life of their holds and rooms."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from nightgrid import InputError, Refused
from nightgrid.engine import Engine
from tests.engines import engine_of

FIRST = date(2027, 3, 1)
WINDOWS = (24, 230)  # the longer one has several segments of running sums
NOON = round(datetime(2027, 3, 1, 12, tzinfo=UTC).timestamp() * 1000)
ZONES = ("Etc/UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago")  # three civil dates at once
DEMAND = [
    {"name": "far", "fill": [0, 50, 80], "lead_days": [0, 3, 9], "percent": [[0, -5, -10], [10, 5, 0], [50, 25, 10]]},
    {"name": "brand", "fill": [0, 34, 67, 100], "percent": [[0], [7], [21], [77]], "where": {"brand": ["Palace"]}},
    {"name": "quiet", "fill": [0, 90], "percent": [[-20], [-20]], "where": {"region": ["west"]}},
]
DEEDS = ("release", "confirm", "cancel", "amend", "wait", "repair", "elsewhere")
STAYS = {
    "length_of_stay": [{"name": "week", "bands": [{"from_nights": 3, "percent": -7}]}],
    "lead_time": [{"name": "early", "bands": [{"from_days": 7, "percent": -11}]}],
    "member_tier": [{"name": "gold", "percent": {"gold": -5}}],
}
NIGHT_RULES = {
    "derived": [{"name": "flex", "where": {"plan": ["flex"]}, "from_plan": "standard", "percent": 12}],
    "season": [{"name": "weekend", "weekdays": ["fri", "sat"], "percent": 15}],
    "bounds": [{"name": "most", "ceiling_percent": 150, "floor_percent": 80, "weekdays": ["sat"]}],
}


def draw_book(rng: Random) -> dict[str, Any]:
    """A book with demand, its stays by factors; now and then with a tax, which they are not."""
    book: dict[str, Any] = {"book": {"name": "live", "tiers": ["public", "gold"], "display_currency": "EUR"}}
    book["demand"] = [rule for rule in DEMAND if rng.randrange(3)] or DEMAND[:1]
    for rules in (STAYS, NIGHT_RULES):
        book |= {kind: table for kind, table in rules.items() if rng.randrange(2)}
    if rng.randrange(4):
        book["rounding"] = {"policy": rng.choice(("default", "night", "total", "step"))}
    if not rng.randrange(5):
        book["tax"] = [{"name": "city", "percent": 7}]
    if not rng.randrange(5):
        book["book"]["lead_of"] = "night"
    return book


def draw_chain(rng: Random) -> dict[str, list[dict[str, Any]]]:
    """Three to seventy hotels, so that they stand in one chunk of lanes or in two."""
    hotels, room_types, products = [], [], []
    for number in range(rng.choice((3, 5, 70))):
        hotel = {"hotel_id": f"H{number}", "currency": "EUR", "time_zone": rng.choice(ZONES), "country": "DE"}
        hotels.append(hotel | {"brand": rng.choice(("Inn", "Palace")), "region": rng.choice(("east", "west"))})
        for room_type_id in ("DBL", "FAM", "SUI")[: rng.randint(1, 3)]:
            row = {"hotel_id": hotel["hotel_id"], "room_type_id": room_type_id}
            room_types.append({**row, "capacity": rng.randint(1, 3), "guests_max": 3})
            for plan_id in ("standard", "flex")[: rng.randint(1, 2)]:
                products.append({**row, "plan_id": plan_id, "base_minor": rng.choice((1_000, 1_005, 999, 12_345))})
    return {"hotels": hotels, "room_types": room_types, "products": products}


def live_engine(rng: Random, book: dict[str, Any] | None = None) -> Engine:
    """An engine with a short ring, so that readers fall behind it."""
    engine = engine_of(draw_chain(rng), FIRST, rng.choice(WINDOWS), NOON, ring_records=1_024, tiers=["public", "gold"])
    if rng.randrange(2):
        row = engine._row_names(0)
        night = FIRST + timedelta(days=rng.randrange(engine.n_nights))
        lines = {"hotel_id": [row[0]], "room_type_id": [row[1]], "first_night": [night], "last_night": [night]}
        engine.set_price_overrides({**lines, "kind": ["percent"], "percent": [13]})
    engine.publish(draw_book(rng) if book is None else book)
    return engine


class Life:
    """Random things that people do to the rooms of an engine."""

    def __init__(self, engine: Engine, rng: Random) -> None:
        self.engine = engine
        self.rng = rng
        self.holds: list[int] = []
        self.done = Counter[str]()

    def step(self) -> None:
        """One thing; what is refused changes nothing."""
        deed = self.rng.choice(("hold",) * 6 + ("book",) * 3 + DEEDS)
        try:
            getattr(self, "_" + deed)()
            self.done[deed] += 1
        except (Refused, InputError):
            return

    def churn(self, times: int) -> None:
        """Hold a room and give it back, so many times, wherever there is one."""
        done = 0
        while done < times:
            try:
                hold = self.engine.hold(*self._place())
            except Refused:
                continue
            self.engine.release(hold.id)
            done += 1

    def _place(self) -> tuple[str, str, date, int]:
        rng = self.rng
        arrival = date.fromordinal(self.engine.first_night + rng.randrange(self.engine.n_nights - 1))
        return (*self.engine._row_names(rng.randrange(self.engine.catalog.n_rows)), arrival, rng.choice((1, 1, 2, 5)))

    def _some(self) -> int:
        return self.rng.choice(self.holds) if self.holds else 0

    def _cell(self) -> dict[str, Any]:
        hotel, room_type, night, _ = self._place()
        return {"hotel_id": [hotel], "room_type_id": [room_type], "night": [night]}

    def _hold(self) -> None:
        hold = self.engine.hold(*self._place(), rooms=self.rng.choice((1, 1, 2)), ttl_seconds=600)
        self.holds.append(hold.id)

    def _book(self) -> None:
        self.holds.append(self.engine.book(*self._place()).id)

    def _release(self) -> None:
        self.engine.release(self._some())

    def _confirm(self) -> None:
        self.engine.confirm(self._some())

    def _cancel(self) -> None:
        self.engine.cancel(self._some())

    def _amend(self) -> None:
        _, _, arrival, nights = self._place()
        self.engine.amend(self._some(), arrival=arrival, nights=nights)

    def _wait(self) -> None:
        self.engine.clock.advance_ms(self.rng.choice((1_000, 700_000)))

    def _repair(self) -> None:
        self.engine.set_capacity(self._cell() | {"out_of_order": [self.rng.randrange(2)]}, allow_oversold=True)

    def _elsewhere(self) -> None:
        self.engine.set_sold_elsewhere(self._cell() | {"rooms": [self.rng.randrange(3)]}, allow_oversold=True)
