"""How full every house was at every instant at which a price depended on it, in bands of the rule books' edges.

`PastFill` follows the ring of records, so that each change has its own instant, however late it is looked at. What it
finds is kept in `fill_journal.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.engine.edge.fill_journal import FillJournal, FillSpans, MemoryFillJournal
from nightgrid.inventory.inventory import Inventory
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import past_fill as kernels

Words = NDArray[np.int64]
NEVER_MS: Final = 2**62
_EVERYWHERE: Final = (at.RECORD_RELOAD, at.RECORD_WINDOW)  # changes after which the rooms of any night may be others
_CELLS: Final = 1_000_000  # that are read at once where everything is
_KEPT_SHIFT, _KEPT_MASK = 31, 0x1FF  # kept nights in the word of a stay (`native/store/requests.py`)
#: So often the ring is looked at on the engine's clock where somebody calls, for every 65,536 records that it has.
_LOOK_MS: Final = 20
_RING: Final = 65_536


class PastFill:
    """What house fill was. Asked and told under its own lock; `next_ms` says when it wants to be told again."""

    def __init__(
        self,
        inventory: Inventory,
        changes_max: int,
        journals: Callable[[], FillJournal] = MemoryFillJournal,
    ) -> None:
        self.next_ms = NEVER_MS
        self._inventory = inventory
        self._lock = RLock()
        self._spans = FillSpans(changes_max, journals)
        self._rooms: NDArray[np.int32] | None = None  # as of `_seen`; None while no price depends on it
        self._edges = np.zeros(0, np.int64)
        self._first_night = 0
        self._seen = 0
        self._horizon_ms = -NEVER_MS
        records = inventory.block.sizes.records
        self._look_ms = min(max(_LOOK_MS * records // _RING, 1), _LOOK_MS)

    # -- what is looked at ---------------------------------------------------------------------------

    def track(self, edges: tuple[int, ...], now_ms: int) -> None:
        """From now on write down when fill moves over these edges (basis points, ascending, the first one 0); over none
        where there is one only. Edges that are looked at already go on.
        """
        with self._lock:
            if len(edges) < 2:
                self._stop(now_ms)
                return
            if self._rooms is not None and set(edges) <= set(self._spans.edges):
                return
            if self._rooms is None:
                self._begin(now_ms)
            else:
                self.look(now_ms)
                self._spans.end(self._horizon_ms)
            self._edges = np.array(edges, np.int64)
            self._spans.begin(self._horizon_ms, edges, self._first_night, self._edges_now(self._known_rooms()))
            self._look_later(now_ms)

    def _stop(self, now_ms: int) -> None:
        if self._rooms is not None:
            self.look(now_ms)
            self._spans.end(self._horizon_ms + 1)
            self._rooms = None
            self.next_ms = NEVER_MS

    def _begin(self, now_ms: int) -> None:
        """Count all rooms: what was published by now is in them."""
        inventory = self._inventory
        sizes = inventory.block.sizes
        inventory.sweep(now_ms)
        rooms = np.zeros((sizes.hotels, sizes.nights, kernels.ROOM_FIELDS), np.int32)
        with inventory.table_lock():
            self._first_night = inventory.first_night
            while not self._counted(rooms, inventory.lsn):
                pass  # as many were sold meanwhile as the ring has
        self._rooms = rooms
        self._horizon_ms = max(self._horizon_ms, now_ms)

    def _counted(self, rooms: NDArray[np.int32], lsn: int) -> bool:
        """Count all rooms as they were after a log sequence number [out]; False where the ring has passed over a later
        record. The table is locked, so the window stands.
        """
        hotel_lsn = np.empty(len(rooms), np.int64)
        kernels.count_rooms(self._inventory.table, self._first_night, rooms, hotel_lsn)
        moves = np.empty((int(hotel_lsn.max(initial=lsn)) - lsn, kernels.M_WORDS), np.int64)
        if kernels.read_moves(self._inventory.table, lsn + 1, 0, moves) < len(moves):
            return False
        kernels.undo_moves(moves, hotel_lsn, self._first_night, rooms)
        self._seen = lsn
        return True

    def _known_rooms(self) -> NDArray[np.int32]:
        if self._rooms is None:
            raise RuntimeError("rooms are counted while some price depends on them")
        return self._rooms

    def _edges_now(self, rooms: NDArray[np.int32]) -> NDArray[np.int16]:
        """The edge at or below the fill of every night of the window: int16 (hotel, night)."""
        found = np.empty(rooms.shape[:2], np.int16)
        kernels.edges_of_nights(rooms, self._edges, self._first_night, found)
        return found

    # -- questions -----------------------------------------------------------------------------------

    def fill_bp(self, cells: Words, until_ms: int) -> NDArray[np.int16]:
        """`FillSpans.fill_bp` of what was looked at."""
        with self._lock:
            return self._spans.fill_bp(cells, until_ms)

    def changes(self, cells: Words) -> tuple[Words, Words]:
        """`FillSpans.changes` of what was looked at."""
        with self._lock:
            return self._spans.changes(cells)

    # -- following the ring --------------------------------------------------------------------------

    @property
    def is_on(self) -> bool:
        """Whether some price depends on house fill."""
        return self._rooms is not None

    def look(self, now_ms: int) -> None:
        """Take in every change of the store so far. O(changes since the last look x nights)."""
        with self._lock:
            if self._rooms is None:
                return
            self._take_in(now_ms)
            self._sweep(now_ms)
            self._horizon_ms = max(self._horizon_ms, now_ms)
            self._look_later(now_ms)

    def _look_later(self, now_ms: int) -> None:
        """Look again in a while, or when the next hold is due: then fill moves by itself."""
        due_ms = int(self._inventory.block.region(at.R_SHARED)[at.S_EARLIEST_MS])
        self.next_ms = min(now_ms + self._look_ms, max(due_ms, now_ms + 1))

    def _sweep(self, now_ms: int) -> None:
        """Give back what is due, so that whatever expires after this look does so later. No more at once than the ring
        has records for, as far as these holds have not all the same deadline: then that is the instant of all.
        """
        inventory = self._inventory
        shared = inventory.block.region(at.R_SHARED)
        step = inventory.block.sizes.records // 2
        if shared[at.S_EARLIEST_MS] <= now_ms and shared[at.S_SLOT_HIGH] > step:
            deadlines = np.empty(int(shared[at.S_SLOT_HIGH]), np.int64)
            due = np.sort(deadlines[: kernels.due_deadlines(inventory.table, now_ms, deadlines)])
            done = 0
            while len(due) - done > step:
                instant = int(due[done + step])
                if due[done] == instant:
                    self._horizon_ms = max(self._horizon_ms, instant)
                else:
                    instant -= 1
                inventory.sweep(instant)
                self._take_in(instant)
                done = int(np.searchsorted(due, instant, "right"))
        if inventory.sweep(now_ms):
            self._take_in(now_ms)

    def _take_in(self, now_ms: int) -> None:
        """Follow what the ring has."""
        moves = self._read(self._inventory.lsn)
        if moves is None:
            self._catch_up(now_ms)
            moves = self._read(self._inventory.lsn)
        if moves is not None:
            self._follow(moves)

    def _read(self, lsn: int) -> Words | None:
        """The changes up to a log sequence number; None where the ring has passed over some."""
        if lsn - self._seen > self._inventory.block.sizes.records:
            return None
        moves = np.empty((lsn - self._seen, kernels.M_WORDS), np.int64)
        whole = kernels.read_moves(self._inventory.table, self._seen + 1, self._horizon_ms, moves) == len(moves)
        return moves if whole else None

    def _follow(self, moves: Words) -> None:
        """Follow moves that are complete, each kind in its way."""
        self._seen += len(moves)
        instants = moves[:, kernels.M_AT_MS]
        if (np.diff(instants) < 0).any():  # an expiry that was noticed late
            moves = moves[np.argsort(instants, kind="stable")]
        everywhere = np.flatnonzero(np.isin(moves[:, kernels.M_KIND], _EVERYWHERE)).tolist()
        begin = 0
        for place in [*everywhere, len(moves)]:
            self._apply(moves[begin:place])
            if place < len(moves):
                self._read_everywhere(moves[place])
            begin = place + 1

    def _apply(self, moves: Words) -> None:
        if len(moves):
            rooms = self._known_rooms()
            out = np.empty((self._nights_of(moves), kernels.C_WORDS), np.int64)
            given = (self._inventory.table, moves, self._first_night, rooms, self._edges, out)
            self._spans.add(out[: kernels.apply_moves(*given)])

    def _nights_of(self, moves: Words) -> int:
        """At least as many nights as moves may change."""
        less, more = moves[:, kernels.M_LESS], moves[:, kernels.M_MORE]
        cells = np.flatnonzero(moves[:, kernels.M_KIND] == at.RECORD_CELLS)
        kept = (less >> _KEPT_SHIFT & _KEPT_MASK) + (more >> _KEPT_SHIFT & _KEPT_MASK)
        kept[cells] = np.minimum(more[cells], self._known_rooms().shape[1])
        return int(kept.sum())

    def _read_everywhere(self, move: Words) -> None:
        """The window rolled, or the hotels set anything: what that changed is read from the counters."""
        rooms = self._known_rooms()
        hotels, nights, _ = rooms.shape
        first_night = int(move[kernels.M_LESS])
        fresh = bool(move[kernels.M_KIND] == at.RECORD_WINDOW) and first_night > self._first_night
        if fresh:
            self._first_night = first_night
        end = self._first_night + nights
        first = max(end - int(move[kernels.M_MORE]), self._first_night) if fresh else self._first_night
        step = max(1, _CELLS // (end - first))
        for begin in range(0, hotels, step):
            out = np.empty((min(step, hotels - begin) * (end - first), kernels.C_WORDS), np.int64)
            count = 0
            for hotel in range(begin, min(begin + step, hotels)):
                instant = int(move[kernels.M_AT_MS])
                place = (hotel, first, end, instant, fresh)
                count = kernels.read_rooms(self._inventory.table, *place, rooms, self._edges, out, count)
            self._spans.add(out[:count])

    def _catch_up(self, now_ms: int) -> None:
        """The ring has passed over changes that were not looked at: begin anew with the oldest that it has.

        What it lost happened between the last look and the instant of that oldest one. Where that is the same instant,
        nothing is unknown; else the time between is a gap.
        """
        old = self._known_rooms()
        rooms = np.zeros_like(old)
        inventory = self._inventory
        with inventory.table_lock():
            self._first_night = inventory.first_night
            lsn, begin_ms = self._oldest(now_ms)
            while not self._counted(rooms, lsn):
                lsn, begin_ms = inventory.lsn, now_ms
        self._rooms = rooms
        after = self._edges_now(rooms)
        hotel, place = np.nonzero(self._edges_now(old) != after)
        columns = (np.full(len(hotel), begin_ms), hotel, place + self._first_night, after[hotel, place])
        self._spans.add(np.stack(columns, axis=1).astype(np.int64))
        if begin_ms > self._horizon_ms:
            self._spans.gap(self._horizon_ms, begin_ms)
        self._horizon_ms = max(self._horizon_ms, begin_ms)

    def _oldest(self, now_ms: int) -> tuple[int, int]:
        """(log sequence number, instant) after which every change of the ring is of a stay or of some cells, and will
        not be overwritten at once.
        """
        records = self._inventory.block.sizes.records
        lsn = self._inventory.lsn - records * 7 // 8
        moves = np.empty((self._inventory.lsn - lsn, kernels.M_WORDS), np.int64)
        whole = kernels.read_moves(self._inventory.table, lsn + 1, self._horizon_ms, moves) == len(moves)
        kinds = moves[:, kernels.M_KIND]
        dated = np.flatnonzero(kinds != at.RECORD_EXPIRE)  # an expiry says its deadline, not when it was noticed
        everywhere = np.flatnonzero(np.isin(kinds, _EVERYWHERE))
        if not whole or not len(dated):
            return self._inventory.lsn, now_ms
        if len(everywhere):
            return lsn + int(everywhere[-1]) + 1, int(moves[everywhere[-1], kernels.M_AT_MS])
        return lsn, int(moves[dated[0], kernels.M_AT_MS])
