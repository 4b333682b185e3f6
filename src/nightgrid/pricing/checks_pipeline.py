"""Pipelines that would leave open what a price is: refused when a book is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nightgrid.pricing.fields import Problem, shown
from nightgrid.pricing.model.pipeline import NIGHT_STAGES, Policy
from nightgrid.pricing.model.tables import RULE_KINDS, BookTables
from nightgrid.pricing.pipelines import policy_of, stages_of

#: What may stand after the taxes: it does not change the price.
_AFTER_TAX: Final = ("tax", "points")
_PER_STAY: Final = 'use policy = "total", where the total is rounded once'


def pipeline_problems(book: BookTables) -> Iterator[Problem]:
    """What is ambiguous in the order of the stages, their bases, the rounding, or the rules without a stage."""
    yield from _order_problems(book)
    yield from _base_problems(book)
    if any(stage.round for stage in book.pipeline.stage) and "policy" in book.rounding.model_fields_set:
        problem = "policy and the stages' round both say where prices are rounded"
        yield Problem(("rounding", "policy"), problem, "leave policy out, or the stages' round")
    kinds = {stage.kind for stage in stages_of(book)}
    for kind in RULE_KINDS:
        if book.rules(kind) and kind not in kinds:
            source = f"preset {book.pipeline.preset} has" if book.pipeline.preset else "the pipeline has"
            fix = f'add [[pipeline.stage]] kind = "{kind}", or take the rules out'
            yield Problem((kind, 0), f"there are {kind} rules, but {source} no {kind} stage", fix)
    if policy_of(book) is Policy.NIGHT and not any(stage.round for stage in book.pipeline.stage):
        yield from _night_problems(book)


def _order_problems(book: BookTables) -> Iterator[Problem]:
    stages = book.pipeline.stage
    seen: dict[str, int] = {}
    for position, stage in enumerate(stages):
        at = ("pipeline", "stage", position)
        if position == 0 and stage.kind != "base":
            fix = 'begin with [[pipeline.stage]] kind = "base"'
            yield Problem(at, f"the first stage is {stage.kind}, and every price starts from base", fix)
        if stage.kind in seen:
            fix = "list each kind once; its rules act at one place"
            yield Problem(at, f"stage {stage.kind} stands there before, as stage {seen[stage.kind] + 1}", fix)
            continue
        earlier = list(seen)
        seen[stage.kind] = position
        stay = [kind for kind in earlier if kind not in NIGHT_STAGES]
        if stage.kind in NIGHT_STAGES and stay:
            problem = f"{stage.kind} is of a night, and stands after {stay[0]}, which is of the stay"
            yield Problem(at, problem, f"move it before {stay[0]}")
        if "tax" in earlier and stage.kind not in _AFTER_TAX:
            problem = f"{stage.kind} would change the price after its taxes"
            yield Problem(at, problem, "move tax behind it; only points may follow tax")


def _base_problems(book: BookTables) -> Iterator[Problem]:
    kinds = [stage.kind for stage in book.pipeline.stage]
    for position, stage in enumerate(book.pipeline.stage):
        if stage.of in ("running", "base"):
            continue
        at = ("pipeline", "stage", position, "of")
        earlier = [kind for kind in kinds[:position] if kind != stage.kind]
        if stage.of not in earlier:
            where = "itself" if stage.of == stage.kind else "a later stage" if stage.of in kinds else "no stage here"
            fix = f"use running, base or an earlier stage: {', '.join(earlier)}" if earlier else "use running or base"
            yield Problem(at, f"of = {shown(stage.of)} is {where}", fix)
        elif stage.kind == "extra_guests" and stage.of not in NIGHT_STAGES:
            problem = f"extra guests pay a percent of a night, and {stage.of} is of the stay"
            yield Problem(at, problem, "use running, base or a stage of the night")


def _night_problems(book: BookTables) -> Iterator[Problem]:
    """Policy `night` rounds each night and adds; an amount of the whole stay has no night."""
    for kind, position, key, what in _per_stay(book):
        problem = f'policy = "night" rounds each night alone, and {what} is of the whole stay'
        yield Problem((kind, position, key) if key else (kind, position), problem, _PER_STAY)


def _per_stay(book: BookTables) -> Iterator[tuple[str, int, str, str]]:
    """(kind, position, key, what it is) of every part of a rule that has no night."""
    for position, los in enumerate(book.length_of_stay):
        if los.is_priced:
            yield "length_of_stay", position, "bands", "a price of several nights"
    for position, _ in enumerate(book.free_nights):
        yield "free_nights", position, "", "a free night, chosen among all,"
    for position, tier in enumerate(book.member_tier):
        if tier.amount:
            yield "member_tier", position, "amount", "an amount per stay"
    for position, promotion in enumerate(book.promotion):
        if promotion.kind != "percent":
            yield "promotion", position, promotion.kind, "any discount but percent"
        for key in ("min_spend", "max_off"):
            if getattr(promotion, key):
                yield "promotion", position, key, key
    for position, package in enumerate(book.package):
        if package.per in ("stay", "person"):
            yield "package", position, "per", f'a price per "{package.per}"'
    for position, _ in enumerate(book.points):
        yield "points", position, "", "a payment with points"
    for position, tax in enumerate(book.tax):
        if tax.amount and tax.per in ("stay", "person_stay"):
            yield "tax", position, "per", f'an amount per "{tax.per}"'
