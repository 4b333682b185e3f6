"""The anomalies of reservation systems, each by its name and what keeps it away.

Those that only a ledger on disk can have are not here yet; what of them a store in memory can have is tested:

| anomaly | in memory, and tested here or in `tests/crash` | with a ledger, later |
|---|---|---|
| A2, of a dead process | unpublished holds are dropped (`crash/killed.py`) | before anybody else comes in |
| A3 lost release | given back in the same critical section, once published | a crash between log and memory |
| A4 double give-back | one end a hold; counts are derived from the holds | a crash inside the give-back loop |
| A9 answered before durable | publishing is durability: there is no "before" | a duplicate waits for the original |
| A11 late duplicate | a late hold dies at its deadline | refusals of bookings are remembered |
| A12 error, effect kept | no error after the line from which it must succeed | unknown is said to be unknown |
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from nightgrid import Outcome, Refused
from tests.engines import EngineInventory, engine_of
from tests.oracles.nights import local_date
from tests.oracles.records import play
from tests.threads.patience import rounds
from tests.threads.test_threads import together

FIRST = date(2027, 3, 24)
NOON_MS = round(datetime(2027, 3, 24, 12, tzinfo=UTC).timestamp() * 1000)
DAY_MS = 24 * 3_600_000
NIGHTS = 8


def house(capacity=1, time_zone="Europe/Lisbon", **limits):
    """One hotel with one room type."""
    ids = {"hotel_id": "H", "room_type_id": "DBL"}
    world = {
        "hotels": [{"hotel_id": "H", "currency": "EUR", "time_zone": time_zone}],
        "room_types": [{**ids, "capacity": capacity}],
        "products": [{**ids, "plan_id": "flex", "base_minor": 100}],
    }
    return engine_of(world, FIRST, NIGHTS, NOON_MS, book={"book": {"name": "flat"}}, **{"slots": 10_000, **limits})


def night(index):
    return FIRST + timedelta(days=index)


def said(call, *args, **asked):
    """The outcome's name, granted or refused."""
    try:
        return call(*args, **asked).outcome.name
    except Refused as refused:
        return refused.outcome.name


def said_of(call, hold_id):
    """The outcome of a verb that is refused."""
    with pytest.raises(Refused) as refused:
        call(hold_id)
    return refused.value.outcome.name


def race(*calls):
    """What calls that begin at the same instant are told, in their order."""
    answers = [""] * len(calls)

    def work(number):
        answers[number] = calls[number]()

    together(len(calls), work)
    return answers


def free(engine, index=0):
    return int(engine._inventory.matrix("free")[0, index])


def test_a1_oversell():
    """Check, then act, with somebody between: four ask for the last room, again and again."""
    engine = house(2)
    engine.book("H", "DBL", night(0), NIGHTS)
    for index in range(NIGHTS - 1):
        answers = race(*[lambda i=index: said(engine.hold, "H", "DBL", night(i), 2)] * 4)
        assert Counter(answers) == {"OK": 1, "SOLD_OUT": 3}
        assert free(engine, index) == free(engine, index + 1) == 0
        engine.release(engine.find(state="held")["id"].item())
    assert engine.check() == []


def test_a2_false_reject():
    """Somebody is refused a long stay for its last night, all the time; its other nights are free all along."""
    engine = house(retention_ms=0)
    engine.book("H", "DBL", night(5), 1)
    stop, answers = threading.Event(), Counter()

    def work(number):
        if number:
            while not stop.is_set():
                assert said(engine.hold, "H", "DBL", night(0), 6) == "SOLD_OUT"
                answers["SOLD_OUT"] += 1
            return
        try:
            for _ in rounds(3_000, lambda: answers["SOLD_OUT"] > 10):
                hold = engine.hold("H", "DBL", night(2), 2)
                engine.release(hold.id)
                answers["OK"] += 1
        finally:
            stop.set()

    together(3, work)
    assert answers["OK"] >= 3_000
    assert engine.check() == []


def test_a3_lost_release():
    """Whoever gives his room back finds it free, and so does everybody in the end."""
    engine = house(2)

    def work(_):
        for _ in range(500):
            engine.release(engine.hold("H", "DBL", night(1), 3).id)

    together(2, work)
    assert engine.matrix("free")[0].tolist() == [2] * NIGHTS
    assert engine.check() == []


def test_a4_double_give_back():
    """Four release one hold, four cancel one booking: the room comes back once."""
    engine = house(3)
    for verb, begin in (("release", engine.hold), ("cancel", engine.book)):
        for _ in range(100):
            ids = [begin("H", "DBL", night(0), 2).id for _ in range(3)]
            answers = race(*[lambda hold_id=ids[0], verb=verb: said(getattr(engine, verb), hold_id)] * 4)
            assert Counter(answers) == {"OK": 1, "EXISTS": 3}
            assert free(engine) == 1
            for hold_id in ids[1:]:
                getattr(engine, verb)(hold_id)
    assert engine.check() == []


