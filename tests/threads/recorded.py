"""Histories of threads around the rooms of two hotels, over every verb that takes or gives rooms, and their judgement.

Each call is noted with when it began and ended, and what it was told. `explained` looks for an order of the calls that
respects real time and in which one clerk (`clerk`) would have said the same: a search over orders (Wing and Gong, 1993)
that looks once at what leads to the same rooms. `in_log_order` is for long runs: what succeeded has a log sequence
number; that order must respect real time, and in it the clerk must say the same, at the instants of the log: linear.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

import polars as pl

from nightgrid import Refused
from nightgrid.engine import Engine
from tests import strategies as worlds
from tests.engines import engine_of
from tests.threads.clerk import Clerk

FIRST: date = worlds.FIRST_NIGHT
NIGHTS = 4
TICK_MS = 60_000
TTL_MS = (30_000, 60_000, 150_000, 900_000)
VERBS = (
    *["hold"] * 6, *["book"] * 2, *["cart"] * 2, *["replace"] * 2, *["confirm"] * 3, "confirm", *["release"] * 3,
    *["cancel"] * 3, *["amend"] * 3, "extend", "no_show", "depart_early", "sweep", "tick",
)  # fmt: skip


class Call(NamedTuple):
    """One call: when it began and ended, what was asked, at which instants of the store's clock, what was answered."""

    called: int
    answered: int
    verb: str
    asked: tuple[Any, ...]
    nows_ms: tuple[int, ...]
    answer: str | None
    lsn: int = 0


def explained(calls: Sequence[Call], start: Clerk, nodes_max: int = 400_000) -> bool | None:
    """True if some order explains every answer; None where too many had to be tried."""
    calls = sorted(calls, key=lambda call: call[:2])
    everything = (1 << len(calls)) - 1
    seen = set()
    waiting = [(0, start)]
    while waiting:
        done, clerk = waiting.pop()
        if done == everything:
            return True
        state = (done, clerk.key())
        if state in seen:
            continue
        seen.add(state)
        if len(seen) > nodes_max:
            return None
        left = [(i, call) for i, call in enumerate(calls) if not done >> i & 1]
        first_answer = min(call.answered for _, call in left)
        for i, call in reversed(left):
            if call.called > first_answer:
                continue  # somebody else was answered before this one was asked
            for now_ms in call.nows_ms:
                after = clerk.copy()
                try:
                    said = after.do(call.verb, call.asked, now_ms)
                except KeyError:
                    continue  # of a hold that is not there yet
                if call.answer is None or said == call.answer:
                    waiting.append((done | 1 << i, after))
    return False


def in_log_order(calls: Sequence[Call], start: Clerk) -> list[str]:
    """What speaks against the order of the log sequence numbers; nothing if it explains every success. O(calls)."""
    wrong = []
    latest_call = -1
    for call in sorted((call for call in calls if call.lsn), key=lambda call: call.lsn):
        if latest_call > call.answered:
            wrong.append(f"{call} was answered before one with a smaller number was asked")
        latest_call = max(latest_call, call.called)
        said = start.do(call.verb, call.asked, call.nows_ms[0])
        if call.answer != said:
            wrong.append(f"{call}: a clerk would have said {said}")
            break
    return wrong


def chain(hotels: int, capacity: int, **limits: int) -> Engine:
    """Hotels H0, H1, ... with one room type each."""
    ids = [{"hotel_id": f"H{i}", "room_type_id": "DBL"} for i in range(hotels)]
    world = {
        "hotels": [{**row, "currency": "CNY", "time_zone": "Asia/Shanghai"} for row in ids],
        "room_types": [{**row, "capacity": capacity} for row in ids],
        "products": [{**row, "plan_id": "standard", "base_minor": 100} for row in ids],
    }
    return engine_of(world, FIRST, NIGHTS, worlds.NOW_MS, **{"slots": 40_000, **limits})


