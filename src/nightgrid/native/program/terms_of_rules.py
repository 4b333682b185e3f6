"""Where the numbers of a stay's rules stand: the one int64 vector of a compiled book (`pricing/records.py` writes it).

A rule set is a row of stages, each (stage, where the next one stands, ref, slot, rounding, what the stage needs).
`ref`: of what its percents are (`program/plan_codes.py`); `slot`: where the amount after it is kept, -1; `rounding`:
where mode, step, endings stand, 0 = none. Rules stand elsewhere in the vector, once for all sets; 0 is no rule.
"""

from __future__ import annotations

from typing import Final

S_NEXT: Final = 1
S_REF: Final = 2
S_SLOT: Final = 3
S_ROUNDING: Final = 4
S_FIRST: Final = 5

STAGE_END: Final = 0
STAGE_EXTRA: Final = 1  # rule
STAGE_LENGTH: Final = 2  # rule
STAGE_FREE: Final = 3  # how many, rules, the best first
STAGE_LEAD: Final = 4  # rule
STAGE_TIER: Final = 5  # rule
STAGE_PROMOTION: Final = 6  # policy, over, rule of the tier, how many, then PROMOTION_LINE words of each
STAGE_PACKAGE: Final = 7  # how many, rules
STAGE_POINTS: Final = 8  # rule
STAGE_TAX: Final = 9  # how many, rules
STAGE_ROUND: Final = 10  # 0: nothing but what every stage has
STAGE_TABLE: Final = 12  # extra guests rule, how many, rules, the strongest first
STAGE_BOUND: Final = 11  # how many, rules, the strongest first

#: Of each promotion of a stage: rule, and bits of the stage's promotions that it conflicts with and requires; those to
#: which it gives way by night, those on whose nights alone it acts, and how many steps of such it takes to know its
#: nights.
PROMOTION_LINE: Final = 6
O_RULE: Final = 0
O_CONFLICTS: Final = 1
O_REQUIRES: Final = 2
O_YIELDS: Final = 3
O_INSIDE: Final = 4
O_DEPTH: Final = 5
NO_PROMOTION: Final = 62  # the bit of those that the stage does not have

#: Conditions of an offer.
C_BOOKING_DAYS: Final = 0  # weekdays, bit 0 = Monday
C_ARRIVAL_DAYS: Final = 1
C_LEAD_MIN: Final = 2
C_LEAD_MAX: Final = 3
C_NIGHTS_MIN: Final = 4
C_NIGHTS_MAX: Final = 5
C_TIERS: Final = 6  # bits
C_COUPON: Final = 7  # NO_NAME = none is needed
C_APPLIES: Final = 8
C_DEPARTURE_DAYS: Final = 9  # weekdays
C_GUESTS_MIN: Final = 10  # 0: it does not matter how many, or whether it is told
C_GUESTS_MAX: Final = 11
C_ROOMS_MIN: Final = 12  # 0 and -1: it does not matter how many are left, or whether it is told
C_ROOMS_MAX: Final = 13
C_BOOKING: Final = 14  # how many ranges of ordinals; the lists stand from C_LISTS on in this order
C_STAY: Final = 15
C_BLACKOUT: Final = 16
C_DEPARTURE: Final = 17
C_CHANNELS: Final = 18
C_COUNTRIES: Final = 19
C_DEVICES: Final = 20
C_LANGUAGES: Final = 21
C_HOURS: Final = 22  # how many ranges of minutes of the day
C_LISTS: Final = 23

APPLIES_ALL: Final = 0
APPLIES_ANY: Final = 1
APPLIES_ARRIVAL: Final = 2
APPLIES_NIGHTS: Final = 3

#: Extra guests: included, adult charge (kind, value), children_included, full_payers, how many bands, bands.
E_INCLUDED: Final = 0
E_ADULT_KIND: Final = 1
E_ADULT: Final = 2
E_AFTER_ADULTS: Final = 3
E_FULL_PAYERS: Final = 4
E_BANDS: Final = 5
E_FIRST: Final = 6  # (to_age, kind, value) of each
CHARGE_NONE: Final = 0
CHARGE_AMOUNT: Final = 1
CHARGE_PERCENT: Final = 2
CHARGE_DISCOUNT: Final = 3

