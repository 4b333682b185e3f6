"""The lines of an explanation, and the accounts in which they are written: one for each night, one for the stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from nightgrid.money import RoundingMode, format_minor, round_ratio
from nightgrid.pricing.explain.exact import ZERO, Exact, ratio
from nightgrid.pricing.pipelines import Rounder

#: Stages of lines that add nothing: they only show the sum so far.
SUMS: Final = ("subtotal", "net", "total", "payable")


#: A line before it has its place: stage, rule, detail, base, factor, amount.
Entry = tuple[str, str, str, Exact, Exact | None, Exact]


class _Fields(NamedTuple):
    stage: str
    rule: str  # the rule's name, "" where no rule is behind the line
    detail: str  # "+35 %", "floor 80.00 CNY", "half_up"
    exact_base: Exact
    exact_factor: Exact | None
    exact_amount: Exact  # up to here an entry
    night: date | None  # of a line about one night
    running_numerator: int
    running_denominator: int


class Line(_Fields):
    """One line of an explanation. All amounts are exact, in minor units.

    `amount` is what the line adds; `running` is the sum of all amounts so far; `base` is what the line starts from,
    which a rule multiplies by `factor` (None where it does not multiply). Stages: those of a pipeline, and rounding;
    subtotal, net, total and payable add nothing, they only show the sum. The four are made from the exact fields, which
    are not reduced, as they are read.
    """

    __slots__ = ()

    @property
    def base(self) -> Fraction:
        """What the line starts from."""
        exact = self.exact_base
        found = exact.seen
        return exact.fraction if found is None else found

    @property
    def factor(self) -> Fraction | None:
        """What the base is multiplied by: base x (factor - 1) is the amount."""
        exact = self.exact_factor
        return None if exact is None else exact.fraction

    @property
    def amount(self) -> Fraction:
        """What the line adds."""
        exact = self.exact_amount
        found = exact.seen
        return exact.fraction if found is None else found

    @property
    def running(self) -> Fraction:
        """The sum of all amounts so far."""
        return ratio(self.running_numerator, self.running_denominator)

    def __repr__(self) -> str:
        about = (self.stage, str(self.night or ""), self.rule, self.detail)
        return f"Line({' '.join(filter(None, about))}: {self.amount} -> {self.running})"


def in_order(accounts: Sequence[Page], sums: Mapping[int, str]) -> tuple[Line, ...]:
    """The lines of accounts one after the other, with the running total; `sums` names what is shown after which."""
    lines: list[Line] = []
    write = lines.append
    total, over = 0, 1
    for number, account in enumerate(accounts):
        night = account.night
        for entry in account.lines:
            amount = entry[5]
            added = amount.numerator
            if added:
                theirs = amount.denominator
                if theirs == over:
                    total += added
                elif over % theirs == 0:
                    total += added * (over // theirs)
                elif theirs % over == 0:
                    total, over = total * (theirs // over) + added, theirs
                else:
                    total, over = total * theirs + added * over, over * theirs
            write(_line(Line, entry + (night, total, over)))  # noqa: RUF005 - unpacking takes twice as long
        if number in sums:
            write(_line(Line, (sums[number], "", "", Exact(total, over), None, ZERO, None, total, over)))
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
