"""Answering stay queries: filters as bit maps, then the kernels, then a ranking of hotels.

Everything here is indexes and arrays; the engine turns names into indexes before and offers into objects after.
"""

from __future__ import annotations

from fractions import Fraction
from threading import local
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native import search as kernels
from nightgrid.native.offers import drop_refused
from nightgrid.native.tables import NO_PRICE, LaneMap, QueryFactors, combine_factors
from nightgrid.search.price_version import PriceVersion

SORTS = ("price", "rating", "distance")
_CACHED_FILTERS = 256
_EXACT = 2**53  # integers below are exact in a float64


class StayQuery(NamedTuple):
    """A search in indexes: `arrival` is an ordinal; prices are display minor units, None = unbounded."""

    arrival: int
    nights: int
    tier: int  # index of the rule book
    rooms: int
    scope: int  # channel and class of the guest (`native.requests.scope_word`)
    now_ms: int
    top: int | None
    sort: str
    price_min: int | None
    price_max: int | None


class Ranking(NamedTuple):
    """Hotels in order, and how many are available. `total` is of one room, `display` of all; both int64 minor units."""

    hotel: NDArray[np.int32]
    product: NDArray[np.int32]
    total: NDArray[np.int64]
    display: NDArray[np.int64]
    available: int


class ProductFilter(NamedTuple):
    """The products a query asks for, as a bit map int64 (word); of how many hotels; their currencies (positions)."""

    words: NDArray[np.int64]
    hotels: int
    currencies: tuple[int, ...]


def _rates_of_rooms(rates: NDArray[np.int64], rooms: int) -> NDArray[np.int64]:
    """Rates times rooms, (currency, 2) int64 in lowest terms; InputError where one has too many digits to be exact."""
    ratios = [Fraction(numerator * rooms, denominator) for numerator, denominator in rates.tolist()]
    if max(ratio.numerator for ratio in ratios) >= _EXACT:
        raise InputError(
            f"a rate of the rule book has too many digits to convert the price of {rooms} rooms exactly; "
            "round it under [currencies]"
        )
    return np.array([(ratio.numerator, ratio.denominator) for ratio in ratios], np.int64)


