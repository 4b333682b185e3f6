"""The conditions of promotions and free nights: the first that fails, with the value and what is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.rules import ProductRules, in_dates, on_weekday
from nightgrid.pricing.explain.words import count, listed, money, ranges, span, weekday_name
from nightgrid.pricing.model import OfferConditions

#: Why one condition of a rule does not hold, "" if it does. The amount is that before the rule's stage.
Check = Callable[[OfferConditions, Facts, ProductRules, Exact], str]


def checks_of(rule: OfferConditions) -> tuple[Check, ...]:
    """The conditions that a rule gives, in the order in which they are tried."""
    given: list[tuple[object, Check]] = [
        (rule.booking, _booking),
        (rule.booking_weekdays, _booking_weekdays),
        (rule.booking_hours, _booking_hours),
        (rule.lead, _lead),
        (rule.nights, _nights),
        (rule.stay_dates, _stay_dates),
        (rule.blackout, _blackout),
        (rule.weekdays, _weekdays),
        (rule.departures, _departures),
        (rule.departure_weekdays, _departure_weekdays),
        (rule.guests, _guests),
        (rule.rooms_left, _rooms_left),
        (rule.channels, _channel),
        (rule.countries, _country),
        (rule.devices, _device),
        (rule.languages, _language),
        (rule.tiers, _tier),
        (rule.coupon, _coupon),
        (rule.min_spend, _min_spend),
    ]
    return tuple(check for value, check in given if value)


def failing(checks: Sequence[Check], rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    """Why the conditions of an offer do not hold, "" if they do. `running` is the amount before the offer's stage."""
    for check in checks:
        reason = check(rule, facts, rules, running)
        if reason:
            return reason
    return ""


def _booking(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    return "" if in_dates(rule.booking, facts.booked) else f"booked {facts.booked}, needs {ranges(rule.booking)}"


def _booking_weekdays(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    if on_weekday(rule.booking_weekdays, facts.booked):
        return ""
    return f"booked on a {weekday_name(facts.booked)}, needs {listed(rule.booking_weekdays)}"


def _booking_hours(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    clock = facts.asking.booking_time
    if clock and any(window.holds(clock) for window in rule.booking_hours):
        return ""
    hours = listed([f"{each.from_time} to {each.to_time}" for each in rule.booking_hours])
    return f"booked at {clock}, needs {hours}" if clock else f"time of booking not told, needs {hours}"


def _rooms_left(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    window, left = rule.rooms_left, facts.asking.rooms_left
    if window is None:
        return ""
    if left is not None and window.min_rooms <= left and (window.max_rooms is None or left <= window.max_rooms):
        return ""
    needed = span(window.min_rooms, window.max_rooms)
    return f"rooms left not told, needs {needed}" if left is None else f"{count(left, 'room')} left, needs {needed}"


def _lead(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    lead, days = rule.lead, facts.lead_days
    if lead is None or (lead.min_days <= days and (lead.max_days is None or days <= lead.max_days)):
        return ""
    return f"{count(days, 'day')} before arrival, needs {span(lead.min_days, lead.max_days)}"


def _nights(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    nights, length = rule.nights, facts.nights
    if nights is None or (nights.min_nights <= length and (nights.max_nights is None or length <= nights.max_nights)):
        return ""
    return f"{count(length, 'night')}, needs {span(nights.min_nights, nights.max_nights, 1)}"


def _stay_dates(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    if rule.applies == "all":
        out = next((day for day in facts.days if not in_dates(rule.stay_dates, day)), None)
        return f"night {out} is outside {ranges(rule.stay_dates)}" if out else ""
    if rule.applies == "arrival":
        held = in_dates(rule.stay_dates, facts.arrival)
        return "" if held else f"arrival {facts.arrival}, needs {ranges(rule.stay_dates)}"
    inside = any(in_dates(rule.stay_dates, day) for day in facts.days)
    return "" if inside else f"no night of the stay lies in {ranges(rule.stay_dates)}"


def _blackout(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    out = next((day for day in facts.days if in_dates(rule.blackout, day)), None)
    return "" if out is None else f"{out} is blacked out by {ranges(rule.blackout)}"


def _weekdays(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    if on_weekday(rule.weekdays, facts.arrival):
        return ""
    return f"arrival on a {weekday_name(facts.arrival)}, needs {listed(rule.weekdays)}"


def _departures(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    day = facts.days[-1] + timedelta(days=1)
    return "" if in_dates(rule.departures, day) else f"departure {day}, needs {ranges(rule.departures)}"


def _departure_weekdays(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    day = facts.days[-1] + timedelta(days=1)
    if on_weekday(rule.departure_weekdays, day):
        return ""
    return f"departure on a {weekday_name(day)}, needs {listed(rule.departure_weekdays)}"


def _guests(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    window, guests = rule.guests, facts.asking.guests
    if window is None:
        return ""
    if guests is not None and window.min_guests <= guests and (window.max_guests or guests) >= guests:
        return ""
    told = "guests not told" if guests is None else count(guests, "guest")
    return f"{told}, needs {span(window.min_guests, window.max_guests, 1)}"


def _channel(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    return "" if facts.asking.channel in rule.channels else _lacks("channel", facts.asking.channel, rule.channels)


def _country(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    return "" if facts.asking.country in rule.countries else _lacks("country", facts.asking.country, rule.countries)


def _device(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    return "" if facts.asking.device in rule.devices else _lacks("device", facts.asking.device, rule.devices)


def _language(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    asked = facts.asking.language
    return "" if asked in rule.languages else _lacks("language", asked, rule.languages)


def _tier(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    return "" if facts.tier in rule.tiers else _lacks("tier", facts.tier, rule.tiers)


def _lacks(noun: str, given: str, allowed: Sequence[str]) -> str:
    return f"{noun} {given or 'not told'}, needs {listed(allowed)}"


def _coupon(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del rules, running
    return "" if rule.coupon in facts.asking.coupons else f'needs coupon "{rule.coupon}"'


def _min_spend(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Exact) -> str:
    del facts
    least = rules.minor(rule.min_spend)
    if least <= running:
        return ""
    return f"amount {money(running, rules.currency)}, needs {money(least, rules.currency)}"
