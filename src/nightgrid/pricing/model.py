"""What an author writes: the rule book. One model for TOML, JSON and Python; every meaning is in docs/rules.md.

The classes hold the author's form: names, percents, dates. `compile.py` turns it into dense tables, `explain.py` into
sentences. All objects are immutable. `load_book` in parse.py is the door that reports all mistakes at once.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, field_validator, model_validator

from nightgrid.errors import UnknownIdError
from nightgrid.limits import LEAD_DAYS_MAX, SEASON_GROUPS_MAX, STAY_NIGHTS_MAX, TIERS_MAX
from nightgrid.money import RoundingMode
from nightgrid.pricing.fields import (
    Amounts,
    BoundPercent,
    Currency,
    Night,
    Percent,
    Problem,
    Rate,
    Text,
    mistake,
    read_text,
    shown,
)
from nightgrid.pricing.holiday_calendar import OWN_COUNTRY, check_region, split_holiday

#: Rules of all kinds in one book.
RULES_MAX: Final = 5_000
#: How far a holiday can be widened to each side, in days.
HOLIDAY_WIDENING_DAYS_MAX: Final = 60
#: The step of prices in minor units.
INCREMENT_MINOR_MAX: Final = 10**9
PRIORITY_MAX: Final = 1_000_000
#: The tier of a guest who is no member, where a book names no tiers; else it is the first tier named.
PUBLIC_TIER: Final = "public"
#: The keys of `where`, the least specific first: the position + 1 is the scope level.
SCOPE_KEYS: Final = ("group", "brand", "region", "city", "hotel", "room_type", "plan")
#: The rule tables of a book, in the order in which they act on a price.
RULE_KINDS: Final = ("season", "bounds", "length_of_stay", "lead_time", "member_tier")

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def read_holiday(value: Any) -> str:
    """A holiday condition: "*", "CN", "CH-ZH", or with a part of the holiday's name: "CN:National Day"."""
    region, name = split_holiday(read_text(value))
    if region != OWN_COUNTRY:
        try:
            check_region(region)
        except UnknownIdError as error:
            raise mistake(str(error), 'Write the country of the holiday, like "CN"') from None
    return f"{region}:{name}" if name else region


Holiday = Annotated[
    str, PlainValidator(read_holiday), WithJsonSchema({"type": "string", "pattern": r"^([A-Z]{2}(-\w+)?|\*)(:.+)?$"})
]


