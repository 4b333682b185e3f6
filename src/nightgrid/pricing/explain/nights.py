"""The stages of a night: base, derived plan, season, demand, override, bounds, each with its lines."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from nightgrid.errors import InputError
from nightgrid.limits import DERIVED_DEPTH_MAX, LEAD_DAYS_MAX
from nightgrid.money import RoundingMode
from nightgrid.nights import to_date
from nightgrid.pricing.explain.facts import Facts, party_of
from nightgrid.pricing.explain.lines import ZERO, Account, percent_parts, rounded_by
from nightgrid.pricing.explain.rules import ProductRules
from nightgrid.pricing.explain.words import count, money, percent_of_bp
from nightgrid.pricing.model import Bounds, Demand, Derived
from nightgrid.pricing.pipelines import PlacedStage

#: A limit of a night and its words.
Limit = tuple[Fraction, str]
#: A derivation that wins a night, and the rules of the plan that it makes.
Link = tuple[tuple[int, Derived], ProductRules]


class Night(Account):
    """One night of one product while its price is made. `after` holds the amount after each stage."""

    __slots__ = ("after", "facts", "index", "ordinal", "own", "rules")

    def __init__(self, rules: ProductRules, facts: Facts, index: int) -> None:
        self.ordinal = facts.ordinals[index]
        super().__init__(to_date(self.ordinal))
        self.own = rules
        self.rules = rules  # those of the plan that it is derived from, until the derived stage
        self.facts = facts
        self.index = index
        self.after: dict[str, Fraction] = {}

    def of(self, base: str) -> Fraction | None:
        """The amount that a stage's percents are of; None for the running one."""
        return None if base == "running" else self.after[base]


def price_night(rules: ProductRules, facts: Facts, index: int) -> Night:
    """Make the price of one night of a stay, with its lines."""
    placed = rules.source.placed
    night = Night(rules, facts, index)
    links = links_of(rules, night.ordinal)
    if links:
        night.rules = _parent(links[0][1], links[0][0][1])
    for stage in placed.stages:
        if not stage.is_night:
            break
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
    if rules.source.placed.index("derived") < 0 or not rules.source.book.derived:
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
    value = Fraction(minor)
    plan = f"of plan {night.rules.plan}" if night.rules is not night.own else ""
    detail = " ".join(filter(None, (words, plan)))
    if source.book.book.base_per == "person":
        if party.adults is None:
            raise InputError("adults is not given, and base prices of the book are per person; give adults")
        value *= party.adults
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
            night.add("derived", amount, rule.name, f"{'+' if amount >= 0 else ''}{money(amount, rules.currency)}")
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
        night.lines.append(("season", night.night, season.name, text, base, factor, base * share))
        value += base * share
    night.value = value
    if value < 0:
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
    row = max(at for at, edge in enumerate(rule.fill) if edge * 100 <= fill_bp)
    column = max(at for at, edge in enumerate(rule.lead_days) if edge <= lead_days)
    told = f", house {percent_of_bp(fill_bp)} % full, {count(lead_days, 'day')} before"
    night.times("demand", rule.percent[row][column], rule.name, night.of(stage.of), told)


def _override(night: Night, stage: PlacedStage) -> None:
    del stage
    fixed = night.rules.override("fixed", night.ordinal)
    if fixed is not None:
        night.become("override", Fraction(fixed), "", f"fixed at {money(fixed, night.rules.currency)}")
        return
    percent_bp = night.rules.override("percent", night.ordinal)
    if percent_bp is not None:
        share = Fraction(percent_bp, 10_000)
        base = night.value
        text = f"{'+' if percent_bp >= 0 else ''}{percent_of_bp(percent_bp)} %"
        night.lines.append(("override", night.night, "", text, base, 1 + share, base * share))
        night.value = base + base * share


def _bound(night: Night, stage: PlacedStage) -> None:
    """Inside the bounds; where the stage rounds, on the nearest permitted price inside. The floor wins."""
    rules, rounder = night.rules, stage.rounder
    if rounder is not None:
        night.round(rounder, rules.currency)
    overrides = rules.source.placed.index("override") >= 0
    if overrides and rules.override("fixed", night.ordinal) is not None:
        return
    won = rules.night(night.ordinal).bounds
    floor, ceiling = _limits(night, won[1] if won else None, overrides)
    bounded, words = night.value, ""
    if ceiling is not None:
        highest = ceiling[0]
        if rounder is not None:
            highest = Fraction(rounded_by(rounder._replace(mode=RoundingMode.FLOOR), highest))
        if bounded > highest:
            bounded, words = highest, ceiling[1]
    if floor is not None:
        lowest = floor[0]
        if rounder is not None:
            lowest = Fraction(rounded_by(rounder._replace(mode=RoundingMode.CEILING), lowest))
        if bounded < lowest:
            bounded, words = lowest, floor[1]
    if bounded != night.value:
        night.become("bounds", bounded, won[1].name if won and "override" not in words else "", words)


def _limits(night: Night, rule: Bounds | None, overrides: bool) -> tuple[Limit | None, Limit | None]:
    """The exact floor and ceiling of a night, each with its words; a dated override replaces that of the rule."""
    found: list[Limit | None] = []
    for name in ("floor", "ceiling"):
        minor = night.rules.override(name, night.ordinal) if overrides else None
        if minor is not None:
            found.append((Fraction(minor), f"override {name} {money(minor, night.rules.currency)}"))
            continue
        limits: list[Limit] = []
        if rule is not None:
            percent, amounts = (
                (rule.floor_percent, rule.floor) if name == "floor" else (rule.ceiling_percent, rule.ceiling)
            )
            if percent is not None:
                limits.append((night.after["base"] * Fraction(percent) / 100, f"{name} {percent} % of base"))
            if night.rules.currency in amounts:
                value = night.rules.minor(amounts)
                limits.append((value, f"{name} {money(value, night.rules.currency)}"))
        tighter = max if name == "floor" else min
        found.append(tighter(limits, key=lambda limit: limit[0], default=None))
    return found[0], found[1]


_ACTS: Final[dict[str, Callable[[Night, PlacedStage], None]]] = {
    "base": _base,
    "season": _season,
    "demand": _demand,
    "override": _override,
}
