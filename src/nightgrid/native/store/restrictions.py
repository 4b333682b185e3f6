"""Why the restrictions of its nights refuse a stay: the exact answer, night by night and level by level.

A night has restrictions of the room type (the profile in its cell) and, where a plan sets its own, of the product. Both
are tested; the lowest code over all nights and levels wins, then its first night. Codes are `Outcome` values.
"""

from __future__ import annotations

from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import (
    cells_of,
    end_night,
    next_column,
    product_flags_of,
    product_profiles_of,
    profiles_of,
    row_flags_of,
    row_restricted_of,
    shared_of,
    weekday_of,
)
from nightgrid.outcomes import Outcome

_OK = int(Outcome.OK)
_CLOSED = int(Outcome.CLOSED)
_CLOSED_TO_ARRIVAL = int(Outcome.CLOSED_TO_ARRIVAL)
_CLOSED_TO_DEPARTURE = int(Outcome.CLOSED_TO_DEPARTURE)
_MIN_STAY_ARRIVAL = int(Outcome.MIN_STAY_ARRIVAL)
_MAX_STAY_ARRIVAL = int(Outcome.MAX_STAY_ARRIVAL)
_MIN_STAY_THROUGH = int(Outcome.MIN_STAY_THROUGH)
_MAX_STAY_THROUGH = int(Outcome.MAX_STAY_THROUGH)
_STAY_PATTERN = int(Outcome.STAY_PATTERN)
_BOOKED_TOO_EARLY = int(Outcome.BOOKED_TOO_EARLY)
_BOOKED_TOO_LATE = int(Outcome.BOOKED_TOO_LATE)
NO_REFUSAL = 1_000_000  # above every code

# What a date is to a stay, a bit each; the first night is SLEPT, ARRIVAL and THROUGH.
SLEPT = 1
ARRIVAL = 2
DEPARTURE = 4
THROUGH = 8


@kernel
def pattern_opens(profiles, profile, nights):
    """True if the full pattern of a profile opens a stay of `nights`; beyond its length its last bit decides."""
    length = profiles[profile, at.F_PATTERN_LENGTH]
    if length == 0:
        return True
    bit = min(nights, length) - 1
    return (profiles[profile, at.F_PATTERN + (bit >> 4)] >> (bit & 15) & 1) != 0


@kernel
def arrival_code(profiles, profile, nights, lead_days, weekday):
    """Lowest code above MAX_STAY_THROUGH of an arrival night: pattern, multiple, weekday, lead days."""
    multiple = profiles[profile, at.F_MULTIPLE]
    if multiple > 1 and nights % multiple != 0:
        return _STAY_PATTERN
    weekdays = profiles[profile, at.F_WEEKDAYS]
    if weekdays != 0 and weekdays >> weekday & 1 == 0:
        return _STAY_PATTERN
    if not pattern_opens(profiles, profile, nights):
        return _STAY_PATTERN
    if 0 < profiles[profile, at.F_MAX_ADVANCE] <= lead_days:  # kept as the limit + 1
        return _BOOKED_TOO_EARLY
    if lead_days < profiles[profile, at.F_MIN_ADVANCE]:
        return _BOOKED_TOO_LATE
    return NO_REFUSAL


@kernel
def restriction_code(profiles, profile, nights, role, lead_days, weekday):
    """Lowest code that one date's profile gives a stay of `nights`; NO_REFUSAL if it allows the stay.

    profiles (profile, field) int16 [in]; profile: index; role: bits of SLEPT, ARRIVAL, DEPARTURE, THROUGH: what the
    date is to the stay; lead_days: from the hotel's today to arrival; weekday: of the arrival, 0 = Monday.
    """
    flags = profiles[profile, at.F_FLAGS]
    if role & SLEPT and flags & at.FLAG_CLOSED:
        return _CLOSED
    if role & ARRIVAL and flags & at.FLAG_CLOSED_TO_ARRIVAL:
        return _CLOSED_TO_ARRIVAL
    if role & DEPARTURE and flags & at.FLAG_CLOSED_TO_DEPARTURE:
        return _CLOSED_TO_DEPARTURE
    if role & ARRIVAL:
        if nights < profiles[profile, at.F_MIN_ARRIVAL]:
            return _MIN_STAY_ARRIVAL
        if 0 < profiles[profile, at.F_MAX_ARRIVAL] < nights:
            return _MAX_STAY_ARRIVAL
    if role & THROUGH:
        if nights < profiles[profile, at.F_MIN_THROUGH]:
            return _MIN_STAY_THROUGH
        if 0 < profiles[profile, at.F_MAX_THROUGH] < nights:
            return _MAX_STAY_THROUGH
    if role & ARRIVAL:
        return arrival_code(profiles, profile, nights, lead_days, weekday)
    return NO_REFUSAL


