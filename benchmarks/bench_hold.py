"""How long does a guest wait for a hold?

One `Engine.hold` from Python at a time: names looked up, restrictions and every night checked, rooms taken, the hold
written with its deadline, a record answered. Random room types of 10,000 hotels, 3.1 nights on average; then the
release.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import Chain, Request
from benchmarks.measure import Contestant, Race, latency_us
from benchmarks.plan import Plan
from benchmarks.redis_server import RedisServer, absent
from benchmarks.rivals import rivals_of, served_rivals_of
from nightgrid import Refused


class EngineHold(Contestant):
    """`Engine.hold`, optionally with an idempotency key; a reset is an `Engine.release` of each hold, timed too."""

    def __init__(self, chain: Chain, *, keys: bool = False) -> None:
        self.name = "nightgrid_with_key" if keys else "nightgrid"
        self._engine = chain.holding_engine
        self._keys = keys
        self._asked = 0
        self._ids: list[int] = []
        self.release_seconds: list[float] = []

    def ask(self, question: Request) -> int:
        key = None
        if self._keys:
            self._asked += 1
            key = f"request {self._asked}"
        try:
            hold = self._engine.hold(
                question.hotel_id, question.room_type_id, question.date, question.nights, rooms=question.rooms, key=key
            )
        except Refused as refused:
            return int(refused.outcome)
        self._ids.append(hold.id)
        return int(hold.outcome)

    def state(self) -> NDArray[np.int64]:
        return np.array([len(self._ids), self._engine.matrix("held").sum(dtype=np.int64)])

    def reset(self) -> None:
        for hold_id in self._ids:
            started = perf_counter_ns()
            self._engine.release(hold_id)
            self.release_seconds.append((perf_counter_ns() - started) / 1e9)
        self._ids.clear()


def race(chain: Chain, count: int, redis: RedisServer | None = None) -> Race:
    questions: Sequence[Request] = chain.requests(count)
    rivals, _ = rivals_of("hold", chain, questions)
    rivals += served_rivals_of("hold", chain, questions, redis)
    return Race("hold", EngineHold(chain), [EngineHold(chain, keys=True), *rivals], questions)


def test_hold(benchmark: Any, plan: Plan, chain: Chain, redis: RedisServer | None) -> None:
    holds = race(chain, plan.holds, redis)
    holds.run(benchmark, plan.rounds)
    figures = benchmark.extra_info["figures"]
    del figures["ratio"]["nightgrid_with_key"]
    figures["with_key"] = figures["rivals"].pop("nightgrid_with_key")
    figures["release"] = latency_us(np.array(holds.ours.release_seconds))
    if redis is None:
        figures["redis"] = absent()
