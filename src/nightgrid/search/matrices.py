"""Nightly prices of a whole window as running sums: for plain books, and for each variant of a full pipeline.

A variant is what the nights depend on beside product and date: how many guests pay in full, and the lead time where a
demand rule looks at it. Books mostly need one; others are folded when somebody asks for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.catalog import Catalog
from nightgrid.errors import Mistake, RuleBookError
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.native.prices.tables import LaneMap
from nightgrid.native.program import night_desk as on
from nightgrid.native.program.night_cells import OK
from nightgrid.native.program.night_classes import NightClasses
from nightgrid.native.program.night_fold import fold_cells
from nightgrid.nights import to_date
from nightgrid.pricing.program import Program

T = TypeVar("T")
R = TypeVar("R")
_WORDS: dict[bool, Any] = {True: np.uint32, False: np.int64}
_LINE_BYTES = 64
_WORTH_THREADS = 250_000  # cells
_SHARED_BY = 8  # products of a class on average, or there are none: each takes some nights' worth of work
_NONE = Fraction(1)
_WORD = 2**62  # running sums of a stay are words; what is made of them is exact in any case


def aligned(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Memory that begins on a cache line, not set to anything; large ones in huge pages, which `np.zeros` has not."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.empty(size + _LINE_BYTES, np.uint8)
    begin = -raw.ctypes.data % _LINE_BYTES
    array: NDArray[Any] = raw[begin : begin + size].view(dtype).reshape(shape)
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Matrices:
    """sums (plane, night + 1, lane) uint32 or int64: running sums of nightly prices x scale, of which only differences
    mean anything; bad (lane) int64: the first night without a price for the party; mask and largest as in PriceVersion,
    of all planes.
    """

    sums: NDArray[np.uint32] | NDArray[np.int64]
    mask: int
    bad: NDArray[np.int64]
    largest: int


def fold_bands(
    program: Program,
    catalog: Catalog,
    lanes: LaneMap,
    n_nights: int,
    fill_bp: NDArray[np.int16],
    name: str,
    first_night: int,
    party: Asking,
    headroom: Fraction | None,
) -> list[Matrices] | None:
    """`fold_program` for every band of lead days, all of one width; None where only the nearest band can be folded."""
    given = (program, catalog, lanes, n_nights, fill_bp, name, first_night, party)
    folded = [fold_program(*given, program.leads[0], headroom)]
    try:
        folded += [fold_program(*given, lead, headroom) for lead in program.leads[1:]]
        if len({each.mask for each in folded}) > 1:
            folded = [
                fold_program(*given, lead, headroom, wide=True) if each.mask > 0 else each
                for each, lead in zip(folded, program.leads, strict=True)
            ]
    except RuleBookError:
        return None
    return folded


def in_threads(work: Callable[[T], R], parts: Sequence[T]) -> list[R]:
    """What work makes of each part, side by side on all cores: kernels give up the interpreter."""
    threads = min(len(parts), os.cpu_count() or 1)
    if threads < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(work, parts))


def lane_parts(lanes: int, rows: int) -> list[tuple[int, int]]:
    """(first lane, lane after the last) of the parts of so many rows that are worked on side by side: of whole cache
    lines, and one where there is little to do.
    """
    step = max(lanes, 1)
    if lanes * rows >= _WORTH_THREADS:
        step = -(-lanes // ((os.cpu_count() or 1) * _LINE_BYTES)) * _LINE_BYTES
    return [(begin, min(begin + step, lanes)) for begin in range(0, lanes, step)]


def night_classes(program: Program) -> NightClasses:
    """Products whose nights are their bases times the same factors, up to the first stage that rounds. O(products)."""
    nights, edges = program.nights, np.array(program.fills, np.int64)
    single = (nights.fixed_row < 0) & (nights.percent_row < 0)
    if nights.constants[on.K_DERIVED_STAGE] >= 0:
        never = np.append((nights.derived_rule < 0).all(axis=1), True)
        single &= never[nights.derived_set]
    rules = np.stack([nights.season_set, nights.demand_rule], axis=1)
    _, first, number = np.unique(rules[single], axis=0, return_index=True, return_inverse=True)
    class_of = np.full(len(single), -1, np.int64)
    members = np.flatnonzero(single)[first]
    if _SHARED_BY * len(members) <= len(single):
        class_of[single] = number.ravel()
    else:
        members = members[:0]
    largest = max(int(nights.base.max(initial=0)), int(nights.base_minor.max(initial=0)))
    return NightClasses(class_of, members.astype(np.int64), edges, largest)


def _folded(
    given: tuple[Any, ...], lanes: int, sums: NDArray[Any], bad: NDArray[np.int64]
) -> tuple[int, int, int, int]:
    """`fold_cells` of all lanes, in parts. Where nights are too large, the earliest is told."""
    parts = lane_parts(lanes, sums.shape[0] * sums.shape[1])
    found = in_threads(lambda part: fold_cells(*given, part, sums, bad), parts)
    wrong = [each for each in found if each[1] != OK]
    most = max((int(each[0]) for each in found), default=0)
    return min(wrong, key=lambda each: int(each[3])) if wrong else (most, OK, -1, -1)


def fold_program(
    program: Program,
    catalog: Catalog,
    lanes: LaneMap,
    n_nights: int,
    fill_bp: NDArray[np.int16],
    name: str,
    first_night: int,
    party: Asking = ANYBODY,
    lead: int = 0,
    headroom: Fraction | None = _NONE,
    wide: bool = False,
) -> Matrices:
    """Fold all nights of a variant. lead: lead days as the book counts demand, of every night; headroom: by how much a
    night can become dearer, None = by any factor; wide: sums take 8 bytes in any case. RuleBookError where a night is
    too large to be exact. O(nights x lanes x stages).
    """
    lane_product = lanes.lane_product
    hotel = catalog.row_hotel[catalog.product_row]
    fill_row = np.where(lane_product >= 0, hotel[np.maximum(lane_product, 0)], 0).astype(np.int64)
    bad = np.empty(len(lane_product), np.int64)
    longest = min(STAY_NIGHTS_MAX, n_nights)
    query = program.question(party, first_night, 1, 0, 0)
    shape = (len(program.scales), n_nights + 1, len(lane_product))
    classes = night_classes(program)
    for short in (False,) if wide or headroom is None else (True, False):
        sums: NDArray[np.uint32] | NDArray[np.int64] = aligned(shape, _WORDS[short])
        mask, limit = (2**32 - 1, 2**31) if short else (-1, _WORD)
        given = (program.desk, program.terms, query, lane_product, lead, fill_bp, fill_row, mask, classes)
        largest, code, product, night = _folded(given, len(lane_product), sums, bad)
        if code != OK:
            break
        if largest * longest * (headroom if short and headroom is not None else 1) < limit:
            return Matrices(sums, mask, bad, int(largest))
    place = ""
    if code != OK:
        row = int(catalog.product_row[product])
        ids = (catalog.hotel_ids[int(catalog.row_hotel[row])], catalog.room_type_ids[row], catalog.plan_ids[product])
        place = f" of {'/'.join(ids)} on {to_date(first_night + int(night))}"
    problem = f"the night{place} is larger than what is computed exactly, {longest} of them in a stay"
    fix = 'lower the prices or factors, or round every night (policy = "default")'
    raise RuleBookError(name, [Mistake("season", problem, fix)])
