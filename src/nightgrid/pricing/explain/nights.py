"""The stages of a night: base, derived plan, season, demand, override, bounds, each with its lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Final

from nightgrid.errors import InputError
from nightgrid.limits import DERIVED_DEPTH_MAX, LEAD_DAYS_MAX
from nightgrid.money import RoundingMode
from nightgrid.pricing.explain.exact import ZERO, Exact
from nightgrid.pricing.explain.facts import Facts, party_of
from nightgrid.pricing.explain.lines import Account, Line, percent_parts, rounded_by
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.words import count, money, percent_of_bp, signed
from nightgrid.pricing.model import Bounds, Demand, Derived
from nightgrid.pricing.pipelines import PlacedStage, Rounder

#: A limit of a night and its words.
Limit = tuple[Exact, str]
#: A derivation that wins a night, and the rules of the plan that it makes.
Link = tuple[tuple[int, Derived], ProductRules]


class Night(Account):
    """One night of one product while its price is made. `after` holds the amount after each stage."""

    __slots__ = ("after", "facts", "index", "ordinal", "own", "rules")

    def __init__(self, rules: ProductRules, facts: Facts, index: int) -> None:
        self.ordinal = facts.ordinals[index]
        super().__init__(facts.days[index])
        self.own = rules
        self.rules = rules  # those of the plan that it is derived from, until the derived stage
        self.facts = facts
        self.index = index
        self.after: dict[str, Exact] = {}

    def of(self, base: str) -> Exact | None:
        """The amount that a stage's percents are of; None for the running one."""
        return None if base == "running" else self.after[base]


def price_night(rules: ProductRules, facts: Facts, index: int) -> Night:
    """Make the price of one night of a stay, with its lines."""
    night = Night(rules, facts, index)
    links = links_of(rules, night.ordinal)
    if links:
        night.rules = _parent(links[0][1], links[0][0][1])
    for stage in rules.source.night_stages:
        if stage.kind == "derived":
            _derive(night, links, stage)
            night.rules = rules
        elif stage.kind == "bounds":
            _bound(night, stage)
        else:
            _ACTS[stage.kind](night, stage)
            if stage.rounder is not None:
                night.round(stage.rounder, rules.currency)
        night.after[stage.kind] = night.value
    return night


def rules_at(rules: ProductRules, ordinal: int, kind: str) -> ProductRules:
    """The rules that a stage of a night asks: before the derived stage those of the plan at the root of the chain."""
    placed = rules.source.placed
    links = links_of(rules, ordinal)
    if not links or placed.index(kind) > placed.index("derived"):
        return rules
    return _parent(links[0][1], links[0][0][1])


def links_of(rules: ProductRules, ordinal: int) -> list[Link]:
    """The derivations that lead to a plan on a night, the first from the root."""
    links: list[Link] = []
    if not rules.source.has_derived:
        return links
    current = rules
    while (won := current.night(ordinal).derived) is not None:
        links.append((won, current))
        if len(links) > DERIVED_DEPTH_MAX:
            raise InputError(
                f"plan {rules.plan} is derived over more than {DERIVED_DEPTH_MAX} plans; shorten the chain"
            )
        current = _parent(current, won[1])
    return links[::-1]


def _parent(rules: ProductRules, rule: Derived) -> ProductRules:
    parent = rules.plan_product(rule.from_plan)
    if parent is None:
        raise InputError(f"plan {rules.plan} is derived from {rule.from_plan}, which its room type does not have")
    return parent


def _base(night: Night, stage: PlacedStage) -> None:
    del stage
    source, party = night.rules.source, party_of(night.facts, night.rules)
    minor, words = night.rules.base(night.ordinal, party.adults)
    value = Exact(minor)
    plan = f"of plan {night.rules.plan}" if night.rules is not night.own else ""
    detail = " ".join(filter(None, (words, plan)))
    if source.book.book.base_per == "person":
        if party.adults is None:
            raise InputError("adults is not given, and base prices of the book are per person; give adults")
        value = value.times(party.adults)
        detail = " ".join(
            filter(None, (detail, f"{count(party.adults, 'guest')} at {money(minor, night.rules.currency)}"))
        )
    night.add("base", value, "", detail)


def _derive(night: Night, links: list[Link], stage: PlacedStage) -> None:
    """From the plan at the root, whose stage ends here as well, over each plan of the chain."""
    if stage.rounder is not None:
        night.round(stage.rounder, night.rules.currency)
    for (_, rule), rules in links:
        if rule.percent is not None:
            night.times("derived", rule.percent, rule.name)
        if rule.amount:
            amount = rules.minor(rule.amount)
            night.add("derived", amount, rule.name, signed(amount, rules.currency))
        if stage.rounder is not None:
            night.round(stage.rounder, rules.currency)


