"""A rule in a few words, as a table of a book's rules shows it: what it changes, for which products, under what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from nightgrid.money import format_minor, parse_minor
from nightgrid.pricing.explain.words import count, listed, ranges, span
from nightgrid.pricing.model import (
    Bounds,
    Demand,
    Derived,
    ExtraGuests,
    FreeNights,
    LeadTime,
    LengthOfStay,
    Limits,
    MemberTier,
    OfferConditions,
    Package,
    Points,
    Promotion,
    Rule,
    Season,
    StayBounds,
    StayPrices,
    Tax,
    Where,
)

_PER: Final = {"person_night": "person and night", "person_stay": "person"}


def scope_text(where: Where) -> str:
    """`region east; plan flex or member`; `all` for every product."""
    return "; ".join(f"{key} {listed(values)}" for key, values in where.conditions()) or "all"


def rule_text(rule: Rule) -> str:
    """What a rule does, and when: `+35 %, on 2026-10-01..2026-10-08`."""
    writer: Callable[[Any], list[str]] = _WRITERS[type(rule)]
    return ", ".join(part for part in writer(rule) if part)


def _percent(value: Decimal | None) -> str:
    return "" if value is None else f"{value:+f} %" if value else "0 %"


def _money(amounts: Mapping[str, Decimal]) -> str:
    return listed([format_minor(parse_minor(amount, code), code) for code, amount in amounts.items()])


def _lead(first: int, last: int | None) -> str:
    return f"{first} days or more" if last is None else f"{first}..{last} days"


def _nights_on(rule: Season | Bounds | Derived) -> list[str]:
    """The nights on which a rule holds."""
    parts = [f"on {ranges(rule.dates)}" if rule.dates else ""]
    if isinstance(rule, Season | Bounds) and rule.weekdays:
        parts.append(listed(rule.weekdays))
    if isinstance(rule, Season) and rule.holidays:
        around = [(rule.days_before, "before"), (rule.days_after, "after")]
        days = [f"{count(days, 'day')} {word}" for days, word in around if days]
        parts.append(f"holidays {listed(rule.holidays)}{''.join(f', {each}' for each in days)}")
    if rule.priority:
        parts.append(f"priority {rule.priority}")
    return parts


def _derived(rule: Derived) -> list[str]:
    return [f"from plan {rule.from_plan}", _percent(rule.percent), _money(rule.amount), *_nights_on(rule)]


def _season(rule: Season) -> list[str]:
    return [_percent(rule.percent), *_nights_on(rule), f"group {rule.group}" if rule.group != "season" else ""]


def _demand(rule: Demand) -> list[str]:
    percents = [percent for row in rule.percent for percent in row]
    bands = f"{len(rule.fill)} bands of house fill, {len(rule.lead_days)} of lead time"
    return [f"{_percent(min(percents))} to {_percent(max(percents))}", bands]


def _limits(rule: Limits, *more: str) -> list[str]:
    """The two sides; more: what else bounds below and above, "" = nothing."""
    low = [f"{rule.floor_percent} %" if rule.floor_percent is not None else "", _money(rule.floor), *more[:1]]
    high = [f"{rule.ceiling_percent} %" if rule.ceiling_percent is not None else "", _money(rule.ceiling), *more[1:]]
    sides = [("at least ", low), ("at most ", high)]
    return [f"{word}{' and '.join(filter(None, side))}" for word, side in sides if any(side)]


def _bounds(rule: Bounds) -> list[str]:
    return [*_limits(rule), *_nights_on(rule)]


def _stay_prices(rule: StayPrices) -> list[str]:
    lengths = []
    for each in rule.lengths:
        nights = count(each.nights, "night") if each.last == each.nights else f"{each.nights} to {each.last} nights"
        price = _money(each.price) or f"{_money(each.price_per_night)} a night"
        lengths.append(f"{nights} {price}")
    return [
        listed(lengths, ", "),
        f"arrival in {ranges(rule.arrivals)}" if rule.arrivals else "",
        f"arrival on {listed(rule.weekdays)}" if rule.weekdays else "",
        f"up to {count(rule.guests, 'guest')}" if rule.guests is not None else "",
        f"priority {rule.priority}" if rule.priority else "",
    ]


def _extra_guests(rule: ExtraGuests) -> list[str]:
    adult = _money(rule.adult) or (f"{rule.adult_percent} %" if rule.adult_percent is not None else "nothing")
    bands = []
    for band in rule.children:
        less = f"{_money(band.discount)} less" if band.discount else ""
        part = f"{band.percent} % of that" if band.percent else "free"
        bands.append(f"to age {band.to_age} {_money(band.amount) or less or part}")
    return [f"above {rule.included} guests {adult} an adult", *bands]


def _length_of_stay(rule: LengthOfStay) -> list[str]:
    bands = [f"from {band.from_nights} nights {_money(band.price) or _percent(band.change)}" for band in rule.bands]
    return [listed(bands, ", "), f"reading {rule.reading}" if rule.reading != "stay" else ""]


def _free_nights(rule: FreeNights) -> list[str]:
    once = "" if rule.repeat else "once"
    return [f"stay {rule.stay} pay {rule.pay}", rule.which.replace("_", " "), once, *_conditions(rule)]


def _lead_time(rule: LeadTime) -> list[str]:
    bands = [f"{_lead(band.from_days, band.to_days)} {_percent(band.percent)}" for band in rule.bands]
    points = [f"{point.days} days {_percent(point.percent)}" for point in rule.curve]
    return [f"curve {listed(points, ', ')}" if points else listed(bands, ", ")]


def _member_tier(rule: MemberTier) -> list[str]:
    return [
        *(f"{tier} {_percent(value)}" for tier, value in rule.percent.items()),
        *(f"{tier} {_money(value)}" for tier, value in rule.amount.items()),
        *(f"{tier} at {_money(value)} a night" for tier, value in rule.price.items()),
        *(f"{tier} gets plan {value}" for tier, value in rule.plan.items()),
        *(f"{tier} {value} points more" for tier, value in rule.extra_points.items()),
    ]


def _conditions(rule: OfferConditions) -> list[str]:
    """What must hold for an offer."""
    stays = {"all": "stay in", "any": "a night in", "arrival": "arrival in", "nights": "nights in"}[rule.applies]
    lead, nights, guests, left = rule.lead, rule.nights, rule.guests, rule.rooms_left
    return [
        f"booked in {ranges(rule.booking)}" if rule.booking else "",
        f"booked on {listed(rule.booking_weekdays)}" if rule.booking_weekdays else "",
        f"booked {listed([f'{each.from_time} to {each.to_time}' for each in rule.booking_hours])}"
        if rule.booking_hours
        else "",
        f"{stays} {ranges(rule.stay_dates)}" if rule.stay_dates else "",
        f"not in {ranges(rule.blackout)}" if rule.blackout else "",
        f"arrival on {listed(rule.weekdays)}" if rule.weekdays else "",
        f"departure in {ranges(rule.departures)}" if rule.departures else "",
        f"departure on {listed(rule.departure_weekdays)}" if rule.departure_weekdays else "",
        f"{span(guests.min_guests, guests.max_guests, 1)} guests" if guests else "",
        f"{span(left.min_rooms, left.max_rooms)} rooms left" if left else "",
        f"{span(lead.min_days, lead.max_days)} days before" if lead else "",
        f"{span(nights.min_nights, nights.max_nights, 1)} nights" if nights else "",
        f"from {_money(rule.min_spend)}" if rule.min_spend else "",
        *(_guest("channel", rule.channels), _guest("country", rule.countries), _guest("device", rule.devices)),
        *(_guest("language", rule.languages), _guest("tier", rule.tiers)),
        f"coupon {rule.coupon}{' in each room' if rule.coupon_per == 'room' else ''}" if rule.coupon else "",
    ]


def _guest(word: str, values: tuple[str, ...]) -> str:
    return f"{word} {listed(values)}" if values else ""


def _discount(rule: Promotion) -> str:
    """The one thing that a promotion does."""
    if rule.night_percent is not None:
        nights = rule.night_percent.nights
        named = nights if isinstance(nights, str) else listed([str(night) for night in nights], " and ")
        if isinstance(nights, str) and rule.night_percent.count > 1:
            return f"{_percent(rule.night_percent.percent)} on the {rule.night_percent.count} {nights} nights"
        return f"{_percent(rule.night_percent.percent)} on night {named}"
    if rule.free_nights is not None:
        free = rule.free_nights
        return f"stay {free.stay} pay {free.pay}, {free.which.replace('_', ' ')}{'' if free.repeat else ', once'}"
    if rule.nth_night is not None:
        which = f"every {rule.nth_night.n}." if rule.nth_night.repeat else f"the {rule.nth_night.n}."
        return f"{_percent(rule.nth_night.percent)} on {which} night"
    if rule.spend:
        return listed([f"{_money(each.off)} off from {_money(each.from_amount)}" for each in rule.spend], ", ")
    texts: dict[str, str] = {
        "percent": _percent(rule.percent),
        "off": f"{_money(rule.off)} off",
        "off_per_night": f"{_money(rule.off_per_night)} off a night",
        "price": f"the stay for {_money(rule.price)}",
        "price_per_night": f"the night for {_money(rule.price_per_night)}",
    }
    return texts[rule.kind]


def _promotion(rule: Promotion) -> list[str]:
    limits = [
        f"at most {_money(rule.max_off)}" if rule.max_off else "",
        f"not below {_money(rule.floor)}" if rule.floor else "",
        f"not below {_money(rule.floor_per_night)} a night" if rule.floor_per_night else "",
    ]
    combines = [
        f"class {rule.stacking_class}",
        f"lane {rule.lane}" if rule.lane else "",
        f"not with {listed(rule.excludes)}" if rule.excludes else "",
        f"only with {listed(rule.requires, ' and ')}" if rule.requires else "",
        f"not on the nights of {listed(rule.excludes_by_night)}" if rule.excludes_by_night else "",
        f"only on the nights of {listed(rule.requires_by_night, ' and ')}" if rule.requires_by_night else "",
    ]
    return [_discount(rule), f"of {rule.of}" if rule.of else "", *limits, *_conditions(rule), *combines]


def _stay_bounds(rule: StayBounds) -> list[str]:
    pairs = (rule.floor_per_night, rule.ceiling_per_night)
    a_night = [f"{_money(amounts)} a night" if amounts else "" for amounts in pairs]
    nights = rule.nights
    return [
        *_limits(rule, *a_night),
        f"arrival in {ranges(rule.arrivals)}" if rule.arrivals else "",
        f"{span(nights.min_nights, nights.max_nights, 1)} nights" if nights else "",
        f"priority {rule.priority}" if rule.priority else "",
    ]


def _package(rule: Package) -> list[str]:
    children = f"children {rule.children_percent} %" if rule.children_percent != 100 else ""
    price = f"{_money(rule.price)} per {_PER.get(rule.per, rule.per)}"
    return [price, children, "in every price" if rule.mandatory else "where the guest chooses it"]


def _points(rule: Points) -> list[str]:
    return [f"{rule.rate.points:,} points pay {_money(rule.rate.value)}", f"at most {rule.max_percent} % of the price"]


def _tax(rule: Tax) -> list[str]:
    amount = f"{_money(rule.amount)} per {_PER.get(rule.per, rule.per)}"
    brackets: Iterable[str] = ()
    if rule.brackets is not None:
        low, high = _money(rule.brackets.from_amount), _money(rule.brackets.to_amount)
        brackets = (f"nights from {low}" if low else "", f"nights below {high}" if high else "")
    return [
        amount if rule.amount else f"{rule.percent} %",
        "included" if rule.included else "",
        "on net and the taxes before" if rule.of == "cumulative" else "",
        *brackets,
        f"from age {rule.min_age}" if rule.min_age is not None else "",
        f"at most {rule.nights_max} nights" if rule.nights_max is not None else "",
        f"in {ranges(rule.dates)}" if rule.dates else "",
    ]


_WRITERS: Final[dict[type[Rule], Callable[[Any], list[str]]]] = {
    Derived: _derived,
    Season: _season,
    Demand: _demand,
    Bounds: _bounds,
    StayPrices: _stay_prices,
    ExtraGuests: _extra_guests,
    LengthOfStay: _length_of_stay,
    FreeNights: _free_nights,
    LeadTime: _lead_time,
    MemberTier: _member_tier,
    Promotion: _promotion,
    StayBounds: _stay_bounds,
    Package: _package,
    Points: _points,
    Tax: _tax,
}
