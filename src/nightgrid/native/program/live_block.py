"""Where the prices that follow house fill lie: a block of bytes beside the store's, with its own table of offsets.

A header of int64 words, then the regions, each on a cache line. The words up to V_WORDS that others may change are
reached through `native/base/atomics.py` alone. Running sums stand in blocks of their own, one for each band of lead
days (a *variant*); the region of variants has their addresses.

So that one changed night does not rewrite a year, sums are those of segments of SEGMENT_NIGHTS nights that begin every
SEGMENT_STEP nights: a stay of at most SEGMENT_STAY nights lies in one of them, and a night in one or two. Only
differences of two sums of a lane mean anything: where a night changes, whichever side of it is shorter is shifted, and
sums wrap.

Nobody sees a torn price: V_CHANGES is odd while cells are written, and so is the stamp of their hotel; whoever reads
looks at it before and after, and reads again where it is odd or has moved.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.jit import kernel
from nightgrid.native.program.night_desk import DESK_WORDS
from nightgrid.native.program.plan_codes import Q_FIELDS
from nightgrid.native.store.views import as_pointer

SEGMENT_STEP: Final = 64
SEGMENT_NIGHTS: Final = 96
SEGMENT_ROWS: Final = SEGMENT_NIGHTS + 1
SEGMENT_STAY: Final = SEGMENT_NIGHTS - SEGMENT_STEP + 1

# -- words that change -----------------------------------------------------------------------------
V_LOCK: Final = 0  # the price lock, see `native/store/layout.py`
V_SEEN: Final = 8  # log sequence number up to which changes of the store are in the prices
V_CHANGES: Final = 9  # how often cells began or ended to change
V_FEED: Final = 10  # how many changes of fill were written to the feed
V_STATE: Final = 11  # STATE_*
# -- words that do not -----------------------------------------------------------------------------
V_HOTELS: Final = 16
V_NIGHTS: Final = 17
V_FIRST_NIGHT: Final = 18  # ordinal
V_EDGES: Final = 19  # edges of house fill at which a price can change
V_FEED_SIZE: Final = 20  # a power of two
V_VARIANTS: Final = 21
V_PLANES: Final = 22
V_LANES: Final = 23
V_SHORT: Final = 24  # sums are uint32, else int64
V_LIMIT: Final = 25  # largest night, x scale, that can be told from sums and is computed exactly
V_TERMS: Final = 26  # words of the program's terms
V_SEGMENTS: Final = 27
R_STAMPS: Final = 32  # int64 (hotel): how often its cells began or ended to change
R_FILL: Final = 33  # int16 (hotel, night) basis points: with which the cells were made
R_HOTEL_FIRST: Final = 34  # int32 (hotel + 1): where its lanes begin
R_HOTEL_LANE: Final = 35  # int32: lanes of the hotels' products
R_LANE_PRODUCT: Final = 36  # int32 (lane), -1 padding
R_EDGE: Final = 37  # int64 (edge) basis points, ascending
R_FEED: Final = 38  # int64 (entry, E_WORDS)
R_VARIANT: Final = 39  # int64 (variant, X_WORDS)
R_DESK: Final = 40  # int64: `night_desk`
R_TERMS: Final = 41  # int64: of the program
R_QUERY: Final = 42  # int64 (Q_FIELDS): the party
HEADER_WORDS: Final = 64

STATE_LIVE: Final = 0
STATE_TOO_LARGE: Final = 1  # a night left the numbers that sums can hold: prices are worked out stay by stay

# -- a change of fill in the feed ------------------------------------------------------------------
E_NUMBER: Final = 0  # of the entry + 1, written last
E_LSN: Final = 1
E_NOW_MS: Final = 2
E_HOTEL: Final = 3
E_NIGHT: Final = 4  # ordinal
E_OLD: Final = 5  # fill before, basis points
E_NEW: Final = 6
E_WORDS: Final = 8

# -- a variant -------------------------------------------------------------------------------------
X_SUMS: Final = 0  # address: (plane, segment, SEGMENT_ROWS, lane) uint32 or int64
X_WORD_SUMS: Final = 1  # address: (segment, SEGMENT_ROWS, word), same type
X_LEAD: Final = 2  # lead days of its band
X_WORDS: Final = 4


@kernel
def live_at(address):
    """The words of a block: int64 (HEADER_WORDS)."""
    return carray(as_pointer(address), (HEADER_WORDS,), np.int64)


@kernel
def stamps_of(live):
    """Stamps of the hotels: int64 (hotel)."""
    return carray(as_pointer(live[R_STAMPS]), (live[V_HOTELS],), np.int64)


@kernel
def fill_of(live):
    """House fill with which the cells were made: int16 (hotel, night)."""
    return carray(as_pointer(live[R_FILL]), (live[V_HOTELS], live[V_NIGHTS]), np.int16)


@kernel
def edges_of(live):
    """Edges of house fill: int64 (edge)."""
    return carray(as_pointer(live[R_EDGE]), (live[V_EDGES],), np.int64)


@kernel
def hotel_first_of(live):
    """Where the lanes of a hotel begin: int32 (hotel + 1)."""
    return carray(as_pointer(live[R_HOTEL_FIRST]), (live[V_HOTELS] + 1,), np.int32)


@kernel
def hotel_lane_of(live):
    """Lanes by hotel: int32."""
    return carray(as_pointer(live[R_HOTEL_LANE]), (live[V_LANES],), np.int32)


@kernel
def lane_product_of(live):
    """Product of a lane: int32 (lane), -1 padding."""
    return carray(as_pointer(live[R_LANE_PRODUCT]), (live[V_LANES],), np.int32)


@kernel
def feed_of(live):
    """The feed, flat: int64 (entry * E_WORDS + field)."""
    return carray(as_pointer(live[R_FEED]), (live[V_FEED_SIZE] * E_WORDS,), np.int64)


@kernel
def variant_of(live):
    """Variants: int64 (variant, X_WORDS)."""
    return carray(as_pointer(live[R_VARIANT]), (live[V_VARIANTS], X_WORDS), np.int64)


@kernel
def desk_of_nights(live):
    """The desk of the night tables: int64."""
    return carray(as_pointer(live[R_DESK]), (DESK_WORDS,), np.int64)


@kernel
def terms_of_program(live):
    """The terms of the program: int64."""
    return carray(as_pointer(live[R_TERMS]), (live[V_TERMS],), np.int64)


@kernel
def party_of(live):
    """The party that nights are priced for: int64 (Q_FIELDS)."""
    return carray(as_pointer(live[R_QUERY]), (Q_FIELDS,), np.int64)


@kernel
def short_sums(address, rows, lanes):
    """Running sums of 4 bytes: uint32 (row, lane)."""
    return carray(as_pointer(address), (rows, lanes), np.uint32)


@kernel
def long_sums(address, rows, lanes):
    """Running sums of 8 bytes: int64 (row, lane)."""
    return carray(as_pointer(address), (rows, lanes), np.int64)
