"""Exact halves at every stage and in every mode: random books meet them rarely, so they are built.

Each book has one stage that makes an amount end in a half and rounds it there, and then a stage that doubles it, so
that a rounding that is forgotten, or done later, shows.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest

from tests.agreement.book_compare import (
    can_say,
    engine_for,
    explanation_differences,
    oracle_answer,
    quote_differences,
)
from tests.book_worlds import BookWorld
from tests.strategies import FIRST_NIGHT

#: Mode -> (a half above an even number, a half above an odd one) go up (1) or down (0).
TIES = {
    "half_up": (1, 1), "half_even": (0, 1), "half_down": (0, 0), "up": (1, 1), "down": (0, 0), "ceiling": (1, 1),
    "floor": (0, 0),
}  # fmt: skip
HALF = {"percent": -50}
#: 5 x 0.50 = 2.5, above an even number; 7 x 0.50 = 3.5, above an odd one.
HALVED = ((5, "2.5"), (7, "3.5"))
#: Stage -> ((base, the half that the stage makes of it) above an even and above an odd number, its rule, the guest).
STAGES = {
    "derived": (HALVED, {"from_plan": "standard", "where": {"plan": ["flex"]}, **HALF}, {}),
    "season": (HALVED, HALF, {}),
    "demand": (HALVED, {"percent": [[-50]]}, {}),
    "override": (HALVED, None, {}),
    "extra_guests": (((1, "2.5"), (3, "7.5")), {"included": 1, "adult_percent": 150}, {"adults": 2}),
    "length_of_stay": (HALVED, {"bands": [{"from_nights": 1, **HALF}]}, {}),
    "free_nights": (HALVED, {"stay": 2, "pay": 1, "which": "last"}, {"nights": 2}),
    "lead_time": (HALVED, {"curve": [{"days": 0, "percent": -100}, {"days": 2, "percent": 0}]}, {"lead_days": 1}),
    "member_tier": (HALVED, {"percent": {"public": -50}}, {}),
    "promotion": (HALVED, HALF, {}),
    "package": (
        ((1, "2.5"), (2, "3.5")),
        {"price": {"CNY": "0.01"}, "per": "person", "children_percent": 50, "mandatory": True},
        {"adults": 1, "children": (5,)},
    ),
}


def tie_world(stage, mode, base):
    """A world in which the stage makes a half of the base, and the next one doubles it."""
    product = {"hotel_id": "H", "room_type_id": "DBL"}
    rule = STAGES[stage][1]
    doubler = "lead_time" if stage != "lead_time" else "member_tier"
    doubling = {"bands": [{"from_days": 0, "percent": 100}]} if stage != "lead_time" else {"percent": {"public": 100}}
    stages = [{"kind": "base"}, {"kind": stage, "round": {"mode": mode}}, {"kind": doubler}]
    book = {"book": {"name": "ties"}, doubler: [{"name": "double", **doubling}]}
    if rule is not None:
        book[stage] = [{"name": "half", **rule}]
    if stage == "free_nights":  # two nights of half the base each, of which one is left
        stages.insert(1, {"kind": "season"})
        book["season"] = [{"name": "half", **HALF}]
    book["pipeline"] = {"stage": stages}
    overrides = []
    if stage == "override":
        night = {"first_night": FIRST_NIGHT, "last_night": FIRST_NIGHT, "plan_id": None}
        overrides = [{**product, **night, "kind": "percent", "percent": -50, "amount_minor": None}]
    plans = ["standard", *(["flex"] if stage == "derived" else [])]
    hotels = [{"hotel_id": "H", "currency": "CNY", "time_zone": "Asia/Shanghai", "country": "CN"}]
    products = [{**product, "plan_id": plan, "base_minor": base} for plan in plans]
    return BookWorld(hotels, [{**product, "capacity": 1, "guests_max": 4}], products, book, [], overrides)


@pytest.mark.parametrize("mode", TIES)
@pytest.mark.parametrize("stage", STAGES)
def test_a_half_is_rounded_where_and_how_the_book_says(stage, mode):
    pairs, _, said = STAGES[stage]
    for (base, half), goes_up in zip(pairs, TIES[mode], strict=True):
        world = tie_world(stage, mode, base)
        stay = {"arrival": FIRST_NIGHT, "nights": 1, "lead_days": 0, "tier": "public", **said}
        questions = [(world.products[-1], stay)]

        price = oracle_answer(world, *questions[0])

        assert [step.after for step in price.trace if step.stage == stage] == [Fraction(half)]
        assert price.total_minor == 2 * (floor(Fraction(half)) + goes_up)
        assert explanation_differences(world, questions) == []
        engine = engine_for(world)
        if engine is not None and can_say(stay):
            assert quote_differences(engine, world, questions) == []


@pytest.mark.parametrize("mode", TIES)
def test_a_bound_between_two_prices_gives_the_one_inside_whatever_the_mode(mode):
    hotels = [{"hotel_id": "H", "currency": "CNY", "time_zone": "Asia/Shanghai", "country": "CN"}]
    row = {"hotel_id": "H", "room_type_id": "DBL"}
    for bound, base, want in (({"floor_percent": 50}, 5, 3), ({"ceiling_percent": 50}, 5, 2)):
        low_or_high = {"percent": -90 if "floor_percent" in bound else 0}
        book = {
            "book": {"name": "bounds"},
            "rounding": {"mode": mode},
            "season": [{"name": "low or high", **low_or_high}],
            "bounds": [{"name": "guard", **bound}],
        }
        product = {**row, "plan_id": "standard", "base_minor": base}
        world = BookWorld(hotels, [{**row, "capacity": 1, "guests_max": 4}], [product], book, [], [])
        stay = {"arrival": FIRST_NIGHT, "nights": 1, "lead_days": 0, "tier": "public"}
        assert oracle_answer(world, product, stay).total_minor == want  # 2.5 is no price: 3 above it, 2 below it
        assert explanation_differences(world, [(product, stay)]) == []
