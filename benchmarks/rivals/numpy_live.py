"""NumPy with prices that follow house fill: kept current night by night, or made anew for each search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench_live import ROOMS, Sale
from benchmarks.data import CAPACITY_ROOMS, FILL_EDGES, FILL_LEADS, FILL_NUM, STAY_DEN, WEEK_DEN, WEEKDAY_DEN, Chain
from benchmarks.measure import Contestant

_TOP = 20
_DEN = WEEK_DEN * WEEKDAY_DEN * 100


class KeptPrices(Contestant):
    """Nightly prices by night, of each band of lead days; a sale changes five of them."""

    name = "numpy"
    _keeps = True

    def __init__(self, chain: Chain, _questions: Sequence[Sale]) -> None:
        self._chain = chain
        self._types = chain.size.room_types
        self._free = np.ascontiguousarray(chain.free.T)  # (night, row)
        self._sold: list[Sale] = []
        self._edges = np.array(FILL_EDGES) * 100
        self._factor = chain.season_numerators  # (night, region)
        self._region = np.repeat(chain.region, self._types)
        if self._keeps:
            self._prepare()

    def _prepare(self) -> None:
        nights = range(self._chain.size.nights)
        every = slice(0, self._chain.size.rows)
        shape = (len(FILL_LEADS), len(nights), self._chain.size.rows)
        self._night = np.empty(shape, np.int32)
        for night in nights:
            for lead in range(len(FILL_LEADS)):
                self._night[lead, night] = self._made(night, every, lead)

    def _made(self, night: int, rows: slice, lead: int) -> NDArray[np.int64]:
        """Nightly prices of the room types of some hotels at their house fill."""
        taken = (CAPACITY_ROOMS - self._free[night, rows].astype(np.int64)).reshape(-1, self._types).sum(axis=1)
        fill = taken * 10_000 // (self._types * CAPACITY_ROOMS)
        percent = np.array(FILL_NUM)[np.searchsorted(self._edges, fill, "right") - 1, lead]
        factor = self._factor[night, self._region[rows]] * np.repeat(percent, self._types)
        return (2 * self._chain.base_minor[rows] * factor + _DEN) // (2 * _DEN)

    def _sell(self, sale: Sale, rooms: int) -> None:
        hotel = sale.row // self._types
        rows = slice(hotel * self._types, (hotel + 1) * self._types)
        for night in range(sale.stay.arrival, sale.stay.arrival + sale.stay.nights):
            self._free[night, sale.row] -= rooms
            for lead in range(len(FILL_LEADS) if self._keeps else 0):
                self._night[lead, night, rows] = self._made(night, rows, lead)

    def _nights(self, sale: Sale, rows: slice, lead: int) -> NDArray[Any]:
        nights = slice(sale.stay.arrival, sale.stay.arrival + sale.stay.nights)
        return self._night[lead, nights, rows].sum(axis=0, dtype=np.int64)

    def ask(self, question: Sale) -> Any:
        self._sell(question, ROOMS)
        self._sold.append(question)
        stay = question.stay
        rows = self._chain.city_rows(question.city)
        lead = int(np.searchsorted(FILL_LEADS, stay.arrival, "right")) - 1
        factor = self._chain.stay_numerators(stay)[self._chain.rule_set[rows]]
        total = (2 * self._nights(question, rows, lead) * factor + STAY_DEN) // (2 * STAY_DEN)
        free = self._free[stay.arrival : stay.arrival + stay.nights, rows].min(axis=0)
        cheapest = np.where(free >= 1, total, np.iinfo(np.int64).max).reshape(-1, self._types).min(axis=1)
        order = np.argsort(cheapest, kind="stable")[:_TOP]
        order = order[cheapest[order] < np.iinfo(np.int64).max]
        first = rows.start // self._types
        return list(zip((order + first).tolist(), cheapest[order].tolist(), strict=True))

    def reset(self) -> None:
        for sale in self._sold:
            self._sell(sale, -ROOMS)
        self._sold.clear()

    def state(self) -> NDArray[np.int64]:
        return (self._chain.free - self._free.T).astype(np.int64).sum(axis=1)


class MadeAnew(KeptPrices):
    """Nothing is kept: each search makes the nights of its city."""

    name = "numpy_made_anew"

    _keeps = False

    def _nights(self, sale: Sale, rows: slice, lead: int) -> NDArray[Any]:
        nights = range(sale.stay.arrival, sale.stay.arrival + sale.stay.nights)
        return np.sum([self._made(night, rows, lead) for night in nights], axis=0)
