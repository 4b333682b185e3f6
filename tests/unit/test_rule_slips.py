"""Books that are right and mean something else than their author thinks get a sentence, and are taken."""

from __future__ import annotations

from nightgrid.pricing import load_book
from nightgrid.pricing.rule_warnings import book_warnings


def test_signs_and_fractions_that_are_likely_slips_are_named():
    book = load_book("""
[book]
tiers = ["public", "gold"]
[[season]]
name = "Summer"
percent = 0.2
[[demand]]
name = "Yield"
fill = [0, 0.5, 0.8]
percent = [[0], [5], [10]]
[[lead_time]]
name = "Late"
bands = [{from_days = 0, to_days = 2, percent = 8}, {from_days = 3, percent = "-0.5"}]
[[member_tier]]
name = "Members"
percent = {gold = 5}
[[promotion]]
name = "Autumn"
percent = 10
[[promotion]]
name = "Third night"
nth_night = {n = 3, percent = 50}
""")
    assert book_warnings(book) == [
        'season 1 "Summer", percent: 0.2 is less than one percent; 20 would be +20 %',
        'lead_time 1 "Late", bands 2, percent: -0.5 is less than one percent; -50 would be -50 %',
        'member_tier 1 "Members", percent, gold: 5 makes the price dearer; a discount is below 0, like -5',
        'promotion 1 "Autumn", percent: 10 makes the price dearer; a discount is below 0, like -10',
        'promotion 2 "Third night", nth_night, percent: 50 makes the price dearer; a discount is below 0, like -50',
        'demand 1 "Yield", fill: edges are percents of the house; 0.8 is nearly empty, 50 is half full',
    ]  # fmt: skip


def test_ordinary_books_have_none():
    book = load_book("""
[[season]]
name = "Summer"
percent = 35
[[demand]]
name = "Yield"
fill = [0, 1, 50]
percent = [[0], [5], [10]]
[[promotion]]
name = "Autumn"
percent = -10
""")
    assert book_warnings(book) == []
