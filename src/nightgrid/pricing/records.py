"""The rules of a stay as numbers: one int64 vector from which kernels plan a price (`native.program`).

A rule stands once for each currency of its hotels; equal records stand once. Amounts are minor units, percents basis
points, days ordinals, names numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from nightgrid.limits import GUESTS_MAX, LEAD_DAYS_MAX, STAY_NIGHTS_MAX
from nightgrid.money import RoundingMode, parse_minor
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term
from nightgrid.nights import WEEKDAYS
from nightgrid.pricing.fields import basis_points, tax_millipercent
from nightgrid.pricing.model import (
    DateRange,
    ExtraGuests,
    FreeNights,
    FreeNightsOffer,
    LeadTime,
    LengthOfStay,
    MemberTier,
    OfferConditions,
    Package,
    Points,
    Promotion,
    StayBounds,
    StayPrices,
    Tax,
)
from nightgrid.pricing.pipelines import Rounder

Amounts = dict[str, Decimal]

_APPLIES = {
    "all": term.APPLIES_ALL,
    "any": term.APPLIES_ANY,
    "arrival": term.APPLIES_ARRIVAL,
    "nights": term.APPLIES_NIGHTS,
}
_READINGS = {"stay": term.READ_STAY, "marginal": term.READ_MARGINAL, "first": term.READ_FIRST}
_WHICH = {"cheapest": do.FREE_CHEAPEST, "last": do.FREE_LAST, "every_nth": do.FREE_EVERY}
_PACKAGE_PER = {
    "stay": term.PER_STAY, "night": term.PER_NIGHT, "person": term.PER_PERSON, "person_night": term.PER_PERSON_NIGHT,
}  # fmt: skip
_TAX_PER = {
    "stay": term.PER_STAY, "night": term.PER_NIGHT,
    "person_stay": term.PER_PERSON, "person_night": term.PER_PERSON_NIGHT,
}  # fmt: skip
_MODES = list(RoundingMode)


def weekday_bits(days: Iterable[str]) -> int:
    """Weekdays as bits, bit 0 = Monday; none given is every day."""
    return sum(1 << WEEKDAYS.index(day) for day in days) or 127


def ending_block(endings: Sequence[int]) -> int:
    """The power of ten in which endings repeat: above the largest of them, at least 10."""
    block = 10
    while block <= endings[-1]:
        block *= 10
    return block


def rounding_record(rounder: Rounder) -> tuple[int, ...]:
    """Mode, step, how many endings, endings."""
    mode = _MODES.index(rounder.mode)
    if rounder.endings:
        return (mode, ending_block(rounder.endings), len(rounder.endings), *rounder.endings)
    return (mode, rounder.increment_minor, 0)


class Records:
    """Collects the records of one book. `names` gives each channel, country, device, coupon and package its number."""

    def __init__(self, tiers: Sequence[str]) -> None:
        self._tiers = tuple(tiers)
        self._words: list[int] = [0]  # place 0 is no rule
        self._known: dict[tuple[int, ...], int] = {}
        self.names: dict[str, dict[str, int]] = {
            kind: {} for kind in ("channel", "country", "device", "language", "coupon", "package")
        }

    def array(self) -> NDArray[np.int64]:
        """Everything collected, int64."""
        return np.array(self._words, np.int64)

    def add(self, record: Sequence[int]) -> int:
        """Where a record stands; an equal one is taken again."""
        key = tuple(record)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self._words)
            self._words.extend(key)
        return known

    def append(self, words: Sequence[int]) -> int:
        """Where words stand that are not shared."""
        at = len(self._words)
        self._words.extend(words)
        return at

    def __len__(self) -> int:
        return len(self._words)

    def set(self, at: int, word: int) -> None:
        """Change a word of what was appended."""
        self._words[at] = word

    def _number(self, kind: str, name: str) -> int:
        return self.names[kind].setdefault(name, len(self.names[kind]))

    def rounding(self, rounder: Rounder | None) -> int:
        """Where a rounding stands, 0 for none."""
        return 0 if rounder is None else self.add(rounding_record(rounder))

    def conditions(self, rule: OfferConditions) -> int:
        """Where the conditions of an offer stand."""
        lead, nights, guests = rule.lead, rule.nights, rule.guests
        tiers = sum(1 << self._tiers.index(tier) for tier in rule.tiers) or -1
        head = [
            weekday_bits(rule.booking_weekdays), weekday_bits(rule.weekdays),
            lead.min_days if lead else 0,
            LEAD_DAYS_MAX if lead is None or lead.max_days is None else lead.max_days,
            nights.min_nights if nights else 1,
            STAY_NIGHTS_MAX if nights is None or nights.max_nights is None else nights.max_nights,
            tiers,
            do.NO_NAME if rule.coupon is None else self._number("coupon", rule.coupon),
            _APPLIES[rule.applies], weekday_bits(rule.departure_weekdays),
            guests.min_guests if guests else 0,
            GUESTS_MAX if guests is None or guests.max_guests is None else guests.max_guests,
            rule.rooms_left.min_rooms if rule.rooms_left else 0,
            -1 if rule.rooms_left is None or rule.rooms_left.max_rooms is None else rule.rooms_left.max_rooms,
        ]  # fmt: skip
        ranges = (rule.booking, rule.stay_dates, rule.blackout, rule.departures)
        named = (
            ("channel", rule.channels), ("country", rule.countries), ("device", rule.devices),
            ("language", rule.languages),
        )  # fmt: skip
        hours = [edge for window in rule.booking_hours for minutes in window.minutes() for edge in minutes]
        head += [*(len(each) for each in (*ranges, *(values for _, values in named))), len(hours) // 2]
        lists = [word for dates in ranges for word in _ordinals(dates)]
        lists += [self._number(kind, value) for kind, values in named for value in values]
        return self.add([*head, *lists, *hours])

    def extra_guests(self, rule: ExtraGuests, currency: str) -> int:
        """Where a rule stands."""
        kind, value = term.CHARGE_NONE, 0
        if rule.adult:
            kind, value = term.CHARGE_AMOUNT, minor(rule.adult, currency)
        elif rule.adult_percent is not None:
            kind, value = term.CHARGE_PERCENT, basis_points(rule.adult_percent)
        record = [
            rule.included, kind, value, int(rule.children_included == "after_adults"),
            0 if rule.full_payers is None else rule.full_payers, len(rule.children),
        ]  # fmt: skip
        for band in rule.children:
            if band.amount:
                record += [band.to_age, term.CHARGE_AMOUNT, minor(band.amount, currency)]
            elif band.percent is not None:
                record += [band.to_age, term.CHARGE_PERCENT, basis_points(band.percent)]
            else:
                record += [band.to_age, term.CHARGE_DISCOUNT, minor(band.discount, currency)]
        return self.add(record)

    def length_of_stay(self, rule: LengthOfStay, currency: str) -> int:
        """Where a rule stands."""
        record = [term.READ_PRICES if rule.is_priced else _READINGS[rule.reading], len(rule.bands)]
        for band in sorted(rule.bands, key=lambda band: band.from_nights):
            value = basis_points(band.percent) if band.percent is not None else minor(band.price, currency)
            record += [band.from_nights, value]
        return self.add(record)

    def free_nights(self, rule: FreeNights, currency: str) -> int:
        """Where a rule stands."""
        spend = minor(rule.min_spend, currency) if rule.min_spend else 0
        return self.add([self.conditions(rule), spend, rule.stay, rule.pay, _WHICH[rule.which], int(rule.repeat)])

    def lead_time(self, rule: LeadTime, _: str) -> int:
        """Where a rule stands."""
        if rule.curve:
            points = [word for point in rule.curve for word in (point.days, basis_points(point.percent))]
            return self.add([term.LEAD_CURVE, len(rule.curve), *points])
        bands = [word for band in rule.bands for word in (band.from_days, band.last_days, basis_points(band.percent))]
        return self.add([term.LEAD_BANDS, len(rule.bands), *bands])

    def member_tier(self, rule: MemberTier, currency: str) -> int:
        """Where a rule stands."""
        record: list[int] = []
        for tier in self._tiers:
            if tier in rule.percent:
                record += [term.TIER_PERCENT, basis_points(rule.percent[tier])]
            elif tier in rule.amount:
                record += [term.TIER_AMOUNT, minor(rule.amount[tier], currency)]
            elif tier in rule.price:
                record += [term.TIER_PRICE, minor(rule.price[tier], currency)]
            elif tier in rule.extra_points:
                record += [term.TIER_POINTS, basis_points(rule.extra_points[tier])]
            else:
                record += [term.TIER_PLAN if tier in rule.plan else term.TIER_NOTHING, 0]
        return self.add(record)

    def stay_prices(self, rule: StayPrices, currency: str) -> int:
        """Where a rule stands."""
        record = [0 if rule.guests is None else rule.guests, weekday_bits(rule.weekdays), len(rule.arrivals)]
        record += [*_ordinals(rule.arrivals), len(rule.lengths)]
        for each in rule.lengths:
            amounts = each.price or each.price_per_night
            record += [each.nights, each.last, minor(amounts, currency), int(bool(each.price_per_night))]
        return self.add(record)

    def stay_bounds(self, rule: StayBounds, currency: str, base: int) -> int:
        """Where a rule stands. base: the plane of base prices."""
        nights = rule.nights
        sides = (rule.floor, rule.ceiling, rule.floor_per_night, rule.ceiling_per_night)
        record = [
            nights.min_nights if nights else 1,
            STAY_NIGHTS_MAX if nights is None or nights.max_nights is None else nights.max_nights,
            *(minor(side, currency) if currency in side else -1 for side in sides),
            *(-1 if each is None else basis_points(each) for each in (rule.floor_percent, rule.ceiling_percent)),
            base, len(rule.arrivals), *_ordinals(rule.arrivals),
        ]  # fmt: skip
        return self.add(record)

    def package(self, rule: Package, currency: str) -> int:
        """Where a rule stands."""
        name = self._number("package", rule.name)
        price = minor(rule.price, currency)
        return self.add([name, int(rule.mandatory), price, _PACKAGE_PER[rule.per], basis_points(rule.children_percent)])

    def points(self, rule: Points, currency: str) -> int:
        """Where a rule stands."""
        return self.add([rule.rate.points, minor(rule.rate.value, currency), basis_points(rule.max_percent)])

    def tax(self, rule: Tax, currency: str) -> int:
        """Where a rule stands."""
        percent = rule.percent is not None
        brackets = rule.brackets
        record = [
            do.TAX_PERCENT if percent else do.TAX_AMOUNT,
            tax_millipercent(rule.percent) if rule.percent is not None else minor(rule.amount, currency),
            _TAX_PER[rule.per],
            do.OF_CUMULATIVE if rule.of == "cumulative" else do.OF_NET,
            int(rule.included),
            minor(brackets.from_amount, currency) if brackets and brackets.from_amount else -1,
            minor(brackets.to_amount, currency) if brackets and brackets.to_amount else -1,
            -1 if rule.min_age is None else rule.min_age,
            -1 if rule.nights_max is None else rule.nights_max,
            _MODES.index(rule.round.mode), rule.round.increment_minor,
            len(rule.dates), *_ordinals(rule.dates),
        ]  # fmt: skip
        return self.add(record)

    def promotion(self, rule: Promotion, currency: str, refs: dict[str, int]) -> int:
        """Where a rule stands. refs: kind of an earlier stage -> ref."""
        kind, value, pattern, tail = _discount(rule, currency)
        spend = minor(rule.min_spend, currency) if rule.min_spend else 0
        if rule.spend:
            tail = [
                word for each in rule.spend for word in (minor(each.from_amount, currency), minor(each.off, currency))
            ]
            spend = max(spend, min(tail[::2]))
            tail = [len(rule.spend), *tail]
        record = [
            self.conditions(rule), spend, kind,
            term.REF_OF_STAGE if rule.of is None else refs[rule.of],
            value, *pattern,
            minor(rule.max_off, currency) if rule.max_off else -1,
            minor(rule.floor_per_night, currency) if rule.floor_per_night else -1,
            minor(rule.floor, currency) if rule.floor else -1,
            int(rule.stacking_class == "base"), int(bool(rule.looks_at)), *(tail or [0]),
        ]  # fmt: skip
        return self.add(record)


def minor(amounts: Amounts, currency: str) -> int:
    """An amount in minor units of the currency."""
    return parse_minor(amounts[currency], currency)


def _ordinals(dates: Iterable[DateRange]) -> list[int]:
    return [day.toordinal() for each in dates for day in (each.first_night, each.last_night)]


_NIGHTS_BY_WORD = {
    "first": term.PATTERN_FIRST, "last": term.PATTERN_LAST,
    "cheapest": term.PATTERN_CHEAPEST, "dearest": term.PATTERN_DEAREST,
}  # fmt: skip


def _free_pattern(free: FreeNightsOffer) -> tuple[int, int, int]:
    """The pattern of nights that are free."""
    if free.which == "every_nth":
        return term.PATTERN_NTH, free.stay, int(free.repeat)
    return _NIGHTS_BY_WORD[free.which], free.stay, 2 * (free.stay - free.pay) + int(free.repeat)


def _discount(rule: Promotion, currency: str) -> tuple[int, int, tuple[int, int, int], list[int]]:
    """(kind, value, pattern of nights, words of positions) of a promotion."""
    every = (term.PATTERN_ALL, 0, 0)
    for amounts, kind in (
        (rule.off, term.KIND_OFF),
        (rule.off_per_night, term.KIND_OFF_NIGHT),
        (rule.price, term.KIND_PRICE),
        (rule.price_per_night, term.KIND_PRICE_NIGHT),
    ):
        if amounts:
            return kind, minor(amounts, currency), every, []
    if rule.percent is not None:
        return term.KIND_PERCENT, basis_points(rule.percent), every, []
    if rule.nth_night is not None:
        nth = rule.nth_night
        return term.KIND_PERCENT, basis_points(nth.percent), (term.PATTERN_NTH, nth.n, int(nth.repeat)), []
    if rule.free_nights is not None:
        return term.KIND_PERCENT, -term.WHOLE_BP, _free_pattern(rule.free_nights), []
    if rule.night_percent is None:
        return term.KIND_SPEND, 0, every, []
    nights, value = rule.night_percent.nights, basis_points(rule.night_percent.percent)
    if isinstance(nights, str):
        return term.KIND_PERCENT, value, (_NIGHTS_BY_WORD[nights], 0, 2 * rule.night_percent.count), []
    if isinstance(nights[0], str):
        return term.KIND_PERCENT, value, (term.PATTERN_WEEKDAYS, weekday_bits(map(str, nights)), 0), []
    words = [0] * do.NIGHT_WORDS
    for position in nights:
        words[(int(position) - 1) >> 6] |= 1 << ((int(position) - 1) & 63)
    signed = [word - 2**64 if word >= 2**63 else word for word in words]
    return term.KIND_PERCENT, value, (term.PATTERN_POSITIONS, 0, 0), [do.NIGHT_WORDS, *signed]
