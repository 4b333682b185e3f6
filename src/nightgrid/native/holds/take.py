"""A stay enters the store: rooms, controls, counters, its slot. The caller has checked it and publishes it after."""

from __future__ import annotations

from nightgrid.native.base.atomics import store_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.cells import cross_nights, take_cells
from nightgrid.native.store.sales import count_open, count_points, count_sale, count_units
from nightgrid.native.store.slots import link_slot, note_deadline
from nightgrid.native.store.views import column_of, quotes_of, shared_of, slots_of


@kernel
def note_beside(store, slot, request):
    """Write the quote that a request is bound to, and its points, beside its slot."""
    quotes = quotes_of(store)
    quotes[slot * at.B_WORDS + at.B_QUOTE] = request[q.Q_QUOTE]
    quotes[slot * at.B_WORDS + at.B_VERSION] = request[q.Q_VERSION]
    quotes[slot * at.B_WORDS + at.B_POINTS] = request[q.Q_POINTS]


@inlined_kernel
def fill_slot(store, slot, generation, state, request, digest, link, now_ms):
    """Write a new hold into its slot; the state word comes last and makes it visible."""
    slots = slots_of(store)
    base = slot * at.W_WORDS
    nights = request[q.Q_NIGHTS]
    slots[base + at.W_PLACE] = q.place_word(request[q.Q_ROW], request[q.Q_PRODUCT])
    slots[base + at.W_STAY] = q.stay_word(request[q.Q_ARRIVAL], nights, nights, request[q.Q_ROOMS])
    slots[base + at.W_DEADLINE_MS] = now_ms + request[q.Q_TTL_MS]
    slots[base + at.W_TAKEN_MS] = now_ms
    slots[base + at.W_VALUE] = request[q.Q_VALUE]
    slots[base + at.W_KEY_HIGH] = request[q.Q_KEY_HIGH]
    slots[base + at.W_KEY_LOW] = request[q.Q_KEY_LOW]
    slots[base + at.W_REQUEST] = digest
    slots[base + at.W_GUEST] = request[q.Q_GUEST]
    slots[base + at.W_REFERENCE] = request[q.Q_REFERENCE]
    slots[base + at.W_SCOPE] = request[q.Q_SCOPE]
    slots[base + at.W_LINK] = link
    slots[base + at.W_LSN] = 0  # not published yet
    if request[q.Q_SCOPE] >> q.BESIDE_SHIFT != 0:
        note_beside(store, slot, request)
    store_word(slots, base + at.W_STATE, generation << 8 | state)


@inlined_kernel
def enter_stay(store, slot, generation, hotel, request, column, digest, link, now_ms):
    """`take_stay` without the bit maps: nights from the arrival on whose free rooms have crossed 1, a bit each, for
    `cells.cross_nights` before the locks are given back. column: of the arrival.
    """
    scope = request[q.Q_SCOPE]
    held = request[q.Q_TTL_MS] > 0
    row = request[q.Q_ROW]
    arrival = request[q.Q_ARRIVAL]
    nights = request[q.Q_NIGHTS]
    if held:
        note_deadline(store, hotel, now_ms + request[q.Q_TTL_MS])
    crossed = take_cells(store, row, column, nights, request[q.Q_ROOMS], at.C_HELD if held else at.C_SOLD)
    count_sale(store, row, hotel, request[q.Q_PRODUCT], scope, arrival, nights, request[q.Q_ROOMS], True)
    if q.needs_counters(scope):
        count_units(store, scope, 1)
        count_points(store, request[q.Q_POINTS], 1)
        if held:
            count_open(store, scope, 1)
    steps.step(store, steps.POINT_COUNTED)
    fill_slot(store, slot, generation, at.STATE_HELD if held else at.STATE_BOOKED, request, digest, link, now_ms)
    steps.step(store, steps.POINT_SLOT)
    link_slot(store, slot, hotel, at.L_HELD_HEAD if held else at.L_BOOKED_HEAD)
    steps.step(store, steps.POINT_LIST)
    return crossed


@inlined_kernel
def take_stay(store, slot, generation, hotel, request, digest, link, now_ms):
    """Take what was admitted: rooms, controls, counters, the slot in the hotel's list. Not yet published."""
    column = column_of(store, shared_of(store), request[q.Q_ARRIVAL])
    crossed = enter_stay(store, slot, generation, hotel, request, column, digest, link, now_ms)
    if crossed:
        cross_nights(store, request[q.Q_ROW], column, crossed, request[q.Q_ROOMS] < 0)
