"""The index of holds by guest, reference and cart finds what is found in passing over all slots, after every deed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from nightgrid import Engine
from nightgrid.native.upkeep import hold_index as x
from tests.agreement.pairs import CHANNELS, DAY_MS, GUESTS, REFERENCES, Pair
from tests.agreement.test_window_agrees import WORLD, noon_ms
from tests.engines import engine_of
from tests.index_of_holds import both_ways, faults_of_index

FIRST = date(2027, 6, 1)
NIGHTS = 9
MET: Counter[str] = Counter()


def question(pair: Pair) -> dict[str, Any]:
    """A guest, a reference or a cart, and perhaps something else."""
    dice = pair.dice
    asked: dict[str, Any] = {"guest": dice.choice(GUESTS[1:])}
    if dice.random() < 0.4:
        asked = {"reference": dice.choice(REFERENCES[2:])}
    elif pair.carts and dice.random() < 0.3:
        asked = {"cart_id": dice.choice(pair.carts[-4:])}
    more = {
        "hotel_id": dice.choice(["A", "B"]),
        "night": dice.choice(pair.oracle.window),
        "state": dice.choice(["held", "booked", "expired", "released"]),
        "channel": dice.choice(CHANNELS),
        "guest": dice.choice(GUESTS[1:]),
    }
    return {name: more[name] for name in dice.sample(sorted(more), dice.choice([0, 0, 1, 2]))} | asked


def ask_both(pair: Pair) -> None:
    """One question three ways: the oracle, the index, in passing."""
    asked = question(pair)
    for face in (pair.oracle, pair.face):
        face.expire()  # how long an end is remembered is counted from when it is noticed
    wanted = [pair.ids[hold_id] for hold_id in pair.oracle.find(**asked)]
    theirs = asked | ({"cart_id": pair.ids[asked["cart_id"]]} if "cart_id" in asked else {})
    assert sorted(pair.face.find(**theirs)) == sorted(wanted), asked
    linked, passing = both_ways(pair.engine, **theirs)
    assert linked == passing, asked
    assert faults_of_index(pair.engine) == []
    MET["asked"] += 1
    MET["found"] += len(passing)
    MET["by cart"] += "cart_id" in asked and len(passing)


@pytest.mark.parametrize("slots", [400, 60])
@pytest.mark.parametrize("seed", range(3))
def test_after_every_deed(seed: int, slots: int) -> None:
    """With few slots they are handed out again and again."""
    pair = Pair(
        seed, WORLD, FIRST, NIGHTS, noon_ms(FIRST), slots=slots, retention_ms=DAY_MS if slots == 400 else 60_000
    )
    ask_both(pair)
    for number in range(250):
        pair.step()
        if number % 100 < 50 or number % 17 == 0:  # for a while nobody asks
            ask_both(pair)
            ask_both(pair)
    slots_used = {int(hold_id) & 0xFFFFFFFF for hold_id in pair.ids.values()}
    MET["slots of two holds"] += len(pair.ids) - len(slots_used)


def test_all_of_that_was_met() -> None:
    """Runs after the tests above."""
    if MET["asked"] < 1_500:
        pytest.skip("only some of the histories were told")
    assert MET["found"] > 500, MET
    assert MET["by cart"] > 20, MET
    assert MET["slots of two holds"] > 40, MET


def house(**sizes: Any) -> Engine:
    return engine_of(WORLD, FIRST, NIGHTS, noon_ms(FIRST), **{"retention_ms": 0, "slots": 4_000, **sizes})


def come_and_go(engine: Engine, times: int, guest: str = "passer-by") -> None:
    """So many holds that are released at once."""
    night = FIRST + timedelta(days=1)
    for _ in range(times):
        engine.release(engine.hold("A", "DBL", night, 1, guest=guest).id)


def found(engine: Engine, guest: str) -> list[int]:
    """Ids of a guest by the index, which must be ready."""
    linked, passing = both_ways(engine, guest=guest)
    assert linked == passing
    assert linked is not None
    return engine.find(guest=guest)["id"].to_list()


@pytest.mark.parametrize("asked_before", [False, True])
def test_the_ring_has_passed_over_what_was_not_read(asked_before: bool) -> None:
    engine = house(ring_records=1_024)
    if asked_before:
        assert engine.find(guest="Li").is_empty()
    mine = [engine.book("A", "DBL", FIRST + timedelta(days=day), 1, guest="Li").id for day in range(3)]
    come_and_go(engine, 600)
    assert engine.lsn > 1_024
    assert found(engine, "Li") == mine
    mine.append(engine.book("B", "DBL", FIRST + timedelta(days=1), 1, guest="Li").id)
    assert found(engine, "Li") == mine
    engine.cancel(mine[0])
    come_and_go(engine, 600)
    assert found(engine, "Li") == mine[1:]
    assert found(engine, "passer-by") == []
    assert faults_of_index(engine) == []


def test_work_that_is_left_is_shared_by_many_questions() -> None:
    """Until all slots are looked at, the answer comes from passing over them, and is the same."""
    engine = house(ring_records=1_024, slots=4_000)
    frame = {
        "hotel_id": ["A"] * 3_000,
        "room_type_id": ["DBL"] * 3_000,
        "arrival": [FIRST] * 3_000,
        "nights": [1] * 3_000,
    }
    cut = {"hotel_id": ["A"], "room_type_id": ["DBL"], "night": [FIRST], "capacity": [3_000]}
    engine.set_capacity(cut)
    ids = engine.hold_many({**frame, "guest": [f"g{line % 1_000}" for line in range(3_000)]})["hold_id"].to_list()
    assert engine.find(guest="nobody").is_empty()
    engine._inventory.forget_index()
    engine._inventory._index_for(4_000).words[x.X_STEP] = 5_000
    behind = 0
    while True:
        linked, passing = both_ways(engine, guest="g7")
        assert [line[0] >> 8 << 32 | line[16] for line in passing] == [ids[7], ids[1_007], ids[2_007]]
        assert engine.find(guest="g8")["id"].to_list() == [ids[8], ids[1_008], ids[2_008]]
        if linked is not None:
            break
        behind += 1
        engine.release(engine.hold("A", "STE", FIRST, 1, guest="g7").id)
    assert behind > 2
    assert linked == passing
    assert faults_of_index(engine) == []


def test_a_store_that_grew_or_was_rebuilt() -> None:
    engine = house(slots=64, slots_max=4_000, retention_ms=DAY_MS)
    engine.set_capacity({"hotel_id": ["A"], "room_type_id": ["DBL"], "night": [FIRST], "capacity": [500]})
    ids = [engine.book("A", "DBL", FIRST, 1, guest="Li").id for _ in range(50)]
    assert found(engine, "Li") == ids
    engine.grow_slots(1_000)
    ids += [engine.book("A", "DBL", FIRST, 1, guest="Li").id for _ in range(300)]
    assert found(engine, "Li") == ids
    assert faults_of_index(engine) == []
    assert engine.rebuild() == []
    assert found(engine, "Li") == ids
    assert faults_of_index(engine) == []


def test_a_guest_with_more_holds_than_his_hotel_may_have_is_looked_for_there() -> None:
    engine = house(slots=4_000)
    engine.set_capacity({"hotel_id": ["A"], "room_type_id": ["DBL"], "night": [FIRST], "capacity": [2_000]})
    stay = {"hotel_id": ["A"], "room_type_id": ["DBL"], "arrival": [FIRST], "nights": [1], "guest": ["agency"]}
    engine.hold_many({name: values * 1_500 for name, values in stay.items()})
    mine = engine.book("B", "DBL", FIRST + timedelta(days=1), 1, guest="agency").id
    assert both_ways(engine, guest="agency", hotel_id="B")[0] is None
    assert engine.find(guest="agency", hotel_id="B")["id"].to_list() == [mine]
    assert engine.find(guest="agency").height == 1_501
    linked, passing = both_ways(engine, guest="agency")
    assert linked == passing


def test_a_short_frame_is_a_long_one() -> None:
    """Below a number of holds the frame is made in another way; nobody can tell."""
    engine = house(retention_ms=DAY_MS, channels=("web",), tiers=("public", "gold"))
    engine.set_capacity({"hotel_id": ["A"], "room_type_id": ["DBL"], "night": [FIRST], "capacity": [500]})
    for number in range(70):
        more: dict[str, Any] = {"channel": "web", "tier": "gold", "plan": "flex"} if number % 3 else {}
        engine.hold("A", "DBL", FIRST, 1, guest="Li", reference=f"r{number // 35}", **more)
    long, short = engine.find(guest="Li"), engine.find(guest="Li", reference="r1")
    assert (long.height, short.height) == (70, 35)
    assert short.schema == long.schema == engine.find(guest="nobody").schema
    assert short.equals(long.tail(35))
    views = engine.find_views(guest="Li")
    assert pl.DataFrame(
        [[getattr(view, name) for name in long.columns] for view in views], long.schema, orient="row"
    ).equals(long)


def test_its_memory_is_told() -> None:
    engine = house(slots=100_000)
    assert engine.metrics()["bytes"]["hold_index"] == 0
    engine.hold("A", "DBL", FIRST, 1, guest="Li")
    engine.find(guest="Li")
    one = engine.metrics()["bytes"]["hold_index"]
    assert one == 100_000 * 8 + 65_536 * 4
    engine.hold("A", "DBL", FIRST, 1, guest="Li", reference="r")
    engine.find(guest="Li")
    assert engine.metrics()["bytes"]["hold_index"] == 2 * one
