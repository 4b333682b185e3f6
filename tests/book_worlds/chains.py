"""One to two hotels with one or two room types and up to four plans, and prices that come as data."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from tests.book_worlds.parts import PERCENTS, day, maybe
from tests.strategies import PLACES

Table = dict[str, Any]

PLANS = ("standard", "flex", "member", "package")
BASES = (1_000, 2_000, 500, 100, 200, 1_500, 1_000, 105, 1_050, 3, 10_000, 12_345)


def draw_chain(rng: Random) -> tuple[list[Table], list[Table], list[Table]]:
    """(hotels, room types, products) in catalogue order."""
    hotels, room_types, products = [], [], []
    for number in range(rng.randint(1, 2)):
        country, time_zone, currency = rng.choice(PLACES)
        hotel = {"hotel_id": f"H{number}", "currency": currency, "time_zone": time_zone, "country": country}
        hotel |= {"brand": rng.choice(("Inn", "Palace")), "region": rng.choice(("east", "west"))}
        hotels.append(hotel)
        for room_type_id in ("DBL", "FAM")[: rng.randint(1, 2)]:
            row = {"hotel_id": hotel["hotel_id"], "room_type_id": room_type_id}
            room_types.append({**row, "capacity": 2, "guests_max": rng.choice((6, 4, 6, 3))})
            for plan_id in PLANS[: rng.randint(1, len(PLANS))]:
                products.append({**row, "plan_id": plan_id, "base_minor": rng.choice(BASES)})
    return hotels, room_types, products


def draw_lines(rng: Random, room_types: list[Table], products: list[Table]) -> list[Table]:
    """None to four lines of data: a room type or one of its plans, and some nights."""
    lines = []
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        first, last = sorted((day(rng), day(rng)))
        of = rng.choice(products) if maybe(rng, 3) else rng.choice(room_types)
        line = {key: of.get(key) for key in ("hotel_id", "room_type_id", "plan_id")}
        lines.append({**line, "first_night": first, "last_night": last})
    return lines


def draw_base_prices(rng: Random, room_types: list[Table], products: list[Table]) -> list[Table]:
    """Lines for any party, and for parties of some size."""
    return [
        {**line, "guests": rng.choice((None, None, 1, 2, 4)), "base_minor": rng.choice(BASES)}
        for line in draw_lines(rng, room_types, products)
    ]


def draw_overrides(rng: Random, room_types: list[Table], products: list[Table]) -> list[Table]:
    """Fixed prices, percents, floors and ceilings; no floor is above any ceiling."""
    values = {"fixed": BASES, "floor": (500, 999, 1_000, 0), "ceiling": (1_000, 1_001, 1_500, 9_999)}
    lines = []
    for line in draw_lines(rng, room_types, products):
        kind = rng.choice(("fixed", "percent", "floor", "ceiling"))
        value = (
            {"percent": Decimal(rng.choice(PERCENTS))}
            if kind == "percent"
            else {"amount_minor": rng.choice(values[kind])}
        )
        lines.append({**line, "kind": kind, "amount_minor": None, "percent": None, **value})
    return lines
