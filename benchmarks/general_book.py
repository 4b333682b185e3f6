"""A book that is more than factors, over the benchmark's chain: bounds, promotions with conditions and stacking, taxes,
and a rounding after every stage; and its promotions as plain numbers for the rivals.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from benchmarks.data import FIRST_NIGHT, TIERS, Chain

FLOOR_PERCENT, CEILING_PERCENT = 80, 220
EARLY_PERCENT, EARLY_DAYS = -12, 30
MEMBERS_PERCENT = -9
WEEKEND_PERCENT = -5
SPRING_PERCENT, SPRING_OFF_MINOR = -15, 20_000
SPRING = (60, 120)  # nights of the window
FULL_MINOR = ((50_000, 3_000), (100_000, 8_000))  # from an amount on, so much off
VAT_MILLIPERCENT = 6_000
CITY_TAX_MINOR = 500
ROUND_MINOR = 10


def general_book(chain: Chain) -> dict[str, Any]:
    """The rule book as an author's table: that of the chain, and what makes it a full pipeline."""
    begin, end = (FIRST_NIGHT + timedelta(days=day) for day in SPRING)
    return chain.book() | {
        "rounding": {"policy": "step", "increment_minor": ROUND_MINOR},
        "bounds": [{"name": "bounds", "floor_percent": FLOOR_PERCENT, "ceiling_percent": CEILING_PERCENT}],
        "promotion": [
            {"name": "early", "percent": EARLY_PERCENT, "lead": {"min_days": EARLY_DAYS}},
            {"name": "members", "percent": MEMBERS_PERCENT, "tiers": list(TIERS[2:])},
            {
                "name": "spring",
                "percent": SPRING_PERCENT,
                "stay_dates": [{"from": begin, "to": end}],
                "max_off": {"CNY": _amount(SPRING_OFF_MINOR)},
            },
            {"name": "weekend", "percent": WEEKEND_PERCENT, "weekdays": ["fri", "sat"], "class": "any"},
            {
                "name": "full reduction",
                "class": "second",
                "spend": [{"from": {"CNY": _amount(of)}, "off": {"CNY": _amount(off)}} for of, off in FULL_MINOR],
            },
        ],
        "stacking": {"policy": "guest"},
        "tax": [
            {"name": "value added", "percent": VAT_MILLIPERCENT // 1_000},
            {"name": "city", "amount": {"CNY": _amount(CITY_TAX_MINOR)}, "per": "night"},
        ],
    }


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
