"""The JSON Schema that editors use: it accepts what `load_book` accepts, and marks what an author mistypes."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from nightgrid.pricing import book_schema, load_book
from tests.docs.blocks import blocks
from tests.unit.rule_books import AS_JSON, BOOK

SCHEMA = book_schema()
DOCS = Path(__file__).resolve().parents[2] / "docs"
BOOKS = [
    BOOK,
    *(block.text for page in sorted(DOCS.glob("rules*.md")) for block in blocks(page.read_text(encoding="utf-8"))
      if block.language == "toml"),
]  # fmt: skip
#: What the checker below knows; a schema with another word would be checked in part only.
UNDERSTOOD = {
    "$ref", "$defs", "title", "description", "default", "type", "properties", "required", "additionalProperties",
    "patternProperties", "propertyNames", "minProperties", "items", "minItems", "maxItems", "enum", "const", "pattern",
    "format", "minLength", "maxLength", "minimum", "maximum", "exclusiveMaximum", "anyOf", "oneOf",
}  # fmt: skip


def type_of(value):
    """The type of a value as an editor of TOML or JSON sees it."""
    names = {bool: "boolean", int: "integer", Decimal: "number", float: "number", str: "string", date: "string"}
    return names.get(type(value), "object" if isinstance(value, dict) else "array")


def faults(value, schema, place="book"):
    """Where a value breaks a schema: the part of JSON Schema that UNDERSTOOD lists, literally."""
    assert set(schema) <= UNDERSTOOD, set(schema) - UNDERSTOOD
    if "$ref" in schema:
        return faults(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], place)
    for several in ("anyOf", "oneOf"):
        if several in schema and all(faults(value, each, place) for each in schema[several]):
            return [f"{place}: none of {several}"]
    found, kind = [], type_of(value)
    wanted = schema.get("type", kind)
    kinds = {kind, "number"} if kind == "integer" else {kind}
    if not kinds & set([wanted] if isinstance(wanted, str) else wanted):
        return [f"{place}: {kind} is not {wanted}"]
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        found.append(f"{place}: {value!r} is not one of them")
    if kind == "string":
        text = str(value)
        if not re.search(schema.get("pattern", ""), text) or len(text) < schema.get("minLength", 0):
            found.append(f"{place}: {text!r} has another form")
    if kind in ("integer", "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{place}: {value} is out of range")
    if kind == "array":
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{place}: {len(value)} entries")
        for at, inner in enumerate(value):
            found += faults(inner, schema.get("items", {}), f"{place}[{at}]")
    if kind == "object":
        found += _object_faults(value, schema, place)
    return found


def _object_faults(value, schema, place):
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    found = [f"{place}: {key} is missing" for key in schema.get("required", []) if key not in value]
    if len(value) < schema.get("minProperties", 0):
        found.append(f"{place}: it is empty")
    for key, inner in value.items():
        where = f"{place}.{key}"
        matching = [each for pattern, each in patterns.items() if re.search(pattern, key)]
        found += faults(key, schema.get("propertyNames", {}), where)
        if key in known:
            found += faults(inner, known[key], where)
        elif matching:
            found += [fault for each in matching for fault in faults(inner, each, where)]
        elif schema.get("additionalProperties") is False:
            found.append(f"{where}: no such key")
        elif isinstance(schema.get("additionalProperties"), dict):
            found += faults(inner, schema["additionalProperties"], where)
    return found


@pytest.mark.parametrize("text", BOOKS, ids=range(len(BOOKS)))
def test_the_schema_accepts_every_example(text):
    assert faults(tomllib.loads(text, parse_float=Decimal), SCHEMA) == []
    # The canonical JSON, where all exact numbers are text, is a book for the same schema.
    assert faults(json.loads(load_book(text).canonical_json()), SCHEMA) == []


def test_the_schema_accepts_json():
    assert faults(AS_JSON, SCHEMA) == []


SEASON, PACKAGE, PROMOTION, TAX = (f'[[{kind}]]\nname = "x"\n' for kind in ("season", "package", "promotion", "tax"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[books]\n", "book.books: no such key"),
        (SEASON, "book.season[0]: percent is missing"),
        (SEASON + "percent = 901\n", "book.season[0].percent: none of anyOf"),
        (SEASON + 'percent = "1.234"\n', "book.season[0].percent: none of anyOf"),
        (SEASON + 'percent = 1\nweekdays = ["sut"]\n', "book.season[0].weekdays[0]: 'sut' is not one of them"),
        (SEASON + 'percent = 1\nwhere = {hotel = "h"}\n', "book.season[0].where.hotel: string is not array"),
        (SEASON + "percent = 1\ndates = [{to = 2026-01-01}]\n", "book.season[0].dates[0]: from is missing"),
        ('pipeline.stage = [{kind = "seasons"}]\n', "book.pipeline.stage[0].kind: 'seasons' is not one of them"),
        ('pipeline.preset = "expedia"\n', "book.pipeline.preset: none of anyOf"),
        ("currencies = {cny = 1}\n", "book.currencies.cny: no such key"),
        ("currencies.CNY = [{from = 2026-01-01}]\n", "book.currencies.CNY: none of oneOf"),
        (PACKAGE + "price = {}\n", "book.package[0].price: it is empty"),
        (PACKAGE + 'price = {CNY = 1}\nmandatory = "yes"\n', "book.package[0].mandatory: string is not boolean"),
        (
            PROMOTION + 'night_percent = {percent = 1, nights = "x"}\n',
            "book.promotion[0].night_percent: none of anyOf",
        ),
        (PROMOTION + 'class = "third"\n', "book.promotion[0].class: 'third' is not one of them"),
        ("[rounding]\nincrement_minor = 0\n", "book.rounding.increment_minor: 0 is out of range"),
        (TAX + 'percent = "8.8755"\n', "book.tax[0].percent: none of anyOf"),
    ],
)
def test_the_schema_marks_what_is_mistyped(text, fault):
    found = faults(tomllib.loads(text, parse_float=Decimal), SCHEMA)
    assert found == [fault]


def test_every_key_has_a_type_and_every_table_a_description():
    for name, table in SCHEMA["$defs"].items():
        assert table.get("description"), name
    for table in (SCHEMA, *SCHEMA["$defs"].values()):
        for key, part in table.get("properties", {}).items():
            assert {"type", "$ref", "anyOf", "oneOf", "enum"} & set(part), (table.get("title"), key)
