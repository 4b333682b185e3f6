"""The stages of a night: base, derived plan, season, demand, override, bounds, each with its lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from nightgrid.errors import InputError
from nightgrid.limits import LEAD_DAYS_MAX
from nightgrid.money import RoundingMode
from nightgrid.pricing.explain.exact import ZERO, Exact
from nightgrid.pricing.explain.facts import Facts, party_of
from nightgrid.pricing.explain.lines import Entry, percent_parts, rounded_by
from nightgrid.pricing.explain.night_plans import Base, Cell, Limit, Limits, Making, NightPlan, Table
from nightgrid.pricing.explain.rules import NIGHTS_MAX, NightRules, ProductRules
from nightgrid.pricing.explain.words import count, money, percent_of_bp, signed
from nightgrid.pricing.model import Bounds, Demand, Rule
from nightgrid.pricing.pipelines import PlacedStage, Rounder


class Night(NamedTuple):
    """One night of a stay with its price, its lines, and the amount after each stage."""

    place: int  # in the stay, from 0
    night: date
    value: Exact
    after: Mapping[str, Exact]
    lines: Sequence[Entry]
    bounded: bool  # bounds changed it


def price_nights(rules: ProductRules, facts: Facts) -> tuple[list[Night], list[NightPlan]]:
    """Make the prices of the nights of a stay, with their lines: once for nights that are alike."""
    told: dict[tuple[Making, int, int], tuple[Exact, Mapping[str, Exact], Sequence[Entry], bool]] = {}
    nights: list[Night] = []
    plans: list[NightPlan] = []
    known, days, fills = rules.night_plans, facts.days, facts.fill_bp
    lead_days, own_lead = facts.lead_days, rules.source.book.book.lead_of == "night"
    root, adults = rules, party_of(facts, rules).adults
    for index, ordinal in enumerate(facts.ordinals):
        plan: NightPlan = known.get(ordinal) or plan_of(rules, ordinal)
        plans.append(plan)
        if plan.root is not root:
            root = plan.root
            adults = party_of(facts, root).adults
        of = (root.base(ordinal, adults), adults)
        begun = plan.begun.get(of) or _begin(rules, plan, *of)
        if own_lead:
            lead_days = min(facts.asked.lead_days + index, LEAD_DAYS_MAX)
        key = (begun, fills[index], lead_days)
        night = told.get(key)
        if night is None:
            night = told[key] = _told_of(rules, *key)
        nights.append(_night(Night, (index, days[index], *night)))
    return nights, plans


def _told_of(
    rules: ProductRules, begun: Making, fill_bp: int, lead_days: int
) -> tuple[Exact, Mapping[str, Exact], Sequence[Entry], bool]:
    """What a question makes of nights that are alike: it decides which percent demand asks for, and nothing else. The
    amount, those after each stage, the lines, whether bounds acted.
    """
    table = begun.table
    if table is None:
        made = begun.cells.get(_NO_CELL) or _finish(rules, begun, _NO_CELL)
        return made.value, made.after, made.lines, made.bounded
    cell = (bisect_right(table.fills, fill_bp) - 1, bisect_right(table.leads, lead_days) - 1)
    made = begun.cells.get(cell) or _finish(rules, begun, cell)
    lines, at = made.lines.copy(), made.told_at
    stage, rule, detail, base, factor, amount = lines[at]
    words = f", house {percent_of_bp(fill_bp)} % full, {count(lead_days, 'day')} before"
    lines[at] = (stage, rule, detail.replace(_TOLD, words), base, factor, amount)
    return made.value, made.after, lines, made.bounded


_NO_CELL: Final[Cell] = (-1, -1)
#: Cells that are remembered of nights that are alike.
CELLS_MAX: Final = 64
#: Where a line of demand says what was asked.
_TOLD: Final = "\0"


def _finish(rules: ProductRules, begun: Making, cell: Cell) -> Making:
    """The stages from demand on, remembered by its cell."""
    if len(begun.cells) >= CELLS_MAX:
        begun.cells.clear()
    found = begun.cells[cell] = _make(rules, begun.in_cell(cell), rules.source.asked_stages)
    return found


_night: Final = tuple.__new__


def plan_of(rules: ProductRules, ordinal: int) -> NightPlan:
    """The plan of a night, remembered."""
    found: NightPlan | None = rules.night_plans.get(ordinal)
    if found is None:
        if len(rules.night_plans) >= NIGHTS_MAX:
            rules.night_plans.clear()
            rules.plans_alike.clear()
        made = NightPlan(rules, ordinal)
        found = rules.night_plans[ordinal] = rules.plans_alike.setdefault(made.key(ordinal), made)
    return found


def _begin(rules: ProductRules, plan: NightPlan, base: Base, adults: int | None) -> Making:
    """The stages that look at no question, remembered."""
    if len(plan.begun) >= NIGHTS_MAX:
        plan.begun.clear()
    found = _make(rules, Making(plan, base, adults), rules.source.begun_stages)
    if rules.source.asked_stages:
        found.table = _table_of(found.rules)
    plan.begun[base, adults] = found  # whole: another thread may ask at any time
    return found


def _make(rules: ProductRules, night: Making, stages: Sequence[PlacedStage]) -> Making:
    looked_back_at = rules.source.looked_back_at
    for stage in stages:
        kind = stage.kind
        if kind == "derived":
            _derive(night, stage)
            night.rules = rules
            night.won = night.plan.own_rules
        elif kind == "bounds":
            _bound(night, stage)
        else:
            _ACTS[kind](night, stage)
            if stage.rounder is not None:
                night.round(stage.rounder, rules.currency)
        if kind in looked_back_at:
            night.after[kind] = night.value
    return night


def winners_of(rules: ProductRules, plans: Sequence[NightPlan], kind: str) -> list[NightRules]:
    """The winners of which a stage of a night takes its own: before the derived stage those of the plan at the root of
    the chain.
    """
    if kind in rules.source.after_derived:
        return [plan.own_rules for plan in plans]
    return [plan.root_rules for plan in plans]


def _base(night: Making, stage: PlacedStage) -> None:
    del stage
    minor, words = night.base
    value, rules = Exact(minor), night.rules
    if night.plan.links:
        words = f"{words} of plan {rules.plan}".lstrip()
    if rules.source.book.book.base_per == "person":
        adults = night.adults
        if adults is None:
            raise InputError("adults is not given, and base prices of the book are per person; give adults")
        value = value.times(adults)
        words = f"{words} {count(adults, 'guest')} at {money(minor, rules.currency)}".lstrip()
    night.lines.append(("base", "", words, ZERO, None, value))
    night.value = value


def _derive(night: Making, stage: PlacedStage) -> None:
    """From the plan at the root, whose stage ends here as well, over each plan of the chain."""
    if stage.rounder is not None:
        night.round(stage.rounder, night.rules.currency)
    for (_, rule), rules in night.plan.links:
        if rule.percent is not None:
            night.times("derived", percent_parts(rule.percent), rule.name)
        if rule.amount:
            amount = rules.minor(rule.amount)
            night.add("derived", amount, rule.name, signed(amount, rules.currency))
        if stage.rounder is not None:
            night.round(stage.rounder, rules.currency)


def _season(night: Making, stage: PlacedStage) -> None:
    if stage.of == "running":
        for name, parts in night.won.changes:
            night.times("season", parts, name)
        return
    base, value = night.after[stage.of], night.value
    for name, (share, factor, text) in night.won.changes:
        night.lines.append(("season", name, text, base, factor, base * share))
        value = value + base * share
    night.value = value
    if value.is_negative:
        night.become("season", ZERO, "", "not below 0")


def _table_of(rules: ProductRules) -> Table | None:
    """The demand rule of products of a scope, prepared once."""
    if "demand" not in rules.prepared:
        best = rules.best["demand"]
        rules.prepared["demand"] = None if best is None else _table(best[1])
    found: Table | None = rules.prepared["demand"]
    return found


def _table(rule: Rule) -> Table | None:
    if not isinstance(rule, Demand):
        return None
    edges = [edge * 100 for edge in rule.fill]
    fills = tuple([int(edge) if edge == int(edge) else edge for edge in edges])
    return Table(rule.name, fills, rule.lead_days, tuple([tuple(map(percent_parts, row)) for row in rule.percent]))


def _demand(night: Making, stage: PlacedStage) -> None:
    table = night.table
    if table is not None:
        fill, lead = night.cell
        night.told_at = len(night.lines)
        night.times("demand", table.percents[fill][lead], table.name, night.of(stage.of), _TOLD)


def _override(night: Making, stage: PlacedStage) -> None:
    del stage
    fixed, percent_bp, _, _ = night.won.overrides
    if fixed is not None:
        night.become("override", Exact(fixed), "", f"fixed at {money(fixed, night.rules.currency)}")
    elif percent_bp is not None:
        text = f"{'+' if percent_bp >= 0 else ''}{percent_of_bp(percent_bp)} %"
        night.times("override", (Exact(percent_bp, 10_000), Exact(10_000 + percent_bp, 10_000), text), "")


def _bound(night: Making, stage: PlacedStage) -> None:
    """Inside the bounds; where the stage rounds, on the nearest permitted price inside. The floor wins."""
    rules, rounder, won = night.rules, stage.rounder, night.won
    if rounder is not None:
        night.round(rounder, rules.currency)
    if won.overrides.fixed is not None:
        return
    value = bounded = night.value
    words = ""
    # A price that is permitted lies inside a limit or beyond it, wherever the next permitted one is.
    ceiling, floor = night.begun.limits or _limits(night)
    if ceiling is not None and ceiling[0] < bounded:
        bounded, words = _permitted(ceiling[0], rounder, RoundingMode.FLOOR), ceiling[1]
    if floor is not None and bounded < floor[0]:
        bounded, words = _permitted(floor[0], rounder, RoundingMode.CEILING), floor[1]
    if words and bounded != value:
        night.bounded = True
        night.become("bounds", bounded, won.bounds[1].name if won.bounds and "override" not in words else "", words)


def _permitted(limit: Exact, rounder: Rounder | None, mode: RoundingMode) -> Exact:
    """The nearest permitted price inside a limit."""
    return limit if rounder is None else Exact(rounded_by(rounder._replace(mode=mode), limit))


def _limits(night: Making) -> Limits:
    """Ceiling and floor of a night, which no question changes; remembered."""
    won = night.won
    sides: Sides = ((), ()) if won.bounds is None else sides_of(night.rules, won.bounds[1])
    ceiling = _limit(night, "ceiling", won.overrides.ceiling, sides[1])
    floor = _limit(night, "floor", won.overrides.floor, sides[0])
    night.begun.limits = ceiling, floor
    return ceiling, floor


def _limit(night: Making, name: str, minor: int | None, side: Side) -> Limit | None:
    """The exact floor or ceiling of a night with its words; a dated override replaces that of the rule."""
    if minor is not None:
        return Exact(minor), f"override {name} {money(minor, night.rules.currency)}"
    limit: Limit | None = None
    for share, amount, words in side:
        value = night.after["base"] * amount if share else amount
        if limit is None or (limit[0] < value if name == "floor" else value < limit[0]):
            limit = value, words
    return limit


#: What a rule says of a floor or ceiling: (whether it is a share of the base, the share or the amount, words).
Side = tuple[tuple[bool, Exact, str], ...]
#: Floor and ceiling.
Sides = tuple[Side, Side]


def sides_of(rules: ProductRules, rule: Bounds) -> Sides:
    """Floor and ceiling of a rule in the hotel's currency, prepared once."""
    found: Sides | None = rules.prepared.get(id(rule))
    if found is None:
        sides = []
        for name, percent, amounts in (
            ("floor", rule.floor_percent, rule.floor), ("ceiling", rule.ceiling_percent, rule.ceiling),
        ):  # fmt: skip
            side = []
            if percent is not None:
                side.append((True, percent_parts(percent)[0], f"{name} {percent} % of base"))
            if rules.currency in amounts:
                value = rules.minor(amounts)
                side.append((False, value, f"{name} {money(value, rules.currency)}"))
            sides.append(tuple(side))
        found = rules.prepared[id(rule)] = (sides[0], sides[1])
    return found


_ACTS: Final[dict[str, Callable[[Making, PlacedStage], None]]] = {
    "base": _base,
    "season": _season,
    "demand": _demand,
    "override": _override,
}
