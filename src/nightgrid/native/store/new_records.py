"""The record of a new hold, from its slot: two cache lines put in another order, not sixteen words one by one."""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nightgrid.native.store import layout as at

#: Which word of the slot each word of the record is; now is when it was taken. The others: number, kind, id, no quote.
_WORDS: Final = {
    at.D_PLACE: at.W_PLACE,
    at.D_STAY: at.W_STAY,
    at.D_DEADLINE_MS: at.W_DEADLINE_MS,
    at.D_NOW_MS: at.W_TAKEN_MS,
    at.D_KEY_HIGH: at.W_KEY_HIGH,
    at.D_KEY_LOW: at.W_KEY_LOW,
    at.D_REQUEST: at.W_REQUEST,
    at.D_GUEST: at.W_GUEST,
    at.D_REFERENCE: at.W_REFERENCE,
    at.D_SCOPE: at.W_SCOPE,
    at.D_LINK: at.W_LINK,
    at.D_VALUE: at.W_VALUE,
}
_HALF: Final = at.D_WORDS // 2
_I32, _I64 = ir.IntType(32), ir.IntType(64)
_LINE: Final = ir.VectorType(_I64, _HALF)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, place: Any) -> Any:
    if array_type.dtype != types.int64 or array_type.layout != "C":
        raise TypeError(f"slots and records are C-contiguous int64 arrays, not {array_type}")
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), _LINE.as_pointer())


@intrinsic
def write_new(typing_context, records, base, kind, hold_id, slots, place):
    """Write the record at `base` of the hold whose slot begins at `place`, which is not bound to a quote; its number
    (D_LSN) stays 0. Both begin on a cache line.
    """

    def generate(context, builder, signature, args):
        records_, base_, kind_, id_, slots_, place_ = args
        slots_type, records_type = signature.args[4], signature.args[0]
        halves = [
            builder.load(
                _pointer(context, builder, slots_type, slots_, builder.add(place_, _I64(half * _HALF))),
                align=at.LINE_BYTES,
            )
            for half in range(2)
        ]
        for half in range(2):
            words = [_WORDS.get(half * _HALF + lane) for lane in range(_HALF)]
            places = ir.Constant(ir.VectorType(_I32, _HALF), [word or 0 for word in words])
            there = ir.Constant(ir.VectorType(ir.IntType(1), _HALF), [word is not None for word in words])
            line = builder.select(there, builder.shuffle_vector(*halves, places), ir.Constant(_LINE, None))
            target = _pointer(context, builder, records_type, records_, builder.add(base_, _I64(half * _HALF)))
            builder.store(line, target, align=at.LINE_BYTES)
        for word, value in ((at.D_KIND, kind_), (at.D_HOLD_ID, id_)):
            array = context.make_array(records_type)(context, builder, records_)
            builder.store(value, builder.gep(array.data, [builder.add(base_, _I64(word))]))
        return context.get_dummy_value()

    return types.void(records, types.intp, types.int64, types.int64, slots, types.intp), generate
