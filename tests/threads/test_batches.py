"""Batches of several threads on the same few hotels: holds are published in groups, locks are tried, not waited for.

Every batch mixes hotels, keys that others use too, and requests that go the ordinary way, so groups are cut short at
every place. Whatever the interleaving: no thread waits for ever, nothing is sold twice, a key has one hold, and the
ring numbers every change once and tells each hotel's changes in an order that can be replayed.
"""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import polars as pl
import pytest

from nightgrid import Outcome
from nightgrid.native.store import layout as at
from tests.threads.patience import rounds
from tests.threads.test_threads import FIRST, NIGHTS, store, together

THREADS, ROUNDS, LINES = 4, 12, 120
HOTELS, CAPACITY = 3, 30
MEETING_HOTELS, MEETING_LINES = 24, 3_000


def _batch(dice: random.Random, thread: int, turn: int) -> pl.DataFrame:
    """Requests of which some share a key with other threads and some are for channels or too long."""
    lines = []
    for number in range(LINES):
        shared = dice.random() < 0.3
        key = f"shared {turn} {number}" if shared else f"own {thread} {turn} {number}"
        fixed = random.Random(key if shared else dice.random())
        lines.append(
            {
                "hotel_id": f"h{fixed.randrange(HOTELS)}",
                "room_type_id": fixed.choice(["king", "twin"]),
                "arrival": FIRST,
                "nights": fixed.choice([1, 2, 3, NIGHTS - 1, NIGHTS, NIGHTS + 1]),
                "rooms": fixed.choice([1, 1, 2]),
                "channel": fixed.choice([None, None, None, "web"]),
                "key": key if shared or dice.random() < 0.5 else None,
            }
        )
    return pl.DataFrame(lines, schema_overrides={"channel": pl.String, "key": pl.String})


@pytest.mark.parametrize("retention_ms", [0, 86_400_000])
def test_batches_of_threads_keep_every_law(retention_ms: int) -> None:
    engine = store(CAPACITY, hotels=HOTELS, slots=20_000, retention_ms=retention_ms, channels=["web"])
    held_by_key: dict[str, set[int]] = defaultdict(set)

    def work(thread: int) -> None:
        dice = random.Random(thread)
        for turn in range(ROUNDS):
            frame = _batch(dice, thread, turn)
            answer = engine.hold_many(frame).with_columns(frame["key"])
            known = answer.filter(pl.col("outcome").is_in([int(Outcome.OK), int(Outcome.EXISTS)]))
            assert (known["lsn"] > 0).all()
            for key, hold_id in known.drop_nulls("key").select("key", "hold_id").iter_rows():
                held_by_key[key].add(hold_id)
            ids = answer.filter(pl.col("outcome") == int(Outcome.OK))["hold_id"].to_list()
            engine.release_many(dice.sample(ids, len(ids) * 9 // 10))
            assert int(engine.matrix("free").min()) >= 0

    together(THREADS, work)
    assert engine.check() == []
    assert sum(len(ids) for ids in held_by_key.values()) > LINES
    if retention_ms:  # nothing was forgotten, so a key has named one hold all the time
        assert {key: ids for key, ids in held_by_key.items() if len(ids) > 1} == {}
    _assert_the_ring_replays(engine)


def _assert_the_ring_replays(engine) -> None:
    """The records stand in order, and taking and giving back what they say never oversells and ends at the grid."""
    block = engine._inventory.block
    last = int(block.region(at.R_SHARED)[at.S_LSN])
    records = block.region(at.R_RECORDS)
    assert last < len(records)
    records = records[:last]
    np.testing.assert_array_equal(records[:, at.D_LSN], np.arange(1, last + 1))
    free = np.full((2 * HOTELS, NIGHTS), CAPACITY)
    lives: set[int] = set()
    for record in records:
        kind, hold_id, stay = int(record[at.D_KIND]) & 0xFF, int(record[at.D_HOLD_ID]), int(record[at.D_STAY])
        row = int(record[at.D_PLACE]) & 0xFFFFFFFF
        first = (stay & (1 << 22) - 1) - FIRST.toordinal()
        nights = slice(first, first + (stay >> 22 & (1 << 9) - 1))
        if kind == at.RECORD_HOLD:
            assert hold_id not in lives
            lives.add(hold_id)
            free[row, nights] -= stay >> 40
            assert free[row].min() >= 0
        elif kind == at.RECORD_RELEASE:
            lives.remove(hold_id)
            free[row, nights] += stay >> 40
    np.testing.assert_array_equal(free, engine.matrix("free"))


def test_threads_that_meet_do_hotel_by_hotel_and_keep_every_law() -> None:
    """Long batches for the same few hotels, until windows were put in order: each line has its one answer, lines of one
    hotel are answered in their order, and the ring replays.
    """
    engine = store(500, hotels=MEETING_HOTELS, slots=20_000, retention_ms=0)

    def work(thread: int) -> None:
        dice = random.Random(thread)
        for _ in rounds(3, lambda: engine.metrics()["batches"]["windows_in_order"] >= 20):
            hotels = [dice.randrange(MEETING_HOTELS) for _ in range(MEETING_LINES)]
            frame = {
                "hotel_id": [f"h{hotel}" for hotel in hotels],
                "room_type_id": ["king"] * MEETING_LINES,
                "arrival": [FIRST] * MEETING_LINES,
                "nights": [1] * MEETING_LINES,
                "key": [f"{thread} {dice.random()}" for _ in hotels],
            }
            answer = engine.hold_many(frame).with_columns(hotel=pl.Series(hotels))
            assert set(answer["outcome"].unique()) <= {int(Outcome.OK), int(Outcome.SOLD_OUT)}
            held = answer.filter(pl.col("outcome") == int(Outcome.OK))
            assert held["hold_id"].n_unique() == len(held)
            for _, mine in held.group_by("hotel"):
                assert mine["lsn"].is_sorted()
            engine.release_many(held["hold_id"])

    together(THREADS, work)
    assert engine.check() == []
    assert int(engine.matrix("held").sum()) == 0
    assert engine.metrics()["batches"]["passed_over"] > 0


def test_a_cut_capacity_and_batches_never_deadlock() -> None:
    """Checks lock every hotel in order and wait, while batches hold some and try others."""
    engine = store(CAPACITY, hotels=HOTELS, channels=["web"])

    def work(thread: int) -> None:
        dice = random.Random(thread)
        for turn in range(ROUNDS):
            if thread:
                answer = engine.hold_many(_batch(dice, thread, turn))
                engine.release_many(answer.filter(pl.col("outcome") == 0)["hold_id"])
            else:
                assert engine.check() == []

    together(THREADS, work)
    assert int(engine.matrix("held").sum()) == 0
