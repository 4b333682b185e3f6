"""What a channel is told to push: also what changed by the clock alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from nightgrid import Catalog, Engine, ManualClock

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