def test_a5_double_confirm_and_confirm_after_release():
    engine = house()
    for _ in range(200):
        hold_id = engine.hold("H", "DBL", night(0), 2).id
        confirm, release = (lambda verb=verb, i=hold_id: said(verb, i) for verb in (engine.confirm, engine.release))
        answers = race(confirm, confirm, release)
        if answers[2] == "OK":
            assert answers[:2] == ["ALREADY_RELEASED"] * 2
        else:
            assert (sorted(answers[:2]), answers[2]) == (["EXISTS", "OK"], "ALREADY_CONFIRMED")
            engine.cancel(hold_id)
        assert said(engine.confirm, hold_id) in ("ALREADY_RELEASED", "ALREADY_CANCELLED")
    assert engine.check() == []


def test_a6_expiry_against_confirm():
    """The sweeper and the payment come at the same instant; at the deadline itself it is too late."""
    engine = house()
    for _ in range(100):
        hold_id = engine.hold("H", "DBL", night(0), 2, ttl_seconds=1).id
        engine.clock.advance_ms(999)
        answers = race(
            lambda: engine.clock.advance_ms(1) or ("swept" if engine.expire() else "nothing"),
            lambda hold_id=hold_id: said(engine.confirm, hold_id),
        )
        assert answers in (["swept", "EXPIRED"], ["nothing", "EXPIRED"], ["nothing", "OK"])
        if answers[1] == "OK":
            engine.cancel(hold_id)
    hold_id = engine.hold("H", "DBL", night(0), 2, ttl_seconds=1).id
    engine.clock.advance_ms(1_000)
    assert said(engine.confirm, hold_id) == "EXPIRED"


def test_a7_zombie_hold():
    """What expired is expired by a record: who plays the records needs no clock, and finds no hold alive."""
    engine = house()
    hold_id = engine.hold("H", "DBL", night(0), 2, ttl_seconds=1).id
    engine.clock.advance_ms(1_000)
    other = engine.hold("H", "DBL", night(1), 1, ttl_seconds=900).id
    states = {each: hold.state for each, hold in play(EngineInventory(engine).records()).items()}
    assert states == {hold_id: "expired", other: "held"}


def test_a8_an_old_id_on_a_slot_that_is_used_again():
    engine = house(slots=1, retention_ms=0)
    old = engine.hold("H", "DBL", night(0), 1).id
    engine.release(old)
    new = engine.hold("H", "DBL", night(0), 1).id
    assert new & 0xFFFFFFFF == old & 0xFFFFFFFF
    for verb in (engine.confirm, engine.release, engine.cancel):
        assert said(verb, old) == "NOT_FOUND"
    assert engine.get(new).state == "held"


def test_a8_an_id_of_another_store():
    """The same slot of another store: its id resolves nothing here, whatever is held. (One store in a million has the
    same ids.)
    """
    here, there = house(), house()
    held, other = here.hold("H", "DBL", night(0), 1).id, there.hold("H", "DBL", night(0), 1).id
    assert held & 0xFFFFFFFF == other & 0xFFFFFFFF
    for verb in (here.confirm, here.release, here.cancel, here.check_in, here.confirm_cart):
        assert said_of(verb, other) == "NOT_FOUND"
    assert here.release_many([other])["outcome"].to_list() == [Outcome.NOT_FOUND]
    assert said(here.hold, "H", "DBL", night(3), 1, replace=other) == "NOT_FOUND"
    assert here.get(held).state == "held"
    assert max(held, other) < 2**53


def test_a10_a_key_with_other_parameters():
    """Of requests that differ under one key one is granted, and the others are not taken for it."""
    for number in range(50):
        engine = house(5)
        hold = engine.hold
        calls = [lambda n=n, hold=hold: said(hold, "H", "DBL", night(n % 3), 1, key="order") for n in range(4)]
        answers = race(*calls)
        known = engine.find(state="held")["arrival"].item()
        same = [(known - FIRST).days == n % 3 for n in range(4)]
        assert answers.count("OK") == 1, number
        assert all((a in ("OK", "EXISTS")) == is_same for a, is_same in zip(answers, same, strict=True))
        assert answers.count("KEY_REUSED") == same.count(False)
        assert engine.matrix("held").sum() == 1


def test_a11_a_late_duplicate():
    """A hold that arrives when the guest is long gone takes its room only until its deadline."""
    engine = house()
    first = engine.hold("H", "DBL", night(0), 1)
    assert said(engine.hold, "H", "DBL", night(0), 1, key="late", ttl_seconds=60) == "SOLD_OUT"
    engine.release(first.id)
    late = engine.hold("H", "DBL", night(0), 1, key="late", ttl_seconds=60)  # nobody waits for this answer
    engine.clock.advance_ms(60_000)
    assert engine.hold("H", "DBL", night(0), 1).outcome == Outcome.OK
    assert engine.get(late.id).state == "expired"


