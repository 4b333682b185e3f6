"""How full a house is: the share of a hotel's rooms that are sold or held on a night."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import FILL_BP_MAX
from nightgrid.native.base.jit import inlined_kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import capacity_of, cells_of, hotel_row_of, next_row_of, sell_limit_of


@inlined_kernel
def house_fill(store, hotel, column):
    """House fill of a hotel in a column, basis points: floor(10,000 x (sold + held) / (physical - out of order)) over
    its room types, at most FILL_BP_MAX; FILL_BP_MAX where nothing can be sold. O(room types of the hotel).
    """
    cells = cells_of(store)
    capacity = capacity_of(store)
    sell_limit = sell_limit_of(store)
    next_row = next_row_of(store)
    rooms = np.int64(0)
    taken = np.int64(0)
    link = np.int64(hotel_row_of(store)[hotel])
    while link:
        row = link - 1
        link = np.int64(next_row[row])
        rooms += np.int64(capacity[row, column]) - np.int64(sell_limit[row, column])
        taken += np.int64(cells[row, column, at.C_SOLD]) + np.int64(cells[row, column, at.C_HELD])
    return min(FILL_BP_MAX * taken // rooms, FILL_BP_MAX) if rooms > 0 else np.int64(FILL_BP_MAX)
