"""Whether the conditions of an offer hold for a question, and on which nights it acts."""

from __future__ import annotations

import numpy as np

from nightgrid.native.base.jit import bare_called_kernel, bare_inlined_kernel
from nightgrid.native.program import plan_codes as do
from nightgrid.native.program import terms_of_rules as term

_LEAD_DAYS_MAX = 1_000


@bare_inlined_kernel
def weekday_bit(mask, ordinal):
    """Bit of a day in a mask of weekdays, bit 0 = Monday (ordinal 1 was one)."""
    return mask >> ((ordinal + 6) % 7) & 1


@bare_inlined_kernel
def capped_lead(query):
    """Lead days as rules count them."""
    return min(query[do.Q_LEAD], _LEAD_DAYS_MAX)


@bare_called_kernel
def _in_ranges(terms, first, count, day):
    for position in range(count):
        if terms[first + 2 * position] <= day <= terms[first + 2 * position + 1]:
            return True
    return False


@bare_called_kernel
def _named(terms, first, count, name):
    """Whether a list is empty or has a name."""
    for position in range(count):
        if terms[first + position] == name:
            return True
    return count == 0


@bare_called_kernel
def _asked(query, first, count, name):
    for position in range(count):
        if query[first + position] == name:
            return True
    return False


@bare_called_kernel
def nights_inside(terms, at, count, query):
    """How many nights of the stay lie in one of the ranges at `at`."""
    arrival = query[do.Q_ARRIVAL]
    inside = 0
    for night in range(query[do.Q_NIGHTS]):
        inside += _in_ranges(terms, at, count, arrival + night)
    return inside


@bare_called_kernel
def _guest_holds(terms, at, query):
    """Conditions about who asks, when, and for how long."""
    lead = capped_lead(query)
    if not terms[at + term.C_LEAD_MIN] <= lead <= terms[at + term.C_LEAD_MAX]:
        return False
    if not terms[at + term.C_NIGHTS_MIN] <= query[do.Q_NIGHTS] <= terms[at + term.C_NIGHTS_MAX]:
        return False
    if terms[at + term.C_TIERS] >> query[do.Q_TIER] & 1 == 0:
        return False
    if not weekday_bit(terms[at + term.C_ARRIVAL_DAYS], query[do.Q_ARRIVAL]):
        return False
    if not weekday_bit(terms[at + term.C_BOOKING_DAYS], query[do.Q_ARRIVAL] - query[do.Q_LEAD]):
        return False
    if not weekday_bit(terms[at + term.C_DEPARTURE_DAYS], query[do.Q_ARRIVAL] + query[do.Q_NIGHTS]):
        return False
    if terms[at + term.C_GUESTS_MIN] > 0:
        guests = query[do.Q_ADULTS] + query[do.Q_CHILDREN]
        if query[do.Q_ADULTS] < 0 or not terms[at + term.C_GUESTS_MIN] <= guests <= terms[at + term.C_GUESTS_MAX]:
            return False
    least, most, left = terms[at + term.C_ROOMS_MIN], terms[at + term.C_ROOMS_MAX], query[do.Q_ROOMS_LEFT]
    if (least > 0 or most >= 0) and (left < max(least, 0) or (most >= 0 and left > most)):
        return False
    coupon = terms[at + term.C_COUPON]
    first = do.Q_LISTS + query[do.Q_CHILDREN]
    return coupon == do.NO_NAME or _asked(query, first, query[do.Q_COUPONS], coupon)


@bare_called_kernel
def _stay_holds(terms, first, count, applies, query):
    """Whether the nights of the stay fit the stay dates."""
    if count == 0:
        return True
    if applies == term.APPLIES_ARRIVAL:
        return _in_ranges(terms, first, count, query[do.Q_ARRIVAL])
    inside = nights_inside(terms, first, count, query)
    return inside == query[do.Q_NIGHTS] if applies == term.APPLIES_ALL else inside > 0


@bare_called_kernel
def holds(terms, at, query):
    """Whether all conditions at `at` hold; min_spend is looked at where the amount is known."""
    if not _guest_holds(terms, at, query):
        return False
    first = at + term.C_LISTS
    count = terms[at + term.C_BOOKING]
    if count > 0 and not _in_ranges(terms, first, count, query[do.Q_ARRIVAL] - query[do.Q_LEAD]):
        return False
    first += 2 * count
    count = terms[at + term.C_STAY]
    if not _stay_holds(terms, first, count, terms[at + term.C_APPLIES], query):
        return False
    first += 2 * count
    count = terms[at + term.C_BLACKOUT]
    if nights_inside(terms, first, count, query) > 0:
        return False
    first += 2 * count
    count = terms[at + term.C_DEPARTURE]
    if count > 0 and not _in_ranges(terms, first, count, query[do.Q_ARRIVAL] + query[do.Q_NIGHTS]):
        return False
    first += 2 * count
    for field, name in (
        (term.C_CHANNELS, do.Q_CHANNEL),
        (term.C_COUNTRIES, do.Q_COUNTRY),
        (term.C_DEVICES, do.Q_DEVICE),
        (term.C_LANGUAGES, do.Q_LANGUAGE),
    ):
        if not _named(terms, first, terms[at + field], query[name]):
            return False
        first += terms[at + field]
    count = terms[at + term.C_HOURS]
    return count == 0 or (query[do.Q_MINUTE] >= 0 and _in_ranges(terms, first, count, query[do.Q_MINUTE]))


