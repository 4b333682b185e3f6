"""Search by a book with a full pipeline over the price matrices: what `native/search/rule_search` takes.

It serves whatever matrices can answer: not stays by the house fill that a guest brings along, parties that have nights
of their own, members who are sold another plan, and rules that ask for the rooms left. For these, and where the kernel
finds no vector form, products are priced one by one (`every_product`).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import local
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import AskingAt
from nightgrid.catalog import Catalog
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native.prices.tables import LaneMap, QueryFactors
from nightgrid.native.program import live_block as lv
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.search import rule_rows as rows
from nightgrid.native.search.offers import drop_refused
from nightgrid.native.search.rule_rows import Places, Space, Sums, make_space
from nightgrid.native.search.rule_search import search_rules
from nightgrid.native.store import layout as at
from nightgrid.pricing.program import Program
from nightgrid.search.cheapest import order_key, ordered
from nightgrid.search.live import Variant
from nightgrid.search.live_stays import Gathered, live_stay, read_stay
from nightgrid.search.matrices import Matrices
from nightgrid.search.price_blocks import row_shop
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.ranking import Question, Ranking, StayQuery
from nightgrid.search.stay_prices import workshop

T = TypeVar("T")
_thread = local()
_NO_SHORT = np.zeros((0, 0, 0), np.uint32)
_NO_WIDE = np.zeros((0, 0, 0), np.int64)
_NO_SHORT_WORDS = np.zeros((0, 0), np.uint32)
_NO_WIDE_WORDS = np.zeros((0, 0), np.int64)
for _nothing in (_NO_SHORT_WORDS, _NO_WIDE_WORDS):
    _nothing.setflags(write=False)  # as the others are, so that a kernel is compiled once
_NOTHING = np.zeros(0, np.int64)
_NO_FACTORS = QueryFactors(_NOTHING, _NOTHING, _NOTHING, np.zeros(0, np.float32))
_NO_HOTELS = np.zeros((4, 0), np.int64)
#: More rule sets than these would take too much memory a thread.
_SETS_MAX = 4_096


class _Look(NamedTuple):
    """One look at the matrices of a question."""

    prices: PriceVersion | Variant | Gathered
    matrices: Matrices
    largest: float  # night
    question: Question
    inventory: Inventory


class RuleSearch:
    """Searches of one price version. Safe to use from many threads."""

    def __init__(self, version: PriceVersion, program: Program, catalog: Catalog, lanes: LaneMap) -> None:
        self.version, self._program, self._catalog, self._lanes = version, program, catalog, lanes
        self._places = _places_of(version, program, lanes)
        self._own_plans: NDArray[np.bool_] = np.asarray((program.tier_product >= 0).any(axis=1))
        self._hotels = int(lanes.chunk_hotel.max(initial=-1)) + 1
        self._priced_until: dict[int, int] = {}  # by the id of matrices, which live as long as the version
        self._worthless = np.zeros(len(lanes.lane_product), np.int64)

    def find(self, question: Question, words: NDArray[np.int64], inventory: Inventory) -> Ranking | None:
        """The ranking, with the products that the bit maps let pass: words (word) int64 [in]; None where the matrices
        do not serve.
        """
        query = question.query
        if query.rooms > 1 and self._program.beside(query.asking, query.rooms) is not None:
            return None
        found = self._look(question, words, inventory, lambda look: self._ranked(look, self._offering(query, words)))
        return found[0] if found else None

    def totals(self, question: Question, words: NDArray[np.int64], inventory: Inventory) -> NDArray[np.int64] | None:
        """Prices (lane) int64 minor units of the products that are left; what has none is cleared in words [changed].
        None where the matrices do not serve.
        """

        def priced(look: _Look) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
            left = self._offering(question.query, words)
            totals = self._totals(look, left)
            return None if totals is None else (totals, left)

        found = self._look(question, words, inventory, priced)
        if found is None:
            return None
        words[:] = found[1]
        return found[0]

    def _look(
        self, question: Question, words: NDArray[np.int64], inventory: Inventory, make: Callable[[_Look], T | None]
    ) -> T | None:
        """What is made of the matrices, as they are at one instant, of the products in a bit map; None where they do
        not serve.
        """
        version, program, query = self.version, self._program, question.query
        asking, first = query.asking, query.arrival - version.first_night
        anybody = not program.asks_guests or (not program.per_person and asking.adults is None)
        if (
            not anybody or asking.fill_bp is not None or self._own_plans[query.tier]
            or (program.room_edges and asking.rooms_left is None) or type(asking) is AskingAt
            or not 0 <= first <= version.n_nights - query.nights
        ):  # fmt: skip
            return None
        if version.matrices is not None:
            look = _Look(version, version.matrices, float(version.matrices.largest), question, inventory)
            return make(look) if self._has_prices(look.matrices, first + query.nights) else None
        live = version.live
        if live is None or not self._has_prices(live.variants[0].matrices, first + query.nights):
            return None
        leads = np.maximum(query.arrival - question.calendar_today, 0)
        stay = live_stay(live, query.arrival, query.nights, leads, apart=True)
        largest = float(live.words[lv.V_LIMIT])
        return read_stay(live, stay, words, lambda each: make(_Look(each, each.matrices, largest, question, inventory)))

    def _has_prices(self, matrices: Matrices, last: int) -> bool:
        """Whether every product has a price on all nights before a night of the window."""
        until = self._priced_until.get(id(matrices))
        if until is None:
            until = self._priced_until[id(matrices)] = int(matrices.bad.min(initial=self.version.n_nights))
        return last <= until

    def _ranked(self, look: _Look, words: NDArray[np.int64]) -> tuple[Ranking] | None:
        """The ranking of one look. words: left after the bit maps [changed]."""
        question = look.question
        query = question.query
        if not self._drop_refused(look, words):
            return None
        best = query.sort == "price" and query.top is not None and not question.is_limited
        available = -1
        if not best and query.sort != "price":
            available = self._keep_first(question, words)
        top = min(query.top or 0, self._hotels) if best else self._hotels
        out = np.empty((4, top), np.int64)
        count, left = self._search(look, words, rows.FIND_BEST if best else rows.FIND_HOTELS, _NOTHING, out)
        if count < 0:
            return None
        display, total, lane, hotel = out[:, :count]
        if best:
            return (Ranking(hotel, self._lanes.lane_product[lane], total, display, left),)
        chosen = ordered(self._catalog.rating, question, hotel, display)
        product = self._lanes.lane_product[lane[chosen]]
        available = available if available >= 0 else count
        return (Ranking(hotel[chosen], product, total[chosen], display[chosen], available),)

    def _drop_refused(self, look: _Look, words: NDArray[np.int64]) -> bool:
        """Check what the bit maps do not decide as a hold would be checked; False where a price is needed that cannot
        be had.
        """
        question, inventory = look.question, look.inventory
        query, times = question.query, question.query.rooms
        controls = inventory.block.region(at.R_SHARED)
        if not question.undecided and not controls[at.S_CONTROLS]:
            return True
        totals: NDArray[np.int64] | None = self._worthless
        if controls[at.S_CONTROLS]:  # a hurdle looks at the price
            left = words
            if query.nights < PLANE_VALUE_MAX:
                left = np.bitwise_and(words, inventory.block.region(at.R_CONTROLLED), dtype=np.int64)
            totals = self._totals(look, left) if left.any() else totals
        if totals is None:
            return False
        stay = (query.arrival, 0, query.nights, query.rooms, query.scope, times)
        drop_refused(
            inventory.table, self.version.tables, _NO_FACTORS, self._lanes, stay, 0, question.undecided, query.now_ms,
            totals, words,
        )  # fmt: skip
        return True

    def _keep_first(self, question: Question, words: NDArray[np.int64]) -> int:
        """Keep only hotels that can be among the first in an order that is not that of prices; returns how many have a
        product left, -1 where that is not known before prices.
        """
        top, arrival = question.query.top, question.query.arrival
        key = order_key(self._catalog.rating, question)
        if top is None or question.is_limited or int(question.calendar_today.max(initial=0)) > arrival:
            return -1
        places = self._places
        chunks = np.bitwise_or.reduceat(words, places.chunk_first_word[:-1])
        position = np.flatnonzero(np.unpackbits(chunks.view(np.uint8), bitorder="little"))
        keys = key[places.chunk_hotel[position]]
        if len(position) > top:
            kept = np.zeros(len(places.chunk_hotel), np.bool_)
            kept[position[keys <= np.partition(keys, top - 1)[top - 1]]] = True
            words &= np.packbits(kept, bitorder="little").view(np.int64)[places.word_chunk]
        return len(position)

    def _totals(self, look: _Look, words: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Prices (lane) of the products that are left; what has none is cleared in words."""
        totals = np.zeros(len(self._lanes.lane_product), np.int64)
        count, _ = self._search(look, words, rows.FIND_TOTALS, totals, _NO_HOTELS)
        return None if count < 0 else totals

    def _search(
        self, look: _Look, words: NDArray[np.int64], find: int, totals: NDArray[np.int64], out: NDArray[np.int64]
    ) -> tuple[int, int]:
        """The kernel: (hotels found, -1 = no vector form; hotels available)."""
        program, query, prices = self._program, look.question.query, look.prices
        sums, short = look.matrices.sums, look.matrices.sums.dtype == np.uint32
        given = Sums(
            short=sums if short else _NO_SHORT,
            wide=_NO_WIDE if short else sums,
            short_words=prices.tables.word_sums if short else _NO_SHORT_WORDS,
            wide_words=_NO_WIDE_WORDS if short else prices.tables.word_sums,
        )
        low, high = look.question.limits
        about = (query.arrival, prices.row_of(query.arrival), query.nights, prices.mask, find, low, high)
        space, template = self._space(), program.template(query.asking).words
        asked: NDArray[np.int64] = _thread.asked
        asked[: len(template)] = template
        asked[:4] = query.arrival, query.nights, 0, query.tier
        if program.by_night and not totals.size:
            totals = np.zeros(len(self._lanes.lane_product), np.int64)
        found: tuple[int, int] = search_rules(
            look.inventory.table, words, look.question.calendar_today, look.question.rates,
            np.array((*about, program.by_night), np.int64), self._places, given, program.terms, program.scales, asked,
            look.largest, workshop(), row_shop(1), space._replace(totals=totals) if totals.size else space, out,
        )  # fmt: skip
        return found

    def _offering(self, query: StayQuery, words: NDArray[np.int64]) -> NDArray[np.int64]:
        """A copy of words without the products that are not sold with the packages asked for."""
        packages = set(query.asking.packages)
        if not packages:
            return words.copy()
        offered = [packages <= set(names) for names in self._program.sets.packages]
        product = self._lanes.lane_product
        sets = self._program.set_of_product[np.maximum(product, 0)]
        return words & np.packbits(np.array(offered, np.bool_)[sets], bitorder="little").view(np.int64)

    def _space(self) -> Space:
        """Scratch memory of this thread."""
        places = self._places
        size = (len(places.order), len(places.pair_word), len(places.chunk_first_word) - 1, len(self._program.scales))
        kept: tuple[tuple[int, ...], Space] | None = getattr(_thread, "space", None)
        if kept is None or kept[0] != size:
            kept = _thread.space = (size, make_space(*size))
            _thread.asked = np.zeros(do.Q_FIELDS, np.int64)
        return kept[1]


