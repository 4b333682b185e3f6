"""The proof that every price of a book with a full pipeline can be computed: bounds from the program, at compile time.

For each group of products that a book cannot tell apart, the largest amount after every stage is followed with exact
fractions: the highest base price, every percent that raises it, every amount that is added, the fullest room, the
longest stay. An amount beyond 10^11 minor units, or a fraction that would leave the 128-bit registers of
`native/program/worth.py` (its amount times its common denominator), is a mistake that names the stage. Discounts are
left out, so a bound is never too small. What shares of single nights need is bounded in `proof_shares.py`; stages where
they may leave 128 bits are named in `Bounds.long`: the stays that do are worked out in longer numbers, whose bound is
enforced like the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.pricing.blame import Blame
from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.night_tables import Nights
from nightgrid.pricing.pipelines import Placed
from nightgrid.pricing.price_data import DataTables
from nightgrid.pricing.proof_amounts import Amount, Bounds, Group
from nightgrid.pricing.proof_nights import NightBound
from nightgrid.pricing.proof_stays import StayBound
from nightgrid.pricing.rule_sets import LISTED_KINDS, SINGLE_KINDS, Reach
from nightgrid.pricing.scopes import Indexes, ProductClasses

Columns = NDArray[np.int64]
_SHOWN: Final = 5


def prove_program(
    book: RuleBook, pipeline: Placed, classes: ProductClasses, reach: Reach, catalog: Catalog, data: DataTables,
    nights: Nights, set_of_class: Indexes, n_nights: int,
) -> Bounds:  # fmt: skip
    """Follow every group of products through the pipeline. O(groups x rules)."""
    found = Bounds(Blame(book, reach))
    singles = {kind: reach.best(kind) for kind in SINGLE_KINDS}
    lists = {kind: reach.all(kind) for kind in LISTED_KINDS}
    longest, by_night = min(STAY_NIGHTS_MAX, n_nights), pipeline.per_night is not None
    dearest: dict[tuple[int, int], tuple[Group, list[Amount]]] = {}  # nights of each set of stay rules and size of room
    for group in _groups(book, classes, catalog, data, nights, set_of_class):
        planes = NightBound(book, nights, data, group).planes(found, catalog)
        key = (int(set_of_class[group.member]), group.guests)
        known = dearest.get(key)
        if known is not None:
            group = max(group, known[0], key=lambda each: each.base)
            planes = [Amount(max(a.value, b.value), a.den) for a, b in zip(planes, known[1], strict=True)]
        dearest[key] = (group, planes)
        if len(found.mistakes) >= _SHOWN:
            return found
    for group, planes in dearest.values():
        rules: dict[str, list[Any]] = {
            kind: [book.rules(kind)[int(best[group.member])]] if best[group.member] >= 0 else []
            for kind, best in singles.items()
        }
        for kind, each in lists.items():
            rules[kind] = [book.rules(kind)[at] for at in np.flatnonzero(each[:, group.member]).tolist()]
        stay = StayBound(rules, nights, planes, group, longest, by_night=by_night)
        stay.follow(pipeline, found, catalog)
        if len(found.mistakes) >= _SHOWN:
            break
    return found


def _groups(
    book: RuleBook, classes: ProductClasses, catalog: Catalog, data: DataTables, nights: Nights, set_of_class: Indexes,
) -> Iterator[Group]:  # fmt: skip
    """One product for each combination of rules and tables, the dearest. Seasons count by the highest they give."""
    tables, of_product, rows = nights.tables, classes.of_product, catalog.product_row
    base = catalog.base_minor.astype(np.int64)
    if len(data.base_product):
        lines = np.maximum.reduceat(data.base_minor.max(axis=1), data.base_first[:-1])
        base[data.base_product] = np.maximum(base[data.base_product], lines)
    layers = (
        (data.fixed_product, data.fixed_minor), (data.floor_product, data.floor_minor),
        (data.ceiling_product, data.ceiling_minor),
    )  # fmt: skip
    amounts = [base, *(_highest(*layer, catalog.n_products) for layer in layers)]
    if book.derived:  # a night may be that of any plan of the room type
        derives = (tables.derived_rule >= 0).any(axis=1)[tables.derived_set]
        amounts = [np.where(derives, _of_rows(each, rows, catalog.n_rows), each) for each in amounts]
    currency = classes.currency[of_product]
    guests = catalog.guests_max[rows].astype(np.int64)
    seasons = (table.max(axis=1)[tables.season_set] for table in (tables.season_num, tables.season_sum))
    tables_of = (*seasons, tables.demand_rule, tables.bounds_set, tables.derived_set)
    group = np.zeros(catalog.n_products, np.int64)
    for column in (currency, set_of_class[of_product], guests, *tables_of, *amounts[1:]):
        _, number = np.unique(column, return_inverse=True)
        _, group = np.unique(group * (int(number.max()) + 1) + number.reshape(-1), return_inverse=True)
        group = group.reshape(-1).astype(np.int64)
    order = np.lexsort((amounts[0], group))
    for product in order[np.flatnonzero(np.diff(group[order], append=-1))].tolist():
        highest, *others = (int(each[product]) for each in amounts)
        code = catalog.currencies[int(currency[product])]
        yield Group(product, int(of_product[product]), highest, int(guests[product]), code, *others)


def _of_rows(values: Columns, rows: NDArray[np.integer], size: int) -> Columns:
    """The highest value of each product's room type."""
    found = np.full(size, -1, np.int64)
    np.maximum.at(found, rows, values)
    highest: Columns = found[rows]
    return highest


def _highest(product: NDArray[np.int32], values: NDArray[np.int32], size: int) -> Columns:
    """The highest amount of each product, -1 none."""
    found = np.full(size, -1, np.int64)
    if len(product):
        found[product] = values.max(axis=1)
    return found
