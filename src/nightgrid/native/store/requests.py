"""What a hold is asked with, and how stay and scope are packed into one word each.

A request is a tuple of int64 in the order of Q_*; many requests are the columns of a matrix (Q_FIELDS, request).
"""

from __future__ import annotations

from typing import Final

from nightgrid.limits import HOLD_TTL_MS_MAX, POINTS_MAX, ROOMS_MAX, STAY_NIGHTS_MAX
from nightgrid.native.base.hints import stay_apart
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.base.mixing import mix
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import word_at
from nightgrid.outcomes import Outcome

Q_ROW: Final = 0
Q_PRODUCT: Final = 1  # -1 = no plan named
Q_ARRIVAL: Final = 2  # proleptic ordinal
Q_NIGHTS: Final = 3
Q_ROOMS: Final = 4
Q_TTL_MS: Final = 5  # 0 = a booking at once
Q_KEY_HIGH: Final = 6
Q_KEY_LOW: Final = 7  # both zero = no key
Q_GUEST: Final = 8
Q_REFERENCE: Final = 9
Q_SCOPE: Final = 10  # see `scope_word`
Q_VALUE: Final = 11  # of the stay in minor units
Q_GUESTS: Final = 12  # people in a room, 0 = not said
Q_REPLACES: Final = 13  # hold id, 0 = none
Q_QUOTE: Final = 14  # digest of the quote that the price is of, 0 = none
Q_VERSION: Final = 15  # serial number of the quote's price version
Q_VALID_UNTIL_MS: Final = 16  # the quote can be held before this instant
Q_POINTS: Final = 17  # see `points_word`, 0 = none
Q_NIGHT_VALUES: Final = 18  # address of the value of each night, int64 (night) minor units; 0 = only the stay has one
Q_FIELDS: Final = 19
Q_PLAIN: Final = 8  # the first so many fields of a batch that says nothing in the others: they are zero

_OK = int(Outcome.OK)
_INVALID = int(Outcome.INVALID)
_UNKNOWN_PRODUCT = int(Outcome.UNKNOWN_PRODUCT)
_OUTSIDE_HORIZON = int(Outcome.OUTSIDE_HORIZON)
_QUOTE_EXPIRED = int(Outcome.QUOTE_EXPIRED)

#: Any numbers that differ in many bits: the same word in two places of a request shall not count as the same.
_STARTS: Final = (
    0x243F6A8885A308D3,
    0x13198A2E03707344,
    0x24093822299F31D0,
    0x082EFA98EC4E6C89,
    0x452821E638D01377,
    0x3E5466CF34E90C6C,
    0x40AC29B7C97C50DD,
    0x3F84D5B5B5470917,
    0x1216D5D98979FB1B,
    0x2FFD72DBD01ADFB7,
    0x6A267E96BA7C9045,
)

# -- a stay in one word: arrival 22 bits, nights 9, kept nights 9, rooms 14 ------------------------
NIGHTS_SHIFT: Final = 22
KEPT_SHIFT: Final = 31
ROOMS_SHIFT: Final = 40
ARRIVAL_MASK: Final = (1 << 22) - 1
_NIGHTS_MASK: Final = (1 << 9) - 1

# -- a scope in one word: channel 8 bits, class 4, block 16, counter 16, units 18 ------------------
CHANNEL_MASK: Final = 0xFF
CLASS_SHIFT: Final = 8
CLASS_MASK: Final = 0xF
BLOCK_SHIFT: Final = 12
COUNTER_SHIFT: Final = 28
NUMBER_MASK: Final = 0xFFFF  # of a block or counter
UNITS_SHIFT: Final = 44
UNITS_MAX: Final = (1 << 18) - 1
SCOPE_COUPON: Final = (1 << 62) - (1 << COUNTER_SHIFT)  # the bits of the limited counter and its units
SCOPE_BOUND: Final = 1 << 62  # the price is that of a quote
SCOPE_POINTS: Final = -(1 << 63)  # it has points: their word stands elsewhere
BESIDE_SHIFT: Final = 62  # a scope shifted by it is not 0 where something stands beside the slot
_COUNTED: Final = CHANNEL_MASK | NUMBER_MASK << COUNTER_SHIFT | SCOPE_POINTS

