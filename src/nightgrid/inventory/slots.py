"""What the store knows of its holds and bookings: one by id, or all as columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nightgrid.inventory.base import StoreBase
from nightgrid.native import layout as at


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
    deadline_ms: int
    taken_ms: int
    resolved_ms: int  # 0 = live
    lsn: int
    channel: int  # index, -1 = none
    tier: int
    block: int  # control, -1 = none
    counter: int  # -1 = none
    units: int
    link: int  # > 0: its cart, < 0: minus the hold it was made for, 0 = none
    booked_again: int  # id of the booking made in its place after it expired, 0 = none


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
        deadline_ms=int(line[at.W_DEADLINE_MS]),
        taken_ms=int(line[at.W_TAKEN_MS]),
        resolved_ms=int(line[at.W_RESOLVED_MS]) if ended else 0,
        lsn=int(line[at.W_LSN]),
        channel=(scope & 0xFF) - 1,
        tier=scope >> 8 & 0xFF,
        block=(scope >> 16 & 0xFFFF) - 1,
        counter=(scope >> 32 & 0xFFFF) - 1,
        units=scope >> 48 & 0x3FFF,
        link=int(line[at.W_LINK]),
        booked_again=max(int(line[at.W_PREVIOUS]), 0) if ended else 0,
    )


class SlotsPart(StoreBase):
    """Reading holds."""

    def record(self, hold_id: int, now_ms: int) -> HoldRecord | None:
        """What is known of a hold, or None if the id names none, or one that ended the retention time ago."""
        slot = hold_id & 0xFFFFFFFF
        if hold_id <= 0 or slot >= self.block.sizes.slots:
            return None
        shared = self.block.region(at.R_SLOTS).view(np.int64)[slot]
        line = shared.copy()
        while line[at.W_STATE] != shared[at.W_STATE] or line[at.W_LSN] != shared[at.W_LSN]:
            line = shared.copy()  # another thread changed the hold while it was read
        word = int(line[at.W_STATE])
        if word >> 8 != hold_id >> 32 or word & at.STATE_MASK == at.STATE_EMPTY:
            return None
        if word & at.STATE_ENDED and int(line[at.W_RESOLVED_MS]) + self.block.sizes.retention_ms <= now_ms:
            return None
        return record_of(line, slot)

    def slot_words(self) -> NDArray[np.int64]:
        """A copy of all slots that were ever used: int64 (slot, W_WORDS). Not one instant while threads change them."""
        high = int(self.block.region(at.R_SHARED)[at.S_SLOT_HIGH])
        return self.block.region(at.R_SLOTS).view(np.int64)[:high].copy()

    def expired_since(self, lsn: int) -> NDArray[np.int64]:
        """Ids of the holds that expired after a log sequence number, in the order in which they did. O(slots used)."""
        slots = self.slot_words()
        state = slots[:, at.W_STATE]
        ended = at.STATE_EXPIRED | at.STATE_ENDED
        found = np.flatnonzero(((state & 0xFF) == ended) & (slots[:, at.W_LSN] > lsn))
        found = found[np.argsort(slots[found, at.W_LSN])]
        return np.asarray((state[found] >> 8) << 32 | found, np.int64)

    def records(self, since_lsn: int = 0) -> tuple[NDArray[np.int64], int]:
        """(records of the ring after a log sequence number in order, int64 (record, D_WORDS); the first lsn the ring
        still holds). Records that are being written meanwhile are left out.
        """
        ring = self.block.region(at.R_RECORDS).view(np.int64)
        last = self.lsn
        oldest = max(1, last - len(ring) + 1)
        wanted = np.arange(max(since_lsn + 1, oldest), last + 1)
        found = ring[(wanted - 1) % len(ring)].copy()
        return found[found[:, at.D_LSN] == wanted], oldest
