"""The chain that every benchmark asks about: seeded, of independent random values, so that nothing profits from order.

One draw of random percents becomes two things: a rule book, which nightgrid compiles like any other, and plain NumPy
tables, which the rivals get. The nightly prices of the rivals are computed here in integers and share no code with
nightgrid, so an equal checksum is also a check of the prices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 2027
FIRST_NIGHT = date(2027, 1, 1)
TIERS = ("public", "silver", "gold", "platinum", "diamond")
STAY_NIGHTS = (1, 3, 7, 14)
ROOM_TYPES = 5
CAPACITY_ROOMS = 10
SOLD_OUT_SHARE = 0.08
BRANDS, REGIONS = 4, 15  # brand x region x room type: 300 rule sets
LENGTH_FROM_NIGHTS = (1, 2, 3, 5, 7, 14, 28)
LEAD_FROM_DAYS = (0, 2, 4, 7, 14, 21, 30, 45, 60, 90, 120, 180)
#: Factors are integers over these: whole percents for nights, length and tier, tenths of a percent for lead time.
WEEK_DEN = WEEKDAY_DEN = LENGTH_DEN = TIER_DEN = 100
LEAD_DEN = 1_000
#: Demand: lower edges of house fill in percent, of lead days, and hundredths of the price in each band.
FILL_EDGES, FILL_LEADS = (0, 50, 80), (0, 14, 60)
FILL_NUM = ((100, 97, 95), (108, 105, 100), (125, 115, 110))
STAY_DEN = LENGTH_DEN * LEAD_DEN * TIER_DEN


@dataclass(frozen=True)
class Size:
    """How large a chain is. `hotels` must be a multiple of `city_hotels`."""

    hotels: int = 10_000
    nights: int = 540
    city_hotels: int = 200
    room_types: int = ROOM_TYPES

    @property
    def rows(self) -> int:
        return self.hotels * self.room_types


FULL = Size()
TINY = Size(hotels=60, nights=40, city_hotels=20)


@dataclass(frozen=True)
class Stay:
    """One question: arrival as an index of the window, nights, tier index."""

    arrival: int
    nights: int
    tier: int
    date: date = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "date", FIRST_NIGHT + timedelta(days=self.arrival))


@dataclass(frozen=True)
class Request:
    """One hold that is asked for; `arrival` is an index of the window."""

    row: int
    hotel_id: str
    room_type_id: str
    arrival: int
    nights: int
    rooms: int
    date: date = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "date", FIRST_NIGHT + timedelta(days=self.arrival))


@dataclass(eq=False)
class Chain:
    """The drawn numbers. H hotels, R = H x room types, N nights; one rate plan, so a product is a room type."""

    size: Size
    base_minor: NDArray[np.int64]  # [R]
    free: NDArray[np.int16]  # [R, N] rooms
    brand: NDArray[np.int64]  # [H]
    region: NDArray[np.int64]  # [H]
    week_num: NDArray[np.int64]  # [region, week of the window] over WEEK_DEN
    weekday_num: NDArray[np.int64]  # [region, weekday] over WEEKDAY_DEN
    length_num: NDArray[np.int64]  # [brand, band]
    lead_num: NDArray[np.int64]  # [region, band]
    tier_num: NDArray[np.int64]  # [room type of the hotel, tier]

    # -- for the rivals --------------------------------------------------------------------------

    @cached_property
    def rule_set(self) -> NDArray[np.int32]:
        """Which of the 300 rule sets a room type has: int32 [R]."""
        kinds = self.size.room_types
        hotel = (self.brand * REGIONS + self.region) * kinds
        return (hotel[:, None] + np.arange(kinds)).ravel().astype(np.int32)

    @cached_property
    def season_numerators(self) -> NDArray[np.int64]:
        """Week x weekday factor over WEEK_DEN x WEEKDAY_DEN: int64 [N, region]."""
        nights = np.arange(self.size.nights)
        return (self.week_num[:, nights // 7] * self.weekday_num[:, (FIRST_NIGHT.weekday() + nights) % 7]).T

    @cached_property
    def night_minor(self) -> NDArray[np.int32]:
        """Public price of every night, night-major: int32 [N, R] minor units, half-up."""
        prices = np.empty((self.size.nights, self.size.rows), np.int32)
        region = np.repeat(self.region, self.size.room_types)
        den = WEEK_DEN * WEEKDAY_DEN
        for night in range(self.size.nights):
            prices[night] = (2 * self.base_minor * self.season_numerators[night, region] + den) // (2 * den)
        return prices

    @cached_property
    def sums_minor(self) -> NDArray[np.int32]:
        """Running sums of the nights: int32 [N + 1, R]; a stay is one difference."""
        sums = np.zeros((self.size.nights + 1, self.size.rows), np.int32)
        np.cumsum(self.night_minor, axis=0, out=sums[1:])
        return sums

    @cached_property
    def sellable(self) -> NDArray[np.bool_]:
        """Whether a room is free, night-major: bool [N, R]."""
        return np.ascontiguousarray(self.free.T >= 1)

    def stay_numerators(self, stay: Stay) -> NDArray[np.int64]:
        """Length x lead x tier factor of every rule set over STAY_DEN: int64 [300]. The booking day is the first
        night.
        """
        length = np.searchsorted(LENGTH_FROM_NIGHTS, stay.nights, side="right") - 1
        lead = np.searchsorted(LEAD_FROM_DAYS, stay.arrival, side="right") - 1
        by_place = np.multiply.outer(self.length_num[:, length], self.lead_num[:, lead])
        return np.multiply.outer(by_place, self.tier_num[:, stay.tier]).ravel()

    def city_rows(self, city: int) -> slice:
        """Room types of a city; its hotels stand side by side."""
        step = self.size.city_hotels * self.size.room_types
        return slice(city * step, (city + 1) * step)

    def stays(self, count: int, seed: int = SEED) -> list[Stay]:
        """Random stays, the lengths in turn; any tier but the public one."""
        rng = np.random.default_rng([seed, 1])
        lengths = [length for length in STAY_NIGHTS if length < self.size.nights]
        found = []
        for number in range(count):
            nights = lengths[number % len(lengths)]
            arrival = int(rng.integers(0, self.size.nights - nights + 1))
            found.append(Stay(arrival, nights, int(rng.integers(1, len(TIERS)))))
        return found

    def requests(self, count: int, seed: int = SEED) -> list[Request]:
        """Random holds of 3.1 nights on average; one of five is for the first 20 hotels, so that rooms run out."""
        rng = np.random.default_rng([seed, 2])
        types = self.size.room_types
        hot = rng.random(count) < 0.2
        rows = np.where(
            hot, rng.integers(0, min(20, self.size.hotels) * types, count), rng.integers(0, self.size.rows, count)
        )
        nights = rng.choice(np.array([1, 2, 3, 5, 7]), count, p=[0.25, 0.25, 0.2, 0.2, 0.1])
        arrivals = (rng.random(count) * (self.size.nights - nights + 1)).astype(np.int64)
        rooms = rng.choice(np.array([1, 2]), count, p=[0.9, 0.1])
        columns = (rows.tolist(), arrivals.tolist(), nights.tolist(), rooms.tolist())
        return [
            Request(row, self.hotel_id(row // types), f"T{row % types}", arrival, length, number)
            for row, arrival, length, number in zip(*columns, strict=True)
        ]

    # -- for nightgrid ---------------------------------------------------------------------------

    def hotel_id(self, hotel: int) -> str:
        return f"H{hotel:05d}"

    def catalog(self) -> Any:
        from nightgrid import Catalog

        hotels = {
            "hotel_id": [self.hotel_id(hotel) for hotel in range(self.size.hotels)],
            "name": [f"Hotel {hotel}" for hotel in range(self.size.hotels)],
            "currency": ["CNY"] * self.size.hotels,
            "time_zone": ["Asia/Shanghai"] * self.size.hotels,
            "brand": [f"brand {brand}" for brand in self.brand],
            "region": [f"region {region}" for region in self.region],
            "city": [f"city {hotel // self.size.city_hotels}" for hotel in range(self.size.hotels)],
        }
        types = self.size.room_types
        rows = {
            "hotel_id": [hotel for hotel in hotels["hotel_id"] for _ in range(types)],
            "room_type_id": [f"T{kind}" for _ in range(self.size.hotels) for kind in range(types)],
            "capacity": [CAPACITY_ROOMS] * self.size.rows,
            "base_minor": self.base_minor,
        }
        return Catalog.from_frames(hotels, rows)

    def book(self) -> dict[str, Any]:
        """The rule book as an author's table, with the percents that were drawn."""
        return {
            "book": {"name": "benchmark", "tiers": list(TIERS), "display_currency": "CNY"},
            "season": [*self._weeks(), *self._weekdays()],
            "length_of_stay": [
                {"name": f"length {b}", "where": {"brand": [f"brand {b}"]}, "bands": _bands("from_nights", row)}
                for b, row in enumerate(_percents(self.length_num, LENGTH_DEN, LENGTH_FROM_NIGHTS))
            ],
            "lead_time": [
                {"name": f"lead {r}", "where": {"region": [f"region {r}"]}, "bands": _closed(row)}
                for r, row in enumerate(_percents(self.lead_num, LEAD_DEN, LEAD_FROM_DAYS))
            ],
            "member_tier": [
                {"name": f"tier {k}", "where": {"room_type": [f"T{k}"]}, "percent": dict(row)}
                for k, row in enumerate(_percents(self.tier_num, TIER_DEN, TIERS))
            ],
        }

    def _weeks(self) -> list[dict[str, Any]]:
        last = FIRST_NIGHT + timedelta(days=self.size.nights - 1)
        rules = []
        for (region, week), num in np.ndenumerate(self.week_num):
            first = FIRST_NIGHT + timedelta(days=7 * week)
            dates = [{"from": first, "to": min(last, first + timedelta(days=6))}]
            where = {"region": [f"region {region}"]}
            percent = int(num) - WEEK_DEN
            name = f"week {week} of region {region}"
            rules.append({"name": name, "group": "week", "where": where, "dates": dates, "percent": percent})
        return rules

    def _weekdays(self) -> list[dict[str, Any]]:
        names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        return [
            {
                "name": f"{names[day]} in region {region}",
                "group": "weekday",
                "where": {"region": [f"region {region}"]},
                "weekdays": [names[day]],
                "percent": int(num) - WEEKDAY_DEN,
            }
            for (region, day), num in np.ndenumerate(self.weekday_num)
        ]

    @cached_property
    def engine(self) -> Any:
        """nightgrid over this chain, made once; for benchmarks that only ask."""
        return self.new_engine()

    def new_engine(self, **options: Any) -> Any:
        """An engine with rooms and prices; its clock stands on the morning of the first night."""
        engine = self._rooms_only(**options)
        engine.publish(self.book())
        return engine

    @cached_property
    def live_engine(self) -> Any:
        """A third one, whose prices depend on house fill too."""
        engine = self._rooms_only(retention_ms=0)
        rule = {"name": "fill", "fill": list(FILL_EDGES), "lead_days": list(FILL_LEADS)}
        percent = [[num - 100 for num in row] for row in FILL_NUM]
        engine.publish(self.book() | {"demand": [{**rule, "percent": percent}]})
        return engine

    @cached_property
    def holding_engine(self) -> Any:
        """A second one for the benchmarks that hold rooms."""
        return self.new_holding_engine()

    def new_holding_engine(self) -> Any:
        """Rooms without prices; an ended hold gives its slot back at once."""
        return self._rooms_only(slots=1_500_000, retention_ms=0)

    def _rooms_only(self, **options: Any) -> Any:
        from nightgrid import Engine, ManualClock

        clock = ManualClock(datetime(FIRST_NIGHT.year, FIRST_NIGHT.month, FIRST_NIGHT.day, 2, tzinfo=UTC))
        engine = Engine.in_memory(self.catalog(), FIRST_NIGHT, self.size.nights, clock=clock, **options)
        engine.set_sold_elsewhere(np.int16(CAPACITY_ROOMS) - self.free)
        return engine


