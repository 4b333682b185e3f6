"""Bounds of compiled books: what cannot be priced exactly is refused by stage; the tables mean what explain says."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nightgrid.errors import RuleBookError
from nightgrid.limits import PRICE_MINOR_MAX
from nightgrid.money import RoundingMode
from nightgrid.nights import to_ordinal
from nightgrid.pricing import Policy
from nightgrid.pricing.explain import explain
from nightgrid.pricing.mistakes import with_lines
from tests.unit.chains import FIRST_NIGHT, chain, compiled, season, table_price

FINE = "0.01"  # a percent with two decimals: the factor needs a denominator of 10,000


def groups(percent, count=3):
    return [season(percent, group=str(number)) for number in range(count)]


def stay_rules(los, lead, tier):
    return {
        "length_of_stay": [{"name": "x", "bands": [{"from_nights": 1, "percent": los}]}],
        "lead_time": [{"name": "x", "bands": [{"from_days": 0, "percent": lead}]}],
        "member_tier": [{"name": "x", "percent": {"public": tier}}],
    }


def refusals(book, **world):
    """The stages that a book is refused for; its mistakes name the product that shows it."""
    n_nights, hotels = world.pop("n_nights", 365), [{}] * world.pop("hotels", 1)
    with pytest.raises(RuleBookError) as caught:
        compiled(book, chain(*hotels, **world), n_nights=n_nights)
    assert all(mistake.fix for mistake in caught.value.mistakes)
    return [mistake.place for mistake in caught.value.mistakes]


def test_the_longest_stay_may_cost_exactly_the_largest_price():
    # 365 x 273,972,602 = 99,999,999,730 and one more a night is 100,000,000,095 > 10^11.
    assert compiled({}, chain(base_minor=273_972_602), n_nights=365).n_nights == 365
    with pytest.raises(RuleBookError) as caught:
        compiled({}, chain(base_minor=273_972_603), n_nights=365)
    assert str(caught.value) == (
        'rule book "unnamed": 1 mistake\n  total of the longest stay: a stay of up to 365 nights can reach '
        "1000000000.95 CNY for h1/double/standard (base 2739726.03 CNY); a price is at most 1000000000.00 CNY. "
        "Lower the percents or the floor, set a ceiling, correct the base price, or shorten the window"
    )
    # A shorter window, a ceiling, or a discount that every long stay gets keep the same base in the bounds.
    assert compiled({}, chain(base_minor=273_972_603), n_nights=364)
    assert compiled({"bounds": [{"name": "x", "ceiling": {"CNY": 2_000_000}}]}, chain(base_minor=10**9), n_nights=365)
    weekly = {"name": "x", "bands": [{"from_nights": 30, "percent": -10}]}
    assert compiled({"length_of_stay": [weekly]}, chain(base_minor=273_972_603), n_nights=365)


def test_the_rule_behind_a_bound_is_named_and_found_in_the_file():
    text = """
