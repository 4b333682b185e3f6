"""Mistakes in selling controls: each names the place, the value and the fix, and changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from nightgrid import Catalog, Engine, InputError, InputTypeError, ManualClock, UnknownIdError
from nightgrid.errors import CapacityError

FIRST = date(2027, 3, 1)


@pytest.fixture
def engine() -> Engine:
    catalog = Catalog.from_frames(
        {"hotel_id": ["H", "K"], "currency": ["CNY"] * 2, "time_zone": ["Asia/Shanghai"] * 2},
        {"hotel_id": ["H", "H", "K"], "room_type_id": ["DBL", "STE", "DBL"], "capacity": [5, 2, 5]},
        {
            "hotel_id": ["H", "H", "K"],
            "room_type_id": ["DBL", "STE", "DBL"],
            "plan_id": ["flex", "flex", "saver"],
            "base_minor": [100] * 3,
        },
    )
    clock = ManualClock(datetime(2027, 2, 20, tzinfo=UTC))
    names: dict[str, Any] = {"tiers": ["public", "gold"], "channels": ["web"]}
    return Engine.in_memory(catalog, FIRST, 10, clock=clock, slots=100, controls=4, counters=1, **names)


def row(**columns: Any) -> dict[str, list[Any]]:
    return {"hotel_id": ["H"], **{name: [value] for name, value in columns.items()}}


FRAMES = [
    ("set_caps", row(rooms=-1), InputError, "column rooms is -1 in row 0; allowed are 0 to"),
    ("set_caps", row(rooms=1.5), InputTypeError, "column rooms has type Float64; whole numbers"),
    ("set_caps", row(), InputError, "column rooms is missing"),
    ("set_caps", row(rooms=1, room="DBL"), InputError, "column room is unknown; known are hotel_id"),
    ("set_caps", row(rooms=1, kind="limit"), InputError, "row 0: kind is 'limit'; use 'cap' or 'quota'"),
    ("set_caps", row(rooms=1, channel="fax"), UnknownIdError, "row 0: channel is 'fax'; the store has web"),
    ("set_caps", row(rooms=1, channel=7), InputTypeError, "row 0: channel is 7; a name is needed"),
    ("set_caps", row(rooms=1, plan="saver"), UnknownIdError, "row 0: plan is 'saver'; there are flex"),
    ("set_caps", row(rooms=1, room_type_id="SPA"), UnknownIdError, "set_caps: row 0: .*'SPA'"),
    ("set_caps", {"hotel_id": ["Q"], "rooms": [1]}, UnknownIdError, "set_caps: row 0: .*'Q'"),
    ("set_caps", row(rooms=1, night=date(2027, 4, 1)), InputError, "row 0: nights 2027-04-01 .* inside the window"),
    ("set_caps", row(rooms=1, weekdays="fry"), InputError, "weekdays is 'fry' in row 0"),
    ("set_house_cap", row(rooms=1, room_type_id="DBL"), InputError, "column room_type_id is unknown"),
    ("set_protection", row(tier="silver", rooms=1), UnknownIdError, "row 0: tier is 'silver'; the store has public"),
    ("set_protection", row(tier=None, rooms=1), InputError, "column tier is null in row 0"),
    ("set_protection", row(tier="gold", rooms=1), InputError, "H/DBL on 2027-03-01 would be public 0, gold 1; rooms"),
    ("set_hurdles", row(hurdle_minor=-5), InputError, "column hurdle_minor is -5 in row 0"),
    ("set_hurdles", row(hurdle_minor=1, delta_minor=10**11, ceiling_steps=2), InputError, "rises above"),
]


@pytest.mark.parametrize(("method", "frame", "error", "text"), FRAMES)
def test_a_mistake_names_its_place(engine, method, frame, error, text) -> None:
    with pytest.raises(error, match=text):
        getattr(engine, method)(frame)

    assert nothing_is_set(engine)


def nothing_is_set(engine: Engine) -> bool:
    frames = (engine.caps(), engine.house_caps(), engine.protection(), engine.hurdles(), engine.blocks())
    return all(frame.is_empty() for frame in frames) and engine.check() == []


def test_one_wrong_row_changes_nothing_at_all(engine) -> None:
    rows = {"hotel_id": ["H", "K", "H"], "room_type_id": ["DBL", "DBL", "SPA"], "rooms": [1, 1, 1]}

    with pytest.raises(UnknownIdError, match="row 2"):
        engine.set_caps(rows)
    with pytest.raises(InputError, match="K/DBL on 2027-03-02"):
        engine.set_protection(
            {"hotel_id": ["H", "K"], "tier": ["public", "gold"], "rooms": [2, 1], "night": [FIRST, date(2027, 3, 2)]}
        )

    assert nothing_is_set(engine)


def test_too_many_controls_change_nothing(engine) -> None:
    engine.set_caps({"hotel_id": ["H"] * 2, "room_type_id": ["DBL", "STE"], "rooms": [1, 1]})

    with pytest.raises(CapacityError, match=r"3 more selling controls are needed and 2 of 4 are left.*controls="):
        engine.set_caps(
            {"hotel_id": ["H", "H", "K"], "channel": ["web"] * 3, "kind": ["cap", "quota", "cap"], "rooms": [1] * 3}
        )

    assert len(engine.caps()) == 20
    assert engine.set_caps({"hotel_id": ["H"], "room_type_id": ["DBL"], "rooms": [2]}) == 10  # known ones need none


BLOCKS = [
    ({"units": 6}, InputError, "H/DBL on 2027-03-01: 6 units, but at most 5 are free to be set aside"),
    ({"units": -1}, InputError, "units is -1; allowed are 0 to 10000"),
    ({"units": 1.0}, InputTypeError, "units is 1.0; a whole number is needed"),
    ({"units": [1, 2, 3]}, InputError, "units has 3 numbers for 2 nights"),
    ({"first_night": "2027-02-01"}, InputError, "not in order inside the window"),
    ({"release_at": datetime(2027, 2, 25)}, InputError, "without a time zone"),
    ({"release_at": "2027-02-25"}, InputTypeError, "a datetime with its time zone is needed"),
    ({"release_days": -1}, InputError, "release_days is -1"),
    ({"elastic": -1}, InputError, "elastic is -1"),
    ({"channel": "fax"}, UnknownIdError, "channel is 'fax'"),
    ({"block_id": ""}, InputTypeError, "block_id is ''"),
]


@pytest.mark.parametrize(("change", "error", "text"), BLOCKS)
def test_a_block_that_cannot_be(engine, change, error, text) -> None:
    asked = {"block_id": "G", "units": 1, "first_night": FIRST, "last_night": date(2027, 3, 2)} | change

    with pytest.raises(error, match=text):
        engine.create_block(asked.pop("block_id"), "H", "DBL", asked.pop("units"), **asked)

    assert nothing_is_set(engine)


def test_names_of_blocks_and_counters(engine) -> None:
    engine.create_block("G", "H", "DBL", 1, first_night=FIRST, last_night=FIRST)
    engine.set_counter("SPRING", 3)

    with pytest.raises(InputError, match="block 'G' exists"):
        engine.create_block("G", "H", "DBL", 1, first_night=FIRST, last_night=FIRST)
    with pytest.raises(UnknownIdError, match="block is 'X'; the store has G"):
        engine.release_block("X")
    with pytest.raises(UnknownIdError, match="coupon is 'X'; the store has SPRING"):
        engine.hold("H", "DBL", FIRST, 1, coupon="X")
    with pytest.raises(CapacityError, match=r"room for 1 limited counters .*counters="):
        engine.set_counter("AUTUMN", 3)
    with pytest.raises(InputError, match="limit is -1"):
        engine.set_counter("SPRING", -1)
    with pytest.raises(UnknownIdError, match="channel is 'fax'"):
        engine.set_open_holds_max("fax", 1)
    with pytest.raises(InputTypeError, match="channel is None"):
        engine.set_open_holds_max(None, 1)
    with pytest.raises(UnknownIdError, match="plan is 'gone'; the catalogue has flex, saver"):
        engine.set_last_room_plans("H", ["gone"])
    with pytest.raises(InputTypeError, match="give a sequence"):
        engine.set_last_room_plans("H", "flex")

    assert engine.counters().rows() == [("SPRING", 3, 0, 3)]


def test_a_store_without_tiers_has_no_protection() -> None:
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["CNY"], "time_zone": ["UTC"]},
        {"hotel_id": ["H"], "room_type_id": ["DBL"], "capacity": [5], "base_minor": [100]},
    )
    plain = Engine.in_memory(catalog, FIRST, 10, clock=ManualClock(datetime(2027, 2, 20, tzinfo=UTC)), slots=10)

    with pytest.raises(InputError, match=r"no tiers; .*tiers=\(...\)"):
        plain.set_protection({"hotel_id": ["H"], "tier": ["gold"], "rooms": [1]})
