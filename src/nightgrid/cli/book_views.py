"""What `nightgrid rules` shows of a book: its pipeline, its rules, what a stay costs; the ready pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from nightgrid.cli.screen import table

if TYPE_CHECKING:
    from nightgrid.pricing.model import RuleBook
    from nightgrid.pricing.pipelines import Rounder

#: Rules that the table of a book shows; JSON has all of them.
RULES_SHOWN_MAX: Final = 200


def pipeline_json(book: RuleBook) -> list[dict[str, Any]]:
    """The stages of a book in order: kind, whether of a night, what its percents are of, how it is rounded, rules."""
    from nightgrid.pricing.model import RULE_KINDS
    from nightgrid.pricing.model.pipeline import PERCENT_STAGES
    from nightgrid.pricing.pipelines import placed

    pipeline = placed(book)
    stages: list[dict[str, Any]] = [
        {
            "stage": stage.kind,
            "acts_on": "night" if stage.is_night else "stay",
            "of": stage.of if stage.kind in PERCENT_STAGES else None,
            "rounding": _rounding(stage.rounder),
            "rules": len(book.rules(stage.kind)) if stage.kind in RULE_KINDS else None,
        }
        for stage in pipeline.stages
    ]
    if pipeline.per_night is not None:
        _last_before_payment(stages)["rounding"] = f"each night: {_rounding(pipeline.per_night)}"
    elif pipeline.final is not None:
        last = _last_before_payment(stages)
        inside = f"{last['rounding']}; then the sum: " if last["rounding"] else ""
        last["rounding"] = f"{inside}{_rounding(pipeline.final)}"
    return stages


def _last_before_payment(stages: list[dict[str, Any]]) -> dict[str, Any]:
    """The stage after which the stay's amount is rounded for the last time."""
    return [stage for stage in stages if stage["stage"] not in ("points", "tax")][-1]


def _rounding(rounder: Rounder | None) -> str | None:
    if rounder is None:
        return None
    if rounder.endings:
        return f"{rounder.mode}, ending in {', '.join(map(str, rounder.endings))}"
    return f"{rounder.mode}, step {rounder.increment_minor}"


def rounding_words(book: RuleBook) -> str:
    """Where and how a book rounds, in a line."""
    from nightgrid.pricing.pipelines import policy_of

    declared = any(stage.round for stage in book.pipeline.stage)
    rounding = book.rounding
    ending = f"ending in {', '.join(map(str, rounding.endings))}" if rounding.endings else ""
    prices = ending or f"step {rounding.increment_minor}"
    return f"{'where stages declare it' if declared else policy_of(book)}, {rounding.mode}, {prices}"


def pipeline_table(book: RuleBook) -> Table:
    """The pipeline as a person reads it."""
    columns = {"stage": "left", "acts on": "left", "percents of": "left", "rounded after it": "left", "rules": "right"}
    rows = [["" if value is None else str(value) for value in stage.values()] for stage in pipeline_json(book)]
    source = (
        f"preset {book.pipeline.preset}" if book.pipeline.preset else "its own" if book.pipeline.stage else "default"
    )
    return table(f"pipeline: {source}", columns, rows)


def rules_json(book: RuleBook) -> list[dict[str, Any]]:
    """Every rule: kind, position from 1, name, for which products, what it does."""
    from nightgrid.pricing.describe import rule_text, scope_text
    from nightgrid.pricing.model import RULE_KINDS

    return [
        {"kind": kind, "position": at, "name": rule.name, "for": scope_text(rule.where), "what": rule_text(rule)}
        for kind in RULE_KINDS
        for at, rule in enumerate(book.rules(kind), 1)
    ]


def rules_table(book: RuleBook) -> Table:
    """The rules as a person reads them, at most RULES_SHOWN_MAX."""
    found = rules_json(book)
    rows = [
        [f"{rule['kind']} {rule['position']}", rule["name"], rule["for"], rule["what"]]
        for rule in found[:RULES_SHOWN_MAX]
    ]
    rest = len(found) - len(rows)
    caption = f"{rest:,} more rules; --json has all of them" if rest > 0 else None
    return table("rules", {"rule": "left", "name": "left", "for": "left", "what": "left"}, rows, caption)


def presets_json() -> list[dict[str, Any]]:
    """The ready pipelines: name, stages in order, rounding policy, where they come from."""
    from nightgrid.pricing.presets import PRESETS

    return [
        {
            "preset": name,
            "stages": [
                stage.kind if stage.of == "running" else f"{stage.kind} (of {stage.of})" for stage in each.stages
            ],
            "policy": each.policy,
            "source": each.source,
        }
        for name, each in PRESETS.items()
    ]


def presets_table() -> Table:
    """The ready pipelines as a person reads them."""
    rows = [[each["preset"], " → ".join(each["stages"]), each["policy"], each["source"]] for each in presets_json()]
    return table("ready pipelines", {"preset": "id", "stages": "left", "rounds": "left", "source": "left"}, rows)
