"""Two threads on one small limit never take more than it has, and in the end the recount finds nothing."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from nightgrid import Catalog, Engine, ManualClock, Refused
from tests.threads.patience import rounds
from tests.threads.test_threads import together

FIRST = date(2027, 1, 1)
NIGHTS = 4
LIMIT = 3


def store(limit: int = LIMIT, **sizes: int) -> Engine:
    """Two hotels with many rooms, and one of each control on all nights of both."""
    names = ["h0", "h1"]
    catalog = Catalog.from_frames(
        {"hotel_id": names, "currency": ["EUR"] * 2, "time_zone": ["UTC"] * 2},
        {"hotel_id": names, "room_type_id": ["king"] * 2, "capacity": [50] * 2, "base_minor": [10_000] * 2},
    )
    clock = ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
    sizes = {"slots": 20_000, **sizes}
    engine = Engine.in_memory(catalog, FIRST, NIGHTS, clock=clock, channels=["cap", "quota", "open"], **sizes)
    for channel, kind in (("cap", "cap"), ("quota", "quota")):
        engine.set_caps({"hotel_id": names, "channel": [channel] * 2, "kind": [kind] * 2, "rooms": [limit] * 2})
    engine.set_counter("coupon", limit)
    engine.set_counter("points", 7 * limit)
    engine.set_open_holds_max("open", limit)
    for name in names:
        engine.create_block(f"block {name}", name, "king", limit, first_night=FIRST, last_night=FIRST + timedelta(3))
    return engine


WAYS = {
    "cap": {"channel": "cap"},
    "quota": {"channel": "quota"},
    "counter": {"coupon": "coupon"},
    "points": {"points": "points", "points_units": 7},
    "open holds": {"channel": "open"},
    "block": {"block": "block h0"},
}


@pytest.mark.parametrize("way", WAYS)
def test_exactly_so_many_get_through(way: str) -> None:
    """Two threads ask twice as often as the limit allows, at the same instant: it is used up exactly."""
    for _ in range(30):
        engine = store()
        said: list[str] = []  # a counter would lose what two threads count at the same instant

        def ask(_: int, engine: Engine = engine, said: list[str] = said) -> None:
            for _ in range(LIMIT):
                try:
                    engine.hold("h0", "king", FIRST, 2, **WAYS[way])
                    said.append("OK")
                except Refused as refusal:
                    said.append(refusal.outcome.name)

        together(2, ask)
        answers = Counter(said)
        assert answers["OK"] == LIMIT
        assert answers.total() == 2 * LIMIT
        assert len(answers) == 2
        assert engine.check() == []


#: Controls that what is sold itself brings nearer: how each is set, what a hold says, and the refusal.
CLOSING = {
    "protection": ({"tier": ["public"], "rooms": [50 - LIMIT]}, {"tier": "public"}, "PROTECTED"),
    "hurdle": (
        {"hurdle_minor": [1_000], "delta_minor": [100], "ceiling_steps": [20]},
        {"value_minor": 2 * (1_000 + 100 * (LIMIT - 1))},  # of two nights: just enough for the last of LIMIT rooms
        "BELOW_HURDLE",
    ),
    "house cap": ({"rooms": [LIMIT]}, {}, "HOUSE_FULL"),
}


@pytest.mark.parametrize("control", CLOSING)
def test_exactly_so_many_are_sold_before_it_closes(control: str) -> None:
    """Two threads ask for more than it lets through, again when one room came back, and nobody is refused too early."""
    values, words, refusal = CLOSING[control]
    for _ in range(30):
        engine = open_house()
        place = {"hotel_id": ["h0"]} if control == "house cap" else {"hotel_id": ["h0"], "room_type_id": ["king"]}
        setter = {"protection": engine.set_protection, "hurdle": engine.set_hurdles, "house cap": engine.set_house_cap}
        setter[control]({**place, **values})
        held: list[int] = []
        for let_through in (LIMIT, 1):
            said: list[str] = []

            def ask(_: int, engine: Engine = engine, said: list[str] = said, held: list[int] = held) -> None:
                for _ in range(LIMIT):
                    try:
                        held.append(engine.hold("h0", "king", FIRST, 2, **words).id)
                        said.append("OK")
                    except Refused as refused:
                        said.append(refused.outcome.name)

            together(2, ask)
            assert Counter(said) == {"OK": let_through, refusal: 2 * LIMIT - let_through}
            engine.release(held.pop(0))
        assert engine.check() == []


def open_house() -> Engine:
    """A hotel with many rooms, two tiers of guests and no controls."""
    catalog = Catalog.from_frames(
        {"hotel_id": ["h0"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["h0"], "room_type_id": ["king"], "capacity": [50], "base_minor": [10_000]},
    )
    clock = ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
    return Engine.in_memory(catalog, FIRST, NIGHTS, clock=clock, tiers=["public", "gold"])


def used(engine: Engine) -> dict[str, int]:
    """The most that is used of each limit."""
    caps = engine.caps()
    units = dict(engine.counters().select("counter_id", "used").rows())
    return {
        "cap": int(caps.filter(kind="cap", channel="cap")["used"].max()),
        "block": int(engine.blocks()["picked"].max()),
        "counter": units["coupon"],
        "points": units["points"] // 7,
        "open holds": int(engine.open_holds()["open"][2]),
    }


def test_limits_hold_while_everything_happens() -> None:
    """Two threads hold, confirm in part, release, cancel, amend, replace and let expire; a third sets the limits again
    and looks. No limit is ever passed, and the recount agrees in the end.
    """
    engine = store(retention_ms=60_000)
    seen: Counter[str] = Counter()
    refusals = ("QUOTA_USED_UP", "COUNTER_USED_UP", "POINTS_USED_UP", "BLOCK_USED_UP")

    def enough() -> bool:
        return seen["looked"] >= 60 and seen["OK"] > 300 and min(seen[name] for name in refusals) > 20

    def guest(number: int) -> None:
        dice = random.Random(number)
        mine: list[int] = []
        for _ in rounds(1_500, enough):
            way = dice.choice(sorted(WAYS))
            stay = (f"h{dice.randrange(2)}", "king", FIRST + timedelta(dice.randrange(3)), 1)
            asked = {**WAYS[way], "rooms": dice.randint(1, 2)}
            if way == "block":
                asked["block"] = f"block {stay[0]}"
            try:
                step = dice.random()
                if step < 0.5 or not mine:
                    mine.append(engine.hold(*stay, **asked, ttl_seconds=dice.choice([1, 900])).id)
                elif step < 0.6:
                    mine.append(engine.hold(*stay, **asked, replace=dice.choice(mine[-5:])).id)
                elif step < 0.7:
                    engine.amend(dice.choice(mine[-8:]), arrival=stay[2], rooms=asked["rooms"])
                elif step < 0.8:
                    engine.confirm(dice.choice(mine[-8:]), rooms=1)
                else:
                    verb = dice.choice([engine.release, engine.cancel, lambda each: engine.cancel(each, refund=True)])
                    verb(dice.choice(mine))
                seen["OK"] += 1
            except Refused as refusal:
                seen[refusal.outcome.name] += 1

    def hotel() -> None:
        dice = random.Random(99)
        for _ in rounds(60, enough):
            engine.clock.advance_ms(dice.choice([0, 0, 1_000]))
            engine.set_caps({"hotel_id": ["h0"], "channel": ["cap"], "rooms": [LIMIT]})
            engine.set_caps({"hotel_id": ["h1"], "channel": ["open"], "rooms": [dice.choice([None, 40])]})
            assert all(most <= LIMIT for most in used(engine).values()), used(engine)
            seen["looked"] += 1

    together(3, lambda number: hotel() if number == 2 else guest(number))
    assert engine.check() == []
