"""Which products can be sold for a stay: an AND of bit maps, 64 products a word.

Restrictions on the length of stay are numbers, kept bit-sliced: plane by plane, most significant first, so that
comparing 64 products with one constant takes six word operations (BitWeaving/V: Li and Patel, SIGMOD 2013).
Values saturate at PLANE_VALUE_MAX; a stay that long is checked cell by cell on what is left.
"""

from __future__ import annotations

from nightgrid.limits import PLANE_VALUE_MAX
from nightgrid.native import layout as at
from nightgrid.native.jit import kernel
from nightgrid.native.views import next_column, night_kinds_of, planes_of, sellable_of


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
def available_words(store, filter_words, column, offset, nights, out_words):
    """Bit map of the products that can be sold for one room: out_words (word) int64 [out].

    filter_words (word) int64 [in]: products to consider; column: of the arrival night; offset: its window index, offset
    + nights <= window. What it leaves is a superset: `offers.drop_refused` must follow. O(words x nights).
    """
    words = store[at.H_WORDS]
    sellable = sellable_of(store)
    planes = planes_of(store)
    kinds = night_kinds_of(store)
    least = min(nights, PLANE_VALUE_MAX)
    most = max(PLANE_VALUE_MAX - nights, 0)
    for word in range(words):
        out_words[word] = filter_words[word] & sellable[column * words + word]
    night = column
    for _ in range(nights - 1):
        night = next_column(store, night)
        for word in range(words):
            out_words[word] &= sellable[night * words + word]
    night = column
    for _ in range(nights):
        base = night * at.P_PLANES * words
        if kinds[night] & at.K_MIN_THROUGH:
            _drop_greater(planes, base + at.P_MIN_THROUGH * words, words, least, out_words)
        if kinds[night] & at.K_MAX_THROUGH:
            _drop_greater(planes, base + at.P_MAX_THROUGH * words, words, most, out_words)
        night = next_column(store, night)
    base = column * at.P_PLANES * words
    if kinds[column] & at.K_CLOSED_TO_ARRIVAL:
        _drop_marked(planes, base + at.P_CLOSED_TO_ARRIVAL * words, words, out_words)
    if kinds[column] & at.K_MIN_ARRIVAL:
        _drop_greater(planes, base + at.P_MIN_ARRIVAL * words, words, least, out_words)
    if kinds[column] & at.K_MAX_ARRIVAL:
        _drop_greater(planes, base + at.P_MAX_ARRIVAL * words, words, most, out_words)
    if offset + nights < store[at.H_NIGHTS] and kinds[night] & at.K_CLOSED_TO_DEPARTURE:
        first_word = (night * at.P_PLANES + at.P_CLOSED_TO_DEPARTURE) * words
        _drop_marked(planes, first_word, words, out_words)
