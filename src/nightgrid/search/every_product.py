"""A search that prices every product that can be sold: for what a search by factors or by bounds does not serve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.prices.tables import LaneMap, QueryFactors
from nightgrid.native.search.offers import drop_refused
from nightgrid.search.cheapest import cheapest_of_hotels, displayed, ordered
from nightgrid.search.price_blocks import totals_of
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.ranking import Question, Ranking
from nightgrid.search.rule_search import RuleSearch

_NO_TOTALS = np.zeros(0, np.int64)
NO_FACTORS = QueryFactors(_NO_TOTALS, _NO_TOTALS, _NO_TOTALS, np.zeros(0, np.float32))


class EveryProduct:
    """Searches of one catalogue and inventory. Safe to use from many threads."""

    def __init__(self, catalog: Catalog, inventory: Inventory, lanes: LaneMap) -> None:
        self._catalog, self._inventory, self._lanes = catalog, inventory, lanes

    def find(
        self, version: PriceVersion, rules: RuleSearch | None, question: Question, words: NDArray[np.int64]
    ) -> Ranking:
        """The ranking of the products that the bit maps let pass: words (word) int64 [changed]. O(products)."""
        catalog, query, rates = self._catalog, question.query, question.rates
        beside = version.compiled.beside(query.asking, query.rooms)
        by_lane, times = self._totals(version, rules, question, words), query.rooms
        if beside is not None:  # the totals are of the whole order
            others = question._replace(query=query._replace(asking=beside))
            by_lane = by_lane + (query.rooms - 1) * self._totals(version, rules, others, words)
            times = 1
        self._drop_refused(version, question, times, by_lane, words)
        lanes = lanes_in(words)
        hotels, total = self._hotels_of(lanes), by_lane[lanes]
        available = int(np.count_nonzero(np.bincount(hotels, minlength=1)))
        if question.is_limited:
            display = displayed(total, rates[catalog.hotel_currency[hotels]])
            low, high = question.limits
            kept = np.flatnonzero((display >= low) & (display <= high))
            hotels, lanes, total = hotels[kept], lanes[kept], total[kept]
        found, total, lane = cheapest_of_hotels(hotels, lanes, total, catalog.n_hotels, len(self._lanes.lane_product))
        display = displayed(total, rates[catalog.hotel_currency[found]])
        if question.is_limited or query.sort != "price" or query.top is None:
            available = len(found)
        chosen = ordered(catalog.rating, question, found, display)
        product = self._lanes.lane_product[lane[chosen]]
        return Ranking(found[chosen], product, total[chosen], display[chosen], available, beside is not None)

    def _totals(
        self, version: PriceVersion, rules: RuleSearch | None, question: Question, words: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Prices (lane) int64 minor units of the products that are left; what has none is cleared in words."""
        found = None if rules is None else rules.totals(question, words, self._inventory)
        if found is not None:
            return found
        query, lanes = question.query, lanes_in(words)
        hotels = self._hotels_of(lanes)
        leads = query.arrival - question.calendar_today[self._catalog.hotel_calendar[hotels]]
        stay = (query.arrival, query.nights, query.tier)
        products = self._lanes.lane_product[lanes]
        totals = totals_of(version, products, *stay, leads, query.asking, self._inventory)
        words &= self._words_of(lanes[totals >= 0])
        by_lane = np.zeros(len(self._lanes.lane_product), np.int64)
        by_lane[lanes] = np.maximum(totals, 0)
        return by_lane

    def _drop_refused(
        self, version: PriceVersion, question: Question, times: int, totals: NDArray[np.int64], words: NDArray[np.int64]
    ) -> None:
        query = question.query
        stay = (query.arrival, query.arrival - version.first_night, query.nights, query.rooms, query.scope, times)
        drop_refused(
            self._inventory.table, version.tables, NO_FACTORS, self._lanes, stay, version.mask, question.undecided,
            query.now_ms, totals, words,
        )  # fmt: skip

    def _hotels_of(self, lanes: NDArray[np.int64]) -> NDArray[np.int32]:
        products = self._lanes.lane_product[lanes]
        hotels: NDArray[np.int32] = self._catalog.row_hotel[self._catalog.product_row[products]]
        return hotels

    def _words_of(self, lanes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The bit map of some lanes."""
        bits = np.zeros(len(self._lanes.lane_product), np.uint8)
        bits[lanes] = 1
        return np.packbits(bits, bitorder="little").view(np.int64)


def lanes_in(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lanes whose bits are set, ascending."""
    return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))
