"""What a search found is looked at again where the store changed meanwhile."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from nightgrid.native.search.second_look import look_again
from nightgrid.native.store import layout as at
from nightgrid.search.searcher import Searcher
from tests.threads.test_threads import FIRST, NIGHTS, store

PLAIN, SEVERAL, LONG = (2, 1), (2, 2), (NIGHTS, 1)


def _meanwhile(monkeypatch, deed) -> list[int]:
    """`deed(turn)` is done each time a search has read the store; how many hotels it had found."""
    found: list[int] = []
    look = Searcher._found

    def look_and_act(*given):
        ranking = look(*given)
        found.append(len(ranking.hotel))
        deed(len(found))
        return ranking

    monkeypatch.setattr(Searcher, "_found", look_and_act)
    return found


@pytest.mark.parametrize("asked", [{"top": 5}, {"top": None}, {"sort": "rating"}, {"rooms": 2}])
def test_what_is_taken_meanwhile_is_not_offered(monkeypatch, asked) -> None:
    engine = store(2)
    for kind in ("king", "twin"):
        engine.book("h1", kind, FIRST, 3)
    assert len(engine.search(FIRST, 2, **asked).offers) == (1 if "rooms" in asked else 2)

    def deed(turn: int) -> None:
        if turn == 1:
            for kind in ("king", "twin"):
                engine.book("h1", kind, FIRST + timedelta(1), 1)  # it has no room now on the second night
                if "rooms" in asked:
                    engine.book("h0", kind, FIRST + timedelta(1), 1)

    found = _meanwhile(monkeypatch, deed)
    offers = engine.search(FIRST, 2, **asked).offers
    assert [offer.hotel_id for offer in offers] == ([] if "rooms" in asked else ["h0"])
    assert len(found) == 2


def test_what_others_do_elsewhere_costs_one_look(monkeypatch) -> None:
    engine = store(5)
    found = _meanwhile(monkeypatch, lambda _: engine.book("h0", "king", FIRST, 2))
    assert len(engine.search(FIRST, 2).offers) == 2
    assert found == [2]


def test_who_is_always_late_is_offered_what_is_left(monkeypatch) -> None:
    """Each time what is found is taken by somebody who gives back what nobody had found."""
    engine = store(1, hotels=3)
    for hotel in ("h1", "h2"):
        engine.book(hotel, "twin", FIRST, 1)
    engine.book("h0", "twin", FIRST, 1)
    held = {"h1": engine.hold("h1", "king", FIRST, 1).id}

    def deed(turn: int) -> None:
        taken, back = ("h2", "h1") if turn % 2 else ("h1", "h2")
        held[taken] = engine.hold(taken, "king", FIRST, 1).id
        engine.release(held[back])

    found = _meanwhile(monkeypatch, deed)
    answer = engine.search(FIRST, 1)
    assert [offer.hotel_id for offer in answer.offers] == ["h0"]
    assert answer.hotels_available == 1
    assert set(found) == {2}
    assert len(found) > 2


@pytest.mark.parametrize(("nights", "rooms"), [PLAIN, SEVERAL, LONG])
@pytest.mark.parametrize("controlled", [False, True])
def test_each_night_counts(nights: int, rooms: int, controlled: bool) -> None:
    """Of two products one has no room on one night of the stay, whichever it is."""
    for short in range(nights):
        engine = store(rooms, channels=["web"])
        if controlled:
            engine.set_caps({"hotel_id": ["h0"], "channel": ["web"], "rooms": [1]})
        arrival = FIRST.toordinal()
        gone = np.zeros(2, np.bool_)
        stay = (arrival, nights, rooms, 0)

        def look(stay=stay, engine=engine, gone=gone) -> int:
            table, now_ms = engine._inventory.table, engine.clock.now_ms()
            return look_again(table, np.arange(2, dtype=np.int32), stay, rooms > 1, now_ms, gone)

        assert look() == 0
        engine.book("h0", "twin", FIRST + timedelta(short), 1)
        assert look() == 1
        assert gone.tolist() == [False, True]
        assert look((arrival - 1, nights, rooms, 0)) == 2  # before the window
        assert look((arrival + NIGHTS - nights + 1, nights, rooms, 0)) == 2


def test_the_count_moves_before_a_room_comes_back() -> None:
    """By every verb that gives rooms back; what only takes rooms need not count."""
    engine = store(2)
    words = engine._inventory.block.region(at.R_HOTELS).reshape(-1, at.L_WORDS)

    def count() -> int:
        return int(words[0, at.L_CHANGES])

    def moves(call, *given, **asked) -> bool:
        before = count()
        call(*given, **asked)
        return count() > before

    first, second = (engine.hold("h0", "king", FIRST, 3).id for _ in range(2))
    assert moves(engine.amend, first, arrival=FIRST + timedelta(3), nights=1)
    assert moves(engine.release, first)
    engine.confirm(second)
    assert moves(engine.depart_early, second, FIRST + timedelta(1))
    assert moves(engine.cancel, second)
    third = engine.hold("h0", "king", FIRST, 1).id
    assert moves(engine.hold, "h1", "king", FIRST, 1, replace=third)
    assert moves(engine.set_capacity, {"hotel_id": ["h0"], "room_type_id": ["king"], "capacity": [3]})
