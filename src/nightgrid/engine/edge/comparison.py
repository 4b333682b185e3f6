"""What another rule book would change: the answer of a comparison, and the guard that stops a slip.

A guard decides with whole numbers; percents in tables are for reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.errors import InputError
from nightgrid.money import format_minor, parse_minor

PERCENT_TOP: Final = 100_000
_BP: Final = 10_000
#: Amounts of money for a night: one for every currency, or by currency.
Amount = str | int | Decimal


def read_percent(name: str, value: Amount | float | None) -> int | None:
    """A percent of 0 or more with at most two decimals, in basis points; "30%" and 30 are the same."""
    if value is None:
        return None
    try:
        percent = Decimal(str(value).strip().removesuffix("%").strip())
        scaled = percent * 100
        if isinstance(value, bool) or not 0 <= percent <= PERCENT_TOP or scaled != int(scaled):
            raise InvalidOperation
    except InvalidOperation:
        text = f"{name} is {value!r}; give a percent from 0 to {PERCENT_TOP} with at most two decimals, such as 30"
        raise InputError(text) from None
    return int(scaled)


@dataclass(frozen=True)
class Guard:
    """What no price may do when a book is published or its data change: fall or rise by more than a percent of what it
    was, or lie below an amount a night. min_price: an amount in major units for all currencies, or amounts by currency.
    """

    max_drop: Amount | float | None = None
    max_rise: Amount | float | None = None
    min_price: Amount | Mapping[str, Amount] | None = None

    def __post_init__(self) -> None:
        read_percent("max_drop", self.max_drop)
        read_percent("max_rise", self.max_rise)

    def minima(self, currencies: list[str]) -> NDArray[np.int64]:
        """The lowest price of a night per currency, int64 minor units, 0 where there is none."""
        given: Any = self.min_price
        if given is None:
            return np.zeros(len(currencies), np.int64)
        amounts = dict(given) if isinstance(given, Mapping) else dict.fromkeys(currencies, given)
        found = [parse_minor(str(amounts[code]), code) if code in amounts else 0 for code in currencies]
        return np.array(found, np.int64)

    def broken(
        self, old: NDArray[np.int64], new: NDArray[np.int64], nights: NDArray[np.int64], minima: NDArray[np.int64]
    ) -> NDArray[np.int8]:
        """Which bound each changed price breaks: 0 none, else 1 drop, 2 rise, 3 minimum. All columns of one length."""
        code = np.zeros(len(old), np.int8)
        code[new < minima * nights] = 3
        rise = read_percent("max_rise", self.max_rise)
        if rise is not None:
            code[(new - old) * _BP > rise * old] = 2
        drop = read_percent("max_drop", self.max_drop)
        if drop is not None:
            code[(old - new) * _BP > drop * old] = 1
        return code


BROKEN: Final = {1: "max_drop", 2: "max_rise", 3: "min_price"}


class GuardError(InputError):
    """A book or its data would break a guard; nothing was published. `comparison` has every number."""

    def __init__(self, message: str, comparison: Comparison) -> None:
        super().__init__(message)
        self.comparison = comparison


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changes between two price versions over many stays.

    `changes`: the changed prices, at most as many as were asked for, those that break the guard first, then the largest
    change: hotel_id, room_type_id, plan_id, arrival, nights, tier, currency, old_minor, new_minor, change_percent,
    broken (max_drop, max_rise, min_price or null), cause (the rules that differ for that stay; of the first
    `causes_max` lines).
    `by_hotel`: prices, changed, up, down, broken, sums (of the changed prices) and extremes of every hotel compared.
    """

    old_version: str
    new_version: str
    prices: int
    changed: int
    broken: int
    changes: pl.DataFrame
    by_hotel: pl.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no bound of the guard is broken."""
        return self.broken == 0

    def summary(self, by: str = "region") -> pl.DataFrame:
        """Counts and sums by region, brand, group, city, hotel_id or currency (sums are always of one currency)."""
        known = ("region", "brand", "group", "city", "hotel_id", "currency")
        if by not in known:
            raise InputError(f"by is {by!r}; use one of {', '.join(known)}")
        keys = list(dict.fromkeys((by, "currency")))
        sums = [pl.col(name).sum() for name in ("prices", "changed", "up", "down", "broken", "old_minor", "new_minor")]
        extremes = [pl.col("lowest_percent").min(), pl.col("highest_percent").max()]
        found = self.by_hotel.group_by(keys).agg(*sums, *extremes).sort(keys)
        change = (pl.col("new_minor") - pl.col("old_minor")) / pl.col("old_minor") * 100
        return found.with_columns(change.round(2).alias("change_percent"))

    def sentences(self, most: int = 5) -> list[str]:
        """The worst changes, one a line."""
        lines = []
        for row in self.changes.head(most).iter_rows(named=True):
            old, new = (format_minor(row[name], row["currency"]) for name in ("old_minor", "new_minor"))
            why = f" ({row['broken']})" if row["broken"] else ""
            cause = f": {row['cause']}" if row["cause"] else ""
            place = f"{row['hotel_id']}/{row['room_type_id']}/{row['plan_id']}"
            stay = f"{row['nights']} night{'s' if row['nights'] != 1 else ''} from {row['arrival']}, {row['tier']}"
            lines.append(f"{place}, {stay}: {old} -> {new}, {row['change_percent']:+.2f} %{why}{cause}")
        return lines
