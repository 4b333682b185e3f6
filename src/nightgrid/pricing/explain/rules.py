"""Which of the author's rules are for a product, and which of them win: looked up once and remembered.

Nothing here comes from compiled tables, so that an explanation is a second opinion on them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import Refused
from nightgrid.nights import to_date
from nightgrid.outcomes import Outcome
from nightgrid.pricing.explain.lines import Parts, percent_parts
from nightgrid.pricing.explain.scoped import ScopedRules, scope_keys
from nightgrid.pricing.holiday_calendar import OWN_COUNTRY, holiday_nights, split_holiday
from nightgrid.pricing.model import Bounds, DateRange, Derived, RuleBook, Season
from nightgrid.pricing.pipelines import Placed, placed
from nightgrid.pricing.price_data import NO_DATA, NO_VALUE, PriceData
from nightgrid.pricing.scopes import product_scope

#: Dates of one product that remember their winners; a stay asks for a few hundred at most.
NIGHTS_MAX: Final = 2_000
#: Products that are remembered.
_PRODUCTS_MAX: Final = 32_768


class Overrides(NamedTuple):
    """What data beside the book says of a night of a product: minor units, the percent in basis points."""

    fixed: int | None = None
    percent: int | None = None
    floor: int | None = None
    ceiling: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NightRules:
    """The rules that win one night of a product, with their positions; nights that are alike share one."""

    seasons: tuple[tuple[int, Season], ...]  # one of each group that has any, in the order of the groups
    bounds: tuple[int, Bounds] | None
    derived: tuple[int, Derived] | None
    overrides: Overrides
    changes: tuple[tuple[str, Parts], ...]  # of the seasons: the name and the percent


class Source:
    """Everything that prices are explained from: a book, a catalogue, a window of nights, data beside the book."""

    def __init__(
        self, book: RuleBook, catalog: Catalog, first_night: int, n_nights: int, data: PriceData = NO_DATA
    ) -> None:
        self.book = book
        self.catalog = catalog
        self.first_night = first_night
        self.n_nights = n_nights
        self.data = data
        self.placed: Placed = placed(book)
        stages = [stage for stage in self.placed.stages if stage.is_night]
        asks = next((at for at, stage in enumerate(stages) if stage.kind == "demand"), len(stages))
        self.begun_stages = tuple(stages[:asks])  # what these make of a night depends on nothing that is asked
        self.asked_stages = tuple(stages[asks:])
        self.stay_stages = tuple(
            stage for stage in self.placed.stages if not stage.is_night and stage.kind not in ("points", "tax")
        )
        self.bill_stages = tuple(stage for stage in self.placed.stages if stage.kind in ("points", "tax"))
        kinds = {stage.kind for stage in self.placed.stages}
        self.has_overrides = "override" in kinds
        self.has_packages = "package" in kinds
        self.has_tiers = "member_tier" in kinds
        order = [stage.kind for stage in self.placed.stages]
        self.looked_back_at = frozenset({"base", *[stage.of for stage in self.placed.stages]})  # amounts after these
        self.after_derived = frozenset(order[order.index("derived") + 1 :] if "derived" in kinds else order)
        self.has_derived = "derived" in kinds and bool(book.derived)
        self.groups = book.season_groups()
        self.digest = book.digest
        self._products: dict[int, ProductRules] = {}
        self._scoped: dict[tuple[str, ...], ScopedRules] = {}
        self._keys = scope_keys(book)
        self.rolls: dict[ScopedRules, Any] = {}  # what reasons made of some scopes
        self._holidays: dict[tuple[int, str], frozenset[int]] = {}

    def rules_of(self, product_index: int) -> ProductRules:
        """The rules of a product."""
        found = self._products.get(product_index)
        if found is None:
            if len(self._products) >= _PRODUCTS_MAX:
                self._products.clear()
            found = self._products.setdefault(product_index, ProductRules(self, product_index))
        return found

    def scoped(self, product_index: int, currency: str) -> ScopedRules:
        """The rules that are for a product. O(rules of the book) the first time for its scope."""
        scope = product_scope(self.catalog, product_index)
        key = (currency, *[scope[key] for key in self._keys])
        found = self._scoped.get(key)
        if found is None:
            if len(self._scoped) >= _PRODUCTS_MAX:
                self._scoped.clear()
            found = self._scoped.setdefault(key, ScopedRules(self.book, scope, currency))
        return found

    def is_holiday(self, position: int, season: Season, country: str, ordinal: int) -> bool:
        """Whether a night is one of the holidays that a season names, or near enough to one."""
        nights = self._holidays.get((position, country))
        if nights is None:
            nights = self._holidays[position, country] = frozenset(self._holiday_nights(season, country))
        return ordinal in nights

    def _holiday_nights(self, season: Season, country: str) -> Iterator[int]:
        before, after = season.days_before, season.days_after
        for holiday in season.holidays:
            region, name = split_holiday(holiday)
            region = country if region == OWN_COUNTRY else region
            if region:
                first, length = self.first_night - after, self.n_nights + before + after
                for night in holiday_nights(region, name, first, length):
                    yield from range(night - before, night + after + 1)


class ProductRules:
    """The rules of one product: those in its scope by kind, the best of each kind, the winners of each night."""

    def __init__(self, source: Source, product_index: int) -> None:
        catalog = source.catalog
        self.source = source
        self.product = product_index
        self.row = int(catalog.product_row[product_index])
        hotel = int(catalog.row_hotel[self.row])
        self.country = catalog.country[hotel]
        self.currency = catalog.currencies[int(catalog.hotel_currency[hotel])]
        self.plan = catalog.plan_ids[product_index]
        self.guests_max = int(catalog.guests_max[self.row])
        self.base_minor = int(catalog.base_minor[product_index])
        self.scoped = source.scoped(product_index, self.currency)
        self.inside, self.best, self.prepared = self.scoped.inside, self.scoped.best, self.scoped.prepared
        self.minor = self.scoped.minor  # an amount of a rule in minor units of the hotel's currency
        counts = self.best["extra_guests"]
        self.counting = (self.guests_max, -1 if counts is None else counts[0])  # how guests are counted
        self.night_plans: dict[int, Any] = {}  # by ordinal, what nights made of it; and those that are alike
        self.plans_alike: dict[Hashable, Any] = {}
        self._nights: dict[int, NightRules] = {}
        self._held: dict[int, frozenset[int]] = {}
        self._alike: dict[tuple[object, ...], NightRules] = {}
        self._bases: dict[tuple[int, int | None], tuple[int, str]] = {}
        self._data = {name: _rows(source.data.layer(name).product, product_index) for name in _LAYERS}
        self._plans: dict[str, ProductRules | None] = {}

    def plan_product(self, plan: str) -> ProductRules | None:
        """The rules of another plan of the same room type; None where it has no such plan."""
        if plan not in self._plans:
            catalog = self.source.catalog
            products = [int(product) for product in catalog.products_of(self.row)]
            found = [product for product in products if catalog.plan_ids[product] == plan]
            self._plans[plan] = self.source.rules_of(found[0]) if found else None
        return self._plans[plan]

    def night(self, ordinal: int) -> NightRules:
        """The winners of a night."""
        found = self._nights.get(ordinal)
        if found is None:
            if len(self._nights) >= NIGHTS_MAX:
                self._nights.clear()
                self._alike.clear()
                self._held.clear()
            found = self._nights[ordinal] = self._winners(ordinal)
        return found

    def held(self, ordinal: int) -> frozenset[int]:
        """Positions of the seasons that hold on a night, whether they win it or not."""
        found = self._held.get(ordinal)
        if found is None:
            self.night(ordinal)  # which knows them while it looks for the winners
            found = self._held.get(ordinal)
        return self._holding(to_date(ordinal)) if found is None else found

    def base(self, ordinal: int, guests: int | None) -> tuple[int, str]:
        """The base price of a night in minor units, and for whom it is given, "" for the catalogue's. Remembered.

        Raises Refused (TOO_MANY_GUESTS) for more guests than any size that is given.
        """
        if not self._data["base"]:
            return self.base_minor, ""
        found = self._bases.get((ordinal, guests))
        if found is None:
            if len(self._bases) >= NIGHTS_MAX:
                self._bases.clear()
            found = self._bases[ordinal, guests] = self._base(ordinal, guests)
        return found

    def _base(self, ordinal: int, guests: int | None) -> tuple[int, str]:
        given: dict[int, int] = {}
        layer = self.source.data.base
        for row in self._data["base"]:
            value = _at(layer.values, row, ordinal - layer.first_night)
            if value is not None:
                given[int(layer.guests[row])] = value
        sizes = sorted(size for size in given if size)
        if guests is not None and sizes:
            size = next((size for size in sizes if size >= guests), 0)
            if size:
                return given[size], f"for {size} guest{'s' if size > 1 else ''}"
            if 0 not in given:
                night = str(to_date(ordinal))
                text = f"{guests} guests on {night}: prices are given for {sizes[-1]} guests at most"
                raise Refused(Outcome.TOO_MANY_GUESTS, text, night)
        return (given[0], "by date") if 0 in given else (self.base_minor, "")

    def _overrides(self, ordinal: int) -> Overrides:
        if not self.source.has_overrides:
            return _NO_OVERRIDES
        found: list[int | None] = []
        for name in Overrides._fields:
            rows, layer = self._data[name], self.source.data.layer(name)
            found.append(_at(layer.values, rows[0], ordinal - layer.first_night) if rows else None)
        return Overrides(*found)

    def _winners(self, ordinal: int) -> NightRules:
        day = to_date(ordinal)
        holding = self._held[ordinal] = self._holding(day)
        seasons = []
        for group in self.source.groups:
            held = [
                (position, rule)
                for position, rule in self.inside["season"]
                if position in holding and isinstance(rule, Season) and rule.group == group
            ]
            if held:
                seasons.append(min(held, key=lambda each: each[1].rank(each[0])))
        bounds = [(p, rule) for p, rule in self.inside["bounds"] if isinstance(rule, Bounds) and _dated(rule, day)]
        derived = [
            (p, rule) for p, rule in self.inside["derived"] if isinstance(rule, Derived) and in_dates(rule.dates, day)
        ]
        overrides = self._overrides(ordinal)
        bounded = min(bounds, key=lambda each: each[1].rank(each[0]), default=None)
        parent = min(derived, key=lambda each: each[1].rank(each[0]), default=None)
        key = (
            tuple([position for position, _ in seasons]), bounded and bounded[0], parent and parent[0], overrides
        )  # fmt: skip
        found = self._alike.get(key)
        if found is None:
            changes = tuple([(rule.name, percent_parts(rule.percent)) for _, rule in seasons])
            found = self._alike[key] = NightRules(tuple(seasons), bounded, parent, overrides, changes)
        return found

    def _holding(self, day: date) -> frozenset[int]:
        seasons = self.inside["season"]
        found = frozenset([at for at, rule in seasons if isinstance(rule, Season) and self._holds(at, rule, day)])
        shared: frozenset[int] = self.prepared.setdefault(found, found)  # most nights are like others
        return shared

    def _holds(self, position: int, season: Season, day: date) -> bool:
        """Whether all conditions of a season hold on a night."""
        if season.dates and not in_dates(season.dates, day):
            return False
        if season.weekdays and not on_weekday(season.weekdays, day):
            return False
        return not season.holidays or self.source.is_holiday(position, season, self.country, day.toordinal())


_LAYERS: Final = ("base", *Overrides._fields)
_NO_OVERRIDES: Final = Overrides()
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def in_dates(dates: tuple[DateRange, ...], day: date) -> bool:
    """Whether a day lies in any of the ranges; without ranges every day does."""
    for each in dates:
        if each.first_night <= day <= each.last_night:
            return True
    return not dates


def on_weekday(weekdays: tuple[str, ...], day: date) -> bool:
    """Whether a day is one of the weekdays; without weekdays every day is."""
    return not weekdays or _WEEKDAYS[day.weekday()] in weekdays


def _dated(rule: Bounds, day: date) -> bool:
    return in_dates(rule.dates, day) and on_weekday(rule.weekdays, day)


def _rows(products: NDArray[np.int32], product: int) -> range:
    start, stop = products.searchsorted([product, product + 1])
    return range(int(start), int(stop))


def _at(values: NDArray[np.int32], row: int, night: int) -> int | None:
    if not 0 <= night < values.shape[1]:
        return None
    value = int(values[row, night])
    return None if value == NO_VALUE else value
