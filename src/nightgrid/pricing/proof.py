"""The proof that the fast price of every stay is exact: each number that the kernels form stays inside its bound.

The kernels divide in floating point with an exact remainder (`native.prices`), which is exact for numerators below
2^53, denominators of at most 2^51 and quotients below 2^50. Every stage grows with its input, so it is enough to
follow, with exact integers, the largest base price of each distinct combination of season factor, bounds and stay
tables through the pipeline. A book that can leave a bound is refused, naming the stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from nightgrid.catalog import Catalog
from nightgrid.errors import Mistake
from nightgrid.limits import PRICE_MINOR_MAX, STAY_NIGHTS_MAX
from nightgrid.money import RoundingMode, format_minor, round_ratio
from nightgrid.pricing.blame import Blame
from nightgrid.pricing.model import Policy
from nightgrid.pricing.scopes import Indexes
from nightgrid.pricing.seasons import WHOLE_BP, SeasonTables
from nightgrid.pricing.stays import BoundsTables, StayTables

NUMERATOR_MAX: Final = 2**53 - 1
DENOMINATOR_MAX: Final = 2**51
QUOTIENT_MAX: Final = 2**50 - 1
#: What is only compared, never divided, must fit int64.
COMPARED_MAX: Final = 2**62

_DECIMALS: Final = "Use percents with fewer decimals, fewer season groups, or a smaller increment_minor"
_NIGHTS: Final = "Lower the percents or the floor, set a ceiling, correct the base price, or shorten the window"
#: Stage -> (the largest value allowed, what to change).
_STAGES: Final = {
    "season, numerator of a night": (NUMERATOR_MAX, _DECIMALS),
    "season, denominator": (DENOMINATOR_MAX, _DECIMALS),
    "bounds, ceiling of a night": (COMPARED_MAX, "Lower ceiling_percent, or use percents with fewer decimals"),
    "bounds, price of a night": (NUMERATOR_MAX, _NIGHTS),
    "subtotal of the longest stay": (NUMERATOR_MAX, _NIGHTS),
    "length_of_stay x lead_time x member_tier, numerator": (NUMERATOR_MAX, _DECIMALS),
    "length_of_stay x lead_time x member_tier, denominator": (DENOMINATOR_MAX, _DECIMALS),
    "length_of_stay, lead_time, member_tier, an amount between them": (QUOTIENT_MAX, _NIGHTS),
}


@dataclass(frozen=True, slots=True)
class Tables:
    """The compiled tables of a book and its rounding."""

    policy: Policy
    mode: RoundingMode
    increment: int
    night_scale: int
    seasons: SeasonTables
    bounds: BoundsTables
    stays: StayTables

    @property
    def rounds_nights(self) -> bool:
        """Whether a night is rounded before the stay factors."""
        return self.policy in (Policy.DEFAULT, Policy.STEP)


def night_scale(policy: Policy, season_den: int, bounds: BoundsTables) -> int:
    """What unrounded nights are multiplied by to be integers: a power of ten, 1 where nights are rounded."""
    if policy in (Policy.DEFAULT, Policy.STEP):
        return 1
    percents_bp = np.concatenate([bounds.floor_bp[bounds.floor_bp > 0], bounds.ceiling_bp[bounds.ceiling_bp > 0]])
    if percents_bp.size == 0:
        return season_den
    # Whole percents of the base need hundredths, and the kernels rely on that many where there is any percent.
    bounds_den = next(den for den in (100, 1_000, WHOLE_BP) if not np.any(percents_bp * den % WHOLE_BP))
    return max(season_den, bounds_den)


def prove(
    tables: Tables, catalog: Catalog, of_product: Indexes, n_nights: int, blame: Callable[[], Blame]
) -> list[Mistake]:
    """Mistakes of a book that could leave a bound; empty when the fast price is the exact one for every stay.

    `of_product` int32[n_products] is each product's class; blame finds the rules behind a mistake. O(products +
    distinct combinations of tables).
    """
    proof = _Proof(tables, min(STAY_NIGHTS_MAX, n_nights))
    for season_num, bounds, stay, product in _combinations(tables, catalog, of_product):
        proof.follow(season_num, bounds, stay, product, int(catalog.base_minor[product]))
    said = [(stage, *_said(stage, *proof.largest[stage], catalog)) for stage in _STAGES if proof.exceeds(stage)]
    total, product = proof.total
    if total > PRICE_MINOR_MAX:
        said.append(("total of the longest stay", *_said_of_total(total, product, catalog, proof.longest)))
    return [
        blame().named(
            stage, problem, fix, int(of_product[product]), Fraction(int(catalog.base_minor[product])),
            _currency(product, catalog), fine=fix == _DECIMALS,
        )
        for stage, problem, fix, product in said
    ]  # fmt: skip


def _combinations(tables: Tables, catalog: Catalog, of_product: Indexes) -> Iterator[tuple[int, int, int, int]]:
    """(largest season factor, bounds set, stay set, product with the largest base) for each combination there is."""
    factors, factor_of_set = np.unique(tables.seasons.num.max(axis=1), return_inverse=True)
    season_of_class = factor_of_set[tables.seasons.set_of_class]
    sets = (season_of_class, tables.bounds.set_of_class, tables.stays.set_of_class)
    combinations, of_class = np.unique(np.stack(sets, axis=1), axis=0, return_inverse=True)
    combination = of_class.reshape(-1)[of_product]
    order = np.lexsort((catalog.base_minor, combination))
    last = np.flatnonzero(np.diff(combination[order], append=-1))
    for product in order[last].tolist():
        season, bounds, stay = combinations[combination[product]].tolist()
        yield int(factors[season]), bounds, stay, product


class _Proof:
    """Follows products through the pipeline and remembers the largest value of each stage and where it was met."""

    def __init__(self, tables: Tables, longest: int) -> None:
        self._tables = tables
        self.longest = longest
        stays = tables.stays
        los = stays.los_num[:, : longest + 1]
        self._los_max = los.max(axis=1).tolist()
        # Nights x factor: a long stay may be cheaper than the longest one without its discount.
        self._nights_los_max = (los * np.arange(longest + 1)).max(axis=1).tolist()
        self._lead_max = stays.lead_num.max(axis=1).tolist()
        self._tier_max = stays.tier_num.max(axis=1).tolist()
        self.total = (0, 0)
        self.largest = dict.fromkeys(_STAGES, (0, 0))
        self._stay_den = stays.los_den * stays.lead_den * stays.tier_den * tables.night_scale
        self._meet("season, denominator", tables.seasons.den * tables.increment, 0)
        stage = "length_of_stay x lead_time x member_tier, denominator"
        self._meet(stage, self._stay_den * tables.increment, 0)

    def exceeds(self, stage: str) -> bool:
        return self.largest[stage][0] > _STAGES[stage][0]

    def _meet(self, stage: str, value: int, product: int) -> None:
        if value > self.largest[stage][0]:
            self.largest[stage] = (value, product)

    def follow(self, season_num: int, bounds: int, stay: int, product: int, base: int) -> None:
        night = self._night(season_num, bounds, base, product)
        if self._tables.policy != Policy.NIGHT:  # which adds rounded nights only
            self._meet("subtotal of the longest stay", night * self.longest, product)
        factor = self._los_max[stay] * self._lead_max[stay] * self._tier_max[stay]
        self._meet("length_of_stay x lead_time x member_tier, numerator", factor, product)
        total = self._total(night, stay, product)
        if total > self.total[0]:
            self.total = (total, product)

    def _night(self, season_num: int, bounds: int, base: int, product: int) -> int:
        """The largest price of a night of this combination, times the night scale."""
        tables = self._tables
        limits, step = tables.bounds, tables.increment
        numerator = base * season_num * max(1, tables.night_scale // tables.seasons.den)
        self._meet("season, numerator of a night", numerator, product)
        floor_bp, ceiling_bp = int(limits.floor_bp[bounds]), int(limits.ceiling_bp[bounds])
        floor, ceiling = int(limits.floor_minor[bounds]), int(limits.ceiling_minor[bounds])
        if tables.rounds_nights:
            value = round_ratio(numerator, tables.seasons.den, tables.mode, step)
            low = max(floor, -(-base * floor_bp // WHOLE_BP))
            high = [ceiling] * (ceiling >= 0) + [base * ceiling_bp // WHOLE_BP] * (ceiling_bp >= 0)
            bounded = max(-(-low // step) * step, min([value, *(most // step * step for most in high)]))
            self._meet("length_of_stay, lead_time, member_tier, an amount between them", value, product)
        else:
            scale = tables.night_scale
            low = max(floor * scale, base * floor_bp * scale // WHOLE_BP)
            high = [ceiling * scale] * (ceiling >= 0) + [base * ceiling_bp * scale // WHOLE_BP] * (ceiling_bp >= 0)
            bounded = max(low, min([numerator, *high]))
            # The kernel scales a share of the base by a hundredth of the scale before it divides by a hundred.
            self._meet("bounds, ceiling of a night", max([0, *high]) * 100, product)
        self._meet("bounds, price of a night", bounded, product)
        return bounded

    def _total(self, night: int, stay: int, product: int) -> int:
        """The largest total of a stay whose nights cost at most `night` (scaled)."""
        tables, stays = self._tables, self._tables.stays
        step = tables.increment
        nights_los, lead, tier = self._nights_los_max[stay], self._lead_max[stay], self._tier_max[stay]
        if tables.policy == Policy.STEP:
            after_los = round_ratio(night * nights_los, stays.los_den, tables.mode, step)
            after_lead = round_ratio(after_los * lead, stays.lead_den, tables.mode, step)
            between = max(after_los, after_lead)
            self._meet("length_of_stay, lead_time, member_tier, an amount between them", between, product)
            return round_ratio(after_lead * tier, stays.tier_den, tables.mode, step)
        total = round_ratio(night * nights_los * lead * tier, self._stay_den, RoundingMode.UP, step)
        return total + self.longest * step if tables.policy == Policy.NIGHT else total


def _said(stage: str, value: int, product: int, catalog: Catalog) -> tuple[str, str, int]:
    """(what is wrong, how to mend it, product) of a stage."""
    limit, fix = _STAGES[stage]
    name = _product_name(product, catalog)
    return f"it can reach {value:,} for {name}; at most {limit:,} is computed exactly", fix, product


def _said_of_total(total: int, product: int, catalog: Catalog, longest: int) -> tuple[str, str, int]:
    currency = _currency(product, catalog)
    problem = (
        f"a stay of up to {longest} nights can reach {format_minor(total, currency)} for "
        f"{_product_name(product, catalog)}; a price is at most {format_minor(PRICE_MINOR_MAX, currency)}"
    )
    return problem, _NIGHTS, product


def _currency(product: int, catalog: Catalog) -> str:
    hotel = catalog.row_hotel[catalog.product_row[product]]
    return catalog.currencies[int(catalog.hotel_currency[hotel])]


def _product_name(product: int, catalog: Catalog) -> str:
    row = catalog.product_row[product]
    base = format_minor(int(catalog.base_minor[product]), _currency(product, catalog))
    ids = (catalog.hotel_ids[catalog.row_hotel[row]], catalog.room_type_ids[row], catalog.plan_ids[product])
    return f"{'/'.join(ids)} (base {base})"
