"""What the tidy rules read: the files of the project and the syntax trees of its modules."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "nightgrid"
#: Not ours to judge, where git cannot say which files are (an unpacked archive); nor are hidden folders, save `.ci`.
MADE = {"__pycache__", "build", "dist", "out"}


@cache
def project_files() -> tuple[Path, ...]:
    """All files that are, or with the next `git add` would be, part of the project."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        return tuple(sorted(path for path in ROOT.rglob("*") if path.is_file() and not _made(path.relative_to(ROOT))))
    return tuple(sorted({ROOT / name for name in listed if name and (ROOT / name).is_file()}))


def _made(path: Path) -> bool:
    return any(part in MADE or (part.startswith(".") and part != ".ci") for part in path.parts[:-1])


@cache
def project_texts() -> dict[str, str]:
    """Path from the root -> text, of every project file that is UTF-8 text."""
    texts = {}
    for path in project_files():
        try:
            texts[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a Parquet file
    return texts


def python_files() -> dict[str, str]:
    """Path from the root -> source, of every Python file of the project."""
    return {path: text for path, text in project_texts().items() if path.endswith(".py")}


def package_modules() -> dict[str, str]:
    """Module path without the package name -> source: `native.base.jit`, `limits`, and "" for the package itself."""
    return {module_name(path): text for path, text in python_files().items() if path.startswith("src/nightgrid/")}


def module_name(path: str) -> str:
    """`src/nightgrid/native/base/jit.py` -> `native.base.jit`; a package's `__init__.py` is the package."""
    parts = Path(path).relative_to("src/nightgrid").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def is_package(module: str) -> bool:
    """Whether a module of the package is a folder, which decides what its relative imports mean."""
    return (PACKAGE.joinpath(*module.split(".")) if module else PACKAGE).is_dir()


@cache
def tree_of(source: str) -> ast.Module:
    """The syntax tree of a source text, which many rules read."""
    return ast.parse(source)


@cache
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """All nodes of that tree."""
    return tuple(ast.walk(tree_of(source)))


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of a module with its dotted place: `Engine.hold`, `build.<inner>`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            place = f"{inside}{node.name}"
            yield place, node
            yield from functions(node, f"{place}.")
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{inside}{node.name}.")
        else:
            yield from functions(node, inside)
