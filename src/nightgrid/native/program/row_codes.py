"""The vector form of a plan: operations on one column of up to BLOCK rows, in float64 that holds exact integers.

A plan's denominators do not depend on the row, so an amount is a numerator for each row over a denominator that is
known when the plan is compiled (`row_program`). Compiling also bounds every numerator. A plan whose numbers could reach
2^53, or that has a step without a vector form, is not compiled: `worth.py` works it out row by row.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from nightgrid.native.program import plan_codes as do
from nightgrid.native.program.plan_steps import KEPT_WORDS, PLAN_WORDS

#: Rows of a block: a column takes 4 KiB, so that what a plan touches nearly stays in the first cache.
BLOCK: Final = 512
#: Rows that a loop takes at once: so many are always worked out together.
VECTOR: Final = 32

#: Columns. The running amount moves between the first four: an operation never writes what it reads.
C_RUNNING: Final = 0  # where it begins; of `den` and `top`: of the running amount, wherever it is
C_BEFORE: Final = 1  # of `den` and `top` alone: of what is remembered as "before"
C_STAGE: Final = 2  # the same of the amount before the offers
MOVES: Final = 4
C_BEST: Final = 4
C_CHOSEN: Final = 5  # which set of offers was the best, a number
C_TAXES: Final = 6  # added ones so far
C_WORK: Final = 7
C_PREFIX: Final = 8  # the running amount where the plans of several tiers part
C_REST: Final = 9
C_SLOT: Final = 10
C_PLANE: Final = C_SLOT + do.SLOTS
PLANES_MAX: Final = 8
C_LEAST: Final = C_PLANE + PLANES_MAX  # the cheapest nights so far
LEAST_MAX: Final = 8
C_NIGHT: Final = C_LEAST + LEAST_MAX  # single nights of plane 0
NIGHTS_MAX: Final = 31
C_SUM: Final = C_NIGHT + NIGHTS_MAX  # of the nights' weights; its `top`: of the amount itself where H_OVER is set
C_OVER: Final = C_SUM + 1  # the same, never 0: where no night weighs anything all weigh alike
COLUMNS: Final = C_OVER + 1

#: Operations: words O_* and six numbers x0..x5.
O_CODE: Final = 0
O_TO: Final = 1  # column that is written
O_FROM: Final = 2  # column of the running amount, or what stands for it
O_OTHER: Final = 3  # column
O_NUMBER: Final = 4  # of a set of offers, or how many pairs follow
O_AT: Final = 5  # where the running amount is before it
O_WHOLE: Final = 6  # 1 where only the running amount, the slots and the planes matter from here on
OP_WORDS: Final = 7
OP_NUMBERS: Final = 6
OPS_MAX: Final = 192

SCALE: Final = 0  # from * x0
PART: Final = 1  # max(from * x0 + other * x1, 0)
ADD: Final = 2  # max(from * x0 + x1, 0)
SET: Final = 3  # x0
ROUND: Final = 4  # floor((from * x0 + x1) * x2) * x3 + x4, at least x4
ROUND_EVEN: Final = 5  # the same, and the middle goes to the even one; x5: step x denominator
ROUND_WIDE: Final = 6  # from * x0 / x1 rounded exactly with x2 = 1 / x1, x3, x4 of `rounding_threshold`; then * x5
ENDINGS: Final = 7  # from * x0 to the nearest of several endings: x1 block x denominator, x2 1 / x1, x3 block, pairs
LINE: Final = 8  # three pairs of numbers for the operation before
CAP: Final = 9  # max(from * x0, other * x1 - x2)
LEAST: Final = 10  # max(from * x0, min(other * x1, x2))
SPEND: Final = 11  # max(from * x0 - off, 0): pairs (reached by other, off), the lowest first
FIRST: Final = 12  # best = from * x0, chosen = number
BETTER: Final = 13  # where from * x0 is less than best, it becomes the best
MORE: Final = 14  # where it is more
RANGE_FIRST: Final = 15  # as FIRST where x1 <= other < x2, elsewhere x3
RANGE_BETTER: Final = 16  # as BETTER where x1 <= other < x2
RANGE_MORE: Final = 17
TAXED: Final = 18  # taxes += other where x0 <= from < x1
DOT: Final = 19  # sum of nights x numbers: as many as `number`, in lines
FREE_LEAST: Final = 20  # from * x1 + x2 * the x0 smallest of nights x numbers x x3 (1, or -1: the largest)
NIGHTLY: Final = 21  # sum over `number` nights of max(night x x0 - x1, 0)
MOST: Final = 22  # min(from * x0, other * x1, x2)
#: Amounts over the row's own sum of weights (`row_over`).
OVER_SUM: Final = 30  # C_OVER = C_SUM, x0 where that is 0
OVER_SHARE: Final = 31  # from x C_WORK; from x x1 where C_SUM is 0
OVER_OFF: Final = 32  # from x C_WORK + max(from x C_REST - x1 x C_OVER, 0); from x x2 and from x x3 where C_SUM is 0
OVER_TIMES: Final = 33  # from x x0 x C_OVER
OVER_PART: Final = 34  # max(from x x0 + (other x x1 + x2) x C_OVER, 0)
OVER_CAP: Final = 35  # max(from x x0, (other x x1 - x2) x C_OVER)
OVER_LEAST: Final = 36  # max(from x x0, min(other x x1, x2) x C_OVER)
OVER_ROUND: Final = 37  # from x x0 / (x1 x C_OVER) rounded exactly by the mode `number`; then x x5
OVER_ENDINGS: Final = (
    38  # to the nearest of `number` endings: x1 block x denominator, x2 denominator, x3 block, x4 mode
)

#: What a compiled plan says of itself.
H_OPS: Final = 0  # how many, -1 where it is no vector plan
H_PLANES: Final = 1  # bits of the planes that it reads beside the running amount
H_TAXES: Final = 2  # whether there are added taxes in their column
H_SETS: Final = 3  # how many sets of offers it tells apart; their promotions are in `bits`
H_LARGE: Final = 4  # whether a total could be beyond what a price can be
H_AT: Final = 5  # where the running amount is
H_FLAT: Final = 6  # added taxes that are the same for all rows
#: While it is written: whether other columns matter, whether the tax stage has begun, where "before" and the amount
#: before the offers are, -1 = nowhere.
H_INSIDE: Final = 7
H_TAXED: Final = 8
H_BEFORE: Final = 9
H_STAGE: Final = 10
H_NIGHTS: Final = 11  # of the stay
H_SHARES: Final = 12  # whether the running column is the sum of nights x `shares`: so the nights share the amount
H_LOADED: Final = 13  # whether the plan reads single nights
H_PICKED: Final = 14  # how many nights the next SHARE is of, below 0: of the dearest; 0 = those that it names
H_OVER: Final = 15  # whether the running amount is over C_OVER too
H_WEIGHTS: Final = 16  # whether `shares` are the nights' weights still, whatever the amount is
H_READY: Final = 17  # whether C_OVER holds the sum of these weights
H_CHOICE: Final = 18  # whether several sets of offers are worked out: C_OVER is that of the weights before them
H_FIELDS: Final = 19

#: Numerators below are exact in a float64.
EXACT: Final = 2.0**53
#: A rounding by one multiplication is exact below (see `row_loops.rounded`).
LIGHT: Final = 2.0**50
#: Denominators of an exact rounding in two words.
WIDE_DENOMINATOR: Final = 2.0**51
SETS_MAX: Final = 64
#: Plans that are kept as they were written, so that rule sets share what is alike.
PLANS: Final = 32

#: Ends of plans that are kept compiled (`row_tails`): places, words of a key, columns that it tells, operations.
TAILS: Final = 128
TAIL_WORDS: Final = 512
TAIL_FIRST: Final = C_SLOT
TAIL_COLUMNS: Final = C_LEAST - C_SLOT
TAIL_OPS: Final = 48
TAIL_SETS: Final = 16
#: Fields of a kept end: what it was compiled for, then the head of the plan after it.
T_WORDS: Final = 0  # how many words of the plan; 0 = nothing is kept here
T_HASH: Final = 1
T_FIRST: Final = 2  # where they begin, as steps name each other by their places
T_TOLD: Final = 3
T_AT: Final = 4  # where the running amount is before it
T_OPS: Final = 5
T_HEAD: Final = 6
T_FIELDS: Final = T_HEAD + H_FIELDS


class Tails(NamedTuple):
    """Ends of plans that are kept compiled."""

    head: Any  # int64 (TAILS, T_FIELDS)
    words: Any  # int64 (TAILS, TAIL_WORDS)
    known: Any  # float64 (TAILS, 1 + 2 * TAIL_COLUMNS): bound of the running amount; denominators and bounds
    ops: Any  # int64 (TAILS, TAIL_OPS, OP_WORDS)
    numbers: Any  # float64 (TAILS, TAIL_OPS, OP_NUMBERS)
    bits: Any  # int64 (TAILS, TAIL_SETS)


class RowPlan(NamedTuple):
    """A compiled plan, and what compiling knows of each column: denominator, bound of the numerators, both float64."""

    head: Any  # int64 (H_FIELDS)
    ops: Any  # int64 (OPS_MAX, OP_WORDS)
    numbers: Any  # float64 (OPS_MAX, OP_NUMBERS)
    bits: Any  # int64 (SETS_MAX): promotions of each set
    den: Any  # float64 (COLUMNS)
    top: Any  # float64 (COLUMNS)
    ratios: Any  # float64 (SETS_MAX, 4): of sets that are one factor: n, d; then from, below
    shares: Any  # float64 (3, NIGHTS_MAX): what each night counts; the same before the offers; factors of a step


class RowShop(NamedTuple):
    """Scratch memory of one thread: the plans of all tiers of a question, and the columns of a block."""

    head: Any  # int64 (tier, H_FIELDS)
    ops: Any  # int64 (tier, OPS_MAX, OP_WORDS)
    numbers: Any  # float64 (tier, OPS_MAX, OP_NUMBERS)
    bits: Any  # int64 (tier, SETS_MAX)
    den: Any  # float64 (COLUMNS)
    top: Any  # float64 (COLUMNS)
    ratios: Any  # float64 (SETS_MAX, 4)
    shares: Any  # float64 (3, NIGHTS_MAX)
    columns: Any  # float64 (COLUMNS, BLOCK)
    pieces: Any  # int64 (BLOCK, 3): the parts of a block: arrival, first row, rows
    plans: Any  # int64 (PLANS, PLAN_WORDS): plans before they are compiled, each of another question
    kept: Any  # int64 (PLANS, KEPT_WORDS): what is known of them (`planned.write_plan_again`)
    tails: Tails


def make_row_shop(tiers: int) -> RowShop:
    """Scratch memory for so many tiers."""
    return RowShop(
        np.zeros((tiers, H_FIELDS), np.int64),
        np.zeros((tiers, OPS_MAX, OP_WORDS), np.int64),
        np.zeros((tiers, OPS_MAX, OP_NUMBERS)),
        np.zeros((tiers, SETS_MAX), np.int64),
        np.zeros(COLUMNS),
        np.zeros(COLUMNS),
        np.zeros((SETS_MAX, 4)),
        np.zeros((3, NIGHTS_MAX)),
        np.zeros((COLUMNS, BLOCK)),
        np.zeros((BLOCK, 3), np.int64),
        np.zeros((PLANS, PLAN_WORDS), np.int64),  # only what is written takes memory
        np.zeros((PLANS, KEPT_WORDS), np.int64),
        Tails(
            np.zeros((TAILS, T_FIELDS), np.int64),
            np.zeros((TAILS, TAIL_WORDS), np.int64),
            np.zeros((TAILS, 1 + 2 * TAIL_COLUMNS)),
            np.zeros((TAILS, TAIL_OPS, OP_WORDS), np.int64),
            np.zeros((TAILS, TAIL_OPS, OP_NUMBERS)),
            np.zeros((TAILS, TAIL_SETS), np.int64),
        ),
    )
