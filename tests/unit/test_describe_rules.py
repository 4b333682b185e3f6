"""A rule in a few words: every kind, and what its words depend on."""

from __future__ import annotations

from pathlib import Path

import pytest

from nightgrid.pricing import load_book
from nightgrid.pricing.describe import rule_text, scope_text
from nightgrid.pricing.model import RULE_KINDS
from tests.docs.blocks import blocks


def described(kind, keys):
    book = load_book(f'[[{kind}]]\nname = "x"\n{keys}\n')
    return rule_text(book.rules(kind)[0])


@pytest.mark.parametrize(
    ("kind", "keys", "text"),
    [
        ("season", 'percent = -5\nweekdays = ["fri", "sat"]\ngroup = "w"', "-5 %, fri or sat, group w"),
        ("season", 'percent = 0\nholidays = ["*"]', "0 %, holidays *"),
        (
            "season",
            'percent = 5\nholidays = ["CN"]\ndays_before = 1\ndays_after = 2',
            "+5 %, holidays CN, 1 day before, 2 days after",
        ),
        (
            "bounds",
            'floor_percent = 60\nfloor = {CNY = 80}\nceiling = {EUR = "9.50"}',
            "at least 60 % and 80.00 CNY, at most 9.50 EUR",
        ),
        ("derived", 'from_plan = "a"\nwhere.plan = ["b"]\namount = {JPY = -50}', "from plan a, -50 JPY"),
        (
            "extra_guests",
            "adult_percent = 20\nchildren = [{to_age = 5, percent = 0}]",
            "above 2 guests 20 % an adult, to age 5 free",
        ),
        (
            "lead_time",
            "bands = [{from_days = 0, to_days = 2, percent = 8}, {from_days = 9, percent = -1}]",
            "0..2 days +8 %, 9 days or more -1 %",
        ),
        ("free_nights", 'stay = 4\npay = 3\nwhich = "every_nth"', "stay 4 pay 3, every nth"),
        ("promotion", "nth_night = {n = 3, percent = -50}", "-50 % on every 3. night, class base"),
        (
            "promotion",
            "night_percent = {percent = -5, nights = [1, 2]}\nof = 'base'",
            "-5 % on night 1 and 2, of base, class base",
        ),
        ("promotion", 'percent = -5\nmin_spend = {CNY = 100}\nclass = "any"', "-5 %, from 100.00 CNY, class any"),
        ("package", "price = {CNY = 5}\nper = 'night'\nmandatory = true", "5.00 CNY per night, in every price"),
        (
            "points",
            "rate = {points = 1000, value = {CNY = 8}}",
            "1,000 points pay 8.00 CNY, at most 100 % of the price",
        ),
        (
            "promotion",
            'night_percent = {percent = -5, nights = "dearest", count = 2}\nfloor = {CNY = 9}',
            "-5 % on the 2 dearest nights, not below 9.00 CNY, class base",
        ),
        (
            "promotion",
            'free_nights = {stay = 4, pay = 3, which = "last", repeat = false}',
            "stay 4 pay 3, last, once, class base",
        ),
        (
            "stay_prices",
            "guests = 2\nlengths = [{nights = 1, price = {CNY = 9}}, {nights = 2, to_nights = 3, price = {CNY = 8}}]",
            "1 night 9.00 CNY, 2 to 3 nights 8.00 CNY, up to 2 guests",
        ),
        (
            "free_nights",
            "stay = 4\npay = 3\nrooms_left = {max = 2}",
            "stay 4 pay 3, cheapest, at most 2 rooms left",
        ),
        ("stay_bounds", "floor_percent = 50\nfloor_per_night = {CNY = 9}", "at least 50 % and 9.00 CNY a night"),
        (
            "stay_bounds",
            "ceiling = {CNY = 900}\nnights = {min = 2}\npriority = 1",
            "at most 900.00 CNY, 2 or more nights, priority 1",
        ),
        ("tax", 'percent = "8.875"\nof = "cumulative"', "8.875 %, on net and the taxes before"),
        ("tax", 'amount = {CNY = 9}\nper = "person_stay"\nmin_age = 16', "9.00 CNY per person, from age 16"),
    ],
)
def test_rules_in_a_few_words(kind, keys, text):
    assert described(kind, keys) == text


def test_every_rule_of_the_reference_has_words_of_its_own():
    page = Path(__file__).parents[2] / "docs" / "rules-every-key.md"
    (text,) = (block.text for block in blocks(page.read_text(encoding="utf-8")) if block.language == "toml")
    book = load_book(text)
    texts = [rule_text(rule) for kind in RULE_KINDS for rule in book.rules(kind)]
    assert len(set(texts)) == len(texts) > 20
    assert all(texts)


def test_a_scope_in_a_few_words():
    book = load_book('[[season]]\nname = "x"\npercent = 1\nwhere = {plan = ["b"], region = ["east", "west"]}\n')
    assert scope_text(book.season[0].where) == "region east or west; plan b"
    assert scope_text(load_book('[[season]]\nname = "x"\npercent = 1\n').season[0].where) == "all"
