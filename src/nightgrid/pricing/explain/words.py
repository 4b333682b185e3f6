"""The words of explanations: names of stages and kinds, counts, lists, dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Final

from nightgrid.money import exponent, format_minor
from nightgrid.nights import WEEKDAYS
from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.model import SCOPE_KEYS, DateRange, Where

#: Names of a list that a sentence shows before "and n more".
_LISTED_MAX: Final = 4


def spoken(kind: str) -> str:
    """A kind or stage as a sentence says it: `length_of_stay` -> `length of stay`."""
    return kind.replace("_", " ")


def count(number: int, noun: str) -> str:
    """`1 night`, `3 nights`, `2 children`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} children" if noun == "child" else f"{number} {noun}s"


def listed(names: Sequence[str], last: str = " or ") -> str:
    """`gold`, `silver or gold`, `a, b, c, d or 3 more`."""
    rest = len(names) - _LISTED_MAX
    shown = list(names[:_LISTED_MAX]) + ([f"{rest} more"] if rest > 0 else [])
    return last.join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def ranges(dates: Sequence[DateRange]) -> str:
    """`2026-10-01..2026-10-08 or 2026-12-24..2026-12-26`."""
    return listed([f"{each.first_night}..{each.last_night}" for each in dates])


def span(lowest: int, highest: int | None, floor: int = 0) -> str:
    """What a window needs: `7 or more`, `at most 30`, `7 to 30`."""
    if highest is None:
        return f"{lowest} or more"
    return f"{lowest} to {highest}" if lowest > floor else f"at most {highest}"


def weekday_name(day: date) -> str:
    """`fri`."""
    return WEEKDAYS[day.weekday()]


@lru_cache(maxsize=4096)
def minor_text(minor: int, currency: str) -> str:
    """Whole minor units with their currency."""
    return format_minor(minor, currency)


def money(amount: Exact | int, currency: str) -> str:
    """An amount with its currency; one whose decimals never end is cut after three more than the currency has."""
    if isinstance(amount, int):
        return minor_text(amount, currency)
    if amount.denominator == 1:
        return minor_text(amount.numerator, currency)
    return f"{amount_text(amount, currency)} {currency}"


def signed(amount: Exact, currency: str) -> str:
    """The same with its sign: `+20.00 CNY`."""
    return f"{'' if amount.is_negative else '+'}{money(amount, currency)}"


def amount_text(amount: Exact | Fraction | int, currency: str) -> str:
    """An amount without its currency: exact where its decimals end, else as a ratio cut with `..`."""
    numerator, denominator, digits = amount.numerator, amount.denominator, exponent(currency)
    scaled, rest = divmod(abs(numerator) * _SCALE, denominator)
    if not rest:  # as most
        text = str(scaled).rjust(digits + _PLACES + 1, "0")
        point = len(text) - digits - _PLACES
        decimals = text[point : point + digits] + text[point + digits :].rstrip("0")
        return f"{'-' if numerator < 0 else ''}{text[:point]}{'.' if decimals else ''}{decimals}"
    reduced = Fraction(numerator, denominator)
    denominator = reduced.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator == 1:
        return format_minor(reduced, currency).partition(" ")[0]
    shown = int(reduced * 1000)  # towards 0
    digits += 3
    text = str(abs(shown)).rjust(digits + 1, "0")
    return f"{'-' if shown < 0 else ''}{text[:-digits]}.{text[-digits:]}.."


#: Decimals of a minor unit with which amounts are tried first.
_PLACES: Final = 15
_SCALE: Final = 10**_PLACES


def scope_name(where: Where) -> str:
    """The scope level of a rule in a word."""
    return SCOPE_KEYS[where.level - 1] if where.level else "everywhere"


def percent_of_bp(basis_points: int) -> str:
    """Basis points as percents: 8550 -> `85.5`."""
    whole, part = divmod(abs(basis_points), 100)
    text = f"{whole}.{part:02}".rstrip("0").rstrip(".")
    return f"-{text}" if basis_points < 0 else text
