"""Threads hold, search and quote while the catalogue changes under them: nothing raises, nothing is lost.

Declared: a request by an id that was good when it was made is answered by what the place is, whatever it is called
meanwhile; a closed place answers CLOSED; an id that was changed is unknown; and no offer lacks its price.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest

from nightgrid import Engine, Outcome, Refused, UnknownIdError
from tests.threads.patience import rounds, wait_for
from tests.threads.test_threads import FIRST, NIGHTS, together
from tests.unit.growing_chain import BASE_MINOR, chain, hotel_frames

ROUNDS = 6


def _guest(engine: Engine, number: int, stop: threading.Event, taken: list[int], seen: Counter[str]) -> None:
    """Hold, confirm, cancel, search, quote and ask for hotels as they are known this moment, until all changes are
    made.
    """
    dice = random.Random(number)
    while not stop.is_set():
        night, nights = FIRST + timedelta(days=dice.randrange(NIGHTS - 3)), dice.randint(1, 3)
        catalog = engine.catalog
        product = dice.randrange(catalog.n_products)
        row = int(catalog.product_row[product])
        hotel_id, room_type_id = catalog.hotel_ids[int(catalog.row_hotel[row])], catalog.room_type_ids[row]
        try:
            hold = engine.hold(hotel_id, room_type_id, night, nights, plan=catalog.plan_ids[product])
            engine.confirm(hold.id)
            taken.append(hold.id)
            if dice.random() < 0.4:
                engine.cancel(hold.id)
            seen["held"] += 1
            total = engine.quote(hotel_id, room_type_id, night, nights, plan_id=catalog.plan_ids[product]).total_minor
            assert total == nights * int(catalog.base_minor[product])
            assert engine.availability(hotel_id, night, night).height >= 1
            seen["quoted"] += 1
        except Refused as refused:
            seen[refused.outcome.name] += 1
        except UnknownIdError:
            seen["renamed"] += 1  # between the look at the catalogue and the call
        for offer in engine.search(night, nights, top=dice.choice([3, None])).offers:
            assert offer.total_minor >= nights * BASE_MINOR
            assert offer.total_minor % nights == 0
            seen["offered"] += 1
        if dice.random() < 0.05:
            assert engine.house_fill().shape[1] == NIGHTS
            engine.find(state="booked")
            engine.changes_since(max(engine.lsn - 50, 0))
        time.sleep(0.0002)  # changes go through frames and need the interpreter more often


def test_guests_are_served_while_the_catalogue_changes() -> None:
    engine = chain(
        hotels=4, spare_hotels=2 * ROUNDS, spare_room_types=6 * ROUNDS, spare_products=12 * ROUNDS, slots=400_000
    )
    stop = threading.Event()
    taken: list[list[int]] = [[] for _ in range(4)]
    seen: Counter[str] = Counter()

    def operate() -> None:
        try:
            for turn in range(ROUNDS):
                wait_for(lambda turn=turn: min(seen["held"], seen["offered"]) > 5 * turn)
                engine.add_hotels(*hotel_frames(f"new{turn}", zone=("UTC", "Asia/Tokyo", "Europe/Lisbon")[turn % 3]))
                room_type = {"hotel_id": [f"new{turn}"], "room_type_id": ["suite"], "capacity": [2]}
                engine.add_room_types({**room_type, "base_minor": [BASE_MINOR + turn]})
                engine.add_plans(
                    {
                        "hotel_id": [f"h{turn % 2}"],
                        "room_type_id": ["king"],
                        "plan_id": [f"p{turn}"],
                        "base_minor": [BASE_MINOR],
                    }
                )
                engine.close_hotel("h2")
                with pytest.raises(Refused) as refused:
                    engine.hold("h2", "king", FIRST, 1)
                assert refused.value.outcome == Outcome.CLOSED
                assert all(offer.hotel_id != "h2" for offer in engine.search(FIRST, 1, top=None).offers)
                engine.reopen_hotel("h2")
                engine.close_plan(f"h{turn % 2}", "king", f"p{turn}")
                engine.rename_hotel(f"new{turn}", new_id=f"old{turn}", name=f"Hotel {turn}")
                engine.rename_plan(f"old{turn}", "suite", "standard", new_id="renamed")
                engine.rename_room_type(f"old{turn}", "suite", new_id="loft")
                engine.rename_room_type(f"h{turn % 2}", "king", name=f"King {turn}")
                engine.close_room_type(f"old{turn}", "loft")
                engine.reopen_room_type(f"old{turn}", "loft")
                engine.clock.advance_ms(1_000)
        finally:
            stop.set()

    def work(number: int) -> None:
        if number == 0:
            operate()
        else:
            _guest(engine, number, stop, taken[number], seen)

    together(4, work)
    assert engine.check() == []
    assert engine.catalog.n_hotels == 4 + ROUNDS
    ids = [hold_id for part in taken for hold_id in part]
    assert len(set(ids)) == len(ids)
    states = Counter(engine.get(hold_id).state for hold_id in ids)
    assert set(states) <= {"booked", "cancelled"}
    booked = engine.find(state="booked")
    assert booked.height == states["booked"]
    assert int((booked["nights"] * booked["rooms"]).sum()) == int(engine.matrix("sold").sum())


def test_a_hotel_closes_at_one_instant() -> None:
    """After close_hotel has returned nobody gets a room of any of its room types."""
    engine = chain(hotels=1, capacity=500)
    closed = threading.Event()
    late: list[int] = []
    codes: set[Outcome] = set()

    asked_late: Counter[int] = Counter()

    def work(number: int) -> None:
        if number == 0:
            try:
                engine.close_hotel("h0")
            finally:
                closed.set()
            return
        for turn in rounds(100, lambda: asked_late[number] >= 50):
            before = closed.is_set()
            asked_late[number] += before
            try:
                hold = engine.hold("h0", ("king", "twin")[turn % 2], FIRST, 2)
            except Refused as refused:
                codes.add(refused.outcome)
                continue
            if before:
                late.append(hold.id)

    together(3, work)
    assert late == []
    assert codes == {Outcome.CLOSED}
    assert engine.search(FIRST, 1).offers == []
    assert engine.check() == []
