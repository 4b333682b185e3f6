"""Every golden case through the oracles."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.golden.loader import (
    InventoryCase,
    PriceCase,
    SearchCase,
    World,
    book_cases,
    inventory_cases,
    price_cases,
    search_cases,
)
from tests.golden.player import play
from tests.oracles import pricebook, prices
from tests.oracles.grid import Dialect
from tests.oracles.inventory import Inventory
from tests.oracles.pricebook.currencies import display_minor
from tests.oracles.search import Chain, Request, search

PRICES, BOOKS, INVENTORY, SEARCH = price_cases(), book_cases(), inventory_cases(), search_cases()


def open_inventory(world: World) -> Inventory:
    """The oracle of a world at its first instant."""
    return Inventory(
        world.hotels,
        world.room_types,
        world.first_night,
        world.nights,
        world.now_ms,
        slots=world.slots,
        retention_ms=world.retention_ms,
        products=world.products,
        **{**world.names(), "dialect": Dialect(**world.dialect)},
    )


@pytest.mark.parametrize("case", PRICES, ids=lambda case: case.name)
def test_prices(case: PriceCase):
    hotel = case.world.hotel(case.product["hotel_id"])
    stay = (case.arrival, case.nights, case.lead_days, case.tier, case.world.holidays)

    price = prices.price_stay(case.world.book, hotel, case.product, *stay)

    assert price.total_minor == case.expect["total_minor"]
    assert sum(price.nights_minor) == price.total_minor
    assert list(price.nights_minor) == case.expect.get("nights_minor", list(price.nights_minor))
    if "display_minor" in case.expect:
        shown = prices.display_minor(case.world.book, price.total_minor, hotel["currency"], case.display_currency)
        assert shown == case.expect["display_minor"]


@pytest.mark.parametrize("case", [*PRICES, *BOOKS], ids=lambda case: case.name)
def test_books(case: PriceCase):
    world, hotel = case.world, case.world.hotel(case.product["hotel_id"])
    row = (case.product["hotel_id"], case.product["room_type_id"])
    room_type = next(each for each in world.room_types if (each["hotel_id"], each["room_type_id"]) == row)
    stay = pricebook.Stay(case.arrival, case.nights, case.lead_days, case.tier, **case.asking)
    data = pricebook.Data(world.holidays, world.products, world.base_prices, world.price_overrides)

    price = pricebook.price(world.book, hotel, {**room_type, **case.product}, stay, data)

    expect = {"outcome": "OK", **case.expect}
    shown = expect.pop("display_minor", None)
    assert {key: getattr(price, key) for key in expect} == {
        key: tuple(value) if isinstance(value, list) else value for key, value in expect.items()
    }
    assert sum(price.nights_minor) == price.total_minor == price.net_minor + price.taxes_minor
    if shown is not None:
        booked = case.arrival - timedelta(days=case.lead_days)
        currencies = (hotel["currency"], case.display_currency)
        assert display_minor(world.book, price.total_minor, *currencies, booked) == shown


@pytest.mark.parametrize("case", INVENTORY, ids=lambda case: case.name)
def test_inventory(case: InventoryCase):
    inventory = open_inventory(case.world)
    names: dict[str, int] = {}
    for number, step in enumerate(case.steps, start=1):
        try:
            play(inventory, step, names)
        except AssertionError as error:
            raise AssertionError(f"step {number} {step}: {error}") from error
    assert inventory.check() == []


@pytest.mark.parametrize("case", SEARCH, ids=lambda case: case.name)
def test_search(case: SearchCase):
    world = case.world
    inventory = open_inventory(world)
    names: dict[str, int] = {}
    for step in case.steps:
        play(inventory, step, names)
    chain = Chain.of(world.hotels, world.room_types, world.products)

    found = search(chain, inventory, world.book, Request(**case.request), world.holidays)

    expected = case.expect["offers"]
    assert len(found.offers) == len(expected)
    for offer, columns in zip(found.offers, expected, strict=True):
        assert {key: getattr(offer, key) for key in columns} == columns
    for count in ("hotels_considered", "hotels_available"):
        if count in case.expect:
            assert getattr(found, count) == case.expect[count]


def test_there_are_cases_of_every_kind():
    """A misplaced file must not make the suite pass by having nothing to run."""
    assert len({case.name.split(" [")[0] for case in PRICES}) >= 80
    assert len(INVENTORY) >= 140
    assert len(SEARCH) >= 10
