"""What the store knows of its holds and bookings: one by id, or all as columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.base import StoreBase
from nightgrid.limits import LINES_PER_CART_MAX
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.upkeep import more_slots, questions

_FOUND_FIRST = 1_024


class HoldRecord(NamedTuple):
    """What the store knows of one hold."""

    hold_id: int
    state: int
    row: int
    product: int  # -1 = no plan named
    arrival: int  # proleptic ordinal
    nights: int
    kept_nights: int  # of them, from the first on, still take rooms
    rooms: int
    deadline_ms: int  # 0 once all its nights have left the window
    taken_ms: int
    resolved_ms: int  # 0 = live
    lsn: int
    channel: int  # index, -1 = none
    tier: int
    block: int  # control, -1 = none
    counter: int  # -1 = none
    units: int
    points_counter: int  # -1 = none
    points_units: int
    link: int  # > 0: its cart, < 0: minus the hold it was made for, 0 = none
    booked_again: int  # id of the booking made in its place after it expired, 0 = none
    value_minor: int  # of the stay, 0 = not said, or not known any more
    quote: int  # digest of the quote it is bound to, 0 = none
    version: int  # serial number of the quote's price version


def record_of(line: NDArray[np.int64], slot: int) -> HoldRecord:
    """A slot's words as a record."""
    word, stay, place, scope = (int(line[field]) for field in (at.W_STATE, at.W_STAY, at.W_PLACE, at.W_SCOPE))
    ended = bool(word & at.STATE_ENDED)
    return HoldRecord(
        hold_id=word >> 8 << 32 | slot,
        state=word & at.STATE_MASK,
        row=place & 0xFFFFFFFF,
        product=(place >> 32) - 1,
        arrival=stay & 0x3FFFFF,
        nights=stay >> 22 & 0x1FF,
        kept_nights=stay >> 31 & 0x1FF,
        rooms=stay >> 40,
        deadline_ms=max(int(line[at.W_DEADLINE_MS]), 0),
        taken_ms=int(line[at.W_TAKEN_MS]),
        resolved_ms=int(line[at.W_RESOLVED_MS]) if ended else 0,
        lsn=int(line[at.W_LSN]),
        channel=(scope & q.CHANNEL_MASK) - 1,
        tier=scope >> q.CLASS_SHIFT & q.CLASS_MASK,
        block=(scope >> q.BLOCK_SHIFT & q.NUMBER_MASK) - 1,
        counter=(scope >> q.COUNTER_SHIFT & q.NUMBER_MASK) - 1,
        units=scope >> q.UNITS_SHIFT & q.UNITS_MAX,
        points_counter=(int(line[at.W_WORDS + 1 + at.B_POINTS]) & q.NUMBER_MASK) - 1,
        points_units=int(line[at.W_WORDS + 1 + at.B_POINTS]) >> q.POINTS_SHIFT,
        link=int(line[at.W_LINK]),
        booked_again=max(int(line[at.W_PREVIOUS]), 0) if ended else 0,
        value_minor=max(-int(line[at.W_PREVIOUS]), 0) if ended else int(line[at.W_VALUE]),
        quote=int(line[at.W_WORDS + 1 + at.B_QUOTE]),
        version=int(line[at.W_WORDS + 1 + at.B_VERSION]),
    )


