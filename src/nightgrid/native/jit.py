"""Every numba option of the library, and the cache of compiled kernels.

numba notices a changed file, but not a changed *callee* in another file (its issue 1833): it would go on
running stale machine code. So the cache folder is keyed by a hash of every source file of this package; another
version, or an edited kernel, starts an empty folder. numba stores its cache with pickle, so the
folder must be as trusted as the code: it is private to the user, never in a shared temporary folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config, types


def source_digest() -> str:
    """Hash of all sources of `nightgrid.native`: 16 hex digits."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """The private folder for compiled kernels, made on demand; None where none can be written.

    `NUMBA_CACHE_DIR` moves it (for images that are built once), `NIGHTGRID_NO_KERNEL_CACHE=1` turns it off.
    """
    if os.environ.get("NIGHTGRID_NO_KERNEL_CACHE") == "1":
        return None
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "nightgrid" / f"kernels-{source_digest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        trusted = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
        return folder if trusted and os.access(folder, os.W_OK) else None
    except (OSError, RuntimeError):
        return None


_FOLDER = cache_folder()


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


def _compiled(function: Callable[..., Any], **more: Any) -> Callable[..., Any]:
    before = config.CACHE_DIR
    if _FOLDER is not None:
        config.CACHE_DIR = str(_FOLDER)  # read once, while the function is decorated
    try:
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "cache": _FOLDER is not None, **more}
        compiled: Any = numba.njit(no_cfunc_wrapper=True, **options)(function)
    finally:
        config.CACHE_DIR = before  # the host's own numba functions keep their own place
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
        return template_of(
            tuple(_plain(each) for each in args), {name: _plain(each) for name, each in kws.items()}
        )

    compiled.get_call_template = without_literals
