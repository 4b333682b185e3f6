"""Compiled kernels on disk, shared by any number of processes.

numba's own cache keeps a numbered list of signatures for each function; two processes that add to the list at the same
moment can mix up their numbers, and one would run the other's machine code. Here each (kernel, signature, processor)
has a file of its own that is written beside its place and then moved there, so a file is whole or absent. Sources are
part of the folder's name (`native/base/cache.py`) and their times are not, so a copied checkout finds what is compiled.

Where several processes start at once on an empty folder, one compiles a kernel and the others wait for its file: a
kernel is locked by a lock that the system takes back when its process dies, and nobody waits for longer than a minute.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from numba.core import compiler, serialize

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: everybody compiles for himself
    fcntl = None  # type: ignore[assignment]

#: How long a process waits for another one: so many looks, so far apart (a minute in all).
_LOOKS: Final = 1_200
_LOOK_SECONDS: Final = 0.05


class KernelCache:
    """What a numba dispatcher asks for compiled overloads of one function (numba's `caching._Cache`)."""

    def __init__(self, function: Any, folder: Path) -> None:
        self._name = function.__qualname__
        self._folder = folder
        self._enabled = True
        self._locks: dict[Path, int] = {}

    @property
    def cache_path(self) -> str:
        """The folder of the files."""
        return str(self._folder)

    def enable(self) -> None:
        """Use the files (the state at the start)."""
        self._enabled = True

    def disable(self) -> None:
        """Compile, as if there were no files."""
        self._enabled = False

    def flush(self) -> None:
        """Remove the files of this function."""
        for path in self._folder.glob(f"{self._name}.*.kernel"):
            path.unlink(missing_ok=True)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled overload for a signature, or None: the caller compiles it and calls `save_overload`."""
        target_context.refresh()
        if not self._enabled:
            return None
        path = self._path(sig, target_context.codegen())
        result = self._read(path, target_context)
        if result is None and self._is_another_s(path):
            result = self._read(path, target_context)
        return result

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled overload for later processes; quietly not, where the disk does not allow it."""
        path = self._path(sig, data.codegen)
        try:
            if self._enabled and not data.library.has_dynamic_globals:
                self._write(path, serialize.dumps(self.reduced(data)))
        except OSError:
            pass  # a full or read-only disk: the next process compiles again
        finally:
            self._unlock(path)

    def reduced(self, result: Any) -> Any:
        """A compile result as what can be pickled."""
        return result._reduce()  # noqa: SLF001 - as numba's own cache does

    def rebuilt(self, context: Any, payload: Any) -> Any:
        """The compile result again."""
        return compiler.CompileResult._rebuild(context, *payload)  # noqa: SLF001

    def _path(self, sig: Any, codegen: Any) -> Path:
        """The file of a signature on this processor."""
        key = hashlib.sha256(repr((str(sig), codegen.magic_tuple())).encode()).hexdigest()[:24]
        return self._folder / f"{self._name}.{key}.kernel"

    def _read(self, path: Path, context: Any) -> Any:
        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            return self.rebuilt(context, pickle.loads(content))  # noqa: S301 - the folder is private to the user
        except (pickle.UnpicklingError, EOFError, ValueError, AttributeError, ImportError, IndexError, TypeError):
            return None  # spoilt by the disk, or of another numba: compile it again

    def _write(self, path: Path, content: bytes) -> None:
        handle, beside = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise

    def _is_another_s(self, path: Path) -> bool:
        """Wait while another process compiles this kernel; True if one did. The lock is kept otherwise."""
        if fcntl is None or path in self._locks:
            return False
        try:
            lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        for look in range(_LOOKS):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(_LOOK_SECONDS)
                continue
            if look and path.exists():
                os.close(lock)
                return True
            self._locks[path] = lock
            return False
        os.close(lock)
        return False

    def _unlock(self, path: Path) -> None:
        lock = self._locks.pop(path, None)
        if lock is not None:
            os.close(lock)
