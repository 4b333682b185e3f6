"""nightgrid: every night of every room of a hotel chain, and its price, in-process."""

from typing import TYPE_CHECKING, Any

from nightgrid.catalog import Catalog
from nightgrid.clock import ManualClock, SystemClock
from nightgrid.dialect import Dialect
from nightgrid.errors import (
    CapacityError,
    CatalogError,
    InputError,
    InputTypeError,
    IntegrityError,
    Mistake,
    NightgridError,
    Refused,
    RuleBookError,
    UnknownIdError,
)
from nightgrid.outcomes import Outcome

if TYPE_CHECKING:
    from nightgrid.engine import Engine
    from nightgrid.pricing.model import RuleBook
    from nightgrid.pricing.parse import load_book

__version__ = "0.1.0"

__all__ = [
    "CapacityError",
    "Catalog",
    "CatalogError",
    "Dialect",
    "Engine",
    "InputError",
    "InputTypeError",
    "IntegrityError",
    "ManualClock",
    "Mistake",
    "NightgridError",
    "Outcome",
    "Refused",
    "RuleBook",
    "RuleBookError",
    "SystemClock",
    "UnknownIdError",
    "load_book",
]

# Loaded on first use: the engine imports numba, which takes longer than everything else together.
_LATE = {"Engine": "nightgrid.engine", "RuleBook": "nightgrid.pricing.model", "load_book": "nightgrid.pricing.parse"}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'nightgrid' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATE[name]), name)
