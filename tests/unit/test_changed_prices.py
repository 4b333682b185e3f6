"""The feed of changed prices. The judge asks every price before and after by itself, and compares cell by cell."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock, Refused
from nightgrid.errors import VersionGoneError

NOON = datetime(2027, 1, 3, 4, tzinfo=UTC)  # noon in Shanghai
ROOMS = [("A", "king"), ("A", "twin"), ("B", "king")]
BOOK = {
    "book": {"name": "now", "tiers": ["public", "gold"]},
    "season": [{"name": "weekend", "weekdays": ["fri", "sat"], "percent": 20}],
    "member_tier": [{"name": "gold", "percent": {"gold": -10}}],
}


def book(**tables):
    return {**BOOK, **tables}


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["A", "B"], "currency": ["CNY", "JPY"], "time_zone": ["Asia/Shanghai", "Asia/Tokyo"]},
        room_types={
            "hotel_id": ["A", "A", "B"],
            "room_type_id": ["king", "twin", "king"],
            "capacity": [5] * 3,
            "base_minor": [40_000, 30_000, 9_000],
        },
    )
    clock = ManualClock(NOON)
    return Engine.in_memory(catalog, "2027-01-03", 14, clock=clock, spare_room_types=1, spare_products=1)


def told(engine, stays, tiers):
    """{(hotel, room type, plan, tier, nights, arrival): price} of all stays on sale."""
    found = {}
    for hotel, kind in ROOMS:
        row = engine.catalog.row_index(hotel, kind)
        for plan in (engine.catalog.plan_ids[product] for product in engine.catalog.products_of(row)):
            for tier in tiers:
                for nights in stays:
                    for day in range(3, 25):
                        arrival = date(2027, 1, day)
                        try:
                            quote = engine.quote(hotel, kind, arrival, nights, plan_id=plan, tier=tier)
                        except Refused:
                            continue
                        found[hotel, kind, plan, tier, nights, arrival] = quote.total_minor
    return found


def cells(frame):
    """A feed as cells; ranges may not overlap."""
    found = {}
    for row in frame.to_dicts():
        arrival = row["first_arrival"]
        while arrival <= row["last_arrival"]:
            key = (row["hotel_id"], row["room_type_id"], row["plan_id"], row["tier"], row["nights"], arrival)
            assert key not in found
            found[key] = row["price_minor"]
            arrival += timedelta(days=1)
    return found


def different(before, after):
    return {stay: price for stay, price in after.items() if before.get(stay) != price}


DATES = {"from": "2027-01-08", "to": "2027-01-11"}
CHANGES = [
    book(),
    book(season=[{"name": "weekend", "weekdays": ["fri", "sat"], "percent": 25}]),
    book(season=[{"name": "one", "where": {"hotel": ["B"]}, "dates": [DATES], "percent": 5}]),
    book(length_of_stay=[{"name": "long", "bands": [{"from_nights": 2, "percent": -5}]}]),
    book(member_tier=[{"name": "gold", "where": {"room_type": ["twin"]}, "percent": {"gold": -10}}]),
    book(rounding={"policy": "night", "increment_minor": 700}),
]  # fmt: skip


@pytest.mark.parametrize("change", range(len(CHANGES)))
@pytest.mark.parametrize("tile", [None, 5])
def test_the_feed_has_exactly_the_prices_that_changed(engine, monkeypatch, change, tile):
    from nightgrid.engine.prices import cube

    if tile is not None:
        monkeypatch.setattr(cube, "_TILE_PRICES", tile)
        monkeypatch.setattr(cube, "_TILE_PRODUCTS", 2)
    stays, tiers = (1, 2), ("public", "gold")
    digest = engine.publish(BOOK).digest
    before = told(engine, stays, tiers)
    engine.publish(CHANGES[change])
    after = told(engine, stays, tiers)
    frame = engine.changed_prices(digest, stays=stays, tiers=tiers)
    assert cells(frame) == different(before, after)
    lines = frame.sort("hotel_id", "room_type_id", "plan_id", "tier", "nights", "first_arrival").to_dicts()
    for left, right in pairwise(lines):  # what could be one range is one
        keys = ("hotel_id", "room_type_id", "plan_id", "tier", "nights", "price_minor")
        touching = right["first_arrival"] - left["last_arrival"] == timedelta(days=1)
        assert not (touching and all(left[key] == right[key] for key in keys))
    batches = list(engine.reprice(stays=stays, tiers=tiers, since=digest))
    found = {}
    for row in (row for batch in batches for row in pl.from_arrow(batch).to_dicts()):
        product = row["product_index"]
        kind = engine.catalog.product_row[product]
        place = (engine.catalog.hotel_ids[engine.catalog.row_hotel[kind]], engine.catalog.room_type_ids[kind])
        found[(*place, engine.catalog.plan_ids[product], row["tier"], row["nights"], row["arrival"])] = row[
            "price_minor"
        ]
    assert found == different(before, after)


NEAR = {"name": "near", "lead_days": [0, 5], "percent": [[9, 0]]}
GENERAL = book(tax=[{"name": "city", "percent": 7}], demand=[NEAR])
GENERAL_CHANGES = [
    GENERAL,
    GENERAL | {"season": [{"name": "one", "where": {"hotel": ["B"]}, "dates": [DATES], "percent": "5.5"}]},
    GENERAL | {"tax": [{"name": "city", "percent": 8, "where": {"hotel": ["A"]}}]},
    GENERAL | {"demand": [NEAR | {"percent": [[0, 9]], "where": {"hotel": ["B"]}}]},
    GENERAL | {"bounds": [{"name": "least", "floor_percent": 115, "weekdays": ["sat"]}]},
    book(),
]  # fmt: skip


@pytest.mark.parametrize("change", range(len(GENERAL_CHANGES)))
def test_the_feed_of_general_books_has_exactly_the_prices_that_changed(engine, change):
    stays, tiers = (1, 3), ("public", "gold")
    digest = engine.publish(GENERAL).digest
    before = told(engine, stays, tiers)
    engine.publish(GENERAL_CHANGES[change])
    frame = engine.changed_prices(digest, stays=stays, tiers=tiers)
    assert cells(frame) == different(before, told(engine, stays, tiers))


def test_new_nights_and_new_plans_are_changes_too(engine):
    digest = engine.publish(BOOK).digest
    before = told(engine, (1, 3), ("public",))
    engine.clock.advance_ms(2 * 86_400_000)
    engine.roll()
    engine.add_plans({"hotel_id": ["B"], "room_type_id": ["king"], "plan_id": ["flex"], "base_minor": [7_000]})
    after = told(engine, (1, 3), ("public",))
    assert len(different(before, after)) == 2 * 3 * 2 + 14 + 12
    assert cells(engine.changed_prices(digest, stays=(1, 3))) == different(before, after)


def test_a_part_of_the_chain_and_what_cannot_be_asked(engine):
    digest = engine.publish(BOOK).digest
    engine.publish(book(season=[]))
    frame = engine.changed_prices(digest, hotel_ids=["B"], arrivals=("2027-01-04", "2027-01-08"))
    assert frame.rows() == [
        ("B", "king", "standard", "public", 1, date(2027, 1, 8), date(2027, 1, 8), 9_000, "JPY"),
    ]
    assert engine.changed_prices(engine.versions()["digest"][-1]).is_empty()
    assert list(engine.reprice(stays=(1,), since=engine.versions()["digest"][-1])) == []
    with pytest.raises(VersionGoneError):
        engine.changed_prices("0" * 16)
    engine.publish({**book(season=[]), "book": {"name": "more", "tiers": ["public", "gold", "platinum"]}})
    with pytest.raises(InputError, match=r"tier platinum is not in version .*tiers=\['gold'\]"):
        engine.changed_prices(digest, tiers=["gold", "platinum"])
