"""One night through its stages: base, derived plan, seasons, demand, override, bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracles import rules
from tests.oracles.money import factor, rational
from tests.oracles.nights import as_date
from tests.oracles.pricebook.guests import party_of
from tests.oracles.pricebook.pipeline import Stage
from tests.oracles.pricebook.rounding import Rounding
from tests.oracles.pricebook.world import Refused, Step, World, strongest
from tests.oracles.prices import clamp_exact
from tests.oracles.rules import Rule

CHAIN_MAX = 8
Line = Mapping[str, Any]


def night_amounts(
    world: World, night: date, trace: list[Step], until: str | None = None, children: tuple[str, ...] = ()
) -> dict[str, Fraction]:
    """Stage -> the night's amount after it, in the order of the pipeline, up to and including `until`.

    A derived plan starts at its derived stage, from its parent's amount after that parent's own derived stage; the
    stages before it are those of its root.
    """
    amounts: dict[str, Fraction] = {}
    running = Fraction(0)
    stages = world.pipeline.of_nights()
    derived = strongest([rule for _, rule in world.within_reach("derived")], night)
    if derived is not None and "derived" in world.pipeline:
        amounts = parent_amounts(world, derived, night, children)
        running = derive(world, derived, amounts["derived"])
        trace.append(Step("derived", derived["name"], night, amounts["derived"], running))
        place = [stage.kind for stage in stages].index("derived")
        stage = stages[place]
        amounts["derived"] = running = rounded(stage, night, running, trace) if stage.round else running
        stages = stages[place + 1 :] if until != "derived" else []

    for stage in stages:
        of = running if stage.of == "running" else amounts.get(stage.of, running)
        if stage.kind == "base":
            running = base_amount(world, night)
            trace.append(Step("base", "", night, Fraction(0), running))
        elif stage.kind == "season":
            running = seasons(world, night, running, None if stage.of == "running" else of, trace)
        elif stage.kind == "demand":
            running = demand(world, night, running, of, trace)
        elif stage.kind == "override":
            running = override(world, night, running, trace)
        elif stage.kind == "bounds":
            running = bounds(world, night, running, amounts["base"], stage.round, trace)
        if stage.round is not None and stage.kind != "bounds":
            running = rounded(stage, night, running, trace)
        amounts[stage.kind] = running
        if stage.kind == until:
            break
    return amounts


def rounded(stage: Stage, night: date, running: Fraction, trace: list[Step]) -> Fraction:
    """The amount as the pipeline rounds it after a stage."""
    after = Fraction(stage.round(running))
    trace.append(Step("round", stage.kind, night, running, after))
    return after


# Base


def base_amount(world: World, night: date) -> Fraction:
    """By date and by guests, for the room or for each person."""
    party = party_of(world)
    minor = base_minor(world, night, None if party is None else party.adults)
    if (world.book.get("book") or {}).get("base_per", "room") == "room":
        return Fraction(minor)
    if party is None:
        raise ValueError("adults is not given, and this book prices each person")
    return Fraction(minor * party.adults)


def base_minor(world: World, night: date, guests: int | None) -> int:
    """The latest line for this size of party; else for the next larger size; else for any; else the catalogue's."""
    by_size: dict[int | None, int] = {}
    for line in world.data.base_prices:
        if covers(line, world, night):
            by_size[line.get("guests")] = line["base_minor"]  # a later line replaces an earlier one
    sizes = sorted(size for size in by_size if size is not None)
    if guests is not None:
        for size in sizes:
            if size >= guests:
                return by_size[size]
    if None in by_size:
        return by_size[None]
    if guests is not None and sizes:
        raise Refused("TOO_MANY_GUESTS")
    return world.product["base_minor"]


def covers(line: Line, world: World, night: date) -> bool:
    """A line of data is about this product and night; no plan given is every plan."""
    return (
        line["hotel_id"] == world.hotel["hotel_id"]
        and line["room_type_id"] == world.product["room_type_id"]
        and line.get("plan_id") in (None, world.plan)
        and as_date(line["first_night"]) <= night <= as_date(line["last_night"])
    )


# Derived plans


def parent_amounts(world: World, rule: Rule, night: date, children: tuple[str, ...]) -> dict[str, Fraction]:
    """The parent plan's night, up to its own derived stage."""
    chain = (*children, world.plan)
    parent = world.sibling(rule["from_plan"])
    if parent is None:
        raise ValueError(f"derived {rule['name']!r}: {world.place} has no plan {rule['from_plan']!r}")
    if rule["from_plan"] in chain or len(chain) > CHAIN_MAX:
        raise ValueError(f"derived {rule['name']!r}: {' <- '.join(chain)} is a circle or longer than {CHAIN_MAX}")
    return night_amounts(parent, night, [], until="derived", children=chain)


