"""The bit maps that follow from restrictions, and the changes that keep them in step.

A product's bits combine the restrictions of its room type and its own: the stricter of both, so that search needs to
look once. `closed` has no plane: a closed night clears the sellable bit.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native.base.atomics import acquire, and_word, or_word, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.cells import is_closed, set_sellable
from nightgrid.native.store.records import publish_cells
from nightgrid.native.store.views import (
    cells_of,
    hotel_words_of,
    next_column,
    next_product_of,
    night_in_column,
    night_kinds_of,
    planes_of,
    product_lane_of,
    product_profiles_of,
    profiles_of,
    row_hotel_of,
    row_product_of,
    row_restricted_of,
    weekday_of,
)

_NUMBER_MASK = (1 << at.PLANES_PER_NUMBER) - 1
_NUMBERS = 4

# How a call that restricts publishes what it changed.
TOLD_EACH: Final = 0  # a record for each run of nights
TOLD_ELSEWHERE: Final = 1  # not at all: a later call of the same change says: anywhere
TOLD_ANYWHERE: Final = 2  # with the last change one record that says: anywhere


@kernel
def _reversed_number(value):
    """The bits of a plane number in the order of its planes: most significant first."""
    bits = 0
    for digit in range(at.PLANES_PER_NUMBER):
        if value >> (at.PLANES_PER_NUMBER - 1 - digit) & 1:
            bits |= 1 << digit
    return bits


@kernel
def plane_bits(profiles, profile, weekday):
    """The plane bits of one profile on a night as one word (bit p = plane p).

    profiles (profile, field) int16 [in]; weekday: of the night. A minimum is stored as it is, a maximum as
    PLANE_VALUE_MAX - value, both saturated, so that zero always means unrestricted and both refuse a stay by the same
    comparison (see `native/search/available.py`).
    """
    flags = profiles[profile, at.F_FLAGS]
    weekdays = profiles[profile, at.F_WEEKDAYS]
    bits = 0
    if flags & at.FLAG_CLOSED_TO_ARRIVAL or (weekdays != 0 and weekdays >> weekday & 1 == 0):
        bits |= 1 << at.P_CLOSED_TO_ARRIVAL
    if flags & at.FLAG_CLOSED_TO_DEPARTURE:
        bits |= 1 << at.P_CLOSED_TO_DEPARTURE
    for part in range(_NUMBERS):
        value = min(np.int64(profiles[profile, at.F_MIN_ARRIVAL + part]), PLANE_VALUE_MAX)
        if part & 1:
            stored = PLANE_VALUE_MAX - value if value > 0 else 0
        else:
            stored = value if value > 1 else 0
        bits |= _reversed_number(stored) << (at.P_MIN_ARRIVAL + part * at.PLANES_PER_NUMBER)
    special = profiles[profile, at.F_MIN_ADVANCE] | profiles[profile, at.F_MAX_ADVANCE]
    if special or profiles[profile, at.F_MULTIPLE] > 1 or profiles[profile, at.F_PATTERN_LENGTH]:
        bits |= 1 << at.P_SPECIAL
    return bits


@kernel
def stricter_bits(left, right):
    """Plane bits that refuse what one of two refuses: flags together, of each number the larger."""
    both = left | right
    for part in range(_NUMBERS):
        shift = at.P_MIN_ARRIVAL + part * at.PLANES_PER_NUMBER
        of_left = _reversed_number(left >> shift & _NUMBER_MASK)
        of_right = _reversed_number(right >> shift & _NUMBER_MASK)
        both &= ~(_NUMBER_MASK << shift)
        both |= _reversed_number(max(of_left, of_right)) << shift
    return both


@kernel
def kinds_of_bits(bits):
    """The kinds (K_*) of restriction in plane bits."""
    kinds = 0
    if bits >> at.P_CLOSED_TO_ARRIVAL & 1:
        kinds |= at.K_CLOSED_TO_ARRIVAL
    if bits >> at.P_CLOSED_TO_DEPARTURE & 1:
        kinds |= at.K_CLOSED_TO_DEPARTURE
    for part in range(_NUMBERS):
        if bits >> (at.P_MIN_ARRIVAL + part * at.PLANES_PER_NUMBER) & _NUMBER_MASK:
            kinds |= at.K_MIN_ARRIVAL << part
    if bits >> at.P_SPECIAL & 1:
        kinds |= at.K_SPECIAL
    return kinds


@kernel
def _planes_of_kinds(kinds):
    """The planes, a bit each, in which something can stand on a night of these kinds."""
    planes = 0
    if kinds & at.K_CLOSED_TO_ARRIVAL:
        planes |= 1 << at.P_CLOSED_TO_ARRIVAL
    if kinds & at.K_CLOSED_TO_DEPARTURE:
        planes |= 1 << at.P_CLOSED_TO_DEPARTURE
    for part in range(_NUMBERS):
        if kinds & (at.K_MIN_ARRIVAL << part):
            planes |= _NUMBER_MASK << (at.P_MIN_ARRIVAL + part * at.PLANES_PER_NUMBER)
    if kinds & at.K_SPECIAL:
        planes |= 1 << at.P_SPECIAL
    return planes


@kernel
def row_bits(store, row, column):
    """Plane bits of a room type on a night."""
    profile = cells_of(store)[row, column, at.C_PROFILE] & 0xFFFF
    if profile == 0:
        return 0
    return plane_bits(profiles_of(store), profile, weekday_of(night_in_column(store, column)))


@kernel
def product_bits(store, product, column, of_row):
    """Plane bits of a product on a night, from those of its room type and its own profile."""
    profile = product_profiles_of(store)[product, column] & 0xFFFF
    if profile == 0:
        return of_row
    own = plane_bits(profiles_of(store), profile, weekday_of(night_in_column(store, column)))
    return stricter_bits(of_row, own)


@kernel
def _set_lane_planes(store, lane, column, bits):
    """Write the plane bits of one lane. A word holds other hotels too, so it is changed atomically."""
    kinds = night_kinds_of(store)
    wanted_kinds = kinds_of_bits(bits)
    if wanted_kinds & ~kinds[column]:
        or_word(kinds, column, wanted_kinds)  # a kind stays noted when its last cell is freed: only time is lost
    touched = _planes_of_kinds(kinds[column] | wanted_kinds)
    if touched == 0:
        return
    planes = planes_of(store)
    bit = np.int64(1) << (lane & 63)
    for plane in range(at.P_PLANES):
        if touched >> plane & 1:
            word = (column * at.P_PLANES + plane) * store[at.H_WORDS] + (lane >> 6)
            there = planes[word] & bit
            if bits >> plane & 1:
                if not there:
                    or_word(planes, word, bit)
            elif there:
                and_word(planes, word, ~bit)


@kernel
def refresh_cell(store, row, column):
    """Write sellable and plane bits of every product of a room type on a night anew. Hotel locked."""
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    lanes = product_lane_of(store)
    own = row_restricted_of(store)[row] != 0
    open_ = cells_of(store)[row, column, at.C_FREE] >= 1 and not is_closed(store, row, column)
    set_sellable(store, row, column, open_)
    of_row = row_bits(store, row, column)
    link = np.int64(first_product[row])
    while link:
        product = link - 1
        link = np.int64(next_product[product])
        bits = product_bits(store, product, column, of_row) if own else of_row
        _set_lane_planes(store, np.int64(lanes[product]), column, bits)


@kernel
def _publish_runs(store, rows, products, columns, begin, end, told, now_ms):
    """Publish the changes begin..end - 1, all of one row, after they are made: who reads the log first and then the
    nights misses none. products: those that are restricted, or nothing where the row is. Hotel locked.
    """
    if told == TOLD_ANYWHERE and end == rows.size:
        publish_cells(store, at.RECORD_RESTRICTIONS_RELOAD, 0, 0, 0, now_ms)
    if told != TOLD_EACH:
        return
    start = begin
    for i in range(begin, end):
        same = i + 1 < end and columns[i + 1] == next_column(store, columns[i])
        if same and (products.size == 0 or products[i + 1] == products[i]):
            continue
        product = np.int64(products[i]) if products.size else np.int64(-1)
        place = q.place_word(np.int64(rows[i]), product)
        night = night_in_column(store, columns[start])
        publish_cells(store, at.RECORD_RESTRICTIONS, place, night, i + 1 - start, now_ms)
        start = i + 1


@kernel
def set_profiles(store, rows, columns, profile_of, told, now_ms):
    """Give many cells another restriction profile and keep sellable bits and planes in step. Locks each hotel.

    rows, columns (change) int32, those of a row by ascending night; profile_of (change) int32: index in the profile
    table, another than the cell has; told: TOLD_EACH and so on; now_ms: of the records [in]. Changes of one row that
    stand together are one critical section, in which they are published too. The table lock is held.
    """
    nothing = rows[:0]
    cells = cells_of(store)
    hotels = hotel_words_of(store)
    row_hotel = row_hotel_of(store)
    i = 0
    while i < rows.size:
        row = rows[i]
        line = row_hotel[row] * at.L_WORDS
        begin = i
        acquire(hotels, line + at.L_LOCK)
        while i < rows.size and rows[i] == row:
            cells[row, columns[i], at.C_PROFILE] = np.int16(profile_of[i])
            refresh_cell(store, row, columns[i])
            steps.step(store, steps.POINT_CELL)
            i += 1
        _publish_runs(store, rows, nothing, columns, begin, i, told, now_ms)
        hotels[line + at.L_CHANGES] += 1
        release(hotels, line + at.L_LOCK)


@kernel
def set_product_profiles(store, products, rows, columns, profile_of, told, now_ms):
    """`set_profiles` for the products' own: products, rows, columns (change) int32, rows those of the products, and
    what is of one product by ascending night [in].
    """
    own = product_profiles_of(store)
    restricted = row_restricted_of(store)
    hotels = hotel_words_of(store)
    row_hotel = row_hotel_of(store)
    i = 0
    while i < rows.size:
        row = rows[i]
        line = row_hotel[row] * at.L_WORDS
        begin = i
        acquire(hotels, line + at.L_LOCK)
        while i < rows.size and rows[i] == row:
            before = own[products[i], columns[i]] != 0
            own[products[i], columns[i]] = np.int16(profile_of[i])
            if before != (profile_of[i] != 0):
                # The count covers the cell while its bits are written, so that the last profile to go is seen to go.
                restricted[row] += 1
                refresh_cell(store, row, columns[i])
                restricted[row] -= 2 if before else 0
            else:
                refresh_cell(store, row, columns[i])
            steps.step(store, steps.POINT_CELL)
            i += 1
        _publish_runs(store, rows, products, columns, begin, i, told, now_ms)
        hotels[line + at.L_CHANGES] += 1
        release(hotels, line + at.L_LOCK)


@kernel
def clear_column(store, column):
    """Lift every restriction of a night that enters the window; sellable bits are the caller's. Hotels locked.

    O(room types + products of restricted rows + words x planes).
    """
    cells = cells_of(store)
    own = product_profiles_of(store)
    restricted = row_restricted_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    for row in range(store[at.H_ROWS]):
        cells[row, column, at.C_PROFILE] = 0
        if restricted[row]:
            link = np.int64(first_product[row])
            while link:
                product = link - 1
                link = np.int64(next_product[product])
                if own[product, column]:
                    own[product, column] = 0
                    restricted[row] -= 1
    kinds = night_kinds_of(store)
    if kinds[column]:
        planes = planes_of(store)
        words = store[at.H_WORDS]
        for plane in range(at.P_PLANES):
            if _planes_of_kinds(kinds[column]) >> plane & 1:
                first = (column * at.P_PLANES + plane) * words
                for word in range(first, first + words):
                    planes[word] = 0
        kinds[column] = 0
