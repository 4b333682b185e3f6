"""A question, a book or a store that a caller cannot mean is refused in words that name the mistake."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from math import nan

import pytest

from nightgrid import CatalogError, InputError, InputTypeError, Refused, UnknownIdError
from nightgrid.engine import Engine
from tests import strategies as worlds
from tests.engines import engine_of
from tests.unit.busy_store import ASKED, BOOK, FIRST, NIGHTS, STAY, WORLD, busy_store, refused


@pytest.fixture
def engine():
    return busy_store()


QUESTIONS = [
    ("quote", ("Bnd", "DBL", FIRST, 1), {}, UnknownIdError, "did you mean 'Bund'"),
    ("quote", ("Belém", "STE", FIRST, 1), {}, UnknownIdError, "no plan was given and .* has the plans flex, early"),
    ("quote", STAY, {"plan_id": "flx"}, UnknownIdError, "plan 'flx' is unknown; .* standard"),
    ("quote", STAY, {"tier": "godl"}, UnknownIdError, "'godl'.* public, gold"),
    ("quote", ("Bund", "DBL", FIRST, 0), {}, InputError, "nights is 0; a stay has 1 to 365"),
    ("quote", ("Bund", "DBL", FIRST, 21), {}, Refused, "outside the nights on sale, 2026-12-18 to 2027-01-07"),
    ("quote", STAY, {"rooms": 1.5}, InputError, "rooms is 1.5; a whole number of at least 1"),
    ("quote_many", ({**ASKED, "tier": [None]},), {}, InputError, "column tier is null"),
    ("quote_many", ({**ASKED, "rooms": [0]},), {}, InputError, "rooms is 0 in row 0"),
    ("quote_many", ({**ASKED, "hotel_id": ["Bnd"]},), {}, UnknownIdError, "row 0: hotel 'Bnd'"),
    ("calendar", ("Bnd",), {}, UnknownIdError, "did you mean 'Bund'"),
    ("calendar", ("Bund", 1.5), {}, InputError, "nights is 1.5; a stay has 1 to 365"),
    ("calendar", ("Bund", 1), {"rooms": 0}, InputError, "rooms is 0"),
    ("availability", ("Bund", FIRST, FIRST + timedelta(days=20)), {}, InputError, "inside the window"),
    ("house_fill", ("Bnd",), {}, UnknownIdError, "did you mean 'Bund'"),
    ("matrix", ("fre",), {}, InputError, "no counter 'fre'; use one of free, held, sold"),
    ("reprice", (), {"stays": [0]}, InputError, "stays is .0.; give one or more lengths of 1 to 365"),
    ("reprice", (), {"stays": [1.5]}, InputError, "stays is .1.5."),
    ("reprice", (), {"stays": "12"}, InputError, "stays is '12'"),
    ("reprice", (), {"stays": []}, InputError, "stays is"),
    ("reprice", (), {"tiers": []}, InputError, "tiers is .*public, gold"),
    ("reprice", (), {"tiers": "gold"}, InputError, "tiers is 'gold'"),
    ("reprice", (), {"city": "Xian"}, UnknownIdError, 'did you mean "Xi\'an"'),
    ("reprice", (), {"arrivals": (FIRST, FIRST - timedelta(days=1))}, InputError, "in order inside"),
    ("search", (FIRST, 21), {}, InputError, "outside the window; arrive from 2026-12-18 on, depart by 2027-01-07"),
    ("search", (FIRST - timedelta(days=1), 1), {}, InputError, "outside the window"),
    ("search", (FIRST,), {"departure": FIRST}, InputError, "is not after arrival"),
    ("search", (FIRST, 1), {"city": "Xian"}, UnknownIdError, 'did you mean "Xi\'an"'),
    ("search", (FIRST, 1), {"hotel_ids": ["Bnd"]}, UnknownIdError, "did you mean 'Bund'"),
    ("search", (FIRST, 1), {"plan": "flx"}, UnknownIdError, "plan is 'flx'"),
    ("search", (FIRST, 1), {"sort": "cheap"}, InputError, "sort is 'cheap'; use one of price, rating, distance"),
    ("search", (FIRST, 1), {"sort": "distance"}, InputError, "has no place; give near="),
    ("search", (FIRST, 1), {"top": 0}, InputError, "top is 0; give at least 1, or None"),
    ("search", (FIRST, 1), {"rooms": 0}, InputError, "rooms is 0; allowed are 1 to 10000"),
    ("search", (FIRST, 1), {"guests": nan}, InputError, "guests is nan"),
    ("search", (FIRST, 1), {"currency": "USD"}, InputError, "no rate for USD"),
    ("search", (FIRST, 1), {"price_max_minor": 100.5}, InputTypeError, "price_max_minor is 100.5; whole minor units"),
    ("search", (FIRST, 1), {"price_min_minor": nan}, InputTypeError, "price_min_minor is nan"),
    ("search", (FIRST, 1), {"price_max_minor": Decimal(100)}, InputTypeError, "price_max_minor is Decimal"),
    ("search", (FIRST, 1), {"price_max_minor": -1}, InputError, "price_max_minor is -1; allowed are 0 to"),
    ("search", (FIRST, 1), {"price_max_minor": 10**30}, InputError, "price_max_minor is 1000"),
    ("search", (FIRST, 1), {"stars_min": nan}, InputError, "stars_min is nan"),
    ("search", (FIRST, 1), {"stars_min": "4"}, InputTypeError, "stars_min is '4'"),
    ("search", (FIRST, 1), {"near": (34.0, 108.0)}, InputError, "near is .34.0, 108.0.; give .latitude"),
    ("search", (FIRST, 1), {"near": (nan, 0.0, 1.0)}, InputError, "not on the globe"),
]


@pytest.mark.parametrize(("what", "given", "more", "error", "words"), QUESTIONS)
def test_a_question_that_cannot_be_answered(engine, what, given, more, error, words):
    with refused(engine, error, words):
        getattr(engine, what)(*given, **more)


def test_one_hotel_may_be_named_as_a_text(engine):
    assert engine.search(FIRST, 1, hotel_ids="Bund").hotels_considered == 1


def test_stars_of_zero_are_a_demand_for_stars(engine):
    """A hotel without stars fails every demand for stars, also the smallest."""
    assert engine.search(FIRST, 1, stars_min=0).hotels_considered == 1


@pytest.mark.parametrize("call", [lambda e: e.quote(*STAY), lambda e: e.search(FIRST, 1), lambda e: e.calendar("Bund")])
def test_without_a_book_there_are_no_prices(call):
    engine = engine_of(WORLD, FIRST, NIGHTS, worlds.NOW_MS)
    with refused(engine, InputError, "no rule book is published; call engine.publish"):
        call(engine)
    with refused(engine, InputError, "no rule book is published"):
        engine.reprice()


def test_a_book_with_mistakes_leaves_the_published_one(engine):
    for book, words in (
        ({"book": {"name": "x"}, "seson": []}, "Did you mean season"),
        (5, "the source is a int"),
        ({**BOOK, "currencies": {"CNY": "1"}}, "EUR, which has no rate"),
    ):
        with refused(engine, InputError, words):
            engine.publish(book)


def test_a_book_compiled_for_another_catalogue_or_window_is_not_published(engine):
    """Its tables would be read beyond their ends."""
    small = {**WORLD, "products": WORLD["products"][:2]}
    for other in (engine_of(small, FIRST, NIGHTS, worlds.NOW_MS), engine_of(WORLD, FIRST, 5, worlds.NOW_MS)):
        compiled = other.publish(BOOK).compiled
        with refused(engine, InputError, "compiled for .* the engine has"):
            engine.publish(compiled)
    assert engine.publish(engine._version.compiled).digest == engine._version.digest


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"nights": 0}, InputError, "nights is 0; a window has 1 to 1500"),
        ({"nights": 1.5}, InputTypeError, "nights is 1.5"),
        ({"slots": 0}, InputError, "slots is 0"),
        ({"slots": 1e3}, InputTypeError, "slots is 1000.0"),
        ({"retention_ms": -1}, InputError, "retention_ms is -1"),
        ({"retention_ms": nan}, InputTypeError, "retention_ms is nan"),
        ({"first_night": "18.12.2026"}, InputError, "yyyy-mm-dd"),
        ({"first_night": date(9999, 12, 30)}, InputError, re.escape("9999")),
    ],
)
def test_a_store_that_cannot_be_made(engine, more, error, words):
    with pytest.raises(error, match=words):
        Engine.in_memory(engine.catalog, **{"first_night": FIRST, "nights": NIGHTS, **more})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"products": [{**WORLD["products"][0], "base_minor": -5}, *WORLD["products"][1:]]}, "-5 is outside 1..1,000"),
        ({"products": [{**WORLD["products"][0], "base_minor": 5.5}, *WORLD["products"][1:]]}, "5.5 is of type Float64"),
        ({"hotels": [*WORLD["hotels"], WORLD["hotels"][0]]}, "'Bund' comes a second time"),
        ({"products": [*WORLD["products"], WORLD["products"][2]]}, "'early' comes a second time"),
    ],
)
def test_a_catalogue_that_cannot_be(change, words):
    with pytest.raises(CatalogError, match=words):
        engine_of({**WORLD, **change}, FIRST, NIGHTS, worlds.NOW_MS)
