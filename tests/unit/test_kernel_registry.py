"""The table of kernels tells the truth: whatever is called from above is in it, and every file it names is there."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from nightgrid.native.base import inner
from nightgrid.native.base.registry import CALLED_FROM_PYTHON, ENTRIES, LOCKS, STEPS
from nightgrid.native.prices import prices

ROOT = Path(__file__).parents[2]
ABOVE = ("inventory", "search", "engine")
#: The dotted name of each module: no two rooms have a module of one name, so kernels are named without their rooms.
MODULES = {
    path.stem: f"nightgrid.native.{path.parent.name}.{path.stem}"
    for path in (ROOT / "src" / "nightgrid" / "native").glob("*/*.py")
    if path.stem != "__init__"
}


def kernels_called_in(source: str) -> set[str]:
    """`module.name` of every compiled function of `nightgrid.native` that a source text names."""
    modules: dict[str, str] = {}
    found: set[str] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nightgrid.native."):
            rooms = str(node.module).removeprefix("nightgrid.native.").split(".")
            if len(rooms) == 1:
                modules.update({alias.asname or alias.name: alias.name for alias in node.names})
            else:
                module = rooms[1]
                found |= {f"{module}.{alias.name}" for alias in node.names if is_kernel(module, alias.name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if is_kernel(module, node.attr):
                found.add(f"{module}.{node.attr}")
    return found


def is_kernel(module: str, name: str) -> bool:
    """True for what numba compiled: it keeps the Python function it was made from."""
    return hasattr(getattr(importlib.import_module(MODULES[module]), name, None), "py_func")


def test_every_kernel_called_from_above_is_registered() -> None:
    called: set[str] = set()
    for layer in ABOVE:
        for path in sorted((ROOT / "src" / "nightgrid" / layer).rglob("*.py")):
            called |= kernels_called_in(path.read_text())

    assert called == {entry.kernel for entry in ENTRIES} | set(LOCKS)


def test_modules_of_kernels_have_names_of_their_own() -> None:
    files = [path for path in (ROOT / "src" / "nightgrid" / "native").glob("*/*.py") if path.stem != "__init__"]

    assert len(files) == len(MODULES) > 60


def test_a_forgotten_kernel_would_be_noticed() -> None:
    source = "from nightgrid.native.store import cells as c\nfrom nightgrid.native.store.known import find_key\n"
    source += "c.give_rooms(1)\n"

    assert kernels_called_in(source) == {"cells.give_rooms", "known.find_key"}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kernel)
def test_its_proof_stands_where_the_table_says(entry) -> None:
    module, name = entry.kernel.split(".")

    assert is_kernel(module, name)
    for path in filter(None, (entry.oracle, entry.agreement, entry.benchmark)):
        assert (ROOT / path).is_file(), f"{entry.kernel}: there is no {path}"


def test_steps_are_called_by_tests_alone() -> None:
    called: set[str] = set()
    for path in sorted((ROOT / "tests" / "agreement").glob("*.py")):
        called |= kernels_called_in(path.read_text())

    assert set(STEPS) == called - {entry.kernel for entry in ENTRIES}


def test_an_inner_kernel_refuses_python() -> None:
    assert "prices.bounded" not in CALLED_FROM_PYTHON
    with pytest.raises(TypeError, match=r"bounded is called by other kernels only; list it in .*registry\.py"):
        prices.bounded(1, 2, 3)


def test_an_unknown_numba_compiles_every_kernel_as_usual() -> None:
    assert inner.usable("0.68.1")
    assert not inner.usable("0.99.0")
