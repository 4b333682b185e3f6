"""Which books are products of factors: then a stay is two loads, one factor and a rounding (`native/prices/prices.py`).

All others have a program (`pricing/program.py`). The two give the same prices; the plain form is only faster. Of a
program the stays alone can be plain: its nights are then folded by the program, and the rest is the plain form.
"""

from __future__ import annotations

from typing import Final

from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.price_data import PriceData

#: Rule tables that no plain book has.
KINDS: Final = (
    "derived", "demand", "stay_prices", "extra_guests", "free_nights", "promotion", "stay_bounds", "package", "points",
    "tax",
)  # fmt: skip
#: Keys of a kind that no rule of a plain book has.
KEYS: Final = {
    "bounds": ("dates", "weekdays", "priority"),
    "length_of_stay": ("reading", "is_priced"),
    "lead_time": ("curve",),
    "member_tier": ("amount", "price", "plan", "extra_points"),
}
#: Keys of single tables that have their defaults in a plain book.
TABLES: Final = {
    "book": ("inherit", "base_per", "lead_of"),
    "pipeline": ("preset", "stage"),
    "rounding": ("endings",),
    "stacking": ("policy", "over"),
}
#: Rule tables and keys of books whose stays are no products of factors; those of their nights play no part.
STAY_KINDS: Final = (
    "stay_prices", "extra_guests", "free_nights", "promotion", "stay_bounds", "package", "points", "tax",
)  # fmt: skip
STAY_KEYS: Final = {kind: keys for kind, keys in KEYS.items() if kind != "bounds"}
_NOTHING: Final[tuple[object, ...]] = (None, (), {}, 0, False, "stay")


def is_plain(book: RuleBook, data: PriceData) -> bool:
    """Whether a book with its data is a product of factors: seasons, bounds, length of stay, lead time, member tier."""
    return data.is_empty and _has_no_more(book, KINDS, KEYS)


def has_factor_stays(book: RuleBook, data: PriceData) -> bool:
    """Whether stays are the sum of their nights times factors, whatever makes a night, as long as it is the same for
    every party: no prices by number of guests.
    """
    return not len(data.layer("base").guests[data.layer("base").guests > 0]) and _has_no_more(
        book, STAY_KINDS, STAY_KEYS
    )


def _has_no_more(book: RuleBook, kinds: tuple[str, ...], keys_of: dict[str, tuple[str, ...]]) -> bool:
    """Whether a book has no rules of some kinds, no keys of some kinds, and its tables their defaults."""
    if any(book.rules(kind) for kind in kinds):
        return False
    for table, keys in TABLES.items():
        written = getattr(book, table)
        if any(getattr(written, key) != type(written).model_fields[key].default for key in keys):
            return False
    return all(
        getattr(rule, key) in _NOTHING for kind, keys in keys_of.items() for rule in book.rules(kind) for key in keys
    )
