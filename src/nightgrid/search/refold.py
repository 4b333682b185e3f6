"""The matrices of a new version from those of the one before it: what no changed rule reaches is copied."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.catalog import Catalog
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.base.atomics import acquire, release
from nightgrid.native.prices.tables import LaneMap
from nightgrid.native.program import live_block as lv
from nightgrid.native.program.night_cells import OK
from nightgrid.native.program.night_refold import refold_cells
from nightgrid.pricing.compile import CompiledBook
from nightgrid.pricing.program import Program
from nightgrid.search.live import LivePrices, can_follow, depends_on_fill, has_bands, headroom, in_segments
from nightgrid.search.matrices import Matrices, aligned, fold_bands, fold_program, in_threads, lane_parts
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.reach import reached_nights

#: Of a night in the fill of live prices: not known, so the next look prices it.
_UNKNOWN = -1


class Refold:
    """Makes the matrices of a book from those of a version of the same catalogue and window."""

    def __init__(self, before: PriceVersion, compiled: CompiledBook, catalog: Catalog, lanes: LaneMap) -> None:
        self._before = before
        self._compiled = compiled
        self._lanes = lanes.lane_product
        hotel = catalog.row_hotel[catalog.product_row]
        self._fill_row = np.where(self._lanes >= 0, hotel[np.maximum(self._lanes, 0)], 0).astype(np.int64)

    def matrices(self, party: Asking) -> Matrices | None:
        """The matrices of a book whose nights do not depend on house fill; None where they must be folded anew."""
        program, old = self._programs()
        kept = self._before.matrices
        if kept is None or has_bands(program) or has_bands(old):
            return None
        out = aligned(kept.sums.shape, kept.sums.dtype)
        fill = np.zeros((int(self._fill_row.max(initial=0)) + 1, self._compiled.n_nights), np.int16)
        span = (0, 0, self._compiled.n_nights)
        largest = self._rows(party, 0, fill, kept, self._reached(), span, out)
        return None if largest is None else Matrices(out, kept.mask, kept.bad, max(largest, kept.largest))

    def live(self, party: Asking) -> tuple[list[Matrices], NDArray[np.int16], int] | None:
        """(matrices in segments of each band of lead days, house fill that they have, log sequence number up to which
        it has all changes); None where they must be folded anew.

        The price lock is held for one segment at a time. What sales moved meanwhile is marked as unknown, and priced
        when the new version looks for the first time at what was sold since.
        """
        program, old = self._programs()
        live = self._before.live
        if live is None or (program.fills, program.leads) != (old.fills, old.leads):
            return None
        live.refresh()
        reached = self._reached()
        fill, seen, written = _locked(live, lambda: _noted(live))
        kept = [each.matrices for each in live.variants]
        made = [aligned(each.sums.shape, each.sums.dtype) for each in kept]
        largest = [each.largest for each in kept]
        for segment in range(live.variants[0].segments):
            span = (segment * lv.SEGMENT_STEP, segment * lv.SEGMENT_ROWS, lv.SEGMENT_NIGHTS)
            for number, lead in enumerate(live.leads):
                given = (party, lead, fill, kept[number], reached, span, made[number])
                found = _locked(live, lambda given=given: self._rows(*given))
                if found is None:
                    return None
                largest[number] = max(largest[number], found)
        moved = _locked(live, lambda: live.changes_from(written))
        if moved is None or live.words[lv.V_STATE] != lv.STATE_LIVE:
            return None
        fill[moved[:, lv.E_HOTEL], moved[:, lv.E_NIGHT] - self._compiled.first_night] = _UNKNOWN
        matrices = [
            Matrices(sums, each.mask, each.bad, most) for sums, each, most in zip(made, kept, largest, strict=True)
        ]
        return matrices, fill, seen

    def _reached(self) -> NDArray[np.bool_]:
        """Nights that a changed rule reaches: bool (night, lane)."""
        by_product = reached_nights(self._before.compiled, self._compiled)
        by_product = np.concatenate([by_product, np.zeros_like(by_product[:1])])  # padding takes the last line
        return np.ascontiguousarray(by_product[self._lanes].T)

    def _programs(self) -> tuple[Program, Program]:
        program, old = self._compiled.program, self._before.compiled.program
        if program is None or old is None:
            raise TypeError("a product of factors has no program")  # `can_refold` says so before
        return program, old

    def _rows(
        self, party: Asking, lead: int, fill: NDArray[np.int16], kept: Matrices, reached: NDArray[np.bool_],
        span: tuple[int, int, int], out: NDArray[Any],
    ) -> int | None:  # fmt: skip
        program, _ = self._programs()
        query = program.question(party, self._compiled.first_night, 1, 0, 0)
        given = (program.desk, program.terms, query, self._lanes, lead, fill, self._fill_row, kept.mask, reached, span)
        parts = lane_parts(len(self._lanes), span[2] * out.shape[0])
        found = in_threads(lambda part: refold_cells(*given, part, kept.sums, out), parts)
        return max(int(largest) for largest, _ in found) if all(code == OK for _, code in found) else None


def _locked(live: LivePrices, look: Any) -> Any:
    acquire(live.words, lv.V_LOCK)
    try:
        return look()
    finally:
        release(live.words, lv.V_LOCK)


def _noted(live: LivePrices) -> tuple[NDArray[np.int16], int, int]:
    """(house fill, log sequence number up to which it has all changes, number of changes) that all cells now have."""
    live.catch_up()
    return live.fill_bp.copy(), int(live.words[lv.V_SEEN]), live.written


def can_refold(before: PriceVersion | None, compiled: CompiledBook, catalog: Catalog, lanes: LaneMap) -> bool:
    """Whether the matrices of a book can be made from those of a version."""
    if before is None or before.catalog is not catalog or before.lanes is not lanes:
        return False
    program, old = compiled.program, before.compiled.program
    made_for = (compiled.first_night, compiled.n_nights, compiled.night_scale)
    if program is None or old is None or made_for != (before.first_night, before.n_nights, before.compiled.night_scale):
        return False
    same = np.array_equal(program.scales, old.scales) and program.lead_of_night == old.lead_of_night
    return same and not program.asks_guests and not old.asks_guests


def fits(matrices: list[Matrices], longest: int, most: Fraction | None) -> bool:
    """Whether running sums of their width hold the nights, `most` times as dear as they are."""
    largest = max(each.largest for each in matrices)
    if matrices[0].mask < 0:
        return largest * longest < 2**62
    return most is not None and largest * longest * most < 2**31


class Folded(NamedTuple):
    """The matrices of a book with a program: for each band of lead days in segments, where they follow house fill."""

    matrices: list[Matrices]
    in_segments: bool
    fill_bp: NDArray[np.int16]
    seen: int  # log sequence number up to which the fill has all changes


def folded_program(
    compiled: CompiledBook,
    catalog: Catalog,
    inventory: Inventory,
    lanes: LaneMap,
    party: Asking,
    before: PriceVersion | None,
) -> Folded:
    """Fold a book with a program, from the matrices of the version before where that can be."""
    program = compiled.program
    if program is None:
        raise TypeError("a product of factors has no program")
    n_nights, first_night = compiled.n_nights, compiled.first_night
    live = can_follow(program, len(lanes.lane_product), n_nights)
    most = headroom(program) if live else Fraction(1)
    longest = min(STAY_NIGHTS_MAX, n_nights)
    if before is not None and can_refold(before, compiled, catalog, lanes):
        refold = Refold(before, compiled, catalog, lanes)
        if live:
            made = refold.live(party)
            if made is not None and fits(made[0], longest, most):
                return Folded(made[0], True, made[1], made[2])
        else:
            kept = refold.matrices(party)
            if kept is not None and fits([kept], longest, most):
                return Folded([kept], False, before.fill_bp, 0)
    seen = inventory.lsn
    fill = np.zeros((catalog.n_hotels, n_nights), np.int16)
    if depends_on_fill(program):
        inventory.fill_houses(first_night, fill)
    given = (program, catalog, lanes, n_nights, fill, compiled.book.book.name, first_night, party)
    bands = fold_bands(*given, most) if live else None
    if bands is not None:
        return Folded(in_threads(in_segments, bands), True, fill, seen)
    return Folded([fold_program(*given)], False, fill, seen)
