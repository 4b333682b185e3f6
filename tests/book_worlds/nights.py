"""Rules of single nights: derived plans, seasons, demand, bounds."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from tests.book_worlds.chains import PLANS
from tests.book_worlds.parts import MINORS, PERCENTS, amounts, maybe, money, ranges, rule, some
from tests.strategies import HOLIDAY_NAMES, WEEKDAYS

Table = dict[str, Any]


def derived(rng: Random, world: Table) -> list[Table]:
    """A plan from an earlier one, so that there is no circle; its parent is sold wherever it is."""
    found = []
    for _ in range(rng.randint(1, 3)):
        if len(world["plans"]) < 2:
            break
        number = rng.randrange(1, len(world["plans"]))
        change: Table = {"percent": rng.choice(PERCENTS)} if maybe(rng) else {}
        if not change or maybe(rng):
            minor = rng.choice(MINORS) * rng.choice((1, -1))
            change["amount"] = {currency: money(minor, currency) for currency in world["currencies"]}
        scope = {"plan": [PLANS[number]]}
        if maybe(rng, 3):
            scope["room_type"] = [rng.choice(world["scopes"]["room_type"])]
        dates = {"dates": ranges(rng)} if maybe(rng, 3) else {}
        priority = {"priority": rng.randint(-1, 1)} if maybe(rng, 4) else {}
        found.append({"where": scope, "from_plan": rng.choice(PLANS[:number]), **change, **dates, **priority})
    return found


def season(rng: Random, world: Table) -> list[Table]:
    """Any mixture of dates, weekdays and holidays."""
    found = []
    for _ in range(rng.randint(1, 3)):
        parts: Table = {"percent": rng.choice(PERCENTS), "group": rng.choice(("season", "season", "weekday"))}
        if maybe(rng):
            parts["dates"] = ranges(rng)
        if maybe(rng):
            parts["weekdays"] = some(rng, WEEKDAYS)
        if maybe(rng, 4):
            parts["holidays"] = [rng.choice(HOLIDAY_NAMES)]
            parts["days_before"] = rng.randint(0, 1)
        if maybe(rng, 4):
            parts["priority"] = rng.randint(-1, 1)
        found.append(rule(rng, world["scopes"], **parts))
    return found


def demand(rng: Random, world: Table) -> list[Table]:
    """Up to three bands each way, with edges on which guests' questions lie."""
    found = []
    for _ in range(rng.randint(1, 2)):
        fill = [0, *sorted(rng.sample((10, 50, 80, 100, Decimal("79.99")), rng.randint(0, 2)))]
        leads = [0, *sorted(rng.sample((1, 3, 7, 14, 30), rng.randint(0, 2)))]
        percent = [[rng.choice(PERCENTS) for _ in leads] for _ in fill]
        found.append(rule(rng, world["scopes"], fill=fill, lead_days=leads, percent=percent))
    return found


def bounds(rng: Random, world: Table) -> list[Table]:
    """A floor, a ceiling or both, in percent, in money or both; some on some nights only."""
    found = []
    for _ in range(rng.randint(1, 3)):
        low, high = sorted((rng.choice((50, 80, 100)), rng.choice((100, 120, 200))))
        choices = {
            "floor_percent": low,
            "ceiling_percent": high,
            "floor": amounts(rng, world["currencies"], (1_000, 500, 999, 1)),
            "ceiling": amounts(rng, world["currencies"], (1_000, 1_500, 1_001, 5_000)),
        }
        parts = {key: choices[key] for key in some(rng, list(choices))}
        if maybe(rng, 3):
            parts["dates"] = ranges(rng)
        if maybe(rng, 4):
            parts["weekdays"] = some(rng, WEEKDAYS)
        if maybe(rng, 5):
            parts["priority"] = rng.randint(-1, 1)
        found.append(rule(rng, world["scopes"], **parts))
    return found
