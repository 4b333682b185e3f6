"""Why the rules of nights did or did not act: derived plans, seasons, bounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.night_plans import NightPlan
from nightgrid.pricing.explain.nights import Night, winners_of
from nightgrid.pricing.explain.remarks import Case, Notes, RuleNote
from nightgrid.pricing.explain.rules import NightRules, ProductRules, in_dates, on_weekday
from nightgrid.pricing.explain.words import count, listed, ranges, scope_name
from nightgrid.pricing.model import Bounds, DateRange, Derived, Season, days_of

Dated = Derived | Season | Bounds
Plans = Sequence[NightPlan]
#: The steps of a ranking between priority and scope.
_NAMED: Final[dict[type[Dated], tuple[str, ...]]] = {
    Derived: ("it names dates",),
    Season: ("it names holidays", "it names dates", "it names weekdays"),
    Bounds: ("it names dates", "it names weekdays"),
}


def tell_derived(cases: Sequence[Case], notes: Notes, rules: ProductRules, facts: Facts, plans: Plans) -> None:
    """Tell of the derived plans in scope; `plans` are those of the nights."""
    acted: dict[int, int] = {}
    for plan in plans:
        for (position, _), _ in plan.links:
            acted[position] = acted.get(position, 0) + 1
    for case in cases:
        position, rule = case.position, case.rule
        if position in acted:
            key = (acted[position], facts.nights)
            notes[case.place] = case.said.get(key) or _acted(case, "applied", *key)
        elif isinstance(rule, Derived):
            winners = [plan.own_rules.derived for plan in plans]
            held = [in_dates(rule.dates, day) for day in facts.days]
            notes[case.place] = case.note(False, _why_not(rule, position, held, winners) or _no_night(rule, rules))


def tell_seasons(cases: Sequence[Case], notes: Notes, rules: ProductRules, facts: Facts, plans: Plans) -> None:
    """Tell of the seasons in scope."""
    is_own = "season" in rules.source.after_derived
    by_night = [plan.own_rules for plan in plans] if is_own else [plan.root_rules for plan in plans]
    acted: dict[int, int] = {}
    for night in by_night:
        for position, _ in night.seasons:
            acted[position] = acted.get(position, 0) + 1
    held_by_night: list[frozenset[int]] = []
    for case in cases:
        position = case.position
        if position in acted:
            key = (acted[position], facts.nights)
            notes[case.place] = case.said.get(key) or _acted(case, "applied", *key)
            continue
        held_by_night = held_by_night or list(map(rules.held, facts.ordinals))
        for held in held_by_night:
            if position in held:
                notes[case.place] = _beaten_season(case, held_by_night, by_night)
                break
        else:
            notes[case.place] = case.said.get("on no night") or _not_on(case, rules, facts)


def _beaten_season(
    case: Case, held_by_night: Sequence[frozenset[int]], by_night: Sequence[NightRules]
) -> RuleNote | None:  # fmt: skip
    """A season that holds on nights and wins none of them."""
    rule = case.rule
    if not isinstance(rule, Season):
        return None
    winners: list[tuple[int, Dated] | None] = [
        next((each for each in night.seasons if each[1].group == rule.group), None) for night in by_night
    ]
    held = [case.position in each for each in held_by_night]
    return case.note(False, _why_not(rule, case.position, held, winners))


def tell_bounds(
    cases: Sequence[Case],
    notes: Notes,
    rules: ProductRules,
    facts: Facts,
    plans: Plans,
    nights: Sequence[Night],
) -> None:
    """Tell of the bounds in scope."""
    winners: list[tuple[int, Bounds] | None] = []
    wins: set[int] = set()
    acted: dict[int, int] = {}
    for night, of_night in zip(nights, winners_of(rules, plans, "bounds"), strict=True):
        won = of_night.bounds
        winners.append(won)
        if won is not None:
            wins.add(won[0])
            if night.bounded:
                acted[won[0]] = acted.get(won[0], 0) + 1
    for case in cases:
        position, rule = case.position, case.rule
        if position in acted:
            key = (acted[position], facts.nights)
            notes[case.place] = case.said.get(key) or _acted(case, "acted", *key)
        elif position in wins:
            inside = case.said.get("inside")
            notes[case.place] = inside or case.keep("inside", False, "every night is inside it")
        elif isinstance(rule, Bounds):
            held = [in_dates(rule.dates, day) and on_weekday(rule.weekdays, day) for day in facts.days]
            notes[case.place] = case.note(False, _why_not(rule, position, held, winners) or _no_night(rule, rules))


def _acted(case: Case, verb: str, on: int, nights: int) -> RuleNote:
    return case.keep((on, nights), True, f"{verb} on {on} of {count(nights, 'night')}")


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


def _not_on(case: Case, rules: ProductRules, facts: Facts) -> RuleNote | None:
    """Which condition of a season no night meets, or that no night meets all of them."""
    season = case.rule
    if not isinstance(season, Season):
        return None
    conditions: list[tuple[str, list[bool]]] = []
    if season.dates:
        conditions.append((_ranges(rules, season.dates), [in_dates(season.dates, day) for day in facts.days]))
    if season.weekdays:
        conditions.append((listed(season.weekdays), [on_weekday(season.weekdays, day) for day in facts.days]))
    if season.holidays:
        if not rules.country and all(name.startswith("*") for name in season.holidays):
            return case.note(False, "the hotel has no country in the catalogue, so no holidays of its own")
        words = f"the holidays {listed(season.holidays)}"
        conditions.append((words, [_is_holiday(rules, case.position, season, day) for day in facts.days]))
    for words, held in conditions:
        if True not in held:
            reason = f"no night of the stay lies in {words}"
            if len(conditions) == 1 and not season.holidays:  # of another hotel's country too
                return case.keep("on no night", False, reason)
            return case.note(False, reason)
    return case.note(False, f"no night of the stay lies in {' and also in '.join([words for words, _ in conditions])}")


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
