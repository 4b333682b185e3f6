"""Why a stay costs what it costs: the author's rules, one line each, with amounts that add up exactly to the total.

Amounts are computed here from the author's percents with `fractions.Fraction`; which rule applies comes from the
compiled tables, so an explanation never decides anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Final

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError, UnknownIdError
from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.money import RoundingMode, allocate, format_minor, parse_minor, round_ratio
from nightgrid.nights import WEEKDAYS, to_date, weekday
from nightgrid.pricing.compile import CompiledBook
from nightgrid.pricing.model import Bounds, Policy
from nightgrid.pricing.reasons import Asked, RuleNote, rule_notes
from nightgrid.pricing.stays import band_of_lead, band_of_stay

_STAGE_NAMES: Final = {"length_of_stay": "length of stay", "lead_time": "lead time", "member_tier": "member tier"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation. All amounts are exact, in minor units.

    `amount` is what the line adds; `running` is the sum of all amounts so far; `base` is what the line starts from,
    which a rule multiplies by `factor`. Stages: base, season, bounds, length_of_stay, lead_time, member_tier, rounding;
    subtotal and total add nothing, they only show the sum.
    """

    stage: str
    night: date | None  # of a line about one night
    rule: str  # the rule's name, "" where no rule is behind the line
    detail: str  # "+35 %", "floor 80.00 CNY", "half_up"
    base: Fraction
    factor: Fraction | None
    amount: Fraction
    running: Fraction


@dataclass(frozen=True)
class Explanation:
    """The lines of one stay's price. `total_minor` is the sum of their amounts and of `nights_minor`."""

    asked: Asked
    currency: str
    digest: str  # of the rule book
    lines: tuple[Line, ...]
    nights_minor: tuple[int, ...]
    total_minor: int
    _compiled: CompiledBook = field(repr=False, compare=False)
    _catalog: Catalog = field(repr=False, compare=False)

    @cached_property
    def rules(self) -> tuple[RuleNote, ...]:
        """Every rule of the book in file order: whether it changed this price, and why or why not. O(rules)."""
        bounded = frozenset(line.night for line in self.lines if line.stage == "bounds")
        return tuple(rule_notes(self._compiled, self._catalog, self.asked, len(bounded)))

    @property
    def unmatched(self) -> tuple[RuleNote, ...]:
        """The rules that did not change this price."""
        return tuple(note for note in self.rules if not note.applied)

    def render(self) -> list[str]:
        """The explanation as lines of text: what was asked, the amounts, the nights, the rules that did not apply."""
        asked = self.asked
        texts = [f"{asked.title(self._catalog)}: {format_minor(self.total_minor, self.currency)}"]
        rows = [(_label(line), self._number(line.amount), self._number(line.running)) for line in self.lines]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for line, (label, amount, running) in zip(self.lines, rows, strict=True):
            shown = "" if line.stage in ("subtotal", "total") else amount
            texts.append(f"  {label:<{widths[0]}}  {shown:>{widths[1]}}  {running:>{widths[2]}}")
        nights = (self._number(Fraction(minor)) for minor in self.nights_minor)
        texts.append(f"  nights as printed: {', '.join(nights)}")
        texts += [f"  not applied: {note}" for note in self.unmatched]
        return texts

    def _number(self, amount: Fraction) -> str:
        return format_minor(amount, self.currency).split()[0]


def explain(
    compiled: CompiledBook, catalog: Catalog, product_index: int, arrival: int, nights: int, lead_days: int, tier: str
) -> Explanation:
    """Explain the price of a stay. `arrival` is an ordinal; `lead_days` are days from booking to arrival, 0 or more.

    Raises InputError for a stay outside the window of the book, UnknownIdError for an unknown tier or product.
    About 10 microseconds a night and line; `Explanation.rules` is computed when it is first asked for.
    """
    _check(compiled, catalog, product_index, arrival, nights, lead_days, tier)
    product_index, arrival, nights, lead_days = map(int, (product_index, arrival, nights, lead_days))
    asked = Asked(product_index, arrival, nights, lead_days, tier)
    account = _Account(compiled, catalog, asked)
    policy = compiled.book.rounding.policy
    values = [account.night(night) for night in range(arrival, arrival + nights)]
    if policy != Policy.NIGHT:
        account.show("subtotal")
        account.stay_factors(None, sum(values, Fraction(0)), rounded_each=policy == Policy.STEP)
    account.show("total")
    total = account.running
    shares = [int(value) for value in values] if policy == Policy.NIGHT else allocate(int(total), values)
    return Explanation(
        asked=asked,
        currency=account.currency,
        digest=compiled.digest,
        lines=tuple(account.lines),
        nights_minor=tuple(shares),
        total_minor=int(total),
        _compiled=compiled,
        _catalog=catalog,
    )


