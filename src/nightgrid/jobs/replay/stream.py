"""Run a stream of bookings through hold, confirm and cancel, day by day, on an engine of its own.

Meaning: a booking is made on arrival - lead_time. A row with status Canceled gives its rooms back on
its status date, unless that lies before the booking's own date. Within a date: first the cancellations of bookings
made on earlier dates, then the bookings, then the cancellations of bookings made that same date, each in
file order. A refused booking changes nothing, and its later cancellation does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from nightgrid.clock import ManualClock, stopwatch_seconds
from nightgrid.errors import IntegrityError
from nightgrid.jobs.replay.columns import EPOCH_ORDINAL
from nightgrid.jobs.replay.read import CANCELED, Bookings
from nightgrid.nights import to_date
from nightgrid.outcomes import Outcome

if TYPE_CHECKING:
    from nightgrid.engine import Engine
    from nightgrid.pricing.model import RuleBook

Rows = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What happened. Arrays have one entry per booking of `bookings`, matrices one row per room type.

    outcome : int64 Outcome of the hold; released, live : bool; price_minor : int64 total of the stay by the
    rule book on the day it was booked, for live bookings (0 otherwise)
    sold, free, capacity : int64[n_types, n_nights] rooms at the end; findings : result of `check()`
    """

    bookings: Bookings
    outcome: npt.NDArray[np.int64]
    released: npt.NDArray[np.bool_]
    live: npt.NDArray[np.bool_]
    price_minor: npt.NDArray[np.int64]
    first_night: int
    capacity: npt.NDArray[np.int64]
    sold: npt.NDArray[np.int64]
    free: npt.NDArray[np.int64]
    book_name: str
    book_digest: str
    findings: list[Any]
    seconds: dict[str, float]

    @property
    def accepted(self) -> npt.NDArray[np.bool_]:
        """True where the booking got its rooms, whether or not it was cancelled later."""
        accepted: npt.NDArray[np.bool_] = self.outcome == int(Outcome.OK)
        return accepted


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the stream: positions of bookings, in the order in which they are carried out."""

    date: int
    early_cancels: Rows
    arrivals: slice
    late_cancels: Rows


def replay(
    bookings: Bookings,
    capacity: npt.NDArray[np.int64],
    base_minor: npt.NDArray[np.int64],
    book: RuleBook,
    progress: Progress | None = None,
) -> Replayed:
    """Replay all bookings; `capacity` and `base_minor` are int64[n_types], rooms and cents.

    O(bookings log bookings + room nights). `progress(done, total)` counts bookings. IntegrityError if the
    engine refuses to confirm or cancel what it accepted.
    """
    from nightgrid.engine import Engine
    from nightgrid.jobs.replay.house import build_catalog

    started = stopwatch_seconds()
    clock = ManualClock(_noon(int(bookings.booked.min())))
    engine = Engine.in_memory(
        build_catalog(bookings.type_names, capacity, base_minor),
        first_night=to_date(bookings.first_night),
        nights=bookings.window_nights,
        clock=clock,
        slots=len(bookings.row) + 1024,
    )
    version = engine.publish(book)
    prepared = stopwatch_seconds()
    run = _Run(engine, clock, bookings)
    for done in run.days():
        if progress is not None:
            progress(done, len(bookings.row))
    finished = stopwatch_seconds()
    live = (run.outcome == int(Outcome.OK)) & ~run.released
    price_minor = _prices(engine, bookings, live)
    priced = stopwatch_seconds()
    matrices = {name: engine.matrix(name).astype(np.int64) for name in ("capacity", "sold", "free")}
    findings = engine.check()
    checked = stopwatch_seconds()
    return Replayed(
        bookings=bookings,
        outcome=run.outcome,
        released=run.released,
        live=live,
        price_minor=price_minor,
        first_night=bookings.first_night,
        **matrices,
        book_name=book.book.name,
        book_digest=version.compiled.digest,
        findings=list(findings),
        seconds={
            "prepare": prepared - started,
            "replay": finished - prepared,
            "price": priced - finished,
            "check": checked - priced,
        },
    )


def _prices(engine: Engine, bookings: Bookings, live: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Totals of the live bookings as quoted on the day each was made, 0 for the others: int64[bookings], cents."""
    stays = pl.DataFrame(
        {
            "product_index": bookings.type_index[live].astype(np.int32),  # one product a room type, in the same order
            "arrival": pl.Series(bookings.arrival[live] - EPOCH_ORDINAL, dtype=pl.Int32).cast(pl.Date),
            "nights": bookings.nights[live],
            "booking_date": pl.Series(bookings.booked[live] - EPOCH_ORDINAL, dtype=pl.Int32).cast(pl.Date),
        }
    )
    answer = engine.quote_many(stays)
    if answer["total_minor"].null_count():
        refused = Outcome(int(answer.filter(pl.col("total_minor").is_null())["outcome"][0]))
        raise IntegrityError(f"a booked stay cannot be quoted ({refused.name}); this is a defect, please report it")
    prices = np.zeros(len(live), np.int64)
    prices[live] = answer["total_minor"].to_numpy()
    return prices


