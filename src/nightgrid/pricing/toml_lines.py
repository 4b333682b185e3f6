"""Where in a TOML text a table, a key or an element of an array stands, for messages that name the line.

The text was already parsed by `tomllib`, so this scanner trusts its grammar and only finds places: it follows table
headers, dotted keys, arrays and inline tables, and steps over strings and comments. It judges nothing.
"""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from typing import Final

#: Keys and positions from the top of the document: ("season", 2, "dates", 0, "from").
Path = tuple[str | int, ...]

_SPACE: Final = re.compile(r"[ \t]*")
_FILLER: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^,\]}\n#]*")


class TomlLines:
    """Line numbers of one document. Built only when there are mistakes to report: O(length of the text)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offsets: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}  # arrays of tables: elements seen so far
        # At the edge of what tomllib can nest the scan may end early: the lines found until then still help.
        with suppress(RecursionError, ValueError, IndexError):
            self._scan()

    def line(self, path: Path) -> int | None:
        """Line (from 1) of the deepest part of `path` that stands in the text; None if no part does."""
        for length in range(len(path), 0, -1):
            offset = self._offsets.get(path[:length])
            if offset is not None:
                return self._text.count("\n", 0, offset) + 1
        return None

    def _scan(self) -> None:
        position = self._skip(_FILLER, 0)
        current: Path = ()
        while position < len(self._text):
            if self._text[position] == "[":
                current, position = self._header(position)
            else:
                position = self._entry(position, current)
            position = self._skip(_FILLER, position)

    def _skip(self, pattern: re.Pattern[str], position: int) -> int:
        match = pattern.match(self._text, position)
        return match.end() if match else position

    def _header(self, start: int) -> tuple[Path, int]:
        """`[a.b]` or `[[a.b]]`: the path of the table that it opens, and where the line goes on."""
        is_array = self._text.startswith("[[", start)
        keys, position = self._keys(start + (2 if is_array else 1))
        path: Path = ()
        for depth, key in enumerate(keys, 1):
            path = (*path, key)
            if depth == len(keys) and is_array:
                self._offsets.setdefault(path, start)
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
            self._offsets.setdefault(path, start)
        return path, position + (2 if is_array else 1)

    def _keys(self, position: int) -> tuple[list[str], int]:
        """A dotted key, and the position after it and the space behind it."""
        keys: list[str] = []
        while True:
            position = self._skip(_SPACE, position)
            match = _STRING.match(self._text, position) or _BARE.match(self._text, position)
            if match is None:
                raise ValueError(f"no key at {position}")
            token = match.group()
            keys.append(tomllib.loads(f"key = {token}")["key"] if token[0] in "\"'" else token)
            position = self._skip(_SPACE, match.end())
            if not self._text.startswith(".", position):
                return keys, position
            position += 1

    def _entry(self, start: int, table: Path) -> int:
        """`a.b = value`: notes the key, and what is inside the value; the position after it."""
        keys, position = self._keys(start)
        for depth in range(1, len(keys) + 1):
            self._offsets.setdefault((*table, *keys[:depth]), start)
        return self._value(self._skip(_SPACE, position + 1), (*table, *keys))

    def _value(self, position: int, path: Path) -> int:
        opening = self._text[position]
        if opening == "[":
            return self._elements(position + 1, path)
        if opening == "{":
            position = self._skip(_FILLER, position + 1)
            while self._text[position] != "}":
                position = self._skip(_FILLER, self._entry(position, path))
                if self._text[position] == ",":
                    position = self._skip(_FILLER, position + 1)
            return position + 1
        if opening in "\"'":
            return self._skip(_STRING, position)
        return self._skip(_SCALAR, position)

    def _elements(self, position: int, path: Path) -> int:
        position = self._skip(_FILLER, position)
        index = 0
        while self._text[position] != "]":
            self._offsets.setdefault((*path, index), position)
            position = self._skip(_FILLER, self._value(position, (*path, index)))
            if self._text[position] == ",":
                position = self._skip(_FILLER, position + 1)
            index += 1
        return position + 1
