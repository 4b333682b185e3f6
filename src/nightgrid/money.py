"""Exact money: integers in minor units, rational factors, declared rounding. No float anywhere.

An amount is an `int` count of its currency's minor units (ISO 4217: 100 fen = 1 yuan, 1 yen = 1 yen,
1,000 fils = 1 dinar). Amounts between two rounding points are `fractions.Fraction` of minor units.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import lcm
from numbers import Integral
from typing import Final

from nightgrid.errors import InputError, InputTypeError, UnknownIdError
from nightgrid.limits import PRICE_MINOR_MAX

_BY_EXPONENT: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
          CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
          IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
          MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
          SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG
          YER ZAR ZMW ZWG""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
#: Digits after the decimal point by ISO 4217 code: the active codes of 2026 that have minor units or none
#: (metals, test codes and units of account have no exponent and are left out).
EXPONENTS: Final[dict[str, int]] = {
    code: digits for digits, codes in sorted(_BY_EXPONENT.items()) for code in codes.split()
}

_AMOUNT: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_TEXT_LENGTH_MAX: Final = 40


def exponent(currency: str) -> int:
    """Digits after the decimal point of an ISO 4217 currency; UnknownIdError for any other text."""
    try:
        return EXPONENTS[currency]
    except (KeyError, TypeError):
        close = difflib.get_close_matches(str(currency).upper(), EXPONENTS, n=3)
        hint = f"did you mean {' or '.join(close)}" if close else "use a code such as 'CNY'"
        raise UnknownIdError(f"currency {currency!r} is not an active ISO 4217 code; {hint}") from None


def parse_minor(text_or_decimal_or_int: str | Decimal | int, currency: str) -> int:
    """Minor units of an amount in major units: `"431.20", "CNY"` -> 43120, `80, "CNY"` -> 8000, `"80", "JPY"` -> 80.

    Text is ASCII digits with an optional sign and point, no more decimals than the currency has (even zeros: "1.500"
    means two different amounts in two countries). A Decimal counts by its value. float and bool are InputTypeError;
    anything else wrong, and |amount| > PRICE_MINOR_MAX, is InputError.
    """
    digits = exponent(currency)
    value = text_or_decimal_or_int
    if isinstance(value, bool) or not isinstance(value, str | Decimal | int):
        raise InputTypeError(
            f"amount {value!r} is a {type(value).__name__}; give text such as '431.20', a Decimal, or an int"
        )
    minor: int
    if isinstance(value, int):
        minor = value * 10**digits
    elif isinstance(value, Decimal):
        minor = _decimal_minor(value, currency, digits)
    else:
        minor = _text_minor(value, currency, digits)
    if abs(minor) > PRICE_MINOR_MAX:
        raise InputError(f"amount {_shortened(value)} {currency} is beyond {format_minor(PRICE_MINOR_MAX, currency)}")
    return minor


def _text_minor(text: str, currency: str, digits: int) -> int:
    if len(text) > _TEXT_LENGTH_MAX or not _AMOUNT.fullmatch(text):
        raise InputError(
            f"amount {_shortened(text)} is not a plain number; write digits 0-9 and one point, like '431.20', "
            "without separators, spaces, currency or exponent"
        )
    whole, _, decimals = text.partition(".")
    if len(decimals) > digits:
        raise InputError(f"amount {text!r} has {len(decimals)} decimals; {currency} has {digits}")
    return int(whole + decimals.ljust(digits, "0"))


def _decimal_minor(value: Decimal, currency: str, digits: int) -> int:
    if not value.is_finite():
        raise InputError(f"amount {value} is not a number; give a finite Decimal")
    # Looked at before scaling: Decimal('1E+999999') would otherwise become an integer of a million digits.
    if value and value.adjusted() > 15:
        raise InputError(f"amount {value} {currency} is beyond {format_minor(PRICE_MINOR_MAX, currency)}")
    if value and value.adjusted() < -digits:
        raise InputError(f"amount {value} is less than one minor unit of {currency} ({digits} decimals)")
    minor = Fraction(value) * 10**digits if value else Fraction(0)
    if minor.denominator != 1:
        raise InputError(f"amount {value} has more decimals than {currency} ({digits}); round it first")
    return minor.numerator


def _shortened(value: object) -> str:
    # An int beyond 4,300 digits refuses to become text.
    if isinstance(value, int) and value.bit_length() > 256:
        return f"of {value.bit_length()} bits"
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def format_minor(amount_minor: int | Fraction, currency: str) -> str:
    """`43120, "CNY"` -> `"431.20 CNY"`. Exact: a Fraction gets as many decimals as it needs.

    InputError for a fraction whose decimals never end; no stage of a price makes one (factors are decimal).
    """
    digits = exponent(currency)
    amount = Fraction(amount_minor)
    rest = amount.denominator
    twos = fives = 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        raise InputError(f"amount {amount} of a minor unit has no finite decimals; round it with round_ratio first")
    extra = max(twos, fives)
    scaled = abs(amount) * 10**extra
    text = str(scaled.numerator).rjust(digits + extra + 1, "0")
    point = len(text) - digits - extra
    sign = "-" if amount < 0 else ""
    return f"{sign}{text[:point]}{'.' if digits + extra else ''}{text[point:]} {currency}"


class RoundingMode(StrEnum):
    """What happens between two multiples of the increment. The order of the members is stored in compiled books."""

    HALF_UP = "half_up"  # nearest; a tie goes away from zero: 2.5 -> 3, -2.5 -> -3
    HALF_EVEN = "half_even"  # nearest; a tie goes to the even multiple: 2.5 -> 2, 3.5 -> 4
    HALF_DOWN = "half_down"  # nearest; a tie goes towards zero: 2.5 -> 2, -2.5 -> -2
    UP = "up"  # away from zero: 2.1 -> 3, -2.1 -> -3
    DOWN = "down"  # towards zero: 2.9 -> 2, -2.9 -> -2
    CEILING = "ceiling"  # towards plus infinity: 2.1 -> 3, -2.9 -> -2
    FLOOR = "floor"  # towards minus infinity: 2.9 -> 2, -2.1 -> -3


def round_ratio(
    numerator: int, denominator: int, mode: RoundingMode | str, increment: int = 1, endings: Sequence[int] = ()
) -> int:
    """The price that `numerator / denominator` rounds to under `mode`: a multiple of `increment` (>= 1), or one with
    one of the `endings`. Exact, any size.

    Endings are the last digits of a price in minor units, ascending: [9] = ..9, [0, 50] = ..00 and ..50, [99] = ..99;
    as many digits count as the largest has. Prices with endings are never negative: below the least permitted one,
    the least is the answer of every mode; a tie of half_even goes to the even position, counted from the least.
    """
    if denominator == 0:
        raise InputError("denominator is 0; a ratio needs another one")
    if increment < 1:
        raise InputError(f"increment {increment} is below 1; give the step of prices in minor units")
    try:
        mode = RoundingMode(mode)
    except ValueError:
        raise InputError(f"rounding mode {mode!r} is unknown; use one of {', '.join(RoundingMode)}") from None
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    if endings:
        if increment != 1:
            raise InputError(f"increment {increment} and endings exclude each other; leave one out")
        return _round_to_ending(numerator, denominator, mode, endings)
    multiple, remainder = divmod(abs(numerator), denominator * increment)
    if remainder and _magnitude_grows(mode, numerator < 0, multiple, 2 * remainder - denominator * increment):
        multiple += 1
    return (-multiple if numerator < 0 else multiple) * increment


def endings_period(endings: Sequence[int]) -> int:
    """The step after which endings repeat: the least power of ten above the largest, at least 10 ([0] = last digit 0).

    Raises InputError unless `endings` are non-negative and strictly ascending.
    """
    if not endings or endings[0] < 0 or any(low >= high for low, high in pairwise(endings)):
        raise InputError(f"endings {list(endings)} are not ascending digits of 0 or more, like [0, 5] or [99]")
    return int(max(10, 10 ** len(str(endings[-1]))))


def _round_to_ending(numerator: int, denominator: int, mode: RoundingMode, endings: Sequence[int]) -> int:
    """Permitted prices have positions 0, 1, 2 ..: position k x len(endings) + i is k x period + endings[i]."""
    period, count = endings_period(endings), len(endings)

    def price(position: int) -> int:
        return position // count * period + endings[position % count]

    blocks, rest = divmod(numerator // denominator, period)
    lower = blocks * count + bisect_right(endings, rest) - 1  # the last permitted at or below the value
    if lower < 0:
        return endings[0]
    low, high = price(lower), price(lower + 1)
    if low * denominator == numerator:
        return low
    above_half = 2 * numerator - (low + high) * denominator
    return high if _magnitude_grows(mode, False, lower, above_half) else low


def _magnitude_grows(mode: RoundingMode, negative: bool, multiple: int, above_half: int) -> bool:
    """Whether |value| goes to the next multiple; `above_half` is > 0 past the middle, 0 at a tie, < 0 before it."""
    match mode:
        case RoundingMode.HALF_UP:
            return above_half >= 0
        case RoundingMode.HALF_DOWN:
            return above_half > 0
        case RoundingMode.HALF_EVEN:
            return above_half > 0 or (above_half == 0 and multiple % 2 == 1)
        case RoundingMode.UP:
            return True
        case RoundingMode.DOWN:
            return False
        case RoundingMode.CEILING:
            return not negative
        case RoundingMode.FLOOR:
            return negative


def allocate(total_minor: int, weights: Iterable[int | Fraction]) -> list[int]:
    """Shares of a total in proportion to `weights`, one each, that add up to it exactly: largest remainder (Hamilton).

    Every share is its exact proportion rounded down or up; left-over units go to the largest remainders, ties to
    the earlier. A negative total mirrors the positive one. All-zero weights count as equal. Whole numbers may be those
    of NumPy, weights any iterable of any length. O(n log n).
    Raises InputError for no weights or a negative one, InputTypeError for floats and a total that is not whole.
    """
    if isinstance(total_minor, bool) or not isinstance(total_minor, Integral):
        kind = type(total_minor).__name__
        raise InputTypeError(f"total_minor {total_minor!r} is a {kind}; share a whole number of minor units")
    ratios: list[int | Fraction] = []
    for index, weight in enumerate(weights):
        if isinstance(weight, bool) or not isinstance(weight, Integral | Fraction):
            raise InputTypeError(f"weights[{index}] {weight!r} is a {type(weight).__name__}; use int or Fraction")
        if weight < 0:
            raise InputError(f"weights[{index}] {weight} is negative; use 0 or more")
        ratios.append(weight if isinstance(weight, Fraction) else int(weight))
    if not ratios:
        raise InputError("weights is empty; give at least one")
    scale = lcm(*[ratio.denominator for ratio in ratios])
    return allocate_whole(int(total_minor), [ratio.numerator * (scale // ratio.denominator) for ratio in ratios])


def allocate_whole(total_minor: int, weights: Sequence[int]) -> list[int]:
    """`allocate` for weights that are known to be whole numbers of 0 or more, one at least."""
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    magnitude = abs(total_minor)
    shares = [magnitude * weight // whole for weight in weights]
    left_over = magnitude - sum(shares)
    if left_over:
        rests = [magnitude * weight % whole for weight in weights]
        order = sorted(range(len(rests)), key=rests.__getitem__, reverse=True)  # of equals the earlier one first
        for index in order[:left_over]:
            shares[index] += 1
    return shares if total_minor >= 0 else [-share for share in shares]


def convert_minor(amount_minor: int, rate: Fraction | int, source_currency: str, target_currency: str) -> int:
    """Minor units of the target for an amount in the source currency, rounded half up (away from zero).

    `rate` > 0 is major units of the target for one major unit of the source: an exact Fraction or int, never a float.
    """
    if isinstance(rate, bool) or not isinstance(rate, Fraction | int):
        raise InputTypeError(f"rate {rate!r} is a {type(rate).__name__}; use a Fraction, e.g. Fraction('7.85')")
    if rate <= 0:
        raise InputError(f"rate {rate} from {source_currency} to {target_currency} is not above 0")
    numerator = amount_minor * rate.numerator * 10 ** exponent(target_currency)
    return round_ratio(numerator, rate.denominator * 10 ** exponent(source_currency), RoundingMode.HALF_UP)