# -- points in one word: their limited counter 16 bits, units 40 -----------------------------------
POINTS_SHIFT: Final = 16
POINTS_UNITS_MAX: Final = POINTS_MAX


@inlined_kernel
def stay_word(arrival, nights, kept, rooms):
    """A stay as one word; `kept` nights from the arrival on still take rooms."""
    return arrival | nights << NIGHTS_SHIFT | kept << KEPT_SHIFT | rooms << ROOMS_SHIFT


@inlined_kernel
def stay_arrival(word):
    """Arrival of a stay, as an ordinal."""
    return word & ARRIVAL_MASK


@inlined_kernel
def stay_nights(word):
    """Nights of a stay as it was booked."""
    return word >> NIGHTS_SHIFT & _NIGHTS_MASK


@inlined_kernel
def stay_kept(word):
    """Nights of a stay, from the first on, that take rooms."""
    return word >> KEPT_SHIFT & _NIGHTS_MASK


@inlined_kernel
def stay_rooms(word):
    """Rooms of a stay."""
    return word >> ROOMS_SHIFT


def scope_word(channel: int = 0, tier: int = 0, block: int = 0, counter: int = 0, units: int = 0) -> int:
    """Scope of a request: channel, block and counter as index + 1 (0 = none), tier as class index, units of the
    counter.
    """
    return channel | tier << CLASS_SHIFT | block << BLOCK_SHIFT | counter << COUNTER_SHIFT | units << UNITS_SHIFT


@inlined_kernel
def scope_channel(scope):
    """Channel + 1, 0 = none."""
    return scope & CHANNEL_MASK


@inlined_kernel
def scope_class(scope):
    """Class of the guest, 0 = lowest."""
    return scope >> CLASS_SHIFT & CLASS_MASK


@inlined_kernel
def scope_block(scope):
    """Block (its control + 1), 0 = general sale."""
    return scope >> BLOCK_SHIFT & NUMBER_MASK


@inlined_kernel
def scope_counter(scope):
    """Limited counter + 1, 0 = none."""
    return scope >> COUNTER_SHIFT & NUMBER_MASK


@inlined_kernel
def scope_units(scope):
    """Units of the limited counter."""
    return scope >> UNITS_SHIFT & UNITS_MAX


@inlined_kernel
def needs_counters(scope):
    """True if a request names a limited counter, points or a channel."""
    return scope & _COUNTED != 0


def points_word(counter: int, units: int) -> int:
    """Points of a hold: their limited counter as index + 1 (0 = none), and how many."""
    return counter | units << POINTS_SHIFT


@inlined_kernel
def points_counter(word):
    """Limited counter of points + 1, 0 = none."""
    return word & NUMBER_MASK


@inlined_kernel
def points_units(word):
    """How many points."""
    return word >> POINTS_SHIFT


@inlined_kernel
def units_of(scope, points, counter):
    """Units of a limited counter (+ 1) that a request takes, as its coupon or as its points; 0 for no counter."""
    if counter == 0:
        return 0
    units = scope_units(scope) if scope_counter(scope) == counter else 0
    return units + (points_units(points) if points_counter(points) == counter else 0)


@inlined_kernel
def place_word(row, product):
    """Row and product (-1 = none) as one word."""
    return row | (product + 1) << 32


@inlined_kernel
def place_row(word):
    """Row of a place."""
    return word & 0xFFFFFFFF


@inlined_kernel
def place_product(word):
    """Product of a place, -1 = none."""
    return (word >> 32) - 1


