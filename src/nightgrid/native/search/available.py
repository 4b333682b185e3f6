"""Which products can be sold for a stay: an AND of bit maps, 64 products a word.

Restrictions on the length of stay are numbers, kept bit-sliced: plane by plane, most significant first, so that
comparing 64 products with one constant takes six word operations (BitWeaving/V: Li and Patel, SIGMOD 2013).
Values saturate at PLANE_VALUE_MAX; a stay that long is checked cell by cell on what is left. Patterns, multiples and
advance limits are no comparison: one plane marks the lanes that have them, and what is left of those is checked.
"""

from __future__ import annotations

from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.restrictions import NO_REFUSAL, arrival_code
from nightgrid.native.store.views import (
    cells_of,
    end_night,
    hotel_words_of,
    next_column,
    night_kinds_of,
    planes_of,
    product_profiles_of,
    profiles_of,
    row_hotel_of,
    sellable_of,
    shared_of,
    weekday_of,
)


@kernel
def _drop_greater(planes, first_word, words, constant, out_words):
    """Clear the bits of lanes whose bit-sliced number is greater than `constant`.

    planes: flat planes [in]; first_word: position of the number's most significant plane; out_words (word) int64
    [inout].
    """
    for word in range(words):
        equal = out_words[word]
        greater = 0
        for digit in range(at.PLANES_PER_NUMBER):
            plane = planes[first_word + digit * words + word]
            if constant >> (at.PLANES_PER_NUMBER - 1 - digit) & 1:
                equal &= plane
            else:
                greater |= equal & plane
                equal &= ~plane
        out_words[word] &= ~greater


@kernel
def _drop_marked(planes, first_word, words, out_words):
    """Clear the bits of lanes that are marked in one plane."""
    for word in range(words):
        out_words[word] &= ~planes[first_word + word]


@kernel
def _drop_limits_through(planes, first_word, kinds, words, nights, out_words):
    """Clear the bits of lanes whose limits through the stay, on one date, refuse a stay of `nights`."""
    if kinds & at.K_MIN_THROUGH:
        _drop_greater(planes, first_word + at.P_MIN_THROUGH * words, words, min(nights, PLANE_VALUE_MAX), out_words)
    if kinds & at.K_MAX_THROUGH:
        most = max(PLANE_VALUE_MAX - nights, 0)
        _drop_greater(planes, first_word + at.P_MAX_THROUGH * words, words, most, out_words)


@kernel
def _drop_arrivals(planes, first_word, kinds, words, nights, out_words):
    """Clear the bits of lanes whose arrival date refuses a stay of `nights`."""
    if kinds & at.K_CLOSED_TO_ARRIVAL:
        _drop_marked(planes, first_word + at.P_CLOSED_TO_ARRIVAL * words, words, out_words)
    if kinds & at.K_MIN_ARRIVAL:
        _drop_greater(planes, first_word + at.P_MIN_ARRIVAL * words, words, min(nights, PLANE_VALUE_MAX), out_words)
    if kinds & at.K_MAX_ARRIVAL:
        most = max(PLANE_VALUE_MAX - nights, 0)
        _drop_greater(planes, first_word + at.P_MAX_ARRIVAL * words, words, most, out_words)


@kernel
def available_words(store, filter_words, column, arrival, nights, out_words):
    """Bit map of the products that can be sold for one room: out_words (word) int64 [out].

    filter_words (word) int64 [in]: products to consider; arrival: an ordinal, column: its column;
    all nights in the window. What it leaves is a superset: `drop_specials` and `offers.drop_refused` follow. O(words x
    nights).
    """
    words = store[at.H_WORDS]
    sellable = sellable_of(store)
    planes = planes_of(store)
    kinds = night_kinds_of(store)
    dialect = store[at.H_DIALECT]
    for word in range(words):
        out_words[word] = filter_words[word] & sellable[column * words + word]
    _drop_arrivals(planes, column * at.P_PLANES * words, kinds[column], words, nights, out_words)
    last = column
    night = column
    for _ in range(nights - 1):
        night = next_column(store, night)
        last = night
        for word in range(words):
            out_words[word] &= sellable[night * words + word]
    night = column
    for _ in range(nights):
        limits = kinds[night] & (at.K_MIN_THROUGH | at.K_MAX_THROUGH)
        if limits:
            _drop_limits_through(planes, night * at.P_PLANES * words, limits, words, nights, out_words)
        night = next_column(store, night)
    # From here on `night` is the column of the departure date.
    inside = arrival + nights < end_night(shared_of(store))
    if inside and dialect & at.DIALECT_THROUGH_ON_DEPARTURE:
        _drop_limits_through(planes, night * at.P_PLANES * words, kinds[night], words, nights, out_words)
    tested = last if dialect & at.DIALECT_DEPARTURE_ON_LAST_NIGHT else night
    if (inside or tested == last) and kinds[tested] & at.K_CLOSED_TO_DEPARTURE:
        first_word = (tested * at.P_PLANES + at.P_CLOSED_TO_DEPARTURE) * words
        _drop_marked(planes, first_word, words, out_words)


@kernel
def _arrival_refused(store, profiles, row, product, column, nights, lead_days, weekday):
    """True if the pattern, multiple or advance limits of an arrival night refuse, at either level."""
    profile = cells_of(store)[row, column, at.C_PROFILE] & 0xFFFF
    if profile and arrival_code(profiles, profile, nights, lead_days, weekday) != NO_REFUSAL:
        return True
    profile = product_profiles_of(store)[product, column] & 0xFFFF
    return profile != 0 and arrival_code(profiles, profile, nights, lead_days, weekday) != NO_REFUSAL


@kernel
def drop_specials(store, lane_row, lane_product, column, arrival, nights, out_words):
    """Check the lanes left that have a pattern, a multiple or an advance limit on the arrival night.

    lane_row, lane_product (lane) int32 [in]: row and product of a lane, -1 = padding; column, arrival: as
    `available_words`; out_words (word) int64 [inout]. One look where no lane has any. O(words + lanes looked at).
    """
    if night_kinds_of(store)[column] & at.K_SPECIAL == 0:
        return
    profiles = profiles_of(store)
    planes = planes_of(store)
    hotels = hotel_words_of(store)
    row_hotel = row_hotel_of(store)
    weekday = weekday_of(arrival)
    special = (column * at.P_PLANES + at.P_SPECIAL) * store[at.H_WORDS]
    for word in range(store[at.H_WORDS]):
        left = out_words[word] & planes[special + word]
        if left == 0:
            continue
        for bit in range(64):
            if left >> bit & 1:
                row = lane_row[word * 64 + bit]
                lead_days = arrival - hotels[row_hotel[row] * at.L_WORDS + at.L_TODAY]
                product = lane_product[word * 64 + bit]
                if _arrival_refused(store, profiles, row, product, column, nights, lead_days, weekday):
                    out_words[word] &= ~(1 << bit)
