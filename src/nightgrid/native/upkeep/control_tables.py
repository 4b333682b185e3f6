"""Setting selling controls: found or handed out, filled, linked, and what is used already counted.

The caller holds the table lock; each hotel is locked while its controls change. Searches read without a lock: a
control is filled before it is linked, the link is stored last, and a control is never taken out again.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.atomics import acquire, add_word, load_word, or_word, release, store_word, swap_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.cells import inside_window
from nightgrid.native.store.records import publish_cells
from nightgrid.native.store.selling import in_scope, plan_of
from nightgrid.native.store.views import (
    as_pointer,
    column_of,
    control_nights_of,
    controlled_of,
    controls_of,
    counters_of,
    hotel_row_of,
    hotel_words_of,
    next_column,
    next_product_of,
    next_row_of,
    product_flags_of,
    product_lane_of,
    product_plan_of,
    row_control_of,
    row_flags_of,
    row_hotel_of,
    row_product_of,
    shared_of,
    slots_of,
)

#: What a control is about, in the order of the columns of `keys`: T_LEVEL, T_OWNER and so on.
X_LEVEL: Final = 0
X_OWNER: Final = 1
X_KIND: Final = 2
X_CHANNEL: Final = 3
X_PLAN: Final = 4
X_CLASS: Final = 5
X_FIELDS: Final = 6

#: Values of a night, in the order of the rows of `values`.
V_LIMIT: Final = 0
V_DELTA: Final = 1
V_FLOOR: Final = 2
V_CEILING: Final = 3
V_FIELDS: Final = 4


@kernel
def owner_hotel(store, level, owner):
    """Hotel of a control's owner: itself, or that of a row."""
    return np.int64(owner) if level else np.int64(row_hotel_of(store)[owner])


@kernel
def first_control(store, level, owner):
    """First control of an owner (control + 1), 0 = none."""
    if level:
        return hotel_words_of(store)[owner * at.L_WORDS + at.L_FIRST_CONTROL]
    return np.int64(row_control_of(store)[owner])


@kernel
def find_control(store, keys, key):
    """The control that is about what a line of keys (key, X_FIELDS) int64 says, -1 if there is none."""
    controls = controls_of(store)
    link = first_control(store, keys[key, X_LEVEL], keys[key, X_OWNER])
    while link:
        control = link - 1
        link = controls[control, at.T_NEXT]
        if (
            controls[control, at.T_KIND] == keys[key, X_KIND]
            and controls[control, at.T_CHANNEL] == keys[key, X_CHANNEL]
            and controls[control, at.T_PLAN] == keys[key, X_PLAN]
            and controls[control, at.T_CLASS] == keys[key, X_CLASS]
        ):
            return control
    return np.int64(-1)


@kernel
def find_controls(store, keys, out_controls):
    """`find_control` of every line: out_controls (key) int64 [out]. The table lock is held."""
    for key in range(keys.shape[0]):
        out_controls[key] = find_control(store, keys, key)


@kernel
def fill_control(store, keys, key):
    """Write the next control that was never used; returns it. Nobody sees it before `link_control`."""
    controls = controls_of(store)
    control = shared_of(store)[at.S_CONTROLS]
    for field in range(at.T_WORDS):
        controls[control, field] = 0
    controls[control, at.T_OWNER] = keys[key, X_OWNER]
    controls[control, at.T_LEVEL] = keys[key, X_LEVEL]
    controls[control, at.T_CHANNEL] = keys[key, X_CHANNEL]
    controls[control, at.T_PLAN] = keys[key, X_PLAN]
    controls[control, at.T_CLASS] = keys[key, X_CLASS]
    controls[control, at.T_RELEASE_MS] = at.NEVER_MS
    controls[control, at.T_RELEASE_DAYS] = -1
    controls[control, at.T_KIND] = keys[key, X_KIND]
    return control


@kernel
def mark_row(store, row):
    """Note that a row has controls: for holds a flag (its hotel is locked), for searches a bit of each product."""
    row_flags_of(store)[row] |= at.ROW_CONTROLLED
    controlled = controlled_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    lanes = product_lane_of(store)
    link = np.int64(first_product[row])
    while link:
        product = link - 1
        link = np.int64(next_product[product])
        lane = np.int64(lanes[product])
        or_word(controlled, lane >> 6, np.int64(1) << (lane & 63))


