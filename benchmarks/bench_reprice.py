"""How many exact prices a second does a repricing job make?

20,000 products x 60 or 365 arrivals x 5 tiers: season, length, lead and tier, one half-up rounding. Once as a matrix
of prices, which is the arithmetic; once as the stream of record batches with keys that `Engine.reprice` gives. And as a
matrix by a book that is more than factors: bounds, promotions with stacking, taxes, a rounding after every stage; and
as a stream with masks of the rules that made each price, of which each set has 96.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import FIRST_NIGHT, TIERS, Chain
from benchmarks.general_reprice import GeneralReprice, OneCoreGeneralReprice
from benchmarks.inside import calls_inside
from benchmarks.mask_reprice import MaskReprice
from benchmarks.measure import Contestant, Race, significant
from benchmarks.plan import Plan
from benchmarks.reprice_job import Job
from benchmarks.rivals import rivals_of

#: All batches of a stream with masks are kept until they are compared; the nights have every promotion.
_MASKED = Job(products=5_000, nights=90)


def _where(chain: Chain, job: Job) -> dict[str, Any]:
    cities = job.products // (chain.size.city_hotels * chain.size.room_types)
    last = FIRST_NIGHT + timedelta(days=job.nights - 1)
    return {"city": [f"city {city}" for city in range(cities)], "arrivals": (FIRST_NIGHT, last)}


class MatrixReprice(Contestant):
    """The kernel under `Engine.reprice` on all cores, as Polars and DuckDB, into buffers that are reused; its running
    sums stand ready, as the rivals' prices do.
    """

    threads = os.cpu_count() or 1

    def __init__(self, chain: Chain, job: Job) -> None:
        from nightgrid.engine.prices import repricing

        self._job = job
        self._kernel = repricing.price_cube
        stream = StreamReprice(chain, job)
        self._calls = calls_inside(repricing, "price_cube", lambda: self._keep(stream.ask_with(1)))
        self._pool = ThreadPoolExecutor(max_workers=self.threads)

    def _keep(self, batches: list[Any]) -> None:
        """The products of each tile, in the order in which they stand in it: the batch's innermost key."""
        columns = [batch.column("product_index").to_numpy() for batch in batches]
        self._products = [column[: len(np.unique(column))] for column in columns]

    def ask(self, question: Job) -> Any:
        list(self._pool.map(lambda arguments: self._kernel(*arguments), self._calls))
        return question

    def numbers(self, answer: Job) -> NDArray[np.int64]:
        """The tiles' buffers: the one four-dimensional argument, (arrival, stay, tier, product)."""
        out = np.empty((answer.nights, len(TIERS), answer.products), np.int64)
        filled = np.zeros(answer.products, np.int64)  # arrivals
        for arguments, products in zip(self._calls, self._products, strict=True):
            (tile,) = (each for each in arguments if isinstance(each, np.ndarray) and each.ndim == 4)
            first = filled[products[0]]
            out[first : first + len(tile), :, products] = tile[:, 0]
            filled[products] += len(tile)
        return out


class StreamReprice(Contestant):
    """`Engine.reprice`, every batch kept until the end, as a job that collects them would."""

    def __init__(self, chain: Chain, job: Job) -> None:
        self._engine = chain.engine
        self._where = _where(chain, job)
        self._shape = (job.nights, len(TIERS), job.products)

    def ask(self, _question: Job) -> Any:
        return self.ask_with(None)

    def ask_with(self, threads: int | None) -> Any:
        """The batches, priced by so many threads; None = one a core, as a caller gets it."""
        return list(self._engine.reprice(stays=[1], threads=threads, **self._where))

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        out = np.empty(self._shape, np.int64)
        first = FIRST_NIGHT.toordinal() - 719_163  # days since 1970
        for batch in answer:
            arrival, _, tier, product, price = batch.columns
            out[arrival.cast("int32").to_numpy() - first, tier.indices.to_numpy(), product.to_numpy()] = (
                price.to_numpy()
            )
        return out


class OneCoreReprice(MatrixReprice):
    """The same on one core."""

    name = "nightgrid_one_core"
    threads = 1


def matrix(chain: Chain, job: Job) -> Race:
    rivals, _ = rivals_of("reprice", chain, [job])
    return Race("reprice", MatrixReprice(chain, job), [OneCoreReprice(chain, job), *rivals], [job], items=job.prices)


def stream(chain: Chain, job: Job) -> Race:
    rivals, _ = rivals_of("reprice_stream", chain, [job])
    return Race("reprice.stream", StreamReprice(chain, job), rivals, [job], items=job.prices)


def general(chain: Chain, job: Job) -> Race:
    rivals, _ = rivals_of("reprice_general", chain, [job])
    ours = [OneCoreGeneralReprice(chain, job)]
    return Race("reprice.general", GeneralReprice(chain, job), [*ours, *rivals], [job], items=job.prices)


def masks(chain: Chain, job: Job) -> Race:
    rivals, _ = rivals_of("reprice_masks", chain, [job])
    return Race("reprice.masks", MaskReprice(chain, job), rivals, [job], items=job.prices)


def test_reprice(benchmark: Any, plan: Plan, chain: Chain) -> None:
    _run(matrix(chain, Job(20_000, plan.reprice_nights)), benchmark, plan)


def test_reprice_by_a_general_book(benchmark: Any, plan: Plan, chain: Chain) -> None:
    _run(general(chain, Job(20_000, plan.reprice_nights)), benchmark, plan)


def test_masks_of_a_general_book(benchmark: Any, plan: Plan, chain: Chain) -> None:
    masks(chain, _MASKED).run(benchmark, max(3, plan.rounds // 2))


def _run(race: Race, benchmark: Any, plan: Plan) -> None:
    """Run a race in which one core of ours stands beside all of them."""
    race.run(benchmark, max(3, plan.rounds // 2))
    figures, name = benchmark.extra_info["figures"], OneCoreReprice.name
    del figures["ratio"][name], figures["rivals"][name]  # a line of our own; it is no rival
    seconds = float(np.median(race.calls(name)))
    figures["one_core"] = {"per_second": significant(race.questions[0].prices / seconds)}


def test_reprice_as_a_stream(benchmark: Any, plan: Plan, chain: Chain) -> None:
    stream(chain, Job(20_000, plan.reprice_nights)).run(benchmark, max(3, plan.rounds // 2))
