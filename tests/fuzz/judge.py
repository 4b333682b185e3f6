"""What must hold for every source that `load_book` is given, whatever it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from nightgrid.errors import Mistake, RuleBookError
from nightgrid.pricing import RuleBook, load_book
from nightgrid.pricing.pipelines import placed
from tests.fuzz.books import Case


def judge(case: Case, file: Path) -> str:
    """What became of it: book or refused.

    AssertionError for a silent refusal, a message that helps nobody, or a book that does not read back to itself. Any
    exception that `load_book` should not raise passes through.
    """
    source = case.source
    if isinstance(source, bytes):
        file.write_bytes(source)
        source = file
    try:
        book = load_book(source)
    except RuleBookError as error:
        found = error.mistakes
    else:
        _judge_book(book)
        return "book"
    assert found, "refused without a mistake"
    for mistake in found:
        _judge_mistake(mistake)
    return "refused"


def _judge_book(book: RuleBook) -> None:
    again = load_book(book.canonical_json())
    assert again == book, "the canonical JSON reads back to another book"
    assert again.digest == book.digest, "the digest does not stay"
    assert placed(book).stages[0].kind == "base"


def _judge_mistake(mistake: Mistake) -> None:
    for part in (mistake.place, mistake.problem, mistake.fix):
        assert part, mistake
        assert part.isprintable(), mistake
        assert len(part) < 10_000, "a message as long as a book"
    assert mistake.line is None or mistake.line >= 1, mistake


def run(cases: Iterable[Case], file: Path) -> Counter[tuple[str, str]]:
    """Judge all cases; how many of each kind were books, and how many were refused."""
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases:
        counts[case.kind, judge(case, file)] += 1
    return counts