@kernel
def _store_row_control(store, row, link):
    """Set the first control of a row atomically.

    Two rows share a word; whoever changes either holds the table lock.
    """
    rows = row_control_of(store)
    pairs = carray(as_pointer(store[at.R_ROW_CONTROL]), ((store[at.H_ROWS] + 1) // 2,), np.int64)
    pair = row // 2
    low = np.int64(link) if row % 2 == 0 else np.int64(rows[2 * pair])
    high = np.int64(link) if row % 2 else np.int64(0)
    if row % 2 == 0 and 2 * pair + 1 < store[at.H_ROWS]:
        high = np.int64(rows[2 * pair + 1])
    store_word(pairs, pair, low | high << 32)


@kernel
def link_control(store, control):
    """Put a filled control at the head of its owner's list. Table and hotel locked."""
    controls = controls_of(store)
    shared = shared_of(store)
    level = controls[control, at.T_LEVEL]
    owner = controls[control, at.T_OWNER]
    controls[control, at.T_NEXT] = first_control(store, level, owner)
    if level:
        store_word(hotel_words_of(store), owner * at.L_WORDS + at.L_FIRST_CONTROL, control + 1)
        first_row = hotel_row_of(store)
        next_row = next_row_of(store)
        link = np.int64(first_row[owner])
        while link:
            row = link - 1
            link = np.int64(next_row[row])
            mark_row(store, row)
    else:
        _store_row_control(store, owner, control + 1)
        mark_row(store, owner)
    store_word(shared, at.S_CONTROLS, control + 1)


@kernel
def count_live(store, control, hotel, fresh):
    """Add what live holds use of a cap or quota on the columns marked in fresh (column) uint8 [in]. Hotel locked.

    O(holds and bookings of the hotel x nights).
    """
    controls = controls_of(store)
    nights = control_nights_of(store)
    slots = slots_of(store)
    shared = shared_of(store)
    for head in (at.L_HELD_HEAD, at.L_BOOKED_HEAD):
        link = hotel_words_of(store)[hotel * at.L_WORDS + head]
        while link:
            base = (link - 1) * at.W_WORDS
            link = slots[base + at.W_NEXT]
            place = slots[base + at.W_PLACE]
            if controls[control, at.T_LEVEL] == 0 and q.place_row(place) != controls[control, at.T_OWNER]:
                continue
            if not in_scope(controls, control, slots[base + at.W_SCOPE], plan_of(store, q.place_product(place))):
                continue
            stay = slots[base + at.W_STAY]
            night, count = inside_window(store, q.stay_arrival(stay), q.stay_kept(stay))
            column = column_of(store, shared, night) if count > 0 else 0
            for _ in range(count):
                if fresh[column]:
                    nights[control, column, at.N_USED] += q.stay_rooms(stay)
                column = next_column(store, column)


@kernel
def _write_nights(store, control, hotel, nights, source, values, begin, end, fresh):
    """Write the nights begin..end of the change into a control; what becomes limited is counted anew. Hotel locked."""
    kind = controls_of(store)[control, at.T_KIND]
    lines = control_nights_of(store)
    shared = shared_of(store)
    counted = kind == at.KIND_CAP or kind == at.KIND_QUOTA
    recount = False
    for i in range(begin, end):
        column = column_of(store, shared, nights[i])
        if counted and lines[control, column, at.N_LIMIT] == 0 and values[V_LIMIT, source[i]] != 0:
            fresh[column] = 1
            recount = True
        if kind == at.KIND_HURDLE or fresh[column]:
            lines[control, column, at.N_USED] = 0
        if kind == at.KIND_QUOTA and fresh[column]:
            lines[control, column, at.N_KEPT] = 0
    if recount:
        count_live(store, control, hotel, fresh)
    for i in range(begin, end):
        column = column_of(store, shared, nights[i])
        fresh[column] = 0
        if kind == at.KIND_HURDLE:
            lines[control, column, at.N_DELTA] = values[V_DELTA, source[i]]
            lines[control, column, at.N_FLOOR] = values[V_FLOOR, source[i]]
            lines[control, column, at.N_CEILING] = values[V_CEILING, source[i]]
        lines[control, column, at.N_LIMIT] = values[V_LIMIT, source[i]]


@kernel
def publish_control(store, control, night, nights, now_ms):
    """Publish that what can be sold of a control's row, or of every row of its hotel, may have changed."""
    controls = controls_of(store)
    owner = controls[control, at.T_OWNER]
    if controls[control, at.T_LEVEL] == 0:
        publish_cells(store, at.RECORD_CELLS, owner, night, nights, now_ms)
        return
    first_row = hotel_row_of(store)
    next_row = next_row_of(store)
    link = np.int64(first_row[owner])
    while link:
        row = link - 1
        link = np.int64(next_row[row])
        publish_cells(store, at.RECORD_CELLS, row, night, nights, now_ms)


@kernel
def _set_key(store, keys, key, hotel, first_cell, nights, source, values, each, now_ms, fresh):
    """Set the nights of one control, which is made where there is none. Table and hotel locked."""
    begin, end = first_cell[key], first_cell[key + 1]
    control = find_control(store, keys, key)
    if control < 0:
        wanted = False
        for i in range(begin, end):
            wanted = wanted or values[V_LIMIT, source[i]] != 0
        if not wanted:
            return
        control = fill_control(store, keys, key)
        _write_nights(store, control, hotel, nights, source, values, begin, end, fresh)
        link_control(store, control)
    else:
        _write_nights(store, control, hotel, nights, source, values, begin, end, fresh)
    hotel_words_of(store)[hotel * at.L_WORDS + at.L_CHANGES] += 1
    if each:
        publish_control(store, control, nights[begin], nights[end - 1] - nights[begin] + 1, now_ms)


@kernel
def set_controls(store, keys, first_cell, nights, source, values, each, now_ms, fresh):
    """Set the nights of many controls. The table lock is held, and as many controls are left as may be needed.

    keys (key, X_FIELDS) int64, distinct, those of a hotel together; first_cell (key + 1) int64; nights (cell) int64:
    ordinals inside the window, ascending for each key; source (cell) int64: the line of its values; values
    (V_FIELDS, line) int64: a limit + 1 or 0 to take it away, and what a hurdle has; each: publish a record a control,
    else one for all [in]; fresh (column) uint8: scratch, zero. O(cells + controls x live holds of their hotels).
    """
    hotels = hotel_words_of(store)
    locked = np.int64(-1)
    for key in range(keys.shape[0]):
        hotel = owner_hotel(store, keys[key, X_LEVEL], keys[key, X_OWNER])
        if hotel != locked:
            if locked >= 0:
                release(hotels, locked * at.L_WORDS + at.L_LOCK)
            acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
            locked = hotel
        _set_key(store, keys, key, hotel, first_cell, nights, source, values, each, now_ms, fresh)
    if locked >= 0:
        release(hotels, locked * at.L_WORDS + at.L_LOCK)
    if not each:
        publish_cells(store, at.RECORD_RELOAD, 0, 0, 0, now_ms)


@kernel
def set_last_room(store, hotels_of_change, plans, now_ms):
    """Products of some hotels with one of these plans are sold to the last room, those with another are not.

    hotels_of_change (hotel) int64; plans (plan) int64: indexes as R_PRODUCT_PLAN [in]. The table lock is held.
    """
    hotels = hotel_words_of(store)
    first_row = hotel_row_of(store)
    next_row = next_row_of(store)
    first_product = row_product_of(store)
    next_product = next_product_of(store)
    flags = product_flags_of(store)
    for i in range(hotels_of_change.size):
        hotel = hotels_of_change[i]
        acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
        of_hotel = np.int64(first_row[hotel])
        while of_hotel:
            link = np.int64(first_product[of_hotel - 1])
            of_hotel = np.int64(next_row[of_hotel - 1])
            while link:
                product = link - 1
                link = np.int64(next_product[product])
                known = False
                for plan in plans:
                    known = known or plan == product_plan_of(store)[product]
                flag = flags[product] & ~at.PRODUCT_LAST_ROOM
                flags[product] = flag | at.PRODUCT_LAST_ROOM if known else flag
        hotels[hotel * at.L_WORDS + at.L_CHANGES] += 1
        release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    publish_cells(store, at.RECORD_RELOAD, 0, 0, 0, now_ms)


@kernel
def set_counter(store, counter, limit, used):
    """Set a limited counter: limit + 1 (0 = none), and what is used (-1 = as it is). Takes the counter lock.

    What is set by hand is kept apart from what live holds use: `U_KEPT`.
    """
    counters = counters_of(store)
    shared = shared_of(store)
    base = counter * at.U_WORDS
    acquire(shared, at.S_COUNTER_LOCK)
    store_word(counters, base + at.U_LIMIT, limit)
    if used >= 0:
        before = load_word(counters, base + at.U_USED)
        while not swap_word(counters, base + at.U_USED, before, used):  # a hold that ends does not take the lock
            before = load_word(counters, base + at.U_USED)
        add_word(counters, base + at.U_KEPT, used - before)
    release(shared, at.S_COUNTER_LOCK)
