"""The largest price of a stay, and what its fractions need: its stages, as `native/program/worth.py` works them out."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

from nightgrid.catalog import Catalog
from nightgrid.limits import PROMOTIONS_MAX
from nightgrid.pricing.checks import never_together
from nightgrid.pricing.model import Promotion
from nightgrid.pricing.night_tables import Nights
from nightgrid.pricing.pipelines import Placed, PlacedStage, Rounder
from nightgrid.pricing.proof_amounts import REGISTER_MAX, Amount, Bounds, Group, check_amount, raised, step_of
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
        self.kept: dict[str, Amount] = {}
        self.amount = Amount(first.value * longest, first.den)
        self.weights = first.value * longest * first.den
        self.open = False  # a fraction has a denominator that depends on prices
        self.skewed = False  # so have the weights of the nights

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
            if self.open and self.rules[stage.kind]:
                found.open.add(stage.kind)
            checked = Amount(self.amount.value, 1) if self.open else self.amount
            if not check_amount(found, catalog, self.group, stage.kind, checked, REGISTER_MAX, what):
                return
            if stage.rounder is not None:
                self._round(stage.rounder)
            self.kept[stage.kind] = Amount(self.amount.value, self.amount.den)
        if pipeline.per_night is not None:  # each night is rounded
            night = raised(self.amount.value / self.longest, step_of(pipeline.per_night))
            self.amount = Amount(night * self.longest, 1)
        elif pipeline.final is not None:
            self._round(pipeline.final)
        if any(stage.kind == "tax" for stage in stages):
            self._tax()
        check_amount(found, catalog, self.group, "tax", self.amount, REGISTER_MAX, what)
        found.largest = max(found.largest, self.amount.value)

    def _round(self, rounder: Rounder) -> None:
        self.amount = Amount(raised(self.amount.value, step_of(rounder)), 1)
        self.open = False

    def _of(self, of: str) -> Amount:
        """The amount that a percent is of, over the whole stay."""
        if of == "running":
            return self.amount
        if of in self.planes:
            return Amount(self.planes[of].value * self.longest, self.planes[of].den)
        return self.kept[of]

    def _percent(self, percents: list[Decimal], of: str) -> None:
        """The highest of some percents, of an amount; denominators of all."""
        other, most = self._of(of), max(Fraction(each) for each in percents)
        den = lcm(*((Fraction(each) / 100).denominator for each in percents))
        raised = other.value * max(most, Fraction(0)) / 100
        den = self.amount.den * den if of == "running" else lcm(self.amount.den, other.den * den)
        self.amount = Amount(self.amount.value + raised, den)

    def _minor(self, amounts: dict[str, Decimal]) -> int:
        return minor(amounts, self.group.currency) if self.group.currency in amounts else 0

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
            self.amount = Amount(self.amount.value + charge, lcm(self.amount.den, den, 10_000))

    def _length_of_stay(self, stage: PlacedStage) -> None:
        for rule in self.rules["length_of_stay"]:
            if rule.is_priced:
                blocks = [self._minor(band.price) * (self.longest // band.from_nights) for band in rule.bands]
                self.amount.value += max(blocks)
                self._share()
            else:
                self._percent([band.percent for band in rule.bands], stage.of)
                if rule.reading == "marginal":
                    self.open = self.skewed = True

    def _free_nights(self, stage: PlacedStage) -> None:
        del stage
        if self.rules["free_nights"]:
            self._share()

    def _share(self) -> None:
        """Some nights keep their share: the denominator grows by the sum of all weights."""
        self.amount.den *= max(int(self.weights), 1)
        self.open = self.open or self.skewed

    def _lead_time(self, stage: PlacedStage) -> None:
        for rule in self.rules["lead_time"]:
            points = rule.curve or rule.bands
            self._percent([point.percent for point in points], stage.of)
            spans = [later.days - earlier.days for earlier, later in zip(rule.curve, rule.curve[1:], strict=False)]
            self.amount.den *= max(spans, default=1)

    def _member_tier(self, stage: PlacedStage) -> None:
        for rule in self.rules["member_tier"]:
            if rule.percent:
                self._percent(list(rule.percent.values()), stage.of)
            self.amount.value += max([0, *(self._minor(amounts) for amounts in rule.amount.values())])
            prices = [self._minor(amounts) * self.longest for amounts in rule.price.values()]
            self.amount.value = max([self.amount.value, *map(Fraction, prices)])

    def _promotion(self, stage: PlacedStage) -> None:
        rules = self.rules["promotion"]
        for percents, of in _together(rules, stage.of):
            self._percent(percents, of)
        for rule in rules:
            nights = self._minor(rule.price_per_night) * self.longest
            self.amount.value = max(self.amount.value, Fraction(self._minor(rule.price)), Fraction(nights))
            if rule.applies == "nights" or rule.night_percent is not None or rule.nth_night is not None:
                self.open = self.skewed = True
        for rule in self.rules["member_tier"]:
            if rules and rule.extra_points:
                self.amount.den *= 10_000

    def _package(self, stage: PlacedStage) -> None:
        del stage
        for rule in self.rules["package"]:
            times = Fraction(1)
            if rule.per.startswith("person"):
                times *= self.group.guests * max(Fraction(rule.children_percent) / 100, Fraction(1))
                self.amount.den = lcm(self.amount.den, 10_000)
            if rule.per.endswith("night"):
                times *= self.longest
            self.amount.value += self._minor(rule.price) * times

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
    pattern = rule.night_percent or rule.nth_night
    return pattern.percent if pattern is not None else rule.percent


def _together(rules: list[Promotion], of: str) -> list[tuple[list[Decimal], str]]:
    """Percents of promotions as groups of which one applies at most, with what they are of; as many groups as there can
    be promotions at once, those with the longest denominators.
    """
    groups: list[tuple[list[Promotion], str]] = []
    for rule in rules:
        if _percent_of(rule) is None:
            continue
        base = rule.of or of
        for members, common in groups:
            whole = all(each.applies != "nights" for each in (rule, *members))
            if whole and common == base and all(never_together(rule, each) for each in members):
                members.append(rule)
                break
        else:
            groups.append(([rule], base))
    found = [([each for rule in members if (each := _percent_of(rule)) is not None], base) for members, base in groups]
    found.sort(key=lambda group: -lcm(*((Fraction(each) / 100).denominator for each in group[0])))
    return found[:PROMOTIONS_MAX]
