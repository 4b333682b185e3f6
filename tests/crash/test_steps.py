"""Nothing is seen of half a change, and nothing is lost by a death in it: a sample of the steps of every deed.

The hook of `native/store/steps.py` is compiled in when the library is imported, so this runs in processes of its own,
for which every kernel is compiled a second time: a minute that `make test` does not have. `make crash` takes all steps;
with NIGHTGRID_CRASH=1 the sample runs among the tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import nightgrid
from nightgrid.native.store import steps
from nightgrid.native.store.store import STORE

ROOT = Path(__file__).parents[2]
#: One step of so many is tried here. They are the same in every run; every deed has some of them.
EVERY = 7


def run(module: str, *arguments: str) -> str:
    """What a module of this folder prints, with the hook compiled in."""
    paths = [str(Path(nightgrid.__file__).parents[1]), str(ROOT)]
    environment = {**os.environ, "NIGHTGRID_STEPS": "1", "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3_000:]
    return done.stdout


@pytest.mark.skipif(os.environ.get("NIGHTGRID_CRASH") != "1", reason="`make crash` stops at every step of every deed")
@pytest.mark.parametrize(("module", "verb"), [("parked", "parked"), ("killed", "kills")])
def test_at_any_step(module: str, verb: str) -> None:
    said = run(f"tests.crash.{module}", str(EVERY))
    numbers = [int(number) for number in re.findall(r"\d+", said)]
    assert verb in said
    assert numbers[0] > 25  # deeds
    assert numbers[1] > 400  # their steps
    assert numbers[2] == numbers[1] // EVERY  # those that were stopped at


def test_the_hook_is_nothing_in_production() -> None:
    """Without the variable a step has no instruction: the machine code of a kernel with steps is that without."""
    source = "def kernel(store, words):\n    words[0] = store[1]\n    {}\n    words[1] = store[2]\n"
    codes = []
    for line in ("pass", "step(store, 4)"):
        names = {"step": steps.step}
        exec(source.format(line), names)  # two functions that differ in one line
        compiled = numba.njit((STORE, numba.int64[::1]))(names["kernel"])
        (text,) = compiled.inspect_asm().values()
        codes.append([words[0] for each in text.splitlines() if each.startswith("\t") and (words := each.split())])
    assert not steps.ENABLED
    assert codes[0] == codes[1]
    assert len(codes[0]) > 10
