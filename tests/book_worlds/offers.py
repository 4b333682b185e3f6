"""Promotions and how they stack: several that meet, conflict, need each other, and cost the same."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.book_worlds.parts import DISCOUNTS, amounts, conditions, maybe, money, rule, some
from tests.strategies import WEEKDAYS

Table = dict[str, Any]

#: Kinds that may act on the nights inside their dates only.
NIGHTLY = ("percent", "off_per_night", "night_percent", "nth_night", "free_nights")
WHOLE = ("off", "price", "price_per_night", "spend")
YIELDING = ("percent", "off_per_night", "price_per_night", "night_percent", "nth_night")
WITH_BASE = ("percent", "night_percent", "nth_night")


def promotion(rng: Random, world: Table) -> list[Table]:
    """One to five promotions with names P1, P2, ...; a promotion names only those that it can meet."""
    found: list[Table] = []
    for number in range(1, rng.choice((1, 2, 3, 4, 5)) + 1):
        kind = "percent" if world["night_by_night"] else rng.choice(("percent", *NIGHTLY, *WHOLE))
        parts = {"name": f"P{number}", kind: discount(rng, world, kind)}
        nightly = kind in NIGHTLY and maybe(rng, 3)
        parts |= conditions(rng, world, nightly=nightly, spend=not world["night_by_night"])
        if kind in WITH_BASE and maybe(rng, 4):
            parts["of"] = rng.choice(("base", "running"))
        if maybe(rng):
            parts["class"] = rng.choice(("any", "second", "any", "base", "none"))
        if maybe(rng, 4):
            parts["lane"] = rng.choice(("season", "platform"))
        if maybe(rng, 6) and not world["night_by_night"]:
            parts["max_off"] = amounts(rng, world["currencies"], (200, 100, 1))
        if maybe(rng, 6):
            parts["floor_per_night"] = amounts(rng, world["currencies"], (500, 999, 1_000))
        if maybe(rng, 8) and not world["night_by_night"]:
            parts["floor"] = amounts(rng, world["currencies"], (500, 1_999, 3_000))
        found.append(rule(rng, world["scopes"], **parts))
    for one in found:
        others = [other for other in found if other is not one]
        if others and maybe(rng, 4):
            one["excludes"] = [rng.choice(others)["name"]]
        friends = [other for other in others if may_meet(one, other)]
        if friends and maybe(rng, 5):
            one["requires"] = [rng.choice(friends)["name"]]
    # An exclusion drawn later may have parted two of which one requires the other.
    by_name = {one["name"]: one for one in found}
    for one in found:
        if not all(may_meet(one, by_name[name]) for name in one.get("requires", [])):
            del one["requires"]
    by_night(Random(repr(found)), found)
    return found


def by_night(rng: Random, found: list[Table]) -> None:
    """Some give way night by night, act only on the nights of others, or set a price for single nights. It draws from a
    source of its own.
    """
    order = list(range(len(found)))
    rng.shuffle(order)
    for place, at in enumerate(order):
        one = found[at]
        if "price_per_night" in one and "stay_dates" in one and maybe(rng):
            one["applies"] = "nights"
        before = [found[other] for other in order[:place] if tells_nights(found[other])]
        if not set(one) & set(YIELDING):
            continue
        others = [other for other in before if other["name"] not in one.get("excludes", [])]
        if others and maybe(rng):
            names = sorted({rng.choice(others)["name"] for _ in range(rng.choice((1, 1, 2)))})
            one["excludes_by_night"] = names
        friends = [
            each for each in before if may_meet(one, each) and each["name"] not in one.get("excludes_by_night", [])
        ]
        if friends and maybe(rng, 4):
            one["requires_by_night"] = [rng.choice(friends)["name"]]


def tells_nights(one: Table) -> bool:
    """Whether the stay tells the nights that a promotion changes."""
    if "free_nights" in one:
        return one["free_nights"].get("which", "cheapest") != "cheapest"
    return one.get("night_percent", {}).get("nights") not in ("cheapest", "dearest")


def discount(rng: Random, world: Table, kind: str) -> Any:
    """The value of the key that says what a promotion does."""
    currencies = world["currencies"]
    if kind == "percent":
        return rng.choice(DISCOUNTS)
    if kind == "night_percent":
        nights = rng.choice(("first", "last", "positions", "weekdays", "cheapest", "dearest"))
        more: Table = {}
        if nights == "positions":
            nights = sorted(some(rng, (1, 2, 3, 5), 2))
        elif nights == "weekdays":
            nights = some(rng, WEEKDAYS, 3)
        elif maybe(rng):
            more = {"count": rng.randint(1, 3)}
        return {"percent": rng.choice(DISCOUNTS), "nights": nights, **more}
    if kind == "free_nights":
        stay, which = rng.randint(2, 5), rng.choice(("cheapest", "cheapest", "last", "every_nth"))
        pay = stay - 1 if which == "every_nth" else rng.randint(1, stay - 1)
        return {"stay": stay, "pay": pay, "which": which, **({"repeat": False} if maybe(rng, 3) else {})}
    if kind == "nth_night":
        return {"n": rng.randint(1, 4), "percent": rng.choice(DISCOUNTS), **({"repeat": False} if maybe(rng) else {})}
    if kind == "spend":
        steps = sorted(some(rng, (1_000, 1_500, 2_000, 4_000, 10_000), 3))
        return [
            {key: {currency: money(minor, currency) for currency in currencies} for key, minor in pair.items()}
            for pair in ({"from": threshold, "off": threshold // rng.choice((10, 4, 2))} for threshold in steps)
        ]
    return amounts(rng, currencies, (100, 50, 200, 500, 0, 1, 1_000))


def may_meet(one: Table, other: Table) -> bool:
    """Two promotions that may be given together on the same nights."""
    classes = {one.get("class", "base"), other.get("class", "base")}
    return (
        "none" not in classes
        and (len(classes) == 2 or "any" in classes)
        and not ("lane" in one and one["lane"] == other.get("lane"))
        and other["name"] not in one.get("excludes", [])
        and one["name"] not in other.get("excludes", [])
    )


def stacking(rng: Random) -> Table:
    """How a set is chosen."""
    found = {"policy": rng.choice(("guest", "guest", "hotel", "first", "accumulate"))}
    return {**found, "over": "all"} if maybe(rng, 3) else found
