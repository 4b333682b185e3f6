"""A channel that reads again what it is told, and nothing else, knows every restriction: of room types and of plans."""

from __future__ import annotations

from datetime import date

import pytest

from tests.agreement.test_ring_replays import Guests


def restrictions_of(engine) -> dict[tuple[str, str, str | None, date], tuple[object, ...]]:
    """What is restricted of every room type and plan on every night, where anything is."""
    return {
        (*line[:3], date.fromordinal(night)): line[5:]
        for hotel_id in ("A", "B")
        for line in engine.restrictions(hotel_id).iter_rows()
        for night in range(line[3].toordinal(), line[4].toordinal() + 1)
    }


@pytest.mark.parametrize("seed", range(8))
def test_a_copy_that_reads_again_what_the_ring_names_has_all_restrictions(seed):
    """Of room types and of plans, told apart, while time passes and the window rolls. What is named changed."""
    guests = Guests(200 + seed)
    engine = guests.engine
    copy: dict[tuple[str, str, str | None, date], tuple[object, ...]] = {}
    seen = turns = 0
    for _ in range(150):
        before = restrictions_of(engine)
        for _ in range(guests.dice.choice([1, 1, 1, 4])):
            getattr(guests, guests.dice.choice(["restrict", "restrict", "step"]))()
        now = restrictions_of(engine)
        named = {
            (*place, date.fromordinal(night))
            for *place, first, last in engine.changes_since(seen, plans=True).iter_rows()
            for night in range(first.toordinal(), last.toordinal() + 1)
        }
        changed = {cell for cell in now.keys() | before.keys() if now.get(cell) != before.get(cell)}
        begin = date.fromordinal(engine.first_night)
        assert {cell for cell in changed if cell[3] >= begin} <= named
        turns += len(changed)
        whole = {(hotel_id, kind, night) for hotel_id, kind, plan, night in named if plan is None}
        again = {cell for cell in now.keys() | copy.keys() if cell in named or (*cell[:2], cell[3]) in whole}
        copy = {cell: values for cell, values in copy.items() if cell not in again and cell[3] >= begin}
        copy |= {cell: now[cell] for cell in again if cell in now}
        assert copy == now
        seen = engine.lsn
    assert turns > 100
