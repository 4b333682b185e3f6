"""Park a thread at each step of each deed, and look what others see meanwhile.

    NIGHTGRID_STEPS=1 python -m tests.crash.parked [every [first]] [deeds=NAME,NAME]

`every` = 1 stops at all steps, n at every nth from `first` on. Prints how many deeds and steps there were; an
AssertionError names the deed, the step and the point.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from nightgrid import Refused
from nightgrid.inventory.findings import wrong_bits
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from tests.crash.deeds import DEEDS, NIGHTS, House, Snapshot, asked, night, prepare
from tests.index_of_keys import index_faults

HANGS_S = 60.0  # a thread that waits so long waits for ever
#: Deeds in which all hotels stand still for a moment.
STANDING_STILL = ("roll", "load what is sold elsewhere")
#: Deeds that need the lock of the hotel where others ask meanwhile.
ELSEWHERE_TOO = ("cancel a cart", "cancel a cart with refund")
IN_THE_RING = (steps.POINT_NUMBERED, steps.POINT_WRITTEN, steps.POINT_PUBLISHED)


def words(house: House) -> Any:
    return house.engine._inventory.block.region(at.R_SHARED).view(np.int64)


def arm(house: House, step: int, action: int) -> None:
    """The calling thread stops at a step."""
    shared = words(house)
    shared[steps.STEP_AT], shared[steps.STEP_ACTION], shared[steps.STEP_SEEN] = step, action, 0
    shared[steps.STEP_PARKED] = 0
    shared[steps.STEP_THREAD] = threading.get_ident()


def disarm(house: House) -> int:
    """How many steps were counted."""
    shared = words(house)
    shared[steps.STEP_THREAD] = 0
    return int(shared[steps.STEP_SEEN])


def whole_run(house: House, deed: Callable[[House], Any]) -> tuple[int, Snapshot]:
    """(steps of a deed, what is there after it)."""
    arm(house, -1, steps.PARK)
    deed(house)
    count = disarm(house)
    after = Snapshot(house)
    assert house.engine.check() == []
    return count, after


def roof_of(house: House, before: Snapshot, after: Snapshot) -> Any:
    """The most free rooms that a cell may have in between: what is due may be given back first. The store is as before
    the deed, and is so again afterwards.
    """
    memory = house.engine._inventory.block.bytes
    start = memory.copy()
    house.engine.expire()
    swept = Snapshot(house)
    memory[:] = start
    return np.maximum(np.maximum(before.free, after.free), swept.free)


class Worker(threading.Thread):
    """A thread that keeps its answer."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.answer: Any = None

    def run(self) -> None:
        try:
            self.answer = self.work()
        except Refused as refused:
            self.answer = refused.outcome.name
        except BaseException as error:  # noqa: BLE001 - judged by whoever started it
            self.answer = error

    def done(self) -> Any:
        self.join(HANGS_S)
        assert not self.is_alive(), "a thread waits for ever"
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def look(house: House, before: Snapshot, after: Snapshot, roof: Any) -> None:
    """What anybody could read without a lock at this step."""
    now = Snapshot(house)
    sold = now.nights > 0
    assert (now.free + now.held + now.sold == now.capacity)[:, sold].all(), "rooms that are nowhere"
    least = np.minimum(before.free, after.free)
    assert (now.free >= least)[:, sold].all(), "a cell with fewer rooms than before and after"
    assert (now.free <= roof)[:, sold].all(), "a cell with more rooms than before and after"
    assert (now.used <= np.maximum(before.used, after.used))[:, sold].all(), "more used than before and after"
    assert (now.units <= np.maximum(before.units, after.units)).all(), "more units used than before and after"
    if now.lsn == before.lsn:
        same = now.nights == before.nights
        assert (now.free <= before.free)[:, same].all(), "rooms are given back before that is published"
        assert (now.used >= before.used)[:, same].all(), "controls are given back before that is published"
        assert (now.units >= before.units).all(), "units are given back before that is published"
    if now.lsn == after.lsn:
        same = now.nights == after.nights
        assert (now.free <= after.free)[:, same].all(), "it is published before its rooms are taken"
        assert (now.used >= after.used)[:, same].all(), "it is published before it is counted"
        assert (now.restricted == after.restricted)[:, same].all(), "it is published before it is restricted"
        assert (now.units >= after.units).all(), "it is published before its units are taken"
    entered = sold & (now.nights == after.nights) & (now.nights != before.nights)
    assert (now.free == after.free)[:, entered].all(), "a night that came on sale is not new"
    bits = wrong_bits(house.engine._inventory)
    assert not bits.sellable.any(), "a bit of the search differs from its cell"


