"""What every test may rely on: the real data, Hypothesis profiles, and a count of what was left out."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

WITHOUT_DATA = "no real input data: set NIGHTGRID_DATA to its folder"

# On CI examples are the same in every run, so that a red run can be repeated; elsewhere each run looks at new ones.
settings.register_profile("default", deadline=None, max_examples=60, derandomize=bool(os.environ.get("CI")))
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("NIGHTGRID_HYPOTHESIS") or "default")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real input data. Unset: the test is skipped. Set to something that is no folder: it fails."""
    named = os.environ.get("NIGHTGRID_DATA")
    if not named:
        pytest.skip(WITHOUT_DATA)
    folder = Path(named).expanduser().resolve()
    if not folder.is_dir():
        pytest.fail(f"NIGHTGRID_DATA is {named!r}, which is no folder; correct it, or unset it to skip these tests")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use `data_folder`, so that `-m data` and `-m "not data"` need no second list."""
    for item in items:
        if "data_folder" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.data)


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: without this, each look for garbage would look through them all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests did not run for lack of data: a skipped test proves nothing."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(1 for report in skipped if isinstance(report.longrepr, tuple) and WITHOUT_DATA in report.longrepr[2])
    if count:
        terminalreporter.write_line(f"{count} tests skipped for lack of data ({WITHOUT_DATA.partition(': ')[2]})")
    elif os.environ.get("NIGHTGRID_DATA"):
        terminalreporter.write_line("no test skipped for lack of data")
