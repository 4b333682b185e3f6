"""`[pipeline]` and `[rounding]`: in which order a price is made, of what each percent is, where it is rounded."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import Field

from nightgrid.money import RoundingMode
from nightgrid.pricing.fields import Problem
from nightgrid.pricing.model.judging import Part, check

#: The step of prices in minor units; endings are below it as well.
INCREMENT_MINOR_MAX: Final = 10**9
ENDINGS_MAX: Final = 100

#: Stages of a night, then of a stay, in default order.
NIGHT_STAGES: Final = ("base", "derived", "season", "demand", "override", "bounds")
STAY_STAGES: Final = (
    "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier", "promotion",
    "stay_bounds", "package", "points", "tax",
)  # fmt: skip
STAGE_KINDS: Final = NIGHT_STAGES + STAY_STAGES
#: Stages whose percents are of an amount of the pipeline, so that `of` means something.
PERCENT_STAGES: Final = (
    "season", "demand", "extra_guests", "length_of_stay", "lead_time", "member_tier", "promotion",
)  # fmt: skip
#: Stages after which no rounding can be declared: each tax rounds itself, and points change only what is paid.
UNROUNDED_STAGES: Final = ("points", "tax")

StageKind = Literal[
    "base", "derived", "season", "demand", "override", "bounds", "stay_prices", "extra_guests", "length_of_stay",
    "free_nights", "lead_time", "member_tier", "promotion", "stay_bounds", "package", "points", "tax",
]  # fmt: skip
StageBase = Literal[
    "running", "base", "derived", "season", "demand", "override", "bounds",
    "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier", "promotion",
    "stay_bounds", "package",
]  # fmt: skip
PresetName = Literal["default", "google", "hotelbeds", "airbnb", "alpinebits"]


#: Last digits of a price in minor units.
Ending = Annotated[int, Field(ge=0, lt=INCREMENT_MINOR_MAX, strict=True)]


class Policy(StrEnum):
    """Where a price is rounded. The order of the members is stored in compiled books."""

    DEFAULT = "default"  # each night after season and bounds, and the total: 2 nights of 431.20, then -5 %
    NIGHT = "night"  # each night once, after all percents; the total is the sum of its nights
    TOTAL = "total"  # only the total
    STEP = "step"  # after every stage: nights, length of stay, lead time, member tier


def _price_problems(part: Rounding | RoundTo, *, has_increment: bool) -> Iterator[Problem]:
    """Endings beside an increment, and endings that are not increasing."""
    if has_increment and part.gives("endings"):
        problem = "endings and increment_minor both say which prices are permitted"
        yield Problem((), problem, "leave increment_minor out: endings = [99] gives 0.99, 1.99, 2.99, ...")
    if any(later <= earlier for earlier, later in pairwise(part.endings)):
        problem = f"endings {list(part.endings)} are not increasing"
        yield Problem((), problem, "write each once, the smallest first: [49, 99]")


class Rounding(Part):
    """`[rounding]`: the policy, the mode, and which prices are permitted: a step in minor units, or last digits."""

    policy: Policy = Policy.DEFAULT
    mode: RoundingMode = RoundingMode.HALF_UP
    increment_minor: int = Field(default=1, ge=1, le=INCREMENT_MINOR_MAX, strict=True)
    endings: tuple[Ending, ...] = Field(default=(), min_length=1, max_length=ENDINGS_MAX)

    @check
    def _check_prices(self) -> Iterator[Problem]:
        yield from _price_problems(self, has_increment=getattr(self, "increment_minor", 0) != 1)


class RoundTo(Part):
    """`round` of a stage: how the amount after it is rounded. A key that is left out is as in `[rounding]`."""

    mode: RoundingMode | None = None
    increment_minor: int | None = Field(default=None, ge=1, le=INCREMENT_MINOR_MAX, strict=True)
    endings: tuple[Ending, ...] = Field(default=(), min_length=1, max_length=ENDINGS_MAX)

    @check
    def _check_prices(self) -> Iterator[Problem]:
        yield from _price_problems(self, has_increment=self.gives("increment_minor"))


class Stage(Part):
    """`[[pipeline.stage]]`: one stage; what its percents are of; how the amount after it is rounded."""

    kind: StageKind
    of: StageBase = "running"
    round: RoundTo | None = None

    @check
    def _check_of(self) -> Iterator[Problem]:
        if self.kind not in PERCENT_STAGES and self.of != "running":
            why = "it has no percents of a price in the pipeline"
            problem = f"of = {self.of!r} means nothing at stage {self.kind}: {why}"
            yield Problem((), problem, f"leave of out; it is for {', '.join(PERCENT_STAGES)}")

    @check
    def _check_round(self) -> Iterator[Problem]:
        if self.kind in UNROUNDED_STAGES and self.gives("round"):
            why = "each tax rounds itself" if self.kind == "tax" else "points change what is paid, not the price"
            yield Problem((), f"the price is not rounded after {self.kind}: {why}", "put round on an earlier stage")


class Pipeline(Part):
    """`[pipeline]`: a preset by name, or the stages in order. Nothing given: the default order."""

    preset: PresetName | None = None
    stage: tuple[Stage, ...] = Field(default=(), min_length=1, max_length=len(STAGE_KINDS) * 2)

    @check
    def _check_choice(self) -> Iterator[Problem]:
        if self.gives("preset") and self.gives("stage"):
            yield Problem((), "preset and stages both say what the pipeline is", "leave one of them out")