def derive(world: World, rule: Rule, parent: Fraction) -> Fraction:
    """Percent of the parent, then the amount."""
    running = parent * factor(rule.get("percent") or 0)
    if "amount" in rule:
        running += world.money(rule["amount"])
    return max(Fraction(0), running)


# Season, demand


def seasons(world: World, night: date, running: Fraction, of: Fraction | None, trace: list[Step]) -> Fraction:
    """The winner of each group: they multiply where their percents are of the running amount (`of` None), and add
    where they are of an earlier one.
    """
    winners = rules.winning_seasons(world.book, world.hotel, world.place, night, world.data.holidays)
    before = running
    for season in winners.values():
        running += (running if of is None else of) * rational(season["percent"]) / 100
    running = max(Fraction(0), running)
    if winners:
        trace.append(Step("season", ", ".join(season["name"] for season in winners.values()), night, before, running))
    return running


def demand(world: World, night: date, running: Fraction, of: Fraction, trace: list[Step]) -> Fraction:
    """The cell of house fill and lead time."""
    rule = world.best("demand")
    if rule is None:
        return running
    offset = (night - world.stay.arrival).days
    fill_bp = world.stay.fill_bp[offset] if offset < len(world.stay.fill_bp) else 0
    lead_days = world.lead_days
    if (world.book.get("book") or {}).get("lead_of", "arrival") == "night":
        lead_days = min(world.stay.lead_days + offset, rules.LEAD_DAYS_MAX)
    row = last_edge([rational(edge) * 100 for edge in rule.get("fill") or [0]], fill_bp)
    column = last_edge(rule.get("lead_days") or [0], lead_days)
    after = max(Fraction(0), running + of * rational(rule["percent"][row][column]) / 100)
    trace.append(Step("demand", rule["name"], night, running, after))
    return after


def last_edge(edges: Sequence[Fraction | int], value: int) -> int:
    """The index of the last lower edge that the value reaches."""
    return max(index for index, edge in enumerate(edges) if edge <= value)


# Overrides and bounds


def latest_override(world: World, night: date, kind: str) -> Line | None:
    """The last line of a kind that is about this night."""
    found = [line for line in world.data.price_overrides if line["kind"] == kind and covers(line, world, night)]
    return found[-1] if found else None


def override(world: World, night: date, running: Fraction, trace: list[Step]) -> Fraction:
    """A fixed price, else a percent. Floors and ceilings act in the stage of the bounds."""
    fixed, percent = (latest_override(world, night, kind) for kind in ("fixed", "percent"))
    if fixed is not None:
        after = Fraction(fixed["amount_minor"])
    elif percent is not None:
        after = running * factor(percent["percent"])
    else:
        return running
    trace.append(Step("override", "fixed" if fixed is not None else "percent", night, running, after))
    return after


def bounds(
    world: World, night: date, running: Fraction, base: Fraction, rounding: Rounding | None, trace: list[Step]
) -> Fraction:
    """Between floor and ceiling, and where nights are rounded here, the nearest permitted value inside. A fixed price
    has no bounds. A floor or a ceiling of the data replaces that side of the rule.
    """
    overrides = "override" in world.pipeline
    if overrides and latest_override(world, night, "fixed") is not None:
        after = Fraction(rounding(running)) if rounding else running
        trace.append(Step("round", "bounds", night, running, after))
        return after
    rule = strongest(world.candidates("bounds"), night)
    lowest, highest = sides(world, rule, base)
    if overrides:
        for kind in ("floor", "ceiling"):
            line = latest_override(world, night, kind)
            if line is not None and kind == "floor":
                lowest = Fraction(line["amount_minor"])
            elif line is not None:
                highest = Fraction(line["amount_minor"])
    if rounding is None:
        after = clamp_exact(running, lowest, highest)
    else:
        value = rounding(running)
        if highest is not None:
            value = min(value, rounding.at_most(highest))
        after = Fraction(max(value, rounding.at_least(lowest) if lowest is not None else 0))
    trace.append(Step("bounds", rule["name"] if rule else "", night, running, after))
    return after


def sides(world: World, rule: Rule | None, base: Fraction) -> tuple[Fraction | None, Fraction | None]:
    """Floor and ceiling of a rule; of a percent and an amount the tighter one."""
    floors, ceilings = [], []
    for side, found in (("floor", floors), ("ceiling", ceilings)):
        if rule is not None and rule.get(f"{side}_percent") is not None:
            found.append(base * rational(rule[f"{side}_percent"]) / 100)
        if rule is not None and world.currency in (rule.get(side) or {}):
            found.append(world.money(rule[side]))
    return max(floors, default=None), min(ceilings, default=None)
