"""Promotions that give way night by night: quotes, explanations, prices in blocks and masks against the oracle, which
tries every subset and works the nights of each out by itself.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from tests.agreement.book_compare import engine_for, explanation_differences, oracle_answer, quote_differences
from tests.agreement.test_block_nights import BASES, WEEK
from tests.agreement.test_block_ties import differences, world_of
from tests.book_worlds.offers import by_night
from tests.strategies import FIRST_NIGHT

DAYS = range(12)


def some_dates(rng: Random) -> dict[str, object]:
    """Nights of its own."""
    first = rng.choice(DAYS[:8])
    days = [FIRST_NIGHT + timedelta(days=at) for at in (first, first + rng.randrange(4))]
    return {"applies": "nights", "stay_dates": [{"from": days[0], "to": days[1]}]}


def promotions(rng: Random, count: int) -> list[dict[str, object]]:
    """So many with nights of their own, patterns, all classes; most look at each other."""
    found: list[dict[str, object]] = []
    for number in range(count):
        rule: dict[str, object] = {"name": f"P{number}", "class": rng.choice(["any", "any", "base", "second", "none"])}
        kind = rng.randrange(8)
        if kind < 3:
            rule["percent"] = rng.choice([-50, -30, -20, -10, -10, 5])
        elif kind == 3:
            rule["off_per_night"] = {"CNY": rng.choice([1, 5, 200])}
        elif kind == 4:
            rule["price_per_night"] = {"CNY": rng.choice([50, 80, 0])}
        elif kind == 5:
            rule["night_percent"] = {"percent": -40, "nights": rng.choice(["first", "last", ["sat", "sun"], "dearest"])}
        elif kind == 6:
            rule["free_nights"] = {"stay": 3, "pay": 2, "which": rng.choice(["last", "cheapest", "every_nth"])}
        else:
            rule["off"] = {"CNY": 30}
        if kind != 7 and rng.random() < 0.6:
            rule |= some_dates(rng)
        if kind < 4 and rng.random() < 0.2:
            rule["max_off"] = {"CNY": rng.choice([10, 40])}
        if rng.random() < 0.2:
            rule["lane"] = "x"
        found.append(rule)
    by_night(rng, found)
    return found


def book_of(seed: object, count: int) -> dict[str, object]:
    rng = Random(f"by night {seed}")
    book: dict[str, object] = {**WEEK, "promotion": []}
    while not looking(book):
        book["promotion"] = promotions(rng, count)
    policy = rng.choice(["guest", "guest", "hotel", "accumulate", "first"])
    book["stacking"] = {"policy": policy, "over": rng.choice(["maximal", "maximal", "all"])}
    if rng.random() < 0.3:
        book["member_tier"] = [{"name": "more", "extra_points": {"gold": 10}}]
    return book


def looking(book) -> list[str]:
    return [one["name"] for one in book["promotion"] if "excludes_by_night" in one or "requires_by_night" in one]


@pytest.mark.parametrize("seed", range(40))
def test_quotes_and_explanations_give_what_trying_every_subset_gives(seed):
    world = world_of(book_of(seed, Random(seed).choice([2, 3, 4, 6])), (10_000, 8_765))
    engine = engine_for(world)
    questions = [
        (product, {"arrival": FIRST_NIGHT + timedelta(days=at), "nights": nights, "lead_days": at, "tier": tier})
        for product in world.products
        for at, nights, tier in ((0, 5, "public"), (1, 1, "gold"), (3, 3, "gold"), (6, 4, "public"))
    ]
    assert explanation_differences(world, questions) == []
    assert quote_differences(engine, world, questions) == []


def fair(percent: int, **more: object) -> dict[str, object]:
    days = [FIRST_NIGHT, FIRST_NIGHT + timedelta(days=1)]
    return {
        "name": "Fair",
        "percent": percent,
        "applies": "nights",
        "stay_dates": [{"from": days[0], "to": days[1]}],
        **more,
    }


BOOKS = {
    "a percent": {"percent": -20, "excludes_by_night": ["Fair"]},
    "an amount a night": {"off_per_night": {"CNY": 5}, "excludes_by_night": ["Fair"]},
    "a price a night": {"price_per_night": {"CNY": 60}, "excludes_by_night": ["Fair"]},
    "every second night": {"nth_night": {"n": 2, "percent": -50}, "excludes_by_night": ["Fair"]},
    "inside": {"percent": -20, "class": "any", "requires_by_night": ["Fair"]},
}  # fmt: skip


@pytest.mark.parametrize("nights", [1, 3, 5])
@pytest.mark.parametrize("policy", ["guest", "hotel", "accumulate"])
@pytest.mark.parametrize("name", BOOKS)
def test_blocks_answer(name, policy, nights):
    """`differences` also fails where blocks did not answer."""
    book = {**WEEK, "promotion": [fair(-30), {"name": "Other", **BOOKS[name]}], "stacking": {"policy": policy}}
    assert differences(world_of(book, BASES), nights) == []


def test_sixteen_at_once_are_those_of_trying_every_subset():
    """The kernel and the oracle on as many promotions as there can be; by their classes few of them go together."""
    rng = Random("sixteen")
    rules = promotions(rng, 16)
    for rule in rules:
        rule["class"] = rng.choice(["base", "second", "none", "any"])
    for number, rule in enumerate(rules):
        rule.pop("requires_by_night", None)
        if number % 3:
            rule.pop("excludes_by_night", None)
    world = world_of({**WEEK, "promotion": rules}, (10_000,))
    stay = {"arrival": FIRST_NIGHT, "nights": 7, "lead_days": 0, "tier": "public"}
    assert len(looking(world.book)) > 2
    assert quote_differences(engine_for(world), world, [(world.products[0], stay)]) == []
    assert len(oracle_answer(world, world.products[0], stay).applied) > 1
