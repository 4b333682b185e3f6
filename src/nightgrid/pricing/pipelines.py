"""The pipeline of a book with preset, order, bases and rounding resolved. The compiler and explanations read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from nightgrid.money import RoundingMode
from nightgrid.pricing.model.pipeline import NIGHT_STAGES, UNROUNDED_STAGES, Policy, RoundTo
from nightgrid.pricing.model.tables import BookTables
from nightgrid.pricing.presets import PRESETS


class Rounder(NamedTuple):
    """One rounding: the mode, and which prices are permitted. endings () = multiples of increment_minor."""

    mode: RoundingMode
    increment_minor: int
    endings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlacedStage:
    """A stage at its place: what its percents are of, and how the amount after it is rounded (None: not)."""

    kind: str
    of: str
    rounder: Rounder | None = None

    @property
    def is_night(self) -> bool:
        """Whether it acts on each night alone; else on the sum of the nights."""
        return self.kind in NIGHT_STAGES


@dataclass(frozen=True, slots=True)
class Placed:
    """A pipeline: its stages in order, and the rounding of the stay's amount before points and taxes.

    final is None where each night is rounded once and the total is their sum (policy night); per_night is given then.
    A rounding after the last night stage acts on each night; after a stay stage, on the stay's amount.
    """

    stages: tuple[PlacedStage, ...]
    final: Rounder | None
    per_night: Rounder | None

    def index(self, kind: str) -> int:
        """Position of the stage of a kind, -1 where the pipeline has none."""
        return next((at for at, stage in enumerate(self.stages) if stage.kind == kind), -1)


def stages_of(book: BookTables) -> tuple[PlacedStage, ...]:
    """The stages of a book, its own or those of its preset, before rounding is placed."""
    if book.pipeline.stage:
        return tuple(PlacedStage(stage.kind, stage.of) for stage in book.pipeline.stage)
    return tuple(PlacedStage(kind, of) for kind, of in PRESETS[book.pipeline.preset or "default"].stages)


def policy_of(book: BookTables) -> Policy:
    """The rounding policy: what `[rounding]` says, else what the preset says, else `default`."""
    if book.pipeline.preset is not None and "policy" not in book.rounding.model_fields_set:
        return Policy(PRESETS[book.pipeline.preset].policy)
    return book.rounding.policy


def placed(book: BookTables) -> Placed:
    """The pipeline of a valid book, resolved. O(stages)."""
    rounding, policy = book.rounding, policy_of(book)
    default = Rounder(rounding.mode, rounding.increment_minor, rounding.endings)
    stages = list(stages_of(book))
    declared = {at: stage.round for at, stage in enumerate(book.pipeline.stage) if stage.round is not None}
    if policy is Policy.NIGHT and not declared:
        return Placed(tuple(stages), None, default)
    stay = [at for at, s in enumerate(stages) if not s.is_night and s.kind not in UNROUNDED_STAGES]
    rounders = {at: _rounder(given, default) for at, given in declared.items()}
    if not declared and policy in (Policy.DEFAULT, Policy.STEP):
        rounders[max(at for at, s in enumerate(stages) if s.is_night)] = default
    if not declared and policy is Policy.STEP:
        rounders.update(dict.fromkeys(stay, default))
    # The stay's amount is always rounded after its last stage, and where it has none, as the sum of its nights.
    final = rounders.pop(stay[-1], default) if stay else default
    bounds = next((at for at in stay if stages[at].kind == "stay_bounds"), None)
    if book.stay_bounds and bounds is not None and not any(book.rules(stages[at].kind) for at in stay if at > bounds):
        rounders.setdefault(bounds, final)  # nothing is added after it: the last rounding stays inside the bounds
    return Placed(tuple(replace(s, rounder=rounders.get(at)) for at, s in enumerate(stages)), final, None)


def _rounder(declared: RoundTo, default: Rounder) -> Rounder:
    mode = declared.mode or default.mode
    if declared.endings:
        return Rounder(mode, 1, declared.endings)
    if declared.increment_minor is not None:
        return Rounder(mode, declared.increment_minor, ())
    return Rounder(mode, default.increment_minor, default.endings)
