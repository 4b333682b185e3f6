"""How long does it take to read, prove and compile a rule book of 1,000 rules for 10,000 hotels with 50,000 products?

The book is a full pipeline in TOML, as an author writes it: seasons of every region and week, lengths of stay of every
brand, promotions of brands and regions that keep each other away, taxes, bounds. To compile is also to prove that every
price is exact. There is no rival: nobody else proves anything.
"""

from __future__ import annotations

from datetime import date
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.data import BRANDS, FIRST_NIGHT, REGIONS, Chain
from benchmarks.general_book import general_book
from benchmarks.measure import WrongAnswerError, significant
from benchmarks.plan import Plan
from nightgrid.nights import to_ordinal
from nightgrid.pricing import compile_book, load_book
from nightgrid.pricing.model import RULE_KINDS

RULES = 1_000


def book_of(chain: Chain, rules: int = RULES) -> dict[str, Any]:
    """The chain's general book with so many rules in all: beside its own promotions of brands in regions and taxes of
    regions, and seasons to fill it up.
    """
    book = general_book(chain)
    places = [
        {"brand": [f"brand {brand}"], "region": [f"region {region}"]}
        for brand in range(BRANDS)
        for region in range(REGIONS)
    ]
    taxes = [
        {"name": f"tax of region {region}", "percent": "1.5", "where": {"region": [f"region {region}"]}}
        for region in range(REGIONS)
    ]
    promotions = [
        {
            "name": f"offer {number}",
            "percent": -5 - number % 20,
            "lane": "offers",
            "where": places[number % len(places)],
        }
        for number in range(rules // 6)
    ]
    book |= {"tax": [*book["tax"], *taxes], "promotion": [*book["promotion"], *promotions]}
    others = sum(len(table) for name, table in book.items() if isinstance(table, list) and name != "season")
    return book | {"season": book["season"][: rules - others]}


def toml_of(book: dict[str, Any]) -> str:
    """A book as TOML."""
    lines = []
    for table, content in book.items():
        for entry in content if isinstance(content, list) else [content]:
            lines.append(f"[[{table}]]" if isinstance(content, list) else f"[{table}]")
            lines += [f"{key} = {_value(value)}" for key, value in entry.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value) if isinstance(value, int | date) else f'"{value}"'


def figures_of(chain: Chain, rules: int, rounds: int) -> dict[str, Any]:
    """Median seconds to read and to compile, and of both together."""
    text, catalog, first = toml_of(book_of(chain, rules)), chain.catalog(), to_ordinal(FIRST_NIGHT)
    seconds = np.empty((rounds, 2))
    for laps in seconds:
        started = perf_counter()
        book = load_book(text)
        read = perf_counter()
        compiled = compile_book(book, catalog, first, chain.size.nights)
        laps[:] = read - started, perf_counter() - read
        if compiled.program is None or sum(len(book.rules(kind)) for kind in RULE_KINDS) != rules:
            raise WrongAnswerError(f"rule_book: this is no full pipeline of {rules} rules")
    return {
        "seconds": significant(float(np.median(seconds.sum(axis=1)))),
        "steps": {
            name: significant(float(each))
            for name, each in zip(("read", "compile"), np.median(seconds, 0), strict=True)
        },
        "rules": rules,
        "rounds": rounds,
    }


def test_rule_book(benchmark: Any, plan: Plan, chain: Chain) -> None:
    figures = benchmark.pedantic(lambda: figures_of(chain, RULES, plan.checks), rounds=1)
    benchmark.extra_info.update(key="rule_book", figures=figures)
