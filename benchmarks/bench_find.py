"""How long does the page of a guest wait for his bookings, with a million live bookings in 10,000 hotels?

`Engine.find_views` by the guest's text, three bookings on average; beside it the frame of `Engine.find`, and what a
question costs that comes after a thousand new holds, which the index then reads from the ring of records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.bulk import draw
from benchmarks.data import SEED, Chain
from benchmarks.measure import Contestant, Race, WrongAnswerError, latency_us
from benchmarks.plan import Plan
from benchmarks.rivals.guest_find import COLUMNS, DictFind, PolarsFind, SqliteFind, slots_of

_MORE = 1.2  # requests for a booking: some find no room
_BOOKINGS_PER_GUEST = 3
_NEW_HOLDS = 1_000
_FIRST_QUESTIONS = 30  # they make the index between them


class EngineFind(Contestant):
    """`Engine.find_views`, or `Engine.find`, which makes a frame."""

    def __init__(self, engine: Any, *, frame: bool = False) -> None:
        self.name = "nightgrid_frame" if frame else "nightgrid"
        self._engine = engine
        self.ask = self._frame if frame else self._views  # type: ignore[method-assign]

    def _views(self, question: str) -> Any:
        return self._engine.find_views(guest=question)

    def _frame(self, question: str) -> Any:
        return self._engine.find(guest=question)

    def numbers(self, answer: Any) -> NDArray[np.int64]:
        ids = answer["id"].to_list() if isinstance(answer, pl.DataFrame) else [view.id for view in answer]
        return slots_of(np.array(ids, np.int64))


@contextmanager
def booked_guests(chain: Chain, count: int) -> Iterator[tuple[Any, pl.DataFrame]]:
    """(engine with so many live bookings of guests, the bookings with COLUMNS); they are cancelled at the end."""
    engine = chain.holding_engine
    bulk = draw(chain, round(count * _MORE), np.arange(chain.size.rows))
    guests = np.random.default_rng([SEED, 7]).integers(0, max(count // _BOOKINGS_PER_GUEST, 1), len(bulk))
    frame = bulk.frame().with_columns(guest=pl.format("guest {}", pl.Series(guests)))
    frame = frame.with_columns(id=engine.hold_many(frame)["hold_id"], state=pl.lit("booked")).filter(pl.col("id") > 0)
    engine.release_many(frame["id"][count:].to_numpy())
    bookings = frame.head(count).select(COLUMNS)
    ids = bookings["id"].to_numpy()
    if len(ids) != count or (engine.confirm_many(ids)["outcome"] != 0).any():
        raise WrongAnswerError(f"find: not all of {count} bookings could be made")
    try:
        yield engine, bookings
    finally:
        engine.cancel_many(ids)


def race(engine: Any, bookings: pl.DataFrame, questions: Sequence[str]) -> Race:
    """Ours and the rivals; asked until the index is made, which the first questions do."""
    for _ in range(_FIRST_QUESTIONS):
        engine.find_views(guest=questions[0])
    rivals = [kind(bookings) for kind in (DictFind, PolarsFind, SqliteFind)]
    return Race("find", EngineFind(engine), [EngineFind(engine, frame=True), *rivals], questions, warm=True)


def guests_of(bookings: pl.DataFrame, count: int) -> list[str]:
    """Guests drawn from those that have bookings, one who has none among them."""
    drawn = bookings["guest"].unique(maintain_order=True).sample(count - 1, seed=SEED).to_list()
    return [*drawn, "nobody"]


def after_holds(engine: Any, chain: Chain, guest: str, rounds: int) -> dict[str, float]:
    """Latency of one question after new holds that nobody asked for."""
    frame = (
        draw(chain, _NEW_HOLDS, np.arange(chain.size.rows), SEED + 1).frame().with_columns(guest=pl.lit("a new one"))
    )
    seconds = []
    for _ in range(rounds):
        ids = engine.hold_many(frame)["hold_id"].to_numpy()
        started = perf_counter()
        engine.find_views(guest=guest)
        seconds.append(perf_counter() - started)
        engine.release_many(ids[ids > 0])
        engine.find_views(guest=guest)
    return latency_us(np.array(seconds))


def test_find(benchmark: Any, plan: Plan, chain: Chain) -> None:
    with booked_guests(chain, plan.bookings) as (engine, bookings):
        questions = guests_of(bookings, plan.stays)
        race(engine, bookings, questions).run(benchmark, plan.rounds)
        figures = benchmark.extra_info["figures"]
        del figures["ratio"]["nightgrid_frame"]
        figures["frame"] = figures["rivals"].pop("nightgrid_frame")
        figures["after_holds"] = after_holds(engine, chain, questions[0], plan.rounds)
        figures["bookings"] = plan.bookings
