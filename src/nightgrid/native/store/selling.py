"""Selling controls: caps and quotas, protection, blocks, hurdles, house caps: what a sale must pass, in one place.

Controls hang on a room type or on a hotel. Rows without any never come here. Everything is tested and counted under the
hotel's lock, in the same step in which the rooms are taken. A request of a cart, or one that replaces another, is
tested together with the lines before it: their rooms count as taken (those of the hold that is replaced as given
back: its rooms are negative there). On a night on which a change takes no more of something than the old stay had,
that is not tested: an overbooked hotel must be able to shorten a stay.
"""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.hints import stay_apart
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
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
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_QUOTA_USED_UP = int(Outcome.QUOTA_USED_UP)
_BELOW_HURDLE = int(Outcome.BELOW_HURDLE)
_PROTECTED = int(Outcome.PROTECTED)
_BLOCK_USED_UP = int(Outcome.BLOCK_USED_UP)
_SOLD_OUT = int(Outcome.SOLD_OUT)
_HOUSE_FULL = int(Outcome.HOUSE_FULL)


@kernel
def plan_of(store, product):
    """Plan + 1 of a product, 0 = none named."""
    return np.int64(product_plan_of(store)[product]) + 1 if product >= 0 else np.int64(0)


@kernel
def in_scope(controls, control, scope, plan):
    """True if a sale with this scope and plan (plan + 1) falls under a cap or quota. Sales from blocks never do."""
    channel = controls[control, at.T_CHANNEL]
    wanted_plan = controls[control, at.T_PLAN]
    if q.scope_block(scope) != 0:
        return False
    return (channel == 0 or channel == q.scope_channel(scope)) and (wanted_plan == 0 or wanted_plan == plan)


@kernel
def protects_from(controls, control, scope):
    """True if a control of protection is about sales with this scope: those of its channel, or else of its class."""
    channel = controls[control, at.T_CHANNEL]
    if channel != 0:
        return channel == q.scope_channel(scope)
    return controls[control, at.T_CLASS] == q.scope_class(scope)


@kernel
def is_released(store, control, night, hotel, now_ms):
    """True if a block does not hold its rooms of a night (ordinal) any more."""
    controls = controls_of(store)
    if controls[control, at.T_RELEASED] != 0 or now_ms >= controls[control, at.T_RELEASE_MS]:
        return True
    days = controls[control, at.T_RELEASE_DAYS]
    return days >= 0 and hotel_words_of(store)[hotel * at.L_WORDS + at.L_TODAY] >= night - days


@kernel
def knows_block(store, request):
    """True unless a request names a block that is of another room type, or of a channel that is not the request's."""
    control = q.scope_block(request[q.Q_SCOPE]) - 1
    controls = controls_of(store)
    if controls[control, at.T_KIND] != at.KIND_BLOCK or controls[control, at.T_OWNER] != request[q.Q_ROW]:
        return False
    channel = controls[control, at.T_CHANNEL]
    return channel == 0 or channel == q.scope_channel(request[q.Q_SCOPE])


@kernel
def earlier_rooms(store, lines, before, row, night):
    """Rooms that the lines before take of a row on a night. lines (Q_FIELDS, line) int64 [in]."""
    rooms = np.int64(0)
    for line in range(before):
        arrival = lines[q.Q_ARRIVAL, line]
        if lines[q.Q_ROW, line] == row and arrival <= night < arrival + lines[q.Q_NIGHTS, line]:
            rooms += lines[q.Q_ROOMS, line]
    return rooms


@kernel
def _earlier_sales(lines, before, row, block, night):
    """Rooms that the lines before take on a night of the same row and block (0 = general sale)."""
    rooms = np.int64(0)
    for line in range(before):
        arrival = lines[q.Q_ARRIVAL, line]
        if lines[q.Q_ROW, line] == row and arrival <= night < arrival + lines[q.Q_NIGHTS, line]:
            if q.scope_block(lines[q.Q_SCOPE, line]) == block:
                rooms += lines[q.Q_ROOMS, line]
    return rooms


