"""Ownerless array views of a store's regions, built inside kernels from the store table.

`store` is everywhere the store table: sizes and addresses (see `native/store/layout.py` and `native/store/store.py`).
"""

from __future__ import annotations

import numpy as np
from numba import carray
from numba.core import types
from numba.extending import intrinsic

from nightgrid.limits import LINES_PER_CART_MAX
from nightgrid.native.base.atomics import load_word
from nightgrid.native.base.jit import inlined_kernel, kernel
from nightgrid.native.store import layout as at


@intrinsic
def as_pointer(typing_context, address):
    """An address (int64) as a pointer."""

    def generate(context, builder, signature, args):
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


@intrinsic
def word_at(typing_context, address):
    """The int64 at an address. An array of one's own would be counted, which costs more than the look."""

    def generate(context, builder, signature, args):
        word = context.get_value_type(types.int64)
        return builder.load(builder.inttoptr(args[0], word.as_pointer()))

    return types.int64(types.int64), generate


@intrinsic
def address_of(typing_context, array):
    """Address of an array's first element. The caller keeps the array alive while he uses it."""

    def generate(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, context.get_value_type(types.int64))

    return types.int64(array), generate


@intrinsic
def borrowed(typing_context, array):
    """The same array without an owner: it is not reference-counted. The caller keeps the owner alive meanwhile.

    Taking an array out of a tuple counts its references with two locked instructions; inside a loop over rows that
    costs more than the work, so kernels borrow their arrays once at the top.
    """

    def generate(context, builder, signature, args):
        view = context.make_array(signature.args[0])(context, builder, args[0])
        view.meminfo = view.meminfo.type(None)
        view.parent = view.parent.type(None)
        return view._getvalue()  # noqa: SLF001 - the documented way to build an array structure

    return array(array), generate


@kernel
def shared_of(store):
    """Shared words: int64 (S_WORDS)."""
    return carray(as_pointer(store[at.R_SHARED]), (at.S_WORDS,), np.int64)


@kernel
def hotel_words_of(store):
    """Hotel lines, flat: int64 (hotel * L_WORDS + field)."""
    return carray(as_pointer(store[at.R_HOTELS]), (store[at.H_HOTELS] * at.L_WORDS,), np.int64)


@kernel
def row_hotel_of(store):
    """Hotel of a row: int32 (row)."""
    return carray(as_pointer(store[at.R_ROW_HOTEL]), (store[at.H_ROWS],), np.int32)


@kernel
def row_home_of(store):
    """Hotel and only lane of a row: int64 (row), see R_ROW_HOME."""
    return carray(as_pointer(store[at.R_ROW_HOME]), (store[at.H_ROWS],), np.int64)


@kernel
def hotel_row_of(store):
    """First row of a hotel: int32 (hotel), row + 1, 0 = none."""
    return carray(as_pointer(store[at.R_HOTEL_ROW]), (store[at.H_HOTELS],), np.int32)


@kernel
def next_row_of(store):
    """Next row of the same hotel: int32 (row), row + 1, 0 = none."""
    return carray(as_pointer(store[at.R_NEXT_ROW]), (store[at.H_ROWS],), np.int32)


@kernel
def row_product_of(store):
    """First product of a row: int32 (row), product + 1, 0 = none."""
    return carray(as_pointer(store[at.R_ROW_PRODUCT]), (store[at.H_ROWS],), np.int32)


@kernel
def next_product_of(store):
    """Next product of the same row: int32 (product), product + 1, 0 = none."""
    return carray(as_pointer(store[at.R_NEXT_PRODUCT]), (store[at.H_PRODUCTS],), np.int32)


@kernel
def product_row_of(store):
    """Row of a product: int32 (product)."""
    return carray(as_pointer(store[at.R_PRODUCT_ROW]), (store[at.H_PRODUCTS],), np.int32)


