"""The façade: names in, answers out. Composes inventory, pricing and search over one catalogue."""

from nightgrid.engine.core import Engine
from nightgrid.engine.edge.answers import Finding, Hold, HoldView, Offer, Quote, RepriceReport, SearchResult, Ticket
from nightgrid.engine.edge.comparison import Comparison, Guard, GuardError

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
