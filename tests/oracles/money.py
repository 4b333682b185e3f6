"""Exact money: rounding to a multiple, shares that add up, and change of currency.

Amounts are `fractions.Fraction` or whole numbers of minor units (cents, fen, yen). No float anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

#: Digits after the decimal point (ISO 4217) of the currencies that the tests use.
EXPONENTS = {
    "AED": 2, "AUD": 2, "BHD": 3, "BRL": 2, "CAD": 2, "CHF": 2, "CLP": 0, "CNY": 2, "DKK": 2, "EUR": 2, "GBP": 2,
    "HKD": 2, "IDR": 2, "INR": 2, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "MXN": 2, "MYR": 2, "NOK": 2,
    "NZD": 2, "OMR": 3, "PLN": 2, "SEK": 2, "SGD": 2, "THB": 2, "TND": 3, "USD": 2, "VND": 0, "ZAR": 2,
}  # fmt: skip

MODES = ("half_up", "half_even", "half_down", "up", "down", "ceiling", "floor")

Number = int | str | Decimal | Fraction


def rational(value: Number | float) -> Fraction:
    """The exact number that was written: "7.85", Decimal("7.85"), 7 and, from JSON, 7.85."""
    return Fraction(str(value))


def factor(percent: Number | float) -> Fraction:
    """+10 % is 11/10, -12.5 % is 7/8."""
    return (100 + rational(percent)) / 100


def minor_units(amount: Number | float, currency: str) -> Fraction:
    """What is written in major units, in minor ones: "80.00" CNY is 8,000 fen; "8000" JPY is 8,000 yen."""
    return rational(amount) * 10 ** EXPONENTS[currency]


def round_to_multiple(value: Fraction | int, mode: str, increment: int = 1) -> int:
    """`value` as a multiple of `increment`.

    half_up sends a tie away from zero, half_down towards zero, half_even to the even number of increments;
    up is away from zero, down towards zero, ceiling and floor go by the number line.
    """
    steps = Fraction(value) / increment
    below = floor(steps)
    above = below + 1
    if steps == below:
        return below * increment
    towards_zero, away_from_zero = (below, above) if steps > 0 else (above, below)
    even = below if below % 2 == 0 else above
    directed = {"floor": below, "ceiling": above, "down": towards_zero, "up": away_from_zero}
    on_a_tie = {"half_up": away_from_zero, "half_down": towards_zero, "half_even": even}
    if mode in directed:
        return directed[mode] * increment
    middle = below + Fraction(1, 2)
    if steps == middle:
        return on_a_tie[mode] * increment
    if mode not in on_a_tie:
        raise ValueError(f"rounding mode {mode!r}; known are {', '.join(MODES)}")
    return (below if steps < middle else above) * increment


def allocate(total: int, weights: Sequence[Fraction | int]) -> list[int]:
    """`total` in whole shares as the weights ask, adding up exactly.

    Largest remainder: everybody gets the whole part of his share, and the units left over go one each to
    the largest fractional parts; of equal parts the earlier first. Weights that are all zero count as equal.
    A negative total is shared like the positive one, with the sign put back.
    """
    if total < 0:
        return [-share for share in allocate(-total, weights)]
    if not weights:
        raise ValueError("there is nobody to share among: weights is empty")
    if sum(weights) == 0:
        weights = [1] * len(weights)
    exact = [Fraction(total) * weight / sum(weights) for weight in weights]
    shares = [floor(share) for share in exact]
    by_fraction = sorted(range(len(shares)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_fraction[: total - sum(shares)]:
        shares[i] += 1
    return shares


def convert_minor(amount_minor: int, rate: Fraction, source: str, target: str) -> int:
    """An amount in another currency, half up; `rate` = major units of target for one major unit of source."""
    major = Fraction(amount_minor) / 10 ** EXPONENTS[source]
    return round_to_multiple(major * rate * 10 ** EXPONENTS[target], "half_up")
