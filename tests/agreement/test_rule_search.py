"""A search by a book with a full pipeline prices only what its bounds let through, and loses nothing by it."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import numpy as np
import pytest

from nightgrid import InputError, RuleBookError
from nightgrid.asking import Asking, asking_from
from nightgrid.native.prices.tables import NO_PRICE
from nightgrid.native.search.rule_plans import P_WANTED
from nightgrid.search import rule_search
from nightgrid.search.rule_search import RuleSearch
from nightgrid.search.stay_prices import totals_by_line
from tests.agreement.book_compare import engine_for
from tests.book_worlds import BookWorld, draw_world
from tests.engines import engine_of
from tests.seeds import seeds
from tests.strategies import NOW_MS

HOTELS = 400
TOPS = (1, 3, 20, 150)


def enlarged(world: BookWorld, rng: Random) -> BookWorld:
    """The same world with so many hotels of its first one's currency that they fill several chunks, of very different
    price levels.
    """
    hotels, types, products = list(world.hotels), list(world.room_types), list(world.products)
    models = [hotel for hotel in world.hotels if hotel["currency"] == world.hotels[0]["currency"]]
    while len(hotels) < HOTELS:
        model = rng.choice(models)
        name, level = f"copy {len(hotels)}", rng.choice([1, 1, 2, 5, 20])
        hotels.append(model | {"hotel_id": name})
        for made, of in ((types, world.room_types), (products, world.products)):
            made += [each | {"hotel_id": name} for each in of if each["hotel_id"] == model["hotel_id"]]
        for product in products:
            if product["hotel_id"] == name:
                product["base_minor"] = product["base_minor"] * level + rng.randrange(2_000)
    for each in types:
        each["capacity"] = rng.choice([0, 1, 5, 5])
    return BookWorld(hotels, types, products, world.book, world.base_prices, world.price_overrides)


def engine_of_world(rng: Random) -> tuple[Any, list[str], str] | None:
    """(engine of an enlarged world, its hotels of one currency, which); None where the book is a product of factors, or
    too large.
    """
    world = enlarged(draw_world(rng), rng)
    try:
        engine = engine_for(world)
    except RuleBookError:
        return None
    if engine is None or engine._priced().compiled.program is None:
        return None
    currency = world.hotels[0]["currency"]
    return engine, [hotel["hotel_id"] for hotel in world.hotels if hotel["currency"] == currency], currency


def check_bounds(engine: Any, arrival: int, nights: int, tier: int, booked: int, asking: Asking) -> int:
    """How many products that were not passed over by the bit maps cost no less than the bound of their rule set in
    their word; none costs less. The bounds are those of the search before.
    """
    version, rules = engine._priced(), engine._searcher._rules[1]
    space, places, lanes = rule_search._thread.space[1], rules._places, version.lanes
    some = np.flatnonzero(lanes.lane_product >= 0)
    products = lanes.lane_product[some]
    leads = np.full(len(products), arrival - booked, np.int64)
    totals, _ = totals_by_line(version, products, arrival, nights, tier, leads, asking, engine._inventory)
    pairs = {
        (number, int(places.pair_word[pair])): int(space.bounds[pair])
        for number in np.flatnonzero(space.packed.sets[:, P_WANTED]).tolist()
        for pair in range(int(places.set_first[number]), int(places.set_first[number + 1]))
        if space.bounds[pair] < NO_PRICE  # else the bit maps let nothing of it pass
    }
    least = [pairs.get((int(places.lane_set[lane]), lane >> 6)) for lane in some.tolist()]
    counted = [(bound, total) for bound, total in zip(least, totals.tolist(), strict=True) if bound is not None]
    assert all(bound <= total or total < 0 for bound, total in counted)
    return sum(0 < bound <= total for bound, total in counted)


def every_product(engine: Any, *given: Any, **said: Any) -> Any:
    """A search for which every product is priced by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RuleSearch, "find", lambda *_: None)
        patch.setattr(RuleSearch, "totals", lambda *_: None)
        found = engine.search(*given, **said)
        _ = found.offers
    return found