def test_a11_a_refusal_is_not_remembered():
    """Told in docs/holds.md: a key that was refused names nothing; the same request is judged anew, and then once."""
    engine = house()
    first = engine.book("H", "DBL", night(0), 1)
    for _ in range(2):
        assert said(engine.book, "H", "DBL", night(0), 1, key="late") == "SOLD_OUT"
        assert engine.lsn == first.lsn
    engine.cancel(first.id)
    late = engine.book("H", "DBL", night(0), 1, key="late")
    again = engine.book("H", "DBL", night(0), 1, key="late")
    assert (late.outcome, again.outcome, again.id) == (Outcome.OK, Outcome.EXISTS, late.id)
    engine.cancel(late.id)
    assert said(engine.book, "H", "DBL", night(0), 1, key="late") == "EXISTS"


def test_a13_capacity_cut_below_what_is_sold():
    """Allowed when it is said; shown as short, no new holds, and an end does not bring a room that is not there."""
    engine = house(3)
    ids = [engine.book("H", "DBL", night(0), 1).id for _ in range(3)]
    cut = {"hotel_id": ["H"], "room_type_id": ["DBL"], "night": [night(0)], "capacity": [1]}
    engine.set_capacity(cut, allow_oversold=True)
    assert free(engine) == -2
    assert [finding.kind for finding in engine.check()] == ["oversold"]
    for hold_id in ids[:2]:
        assert said(engine.hold, "H", "DBL", night(0), 1) == "SOLD_OUT"
        engine.cancel(hold_id)
    assert free(engine) == 0
    assert engine.rebuild() == []
    assert said(engine.hold, "H", "DBL", night(0), 1) == "SOLD_OUT"


@pytest.mark.parametrize("time_zone", ["Europe/Lisbon", "Pacific/Kiritimati", "America/Adak", "Australia/Lord_Howe"])
def test_a14_a_night_too_many_or_too_few(time_zone):
    """Nights are civil dates, half open, also where the clocks change: the departure date belongs to the next guest."""
    engine = house(time_zone=time_zone)
    begin = max((local_date(NOON_MS, time_zone) - FIRST).days, 0)
    for index, nights in ((begin, 2), (begin + 2, 3), (begin + 5, 1)):
        assert said(engine.book, "H", "DBL", night(index), nights) == "OK"  # over the 28th, when Europe's clocks change
    assert engine.matrix("sold")[0].tolist() == [int(begin <= index < begin + 6) for index in range(NIGHTS)]
    assert said(engine.hold, "H", "DBL", night(begin + 5), 2) == "SOLD_OUT"


def test_a15_the_clock_goes_back():
    """An hour back: no hold lives again, no deadline passes twice; holds only last longer."""
    instants = [NOON_MS]

    class Jumping:
        def now_ms(self):
            return instants[0]

    engine = house()
    engine.clock = Jumping()
    expired = engine.hold("H", "DBL", night(0), 1, ttl_seconds=60).id
    instants[0] += 60_000
    assert len(engine.expire()) == 1
    held = engine.hold("H", "DBL", night(0), 1, ttl_seconds=60)
    instants[0] -= 3_600_000
    assert engine.get(expired).state == "expired"
    assert said(engine.confirm, expired) == "EXPIRED"
    assert held.deadline_ms == NOON_MS + 120_000
    assert engine.confirm(held.id).outcome == Outcome.OK
    assert engine.get(held.id).taken_ms == NOON_MS + 60_000


def test_a16_phantom_availability():
    """A guest moves to and fro between two nights and has one of them at every instant: nobody is offered both."""
    engine = house()
    hold_id = engine.hold("H", "DBL", night(2), 1).id
    assert engine.search(night(2), 2).offers == []
    stop, seen = threading.Event(), Counter()

    def work(number):
        if number == 0:
            try:
                for turn in rounds(2_000, lambda: seen["looked"] > 10):
                    engine.amend(hold_id, arrival=night(3 - turn % 2), nights=1)
            finally:
                stop.set()
            return
        while not stop.is_set():
            assert engine.search(night(2), 2).offers == []
            assert said(engine.hold, "H", "DBL", night(2), 2) == "SOLD_OUT"
            seen["looked"] += 1

    together(3, work)
    assert engine.check() == []


def test_a17_the_window_comes_round():
    """A year later the same columns are other nights: nothing of the old ones is left, and old stays change nothing."""
    engine = house(retention_ms=30 * DAY_MS)
    old = engine.book("H", "DBL", night(1), 3).id
    engine.clock.advance_ms(NIGHTS * DAY_MS)
    assert engine.roll() == NIGHTS
    assert engine.matrix("free")[0].tolist() == [1] * NIGHTS
    new = engine.book("H", "DBL", night(NIGHTS + 1), 3).id
    assert said(engine.cancel, old) == "OK"  # its nights are past; their columns are the new booking's
    assert engine.matrix("sold")[0].tolist() == [0, 1, 1, 1, 0, 0, 0, 0]
    assert engine.get(new).state == "booked"
    assert engine.check() == []
