"""Packages, taxes and points."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.book_worlds.parts import amounts, maybe, money, ranges, rule
from tests.strategies import MODES

Table = dict[str, Any]

OPTIONAL = ("Breakfast", "Museum")


def package(rng: Random, world: Table) -> list[Table]:
    """Mandatory ones of any scope; optional ones that every hotel offers."""
    found = []
    for name in ("Cleaning", "Linen", *OPTIONAL)[: rng.randint(1, 4)]:
        per = rng.choice(
            ("night", "person_night") if world["night_by_night"] else ("stay", "night", "person", "person_night")
        )
        parts: Table = {"name": name, "per": per}
        if per.startswith("person") and maybe(rng):
            parts["children_percent"] = rng.choice((50, 0, 100))
        minor = rng.choice((10, 50, 100, 1))
        everywhere = {currency: money(minor, currency) for currency in world["currencies"]}
        if name in OPTIONAL:
            found.append({**parts, "price": everywhere})
        else:
            price = amounts(rng, world["currencies"], (10, 50, 100, 1))
            found.append(rule(rng, world["scopes"], **parts, price=price, mandatory=True))
    return found


def tax(rng: Random, world: Table) -> list[Table]:
    """Percents and amounts of every kind; names differ, so no two brackets are of one tax."""
    found = []
    for number in range(1, rng.randint(1, 3) + 1):
        parts: Table = {"name": f"T{number}"}
        if maybe(rng):
            parts["percent"] = rng.choice((10, 5, 6, 1, 100))
            if maybe(rng, 3):
                parts["of"] = "cumulative"
        else:
            ways = (
                ("night", "person_night")
                if world["night_by_night"]
                else ("stay", "night", "person_night", "person_stay")
            )
            parts["per"] = rng.choice(ways)
            parts["amount"] = amounts(rng, world["currencies"], (10, 1, 25))
            if parts["per"].startswith("person") and maybe(rng, 3):
                parts["min_age"] = rng.choice((3, 12, 17))
            if parts["per"] in ("night", "person_night") and maybe(rng, 3):
                parts["nights_max"] = rng.randint(1, 3)
        if maybe(rng, 4):
            parts["included"] = True
        if maybe(rng, 4):
            parts["dates"] = ranges(rng)
        if maybe(rng, 4):
            edges = {"from": 1_000, "to": 2_000}
            keys = rng.choice((("from",), ("to",), ("from", "to")))
            parts["brackets"] = {key: {c: money(edges[key], c) for c in world["currencies"]} for key in keys}
        if maybe(rng, 5):
            parts["round"] = {"mode": rng.choice(MODES), "increment_minor": rng.choice((1, 5, 10))}
        found.append(rule(rng, world["scopes"], **parts))
    return found


def points(rng: Random, world: Table) -> list[Table]:
    """One or two rates."""
    found = []
    for _ in range(rng.randint(1, 2)):
        minor = rng.choice((10, 1, 100, 7))
        value = {currency: money(minor, currency) for currency in world["currencies"]}
        most = rng.choice((50, 100, 1)) if maybe(rng) else None
        rate = {"points": rng.choice((1, 3, 100)), "value": value}
        found.append(rule(rng, world["scopes"], rate=rate, max_percent=most))
    return found
