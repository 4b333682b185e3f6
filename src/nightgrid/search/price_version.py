"""A published price version: a compiled rule book folded into night-major running sums, in the order of the lanes.

Versions are immutable: publishing makes a new one beside the old, and a reader keeps the one it started with, so no
answer mixes two. The nightly prefix of the pipeline (base, season, bounds, rounding) is folded once; a stay then
costs two loads. Only what depends on house fill goes on changing, cell by cell (`search.live`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import ANYBODY, Asking
from nightgrid.catalog import Catalog
from nightgrid.errors import InputError, Mistake, RuleBookError, UnknownIdError
from nightgrid.inventory.inventory import Inventory
from nightgrid.limits import PRICE_MINOR_MAX, STAY_NIGHTS_MAX
from nightgrid.money import exponent
from nightgrid.native.prices import prices as price
from nightgrid.native.prices.tables import LaneMap, PriceTables, desk_of
from nightgrid.native.search.minima import fold_word_minima
from nightgrid.pricing.compile import CompiledBook
from nightgrid.search.live import LivePrices, has_bands, variant_of
from nightgrid.search.matrices import Matrices, in_threads
from nightgrid.search.refold import folded_program

_EXACT = 2**53  # integers below are exact in a float64
_DENOMINATOR_MAX = 2**51


@dataclass(frozen=True, eq=False, slots=True)
class PriceVersion:
    """One immutable version of every price. `digest` names it in quotes and offers (`version_digest`)."""

    digest: str
    compiled: CompiledBook
    tables: PriceTables  # their sums are in segments where the prices follow house fill (`live`)
    mask: int  # 2^32 - 1 if the running sums are uint32 (they may wrap), -1 if int64
    desk: NDArray[np.int64]  # addresses of the tables, for kernels (`native.prices.tables.desk_of`)
    largest_night: int  # of all products and nights, minor units x night scale
    catalog: Catalog  # that it was made for; a larger one has products without a price
    lanes: LaneMap  # of that catalogue: the desk has their addresses
    fill_bp: NDArray[np.int16]  # (hotel, night) house fill that the matrices have, basis points
    by_factors: bool = True  # a stay is a difference of running sums and factors, whatever makes its nights
    matrices: Matrices | None = None  # of a book with a full pipeline; the sums of the tables are its first plane. None
    # where its nights have several prices, by house fill or lead days: then `live` has them, if any
    live: LivePrices | None = None

    @property
    def first_night(self) -> int:
        """Ordinal of the first night that has prices."""
        return self.compiled.first_night

    @property
    def n_nights(self) -> int:
        """Nights that have prices."""
        return self.compiled.n_nights

    @property
    def tiers(self) -> tuple[str, ...]:
        """Tier names; the first is the public one."""
        return self.compiled.tiers

    def row_of(self, arrival: int) -> int:
        """The row of the running sums with which a stay begins that arrives on a night (ordinal)."""
        return arrival - self.first_night

    def tier_index(self, tier: str) -> int:
        """Index of a tier; UnknownIdError names the tiers of the book."""
        try:
            return self.compiled.tiers.index(tier)
        except ValueError:
            known = ", ".join(self.compiled.tiers)
            text = f"tier is {tier!r}; the rule book {self.compiled.book.book.name!r} has {known}"
            raise UnknownIdError(text) from None

    @property
    def largest_night_minor(self) -> float:
        """The largest night value in minor units."""
        return self.largest_night / self.compiled.night_scale

    def is_factored(self, asking: Asking) -> bool:
        """Whether the answers to a question are sums of nights times factors, at the house fill that matrices have."""
        own_fill = asking.fill_bp is not None and self.live is not None
        return self.by_factors and not asking.packages and not own_fill

    @property
    def bytes(self) -> int:
        """Bytes of the price matrices."""
        if self.live is not None:
            return sum(each.matrices.sums.nbytes + each.tables.word_sums.nbytes for each in self.live.variants)
        sums = self.tables.sums if self.matrices is None else self.matrices.sums
        return int(sums.nbytes + self.tables.word_sums.nbytes)


def check_packages(version: PriceVersion, asking: Asking) -> None:
    """InputError for packages of a product of factors, which offers none: to ask for one must not change nothing."""
    if asking.packages and version.compiled.program is None:
        raise InputError(f"packages has {asking.packages[0]!r}, and the rule book offers none")


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
    bounds[bounds[:, 3] > _EXACT // compiled.night_scale, 3] = -1
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
    if (largest if compiled.policy == price.POLICY_NIGHT else largest * longest) >= _EXACT:
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
    if numerator >= _EXACT or denominator * compiled.increment > _DENOMINATOR_MAX:
        return -1
    return min((_EXACT - 1) // longest, PRICE_MINOR_MAX * denominator // (numerator * longest))


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


def rates_of(compiled: CompiledBook, booking_date: date) -> Mapping[str, Fraction]:
    """The value of one major unit by currency for bookings made on a day."""
    return compiled.book.rates_on(booking_date) if compiled.book.has_dated_rates else compiled.rates


def exchange_rate(compiled: CompiledBook, currency: str, display_currency: str, booking_date: date) -> Fraction:
    """Major units of the display currency for one of another, exact; InputError where the book has no rate that day."""
    if currency == display_currency:
        return Fraction(1)
    rates = rates_of(compiled, booking_date)
    missing = [code for code in (currency, display_currency) if code not in rates]
    if missing:
        day = f" on {booking_date}" if compiled.book.has_dated_rates else ""
        raise InputError(
            f"the rule book {compiled.book.book.name!r} has no rate for {', '.join(missing)}{day}; "
            f"add it under [currencies], so that hotels can be compared in {display_currency}"
        )
    return rates[currency] / rates[display_currency]


def display_rates(
    version: PriceVersion, catalog: Catalog, display_currency: str, needed: Collection[int], booking_date: date
) -> NDArray[np.int64]:
    """Display minor units per minor unit of each catalogue currency, as exact ratios: int64 (currency, 2).

    needed: positions of the currencies that the hotels considered have; the others stay 1/1 and are not looked up.
    InputError if the book has no rate for a currency that is needed, on that day.
    """
    result = np.ones((len(catalog.currencies), 2), np.int64)
    for index in needed:
        currency = catalog.currencies[index]
        if currency == display_currency:
            continue
        scale = Fraction(10) ** (exponent(display_currency) - exponent(currency))
        ratio = exchange_rate(version.compiled, currency, display_currency, booking_date) * scale
        if ratio.numerator >= _EXACT or ratio.denominator > _DENOMINATOR_MAX:
            raise InputError(f"the rate from {currency} to {display_currency} has too many digits ({ratio}); round it")
        result[index] = (ratio.numerator, ratio.denominator)
    return result