@kernel
def images_of(store):
    """Images of slots, flat: int64 (image * I_WORDS + field); those of hotels, then those of the lines of a cart."""
    images = store[at.H_HOTELS] + LINES_PER_CART_MAX
    return carray(as_pointer(store[at.R_IMAGES]), (images * at.I_WORDS,), np.int64)


@kernel
def quotes_of(store):
    """Quotes of bound holds, flat: int64 (slot * B_WORDS + field)."""
    return carray(as_pointer(store[at.R_QUOTES]), (store[at.H_SLOTS] * at.B_WORDS,), np.int64)


@kernel
def product_lane_of(store):
    """Lane of a product: int32 (product)."""
    return carray(as_pointer(store[at.R_PRODUCT_LANE]), (store[at.H_PRODUCTS],), np.int32)


@kernel
def cells_of(store):
    """Cells: int16 (row, column, C_FIELDS) rooms."""
    shape = (store[at.H_ROWS], store[at.H_NIGHTS], at.C_FIELDS)
    return carray(as_pointer(store[at.R_CELLS]), shape, np.int16)


@kernel
def capacity_of(store):
    """Capacity: int16 (row, night) rooms."""
    return carray(as_pointer(store[at.R_CAPACITY]), (store[at.H_ROWS], store[at.H_NIGHTS]), np.int16)


@kernel
def elsewhere_of(store):
    """Rooms sold by other systems: int16 (row, night)."""
    return carray(as_pointer(store[at.R_ELSEWHERE]), (store[at.H_ROWS], store[at.H_NIGHTS]), np.int16)


@kernel
def out_of_order_of(store):
    """Rooms out of order: int16 (row, column)."""
    return carray(as_pointer(store[at.R_OUT_OF_ORDER]), (store[at.H_ROWS], store[at.H_NIGHTS]), np.int16)


@kernel
def sell_limit_of(store):
    """Rooms sold beyond (or, negative, short of) what there is: int16 (row, column)."""
    return carray(as_pointer(store[at.R_SELL_LIMIT]), (store[at.H_ROWS], store[at.H_NIGHTS]), np.int16)


@kernel
def sellable_of(store):
    """Sellable bits, flat: int64 (night * words + word)."""
    return carray(as_pointer(store[at.R_SELLABLE]), (store[at.H_NIGHTS] * store[at.H_WORDS],), np.int64)


@kernel
def planes_of(store):
    """Restriction planes, flat: int64 ((night * P_PLANES + plane) * words + word)."""
    size = store[at.H_NIGHTS] * at.P_PLANES * store[at.H_WORDS]
    return carray(as_pointer(store[at.R_PLANES]), (size,), np.int64)


@kernel
def night_kinds_of(store):
    """Kinds of restriction present: int64 (night)."""
    return carray(as_pointer(store[at.R_NIGHT_KINDS]), (store[at.H_NIGHTS],), np.int64)


@kernel
def profiles_of(store):
    """Restriction profiles: int16 (profile, F_FIELDS)."""
    return carray(as_pointer(store[at.R_PROFILES]), (store[at.H_PROFILES], at.F_FIELDS), np.int16)


@kernel
def product_profiles_of(store):
    """Restriction profiles of the products' own: int16 (product, column)."""
    shape = (store[at.H_PRODUCTS], store[at.H_NIGHTS])
    return carray(as_pointer(store[at.R_PRODUCT_PROFILES]), shape, np.int16)


@kernel
def row_restricted_of(store):
    """How many (product, night) of a row have a profile of their own: int32 (row)."""
    return carray(as_pointer(store[at.R_ROW_RESTRICTED]), (store[at.H_ROWS],), np.int32)


@kernel
def records_of(store):
    """Records of the ring, flat: int64 (record * D_WORDS + field)."""
    return carray(as_pointer(store[at.R_RECORDS]), (store[at.H_RECORDS] * at.D_WORDS,), np.int64)


@kernel
def row_flags_of(store):
    """What a row needs beyond its cells: int8 (row), ROW_*."""
    return carray(as_pointer(store[at.R_ROW_FLAGS]), (store[at.H_ROWS],), np.int8)


