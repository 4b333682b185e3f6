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
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.prices.prices import POLICY_NIGHT, T_POLICY
from nightgrid.native.prices.tables import LaneMap, QueryFactors, combine_factors
from nightgrid.native.search import search as kernels
from nightgrid.native.search.offers import drop_refused
from nightgrid.search.cheapest import ordered, rates_of_rooms
from nightgrid.search.every_product import EveryProduct
from nightgrid.search.live import LivePrices, Variant
from nightgrid.search.live_stays import Gathered, live_stay, read_stay
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.ranking import Question, Ranking, of_one_instant
from nightgrid.search.rule_search import RuleSearch, rule_search_of

#: What stays by factors are priced from.
Prices = PriceVersion | Variant | Gathered
SORTS = ("price", "rating", "distance")
_CACHED_FILTERS = 256
_NO_TOTALS = np.zeros(0, np.int64)


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
        self._every_product = EveryProduct(catalog, inventory, self._lanes)
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

    def search(self, version: PriceVersion, question: Question) -> Ranking:
        """Rank the hotels. Ties: by price the lower hotel index; other orders by price, then hotel index."""
        query = question.query
        if query.rooms > 1 and version.compiled.beside(query.asking, query.rooms) is None:
            # The display price is that of all rooms, converted as one amount.
            question = question._replace(rates=rates_of_rooms(question.rates, query.rooms))
        return of_one_instant(self._inventory, query, partial(self._found, version, question))

    def _found(self, version: PriceVersion, question: Question) -> Ranking:
        """One look at the store; what was changed meanwhile may be seen in part."""
        query = question.query
        if version.is_factored(query.asking):
            if version.live is None:
                return self._factored(version, question)
            found = self._live(version, version.live, question)
            if found is not None:
                return found
        return self._programmed(version, question)

    def _live(self, version: PriceVersion, live: LivePrices, question: Question) -> Ranking | None:
        """Stays are sums of nights that follow house fill, times factors; None where a night became too large."""
        query = question.query
        leads = np.maximum(query.arrival - question.calendar_today, 0)
        apart = version.tables.terms[T_POLICY] == POLICY_NIGHT
        stay = live_stay(live, query.arrival, query.nights, leads, apart=bool(apart))
        if stay.variant is None:  # what cannot be sold need not be put together
            question = question._replace(words=self._sellable(question))
        return read_stay(live, stay, question.words, partial(self._factored, question=question))

    def _sellable(self, question: Question) -> NDArray[np.int64]:
        """Bit map of the products that the bit maps of nights let pass: int64 (word)."""
        query, words = question.query, np.empty_like(question.words)
        table = self._inventory.table
        kernels.sellable_words(table, self._lanes, question.words, query.arrival, query.nights, words)
        return words

    def _programmed(self, version: PriceVersion, question: Question) -> Ranking:
        """Hotels by a book with a full pipeline: from matrices where these serve, else product by product."""
        words, rules = self._sellable(question), self._rules
        if rules is None or rules[0] is not version:
            rules = self._rules = (version, rule_search_of(version, self._catalog, self._lanes))
        found = None if rules[1] is None else rules[1].find(question, words, self._inventory)
        return self._every_product.find(version, rules[1], question, words) if found is None else found

    def _factored(self, prices: Prices, question: Question) -> Ranking:
        """Stays are sums of nights times factors."""
        query = question.query
        if query.sort == "price" and not question.is_limited and query.top is not None:
            return self._cheapest(prices, question)
        factors, _ = self.factors(prices, question)
        words = self.available(prices, question, factors)
        return self._all(prices, question, words, factors)

    def available(self, prices: Prices, question: Question, factors: QueryFactors) -> NDArray[np.int64]:
        """Bit map of the products that can be sold for the question: int64 (word)."""
        query, words, table = question.query, self._sellable(question), self._inventory.table
        priced = prices.row_of(query.arrival)
        stay = (query.arrival, priced, query.nights, query.rooms, query.scope, query.rooms)
        drop_refused(
            table, prices.tables, factors, self._lanes, stay, prices.mask, question.undecided, query.now_ms, _NO_TOTALS,
            words,
        )  # fmt: skip
        return words

    def factors(self, prices: Prices, question: Question) -> tuple[QueryFactors, float]:
        """The stay factors of a question per factor set, and the error bound of approximate prices."""
        query, size = question.query, len(prices.tables.set_stay)
        out = QueryFactors(
            np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float32)
        )
        stay = (query.arrival, query.nights, query.tier)
        error = combine_factors(prices.tables, question.calendar_today, question.rates, *stay, out)
        return out, error

    def _cheapest(self, prices: Prices, question: Question) -> Ranking:
        """The `top` cheapest hotels: approximate prices choose candidates, exact ones decide. One call of a kernel."""
        query = question.query
        out = np.empty((4, min(query.top or 0, self._catalog.n_hotels)), np.int64)
        count, available = kernels.search_top(
            self._inventory.table.address,
            prices.desk,
            prices.tables.sums,
            prices.mask,
            question.words,
            question.calendar_today,
            question.rates,
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

    def _scratch(self, sets: int) -> NDArray[np.int64]:
        """Scratch memory of `search_top`, one per thread: fresh memory each time would cost more than the search."""
        lanes = self._lanes
        words = kernels.search_scratch_words(int(lanes.chunk_first_word[-1]), len(lanes.chunk_hotel), sets)
        kept: NDArray[np.int64] | None = getattr(self._thread, "scratch", None)
        if kept is None or len(kept) < words:
            kept = self._thread.scratch = np.empty(words, np.int64)
        return kept

    def _all(self, prices: Prices, question: Question, words: NDArray[np.int64], factors: QueryFactors) -> Ranking:
        """Price every hotel exactly, then order: the plain path for other orders, price ranges, and all hotels."""
        query, hotels = question.query, self._catalog.n_hotels
        out = (np.empty(hotels, np.int64), np.empty(hotels, np.int64), np.empty(hotels, np.int32))
        stay = (prices.row_of(query.arrival), query.nights, prices.mask, *question.limits)
        available = kernels.all_hotels(words, prices.tables, factors, question.rates, self._lanes, stay, out)
        display, total, lane = out
        found = np.flatnonzero(lane >= 0).astype(np.int32)
        chosen = found[ordered(self._catalog.rating, question, found, display[found])]
        return Ranking(chosen, self._lanes.lane_product[lane[chosen]], total[chosen], display[chosen], available)
