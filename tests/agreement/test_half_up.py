"""The short path of half up equals the general one and fractions, on ties above all: random data never meets them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from nightgrid.native.prices.prices import MODE_HALF_UP, rounded_half_up, rounded_ratio, rounding_threshold


def cases(count: int) -> list[tuple[int, int, int]]:
    """(a, b, denominator) within the proved bounds: half of them ties or one step beside one, the others random."""
    dice = np.random.default_rng(11)
    found = []
    for _ in range(count):
        denominator = int(10 ** dice.integers(0, 13)) * int(dice.choice([1, 5, 10, 100]))
        if dice.random() < 0.5 and denominator % 2 == 0:
            odd = 2 * int(dice.integers(0, 10**6)) + 1  # odd * half a denominator is a tie
            found.append((odd, denominator // 2 + int(dice.integers(-1, 2)), denominator))
        else:
            b = int(dice.integers(0, 3 * denominator + 1))
            found.append((int(dice.integers(0, 10 ** int(dice.integers(1, 12)))), b, denominator))
    return [case for case in found if case[1] < 2**53 and case[0] * case[1] < case[2] * 2**50]


def test_half_up_is_exact() -> None:
    tried = ties = 0
    for a, b, denominator in cases(60_000):
        exact = Fraction(a * b, denominator)
        expected = (2 * a * b + denominator) // (2 * denominator)
        whole = float(denominator)
        threshold, even = rounding_threshold(MODE_HALF_UP, whole)
        general = rounded_ratio(float(a), float(b), whole, 1.0 / whole, threshold, even)
        short = rounded_half_up(float(a), float(b), whole, 1.0 / whole, 0.5 * whole)

        assert short == general == expected
        tried += 1
        ties += exact.denominator == 2
    assert tried > 40_000
    assert ties > 1_000
