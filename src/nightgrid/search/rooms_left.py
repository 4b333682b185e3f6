"""Free rooms that rules ask for: of a stay's fullest night, as the grid has them now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nightgrid.asking import Asking
from nightgrid.errors import InputError
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.store import layout as at
from nightgrid.pricing.program import Program

_MANY = 2**31


def rooms_left(
    inventory: Inventory, rows: NDArray[np.integer], arrival: NDArray[np.int64] | int, nights: NDArray[np.int64] | int
) -> NDArray[np.int64]:
    """Free rooms of each row on the fullest night of a stay from an arrival (ordinal) on, one for all rows or one each:
    int64 (row), 0 where a night is oversold or outside the window. O(rows x nights).
    """
    first = np.broadcast_to(np.asarray(arrival, np.int64) - inventory.first_night, len(rows))
    count = np.broadcast_to(np.asarray(nights, np.int64), len(rows))
    inside = (first >= 0) & (count >= 1) & (first + count <= inventory.n_nights)
    left = np.zeros(len(rows), np.int64)
    if not inside.any():
        return left
    known, of = np.unique(np.asarray(rows, np.int64)[inside], return_inverse=True)
    begin, first, count = int(first[inside].min()), first[inside], count[inside]
    free = inventory.cells(known, slice(begin, int((first + count).max())))[:, :, at.C_FREE]
    least = np.full(len(first), _MANY, np.int64)
    for night in range(int(count.max())):
        some = np.flatnonzero(count > night)
        least[some] = np.minimum(least[some], free[of.reshape(-1)[some], first[some] - begin + night])
    left[inside] = np.maximum(least, 0)
    return left


def bands_of(program: Program, left: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], int]]:
    """(places, a number of rooms left) of rows for which the same rules hold."""
    band = np.searchsorted(np.array(program.room_edges, np.int64), left, side="right")
    return [(places, int(left[places[0]])) for number in np.unique(band) for places in [np.flatnonzero(band == number)]]


def check_time(program: Program | None, booking_time: str | None, what: str) -> None:
    """InputError where rules ask for the time of day, and a question about whole days does not tell it."""
    if program is not None and program.clock is not None and not booking_time:
        raise InputError(f"{what}: rules of the book ask for the hour of booking; give booking_time= such as 20:00")


def check_rooms_left(program: Program | None, asking: Asking, what: str) -> None:
    """InputError where rules ask for the rooms that are left, which differ by room type and stay, and nobody tells."""
    if program is not None and program.room_edges and asking.rooms_left is None:
        raise InputError(
            f"{what}: rules of the book ask for rooms_left, which no cube of prices has; give rooms_left= for all of it"
        )
