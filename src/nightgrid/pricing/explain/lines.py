"""The lines of an explanation, and the accounts in which they are written: one for each night, one for the stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Final, NamedTuple, Protocol

from nightgrid.money import RoundingMode, format_minor, round_ratio
from nightgrid.pricing.explain.exact import NOTHING, ZERO, Exact, lowest, ratio
from nightgrid.pricing.pipelines import Rounder

#: Stages of lines that add nothing: they only show the sum so far.
SUMS: Final = ("subtotal", "net", "total", "payable")


#: A line before it has its place: stage, rule, detail, base, factor, amount.
Entry = tuple[str, str, str, Exact, Exact | None, Exact]


class Line(NamedTuple):
    """One line of an explanation. All amounts are exact, in minor units, in lowest terms.

    `amount` is what the line adds; `running` is the sum of all amounts so far; `base` is what the line starts from,
    which a rule multiplies by `factor` (None where it does not multiply): base x (factor - 1) is the amount. Stages:
    those of a pipeline, and rounding; subtotal, net, total and payable add nothing, they only show the sum.
    """

    stage: str
    night: date | None  # of a line about one night
    rule: str  # the rule's name, "" where no rule is behind the line
    detail: str  # "+35 %", "floor 80.00 CNY", "half_up"
    base: Fraction
    factor: Fraction | None
    amount: Fraction
    running: Fraction

    def __repr__(self) -> str:
        about = (self.stage, str(self.night or ""), self.rule, self.detail)
        return f"Line({' '.join(filter(None, about))}: {self.amount} -> {self.running})"


def in_order(accounts: Sequence[Page], sums: Mapping[int, str]) -> tuple[Line, ...]:
    """The lines of accounts one after the other, with the running total; `sums` names what is shown after which."""
    lines: list[Line] = []
    write = lines.append
    total, over, running = 0, 1, NOTHING  # total / over is always in lowest terms, and running the same
    for number, account in enumerate(accounts):
        night = account.night
        for stage, rule, detail, base, factor, amount in account.lines:
            start, change = base.seen, amount.seen
            if start is None:  # most start from what there is so far
                same = base.numerator * over == total * base.denominator
                start = base.seen = running if same else ratio(base.numerator, base.denominator)
            if change is None:
                change = amount.seen = ratio(amount.numerator, amount.denominator)
            added, theirs = amount.numerator, amount.denominator
            if added:
                if theirs == 1:
                    total += added * over
                else:
                    if theirs == over:
                        total += added
                    elif theirs % over == 0:
                        total, over = total * (theirs // over) + added, theirs
                    else:
                        total, over = total * theirs + added * over, over * theirs
                    common = gcd(total, over)
                    total //= common
                    over //= common
                running = lowest(total, over)
            by = None
            if factor is not None:
                by = factor.seen
                if by is None:
                    by = factor.fraction
            write(_line(Line, (stage, night, rule, detail, start, by, change, running)))
        if number in sums:
            write(_line(Line, (sums[number], None, "", "", running, None, NOTHING, running)))
    return tuple(lines)


_line: Final = tuple.__new__


class Page(Protocol):
    """Entries about one night, or about the stay."""

    @property
    def night(self) -> date | None:
        """The night that they are about."""
        ...

    @property
    def lines(self) -> Sequence[Entry]:
        """In their order."""
        ...


class Account:
    """The entries of one night or one stay, and the amount that they lead to. An amount never goes below 0."""

    __slots__ = ("lines", "night", "value")

    def __init__(self, night: date | None, value: Exact = ZERO) -> None:
        self.night = night
        self.value = value
        self.lines: list[Entry] = []

    def add(self, stage: str, amount: Exact, rule: str = "", detail: str = "") -> None:
        """Write a line that adds an amount, or takes away as much of it as there is."""
        value = self.value
        after = value + amount
        if after.numerator < 0:
            amount, after, detail = -value, ZERO, f"{detail}, not below 0"
        self.lines.append((stage, rule, detail, value, None, amount))
        self.value = after

    def times(self, stage: str, parts: Parts, rule: str, of: Exact | None = None, detail: str = "") -> None:
        """Write a change in percent: of the amount so far, or of another one that the pipeline names."""
        share, factor, text = parts
        if detail:
            text += detail
        over = share.denominator  # the factor's as well
        if of is None:
            base = self.value
            top, under = base.numerator, base.denominator * over
            amount = Exact(top * share.numerator, under)
            self.value = Exact(top * factor.numerator, under)  # a percent is -100 or more
        else:
            base = of
            amount = base * share
            after = self.value + amount
            if after.numerator < 0:
                self.add(stage, amount, rule, text)
                return
            self.value = after
        self.lines.append((stage, rule, text, base, factor, amount))

    def become(self, stage: str, value: Exact, rule: str, detail: str) -> None:
        """Write a line after which the amount is `value`."""
        self.lines.append((stage, rule, detail, self.value, None, value - self.value))
        self.value = value

    def round(self, rounder: Rounder, currency: str) -> None:
        """Write a rounding, where it changes anything."""
        value = self.value
        if value.denominator == 1 and rounder.increment_minor == 1 and not rounder.endings:
            return
        rounded = rounded_by(rounder, value)
        if rounded * value.denominator != value.numerator:
            self.become("rounding", Exact(rounded), "", rounder_text(rounder, currency))
        else:
            self.value = Exact(rounded)


def rounded_by(rounder: Rounder, value: Exact) -> int:
    """The permitted price that a value rounds to."""
    mode, step, endings = rounder
    top, under = value.numerator, value.denominator * step
    if mode is RoundingMode.HALF_UP and top >= 0 and not endings:  # as most are
        return (2 * top + under) // (2 * under) * step
    return round_ratio(top, value.denominator, mode, step, endings)


@lru_cache(maxsize=256)
def rounder_text(rounder: Rounder, currency: str) -> str:
    """`half_up`, `half_up to 1.00 CNY`, `half_up to endings 49, 99`."""
    if rounder.endings:
        return f"{rounder.mode} to endings {', '.join(map(str, rounder.endings))}"
    step = rounder.increment_minor
    return f"{rounder.mode} to {format_minor(step, currency)}" if step > 1 else str(rounder.mode)


#: A percent as its share, its factor over the same denominator, and in words.
Parts = tuple[Exact, Exact, str]


@lru_cache(maxsize=4096)
def percent_parts(percent: Decimal) -> Parts:
    """-5 -> (-1/20, 19/20, "-5 %"). Remembered; looking up takes time too."""
    share = Fraction(percent) / 100
    over = share.denominator
    return Exact(share.numerator, over), Exact(share.numerator + over, over), f"{percent:+} %"
