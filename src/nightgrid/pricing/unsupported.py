"""What a book may say and the kernels do not compute yet: the compiler refuses such a book, so nothing is ignored.

An entry leaves this list with the change that computes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nightgrid.pricing.fields import Problem
from nightgrid.pricing.model.book import RuleBook

#: Rule tables of which every rule is refused.
KINDS: Final = (
    "derived", "demand", "extra_guests", "free_nights", "promotion", "package", "points", "tax",
)  # fmt: skip
#: Keys of a kind that are refused where they differ from their default.
KEYS: Final = {
    "bounds": ("dates", "weekdays", "priority"),
    "length_of_stay": ("reading", "is_priced"),
    "lead_time": ("curve",),
    "member_tier": ("amount", "price", "plan", "extra_points"),
}
#: Keys of single tables that are refused where they differ from their default.
TABLES: Final = {
    "book": ("inherit", "base_per", "lead_of"),
    "pipeline": ("preset", "stage"),
    "rounding": ("endings",),
    "stacking": ("policy", "over"),
}
_NOTHING: Final[tuple[object, ...]] = (None, (), {}, 0, False, "stay")
_FIX: Final = "take it out until a later version computes it"


def unsupported(book: RuleBook) -> list[Problem]:
    """The parts of a book that no price would contain yet, each with its place."""
    return list(_found(book))


def _found(book: RuleBook) -> Iterator[Problem]:
    for table, keys in TABLES.items():
        written = getattr(book, table)
        for key in keys:
            if getattr(written, key) != type(written).model_fields[key].default:
                yield Problem((table, key), f"{key} is not computed yet", _FIX)
    for kind in KINDS:
        for position, _ in enumerate(book.rules(kind)):
            yield Problem((kind, position), f"{kind} is not computed yet", _FIX)
    for kind, keys in KEYS.items():
        for position, rule in enumerate(book.rules(kind)):
            for key in keys:
                if getattr(rule, key) not in _NOTHING:
                    name = "price" if key == "is_priced" else key
                    yield Problem((kind, position), f"{name} of {kind} is not computed yet", _FIX)
