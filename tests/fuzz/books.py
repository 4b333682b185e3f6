"""Books that nobody should write: valid ones with something changed, hostile texts and data, plain noise.

Every case follows from a seed and a number, so that a failure can be made again: `case("books", 41)`.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from nightgrid.pricing import book_schema, load_book
from tests.docs.blocks import blocks
from tests.unit.rule_books import BOOK

ROOT = Path(__file__).resolve().parents[2]


class Case(NamedTuple):
    """One source for `load_book`, and what was done to make it. Bytes go through a file."""

    kind: str
    source: str | bytes | dict[Any, Any]


def _corpus() -> list[str]:
    texts = [BOOK]
    for page in sorted((ROOT / "docs").glob("rules*.md")):
        texts += [block.text for block in blocks(page.read_text(encoding="utf-8")) if block.language == "toml"]
    return texts


CORPUS = _corpus()
DATA = [json.loads(load_book(text).canonical_json()) for text in CORPUS]
KEYS = sorted({key for part in (book_schema(), *book_schema()["$defs"].values()) for key in part.get("properties", {})})

#: Texts that have broken parsers before: other digits, other spaces, other directions, halves of characters.
TEXTS = [
    "", " ", "\0", "\ud800", "\udfff", "\ufeff", "\u202e", "\u2028", "\u0661\u0662", "\uff11\uff12", "\u00b2",
    "\u2155", "Zu\u0308rich", "\u1100\u1161\u11a8" * 9, "e\u0301" * 70, "\U0001f3e8", "\x85", "\x7f",
    "a" * 5_000, "'\"\\", "${x}", "{}", "{0}", "%s%n", "../../x.toml", "NaN", "inf", "-0", "1e999", "0x10",
    "1_000", "+5", " 5", "5 ", "5%", "-5.000", "00012.50", "9" * 60, "1/0", "157/20", "1/3", "2026-02-30",
    "2026-10-01", "0001-01-01", "9999-12-31", "10000-01-01", "*", "*:", "CN:", "CN:workday", "XX", "CNY", "XAU",
    "cny", "base", "running", "season", "tax", "first", "fri", "any", "none", "gold", "[key]", "[rate]",
    "[dated]", "__class__", "model_fields", "self", "from", "class", "=", "#", "\r", "\n\n[[season]]\n",
]  # fmt: skip
NUMBERS = [
    0, 1, -1, 2, 3, 7, 9, 99, 100, 101, 365, 366, 900, 901, 1_000, 1_001, 10**9, 10**9 + 1, 2**31, 2**53 + 1,
    2**63, -(2**63) - 1, 10**30, 10**400, True, False, 0.1, 1e308, float("nan"), float("inf"), -0.0,
    Decimal("12.5"), Decimal("12.345"), Decimal("1E+999999"), Decimal("1E-999999"), Decimal("NaN"),
    Decimal("sNaN"), Decimal("-Infinity"), Decimal("-0"), Decimal("0." + "0" * 50 + "1"),
]  # fmt: skip
OTHERS = [
    None, date(2026, 10, 1), datetime(2026, 10, 1, 12), time(3), date.min, date.max, [], {}, (), [[]], [{}],
    {"": ""},
]  # fmt: skip


def hostile(dice: random.Random, depth: int = 0) -> Any:
    """Any value that a parser or a Python caller may hand over."""
    choice = dice.random()
    if choice < 0.3:
        return dice.choice(TEXTS)
    if choice < 0.6:
        return dice.choice(NUMBERS)
    if choice < 0.8 or depth > 3:
        return copy.deepcopy(dice.choice(OTHERS))  # it may be changed where it is put
    if choice < 0.9:
        return [hostile(dice, depth + 1) for _ in range(dice.randrange(4))]
    return {dice.choice([*KEYS, *TEXTS]): hostile(dice, depth + 1) for _ in range(dice.randrange(4))}


def _nodes(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (table or list, key or position) inside a value."""
    for key in value if isinstance(value, dict) else range(len(value)):
        found.append((value, key))
        if isinstance(value[key], dict | list):
            _nodes(value[key], found)
    return found


def _change(dice: random.Random, book: dict[str, Any]) -> None:
    """One change somewhere: another value, another key, one less, one more, a part of another place."""
    nodes = _nodes(book, [])
    if not nodes:
        book[dice.choice(KEYS)] = hostile(dice)
        return
    inside, key = dice.choice(nodes)
    other_inside, other_key = dice.choice(nodes)
    kind = dice.randrange(7)
    if kind == 0:
        inside[key] = hostile(dice)
    elif kind == 1:
        inside[key] = copy.deepcopy(other_inside[other_key])
    elif kind == 2:
        del inside[key]
    elif kind == 3 and isinstance(inside, dict):
        inside[dice.choice(KEYS)] = inside.pop(key)
    elif kind == 4 and isinstance(inside, dict):
        inside[dice.choice([*KEYS, *TEXTS])] = hostile(dice)
    elif kind == 5 and isinstance(inside, list):
        inside.insert(key, copy.deepcopy(inside[key]))
    elif isinstance(inside[key], int) and not isinstance(inside[key], bool):
        inside[key] += dice.choice([-1, 1, 10, -100])
    else:
        inside[key] = dice.choice([str(inside[key]), [inside[key]], {"name": inside[key]}])


