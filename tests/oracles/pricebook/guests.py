"""Who is in the room: full payers, children by age bracket, and what guests beyond those included cost."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tests.oracles.money import rational
from tests.oracles.pricebook.world import Refused, World
from tests.oracles.rules import Rule


class Party(NamedTuple):
    """Guests as the extra-guest rule counts them; children from the oldest to the youngest."""

    adults: int
    children: tuple[int, ...]


def party_of(world: World) -> Party | None:
    """None where the guest asks as priced.

    Children above the last age bracket are adults. While there are fewer adults than `full_payers`, the oldest
    children count as adults. Without a rule for extra guests children are just children.
    """
    if world.stay.adults is None:
        return None
    adults, children = world.stay.adults, sorted(world.stay.children, reverse=True)
    rule = world.best("extra_guests")
    if rule is not None:
        last_age = max((child["to_age"] for child in rule.get("children") or []), default=-1)
        adults += sum(age > last_age for age in children)
        children = [age for age in children if age <= last_age]
        while children and adults < (rule.get("full_payers") or 0):
            adults += 1
            children = children[1:]
    return Party(adults, tuple(children))


def check_heads(world: World) -> None:
    """A room type has room for so many heads, whatever their age."""
    most = world.product.get("guests_max")
    if world.stay.adults is not None and most is not None and world.stay.adults + len(world.stay.children) > most:
        raise Refused("TOO_MANY_GUESTS")


def extra_charge(world: World, rule: Rule, night_amount: Fraction) -> Fraction:
    """What the guests beyond those included cost in one night; percents of adults are of `night_amount`."""
    party = party_of(world)
    if party is None:
        return Fraction(0)
    if "adult" in rule:
        adult = world.money(rule["adult"])
    else:
        adult = night_amount * rational(rule.get("adult_percent") or 0) / 100
    included = rule.get("included", 2)
    charged = max(0, party.adults - included) * adult
    children = party.children
    if rule.get("children_included", "never") == "after_adults":
        children = children[max(0, included - party.adults) :]
    return charged + sum((child_charge(world, rule, age, adult) for age in children), Fraction(0))


def child_charge(world: World, rule: Rule, age: int, adult: Fraction) -> Fraction:
    """The first bracket that reaches the age: an amount, a percent of the adult charge, or that less a discount."""
    bracket = min((b for b in rule["children"] if age <= b["to_age"]), key=lambda b: b["to_age"])
    if "amount" in bracket:
        return world.money(bracket["amount"])
    if "percent" in bracket:
        return adult * rational(bracket["percent"]) / 100
    return max(Fraction(0), adult - world.money(bracket["discount"]))
