"""Runs, gaps and the availability calendar of a store: names and dates, the hotel's today, one hotel or all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from nightgrid import Catalog, InputError, ManualClock, Outcome, UnknownIdError
from nightgrid.engine import Engine
from tests.oracles import runs as oracle

FIRST = date(2027, 3, 1)
NIGHTS = 10
TAKEN = {  # rooms sold elsewhere by night of the window, of two rooms each
    ("Bund", "DBL"): "0022110220",
    ("Bund", "STE"): "2222222222",
    ("Kona", "DBL"): "0200000000",
}


@pytest.fixture
def engine() -> Engine:
    """In Shanghai it is already the third of March, in Hawaii still the second."""
    catalog = Catalog.from_frames(
        hotels={
            "hotel_id": ["Bund", "Kona"],
            "currency": ["CNY", "USD"],
            "time_zone": ["Asia/Shanghai", "Pacific/Honolulu"],
        },
        room_types={
            "hotel_id": [row[0] for row in TAKEN],
            "room_type_id": [row[1] for row in TAKEN],
            "capacity": [2] * 3,
            "base_minor": [100] * 3,
        },
    )
    made = Engine.in_memory(catalog, FIRST, NIGHTS, clock=ManualClock(datetime(2027, 3, 2, 20, tzinfo=UTC)), slots=100)
    made.set_sold_elsewhere(np.array([[int(sign) for sign in row] for row in TAKEN.values()], np.int16))
    return made


def night(index: int) -> date:
    return FIRST + timedelta(days=index)


def test_the_largest_run_of_every_room_type(engine):
    found = engine.largest_free_run()

    assert found.schema == {
        "hotel_id": pl.String, "room_type_id": pl.String, "first_night": pl.Date, "last_night": pl.Date,
        "nights": pl.Int32,
    }  # fmt: skip
    assert found.rows() == [
        ("Bund", "DBL", night(4), night(6), 3),
        ("Bund", "STE", None, None, 0),
        ("Kona", "DBL", night(2), night(9), 8),
    ]
    assert engine.largest_free_run("Bund").rows() == found.rows()[:2]
    assert engine.largest_free_run("Bund", rooms=2).rows()[0] == ("Bund", "DBL", night(6), night(6), 1)


def test_nights_that_are_gone_are_in_no_run(engine):
    assert engine.largest_free_run("Kona")["first_night"].to_list() == [night(2)]
    engine.clock.advance_ms(3 * 24 * 3_600_000)
    assert engine.largest_free_run("Kona").rows() == [("Kona", "DBL", night(4), night(9), 6)]


def test_gaps_that_no_stay_fills(engine):
    found = engine.gap_nights(4)

    assert found.schema == {
        "hotel_id": pl.String, "room_type_id": pl.String, "first_night": pl.Date, "last_night": pl.Date,
        "nights": pl.Int32, "rooms": pl.Int16,
    }  # fmt: skip
    assert found.rows() == [("Bund", "DBL", night(4), night(6), 3, 1)]
    assert engine.gap_nights(3).is_empty()
    assert engine.gap_nights(2, "Bund", rooms=2).rows() == [("Bund", "DBL", night(6), night(6), 1, 2)]
    assert engine.gap_nights(4, "Kona").schema == found.schema


def test_the_shortest_stay_may_differ_by_room_type_and_night(engine):
    shortest = np.full((3, NIGHTS), 4)
    assert engine.gap_nights(shortest).height == 1
    shortest[0, 6] = 1
    assert engine.gap_nights(shortest).is_empty()
    assert engine.gap_nights(shortest[:2], "Bund").is_empty()
    with pytest.raises(InputError, match=r"min_nights has shape \(3, 10\); one number, or \(2, 10\)"):
        engine.gap_nights(shortest, "Bund")


def test_a_hold_makes_a_gap_and_its_end_unmakes_it(engine):
    hold = engine.hold("Bund", "DBL", night(5), 1, ttl_seconds=60)
    assert engine.gap_nights(2)["first_night"].to_list() == [night(4), night(6)]
    engine.clock.advance_ms(60_000)  # its deadline: nobody has to sweep
    assert engine.gap_nights(2).is_empty()
    assert engine.get(hold.id).state == "expired"


def test_the_calendar_counts_rooms_for_the_whole_stay(engine):
    found = engine.availability_calendar("Bund", 2)

    assert found.schema == {
        "hotel_id": pl.String, "room_type_id": pl.String, "arrival": pl.Date, "rooms": pl.Int16,
        "outcome": pl.Int16, "available": pl.Boolean, "hotel_available": pl.Boolean,
    }  # fmt: skip
    by_type = found.partition_by("room_type_id", as_dict=True, maintain_order=True)
    assert by_type["DBL",]["rooms"].to_list() == [0, 0, 0, 0, 1, 1, 0, 0, 0, 0]
    assert by_type["STE",]["available"].sum() == 0
    assert by_type["STE",]["hotel_available"].to_list() == by_type["DBL",]["available"].to_list()
    assert by_type["STE",]["arrival"].to_list() == [night(index) for index in range(NIGHTS)]
    assert not engine.availability_calendar("Bund", 2, rooms=2)["hotel_available"].any()


def test_the_calendar_says_why_a_stay_cannot_be_had(engine):
    engine.restrict({"hotel_id": ["Bund"], "night": [night(5)], "closed_to_arrival": [True]})
    said = engine.availability_calendar("Bund", 2).filter(room_type_id="DBL")

    names = [Outcome(code).name for code in said["outcome"]]
    assert names[3:7] == ["SOLD_OUT", "OK", "CLOSED_TO_ARRIVAL", "SOLD_OUT"]
    assert [names[0], names[9]] == ["OUTSIDE_HORIZON", "OUTSIDE_HORIZON"]
    assert said["rooms"].to_list()[5] == 1  # free, but nobody may arrive
    with pytest.raises(UnknownIdError, match="plan is 'early'; the hotel has standard"):
        engine.availability_calendar("Bund", 2, plan="early")


def test_the_calendar_of_all_hotels_is_that_of_each(engine):
    for nights in (1, 3, NIGHTS, NIGHTS + 1):
        whole = engine.availability_calendar(None, nights)
        free = engine.matrix("free").tolist()

        assert whole.equals(pl.concat(engine.availability_calendar(hotel_id, nights) for hotel_id in ("Bund", "Kona")))
        assert whole["rooms"].to_list() == [
            oracle.stay_rooms(row, arrival, nights, today)
            for row, today in zip(free, (2, 2, 1), strict=True)
            for arrival in range(NIGHTS)
        ]


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda e: e.largest_free_run("Bnd"), UnknownIdError, "did you mean 'Bund'"),
        (lambda e: e.gap_nights(2, "Bund", rooms=0), InputError, "rooms is 0"),
        (lambda e: e.availability_calendar("Bund", 0), InputError, "nights is 0"),
        (lambda e: e.availability_calendar("Bund", 1, rooms=0), InputError, "rooms is 0"),
    ],
)
def test_questions_that_cannot_be_meant(engine, ask, error, words):
    with pytest.raises(error, match=words):
        ask(engine)
