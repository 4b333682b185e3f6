"""One stay in the cells of one row: check every night, take every night, give every night back.

The caller holds the hotel's lock, so all nights are seen and changed as one step. Codes are `Outcome` values.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native import layout as at
from nightgrid.native.atomics import and_word, or_word
from nightgrid.native.jit import kernel
from nightgrid.native.restrictions import product_closed, stay_restriction
from nightgrid.native.views import (
    cells_of,
    product_lane_of,
    profiles_of,
    row_first_product_of,
    row_restricted_of,
    sellable_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_SOLD_OUT = int(Outcome.SOLD_OUT)


@kernel
def stay_code(store, row, product, arrival, nights, rooms, lead_days):
    """Why a stay cannot be taken: (code, night index that gives it), or (OK, arrival).

    product: -1 for any plan; lead_days: from the hotel's today to arrival. Precondition: 0 <= arrival, nights >= 1,
    arrival + nights <= number of nights. The lowest code over all nights wins, then its first night; a code of the
    departure date is reported with that date. O(nights).
    """
    code, step = stay_restriction(store, row, product, arrival, arrival, nights, lead_days)
    if code != _OK:
        return code, arrival + step
    cells = cells_of(store)
    for night in range(arrival, arrival + nights):
        if cells[row, night, at.C_FREE] < rooms:
            return _SOLD_OUT, night
    return _OK, arrival


@kernel
def set_sellable(store, row, night, wanted):
    """Set or clear the sellable bit of every product of a row on one night; that of a closed product stays clear.

    A word holds 64 products of different hotels, so it is changed atomically although the hotel is locked.
    """
    sellable = sellable_of(store)
    first_product = row_first_product_of(store)
    lanes = product_lane_of(store)
    own = row_restricted_of(store)[row] != 0
    for product in range(first_product[row], first_product[row + 1]):
        lane = np.int64(lanes[product])
        word = night * store[at.H_WORDS] + (lane >> 6)
        bit = np.int64(1) << (lane & 63)
        if wanted and not (own and product_closed(store, product, night)):
            or_word(sellable, word, bit)
        else:
            and_word(sellable, word, ~bit)


@kernel
def is_closed(store, row, night):
    """True if the cell's profile closes the night."""
    profile = cells_of(store)[row, night, at.C_PROFILE] & 0xFFFF
    return profile != 0 and (profiles_of(store)[profile, at.F_FLAGS] & at.FLAG_CLOSED) != 0


@kernel
def change_free(store, row, night, delta):
    """Add `delta` to free and keep the sellable bit: it changes only where free crosses 1."""
    cells = cells_of(store)
    before = cells[row, night, at.C_FREE]
    after = before + delta
    cells[row, night, at.C_FREE] = after
    if before >= 1 and after < 1:
        set_sellable(store, row, night, False)
    elif before < 1 and after >= 1 and not is_closed(store, row, night):
        set_sellable(store, row, night, True)


@kernel
def take_rooms(store, row, arrival, nights, rooms):
    """free -> held on every night. Precondition: `stay_code` said OK under the same lock."""
    cells = cells_of(store)
    for night in range(arrival, arrival + nights):
        change_free(store, row, night, -rooms)
        cells[row, night, at.C_HELD] += rooms


@kernel
def sell_rooms(store, row, arrival, nights, rooms):
    """held -> sold on every night; free does not change."""
    cells = cells_of(store)
    for night in range(arrival, arrival + nights):
        cells[row, night, at.C_HELD] -= rooms
        cells[row, night, at.C_SOLD] += rooms


@kernel
def give_back_rooms(store, row, arrival, nights, rooms, field):
    """held or sold (`field` = C_HELD or C_SOLD) -> free on every night."""
    cells = cells_of(store)
    for night in range(arrival, arrival + nights):
        cells[row, night, field] -= rooms
        change_free(store, row, night, rooms)
