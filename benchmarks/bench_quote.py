"""How long does one price take, with everything that explains it?

`Engine.quote` by names: nights from the folded price matrix, length, lead and tier factors, one exact rounding,
shares of the nights, an answer that can be quoted again. The rivals compute the same total and nothing else. Also:
`Engine.explain`, and both for a book that has every stage (`every_stage.py`), the explanation also read to its end. And
a frame of many quotes by a book that is more than factors, beside NumPy written for that book.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks import every_stage
from benchmarks.data import FIRST_NIGHT, SEED, TIERS, Chain, Stay
from benchmarks.general_reprice import general_engine
from benchmarks.measure import Contestant, Race
from benchmarks.plan import Plan
from benchmarks.rivals import rivals_of

Question = tuple[int, str, str, Stay]  # room type row and its names


class EngineQuote(Contestant):
    """`Engine.quote`, optionally followed by `Engine.explain`."""

    def __init__(self, chain: Chain, *, explain: bool = False) -> None:
        self.name = "nightgrid_explained" if explain else "nightgrid"
        self._engine = chain.engine
        self._explain = explain

    def ask(self, question: Question) -> Any:
        _, hotel_id, room_type_id, stay = question
        quote = self._engine.quote(hotel_id, room_type_id, stay.date, stay.nights, tier=TIERS[stay.tier])
        if self._explain:
            self._engine.explain(quote)
        return quote

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return np.array([answer.total_minor], np.int64)


def race(chain: Chain, count: int) -> Race:
    rows = np.random.default_rng([SEED, 3]).integers(0, chain.size.rows, count)
    types = chain.size.room_types
    questions: list[Question] = [
        (row, chain.hotel_id(row // types), f"T{row % types}", stay)
        for row, stay in zip(rows.tolist(), chain.stays(count, seed=11), strict=True)
    ]
    rivals, _ = rivals_of("quote", chain, questions)
    return Race("quote", EngineQuote(chain), [EngineQuote(chain, explain=True), *rivals], questions)


class BulkQuotes(Contestant):
    """`Engine.quote_many` of a frame."""

    def __init__(self, chain: Chain) -> None:
        self._engine = general_engine(chain)

    def ask(self, question: pl.DataFrame) -> Any:
        return self._engine.quote_many(question)

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return np.asarray(answer["total_minor"].to_numpy(), np.int64)


def many(chain: Chain, lines: int) -> Race:
    """Random lines of one night by the general book."""
    rng = np.random.default_rng([SEED, 5])
    frame = pl.DataFrame(
        {
            "product_index": rng.integers(0, chain.size.rows, lines),
            "arrival": np.datetime64(FIRST_NIGHT, "D") + rng.integers(0, chain.size.nights, lines),
            "nights": np.ones(lines, np.int64),
            "tier": pl.Series(list(TIERS)).gather(rng.integers(0, len(TIERS), lines)),
        }
    )
    rivals, _ = rivals_of("quote_general", chain, [frame])
    return Race("quote.general", BulkQuotes(chain), rivals, [frame], items=lines)


def test_many_quotes_by_a_general_book(benchmark: Any, plan: Plan, chain: Chain) -> None:
    many(chain, plan.batch_holds).run(benchmark, plan.batch_rounds)


def test_quote(benchmark: Any, plan: Plan, chain: Chain) -> None:
    race(chain, plan.holds // 4).run(benchmark, plan.rounds)
    figures = benchmark.extra_info["figures"]
    del figures["ratio"]["nightgrid_explained"]
    figures["explained"] = figures["rivals"].pop("nightgrid_explained")
    every = every_stage.race(plan.holds // 4).measure(plan.rounds)
    figures["every_stage"] = {name: value for name, value in every.items() if name not in ("ratio", "rivals")}
    figures["every_stage_explained"] = every["rivals"]["nightgrid_explained"]
    figures["every_stage_read"] = every["rivals"]["nightgrid_read"]
