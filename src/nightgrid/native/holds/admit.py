"""Whether a request can be granted: restrictions, guests, selling controls, rooms; the lowest code wins."""

from __future__ import annotations

import numpy as np
from numba import carray

from nightgrid.native.base.hints import first_bit, stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.cells import cell_place, lies_in_eight
from nightgrid.native.store.eight import EIGHT, look_at_eight
from nightgrid.native.store.restrictions import is_shut, stay_restriction
from nightgrid.native.store.selling import earlier_rooms, knows_block, selling_code
from nightgrid.native.store.views import (
    as_pointer,
    cells_of,
    column_of,
    end_night,
    hotel_words_of,
    next_column,
    row_flags_of,
    row_guests_of,
    row_restricted_of,
    shared_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_UNKNOWN_BLOCK = int(Outcome.UNKNOWN_BLOCK)
_CLOSED = int(Outcome.CLOSED)
_CLOSING = at.ROW_SHUT | at.ROW_PLANS_CLOSED
_TOO_MANY_GUESTS = int(Outcome.TOO_MANY_GUESTS)
_SOLD_OUT = int(Outcome.SOLD_OUT)


@inlined_kernel
def no_lines(store):
    """Lines of a request that stands alone: int64 (Q_FIELDS, 0)."""
    return carray(as_pointer(store[at.R_SHARED]), (q.Q_FIELDS, 0), np.int64)


@kernel
def _look_at_each(store, request, lines, before, first, dates):
    """`_look_at_cells` cell by cell: (any restriction seen, first short night or -1)."""
    stay_apart()
    cells = cells_of(store)
    row = request[q.Q_ROW]
    arrival = request[q.Q_ARRIVAL]
    column = first
    seen = np.int64(0)
    short = np.int64(-1)
    for night in range(arrival, arrival + dates):
        seen |= np.int64(cells[row, column, at.C_PROFILE])
        if night < arrival + request[q.Q_NIGHTS]:
            asked = request[q.Q_ROOMS]
            if before:
                asked += earlier_rooms(store, lines, before, row, night)
            if cells[row, column, at.C_FREE] < asked and asked > 0 and short < 0:
                short = night
        column = next_column(store, column)
    return seen, short


@inlined_kernel
def _look_at_cells(store, request, column, lines, before):
    """One pass over the cells of a stay: (any restriction seen, first short night or -1). column: of the arrival."""
    arrival = request[q.Q_ARRIVAL]
    nights = request[q.Q_NIGHTS]
    dates = nights + 1 if arrival + nights < end_night(shared_of(store)) else nights
    if before or not lies_in_eight(store, column, dates):
        return _look_at_each(store, request, lines, before, column, dates)
    place = cell_place(store, request[q.Q_ROW], column)
    found = look_at_eight(cells_of(store), place, nights, dates, request[q.Q_ROOMS])
    short = found & ((1 << EIGHT) - 1)
    return found >> EIGHT, arrival + first_bit(short) if short else np.int64(-1)


@inlined_kernel
def column_of_stay(store, request):
    """Column of a request's arrival."""
    return column_of(store, shared_of(store), request[q.Q_ARRIVAL])


@kernel
def _restriction(store, request, column, hotel):
    """What the restrictions say: (code, night)."""
    stay_apart()
    arrival = request[q.Q_ARRIVAL]
    lead_days = arrival - hotel_words_of(store)[hotel * at.L_WORDS + at.L_TODAY]
    code, night = stay_restriction(
        store, request[q.Q_ROW], request[q.Q_PRODUCT], column, arrival, request[q.Q_NIGHTS], lead_days
    )
    return code, arrival + night


@inlined_kernel
def admission(store, request, column, lines, before, hotel, restricted, now_ms):
    """Why a request inside the horizon is refused: (code, night as ordinal), or (OK, arrival). Hotel locked.

    column: of the arrival; lines (Q_FIELDS, line) int64 and `before`: lines that are granted together with it and come
    first; restricted: False passes over the restrictions (a booking in the place of an expired hold), but not over what
    is closed for good. O(nights).
    """
    row = request[q.Q_ROW]
    if q.scope_block(request[q.Q_SCOPE]) != 0 and not knows_block(store, request):
        return np.int64(_UNKNOWN_BLOCK), request[q.Q_ARRIVAL]
    seen, short = _look_at_cells(store, request, column, lines, before)
    flags = row_flags_of(store)[row]
    own = request[q.Q_PRODUCT] >= 0 and row_restricted_of(store)[row] != 0
    if flags & _CLOSING != 0 and is_shut(store, row, request[q.Q_PRODUCT]):
        return np.int64(_CLOSED), request[q.Q_ARRIVAL]
    if restricted and (seen != 0 or own):
        code, night = _restriction(store, request, column, hotel)
        if code != _OK:
            return code, night
    if request[q.Q_GUESTS] != 0 and request[q.Q_GUESTS] > row_guests_of(store)[row]:
        return np.int64(_TOO_MANY_GUESTS), request[q.Q_ARRIVAL]
    if flags & at.ROW_CONTROLLED != 0:
        return selling_code(store, request, lines, before, hotel, now_ms)
    if short >= 0:
        return np.int64(_SOLD_OUT), short
    return np.int64(_OK), request[q.Q_ARRIVAL]
