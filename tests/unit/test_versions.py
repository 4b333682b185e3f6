"""Price versions: at once, at an instant, back again, and which are kept. The clock stands where a test puts it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread
from time import sleep

import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from nightgrid.errors import InputTypeError, RuleBookError, UnknownIdError, VersionGoneError
from tests.threads.patience import wait_for

NOON = datetime(2027, 1, 1, 4, tzinfo=UTC)  # noon in Shanghai
HOUR_MS = 3_600_000


def catalog():
    return Catalog.from_frames(
        hotels={"hotel_id": ["A", "B"], "currency": ["CNY"] * 2, "time_zone": ["Asia/Shanghai"] * 2},
        room_types={
            "hotel_id": ["A", "B"],
            "room_type_id": ["king", "king"],
            "capacity": [5, 5],
            "base_minor": [10_000, 20_000],
        },
    )


def book(percent, name="book"):
    return {"book": {"name": name}, "season": [{"name": "all year", "percent": percent}]}


@pytest.fixture
def engine():
    return Engine.in_memory(catalog(), "2027-01-01", 30, clock=ManualClock(NOON), spare_room_types=1, spare_products=1)


def price(engine, night="2027-01-10"):
    quote = engine.quote("A", "king", night, 1)
    return quote.total_minor, quote.price_version


def states(engine):
    return engine.versions().select("serial", "name", "state").rows()


def test_a_version_is_current_at_once(engine):
    first = engine.publish(book(10))
    engine.clock.advance_ms(HOUR_MS)
    second = engine.publish(book(20), name="spring")
    assert (first.changed, second.changed) == (True, True)
    assert price(engine) == (12_000, second.digest)
    assert states(engine) == [(1, "book", "retired"), (2, "spring", "current")]
    found = engine.versions()
    later = NOON + timedelta(hours=1)
    assert found["active_from"].to_list() == [NOON, later]
    assert found["retired"].to_list() == [later, None]
    assert found["first_night"].to_list() == [date(2027, 1, 1)] * 2


def test_an_equal_book_changes_nothing_and_says_so(engine):
    first = engine.publish(book(10))
    engine.clock.advance_ms(HOUR_MS)
    again = engine.publish(book("10.00"))
    assert (again.changed, again.digest, again.active_from_ms) == (False, first.digest, first.active_from_ms)
    assert engine.publish(book(10, "another name")).changed  # the name is content of the book
    assert engine.versions().height == 2


def test_a_scheduled_version_takes_effect_at_its_instant(engine):
    first = engine.publish(book(10))
    at = NOON + timedelta(hours=2)
    waiting = engine.publish(book(20), at=at, name="summer")
    assert waiting.changed
    assert states(engine) == [(1, "book", "current"), (None, "summer", "scheduled")]
    engine.clock.advance_ms(2 * HOUR_MS - 1)
    assert price(engine) == (11_000, first.digest)
    engine.clock.advance_ms(1)
    assert price(engine) == (12_000, waiting.digest)
    engine.clock.advance_ms(HOUR_MS)
    assert engine.versions()["active_from"].to_list() == [NOON, at]
    assert engine.search("2027-01-10", 1).offers[0].total_minor == 12_000


def test_a_late_look_finds_each_version_at_its_own_instant(engine):
    """Nobody asked for a day: the versions took effect all the same, one after the other."""
    engine.publish(book(10))
    for hours, percent in ((5, 50), (2, 20), (2, 25)):
        engine.publish(book(percent, f"{percent}"), at=NOON + timedelta(hours=hours))
    engine.clock.advance_ms(24 * HOUR_MS)
    found = engine.versions()
    assert found["name"].to_list() == ["book", "20", "25", "50"]
    assert found["active_from"].to_list() == [NOON + timedelta(hours=hours) for hours in (0, 2, 2, 5)]
    assert found["retired"].to_list() == [*found["active_from"].to_list()[1:], None]
    assert price(engine)[0] == 15_000


def test_a_scheduled_version_can_be_taken_back(engine):
    engine.publish(book(10))
    digest = engine.publish(book(20), at=NOON + timedelta(hours=1)).digest
    engine.unschedule(digest)
    with pytest.raises(UnknownIdError, match="no such version waits"):
        engine.unschedule(digest)
    engine.clock.advance_ms(2 * HOUR_MS)
    assert price(engine)[0] == 11_000


def test_an_instant_in_the_past_is_now_and_one_without_zone_is_refused(engine):
    assert engine.publish(book(10), at=NOON - timedelta(days=1)).active_from_ms == engine.clock.now_ms()
    for at, error in ((datetime(2027, 1, 2), InputError), ("2027-01-02", InputTypeError), (True, InputTypeError)):
        with pytest.raises(error, match="time zone"):
            engine.publish(book(20), at=at)
    with pytest.raises(RuleBookError):
        engine.publish({"season": [{"name": "x"}]}, at=NOON + timedelta(days=1))
    assert states(engine) == [(1, "book", "current")]


def test_rolling_back_restores_the_version(engine):
    first = engine.publish(book(10))
    engine.publish(book(20))
    back = engine.rollback(first.digest)
    assert (back.changed, back.digest) == (True, first.digest)
    assert price(engine) == (11_000, first.digest)
    assert engine.versions()["cause"].to_list() == ["published", "published", "rolled back"]
    assert not engine.rollback(first.digest).changed
    with pytest.raises(VersionGoneError, match="kept are"):
        engine.rollback("0" * 16)


def test_rolling_back_over_a_new_day_keeps_the_book_and_moves_the_window(engine):
    first = engine.publish(book(10))
    engine.publish(book(20))
    engine.clock.advance_ms(24 * HOUR_MS)
    engine.roll()
    back = engine.rollback(first.digest)
    assert back.digest != first.digest
    assert back.compiled.digest == first.compiled.digest
    assert price(engine, "2027-01-31") == (11_000, back.digest)  # a night that the first version did not have


def test_scheduled_versions_follow_the_window_and_the_catalogue(engine):
    engine.publish(book(10))
    engine.publish(book(20), at=NOON + timedelta(hours=30))
    engine.clock.advance_ms(24 * HOUR_MS)
    engine.roll()
    engine.add_plans({"hotel_id": ["A"], "room_type_id": ["king"], "plan_id": ["member"], "base_minor": [5_000]})
    engine.clock.advance_ms(7 * HOUR_MS)
    assert engine.quote("A", "king", "2027-01-31", 1, plan_id="member").total_minor == 6_000
    assert engine.versions()["cause"].to_list() == ["published", "window", "catalogue", "published"]


def test_a_version_that_was_due_takes_effect_before_the_window_rolls(engine):
    engine.publish(book(10))
    engine.publish(book(20), at=NOON + timedelta(hours=1))
    engine.clock.advance_ms(24 * HOUR_MS)
    engine.roll()
    assert price(engine)[0] == 12_000
    assert engine.versions()["active_from"].to_list() == [NOON, NOON + timedelta(hours=1), NOON + timedelta(days=1)]


def test_only_the_last_versions_are_kept_and_those_that_quotes_may_name():
    engine = Engine.in_memory(
        catalog(), "2027-01-01", 30, clock=ManualClock(NOON), keep_versions=2, quote_valid_seconds=600
    )
    for percent in range(6):
        engine.publish(book(percent, str(percent)))
        engine.clock.advance_ms(240_000)
    # The current one, two before it, and what was current in the last 600 seconds before that one began.
    assert engine.versions()["name"].to_list() == ["2", "3", "4", "5"]
    assert engine.versions()["serial"].to_list() == [3, 4, 5, 6]
    for wrong in (-1, True, 10_001, 1.5):
        with pytest.raises(InputError, match="keep_versions"):
            Engine.in_memory(catalog(), "2027-01-01", 30, keep_versions=wrong)
    with pytest.raises(InputError, match="quote_valid_seconds is 0"):
        Engine.in_memory(catalog(), "2027-01-01", 30, quote_valid_seconds=0)


def test_no_reader_sees_two_versions_while_one_takes_effect(engine):
    """Threads ask while the instant passes: what is evaluated at it or later is of the new version."""
    engine.publish(book(10))
    at_ms = engine.clock.now_ms() + 20
    engine.publish(book(20), at=at_ms)
    seen = [[] for _ in range(2)]
    stop = Event()

    def ask(answers):
        while not stop.is_set():
            sleep(0)  # whoever waits gets his turn
            quote = engine.quote("A", "king", "2027-01-10", 3)
            answers.append((quote.evaluated_ms, quote.total_minor))

    threads = [Thread(target=ask, args=(answers,)) for answers in seen]
    for thread in threads:
        thread.start()
    try:
        for _ in range(40):
            before = [len(answers) for answers in seen]
            engine.clock.advance_ms(1)
            wait_for(lambda before=before: all(len(new) > old for new, old in zip(seen, before, strict=True)))
    finally:
        stop.set()
    for thread in threads:
        thread.join()
    for answers in seen:
        assert {total for evaluated, total in answers if evaluated < at_ms} == {33_000}
        assert {total for evaluated, total in answers if evaluated >= at_ms} == {36_000}
