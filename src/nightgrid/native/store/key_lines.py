"""A line of the key index at once: which of its eight entries are equal to one, look like it, are empty or gone."""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nightgrid.native.store import layout as at

EMPTY: Final = 0
GONE: Final = -1 << 32  # not empty, and of no slot
LINE: Final = 8  # entries
LINE_BITS: Final = 3
#: What `look_at_line` finds, a bit an entry in each byte.
ALIKE_SHIFT: Final = 0  # the same half of the hash, and a slot
EMPTY_SHIFT: Final = 8
GONE_SHIFT: Final = 16
SAME_SHIFT: Final = 24
ALIKE: Final = 0xFF << ALIKE_SHIFT
ANY_EMPTY: Final = 0xFF << EMPTY_SHIFT
SAME_ENTRY: Final = 0xFF << SAME_SHIFT

_I1, _I8, _I32, _I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))
_LINE: Final = ir.VectorType(_I64, LINE)


def _all(value: int) -> ir.Constant:
    return ir.Constant(_LINE, [value] * LINE)


def _spread(builder: Any, value: Any) -> Any:
    first = builder.insert_element(ir.Constant(_LINE, ir.Undefined), value, _I32(0))
    return builder.shuffle_vector(
        first, ir.Constant(_LINE, ir.Undefined), ir.Constant(ir.VectorType(_I32, LINE), [0] * LINE)
    )


@intrinsic
def look_at_line(typing_context, keys, place, entry):
    """Compare the LINE entries from `place` on, which begins a line, with an entry: see ALIKE and the others.

    The segment is locked. Others may turn an entry into GONE meanwhile and nothing else; each is read as a whole.
    """
    if keys.dtype != types.int64 or keys.layout != "C":
        raise TypeError(f"keys must be a C-contiguous int64 array, not {keys}")

    def generate(context, builder, signature, args):
        keys_, place_, entry_ = args
        data = context.make_array(signature.args[0])(context, builder, keys_).data
        pointer = builder.bitcast(builder.gep(data, [place_]), _LINE.as_pointer())
        line = builder.load(pointer, align=at.LINE_BYTES)
        differs = builder.xor(line, _spread(builder, entry_))
        has_slot = builder.icmp_unsigned("!=", builder.and_(line, _all(0xFFFFFFFF)), _all(0))
        alike = builder.and_(builder.icmp_unsigned("<", differs, _all(1 << 32)), has_slot)
        flags = {
            ALIKE_SHIFT: alike,
            EMPTY_SHIFT: builder.icmp_unsigned("==", line, _all(EMPTY)),
            GONE_SHIFT: builder.icmp_unsigned("==", line, _all(GONE & 2**64 - 1)),
            SAME_SHIFT: builder.icmp_unsigned("==", differs, _all(0)),
        }
        found = _I64(0)
        for shift, each in flags.items():
            bits = builder.zext(builder.bitcast(each, _I8), _I64)
            found = builder.or_(found, builder.shl(bits, _I64(shift)))
        return found

    return types.int64(keys, types.intp, types.int64), generate
