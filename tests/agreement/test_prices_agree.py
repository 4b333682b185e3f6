"""Fast prices are exact: quote, explanation and cube equal the oracle's fractions on random worlds and built ties."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from nightgrid import RuleBookError
from tests import strategies as worlds
from tests.agreement.compare import cube_differences, examples, quote_differences
from tests.engines import engine_of
from tests.oracles import prices
from tests.oracles.rules import season_factor

DAY_MS = 24 * 3_600_000
WINDOW = (worlds.FIRST_NIGHT, worlds.WINDOW_NIGHTS)
#: Days from the booking to the first night: on the edges of lead bands, far ahead, and beyond what a rule can name.
AHEAD = st.sampled_from([0, 0, 1, 3, 10, 30, 60, 999, 1_000, 1_500])


@st.composite
def priced_worlds(draw, hotels_max=3):
    """(catalogue, book, an engine with the book published, booked some days before the first night).

    A book with two decimals in every percent may need more digits than the kernels have; it is refused, passed over.
    """
    catalogue = draw(worlds.catalogues(hotels_max=hotels_max))
    book = draw(worlds.books(catalogue))
    now_ms = worlds.NOW_MS - draw(AHEAD) * DAY_MS
    try:
        return catalogue, book, engine_of(catalogue, *WINDOW, now_ms, book=book)
    except RuleBookError as error:
        if "is computed exactly" not in str(error):
            raise
        reject()


@st.composite
def stays(draw):
    """An arrival and a number of nights inside the window."""
    first = draw(st.integers(0, worlds.WINDOW_NIGHTS - 1))
    nights = draw(st.sampled_from([1, 2, 3, 7, 14]) | st.integers(1, worlds.WINDOW_NIGHTS))
    return worlds.FIRST_NIGHT + timedelta(days=first), min(nights, worlds.WINDOW_NIGHTS - first)


@examples(0.5)
@given(priced_worlds(), st.lists(stays(), min_size=1, max_size=3))
def test_quotes_and_explanations_agree(world, asked):
    catalogue, book, engine = world
    assert quote_differences(engine, catalogue, book, asked) == []


@examples(0.25)
@given(
    priced_worlds(hotels_max=2), st.integers(0, 17), st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True)
)
def test_the_repriced_cube_agrees(world, first, lengths):
    catalogue, book, engine = world
    arrival = worlds.FIRST_NIGHT + timedelta(days=first)
    assert cube_differences(engine, catalogue, book, (arrival, arrival + timedelta(days=2)), lengths) == []


@examples(0.3)
@given(priced_worlds(), st.sampled_from([1, 2, 5, 20]), st.data())
def test_the_calendar_shows_the_cheapest_product_of_each_arrival(world, nights, data):
    catalogue, book, engine = world
    hotel = data.draw(st.sampled_from(catalogue["hotels"]))
    tier = data.draw(st.sampled_from(book["book"]["tiers"]))
    products = [product for product in catalogue["products"] if product["hotel_id"] == hotel["hotel_id"]]
    rooms = {(row["hotel_id"], row["room_type_id"]): row["capacity"] for row in catalogue["room_types"]}

    lines = engine.calendar(hotel["hotel_id"], nights, tier=tier).to_dicts()

    assert [line["arrival"] for line in lines] == worlds.WINDOW
    for line in data.draw(st.lists(st.sampled_from(lines), max_size=4)):
        last = line["arrival"] + timedelta(days=nights)
        lead_days = (line["arrival"] - worlds.FIRST_NIGHT).days + _days_ahead(engine, hotel)
        on_sale = last <= worlds.WINDOW[-1] + timedelta(days=1)
        asked = (line["arrival"], nights, lead_days, tier, worlds.HOLIDAYS)
        totals = [
            (prices.price_stay(book, hotel, product, *asked).total_minor, product["room_type_id"], product["plan_id"])
            for product in products
            if on_sale and rooms[hotel["hotel_id"], product["room_type_id"]]
        ]
        wanted = min(totals, key=lambda total: total[0], default=(None, None, None))  # the first of equals
        assert (line["price_minor"], line["room_type_id"], line["plan_id"]) == wanted
        assert line["outcome"] == ("OK" if totals else "SOLD_OUT" if on_sale else "OUTSIDE_HORIZON")


def _days_ahead(engine, hotel):
    quote = engine.quote(hotel["hotel_id"], "DBL", worlds.FIRST_NIGHT, 1, plan_id="standard")
    return quote.lead_days


def tie_world(policy, mode, increment):
    """Twenty products with bases 1..20 times half the increment, and factors that keep halves alive."""
    product = {"hotel_id": "H", "room_type_id": "DBL"}
    step = max(1, increment // 2)
    catalogue = {
        "hotels": [{"hotel_id": "H", "currency": "CNY", "time_zone": "Asia/Shanghai", "country": "CN"}],
        "room_types": [{**product, "capacity": 1}],
        "products": [{**product, "plan_id": f"p{i}", "base_minor": i * step} for i in range(1, 21)],
    }
    book = {
        "book": {"name": "ties", "tiers": ["public", "half"]},
        "rounding": {"policy": policy, "mode": mode, "increment_minor": increment},
        "season": [
            {"name": "half", "weekdays": ["fri"], "percent": -50},
            {"name": "half more", "weekdays": ["sat"], "percent": 50},
            {"name": "quarter", "weekdays": ["sun"], "percent": Decimal("-12.5")},
        ],
        "length_of_stay": [{"name": "long", "bands": [{"from_nights": 2, "percent": -50}]}],
        "lead_time": [{"name": "late", "bands": [{"from_days": 0, "to_days": 0, "percent": 50}]}],
        "member_tier": [{"name": "members", "percent": {"half": -50}}],
    }
    return catalogue, book


def count_ties(catalogue, book, price):
    """Whether a rounding of this price met an exact half, as the policy rounds."""
    increment = book["rounding"]["increment_minor"]
    stay = price.length_of_stay * price.lead_time * price.member_tier
    before = {
        "default": [price.base_minor * s for s in price.season_factors] + [sum(price.nightly) * stay],
        "step": [price.base_minor * s for s in price.season_factors] + [sum(price.nightly) * price.length_of_stay],
        "night": [night * stay for night in price.nightly],
        "total": [sum(price.nightly) * stay],
    }[book["rounding"]["policy"]]
    return any((Fraction(value) / increment).denominator == 2 for value in before)


@pytest.mark.parametrize("policy", worlds.POLICIES)
@pytest.mark.parametrize("increment", [1, 2, 5, 100])
def test_ties_are_rounded_as_the_mode_says(policy, increment):
    ties = 0
    for mode in worlds.MODES:
        catalogue, book = tie_world(policy, mode, increment)
        engine = engine_of(catalogue, worlds.FIRST_NIGHT, 4, worlds.NOW_MS, book=book)
        arrivals = (worlds.FIRST_NIGHT, worlds.FIRST_NIGHT + timedelta(days=1))

        def price_stay(*args, book=book, catalogue=catalogue):
            nonlocal ties
            price = prices.price_stay(*args)
            ties += count_ties(catalogue, book, price)
            return price

        assert cube_differences(engine, catalogue, book, arrivals, [1, 2, 3], price_stay) == []
    assert ties >= 50


@pytest.mark.parametrize("nights_on_sale", [2, 20, 365])
def test_unrounded_nights_need_to_be_exact_one_by_one_only(nights_on_sale):
    """Policy night never adds unrounded nights, so a stay of them may have more digits than a double."""
    catalogue, book = tie_world("night", "half_even", 1)
    catalogue["products"] = [{**catalogue["products"][0], "base_minor": 4_000_003}]
    percents = {"season": Decimal("82.01"), "calendar": Decimal("51.27")}
    book["season"] = [{"name": group, "group": group, "percent": percent} for group, percent in percents.items()]
    engine = engine_of(catalogue, worlds.FIRST_NIGHT, nights_on_sale, worlds.NOW_MS, book=book)
    scaled_night = 4_000_003 * 18_201 * 15_127
    assert scaled_night < 2**53

    stays = [(worlds.FIRST_NIGHT, nights) for nights in (1, 2, nights_on_sale)]
    assert quote_differences(engine, catalogue, book, stays) == []
    assert (
        cube_differences(engine, catalogue, book, (worlds.FIRST_NIGHT, worlds.FIRST_NIGHT), [1, nights_on_sale]) == []
    )


def test_the_season_of_every_night_is_its_own():
    """A window of one night sees the same night as a long one."""
    catalogue, book = tie_world("default", "half_up", 1)
    hotel, product = catalogue["hotels"][0], catalogue["products"][6]
    place = {"group": "", "brand": "", "region": "", "city": "", "hotel": "H", "room_type": "DBL", "plan": "p7"}
    for night in worlds.WINDOW[:7]:
        engine = engine_of(catalogue, night, 1, worlds.NOW_MS, book=book)
        rounded = prices.Rounding.of(book)(product["base_minor"] * season_factor(book, hotel, place, night, {}))
        lead = Fraction(3, 2) if night == worlds.FIRST_NIGHT else 1
        quote = engine.quote("H", "DBL", night, 1, plan_id="p7")
        assert quote.total_minor == prices.Rounding.of(book)(rounded * lead)
