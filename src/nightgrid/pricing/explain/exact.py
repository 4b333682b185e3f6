"""Exact amounts: rational numbers that are reduced only where somebody looks at them.

`fractions.Fraction` reduces after every operation, which takes most of the time of an explanation. The few dozen
operations of one price keep these small enough without; nearly all denominators are powers of ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Final


class Exact:
    """numerator / denominator with denominator > 0, not reduced. Operands are other Exacts; comparisons are exact."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: int, denominator: int = 1) -> None:
        self.numerator = numerator
        self.denominator = denominator

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
        """The same number, reduced."""
        return ratio(self.numerator, self.denominator)


def ratio(numerator: int, denominator: int) -> Fraction:
    """A Fraction. Most amounts are whole, and such ones are made in half the time."""
    number, rest = divmod(numerator, denominator)
    return Fraction(numerator, denominator) if rest else Fraction(number)


ZERO: Final = Exact(0)


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
