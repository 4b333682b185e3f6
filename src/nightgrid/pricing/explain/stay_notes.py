"""Why tables of stay prices and bounds of a stay did or did not act."""

from __future__ import annotations

from collections.abc import Sequence

from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.remarks import Case, Notes
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.stay_bounds import bounds_of, why_not_bounded
from nightgrid.pricing.explain.stay_prices import table_of, why_no_price
from nightgrid.pricing.explain.words import count, scope_name
from nightgrid.pricing.model import StayBounds, StayPrices


def tell_stay_prices(cases: Sequence[Case], notes: Notes, rules: ProductRules, facts: Facts) -> None:
    """Tell of the tables in scope."""
    won = table_of(rules, facts)
    for case in cases:
        rule = case.rule
        if not isinstance(rule, StayPrices):
            continue
        why = why_no_price(rule, facts, rules)
        if why or won is None:
            notes[case.place] = case.note(False, why)
        elif won[0] == case.position:
            notes[case.place] = case.note(True, f"its price for {count(facts.nights, 'night')}")
        else:
            step = _stronger(won, rule, case.position, ("smaller size of party", "it names weekdays"))
            notes[case.place] = case.note(False, f'lost to "{won[1].name}" ({step})')


def tell_stay_bounds(
    cases: Sequence[Case], notes: Notes, rules: ProductRules, facts: Facts, *, moved: bool
) -> None:  # fmt: skip
    """Tell of the bounds of a stay in scope; moved: whether they changed the amount."""
    won = bounds_of(rules, facts)
    for case in cases:
        rule = case.rule
        if not isinstance(rule, StayBounds):
            continue
        why = why_not_bounded(rule, facts)
        if why or won is None:
            notes[case.place] = case.note(False, why)
        elif won[0] != case.position:
            step = _stronger(won, rule, case.position, ("", "it names nights"))
            notes[case.place] = case.note(False, f'lost to "{won[1].name}" ({step})')
        elif moved:
            notes[case.place] = case.note(True, "it moved the stay")
        else:
            notes[case.place] = case.note(False, "the stay is inside it")


def _stronger(
    won: tuple[int, StayBounds | StayPrices], rule: StayBounds | StayPrices, position: int, words: tuple[str, str]
) -> str:
    """Which step of the ranking decided between two rules of one kind; words: for its first step, if it has one of its
    own, and for the one behind arrivals.
    """
    winner_position, winner = won
    scope = f"scope {scope_name(winner.where)} over {scope_name(rule.where)}"
    steps = [
        *words[:1], f"priority {winner.priority} over {rule.priority}", "it names arrivals", words[1], scope,
        "fewer days of arrival", *([] if words[0] else ["fewer lengths of stay"]), "earlier in the file",
    ]  # fmt: skip
    steps = steps if words[0] else steps[1:]
    ranks = zip(winner.rank(winner_position), rule.rank(position), steps, strict=True)
    return next(step for ours, theirs, step in ranks if ours != theirs)
