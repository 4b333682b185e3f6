"""Why the rules of nights did or did not act: derived plans, seasons, bounds."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any, Final

from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.nights import plan_of, rules_at
from nightgrid.pricing.explain.rules import ProductRules, in_dates, on_weekday
from nightgrid.pricing.explain.words import count, listed, ranges, scope_name
from nightgrid.pricing.model import Bounds, DateRange, Derived, Season, days_of

#: Applied or not, and the sentence.
Verdict = tuple[bool, str]
Dated = Derived | Season | Bounds
#: The steps of a ranking between priority and scope.
_NAMED: Final[dict[type[Dated], tuple[str, ...]]] = {
    Derived: ("it names dates",),
    Season: ("it names holidays", "it names dates", "it names weekdays"),
    Bounds: ("it names dates", "it names weekdays"),
}


def derived_verdicts(rules: ProductRules, facts: Facts) -> dict[int, Verdict]:
    """Verdicts of the derived plans in scope, by position."""
    acted: dict[int, int] = {}
    for ordinal in facts.ordinals:
        for (position, _), _ in plan_of(rules, ordinal).links:
            acted[position] = acted.get(position, 0) + 1
    found: dict[int, Verdict] = {}
    for position, rule in rules.inside["derived"]:
        if position in acted:
            found[position] = True, f"applied on {acted[position]} of {count(facts.nights, 'night')}"
        elif isinstance(rule, Derived):
            winners = [rules.night(ordinal).derived for ordinal in facts.ordinals]
            held = [in_dates(rule.dates, day) for day in facts.days]
            found[position] = False, _why_not(rule, position, held, winners) or _no_night(rule, rules)
    return found


def season_verdicts(rules: ProductRules, facts: Facts) -> dict[int, Verdict]:
    """Verdicts of the seasons in scope, by position."""
    found: dict[int, Verdict] = {}
    by_night = [rules_at(rules, ordinal, "season") for ordinal in facts.ordinals]
    acted: dict[int, int] = {}
    for night in by_night:
        for position, _ in night.seasons:
            acted[position] = acted.get(position, 0) + 1
    for position, rule in rules.inside["season"]:
        if position in acted:
            found[position] = True, f"applied on {acted[position]} of {count(facts.nights, 'night')}"
        elif isinstance(rule, Season):
            held = [rules.holds(position, rule, day) for day in facts.days]
            reason = ""
            if True in held:
                winners: list[tuple[int, Dated] | None] = [
                    next((each for each in night.seasons if each[1].group == rule.group), None) for night in by_night
                ]
                reason = _why_not(rule, position, held, winners)
            found[position] = False, reason or _not_on(rule, position, rules, facts)
    return found


def bounds_verdicts(rules: ProductRules, facts: Facts, bounded: AbstractSet[date | None]) -> dict[int, Verdict]:
    """Verdicts of the bounds in scope, by position; `bounded` are the nights that bounds changed."""
    winners = [rules_at(rules, ordinal, "bounds").bounds for ordinal in facts.ordinals]
    mine: dict[int, int] = {}
    acted: dict[int, int] = {}
    for day, won in zip(facts.days, winners, strict=True):
        if won is not None:
            mine[won[0]] = mine.get(won[0], 0) + 1
            if day in bounded:
                acted[won[0]] = acted.get(won[0], 0) + 1
    found: dict[int, Verdict] = {}
    for position, rule in rules.inside["bounds"]:
        if position in acted:
            found[position] = True, f"acted on {acted[position]} of {count(facts.nights, 'night')}"
        elif position in mine:
            found[position] = False, "every night is inside it"
        elif isinstance(rule, Bounds):
            held = [in_dates(rule.dates, day) and on_weekday(rule.weekdays, day) for day in facts.days]
            found[position] = False, _why_not(rule, position, held, winners) or _no_night(rule, rules)
    return found


def _why_not(rule: Dated, position: int, held: Sequence[bool], winners: Sequence[tuple[int, Any] | None]) -> str:
    """Why a rule is not the winner of the nights on which it holds; "" where it holds on none."""
    if True not in held:
        return ""
    winner = next((won for hold, won in zip(held, winners, strict=True) if hold), None)
    if winner is None or winner[0] == position:
        return "the nights are priced by another plan's rules"
    return _lost(rule, position, winner[1], winner[0])


def _ranges(rules: ProductRules, dates: tuple[DateRange, ...]) -> str:
    """`ranges`, written once for a scope."""
    key = ("ranges", id(dates))  # the book keeps them alive
    found: str | None = rules.prepared.get(key)
    if found is None:
        found = rules.prepared[key] = ranges(dates)
    return found


def _no_night(rule: Dated, rules: ProductRules) -> str:
    words = [_ranges(rules, rule.dates)] if rule.dates else []
    if not isinstance(rule, Derived) and rule.weekdays:
        words.append(listed(rule.weekdays))
    return f"no night of the stay lies in {' and also in '.join(words)}"


def _not_on(season: Season, position: int, rules: ProductRules, facts: Facts) -> str:
    """Which condition of a season no night meets, or that no night meets all of them."""
    conditions: list[tuple[str, list[bool]]] = []
    if season.dates:
        conditions.append((_ranges(rules, season.dates), [in_dates(season.dates, day) for day in facts.days]))
    if season.weekdays:
        conditions.append((listed(season.weekdays), [on_weekday(season.weekdays, day) for day in facts.days]))
    if season.holidays:
        if not rules.country and all(name.startswith("*") for name in season.holidays):
            return "the hotel has no country in the catalogue, so no holidays of its own"
        words = f"the holidays {listed(season.holidays)}"
        conditions.append((words, [_is_holiday(rules, position, season, day) for day in facts.days]))
    for words, held in conditions:
        if True not in held:
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
