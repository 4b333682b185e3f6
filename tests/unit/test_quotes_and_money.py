"""What a quote takes when it is held: limited counters of coupons and points; carts and frames at quoted prices."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock, Outcome, Refused

BOOK = {
    "book": {"tiers": ["public", "gold"]},
    "promotion": [
        {"name": "Autumn", "coupon": "FALL", "percent": -10},
        {"name": "Winter", "coupon": "SNOW", "percent": -5},
    ],
    "points": [{"name": "Stars", "rate": {"points": 100, "value": {"CNY": 1}}}],
}


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["A", "B"], "currency": ["CNY"] * 2, "time_zone": ["Asia/Shanghai"] * 2},
        room_types={
            "hotel_id": ["A", "B"], "room_type_id": ["king"] * 2, "capacity": [5] * 2, "base_minor": [10_000, 20_000],
        },
    )  # fmt: skip
    clock = ManualClock(datetime(2027, 1, 1, 4, tzinfo=UTC))
    engine = Engine.in_memory(catalog, "2027-01-01", 30, clock=clock, tiers=["public", "gold"], channels=["web"])
    engine.publish(BOOK)
    return engine


def quote_of(engine, hotel="A", **more):
    return engine.quote(hotel, "king", "2027-01-10", 2, **more)


def left(engine):
    return dict(engine.counters().select("counter_id", "left").rows())


def test_a_coupon_of_a_quote_takes_its_counter_and_gives_it_back(engine):
    engine.set_counter("FALL", 1)
    engine.set_counter("SNOW", 5)
    quote = quote_of(engine, coupons={"FALL", "OTHER"})
    hold = engine.hold(quote=quote)
    assert left(engine) == {"FALL": 0, "SNOW": 5}
    assert (engine.get(hold.id).coupon, engine.get(hold.id).coupon_units) == ("FALL", 1)
    with pytest.raises(Refused) as refused:
        engine.hold(quote=quote)
    assert refused.value.outcome == Outcome.COUNTER_USED_UP
    engine.release(hold.id)
    assert left(engine)["FALL"] == 1
    engine.hold(quote=quote, ttl_seconds=10)
    engine.clock.advance_ms(10_000)
    assert len(engine.expire()) == 1
    assert left(engine)["FALL"] == 1
    booked = engine.book(quote=quote.to_dict())
    engine.cancel(booked.id)
    assert left(engine)["FALL"] == 0  # a sale has used it
    assert engine.check() == []


def test_a_coupon_without_a_counter_takes_none(engine):
    hold = engine.hold(quote=quote_of(engine, coupons={"FALL"}))
    assert engine.get(hold.id).coupon is None
    engine.set_counter("SNOW", 5)
    hold = engine.hold(quote=quote_of(engine, coupons={"FALL"}))
    assert engine.get(hold.id).coupon is None
    hold = engine.hold(quote=quote_of(engine, coupons={"FALL"}), coupon="SNOW", coupon_units=2)
    assert left(engine) == {"SNOW": 3}


def test_points_of_a_quote_are_reserved(engine):
    engine.set_counter("Stars", 700)
    quote = quote_of(engine, points=450)
    assert quote.points_used == 450
    hold = engine.hold(quote=quote)
    assert left(engine) == {"Stars": 250}
    with pytest.raises(Refused) as refused:
        engine.hold(quote=quote)
    assert refused.value.outcome == Outcome.POINTS_USED_UP
    engine.release(hold.id)
    assert left(engine) == {"Stars": 700}
    engine.confirm(engine.hold(quote=quote).id)
    assert left(engine) == {"Stars": 250}
    engine.set_counter("Stars", 500_000)
    engine.hold(quote=quote_of(engine, points=18_000))
    assert left(engine) == {"Stars": 500_000 - 450 - 18_000}
    long = engine.quote("B", "king", "2027-01-10", 15, points=290_000)
    assert engine.get(engine.hold(quote=long).id).points_units == 290_000
    assert left(engine) == {"Stars": 500_000 - 450 - 18_000 - 290_000}


def test_a_hold_carries_a_coupon_and_points(engine):
    for name, limit in (("FALL", 9), ("SNOW", 9), ("Stars", 900)):
        engine.set_counter(name, limit)
    quote = quote_of(engine, coupons={"FALL"}, points=100)
    hold = engine.hold(quote=quote)
    assert left(engine) == {"FALL": 8, "SNOW": 9, "Stars": 800}
    view = engine.get(hold.id)
    assert (view.coupon, view.coupon_units, view.points, view.points_units) == ("FALL", 1, "Stars", 100)
    engine.hold(quote=quote, coupon="SNOW", coupon_units=2, points="Stars", points_units=7)
    assert left(engine) == {"FALL": 8, "SNOW": 7, "Stars": 793}
    engine.hold(quote=quote, coupon="Stars", coupon_units=3)  # the points said otherwise
    assert left(engine) == {"FALL": 8, "SNOW": 7, "Stars": 790}
    engine.release(hold.id)
    assert left(engine) == {"FALL": 9, "SNOW": 7, "Stars": 890}
    two = quote_of(engine, coupons={"FALL", "SNOW"})
    with pytest.raises(InputError, match=r"several coupons with limited counters \(FALL, SNOW\).* with coupon="):
        engine.hold(quote=two)
    assert engine.check() == []


def test_a_cart_keeps_the_prices_of_its_quotes(engine):
    engine.set_counter("FALL", 1)
    one, two = quote_of(engine, coupons={"FALL"}, tier="gold", rooms=2), quote_of(engine, "B", channel="web")
    plain = {"hotel_id": "B", "room_type_id": "king", "arrival": "2027-01-12", "nights": 1}
    engine.publish({"season": [{"name": "Dear", "percent": 50}]})
    cart = engine.hold_cart([{"quote": one}, {"quote": json.dumps(two.to_dict()), "guests": 2}, plain], key="cart-1")
    assert [hold.rooms for hold in cart.holds] == [2, 1, 1]
    engine.confirm_cart(cart.cart_id)
    first, second, third = (engine.get(hold.id) for hold in cart.holds)
    # Of the two rooms one has the coupon: 180.00 and 200.00.
    assert (first.value_minor, first.quote, first.tier, first.coupon) == (38_000, one.digest, "gold", "FALL")
    assert (second.value_minor, second.quote, second.channel, second.coupon) == (40_000, two.digest, "web", None)
    assert (second.price_version, third.quote, third.value_minor) == (two.price_version, None, None)
    again = engine.hold_cart([{"quote": one}, {"quote": two, "guests": 2}, plain], key="cart-1")
    assert (again.cart_id, again.outcome) == (cart.cart_id, Outcome.EXISTS)
    assert left(engine) == {"FALL": 0}
    assert engine.check() == []


def test_a_cart_with_a_quote_that_is_over_is_refused_as_a_whole(engine):
    old = quote_of(engine)
    engine.clock.advance_ms(899_999)
    new = quote_of(engine, "B")
    assert (old.valid_until_ms, old.to_dict()["valid_until_ms"]) == (old.evaluated_ms + 900_000,) * 2
    engine.hold_cart([{"quote": old}])  # its last millisecond
    engine.clock.advance_ms(1)
    before = engine.lsn
    with pytest.raises(Refused) as refused:
        engine.hold_cart([{"quote": new}, {"quote": old}])
    assert (refused.value.outcome, refused.value.line) == (Outcome.QUOTE_EXPIRED, 1)
    assert engine.lsn == before
    assert engine.requote(old) == old  # it still says what it said


def as_text(quote):
    return json.dumps(quote.to_dict())


@pytest.mark.parametrize("form", ["quotes", "dicts", "texts"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_frame_of_quotes_is_held_at_their_prices(engine, whole, form):
    quotes = [quote_of(engine, coupons={"FALL"}), None, quote_of(engine, "B", rooms=3)]
    engine.set_counter("FALL", 3)
    said = {"quotes": lambda each: each, "dicts": lambda each: each.to_dict(), "texts": as_text}
    lines = {
        "quote": [None if quote is None else said[form](quote) for quote in quotes],
        "hotel_id": [None, "B", None],
        "room_type_id": [None, "king", None],
        "arrival": [None, "2027-01-12", None],
        "nights": [None, 2, None],
        "guest": ["Ada", "Bob", "Cyd"],
    }
    answers = engine.hold_many(lines, all_or_nothing=whole)
    assert answers["outcome"].to_list() == [0, 0, 0]
    views = [engine.get(hold_id) for hold_id in answers["hold_id"]]
    assert [view.value_minor for view in views] == [18_000, None, 120_000]
    assert [view.rooms for view in views] == [1, 1, 3]
    assert [view.quote for view in views] == [quotes[0].digest, None, quotes[2].digest]
    assert left(engine) == {"FALL": 2}
    engine.clock.advance_ms(900_000)
    only = pl.DataFrame({"quote": [as_text(quotes[0]), as_text(quotes[2])]})
    late = engine.hold_many(only, all_or_nothing=whole)
    expected = [Outcome.QUOTE_EXPIRED, None] if whole else [Outcome.QUOTE_EXPIRED] * 2
    assert late["outcome"].to_list() == expected
    assert engine.check() == []


def test_what_a_quote_says_is_not_said_twice(engine):
    text = json.dumps(quote_of(engine).to_dict())
    with pytest.raises(InputError, match="hold_many: row 0: a quote is given, and it says nights; leave it out"):
        engine.hold_many({"quote": [text], "nights": [2]})
    with pytest.raises(InputError, match="hold_cart: row 1: a quote is given, and it says departure"):
        engine.hold_cart([{"quote": text}, {"quote": text, "departure": "2027-01-12"}])
    with pytest.raises(InputError, match="hold_many: row 0: the quote is no JSON"):
        engine.hold_many({"quote": ["nonsense"]})
    with pytest.raises(InputError, match="hold_many: row 0: this is no quote of this store"):
        engine.hold_many({"quote": [text.replace("20000", "10000")]})
