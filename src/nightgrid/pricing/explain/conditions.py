"""The conditions of promotions and free nights: the first that fails, with the value and what is needed."""

from __future__ import annotations

from fractions import Fraction

from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.rules import ProductRules, in_dates, on_weekday
from nightgrid.pricing.explain.words import count, listed, money, ranges, span, weekday_name
from nightgrid.pricing.model import OfferConditions


def failing(rule: OfferConditions, facts: Facts, rules: ProductRules, running: Fraction) -> str:
    """Why the conditions of an offer do not hold, "" if they do. `running` is the amount before the offer's stage."""
    return (
        _of_booking(rule, facts) or _of_stay(rule, facts) or _of_guest(rule, facts) or _of_spend(rule, rules, running)
    )


def _of_booking(rule: OfferConditions, facts: Facts) -> str:
    if not in_dates(rule.booking, facts.booked):
        return f"booked {facts.booked}, needs {ranges(rule.booking)}"
    if not on_weekday(rule.booking_weekdays, facts.booked):
        return f"booked on a {weekday_name(facts.booked)}, needs {listed(rule.booking_weekdays)}"
    lead = rule.lead
    if lead is not None:
        days = facts.lead_days
        if days < lead.min_days or (lead.max_days is not None and days > lead.max_days):
            return f"{count(days, 'day')} before arrival, needs {span(lead.min_days, lead.max_days)}"
    return ""


def _of_stay(rule: OfferConditions, facts: Facts) -> str:
    nights = rule.nights
    if nights is not None:
        length = facts.nights
        if length < nights.min_nights or (nights.max_nights is not None and length > nights.max_nights):
            return f"{count(length, 'night')}, needs {span(nights.min_nights, nights.max_nights, 1)}"
    if rule.stay_dates:
        wrong = _outside_dates(rule, facts)
        if wrong:
            return wrong
    if rule.blackout:
        out = next((day for day in facts.days if in_dates(rule.blackout, day)), None)
        if out is not None:
            return f"{out} is blacked out by {ranges(rule.blackout)}"
    if not on_weekday(rule.weekdays, facts.arrival):
        return f"arrival on a {weekday_name(facts.arrival)}, needs {listed(rule.weekdays)}"
    return ""


def _outside_dates(rule: OfferConditions, facts: Facts) -> str:
    needed = ranges(rule.stay_dates)
    if rule.applies == "all":
        out = next((day for day in facts.days if not in_dates(rule.stay_dates, day)), None)
        return f"night {out} is outside {needed}" if out else ""
    if rule.applies == "arrival":
        return "" if in_dates(rule.stay_dates, facts.arrival) else f"arrival {facts.arrival}, needs {needed}"
    inside = any(in_dates(rule.stay_dates, day) for day in facts.days)
    return "" if inside else f"no night of the stay lies in {needed}"


def _of_guest(rule: OfferConditions, facts: Facts) -> str:
    asking = facts.asking
    for noun, given, allowed in (
        ("channel", asking.channel, rule.channels),
        ("country", asking.country, rule.countries),
        ("device", asking.device, rule.devices),
        ("tier", facts.tier, rule.tiers),
    ):
        if allowed and given not in allowed:
            return f"{noun} {given or 'not told'}, needs {listed(allowed)}"
    if rule.coupon is not None and rule.coupon not in asking.coupons:
        return f'needs coupon "{rule.coupon}"'
    return ""


def _of_spend(rule: OfferConditions, rules: ProductRules, running: Fraction) -> str:
    if not rule.min_spend:
        return ""
    least = rules.minor(rule.min_spend)
    if running >= least:
        return ""
    return f"amount {money(running, rules.currency)}, needs {money(least, rules.currency)}"
