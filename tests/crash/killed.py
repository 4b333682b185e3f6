"""Kill a process at each step of each deed; then repair what it left, and see that nothing acknowledged is lost.

    NIGHTGRID_STEPS=1 python -m tests.crash.killed [every [first]] [deeds=NAME,NAME]

The store lies in memory that a forked child shares. The child does something that is acknowledged, begins a deed and
is killed at a step of it (SIGKILL). Then the locks that it held are taken from it, `rebuild()` runs, `check()` must
find nothing, what was acknowledged must be there, the deed must have happened as a whole or not at all, a retry with
its key must not do it twice, keys are known, and work goes on. All of this is judged a second time for the same death
in a store whose ring has lost every record from before: what was published long ago, the slots alone remember. Prints
how many deeds, steps and kills there were.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightgrid import Outcome
from nightgrid.inventory import block as blocks
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from tests.crash.deeds import DEEDS, House, Snapshot, asked, night, prepare
from tests.crash.parked import arm, roof_of, whole_run
from tests.index_of_keys import index_faults

#: Deeds of several publications: some of them may have happened.
IN_PARTS = (
    "batch",
    "plain batch",
    "hold in place of the due one",
    "expire",
    "set capacity",
    "restrict",
    "sell elsewhere",
    "load what is sold elsewhere",
)
#: Deeds with a key: done again after the death, they are done once.
KEYED = ("hold with a key", "hold with everything", "cart")
LOCKS = (at.S_RING_LOCK, at.S_SLOT_LOCK, at.S_SWEEP_LOCK, at.S_TABLE_LOCK, at.S_COUNTER_LOCK)


def shared_bytes(size: int) -> NDArray[np.uint8]:
    """Memory that forked processes share."""
    return np.frombuffer(mmap.mmap(-1, size, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS), np.uint8)


def take_locks_from_the_dead(house: House) -> None:
    """Free every lock. Whoever held one is dead, and nobody else works."""
    block = house.engine._inventory.block
    shared = block.region(at.R_SHARED).view(np.int64)
    shared[list(LOCKS)] = 0
    shared[steps.STEP_THREAD] = 0
    block.region(at.R_HOTELS).view(np.int64)[:, at.L_LOCK] = 0
    block.region(at.R_SEGMENT_LOCKS).view(np.int64)[:] = 0


def die_at(house: House, deed: Callable[[House], Any], step: int, acknowledged: NDArray[np.int64]) -> bool:
    """Fork a child that holds a room, says so, and is killed at a step of a deed; True if it was."""
    acknowledged[:] = 0
    child = os.fork()
    if child == 0:
        try:
            acknowledged[0] = house.engine.hold("C", "DBL", night(1), 2, key="acknowledged").id
            arm(house, step, steps.KILL)
            deed(house)
            acknowledged[1] = 1
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def swept(house: House, memory: NDArray[np.uint8], state: NDArray[np.uint8]) -> Any:
    """Free rooms once what is due has ended, where the store is as in `state`."""
    memory[:] = state
    house.engine.expire()
    return Snapshot(house).free


def judge(house: House, name: str, bounds: Any, ends: Any, hold_id: int) -> None:
    """Repair the store, and look. bounds: snapshots before and after the deed, and the roof; ends: the free rooms of
    each row but one, swept, if it happened not at all or as a whole.
    """
    before, after, roof = bounds
    engine = house.engine
    take_locks_from_the_dead(house)
    engine.rebuild()
    assert (found := [str(finding) for finding in engine.check()]) == [], found
    now = Snapshot(house)
    others = np.arange(len(now.free)) != engine.catalog.row_index("C", "DBL")
    assert (now.free >= np.minimum(before.free, after.free))[others].all(), "rooms are lost"
    assert (now.free <= roof)[others].all(), "rooms came from nowhere"
    if name not in IN_PARTS:
        assert any((now.free == end)[others].all() for end in ends), "it happened in part"
        counts = [(each.used.tolist(), each.kept.tolist(), each.units.tolist()) for each in (before, now, after)]
        assert counts[1] in (counts[0], counts[2]), "controls or counters are used in part"
    assert ((now.restricted == before.restricted) | (now.restricted == after.restricted)).all(), "restricted otherwise"
    for who, known in now.known.items():
        assert known in (before.known[who], after.known[who]) or who == "due", f"{who} is torn: {known}"
    if name not in IN_PARTS:
        changed = [who for who in now.known if before.known[who] != after.known[who] and who != "due"]
        done = {who for who in changed if now.known[who] == after.known[who]}
        assert len(done) in (0, len(changed)), f"of {changed} only {done} were changed"
        taken_back, happened = ((now.free == end)[others].all() for end in ends)
        if taken_back != happened and changed:
            assert bool(done) == happened, f"rooms and holds differ on whether it happened: {done} of {changed}"
    if name in KEYED:
        DEEDS[name](house)
        assert (Snapshot(house).free == ends[1])[others].all(), "a retry did it twice"
    assert (wrong := index_faults(engine)) == [], wrong
    known = [house.engine._inventory.hold_batch(request, house.now_ms) for request in house.ready["keys"]]
    assert [Outcome(int(answer.code[0])) for answer in known] == [Outcome.KEY_REUSED] * 3, "a key is forgotten"
    assert engine.get(hold_id).state == "held", "what was acknowledged is gone"
    assert engine.hold("C", "DBL", night(1), 2, key="acknowledged").id == hold_id
    assert engine.get(house.ids["other"]).state == "booked"

    engine.confirm(hold_id)
    engine.release(engine.hold("A", "DBL", night(2), 1).id)
    engine.cancel(hold_id)
    assert (found := [str(finding) for finding in engine.check()]) == [], found


def lose_records(house: House, lsn: int) -> None:
    """The ring has no record up to this one any more, as after 65,536 others."""
    records = house.engine._inventory.block.region(at.R_RECORDS).view(np.int64)
    records[records[:, at.D_LSN] <= lsn] = 0


def main(*words: str) -> None:
    """Kill at every nth step of all deeds, or of those that are named."""
    every, first, deeds = asked(*words)
    blocks.zeroed_bytes = shared_bytes
    house = prepare()
    memory = house.engine._inventory.block.bytes
    acknowledged = shared_bytes(16).view(np.int64)
    start = memory.copy()
    killed = turn = 0
    for name, deed in deeds.items():
        memory[:] = start
        before = Snapshot(house)
        count, after = whole_run(house, deed)
        done = memory.copy()
        ends = (swept(house, memory, start), swept(house, memory, done))
        memory[:] = start
        bounds = (before, after, roof_of(house, before, after))
        for step in range(count):
            turn += 1
            if (turn + first) % every:
                continue
            memory[:] = start
            where = ""
            try:
                assert die_at(house, deed, step, acknowledged), "it was not killed"
                assert acknowledged[1] == 0
                dead = memory.copy()
                judge(house, name, bounds, ends, int(acknowledged[0]))
                where = "without its records, "
                memory[:] = dead
                lose_records(house, before.lsn)
                judge(house, name, bounds, ends, int(acknowledged[0]))
            except Exception as error:
                raise AssertionError(f"{name}, {where}step {step} of {count}: {error!r}") from error
            killed += 1
    print(f"killed: {len(deeds)} deeds, {turn} steps, {killed} kills")


if __name__ == "__main__":
    main(*sys.argv[1:])
