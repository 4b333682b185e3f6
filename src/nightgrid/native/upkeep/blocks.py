"""Blocks: rooms of a room type set aside for a group; and what the controls leave of every cell.

Units are checked and written under the hotel's lock, so that what is set aside is free at that moment.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import acquire, load_word, release
from nightgrid.native.base.jit import kernel
from nightgrid.native.holds.sweep import sweep_hotel
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from nightgrid.native.store.restrictions import is_shut
from nightgrid.native.store.selling import in_scope, is_released, protects_from
from nightgrid.native.store.views import (
    cells_of,
    column_of,
    control_nights_of,
    controls_of,
    hotel_row_of,
    hotel_words_of,
    next_column,
    next_row_of,
    product_flags_of,
    product_plan_of,
    row_control_of,
    row_hotel_of,
    shared_of,
)
from nightgrid.native.upkeep.control_tables import fill_control, link_control, publish_control


@kernel
def kept_by(store, control, hotel, night, column, now_ms):
    """Rooms that a block keeps on a night (ordinal, and its column)."""
    units = control_nights_of(store)[control, column, at.N_LIMIT] - 1
    if units < 0 or is_released(store, control, night, hotel, now_ms):
        return np.int64(0)
    return max(units - control_nights_of(store)[control, column, at.N_USED], np.int64(0))


@kernel
def blocked_rooms(store, row, hotel, night, column, now_ms):
    """Rooms of a cell that all blocks together keep: blocked_remaining."""
    controls = controls_of(store)
    rooms = np.int64(0)
    link = np.int64(row_control_of(store)[row])
    while link:
        control = link - 1
        link = controls[control, at.T_NEXT]
        if controls[control, at.T_KIND] == at.KIND_BLOCK:
            rooms += kept_by(store, control, hotel, night, column, now_ms)
    return rooms


@kernel
def _units_fit(store, control, linked, hotel, nights, units, now_ms, out_short):
    """True if the rooms that a block would keep more than now are free on every night.

    out_short (3) int64: night, units and rooms that could be set aside, of the first night without enough [out].
    """
    cells = cells_of(store)
    row = controls_of(store)[control, at.T_OWNER]
    shared = shared_of(store)
    for i in range(nights.size):
        column = column_of(store, shared, nights[i])
        if is_released(store, control, nights[i], hotel, now_ms):
            continue
        picked = control_nights_of(store)[control, column, at.N_USED] if linked else np.int64(0)
        before = kept_by(store, control, hotel, nights[i], column, now_ms) if linked else np.int64(0)
        after = max(units[i] - picked, np.int64(0))
        left = np.int64(cells[row, column, at.C_FREE]) + before
        left -= blocked_rooms(store, row, hotel, nights[i], column, now_ms)
        if after > before and after > left:
            out_short[0] = nights[i]
            out_short[1] = units[i]
            out_short[2] = left + picked
            return False
    return True


@kernel
def _write_units(store, control, nights, units):
    """Write a block's units of some nights. Hotel locked."""
    shared = shared_of(store)
    for i in range(nights.size):
        column = column_of(store, shared, nights[i])
        control_nights_of(store)[control, column, at.N_LIMIT] = units[i] + 1
        steps.step(store, steps.POINT_CELL)


@kernel
def _sweep_due(store, hotel, now_ms):
    """Expire what is due in a locked hotel: its rooms may be set aside."""
    if load_word(hotel_words_of(store), hotel * at.L_WORDS + at.L_EARLIEST_MS) <= now_ms:
        sweep_hotel(store, hotel, now_ms)


@kernel
def create_block(store, keys, release_ms, release_days, elastic, nights, units, now_ms, out_short):
    """Set rooms of a room type aside: the block's control, or -1 and nothing done where they are not free.

    keys (1, X_FIELDS) int64; release_ms: NEVER_MS = never; release_days: -1 = never; nights (night) int64: ordinals,
    ascending; units (night) int64 [in]; out_short: see `_units_fit` [out]. The table lock is held, and a control is
    left.
    """
    hotels = hotel_words_of(store)
    hotel = np.int64(row_hotel_of(store)[keys[0, 1]])
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    _sweep_due(store, hotel, now_ms)
    control = fill_control(store, keys, 0)
    controls = controls_of(store)
    controls[control, at.T_RELEASE_MS] = release_ms
    controls[control, at.T_RELEASE_DAYS] = release_days
    controls[control, at.T_ELASTIC] = elastic
    if _units_fit(store, control, False, hotel, nights, units, now_ms, out_short):
        _write_units(store, control, nights, units)
        link_control(store, control)
        hotels[hotel * at.L_WORDS + at.L_CHANGES] += 1
        publish_control(store, control, nights[0], nights[nights.size - 1] - nights[0] + 1, now_ms)
    else:
        controls[control, at.T_KIND] = 0
        control = np.int64(-1)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return control


