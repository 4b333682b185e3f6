"""The rules of a night: derived plans, seasons, demand, bounds."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Final, Self

from pydantic import Field, model_validator

from nightgrid.pricing.fields import Amounts, BoundPercent, Percent, SharePercent, SignedAmounts, Text, mistake
from nightgrid.pricing.model.parts import (
    ENTRIES_MAX,
    PRIORITY_MAX,
    DateRange,
    Holiday,
    LeadDays,
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

    @model_validator(mode="after")
    def _check_derivation(self) -> Self:
        if not self.where.plan:
            raise mistake(
                "it does not say which plans are derived", f'add where = {{plan = ["..."]}} beside {self.from_plan}'
            )
        if self.from_plan in self.where.plan:
            raise mistake(f"plan {self.from_plan} is derived from itself", "take it out of where.plan")
        return self

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

    @model_validator(mode="after")
    def _check_widening(self) -> Self:
        if (self.days_before or self.days_after) and not self.holidays:
            raise mistake("days_before and days_after widen holidays, and there are none", 'add holidays = ["*"]')
        return self

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

    @model_validator(mode="after")
    def _check_matrix(self) -> Self:
        sides: tuple[tuple[str, tuple[Decimal | int, ...]], ...] = (("fill", self.fill), ("lead_days", self.lead_days))
        for key, edges in sides:
            written = ", ".join(map(str, edges[:20]))
            if edges[0] != 0:
                raise mistake(f"{key} starts at {edges[0]}, so lower values have no band", f"write [0, {written}]")
            if any(later <= earlier for earlier, later in pairwise(edges)):
                raise mistake(f"{key} [{written}] is not increasing", "write each edge once, the smallest first")
        if len(self.percent) != len(self.fill):
            raise mistake(
                f"percent has {len(self.percent)} rows for {len(self.fill)} bands of fill", "write one row for each"
            )
        for number, row in enumerate(self.percent, 1):
            if len(row) != len(self.lead_days):
                raise mistake(
                    f"row {number} of percent has {len(row)} entries for {len(self.lead_days)} bands of lead_days",
                    "write one entry for each",
                )
        return self


class Bounds(Rule):
    """`[[bounds]]`: the lowest and highest price of a night, in percent of its base price, or as amounts, or both.

    On a night wins: priority, dates given, weekdays given, scope, fewer days, earlier in the file.
    """

    dates: tuple[DateRange, ...] = Field(default=(), min_length=1, max_length=ENTRIES_MAX)
    weekdays: tuple[Weekday, ...] = Field(default=(), min_length=1)
    priority: int = Field(default=0, ge=-PRIORITY_MAX, le=PRIORITY_MAX, strict=True)
    floor_percent: BoundPercent | None = None
    ceiling_percent: BoundPercent | None = None
    floor: Amounts = Field(default_factory=dict)
    ceiling: Amounts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.floor_percent is None and self.ceiling_percent is None and not self.floor and not self.ceiling:
            raise mistake("there is no bound in it", "give floor_percent, ceiling_percent, floor or ceiling")
        low, high = self.floor_percent, self.ceiling_percent
        if low is not None and high is not None and low > high:
            raise mistake(f"floor_percent {low} is above ceiling_percent {high}", "exchange the two")
        crossed = [code for code in self.floor if code in self.ceiling and self.floor[code] > self.ceiling[code]]
        if crossed:
            raise mistake(f"floor is above ceiling in {', '.join(crossed)}", "exchange the two")
        return self

    def rank(self, position: int) -> tuple[int, ...]:
        """Sort key: of the rules that hold on a night, the one with the smallest key wins."""
        given = (-int(bool(self.dates)), -int(bool(self.weekdays)))
        return (-self.priority, *given, -self.where.level, days_of(self.dates), position)