@kernel
def _role(dialect, step, nights):
    """What the date `step` nights after arrival is to a stay: bits of SLEPT, ARRIVAL, DEPARTURE, THROUGH."""
    on_last_night = dialect & at.DIALECT_DEPARTURE_ON_LAST_NIGHT != 0
    if step == nights:
        role = 0 if on_last_night else DEPARTURE
        return role | THROUGH if dialect & at.DIALECT_THROUGH_ON_DEPARTURE else role
    role = SLEPT | THROUGH
    if step == 0:
        role |= ARRIVAL
    if step == nights - 1 and on_last_night:
        role |= DEPARTURE
    return role


@kernel
def _worst_restriction(store, row, product, column, arrival, nights, lead_days, dates):
    """`stay_restriction` once some date is known to be restricted. product: -1 where it has nothing of its own."""
    cells = cells_of(store)
    profiles = profiles_of(store)
    own = product_profiles_of(store)
    dialect = store[at.H_DIALECT]
    weekday = weekday_of(arrival)
    worst = NO_REFUSAL
    worst_step = 0
    for step in range(dates):
        role = _role(dialect, step, nights)
        profile = cells[row, column, at.C_PROFILE] & 0xFFFF
        if profile:
            code = restriction_code(profiles, profile, nights, role, lead_days, weekday)
            if code < worst:
                worst = code
                worst_step = step
        if product >= 0:
            profile = own[product, column] & 0xFFFF
            if profile:
                code = restriction_code(profiles, profile, nights, role, lead_days, weekday)
                if code < worst:
                    worst = code
                    worst_step = step
        column = next_column(store, column)
    if worst == NO_REFUSAL:
        return _OK, 0
    return worst, worst_step


@kernel
def stay_restriction(store, row, product, column, arrival, nights, lead_days):
    """Why restrictions refuse a stay: (code, nights after arrival of the date that gives it), or (OK, 0).

    product: its own restrictions are tested too, -1: only the room type's; arrival: an ordinal, column: its column;
    lead_days: from the hotel's today to arrival. Precondition: 1 <= nights, all of them in the window. The departure
    date is tested as the store's dialect says, where it lies inside the window. O(nights); an unrestricted night costs
    one load, and a product pays for its own level only where its row has any.
    """
    if product >= 0 and row_restricted_of(store)[row] == 0:
        product = -1
    cells = cells_of(store)
    dates = nights + 1 if arrival + nights < end_night(shared_of(store)) else nights
    found = product >= 0
    at_column = column
    for _ in range(dates):
        found |= cells[row, at_column, at.C_PROFILE] != 0
        at_column = next_column(store, at_column)
    if not found:
        return _OK, 0
    return _worst_restriction(store, row, product, column, arrival, nights, lead_days, dates)


@kernel
def is_shut(store, row, product):
    """True if nothing more is sold of a room type or its hotel, or of the plan named (product, -1 = none)."""
    if row_flags_of(store)[row] & at.ROW_SHUT != 0:
        return True
    return product >= 0 and product_flags_of(store)[product] & at.PRODUCT_CLOSED != 0


@kernel
def product_closed(store, product, column):
    """True if the product's own profile closes the night, or the plan is closed."""
    if product_flags_of(store)[product] & at.PRODUCT_CLOSED != 0:
        return True
    profile = product_profiles_of(store)[product, column] & 0xFFFF
    return profile != 0 and (profiles_of(store)[profile, at.F_FLAGS] & at.FLAG_CLOSED) != 0
