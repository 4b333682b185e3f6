"""Price matrices that follow house fill: kept current cell by cell, and read without tearing.

A book whose nights depend on house fill or on lead days has one set of running sums for each band of lead days. Before
a stay is read, its nights are brought to the fill of that instant, which is a comparison for each night where nothing
was sold; who reads compares a counter before and after, and reads again where somebody wrote meanwhile.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.native.base.atomics import acquire, release
from nightgrid.native.prices.tables import LaneMap, PriceTables, desk_of
from nightgrid.native.program import live_block as lv
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.live_follow import catch_up, changes_now, refresh
from nightgrid.native.search.minima import fold_word_minima
from nightgrid.native.store import layout as at
from nightgrid.pricing.program import Program
from nightgrid.search.matrices import Matrices, aligned

T = TypeVar("T")
#: More bands of lead days than these are kept only where all of them have few nights of lanes together: else stays are
#: priced one by one.
VARIANTS_MAX = 8
CELLS_MAX = 2**27
_FEED_ENTRIES = 16_384
#: So often a reader looks without a lock.
_LOOKS_MAX = 16


def depends_on_fill(program: Program | None) -> bool:
    """Whether house fill plays a part in the prices of a book."""
    return program is not None and len(program.fills) > 1


def has_bands(program: Program) -> bool:
    """Whether a night has several prices: by house fill, by lead days, or by both."""
    return len(program.fills) > 1 or len(program.leads) > 1


def can_follow(program: Program, lanes: int, n_nights: int) -> bool:
    """Whether there are matrices for every band of a book: they are few, or the chain is small."""
    bands = len(program.leads)
    few = bands <= VARIANTS_MAX or bands * len(program.scales) * lanes * n_nights <= CELLS_MAX
    return has_bands(program) and few


def headroom(program: Program) -> Fraction | None:
    """By how much a night can be dearer at another fill than at the one it is folded with; None = by any factor."""
    terms, places = program.nights.demand_terms, program.nights.demand_rule
    den = sum(int(stage[on.N_DEN]) for stage in program.nights.stages if stage[on.N_CODE] == on.NIGHT_DEMAND)
    most = Fraction(1)
    for place in np.unique(places[places >= 0]).tolist():
        fills, leads = terms[place : place + 2].tolist()
        first = place + 2 + fills + leads
        factors = terms[first : first + fills * leads] + den
        if factors.min() <= 0:
            return None
        most = max(most, Fraction(int(factors.max()), int(factors.min())))
    return most


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """The prices of one band of lead days, with what kernels need of a price version."""

    matrices: Matrices  # in segments (`native/program/live_block.py`): `row_of` says where a night stands
    tables: PriceTables
    mask: int
    desk: NDArray[np.int64]
    first_night: int
    segments: int
    number: int  # of its band of lead days

    def _place_of(self, arrival: int) -> tuple[int, int]:
        """(segment, night of it) of a night (ordinal)."""
        night = arrival - self.first_night
        segment = min(night // lv.SEGMENT_STEP, self.segments - 1)
        return segment, night - segment * lv.SEGMENT_STEP

    def has(self, arrival: int, nights: int) -> bool:
        """Whether one segment has all nights of a stay."""
        return self._place_of(arrival)[1] + nights <= lv.SEGMENT_NIGHTS

    def nights_of(self, arrival: int, nights: int) -> NDArray[np.int64]:
        """The nights of a stay as `live_follow.refresh` takes them: spans (1, 2) int64."""
        segment, night = self._place_of(arrival)
        first = (self.number * self.segments + segment) * lv.SEGMENT_NIGHTS + night
        return np.array([[first, min(nights, lv.SEGMENT_NIGHTS - night)]])

    def row_of(self, arrival: int) -> int:
        """The row of the running sums with which a stay begins that arrives on a night (ordinal)."""
        segment, night = self._place_of(arrival)
        return segment * lv.SEGMENT_ROWS + night


def _in_segments(sums: NDArray[Any]) -> NDArray[Any]:
    """Running sums (plane, night + 1, lane) cut into segments (plane, row, lane)."""
    planes, rows, size = sums.shape
    count = max(1, -(-(rows - 1 - lv.SEGMENT_NIGHTS) // lv.SEGMENT_STEP) + 1)
    cut = aligned((planes, count, lv.SEGMENT_ROWS, size), sums.dtype)
    for segment in range(count):
        part = sums[:, segment * lv.SEGMENT_STEP :][:, : lv.SEGMENT_ROWS]
        cut[:, segment, : part.shape[1]] = part
        cut[:, segment, part.shape[1] :] = part[:, -1:]  # nights after the window cost nothing
    return cut.reshape(planes, -1, size)


def in_segments(folded: Matrices) -> Matrices:
    """Matrices whose running sums are cut into segments."""
    return replace(folded, sums=_in_segments(folded.sums))


def variant_of(matrices: Matrices, tables: PriceTables, lanes: LaneMap, first_night: int, number: int) -> Variant:
    """The variant of some matrices in segments; `tables` but for their sums."""
    segments = matrices.sums.shape[1] // lv.SEGMENT_ROWS
    sums = matrices.sums[0].view()
    word_sums = aligned((sums.shape[0], sums.shape[1] // 64), sums.dtype)
    fold_word_minima(sums, lanes.lane_product, matrices.mask, word_sums)
    read_only = word_sums.view()
    for array in (sums, read_only):
        array.setflags(write=False)
    made = tables._replace(sums=sums, word_sums=read_only)
    return Variant(matrices, made, matrices.mask, desk_of(made, lanes), first_night, segments, number)


def _lanes_by_hotel(catalog: Catalog, lanes: LaneMap) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(where the lanes of each hotel begin, lanes and their products) of all products."""
    hotel = catalog.row_hotel[catalog.product_row]
    first = np.zeros(catalog.n_hotels + 1, np.int32)
    np.cumsum(np.bincount(hotel, minlength=catalog.n_hotels), out=first[1:])
    some = np.flatnonzero(lanes.lane_product >= 0)
    order = np.argsort(hotel[lanes.lane_product[some]], kind="stable")
    lane = some[order]
    return first, np.stack([lane, lanes.lane_product[lane]], axis=1).astype(np.int32)


