"""The lowest and highest price of a whole stay."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pydantic import Field

from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.pricing.fields import Amounts, BoundPercent, Problem
from nightgrid.pricing.model.judging import check
from nightgrid.pricing.model.parts import ENTRIES_MAX, PRIORITY_MAX, DateRange, NightsWindow, Rule, days_of

_SIDES: Final = ("floor", "ceiling", "floor_per_night", "ceiling_per_night", "floor_percent", "ceiling_percent")


class StayBounds(Rule):
    """`[[stay_bounds]]`: the lowest and highest price of a whole stay: amounts a stay, amounts for each of its nights,
    percents of its nights' base prices; of several on one side the tightest holds.

    arrivals, nights: the stays that it is for. Of the rules that hold for a stay one wins: priority, arrivals given,
    nights given, scope, fewer days of arrival, fewer lengths, earlier in the file.
    """

    nights: NightsWindow | None = None
    arrivals: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    priority: int = Field(default=0, ge=-PRIORITY_MAX, le=PRIORITY_MAX, strict=True)
    floor_percent: BoundPercent | None = None
    ceiling_percent: BoundPercent | None = None
    floor: Amounts = Field(default_factory=dict)
    ceiling: Amounts = Field(default_factory=dict)
    floor_per_night: Amounts = Field(default_factory=dict)
    ceiling_per_night: Amounts = Field(default_factory=dict)

    @check
    def _check_any(self) -> Iterator[Problem]:
        if not any(self.gives(side) for side in _SIDES):
            fix = "give floor or ceiling, floor_per_night or ceiling_per_night, floor_percent or ceiling_percent"
            yield Problem((), "there is no bound in it", fix)

    @check
    def _check_percents(self) -> Iterator[Problem]:
        low, high = self.floor_percent, self.ceiling_percent
        if low is not None and high is not None and low > high:
            yield Problem((), f"floor_percent {low} is above ceiling_percent {high}", "exchange the two")

    @check
    def _check_stay(self) -> Iterator[Problem]:
        yield from _crossed("floor", self.floor, "ceiling", self.ceiling)

    @check
    def _check_nights(self) -> Iterator[Problem]:
        yield from _crossed("floor_per_night", self.floor_per_night, "ceiling_per_night", self.ceiling_per_night)

    def rank(self, position: int) -> tuple[int, ...]:
        """Sort key: of the rules that hold for a stay, the one with the smallest key wins."""
        given = (-int(bool(self.arrivals)), -int(self.nights is not None))
        lengths = 0 if self.nights is None else (self.nights.max_nights or STAY_NIGHTS_MAX) - self.nights.min_nights
        return (-self.priority, *given, -self.where.level, days_of(self.arrivals), lengths, position)


def _crossed(low: str, floor: dict[str, Decimal], high: str, ceiling: dict[str, Decimal]) -> Iterator[Problem]:
    codes = [code for code in floor if code in ceiling and floor[code] > ceiling[code]]
    if codes:
        yield Problem((), f"{low} is above {high} in {', '.join(codes)}", "exchange the two")
