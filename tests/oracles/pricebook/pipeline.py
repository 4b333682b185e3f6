"""The pipeline of a book: its stages in order, what their percents are of, and where prices are rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.oracles.pricebook.presets import PRESETS
from tests.oracles.pricebook.rounding import Rounding

Book = Mapping[str, Any]

NIGHT_STAGES = ("base", "derived", "season", "demand", "override", "bounds")
STAY_STAGES = (
    "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier", "promotion",
    "stay_bounds", "package", "points", "tax",
)  # fmt: skip
#: They come after the price is made: points pay a part of it, taxes are added to it.
AFTER_THE_PRICE = ("points", "tax")
POLICIES = ("default", "night", "total", "step")


@dataclass(frozen=True)
class Stage:
    """One stage: `of` is "running" or an earlier kind; `round` is how amounts are rounded after it, None: not."""

    kind: str
    of: str = "running"
    round: Rounding | None = None


@dataclass(frozen=True)
class Pipeline:
    """`final` rounds the price before points and taxes: of the stay, or with `night_by_night` of each night."""

    stages: tuple[Stage, ...]
    final: Rounding
    night_by_night: bool

    def __contains__(self, kind: str) -> bool:
        return any(stage.kind == kind for stage in self.stages)

    def of_nights(self) -> list[Stage]:
        """The stages that act on each night alone."""
        return [stage for stage in self.stages if stage.kind in NIGHT_STAGES]

    def of_stays(self) -> list[Stage]:
        """The stages that act on the stay and make its price."""
        return [stage for stage in self.stages if stage.kind in STAY_STAGES and stage.kind not in AFTER_THE_PRICE]

    def after_the_price(self) -> list[str]:
        """Points and tax, in their order."""
        return [stage.kind for stage in self.stages if stage.kind in AFTER_THE_PRICE]


def pipeline_of(book: Book) -> Pipeline:
    """The pipeline of a book with all rounding points in their places."""
    table = book.get("pipeline") or {}
    preset = PRESETS[table.get("preset", "default")]
    written = table.get("stage") or preset["stages"]
    rounding = book.get("rounding") or {}
    general = Rounding.of(rounding)
    check_order(written)

    if any("round" in stage for stage in written):
        stages = [
            Stage(s["kind"], s.get("of", "running"), Rounding.of(s["round"], general) if "round" in s else None)
            for s in written
        ]
        of_stays = [stage for stage in stages if stage.kind in STAY_STAGES and stage.kind not in AFTER_THE_PRICE]
        final = of_stays[-1].round if of_stays and of_stays[-1].round else general
        return Pipeline(rounding_inside(book, stages, final), final, night_by_night=False)

    policy = rounding.get("policy") or ("default" if table.get("stage") else preset["policy"])
    if policy not in POLICIES:
        raise ValueError(f"rounding policy {policy!r}; known are {', '.join(POLICIES)}")
    last_of_nights = [s["kind"] for s in written if s["kind"] in NIGHT_STAGES][-1]
    stages = []
    for s in written:
        of_nights = policy in ("default", "step") and s["kind"] == last_of_nights
        of_stays = policy == "step" and s["kind"] in STAY_STAGES and s["kind"] not in AFTER_THE_PRICE
        stages.append(Stage(s["kind"], s.get("of", "running"), general if of_nights or of_stays else None))
    return Pipeline(rounding_inside(book, stages, general), general, policy == "night")


def rounding_inside(book: Book, stages: list[Stage], final: Rounding) -> tuple[Stage, ...]:
    """Where no later stage of the price has rules, the last rounding stands behind the bounds of the stay: it gives
    the nearest permitted price inside them.
    """
    kinds = [stage.kind for stage in stages]
    if "stay_bounds" not in kinds or not book.get("stay_bounds"):
        return tuple(stages)
    place = kinds.index("stay_bounds")
    later = [kind for kind in kinds[place + 1 :] if kind not in AFTER_THE_PRICE and book.get(kind)]
    if later or stages[place].round is not None:
        return tuple(stages)
    return (*stages[:place], replace(stages[place], round=final), *stages[place + 1 :])


def check_order(stages: list[Mapping[str, Any]]) -> None:
    """ValueError for a pipeline that could be read in two ways."""
    kinds = [stage["kind"] for stage in stages]
    ranks = [
        0 if kind in NIGHT_STAGES else 2 if kind in AFTER_THE_PRICE else 1
        for kind in kinds
        if kind in (*NIGHT_STAGES, *STAY_STAGES)
    ]
    if kinds[:1] != ["base"] or len(set(kinds)) != len(kinds) or len(ranks) != len(kinds) or ranks != sorted(ranks):
        raise ValueError(f"pipeline {kinds}: base first, then nights, stays, points and tax, each kind once")
    for place, stage in enumerate(stages):
        if stage.get("of", "running") not in ("running", *kinds[:place]):
            raise ValueError(f"stage {stage['kind']} of {stage['of']!r}, which is no earlier stage")
