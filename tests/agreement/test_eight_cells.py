"""Eight cells at once are taken and looked at as one by one; nothing beside them changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from nightgrid.native.store import layout as at
from nightgrid.native.store.eight import EIGHT, look_at_eight, take_eight

WIDTH = 24
COUNT = st.integers(-(2**15), 2**15 - 1)
FEW = st.integers(-3, 3)


@njit
def _look(cells, place, nights, dates, rooms):
    return look_at_eight(cells, place, nights, dates, rooms)


@njit
def _take(cells, place, nights, rooms, field):
    return take_eight(cells, place, nights, rooms, field)


def _cells(data) -> np.ndarray:
    number = data.draw(st.sampled_from([COUNT, FEW]))
    drawn = data.draw(st.lists(number, min_size=WIDTH * at.C_FIELDS, max_size=WIDTH * at.C_FIELDS))
    raw = np.zeros(WIDTH * at.C_FIELDS + 32, np.int16)
    begin = -raw.ctypes.data % at.LINE_BYTES // 2
    raw[begin : begin + len(drawn)] = drawn
    return raw[begin : begin + len(drawn)].reshape(WIDTH, at.C_FIELDS)  # begins on a cache line, as the store's do


@given(st.data())
def test_a_look_at_eight_cells_is_eight_looks(data):
    cells = _cells(data)
    first = data.draw(st.integers(0, WIDTH - EIGHT))
    dates = data.draw(st.integers(1, EIGHT))
    nights = data.draw(st.integers(1, dates))
    rooms = data.draw(st.sampled_from([1, 2, 9_999]))
    wanted = sum(int(cells[first + k, at.C_FREE] < rooms) << k for k in range(nights))
    wanted |= sum(int(cells[first + k, at.C_PROFILE] != 0) << EIGHT + k for k in range(dates))
    assert _look(cells, first, nights, dates, rooms) == wanted


@given(st.data())
def test_eight_cells_are_taken_as_one_by_one(data):
    cells = _cells(data)
    first = data.draw(st.integers(0, WIDTH - EIGHT))
    nights = data.draw(st.integers(0, EIGHT))
    rooms = data.draw(st.integers(-3, 3))
    field = data.draw(st.sampled_from([at.C_HELD, at.C_SOLD]))
    one_by_one = cells.astype(np.int64)
    one_by_one[first : first + nights, at.C_FREE] -= rooms
    one_by_one[first : first + nights, field] += rooms
    one_by_one = one_by_one.astype(np.int16)  # a counter wraps, and no other changes
    crossed = (cells[:, at.C_FREE] >= 1) != (one_by_one[:, at.C_FREE] >= 1)
    wanted = sum(int(crossed[first + k]) << k for k in range(EIGHT))
    assert _take(cells, first, nights, rooms, field) == wanted
    np.testing.assert_array_equal(cells, one_by_one)