class SlotsPart(StoreBase):
    """Reading holds, and how many there can be."""

    def grow_slots(self, slots: int) -> None:
        """Let so many holds be known at once; the caller has checked that they are no fewer than now and no more than
        the store can have. Others go on meanwhile; a request with a key waits for the split of its segment.

        A block in a mapped file has its space allocated here, before the limit is raised. O(key index).
        """
        with self.table_lock():
            more_slots.grow_keys(self.table, self.block.sizes.keys(slots))
            more_slots.raise_limit(self.table, slots)

    def finish_growth(self) -> bool:
        """Finish what somebody died in who let the store grow; True if there was anything. The store may have more keys
        than its slots need, until it grows again.
        """
        with self.table_lock():
            return bool(more_slots.finish_split(self.table))

    def record(self, hold_id: int, now_ms: int) -> HoldRecord | None:
        """What is known of a hold, or None if the id names none, or one that ended the retention time ago."""
        line = np.empty(questions.FOUND_WORDS, np.int64)
        if not 0 < hold_id < 2**63 or not questions.copy_hold(self.table, hold_id, now_ms, line):
            return None
        return record_of(line, hold_id & 0xFFFFFFFF)

    def find(self, asked: dict[int, int], now_ms: int) -> NDArray[np.int64]:
        """Holds that fit a filter, as int64 (hold, FOUND_WORDS), see `native.upkeep.questions`, in the order in
        which they were taken. asked: `native.upkeep.questions` ASK_*. O(slots used); O(holds of the hotel) if named.
        """
        words = np.full(questions.ASK_FIELDS, questions.ANY, np.int64)
        for field, value in asked.items():
            words[field] = value
        room = _FOUND_FIRST
        while True:
            found = np.empty((room, questions.FOUND_WORDS), np.int64)
            count = questions.find_holds(self.table, words, now_ms, found)
            if count <= room:
                found = found[:count]
                return found[np.lexsort((found[:, at.W_WORDS], found[:, at.W_TAKEN_MS]))]
            room = 2 * count

    def cart_lines(self, cart_id: int, now_ms: int) -> NDArray[np.int64] | None:
        """The lines of a cart in their order, int64 (line, 3): hold, row, and the booking made in its place after it
        expired or 0. None where links do not lead to all of them: one is forgotten, or there is no such cart. O(lines).
        """
        lines = np.empty((LINES_PER_CART_MAX, 3), np.int64)
        count = questions.cart_lines(self.table, cart_id, now_ms, lines)
        return lines[:count] if count > 0 else None

    def count_holds(self, now_ms: int) -> NDArray[np.int64]:
        """How many holds are in which state: int64 (COUNTS), see `native.upkeep.questions`. O(slots used)."""
        counts = np.empty(questions.COUNTS, np.int64)
        questions.count_holds(self.table, now_ms, counts)
        return counts

    def slot_words(self) -> NDArray[np.int64]:
        """A copy of all slots that were ever used: int64 (slot, W_WORDS). Not one instant while threads change them."""
        high = int(self.block.region(at.R_SHARED)[at.S_SLOT_HIGH])
        return self.block.region(at.R_SLOTS).view(np.int64)[:high].copy()

    def expired_since(self, lsn: int) -> NDArray[np.int64]:
        """Ids of the holds that expired after a log sequence number, in the order in which they did. O(records since);
        O(slots used), and without what is forgotten, where the ring has not kept so many.
        """
        records, complete_since = self.records(lsn)
        if complete_since <= lsn:
            expired = records[:, at.D_KIND] & 0xFF == at.RECORD_EXPIRE
            return np.asarray(records[expired, at.D_HOLD_ID], np.int64)
        slots = self.slot_words()
        state = slots[:, at.W_STATE]
        ended = at.STATE_EXPIRED | at.STATE_ENDED
        found = np.flatnonzero(((state & 0xFF) == ended) & (slots[:, at.W_LSN] > lsn))
        found = found[np.argsort(slots[found, at.W_LSN])]
        return np.asarray((state[found] >> 8) << 32 | found, np.int64)

    def records(self, since_lsn: int = 0) -> tuple[NDArray[np.int64], int]:
        """(records of the ring after a log sequence number in order, int64 (record, D_WORDS); the lsn after which the
        ring holds every record).
        """
        ring = self.block.region(at.R_RECORDS).view(np.int64)
        last = self.lsn
        wanted = np.arange(max(since_lsn + 1, last - len(ring) + 2), last + 1)
        found = ring[(wanted - 1) % len(ring)]
        # While they were copied others were written over the oldest, and one more may be being written.
        complete_since = max(0, self.lsn - len(ring) + 1)
        return found[wanted > complete_since], complete_since
