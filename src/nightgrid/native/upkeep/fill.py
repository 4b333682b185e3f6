"""House fill of many stays, and of the whole house, as prices that depend on it see it now."""

from __future__ import annotations

from nightgrid.native.base.atomics import acquire, load_word, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.houses import house_fill
from nightgrid.native.store.views import column_of, end_night, hotel_words_of, shared_of


@kernel
def fill_nights(store, hotels, arrivals, nights, first, out_bp):
    """House fill of the nights of some stays, in basis points: out_bp int64, those of a stay from its `first` on [out].

    hotels (stay) int64 indexes; arrivals (stay) int64 ordinals and nights (stay) int64, inside the window; first (stay)
    int64 [in]. Fill as `house_fill`. Nothing is locked: a fill is that of some instant meanwhile. O(nights x room types
    of a hotel).
    """
    shared = shared_of(store)
    for stay in range(hotels.size):
        for night in range(nights[stay]):
            column = column_of(store, shared, arrivals[stay] + night)
            out_bp[first[stay] + night] = house_fill(store, hotels[stay], column)


@kernel
def fill_houses(store, first_night, out_bp):
    """House fill of the first hotels from `first_night` (ordinal) on: out_bp (hotel, night) int16 basis points [out], 0
    on nights outside the window.

    Each hotel is locked while its nights are read, so that what was published before is in them. O(hotels x nights x
    room types).
    """
    shared = shared_of(store)
    hotels = hotel_words_of(store)
    for hotel in range(out_bp.shape[0]):
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        begin = load_word(shared, at.S_FIRST_NIGHT)
        end = end_night(shared)
        for place in range(out_bp.shape[1]):
            night = first_night + place
            out_bp[hotel, place] = 0
            if begin <= night < end:
                out_bp[hotel, place] = house_fill(store, hotel, column_of(store, shared, night))
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)
