"""Which books are products of factors: then a stay is two loads, one factor and a rounding (`native/prices/prices.py`).

All others have a program (`pricing/program.py`). The two give the same prices; the plain form is only faster.
"""

from __future__ import annotations

from typing import Final

from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.price_data import PriceData

#: Rule tables that no plain book has.
KINDS: Final = ("derived", "demand", "extra_guests", "free_nights", "promotion", "package", "points", "tax")
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
_NOTHING: Final[tuple[object, ...]] = (None, (), {}, 0, False, "stay")


def is_plain(book: RuleBook, data: PriceData) -> bool:
    """Whether a book with its data is a product of factors: seasons, bounds, length of stay, lead time, member tier."""
    if not data.is_empty or any(book.rules(kind) for kind in KINDS):
        return False
    for table, keys in TABLES.items():
        written = getattr(book, table)
        if any(getattr(written, key) != type(written).model_fields[key].default for key in keys):
            return False
    return all(
        getattr(rule, key) in _NOTHING for kind, keys in KEYS.items() for rule in book.rules(kind) for key in keys
    )
