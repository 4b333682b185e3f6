"""Seeded bugs in the kernels: each is put into a copy of the library, and the tests that must notice it are run there.

    python -m tests.crash.mutants [name ...]

What notices it soonest is run first. Kernels that the bug is not in are taken from where compiled kernels are kept.

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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from nightgrid.native.base.cache import cache_folder

ROOT: Final = Path(__file__).parents[2]
FILE: Final = Path(__file__).with_suffix(".toml")
TESTS: Final = {
    "everything": "tests/stateful/test_everything.py::test_busy_days_of_everything_agree_with_the_oracle",
    "parked": "tests.crash.parked",  # at every step
    "killed": "tests.crash.killed",
}
#: A kernel with a bug may go on for ever, and that is not what a test says; no test takes so long.
HANGS_S: Final = 600
#: A test that failed, not a kernel that did not compile.
BROKEN: Final = re.compile(r"TypingError|SyntaxError|ImportError|NameError|LoweringError|UnboundLocalError")


class Edit(NamedTuple):
    """In a file of the kernels: what stands there, and what stands there instead."""

    file: str
    text: str
    instead: str


class Mutant(NamedTuple):
    """A bug: its name, the test that must fail, the edits that make it, and what of the test is tried first."""

    name: str
    test: str
    edits: tuple[Edit, ...]
    first: str = ""


class Noticed(NamedTuple):
    """What the test said, and whether it was the first one."""

    text: str
    first: bool


def mutants() -> list[Mutant]:
    """All seeded bugs, in the order of the file."""
    lines = tomllib.loads(FILE.read_text())["mutant"]
    return [
        Mutant(
            line["name"],
            TESTS.get(line["test"], line["test"]),
            tuple(Edit(**edit) for edit in line["edit"]),
            line.get("first", ""),
        )
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


class Bench:
    """Where bugs are tried, each in a folder of its own: any number of them at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Bench]:
        """A bench in a temporary folder."""
        with tempfile.TemporaryDirectory(prefix="nightgrid-mutants-") as folder:
            yield cls(Path(folder))

    def notice(self, mutant: Mutant) -> Noticed:
        """Run the tests of a bug where it is; what the first one said that failed. AssertionError if none does."""
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            source = self._mutated(Path(place), mutant)
            kernels = self._kernels(Path(place))
            said = ""
            for command in commands(mutant):
                try:
                    done = self._run(command, source, kernels)
                except subprocess.TimeoutExpired:
                    said = f"nothing for {HANGS_S} s"
                    continue
                said = done.stdout + done.stderr
                assert not BROKEN.search(said), f"{mutant.name!r} does not compile:\n{said[-3_000:]}"
                if done.returncode == 1:
                    errors = [line for line in said.splitlines() if "AssertionError" in line]
                    text = errors[-1].removeprefix("E ").strip()[:100] if errors else "noticed"
                    return Noticed(text, command == commands(mutant)[0])
            raise AssertionError(f"nobody noticed {mutant.name!r}: {mutant.test} said\n{said[-2_000:]}")

    @staticmethod
    def _mutated(place: Path, mutant: Mutant) -> Path:
        """A copy of the library with the bug in it: the folder to import it from."""
        source = place / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        for file, text in edited(mutant).items():
            (source / "nightgrid" / "native" / f"{file}.py").write_text(text)
        return source

    @staticmethod
    def _kernels(place: Path) -> Path:
        """A folder for compiled kernels that begins with what is compiled already: kernels with bugs stay here."""
        kept = cache_folder("nightgrid.native.store.slots")
        if kept is not None:
            shutil.copytree(kept.parents[1], place / "kernels" / "nightgrid", copy_function=_link)
        return place / "kernels"

    @staticmethod
    def _run(command: list[str], source: Path, kernels: Path) -> subprocess.CompletedProcess[str]:
        """Run a test with the library that has the bug."""
        # Compiled in a hurry: each bug is run once.
        environment = {**os.environ, "PYTHONPATH": str(source), "NUMBA_CACHE_DIR": str(kernels), "NUMBA_OPT": "1"}
        if "pytest" not in command:
            environment["NIGHTGRID_STEPS"] = "1"
            environment["PYTHONPATH"] = os.pathsep.join([str(source), str(ROOT)])
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=HANGS_S
        )


def _link(source: str, target: str) -> None:
    """Give a file another name, or copy it where that is not possible. Files of kernels are never written again."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def commands(mutant: Mutant) -> list[list[str]]:
    """What is run to notice a bug, one after the other until it is noticed."""
    if mutant.test.startswith("tests.crash"):
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", mutant.test]
        return [[*command, f"deeds={mutant.first}"], command] if mutant.first else [command]
    tests = [mutant.first, mutant.test] if mutant.first else [mutant.test]
    return [[sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test] for test in tests]


def main(*names: str) -> None:
    """All mutants, or those that are named."""
    chosen = [mutant for mutant in mutants() if not names or mutant.name in names]
    missed = []
    with Bench.opened() as bench:
        for mutant in chosen:
            try:
                noticed = bench.notice(mutant)
                said = noticed.text if noticed.first else f"(not by the first test) {noticed.text}"
            except AssertionError as error:
                said = str(error)
                missed.append(mutant.name)
            print(f"  {mutant.name}: {said}", flush=True)
    assert missed == [], f"nobody noticed {missed}"
    print(f"mutants: {len(chosen)} seeded bugs, all noticed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
