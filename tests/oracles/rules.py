"""Which rules of a book apply: scopes, seasons night by night, and the tables of a stay.

A book is the plain dictionary that a TOML or JSON parser gives; every table in it is optional.
A product is described by a dictionary of its place in the chain, see `place_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracles.money import factor, minor_units, rational
from tests.oracles.nights import HolidayNames, as_date, holiday_nights, weekday_name

#: Keys of `where`, from the least to the most specific; the level of a scope is its position + 1.
SCOPE_KEYS = ("group", "brand", "region", "city", "hotel", "room_type", "plan")
#: A rule can name at most this many lead days; earlier bookings count as this many.
LEAD_DAYS_MAX = 1_000

Rule = Mapping[str, Any]
Book = Mapping[str, Any]


def place_of(hotel: Mapping[str, Any], room_type_id: str, plan_id: str) -> dict[str, str]:
    """Where a product stands: the value it has for each key of a `where`."""
    place = {key: hotel.get(key) or "" for key in ("group", "brand", "region", "city")}
    return {**place, "hotel": hotel["hotel_id"], "room_type": room_type_id, "plan": plan_id}


def in_scope(rule: Rule, place: Mapping[str, str]) -> bool:
    """All keys that the rule's `where` names must match; a key matches with any of its values.

    A key with an empty list names nothing, as if it were absent.
    """
    where = rule.get("where") or {}
    return all(place[key] in values for key, values in where.items() if values)


def scope_level(rule: Rule) -> int:
    """0 for the whole chain, else the level of the most specific key that `where` names."""
    where = rule.get("where") or {}
    return max((SCOPE_KEYS.index(key) + 1 for key, values in where.items() if values), default=0)


# Seasons


def span_days(season: Rule) -> int:
    """How many days the date ranges of a season hold together."""
    return sum((as_date(r["to"]) - as_date(r["from"])).days + 1 for r in season.get("dates") or [])


def season_holds(season: Rule, night: date, country: str, holidays: Mapping[str, HolidayNames]) -> bool:
    """True where the night meets every condition that the season gives: dates and weekdays and holidays."""
    dates, weekdays, names = (season.get(key) or [] for key in ("dates", "weekdays", "holidays"))
    if dates and not any(as_date(r["from"]) <= night <= as_date(r["to"]) for r in dates):
        return False
    if weekdays and weekday_name(night) not in weekdays:
        return False
    if names:
        before, after = season.get("days_before") or 0, season.get("days_after") or 0
        return night in holiday_nights(names, country, holidays, before, after)
    return True


def specificity(season: Rule) -> tuple[bool, bool, bool, int]:
    """Larger is more specific: holidays before dates before weekdays before scope."""
    return (
        bool(season.get("holidays")),
        bool(season.get("dates")),
        bool(season.get("weekdays")),
        scope_level(season),
    )


def winning_seasons(
    book: Book, hotel: Mapping[str, Any], place: Mapping[str, str], night: date, holidays: Mapping[str, HolidayNames]
) -> dict[str, Rule]:
    """Group -> the one season of that group that applies to this product on this night.

    Within a group wins the highest priority, then the more specific, then the shorter, then the earlier in
    the file. Groups without an applying season are absent. Different groups multiply.
    """
    best: dict[str, tuple[tuple[Any, ...], Rule]] = {}
    for position, season in enumerate(book.get("season") or []):
        if not in_scope(season, place) or not season_holds(season, night, hotel.get("country") or "", holidays):
            continue
        strength = (season.get("priority") or 0, specificity(season), -span_days(season), -position)
        group = season.get("group") or "season"
        if group not in best or strength > best[group][0]:
            best[group] = (strength, season)
    return {group: season for group, (_, season) in best.items()}


def season_factor(
    book: Book, hotel: Mapping[str, Any], place: Mapping[str, str], night: date, holidays: Mapping[str, HolidayNames]
) -> Fraction:
    """The product of the winning seasons' factors on one night."""
    result = Fraction(1)
    for season in winning_seasons(book, hotel, place, night, holidays).values():
        result *= factor(season["percent"])
    return result


# Tables of a stay


def applying_table(book: Book, kind: str, place: Mapping[str, str]) -> Rule | None:
    """The one table of a kind for a product: the most specific scope, then the earlier in the file."""
    tables = [table for table in book.get(kind) or [] if in_scope(table, place)]
    return max(tables, key=scope_level, default=None)  # max keeps the earliest of equals


def length_of_stay_factor(book: Book, place: Mapping[str, str], nights: int) -> Fraction:
    """The highest band that the stay reaches prices all its nights; below the first band nothing changes."""
    table = applying_table(book, "length_of_stay", place)
    reached = [band for band in (table or {}).get("bands") or [] if band["from_nights"] <= nights]
    return factor(max(reached, key=lambda band: band["from_nights"])["percent"]) if reached else Fraction(1)


def lead_time_factor(book: Book, place: Mapping[str, str], lead_days: int) -> Fraction:
    """The band that holds the lead days, both ends included; a band without `to_days` never ends.

    Between bands nothing changes. Bookings longer ahead than `LEAD_DAYS_MAX` count as that many days.
    """
    if lead_days < 0:
        raise ValueError(f"lead_days is {lead_days}; a booking cannot be made after its arrival")
    lead_days = min(lead_days, LEAD_DAYS_MAX)
    table = applying_table(book, "lead_time", place)
    for band in (table or {}).get("bands") or []:
        last = band.get("to_days")
        if band["from_days"] <= lead_days and (last is None or lead_days <= last):
            return factor(band["percent"])
    return Fraction(1)


def tiers_of(book: Book) -> list[str]:
    """The member tiers of a book; the first is the public one."""
    return list((book.get("book") or {}).get("tiers") or ["public"])


def member_tier_factor(book: Book, place: Mapping[str, str], tier: str) -> Fraction:
    """What the applying table gives this tier; a tier that it does not name pays the full price."""
    if tier not in tiers_of(book):
        raise KeyError(f"tier {tier!r} is not of this book: {tiers_of(book)}")
    table = applying_table(book, "member_tier", place)
    return factor(((table or {}).get("percent") or {}).get(tier, 0))


def bounds_minor(
    book: Book, place: Mapping[str, str], base_minor: int, currency: str
) -> tuple[Fraction | None, Fraction | None]:
    """Floor and ceiling of a night in exact minor units, None where there is none.

    Given both as a percentage of the base and as an amount, the tighter one counts: the higher floor, the
    lower ceiling. An amount in a currency that is not the hotel's does not count.
    """
    table = applying_table(book, "bounds", place) or {}
    floors, ceilings = [], []
    for side, found in (("floor", floors), ("ceiling", ceilings)):
        if table.get(f"{side}_percent") is not None:
            found.append(base_minor * rational(table[f"{side}_percent"]) / 100)
        if currency in (table.get(side) or {}):
            found.append(minor_units(table[side][currency], currency))
    return max(floors, default=None), min(ceilings, default=None)
