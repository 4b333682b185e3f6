"""What comes on top of the room and how it is paid: packages, taxes and fees, loyalty points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from nightgrid.errors import InputError
from nightgrid.pricing.explain.exact import ZERO, Exact
from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.lines import Account, percent_parts, rounded_by
from nightgrid.pricing.explain.rules import ProductRules, in_dates
from nightgrid.pricing.explain.stay import Stay
from nightgrid.pricing.explain.words import count, listed, money
from nightgrid.pricing.model import Package, Points, Tax
from nightgrid.pricing.pipelines import PlacedStage, Rounder

_ONE: Final = Exact(1)


def packages_of(rules: ProductRules) -> list[tuple[int, Package]]:
    """The packages of a product in file order; of one name the best by scope. Prepared once."""
    found: list[tuple[int, Package]] | None = rules.prepared.get("packages")
    if found is None:
        best: dict[str, tuple[int, Package]] = {}
        for position, rule in rules.inside["package"]:
            if isinstance(rule, Package):
                known = best.get(rule.name)
                if known is None or rule.where.level > known[1].where.level:
                    best[rule.name] = (position, rule)
        found = rules.prepared["packages"] = sorted(best.values(), key=lambda each: each[0])
    return found


def check_packages(rules: ProductRules, facts: Facts) -> None:
    """InputError for a package that the guest chose and that the product does not have."""
    offered = [rule.name for _, rule in packages_of(rules)] if rules.source.has_packages else []
    for name in facts.asking.packages:
        if name not in offered:
            has = f"it has {listed(offered, ' and ')}" if offered else "it has none"
            raise InputError(f"packages has {name!r}, which is not offered for this product; {has}")


def why_no_package(rule: Package, facts: Facts) -> str:
    """Why a package is not charged, "" if it is."""
    if not rule.mandatory and rule.name not in facts.asking.packages:
        return "not chosen"
    if facts.asking.adults is None and rule.per.startswith("person"):
        return "per person, and the guests are not told"
    return ""


def _package_units(rule: Package, facts: Facts, nights: int) -> tuple[Exact, str]:
    """How many times a package that is charged is, and in words."""
    asking = facts.asking
    units, words, per = _ONE, "", rule.per
    if asking.adults is not None and per.startswith("person"):
        units, words = Exact(asking.adults), count(asking.adults, "adult")
        children = len(asking.children)
        if children:
            units = units + percent_parts(rule.children_percent)[0].times(children)
            at = "" if rule.children_percent == 100 else f" at {rule.children_percent} %"
            words = f"{words}, {count(children, 'child')}{at}"
    if per.endswith("night"):
        units = units.times(nights)
        words = f"{words}, {count(nights, 'night')}" if words else count(nights, "night")
    return units, words


def add_packages(stay: Stay, stage: PlacedStage) -> None:
    """Write the packages that every guest takes and those that this one chose."""
    del stage
    for _, rule in packages_of(stay.rules):
        if why_no_package(rule, stay.facts):
            continue
        units, counted = _package_units(rule, stay.facts, len(stay.nights))
        price = stay.rules.minor(rule.price)
        words = f"{money(price, stay.rules.currency)}{' x ' if counted else ''}{counted}"
        stay.add("package", price * units, rule.name, words)


class Taxed(NamedTuple):
    """The taxes on a net price: those added, those inside it already, in minor units."""

    added_minor: int
    included_minor: int


NO_TAX: Final = Taxed(0, 0)


def why_no_tax(rule: Tax, rules: ProductRules, facts: Facts, average: Exact) -> str:
    """Why a tax is not due, "" if it is. `average` is the net price of a night."""
    if rule.brackets is not None:
        low, high = rule.brackets.from_amount, rule.brackets.to_amount
        if low and average < rules.minor(low):
            return f"{money(average, rules.currency)} a night, needs {money(rules.minor(low), rules.currency)} or more"
        if high and rules.minor(high) <= average:
            return (
                f"{money(average, rules.currency)} a night, needs less than {money(rules.minor(high), rules.currency)}"
            )
    if rule.dates and not any(in_dates(rule.dates, day) for day in facts.days):
        return "no night of the stay lies in its dates"
    if rule.per.startswith("person") and facts.asking.adults is None:
        return "per person, and the guests are not told"
    return ""


def add_taxes(
    account: Account, rules: ProductRules, facts: Facts, net: int, average: Exact, indexes: Sequence[int]
) -> Taxed:
    """Write the taxes on a net price: of the stay, or of the nights at `indexes` alone."""
    added = included = 0
    for _, rule in rules.inside["tax"]:
        if not isinstance(rule, Tax) or why_no_tax(rule, rules, facts, average):
            continue
        of_all = rule.of == "cumulative"
        base = Exact(net + (added if of_all else 0))
        if rule.percent is not None:
            share, factor, _ = percent_parts(rule.percent)
            exact = (base * share).over(factor) if rule.included else base * share
            words = f"{rule.percent} %{' of what is charged so far' if of_all else ''}"
        else:
            units, counted = _tax_units(rule, facts, indexes)
            each = rules.minor(rule.amount)
            exact = each.times(units)
            words = f"{money(each, rules.currency)}{' x ' if counted else ''}{counted}"
        step = rule.round
        tax = rounded_by(Rounder(step.mode, step.increment_minor, ()), exact)
        amount = ZERO
        if rule.included:
            included += tax
            words = f"{words}, included: {money(tax, rules.currency)}"
        else:
            added += tax
            amount = Exact(tax)
            if tax * exact.denominator != exact.numerator:
                words = f"{words}, {step.mode}"
        account.lines.append(("tax", rule.name, words, base, None, amount))
    account.value = account.value + Exact(added)
    return Taxed(added, included)


def _tax_units(rule: Tax, facts: Facts, indexes: Sequence[int]) -> tuple[int, str]:
    units, words = 1, []
    asking = facts.asking
    if rule.per.startswith("person"):
        youngest = rule.min_age or 0
        units = (asking.adults or 0) + sum([age >= youngest for age in asking.children])
        words.append(count(units, "person"))
    if rule.per.endswith("night"):
        limit = facts.nights if rule.nights_max is None else rule.nights_max
        nights = sum([at < limit and in_dates(rule.dates, facts.days[at]) for at in indexes])
        units *= nights
        words.append(count(nights, "night"))
    return units, ", ".join(words)


class Paid(NamedTuple):
    """What points pay: minor units, and how many points are used."""

    minor: int
    points: int


def why_no_points(rules: ProductRules, facts: Facts) -> str:
    """Why points pay nothing, "" if they pay something."""
    if not facts.asking.points:
        return "no points offered"
    return "" if rules.best["points"] is not None else "no rate"


def pay_with_points(account: Account, rules: ProductRules, facts: Facts, amount: int) -> Paid:
    """Write what the points of the guest pay of an amount: as many as are offered, at most the part allowed."""
    best = rules.best["points"]
    if best is None or not isinstance(best[1], Points) or not facts.asking.points:
        return Paid(0, 0)
    rule = best[1]
    rate, value = rule.rate.points, rules.minor(rule.rate.value)
    worth = facts.asking.points * value.numerator // rate
    part = percent_parts(rule.max_percent)[0]
    most = amount * part.numerator // part.denominator
    words = f"of {facts.asking.points} offered"
    if worth > most:
        worth, words = most, f"{words}, at most {rule.max_percent} % of {money(amount, rules.currency)}"
    used = -(-worth * rate // value.numerator) if worth else 0
    account.add("points", Exact(-worth), rule.name, f"{count(used, 'point')} {words}")
    return Paid(worth, used)
