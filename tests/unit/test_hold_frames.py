"""What a frame of holds may say: all that a single hold may, and nothing that would be passed over in silence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nightgrid import Catalog, Engine, InputError, InputTypeError, ManualClock, Outcome, Refused

TODAY = date(2027, 1, 1)
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
LINES = {"hotel_id": ["H", "H"], "room_type_id": ["A", "B"], "arrival": [TODAY + timedelta(1)] * 2}


@pytest.fixture
def engine():
    """A house of two room types with two rooms each, whose suites take one guest."""
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {
            "hotel_id": ["H", "H"],
            "room_type_id": ["A", "B"],
            "capacity": [2, 2],
            "base_minor": [100, 100],
            "guests_max": [2, 1],
        },
    )
    return Engine.in_memory(catalog, TODAY, 10, clock=ManualClock(NOON))


def night(n):
    return TODAY + timedelta(n)


def codes(frame):
    return [None if code is None else Outcome(code).name for code in frame["outcome"].to_list()]


def test_a_line_ends_with_a_departure_or_after_its_nights(engine) -> None:
    held = engine.hold_many({**LINES, "departure": [night(3), None], "nights": [None, 1], "ttl_seconds": [1.5, 60.0]})

    assert codes(held) == ["OK", "OK"]
    views = [engine.get(hold_id) for hold_id in held["hold_id"]]
    assert [view.nights for view in views] == [2, 1]
    assert [view.deadline_ms - view.taken_ms for view in views] == [1_500, 60_000]
    assert codes(engine.hold_many({**LINES, "departure": [night(1), night(0)]})) == ["INVALID", "INVALID"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"departure": [night(3), None]}, "row 1: give exactly one of nights and departure"),
        ({"departure": [night(3), night(3)], "nights": [None, 1]}, "row 1: give exactly one of nights and departure"),
        ({"departure": [night(3), None], "nights": [None, 2**40]}, "nights is 1099511627776 in row 1"),
        ({"departure": [None, "2027-1-5"], "nights": [1, None]}, "departure is '2027-1-5' in row 1"),
        ({"nights": [1, 1], "ttl_seconds": [1.0, float("nan")]}, "ttl_seconds is nan in row 1"),
        ({"nights": [1, 1], "ttl_seconds": [0.0, 1.0]}, "ttl_seconds is 0.0 in row 0; allowed are 0.001 to 2592000"),
        ({"nights": [1, 1], "replace": [None, 0]}, "replace is 0 in row 1"),
    ],
)
def test_a_mistake_in_a_frame_names_its_row(engine, more, message) -> None:
    with pytest.raises((InputError, InputTypeError), match=message):
        engine.hold_many({**LINES, **more})
    assert engine.lsn == 0


def test_a_line_takes_over_the_hold_that_it_names(engine) -> None:
    old = engine.hold("H", "A", night(1), 2, rooms=2)
    asked = {"hotel_id": ["H"] * 3, "room_type_id": ["A"] * 3, "arrival": [night(2)] * 3, "nights": [2] * 3}

    said = engine.hold_many({**asked, "rooms": [2, 1, 1], "replace": [old.id, None, old.id]})

    assert codes(said) == ["OK", "SOLD_OUT", "ALREADY_RELEASED"]
    assert engine.get(said["hold_id"][0]).linked_to == old.id
    assert engine.check() == []
    with pytest.raises(InputError, match="a cart replaces no hold"):
        engine.hold_many({**LINES, "nights": [1, 1], "replace": [None, old.id]}, all_or_nothing=True)


def test_bookings_at_once_come_in_bulk(engine) -> None:
    frame = {**LINES, "nights": [2, 1], "key": ["a", "b"], "guest": ["li", "ana"], "reference": ["r1", "r2"]}

    booked = engine.book_many(frame)

    assert codes(booked) == ["OK", "OK"]
    assert engine.records()["kind"].to_list() == ["book", "book"]
    assert engine.find(reference="r2")["state"].to_list() == ["booked"]
    assert codes(engine.book_many(frame)) == ["EXISTS", "EXISTS"]
    assert codes(engine.book_many({**LINES, "nights": [1, 1], "rooms": [1, 2]}, all_or_nothing=True)) == [
        None,
        "SOLD_OUT",
    ]
    with pytest.raises(InputError, match="ttl_seconds is unknown"):
        engine.book_many({**LINES, "nights": [1, 1], "ttl_seconds": [60, 60]})
    assert engine.check() == []


def test_lines_that_are_held_together_have_one_key(engine) -> None:
    """The key of another line would be forgotten, and a retry with it would take a second room."""
    for keys in ({"key": ["a", "b"]}, {"key_high": [1, 1], "key_low": [1, 2]}):
        with pytest.raises(InputError, match="rows 0 and 1 name different ones in column key"):
            engine.hold_many({**LINES, "nights": [1, 1], **keys}, all_or_nothing=True)
    assert engine.lsn == 0

    first = engine.hold_many({**LINES, "nights": [1, 1], "key": [None, "a"]}, all_or_nothing=True)
    again = engine.hold_many({**LINES, "nights": [1, 1], "key": ["a", "a"]}, all_or_nothing=True)

    assert codes(again) == ["EXISTS", "EXISTS"]
    assert again.select("hold_id", "lsn").equals(first.select("hold_id", "lsn"))


def test_lines_that_are_held_together_take_one_coupon(engine) -> None:
    for name in ("SPRING", "POINTS"):
        engine.set_counter(name, 5)
    frame = {**LINES, "nights": [1, 1]}
    for more in ({"coupon": ["SPRING", "POINTS"]}, {"coupon": ["POINTS", "POINTS"], "coupon_units": [1, 2]}):
        with pytest.raises(InputError, match="different ones in column coupon"):
            engine.hold_many({**frame, **more}, all_or_nothing=True)
    for more in ({"points": ["SPRING", "POINTS"]}, {"points": ["POINTS", "POINTS"], "points_units": [1, 2]}):
        with pytest.raises(InputError, match="different ones in column points"):
            engine.hold_many({**frame, **more}, all_or_nothing=True)
    units = {"coupon_units": [3, None], "points_units": [None, 3]}
    both = {"coupon": ["POINTS", None], "points": [None, "POINTS"], **units}
    with pytest.raises(InputError, match="coupon and points of line 0 are both 'POINTS'; name it once"):
        engine.hold_many({**frame, **both}, all_or_nothing=True)
    assert engine.counters()["used"].to_list() == [0, 0]
    counted = {"coupon": [None, "POINTS"], "coupon_units": [None, 3], "points": ["SPRING", "SPRING"]}
    held = engine.hold_many({**frame, **counted}, all_or_nothing=True)

    assert engine.counters()["used"].to_list() == [1, 3]
    views = [engine.get(hold_id) for hold_id in held["hold_id"].to_list()]
    assert [(view.coupon, view.points) for view in views] == [("POINTS", "SPRING"), (None, None)]
    assert engine.check() == []


def test_a_party_may_be_too_large_for_another_room_type(engine) -> None:
    booking = engine.book("H", "A", night(1), 1, guests=2)
    with pytest.raises(Refused) as refused:
        engine.amend(booking.id, room_type_id="B", guests=2)
    assert refused.value.outcome == Outcome.TOO_MANY_GUESTS
    engine.amend(booking.id, room_type_id="B", guests=1)
    assert engine.get(booking.id).room_type_id == "B"


def test_a_hold_that_was_booked_again_in_part_is_not_booked_again_whole(engine) -> None:
    """As a hold that was confirmed in part: EXISTS only for the same part."""
    hold = engine.hold("H", "A", night(1), 1, rooms=2, ttl_seconds=60)
    engine.clock.advance_ms(60_000)
    again = engine.confirm(hold.id, rooms=1, rebook=True)

    assert engine.confirm(hold.id, rooms=1, rebook=True).id == again.id
    assert engine.confirm(hold.id, rebook=True).id == again.id
    with pytest.raises(Refused) as refused:
        engine.confirm(hold.id, rooms=2, rebook=True)
    assert refused.value.outcome == Outcome.ALREADY_CONFIRMED


def test_a_cart_may_be_a_frame_that_says_nothing_in_vain(engine) -> None:
    cart = engine.hold_cart({**LINES, "departure": [night(3), night(2)]})
    assert [engine.get(hold.id).nights for hold in cart.holds] == [2, 1]

    for more in ({"replace": [None, cart.cart_id]}, {"key_high": [1, 1], "key_low": [1, 2]}, {"coupon_units": [1, 1]}):
        with pytest.raises(InputError, match=f"column {next(iter(more))}: "):
            engine.hold_cart({**LINES, "nights": [1, 1], **more})
    assert engine.metrics()["open_holds"] == 2
