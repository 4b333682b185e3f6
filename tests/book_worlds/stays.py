"""Rules of the stay: extra guests, length of stay, free nights, lead time, member tiers."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.book_worlds.parts import (
    AGES,
    DISCOUNTS,
    LEADS,
    MINORS,
    PERCENTS,
    amounts,
    conditions,
    maybe,
    money,
    ranges,
    rule,
    some,
)
from tests.strategies import WEEKDAYS

Table = dict[str, Any]


def extra_guests(rng: Random, world: Table) -> list[Table]:
    """Adults by amount or percent, children by age in every way."""
    found = []
    for _ in range(rng.randint(1, 2)):
        parts: Table = {"included": rng.randint(1, 3)}
        if maybe(rng):
            parts["adult"] = amounts(rng, world["currencies"])
        else:
            parts["adult_percent"] = rng.choice((20, 50, 100, 0))
        ages = sorted(rng.sample(AGES[1:-1], rng.randint(0, 3)))
        parts["children"] = [{"to_age": age, **_child(rng, world)} for age in ages] or None
        if maybe(rng, 3):
            parts["children_included"] = "after_adults"
        if maybe(rng, 3):
            parts["full_payers"] = rng.randint(1, 3)
        found.append(rule(rng, world["scopes"], **parts))
    return found


def _child(rng: Random, world: Table) -> Table:
    way = rng.choice(("percent", "amount", "discount"))
    if way == "percent":
        return {"percent": rng.choice((0, 50, 100))}
    return {way: amounts(rng, world["currencies"], (10, 50, 0, 1, 100))}


def length_of_stay(rng: Random, world: Table) -> list[Table]:
    """Three readings of percents, and prices of blocks of nights."""
    found = []
    for _ in range(rng.randint(1, 2)):
        starts = sorted(rng.sample(range(1, 8), rng.randint(1, 3)))
        if maybe(rng, 3) and not world["night_by_night"]:
            currencies = world["currencies"]
            minors = [rng.choice((1_000, 2_500, 5_000, 7_000)) for _ in starts]
            bands = [
                {"from_nights": n, "price": {currency: money(minor, currency) for currency in currencies}}
                for n, minor in zip(starts, minors, strict=True)
            ]
            found.append(rule(rng, world["scopes"], bands=bands))
        else:
            bands = [{"from_nights": n, "percent": rng.choice(PERCENTS)} for n in starts]
            reading = rng.choice((None, "stay", "marginal", "first"))
            found.append(rule(rng, world["scopes"], bands=bands, reading=reading))
    return found


def free_nights(rng: Random, world: Table) -> list[Table]:
    """Stay N, pay M."""
    found = []
    for _ in range(rng.randint(1, 2)):
        stay = rng.randint(2, 5)
        which = rng.choice((None, "cheapest", "last", "every_nth"))
        pay = stay - 1 if which == "every_nth" else rng.randint(1, stay - 1)
        repeat = False if maybe(rng, 3) else None
        said = conditions(rng, world, nightly=False, spend=True)
        found.append(rule(rng, world["scopes"], stay=stay, pay=pay, which=which, repeat=repeat, **said))
    return found


def lead_time(rng: Random, world: Table) -> list[Table]:
    """Bands with gaps, or curves."""
    found = []
    for _ in range(rng.randint(1, 2)):
        edges = sorted(rng.sample(LEADS, 2 * rng.randint(1, 2)))
        if maybe(rng, 3):
            curve = [{"days": days, "percent": rng.choice((0, -30, -10, 10))} for days in edges[: rng.randint(1, 3)]]
            found.append(rule(rng, world["scopes"], curve=curve))
            continue
        bands = [
            {"from_days": first, "to_days": last, "percent": rng.choice(PERCENTS)}
            for first, last in zip(edges[::2], edges[1::2], strict=True)
        ]
        if maybe(rng):
            del bands[-1]["to_days"]
        found.append(rule(rng, world["scopes"], bands=bands))
    return found


def member_tier(rng: Random, world: Table) -> list[Table]:
    """Each tier in one of the ways."""
    found = []
    for _ in range(rng.randint(1, 2)):
        ways = ["percent", "price", "plan", *([] if world["night_by_night"] else ["amount"])]
        if "promotion" in world["stages"]:
            ways.append("extra_points")
        parts: Table = {}
        for tier in some(rng, world["tiers"]):
            way = rng.choice(ways)
            minor = rng.choice(MINORS) * rng.choice((-1, 1))
            parts.setdefault(way, {})[tier] = {
                "percent": lambda: rng.choice(DISCOUNTS),
                "price": lambda minor=minor: {c: money(abs(minor), c) for c in world["currencies"]},
                "amount": lambda minor=minor: {c: money(minor, c) for c in world["currencies"]},
                "plan": lambda: rng.choice(world["plans"]),
                "extra_points": lambda: rng.choice((5, 10, 100)),
            }[way]()
        found.append(rule(rng, world["scopes"], **parts))
    return found


def stay_bounds(rng: Random, world: Table) -> list[Table]:
    """A floor, a ceiling or both of the stay, of its nights or of their base; some for some stays only."""
    found = []
    for _ in range(rng.randint(1, 3)):
        low, high = sorted((rng.choice((50, 80, 100)), rng.choice((100, 120, 66))))
        choices = {
            "floor_percent": low,
            "ceiling_percent": high,
            "floor": amounts(rng, world["currencies"], (1_000, 2_500, 999, 1)),
            "ceiling": amounts(rng, world["currencies"], (2_500, 4_000, 5_001, 10_000)),
            "floor_per_night": amounts(rng, world["currencies"], (1_000, 500, 999, 1)),
            "ceiling_per_night": amounts(rng, world["currencies"], (1_000, 1_500, 1_001, 5_000)),
        }
        parts = {key: choices[key] for key in some(rng, list(choices), 3)}
        if maybe(rng, 3):
            parts["arrivals"] = ranges(rng)
        if maybe(rng, 3):
            nights = sorted(rng.sample(range(1, 8), 2))
            parts["nights"] = {"min": nights[0], "max": nights[1]} if maybe(rng) else {"min": nights[0]}
        if maybe(rng, 5):
            parts["priority"] = rng.randint(-1, 1)
        found.append(rule(rng, world["scopes"], **parts))
    return found


def stay_prices(rng: Random, world: Table) -> list[Table]:
    """Tables of prices by length, of the stay or of a night, for all arrivals or some, for any party or some sizes."""
    found = []
    for _ in range(rng.randint(1, 3)):
        lengths = []
        for nights in sorted(rng.sample((1, 2, 3, 4, 7), rng.randint(1, 4))):
            key = rng.choice(("price", "price_per_night"))
            minor = rng.choice((1_000, 2_500, 999, 4_000)) // (1 if key == "price" else 2)
            line: Table = {"nights": nights, key: {c: money(minor, c) for c in world["currencies"]}}
            lengths.append(line)
        if maybe(rng, 3):
            lengths[-1]["to_nights"] = lengths[-1]["nights"] + rng.randint(0, 8)
        parts: Table = {"lengths": lengths}
        if maybe(rng):
            parts["arrivals"] = ranges(rng)
        if maybe(rng, 4):
            parts["weekdays"] = some(rng, WEEKDAYS, 3)
        if maybe(rng):
            parts["guests"] = rng.randint(1, 3)
        if maybe(rng, 5):
            parts["priority"] = rng.randint(-1, 1)
        found.append(rule(rng, world["scopes"], **parts))
    return found
