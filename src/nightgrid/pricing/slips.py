"""Numbers that a book may hold, and that are more often a slip of the pen: a sign, or a share written as a fraction."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from nightgrid.pricing.mistakes import place_of
from nightgrid.pricing.model import RuleBook

_Place = tuple[str | int, ...]


def slips(book: RuleBook) -> list[str]:
    """A promotion or a member tier that makes a price dearer, percents below 1, house fill from 0 to 1. O(rules)."""
    return [f"{place_of(path, book)}: {what}" for path, what in _found(book)]


def _found(book: RuleBook) -> Iterator[tuple[_Place, str]]:
    for path, percent in _percents(book):
        if path[0] in ("promotion", "member_tier") and percent > 0:
            yield path, f"{percent} makes the price dearer; a discount is below 0, like -{percent}"
        elif 0 < abs(percent) < 1:
            meant = (percent * 100).normalize()
            yield path, f"{percent} is less than one percent; {meant:f} would be {meant:+f} %"
    for position, demand in enumerate(book.demand):
        if len(demand.fill) > 1 and demand.fill[-1] <= 1:
            edge = demand.fill[-1]
            yield (
                ("demand", position, "fill"),
                f"edges are percents of the house; {edge} is nearly empty, 50 is half full",
            )


def _percents(book: RuleBook) -> Iterator[tuple[_Place, Decimal]]:
    """The changes in percent of whole rules, bands and tiers."""
    for position, season in enumerate(book.season):
        yield ("season", position, "percent"), season.percent
    for position, length in enumerate(book.length_of_stay):
        for at, band in enumerate(length.bands):
            yield ("length_of_stay", position, "bands", at, "percent"), band.change
    for position, lead in enumerate(book.lead_time):
        for at, days in enumerate(lead.bands):
            yield ("lead_time", position, "bands", at, "percent"), days.percent
    for position, members in enumerate(book.member_tier):
        for tier, percent in members.percent.items():
            yield ("member_tier", position, "percent", tier), percent
    for position, promotion in enumerate(book.promotion):
        for key in ("night_percent", "nth_night"):
            part = getattr(promotion, key)
            if part is not None:
                yield ("promotion", position, key, "percent"), part.percent
        if promotion.percent is not None:
            yield ("promotion", position, "percent"), promotion.percent