def agree(rng: Random, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """Searches of a drawn world against searches for all hotels, which price everything: how many answers came from
    bounds and how many did not, and how many prices were held against a bound.
    """
    made = engine_of_world(rng)
    if made is None:
        return 0, 0, 0
    engine, hotel_ids, currency = made
    tiers = list(engine._priced().tiers)
    found: list[Any] = []
    counted = 0
    kept = RuleSearch.find

    def watched(self: RuleSearch, *given: Any) -> Any:
        found.append(kept(self, *given))
        return found[-1]

    monkeypatch.setattr(RuleSearch, "find", watched)
    for _ in range(4):
        arrival = engine.first_night + rng.randrange(engine.n_nights - 8)
        said: dict[str, Any] = {"booking_date": date.fromordinal(arrival - rng.choice([0, 1, 3, 20, 60]))}
        if rng.random() < 0.3 or engine._priced().compiled.program.per_person:
            said["adults"] = 2
        if rng.random() < 0.5:
            said["country"], said["device"] = rng.choice(["CN", "DE"]), rng.choice(["app", "web"])
        tier, nights = rng.choice(tiers), rng.randint(1, 8)
        words = {"tier": tier, "hotel_ids": hotel_ids, "currency": currency, "sort": "price", **said}
        day = date.fromordinal(arrival)
        try:
            everything = every_product(engine, day, nights, top=None, **words)
        except InputError:  # numbers beyond what is computed exactly
            continue
        for top in TOPS:
            best = engine.search(day, nights, top=top, **words)
            assert best.offers == everything.offers[:top]
            assert best.hotels_available == everything.hotels_available
        if found[-1] is not None:
            given = (arrival, nights, tiers.index(tier), said["booking_date"].toordinal())
            counted += check_bounds(engine, *given, asking_from(said))
    answered = [each for each in found if each is not None]
    return len(answered), len(found) - len(answered), counted


@pytest.mark.parametrize("seed", seeds(10))
def test_a_search_by_bounds_finds_what_a_search_for_all_finds(seed, monkeypatch):
    agree(Random(f"rule search {seed}"), monkeypatch)


def test_bounds_are_met(monkeypatch):
    """The worlds above are searched by bounds, and these say something."""
    answered, left, counted = np.array([agree(Random(f"rule search {seed}"), monkeypatch) for seed in range(10)]).sum(0)
    assert answered > 20
    assert left > 20  # searches for all hotels
    assert counted > 10_000


#: kind -> (book, nightly prices of most hotels in hundreds, those of cheap ones, of the lucky ones, of cheap ones that
#: cost as much as the lucky ones, nights). With a bracket the tax ends where the net price begins to be cheap. What is
#: off of one night is more for a lucky hotel than for the others of its word.
EDGES: dict[str, tuple[dict[str, Any], range, range, int, int, int]] = {
    "spend": (
        {"promotion": [{"name": "full", "spend": [{"from": {"CNY": "1000"}, "off": {"CNY": "300"}}]}]},
        range(940, 999), range(750, 900), 1_000, 700, 1,
    ),
    "range": (
        {"promotion": [{"name": "much", "percent": -40, "min_spend": {"CNY": "1000"}}]},
        range(940, 999), range(750, 900), 1_000, 600, 1,
    ),
    "dearest": (
        {
            "promotion": [{"name": "much", "percent": -40, "min_spend": {"CNY": "1000"}}],
            "stacking": {"policy": "hotel"},
        },
        range(940, 999), range(750, 900), 1_000, 600, 1,
    ),
    "bracket": (
        {"tax": [{"name": "low", "percent": 25, "brackets": {"to": {"CNY": "1000"}}}]},
        range(940, 999), range(850, 930), 1_000, 800, 1,
    ),
    "bracket after a range": (
        {
            "promotion": [{"name": "half", "percent": -50, "min_spend": {"CNY": "2000"}}],
            "tax": [{"name": "low", "percent": 25, "brackets": {"to": {"CNY": "1000"}}}],
        },
        range(1_900, 1_999), range(850, 930), 2_000, 800, 1,
    ),
    "a free night": (
        {"promotion": [{"name": "free", "free_nights": {"stay": 3, "pay": 2}, "min_spend": {"CNY": "1000"}}]},
        range(300, 301), range(225, 230), 336, 224, 3,
    ),
    "half of a night": (
        {
            "promotion": [
                {
                    "name": "half",
                    "night_percent": {"percent": -50, "nights": "dearest"},
                    "min_spend": {"CNY": "1000"},
                }
            ]
        },
        range(300, 301), range(281, 283), 336, 280, 3,
    ),
}  # fmt: skip


def engine_of_edges(kind: str, cheap: range, *, last: bool) -> tuple[Any, set[str]]:
    """(engine, lucky hotels): most hotels cost a little less than the amount from which on a stay is cheaper; three
    cost as much, and share words with others, whose cheapest night tells nothing of it. 64 hotels, the first or the
    last ones, are cheap anyway.
    """
    rng, (book, most, _, best, _, _) = Random(kind), EDGES[kind]
    bases = [100 * rng.choice(most) for _ in range(HOTELS)]
    place = slice(-64, None) if last else slice(64)
    bases[place] = [100 * rng.choice(cheap) for _ in range(64)]
    lucky = rng.sample(range(64, HOTELS - 64), 3)
    for hotel in lucky:
        bases[hotel] = 100 * best
    hotels = [{"hotel_id": f"H{at}", "currency": "CNY", "time_zone": "Asia/Shanghai"} for at in range(HOTELS)]
    rows = [{"hotel_id": f"H{at}", "room_type_id": "king"} for at in range(HOTELS)]
    world = {
        "hotels": hotels,
        "room_types": [row | {"capacity": 3, "guests_max": 2} for row in rows],
        "products": [row | {"plan_id": "plan", "base_minor": base} for row, base in zip(rows, bases, strict=True)],
    }
    whole = book | {"rounding": {"policy": "total"}}
    return engine_of(world, date(2026, 12, 18), 30, NOW_MS, book=whole), {f"H{hotel}" for hotel in lucky}


@pytest.mark.parametrize("kind", EDGES)
def test_what_is_cheaper_from_an_amount_on_is_not_passed_over(kind):
    nights = EDGES[kind][5]
    engine, lucky = engine_of_edges(kind, EDGES[kind][2], last=False)
    everything = every_product(engine, "2026-12-20", nights, top=None)
    for top in (1, 2, 3, 4, 200):
        assert engine.search("2026-12-20", nights, top=top).offers == everything.offers[:top]
    assert lucky == {offer.hotel_id for offer in everything.offers[:3]}
    assert everything.offers[2].total_minor < everything.offers[3].total_minor


@pytest.mark.parametrize("kind", EDGES)
def test_what_costs_as_much_is_not_passed_over(kind):
    """The cheap hotels cost what the lucky ones cost, and stand behind them: the tie goes to the lucky ones."""
    tied, nights = EDGES[kind][4:]
    engine, lucky = engine_of_edges(kind, range(tied, tied + 1), last=True)
    everything = every_product(engine, "2026-12-20", nights, top=None)
    for top in (1, 2, 3, 4, 66, 200):
        assert engine.search("2026-12-20", nights, top=top).offers == everything.offers[:top]
    assert lucky == {offer.hotel_id for offer in everything.offers[:3]}
    assert len({offer.total_minor for offer in everything.offers[:67]}) == 1
