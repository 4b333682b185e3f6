"""Repricing by a book that is more than factors: nightgrid's blocks of rows, timed without keys and record batches."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import FIRST_NIGHT, TIERS, Chain
from benchmarks.general_book import general_book
from benchmarks.measure import Contestant, WrongAnswerError
from benchmarks.reprice_job import Job


class GeneralReprice(Contestant):
    """`fill_cube` under `Engine.reprice` on all cores, tile by tile into buffers that are reused; products stand in the
    order of their rule sets. Void where a price was worked out one by one.
    """

    threads = os.cpu_count() or 1

    def __init__(self, chain: Chain, job: Job) -> None:
        from nightgrid.engine.prices import repricing

        engine = general_engine(chain)
        dates = (FIRST_NIGHT, np.datetime64(FIRST_NIGHT, "D") + job.nights - 1)
        cities = job.products // (chain.size.city_hotels * chain.size.room_types)
        where = {"city": [f"city {city}" for city in range(cities)]}
        self._cube = engine._cube([1], None, tuple(map(str, dates)), where)
        tile = self._cube.tile_products(job.nights)
        places = range(0, job.products, tile)
        self._tiles = [self._cube.products[place : place + tile] for place in places]
        self._asked = [self._cube.asked(products, self._cube.arrivals.start) for products in self._tiles]
        self._outs = [np.empty((job.nights, 1, len(TIERS), len(products)), np.int64) for products in self._tiles]
        self._fill = repricing.fill_cube
        self._pool = ThreadPoolExecutor(max_workers=self.threads)

    def ask(self, question: Job) -> Job:
        from nightgrid.search.price_blocks import ways

        _, before = ways.counts()
        for asked, out in zip(self._asked, self._outs, strict=True):
            self._fill(asked, out, pool=self._pool if self.threads > 1 else None, threads=self.threads)
        if ways.counts()[1] != before:
            raise WrongAnswerError(
                "reprice.general: some prices were worked out one by one, so blocks are not measured"
            )
        return question

    def numbers(self, answer: Job) -> NDArray[np.int64]:
        found = np.empty((answer.nights, len(TIERS), answer.products), np.int64)
        for products, out in zip(self._tiles, self._outs, strict=True):
            found[:, :, products] = out[:, 0]
        return found


class OneCoreGeneralReprice(GeneralReprice):
    """The same on one core."""

    name = "nightgrid_one_core"
    threads = 1


_engines: dict[int, Any] = {}


def general_engine(chain: Chain) -> Any:
    """An engine over a chain with the book that is more than factors, made once."""
    if id(chain) not in _engines:
        engine = chain._rooms_only()
        engine.publish(general_book(chain))
        _engines[id(chain)] = engine
    return _engines[id(chain)]
