"""A million requests: drawn as columns, held by the kernel with fresh keys each time, by one thread or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Barrier
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.cores import lock_transfer_ns
from benchmarks.data import CAPACITY_ROOMS, FIRST_NIGHT, SEED, Chain
from benchmarks.measure import Contestant, WrongAnswerError, significant
from nightgrid import Outcome
from nightgrid.engine.rooms.batches import requests_of
from nightgrid.native.store import requests as q

#: Share of the requests whose nights are all free at first, as who asks has mostly seen an offer: of a million, 92 %
#: are held.
OPEN_SHARE = 0.935
LARGE = 20  # times the rooms, for a while
_NUMBERS = count()
_KEY_LINES = slice(q.Q_KEY_HIGH, q.Q_KEY_LOW + 1)


@dataclass(frozen=True, eq=False)
class Bulk:
    """Requests as columns: int64 (request); arrival is an index of the window."""

    row: NDArray[np.int64]
    arrival: NDArray[np.int64]
    nights: NDArray[np.int64]
    rooms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    def part(self, chosen: NDArray[Any] | slice) -> Bulk:
        return Bulk(self.row[chosen], self.arrival[chosen], self.nights[chosen], self.rooms[chosen])

    def frame(self) -> pl.DataFrame:
        """The requests as a caller would have them."""
        dates = np.datetime64(FIRST_NIGHT, "D") + self.arrival
        return pl.DataFrame({"row_index": self.row, "arrival": dates, "nights": self.nights, "rooms": self.rooms})

    def free_at_first(self, chain: Chain) -> NDArray[np.bool_]:
        """Whether all nights of a request are free before anybody holds."""
        free = np.ones(len(self), np.bool_)
        for night in range(int(self.nights.max())):
            asked = self.nights > night
            cells = chain.free[self.row[asked], self.arrival[asked] + night]
            free[asked] &= cells >= self.rooms[asked]
        return free


def draw(chain: Chain, size: int, rows: NDArray[np.int64], seed: int = SEED) -> Bulk:
    """Random holds of 3.1 nights on average for these room types; OPEN_SHARE of them are free at first."""
    rng = np.random.default_rng([seed, 3])
    drawn = 2 * size
    nights = rng.choice(np.array([1, 2, 3, 5, 7]), drawn, p=[0.25, 0.25, 0.2, 0.2, 0.1])
    arrival = (rng.random(drawn) * (chain.size.nights - nights + 1)).astype(np.int64)
    rooms = rng.choice(np.array([1, 2]), drawn, p=[0.9, 0.1])
    every = Bulk(rng.choice(rows, drawn), arrival, nights, rooms)
    free = every.free_at_first(chain)
    open_count = round(size * OPEN_SHARE)
    chosen = np.concatenate([np.flatnonzero(free)[:open_count], np.flatnonzero(~free)[: size - open_count]])
    if len(chosen) != size:
        raise ValueError(f"only {len(chosen)} of {size} requests can be drawn: too many are free, or too few")
    return every.part(rng.permutation(chosen))


class BulkHolds(Contestant):
    """What the kernel takes, without frames; a reset releases in random order and makes new keys, both untimed."""

    def __init__(self, name: str, chain: Chain, bulk: Bulk, *, keys: bool, engine: Any = None) -> None:
        self.name = name
        self._engine = engine or chain.holding_engine
        self._inventory = self._engine._inventory
        self._keys = keys
        self._rng = np.random.default_rng([SEED, 4, next(_NUMBERS)])  # nobody else's keys
        self._ids: list[NDArray[np.int64]] = []
        engine = self._engine
        requests = requests_of(engine.catalog, engine._digests, engine._names, bulk.frame())[: q.Q_PLAIN]
        self._call = requests, engine._now_ms()
        self.reset()

    def ask(self, _question: Any) -> Any:
        answer = self._inventory.hold_batch(*self._call)
        self._ids.append(answer.hold_id)
        return answer

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return answer.code.astype(np.int64)

    def held(self) -> NDArray[np.int64]:
        ids = np.concatenate(self._ids)
        return ids[ids > 0]

    def state(self) -> NDArray[np.int64]:
        return np.array([len(self.held()), self._engine.matrix("held").sum(dtype=np.int64)])

    def reset(self) -> None:
        if self._ids:
            self._engine.release_many(self._rng.permutation(self.held()))
            self._ids.clear()
        if self._keys:
            lines = self._call[0][_KEY_LINES]
            lines[:] = self._rng.integers(-(2**63), 2**63, lines.shape)
            lines[1] |= 1  # never both zero, which means no key


def hundred_rows(chain: Chain) -> NDArray[np.int64]:
    """The room types of a hundred hotels all over the chain (of every second one in a small chain)."""
    step = max(2, chain.size.hotels // 100)
    hotels = np.arange(0, chain.size.hotels, step)
    return (hotels[:, None] * chain.size.room_types + np.arange(chain.size.room_types)).ravel()


@contextmanager
def enlarged(chain: Chain, rows: NDArray[np.int64]) -> Iterator[None]:
    """Give room types LARGE times the rooms, so that a million holds fit; sold-out nights stay sold out."""
    engine = chain.holding_engine
    large = CAPACITY_ROOMS * LARGE
    elsewhere = np.int16(CAPACITY_ROOMS) - chain.free
    first = elsewhere[rows]
    engine.set_capacity(pl.DataFrame({"row_index": rows, "capacity": [large] * len(rows)}))
    elsewhere[rows] = np.int16(large) - chain.free[rows] * np.int16(LARGE)
    engine.set_sold_elsewhere(elsewhere)
    try:
        yield
    finally:
        elsewhere[rows] = first
        engine.set_sold_elsewhere(elsewhere)
        engine.set_capacity(pl.DataFrame({"row_index": rows, "capacity": [CAPACITY_ROOMS] * len(rows)}))


def _seconds(sides: Sequence[BulkHolds], threads: int) -> float:
    """All sides ask: in one thread after each other, or each in its own, from the first start to the last end."""
    barrier = Barrier(threads)
    outcomes: set[int] = set()

    def work(mine: Sequence[BulkHolds]) -> tuple[float, float]:
        barrier.wait()
        started = perf_counter()
        answers = [side.ask(None) for side in mine]
        ended = perf_counter()
        outcomes.update(*[np.unique(answer.code).tolist() for answer in answers])
        return started, ended

    shares = [sides[thread::threads] for thread in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        spans = list(pool.map(work, shares))
    for side in sides:
        side.reset()
    if not outcomes <= {Outcome.OK, Outcome.SOLD_OUT}:
        raise WrongAnswerError(f"hold_many: {threads} threads are answered with outcomes {sorted(outcomes)}")
    return max(end for _, end in spans) - min(start for start, _ in spans)


@dataclass(frozen=True)
class Gain:
    """Medians over rounds: how many times as many holds as one thread do two with a half each, holds a second of the
    two, and how long a lock took from one core to the other meanwhile.
    """

    ratio: float
    per_second: float
    lock_transfer_ns: float


def two_threads(chain: Chain, halves: Sequence[Bulk], rounds: int, engines: Sequence[Any] = (None, None)) -> Gain:
    """The gain of a second thread; engines: the store of each half, by default one for both."""
    sides = [
        BulkHolds("half", chain, half, keys=True, engine=engine) for half, engine in zip(halves, engines, strict=True)
    ]
    spans, transfers = [], []
    for _ in range(rounds):
        spans.append([_seconds(sides, threads) for threads in (1, 2)])
        transfers.append(lock_transfer_ns())
    one, two = np.array(spans).T
    requests = sum(len(half) for half in halves)
    return Gain(
        significant(float(np.median(one / two)), 3),
        significant(requests / float(np.median(two))),
        float(np.median(transfers)),
    )
