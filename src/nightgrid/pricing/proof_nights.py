"""The largest price of a night: its stages, as `native/program/night_cells.py` goes through them."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.native.program import night_desk as on
from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.night_tables import Nights
from nightgrid.pricing.price_data import DataTables
from nightgrid.pricing.proof_amounts import NIGHT_MAX, Amount, Bounds, Group, check_amount, raised, up

Columns = NDArray[np.int64]
_KINDS: Final = {
    on.NIGHT_BASE: "base", on.NIGHT_DERIVED: "derived", on.NIGHT_SEASON: "season", on.NIGHT_DEMAND: "demand",
    on.NIGHT_OVERRIDE: "override", on.NIGHT_BOUNDS: "bounds",
}  # fmt: skip


class NightBound:
    """The stages of a night, as `native/program/night_cells.py` goes through them."""

    def __init__(self, book: RuleBook, nights: Nights, data: DataTables, group: Group) -> None:
        self.tables = nights.tables
        derived = nights.tables.derived_rule[nights.tables.derived_set[group.product]]
        self.links = nights.chain if (derived >= 0).any() else 0
        self.group = group
        self.percent_bp = int(data.percent_bp.max(initial=0))
        guests = group.guests if book.book.base_per == "person" else 1
        self.amount = Amount(Fraction(group.base * guests), 1)
        self.slots: dict[int, Amount] = {}

    def planes(self, found: Bounds, catalog: Catalog) -> list[Amount]:
        """The amounts that the stay stages see; a night's numbers are checked on the way."""
        for line in self.tables.stages:
            kind = _KINDS[int(line[on.N_CODE])]
            at = int(line[on.N_ROUNDING])
            step = int(self.tables.roundings[at + 1]) if at else 0
            self._stage(kind, int(line[on.N_OF]), int(line[on.N_DEN]), step)
            check_amount(found, catalog, self.group, kind, self.amount, NIGHT_MAX, "a night")
            if step:
                self.amount = Amount(raised(self.amount.value, step), 1)
            self.slots[int(line[on.N_SLOT])] = Amount(self.amount.value, self.amount.den)
        planes = []
        for slot, scale in self.tables.planes.tolist():
            amount = Amount(self.amount.value if slot < 0 else self.slots[slot].value, scale)
            check_amount(found, catalog, self.group, "the last stage of a night", amount, NIGHT_MAX, "a night")
            planes.append(amount)
        return planes

    def _stage(self, kind: str, of: int, den: int, step: int) -> None:
        tables, group, amount = self.tables, self.group, self.amount
        if kind == "derived":
            column = 2 + int(tables.currency[group.product])
            most = max(int(tables.derived_terms[:, 0].max()), 0)
            added = max(int(tables.derived_terms[:, column].max()), 0)
            for _ in range(self.links):
                amount.value = amount.value * up(most, den) + added
                if step:
                    amount.value = raised(amount.value, step)
                amount.den = 1 if step else amount.den * den
        elif kind == "bounds":
            self._bound(den)
        elif kind == "season" and of < 0:
            amount.value *= Fraction(int(self._own(tables.season_num, tables.season_set).max()), den)
            amount.den *= den
        elif kind in ("season", "demand"):
            most = self._demand()
            if kind == "season":
                most = int(self._own(tables.season_sum, tables.season_set).max())
            other = amount if of < 0 else self.slots[of]
            amount.value += other.value * (up(most, den) - 1)
            amount.den = amount.den * den if of < 0 else lcm(amount.den, other.den * den)
        elif kind == "override":
            amount.value = max(amount.value * up(self.percent_bp), Fraction(max(group.fixed, 0)))
            amount.den *= den

    def _own(self, table: Columns, set_of: Columns) -> Columns:
        """The rows of a product in a table of sets: of all products where its nights may be those of another plan."""
        return table if self.links else table[set_of[[self.group.product]]]

    def _demand(self) -> int:
        """The highest percent of the demand rule, 0 for none."""
        terms, rules = self.tables.demand_terms, self.tables.demand_rule
        most = 0
        for at in np.unique(rules if self.links else rules[[self.group.product]]).tolist():
            if at >= 0:
                fills, leads = int(terms[at]), int(terms[at + 1])
                first = at + 2 + fills + leads
                most = max(most, int(terms[first : first + fills * leads].max()))
        return most

    def _bound(self, den: int) -> None:
        tables, group, amount = self.tables, self.group, self.amount
        base = self.slots.get(0, amount).value
        rows = tables.bounds[np.unique(self._own(tables.bounds_night, tables.bounds_set))].tolist()
        high: Fraction | None = Fraction(max(group.ceiling, 0))
        low = Fraction(max(group.floor, 0))
        for floor_bp, ceiling_bp, floor, ceiling in rows:
            sides = [base * Fraction(ceiling_bp, den)] if ceiling_bp >= 0 else []
            sides += [Fraction(ceiling)] if ceiling >= 0 else []
            high = max(high, min(sides)) if sides and high is not None else None
            low = max(low, base * Fraction(floor_bp, den), Fraction(floor))
        amount.value = max(amount.value if high is None else min(amount.value, high), low)
        if tables.constants[on.K_HAS_OVERRIDE]:
            amount.value = max(amount.value, Fraction(max(group.fixed, 0)))
        amount.den *= den
