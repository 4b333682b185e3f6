"""Compiled tables: which rule wins where, over the smallest denominators, once per distinct set of products."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from nightgrid import Catalog, Engine
from nightgrid.errors import InputError, RuleBookError
from nightgrid.limits import LEAD_DAYS_MAX, STAY_NIGHTS_MAX
from nightgrid.nights import to_ordinal
from nightgrid.pricing import RuleBook, load_book
from nightgrid.pricing.holiday_calendar import holidays_of
from tests.unit.chains import chain, compiled, season
from tests.unit.rule_books import BOOK


def factors(tables, product=0):
    """The factor of every night of a product, as the tables say."""
    row = tables.season_num[tables.season_set[product]]
    return [Fraction(int(num), tables.season_den) for num in row]


def winners(tables, product=0, group=0):
    """The position of the winning season of every night, -1 for none."""
    return tables.season_rule[tables.season_set[product], group].tolist()


def test_tables_have_the_dimensions_and_types_that_kernels_expect():
    catalog = chain({"currency": "CNY"}, {"currency": "EUR"}, room_types=("double", "suite"), plans=("standard", "bb"))
    tables = compiled(BOOK, catalog, n_nights=20)
    n_products, n_sets = 8, tables.season_num.shape[0]
    assert tables.season_set.shape == tables.bounds_set.shape == tables.stay_set.shape == (n_products,)
    assert tables.season_num.shape == (n_sets, 20)
    assert tables.season_rule.shape == (n_sets, 1, 20)
    assert tables.los_num.shape == (1, STAY_NIGHTS_MAX + 1)
    assert tables.lead_num.shape == (1, LEAD_DAYS_MAX + 1)
    assert tables.tier_num.shape == (1, 3)
    for name in tables.__slots__:
        value = getattr(tables, name)
        if isinstance(value, np.ndarray):
            assert value.flags.c_contiguous, name
            wanted = {"season_rule": np.int16}.get(name, np.int64 if value.ndim == 2 or "_minor" in name else None)
            wanted = np.int64 if name.endswith("_bp") else wanted or np.int32
            assert value.dtype == wanted, name
    assert (tables.policy, tables.mode, tables.increment) == (3, 1, 100)
    assert tables.digest == load_book(BOOK).digest


def test_a_book_without_rules_changes_nothing():
    tables = compiled(RuleBook())
    assert factors(tables) == [1] * 14
    assert (tables.season_den, tables.los_den, tables.lead_den, tables.tier_den, tables.night_scale) == (1, 1, 1, 1, 1)
    assert tables.season_groups == ()
    assert tables.season_rule.shape == (1, 0, 14)
    assert (tables.bounds_floor_bp[0], tables.bounds_ceiling_bp[0]) == (0, -1)
    assert (tables.bounds_floor_minor[0], tables.bounds_ceiling_minor[0]) == (0, -1)
    assert (tables.rates, tables.display_currency, tables.warnings) == ({"CNY": 1}, "CNY", ())


@pytest.mark.parametrize(
    ("percents", "den"),
    [((35,), 100), ((-10,), 10), ((900,), 1), (("12.5",), 1000), (("0.01",), 10_000), ((35, "12.5"), 1000)],
)
def test_denominators_are_as_small_as_the_percents_allow(percents, den):
    book = {
        "season": [season(percent, weekdays=[day]) for percent, day in zip(percents, ("thu", "fri"), strict=False)],
        "length_of_stay": [
            {"name": "x", "bands": [{"from_nights": n + 1, "percent": p} for n, p in enumerate(percents)]}
        ],
        "lead_time": [
            {
                "name": "x",
                "bands": [{"from_days": n, "to_days": n, "percent": p} for n, p in enumerate(percents)],
            }
        ],
        "member_tier": [{"name": "x", "percent": {"public": percents[0]}}],
    }
    tables = compiled(book)
    assert (tables.season_den, tables.los_den, tables.lead_den) == (den, den, den)
    assert factors(tables)[0] == 1 + Fraction(str(percents[0])) / 100
    assert Fraction(int(tables.tier_num[0, 0]), tables.tier_den) == 1 + Fraction(str(percents[0])) / 100


def test_groups_multiply_and_the_common_denominator_is_reduced():
    # Thursday 1.20 x 1.50 = 1.8, so tenths are enough although each group alone needs tenths: 12 x 15 / 100.
    tables = compiled({"season": [season(20, group="a", weekdays=["thu"]), season(50, group="b")]})
    assert tables.season_groups == ("a", "b")
    assert tables.season_den == 10
    assert factors(tables)[:2] == [Fraction(18, 10), Fraction(15, 10)]


def test_the_winner_of_a_night_has_priority_then_the_more_specific_conditions():
    # Nights are Thu 1, Fri 2, Sat 3, Sun 4, ... of October 2026.
    seasons = [
        season(1),
        season(2, weekdays=["fri", "sat", "sun"]),
        season(3, dates=[{"from": "2026-10-02", "to": "2026-10-06"}]),
        season(4, dates=[{"from": "2026-10-03", "to": "2026-10-03"}]),
        season(5, weekdays=["sun"], priority=1),
        season(6, weekdays=["sun"], priority=1),
    ]
    assert winners(compiled({"season": seasons}), 0)[:8] == [0, 2, 3, 4, 2, 2, 0, 0]


def test_with_equal_conditions_the_narrower_scope_wins():
    catalog = chain(
        {"region": "east", "city": "Suzhou"}, {"region": "east", "city": "Wuxi"}, {"region": "west", "city": "Xian"}
    )
    seasons = [
        season(1, where={"city": ["Suzhou"], "region": ["east"]}),
        season(2, where={"region": ["east"]}),
        season(3),
    ]
    tables = compiled({"season": seasons}, catalog)
    assert [winners(tables, product)[0] for product in range(3)] == [0, 1, 2]
    assert [int(f * 100) for f in (factors(tables, p)[0] for p in range(3))] == [101, 102, 103]


def test_all_keys_of_a_scope_must_match_by_any_of_their_values():
    catalog = chain({"brand": "A"}, {"brand": "B"}, {"brand": "C"}, room_types=("double", "suite"), plans=("ro", "bb"))
    scope = {"brand": ["A", "C"], "room_type": ["suite"], "plan": ["bb", "hb"]}
    tables = compiled({"season": [season(10, where=scope)]}, catalog)
    inside = {
        (catalog.hotel_ids[catalog.row_hotel[row]], catalog.room_type_ids[row], catalog.plan_ids[product])
        for product, row in enumerate(catalog.product_row.tolist())
        if factors(tables, product)[0] != 1
    }
    assert inside == {("h1", "suite", "bb"), ("h3", "suite", "bb")}
    assert tables.season_num.shape[0] == 2  # twelve products, two different rows


def test_products_with_the_same_winners_share_a_row():
    catalog = chain({"city": "a"}, {"city": "b"}, {"city": "c"})
    # The second rule never holds in this window, and the third never wins.
    seasons = [
        season(10, weekdays=["fri"]),
        season(20, dates=[{"from": "2027-01-01", "to": "2027-01-02"}], where={"city": ["a"]}),
        season(30, weekdays=["fri"], priority=-1, where={"city": ["b"]}),
    ]
    tables = compiled({"season": seasons}, catalog)
    assert tables.season_num.shape[0] == 1
    assert winners(tables)[:3] == [-1, 0, -1]


def test_holidays_are_those_of_the_named_country_or_of_the_hotels_own():
    catalog = chain({"country": "CN"}, {"country": "DE"}, {"country": "CH-ZH"}, {"country": ""})
    book = {"season": [season(10, holidays=["*"], group="own"), season(20, holidays=["DE:Tag der D"], group="de")]}
    # 1-3 and 5-7 October are off in China; 3 October is the Day of German Unity.
    tables = compiled(book, catalog, n_nights=8)
    own = [winners(tables, product, group=0) for product in range(4)]
    china = [night for night, _ in holidays_of("CN", 2026)]
    assert own[0] == [0 if to_ordinal("2026-10-01") + at in china else -1 for at in range(8)]
    assert 0 in own[0]
    assert own[1] == [-1, -1, 0, -1, -1, -1, -1, -1]
    assert own[2] == own[3] == [-1] * 8
    assert [winners(tables, product, group=1) for product in range(4)] == [[-1, -1, 1, -1, -1, -1, -1, -1]] * 4
    book["season"][0]["where"] = {"hotel": ["h1", "h2", "h3"]}
    assert compiled(book, catalog).warnings == ()
    assert tables.warnings == (
        'some hotels have no country in the catalogue, so holidays = ["*"] never holds for them',
    )


def test_a_holiday_can_be_named_in_english_and_widened_across_the_edges_of_the_window():
    # Boxing Day 26 December with two days before and one after: 24, 25, 26, 27. The window begins inside it.
    boxing = season(10, holidays=["GB-ENG:boxing"], days_before=2, days_after=1)
    assert winners(compiled({"season": [boxing]}, first_night="2025-12-25", n_nights=4)) == [0, 0, 0, -1]
    # New Year's Day 2026 is outside the window, the eve before it inside.
    eve = season(10, holidays=["DE:New Year"], days_before=1)
    assert winners(compiled({"season": [eve]}, first_night="2025-12-30", n_nights=2)) == [-1, 0]


def test_dates_weekdays_and_holidays_must_all_hold():
    # Within 1..8 October: Saturdays 3; of those a holiday in China (National Day) is 3 October.
    both = season(
        10, dates=[{"from": "2026-10-03", "to": "2026-10-31"}], weekdays=["sat"], holidays=["CN:National Day"]
    )
    assert winners(compiled({"season": [both]})) == [-1, -1, 0, *[-1] * 11]


def test_a_country_without_a_calendar_is_a_mistake_where_its_holidays_are_asked_for():
    catalog = chain({"country": "XX"}, {"country": "CN"})
    book = {"season": [season(10, holidays=["*"])]}
    with pytest.raises(RuleBookError, match=r'season 1 "10 %", holidays: holiday region \'XX\' is not known'):
        compiled(book, catalog)
    book["season"][0]["where"] = {"hotel": ["h2"]}
    assert compiled(book, catalog).season_num.shape[0] == 2


def test_stay_tables_are_indexed_by_nights_days_and_tier():
    book = {
        "book": {"tiers": ["public", "silver", "gold"]},
        "length_of_stay": [
            {"name": "x", "bands": [{"from_nights": 7, "percent": -12}, {"from_nights": 3, "percent": -5}]}
        ],
        "lead_time": [
            {
                "name": "x",
                "bands": [{"from_days": 1, "to_days": 2, "percent": 8}, {"from_days": 60, "percent": -10}],
            }
        ],
        "member_tier": [{"name": "x", "percent": {"gold": -6}}],
    }
    tables = compiled(book)
    assert tables.los_num[0].tolist() == [100] * 3 + [95] * 4 + [88] * (STAY_NIGHTS_MAX - 6)
    assert tables.lead_num[0].tolist() == [100, 108, 108] + [100] * 57 + [90] * (LEAD_DAYS_MAX - 59)
    assert tables.tier_num[0].tolist() == [100, 100, 94]


def test_one_stay_table_of_a_kind_applies_the_narrowest_then_the_earliest():
    catalog = chain({"city": "a", "region": "r"}, {"city": "b", "region": "r"}, {"city": "c"})
    tables = compiled(
        {
            "length_of_stay": [
                {"name": "chain", "bands": [{"from_nights": 1, "percent": -1}]},
                {"name": "region", "bands": [{"from_nights": 1, "percent": -2}], "where": {"region": ["r"]}},
                {"name": "city", "bands": [{"from_nights": 9, "percent": -3}], "where": {"city": ["b"]}},
                {"name": "later", "bands": [{"from_nights": 1, "percent": -4}], "where": {"city": ["b"]}},
            ]
        },
        catalog,
    )
    assert [int(tables.stay_los[tables.stay_set[product]]) for product in range(3)] == [1, 2, 0]
    # The city's table replaces the others, also where it has no band.
    assert tables.los_num[tables.stay_set[1], 8] == tables.los_den


def test_bounds_are_resolved_in_the_currency_of_the_hotel():
    catalog = chain({"currency": "CNY"}, {"currency": "JPY"}, {"currency": "EUR"})
    guard = {"name": "Guard", "floor_percent": "62.5", "floor": {"CNY": "80.00", "JPY": 1500}, "ceiling": {"EUR": "99"}}
    tables = compiled({"bounds": [guard]}, catalog)
    rows = [
        [int(column[tables.bounds_set[product]]) for column in (
            tables.bounds_floor_bp, tables.bounds_ceiling_bp, tables.bounds_floor_minor, tables.bounds_ceiling_minor)]
        for product in range(3)
    ]  # fmt: skip
    assert rows == [[6250, -1, 8000, -1], [6250, -1, 1500, -1], [6250, -1, 0, 9900]]


def test_misspelt_names_and_holidays_are_warned_about():
    catalog = chain({"city": "Beijing", "country": "CN"})
    book = {
        "season": [season(10, where={"city": ["Beijin", "Beijing"]}), season(10, holidays=["CN:Natonal", "CN:Labor"])],
        "member_tier": [{"name": "Members", "percent": {"public": -1}, "where": {"hotel": ["zz"]}}],
    }
    warnings = compiled(book, catalog).warnings
    assert [warning.partition("; it has")[0] for warning in warnings] == [
        "season 1 \"10 %\", where, city: 'Beijin' is not in the catalogue; did you mean 'Beijing'?",
        "member_tier 1 \"Members\", where, hotel: 'zz' is not in the catalogue",
        "season 2 \"10 %\", holidays: CN has no holiday 'Natonal' in 2026..2026",
    ]


def test_rates_are_needed_for_every_currency_as_soon_as_there_are_any():
    catalog = chain({"currency": "CNY"}, {"currency": "EUR"})
    assert (compiled({}, catalog).rates, compiled({}, catalog).display_currency) == ({}, "")
    tables = compiled({"book": {"display_currency": "CNY"}, "currencies": {"CNY": 1, "EUR": "7.85"}}, catalog)
    assert (dict(tables.rates), tables.display_currency) == ({"CNY": 1, "EUR": Fraction(157, 20)}, "CNY")
    with pytest.raises(RuleBookError, match="hotels of the catalogue have EUR, which has no rate"):
        compiled({"currencies": {"CNY": 1}}, catalog)
    with pytest.raises(RuleBookError, match="hotels of the catalogue have EUR, which has no rate"):
        compiled({"book": {"display_currency": "CNY"}}, catalog)


def test_a_window_outside_the_limits_is_refused():
    for n_nights in (0, 1_501):
        with pytest.raises(InputError, match=r"outside 1\.\.1500"):
            compiled({}, n_nights=n_nights)
    assert factors(compiled({"season": [season(10, holidays=["*"])]}, first_night="0001-01-01", n_nights=2)) == [1, 1]


def test_what_is_wrong_with_this_catalogue_is_told_at_once_and_with_lines():
    text = """
[currencies]
EUR = 1

[[derived]]
name = "Member"
from_plan = "none"
where = {plan = ["member"]}
[[derived]]
name = "App"
from_plan = "nope"
where = {plan = ["app"]}
"""
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["a"], "currency": ["CNY"], "time_zone": ["Asia/Shanghai"]},
        room_types={"hotel_id": ["a"], "room_type_id": ["r"], "capacity": [1], "base_minor": [100]},
        products={
            "hotel_id": ["a"] * 2, "room_type_id": ["r"] * 2, "plan_id": ["member", "app"], "base_minor": [100] * 2
        },
    )  # fmt: skip
    engine = Engine.in_memory(catalog, first_night="2027-01-01", nights=3)
    with pytest.raises(RuleBookError) as caught:
        engine.publish(text)
    assert [(each.line, each.place) for each in caught.value.mistakes] == [
        (2, "currencies"),
        (7, 'derived 1 "Member", from_plan'),
        (11, 'derived 2 "App", from_plan'),
    ]
    with pytest.raises(RuleBookError) as caught:
        engine.publish(load_book(text))  # who gives no text is told the places
    assert [each.line for each in caught.value.mistakes] == [None] * 3
