"""What a sale changes besides its rooms: caps, quotas, blocks, hurdles, limited counters; what its end gives back."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.atomics import add_word, load_word, store_word, swap_word
from nightgrid.native.base.hints import stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store import steps
from nightgrid.native.store.cells import inside_window
from nightgrid.native.store.selling import in_scope, plan_of
from nightgrid.native.store.views import (
    column_of,
    control_nights_of,
    controls_of,
    counters_of,
    hotel_words_of,
    next_column,
    quotes_of,
    row_control_of,
    row_flags_of,
    row_hotel_of,
    shared_of,
    slots_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_COUNTER_USED_UP = int(Outcome.COUNTER_USED_UP)
_POINTS_USED_UP = int(Outcome.POINTS_USED_UP)
_TOO_MANY_OPEN_HOLDS = int(Outcome.TOO_MANY_OPEN_HOLDS)


@kernel
def counts_sale(controls, control, scope, plan):
    """True if a sale moves a control's count."""
    kind = controls[control, at.T_KIND]
    if kind == at.KIND_CAP or kind == at.KIND_QUOTA:
        return in_scope(controls, control, scope, plan)
    if kind == at.KIND_BLOCK:
        return q.scope_block(scope) == control + 1
    return kind == at.KIND_HURDLE and q.scope_block(scope) == 0


@kernel
def _count_controls(store, row, hotel, product, scope, night, nights, rooms, with_quotas):
    """Move the counts of every control that a sale falls under, on nights inside the window."""
    stay_apart()
    controls = controls_of(store)
    counts = control_nights_of(store)
    plan = plan_of(store, product)
    night, nights = inside_window(store, night, nights)
    for level in range(2):
        link = row_control_of(store)[row] + 0
        if level:
            link = hotel_words_of(store)[hotel * at.L_WORDS + at.L_FIRST_CONTROL]
        while link:
            control = link - 1
            link = controls[control, at.T_NEXT]
            if not counts_sale(controls, control, scope, plan):
                continue
            keeps = controls[control, at.T_KIND] == at.KIND_QUOTA and not with_quotas
            column = column_of(store, shared_of(store), night) if nights > 0 else 0
            for _ in range(nights):
                if keeps:
                    counts[control, column, at.N_KEPT] -= rooms
                else:
                    counts[control, column, at.N_USED] += rooms
                steps.step(store, steps.POINT_COUNTED)
                column = next_column(store, column)


@inlined_kernel
def count_sale(store, row, hotel, product, scope, night, nights, rooms, with_quotas):
    """Count rooms taken (positive) or given back (negative) on nights (an ordinal and a number) of a row.

    with_quotas: quotas move too; else what is given back stays used of them, and is noted as kept: a cancelled booking
    does not give its quota back. Rows without controls pay one look.
    """
    if row_flags_of(store)[row] & at.ROW_CONTROLLED != 0:
        _count_controls(store, row, hotel, product, scope, night, nights, rooms, with_quotas)


@inlined_kernel
def points_of(store, slot, scope):
    """The points of the hold in a slot (a word), whose scope this is; 0 = none."""
    return quotes_of(store)[slot * at.B_WORDS + at.B_POINTS] if scope < 0 else np.int64(0)


@kernel
def _is_beyond(store, counter, units, before):
    """True if a limited counter (-1 = none) has not so many units left, once `before` units were taken as well."""
    if counter < 0:
        return False
    counters = counters_of(store)
    limit = counters[counter * at.U_WORDS + at.U_LIMIT] - 1
    used = max(load_word(counters, counter * at.U_WORDS + at.U_USED) + before, 0)
    return limit >= 0 and units + before > 0 and used + units > limit


