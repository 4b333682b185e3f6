"""Pipelines that would leave open what a price is: refused when a book is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nightgrid.pricing.fields import Problem, shown
from nightgrid.pricing.model.judging import UNREADABLE, each_known, known
from nightgrid.pricing.model.pipeline import NIGHT_STAGES, Policy
from nightgrid.pricing.model.tables import RULE_KINDS, BookTables
from nightgrid.pricing.pipelines import policy_of, stages_of

#: What looks at the price when it is made, and why nothing else may stand behind it.
_OF_THE_PRICE: Final = {
    "tax": ("after its taxes", "only points may follow tax"),
    "points": ("of which points paid a part", "only tax may follow points"),
}
_FIX: Final = 'use policy = "total", where the total is rounded once'


def _policy_problems(book: BookTables) -> Iterator[Problem]:
    if any(stage.gives("round") for stage in known(book.pipeline.stage)) and "policy" in book.rounding.model_fields_set:
        problem = "policy and the stages' round both say where prices are rounded"
        yield Problem(("rounding", "policy"), problem, "leave policy out, or the stages' round")


def _kind_problems(book: BookTables) -> Iterator[Problem]:
    kinds = {stage.kind for stage in stages_of(book)}
    source = f"preset {book.pipeline.preset} has" if book.pipeline.preset else "the pipeline has"
    for kind in RULE_KINDS:
        rules = book.rules(kind)
        if rules is not UNREADABLE and len(rules) and kind not in kinds:
            fix = f'add [[pipeline.stage]] kind = "{kind}", or take the rules out'
            yield Problem((kind, 0), f"there are {kind} rules, but {source} no {kind} stage", fix)


def _order_problems(book: BookTables) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for position, stage in each_known(book.pipeline.stage, "kind"):
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
        for kind, (why, rule) in _OF_THE_PRICE.items():
            if kind in earlier and stage.kind not in _OF_THE_PRICE:
                problem = f"{stage.kind} would change the price {why}"
                yield Problem(at, problem, f"move {kind} behind it; {rule}")


def _base_problems(book: BookTables) -> Iterator[Problem]:
    stages = book.pipeline.stage
    kinds = [stage.kind if known([stage], "kind") else "" for stage in stages]
    for position, stage in each_known(stages, "of"):
        if stage.of in ("running", "base"):
            continue
        at = ("pipeline", "stage", position, "of")
        earlier = [kind for kind in kinds[:position] if kind not in ("", kinds[position])]
        if stage.of not in earlier:
            if "" in kinds and stage.of not in kinds:
                continue  # it may be the one that could not be read
            is_later = stage.of in kinds
            where = "itself" if stage.of == kinds[position] else "a later stage" if is_later else "no stage here"
            fix = f"use running, base or an earlier stage: {', '.join(earlier)}" if earlier else "use running or base"
            yield Problem(at, f"of = {shown(stage.of)} is {where}", fix)
        elif kinds[position] == "extra_guests" and stage.of not in NIGHT_STAGES:
            problem = f"extra guests pay a percent of a night, and {stage.of} is of the stay"
            yield Problem(at, problem, "use running, base or a stage of the night")


def _night_problems(book: BookTables) -> Iterator[Problem]:
    """Policy `night` rounds each night and adds; an amount of the whole stay has no night."""
    if policy_of(book) is not Policy.NIGHT or any(stage.gives("round") for stage in known(book.pipeline.stage)):
        return
    for kind, position, key, what in (place for per_stay in _PER_STAY for place in per_stay(book)):
        problem = f'policy = "night" rounds each night alone, and {what} is of the whole stay'
        yield Problem((kind, position, key) if key else (kind, position), problem, _FIX)


#: kind, position, key, and what it is
_Place = tuple[str, int, str, str]


def _stay_rules(book: BookTables) -> Iterator[_Place]:
    for position, _ in each_known(book.stay_prices):
        yield "stay_prices", position, "", "a price of a stay"
    for position, los in each_known(book.length_of_stay, "bands"):
        if any(band.gives("price") for band in known(los.bands)):
            yield "length_of_stay", position, "bands", "a price of several nights"
    for position, _ in each_known(book.free_nights):
        yield "free_nights", position, "", "a free night, chosen among all,"
    for position, tier in each_known(book.member_tier):
        if tier.gives("amount"):
            yield "member_tier", position, "amount", "an amount per stay"


def _offers(book: BookTables) -> Iterator[_Place]:
    for position, promotion in each_known(book.promotion):
        for kind in promotion.discounts():
            if kind != "percent":
                yield "promotion", position, kind, "any discount but percent"
        for key in ("min_spend", "max_off", "floor"):
            if promotion.gives(key):
                yield "promotion", position, key, key


def _additions(book: BookTables) -> Iterator[_Place]:
    for position, _ in each_known(book.stay_bounds):
        yield "stay_bounds", position, "", "a bound"
    for position, package in each_known(book.package, "per"):
        if package.per in ("stay", "person"):
            yield "package", position, "per", f'a price per "{package.per}"'
    for position, _ in each_known(book.points):
        yield "points", position, "", "a payment with points"
    for position, tax in each_known(book.tax, "per"):
        if tax.gives("amount") and tax.per in ("stay", "person_stay"):
            yield "tax", position, "per", f'an amount per "{tax.per}"'


#: The parts of rules that have no night.
_PER_STAY: Final = (_stay_rules, _offers, _additions)
PIPELINE_CHECKS: Final = (_order_problems, _base_problems, _policy_problems, _kind_problems, _night_problems)
