"""Seasons of the generated chain's rule book: holidays, weekdays, regional seasons, city events, rooms.

Three groups multiply: `calendar` (holidays), `week` (weekdays) and `place` (seasons and events). Within a group the
most specific rule wins a night: a city's event replaces its region's season, a resort's weekend the general one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from nightgrid.jobs.chain.places import BLOCKS, CITIES

#: Month and day.
Day = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SeasonRule:
    """A season as data; `days` recur every year, and go over New Year where the last day is the smaller one."""

    name: str
    group: str
    percent: Decimal
    days: tuple[tuple[Day, Day], ...] = ()
    weekdays: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()
    days_before: int = 0
    days_after: int = 0
    priority: int = 0
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def dates_in(self, years: range, window: tuple[int, int]) -> list[tuple[date, date]]:
        """First and last night (ISO dates, inclusive) of every recurrence that meets the window of ordinals."""
        spans = []
        for year in range(years[0] - 1, years[-1] + 1):
            for first_day, last_day in self.days:
                first = date(year, *first_day)
                last = date(year + (last_day < first_day), *last_day)
                if first.toordinal() <= window[1] and last.toordinal() >= window[0]:
                    spans.append((first, last))
        return sorted(spans)


def _cities(*kinds: str, countries: tuple[str, ...] | None = None) -> tuple[str, ...]:
    return tuple(c.name for c in CITIES if c.kind in kinds and (countries is None or c.country in countries))


def _regions(part: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(city.region for city in CITIES if city.country in BLOCKS[part][1]))


_CHINA = _regions(0)
_EUROPE = _regions(2)
_RESORTS = _cities("summer", "winter")
_CHINESE_RESORTS = _cities("summer", "winter", countries=("CN",))
_SUITES = ("STE", "FMS", "VIL", "PRS")
_CHINESE_CAPITALS = ("Beijing", "Shanghai", "Guangzhou", "Shenzhen")


def _holiday(name: str, percent: str, holidays: str, before: int, after: int, **where: tuple[str, ...]) -> SeasonRule:
    return SeasonRule(
        name, "calendar", Decimal(percent), holidays=(holidays,), days_before=before, days_after=after, where=where
    )


HOLIDAY_RULES: Final = (
    _holiday("Public holidays", "14", "*", 0, 0),
    _holiday("Spring Festival", "38", "CN:Spring Festival", 1, 2, region=_CHINA),
    _holiday("Spring Festival, empty capitals", "-12", "CN:Spring Festival", 1, 1, city=_CHINESE_CAPITALS),
    _holiday("Spring Festival at resorts", "85", "CN:Spring Festival", 1, 4, city=_CHINESE_RESORTS),
    _holiday("National Day", "42", "CN:National Day", 0, 2, region=_CHINA),
    _holiday("National Day at resorts", "70", "CN:National Day", 1, 2, city=_CHINESE_RESORTS),
    _holiday("Labour Day", "30", "CN:Labor Day", 1, 2, region=_CHINA),
    _holiday("Tomb-Sweeping Day", "18", "CN:Tomb-Sweeping", 1, 1, region=_CHINA),
    _holiday("Dragon Boat Festival", "20", "CN:Dragon Boat", 1, 1, region=("east", "south", "central")),
    _holiday("Mid-Autumn", "16.5", "CN:Mid-Autumn", 1, 1, region=_CHINA),
    _holiday("Golden Week, Japan", "48", "JP:Children's Day", 6, 1, region=("japan",)),
    _holiday("Chuseok", "32", "KR:Chuseok", 1, 2, region=("korea",)),
    _holiday("Songkran", "40", "TH:Songkran", 1, 2, city=("Bangkok", "Chiang Mai", "Pattaya", "Phuket")),
    _holiday("Singapore National Day", "18", "SG:National Day", 1, 1, city=("Singapore",)),
    _holiday("Easter, south", "26", "IT:Easter", 3, 2, region=("southern europe",)),
    _holiday("Easter, rest of Europe", "15", "DE:Easter", 3, 1, region=("central europe", "western europe", "alps")),
    SeasonRule("New Year's Eve", "calendar", Decimal(55), days=(((12, 30), (12, 31)),), priority=10),
    SeasonRule("Christmas in Europe", "calendar", Decimal(-8), days=(((12, 23), (12, 26)),), where={"region": _EUROPE}),
    SeasonRule("Christmas in the snow", "calendar", Decimal(65), days=(((12, 20), (1, 5)),), priority=5,
               where={"city": ("Zermatt", "Zhangjiakou", "Baishan", "Sapporo")}),
)  # fmt: skip


def _week(name: str, percent: str, weekdays: str, **where: tuple[str, ...]) -> SeasonRule:
    return SeasonRule(name, "week", Decimal(percent), weekdays=tuple(weekdays.split(",")), where=where)


WEEKDAY_RULES: Final = (
    _week("Weekend", "12", "fri,sat"),
    _week("Sunday", "-5", "sun"),
    _week("Business week", "6", "tue,wed,thu", city=_cities("business")),
    _week("Business weekend", "-4", "fri,sat", city=_cities("business")),
    _week("Resort weekend", "24", "fri,sat", city=_RESORTS),
    _week("Leisure weekend", "18", "fri,sat", city=_cities("leisure")),
    _week("Economy Saturday", "9", "sat", brand=("Paper Lantern", "Sparrow Inn", "Day Ferry")),
    _week("Luxury weekend in Europe", "10", "fri,sat", brand=("House of Cranes", "Ninth Cloud"), region=_EUROPE),
    _week("Lantern Road Monday", "-3", "mon", group=("Lantern Road",)),
    _week("Suites at the weekend", "20", "fri,sat", room_type=_SUITES),
    _week("Saver midweek", "-4", "tue,wed", plan=("saver",)),
)


def _place(name: str, percent: str, first: Day, last: Day, **where: tuple[str, ...]) -> SeasonRule:
    return SeasonRule(name, "place", Decimal(percent), days=((first, last),), where=where)


REGION_SEASONS: Final = (
    *(_place(f"Spring, {region}", percent, (3, 20), (5, 31), region=(region,)) for region, percent in (
        ("east", "6"), ("central", "4"), ("southwest", "8"))),
    *(_place(f"Summer, {region}", percent, (7, 1), (8, 25), region=(region,)) for region, percent in (
        ("east", "5"), ("south", "-4"), ("north", "8"), ("southwest", "14"), ("northwest", "22"), ("northeast", "12"),
        ("central", "-3"), ("japan", "10"), ("korea", "15"), ("southeast asia", "-8"), ("central europe", "9"),
        ("western europe", "16"), ("southern europe", "20"), ("alps", "12.5"))),
    *(_place(f"Autumn, {region}", percent, (9, 10), (11, 15), region=(region,)) for region, percent in (
        ("east", "9"), ("north", "12"), ("southwest", "7"), ("japan", "16"), ("korea", "10"), ("western europe", "5"))),
    *(_place(f"Winter, {region}", percent, (12, 1), (3, 5), region=(region,)) for region, percent in (
        ("east", "-6"), ("south", "10"), ("north", "-10"), ("northwest", "-20"), ("northeast", "8"), ("central", "-8"),
        ("korea", "-7"), ("southeast asia", "22"), ("central europe", "-12"), ("western europe", "-14"),
        ("southern europe", "-18"), ("alps", "25"))),
    _place("Harbour summer", "4", (6, 15), (8, 31), brand=("Harbour Lane", "Palm Lagoon")),
    _place("Courtyard in blossom", "7.5", (3, 15), (4, 20), brand=("Tea Courtyard", "Plum Gate")),
    _place("Ninth Cloud, Chinese autumn", "11", (9, 15), (11, 10), brand=("Ninth Cloud",), region=_CHINA),
    _place("Heron Park, European summer", "13", (6, 20), (9, 5), brand=("Heron Park",), region=_EUROPE),
)  # fmt: skip


def _event(city: str, name: str, percent: str, *days: tuple[Day, Day]) -> SeasonRule:
    return SeasonRule(f"{name}, {city}", "place", Decimal(percent), days=days, where={"city": (city,)})


EVENTS: Final = (
    _event("Guangzhou", "Trade fair", "60", ((4, 15), (5, 5)), ((10, 15), (11, 4))),
    _event("Shenzhen", "Electronics fair", "28", ((4, 8), (4, 12)), ((11, 14), (11, 18))),
    _event("Shanghai", "Import expo", "35", ((11, 4), (11, 10))),
    _event("Shanghai", "Motor week", "22", ((4, 20), (4, 28))),
    _event("Beijing", "Assemblies", "18", ((3, 3), (3, 14))),
    _event("Hangzhou", "Tea and lake", "24", ((3, 25), (4, 15))),
    _event("Suzhou", "Gardens in spring", "15", ((3, 28), (4, 20))),
    _event("Wuhan", "Cherry blossom", "20", ((3, 10), (3, 31))),
    _event("Luoyang", "Peony festival", "55", ((4, 5), (5, 5))),
    _event("Harbin", "Ice festival", "75", ((12, 20), (2, 20))),
    _event("Qingdao", "Beer and sea", "45", ((7, 10), (8, 20))),
    _event("Dalian", "Sea summer", "35", ((7, 5), (8, 25))),
    _event("Sanya", "Winter sun", "65", ((12, 15), (3, 10))),
    _event("Haikou", "Winter sun", "30", ((12, 15), (3, 10))),
    _event("Lhasa", "High summer", "40", ((6, 15), (9, 30))),
    _event("Dunhuang", "Desert season", "50", ((6, 20), (10, 8))),
    _event("Urumqi", "Fruit season", "30", ((7, 1), (9, 20))),
    _event("Chengdu", "Spring fairs", "12", ((3, 18), (4, 2))),
    _event("Zhangjiajie", "Autumn mountains", "26", ((9, 25), (11, 10))),
    _event("Kyoto", "Blossom and leaves", "58", ((3, 22), (4, 12)), ((11, 8), (12, 3))),
    _event("Tokyo", "Blossom", "30", ((3, 24), (4, 10))),
    _event("Sapporo", "Snow festival", "48", ((2, 2), (2, 12))),
    _event("Naha", "Sea summer", "42", ((7, 1), (9, 10))),
    _event("Busan", "Sea and film", "33", ((7, 20), (8, 20)), ((10, 2), (10, 12))),
    _event("Jeju", "Sea summer", "36", ((7, 10), (8, 25))),
    _event("Singapore", "Night race", "70", ((9, 14), (9, 20))),
    _event("Phuket", "Dry season", "52", ((11, 20), (3, 20))),
    _event("Chiang Mai", "Lanterns", "38", ((11, 10), (11, 20))),
    _event("Munich", "October feast", "85", ((9, 18), (10, 4))),
    _event("Frankfurt", "Book fair", "40", ((10, 12), (10, 18))),
    _event("Cologne", "Carnival and fairs", "44", ((2, 3), (2, 10)), ((8, 22), (8, 28))),
    _event("Berlin", "Film weeks", "24", ((2, 10), (2, 21))),
    _event("Basel", "Art week", "66", ((6, 12), (6, 20))),
    _event("Geneva", "Watch week", "40", ((4, 1), (4, 9))),
    _event("Zermatt", "Ski", "72", ((12, 18), (4, 10))),
    _event("Paris", "Fashion", "28", ((3, 1), (3, 9)), ((9, 27), (10, 5))),
    _event("Nice", "Riviera", "60", ((5, 10), (5, 28)), ((7, 1), (8, 31))),
    _event("London", "June", "18", ((6, 1), (7, 12))),
    _event("Edinburgh", "Festival", "95", ((8, 1), (8, 28))),
    _event("Milan", "Design week", "80", ((4, 12), (4, 20))),
    _event("Venice", "Carnival and film", "50", ((1, 30), (2, 13)), ((8, 28), (9, 10))),
    _event("Seville", "Spring fair", "78", ((4, 4), (4, 18))),
    _event("Barcelona", "Mobile week", "62", ((2, 26), (3, 5))),
    _event("Palma", "Island summer", "68", ((6, 15), (9, 15))),
    _event("Faro", "Algarve summer", "64", ((6, 15), (9, 15))),
    _event("Lisbon", "Saints in June", "20", ((6, 8), (6, 30))),
)
ROOM_SEASONS: Final = (_place("Suites in summer", "18", (7, 1), (8, 31), room_type=_SUITES),)
