"""Search by a book with a full pipeline of which not all products are priced: what `native/search/rule_search` takes.

It serves the common question: by price, the best few hotels, one room, no word of who comes. For any other, and where a
kernel finds no bound, every product is priced (`searcher`).
"""

from __future__ import annotations

from functools import partial
from threading import local

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native.prices.tables import LaneMap
from nightgrid.native.program import live_block as lv
from nightgrid.native.program import row_codes as row
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.search import rule_plans as packing
from nightgrid.native.search.rule_bounds import Places, Space, Sums
from nightgrid.native.search.rule_plans import Packed
from nightgrid.native.search.rule_search import search_rules
from nightgrid.pricing.program import Program
from nightgrid.search.live import Variant
from nightgrid.search.price_blocks import row_shop
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.ranking import Ranking, StayQuery
from nightgrid.search.stay_prices import workshop

_thread = local()
_NO_SHORT = np.zeros((0, 0, 0), np.uint32)
_NO_WIDE = np.zeros((0, 0, 0), np.int64)
_NO_SHORT_WORDS = np.zeros((0, 0), np.uint32)
_NO_WIDE_WORDS = np.zeros((0, 0), np.int64)
for _nothing in (_NO_SHORT_WORDS, _NO_WIDE_WORDS):
    _nothing.setflags(write=False)  # as the others are, so that a kernel is compiled once
#: More rule sets than these would take too much memory a thread.
_SETS_MAX = 4_096


def _promotions_at(program: Program, stage: int) -> int:
    """Where the promotions of a rule set stand, or its end."""
    terms = program.terms
    while terms[stage] not in (term.STAGE_END, term.STAGE_PROMOTION):
        stage = int(terms[stage + term.S_NEXT])
    return stage