def make_chain(size: Size = FULL, seed: int = SEED) -> Chain:
    """Draw a chain. The same size and seed give the same chain."""
    rng = np.random.default_rng(seed)
    weeks = -(-size.nights // 7)
    free = rng.integers(1, CAPACITY_ROOMS + 1, (size.rows, size.nights), np.int16)
    free[rng.random(free.shape, np.float32) < SOLD_OUT_SHARE] = 0
    city_region = rng.permutation(REGIONS)[np.arange(size.hotels // size.city_hotels) % REGIONS]
    return Chain(
        size=size,
        base_minor=rng.integers(20_000, 200_000, size.rows),
        free=free,
        brand=rng.integers(0, BRANDS, size.hotels),
        region=np.repeat(city_region, size.city_hotels),  # a city lies in one region
        week_num=rng.integers(70, 180, (REGIONS, weeks)),
        weekday_num=rng.integers(85, 130, (REGIONS, 7)),
        length_num=rng.integers(80, 101, (BRANDS, len(LENGTH_FROM_NIGHTS))),
        lead_num=rng.integers(800, 1_100, (REGIONS, len(LEAD_FROM_DAYS))),
        tier_num=np.c_[np.full(size.room_types, TIER_DEN), rng.integers(80, 99, (size.room_types, len(TIERS) - 1))],
    )


def _percents(numerators: NDArray[np.int64], den: int, keys: tuple[Any, ...]) -> list[list[tuple[Any, str]]]:
    """Per line: (key, change in percent as exact text)."""
    return [
        [(key, str((int(num) - den) / (den // 100))) for key, num in zip(keys, line, strict=True)]
        for line in numerators
    ]


def _bands(start: str, line: list[tuple[Any, str]]) -> list[dict[str, Any]]:
    return [{start: key, "percent": percent} for key, percent in line]


def _closed(line: list[tuple[Any, str]]) -> list[dict[str, Any]]:
    """Lead bands that end where the next begins."""
    bands = _bands("from_days", line)
    for band, following in pairwise(bands):
        band["to_days"] = following["from_days"] - 1
    return bands
