"""What a guest sees in his own money: rates that may change from a day of booking on. Settlement stays the hotel's."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from tests.oracles.money import convert_minor, rational
from tests.oracles.nights import as_date
from tests.oracles.rules import Book


def rate_of(book: Book, currency: str, booked: date) -> Fraction:
    """What one major unit is worth in the display currency on the day of booking: one rate, or the latest of the
    dated ones that has begun. KeyError where there is none.
    """
    written = (book.get("currencies") or {}).get(currency)
    if isinstance(written, list):
        begun = [line for line in written if "from" not in line or as_date(line["from"]) <= booked]
        if not begun:
            raise KeyError(f"the book has no rate for {currency} on {booked}")
        return rational(max(begun, key=lambda line: as_date(line["from"]) if "from" in line else date.min)["rate"])
    if written is not None:
        return rational(written)
    if currency == (book.get("book") or {}).get("display_currency"):
        return Fraction(1)
    raise KeyError(f"the book has no rate for {currency}")


def display_minor(book: Book, total_minor: int, source: str, target: str, booked: date) -> int:
    """A total in another currency, half up to its minor unit."""
    if source == target:
        return total_minor
    return convert_minor(total_minor, rate_of(book, source, booked) / rate_of(book, target, booked), source, target)
