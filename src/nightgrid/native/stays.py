"""One stay in the cells of one row: check every night, take every night, give every night back.

The caller holds the hotel's lock, so all nights are seen and changed as one step. Codes are `Outcome` values.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native import layout as at
from nightgrid.native.atomics import and_word, or_word
from nightgrid.native.jit import kernel
from nightgrid.native.views import cells_of, product_lane_of, profiles_of, row_first_product_of, sellable_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_CLOSED = int(Outcome.CLOSED)
_CLOSED_TO_ARRIVAL = int(Outcome.CLOSED_TO_ARRIVAL)
_CLOSED_TO_DEPARTURE = int(Outcome.CLOSED_TO_DEPARTURE)
_MIN_STAY_ARRIVAL = int(Outcome.MIN_STAY_ARRIVAL)
_MAX_STAY_ARRIVAL = int(Outcome.MAX_STAY_ARRIVAL)
_MIN_STAY_THROUGH = int(Outcome.MIN_STAY_THROUGH)
_MAX_STAY_THROUGH = int(Outcome.MAX_STAY_THROUGH)
_SOLD_OUT = int(Outcome.SOLD_OUT)
_NONE = 1_000_000


@kernel
def restriction_code(profiles, profile, nights, is_arrival):
    """Lowest code that one night's profile gives a stay of `nights`; _NONE if it allows the stay.

    profiles (profile, field) int16 [in]; profile: index >= 1; is_arrival: the night is the first of the stay.
    The departure flag is not tested here: it belongs to the departure date.
    """
    flags = profiles[profile, at.F_FLAGS]
    if flags & at.FLAG_CLOSED:
        return _CLOSED
    if is_arrival:
        if flags & at.FLAG_CLOSED_TO_ARRIVAL:
            return _CLOSED_TO_ARRIVAL
        if nights < profiles[profile, at.F_MIN_ARRIVAL]:
            return _MIN_STAY_ARRIVAL
        if 0 < profiles[profile, at.F_MAX_ARRIVAL] < nights:
            return _MAX_STAY_ARRIVAL
    if nights < profiles[profile, at.F_MIN_THROUGH]:
        return _MIN_STAY_THROUGH
    if 0 < profiles[profile, at.F_MAX_THROUGH] < nights:
        return _MAX_STAY_THROUGH
    return _NONE


@kernel
def stay_code(cells, profiles, row, arrival, nights, rooms):
    """Why a stay cannot be taken: (code, night index that gives it), or (OK, arrival).

    cells (row, night, field) int16 rooms [in]; profiles (profile, field) int16 [in].
    Precondition: 0 <= arrival, nights >= 1, arrival + nights <= number of nights. The lowest code over all nights
    wins, then its first night; a code of the departure date is reported with that date. O(nights).
    """
    worst = _NONE
    worst_night = arrival
    for night in range(arrival, arrival + nights):
        profile = cells[row, night, at.C_PROFILE] & 0xFFFF
        if profile:
            code = restriction_code(profiles, profile, nights, night == arrival)
            if code < worst:
                worst = code
                worst_night = night
        if cells[row, night, at.C_FREE] < rooms and _SOLD_OUT < worst:
            worst = _SOLD_OUT
            worst_night = night
    departure = arrival + nights
    if departure < cells.shape[1]:
        profile = cells[row, departure, at.C_PROFILE] & 0xFFFF
        if profile and profiles[profile, at.F_FLAGS] & at.FLAG_CLOSED_TO_DEPARTURE and _CLOSED_TO_DEPARTURE < worst:
            worst = _CLOSED_TO_DEPARTURE
            worst_night = departure
    if worst == _NONE:
        return _OK, arrival
    return worst, worst_night


@kernel
def set_sellable(store, row, night, wanted):
    """Set or clear the sellable bit of every product of a row on one night.

    A word holds 64 products of different hotels, so it is changed atomically although the hotel is locked.
    """
    sellable = sellable_of(store)
    first_product = row_first_product_of(store)
    lanes = product_lane_of(store)
    for product in range(first_product[row], first_product[row + 1]):
        lane = np.int64(lanes[product])
        word = night * store[at.H_WORDS] + (lane >> 6)
        bit = np.int64(1) << (lane & 63)
        if wanted:
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
