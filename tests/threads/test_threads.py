"""Threads against one small store: whatever the interleaving, nothing is sold twice and every counter adds up.

Kernels release the interpreter lock, so these threads really run side by side. Each race declares its outcomes.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from nightgrid import Catalog, Engine, ManualClock, Outcome, Refused
from tests.threads.patience import rounds

FIRST = datetime(2027, 1, 1).date()
NIGHTS = 12


def store(
    capacity: int,
    *,
    hotels: int = 2,
    slots: int = 50_000,
    slots_max: int | None = None,
    retention_ms: int = 86_400_000,
    channels: Sequence[str] = (),
    ring_records: int = 65_536,
) -> Engine:
    """A few hotels with two room types each and very few rooms."""
    names = [f"h{i}" for i in range(hotels)]
    catalog = Catalog.from_frames(
        {"hotel_id": names, "currency": ["EUR"] * hotels, "time_zone": ["UTC"] * hotels},
        {
            "hotel_id": [name for name in names for _ in range(2)],
            "room_type_id": ["king", "twin"] * hotels,
            "capacity": [capacity] * (2 * hotels),
            "base_minor": [10_000] * (2 * hotels),
        },
    )
    clock = ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
    sizes = {"slots": slots, "slots_max": slots_max, "retention_ms": retention_ms}
    sizes["ring_records"] = ring_records
    engine = Engine.in_memory(catalog, FIRST, NIGHTS, clock=clock, channels=channels, **sizes)
    engine.publish({"book": {"name": "Flat", "tiers": ["public"]}})
    return engine


def together(count: int, work) -> None:
    """Run `work(number)` in `count` threads that start at the same instant; an exception in one fails the test."""
    gate = threading.Barrier(count)
    errors: list[BaseException] = []

    def body(number: int) -> None:
        try:
            gate.wait()
            work(number)
        except BaseException as error:  # noqa: BLE001 - reported below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=body, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_the_last_room_goes_to_exactly_one() -> None:
    """Declared outcomes: one OK, all others SOLD_OUT; never none, never two."""
    engine = store(1)
    for night in range(NIGHTS):
        answers: list[Outcome] = []

        def ask(_: int, night: int = night, answers: list[Outcome] = answers) -> None:
            try:
                engine.hold("h0", "king", FIRST + timedelta(days=night), 1)
                answers.append(Outcome.OK)
            except Refused as refusal:
                answers.append(refusal.outcome)

        together(4, ask)
        assert Counter(answers) == {Outcome.OK: 1, Outcome.SOLD_OUT: 3}
    assert engine.check() == []


def test_one_key_holds_one_room() -> None:
    """Four threads with the same key and request: one OK and three EXISTS, all with the same id, and one room less."""
    engine = store(3)
    for number in range(200):
        seen: list[tuple[int, Outcome]] = []

        def ask(_: int, number: int = number, seen: list[tuple[int, Outcome]] = seen) -> None:
            hold = engine.hold("h0", "king", FIRST, 1, key=f"order-{number}", ttl_seconds=60)
            seen.append((hold.id, hold.outcome))

        together(4, ask)
        assert len({hold_id for hold_id, _ in seen}) == 1
        assert Counter(outcome for _, outcome in seen) == {Outcome.OK: 1, Outcome.EXISTS: 3}
        engine.release(seen[0][0])
    assert engine.matrix("held").sum() == 0
    assert engine.check() == []


def test_a_hold_is_resolved_once() -> None:
    """Confirm against release: exactly one of them is OK, and the state is what the winner says."""
    engine = store(1, slots=4_000)
    for _ in range(300):
        hold_id = engine.hold("h0", "king", FIRST, 2).id
        answers: dict[str, Outcome] = {}

        def end(number: int, hold_id: int = hold_id, answers: dict[str, Outcome] = answers) -> None:
            verb = ("confirm", "release")[number]
            try:
                answers[verb] = getattr(engine, verb)(hold_id).outcome
            except Refused as refusal:
                answers[verb] = refusal.outcome

        together(2, end)
        if answers["confirm"] == Outcome.OK:
            assert answers["release"] == Outcome.ALREADY_CONFIRMED
            engine.cancel(hold_id)
        else:
            assert answers == {"confirm": Outcome.ALREADY_RELEASED, "release": Outcome.OK}
        assert engine.matrix("free")[0].tolist() == [1] * NIGHTS
    assert engine.check() == []


@pytest.mark.parametrize("capacity", [1, 3])
def test_a_busy_store_keeps_its_laws(capacity: int) -> None:
    """Eight threads hold, confirm, release, cancel and let expire, with few slots that are used again and again.

    Free never goes below zero (each thread looks after each step), and in the end the recount finds nothing.
    """
    engine = store(capacity, slots=64, retention_ms=0)
    tried = Counter[str]()

    def guest(number: int) -> None:
        dice = random.Random(number)
        mine: list[int] = []
        for _ in rounds(400, lambda: min(tried["done"], tried["SOLD_OUT"]) > 100):
            step = dice.random()
            try:
                if step < 0.5:
                    night, nights = dice.randrange(NIGHTS - 3), dice.randint(1, 3)
                    hotel, room_type = f"h{dice.randrange(2)}", dice.choice(["king", "twin"])
                    key = f"{number}-{dice.randrange(50)}" if dice.random() < 0.3 else None
                    mine.append(engine.hold(hotel, room_type, FIRST + timedelta(days=night), nights, key=key).id)
                elif mine:
                    verb = dice.choice(["confirm", "release", "cancel"])
                    getattr(engine, verb)(mine[dice.randrange(len(mine))])
                tried["done"] += 1
            except Refused as refusal:
                tried[refusal.outcome.name] += 1
            if number == 0 and dice.random() < 0.05:
                engine.clock.advance_ms(300_000)
            assert engine._inventory.matrix("free").min() >= 0

    together(8, guest)
    assert engine.check() == []
    free, held, sold = (engine.matrix(name) for name in ("free", "held", "sold"))
    assert ((free + held + sold) == capacity).all()


def test_batches_side_by_side_sell_no_room_twice() -> None:
    """Two threads send the same demand as batches: together they get the capacity, not one room more or less."""
    engine = store(3, hotels=4)
    demand = pl.DataFrame({"row_index": list(range(8)) * 40, "arrival": [FIRST] * 320, "nights": [2] * 320})
    answers: list[pl.DataFrame] = []
    together(2, lambda _: answers.append(engine.hold_many(demand)))
    outcomes = pl.concat(answers)["outcome"]
    assert (outcomes == Outcome.OK).sum() == 8 * 3
    assert (outcomes == Outcome.SOLD_OUT).sum() == 2 * 320 - 8 * 3
    ids = pl.concat(answers).filter(pl.col("outcome") == 0)["hold_id"]
    together(2, lambda number: engine.confirm_many(ids[number::2]))
    assert engine.matrix("sold")[:, :2].min() == 3
    assert engine.check() == []


def test_carts_over_the_same_hotels_in_other_orders_never_wait_for_each_other() -> None:
    """Four threads want a room in each of twelve hotels, named in any order: each has all of them or none."""
    engine = store(2, hotels=12, retention_ms=0)
    tried = Counter[str]()

    def guest(number: int) -> None:
        dice = random.Random(number)
        for _ in rounds(100, lambda: min(tried["OK"], tried["SOLD_OUT"]) > 20):
            hotels = dice.sample(range(12), 12)
            stay = {"room_type_id": "king", "arrival": FIRST, "nights": 2}
            lines = [{"hotel_id": f"h{hotel}", **stay} for hotel in hotels]
            try:
                cart = engine.hold_cart(lines)
                time.sleep(0.0002)  # others find the rooms taken
                assert engine.release_cart(cart.cart_id)[0].outcome == Outcome.OK
                tried["OK"] += 1
            except Refused as refusal:
                tried[refusal.outcome.name] += 1

    together(4, guest)
    assert set(tried) == {"OK", "SOLD_OUT"}
    assert engine.matrix("held").sum() == 0
    assert engine.check() == []


def test_search_offers_nothing_that_is_sold_out() -> None:
    """While one thread books and cancels everything, a search answers only what one of the two states allows."""
    engine = store(1, hotels=3, retention_ms=0)
    stop = threading.Event()
    seen = Counter[int]()

    def change() -> None:
        for _ in rounds(150, lambda: seen.total() > 0):
            ids = [engine.hold(f"h{hotel}", kind, FIRST, 1).id for hotel in range(3) for kind in ("king", "twin")]
            assert engine.search(FIRST, 1).offers == []
            for hold_id in ids:
                engine.release(hold_id)
            assert len(engine.search(FIRST, 1).offers) == 3

    def work(number: int) -> None:
        if number == 0:
            try:
                change()
            finally:
                stop.set()
        while not stop.is_set():
            offers = engine.search(FIRST, 1, top=None).offers
            assert all(offer.total_minor == 10_000 for offer in offers)
            seen[len(offers)] += 1

    together(2, work)
    assert set(seen) <= {0, 1, 2, 3}
    assert engine.check() == []
