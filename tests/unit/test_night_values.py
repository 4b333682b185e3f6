"""The value of each night of a stay: what is kept of it, and what is said of values that cannot be meant."""

from __future__ import annotations

import re
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from nightgrid import InputError, InputTypeError, Outcome
from tests.agreement.test_ring_replays import FIRST, NIGHTS, NOW_MS, WORLD
from tests.engines import engine_of

STAY = ("A", "DBL", FIRST, 2)
MOST = 2**53


@pytest.fixture
def engine():
    return engine_of(WORLD, FIRST, NIGHTS, NOW_MS)


@pytest.mark.parametrize("given", [[3_000, 4_000], (3_000, 4_000), np.array([3_000, 4_000]), pl.Series([3_000, 4_000])])
def test_the_sum_is_the_value_of_the_stay(engine, given) -> None:
    hold = engine.hold(*STAY, nights_minor=given)
    assert engine.get(hold.id).value_minor == 7_000
    assert engine.records()["value"].to_list() == [7_000]
    booking = engine.book(*STAY, nights_minor=given)
    engine.amend(booking.id, nights=1, nights_minor=[5])
    assert engine.get(booking.id).value_minor == 5
    engine.amend(booking.id, nights_minor=[0])
    assert engine.get(booking.id).value_minor is None


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ([1], InputError, "nights_minor has 1 values, and the stay has 2 nights"),
        ([1, 2, 3], InputError, "nights_minor has 3 values, and the stay has 2 nights"),
        ([1, -1], InputError, f"nights_minor[1] is -1; allowed are 0 to {MOST}"),
        ([1, MOST + 1], InputError, f"nights_minor[1] is {MOST + 1}; allowed are 0 to {MOST}"),
        ([MOST, 1], InputError, f"nights_minor adds up to {MOST + 1}; allowed are 0 to {MOST}"),
        ([1, 2.0], InputTypeError, "nights_minor[1] is 2.0; give whole numbers of minor units, one for each night"),
        ([1, None], InputTypeError, "nights_minor[1] is None"),
        ([1, True], InputTypeError, "nights_minor[1] is True"),
        ("12", InputTypeError, "nights_minor is '12'"),
        (7, InputTypeError, "nights_minor is 7"),
    ],
)
def test_values_that_cannot_be_meant(engine, given, error, text) -> None:
    booking = engine.book(*STAY)
    lsn = engine.lsn
    for call in (engine.hold, engine.book):
        with pytest.raises(error, match=re.escape(text)):
            call(*STAY, nights_minor=given)
    with pytest.raises(error, match=re.escape(text)):
        engine.amend(booking.id, nights_minor=given)
    line = dict(zip(("hotel_id", "room_type_id", "arrival", "nights"), STAY, strict=True))
    with pytest.raises(error, match=re.escape(f"hold_cart: line 1: {text}")):
        engine.hold_cart([line, {**line, "nights_minor": given}])
    assert engine.lsn == lsn


def test_a_value_is_said_once(engine) -> None:
    with pytest.raises(InputError, match="value_minor and nights_minor are both given"):
        engine.hold(*STAY, value_minor=2, nights_minor=[1, 1])
    engine.publish({"book": {"name": "flat"}})
    quote = engine.quote("A", "DBL", FIRST, 2, plan_id="flex")
    with pytest.raises(InputError, match="quote is given, and it says"):
        engine.hold(quote=quote, nights_minor=[1, 1])


def frame_of(**columns):
    count = len(next(iter(columns.values())))
    stay = {"hotel_id": ["A"] * count, "room_type_id": ["DBL"] * count, "arrival": [FIRST] * count}
    return {**stay, "nights": [2] * count, **columns}


def test_lines_of_a_frame_have_their_own_values(engine) -> None:
    engine.set_hurdles({"hotel_id": ["A"], "room_type_id": ["DBL"], "hurdle_minor": [1_000]})
    frame = frame_of(
        nights_minor=[[1_000, 1_000], None, [5_000, 999], [0, 0], None],
        value_minor=[None, 2_000, None, None, None],
        key=["a", "b", "c", "d", "e"],
        rooms=[1, 1, 1, 1, 1],
    )
    answers = engine.hold_many(frame)
    assert [Outcome(code).name for code in answers["outcome"]] == ["OK", "OK", *["BELOW_HURDLE"] * 3]
    assert answers["night"].to_list() == [None, None, FIRST + timedelta(1), FIRST, FIRST]
    assert engine.find(hotel_id="A")["value_minor"].to_list() == [2_000, 2_000]
    again = engine.hold_many(frame)
    assert [Outcome(code).name for code in again["outcome"]][:2] == ["EXISTS", "EXISTS"]
    other = engine.hold_many({**frame, "nights_minor": [[1_001, 999], None, None, None, None]})
    assert Outcome(other["outcome"][0]) == Outcome.KEY_REUSED
    booked = engine.book_many(frame_of(nights_minor=[[1_000, 1_000]] * 2), all_or_nothing=True)
    assert booked["outcome"].to_list() == [0, 0]
    assert engine.check() == []


@pytest.mark.parametrize(
    ("values", "error", "text"),
    [
        ([[1, 2], [1]], InputError, "column nights_minor has 1 values in row 1, and that stay has 2 nights"),
        ([[1, 2], [1, -1]], InputError, "column nights_minor is -1 in row 1, night 1; allowed are 0 to"),
        ([[1, 2], [1, None]], InputError, "column nights_minor is null in row 1, night 1; allowed are 0 to"),
        ([None, [MOST, 1]], InputError, f"column nights_minor adds up to {MOST + 1} in row 1; allowed are 0 to {MOST}"),
        ([[1.0, 2.0], None], InputTypeError, "column nights_minor has type List(Float64); a list of int64 is needed"),
        ([1, 2], InputTypeError, "column nights_minor has type Int64; a list of int64 is needed"),
    ],
)
def test_values_of_lines_that_cannot_be_meant(engine, values, error, text) -> None:
    with pytest.raises(error, match=re.escape(f"hold_many: {text}")):
        engine.hold_many(frame_of(nights_minor=values))
    assert engine.lsn == 0


def test_a_line_has_one_kind_of_value(engine) -> None:
    with pytest.raises(
        InputError, match="nights_minor and value_minor are both given in row 1; leave one of them null"
    ):
        engine.hold_many(frame_of(nights_minor=[None, [1, 1]], value_minor=[1, 2]))
