"""How many holds a second does one core take in bulk?

`Engine.hold_many` over a frame of requests, frame in and frame out; every line is checked and taken in order, as if
it were called alone. Also: the kernel without frames, with idempotency keys, and two threads on different hotels.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.data import Chain, Request
from benchmarks.inside import calls_inside
from benchmarks.measure import Contestant, Race, significant
from benchmarks.plan import Plan
from benchmarks.rivals import rivals_of

Batch = list[Request]


def frame_of(batch: Batch) -> pl.DataFrame:
    """The requests as a caller would have them."""
    return pl.DataFrame(
        {
            "row_index": [each.row for each in batch],
            "arrival": [each.date for each in batch],
            "nights": [each.nights for each in batch],
            "rooms": [each.rooms for each in batch],
        }
    )


class EngineHoldMany(Contestant):
    """`Engine.hold_many`; a reset is a `release_many`."""

    def __init__(self, chain: Chain, batches: list[Batch], *, keys: bool = False) -> None:
        self.name = "nightgrid_with_keys" if keys else "nightgrid"
        self._engine = chain.holding_engine
        self._frames = {id(batch): frame_of(batch) for batch in batches}
        if keys:
            for place, frame in self._frames.items():
                texts = pl.format("request {}", pl.int_range(pl.len()))
                self._frames[place] = frame.with_columns(key=texts)
        self._ids: list[pl.Series] = []

    def ask(self, question: Batch) -> pl.DataFrame:
        answer = self._engine.hold_many(self._frames[id(question)])
        self._ids.append(answer["hold_id"])
        return answer

    def numbers(self, answer: pl.DataFrame) -> NDArray[np.int64]:
        return answer["outcome"].to_numpy().astype(np.int64)

    def _held(self) -> pl.Series:
        ids = pl.concat(self._ids)
        return ids.filter(ids > 0)

    def state(self) -> NDArray[np.int64]:
        return np.array([len(self._held()), self._engine.matrix("held").sum(dtype=np.int64)])

    def reset(self) -> None:
        self._engine.release_many(self._held())
        self._ids.clear()


class KernelHolds(EngineHoldMany):
    """The same requests without frames: what the kernel itself takes."""

    def __init__(self, chain: Chain, batches: list[Batch]) -> None:
        super().__init__(chain, batches)
        self.name = "nightgrid_kernel"
        self._inventory = self._engine._inventory
        ask = super().ask
        self._calls = {
            id(batch): calls_inside(self._inventory, "hold_batch", lambda: ask(batch))[0]  # noqa: B023 (runs at once)
            for batch in batches
        }
        self.reset()

    def ask(self, question: Batch) -> Any:
        answer = self._inventory.hold_batch(*self._calls[id(question)])
        self._ids.append(pl.Series(answer.hold_id))
        return answer

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        return answer.code.astype(np.int64)


def race(chain: Chain, count: int) -> Race:
    batches = [chain.requests(count)]
    rivals, _ = rivals_of("hold_many", chain, batches)
    others = [EngineHoldMany(chain, batches, keys=True), KernelHolds(chain, batches)]
    return Race("hold_many", EngineHoldMany(chain, batches), [*others, *rivals], batches, items=count)


def two_threads(chain: Chain, count: int, rounds: int) -> float:
    """How much faster two threads are than one, on the same requests split by hotel; median over rounds."""
    batch = chain.requests(count)
    half = chain.size.rows // 2
    parts = [[each for each in batch if (each.row < half) == low] for low in (True, False)]
    sides = [KernelHolds(chain, [part]) for part in parts]
    gains = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(rounds):
            started = perf_counter()
            for side, part in zip(sides, parts, strict=True):
                side.ask(part)
            one = perf_counter() - started
            for side in sides:
                side.reset()
            started = perf_counter()
            list(pool.map(lambda pair: pair[0].ask(pair[1]), zip(sides, parts, strict=True)))
            gains.append(one / (perf_counter() - started))
            for side in sides:
                side.reset()
    return float(np.median(gains))


def test_hold_many(benchmark: Any, plan: Plan, chain: Chain) -> None:
    holds = race(chain, plan.batch_holds)
    holds.run(benchmark, plan.rounds)
    figures = benchmark.extra_info["figures"]
    for name, key in (("nightgrid_with_keys", "with_keys"), ("nightgrid_kernel", "kernel")):
        del figures["ratio"][name]
        figures[key] = figures["rivals"].pop(name)
    figures["two_threads"] = significant(two_threads(chain, plan.batch_holds, max(3, plan.rounds // 2)), 3)
