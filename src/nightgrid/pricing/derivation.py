"""Derived plans: which rule makes a plan of which parent on each night, and that every chain of plans ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nightgrid.catalog import Catalog
from nightgrid.limits import DERIVED_DEPTH_MAX
from nightgrid.money import parse_minor
from nightgrid.pricing.fields import basis_points, shown
from nightgrid.pricing.mistakes import mistake_at, refused
from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.scopes import ProductClasses
from nightgrid.pricing.seasons import WHOLE_BP, smallest_den
from nightgrid.pricing.winners import nights_where, winners_by_night

Words = npt.NDArray[np.int64]
_LISTED = 20


@dataclass(frozen=True, slots=True)
class DerivedTables:
    """set_of_class [class] int64; rule [set, night] position, -1 none; terms [rule, 2 + currencies]: percent over den,
    column of plan_product, amount in minor units; plan_product [room type, plan]; chain: the longest.
    """

    set_of_class: Words
    rule: Words
    terms: Words
    plan_product: Words
    den: int
    chain: int


def plan_products(catalog: Catalog, plans: list[str]) -> Words:
    """The product that sells each plan of each room type: int64 [room type, plan], -1 none."""
    found = np.full((catalog.n_rows, max(len(plans), 1)), -1, np.int64)
    ids = np.array(catalog.plan_ids, dtype=object)
    for column, plan in enumerate(plans):
        products = np.flatnonzero(ids == plan)
        found[catalog.product_row[products], column] = products
    return found


def compile_derived(
    book: RuleBook, classes: ProductClasses, reach: Any, catalog: Catalog, window: tuple[int, int]
) -> DerivedTables:
    """The tables. RuleBookError for a plan whose parent the room type does not have, a circle, or a chain too long."""
    rules = book.derived
    order = sorted(range(len(rules)), key=lambda at: rules[at].rank(at))
    ranked = [(at, reach.of("derived", at), nights_where(rules[at].dates, (), *window)) for at in order]
    set_of_class, winner = winners_by_night(ranked, classes.n_classes, window[1])
    plans = list(dict.fromkeys(rule.from_plan for rule in rules))
    plan_product = plan_products(catalog, plans)
    den = smallest_den([basis_points(rule.percent or 0) for rule in rules])  # type: ignore[arg-type]
    terms = np.zeros((max(len(rules), 1), 2 + len(catalog.currencies)), np.int64)
    for position, rule in enumerate(rules):
        terms[position, 0] = basis_points(rule.percent) * den // WHOLE_BP if rule.percent is not None else 0
        terms[position, 1] = plans.index(rule.from_plan)
        for column, currency in enumerate(catalog.currencies):
            if currency in rule.amount:
                terms[position, 2 + column] = parse_minor(rule.amount[currency], currency)
    tables = DerivedTables(set_of_class.astype(np.int64), winner, terms, plan_product, den, 0)
    chain = _chain(book, tables, classes.of_product, catalog) if rules else 0
    return DerivedTables(tables.set_of_class, winner, terms, plan_product, den, chain)


def _chain(book: RuleBook, tables: DerivedTables, of_product: Any, catalog: Catalog) -> int:
    """The longest chain; every night's rules are followed for all products at once, runs of equal nights once."""
    derived_set = tables.set_of_class[of_product]
    longest = 0
    mistakes: dict[tuple[int, str], str] = {}
    for night in np.unique(tables.rule, axis=1, return_index=True)[1].tolist():
        rule = tables.rule[:, night][derived_set]
        product = np.flatnonzero(rule >= 0)
        at = product
        for depth in range(1, DERIVED_DEPTH_MAX + 2):
            if not len(at):
                break
            longest = max(longest, depth)
            parent = tables.plan_product[catalog.product_row[at], tables.terms[rule[at], 1]]
            for missing in at[parent < 0][:_LISTED].tolist():
                position = int(rule[missing])
                name = _name(catalog, missing)
                plan = shown(book.derived[position].from_plan)
                mistakes.setdefault((position, name), f"{name} has no plan {plan} to derive from")
            if depth > DERIVED_DEPTH_MAX:
                for end in product[parent >= 0][:_LISTED].tolist():
                    name = _name(catalog, int(end))
                    problem = f"{name} is derived in a circle, or over more than {DERIVED_DEPTH_MAX} steps"
                    mistakes.setdefault((int(rule[end]), name), problem)
                break
            product, at = product[parent >= 0], parent[parent >= 0]
            going = rule[at] >= 0
            product, at = product[going], at[going]
    if mistakes:
        fix = "Derive it from a plan that the room type has, or keep the room type out with where"
        raise refused(
            book,
            [
                mistake_at(book, ("derived", position, "from_plan"), problem, fix)
                for (position, _), problem in list(mistakes.items())[:_LISTED]
            ],
        )
    return longest


def _name(catalog: Catalog, product: int) -> str:
    row = int(catalog.product_row[product])
    return f"{catalog.hotel_ids[int(catalog.row_hotel[row])]}/{catalog.room_type_ids[row]}/{catalog.plan_ids[product]}"
