"""The golden cases of the price book through reading, explanation and engine.

A case that the engine could not ask would be skipped with the reason; `STILL_SKIPPED`, a ratchet, says there is none.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from nightgrid import InputError, Outcome, Refused, RuleBookError
from nightgrid.asking import GuestQuestion
from nightgrid.engine import Engine
from nightgrid.pricing import load_book
from tests.engines import catalog_of, columns
from tests.explained import explained, price_data_of, source_of
from tests.golden.loader import PriceCase, book_cases
from tests.golden.test_golden_engine import ids_of, noon_ms, open_engine

BOOKS = book_cases()
#: A ratchet: how many cases the engine may still leave out.
STILL_SKIPPED = 0
skipped: list[str] = []
#: The engine of the case before, which often is about the same world on the same day.
last_engine: dict[tuple[int, int], Engine] = {}


def skip(case: PriceCase, reason: str):
    skipped.append(case.name)
    pytest.skip(reason)


def engine_for(case: PriceCase):
    """The engine on the day of booking, with the book and the data of the case."""
    lacking = set(case.asking) - set(GuestQuestion.__annotations__)
    if lacking:
        skip(case, f"the engine's quote has no argument {', '.join(sorted(lacking))}")
    for data in ("base_prices", "price_overrides"):
        if getattr(case.world, data) and not hasattr(Engine, f"set_{data}"):
            skip(case, f"the engine has no set_{data}")
    key = (id(case.world), noon_ms(case))
    if key not in last_engine:
        last_engine.clear()
        try:
            engine = open_engine(case.world, noon_ms(case))
            if case.world.base_prices:
                engine.set_base_prices(columns(case.world.base_prices))
            if case.world.price_overrides:
                engine.set_price_overrides(columns(case.world.price_overrides))
        except (RuleBookError, InputError) as error:
            if "not computed yet" not in str(error):
                raise
            skip(case, "the book has what is not computed yet")
        last_engine[key] = engine
    return last_engine[key]


@pytest.mark.parametrize("case", BOOKS, ids=lambda case: case.name)
def test_the_book_of_the_case_is_one(case: PriceCase):
    book = load_book(case.world.book)
    assert load_book(book.canonical_json()).digest == book.digest


# The scope lets pytest run the two tests of a case one after the other, so that its engine is made once.
@pytest.mark.parametrize("case", BOOKS, ids=lambda case: case.name, scope="module")
def test_a_quote_is_the_golden_price(case: PriceCase):
    engine = engine_for(case)
    expect = {key: tuple(value) if isinstance(value, list) else value for key, value in case.expect.items()}
    outcome = expect.pop("outcome", "OK")

    asked = {"plan_id": case.product["plan_id"], "tier": case.tier, **case.asking}
    if outcome != "OK":
        with pytest.raises(Refused) as refused:
            engine.quote(*ids_of(case), case.arrival, case.nights, **asked)
        assert refused.value.outcome.name == outcome
        return

    quote = engine.quote(*ids_of(case), case.arrival, case.nights, **asked)

    assert quote.lead_days == case.lead_days
    assert sum(quote.nights_minor) == quote.total_minor
    expect.pop("display_minor", None)
    told = {key for key in expect if hasattr(quote, key)}
    assert {key: getattr(quote, key) for key in told} == {key: expect[key] for key in told}
    assert engine.explain(quote).nights_minor == quote.nights_minor  # it raises where any other amount differs
    if told != set(expect):
        skip(case, f"the quote does not tell {', '.join(sorted(set(expect) - told))}")


@pytest.mark.parametrize("case", BOOKS, ids=lambda case: case.name, scope="module")
def test_a_quote_among_many_is_the_golden_price(case: PriceCase):
    """Asked on a later day, as if it were the day of the booking."""
    engine = engine_for(case)
    line = dict(zip(("hotel_id", "room_type_id"), ids_of(case), strict=True))
    line |= {"arrival": case.arrival, "nights": case.nights, "plan_id": case.product["plan_id"]}
    line |= {"booking_date": case.arrival - timedelta(days=case.lead_days), **case.asking}
    line |= {} if case.tier is None else {"tier": case.tier}

    answers = engine.quote_many({key: [value] for key, value in line.items()})

    assert answers["outcome"].to_list() == [Outcome[case.expect.get("outcome", "OK")]]
    if "total_minor" in case.expect:
        assert answers["total_minor"].to_list() == [case.expect["total_minor"]]


@pytest.mark.parametrize("case", BOOKS, ids=lambda case: case.name)
def test_the_explanation_adds_up_to_the_golden_price(case: PriceCase):
    world = case.world
    catalog = catalog_of(world.hotels, world.room_types, world.products)
    data = price_data_of(catalog, world.first_night, world.base_prices, world.price_overrides)
    source = source_of(load_book(world.book), catalog, world.first_night, world.nights, data)
    asked = (source, case.product, case.arrival, case.nights, case.lead_days, case.tier)
    expect = {key: tuple(value) if isinstance(value, list) else value for key, value in case.expect.items()}
    outcome = expect.pop("outcome", "OK")
    expect.pop("display_minor", None)

    if outcome != "OK":
        with pytest.raises(Refused) as refused:
            explained(*asked, **case.asking)
        assert refused.value.outcome.name == outcome
        return
    why = explained(*asked, **case.asking)

    assert {key: getattr(why, key) for key in expect} == expect
    assert sum(line.amount for line in why.lines) == why.payable_minor
    assert sum(why.nights_minor) == why.total_minor


def test_the_engine_leaves_out_no_more_than_it_may():
    print(f"{len(set(skipped))} of {len(BOOKS)} golden cases of the second edition wait for the engine")
    assert len(set(skipped)) <= STILL_SKIPPED
