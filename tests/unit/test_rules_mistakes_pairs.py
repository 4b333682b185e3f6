"""Two mistakes of one rule are both told, whatever they are: every value of the book with every key is made wrong."""

from __future__ import annotations

import copy
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from nightgrid.errors import RuleBookError
from nightgrid.pricing import load_book
from nightgrid.pricing.model import RULE_KINDS

PAGE = Path(__file__).parents[2] / "docs" / "rules-every-key.md"
VALUES = ("wrong", -5, [], 100)


def every_key():
    text = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return tomllib.loads(text[1], parse_float=Decimal)


def places(value, path=()):
    """The places of all values of a book, lists and tables too."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def told(book):
    """The mistakes of a book."""
    try:
        load_book(book)
    except RuleBookError as error:
        return {(each.place, each.problem) for each in error.mistakes}
    return set()


@pytest.mark.parametrize("kind", RULE_KINDS)
def test_a_key_that_is_not_known_hides_no_mistake_of_its_rule_or_between_rules(kind):
    book = every_key()
    pairs = 0
    for path in [path for path in places(book[kind], (kind,)) if len(path) > 2]:
        for value in VALUES:
            changed = copy.deepcopy(book)
            inner = changed
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            before = told(changed)
            changed[kind][path[1]]["colour"] = 1
            after = told(changed)
            assert before <= after, (path, value)
            assert len(after) > len(before)
            pairs += bool(before)
    assert pairs > 3
