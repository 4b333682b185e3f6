"""The pages about rule books: every block of TOML is a book, and every key has a line in a table that explains it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from nightgrid.pricing import load_book
from nightgrid.pricing.model import RULE_KINDS, DateRange, Rule, RuleBook, Where
from tests.docs.blocks import blocks

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs").glob("rules*.md"))
BOOKS = [
    pytest.param(block.text, id=f"{page.name}:{block.line}")
    for page in PAGES
    for block in blocks(page.read_text(encoding="utf-8"))
    if block.language == "toml"
]


@pytest.mark.parametrize("text", BOOKS)
def test_every_example_is_a_book(text):
    assert load_book(text)


def rows(pages):
    """(first cell, whole row) of every line of a table."""
    lines = [line for page in pages for line in page.splitlines() if line.startswith("| `[")]
    return [(line.split("|")[1], line) for line in lines]


def models_in(annotation) -> Iterator[type[BaseModel]]:
    """The tables that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def keys_of(model) -> Iterator[str]:
    """The keys of a table, and of the tables inside it; what all have is explained once, for all."""
    for name, field in model.model_fields.items():
        if issubclass(model, Rule) and name in Rule.model_fields:
            continue
        yield field.alias or name
        for inner in models_in(field.annotation):
            if inner not in (Where, DateRange):
                yield from keys_of(inner)


def unexplained(pages) -> list[str]:
    """Keys that no row of their table names."""
    missing = []
    for table, field in RuleBook.model_fields.items():
        for model in models_in(field.annotation):
            marks = (f"`[{table}]`", f"`[[{table}]]`", f"`[[{table}.stage]]`")
            text = "\n".join(row for first, row in rows(pages) if any(mark in first for mark in marks))
            missing += [f"{table}.{key}" for key in keys_of(model) if not re.search(rf"`{re.escape(key)}`", text)]
    return missing


def test_every_key_is_explained():
    assert unexplained([page.read_text(encoding="utf-8") for page in PAGES]) == []


def test_a_key_that_is_not_explained_is_found():
    pages = [page.read_text(encoding="utf-8") for page in PAGES]
    without = [re.sub(r"^\| `\[\[tax\]\]` `min_age`.*$", "", page, flags=re.MULTILINE) for page in pages]
    assert unexplained(without) == ["tax.min_age"]
    assert len(unexplained([])) > 100


@pytest.mark.parametrize("kind", RULE_KINDS)
def test_every_kind_has_an_example(kind):
    assert any(load_book(param.values[0]).rules(kind) for param in BOOKS if "every-key" not in param.id)
