"""Where compiled kernels are kept between processes (`native/base/kept.py` says how).

numba notices a changed file, but not a changed *callee* in another file (its issue 1833): it would go on running stale
machine code. So there is a folder for each module of kernels, keyed by a hash of all sources that the module imports,
however far; another version, or an edited kernel, starts an empty folder, and kernels that do not depend on the edit
stay compiled. numba stores its cache with pickle, so the folders must be as trusted as the code: they are private to
the user, never in a shared temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Final

import numba

_PACKAGE: Final = Path(__file__).parents[2]
_IMPORT: Final = re.compile(
    r"^\s*(?:from (nightgrid[\w.]*) import (\([^)]*\)|[^\n]*)|import (nightgrid[\w.]*))", re.MULTILINE
)
#: Folders kept of each module: one for each version that is still in use somewhere.
_KEPT: Final = 12


@cache
def _path_of(name: str) -> Path | None:
    """The source of a module of nightgrid; None if there is none of that name."""
    path = _PACKAGE.joinpath(*name.split(".")[1:])
    found = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in found if each.is_file()), None)


@cache
def _imports(name: str) -> frozenset[str]:
    """The modules of nightgrid that a module imports itself."""
    path = _path_of(name)
    found: set[str] = set()
    for module, names, plain in _IMPORT.findall(path.read_text() if path else ""):
        found.add(module or plain)
        found.update(f"{module}.{each}" for each in re.findall(r"\w+", names))
    return frozenset(each for each in found if each != "nightgrid" and _path_of(each))


def sources_of(name: str) -> list[Path]:
    """The sources that machine code of a module can come from: its own, and of all it imports, however far."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            todo += _imports(each)
    return sorted(path for each in seen if (path := _path_of(each)))


@cache
def _source_digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def module_digest(name: str) -> str:
    """Hash of `sources_of` a module and of the versions of numba and Python: 16 hex digits."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.implementation.cache_tag}".encode())
    digest.update(os.environ.get("NIGHTGRID_STEPS", "").encode())  # kernels with the hook of `native/store/steps.py`
    for path in sources_of(name):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(_source_digest(path))
    return digest.hexdigest()[:16]


@cache
def cache_folder(module: str) -> Path | None:
    """The private folder for the kernels of a module (its dotted name), made on demand; None where there can be none.

    `NUMBA_CACHE_DIR` moves it (for images that are built once, also read-only), `NIGHTGRID_NO_KERNEL_CACHE=1` turns it
    off. A folder that another user could have written, unless he is root, is not used.
    """
    if os.environ.get("NIGHTGRID_NO_KERNEL_CACHE") == "1":
        return None
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    family = Path(base) / "nightgrid" / module.rpartition(".")[2]
    folder = family / module_digest(module)
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _forget_old(family)
        return folder if not hasattr(os, "getuid") or folder.stat().st_uid in (os.getuid(), 0) else None
    except (OSError, RuntimeError):
        return None


def _forget_old(family: Path) -> None:
    """Remove the folders of a module that were made before the latest few."""
    made = sorted((each for each in family.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
    for old in made[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
