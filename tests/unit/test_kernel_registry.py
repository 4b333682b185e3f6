"""The table of kernels tells the truth: whatever is called from above is in it, and every file it names is there."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from nightgrid.native import inner, prices
from nightgrid.native.registry import CALLED_FROM_PYTHON, ENTRIES, LOCKS, STEPS

ROOT = Path(__file__).parents[2]
ABOVE = ("inventory", "search", "engine")


def kernels_called_in(source: str) -> set[str]:
    """`module.name` of every compiled function of `nightgrid.native` that a source text names."""
    modules: dict[str, str] = {}
    found: set[str] = set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "nightgrid.native":
            modules.update({alias.asname or alias.name: alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nightgrid.native."):
            module = str(node.module).rsplit(".", 1)[1]
            found |= {f"{module}.{alias.name}" for alias in node.names if is_kernel(module, alias.name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if is_kernel(module, node.attr):
                found.add(f"{module}.{node.attr}")
    return found


def is_kernel(module: str, name: str) -> bool:
    """True for what numba compiled: it keeps the Python function it was made from."""
    return hasattr(getattr(importlib.import_module(f"nightgrid.native.{module}"), name, None), "py_func")


def test_every_kernel_called_from_above_is_registered() -> None:
    called: set[str] = set()
    for layer in ABOVE:
        for path in sorted((ROOT / "src" / "nightgrid" / layer).rglob("*.py")):
            called |= kernels_called_in(path.read_text())

    assert called == {entry.kernel for entry in ENTRIES} | set(LOCKS)


def test_a_forgotten_kernel_would_be_noticed() -> None:
    source = "from nightgrid.native import cells as c\nfrom nightgrid.native.known import find_key\nc.give_rooms(1)\n"

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
    with pytest.raises(TypeError, match=r"bounded is called by other kernels only; list it in native/registry\.py"):
        prices.bounded(1, 2, 3)


def test_an_unknown_numba_compiles_every_kernel_as_usual() -> None:
    assert inner.usable("0.68.1")
    assert not inner.usable("0.99.0")
