"""Masks of the rules that made each price in NumPy, written by hand for the book that is more than factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks import general_book as book
from benchmarks.data import FIRST_NIGHT, TIERS, WEEK_DEN, WEEKDAY_DEN, Chain
from benchmarks.measure import Contestant
from benchmarks.reprice_job import Job
from benchmarks.rivals.numpy_general import GeneralPrices

_FRIDAY, _SATURDAY = 4, 5


class NumpyMasks(Contestant):
    """A night and a tier after the other: the price, and two words of bits. Which nights a bound moved stands ready."""

    name = "numpy"

    def __init__(self, chain: Chain, questions: Sequence[Job]) -> None:
        job = questions[0]
        self._prices = GeneralPrices(chain, job.products, job.nights)
        base = chain.base_minor[: job.products]
        region = np.repeat(chain.region, chain.size.room_types)[: job.products]
        den = WEEK_DEN * WEEKDAY_DEN
        self._moved = np.empty((job.nights, job.products), np.bool_)
        for night in range(job.nights):
            factor = chain.week_num[:, night // 7] * chain.weekday_num[:, (FIRST_NIGHT.weekday() + night) % 7]
            whole = den * book.ROUND_MINOR
            rounded = (2 * base * factor[region] + whole) // (2 * whole) * book.ROUND_MINOR
            self._moved[night] = self._prices.nights[night] != rounded
        self._weeks = chain.week_num.shape[1]
        self._amount, self._reduced = np.empty(job.products), np.empty(job.products)
        self._out = np.empty((job.nights, len(TIERS), job.products, 3), np.int64)

    def ask(self, question: Job) -> NDArray[np.int64]:
        before, tax = (np.empty(question.products) for _ in range(2))
        prices = self._prices
        for night in range(question.nights):
            prices.before(night, before)
            for tier in range(len(TIERS)):
                price = prices.price(night, tier, before, tax)
                out = self._out[night, tier]
                np.add(price, book.CITY_TAX_MINOR, out=out[:, 0], casting="unsafe", dtype=np.float64)
                self._mark(night, tier, before, out)
        return self._out

    def _mark(self, night: int, tier: int, before: NDArray[np.float64], out: NDArray[np.int64]) -> None:
        """The words of bits: weeks, weekdays, then one rule each of bounds, length, lead and tier, five promotions and
        two taxes.
        """
        weekday = (FIRST_NIGHT.weekday() + night) % 7
        rest = self._weeks + 7
        always = 1 << night // 7 | 1 << self._weeks + weekday | 0b11_00000_1110 << rest
        early, members, spring, weekend, full = (1 << rest + 4 + number for number in range(5))
        always |= weekend if weekday in (_FRIDAY, _SATURDAY) else 0
        amount = self._prices.amount_before_promotions(tier, before, self._amount)
        percents = [(book.EARLY_PERCENT, early)] * (night >= book.EARLY_DAYS) + [(book.MEMBERS_PERCENT, members)] * (
            tier >= 2
        )
        percent, bit = min(percents, default=(0, 0))
        some: list[tuple[int, NDArray[np.bool_]]] = [(1 << rest, self._moved[night])]
        some.append((full, amount >= book.FULL_MINOR[0][0]))
        if not book.SPRING[0] <= night <= book.SPRING[1]:
            always |= bit
        elif not percents:
            always |= spring
        else:
            reduced = np.maximum(amount * (100 + book.SPRING_PERCENT), 100 * (amount - book.SPRING_OFF_MINOR))
            is_spring = reduced < amount * (100 + percent)
            some += [(spring, is_spring), (bit, ~is_spring)]
        for word in range(2):
            column = out[:, 1 + word]
            column[:] = _word(always, word)
            for bits, where in some:
                if _word(bits, word):
                    np.bitwise_or(column, _word(bits, word), out=column, where=where)


def _word(bits: int, word: int) -> np.int64:
    """One word of bits."""
    return np.uint64(bits >> 64 * word & 2**64 - 1).view(np.int64)
