"""Why tables of stay prices and bounds of a stay did or did not act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.remarks import Case, Notes
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.stay_bounds import bounds_of, why_not_bounded
from nightgrid.pricing.explain.stay_prices import table_of, why_no_price
from nightgrid.pricing.explain.words import count, scope_name
from nightgrid.pricing.model import StayBounds, StayPrices

_FEWER_DAYS: Final = "fewer days of arrival"


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
            notes[case.place] = case.note(False, _lost(won, rule, case.position))


def tell_stay_bounds(cases: Sequence[Case], notes: Notes, rules: ProductRules, facts: Facts, *, moved: bool) -> None:
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
            notes[case.place] = case.note(False, _lost(won, rule, case.position))
        elif moved:
            notes[case.place] = case.note(True, "it moved the stay")
        else:
            notes[case.place] = case.note(False, "the stay is inside it")


def _lost(won: tuple[int, StayBounds | StayPrices], rule: StayBounds | StayPrices, position: int) -> str:
    """Which step of the ranking decided between two rules of one kind that hold for a stay."""
    winner_position, winner = won
    priority = f"priority {winner.priority} over {rule.priority}"
    scope = f"scope {scope_name(winner.where)} over {scope_name(rule.where)}"
    if isinstance(winner, StayPrices):
        steps = ["smaller size of party", priority, "it names arrivals", "it names weekdays", scope, _FEWER_DAYS]
    else:
        steps = [priority, "it names arrivals", "it names nights", scope, _FEWER_DAYS, "fewer lengths of stay"]
    ranks = zip(winner.rank(winner_position), rule.rank(position), [*steps, "earlier in the file"], strict=True)
    decided = next(step for ours, theirs, step in ranks if ours != theirs)
    return f'lost to "{winner.name}" ({decided})'
