"""The store under all parts of the inventory: its block, its size, the window of nights as it stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.inventory.block import Block
from nightgrid.native import layout as at
from nightgrid.native.store import Store
from nightgrid.native.tables import LaneMap


class Window(NamedTuple):
    """The nights on sale: first ordinal, how many, and the column of the first."""

    first_night: int
    nights: int
    first_column: int

    def columns(self, nights: NDArray[np.integer]) -> NDArray[np.int64]:
        """Columns of nights (ordinals) inside the window."""
        return np.asarray((nights.astype(np.int64) - self.first_night + self.first_column) % self.nights)

    def night_of(self, column: int) -> int:
        """Night (ordinal) that stands in a column."""
        return self.first_night + (column - self.first_column) % self.nights

    @property
    def order(self) -> NDArray[np.int64]:
        """Columns of the window's nights in order: int64 (night)."""
        return np.asarray((np.arange(self.nights) + self.first_column) % self.nights)


class StoreBase:
    """What every part of the inventory stands on; not for use on its own."""

    block: Block
    table: Store
    lanes: LaneMap
    product_lane: NDArray[np.int32]
    n_nights: int
    n_channels: int  # the first counters count the open holds of each channel
    plan_names: list[str]  # sorted; a plan's index is its place here
    _catalog: Catalog

    @property
    def window(self) -> Window:
        """The window of nights as it stands."""
        shared = self.block.region(at.R_SHARED)
        return Window(int(shared[at.S_FIRST_NIGHT]), self.n_nights, int(shared[at.S_FIRST_COLUMN]))

    @property
    def first_night(self) -> int:
        """Ordinal of the window's first night."""
        return int(self.block.region(at.R_SHARED)[at.S_FIRST_NIGHT])

    @property
    def lsn(self) -> int:
        """Log sequence number of the latest change."""
        return int(self.block.region(at.R_SHARED)[at.S_LSN])

    def check_cells(self, rows: NDArray[np.integer], nights: NDArray[np.integer]) -> None:
        """Rows are indexes and nights ordinals inside the window; checked once, before a kernel trusts them."""
        window = self.window
        bounds = (
            ("row", rows, 0, self.block.sizes.rows),
            ("night", nights, window.first_night, window.first_night + window.nights),
        )
        for name, values, begin, end in bounds:
            wrong = np.flatnonzero((values < begin) | (values >= end))
            if wrong.size:
                raise InputError(f"{name} {values[wrong[0]]} at position {wrong[0]} is outside {begin}..{end - 1}")

    def ordered(self, region: int) -> NDArray[np.int16]:
        """A copy of a matrix (row, column, ...) int16 with its nights in order."""
        matrix = self.block.region(region).view(np.int16)
        first = self.window.first_column
        return np.concatenate([matrix[:, first:], matrix[:, :first]], axis=1) if first else matrix.copy()