class RuleSearch:
    """Searches of one price version. Safe to use from many threads."""

    def __init__(self, version: PriceVersion, program: Program, lanes: LaneMap) -> None:
        self.version, self._program, self._lanes = version, program, lanes
        tables = version.tables
        sets = len(tables.set_stay)
        stages = np.ascontiguousarray(program.sets.stage[tables.set_stay], np.int64)
        last = np.array([_promotions_at(program, stage) for stage in stages.tolist()], np.int64)
        word = np.repeat(np.arange(len(tables.word_first_set) - 1), np.diff(tables.word_first_set))
        by_set = np.argsort(tables.word_sets, kind="stable")
        first_word = lanes.chunk_first_word
        self._places = Places(
            lane_set=tables.lane_set,
            word_first_set=tables.word_first_set,
            word_sets=tables.word_sets,
            set_currency=tables.set_currency,
            set_calendar=tables.set_calendar,
            set_stage=stages,
            order=np.lexsort((last, tables.set_calendar)).astype(np.int64),
            chunk_first_word=first_word,
            chunk_hotel=lanes.chunk_hotel,
            set_first=np.searchsorted(tables.word_sets[by_set], np.arange(sets + 1)).astype(np.int64),
            pair_word=np.ascontiguousarray(word[by_set], np.int64),
            word_chunk=np.repeat(np.arange(len(first_word) - 1), np.diff(first_word)).astype(np.int64),
        )
        self._own_plans: NDArray[np.bool_] = np.asarray((program.tier_product >= 0).any(axis=1))
        self._hotels = int(lanes.chunk_hotel.max(initial=-1)) + 1
        self._priced: dict[int, bool] = {}  # by the id of matrices, which live as long as the version

    def find(
        self,
        query: StayQuery,
        words: NDArray[np.int64],
        calendar_today: NDArray[np.int64],
        rates: NDArray[np.int64],
        inventory: Inventory,
    ) -> Ranking | None:
        """The ranking, with the products that the bit maps let pass; None where every product has to be priced.

        words (word) int64: changed nowhere; others as `Searcher.search`.
        """
        version, program, asking = self.version, self._program, query.asking
        anybody = not program.asks_guests or (not program.per_person and asking.adults is None)
        first = query.arrival - version.first_night
        if (
            query.sort != "price" or query.top is None or query.price_min is not None or query.price_max is not None
            or not anybody or asking.packages or asking.fill_bp is not None or program.by_night
            or self._own_plans[query.tier] or not 0 <= first <= version.n_nights - query.nights
        ):  # fmt: skip
            return None
        given = (query, words, calendar_today, rates, inventory)
        if version.matrices is not None:
            return self._found(version, float(version.matrices.largest), *given) if len(program.leads) < 2 else None
        if version.live is None:
            return None
        leads = np.maximum(query.arrival - calendar_today, 0)
        variant = version.live.variant(int(leads.min()), int(leads.max()), query.nights)
        if variant is None:
            return None
        look = partial(self._found, variant, float(version.live.words[lv.V_LIMIT]), *given)
        return version.live.read(variant.nights_of(query.arrival, query.nights), look)

    def _found(
        self,
        prices: PriceVersion | Variant,
        largest: float,
        query: StayQuery,
        words: NDArray[np.int64],
        calendar_today: NDArray[np.int64],
        rates: NDArray[np.int64],
        inventory: Inventory,
    ) -> Ranking | None:
        program, matrices = self._program, prices.matrices
        if matrices is None:
            return None
        whole = self._priced.get(id(matrices))
        if whole is None:
            whole = self._priced[id(matrices)] = bool((matrices.bad >= self.version.n_nights).all())
        if not whole:  # a product without a price on some nights
            return None
        short = matrices.sums.dtype == np.uint32
        sums = Sums(
            short=matrices.sums if short else _NO_SHORT,
            wide=_NO_WIDE if short else matrices.sums,
            short_words=prices.tables.word_sums if short else _NO_SHORT_WORDS,
            wide_words=_NO_WIDE_WORDS if short else prices.tables.word_sums,
        )
        everything = query.rooms > 1 or query.nights >= PLANE_VALUE_MAX
        about = np.array([query.arrival, prices.row_of(query.arrival), query.nights, prices.mask, everything], np.int64)
        out = np.empty((4, min(query.top or 0, self._hotels)), np.int64)
        count, available = search_rules(
            inventory.table, words, calendar_today, rates, about, self._places, sums, program.terms, program.scales,
            program.question(query.asking, query.arrival, query.nights, 0, query.tier),
            np.full(len(program.scales), largest * query.nights), workshop(), row_shop(1), self._space(), out,
        )  # fmt: skip
        if count < 0:
            return None
        display, total, lane, hotel = out[:, :count]
        return Ranking(hotel, self._lanes.lane_product[lane], total, display, available)

    def _space(self) -> Space:
        """Scratch memory of this thread."""
        sets, pairs = len(self._places.order), len(self._places.pair_word)
        chunks = len(self._places.chunk_first_word) - 1
        size = (sets, pairs, chunks)
        kept: tuple[tuple[int, int, int], Space] | None = getattr(_thread, "space", None)
        if kept is not None and kept[0] == size:
            return kept[1]
        room = sets * packing.OPS_EACH + 2 * row.OPS_MAX
        space = Space(
            packed=Packed(
                np.zeros((sets, packing.P_FIELDS), np.int64), np.zeros((1, room, row.OP_WORDS), np.int64),
                np.zeros((1, room, row.OP_NUMBERS)), np.zeros((sets, packing.EDGES_MAX)),
            ),
            leads=np.zeros(sets, np.int64), bounds=np.zeros(pairs, np.int64), chunks=np.zeros(chunks, np.int64),
            total=np.zeros(chunks * 64, np.int64), lane=np.zeros(chunks * 64, np.int64),
            chosen=np.zeros(chunks, np.uint8), found=np.zeros(chunks * 64, np.int64),
            rows=np.zeros(row.BLOCK, np.int64),
        )  # fmt: skip
        _thread.space = (size, space)
        return space


def rule_search_of(version: PriceVersion, lanes: LaneMap) -> RuleSearch | None:
    """The searches of a version; None where it has none: its products are priced by factors, or rule sets are many."""
    program = version.compiled.program
    if program is None or version.compiled.factor_stays or len(version.tables.set_stay) > _SETS_MAX:
        return None
    if version.lanes.lane_product is not lanes.lane_product:
        return None
    return RuleSearch(version, program, lanes)
