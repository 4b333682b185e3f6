"""The cells of a stay at once: up to eight nights of one row that lie side by side, without a branch a night.

A loop over the nights is mispredicted at its end in most holds, because stays differ in length, and once more at the
first night that falls short; in holds without cache misses that was a third of the time. A vector of eight 8-byte
cells with a mask does the same for every length. LLVM makes it fit the machine: one register with AVX-512, two with
AVX2, plain code elsewhere.

The vector is the cache line of the stay where all of it lies in one, and begins with the stay where it lies in two: it
never reaches into a line of which no cell is wanted. That would be fetched all the same, and cost more than the loops.
So `cells` must begin on a cache line. Cells are those of `store/layout.py`; `place` is the flat index of the first one.
Nothing outside the named nights is read or written.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nightgrid.native.store import layout as at

EIGHT: Final = 8

_I1, _I8, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (1, 8, 16, 32, 64))
_CELLS: Final = ir.VectorType(_I64, EIGHT)
_FLAGS: Final = ir.VectorType(_I1, EIGHT)
_ITEMS: Final = ir.VectorType(_I16, EIGHT * at.C_FIELDS)
_ALIGNED: Final = _I32(2 * at.C_FIELDS)  # a vector begins with any cell
_ITEM_BITS: Final = 16
_ABOVE_FREE: Final = 64 - _ITEM_BITS


def _all(value: int) -> ir.Constant:
    return ir.Constant(_CELLS, [value] * EIGHT)


def _spread(builder: Any, value: Any) -> Any:
    """The same value in every lane."""
    first = builder.insert_element(ir.Constant(_CELLS, ir.Undefined), value, _I32(0))
    places = ir.Constant(ir.VectorType(_I32, EIGHT), [0] * EIGHT)
    return builder.shuffle_vector(first, ir.Constant(_CELLS, ir.Undefined), places)


def _declared(builder: Any, name: str, pointer: Any, result: Any, arguments: list[Any]) -> Any:
    """One of LLVM's masked operations. Their names say whether pointers have types; newer versions have none."""
    name = f"llvm.masked.{name}.v8i64.{'p0' if str(pointer.type) == 'ptr' else 'p0v8i64'}"
    found = builder.module.globals.get(name)
    return found or ir.Function(builder.module, ir.FunctionType(result, arguments), name)


def _free_above(builder: Any, cells: Any) -> Any:
    """The free rooms of each cell, with their sign, in the highest bits of its lane and nothing below them."""
    shift = _ABOVE_FREE - _ITEM_BITS * at.C_FREE
    return builder.shl(cells, _all(shift)) if shift else cells


class _Cells:
    """Up to EIGHT cells of a stay in one vector: what is built for a look and for a change."""

    def __init__(self, context: Any, builder: Any, cells_type: Any, cells: Any, place: Any, count: Any) -> None:
        if cells_type.dtype != types.int16 or cells_type.layout != "C":
            raise TypeError(f"cells must be a C-contiguous int16 array, not {cells_type}")
        self._builder = builder
        data = builder.bitcast(context.make_array(cells_type)(context, builder, cells).data, _I64.as_pointer())
        inside = builder.and_(place, _I64(EIGHT - 1))
        whole = builder.icmp_signed("<=", builder.add(inside, count), _I64(EIGHT))
        self._before = builder.select(whole, inside, _I64(0))
        first = builder.gep(data, [builder.sub(place, self._before)])
        self._pointer = builder.bitcast(first, _CELLS.as_pointer())

    def flags(self, count: Any) -> Any:
        """Which lanes are among the first `count` cells of the stay."""
        builder = self._builder
        lanes = builder.sub(builder.shl(_I64(1), count), _I64(1))
        return builder.bitcast(builder.trunc(builder.shl(lanes, self._before), _I8), _FLAGS)

    def load(self, flags: Any) -> Any:
        pointer = self._pointer
        call = _declared(self._builder, "load", pointer, _CELLS, [pointer.type, _I32, _FLAGS, _CELLS])
        return self._builder.call(call, [pointer, _ALIGNED, flags, _all(0)])

    def store(self, cells: Any, flags: Any) -> None:
        pointer = self._pointer
        call = _declared(self._builder, "store", pointer, ir.VoidType(), [_CELLS, pointer.type, _I32, _FLAGS])
        self._builder.call(call, [cells, pointer, _ALIGNED, flags])

    def bits(self, flags: Any) -> Any:
        """Flags of the lanes as an int64: bit k is the k-th cell of the stay."""
        builder = self._builder
        return builder.lshr(builder.zext(builder.bitcast(flags, _I8), _I64), self._before)


@intrinsic
def look_at_eight(typing_context, cells, place, nights, dates, rooms):
    """Bit k: night k of the first `nights` has less than `rooms` free; bit 8 + k: the date k of the first `dates` has a
    restriction profile. nights <= dates <= EIGHT, rooms <= 32767.
    """

    def generate(context, builder, signature, args):
        _, place_, nights_, dates_, rooms_ = args
        stay = _Cells(context, builder, signature.args[0], args[0], place_, dates_)
        found = stay.load(stay.flags(dates_))
        asked = _spread(builder, builder.shl(rooms_, _I64(_ABOVE_FREE)))
        few = builder.and_(builder.icmp_signed("<", _free_above(builder, found), asked), stay.flags(nights_))
        profiles = builder.and_(found, _all(0xFFFF << _ITEM_BITS * at.C_PROFILE))
        restricted = builder.icmp_unsigned("!=", profiles, _all(0))
        return builder.or_(stay.bits(few), builder.shl(stay.bits(restricted), _I64(EIGHT)))

    return types.int64(cells, types.intp, types.int64, types.int64, types.int64), generate


@intrinsic
def take_eight(typing_context, cells, place, nights, rooms, field):
    """free -> `field` (C_HELD or C_SOLD) on `nights` <= EIGHT nights; bit k: free of night k has crossed 1. Negative
    rooms are given back.
    """

    def generate(context, builder, signature, args):
        _, place_, nights_, rooms_, field_ = args
        stay = _Cells(context, builder, signature.args[0], args[0], place_, nights_)
        less = builder.and_(builder.neg(rooms_), _I64(0xFFFF))
        more = builder.shl(builder.and_(rooms_, _I64(0xFFFF)), builder.mul(field_, _I64(_ITEM_BITS)))
        change = builder.or_(builder.shl(less, _I64(_ITEM_BITS * at.C_FREE)), more)
        change = builder.bitcast(_spread(builder, change), _ITEMS)
        flags = stay.flags(nights_)
        before = stay.load(flags)
        after = builder.bitcast(builder.add(builder.bitcast(before, _ITEMS), change), _CELLS)
        was, is_ = (builder.icmp_signed(">", _free_above(builder, each), _all(0)) for each in (before, after))
        stay.store(after, flags)
        return stay.bits(builder.and_(builder.xor(was, is_), flags))

    return types.int64(cells, types.intp, types.int64, types.int64, types.int64), generate
