"""The inventory: room type × night counters, holds and bookings of a whole chain, over arrays and indexes.

Ids are translated to indexes by the engine; here a row is a room type, nights are window indexes, and instants are
given by the caller. Every method may be called from any number of threads: the kernels release the GIL and lock per
hotel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.catalog import Catalog
from nightgrid.dialect import Dialect
from nightgrid.errors import InputError, InputTypeError
from nightgrid.inventory.block import Block, BlockSizes
from nightgrid.inventory.lanes import lane_map
from nightgrid.inventory.profile_table import ProfileTable
from nightgrid.inventory.restriction_fields import Changes
from nightgrid.inventory.restrictions import Targets, apply_changes
from nightgrid.limits import PROFILES_MAX, RETENTION_MS_DEFAULT, ROOMS_MAX, WINDOW_NIGHTS_MAX
from nightgrid.native import controls, holds
from nightgrid.native import layout as at
from nightgrid.native.atomics import acquire, release
from nightgrid.native.batch import hold_batch, resolve_batch

_SLOTS_MAX = 2**31


class HoldAnswer(NamedTuple):
    """Answer to one hold request; `night` is the window index of the first failing night."""

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


class HoldRecord(NamedTuple):
    """What the store knows of one hold."""

    hold_id: int
    state: int
    row: int
    arrival: int  # proleptic ordinal
    nights: int
    rooms: int
    deadline_ms: int
    taken_ms: int
    resolved_ms: int
    lsn: int


class Shortfall(NamedTuple):
    """The first cell with more rooms sold and held than the capacity asked for, and how many others there are."""

    row: int
    night: int
    capacity: int
    taken: int
    others: int


def _check_indexes(columns: Sequence[tuple[str, NDArray[np.integer], int]]) -> None:
    """Indexes are checked once, before a kernel trusts them."""
    for name, values, end in columns:
        wrong = np.flatnonzero((values < 0) | (values >= end))
        if wrong.size:
            raise InputError(f"{name} index {values[wrong[0]]} at position {wrong[0]} is outside 0..{end - 1}")


def _dialect_bits(dialect: Dialect) -> int:
    """A dialect as bits of H_DIALECT."""
    bits = at.DIALECT_DEPARTURE_ON_LAST_NIGHT if dialect.departure == "last_night" else 0
    return bits | at.DIALECT_THROUGH_ON_DEPARTURE if dialect.through_counts_departure else bits


class Inventory:
    """Counters, holds, keys and restrictions of one store, in one block of bytes."""

    def __init__(
        self,
        catalog: Catalog,
        first_night: int,
        nights: int,
        *,
        slots: int,
        profiles: int = PROFILES_MAX,
        retention_ms: int = RETENTION_MS_DEFAULT,
        dialect: Dialect | None = None,
    ) -> None:
        given = {"nights": nights, "slots": slots, "profiles": profiles, "retention_ms": retention_ms}
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                raise InputTypeError(f"{name} is {value!r}; a whole number is needed")
        if not 1 <= nights <= WINDOW_NIGHTS_MAX:
            raise InputError(f"nights is {nights}; a window has 1 to {WINDOW_NIGHTS_MAX} nights")
        if first_night + nights - 1 > date.max.toordinal():
            raise InputError(f"{nights} nights from ordinal {first_night} end after {date.max}; begin earlier")
        if not 1 <= slots <= _SLOTS_MAX:
            raise InputError(f"slots is {slots}; a store has 1 to {_SLOTS_MAX:,} hold slots")
        if not 2 <= profiles <= PROFILES_MAX:
            raise InputError(f"profiles is {profiles}; a store has 2 to {PROFILES_MAX} restriction profiles")
        if retention_ms < 0:
            raise InputError(f"retention_ms is {retention_ms}; it must be 0 or more")
        self.lanes, product_lane = lane_map(catalog)
        words = int(self.lanes.chunk_first_word[-1])
        sizes = BlockSizes(
            hotels=catalog.n_hotels,
            rows=catalog.n_rows,
            products=catalog.n_products,
            nights=nights,
            first_night=first_night,
            words=words,
            slots=slots,
            profiles=profiles,
            retention_ms=retention_ms,
            dialect=_dialect_bits(Dialect() if dialect is None else dialect),
        )
        self.block = Block(sizes)
        self._profiles = ProfileTable(self.block)
        self.table = self.block.table
        self.n_nights = nights
        self.first_night = first_night
        self.product_lane = product_lane
        self._fill(catalog)

    def _fill(self, catalog: Catalog) -> None:
        """Write the catalogue's fixed columns and an empty, open house."""
        region = self.block.region
        region(at.R_HOTEL_FIRST_ROW)[:] = catalog.hotel_first_row
        region(at.R_ROW_HOTEL)[:] = catalog.row_hotel
        region(at.R_ROW_FIRST_PRODUCT)[:] = catalog.row_first_product
        region(at.R_PRODUCT_LANE)[:] = self.product_lane
        region(at.R_CAPACITY)[:] = catalog.capacity[:, None]
        region(at.R_CELLS)[:, :, at.C_FREE] = catalog.capacity[:, None]
        region(at.R_HOTELS)[:, at.L_EARLIEST_MS] = at.NEVER_MS
        shared = region(at.R_SHARED)
        shared[at.S_EARLIEST_MS] = at.NEVER_MS
        shared[at.S_PENDING_MS] = at.NEVER_MS
        lane_row = self.lanes.lane_row
        open_lane = (lane_row >= 0) & (catalog.capacity[np.maximum(lane_row, 0)] >= 1)
        region(at.R_SELLABLE)[:] = np.packbits(open_lane, bitorder="little").view(np.int64)

    # -- holds -----------------------------------------------------------------------------------

    def hold(
        self,
        row: int,
        arrival: int,
        nights: int,
        rooms: int,
        ttl_ms: int,
        key: tuple[int, int],
        guest: int,
        now_ms: int,
    ) -> HoldAnswer:
        """Take rooms for one stay with a deadline, all nights or nothing. O(nights).

        arrival: window index; key: 128-bit digest as two signed words, (0, 0) = none; guest: digest, 0 = none.
        """
        answer = holds.hold_one(self.table, row, arrival, nights, rooms, ttl_ms, key[0], key[1], guest, now_ms)
        return HoldAnswer(*answer)

    def hold_batch(self, requests: NDArray[np.int64], now_ms: int) -> BatchAnswer:
        """Hold many stays in order, each its own; requests (8, request) int64 as `native.holds.hold_request` names
        them.
        """
        size = requests.shape[1]
        answer = BatchAnswer(
            np.empty(size, np.int16), np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int64)
        )
        hold_batch(self.table, np.ascontiguousarray(requests), now_ms, *answer)
        return answer

    def resolve(self, hold_id: int, verb: int, now_ms: int) -> tuple[int, int]:
        """Confirm, release or cancel (`native.holds.VERB_*`) one hold: (code, lsn). O(nights)."""
        code, lsn = holds.resolve_one(self.table, hold_id, verb, now_ms)
        return code, lsn

    def resolve_batch(
        self, hold_ids: NDArray[np.int64], verb: int, now_ms: int
    ) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """Confirm, release or cancel many holds in order: (codes, lsns)."""
        code = np.empty(len(hold_ids), np.int16)
        lsn = np.empty(len(hold_ids), np.int64)
        resolve_batch(self.table, np.ascontiguousarray(hold_ids, np.int64), verb, now_ms, code, lsn)
        return code, lsn

    def sweep(self, now_ms: int) -> int:
        """Expire every due hold; returns how many. One comparison where nothing is due."""
        return int(holds.sweep_store(self.table, now_ms))

    def record(self, hold_id: int, now_ms: int) -> HoldRecord | None:
        """What is known of a hold, or None if the id names none, or one that ended the retention time ago."""
        slot = hold_id & 0xFFFFFFFF
        if hold_id <= 0 or slot >= self.block.sizes.slots:
            return None
        shared = self.block.region(at.R_SLOTS)[slot]
        line = shared.copy()
        while line[at.W_STATE] != shared[at.W_STATE]:  # another thread changed the hold while it was read
            line = shared.copy()
        word = int(line[at.W_STATE])
        if word >> 8 != hold_id >> 32 or word & 0xFF == at.STATE_EMPTY:
            return None
        live = word & 0xFF in (at.STATE_HELD, at.STATE_BOOKED)
        if not live and int(line[at.W_RESOLVED_MS]) + self.block.sizes.retention_ms <= now_ms:
            return None
        stay = int(line[at.W_STAY])
        return HoldRecord(
            hold_id,
            word & 0xFF,
            int(line[at.W_ROW]),
            stay & 0xFFFFFF,
            (stay >> 24) & 0xFFFF,
            stay >> 40,
            int(line[at.W_DEADLINE_MS]),
            int(line[at.W_TAKEN_MS]),
            int(line[at.W_RESOLVED_MS]),
            int(line[at.W_LSN]),
        )

    def expired_since(self, lsn: int) -> NDArray[np.int64]:
        """Ids of the holds that expired after a log sequence number, in the order in which they did. O(slots used)."""
        high = int(self.block.region(at.R_SHARED)[at.S_SLOT_HIGH])
        slots = self.block.region(at.R_SLOTS).view(np.int64)[:high]
        state = slots[:, at.W_STATE]
        found = np.flatnonzero(((state & 0xFF) == at.STATE_EXPIRED) & (slots[:, at.W_LSN] > lsn))
        found = found[np.argsort(slots[found, at.W_LSN])]
        return np.asarray((state[found] >> 8) << 32 | found, np.int64)

    @property
    def lsn(self) -> int:
        """Log sequence number of the latest change of a hold."""
        return int(self.block.region(at.R_SHARED)[at.S_LSN])

    # -- controls --------------------------------------------------------------------------------

    def set_counters(
        self,
        which: int,
        rows: NDArray[np.int32],
        nights: NDArray[np.int32],
        rooms: NDArray[np.int16],
        *,
        allow_oversold: bool = False,
    ) -> Shortfall | None:
        """Set capacity or rooms sold elsewhere (`native.controls`) of distinct cells; free takes up the difference.

        Where a cell would have more rooms sold and held than capacity, nothing is changed and the first such cell is
        answered; if that is allowed, free becomes negative there and `findings` reports it.
        """
        _check_indexes((("row", rows, self.block.sizes.rows), ("night", nights, self.n_nights)))
        wrong = np.flatnonzero((rooms < 0) | (rooms > ROOMS_MAX))
        if wrong.size:
            raise InputError(f"rooms is {rooms[wrong[0]]} at position {wrong[0]}; allowed are 0 to {ROOMS_MAX}")
        short = np.zeros(5, np.int64)
        if controls.set_counters(self.table, which, rows, nights, rooms, allow_oversold, short):
            return Shortfall(*short.tolist())
        return None

    def load_sold_elsewhere(self, rooms: NDArray[np.int16], *, allow_oversold: bool = False) -> Shortfall | None:
        """Set the rooms sold by other systems from a matrix: int16 (row, night). Answers as `set_counters`."""
        shape = (self.block.sizes.rows, self.n_nights)
        if rooms.shape != shape:
            raise InputError(f"sold_elsewhere has shape {rooms.shape}; it must be (room types, nights) = {shape}")
        if rooms.dtype.kind not in "iu":
            raise InputTypeError(f"sold_elsewhere has dtype {rooms.dtype}; whole numbers (int16) are needed")
        if rooms.min(initial=0) < 0 or rooms.max(initial=0) > ROOMS_MAX:
            row, night = np.argwhere((rooms < 0) | (rooms > ROOMS_MAX))[0]
            raise InputError(
                f"sold_elsewhere[{row}, {night}] is {rooms[row, night]} rooms; allowed are 0 to {ROOMS_MAX}"
            )
        short = np.zeros(5, np.int64)
        matrix = np.ascontiguousarray(rooms, np.int16)
        if controls.load_sold_elsewhere(self.table, matrix, allow_oversold, short):
            return Shortfall(*short.tolist())
        return None

    def restrict(self, changes: Changes, targets: Sequence[Targets]) -> int:
        """Change the restrictions of room types and products over ranges of nights, all or none; returns how many cells
        got others. CapacityError if the profile table is full.
        """
        for level in targets:
            lines = self.block.sizes.products if level.products else self.block.sizes.rows
            what = "product" if level.products else "row"
            _check_indexes(((what, level.lines, lines), ("night", level.first, self.n_nights)))
            _check_indexes((("night", level.last, self.n_nights), ("change", level.change, len(changes.keep))))
        shared = self.block.region(at.R_SHARED)
        acquire(shared, at.S_TABLE_LOCK)
        try:
            return apply_changes(self.block, self._profiles, changes, targets)
        finally:
            release(shared, at.S_TABLE_LOCK)

    def set_today(self, hotel_today: NDArray[np.int32]) -> None:
        """Tell every hotel the window index of its civil date: int32 (hotel), may be negative."""
        controls.set_today(self.table, np.ascontiguousarray(hotel_today, np.int32))

    # -- reading ---------------------------------------------------------------------------------

    def matrix(self, name: str) -> NDArray[np.int16]:
        """A copy of one counter of every cell: int16 (row, night) rooms. Not one instant where threads are changing
        it.
        """
        fields = {"free": at.C_FREE, "held": at.C_HELD, "sold": at.C_SOLD}
        regions = {"capacity": at.R_CAPACITY, "sold_elsewhere": at.R_ELSEWHERE}
        if name in fields:
            return np.ascontiguousarray(self.block.region(at.R_CELLS)[:, :, fields[name]]).view(np.int16)
        if name in regions:
            return self.block.region(regions[name]).view(np.int16).copy()
        raise InputError(f"there is no counter {name!r}; use one of {', '.join([*fields, *regions])}")

    def cells(self, row: slice, night: slice) -> NDArray[np.int16]:
        """A copy of cells: int16 (row, night, field) with the fields of `native.layout` C_*."""
        return self.block.region(at.R_CELLS)[row, night].view(np.int16).copy()
