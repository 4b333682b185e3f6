"""A refusal as INVALID or OUTSIDE_HORIZON says what was asked, what is allowed and when it would be right."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from nightgrid import Catalog, Engine, InputError, InputTypeError, ManualClock, Outcome, Refused


@pytest.fixture
def clock():
    return ManualClock(datetime(2028, 2, 28, 12, tzinfo=UTC))


@pytest.fixture
def engine(clock):
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H"], "room_type_id": ["A"], "capacity": [9], "base_minor": [100]},
    )
    return Engine.in_memory(catalog, date(2028, 2, 28), 30, clock=clock)


def why(outcome, verb, *args, **more):
    with pytest.raises(Refused) as caught:
        verb(*args, **more)
    assert caught.value.outcome == outcome
    return str(caught.value)


def test_a_stay_that_is_too_long_or_for_too_many(engine) -> None:
    limits = "allowed are 1 to 365 nights and 1 to 10,000 rooms"
    assert f"for 366 nights, rooms 1: {limits}" in why(Outcome.INVALID, engine.hold, "H", "A", "2028-02-29", 366)
    assert f"for 1 nights, rooms 0: {limits}" in why(Outcome.INVALID, engine.book, "H", "A", "2028-02-29", 1, rooms=0)
    line = {"hotel_id": "H", "room_type_id": "A", "arrival": "2028-02-29", "nights": 1, "rooms": 10_001}
    assert f"line 0, H/A for 1 nights, rooms 10001: {limits}" in why(Outcome.INVALID, engine.hold_cart, [line])
    hold = engine.hold("H", "A", "2028-02-29", 1)
    assert f"for 1 nights, rooms -3: {limits}" in why(Outcome.INVALID, engine.amend, hold.id, rooms=-3)
    assert engine.lsn == hold.lsn


def test_a_part_that_is_more_than_was_held(engine, clock) -> None:
    hold = engine.hold("H", "A", "2028-02-29", 1, rooms=2, ttl_seconds=60)
    words = "rooms is 3, and 2 are held; allowed are 1 to 2"
    assert words in why(Outcome.INVALID, engine.confirm, hold.id, rooms=3)
    clock.advance_ms(60_000)
    assert words in why(Outcome.INVALID, engine.confirm, hold.id, rooms=3, rebook=True)


def test_dates_that_the_stay_does_not_have(engine, clock) -> None:
    booking = engine.book("H", "A", "2028-02-29", 3)
    stay = "the stay is from 2028-02-29 to 2028-03-03"
    assert f"departure 2028-03-03: {stay}" in why(Outcome.INVALID, engine.depart_early, booking.id, "2028-03-03")
    release = {"release_from": "2028-03-03"}
    assert f"release_from 2028-03-03: {stay}" in why(Outcome.INVALID, engine.no_show, booking.id, **release)
    early = why(Outcome.OUTSIDE_HORIZON, engine.check_in, booking.id)
    assert f"{stay}, and today at the hotel is 2028-02-28" in early

    clock.advance_ms(2 * 24 * 3_600_000)
    engine.check_in(booking.id)
    assert "only the departure can change" in why(Outcome.INVALID, engine.amend, booking.id, rooms=2)
    clock.advance_ms(24 * 3_600_000)
    past = why(Outcome.OUTSIDE_HORIZON, engine.depart_early, booking.id, "2028-03-01")
    assert "departure 2028-03-01 is past: today at the hotel is 2028-03-02" in past
    assert engine.check() == []


def test_an_archive_is_a_folder_by_name(engine, clock) -> None:
    clock.advance_ms(24 * 3_600_000)
    with pytest.raises(InputTypeError, match="archive is 5; the path of a folder is needed"):
        engine.roll(archive=5)
    with pytest.raises(InputError, match="archive is ''; name a folder"):
        engine.roll(archive="")
    assert engine.roll() == 1
