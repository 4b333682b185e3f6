"""The bounds that the whole library relies on, in one place.

Counts are signed so that a subtraction below zero is visible and never wraps to a huge number.
The proofs of exactness in `native/prices/prices.py` start from these numbers.
"""

from __future__ import annotations

from typing import Final

#: Rooms of one room type on one night; the counters of a cell are int16 and stay far below 32,767.
ROOMS_MAX: Final = 10_000
#: Nights of one stay.
STAY_NIGHTS_MAX: Final = 365
#: Nights in a store's window (its horizon).
WINDOW_NIGHTS_MAX: Final = 1_500
#: A single price or total in minor units: |price| <= 10^11.
PRICE_MINOR_MAX: Final = 10**11
#: A nightly base price in minor units.
BASE_MINOR_MAX: Final = 10**9
#: A factor of a rule: -100 % to +900 %, at most two decimals (basis points).
PERCENT_MIN: Final = -100
PERCENT_MAX: Final = 900
#: Lead days that a rule can name; longer leads fall in the last band.
LEAD_DAYS_MAX: Final = 1_000
#: Member tiers and season groups of one rule book.
TIERS_MAX: Final = 16
SEASON_GROUPS_MAX: Final = 3
#: Guests of one room: adults and children. A child is 0 to 17 years old.
GUESTS_MAX: Final = 100
#: Free rooms that a rule can ask for: a cell counts no more.
ROOMS_LEFT_MAX: Final = 32_767
CHILD_AGE_MAX: Final = 17
#: House fill in basis points: 10,000 = no room left.
FILL_BP_MAX: Final = 10_000
#: Loyalty points that a guest can offer in one stay.
POINTS_MAX: Final = 10**12
#: Promotions that may come into question for one stay, and plans that may be derived from each other in a chain.
PROMOTIONS_MAX: Final = 16
DERIVED_DEPTH_MAX: Final = 8
#: Promotions in scope of one product, whatever their conditions: they are bits of a mask.
SET_PROMOTIONS_MAX: Final = 60
#: Length of an identifier in bytes (UTF-8, after NFC).
ID_BYTES_MAX: Final = 128
#: Restriction values in bit planes saturate here; longer stays take the exact path.
PLANE_VALUE_MAX: Final = 63
#: Nights that a full pattern of stays names one by one; longer stays follow its last bit.
PATTERN_NIGHTS_MAX: Final = 62
#: Days ahead of arrival that an advance limit can name.
ADVANCE_DAYS_MAX: Final = 10_000
#: Restriction profiles (distinct combinations) of one store.
PROFILES_MAX: Final = 65_536
#: Lines and hotels of one cart (its hotels are locked together).
LINES_PER_CART_MAX: Final = 512
HOTELS_PER_CART_MAX: Final = 64
#: Default time to live of a hold, and how long resolved holds and keys are kept.
HOLD_TTL_MS_DEFAULT: Final = 15 * 60 * 1000
HOLD_TTL_MS_MAX: Final = 30 * 24 * 3600 * 1000
RETENTION_MS_DEFAULT: Final = 24 * 3600 * 1000
#: Older price versions that can be asked again, and how long a quote can be held at its price.
KEEP_VERSIONS_DEFAULT: Final = 16
KEEP_VERSIONS_MAX: Final = 10_000
#: Changes of house fill over an edge that are kept for past prices, 18 bytes each.
FILL_CHANGES_DEFAULT: Final = 8_388_608
FILL_CHANGES_MIN: Final = 65_536
QUOTE_VALID_SECONDS_DEFAULT: Final = 15 * 60
