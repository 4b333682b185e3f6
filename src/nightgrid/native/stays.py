"""What the restrictions of a room type say of a stay: the lowest code over all nights, then its first night."""

from __future__ import annotations

from nightgrid.native import layout as at
from nightgrid.native.jit import kernel
from nightgrid.native.views import cells_of, next_column, profiles_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_CLOSED = int(Outcome.CLOSED)
_CLOSED_TO_ARRIVAL = int(Outcome.CLOSED_TO_ARRIVAL)
_CLOSED_TO_DEPARTURE = int(Outcome.CLOSED_TO_DEPARTURE)
_MIN_STAY_ARRIVAL = int(Outcome.MIN_STAY_ARRIVAL)
_MAX_STAY_ARRIVAL = int(Outcome.MAX_STAY_ARRIVAL)
_MIN_STAY_THROUGH = int(Outcome.MIN_STAY_THROUGH)
_MAX_STAY_THROUGH = int(Outcome.MAX_STAY_THROUGH)
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
def stay_restriction(store, row, product, column, offset, nights, lead_days):
    """Why the restrictions refuse a stay: (code, night offset from the arrival), (OK, 0) if they allow it.

    product: -1 = none named; column: of the arrival; offset: arrival - first night of the window. O(nights).
    """
    cells = cells_of(store)
    profiles = profiles_of(store)
    worst = _NONE
    worst_night = 0
    for night in range(nights):
        profile = cells[row, column, at.C_PROFILE] & 0xFFFF
        if profile:
            code = restriction_code(profiles, profile, nights, night == 0)
            if code < worst:
                worst = code
                worst_night = night
        column = next_column(store, column)
    if offset + nights < store[at.H_NIGHTS]:
        profile = cells[row, column, at.C_PROFILE] & 0xFFFF
        if profile and profiles[profile, at.F_FLAGS] & at.FLAG_CLOSED_TO_DEPARTURE and _CLOSED_TO_DEPARTURE < worst:
            worst = _CLOSED_TO_DEPARTURE
            worst_night = nights
    return (_OK, 0) if worst == _NONE else (worst, worst_night)
