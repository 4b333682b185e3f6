"""Search by trying everything: every product of every hotel, priced and checked one at a time.

Per hotel the cheapest product that can be sold for the stay is offered; of equally cheap ones the earlier in
the catalogue. Offers are ranked by the price in the display currency, then by the hotel's position in the
catalogue; or by rating, best first and hotels without one last, and then as by price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan
from typing import Any

from tests.oracles.inventory import Inventory
from tests.oracles.nights import HolidayNames
from tests.oracles.prices import display_minor, price_stay
from tests.oracles.rules import Book

PLAIN_PLAN = "standard"
ENDLESS_MINOR = 10**18  # more than any hurdle asks


@dataclass(frozen=True)
class Chain:
    """A small catalogue in its own order: hotels as given, room types by hotel, products by room type.

    `hotels`, `room_types`, `products` are dictionaries with the catalogue's column names.
    """

    hotels: Sequence[Mapping[str, Any]]
    room_types: Sequence[Mapping[str, Any]]
    products: Sequence[Mapping[str, Any]]

    @classmethod
    def of(
        cls,
        hotels: Sequence[Mapping[str, Any]],
        room_types: Sequence[Mapping[str, Any]],
        products: Sequence[Mapping[str, Any]],
    ) -> Chain:
        """Put the room types and products in catalogue order; what was given first stays first."""
        hotel_order = {hotel["hotel_id"]: i for i, hotel in enumerate(hotels)}
        rows = sorted(room_types, key=lambda room_type: hotel_order[room_type["hotel_id"]])
        row_order = {(row["hotel_id"], row["room_type_id"]): i for i, row in enumerate(rows)}
        ordered = sorted(products, key=lambda product: row_order[product["hotel_id"], product["room_type_id"]])
        return cls(list(hotels), rows, ordered)

    def guests_max(self, product: Mapping[str, Any]) -> int:
        """How many guests the product's room type takes; two unless the catalogue says otherwise."""
        for row in self.room_types:
            if (row["hotel_id"], row["room_type_id"]) == (product["hotel_id"], product["room_type_id"]):
                return row.get("guests_max", 2)
        raise KeyError(f"no room type for {product}")


@dataclass(frozen=True)
class Request:
    """One search. Filters that are None let everything pass; `top` None returns every offer.

    `guests` is the party in one room. Price limits are in minor units of the display currency, both included,
    for the whole stay and all rooms. `tier` None is the public one, `currency` None the book's display currency.
    """

    arrival: date
    nights: int
    tier: str | None = None
    channel: str | None = None
    rooms: int = 1
    guests: int = 2
    city: str | None = None
    region: str | None = None
    district: str | None = None
    brand: str | None = None
    hotel_ids: Sequence[str] | None = None
    stars_min: float | None = None
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    plan: str | None = None
    room_type: str | None = None
    sort: str = "price"
    top: int | None = 20
    currency: str | None = None


@dataclass(frozen=True)
class Offer:
    """The cheapest sellable product of one hotel. `total_minor` is payable for the stay and all rooms."""

    hotel_index: int
    hotel_id: str
    room_type_id: str
    plan_id: str
    total_minor: int
    currency: str
    display_minor: int
    display_currency: str


@dataclass(frozen=True)
class Found:
    """The offers, best first, and how many hotels passed the hotel filters and had something to offer."""

    offers: list[Offer]
    hotels_considered: int
    hotels_available: int


def display_currency_of(book: Book, hotels: Iterable[Mapping[str, Any]], asked: str | None) -> str:
    """What was asked for, else the book's, else the one currency that all hotels share."""
    chosen = asked or (book.get("book") or {}).get("display_currency")
    if chosen:
        return chosen
    shared = {hotel["currency"] for hotel in hotels}
    if len(shared) != 1:
        raise KeyError(f"the book names no display_currency and the hotels have several: {sorted(shared)}")
    return shared.pop()


def passes_hotel_filters(hotel: Mapping[str, Any], request: Request) -> bool:
    """The filters that look at the hotel alone. A hotel of unknown stars fails a demand for stars."""
    for key in ("city", "region", "district", "brand"):
        wanted = getattr(request, key)
        if wanted is not None and hotel.get(key) != wanted:
            return False
    if request.hotel_ids is not None and hotel["hotel_id"] not in request.hotel_ids:
        return False
    return request.stars_min is None or _number(hotel.get("stars")) >= request.stars_min


def search(
    chain: Chain,
    inventory: Inventory,
    book: Book,
    request: Request,
    holidays: Mapping[str, HolidayNames] | None = None,
) -> Found:
    """Everything that can be sold, as the module says. Sweeps what is due first; changes nothing else."""
    inventory.expire()
    target = display_currency_of(book, chain.hotels, request.currency)
    considered = [(i, hotel) for i, hotel in enumerate(chain.hotels) if passes_hotel_filters(hotel, request)]
    best = [_best_offer(chain, inventory, book, request, holidays or {}, i, hotel, target) for i, hotel in considered]
    offers = [offer for offer in best if offer is not None]
    if request.sort == "price":
        offers.sort(key=lambda offer: (offer.display_minor, offer.hotel_index))
    elif request.sort == "rating":
        rating = {i: _number(hotel.get("rating")) for i, hotel in considered}
        offers.sort(key=lambda offer: (-rating[offer.hotel_index], offer.display_minor, offer.hotel_index))
    else:
        raise ValueError(f"sort {request.sort!r}; this oracle knows price and rating")
    return Found(offers[: request.top], len(considered), len(offers))


def _best_offer(
    chain: Chain,
    inventory: Inventory,
    book: Book,
    request: Request,
    holidays: Mapping[str, HolidayNames],
    hotel_index: int,
    hotel: Mapping[str, Any],
    target: str,
) -> Offer | None:
    """The cheapest product of one hotel that can be sold, for its own price, and passes the product filters."""
    best: Offer | None = None
    lead_days = (request.arrival - inventory.today(hotel["hotel_id"])).days
    for product in chain.products:
        hotel_id, room_type_id = product["hotel_id"], product["room_type_id"]
        plan_id = product.get("plan_id") or PLAIN_PLAN
        if hotel_id != hotel["hotel_id"] or request.guests > chain.guests_max(product):
            continue
        if request.plan not in (None, plan_id) or request.room_type not in (None, room_type_id):
            continue
        asked = (hotel_id, room_type_id, request.arrival, request.nights, request.rooms)
        who = {"plan": plan_id, "tier": request.tier, "channel": request.channel}
        if inventory.refusal(*asked, **who, value_minor=ENDLESS_MINOR).outcome != "OK":
            continue
        stay = (request.arrival, request.nights, lead_days, request.tier, holidays)
        total = price_stay(book, hotel, product, *stay).total_minor * request.rooms
        if any(inventory.hurdles.values()) and inventory.refusal(*asked, **who, value_minor=total).outcome != "OK":
            continue  # worth less than the last rooms are
        shown = display_minor(book, total, hotel["currency"], target)
        if request.price_min_minor is not None and shown < request.price_min_minor:
            continue
        if request.price_max_minor is not None and shown > request.price_max_minor:
            continue
        if best is None or total < best.total_minor:  # of equal totals the earlier product stays
            best = Offer(hotel_index, hotel_id, room_type_id, plan_id, total, hotel["currency"], shown, target)
    return best


def _number(value: float | None) -> float:
    """A rating or star number, minus infinity where it is not known."""
    return float("-inf") if value is None or isnan(value) else value