def _noon(day: int) -> datetime:
    """12:00 UTC: the same civil date in every time zone where these hotels could be."""
    return datetime.combine(to_date(day), datetime.min.time(), tzinfo=UTC).replace(hour=12)


def schedule(bookings: Bookings) -> tuple[Rows, list[Day]]:
    """(positions in order of booking, the days): which bookings and cancellations each date carries out."""
    order = np.argsort(bookings.booked, kind="stable")
    gives_back = (bookings.status == CANCELED) & (bookings.status_day >= bookings.booked)
    later = np.flatnonzero(gives_back & (bookings.status_day > bookings.booked))
    later = later[np.argsort(bookings.status_day[later], kind="stable")]
    same = np.flatnonzero(gives_back & (bookings.status_day == bookings.booked))
    same = same[np.argsort(bookings.booked[same], kind="stable")]
    dates = np.unique(np.concatenate([bookings.booked, bookings.status_day[later]]))
    cut_bookings = np.searchsorted(bookings.booked[order], [dates, dates + 1]).T.tolist()
    cut_later = np.searchsorted(bookings.status_day[later], [dates, dates + 1]).T.tolist()
    cut_same = np.searchsorted(bookings.booked[same], [dates, dates + 1]).T.tolist()
    days = [
        Day(date, later[slice(*early)], slice(*made), same[slice(*late)])
        for date, early, made, late in zip(dates.tolist(), cut_later, cut_bookings, cut_same, strict=True)
    ]
    return order, days


class _Run:
    """The loop over the days, with what it has found so far."""

    def __init__(self, engine: Engine, clock: ManualClock, bookings: Bookings) -> None:
        count = len(bookings.row)
        self.engine, self.clock, self.bookings = engine, clock, bookings
        self.outcome = np.full(count, int(Outcome.INVALID), np.int64)
        self.hold_id = np.zeros(count, np.int64)
        self.released = np.zeros(count, np.bool_)
        self.order, self.schedule = schedule(bookings)
        self.requests = pl.DataFrame(
            {
                "row_index": bookings.type_index[self.order].astype(np.int32),
                "arrival": pl.Series(bookings.arrival[self.order] - EPOCH_ORDINAL, dtype=pl.Int32).cast(pl.Date),
                "nights": bookings.nights[self.order].astype(np.int32),
            }
        )

    def days(self) -> Iterator[int]:
        """Carry out day after day; yields how many bookings were made so far."""
        for day in self.schedule:
            self.clock.move_to(_noon(day.date))
            self._cancel(day.early_cancels)
            self._book(day.arrivals)
            self._cancel(day.late_cancels)
            yield day.arrivals.stop

    def _book(self, made: slice) -> None:
        positions = self.order[made]
        if len(positions) == 0:
            return
        answer = self.engine.hold_many(self.requests[made])
        codes = answer["outcome"].to_numpy().astype(np.int64)
        self.outcome[positions] = codes
        taken = codes == int(Outcome.OK)
        ids = answer["hold_id"].to_numpy()[taken]
        self.hold_id[positions[taken]] = ids
        if len(ids):
            self._expect_ok(self.engine.confirm_many(ids), "confirm")

    def _cancel(self, positions: Rows) -> None:
        booked = positions[self.hold_id[positions] != 0]
        if len(booked) == 0:
            return
        self._expect_ok(self.engine.cancel_many(self.hold_id[booked]), "cancel")
        self.released[booked] = True

    def _expect_ok(self, answer: pl.DataFrame, verb: str) -> None:
        codes = answer["outcome"].to_numpy()
        if not (codes == int(Outcome.OK)).all():
            code = Outcome(int(codes[codes != int(Outcome.OK)][0]))
            raise IntegrityError(f"{verb} of an accepted booking gave {code.name}; this is a defect, please report it")