def _check(
    compiled: CompiledBook, catalog: Catalog, product_index: int, arrival: int, nights: int, lead_days: int, tier: str
) -> None:
    if not 0 <= product_index < catalog.n_products:
        raise UnknownIdError(f"product_index {product_index} is outside 0..{catalog.n_products - 1}")
    if not 1 <= nights <= STAY_NIGHTS_MAX:
        raise InputError(f"nights {nights} is outside 1..{STAY_NIGHTS_MAX}")
    last_arrival = compiled.first_night + compiled.n_nights - nights
    if not compiled.first_night <= arrival <= last_arrival:
        window = f"{to_date(compiled.first_night)}..{to_date(compiled.first_night + compiled.n_nights - 1)}"
        raise InputError(f"a stay of {nights} nights from {to_date(arrival)} is not inside the nights priced, {window}")
    if lead_days < 0:
        raise InputError(f"lead_days {lead_days} is negative; a stay is booked on or before its arrival")
    if tier not in compiled.tiers:
        raise UnknownIdError(f"tier {tier!r} is not in the rule book; use one of {', '.join(compiled.tiers)}")


class _Account:
    """Writes the lines of one stay and keeps their running total."""

    def __init__(self, compiled: CompiledBook, catalog: Catalog, asked: Asked) -> None:
        product = asked.product_index
        hotel = catalog.row_hotel[catalog.product_row[product]]
        self.currency = catalog.currencies[int(catalog.hotel_currency[hotel])]
        self.lines: list[Line] = []
        self.running = Fraction(0)
        self._compiled = compiled
        self._base = Fraction(int(catalog.base_minor[product]))
        self._seasons = compiled.season_rule[int(compiled.season_set[product])]
        bounds = int(compiled.bounds_rule[int(compiled.bounds_set[product])])
        self._bounds = compiled.book.bounds[bounds] if bounds >= 0 else None
        self._limits = _limits(self._bounds, self._base, self.currency)
        self._percents = _stay_percents(compiled, asked)

    def add(
        self,
        stage: str,
        night: date | None,
        base: Fraction,
        amount: Fraction,
        rule: str = "",
        detail: str = "",
        factor: Fraction | None = None,
    ) -> None:
        """Write a line and move the running total."""
        self.running += amount
        self.lines.append(Line(stage, night, rule, detail, base, factor, amount, self.running))

    def show(self, stage: str) -> None:
        """Write a line that only shows the sum so far."""
        self.add(stage, None, self.running, Fraction(0))

    def night(self, ordinal: int) -> Fraction:
        """Write the lines of one night; its value as it enters the stay (for policy night, its final price)."""
        night, book = to_date(ordinal), self._compiled.book
        policy = book.rounding.policy
        value = self._base
        self.add("base", night, value, value)
        for position in self._seasons[:, ordinal - self._compiled.first_night].tolist():
            if position >= 0:
                season = book.season[position]
                value = self._times("season", night, value, season.name, season.percent)
        if policy in (Policy.DEFAULT, Policy.STEP):
            return self._bounded(night, self._rounded(night, value), self._compiled.increment)
        value = self._bounded(night, value, None)
        return self.stay_factors(night, value, rounded_each=False) if policy == Policy.NIGHT else value

    def stay_factors(self, night: date | None, value: Fraction, *, rounded_each: bool) -> Fraction:
        """Write length of stay, lead time and member tier on a value, and its rounding: after each, or at the end."""
        for stage, rule, percent in self._percents:
            value = self._times(stage, night, value, rule, percent)
            if rounded_each:
                value = self._rounded(night, value)
        return self._rounded(night, value)

    def _times(self, stage: str, night: date | None, value: Fraction, rule: str, percent: Decimal) -> Fraction:
        factor = _factor(percent)
        changed = value * factor
        self.add(stage, night, value, changed - value, rule, f"{percent:+} %", factor)
        return changed

    def _rounded(self, night: date | None, value: Fraction) -> Fraction:
        compiled = self._compiled
        mode: RoundingMode = compiled.book.rounding.mode
        rounded = Fraction(round_ratio(value.numerator, value.denominator, mode, compiled.increment))
        if rounded != value:
            step = f" to {format_minor(compiled.increment, self.currency)}" if compiled.increment > 1 else ""
            self.add("rounding", night, value, rounded - value, detail=f"{mode}{step}")
        return rounded

    def _bounded(self, night: date, value: Fraction, step: int | None) -> Fraction:
        """Inside the bounds, and with a step on the nearest permitted multiple of it. The floor wins."""
        if self._bounds is None:
            return value
        (floor, floor_text), (ceiling, ceiling_text) = self._limits
        if step:
            floor = Fraction(-(-floor // step) * step)
            ceiling = None if ceiling is None else Fraction(ceiling // step * step)
        bounded, text = value, ""
        if ceiling is not None and bounded > ceiling:
            bounded, text = ceiling, ceiling_text
        if bounded < floor:
            bounded, text = floor, floor_text
        if bounded != value:
            self.add("bounds", night, value, bounded - value, self._bounds.name, text)
        return bounded


def _limits(
    rule: Bounds | None, base: Fraction, currency: str
) -> tuple[tuple[Fraction, str], tuple[Fraction | None, str]]:
    """The exact floor (0 without one) and ceiling (None without one) of a night, each with its words."""
    floors: list[tuple[Fraction, str]] = [(Fraction(0), "a price is never negative")]
    ceilings: list[tuple[Fraction, str]] = []
    if rule is not None:
        for found, name, percent, amounts in (
            (floors, "floor", rule.floor_percent, rule.floor),
            (ceilings, "ceiling", rule.ceiling_percent, rule.ceiling),
        ):
            if percent is not None:
                found.append((base * Fraction(percent) / 100, f"{name} {percent} % of base"))
            if currency in amounts:
                minor = parse_minor(amounts[currency], currency)
                found.append((Fraction(minor), f"{name} {format_minor(minor, currency)}"))
    floor = max(floors, key=lambda limit: limit[0])
    return floor, min(ceilings, key=lambda limit: limit[0]) if ceilings else (None, "")


@lru_cache(maxsize=4096)
def _factor(percent: Decimal) -> Fraction:
    return 1 + Fraction(percent) / 100


def _stay_percents(compiled: CompiledBook, asked: Asked) -> list[tuple[str, str, Decimal]]:
    """(stage, rule, percent) of the stay rules that apply to the product and whose band or tier is reached."""
    book, stay_set = compiled.book, int(compiled.stay_set[asked.product_index])
    los, lead, tier = (int(rules[stay_set]) for rules in (compiled.stay_los, compiled.stay_lead, compiled.stay_tier))
    percents = []
    if los >= 0 and (band := band_of_stay(book.length_of_stay[los], asked.nights)) >= 0:
        rule = book.length_of_stay[los]
        percents.append(("length_of_stay", rule.name, rule.bands[band].change))
    if lead >= 0 and (band := band_of_lead(book.lead_time[lead], asked.lead_days)) >= 0:
        early = book.lead_time[lead]
        percents.append(("lead_time", early.name, early.bands[band].percent))
    if tier >= 0 and asked.tier in book.member_tier[tier].percent:
        percents.append(("member_tier", book.member_tier[tier].name, book.member_tier[tier].percent[asked.tier]))
    return percents


def _label(line: Line) -> str:
    """`2026-10-02 Fri  season "Golden Week" +35 %`."""
    night = f"{line.night} {WEEKDAYS[weekday(line.night.toordinal())].capitalize()}  " if line.night else ""
    rule = f' "{line.rule}"' if line.rule else ""
    return f"{night}{_STAGE_NAMES.get(line.stage, line.stage)}{rule} {line.detail}".rstrip()
