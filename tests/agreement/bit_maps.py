"""What search takes from the bit maps: the products that can be sold for a stay, before any price."""

from __future__ import annotations

import numpy as np

from nightgrid.search.ranking import Question, StayQuery


def offered(engine, arrival, nights, rooms):
    """bool (product): what search would offer; arrival: nights after the first of the window."""
    if engine._version is None:
        engine.publish({"book": {"name": "flat"}})
    searcher, version, now_ms = engine._searcher, engine._version, engine._now_ms()
    query = StayQuery(
        arrival=engine.first_night + arrival, nights=nights, tier=0, rooms=rooms, scope=0, now_ms=now_ms, top=None,
        sort="price", price_min=None, price_max=None,
    )  # fmt: skip
    rates = np.ones((len(engine.catalog.currencies), 2), np.int64)
    everything = searcher.hotel_words(np.arange(engine.catalog.n_hotels))
    question = Question(query, everything, engine._days.today(now_ms), rates)
    factors, _ = searcher.factors(version, question)
    words = searcher.available(version, question, factors)
    bits = np.unpackbits(words.view(np.uint8), bitorder="little").astype(bool)
    of_product = bits[engine._inventory.product_lane]
    assert bits.sum() == of_product.sum()
    return of_product
