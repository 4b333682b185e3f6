"""What a hotelier can check with a pencil: a house of ten rooms, its fill in the past, and what a stay cost then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from nightgrid.errors import PastFillError
from nightgrid.native.store import layout as at

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
NIGHT = date(2027, 3, 10)
#: 100.00 a night; from 50 % on 10 % more, from 80 % on 50 % more.
BOOK = {
    "book": {"name": "Demand"},
    "demand": [{"name": "Fill", "fill": [0, 50, 80], "lead_days": [0], "percent": [[0], [10], [50]]}],
}
STAY = ("H", "A", NIGHT, 1)
STAYS = {"hotel_id": ["H"], "room_type_id": ["A"], "arrival": [NIGHT], "nights": [1]}


def an_engine(**more):
    """A hotel of ten rooms in two types."""
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H", "H"], "room_type_id": ["A", "B"], "capacity": [6, 4], "base_minor": [10_000, 10_000]},
    )
    return Engine.in_memory(catalog, NOON.date(), 20, clock=ManualClock(NOON), **more)


@pytest.fixture
def engine():
    made = an_engine()
    made.publish(BOOK)
    return made


def history(engine, **more):
    """[(minutes after noon at which a price began, price)]."""
    spans = engine.price_history(*STAY, days=1, **more).rows(named=True)
    assert all(one["shown_until"] == other["shown_from"] for one, other in pairwise(spans))
    return [((span["shown_from"] - NOON) / timedelta(minutes=1), span["total_minor"]) for span in spans]


def wait(engine, minutes):
    engine.clock.advance_ms(round(minutes * 60_000))


def test_a_price_goes_up_with_a_sale_and_down_when_rooms_come_back(engine):
    wait(engine, 10)
    five = engine.hold("H", "A", NIGHT, 1, rooms=5, ttl_seconds=3_600)  # 5 of 10 rooms: 50 %
    wait(engine, 10)
    engine.book("H", "B", NIGHT, 2, rooms=3)  # 80 %; the night after has 3 of 10
    wait(engine, 10)
    engine.release(five.id)  # 3 of 10
    wait(engine, 10)

    assert history(engine) == [(0, 10_000), (10, 11_000), (20, 15_000), (30, 10_000)]
    assert engine.lowest_prices(STAYS)["lowest_minor"].to_list() == [10_000]
    quote = engine.price_as_of(NOON + timedelta(minutes=25), *STAY[:3], 2)
    assert quote.total_minor == 15_000 + 10_000
    assert quote.asking.fill_bp == (8_000, 0)  # the bands: from 80 %, and below 50 %
    assert engine.price_as_of(NOON + timedelta(minutes=25), *STAY, fill_bp=[4_999]).total_minor == 10_000


def test_the_lowest_price_of_a_house_that_was_never_empty_is_not_that_of_an_empty_one(engine):
    engine.book("H", "A", NIGHT, 1, rooms=5)  # in the same instant as the book
    wait(engine, 60)
    assert engine.lowest_prices(STAYS)["lowest_minor"].to_list() == [11_000]
    assert engine.lowest_prices(STAYS, fill_bp=[0])["lowest_minor"].to_list() == [10_000]


def test_a_hold_that_nobody_missed_ended_at_its_deadline(engine):
    """Nobody calls for an hour. Two holds ended in it, and the store finds the later one first."""
    engine.hold("H", "B", NIGHT, 1, rooms=3, ttl_seconds=600)
    engine.hold("H", "A", NIGHT, 1, rooms=3, ttl_seconds=1_800)
    engine.book("H", "A", NIGHT, 1, rooms=2)  # 8 of 10 until minute 10, then 5, from minute 30 on 2
    wait(engine, 60)
    assert history(engine) == [(0, 15_000), (10, 11_000), (30, 10_000)]


def test_a_deadline_that_was_moved_and_a_hold_that_was_confirmed_do_not_end(engine):
    engine.extend(engine.hold("H", "A", NIGHT, 1, rooms=3, ttl_seconds=60).id, 1_200)
    engine.confirm(engine.hold("H", "B", NIGHT, 1, rooms=2, ttl_seconds=60).id)
    wait(engine, 60)
    assert history(engine) == [(0, 11_000), (20, 10_000)]


def test_what_the_hotel_sets_counts_from_its_own_instant(engine):
    """Rooms out of order and rooms sold elsewhere, a thousandth of a second apart."""
    cell = {"hotel_id": ["H"], "room_type_id": ["A"], "night": [NIGHT]}
    engine.book("H", "A", NIGHT, 1, rooms=2)
    wait(engine, 1)
    begin = engine.clock.now_ms()
    deeds = [
        lambda: engine.set_capacity(cell | {"out_of_order": [4]}),  # 2 of 6
        lambda: engine.set_sold_elsewhere({**cell, "room_type_id": ["B"], "rooms": [1]}),  # 3 of 6
        lambda: engine.set_sold_elsewhere({**cell, "room_type_id": ["B"], "rooms": [3]}),  # 5 of 6
        lambda: engine.set_capacity(cell | {"out_of_order": [0]}),  # 5 of 10
        lambda: engine.set_sold_elsewhere({**cell, "room_type_id": ["B"], "rooms": [0]}),  # 2 of 10
    ]
    for deed in deeds:
        deed()
        engine.clock.advance_ms(1)
    prices = [engine.price_as_of(begin + number, *STAY).total_minor for number in range(-1, 5)]
    assert prices == [10_000, 10_000, 11_000, 15_000, 11_000, 10_000]


def test_a_night_that_enters_the_window_has_a_past_from_then_on(engine):
    last = NOON.date() + timedelta(days=20)
    wait(engine, 24 * 60)
    engine.roll()
    engine.book("H", "A", last, 1, rooms=6)
    engine.book("H", "B", last, 1, rooms=2)
    wait(engine, 10)
    assert engine.price_as_of(engine.clock.now_ms() - 1, "H", "A", last, 1).total_minor == 15_000
    stays = {**STAYS, "arrival": [last]}
    assert engine.lowest_prices(stays)["lowest_minor"].to_list() == [15_000]


def test_a_stay_that_began_before_the_window_was_shown_all_the_same(engine):
    """The window has rolled past the arrival; what was shown before is not forgotten."""
    engine.book("H", "A", NIGHT, 1, rooms=5)
    wait(engine, 12 * 24 * 60)
    engine.roll()
    assert engine.lowest_prices(STAYS)["lowest_minor"].to_list() == [11_000]


def test_other_edges_are_looked_at_from_their_book_on(engine):
    """A book with an edge at 20 %, published while the house is 30 % full, and one without demand between."""
    engine.book("H", "A", NIGHT, 1, rooms=3)
    wait(engine, 10)
    fine = {"book": {"name": "fine"}, "demand": [{"name": "f", "fill": [0, 20, 40], "percent": [[0], [1], [2]]}]}
    engine.publish(fine)
    wait(engine, 10)
    engine.publish({"book": {"name": "plain"}})
    assert not engine._past_fill.is_on  # nothing is counted where nothing depends on it
    engine.book("H", "B", NIGHT, 1, rooms=3)
    wait(engine, 10)
    engine.publish(BOOK)
    wait(engine, 10)
    assert history(engine) == [(0, 10_000), (10, 10_100), (20, 10_000), (30, 11_000)]


def test_a_book_that_waits_for_its_instant_knows_the_fill_of_that_instant():
    engine = an_engine()
    engine.publish({"book": {"name": "plain"}})
    engine.publish(BOOK, at=NOON + timedelta(minutes=30))
    engine.hold("H", "A", NIGHT, 1, rooms=5, ttl_seconds=2_400)
    wait(engine, 60)  # nobody asks before the hold is over
    assert history(engine) == [(0, 10_000), (30, 11_000), (40, 10_000)]


@pytest.mark.parametrize(
    "ttl_seconds", [[600] * 5_000, [600] * 2_500 + [601] * 2_500, [600 + n % 5 for n in range(5_000)]]
)
def test_many_more_holds_in_one_call_than_the_ring_has_and_they_expire_while_nobody_looks(ttl_seconds):
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H"], "room_type_id": ["A"], "capacity": [10_000], "base_minor": [10_000]},
    )
    engine = Engine.in_memory(catalog, NOON.date(), 20, clock=ManualClock(NOON), ring_records=1_024)
    engine.publish(BOOK)
    engine.clock.advance_ms(5)  # the last look was a little before
    lines = {"hotel_id": ["H"] * 5_000, "room_type_id": ["A"] * 5_000, "arrival": [NIGHT] * 5_000}
    held = engine.hold_many({**lines, "nights": [1] * 5_000, "ttl_seconds": ttl_seconds})
    assert held["outcome"].to_list() == [0] * 5_000  # 50 %
    wait(engine, 20)
    first, began, ended = history(engine)
    assert first == (0, 10_000)
    assert began == (pytest.approx(5 / 60_000), 11_000)
    assert ended == (pytest.approx(10 + 5 / 60_000), 10_000)  # the first that expired
    assert engine.check() == []


def test_expiring_is_told_however_it_was_noticed(engine):
    """The look at house fill gives due holds back; `expire` names them all the same."""
    hold = engine.hold("H", "A", NIGHT, 1, ttl_seconds=1)
    wait(engine, 1)
    assert engine.expire() == [hold.id]
    assert engine.expire() == []


def test_limits_of_what_is_kept_are_checked():
    with pytest.raises(InputError, match="fill_changes is 3; a whole number of at least"):
        an_engine(fill_changes=3)


def test_repair_does_not_disturb_the_past(engine):
    """Counters are damaged and rebuilt; the past was counted from the records."""
    engine.book("H", "A", NIGHT, 1, rooms=5)
    wait(engine, 10)
    cells = engine._inventory.block.region(at.R_CELLS).view("int16")
    cells[0, 9, at.C_SOLD] -= 3
    assert engine.rebuild()
    wait(engine, 10)
    assert history(engine) == [(0, 11_000)]


def test_the_time_before_the_first_book_is_not_known(engine):
    with pytest.raises(PastFillError, match="the store does not know it"):
        engine._past_fill.changes(np.array([[0, NIGHT.toordinal(), 0, 10]]))
