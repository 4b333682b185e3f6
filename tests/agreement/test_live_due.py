"""Nights whose house fill moved wait until a stay with them is read; whatever is read is that of a fresh fold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest

from tests.agreement.test_live_agrees import assert_fresh, fresh, nights_of
from tests.engines import engine_of
from tests.live_worlds import DEMAND, FIRST, NOON, Life, live_engine
from tests.seeds import seeds

BOOK = {"book": {"name": "d", "display_currency": "EUR"}, "demand": DEMAND[:1]}


def stay_sums(version, variant, arrival, nights):
    """What a stay costs by lane, and the bounds of words, both int64, when its nights alone are brought to the fill of
    now.
    """
    row = variant.row_of(arrival)
    sums, words = variant.matrices.sums[0], variant.tables.word_sums

    def look():
        return [(each[row + nights].astype(np.int64) - each[row]) & variant.mask for each in (sums, words)]

    return version.live.read(variant.nights_of(arrival, nights), look)


@pytest.mark.parametrize("seed", seeds(6))
def test_a_stay_that_is_read_is_that_of_a_fresh_fold_whatever_else_waits(seed):
    rng = Random(f"due {seed}")
    engine = live_engine(rng, {**BOOK, "demand": DEMAND})
    life = Life(engine, rng)
    version = engine._version
    live, product = version.live, version.lanes.lane_product
    waited = 0
    for number in range(12):
        for _ in range(rng.choice((1, 5, 40))):
            life.step()
        if number == 6:
            life.churn(700)  # more records than the ring has
        engine._inventory.sweep(engine.clock.now_ms())
        folded = [
            nights_of(fresh(engine, *each).sums, each[0].mask)[0]
            for each in zip(live.variants, live.leads, strict=True)
        ]
        for _ in range(8):
            at = rng.randrange(len(live.variants))
            nights = rng.randint(1, min(33, version.n_nights))
            arrival = version.first_night + rng.randrange(version.n_nights - nights + 1)
            sums, words = stay_sums(version, live.variants[at], arrival, nights)
            part = folded[at][arrival - version.first_night :][:nights]
            assert np.array_equal(sums, part.sum(axis=0))
            some = np.where(product >= 0, part, np.iinfo(np.int64).max).reshape(nights, -1, 64).min(axis=2)
            full = some[0] < np.iinfo(np.int64).max
            assert np.array_equal(words[full], some.sum(axis=0)[full])
        waited += bool(live.due.any())
    assert waited > 0
    assert_fresh(engine)
    assert not live.due.any()


def test_only_the_nights_of_the_stay_are_priced():
    """In one band of lead days, and in one segment; what waits is priced when it is read."""
    engine = live_engine(Random("some"), BOOK)
    version = engine._version
    live = version.live
    engine.search(FIRST, 1, top=None)
    before = [each.matrices.sums.copy() for each in live.variants]
    rooms = int(engine.matrix("free")[0, 4:6].min())
    engine.hold(*engine._row_names(0), FIRST + timedelta(days=4), 2, rooms=rooms)
    engine.search(FIRST + timedelta(days=4), 1, top=None)

    changed = [not np.array_equal(each.matrices.sums, old) for each, old in zip(live.variants, before, strict=True)]
    assert changed == [False, True, False]  # four days ahead
    nights = live.due.any(axis=1).reshape(len(live.variants), -1)
    assert [np.flatnonzero(each).tolist() for each in nights] == [[4, 5], [5], [4, 5]]
    words = live.words.copy()
    engine.search(FIRST + timedelta(days=2), 2, top=None)
    assert np.array_equal(words, live.words)  # nights that did not move: nothing is written
    engine.search(FIRST + timedelta(days=5), 1, top=None)
    assert np.flatnonzero(live.due.any(axis=1).reshape(len(live.variants), -1)[1]).size == 0
    assert_fresh(engine)


def test_hotels_whose_words_share_a_bit_all_become_current():
    """A bit of a night stands for the words of hotels 64 x 64 apart."""
    count = 64 * 64 + 70
    names = [f"h{number}" for number in range(count)]
    world = {
        "hotels": [{"hotel_id": name, "currency": "EUR", "time_zone": "Etc/UTC"} for name in names],
        "room_types": [{"hotel_id": name, "room_type_id": "a", "capacity": 2} for name in names],
        "products": [
            {"hotel_id": name, "room_type_id": "a", "plan_id": "p", "base_minor": 1_000 + place}
            for place, name in enumerate(names)
        ],
    }
    demand = [{"name": "half", "fill": [0, 50], "percent": [[0], [100]]}]
    engine = engine_of(world, FIRST, 3, NOON, book={**BOOK, "demand": demand}, slots=100)
    sold = [0, 63, 64, 64 * 64, 64 * 64 + 1, 64 * 64 + 64]
    for number in sold:
        engine.hold(names[number], "a", FIRST, 1)
    shown = {offer.hotel_id: offer.total_minor for offer in engine.search(FIRST, 1, top=None).offers}
    assert len(shown) == count
    for place, name in enumerate(names):
        assert shown[name] == (1_000 + place) * (2 if place in sold else 1)
    assert not engine._version.live.due.any()


def test_a_night_that_waited_over_midnight_is_priced_in_its_new_band():
    """The stay moves into a nearer band of lead days, whose night waited since the sale."""
    engine = live_engine(Random("midnight"), BOOK)
    rooms = int(engine.matrix("free")[0, 4])
    engine.hold(*engine._row_names(0), FIRST + timedelta(days=4), 1, rooms=rooms, ttl_seconds=7 * 86_400)
    for _ in range(4):
        arrival = FIRST + timedelta(days=4)
        offers = engine.search(arrival, 1, top=None, guests=1).offers
        for offer in offers:
            quote = engine.quote(offer.hotel_id, offer.room_type_id, arrival, 1, plan_id=offer.plan_id)
            assert offer.total_minor == quote.total_minor
        engine.clock.advance_ms(24 * 3_600_000)
    assert datetime.fromtimestamp(engine.clock.now_ms() / 1000, UTC).date() == arrival
