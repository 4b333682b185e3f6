"""One quote by a book that has every stage: what the general evaluator takes, with and without its explanation.

200 hotels with two plans, one of them derived; house fill, party prices and overrides from data; six promotions that
stack. Nobody else answers this question, so the checksum is between a quote and its explanation. Every question has
its own arrival, lead time, length of stay, product and party, and each round asks the same ones again. An explanation
keeps what it prepared of rules and nights, and nothing of an answer.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import SEED
from benchmarks.measure import Contestant, Race
from nightgrid import Catalog, Engine, ManualClock

BOOK: dict[str, Any] = {
    "book": {"name": "Every stage", "tiers": ["public", "gold"]},
    "derived": [{"name": "Saver", "from_plan": "standard", "where": {"plan": ["saver"]}, "percent": -8}],
    "season": [
        {"name": "Summer", "dates": [{"from": "2027-06-01", "to": "2027-08-31"}], "percent": 15, "group": "dates"},
        {"name": "Weekend", "weekdays": ["fri", "sat"], "percent": 20, "group": "days"},
    ],
    "demand": [
        {"name": "Demand", "fill": [0, 60, 85], "lead_days": [0, 14], "percent": [[0, -5], [5, 0], [15, 10]]}
    ],
    "bounds": [{"name": "Guard", "floor_percent": 70, "ceiling_percent": 250}],
    "extra_guests": [
        {
            "name": "Guests", "included": 2, "adult": {"CNY": 100},
            "children": [{"to_age": 5, "amount": {"CNY": 0}}, {"to_age": 17, "percent": 50}],
        }
    ],
    "length_of_stay": [
        {"name": "Long", "bands": [{"from_nights": 3, "percent": -5}, {"from_nights": 7, "percent": -10}]}
    ],
    "free_nights": [{"name": "Four for three", "stay": 4, "pay": 3, "channels": ["direct"]}],
    "lead_time": [
        {"name": "Lead", "bands": [{"from_days": 60, "percent": -10}, {"from_days": 0, "to_days": 2, "percent": 5}]}
    ],
    "member_tier": [{"name": "Members", "percent": {"gold": -6}}],
    "promotion": [
        {"name": "Autumn", "percent": -12},
        {"name": "App", "percent": -10, "channels": ["app"]},
        {"name": "Code", "percent": -15, "coupon": "FALL"},
        {"name": "Card", "class": "second", "percent": -5, "countries": ["CN"]},
        {"name": "Spend", "class": "any", "spend": [{"from": {"CNY": 1000}, "off": {"CNY": 50}}]},
        {"name": "Phone", "class": "any", "percent": -3, "devices": ["mobile"]},
    ],
    "package": [{"name": "Breakfast", "price": {"CNY": 68}, "per": "person_night", "children_percent": 50}],
    "points": [{"name": "Stars", "rate": {"points": 100, "value": {"CNY": 1}}, "max_percent": 50}],
    "tax": [{"name": "VAT", "percent": 6}, {"name": "City", "amount": {"CNY": 5}, "per": "person_night"}],
}  # fmt: skip
ASKED: dict[str, Any] = {
    "channel": "app", "country": "CN", "device": "mobile", "coupons": {"FALL"}, "points": 5_000,
    "packages": ["Breakfast"],
}  # fmt: skip
PARTIES = ((2, (4, 9)), (2, (7,)), (1, (3, 16)), (2, (1, 8)), (1, (12,)), (2, (6, 10)))  # adults, ages
Question = tuple[str, str, date, int, str, str, int, tuple[int, ...]]


def engine_of(hotels: int) -> Engine:
    """A small chain with the book and its data."""
    ids = [f"H{hotel}" for hotel in range(hotels)]
    types = [f"T{kind}" for kind in range(5)]
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ids, "currency": ["CNY"] * hotels, "time_zone": ["Asia/Shanghai"] * hotels},
        room_types={
            "hotel_id": [hotel for hotel in ids for _ in types],
            "room_type_id": types * hotels,
            "capacity": [20] * 5 * hotels,
            "guests_max": [4] * 5 * hotels,
        },
        products={
            "hotel_id": [hotel for hotel in ids for _ in range(10)],
            "room_type_id": [kind for kind in types for _ in range(2)] * hotels,
            "plan_id": ["standard", "saver"] * 5 * hotels,
            "base_minor": [50_000 + 100 * number for number in range(10 * hotels)],
        },
    )
    clock = ManualClock(datetime(2027, 1, 1, 4, tzinfo=UTC))
    engine = Engine.in_memory(catalog, "2027-01-01", 365, clock=clock)
    engine.publish(BOOK)
    line = {"hotel_id": ids, "room_type_id": ["T0"] * hotels, "plan_id": ["standard"] * hotels}
    dates = {"first_night": ["2027-02-01"] * hotels, "last_night": ["2027-11-30"] * hotels}
    engine.set_base_prices(line | dates | {"guests": [2] * hotels, "base_minor": [48_000] * hotels})
    engine.set_price_overrides(line | dates | {"kind": ["percent"] * hotels, "percent": [10] * hotels})
    return engine


class EveryStage(Contestant):
    """`Engine.quote`, optionally followed by `Engine.explain`, and then by all that somebody reads in it: every line
    with its base, factor, amount and the sum so far, and the reason of every rule that did or did not act.
    """

    def __init__(self, engine: Engine, *, explain: bool = False, read: bool = False) -> None:
        self.name = "nightgrid_read" if read else "nightgrid_explained" if explain else "nightgrid"
        self._engine = engine
        self._explain = explain or read
        self._read = read

    def ask(self, question: Question) -> Any:
        hotel_id, room_type_id, arrival, nights, plan_id, tier, adults, children = question
        quote = self._engine.quote(
            hotel_id, room_type_id, arrival, nights, plan_id=plan_id, tier=tier, adults=adults, children=children,
            **ASKED,
        )  # fmt: skip
        if not self._explain:
            return quote
        why = self._engine.explain(quote)
        if not self._read:
            return why
        return (  # all of it: to forget what was read is not measured, as with any answer
            why,
            [
                (each.stage, each.night, each.rule, each.detail, each.base, each.factor, each.amount, each.running)
                for each in why.lines
            ],
            [note.reason for note in why.matched],
            [note.reason for note in why.unmatched],
        )

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        if self._read:
            answer = answer[0]
        return np.array([answer.total_minor, answer.payable_minor, *answer.applied], np.int64)


def race(count: int, hotels: int = 200) -> Race:
    """Stays of 1 to 7 nights all over the year."""
    rng, engine = Random(SEED), engine_of(hotels)
    questions: list[Question] = [
        (
            f"H{rng.randrange(hotels)}", f"T{rng.randrange(5)}", date(2027, 1, 5) + timedelta(days=rng.randrange(300)),
            rng.choice((1, 2, 3, 4, 7)), rng.choice(("standard", "saver")), rng.choice(("public", "gold")),
            *rng.choice(PARTIES),
        )
        for _ in range(count)
    ]  # fmt: skip
    others = [EveryStage(engine, explain=True), EveryStage(engine, read=True)]
    return Race("quote_every_stage", EveryStage(engine), others, questions)
