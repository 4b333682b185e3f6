"""Questions to a matrix of free rooms: nights in a row, the longest run, gaps that no stay fills, rooms for a stay.

Everything here takes plain matrices, int16 (row, night) with the nights in order, and knows nothing of the store.
`begin`, int (row), is the night index of today at each row's hotel: nights before it are gone. Without it every night
of the matrix can still be sold, and what was before the first is not known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nightgrid.counts import plain_int
from nightgrid.errors import InputError, InputTypeError
from nightgrid.limits import ROOMS_MAX, STAY_NIGHTS_MAX
from nightgrid.native.search import runs

_UNKNOWN_BEFORE = -1


class Runs(NamedTuple):
    """Runs of nights: row and first night as indexes (-1 = none), length in nights, each int32 (run)."""

    row: NDArray[np.int32]
    first: NDArray[np.int32]
    nights: NDArray[np.int32]


def checked_rooms(rooms: int) -> int:
    """A number of rooms that can be asked for; InputError for anything else."""
    if type(rooms := plain_int(rooms)) is not int or not 1 <= rooms <= ROOMS_MAX:
        raise InputError(f"rooms is {rooms!r}; allowed are 1 to {ROOMS_MAX}")
    return rooms


def _checked(free: NDArray[np.int16], rooms: int, begin: ArrayLike | None) -> tuple[NDArray[np.int16], ...]:
    """(free, begin) as the kernels take them."""
    if free.ndim != 2 or free.dtype != np.int16:
        raise InputTypeError(f"free is {free.dtype} with {free.ndim} dimensions; int16 (row, night) is needed")
    checked_rooms(rooms)
    today = np.full(len(free), _UNKNOWN_BEFORE, np.int32) if begin is None else np.asarray(begin)
    if today.shape != (len(free),) or today.dtype.kind not in "iu":
        raise InputTypeError(f"begin is {today.dtype} {today.shape}; an index a row, ({len(free)},), is needed")
    return np.ascontiguousarray(free), np.clip(today, _UNKNOWN_BEFORE, free.shape[1]).astype(np.int32)


def free_runs(free: NDArray[np.int16], rooms: int = 1, begin: ArrayLike | None = None) -> NDArray[np.int16]:
    """How many nights in a row, from each night on, have at least `rooms` free: int16 (row, night). Linear."""
    free, today = _checked(free, rooms, begin)
    out = np.empty(free.shape, np.int16)
    runs.free_runs(free, today, int(rooms), out)
    return out


def largest_free_run(free: NDArray[np.int16], rooms: int = 1, begin: ArrayLike | None = None) -> Runs:
    """The longest run of nights with at least `rooms` free of each row, the earliest of equals. Linear."""
    free, today = _checked(free, rooms, begin)
    found = Runs(*(np.arange(len(free), dtype=np.int32) for _ in range(3)))
    runs.largest_runs(free, today, int(rooms), found.first, found.nights)
    return found


def gap_nights(
    free: NDArray[np.int16], min_nights: int | ArrayLike, rooms: int = 1, begin: ArrayLike | None = None
) -> NDArray[np.int16]:
    """For each night that lies in a gap the gap's length in nights, 0 elsewhere: int16 (row, night). Linear.

    A gap is a maximal run of nights with at least `rooms` free, between sold-out nights (or after a night that is
    gone), in which no stay fits. `min_nights` is the shortest stay: one number, or integers (row, night) by arrival.
    """
    free, today = _checked(free, rooms, begin)
    shortest = np.atleast_2d(np.asarray(min_nights))
    if shortest.dtype.kind not in "iu":
        raise InputTypeError(f"min_nights has type {shortest.dtype}; whole nights are needed")
    if shortest.shape not in ((1, 1), free.shape):
        raise InputError(f"min_nights has shape {np.shape(min_nights)}; one number, or {free.shape}, is needed")
    if shortest.size and not 0 <= shortest.min() <= shortest.max() <= STAY_NIGHTS_MAX:
        raise InputError(f"min_nights is {shortest.min()} to {shortest.max()}; allowed are 0 to {STAY_NIGHTS_MAX}")
    out = np.empty(free.shape, np.int16)
    runs.gap_runs(free, today, int(rooms), np.ascontiguousarray(shortest, np.int16), out)
    return out


def gap_runs(gaps: NDArray[np.int16]) -> Runs:
    """The gaps of `gap_nights` as runs, by row and first night. Between two gaps is always a night that is none."""
    inside = gaps > 0
    inside[:, 1:] &= gaps[:, :-1] == 0
    row, first = np.nonzero(inside)
    return Runs(row.astype(np.int32), first.astype(np.int32), gaps[row, first].astype(np.int32))


def stay_rooms(free: NDArray[np.int16], nights: int, begin: ArrayLike | None = None) -> NDArray[np.int16]:
    """How many rooms are free on every night of a stay of `nights`, by arrival: int16 (row, night) rooms. Linear.

    0 also where the arrival is gone, and where the stay would leave the matrix.
    """
    if type(nights := plain_int(nights)) is not int or not 1 <= nights <= STAY_NIGHTS_MAX:
        raise InputError(f"nights is {nights!r}; a stay has 1 to {STAY_NIGHTS_MAX} nights")
    free, today = _checked(free, 1, begin)
    out = np.empty(free.shape, np.int16)
    runs.stay_rooms(free, today, nights, out)
    return out
