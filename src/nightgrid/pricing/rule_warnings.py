"""Sentences about a book that can be used, and may mean something else than its author thinks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from nightgrid.catalog import Catalog
from nightgrid.limits import PROMOTIONS_MAX
from nightgrid.pricing.mistakes import place_of
from nightgrid.pricing.model import RULE_KINDS, Limits, Rule, RuleBook
from nightgrid.pricing.rule_sets import amount_tables
from nightgrid.pricing.scopes import ProductClasses
from nightgrid.pricing.slips import slips

#: Sentences of one kind; the rest is counted.
_SHOWN_MAX: Final = 20
_LACKING: Final = "rules lack a currency"
_FIRST: Final = (
    f"where more than {PROMOTIONS_MAX} come into question for one stay, the first "
    f"{PROMOTIONS_MAX} of the file are taken"
)  # fmt: skip


def catalog_warnings(book: RuleBook, classes: ProductClasses, catalog: Catalog) -> list[str]:
    """Rules that have no amount in the currency of a hotel in their scope, and products with more promotions than can
    come into question at once. O(rules x classes).
    """
    lacking = _limited(_currencies(book, classes, catalog), _LACKING)
    return [*lacking, *_promotions(book, classes, catalog), *_about_book(book)]


def book_warnings(book: RuleBook) -> list[str]:
    """The same as far as a book without a catalogue can tell: by the currencies that the book itself names."""
    known = set(book.currencies)
    for kind in RULE_KINDS:
        for rule in book.rules(kind):
            known.update(code for table in amount_tables(kind, rule) for code in table)
    found = []
    for kind in RULE_KINDS:
        for position, rule in enumerate(book.rules(kind)):
            lacking = _lacking(kind, rule, sorted(known))
            if lacking:
                found.append(_sentence(book, kind, position, rule, lacking, "the book has"))
    count = len(book.promotion)
    if count > PROMOTIONS_MAX:
        found.append(f"promotion: there are {count}; {_FIRST}")
    return [*_limited(found, _LACKING), *_about_book(book)]


def _about_book(book: RuleBook) -> list[str]:
    """What a book tells without a catalogue."""
    return [*_order(book), *_limited(slips(book), "likely slips")]


def _order(book: RuleBook) -> list[str]:
    """With the preset google a base promotion that acts after others: Google applies it first."""
    if book.pipeline.preset != "google":
        return []
    others = [position for position, rule in enumerate(book.promotion) if rule.stacking_class in ("second", "any")]
    late = [
        at for at, rule in enumerate(book.promotion) if rule.stacking_class == "base" and at > min(others, default=at)
    ]
    if not late:
        return []
    place, before = (place_of(("promotion", at), book) for at in (late[0], others[0]))
    return [f"{place}: it is of class base and acts after {before}; Google applies it first"]


def _limited(sentences: Iterable[str], rest: str) -> list[str]:
    """The first sentences of one kind, and how many more there are of `rest`."""
    found = list(sentences)
    more = len(found) - _SHOWN_MAX
    return [*found[:_SHOWN_MAX], f"{more:,} more {rest}"] if more > 0 else found


def _lacking(kind: str, rule: Rule, currencies: list[str]) -> list[str]:
    """The currencies in which a rule that has amounts lacks one."""
    tables = list(amount_tables(kind, rule))
    return [code for code in currencies if tables and any(code not in table for table in tables)]


def _sentence(book: RuleBook, kind: str, position: int, rule: Rule, lacking: list[str], who: str) -> str:
    what = "that side of it does not act" if isinstance(rule, Limits) else "it does not apply"
    return f"{place_of((kind, position), book)}: {who} {', '.join(lacking)}, in which it has no amount; {what} there"


def _currencies(book: RuleBook, classes: ProductClasses, catalog: Catalog) -> Iterator[str]:
    for kind in RULE_KINDS:
        for position, rule in enumerate(book.rules(kind)):
            if not any(True for _ in amount_tables(kind, rule)):
                continue
            inside = np.unique(classes.currency[classes.matches(rule.where)]).tolist()
            lacking = _lacking(kind, rule, [catalog.currencies[code] for code in inside])
            if lacking:
                yield _sentence(book, kind, position, rule, lacking, "hotels in its scope have")


def _promotions(book: RuleBook, classes: ProductClasses, catalog: Catalog) -> Iterator[str]:
    if len(book.promotion) <= PROMOTIONS_MAX:
        return
    counts = np.sum([classes.matches(rule.where) for rule in book.promotion], axis=0)
    most = int(counts.argmax())
    if counts[most] > PROMOTIONS_MAX:
        product = int(classes.product[most])
        row = int(catalog.product_row[product])
        ids = (catalog.hotel_ids[int(catalog.row_hotel[row])], catalog.room_type_ids[row], catalog.plan_ids[product])
        yield (f"promotion: {counts[most]} are for {'/'.join(ids)}; {_FIRST}")
