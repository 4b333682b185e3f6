"""The rules that are for a product. Products of one scope and currency have the same, so they are sorted out once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

from nightgrid.money import exponent
from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.explain.words import listed
from nightgrid.pricing.model import (
    BEST_OF_KINDS,
    RULE_KINDS,
    Derived,
    ExtraGuests,
    LengthOfStay,
    MemberTier,
    OfferConditions,
    Package,
    Points,
    Promotion,
    Rule,
    RuleBook,
    StayPrices,
    Tax,
    Where,
)

#: Rules with their positions in the file.
Numbered = tuple[int, Rule]


def scope_keys(book: RuleBook) -> tuple[str, ...]:
    """The keys of `where` that some rule of a book gives: products that agree on them have the same rules."""
    found = {key for kind in RULE_KINDS for rule in book.rules(kind) for key, _ in rule.where.conditions()}
    return tuple(sorted(found))


class ScopedRules:
    """The rules of a book that are for products of a scope and a currency, by kind, and the best of each kind.

    `prepared` is what stages and reasons have made of them: by a name, or by the id of a rule, which the book keeps
    alive.
    """

    def __init__(self, book: RuleBook, scope: Mapping[str, str], currency: str) -> None:
        self.book = book
        self.scope = scope
        self.currency = currency
        self.inside: dict[str, list[Numbered]] = {
            kind: [each for each in enumerate(book.rules(kind)) if not self.outside(each[1])] for kind in RULE_KINDS
        }
        self.level = _level_of(self.inside) if book.book.inherit == "all_or_nothing" else None
        for kind in BEST_OF_KINDS if self.level is not None else ():
            self.inside[kind] = [each for each in self.inside[kind] if each[1].where.level == self.level]
        self.best: dict[str, Numbered | None] = {kind: self._best(kind) for kind in BEST_OF_KINDS}
        self.prepared: dict[Hashable, Any] = {}
        self._minor: dict[int, Exact] = {}
        self._digits = exponent(currency)

    def _best(self, kind: str) -> Numbered | None:
        return min(self.inside[kind], key=lambda each: (-each[1].where.level, each[0]), default=None)

    def minor(self, amounts: Mapping[str, Decimal]) -> Exact:
        """An amount of a rule in minor units of the currency."""
        found = self._minor.get(id(amounts))  # the book keeps it alive
        if found is None:
            found = self._minor[id(amounts)] = Exact(int(amounts[self.currency].scaleb(self._digits)))
        return found

    def outside(self, rule: Rule) -> str:
        """Why the products are not in the scope of a rule; "" if they are."""
        reason = _outside(rule.where, self.scope)
        if not reason and any(self.currency not in amounts for amounts in amounts_of(rule)):
            return f"no amount in {self.currency}"
        return reason


def amounts_of(rule: Rule) -> list[Mapping[str, Decimal]]:
    """The amounts by currency that a rule needs; without the hotel's currency in each it is not for the hotel."""
    found: list[Mapping[str, Decimal]] = []
    if isinstance(rule, OfferConditions):
        found.append(rule.min_spend)
    if isinstance(rule, Derived):
        found.append(rule.amount)
    elif isinstance(rule, ExtraGuests):
        found += [rule.adult, *(part for band in rule.children for part in (band.amount, band.discount))]
    elif isinstance(rule, LengthOfStay):
        found += [band.price for band in rule.bands]
    elif isinstance(rule, StayPrices):
        found += [each.price or each.price_per_night for each in rule.lengths]
    elif isinstance(rule, MemberTier):
        found += [*rule.amount.values(), *rule.price.values()]
    elif isinstance(rule, Promotion):
        found += [rule.off, rule.off_per_night, rule.price, rule.price_per_night, rule.max_off, rule.floor]
        found.append(rule.floor_per_night)
        found += [part for step in rule.spend for part in (step.from_amount, step.off)]
    elif isinstance(rule, Package):
        found.append(rule.price)
    elif isinstance(rule, Points):
        found.append(rule.rate.value)
    elif isinstance(rule, Tax):
        found.append(rule.amount)
        if rule.brackets:
            found += [rule.brackets.from_amount, rule.brackets.to_amount]
    return [amounts for amounts in found if amounts]


def _outside(where: Where, scope: Mapping[str, str]) -> str:
    for key, values in where.conditions():
        if scope[key] not in values:
            return f"other scope: {key} is {scope[key] or 'not given'}, not {listed(values)}"
    return ""


def _level_of(inside: Mapping[str, list[Numbered]]) -> int | None:
    levels = [rule.where.level for kind in BEST_OF_KINDS for _, rule in inside[kind]]
    return max(levels, default=None)
