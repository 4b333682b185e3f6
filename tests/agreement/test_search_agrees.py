"""Search equals trying everything: random small worlds, chains of several chunks, long stays, places on a map."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from random import Random

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from nightgrid import InputError, RuleBookError
from tests import strategies as worlds
from tests.agreement.compare import examples, search_differences
from tests.engines import EngineInventory, engine_of
from tests.oracles.inventory import Inventory
from tests.oracles.search import Chain, Request
from tests.unit.test_oracle_worlds import perform

WINDOW = (worlds.FIRST_NIGHT, worlds.WINDOW_NIGHTS)


def both(catalogue, book, window=WINDOW, now_ms=worlds.NOW_MS):
    """(chain, the oracle's inventory, the engine) of one world."""
    chain = Chain.of(catalogue["hotels"], catalogue["room_types"], catalogue["products"])
    oracle = Inventory(catalogue["hotels"], catalogue["room_types"], *window, now_ms)
    return chain, oracle, engine_of(catalogue, *window, now_ms, book=book)


def some(values):
    """None more often than one of the values."""
    return st.none() | st.none() | st.sampled_from(sorted(values))


@st.composite
def requests(draw, catalogue, book):
    """One search inside the window, with any mixture of filters that the catalogue knows."""
    hotels = catalogue["hotels"]
    first = draw(st.integers(0, worlds.WINDOW_NIGHTS - 1))
    nights = min(draw(st.sampled_from([1, 1, 2, 2, 3, 5, 7, 20])), worlds.WINDOW_NIGHTS - first)
    limits = st.none() | st.none() | st.integers(0, 3_000_000) | st.integers(0, 30_000)
    return Request(
        worlds.FIRST_NIGHT + timedelta(days=first),
        nights,
        tier=draw(some(book["book"]["tiers"])),
        rooms=draw(st.sampled_from([1, 1, 1, 2, 3])),
        guests=draw(st.integers(1, 4)),
        city=draw(some({hotel["city"] for hotel in hotels})),
        region=draw(some({hotel["region"] for hotel in hotels})),
        brand=draw(some({hotel["brand"] for hotel in hotels})),
        hotel_ids=draw(st.none() | st.lists(st.sampled_from([h["hotel_id"] for h in hotels]), min_size=1, unique=True)),
        stars_min=draw(some([2.0, 3.5, 4.0, 4.5])),
        price_min_minor=draw(limits),
        price_max_minor=draw(limits),
        plan=draw(some({product["plan_id"] for product in catalogue["products"]})),
        room_type=draw(some({product["room_type_id"] for product in catalogue["products"]})),
        sort=draw(st.sampled_from(["price", "price", "rating"])),
        top=draw(st.sampled_from([1, 2, 3, 20, None])),
        currency=draw(some(worlds.RATES)),
    )


@examples(0.6)
@given(worlds.worlds(operations_max=20), st.data())
def test_a_search_in_a_random_world_agrees(world, data):
    catalogue, book = world["catalogue"], world["book"]
    try:
        chain, oracle, engine = both(catalogue, book)
    except RuleBookError as error:
        if "is computed exactly" not in str(error):
            raise
        reject()
    fast = EngineInventory(engine)
    granted: tuple[list[int], list[int]] = ([], [])
    for operation in world["operations"]:
        perform(oracle, operation, granted[0])
        perform(fast, operation, granted[1])
    for request in data.draw(st.lists(requests(catalogue, book), min_size=1, max_size=5)):
        assert search_differences(engine, chain, oracle, book, request) == []


def big_chain(random, hotels_count=150):
    """150 hotels in a few places, so that they stand in three chunks in another order than in the catalogue.

    Few different prices, many of them equal or so close that single precision cannot tell them apart.
    """
    hotels, room_types, products = [], [], []
    near = random.choice([100, 10_000, 10_000_000])
    for i in range(hotels_count):
        country, time_zone, currency = random.choice(worlds.PLACES)
        hotel_id = f"H{i:03}"
        place = {"region": random.choice("we"), "city": random.choice("abc"), "brand": random.choice("IP")}
        stars, rating = random.choice([2.0, 3.5, 5.0, None]), random.choice([6.5, 8.1, 9.4, None])
        hotels.append(
            {"hotel_id": hotel_id, "country": country, "time_zone": time_zone, "currency": currency, **place,
             "group": "", "stars": stars, "rating": rating, "rollover_hour": random.choice([0, 0, 4])}
        )  # fmt: skip
        for room_type_id in ("DBL", "STE", "FAM")[: random.randrange(1, 4)]:
            row = {"hotel_id": hotel_id, "room_type_id": room_type_id}
            room_types.append({**row, "capacity": random.randrange(4), "guests_max": random.randrange(1, 5)})
            for plan_id in ("standard", "flex")[: random.randrange(1, 3)]:
                products.append({**row, "plan_id": plan_id, "base_minor": near + random.randrange(4)})
    return {"hotels": hotels, "room_types": room_types, "products": products}


def big_book(random):
    """Every kind of rule, and the same rate for several currencies so that they meet in ties."""
    return {
        "book": {"name": "big", "tiers": ["public", "gold"], "display_currency": random.choice(["CNY", "JPY", "KWD"])},
        "currencies": {"CNY": "1", "EUR": "1", "JPY": "0.01", "CHF": "1", "KWD": random.choice(["10", "7.813"])},
        "rounding": {
            "policy": random.choice(worlds.POLICIES),
            "mode": random.choice(worlds.MODES),
            "increment_minor": random.choice([1, 1, 10, 100]),
        },
        "season": [
            {"name": "weekend", "weekdays": ["fri", "sat"], "percent": 25},
            {"name": "west", "where": {"region": ["w"]}, "percent": Decimal("-12.5"), "group": "place"},
        ],
        "length_of_stay": [{"name": "long", "bands": [{"from_nights": 3, "percent": random.choice([-10, 50])}]}],
        "lead_time": [{"name": "late", "bands": [{"from_days": 0, "to_days": 1, "percent": 8}]}],
        "member_tier": [{"name": "members", "percent": {"gold": Decimal("-7.5")}}],
    }


def big_request(random, hotels):
    first = random.randrange(worlds.WINDOW_NIGHTS)
    one_of = lambda *values: random.choice([None] * 4 + list(values))  # noqa: E731 - three words, used below only
    return Request(
        worlds.FIRST_NIGHT + timedelta(days=first),
        random.randrange(1, min(8, worlds.WINDOW_NIGHTS - first) + 1),
        tier=one_of("gold", "public"),
        rooms=random.choice([1, 1, 1, 2]),
        guests=random.choice([1, 2, 4]),
        city=one_of("a", "b"),
        region=one_of("w"),
        brand=one_of("I"),
        hotel_ids=one_of([hotel["hotel_id"] for hotel in hotels[::3]]),
        stars_min=one_of(3.5),
        price_max_minor=one_of(50_000),
        sort=random.choice(["price", "price", "price", "rating"]),
        top=random.choice([1, 2, 7, 20, 64, 65, 149, 150, 500, None]),
        currency=one_of("EUR", "JPY"),
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_chain_of_several_chunks_agrees(seed):
    random = Random(f"big {seed}")
    catalogue, book = big_chain(random), big_book(random)
    chain, oracle, engine = both(catalogue, book)
    fast = EngineInventory(engine)
    assert len(engine._inventory.lanes.chunk_first_word) == 4
    for _ in range(150):
        row = random.choice(catalogue["room_types"])
        ids, arrival = (row["hotel_id"], row["room_type_id"]), random.choice(worlds.WINDOW)
        if random.random() < 0.5:
            assert oracle.hold(*ids, arrival, 3).outcome == fast.hold(*ids, arrival, 3).outcome
        else:
            name = random.choice(worlds.FLAGS + worlds.STAYS)
            value = True if name in worlds.FLAGS else 3
            for inventory in (oracle, fast):
                inventory.restrict(ids[0], arrival, worlds.WINDOW[-1], ids[1], **{name: value})
    offers = 0
    for _ in range(18):
        request = big_request(random, catalogue["hotels"])
        assert search_differences(engine, chain, oracle, book, request) == []
        offers += len(engine.search(request.arrival, request.nights, guests=1, top=None).offers)
    assert offers > 500


@pytest.mark.parametrize("seed", range(2))
def test_long_stays_agree(seed):
    """From 63 nights on the bit planes are full and every product left is looked at in its cells."""
    random = Random(f"long {seed}")
    catalogue = big_chain(random, hotels_count=12)
    book = big_book(random)
    chain, oracle, engine = both(catalogue, book, (worlds.FIRST_NIGHT, 140))
    fast = EngineInventory(engine)
    lengths = [60, 61, 62, 63, 64, 65, 66, 100]
    for row in catalogue["room_types"]:
        for name in random.sample(worlds.STAYS, 2):
            last = worlds.FIRST_NIGHT + timedelta(days=139)
            for inventory in (oracle, fast):
                inventory.restrict(row["hotel_id"], worlds.FIRST_NIGHT, last, row["room_type_id"], **{name: 64})
            changes = {name: random.choice(lengths)}
            night = worlds.FIRST_NIGHT + timedelta(days=random.randrange(5))
            for inventory in (oracle, fast):
                inventory.restrict(row["hotel_id"], night, night, row["room_type_id"], **changes)
    found = 0
    for nights in lengths:
        for first in range(3):
            arrival = worlds.FIRST_NIGHT + timedelta(days=first)
            rooms = 1 + (nights + first + seed) % 2
            request = Request(arrival, nights, rooms=rooms, guests=1, top=random.choice([3, None]))
            assert search_differences(engine, chain, oracle, book, request) == []
            found += engine.search(arrival, nights, rooms=rooms, guests=1).hotels_available
    assert 10 < found < 12 * len(lengths) * 3  # some refused, some not


def great_circle_km(here, there):
    """Haversine on a sphere of 6371.0088 km, in plain floats."""
    (lat1, lon1), (lat2, lon2) = (map(radians, place) for place in (here, there))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(half))


@given(
    st.lists(st.tuples(st.floats(-80, 80), st.floats(-180, 180)), min_size=1, max_size=8),
    st.floats(0, 20_000),
    st.integers(0, 2**8 - 1),
)
@examples(0.4)
def test_places_near_a_point_are_filtered_and_sorted_by_distance(places, radius_km, unknown):
    here = (34.26, 108.94)
    hotels = [
        {"hotel_id": f"H{i}", "currency": "CNY", "time_zone": "Asia/Shanghai",
         "latitude": None if unknown >> i & 1 else place[0], "longitude": None if unknown >> i & 1 else place[1]}
        for i, place in enumerate(places)
    ]  # fmt: skip
    rows = [{"hotel_id": hotel["hotel_id"], "room_type_id": "DBL", "capacity": 1} for hotel in hotels]
    products = [{**row, "base_minor": 100} for row in rows]
    catalogue = {"hotels": hotels, "room_types": rows, "products": products}
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book={"book": {"name": "flat"}})
    distances = {f"H{i}": great_circle_km(here, place) for i, place in enumerate(places) if not unknown >> i & 1}

    answer = engine.search(worlds.FIRST_NIGHT, 1, near=(*here, radius_km), sort="distance", top=None)

    shown = [offer.hotel_id for offer in answer.offers]
    slack = 1e-6
    assert {h for h, km in distances.items() if km < radius_km - slack} <= set(shown)
    assert set(shown) <= {h for h, km in distances.items() if km <= radius_km + slack}
    for before, after in pairwise(shown):
        assert distances[before] <= distances[after] + slack


def test_rates_with_many_digits_are_exact_for_many_rooms():
    """The display price is that of all rooms; where rate times rooms has more digits than a double, it is refused."""
    ids = [{"hotel_id": f"H{i}", "room_type_id": "DBL"} for i in range(8)]
    catalogue = {
        "hotels": [{**row, "currency": "EUR", "time_zone": "Europe/Lisbon"} for row in ids],
        "room_types": [{**row, "capacity": 10_000, "guests_max": 2} for row in ids],
        "products": [{**row, "plan_id": "standard", "base_minor": 9_031_679 + 49_949 * i} for i, row in enumerate(ids)],
    }
    book = {"book": {"name": "digits", "display_currency": "CNY"}, "currencies": {"CNY": "1", "EUR": "7.8512345678901"}}
    chain, oracle, engine = both(catalogue, book)
    for rooms in (1, 3, 99, 2_000, 10_000):
        for top in (3, None):
            request = Request(worlds.FIRST_NIGHT, 1, rooms=rooms, top=top)
            assert search_differences(engine, chain, oracle, book, request) == []
    with pytest.raises(InputError, match="too many digits to convert the price of 9999 rooms exactly"):
        engine.search(worlds.FIRST_NIGHT, 1, rooms=9_999)
