"""The store as kernels see it: the address of its table, indexed like an array of int64 words.

An array argument is counted as a reference again and again inside a kernel, with locked instructions; an address is
not. The words (sizes, addresses of the regions) never change while the store lives, so the compiler may keep them.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import (
    NativeValue,
    intrinsic,
    models,
    overload,
    register_model,
    typeof_impl,
    unbox,
)
from numpy.typing import NDArray


class Store:
    """A store table for kernels: `store[H_*]` are sizes, `store[R_*]` addresses. `words` int64 must not be changed."""

    __slots__ = ("address", "words")

    def __init__(self, words: NDArray[np.int64]) -> None:
        self.words = words  # kept alive, because kernels read it by its address
        self.address = int(words.ctypes.data)

    def __getitem__(self, index: int) -> int:
        return int(self.words[index])


class StoreType(types.Type):
    """The type of a `Store` in kernels."""

    def __init__(self) -> None:
        super().__init__(name="NightgridStore")


STORE = StoreType()


@typeof_impl.register(Store)
def _typeof_store(value: Any, context: Any) -> StoreType:
    return STORE


@register_model(StoreType)
class _StoreModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, model_type: Any) -> None:
        super().__init__(manager, model_type, ir.IntType(64))


@unbox(StoreType)
def _unbox_store(value_type: Any, value: Any, context: Any) -> NativeValue:
    address = context.pyapi.object_getattr_string(value, "address")
    native = context.pyapi.long_as_longlong(address)
    context.pyapi.decref(address)
    return NativeValue(native, is_error=cgutils.is_not_null(context.builder, context.pyapi.err_occurred()))


@intrinsic
def _word_at(typing_context, store, index):
    """`store[index]`; the load is marked as one that always gives the same."""

    def generate(context, builder, signature, args):
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        load = builder.load(builder.gep(pointer, [args[1]]))
        load.set_metadata("invariant.load", builder.module.add_metadata([]))
        return load

    return types.int64(store, types.intp), generate


@intrinsic
def store_at(typing_context, address):
    """The store whose table is at an address (int64, `Store.address`).

    For kernels that Python calls once a request: numba looks at the type of any argument but a number or an array in
    Python, which takes longer than a hold.
    """

    def generate(context, builder, signature, args):
        return args[0]

    return STORE(types.int64), generate


@overload(operator.getitem)
def _store_getitem(store, index):
    if isinstance(store, StoreType):
        return lambda store, index: _word_at(store, index)  # noqa: PLW0108 - numba wants a Python function here
    return None
