"""The rules of a stay that are no offers: extra guests, length of stay, free nights, lead time, member tiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal

from pydantic import Field

from nightgrid.limits import CHILD_AGE_MAX, GUESTS_MAX, LEAD_DAYS_MAX, STAY_NIGHTS_MAX
from nightgrid.pricing.fields import (
    Amounts,
    BoundPercent,
    Percent,
    Problem,
    SharePercent,
    SignedAmounts,
    Text,
    plain,
)
from nightgrid.pricing.model.judging import Part, check, known
from nightgrid.pricing.model.parts import FreeNightsOffer, OfferConditions, Rule

#: The keys of a member tier table; a tier stands in one of them.
TIER_CHANGES: Final = ("percent", "amount", "price", "plan", "extra_points")


class ChildBand(Part):
    """Children up to `to_age` years: an amount a night, a percent of the adult charge, or a discount from it."""

    to_age: int = Field(ge=0, le=CHILD_AGE_MAX, strict=True)
    amount: Amounts = Field(default_factory=dict)
    percent: BoundPercent | None = None
    discount: Amounts = Field(default_factory=dict)

    @check
    def _check_one(self) -> Iterator[Problem]:
        given = [key for key in ("amount", "percent", "discount") if self.gives(key)]
        if len(given) != 1:
            problem = f"children up to {getattr(self, 'to_age', '...')} have {' and '.join(given) or 'no charge'}"
            yield Problem((), problem, "give one of amount, percent, discount; percent = 0 means free")


class ExtraGuests(Rule):
    """`[[extra_guests]]`: what guests beyond `included` cost, each night. Best by scope.

    An extra adult costs `adult`, or adult_percent of the night; children by the first band whose to_age they do not
    exceed, older ones as adults. children_included: whether children use up included places, after the adults, the
    oldest first. With fewer adults than full_payers the oldest children count as adults first.
    """

    included: int = Field(default=2, ge=0, le=GUESTS_MAX, strict=True)
    adult: Amounts = Field(default_factory=dict)
    adult_percent: BoundPercent | None = None
    children: tuple[ChildBand, ...] = Field(default=(), min_length=1, max_length=CHILD_AGE_MAX + 1)
    children_included: Literal["never", "after_adults"] = "never"
    full_payers: int | None = Field(default=None, ge=0, le=GUESTS_MAX, strict=True)

    @check
    def _check_children(self) -> Iterator[Problem]:
        for earlier, later in pairwise(known(self.children, "to_age")):
            if later.to_age <= earlier.to_age:
                problem = f"the band to age {later.to_age} stands after the band to age {earlier.to_age}"
                yield Problem(("children",), problem, "write each age once, the youngest first")

    @check
    def _check_charges(self) -> Iterator[Problem]:
        of_amount, of_percent = self.gives("adult"), self.gives("adult_percent")
        if of_amount and of_percent:
            yield Problem((), "adult and adult_percent are two charges for one adult", "leave one of them out")
        if of_amount or of_percent:
            return
        if not self.gives("children"):
            yield Problem((), "there is no charge in it", "give adult, adult_percent or children")
        bands = known(self.children, "to_age", "amount", "discount", "percent")
        of_adult = [band.to_age for band in bands if not band.amount and (band.discount or band.percent)]
        if of_adult:
            problem = f"children up to {of_adult[0]} pay a part of the adult charge, and there is none"
            yield Problem((), problem, "give adult or adult_percent, or the children's amount")


class LengthBand(Part):
    """Stays of `from_nights` nights or more, up to the next band: a percent, or a price of that many nights."""

    from_nights: int = Field(ge=1, le=STAY_NIGHTS_MAX, strict=True)
    percent: Percent | None = None
    price: Amounts = Field(default_factory=dict)

    @check
    def _check_one(self) -> Iterator[Problem]:
        if self.gives("percent") == self.gives("price"):
            what = "both percent and price" if self.gives("percent") else "neither percent nor price"
            problem = f"the band from {getattr(self, 'from_nights', '...')} nights has {what}"
            yield Problem((), problem, "give one of them")

    @property
    def change(self) -> Decimal:
        """The percent; 0 where the band is a price."""
        return self.percent or Decimal(0)


class LengthOfStay(Rule):
    """`[[length_of_stay]]`: bands by the nights of the stay. Best by scope.

    reading: "stay": the band that is reached prices all nights; "marginal": each night by the band it falls in;
    "first": the first band, once reached, prices all nights. Bands with prices tile the stay, the largest block first.
    """

    reading: Literal["stay", "marginal", "first"] = "stay"
    bands: tuple[LengthBand, ...] = Field(min_length=1, max_length=STAY_NIGHTS_MAX)

    @check
    def _check_starts(self) -> Iterator[Problem]:
        starts = Counter(band.from_nights for band in known(self.bands, "from_nights"))
        for start in sorted(start for start, count in starts.items() if count > 1):
            problem = f"two bands start from {start} nights"
            yield Problem(("bands",), problem, "give each band its own from_nights")

    @check
    def _check_bands(self) -> Iterator[Problem]:
        bands = known(self.bands)
        priced = [band for band in bands if band.gives("price")]
        if priced and any(band.gives("percent") and not band.gives("price") for band in bands):
            problem = "some bands have a percent and some a price"
            yield Problem(("bands",), problem, "write two tables: best by scope, one applies")
        codes = {frozenset(band.price) for band in known(priced, "price")}
        if len(codes) > 1:
            lacking = sorted(frozenset.union(*codes) - frozenset.intersection(*codes))
            problem = f"not every band has a price in {', '.join(lacking)}"
            yield Problem(("bands",), problem, "give all bands the same currencies")

    @check
    def _check_reading(self) -> Iterator[Problem]:
        if self.reading != "stay" and any(band.gives("price") for band in known(self.bands)[:1]):
            problem = f'reading = "{self.reading}" is for percents, and the bands have prices'
            yield Problem((), problem, "leave reading out")

    @property
    def is_priced(self) -> bool:
        """Whether the bands are prices of blocks of nights."""
        return bool(self.bands[0].price)


class FreeNights(FreeNightsOffer, OfferConditions):
    """`[[free_nights]]`: their share of the running amount is taken off, in a stage of its own. Best by scope."""

    @check
    def _check_applies_to(self) -> Iterator[Problem]:
        if self.applies == "nights":
            yield Problem((), 'free nights cannot apply to "nights"', 'write applies = "all", "any" or "arrival"')


class LeadBand(Part):
    """A change in percent of bookings made `from_days` to `to_days` days before arrival, both included."""

    from_days: int = Field(ge=0, le=LEAD_DAYS_MAX, strict=True)
    to_days: int | None = Field(default=None, ge=0, le=LEAD_DAYS_MAX, strict=True)
    percent: Percent

    @check
    def _check_order(self) -> Iterator[Problem]:
        if self.to_days is not None and self.to_days < self.from_days:
            yield Problem((), f"to_days {self.to_days} is below from_days {self.from_days}", "exchange the two")

    @property
    def last_days(self) -> int:
        """The last day of the band; LEAD_DAYS_MAX, where all longer leads fall, when it is open."""
        return LEAD_DAYS_MAX if self.to_days is None else self.to_days


class CurvePoint(Part):
    """A point of a lead time curve."""

    days: int = Field(ge=0, le=LEAD_DAYS_MAX, strict=True)
    percent: Percent


class LeadTime(Rule):
    """`[[lead_time]]`: bands of days between booking and arrival, without overlap, or a curve. Best by scope.

    Days in no band change nothing. A curve is linear between its points (exact) and constant outside.
    """

    bands: tuple[LeadBand, ...] = Field(default=(), min_length=1, max_length=LEAD_DAYS_MAX + 1)
    curve: tuple[CurvePoint, ...] = Field(default=(), min_length=1, max_length=LEAD_DAYS_MAX + 1)

    @check
    def _check_bands(self) -> Iterator[Problem]:
        ordered = sorted(known(self.bands, "from_days", "to_days"), key=lambda band: band.from_days)
        for earlier, later in pairwise(ordered):
            if earlier.from_days <= earlier.last_days and later.from_days <= earlier.last_days:
                end = "has no end" if earlier.to_days is None else f"ends at {earlier.to_days}"
                start = later.from_days
                problem = f"the band from {earlier.from_days} days {end} and overlaps the band from {start} days"
                fix = f"give it to_days = {start - 1}" if start > earlier.from_days else "remove one of them"
                yield Problem(("bands",), problem, fix)

    @check
    def _check_curve(self) -> Iterator[Problem]:
        for earlier, later in pairwise(known(self.curve, "days")):
            if later.days <= earlier.days:
                problem = f"the point at {later.days} days stands after the point at {earlier.days} days"
                yield Problem(("curve",), problem, "write each day once, the smallest first")

    @check
    def _check_one(self) -> Iterator[Problem]:
        if self.gives("bands") == self.gives("curve"):
            what = "both bands and curve" if self.gives("bands") else "neither bands nor curve"
            yield Problem((), f"it has {what}", "give one")


class MemberTier(Rule):
    """`[[member_tier]]`: what a tier changes, each tier in one of the keys; one that is not named changes nothing.

    percent of the stage's base; amount a stay, added (below 0: a discount); price a night instead of the running
    amount; plan: the guest is sold that plan of the same room type; extra_points: percentage points on top of the
    public promotions. Best by scope.
    """

    percent: dict[Text, Percent] = Field(default_factory=dict, min_length=1)
    amount: dict[Text, SignedAmounts] = Field(default_factory=dict, min_length=1)
    price: dict[Text, Amounts] = Field(default_factory=dict, min_length=1)
    plan: dict[Text, Text] = Field(default_factory=dict, min_length=1)
    extra_points: dict[Text, SharePercent] = Field(default_factory=dict, min_length=1)

    @check
    def _check_tiers(self) -> Iterator[Problem]:
        places: dict[str, list[str]] = {}
        for key, tiers in self.changes():
            for tier in tiers:
                places.setdefault(tier, []).append(key)
        if not any(self.gives(key) for key in TIER_CHANGES):
            fix = f"give one of {', '.join(TIER_CHANGES)}, like percent = {{gold = -5}}"
            yield Problem((), "no tier is in it", fix)
        twice = [f"{plain(tier)} ({' and '.join(keys)})" for tier, keys in places.items() if len(keys) > 1]
        if twice:
            yield Problem((), f"a tier changes in two ways: {', '.join(twice)}", "leave each tier in one of them")

    def changes(self) -> list[tuple[str, dict[str, object]]]:
        """The keys that are given, with their tables by tier."""
        return [(key, tiers) for key in TIER_CHANGES if (tiers := getattr(self, key, None))]
