"""Where everything lies in a store's block of bytes, and the order of its locks.

A store is one aligned block: a header of int64 words (sizes, then the offset of each region), then the
regions, each starting on a cache line. Kernels get one int64 table, the *store table*: the header with
offsets replaced by addresses. They build array views without an owner from it, because arrays that are passed in
or unpacked are reference-counted with atomic instructions inside the loops (measured: half the speed of a hold).

Nights are a ring of columns, and a night keeps its column as long as it is in the window: its distance from the night
in column 0, modulo the columns. So a day leaves and another enters without moving anything, and whoever reads without
a lock while the window rolls looks into the right column, whatever he has read before (`native/upkeep/window.py`).

Lock order, from first to last; whoever holds one may only take later ones:
  1. the sweep lock (one thread expires due holds of the whole store, or collects its slots),
  2. the table lock (changes by the hotels' staff: capacity, restrictions, selling controls, window),
  3. one segment of the key index, or the price lock of a version whose prices follow house fill
     (`native/program/live_block.py`): whoever holds it reads the counters of one hotel at a time,
  4. hotel locks in ascending hotel index, at most 64 of them (or all, by `native/store/locks.py`),
  5. the counter lock (limited counters and open holds per channel),
  6. the slot lock (slots that belong to no hotel), which is given back before
  7. the ring lock, always last and always alone: assigns the log sequence number, writes and publishes the record.
A batch that holds some of 3 and 4 only tries others of them, in any order, and gives all back before it waits
(`native/holds/group.py`).
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = 0x6E696768_74677264  # "nightgrd"
LAYOUT_VERSION: Final = 9
HEADER_WORDS: Final = 64
LINE_BYTES: Final = 64

# -- header words: sizes -------------------------------------------------------------------------
H_MAGIC: Final = 0
H_VERSION: Final = 1
H_BYTES: Final = 2
H_HOTELS: Final = 3
H_ROWS: Final = 4
H_PRODUCTS: Final = 5
H_NIGHTS: Final = 6  # nights of the window = columns of the ring
H_WORDS: Final = 8  # 64-bit words of one bit map over all product lanes
H_SLOTS: Final = 9  # the most there can be, see S_SLOT_LIMIT
H_KEYS: Final = 10  # entries of the key index when it has grown as far as it can, a power of two
H_SEGMENTS: Final = 11  # segments of the key index, a power of two
H_RETENTION_MS: Final = 12
H_PROFILES: Final = 13
H_SLOT_RUN: Final = 14  # slots that a hotel takes from the store at once, at most
H_CONTROLS: Final = 15  # selling controls
H_COUNTERS: Final = 16  # limited counters; the first ones count the open holds of each channel
H_RECORDS: Final = 17  # records of the ring, a power of two
H_DIALECT: Final = 18  # how restrictions are read, see DIALECT_*
H_EPOCH: Final = 19  # generations begin after this number, which is of this store: ids of another name nothing here

# -- header words: regions (offset in the block; address in the store table) ---------------------
R_SHARED: Final = 24  # int64 (8 lines of 8 words), see S_*
R_HOTELS: Final = 25  # int64 (hotel, 16), see L_*
R_HOTEL_ROW: Final = 26  # int32 (hotel): its first room type (row + 1), 0 = a spare hotel
R_ROW_HOTEL: Final = 27  # int32 (row)
R_ROW_PRODUCT: Final = 28  # int32 (row): its first product (product + 1), 0 = a spare row
R_PRODUCT_LANE: Final = 29  # int32 (product): position of its bit in every bit map
R_CELLS: Final = 30  # int16 (row, column, 4), see C_*
R_CAPACITY: Final = 31  # int16 (row, column) rooms: physical - out of order + sell limit
R_ELSEWHERE: Final = 32  # int16 (row, column) rooms sold by other systems
R_SELLABLE: Final = 33  # int64 (column, word): bit set = free >= 1 and not closed
R_PLANES: Final = 34  # int64 (column, plane, word), see P_*
R_NIGHT_KINDS: Final = 35  # int64 (column): which kinds of restriction exist there, see K_*
R_PROFILES: Final = 36  # int16 (profile, F_FIELDS), see F_*
R_SLOTS: Final = 37  # int64 (slot, 16), see W_*
R_KEYS: Final = 38  # int64 (entry): half of the hash of a key | slot + 1, see `native/store/keys.py`
R_SEGMENT_LOCKS: Final = 39  # int64 (segment)
R_RECORDS: Final = 40  # int64 (record, 16), see D_*
R_ROW_FLAGS: Final = 41  # int8 (row), see ROW_*
R_ROW_GUESTS: Final = 42  # int16 (row): most guests of a room
R_ROW_CONTROL: Final = 43  # int32 (row): its first selling control + 1
R_CONTROLS: Final = 44  # int64 (control, 16), see T_*
R_CONTROL_NIGHTS: Final = 45  # int64 (control, column, 5), see N_*
R_COUNTERS: Final = 46  # int64 (counter, 8), see U_*
R_PRODUCT_PLAN: Final = 47  # int32 (product): index of its plan's name
R_PRODUCT_FLAGS: Final = 48  # int8 (product), see PRODUCT_*
R_OUT_OF_ORDER: Final = 49  # int16 (row, column) rooms
R_SELL_LIMIT: Final = 50  # int16 (row, column) rooms, signed
R_STATISTICS: Final = 51  # int64 (CODES): how often each outcome was answered, and CODE_*
R_CONTROLLED: Final = 52  # int64 (word): products whose room type or hotel has selling controls
R_PRODUCT_PROFILES: Final = 53  # int16 (product, column): restriction profile of the product's own, as in a cell
R_ROW_RESTRICTED: Final = 54  # int32 (row): how many (product, night) of the row have a profile of their own
R_NEXT_ROW: Final = 55  # int32 (row): the next row of its hotel (row + 1), 0 = the last
R_NEXT_PRODUCT: Final = 56  # int32 (product): the next product of its row (product + 1), 0 = the last
R_PRODUCT_ROW: Final = 57  # int32 (product)
R_QUOTES: Final = 58  # int64 (slot, 4): what few holds have beside their slot, see B_*
R_ROW_HOME: Final = 59  # int64 (row): its hotel | lane of its only product + 1 << 32, 0 there = none or several
R_IMAGES: Final = 60  # int64 (hotel, then line of a cart, 16): slots as they were before a change, see I_*
R_END: Final = 61
HOME_LANE_SHIFT: Final = 32

# -- shared words; words changed by different operations lie on different cache lines ------------
S_RING_LOCK: Final = 0
S_LSN: Final = 1  # on the line of its lock: both travel together
S_SLOT_LOCK: Final = 8
S_SLOT_HIGH: Final = 9  # slots from here on were never used
S_FREE_HEAD: Final = 10  # slots that belong to no hotel any more (slot + 1)
S_SLOT_LIMIT: Final = 11  # slots from here on are not handed out, until the store grows
S_EARLIEST_MS: Final = 16  # no hold of the store is due before this instant
S_PENDING_MS: Final = 17  # earliest deadline of holds taken while a sweep runs
S_SWEEP_LOCK: Final = 24
S_COLLECTIONS: Final = 25  # how many passes over the hotels looked for slots, see `slots.collect_slots`
S_TABLE_LOCK: Final = 32
S_PROFILE_CHANGES: Final = 33  # how often the table of restriction profiles changed
S_FIRST_NIGHT: Final = 40  # proleptic ordinal of the window's first night
S_LAP_NIGHT: Final = 41  # the night, not after the first one, that stands in column 0
S_CONTROLS: Final = 42  # selling controls handed out
S_END_NIGHT: Final = 43  # the night after the last one on sale
S_ROLL: Final = 44  # a roll under way: its first night | by how many nights it moves << 32; 0 = none
S_KEY_SPAN: Final = 45  # how far the key index has grown, see `native/store/keys.py`
S_COLLECT_MS: Final = 46  # before this instant another such pass finds nothing
S_COUNTER_LOCK: Final = 48
S_STEPS: Final = 56  # tests only, see `native/store/steps.py`
S_WORDS: Final = 64

# -- hotel: two cache lines ----------------------------------------------------------------------
L_LOCK: Final = 0
L_EARLIEST_MS: Final = 1  # no hold of this hotel is due before this instant
L_HELD_HEAD: Final = 2  # list of open holds (slot + 1)
L_TODAY: Final = 3  # ordinal of the hotel's civil date
L_CHANGES: Final = 4  # how often rooms were about to come back, see `cells.count_return`
L_RETIRED_HEAD: Final = 5  # queue of its ended holds, oldest first (slot + 1)
L_RETIRED_TAIL: Final = 6
L_RUN: Final = 7  # slots of its own that were never used: next | end << 32
L_BOOKED_HEAD: Final = 8  # list of bookings (slot + 1)
L_FIRST_CONTROL: Final = 9  # selling controls of the whole hotel (control + 1)
L_KEEPER: Final = 10  # a booking gives rooms back and its quota not: its slot + 1 while that is done, else 0
L_KEEPER_LSN: Final = 11  # of its change before this one
L_KEEPER_UNITS: Final = 12  # 1 = the units of its coupon are kept by now, 2 = its points too
L_WORDS: Final = 16

ROW_CONTROLLED: Final = 1  # the row or its hotel has selling controls
ROW_CLOSED: Final = 2  # the room type is closed: nothing more is sold
ROW_HOTEL_CLOSED: Final = 4  # its hotel is closed
ROW_SHUT: Final = ROW_CLOSED | ROW_HOTEL_CLOSED
ROW_PLANS_CLOSED: Final = 8  # one of its plans is closed
PRODUCT_LAST_ROOM: Final = 1  # sold to the last room: no hurdle, no protection
PRODUCT_CLOSED: Final = 2  # the plan is closed

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
W_STATE: Final = 0  # generation << 8 | state, + STATE_ENDED
W_PLACE: Final = 1  # row | (product + 1) << 32
W_STAY: Final = 2  # see `native/store/requests.py`: arrival, nights, kept nights, rooms
W_DEADLINE_MS: Final = 3  # of a booking whose nights have all left the window: minus the instant since when
W_PREVIOUS: Final = 4  # slot + 1 in the list; of an ended hold: the booking made in its place, or -1 - its value
W_NEXT: Final = 5
W_LSN: Final = 6  # of its latest change
W_TAKEN_MS: Final = 7
W_RESOLVED_MS: Final = 8  # of an ended hold; of a live one it is
W_VALUE: Final = 8  # the value of its stay in minor units
W_KEY_HIGH: Final = 9
W_KEY_LOW: Final = 10
W_REQUEST: Final = 11  # digest of the request; of a line of a cart: `carts.cart_digest` + its line
W_GUEST: Final = 12  # digest of the guest key
W_REFERENCE: Final = 13  # digest of the caller's reference
W_SCOPE: Final = 14  # channel, class, block, counter, units: see `native/store/requests.py`
W_LINK: Final = 15  # its cart (id of the cart's first hold), or minus the id of the hold it was made for
W_WORDS: Final = 16

STATE_EMPTY: Final = 0
STATE_HELD: Final = 1
STATE_BOOKED: Final = 2
STATE_RELEASED: Final = 3
STATE_EXPIRED: Final = 4
STATE_CANCELLED: Final = 5
STATE_CHECKED_IN: Final = 6
STATE_CHECKED_OUT: Final = 7
STATE_NO_SHOW: Final = 8
STATE_MASK: Final = 0x0F
STATES_LIVE: Final = (
    1 << STATE_HELD | 1 << STATE_BOOKED | 1 << STATE_CHECKED_IN | 1 << STATE_CHECKED_OUT | 1 << STATE_NO_SHOW
)
STATE_ENDED: Final = 0x80  # it takes no rooms any more and stands in the queue of ended holds

# -- record of the ring: two cache lines, 128 bytes ----------------------------------------------
D_LSN: Final = 0  # written last: the record is published
D_KIND: Final = 1  # kind | line << 8 | lines << 24 | serial number of the price version << 40, of a bound hold
D_HOLD_ID: Final = 2
D_PLACE: Final = 3
D_STAY: Final = 4
D_DEADLINE_MS: Final = 5
D_NOW_MS: Final = 6
D_KEY_HIGH: Final = 7  # of a hold, and of a booking at once; of a later change D_OLD_PLACE
D_KEY_LOW: Final = 8
D_OLD_PLACE: Final = 7  # place and stay before a change that may move them
D_OLD_STAY: Final = 8
D_REQUEST: Final = 9
D_POINTS: Final = 9  # of a hold with points, see `requests.points_word`; RECORD_REQUEST has the digest of its request
D_GUEST: Final = 10
D_REFERENCE: Final = 11
D_SCOPE: Final = 12
D_LINK: Final = 13
D_VALUE: Final = 14  # value of the stay in minor units, or the verb's argument
D_QUOTE: Final = 15  # digest of the quote a hold is bound to, 0 = none
D_WORDS: Final = 16

RECORD_HOLD: Final = 1  # kinds, stored and never changed; = STATE_HELD
RECORD_BOOK: Final = 2  # = STATE_BOOKED
RECORD_CONFIRM: Final = 3
RECORD_EXTEND: Final = 4
RECORD_RELEASE: Final = 5
RECORD_EXPIRE: Final = 6
RECORD_CANCEL: Final = 7
RECORD_CHECK_IN: Final = 8
RECORD_CHECK_OUT: Final = 9
RECORD_NO_SHOW: Final = 10
RECORD_DEPART: Final = 11
RECORD_AMEND: Final = 12
RECORD_REQUEST: Final = 13  # stands before the first record of a hold with points: what that has no room for
RECORD_CELLS: Final = 20  # counters of a range of nights of one row were set by the hotel
RECORD_RELOAD: Final = 21  # counters anywhere were set
RECORD_WINDOW: Final = 22  # the window rolled
RECORD_RESTRICTIONS: Final = 23  # a range of nights of one row, or of one product, is restricted in another way
RECORD_RESTRICTIONS_RELOAD: Final = 24  # restrictions anywhere changed

# -- beside a slot; valid where its scope word says so (`requests.SCOPE_BOUND`, `SCOPE_POINTS`) ------
B_QUOTE: Final = 0  # digest of the quote
B_VERSION: Final = 1  # serial number of its price version
B_POINTS: Final = 2  # the points that it keeps back, see `requests.points_word`
B_NEXT_LINE: Final = 3  # of a line of a cart: the slot of the next line + 1, 0 = the last one
B_WORDS: Final = 4

# -- image of a slot, while a change of several of its words is not published, see `native/store/images.py` ----
I_SLOT: Final = 0  # slot + 1, 0 = no image
I_LSN: Final = 1  # these are the slot's words W_LSN, W_STATE, ...
I_STATE: Final = 2
I_PLACE: Final = 3
I_STAY: Final = 4
I_DEADLINE_MS: Final = 5
I_PREVIOUS: Final = 6
I_VALUE: Final = 7
I_SCOPE: Final = 8
I_QUOTE: Final = 9  # and what stands beside it
I_VERSION: Final = 10
I_WORDS: Final = 16

# -- selling control -----------------------------------------------------------------------------
T_KIND: Final = 0
T_OWNER: Final = 1  # row, or hotel where T_LEVEL is 1
T_NEXT: Final = 2  # next control of the same owner (control + 1)
T_LEVEL: Final = 3  # 0 = room type, 1 = hotel
T_CHANNEL: Final = 4  # channel + 1, 0 = any
T_PLAN: Final = 5  # plan + 1, 0 = any
T_CLASS: Final = 6
T_RELEASE_MS: Final = 7  # NEVER_MS = not at an instant
T_RELEASE_DAYS: Final = 8  # -1 = not by days before the night
T_ELASTIC: Final = 9  # rooms that may be borrowed beyond the block
T_RELEASED: Final = 10
T_WORDS: Final = 16
KIND_CAP: Final = 1
KIND_QUOTA: Final = 2
KIND_PROTECTION: Final = 3
KIND_BLOCK: Final = 4
KIND_HURDLE: Final = 5
KIND_HOUSE: Final = 6

N_LIMIT: Final = 0  # limit, units, protected rooms or hurdle, + 1; 0 = none
N_USED: Final = 1  # rooms under the cap, granted of the quota, picked up, or steps of the hurdle
N_DELTA: Final = 2
N_FLOOR: Final = 3
N_CEILING: Final = 4
N_KEPT: Final = 2  # of a quota: the part of it that no live hold has, because sales ended or shrank without refund
N_FIELDS: Final = 5

# -- limited counter -----------------------------------------------------------------------------
U_LIMIT: Final = 0  # + 1; 0 = no limit
U_USED: Final = 1
U_KEPT: Final = 2  # part of it that no live hold uses: sales that ended without refund, and what was set by hand
U_WORDS: Final = 8

CODES: Final = 1_024  # beyond every outcome
CODE_PASSED_OVER: Final = (
    CODES - 2
)  # beside the outcomes: how often a batch passed over a request, see `holds/passing.py`
CODE_IN_ORDER: Final = CODES - 1  # how many windows of batches were put in order, see `holds/visits.py`
NEVER_MS: Final = 2**62
