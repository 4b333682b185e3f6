"""What every part of the engine stands on: the catalogue, the inventory, the clock, and the current price version."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from nightgrid.asking import Asking, GuestQuestion, asking_from, check_fill
from nightgrid.catalog import Catalog
from nightgrid.clock import Clock
from nightgrid.counts import plain_int
from nightgrid.engine.edge.days import Days
from nightgrid.engine.edge.digests import Digests
from nightgrid.engine.edge.hold_frames import NameColumns
from nightgrid.engine.edge.names import Names
from nightgrid.engine.edge.past_fill import PastFill
from nightgrid.engine.edge.price_journal import PriceHistory
from nightgrid.engine.edge.version_shelf import Shelf
from nightgrid.errors import InputError, InputTypeError
from nightgrid.inventory.inventory import Inventory
from nightgrid.nights import to_date, to_ordinal
from nightgrid.pricing.price_data import PriceData
from nightgrid.search.price_version import PriceVersion, check_packages
from nightgrid.search.searcher import Searcher

E = TypeVar("E", bound="EngineBase")
P = ParamSpec("P")
R = TypeVar("R")


def steady(question: Callable[Concatenate[E, P], R]) -> Callable[Concatenate[E, P], R]:
    """A question that reads the window more than once: it is asked again if the window rolled meanwhile."""

    @wraps(question)
    def asked(self: E, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._inventory.steady(lambda _: question(self, *args, **kwargs))

    return asked


def checked_lsn(lsn: Any, latest: int) -> int:
    """A log sequence number of this store; InputTypeError or InputError for what is none."""
    lsn = plain_int(lsn)
    if type(lsn) is not int:
        raise InputTypeError(f"lsn is {lsn!r}; give the `lsn` of a ticket, or the one that the last answer reached")
    if not 0 <= lsn <= latest:
        raise InputError(f"lsn is {lsn}; allowed are 0 (everything) to {latest}, the latest change of this store")
    return lsn


class EngineBase:
    """Shared state and small helpers; not for use on its own."""

    catalog: Catalog  # another object after each change; what it has, searcher, prices and store have already
    clock: Clock
    n_nights: int
    _inventory: Inventory
    _searcher: Searcher
    _days: Days
    _digests: Digests
    _names: Names
    _version: PriceVersion | None
    _shelf: Shelf  # all price versions that are kept
    _history: PriceHistory  # all that happened to prices
    _past_fill: PastFill  # house fill at every instant at which prices depended on it
    _data: PriceData  # base prices and overrides beside the rule book
    _publishing: AbstractContextManager[Any]  # a lock, held while catalogue, window or prices are changed
    _ledger_ms: int
    _look_ms: int = -(2**62)  # at this instant a date may change, or the past wants to be noted
    _looking: AbstractContextManager[Any]  # a lock, held while that is seen to
    _quote_valid_ms: int
    _columns: NameColumns | None = None

    @property
    def first_night(self) -> int:
        """Ordinal of the first night of the window; it moves on when the window rolls."""
        return self._inventory.first_night

    @property
    def _name_columns(self) -> NameColumns:
        """The catalogue's names as columns; made anew when it has changed."""
        catalog = self.catalog
        known = self._columns
        if known is None or known.catalog is not catalog:
            known = self._columns = NameColumns(catalog)
        return known

    def _now_ms(self) -> int:
        """Ledger time: the injected clock, never backwards. Turns the hotels' dates when one has changed, and has house
        fill noted now and then where prices depend on it.
        """
        now_ms = self.clock.now_ms()
        if now_ms < self._ledger_ms:
            now_ms = self._ledger_ms
        else:
            self._ledger_ms = now_ms
        if now_ms >= self._look_ms:
            self._look(now_ms)
        return now_ms

    def _look(self, now_ms: int) -> None:
        """See to what is due at an instant."""
        with self._looking:
            self._days.today(now_ms)
            if now_ms >= self._past_fill.next_ms:
                self._past_fill.look(now_ms)
            self._look_ms = min(self._days.next_change_ms, self._past_fill.next_ms)

    def _bulk_ms(self) -> int:
        """`_now_ms` before a call that may write more records than the ring has, or sets what only counters tell: what
        was before has been noted.
        """
        now_ms = self._now_ms()
        self._past_fill.look(now_ms)
        return now_ms

    def _look_again(self) -> None:
        """Something is due sooner than was thought: look at the next call."""
        with self._looking:
            self._look_ms = -(2**62)

    def _scope(self, tier: str | None, channel: str | None) -> int:
        """The scope of a guest's question: a tier that only the rule book knows is of the lowest class."""
        known = tier if tier in self._names.tiers else None
        return self._names.scope(known, channel) if known or channel else 0

    def _question(self, version: PriceVersion, asked: GuestQuestion, nights: int) -> Asking:
        """A guest's question about stays of a length; InputError where a version cannot answer it."""
        asking = asking_from(asked)
        check_fill(asking, nights)
        check_packages(version, asking)
        program = version.compiled.program
        return asking if program is None else program.at_time(asking, self._now_ms())

    def _nights(self, arrival: int, nights: int | None, departure: date | str | None) -> int:
        """Length of a stay from nights or departure, exactly one of them."""
        if (nights is None) == (departure is None):
            raise InputError(f"nights is {nights} and departure is {departure}; give exactly one of the two")
        if nights is None:
            nights = to_ordinal(departure) - arrival  # type: ignore[arg-type]
            if nights < 1:
                raise InputError(f"departure {departure} is not after arrival; a stay has at least 1 night")
        nights = plain_int(nights)
        if type(nights) is not int:
            raise InputTypeError(f"nights is {nights!r}; a whole number is needed")
        return nights

    def _night_range(self, first: date | str | None, last: date | str | None) -> tuple[int, int]:
        """Window indexes of nights first..last (inclusive, None = the ends of the window); InputError outside it."""
        begin = 0 if first is None else to_ordinal(first) - self.first_night
        end = self.n_nights - 1 if last is None else to_ordinal(last) - self.first_night
        if not 0 <= begin <= end < self.n_nights:
            window = f"{to_date(self.first_night)} to {to_date(self.first_night + self.n_nights - 1)}"
            raise InputError(f"nights {first} to {last} are not in order inside the window {window}")
        return begin, end

    def _row_names(self, row: int) -> tuple[str, str]:
        """(hotel_id, room_type_id) of a row."""
        return self.catalog.hotel_ids[int(self.catalog.row_hotel[row])], self.catalog.room_type_ids[row]

    def _priced(self) -> PriceVersion:
        """The current price version; InputError if no rule book was published yet."""
        if self._version is None:
            raise InputError("no rule book is published; call engine.publish(book) before asking for prices")
        return self._version
