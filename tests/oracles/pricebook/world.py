"""What is asked and what is answered, and which rules are within reach of a product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.oracles import rules
from tests.oracles.money import minor_units
from tests.oracles.nights import HolidayNames, as_date, stay_nights, weekday_name
from tests.oracles.pricebook.pipeline import Pipeline, pipeline_of
from tests.oracles.rules import Book, Rule

#: Of these kinds one rule supplies a product: the most specific scope, then the earlier in the file.
BEST_OF = (
    "demand", "bounds", "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier",
    "stay_bounds", "points",
)  # fmt: skip


@dataclass(frozen=True)
class Stay:
    """What a guest asks for. `adults` None: as priced, no stage that counts guests acts.

    `fill_bp` is the house fill of each night in basis points; none given is an empty house. `booking_time` is "HH:MM"
    on the clock of the book, `rooms_left` the free rooms of the fullest night; neither need be told.
    """

    arrival: date
    nights: int = 1
    lead_days: int = 0
    tier: str | None = None
    adults: int | None = None
    children: tuple[int, ...] = ()
    channel: str = ""
    country: str = ""
    device: str = ""
    language: str = ""
    coupons: frozenset[str] = frozenset()
    points: int = 0
    packages: tuple[str, ...] = ()
    fill_bp: tuple[int, ...] = ()
    booking_time: str = ""
    rooms_left: int | None = None


@dataclass(frozen=True)
class Data:
    """What is known beside the book.

    `holidays`: country -> {date: name}, and "CN:workday" -> the weekend days that are worked there.
    `products` of the hotel, for parents of derived plans. The lines of `base_prices` and `price_overrides` have the
    columns of their frames.
    """

    holidays: Mapping[str, HolidayNames] = field(default_factory=dict)
    products: Sequence[Mapping[str, Any]] = ()
    base_prices: Sequence[Mapping[str, Any]] = ()
    price_overrides: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Step:
    """One line of the trace: what a rule of a stage made of an amount, of one night or of the stay (night None)."""

    stage: str
    rule: str
    night: date | None
    before: Fraction
    after: Fraction


@dataclass(frozen=True)
class Price:
    """The answer. Where `outcome` is not "OK" there is no price and every amount is 0.

    total = net + taxes is the price, `included_taxes_minor` a part of net; payable is what is left of the total after
    points. `applied` are the positions of the promotions in the file. `nights_minor` adds up to the total.
    """

    outcome: str
    total_minor: int = 0
    net_minor: int = 0
    taxes_minor: int = 0
    included_taxes_minor: int = 0
    payable_minor: int = 0
    points_used: int = 0
    applied: tuple[int, ...] = ()
    nights_minor: tuple[int, ...] = ()
    trace: tuple[Step, ...] = ()


class Refused(Exception):
    """No price can be said: the outcome."""


@dataclass(frozen=True)
class World:
    """One question in its surroundings: book, hotel, product, stay and data, and what follows from them."""

    book: Book
    hotel: Mapping[str, Any]
    product: Mapping[str, Any]
    stay: Stay
    data: Data
    member_tier_speaks: bool = True

    @cached_property
    def pipeline(self) -> Pipeline:
        return pipeline_of(self.book)

    @cached_property
    def place(self) -> dict[str, str]:
        return rules.place_of(self.hotel, self.product["room_type_id"], self.plan)

    @property
    def plan(self) -> str:
        return self.product.get("plan_id") or "standard"

    @property
    def currency(self) -> str:
        return self.hotel["currency"]

    @cached_property
    def nights(self) -> list[date]:
        return stay_nights(self.stay.arrival, self.stay.nights)

    @property
    def tier(self) -> str:
        tiers = rules.tiers_of(self.book)
        tier = tiers[0] if self.stay.tier is None else self.stay.tier
        if tier not in tiers:
            raise KeyError(f"tier {tier!r} is not of this book: {tiers}")
        return tier

    @property
    def lead_days(self) -> int:
        """Days from booking to arrival, as rules see them."""
        if self.stay.lead_days < 0:
            raise ValueError(f"lead_days is {self.stay.lead_days}; a booking cannot be made after its arrival")
        return min(self.stay.lead_days, rules.LEAD_DAYS_MAX)

    @property
    def booked(self) -> date:
        """The hotel's date on the day of booking."""
        return self.stay.arrival - timedelta(days=self.stay.lead_days)

    def money(self, amounts: Mapping[str, Any]) -> Fraction:
        """An amount of a rule in minor units of the hotel's currency."""
        return minor_units(amounts[self.currency], self.currency)

    def sibling(self, plan: str) -> World | None:
        """The same question for another plan of the room type; None where the room type is not sold so."""
        ids = ("hotel_id", "room_type_id")
        for product in self.data.products:
            same = all(product.get(key) == self.product.get(key) for key in ids)
            if same and (product.get("plan_id") or "standard") == plan:
                return replace(self, product=product)
        return None

    def within_reach(self, kind: str) -> Iterator[tuple[int, Rule]]:
        """(position in the file, rule) of each rule whose scope holds the product and that speaks its currency."""
        for position, rule in enumerate(self.book.get(kind) or []):
            if rules.in_scope(rule, self.place) and all(self.currency in each for each in amounts_of(kind, rule)):
                yield position, rule

    def candidates(self, kind: str) -> list[Rule]:
        """The rules of a best-of kind that may supply this product, in file order.

        With inherit = "all_or_nothing" only the most specific level at which any best-of kind has a rule counts.
        """
        found = [rule for _, rule in self.within_reach(kind)]
        if (self.book.get("book") or {}).get("inherit", "best") == "all_or_nothing":
            levels = [rules.scope_level(rule) for each in BEST_OF for _, rule in self.within_reach(each)]
            found = [rule for rule in found if rules.scope_level(rule) == max(levels)]
        return found

    def best(self, kind: str) -> Rule | None:
        """The rule of a best-of kind for this product: the most specific scope, then the earlier in the file."""
        return max(self.candidates(kind), key=rules.scope_level, default=None)  # max keeps the earliest of equals


