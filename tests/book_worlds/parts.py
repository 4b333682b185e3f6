"""The small parts that rules are made of. What comes first in a choice is the plainest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.strategies import EXPONENTS, FIRST_NIGHT, WEEKDAYS, WINDOW_NIGHTS

Table = dict[str, Any]

PERCENTS = (0, -10, -20, -50, 10, 20, 50, 100, -5, 10, 1, 25, Decimal("12.5"), Decimal("-2.5"), -25, 5, 10, 20, -100)
DISCOUNTS = (-10, -20, -50, -10, -5, -20, -25, Decimal("-12.5"), -10, 0, 10, -20, -15, -10, -5, -100)
#: In minor units: nothing, a unit, and sums that prices of round nights reach exactly.
MINORS = (100, 50, 10, 1, 25, 200, 150, 100, 500, 0, 1_000)
CHANNELS, DEVICES, COUNTRIES, COUPONS = ("app", "web"), ("mobile", "desktop"), ("CN", "DE"), ("SPRING", "AUTUMN")
LANGUAGES = ("zh", "de")
AGES = (0, 2, 3, 5, 6, 11, 12, 17)
HOURS = ({"from": "20:00", "to": "22:00"}, {"from": "22:00", "to": "06:30"}, {"from": "00:00", "to": "24:00"})
#: Days ahead on which bands begin and end; the last is as far as a rule can see.
LEADS = (0, 1, 3, 7, 14, 30, 1_000)


def maybe(rng: Random, one_in: int = 2) -> bool:
    """True once in so many times; a shrunk world has less."""
    return rng.randrange(one_in) == one_in - 1


def some(rng: Random, values: Sequence[Any], most: int | None = None) -> list[Any]:
    """One or more different values."""
    return rng.sample(list(values), rng.randint(1, min(len(values), most or len(values))))


def day(rng: Random) -> date:
    """A day in or around the window."""
    return FIRST_NIGHT + timedelta(days=rng.randint(-2, WINDOW_NIGHTS + 1))


def ranges(rng: Random, early: int = 0) -> list[Table]:
    """One or two ranges of days in order, some of a single day; `early` days before the window."""
    edges = sorted(rng.sample(range(-1, WINDOW_NIGHTS), 2 * rng.randint(1, 2)))
    days = [FIRST_NIGHT + timedelta(days=edge - early) for edge in edges]
    found = [{"from": first, "to": last} for first, last in zip(days[::2], days[1::2], strict=True)]
    if maybe(rng, 4):
        found[0]["to"] = found[0]["from"]
    return found


def money(minor: int, currency: str) -> str:
    """Minor units as text in major units."""
    digits = EXPONENTS[currency]
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def amounts(rng: Random, currencies: Sequence[str], choices: Sequence[int] = MINORS) -> Table:
    """One amount for every currency, of the same number of minor units; rarely one currency is missing."""
    minor = rng.choice(choices)
    known = list(currencies)
    if maybe(rng, 12) and len(known) > 1:
        known.remove(rng.choice(known))
    return {currency: money(minor, currency) for currency in known}


def where(rng: Random, scopes: Table, always: tuple[str, ...] = ()) -> Table:
    """A scope of no, one or two keys, with values that the chain has."""
    keys = some(rng, sorted(scopes), 2) if maybe(rng) else []
    return {key: some(rng, scopes[key], 2) for key in dict.fromkeys([*keys, *always])}


def rule(rng: Random, scopes: Table, **parts: Any) -> Table:
    """A rule with a scope, without what is None or an empty scope."""
    whole = {"where": where(rng, scopes), **parts}
    return {key: value for key, value in whole.items() if value is not None and value != {}}


def conditions(rng: Random, world: Table, *, nightly: bool, spend: bool) -> Table:
    """None to three conditions of a promotion or a free night. `nightly`: it may act on the nights inside."""
    found: Table = {}
    lead = sorted(rng.sample(LEADS, 2))
    nights = sorted(rng.sample(range(1, 8), 2))
    choices = {
        "stay_dates": lambda: ranges(rng),
        "nights": lambda: {"min": nights[0], "max": nights[1]} if maybe(rng) else {"min": nights[0]},
        "lead": lambda: {"min_days": lead[0], "max_days": lead[1]} if maybe(rng) else {"max_days": lead[1]},
        "channels": lambda: some(rng, CHANNELS),
        "coupon": lambda: rng.choice(COUPONS),
        "tiers": lambda: some(rng, world["tiers"]),
        "weekdays": lambda: some(rng, WEEKDAYS),
        "blackout": lambda: ranges(rng)[:1],
        "booking": lambda: ranges(rng, early=rng.choice(LEADS)),
        "booking_weekdays": lambda: some(rng, WEEKDAYS),
        "countries": lambda: some(rng, COUNTRIES),
        "devices": lambda: some(rng, DEVICES),
        "languages": lambda: some(rng, LANGUAGES),
        "departures": lambda: ranges(rng),
        "departure_weekdays": lambda: some(rng, WEEKDAYS),
        "booking_hours": lambda: [rng.choice(HOURS)],
        "rooms_left": lambda: rng.choice(({"min": 3}, {"max": 2}, {"min": 1, "max": 2}, {"max": 0})),
        "guests": lambda: rng.choice(({"min": 2}, {"max": 2}, {"min": 3}, {"min": 2, "max": 3})),
    }
    if spend:
        choices["min_spend"] = lambda: amounts(rng, world["currencies"])
    keys = rng.sample(list(choices), rng.choice((0, 0, 0, 0, 1, 1, 2)))
    if nightly and "stay_dates" not in keys:
        keys.append("stay_dates")
    for key in keys:
        found[key] = choices[key]()
    if nightly:
        found["applies"] = "nights"
    elif "stay_dates" in found:
        found["applies"] = rng.choice(("all", "any", "arrival"))
    return found
