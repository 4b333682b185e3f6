"""How long from starting a process to the first answer over 10,000 hotels?

A new process reads the catalogue, the rooms sold and the rule book from disk, opens an engine, publishes the book and
searches the whole chain. Once with kernels that an earlier process has compiled, as every start but the very first;
the full run also measures that first one. There is no rival: what a database does at its start is another question.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import time
from typing import Any

import numpy as np
import pytest

from benchmarks.children import environment
from benchmarks.data import CAPACITY_ROOMS, FIRST_NIGHT, TIERS, Chain, Stay
from benchmarks.measure import WrongAnswerError, significant
from benchmarks.plan import Plan
from benchmarks.rivals.numpy_search import StraightSearch


def write_chain(chain: Chain, folder: Path) -> None:
    """The files that the child reads."""
    chain.catalog().write(folder)
    np.save(folder / "sold.npy", np.int16(CAPACITY_ROOMS) - chain.free)
    (folder / "book.json").write_text(json.dumps(chain.book(), default=date.isoformat))
    (folder / "chain.json").write_text(json.dumps({"first_night": FIRST_NIGHT.isoformat()}))


def run_child(folder: Path, stay: Stay, **changes: str) -> dict[str, Any]:
    """What the child measured, from before its start."""
    command = [sys.executable, "-m", "benchmarks.children", str(folder)]
    arguments = [repr(time()), stay.date.isoformat(), str(stay.nights), TIERS[stay.tier]]
    done = subprocess.run(
        [*command, *arguments], check=True, capture_output=True, text=True, env=environment(**changes)
    )
    return json.loads(done.stdout.splitlines()[-1])


def check_answer(chain: Chain, stay: Stay, found: dict[str, Any]) -> None:
    """WrongAnswerError unless the first answer is the one that NumPy gives."""
    expected = StraightSearch(chain, ()).ask((stay, None))
    if [tuple(offer) for offer in found["offers"]] != expected:
        raise WrongAnswerError(f"first_answer: {stay} is answered with {found['offers']}, by numpy with {expected}")


@pytest.fixture(scope="module")
def folder(chain: Chain) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        write_chain(chain, Path(name))
        yield Path(name)


def test_first_answer(benchmark: Any, plan: Plan, chain: Chain, folder: Path) -> None:
    stay = chain.stays(2)[1]
    chain.engine.search(stay.date, stay.nights)  # compiles, if nobody has
    found: list[dict[str, Any]] = []
    benchmark.pedantic(lambda: found.append(run_child(folder, stay)), rounds=plan.children)
    check_answer(chain, stay, found[0])
    steps = {name: significant(float(np.median([each["steps"][name] for each in found]))) for name in found[0]["steps"]}
    figures = {"seconds": significant(float(np.median([each["seconds"] for each in found]))), "steps": steps}
    if plan.compile_too:
        with tempfile.TemporaryDirectory() as empty:
            figures["compile_seconds"] = significant(run_child(folder, stay, NUMBA_CACHE_DIR=empty)["seconds"])
    benchmark.extra_info.update(key="first_answer", figures=figures | {"rounds": plan.children})
