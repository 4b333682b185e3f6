"""Base prices and overrides as frames: what is read, what is refused with its row, what comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from nightgrid.errors import InputTypeError, UnknownIdError


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["A", "B"], "currency": ["CNY"] * 2, "time_zone": ["Asia/Shanghai"] * 2},
        room_types={"hotel_id": ["A", "A", "B"], "room_type_id": ["king", "twin", "king"], "capacity": [5, 5, 5]},
        products={
            "hotel_id": ["A", "A", "A", "B"],
            "room_type_id": ["king", "king", "twin", "king"],
            "plan_id": ["flex", "member", "flex", "flex"],
            "base_minor": [10_000, 9_000, 12_000, 20_000],
        },
    )
    return Engine.in_memory(catalog, "2027-01-10", 30, clock=ManualClock(datetime(2027, 1, 10, 4, tzinfo=UTC)))


def rows(frame):
    return [tuple(value.isoformat() if isinstance(value, date) else value for value in row) for row in frame.rows()]


def base(**columns):
    return {"hotel_id": ["A"], "room_type_id": ["king"], "night": ["2027-01-12"], "base_minor": [1], **columns}


def override(**columns):
    return {"hotel_id": ["A"], "room_type_id": ["king"], "night": ["2027-01-12"], "kind": ["fixed"], **columns}


def test_base_prices_come_back_as_ranges_and_later_rows_win(engine):
    changed = engine.set_base_prices(
        {
            "hotel_id": ["A", "A", "B"],
            "room_type_id": ["king", "king", "king"],
            "plan_id": [None, "flex", "flex"],
            "first_night": ["2027-01-08", "2027-01-12", "2027-02-20"],  # past, on sale, not yet on sale
            "last_night": ["2027-01-13", "2027-01-12", "2027-02-21"],
            "guests": [None, 2, None],
            "base_minor": [8_000, 7_000, 1],
        }
    )
    assert changed == 4 * 2 + 1 + 2
    known = [
        ("A", "king", "flex", "2027-01-10", "2027-01-13", None, 8_000),
        ("A", "king", "flex", "2027-01-12", "2027-01-12", 2, 7_000),
        ("A", "king", "member", "2027-01-10", "2027-01-13", None, 8_000),
        ("B", "king", "flex", "2027-02-20", "2027-02-21", None, 1),
    ]
    assert rows(engine.base_prices()) == known
    assert engine.set_base_prices(engine.base_prices(), "replace") == 0
    assert rows(engine.base_prices()) == known

    one = base(plan_id=["member"], base_minor=[5])
    assert engine.set_base_prices(one) == 1
    assert engine.set_base_prices(one) == 0  # it is so already
    assert rows(engine.base_prices())[2:5] == [
        ("A", "king", "member", "2027-01-10", "2027-01-11", None, 8_000),
        ("A", "king", "member", "2027-01-12", "2027-01-12", None, 5),
        ("A", "king", "member", "2027-01-13", "2027-01-13", None, 8_000),
    ]
    assert engine.set_base_prices(base(base_minor=[None])) == 2  # of both plans, not of two guests
    assert engine.set_base_prices(base(guests=[2], base_minor=[None])) == 1
    assert engine.set_base_prices({"hotel_id": ["A"], "room_type_id": ["king"], "night": ["2027-01-10"]}, "delete") == 2
    assert engine.set_base_prices(base(), "replace") == 2 + 2 + 2 + 2
    assert rows(engine.base_prices()) == [
        ("A", "king", plan, "2027-01-12", "2027-01-12", None, 1) for plan in ("flex", "member")
    ]


def test_overrides_of_each_kind_stand_beside_each_other(engine):
    frame = pl.DataFrame(
        {
            "hotel_id": ["A"] * 5,
            "room_type_id": ["twin"] * 5,
            "first_night": [date(2027, 1, 12)] * 5,
            "last_night": [date(2027, 1, 14)] * 5,
            "kind": ["fixed", "percent", "floor", "ceiling", "fixed"],
            "amount_minor": [5_000, None, 4_000, 9_000, 6_000],
            "percent": [None, "-12.50", None, None, None],
        }
    )
    assert engine.set_price_overrides(frame) == 12
    place = ("A", "twin", "flex", "2027-01-12", "2027-01-14")
    assert rows(engine.price_overrides()) == [
        (*place, "fixed", 6_000, None),
        (*place, "percent", None, -12.5),
        (*place, "floor", 4_000, None),
        (*place, "ceiling", 9_000, None),
    ]
    assert engine.set_price_overrides(engine.price_overrides(), "replace") == 0
    gone = {"hotel_id": ["A", "A"], "room_type_id": ["twin"] * 2, "night": ["2027-01-12", "2027-01-13"]}
    assert engine.set_price_overrides({**gone, "kind": ["floor", None]}, "delete") == 1 + 4
    assert [row[3:6] for row in rows(engine.price_overrides())] == [
        (first, last, kind)
        for kind in ("fixed", "percent", "floor", "ceiling")
        for first, last in [("2027-01-12", "2027-01-12"), ("2027-01-14", "2027-01-14")][kind == "floor" :]
    ]
    low = override(room_type_id=["twin"], night=["2027-01-14"], kind=["ceiling"], amount_minor=[3_999])
    before = rows(engine.price_overrides())
    with pytest.raises(InputError, match="A/twin/flex on 2027-01-14 would have floor 4000 above ceiling 3999"):
        engine.set_price_overrides(low)
    assert rows(engine.price_overrides()) == before


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (base(hotel_id=["C"]), UnknownIdError, "row 0"),
        (base(plan_id=["gold"]), UnknownIdError, "row 0: plan_id is 'gold'; the room type has flex, member"),
        (base(base_minor=[-1]), InputError, "base_minor is -1 in row 0; allowed are 0 to 1000000000"),
        (base(base_minor=[1.5]), InputTypeError, "whole numbers"),
        (base(guests=[0]), InputError, "guests is 0 in row 0"),
        (base(night=["2035-06-01"]), InputError, "row 0: nights 2035-06-01 to 2035-06-01 must be in order and before"),
        (base(night=["12.1.2027"]), InputError, "night is .12.1.2027. in row 0; write it as yyyy-mm-dd"),
        ({**base(), "night": [None]}, InputError, "night is null in row 0"),
        ({name: value for name, value in base().items() if name != "base_minor"}, InputError, "base_minor is missing"),
        ({"hotel_id": ["A"], "room_type_id": ["king"], "base_minor": [1]}, InputError, "first_night, last_night"),
    ],
)
def test_wrong_base_prices_name_their_row_and_change_nothing(engine, frame, error, words):
    engine.set_base_prices(base(base_minor=[77]))
    before = rows(engine.base_prices())
    for mode in ("delta", "replace"):
        with pytest.raises(error, match=words):
            engine.set_base_prices(frame, mode)
    assert rows(engine.base_prices()) == before
    with pytest.raises(InputError, match="mode is 'overlay'"):
        engine.set_base_prices(base(), "overlay")


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (override(kind=["Fixed"]), InputError, "row 0: kind is 'Fixed'; use one of fixed, percent, floor, ceiling"),
        (override(kind=[None]), InputError, "kind is null in row 0"),
        (override(percent=[5], amount_minor=[5]), InputError, "row 0: kind fixed has percent; give amount_minor"),
        (override(kind=["percent"], amount_minor=[5]), InputError, "row 0: kind percent has amount_minor"),
        (override(kind=["percent"], percent=[900.01]), InputError, "percent is 900.01 in row 0; allowed are -100"),
        (override(kind=["percent"], percent=[1.001]), InputError, "at most two decimals"),
        (override(kind=["percent"], percent=["ten"]), InputError, "percent is ten in row 0"),
        (override(kind=["percent"], percent=[float("nan")]), InputError, "percent is nan in row 0"),
        (override(kind=["percent"], percent=[date(2027, 1, 1)]), InputTypeError, "numbers or texts"),
        (override(amount_minor=[10**9 + 1]), InputError, "amount_minor is 1000000001 in row 0"),
    ],
)
def test_wrong_overrides_name_their_row_and_change_nothing(engine, frame, error, words):
    with pytest.raises(error, match=words):
        engine.set_price_overrides(frame)
    assert engine.price_overrides().is_empty()