class _Part(BaseModel):
    """Any table of the file: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Policy(StrEnum):
    """Where a price is rounded. The order of the members is stored in compiled books."""

    DEFAULT = "default"  # each night after season and bounds, and the total: 2 nights of 431.20, then -5 %
    NIGHT = "night"  # each night once, after all percents; the total is the sum of its nights
    TOTAL = "total"  # only the total
    STEP = "step"  # after every stage: nights, length of stay, lead time, member tier


class Header(_Part):
    """`[book]`: the name, the member tiers (the first is for guests who are no members), the currency to compare in."""

    name: Text = "unnamed"
    tiers: tuple[Text, ...] = Field(default=(PUBLIC_TIER,), min_length=1, max_length=TIERS_MAX)
    display_currency: Currency | None = None

    @field_validator("tiers")
    @classmethod
    def _check_tiers(cls, tiers: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({tier for tier in tiers if tiers.count(tier) > 1})
        if twice:
            raise mistake(f"tier {', '.join(map(shown, twice))} is named twice", "name each tier once")
        return tiers


class Rounding(_Part):
    """`[rounding]`: the policy, the mode, and the step of prices in minor units (100 = whole yuan)."""

    policy: Policy = Policy.DEFAULT
    mode: RoundingMode = RoundingMode.HALF_UP
    increment_minor: int = Field(default=1, ge=1, le=INCREMENT_MINOR_MAX, strict=True)


class Where(_Part):
    """Which products a rule is for: every key given must match, by any of its values. No key: all products."""

    group: tuple[Text, ...] = Field(default=(), min_length=1)
    brand: tuple[Text, ...] = Field(default=(), min_length=1)
    region: tuple[Text, ...] = Field(default=(), min_length=1)
    city: tuple[Text, ...] = Field(default=(), min_length=1)
    hotel: tuple[Text, ...] = Field(default=(), min_length=1)
    room_type: tuple[Text, ...] = Field(default=(), min_length=1)
    plan: tuple[Text, ...] = Field(default=(), min_length=1)

    def conditions(self) -> list[tuple[str, tuple[str, ...]]]:
        """The keys given, with their values, the least specific key first."""
        return [(key, getattr(self, key)) for key in SCOPE_KEYS if getattr(self, key)]

    @property
    def level(self) -> int:
        """Scope level: 0 for all products, else the position of the most specific key, group 1 .. plan 7."""
        return max((number for number, key in enumerate(SCOPE_KEYS, 1) if getattr(self, key)), default=0)


class Rule(_Part):
    """What every rule has: a name that explanations show, and the products it is for."""

    name: Text
    where: Where = Where()


class DateRange(_Part):
    """Nights from `from` to `to`, both included (`first_night` and `last_night` in Python)."""

    first_night: Night = Field(alias="from")
    last_night: Night = Field(alias="to")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.last_night < self.first_night:
            raise mistake(f"to {self.last_night} is before from {self.first_night}", "exchange the two dates")
        return self


class Season(Rule):
    """`[[season]]`: a change in percent of the nights on which all of its conditions hold.

    Groups multiply; within a group one rule wins a night: the highest priority, then the most specific (holidays,
    dates, weekdays, scope), then the shorter dates, then the earlier in the file.
    """

    group: Text = "season"
    dates: tuple[DateRange, ...] = Field(default=(), min_length=1)
    weekdays: tuple[Weekday, ...] = Field(default=(), min_length=1)
    holidays: tuple[Holiday, ...] = Field(default=(), min_length=1)
    days_before: int = Field(default=0, ge=0, le=HOLIDAY_WIDENING_DAYS_MAX, strict=True)
    days_after: int = Field(default=0, ge=0, le=HOLIDAY_WIDENING_DAYS_MAX, strict=True)
    percent: Percent
    priority: int = Field(default=0, ge=-PRIORITY_MAX, le=PRIORITY_MAX, strict=True)

    @model_validator(mode="after")
    def _check_widening(self) -> Self:
        if (self.days_before or self.days_after) and not self.holidays:
            raise mistake("days_before and days_after widen holidays, and there are none", 'add holidays = ["*"]')
        return self

    @property
    def span_days(self) -> int:
        """Days of all date ranges together; 0 without dates."""
        return sum((dates.last_night - dates.first_night).days + 1 for dates in self.dates)

    def rank(self, position: int) -> tuple[int, ...]:
        """Sort key: of the rules of a group that hold on a night, the one with the smallest key wins."""
        given = (bool(self.holidays), bool(self.dates), bool(self.weekdays))
        return (-self.priority, *(-int(part) for part in given), -self.where.level, self.span_days, position)


class LengthBand(_Part):
    """A change in percent of stays of `from_nights` nights or more, up to the next band."""

    from_nights: int = Field(ge=1, le=STAY_NIGHTS_MAX, strict=True)
    percent: Percent


class LengthOfStay(Rule):
    """`[[length_of_stay]]`: the band that a stay reaches changes the price of all of its nights."""

    bands: tuple[LengthBand, ...] = Field(min_length=1, max_length=STAY_NIGHTS_MAX)

    @field_validator("bands")
    @classmethod
    def _check_bands(cls, bands: tuple[LengthBand, ...]) -> tuple[LengthBand, ...]:
        starts = [band.from_nights for band in bands]
        twice = sorted({start for start in starts if starts.count(start) > 1})
        if twice:
            raise mistake(f"two bands start from {twice[0]} nights", "give each band its own from_nights")
        return bands


class LeadBand(_Part):
    """A change in percent of bookings made `from_days` to `to_days` days before arrival, both included."""

    from_days: int = Field(ge=0, le=LEAD_DAYS_MAX, strict=True)
    to_days: int | None = Field(default=None, ge=0, le=LEAD_DAYS_MAX, strict=True)
    percent: Percent

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.to_days is not None and self.to_days < self.from_days:
            raise mistake(f"to_days {self.to_days} is below from_days {self.from_days}", "exchange the two")
        return self

    @property
    def last_days(self) -> int:
        """The last day of the band; LEAD_DAYS_MAX, where all longer leads fall, when it is open."""
        return LEAD_DAYS_MAX if self.to_days is None else self.to_days


class LeadTime(Rule):
    """`[[lead_time]]`: bands of days between booking and arrival, without overlap; days in no band change nothing."""

    bands: tuple[LeadBand, ...] = Field(min_length=1, max_length=LEAD_DAYS_MAX + 1)

    @field_validator("bands")
    @classmethod
    def _check_bands(cls, bands: tuple[LeadBand, ...]) -> tuple[LeadBand, ...]:
        ordered = sorted(bands, key=lambda band: band.from_days)
        for earlier, later in pairwise(ordered):
            if later.from_days <= earlier.last_days:
                end = "has no end" if earlier.to_days is None else f"ends at {earlier.to_days}"
                raise mistake(
                    f"the band from {earlier.from_days} days {end} and overlaps the band from {later.from_days} days",
                    f"give it to_days = {later.from_days - 1}"
                    if later.from_days > earlier.from_days
                    else "remove one of them",
                )
        return bands


class MemberTier(Rule):
    """`[[member_tier]]`: a change in percent by tier; a tier that is not named changes nothing."""

    percent: dict[Text, Percent] = Field(min_length=1)


class Bounds(Rule):
    """`[[bounds]]`: the lowest and highest price of a night, in percent of its base price, or as amounts, or both."""

    floor_percent: BoundPercent | None = None
    ceiling_percent: BoundPercent | None = None
    floor: Amounts = Field(default_factory=dict)
    ceiling: Amounts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.floor_percent is None and self.ceiling_percent is None and not self.floor and not self.ceiling:
            raise mistake("there is no bound in it", "give floor_percent, ceiling_percent, floor or ceiling")
        low, high = self.floor_percent, self.ceiling_percent
        if low is not None and high is not None and low > high:
            raise mistake(f"floor_percent {low} is above ceiling_percent {high}", "exchange the two")
        crossed = [code for code in self.floor if code in self.ceiling and self.floor[code] > self.ceiling[code]]
        if crossed:
            raise mistake(f"floor is above ceiling in {', '.join(crossed)}", "exchange the two")
        return self


class RuleBook(_Part):
    """A whole book. `digest` names its content: equal books have equal digests, whatever they were written in."""

    book: Header = Header()
    rounding: Rounding = Rounding()
    currencies: dict[Currency, Rate] = Field(default_factory=dict)
    season: tuple[Season, ...] = ()
    bounds: tuple[Bounds, ...] = ()
    length_of_stay: tuple[LengthOfStay, ...] = ()
    lead_time: tuple[LeadTime, ...] = ()
    member_tier: tuple[MemberTier, ...] = ()

    @model_validator(mode="after")
    def _check_book(self) -> Self:
        found = book_problems(self)
        if found:
            raise mistake("; ".join(each.problem for each in found), found[0].fix)
        return self

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the canonical JSON; depends on the meaning, not on the spelling."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:16]

    def canonical_json(self) -> str:
        """The book as JSON with sorted keys, without defaults; `load_book` reads it back to an equal book."""
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def season_groups(self) -> tuple[str, ...]:
        """The groups that seasons name, in order of first appearance."""
        return tuple(dict.fromkeys(season.group for season in self.season))


def book_problems(book: RuleBook) -> list[Problem]:
    """What is wrong between the parts of a book."""
    problems: list[Problem] = []
    rules = sum(len(getattr(book, kind)) for kind in RULE_KINDS)
    if rules > RULES_MAX:
        fix = f"a book has at most {RULES_MAX:,}; use where with lists"
        problems.append(Problem((), f"the book has {rules:,} rules", fix))
    display = book.book.display_currency
    if display and book.currencies and display not in book.currencies:
        fix = f'add {display} = "1" to [currencies]'
        problems.append(Problem(("book", "display_currency"), f"display currency {display} has no rate", fix))
    groups = book.season_groups()
    for position, season in enumerate(book.season):
        if season.group in groups[SEASON_GROUPS_MAX:]:
            fix = f"use at most {SEASON_GROUPS_MAX} groups; these come first: {', '.join(groups[:SEASON_GROUPS_MAX])}"
            problems.append(Problem(("season", position, "group"), f"group {shown(season.group)} is one too many", fix))
    for position, table in enumerate(book.member_tier):
        for tier in table.percent:
            if tier not in book.book.tiers:
                fix = f"use one of {', '.join(book.book.tiers)}, or add it to tiers in [book]"
                path = ("member_tier", position, "percent", tier)
                problems.append(Problem(path, f"tier {shown(tier)} is not known", fix))
    return problems
