"""Selling controls read back, recounted and mended; what a change of one publishes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock, Outcome, Refused
from nightgrid.native.store import layout as at
from nightgrid.native.store.locks import lock_hotels, unlock_hotels

FIRST = date(2027, 3, 1)


def night(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.fixture
def engine() -> Engine:
    catalog = Catalog.from_frames(
        {"hotel_id": ["H", "K"], "currency": ["CNY"] * 2, "time_zone": ["Asia/Shanghai"] * 2},
        {
            "hotel_id": ["H", "H", "K"],
            "room_type_id": ["DBL", "STE", "DBL"],
            "capacity": [5, 2, 5],
            "base_minor": [1] * 3,
        },
    )
    clock = ManualClock(datetime(2027, 2, 20, tzinfo=UTC))
    names: dict[str, Any] = {"tiers": ["public", "gold"], "channels": ["web", "fax"]}
    return Engine.in_memory(catalog, FIRST, 10, clock=clock, slots=100, **names)


def full(engine: Engine) -> Engine:
    """One of each, with a booking and a hold under all of them."""
    engine.set_caps({"hotel_id": ["H"] * 2, "channel": ["web"] * 2, "kind": ["cap", "quota"], "rooms": [4, 4]})
    engine.create_block("G", "H", "DBL", 2, first_night=FIRST, last_night=night(2))
    engine.set_counter("SPRING", 9)
    engine.book("H", "DBL", FIRST, 2, channel="web", coupon="SPRING", coupon_units=2)
    engine.hold("H", "DBL", FIRST, 1, channel="fax", block="G")
    return engine


def test_a_frame_reads_back_as_it_was_set(engine) -> None:
    count = engine.set_caps(
        {
            "hotel_id": ["H", "H", "K"],
            "room_type_id": ["DBL", None, "DBL"],
            "channel": [None, "web", None],
            "kind": ["cap", "quota", None],
            "first_night": [night(0)] * 3,
            "last_night": [night(1), night(0), night(0)],
            "rooms": [3, 2, 1],
        }
    )

    assert count == 4
    assert engine.caps().drop("plan", "used", "left").rows() == [
        ("H", "DBL", None, "cap", night(0), 3),
        ("H", "DBL", None, "cap", night(1), 3),
        ("H", None, "web", "quota", night(0), 2),
        ("K", "DBL", None, "cap", night(0), 1),
    ]
    assert engine.caps("K")["rooms"].to_list() == [1]


def test_of_rows_for_the_same_night_the_last_one_wins_also_to_remove(engine) -> None:
    nights = {"first_night": [night(0), night(1), night(2)], "last_night": [night(4), night(1), night(2)]}

    engine.set_caps({"hotel_id": ["H"] * 3, "rooms": [3, 1, None], **nights})

    shown = engine.caps().select("night", "rooms").rows()
    assert shown == [(night(0), 3), (night(1), 1), (night(3), 3), (night(4), 3)]


def test_removing_what_was_never_set_takes_no_control(engine) -> None:
    assert engine.set_caps({"hotel_id": ["H"], "rooms": [None]}) == 10

    assert engine._inventory.block.region(at.R_SHARED)[at.S_CONTROLS] == 0


def test_weekdays_choose_nights(engine) -> None:
    engine.set_house_cap({"hotel_id": ["H"], "rooms": [3], "weekdays": ["mon,sun"]})

    assert engine.house_caps()["night"].to_list() == [night(0), night(6), night(7)]


def test_a_hurdle_shows_what_it_asks_now(engine) -> None:
    engine.book("H", "DBL", FIRST, 1)
    engine.set_hurdles({"hotel_id": ["H"], "room_type_id": ["DBL"], "night": [FIRST], "hurdle_minor": [100],
                        "delta_minor": [10], "ceiling_steps": [2], "floor_minor": [90]})  # fmt: skip
    engine.book("H", "DBL", FIRST, 1, rooms=3, value_minor=300)

    line = engine.hurdles().row(0, named=True)

    assert (line["steps"], line["effective_minor"]) == (3, 120)


def test_a_block_shows_what_is_left_of_it(engine) -> None:
    full(engine)

    lines = engine.blocks().to_dicts()

    assert [(line["units"], line["picked"], line["remaining"]) for line in lines] == [(2, 1, 1), (2, 0, 2), (2, 0, 2)]
    assert engine.matrix("blocked")[0].tolist() == [1, 2, 2] + [0] * 7
    assert engine.availability("H", night(0), night(0))["blocked"].to_list() == [1, 0]
    engine.set_block_units("G", [1, 0, 3])
    assert engine.blocks()["units"].to_list() == [1, 0, 3]
    engine.release_block("G")
    assert engine.blocks()["remaining"].to_list() == [0, 0, 0]


def test_blocks_are_no_part_of_house_fill(engine) -> None:
    before = engine.house_fill("H")
    engine.create_block("G", "H", "DBL", 2, first_night=FIRST, last_night=night(2))

    assert (engine.house_fill("H") == before).all()


def test_a_cart_and_a_batch_take_a_coupon_once(engine) -> None:
    engine.set_counter("SPRING", 1)
    line = {"hotel_id": "H", "room_type_id": "DBL", "arrival": FIRST, "nights": 1}
    engine.hold_cart([line, line], coupon="SPRING")
    assert engine.counters()["used"].to_list() == [1]
    engine.set_counter("SPRING", 2)

    frame = {name: [value] * 2 for name, value in line.items()}
    answer = engine.hold_many({**frame, "coupon": ["SPRING"] * 2}, all_or_nothing=True)

    assert answer["outcome"].to_list() == [0, 0]
    assert engine.counters()["used"].to_list() == [2]


def test_units_that_were_sold_stay_used_when_their_booking_is_forgotten(engine) -> None:
    full(engine)
    booking = engine.book("K", "DBL", FIRST, 1, coupon="SPRING")
    engine.cancel(booking.id)
    engine.clock.advance_ms(48 * 3_600_000)

    assert engine.counters()["used"].to_list() == [3]
    assert engine.check() == []


def test_a_block_of_a_line_is_an_outcome_of_that_line(engine) -> None:
    full(engine)
    frame = {"hotel_id": ["H", "K"], "room_type_id": ["DBL"] * 2, "arrival": [FIRST] * 2, "nights": [1] * 2}

    answer = engine.hold_many({**frame, "block": ["G"] * 2})

    assert answer["outcome"].to_list() == [Outcome.OK, Outcome.UNKNOWN_BLOCK]


def test_a_replacement_is_worth_what_is_said_and_an_amendment_what_it_was(engine) -> None:
    engine.set_hurdles({"hotel_id": ["H"], "hurdle_minor": [100]})
    hold = engine.hold("H", "DBL", FIRST, 2, value_minor=250)

    engine.amend(hold.id, arrival=night(1))
    with pytest.raises(Refused, match="BELOW_HURDLE"):
        engine.amend(hold.id, nights=3)
    engine.amend(hold.id, nights=3, value_minor=300)
    engine.clock.advance_ms(900_000)

    assert engine.confirm(hold.id, rebook=True).outcome == Outcome.OK  # worth 300 still


def test_a_change_publishes_its_nights(engine) -> None:
    lsn = engine._inventory.lsn
    engine.set_caps({"hotel_id": ["H"], "rooms": [3], "first_night": [night(1)], "last_night": [night(3)]})
    engine.create_block("G", "K", "DBL", 2, first_night=FIRST, last_night=night(2))

    records, _ = engine._inventory.records(lsn)

    fields = records[:, [at.D_KIND, at.D_PLACE, at.D_STAY, at.D_VALUE]] - [0, 0, FIRST.toordinal(), 0]
    assert [tuple(line) for line in fields.tolist()] == [
        (at.RECORD_CELLS, 0, 1, 3),
        (at.RECORD_CELLS, 1, 1, 3),
        (at.RECORD_CELLS, 2, 0, 3),
    ]


# -- recount ------------------------------------------------------------------------------------------

DAMAGE = [
    ("cap", at.R_CONTROL_NIGHTS, (0, 0, at.N_USED), 1, "H/*", "2 rooms count for a cap, live holds have 1"),
    (
        "cap",
        at.R_CONTROL_NIGHTS,
        (1, 0, at.N_USED),
        -1,
        "H/*",
        "0 rooms count for a quota, live holds and what it keeps make 1",
    ),
    ("block", at.R_CONTROL_NIGHTS, (2, 0, at.N_USED), 1, "H/DBL", "G: 2 rooms count as picked up, live holds have 1"),
    ("open_holds", at.R_COUNTERS, (1, at.U_USED), 1, "*/*", "fax: 2 open holds are counted, there are 1"),
    ("counter", at.R_COUNTERS, (2, at.U_USED), -1, "*/*", "SPRING: 1 units are used, there should be 2"),
]


@pytest.mark.parametrize(("kind", "region", "place", "change", "where", "text"), DAMAGE)
def test_a_wrong_count_is_found_and_mended(engine, kind, region, place, change, where, text) -> None:
    inventory = full(engine)._inventory
    assert engine.check() == []
    inventory.block.region(region)[place] += change

    found = engine.check()

    assert [(each.kind, f"{each.hotel_id}/{each.room_type_id}", each.text) for each in found] == [(kind, where, text)]
    lock_hotels(inventory.table)
    inventory.rebuild_controls()
    unlock_hotels(inventory.table)
    assert engine.check() == []


def test_what_a_quota_keeps_is_used_of_it(engine) -> None:
    inventory = full(engine)._inventory
    words = inventory.block.region(at.R_CONTROL_NIGHTS)
    words[1, :, at.N_USED] += 1
    assert {each.kind for each in engine.check()} == {"cap"}
    words[1, :, at.N_KEPT] += 1
    assert engine.check() == []


@pytest.mark.parametrize("region", [at.R_ROW_FLAGS, at.R_CONTROLLED])
def test_a_row_that_forgot_its_controls_is_found(engine, region) -> None:
    full(engine)
    words = engine._inventory.block.region(region)
    words[:] = np.zeros_like(words)

    assert {each.kind for each in engine.check()} == {"control"}


def test_a_hold_carries_as_many_points_as_its_word_has_room_for_beside_the_largest_of_all_else() -> None:
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H"], "room_type_id": ["A"], "capacity": [9], "base_minor": [100]},
    )
    clock = ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
    names = {"tiers": [f"t{i}" for i in range(16)], "channels": [f"c{i}" for i in range(254)]}
    engine = Engine.in_memory(catalog, "2027-01-01", 3, clock=clock, **names)
    engine.create_block("GROUP", "H", "A", 2, first_night="2027-01-01", last_night="2027-01-03", channel="c253")
    engine.set_counter("POINTS", 10**9)
    who = {"tier": "t15", "channel": "c253", "block": "GROUP", "coupon": "POINTS", "coupon_units": 262_143}

    hold = engine.hold("H", "A", "2027-01-01", 2, **who)

    view = engine.get(hold.id)
    assert {name: getattr(view, name) for name in who} == who
    for frame in (engine.find(channel="c253"), engine.records().tail(1)):
        assert frame.select(*who).row(0, named=True) == who
    assert engine.counters()["used"].to_list() == [262_143]
    engine.release(hold.id)
    assert engine.counters()["used"].to_list() == [0]
    assert engine.check() == []
    with pytest.raises(InputError, match="coupon_units is 262144; allowed are 1 to 262143"):
        engine.hold("H", "A", "2027-01-01", 2, **{**who, "coupon_units": 262_144})
