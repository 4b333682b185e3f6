"""What the store knows of its holds and bookings: one by id, or all as columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.base import StoreBase
from nightgrid.inventory.hold_index import FIELD_OF, INDEXED_SLOTS_MAX, HoldIndex
from nightgrid.limits import LINES_PER_CART_MAX
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.upkeep import more_slots, questions

_FOUND_FIRST = 1_024
_LINKED_FIRST = 32
_ANYTHING = np.full(questions.ASK_FIELDS, questions.ANY, np.int64)


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


def record_of(line: list[int]) -> HoldRecord:
    """A hold as it was found (FOUND_WORDS), as a record."""
    word, stay, place, scope = line[at.W_STATE], line[at.W_STAY], line[at.W_PLACE], line[at.W_SCOPE]
    points = line[at.W_WORDS + 1 + at.B_POINTS]
    ended = bool(word & at.STATE_ENDED)
    return HoldRecord(
        hold_id=word >> 8 << 32 | line[at.W_WORDS],
        state=word & at.STATE_MASK,
        row=place & 0xFFFFFFFF,
        product=(place >> 32) - 1,
        arrival=stay & 0x3FFFFF,
        nights=stay >> 22 & 0x1FF,
        kept_nights=stay >> 31 & 0x1FF,
        rooms=stay >> 40,
        deadline_ms=max(line[at.W_DEADLINE_MS], 0),
        taken_ms=line[at.W_TAKEN_MS],
        resolved_ms=line[at.W_RESOLVED_MS] if ended else 0,
        lsn=line[at.W_LSN],
        channel=(scope & q.CHANNEL_MASK) - 1,
        tier=scope >> q.CLASS_SHIFT & q.CLASS_MASK,
        block=(scope >> q.BLOCK_SHIFT & q.NUMBER_MASK) - 1,
        counter=(scope >> q.COUNTER_SHIFT & q.NUMBER_MASK) - 1,
        units=scope >> q.UNITS_SHIFT & q.UNITS_MAX,
        points_counter=(points & q.NUMBER_MASK) - 1,
        points_units=points >> q.POINTS_SHIFT,
        link=line[at.W_LINK],
        booked_again=max(line[at.W_PREVIOUS], 0) if ended else 0,
        value_minor=max(-1 - line[at.W_PREVIOUS], 0) if ended else line[at.W_VALUE],
        quote=line[at.W_WORDS + 1 + at.B_QUOTE],
        version=line[at.W_WORDS + 1 + at.B_VERSION],
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
        line = self.found(hold_id, now_ms)
        return None if line is None else record_of(line)

    def found(self, hold_id: int, now_ms: int) -> list[int] | None:
        """`record` as the words of `find` (FOUND_WORDS)."""
        line = np.empty(questions.FOUND_WORDS, np.int64)
        if not 0 < hold_id < 2**63 or not questions.copy_hold(self.table, hold_id, now_ms, line):
            return None
        words: list[int] = line.tolist()
        return words

    def find(self, asked: dict[int, int], now_ms: int) -> NDArray[np.int64]:
        """Holds that fit a filter, as int64 (hold, FOUND_WORDS), see `native.upkeep.questions`, in the order in
        which they were taken. asked: `native.upkeep.questions` ASK_*.

        With a guest, a reference or a cart O(holds of it + changes since somebody asked so), by an index that is made
        when somebody asks so for the first time; else O(holds of the hotel) if one is named; else O(slots used).
        """
        words = _ANYTHING.copy()
        for field, value in asked.items():
            words[field] = value
        found = self._find_linked(words, now_ms)
        if found is None:
            found = self._find_passing(words, now_ms)
        if len(found) < 2:
            return found
        return found[np.lexsort((found[:, at.W_WORDS], found[:, at.W_TAKEN_MS]))]

    def _find_passing(self, words: NDArray[np.int64], now_ms: int) -> NDArray[np.int64]:
        """Holds that fit a filter, by passing over the holds of its hotel, or all."""
        room = _FOUND_FIRST
        while True:
            found = np.empty((room, questions.FOUND_WORDS), np.int64)
            count = questions.find_holds(self.table, words, now_ms, found)
            if count <= room:
                return found[:count]
            room = 2 * count

    def _find_linked(self, words: NDArray[np.int64], now_ms: int) -> NDArray[np.int64] | None:
        """Holds that fit a filter, by the index; None where it does not help: nothing is asked that it knows, it is
        not ready, or the guest has more holds than the hotel that is asked for may have.
        """
        ask = next((each for each in FIELD_OF if words[each] != questions.ANY), None)
        slots = self.block.slots
        if ask is None or words[ask] == 0 or slots > INDEXED_SLOTS_MAX:  # a word of 0 is none, and in no list
            return None
        index = self._index_for(slots)  # alive until the kernel has answered, whoever makes another meanwhile
        room = _LINKED_FIRST
        while True:
            found = np.empty((room, questions.FOUND_WORDS), np.int64)
            count = questions.find_linked(self.table, index.words, FIELD_OF[ask], int(words[ask]), words, now_ms, found)
            if 0 <= count <= room:
                return found[:count]
            if count < 0 or (count > _FOUND_FIRST and words[questions.ASK_HOTEL] != questions.ANY):
                return None
            room = 2 * count

    def _index_for(self, slots: int) -> HoldIndex:
        """The index, made anew where it has not room for so many slots."""
        index = self._hold_index
        if index is None or index.slots < slots:
            index = self._hold_index = HoldIndex(slots)
        return index

    def forget_index(self) -> None:
        """Let the index of holds be made anew by whoever asks next."""
        self._hold_index = None

    @property
    def index_bytes(self) -> int:
        """Memory of the index of holds; 0 until somebody asks for a guest, a reference or a cart."""
        index = self._hold_index
        return 0 if index is None else index.bytes

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
