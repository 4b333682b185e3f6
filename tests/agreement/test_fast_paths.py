"""A fast path only skips work whose result is known: it says exactly what the plain path says."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import numpy as np
import pytest

from nightgrid import Outcome
from tests import strategies as worlds
from tests.agreement.compare import cube_differences, quote_differences
from tests.agreement.test_search_agrees import big_book, big_chain, big_request
from tests.engines import engine_of, search_engine

WINDOW = (worlds.FIRST_NIGHT, worlds.WINDOW_NIGHTS)
FIRST = worlds.FIRST_NIGHT


def close_chain(random):
    """A big chain whose cheapest hotels differ by less than single precision can tell."""
    catalogue = big_chain(random)
    for row in catalogue["room_types"]:
        row["capacity"] = 9
    for product in catalogue["products"]:
        product["base_minor"] = 30_000_000 + random.randrange(3)
    return catalogue


@pytest.mark.parametrize("seed", range(6))
def test_the_best_k_are_the_first_k_of_all(seed):
    random = Random(f"top {seed}")
    catalogue = close_chain(random) if seed % 2 else big_chain(random)
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book=big_book(random))
    several = 0
    for _ in range(30):
        request = big_request(random, catalogue["hotels"])
        if request.price_max_minor is not None:
            continue
        everything = search_engine(engine, request, top=None, sort="price")
        best = search_engine(engine, request, top=request.top, sort="price")
        assert best.offers == everything.offers[: request.top]
        assert (best.hotels_considered, best.hotels_available) == (
            everything.hotels_considered,
            everything.hotels_available,
        )
        several += len(best.offers) > 1
    assert several > 10


def random_lines(random, catalogue, count):
    """Lines of a frame of holds: few rooms, so that many are refused, keys that come again, and nonsense."""
    lines = []
    for _ in range(count):
        row = random.choice(catalogue["room_types"])
        lines.append(
            {
                "hotel_id": row["hotel_id"] if random.random() < 0.97 else "nowhere",
                "room_type_id": row["room_type_id"] if random.random() < 0.97 else "attic",
                "arrival": FIRST + timedelta(days=random.randrange(-1, worlds.WINDOW_NIGHTS + 1)),
                "nights": random.choice([0, 1, 1, 2, 3, 7, 400]),
                "rooms": random.choice([0, 1, 1, 1, 2]),
                "ttl_seconds": random.choice([1, 900]),
                "key": random.choice([None, None, "a", "b", "c"]),
                "guest": random.choice([None, "Li", "Wang"]),
            }
        )
    return lines


def counters(engine):
    return {name: engine.matrix(name).tolist() for name in ("free", "held", "sold")}


def plain_lines(random, catalogue, count):
    """Lines that say nothing but dates and rooms; most of them can be tried."""
    lines = random_lines(random, catalogue, count)
    for line in lines:
        del line["key"], line["guest"]
        if random.random() < 0.9:
            row = random.choice(catalogue["room_types"])
            arrival = FIRST + timedelta(days=random.randrange(worlds.WINDOW_NIGHTS))
            line |= {"hotel_id": row["hotel_id"], "room_type_id": row["room_type_id"], "arrival": arrival, "rooms": 1}
            line["nights"] = random.choice([1, 2, 3, 5, 8, 9])
    return lines


@pytest.mark.parametrize("lines_of", [random_lines, plain_lines])
@pytest.mark.parametrize("seed", range(4))
def test_a_batch_says_what_its_lines_say_one_by_one(seed, lines_of, monkeypatch):
    monkeypatch.setattr("nightgrid.inventory.block.secrets.randbelow", lambda _: 7)  # both stores count ids alike
    random = Random(f"batch {seed}")
    catalogue = big_chain(random, hotels_count=8)
    together, alone = (engine_of(catalogue, *WINDOW, worlds.NOW_MS, slots=60) for _ in range(2))
    ids: list[int] = []
    for _ in range(6):
        lines = lines_of(random, catalogue, 40)
        frame = {key: [line[key] for line in lines] for key in lines[0]}
        whole = together.hold_many(frame)
        single = [alone.hold_many({key: [value] for key, value in line.items()}).row(0) for line in lines]
        assert whole.rows() == single
        ids += whole["hold_id"].filter(whole["outcome"] == Outcome.OK).to_list()
        chosen = [*random.sample(ids, min(len(ids), 8)), 12_345, 0, -1]
        for verb in ("confirm", "release", "cancel"):
            part = random.sample(chosen, len(chosen) // 2)
            many = getattr(together, f"{verb}_many")(part)
            assert many.rows() == [getattr(alone, f"{verb}_many")([hold_id]).row(0) for hold_id in part]
        assert counters(together) == counters(alone)
        interval_ms = random.choice([0, 1_000, 900_000])
        for engine in (together, alone):
            engine.clock.advance_ms(interval_ms)
    assert together.check() == alone.check() == []
    assert len(ids) > 5


@pytest.mark.parametrize("policy", worlds.POLICIES)
def test_the_cube_and_many_quotes_are_the_quotes(policy):
    random = Random(f"cube {policy}")
    catalogue = big_chain(random, hotels_count=10)
    book = big_book(random)
    book["rounding"]["policy"] = policy
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book=book)
    lines = [line for batch in engine.reprice(stays=[1, 3, 20]) for line in batch.to_pylist()]
    assert len(lines) == len(catalogue["products"]) * worlds.WINDOW_NIGHTS * 3 * 2
    asked = random.sample([line for line in lines if line["price_minor"] is not None], 300)
    products = [catalogue["products"][line["product_index"]] for line in asked]
    frame = {key: [line[key] for line in asked] for key in ("product_index", "arrival", "nights", "tier")}
    many = engine.quote_many(frame)
    assert many["outcome"].to_list() == [0] * len(asked)
    for line, product, total in zip(asked, products, many["total_minor"], strict=True):
        ids = (product["hotel_id"], product["room_type_id"])
        quote = engine.quote(*ids, line["arrival"], line["nights"], plan_id=product["plan_id"], tier=line["tier"])
        assert line["price_minor"] == quote.total_minor == total == sum(quote.nights_minor)


@pytest.mark.parametrize("policy", worlds.POLICIES)
def test_wide_sums_price_like_narrow_ones(policy):
    """One product too dear for 32 bits makes all sums 64 bits wide, and changes no other price."""
    random = Random(f"wide {policy}")
    catalogue, book = big_chain(random, hotels_count=10), big_book(random)
    book["rounding"]["policy"] = policy
    for product in catalogue["products"]:
        product["base_minor"] = 100 + random.randrange(4)
    dear = {"hotel_id": "DEAR", "room_type_id": "DBL"}
    wider = {
        "hotels": [*catalogue["hotels"], {**catalogue["hotels"][0], "hotel_id": "DEAR"}],
        "room_types": [*catalogue["room_types"], {**dear, "capacity": 1}],
        "products": [*catalogue["products"], {**dear, "plan_id": "standard", "base_minor": 200_000_000}],
    }
    narrow, wide = (engine_of(world, *WINDOW, worlds.NOW_MS, book=book) for world in (catalogue, wider))
    assert narrow._version.tables.sums.dtype == np.uint32
    assert wide._version.tables.sums.dtype == np.int64
    hotel_ids = [hotel["hotel_id"] for hotel in catalogue["hotels"]]
    for _ in range(20):
        request = big_request(random, catalogue["hotels"])
        kept = request.hotel_ids or hotel_ids
        found = [search_engine(engine, request, hotel_ids=kept) for engine in (narrow, wide)]
        assert found[0] == found[1]
    cubes = [
        [line for batch in engine.reprice(stays=[1, 2, 20], hotel_ids=hotel_ids) for line in batch.to_pylist()]
        for engine in (narrow, wide)
    ]
    assert cubes[0] == cubes[1]
    stays = [(FIRST, 1), (FIRST + timedelta(days=3), 5), (FIRST, 20)]
    wider["products"] = wider["products"][-1:]
    assert quote_differences(wide, wider, book, stays) == []


@pytest.mark.parametrize("policy", worlds.POLICIES)
def test_sums_of_32_bits_may_wrap_but_no_stay_does(policy):
    """1,500 nights of 58,000.00 add up to twice 2^32; a year of them stays below 2^31."""
    ids = {"hotel_id": "H", "room_type_id": "DBL"}
    catalogue = {
        "hotels": [{"hotel_id": "H", "currency": "CNY", "time_zone": "Asia/Shanghai"}],
        "room_types": [{**ids, "capacity": 1}],
        "products": [{**ids, "plan_id": "standard", "base_minor": 5_800_000}],
    }
    book = {"book": {"name": "flat"}, "rounding": {"policy": policy}}
    engine = engine_of(catalogue, FIRST, 1_500, worlds.NOW_MS, book=book)
    assert engine._version.tables.sums.dtype == np.uint32
    assert int(engine._version.tables.sums[1_500, 0]) < 1_500 * 5_800_000
    wraps = [2**32 // 5_800_000, 2**33 // 5_800_000]
    for first in {night + shift for night in wraps for shift in (-365, -364, -2, -1, 0, 1, 2)} - {1_500}:
        arrival = FIRST + timedelta(days=first)
        for nights in (1, 2, 3, 365):
            if first + nights > 1_500:
                continue
            total = 5_800_000 * nights
            quote = engine.quote("H", "DBL", arrival, nights)
            batches = engine.reprice(stays=[nights], arrivals=(arrival, arrival))
            assert quote.nights_minor == (5_800_000,) * nights
            assert quote.total_minor == total
            assert [line["price_minor"] for batch in batches for line in batch.to_pylist()] == [total]
            for top in (1, None):
                assert [offer.total_minor for offer in engine.search(arrival, nights, top=top).offers] == [total]
    prices = engine.calendar("H", 365)["price_minor"].to_list()
    assert prices == [5_800_000 * 365] * (1_500 - 364) + [None] * 364


def test_a_coarse_increment_does_not_make_a_cube_overflow():
    """Rounding up to 200,000.00 after each step turns 0.01 into 40,000,000.00: more than 32 bits hold."""
    ids = {"hotel_id": "H", "room_type_id": "DBL"}
    catalogue = {
        "hotels": [{"hotel_id": "H", "currency": "CNY", "time_zone": "Asia/Shanghai"}],
        "room_types": [{**ids, "capacity": 1}],
        "products": [{**ids, "plan_id": "standard", "base_minor": 1}],
    }
    book = {
        "book": {"name": "coarse"},
        "rounding": {"policy": "step", "mode": "up", "increment_minor": 20_000_000},
        "length_of_stay": [{"name": "a", "bands": [{"from_nights": 1, "percent": 1}]}],
        "lead_time": [{"name": "b", "bands": [{"from_days": 0, "percent": 900}]}],
        "member_tier": [{"name": "c", "percent": {"public": 900}}],
    }
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book=book)
    assert engine.quote("H", "DBL", FIRST, 1).total_minor == 4_000_000_000
    assert cube_differences(engine, catalogue, book, (FIRST, FIRST), [1]) == []


def test_offers_read_late_are_those_of_their_search():
    """Offers are made when they are read; nothing that happened meanwhile may show in them."""
    random = Random("late")
    catalogue, book = big_chain(random), big_book(random)
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book=book)
    requests = [big_request(random, catalogue["hotels"]) for _ in range(12)]
    at_once = [search_engine(engine, request).offers for request in requests]
    answers = [
        engine.search(**{key: value for key, value in vars(request).items() if value is not None or key == "top"})
        for request in requests
    ]
    engine.set_capacity({"row_index": range(engine.catalog.n_rows), "capacity": [0] * engine.catalog.n_rows})
    engine.publish({**book, "season": [{"name": "dear", "percent": 900}]})
    assert engine.search(FIRST, 1).offers == []
    for answer, offers in zip(answers, at_once, strict=True):
        assert [(o.hotel_id, o.total_minor, o.display_minor, o.arrival) for o in answer.offers] == [
            (o.hotel_id, o.total_minor, o.display_minor, answer.offers[0].arrival) for o in offers
        ]
    assert sum(map(len, at_once)) > 100
