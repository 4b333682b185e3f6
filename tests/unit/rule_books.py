"""One rule book with every kind of rule, as TOML text and as parsed JSON; and what a wrong one is told."""

from __future__ import annotations

import pytest

from nightgrid.errors import RuleBookError
from nightgrid.pricing import load_book

BOOK = """\
[book]
name = "Spring 2027"
tiers = ["public", "silver", "gold"]
display_currency = "CNY"

[rounding]
policy = "step"
mode = "half_even"
increment_minor = 100

[currencies]
CNY = 1
EUR = 7.85

[[season]]
name = "Golden Week"
group = "calendar"
dates = [{from = 2026-10-01, to = 2026-10-08}]
weekdays = ["fri", "sat"]
holidays = ["CN:National Day", "*"]
days_before = 1
percent = 35.50
priority = 2

  [season.where]
  region = ["east"]
  hotel = ["h1", "h2"]

[[length_of_stay]]
name = "Weekly"
bands = [{from_nights = 3, percent = -5}, {from_nights = 7, percent = -12}]

[[lead_time]]
name = "Early bird"
bands = [{from_days = 0, to_days = 2, percent = 8}, {from_days = 60, percent = -10}]

[[member_tier]]
name = "Members"
percent = {silver = -3, gold = -6}

[[bounds]]
name = "Guard"
floor_percent = 60
ceiling = {CNY = "99999.00", JPY = 800000}
"""

AS_JSON = {
    "book": {"name": "Spring 2027", "tiers": ["public", "silver", "gold"], "display_currency": "CNY"},
    "rounding": {"policy": "step", "mode": "half_even", "increment_minor": 100},
    "currencies": {"CNY": "1", "EUR": "157/20"},
    "season": [
        {
            "name": "Golden Week",
            "group": "calendar",
            "dates": [{"from": "2026-10-01", "to": "2026-10-08"}],
            "weekdays": ["fri", "sat"],
            "holidays": ["cn:National Day", "*"],
            "days_before": 1,
            "percent": "35.5",
            "priority": 2,
            "where": {"hotel": ["h1", "h2"], "region": ["east"]},
        }
    ],
    "length_of_stay": [
        {"name": "Weekly", "bands": [{"from_nights": 3, "percent": -5}, {"from_nights": 7, "percent": "-12.00"}]}
    ],
    "lead_time": [
        {
            "name": "Early bird",
            "bands": [{"from_days": 0, "to_days": 2, "percent": 8}, {"from_days": 60, "percent": -10}],
        }
    ],
    "member_tier": [{"name": "Members", "percent": {"gold": -6, "silver": -3}}],
    "bounds": [{"name": "Guard", "floor_percent": 60.0, "ceiling": {"CNY": "99999", "JPY": "800000"}}],
}


def mistakes(source):
    """(line, place, problem) of every mistake that the source has."""
    with pytest.raises(RuleBookError) as caught:
        load_book(source)
    return [(mistake.line, mistake.place, mistake.problem) for mistake in caught.value.mistakes]


def only_mistake(source):
    found = mistakes(source)
    assert len(found) == 1, found
    return found[0]