@kernel
def set_block_units(store, control, nights, units, now_ms, out_short):
    """Other units on some nights of a block: False and nothing done where more would be kept than is free.

    As `create_block`; what is picked up stays picked up.
    """
    hotels = hotel_words_of(store)
    hotel = np.int64(row_hotel_of(store)[controls_of(store)[control, at.T_OWNER]])
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    _sweep_due(store, hotel, now_ms)
    fits = _units_fit(store, control, True, hotel, nights, units, now_ms, out_short)
    if fits:
        _write_units(store, control, nights, units)
        hotels[hotel * at.L_WORDS + at.L_CHANGES] += 1
        publish_control(store, control, nights[0], nights[nights.size - 1] - nights[0] + 1, now_ms)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)
    return fits


@kernel
def release_block(store, control, now_ms):
    """Give up what nobody picked up of a block, on every night, for good."""
    hotels = hotel_words_of(store)
    hotel = np.int64(row_hotel_of(store)[controls_of(store)[control, at.T_OWNER]])
    acquire(hotels, hotel * at.L_WORDS + at.L_LOCK)
    controls_of(store)[control, at.T_RELEASED] = 1
    hotels[hotel * at.L_WORDS + at.L_CHANGES] += 1
    publish_control(store, control, shared_of(store)[at.S_FIRST_NIGHT], store[at.H_NIGHTS], now_ms)
    release(hotels, hotel * at.L_WORDS + at.L_LOCK)


# -- what is left of every cell --------------------------------------------------------------------


@kernel
def blocked_cells(store, rows, now_ms, out):
    """Rooms that blocks keep: out (row, night of the window) int16 [out]; rows (row) int64 [in]. No lock is held.

    O(rows + nights of the rows that have controls).
    """
    first_night = shared_of(store)[at.S_FIRST_NIGHT]
    first_column = column_of(store, shared_of(store), first_night)
    for i in range(out.shape[0]):
        row = rows[i]
        out[i] = 0
        if row_control_of(store)[row] == 0:
            continue
        column = first_column
        for night in range(out.shape[1]):
            out[i, night] = blocked_rooms(store, row, row_hotel_of(store)[row], first_night + night, column, now_ms)
            column = next_column(store, column)


@kernel
def _protected_rooms(store, row, column, scope):
    """Rooms of a cell that a sale with this scope must leave."""
    controls = controls_of(store)
    rooms = np.int64(0)
    link = np.int64(row_control_of(store)[row])
    while link:
        control = link - 1
        link = controls[control, at.T_NEXT]
        if controls[control, at.T_KIND] == at.KIND_PROTECTION and protects_from(controls, control, scope):
            rooms = max(control_nights_of(store)[control, column, at.N_LIMIT] - 1, rooms)
    return rooms


@kernel
def _left_under(store, link, hotel, column, scope, plan, left):
    """The least of `left` and what the caps, quotas and house caps of a list of controls permit on a night."""
    controls = controls_of(store)
    first_row = hotel_row_of(store)
    next_row = next_row_of(store)
    cells = cells_of(store)
    while link:
        control = link - 1
        link = controls[control, at.T_NEXT]
        kind = controls[control, at.T_KIND]
        limit = control_nights_of(store)[control, column, at.N_LIMIT] - 1
        if limit < 0:
            continue
        if kind == at.KIND_CAP or kind == at.KIND_QUOTA:
            if in_scope(controls, control, scope, plan):
                left = min(left, limit - control_nights_of(store)[control, column, at.N_USED])
        elif kind == at.KIND_HOUSE:
            of_hotel = np.int64(first_row[hotel])
            while of_hotel:
                row = of_hotel - 1
                of_hotel = np.int64(next_row[row])
                limit -= np.int64(cells[row, column, at.C_HELD]) + cells[row, column, at.C_SOLD]
            left = min(left, limit)
    return left


@kernel
def sellable_cells(store, rows, products, scope, now_ms, out):
    """Rooms that a guest could have on each night alone, whatever restrictions and hurdles say: out (row, night of the
    window) int16 [out]. No lock is held.

    rows (row) int64; products (row) int64: product whose plan is asked for, -1 = none named, -2 = the row does not have
    the plan; scope: `requests.scope_word` of tier and channel [in]. O(cells x controls).
    """
    cells = cells_of(store)
    first_night = shared_of(store)[at.S_FIRST_NIGHT]
    for i in range(out.shape[0]):
        row = rows[i]
        hotel = np.int64(row_hotel_of(store)[row])
        product = products[i]
        plan = np.int64(product_plan_of(store)[product]) + 1 if product >= 0 else np.int64(0)
        last_room = product >= 0 and product_flags_of(store)[product] & at.PRODUCT_LAST_ROOM != 0
        offered = product > -2 and not is_shut(store, row, product)
        of_hotel = hotel_words_of(store)[hotel * at.L_WORDS + at.L_FIRST_CONTROL]
        of_row = np.int64(row_control_of(store)[row])
        column = column_of(store, shared_of(store), first_night)
        for night in range(out.shape[1]):
            left = np.int64(cells[row, column, at.C_FREE])
            if of_row:
                left -= blocked_rooms(store, row, hotel, first_night + night, column, now_ms)
                if not last_room:
                    left -= _protected_rooms(store, row, column, scope)
                left = _left_under(store, of_row, hotel, column, scope, plan, left)
            if of_hotel:
                left = _left_under(store, of_hotel, hotel, column, scope, plan, left)
            out[i, night] = max(left, 0) if offered else 0
            column = next_column(store, column)
