"""Exact amounts: rational numbers that are reduced only where somebody looks at them.

`fractions.Fraction` reduces after every operation, which takes most of the time of an explanation. The few dozen
operations of one price keep these small enough without; nearly all denominators are powers of ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Final


class Exact:
    """numerator / denominator with denominator > 0, not reduced. Operands are other Exacts; comparisons are exact."""

    __slots__ = ("denominator", "numerator", "seen")

    def __init__(self, numerator: int, denominator: int = 1) -> None:
        self.numerator = numerator
        self.denominator = denominator
        self.seen: Fraction | None = None  # `fraction`, once somebody has looked

    def __add__(self, other: Exact) -> Exact:
        ours, theirs = self.denominator, other.denominator
        if ours == theirs:
            return Exact(self.numerator + other.numerator, ours)
        if theirs == 1:
            return Exact(self.numerator + other.numerator * ours, ours)
        if ours % theirs == 0:
            return Exact(self.numerator + other.numerator * (ours // theirs), ours)
        if theirs % ours == 0:
            return Exact(self.numerator * (theirs // ours) + other.numerator, theirs)
        return Exact(self.numerator * theirs + other.numerator * ours, ours * theirs)

    def __neg__(self) -> Exact:
        return Exact(-self.numerator, self.denominator)

    def __sub__(self, other: Exact) -> Exact:
        if self.denominator == other.denominator:
            return Exact(self.numerator - other.numerator, self.denominator)
        return self + Exact(-other.numerator, other.denominator)

    def __mul__(self, other: Exact) -> Exact:
        return Exact(self.numerator * other.numerator, self.denominator * other.denominator)

    def times(self, number: int) -> Exact:
        """The product with a whole number."""
        return Exact(self.numerator * number, self.denominator)

    def over(self, other: Exact) -> Exact:
        """The quotient by a positive number."""
        return Exact(self.numerator * other.denominator, self.denominator * other.numerator)

    def __bool__(self) -> bool:
        return self.numerator != 0

    def __lt__(self, other: Exact) -> bool:
        return self.numerator * other.denominator < other.numerator * self.denominator

    def __le__(self, other: Exact) -> bool:
        return self.numerator * other.denominator <= other.numerator * self.denominator

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Exact):
            return NotImplemented
        return self.numerator * other.denominator == other.numerator * self.denominator

    def __hash__(self) -> int:
        return hash(self.fraction)

    def __repr__(self) -> str:
        return f"Exact({self.fraction})"

    @property
    def is_negative(self) -> bool:
        """Whether it is below 0."""
        return self.numerator < 0

    @property
    def fraction(self) -> Fraction:
        """The same number, reduced. Amounts of rules and of nights that are alike are shared, so it is kept."""
        found = self.seen
        if found is None:
            found = self.seen = ratio(self.numerator, self.denominator)
        return found


def ratio(numerator: int, denominator: int) -> Fraction:
    """numerator / denominator as a Fraction, for integers of which the second is > 0."""
    if denominator != 1:
        common = gcd(numerator, denominator)
        if common != 1:
            return lowest(numerator // common, denominator // common)
    return lowest(numerator, denominator)


def lowest(numerator: int, denominator: int) -> Fraction:
    """The same for integers without a common factor.

    Filled in without `Fraction.__new__`, which first finds out what it was given: most of the time that it takes, and a
    caller who reads an explanation makes dozens. Where a Python keeps its fractions in other slots, they are made as
    usual.
    """
    made = _blank(Fraction)
    made._numerator = numerator  # type: ignore[attr-defined]  # noqa: SLF001 - asked for below; 2.6 to 3.14 have it
    made._denominator = denominator  # type: ignore[attr-defined]  # noqa: SLF001 - the same
    return made


_blank: Final = object.__new__
if getattr(Fraction, "__slots__", ()) != ("_numerator", "_denominator"):  # pragma: no cover - no Python yet
    lowest = Fraction


ZERO: Final = Exact(0)
#: The same as somebody sees it.
NOTHING: Final = ZERO.fraction


def total(amounts: Sequence[Exact]) -> Exact:
    """The sum of amounts; 0 of none."""
    if not amounts:
        return ZERO
    numerator, denominator = 0, amounts[0].denominator
    for amount in amounts:
        theirs = amount.denominator
        if theirs == denominator:
            numerator += amount.numerator
        elif theirs % denominator == 0:
            numerator, denominator = numerator * (theirs // denominator) + amount.numerator, theirs
        else:
            numerator, denominator = numerator * theirs + amount.numerator * denominator, denominator * theirs
    return Exact(numerator, denominator)


def whole(amounts: Sequence[Exact]) -> list[int]:
    """Whole numbers in the same proportion."""
    scale = lcm(*[amount.denominator for amount in amounts])
    return [amount.numerator * (scale // amount.denominator) for amount in amounts]
