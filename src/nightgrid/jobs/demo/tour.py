"""The demo: one seeded chain from nothing to a report, every part of the library at work once.

Everything runs on a `ManualClock` that stands at noon UTC of the demo's first night; the one place that
moves it says so. The same seed, size and date give the same chain, prices and bookings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from nightgrid.clock import ManualClock, SystemClock, stopwatch_seconds
from nightgrid.jobs.report import Grid, Move, Section, write_report
from nightgrid.nights import to_date

if TYPE_CHECKING:
    from nightgrid.engine import Engine
    from nightgrid.jobs.chain import Chain
    from nightgrid.jobs.demo.stays import Asked
    from nightgrid.search.price_version import PriceVersion

Step = Callable[[Move], Section]
ROOM_TYPES_PER_HOTEL = 5


class Demo:
    """The steps of the demo, in order, over one engine. Call `steps()` once."""

    def __init__(self, folder: Path, hotels: int, nights: int, seed: int, today: date | None = None) -> None:
        self.folder, self.hotels, self.nights, self.seed = folder, hotels, nights, seed
        if today is None:
            today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).date()
        self.today = today
        self.clock = ManualClock(datetime.combine(today, time(12), tzinfo=UTC))
        self.sections: list[Section] = []
        self.chain: Chain
        self.engine: Engine
        self.version: PriceVersion
        self.asked: Asked

    def steps(self) -> Iterator[tuple[str, str, Step]]:
        """(name, label for a progress bar, step); each step gives a section that the report repeats."""
        from nightgrid.jobs.demo import prices, stays

        yield "chain", "build the chain", self._kept(self._build)
        yield "book", "publish the rule book", self._kept(self._publish)
        yield "search_chain", "search the chain", self._kept(self._search)
        asked, city = self.asked, stays.largest_city(self.engine)
        yield "search_city", "search a city", self._kept(lambda _: stays.search(self.engine, asked, city))
        yield "quote", "explain a quote", self._kept(lambda _: stays.explain_quote(self.engine, asked))
        yield "holds", "hold and book", self._kept(lambda _: stays.holds(self.engine, self.clock, asked))
        yield (
            "reprice",
            "reprice a region",
            self._kept(lambda move: prices.reprice_region(self.engine, self.folder, move)),
        )
        yield "pictures", "draw", self._kept(lambda _: prices.draw(self.engine, self.folder, asked))
        yield "check", "check the grid", self._kept(self._check)
        yield "report", "write the report", self._report

    @property
    def tier(self) -> str:
        """The member that the demo searches for: gold where the book has it, else its last tier."""
        return "gold" if "gold" in self.version.tiers else self.version.tiers[-1]

    def _kept(self, step: Step) -> Step:
        def run(move: Move) -> Section:
            section = step(move)
            self.sections.append(section)
            return section

        return run

    def _build(self, move: Move) -> Section:
        from nightgrid.engine import Engine
        from nightgrid.jobs.chain import make_chain

        started = stopwatch_seconds()
        self.chain = make_chain(
            hotels=self.hotels,
            room_types=self.hotels * ROOM_TYPES_PER_HOTEL,
            nights=self.nights,
            seed=self.seed,
            first_night=self.today,
            progress=lambda _, share: move(int(80 * share), 100),
        )
        made = stopwatch_seconds()
        catalog = self.chain.catalog
        self.engine = Engine.in_memory(catalog, self.today, self.nights, clock=self.clock)
        self.engine.set_sold_elsewhere(self.chain.sold_elsewhere)
        move(90, 100)
        changed = self.engine.restrict(self.chain.restrictions)
        finished = stopwatch_seconds()
        rooms = int(catalog.capacity.sum())
        cells = catalog.n_rows * self.nights
        sold = int(self.chain.sold_elsewhere.sum(dtype="int64"))
        return Section(
            "The chain",
            (
                (
                    f"Seed {self.seed}: {catalog.n_hotels:,} hotels, {catalog.n_rows:,} room types, {rooms:,} rooms, "
                    f"{catalog.n_products:,} products, {self.nights} nights from {self.today}."
                ),
                (
                    f"{cells:,} cells of room type and night; {sold:,} room nights are sold already, and "
                    f"{changed:,} cells have restrictions."
                ),
                f"Generated in {made - started:.2f} s, loaded into the engine in {finished - made:.2f} s.",
                f"The clock of the demo stands at noon UTC of {self.today} and moves only where this report says so.",
            ),
            facts={
                "seed": self.seed,
                "hotels": catalog.n_hotels,
                "room_types": catalog.n_rows,
                "products": catalog.n_products,
                "rooms": rooms,
                "nights": self.nights,
                "first_night": self.today.isoformat(),
                "sold_room_nights": sold,
                "restricted_cells": changed,
                "generate_seconds": round(made - started, 3),
                "load_seconds": round(finished - made, 3),
            },
        )

    def _publish(self, _: Move) -> Section:
        from nightgrid.pricing.model import RULE_KINDS
        from nightgrid.pricing.parse import load_book

        started = stopwatch_seconds()
        book = load_book(self.chain.book_toml)
        self.version = self.engine.publish(book).prices
        seconds = stopwatch_seconds() - started
        stages = {kind: len(getattr(book, kind)) for kind in RULE_KINDS}
        nights = self.engine.catalog.n_products * self.nights
        rows = tuple((kind.replace("_", " "), str(count)) for kind, count in stages.items())
        return Section(
            "The rule book",
            (
                (
                    f"{book.book.name}: {sum(stages.values())} rules for the tiers {', '.join(book.book.tiers)}; "
                    f"digest {book.digest}."
                ),
                (
                    f"Compiled and folded into {nights:,} nightly prices in {seconds:.2f} s "
                    "(the first time on a machine, this includes compiling the kernels)."
                ),
            ),
            (Grid(("stage", "rules"), rows, frozenset({1})),),
            facts={"name": book.book.name, "digest": book.digest, "stages": stages, "seconds": round(seconds, 3)},
        )

    def _search(self, _: Move) -> Section:
        from nightgrid.jobs.demo import stays

        started = stopwatch_seconds()
        self.asked = stays.ask(self.engine, self.today, self.tier)
        return stays.search(self.engine, self.asked, None, stopwatch_seconds() - started)

    def _check(self, _: Move) -> Section:
        started = stopwatch_seconds()
        findings = self.engine.check()
        seconds = stopwatch_seconds() - started
        cells = self.engine.catalog.n_rows * self.nights
        said = "no finding" if not findings else f"{len(findings)} findings"
        return Section(
            "Is the grid right?",
            (
                f"check() recomputed {cells:,} cells from the holds and bookings in {seconds:.2f} s: {said}.",
                *(str(finding) for finding in findings[:10]),
            ),
            facts={"count": len(findings), "findings": [str(f) for f in findings], "seconds": round(seconds, 3)},
        )

    def _report(self, _: Move) -> Section:
        last = to_date(self.engine.first_night + self.engine.n_nights - 1)
        title = f"nightgrid demo: {self.engine.catalog.n_hotels:,} hotels, {self.today} to {last}"
        markdown, page = write_report(self.folder, title, self.sections)
        return Section(
            "Report",
            (f"{markdown}", f"{page}"),
            facts={"markdown": str(markdown), "html": str(page)},
        )
