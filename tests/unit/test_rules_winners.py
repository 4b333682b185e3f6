"""The winning rule of every product and night, against the ranking written out one product and night at a time."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nightgrid.nights import WEEKDAYS
from tests.unit.chains import FIRST_NIGHT, chain, compiled

NIGHTS = [date.fromisoformat(FIRST_NIGHT) + timedelta(days=at) for at in range(10)]
#: The holidays of these nights, as the calendar of each country prints them.
NATIONAL_DAYS = {"DE": {date(2026, 10, 3)}, "ES": set(), "": set()}
LEVELS = ("group", "brand", "region", "city", "hotel", "room_type", "plan")
CHAIN = chain(
    {"brand": "A", "region": "n", "city": "x", "country": "DE"},
    {"brand": "A", "region": "n", "city": "y", "country": "ES"},
    {"brand": "B", "region": "s", "city": "z", "country": "DE"},
    {"brand": "B", "region": "s", "city": "z", "country": "DE"},
    {"brand": "A", "region": "s", "city": "x", "country": ""},
    room_types=("double", "suite"),
    plans=("ro", "bb"),
)

WHERE = st.fixed_dictionaries(
    {},
    optional={
        key: st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
        for key, values in {
            "brand": "AB",
            "region": "ns",
            "city": "xyz",
            "hotel": ["h1", "h2", "h4", "h9"],
            "room_type": ["double", "suite"],
            "plan": ["ro", "bb"],
        }.items()
    },
)
RANGES = st.tuples(st.sampled_from(NIGHTS), st.integers(0, 4)).map(
    lambda pair: {"from": pair[0], "to": pair[0] + timedelta(days=pair[1])}
)
SEASONS = st.lists(
    st.fixed_dictionaries(
        {"name": st.just("s"), "percent": st.integers(-5, 5), "group": st.sampled_from("ab")},
        optional={
            "dates": st.lists(RANGES, min_size=1, max_size=2),
            "weekdays": st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True),
            "holidays": st.sampled_from([["*"], ["DE"], ["*:Einheit"]]),
            "days_before": st.just(0),
            "priority": st.integers(-1, 1),
            "where": WHERE,
        },
    ),
    min_size=1,
    max_size=9,
)


def product_of(index):
    """What `where` can ask about a product, and its country."""
    row = CHAIN.product_row[index]
    hotel = CHAIN.row_hotel[row]
    return {
        "brand": CHAIN.brand[hotel],
        "region": CHAIN.region[hotel],
        "city": CHAIN.city[hotel],
        "hotel": CHAIN.hotel_ids[hotel],
        "room_type": CHAIN.room_type_ids[row],
        "plan": CHAIN.plan_ids[index],
        "country": CHAIN.country[hotel],
    }


def level(rule):
    return max((LEVELS.index(key) + 1 for key in rule.get("where", {})), default=0)


def in_scope(rule, product):
    return all(product[key] in values for key, values in rule.get("where", {}).items())


def holds(rule, night, product):
    """Whether all conditions that the season gives hold on the night for the product."""
    if not in_scope(rule, product):
        return False
    if "dates" in rule and not any(span["from"] <= night <= span["to"] for span in rule["dates"]):
        return False
    if "weekdays" in rule and WEEKDAYS[night.weekday()] not in rule["weekdays"]:
        return False
    if "holidays" in rule:
        country = "DE" if rule["holidays"] == ["DE"] else product["country"]
        return night in NATIONAL_DAYS[country]
    return True


def rank(position, rule):
    """Greater is stronger: priority, holidays, dates, weekdays, scope, shorter dates, earlier in the file."""
    span = sum((dates["to"] - dates["from"]).days + 1 for dates in rule.get("dates", []))
    given_conditions = tuple(key in rule for key in ("holidays", "dates", "weekdays"))
    return (rule.get("priority", 0), given_conditions, level(rule), -span, -position)


@given(SEASONS)
def test_one_season_of_each_group_wins_each_night(seasons):
    tables = compiled({"season": seasons}, CHAIN, n_nights=len(NIGHTS))
    for index in range(CHAIN.n_products):
        product = product_of(index)
        for number, group in enumerate(tables.season_groups):
            for at, night in enumerate(NIGHTS):
                holding = [
                    (rank(position, rule), position)
                    for position, rule in enumerate(seasons)
                    if rule["group"] == group and holds(rule, night, product)
                ]
                expected = max(holding)[1] if holding else -1
                assert tables.season_rule[tables.season_set[index], number, at] == expected


@given(st.lists(WHERE, min_size=1, max_size=7))
def test_one_table_of_a_kind_applies_to_each_product(scopes):
    rules = [{"name": "x", "percent": {"public": at}, "where": where} for at, where in enumerate(scopes)]
    tables = compiled({"member_tier": rules}, CHAIN)
    for index in range(CHAIN.n_products):
        fitting = [(level(r), -at) for at, r in enumerate(rules) if in_scope(r, product_of(index))]
        expected = -max(fitting)[1] if fitting else -1
        assert tables.stay_tier[tables.stay_set[index]] == expected
