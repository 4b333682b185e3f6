"""What "agree" means: each function lists where the engine and an oracle differ, and an empty list is agreement.

The oracle is an argument, so that a test can hand in a wrong one and see that it is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import settings

from nightgrid.engine import Engine
from tests import strategies as worlds
from tests.engines import search_engine
from tests.oracles import prices
from tests.oracles.inventory import Inventory
from tests.oracles.nights import local_date
from tests.oracles.prices import StayPrice
from tests.oracles.rules import Book, tiers_of
from tests.oracles.search import Chain, Found, Request, search

Catalogue = Mapping[str, Sequence[Mapping[str, Any]]]
Stay = tuple[date, int]
PriceStay = Callable[..., StayPrice]
Search = Callable[..., Found]


def examples(share: float) -> settings:
    """How many examples a test looks at: a share of the profile's, so that a thorough run is one for every test."""
    return settings(max_examples=max(1, round(share * settings.default.max_examples)))


def hotel_of(catalogue: Catalogue, hotel_id: str) -> Mapping[str, Any]:
    return next(hotel for hotel in catalogue["hotels"] if hotel["hotel_id"] == hotel_id)


def lead_of(hotel: Mapping[str, Any], arrival: date, now_ms: int) -> int:
    return (arrival - local_date(now_ms, hotel["time_zone"], hotel.get("rollover_hour") or 0)).days


def quote_differences(
    engine: Engine,
    catalogue: Catalogue,
    book: Book,
    stays: Iterable[Stay],
    tiers: Sequence[str] | None = None,
    price_stay: PriceStay = prices.price_stay,
) -> list[str]:
    """Quotes and explanations of every product for some stays, against the oracle of prices."""
    found = []
    now_ms = engine.clock.now_ms()
    for product in catalogue["products"]:
        hotel = hotel_of(catalogue, product["hotel_id"])
        for arrival, nights in stays:
            lead_days = lead_of(hotel, arrival, now_ms)
            for tier in tiers or tiers_of(book):
                wanted = price_stay(book, hotel, product, arrival, nights, lead_days, tier, worlds.HOLIDAYS)
                ids = (product["hotel_id"], product["room_type_id"])
                quote = engine.quote(*ids, arrival, nights, plan_id=product["plan_id"], tier=tier)
                explained = engine.explain(quote)
                place = f"{product} {arrival} x {nights}, {tier}, {lead_days} days ahead"
                seen = {
                    "total": (quote.total_minor, wanted.total_minor),
                    "nights": (quote.nights_minor, wanted.nights_minor),
                    "lead": (quote.lead_days, lead_days),
                    "explained total": (sum(line.amount for line in explained.lines), wanted.total_minor),
                    "explained nights": (explained.nights_minor, wanted.nights_minor),
                }
                found += [
                    f"{what} of {place}: {got}, oracle {want}" for what, (got, want) in seen.items() if got != want
                ]
    return found


def cube_differences(
    engine: Engine,
    catalogue: Catalogue,
    book: Book,
    arrivals: tuple[date, date],
    stays: Sequence[int],
    price_stay: PriceStay = prices.price_stay,
) -> list[str]:
    """The repriced cube against the oracle: every cell, once, null where it is not on sale."""
    cube: dict[tuple[int, date, int, str], int | None] = {}
    for batch in engine.reprice(stays=stays, arrivals=arrivals):
        for line in batch.to_pylist():
            place = (line["product_index"], line["arrival"], line["nights"], line["tier"])
            assert place not in cube
            cube[place] = line["price_minor"]
    found = []
    window_end = date.fromordinal(engine.first_night + engine.n_nights)
    days = [arrivals[0] + timedelta(days=i) for i in range((arrivals[1] - arrivals[0]).days + 1)]
    for index, product in enumerate(catalogue["products"]):
        hotel = hotel_of(catalogue, product["hotel_id"])
        for arrival in days:
            lead_days = lead_of(hotel, arrival, engine.clock.now_ms())
            for nights in stays:
                on_sale = lead_days >= 0 and arrival + timedelta(days=nights) <= window_end
                for tier in tiers_of(book):
                    stay = (arrival, nights, lead_days, tier, worlds.HOLIDAYS)
                    wanted = price_stay(book, hotel, product, *stay).total_minor if on_sale else None
                    got = cube.pop((index, arrival, nights, tier))
                    if got != wanted:
                        found.append(f"{product} {stay}: {got}, oracle {wanted}")
    return found + [f"{place} was not asked for" for place in cube]


def search_differences(
    engine: Engine,
    chain: Chain,
    inventory: Inventory,
    book: Book,
    request: Request,
    find: Search = search,
    **changes: Any,
) -> list[str]:
    """One search of the engine against trying everything."""
    wanted = find(chain, inventory, book, request, worlds.HOLIDAYS)
    got = search_engine(engine, request, **changes)
    found = [
        f"{what} is {getattr(got, what)}, oracle {getattr(wanted, what)}"
        for what in ("hotels_considered", "hotels_available")
        if getattr(got, what) != getattr(wanted, what)
    ]
    if got.offers != wanted.offers:
        found.append(f"offers of {request}:\n  engine {got.offers}\n  oracle {wanted.offers}")
    return found
