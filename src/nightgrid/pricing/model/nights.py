"""The rules of a night: derived plans, seasons, demand, bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from pydantic import Field

from nightgrid.pricing.fields import (
    Percent,
    Problem,
    SharePercent,
    SignedAmounts,
    Text,
    plain,
)
from nightgrid.pricing.model.judging import UNREADABLE, check
from nightgrid.pricing.model.parts import (
    ENTRIES_MAX,
    PRIORITY_MAX,
    DateRange,
    Holiday,
    LeadDays,
    Limits,
    Rule,
    Weekday,
    days_of,
)

#: How far a holiday can be widened to each side, in days.
HOLIDAY_WIDENING_DAYS_MAX: Final = 60
#: Bands of one side of a demand matrix.
DEMAND_BANDS_MAX: Final = 101


class Derived(Rule):
    """`[[derived]]`: a plan whose night costs what its parent plan's does, changed: parent x (1 + percent) + amount.

    where.plan names the plans that are derived; the parent is a plan of the same room type, after its own derived
    stage. Of several rules for one plan and night wins: priority, dates given, scope, fewer days, earlier in the file.
    """

    from_plan: Text
    percent: Percent | None = None
    amount: SignedAmounts = Field(default_factory=dict)
    dates: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    priority: int = Field(default=0, ge=-PRIORITY_MAX, le=PRIORITY_MAX, strict=True)

    @check
    def _check_plans(self) -> Iterator[Problem]:
        if not self.where.plan:
            yield Problem((), "it does not say which plans are derived", 'add where = {plan = ["..."]}')

    @check
    def _check_derivation(self) -> Iterator[Problem]:
        if self.from_plan in self.where.plan:
            yield Problem((), f"plan {plain(self.from_plan)} is derived from itself", "take it out of where.plan")

    def rank(self, position: int) -> tuple[int, ...]:
        """Sort key: of the rules of a plan that hold on a night, the one with the smallest key wins."""
        return (-self.priority, -int(bool(self.dates)), -self.where.level, days_of(self.dates), position)


class Season(Rule):
    """`[[season]]`: a change in percent of the nights on which all of its conditions hold.

    Groups multiply; within a group one rule wins a night: the highest priority, then the most specific (holidays,
    dates, weekdays, scope), then the shorter dates, then the earlier in the file.
    """

    group: Text = "season"
    dates: tuple[DateRange, ...] = Field(default=(), min_length=1)
    weekdays: tuple[Weekday, ...] = Field(default=(), min_length=1)
    holidays: tuple[Holiday, ...] = Field(default=(), min_length=1)
    days_before: int = Field(default=0, ge=0, le=HOLIDAY_WIDENING_DAYS_MAX, strict=True)
    days_after: int = Field(default=0, ge=0, le=HOLIDAY_WIDENING_DAYS_MAX, strict=True)
    percent: Percent
    priority: int = Field(default=0, ge=-PRIORITY_MAX, le=PRIORITY_MAX, strict=True)

    @check
    def _check_widening(self) -> Iterator[Problem]:
        if not self.holidays and (self._widens("days_before") or self._widens("days_after")):
            problem = "days_before and days_after widen holidays, and there are none"
            yield Problem((), problem, 'add holidays = ["*"]')

    def _widens(self, name: str) -> bool:
        """Whether the key is given and not 0."""
        return self.gives(name) and getattr(self, name, 1) != 0

    @property
    def span_days(self) -> int:
        """Days of all date ranges together; 0 without dates."""
        return days_of(self.dates)

    def rank(self, position: int) -> tuple[int, ...]:
        """Sort key: of the rules of a group that hold on a night, the one with the smallest key wins."""
        given = (bool(self.holidays), bool(self.dates), bool(self.weekdays))
        return (-self.priority, *(-int(part) for part in given), -self.where.level, self.span_days, position)


class Demand(Rule):
    """`[[demand]]`: a change in percent by house fill x lead time. fill and lead_days are the lower edges of bands.

    percent has a row for each band of fill, and in it an entry for each band of lead_days. Best by scope.
    """

    fill: tuple[SharePercent, ...] = Field(default=(Decimal(0),), min_length=1, max_length=DEMAND_BANDS_MAX)
    lead_days: tuple[LeadDays, ...] = Field(default=(0,), min_length=1, max_length=DEMAND_BANDS_MAX)
    percent: tuple[tuple[Percent, ...], ...] = Field(min_length=1, max_length=DEMAND_BANDS_MAX)

    @check
    def _check_fill(self) -> Iterator[Problem]:
        yield from _edge_problems("fill", self.fill)

    @check
    def _check_lead_days(self) -> Iterator[Problem]:
        yield from _edge_problems("lead_days", self.lead_days)

    @check
    def _check_rows(self) -> Iterator[Problem]:
        rows, bands = len(self.percent), len(self.fill)
        if rows != bands:
            yield Problem((), f"percent has {rows} rows for {bands} bands of fill", "write one row for each")

    @check
    def _check_row_lengths(self) -> Iterator[Problem]:
        bands = len(self.lead_days)
        for number, row in enumerate(self.percent, 1):
            if row is not UNREADABLE and len(row) != bands:
                problem = f"row {number} of percent has {len(row)} entries for {bands} bands of lead_days"
                yield Problem((), problem, "write one entry for each")


def _edge_problems(key: str, edges: Sequence[Decimal | int]) -> Iterator[Problem]:
    """What is wrong with the lower edges of bands."""
    written = ", ".join(str(edge) for edge in edges[:20])
    if edges[0] != 0:
        fix = "write 0 first" if 0 in edges else f"write [0, {written}]"
        yield Problem((), f"{key} starts at {edges[0]}, so lower values have no band", fix)
    if any(later <= earlier for earlier, later in pairwise(edges)):
        yield Problem((), f"{key} [{written}] is not increasing", "write each edge once, the smallest first")


class Bounds(Limits):
    """`[[bounds]]`: the lowest and highest price of a night, in percent of its base price, or as amounts, or both.

    On a night wins: priority, dates given, weekdays given, scope, fewer days, earlier in the file.
    """

    dates: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    weekdays: tuple[Weekday, ...] = Field(default=(), min_length=1)

    @check
    def _check_any(self) -> Iterator[Problem]:
        keys = ("floor_percent", "ceiling_percent", "floor", "ceiling")
        if not any(self.gives(key) for key in keys):
            yield Problem((), "there is no bound in it", "give floor_percent, ceiling_percent, floor or ceiling")

    def rank(self, position: int) -> tuple[int, ...]:
        """Sort key: of the rules that hold on a night, the one with the smallest key wins."""
        given = (-int(bool(self.dates)), -int(bool(self.weekdays)))
        return (-self.priority, *given, -self.where.level, days_of(self.dates), position)
