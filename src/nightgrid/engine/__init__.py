"""The façade: names in, answers out. Composes inventory, pricing and search over one catalogue."""

from nightgrid.engine.answers import Finding, Hold, HoldView, Offer, Quote, RepriceReport, SearchResult, Ticket
from nightgrid.engine.comparison import Comparison, Guard, GuardError
from nightgrid.engine.core import Engine

__all__ = [
    "Comparison",
    "Engine",
    "Finding",
    "Guard",
    "GuardError",
    "Hold",
    "HoldView",
    "Offer",
    "Quote",
    "RepriceReport",
    "SearchResult",
    "Ticket",
]
