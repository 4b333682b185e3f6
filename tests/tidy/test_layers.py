"""The arrows of the house point down only. The tables in `layers.py` are the documentation; this file enforces them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest

from tests.tidy import layers
from tests.tidy.sources import is_package, nodes_of, package_modules, python_files


class Import(NamedTuple):
    """One imported name: `target` is dotted, `nightgrid.` in front where it is ours."""

    line: int
    target: str


def imports(module: str, source: str, *, package: bool = False) -> Iterator[Import]:
    """Every import of a module: at its head, in functions, for annotations, relative, and by name through importlib."""
    home = f"nightgrid.{module}".rstrip(".").split(".")
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = (home[: len(home) - node.level + package] or home[:1]) if node.level else []
            base = ".".join([*here, *filter(None, [node.module])])
            yield from (Import(node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = _dotted(node.func)
            if called.endswith(("import_module", "__import__")) and isinstance(node.args[0].value, str):
                yield Import(node.lineno, node.args[0].value)


def _dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of names, "" for anything else."""
    if isinstance(node, ast.Attribute):
        front = _dotted(node.value)
        return f"{front}.{node.attr}" if front else ""
    return node.id if isinstance(node, ast.Name) else ""


def _unit(module: str) -> tuple[int, str] | None:
    """(floor, unit) of a module of the package; None where the table does not know it."""
    first = module.partition(".")[0]
    for floor, units in enumerate(layers.FLOORS):
        for unit in units:
            if first == unit or first.startswith(f"{unit}_"):
                return floor, unit
    return None


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def arrows_up(module: str, source: str, *, package: bool = False) -> list[str]:
    """Imports from our own package that point up, sideways to a stranger, or at the package itself."""
    if not module:
        return []  # the package's public names come from everywhere
    own = _unit(module)
    if own is None:
        return [f"{module}: not in the table; give its first name a floor in tests/tidy/layers.py"]
    found = []
    for line, target in imports(module, source, package=package):
        if target.split(".")[0] != "nightgrid":
            continue
        other = _unit(target.removeprefix("nightgrid").lstrip("."))
        where = f"{module}:{line}: imports {target}"
        if other is None:
            found.append(f"{where}: import the module that defines it, not the package")
        elif other[0] > own[0]:
            found.append(f"{where}: {other[1]} stands above {own[1]}; pass the value in, or move the code")
        elif {own[1], other[1]} in layers.STRANGERS:
            found.append(f"{where}: {own[1]} and {other[1]} do not know each other; the engine passes arrays")
    return found


def inner_arrows_up(module: str, source: str) -> list[str]:
    """Imports between the rooms of a unit that point up, or sideways to another room of the floor."""
    unit, _, inside = module.partition(".")
    floors = layers.INNER_FLOORS.get(unit)
    if floors is None or not inside:
        return []
    floor_of = {room: floor for floor, rooms in enumerate(floors) for room in rooms}
    room = inside.split(".")[0]
    if room not in floor_of:
        return [f"{module}: {room} is no room of {unit}; see INNER_FLOORS in tests/tidy/layers.py"]
    found = []
    for line, target in imports(module, source):
        start, _, rest = target.partition(f"nightgrid.{unit}.")
        other = rest.split(".")[0] if not start and rest else room
        if other != room and floor_of.get(other, 99) >= floor_of[room]:
            found.append(f"{module}:{line}: imports {target}: {other} does not stand below {room}")
    return found


def strange_packages(module: str, source: str) -> list[str]:
    """Third-party packages that the table does not allow here."""
    found = []
    for line, target in imports(module, source):
        name = target.split(".")[0]
        if name in sys.stdlib_module_names or name == "nightgrid" or not name:
            continue
        allowed = layers.THIRD_PARTY.get(name)
        if allowed is None:
            found.append(f"{module}:{line}: {name} is no declared dependency of the library")
        elif not _matches(module, allowed):
            found.append(f"{module}:{line}: {name} belongs in {', '.join(allowed)}")
    return found


