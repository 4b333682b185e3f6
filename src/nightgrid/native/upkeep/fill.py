"""House fill: the share of a hotel's rooms that are sold or held on a night, as prices that depend on it see it now."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import FILL_BP_MAX
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import (
    capacity_of,
    cells_of,
    column_of,
    hotel_row_of,
    next_row_of,
    sell_limit_of,
    shared_of,
)


@kernel
def fill_nights(store, hotels, arrivals, nights, first, out_bp):
    """House fill of the nights of some stays, in basis points: out_bp int64, those of a stay from its `first` on [out].

    hotels (stay) int64 indexes; arrivals (stay) int64 ordinals and nights (stay) int64, inside the window; first (stay)
    int64 [in]. Fill = floor(10,000 x (sold + held) / (physical - out of order)) over all room types, at most
    FILL_BP_MAX; FILL_BP_MAX where nothing can be sold. Nothing is locked: a fill is that of some instant meanwhile.
    O(nights x room types of a hotel).
    """
    cells = cells_of(store)
    capacity = capacity_of(store)
    sell_limit = sell_limit_of(store)
    first_row = hotel_row_of(store)
    next_row = next_row_of(store)
    shared = shared_of(store)
    for stay in range(hotels.size):
        for night in range(nights[stay]):
            column = column_of(store, shared, arrivals[stay] + night)
            rooms = np.int64(0)
            taken = np.int64(0)
            link = np.int64(first_row[hotels[stay]])
            while link:
                row = link - 1
                link = np.int64(next_row[row])
                rooms += np.int64(capacity[row, column]) - np.int64(sell_limit[row, column])
                taken += np.int64(cells[row, column, at.C_SOLD]) + np.int64(cells[row, column, at.C_HELD])
            fill = min(FILL_BP_MAX * taken // rooms, FILL_BP_MAX) if rooms > 0 else FILL_BP_MAX
            out_bp[first[stay] + night] = fill