@kernel
def earlier_under(store, lines, before, control, night):
    """Rooms that the lines before take on a night under one control."""
    controls = controls_of(store)
    row_hotel = row_hotel_of(store)
    kind = controls[control, at.T_KIND]
    rooms = np.int64(0)
    for line in range(before):
        arrival = lines[q.Q_ARRIVAL, line]
        if not arrival <= night < arrival + lines[q.Q_NIGHTS, line]:
            continue
        owner = lines[q.Q_ROW, line]
        if controls[control, at.T_LEVEL] != 0:
            owner = np.int64(row_hotel[owner])
        if owner != controls[control, at.T_OWNER]:
            continue
        scope = lines[q.Q_SCOPE, line]
        if kind == at.KIND_BLOCK:
            counts = q.scope_block(scope) == control + 1
        elif kind == at.KIND_HOUSE:
            counts = True
        elif kind == at.KIND_HURDLE:
            counts = q.scope_block(scope) == 0
        else:
            counts = in_scope(controls, control, scope, plan_of(store, lines[q.Q_PRODUCT, line]))
        if counts:
            rooms += lines[q.Q_ROOMS, line]
    return rooms


@kernel
def _cap_night(store, control, request, lines, before):
    """First night on which a cap or quota does not permit the request, -1 if it does."""
    nights = control_nights_of(store)
    column = column_of(store, shared_of(store), request[q.Q_ARRIVAL])
    for night in range(request[q.Q_ARRIVAL], request[q.Q_ARRIVAL] + request[q.Q_NIGHTS]):
        limit = nights[control, column, at.N_LIMIT] - 1
        if limit >= 0:
            asked = request[q.Q_ROOMS] + earlier_under(store, lines, before, control, night)
            if asked > 0 and nights[control, column, at.N_USED] + asked > limit:
                return night
        column = next_column(store, column)
    return -1


@kernel
def _house_night(store, control, hotel, request, lines, before):
    """First night on which the house cap does not permit the request, -1 if it does."""
    nights = control_nights_of(store)
    cells = cells_of(store)
    first_row = hotel_row_of(store)
    next_row = next_row_of(store)
    column = column_of(store, shared_of(store), request[q.Q_ARRIVAL])
    for night in range(request[q.Q_ARRIVAL], request[q.Q_ARRIVAL] + request[q.Q_NIGHTS]):
        limit = nights[control, column, at.N_LIMIT] - 1
        if limit >= 0:
            asked = request[q.Q_ROOMS] + earlier_under(store, lines, before, control, night)
            taken = np.int64(0)
            link = np.int64(first_row[hotel])
            while link:
                row = link - 1
                link = np.int64(next_row[row])
                taken += np.int64(cells[row, column, at.C_HELD]) + cells[row, column, at.C_SOLD]
            if asked > 0 and taken + asked > limit:
                return night
        column = next_column(store, column)
    return -1


@kernel
def hurdle_of(store, control, column, more):
    """Effective hurdle of a night in minor units: it moves by a step for every room sold since it was set."""
    nights = control_nights_of(store)
    limit = nights[control, column, at.N_LIMIT] - 1
    if limit < 0:
        return np.int64(0)
    steps = min(nights[control, column, at.N_USED] + more, nights[control, column, at.N_CEILING])
    return max(nights[control, column, at.N_FLOOR], limit + nights[control, column, at.N_DELTA] * steps)


@kernel
def _below_hurdle(store, control, request, lines, before):
    """First night that is worth less than its rooms' hurdle, where each night has a value; the arrival, if the stay is
    worth less than the hurdles together, where only the stay has one; else -1.
    """
    arrival = request[q.Q_ARRIVAL]
    column = column_of(store, shared_of(store), arrival)
    each = request[q.Q_NIGHT_VALUES] != 0
    total = np.int64(0)
    failing = np.int64(-1)
    for night in range(arrival, arrival + request[q.Q_NIGHTS]):  # to its end: a second way out counts references
        more = earlier_under(store, lines, before, control, night)
        least = hurdle_of(store, control, column, more) * request[q.Q_ROOMS]
        if each and failing < 0 and q.night_value(request, night - arrival) < least:
            failing = night
        total += least
        column = next_column(store, column)
    return arrival if not each and request[q.Q_VALUE] < total else failing


@kernel
def _remaining(store, control, request, lines, before, hotel, night, column, now_ms):
    """Rooms that a block still keeps on a night once the request has its own: (rooms, the request fits the block, and
    is of its units alone, without borrowing).
    """
    ours = q.scope_block(request[q.Q_SCOPE]) == control + 1
    asked = earlier_under(store, lines, before, control, night) + (request[q.Q_ROOMS] if ours else 0)
    units = control_nights_of(store)[control, column, at.N_LIMIT] - 1
    if units < 0 or is_released(store, control, night, hotel, now_ms):
        return np.int64(0), ours and asked <= 0, False
    picked = control_nights_of(store)[control, column, at.N_USED] + asked
    fits = asked <= 0 or picked <= units + controls_of(store)[control, at.T_ELASTIC]
    return max(units - picked, np.int64(0)), ours and fits, ours and picked <= units


