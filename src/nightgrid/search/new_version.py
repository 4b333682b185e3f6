"""How a compiled book becomes a price version: its nights folded over the catalogue and the window, its tables made."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.catalog import Catalog
from nightgrid.errors import Mistake, RuleBookError
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import PRICE_MINOR_MAX, STAY_NIGHTS_MAX
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.tables import LaneMap, PriceTables, desk_of
from nightgrid.native.search.minima import fold_word_minima
from nightgrid.pricing.compile import CompiledBook
from nightgrid.search.live import LivePrices, has_bands, variant_of
from nightgrid.search.matrices import in_threads
from nightgrid.search.price_version import DENOMINATOR_MAX, EXACT, PriceVersion
from nightgrid.search.refold import folded_program


def version_digest(compiled: CompiledBook, catalog: Catalog) -> str:
    """16 hexadecimal digits of everything that prices come from: book, window, data beside it, catalogue. O(catalogue).

    The same inputs give the same digest in every process, so that a quote names what it was made with.
    """
    digest = blake2b(digest_size=8)
    window = (compiled.first_night, compiled.n_nights)
    digest.update(f"{compiled.digest} {window} {catalog.calendars} {catalog.currencies}".encode())
    digest.update(compiled.data.digest(*window))
    for column in (catalog.row_hotel, catalog.product_row, catalog.hotel_currency, catalog.hotel_calendar):
        digest.update(np.ascontiguousarray(column).data)
    digest.update(np.ascontiguousarray(catalog.base_minor).data)
    ids = (catalog.hotel_ids, catalog.room_type_ids, catalog.plan_ids)
    places = (catalog.group, catalog.brand, catalog.region, catalog.city, catalog.country)
    for texts in (*ids, *places):
        digest.update("\0".join(texts).encode() + b"\n")
    return digest.hexdigest()


def terms_of(compiled: CompiledBook) -> NDArray[np.int64]:
    """The book's constants as the kernels take them (`native.prices.prices` T_*)."""
    terms = np.zeros(price.T_TERMS, np.int64)
    terms[price.T_POLICY] = compiled.policy
    terms[price.T_MODE] = compiled.mode
    terms[price.T_INCREMENT] = compiled.increment
    terms[price.T_NIGHT_DEN] = compiled.season_den
    terms[price.T_NIGHT_SCALE] = compiled.night_scale
    terms[price.T_LOS_DEN] = compiled.los_den
    terms[price.T_LEAD_DEN] = compiled.lead_den
    terms[price.T_TIER_DEN] = compiled.tier_den
    return terms


