"""What is added to a stay or paid with: packages, loyalty points, taxes and fees."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal

from pydantic import Field

from nightgrid.limits import POINTS_MAX, STAY_NIGHTS_MAX
from nightgrid.money import RoundingMode
from nightgrid.pricing.fields import Amounts, Problem, SharePercent, TaxPercent
from nightgrid.pricing.model.judging import Part, check
from nightgrid.pricing.model.parts import ENTRIES_MAX, DateRange, Rule
from nightgrid.pricing.model.pipeline import INCREMENT_MINOR_MAX

#: `min_age` of a tax: whoever is older than this is no exception anywhere.
AGE_MAX: Final = 120


class Package(Rule):
    """`[[package]]`: an add-on, for every stay or where the guest chooses it. Of one name the best by scope applies."""

    price: Amounts
    per: Literal["stay", "night", "person", "person_night"] = "stay"
    mandatory: bool = Field(default=False, strict=True)
    children_percent: SharePercent = Field(default=Decimal(100))

    @check
    def _check_children(self) -> Iterator[Problem]:
        if not self.per.startswith("person") and getattr(self, "children_percent", None) != 100:
            problem = f'children_percent is for prices per person, and this is per "{self.per}"'
            yield Problem((), problem, 'write per = "person" or "person_night", or leave children_percent out')


class PointsRate(Part):
    """So many points are worth so much."""

    points: int = Field(ge=1, le=POINTS_MAX, strict=True)
    value: Amounts


class Points(Rule):
    """`[[points]]`: loyalty points as payment: their rate, and the part of the price they may pay. Best by scope."""

    rate: PointsRate
    max_percent: SharePercent = Field(default=Decimal(100))


class Brackets(Part):
    """`{from, to}`: average net a night in [from, to) (`from_amount`, `to_amount` in Python); one may be left out."""

    from_amount: Amounts = Field(default_factory=dict, alias="from")
    to_amount: Amounts = Field(default_factory=dict, alias="to")

    @check
    def _check_any(self) -> Iterator[Problem]:
        if not self.gives("from_amount") and not self.gives("to_amount"):
            yield Problem((), "there is no bracket in it", "give from, to or both")

    @check
    def _check_order(self) -> Iterator[Problem]:
        codes = sorted(set(self.from_amount) ^ set(self.to_amount))
        if self.from_amount and self.to_amount and codes:
            problem = f"{', '.join(codes)} is in one of from and to only"
            yield Problem((), problem, "give both in the same currencies")
        empty = [code for code in self.from_amount if code in self.to_amount and not self.holds_any(code)]
        if empty:
            yield Problem((), f"to is not above from in {', '.join(empty)}", "exchange the two")

    def holds_any(self, currency: str) -> bool:
        """Whether some amount of this currency is inside."""
        return self.from_amount[currency] < self.to_amount[currency]


class TaxRounding(Part):
    """`round` of a tax: how its own amount is rounded."""

    mode: RoundingMode = RoundingMode.HALF_UP
    increment_minor: int = Field(default=1, ge=1, le=INCREMENT_MINOR_MAX, strict=True)


class Tax(Rule):
    """`[[tax]]`: a tax or fee, in percent of the net amount or as an amount; all in scope apply, in file order.

    of: "net", or "cumulative" with the taxes before it. included: inside the price already, shown and not added.
    brackets: only where the average net a night is inside. min_age: younger guests are exempt. nights_max: only the
    first nights. dates: amounts a night on the nights inside, all else where any night is inside.
    """

    percent: TaxPercent | None = None
    amount: Amounts = Field(default_factory=dict)
    per: Literal["stay", "night", "person_night", "person_stay"] = "stay"
    of: Literal["net", "cumulative"] = "net"
    included: bool = Field(default=False, strict=True)
    brackets: Brackets | None = None
    min_age: int | None = Field(default=None, ge=0, le=AGE_MAX, strict=True)
    nights_max: int | None = Field(default=None, ge=1, le=STAY_NIGHTS_MAX, strict=True)
    dates: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    round: TaxRounding = TaxRounding()

    @check
    def _check_one(self) -> Iterator[Problem]:
        if self.gives("percent") == self.gives("amount"):
            what = "both percent and amount" if self.gives("percent") else "neither percent nor amount"
            yield Problem((), f"it has {what}", "give one of them")

    @check
    def _check_per(self) -> Iterator[Problem]:
        if self.per != "stay" and self.gives("percent") and not self.gives("amount"):
            yield Problem((), f'per = "{self.per}" is for amounts, and this is a percent', "leave per out")

    @check
    def _check_of(self) -> Iterator[Problem]:
        if self.of != "net" and self.gives("amount") and not self.gives("percent"):
            yield Problem((), f'of = "{self.of}" is for percents, and this is an amount', "leave of out")

    @check
    def _check_people_and_nights(self) -> Iterator[Problem]:
        if self.gives("min_age") and not self.per.startswith("person"):
            yield Problem((), "min_age is for amounts per person", 'write per = "person_night" or "person_stay"')
        if self.gives("nights_max") and not self.per.endswith("night"):
            yield Problem((), "nights_max is for amounts per night", 'write per = "night" or "person_night"')
