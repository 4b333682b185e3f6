"""A key that cannot be read hides no other mistake of its table, of its list, or of the book."""

from __future__ import annotations

from nightgrid.pricing.model import STAGE_KINDS
from tests.unit.rule_books import mistakes

PARTS = """\
[book]
name = 5
tiers = ["public", "gold"]
display_currency = "EUR"
[currencies]
CNY = 1
[[pipeline.stage]]
kind = "base"
[[pipeline.stage]]
kind = "seson"
[[pipeline.stage]]
kind = "promotion"
[[pipeline.stage]]
kind = "bounds"
[[pipeline.stage]]
kind = "bounds"
[rounding]
policy = "night"
mode = "up and down"
[[promotion]]
name = "Autumn"
percent = 2000
off = {CNY = 5}
tiers = ["brass"]
excludes = ["Winter", "Autum"]
min_spend = {CNY = 1}
[[promotion]]
name = "Autumn"
percent = "x"
[[season]]
percent = 1
group = "1"
[[season]]
name = "b"
percent = 1
group = "2"
[[season]]
name = "c"
percent = 1
group = "3"
[[season]]
name = "d"
percent = 1
group = "4"
"""
STAGES = f"'seson' is not one of {', '.join(STAGE_KINDS[:-1])} or {STAGE_KINDS[-1]}"


def test_what_is_wrong_between_keys_is_told_beside_a_key_that_cannot_be_read():
    found = mistakes("""\
[[tax]]
name = "City"
percent = 5
amount = {CNY = "1.234"}
per = "stay"
min_age = 200
nights_max = 3
[[free_nights]]
name = "Four for three"
stay = 3
pay = 5
which = "lst"
applies = "any"
[[bounds]]
name = "Guard"
floor_percent = 90
ceiling_percent = 80
floor = {CNY = 900}
ceiling = {CNY = 800}
priority = "high"
""")
    assert [(line, problem) for line, _, problem in found] == [
        (1, "it has both percent and amount"),  # the amount is given, if in too many decimals
        (1, "min_age is for amounts per person"),
        (1, "nights_max is for amounts per night"),
        (4, "amount '1.234' has 3 decimals; CNY has 2"),
        (6, "200 is above 120"),
        (8, 'applies = "any" says how stay_dates fit, and there are none'),
        (8, "stay 3 pay 5 gives no night"),
        (12, "'lst' is not one of cheapest, last or every_nth"),
        (14, "floor_percent 90 is above ceiling_percent 80"),
        (14, "floor is above ceiling in CNY"),
        (20, "'high' is not a whole number"),
    ]


def test_a_key_that_cannot_be_read_is_there_all_the_same():
    """So nobody is told to add what stands in the file."""
    found = mistakes("""\
[[promotion]]
name = "Autumn"
percent = "many"
[[lead_time]]
name = "Early"
bands = [{from_days = -1, percent = 5}]
[[extra_guests]]
name = "Guests"
adult_percent = 5000
children = [{to_age = 5, percent = 50}]
[[member_tier]]
name = "Members"
percent = {public = "few"}
[[tax]]
name = "GST"
percent = 5
brackets = {from = {CNY = "x"}}
[rounding]
endings = [9, "99"]
""")
    assert [line for line, _, _ in found] == [3, 6, 9, 13, 17, 19]


def test_a_list_is_judged_by_the_entries_that_can_be_read():
    found = mistakes("""\
[[lead_time]]
name = "Early"
bands = [
  {from_days = 0, percent = 5},
  {from_days = "soon", percent = 1},
  {from_days = 30, percent = 5000},
]
[[length_of_stay]]
name = "Longer"
bands = [{from_nights = 3, percent = 5}, {from_nights = 3, percent = "x"}, {from_nights = 7, price = {CNY = 1}}]
[[promotion]]
name = "Full reduction"
spend = [
  {from = {CNY = 100}, off = {CNY = 200}},
  {from = {CNY = 50}, off = {CNY = -1}},
]
[currencies]
CNY = 1
EUR = [{rate = 0}, {from = 2027-01-02, rate = 2}, {from = 2027-01-01, rate = 2}]
""")
    assert [(line, problem) for line, _, problem in found] == [
        (3, "the band from 0 days has no end and overlaps the band from 30 days"),
        (5, "'soon' is not a whole number"),
        (6, "percent 5000 is outside -100..900"),
        (10, "percent 'x' is not a plain number"),
        (10, "two bands start from 3 nights"),
        (10, "some bands have a percent and some a price"),
        (13, "threshold 50 CNY stands after 100 CNY"),
        (14, "off is above from in CNY"),
        (15, "amount -1 CNY is negative"),
        (19, "rate 0 is outside 1/10^12..10^12"),
        (19, "the rate from 2027-01-01 stands after the rate from 2027-01-02"),
    ]


def test_what_is_wrong_between_parts_is_told_beside_parts_that_cannot_be_read():
    found = mistakes(PARTS)
    assert [(line, problem) for line, _, problem in found] == [
        (2, "5 is a int, not text"),
        (4, "display currency EUR has no rate"),
        (10, STAGES),
        (13, "bounds is of a night, and stands after promotion, which is of the stay"),
        (15, "stage bounds stands there before, as stage 4"),
        (19, "'up and down' is not one of half_up, half_even, half_down, up, down, ceiling or floor"),
        (20, "it has more than one discount: percent, off"),
        (22, "percent 2000 is outside -100..900"),
        (23, 'policy = "night" rounds each night alone, and any discount but percent is of the whole stay'),
        (24, "tier 'brass' is not known"),
        (25, "there is no promotion 'Winter'"),
        (25, "there is no promotion 'Autum'"),
        (26, 'policy = "night" rounds each night alone, and min_spend is of the whole stay'),
        (28, "promotion 'Autumn' stands there before"),
        (29, "percent 'x' is not a plain number"),
        (30, "it is missing"),
        (44, "group '4' is one too many"),
    ]


def test_nothing_is_made_up_where_a_part_cannot_be_read():
    """A tier, a stage, a promotion that may be the unreadable one is not called missing."""
    found = mistakes("""\
[book]
tiers = ["public", 5]
[[pipeline.stage]]
kind = "base"
[[pipeline.stage]]
kind = 7
[[pipeline.stage]]
kind = "lead_time"
of = "season"
[[season]]
name = "Season"
percent = 1
[[promotion]]
name = "Members only"
percent = -5
tiers = ["gold"]
requires = ["Other"]
[[promotion]]
name = "Other"
percent = -5
class = 3
""")
    assert [line for line, _, _ in found] == [2, 6, 21]
