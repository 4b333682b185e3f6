"""Hotels, room types and products of the generated chain.

Hotels come in the order of their opening, so the hotels of a city lie anywhere in the chain, as they do in life.
Everything is computed for all hotels at once with integers (`chain_dice`); only names are made one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.jobs.chain.brands import (
    BRANDS,
    LANDMARKS,
    LEVEL_MIX,
    LEVEL_RATING,
    LEVEL_ROOMS,
    LEVEL_STARS,
    ROOM_TEMPLATES,
    SAVER_PERMILLE,
)
from nightgrid.jobs.chain.dice import Dice
from nightgrid.jobs.chain.places import BLOCKS, CITIES, COUNTRIES, MONEY, City
from nightgrid.money import exponent

Integers = NDArray[np.int64]

ROOMS_PER_HOTEL: Final = 50
TYPES_MIN: Final = 2
TYPES_MAX: Final = 12
_LUXURY: Final = 3


@dataclass(frozen=True, slots=True)
class House:
    """What the other parts of the generator need to know about each hotel and row. H hotels, R room types."""

    city: Integers  # [H] position in CITIES
    brand: Integers  # [H] position in BRANDS
    level: Integers  # [H] position in LEVELS
    row_hotel: Integers  # [R]
    row_template: Integers  # [R] position in ROOM_TEMPLATES
    capacity: Integers  # [R] rooms

    @property
    def resort(self) -> NDArray[np.bool_]:
        """Whether each hotel stands in a resort, bool[H]."""
        return np.array([city.kind in ("summer", "winter") for city in CITIES])[self.city]


def build_house(seed: int, hotels: int, room_types: int) -> House:
    """Place, brand, size and room types of every hotel; exactly `room_types` in all. O(H + R)."""
    if hotels < 1 or not TYPES_MIN * hotels <= room_types <= TYPES_MAX * hotels:
        raise InputError(
            f"{room_types:,} room types in {hotels:,} hotels cannot be: a hotel has {TYPES_MIN} to {TYPES_MAX}; "
            f"give room_types from {TYPES_MIN * max(hotels, 1):,} to {TYPES_MAX * max(hotels, 1):,}"
        )
    dice = Dice(seed, part=1)
    city = _cities(dice, hotels)
    level = _levels(dice, city)
    brand = _brands(dice, city, level)
    rooms = dice.spread_permille(hotels) * np.array(LEVEL_ROOMS)[level]
    rooms = rooms * ROOMS_PER_HOTEL * hotels // rooms.sum()
    types = _type_counts(dice, rooms, room_types)
    row_hotel, row_template = _templates(dice, level, types)
    capacity = _capacities(np.maximum(rooms, types), types, row_hotel, row_template)
    return House(city, brand, level, row_hotel, row_template, capacity)


def _cities(dice: Dice, hotels: int) -> Integers:
    """70 % China, 15 % elsewhere in Asia, 15 % Europe; within a part by the weights of the cities."""
    block = dice.pick([share for share, _ in BLOCKS], hotels)
    city = np.empty(hotels, dtype=np.int64)
    for number, (_, countries) in enumerate(BLOCKS):
        members = np.array([index for index, place in enumerate(CITIES) if place.country in countries])
        chosen = dice.pick([CITIES[index].weight for index in members], hotels)
        city = np.where(block == number, members[chosen], city)
    return city


def _levels(dice: Dice, city: Integers) -> Integers:
    kinds = [
        "resort" if c.kind in ("summer", "winter") else c.country if c.country == "CN" else "other" for c in CITIES
    ]
    ends = np.cumsum(np.array([LEVEL_MIX[kind] for kind in kinds]), axis=1)[city]
    return np.asarray((dice.below(1000, len(city))[:, None] >= ends).sum(axis=1))


def _brands(dice: Dice, city: Integers, level: Integers) -> Integers:
    resort = np.array([c.kind in ("summer", "winter") for c in CITIES])[city]
    brand = np.zeros(len(city), dtype=np.int64)
    for number in range(4):
        for in_resort in (False, True):
            weights = [b.weight if b.level == number and (in_resort or not b.resorts_only) else 0 for b in BRANDS]
            brand = np.where((level == number) & (resort == in_resort), dice.pick(weights, len(city)), brand)
    return brand


def _type_counts(dice: Dice, rooms: Integers, room_types: int) -> Integers:
    """Room types of each hotel, 2..12, more in larger houses, `room_types` in all."""
    hotels = len(rooms)
    extra_all = room_types - TYPES_MIN * hotels
    weight = np.sqrt(rooms * 10_000).astype(np.int64) * dice.between(400, 1600, hotels) // 1000 + 1
    extra = np.minimum(extra_all * weight // weight.sum(), TYPES_MAX - TYPES_MIN)
    order = dice.order(hotels)
    while (left := extra_all - int(extra.sum())) > 0:
        extra[order[extra[order] < TYPES_MAX - TYPES_MIN][:left]] += 1
    return np.asarray(TYPES_MIN + extra)


def _templates(dice: Dice, level: Integers, types: Integers) -> tuple[Integers, Integers]:
    """(row_hotel, row_template): each hotel takes the templates that come first in its level, a little shuffled."""
    ranks = np.array([template.ranks for template in ROOM_TEMPLATES], dtype=np.int64).T[level]
    keys = ranks * 1000 + dice.below(3000, *ranks.shape)
    place = np.argsort(np.argsort(keys, axis=1, kind="stable"), axis=1, kind="stable")
    row_hotel, row_template = np.nonzero(place < types[:, None])
    return row_hotel, row_template


def _capacities(rooms: Integers, types: Integers, row_hotel: Integers, row_template: Integers) -> Integers:
    """Rooms of each row: one each, the others by the templates' shares, what is left over to the hotel's first row."""
    share = np.array([template.share for template in ROOM_TEMPLATES])[row_template]
    shares = np.bincount(row_hotel, weights=share, minlength=len(rooms)).astype(np.int64)
    capacity = 1 + ((rooms - types)[row_hotel] * share) // shares[row_hotel]
    given = np.bincount(row_hotel, weights=capacity, minlength=len(rooms)).astype(np.int64)
    first_row = np.searchsorted(row_hotel, np.arange(len(rooms)))
    capacity[first_row] += rooms - given
    return np.asarray(capacity)


def build_catalog(seed: int, house: House, plans: int) -> Catalog:
    """The catalogue of these hotels, with one plan a room type ("standard") or two (also "saver")."""
    dice = Dice(seed, part=2)
    hotel_ids, hotels = _hotel_frame(dice, house)
    ids = pl.Series("hotel_id", hotel_ids).gather(house.row_hotel)
    codes = pl.Series("room_type_id", [t.code for t in ROOM_TEMPLATES]).gather(house.row_template)
    room_types = pl.DataFrame(
        {
            "hotel_id": ids,
            "room_type_id": codes,
            "name": pl.Series([t.name for t in ROOM_TEMPLATES]).gather(house.row_template),
            "capacity": house.capacity,
            "guests_max": np.array([t.guests_max for t in ROOM_TEMPLATES])[house.row_template],
        }
    )
    standard_fen = _standard_fen(dice, house)
    row_permille = np.array([t.price_permille for t in ROOM_TEMPLATES])[house.row_template]
    row_permille = row_permille * dice.between(970, 1030, len(row_permille)) // 1000
    row_fen = standard_fen[house.row_hotel] * row_permille // 1000
    row_city = house.city[house.row_hotel]
    standard_minor = _local_minor(row_fen, row_city)
    # On cheap rooms both would round to the same usual digits.
    saver_minor = np.minimum(_local_minor(row_fen * SAVER_PERMILLE // 1000, row_city), standard_minor * 19 // 20)
    plan_prices = (("standard", "Flexible", standard_minor), ("saver", "Advance saver", saver_minor))
    products = [
        pl.DataFrame({"hotel_id": ids, "room_type_id": codes, "base_minor": minor}).with_columns(
            plan_id=pl.lit(plan), name=pl.lit(name)
        )
        for plan, name, minor in plan_prices[:plans]
    ]
    return Catalog.from_frames(hotels, room_types, pl.concat(products))


def _hotel_frame(dice: Dice, house: House) -> tuple[list[str], pl.DataFrame]:
    hotels = len(house.city)
    cities = [CITIES[index] for index in house.city.tolist()]
    brands = [BRANDS[index] for index in house.brand.tolist()]
    picks = dice.words(2, hotels).tolist()
    districts = [city.districts[pick % len(city.districts)] for city, pick in zip(cities, picks[0], strict=True)]
    landmarks = [LANDMARKS[pick % len(LANDMARKS)] for pick in picks[1]]
    hotel_ids = _hotel_ids(cities)
    # Ten-thousandths of a degree as integers: one division then gives the same float everywhere.
    latitude = np.array([round(city.latitude * 10_000) for city in cities]) + dice.hill(900, hotels)
    longitude = np.array([round(city.longitude * 10_000) for city in cities]) + dice.hill(900, hotels)
    stars = np.array(LEVEL_STARS)[house.level] + 5 * dice.below(2, hotels) * (house.level < _LUXURY)
    rating = np.minimum(np.array(LEVEL_RATING)[house.level] + dice.hill(5, hotels), 50)
    frame = pl.DataFrame(
        {
            "hotel_id": hotel_ids,
            "currency": [COUNTRIES[city.country].currency for city in cities],
            "time_zone": [COUNTRIES[city.country].time_zone for city in cities],
            "name": [
                f"{brand.name} {city.name} {district} {landmark}"
                for brand, city, district, landmark in zip(brands, cities, districts, landmarks, strict=True)
            ],
            "group": [brand.group for brand in brands],
            "brand": [brand.name for brand in brands],
            "region": [city.region for city in cities],
            "city": [city.name for city in cities],
            "district": districts,
            "country": [city.place for city in cities],
            "latitude": latitude / 10_000,
            "longitude": longitude / 10_000,
            "stars": stars / 10,
            "rating": rating / 10,
            # Night audits of the luxury houses end at four in the morning.
            "rollover_hour": np.where(house.level == _LUXURY, 4, 0),
        }
    )
    return hotel_ids, frame


def _hotel_ids(cities: list[City]) -> list[str]:
    """`xian-0007`: the seventh hotel that opened in Xi'an."""
    opened: dict[str, int] = {}
    hotel_ids = []
    for city in cities:
        slug = "".join(letter for letter in city.name.lower().replace(" ", "-") if letter.isalnum() or letter == "-")
        opened[slug] = opened.get(slug, 0) + 1
        hotel_ids.append(f"{slug}-{opened[slug]:04d}")
    return hotel_ids


def _standard_fen(dice: Dice, house: House) -> Integers:
    """Price of a standard room of each hotel in fen, before it becomes the local currency."""
    yuan = np.array([brand.price_yuan for brand in BRANDS])[house.brand]
    place = np.array([city.price_permille * COUNTRIES[city.country].price_permille for city in CITIES])[house.city]
    own = 1000 + dice.hill(220, len(house.city))
    return np.asarray(yuan * place * own // 10_000_000)


def _local_minor(fen: Integers, city: Integers) -> Integers:
    """Amounts in fen as prices in the city's currency, on that currency's usual last digits."""
    currencies = [COUNTRIES[place.country].currency for place in CITIES]
    rate = np.array([MONEY[code][0] for code in currencies])[city]
    step = np.array([MONEY[code][1] for code in currencies])[city]
    ending = np.array([MONEY[code][2] for code in currencies])[city]
    scale = np.array([10 ** exponent(code) for code in currencies])[city]
    minor = fen * 100 * scale // rate
    return np.asarray(np.maximum((minor - ending + step // 2) // step, ending == 0) * step + ending)
