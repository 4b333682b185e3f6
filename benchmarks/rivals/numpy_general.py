"""The book that is more than factors in NumPy: night by night, tier by tier, written by hand for this one book."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks import general_book as book
from benchmarks.data import (
    FIRST_NIGHT,
    LEAD_DEN,
    LEAD_FROM_DAYS,
    LENGTH_DEN,
    TIER_DEN,
    TIERS,
    WEEK_DEN,
    WEEKDAY_DEN,
    Chain,
)
from benchmarks.measure import Contestant
from benchmarks.reprice_job import Job

_FRIDAY, _SATURDAY = 4, 5


class NumpyGeneral(Contestant):
    """Integers in float64, 20,000 rows a step, buffers that stay in the cache; which promotions come into question is
    decided a night and a tier. The nightly prices and the factors by room type stand ready.
    """

    name = "numpy"

    def __init__(self, chain: Chain, questions: Sequence[Job]) -> None:
        job = questions[0]
        rows = job.products
        types = chain.size.room_types
        brand = np.repeat(chain.brand, types)[:rows]
        region = np.repeat(chain.region, types)[:rows]
        base = chain.base_minor[:rows]
        self._length = chain.length_num[brand, 0].astype(np.float64)
        self._lead = np.ascontiguousarray(chain.lead_num[region].T, np.float64)  # (band, row)
        self._tier = np.ascontiguousarray(chain.tier_num[np.arange(rows) % types].T, np.float64)  # (tier, row)
        den = WEEK_DEN * WEEKDAY_DEN
        self._nights = np.empty((job.nights, rows))
        for night in range(job.nights):
            factor = chain.week_num[:, night // 7] * chain.weekday_num[:, (FIRST_NIGHT.weekday() + night) % 7]
            low, high = base * book.FLOOR_PERCENT * (den // 100), base * book.CEILING_PERCENT * (den // 100)
            exact = np.clip(base * factor[region], low, high)
            self._nights[night] = self._inside(_half_up(exact, den), low, high, den)
        self._out = np.empty((job.nights, len(TIERS), rows), np.int64)

    @staticmethod
    def _inside(
        rounded: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64], den: int
    ) -> NDArray[np.int64]:
        """The nearest price inside the bounds."""
        step = book.ROUND_MINOR
        least, most = -(-low // (den * step)) * step, high // (den * step) * step
        return np.maximum(np.minimum(rounded, most), least)

    def ask(self, question: Job) -> NDArray[np.int64]:
        before, amount, best, set_price, tax = (np.empty(question.products) for _ in range(5))
        off = np.empty(question.products)
        for night, public in enumerate(self._nights):
            band = np.searchsorted(LEAD_FROM_DAYS, night, side="right") - 1
            np.multiply(public, self._length, out=before)
            _round(before, LENGTH_DEN, book.ROUND_MINOR)
            np.multiply(before, self._lead[band], out=before)
            _round(before, LEAD_DEN, book.ROUND_MINOR)
            for tier in range(len(TIERS)):
                np.multiply(before, self._tier[tier], out=amount)
                _round(amount, TIER_DEN, book.ROUND_MINOR)
                self._promote(night, tier, amount, best, set_price, off)
                _round(best, 10_000, book.ROUND_MINOR)
                np.multiply(best, book.VAT_MILLIPERCENT, out=tax)
                _round(tax, 100_000, 1)
                np.add(best, tax, out=best)
                np.add(best, book.CITY_TAX_MINOR, out=self._out[night, tier], casting="unsafe", dtype=np.float64)
        return self._out

    @staticmethod
    def _promote(
        night: int,
        tier: int,
        amount: NDArray[np.float64],
        best: NDArray[np.float64],
        set_price: NDArray[np.float64],
        off: NDArray[np.float64],
    ) -> None:
        """The best permitted set, x 10,000: one of the promotions of class base, with the weekend and the reduction."""
        weekend = 100 + (book.WEEKEND_PERCENT if (FIRST_NIGHT.weekday() + night) % 7 in (_FRIDAY, _SATURDAY) else 0)
        percents = [book.EARLY_PERCENT] * (night >= book.EARLY_DAYS) + [book.MEMBERS_PERCENT] * (tier >= 2)
        spring = book.SPRING[0] <= night <= book.SPRING[1]
        percent = min(percents, default=None if spring else 0)
        if percent is not None:
            np.multiply(amount, (100 + percent) * weekend, out=best)
        if spring:
            np.multiply(amount, 100 + book.SPRING_PERCENT, out=set_price)
            np.multiply(amount, 100, out=off)
            np.subtract(off, 100 * book.SPRING_OFF_MINOR, out=off)
            np.maximum(set_price, off, out=set_price)
            if percent is None:
                np.multiply(set_price, weekend, out=best)
            else:
                np.multiply(set_price, weekend, out=set_price)
                np.minimum(best, set_price, out=best)
        (first, less), (second, more) = book.FULL_MINOR
        np.greater_equal(amount, first, out=off)
        np.multiply(off, 10_000 * less, out=off)
        np.greater_equal(amount, second, out=set_price)
        np.multiply(set_price, 10_000 * (more - less), out=set_price)
        np.subtract(best, off, out=best)
        np.subtract(best, set_price, out=best)
        np.maximum(best, 0, out=best)


def _round(amount: NDArray[np.float64], den: int, step: int) -> None:
    """Half up to a multiple of a step, in place. Exact: amounts are small integers, so no quotient comes near a middle
    that it is not.
    """
    np.divide(amount, den * step, out=amount)
    np.add(amount, 0.5, out=amount)
    np.floor(amount, out=amount)
    if step != 1:
        np.multiply(amount, step, out=amount)


def _half_up(amount: NDArray[np.int64], den: int) -> NDArray[np.int64]:
    whole = den * book.ROUND_MINOR
    return (2 * amount + whole) // (2 * whole) * book.ROUND_MINOR
