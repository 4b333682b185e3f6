"""Guests' bookings are asked for while threads hold, release, replace, book again and fill carts.

Declared: an answer has every hold that was acknowledged before it began, in no state that had ended before; it has
nothing of another guest. Beside it the ring passes over what nobody read, slots are handed out again at once, the store
grows, and several ask at the same time, so that one of them brings the index up while others pass over all.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from nightgrid import Engine, Refused
from nightgrid.native.upkeep import hold_index as x
from tests.index_of_holds import both_ways, faults_of_index
from tests.threads.patience import rounds
from tests.threads.test_threads import FIRST, store, together

GUESTS = 6
ENDED = ("released", "expired", "cancelled")


@pytest.fixture(autouse=True)
def _switch_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


class Notes:
    """What a guest was told: ids that he has, those that he gave back. A deed is noted after its answer; one that ends
    something says so before it asks, because from then on either is true.
    """

    def __init__(self, guest: str) -> None:
        self.guest = guest
        self.kept: set[int] = set()
        self.ended: set[int] = set()

    def deed(self, engine: Engine, dice: random.Random) -> None:
        hotel, kind = f"h{dice.randrange(2)}", dice.choice(["king", "twin"])
        stay = (hotel, kind, FIRST + timedelta(days=dice.randrange(1, 8)), 1)
        one = dice.choice(sorted(self.kept)) if self.kept else None
        try:
            if one is None or dice.random() < 0.4:
                self.kept.add(engine.hold(*stay, guest=self.guest, reference=f"{self.guest} {dice.randrange(3)}").id)
            elif dice.random() < 0.2:
                lines = [dict(zip(("hotel_id", "room_type_id", "arrival", "nights"), stay, strict=True))] * 2
                self.kept.update(each.id for each in engine.hold_cart(lines, guest=self.guest).holds)
            elif dice.random() < 0.3:
                self.kept.discard(one)
                self.kept.add(engine.hold(*stay, guest=self.guest, replace=one).id)
                self.ended.add(one)
            else:
                self.kept.discard(one)
                engine.release(one)
                self.ended.add(one)
        except Refused:
            if one is not None:
                self.kept.add(one)


def faults(notes: Notes, engine: Engine, kept: set[int], ended: set[int], retains: bool) -> list[str]:
    """What is wrong with an answer that was asked for after a guest had been told so much."""
    # What he has now, he may have got meanwhile; what he had before and gave back meanwhile is in the frame as ended.
    states = {view.id: view.state for view in engine.find_views(guest=notes.guest)}
    missing = kept - set(states)
    if not retains:
        missing &= notes.kept
    wrong = [f"{notes.guest}: {missing} were his before he asked"] if missing else []
    wrong += [f"{one} had ended, and is {states[one]}" for one in ended if states.get(one, "released") not in ENDED]
    if retains:
        wrong += [f"{one} had ended, and is not remembered" for one in ended if one not in states]
    return wrong


def told(engine: Engine, turn: int, met: Counter[str], retains: bool, grow: bool) -> None:
    """Some rounds of deeds and questions side by side."""
    notes = [Notes(f"g{number} {turn}") for number in range(GUESTS)]
    going = [True] * 2

    def work(number: int) -> None:
        dice = random.Random(100 * turn + number)
        if number < 2:
            try:
                for _ in range(80):
                    notes[dice.randrange(number, GUESTS, 2)].deed(engine, dice)
            finally:
                going[number] = False
        elif number == 2:
            passer_by(engine, going, met, grow)
        else:
            asks(engine, going, met, dice)

    def asks(engine: Engine, going: list[bool], met: Counter[str], dice: random.Random) -> None:
        while any(going):
            one = dice.choice(notes)
            kept, ended = one.kept.copy(), one.ended.copy()
            assert faults(one, engine, kept, ended, retains) == []
            met["asked"] += 1
            met["found"] += len(kept)

    together(5, work)
    for one in notes:
        linked, passing = both_ways(engine, guest=one.guest)
        while linked is None:
            linked, passing = both_ways(engine, guest=one.guest)
        assert linked == passing
        assert one.kept <= {line[0] >> 8 << 32 | line[16] for line in passing}
    assert faults_of_index(engine) == []
    assert engine.check() == []


def passer_by(engine: Engine, going: list[bool], met: Counter[str], grow: bool) -> None:
    """Records that nobody asks for, so many that the ring passes over those of the others now and then."""
    one = engine.hold("h0", "king", FIRST + timedelta(days=9), 1, guest="passer-by").id
    slots = engine._inventory.block.slots
    while any(going):
        index = engine._inventory._hold_index
        for _ in range(150):
            engine.extend(one, 600)
        met["passed by"] += 1
        met["passed over"] += index is not None and engine.lsn - int(index.words[x.X_LSN]) > 1_024
        if grow and met["passed by"] % 8 == 0:
            slots += 500
            engine.grow_slots(min(slots, 40_000))
            met["grown"] += 1


@pytest.mark.parametrize("step", [x.STEP, 300])
@pytest.mark.parametrize("retention_ms", [86_400_000, 0])
def test_what_was_acknowledged_is_found(retention_ms: int, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a short step questions leave work to others, and pass over all meanwhile."""
    monkeypatch.setattr("nightgrid.inventory.hold_index.x.STEP", step)
    met: Counter[str] = Counter()
    for turn in rounds(2, lambda: met["asked"] > 100 and met["found"] > 100 and met["passed over"] and met["grown"]):
        engine = store(600, retention_ms=retention_ms, slots=20_000, slots_max=40_000, ring_records=1_024)
        told(engine, turn, met, retains=retention_ms > 0, grow=True)


def test_a_reader_who_waits_for_nobody() -> None:
    """While somebody links many slots, others pass over all of them: nobody waits for the lock."""
    engine = store(600)
    mine = engine.hold("h0", "king", FIRST, 1, guest="Li").id
    assert both_ways(engine, guest="Li")[0] is not None
    words: Any = engine._inventory._hold_index.words
    words[x.X_BUSY], words[x.X_LOCK] = 1, 1
    assert both_ways(engine, guest="Li")[0] is None
    assert engine.find(guest="Li")["id"].to_list() == [mine]
    words[x.X_BUSY], words[x.X_LOCK] = 0, 0
    linked, passing = both_ways(engine, guest="Li")
    assert linked == passing != []
