"""Whose rules make a night, and the price of a night while it is made."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from nightgrid.errors import InputError
from nightgrid.limits import DERIVED_DEPTH_MAX
from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.explain.lines import Account, Parts
from nightgrid.pricing.explain.rules import NightRules, ProductRules
from nightgrid.pricing.model import Derived

#: A limit of a night and its words.
Limit = tuple[Exact, str]
#: Ceiling and floor.
Limits = tuple[Limit | None, Limit | None]
#: A derivation that wins a night, and the rules of the plan that it makes.
Link = tuple[tuple[int, Derived], ProductRules]
#: A base price in minor units, and for whom it is given.
Base = tuple[int, str]
#: The place of a night in a demand table: of the band of fill, of the band of lead.
Cell = tuple[int, int]


class Table(NamedTuple):
    """A demand rule, prepared: edges of fill in basis points, edges of lead, and the percents between them."""

    name: str
    fills: tuple[int | Decimal, ...]
    leads: tuple[int, ...]
    percents: tuple[tuple[Parts, ...], ...]


class NightPlan:
    """Whose rules make a night of a product, before anybody asks: `links` are the derivations that lead to its plan,
    the first from the root; `root` and `root_rules` act until the derived stage, `own_rules` from there on. Nights
    that are alike share one. `begun` are prices as far as no question changes them, by base price and adults.
    """

    __slots__ = ("begun", "links", "own_rules", "root", "root_rules")

    def __init__(self, rules: ProductRules, ordinal: int) -> None:
        self.links = links_of(rules, ordinal)
        self.root = parent_of(self.links[0][1], self.links[0][0][1]) if self.links else rules
        self.own_rules = rules.night(ordinal)
        self.root_rules = self.root.night(ordinal)
        self.begun: dict[tuple[Base, int | None], Making] = {}

    def key(self, ordinal: int) -> tuple[NightRules, ...]:
        """What makes two nights alike."""
        return (self.root_rules, *[rules.night(ordinal) for _, rules in self.links])


class Making(Account):
    """The price of nights that are alike while it is made. `after` holds the amount after each stage.

    What a question decides is the `cell` of the demand `table`; `cells` are the nights that were made to their end, by
    that cell. The line at `told_at` has to say what was asked.
    """

    __slots__ = (
        "adults", "after", "base", "begun", "bounded", "cell", "cells", "limits", "plan", "rules", "table", "told_at",
        "won",
    )  # fmt: skip

    def __init__(self, plan: NightPlan, base: Base, adults: int | None) -> None:
        super().__init__(None)
        self.plan = plan
        self.rules = plan.root  # those of the plan that it is derived from, until the derived stage
        self.won = plan.root_rules
        self.base = base
        self.adults = adults
        self.table: Table | None = None  # of the rules that act at the demand stage
        self.cell: Cell = (-1, -1)
        self.cells: dict[Cell, Making] = {}
        self.told_at = 0
        self.bounded = False  # bounds changed it
        self.after: dict[str, Exact] = {}
        self.begun = self  # what no question changes
        self.limits: Limits | None = None  # floor and ceiling, once they are known

    def in_cell(self, cell: Cell) -> Making:
        """The same, to be made to its end."""
        found = Making(self.plan, self.base, self.adults)
        found.lines, found.value, found.after = self.lines.copy(), self.value, self.after.copy()
        found.rules, found.won, found.bounded = self.rules, self.won, self.bounded
        found.table, found.cell, found.begun = self.table, cell, self
        return found

    def of(self, base: str) -> Exact | None:
        """The amount that a stage's percents are of; None for the running one."""
        return None if base == "running" else self.after[base]


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
        current = parent_of(current, won[1])
    return links[::-1]


def parent_of(rules: ProductRules, rule: Derived) -> ProductRules:
    """The rules of the plan that a derivation starts from."""
    parent = rules.plan_product(rule.from_plan)
    if parent is None:
        raise InputError(f"plan {rules.plan} is derived from {rule.from_plan}, which its room type does not have")
    return parent