class Story:
    """What some threads do around two hotels of a chain: rows 0 and 1 are its hotels."""

    def __init__(self, engine: Engine, first_hotel: int) -> None:
        self.engine = engine
        self.hotels = [f"H{first_hotel}", f"H{first_hotel + 1}"]
        self.ids: dict[int, int] = {}
        self.calls: list[Call] = []

    def act(self, dice: Random, number: int) -> None:
        """One call of a thread. `number` is of nobody else; it and the next one name what begins."""
        known = list(self.ids)
        if dice.random() < 0.5:
            known = known[-8:]
        verb = dice.choice(VERBS)
        if verb == "tick":
            self.engine.clock.advance_ms(TICK_MS)
            return
        if not known and verb not in ("hold", "book", "cart", "sweep"):
            verb = "hold"
        asked = self._asked(dice, verb, number, known)
        before_ms = self.engine.clock.now_ms()
        called = time.perf_counter_ns()
        try:
            said = self._call(verb, asked)
            answer, lsn = "OK" if isinstance(said, list) else said.outcome.name, self._note(verb, asked, said)
        except Refused as refused:
            answer, lsn = refused.outcome.name, 0
        answered = time.perf_counter_ns()
        nows_ms = tuple(range(before_ms, self.engine.clock.now_ms() + 1, TICK_MS))
        if verb == "sweep":  # hotel by hotel
            for row in (0, 1):
                self.calls.append(Call(called, answered, verb, (row,), nows_ms, None))
            return
        self.calls.append(Call(called, answered, "hold" if verb == "book" else verb, asked, nows_ms, answer, lsn))

    def _stay(self, dice: Random) -> tuple[int, int, int, int]:
        first = dice.randrange(NIGHTS)
        return dice.choice([0, 0, 0, 1]), first, dice.randint(1, min(2, NIGHTS - first)), dice.choice([1, 1, 1, 2])

    def _asked(self, dice: Random, verb: str, number: int, known: list[int]) -> tuple[Any, ...]:
        if verb in ("hold", "book"):
            return (number, *self._stay(dice), dice.choice(TTL_MS) if verb == "hold" else 0)
        if verb == "cart":
            row, first, nights, rooms = self._stay(dice)
            return (dice.choice(TTL_MS), (number, row, first, nights, rooms), (number + 1, 1 - row, first, nights, 1))
        if verb == "replace":
            return (number, *self._stay(dice), dice.choice(TTL_MS), dice.choice(known))
        if verb == "sweep":
            return ()
        of_it = dice.choice(known)
        _, first, nights, rooms = self._stay(dice)
        arguments = {
            "confirm": (dice.choice([0, 0, 1]),), "extend": (dice.choice(TTL_MS),), "no_show": (first,),
            "depart_early": (first,), "amend": (first, nights, rooms),
        }  # fmt: skip
        return (of_it, *arguments.get(verb, ()))

    def _call(self, verb: str, asked: tuple[Any, ...]) -> Any:
        engine = self.engine
        if verb in ("hold", "book", "replace"):
            _, row, first, nights, rooms, ttl_ms, *old = asked
            stay = (self.hotels[row], "DBL", FIRST + timedelta(days=first), nights)
            if verb == "book":
                return engine.book(*stay, rooms=rooms)
            return engine.hold(*stay, rooms=rooms, ttl_seconds=ttl_ms / 1000, replace=self.ids[old[0]] if old else None)
        if verb == "cart":
            lines = [
                {"hotel_id": self.hotels[row], "room_type_id": "DBL", "arrival": FIRST + timedelta(days=first),
                 "nights": nights, "rooms": rooms}
                for _, row, first, nights, rooms in asked[1:]
            ]  # fmt: skip
            return engine.hold_cart(lines, ttl_seconds=asked[0] / 1000)
        if verb == "sweep":
            return engine.expire()
        hold_id, arguments = self.ids[asked[0]], asked[1:]
        if verb == "confirm":
            return engine.confirm(hold_id, rooms=arguments[0] or None)
        if verb == "extend":
            return engine.extend(hold_id, arguments[0] / 1000)
        if verb == "no_show":
            return engine.no_show(hold_id, release_from=FIRST + timedelta(days=arguments[0]))
        if verb == "depart_early":
            return engine.depart_early(hold_id, FIRST + timedelta(days=arguments[0]))
        if verb == "amend":
            changes = {"arrival": FIRST + timedelta(days=arguments[0]), "nights": arguments[1], "rooms": arguments[2]}
            return engine.amend(hold_id, **changes)
        return getattr(engine, verb)(hold_id)

    def _note(self, verb: str, asked: tuple[Any, ...], said: Any) -> int:
        """Remember the ids that begin; the log sequence number of a success, of a cart its last."""
        if verb == "cart":
            self.ids |= {line[0]: hold.id for line, hold in zip(asked[1:], said.holds, strict=True)}
            return int(said.holds[-1].lsn)
        if verb in ("hold", "book", "replace"):
            self.ids[asked[0]] = said.id
        return 0 if verb == "sweep" or said.outcome.name != "OK" else int(said.lsn)


