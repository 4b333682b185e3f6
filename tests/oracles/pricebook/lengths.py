"""Prices by arrival and length of stay."""

from __future__ import annotations

from tests.oracles import rules
from tests.oracles.nights import as_date, weekday_name
from tests.oracles.pricebook.guests import party_of
from tests.oracles.pricebook.state import State
from tests.oracles.pricebook.world import World, in_ranges
from tests.oracles.rules import Rule


def stay_prices(world: World, state: State) -> str | None:
    """The price that a table has for the arrival, the length and the party instead of the sum of the nights; they keep
    their proportion.
    """
    rule = table_of_stay(world)
    if rule is None:
        return None
    length = length_of(rule, world.stay.nights)
    price = world.money(length["price"]) if "price" in length else world.money(length["price_per_night"])
    times = 1 if "price" in length else world.stay.nights
    state.change_whole(lambda _: price * times)
    return rule["name"]


def length_of(rule: Rule, nights: int) -> Rule | None:
    """The line of a table for stays of a length."""
    return next((x for x in rule["lengths"] if x["nights"] <= nights <= x.get("to_nights", x["nights"])), None)


def table_of_stay(world: World) -> Rule | None:
    """The next larger size of party, else a table for any; of these one: priority, arrivals given, weekdays given,
    scope, fewer days of arrival, the earlier.
    """
    party = party_of(world)
    found = [
        rule
        for rule in world.candidates("stay_prices")
        if in_ranges(world.stay.arrival, rule.get("arrivals"), otherwise=True)
        and (not rule.get("weekdays") or weekday_name(world.stay.arrival) in rule["weekdays"])
        and length_of(rule, world.stay.nights) is not None
        and ("guests" not in rule or (party is not None and party.adults <= rule["guests"]))
    ]
    sizes = [rule["guests"] for rule in found if "guests" in rule]
    if sizes:
        found = [rule for rule in found if rule.get("guests") == min(sizes)]

    def strength(rule: Rule) -> tuple[int, ...]:
        days = sum((as_date(r["to"]) - as_date(r["from"])).days + 1 for r in rule.get("arrivals") or [])
        given = ("arrivals" in rule, "weekdays" in rule)
        return (rule.get("priority") or 0, *map(int, given), rules.scope_level(rule), -days)

    return max(found, key=strength, default=None)
