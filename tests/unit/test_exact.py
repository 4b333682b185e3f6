"""Exact amounts behave as fractions, whatever is done to them."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from nightgrid.pricing.explain.exact import ZERO, Exact, total, whole

denominators = st.sampled_from([1, 1, 100, 10_000, 10**6, 3, 7, 60, 999_983])
numbers = st.builds(Exact, st.integers(-(10**15), 10**15), denominators)


@given(numbers, numbers, st.integers(-50, 50))
def test_every_operation_is_that_of_fractions(a: Exact, b: Exact, n: int) -> None:
    assert (a + b).fraction == a.fraction + b.fraction
    assert (a - b).fraction == a.fraction - b.fraction
    assert (a * b).fraction == a.fraction * b.fraction
    assert (-a).fraction == -a.fraction
    assert a.times(n).fraction == n * a.fraction
    assert a.over(Exact(abs(n) + 1, 3)).fraction == a.fraction / Fraction(abs(n) + 1, 3)
    assert ((a < b), (a <= b), (a == b)) == (
        a.fraction < b.fraction,
        a.fraction <= b.fraction,
        a.fraction == b.fraction,
    )
    assert max(a, b).fraction == max(a.fraction, b.fraction)
    assert bool(a) == bool(a.fraction)
    assert a.is_negative == (a.fraction < 0)


@given(st.lists(numbers, max_size=8))
def test_sums_do_not_depend_on_spelling(amounts: list[Exact]) -> None:
    assert total(amounts).fraction == sum((each.fraction for each in amounts), Fraction(0))
    reduced = [Exact(each.fraction.numerator, each.fraction.denominator) for each in amounts]
    assert total(reduced) == total(amounts)
    numbers = whole(amounts)
    assert all(a * amounts[0].fraction == each.fraction * numbers[0] for a, each in zip(numbers, amounts, strict=True))
    assert [hash(each) for each in reduced] == [hash(each) for each in amounts]


def test_other_types_are_never_equal() -> None:
    assert Exact(1) != 1
    assert Exact(0, 7) == ZERO
    assert repr(Exact(50, 100)) == "Exact(1/2)"
