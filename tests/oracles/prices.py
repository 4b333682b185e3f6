"""The price of a stay, in exact fractions, rounded only where the rule book says so.

    base of the product
      x season factors of each night             (one winner per group, groups multiply)
      between floor and ceiling                  (of a night)
      x length of stay x lead time x member tier (of the whole stay)

The policy of the book says where amounts are rounded:

- default: each night after its season and bounds (the public nightly rate), then the total of the stay
- night:   once per night, after everything; the total is the sum of the nights
- total:   exact to the end, then the total once
- step:    each night after its season and bounds, then the total after each of the three stay factors

Whatever the policy, the nights that the guest sees add up to the total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Any

from tests.oracles import rules
from tests.oracles.money import allocate, convert_minor, rational, round_to_multiple
from tests.oracles.nights import HolidayNames, stay_nights
from tests.oracles.rules import Book

POLICIES = ("default", "night", "total", "step")


@dataclass(frozen=True)
class StayPrice:
    """What a stay costs, and how it came about.

    `season_factors` and `nightly` have one entry per night; `nightly` is the night before the stay factors:
    the public nightly rate (whole minor units) under policies default and step, an exact fraction else.
    """

    base_minor: int
    season_factors: tuple[Fraction, ...]
    nightly: tuple[Fraction, ...]
    length_of_stay: Fraction
    lead_time: Fraction
    member_tier: Fraction
    nights_minor: tuple[int, ...]
    total_minor: int


@dataclass(frozen=True)
class Rounding:
    """The rounding table of a book: policy, mode, and the increment that every price is a multiple of."""

    policy: str
    mode: str
    increment: int

    @classmethod
    def of(cls, book: Book) -> Rounding:
        """The book's choice, or the default: policy default, half up, to one minor unit."""
        table = book.get("rounding") or {}
        policy = table.get("policy", "default")
        if policy not in POLICIES:
            raise ValueError(f"rounding policy {policy!r}; known are {', '.join(POLICIES)}")
        return cls(policy, table.get("mode", "half_up"), table.get("increment_minor", 1))

    def __call__(self, value: Fraction | int) -> int:
        """The value as a multiple of the increment."""
        return round_to_multiple(value, self.mode, self.increment)


def clamp_exact(value: Fraction, lowest: Fraction | None, highest: Fraction | None) -> Fraction:
    """The value between its bounds, unrounded. A floor above the ceiling wins. Prices are never negative."""
    if highest is not None:
        value = min(value, highest)
    return max(value, lowest if lowest is not None else Fraction(0))


def clamp_rounded(value: int, lowest: Fraction | None, highest: Fraction | None, increment: int) -> int:
    """A rounded value between its bounds, as the nearest multiple of the increment that lies inside them.

    Rounding may have crossed a bound, so the bounds move inwards to multiples: the floor up, the ceiling
    down. Where no multiple lies between them the floor wins.
    """
    if highest is not None:
        value = min(value, floor(highest / increment) * increment)
    return max(value, ceil(lowest / increment) * increment if lowest is not None else 0)


def price_stay(
    book: Book,
    hotel: Mapping[str, Any],
    product: Mapping[str, Any],
    arrival: date,
    nights: int,
    lead_days: int = 0,
    tier: str | None = None,
    holidays: Mapping[str, HolidayNames] | None = None,
) -> StayPrice:
    """The price of `nights` nights from `arrival`, booked `lead_days` ahead, for a guest of a tier.

    `hotel` needs hotel_id and currency, and may have country, group, brand, region, city. `product` needs
    base_minor and room_type_id, plan_id is "standard" unless given. `holidays` is country -> {date: name}.
    `tier` None is the public one.
    """
    rounded = Rounding.of(book)
    base_minor = product["base_minor"]
    place = rules.place_of(hotel, product["room_type_id"], product.get("plan_id") or "standard")
    lowest, highest = rules.bounds_minor(book, place, base_minor, hotel["currency"])
    seasons = [rules.season_factor(book, hotel, place, d, holidays or {}) for d in stay_nights(arrival, nights)]
    stay = rules.length_of_stay_factor(book, place, nights)
    lead = rules.lead_time_factor(book, place, lead_days)
    member = rules.member_tier_factor(book, place, tier if tier is not None else rules.tiers_of(book)[0])

    nightly: list[Fraction]
    if rounded.policy in ("default", "step"):
        nightly = [
            Fraction(clamp_rounded(rounded(base_minor * s), lowest, highest, rounded.increment)) for s in seasons
        ]
    else:
        nightly = [clamp_exact(base_minor * s, lowest, highest) for s in seasons]

    if rounded.policy == "night":
        shown = [rounded(night * stay * lead * member) for night in nightly]
        total = sum(shown)
    elif rounded.policy == "step":
        total = rounded(rounded(rounded(sum(nightly) * stay) * lead) * member)
        shown = allocate(total, nightly)
    else:  # default and total differ only in what `nightly` holds
        total = rounded(sum(nightly) * stay * lead * member)
        shown = allocate(total, nightly)
    return StayPrice(
        base_minor=base_minor,
        season_factors=tuple(seasons),
        nightly=tuple(nightly),
        length_of_stay=stay,
        lead_time=lead,
        member_tier=member,
        nights_minor=tuple(shown),
        total_minor=total,
    )


def rate_of(book: Book, currency: str) -> Fraction:
    """What one major unit of a currency is worth in the book's display currency.

    The display currency is worth 1 of itself even where the table leaves it out. KeyError for others.
    """
    written = (book.get("currencies") or {}).get(currency)
    if written is not None:
        return rational(written)
    if currency == (book.get("book") or {}).get("display_currency"):
        return Fraction(1)
    raise KeyError(f"the book has no rate for {currency}")


def display_minor(book: Book, total_minor: int, source: str, target: str) -> int:
    """A total in the currency in which a search ranks, half up to its minor unit. Settlement stays in source."""
    if source == target:
        return total_minor
    return convert_minor(total_minor, rate_of(book, source) / rate_of(book, target), source, target)
