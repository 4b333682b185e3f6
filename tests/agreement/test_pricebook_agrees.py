"""Quotes of the engine on random books of the second edition, against the oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid import InputError, Refused, RuleBookError
from nightgrid.engine import Engine
from nightgrid.native.line_prices import wide_numbers
from tests.agreement.compare import examples
from tests.agreement.test_books_agree import FIELDS, oracle_answer
from tests.book_worlds import BookWorld, asked, book_worlds, draw_stay, draw_world
from tests.engines import columns, engine_of

TOO_LARGE = ("computed exactly", "a price is at most", "more decimals")
Question = tuple[dict[str, Any], dict[str, Any]]


def engine_for(world: BookWorld) -> Engine | None:
    """The engine with the world's book and data; None where the book is refused because its numbers are too large."""
    places = {"hotels": world.hotels, "room_types": world.room_types, "products": world.products}
    noon = datetime.combine(world.first_night, datetime.min.time(), UTC) + timedelta(hours=2)
    try:
        engine = engine_of(places, world.first_night, world.nights, int(noon.timestamp() * 1_000), book=world.book)
        if world.base_prices:
            engine.set_base_prices(columns(world.base_prices))
        if world.price_overrides:
            engine.set_price_overrides(columns(world.price_overrides))
    except RuleBookError as error:
        if not any(text in str(error) for text in TOO_LARGE):
            raise
        return None
    return engine


def quoted(engine: Engine, product: dict[str, Any], stay: dict[str, Any]) -> dict[str, Any]:
    """What the engine answers, as the oracle's fields."""
    stay = dict(stay)
    arrival, nights, lead_days = (stay.pop(key) for key in ("arrival", "nights", "lead_days"))
    if not stay.get("fill_bp"):
        stay.pop("fill_bp", None)
    booked = arrival - timedelta(days=lead_days)
    ids = (product["hotel_id"], product["room_type_id"])
    try:
        quote = engine.quote(*ids, arrival, nights, plan_id=product["plan_id"], booking_date=booked, **stay)
    except Refused as refused:
        return {"outcome": refused.outcome.name}
    return {"outcome": "OK", **{key: getattr(quote, key) for key in FIELDS}}


def quote_differences(world: BookWorld, questions: list[Question]) -> list[str]:
    """Where quotes and the oracle differ; none is agreement."""
    engine = engine_for(world)
    found = []
    for product, stay in questions if engine is not None else []:
        want = oracle_answer(world, product, stay)
        try:
            got = quoted(engine, product, stay)
        except InputError as error:
            if not any(text in str(error) for text in TOO_LARGE):
                raise
            continue
        for key, value in got.items():
            if value != getattr(want, key):
                found.append(f"{key} of {product} {stay}: {value}, oracle {getattr(want, key)}")
    return found


@examples(1.0)
@given(book_worlds(), st.data())
def test_quotes_agree(world, data):
    assert quote_differences(world, [data.draw(asked(world)) for _ in range(3)]) == []


@pytest.mark.parametrize("seed", range(60))
def test_quotes_agree_on_a_fixed_list_of_worlds(seed):
    rng = Random(seed)
    world = draw_world(rng)
    questions = [(rng.choice(world.products), draw_stay(rng, world.book)) for _ in range(30)]
    assert quote_differences(world, questions) == []


def test_wide_numbers_are_read_as_one():
    import numpy as np

    pairs = np.array([(0, 5), (1, 0), (3, -1), (0, -(2**63))], np.int64)
    assert wide_numbers(pairs) == [5, 2**64, 4 * 2**64 - 1, 2**63]
