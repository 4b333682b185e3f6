"""Seeded bugs in the kernels: each is put into a copy of the library, and the tests that must notice it are run there.

    python -m tests.crash.mutants [name ...]

A mutation is one small change of the text. A text that is not found, or found twice, is an error: the code has moved on
and the mutation must follow. A bug that no test notices ends the run with what it was.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
FILE: Final = Path(__file__).with_suffix(".toml")
TESTS: Final = {
    "everything": "tests/stateful/test_everything.py::test_busy_days_of_everything_agree_with_the_oracle",
    "parked": "tests.crash.parked",  # at every step
    "killed": "tests.crash.killed",
}
#: A test that failed, not a kernel that did not compile.
BROKEN: Final = re.compile(r"TypingError|SyntaxError|ImportError|NameError|LoweringError|UnboundLocalError")


class Edit(NamedTuple):
    """In a file of the kernels: what stands there, and what stands there instead."""

    file: str
    text: str
    instead: str


class Mutant(NamedTuple):
    """A bug: its name, the test that must fail, and the edits that make it."""

    name: str
    test: str
    edits: tuple[Edit, ...]


def mutants() -> list[Mutant]:
    """All seeded bugs, in the order of the file."""
    lines = tomllib.loads(FILE.read_text())["mutant"]
    return [
        Mutant(line["name"], TESTS.get(line["test"], line["test"]), tuple(Edit(**edit) for edit in line["edit"]))
        for line in lines
    ]


def edited(mutant: Mutant) -> dict[str, str]:
    """The files of the kernels with the bug in them, by name. ValueError if its text is not there."""
    files: dict[str, str] = {}
    for edit in mutant.edits:
        text = files.get(edit.file) or (ROOT / "src" / "nightgrid" / "native" / f"{edit.file}.py").read_text()
        if text.count(edit.text) != 1:
            times = text.count(edit.text)
            raise ValueError(f"mutant {mutant.name!r}: its text is {times} times in {edit.file}.py; it must be once")
        files[edit.file] = text.replace(edit.text, edit.instead)
    return files


def mutated(folder: Path, mutant: Mutant) -> Path:
    """A copy of the library with the bug in it: the folder to import it from."""
    source = folder / "src"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    for file, text in edited(mutant).items():
        (source / "nightgrid" / "native" / f"{file}.py").write_text(text)
    return source


def notice(folder: Path, mutant: Mutant, kernels: Path | None = None) -> str:
    """Run the test of a bug where it is; what it says, once it has failed. AssertionError if it does not fail.

    kernels: where compiled kernels are kept, the usual place if not given: those that the bug is not in are there.
    """
    source = mutated(folder, mutant)
    environment = {**os.environ, "PYTHONPATH": str(source)}
    if kernels is not None:  # compiled in a hurry: each bug is run once
        environment |= {"NUMBA_CACHE_DIR": str(kernels), "NUMBA_OPT": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutant.test]
    if mutant.test.startswith("tests.crash"):
        environment["NIGHTGRID_STEPS"] = "1"
        environment["PYTHONPATH"] = os.pathsep.join([str(source), str(ROOT)])
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", mutant.test]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1, f"nobody noticed {mutant.name!r}: {mutant.test} said\n{said[-2_000:]}"
    assert not BROKEN.search(said), f"{mutant.name!r} does not compile:\n{said[-3_000:]}"
    errors = [line for line in said.splitlines() if "AssertionError" in line]
    return errors[-1].removeprefix("E ").strip()[:100] if errors else "noticed"


def main(*names: str) -> None:
    """All mutants, or those that are named."""
    chosen = [mutant for mutant in mutants() if not names or mutant.name in names]
    missed = []
    with tempfile.TemporaryDirectory(prefix="nightgrid-mutants-") as folder:
        for mutant in chosen:
            try:
                said = notice(Path(folder), mutant, Path(folder) / "kernels")
            except AssertionError as error:
                said = str(error)
                missed.append(mutant.name)
            print(f"  {mutant.name}: {said}", flush=True)
    assert missed == [], f"nobody noticed {missed}"
    print(f"mutants: {len(chosen)} seeded bugs, all noticed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
