"""Loads and stores that tell LLVM what numba does not: a table that is read is not the array that is written.

numba gives no alias facts, so a loop that stores results and looks factors up in a table stays scalar: for all LLVM
knows, the store might change the table. A marked load carries an alias scope and a marked store is declared outside
of it; then the ordinary loop vectorises with gathers. Scratch memory has a scope of its own: results do not overlap
it, but what is written there is read again, so its own stores are declared outside of the tables alone. They behave
like `array[index]` on one-dimensional C-contiguous arrays; the caller has checked the index.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
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


def _difference(sums: Any, rows: tuple[int, int]) -> Any:
    """`_amount` in the type of the sums: their arrays stand at `rows` of the arguments, the places behind them."""
    if sums.dtype not in (types.uint32, types.int64):
        raise TypeError(f"running sums are rows of uint32 or int64, not {sums}")
    result = types.int32 if sums.dtype == types.uint32 else types.int64

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        loads = []
        for row, place in zip(rows, (-2, -1) if rows[0] == rows[1] else (-1, -1), strict=True):
            load = builder.load(_pointer(context, builder, signature.args[row], args[row], args[place]))
            load.set_metadata("alias.scope", _scopes(builder.module, "tables"))
            loads.append(load)
        return builder.sub(loads[1], loads[0])

    return result, generate


@intrinsic
def stay_amount(typing_context, low, high, index):
    """`high[index] - low[index]` of two rows of running sums, as a signed integer of their width; wraps like the
    sums do.

    int32 for uint32 sums (the price version proves that a stay stays below 2^31), int64 for int64 sums.
    """
    if low != high:
        raise TypeError(f"running sums of one kind are subtracted, not {low} from {high}")
    result, generate = _difference(low, (0, 1))
    return result(low, high, types.intp), generate


@intrinsic
def flat_amount(typing_context, sums, low, high):
    """`stay_amount` of two places in flat running sums: `sums[high] - sums[low]`."""
    result, generate = _difference(sums, (0, 0))
    return result(sums, types.intp, types.intp), generate


@intrinsic
def stream_line(typing_context, target, at, source, start):
    """Copy 64 bytes from `source[start]` to `target[at]`, both of one dtype, past the caches; the address of
    `target[at]` is a multiple of 64. A line that is only written need not be read first. `atomics.full_fence` after
    the last of them, and no locked instruction between them: it waits until all are in memory.
    """
    if target.dtype != source.dtype:
        raise TypeError(f"a line is copied between arrays of one dtype, not from {source} to {target}")

    def generate(context, builder, signature, args):
        line = ir.VectorType(ir.IntType(8), 64).as_pointer()
        read = _pointer(context, builder, signature.args[2], args[2], args[3])
        load = builder.load(builder.bitcast(read, line))
        load.align = signature.args[2].dtype.bitwidth // 8
        written = _pointer(context, builder, signature.args[0], args[0], args[1])
        store = builder.store(load, builder.bitcast(written, line))
        store.align = 64
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generate
