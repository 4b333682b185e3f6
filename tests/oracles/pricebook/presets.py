"""Ready pipelines, as the public documentation of each system orders its price."""

from __future__ import annotations

from typing import Any


def _stages(*kinds: str, **of: str) -> list[dict[str, Any]]:
    return [{"kind": kind, **({"of": of[kind]} if kind in of else {})} for kind in kinds]


NIGHTS = ("base", "derived", "season", "demand", "override", "bounds")
#: Name -> the stages, and the rounding policy of a book that gives none.
PRESETS: dict[str, dict[str, Any]] = {
    "default": {
        "policy": "default",
        "stages": _stages(
            *NIGHTS, "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier",
            "promotion", "stay_bounds", "package", "points", "tax",
        ),
    },
    # Rate for the party, extra guests, rate modifications, promotions, taxes; partners are told not to round.
    "google": {
        "policy": "total",
        "stages": _stages(
            *NIGHTS, "extra_guests", "length_of_stay", "lead_time", "member_tier", "promotion", "free_nights",
            "package", "tax",
        ),
    },
    # Base, board, occupancy; that is the new base, of which all discounts are; free nights, taxes.
    "hotelbeds": {
        "policy": "total",
        "stages": _stages(
            "base", "derived", "season", "override", "bounds", "package", "extra_guests", "length_of_stay", "lead_time",
            "member_tier", "promotion", "free_nights", "tax",
            length_of_stay="extra_guests", lead_time="extra_guests", member_tier="extra_guests",
            promotion="extra_guests",
        ),
    },
    # Nightly and weekend price, length of stay, early bird or last minute, promotion on that, fees.
    "airbnb": {
        "policy": "total",
        "stages": _stages(*NIGHTS, "extra_guests", "length_of_stay", "lead_time", "promotion", "package", "tax"),
    },
    # Rates, children and family offers, mandatory supplements; only the total is rounded.
    "alpinebits": {
        "policy": "total",
        "stages": _stages("base", "derived", "season", "extra_guests", "free_nights", "package", "tax"),
    },
}  # fmt: skip
