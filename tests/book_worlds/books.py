"""A whole book: pipeline, rounding, and rules of the kinds that have a stage."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.book_worlds import charges, nights, offers, stays
from tests.book_worlds.chains import PLANS
from tests.book_worlds.parts import maybe
from tests.strategies import MODES, TIERS

Table = dict[str, Any]

NIGHT_STAGES = ("base", "derived", "season", "demand", "override", "bounds")
STAY_STAGES = (
    "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier", "promotion",
    "stay_bounds", "package",
)  # fmt: skip
AFTER = ("points", "tax")
#: Stages whose percents may be of an earlier stage.
WITH_PERCENTS = ("season", "demand", "extra_guests", "length_of_stay", "lead_time", "member_tier", "promotion")
#: Kind of rule -> what draws some of it.
RULES = {
    "derived": nights.derived, "season": nights.season, "demand": nights.demand, "bounds": nights.bounds,
    "stay_prices": stays.stay_prices, "extra_guests": stays.extra_guests, "length_of_stay": stays.length_of_stay,
    "free_nights": stays.free_nights,
    "lead_time": stays.lead_time, "member_tier": stays.member_tier, "promotion": offers.promotion,
    "stay_bounds": stays.stay_bounds,
    "package": charges.package, "points": charges.points, "tax": charges.tax,
}  # fmt: skip
#: The stages that a preset leaves out of the default ones.
LEFT_OUT = {
    "default": (),
    "google": ("stay_prices", "stay_bounds", "points"),
    "hotelbeds": ("demand", "stay_prices", "stay_bounds", "points"),
    "airbnb": ("stay_prices", "free_nights", "member_tier", "stay_bounds", "points"),
    "alpinebits": (
        "demand", "override", "bounds", "length_of_stay", "lead_time", "member_tier", "promotion", "stay_prices",
        "stay_bounds", "points",
    ),
}  # fmt: skip
#: A policy that a preset brings; the default one leaves it to the book.
POLICIES = ("default", "total", "step", "night")
#: In how many of six books a kind is left out, beside 2.
UNLIKELY = {"promotion": 0, "stay_prices": 3, "package": 3, "tax": 3}
ENDINGS = ([99], [9], [0, 5], [9, 99], [0, 50])


def draw_book(
    rng: Random, hotels: list[Table], room_types: list[Table], products: list[Table], kinds: tuple[str, ...] | None
) -> Table:
    """A book for a chain; `kinds` are the kinds of rules that it may have."""
    tiers = list(TIERS[: rng.randint(1, 3)])
    book: Table = {"book": {"name": "drawn", "tiers": tiers, "clock": "Asia/Shanghai"}}
    if maybe(rng, 4):
        book["book"]["inherit"] = "all_or_nothing"
    if maybe(rng, 6):
        book["book"]["base_per"] = "person"
    if maybe(rng, 4):
        book["book"]["lead_of"] = "night"
    pipeline = draw_pipeline(rng)
    rounding = draw_rounding(rng, pipeline)
    book |= {key: table for key, table in (("pipeline", pipeline), ("rounding", rounding)) if table}
    world = {
        "tiers": tiers,
        "currencies": sorted({hotel["currency"] for hotel in hotels}),
        "plans": [plan for plan in PLANS if any(product["plan_id"] == plan for product in products)],
        "scopes": scopes(hotels, room_types, products),
        "stages": stages_of(pipeline),
        "night_by_night": rounding.get("policy") == "night",
    }
    for kind, draw in RULES.items():
        per_stay_only = kind in ("stay_prices", "free_nights", "stay_bounds", "points") and world["night_by_night"]
        if (
            kind in world["stages"]
            and (kinds is None or kind in kinds)
            and not per_stay_only
            and rng.randrange(6) > UNLIKELY.get(kind, 2)
        ):
            rules = [{"name": f"{kind} {number}", **rule} for number, rule in enumerate(draw(rng, world), start=1)]
            if rules:
                book[kind] = rules
    if "promotion" in book and rng.randrange(3):
        book["stacking"] = offers.stacking(rng)
    return book


def scopes(hotels: list[Table], room_types: list[Table], products: list[Table]) -> Table:
    """Key of `where` -> the values that the chain has."""
    found = {key: {hotel[key] for hotel in hotels} for key in ("brand", "region")}
    found["hotel"] = {hotel["hotel_id"] for hotel in hotels}
    found["room_type"] = {row["room_type_id"] for row in room_types}
    found["plan"] = {product["plan_id"] for product in products}
    return {key: sorted(values) for key, values in found.items()}


def draw_pipeline(rng: Random) -> Table:
    """None, a preset, or stages: the default order with some left out, or any order that can be read in one way."""
    way = rng.choice(("none", "none", "preset", "stages", "stages"))
    if way == "none":
        return {}
    if way == "preset":
        return {"preset": rng.choice(tuple(LEFT_OUT))}
    of_nights = [kind for kind in NIGHT_STAGES[1:] if not maybe(rng, 4)]
    of_stays = [kind for kind in STAY_STAGES if not maybe(rng, 4)]
    after = [kind for kind in AFTER if not maybe(rng, 4)]
    if maybe(rng):
        for kinds in (of_nights, of_stays, after):
            rng.shuffle(kinds)
    stages: list[Table] = []
    with_rounds = maybe(rng, 3)
    for kind in ("base", *of_nights, *of_stays, *after):
        stage: Table = {"kind": kind}
        earlier = [s["kind"] for s in stages]
        if kind == "extra_guests":
            earlier = [each for each in earlier if each in NIGHT_STAGES]
        if kind in WITH_PERCENTS and maybe(rng, 4):
            stage["of"] = rng.choice(earlier)
        if with_rounds and kind not in AFTER and maybe(rng, 3):
            stage["round"] = draw_rounding_keys(rng)
        stages.append(stage)
    return {"stage": stages}


def stages_of(pipeline: Table) -> list[str]:
    """The kinds that a pipeline lists."""
    if "stage" in pipeline:
        return [stage["kind"] for stage in pipeline["stage"]]
    left_out = LEFT_OUT[pipeline.get("preset", "default")]
    return [kind for kind in (*NIGHT_STAGES, *STAY_STAGES, *AFTER) if kind not in left_out]


def draw_rounding(rng: Random, pipeline: Table) -> Table:
    """Where and how prices are rounded; where stages say it, no policy."""
    if maybe(rng, 4):
        return {}
    found = draw_rounding_keys(rng)
    if not any("round" in stage for stage in pipeline.get("stage", [])) and maybe(rng):
        found["policy"] = rng.choice(POLICIES)
    return found


def draw_rounding_keys(rng: Random) -> Table:
    """A mode, and an increment or endings."""
    found: Table = {}
    if maybe(rng):
        found["mode"] = rng.choice(MODES)
    if maybe(rng, 4):
        found["endings"] = list(rng.choice(ENDINGS))
    elif maybe(rng) or not found:
        found["increment_minor"] = rng.choice((1, 2, 5, 10, 100))
    return found