def _bounds(compiled: CompiledBook) -> NDArray[np.int64]:
    """Bounds table (set, 4) int64 for the kernel. A ceiling beyond every possible price is none."""
    bounds = np.stack(
        [
            compiled.bounds_floor_bp,
            compiled.bounds_ceiling_bp,
            compiled.bounds_floor_minor,
            compiled.bounds_ceiling_minor,
        ],
        axis=1,
    ).astype(np.int64)
    bounds[bounds[:, 3] > EXACT // compiled.night_scale, 3] = -1
    return np.ascontiguousarray(bounds)


def _by_lane(lanes: LaneMap, values: NDArray[np.generic], padding: int) -> NDArray[np.generic]:
    """A product column in lane order."""
    lane_product = lanes.lane_product
    return np.where(lane_product >= 0, values[np.maximum(lane_product, 0)], padding).astype(values.dtype)


def _word_sets(lane_set: NDArray[np.int32], is_product: NDArray[np.bool_]) -> tuple[NDArray[np.int32], ...]:
    """The distinct factor sets of every word's products: (first int32 (word + 1), sets int32)."""
    sets = np.sort(np.where(is_product, lane_set, -1).reshape(-1, 64), axis=1)
    new = np.concatenate([sets[:, :1] >= 0, (sets[:, 1:] != sets[:, :-1]) & (sets[:, 1:] >= 0)], axis=1)
    first = np.zeros(len(sets) + 1, np.int32)
    np.cumsum(new.sum(axis=1), out=first[1:])
    return first, np.ascontiguousarray(sets[new], np.int32)


def _plain_sums(
    compiled: CompiledBook, catalog: Catalog, lanes: LaneMap, n_nights: int, terms: NDArray[np.int64]
) -> tuple[NDArray[np.uint32] | NDArray[np.int64], int, int]:
    """(running sums, mask, largest night) of a book that is a product of factors."""
    base = np.ascontiguousarray(_by_lane(lanes, catalog.base_minor.astype(np.int64), 0)).view(np.int64)
    season_set = _by_lane(lanes, compiled.season_set.astype(np.int32), 0)
    bounds_set = _by_lane(lanes, compiled.bounds_set.astype(np.int32), 0)
    season_by_night = np.ascontiguousarray(compiled.season_num.T.astype(np.int64))
    longest = min(STAY_NIGHTS_MAX, n_nights)
    shape = (n_nights + 1, len(base))
    sums: NDArray[np.uint32] | NDArray[np.int64] = np.empty(shape, np.uint32)
    mask = 2**32 - 1
    bounds = _bounds(compiled)
    largest = price.fold_nights(base, season_set, season_by_night, bounds_set, bounds, terms, mask, sums)
    if largest * longest >= 2**31:
        mask = -1
        sums = np.empty(shape, np.int64)
        largest = price.fold_nights(base, season_set, season_by_night, bounds_set, bounds, terms, mask, sums)
    # Policy night takes nights apart again before it multiplies, so only a single night must be exact.
    if (largest if compiled.policy == price.POLICY_NIGHT else largest * longest) >= EXACT:
        fix = 'lower the prices or factors, or round every night (policy = "default")'
        problem = (
            f"a night can cost {largest / compiled.night_scale:.0f} minor units, too much for {longest} exact nights"
        )
        raise RuleBookError(compiled.book.book.name, [Mistake("season", problem, fix)])
    return sums, mask, int(largest)


def largest_factored_night(compiled: CompiledBook, longest: int) -> int:
    """The largest night, x scale, for which the price of every stay by factors is exact (`native.prices`); -1: none."""
    parts = (
        (compiled.los_num, compiled.los_den),
        (compiled.lead_num, compiled.lead_den),
        (compiled.tier_num, compiled.tier_den),
    )
    numerator = denominator = 1
    for numbers, den in parts:
        numerator *= max(int(numbers.max()), den)  # between two roundings a factor may not have acted yet
        denominator *= den
    denominator *= compiled.night_scale
    if numerator >= EXACT or denominator * compiled.increment > DENOMINATOR_MAX:
        return -1
    return min((EXACT - 1) // longest, PRICE_MINOR_MAX * denominator // (numerator * longest))


def _tables(
    compiled: CompiledBook,
    catalog: Catalog,
    lanes: LaneMap,
    sums: NDArray[np.uint32] | NDArray[np.int64],
    mask: int,
    terms: NDArray[np.int64],
) -> PriceTables:
    """The tables of a version, read-only."""
    product_hotel = catalog.row_hotel[catalog.product_row]
    program = compiled.program
    stay_set = compiled.stay_set if program is None or compiled.factor_stays else program.set_of_product
    groups = np.stack([stay_set, catalog.hotel_currency[product_hotel], catalog.hotel_calendar[product_hotel]], axis=1)
    distinct, product_set = np.unique(groups, axis=0, return_inverse=True)
    lane_set = _by_lane(lanes, product_set.ravel().astype(np.int32), 0).view(np.int32)
    word_first_set, word_sets = _word_sets(lane_set, lanes.lane_product >= 0)
    word_sums = np.empty((sums.shape[0], sums.shape[1] // 64), sums.dtype)
    fold_word_minima(sums, lanes.lane_product, mask, word_sums)
    tables = PriceTables(
        sums=sums,
        lane_set=lane_set,
        set_stay=np.ascontiguousarray(distinct[:, 0], np.int32),
        set_currency=np.ascontiguousarray(distinct[:, 1], np.int32),
        set_calendar=np.ascontiguousarray(distinct[:, 2], np.int32),
        los_num=np.ascontiguousarray(compiled.los_num, np.int64),
        lead_num=np.ascontiguousarray(compiled.lead_num, np.int64),
        tier_num=np.ascontiguousarray(compiled.tier_num, np.int64),
        terms=terms,
        word_first_set=word_first_set,
        word_sets=word_sets,
        word_sums=word_sums,
    )
    for array in tables:
        array.setflags(write=False)
    return tables


def build_price_version(
    compiled: CompiledBook,
    catalog: Catalog,
    inventory: Inventory,
    lanes: LaneMap | None = None,
    before: PriceVersion | None = None,
) -> PriceVersion:
    """Fold a compiled book over the catalogue and the window. O(nights × lanes), a few hundred milliseconds for 27
    million nights.

    Running sums take 4 bytes per product and night where the longest stay fits 31 bits, else 8. `lanes`: those of a
    catalogue that the inventory does not have yet; `before`: a version of which nights are kept that no changed rule
    reaches. House fill is that of the inventory now.
    """
    lanes = inventory.lanes if lanes is None else lanes
    terms = terms_of(compiled)
    n_nights, first_night = compiled.n_nights, compiled.first_night
    program = compiled.program
    digest = version_digest(compiled, catalog)
    if program is None:
        fill = np.zeros((catalog.n_hotels, n_nights), np.int16)
        sums, mask, largest = _plain_sums(compiled, catalog, lanes, n_nights, terms)
        tables = _tables(compiled, catalog, lanes, sums, mask, terms)
        return PriceVersion(
            digest, compiled, tables, mask, desk_of(tables, lanes), largest, catalog, lanes, fill, by_factors=True
        )
    party = Asking(adults=1) if program.per_person else ANYBODY
    folded = folded_program(compiled, catalog, inventory, lanes, party, before)
    matrices = folded.matrices[0]
    longest = min(STAY_NIGHTS_MAX, n_nights)
    most = largest_factored_night(compiled, longest) if compiled.factor_stays else -1
    largest = max(each.largest for each in folded.matrices)
    by_factors = largest <= most and (folded.in_segments or not has_bands(program))
    tables = _tables(compiled, catalog, lanes, matrices.sums[0].view(), matrices.mask, terms)
    live = None
    if folded.in_segments:
        given = (tables, lanes, first_night)
        variants = in_threads(lambda each: variant_of(each[1], *given, each[0]), list(enumerate(folded.matrices)))
        limit = (2**31 - 1 if matrices.mask > 0 else 2**62) // longest
        question = program.question(party, first_night, 1, 0, 0)
        known = (folded.fill_bp, folded.seen, variants, question, min(limit, most) if by_factors else limit)
        live = LivePrices(program, catalog, lanes, inventory, *known)
    return PriceVersion(
        digest, compiled, tables, matrices.mask, desk_of(tables, lanes), largest, catalog, lanes,
        folded.fill_bp if live is None else live.fill_bp, by_factors, None if has_bands(program) else matrices,
        live,
    )  # fmt: skip
