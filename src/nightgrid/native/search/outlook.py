"""The availability calendar: what a hold for every arrival of the window would be answered now."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import kernel
from nightgrid.native.search.offers import sale_code
from nightgrid.native.store import layout as at
from nightgrid.native.store.sales import counter_code
from nightgrid.native.store.views import hotel_words_of, row_hotel_of, shared_of
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_OUTSIDE_HORIZON = int(Outcome.OUTSIDE_HORIZON)
_UNKNOWN_PRODUCT = int(Outcome.UNKNOWN_PRODUCT)


@kernel
def stay_codes(store, rows, products, nights, rooms, scope, value, now_ms, out_code):
    """out_code (row, arrival as night of the window) int16 Outcome [out]: what a hold would be answered. No lock.

    rows (row) int64; products (row) int64: of the plan asked for, -1 = none named, -2 = the row does not have it;
    nights, rooms: of the stay; scope: `requests.scope_word` of tier and channel; value: of the stay, minor units [in].
    O(rows x arrivals x nights).
    """
    shared = shared_of(store)
    first_night = shared[at.S_FIRST_NIGHT]
    counted = counter_code(store, scope, 0, 1, 0, 0, 0)
    for i in range(out_code.shape[0]):
        hotel = np.int64(row_hotel_of(store)[rows[i]])
        today = hotel_words_of(store)[hotel * at.L_WORDS + at.L_TODAY]
        for night in range(out_code.shape[1]):
            arrival = first_night + night
            if arrival < today or arrival + nights > shared[at.S_END_NIGHT]:
                out_code[i, night] = _OUTSIDE_HORIZON
            elif products[i] < -1:
                out_code[i, night] = _UNKNOWN_PRODUCT
            else:
                code = sale_code(store, rows[i], products[i], arrival, nights, rooms, scope, value, now_ms)[0]
                out_code[i, night] = counted if counted != _OK and (code == _OK or counted < code) else code
