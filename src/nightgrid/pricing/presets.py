"""The ready pipelines, as data: in which order five systems make a price, and where they round.

An author names one (`[pipeline] preset = "google"`) or copies its stages and changes them. Each order is derived from
the system's public documentation, named in `source`; docs/rules-presets.md says what is meant by each stage there and
what a preset cannot express, and tests/golden/presets_*.toml hold the documents' own examples.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class PresetStage(NamedTuple):
    """One stage of a preset: its kind, and of what its percents are (`pipeline.stage` in a book)."""

    kind: str
    of: str = "running"


class Preset(NamedTuple):
    """A ready pipeline. `policy` is where it rounds if `[rounding]` gives no policy."""

    stages: tuple[PresetStage, ...]
    policy: str
    source: str


def _running(*kinds: str) -> tuple[PresetStage, ...]:
    return tuple(PresetStage(kind) for kind in kinds)


_NIGHT: Final = ("base", "derived", "season", "demand", "override", "bounds")

#: By name, as `[pipeline] preset` gives it. Rules of a kind that a preset does not list are a mistake in the book.
PRESETS: Final[dict[str, Preset]] = {
    "default": Preset(
        _running(
            *_NIGHT, "stay_prices", "extra_guests", "length_of_stay", "free_nights", "lead_time", "member_tier",
            "promotion", "stay_bounds", "package", "points", "tax",
        ),
        policy="default",
        source="docs/rules.md",
    ),
    # The hotel's own rate; extra guests, rate modifications, promotions, taxes and fees; nothing rounded on the way.
    "google": Preset(
        _running(
            *_NIGHT, "extra_guests", "length_of_stay", "lead_time", "member_tier", "promotion", "free_nights",
            "package", "tax",
        ),
        policy="total",
        source="developers.google.com/hotels/hotel-prices: ari-rate-modifications, ari-promotions, ari-tax-message",
    ),
    # Base, board and occupancy make the new base; general discounts are percents of that; frees; taxes.
    "hotelbeds": Preset(
        (
            *_running("base", "derived", "season", "override", "bounds", "package", "extra_guests"),
            PresetStage("length_of_stay", "extra_guests"), PresetStage("lead_time", "extra_guests"),
            PresetStage("member_tier", "extra_guests"), PresetStage("promotion", "extra_guests"),
            *_running("free_nights", "tax"),
        ),
        policy="total",
        source="developer.hotelbeds.com/documentation/hotels/cache-api/internal-inventory-process",
    ),
    # The nightly price; length of stay, early bird or last minute; a promotion on the result; fees.
    "airbnb": Preset(
        _running(*_NIGHT, "extra_guests", "length_of_stay", "lead_time", "promotion", "package", "tax"),
        policy="total",
        source="airbnb.com: help article 2061, resources: combining discounts and rule-sets",
    ),
    # Rates by party, guests beyond the standard, free nights, mandatory supplements; only the total is rounded.
    "alpinebits": Preset(
        _running("base", "derived", "season", "extra_guests", "free_nights", "package", "tax"),
        policy="total",
        source="AlpineBits HotelData 2018-10 and 2020-10 (RatePlans), and the alliance's rate plan test application",
    ),
}  # fmt: skip
