"""One replay from files to files: read, run, write, and the answer as plain JSON values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nightgrid.clock import stopwatch_seconds
from nightgrid.jobs.pictures.canvas import require_matplotlib
from nightgrid.jobs.replay.capacity import capacity_of_types, peak_capacity, read_capacity
from nightgrid.jobs.replay.files import summary, write_picture, write_tables
from nightgrid.jobs.replay.house import base_prices, default_book
from nightgrid.jobs.replay.read import read_bookings
from nightgrid.jobs.replay.report import write_files
from nightgrid.jobs.replay.stream import replay
from nightgrid.pricing.parse import load_book

#: Called with what is being done, how much of it is done, and how much it is.
Progress = Callable[[str, int, int], None]


def replay_file(
    bookings: Path,
    folder: Path,
    *,
    capacity: Path | None = None,
    rules: Path | None = None,
    pictures: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Replay a file of bookings and write everything into `folder`; the answer of `nightgrid replay --json`.

    `capacity`: rooms per type (see `read_capacity`), by default the peak of checked-out guests; `rules`: a book instead
    of the one for replays. InputError and RuleBookError come before anything is written; PicturesMissingError without
    matplotlib.
    """
    tell = progress or _nothing
    if pictures:
        require_matplotlib()
    started = stopwatch_seconds()
    tell("read", 0, 1)
    book = default_book() if rules is None else load_book(rules)
    rooms_of = None if capacity is None else read_capacity(capacity)
    stream = read_bookings(bookings)
    rooms, warnings = peak_capacity(stream), list[str]()
    if rooms_of is not None:
        rooms, warnings = capacity_of_types(stream.type_names, rooms_of)
    base_minor, remarks = base_prices(stream)
    tell("read", 1, 1)
    read = stopwatch_seconds()
    done = replay(stream, rooms, base_minor, book, lambda now, total: tell("bookings", now, total))
    ran = stopwatch_seconds()
    tell("write", 0, 1)
    answer = summary(done) | {"warnings": warnings + remarks, "paths": write_tables(done, folder)}
    if pictures:
        answer["paths"] |= write_picture(done, folder)
    answer["paths"] |= write_files(answer, folder)
    tell("write", 1, 1)
    finished = stopwatch_seconds()
    parts = {"read": read - started} | done.seconds | {"write": finished - ran}
    answer["seconds"] = round(finished - started, 3)
    answer["seconds_by_part"] = {name: round(seconds, 3) for name, seconds in parts.items()}
    return answer


def _nothing(label: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
