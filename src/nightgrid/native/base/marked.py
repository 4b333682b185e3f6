"""Loads and stores that tell LLVM what numba does not: a table that is read is not the array that is written.

numba gives no alias facts, so a loop that stores results and looks factors up in a table stays scalar: for all LLVM
knows, the store might change the table. A marked load carries an alias scope and a marked store is declared outside
of it; then the ordinary loop vectorises with gathers. Scratch memory has a scope of its own: results do not overlap
it, but what is written there is read again, so its own stores are declared outside of the tables alone. They behave
like `array[index]` on one-dimensional C-contiguous arrays; the caller has checked the index.
"""

from __future__ import annotations

from typing import Any

from numba.core import types
from numba.extending import intrinsic


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    if array_type.layout != "C" or array_type.ndim != 1:
        raise TypeError(f"marked loads and stores need a C-contiguous vector, not {array_type}")
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [index])


def _scopes(module: Any, *names: str) -> Any:
    """Alias scopes as a list: of all tables, of all scratch memory."""
    domain = module.add_metadata(["nightgrid"])
    return module.add_metadata([module.add_metadata([f"nightgrid {name}", domain]) for name in names])


def _load(scope: str, array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        load = builder.load(_pointer(context, builder, signature.args[0], args[0], args[1]))
        load.set_metadata("alias.scope", _scopes(builder.module, scope))
        return load

    return array.dtype(array, types.intp), generate


def _store(outside: tuple[str, ...], array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        store = builder.store(args[2], _pointer(context, builder, signature.args[0], args[0], args[1]))
        store.set_metadata("noalias", _scopes(builder.module, *outside))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), generate


@intrinsic
def load_table(typing_context, array, index):
    """`array[index]` of an array that the kernel does not write through a marked store."""
    return _load("tables", array)


@intrinsic
def load_scratch(typing_context, array, index):
    """`array[index]` of scratch memory: the kernel writes it, but in other loops, by `store_scratch` or plainly."""
    return _load("scratch", array)


@intrinsic
def store_result(typing_context, array, index, value):
    """`array[index] = value` of an array that the kernel does not read through `load_table` or `load_scratch`."""
    return _store(("tables", "scratch"), array)


@intrinsic
def store_scratch(typing_context, array, index, value):
    """`array[index] = value` of an array that the kernel does not read through `load_table`."""
    return _store(("tables",), array)


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
            load.set_metadata("alias.scope", _scopes(builder.module, "tables"))
            loads.append(load)
        return builder.sub(loads[1], loads[0])

    return result(low, high, types.intp), generate
