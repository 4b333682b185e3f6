"""Who asks, for which nights, and what else he says."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from tests.book_worlds.charges import OPTIONAL
from tests.book_worlds.parts import AGES, CHANNELS, COUNTRIES, COUPONS, DEVICES, LANGUAGES, maybe
from tests.strategies import FIRST_NIGHT, WINDOW_NIGHTS

Table = dict[str, Any]

FILLS_BP = (0, 10_000, 5_000, 4_999, 8_000, 7_999, 999, 1_000)


def draw_stay(rng: Random, book: Table) -> Table:
    """A stay inside the window, as `tests.oracles.pricebook.Stay` takes it."""
    nights = rng.choice((1, 2, 3, 4, 5, 7, 8, 14, WINDOW_NIGHTS))
    arrival = FIRST_NIGHT + timedelta(days=rng.randint(0, WINDOW_NIGHTS - nights))
    stay: Table = {"arrival": arrival, "nights": nights, "tier": rng.choice(book["book"]["tiers"])}
    stay["lead_days"] = rng.choice((0, 1, 3, 7, 14, 30, 2, 8, 31, 999, 1_000, 1_400))
    if book["book"].get("base_per") == "person" or maybe(rng):
        stay["adults"] = rng.choice((2, 1, 2, 3))
        stay["children"] = tuple(rng.choice(AGES) for _ in range(rng.choice((0, 0, 1, 2))))
    for key, values in (("channel", CHANNELS), ("country", COUNTRIES), ("device", DEVICES), ("language", LANGUAGES)):
        if maybe(rng):
            stay[key] = rng.choice(values)
    if maybe(rng):
        stay["coupons"] = frozenset(coupon for coupon in COUPONS if maybe(rng))
    if maybe(rng, 3):
        stay["points"] = rng.choice((1, 10, 100, 1_000, 7))
    offered = {package["name"] for package in book.get("package", [])}
    stay["packages"] = tuple(name for name in OPTIONAL if name in offered and maybe(rng))
    if maybe(rng):
        stay["booking_time"] = rng.choice(("20:00", "21:59", "22:00", "06:30", "00:00", "12:00"))
    stay["rooms_left"] = rng.choice((0, 1, 2, 3))
    if maybe(rng):
        stay["fill_bp"] = tuple(rng.choice(FILLS_BP) for _ in range(nights))
    return stay
