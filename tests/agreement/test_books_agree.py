"""Two readings of the price book agree on random books: the oracle's, and the explanation's."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid import Refused
from nightgrid.pricing import load_book
from tests.agreement.compare import examples
from tests.book_worlds import BookWorld, asked, book_worlds, draw_stay, draw_world
from tests.engines import catalog_of
from tests.explained import explained, price_data_of, source_of
from tests.oracles import pricebook

FIELDS = ("total_minor", "net_minor", "taxes_minor", "payable_minor", "points_used", "applied", "nights_minor")


def oracle_answer(world: BookWorld, product: dict[str, Any], stay: dict[str, Any]) -> pricebook.Price:
    """The price of a stay by the oracle."""
    hotel = world.hotel(product["hotel_id"])
    products = [world.full(each) for each in world.products]
    data = pricebook.Data(world.holidays, products, world.base_prices, world.price_overrides)
    return pricebook.price(world.book, hotel, world.full(product), pricebook.Stay(**stay), data)


def explanation_differences(world: BookWorld, questions: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[str]:
    """Where an explanation and the oracle differ; none is agreement."""
    catalog = catalog_of(world.hotels, world.room_types, world.products)
    data = price_data_of(catalog, world.first_night, world.base_prices, world.price_overrides)
    source = source_of(load_book(world.book), catalog, world.first_night, world.nights, data)
    found = []
    for product, stay in questions:
        want = oracle_answer(world, product, stay)
        stay = dict(stay)
        asked_for = [stay.pop(key) for key in ("arrival", "nights", "lead_days", "tier")]
        try:
            why = explained(source, product, *asked_for, **stay)
        except Refused as refused:
            got: dict[str, Any] = {"outcome": refused.outcome.name}
        else:
            got = {"outcome": "OK", **{key: getattr(why, key) for key in FIELDS}}
            if sum(line.amount for line in why.lines) != why.payable_minor:
                found.append(f"the lines of {product} {asked_for} do not add up")
        for key, value in got.items():
            if value != getattr(want, key):
                found.append(f"{key} of {product} {asked_for} {stay}: {value}, oracle {getattr(want, key)}")
    return found


@examples(1.0)
@given(book_worlds(), st.data())
def test_explanations_agree(world, data):
    questions = [data.draw(asked(world)) for _ in range(3)]
    assert explanation_differences(world, questions) == []


@pytest.mark.parametrize("seed", range(40))
def test_explanations_agree_on_a_fixed_list_of_worlds(seed):
    rng = Random(seed)
    world = draw_world(rng)
    questions = [(rng.choice(world.products), draw_stay(rng, world.book)) for _ in range(12)]
    assert explanation_differences(world, questions) == []