[[season]]
name = "Quiet"
percent = -10
weekdays = ["mon"]
[[season]]
name = "Dear"
percent = 50
[[lead_time]]
name = "Late"
bands = [{from_days = 0, percent = 5}]
"""
    with pytest.raises(RuleBookError) as caught:
        compiled(tomllib.loads(text), chain(base_minor=273_972_602), n_nights=365)
    (mistake,) = with_lines(caught.value, text).mistakes
    assert (mistake.place, mistake.line) == ("total of the longest stay", 6)
    assert mistake.problem.endswith('; the most of it comes from season 2 "Dear"')


def test_a_floor_counts_as_a_price():
    guard = {"bounds": [{"name": "x", "floor": {"CNY": "2739726.03"}}]}
    assert refusals(guard, base_minor=1) == ["total of the longest stay"]


@pytest.mark.parametrize(
    ("book", "world", "stage"),
    [
        # 10,001^3 x 10,000 minor units = 10^16 > 2^53
        ({"season": groups(FINE)}, {"base_minor": 10_000, "n_nights": 1}, "season, numerator of a night"),
        # 10,000^3 x 3,000 = 3 x 10^15 > 2^51
        (
            {"season": groups(FINE), "rounding": {"increment_minor": 3_000}},
            {"base_minor": 1, "n_nights": 1},
            "season, denominator",
        ),
        (
            stay_rules(FINE, FINE, FINE) | {"rounding": {"increment_minor": 3_000}},
            {"base_minor": 1, "n_nights": 1},
            "length_of_stay x lead_time x member_tier, denominator",
        ),
        # Unrounded nights over 10^8: 365 x 300,000 x 10^8 > 2^53, while one night is not.
        (
            {"season": groups(FINE, 2), "rounding": {"policy": "total"}},
            {"base_minor": 300_000},
            "subtotal of the longest stay",
        ),
        # Three fine groups, for the hotel with the base of 1, need a scale of 10^12. The other hotel is free, so its
        # nights are 0, but 1000 % of 10^5 is 10^6 x 10^12 x 100 > 2^62.
        (
            {
                "season": [*groups(FINE), season(-100, priority=1, group="0", where={"hotel": ["h2"]})],
                "rounding": {"policy": "night"},
                "bounds": [{"name": "x", "ceiling_percent": 1000}],
            },
            {"hotels": 2, "base_minor": [1, 10**5], "n_nights": 1},
            "bounds, ceiling of a night",
        ),
        # The floor of 100,000,000 yuan is 10^10 x 10^8 > 2^53.
        (
            {
                "season": groups(FINE, 2),
                "rounding": {"policy": "night"},
                "bounds": [{"name": "x", "floor": {"CNY": 100_000_000}}],
            },
            {"base_minor": 1, "n_nights": 1},
            "bounds, price of a night",
        ),
        # 365 x 10^12 x 10 x 10 > 2^50 on the way to a total of nothing.
        (
            {"season": groups(900), "rounding": {"policy": "step"}, **stay_rules(900, 900, -100)},
            {"base_minor": 10**9},
            "length_of_stay, lead_time, member_tier, an amount between them",
        ),
    ],
)
def test_each_stage_that_leaves_its_bound_is_named(book, world, stage):
    assert refusals(book, **world) == [stage]


@pytest.mark.parametrize(
    ("policy", "percent", "bounds", "scale"),
    [
        ("default", FINE, {"floor_percent": 60}, 1),
        ("step", FINE, {"floor_percent": 60}, 1),
        ("night", 35, None, 100),
        ("night", 10, {"floor": {"CNY": 1}}, 10),  # an amount needs no decimals
        ("night", 10, {"floor_percent": 60}, 100),
        ("total", 10, {"ceiling_percent": "262.5"}, 1_000),
        ("total", "1.25", {"floor_percent": "0.01"}, 10_000),
        ("total", FINE, {"floor_percent": 60}, 10_000),
        ("total", 900, None, 1),
    ],
)
def test_unrounded_nights_are_kept_over_the_smallest_scale(policy, percent, bounds, scale):
    book = {"rounding": {"policy": policy}, "season": [season(percent)]}
    if bounds:
        book["bounds"] = [{"name": "x", **bounds}]
    assert compiled(book).night_scale == scale


def test_a_ceiling_that_no_price_reaches_is_none():
    book = {
        "rounding": {"policy": "night"},
        "season": groups(FINE, 2),  # nights are kept over 10^8, so exact prices are below 2^53 / 10^8 = 90,071,992
        "bounds": [{"name": "x", "ceiling": {"CNY": "900719.92", "EUR": "900719.93"}}],
    }
    tables = compiled(book, chain({"currency": "CNY"}, {"currency": "EUR"}, base_minor=1))
    assert tables.bounds_ceiling_minor[tables.bounds_set].tolist() == [90_071_992, -1]


def test_a_window_of_one_night_allows_what_a_year_does_not():
    book = {"season": groups(900)}
    assert compiled(book, chain(base_minor=10**8), n_nights=1).season_num.max() == 1_000
    assert refusals(book, base_minor=10**8, n_nights=2) == ["total of the longest stay"]
    assert PRICE_MINOR_MAX == 10**11


PERCENTS = st.integers(-100, 150) | st.integers(-10_000, 20_000).map(lambda bp: f"{bp / 100:.2f}")
BOUNDS = st.fixed_dictionaries(
    {"name": st.just("guard")},
    optional={
        "floor_percent": st.sampled_from([0, 60, "72.5", "99.99"]),
        "ceiling_percent": st.sampled_from([100, 150, "133.33"]),
        "floor": st.sampled_from([{"CNY": "123.45"}, {"CNY": 0, "EUR": 1}]),
        "ceiling": st.sampled_from([{"CNY": "150.05"}, {"CNY": 400}]),
    },
).filter(lambda rule: len(rule) > 1)
BOOKS = st.fixed_dictionaries(
    {
        "book": st.just({"tiers": ["public", "gold"]}),
        "rounding": st.fixed_dictionaries(
            {
                "policy": st.sampled_from(list(Policy)),
                "mode": st.sampled_from(list(RoundingMode)),
                "increment_minor": st.sampled_from([1, 5, 100, 990]),
            }
        ),
        "season": st.lists(
            st.builds(
                season,
                PERCENTS,
                group=st.sampled_from("ab"),
                weekdays=st.lists(st.sampled_from(["thu", "fri", "sat"]), min_size=1, unique=True),
                priority=st.integers(0, 1),
            ),
            max_size=4,
        ),
        "bounds": st.lists(BOUNDS, max_size=1),
    },
    optional={
        "length_of_stay": st.builds(
            lambda a, b: [
                {"name": "los", "bands": [{"from_nights": 2, "percent": a}, {"from_nights": 4, "percent": b}]}
            ],
            PERCENTS,
            PERCENTS,
        ),
        "lead_time": st.builds(
            lambda a: [{"name": "lead", "bands": [{"from_days": 5, "to_days": 9, "percent": a}]}], PERCENTS
        ),
        "member_tier": st.builds(lambda a: [{"name": "member", "percent": {"gold": a}}], PERCENTS),
    },
)


@given(BOOKS, st.integers(1, 90_000), st.integers(0, 6), st.integers(1, 6), st.integers(4, 10), st.booleans())
def test_the_tables_give_the_price_that_explain_adds_up(book, base_minor, first, nights, lead_days, is_gold):
    catalog = chain(base_minor=base_minor)
    try:
        tables = compiled(book, catalog)
    except RuleBookError as error:
        # Two groups, bounds and three stay rules with two decimals each may need more digits than there are.
        if "computed exactly" not in str(error):
            raise
        assume(False)
    arrival, tier = to_ordinal(FIRST_NIGHT) + first, "gold" if is_gold else "public"
    explanation = explain(tables, catalog, 0, arrival, nights, lead_days, tier)
    total, values = table_price(tables, catalog, 0, arrival, nights, lead_days, tier)

    assert explanation.total_minor == total
    assert sum(line.amount for line in explanation.lines) == total
    assert sum(explanation.nights_minor) == total
    assert total % tables.increment == 0
    if tables.policy == list(Policy).index(Policy.NIGHT):
        assert list(explanation.nights_minor) == values