@kernel
def room_code(store, request, lines, before, hotel, now_ms):
    """Blocks, protection and rooms: (code, night), (OK, arrival) if all nights have enough."""
    cells = cells_of(store)
    controls = controls_of(store)
    nights = control_nights_of(store)
    row = request[q.Q_ROW]
    block = q.scope_block(request[q.Q_SCOPE])
    product = request[q.Q_PRODUCT]
    last_room = product >= 0 and product_flags_of(store)[product] & at.PRODUCT_LAST_ROOM != 0
    worst = np.int64(0)
    worst_night = request[q.Q_ARRIVAL]
    column = column_of(store, shared_of(store), request[q.Q_ARRIVAL])
    for night in range(request[q.Q_ARRIVAL], request[q.Q_ARRIVAL] + request[q.Q_NIGHTS]):
        asked = request[q.Q_ROOMS] + earlier_rooms(store, lines, before, row, night)
        kept = np.int64(0)
        protected = np.int64(0)
        fits = block == 0
        own_units = False
        link = np.int64(row_control_of(store)[row])
        while link:
            control = link - 1
            link = controls[control, at.T_NEXT]
            kind = controls[control, at.T_KIND]
            if kind == at.KIND_BLOCK:
                rooms, inside, units = _remaining(store, control, request, lines, before, hotel, night, column, now_ms)
                kept += rooms
                fits = fits or inside
                own_units = own_units or units
            elif kind == at.KIND_PROTECTION and protects_from(controls, control, request[q.Q_SCOPE]):
                protected = max(nights[control, column, at.N_LIMIT] - 1, protected)
        # A night that was cut below what blocks keep: what is left is for those who come with a block, in their order.
        left = np.int64(cells[row, column, at.C_FREE]) - (np.int64(0) if own_units else kept) - asked
        more = request[q.Q_ROOMS] + _earlier_sales(lines, before, row, block, night) > 0
        code = np.int64(_OK)
        if not fits:
            code = _BLOCK_USED_UP
        elif more and left < 0:
            code = _SOLD_OUT
        elif more and block == 0 and not last_room and left < protected:
            code = _PROTECTED
        if code != _OK and (worst == _OK or code < worst):
            worst = code
            worst_night = night
        column = next_column(store, column)
    return worst, worst_night


@kernel
def selling_code(store, request, lines, before, hotel, now_ms):
    """Why the controls of a row and its hotel refuse a request: (code, night); (OK, arrival) if they do not.

    request: tuple (Q_FIELDS) int64; lines (Q_FIELDS, line) int64 and `before`: the lines tested before it [in]. The
    lowest code wins, then its first night. O(controls x nights x lines).
    """
    stay_apart()
    controls = controls_of(store)
    product = request[q.Q_PRODUCT]
    scope = request[q.Q_SCOPE]
    plan = plan_of(store, product)
    last_room = product >= 0 and product_flags_of(store)[product] & at.PRODUCT_LAST_ROOM != 0
    worst, worst_night = room_code(store, request, lines, before, hotel, now_ms)
    for level in range(2):
        link = np.int64(row_control_of(store)[request[q.Q_ROW]])
        if level:
            link = hotel_words_of(store)[hotel * at.L_WORDS + at.L_FIRST_CONTROL]
        while link:
            control = link - 1
            link = controls[control, at.T_NEXT]
            kind = controls[control, at.T_KIND]
            code = np.int64(_OK)
            night = request[q.Q_ARRIVAL]
            if kind == at.KIND_CAP or kind == at.KIND_QUOTA:
                if in_scope(controls, control, scope, plan):
                    night = _cap_night(store, control, request, lines, before)
                    code = np.int64(_QUOTA_USED_UP) if night >= 0 else np.int64(_OK)
            elif kind == at.KIND_HURDLE:
                if q.scope_block(scope) == 0 and not last_room:
                    night = _below_hurdle(store, control, request, lines, before)
                    code = np.int64(_BELOW_HURDLE) if night >= 0 else np.int64(_OK)
            elif kind == at.KIND_HOUSE:
                night = _house_night(store, control, hotel, request, lines, before)
                code = np.int64(_HOUSE_FULL) if night >= 0 else np.int64(_OK)
            if code != _OK and (worst == _OK or code < worst or (code == worst and night < worst_night)):
                worst = code
                worst_night = night
    return worst, worst_night