@kernel
def row_guests_of(store):
    """Most guests of a room: int16 (row)."""
    return carray(as_pointer(store[at.R_ROW_GUESTS]), (store[at.H_ROWS],), np.int16)


@kernel
def row_control_of(store):
    """First selling control of a row: int32 (row), control + 1."""
    return carray(as_pointer(store[at.R_ROW_CONTROL]), (store[at.H_ROWS],), np.int32)


@kernel
def controls_of(store):
    """Selling controls: int64 (control, T_WORDS)."""
    return carray(as_pointer(store[at.R_CONTROLS]), (store[at.H_CONTROLS], at.T_WORDS), np.int64)


@kernel
def control_nights_of(store):
    """Nights of the selling controls: int64 (control, column, N_FIELDS)."""
    shape = (store[at.H_CONTROLS], store[at.H_NIGHTS], at.N_FIELDS)
    return carray(as_pointer(store[at.R_CONTROL_NIGHTS]), shape, np.int64)


@kernel
def counters_of(store):
    """Limited counters, flat: int64 (counter * U_WORDS + field)."""
    return carray(as_pointer(store[at.R_COUNTERS]), (store[at.H_COUNTERS] * at.U_WORDS,), np.int64)


@kernel
def product_plan_of(store):
    """Plan name of a product: int32 (product)."""
    return carray(as_pointer(store[at.R_PRODUCT_PLAN]), (store[at.H_PRODUCTS],), np.int32)


@kernel
def product_flags_of(store):
    """PRODUCT_* of a product: int8 (product)."""
    return carray(as_pointer(store[at.R_PRODUCT_FLAGS]), (store[at.H_PRODUCTS],), np.int8)


@kernel
def controlled_of(store):
    """Bits of products under selling controls: int64 (word)."""
    return carray(as_pointer(store[at.R_CONTROLLED]), (store[at.H_WORDS],), np.int64)


@kernel
def statistics_of(store):
    """How often each outcome was answered: int64 (outcome)."""
    return carray(as_pointer(store[at.R_STATISTICS]), (at.CODES,), np.int64)


@inlined_kernel
def column_of(store, shared, night):
    """Column of a night (ordinal); for a night that has left the window, that of a later one, never outside."""
    nights = store[at.H_NIGHTS]
    column = night - load_word(shared, at.S_LAP_NIGHT)
    if column >= nights:
        column -= nights
    if column < 0 or column >= nights:  # the window rolled on since the night was looked at
        column %= nights
    return column


@inlined_kernel
def end_night(shared):
    """The night (ordinal) after the last one on sale."""
    return load_word(shared, at.S_END_NIGHT)


@inlined_kernel
def next_column(store, column):
    """Column of the night after."""
    return column + 1 if column + 1 < store[at.H_NIGHTS] else 0


@kernel
def slots_of(store):
    """Hold slots, flat: int64 (slot * W_WORDS + field)."""
    return carray(as_pointer(store[at.R_SLOTS]), (store[at.H_SLOTS] * at.W_WORDS,), np.int64)


@kernel
def keys_of(store):
    """Key index: int64 (entry)."""
    return carray(as_pointer(store[at.R_KEYS]), (store[at.H_KEYS],), np.int64)


@kernel
def segment_locks_of(store):
    """Locks of the key index, eight to a cache line: int64 (segment)."""
    return carray(as_pointer(store[at.R_SEGMENT_LOCKS]), (store[at.H_SEGMENTS],), np.int64)


@kernel
def night_in_column(store, column):
    """The night (ordinal) of the window that stands in a column."""
    shared = shared_of(store)
    night = shared[at.S_LAP_NIGHT] + column
    return night + store[at.H_NIGHTS] if night < shared[at.S_FIRST_NIGHT] else night


@inlined_kernel
def weekday_of(night):
    """Weekday of a night (ordinal): 0 = Monday."""
    return (night + 6) % 7
