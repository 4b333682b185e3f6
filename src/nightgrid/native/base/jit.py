"""Every numba option of the library: how a kernel is compiled, and which of them keep machine code.

Kernels that the layers above call are those of `base/registry.py`; they may be called from Python. All others are
for kernels alone (`native/base/inner.py`). Both are kept on disk (`native/base/cache.py`, `native/base/kept.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core import types

from nightgrid.native.base import inner
from nightgrid.native.base.cache import cache_folder
from nightgrid.native.base.kept import KernelCache
from nightgrid.native.base.registry import CALLED_FROM_PYTHON

_INNER_USABLE = inner.usable(numba.__version__)
#: Options of a kernel that is not inlined, even where its first caller is.
_APART: dict[str, Any] = {"forceinline": False} | ({"pipeline_class": inner.ApartCompiler} if _INNER_USABLE else {})


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel: releases the GIL, cached, no bounds checks, division by zero gives infinity.

    Kernels return codes and never raise: an exception would skip the release of a lock.
    `parallel=True` is not used anywhere: its thread pools abort on concurrent use and do not survive a fork.
    """
    return _compiled(function)


def inlined_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel whose machine code is put into its callers: for inner steps, where handing over arrays would cost more
    than the work. (The inlining of numba's own kind would count references; LLVM's does not.)
    """
    return _compiled(function, forceinline=True)


def called_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that stays a function of its own: for long steps that are called from many places and rarely matter for
    speed. Taken into all their callers, they would be compiled many times over.
    """
    return _compiled(function, **_APART)


def bare_inlined_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """An inlined kernel that makes no array, so that numba need not count references: that takes longer than most of
    the small steps in which plans are written and compiled, even where there is nothing to count.
    """
    return _compiled(function, forceinline=True, _nrt=False)


def bare_called_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """A called kernel that makes no array, as above."""
    return _compiled(function, _nrt=False, **_APART)


def direct(compiled: Any) -> Callable[..., Any]:
    """The machine code of a kernel that takes whole numbers alone and was called before, for callers that make sure of
    both: numba looks at the type of every argument of a call, which takes a third of the time of a hold.
    """
    if _INNER_USABLE:
        for types_taken, result in compiled.overloads.items():
            if all(each == types.int64 for each in types_taken):
                return result.entry_point  # type: ignore[no-any-return]
    return compiled  # type: ignore[no-any-return]


def _compiled(function: Callable[..., Any], **more: Any) -> Callable[..., Any]:
    module = function.__module__.rpartition(".")[2]
    # Whether references are counted is said of every kernel: else the caller that happens to be compiled first decides.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": True, **more}
    is_inner = _INNER_USABLE and f"{module}.{function.__name__}" not in CALLED_FROM_PYTHON
    if is_inner:
        options = {"no_cpython_wrapper": True, "pipeline_class": inner.InnerCompiler} | options
    compiled: Any = numba.njit(**options)(function)
    folder = cache_folder(function.__module__)
    if folder is not None:  # numba has no option for a cache of another kind
        compiled._cache = (inner.InnerCache if is_inner else KernelCache)(function, folder)  # noqa: SLF001
    if is_inner:
        inner.keep_from_python(compiled)
    _forget_literals(compiled)
    return compiled  # type: ignore[no-any-return]


_plain: Any = types.unliteral  # type: ignore[attr-defined]


def _forget_literals(compiled: Any) -> None:
    """Let a call with a constant use the same machine code as one with a variable.

    numba compiles a function anew for each combination of constants that it is called with; with some hundred kernels
    that call each other this made four fifths of the time to compile. LLVM still sees the constants when it inlines.
    """
    template_of = compiled.get_call_template

    def without_literals(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return template_of(tuple(_plain(each) for each in args), {name: _plain(each) for name, each in kws.items()})

    compiled.get_call_template = without_literals
