"""Prices by arrival and length of stay: a table instead of the sum of the nights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pydantic import Field

from nightgrid.limits import GUESTS_MAX, STAY_NIGHTS_MAX
from nightgrid.pricing.fields import Amounts, Problem
from nightgrid.pricing.model.judging import Part, check, known
from nightgrid.pricing.model.parts import ENTRIES_MAX, PRIORITY_MAX, DateRange, Rule, Weekday, days_of


class LengthPrice(Part):
    """The price of stays of `nights` nights, or of `nights` to `to_nights`: of the stay, or of each of its nights."""

    nights: int = Field(ge=1, le=STAY_NIGHTS_MAX, strict=True)
    to_nights: int | None = Field(default=None, ge=1, le=STAY_NIGHTS_MAX, strict=True)
    price: Amounts = Field(default_factory=dict)
    price_per_night: Amounts = Field(default_factory=dict)

    @check
    def _check_price(self) -> Iterator[Problem]:
        if self.gives("price") == self.gives("price_per_night"):
            what = "both price and price_per_night" if self.gives("price") else "neither price nor price_per_night"
            problem = f"the length from {getattr(self, 'nights', '...')} nights has {what}"
            yield Problem((), problem, "give one of them")

    @check
    def _check_order(self) -> Iterator[Problem]:
        if self.to_nights is not None and self.to_nights < self.nights:
            yield Problem((), f"to_nights {self.to_nights} is below nights {self.nights}", "exchange the two")

    @property
    def last(self) -> int:
        """The longest stay that it is for."""
        return self.nights if self.to_nights is None else self.to_nights


class StayPrices(Rule):
    """`[[stay_prices]]`: what stays of some lengths cost that arrive on some days, whatever their nights cost.

    guests: for parties of at most so many full payers; without it for all. For a stay the smallest size wins that is
    large enough, then those without; among these: priority, arrivals given, weekdays given, scope, fewer days of
    arrival, earlier in the file.
    """

    arrivals: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    weekdays: tuple[Weekday, ...] = Field(default=(), min_length=1)
    guests: int | None = Field(default=None, ge=1, le=GUESTS_MAX, strict=True)
    priority: int = Field(default=0, ge=-PRIORITY_MAX, le=PRIORITY_MAX, strict=True)
    lengths: tuple[LengthPrice, ...] = Field(min_length=1, max_length=STAY_NIGHTS_MAX)

    @check
    def _check_lengths(self) -> Iterator[Problem]:
        lengths = sorted(known(self.lengths, "nights", "last"), key=lambda each: each.nights)
        for earlier, later in pairwise(lengths):
            if later.nights <= earlier.last:
                yield Problem(("lengths",), f"two lengths are for {later.nights} nights", "give each length one price")

    def length(self, nights: int) -> LengthPrice | None:
        """The price of stays of a length, None where the table has none."""
        return next((each for each in self.lengths if each.nights <= nights <= each.last), None)

    def rank(self, position: int) -> tuple[int, ...]:
        """Sort key: of the tables that have a price for a stay, the one with the smallest key wins."""
        size = GUESTS_MAX + 1 if self.guests is None else self.guests
        given = (-int(bool(self.arrivals)), -int(bool(self.weekdays)))
        return (size, -self.priority, *given, -self.where.level, days_of(self.arrivals), position)
