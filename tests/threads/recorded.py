"""Histories of threads around the rooms of two hotels, over every verb that takes or gives rooms, and their judgement.

Each call is noted with when it began and ended, and what it was told; a line of a batch is a call of its own. `orders`
says whether one clerk could have said the same.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl

from nightgrid import Outcome, Refused
from nightgrid.engine import Engine
from nightgrid.engine.rooms.batches import requests_of
from nightgrid.inventory.inventory import BatchAnswer, CartAnswer
from tests import strategies as worlds
from tests.engines import engine_of
from tests.threads.clerk import Clerk
from tests.threads.orders import Call, explained, in_log_order

FIRST: date = worlds.FIRST_NIGHT
NIGHTS = 4
TICK_MS = 60_000
TTL_MS = (30_000, 60_000, 150_000, 900_000)
VERBS = (
    *["hold"] * 6, *["book"] * 2, *["cart"] * 3, *["replace"] * 2, *["confirm"] * 3, "confirm", *["release"] * 3,
    *["cancel"] * 3, *["amend"] * 3, "extend", "no_show", *["depart_early"] * 2, "sweep", "tick",
    *["many"] * 2, "all or nothing", *["resolve many"] * 2, *["confirm_cart"] * 3, *["release_cart"] * 2,
    *["extend_cart"] * 3, *["cancel_cart"] * 3, *["rebook_cart"] * 2, "rebook", *["check_in"] * 3,
    *["check_out"] * 3,
)  # fmt: skip
#: Verbs that need nothing that is there.
BEGIN = ("hold", "book", "cart", "many", "all or nothing", "sweep", "sell_elsewhere")
#: What the hotel sets is not told by a log sequence number of its own, so it is not in stories that the log tells.
HOTEL_SIDE = ("sell_elsewhere", "sell_elsewhere")
NUMBERS = 4  # that a call may use


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
    """What some threads do around two hotels of a chain: rows 0 and 1 are its hotels; with `sets` these do, too."""

    def __init__(self, engine: Engine, first_hotel: int, *, sets: bool = False) -> None:
        self.engine = engine
        self.sets = sets
        self.verbs = VERBS + HOTEL_SIDE if sets else VERBS
        self.carts: dict[tuple[int, ...], int] = {}  # numbers of the lines -> the cart's id
        self.hotels = [f"H{first_hotel}", f"H{first_hotel + 1}"]
        self.ids: dict[int, int] = {}
        self.calls: list[Call] = []

    def act(self, dice: Random, number: int) -> None:
        """One call of a thread. `number` is of nobody else; it and the next ones name what begins."""
        known = list(self.ids)
        if dice.random() < 0.5:
            known = known[-8:]
        verb = dice.choice(self.verbs)
        if verb == "tick":
            self.engine.clock.advance_ms(TICK_MS)
            return
        carts = list(self.carts)
        if not (carts if verb.endswith("_cart") else known) and verb not in BEGIN:
            verb = "hold"
        asked = self._asked(dice, verb, number, carts[-4:] if verb.endswith("_cart") else known)
        call = self._ready(verb, asked)
        before_ms = self.engine.clock.now_ms()
        called = time.perf_counter_ns()
        try:
            said = call()
            answer, lsn = self._told(verb, said), self._note(verb, asked, said)
        except Refused as refused:
            answer, lsn = refused.outcome.name, 0
        answered = time.perf_counter_ns()
        nows_ms = tuple(range(before_ms, self.engine.clock.now_ms() + 1, TICK_MS))
        if verb in ("rebook", "rebook_cart"):
            self.calls.append(Call(called, answered, "look_at", asked, nows_ms, None))
        if verb == "sweep":  # hotel by hotel
            for row in (0, 1):
                self.calls.append(Call(called, answered, "sweep", (row,), nows_ms, None))
        if verb in ("many", "resolve many"):  # line by line
            for line, outcome, line_lsn in zip(asked, answer, lsn, strict=True):
                of_it = ("hold", line) if verb == "many" else (line[0], line[1:])
                self.calls.append(Call(called, answered, *of_it, nows_ms, outcome, line_lsn))
        elif verb != "sweep":
            name = {"book": "hold", "all or nothing": "cart"}.get(verb, verb)
            self.calls.append(Call(called, answered, name, asked, nows_ms, answer, lsn))

    @staticmethod
    def _told(verb: str, said: Any) -> Any:
        """The outcome of a call, or of each of its lines."""
        if isinstance(said, BatchAnswer):
            return [Outcome(code).name for code in said.code.tolist()]
        if isinstance(said, CartAnswer):
            return Outcome(said.code).name
        if isinstance(said, pl.DataFrame):
            outcomes = [None if code is None else Outcome(code).name for code in said["outcome"]]
            if verb != "all or nothing":
                return outcomes
            return next((outcome for outcome in outcomes if outcome not in (None, "OK")), "OK")
        if verb.endswith("_cart"):
            return "OK" if any(ticket.outcome == Outcome.OK for ticket in said) else "EXISTS"
        if verb == "sell_elsewhere":
            return "OK" if said is None else "REFUSED"  # fewer rooms than are sold and held
        return "OK" if isinstance(said, list) else said.outcome.name

    def _stay(self, dice: Random) -> tuple[int, int, int, int]:
        first = dice.randrange(NIGHTS)
        return dice.choice([0, 0, 0, 1]), first, dice.randint(1, min(2, NIGHTS - first)), dice.choice([1, 1, 1, 2])

    def _asked(self, dice: Random, verb: str, number: int, known: list[Any]) -> tuple[Any, ...]:
        """What is asked for; `known`: numbers of holds, or carts, one of which it may be about."""
        if verb.endswith("_cart"):
            ttl_ms = [dice.choice(TTL_MS)] if verb == "extend_cart" else []
            return (*ttl_ms, *dice.choice(known))
        if verb in ("hold", "book"):
            return (number, *self._stay(dice), dice.choice(TTL_MS) if verb == "hold" else 0)
        if verb == "many":
            return tuple((number + i, *self._stay(dice), dice.choice(TTL_MS)) for i in range(dice.choice([2, 2, 3])))
        if verb == "resolve many":
            name = dice.choice(["confirm", "release", "cancel"])
            argument = (0,) if name == "confirm" else ()
            return tuple((name, dice.choice(known), *argument) for _ in range(2))
        if verb == "sell_elsewhere":
            return (dice.choice([0, 1]), dice.randrange(NIGHTS), dice.choice([0, 0, 1]))
        if verb in ("cart", "all or nothing"):
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

    def _ready(self, verb: str, asked: tuple[Any, ...]) -> Callable[[], Any]:
        """A call that is ready to be made. In histories that are searched the requests of batches and carts are made
        beforehand: a frame takes milliseconds, and calls that last have too many orders.
        """
        if not self.sets or verb not in ("cart", "all or nothing", "many"):
            return lambda: self._call(verb, asked)
        engine = self.engine
        lines = asked if verb == "many" else [(*line, asked[0]) for line in asked[1:]]
        requests = requests_of(engine.catalog, engine._digests, engine._names, self._frame(lines))
        hold = engine._inventory.hold_batch if verb == "many" else engine._inventory.hold_cart
        return lambda: hold(requests, engine._now_ms())

    def _call(self, verb: str, asked: tuple[Any, ...]) -> Any:
        engine = self.engine
        if verb in ("hold", "book", "replace"):
            _, row, first, nights, rooms, ttl_ms, *old = asked
            stay = (self.hotels[row], "DBL", FIRST + timedelta(days=first), nights)
            if verb == "book":
                return engine.book(*stay, rooms=rooms)
            return engine.hold(*stay, rooms=rooms, ttl_seconds=ttl_ms / 1000, replace=self.ids[old[0]] if old else None)
        if verb in ("cart", "all or nothing", "many"):
            lines = asked if verb == "many" else [(*line, asked[0]) for line in asked[1:]]
            return self._call_many(verb, lines)
        if verb == "extend_cart":
            return engine.extend_cart(self.carts[asked[1:]], asked[0] / 1000)
        if verb == "rebook_cart":
            return engine.confirm_cart(self.carts[asked], rebook=True)
        if verb.endswith("_cart"):
            return getattr(engine, verb)(self.carts[asked])
        if verb == "resolve many":
            return getattr(engine, f"{asked[0][0]}_many")([self.ids[line[1]] for line in asked])
        if verb == "sell_elsewhere":
            row, night, rooms = (np.array([number], np.int32) for number in asked)
            row += engine.catalog.row_index(self.hotels[0], "DBL")
            now_ms = engine._now_ms()
            # without the frame: a call that takes long has many orders, and what is due is swept by others
            return engine._inventory.set_sold_elsewhere(row, night + engine.first_night, rooms, now_ms=now_ms)
        if verb == "rebook":
            return engine.confirm(self.ids[asked[0]], rebook=True)
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

    def _call_many(self, verb: str, lines: Sequence[tuple[int, ...]]) -> Any:
        """A cart of (number, stay, time to live), or a batch."""
        frame = self._frame(lines)
        if verb == "cart":
            return self.engine.hold_cart(frame.drop("ttl_seconds"), ttl_seconds=lines[0][-1] / 1000)
        return self.engine.hold_many(frame, all_or_nothing=verb == "all or nothing")

    def _frame(self, lines: Sequence[tuple[int, ...]]) -> pl.DataFrame:
        return pl.DataFrame(
            [
                {"hotel_id": self.hotels[row], "room_type_id": "DBL", "arrival": FIRST + timedelta(days=first),
                 "nights": nights, "rooms": rooms, "ttl_seconds": ttl_ms // 1000}
                for _, row, first, nights, rooms, ttl_ms in lines
            ]
        )  # fmt: skip

    def _note(self, verb: str, asked: tuple[Any, ...], said: Any) -> Any:
        """Remember the ids that begin; the log sequence number of a success, of a cart its last, of a batch each."""
        if isinstance(said, BatchAnswer):
            begun = [(line[0], each) for line, each in zip(asked, said.hold_id.tolist(), strict=True) if each]
            self.ids |= dict(begun)
            return said.lsn.tolist()
        if isinstance(said, CartAnswer):
            if said.code != Outcome.OK:
                return 0
            numbers = tuple(line[0] for line in asked[1:])
            self.ids |= dict(zip(numbers, said.hold_ids.tolist(), strict=True))
            self.carts[numbers] = int(said.hold_ids[0])
            return int(said.lsn)
        if verb == "cart":
            numbers = tuple(line[0] for line in asked[1:])
            self.ids |= dict(zip(numbers, (hold.id for hold in said.holds), strict=True))
            self.carts[numbers] = said.cart_id
            return int(said.holds[-1].lsn)
        if verb in ("many", "all or nothing", "resolve many"):
            lsns = [lsn if outcome == Outcome.OK else 0 for outcome, lsn in said.select("outcome", "lsn").iter_rows()]
            if verb != "resolve many":
                lines = asked if verb == "many" else asked[1:]
                begun = zip(lines, said["hold_id"], lsns, strict=True)
                self.ids |= {line[0]: hold_id for line, hold_id, lsn in begun if lsn}
            if verb == "all or nothing" and lsns[0]:
                self.carts[tuple(line[0] for line in asked[1:])] = int(said["hold_id"][0])
            return lsns[-1] if verb == "all or nothing" else lsns
        if verb in ("rebook", "rebook_cart"):
            of_lines = zip(asked, said if verb == "rebook_cart" else [said], strict=True)
            self.ids |= {~number: ticket.id for number, ticket in of_lines if ticket.id != self.ids[number]}
        if verb.endswith("_cart"):
            return max(int(ticket.lsn) if ticket.outcome == Outcome.OK else 0 for ticket in said)
        if verb in ("sweep", "sell_elsewhere"):
            return 0
        if verb in ("hold", "book", "replace"):
            self.ids[asked[0]] = said.id
        return 0 if said.outcome.name != "OK" else int(said.lsn)


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
                    story.act(dice, 1_000_000 * thread + NUMBERS * call)
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
    engine = chain(2, capacity, slots=threads * calls * 3, ring_records=1 << 18)
    story = Story(engine, 0)
    record(engine, [story], threads, calls, seed)
    clerk = Clerk(2, NIGHTS, capacity, sweeps=False)
    assert engine.lsn <= 1 << 18, "the ring is too short for this story"
    now_of = dict(engine.records().select("lsn", "now_ms").iter_rows())
    told = [call._replace(nows_ms=(now_of[call.lsn],)) if call.lsn else call for call in story.calls]
    assert all(new.nows_ms[0] in old.nows_ms for new, old in zip(told, story.calls, strict=True) if old.lsn)
    assert (wrong := in_log_order(told + expiries(story), clerk)) == [], wrong
    assert engine._inventory.matrix("free").ravel().tolist() == clerk.free
    assert engine.check() == []
    met = Counter(f"{call.verb} {call.answer}" for call in story.calls)
    met["calls"], met["records"] = len(story.calls), engine.lsn
    return met


def explain(story: Story, capacity: int, name: str) -> bool:
    """AssertionError with the history if no order explains it. Whether some calls were made side by side."""
    verdict = explained(story.calls, Clerk(2, NIGHTS, capacity))
    said = "no order explains it" if verdict is False else "more orders than could be tried"
    assert verdict, f"{name}: {said}\n" + "\n".join(map(str, sorted(story.calls)))
    return any(a.called < b.called < a.answered for a in story.calls for b in story.calls)


def judge(threads: int, calls: int, capacity: int, count: int, seed: str) -> Counter[str]:
    """Record so many histories and explain each; AssertionError with the history that cannot be. What was met."""
    met: Counter[str] = Counter()
    engine = chain(2 * count, capacity)
    stories = [Story(engine, 2 * place, sets=True) for place in range(count)]
    record(engine, stories, threads, calls, seed)
    for place, story in enumerate(stories):
        met["side by side"] += explain(story, capacity, f"history {place} of {seed}")
        met.update(f"{call.verb} {call.answer}" for call in story.calls)
        met["histories"] += 1
        met["calls"] += len(story.calls)
    assert engine.check() == []
    return met
