"""A change that a caller cannot mean is refused in words that name the mistake, and changes nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import inf, nan

import numpy as np
import polars as pl
import pytest

from nightgrid import InputError, InputTypeError, Outcome, Refused, UnknownIdError
from tests.unit.busy_store import ASKED, FIRST, LINE, NIGHTS, STAY, busy_store, refused


@pytest.fixture
def engine():
    return busy_store()


HOLDS = [
    (("Bnd", "DBL", FIRST, 1), {}, UnknownIdError, r"hotel 'Bnd' .* did you mean 'Bund'"),
    (("Bund", "DLB", FIRST, 1), {}, UnknownIdError, r"room type 'DLB' is not in hotel 'Bund'; did you mean 'DBL'"),
    ((None, "DBL", FIRST, 1), {}, InputError, "give hotel_id, room_type_id and arrival"),
    ((None, "DBL", FIRST, 1), {"tier": "gold"}, InputError, "give hotel_id, room_type_id and arrival"),
    (STAY, {"teir": None}, InputTypeError, "teir is no argument here; a hold may also have guests, plan, tier, "),
    (STAY, {"coupon_units": None}, InputError, "coupon_units is None; allowed are 1 to"),
    (("Bund", "DBL", FIRST), {"departure": FIRST}, InputError, "departure 2026-12-18 is not after arrival"),
    (("Bund", "DBL", FIRST), {"departure": FIRST - timedelta(days=1)}, InputError, "is not after arrival"),
    (STAY, {"departure": FIRST}, InputError, "give exactly one of the two"),
    (("Bund", "DBL", FIRST), {}, InputError, "give exactly one of the two"),
    (("Bund", "DBL", FIRST, 1.0), {}, InputTypeError, "nights is 1.0; a whole number"),
    (("Bund", "DBL", FIRST, True), {}, InputTypeError, "nights is True"),
    (("Bund", "DBL", datetime(2026, 12, 18), 1), {}, InputTypeError, "use its civil date"),
    (("Bund", "DBL", "18.12.2026", 1), {}, InputError, "is not written as yyyy-mm-dd"),
    (("Bund", "DBL", 739_968, 1), {}, InputTypeError, "night 739968 is a int"),
    (STAY, {"rooms": 1.0}, InputTypeError, "rooms is 1.0; a whole number"),
    (STAY, {"rooms": nan}, InputTypeError, "rooms is nan"),
    (STAY, {"rooms": "1"}, InputTypeError, "rooms is '1'"),
    (STAY, {"ttl_seconds": nan}, InputError, "ttl_seconds is nan; allowed are 0.001 to 2592000"),
    (STAY, {"ttl_seconds": inf}, InputError, "ttl_seconds is inf"),
    (STAY, {"ttl_seconds": 0}, InputError, "ttl_seconds is 0"),
    (STAY, {"ttl_seconds": "9"}, InputTypeError, "ttl_seconds is '9'"),
    (STAY, {"key": 5}, InputTypeError, "key is 5; a text"),
    (STAY, {"key": ""}, InputError, "key has 0 bytes; allowed are 1 to 128"),
    (STAY, {"key": "é" * 65}, InputError, "key has 130 bytes"),
    (STAY, {"guest": 5}, InputTypeError, "guest is 5; a text"),
    (STAY, {"guest": ""}, InputError, "guest has 0 bytes"),
]


@pytest.mark.parametrize(("stay", "more", "error", "words"), HOLDS)
def test_a_hold_that_cannot_be_meant(engine, stay, more, error, words):
    with refused(engine, error, words):
        engine.hold(*stay, **more)


@pytest.mark.parametrize(
    ("stay", "more", "outcome"),
    [
        (("Bund", "DBL", FIRST, 0), {}, Outcome.INVALID),
        (("Bund", "DBL", FIRST, -(10**30)), {}, Outcome.INVALID),
        (("Bund", "DBL", FIRST, 366), {}, Outcome.INVALID),
        (("Bund", "DBL", FIRST, 10**30), {}, Outcome.INVALID),
        (STAY, {"rooms": 0}, Outcome.INVALID),
        (STAY, {"rooms": 2**64 + 1}, Outcome.INVALID),
        (("Bund", "DBL", FIRST, NIGHTS + 1), {}, Outcome.OUTSIDE_HORIZON),
        (("Bund", "DBL", date(1, 1, 1), 1), {}, Outcome.OUTSIDE_HORIZON),
        (("Bund", "DBL", date(9999, 12, 31), 365), {}, Outcome.OUTSIDE_HORIZON),
    ],
)
def test_a_hold_that_is_answered_with_a_reason(engine, stay, more, outcome):
    with refused(engine, Refused, outcome.name) as caught:
        engine.hold(*stay, **more)
    assert (caught.value.outcome, caught.value.night) == (outcome, None)


FRAMES = [
    ({"hotel_id": ["Bund"]}, InputError, "hold_many: column arrival, nights is missing; found hotel_id"),
    ({**ASKED, "arrival": [None]}, InputError, "column arrival is null in row 0"),
    ({**ASKED, "nights": [None]}, InputError, "column nights is null in row 0"),
    ({**ASKED, "nights": [1.0]}, InputTypeError, "column nights has type Float64; whole numbers"),
    ({**ASKED, "nights": [True]}, InputTypeError, "column nights has type Boolean"),
    ({**ASKED, "nights": [2**40]}, InputError, "column nights is 1099511627776 in row 0"),
    ({**ASKED, "rooms": [nan]}, InputTypeError, "column rooms has type Float64"),
    ({**ASKED, "rooms": [None]}, InputError, "column rooms is null in row 0"),
    ({**ASKED, "ttl_seconds": [0]}, InputError, "ttl_seconds is 0 in row 0; allowed are 1 to 2592000"),
    ({**ASKED, "ttl_seconds": [0.0005]}, InputError, "ttl_seconds is 0.0005 in row 0; allowed are 0.001 to 2592000"),
    ({**ASKED, "ttl_seconds": ["9"]}, InputTypeError, "ttl_seconds has type String"),
    ({**ASKED, "arrival": ["18.12.2026"]}, InputError, "column arrival is not a date as yyyy-mm-dd"),
    ({**ASKED, "arrival": [datetime(2026, 12, 18)]}, InputTypeError, "a date .without time. is needed"),
    ({**ASKED, "hotel_id": [None]}, InputError, "column hotel_id is null in row 0"),
    ({**ASKED, "key": [""]}, InputError, "hold_many: row 0: key has 0 bytes"),
    ({**ASKED, "key": [5]}, InputTypeError, "hold_many: row 0: key is 5"),
    ({**ASKED, "guest": [5.0]}, InputTypeError, "hold_many: row 0: guest is 5.0"),
    ({"row_index": [2], "arrival": [FIRST], "nights": [1]}, InputError, "row_index is 2 in row 0; allowed are 0 to 1"),
    ({**ASKED, "nights": [1, 2]}, InputError, "the columns do not make a frame"),
    (
        {**ASKED, "arrival": [np.datetime64("2026-12-18")]},
        InputError,
        "do not make a frame: column arrival: .*; give values of one kind, dates as datetime.date or 'yyyy-mm-dd'",
    ),
    ([1], InputTypeError, "hold_many is a list; give a Polars"),
    ("no such file.parquet", InputError, "there is no file no such file.parquet"),
]


@pytest.mark.parametrize(("frame", "error", "words"), FRAMES)
def test_a_batch_of_holds_that_cannot_be_meant(engine, frame, error, words):
    with refused(engine, error, words):
        engine.hold_many(frame)


@pytest.mark.parametrize(("column", "value"), [("rooms", None), ("key", ""), ("ttl_seconds", 0)])
def test_the_good_lines_before_a_bad_one_are_not_held_either(engine, column, value):
    good = {"rooms": 1, "key": "k", "ttl_seconds": 60}[column]
    frame = {key: values * 3 for key, values in ASKED.items()} | {column: [good, good, value]}
    with refused(engine, InputError, rf"{column}.*row 2|row 2: {column}"):
        engine.hold_many(frame)


def test_what_one_line_asks_for_wrongly_is_its_own_answer(engine):
    frame = {
        "hotel_id": ["Bund", "Bnd", "Bund", "Bund", "Bund"],
        "room_type_id": ["DBL", "DBL", "DLB", "DBL", "DBL"],
        "arrival": [FIRST] * 5,
        "nights": [1, 1, 1, 0, NIGHTS + 1],
    }
    answers = engine.hold_many(frame)
    assert [Outcome(code).name for code in answers["outcome"]] == [
        "OK", "UNKNOWN_HOTEL", "UNKNOWN_PRODUCT", "INVALID", "OUTSIDE_HORIZON"
    ]  # fmt: skip
    assert answers["hold_id"].to_list()[1:] == answers["lsn"].to_list()[1:] == [0] * 4
    assert answers["night"].null_count() == 5


def test_a_known_key_is_looked_up_before_the_name_of_the_room(engine):
    """KEY_REUSED comes before UNKNOWN_HOTEL in the order of outcomes."""
    engine.hold(*STAY, key="k")
    frame = {**ASKED, "hotel_id": ["Bnd"], "key": ["k"]}
    assert engine.hold_many(frame)["outcome"].to_list() == [Outcome.KEY_REUSED]


@pytest.mark.parametrize("verb", ["confirm", "release", "cancel", "get"])
def test_hold_ids_that_cannot_be(engine, verb):
    for wrong in ("1", 1.0, True, None, np.float64(1)):
        with refused(engine, InputTypeError, "hold id is .*give the `id` that hold.. answered"):
            getattr(engine, verb)(wrong)
    for unknown in (0, -1, 12_345, np.int64(12_345), 2**62, 2**64 + 1):
        with refused(engine, Refused, f"{verb} {unknown}: .*NOT_FOUND"):
            getattr(engine, verb)(unknown)


@pytest.mark.parametrize("verb", ["confirm_many", "release_many", "cancel_many"])
def test_many_hold_ids(engine, verb):
    for wrong in ([1.0], ["1"], [None], [2**70], 5, [[1, 2]], pl.Series([1, None])):
        with refused(engine, InputTypeError, "hold ids (have type|are)"):
            getattr(engine, verb)(wrong)
    for unknown in ([3, -4], (3, -4), {3: 1, -4: 1}, (i for i in (3, -4)), pl.Series([3, -4]), np.array([3, -4])):
        assert getattr(engine, verb)(unknown)["outcome"].to_list() == [Outcome.NOT_FOUND] * 2
    assert getattr(engine, verb)([]).height == 0


CHANGES = [
    ("set_capacity", {**LINE}, InputError, "set_capacity: give a column capacity, or one or more of physical"),
    ("set_capacity", {**LINE, "capacity": [-1]}, InputError, "capacity is -1 in row 0; allowed are 0 to 10000"),
    ("set_capacity", {**LINE, "capacity": [10_001]}, InputError, "capacity is 10001 in row 0"),
    ("set_capacity", {**LINE, "capacity": [1.0]}, InputTypeError, "capacity has type Float64"),
    ("set_capacity", {**LINE, "capacity": [None]}, InputError, "capacity is null in row 0"),
    ("set_capacity", {**LINE, "capacity": [3], "night": [FIRST + timedelta(days=NIGHTS)]}, InputError,
     "2027-01-07 to 2027-01-07 must be in order and inside the window 2026-12-18 to 2027-01-06"),
    ("set_capacity", {**LINE, "capacity": [3], "first_night": [FIRST + timedelta(days=1)], "last_night": [FIRST]},
     InputError, "2026-12-19 to 2026-12-18 must be in order"),
    ("set_capacity", {**LINE, "capacity": [3], "first_night": [FIRST]}, InputError, "column last_night is missing"),
    ("set_capacity", {**LINE, "capacity": [3], "last_night": [FIRST]}, InputError, "column first_night is missing"),
    ("set_capacity", {"hotel_id": ["Bund", "Bnd"], "room_type_id": ["DBL"] * 2, "capacity": [3, 3]}, UnknownIdError,
     "set_capacity: row 1: hotel 'Bnd' .* did you mean 'Bund'"),
    ("set_capacity", {**LINE, "capacity": [0]}, InputError,
     "Bund/DBL on 2026-12-18: capacity would be 0, below the 1 rooms sold and held, by 1 .*nothing was changed"),
    ("set_sold_elsewhere", {**LINE, "rooms": [2], "night": [FIRST]}, InputError, "nothing was changed"),
    ("set_sold_elsewhere", np.zeros((2, 3), np.int16), InputError, r"shape \(2, 3\); it must be .* \(2, 20\)"),
    ("set_sold_elsewhere", np.zeros(20, np.int16), InputError, "shape"),
    ("set_sold_elsewhere", np.zeros((2, 20)), InputTypeError, "dtype float64"),
    ("set_sold_elsewhere", np.full((2, 20), -1), InputError, r"sold_elsewhere\[0, 0\] is -1"),
    ("set_sold_elsewhere", np.full((2, 20), 40_000), InputError, "40000 rooms; allowed are 0 to 10000"),
    ("set_sold_elsewhere", np.full((2, 20), 2), InputError, "nothing was changed"),
    ("restrict", {**LINE}, InputError, "no restriction column; give one or more of closed"),
    ("restrict", {**LINE, "min_stay_arrival": [2.5]}, InputTypeError, "min_stay_arrival has type Float64; whole"),
    ("restrict", {**LINE, "min_stay_arrival": [nan]}, InputTypeError, "min_stay_arrival has type Float64"),
    ("restrict", {**LINE, "min_stay_arrival": [True]}, InputTypeError, "min_stay_arrival has type Boolean"),
    ("restrict", {**LINE, "closed": ["yes"]}, InputTypeError, "closed has type String; true, false"),
    ("restrict", {**LINE, "closed": [1]}, InputTypeError, "closed has type Int64"),
    ("restrict", {**LINE, "max_stay_through": [-1]}, InputError, "row 0: max_stay_through is -1 nights"),
    ("restrict", {"hotel_id": ["Bund"] * 2, "closed": [True, None], "min_stay_arrival": [3, 366]}, InputError,
     "row 1: min_stay_arrival is 366 nights; allowed are 1 to 365, or 0"),
    ("restrict", {"hotel_id": ["Bund", "Bnd"], "closed": [True] * 2}, UnknownIdError, "hotel 'Bnd'"),
    ("restrict", {"hotel_id": [None], "closed": [True]}, InputError, "column hotel_id is null in row 0"),
    ("restrict", {**LINE, "closed": [True], "weekdays": ["fryday"]}, InputError, "'fryday' in row 0; use mon"),
    ("restrict", {**LINE, "closed": [True], "weekdays": [["fri"]]}, InputTypeError, "give a text such as"),
    ("restrict", {**LINE, "closed": [True], "last_night": [FIRST]}, InputError, "column first_night is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "frame", "error", "words"), CHANGES)
def test_a_change_that_cannot_be_meant(engine, what, frame, error, words):
    with refused(engine, error, words):
        getattr(engine, what)(frame)


def test_a_cut_below_what_is_sold_is_allowed_when_asked_for_and_reported(engine):
    engine.set_capacity({**LINE, "capacity": [0], "night": [FIRST]}, allow_oversold=True)
    assert engine.matrix("free")[0, 0] == -1
    assert [str(finding) for finding in engine.check()] == [
        "oversold: Bund/DBL on 2026-12-18: free is -1: capacity was cut below what is sold"
    ]
    with pytest.raises(Refused, match="SOLD_OUT, 2026-12-18"):
        engine.hold(*STAY)
