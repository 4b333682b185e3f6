"""Answering stay queries: filters as bit maps, then the kernels, then a ranking of hotels.

Everything here is indexes and arrays; the engine turns names into indexes before and offers into objects after.
"""

from __future__ import annotations

from functools import partial
from threading import local
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native.prices.tables import NO_PRICE, LaneMap, QueryFactors, combine_factors
from nightgrid.native.search import search as kernels
from nightgrid.native.search.offers import drop_refused
from nightgrid.search.cheapest import cheapest_of_hotels, displayed, rates_of_rooms
from nightgrid.search.live import Variant
from nightgrid.search.price_blocks import totals_of
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.ranking import Ranking, StayQuery, of_one_instant
from nightgrid.search.rule_search import RuleSearch, rule_search_of

#: What stays by factors are priced from.
Prices = PriceVersion | Variant
SORTS = ("price", "rating", "distance")
_CACHED_FILTERS = 256
_NO_TOTALS = np.zeros(0, np.int64)
_EXACT = 2**53  # integers below are exact in a float64


class ProductFilter(NamedTuple):
    """The products a query asks for, as a bit map int64 (word); of how many hotels; their currencies (positions)."""

    words: NDArray[np.int64]
    hotels: int
    currencies: tuple[int, ...]


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
        self._rules: tuple[PriceVersion, RuleSearch | None] | None = None  # of the latest version that was searched

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
        self, prices: Prices, query: StayQuery, filter_words: NDArray[np.int64], factors: QueryFactors
    ) -> NDArray[np.int64]:
        """Bit map of the products that can be sold for the query: int64 (word)."""
        words = np.empty_like(filter_words)
        table = self._inventory.table
        kernels.sellable_words(table, self._lanes, filter_words, query.arrival, query.nights, words)
        everything = query.rooms > 1 or query.nights >= PLANE_VALUE_MAX
        priced = prices.row_of(query.arrival)
        stay = (query.arrival, priced, query.nights, query.rooms, query.scope, query.rooms)
        drop_refused(
            table, prices.tables, factors, self._lanes, stay, prices.mask, everything, query.now_ms, _NO_TOTALS, words
        )
        return words

    def factors(
        self, prices: Prices, query: StayQuery, calendar_today: NDArray[np.int64], rates: NDArray[np.int64]
    ) -> tuple[QueryFactors, float]:
        """The query's stay factors per factor set, and the error bound of approximate prices."""
        size = len(prices.tables.set_stay)
        out = QueryFactors(
            np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float32)
        )
        error = combine_factors(prices.tables, calendar_today, rates, query.arrival, query.nights, query.tier, out)
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
        if query.rooms > 1 and version.compiled.beside(query.asking, query.rooms) is None:
            # The display price is that of all rooms, converted as one amount.
            rates = rates_of_rooms(rates, query.rooms)
        given = (query, filter_words, calendar_today, rates, distance_km)
        return of_one_instant(self._inventory, query, partial(self._found, version, *given))

    def _found(
        self,
        version: PriceVersion,
        query: StayQuery,
        filter_words: NDArray[np.int64],
        calendar_today: NDArray[np.int64],
        rates: NDArray[np.int64],
        distance_km: NDArray[np.float64] | None,
    ) -> Ranking:
        """One look at the store; what was changed meanwhile may be seen in part."""
        given = (query, filter_words, calendar_today, rates, distance_km)
        if version.is_factored(query.asking):
            if version.live is None:
                return self._factored(version, *given)
            leads = np.maximum(query.arrival - calendar_today, 0)
            variant = version.live.variant(int(leads.min()), int(leads.max()), query.nights)
            if variant is not None:
                look = partial(self._factored, variant, *given)
                found = version.live.read(variant.nights_of(query.arrival, query.nights), look)
                if found is not None:
                    return found
        return self._programmed(version, *given)

    def _factored(
        self,
        prices: Prices,
        query: StayQuery,
        filter_words: NDArray[np.int64],
        calendar_today: NDArray[np.int64],
        rates: NDArray[np.int64],
        distance_km: NDArray[np.float64] | None,
    ) -> Ranking:
        """Stays are sums of nights times factors."""
        unbounded = query.price_min is None and query.price_max is None
        if query.sort == "price" and unbounded and query.top is not None:
            return self._cheapest(prices, query, filter_words, calendar_today, rates)
        factors, _ = self.factors(prices, query, calendar_today, rates)
        words = self.available(prices, query, filter_words, factors)
        return self._all(prices, query, words, factors, rates, distance_km)

    def _cheapest(
        self,
        prices: Prices,
        query: StayQuery,
        filter_words: NDArray[np.int64],
        calendar_today: NDArray[np.int64],
        rates: NDArray[np.int64],
    ) -> Ranking:
        """The `top` cheapest hotels: approximate prices choose candidates, exact ones decide. One call of a kernel."""
        out = np.empty((4, min(query.top or 0, self._catalog.n_hotels)), np.int64)
        count, available = kernels.search_top(
            self._inventory.table.address,
            prices.desk,
            prices.tables.sums,
            prices.mask,
            filter_words,
            calendar_today,
            rates,
            query.arrival,
            prices.row_of(query.arrival),
            query.nights,
            query.tier,
            query.rooms,
            query.scope,
            query.now_ms,
            self._scratch(len(prices.tables.set_stay)),
            out,
        )
        display, total, lane, hotel = out[:, :count]
        return Ranking(hotel, self._lanes.lane_product[lane], total, display, available)

    def _programmed(
        self,
        version: PriceVersion,
        query: StayQuery,
        filter_words: NDArray[np.int64],
        calendar_today: NDArray[np.int64],
        rates: NDArray[np.int64],
        distance_km: NDArray[np.float64] | None,
    ) -> Ranking:
        """Hotels by a book with a full pipeline: by bounds where there are some; else every sellable product is priced
        exactly, then hotels are ordered.
        """
        catalog, table = self._catalog, self._inventory.table
        words = np.empty_like(filter_words)
        kernels.sellable_words(table, self._lanes, filter_words, query.arrival, query.nights, words)
        rules = self._rules
        if rules is None or rules[0] is not version:
            rules = self._rules = (version, rule_search_of(version, self._lanes))
        ranking = None if rules[1] is None else rules[1].find(query, words, calendar_today, rates, self._inventory)
        if ranking is not None:
            return ranking
        lanes = self._lanes_in(words)
        products = self._lanes.lane_product[lanes]
        hotels = catalog.row_hotel[catalog.product_row[products]]
        leads = query.arrival - calendar_today[catalog.hotel_calendar[hotels]]
        stay_of = (query.arrival, query.nights, query.tier)
        totals = totals_of(version, products, *stay_of, leads, query.asking, self._inventory)
        times, beside = query.rooms, version.compiled.beside(query.asking, query.rooms)
        if beside is not None:  # the totals are of the whole order
            others = totals_of(version, products, *stay_of, leads, beside, self._inventory)
            totals = np.where((totals < 0) | (others < 0), -1, totals + others * (query.rooms - 1))
            times = 1
        words &= self._words_of(lanes[totals >= 0])
        by_lane = np.zeros(len(self._lanes.lane_product), np.int64)
        by_lane[lanes] = np.maximum(totals, 0)
        everything = query.rooms > 1 or query.nights >= PLANE_VALUE_MAX
        stay = (query.arrival, query.arrival - version.first_night, query.nights, query.rooms, query.scope, times)
        nothing = QueryFactors(_NO_TOTALS, _NO_TOTALS, _NO_TOTALS, np.zeros(0, np.float32))
        drop_refused(
            table, version.tables, nothing, self._lanes, stay, version.mask, everything, query.now_ms, by_lane, words
        )
        lanes = self._lanes_in(words)
        hotels = catalog.row_hotel[catalog.product_row[self._lanes.lane_product[lanes]]]
        total = by_lane[lanes]
        available = int(np.count_nonzero(np.bincount(hotels, minlength=1)))
        bounded = query.price_min is not None or query.price_max is not None
        if bounded:
            display = displayed(total, rates[catalog.hotel_currency[hotels]])
            low = 0 if query.price_min is None else query.price_min
            high = NO_PRICE - 1 if query.price_max is None else query.price_max
            kept = np.flatnonzero((display >= low) & (display <= high))
            hotels, lanes, total = hotels[kept], lanes[kept], total[kept]
        found, total, lane = cheapest_of_hotels(hotels, lanes, total, catalog.n_hotels, len(self._lanes.lane_product))
        best = (displayed(total, rates[catalog.hotel_currency[found]]), total, lane)
        if bounded or query.sort != "price" or query.top is None:
            available = len(found)
        return self._ordered(query, found, best, distance_km, available)._replace(of_order=beside is not None)

    def _lanes_in(self, words: NDArray[np.int64]) -> NDArray[np.int64]:
        """The lanes whose bits are set, ascending."""
        return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))

    def _words_of(self, lanes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The bit map of some lanes."""
        bits = np.zeros(len(self._lanes.lane_product), np.uint8)
        bits[lanes] = 1
        return np.packbits(bits, bitorder="little").view(np.int64)

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
        prices: Prices,
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
            prices.tables,
            factors,
            rates,
            self._lanes,
            (prices.row_of(query.arrival), query.nights, prices.mask, low, high),
            out,
        )
        display, total, lane = out
        found = np.flatnonzero(lane >= 0).astype(np.int32)
        best = (display[found], total[found], lane[found])
        return self._ordered(query, found, best, distance_km, available)

    def _ordered(
        self,
        query: StayQuery,
        found: NDArray[np.int32],
        best: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]],
        distance_km: NDArray[np.float64] | None,
        available: int,
    ) -> Ranking:
        """Hotels by index, each with (display, total, lane) of its cheapest product, in the order that is asked for."""
        display, total, lane = best
        order: list[NDArray[np.generic]] = [found, display]
        if query.sort == "rating":
            order.append(-np.nan_to_num(self._catalog.rating[found], nan=-1.0))
        elif query.sort == "distance":
            if distance_km is None:
                raise InputError("sort is 'distance' but the search has no place; give near=(latitude, longitude, km)")
            order.append(np.nan_to_num(distance_km[found], nan=np.inf))
        chosen = np.lexsort(tuple(order))[: query.top]
        return Ranking(found[chosen], self._lanes.lane_product[lane[chosen]], total[chosen], display[chosen], available)
