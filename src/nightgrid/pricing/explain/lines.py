"""The lines of an explanation, and the accounts in which they are written: one for each night, one for the stay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from nightgrid.money import format_minor, round_ratio
from nightgrid.pricing.pipelines import Rounder

ZERO: Final = Fraction(0)
#: Stages of lines that add nothing: they only show the sum so far.
SUMS: Final = ("subtotal", "net", "total", "payable")


class Line(NamedTuple):
    """One line of an explanation. All amounts are exact, in minor units.

    `amount` is what the line adds; `running` is the sum of all amounts so far; `base` is what the line starts from,
    which a rule multiplies by `factor` (None where it does not multiply). Stages: those of a pipeline, and rounding;
    subtotal, net, total and payable add nothing, they only show the sum.
    """

    stage: str
    night: date | None  # of a line about one night
    rule: str  # the rule's name, "" where no rule is behind the line
    detail: str  # "+35 %", "floor 80.00 CNY", "half_up"
    base: Fraction
    factor: Fraction | None
    amount: Fraction
    running: Fraction


class Account:
    """The lines of one night or one stay, and the amount that they lead to. An amount never goes below 0."""

    __slots__ = ("lines", "night", "value")

    def __init__(self, night: date | None, value: Fraction = ZERO) -> None:
        self.night = night
        self.value = value
        self.lines: list[tuple[str, date | None, str, str, Fraction, Fraction | None, Fraction]] = []

    def add(self, stage: str, amount: Fraction, rule: str = "", detail: str = "") -> None:
        """Write a line that adds an amount, or takes away as much of it as there is."""
        value = self.value
        if amount < 0 and value + amount < 0:
            amount, detail = -value, f"{detail}, not below 0"
        self.lines.append((stage, self.night, rule, detail, value, None, amount))
        self.value = value + amount

    def times(self, stage: str, percent: Decimal, rule: str, of: Fraction | None = None, detail: str = "") -> None:
        """Write a change in percent: of the amount so far, or of another one that the pipeline names."""
        share, factor, text = percent_parts(percent)
        base = self.value if of is None else of
        amount = base * share
        detail = f"{text}{detail}"
        if amount < 0 and of is not None and self.value + amount < 0:
            self.add(stage, amount, rule, detail)
            return
        self.lines.append((stage, self.night, rule, detail, base, factor, amount))
        self.value += amount

    def become(self, stage: str, value: Fraction, rule: str, detail: str) -> None:
        """Write a line after which the amount is `value`."""
        self.lines.append((stage, self.night, rule, detail, self.value, None, value - self.value))
        self.value = value

    def round(self, rounder: Rounder, currency: str) -> None:
        """Write a rounding, where it changes anything."""
        rounded = rounded_by(rounder, self.value)
        if rounded != self.value:
            self.become("rounding", Fraction(rounded), "", rounder_text(rounder, currency))


def rounded_by(rounder: Rounder, value: Fraction) -> int:
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
def percent_parts(percent: Decimal) -> tuple[Fraction, Fraction, str]:
    """-5 -> (-1/20, 19/20, "-5 %")."""
    share = Fraction(percent) / 100
    return share, 1 + share, f"{percent:+} %"


def with_running(accounts: list[Account], sums: dict[int, str]) -> list[Line]:
    """The lines of accounts one after the other, with the running total; `sums` names what is shown after which."""
    lines: list[Line] = []
    running = ZERO
    for number, account in enumerate(accounts):
        for draft in account.lines:
            running += draft[6]
            lines.append(Line(*draft, running))
        if number in sums:
            lines.append(Line(sums[number], None, "", "", running, None, ZERO, running))
    return lines
