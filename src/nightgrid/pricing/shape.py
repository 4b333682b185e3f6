"""Limits on the mere size of what a book holds, looked at before anything else, so that a hostile file costs little.

Within these limits, reading a book of BOOK_BYTES_MAX takes seconds and not minutes, whatever is wrong in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from nightgrid.pricing.fields import Problem, shown
from nightgrid.pricing.model.parts import ENTRIES_MAX, SCOPE_KEYS

#: Values in one rule or one table of the book, the lists of `where` not counted: a full demand matrix is the largest.
VALUES_MAX: Final = 20_000
#: Lists and tables inside each other that are looked at; no part of a book is deeper.
DEPTH_MAX: Final = 8
#: Parts of a dotted TOML key; reading one takes the square of their number.
DOTS_MAX: Final = 64
_NAME_CHARACTERS_MAX: Final = 512

_DOTTED: Final = re.compile(
    rf"""(?<![A-Za-z0-9_-])(?>(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{DOTS_MAX + 1}}}"""
)


def dotted_line(text: str) -> int | None:
    """The line of the first key with more than DOTS_MAX parts, None if there is none. O(length of the text)."""
    match = _DOTTED.search(text)
    return text.count("\n", 0, match.start()) + 1 if match else None


def shape_problems(data: Mapping[Any, Any], rule_kinds: tuple[str, ...]) -> list[Problem]:
    """Lists, tables and rules that hold more than a book can mean. O(values, up to the limits)."""
    problems: list[Problem] = []
    for key, part in data.items():
        if isinstance(key, str) and key in rule_kinds and isinstance(part, list | tuple):
            for position, rule in enumerate(part):
                problems += _part_problems((key, position), rule)
        elif isinstance(key, str):
            problems += _part_problems((key,), part)
    return problems


def _part_problems(path: tuple[str | int, ...], part: Any) -> Iterator[Problem]:
    count = 0
    waiting: list[tuple[tuple[str | int, ...], Any]] = [(path, part)]
    while waiting:
        here, value = waiting.pop()
        if not isinstance(value, list | tuple | Mapping):
            continue
        if here[-2:-1] == ("where",) and here[-1] in SCOPE_KEYS:
            yield from _name_problems(here, value)
            continue
        if len(value) > ENTRIES_MAX + 1:
            yield Problem(here, f"it has {len(value):,} entries", f"at most {ENTRIES_MAX:,} fit; split it")
            continue
        count += len(value)
        if count > VALUES_MAX:
            yield Problem(path, f"it holds more than {VALUES_MAX:,} values", "split it into several rules")
            return
        if len(here) - len(path) < DEPTH_MAX:
            pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
            waiting += [((*here, key), inner) for key, inner in pairs if isinstance(key, str | int)]


def _name_problems(path: tuple[str | int, ...], names: Any) -> Iterator[Problem]:
    """A long list of names is judged by its first wrong one; a short one is left to the model."""
    if len(names) <= ENTRIES_MAX:
        return
    for position, name in enumerate(names):
        if not isinstance(name, str) or not name.strip() or len(name) > _NAME_CHARACTERS_MAX:
            fix = "correct it and the ones like it: a list of names holds short texts"
            yield Problem((*path, position), f"{shown(name)} is no name", fix)
            return
