"""Plain requests of a batch, eight at a time and some places before their turn: whether they can be tried at all, which
cells they are about, and the cache misses of what they will touch.

Of a plain request nothing has to be looked up to know that: it is a comparison or a sum of its fields, the same for
every line, so a vector does eight lines for the price of one. What it finds stands in a ring until the line is done.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import carray
from numba.core import types
from numba.extending import intrinsic

from nightgrid.limits import HOLD_TTL_MS_MAX, ROOMS_MAX, STAY_NIGHTS_MAX
from nightgrid.native.base.atomics import prefetch_item, prefetch_reading, prefetch_writing
from nightgrid.native.base.jit import inlined_kernel
from nightgrid.native.holds.group import GROUP_MAX
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.keys import key_hash, key_home
from nightgrid.native.store.views import (
    address_of,
    as_pointer,
    cells_of,
    hotel_words_of,
    keys_of,
    row_home_of,
    slots_of,
)

EIGHT: Final = 8
PLACES: Final = 128  # of the ring: a power of two, more than a group and what is looked ahead of it
_MASK: Final = PLACES - 1
_HOTELS_ALIKE: Final = 128  # a power of two
_INDEX: Final = 0x7FFF_FFFF  # of a hotel: so LLVM knows that it is none from the end
#: How many requests ahead of a group the steps go; measured best on a chain that no cache holds.
_CELLS_AHEAD: Final = 40
_SLOTS_AHEAD: Final = 32
_REQUESTS_AHEAD: Final = 64
# -- memory (int64): the ring, then what is known of eight lines for a moment, then how far it goes ---
A_STAY: Final = 0  # the stay in one word, as in a slot; 0 = not plain, or nothing that can be tried
A_ROW: Final = PLACES
A_COLUMN: Final = 2 * PLACES  # of the arrival
A_HOTEL: Final = 3 * PLACES
A_CELL: Final = 4 * PLACES  # of the arrival, flat
_SLOT: Final = 5 * PLACES  # the slot that its hold will get, if nobody comes between: where it begins
_LAST_CELL: Final = 6 * PLACES  # of the stay, or of its departure
_PREPARED: Final = 7 * PLACES  # requests before this one are prepared, or done
_ASKED: Final = _PREPARED + 1  # the same of their slots
_LAP_NIGHT: Final = _ASKED + 1  # S_LAP_NIGHT when they were
_LATE: Final = _LAP_NIGHT + 1  # how many lines of the group get another slot than was thought, and which
_LATEST: Final = _LATE + 1 + GROUP_MAX  # latest line for a hotel like this, + 1
AHEAD_WORDS: Final = _LATEST + _HOTELS_ALIKE

_I1, _I32, _I64 = (ir.IntType(bits) for bits in (1, 32, 64))
_EIGHT: Final = ir.VectorType(_I64, EIGHT)
_FLAGS: Final = ir.VectorType(_I1, EIGHT)


def _all(value: int) -> ir.Constant:
    return ir.Constant(_EIGHT, [value] * EIGHT)


def _spread(builder: Any, value: Any) -> Any:
    """The same value in every lane."""
    first = builder.insert_element(ir.Constant(_EIGHT, ir.Undefined), value, _I32(0))
    places = ir.Constant(ir.VectorType(_I32, EIGHT), [0] * EIGHT)
    return builder.shuffle_vector(first, ir.Constant(_EIGHT, ir.Undefined), places)


class _Lines:
    """Eight lines of requests: their fields as vectors, zero beyond the last line."""

    def __init__(self, context: Any, builder: Any, array_type: Any, requests: Any, line: Any) -> None:
        if array_type.dtype != types.int64 or array_type.layout != "C":
            raise TypeError(f"requests must be a C-contiguous int64 array, not {array_type}")
        self._builder = builder
        array = context.make_array(array_type)(context, builder, requests)
        self._data = array.data
        self._stride = builder.extract_value(array.shape, 1)
        self._line = line
        left = _spread(builder, builder.sub(self._stride, line))
        self._there = builder.icmp_signed("<", ir.Constant(_EIGHT, list(range(EIGHT))), left)

    def field(self, field: int) -> Any:
        builder = self._builder
        place = builder.add(builder.mul(self._stride, _I64(field)), self._line)
        pointer = builder.bitcast(builder.gep(self._data, [place]), _EIGHT.as_pointer())
        name = f"llvm.masked.load.v8i64.{'p0' if str(pointer.type) == 'ptr' else 'p0v8i64'}"
        function_type = ir.FunctionType(_EIGHT, [pointer.type, _I32, _FLAGS, _EIGHT])
        load = builder.module.globals.get(name) or ir.Function(builder.module, function_type, name)
        return builder.call(load, [pointer, _I32(8), self._there, _all(0)])


def _within(builder: Any, value: Any, low: int, high: int) -> Any:
    """Lanes of `value` in [low, high]."""
    return builder.icmp_unsigned("<=", builder.sub(value, _all(low)) if low else value, _all(high - low))


def _can_be_tried(builder: Any, lines: _Lines, fields: dict[int, Any], rows: Any) -> Any:
    """Lanes of what `requests.shape_code` and `row_code` let pass, and that say no more than dates and rooms."""
    said = builder.or_(builder.or_(lines.field(q.Q_KEY_HIGH), lines.field(q.Q_KEY_LOW)), fields[q.Q_PRODUCT])
    tests = [
        builder.icmp_unsigned("<", fields[q.Q_ROW], _spread(builder, rows)),
        _within(builder, fields[q.Q_NIGHTS], 1, STAY_NIGHTS_MAX),
        _within(builder, fields[q.Q_ROOMS], 1, ROOMS_MAX),
        _within(builder, fields[q.Q_TTL_MS], 0, HOLD_TTL_MS_MAX),
        _within(builder, fields[q.Q_ARRIVAL], 1, q.ARRIVAL_MASK),
        builder.icmp_unsigned("==", said, _all(0)),
    ]
    found = tests[0]
    for each in tests[1:]:
        found = builder.and_(found, each)
    return found


def _columns(builder: Any, arrival: Any, nights: Any, lap_night: Any) -> Any:
    """`views.column_of` eight nights; 0 where it would be outside."""
    nights = _spread(builder, nights)
    column = builder.sub(arrival, _spread(builder, lap_night))
    column = builder.select(builder.icmp_signed(">=", column, nights), builder.sub(column, nights), column)
    return builder.select(builder.icmp_unsigned("<", column, nights), column, _all(0))


@intrinsic
def prepare_eight(typing_context, requests, line, rows, nights, lap_night, memory):
    """Prepare the lines from `line` (a multiple of EIGHT) on: A_STAY, A_ROW, A_COLUMN, A_CELL, and their last cells.

    requests (Q_PLAIN, request) int64; rows, nights: of the store; lap_night: S_LAP_NIGHT [in]; memory: address of
    AHEAD_WORDS words [out]. Rows and columns of lines that cannot be tried are some that exist.
    """

    def generate(context, builder, signature, args):
        requests_, line_, rows_, nights_, lap_, memory_ = args
        lines = _Lines(context, builder, signature.args[0], requests_, line_)
        fields = {each: lines.field(each) for each in (q.Q_ROW, q.Q_ARRIVAL, q.Q_NIGHTS, q.Q_ROOMS, q.Q_TTL_MS)}
        fields[q.Q_PRODUCT] = builder.add(lines.field(q.Q_PRODUCT), _all(1))
        tried = _can_be_tried(builder, lines, fields, rows_)
        row = builder.select(tried, fields[q.Q_ROW], _all(0))
        column = _columns(builder, fields[q.Q_ARRIVAL], nights_, lap_)
        stay = fields[q.Q_ARRIVAL]
        for field, shift in ((q.Q_NIGHTS, q.NIGHTS_SHIFT), (q.Q_NIGHTS, q.KEPT_SHIFT), (q.Q_ROOMS, q.ROOMS_SHIFT)):
            stay = builder.or_(stay, builder.shl(fields[field], _all(shift)))
        cell = builder.add(builder.mul(row, _spread(builder, nights_)), column)
        last = builder.add(cell, builder.and_(fields[q.Q_NIGHTS], _all(0xFF)))
        words = builder.inttoptr(memory_, _I64.as_pointer())
        place = builder.and_(line_, _I64(_MASK))
        outs = {A_STAY: builder.select(tried, stay, _all(0)), A_ROW: row, A_COLUMN: column, A_CELL: cell}
        for word, value in (outs | {_LAST_CELL: last}).items():
            first = builder.gep(words, [builder.add(place, _I64(word))])
            builder.store(value, builder.bitcast(first, _EIGHT.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(requests, types.int64, types.int64, types.int64, types.int64, types.int64), generate


@inlined_kernel
def words_ahead(memory):
    """What is prepared: int64 (AHEAD_WORDS). memory: its address."""
    return carray(as_pointer(memory), (AHEAD_WORDS,), np.int64)


@inlined_kernel
def _ask_for_cells(store, ahead, line):
    """The hotel of a line that was prepared, and the cells of its stay."""
    cells = cells_of(store)
    place = line & _MASK
    hotel = row_home_of(store)[np.uint64(ahead[A_ROW + place])] & _INDEX
    ahead[A_HOTEL + place] = hotel
    prefetch_writing(hotel_words_of(store), hotel * at.L_WORDS)
    prefetch_item(cells, ahead[A_CELL + place] * at.C_FIELDS)
    prefetch_item(cells, ahead[_LAST_CELL + place] * at.C_FIELDS)


@inlined_kernel
def _ask_for_slots(store, ahead, line):
    """The slot that the hold of a line will get, if nobody comes between, and the one that stands first in the list."""
    hotels, slots = hotel_words_of(store), slots_of(store)
    hotel = (ahead[A_HOTEL + (line & _MASK)] & _INDEX) * at.L_WORDS
    oldest = hotels[hotel + at.L_RETIRED_HEAD]
    likely = oldest - 1 if oldest else hotels[hotel + at.L_RUN] & 0xFFFFFFFF
    begin = min(likely, store[at.H_SLOTS] - 1) * at.W_WORDS
    ahead[_SLOT + (line & _MASK)] = begin
    prefetch_item(slots, (hotels[hotel + at.L_HELD_HEAD] - 1) * at.W_WORDS)
    prefetch_item(slots, begin)
    prefetch_item(slots, begin + at.W_WORDS // 2)


@inlined_kernel
def _follow_slots(store, ahead, first, line):
    """The slot of a line of the group, now that all before the group are done: that of its hotel, or the next one in
    the queue where a line of the group before it gets that. Where it is another than was thought, it is asked for.
    """
    hotels, slots = hotel_words_of(store), slots_of(store)
    place = line & _MASK
    hotel = ahead[A_HOTEL + place] & _INDEX
    bucket = _LATEST + (hotel & (_HOTELS_ALIKE - 1))
    before = ahead[bucket] - 1
    ahead[bucket] = line + 1
    oldest = hotels[hotel * at.L_WORDS + at.L_RETIRED_HEAD]
    if before >= first and ahead[A_HOTEL + (before & _MASK)] & _INDEX == hotel:
        oldest = slots[np.uint64(ahead[_SLOT + (before & _MASK)] + at.W_NEXT)]
    begin = (oldest - 1) * at.W_WORDS
    if oldest > 0 and begin != ahead[_SLOT + place]:
        ahead[_SLOT + place] = begin
        prefetch_reading(slots, begin)
        prefetch_reading(slots, begin + at.W_WORDS // 2)
        late = np.uint64(ahead[_LATE])
        ahead[np.uint64(_LATE + 1) + late] = line
        ahead[_LATE] += 1
    else:
        _ask_for_old_key(store, ahead, line)


@inlined_kernel
def ask_for_late_keys(store, ahead):
    """`_ask_for_old_key` of the lines of the group whose slots were asked for last."""
    for each in range(ahead[_LATE]):
        _ask_for_old_key(store, ahead, ahead[_LATE + 1 + each])


@inlined_kernel
def _ask_for_old_key(store, ahead, line):
    """The entry of the key that the slot had: whoever gets the slot takes it out of the index."""
    slots = slots_of(store)
    begin = np.uint64(ahead[_SLOT + (line & _MASK)])
    key_high, key_low = slots[begin + np.uint64(at.W_KEY_HIGH)], slots[begin + np.uint64(at.W_KEY_LOW)]
    if key_low != 0:
        prefetch_item(keys_of(store), key_home(store, key_hash(key_high, key_low)))


@inlined_kernel
def prepare(store, requests, first, size, lap_night, ahead):
    """Prepare the lines of a group of `size` from `first` on, and some more, and ask for what they will touch."""
    lines = requests.shape[1]
    if ahead[_LAP_NIGHT] != lap_night or ahead[_PREPARED] < first:
        ahead[_LAP_NIGHT] = lap_night
        ahead[_PREPARED] = first & ~(EIGHT - 1)
        ahead[_ASKED] = first
    end = min(first + size + _CELLS_AHEAD, lines)
    line = ahead[_PREPARED]
    while line < end:
        for field in range(q.Q_PLAIN):
            prefetch_item(requests, field * lines + min(line + _REQUESTS_AHEAD, lines - 1))
        prepare_eight(requests, line, store[at.H_ROWS], store[at.H_NIGHTS], lap_night, address_of(ahead))
        line += EIGHT
    for each in range(ahead[_PREPARED], line):
        _ask_for_cells(store, ahead, each)
    ahead[_PREPARED] = line
    asked = max(ahead[_ASKED], first)
    end = min(first + size + _SLOTS_AHEAD, lines)
    for each in range(asked, end):
        _ask_for_slots(store, ahead, each)
    ahead[_ASKED] = max(asked, end)
    ahead[_LATE] = 0
    for each in range(first, min(first + size, lines)):
        _follow_slots(store, ahead, first, each)


@inlined_kernel
def forget_prepared(ahead):
    """Nothing is prepared any more."""
    ahead[_LAP_NIGHT] = 0
