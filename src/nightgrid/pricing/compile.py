"""Compile a rule book for a catalogue and a window of nights: from what an author writes to dense tables.

Names and dates are resolved once, here; kernels only index and multiply. The tables do not follow later changes of the
catalogue: compile again when it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.catalog import Catalog
from nightgrid.errors import InputError, Mistake, RuleBookError
from nightgrid.limits import WINDOW_NIGHTS_MAX
from nightgrid.money import RoundingMode
from nightgrid.nights import to_date
from nightgrid.pricing.blame import Blame
from nightgrid.pricing.mistakes import mistake_at, refused
from nightgrid.pricing.model import Policy, RuleBook
from nightgrid.pricing.pipelines import policy_of
from nightgrid.pricing.plainness import has_factor_stays, is_plain
from nightgrid.pricing.price_data import NO_DATA, PriceData
from nightgrid.pricing.program import Program, compile_program
from nightgrid.pricing.proof import NUMERATOR_MAX, Tables, night_scale, prove
from nightgrid.pricing.rule_sets import Reach
from nightgrid.pricing.rule_warnings import catalog_warnings
from nightgrid.pricing.scopes import ProductClasses, scope_warnings
from nightgrid.pricing.seasons import SeasonTables, check_countries, compile_seasons, holiday_warnings
from nightgrid.pricing.stays import BoundsTables, StayTables, compile_bounds, compile_stays


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CompiledBook:
    """A rule book as dense tables for one catalogue and window; the exact meaning is in docs/rules.md.

    Shapes: P products, N nights, S season sets, G season groups, B bounds sets, T stay sets; dens are powers of ten.
    """

    book: RuleBook
    digest: str  # of the book's content, 16 hexadecimal digits
    first_night: int  # ordinal of the window's first night
    n_nights: int  # N
    policy: int  # position in Policy: 0 default, 1 night, 2 total, 3 step
    mode: int  # position in RoundingMode
    increment: int  # minor units; prices are multiples of it
    night_scale: int  # unrounded nights x this are integers; 1 for default and step
    season_set: NDArray[np.int32]  # [P] row of season_num and season_rule
    season_num: NDArray[np.int64]  # [S, N] factor of a night x season_den, all groups together
    season_den: int
    season_groups: tuple[str, ...]  # [G] names
    season_rule: NDArray[np.int16]  # [S, G, N] position of the winning season in book.season, -1 none
    bounds_set: NDArray[np.int32]  # [P] row of the next five
    bounds_rule: NDArray[np.int32]  # [B] position in book.bounds, -1 none
    bounds_floor_bp: NDArray[np.int64]  # [B] basis points of the base, 0 none
    bounds_ceiling_bp: NDArray[np.int64]  # [B] basis points of the base, -1 none
    bounds_floor_minor: NDArray[np.int64]  # [B] minor units, 0 none
    bounds_ceiling_minor: NDArray[np.int64]  # [B] minor units, -1 none
    stay_set: NDArray[np.int32]  # [P] row of the next six
    stay_los: NDArray[np.int32]  # [T] position in book.length_of_stay, -1 none
    stay_lead: NDArray[np.int32]  # [T] position in book.lead_time, -1 none
    stay_tier: NDArray[np.int32]  # [T] position in book.member_tier, -1 none
    los_num: NDArray[np.int64]  # [T, STAY_NIGHTS_MAX + 1] factor x los_den by nights of the stay
    lead_num: NDArray[np.int64]  # [T, LEAD_DAYS_MAX + 1] factor x lead_den by lead days
    tier_num: NDArray[np.int64]  # [T, tiers] factor x tier_den by tier
    los_den: int
    lead_den: int
    tier_den: int
    tiers: tuple[str, ...]  # the first is for guests who are no members
    rates: Mapping[str, Fraction]  # value of one major unit by currency; empty where the book has no rates
    display_currency: str  # "" where hotels have several currencies and the book names none
    warnings: tuple[str, ...]  # about names that nothing matches, amounts that are missing; the book is usable
    data: PriceData = NO_DATA  # base prices and overrides that came beside the book
    program: Program | None = None  # of a book that is more than a product of factors; then the bounds tables above,
    # and the stay tables unless it has factor stays, are those of no rule at all
    factor_stays: bool = True  # a stay is the sum of its nights times factors (`plainness`)

    def beside(self, asking: Asking, rooms: int) -> Asking | None:
        """The question for each room of an order beside the first (`Program.beside`), None where it is the same."""
        return None if self.program is None else self.program.beside(asking, rooms)


def compile_book(
    book: RuleBook, catalog: Catalog, first_night: int, n_nights: int, data: PriceData = NO_DATA
) -> CompiledBook:
    """Compile for the nights `[first_night, first_night + n_nights)` (ordinals).

    Raises RuleBookError if prices could leave the bounds in which they are exact, a currency has no rate, or a country
    of the catalogue has no holidays. O(rules x distinct products + painted nights); no Python per product.
    """
    _check_window(first_night, n_nights)
    classes = ProductClasses(book, catalog)
    rates, display_currency, mistakes = _rates(book, catalog)
    countries = [mistake_at(book, *problem) for problem in check_countries(book, classes)]
    if countries:
        raise refused(book, mistakes + countries)
    try:
        parts = _parts(book, classes, catalog, data, (first_night, n_nights))
    except RuleBookError as error:
        raise refused(book, mistakes + error.mistakes) from None
    if mistakes:
        raise refused(book, mistakes)
    seasons, bounds, stays, program, factor_stays, scale = parts
    rounding, policy = book.rounding, policy_of(book)
    warnings = scope_warnings(book, catalog, classes.unknown) + holiday_warnings(book, classes, first_night, n_nights)
    warnings += catalog_warnings(book, classes, catalog)
    of_product = classes.of_product
    return CompiledBook(
        book=book, digest=book.digest, first_night=first_night, n_nights=n_nights,
        policy=list(Policy).index(policy), mode=list(RoundingMode).index(rounding.mode),
        increment=rounding.increment_minor, night_scale=scale,
        season_set=seasons.set_of_class[of_product], season_num=seasons.num, season_den=seasons.den,
        season_groups=seasons.groups, season_rule=seasons.rule,
        bounds_set=bounds.set_of_class[of_product], bounds_rule=bounds.rule,
        bounds_floor_bp=bounds.floor_bp, bounds_ceiling_bp=bounds.ceiling_bp,
        bounds_floor_minor=bounds.floor_minor, bounds_ceiling_minor=bounds.ceiling_minor,
        stay_set=stays.set_of_class[of_product],
        stay_los=stays.los, stay_lead=stays.lead, stay_tier=stays.tier,
        los_num=stays.los_num, lead_num=stays.lead_num, tier_num=stays.tier_num,
        los_den=stays.los_den, lead_den=stays.lead_den, tier_den=stays.tier_den,
        tiers=book.book.tiers, rates=rates, display_currency=display_currency, warnings=tuple(warnings), data=data,
        program=program, factor_stays=factor_stays,
    )  # fmt: skip


def _parts(
    book: RuleBook, classes: ProductClasses, catalog: Catalog, data: PriceData, window: tuple[int, int]
) -> tuple[SeasonTables, BoundsTables, StayTables, Program | None, bool, int]:
    """The tables of a book, its program, whether its stays are factors, and the scale of its nights; all proved."""
    seasons = compile_seasons(book, classes, *window)
    program = None
    factors = book
    factor_stays = True
    if not is_plain(book, data):
        program = compile_program(book, classes, catalog, seasons, data, window)
        factor_stays = has_factor_stays(book, data)
        without: dict[str, object] = {"bounds": ()}
        if not factor_stays:
            without |= {"length_of_stay": (), "lead_time": (), "member_tier": ()}
        factors = book.model_copy(update=without)
    bounds = compile_bounds(factors, classes, catalog)
    stays = compile_stays(factors, classes)
    rounding, policy = book.rounding, policy_of(book)
    scale = night_scale(policy, seasons.den, bounds) if program is None else int(program.scales[0])
    if program is None:
        # A ceiling that no exact price can reach means none; scaled, it might not fit its type.
        bounds.ceiling_minor[bounds.ceiling_minor > NUMERATOR_MAX // scale] = -1
        tables = Tables(policy, rounding.mode, rounding.increment_minor, scale, seasons, bounds, stays)
        blame = cache(lambda: Blame(book, Reach(book, classes, catalog)))
        mistakes = prove(tables, catalog, classes.of_product, window[1], blame)
        if mistakes:
            raise refused(book, mistakes)
    return seasons, bounds, stays, program, factor_stays, scale


def _check_window(first_night: int, n_nights: int) -> None:
    if not 1 <= n_nights <= WINDOW_NIGHTS_MAX:
        raise InputError(f"n_nights {n_nights} is outside 1..{WINDOW_NIGHTS_MAX}; give the nights on sale")
    to_date(first_night)
    to_date(first_night + n_nights - 1)


def _rates(book: RuleBook, catalog: Catalog) -> tuple[dict[str, Fraction], str, list[Mistake]]:
    """Rates, display currency, and mistakes for currencies of hotels that have no rate though others have."""
    rates = book.rates_on()
    used = [catalog.currencies[code] for code in np.unique(catalog.hotel_currency)]
    display = book.book.display_currency or (used[0] if len(used) == 1 else "")
    if display and not rates:
        rates = {display: Fraction(1)}
    if not rates:
        return rates, display, []
    fix = 'Add it to [currencies], e.g. {} = "7.85": the value of one unit in the display currency'
    missing = [currency for currency in used if currency not in rates]
    return rates, display, [
        mistake_at(book, ("currencies",), f"hotels of the catalogue have {code}, which has no rate", fix.format(code))
        for code in missing
    ]  # fmt: skip