def amounts_of(kind: str, rule: Rule) -> list[Mapping[str, Any]]:
    """Every table currency -> amount of a rule. Bounds have none here: each of their sides stands for
    itself."""
    if kind == "derived":
        found = [rule.get("amount")]
    elif kind == "extra_guests":
        found = [rule.get("adult")]
        found += [child.get(key) for child in rule.get("children") or [] for key in ("amount", "discount")]
    elif kind == "length_of_stay":
        found = [band.get("price") for band in rule["bands"]]
    elif kind == "stay_prices":
        found = [each.get("price") or each["price_per_night"] for each in rule["lengths"]]
    elif kind == "member_tier":
        found = [each for key in ("amount", "price") for each in (rule.get(key) or {}).values()]
    elif kind in ("promotion", "free_nights"):
        keys = ("off", "off_per_night", "price", "price_per_night", "max_off", "floor", "floor_per_night")
        found = [rule.get(key) for key in (*keys, "min_spend")]
        found += [step[key] for step in rule.get("spend") or [] for key in ("from", "off")]
    elif kind == "package":
        found = [rule["price"]]
    elif kind == "points":
        found = [rule["rate"]["value"]]
    elif kind == "tax":
        found = [rule.get("amount"), *(rule.get("brackets") or {}).values()]
    else:
        found = []
    return [each for each in found if each is not None]


def holds_on(rule: Rule, night: date) -> bool:
    """The night is inside the rule's dates and weekdays, where it gives any."""
    dates, weekdays = rule.get("dates") or [], rule.get("weekdays") or []
    return in_ranges(night, dates, otherwise=True) and (not weekdays or weekday_name(night) in weekdays)


def in_ranges(day: date, ranges: Sequence[Mapping[str, Any]] | None, *, otherwise: bool) -> bool:
    """The day is in one of the ranges, both ends included; `otherwise` where there are none."""
    if not ranges:
        return otherwise
    return any(as_date(r["from"]) <= day <= as_date(r["to"]) for r in ranges)


def strongest(found: Sequence[Rule], night: date) -> Rule | None:
    """Of dated rules that replace each other the one of this night, in the order of the seasons: priority, dates,
    weekdays, scope, fewer days, the earlier.
    """
    holding = [rule for rule in found if holds_on(rule, night)]
    return max(
        holding,
        key=lambda rule: (rule.get("priority") or 0, rules.specificity(rule), -rules.span_days(rule)),
        default=None,
    )