@bare_called_kernel
def price_of_stay(terms, stage, party, query):
    """(where in the list of a stage the table stands that has a price for a stay, the price); (-1, 0) none.

    party: how many full payers, -1 = not told.
    """
    for position in range(terms[stage + term.S_FIRST + 1]):
        rule = terms[stage + term.S_FIRST + 2 + position]
        guests = terms[rule + term.W_GUESTS]
        if guests > 0 and not 0 <= party <= guests:
            continue
        if not weekday_bit(terms[rule + term.W_WEEKDAYS], query[do.Q_ARRIVAL]):
            continue
        count = terms[rule + term.W_ARRIVALS]
        if count > 0 and not _in_ranges(terms, rule + term.W_ARRIVALS + 1, count, query[do.Q_ARRIVAL]):
            continue
        lengths = rule + term.W_ARRIVALS + 1 + 2 * count
        for length in range(terms[lengths]):
            at = lengths + 1 + 4 * length
            if terms[at] <= query[do.Q_NIGHTS] <= terms[at + 1]:
                return position, terms[at + 2] * (query[do.Q_NIGHTS] if terms[at + 3] else 1)
    return -1, np.int64(0)


@bare_called_kernel
def bounds_of(terms, stage, query):
    """Where in the list of a stage of bounds the rule stands that holds for a stay, -1 none."""
    for position in range(terms[stage + term.S_FIRST]):
        rule = terms[stage + term.S_FIRST + 1 + position]
        if not terms[rule + term.B_NIGHTS_MIN] <= query[do.Q_NIGHTS] <= terms[rule + term.B_NIGHTS_MAX]:
            continue
        count = terms[rule + term.B_ARRIVALS]
        if count == 0 or _in_ranges(terms, rule + term.B_ARRIVALS + 1, count, query[do.Q_ARRIVAL]):
            return position
    return -1


@bare_called_kernel
def acts_on(terms, at, query, plan, out):
    """The nights that a promotion's discount acts on, and how many: (nights, nights inside its dates).

    terms at `at`: the promotion. plan (NIGHT_WORDS) words at `out`: the nights that it changes [out]. Where it applies
    to some nights only, these are counted as if they were the stay.
    """
    conditions = terms[at + term.P_CONDITIONS]
    stay = conditions + term.C_LISTS + 2 * terms[conditions + term.C_BOOKING]
    limited = terms[conditions + term.C_APPLIES] == term.APPLIES_NIGHTS
    ranges = terms[conditions + term.C_STAY]
    arrival = query[do.Q_ARRIVAL]
    inside = query[do.Q_NIGHTS]
    if limited:
        inside = nights_inside(terms, stay, ranges, query)
    for word in range(do.NIGHT_WORDS):
        plan[out + word] = 0
    if not limited and terms[at + term.P_PATTERN] == term.PATTERN_ALL:  # as most
        for word in range((inside + 63) >> 6):
            plan[out + word] = -1 if inside - 64 * word >= 64 else (1 << (inside - 64 * word)) - 1
        return inside, inside
    count = 0
    place = 0
    some = picked(terms, at, inside)
    for night in range(query[do.Q_NIGHTS]):
        if limited and not _in_ranges(terms, stay, ranges, arrival + night):
            continue
        place += 1
        if _in_pattern(terms, at, place, inside, some, arrival + night):
            plan[out + (night >> 6)] |= 1 << (night & 63)
            count += 1
    return count, inside


@bare_called_kernel
def picked(terms, at, places):
    """How many of so many nights a promotion's pattern has that counts them."""
    stay, count = terms[at + term.P_PATTERN_A], terms[at + term.P_PATTERN_B] >> 1
    if terms[at + term.P_PATTERN] == term.PATTERN_NTH or stay == 0:
        return min(count, places)
    times = places // stay
    return count * (times if terms[at + term.P_PATTERN_B] & 1 else min(times, 1))


@bare_called_kernel
def _in_pattern(terms, at, place, places, some, day):
    """Whether the `place`-th of `places` nights belongs to a promotion's pattern, or to those among which `some` are
    picked by what they cost.
    """
    pattern = terms[at + term.P_PATTERN]
    first = terms[at + term.P_PATTERN_A]
    if pattern == term.PATTERN_FIRST:
        return place <= some
    if pattern == term.PATTERN_LAST:
        return place > places - some
    if pattern == term.PATTERN_WEEKDAYS:
        return weekday_bit(first, day) != 0
    if pattern == term.PATTERN_NTH:
        return place % first == 0 if terms[at + term.P_PATTERN_B] else place == first
    if pattern == term.PATTERN_POSITIONS:
        word = at + term.P_LIST + 1 + ((place - 1) >> 6)
        return terms[word] >> ((place - 1) & 63) & 1 != 0
    if pattern == term.PATTERN_CHEAPEST or pattern == term.PATTERN_DEAREST:
        return some > 0
    return True
