"""Whether what a search found was there on all its nights at one instant.

A search reads bit maps night by night and waits for nobody. Meanwhile a guest can move from one night of a stay to
another one, and each night is seen without him. So where the store changed during a search, what it found is looked at
again: between two looks at the change counter of its hotel, which is counted up before a room comes back.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from nightgrid.native.base.atomics import fence, load_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.search.offers import sale_code
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import (
    column_of,
    controlled_of,
    end_night,
    hotel_words_of,
    next_column,
    product_lane_of,
    product_row_of,
    row_hotel_of,
    sellable_of,
    shared_of,
)

#: Looks at one product before the last one is believed: a hotel changes a few times a microsecond at most.
LOOKS_MAX: Final = 1_000
#: More than the hurdles of any stay: values were compared when it was found.
_ANY_VALUE: Final = 10**15


@kernel
def _is_there(store, product, stay, everything, now_ms):
    """True if each night of a stay has room for it, as it is read."""
    arrival, nights, rooms, scope = stay
    shared = shared_of(store)
    if arrival < load_word(shared, at.S_FIRST_NIGHT) or arrival + nights > end_night(shared):
        return False
    lane = np.int64(product_lane_of(store)[product])
    word = lane >> 6
    if everything or controlled_of(store)[word] >> (lane & 63) & 1:
        row = product_row_of(store)[product]
        return sale_code(store, row, product, arrival, nights, rooms, scope, _ANY_VALUE, now_ms)[0] == 0
    sellable = sellable_of(store)
    column = column_of(store, shared, arrival)
    for _ in range(nights):
        if load_word(sellable, column * store[at.H_WORDS] + word) >> (lane & 63) & 1 == 0:
            return False
        column = next_column(store, column)
    return True


@kernel
def look_again(store, products, stay, everything, now_ms, out_gone):
    """Which of some products cannot be had for a stay at one instant: how many; out_gone (product) bool [out].

    products (k) int32 [in]; stay: (arrival ordinal, nights, rooms, scope); everything: the bit maps do not decide, as
    in `drop_refused`. Locks nothing. O(products x nights).
    """
    hotels = hotel_words_of(store)
    gone = 0
    for i in range(products.size):
        changes = np.int64(row_hotel_of(store)[product_row_of(store)[products[i]]]) * at.L_WORDS + at.L_CHANGES
        there = False
        for _ in range(LOOKS_MAX):
            before = load_word(hotels, changes)
            there = _is_there(store, products[i], stay, everything, now_ms)
            fence()
            if load_word(hotels, changes) == before:
                break
        out_gone[i] = not there
        gone += not there
    return gone