#: Length of stay: reading, how many, (from_nights, value) ascending.
READ_STAY: Final = 0
READ_MARGINAL: Final = 1
READ_FIRST: Final = 2
READ_PRICES: Final = 3

#: Free nights: conditions, min_spend, stay, pay, which, repeat.
F_CONDITIONS: Final = 0
F_SPEND: Final = 1
F_STAY: Final = 2
F_PAY: Final = 3
F_WHICH: Final = 4
F_REPEAT: Final = 5

#: Lead time: kind, how many, then (from, to, basis points) or (days, basis points).
LEAD_BANDS: Final = 0
LEAD_CURVE: Final = 1

#: Member tier: (kind, value) of each tier.
TIER_NOTHING: Final = 0
TIER_PERCENT: Final = 1
TIER_AMOUNT: Final = 2
TIER_PRICE: Final = 3
TIER_PLAN: Final = 4
TIER_POINTS: Final = 5

#: Promotion.
P_CONDITIONS: Final = 0
P_SPEND: Final = 1  # the amount before the stage must reach it, 0 = any
P_KIND: Final = 2
P_REF: Final = 3  # REF_OF_STAGE, or a ref
P_VALUE: Final = 4  # basis points or amount
P_PATTERN: Final = 5
P_PATTERN_A: Final = 6
P_PATTERN_B: Final = 7
P_MAX_OFF: Final = 8  # -1 none
P_FLOOR: Final = 9  # a night, -1 none
P_FLOOR_STAY: Final = 10  # -1 none
P_IS_BASE: Final = 11  # class base: extra points of members count
P_LOOKS: Final = 12  # it names others on whose nights its own depend
P_LIST: Final = 13  # how many: thresholds (from, off), or words of positions
REF_OF_STAGE: Final = -2

KIND_PERCENT: Final = 0
KIND_OFF: Final = 1
KIND_OFF_NIGHT: Final = 2
KIND_PRICE: Final = 3
KIND_PRICE_NIGHT: Final = 4
KIND_SPEND: Final = 5

PATTERN_ALL: Final = 0
PATTERN_FIRST: Final = 1
PATTERN_LAST: Final = 2
PATTERN_POSITIONS: Final = 3  # bits in the list
PATTERN_WEEKDAYS: Final = 4  # A: bits
PATTERN_NTH: Final = 5  # A: n, B: repeat
#: How many FIRST, LAST, CHEAPEST or DEAREST: A = 0: B / 2; else of every A nights B / 2, and B odd: again and again.
PATTERN_CHEAPEST: Final = 6
PATTERN_DEAREST: Final = 7

#: Prices of stays: guests (0 = any), weekdays of arrival, how many ranges of arrivals, ranges, how many lengths, then
#: (first, last, amount, whether it is a night's) of each.
W_GUESTS: Final = 0
W_WEEKDAYS: Final = 1
W_ARRIVALS: Final = 2

#: Bounds of a stay: amounts and basis points of the base, -1 = none.
B_NIGHTS_MIN: Final = 0
B_NIGHTS_MAX: Final = 1
B_FLOOR: Final = 2
B_CEILING: Final = 3
B_FLOOR_NIGHT: Final = 4
B_CEILING_NIGHT: Final = 5
B_FLOOR_BP: Final = 6
B_CEILING_BP: Final = 7
B_BASE: Final = 8  # plane
B_ARRIVALS: Final = 9  # how many ranges, ranges

#: Package: name, mandatory, price, per, children_percent in basis points.
K_NAME: Final = 0
K_MANDATORY: Final = 1
K_PRICE: Final = 2
K_PER: Final = 3
K_CHILDREN: Final = 4
PER_STAY: Final = 0
PER_NIGHT: Final = 1
PER_PERSON: Final = 2
PER_PERSON_NIGHT: Final = 3

#: Tax.
T_KIND: Final = 0
T_VALUE: Final = 1  # thousandths of a percent, or an amount
T_PER: Final = 2
T_OF: Final = 3
T_INCLUDED: Final = 4
T_FROM: Final = 5  # a night, -1 none
T_TO: Final = 6
T_MIN_AGE: Final = 7  # -1 none
T_NIGHTS_MAX: Final = 8  # -1 none
T_MODE: Final = 9
T_STEP: Final = 10
T_DATES: Final = 11  # how many ranges, ranges

WHOLE_BP: Final = 10_000
WHOLE_TAX: Final = 100_000
