"""The fixture `data_folder` skips, fails or answers by NIGHTGRID_DATA, and what it skips is counted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
TWO_TESTS = """
def test_of_data(data_folder):
    assert data_folder.is_dir()

def test_without(request):
    assert "data" not in [mark.name for mark in request.node.iter_markers()]
"""


@pytest.fixture
def small_suite(tmp_path: Path) -> Path:
    """A folder with our conftest.py, one test that needs data and one that does not."""
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_small.py").write_text(TWO_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = data: real data\n")
    return tmp_path


def run(suite: Path, data: str | None, *arguments: str) -> str:
    """What pytest says about the small suite with NIGHTGRID_DATA set like this."""
    environment = {name: value for name, value in os.environ.items() if name != "NIGHTGRID_DATA"}
    if data is not None:
        environment["NIGHTGRID_DATA"] = data
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=suite, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("unset", [None, ""])
def test_without_data_the_test_is_skipped_and_counted(small_suite: Path, unset: str | None) -> None:
    said = run(small_suite, unset)

    assert "1 passed, 1 skipped" in said
    assert "1 tests skipped for lack of data (set NIGHTGRID_DATA" in said


def test_a_folder_that_is_not_there_fails(small_suite: Path) -> None:
    said = run(small_suite, str(small_suite / "gone"))

    assert "1 passed, 1 error" in said
    assert "which is no folder" in said


def test_with_data_everything_runs(small_suite: Path) -> None:
    said = run(small_suite, str(small_suite))

    assert "2 passed" in said
    assert "no test skipped for lack of data" in said
    assert "1 passed, 1 deselected" in run(small_suite, str(small_suite), "-m", "data")
