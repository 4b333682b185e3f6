"""Which products can be sold for a stay: an AND of bit maps, 64 products a word.

Restrictions on the length of stay are numbers, kept bit-sliced: plane by plane, most significant first, so that
comparing 64 products with one constant takes six word operations (BitWeaving/V: Li and Patel, SIGMOD 2013).
Values saturate at PLANE_VALUE_MAX; a stay that long is checked cell by cell on what is left.
"""

from __future__ import annotations

from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native import layout as at
from nightgrid.native.jit import kernel
from nightgrid.native.stays import stay_code
from nightgrid.native.views import cells_of, night_kinds_of, planes_of, profiles_of, sellable_of


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
def available_words(store, filter_words, arrival, nights, out_words):
    """Bit map of the products that can be sold for one room: out_words (word) int64 [out].

    filter_words (word) int64 [in]: products to consider; arrival: night index, arrival + nights <= window.
    Exact for nights < PLANE_VALUE_MAX; for longer stays a superset (see `drop_refused`). O(words x nights).
    """
    words = store[at.H_WORDS]
    sellable = sellable_of(store)
    planes = planes_of(store)
    kinds = night_kinds_of(store)
    least = min(nights, PLANE_VALUE_MAX)
    most = max(PLANE_VALUE_MAX - nights, 0)
    for word in range(words):
        out_words[word] = filter_words[word] & sellable[arrival * words + word]
    for night in range(arrival + 1, arrival + nights):
        for word in range(words):
            out_words[word] &= sellable[night * words + word]
    for night in range(arrival, arrival + nights):
        base = night * at.P_PLANES * words
        if kinds[night] & at.K_MIN_THROUGH:
            _drop_greater(planes, base + at.P_MIN_THROUGH * words, words, least, out_words)
        if kinds[night] & at.K_MAX_THROUGH:
            _drop_greater(planes, base + at.P_MAX_THROUGH * words, words, most, out_words)
    base = arrival * at.P_PLANES * words
    if kinds[arrival] & at.K_CLOSED_TO_ARRIVAL:
        _drop_marked(planes, base + at.P_CLOSED_TO_ARRIVAL * words, words, out_words)
    if kinds[arrival] & at.K_MIN_ARRIVAL:
        _drop_greater(planes, base + at.P_MIN_ARRIVAL * words, words, least, out_words)
    if kinds[arrival] & at.K_MAX_ARRIVAL:
        _drop_greater(planes, base + at.P_MAX_ARRIVAL * words, words, most, out_words)
    departure = arrival + nights
    if departure < store[at.H_NIGHTS] and kinds[departure] & at.K_CLOSED_TO_DEPARTURE:
        first_word = (departure * at.P_PLANES + at.P_CLOSED_TO_DEPARTURE) * words
        _drop_marked(planes, first_word, words, out_words)


@kernel
def drop_refused(store, lane_row, arrival, nights, rooms, out_words):
    """Check every product that is left in its cells: for several rooms, or stays too long for the planes.

    lane_row (lane) int32 [in]: row of a lane, -1 = padding; out_words (word) int64 [inout]. O(products left x nights).
    """
    cells = cells_of(store)
    profiles = profiles_of(store)
    for word in range(store[at.H_WORDS]):
        left = out_words[word]
        if left == 0:
            continue
        for bit in range(64):
            if left >> bit & 1:
                code, _ = stay_code(cells, profiles, lane_row[word * 64 + bit], arrival, nights, rooms)
                if code != 0:
                    out_words[word] &= ~(1 << bit)
