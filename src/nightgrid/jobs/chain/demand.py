"""Rooms of the generated chain that are already sold on its first day.

Final demand of a city and night = its level x weekday x month x holiday; what is booked of it on the first day follows
a booking curve by lead time: business fills in the last two weeks, resorts months before. Hotels, room types and short
runs of nights then vary, and groups take whole blocks of nights. All in integers (shares in 1/1024), so every machine
makes the same rooms; computed a few hundred hotels at a time, so memory stays near the size of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.jobs.chain.dice import Dice
from nightgrid.jobs.chain.hotels import House
from nightgrid.jobs.chain.places import CITIES, KINDS
from nightgrid.nights import to_date

Integers = NDArray[np.int64]

#: Per mille of final demand that is booked at a lead of so many days, by kind of city; linear in between.
LEADS_DAYS: Final = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365, 540)
BOOKED_PERMILLE: Final = {
    "business": (985, 930, 830, 680, 510, 300, 150, 90, 35, 10, 4),
    "leisure": (985, 950, 880, 770, 630, 430, 250, 160, 60, 16, 6),
    "summer": (990, 965, 920, 850, 760, 610, 430, 320, 150, 40, 12),
    "winter": (990, 965, 920, 850, 760, 620, 450, 340, 160, 45, 12),
}
#: Demand by weekday, Monday first, in per mille of the week's mean.
WEEKDAY_PERMILLE: Final = {
    "business": (950, 1050, 1090, 1070, 960, 940, 940),
    "leisure": (860, 860, 880, 930, 1200, 1310, 960),
    "summer": (880, 880, 900, 940, 1140, 1240, 1020),
    "winter": (880, 880, 900, 940, 1140, 1240, 1020),
}
#: Demand by month, January first, in per mille of the year's mean.
MONTH_PERMILLE: Final = {
    "business": (880, 850, 1050, 1060, 1050, 1060, 1020, 980, 1060, 1070, 1060, 900),
    "leisure": (850, 900, 1000, 1070, 1060, 1000, 1120, 1120, 1000, 1090, 950, 850),
    "summer": (600, 650, 780, 900, 1020, 1190, 1430, 1430, 1120, 950, 700, 640),
    "winter": (1330, 1340, 1160, 960, 850, 820, 900, 920, 830, 900, 1020, 1260),
}
#: Chinese New Year (the first day), which no rule of the solar calendar gives.
SPRING_FESTIVALS: Final = tuple(
    date.fromisoformat(day)
    for day in (
        "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
        "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08",
    )
)  # fmt: skip
#: (country, month, day of the first night, nights, demand in business cities, demand elsewhere), per mille.
HOLIDAYS: Final = (
    ("CN", 1, 1, 2, 950, 1250), ("CN", 4, 4, 3, 980, 1250), ("CN", 4, 30, 5, 1050, 1500), ("CN", 9, 30, 7, 1050, 1600),
    ("CN", 12, 31, 1, 1100, 1350),
    ("JP", 4, 29, 7, 1100, 1550), ("JP", 8, 11, 6, 1000, 1450), ("JP", 12, 30, 5, 1000, 1400),
    ("KR", 9, 23, 4, 850, 1350), ("KR", 12, 24, 2, 1100, 1350),
    ("SG", 12, 23, 10, 1250, 1250), ("TH", 4, 12, 5, 1200, 1400), ("TH", 12, 24, 10, 1250, 1450),
    *((country, 12, 24, 3, 650, 1050) for country in ("DE", "FR", "GB", "PT", "CH", "IT", "ES")),
    *((country, 12, 30, 3, 1050, 1400) for country in ("DE", "FR", "GB", "PT", "CH", "IT", "ES")),
)  # fmt: skip
_SPRING_FESTIVAL_PERMILLE: Final = (600, 1500)

_EARLY_PERMILLE: Final = 1200  # long holidays from this demand on are booked twice as early

_HOTELS_A_STEP: Final = 500
_RUN_NIGHTS: Final = 3  # stays make neighbouring nights alike
_GROUP_STARTS_PERMILLE: Final = 20  # chance that a group's block begins on a night at a hotel
_GROUP_NIGHTS_MAX: Final = 8


def build_sold(
    seed: int, house: House, first_night: int, nights: int, progress: Callable[[float], None]
) -> NDArray[np.int16]:
    """Rooms sold, int16[R, nights], 0 <= sold <= capacity. O(R x nights), about 30 ns a cell."""
    dice = Dice(seed, part=3)
    pressure = city_pressure(dice, first_night, nights)
    hotels, rows = len(house.city), len(house.row_hotel)
    hotel_pull = 1024 + dice.hill(420, hotels)
    row_pull = (hotel_pull[house.row_hotel] * (1024 + dice.hill(300, rows)) >> 10).astype(np.int32)
    group_row = dice.chance(800, rows)
    first_row = np.searchsorted(house.row_hotel, np.arange(hotels + 1))
    sold = np.empty((rows, nights), dtype=np.int16)
    for start in range(0, hotels, _HOTELS_A_STEP):
        stop = min(start + _HOTELS_A_STEP, hotels)
        part = slice(int(first_row[start]), int(first_row[stop]))
        owner = house.row_hotel[part] - start
        level = pressure[house.city[start:stop]] * _run_noise(dice, stop - start, nights) >> 8
        capacity = house.capacity[part].astype(np.int32)[:, None]
        rooms = level[owner] * row_pull[part, None] >> 10  # share of the row, in 1/1024, may exceed all of it
        np.minimum(rooms, 2048, out=rooms)
        rooms *= capacity
        # The dither makes one room of a small row sold on some nights, instead of none on all.
        rooms += dice.octets(*rooms.shape).astype(np.int32) << 2
        rooms >>= 10
        grouped = _group_nights(dice, stop - start, nights)[owner] & group_row[part, None]
        np.copyto(rooms, capacity, where=grouped)
        np.minimum(rooms, capacity, out=sold[part], casting="unsafe")
        progress(stop / hotels)
    return sold


def city_pressure(dice: Dice, first_night: int, nights: int) -> NDArray[np.int32]:
    """Booked share of capacity by city and night, int32[cities, nights] in 1/1024, as seen on the first night."""
    ordinals = np.arange(first_night, first_night + nights)
    months = np.array([to_date(int(ordinal)).month for ordinal in ordinals]) - 1
    weekdays = (ordinals + 6) % 7
    leads = np.arange(nights)
    level = dice.between(880, 1120, len(CITIES))
    by_kind = {
        kind: np.array(WEEKDAY_PERMILLE[kind])[weekdays] * np.array(MONTH_PERMILLE[kind])[months] // 1000
        for kind in KINDS
    }
    booked = {kind: _booked_permille(kind, leads) for kind in KINDS}
    early = {kind: _booked_permille(kind, leads // 2) for kind in KINDS}
    pressure = np.empty((len(CITIES), nights), dtype=np.int32)
    for index, city in enumerate(CITIES):
        holiday = _holiday_permille(city.country, city.kind, first_night, nights)
        demand = by_kind[city.kind] * holiday // 1000
        # A fair, a concert, an exam: some nights of every city are fuller, whatever the calendar says.
        demand = demand * np.where(dice.chance(40, nights), 1300, 1000) // 1000
        share = np.where(holiday >= _EARLY_PERMILLE, early[city.kind], booked[city.kind])
        pressure[index] = demand * level[index] // 1000 * share // 1000 * 1024 // 1000
    return pressure


def _booked_permille(kind: str, leads: Integers) -> Integers:
    ends, shares = np.array(LEADS_DAYS), np.array(BOOKED_PERMILLE[kind])
    step = np.minimum(np.searchsorted(ends, leads, side="right") - 1, len(ends) - 2)
    inside = np.minimum(leads, ends[-1]) - ends[step]
    return np.asarray(shares[step] + (shares[step + 1] - shares[step]) * inside // (ends[step + 1] - ends[step]))


def _holiday_permille(country: str, kind: str, first_night: int, nights: int) -> Integers:
    """Demand by night through the country's long holidays, per mille of an ordinary night."""
    factor = np.full(nights, 1000, dtype=np.int64)
    first_year, last_year = to_date(first_night).year, to_date(first_night + nights - 1).year
    spans = [
        (date(year, month, day).toordinal(), length, (business, leisure)[kind != "business"])
        for place, month, day, length, business, leisure in HOLIDAYS
        for year in range(first_year - 1, last_year + 1)
        if place == country
    ]
    if country == "CN":
        lift = _SPRING_FESTIVAL_PERMILLE[kind != "business"]
        spans += [(day.toordinal() - 1, 8, lift) for day in SPRING_FESTIVALS]
    for first, length, lift in spans:
        begin, end = max(first - first_night, 0), max(min(first + length - first_night, nights), 0)
        factor[begin:end] = lift
    return factor


def _run_noise(dice: Dice, hotels: int, nights: int) -> NDArray[np.int32]:
    """Factors in 1/256, 128 to 383, the same for three nights in a row."""
    runs = -(-nights // _RUN_NIGHTS)
    noise = dice.octets(hotels, runs).astype(np.int32) + 128
    return np.repeat(noise, _RUN_NIGHTS, axis=1)[:, :nights]


def _group_nights(dice: Dice, hotels: int, nights: int) -> NDArray[np.bool_]:
    """Nights that groups have taken, bool[hotels, nights]: blocks of 1 to 8 nights."""
    starts = dice.chance(_GROUP_STARTS_PERMILLE, hotels, nights)
    hotel, night = np.nonzero(starts)
    length = dice.between(1, _GROUP_NIGHTS_MAX, len(hotel))
    edges = np.zeros((hotels, nights + 1), dtype=np.int16)
    np.add.at(edges, (hotel, night), 1)
    np.add.at(edges, (hotel, np.minimum(night + length, nights)), -1)
    return np.cumsum(edges[:, :nights], axis=1, dtype=np.int16) > 0
