"""Stays whose nights stand in several sheets of the live prices: put together they are those of a fresh fold."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from nightgrid.search.live_stays import live_stay, read_stay
from tests.agreement.test_live_agrees import fresh, nights_of
from tests.live_worlds import DEMAND, Life, live_engine
from tests.seeds import seeds

BOOKS = {
    lead_of: {"book": {"name": lead_of, "display_currency": "EUR", "lead_of": lead_of}, "demand": DEMAND}
    for lead_of in ("night", "arrival")
}


def folded(engine):
    """The nights of every band, folded anew: int64 (band, night, lane)."""
    live = engine._version.live
    pairs = zip(live.variants, live.leads, strict=True)
    return np.stack([nights_of(fresh(engine, variant, lead).sums, variant.mask)[0] for variant, lead in pairs])


def wanted(live, cells, first, nights, leads):
    """The nights of a stay: int64 (night, lane), each in the band of its lead days."""
    lead = leads[live.lane_calendar][None, :] + np.arange(nights)[:, None] * live.lead_of_night
    band = np.searchsorted(live.leads, lead, side="right") - 1
    return np.take_along_axis(cells[:, first : first + nights], band[None], axis=0)[0]


@pytest.mark.parametrize("lead_of", BOOKS)
@pytest.mark.parametrize("seed", seeds(4))
def test_a_stay_put_together_is_that_of_a_fresh_fold(seed, lead_of):
    rng = Random(f"stays {seed}")
    engine = live_engine(rng, BOOKS[lead_of])
    life, version = Life(engine, rng), engine._version
    live, calendars = version.live, len(engine.catalog.calendars)
    product = version.lanes.lane_product
    together = 0
    for _ in range(6):
        for _ in range(rng.choice((1, 5, 40))):
            life.step()
        engine._inventory.sweep(engine.clock.now_ms())
        cells = folded(engine)
        for _ in range(8):
            nights = rng.choice((1, 2, 5, 9, 33, 60, 120, 200))
            first = rng.randrange(max(1, version.n_nights - nights + 1))
            nights = min(nights, version.n_nights - first)
            leads = np.array([rng.choice((0, 2, 3, 8, 9, 400)) + rng.randrange(2) for _ in range(calendars)])
            apart = rng.random() < 0.5
            some = np.array([rng.choice((0, 1, -1)) for _ in range(len(product) // 64)])
            stay = live_stay(live, version.first_night + first, nights, leads, apart=apart)

            def look(prices, nights=nights, first=first):
                row = prices.row_of(version.first_night + first)
                each = prices.matrices.sums[0], prices.tables.word_sums
                return [part[row : row + nights + 1].astype(np.int64) for part in each]

            sums, words = read_stay(live, stay, some, look)
            want = wanted(live, cells, first, nights, leads)
            together += stay.variant is None
            lanes = np.repeat(some != 0, 64) & (product >= 0)
            mask = live.variants[0].mask
            assert np.array_equal((sums[-1] - sums[0])[lanes] & mask, want.sum(axis=0)[lanes])
            if apart:
                assert np.array_equal((np.diff(sums, axis=0) & mask)[:, lanes], want[:, lanes])
            bound = np.repeat((words[-1] - words[0]) & mask, 64)
            assert (bound[lanes] <= want.sum(axis=0)[lanes]).all()
            if apart:
                least = np.where(product >= 0, want, np.iinfo(np.int64).max).reshape(nights, -1, 64).min(axis=2)
                kept = (some != 0) & (least[0] < np.iinfo(np.int64).max)
                assert np.array_equal((np.diff(words, axis=0) & mask)[:, kept], least[:, kept])
    assert together > 5
