"""Whole numbers come out of arrays as often as out of Python: NumPy's are taken, and answered as Python's."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from nightgrid import Catalog, Engine, InputError, InputTypeError, ManualClock
from nightgrid.asking import Asking
from nightgrid.counts import plain_int

TODAY = date(2027, 1, 1)
ARRIVAL = TODAY + timedelta(3)
KINDS = (np.int8, np.uint16, np.int32, np.int64)


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H"], "room_type_id": ["A"], "capacity": [9], "base_minor": [100]},
    )
    clock = ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
    return Engine.in_memory(catalog, TODAY, np.int16(20), slots=np.int64(100), clock=clock, channels=["web"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_hold_and_its_verbs(engine, kind) -> None:
    hold = engine.hold("H", "A", ARRIVAL, kind(2), rooms=kind(4), ttl_seconds=kind(60), guests=kind(2))
    assert json.loads(json.dumps(asdict(hold), default=str))["rooms"] == 4  # int64 of NumPy is no number to JSON

    number = np.int64(hold.id)
    engine.extend(number, kind(100))
    engine.amend(number, nights=kind(3), rooms=kind(3))
    engine.confirm(number, rooms=kind(2))
    view = engine.get(number)
    assert (view.state, view.nights, view.rooms) == ("booked", 3, 2)
    assert type(engine.cancel(number).id) is int
    assert engine.check() == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_hotel_sets_and_asks(engine, kind) -> None:
    engine.set_counter("SPRING", kind(5), used=kind(1))
    engine.set_open_holds_max("web", kind(3))
    engine.create_block("G", "H", "A", kind(2), first_night=ARRIVAL, last_night=ARRIVAL, release_days=kind(1))
    engine.set_block_units("G", kind(3))
    hold = engine.hold("H", "A", ARRIVAL, 1, coupon="SPRING", coupon_units=kind(2), value_minor=kind(9))
    engine.hold("H", "A", ARRIVAL, 1, replace=np.int64(hold.id), nights_minor=[kind(9)])
    engine.grow_slots(np.int64(200))

    assert engine.counters()["used"].to_list() == [1]
    assert engine.blocks()["units"].to_list() == [3]
    assert engine.metrics()["slots"]["capacity"] == 200
    assert engine.changes_since(kind(0)).equals(engine.changes_since(0))
    calendar = engine.availability_calendar("H", kind(2), rooms=kind(6))
    assert calendar.equals(engine.availability_calendar("H", 2, rooms=6))
    assert engine.largest_free_run(rooms=kind(6)).equals(engine.largest_free_run(rooms=6))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_about_prices(engine, kind) -> None:
    engine.publish(
        {"book": {"name": "Flat", "tiers": ["public"], "display_currency": "EUR"}, "currencies": {"EUR": "1"}}
    )
    engine.clock.advance_ms(kind(100))
    now_ms = engine.clock.now_ms()
    assert type(now_ms) is int
    assert type(ManualClock(np.int64(now_ms)).now_ms()) is int
    stay = ("H", "A", ARRIVAL)
    many = {"adults": kind(1), "children": [kind(4)], "points": kind(0), "rooms_left": kind(3)}
    plain = {"adults": 1, "children": [4], "points": 0, "rooms_left": 3}

    assert Asking(**many) == Asking(**plain)
    assert Asking(fill_bp=np.array([1, 100], kind), children=np.array([3], kind)) == Asking(
        fill_bp=[1, 100], children=[3]
    )
    assert {type(each) for each in (*Asking(fill_bp=np.array([7], kind)).fill_bp, Asking(**many).adults)} == {int}
    asked = engine.quote(*stay, kind(2), rooms=kind(2), **many)
    assert asked == engine.quote(*stay, 2, rooms=2, **plain)
    assert asked.to_dict() == engine.quote(*stay, 2, rooms=2, **plain).to_dict()
    for call in (
        lambda k, of: engine.price_history(*stay, k(2), days=k(3), rooms=k(2), **of)["total_minor"],
        lambda k, of: engine.price_as_of(k(now_ms) if k is int else np.int64(now_ms), *stay, k(2), rooms=k(2), **of),
        lambda k, of: engine.calendar("H", k(2), rooms=k(2), **of),
        lambda k, of: engine.search(ARRIVAL, k(2), rooms=k(1), price_min_minor=k(100), top=k(5), **of).offers,
    ):
        many_said, said = call(kind, many), call(int, plain)
        assert not isinstance(said, list) or len(said) == 1
        assert many_said.equals(said) if hasattr(said, "equals") else many_said == said


@pytest.mark.parametrize("value", [True, np.True_, 2.0, np.float64(2), "2"])
def test_what_is_no_whole_number_is_refused_of_prices_too(engine, value) -> None:
    engine.publish(
        {"book": {"name": "Flat", "tiers": ["public"], "display_currency": "EUR"}, "currencies": {"EUR": "1"}}
    )
    for call in (
        lambda: Asking(adults=value),
        lambda: Asking(children=[value]),
        lambda: Asking(points=value),
        lambda: Asking(fill_bp=np.array([0.5])),
        lambda: engine.price_history("H", "A", ARRIVAL, 1, days=value),
        lambda: engine.price_history("H", "A", ARRIVAL, 1, rooms=value),
        lambda: engine.calendar("H", value),
        lambda: engine.search(ARRIVAL, 1, price_max_minor=value),
    ):
        with pytest.raises((InputError, InputTypeError)):
            call()


def test_a_cart(engine) -> None:
    line = {"hotel_id": "H", "room_type_id": "A", "arrival": ARRIVAL, "nights": np.int64(2), "rooms": np.int32(2)}
    cart = engine.hold_cart([line, {**line, "departure": ARRIVAL + timedelta(1), "nights": None}])

    assert [(type(hold.rooms), hold.rooms, hold.nights) for hold in cart.holds] == [(int, 2, 2), (int, 2, 1)]
    assert engine.find(cart_id=np.int64(cart.cart_id)).height == 2
    engine.confirm_cart(np.int64(cart.cart_id))
    assert engine.matrix("sold")[0, 3:6].tolist() == [4, 2, 0]


@pytest.mark.parametrize("value", [True, np.True_, 2.0, np.float64(2), "2", None])
def test_what_is_no_whole_number_is_refused_as_it_stands(engine, value) -> None:
    lsn = engine.lsn
    for call in (
        lambda: engine.hold("H", "A", ARRIVAL, 1, rooms=value),
        lambda: engine.get(value),
        lambda: engine.find(cart_id=value),
        lambda: engine.grow_slots(value),
        lambda: engine.largest_free_run(rooms=value),
    ):
        with pytest.raises((InputError, InputTypeError)):
            call()
    assert plain_int(value) is value
    assert engine.lsn == lsn