def record(engine: Engine, stories: list[Story], threads: int, calls: int, seed: str) -> None:
    """Let so many threads tell all stories, one after the other, each beginning them at the same instant."""
    gate = threading.Barrier(threads)
    errors: list[BaseException] = []

    def body(thread: int) -> None:
        try:
            for place, story in enumerate(stories):
                dice = Random(f"{seed} {place} {thread}")
                gate.wait()
                for call in range(calls):
                    story.act(dice, 1_000_000 * thread + 2 * call)
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)
            gate.abort()

    crew = [threading.Thread(target=body, args=(thread,)) for thread in range(threads)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    if errors:
        raise errors[0]


def expiries(story: Story) -> list[Call]:
    """What the store wrote down of holds that expired, as calls that nobody waited for."""
    number_of = {hold_id: number for number, hold_id in story.ids.items()}
    lines = story.engine.records().filter(pl.col("kind") == "expire").select("lsn", "hold_id", "now_ms")
    return [
        Call(0, 2**62, "expire", (number_of[hold_id],), (now_ms,), "OK", lsn)
        for lsn, hold_id, now_ms in lines.iter_rows()
    ]


def judge_by_log(threads: int, calls: int, capacity: int, seed: str) -> Counter[str]:
    """One long story, judged by its log. What was met."""
    engine = chain(2, capacity, slots=threads * calls * 2)
    story = Story(engine, 0)
    record(engine, [story], threads, calls, seed)
    clerk = Clerk(2, NIGHTS, capacity, sweeps=False)
    assert engine.lsn <= 65_536, "the ring is too short for this story"
    now_of = dict(engine.records().select("lsn", "now_ms").iter_rows())
    told = [call._replace(nows_ms=(now_of[call.lsn],)) if call.lsn else call for call in story.calls]
    assert all(new.nows_ms[0] in old.nows_ms for new, old in zip(told, story.calls, strict=True) if old.lsn)
    assert (wrong := in_log_order(told + expiries(story), clerk)) == [], wrong
    assert engine._inventory.matrix("free").ravel().tolist() == clerk.free
    assert engine.check() == []
    met = Counter(f"{call.verb} {call.answer}" for call in story.calls)
    met["calls"], met["records"] = len(story.calls), engine.lsn
    return met


def judge(threads: int, calls: int, capacity: int, count: int, seed: str) -> Counter[str]:
    """Record so many histories and explain each; AssertionError with the history that cannot be. What was met."""
    met: Counter[str] = Counter()
    engine = chain(2 * count, capacity)
    stories = [Story(engine, 2 * place) for place in range(count)]
    record(engine, stories, threads, calls, seed)
    for place, story in enumerate(stories):
        verdict = explained(story.calls, Clerk(2, NIGHTS, capacity))
        assert verdict, f"history {place} of {seed}: {verdict}\n" + "\n".join(map(str, sorted(story.calls)))
        met.update(f"{call.verb} {call.answer}" for call in story.calls)
        together = any(a.called < b.called < a.answered for a in story.calls for b in story.calls)
        met["side by side"] += together
        met["histories"] += 1
        met["calls"] += len(story.calls)
    assert engine.check() == []
    return met
