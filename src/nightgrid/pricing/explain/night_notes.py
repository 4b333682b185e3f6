"""Why the rules of nights did or did not act: derived plans, seasons, bounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from nightgrid.pricing.explain.evaluate import Considered
from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.lines import Line
from nightgrid.pricing.explain.nights import links_of, rules_at
from nightgrid.pricing.explain.rules import NightRules, ProductRules, in_dates, on_weekday
from nightgrid.pricing.explain.words import count, listed, ranges, scope_name
from nightgrid.pricing.model import Bounds, Derived, Season, days_of

Verdict = tuple[bool, str]
Dated = Derived | Season | Bounds
#: The steps of a ranking between priority and scope.
_NAMED: Final[dict[type[Dated], tuple[str, ...]]] = {
    Derived: ("it names dates",),
    Season: ("it names holidays", "it names dates", "it names weekdays"),
    Bounds: ("it names dates", "it names weekdays"),
}


def night_notes(considered: Considered, lines: Sequence[Line]) -> dict[str, dict[int, Verdict]]:
    """Verdicts of the rules in scope, by kind and position."""
    rules, facts = considered.rules, considered.facts
    return {
        "derived": _derived(rules, facts),
        "season": _seasons(rules, facts),
        "bounds": _bounds(rules, facts, lines),
    }


def _derived(rules: ProductRules, facts: Facts) -> dict[int, Verdict]:
    acted: dict[int, int] = {}
    for ordinal in facts.ordinals:
        for (position, _), _ in links_of(rules, ordinal):
            acted[position] = acted.get(position, 0) + 1
    found: dict[int, Verdict] = {}
    for position, rule in rules.inside["derived"]:
        if position in acted:
            found[position] = True, f"applied on {acted[position]} of {count(facts.nights, 'night')}"
        elif isinstance(rule, Derived):
            winners = [rules.night(ordinal).derived for ordinal in facts.ordinals]
            found[position] = (
                False,
                _why_not(rule, position, [in_dates(rule.dates, day) for day in facts.days], winners, ""),
            )
    return found


def _seasons(rules: ProductRules, facts: Facts) -> dict[int, Verdict]:
    found: dict[int, Verdict] = {}
    by_night: list[NightRules] = [rules_at(rules, ordinal, "season") for ordinal in facts.ordinals]
    for position, rule in rules.inside["season"]:
        if not isinstance(rule, Season):
            continue
        winners: list[tuple[int, Dated] | None] = [
            next((each for each in night.seasons if each[1].group == rule.group), None) for night in by_night
        ]
        won = sum(winner is not None and winner[0] == position for winner in winners)
        if won:
            found[position] = True, f"applied on {won} of {count(facts.nights, 'night')}"
            continue
        held = [rules.holds(position, rule, day) for day in facts.days]
        found[position] = False, _why_not(rule, position, held, winners, _not_on(rule, position, rules, facts))
    return found


def _bounds(rules: ProductRules, facts: Facts, lines: Sequence[Line]) -> dict[int, Verdict]:
    bounded = {line.night for line in lines if line.stage == "bounds"}
    found: dict[int, Verdict] = {}
    winners = [rules_at(rules, ordinal, "bounds").bounds for ordinal in facts.ordinals]
    for position, rule in rules.inside["bounds"]:
        if not isinstance(rule, Bounds):
            continue
        mine = [day for day, won in zip(facts.days, winners, strict=True) if won is not None and won[0] == position]
        acted = sum(day in bounded for day in mine)
        if acted:
            found[position] = True, f"acted on {acted} of {count(facts.nights, 'night')}"
        elif mine:
            found[position] = False, "every night is inside it"
        else:
            held = [in_dates(rule.dates, day) and on_weekday(rule.weekdays, day) for day in facts.days]
            found[position] = False, _why_not(rule, position, held, winners, "")
    return found


def _why_not(
    rule: Dated, position: int, held: Sequence[bool], winners: Sequence[tuple[int, Any] | None], not_on: str
) -> str:
    if not any(held):
        return not_on or _no_night(rule)
    winner = next((won for hold, won in zip(held, winners, strict=True) if hold), None)
    if winner is None or winner[0] == position:
        return "the nights are priced by another plan's rules"
    return _lost(rule, position, winner[1], winner[0])


def _no_night(rule: Dated) -> str:
    words = [ranges(rule.dates)] if rule.dates else []
    if not isinstance(rule, Derived) and rule.weekdays:
        words.append(listed(rule.weekdays))
    return f"no night of the stay lies in {' and also in '.join(words)}"


def _not_on(season: Season, position: int, rules: ProductRules, facts: Facts) -> str:
    """Which condition of a season no night meets, or that no night meets all of them."""
    conditions: list[tuple[str, list[bool]]] = []
    if season.dates:
        conditions.append((ranges(season.dates), [in_dates(season.dates, day) for day in facts.days]))
    if season.weekdays:
        conditions.append((listed(season.weekdays), [on_weekday(season.weekdays, day) for day in facts.days]))
    if season.holidays:
        if not rules.country and all(name.startswith("*") for name in season.holidays):
            return "the hotel has no country in the catalogue, so no holidays of its own"
        words = f"the holidays {listed(season.holidays)}"
        conditions.append((words, [_is_holiday(rules, position, season, day) for day in facts.days]))
    for words, held in conditions:
        if not any(held):
            return f"no night of the stay lies in {words}"
    return f"no night of the stay lies in {' and also in '.join(words for words, _ in conditions)}"


def _is_holiday(rules: ProductRules, position: int, season: Season, day: date) -> bool:
    return rules.source.is_holiday(position, season, rules.country, day.toordinal())


def _lost(rule: Dated, position: int, winner: Dated, winner_position: int) -> str:
    """Which step of the ranking decided between two rules that hold on one night."""
    days = f"{count(days_of(winner.dates), 'day')} of dates, not {days_of(rule.dates)}"
    scope = f"scope {scope_name(winner.where)} over {scope_name(rule.where)}"
    named = list(_NAMED[type(rule)])
    steps = [f"priority {winner.priority} over {rule.priority}", *named, scope, days, "earlier in the file"]
    ranks = zip(winner.rank(winner_position), rule.rank(position), steps, strict=True)
    decided = next(step for ours, theirs, step in ranks if ours != theirs)
    return f'lost to "{winner.name}" ({decided})'
