"""Units that a sale keeps when it ends without refund are kept once, wherever in between somebody died.

A store as a death leaves it is made here from one that is whole: the hotel's note that a sale is being ended, and what
each counter keeps with that sale's units or without.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import numpy as np
import pytest

from nightgrid import Engine, Refused
from nightgrid.native.store import layout as at
from tests.threads.test_threads import FIRST, store

ASKED = {"coupon": "SPRING", "coupon_units": 3, "points": "STARS", "points_units": 40}


def sold() -> tuple[Engine, list[int]]:
    """Two bookings of the same counters, and what was set by hand."""
    engine = store(5)
    for name in ("SPRING", "STARS"):
        engine.set_counter(name, 1_000, used=7)
    return engine, [engine.book("h0", room, FIRST, 2, **ASKED).id for room in ("king", "twin")]


def leave_note(engine: Engine, hold_id: int, *, published: bool, noted: int) -> None:
    """The note of hotel h0 that a sale is being ended, and how far that came."""
    region = engine._inventory.block.region
    slot = hold_id & 0xFFFFFFFF
    line = region(at.R_HOTELS).view(np.int64)[engine.catalog.hotel_index("h0")]
    lsn = int(region(at.R_SLOTS).view(np.int64)[slot, at.W_LSN])
    line[at.L_KEEPER], line[at.L_KEEPER_LSN], line[at.L_KEEPER_UNITS] = slot + 1, lsn - published, noted


def kept(engine: Engine) -> np.ndarray:
    """What the counters keep, to be changed."""
    return engine._inventory.block.region(at.R_COUNTERS).view(np.int64)[:2, at.U_KEPT]


@pytest.mark.parametrize(("units", "points"), list(product([False, True], repeat=2)))
def test_a_sale_that_was_being_cancelled_keeps_its_units_once(units: bool, points: bool) -> None:
    engine, (hold_id, other) = sold()
    engine.cancel(hold_id)
    whole = kept(engine).copy()
    assert whole.tolist() == [10, 47]
    leave_note(engine, hold_id, published=True, noted=0)
    kept(engine)[:] = whole - np.where([units, points], 0, [3, 40])
    engine.rebuild()
    assert kept(engine).tolist() == whole.tolist()
    assert engine.counters()["used"].to_list() == [13, 87]
    assert engine.check() == engine.rebuild() == []
    engine.cancel(other, refund=True)
    assert engine.counters()["used"].to_list() == [10, 47]


@pytest.mark.parametrize("done", [0, 1, 2])
def test_what_the_hotel_noted_as_kept_is_not_kept_again(done: int) -> None:
    """Somebody else died, too, whose units are still counted: they are nobody's, and are given back."""
    engine, (hold_id, _) = sold()
    engine.cancel(hold_id)
    leave_note(engine, hold_id, published=True, noted=2)
    engine._inventory.block.region(at.R_COUNTERS).view(np.int64)[:2, at.U_USED] += done
    engine.rebuild()
    assert kept(engine).tolist() == [10, 47]
    assert engine.counters()["used"].to_list() == [13, 87]
    assert engine.check() == []


@pytest.mark.parametrize(("units", "points"), list(product([False, True], repeat=2)))
def test_a_booking_that_was_being_forgotten_has_its_units_once(units: bool, points: bool) -> None:
    """It is still there: nothing is kept of it, whatever was. When it is forgotten, all is."""
    engine, (hold_id, _) = sold()
    leave_note(engine, hold_id, published=False, noted=0)
    kept(engine)[:] += np.where([units, points], [3, 40], 0)
    engine.rebuild()
    assert kept(engine).tolist() == [7, 7]
    assert engine.counters()["used"].to_list() == [13, 87]
    assert engine.check() == engine.rebuild() == []
    engine.clock.advance_ms(3 * 86_400_000)
    engine.roll(FIRST + timedelta(days=2))
    engine.clock.advance_ms(86_400_000)
    engine.roll()
    with pytest.raises(Refused):
        engine.get(hold_id)
    assert kept(engine).tolist() == [13, 87]
    assert engine.check() == engine.rebuild() == []
