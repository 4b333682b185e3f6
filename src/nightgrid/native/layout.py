"""Where everything lies in a store's block of bytes, and the order of its locks.

A store is one aligned block: a header of int64 words (sizes, then the offset of each region), then the
regions, each starting on a cache line. Kernels get one int64 table, the *store table*: the header with
offsets replaced by addresses. They build array views without an owner from it, because arrays that are passed in
or unpacked are reference-counted with atomic instructions inside the loops (measured: half the speed of a hold).

Lock order, from first to last; whoever holds one may only take later ones:
  1. the sweep lock (one thread expires due holds of the whole store),
  2. one segment of the key index,
  3. hotel locks in ascending hotel index,
  4. the ring lock, always last and always alone: assigns the log sequence number, hands out and takes back slots.
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = 0x6E696768_74677264  # "nightgrd"
LAYOUT_VERSION: Final = 1
HEADER_WORDS: Final = 64
LINE_BYTES: Final = 64

# -- header words: sizes -------------------------------------------------------------------------
H_MAGIC: Final = 0
H_VERSION: Final = 1
H_BYTES: Final = 2
H_HOTELS: Final = 3
H_ROWS: Final = 4
H_PRODUCTS: Final = 5
H_NIGHTS: Final = 6
H_FIRST_NIGHT: Final = 7  # proleptic ordinal of night index 0
H_WORDS: Final = 8  # 64-bit words of one bit map over all product lanes
H_SLOTS: Final = 9
H_KEYS: Final = 10  # entries of the key index, a power of two
H_SEGMENTS: Final = 11  # segments of the key index, a power of two
H_RETENTION_MS: Final = 12
H_PROFILES: Final = 13
H_DIALECT: Final = 23  # how restrictions are read, see DIALECT_*

# -- header words: regions (offset in the block; address in the store table) ---------------------
R_SHARED: Final = 24  # int64 (8 lines of 8 words), see S_*
R_HOTELS: Final = 25  # int64 (hotel, 8), see L_*
R_HOTEL_FIRST_ROW: Final = 26  # int32 (hotel + 1)
R_ROW_HOTEL: Final = 27  # int32 (row)
R_ROW_FIRST_PRODUCT: Final = 28  # int32 (row + 1)
R_PRODUCT_LANE: Final = 29  # int32 (product): position of its bit in every bit map
R_CELLS: Final = 30  # int16 (row, night, 4), see C_*
R_CAPACITY: Final = 31  # int16 (row, night) rooms
R_ELSEWHERE: Final = 32  # int16 (row, night) rooms sold by other systems
R_SELLABLE: Final = 33  # int64 (night, word): bit set = free >= 1 and not closed
R_PLANES: Final = 34  # int64 (night, plane, word), see P_*
R_NIGHT_KINDS: Final = 35  # int64 (night): which kinds of restriction exist there, see K_*
R_PROFILES: Final = 36  # int16 (profile, 16), see F_*
R_SLOTS: Final = 37  # int64 (slot, 16), see W_*
R_KEYS: Final = 38  # int64 (entry, 4), see E_*
R_SEGMENT_LOCKS: Final = 39  # int64 (segment, 8)
R_PRODUCT_PROFILES: Final = 40  # int16 (product, night): restriction profile of the product's own, as in a cell
R_ROW_RESTRICTED: Final = 41  # int32 (row): how many (product, night) of the row have a profile of their own
R_END: Final = 42

# -- shared words; words changed by different operations lie on different cache lines ------------
S_RING_LOCK: Final = 0
S_LSN: Final = 8
S_SLOT_HIGH: Final = 16  # slots from here on were never used
S_RETIRED_HEAD: Final = 17  # oldest ended hold (slot + 1), 0 = none
S_RETIRED_TAIL: Final = 18
S_EARLIEST_MS: Final = 24  # no hold of the store is due before this instant
S_PENDING_MS: Final = 25  # earliest deadline of holds taken while a sweep runs
S_SWEEP_LOCK: Final = 32
S_TABLE_LOCK: Final = 40  # changes to restriction profiles, capacities and opening balances
S_PROFILE_CHANGES: Final = 41  # how often the table of profiles changed
S_WORDS: Final = 64

# -- hotel line ----------------------------------------------------------------------------------
L_LOCK: Final = 0
L_EARLIEST_MS: Final = 1  # no hold of this hotel is due before this instant
L_HELD_HEAD: Final = 2  # list of open holds (slot + 1)
L_BOOKED_HEAD: Final = 3  # list of bookings (slot + 1)
L_TODAY: Final = 4  # night index of the hotel's civil date; may be negative
L_CHANGES: Final = 5  # how often its counters changed
L_WORDS: Final = 8

# -- cell ----------------------------------------------------------------------------------------
C_FREE: Final = 0
C_HELD: Final = 1
C_PROFILE: Final = 2  # index of its restriction profile (as uint16); 0 = unrestricted
C_SOLD: Final = 3  # includes rooms sold elsewhere
C_FIELDS: Final = 4

# -- restriction profile: all zero = unrestricted ------------------------------------------------
F_FLAGS: Final = 0
F_MIN_ARRIVAL: Final = 1  # nights; 0 = unrestricted, also below
F_MAX_ARRIVAL: Final = 2
F_MIN_THROUGH: Final = 3
F_MAX_THROUGH: Final = 4
F_MIN_ADVANCE: Final = 5  # lead days
F_MAX_ADVANCE: Final = 6  # lead days + 1
F_MULTIPLE: Final = 7  # nights
F_WEEKDAYS: Final = 8  # bit d: arrival on weekday d (0 = Monday) is allowed
F_PATTERN_LENGTH: Final = 9  # nights that the pattern speaks of, at most PATTERN_NIGHTS_MAX
F_PATTERN: Final = 10  # four words of 16 bits, lowest first; bit k: a stay of k + 1 nights is open
F_PATTERN_WORDS: Final = 4
F_FIELDS: Final = 16
FLAG_CLOSED: Final = 1
FLAG_CLOSED_TO_ARRIVAL: Final = 2
FLAG_CLOSED_TO_DEPARTURE: Final = 4

# -- dialect: bits of H_DIALECT -------------------------------------------------------------------
DIALECT_DEPARTURE_ON_LAST_NIGHT: Final = 1  # closed to departure belongs to the last night, not to the departure date
DIALECT_THROUGH_ON_DEPARTURE: Final = 2  # the departure date counts for limits through the stay

# -- bit planes of restrictions: a number takes 6 planes, most significant first -----------------
P_CLOSED_TO_ARRIVAL: Final = 0  # and weekdays without arrival
P_CLOSED_TO_DEPARTURE: Final = 1
P_MIN_ARRIVAL: Final = 2
P_MAX_ARRIVAL: Final = 8
P_MIN_THROUGH: Final = 14
P_MAX_THROUGH: Final = 20
P_SPECIAL: Final = 26  # arrivals with a pattern, a multiple or an advance limit are checked one by one
P_PLANES: Final = 27
PLANES_PER_NUMBER: Final = 6

# -- kinds of restriction of a night (a bit each) ------------------------------------------------
K_CLOSED_TO_ARRIVAL: Final = 1
K_CLOSED_TO_DEPARTURE: Final = 2
K_MIN_ARRIVAL: Final = 4
K_MAX_ARRIVAL: Final = 8
K_MIN_THROUGH: Final = 16
K_MAX_THROUGH: Final = 32
K_SPECIAL: Final = 64

# -- hold slot: two cache lines; a hold id is generation << 32 | slot ----------------------------
W_STATE: Final = 0  # generation << 8 | state
W_ROW: Final = 1
W_STAY: Final = 2  # arrival ordinal | nights << 24 | rooms << 40
W_DEADLINE_MS: Final = 3
W_PREVIOUS: Final = 4  # slot + 1 in the hotel's list, 0 = none
W_NEXT: Final = 5
W_LSN: Final = 6  # of its latest change
W_TAKEN_MS: Final = 7
W_RESOLVED_MS: Final = 8
W_KEY_HIGH: Final = 9
W_KEY_LOW: Final = 10
W_REQUEST: Final = 11  # digest of the request
W_GUEST: Final = 12  # digest of the guest key
W_WORDS: Final = 16

STATE_EMPTY: Final = 0
STATE_HELD: Final = 1
STATE_BOOKED: Final = 2
STATE_RELEASED: Final = 3
STATE_EXPIRED: Final = 4
STATE_CANCELLED: Final = 5

# -- entry of the key index ----------------------------------------------------------------------
E_KEY_HIGH: Final = 0
E_KEY_LOW: Final = 1
E_HOLD_ID: Final = 2  # 0 = never used
E_REQUEST: Final = 3
E_WORDS: Final = 4

NEVER_MS: Final = 2**62
