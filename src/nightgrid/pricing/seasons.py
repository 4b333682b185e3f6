"""Seasons: on which nights each holds, which one wins in its group, and the factor of every night.

The winner's rank does not depend on the night, so the rules are painted over the nights from the weakest to the
strongest. Sets of products with the same rules are painted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from nightgrid.errors import UnknownIdError
from nightgrid.nights import WEEKDAYS, to_date
from nightgrid.pricing.fields import Problem, basis_points, shown
from nightgrid.pricing.holiday_calendar import (
    MAKE_UP_WORKDAY,
    OWN_COUNTRY,
    check_region,
    holiday_names,
    holiday_nights,
    split_holiday,
)
from nightgrid.pricing.mistakes import check_table_size, place_of
from nightgrid.pricing.model import RuleBook, Season
from nightgrid.pricing.scopes import Indexes, Mask, ProductClasses, is_own_country

#: Basis points of a factor that changes nothing.
WHOLE_BP: Final = 10_000
#: Rules whose scopes are evaluated together before they are packed into bits.
_CHUNK_RULES: Final = 256


@dataclass(frozen=True, slots=True)
class SeasonTables:
    """set_of_class int32[n_classes]; rule int16[n_sets, n_groups, n_nights], position of the winning season or -1;
    num int64[n_sets, n_nights] over den: the factor of a night, all groups together; groups: their names.
    """

    set_of_class: Indexes
    rule: npt.NDArray[np.int16]
    num: npt.NDArray[np.int64]
    den: int
    groups: tuple[str, ...]


def condition_masks(season: Season, country: str, first_night: int, n_nights: int) -> dict[str, Mask]:
    """Per condition that the season gives ("dates", "weekdays", "holidays"): bool[n_nights], where it holds.

    `country` is the hotel's own, for "*"; "" has no holidays.
    """
    masks: dict[str, Mask] = {}
    if season.dates:
        masks["dates"] = np.zeros(n_nights, np.bool_)
        for dates in season.dates:
            start = dates.first_night.toordinal() - first_night
            stop = dates.last_night.toordinal() - first_night + 1
            masks["dates"][max(start, 0) : max(stop, 0)] = True
    if season.weekdays:
        wanted = np.array([day in season.weekdays for day in WEEKDAYS])
        masks["weekdays"] = wanted[(np.arange(n_nights) + first_night + 6) % 7]
    if season.holidays:
        masks["holidays"] = np.zeros(n_nights, np.bool_)
        before, after = season.days_before, season.days_after
        for holiday in season.holidays:
            region, name = split_holiday(holiday)
            region = country if region == OWN_COUNTRY else region
            if not region:
                continue
            for night in holiday_nights(region, name, first_night - after, n_nights + before + after):
                at = night - first_night
                masks["holidays"][max(at - before, 0) : max(at + after + 1, 0)] = True
    return masks


def active_nights(season: Season, country: str, first_night: int, n_nights: int) -> Mask:
    """bool[n_nights]: the nights on which all conditions of the season hold."""
    active = np.ones(n_nights, np.bool_)
    for mask in condition_masks(season, country, first_night, n_nights).values():
        active &= mask
    return active


def check_countries(book: RuleBook, classes: ProductClasses) -> list[Problem]:
    """Hotels whose country has no known calendar although a season asks for its holidays."""
    problems: list[Problem] = []
    reported: set[str] = set()
    for position, season in enumerate(book.season):
        if not is_own_country(season.holidays):
            continue
        for code in np.unique(classes.country[classes.matches(season.where)]):
            country = classes.countries[int(code)]
            try:
                if country and country not in reported:
                    check_region(country)
            except UnknownIdError as error:
                reported.add(country)
                fix = "Correct the country in the catalogue, leave it empty, or keep those hotels out with where"
                problems.append(Problem(("season", position, "holidays"), str(error), fix))
    return problems


def holiday_warnings(book: RuleBook, classes: ProductClasses, first_night: int, n_nights: int) -> list[str]:
    """Sentences about named holidays that no year of the window has, and about hotels without a country."""
    first, last = to_date(first_night).year, to_date(first_night + n_nights - 1).year
    warnings: list[str] = []
    for position, season in enumerate(book.season):
        place = place_of(("season", position, "holidays"), book)
        for holiday in season.holidays:
            region, name = split_holiday(holiday)
            if region == OWN_COUNTRY or not name:
                continue
            names = holiday_names(region, first, last)
            if not any(name.casefold() in known.casefold() for known in names):
                some = ", ".join(names[:12])
                if name.casefold() == MAKE_UP_WORKDAY:
                    unknown = f"no weekend day is known that {region} works in {first}..{last}"
                    warnings.append(f"{place}: {unknown}; give such days as dates until the holidays package has them")
                    continue
                warnings.append(f"{place}: {region} has no holiday {shown(name)} in {first}..{last}; it has {some}")
    nowhere = classes.countries.index("") if "" in classes.countries else -1
    own = (season for season in book.season if is_own_country(season.holidays))
    if any(np.any(classes.country[classes.matches(season.where)] == nowhere) for season in own):
        warnings.append('some hotels have no country in the catalogue, so holidays = ["*"] never holds for them')
    return warnings


def compile_seasons(book: RuleBook, classes: ProductClasses, first_night: int, n_nights: int) -> SeasonTables:
    """Winners and factors of all nights. O(rules x classes) bit operations + the nights that are painted."""
    groups = book.season_groups()
    set_of_class, members = _sets(book, classes)
    check_table_size(book, "season", members.size, n_nights * (1 + len(groups)))
    rule = np.full((members.size, len(groups), n_nights), -1, np.int16)
    order = sorted(range(len(book.season)), key=lambda position: book.season[position].rank(position), reverse=True)
    for position in order:
        _paint(position, book.season[position], classes, members, rule, groups, first_night)
    # Different subsets may have the same winners in this window.
    flat = _rows_as_keys(rule.reshape(members.size, -1))
    _, kept, merged = np.unique(flat, return_index=True, return_inverse=True)
    rule = np.ascontiguousarray(rule[kept])
    num, den = _factors(book, rule, groups)
    return SeasonTables(merged.astype(np.int32)[set_of_class], rule, num, den, groups)


def _sets(book: RuleBook, classes: ProductClasses) -> tuple[Indexes, Indexes]:
    """Classes with the same seasons (and, where it matters, country): set of each class, one class of each set."""
    own = np.zeros(classes.n_classes, np.bool_)
    parts: list[npt.NDArray[np.uint8]] = []
    for start in range(0, len(book.season), _CHUNK_RULES):
        chunk = book.season[start : start + _CHUNK_RULES]
        inside = np.empty((len(chunk), classes.n_classes), np.bool_)
        for number, season in enumerate(chunk):
            inside[number] = classes.matches(season.where)
            if is_own_country(season.holidays):
                own |= inside[number]
        parts.append(np.packbits(inside, axis=0).T)
    country = np.where(own, classes.country, -1)
    parts.append(country.view(np.uint8).reshape(classes.n_classes, -1))
    keys = _rows_as_keys(np.concatenate(parts, axis=1))
    _, first, set_of_class = np.unique(keys, return_index=True, return_inverse=True)
    return set_of_class.astype(np.int32), first.astype(np.int32)


def _rows_as_keys(rows: npt.NDArray[np.generic]) -> npt.NDArray[np.void]:
    """Each row as one opaque value that can be sorted."""
    width = rows.shape[1] * rows.dtype.itemsize
    if width == 0:
        return np.zeros(rows.shape[0], "V1")
    return np.ascontiguousarray(rows).view(np.dtype((np.void, width))).ravel()


def _paint(
    position: int,
    season: Season,
    classes: ProductClasses,
    members: Indexes,
    rule: npt.NDArray[np.int16],
    groups: tuple[str, ...],
    first_night: int,
) -> None:
    """Write the season's position over the nights on which it holds, for the sets that it is for."""
    winners = rule[:, groups.index(season.group)]
    inside = classes.matches(season.where, members)
    countries = classes.country[members]
    own = is_own_country(season.holidays)
    for code in np.unique(countries[inside]).tolist() if own else [0]:
        rows = np.flatnonzero(inside & (countries == code) if own else inside)
        country = classes.countries[code] if own else ""
        nights = np.flatnonzero(active_nights(season, country, first_night, winners.shape[1]))
        if rows.size == 0 or nights.size == 0:
            continue
        start, stop = int(nights[0]), int(nights[-1]) + 1
        if stop - start == nights.size:  # one run of nights: whole slices, several times faster
            winners[rows, start:stop] = position
        else:
            winners[rows[:, np.newaxis], nights] = position


