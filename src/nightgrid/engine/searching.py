"""Search by name: where, for whom, in which order; offers out."""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import repeat
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, GuestQuestion
from nightgrid.catalog import Catalog
from nightgrid.clock import stopwatch_seconds
from nightgrid.counts import plain_int
from nightgrid.engine.base import EngineBase
from nightgrid.engine.edge.answers import Offer, SearchResult
from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.limits import PRICE_MINOR_MAX, ROOMS_MAX, STAY_NIGHTS_MAX
from nightgrid.nights import to_date, to_ordinal
from nightgrid.search.hotel_clocks import settled
from nightgrid.search.price_version import PriceVersion, display_rates
from nightgrid.search.ranking import Question, Ranking, StayQuery
from nightgrid.search.searcher import SORTS, ProductFilter, Searcher

#: Beyond every total of all rooms.
_LIMIT_MINOR_MAX = PRICE_MINOR_MAX * ROOMS_MAX


def _hashable(values: Any) -> tuple[Any, ...] | None:
    """A sequence as part of a key; a single text is a sequence of one."""
    return None if values is None else (values,) if isinstance(values, str) else tuple(values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class SearchMixin(EngineBase):
    """Search over the whole chain or a part of it."""

    _rates: tuple[PriceVersion | None, str, tuple[int, ...], int, NDArray[np.int64]] = (
        None, "", (), 0, np.empty((0, 2), int)
    )  # fmt: skip

    def search(
        self,
        arrival: date | str,
        nights: int | None = None,
        *,
        departure: date | str | None = None,
        tier: str | None = None,
        rooms: int = 1,
        guests: int = 2,
        city: str | None = None,
        region: str | None = None,
        district: str | None = None,
        brand: str | None = None,
        hotel_ids: list[str] | None = None,
        near: tuple[float, float, float] | None = None,
        stars_min: float | None = None,
        plan: str | None = None,
        room_type: str | None = None,
        price_min_minor: int | None = None,
        price_max_minor: int | None = None,
        sort: str = "price",
        top: int | None = 20,
        currency: str | None = None,
        **asked: Unpack[GuestQuestion],
    ) -> SearchResult:
        """Hotels with their cheapest sellable product, ranked. Linear in the room types considered; tens of
        microseconds for a chain.

        `guests` is the party in one room; `asked` is the guest's question as in `quote` (`adults` and `children` where
        a rule counts them; products without a package asked for are passed over; `booking_date` prices as if it were
        asked on that date, while rooms are those of now); `near` is (latitude, longitude, radius in km); prices are
        totals in the display currency (`currency`, else the book's) for all rooms, before what points pay; `sort` is
        price, rating or distance; `top=None` gives every hotel. Rooms that are held, sold, closed or restricted for the
        stay are never offered, nor those that the selling controls keep from the guest's tier and `channel`. Raises
        InputError and UnknownIdError; an empty answer is no error.
        """
        started = stopwatch_seconds()
        searcher = self._searcher  # before the prices, so that they know all of it
        version = self._priced()
        ordinal = to_ordinal(arrival)
        nights, rooms, guests, top = self._nights(ordinal, nights, departure), *map(plain_int, (rooms, guests, top))
        self._check_query(ordinal, nights, rooms, guests, sort, top, version)
        price_min_minor, price_max_minor = plain_int(price_min_minor), plain_int(price_max_minor)
        self._check_filters(price_min_minor, price_max_minor, stars_min, near)
        asking = self._question(version, asked, nights) if asked else ANYBODY
        now_ms = self._now_ms()
        self._inventory.sweep(now_ms)
        if version.compiled.program is not None:
            asking = version.compiled.program.at_time(asking, now_ms)
            asking = settled(version.compiled.program, version.catalog, asking)
        query = StayQuery(
            ordinal, nights, 0 if tier is None else version.tier_index(tier), rooms,
            self._scope(tier, asking.channel or None), now_ms, top, sort, price_min_minor, price_max_minor, asking,
        )  # fmt: skip
        places = (region, city, district, brand, _hashable(hotel_ids), _hashable(near), stars_min)
        party = max(guests, query.asking.guests or 0)
        wanted = self._product_filter(searcher, places, party, plan, room_type)
        rates, display_currency = self._display(version, currency, wanted.currencies, now_ms)
        catalog = searcher.catalog
        distance = catalog.distance_km(near[0], near[1]) if sort == "distance" and near is not None else None
        booked, words = self._days.today(now_ms), wanted.words
        if asking.booking_date is not None:
            booked, words = self._as_if_booked(searcher, asking.booking_date, ordinal, booked, words)
        ranking = searcher.search(version, Question(query, words, booked, rates, distance))
        make_offers = partial(self._offers, version, query, ranking, display_currency)
        total = ranking.total_of(rooms)
        elapsed_us = (stopwatch_seconds() - started) * 1e6
        available = int(ranking.available)
        return SearchResult(wanted.hotels, available, elapsed_us, version.digest, ranking.hotel, total, make_offers)

    def _as_if_booked(
        self, searcher: Searcher, booking_date: date, arrival: int, today: NDArray[np.int64], words: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(ordinal of the booking date per calendar, products of hotels where the arrival is not past)."""
        booked = np.full_like(today, booking_date.toordinal())
        if arrival < int(today.max()):
            hotels = np.flatnonzero(today[searcher.catalog.hotel_calendar] <= arrival)
            words = words & searcher.hotel_words(hotels)
        return booked, words

    def _check_query(
        self, arrival: int, nights: int, rooms: int, guests: int, sort: str, top: int | None, version: PriceVersion
    ) -> None:
        """Errors that name the argument, the value and what is allowed."""
        if not 1 <= nights <= STAY_NIGHTS_MAX:
            raise InputError(f"nights is {nights}; a stay has 1 to {STAY_NIGHTS_MAX} nights")
        begin = max(self.first_night, version.first_night)
        end = min(self.first_night + self.n_nights, version.first_night + version.n_nights)
        if arrival < begin or arrival + nights > end:
            asked = f"{to_date(arrival)} to {to_date(arrival + nights)}"
            raise InputError(
                f"the stay {asked} is outside the window; arrive from {to_date(begin)} on, depart by {to_date(end)}"
            )
        if type(rooms) is not int or not 1 <= rooms <= ROOMS_MAX:
            raise InputError(f"rooms is {rooms!r}; allowed are 1 to {ROOMS_MAX}")
        if type(guests) is not int or guests < 1:
            raise InputError(f"guests is {guests!r}; at least 1 guest sleeps in a room")
        if sort not in SORTS:
            raise InputError(f"sort is {sort!r}; use one of {', '.join(SORTS)}")
        if top is not None and (type(top) is not int or top < 1):
            raise InputError(f"top is {top!r}; give at least 1, or None for every hotel")

    def _check_filters(self, price_min: Any, price_max: Any, stars_min: Any, near: Any) -> None:
        """Errors for filters that are no numbers, or none that can be."""
        for name, limit in (("price_min_minor", price_min), ("price_max_minor", price_max)):
            if limit is not None and type(limit) is not int:
                raise InputTypeError(f"{name} is {limit!r}; whole minor units are needed")
            if limit is not None and not 0 <= limit <= _LIMIT_MINOR_MAX:
                raise InputError(f"{name} is {limit}; allowed are 0 to {_LIMIT_MINOR_MAX:,}, or None for no limit")
        if stars_min is not None and not _is_number(stars_min):
            raise InputTypeError(f"stars_min is {stars_min!r}; a number of stars is needed")
        if stars_min is not None and not stars_min >= 0:  # refuses NaN too
            raise InputError(f"stars_min is {stars_min}; give 0 or more, or None for all hotels")
        if near is not None and (isinstance(near, str) or len(near) != 3 or not all(map(_is_number, near))):
            raise InputError(f"near is {near!r}; give (latitude, longitude, radius in km)")

    def _display(
        self, version: PriceVersion, currency: str | None, needed: tuple[int, ...], now_ms: int
    ) -> tuple[NDArray[np.int64], str]:
        """(rates, display currency): as asked, else the book's, else the only currency of the hotels considered.

        One rate for the whole chain: that of the day which has begun at every hotel.
        """
        catalog = version.catalog
        wanted = currency or version.compiled.display_currency
        if not wanted:
            if len(needed) > 1:
                names = ", ".join(catalog.currencies[index] for index in needed)
                raise InputError(
                    f"the hotels asked for have several currencies ({names}); give currency= to compare in"
                )
            wanted = catalog.currencies[needed[0] if needed else 0]
        known_version, known_currency, known_needed, known_day, rates = self._rates
        day = int(self._days.today(now_ms).min()) if known_day else 0
        if known_version is not version or known_currency != wanted or known_needed != needed or known_day != day:
            today = int(self._days.today(now_ms).min())
            rates = display_rates(version, catalog, wanted, needed, to_date(today))
            self._rates = (version, wanted, needed, today if version.compiled.book.has_dated_rates else 0, rates)
        return rates, wanted

    def _product_filter(
        self, searcher: Searcher, places: tuple[Any, ...], guests: int, plan: str | None, room_type: str | None
    ) -> ProductFilter:
        """The products asked for; remembered by the searcher."""
        catalog = searcher.catalog
        key = (places, guests, plan, room_type)
        known = searcher.known_filter(key)
        if known is not None:
            return known
        hotels = self._hotels(catalog, places)
        words = searcher.guests_words(guests) & searcher.hotel_words(hotels)
        if plan is not None:
            words = words & searcher.lane_words(self._products_of("plan", catalog.plan_ids, plan))
        if room_type is not None:
            ids = np.array(catalog.room_type_ids)[catalog.product_row].tolist()
            words = words & searcher.lane_words(self._products_of("room_type", ids, room_type))
        return searcher.remember_filter(key, words, hotels)

    def _products_of(self, name: str, ids: list[str], wanted: str) -> NDArray[np.bool_]:
        """Products with an id, bool (product); UnknownIdError if there is none."""
        found: NDArray[np.bool_] = np.array([name == wanted for name in ids], np.bool_)
        if not found.any():
            raise UnknownIdError(f"{name} is {wanted!r}; no product of the catalogue has it")
        return found

    def _hotels(self, catalog: Catalog, places: tuple[Any, ...]) -> NDArray[np.int32]:
        """Hotel indexes that the place arguments ask for."""
        region, city, district, brand, hotel_ids, near, stars_min = places
        named = {
            "region": region,
            "city": city,
            "district": district,
            "brand": brand,
            "hotel_ids": None if hotel_ids is None else list(hotel_ids),
            "near": near,
        }
        given = {name: value for name, value in named.items() if value is not None}
        hotels = catalog.hotels_where(**given) if given else np.arange(catalog.n_hotels, dtype=np.int32)
        if stars_min is not None:
            hotels = hotels[catalog.stars[hotels] >= stars_min]  # unknown stars (NaN) fail every demand
        return hotels

    def _offers(self, version: PriceVersion, query: StayQuery, ranking: Ranking, display_currency: str) -> list[Offer]:
        """Offer objects of a ranking."""
        catalog = self.catalog
        hotels = ranking.hotel.tolist()
        products = ranking.product.tolist()
        rows = catalog.product_row[ranking.product].tolist()
        currencies = catalog.hotel_currency[ranking.hotel].tolist()
        columns = (
            range(1, len(hotels) + 1),
            [catalog.hotel_ids[hotel] for hotel in hotels],
            [catalog.hotel_name[hotel] for hotel in hotels],
            [catalog.city[hotel] for hotel in hotels],
            [catalog.room_type_ids[row] for row in rows],
            [catalog.plan_ids[product] for product in products],
            repeat(to_date(query.arrival)),
            repeat(query.nights),
            ranking.total_of(query.rooms).tolist(),
            [catalog.currencies[currency] for currency in currencies],
            ranking.display.tolist(),
            repeat(display_currency),
            repeat(version.digest),
        )
        return list(map(Offer._make, zip(*columns, strict=False)))  # repeat() has no end
