"""Plain requests that are prepared by eight say what each says alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from nightgrid import Outcome
from nightgrid.limits import HOLD_TTL_MS_MAX, ROOMS_MAX, STAY_NIGHTS_MAX
from nightgrid.native.holds import prepare as ahead
from nightgrid.native.store import requests as q

ROWS, NIGHTS, LAP_NIGHT = 50, 90, 740_000
WORD = st.integers(-(2**63), 2**63 - 1)


@njit
def _prepare(requests, line, rows, nights, lap_night, memory):
    ahead.prepare_eight(requests, line, rows, nights, lap_night, memory.ctypes.data)


@njit
def _shape(request):
    return q.shape_code(request)


def _near(*edges: int, usual: st.SearchStrategy[int]) -> st.SearchStrategy[int]:
    """Mostly what is usual; sometimes at the edge of what is allowed, or beyond it."""
    odd = st.sampled_from([edge + step for edge in edges for step in (-1, 0, 1)])
    return st.one_of(usual, usual, usual, usual, odd, WORD)


FIELDS = {
    q.Q_ROW: _near(0, ROWS, usual=st.integers(0, ROWS - 1)),
    q.Q_PRODUCT: st.sampled_from([-1] * 9 + [0, 3]),
    q.Q_ARRIVAL: _near(1, q.ARRIVAL_MASK, usual=st.integers(LAP_NIGHT - 100, LAP_NIGHT + 250)),
    q.Q_NIGHTS: _near(1, STAY_NIGHTS_MAX, usual=st.integers(1, 9)),
    q.Q_ROOMS: _near(1, ROOMS_MAX, usual=st.integers(1, 3)),
    q.Q_TTL_MS: _near(0, HOLD_TTL_MS_MAX, usual=st.integers(0, 900_000)),
    q.Q_KEY_HIGH: st.sampled_from([0] * 9 + [5]),
    q.Q_KEY_LOW: st.sampled_from([0] * 9 + [7]),
}


@given(st.data())
def test_eight_requests_are_prepared_as_one_by_one(data):
    count = data.draw(st.integers(1, 24))
    lines = [[data.draw(FIELDS[field]) for field in range(q.Q_PLAIN)] for _ in range(count)]
    requests = np.array(lines, np.int64).T.copy()
    memory = np.zeros(ahead.AHEAD_WORDS, np.int64)
    for first in range(0, count, ahead.EIGHT):
        _prepare(requests, first, ROWS, NIGHTS, LAP_NIGHT, memory)
    for line, asked in enumerate(lines):
        row, product, arrival, nights, rooms, _, key_high, key_low = asked
        said = (product, key_high, key_low) == (-1, 0, 0) and 0 <= row < ROWS
        stay = memory[ahead.A_STAY + line]
        assert (stay != 0) == (said and _shape(tuple(asked)) == Outcome.OK)
        assert 0 <= memory[ahead.A_ROW + line] < ROWS
        assert 0 <= memory[ahead.A_COLUMN + line] < NIGHTS
        if stay:
            assert stay == arrival | nights << q.NIGHTS_SHIFT | nights << q.KEPT_SHIFT | rooms << q.ROOMS_SHIFT
            assert memory[ahead.A_ROW + line] == row
            if 0 <= arrival - LAP_NIGHT < 2 * NIGHTS:
                assert memory[ahead.A_COLUMN + line] == (arrival - LAP_NIGHT) % NIGHTS
                assert memory[ahead.A_CELL + line] == row * NIGHTS + memory[ahead.A_COLUMN + line]
    assert not memory[ahead.A_STAY + count : ahead.A_STAY + -(-count // ahead.EIGHT) * ahead.EIGHT].any()
