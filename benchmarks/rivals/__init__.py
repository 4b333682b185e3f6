"""Who else answers each question. One table feeds the benchmarks and the test that all answers agree.

A rival is a `Contestant` made from (chain, questions); everything it prepares there is not timed.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.data import Chain
from benchmarks.measure import Contestant
from benchmarks.redis_server import RedisServer

#: question -> "module:class" of its rivals, the order of the tables in the documents.
RIVALS: dict[str, tuple[str, ...]] = {
    "search": (
        "numpy_search:StraightSearch",
        "numpy_search:OwnLayoutSearch",
        "polars_search:PolarsSearch",
        "polars_search:OwnLayoutSearch",
        "duckdb_search:DuckdbSearch",
        "duckdb_search:OwnLayoutSearch",
    ),
    "live": ("numpy_live:KeptPrices", "numpy_live:MadeAnew"),
    "hold": ("dict_hold:DictHold", "sqlite_hold:SqliteHold"),
    "hold_many": ("dict_hold:DictHoldMany", "sqlite_hold:SqliteHoldMany"),
    "reprice": (
        "numpy_reprice:NumpyReprice",
        "polars_reprice:PolarsReprice",
        "duckdb_reprice:DuckdbReprice",
    ),
    "reprice_general": ("numpy_general:NumpyGeneral",),
    "reprice_masks": ("numpy_masks:NumpyMasks",),
    "search_general": ("numpy_general:NumpyGeneralSearch",),
    "quote_general": ("numpy_general:NumpyGeneralQuotes",),
    "reprice_stream": ("polars_reprice:PolarsStream",),
    "quote": ("python_quote:DecimalQuote", "python_quote:IntegerQuote"),
}

#: question -> those that ask a server which the benchmark has started; nobody else starts one.
SERVED: dict[str, str] = {"hold": "redis_hold:RedisHold", "hold_many": "redis_hold:RedisHoldMany"}

#: Packages that a benchmark can do without.
OPTIONAL = ("duckdb", "redis")


def rivals_of(question: str, chain: Chain, questions: Sequence[Any]) -> tuple[list[Contestant], list[str]]:
    """(rivals, names of packages that are not installed and whose rivals are therefore left out)."""
    found, missing = [], []
    for place in RIVALS[question]:
        module, _, name = place.partition(":")
        try:
            kind = getattr(import_module(f"{__name__}.{module}"), name)
        except ModuleNotFoundError as error:
            if error.name not in OPTIONAL:
                raise
            missing.append(error.name)
            continue
        found.append(kind(chain, questions))
    return found, missing


def served_rivals_of(
    question: str, chain: Chain, questions: Sequence[Any], server: RedisServer | None
) -> list[Contestant]:
    """The rivals that ask the server; none without one."""
    if server is None:
        return []
    module, _, name = SERVED[question].partition(":")
    return [getattr(import_module(f"{__name__}.{module}"), name)(chain, questions, server)]
