"""Where the prices that follow house fill lie: a block of bytes beside the store's, with its own table of offsets.

A header of int64 words, then the regions, each on a cache line. The words up to V_WORDS that others may change are
reached through `native/base/atomics.py` alone. Running sums stand in blocks of their own, one for each band of lead
days (a *variant*); the region of variants has their addresses.

So that one changed night does not rewrite a year, sums are those of segments of SEGMENT_NIGHTS nights that begin every
SEGMENT_STEP nights: a stay of at most SEGMENT_STAY nights lies in one of them, and a night in one or two. Only
differences of two sums of a lane mean anything: where a night changes, whichever side of it is shorter is shifted, and
sums wrap.

A segment of a variant is a *sheet*, and all that a stay reads lies in one. The difference of two sums is right whatever
the nights outside it cost. So a night of a hotel whose fill moved over an edge is only marked as due (R_DUE) in every
sheet that has it, and is priced there when a stay with that night is read: what nobody reads costs nothing.

Nobody sees a torn price: V_CHANGES is odd while cells are written, and so is the stamp of their hotel; whoever reads
looks at it before and after, and reads again where it is odd or has moved.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import carray

from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.program.night_desk import DESK_WORDS, NIGHT_SCRATCH, PLANES_MAX
from nightgrid.native.program.plan_codes import Q_FIELDS
from nightgrid.native.store.layout import D_WORDS
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
R_HOTEL_LANE: Final = 35  # int32 (place, 2): lanes of the hotels' products, and the products
R_LANE_PRODUCT: Final = 36  # int32 (lane), -1 padding
R_EDGE: Final = 37  # int64 (edge) basis points, ascending
R_FEED: Final = 38  # int64 (entry, E_WORDS)
R_VARIANT: Final = 39  # int64 (variant, X_WORDS)
R_DESK: Final = 40  # int64: `night_desk`
R_TERMS: Final = 41  # int64: of the program
R_QUERY: Final = 42  # int64 (Q_FIELDS): the party
R_DUE: Final = 43  # int64 (due night, word): bits of hotels whose night is due
R_DUE_NIGHT: Final = 44  # int64 (due night): bit b where one of the words b, b + 64, ... is not 0
R_ROOM: Final = 45  # int64: room to work in for who holds the price lock
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

# -- room to work in -------------------------------------------------------------------------------
#: A hotel's products are priced so many at a time.
LANES_AT_ONCE: Final = 64
ROOM_CELLS: Final = 0  # (plane, LANES_AT_ONCE)
ROOM_AMOUNTS: Final = ROOM_CELLS + PLANES_MAX * LANES_AT_ONCE
ROOM_LEAST: Final = ROOM_AMOUNTS + LANES_AT_ONCE
ROOM_LANES: Final = ROOM_LEAST + LANES_AT_ONCE
ROOM_PRODUCTS: Final = ROOM_LANES + LANES_AT_ONCE
ROOM_CELL: Final = ROOM_PRODUCTS + LANES_AT_ONCE
ROOM_SCRATCH: Final = ROOM_CELL + PLANES_MAX
ROOM_RECORD: Final = ROOM_SCRATCH + NIGHT_SCRATCH
ROOM_FILLS: Final = ROOM_RECORD + D_WORDS  # (night) of the window


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
    """Lanes and their products by hotel: int32 (place, 2)."""
    return carray(as_pointer(live[R_HOTEL_LANE]), (live[V_LANES], 2), np.int32)


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
def due_of(live):
    """Which hotels are due on a night of a sheet: int64 (sheet x SEGMENT_NIGHTS + night of the segment, word)."""
    nights = live[V_VARIANTS] * live[V_SEGMENTS] * SEGMENT_NIGHTS
    return carray(as_pointer(live[R_DUE]), (nights, (live[V_HOTELS] + 63) >> 6), np.int64)


@kernel
def due_nights_of(live):
    """Which words of `due_of` are not 0, up to multiples of 64: int64 (night of a sheet)."""
    nights = live[V_VARIANTS] * live[V_SEGMENTS] * SEGMENT_NIGHTS
    return carray(as_pointer(live[R_DUE_NIGHT]), (nights,), np.int64)


@inlined_kernel
def room_of(live, first, size):
    """A part of the room to work in: int64 (size)."""
    return carray(as_pointer(live[R_ROOM] + 8 * first), (size,), np.int64)


@inlined_kernel
def room_of_cells(live):
    """The room for amounts: int64 (plane, LANES_AT_ONCE)."""
    return carray(as_pointer(live[R_ROOM] + 8 * ROOM_CELLS), (live[V_PLANES], LANES_AT_ONCE), np.int64)


@kernel
def short_sums(address, rows, lanes):
    """Running sums of 4 bytes: uint32 (row, lane)."""
    return carray(as_pointer(address), (rows, lanes), np.uint32)


@kernel
def long_sums(address, rows, lanes):
    """Running sums of 8 bytes: int64 (row, lane)."""
    return carray(as_pointer(address), (rows, lanes), np.int64)