def _made_block(regions: dict[int, NDArray[Any]]) -> tuple[NDArray[np.int64], dict[int, NDArray[Any]]]:
    """(header, regions) of a block with copies of some arrays, each on a cache line; the header has their addresses."""
    sizes = {region: -(-array.nbytes // at.LINE_BYTES) * at.LINE_BYTES for region, array in regions.items()}
    block = aligned((8 * lv.HEADER_WORDS + sum(sizes.values()),), np.uint8)
    header = block[: 8 * lv.HEADER_WORDS].view(np.int64)
    header[:] = 0
    begin, made = 8 * lv.HEADER_WORDS, {}
    for region, array in regions.items():
        made[region] = block[begin : begin + array.nbytes].view(array.dtype).reshape(array.shape)
        made[region][...] = array
        header[region] = made[region].ctypes.data
        begin += sizes[region]
    return header, made


class LivePrices:
    """The matrices of one price version, current whenever `read` reads them. Any number of threads may."""

    def __init__(
        self,
        program: Program,
        catalog: Catalog,
        lanes: LaneMap,
        inventory: Inventory,
        fill_bp: NDArray[np.int16],
        seen: int,
        variants: list[Variant],
        party: NDArray[np.int64],
        limit: int,
    ) -> None:
        """fill_bp (hotel, night): with which the variants, one for each of `program.leads`, were folded; it has all
        changes up to the log sequence number `seen`; party (Q_FIELDS): as they were folded; limit: largest night.
        """
        self.variants = variants
        self.leads = program.leads
        self.lead_of_night = program.lead_of_night
        self.lanes = lanes
        tables = variants[0].tables
        self.lane_calendar = np.ascontiguousarray(tables.set_calendar[tables.lane_set], np.int32)
        self._since = seen
        self._inventory = inventory
        self._store = inventory.table.address
        self._program = program  # alive as long as its addresses
        planes, _, size = variants[0].matrices.sums.shape
        first, by_hotel = _lanes_by_hotel(catalog, lanes)
        places = [
            (each.matrices.sums.ctypes.data, each.tables.word_sums.ctypes.data, lead, 0)
            for each, lead in zip(variants, program.leads, strict=True)
        ]
        every_night = len(variants) * variants[0].segments * lv.SEGMENT_NIGHTS
        self._every_night = np.array([[0, every_night]])
        regions: dict[int, NDArray[Any]] = {
            lv.R_STAMPS: np.zeros(catalog.n_hotels, np.int64),
            lv.R_FILL: fill_bp,
            lv.R_HOTEL_FIRST: first,
            lv.R_HOTEL_LANE: by_hotel,
            lv.R_LANE_PRODUCT: lanes.lane_product,
            lv.R_EDGE: np.array(program.fills, np.int64),
            lv.R_FEED: np.zeros((_FEED_ENTRIES, lv.E_WORDS), np.int64),
            lv.R_VARIANT: np.array(places, np.int64),
            lv.R_QUERY: party,
            lv.R_DUE: np.zeros((every_night, -(-catalog.n_hotels // 64)), np.int64),
            lv.R_DUE_NIGHT: np.zeros(every_night, np.int64),
            lv.R_ROOM: np.zeros(lv.ROOM_FILLS + fill_bp.shape[1], np.int64),
        }
        self.words, made = _made_block(regions)
        self.stamps, self.fill_bp, self.feed = made[lv.R_STAMPS], made[lv.R_FILL], made[lv.R_FEED]
        self.due = made[lv.R_DUE]
        self.words[lv.R_DESK], self.words[lv.R_TERMS] = program.desk.ctypes.data, program.terms.ctypes.data
        constants = {
            lv.V_SEEN: seen, lv.V_HOTELS: catalog.n_hotels, lv.V_NIGHTS: fill_bp.shape[1],
            lv.V_FIRST_NIGHT: variants[0].first_night, lv.V_EDGES: len(program.fills), lv.V_FEED_SIZE: _FEED_ENTRIES,
            lv.V_VARIANTS: len(variants), lv.V_PLANES: planes, lv.V_LANES: size,
            lv.V_SHORT: variants[0].matrices.mask > 0, lv.V_LIMIT: limit, lv.V_TERMS: len(program.terms),
            lv.V_SEGMENTS: variants[0].segments,
        }  # fmt: skip
        for word, value in constants.items():
            self.words[word] = value
        self._address = int(self.words.ctypes.data)

    @property
    def is_due(self) -> bool:
        """Whether something changed in the store since prices were last brought to it."""
        return bool(self.words[lv.V_SEEN] != self._inventory.block.region(at.R_SHARED)[at.S_LSN])

    @property
    def address(self) -> int:
        """Of the block, for kernels."""
        return self._address

    def refresh(self, spans: NDArray[np.int64] | None = None) -> bool:
        """Bring the prices of some nights (`Variant.nights_of`), or all, to house fill now; False where a night became
        too large for matrices.
        """
        return bool(refresh(self._store, self._address, self._every_night if spans is None else spans) >= 0)

    def catch_up(self) -> None:
        """Price all that is due. The price lock is held."""
        catch_up(self._address, self._every_night)

    def changes(self) -> tuple[NDArray[np.int64], int]:
        """(changes of house fill over an edge in order, int64 (change, E_WORDS); the log sequence number after which
        none is missing). What was not yet looked at (`refresh`) is not among them.
        """
        acquire(self.words, lv.V_LOCK)
        try:
            feed, written = self.feed.copy(), int(self.words[lv.V_FEED])
        finally:
            release(self.words, lv.V_LOCK)
        if written <= len(feed):
            return feed[:written], self._since
        found = np.roll(feed, -(written % len(feed)), axis=0)
        return found, int(found[0, lv.E_LSN])

    @property
    def written(self) -> int:
        """How many changes of house fill over an edge there were."""
        return int(self.words[lv.V_FEED])

    def changes_from(self, number: int) -> NDArray[np.int64] | None:
        """Changes from a number on, in any order; None where some are gone. The price lock is held."""
        count = self.written - number
        if count > len(self.feed):
            return None
        return self.feed[np.arange(number, number + count) % len(self.feed)]

    def band(self, lead_days: int) -> int:
        """The band of some lead days: its variant's position."""
        return bisect_right(self.leads, min(lead_days, LEAD_DAYS_MAX)) - 1

    def variant(self, arrival: int, nights: int, first_lead: int, last_lead: int) -> Variant | None:
        """The variant whose one segment has a stay from a night (ordinal) on, for all who arrive first_lead..last_lead
        days after they book; None where there is none: the nights lie in several segments or bands of lead days
        (`live_stays`).
        """
        first, last = self.band(first_lead), self.band(last_lead + (nights - 1) * self.lead_of_night)
        found = self.variants[first]
        return found if first == last and found.has(arrival, nights) else None

    def read(self, spans: NDArray[np.int64], look: Callable[[], T]) -> T | None:
        """What `look` finds in the prices of some nights (spans, as `Variant.nights_of` tells them) of one instant, not
        before this call; None where matrices cannot hold them.

        `look` may be called several times and may not refresh itself.
        """
        for _ in range(_LOOKS_MAX):
            changes = refresh(self._store, self._address, spans)
            if changes < 0:
                return None
            found = look()
            if changes_now(self._address) == changes:
                return found
        acquire(self.words, lv.V_LOCK)
        try:
            return look()
        finally:
            release(self.words, lv.V_LOCK)
