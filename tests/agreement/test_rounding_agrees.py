"""Exact division in floating point: a quarter of a million constructed ties, near misses and random values.

`native.prices.prices` promises exactness for a, b < 2^53, denominators up to 2^51 and quotients below 2^50. A tie needs
a*b = whole/2 (mod whole); it is built with the inverse of b, so that products have up to a hundred bits.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from random import Random

import numpy as np
import pytest

from nightgrid.money import RoundingMode
from nightgrid.native.prices import prices as native
from tests.oracles.money import MODES, round_to_multiple

POWERS_OF_TEN = [10**k for k in range(1, 16)]
OTHERS = [2, 4, 6, 64, 360, 785 * 2, 2**20, 2**51, 3**20 * 2, 999_999_999_998]
TIES_A_MODE = 30_000


def whole_number_rounding(a: int, b: int, whole: int, mode: str) -> int:
    """a*b/whole for a, b >= 0 in whole numbers; shown to be the oracle's rounding in the first test."""
    quotient, remainder = divmod(a * b, whole)
    above = {
        "half_up": 2 * remainder >= whole,
        "half_even": 2 * remainder > whole or (2 * remainder == whole and quotient % 2 == 1),
        "half_down": 2 * remainder > whole,
        "up": remainder > 0,
        "ceiling": remainder > 0,
        "down": False,
        "floor": False,
    }
    return quotient + above[mode]


def near_ties(random: Random, count: int):
    """(a, b, denominator, increment): ties, one unit beside them, and the edges of whole quotients."""
    made = 0
    while made < count:
        denominator = random.choice(POWERS_OF_TEN + OTHERS)
        increment = random.choice([1, 1, 1, 5, 10, 50, 100, 1_000])
        whole = denominator * increment
        if whole > 2**51 or whole % 2:
            continue
        b = random.getrandbits(random.randrange(1, 53)) | 1
        if gcd(b, whole) != 1:
            continue
        wanted = random.choice([whole // 2, whole // 2, whole // 2 - 1, whole // 2 + 1, 0, 1, whole - 1])
        a = wanted * pow(b, -1, whole) % whole
        limit = min(2**53, 2**50 * whole // b)
        if a >= limit:
            continue
        a += whole * random.randrange((limit - 1 - a) // whole + 1)
        yield a, b, denominator, increment
        made += 1


def any_values(random: Random, count: int):
    """(a, b, denominator, increment) of all sizes inside the bounds."""
    for _ in range(count):
        increment = random.choice([1, 1, 5, 100, 1_000])
        denominator = random.getrandbits(random.randrange(1, 42)) | 1
        b = random.getrandbits(random.randrange(1, 54))
        limit = min(2**53, 2**50 * denominator * increment // max(1, b))
        yield random.randrange(max(1, limit)), b, denominator, increment


def differences(mode_index: int, cases, rounding=whole_number_rounding):
    """(cases, ties among them, the cases that `round_to` answers otherwise)."""
    mode = MODES[mode_index]
    count, ties, wrong = 0, 0, []
    for a, b, denominator, increment in cases:
        whole = denominator * increment
        wanted = rounding(a, b, whole, mode) * increment
        count += 1
        ties += 2 * (a * b % whole) == whole
        if native.round_to(a, b, denominator, mode_index, increment) != wanted:
            wrong.append((a, b, denominator, increment))
    return count, ties, wrong


def test_the_modes_have_the_same_order_on_both_sides():
    assert tuple(RoundingMode) == MODES
    assert [native.MODE_HALF_UP, native.MODE_HALF_EVEN, native.MODE_FLOOR] == [0, 1, 6]


@pytest.mark.parametrize("mode", MODES)
def test_whole_number_rounding_is_the_oracles(mode):
    random = Random(f"fractions {mode}")
    for a, b, denominator, increment in [*near_ties(random, 500), *any_values(random, 500)]:
        exact = Fraction(a * b, denominator)
        whole = whole_number_rounding(a, b, denominator * increment, mode) * increment
        assert whole == round_to_multiple(exact, mode, increment)


@pytest.mark.parametrize("mode_index", range(len(MODES)))
def test_round_to_is_exact_on_ties_and_beside_them(mode_index):
    count, ties, wrong = differences(mode_index, near_ties(Random(mode_index), TIES_A_MODE))
    assert wrong == []
    assert count == TIES_A_MODE
    assert ties > TIES_A_MODE // 5


@pytest.mark.parametrize("mode_index", range(len(MODES)))
def test_round_to_is_exact_on_any_values(mode_index):
    count, _, wrong = differences(mode_index, any_values(Random(100 + mode_index), 10_000))
    assert wrong == []
    assert count == 10_000


def test_rounded_ratio_is_exact_at_the_largest_operands():
    """Straight calls of the inner function, with products of more than ninety bits."""
    random = Random(5)
    bits = 0
    for a, b, denominator, _ in near_ties(random, 20_000):
        for mode_index, mode in enumerate(MODES):
            if (a + mode_index) % 7:
                continue
            whole = float(denominator)
            threshold, even = native.rounding_threshold(mode_index, whole)
            inverse = float(np.float64(1.0) / np.float64(whole))
            if Fraction(a * b, denominator) < 2**50:
                got = native.rounded_ratio(float(a), float(b), whole, inverse, threshold, even)
                assert int(got) == whole_number_rounding(a, b, denominator, mode)
                bits = max(bits, (a * b).bit_length())
    assert bits >= 95


def test_these_values_find_the_plain_float_division():
    """The obvious formula is wrong on some of them: the values are worth their time."""
    cases = list(near_ties(Random(1), 20_000))
    wrong = sum(
        int(np.floor(a * (b / denominator) + 0.5)) != whole_number_rounding(a, b, denominator, "half_up")
        for a, b, denominator, increment in cases
        if increment == 1
    )
    assert wrong > 1_000
