"""The price versions of a store: which one is current, which are scheduled, and the last ones that were.

Only the current version keeps its matrices. An older one keeps what they were made from (compiled rules, data,
catalogue: small), and is folded again when somebody asks what it said.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from nightgrid.catalog import Catalog
from nightgrid.native.prices.tables import LaneMap
from nightgrid.pricing.compile import CompiledBook
from nightgrid.search.price_version import PriceVersion

#: Why a version came to be.
Cause = Literal["published", "rolled back", "base prices", "overrides", "window", "catalogue"]
#: Older versions whose matrices are kept once somebody asked for them.
_FOLDED_MAX = 2
_NEVER_MS = 2**62


@dataclass(slots=True, eq=False)
class Entry:
    """One version: what it is made from and when it was current. `retired_ms` is None for the current one."""

    serial: int  # 1, 2, 3 ... in the order in which versions became current; 0 while scheduled
    digest: str
    name: str
    cause: Cause
    compiled: CompiledBook
    catalog: Catalog
    lanes: LaneMap
    published_ms: int
    active_ms: int
    retired_ms: int | None = None

    @classmethod
    def of(cls, prices: PriceVersion, name: str, cause: Cause, published_ms: int, active_ms: int) -> Entry:
        """The entry of a version that was just folded."""
        made_from = (prices.compiled, prices.catalog, prices.lanes)
        return cls(0, prices.digest, name, cause, *made_from, published_ms, active_ms)


@dataclass(slots=True, eq=False)
class Scheduled:
    """A version that waits for its instant, folded and ready."""

    entry: Entry
    prices: PriceVersion


class Shelf:
    """Entries in the order of their serials, the current one last. Changed under the engine's publishing lock only."""

    def __init__(self, keep: int, keep_ms: int) -> None:
        self.keep = keep
        self.keep_ms = keep_ms  # an entry stays so long after it was retired, however many follow
        self.entries: tuple[Entry, ...] = ()  # replaced, never changed: readers need no lock
        self.waiting: tuple[Scheduled, ...] = ()  # by instant
        self.next_ms = _NEVER_MS  # of the first that waits
        self.digests: list[str] = []  # of every version there was, by serial number - 1
        self._folded: OrderedDict[int, PriceVersion] = OrderedDict()
        self._folding = Lock()

    @property
    def current(self) -> Entry | None:
        """The entry of the current version; None before the first."""
        return self.entries[-1] if self.entries else None

    def find(self, digest: str) -> Entry | None:
        """The latest kept entry with a digest."""
        for entry in reversed(self.entries):  # most quotes are of the last one
            if entry.digest == digest:
                return entry
        return None

    def with_serial(self, serial: int) -> Entry | None:
        """The kept entry with a serial number."""
        return next((entry for entry in reversed(self.entries) if entry.serial == serial), None)

    def add(self, entry: Entry) -> None:
        """Make an entry the current one from its `active_ms` on, and drop what need not be kept any more."""
        self.digests.append(entry.digest)
        entry.serial = len(self.digests)
        if self.current is not None:
            self.current.retired_ms = entry.active_ms
        entries = (*self.entries, entry)
        oldest_ms = entry.active_ms - self.keep_ms
        surplus = len(entries) - 1 - self.keep
        dropped = 0
        while dropped < surplus and (entries[dropped].retired_ms or 0) <= oldest_ms:
            dropped += 1
        self.entries = entries[dropped:]

    def wait(self, waiting: tuple[Scheduled, ...]) -> None:
        """Set what waits."""
        self.waiting = tuple(sorted(waiting, key=lambda each: each.entry.active_ms))  # stable: the later one wins
        self.next_ms = self.waiting[0].entry.active_ms if self.waiting else _NEVER_MS

    def prices(self, entry: Entry, fold: Callable[[Entry], PriceVersion]) -> PriceVersion:
        """The matrices of an older version, folded again where they are not at hand."""
        return self.recalled(entry.serial, lambda: fold(entry))

    def recalled(self, serial: int, fold: Callable[[], PriceVersion]) -> PriceVersion:
        """The matrices of a version by its serial number, folded where they are not at hand."""
        with self._folding:
            known = self._folded.get(serial)
            if known is None:
                known = self._folded[serial] = fold()
                while len(self._folded) > _FOLDED_MAX:
                    self._folded.popitem(last=False)
            self._folded.move_to_end(serial)
        return known
