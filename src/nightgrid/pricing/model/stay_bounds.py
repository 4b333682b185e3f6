"""The lowest and highest price of a whole stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from nightgrid.limits import STAY_NIGHTS_MAX
from nightgrid.pricing.fields import Amounts, Problem
from nightgrid.pricing.model.judging import check
from nightgrid.pricing.model.parts import ENTRIES_MAX, DateRange, Limits, NightsWindow, crossed_problems, days_of

_SIDES: Final = ("floor", "ceiling", "floor_per_night", "ceiling_per_night", "floor_percent", "ceiling_percent")


class StayBounds(Limits):
    """`[[stay_bounds]]`: the lowest and highest price of a whole stay: amounts a stay, amounts for each of its nights,
    percents of its nights' base prices; of several on one side the tightest holds.

    arrivals, nights: the stays that it is for. Of the rules that hold for a stay one wins: priority, arrivals given,
    nights given, scope, fewer days of arrival, fewer lengths, earlier in the file.
    """

    nights: NightsWindow | None = None
    arrivals: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    floor_per_night: Amounts = Field(default_factory=dict)
    ceiling_per_night: Amounts = Field(default_factory=dict)

    @check
    def _check_any(self) -> Iterator[Problem]:
        if not any(self.gives(side) for side in _SIDES):
            fix = "give floor or ceiling, floor_per_night or ceiling_per_night, floor_percent or ceiling_percent"
            yield Problem((), "there is no bound in it", fix)

    @check
    def _check_nights(self) -> Iterator[Problem]:
        low, high = self.floor_per_night, self.ceiling_per_night
        yield from crossed_problems("floor_per_night", low, "ceiling_per_night", high)

    def rank(self, position: int) -> tuple[int, ...]:
        """Sort key: of the rules that hold for a stay, the one with the smallest key wins."""
        given = (-int(bool(self.arrivals)), -int(self.nights is not None))
        lengths = 0 if self.nights is None else (self.nights.max_nights or STAY_NIGHTS_MAX) - self.nights.min_nights
        return (-self.priority, *given, -self.where.level, days_of(self.arrivals), lengths, position)
