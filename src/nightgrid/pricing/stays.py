"""The stay factors and the bounds of a night, as tables: one row per distinct combination of rules that apply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nightgrid.catalog import Catalog
from nightgrid.limits import LEAD_DAYS_MAX, STAY_NIGHTS_MAX
from nightgrid.money import parse_minor
from nightgrid.pricing.fields import basis_points
from nightgrid.pricing.mistakes import check_table_size
from nightgrid.pricing.model import Bounds, LeadTime, LengthOfStay, MemberTier, RuleBook
from nightgrid.pricing.scopes import Indexes, ProductClasses
from nightgrid.pricing.seasons import WHOLE_BP, reduced, smallest_den

Numerators = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StayTables:
    """set_of_class int32[n_classes]; los, lead, tier int32[n_sets], position of the rule that applies or -1.

    los_num int64[n_sets, STAY_NIGHTS_MAX + 1] by nights, lead_num int64[n_sets, LEAD_DAYS_MAX + 1] by days,
    tier_num int64[n_sets, n_tiers]: factors over los_den, lead_den, tier_den, powers of ten.
    """

    set_of_class: Indexes
    los: Indexes
    lead: Indexes
    tier: Indexes
    los_num: Numerators
    los_den: int
    lead_num: Numerators
    lead_den: int
    tier_num: Numerators
    tier_den: int


@dataclass(frozen=True, slots=True)
class BoundsTables:
    """set_of_class int32[n_classes]; rule int32[n_sets], position of the rule that applies or -1.

    floor_bp, ceiling_bp int64[n_sets]: basis points of the base (0 and -1 = none); floor_minor, ceiling_minor
    int64[n_sets]: minor units of the set's currency (0 and -1 = none).
    """

    set_of_class: Indexes
    rule: Indexes
    floor_bp: Numerators
    ceiling_bp: Numerators
    floor_minor: Numerators
    ceiling_minor: Numerators


def band_of_stay(rule: LengthOfStay, nights: int) -> int:
    """Position of the band that a stay reaches, -1 for none: the longest that is not longer than the stay."""
    reached = [(band.from_nights, at) for at, band in enumerate(rule.bands) if band.from_nights <= nights]
    return max(reached)[1] if reached else -1


def band_of_lead(rule: LeadTime, lead_days: int) -> int:
    """Position of the band that holds the lead, -1 for none; leads above LEAD_DAYS_MAX count as LEAD_DAYS_MAX."""
    days = min(lead_days, LEAD_DAYS_MAX)
    held = (at for at, band in enumerate(rule.bands) if band.from_days <= days <= band.last_days)
    return next(held, -1)


def compile_stays(book: RuleBook, classes: ProductClasses) -> StayTables:
    """Which length of stay, lead time and member tier table each class has, and their factors."""
    chosen = [classes.best_rule(rules) for rules in (book.length_of_stay, book.lead_time, book.member_tier)]
    applied, set_of_class = np.unique(np.stack(chosen, axis=1), axis=0, return_inverse=True)
    check_table_size(book, "length of stay, lead time and member tier", len(applied), STAY_NIGHTS_MAX + LEAD_DAYS_MAX)
    los, lead, tier = (np.ascontiguousarray(applied[:, column]) for column in range(3))
    los_num, los_den = _numerators([_los_factors(rule) for rule in book.length_of_stay], los, STAY_NIGHTS_MAX + 1)
    lead_num, lead_den = _numerators([_lead_factors(rule) for rule in book.lead_time], lead, LEAD_DAYS_MAX + 1)
    tiers = book.book.tiers
    tier_num, tier_den = _numerators([_tier_factors(rule, tiers) for rule in book.member_tier], tier, len(tiers))
    return StayTables(
        set_of_class=set_of_class.reshape(-1).astype(np.int32),
        los=los, lead=lead, tier=tier,
        los_num=los_num, los_den=los_den,
        lead_num=lead_num, lead_den=lead_den,
        tier_num=tier_num, tier_den=tier_den,
    )  # fmt: skip


def _los_factors(rule: LengthOfStay) -> list[int]:
    factors = [WHOLE_BP] * (STAY_NIGHTS_MAX + 1)
    for band in sorted(rule.bands, key=lambda band: band.from_nights):
        longer = len(factors) - band.from_nights
        factors[band.from_nights :] = [WHOLE_BP + basis_points(band.change)] * longer
    return factors


def _lead_factors(rule: LeadTime) -> list[int]:
    factors = [WHOLE_BP] * (LEAD_DAYS_MAX + 1)
    for band in rule.bands:
        length = band.last_days - band.from_days + 1
        factors[band.from_days : band.last_days + 1] = [WHOLE_BP + basis_points(band.percent)] * length
    return factors


def _tier_factors(rule: MemberTier, tiers: tuple[str, ...]) -> list[int]:
    return [WHOLE_BP + (basis_points(rule.percent[tier]) if tier in rule.percent else 0) for tier in tiers]


def _numerators(factors_bp: list[list[int]], applied: Indexes, length: int) -> tuple[Numerators, int]:
    """One row per set from one row per rule; the last row is for no rule (-1)."""
    rows = np.array([*factors_bp, [WHOLE_BP] * length], np.int64)[applied]
    den = smallest_den([int(bp) for bp in np.unique(rows)])
    num, den = reduced(rows * den // WHOLE_BP, den)
    return np.ascontiguousarray(num), den


def compile_bounds(book: RuleBook, classes: ProductClasses, catalog: Catalog) -> BoundsTables:
    """Which bounds each class has, with absolute amounts in the currency of its hotels."""
    n_currencies = len(catalog.currencies)
    best = classes.best_rule(book.bounds).astype(np.int64)
    distinct, pair_of_class = np.unique(best * n_currencies + classes.currency, return_inverse=True)
    pairs: list[int] = distinct.tolist()
    rows = [_bounds_row(book.bounds, pair // n_currencies, catalog.currencies[pair % n_currencies]) for pair in pairs]
    values, set_of_pair = np.unique(np.array(rows, np.int64), axis=0, return_inverse=True)
    rule, floor_bp, ceiling_bp, floor_minor, ceiling_minor = (np.ascontiguousarray(values[:, at]) for at in range(5))
    return BoundsTables(
        set_of_class=set_of_pair.reshape(-1).astype(np.int32)[pair_of_class],
        rule=rule.astype(np.int32),
        floor_bp=floor_bp, ceiling_bp=ceiling_bp,
        floor_minor=floor_minor, ceiling_minor=ceiling_minor,
    )  # fmt: skip


def _bounds_row(rules: tuple[Bounds, ...], position: int, currency: str) -> tuple[int, int, int, int, int]:
    if position < 0:
        return -1, 0, -1, 0, -1
    rule = rules[position]
    floor, ceiling = rule.floor.get(currency), rule.ceiling.get(currency)
    return (
        position,
        0 if rule.floor_percent is None else basis_points(rule.floor_percent),
        -1 if rule.ceiling_percent is None else basis_points(rule.ceiling_percent),
        0 if floor is None else parse_minor(floor, currency),
        -1 if ceiling is None else parse_minor(ceiling, currency),
    )
