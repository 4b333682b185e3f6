"""Repricing in NumPy: night by night, so that everything stays in the cache; buffers that are reused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import STAY_DEN, Chain
from benchmarks.measure import Contestant
from benchmarks.reprice_job import Job, numerators


class NumpyReprice(Contestant):
    """One gather, one multiplication, one division and one rounding a price, 20,000 prices a step.

    Exact for the reason given in docs/performance.md; the cast to int32 cuts off what `floor` would.
    """

    name = "numpy"

    def __init__(self, chain: Chain, questions: Sequence[Job]) -> None:
        job = questions[0]
        self._numerators = numerators(chain, job).astype(np.float64)
        self._night = np.ascontiguousarray(chain.night_minor[: job.nights, : job.products])
        self._rule_set = chain.rule_set[: job.products].astype(np.intp)
        self._out = np.empty((job.nights, self._numerators.shape[1], job.products), np.int32)

    def ask(self, question: Job) -> NDArray[np.int32]:
        public, factor, price = (np.empty(question.products) for _ in range(3))
        for night, by_tier in enumerate(self._numerators):
            np.copyto(public, self._night[night])
            for tier, of_set in enumerate(by_tier):
                np.take(of_set, self._rule_set, out=factor, mode="clip")
                np.multiply(public, factor, out=price)
                np.divide(price, STAY_DEN, out=price)
                np.add(price, 0.5, out=self._out[night, tier], casting="unsafe", dtype=np.float64)
        return self._out
