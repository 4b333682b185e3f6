"""Several rooms in one order: a coupon acts once, whichever way the price is asked for."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from nightgrid.errors import RuleBookError
from nightgrid.pricing import load_book
from nightgrid.pricing.explain import TOLD

ARRIVAL = "2027-01-10"
FALL = {"name": "Fall", "off": {"CNY": "50"}, "coupon": "FALL", "class": "any"}
TEN = {"name": "Ten", "percent": -10, "coupon": "TEN", "coupon_per": "room", "class": "any"}
BOOK = {
    "promotion": [{"name": "Autumn", "percent": -20}, FALL, TEN],
    "tax": [{"name": "VAT", "percent": 10}],
    "points": [{"name": "Points", "rate": {"points": 100, "value": {"CNY": "1"}}}],
}
COUPONS = {"coupons": ("FALL", "TEN")}


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        hotels={
            "hotel_id": ["A", "B"], "currency": ["CNY", "EUR"], "time_zone": ["Asia/Shanghai", "Europe/Berlin"],
        },
        room_types={
            "hotel_id": ["A", "A", "B"], "room_type_id": ["king", "twin", "king"], "capacity": [5, 5, 5],
            "base_minor": [50_000, 60_001, 9_000],
        },
    )  # fmt: skip
    clock = ManualClock(datetime(2027, 1, 1, 4, tzinfo=UTC))
    engine = Engine.in_memory(catalog, "2027-01-01", 30, clock=clock)
    engine.publish({**BOOK, "book": {"display_currency": "CNY"}, "currencies": {"CNY": 1, "EUR": "7.8"}})
    clock.advance_ms(60_000)
    return engine


def test_of_several_rooms_one_has_the_coupon(engine):
    # 500.00 x 0.80 = 400.00, - 50.00 = 350.00, x 0.90 = 315.00; without the coupon 400.00 x 0.90 = 360.00; + 10 %.
    quote = engine.quote("A", "king", ARRIVAL, 1, rooms=3, **COUPONS)
    assert (quote.net_minor, quote.taxes_minor, quote.total_minor) == (103_500, 10_350, 113_850)
    assert quote.nights_minor == (113_850,)
    assert engine.quote("A", "king", ARRIVAL, 1, **COUPONS).total_minor == 34_650
    assert engine.quote("A", "king", ARRIVAL, 1, rooms=3, coupons=("TEN",)).total_minor == 3 * 39_600
    assert engine.requote(json.dumps(quote.to_dict())) == quote


def test_points_are_spent_once(engine):
    quote = engine.quote("A", "king", ARRIVAL, 1, rooms=3, points=1_000, **COUPONS)
    assert (quote.total_minor, quote.payable_minor, quote.points_used) == (113_850, 112_850, 1_000)


def test_points_pay_a_part_of_the_price_of_all_rooms(engine):
    half = [{"name": "Half", "rate": {"points": 100, "value": {"CNY": "1"}}, "max_percent": 50}]
    currencies = {"CNY": 1, "EUR": "7.8"}
    engine.publish({**BOOK, "points": half, "book": {"display_currency": "CNY"}, "currencies": currencies})
    quote = engine.quote("A", "king", ARRIVAL, 1, rooms=3, points=100_000)
    # Points stand before the taxes: a half of 3 x 400.00.
    assert (quote.total_minor, quote.payable_minor, quote.points_used) == (132_000, 72_000, 60_000)
    why = engine.explain(quote)
    assert why.differences(3, tuple(getattr(quote, field) for field in TOLD)) == []
    frame = engine.quote_many(
        {"hotel_id": ["A"] * 2, "room_type_id": ["king"] * 2, "arrival": [ARRIVAL] * 2, "nights": [1, 1],
         "rooms": [3, 1], "points": [100_000, 100_000]}
    )  # fmt: skip
    assert frame["points_used"].to_list() == [60_000, 20_000]
    assert engine.quote("A", "king", ARRIVAL, 1, rooms=3, points=30_000).payable_minor == 102_000


def test_the_explanation_tells_what_the_other_rooms_cost(engine):
    quote = engine.quote("A", "king", ARRIVAL, 2, rooms=3, **COUPONS)
    why = engine.explain(quote)
    assert why.others is not None
    assert why.total_minor + 2 * why.others.total_minor == quote.total_minor
    assert f"  each other room, without coupon FALL: {why.others.total_minor / 100:.2f} CNY" in why.render()
    assert why.to_dict()["other_rooms_minor"] == why.others.total_minor
    assert engine.explain(engine.quote("A", "king", ARRIVAL, 2, rooms=3, coupons=("TEN",))).others is None


@pytest.mark.parametrize("nights", [1, 3])
@pytest.mark.parametrize("rooms", [1, 2, 5])
def test_every_question_has_the_same_total(engine, rooms, nights):
    stay = {"hotel_id": ["A", "A", "B"], "room_type_id": ["king", "twin", "king"], "rooms": [rooms] * 3}
    many = engine.quote_many({**stay, "arrival": [ARRIVAL] * 3, "nights": [nights] * 3}, **COUPONS)
    quotes = [
        engine.quote(hotel, room_type, ARRIVAL, nights, rooms=rooms, **COUPONS)
        for hotel, room_type in zip(stay["hotel_id"], stay["room_type_id"], strict=True)
    ]
    for name in ("total_minor", "net_minor", "taxes_minor"):
        assert many[name].to_list() == [getattr(quote, name) for quote in quotes]
    found = engine.search(ARRIVAL, nights, rooms=rooms, currency="CNY", **COUPONS)
    cheapest = {"A": quotes[0], "B": quotes[2]}
    assert found.total_minor.tolist() == [cheapest[offer.hotel_id].total_minor for offer in found.offers]
    for offer in found.offers:
        assert offer.total_minor == cheapest[offer.hotel_id].total_minor
        assert offer.display_minor == engine.in_currency(cheapest[offer.hotel_id], "CNY")
    calendar = engine.calendar("A", nights, rooms=rooms, **COUPONS)
    shown = dict(zip(calendar["arrival"], calendar["price_minor"], strict=True))
    assert shown[date(2027, 1, 10)] == quotes[0].total_minor
    lowest = engine.lowest_prices({**stay, "arrival": [ARRIVAL] * 3, "nights": [nights] * 3}, **COUPONS)
    assert lowest["lowest_minor"].to_list() == many["total_minor"].to_list()


def test_a_price_range_is_of_the_order(engine):
    total = engine.quote("A", "king", ARRIVAL, 1, rooms=2, **COUPONS).total_minor
    where = {"rooms": 2, "hotel_ids": ["A"], "room_type": "king"} | COUPONS
    assert engine.search(ARRIVAL, 1, price_max_minor=total, **where).offers[0].total_minor == total
    assert engine.search(ARRIVAL, 1, price_max_minor=total - 1, **where).offers == []


def test_a_hurdle_is_met_by_the_value_of_the_order(engine):
    total = engine.quote("A", "king", ARRIVAL, 1, rooms=2, **COUPONS).total_minor
    for hurdle, held in ((total // 2, True), (total // 2 + 1, False)):
        engine.set_hurdles(
            {"hotel_id": ["A"], "room_type_id": ["king"], "night": [date(2027, 1, 10)], "hurdle_minor": [hurdle]}
        )
        offers = engine.search(ARRIVAL, 1, rooms=2, hotel_ids=["A"], room_type="king", **COUPONS).offers
        assert bool(offers) is held
        calendar = engine.calendar("A", 1, rooms=2, room_type_id="king", **COUPONS)
        outcome = dict(zip(calendar["arrival"], calendar["outcome"], strict=True))[date(2027, 1, 10)]
        assert outcome == ("OK" if held else "BELOW_HURDLE")


def test_a_cart_takes_a_coupon_once(engine):
    day = engine.quote("A", "king", ARRIVAL, 1, **COUPONS)
    with pytest.raises(InputError, match=r"line 1: coupon 'FALL' is in the quote of line 0, and it acts once an order"):
        engine.hold_cart([{"quote": day}, {"quote": day}])
    assert engine.availability("A")["held"].sum() == 0
    plain = engine.quote("A", "king", ARRIVAL, 1, coupons=("TEN",))
    cart = engine.hold_cart([{"quote": day}, {"quote": plain}, {"quote": plain}])
    assert len(cart.holds) == 3


def test_where_a_coupon_acts_needs_a_coupon():
    with pytest.raises(RuleBookError, match="coupon_per"):
        load_book({"promotion": [{"name": "x", "percent": -5, "coupon_per": "room"}]})
