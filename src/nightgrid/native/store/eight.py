"""The cells of a stay at once: up to eight nights of one row that lie side by side, without a branch a night.

A loop over the nights is mispredicted at its end in most holds, because stays differ in length, and once more at the
first night that falls short; in holds without cache misses that was a third of the time. A vector of eight 8-byte
cells with a mask does the same for every length. LLVM makes it fit the machine: one register with AVX-512, two with
AVX2, plain code elsewhere.

Vectors are whole cache lines, two of them (twice the same where one is enough): a vector that begins with the stay
reaches into the next line, which is then fetched even if no lane of it is wanted; that cost more than the loops. So
`cells` must begin on a cache line. Cells are those of `store/layout.py`; `place` is the flat index of the first one.
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
_ALIGNED: Final = _I32(at.LINE_BYTES)
_ITEM_BITS: Final = 16


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


def _free(builder: Any, cells: Any) -> Any:
    """The free rooms of each cell, with their sign."""
    shift = 64 - _ITEM_BITS * (at.C_FREE + 1)
    return builder.ashr(builder.shl(cells, _all(shift)) if shift else cells, _all(64 - _ITEM_BITS))


class _TwoLines:
    """The one or two cache lines in which some cells lie: what is built for both of them."""

    def __init__(self, context: Any, builder: Any, cells_type: Any, cells: Any, place: Any, count: Any) -> None:
        if cells_type.dtype != types.int16 or cells_type.layout != "C":
            raise TypeError(f"cells must be a C-contiguous int16 array, not {cells_type}")
        self._builder = builder
        data = builder.bitcast(context.make_array(cells_type)(context, builder, cells).data, _I64.as_pointer())
        self._lane = builder.and_(place, _I64(EIGHT - 1))
        first = builder.gep(data, [builder.sub(place, self._lane)])
        both = builder.icmp_signed(">", builder.add(self._lane, count), _I64(EIGHT))
        second = builder.select(both, builder.gep(first, [_I64(EIGHT)]), first)
        self._pointers = [builder.bitcast(each, _CELLS.as_pointer()) for each in (first, second)]

    def flags(self, count: Any) -> list[Any]:
        """For each line, which of its lanes are among the first `count` cells."""
        builder = self._builder
        end = builder.add(self._lane, count)
        found = []
        for line in range(2):
            lanes = ir.Constant(_CELLS, list(range(line * EIGHT, (line + 1) * EIGHT)))
            inside = builder.icmp_signed("<", lanes, _spread(builder, end))
            begun = builder.icmp_signed(">=", lanes, _spread(builder, self._lane))
            found.append(builder.and_(inside, begun))
        return found

    def load(self, flags: list[Any]) -> list[Any]:
        builder, pointers = self._builder, self._pointers
        call = _declared(builder, "load", pointers[0], _CELLS, [pointers[0].type, _I32, _FLAGS, _CELLS])
        return [
            builder.call(call, [pointer, _ALIGNED, mask, _all(0)])
            for pointer, mask in zip(pointers, flags, strict=True)
        ]

    def store(self, cells: list[Any], flags: list[Any]) -> None:
        builder, pointers = self._builder, self._pointers
        call = _declared(builder, "store", pointers[0], ir.VoidType(), [_CELLS, pointers[0].type, _I32, _FLAGS])
        for each, pointer, mask in zip(cells, pointers, flags, strict=True):
            builder.call(call, [each, pointer, _ALIGNED, mask])

    def bits(self, flags: list[Any]) -> Any:
        """Flags of the lanes as an int64: bit k is the k-th cell."""
        builder = self._builder
        low, high = (builder.zext(builder.bitcast(each, _I8), _I64) for each in flags)
        return builder.lshr(builder.or_(low, builder.shl(high, _I64(EIGHT))), self._lane)


@intrinsic
def look_at_eight(typing_context, cells, place, nights, dates, rooms):
    """Bit k: night k of the first `nights` has less than `rooms` free; bit 8 + k: the date k of the first `dates` has a
    restriction profile. nights <= dates <= EIGHT.
    """

    def generate(context, builder, signature, args):
        _, place_, nights_, dates_, rooms_ = args
        lines = _TwoLines(context, builder, signature.args[0], args[0], place_, dates_)
        found = lines.load(lines.flags(dates_))
        few, profiles = [], []
        for each, mask in zip(found, lines.flags(nights_), strict=True):
            few.append(builder.and_(builder.icmp_signed("<", _free(builder, each), _spread(builder, rooms_)), mask))
            profile = builder.and_(each, _all(0xFFFF << _ITEM_BITS * at.C_PROFILE))
            profiles.append(builder.icmp_unsigned("!=", profile, _all(0)))
        return builder.or_(lines.bits(few), builder.shl(lines.bits(profiles), _I64(EIGHT)))

    return types.int64(cells, types.intp, types.int64, types.int64, types.int64), generate


@intrinsic
def take_eight(typing_context, cells, place, nights, rooms, field):
    """free -> `field` (C_HELD or C_SOLD) on `nights` <= EIGHT nights; bit k: free of night k has crossed 1. Negative
    rooms are given back.
    """

    def generate(context, builder, signature, args):
        _, place_, nights_, rooms_, field_ = args
        lines = _TwoLines(context, builder, signature.args[0], args[0], place_, nights_)
        less = builder.and_(builder.neg(rooms_), _I64(0xFFFF))
        more = builder.shl(builder.and_(rooms_, _I64(0xFFFF)), builder.mul(field_, _I64(_ITEM_BITS)))
        change = builder.or_(builder.shl(less, _I64(_ITEM_BITS * at.C_FREE)), more)
        change = builder.bitcast(_spread(builder, change), _ITEMS)
        flags = lines.flags(nights_)
        before = lines.load(flags)
        after, crossed = [], []
        for each, mask in zip(before, flags, strict=True):
            after.append(builder.bitcast(builder.add(builder.bitcast(each, _ITEMS), change), _CELLS))
            was, is_ = (builder.icmp_signed(">=", _free(builder, state), _all(1)) for state in (each, after[-1]))
            crossed.append(builder.and_(builder.xor(was, is_), mask))
        lines.store(after, flags)
        return lines.bits(crossed)

    return types.int64(cells, types.intp, types.int64, types.int64, types.int64), generate
