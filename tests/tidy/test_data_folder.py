"""The fixture `data_folder` skips, fails or answers by NIGHTGRID_DATA, and what it skips is counted."""

from __future__ import annotations

import json
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


#: Runs pytest with NIGHTGRID_DATA set in turn to each of some values (None: not set), in a process of their own.
RUNS = """
import json, os, sys, pytest
for data, arguments in json.loads(sys.argv[1]):
    os.environ.pop("NIGHTGRID_DATA", None)
    os.environ.update({} if data is None else {"NIGHTGRID_DATA": data})
    pytest.main(["-q", "-p", "no:cacheprovider", *arguments])
    print(sys.argv[2], flush=True)
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What pytest says about our conftest.py with one test that needs data and one that does not."""
    suite = tmp_path_factory.mktemp("suite")
    shutil.copy(CONFTEST, suite)
    (suite / "test_small.py").write_text(TWO_TESTS)
    (suite / "pytest.ini").write_text("[pytest]\nmarkers = data: real data\n")
    runs = {
        "not set": (None, []),
        "empty": ("", []),
        "gone": (str(suite / "gone"), []),
        "there": (str(suite), []),
        "there, data alone": (str(suite), ["-m", "data"]),
    }
    end = "-- next --"
    command = [sys.executable, "-c", RUNS, json.dumps(list(runs.values())), end]
    done = subprocess.run(command, cwd=suite, env=dict(os.environ), capture_output=True, text=True, check=True)
    return dict(zip(runs, done.stdout.split(end)[:-1], strict=True))


@pytest.mark.parametrize("unset", ["not set", "empty"])
def test_without_data_the_test_is_skipped_and_counted(said: dict[str, str], unset: str) -> None:
    assert "1 passed, 1 skipped" in said[unset]
    assert "1 tests skipped for lack of data (set NIGHTGRID_DATA" in said[unset]


def test_a_folder_that_is_not_there_fails(said: dict[str, str]) -> None:
    assert "1 passed, 1 error" in said["gone"]
    assert "which is no folder" in said["gone"]


def test_with_data_everything_runs(said: dict[str, str]) -> None:
    assert "2 passed" in said["there"]
    assert "no test skipped for lack of data" in said["there"]
    assert "1 passed, 1 deselected" in said["there, data alone"]
