"""One definition of a price: search, calendar, cube and bulk quotes of random books give what single quotes say."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from nightgrid import Refused
from nightgrid.engine import Engine
from nightgrid.native.program.line_prices import wide_numbers
from tests.agreement.book_compare import engine_for
from tests.book_worlds import BookWorld, draw_stay, draw_world


def test_wide_numbers_are_read_as_one():
    pairs = np.array([(0, 5), (1, 0), (3, -1), (0, -(2**63))], np.int64)
    assert wide_numbers(pairs) == [5, 2**64, 4 * 2**64 - 1, 2**63]


def cheapest(engine: Engine, world: BookWorld, stay: dict[str, Any]) -> dict[str, tuple[int, str, str]]:
    """Hotel -> (total, room type, plan) of its cheapest product, quote by quote."""
    found: dict[str, tuple[int, str, str]] = {}
    for product in world.products:
        ids = (product["hotel_id"], product["room_type_id"])
        asked = {key: stay[key] for key in ("tier", "adults", "children") if key in stay}
        try:
            quote = engine.quote(*ids, stay["arrival"], stay["nights"], plan_id=product["plan_id"], **asked)
        except Refused:
            continue
        best = found.get(ids[0])
        if best is None or quote.total_minor < best[0]:
            found[ids[0]] = (quote.total_minor, ids[1], product["plan_id"])
    return found


@pytest.mark.parametrize("seed", range(12))
def test_search_calendar_and_cube_give_the_prices_of_quotes(seed):
    """One definition of a price: what is asked in bulk is what quotes say, the cheapest product of each hotel."""
    rng = Random(f"bulk {seed}")
    world = draw_world(rng)
    engine = engine_for(world)
    if engine is None:
        pytest.skip("the numbers of this world are too large")
    compared = 0
    for _ in range(6):
        stay = draw_stay(rng, world.book) | {"adults": rng.choice([1, 2, 3])}
        want = cheapest(engine, world, stay)
        asked = {key: stay[key] for key in ("tier", "adults", "children") if key in stay}
        for hotel, best in want.items():  # hotels have several currencies, and not every book has rates
            question = (stay["arrival"], stay["nights"])
            for offer in engine.search(*question, guests=1, hotel_ids=[hotel], top=None, **asked).offers:
                assert (offer.total_minor, offer.room_type_id, offer.plan_id) == best
                compared += 1
    assert compared > 0
    if world.book.get("book", {}).get("base_per") == "person":
        return
    hotel = world.hotels[0]["hotel_id"]
    for row in engine.calendar(hotel, 2).drop_nulls("price_minor").to_dicts()[:5]:
        quote = engine.quote(hotel, row["room_type_id"], row["arrival"], 2, plan_id=row["plan_id"])
        assert row["price_minor"] == quote.total_minor
    first = world.first_night + timedelta(days=2)
    for batch in engine.reprice(stays=[1, 3], arrivals=(first, first)):
        for row in batch.to_pylist():
            product = world.products[row["product_index"]]
            ids = (product["hotel_id"], product["room_type_id"])
            quote = engine.quote(*ids, row["arrival"], row["nights"], plan_id=product["plan_id"], tier=row["tier"])
            assert row["price_minor"] == quote.total_minor