def changed_data(dice: random.Random) -> dict[str, Any]:
    """A valid book with one to three changes, as Python objects."""
    book: dict[str, Any] = copy.deepcopy(dice.choice(DATA))
    for kind in [kind for kind in book if dice.random() < 0.5]:
        del book[kind]  # a smaller book reaches the checks between its parts more often
    for _ in range(dice.randint(0, 3)):
        _change(dice, book)
    return book


def changed_text(dice: random.Random) -> str:
    """A valid TOML file with a few characters or lines lost, doubled, exchanged or put in."""
    text = dice.choice(CORPUS)
    for _ in range(dice.randint(1, 3)):
        start = dice.randrange(len(text) + 1)
        length = dice.choice([0, 1, 2, 8, 40])
        piece = dice.choice(
            [*TEXTS, "[", "]", "{", "}", "[[", '"""', "'''", "=", ",", ".", "\n", "\t", str(dice.choice(NUMBERS))[:400]]
        )
        kind = dice.randrange(4)
        if kind == 0:
            text = text[:start] + piece + text[start + length :]
        elif kind == 1:
            text = text[:start] + text[start : start + length] * 2 + text[start + length :]
        else:
            lines = text.split("\n")
            at, to = dice.randrange(len(lines)), dice.randrange(len(lines))
            lines[at], lines[to] = (lines[to], lines[at]) if kind == 2 else (lines[at], lines[at])
            text = "\n".join(lines)
    return text


def changed_numbers(dice: random.Random) -> str:
    """A valid file in which numbers became other numbers, dates other dates."""
    text = dice.choice(CORPUS)
    spots = list(re.finditer(r"\d{4}-\d\d-\d\d|-?\d+(?:\.\d+)?", text))
    for spot in sorted(dice.sample(spots, min(3, len(spots))), key=lambda spot: -spot.start()):
        text = text[: spot.start()] + str(dice.choice(NUMBERS + TEXTS[30:50])) + text[spot.end() :]
    return text


def nested(dice: random.Random) -> str | dict[str, Any]:
    """Deep or long: brackets in brackets, dotted keys, thousands of keys, entries or rules."""
    n = dice.choice([3, 10, 50, 65, 100, 1_000, 5_001, 30_000])
    key = dice.choice(KEYS)
    many = ",".join(dice.choice(["1", "'a'", "{}", "[]", "{from=1}"]) for _ in range(min(n, 2_000)))
    data: Any = hostile(dice)
    for _ in range(min(n, 1_000)):
        data = {key: data} if dice.random() < 0.5 else [data]
    table = "name='x'\n" + "".join(f"k{at}=1\n" for at in range(n))
    return dice.choice([
        f"{key}=" + "[" * n + "]" * n,
        f"{key}=" + "{a=" * n + "1" + "}" * n,
        ".".join([key] * n) + "=1",
        "[" + ".".join([key] * min(n, 64)) + "]\n",
        '{"' + key + '":' + '{"a":[' * n + "]}" * n + "}",
        f"[[season]]\n{table}",
        f"[[promotion]]\nname='x'\n{key}=[{many}]\n",
        f"[[season]]\nname='x'\npercent=1\nwhere={{hotel=[{many}]}}\n",
        "[[season]]\n" * n,
        f"[{key}]\n" + "".join(f"'{dice.choice(TEXTS[22:])}{at}'={at}\n" for at in range(min(n, 3_000))),
        {key: data},
    ])  # fmt: skip


def noise(dice: random.Random) -> str | bytes:
    """Tokens of TOML and JSON in any order, or bytes in any order."""
    tokens = [
        *KEYS,
        *"[]{}=,.:\n\n\n #\"'",
        "[[",
        "]]",
        "true",
        "null",
        "1",
        "-5",
        "2026-10-01",
        "'x'",
        '"x"',
        "\\u0000",
        "\ufeff",
    ]
    text = dice.choice(["", "{", "[book]\n"]) + "".join(dice.choice(tokens) for _ in range(dice.randrange(60)))
    if dice.random() < 0.7:
        return text
    return dice.randbytes(dice.randrange(80)) if dice.random() < 0.5 else text.encode("utf-16", "surrogatepass")


def _as_json(dice: random.Random) -> str:
    book = changed_data(dice)
    text = json.dumps(book, default=str, ensure_ascii=dice.random() < 0.5)
    start = dice.randrange(len(text))
    return text if dice.random() < 0.7 else text[:start] + dice.choice(TEXTS) + text[start + dice.randrange(9) :]


#: How books are made, and how many of a hundred are made so.
MAKERS: dict[str, tuple[int, Callable[[random.Random], Any]]] = {
    "changed data": (40, changed_data),
    "changed text": (18, changed_text),
    "changed numbers": (12, changed_numbers),
    "changed json": (14, _as_json),
    "noise": (14, noise),
    "nested": (2, nested),
}


def case(seed: str, number: int) -> Case:
    """Case `number` of a run."""
    dice = random.Random(f"{seed}:{number}")
    kind = dice.choices(list(MAKERS), [share for share, _ in MAKERS.values()])[0]
    return Case(kind, MAKERS[kind][1](dice))