def _promotions_at(program: Program, stage: int) -> int:
    """Where the promotions of a rule set stand, or its end."""
    terms = program.terms
    while terms[stage] not in (term.STAGE_END, term.STAGE_PROMOTION):
        stage = int(terms[stage + term.S_NEXT])
    return stage


def _places_of(version: PriceVersion, program: Program, lanes: LaneMap) -> Places:
    """Where the products of a version stand."""
    tables, sets = version.tables, len(version.tables.set_stay)
    stages = np.ascontiguousarray(program.sets.stage[tables.set_stay], np.int64)
    last = np.array([_promotions_at(program, stage) for stage in stages.tolist()], np.int64)
    words = len(tables.word_first_set) - 1
    word = np.repeat(np.arange(words), np.diff(tables.word_first_set))
    by_set = np.argsort(tables.word_sets, kind="stable")
    pair_word = np.ascontiguousarray(word[by_set], np.int64)
    lane = np.flatnonzero(lanes.lane_product >= 0)
    pair = np.searchsorted(tables.word_sets[by_set].astype(np.int64) * words + pair_word,
                           tables.lane_set[lane].astype(np.int64) * words + (lane >> 6))  # fmt: skip
    pair_lanes = np.zeros(len(pair_word), np.int64)
    np.bitwise_or.at(pair_lanes, pair, np.int64(1) << (lane & 63))
    first_word = lanes.chunk_first_word
    return Places(
        set_currency=tables.set_currency,
        set_calendar=tables.set_calendar,
        set_stage=stages,
        order=np.lexsort((last, tables.set_calendar)).astype(np.int64),
        set_first=np.searchsorted(tables.word_sets[by_set], np.arange(sets + 1)).astype(np.int64),
        pair_word=pair_word,
        pair_lanes=pair_lanes,
        lane_set=tables.lane_set,
        word_chunk=np.repeat(np.arange(len(first_word) - 1), np.diff(first_word)).astype(np.int64),
        chunk_first_word=first_word,
        chunk_hotel=lanes.chunk_hotel,
    )


def rule_search_of(version: PriceVersion, catalog: Catalog, lanes: LaneMap) -> RuleSearch | None:
    """The searches of a version; None where it has none: its products are priced by factors, or rule sets are many."""
    program = version.compiled.program
    if program is None or len(version.tables.set_stay) > _SETS_MAX:
        return None
    if version.lanes.lane_product is not lanes.lane_product or version.compiled.factor_stays:
        return None
    return RuleSearch(version, program, catalog, lanes)
