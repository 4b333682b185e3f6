"""The largest price of a stay, and what its fractions need: its stages, as `native/program/worth.py` works them out."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, lcm
from typing import Any

from nightgrid.catalog import Catalog
from nightgrid.limits import PROMOTIONS_MAX
from nightgrid.pricing.checks_promotions import never_together
from nightgrid.pricing.model import Promotion
from nightgrid.pricing.night_tables import Nights
from nightgrid.pricing.pipelines import Placed, PlacedStage, Rounder
from nightgrid.pricing.proof_amounts import REGISTER_MAX, Amount, Bounds, Group, check_amount, raised, step_of
from nightgrid.pricing.proof_shares import Shares
from nightgrid.pricing.records import minor


class StayBound:
    """The stages of a stay; `native/program/worth.py` computes them in lowest terms where numbers grow."""

    def __init__(
        self, rules: dict[str, list[Any]], nights: Nights, planes: list[Amount], group: Group, longest: int,
        *, by_night: bool,
    ) -> None:  # fmt: skip
        self.rules, self.group, self.longest = rules, group, longest
        self.by_night = by_night
        first = planes[0]
        self.planes = {kind: planes[plane] for kind, plane in nights.planes.items()}
        self.night = first
        self.kept: dict[str, tuple[Amount, int]] = {}  # with what the denominator of a night's share divides
        self.amount = Amount(first.value * longest, first.den)
        self.shares = Shares(self.amount, max(ceil(first.value * longest * first.den), longest), longest)

    def follow(self, pipeline: Placed, found: Bounds, catalog: Catalog) -> None:
        """Every stage but points, which only pay; then the last rounding, then the taxes. The first mistake ends it."""
        stages = [stage for stage in pipeline.stages if not stage.is_night]
        what = f"a stay of up to {self.longest} nights"
        if not check_amount(found, catalog, self.group, "the sum of the nights", self.amount, REGISTER_MAX, what):
            return
        for stage in stages:
            if stage.kind in ("points", "tax"):
                continue
            getattr(self, f"_{stage.kind}")(stage)
            need, most = self.shares.need(), self.shares.most()
            if self.shares.is_long and self.rules[stage.kind]:
                found.long.add(stage.kind)
            if stage.rounder is not None:
                need.value = max(need.value, Fraction(2 * step_of(stage.rounder)))
            if not check_amount(found, catalog, self.group, stage.kind, need, most, what):
                return
            if stage.rounder is not None:
                self._round(stage.rounder)
            self.kept[stage.kind] = Amount(self.amount.value, self.amount.den), self.shares.tied()
        if pipeline.per_night is not None:  # each night is rounded
            night = raised(self.amount.value / self.longest, step_of(pipeline.per_night))
            self.amount = Amount(night * self.longest, 1)
            self.shares.amount = self.amount
        elif pipeline.final is not None:
            self._round(pipeline.final)
        if any(stage.kind == "tax" for stage in stages):
            self._tax()
        check_amount(found, catalog, self.group, "tax", self.amount, REGISTER_MAX, what)
        found.largest = max(found.largest, self.amount.value)

    def _round(self, rounder: Rounder) -> None:
        self.amount.value, self.amount.den = raised(self.amount.value, step_of(rounder)), 1
        self.shares.untie()

    def _of(self, of: str) -> Amount:
        """The amount that a percent is of, over the whole stay."""
        if of == "running":
            return self.amount
        if of in self.planes:
            return Amount(self.planes[of].value * self.longest, self.planes[of].den)
        return self.kept[of][0]

    def _percent(self, percents: list[Decimal], of: str) -> None:
        """The highest of some percents, of an amount; denominators of all."""
        other = self._of(of)
        raised, den = _change(percents, other)
        if of == "running":
            self.shares.multiply(den)
        else:
            self.amount.den = lcm(self.amount.den, other.den * den)
            self.shares.untie()
        self.amount.value += raised

    def _add(self, value: Fraction, den: int = 1) -> None:
        """An amount is added."""
        self.amount.value += value
        self.amount.den = lcm(self.amount.den, den)
        self.shares.untie()

    def _part_den(self, of: str) -> int:
        """What the denominator of a night's part of an amount divides."""
        return self.planes[of].den if of in self.planes else self.kept[of][1]

    def _minor(self, amounts: dict[str, Decimal]) -> int:
        return minor(amounts, self.group.currency) if self.group.currency in amounts else 0

    def _stay_prices(self, stage: PlacedStage) -> None:
        del stage
        for rule in self.rules["stay_prices"]:
            for each in rule.lengths:
                nights = self._minor(each.price_per_night) * min(each.last, self.longest)
                self.amount.value = max(self.amount.value, Fraction(self._minor(each.price)), Fraction(nights))
            self.shares.untie()

    def _extra_guests(self, stage: PlacedStage) -> None:
        for rule in self.rules["extra_guests"]:
            night = self.night if stage.of == "running" else self.planes[stage.of]
            adult, den = Fraction(self._minor(rule.adult)), 1
            if rule.adult_percent is not None:
                adult, den = night.value * Fraction(rule.adult_percent) / 100, night.den * 10**8
            heads = [adult]
            for band in rule.children:
                heads.append(adult * Fraction(band.percent or 0) / 100 if band.percent is not None else adult)
                heads.append(Fraction(self._minor(band.amount)))
            charge = max(heads) * self.group.guests * self.longest
            self._add(charge, lcm(den, 10_000))

    def _length_of_stay(self, stage: PlacedStage) -> None:
        for rule in self.rules["length_of_stay"]:
            if rule.is_priced:
                blocks = [self._minor(band.price) * (self.longest // band.from_nights) for band in rule.bands]
                self.shares.take_part()
                self._add(Fraction(max(blocks)))
                continue
            percents = [band.percent for band in rule.bands]
            if rule.reading != "marginal" or self.by_night:
                self._percent(percents, stage.of)
            elif stage.of == "running":
                self.shares.percent_of_nights([Fraction(each) for each in percents])
            else:
                raised, den = _change(percents, self._of(stage.of))
                self.shares.each_by_itself(raised, self._part_den(stage.of) * den)

    def _free_nights(self, stage: PlacedStage) -> None:
        del stage
        if self.rules["free_nights"]:
            self.shares.take_part()

    def _lead_time(self, stage: PlacedStage) -> None:
        for rule in self.rules["lead_time"]:
            points = rule.curve or rule.bands
            self._percent([point.percent for point in points], stage.of)
            spans = [later.days - earlier.days for earlier, later in zip(rule.curve, rule.curve[1:], strict=False)]
            self.shares.multiply(max(spans, default=1))

    def _member_tier(self, stage: PlacedStage) -> None:
        for rule in self.rules["member_tier"]:
            if rule.percent:
                self._percent(list(rule.percent.values()), stage.of)
            if rule.amount or rule.price:
                self._add(Fraction(max([0, *(self._minor(amounts) for amounts in rule.amount.values())])))
            prices = [self._minor(amounts) * self.longest for amounts in rule.price.values()]
            self.amount.value = max([self.amount.value, *map(Fraction, prices)])

    def _promotion(self, stage: PlacedStage) -> None:
        """The largest set that can be given. Which comes first is not looked at: where one adds an amount, any that
        changes single nights may come after it.
        """
        rules = self.rules["promotion"]
        unties = any(_percent_of(rule) is None or (rule.of or stage.of) != "running" or _limits(rule) for rule in rules)
        for members, of in _together(rules, stage.of):
            percents = [each for rule in members if (each := _percent_of(rule)) is not None]
            if unties:
                self.shares.untie()
            if self.by_night or not any(map(_acts_on_nights, members)):
                if percents:
                    self._percent(percents, of)
            elif of == "running" and not any(map(_limits, members)):
                self.shares.percent_of_nights([Fraction(each) for each in percents])
            elif percents:
                raised, den = _change(percents, self._of(of))
                self.shares.other_of_nights(raised, den if of == "running" else den * self._part_den(of))
            else:
                prices = [self._minor(rule.price_per_night) for rule in members if _acts_on_nights(rule)]
                self.shares.other_of_nights(Fraction(max(prices) * self.longest), 1)
        for rule in rules:
            nights = self._minor(rule.price_per_night) * self.longest
            self.amount.value = max(self.amount.value, Fraction(self._minor(rule.price)), Fraction(nights))
        if unties:
            self.shares.untie()
        for rule in self.rules["member_tier"]:
            if rules and rule.extra_points:
                self.shares.multiply(10_000)

    def _stay_bounds(self, stage: PlacedStage) -> None:
        """The highest floor; ceilings are left out, as there may be stays that none of them is for."""
        for rule in self.rules["stay_bounds"]:
            low = Fraction(max(self._minor(rule.floor), self._minor(rule.floor_per_night) * self.longest))
            shares = [Fraction(each) / 100 for each in (rule.floor_percent, rule.ceiling_percent) if each is not None]
            if shares:
                base = self.planes["base"]
                self.amount.den = lcm(self.amount.den, *(base.den * share.denominator for share in shares))
                if rule.floor_percent is not None:
                    low = max(low, base.value * self.longest * Fraction(rule.floor_percent) / 100)
            low = low if stage.rounder is None else raised(low, step_of(stage.rounder))
            self.amount.value = max(self.amount.value, low)
            self.shares.untie()

    def _package(self, stage: PlacedStage) -> None:
        del stage
        for rule in self.rules["package"]:
            times, den = Fraction(1), 1
            if rule.per.startswith("person"):
                times *= self.group.guests * max(Fraction(rule.children_percent) / 100, Fraction(1))
                den = 10_000
            if rule.per.endswith("night"):
                times *= self.longest
            self._add(self._minor(rule.price) * times, den)

    def _tax(self) -> None:
        """Taxes on the rounded net amount; each is rounded by itself."""
        net, added = self.amount.value, Fraction(0)
        for rule in self.rules["tax"]:
            if rule.included:
                continue
            if rule.percent is not None:
                base = net + (added if rule.of == "cumulative" else 0)
                tax = base * Fraction(rule.percent) / 100
            else:
                times = self.group.guests if rule.per.startswith("person") else 1
                times *= min(self.longest, rule.nights_max or self.longest) if rule.per.endswith("night") else 1
                tax = Fraction(self._minor(rule.amount) * times)
            parts = self.longest if self.by_night else 1
            added += raised(tax / parts, rule.round.increment_minor) * parts
        self.amount = Amount(net + added, 1)


def _percent_of(rule: Promotion) -> Decimal | None:
    """The percent of a promotion; None where it is no percent."""
    if rule.free_nights is not None:
        return Decimal(-100)
    pattern = rule.night_percent or rule.nth_night
    return pattern.percent if pattern is not None else rule.percent


def _acts_on_nights(rule: Promotion) -> bool:
    """Whether a promotion changes single nights, or can where it gives way on others."""
    patterns = (rule.night_percent, rule.nth_night, rule.free_nights)
    return rule.applies == "nights" or bool(rule.looks_at) or any(each is not None for each in patterns)


def _limits(rule: Promotion) -> bool:
    """Whether an amount limits what a promotion takes off."""
    return bool(rule.max_off or rule.floor_per_night or rule.floor)


def _change(percents: list[Decimal], of: Amount) -> tuple[Fraction, int]:
    """How much the highest of some percents adds, and what the denominators of all divide."""
    most = max(Fraction(0), *map(Fraction, percents))
    return of.value * most / 100, lcm(*((Fraction(each) / 100).denominator for each in percents))


def _together(rules: list[Promotion], of: str) -> list[tuple[list[Promotion], str]]:
    """Promotions in percent or of single nights, as groups of which one applies at most, with what they are of; as many
    groups as there can be promotions at once, those that need most.
    """
    groups: list[tuple[list[Promotion], str]] = []
    for rule in rules:
        percent = _percent_of(rule)
        if percent is None and not _acts_on_nights(rule):
            continue
        base = "" if percent is None else rule.of or of
        for members, common in groups:
            whole = all(each.applies != "nights" for each in (rule, *members))
            if whole and common == base and all(never_together(rule, each) for each in members):
                members.append(rule)
                break
        else:
            groups.append(([rule], base))

    def need(group: tuple[list[Promotion], str]) -> tuple[bool, bool, int]:
        members, base = group
        nightly = any(map(_acts_on_nights, members))
        dens = [(Fraction(each) / 100).denominator for rule in members if (each := _percent_of(rule)) is not None]
        return nightly and (base != "running" or any(map(_limits, members))), nightly, lcm(*dens)

    groups.sort(key=need, reverse=True)
    return groups[:PROMOTIONS_MAX]
