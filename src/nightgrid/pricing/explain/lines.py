"""The lines of an explanation, and the accounts in which they are written: one for each night, one for the stay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from nightgrid.money import format_minor, round_ratio
from nightgrid.pricing.explain.exact import ZERO, Exact
from nightgrid.pricing.pipelines import Rounder

#: Stages of lines that add nothing: they only show the sum so far.
SUMS: Final = ("subtotal", "net", "total", "payable")


class Line:
    """One line of an explanation. All amounts are exact, in minor units.

    `amount` is what the line adds; `running` is the sum of all amounts so far; `base` is what the line starts from,
    which a rule multiplies by `factor` (None where it does not multiply). Stages: those of a pipeline, and rounding;
    subtotal, net, total and payable add nothing, they only show the sum.
    """

    __slots__ = ("_amount", "_base", "_factor", "_running", "detail", "night", "rule", "stage")

    def __init__(
        self, stage: str, night: date | None, rule: str, detail: str, base: Exact, factor: Exact | None, amount: Exact
    ) -> None:
        self.stage = stage
        self.night = night  # of a line about one night
        self.rule = rule  # the rule's name, "" where no rule is behind the line
        self.detail = detail  # "+35 %", "floor 80.00 CNY", "half_up"
        self._base = base
        self._factor = factor
        self._amount = amount
        self._running = amount

    @property
    def base(self) -> Fraction:
        """What the line starts from."""
        return self._base.fraction

    @property
    def factor(self) -> Fraction | None:
        """What the base is multiplied by: base x (factor - 1) is the amount."""
        return None if self._factor is None else self._factor.fraction

    @property
    def amount(self) -> Fraction:
        """What the line adds."""
        return self._amount.fraction

    @property
    def running(self) -> Fraction:
        """The sum of all amounts so far."""
        return self._running.fraction

    @classmethod
    def in_order(cls, accounts: list[Account], sums: dict[int, str]) -> list[Line]:
        """The lines of accounts one after the other, with the running total; `sums` names what is shown after which."""
        lines: list[Line] = []
        running = ZERO
        for number, account in enumerate(accounts):
            for line in account.lines:
                amount = line._amount  # noqa: SLF001 - its own class
                if amount.numerator:
                    running = running + amount
                line._running = running  # noqa: SLF001
            lines += account.lines
            if number in sums:
                shown = cls(sums[number], None, "", "", running, None, ZERO)
                shown._running = running
                lines.append(shown)
        return lines

    def __repr__(self) -> str:
        about = (self.stage, str(self.night or ""), self.rule, self.detail)
        return f"Line({' '.join(filter(None, about))}: {self.amount} -> {self.running})"


class Account:
    """The lines of one night or one stay, and the amount that they lead to. An amount never goes below 0."""

    __slots__ = ("lines", "night", "value")

    def __init__(self, night: date | None, value: Exact = ZERO) -> None:
        self.night = night
        self.value = value
        self.lines: list[Line] = []

    def add(self, stage: str, amount: Exact, rule: str = "", detail: str = "") -> None:
        """Write a line that adds an amount, or takes away as much of it as there is."""
        value = self.value
        after = value + amount
        if after.numerator < 0:
            amount, after, detail = -value, ZERO, f"{detail}, not below 0"
        self.lines.append(Line(stage, self.night, rule, detail, value, None, amount))
        self.value = after

    def times(self, stage: str, percent: Decimal, rule: str, of: Exact | None = None, detail: str = "") -> None:
        """Write a change in percent: of the amount so far, or of another one that the pipeline names."""
        share, factor, text = percent_parts(percent)
        if detail:
            text += detail
        if of is None:
            base = self.value
            amount, after = base * share, base * factor  # a percent is -100 or more
        else:
            base = of
            amount = base * share
            after = self.value + amount
            if after.numerator < 0:
                self.add(stage, amount, rule, text)
                return
        self.lines.append(Line(stage, self.night, rule, text, base, factor, amount))
        self.value = after

    def become(self, stage: str, value: Exact, rule: str, detail: str) -> None:
        """Write a line after which the amount is `value`."""
        self.lines.append(Line(stage, self.night, rule, detail, self.value, None, value - self.value))
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
    return round_ratio(value.numerator, value.denominator, rounder.mode, rounder.increment_minor, rounder.endings)


@lru_cache(maxsize=256)
def rounder_text(rounder: Rounder, currency: str) -> str:
    """`half_up`, `half_up to 1.00 CNY`, `half_up to endings 49, 99`."""
    if rounder.endings:
        return f"{rounder.mode} to endings {', '.join(map(str, rounder.endings))}"
    step = rounder.increment_minor
    return f"{rounder.mode} to {format_minor(step, currency)}" if step > 1 else str(rounder.mode)


@lru_cache(maxsize=4096)
def percent_parts(percent: Decimal) -> tuple[Exact, Exact, str]:
    """-5 -> (-1/20, 19/20, "-5 %")."""
    share = Fraction(percent) / 100
    return exact(share), exact(1 + share), f"{percent:+} %"


def exact(number: Fraction) -> Exact:
    """A fraction as an Exact."""
    return Exact(number.numerator, number.denominator)
