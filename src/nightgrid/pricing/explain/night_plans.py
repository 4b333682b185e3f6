"""Whose rules make a night, and the price of a night while it is made."""

from __future__ import annotations

from typing import Final

from nightgrid.errors import InputError
from nightgrid.limits import DERIVED_DEPTH_MAX
from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.explain.lines import Account
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
    """The price of nights that are alike while it is made. `after` holds the amount after each stage."""

    __slots__ = ("adults", "after", "base", "begun", "fill_bp", "lead_days", "limits", "plan", "rules", "won")

    def __init__(self, plan: NightPlan, base: Base, adults: int | None) -> None:
        super().__init__(None)
        self.plan = plan
        self.rules = plan.root  # those of the plan that it is derived from, until the derived stage
        self.won = plan.root_rules
        self.base = base
        self.adults = adults
        self.fill_bp = self.lead_days = 0  # nobody has asked yet
        self.after: dict[str, Exact] = {}
        self.begun = self  # what no question changes
        self.limits: Limits | None = None  # floor and ceiling, once they are known

    def asked(self, fill_bp: int, lead_days: int) -> Making:
        """The same, to be made to its end for a question."""
        found = _unmade(Making)
        found.night, found.lines, found.value = None, self.lines.copy(), self.value
        found.plan, found.rules, found.won = self.plan, self.rules, self.won
        found.base, found.adults, found.after = self.base, self.adults, self.after.copy()
        found.fill_bp, found.lead_days = fill_bp, lead_days
        found.begun, found.limits = self, None
        return found

    def of(self, base: str) -> Exact | None:
        """The amount that a stage's percents are of; None for the running one."""
        return None if base == "running" else self.after[base]


_unmade: Final = object.__new__


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
