"""A sample of `make fuzz`: no book, however wrong, makes anything but a RuleBook or a RuleBookError."""

from __future__ import annotations

import pytest

from nightgrid.pricing import parse
from tests.fuzz.books import MAKERS, Case, case
from tests.fuzz.judge import judge, run


def test_any_source_gives_a_book_or_its_mistakes(tmp_path):
    counts = run((case("sample", number) for number in range(1_000)), tmp_path / "book.toml")
    assert {kind for kind, _ in counts} == set(MAKERS)
    # A run that only makes rubbish, or only books, would show nothing.
    assert counts["changed data", "book"] > 20
    assert counts["changed data", "refused"] > 100


def test_the_judge_sees_what_it_is_for(tmp_path, monkeypatch):
    file = tmp_path / "book.toml"
    assert judge(Case("x", b"[book]\nname = 'x'\n"), file) == "book"
    assert judge(Case("x", b"\xff"), file) == "refused"

    def broken(*_, **__):
        raise KeyError("from somewhere inside")

    monkeypatch.setattr(parse, "book_problems", broken)
    with pytest.raises(KeyError):
        judge(Case("x", "[book]\n"), file)
