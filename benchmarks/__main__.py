"""`python -m benchmarks [--only NAME] [--quick] [--publish]`: run the benchmarks; the last line of the output is
JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.data import SEED
from benchmarks.machine import machine, source
from benchmarks.plan import QUICK_VARIABLE, current_plan
from benchmarks.redis_server import PROGRAM
from benchmarks.report import NAMES, collect, print_table, summary
from benchmarks.rivals import OPTIONAL

HERE = Path(__file__).resolve().parent
LATEST = HERE / "results" / "latest.json"
PUBLISHED = HERE / "results" / "published.json"


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="nightgrid beside its rivals")
    parser.add_argument("--only", metavar="NAME", help=f"one or more of {', '.join(NAMES)}, separated by commas")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and questions; the chain keeps its size")
    parser.add_argument("--publish", action="store_true", help="copy the latest full results to published.json, no run")
    arguments = parser.parse_args(words)
    arguments.names = list(NAMES) if not arguments.only else [name.strip() for name in arguments.only.split(",")]
    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return arguments


def publish() -> int:
    """Make the latest results the ones that the documents show."""
    if not LATEST.exists():
        print("no results yet; run `make bench` first", file=sys.stderr)
        return 2
    latest = json.loads(LATEST.read_text(encoding="utf-8"))
    if latest["quick"] or list(latest["figures"]) != list(NAMES):
        print("the latest results are quick or partial; run all of `make bench` first", file=sys.stderr)
        return 2
    shutil.copyfile(LATEST, PUBLISHED)
    print(f"published {PUBLISHED.name}; now run `make figures`")
    return 0


def measure(names: list[str]) -> tuple[int, list[dict[str, Any]]]:
    """(exit code of pytest, what pytest-benchmark recorded)."""
    import pytest

    with tempfile.TemporaryDirectory() as folder:
        recorded = Path(folder) / "benchmarks.json"
        files = [str(HERE / f"bench_{name}.py") for name in names]
        options = ["-q", "--no-header", "-p", "no:cacheprovider", f"--rootdir={HERE.parent}", "--benchmark-quiet"]
        options += ["-W", "ignore:Not saving anything"]  # after a failed collection this would hide the reason
        code = pytest.main([*options, f"--benchmark-json={recorded}", *files])
        if not recorded.exists() or not recorded.stat().st_size:
            return int(code) or 1, []
        return int(code), json.loads(recorded.read_text(encoding="utf-8"))["benchmarks"]


def missing() -> list[str]:
    """Packages and programs that are not installed and whose rivals are therefore left out."""
    packages = [name for name in OPTIONAL if find_spec(name) is None]
    return packages if shutil.which(PROGRAM) else [*packages, PROGRAM]


def main(words: list[str] | None = None) -> int:
    arguments = parse(words)
    if arguments.publish:
        return publish()
    if find_spec("pytest_benchmark") is None:
        print("pytest-benchmark is not installed; run `make env`, or pip install '.[bench]'", file=sys.stderr)
        return 2
    if arguments.quick:
        os.environ[QUICK_VARIABLE] = "1"
    about, measured = machine(), source()  # before the run: the load is then that of others
    code, benchmarks = measure(arguments.names)
    if code:
        print("nightgrid: a benchmark failed (output above); no figures", file=sys.stderr)
        return code
    figures = collect(benchmarks)
    results = {
        "quick": current_plan().quick,
        "machine": about,
        "source": measured,
        "seed": SEED,
        "plan": asdict(current_plan()),
        "missing": missing(),
        "figures": figures,
    }
    LATEST.parent.mkdir(exist_ok=True)
    temporary = LATEST.with_suffix(".tmp")
    temporary.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    temporary.replace(LATEST)
    print_table(results)
    print(json.dumps(summary(figures)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
