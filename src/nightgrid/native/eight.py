"""The cells of a stay at once: up to eight nights of one row that lie side by side, without a branch a night.

A loop over the nights is mispredicted at its end in most holds, because stays differ in length, and once more at the
first night that falls short; in holds without cache misses that was a third of the time. A vector of eight 8-byte
cells with a mask does the same for every length. LLVM makes it fit the machine: one register with AVX-512, two with
AVX2, plain code elsewhere. Cells are those of `native/layout.py`; `place` is the flat index (int16 items) of the first
cell in the C-contiguous array. Nothing outside the named nights is read or written.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nightgrid.native import layout as at

EIGHT: Final = 8

_I1, _I8, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (1, 8, 16, 32, 64))
_CELLS: Final = ir.VectorType(_I64, EIGHT)
_FLAGS: Final = ir.VectorType(_I1, EIGHT)
_ITEMS: Final = ir.VectorType(_I16, EIGHT * at.C_FIELDS)
_CELL_BYTES: Final = _I32(8)
_ITEM_BITS: Final = 16


def _all(value: int) -> ir.Constant:
    return ir.Constant(_CELLS, [value] * EIGHT)


def _spread(builder: Any, value: Any) -> Any:
    """The same value in every lane."""
    first = builder.insert_element(ir.Constant(_CELLS, ir.Undefined), value, _I32(0))
    places = ir.Constant(ir.VectorType(_I32, EIGHT), [0] * EIGHT)
    return builder.shuffle_vector(first, ir.Constant(_CELLS, ir.Undefined), places)


def _below(builder: Any, count: Any) -> Any:
    """Flags of the first `count` lanes."""
    return builder.icmp_unsigned("<", ir.Constant(_CELLS, list(range(EIGHT))), _spread(builder, count))


def _bits(builder: Any, flags: Any) -> Any:
    """Flags as the low bits of an int64."""
    return builder.zext(builder.bitcast(flags, _I8), _I64)


def _declared(builder: Any, name: str, pointer: Any, result: Any, arguments: list[Any]) -> Any:
    """One of LLVM's masked operations. Their names say whether pointers have types; newer versions have none."""
    name = f"llvm.masked.{name}.v8i64.{'p0' if str(pointer.type) == 'ptr' else 'p0v8i64'}"
    found = builder.module.globals.get(name)
    return found or ir.Function(builder.module, ir.FunctionType(result, arguments), name)


def _place(context: Any, builder: Any, cells_type: Any, cells: Any, place: Any) -> Any:
    if cells_type.dtype != types.int16 or cells_type.layout != "C":
        raise TypeError(f"cells must be a C-contiguous int16 array, not {cells_type}")
    data = context.make_array(cells_type)(context, builder, cells).data
    return builder.bitcast(builder.gep(data, [place]), _CELLS.as_pointer())


def _load(builder: Any, pointer: Any, flags: Any) -> Any:
    load = _declared(builder, "load", pointer, _CELLS, [pointer.type, _I32, _FLAGS, _CELLS])
    return builder.call(load, [pointer, _CELL_BYTES, flags, _all(0)])


def _free(builder: Any, cells: Any) -> Any:
    """The free rooms of each cell, with their sign."""
    shift = 64 - _ITEM_BITS * (at.C_FREE + 1)
    return builder.ashr(builder.shl(cells, _all(shift)) if shift else cells, _all(64 - _ITEM_BITS))


@intrinsic
def look_at_eight(typing_context, cells, place, nights, dates, rooms):
    """Bit k: night k of the first `nights` has less than `rooms` free; bit 8 + k: the date k of the first `dates` has a
    restriction profile. nights <= dates <= EIGHT.
    """

    def generate(context, builder, signature, args):
        pointer = _place(context, builder, signature.args[0], args[0], args[1])
        found = _load(builder, pointer, _below(builder, args[3]))
        short = builder.icmp_signed("<", _free(builder, found), _spread(builder, args[4]))
        short = builder.and_(short, _below(builder, args[2]))
        profile = builder.and_(found, _all(0xFFFF << _ITEM_BITS * at.C_PROFILE))
        seen = builder.icmp_unsigned("!=", profile, _all(0))
        return builder.or_(_bits(builder, short), builder.shl(_bits(builder, seen), _I64(EIGHT)))

    return types.int64(cells, types.intp, types.int64, types.int64, types.int64), generate


@intrinsic
def take_eight(typing_context, cells, place, nights, rooms, field):
    """free -> `field` (C_HELD or C_SOLD) on `nights` <= EIGHT nights; bit k: free of night k has crossed 1. Negative
    rooms are given back.
    """

    def generate(context, builder, signature, args):
        pointer = _place(context, builder, signature.args[0], args[0], args[1])
        flags = _below(builder, args[2])
        before = _load(builder, pointer, flags)
        item = builder.and_(args[3], _I64(0xFFFF))
        less = builder.and_(builder.neg(args[3]), _I64(0xFFFF))
        more = builder.shl(item, builder.mul(args[4], _I64(_ITEM_BITS)))
        change = _spread(builder, builder.or_(builder.shl(less, _I64(_ITEM_BITS * at.C_FREE)), more))
        items = builder.add(builder.bitcast(before, _ITEMS), builder.bitcast(change, _ITEMS))
        after = builder.bitcast(items, _CELLS)
        store = _declared(builder, "store", pointer, ir.VoidType(), [_CELLS, pointer.type, _I32, _FLAGS])
        builder.call(store, [after, pointer, _CELL_BYTES, flags])
        was, is_ = (builder.icmp_signed(">=", _free(builder, each), _all(1)) for each in (before, after))
        return _bits(builder, builder.and_(builder.xor(was, is_), flags))

    return types.int64(cells, types.intp, types.int64, types.int64, types.int64), generate
