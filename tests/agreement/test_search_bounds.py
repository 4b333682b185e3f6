"""A search for the cheapest passes over chunks whose lower bound is too high, and loses nothing by it."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import numpy as np
import pytest

from tests import strategies as worlds
from tests.agreement.test_search_agrees import big_book, big_chain, big_request
from tests.engines import engine_of, search_engine

WINDOW = (worlds.FIRST_NIGHT, worlds.WINDOW_NIGHTS)
HOTELS = 900


def levelled_chain(random):
    """Hotels of very different price levels, as real ones are, and a few dear rooms in cheap hotels."""
    catalogue = big_chain(random, hotels_count=HOTELS)
    level = {hotel["hotel_id"]: random.randrange(5_000, 200_000) for hotel in catalogue["hotels"]}
    for product in catalogue["products"]:
        product["base_minor"] = level[product["hotel_id"]] * random.choice([1, 1, 2, 9])
    for row in catalogue["room_types"]:
        row["capacity"] = random.choice([0, 1, 5, 5, 5])
    return catalogue


@pytest.mark.parametrize("seed", range(3))
def test_what_is_passed_over_is_not_among_the_best(seed):
    random = Random(f"levels {seed}")
    catalogue = levelled_chain(random)
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book=big_book(random))
    offers = 0
    for _ in range(40):
        request = big_request(random, catalogue["hotels"])
        everything = search_engine(engine, request, top=None, sort="price", price_max_minor=None)
        for top in (1, 3, 20, 64, 300):
            best = search_engine(engine, request, top=top, sort="price", price_max_minor=None)
            assert best.offers == everything.offers[:top]
            assert best.hotels_available == everything.hotels_available
            offers += len(best.offers)
    assert offers > 3_000


def test_no_product_costs_less_than_its_words_bound():
    random = Random("bounds")
    engine = engine_of(levelled_chain(random), *WINDOW, worlds.NOW_MS, book=big_book(random))
    tables, lanes, mask = engine._version.tables, engine._inventory.lanes, engine._version.mask
    real = (lanes.lane_product >= 0).reshape(-1, 64)
    for arrival in range(worlds.WINDOW_NIGHTS):
        for nights in range(1, worlds.WINDOW_NIGHTS - arrival + 1):
            stays = (tables.sums[arrival + nights].astype(np.int64) - tables.sums[arrival]) & mask
            bound = (tables.word_sums[arrival + nights].astype(np.int64) - tables.word_sums[arrival]) & mask
            cheapest = np.where(real, stays.reshape(-1, 64), np.iinfo(np.int64).max).min(axis=1)
            assert (bound <= cheapest).all()
            if nights == 1:
                assert (bound == cheapest).all()


def test_an_arrival_before_a_hotels_today_is_neither_shown_nor_counted():
    """Around midnight the chain's hotels have different dates; the first night is already past in some."""
    random = Random("midnight")
    catalogue = levelled_chain(random)
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book=big_book(random))
    seen = set()
    for _ in range(30):
        for arrival in (worlds.FIRST_NIGHT, worlds.FIRST_NIGHT + timedelta(days=1)):
            everything = engine.search(arrival, 1, guests=1, top=None)
            best = engine.search(arrival, 1, guests=1, top=5)
            assert best.hotels_available == everything.hotels_available == len(everything.offers)
            assert best.offers == everything.offers[:5]
            seen.add((arrival, best.hotels_available))
        engine.clock.advance_ms(3_600_000)
    assert len({available for arrival, available in seen if arrival == worlds.FIRST_NIGHT}) > 1
