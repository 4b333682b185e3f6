"""The store under all parts of the inventory: its block, its size, the window of nights as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.errors import InputError
from nightgrid.inventory.block import Block
from nightgrid.inventory.hold_index import HoldIndex
from nightgrid.native.base.atomics import acquire, release
from nightgrid.native.prices.tables import LaneMap
from nightgrid.native.store import layout as at
from nightgrid.native.store.locks import lock_hotels, unlock_hotels
from nightgrid.native.store.store import Store

T = TypeVar("T")


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
    plan_names: list[str]  # a plan's index is its place here; new ones come at the end
    _catalog: Catalog
    _shared: NDArray[np.int64]  # the block's words S_*, seen once and for all
    _hold_index: HoldIndex | None = None  # made when somebody asks for a guest, a reference or a cart
    _shared_words: Any  # the same; single words are read faster through it

    @property
    def window(self) -> Window:
        """The window of nights as it stands. Waits while it rolls."""
        shared = self.block.region(at.R_SHARED).view(np.int64)
        while True:
            first = int(shared[at.S_FIRST_NIGHT])
            if int(shared[at.S_END_NIGHT]) == first + self.n_nights:
                return Window(first, self.n_nights, (first - int(shared[at.S_LAP_NIGHT])) % self.n_nights)
            acquire(shared, at.S_TABLE_LOCK)  # whoever rolls the window holds it
            release(shared, at.S_TABLE_LOCK)

    def steady(self, read: Callable[[Window], T]) -> T:
        """What `read` answers (or raises) for the window, asked again if the window rolled meanwhile."""
        while True:
            window = self.window
            try:
                answer = read(window)
            except Exception:
                if self.window == window:
                    raise
            else:
                if self.window == window:
                    return answer

    @contextmanager
    def table_lock(self) -> Iterator[None]:
        """Nobody else of the hotels' staff changes anything meanwhile, and the window does not roll."""
        shared = self.block.region(at.R_SHARED).view(np.int64)
        acquire(shared, at.S_TABLE_LOCK)
        try:
            yield
        finally:
            release(shared, at.S_TABLE_LOCK)

    @property
    def first_night(self) -> int:
        """Ordinal of the window's first night."""
        first: int = self._shared_words[at.S_FIRST_NIGHT]
        return first

    @property
    def lsn(self) -> int:
        """Log sequence number of the latest change."""
        lsn: int = self._shared_words[at.S_LSN]
        return lsn

    @contextmanager
    def standing_still(self) -> Iterator[Window]:
        """Nothing in the store changes meanwhile: the window as it stands. Every lock is taken in order."""
        shared = self.block.region(at.R_SHARED).view(np.int64)
        acquire(shared, at.S_SWEEP_LOCK)
        try:
            with self.table_lock():
                window = self.window
                lock_hotels(self.table)
                try:
                    yield window
                finally:
                    unlock_hotels(self.table)
        finally:
            release(shared, at.S_SWEEP_LOCK)

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

    def ordered(self, region: int, rows: int) -> NDArray[np.int16]:
        """A copy of the first rows of a matrix (row, column, ...) int16 with its nights in order."""
        matrix = self.block.region(region).view(np.int16)[:rows]

        def read(window: Window) -> NDArray[np.int16]:
            first = window.first_column
            return np.concatenate([matrix[:, first:], matrix[:, :first]], axis=1) if first else matrix.copy()

        return self.steady(read)
