"""Which products a rule is for. Products are put into classes that no rule of the book can tell apart.

A chain of 100,000 products falls into a few hundred classes of a usual book, so every later step works per class and no
Python code runs per product and rule.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nightgrid.catalog import Catalog
from nightgrid.pricing.fields import shown
from nightgrid.pricing.mistakes import place_of
from nightgrid.pricing.model import RULE_KINDS, SCOPE_KEYS, Rule, RuleBook, Where

Codes = npt.NDArray[np.int64]
Indexes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

#: Warnings about names that the catalogue lacks; the rest is counted.
_WARNINGS_MAX: Final = 20
#: Among more names than this, no similar one is looked for.
_SUGGESTIONS_MAX: Final = 2_000


def scope_values(catalog: Catalog) -> dict[str, list[str]]:
    """The columns that `where` can name, by key: per hotel; room_type per row; plan per product."""
    return {
        "group": catalog.group,
        "brand": catalog.brand,
        "region": catalog.region,
        "city": catalog.city,
        "hotel": catalog.hotel_ids,
        "room_type": catalog.room_type_ids,
        "plan": catalog.plan_ids,
    }


def product_scope(catalog: Catalog, product_index: int) -> dict[str, str]:
    """The value of every key of `where` for one product."""
    row = int(catalog.product_row[product_index])
    hotel = int(catalog.row_hotel[row])
    at = {"room_type": row, "plan": product_index}
    return {key: values[at.get(key, hotel)] for key, values in scope_values(catalog).items()}


class ProductClasses:
    """Products that agree on all that the rules of one book ask about. O(products + rules' values) to build.

    of_product: int32[n_products], the class of each product; product: int64[n_classes], one product of each class;
    country, currency: int64[n_classes], positions in `countries` ("" = none) and `catalog.currencies`.
    """

    def __init__(self, book: RuleBook, catalog: Catalog) -> None:
        self._numbers: dict[str, dict[str, int]] = {}
        for _, _, rule in all_rules(book):
            for key, values in rule.where.conditions():
                numbers = self._numbers.setdefault(key, {})
                for value in values:
                    numbers.setdefault(value, len(numbers) + 1)
        columns = scope_values(catalog)
        codes = {key: _encode(columns[key], numbers) for key, numbers in self._numbers.items()}
        self.unknown = {key: _absent(codes[key], numbers) for key, numbers in self._numbers.items()}

        countries: dict[str, int] = {}
        country = np.array([countries.setdefault(name, len(countries)) for name in catalog.country], np.int64)
        self.countries = list(countries)
        # A book that does not ask for the hotel's own holidays cannot tell countries apart.
        if not any(is_own_country(season.holidays) for season in book.season):
            country = np.zeros(catalog.n_hotels, np.int64)
            self.countries = [""]

        hotel = _joined([catalog.hotel_currency.astype(np.int64), country, *_pick(codes, SCOPE_KEYS[:5])])
        row = _joined([hotel[catalog.row_hotel], *_pick(codes, ("room_type",))])
        product = _joined([row[catalog.product_row], *_pick(codes, ("plan",))])
        _, first, of_product = np.unique(product, return_index=True, return_inverse=True)
        self.of_product: Indexes = of_product.astype(np.int32)
        self.product = first
        rows = catalog.product_row[first]
        hotels = catalog.row_hotel[rows]
        self.country = country[hotels]
        self.currency = catalog.hotel_currency[hotels].astype(np.int64)
        at: dict[str, npt.NDArray[np.integer[Any]]] = {"room_type": rows, "plan": first}
        self._codes = {key: column[at.get(key, hotels)] for key, column in codes.items()}

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return self.product.size

    def matches(self, where: Where, among: Indexes | None = None) -> Mask:
        """Whether each class (or each of the classes `among`) is in the scope. O(classes x keys)."""
        n = self.n_classes if among is None else among.size
        inside = np.ones(n, np.bool_)
        for key, values in where.conditions():
            numbers = self._numbers[key]
            wanted = np.zeros(len(numbers) + 1, np.bool_)
            wanted[[numbers[value] for value in values]] = True
            codes = self._codes[key] if among is None else self._codes[key][among]
            inside &= wanted[codes]
        return inside

    def best_rule(self, rules: Sequence[Rule]) -> Indexes:
        """Per class the one rule of a kind that applies, -1 for none: the highest scope level, then the earlier."""
        best = np.full(self.n_classes, -1, np.int32)
        for position in sorted(range(len(rules)), key=lambda index: (-rules[index].where.level, index)):
            best[self.matches(rules[position].where) & (best < 0)] = position
        return best


def all_rules(book: RuleBook) -> Iterator[tuple[str, int, Rule]]:
    """Every rule of a book with its kind and position."""
    for kind in RULE_KINDS:
        for position, rule in enumerate(getattr(book, kind)):
            yield kind, position, rule


def is_own_country(holidays: Sequence[str]) -> bool:
    """Whether a season asks for the holidays of each hotel's own country."""
    return any(holiday.startswith("*") for holiday in holidays)


def scope_warnings(book: RuleBook, catalog: Catalog, unknown: Mapping[str, set[str]]) -> list[str]:
    """Sentences about names in `where` that the catalogue does not have: mostly misspelt, so the rule never applies."""
    warnings: list[str] = []
    count = 0
    for kind, position, rule in all_rules(book):
        for key, values in rule.where.conditions():
            for value in values:
                if value not in unknown.get(key, ()):
                    continue
                count += 1
                if count <= _WARNINGS_MAX:
                    names = dict.fromkeys(scope_values(catalog)[key])
                    close = difflib.get_close_matches(value, names, 1) if len(names) <= _SUGGESTIONS_MAX else []
                    hint = f"; did you mean {shown(close[0])}?" if close else ""
                    place = place_of((kind, position, "where", key), book)
                    warnings.append(f"{place}: {shown(value)} is not in the catalogue{hint}")
    if count > _WARNINGS_MAX:
        warnings.append(f"{count - _WARNINGS_MAX:,} more names of the rules are not in the catalogue")
    return warnings


def _encode(values: Sequence[str], numbers: Mapping[str, int]) -> Codes:
    """The number of each value, 0 for values that no rule names."""
    return np.fromiter((numbers.get(value, 0) for value in values), np.int64, len(values))


def _absent(codes: Codes, numbers: Mapping[str, int]) -> set[str]:
    present = np.bincount(codes, minlength=len(numbers) + 1) > 0
    return {value for value, number in numbers.items() if not present[number]}


def _pick(codes: Mapping[str, Codes], keys: Sequence[str]) -> list[Codes]:
    return [codes[key] for key in keys if key in codes]


def _joined(columns: Sequence[Codes]) -> Codes:
    """One number per entry that tells apart what any of the columns tells apart; dense, so it never overflows."""
    joined = columns[0]
    for column in columns[1:]:
        pairs = joined * (int(column.max(initial=0)) + 1) + column
        joined = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
    return joined
