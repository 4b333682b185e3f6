"""Every golden price case through reading, compiling and explaining, as a file would go."""

from __future__ import annotations

import pytest

from nightgrid.money import convert_minor
from nightgrid.nights import to_ordinal
from nightgrid.pricing import compile_book, load_book
from nightgrid.pricing.explain import explain
from tests.engines import catalog_of
from tests.golden.loader import price_cases


@pytest.mark.parametrize("case", price_cases(), ids=lambda case: case.name)
def test_the_explanation_adds_up_to_the_golden_price(case):
    catalog = catalog_of(case.world.hotels, case.world.room_types, case.world.products)
    book = load_book(load_book(case.world.book).canonical_json())
    compiled = compile_book(book, catalog, to_ordinal(case.world.first_night), case.world.nights)
    product = catalog.product_index(*(case.product[key] for key in ("hotel_id", "room_type_id", "plan_id")))
    tier = compiled.tiers[0] if case.tier is None else case.tier
    explanation = explain(compiled, catalog, product, to_ordinal(case.arrival), case.nights, case.lead_days, tier)

    assert explanation.total_minor == case.expect["total_minor"]
    assert list(explanation.nights_minor) == case.expect.get("nights_minor", list(explanation.nights_minor))
    assert sum(line.amount for line in explanation.lines) == explanation.total_minor == sum(explanation.nights_minor)
    if "display_minor" in case.expect:
        shown = case.display_currency or compiled.display_currency
        rate = compiled.rates[explanation.currency] / compiled.rates[shown]
        assert convert_minor(explanation.total_minor, rate, explanation.currency, shown) == case.expect["display_minor"]
