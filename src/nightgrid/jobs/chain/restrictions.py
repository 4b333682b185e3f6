"""Restrictions of the generated chain: minimum stays of resorts, renovations, dates closed to arrival or departure."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.jobs.chain.demand import SPRING_FESTIVALS
from nightgrid.jobs.chain.dice import Dice
from nightgrid.jobs.chain.hotels import House
from nightgrid.jobs.chain.places import CITIES
from nightgrid.nights import to_date

#: Columns that `Engine.restrict` takes. Dates are inclusive; null = leave as it is; weekdays null = every night.
SCHEMA: Final[dict[str, Any]] = {
    "hotel_id": pl.String,
    "room_type_id": pl.String,
    "first_night": pl.Date,
    "last_night": pl.Date,
    "weekdays": pl.String,
    "closed": pl.Boolean,
    "closed_to_arrival": pl.Boolean,
    "closed_to_departure": pl.Boolean,
    "min_stay_arrival": pl.Int16,
    "max_stay_arrival": pl.Int16,
    "min_stay_through": pl.Int16,
    "max_stay_through": pl.Int16,
}
#: First and last month of a resort's season, when it sells weekends by two nights.
_SEASONS: Final = {"summer": (6, 9), "winter": (12, 3)}


class _Ranges:
    """Collects ranges of nights that lie at least partly in the window, cut to it."""

    def __init__(self, catalog: Catalog, first_night: int, nights: int) -> None:
        self.catalog = catalog
        self.first, self.last = first_night, first_night + nights - 1
        self.rows: list[dict[str, Any]] = []

    def add(self, hotel: int, first: int, last: int, row: int | None = None, **restriction: bool | int | str) -> None:
        """One range, dates inclusive, for a hotel or one of its room types."""
        first, last = max(first, self.first), min(last, self.last)
        if first > last:
            return
        self.rows.append(
            {
                "hotel_id": self.catalog.hotel_ids[hotel],
                "room_type_id": None if row is None else self.catalog.room_type_ids[row],
                "first_night": to_date(first),
                "last_night": to_date(last),
                **restriction,
            }
        )


def build_restrictions(seed: int, house: House, catalog: Catalog, first_night: int, nights: int) -> pl.DataFrame:
    """A frame for `Engine.restrict`, about a quarter as many ranges as hotels. O(hotels + ranges)."""
    dice = Dice(seed, part=4)
    ranges = _Ranges(catalog, first_night, nights)
    first_year, last_year = to_date(first_night).year, to_date(first_night + nights - 1).year
    years = range(first_year - 1, last_year + 1)
    _resort_weekends(dice, ranges, house, years)
    _holiday_stays(dice, ranges, house, years)
    _renovations(dice, ranges, house, nights)
    _closed_days(dice, ranges, house, years)
    _long_stays(dice, ranges, house)
    return pl.DataFrame(ranges.rows, schema=SCHEMA)


def _chosen(dice: Dice, hotels: NDArray[np.bool_], permille: int) -> list[int]:
    """A part of the hotels for which the mask is true, ascending."""
    return [int(hotel) for hotel in np.flatnonzero(hotels & dice.chance(permille, len(hotels)))]


def _resort_weekends(dice: Dice, ranges: _Ranges, house: House, years: range) -> None:
    for hotel in _chosen(dice, house.resort, 420):
        begin, end = _SEASONS[CITIES[house.city[hotel]].kind]
        for year in years:
            first = _day(year, begin, 1)
            last = _day(year + (end < begin), end + 1, 1) - 1
            ranges.add(hotel, first, last, weekdays="fri,sat", min_stay_arrival=2)


def _holiday_stays(dice: Dice, ranges: _Ranges, house: House, years: range) -> None:
    """Three nights at least in Chinese resorts through Spring Festival, two through National Day."""
    china = np.array([city.country == "CN" for city in CITIES])[house.city]
    for hotel in _chosen(dice, china & house.resort, 550):
        for year in years:
            ranges.add(hotel, _day(year, 10, 1), _day(year, 10, 6), min_stay_through=2)
        for festival in SPRING_FESTIVALS:
            ranges.add(hotel, festival.toordinal(), festival.toordinal() + 5, min_stay_through=3)


def _renovations(dice: Dice, ranges: _Ranges, house: House, nights: int) -> None:
    """A few hotels close for weeks; a few more close one room type at a time."""
    everyone = np.ones(len(house.city), dtype=np.bool_)
    for hotel in _chosen(dice, everyone, 8):
        start = ranges.first + int(dice.below(nights, 1)[0])
        ranges.add(hotel, start, start + int(dice.between(13, 89, 1)[0]), closed=True)
    first_row = ranges.catalog.hotel_first_row
    for hotel in _chosen(dice, everyone, 25):
        start = ranges.first + int(dice.below(nights, 1)[0])
        length = int(dice.between(6, 44, 1)[0])
        row = int(first_row[hotel]) + int(dice.below(int(first_row[hotel + 1] - first_row[hotel]), 1)[0])
        ranges.add(hotel, start, start + length, row=row, closed=True)


def _closed_days(dice: Dice, ranges: _Ranges, house: House, years: range) -> None:
    """Nobody arrives on New Year's Eve at houses with a gala, nobody leaves in the middle of National Day week."""
    upscale = house.level >= 2
    for hotel in _chosen(dice, upscale, 90):
        for year in years:
            ranges.add(hotel, _day(year, 12, 31), _day(year, 12, 31), closed_to_arrival=True)
    china = np.array([city.country == "CN" for city in CITIES])[house.city]
    for hotel in _chosen(dice, upscale & china, 60):
        for year in years:
            ranges.add(hotel, _day(year, 10, 3), _day(year, 10, 3), closed_to_departure=True)


def _long_stays(dice: Dice, ranges: _Ranges, house: House) -> None:
    """Some economy houses sell at most 28 nights, a few midscale ones nothing beyond two weeks."""
    for hotel in _chosen(dice, house.level == 0, 25):
        ranges.add(hotel, ranges.first, ranges.last, max_stay_arrival=28)
    for hotel in _chosen(dice, house.level == 1, 6):
        ranges.add(hotel, ranges.first, ranges.last, max_stay_through=14)


def _day(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal()
