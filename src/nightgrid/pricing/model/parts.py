"""What the tables of a book share: the names of things, scopes, date ranges, and the conditions of an offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from nightgrid.errors import UnknownIdError
from nightgrid.limits import GUESTS_MAX, LEAD_DAYS_MAX, ROOMS_LEFT_MAX, STAY_NIGHTS_MAX
from nightgrid.pricing.fields import Amounts, BoundPercent, ClockTime, Night, Problem, Text, mistake, read_text
from nightgrid.pricing.holiday_calendar import OWN_COUNTRY, check_region, split_holiday
from nightgrid.pricing.model.judging import Part, check

PRIORITY_MAX: Final = 1_000_000
#: Entries of one list of dates, channels, names and the like.
ENTRIES_MAX: Final = 1_000
#: Windows of hours of one rule.
HOURS_MAX: Final = 48
#: The keys of `where`, the least specific first: the position + 1 is the scope level.
SCOPE_KEYS: Final = ("group", "brand", "region", "city", "hotel", "room_type", "plan")

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
#: Whole numbers inside lists, as they are written: no text, no true or false.
LeadDays = Annotated[int, Field(ge=0, le=LEAD_DAYS_MAX, strict=True)]
StayNights = Annotated[int, Field(ge=1, le=STAY_NIGHTS_MAX, strict=True)]
#: How a promotion's stay dates must fit the stay.
Applies = Literal["all", "any", "arrival", "nights"]


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
    str, PlainValidator(read_holiday), WithJsonSchema({"type": "string", "pattern": r"^([A-Za-z]{2}(-\w+)?|\*)(:.+)?$"})
]


class Where(Part):
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


class Rule(Part):
    """What every rule has: a name that explanations show, and the products it is for."""

    name: Text
    where: Where = Where()


class DateRange(Part):
    """Nights from `from` to `to`, both included (`first_night` and `last_night` in Python)."""

    first_night: Night = Field(alias="from")
    last_night: Night = Field(alias="to")

    @check
    def _check_order(self) -> Iterator[Problem]:
        if self.last_night < self.first_night:
            yield Problem((), f"to {self.last_night} is before from {self.first_night}", "exchange the two dates")

    def holds(self, day: date) -> bool:
        """Whether the day is inside."""
        return self.first_night <= day <= self.last_night


def days_of(dates: tuple[DateRange, ...]) -> int:
    """Days of all date ranges together; 0 without dates."""
    return sum((each.last_night - each.first_night).days + 1 for each in dates)


class LeadWindow(Part):
    """`{min_days, max_days}`: days between booking and arrival, both included, at least one of them given."""

    min_days: int = Field(default=0, ge=0, le=LEAD_DAYS_MAX, strict=True)
    max_days: int | None = Field(default=None, ge=0, le=LEAD_DAYS_MAX, strict=True)

    @check
    def _check_order(self) -> Iterator[Problem]:
        if self.max_days is not None and self.max_days < self.min_days:
            yield Problem((), f"max_days {self.max_days} is below min_days {self.min_days}", "exchange the two")


class NightsWindow(Part):
    """`{min, max}`: nights of the stay, both included (`min_nights` and `max_nights` in Python)."""

    min_nights: int = Field(default=1, alias="min", ge=1, le=STAY_NIGHTS_MAX, strict=True)
    max_nights: int | None = Field(default=None, alias="max", ge=1, le=STAY_NIGHTS_MAX, strict=True)

    @check
    def _check_order(self) -> Iterator[Problem]:
        if self.max_nights is not None and self.max_nights < self.min_nights:
            yield Problem((), f"max {self.max_nights} is below min {self.min_nights}", "exchange the two")


class GuestsWindow(Part):
    """`{min, max}`: guests in a room, children too, both included (`min_guests` and `max_guests` in Python)."""

    min_guests: int = Field(default=1, alias="min", ge=1, le=GUESTS_MAX, strict=True)
    max_guests: int | None = Field(default=None, alias="max", ge=1, le=GUESTS_MAX, strict=True)

    @check
    def _check_order(self) -> Iterator[Problem]:
        if self.max_guests is not None and self.max_guests < self.min_guests:
            yield Problem((), f"max {self.max_guests} is below min {self.min_guests}", "exchange the two")


class HourWindow(Part):
    """`{from, to}`: times of day on the book's clock, `to` not included; over midnight where `to` is the earlier
    (`from_time` and `to_time` in Python).
    """

    from_time: ClockTime = Field(alias="from")
    to_time: ClockTime = Field(alias="to")

    @check
    def _check_hours(self) -> Iterator[Problem]:
        if self.from_time in (self.to_time, "24:00"):
            problem = f"no time of day lies from {self.from_time} to {self.to_time}"
            yield Problem((), problem, 'write the whole day as from = "00:00", to = "24:00"')

    def holds(self, clock: str) -> bool:
        """Whether a time of day ("HH:MM") is inside."""
        if self.from_time < self.to_time:
            return self.from_time <= clock < self.to_time
        return clock >= self.from_time or clock < self.to_time

    def edges(self) -> tuple[int, ...]:
        """Minutes of the day at which it begins or ends."""
        return tuple(edge for first, last in self.minutes() for edge in (first, last + 1))

    def minutes(self) -> list[tuple[int, int]]:
        """The minutes of the day inside, as ranges with both ends."""
        first, end = (int(text[:2]) * 60 + int(text[3:]) for text in (self.from_time, self.to_time))
        if first < end:
            return [(first, end - 1)]
        return [(first, 24 * 60 - 1)] + ([(0, end - 1)] if end else [])


class RoomsWindow(Part):
    """`{min, max}`: free rooms of the room type on the fullest night, both included (`min_rooms`, `max_rooms`)."""

    min_rooms: int = Field(default=0, alias="min", ge=0, le=ROOMS_LEFT_MAX, strict=True)
    max_rooms: int | None = Field(default=None, alias="max", ge=0, le=ROOMS_LEFT_MAX, strict=True)

    @check
    def _check_order(self) -> Iterator[Problem]:
        if self.max_rooms is not None and self.max_rooms < self.min_rooms:
            yield Problem((), f"max {self.max_rooms} is below min {self.min_rooms}", "exchange the two")
        if self.max_rooms is None and self.min_rooms == 0:
            yield Problem((), "it holds for any number of rooms", "give min above 0, or max")


class FreeNightsOffer(Part):
    """Of every `stay` nights `pay` are paid. which: the cheapest (of equals the earlier), the last or every Nth is
    free; repeat = false: once a stay.
    """

    stay: int = Field(ge=2, le=STAY_NIGHTS_MAX, strict=True)
    pay: int = Field(ge=1, le=STAY_NIGHTS_MAX, strict=True)
    which: Literal["cheapest", "last", "every_nth"] = "cheapest"
    repeat: bool = Field(default=True, strict=True)

    @check
    def _check_paid(self) -> Iterator[Problem]:
        stay, pay = self.stay, self.pay
        if pay >= stay:
            yield Problem((), f"stay {stay} pay {pay} gives no night", f"write pay = {stay - 1} or less")
        elif self.which == "every_nth" and pay != stay - 1:
            problem = f"every_nth gives night {stay} of {stay}, so {stay - 1} are paid, not {pay}"
            yield Problem((), problem, f'write pay = {stay - 1}, or which = "last"')


class Limits(Rule):
    """The lowest and the highest price, in percent of the base price, or as amounts, or both."""

    priority: int = Field(default=0, ge=-PRIORITY_MAX, le=PRIORITY_MAX, strict=True)
    floor_percent: BoundPercent | None = None
    ceiling_percent: BoundPercent | None = None
    floor: Amounts = Field(default_factory=dict)
    ceiling: Amounts = Field(default_factory=dict)

    @check
    def _check_percents(self) -> Iterator[Problem]:
        low, high = self.floor_percent, self.ceiling_percent
        if low is not None and high is not None and low > high:
            yield Problem((), f"floor_percent {low} is above ceiling_percent {high}", "exchange the two")

    @check
    def _check_amounts(self) -> Iterator[Problem]:
        yield from crossed_problems("floor", self.floor, "ceiling", self.ceiling)


def crossed_problems(low: str, floor: dict[str, Decimal], high: str, ceiling: dict[str, Decimal]) -> Iterator[Problem]:
    """A floor above its ceiling in some currency; `low` and `high` are their keys."""
    codes = [code for code in floor if code in ceiling and floor[code] > ceiling[code]]
    if codes:
        yield Problem((), f"{low} is above {high} in {', '.join(codes)}", "exchange the two")


class OfferConditions(Rule):
    """The conditions of a promotion or of free nights; all that are given must hold, any entry of a list is enough.

    booking, booking_weekdays: the day of booking at the hotel. stay_dates with applies: nights of the stay (all, any),
    the arrival, or only the nights inside (nights). blackout: off if any night of the stay is inside. weekdays: of the
    arrival. departures, departure_weekdays: the day of departure. guests: how many sleep in the room. min_spend: of the
    running amount before the stage. channels, countries, devices, languages, tiers: what the guest is.
    booking_hours: the time of day of the booking, on the clock of `[book]`. rooms_left: free rooms of the room type,
    the least of the stay's nights. coupon: a code; once an order, or with coupon_per in each of its rooms.
    """

    booking: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    booking_weekdays: tuple[Weekday, ...] = Field(default=(), min_length=1)
    booking_hours: tuple[HourWindow, ...] = Field(default=(), min_length=1, max_length=HOURS_MAX)
    stay_dates: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    applies: Applies = "all"
    blackout: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    weekdays: tuple[Weekday, ...] = Field(default=(), min_length=1)
    departures: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    departure_weekdays: tuple[Weekday, ...] = Field(default=(), min_length=1)
    guests: GuestsWindow | None = None
    rooms_left: RoomsWindow | None = None
    lead: LeadWindow | None = None
    nights: NightsWindow | None = None
    min_spend: Amounts = Field(default_factory=dict)
    channels: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    countries: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    devices: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    languages: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    tiers: tuple[Text, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    coupon: Text | None = None
    coupon_per: Literal["order", "room"] = "order"

    @check
    def _check_coupon(self) -> Iterator[Problem]:
        if self.coupon_per != "order" and self.coupon is None:
            problem = f'coupon_per = "{self.coupon_per}" says where a coupon acts, and there is none'
            yield Problem((), problem, "add coupon")

    @check
    def _check_applies(self) -> Iterator[Problem]:
        if self.applies != "all" and not self.stay_dates:
            problem = f'applies = "{self.applies}" says how stay_dates fit, and there are none'
            yield Problem((), problem, "add stay_dates")
