"""When a promotion or a free night may be given: every condition that the rule names must hold."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from tests.oracles.nights import weekday_name
from tests.oracles.pricebook.world import World, in_ranges
from tests.oracles.rules import Rule


def conditions_hold(world: World, rule: Rule, running: Fraction) -> bool:
    """`running` is the stay's amount before the stage of the rule."""
    left = world.stay.rooms_left
    return (
        booking_holds(world, rule)
        and dates_hold(world, rule)
        and within(rule.get("lead"), "days", world.lead_days)
        and within(rule.get("nights"), "", world.stay.nights)
        and ("guests" not in rule or party_fits(world, rule))
        and ("rooms_left" not in rule or (left is not None and within(rule["rooms_left"], "", left)))
        and (not rule.get("booking_hours") or any(in_hours(world.stay.booking_time, w) for w in rule["booking_hours"]))
        and ("min_spend" not in rule or running >= world.money(rule["min_spend"]))
        and guest_holds(world, rule)
    )


def booking_holds(world: World, rule: Rule) -> bool:
    """The day of booking, and its weekday."""
    weekdays = rule.get("booking_weekdays") or []
    in_time = in_ranges(world.booked, rule.get("booking"), otherwise=True)
    return in_time and (not weekdays or weekday_name(world.booked) in weekdays)


def in_hours(told: str, window: Rule) -> bool:
    """A time of day from one to another that is not included; over midnight where that is the earlier."""
    if not told:
        return False
    minute, first, end = (60 * int(text[:2]) + int(text[3:5]) for text in (told, window["from"], window["to"]))
    return first <= minute < end if first < end else minute >= first or minute < end


def dates_hold(world: World, rule: Rule) -> bool:
    """Stay dates as `applies` reads them, blackout dates, arrival and departure."""
    weekdays = rule.get("weekdays") or []
    if weekdays and weekday_name(world.stay.arrival) not in weekdays:
        return False
    departure = world.nights[-1] + timedelta(days=1)
    if not in_ranges(departure, rule.get("departures"), otherwise=True):
        return False
    if rule.get("departure_weekdays") and weekday_name(departure) not in rule["departure_weekdays"]:
        return False
    if any(in_ranges(night, rule.get("blackout"), otherwise=False) for night in world.nights):
        return False
    inside = [in_ranges(night, rule.get("stay_dates"), otherwise=True) for night in world.nights]
    applies = rule.get("applies", "all")
    return {"all": all(inside), "any": any(inside), "arrival": inside[0], "nights": any(inside)}[applies]


def guest_holds(world: World, rule: Rule) -> bool:
    """Channel, country, device, language, tier and coupon of the guest."""
    told = {"channels": world.stay.channel, "countries": world.stay.country, "devices": world.stay.device}
    told |= {"languages": world.stay.language, "tiers": world.tier}
    lists_hold = all(not rule.get(key) or value in rule[key] for key, value in told.items())
    return lists_hold and (not rule.get("coupon") or rule["coupon"] in world.stay.coupons)


def party_fits(world: World, rule: Rule) -> bool:
    """So many heads sleep in the room; a guest who does not tell fits no number."""
    return world.stay.adults is not None and within(rule["guests"], "", world.stay.adults + len(world.stay.children))


def within(limits: dict[str, int] | None, unit: str, value: int) -> bool:
    """Between min and max, both included; either may be missing."""
    limits = limits or {}
    low, high = (limits.get(f"{end}_{unit}" if unit else end) for end in ("min", "max"))
    return (low is None or value >= low) and (high is None or value <= high)


def acting_nights(world: World, rule: Rule) -> list[int]:
    """The 0-based nights of the stay that a rule acts on: all, or with applies = "nights" those inside."""
    every = range(world.stay.nights)
    if rule.get("applies") != "nights":
        return list(every)
    return [k for k in every if in_ranges(world.nights[k], rule.get("stay_dates"), otherwise=True)]
