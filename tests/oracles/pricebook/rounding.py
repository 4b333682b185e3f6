"""Rounding to the prices that a book permits: multiples of an increment, or prices with certain endings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from tests.oracles.money import MODES, round_to_multiple


@dataclass(frozen=True)
class Rounding:
    """A mode and the permitted values: multiples of the increment, or k x M + one of the endings.

    M is the smallest power of ten above the largest ending, and at least 10: an ending is the last digits of a price.
    """

    mode: str = "half_up"
    increment: int = 1
    endings: tuple[int, ...] = ()

    @classmethod
    def of(cls, table: Mapping[str, Any] | None, otherwise: Rounding | None = None) -> Rounding:
        """A `round` or `rounding` table; keys left out are those of `otherwise`. Endings and increments replace
        each other.
        """
        table, otherwise = table or {}, otherwise or cls()
        mode = table.get("mode", otherwise.mode)
        if mode not in MODES:
            raise ValueError(f"rounding mode {mode!r}; known are {', '.join(MODES)}")
        if table.get("endings"):
            return cls(mode, 1, tuple(sorted(table["endings"])))
        if "increment_minor" in table:
            return cls(mode, table["increment_minor"])
        return cls(mode, otherwise.increment, otherwise.endings)

    def __call__(self, value: Fraction | int) -> int:
        """The value as a permitted one."""
        if not self.endings:
            return round_to_multiple(value, self.mode, self.increment)
        above = self.at_least(value)
        below = self.at_most(value)
        if below >= above:  # permitted already, or nothing is permitted below
            return above
        if self.mode in ("up", "ceiling"):
            return above
        if self.mode in ("down", "floor"):
            return below
        to_below, to_above = value - below, above - value
        if to_below != to_above:
            return below if to_below < to_above else above
        if self.mode == "half_even":
            return below if self._position(below) % 2 == 0 else above
        return above if self.mode == "half_up" else below

    def at_least(self, value: Fraction | int) -> int:
        """The least permitted value that is not below this one."""
        if not self.endings:
            return ceil(Fraction(value) / self.increment) * self.increment
        return min(v for v in self._around(value) if v >= value)

    def at_most(self, value: Fraction | int) -> int:
        """The largest permitted value that is not above this one; the least of all where there is none."""
        if not self.endings:
            return floor(Fraction(value) / self.increment) * self.increment
        return max((v for v in self._around(value) if v <= value), default=self.endings[0])

    @property
    def _block(self) -> int:
        block = 10
        while block <= self.endings[-1]:
            block *= 10
        return block

    def _around(self, value: Fraction | int) -> list[int]:
        """All permitted values of the block of the value and of its neighbours."""
        block = floor(Fraction(value) / self._block)
        blocks = [b for b in (block - 1, block, block + 1) if b >= 0]
        return [b * self._block + ending for b in blocks for ending in self.endings]

    def _position(self, permitted: int) -> int:
        """How many permitted values are smaller."""
        block, ending = divmod(permitted, self._block)
        return block * len(self.endings) + self.endings.index(ending)
