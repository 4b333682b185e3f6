"""The steps of a stay's price: what `program/planned.py` writes for one question and rule set, and `program/worth.py`
works out for a row.

A plan is one int64 vector: step after step, each (code, where the next one stands, fields). Amounts are minor units;
n / d is a fraction with d >= 1. An amount is named by REF_RUNNING, by a plane of nightly prices (0, 1, ...), or by
FIRST_SLOT + the slot in which a stage kept its result. A set of nights is NIGHT_WORDS words of bits, by position.
"""

from __future__ import annotations

from typing import Final

REF_RUNNING: Final = -1
REF_ONE: Final = -3  # one minor unit
FIRST_SLOT: Final = 64
SLOTS: Final = 12
NIGHT_WORDS: Final = 6

END: Final = 0
TIMES: Final = 1  # n, d: running x n/d
PART: Final = 2  # ref, n, d: running + n/d of an amount; n may be negative; never below 0, like all below
SHARE: Final = (
    3  # ref, n, d, nights: the same of the share that some nights have in the amount; never takes more than they have
)
ADD: Final = 4  # n, d: an amount, which may be negative
SET: Final = 5  # amount
MARGIN: Final = 6  # ref, d, n of each night: every night's share changes by its own factor
TILE: Final = 7  # amount, left: blocks of nights at their price, the last `left` nights keep their share
FREE: Final = 8  # how many, (from, which (FREE_*), count, every) ...: the first whose `from` the amount reaches
ROUND: Final = 9  # mode, step, how many endings, endings: step is the increment, or the power of ten of the endings
SAVE: Final = 10  # slot
MARK: Final = 11  # remember the running amount as "before"
CAP: Final = 12  # amount: at most so much below "before"
RESHARE: Final = 19  # nights: they alone have changed since "before", in proportion to each other
LEAST: Final = 13  # amount: not below it, or below "before" where that is less
SPEND: Final = 14  # how many, (from, off) ...: the highest threshold that the amount before the stage reaches
OFFERS: Final = 15  # policy, offers, sets, alone, then lines (below)
TAX: Final = 16  # kind, n or amount, d, of, included, from, below, then a rounding as in ROUND
POINTS: Final = 17  # offered, points, value, n, d of the most
NIGHTLY: Final = 18  # ref, n, d, off, count: count x the sum over the nights of max(0, n/d of the night - off)

#: Bounds of a stay, with the rounding of their stage: plane of base prices, floor, ceiling (amounts, -1 none), floor,
#: ceiling (basis points of the base, -1 none), then a rounding as in ROUND, its step 0 = none.
BOUND: Final = 20
BOUND_ROUNDING: Final = 5
#: Some nights by what they cost now: which (FREE_CHEAPEST, PICK_DEAREST), how many, where the sets of nights stand in
#: the plan that become those (of the SHARE and RESHARE behind it), nights among which they are.
PICK: Final = 21
PICK_DEAREST: Final = 3

#: OFFERS goes on with (bit, first step, end) of each offer in the order of the file, one more where `alone` is set:
#: what is done where no promotion applies; and with (offers, from, below) of each set: it is permitted where the amount
#: before the stage is inside; offer i is bit `offers` - 1 - i. A promotion that gives way on some nights has an offer
#: for each set of nights that is left to it.
OFFER_LINE: Final = 3

FREE_CHEAPEST: Final = 0
FREE_LAST: Final = 1
FREE_EVERY: Final = 2


#: Positions of a question.
Q_ARRIVAL: Final = 0  # ordinal
Q_NIGHTS: Final = 1
Q_LEAD: Final = 2
Q_TIER: Final = 3
Q_CHANNEL: Final = 4  # numbers of names that the book knows; NO_NAME for others
Q_COUNTRY: Final = 5
Q_DEVICE: Final = 6
Q_ADULTS: Final = 7  # -1 = not told
Q_CHILDREN: Final = 8  # how many ages, coupons and packages follow from Q_LISTS on
Q_COUPONS: Final = 9
Q_PACKAGES: Final = 10
Q_POINTS: Final = 11
Q_SILENT: Final = 12  # 1 = member tiers change nothing
Q_NIGHT: Final = 13  # the one night that is asked for, -1 = the stay
Q_LANGUAGE: Final = 14  # number of a name, like the channel
Q_MINUTE: Final = 15  # of the day, on the clock of the book; -1 = not told
Q_ROOMS_LEFT: Final = 16  # free rooms of the stay's fullest night; -1 = not told
Q_LISTS: Final = 18  # ages, the oldest first; coupons; packages
Q_FIELDS: Final = Q_LISTS + 3 * 100
NO_NAME: Final = -1

CHOOSE_LEAST: Final = 0
CHOOSE_MOST: Final = 1

TAX_PERCENT: Final = 0
TAX_AMOUNT: Final = 1
OF_NET: Final = 0
OF_CUMULATIVE: Final = 1

#: Fields of an answer.
A_CODE: Final = 0  # 0, TOO_LARGE_CODE or TOO_MANY_CODE
A_NET: Final = 1  # before added taxes
A_TAXES: Final = 2
A_PAID: Final = 3  # with points
A_POINTS: Final = 4
A_OFFERS: Final = 5  # bits of the promotions applied, local to the rule set
A_NIGHT_TAXES: Final = 6  # of what is worked out now: the stay, or one of its nights
A_INCLUDED: Final = 7  # taxes that the price contains
A_FIELDS: Final = 8

TOO_LARGE_CODE: Final = 1
TOO_MANY_CODE: Final = 2
NO_BOUND: Final = 2**62
