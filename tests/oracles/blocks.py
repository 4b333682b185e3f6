"""Blocks: rooms set aside for a group or a channel, picked up one by one, given up in time.

Of a night's units what is not picked up yet is kept from everyone else, until the block is released: by hand, from
an instant on, or so many days before each night. A pickup names its block. `elastic` lets that many more rooms be
picked up than there are units; they are not set aside beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.oracles.holds import Holds
from tests.oracles.outcomes import Fault, InputMistake
from tests.oracles.stay import Row, Stay


@dataclass
class Block:
    """Rooms of one room type; `units` by night. A block with a channel is for requests of that channel only."""

    block_id: str
    row: Row
    units: dict[date, int]
    release_at_ms: int | None = None
    release_days: int | None = None
    elastic: int = 0
    channel: str | None = None
    released: bool = False


class Blocks(Holds):
    """Holds that may pick up from blocks."""

    def __init__(self, *grid: Any, **names: Any) -> None:
        super().__init__(*grid, **names)
        self.blocks: dict[str, Block] = {}

    def create_block(
        self,
        block_id: str,
        hotel_id: str,
        room_type_id: str,
        units: int | Sequence[int],
        first: date,
        last: date,
        *,
        release_at_ms: int | None = None,
        release_days: int | None = None,
        elastic: int = 0,
        channel: str | None = None,
    ) -> None:
        """Set rooms aside on the nights first..last, as many on each or a list; they must be free."""
        if block_id in self.blocks:
            raise InputMistake(f"block {block_id!r} exists")
        (row,) = self._rows(hotel_id, room_type_id)
        if channel is not None and channel not in self.channels:
            raise InputMistake(f"channel {channel!r}: known are {self.channels}")
        if elastic < 0 or (release_days is not None and release_days < 0):
            raise InputMistake("elastic and release_days may not be negative")
        block = Block(block_id, row, {}, release_at_ms, release_days, elastic, channel)
        self._write_units(block, self._units_by_night(units, first, last))
        self.blocks[block_id] = block

    def set_block_units(self, block_id: str, units: int | Sequence[int], first: date, last: date) -> None:
        """Other units on the nights first..last; what is picked up stays picked up. More must be free."""
        self._write_units(self._block(block_id), self._units_by_night(units, first, last))

    def release_block(self, block_id: str) -> None:
        """Give up what is not picked up, on every night, for good."""
        self._block(block_id).released = True

    def picked(self, block_id: str, night: date) -> int:
        """Rooms of a night that live holds and bookings took from the block."""
        return sum(hold.rooms for hold in self._live() if hold.stay.block == block_id and night in hold.stay.sleeps)

    def is_released(self, block: Block, night: date) -> bool:
        """Whether nothing of this night is kept any longer."""
        if block.released or (block.release_at_ms is not None and self.now_ms >= block.release_at_ms):
            return True
        days = block.release_days
        return days is not None and self.today(block.row[0]) >= night - timedelta(days=days)

    def blocked_remaining(self, block: Block, night: date) -> int:
        """Units of a night that nobody picked up yet."""
        if self.is_released(block, night):
            return 0
        return max(block.units.get(night, 0) - self.picked(block.block_id, night), 0)

    def blocked(self, row: Row, night: date) -> int:
        """Rooms of a cell that are kept from everyone who does not name their block."""
        return sum(self.blocked_remaining(block, night) for block in self.blocks.values() if block.row == row)

    def counts(self, what: str, row: Row) -> list[int]:
        """As the grid says, and "blocked"."""
        return [self.blocked(row, night) for night in self.window] if what == "blocked" else super().counts(what, row)

    def _unknown_block(self, stay: Stay) -> list[Fault]:
        """A block of another room type or another channel is unknown too."""
        if stay.block is None:
            return []
        block = self.blocks.get(stay.block)
        if block is None or block.row != stay.row or block.channel not in (None, stay.channel):
            return [("UNKNOWN_BLOCK", None)]
        return []

    def _pickup_faults(self, stay: Stay, night: date) -> list[Fault]:
        """Why rooms of this night cannot be picked up from the block that the stay names."""
        block = self.blocks[stay.block or ""]
        faults: list[Fault] = []
        picked = self.picked(block.block_id, night)
        if not self._takes_more(stay, night, lambda old: old.block == stay.block):
            return []
        if night not in block.units or self.is_released(block, night):
            faults.append(("BLOCK_USED_UP", night))
        elif picked + stay.rooms > block.units[night] + block.elastic:
            faults.append(("BLOCK_USED_UP", night))
        # Units of the block need rooms that are free; what is borrowed beyond them may not come out of any block.
        borrows = picked + stay.rooms > block.units.get(night, 0)
        others = [b for b in self.blocks.values() if b.row == stay.row and b is not block]
        kept = sum(self.blocked_remaining(other, night) for other in others)
        if self.cells[stay.row][night].free - (kept if borrows else 0) - stay.rooms < 0:
            faults.append(("SOLD_OUT", night))
        return faults

    def _units_by_night(self, units: int | Sequence[int], first: date, last: date) -> dict[date, int]:
        nights = self._nights(first, last)
        if not nights or (nights[0], nights[-1]) != (first, last):
            raise InputMistake(f"{first} to {last} are not nights of the window")
        each = [units] * len(nights) if isinstance(units, int) else list(units)
        if len(each) != len(nights) or min(each) < 0:
            raise InputMistake(f"{each}: one number of units, not negative, for each of {len(nights)} nights")
        return dict(zip(nights, each, strict=True))

    def _write_units(self, block: Block, units: dict[date, int]) -> None:
        """InputMistake, and nothing changed, where more would be kept than there is."""
        self._sweep(block.row[0])
        others = [b for b in self.blocks.values() if b.row == block.row and b.block_id != block.block_id]
        for night, count in units.items():
            changed = Block(**{**vars(block), "units": {night: count}})
            kept = self.blocked_remaining(changed, night)
            if kept <= self.blocked_remaining(block, night):
                continue  # not more than before: nothing to find room for
            if sum(self.blocked_remaining(other, night) for other in others) + kept > self.cells[block.row][night].free:
                raise InputMistake(f"{count} units on {night}: not so many rooms are free")
        block.units.update(units)

    def _block(self, block_id: str) -> Block:
        if block_id not in self.blocks:
            raise InputMistake(f"block {block_id!r}: known are {sorted(self.blocks)}")
        return self.blocks[block_id]
