"""What a channel is told to push: also what changed by the clock alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock

TODAY = date(2027, 1, 1)
HOUR_MS = 3_600_000


def night(n):
    return TODAY + timedelta(n)


def house():
    """Noon of the first night in a house of two room types."""
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H"] * 2, "room_type_id": ["A", "B"], "capacity": [5, 5], "base_minor": [100] * 2},
    )
    return Engine.in_memory(catalog, TODAY, 10, clock=ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC)))


def test_rooms_that_a_block_gives_up_by_the_clock_are_pushed():
    engine = house()
    engine.create_block("G", "H", "A", 2, first_night=night(0), last_night=night(6), release_days=2)
    at_six = datetime(2027, 1, 2, 6, tzinfo=UTC)
    engine.create_block("W", "H", "B", [1, 0, 1], first_night=night(2), last_night=night(4), release_at=at_six)
    seen = engine.lsn
    assert engine.changes_since(seen).is_empty()

    engine.clock.advance_ms(17 * HOUR_MS)  # five in the morning
    assert engine.changes_since(seen).rows() == [("H", "A", night(3), night(3))]

    engine.clock.advance_ms(HOUR_MS)
    released = [("H", "A", night(3), night(3)), ("H", "B", night(2), night(2)), ("H", "B", night(4), night(4))]
    assert engine.changes_since(seen).rows() == released

    engine.book("H", "B", night(9), 1)
    seen, again = engine.lsn, engine.changes_since(seen).rows()
    assert again == [*released, ("H", "B", night(9), night(9))]
    assert engine.changes_since(seen).is_empty()

    engine.release_block("G")
    seen = engine.lsn
    engine.clock.advance_ms(48 * HOUR_MS)
    assert engine.changes_since(seen).is_empty()  # it was given up as a whole before


def test_rooms_of_holds_that_are_due_are_pushed_although_nobody_else_looks():
    engine = house()
    engine.hold("H", "A", night(1), 2, ttl_seconds=60)
    seen = engine.lsn
    engine.clock.advance_ms(60_000)

    assert engine.changes_since(seen).rows() == [("H", "A", night(1), night(2))]


def test_numbers_that_a_cell_has_already_are_no_change():
    engine = house()
    place = {"hotel_id": ["H", "H"], "room_type_id": ["A", "B"]}
    engine.set_sold_elsewhere({**place, "rooms": [1, 1]})
    engine.set_capacity(
        {**place, "out_of_order": [0, 1], "sell_limit": [0, 1]}
    )  # capacity is as before, house fill not
    assert engine.changes_since(0).rows() == [("H", "A", night(0), night(9)), ("H", "B", night(0), night(9))]
    seen = engine.lsn

    engine.set_sold_elsewhere({**place, "rooms": [1, 1]})  # what another system sends every night
    engine.set_sold_elsewhere(engine.matrix("sold_elsewhere"))
    engine.set_capacity({**place, "physical": [5, 5], "out_of_order": [0, 1], "sell_limit": [0, 1]})
    assert engine.lsn == seen

    one = {"hotel_id": ["H"] * 3, "room_type_id": ["A"] * 3}
    engine.set_sold_elsewhere({**one, "night": [night(2), night(3), night(4)], "rooms": [2, 1, 3]})
    assert engine.changes_since(seen).rows() == [("H", "A", night(2), night(2)), ("H", "A", night(4), night(4))]
    seen = engine.lsn
    engine.set_sold_elsewhere({**one, "night": [night(4), night(5), night(6)], "rooms": [3, 2, 2]})
    assert engine.changes_since(seen).rows() == [("H", "A", night(5), night(6))]
    assert engine.check() == []


def test_holds_that_are_due_are_listed_although_nobody_else_looks():
    engine = house()
    hold = engine.hold("H", "A", night(1), 2, ttl_seconds=60)
    engine.clock.advance_ms(60_000)

    assert engine.expired_since(hold.lsn) == [hold.id]


def test_restrictions_are_pushed_and_only_those_that_changed():
    engine = house()
    both = {"hotel_id": ["H"], "room_type_id": [None]}
    assert engine.restrict({**both, "first_night": [night(2)], "last_night": [night(4)], "min_stay_arrival": [2]}) == 6
    assert engine.changes_since(0).rows() == [("H", "A", night(2), night(4)), ("H", "B", night(2), night(4))]
    seen = engine.lsn
    assert seen == 2  # a record for each run of nights

    engine.restrict({**both, "first_night": [night(2)], "last_night": [night(4)], "min_stay_arrival": [2]})
    assert engine.lsn == seen
    lines = {"hotel_id": ["H"] * 3, "room_type_id": ["A", "A", "B"], "night": [night(3), night(6), night(0)]}
    engine.restrict({**lines, "closed": [True, True, False], "min_stay_arrival": [2, 2, 0]})
    assert engine.changes_since(seen).rows() == [("H", "A", night(3), night(3)), ("H", "A", night(6), night(6))]
    engine.restrict({**lines, "closed": [False] * 3, "min_stay_arrival": [2, 0, 0]})
    seen = engine.lsn
    line = {"hotel_id": ["H"], "room_type_id": ["B"]}  # another value, and again the one it had
    again = {name: values * 2 for name, values in line.items()}
    engine.restrict({**again, "night": [night(2)] * 2, "min_stay_arrival": [5, 2]})
    assert engine.lsn == seen

    engine.restrict({**both, "weekdays": ["fri,sat"], "closed_to_arrival": [True]})
    weekends = [(night(0), night(1)), (night(7), night(8))]  # the first night is a Friday
    assert engine.changes_since(seen).rows() == [("H", kind, *each) for kind in "AB" for each in weekends]
    engine.book("H", "B", night(2), 2)
    assert engine.changes_since(seen).rows()[2:] == [("H", "B", night(0), night(3)), ("H", "B", night(7), night(8))]
    assert engine.check() == []


def test_a_refused_restriction_is_not_pushed():
    engine = house()
    line = {"hotel_id": ["H", "H"], "night": [night(1), night(20)], "closed": [True, True]}
    with pytest.raises(InputError, match="night"):
        engine.restrict(line)
    assert engine.lsn == 0


def test_what_is_restricted_of_one_plan_can_stand_apart():
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H"] * 2, "room_type_id": ["A", "B"], "capacity": [5, 5]},
        {"hotel_id": ["H"] * 4, "room_type_id": [*"AABB"], "plan_id": ["flex", "early"] * 2, "base_minor": [100] * 4},
    )
    engine = Engine.in_memory(catalog, TODAY, 10, clock=ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC)))
    frame = {"hotel_id": ["H"] * 3, "room_type_id": [None, "B", "B"], "plan": ["early", None, "flex"]}
    nights = {"first_night": [night(1), night(2), night(3)], "last_night": [night(3), night(4), night(5)]}
    engine.restrict({**frame, **nights, "closed_to_arrival": [True] * 3})
    engine.book("H", "B", night(5), 1)

    assert engine.changes_since(0).rows() == [("H", "A", night(1), night(3)), ("H", "B", night(1), night(5))]
    assert engine.changes_since(0, plans=True).rows() == [
        ("H", "A", "early", night(1), night(3)),
        ("H", "B", None, night(2), night(5)),
        ("H", "B", "flex", night(3), night(5)),
        ("H", "B", "early", night(1), night(3)),
    ]
    records = engine.records().select("kind", "room_type_id", "plan", "arrival", "nights", "hold_id", "rooms").rows()
    assert records[:3] == [
        ("restrictions", "B", None, night(2), 3, None, None),
        ("restrictions", "A", "early", night(1), 3, None, None),
        ("restrictions", "B", "flex", night(3), 3, None, None),
    ]
    assert records[3][:3] == ("restrictions", "B", "early")
    assert engine.records()["now_ms"].to_list() == [engine.clock.now_ms()] * 5


def test_more_runs_than_the_ring_should_take_are_one_record_that_says_anywhere():
    hotels, ids = 60, range(60)
    catalog = Catalog.from_frames(
        {"hotel_id": ids, "currency": ["EUR"] * hotels, "time_zone": ["UTC"] * hotels},
        {"hotel_id": ids, "room_type_id": ["A"] * hotels, "capacity": [5] * hotels, "base_minor": [9] * hotels},
    )
    clock = ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
    engine = Engine.in_memory(catalog, TODAY, 70, clock=clock, ring_records=1_024)
    frame = {"hotel_id": catalog.hotel_ids, "weekdays": ["mon"] * hotels, "closed": [True] * hotels}
    engine.restrict({name: values[:51] for name, values in frame.items()})  # 510 runs, of 512 that are few enough
    assert engine.records()["kind"].to_list() == ["restrictions"] * 510

    seen = engine.lsn
    for plan in (None, "standard"):
        engine.restrict({**frame, "weekdays": ["tue"] * hotels, "plan": [plan] * hotels})
    assert (
        engine.records(seen).select("kind", "hotel_id", "plan", "arrival", "nights").rows()
        == [("restrictions_reload", None, None, None, None)] * 2
    )
    changed = engine.changes_since(seen)
    assert changed.height == hotels
    assert changed.select("first_night", "last_night").unique().rows() == [(night(0), night(69))]
