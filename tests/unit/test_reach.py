"""What a changed rule reaches is not much more than what it changes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from nightgrid import Catalog, Engine, ManualClock
from nightgrid.search.reach import reached_nights, reached_stays

FIRST = date(2027, 3, 1)
FAIR = {"name": "fair", "group": "fair", "percent": "12.5", "dates": [{"from": "2027-03-04", "to": "2027-03-05"}]}
PLAIN = {"book": {"name": "plain"}, "season": [{"name": "weekend", "weekdays": ["sat"], "percent": 20}]}
GENERAL = {
    **PLAIN,
    "demand": [{"name": "near", "lead_days": [0, 5], "percent": [[9, 0]], "where": {"hotel": ["B"]}}],
    "derived": [{"name": "flex", "where": {"plan": ["flex"]}, "from_plan": "saver", "percent": 10}],
    "length_of_stay": [{"name": "long", "bands": [{"from_nights": 2, "percent": -5}]}],
}


@pytest.fixture
def engine():
    """Two hotels of a room type with two plans: products 0 and 1 of A, 2 and 3 of B."""
    rooms = {"hotel_id": ["A", "B"], "room_type_id": ["king"] * 2, "capacity": [1] * 2}
    plans = {"hotel_id": ["A", "A", "B", "B"], "room_type_id": ["king"] * 4, "plan_id": ["saver", "flex"] * 2}
    hotels = {"hotel_id": ["A", "B"], "currency": ["EUR"] * 2, "time_zone": ["UTC"] * 2, "region": ["east", "west"]}
    catalog = Catalog.from_frames(hotels, rooms, {**plans, "base_minor": [1_000] * 4})
    clock = ManualClock(datetime(2027, 3, 1, 12, tzinfo=UTC))
    return Engine.in_memory(catalog, FIRST, 10, clock=clock)


def compiled(engine, book):
    engine.publish(book)
    return engine._version.compiled


def reached(engine, old, new):
    """({(product, night)}, [product]) that two books may price otherwise."""
    books = [compiled(engine, book) for book in (old, new)]
    nights = np.argwhere(reached_nights(*books))
    return {tuple(place) for place in nights.tolist()}, np.flatnonzero(reached_stays(*books)).tolist()


@pytest.mark.parametrize("book", [PLAIN, GENERAL])
def test_a_season_of_a_region_reaches_its_nights(engine, book):
    fair = FAIR | {"where": {"region": ["west"]}}
    found = reached(engine, book, {**book, "season": [*book["season"], fair]})
    assert found == ({(product, night) for product in (2, 3) for night in (3, 4)}, [])


def test_the_same_book_reaches_nothing(engine):
    assert reached(engine, PLAIN, {**PLAIN, "book": {"name": "again"}}) == (set(), [])
    assert reached(engine, GENERAL, {**GENERAL, "book": {"name": "again"}}) == (set(), [])


def test_a_price_of_the_parent_reaches_the_derived_plan(engine):
    old = compiled(engine, GENERAL)
    lines = {"hotel_id": ["A"], "room_type_id": ["king"], "plan_id": ["saver"]}
    engine.set_base_prices({**lines, "first_night": [FIRST], "last_night": [FIRST], "base_minor": [999]})
    found = reached_nights(old, engine._version.compiled)
    assert np.argwhere(found).tolist() == [[0, 0], [1, 0]]


def test_a_demand_rule_reaches_all_nights_of_its_products(engine):
    other = {**GENERAL, "demand": [GENERAL["demand"][0] | {"percent": [[9, 1]]}]}
    assert reached(engine, GENERAL, other)[0] == {(product, night) for product in (2, 3) for night in range(10)}


def test_a_stay_rule_reaches_no_night(engine):
    for book in (PLAIN, GENERAL):
        nights, stays = reached(engine, book, {**book, "member_tier": [{"name": "all", "percent": {"public": -5}}]})
        assert (nights, stays) == (set(), [0, 1, 2, 3])