def others(house: House) -> dict[str, Worker]:
    """What others do meanwhile. The stays that they ask for can be had before the deed and after it."""
    engine = house.engine
    last = night(NIGHTS - 1)
    return {
        "elsewhere": Worker(lambda: engine.hold("C", "DBL", night(2), 1).outcome.name),
        "rival": Worker(lambda: engine.hold("B", "DBL", night(1), 1)),
        "beside": Worker(lambda: engine.hold("B", "DBL", last, 1).outcome.name),
        "search": Worker(lambda: {offer.hotel_id for offer in engine.search(last, 1, top=None).offers}),
        "holds": Worker(lambda: {name: view_of(house, name) for name in house.ids}),
    }


def view_of(house: House, name: str) -> Any:
    view = house.engine.get(house.ids[name])
    return view.state, view.room_type_id, view.arrival, view.nights_kept, view.rooms


def park_at(house: House, name: str, step: int, bounds: Any, seen: Any) -> int:
    """Stop a deed at a step, let others look and work, let it go on; the point at which it stood.

    bounds: the snapshots before and after it, and the roof; seen: the views of everybody before and after it.
    """

    def victim() -> Any:
        arm(house, step, steps.PARK)
        return DEEDS[name](house)

    worker = Worker(victim)
    worker.start()
    shared = words(house)
    end_s = time.monotonic() + HANGS_S
    while shared[steps.STEP_PARKED] == 0:
        assert worker.is_alive(), worker.answer
        assert time.monotonic() < end_s, "a thread does not come to its step"
        time.sleep(0)
    point = int(shared[steps.STEP_POINT])
    look(house, *bounds)
    meanwhile = others(house)
    for each in meanwhile.values():
        each.start()
    # Whoever holds the ring lock stops everybody; whoever holds the slot lock, those whose hotel has no slot left.
    if point not in IN_THE_RING and name not in STANDING_STILL + ELSEWHERE_TOO and shared[at.S_SLOT_LOCK] == 0:
        assert meanwhile["elsewhere"].done() == "OK", "another hotel had to wait"
    meanwhile["search"].join(0.0005)
    shared[steps.STEP_PARKED] = 0
    worker.done()
    disarm(house)
    assert meanwhile["elsewhere"].done() == "OK"
    meanwhile["rival"].done()  # granted or not: there was one room left
    assert meanwhile["beside"].done() == "OK", "sold out, but it was not"
    assert {"A", "C"} <= meanwhile["search"].done(), "not offered, but it was free"
    for who, view in meanwhile["holds"].done().items():
        assert view in [each[who] for each in seen], f"{who} was seen as {view}"
    return point


def main(*words: str) -> None:
    """Park at every nth step of all deeds, or of those that are named."""
    every, first, deeds = asked(*words)
    house = prepare()
    memory = house.engine._inventory.block.bytes
    start = memory.copy()
    before = Snapshot(house)
    views = {name: view_of(house, name) for name in house.ids}
    parked = turn = 0
    for name, deed in deeds.items():
        memory[:] = start
        count, after = whole_run(house, deed)
        seen = (views, {each: view_of(house, each) for each in house.ids})
        memory[:] = start
        bounds = (before, after, roof_of(house, before, after))
        assert count > 1, name
        for step in range(count):
            turn += 1
            if (turn + first) % every:
                continue
            memory[:] = start
            point = "?"
            try:
                point = park_at(house, name, step, bounds, seen)
                assert [str(finding) for finding in house.engine.check()] == []
                assert (wrong := index_faults(house.engine)) == [], wrong
            except AssertionError as error:
                raise AssertionError(f"{name}, step {step} of {count}, point {point}: {error}") from error
            parked += 1
    print(f"parked: {len(deeds)} deeds, {turn} steps, {parked} of them parked at")


if __name__ == "__main__":
    main(*sys.argv[1:])
