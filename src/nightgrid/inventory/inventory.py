"""The inventory: room type × night counters, holds and bookings of a whole chain, over arrays and indexes.

Ids are translated to indexes by the engine; here a row is a room type, nights are ordinals, and instants are given by
the caller. Every method may be called from any number of threads: the kernels release the GIL and lock per hotel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from threading import local
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.dialect import Dialect
from nightgrid.errors import InputError, InputTypeError
from nightgrid.inventory.block import Block, BlockSizes
from nightgrid.inventory.counters import CountersPart
from nightgrid.inventory.growth import GrowthPart, checked_spares
from nightgrid.inventory.lanes import Spares, lane_map
from nightgrid.inventory.profile_table import ProfileTable
from nightgrid.inventory.restriction_fields import Changes
from nightgrid.inventory.restrictions import Targets, apply_changes
from nightgrid.inventory.slots import SlotsPart
from nightgrid.inventory.window import WindowPart
from nightgrid.limits import PROFILES_MAX, RETENTION_MS_DEFAULT, WINDOW_NIGHTS_MAX
from nightgrid.native.base.atomics import acquire, release
from nightgrid.native.base.jit import direct
from nightgrid.native.holds import amend, batch, cart_ends, carts, holds, resolve, sweep
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q

_SLOTS_MAX = 2**31
_GROWTH = 8  # a store may grow to so many times its slots, unless it is said how far


class HoldAnswer(NamedTuple):
    """Answer to one hold request; `night` is the ordinal of the first failing night."""

    code: int
    night: int
    hold_id: int
    lsn: int


class BatchAnswer(NamedTuple):
    """Answers to many requests, a column each."""

    code: NDArray[np.int16]
    night: NDArray[np.int32]
    hold_id: NDArray[np.int64]
    lsn: NDArray[np.int64]


class CartAnswer(NamedTuple):
    """Answer to a cart: the refused line and its night, or the ids of all lines."""

    code: int
    line: int
    night: int
    lsn: int
    hold_ids: NDArray[np.int64]


def _checked_sizes(nights: int, first_night: int, sizes: dict[str, int]) -> None:
    """Errors for a size that is no whole number or outside its range."""
    for name, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise InputTypeError(f"{name} is {value!r}; a whole number is needed")
    if not 1 <= nights <= WINDOW_NIGHTS_MAX:
        raise InputError(f"nights is {nights}; a window has 1 to {WINDOW_NIGHTS_MAX} nights")
    if first_night + nights - 1 > date.max.toordinal():
        raise InputError(f"{nights} nights from ordinal {first_night} end after {date.max}; begin earlier")
    if not 1 <= sizes["slots"] <= _SLOTS_MAX:
        raise InputError(f"slots is {sizes['slots']}; a store has 1 to {_SLOTS_MAX:,} hold slots")
    if not sizes["slots"] <= sizes["slots_max"] <= _SLOTS_MAX:
        raise InputError(
            f"slots_max is {sizes['slots_max']}; allowed are {sizes['slots']:,} (slots: the store never grows) to "
            f"{_SLOTS_MAX:,}"
        )
    if not 2 <= sizes["profiles"] <= PROFILES_MAX:
        raise InputError(f"profiles is {sizes['profiles']}; a store has 2 to {PROFILES_MAX} restriction profiles")
    if sizes["retention_ms"] < 0:
        raise InputError(f"retention_ms is {sizes['retention_ms']}; it must be 0 or more")
    if not 1 <= sizes["controls"] < 2**16:
        raise InputError(f"controls is {sizes['controls']}; a store has 1 to {2**16 - 1:,} selling controls")
    if not 1 <= sizes["counters"] < 2**16:
        raise InputError(f"counters is {sizes['counters']}; a store has 1 to {2**16 - 1:,} limited counters")
    if sizes["records"] < 1_024 or sizes["records"] & (sizes["records"] - 1):
        raise InputError(f"ring_records is {sizes['records']}; a power of two from 1,024 on is needed")


def _dialect_bits(dialect: Dialect) -> int:
    """A dialect as bits of H_DIALECT."""
    bits = at.DIALECT_DEPARTURE_ON_LAST_NIGHT if dialect.departure == "last_night" else 0
    return bits | at.DIALECT_THROUGH_ON_DEPARTURE if dialect.through_counts_departure else bits


class Inventory(CountersPart, SlotsPart, GrowthPart, WindowPart):
    """Counters, holds, keys and restrictions of one store, in one block of bytes."""

    def __init__(
        self,
        catalog: Catalog,
        first_night: int,
        nights: int,
        *,
        slots: int,
        slots_max: int | None = None,
        profiles: int = PROFILES_MAX,
        retention_ms: int = RETENTION_MS_DEFAULT,
        controls: int = 4_096,
        counters: int = 1_024,
        records: int = 65_536,
        channels: int = 0,
        dialect: Dialect | None = None,
        spares: Spares | None = None,
    ) -> None:
        given = {"nights": nights, "slots": slots, "profiles": profiles, "retention_ms": retention_ms}
        if slots_max is None:
            slots_max = min(_GROWTH * int(slots), _SLOTS_MAX) if isinstance(slots, int | np.integer) else slots
        given |= {"slots_max": slots_max, "controls": controls, "counters": counters, "records": records}
        _checked_sizes(nights, first_night, given)
        room = checked_spares(Spares() if spares is None else spares)
        self.lanes, self.product_lane = lane_map(catalog, room)
        words = int(self.lanes.chunk_first_word[-1])
        sizes = BlockSizes(
            hotels=catalog.n_hotels + room.hotels,
            rows=catalog.n_rows + room.rows,
            products=catalog.n_products + room.products,
            nights=nights,
            first_night=first_night,
            words=words,
            slots=slots,
            slots_max=slots_max,
            profiles=profiles,
            retention_ms=retention_ms,
            controls=controls,
            counters=counters,
            records=records,
            dialect=_dialect_bits(Dialect() if dialect is None else dialect),
        )
        self.block = Block(sizes)
        self.table = self.block.table
        self._address = self.table.address
        #: Take rooms for one stay of the general sale, all nights or nothing: a HoldAnswer, as a plain tuple.
        #: `native.holds.holds.hold_one` without its first argument, whole numbers inside int64. No method, because one
        #: frame of Python more is a part of what a guest waits for; so is `resolve`.
        self.hold: Callable[..., tuple[int, int, int, int]] = self._first_hold
        #: Apply a verb to one hold: (code, lsn); `native.holds.resolve.resolve_one` without its first argument.
        self.resolve: Callable[[int, int, int, int], tuple[int, int]] = self._first_resolve
        self._shared = self.block.region(at.R_SHARED).view(np.int64)
        self._shared_words = self._shared.data
        self.n_nights = nights
        self.n_channels = channels
        self._catalog = catalog
        self._thread = local()
        self._profiles = ProfileTable(self.block)
        self._fill(catalog)

    def _fill(self, catalog: Catalog) -> None:
        """Write the catalogue's fixed columns and an empty, open house."""
        region = self.block.region
        self.write_new(catalog)
        rooms = catalog.capacity[:, None]
        region(at.R_CAPACITY)[: catalog.n_rows] = rooms
        region(at.R_CELLS)[: catalog.n_rows, :, at.C_FREE] = rooms
        region(at.R_HOTELS)[:, at.L_EARLIEST_MS] = at.NEVER_MS
        shared = region(at.R_SHARED)
        shared[at.S_EARLIEST_MS] = at.NEVER_MS
        shared[at.S_PENDING_MS] = at.NEVER_MS
        shared[at.S_FIRST_NIGHT] = self.block.sizes.first_night
        shared[at.S_LAP_NIGHT] = self.block.sizes.first_night
        shared[at.S_END_NIGHT] = self.block.sizes.first_night + self.n_nights
        region(at.R_SELLABLE)[:] = self.open_words()

    def _line(self) -> NDArray[np.int64]:
        """Scratch of this thread for the hold that another replaces: int64 (Q_FIELDS, 1)."""
        kept: NDArray[np.int64] | None = getattr(self._thread, "line", None)
        if kept is None:
            kept = self._thread.line = np.zeros((q.Q_FIELDS, 1), np.int64)
        return kept

    # -- holds -----------------------------------------------------------------------------------

    def _first_hold(self, *request: int) -> tuple[int, int, int, int]:
        """`hold`, which has to be compiled or loaded."""
        answer: tuple[int, int, int, int] = holds.hold_one(self._address, *request)
        self.hold = partial(direct(holds.hold_one), self._address)
        return answer

    def _first_resolve(self, *asked: int) -> tuple[int, int]:
        """`resolve`, which has to be compiled or loaded."""
        answer: tuple[int, int] = resolve.resolve_one(self._address, *asked)
        self.resolve = partial(direct(resolve.resolve_one), self._address)
        return answer

    def hold_any(self, request: NDArray[np.int64], now_ms: int) -> HoldAnswer:
        """Hold with everything that a request can say: int64 (Q_FIELDS, 1), see `native.store.requests`."""
        return HoldAnswer(*holds.hold_any(self._address, request, self._line(), now_ms))

    def hold_batch(self, requests: NDArray[np.int64], now_ms: int) -> BatchAnswer:
        """Hold many stays in order, each its own; requests (Q_FIELDS or Q_PLAIN, request): `native.store.requests`."""
        return self.hold_parts([np.ascontiguousarray(requests)], requests.shape[1], now_ms)

    def hold_parts(self, parts: Iterable[NDArray[np.int64]], size: int, now_ms: int) -> BatchAnswer:
        """`hold_batch` of requests that come in parts, C-contiguous, `size` in all."""
        answer = BatchAnswer(
            np.empty(size, np.int16), np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int64)
        )
        first = 0
        for part in parts:
            end = first + part.shape[1]
            batch.hold_batch(self.table, part, self._line(), now_ms, *[column[first:end] for column in answer])
            first = end
        return answer

    def hold_cart(self, lines: NDArray[np.int64], now_ms: int) -> CartAnswer:
        """Hold every line or none: lines (Q_FIELDS, line) int64, a row < 0 = none, the cart's key in the first."""
        hotels = self._hotels_of(lines[q.Q_ROW][lines[q.Q_ROW] >= 0])
        slots, ids = np.zeros(lines.shape[1], np.int64), np.zeros(lines.shape[1], np.int64)
        answer = carts.hold_cart(self.table, np.ascontiguousarray(lines), hotels, now_ms, slots, ids)
        code, line, night, lsn = answer
        return CartAnswer(code, line, night, lsn, ids)

    def _count(self, codes: NDArray[np.int16]) -> None:
        """Count the answers of a batch."""
        batch.add_statistics(self.table, np.bincount(codes, minlength=at.CODES).astype(np.int64))

    def resolve_batch(
        self, hold_ids: NDArray[np.int64], verb: int, argument: int, now_ms: int
    ) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """Apply a verb to many holds in order: (codes, lsns)."""
        code = np.empty(len(hold_ids), np.int16)
        lsn = np.empty(len(hold_ids), np.int64)
        batch.resolve_batch(self.table, np.ascontiguousarray(hold_ids, np.int64), verb, argument, now_ms, code, lsn)
        self._count(code)
        return code, lsn

    def _hotels_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The hotels of a cart's lines, ascending and once each: int64 (hotel). rows (line)."""
        return np.array(sorted(set(self._catalog.row_hotel[rows].tolist())), np.int64)

    def resolve_cart(
        self, hold_ids: NDArray[np.int64], rows: NDArray[np.int64], verb: int, argument: int, now_ms: int
    ) -> tuple[int, int, NDArray[np.int64]]:
        """Apply a verb to all lines of a cart or none: (code, refusing line, lsns). hold_ids (line), 0 = forgotten."""
        hotels = self._hotels_of(rows)
        lsn, slots = np.zeros(len(hold_ids), np.int64), np.zeros(len(hold_ids), np.int64)
        ids = np.ascontiguousarray(hold_ids, np.int64)
        code, line = cart_ends.resolve_cart(self.table, ids, hotels, verb, argument, now_ms, lsn, slots)
        return code, line, lsn

    def rebook_cart(
        self, hold_ids: NDArray[np.int64], rows: NDArray[np.int64], worth: NDArray[np.int64], now_ms: int
    ) -> tuple[int, int, int, NDArray[np.int64], NDArray[np.int64]]:
        """Book again what has expired of a cart, all or none: (code, refusing line, night, ids, lsns); lines as
        `resolve_cart`, worth int64 (line, 3) as `native.holds.amend.rebook_one`.
        """
        hotels = self._hotels_of(rows)
        new_ids, lsn, slots = np.zeros((3, len(hold_ids)), np.int64)
        ids = np.ascontiguousarray(hold_ids, np.int64)
        code, line, night = cart_ends.rebook_cart(self.table, ids, worth, hotels, now_ms, new_ids, lsn, slots)
        return code, line, night, new_ids, lsn

    def amend(self, hold_id: int, request: NDArray[np.int64], now_ms: int) -> tuple[int, int, int]:
        """Give a hold or booking another stay: (code, night, lsn); request (Q_FIELDS, 1) int64."""
        code, night, lsn = amend.amend_one(self.table, hold_id, request, self._line(), now_ms)
        return code, night, lsn

    def rebook(self, hold_id: int, rooms: int, worth: NDArray[np.int64], now_ms: int) -> HoldAnswer:
        """Book what an expired hold held, or some of its rooms (0 = all), if they are still there; worth int64 (3) as
        the kernel.
        """
        return HoldAnswer(*amend.rebook_one(self.table, hold_id, rooms, worth, now_ms))

    def sweep(self, now_ms: int) -> int:
        """Expire every due hold; returns how many. One comparison where nothing is due."""
        if self._shared_words[at.S_EARLIEST_MS] > now_ms:  # as the kernel looks first, without the way there
            return 0
        return int(sweep.sweep_store(self.table, now_ms))

    # -- restrictions ----------------------------------------------------------------------------

    def restrict(self, changes: Changes, targets: Sequence[Targets], now_ms: int) -> int:
        """Change the restrictions of room types and products over ranges of nights, all or none; returns how many cells
        got others, which are published. CapacityError if the profile table is full.
        """
        shared = self.block.region(at.R_SHARED)
        acquire(shared, at.S_TABLE_LOCK)
        try:
            for level in targets:
                self.check_targets(level, len(changes.keep))
            return apply_changes(self.block, self._profiles, changes, targets, self.window, now_ms)
        finally:
            release(shared, at.S_TABLE_LOCK)

    def check_targets(self, level: Targets, changes: int) -> None:
        """Indexes and nights are checked once, before a kernel trusts them."""
        sizes = self.block.sizes
        first = self.first_night
        columns = (
            ("product" if level.products else "row", level.lines, 0, sizes.products if level.products else sizes.rows),
            ("night", level.first, first, first + self.n_nights),
            ("night", level.last, first, first + self.n_nights),
            ("change", level.change, 0, changes),
        )
        for name, values, begin, end in columns:
            wrong = np.flatnonzero((values < begin) | (values >= end))
            if wrong.size:
                raise InputError(f"{name} {values[wrong[0]]} at position {wrong[0]} is outside {begin}..{end - 1}")
