"""What the price of a night is made from: one int64 vector of addresses and sizes, like the desk of search.

All arrays are int64 and C-contiguous, products in the catalogue's order. A column of rows is -1 for products that the
table does not know.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import carray

from nightgrid.native.base.jit import inlined_kernel
from nightgrid.native.store.views import as_pointer


class NightTables(NamedTuple):
    """The night stages of a compiled book, its data and its catalogue. P products, N nights."""

    stages: Any  # (stage, 5): N_CODE.. below
    roundings: Any  # mode, step, how many endings, endings, at the places that stages name; place 0 is none
    planes: Any  # (plane, 2): the slot of a night stage that it shows, and its scale; the last amount is plane 0
    constants: Any  # K_*
    base: Any  # (P) minor units
    base_row: Any  # (P) row of base_first
    base_first: Any
    base_guests: Any  # party sizes, 0 = any
    base_minor: Any  # (line, N), -1 none
    season_set: Any  # (P)
    season_num: Any  # (set, N) factor x the stage's N_DEN
    season_sum: Any  # (set, N) basis points of all groups together
    row_of_product: Any  # (P)
    currency: Any  # (P)
    guests_rule: Any  # (P) where its extra guests rule stands in the terms of the program, 0 none
    derived_set: Any  # (P) row of derived_rule
    derived_rule: Any  # (set, N) position of the rule, -1 none
    derived_terms: Any  # (rule, 2 + currencies): basis points, column of plan_product, amounts in minor units
    plan_product: Any  # (room type, plan) product, -1 none
    demand_rule: Any  # (P) where the rule stands in demand_terms
    demand_terms: Any  # bands of fill, bands of lead, edges of fill, edges of lead, basis points by fill and lead
    fixed_row: Any  # (P)
    fixed: Any  # (row, N), -1 none
    percent_row: Any  # (P)
    percent: Any  # (row, N) basis points, NO_PERCENT none
    floor_row: Any  # (P)
    floor: Any  # (row, N), -1 none
    ceiling_row: Any  # (P)
    ceiling: Any  # (row, N), -1 none
    bounds_set: Any  # (P)
    bounds_night: Any  # (set, N) row of bounds
    bounds: Any  # (row, 4): floor_bp 0 none, ceiling_bp -1 none, floor 0 none, ceiling -1 none


#: Fields of a stage.
N_CODE: Final = 0
N_OF: Final = 1  # slot of the amount that its percents are of, -1 = the running amount
N_SLOT: Final = 2  # slot in which the amount after it is kept, -1 = it is not
N_ROUNDING: Final = 3  # place in roundings, 0 = none
N_DEN: Final = 4  # what its percents are over
N_FIELDS: Final = 5

NIGHT_BASE: Final = 0
NIGHT_DERIVED: Final = 1
NIGHT_SEASON: Final = 2
NIGHT_DEMAND: Final = 3
NIGHT_OVERRIDE: Final = 4
NIGHT_BOUNDS: Final = 5

K_PER_PERSON: Final = 0
K_BASE_SLOT: Final = 1
K_DERIVED_STAGE: Final = 2  # -1 none
K_HAS_OVERRIDE: Final = 3
CONSTANTS: Final = 4

#: Amounts that are kept of a night: numerator and denominator of each slot, then the links of a chain of plans.
NIGHT_SLOTS: Final = 8
CHAIN_MAX: Final = 9
NIGHT_SCRATCH: Final = 2 * NIGHT_SLOTS + 2 * CHAIN_MAX
PLANES_MAX: Final = 8
NO_PERCENT: Final = -(2**31)

_LINE: Final = 3
DESK_WORDS: Final = _LINE * len(NightTables._fields)


def night_desk(tables: NightTables) -> np.ndarray[Any, np.dtype[np.int64]]:
    """int64 (array * 3): address and two sizes of each array, which must outlive it."""
    desk = []
    for array in tables:
        if array.dtype != np.int64 or not array.flags.c_contiguous:
            raise ValueError("an array of the night tables must be C-contiguous int64")
        desk += [array.ctypes.data, array.shape[0], array.shape[1] if array.ndim > 1 else 1]
    return np.array(desk, np.int64)


@inlined_kernel
def column(desk, line):
    """A vector on the desk."""
    return carray(as_pointer(desk[line * _LINE]), (desk[line * _LINE + 1],), np.int64)


@inlined_kernel
def matrix(desk, line):
    """A matrix on the desk."""
    return carray(as_pointer(desk[line * _LINE]), (desk[line * _LINE + 1], desk[line * _LINE + 2]), np.int64)


_AT = {name: position for position, name in enumerate(NightTables._fields)}
STAGES: Final = _AT["stages"]
ROUNDINGS: Final = _AT["roundings"]
PLANES: Final = _AT["planes"]
CONSTANTS_OF: Final = _AT["constants"]
BASE: Final = _AT["base"]
BASE_ROW: Final = _AT["base_row"]
BASE_FIRST: Final = _AT["base_first"]
BASE_GUESTS: Final = _AT["base_guests"]
BASE_MINOR: Final = _AT["base_minor"]
SEASON_SET: Final = _AT["season_set"]
SEASON_NUM: Final = _AT["season_num"]
SEASON_SUM: Final = _AT["season_sum"]
ROW_OF_PRODUCT: Final = _AT["row_of_product"]
CURRENCY: Final = _AT["currency"]
GUESTS_RULE: Final = _AT["guests_rule"]
DERIVED_SET: Final = _AT["derived_set"]
DERIVED_RULE: Final = _AT["derived_rule"]
DERIVED_TERMS: Final = _AT["derived_terms"]
PLAN_PRODUCT: Final = _AT["plan_product"]
DEMAND_RULE: Final = _AT["demand_rule"]
DEMAND_TERMS: Final = _AT["demand_terms"]
FIXED_ROW: Final = _AT["fixed_row"]
FIXED: Final = _AT["fixed"]
PERCENT_ROW: Final = _AT["percent_row"]
PERCENT: Final = _AT["percent"]
FLOOR_ROW: Final = _AT["floor_row"]
FLOOR: Final = _AT["floor"]
CEILING_ROW: Final = _AT["ceiling_row"]
CEILING: Final = _AT["ceiling"]
BOUNDS_SET: Final = _AT["bounds_set"]
BOUNDS_NIGHT: Final = _AT["bounds_night"]
BOUNDS: Final = _AT["bounds"]
