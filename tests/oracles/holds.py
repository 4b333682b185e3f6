"""What a hold is, and how it takes rooms and gives them back.

A hold counts as held; a booking counts as sold from its confirmation on, also after check-in, check-out or a no
show, for the nights that it still has. Released, expired and cancelled ones count nowhere. Only nights inside the
window are counted.

A hold's deadline is the first millisecond at which it can no longer be confirmed. A hold past its deadline
is *due*; its rooms come back when somebody sweeps: a hold request that would be refused for what due holds may
still have, a search or a look at availability, `expire`, `check`, or any operation on the due hold itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracles.grid import Grid
from tests.oracles.outcomes import InputMistake
from tests.oracles.stay import Row, Stay

SOLD_STATES = ("booked", "checked_in", "checked_out", "no_show")
LIVE_STATES = ("held", *SOLD_STATES)
RETENTION_MS_DEFAULT = 24 * 3600 * 1000


@dataclass
class Hold:
    """One request that was granted. `state` is one of LIVE_STATES, or released, expired or cancelled.

    `request` is what a retry with the same key must say again; the stay may change, the request does not.
    `ended_ms` is when it stopped taking rooms.
    """

    hold_id: int
    stay: Stay
    deadline_ms: int
    request: tuple[Any, ...]
    key: str | None
    taken_ms: int
    state: str = "held"
    ended_ms: int | None = None
    cart_id: int | None = None
    linked_to: int | None = None
    rebooked_as: int | None = None

    @property
    def row(self) -> Row:
        return self.stay.row

    @property
    def arrival(self) -> date:
        return self.stay.arrival

    @property
    def nights(self) -> int:
        return self.stay.nights

    @property
    def rooms(self) -> int:
        return self.stay.rooms


@dataclass
class Counter:
    """A limited number of uses that travel with holds: of a coupon, or points."""

    limit: int
    used: int = 0


class Holds(Grid):
    """Holds by id, the keys they were made with, and the record of everything that happened to them."""

    def __init__(self, *grid: Any, slots: int, retention_ms: int, **names: Any) -> None:
        super().__init__(*grid, **names)
        self.slots = slots
        self.retention_ms = retention_ms
        self.holds: dict[int, Hold] = {}
        self.keys: dict[str, int] = {}
        self.carts: dict[int, tuple[int, ...]] = {}
        self.counters: dict[str, Counter] = {}
        self.records: list[dict[str, Any]] = []
        self._last_id = 0
        self._aside: Hold | None = None

    def stay_of(self, *args: Any, **more: Any) -> Stay:
        """As the grid says; InputMistake also for a coupon or points that nobody knows."""
        stay = super().stay_of(*args, **more)
        for counter_id in (stay.coupon, stay.points):
            if counter_id is not None and counter_id not in self.counters:
                raise InputMistake(f"counter {counter_id!r}: known are {sorted(self.counters)}")
        return stay

    def grow_slots(self, slots: int) -> None:
        """So many holds can be known at once from now on; never fewer than before."""
        if slots < self.slots:
            raise InputMistake(f"slots {slots}: there are {self.slots}")
        self.slots = slots

    def set_capacity(self, row: Row, first: date, last: date, *args: Any, **more: Any) -> None:
        """As the grid says; where it may be refused, what is due ends first."""
        if not more.get("allow_oversold", True):
            self._sweep(row[0])
        super().set_capacity(row, first, last, *args, **more)

    # Taking and giving back

    def _begin(self, stay: Stay, state: str, deadline_ms: int, request: tuple[Any, ...], key: str | None) -> Hold:
        """A new hold or booking that takes its rooms, its coupon and its points."""
        self._last_id += 1
        begun = Hold(self._last_id, stay, deadline_ms, request, key, self.now_ms, state)
        self.holds[begun.hold_id] = begun
        if key is not None:
            self.keys[key] = begun.hold_id
        self._count(begun, +1)
        for counter_id, counter in self.counters.items():
            counter.used += stay.units_of(counter_id)
        return begun

    def _change(self, hold: Hold, state: str | None = None, stay: Stay | None = None, refund: bool = False) -> None:
        """Another state, another stay, or both: the rooms are given back as they were and taken as they are."""
        self._count(hold, -1)
        hold.state = state or hold.state
        hold.stay = stay or hold.stay
        self._count(hold, +1)
        if hold.state not in LIVE_STATES:
            hold.ended_ms = self.now_ms
        elif hold.state in SOLD_STATES and not self._nights_in_window(hold):
            if hold.ended_ms is None or hold.state in ("checked_out", "no_show"):
                hold.ended_ms = self.now_ms
        else:
            hold.ended_ms = None
        if hold.state in ("released", "expired") or refund:
            self._return_units(hold)

    def _count(self, hold: Hold, sign: int) -> None:
        """Add a hold's rooms to the cells that it takes, or take them off."""
        if hold.state not in LIVE_STATES:
            return
        for night in self._nights_in_window(hold):
            cell = self.cells[hold.row][night]
            if hold.state == "held":
                cell.held += sign * hold.rooms
            else:
                cell.sold += sign * hold.rooms

    def _nights_in_window(self, hold: Hold) -> list[date]:
        return [night for night in hold.stay.sleeps if night in self.cells[hold.row]]

    def _return_units(self, hold: Hold) -> None:
        for counter_id, counter in self.counters.items():
            counter.used = max(0, counter.used - hold.stay.units_of(counter_id))

    def _undo(self, holds: Iterable[Hold]) -> None:
        """As if these had never begun; they are the latest."""
        for hold in reversed(list(holds)):
            self._count(hold, -1)
            self._return_units(hold)
            del self.holds[hold.hold_id]
            self._last_id -= 1

    @contextmanager
    def _without(self, hold: Hold | None) -> Iterator[None]:
        """For the time of a question, a hold's rooms, coupon and points are back. What the stay in question takes no
        more of on a night than that hold had is not tested (`_takes_more`): an overbooked hotel can still shorten a
        stay.
        """
        if hold is None:
            yield
            return
        state, used = hold.state, {counter_id: counter.used for counter_id, counter in self.counters.items()}
        self._count(hold, -1)
        self._return_units(hold)
        hold.state, self._aside = "aside", hold
        yield
        hold.state, self._aside = state, None
        self._count(hold, +1)
        for counter_id, counter in self.counters.items():
            counter.used = used[counter_id]

    def _takes_more(self, stay: Stay, night: date, of_the_same: Callable[[Stay], bool]) -> bool:
        """Whether a stay takes more rooms of something on a night than the hold had that is given up for it."""
        old = self._aside
        had = old.rooms if old is not None and of_the_same(old.stay) and night in old.stay.sleeps else 0
        return stay.rooms > had

    def _live(self) -> list[Hold]:
        """Everything that takes rooms, due or not."""
        return [hold for hold in self.holds.values() if hold.state in LIVE_STATES]

    # Ends

    def _is_due(self, hold: Hold) -> bool:
        return hold.state == "held" and self.now_ms >= hold.deadline_ms

    def _touch(self, hold_id: int) -> Hold | None:
        """The hold of an id, expired first if it is due; None where it is not known, or no longer."""
        self._forget_old()
        found = self.holds.get(hold_id)
        if found is not None and self._is_due(found):
            self._change(found, "expired")
            self._record("expire", found)
        return found

    def _sweep(self, hotel_id: str | None) -> list[int]:
        """Expire what is due, in one hotel or (None) in all."""
        due = [h for h in self.holds.values() if self._is_due(h) and hotel_id in (None, h.row[0])]
        due.sort(key=lambda hold: (hold.deadline_ms, hold.hold_id))
        for hold in due:
            self._change(hold, "expired")
            self._record("expire", hold)
        return [hold.hold_id for hold in due]

    def _forget_old(self) -> None:
        """Drop holds, and their keys, that ended at least the retention time ago."""
        for hold in list(self.holds.values()):
            if hold.ended_ms is not None and self.now_ms >= hold.ended_ms + self.retention_ms:
                del self.holds[hold.hold_id]
                self.carts.pop(hold.hold_id, None)
                if hold.key is not None:
                    del self.keys[hold.key]

    def _record(self, kind: str, hold: Hold, **more: Any) -> None:
        """Write down what happened, with the stay as it is now (`records` plays it again)."""
        self.records.append(
            {
                "lsn": len(self.records) + 1,
                "kind": kind,
                "hold_id": hold.hold_id,
                "row": hold.row,
                "arrival": hold.arrival.toordinal(),
                "nights": hold.nights,
                "rooms": hold.rooms,
                "state": hold.state,
                "deadline_ms": hold.deadline_ms,
                "now_ms": self.now_ms,
                "cart_id": hold.cart_id,
                "linked_to": hold.linked_to,
                **more,
            }
        )
