"""Publishing rule books: at once or at an instant, back to an older version, and what was published when.

A version is immutable: book, data beside it, window and catalogue, named by a digest of all of them. Publishing makes
another; readers keep the one they began with.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from nightgrid.catalog import Catalog
from nightgrid.clock import instant_ms
from nightgrid.counts import plain_int
from nightgrid.engine.base import EngineBase
from nightgrid.engine.edge.answers import Publication
from nightgrid.engine.edge.comparison import Guard
from nightgrid.engine.edge.version_shelf import Cause, Entry, Scheduled
from nightgrid.errors import InputError, InputTypeError, RuleBookError, UnknownIdError, VersionGoneError
from nightgrid.native.prices.tables import LaneMap
from nightgrid.nights import to_ordinal
from nightgrid.pricing.compile import CompiledBook, compile_book
from nightgrid.pricing.mistakes import with_lines
from nightgrid.pricing.model import RuleBook
from nightgrid.pricing.parse import load_book, toml_text
from nightgrid.pricing.price_data import LAYERS, PriceData
from nightgrid.search.new_version import build_price_version
from nightgrid.search.price_version import PriceVersion

_EPOCH = to_ordinal("1970-01-01")
Book = RuleBook | CompiledBook | str | Path | dict[str, Any]


def instant_of(name: str, instant: datetime | int) -> int:
    """An instant in milliseconds UTC, from an aware datetime or such milliseconds."""
    instant = plain_int(instant)
    if isinstance(instant, bool) or not isinstance(instant, datetime | int):
        raise InputTypeError(f"{name} is {instant!r}; give a datetime with a time zone, or milliseconds since 1970 UTC")
    if isinstance(instant, datetime):
        if instant.tzinfo is None:
            raise InputError(f"{name} is {instant.isoformat()}, which has no time zone; use datetime(..., tzinfo=UTC)")
        return instant_ms(instant)
    return instant


class VersionMixin(EngineBase):
    """Versions of all prices. One change at a time; searches and quotes go on meanwhile."""

    def publish(
        self, book: Book, *, at: datetime | int | None = None, name: str | None = None, guard: Guard | None = None
    ) -> Publication:
        """Compile a rule book for this catalogue and make it the current price version, at once or at an instant.

        Searches and quotes that run meanwhile keep the version they started with. With `at` (a datetime with a time
        zone, or milliseconds UTC) the book is compiled now and takes effect at that instant of the engine's clock, for
        every question asked at it or later; `versions()` lists it as scheduled until then. `name` defaults to the
        book's. A book that gives the version that is current already changes nothing: the answer's `changed` is False.
        `guard` compares all prices first (`compare`), and where one is broken nothing is published: GuardError names
        the worst. RuleBookError lists every mistake; nothing is changed then. See docs/versions.md, and docs/rules.md
        for the file. O(catalogue × nights).
        """
        with self._publishing:
            now_ms = self._now_ms()
            self._switch_locked(now_ms)
            at_ms = now_ms if at is None else instant_of("at", at)
            prices = self._compile(book)
            if guard is not None and self._version is not None:
                self._check_guard(prices, guard)
            title = prices.compiled.book.book.name if name is None else name
            if at_ms > self._now_ms():  # folding takes its time
                return self._schedule(prices, title, now_ms, at_ms)
            return self._activate(prices, title, "published", now_ms)

    def _check_guard(self, prices: PriceVersion, guard: Guard, parties: Iterable[int] = ()) -> None:
        raise NotImplementedError  # `comparing.CompareMixin`

    def _schedule(self, prices: PriceVersion, name: str, now_ms: int, at_ms: int) -> Publication:
        entry = Entry.of(prices, name, "published", now_ms, at_ms)
        self._note_fill(prices)
        self._shelf.wait((*self._shelf.waiting, Scheduled(entry, prices)))
        return Publication(prices.digest, name, True, now_ms, at_ms, prices)

    def _activate(self, prices: PriceVersion, name: str, cause: Cause, now_ms: int) -> Publication:
        """Make a version the current one, unless it is; the publishing lock is held."""
        current = self._shelf.current
        if current is not None and self._version is not None and current.digest == prices.digest:
            return Publication(
                current.digest, current.name, False, current.published_ms, current.active_ms, self._version
            )
        self._note_fill(prices)
        active_ms = self._now_ms()  # not before its fill is noted, nor before anybody could see it
        self._make_current(prices, Entry.of(prices, name, cause, now_ms, active_ms))
        return Publication(prices.digest, name, True, now_ms, active_ms, prices)

    def _make_current(self, prices: PriceVersion, entry: Entry) -> None:
        """From here on every question is answered by `prices`."""
        self._shelve(entry)
        self._version = prices
        self._note_fill()

    def _note_fill(self, *more: PriceVersion) -> None:
        """From now on note house fill as far as the current version, those that wait and others depend on it."""
        waiting = (each.prices for each in self._shelf.waiting)
        programs = [each.compiled.program for each in (self._version, *more, *waiting) if each is not None]
        edges = {edge for program in programs if program is not None for edge in program.fills}
        self._past_fill.track(tuple(sorted(edges)), self._now_ms())
        self._look_again()

    def _shelve(self, entry: Entry) -> None:
        """Note that a version becomes current."""
        self._shelf.add(entry)
        self._history.version(entry)

    def _compile(self, book: Book) -> PriceVersion:
        """A price version from a book in any form, with the data of now."""
        if isinstance(book, CompiledBook):
            compiled = book
            made_for = (compiled.first_night, compiled.n_nights, len(compiled.season_set))
            wanted = (self.first_night, self.n_nights, self.catalog.n_products)
            if made_for != wanted:
                raise InputError(
                    f"the book is compiled for (first night, nights, products) = {made_for}, the engine has {wanted}; "
                    "compile it for the engine's catalogue and window, or publish the book itself"
                )
            if compiled.data is not self._data:
                compiled = self._compiled(compiled.book, self.catalog, self.first_night, self._data)
        else:
            compiled = self._compiled_from(book)
        return self._folded(compiled)

    def _compiled_from(self, book: RuleBook | str | Path | dict[str, Any]) -> CompiledBook:
        """A book compiled for now; what is wrong in it with this catalogue has its line, where it has a text."""
        model = load_book(book)
        try:
            return self._compiled(model, self.catalog, self.first_night, self._data)
        except RuleBookError as error:
            text = toml_text(book)
            raise error if text is None else with_lines(error, text) from None

    def _folded(self, compiled: CompiledBook) -> PriceVersion:
        return build_price_version(compiled, self.catalog, self._inventory, before=self._version)

    def _compiled(self, book: RuleBook, catalog: Catalog, first_night: int, data: PriceData) -> CompiledBook:
        return compile_book(book, catalog, first_night, self.n_nights, data)

    # -- another catalogue, window or data -----------------------------------------------------------

    def _versions_for(
        self, catalog: Catalog, first_night: int, lanes: LaneMap | None = None, data: PriceData | None = None
    ) -> tuple[PriceVersion | None, tuple[Scheduled, ...]]:
        """The current version, and those that wait, made anew for another catalogue or window or for other data."""
        used = self._data if data is None else data

        def made_anew(book: RuleBook) -> PriceVersion:
            compiled = self._compiled(book, catalog, first_night, used)
            return build_price_version(compiled, catalog, self._inventory, lanes, self._version)

        current = None if self._version is None else made_anew(self._version.compiled.book)
        waiting = []
        for each in self._shelf.waiting:
            prices = made_anew(each.prices.compiled.book)
            old = each.entry
            entry = Entry.of(prices, old.name, old.cause, old.published_ms, old.active_ms)
            waiting.append(Scheduled(entry, prices))
        return current, tuple(waiting)

    def _follow(self, prices: PriceVersion | None, waiting: tuple[Scheduled, ...], cause: Cause) -> None:
        """Show the same books for another window, catalogue or data; the publishing lock is held."""
        self._shelf.wait(waiting)
        current = self._shelf.current
        if prices is None or current is None:
            return
        if prices.digest != current.digest:
            now_ms = self._now_ms()
            self._shelve(Entry.of(prices, current.name, cause, now_ms, now_ms))
        self._version = prices
        self._note_fill()

    # -- scheduled ---------------------------------------------------------------------------------

    def _priced(self) -> PriceVersion:
        """The current price version; InputError if no rule book was published yet."""
        self._switch()
        return super()._priced()

    def _priced_now(self) -> tuple[PriceVersion, int]:
        """The current price version and an instant at which it was current."""
        while True:
            version = self._version
            now_ms = self._now_ms()
            if version is not None and version is self._version and now_ms < self._shelf.next_ms:
                return version, now_ms
            self._priced()  # one is due, or there is none

    def _switch(self) -> None:
        """Let versions take effect that are due; one look where none waits."""
        if self._shelf.waiting and self._now_ms() >= self._shelf.next_ms:
            with self._publishing:
                self._switch_locked(self._now_ms())

    def _switch_locked(self, now_ms: int) -> None:
        """Let every version take effect whose instant has come; each is current from exactly that instant on."""
        while self._shelf.waiting and self._shelf.next_ms <= now_ms:
            first, *others = self._shelf.waiting
            current = self._shelf.current
            if current is None or current.digest != first.entry.digest:
                self._make_current(first.prices, first.entry)
            self._shelf.wait(tuple(others))

    def unschedule(self, digest: str) -> None:
        """Forget a version that waits for its instant. UnknownIdError if none with this digest waits."""
        with self._publishing:
            self._switch_locked(self._now_ms())
            kept = tuple(each for each in self._shelf.waiting if each.entry.digest != digest)
            if len(kept) == len(self._shelf.waiting):
                waiting = ", ".join(each.entry.digest for each in self._shelf.waiting) or "none"
                raise UnknownIdError(f"digest is {digest!r}; no such version waits to take effect (waiting: {waiting})")
            self._shelf.wait(kept)

    # -- older ones --------------------------------------------------------------------------------

    def rollback(self, digest: str, *, name: str | None = None, guard: Guard | None = None) -> Publication:
        """Make an older version the current one again: its rule book and its data, for today's window and catalogue.

        Where window and catalogue are still the same, so is the digest. Versions that wait for their instant go on
        waiting. `guard` as in `publish`. VersionGoneError names the versions that are kept.
        """
        with self._publishing:
            now_ms = self._now_ms()
            self._switch_locked(now_ms)
            entry = self._kept(digest)
            compiled = entry.compiled
            made_for = (compiled.first_night, compiled.n_nights)
            if entry.catalog is not self.catalog or made_for != (self.first_night, self.n_nights):
                compiled = compile_book(compiled.book, self.catalog, self.first_night, self.n_nights, compiled.data)
            prices = self._folded(compiled)
            if guard is not None and self._version is not None:
                self._check_guard(prices, guard)
            changes = {name: self._data.layer(name).changes_to(compiled.data.layer(name)) for name in LAYERS}
            self._history.data(now_ms, changes)
            self._data = compiled.data
            return self._activate(prices, entry.name if name is None else name, "rolled back", now_ms)

    def _kept(self, digest: str) -> Entry:
        """The entry of a version that is kept."""
        entry = self._shelf.find(digest)
        if entry is None:
            kept = ", ".join(dict.fromkeys(entry.digest for entry in self._shelf.entries)) or "none"
            raise VersionGoneError(
                f"price version {digest} is not kept (any more); kept are {kept}. Quote anew, or give the engine more "
                "versions to keep (keep_versions=)"
            )
        return entry

    def _prices_of(self, entry: Entry) -> PriceVersion:
        """The matrices of a kept version."""
        version = self._version
        if version is not None and entry is self._shelf.current:
            return version
        return self._shelf.prices(entry, self._fold)

    def _fold(self, entry: Entry) -> PriceVersion:
        return build_price_version(entry.compiled, entry.catalog, self._inventory, entry.lanes, self._version)

    def versions(self) -> pl.DataFrame:
        """The versions that are kept, the oldest first, and those that wait for their instant.

        Columns: serial (null while it waits), digest, book_digest, name, cause (published, rolled back, base prices,
        overrides, window, catalogue), state (retired, current, scheduled), published, active_from and retired
        (datetimes UTC, null = not yet), first_night, nights.
        """
        self._switch()
        kept = [(entry, "retired" if entry.retired_ms is not None else "current") for entry in self._shelf.entries]
        kept += [(each.entry, "scheduled") for each in self._shelf.waiting]
        instants = pl.Datetime("ms", "UTC")
        return pl.DataFrame(
            {
                "serial": [entry.serial or None for entry, _ in kept],
                "digest": [entry.digest for entry, _ in kept],
                "book_digest": [entry.compiled.digest for entry, _ in kept],
                "name": [entry.name for entry, _ in kept],
                "cause": [entry.cause for entry, _ in kept],
                "state": [state for _, state in kept],
                "published": pl.Series([entry.published_ms for entry, _ in kept], dtype=pl.Int64).cast(instants),
                "active_from": pl.Series([entry.active_ms for entry, _ in kept], dtype=pl.Int64).cast(instants),
                "retired": pl.Series([entry.retired_ms for entry, _ in kept], dtype=pl.Int64).cast(instants),
                "first_night": pl.Series([entry.compiled.first_night - _EPOCH for entry, _ in kept]).cast(pl.Date),
                "nights": [entry.compiled.n_nights for entry, _ in kept],
            },
            schema_overrides={"serial": pl.Int64},
        )
