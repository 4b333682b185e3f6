"""A store gets more slots while threads hold, book, release and ask again: nothing is lost, no answer is torn.

Slots are handed out again at once, or soon, so that keys leave the index while its segments are split.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from datetime import timedelta
from threading import Thread
from typing import Any

import polars as pl
import pytest

from nightgrid import Engine, Outcome, Refused
from tests.index_of_keys import index_faults
from tests.threads.patience import rounds, wait_for
from tests.threads.recorded import FIRST, Story, chain, explain, record
from tests.threads.test_threads import FIRST as FIRST_NIGHT
from tests.threads.test_threads import store, together

THREADS = 4


@pytest.fixture(autouse=True)
def _switch_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class KeyedStory(Story):
    """Every hold and booking of a guest has a key of its own."""

    asked: dict[int, tuple[Any, ...]]

    def __init__(self, engine: Engine, first_hotel: int) -> None:
        super().__init__(engine, first_hotel, sets=True)
        self.asked = {}

    def _call(self, verb: str, asked: tuple[Any, ...]) -> Any:
        return self.keyed(asked) if verb in ("hold", "book") else super()._call(verb, asked)

    def keyed(self, asked: tuple[Any, ...]) -> Any:
        """The request of a number, with its key."""
        number, row, first, nights, rooms, ttl_ms = asked
        stay = (self.hotels[row], "DBL", FIRST + timedelta(days=first), nights)
        words = {"rooms": rooms, "key": f"{self.hotels[0]} {number}"}
        if ttl_ms == 0:
            said = self.engine.book(*stay, **words)
        else:
            said = self.engine.hold(*stay, ttl_seconds=ttl_ms / 1000, **words)
        self.asked[number] = asked
        return said


@pytest.mark.parametrize("threads", [2, 4, 8])
def test_one_clerk_could_have_said_it_all_while_the_store_grew(threads: int) -> None:
    """The index grows five times; each time when a part of the calls was made, so while others are being made."""
    met: Counter[str] = Counter()
    count, calls = 12, 16 // threads
    for turn in rounds(1, lambda: met["grown beside"] > 2 and met["side by side"] > 0):
        engine = chain(2 * count, 2, slots=2_000, slots_max=500_000)
        stories = [KeyedStory(engine, 2 * place) for place in range(count)]
        sizes = [4_000 << step for step in range(7)] + [500_000]

        def grow(engine: Engine = engine, stories: Any = stories, sizes: Any = sizes) -> None:
            for step, slots in enumerate(sizes):
                wait_for(lambda step=step: sum(len(story.calls) for story in stories) >= step * count)
                engine.grow_slots(slots)
                met["grown beside"] += len(stories[-1].calls) == 0

        grower = Thread(target=grow)
        grower.start()
        record(engine, stories, threads, calls, f"growing {threads} {turn}")
        grower.join()
        assert engine._inventory.block.slots == 500_000
        for place, story in enumerate(stories):
            met["side by side"] += explain(story, 2, f"history {place}")
            for number, asked in story.asked.items():
                again = story.keyed(asked)
                assert (again.outcome, again.id) == (Outcome.EXISTS, story.ids[number])
        assert index_faults(engine) == []
        assert engine.check() == engine.rebuild() == []


@pytest.mark.parametrize("retention_ms", [0, 3_600_000])
def test_four_threads_hold_in_bulk_and_one_by_one_while_the_store_grows(retention_ms: int) -> None:
    """They ask until they are told BUSY and more; the fifth lets the store grow as long as anybody is."""
    engine = store(5_000, hotels=6, slots=60, slots_max=60_000, retention_ms=retention_ms)
    wanted, held = 250, [dict[str, int]() for _ in range(THREADS)]
    said: Counter[Outcome] = Counter()
    done = [False] * THREADS

    def ask(thread: int, turn: int, dice: random.Random) -> None:
        mine = held[thread]
        keys = [f"{thread} {turn} {number}" for number in range(dice.choice([1, 8, 40]))]
        line = {"hotel_id": [f"h{dice.randrange(6)}" for _ in keys], "room_type_id": "king", "arrival": FIRST_NIGHT}
        answer = engine.hold_many(
            pl.DataFrame({**line, "nights": 1, "key": keys}, schema_overrides={"nights": pl.Int64})
        )
        for key, outcome, hold_id in zip(keys, answer["outcome"], answer["hold_id"], strict=True):
            said[Outcome(outcome)] += 1
            assert outcome in (Outcome.OK, Outcome.BUSY)
            if outcome == Outcome.OK:
                mine[key] = hold_id
        hotel, key = f"h{dice.randrange(6)}", f"{thread} {turn} alone"
        try:
            mine[key] = engine.hold(hotel, "twin", FIRST_NIGHT, 1, key=key).id
            again = engine.hold(hotel, "twin", FIRST_NIGHT, 1, key=key)
            assert (again.outcome, again.id) == (Outcome.EXISTS, mine[key])
        except Refused as refused:
            said[refused.outcome] += 1
        for gone in dice.sample(sorted(mine), min(len(mine) // 4, dice.choice([0, 5, 25]))):
            engine.release(mine.pop(gone))

    def work(number: int) -> None:
        if number < THREADS:
            dice = random.Random(f"{retention_ms} {number}")
            for turn in rounds(1, lambda: len(held[number]) >= wanted):
                ask(number, turn, dice)
            done[number] = True
            return
        slots, seen = 60, [0]
        while not all(done):
            wait_for(lambda: said[Outcome.BUSY] > seen[-1] or all(done))
            seen.append(said[Outcome.BUSY])
            slots = min(slots + slots // 4, 60_000)
            engine.grow_slots(slots)

    together(THREADS + 1, work)

    assert said[Outcome.BUSY] > 0 < said[Outcome.OK]
    assert index_faults(engine) == []
    ids = [hold_id for mine in held for hold_id in mine.values()]
    assert len(set(ids)) == len(ids) >= THREADS * wanted
    assert all(engine.get(hold_id).state == "held" for hold_id in ids)
    assert engine.metrics()["open_holds"] == len(ids)
    assert engine.check() == engine.rebuild() == []
