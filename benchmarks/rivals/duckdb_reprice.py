"""Repricing in DuckDB: nightly prices and factors as tables in memory, the answer as Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.data import STAY_DEN, TIERS, Chain
from benchmarks.measure import Contestant
from benchmarks.reprice_job import Job, numerators


class DuckdbReprice(Contestant):
    """A hash join with one row of five factors per arrival and rule set, a price column a tier."""

    name = "duckdb"

    def __init__(self, chain: Chain, questions: Sequence[Job]) -> None:
        job = questions[0]
        self._job = job
        factors = numerators(chain, job).astype(np.float64)
        sets = factors.shape[2]
        place = np.arange(job.nights)[:, None] * sets + chain.rule_set[: job.products]
        nightly = {
            "arrival": np.repeat(np.arange(job.nights, dtype=np.int32), job.products),
            "product": np.tile(np.arange(job.products, dtype=np.int32), job.nights),
            "place": place.ravel().astype(np.int32),
            "public": chain.night_minor[: job.nights, : job.products].ravel(),
        }
        by_tier = {f"f{tier}": np.ascontiguousarray(factors[:, tier]).ravel() for tier in range(len(TIERS))}
        by_tier["place"] = np.arange(job.nights * sets, dtype=np.int32)
        self._connection = duckdb.connect(":memory:")
        for name, columns in (("nightly", nightly), ("factor", by_tier)):
            self._connection.register("source", pa.table(columns))
            self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM source")
            self._connection.unregister("source")

    def ask(self, _question: Job) -> Any:
        prices = ", ".join(
            f"CAST(floor(public * f{tier} / {STAY_DEN}.0::DOUBLE + 0.5) AS INTEGER) p{tier}"
            for tier in range(len(TIERS))
        )
        query = f"SELECT arrival, product, {prices} FROM nightly JOIN factor USING (place)"
        return self._connection.sql(query).to_arrow_table()

    def numbers(self, answer: pa.Table) -> NDArray[np.int32]:
        order = np.lexsort((answer["product"].to_numpy(), answer["arrival"].to_numpy()))
        shape = (self._job.nights, self._job.products)
        return np.stack([answer[f"p{tier}"].to_numpy()[order].reshape(shape) for tier in range(len(TIERS))], axis=1)
