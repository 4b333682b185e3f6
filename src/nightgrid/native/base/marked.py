"""Loads and stores that tell LLVM what numba does not: a table that is read is not the array that is written.

numba gives no alias facts, so a loop that stores results and looks factors up in a table stays scalar: for all LLVM
knows, the store might change the table. A marked load carries an alias scope and a marked store is declared outside
of it; then the ordinary loop vectorises with gathers. They behave like `array[index]` on one-dimensional
C-contiguous arrays whose memory does not overlap; the caller has checked the index.
"""

from __future__ import annotations

from typing import Any

from numba.core import types
from numba.extending import intrinsic


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    if array_type.layout != "C" or array_type.ndim != 1:
        raise TypeError(f"marked loads and stores need a C-contiguous vector, not {array_type}")
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [index])


def _scope(module: Any) -> Any:
    """The one alias scope of all tables, as a list of scopes."""
    domain = module.add_metadata(["nightgrid"])
    scope = module.add_metadata(["nightgrid tables", domain])
    return module.add_metadata([scope])


@intrinsic
def load_table(typing_context, array, index):
    """`array[index]` of an array that the loop does not write."""

    def generate(context, builder, signature, args):
        load = builder.load(_pointer(context, builder, signature.args[0], args[0], args[1]))
        load.set_metadata("alias.scope", _scope(builder.module))
        return load

    return array.dtype(array, types.intp), generate


@intrinsic
def store_result(typing_context, array, index, value):
    """`array[index] = value` of an array that the loop does not read through `load_table`."""

    def generate(context, builder, signature, args):
        store = builder.store(args[2], _pointer(context, builder, signature.args[0], args[0], args[1]))
        store.set_metadata("noalias", _scope(builder.module))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), generate


@intrinsic
def stay_amount(typing_context, low, high, index):
    """`high[index] - low[index]` of two rows of running sums, as a signed integer of their width; wraps like the
    sums do.

    int32 for uint32 sums (the price version proves that a stay stays below 2^31), int64 for int64 sums.
    """
    if low != high or low.dtype not in (types.uint32, types.int64):
        raise TypeError(f"running sums are rows of uint32 or int64, not {low} and {high}")
    result = types.int32 if low.dtype == types.uint32 else types.int64

    def generate(context, builder, signature, args):
        loads = []
        for array_type, array in zip(signature.args[:2], args[:2], strict=True):
            load = builder.load(_pointer(context, builder, array_type, array, args[2]))
            load.set_metadata("alias.scope", _scope(builder.module))
            loads.append(load)
        return builder.sub(loads[1], loads[0])

    return result(low, high, types.intp), generate
