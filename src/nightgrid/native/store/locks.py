"""The store stands still: every hotel locked, for changes and checks that concern many hotels at once."""

from __future__ import annotations

from nightgrid.native.base.atomics import acquire, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import hotel_words_of


@kernel
def lock_hotels(store):
    """Lock every hotel, in ascending order: the store stands still until `unlock_hotels`."""
    hotels = hotel_words_of(store)
    for hotel in range(store[at.H_HOTELS]):
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)


@kernel
def unlock_hotels(store):
    """Unlock every hotel after `lock_hotels`."""
    hotels = hotel_words_of(store)
    for hotel in range(store[at.H_HOTELS]):
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)
