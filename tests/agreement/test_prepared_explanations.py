"""What an explanation prepares and remembers changes nothing: it says what one from nothing says, whatever was asked
before, however little is kept, and whatever has changed since.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from nightgrid import InputError, Refused
from nightgrid.asking import Asking
from nightgrid.nights import to_ordinal
from nightgrid.pricing import load_book
from nightgrid.pricing.explain import (
    Asked,
    Source,
    charges,
    evaluate,
    explain_from,
    facts,
    nights,
    notes,
    remarks,
    rules,
    stay,
)
from tests.book_worlds import BookWorld, draw_stay, draw_world
from tests.engines import catalog_of, columns, engine_of
from tests.explained import price_data_of, source_of
from tests.strategies import FIRST_NIGHT, NOW_MS


def sources_of(world: BookWorld):
    """A function that makes sources of a world, each of which knows nothing yet."""
    book, catalog = load_book(world.book), catalog_of(world.hotels, world.room_types, world.products)
    data = price_data_of(catalog, world.first_night, world.base_prices, world.price_overrides)
    return lambda: source_of(book, catalog, world.first_night, world.nights, data)


def questions_of(rng: Random, world: BookWorld, source: Source, count: int) -> list[Asked]:
    found = []
    for _ in range(count):
        product, stay = rng.choice(world.products), dict(draw_stay(rng, world.book))
        arrival, length, lead_days, tier = (stay.pop(key) for key in ("arrival", "nights", "lead_days", "tier"))
        index = source.catalog.product_index(product["hotel_id"], product["room_type_id"], product["plan_id"])
        tier = source.book.book.tiers[0] if tier is None else tier
        found.append(Asked(index, to_ordinal(arrival), length, lead_days, tier, Asking(**stay)))
    return found


def said(source: Source, asked: Asked) -> Any:
    """All that an explanation says: amounts, lines, sets, the reason of every rule."""
    try:
        why = explain_from(source, asked)
    except (Refused, InputError) as error:
        return type(error), str(error)
    return why.to_dict(), why.render(), why.lines


@pytest.mark.parametrize("seed", range(24))
def test_one_that_was_asked_before_says_what_a_new_one_says(seed):
    rng = Random(f"prepared {seed}")
    world = draw_world(rng)
    new = sources_of(world)
    source = new()
    questions = questions_of(rng, world, source, 12)
    for asked in [*questions, *reversed(questions)]:
        assert said(source, asked) == said(new(), asked)


@pytest.mark.parametrize("seed", range(8))
def test_how_much_is_remembered_changes_nothing(seed, monkeypatch):
    rng = Random(f"forgetful {seed}")
    world = draw_world(rng)
    new = sources_of(world)
    questions = questions_of(rng, world, new(), 10)
    want = [said(new(), asked) for asked in questions]
    monkeypatch.setattr(rules, "NIGHTS_MAX", 2)
    monkeypatch.setattr(nights, "NIGHTS_MAX", 2)
    monkeypatch.setattr(nights, "CELLS_MAX", 1)
    monkeypatch.setattr(remarks, "SAID_MAX", 1)
    for module in (charges, facts, stay):
        monkeypatch.setattr(module, "PARTIES_MAX", 1)
    monkeypatch.setattr(rules, "_PRODUCTS_MAX", 1)
    monkeypatch.setattr(notes, "_KEPT_MAX", 0)
    source = new()
    assert [said(source, asked) for asked in questions] == want


@pytest.mark.parametrize("seed", range(6))
def test_threads_that_prepare_the_same_at_once_say_the_same(seed):
    rng = Random(f"at once {seed}")
    world = draw_world(rng)
    new = sources_of(world)
    questions = questions_of(rng, world, new(), 8)
    want = [said(new(), asked) for asked in questions]
    source, before = new(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: [said(source, asked) for asked in questions], range(4)))
    finally:
        sys.setswitchinterval(before)
    assert found == [want] * 4


@pytest.mark.parametrize("seed", range(24))
def test_the_short_way_with_promotions_is_the_long_way(seed, monkeypatch):
    rng = Random(f"plain {seed}")
    world = draw_world(rng, ("promotion", "season", "tax"))
    new = sources_of(world)
    source = new()
    questions = questions_of(rng, world, source, 16)
    want = [said(source, asked) for asked in questions]
    monkeypatch.setattr(evaluate, "is_plain", lambda *_: False)
    source = new()
    assert [said(source, asked) for asked in questions] == want


BEYOND = [
    {"name": "Gift", "off": {"CNY": 600}, "class": "any"},  # more than a night costs
    {"name": "Tenth", "percent": -10, "class": "any"},
    {"name": "Spend", "spend": [{"from": {"CNY": 400}, "off": {"CNY": 300}}], "class": "any"},
    {"name": "Alone", "percent": -30, "class": "none"},
]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_short_way_stops_at_nothing_as_the_long_way(length, monkeypatch):
    catalog = catalog_of(CHAIN["hotels"], CHAIN["room_types"], CHAIN["products"])
    of = load_book({"promotion": BEYOND, "stacking": {"over": "all"}})
    asked = Asked(0, to_ordinal(FIRST_NIGHT), length, 3, "public")
    want = said(source_of(of, catalog, FIRST_NIGHT, 30), asked)
    monkeypatch.setattr(evaluate, "is_plain", lambda *_: False)
    assert said(source_of(of, catalog, FIRST_NIGHT, 30), asked) == want
    assert min(each.amount for each in explain_from(source_of(of, catalog, FIRST_NIGHT, 30), asked).sets) >= 0


CHAIN = {
    "hotels": [{"hotel_id": "h1", "currency": "CNY", "time_zone": "Asia/Shanghai"}],
    "room_types": [{"hotel_id": "h1", "room_type_id": "twin", "capacity": 5}],
    "products": [
        {"hotel_id": "h1", "room_type_id": "twin", "plan_id": plan, "base_minor": 50_000} for plan in ("flex", "saver")
    ],
}


def book(percent: int) -> dict[str, Any]:
    return {
        "season": [{"name": "All year", "percent": percent}],
        "promotion": [{"name": "Saver", "percent": -10, "where": {"plan": ["saver"]}}],
        "package": [{"name": "Breakfast", "price": {"CNY": 20}}],
    }


def test_what_changes_between_two_questions_is_in_the_second_explanation():
    engine = engine_of(CHAIN, FIRST_NIGHT, 30, NOW_MS, book=book(10))
    night = FIRST_NIGHT + timedelta(days=9)

    def why(plan="saver", **asked):
        return engine.explain(engine.quote("h1", "twin", night, 1, plan_id=plan, **asked))

    def lines(of):
        return [(line.stage, line.rule, line.amount) for line in of.lines]

    before = why()
    assert ("season", "All year", 5_000) in lines(before)
    engine.publish(book(20))
    assert ("season", "All year", 10_000) in lines(why())
    told = {"hotel_id": "h1", "room_type_id": "twin", "plan_id": "saver"}
    dates = {"first_night": night, "last_night": night}
    engine.set_price_overrides(columns([told | dates | {"kind": "fixed", "amount_minor": 30_000}]))
    assert ("override", "", -30_000) in lines(why())
    assert "override" not in [line.stage for line in why("flex").lines]
    assert [note.name for note in why("flex").unmatched] == ["Saver", "Breakfast"]
    assert [note.name for note in why(packages=["Breakfast"]).unmatched] == []
    engine.rename_plan("h1", "twin", "flex", new_id="best")
    engine.rename_plan("h1", "twin", "saver", new_id="thrift")
    engine.publish(book(30))
    assert why("best").unmatched[0].reason == "other scope: plan is best, not saver"
    assert why("thrift").unmatched[0].reason == "other scope: plan is thrift, not saver"
    assert ("season", "All year", 5_000) in lines(before)  # what was explained stays as it was


def test_two_books_that_one_thread_asks_in_turn_do_not_mix():
    """A thread keeps the question and the tables of its last quote; another book or party must not meet them."""
    engines = [engine_of(CHAIN, FIRST_NIGHT, 30, NOW_MS, book=book(percent)) for percent in (10, 20)]
    night = FIRST_NIGHT + timedelta(days=9)
    parties = ({}, {"packages": ["Breakfast"]}, {"channel": "app", "coupons": {"X"}})

    def totals(order):
        return {
            (number, at): engines[number].quote("h1", "twin", night, 2, plan_id="saver", **parties[at]).total_minor
            for number, at in order
        }

    every = [(number, at) for number in range(2) for at in range(3)]
    in_turn = [(number, at) for at in range(3) for number in (1, 0)]
    assert totals(every) == totals(in_turn) == totals(reversed(in_turn))
    assert len(set(totals(every).values())) == 4  # two books, with breakfast and without