@inlined_kernel
def request_digest(request):
    """64-bit digest of everything that makes two requests the same; the key itself is compared in full.

    The parts are mixed side by side, each with a start of its own, and mixed once more together: a chain of nine mixes
    takes three times as long as these, because each waits for the one before.
    """
    place = request[Q_ROW] ^ request[Q_ARRIVAL] << 32
    length = request[Q_TTL_MS] ^ request[Q_NIGHTS] << 34 ^ request[Q_ROOMS] << 46
    digest = mix(place) + mix(length ^ _STARTS[0]) + mix(request[Q_GUEST] ^ _STARTS[1])
    extras = request[Q_REFERENCE] | request[Q_SCOPE] | request[Q_VALUE] | request[Q_GUESTS] | request[Q_REPLACES]
    if extras != 0 or request[Q_PRODUCT] != -1:
        digest += _extras_digest(request)
    return mix(digest)


@inlined_kernel
def night_value(request, night):
    """The value of a night of a request that says them, in minor units. Whoever asks keeps them alive."""
    return word_at(request[Q_NIGHT_VALUES] + 8 * night)


@kernel
def _extras_digest(request):
    """What a request says beyond dates and rooms, for its digest."""
    stay_apart()
    digest = mix(request[Q_PRODUCT] ^ _STARTS[2]) + mix(request[Q_REFERENCE] ^ _STARTS[3])
    digest += mix(request[Q_SCOPE] ^ _STARTS[4]) + mix(request[Q_VALUE] ^ _STARTS[5])
    digest += mix(request[Q_GUESTS] ^ _STARTS[6]) + mix(request[Q_REPLACES] ^ _STARTS[7])
    if request[Q_QUOTE] != 0:
        digest += mix(request[Q_QUOTE] ^ _STARTS[8])
    if request[Q_NIGHT_VALUES] != 0:
        digest += _values_digest(request)
    return digest + (mix(request[Q_POINTS] ^ _STARTS[9]) if request[Q_POINTS] != 0 else 0)


@kernel
def _values_digest(request):
    """The value of each night, for a digest."""
    digest = _STARTS[10]
    for night in range(request[Q_NIGHTS]):
        digest = mix(digest * 31 ^ night_value(request, night))
    return digest


@inlined_kernel
def shape_code(request):
    """What is wrong with a request before any lock is taken; OK if it can be tried."""
    nights = request[Q_NIGHTS]
    rooms = request[Q_ROOMS]
    ttl_ms = request[Q_TTL_MS]
    if nights < 1 or nights > STAY_NIGHTS_MAX or rooms < 1 or rooms > ROOMS_MAX:
        return _INVALID
    if ttl_ms < 0 or ttl_ms > HOLD_TTL_MS_MAX or request[Q_ARRIVAL] < 1 or request[Q_ARRIVAL] > ARRIVAL_MASK:
        return _INVALID
    return _OK


@inlined_kernel
def horizon_code(store, shared, today, request):
    """OUTSIDE_HORIZON unless the whole stay is on sale: not before the hotel's today, not beyond the window.

    shared (S_WORDS) int64; today: ordinal of the hotel's civil date.
    """
    arrival = request[Q_ARRIVAL]
    if arrival < max(shared[at.S_FIRST_NIGHT], today) or arrival + request[Q_NIGHTS] > shared[at.S_END_NIGHT]:
        return _OUTSIDE_HORIZON
    return _OK


@inlined_kernel
def quote_code(request, now_ms):
    """QUOTE_EXPIRED for a request that is bound to a quote at or after the end of its validity, else OK."""
    return _QUOTE_EXPIRED if request[Q_QUOTE] != 0 and request[Q_VALID_UNTIL_MS] <= now_ms else _OK


@inlined_kernel
def row_code(store, row):
    """UNKNOWN_PRODUCT for a row that is none, else OK."""
    return _OK if 0 <= row < store[at.H_ROWS] else _UNKNOWN_PRODUCT
