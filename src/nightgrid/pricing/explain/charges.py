"""What comes on top of the room and how it is paid: packages, taxes and fees, loyalty points."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final, NamedTuple

from nightgrid.errors import InputError
from nightgrid.pricing.explain.exact import ZERO, Exact
from nightgrid.pricing.explain.facts import PARTIES_MAX, Facts
from nightgrid.pricing.explain.lines import Account, percent_parts, rounded_by
from nightgrid.pricing.explain.nights import Night
from nightgrid.pricing.explain.rules import ProductRules, in_dates
from nightgrid.pricing.explain.stay import Stay
from nightgrid.pricing.explain.words import count, listed, money
from nightgrid.pricing.model import Package, Points, Tax
from nightgrid.pricing.pipelines import PlacedStage, Rounder


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


def package_named(rules: ProductRules) -> Mapping[str, tuple[int, Package]]:
    """The same by name."""
    found: dict[str, tuple[int, Package]] | None = rules.prepared.get("packages by name")
    if found is None:
        found = rules.prepared["packages by name"] = {each[1].name: each for each in packages_of(rules)}
    return found


def check_packages(rules: ProductRules, facts: Facts) -> None:
    """InputError for a package that the guest chose and that the product does not have."""
    if not rules.source.has_packages:
        offered: tuple[str, ...] = ()
    elif "offered" in rules.prepared:
        offered = rules.prepared["offered"]
    else:
        offered = rules.prepared["offered"] = tuple([rule.name for _, rule in packages_of(rules)])
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


class _Extra(NamedTuple):
    """A package, prepared for products of a scope."""

    rule: Package
    price: Exact
    words: str
    child_share: Exact
    child_words: str
    by_person: bool
    by_night: bool
    of_party: dict[Hashable, tuple[Exact, str]]  # what adults and children pay for so many nights, and words


def _extras(rules: ProductRules) -> list[_Extra]:
    found: list[_Extra] | None = rules.prepared.get("extras")
    if found is None:
        found = []
        for _, rule in packages_of(rules):
            price, share = rules.minor(rule.price), rule.children_percent
            found.append(
                _Extra(
                    rule,
                    price,
                    money(price, rules.currency),
                    percent_parts(share)[0],
                    "" if share == 100 else f" at {share} %",
                    rule.per.startswith("person"),
                    rule.per.endswith("night"),
                    {},
                )
            )
        rules.prepared["extras"] = found  # whole: another thread may ask at any time
    return found


def add_packages(stay: Stay, stage: PlacedStage) -> None:
    """Write the packages that every guest takes and those that this one chose."""
    del stage
    asking, nights = stay.facts.asking, len(stay.nights)
    for extra in _extras(stay.rules):
        rule = extra.rule
        if not rule.mandatory and rule.name not in asking.packages:
            continue
        if extra.by_person and asking.adults is None:
            continue
        key = (asking.adults, len(asking.children), nights)
        amount, words = extra.of_party.get(key) or _paid_by(extra, *key)
        stay.add("package", amount, rule.name, words)


def _paid_by(extra: _Extra, adults: int | None, children: int, nights: int) -> tuple[Exact, str]:
    """What a party pays for a package, remembered."""
    amount, words = extra.price, extra.words
    if extra.by_person:
        adults = adults or 0
        words, heads = f"{words} x {count(adults, 'adult')}", Exact(adults)
        if children:
            heads = heads + extra.child_share.times(children)
            words = f"{words}, {count(children, 'child')}{extra.child_words}"
        amount = amount * heads
    if extra.by_night:
        amount = amount.times(nights)
        words = f"{words}{', ' if extra.by_person else ' x '}{count(nights, 'night')}"
    if len(extra.of_party) >= PARTIES_MAX:
        extra.of_party.clear()
    extra.of_party[adults, children, nights] = amount, words
    return amount, words


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


class _Levy(NamedTuple):
    """A tax, prepared for products of a scope: a share of what it is of, or `each` for every person and night."""

    rule: Tax
    share: Exact | None
    each: Exact
    words: str
    rounder: Rounder
    by_person: bool
    by_night: bool
    is_always_due: bool
    of_party: dict[Hashable, tuple[int, str]]  # units and words by party and nights, where dates play no part


def _levies(rules: ProductRules) -> list[_Levy]:
    found: list[_Levy] | None = rules.prepared.get("levies")
    if found is None:
        found = []
        for _, rule in rules.inside["tax"]:
            if not isinstance(rule, Tax):
                continue
            share, each = None, ZERO
            if rule.percent is not None:
                share, factor, _ = percent_parts(rule.percent)
                share = share.over(factor) if rule.included else share
                words = f"{rule.percent} %{' of what is charged so far' if rule.of == 'cumulative' else ''}"
            else:
                each = rules.minor(rule.amount)
                words = money(each, rules.currency)
            rounder = Rounder(rule.round.mode, rule.round.increment_minor, ())
            by_person, by_night = rule.per.startswith("person"), rule.per.endswith("night")
            always = not (by_person or rule.brackets or rule.dates)
            found.append(_Levy(rule, share, each, words, rounder, by_person, by_night, always, {}))
        rules.prepared["levies"] = found  # whole: another thread may ask at any time
    return found


def add_taxes(
    account: Account, rules: ProductRules, facts: Facts, net: int, average: Exact, nights: Sequence[Night]
) -> Taxed:
    """Write the taxes on a net price: of the stay, or of some of its nights alone."""
    added = included = 0
    whole_net = Exact(net)
    for levy in _levies(rules):
        rule, share, words = levy.rule, levy.share, levy.words
        if not levy.is_always_due and why_no_tax(rule, rules, facts, average):
            continue
        base = Exact(net + added) if rule.of == "cumulative" else whole_net
        if share is not None:
            exact = base * share
        else:
            key = (facts.asking.adults, facts.asking.children, facts.nights, len(nights))
            units, words = levy.of_party.get(key) or _tax_units(levy, facts, nights)
            exact = levy.each.times(units)
        tax = rounded_by(levy.rounder, exact)
        amount = ZERO
        if rule.included:
            included += tax
            words = f"{words}, included: {money(tax, rules.currency)}"
        else:
            added += tax
            amount = Exact(tax)
            if tax * exact.denominator != exact.numerator:
                words = f"{words}, {levy.rounder.mode.value}"
        account.lines.append(("tax", rule.name, words, base, None, amount))
    account.value = account.value + Exact(added)
    return Taxed(added, included)


def _tax_units(levy: _Levy, facts: Facts, nights: Sequence[Night]) -> tuple[int, str]:
    """For how many persons and nights a tax is due, and words; remembered where that is all that decides."""
    units, counted, asking, rule = 1, "", facts.asking, levy.rule
    limit = facts.nights if rule.nights_max is None else rule.nights_max
    has_edges = bool(rule.dates) or limit < facts.nights
    if levy.by_person:
        youngest = rule.min_age or 0
        units = asking.adults or 0
        for age in asking.children:
            units += age >= youngest
        counted = count(units, "person")
    if levy.by_night:
        taxed = len(nights)
        if has_edges:
            taxed = sum([night.place < limit and in_dates(rule.dates, night.night) for night in nights])
        units *= taxed
        counted = f"{counted}, {count(taxed, 'night')}" if counted else count(taxed, "night")
    found = units, f"{levy.words} x {counted}" if counted else levy.words
    if not (levy.by_night and has_edges):
        if len(levy.of_party) >= PARTIES_MAX:
            levy.of_party.clear()
        levy.of_party[asking.adults, asking.children, facts.nights, len(nights)] = found
    return found


class Paid(NamedTuple):
    """What points pay: minor units, how many points are used, and by what; None = no points can pay."""

    minor: int
    points: int
    offer: PointsOffer | None = None


NOTHING_PAID: Final = Paid(0, 0)


class PointsOffer(NamedTuple):
    """Points that a guest offers, of which `rate` are worth `value` minor units, for a part of the price at most."""

    offered: int
    rate: int
    value: int
    most: tuple[int, int]  # numerator, denominator
    after_taxes: bool  # of the price with taxes

    def paid(self, amount: int) -> Paid:
        """What they pay of an amount."""
        worth = min(self.offered * self.value // self.rate, amount * self.most[0] // self.most[1])
        return Paid(worth, -(-worth * self.rate // self.value) if worth else 0, self)


def why_no_points(rules: ProductRules, facts: Facts) -> str:
    """Why points pay nothing, "" if they pay something."""
    if not facts.asking.points:
        return "no points offered"
    return "" if rules.best["points"] is not None else "no rate"


def pay_with_points(account: Account, rules: ProductRules, facts: Facts, amount: int, *, after_taxes: bool) -> Paid:
    """Write what the points of the guest pay of an amount: as many as are offered, at most the part allowed."""
    best, offered = rules.best["points"], facts.asking.points
    if best is None or not isinstance(best[1], Points) or not offered:
        return NOTHING_PAID
    rule, part = best[1], percent_parts(best[1].max_percent)[0]
    value = rules.minor(rule.rate.value).numerator
    offer = PointsOffer(offered, rule.rate.points, value, (part.numerator, part.denominator), after_taxes)
    paid = offer.paid(amount)
    words = f"{count(paid.points, 'point')} of {offered} offered"
    if paid.minor < offered * value // offer.rate:
        words = f"{words}, at most {rule.max_percent} % of {money(amount, rules.currency)}"
    account.add("points", Exact(-paid.minor), rule.name, words)
    return paid
