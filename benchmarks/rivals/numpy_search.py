"""Search in NumPy: once straight, once with everything that nightgrid's own layout teaches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import STAY_DEN, Chain, Stay
from benchmarks.measure import Contestant

_TOP = 20


class StraightSearch(Contestant):
    """What a good user of NumPy writes: contiguous rows of nightly prices, buffers that are reused, no loop over
    hotels.

    The prices stay below 2^53 after multiplication, so float64 rounds half-up exactly here (docs/performance.md) and
    is twice as fast as int64 division. Hotels have equally many room types, so the minimum is taken over strided
    columns, which beats `np.minimum.reduceat` by a third.
    """

    name = "numpy"

    def __init__(self, chain: Chain, _questions: Any) -> None:
        self._chain = chain
        self._prices = chain.night_minor
        self._sellable = chain.sellable
        self._rule_set = chain.rule_set.astype(np.intp)
        rows = chain.size.rows
        self._total = np.empty(rows, np.int32)
        self._factor = np.empty(rows)
        self._price = np.empty(rows)
        self._refused = np.empty(rows, np.bool_)

    def ask(self, question: tuple[Stay, int | None]) -> list[tuple[int, int]]:
        stay, city = question
        rows = slice(0, self._chain.size.rows) if city is None else self._chain.city_rows(city)
        nights = slice(stay.arrival, stay.arrival + stay.nights)
        size = rows.stop - rows.start
        total, factor, price, refused = (
            buffer[:size] for buffer in (self._total, self._factor, self._price, self._refused)
        )
        np.add.reduce(self._prices[nights, rows], axis=0, dtype=np.int32, out=total)
        numerators = self._chain.stay_numerators(stay).astype(np.float64)
        np.take(numerators, self._rule_set[rows], out=factor, mode="clip")
        np.multiply(total, factor, out=price)
        np.divide(price, STAY_DEN, out=price)
        np.add(price, 0.5, out=price)
        np.floor(price, out=price)
        np.logical_and.reduce(self._sellable[nights, rows], axis=0, out=refused)
        np.logical_not(refused, out=refused)
        np.copyto(price, np.inf, where=refused)
        by_hotel = price.reshape(-1, self._chain.size.room_types)
        cheapest = by_hotel[:, 0].copy()
        for kind in range(1, by_hotel.shape[1]):
            np.minimum(cheapest, by_hotel[:, kind], out=cheapest)
        return ranked(cheapest, rows.start // self._chain.size.room_types)


class OwnLayoutSearch(Contestant):
    """nightgrid's layout and ideas, as far as NumPy can follow: running sums, bit maps, room types side by side so
    that a hotel's minimum is vertical, float32 to find candidates, integers to decide.
    """

    name = "numpy_our_layout"

    def __init__(self, chain: Chain, _questions: Any) -> None:
        self._chain = chain
        types, hotels = chain.size.room_types, chain.size.hotels
        shape = (-1, hotels, types)
        self._sums = np.ascontiguousarray(chain.sums_minor.reshape(shape).transpose(0, 2, 1))
        sellable = chain.sellable.reshape(shape).transpose(0, 2, 1)
        self._bits = np.packbits(sellable, axis=2, bitorder="little")  # (night, room type, 8 hotels)
        self._rule_set = np.ascontiguousarray(chain.rule_set.reshape(hotels, types).T.astype(np.intp))

    def ask(self, question: tuple[Stay, int | None]) -> list[tuple[int, int]]:
        stay, city = question
        size = self._chain.size
        first, last = (0, size.hotels) if city is None else (city * size.city_hotels, (city + 1) * size.city_hotels)
        total = self._sums[stay.arrival + stay.nights, :, first:last] - self._sums[stay.arrival, :, first:last]
        words = self._bits[stay.arrival : stay.arrival + stay.nights, :, first // 8 : -(-last // 8)]
        left = np.bitwise_and.reduce(words, axis=0)
        sellable = np.unpackbits(left, axis=1, bitorder="little")
        sellable = sellable[:, first % 8 : first % 8 + last - first].view(np.bool_)
        numerators = self._chain.stay_numerators(stay)
        rule_set = self._rule_set[:, first:last]
        price = np.multiply(
            total, (numerators / STAY_DEN).astype(np.float32)[rule_set], dtype=np.float32, casting="unsafe"
        )
        np.copyto(price, np.inf, where=~sellable)
        cheapest = np.minimum.reduce(price, axis=0)
        top = min(_TOP, cheapest.size)
        bound = np.partition(cheapest, top - 1)[top - 1]
        chosen = np.flatnonzero(cheapest <= bound * (1 + 2**-20) + 2)
        exact = total[:, chosen].astype(np.int64) * numerators[rule_set[:, chosen]]
        exact = (2 * exact + STAY_DEN) // (2 * STAY_DEN)
        best = np.where(sellable[:, chosen], exact, np.iinfo(np.int64).max).min(axis=0)
        order = np.argsort(best, kind="stable")[:_TOP]
        order = order[np.isfinite(cheapest[chosen[order]])]
        return list(zip((chosen[order] + first).tolist(), best[order].tolist(), strict=True))


def ranked(cheapest: NDArray[np.float64], first_hotel: int) -> list[tuple[int, int]]:
    """The cheapest hotels with their price, ties to the lower hotel; inf = none."""
    top = min(_TOP, cheapest.size)
    bound = cheapest[np.argpartition(cheapest, top - 1)[:top]].max()
    chosen = np.flatnonzero(cheapest <= bound)
    chosen = chosen[np.argsort(cheapest[chosen], kind="stable")][:top]
    chosen = chosen[np.isfinite(cheapest[chosen])]
    return list(zip((chosen + first_hotel).tolist(), cheapest[chosen].astype(np.int64).tolist(), strict=True))