@kernel
def counter_code(store, scope, points, opens, before_units, before_points, before_opens):
    """Why the limited counters refuse a request; OK if they do not. The counter lock is held.

    points: its word; opens: 1 for a hold, 0 for a booking at once; before_units, before_points, before_opens: what
    other lines of its cart take of the same counters, or, negative, what the hold that is replaced gives back.
    """
    counters = counters_of(store)
    if _is_beyond(store, q.scope_counter(scope) - 1, q.scope_units(scope), before_units):
        return _COUNTER_USED_UP
    if _is_beyond(store, q.points_counter(points) - 1, q.points_units(points), before_points):
        return _POINTS_USED_UP
    channel = q.scope_channel(scope) - 1
    if channel >= 0 and opens:
        limit = counters[channel * at.U_WORDS + at.U_LIMIT] - 1
        more = before_opens + opens
        if limit >= 0 and more > 0 and load_word(counters, channel * at.U_WORDS + at.U_USED) + more > limit:
            return _TOO_MANY_OPEN_HOLDS
    return _OK


@kernel
def _of_control(store, control, row, scope, product):
    """True if a sale of a row moves a control's count."""
    controls = controls_of(store)
    owner = row_hotel_of(store)[row] if controls[control, at.T_LEVEL] != 0 else row
    return controls[control, at.T_OWNER] == owner and counts_sale(controls, control, scope, plan_of(store, product))


@kernel
def _swap_list(store, link, lines, request, opens, taking):
    """`swap_counts` for one list of controls."""
    controls = controls_of(store)
    counts = control_nights_of(store)
    arrival, old_arrival = request[q.Q_ARRIVAL], lines[q.Q_ARRIVAL, 0]
    departure, old_departure = arrival + request[q.Q_NIGHTS], old_arrival + lines[q.Q_NIGHTS, 0]
    begin = min(arrival, old_arrival)
    first, nights = inside_window(store, begin, max(departure, old_departure) - begin)
    while link:
        control = link - 1
        link = controls[control, at.T_NEXT]
        new = _of_control(store, control, request[q.Q_ROW], request[q.Q_SCOPE], request[q.Q_PRODUCT])
        old = _of_control(store, control, lines[q.Q_ROW, 0], lines[q.Q_SCOPE, 0], lines[q.Q_PRODUCT, 0])
        stays_used = controls[control, at.T_KIND] == at.KIND_QUOTA and opens == 0
        if not (new or old):
            continue
        column = column_of(store, shared_of(store), first) if nights > 0 else 0
        for night in range(first, first + nights):
            change = request[q.Q_ROOMS] if new and arrival <= night < departure else 0
            change += lines[q.Q_ROOMS, 0] if old and old_arrival <= night < old_departure else 0
            if (change > 0) == taking and change != 0:
                if stays_used and not taking:
                    counts[control, column, at.N_KEPT] -= change
                else:
                    counts[control, column, at.N_USED] += change
                steps.step(store, steps.POINT_COUNTED)
            column = next_column(store, column)


@kernel
def swap_counts(store, lines, request, opens, taking):
    """Move the counts of all controls from an old stay, lines[:, 0] with its rooms negative (`replace.write_credit`),
    to that of a request, night by night: what is more is taken (taking), or what is less is given back (not taking:
    once the change is published).

    opens: 1 for an open hold; a booking (0) gives no quota back: it uses what it takes more of on a night.
    """
    row_control = row_control_of(store)
    row_hotel = row_hotel_of(store)
    hotels = hotel_words_of(store)
    row, old_row = request[q.Q_ROW], lines[q.Q_ROW, 0]
    hotel, old_hotel = np.int64(row_hotel[row]), np.int64(row_hotel[old_row])
    _swap_list(store, np.int64(row_control[row]), lines, request, opens, taking)
    _swap_list(store, hotels[hotel * at.L_WORDS + at.L_FIRST_CONTROL], lines, request, opens, taking)
    if old_row != row:
        _swap_list(store, np.int64(row_control[old_row]), lines, request, opens, taking)
    if old_hotel != hotel:
        _swap_list(store, hotels[old_hotel * at.L_WORDS + at.L_FIRST_CONTROL], lines, request, opens, taking)


@kernel
def _return_units(store, counter, units):
    """Units of a limited counter come back; it does not fall below nothing used."""
    counters = counters_of(store)
    used = load_word(counters, counter * at.U_WORDS + at.U_USED)
    while not swap_word(counters, counter * at.U_WORDS + at.U_USED, used, max(used - units, 0)):
        used = load_word(counters, counter * at.U_WORDS + at.U_USED)
    if used < units:  # the hotel had set less than is in use
        add_word(counters, counter * at.U_WORDS + at.U_KEPT, units - used)


