"""A store without slots: every request is refused quickly, and none that could have one."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from nightgrid import Engine, Outcome, Refused
from nightgrid.native.store import layout as at
from tests.engines import engine_of
from tests.unit.busy_store import FIRST, NIGHTS
from tests.unit.busy_store import WORLD as SMALL

SLOTS = 8
RETENTION_MS = 60_000
NOON_MS = 1_797_681_600_000
ROOMS: Any = [dict(line, capacity=50) for line in SMALL["room_types"]]
WORLD: Any = {**SMALL, "room_types": ROOMS}
BUND, BELEM = ("Bund", "DBL"), ("Belém", "STE")


def passes(engine: Engine) -> int:
    """How often every hotel was looked through for slots."""
    return int(engine._inventory.block.region(at.R_SHARED).view("int64")[at.S_COLLECTIONS])


def lines(count: int, row: tuple[str, str] = BUND, **more: Any) -> dict[str, Any]:
    frame = {"hotel_id": row[0], "room_type_id": row[1], "arrival": FIRST + timedelta(days=2), "nights": 1, **more}
    return {name: [value] * count for name, value in frame.items()}


def full_store(row: tuple[str, str] = BELEM, **options: Any) -> tuple[Engine, list[int]]:
    """A store whose slots are all taken, and the ids in them; whoever asked for more has looked for them."""
    engine = engine_of(WORLD, FIRST, NIGHTS, NOON_MS, **{"slots": SLOTS, "retention_ms": RETENTION_MS, **options})
    said = engine.hold_many(lines(SLOTS + 1, row, ttl_seconds=3))
    assert said["outcome"].to_list() == [Outcome.OK] * SLOTS + [Outcome.BUSY]
    assert passes(engine) == 1
    return engine, said["hold_id"].to_list()[:SLOTS]


@pytest.mark.parametrize("key", [False, True])
@pytest.mark.parametrize("row", [BUND, BELEM])
def test_a_batch_looks_for_slots_once(row, key) -> None:
    engine, _ = full_store()
    more = {"key": [f"key {number}" for number in range(500)]} if key else {}
    said = engine.hold_many(lines(500, row) | more)
    assert said["outcome"].unique().to_list() == [Outcome.BUSY]
    engine.hold_many(lines(500, row, guests=1))
    with pytest.raises(Refused, match="let the store grow"):
        engine.hold_cart([{name: of[0] for name, of in lines(1, row).items()}])
    assert passes(engine) == 1
    assert engine.check() == []


@pytest.mark.parametrize("row", [BUND, BELEM])
def test_a_slot_that_is_forgotten_is_had_in_that_millisecond(row) -> None:
    engine, ids = full_store()
    engine.release(ids[3])
    engine.clock.advance_ms(7)
    engine.release(ids[5])
    for wait, granted in (
        (2_992, 0),
        (1, 0),
        (RETENTION_MS - 3_001, 0),
        (1, 1),
        (6, 0),
        (1, 1),
        (2_991, 0),
        (1, 0),
        (1, 6),
    ):
        engine.clock.advance_ms(wait)  # at 2,999 and 3,000: what is due ends, and is remembered from then on
        engine.expire()
        said = engine.hold_many(lines(7, row, ttl_seconds=100_000))["outcome"].to_list()
        assert said == [Outcome.OK] * granted + [Outcome.BUSY] * (7 - granted), wait
    assert passes(engine) <= 4
    assert engine.check() == []


@pytest.mark.parametrize("row", [BUND, BELEM])
def test_without_retention_what_ends_is_had_at_once(row) -> None:
    engine, ids = full_store(retention_ms=0)
    for number, hold_id in enumerate(ids[:4]):
        assert engine.hold_many(lines(50, row))["outcome"].unique().to_list() == [Outcome.BUSY]
        assert passes(engine) <= 1 + 2 * number
        engine.release(hold_id)
        assert engine.hold_many(lines(1, row))["outcome"].to_list() == [Outcome.OK]


def test_bookings_whose_nights_are_past_are_had_after_the_retention_time() -> None:
    engine, ids = full_store()
    for hold_id in ids:
        engine.confirm(hold_id)
    engine.clock.advance_ms(5 * 24 * 3_600_000)
    engine.roll()
    later = lines(SLOTS + 1) | {"arrival": [FIRST + timedelta(days=9)] * (SLOTS + 1)}
    assert engine.hold_many(later)["outcome"].unique().to_list() == [Outcome.BUSY]
    engine.clock.advance_ms(RETENTION_MS - 1)
    assert engine.hold_many(later)["outcome"].unique().to_list() == [Outcome.BUSY]
    assert passes(engine) == 1
    engine.clock.advance_ms(1)
    assert engine.hold_many(later)["outcome"].to_list() == [Outcome.OK] * SLOTS + [Outcome.BUSY]
    assert passes(engine) == 2  # it found them all, so that nothing is left to be looked for


def test_a_store_that_grows_has_slots_at_once() -> None:
    engine, _ = full_store(slots_max=4 * SLOTS)
    engine.grow_slots(2 * SLOTS)
    assert engine.hold_many(lines(SLOTS + 1))["outcome"].to_list() == [Outcome.OK] * SLOTS + [Outcome.BUSY]
    before = passes(engine)
    engine.hold_many(lines(100))
    assert passes(engine) == before


def test_runs_that_another_hotel_took_meanwhile_are_found() -> None:
    """A store that grew hands out runs of slots again: what is unused of them is found, though nothing has ended."""
    engine, _ = full_store(slots_max=100 * SLOTS)
    engine.grow_slots(50 * SLOTS)
    assert engine.hold_many(lines(1, BELEM))["outcome"].to_list() == [Outcome.OK]  # it keeps more for itself
    assert engine.hold_many(lines(49 * SLOTS, BUND, rooms=0))["outcome"].unique().to_list() == [Outcome.INVALID]
    said = [engine.hold_many(lines(40, BUND) | {"arrival": [FIRST + timedelta(days=day)] * 40}) for day in range(2, 12)]
    granted = sum((answer["outcome"] == Outcome.OK).sum() for answer in said)
    assert granted == 49 * SLOTS - 1
    assert engine.check() == []


def test_what_is_released_in_another_thread_is_had() -> None:
    engine, ids = full_store(retention_ms=0)
    granted = threading.Event()
    answers = []

    def ask() -> None:
        while not granted.is_set():
            answers.append(engine.hold_many(lines(1))["outcome"][0])
            if answers[-1] == Outcome.OK:
                granted.set()

    thread = threading.Thread(target=ask)
    thread.start()
    engine.release(ids[0])
    assert granted.wait(60)
    thread.join(60)
    assert set(answers) <= {Outcome.OK, Outcome.BUSY}
    assert engine.check() == []


def test_a_rebuild_lets_everything_be_looked_for_again() -> None:
    engine, _ = full_store()
    engine.hold_many(lines(10))
    before = passes(engine)
    engine.rebuild()
    engine.hold_many(lines(10))
    assert passes(engine) == before + 1
