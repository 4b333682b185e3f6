"""How long does it take to prove the grid right with a million live bookings in 10,000 hotels?

`Engine.check` recomputes every counter, bit map and list from the bookings and compares; `Engine.rebuild` makes the
counters anew from them, in engines that can. There is no rival: nobody else has both counters and bookings. The
answer is checked: nothing is found, and the rebuilt counters are those that were there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bulk import draw
from benchmarks.data import SEED, Chain
from benchmarks.measure import WrongAnswerError, checksum_of, significant
from benchmarks.plan import Plan

_MORE = 1.2  # requests for a booking: some find no room


@contextmanager
def booked(chain: Chain, count: int) -> Iterator[Any]:
    """The engine with so many live bookings, in random order; they are cancelled at the end."""
    engine = chain.holding_engine
    bulk = draw(chain, round(count * _MORE), np.arange(chain.size.rows))
    ids = engine.hold_many(bulk.frame())["hold_id"].to_numpy()
    ids = np.random.default_rng([SEED, 6]).permutation(ids[ids > 0])
    engine.release_many(ids[count:])
    ids = ids[:count]
    done = engine.confirm_many(ids)["outcome"]
    if len(done) != count or (done != 0).any():
        raise WrongAnswerError(f"check: {int((done == 0).sum())} of {count} bookings could be made")
    try:
        yield engine
    finally:
        engine.cancel_many(ids)


def seconds_of(call: Callable[[], Any], rounds: int) -> float:
    """Median seconds of a call, after one that is not timed."""
    seconds = []
    for _ in range(1 + rounds):
        started = perf_counter()
        call()
        seconds.append(perf_counter() - started)
    return significant(float(np.median(seconds[1:])))


def counters(engine: Any) -> list[NDArray[np.int16]]:
    return [engine.matrix(name) for name in ("free", "held", "sold")]


def figures_of(engine: Any, rounds: int) -> dict[str, Any]:
    """Seconds of check and rebuild, and a checksum of the counters. WrongAnswerError if anything is wrong."""
    before = counters(engine)
    sums = [matrix.sum(axis=1, dtype=np.int64) for matrix in before]
    figures: dict[str, Any] = {"seconds": seconds_of(engine.check, rounds), "checksum": checksum_of(*sums)}
    if hasattr(engine, "rebuild"):
        figures["rebuild"] = {"seconds": seconds_of(engine.rebuild, rounds)}
        if not all(map(np.array_equal, before, counters(engine))):
            raise WrongAnswerError("check: rebuild() has changed counters that were right")
    if found := engine.check():
        raise WrongAnswerError(f"check: {len(found)} findings, the first is {found[0]}")
    return figures


def test_check(benchmark: Any, plan: Plan, chain: Chain) -> None:
    with booked(chain, plan.bookings) as engine:
        figures = benchmark.pedantic(lambda: figures_of(engine, plan.checks), rounds=1)
    benchmark.extra_info.update(key="check", figures=figures | {"bookings": plan.bookings, "rounds": plan.checks})
