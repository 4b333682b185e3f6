"""The engine that a command works on: a chain on disk, or the seeded demo chain in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nightgrid.cli.options import read_date
from nightgrid.cli.screen import Screen
from nightgrid.clock import Clock, ManualClock, SystemClock
from nightgrid.errors import InputError
from nightgrid.nights import to_date

if TYPE_CHECKING:
    from nightgrid.engine import Engine
    from nightgrid.jobs.chain import Chain
    from nightgrid.pricing.model import RuleBook

Progress = Callable[[str, float], None]
HOTELS_DEFAULT = 500
SEED_DEFAULT = 2027
ARRIVAL_DAYS_AHEAD = 14


@dataclass(frozen=True, slots=True)
class House:
    """An engine with its book published, and what to call the chain."""

    engine: Engine
    book: RuleBook
    name: str

    def arrival(self, text: str | None, days_ahead: int = ARRIVAL_DAYS_AHEAD) -> date:
        """The arrival asked for, or one some days after today (or after the first night, where that is later)."""
        asked = read_date(text, "--arrival")
        if asked is not None:
            return asked
        first = to_date(self.engine.first_night)
        return max(first, _date_of(self.engine.clock)) + timedelta(days=days_ahead)

    @property
    def display_currency(self) -> str:
        """The currency that searches show where none is asked for."""
        return self.book.book.display_currency or self.engine.catalog.currencies[0]

    def first_plan(self, hotel_id: str, room_type_id: str) -> str:
        """The plan a quote takes where none is named: "standard", else the room type's first."""
        catalog = self.engine.catalog
        row = catalog.row_index(hotel_id, room_type_id)
        plans = catalog.plan_ids[int(catalog.row_first_product[row]) : int(catalog.row_first_product[row + 1])]
        return "standard" if "standard" in plans else plans[0]


def open_house(
    screen: Screen, folder: Path | None, hotels: int, seed: int, rules: Path | None, today: str | None
) -> House:
    """Read or make the chain, build the engine, publish the book. InputError and friends for bad input."""
    from nightgrid.pricing.parse import load_book

    asked = read_date(today, "--today")
    clock: Clock = SystemClock() if asked is None else ManualClock(datetime.combine(asked, time(12), tzinfo=UTC))
    if rules is not None and not rules.is_file():
        raise InputError(f"rule book {rules} does not exist or is no file; check the path")
    with screen.progress() as bars:
        with bars.step("chain") as move:
            chain = _chain(folder, hotels, seed, _date_of(clock), lambda _, share: move(int(100 * share), 100))
        book = load_book(rules if rules is not None else chain.book_toml)
        with bars.step("engine"):
            engine = _engine(chain, clock, book)
    return House(engine, book, chain.description)


def _chain(folder: Path | None, hotels: int, seed: int, today: date, progress: Progress) -> Chain:
    from nightgrid.jobs.chain import Chain, make_chain

    if folder is None:
        return make_chain(hotels=hotels, seed=seed, first_night=today, progress=progress)
    if not folder.is_dir():
        raise InputError(f"--chain {folder} is not a folder; give the folder with hotels and room_types in it")
    return Chain.read(folder, first_night=None if (folder / "chain.json").is_file() else today)


def _engine(chain: Chain, clock: Clock, book: RuleBook) -> Engine:
    from nightgrid.engine import Engine

    engine = Engine.in_memory(chain.catalog, chain.first_night, chain.nights, clock=clock)
    if chain.sold_elsewhere.any():
        engine.set_sold_elsewhere(chain.sold_elsewhere)
    if len(chain.restrictions):
        engine.restrict(chain.restrictions)
    engine.publish(book)
    return engine


def _date_of(clock: Clock) -> date:
    """Today's date in UTC by the clock."""
    return datetime.fromtimestamp(clock.now_ms() / 1000, UTC).date()
