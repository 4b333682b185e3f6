"""A sample of the seeded bugs: they are noticed, and each one's text is still there; all are tried by `make crash`."""

from __future__ import annotations

import pytest

from tests.crash.deeds import asked
from tests.crash.mutants import Bench, Edit, Mutant, commands, edited, mutants

#: A bug in a file that few kernels come from, so that little is compiled for it.
SAMPLE = "roll keeps a stale column"


def test_every_bug_can_still_be_made() -> None:
    bugs = mutants()
    assert all(edited(bug) for bug in bugs)
    assert len({bug.name for bug in bugs}) == len(bugs) >= 25
    deeds = [bug.first for bug in bugs if bug.first and bug.test.startswith("tests.crash")]
    assert all(asked(f"deeds={each}")[2] for each in deeds)
    assert all(len(commands(bug)) == 1 + bool(bug.first) for bug in bugs)


def test_a_bug_is_noticed(tmp_path) -> None:
    (bug,) = (bug for bug in mutants() if bug.name == SAMPLE)
    assert Bench(tmp_path).notice(bug)


def test_a_bug_that_nobody_notices_is_reported(tmp_path) -> None:
    harmless = Edit("base/mixing", '"""', '"""\n')
    with pytest.raises(ValueError, match="must be once"):
        edited(Mutant("no such text", "everything", (harmless._replace(text="no such text"),)))
    comment = Edit(
        "store/locks", "from __future__ import annotations\n", "from __future__ import annotations\n# a bug\n"
    )
    with pytest.raises(AssertionError, match="nobody noticed"):
        Bench(tmp_path).notice(Mutant("a comment", "tests/unit/test_weekday_names.py", (comment,)))
