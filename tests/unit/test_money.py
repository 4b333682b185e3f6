"""Exact money: parsing, printing, rounding, sharing, converting."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.limits import PRICE_MINOR_MAX
from nightgrid.money import (
    EXPONENTS,
    RoundingMode,
    allocate,
    convert_minor,
    exponent,
    format_minor,
    parse_minor,
    round_ratio,
)

amounts = st.integers(-PRICE_MINOR_MAX, PRICE_MINOR_MAX)
currencies = st.sampled_from(["CNY", "JPY", "KWD", "CLF", "EUR"])


def test_exponents_of_the_currencies_that_differ() -> None:
    assert [exponent(c) for c in ("CNY", "JPY", "KRW", "KWD", "CLF", "ISK", "HUF", "XCG")] == [2, 0, 0, 3, 4, 0, 2, 2]
    assert len(EXPONENTS) == 165
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in EXPONENTS)


@pytest.mark.parametrize(
    ("code", "hint"), [("RMB", ""), ("cny", "CNY"), ("XAU", ""), ("", "CNY"), (None, ""), ([], "")]
)
def test_an_unknown_currency_is_named(code: str, hint: str) -> None:
    with pytest.raises(UnknownIdError) as refusal:
        exponent(code)
    assert repr(code) in str(refusal.value)
    assert hint in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [("431.20", "CNY", 43120), ("431.2", "CNY", 43120), ("431", "CNY", 43100), ("-0.05", "EUR", -5), ("+7", "JPY", 7),
     ("1.234", "KWD", 1234), ("0.0001", "CLF", 1), ("-0.00", "CNY", 0), ("00012.5", "CNY", 1250), (80, "CNY", 8000),
     (-3, "JPY", -3), (Decimal("431.20"), "CNY", 43120), (Decimal("431.2000"), "CNY", 43120),
     (Decimal("1E+3"), "JPY", 1000), (Decimal("-0"), "CNY", 0), (Decimal("0E-50"), "CNY", 0),
     ("1000000000.00", "CNY", PRICE_MINOR_MAX), ("-100000000000", "JPY", -PRICE_MINOR_MAX)],
)  # fmt: skip
def test_amounts_that_are_read(value: str | Decimal | int, currency: str, minor: int) -> None:
    assert parse_minor(value, currency) == minor


@pytest.mark.parametrize(
    "value",
    ["", " ", "1 000", "1,000.00", "431.205", "431.200", ".5", "5.", "1e3", "0x10", "NaN", "inf", "-", "+-1", "1_000",
     "4\u06631.20", "¥431", "\uff14\uff13", "431.20 CNY", "431.20\n", "\u22125", "1" * 41, Decimal("NaN"),
     Decimal("sNaN"), Decimal("Infinity"), Decimal("0.001"), Decimal("1E-999999"), Decimal("1E+999999"),
     "1000000000.01", "-1000000000.01", 10**9 + 1, Decimal(10**9) + Decimal("0.01")],
)  # fmt: skip
def test_amounts_that_are_refused(value: str | Decimal | int) -> None:
    with pytest.raises(InputError):
        parse_minor(value, "CNY")


@pytest.mark.parametrize("value", [431.2, True, False, None, b"431.20", Fraction(1, 2), float("nan")])
def test_amounts_of_the_wrong_type(value: object) -> None:
    with pytest.raises(InputTypeError, match=type(value).__name__):
        parse_minor(value, "CNY")  # type: ignore[arg-type]


def test_a_refusal_names_value_and_limit() -> None:
    with pytest.raises(InputError, match=r"'431.205' has 3 decimals; CNY has 2"):
        parse_minor("431.205", "CNY")
    with pytest.raises(InputError, match=r"1000000000.00 CNY"):
        parse_minor("1000000000.01", "CNY")
    with pytest.raises(InputError, match="JPY has 0"):
        parse_minor("5.0", "JPY")
    with pytest.raises(InputError, match="bits"):
        parse_minor(10**9000, "JPY")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(43120, "CNY", "431.20 CNY"), (-5, "EUR", "-0.05 EUR"), (0, "CNY", "0.00 CNY"), (7, "JPY", "7 JPY"),
     (1, "KWD", "0.001 KWD"), (Fraction(86241, 2), "CNY", "431.205 CNY"), (Fraction(-1, 8), "JPY", "-0.125 JPY"),
     (Fraction(5), "CNY", "0.05 CNY"), (Fraction(1, 10**6), "CNY", "0.00000001 CNY")],
)  # fmt: skip
def test_amounts_as_text(amount: int | Fraction, currency: str, text: str) -> None:
    assert format_minor(amount, currency) == text


def test_a_fraction_without_finite_decimals_is_refused() -> None:
    with pytest.raises(InputError, match="1/3"):
        format_minor(Fraction(1, 3), "CNY")


@given(amounts, currencies)
def test_what_is_printed_is_read_back(amount: int, currency: str) -> None:
    if abs(amount) <= PRICE_MINOR_MAX:
        assert parse_minor(format_minor(amount, currency).removesuffix(f" {currency}"), currency) == amount


@given(amounts, st.integers(0, 9), currencies)
def test_a_printed_fraction_is_exact(amount: int, power: int, currency: str) -> None:
    exact = Fraction(amount, 10**power)
    number = format_minor(exact, currency).removesuffix(f" {currency}")
    assert Fraction(number) * 10 ** exponent(currency) == exact


@pytest.mark.parametrize(
    ("mode", "expected"),
    [  # of      2.1  2.5  2.9  3.5 -2.1 -2.5 -2.9 -3.5  3.0
        ("half_up", [2, 3, 3, 4, -2, -3, -3, -4, 3]),
        ("half_even", [2, 2, 3, 4, -2, -2, -3, -4, 3]),
        ("half_down", [2, 2, 3, 3, -2, -2, -3, -3, 3]),
        ("up", [3, 3, 3, 4, -3, -3, -3, -4, 3]),
        ("down", [2, 2, 2, 3, -2, -2, -2, -3, 3]),
        ("ceiling", [3, 3, 3, 4, -2, -2, -2, -3, 3]),
        ("floor", [2, 2, 2, 3, -3, -3, -3, -4, 3]),
    ],
)
def test_every_mode_on_ties_and_negatives(mode: str, expected: list[int]) -> None:
    tenths = [21, 25, 29, 35, -21, -25, -29, -35, 30]
    assert [round_ratio(n, 10, RoundingMode(mode)) for n in tenths] == expected
    assert [round_ratio(-n, -10, mode) for n in tenths] == expected
    assert [round_ratio(5 * n, 10, mode, increment=5) for n in tenths] == [5 * e for e in expected]


@given(st.integers(-(10**13), 10**13), st.integers(0, 6), st.sampled_from(list(RoundingMode)))
def test_rounding_equals_the_decimal_module(number: int, power: int, mode: RoundingMode) -> None:
    rule = getattr(decimal, f"ROUND_{mode.name}")
    expected = int(Decimal(number).scaleb(-power).quantize(Decimal(1), rounding=rule))
    assert round_ratio(number, 10**power, mode) == expected


@given(
    st.integers(-(10**20), 10**20), st.integers(1, 10**12), st.sampled_from(list(RoundingMode)), st.integers(1, 1000)
)
def test_rounding_lands_on_a_neighbouring_multiple(n: int, d: int, mode: RoundingMode, increment: int) -> None:
    rounded = round_ratio(n, d, mode, increment)
    distance = abs(rounded - Fraction(n, d))

    assert rounded % increment == 0
    assert distance < increment
    if mode.value.startswith("half"):
        assert 2 * distance <= increment
    assert rounded == -round_ratio(-n, d, {"ceiling": "floor", "floor": "ceiling"}.get(mode, mode), increment)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [  # of 431.20  431.49  430.99  431.00   0.50 under ..99; 431.49 is in the middle of 430.99 and 431.99
        ("half_up", [43099, 43199, 43099, 43099, 99]),
        ("half_even", [43099, 43099, 43099, 43099, 99]),  # 430.99 has position 430, which is even
        ("half_down", [43099, 43099, 43099, 43099, 99]),
        ("up", [43199, 43199, 43099, 43199, 99]),
        ("down", [43099, 43099, 43099, 43099, 99]),  # below 0.99 there is no price, so the least is taken
        ("ceiling", [43199, 43199, 43099, 43199, 99]),
        ("floor", [43099, 43099, 43099, 43099, 99]),
    ],
)
def test_prices_that_end_in_99(mode: str, expected: list[int]) -> None:
    assert [round_ratio(minor, 1, mode, endings=[99]) for minor in (43120, 43149, 43099, 43100, 50)] == expected
    assert round_ratio(-43120, 1, mode, endings=[99]) == 99


def test_endings_of_one_digit_of_several_and_of_yen() -> None:
    assert round_ratio(43120, 1, "half_up", endings=[9]) == 43119
    assert round_ratio(43122, 1, "half_up", endings=[0, 5]) == 43120
    assert round_ratio(86247, 2, "half_up", endings=[0, 5]) == 43125  # 431.235 lies above the middle, 431.225
    assert round_ratio(86245, 2, "half_up", endings=[0, 5]) == 43125  # the middle itself
    assert round_ratio(86245, 2, "half_even", endings=[0, 5]) == 43120  # position 8,624 of 0, 5, 10, 15 ..
    assert round_ratio(12345, 1, "half_up", endings=[0]) == 12350  # one digit counts, so yen end in 0
    assert round_ratio(12345, 1, "half_up", endings=[0, 980]) == 12000  # ..000 and ..980: 345 below, 635 above


ending_lists = st.lists(st.integers(0, 1500), min_size=1, max_size=4, unique=True).map(sorted)


@given(
    st.integers(-(10**4), 10**6) | st.integers(0, 10**15), st.integers(1, 500), st.sampled_from(list(RoundingMode)),
    ending_lists,
)  # fmt: skip
def test_an_ending_is_chosen_as_among_all_prices(n: int, d: int, mode: RoundingMode, endings: list[int]) -> None:
    digits = len(str(endings[-1]))
    near = range(max(n // d // 10**digits - 2, 0), max(n // d // 10**digits, 0) + 3)
    prices = [int(f"{block}{ending:0{digits}}") for block in near for ending in endings]
    positions = {price: block * len(endings) + i for block in near for i, price in enumerate(
        int(f"{block}{ending:0{digits}}") for ending in endings)}  # fmt: skip
    value = Fraction(n, d)
    below = max((price for price in prices if price <= value), default=endings[0])
    above = min(price for price in prices if price >= value)
    nearest = {
        "half_up": lambda price: (abs(price - value), -price),
        "half_down": lambda price: (abs(price - value), price),
        "half_even": lambda price: (abs(price - value), positions[price] % 2),
    }
    rounded = round_ratio(n, d, mode, endings=endings)
    if mode in nearest:
        assert rounded == min(prices, key=nearest[mode])
    else:
        assert rounded == (above if mode in ("up", "ceiling") else below)


def test_rounding_refuses_what_makes_no_sense() -> None:
    for arguments, named in (
        ((1, 0, "up"), "denominator"), ((1, 2, "up", 0), "increment 0"), ((1, 2, "near"), "near"),
        ((1, 2, "up", 5, [9]), "exclude each other"), ((1, 2, "up", 1, [9, 5]), "not ascending"),
        ((1, 2, "up", 1, [-1]), "not ascending"), ((1, 2, "up", 1, [5, 5]), "not ascending"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=named):
            round_ratio(*arguments)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(100, [1, 1, 1], [34, 33, 33]), (-100, [1, 1, 1], [-34, -33, -33]), (101, [0, 0], [51, 50]), (0, [3, 4], [0, 0]),
     (10, [0, 5], [0, 10]), (7, [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], [4, 2, 1]), (2, [1, 1, 1], [1, 1, 0]),
     (5, [5], [5]), (-1, [1, 3], [0, -1])],
)  # fmt: skip
def test_shares_by_largest_remainder(total: int, weights: list[int | Fraction], shares: list[int]) -> None:
    assert allocate(total, weights) == shares


whole_numbers = st.integers(-(10**40), 10**40)


@given(whole_numbers, st.lists(st.integers(0, 10**30) | st.fractions(0, 10**9), min_size=1, max_size=12), st.data())
def test_sharing_is_fair_whatever_the_numbers(total: int, weights: list[int | Fraction], data: st.DataObject) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    assert shares == [-share for share in allocate(-total, weights)]
    assert allocate(total, [7 * Fraction(weight) / 3 for weight in weights]) == shares  # only ratios count
    if any(weights):
        assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)
    # A larger weight never gets less, and of equal ones the earlier never gets less.
    first = data.draw(st.integers(0, len(weights) - 1))
    for second in range(first + 1, len(weights)):
        if weights[first] >= weights[second]:
            assert abs(shares[first]) >= abs(shares[second])
        else:
            assert abs(shares[first]) <= abs(shares[second])


weight_lists = st.lists(st.integers(0, 10**11) | st.fractions(0, 10**6, max_denominator=1000), min_size=1, max_size=40)


@given(amounts, weight_lists)
def test_shares_add_up_and_are_near_their_proportion(total: int, weights: list[int | Fraction]) -> None:
    shares = allocate(total, weights)
    used = weights if any(weights) else [1] * len(weights)
    exact = [total * Fraction(weight) / sum(used) for weight in used]

    assert sum(shares) == total
    assert all(abs(share - part) < 1 for share, part in zip(shares, exact, strict=True))
    raised = [abs(part) % 1 for share, part in zip(shares, exact, strict=True) if abs(share) > abs(part)]
    lowered = [abs(part) % 1 for share, part in zip(shares, exact, strict=True) if abs(share) < abs(part)]
    assert min(raised, default=Fraction(1)) >= max(lowered, default=Fraction(0))


def test_shares_refuse_bad_weights() -> None:
    with pytest.raises(InputError, match="empty"):
        allocate(1, [])
    with pytest.raises(InputError, match=r"weights\[1\] -1"):
        allocate(1, [1, -1])
    for weight in (0.5, True, "1"):
        with pytest.raises(InputTypeError):
            allocate(1, [weight])  # type: ignore[list-item]
    for not_whole in (1.0, Fraction(3, 2), True):
        with pytest.raises(InputTypeError, match="total_minor"):
            allocate(not_whole, [1])  # type: ignore[arg-type]


def test_shares_by_any_iterable_and_by_whole_numbers_of_numpy() -> None:
    assert allocate(100, (weight for weight in (1, 2))) == [33, 67]  # it can be read once only
    shares = allocate(np.int64(100), np.array([1, 2]))  # type: ignore[arg-type]
    assert shares == [33, 67]
    assert all(type(share) is int for share in shares)
    with pytest.raises(InputError, match="empty"):
        allocate(100, iter(()))


def test_conversion_between_exponents() -> None:
    rate = Fraction("7.85")
    assert convert_minor(10_000, rate, "EUR", "CNY") == 78_500
    assert convert_minor(1, Fraction(1, 2), "CNY", "EUR") == 1  # 0.5 fen goes up
    assert convert_minor(-1, Fraction(1, 2), "CNY", "EUR") == -1
    assert convert_minor(5000, Fraction("0.048"), "JPY", "CNY") == 24_000
    assert convert_minor(24_000, 1 / Fraction("0.048"), "CNY", "JPY") == 5000
    assert convert_minor(1000, 2, "KWD", "JPY") == 2


@given(amounts)
def test_conversion_at_one_changes_nothing(amount: int) -> None:
    assert convert_minor(amount, 1, "CNY", "CNY") == amount


def test_conversion_refuses_bad_rates() -> None:
    for rate in (7.85, True, Decimal("7.85")):
        with pytest.raises(InputTypeError):
            convert_minor(1, rate, "EUR", "CNY")  # type: ignore[arg-type]
    for rate in (0, Fraction(-1)):
        with pytest.raises(InputError):
            convert_minor(1, rate, "EUR", "CNY")
