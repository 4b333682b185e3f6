"""The tables of a rule book: its header, its rates, its rules by kind."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag, ValidatorFunctionWrapHandler, WrapValidator

from nightgrid.errors import NightgridError
from nightgrid.limits import TIERS_MAX
from nightgrid.nights import zone_of
from nightgrid.pricing.fields import Currency, Night, Problem, Rate, Text, shown
from nightgrid.pricing.model.extras import Package, Points, Tax
from nightgrid.pricing.model.judging import Part, check, judged, known
from nightgrid.pricing.model.nights import Bounds, Demand, Derived, Season
from nightgrid.pricing.model.parts import ENTRIES_MAX, Rule
from nightgrid.pricing.model.pipeline import Pipeline, Rounding
from nightgrid.pricing.model.promotions import Promotion, Stacking
from nightgrid.pricing.model.stay_bounds import StayBounds
from nightgrid.pricing.model.stay_prices import StayPrices
from nightgrid.pricing.model.stays import ExtraGuests, FreeNights, LeadTime, LengthOfStay, MemberTier

#: Rules of all kinds in one book.
RULES_MAX: Final = 5_000
#: The tier of a guest who is no member, where a book names no tiers; else it is the first tier named.
PUBLIC_TIER: Final = "public"
#: The rule tables of a book, in the order in which they act on a price by default.
RULE_KINDS: Final = (
    "derived", "season", "demand", "bounds",
    "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier", "promotion",
    "stay_bounds", "package", "points", "tax",
)  # fmt: skip
#: The clock of a book whose hours are told on the clocks of its hotels.
HOTEL_CLOCK: Final = "hotel"
#: Kinds of which one rule applies to a product (and night): the one with the most specific scope, then the earlier.
BEST_OF_KINDS: Final = (
    "demand", "bounds", "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier",
    "stay_bounds", "points",
)  # fmt: skip


class Header(Part):
    """`[book]`: the name, the member tiers (the first is for guests who are no members), the currency to compare in.

    inherit: of each best-of kind the most specific rule ("best"), or all kinds from the most specific scope level that
    has any ("all_or_nothing"). base_per: the base price is of the room, or of each guest. lead_of: a demand rule counts
    the days to the arrival, or to each night. clock: the time zone in which booking_hours are told, or "hotel": in that
    of each hotel.
    """

    name: Text = "unnamed"
    tiers: tuple[Text, ...] = Field(default=(PUBLIC_TIER,), min_length=1, max_length=TIERS_MAX)
    display_currency: Currency | None = None
    inherit: Literal["best", "all_or_nothing"] = "best"
    base_per: Literal["room", "person"] = "room"
    lead_of: Literal["arrival", "night"] = "arrival"
    clock: Text | None = None

    @check
    def _check_clock(self) -> Iterator[Problem]:
        if self.clock not in (None, HOTEL_CLOCK):
            try:
                zone_of(self.clock)
            except NightgridError as error:
                yield Problem(("clock",), str(error), 'write an IANA time zone, like "Asia/Shanghai", or "hotel"')

    @check
    def _check_tiers(self) -> Iterator[Problem]:
        tiers = Counter(known(self.tiers))
        twice = sorted(tier for tier, count in tiers.items() if count > 1)
        if twice:
            problem = f"tier {', '.join(map(shown, twice))} is named twice"
            yield Problem(("tiers",), problem, "name each tier once")


class DatedRate(Part):
    """`{from, rate}`: the value of one unit for bookings made from that day on (`first_day` in Python)."""

    first_day: Night | None = Field(default=None, alias="from")
    rate: Rate


def _date_problems(rates: tuple[DatedRate, ...]) -> Iterator[Problem]:
    if not rates:
        fix = 'write a rate, or [{rate = "7.85"}, {from = 2027-01-01, rate = "7.90"}]'
        yield Problem((), "there is no rate in it", fix)
    if len(rates) > ENTRIES_MAX:
        yield Problem((), f"it has {len(rates):,} rates", f"write at most {ENTRIES_MAX:,}")
    for earlier, later in pairwise(known(rates, "first_day")):
        if later.first_day is None:
            yield Problem((), "a later rate has no from", "only the first may do without")
        elif earlier.first_day is not None and later.first_day <= earlier.first_day:
            problem = f"the rate from {later.first_day} stands after the rate from {earlier.first_day}"
            yield Problem((), problem, "write each day once, the earliest first")


def _judge_dates(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return judged(value, handler, tuple[DatedRate, ...], (_date_problems,))


def _rate_tag(value: Any) -> str:
    return "[dated]" if isinstance(value, list | tuple) else "[rate]"


#: A rate, or several with the day of booking from which each counts. The tags do not reach the author.
Rates = Annotated[
    Annotated[Rate, Tag("[rate]")] | Annotated[tuple[DatedRate, ...], WrapValidator(_judge_dates), Tag("[dated]")],
    Discriminator(_rate_tag),
]


class BookTables(Part):
    """The parts of a book, each of which is valid by itself. `RuleBook` is one whose parts go together."""

    book: Header = Header()
    pipeline: Pipeline = Pipeline()
    rounding: Rounding = Rounding()
    stacking: Stacking = Stacking()
    currencies: dict[Currency, Rates] = Field(default_factory=dict, json_schema_extra={"additionalProperties": False})
    derived: tuple[Derived, ...] = ()
    season: tuple[Season, ...] = ()
    demand: tuple[Demand, ...] = ()
    bounds: tuple[Bounds, ...] = ()
    stay_prices: tuple[StayPrices, ...] = ()
    extra_guests: tuple[ExtraGuests, ...] = ()
    length_of_stay: tuple[LengthOfStay, ...] = ()
    free_nights: tuple[FreeNights, ...] = ()
    lead_time: tuple[LeadTime, ...] = ()
    member_tier: tuple[MemberTier, ...] = ()
    promotion: tuple[Promotion, ...] = ()
    stay_bounds: tuple[StayBounds, ...] = ()
    package: tuple[Package, ...] = ()
    points: tuple[Points, ...] = ()
    tax: tuple[Tax, ...] = ()

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the canonical JSON; depends on the meaning, not on the spelling."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:16]

    def canonical_json(self) -> str:
        """The book as JSON with sorted keys, without defaults; `load_book` reads it back to an equal book."""
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        if self.pipeline.preset is not None and "policy" in self.rounding.model_fields_set:
            # A preset has a policy of its own, so the default one says something when it is written.
            content.setdefault("rounding", {})["policy"] = str(self.rounding.policy)
        return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def rules(self, kind: str) -> tuple[Rule, ...]:
        """The rules of one of RULE_KINDS, in the order of the file."""
        rules: tuple[Rule, ...] = getattr(self, kind)
        return rules

    def season_groups(self) -> tuple[str, ...]:
        """The groups that seasons name, in order of first appearance."""
        return tuple(dict.fromkeys(season.group for season in self.season))

    @property
    def has_dated_rates(self) -> bool:
        """Whether a rate depends on the day of booking."""
        return any(isinstance(rates, tuple) for rates in self.currencies.values())

    def rates_on(self, booking_date: date | None = None) -> dict[str, Fraction]:
        """The value of one major unit by currency for bookings made on a day; None = the first rate of each.

        A currency whose first rate starts later is absent.
        """
        found: dict[str, Fraction] = {}
        for code, rates in self.currencies.items():
            if isinstance(rates, Fraction):
                found[code] = rates
                continue
            for dated in rates[:1] if booking_date is None else rates:
                if booking_date is None or dated.first_day is None or dated.first_day <= booking_date:
                    found[code] = dated.rate
        return found