class Searcher:
    """Search over one inventory and catalogue. Safe to use from many threads: every call has its own scratch memory.

    It never changes: another catalogue gets another searcher, whose hotels and products the price version must know.
    """

    def __init__(self, catalog: Catalog, inventory: Inventory, lanes: LaneMap | None = None) -> None:
        self.catalog = self._catalog = catalog
        self._inventory = inventory
        self._lanes = inventory.lanes if lanes is None else lanes
        first_word = self._lanes.chunk_first_word
        self._word_chunk = np.repeat(np.arange(len(first_word) - 1), np.diff(first_word))
        self._filters: dict[object, ProductFilter] = {}
        self._thread = local()

    # -- filters as bit maps ---------------------------------------------------------------------

    def lane_words(self, product_allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Bit map of some products, from bool (product): int64 (word). O(lanes)."""
        lane_product = self._lanes.lane_product
        allowed = (lane_product >= 0) & product_allowed[np.maximum(lane_product, 0)]
        return np.packbits(allowed, bitorder="little").view(np.int64)

    def hotel_words(self, hotels: NDArray[np.integer]) -> NDArray[np.int64]:
        """Bit map of all products of some hotels: int64 (word). O(hotels + words)."""
        allowed = np.zeros(self._catalog.n_hotels + 1, np.bool_)
        allowed[hotels] = True
        position_allowed = allowed[self._lanes.chunk_hotel]  # -1 = padding takes the last entry, False
        chunks = np.packbits(position_allowed, bitorder="little").view(np.int64)
        return chunks[self._word_chunk]

    def guests_words(self, guests: int) -> NDArray[np.int64]:
        """Bit map of the products whose room takes that many guests: int64 (word)."""
        product_guests = self._catalog.guests_max[self._catalog.product_row]
        return self.lane_words(product_guests >= guests)

    def known_filter(self, key: object) -> ProductFilter | None:
        """The filter remembered under a key."""
        return self._filters.get(key)

    def remember_filter(self, key: object, words: NDArray[np.int64], hotels: NDArray[np.integer]) -> ProductFilter:
        """Remember a filter, and forget the oldest when there are too many. None goes stale: the catalogue is fixed."""
        currencies = tuple(np.unique(self._catalog.hotel_currency[hotels]).tolist())
        entry = ProductFilter(np.ascontiguousarray(words), len(hotels), currencies)
        if len(self._filters) >= _CACHED_FILTERS:
            self._filters.pop(next(iter(self._filters)), None)
        self._filters[key] = entry
        return entry

    # -- the search ------------------------------------------------------------------------------

    def available(
        self, version: PriceVersion, query: StayQuery, filter_words: NDArray[np.int64], factors: QueryFactors
    ) -> NDArray[np.int64]:
        """Bit map of the products that can be sold for the query: int64 (word)."""
        words = np.empty_like(filter_words)
        table = self._inventory.table
        kernels.sellable_words(table, self._lanes, filter_words, query.arrival, query.nights, words)
        everything = query.rooms > 1 or query.nights >= PLANE_VALUE_MAX
        priced = query.arrival - version.first_night
        stay = (query.arrival, priced, query.nights, query.rooms, query.scope)
        drop_refused(table, version.tables, factors, self._lanes, stay, version.mask, everything, query.now_ms, words)
        return words

    def factors(
        self, version: PriceVersion, query: StayQuery, calendar_today: NDArray[np.int64], rates: NDArray[np.int64]
    ) -> tuple[QueryFactors, float]:
        """The query's stay factors per factor set, and the error bound of approximate prices."""
        size = len(version.tables.set_stay)
        out = QueryFactors(
            np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float32)
        )
        error = combine_factors(version.tables, calendar_today, rates, query.arrival, query.nights, query.tier, out)
        return out, error

    def search(
        self,
        version: PriceVersion,
        query: StayQuery,
        filter_words: NDArray[np.int64],
        calendar_today: NDArray[np.int64],
        rates: NDArray[np.int64],
        distance_km: NDArray[np.float64] | None = None,
    ) -> Ranking:
        """Rank the hotels. Ties: by price the lower hotel index; other orders by price, then hotel index.

        calendar_today (calendar) int64: ordinal of each calendar's civil date; rates: see `display_rates`.
        """
        if query.rooms > 1:  # the display price is that of all rooms, converted as one amount
            rates = _rates_of_rooms(rates, query.rooms)
        unbounded = query.price_min is None and query.price_max is None
        if query.sort == "price" and unbounded and query.top is not None:
            return self._cheapest(version, query, filter_words, calendar_today, rates)
        factors, _ = self.factors(version, query, calendar_today, rates)
        words = self.available(version, query, filter_words, factors)
        return self._all(version, query, words, factors, rates, distance_km)

    def _cheapest(
        self,
        version: PriceVersion,
        query: StayQuery,
        filter_words: NDArray[np.int64],
        calendar_today: NDArray[np.int64],
        rates: NDArray[np.int64],
    ) -> Ranking:
        """The `top` cheapest hotels: approximate prices choose candidates, exact ones decide. One call of a kernel."""
        out = np.empty((4, min(query.top or 0, self._catalog.n_hotels)), np.int64)
        count, available = kernels.search_top(
            self._inventory.table,
            version.desk,
            version.tables.sums,
            version.mask,
            filter_words,
            calendar_today,
            rates,
            query.arrival,
            query.arrival - version.first_night,
            query.nights,
            query.tier,
            query.rooms,
            query.scope,
            query.now_ms,
            self._scratch(len(version.tables.set_stay)),
            out,
        )
        display, total, lane, hotel = out[:, :count]
        return Ranking(hotel, self._lanes.lane_product[lane], total, display, available)

    def _scratch(self, sets: int) -> NDArray[np.int64]:
        """Scratch memory of `search_top`, one per thread: fresh memory each time would cost more than the search."""
        lanes = self._lanes
        words = kernels.search_scratch_words(int(lanes.chunk_first_word[-1]), len(lanes.chunk_hotel), sets)
        kept: NDArray[np.int64] | None = getattr(self._thread, "scratch", None)
        if kept is None or len(kept) < words:
            kept = self._thread.scratch = np.empty(words, np.int64)
        return kept

    def _all(
        self,
        version: PriceVersion,
        query: StayQuery,
        words: NDArray[np.int64],
        factors: QueryFactors,
        rates: NDArray[np.int64],
        distance_km: NDArray[np.float64] | None,
    ) -> Ranking:
        """Price every hotel exactly, then order: the plain path for other orders, price ranges, and all hotels."""
        hotels = self._catalog.n_hotels
        out = (np.empty(hotels, np.int64), np.empty(hotels, np.int64), np.empty(hotels, np.int32))
        low = 0 if query.price_min is None else query.price_min
        high = NO_PRICE - 1 if query.price_max is None else query.price_max
        available = kernels.all_hotels(
            words,
            version.tables,
            factors,
            rates,
            self._lanes,
            (query.arrival - version.first_night, query.nights, version.mask, low, high),
            out,
        )
        display, total, lane = out
        found = np.flatnonzero(lane >= 0).astype(np.int32)
        order: list[NDArray[np.generic]] = [found, display[found]]
        if query.sort == "rating":
            order.append(-np.nan_to_num(self._catalog.rating[found], nan=-1.0))
        elif query.sort == "distance":
            if distance_km is None:
                raise InputError("sort is 'distance' but the search has no place; give near=(latitude, longitude, km)")
            order.append(np.nan_to_num(distance_km[found], nan=np.inf))
        found = found[np.lexsort(tuple(order))][: query.top]
        return Ranking(found, self._lanes.lane_product[lane[found]], total[found], display[found], available)