def clock_reads(module: str, source: str) -> list[str]:
    """Uses of the standard library's clocks, also under another name, and of NumPy's "now"."""
    allowed = tuple(name for who, names in layers.CLOCK_READERS.items() if fnmatchcase(module, who) for name in names)
    meaning: dict[str, str] = {}  # the name used here -> the dotted name it stands for
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            meaning.update({alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and not node.level:
            meaning.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    found = set()
    for node in nodes_of(source):
        if not isinstance(node, ast.Name | ast.Attribute | ast.Call):
            continue
        first, _, rest = _dotted(node).partition(".")
        name = f"{meaning.get(first, '')}.{rest}".strip(".")
        line = getattr(node, "lineno", 0)
        if _matches(name, layers.CLOCKS) and not _matches(name, layers.NOT_A_CLOCK + allowed):
            found.add(f"{module}:{line}: reads {name}; take the time from the clock that is passed in")
        if isinstance(node, ast.Call) and _dotted(node.func).endswith("datetime64") and node.args:
            if isinstance(node.args[0], ast.Constant) and node.args[0].value in ("now", "today"):
                found.add(f"{module}:{line}: reads numpy's clock; take the time from the clock that is passed in")
    return sorted(found)


def knowing_oracles(path: str, source: str) -> list[str]:
    """What an oracle imports beside the standard library and other oracles: it must not inherit our mistakes."""
    targets = ((line, target) for line, target in imports("", source) if not target.startswith("tests.oracles"))
    return [
        f"{path}:{line}: imports {target}; an oracle knows the standard library only"
        for line, target in targets
        if target.split(".")[0] not in sys.stdlib_module_names
    ]


def test_oracles_know_nothing_of_the_library() -> None:
    oracles = {path: text for path, text in python_files().items() if path.startswith("tests/oracles/")}

    assert [line for path, text in oracles.items() for line in knowing_oracles(path, text)] == []


def test_arrows_point_down_only() -> None:
    found = []
    for name, text in package_modules().items():
        found += arrows_up(name, text, package=is_package(name))

    assert found == []


def test_arrows_inside_a_unit_point_down_only() -> None:
    assert [line for name, text in package_modules().items() for line in inner_arrows_up(name, text)] == []


@pytest.mark.parametrize(
    ("module", "source", "wanted"),
    [
        ("native.store.cells", "from nightgrid.native.holds.take import take_stay", "holds does not stand below store"),
        ("native.holds.take", "from nightgrid.native.prices import prices", "prices does not stand below holds"),
        ("native.attic.old", "", "attic is no room of native"),
        (
            "engine.prices.quotes",
            "from nightgrid.engine.rooms.asked import whole",
            "rooms does not stand below prices",
        ),
    ],
)
def test_an_arrow_up_inside_a_unit_is_noticed(module: str, source: str, wanted: str) -> None:
    (found,) = inner_arrows_up(module, source)

    assert wanted in found


def test_third_party_packages_stay_in_their_rooms() -> None:
    found = [line for name, text in package_modules().items() for line in strange_packages(name, text)]

    assert found == []


def test_only_the_clock_tells_the_time() -> None:
    found = [line for name, text in package_modules().items() for line in clock_reads(name, text)]

    assert found == []


# ------------------------------------------------------------------------------- each rule catches what it is for


@pytest.mark.parametrize(
    ("module", "source", "word"),
    [
        ("native.holds", "from nightgrid.inventory.block import Block", "stands above"),
        ("native.holds", "import nightgrid.engine", "stands above"),
        ("limits", "from nightgrid import native", "stands above"),
        ("catalog_frames", "def late():\n    from nightgrid.search import ranking", "stands above"),
        ("search.ranking", "from nightgrid.engine_quote import quote", "stands above"),
        ("engine.facade", "import importlib\nimportlib.import_module('nightgrid.jobs.demo')", "stands above"),
        ("inventory.block", "from nightgrid.pricing.model import RuleBook", "do not know each other"),
        ("pricing.explain", "from ..inventory import block", "do not know each other"),
        ("pricing.explain", "if TYPE_CHECKING:\n    from nightgrid.inventory import block", "do not know each other"),
        ("engine", "from nightgrid import Engine", "not the package"),
        ("helpers", "import nightgrid.limits", "not in the table"),
    ],
)
def test_an_arrow_that_points_up_is_caught(module: str, source: str, word: str) -> None:
    found = arrows_up(module, source)

    assert len(found) == 1
    assert word in found[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("", "from nightgrid.cli import main"),
        ("inventory.block", "from nightgrid import limits\nfrom nightgrid.native import jit\nfrom .lanes import lane"),
        ("engine_quote", "from nightgrid.pricing.explain import explain\nfrom nightgrid.engine import Engine"),
        ("jobs.demo", "from nightgrid.money import format_minor"),
    ],
)
def test_an_arrow_that_points_down_passes(module: str, source: str) -> None:
    assert arrows_up(module, source) == []


def test_a_relative_import_of_a_package_is_read_from_the_package() -> None:
    assert arrows_up("inventory", "from .block import Block", package=True) == []
    assert len(arrows_up("inventory", "from ..engine import Engine", package=True)) == 1


def test_an_oracle_that_leans_on_the_library_is_caught() -> None:
    assert knowing_oracles("a.py", "from tests.oracles.money import allocate\nimport decimal") == []
    assert len(knowing_oracles("a.py", "from nightgrid.money import allocate")) == 1
    assert len(knowing_oracles("a.py", "import numpy as np")) == 1


@pytest.mark.parametrize(
    ("module", "source", "word"),
    [
        ("inventory.block", "import numba", "native*"),
        ("search.ranking", "def f():\n    from llvmlite import ir", "native*"),
        ("native.reprice", "import pyarrow as pa", "jobs*"),
        ("pricing.compile", "from polars import DataFrame", "jobs*"),
        ("inventory.block", "if TYPE_CHECKING:\n    import polars as pl", "jobs*"),
        ("search.ranking", "import polars as pl", "jobs*"),
        ("jobs.demo", "import pandas as pd", "no declared dependency"),
        ("engine.facade", "from rich.table import Table", "cli*"),
    ],
)
def test_a_package_in_the_wrong_room_is_caught(module: str, source: str, word: str) -> None:
    found = strange_packages(module, source)

    assert len(found) == 1
    assert word in found[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("native.jit", "import numba\nfrom llvmlite import ir\nimport numpy as np\nimport os"),
        ("engine.frames", "import polars as pl\nimport pyarrow as pa"),
        ("catalog_frames", "import polars as pl"),
        ("pricing.model", "from pydantic import BaseModel"),
    ],
)
def test_a_package_in_its_room_passes(module: str, source: str) -> None:
    assert strange_packages(module, source) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("engine", "import time\nstart = time.time()"),
        ("engine", "import time as t\nstart = t.monotonic_ns()"),
        ("engine", "from time import time_ns as instant\nnow = instant()"),
        ("engine", "import time\nstart = time.perf_counter_ns()"),
        ("search", "from datetime import datetime\nnow = datetime.now()"),
        ("pricing.quote", "import datetime as dt\ntoday = dt.date.today()"),
        ("pricing.quote", "from datetime import date\nread = date.today"),
        ("native.jit", "from timeit import default_timer\nstart = default_timer()"),
        ("jobs.report", "import time\nnow = time.time()"),
        ("inventory.block", "import numpy as np\nnow = np.datetime64('now')"),
    ],
)
def test_a_look_at_the_clock_is_caught(module: str, source: str) -> None:
    assert len(clock_reads(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("clock", "import time\nnow = time.time_ns()"),
        ("jobs.report", "import time\nstart = time.perf_counter()\ntime.sleep(1)"),
        ("engine", "from datetime import date, datetime\nnight = date.fromisoformat(text)\ndatetime.fromtimestamp(0)"),
        ("engine", "def run(clock):\n    time = clock.now_ms()\n    return time"),
        ("inventory.block", "import numpy as np\nnight = np.datetime64('2026-10-01')"),
    ],
)
def test_time_that_is_passed_in_passes(module: str, source: str) -> None:
    assert clock_reads(module, source) == []
