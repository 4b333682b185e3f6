"""Searches by a book with a full pipeline while rooms are sold and given back: what is found is what pricing every
product finds, for whatever is asked.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from nightgrid import Refused
from nightgrid.search.rule_search import RuleSearch
from tests.agreement.test_rule_search import every_product
from tests.engines import engine_of
from tests.seeds import seeds
from tests.strategies import NOW_MS

FIRST, NIGHTS, HOTELS = date(2026, 12, 18), 40, 150
BOOK: dict[str, Any] = {
    "book": {"name": "sales", "tiers": ["public", "gold"]},
    "rounding": {"policy": "step", "increment_minor": 10},
    "demand": [{"name": "fill", "fill": [0, 50, 80], "lead_days": [0], "percent": [[0], [15], [-20]]}],
    "length_of_stay": [{"name": "long", "bands": [{"from_nights": 3, "percent": -10}]}],
    "member_tier": [{"name": "members", "percent": {"gold": -8}}],
    "promotion": [
        {"name": "much", "percent": -15, "min_spend": {"CNY": 900}},
        {"name": "full", "class": "any", "spend": [{"from": {"CNY": 500}, "off": {"CNY": 60}}]},
        {"name": "code", "off": {"CNY": 30}, "coupon": "CODE", "class": "second"},
    ],
    "package": [{"name": "Breakfast", "price": {"CNY": 30}, "per": "night", "where": {"plan": ["flex"]}}],
    "tax": [{"name": "bracket", "percent": 12, "brackets": {"to": {"CNY": 600}}}],
}
BY_NIGHT: dict[str, Any] = {
    **{name: table for name, table in BOOK.items() if name not in ("promotion", "tax")},
    "rounding": {"policy": "night"},
    "promotion": [{"name": "weekend", "percent": -15, "weekdays": ["fri", "sat"]}],
    "tax": [{"name": "VAT", "percent": 6}],
}


def made(rng: Random, book: dict[str, Any]) -> Any:
    """An engine over hotels of a few places, ratings and price levels, some of them alike."""
    places = [(31.0, 121.0), (31.5, 121.5), (39.9, 116.4), (None, None)]
    hotels, types, products = [], [], []
    for number in range(HOTELS):
        latitude, longitude = rng.choice(places)
        hotels.append({
            "hotel_id": f"H{number}", "currency": "CNY", "time_zone": "Asia/Shanghai", "latitude": latitude,
            "longitude": longitude, "rating": rng.choice([None, 4.0, 4.5, 4.9]),
        })  # fmt: skip
        for kind in ("king", "twin"):
            row = {"hotel_id": f"H{number}", "room_type_id": kind}
            types.append(row | {"capacity": rng.choice([1, 2, 5]), "guests_max": 2})
            for plan in rng.choice([("flex",), ("saver",), ("flex", "saver")]):
                products.append(
                    row | {"plan_id": plan, "base_minor": rng.choice([20_000, rng.randrange(15_000, 90_000)])}
                )
    world = {"hotels": hotels, "room_types": types, "products": products}
    return engine_of(world, FIRST, NIGHTS, NOW_MS, book=book, tiers=["public", "gold"], slots=4_000)


def sell(engine: Any, rng: Random, holds: list[str]) -> None:
    """Some rooms go, and some come back."""
    for _ in range(rng.randrange(60)):
        hotel = f"H{rng.randrange(HOTELS)}"
        arrival = FIRST + timedelta(days=rng.randrange(10))
        try:
            holds.append(engine.hold(hotel, rng.choice(["king", "twin"]), arrival, rng.randint(1, 4)).id)
        except Refused:
            continue
    rng.shuffle(holds)
    while holds and rng.random() < 0.9:
        engine.release(holds.pop())
    if rng.random() < 0.3:
        stay = {"hotel_id": f"H{rng.randrange(HOTELS)}", "first_night": FIRST, "last_night": FIRST + timedelta(days=9)}
        frame = {name: [value] for name, value in stay.items()}
        engine.set_hurdles(frame | {"hurdle_minor": [rng.choice([10_000, 40_000, 90_000])]})
        engine.set_caps(frame | {"rooms": [rng.randrange(3)]})


def question(rng: Random) -> dict[str, Any]:
    """Anything that can be asked of a search."""
    said: dict[str, Any] = {"tier": rng.choice(["public", "gold"]), "rooms": rng.choice([1, 1, 2, 3])}
    said["sort"] = rng.choice(["price", "price", "rating", "distance"])
    if said["sort"] == "distance" or rng.random() < 0.2:
        said["near"] = (31.0, 121.0, rng.choice([10.0, 100.0, 5_000.0]))
    if rng.random() < 0.3:
        said["price_min_minor"] = rng.randrange(20_000, 80_000)
    if rng.random() < 0.3:
        said["price_max_minor"] = rng.randrange(40_000, 300_000)
    if rng.random() < 0.2:
        said["packages"] = ["Breakfast"]
    if rng.random() < 0.3:
        said["coupons"] = {"CODE"}
    if rng.random() < 0.3:
        said["adults"] = 2
    return said


@pytest.mark.parametrize("seed", seeds(4))
@pytest.mark.parametrize("book", [BOOK, BY_NIGHT], ids=["stay", "night"])
def test_what_is_found_is_what_pricing_every_product_finds(book, seed, monkeypatch):
    rng = Random(f"sales {seed}")
    engine, holds = made(rng, book), []
    served: list[bool] = []
    find = RuleSearch.find

    def watched(self: RuleSearch, *given: Any) -> Any:
        found = find(self, *given)
        served.append(found is not None)
        return found

    monkeypatch.setattr(RuleSearch, "find", watched)
    for _ in range(6):
        sell(engine, rng, holds)
        for _ in range(4):
            said, stay = question(rng), (FIRST + timedelta(days=rng.randrange(8)), rng.randint(1, 5))
            everything = every_product(engine, *stay, top=None, **said)
            served.clear()
            for top in (1, 5, 40, None):
                found = engine.search(*stay, top=top, **said)
                assert found.offers == everything.offers[:top]
                assert found.hotels_available == every_product(engine, *stay, top=top, **said).hotels_available
            once = book is BOOK and "coupons" in said and said["rooms"] > 1  # a coupon that acts once an order
            assert served == [not once] * 4
    assert engine.check() == []


def test_a_day_before_the_first_of_a_calendar_is_not_offered():
    """At midnight a hotel in the west is a day behind: what is yesterday elsewhere can be booked there alone."""
    hotels = [{"hotel_id": name, "currency": "CNY", "time_zone": zone}
              for name, zone in (("east", "Asia/Shanghai"), ("west", "America/New_York"))]  # fmt: skip
    rows = [{"hotel_id": hotel["hotel_id"], "room_type_id": "king"} for hotel in hotels]
    world = {
        "hotels": hotels,
        "room_types": [row | {"capacity": 3, "guests_max": 2} for row in rows],
        "products": [row | {"plan_id": "flex", "base_minor": 30_000} for row in rows],
    }
    engine = engine_of(world, date.fromtimestamp(NOW_MS / 1000) - timedelta(days=1), 9, NOW_MS, book=BOOK)
    for top in (1, 5, None):
        for sort in ("price", "rating"):
            for day in range(3):
                stay = (date.fromordinal(engine.first_night + day), 2)
                found, everything = (ask(*stay, top=top, sort=sort) for ask in (
                    engine.search, lambda *given, **said: every_product(engine, *given, **said)))  # fmt: skip
                assert found.offers == everything.offers
                assert found.hotels_available == everything.hotels_available
