"""How the command speaks: answers on stdout (tables or one JSON value), everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

OK, FINDING, BAD_INPUT = 0, 1, 2
PIPE_COLUMNS = 160  # what a table may take where no terminal says how wide it is
QUIET_SECONDS = 1.0  # shorter work needs no word about it
PERCENT = 100  # totals up to here are shares or steps; the bar says enough


class Screen:
    """One run's way to speak. With `as_json` stdout gets exactly one JSON value, from `answer`."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_COLUMNS
        self.out = Console(highlight=False, width=width)
        self.err = Console(stderr=True, highlight=False)

    def answer(self, value: Any, *shown: RenderableType) -> None:
        """Print `value` as JSON, or what a person should see."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n")
            sys.stdout.flush()
        else:
            self._print(self.out, shown)

    def show(self, *shown: RenderableType) -> None:
        """Print for a person while work goes on; nothing where JSON was asked for, which has it all at the end."""
        if not self.as_json:
            self._print(self.out, shown)

    def note(self, text: str) -> None:
        """A remark or warning, on stderr."""
        self.err.print(text, markup=False, style="yellow", soft_wrap=True)

    def fault(self, text: str) -> None:
        """An error, on stderr; in one piece, so that a program can search it."""
        self.err.print(text, markup=False, style="red", soft_wrap=True)

    @staticmethod
    def _print(console: Console, shown: tuple[RenderableType, ...]) -> None:
        """Sentences are never broken where nobody looks at the width: a pipe, a file."""
        for part in shown:
            console.print(part, soft_wrap=isinstance(part, Text) and not console.is_terminal)

    @contextmanager
    def progress(self) -> Iterator[Bars]:
        """Progress bars on stderr; where stderr is no terminal, one line for whatever took a second or more."""
        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
        )
        live = self.err.is_terminal
        with Progress(*columns, console=self.err, disable=not live) as progress:
            yield Bars(progress)
        for task in () if live else progress.tasks:
            seconds = task.finished_time or task.elapsed or 0
            if seconds >= QUIET_SECONDS:
                count = task.fields["count"]
                self.note(f"{task.description}: {count + ', ' if count else ''}{seconds:.1f} s")


class Bars:
    """Named bars that jobs move with plain (done, total) calls."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def move(self, label: str, done: int, total: int) -> None:
        """Set the bar `label` to done of total; a new label starts a new bar."""
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, total=total, count="")
        count = f"{done:,}/{total:,}" if total > PERCENT else ""
        self._progress.update(self._tasks[label], completed=done, total=total, count=count)

    @contextmanager
    def step(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """A bar from start to end of a block; gives a (done, total) callable for what can be counted inside."""
        last_total = 1
        self.move(label, 0, 1)

        def move(done: int, total: int) -> None:
            nonlocal last_total
            last_total = total
            self.move(label, done, total)

        yield move
        self.move(label, last_total, last_total)


def table(title: str, columns: dict[str, str], rows: list[list[str]], caption: str | None = None) -> Table:
    """A table; `columns` maps each heading to left, right or id (left, never broken). Cells are text, never markup."""
    made = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold", box=SIMPLE_HEAD)
    made.padding, made.pad_edge = (0, 1, 0, 0), False
    made.caption, made.caption_justify = caption, "left"
    for heading, side in columns.items():
        made.add_column(
            heading, justify="right" if side == "right" else "left", overflow="fold", no_wrap=side != "left"
        )
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def _plain(value: Any) -> Any:
    """JSON form of what the library's answers hold: dates, paths, numpy numbers."""
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    return str(value)
