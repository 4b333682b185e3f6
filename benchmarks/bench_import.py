"""How long does `import nightgrid` take?

Seconds from starting a Python process to its end, the interpreter's own start included (its share is the rival
`python`). Numba is loaded with the first engine, which is a second figure.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks.children import environment
from benchmarks.measure import Contestant, Race, significant
from benchmarks.plan import Plan

#: name -> what the process does
PROGRAMS = {
    "nightgrid": "import nightgrid",
    "nightgrid_engine": "from nightgrid import Engine",
    "python": "",
    "numpy": "import numpy",
    "polars": "import polars",
    "duckdb": "import duckdb",
    "pandas": "import pandas",
}


class Import(Contestant):
    """A process that imports one package."""

    def __init__(self, name: str, program: str) -> None:
        self.name = name
        self._command = [sys.executable, "-c", program]
        self._environment = environment()

    def ask(self, _question: Any) -> int:
        return subprocess.run(self._command, check=True, env=self._environment).returncode


def race() -> Race:
    """One question; packages that are not installed stay out."""
    there = {
        name: program
        for name, program in PROGRAMS.items()
        if name.startswith(("nightgrid", "python")) or importlib.util.find_spec(name) is not None
    }
    ours, *rivals = (Import(name, program) for name, program in there.items())
    return Race("import", ours, rivals, ["import"])


def test_import(benchmark: Any, plan: Plan) -> None:
    imports = race()
    benchmark.pedantic(lambda: imports.lap(imports.ours), setup=imports.lap_rivals, rounds=plan.children)
    measured = imports.figures()
    seconds = {
        each.name: significant(float(np.median(imports.calls(each.name)))) for each in [imports.ours, *imports.rivals]
    }
    measured["ratio"].pop("nightgrid_engine")
    figures = {
        "seconds": seconds.pop("nightgrid"),
        "engine_seconds": seconds.pop("nightgrid_engine"),
        "ratio": measured["ratio"],
        "rivals": {name: {"seconds": value} for name, value in seconds.items()},
        "rounds": measured["rounds"],
    }
    benchmark.extra_info.update(key="import", figures=figures)
