"""Restriction profiles of cells, and the bit maps that follow from them."""

from __future__ import annotations

import numpy as np

from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native import layout as at
from nightgrid.native.atomics import acquire, and_word, or_word, release
from nightgrid.native.cells import is_closed, set_sellable
from nightgrid.native.jit import kernel
from nightgrid.native.views import (
    cells_of,
    hotel_words_of,
    night_kinds_of,
    planes_of,
    product_lane_of,
    profiles_of,
    row_first_product_of,
    row_hotel_of,
)


@kernel
def plane_bits(profiles, profile):
    """The 26 plane bits of a profile as one word (bit p = plane p) and the kinds it contains: (bits, kinds).

    A minimum is stored as it is, a maximum as PLANE_VALUE_MAX - value, both saturated, so that zero always means
    unrestricted and both refuse a stay by the same comparison (see `native/restricted.py`).
    """
    flags = profiles[profile, at.F_FLAGS]
    bits = 0
    kinds = 0
    if flags & at.FLAG_CLOSED_TO_ARRIVAL:
        bits |= 1 << at.P_CLOSED_TO_ARRIVAL
        kinds |= at.K_CLOSED_TO_ARRIVAL
    if flags & at.FLAG_CLOSED_TO_DEPARTURE:
        bits |= 1 << at.P_CLOSED_TO_DEPARTURE
        kinds |= at.K_CLOSED_TO_DEPARTURE
    for part in range(4):
        value = np.int64(profiles[profile, at.F_MIN_ARRIVAL + part])
        is_maximum = part & 1
        if value > 0 and (is_maximum or value > 1):
            kinds |= at.K_MIN_ARRIVAL << part
            stored = min(value, PLANE_VALUE_MAX)
            if is_maximum:
                stored = PLANE_VALUE_MAX - stored
            first = at.P_MIN_ARRIVAL + part * at.PLANES_PER_NUMBER
            for digit in range(at.PLANES_PER_NUMBER):
                if stored >> (at.PLANES_PER_NUMBER - 1 - digit) & 1:
                    bits |= 1 << (first + digit)
    return bits, kinds


@kernel
def _set_planes(store, row, night, bits, kinds):
    """Write a cell's plane bits for every product of its row."""
    planes = planes_of(store)
    first_product = row_first_product_of(store)
    lanes = product_lane_of(store)
    words = store[at.H_WORDS]
    or_word(night_kinds_of(store), night, kinds)  # a kind stays noted when its last cell is freed: only time is lost
    for product in range(first_product[row], first_product[row + 1]):
        lane = np.int64(lanes[product])
        bit = np.int64(1) << (lane & 63)
        for plane in range(at.P_PLANES):
            word = (night * at.P_PLANES + plane) * words + (lane >> 6)
            if bits >> plane & 1:
                or_word(planes, word, bit)
            elif planes[word] & bit:
                and_word(planes, word, ~bit)


@kernel
def set_profiles(store, rows, nights, profile_of):
    """Give many cells another restriction profile and keep sellable bits and planes in step. Locks each hotel.

    rows, nights (change) int32 [in]; profile_of (change) int32 [in]: index in the profile table.
    """
    cells = cells_of(store)
    profiles = profiles_of(store)
    hotels = hotel_words_of(store)
    row_hotel = row_hotel_of(store)
    for i in range(rows.size):
        row = rows[i]
        night = nights[i]
        line = row_hotel[row] * at.L_WORDS
        acquire(hotels, line + at.L_LOCK)
        cells[row, night, at.C_PROFILE] = np.int16(profile_of[i])
        set_sellable(store, row, night, cells[row, night, at.C_FREE] >= 1 and not is_closed(store, row, night))
        bits, kinds = plane_bits(profiles, profile_of[i])
        _set_planes(store, row, night, bits, kinds)
        hotels[line + at.L_CHANGES] += 1
        release(hotels, line + at.L_LOCK)
