"""One price of a book without a chain: which product, which plans, and what cannot be asked."""

from __future__ import annotations

import pytest

from nightgrid.errors import InputError, RuleBookError
from nightgrid.pricing import load_book
from nightgrid.pricing.trial import try_book

BOOK = """
[book]
tiers = ["public", "gold"]
[[season]]
name = "East"
where = {region = ["east"]}
percent = 10
[[season]]
name = "Own holidays"
group = "b"
holidays = ["*"]
percent = 50
[[derived]]
name = "Member"
where = {plan = ["member"]}
from_plan = "standard"
percent = -10
[[member_tier]]
name = "Members"
plan = {gold = "member"}
"""


def test_the_product_is_where_the_caller_says():
    assert try_book(BOOK, "100.00").total_minor == 100_00
    assert try_book(BOOK, "100.00", where={"region": "east"}).total_minor == 110_00
    assert try_book(BOOK, 100, where={"plan": "member"}).total_minor == 90_00
    assert try_book(BOOK, 100, tier="gold").total_minor == 90_00
    assert try_book(BOOK, 100, arrival="2026-10-01", country="CN").total_minor == 150_00
    assert try_book(BOOK, 100, currency="JPY").total_minor == 100


def test_a_derived_plan_needs_no_price_of_its_own():
    assert try_book(load_book(BOOK), {"standard": "200.00"}, tier="gold").total_minor == 180_00
    with pytest.raises(InputError, match="base has no price for the plan other"):
        try_book(BOOK, {"standard": "200.00"}, where={"plan": "other"})


def test_what_cannot_be_asked_is_named():
    with pytest.raises(InputError, match="where has floor; use the keys group, brand"):
        try_book(BOOK, 100, where={"floor": "3"})
    with pytest.raises(InputError, match="nights 0 is outside"):
        try_book(BOOK, 100, nights=0)
    with pytest.raises(InputError, match="nights 366 is outside"):
        try_book(BOOK, 100, nights=366)
    with pytest.raises(InputError, match="has 3 decimals"):
        try_book(BOOK, "12.555")
    with pytest.raises(RuleBookError):
        try_book("[[season]]\n", 100)
