"""Prices by arrival and length of stay: which table has one for a stay, and why the others have not."""

from __future__ import annotations

from nightgrid.pricing.explain.facts import Facts, party_of
from nightgrid.pricing.explain.rules import ProductRules, in_dates, on_weekday
from nightgrid.pricing.explain.stay import Stay
from nightgrid.pricing.explain.words import count, listed, money, ranges, weekday_name
from nightgrid.pricing.model import StayPrices
from nightgrid.pricing.pipelines import PlacedStage


def why_no_price(rule: StayPrices, facts: Facts, rules: ProductRules) -> str:
    """Why a table has no price for a stay, "" if it has one."""
    if rule.guests is not None:
        party = party_of(facts, rules).adults
        if party is None:
            return f"guests not told, is for {count(rule.guests, 'guest')} or fewer"
        if party > rule.guests:
            return f"{count(party, 'guest')}, is for {rule.guests} or fewer"
    if not in_dates(rule.arrivals, facts.arrival):
        return f"arrival {facts.arrival}, needs {ranges(rule.arrivals)}"
    if not on_weekday(rule.weekdays, facts.arrival):
        return f"arrival on a {weekday_name(facts.arrival)}, needs {listed(rule.weekdays)}"
    if rule.length(facts.nights) is None:
        return f"it has no price for {count(facts.nights, 'night')}"
    return ""


def table_of(rules: ProductRules, facts: Facts) -> tuple[int, StayPrices] | None:
    """The table that wins for a stay, with its position."""
    held = [
        (position, rule)
        for position, rule in rules.inside["stay_prices"]
        if isinstance(rule, StayPrices) and not why_no_price(rule, facts, rules)
    ]
    return min(held, key=lambda each: each[1].rank(each[0]), default=None)


def price_stay(stay: Stay, stage: PlacedStage) -> None:
    """Write the price that a table has for the stay."""
    del stage
    rules, facts = stay.rules, stay.facts
    won = table_of(rules, facts)
    length = None if won is None else won[1].length(facts.nights)
    if won is None or length is None:
        return
    words = count(facts.nights, "night")
    if length.price:
        price, words = rules.minor(length.price), f"{words} for {money(rules.minor(length.price), rules.currency)}"
    else:
        each = rules.minor(length.price_per_night)
        price, words = each.times(facts.nights), f"{words} at {money(each, rules.currency)}"
    stay.become("stay_prices", price, won[1].name, words)
