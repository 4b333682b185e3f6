"""The book that is more than factors in NumPy, written by hand for this one book: repricing, search, many quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
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
    Stay,
)
from benchmarks.measure import Contestant
from benchmarks.reprice_job import Job
from benchmarks.rivals.numpy_search import ranked

_FRIDAY, _SATURDAY = 4, 5


class GeneralPrices:
    """Integers in float64, buffers that stay in the cache; which promotions come into question is decided a night and a
    tier. The nightly prices and the factors by room type stand ready.
    """

    def __init__(self, chain: Chain, rows: int, nights: int) -> None:
        types = chain.size.room_types
        brand = np.repeat(chain.brand, types)[:rows]
        region = np.repeat(chain.region, types)[:rows]
        base = chain.base_minor[:rows]
        self.length = chain.length_num[brand, 0].astype(np.float64)
        self.lead = np.ascontiguousarray(chain.lead_num[region].T, np.float64)  # (band, row)
        self.tier = np.ascontiguousarray(chain.tier_num[np.arange(rows) % types].T, np.float64)  # (tier, row)
        den = WEEK_DEN * WEEKDAY_DEN
        self.nights = np.empty((nights, rows), np.float32)  # below 2^24
        for night in range(nights):
            factor = chain.week_num[:, night // 7] * chain.weekday_num[:, (FIRST_NIGHT.weekday() + night) % 7]
            low, high = base * book.FLOOR_PERCENT * (den // 100), base * book.CEILING_PERCENT * (den // 100)
            exact = np.clip(base * factor[region], low, high)
            self.nights[night] = self._inside(_half_up(exact, den), low, high, den)
        self._best, self._set_price, self._off, self._amount = (np.empty(rows) for _ in range(4))

    @staticmethod
    def _inside(
        rounded: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64], den: int
    ) -> NDArray[np.int64]:
        """The nearest price inside the bounds."""
        step = book.ROUND_MINOR
        least, most = -(-low // (den * step)) * step, high // (den * step) * step
        return np.maximum(np.minimum(rounded, most), least)

    def before(self, night: int, out: NDArray[np.float64]) -> None:
        """The amount before the member's tier."""
        band = np.searchsorted(LEAD_FROM_DAYS, night, side="right") - 1
        np.multiply(self.nights[night], self.length, out=out)
        _round(out, LENGTH_DEN, book.ROUND_MINOR)
        np.multiply(out, self.lead[band], out=out)
        _round(out, LEAD_DEN, book.ROUND_MINOR)

    def amount_before_promotions(
        self, tier: int, before: NDArray[np.float64], amount: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The amount with the member's tier."""
        np.multiply(before, self.tier[tier], out=amount)
        _round(amount, TIER_DEN, book.ROUND_MINOR)
        return amount

    def price(
        self, night: int, tier: int, before: NDArray[np.float64], tax: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The price without the city tax, in a buffer of its own."""
        best = self._best
        amount = self.amount_before_promotions(tier, before, self._amount)
        self._promote(night, tier, amount, best, self._set_price, self._off)
        _round(best, 10_000, book.ROUND_MINOR)
        np.multiply(best, book.VAT_MILLIPERCENT, out=tax)
        _round(tax, 100_000, 1)
        return np.add(best, tax, out=best)

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


class NumpyGeneral(Contestant):
    """A night and a tier after the other, 20,000 rows a step."""

    name = "numpy"

    def __init__(self, chain: Chain, questions: Sequence[Job]) -> None:
        job = questions[0]
        self._prices = GeneralPrices(chain, job.products, job.nights)
        self._out = np.empty((job.nights, len(TIERS), job.products), np.int64)

    def ask(self, question: Job) -> NDArray[np.int64]:
        before, tax = (np.empty(question.products) for _ in range(2))
        for night in range(question.nights):
            self._prices.before(night, before)
            for tier in range(len(TIERS)):
                price = self._prices.price(night, tier, before, tax)
                np.add(price, book.CITY_TAX_MINOR, out=self._out[night, tier], casting="unsafe", dtype=np.float64)
        return self._out


class NumpyGeneralSearch(Contestant):
    """The cheapest hotels for one night: every room type priced, then the minimum of each hotel."""

    name = "numpy"

    def __init__(self, chain: Chain, _questions: Any) -> None:
        self._chain = chain
        self._prices = GeneralPrices(chain, chain.size.rows, chain.size.nights)
        self._before, self._tax = np.empty(chain.size.rows), np.empty(chain.size.rows)

    def ask(self, question: tuple[Stay, int | None]) -> list[tuple[int, int]]:
        stay, _ = question
        self._prices.before(stay.arrival, self._before)
        price = self._prices.price(stay.arrival, stay.tier, self._before, self._tax)
        np.add(price, book.CITY_TAX_MINOR, out=price)
        np.copyto(price, np.inf, where=~self._chain.sellable[stay.arrival])
        by_hotel = price.reshape(-1, self._chain.size.room_types)
        cheapest = by_hotel[:, 0].copy()
        for kind in range(1, by_hotel.shape[1]):
            np.minimum(cheapest, by_hotel[:, kind], out=cheapest)
        return ranked(cheapest, 0)


class NumpyGeneralQuotes(Contestant):
    """Totals of many lines of one night: gathered, then column by column."""

    name = "numpy"

    def __init__(self, chain: Chain, _questions: Any) -> None:
        self._prices = GeneralPrices(chain, chain.size.rows, chain.size.nights)

    def ask(self, question: pl.DataFrame) -> NDArray[np.int64]:
        prices = self._prices
        row = question["product_index"].to_numpy()
        night = (question["arrival"].to_numpy() - np.datetime64(FIRST_NIGHT, "D")).astype(np.int64)
        tier = question["tier"].replace_strict(list(TIERS), list(range(len(TIERS))), return_dtype=pl.Int64).to_numpy()
        amount = prices.nights[night, row] * prices.length[row]
        _round(amount, LENGTH_DEN, book.ROUND_MINOR)
        amount *= prices.lead[np.searchsorted(LEAD_FROM_DAYS, night, side="right") - 1, row]
        _round(amount, LEAD_DEN, book.ROUND_MINOR)
        amount *= prices.tier[tier, row]
        _round(amount, TIER_DEN, book.ROUND_MINOR)
        weekday = (FIRST_NIGHT.weekday() + night) % 7
        weekend = 100.0 + np.where((weekday == _FRIDAY) | (weekday == _SATURDAY), book.WEEKEND_PERCENT, 0)
        early, member = night >= book.EARLY_DAYS, tier >= 2
        spring = (book.SPRING[0] <= night) & (night <= book.SPRING[1])
        percent = np.minimum(np.where(early, book.EARLY_PERCENT, 0), np.where(member, book.MEMBERS_PERCENT, 0))
        best = np.where(early | member | ~spring, amount * (100 + percent), np.inf)
        reduced = np.maximum(amount * (100 + book.SPRING_PERCENT), 100 * (amount - book.SPRING_OFF_MINOR))
        best = np.where(spring, np.minimum(best, reduced), best) * weekend
        (first, less), (second, more) = book.FULL_MINOR
        best -= 10_000.0 * np.where(amount >= second, more, np.where(amount >= first, less, 0))
        np.maximum(best, 0, out=best)
        _round(best, 10_000, book.ROUND_MINOR)
        tax = best * book.VAT_MILLIPERCENT
        _round(tax, 100_000, 1)
        return (best + tax + book.CITY_TAX_MINOR).astype(np.int64)


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