def _factors(book: RuleBook, rule: npt.NDArray[np.int16], groups: tuple[str, ...]) -> tuple[npt.NDArray[np.int64], int]:
    """The product of the winners' factors per set and night, over the smallest common power of ten."""
    num = np.ones((rule.shape[0], rule.shape[2]), np.int64)
    den = 1
    for number, group in enumerate(groups):
        factors_bp = [WHOLE_BP + basis_points(season.percent) for season in book.season]
        group_den = smallest_den([bp for bp, s in zip(factors_bp, book.season, strict=True) if s.group == group])
        table = np.array([*(bp * group_den // WHOLE_BP for bp in factors_bp), group_den], np.int64)
        num *= table[rule[:, number]]  # -1 finds the last entry: nothing changes
        den *= group_den
    return reduced(num, den)


def smallest_den(factors_bp: list[int]) -> int:
    """The smallest power of ten over which all factors in basis points are whole: 1, 10, 100, 1,000 or 10,000."""
    return next(den for den in (1, 10, 100, 1_000, WHOLE_BP) if all(bp * den % WHOLE_BP == 0 for bp in factors_bp))


def reduced(num: npt.NDArray[np.int64], den: int) -> tuple[npt.NDArray[np.int64], int]:
    """The same factors over the smallest power of ten that serves all of them."""
    while den > 1 and not np.any(num % 10):
        num, den = num // 10, den // 10
    return num, den
