"""What the engine answers carries what a caller needs later: deadlines, times, the order of events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nightgrid import Outcome, Refused
from tests import strategies as worlds
from tests.engines import engine_of
from tests.unit.busy_store import BOOK, FIRST, NIGHTS, WORLD

NOW = worlds.NOW_MS


@pytest.fixture
def engine():
    return engine_of(WORLD, FIRST, NIGHTS, NOW, book=BOOK, retention_ms=60_000)


def test_a_hold_and_what_is_known_of_it(engine):
    hold = engine.hold("Belém", "STE", FIRST, departure=FIRST + timedelta(days=3), rooms=2, ttl_seconds=1.5)
    assert (hold.outcome, hold.deadline_ms, hold.nights, hold.rooms) == (Outcome.OK, NOW + 1_500, 3, 2)
    view = engine.get(hold.id)
    assert (view.id, view.state, view.hotel_id, view.room_type_id) == (hold.id, "held", "Belém", "STE")
    assert (view.arrival, view.nights, view.rooms, view.lsn) == (FIRST, 3, 2, hold.lsn)
    assert (view.taken_ms, view.deadline_ms, view.resolved_ms) == (NOW, NOW + 1_500, None)


def test_the_first_answer_is_given_again_whole(engine):
    """With its deadline, not a new one: a retry must not look like a fresh quarter of an hour."""
    first = engine.hold("Bund", "DBL", FIRST, 1, key="k", ttl_seconds=900)
    engine.clock.advance_ms(100_000)
    again = engine.hold("Bund", "DBL", FIRST, 1, key="k", ttl_seconds=900)
    assert again.outcome == Outcome.EXISTS
    assert (again.id, again.lsn, again.deadline_ms) == (first.id, first.lsn, NOW + 900_000)


@pytest.mark.parametrize(
    ("verbs", "state"),
    [(["release"], "released"), (["confirm", "cancel"], "cancelled"), (["wait"], "expired")],
)
def test_an_ended_hold_says_when_and_is_forgotten_to_the_millisecond(engine, verbs, state):
    hold = engine.hold("Bund", "DBL", FIRST, 1, ttl_seconds=5)
    for verb in verbs:
        engine.clock.advance_ms(1_000 if verb != "wait" else 5_000)
        if verb == "wait":
            assert engine.get(hold.id).state == "expired"
            assert engine.get(hold.id).resolved_ms is None  # looking changes nothing
            assert engine.expire() == [hold.id]
        else:
            getattr(engine, verb)(hold.id)
    ended_ms = engine.clock.now_ms()
    view = engine.get(hold.id)
    assert (view.state, view.resolved_ms) == (state, ended_ms)
    assert view.lsn > hold.lsn
    engine.clock.advance_ms(59_999)
    assert engine.get(hold.id) == view
    engine.clock.advance_ms(1)
    with pytest.raises(Refused, match="NOT_FOUND"):
        engine.get(hold.id)


def test_times_to_live_of_every_millisecond_are_kept(engine):
    for ttl_ms in (1, 2, 999, 1_001, 1_234, 4_997, 8_191, 290, 570, 1_149):
        hold = engine.hold("Bund", "DBL", FIRST, 1, ttl_seconds=ttl_ms / 1000)
        assert hold.deadline_ms - engine.clock.now_ms() == ttl_ms
        engine.release(hold.id)


def test_what_expired_since_a_ticket_in_the_order_of_the_log(engine):
    first = engine.hold("Bund", "DBL", FIRST, 1, ttl_seconds=1)
    second = engine.hold("Belém", "STE", FIRST, 1, ttl_seconds=2)
    third = engine.hold("Belém", "STE", FIRST, 1, ttl_seconds=900)
    assert engine.expired_since(0) == []
    engine.clock.advance_ms(1_000)
    assert engine.search(FIRST, 1).hotels_available == 1  # a search takes back what is due; Belém is full
    assert engine.expire() == []
    assert engine.expired_since(third.lsn) == [first.id]
    engine.clock.advance_ms(1_000)
    with pytest.raises(Refused, match="EXPIRED"):
        engine.confirm(second.id)
    assert engine.expired_since(third.lsn) == [first.id, second.id]
    assert engine.expired_since(engine.get(first.id).lsn) == [second.id]
    assert engine.expired_since(engine.statistics()["lsn"]) == []


def test_a_clock_that_runs_backwards_does_not(engine):
    class Jumping:
        now = NOW

        def now_ms(self):
            return self.now

    engine.clock = Jumping()
    hold = engine.hold("Bund", "DBL", FIRST, 1, ttl_seconds=60)
    engine.clock.now = NOW + 59_999
    assert engine.get(hold.id).state == "held"
    engine.clock.now = NOW - 86_400_000
    other = engine.hold("Bund", "DBL", FIRST, 1, ttl_seconds=60)
    assert other.deadline_ms == NOW + 59_999 + 60_000
    engine.clock.now = NOW + 60_000
    with pytest.raises(Refused, match="EXPIRED"):
        engine.confirm(hold.id)
    assert engine.check() == []


def test_names_are_found_however_their_accents_are_written(engine):
    """A letter with its accent as one character or as two, in single calls and in frames."""
    for hotel_id in ("Bel\u00e9m", "Bele\u0301m"):
        engine.hold(hotel_id, "STE", FIRST, 1)
        line = {"hotel_id": [hotel_id], "room_type_id": ["STE"], "arrival": [FIRST + timedelta(days=1)], "nights": [1]}
        assert engine.hold_many(line)["outcome"].to_list() == [Outcome.OK]
        assert engine.quote_many({**line, "plan_id": ["flex"]})["total_minor"].to_list() == [100]
        change = {"hotel_id": [hotel_id], "room_type_id": ["STE"], "night": [FIRST + timedelta(days=5)]}
        assert engine.restrict({**change, "closed": [hotel_id == "Bel\u00e9m"]}) == 1
        assert engine.set_capacity({**change, "capacity": [7]}) == 1
        assert engine.search(FIRST + timedelta(days=3), 1, hotel_ids=[hotel_id]).hotels_available == 1
    assert engine.matrix("held")[1, :2].tolist() == [2, 2]
    assert engine.matrix("capacity")[1, 5] == 7