@kernel
def _move_units(store, counter, units, sign):
    """Take (1) or give back (-1) units of a limited counter, -1 = none."""
    if counter < 0:
        return
    if sign > 0:
        add_word(counters_of(store), counter * at.U_WORDS + at.U_USED, units)
    else:
        _return_units(store, counter, units)


@kernel
def count_units(store, scope, sign):
    """Take (1) or give back (-1) the units of a request's coupon."""
    _move_units(store, q.scope_counter(scope) - 1, q.scope_units(scope), sign)


@kernel
def count_points(store, points, sign):
    """Take (1) or give back (-1) the points of a request (their word)."""
    if points != 0:
        _move_units(store, q.points_counter(points) - 1, q.points_units(points), sign)
        steps.step(store, steps.POINT_COUNTED)


@kernel
def _swap_units(store, old_counter, back, counter, units, taking):
    """Move units from one limited counter to another, or the same, -1 = none: what is more, or what is less."""
    if counter == old_counter:
        units, back = units - min(units, back), back - min(units, back)
    if taking and counter >= 0 and units > 0:
        _move_units(store, counter, units, 1)
    if not taking and old_counter >= 0 and back > 0:
        _move_units(store, old_counter, back, -1)


@kernel
def swap_counters(store, old, old_points, scope, points, taking):
    """Move the limited counters from one open hold (its scope word and points) to another in its place: units and open
    holds, what is more before the change is published (taking), what is less after it.
    """
    counter, old_counter = q.scope_counter(scope) - 1, q.scope_counter(old) - 1
    _swap_units(store, old_counter, q.scope_units(old), counter, q.scope_units(scope), taking)
    steps.step(store, steps.POINT_COUNTED)
    counter, old_counter = q.points_counter(points) - 1, q.points_counter(old_points) - 1
    _swap_units(store, old_counter, q.points_units(old_points), counter, q.points_units(points), taking)
    if q.scope_channel(scope) != q.scope_channel(old):
        if taking:
            count_open(store, scope, 1)
        else:
            count_open(store, old, -1)


@inlined_kernel
def begin_keeping(store, slot, hotel, place, scope):
    """A booking is about to give rooms back whose quota and units stay used. Its place and scope; hotel locked.

    Who dies before `end_keeping` leaves the note, and `settle.settle_keepers` tells by it which of the two numbers of a
    quota is right: once the change is published what is used, before that what is kept.
    """
    if row_flags_of(store)[q.place_row(place)] & at.ROW_CONTROLLED != 0 or q.scope_counter(scope) != 0 or scope < 0:
        hotels = hotel_words_of(store)
        line = hotel * at.L_WORDS
        hotels[line + at.L_KEEPER_LSN] = slots_of(store)[slot * at.W_WORDS + at.W_LSN]
        hotels[line + at.L_KEEPER_UNITS] = 0
        store_word(hotels, line + at.L_KEEPER, slot + 1)


@inlined_kernel
def end_keeping(store, hotel):
    """Everything was given back that is given back."""
    hotels = hotel_words_of(store)
    if hotels[hotel * at.L_WORDS + at.L_KEEPER] != 0:
        store_word(hotels, hotel * at.L_WORDS + at.L_KEEPER, 0)


@kernel
def keep_units(store, scope):
    """A sale ends and the units of its coupon stay used: no live hold has them any more."""
    counter = q.scope_counter(scope) - 1
    if counter >= 0:
        add_word(counters_of(store), counter * at.U_WORDS + at.U_KEPT, q.scope_units(scope))


@kernel
def keep_points(store, points):
    """A sale ends and its points (their word) stay used."""
    counter = q.points_counter(points) - 1
    if counter >= 0:
        add_word(counters_of(store), counter * at.U_WORDS + at.U_KEPT, q.points_units(points))


@kernel
def count_open(store, scope, sign):
    """A hold of a channel is open (1) or no longer (-1)."""
    channel = q.scope_channel(scope) - 1
    if channel >= 0:
        add_word(counters_of(store), channel * at.U_WORDS + at.U_USED, sign)