def _season(night: Night, stage: PlacedStage) -> None:
    if stage.of == "running":
        for _, season in night.rules.night(night.ordinal).seasons:
            night.times("season", season.percent, season.name)
        return
    base, value = night.after[stage.of], night.value
    for _, season in night.rules.night(night.ordinal).seasons:
        share, factor, text = percent_parts(season.percent)
        night.lines.append(Line("season", night.night, season.name, text, base, factor, base * share))
        value = value + base * share
    night.value = value
    if value.is_negative:
        night.become("season", ZERO, "", "not below 0")


def _demand(night: Night, stage: PlacedStage) -> None:
    best = night.rules.best["demand"]
    if best is None or not isinstance(best[1], Demand):
        return
    rule, facts = best[1], night.facts
    fill_bp = facts.fill_bp[night.index]
    lead_days = facts.lead_days
    if night.rules.source.book.book.lead_of == "night":
        lead_days = min(facts.asked.lead_days + night.index, LEAD_DAYS_MAX)
    fills: tuple[Decimal, ...] | None = night.rules.prepared.get(id(rule))
    if fills is None:
        fills = night.rules.prepared[id(rule)] = tuple([edge * 100 for edge in rule.fill])
    row = bisect_right(fills, fill_bp) - 1
    column = bisect_right(rule.lead_days, lead_days) - 1
    night.times("demand", rule.percent[row][column], rule.name, night.of(stage.of), _told(fill_bp, lead_days))


@lru_cache(maxsize=4096)
def _told(fill_bp: int, lead_days: int) -> str:
    return f", house {percent_of_bp(fill_bp)} % full, {count(lead_days, 'day')} before"


def _override(night: Night, stage: PlacedStage) -> None:
    del stage
    fixed = night.rules.override("fixed", night.ordinal)
    if fixed is not None:
        night.become("override", Exact(fixed), "", f"fixed at {money(fixed, night.rules.currency)}")
        return
    percent_bp = night.rules.override("percent", night.ordinal)
    if percent_bp is not None:
        share, factor = Exact(percent_bp, 10_000), Exact(10_000 + percent_bp, 10_000)
        base = night.value
        text = f"{'+' if percent_bp >= 0 else ''}{percent_of_bp(percent_bp)} %"
        night.lines.append(Line("override", night.night, "", text, base, factor, base * share))
        night.value = base + base * share


def _bound(night: Night, stage: PlacedStage) -> None:
    """Inside the bounds; where the stage rounds, on the nearest permitted price inside. The floor wins."""
    rules, rounder = night.rules, stage.rounder
    if rounder is not None:
        night.round(rounder, rules.currency)
    overrides = rules.source.has_overrides
    if overrides and rules.override("fixed", night.ordinal) is not None:
        return
    won = rules.night(night.ordinal).bounds
    floor, ceiling = _limits(night, won, overrides)
    bounded, words = night.value, ""
    # A price that is permitted lies inside a limit or beyond it, wherever the next permitted one is.
    if ceiling is not None and ceiling[0] < bounded:
        bounded, words = _permitted(ceiling[0], rounder, RoundingMode.FLOOR), ceiling[1]
    if floor is not None and bounded < floor[0]:
        bounded, words = _permitted(floor[0], rounder, RoundingMode.CEILING), floor[1]
    if words and bounded != night.value:
        night.become("bounds", bounded, won[1].name if won and "override" not in words else "", words)


def _permitted(limit: Exact, rounder: Rounder | None, mode: RoundingMode) -> Exact:
    """The nearest permitted price inside a limit."""
    return limit if rounder is None else Exact(rounded_by(rounder._replace(mode=mode), limit))


def _limits(night: Night, won: tuple[int, Bounds] | None, overrides: bool) -> tuple[Limit | None, Limit | None]:
    """The exact floor and ceiling of a night, each with its words; a dated override replaces that of the rule."""
    rules = night.rules
    sides: Sides = ((), ()) if won is None else sides_of(rules, won[1])
    found: list[Limit | None] = []
    for name, side in zip(("floor", "ceiling"), sides, strict=True):
        minor = rules.override(name, night.ordinal) if overrides else None
        if minor is not None:
            found.append((Exact(minor), f"override {name} {money(minor, rules.currency)}"))
            continue
        limit: Limit | None = None
        for share, amount, words in side:
            value = night.after["base"] * amount if share else amount
            if limit is None or (limit[0] < value if name == "floor" else value < limit[0]):
                limit = value, words
        found.append(limit)
    return found[0], found[1]


#: What a rule says of floor and ceiling: (whether it is a share of the base, the share or the amount, words).
Sides = tuple[tuple[tuple[bool, Exact, str], ...], tuple[tuple[bool, Exact, str], ...]]


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


_ACTS: Final[dict[str, Callable[[Night, PlacedStage], None]]] = {
    "base": _base,
    "season": _season,
    "demand": _demand,
    "override": _override,
}
