"""From what pydantic found to sentences for the author: the place, what is wrong, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from nightgrid.errors import Mistake, RuleBookError
from nightgrid.pricing.fields import Problem, plain, shown
from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.model.judging import BETWEEN
from nightgrid.pricing.toml_lines import Path, TomlLines

#: Beyond this many, the rest is counted: a damaged file would otherwise print a book of its own.
MISTAKES_MAX: Final = 1_000
#: Cells of one compiled table (8 bytes each): 1 GiB.
TABLE_CELLS_MAX: Final = 1 << 27

#: Keys of a table that a message names where one is missing as a whole.
_KEYS_SHOWN: Final = 4
#: Steps of pydantic's places that are no part of the file.
_TAGS: Final = ("[key]", "[rate]", "[dated]")
#: pydantic's error type -> (what is wrong, how to mend it); {value} and the keys of its context are filled in.
_SENTENCES: Final = {
    "missing": ("it is missing", "Add it"),
    "int_type": ("{value} is not a whole number", "Write an integer without quotes and decimals"),
    "greater_than_equal": ("{value} is below {ge}", "Write {ge} or more"),
    "less_than_equal": ("{value} is above {le}", "Write {le} or less"),
    "bool_type": ("{value} is not true or false", "Write true or false without quotes"),
    "less_than": ("{value} is not below {lt}", "Write a smaller number"),
    "literal_error": ("{value} is not one of {expected}", "Choose one of them"),
    "enum": ("{value} is not one of {expected}", "Choose one of them"),
    "tuple_type": ("{value} is not a list", "Put it in square brackets: [...]"),
    "dict_type": ("{value} is not a table", "Write it as {{key = value}}"),
    "model_type": ("{value} is not a table", "Write it as {{key = value}}"),
    "model_attributes_type": ("{value} is not a table", "Write it as {{key = value}}"),
    "too_short": ("it is empty", "Write at least one entry, or leave the key out"),
    "too_long": ("it has more than {max_length} entries", "Split it into several rules"),
    "recursion_loop": ("it contains itself", "Write plain lists and tables"),
}


def place_of(path: Path, data: Any) -> str:
    """A path as people say it: `season 2 "Golden Week", dates 1, from`; positions count from 1."""
    parts: list[str] = []
    value = data
    for step in path:
        value = _child(value, step)
        if isinstance(step, int):
            name = value.get("name") if isinstance(value, Mapping) else getattr(value, "name", None)
            quoted = f' "{name}"' if isinstance(name, str) and name.isprintable() and len(name) <= 60 else ""
            label = f"{step + 1}{quoted}"
            if parts:
                parts[-1] += f" {label}"
            else:
                parts.append(label)
        else:
            parts.append(plain(step))
    return ", ".join(parts) or "the book"


def _child(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, Mapping) else getattr(value, step, None)
    inside = isinstance(value, list | tuple) and step < len(value)
    return value[step] if inside else None


def refused(book: RuleBook, mistakes: list[Mistake]) -> RuleBookError:
    """The error for a book that reads well but cannot be used with this catalogue and window."""
    return RuleBookError(f'rule book "{book.book.name}"', mistakes)


def mistake_at(book: RuleBook, path: Path, problem: str, fix: str) -> Mistake:
    """A mistake at a place of a book that reads well. Its line is known to who has the text: `with_lines`."""
    return Mistake(place_of(path, book), problem, fix[:1].upper() + fix[1:], path=path)


def with_lines(error: RuleBookError, text: str) -> RuleBookError:
    """The same mistakes with the lines of a TOML text, where they have none yet."""
    lines = TomlLines(text)
    found = [
        replace(each, line=lines.line(each.path)) if each.line is None and each.path else each
        for each in error.mistakes
    ]
    return RuleBookError(error.source, found)


def check_table_size(book: RuleBook, kind: str, n_sets: int, set_cells: int) -> None:
    """RuleBookError if `n_sets` distinct combinations of rules need more than TABLE_CELLS_MAX cells of 8 bytes."""
    if n_sets * set_cells > TABLE_CELLS_MAX:
        problem = f"they make {n_sets:,} different combinations of products, which need {n_sets * set_cells:,} cells"
        fix = f"At most {TABLE_CELLS_MAX:,} fit: scope rules by region, city or brand, or shorten the window"
        raise refused(book, [Mistake(f"the {kind} rules", problem, fix, path=(kind, 0))])


class MistakeList:
    """Collects the mistakes of one book; lines are looked up once, at the end."""

    def __init__(self, data: Any, text: str | None) -> None:
        self._data = data
        self._text = text
        self._found: list[Problem] = []
        self._more = 0

    def add(self, path: Path, problem: str, fix: str) -> None:
        """One mistake; `problem` and `fix` are sentences without a final point."""
        if self.is_full:
            self._more += 1
            return
        self._found.append(Problem(path, problem, fix[:1].upper() + fix[1:]))

    def add_unknown_key(self, key: str, allowed: list[str]) -> None:
        """A key at the top of the book that means nothing, with the nearest one that does."""
        if self.is_full:
            self._more += 1  # looking for a near one takes time
        else:
            self.add((key,), *unknown_key(key, allowed))

    @property
    def is_full(self) -> bool:
        """Whether more mistakes are counted only."""
        return len(self._found) >= MISTAKES_MAX

    def add_errors(self, path: Path, errors: list[ErrorDetails], model: type[BaseModel] | None) -> None:
        """What pydantic says about the part of the book at `path`, read as `model` (for the names of its keys)."""
        for error in errors:
            if self.is_full:
                self._more += 1  # its sentence would not be printed
                continue
            steps = tuple(step for step in error["loc"] if step not in _TAGS)
            self.add((*path, *steps), *_sentences(error, model))

    def mistakes(self) -> list[Mistake]:
        """All of them in the order of the file, at most MISTAKES_MAX and one line that counts the rest."""
        lines = TomlLines(self._text) if self._text is not None and self._found else None
        listed = [
            Mistake(place_of(path, self._data), problem, fix, lines.line(path) if lines else None)
            for path, problem, fix in self._found
        ]
        listed.sort(key=lambda mistake: mistake.line or 0)
        if self._more:
            listed.append(Mistake("the book", f"{self._more:,} more mistakes are not listed", "Correct these first"))
        return listed


def unknown_key(key: str, allowed: list[str]) -> tuple[str, str]:
    """Problem and fix for a key that means nothing here, with the nearest one that does."""
    close = difflib.get_close_matches(key[:60], allowed, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return "this key is not known here", f"{hint}Allowed are {', '.join(allowed)}"


def _sentences(error: ErrorDetails, model: type[BaseModel] | None) -> tuple[str, str]:
    context = error.get("ctx", {})
    if error["type"] in ("rule_book", BETWEEN):
        return str(context["problem"]), str(context["fix"])
    if error["type"] == "extra_forbidden":
        return unknown_key(str(error["loc"][-1]), _allowed_keys(model, error["loc"][:-1]))
    sentences = _SENTENCES.get(error["type"])
    if sentences is None:
        return f"{shown(error['input'])} cannot be used here ({error['msg']})", "Correct it as docs/rules.md shows"
    values = {key: str(value).replace("'", "") for key, value in context.items()}
    values["value"] = shown(error["input"])
    problem, fix = (sentence.format(**values) for sentence in sentences)
    if error["type"] in ("model_type", "model_attributes_type"):
        keys = _allowed_keys(model, error["loc"])
        more = ", ..." if len(keys) > _KEYS_SHOWN else ""
        fix = f"Write it as {{{', '.join(f'{key} = ...' for key in keys[:_KEYS_SHOWN])}{more}}}" if keys else fix
    if error["type"] == "tuple_type" and isinstance(error["input"], Mapping):
        fix = "Put it in square brackets, as it is one of a list: [{...}]"
    return problem, fix


def _allowed_keys(model: type[BaseModel] | None, steps: tuple[str | int, ...]) -> list[str]:
    """The keys of the table at `steps` below `model`, as they are written in the file."""
    for step in steps:
        if model is None or isinstance(step, int):
            continue
        annotation = next(
            (field.annotation for name, field in model.model_fields.items() if step in (name, field.alias)), None
        )
        candidates = (annotation, *getattr(annotation, "__args__", ()))
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []
