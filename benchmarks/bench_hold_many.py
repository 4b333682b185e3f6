"""How many holds a second does one core take in bulk?

`Engine.hold_many` over a frame of requests, frame in and frame out; every line is checked and taken in order, as if
it were called alone; also with idempotency keys as texts, which are digested within the time. Beside the rivals one of
five requests is for the same few hotels, so that rooms run out. Then a million requests of ours alone, 92 % of them
accepted: the kernel without frames, without keys and with 128-bit keys that are new each time; and two threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.bulk import Bulk, BulkHolds, draw, enlarged, hundred_rows, two_threads
from benchmarks.data import SEED, Chain, Request
from benchmarks.measure import Contestant, Race
from benchmarks.plan import Plan
from benchmarks.redis_server import RedisServer, absent
from benchmarks.rivals import rivals_of, served_rivals_of

Batch = list[Request]


def frame_of(batch: Batch | Bulk) -> pl.DataFrame:
    """The requests as a caller would have them."""
    if isinstance(batch, Bulk):
        return batch.frame()
    return pl.DataFrame(
        {
            "row_index": [each.row for each in batch],
            "arrival": [each.date for each in batch],
            "nights": [each.nights for each in batch],
            "rooms": [each.rooms for each in batch],
        }
    )


class EngineHoldMany(Contestant):
    """`Engine.hold_many`; a reset is a `release_many` in random order. Keys as texts are new for each round."""

    def __init__(self, chain: Chain, batch: Batch | Bulk, name: str = "nightgrid", *, keys: bool = False) -> None:
        self.name = name
        self._engine = chain.holding_engine
        self._frame = frame_of(batch)
        self._keys = keys
        self._rounds = 0
        self._rng = np.random.default_rng([SEED, 5])
        self._ids: list[pl.Series] = []
        self._new_keys()

    def _new_keys(self) -> None:
        if self._keys:
            self._rounds += 1
            texts = pl.format("round {} request {}", pl.lit(self._rounds), pl.int_range(pl.len()))
            self._frame = self._frame.with_columns(key=texts)

    def ask(self, _question: Any) -> pl.DataFrame:
        answer = self._engine.hold_many(self._frame)
        self._ids.append(answer["hold_id"])
        return answer

    def numbers(self, answer: pl.DataFrame) -> NDArray[np.int64]:
        return answer["outcome"].to_numpy().astype(np.int64)

    def _held(self) -> NDArray[np.int64]:
        ids = pl.concat(self._ids).to_numpy()
        return ids[ids > 0]

    def state(self) -> NDArray[np.int64]:
        return np.array([len(self._held()), self._engine.matrix("held").sum(dtype=np.int64)])

    def reset(self) -> None:
        self._engine.release_many(self._rng.permutation(self._held()))
        self._ids.clear()
        self._new_keys()


def race(chain: Chain, count: int, redis: RedisServer | None = None) -> Race:
    """Beside the rivals."""
    batch = chain.requests(count)
    rivals, _ = rivals_of("hold_many", chain, [batch])
    rivals += served_rivals_of("hold_many", chain, [batch], redis)
    keyed = EngineHoldMany(chain, batch, "with_keys", keys=True)
    return Race("hold_many", EngineHoldMany(chain, batch), [keyed, *rivals], [batch], items=count)


def bulk_race(chain: Chain, count: int) -> Race:
    """Ours alone, many more requests."""
    bulk = draw(chain, count, np.arange(chain.size.rows))
    ways = [
        BulkHolds("kernel", chain, bulk, keys=False),
        EngineHoldMany(chain, bulk, "larger_frame"),
    ]
    return Race("hold_many", BulkHolds("with_keys_ready", chain, bulk, keys=True), ways, [bulk], items=count)


def accepted_share(asked: Race) -> float:
    """Share of the questions of our contestant that are held."""
    outcomes = np.concatenate([asked.ours.numbers(asked.ours.ask(question)) for question in asked.questions])
    asked.ours.reset()
    return round(float((outcomes == 0).mean()), 3)


def threads(chain: Chain, count: int, rounds: int) -> dict[str, Any]:
    """Two threads beside one on the same requests: each with its half of the hotels; all on the same hundred; and each
    on a store of its own, which is what this machine has for two threads that share nothing.
    """
    rows = np.arange(chain.size.rows)
    middle = rows.size // 2
    apart = [draw(chain, count // 2, part, SEED + seed) for seed, part in enumerate((rows[:middle], rows[middle:]))]
    gains = {"different_hotels": two_threads(chain, apart, rounds)}
    hundred = hundred_rows(chain)
    with enlarged(chain, hundred):
        same = [draw(chain, count // 2, hundred, SEED + seed) for seed in range(2)]
        gains["same_100_hotels"] = two_threads(chain, same, rounds)
    engines = (chain.holding_engine, chain.new_holding_engine())
    gains["stores_of_their_own"] = two_threads(chain, apart, rounds, engines)
    return {name: gain.ratio for name, gain in gains.items()} | {
        "per_second": {name: gain.per_second for name, gain in gains.items()},
        "lock_transfer_ns": {name: gain.lock_transfer_ns for name, gain in gains.items()},
    }


def test_hold_many(benchmark: Any, plan: Plan, chain: Chain, redis: RedisServer | None) -> None:
    holds = race(chain, plan.batch_holds, redis)
    holds.run(benchmark, plan.batch_rounds)
    figures = benchmark.extra_info["figures"]
    del figures["ratio"]["with_keys"]
    figures["with_keys"] = figures["rivals"].pop("with_keys")
    if redis is None:
        figures["redis"] = absent()
    bulk = bulk_race(chain, plan.bulk_holds)
    measured = bulk.measure(plan.batch_rounds)
    figures |= measured.pop("rivals")
    figures["with_keys_ready"] = {name: measured[name] for name in ("p50_us", "per_second", "checksum")} | {
        "requests": plan.bulk_holds,
        "accepted": accepted_share(bulk),
    }
    figures["two_threads"] = threads(chain, plan.bulk_holds, plan.batch_rounds)
