"""Selling controls: what may be sold to whom though rooms are free. All of them must permit.

- A *cap* limits the rooms that live holds and bookings of its scope take on a night; a *quota* those that were ever
  granted: rooms that were sold stay counted when they are given back, unless refunded.
- *Protection* keeps rooms of a room type for higher classes of guests, or for other channels.
- A *hurdle* is what a room and night must bring in; it rises with every room taken since it was set.
- A *house cap* limits all rooms of a hotel that are taken on a night.
- A *counter* limits uses that travel with holds; an *open-hold maximum* limits the holds of a channel.

Pickups from a block pass caps, quotas, protection and hurdles by, and do not count for them. Plans with last room
availability pass protection and hurdles by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from tests.oracles.blocks import Blocks
from tests.oracles.holds import SOLD_STATES, Counter, Hold
from tests.oracles.outcomes import Fault, InputMistake
from tests.oracles.stay import Row, Stay

Weekdays = Iterable[str] | None


class Scope(NamedTuple):
    """Which sales a cap is about; None stands for all of them. A cap and a quota may stand side by side."""

    hotel_id: str
    room_type_id: str | None
    channel: str | None
    plan: str | None
    kind: str

    def matches(self, stay: Stay) -> bool:
        return (
            stay.block is None
            and stay.hotel_id == self.hotel_id
            and self.room_type_id in (None, stay.room_type_id)
            and self.channel in (None, stay.channel)
            and self.plan in (None, stay.plan)
        )


@dataclass
class Allowance:
    """A cap or quota on one night. `spent` are rooms that were sold under a quota and given back unrefunded."""

    limit: int
    spent: int = 0


@dataclass
class Hurdle:
    """The least value of a room on one night. `taken_before` are the rooms taken when it was set."""

    hurdle_minor: int
    delta_minor: int
    ceiling_steps: int
    floor_minor: int
    taken_before: int

    def effective_minor(self, taken: int) -> int:
        steps = min(taken - self.taken_before, self.ceiling_steps)
        return max(self.floor_minor, self.hurdle_minor + self.delta_minor * steps)


class Controls(Blocks):
    """Everything that is tested beside free rooms, and taken together with them."""

    def __init__(self, *grid: Any, **names: Any) -> None:
        super().__init__(*grid, **names)
        self.caps: dict[Scope, dict[date, Allowance]] = {}
        self.protection: dict[Row, dict[date, dict[int, int]]] = {row: {} for row in self.cells}
        self.channel_protection: dict[Row, dict[date, dict[str, int]]] = {row: {} for row in self.cells}
        self.hurdles: dict[Row, dict[date, Hurdle]] = {row: {} for row in self.cells}
        self.house_caps: dict[str, dict[date, int]] = {hotel_id: {} for hotel_id in self.hotels}
        self.last_room_plans: dict[str, set[str]] = {hotel_id: set() for hotel_id in self.hotels}
        self.open_holds_max: dict[str, int] = {}

    # Writing: None removes

    def set_caps(
        self,
        hotel_id: str,
        first: date | None,
        last: date | None,
        rooms: int | None,
        room_type_id: str | None = None,
        channel: str | None = None,
        plan: str | None = None,
        kind: str = "cap",
        weekdays: Weekdays = None,
    ) -> None:
        """Limit the rooms of a scope on each night. Written again, what is used stays counted."""
        self._rows(hotel_id, room_type_id, plan)
        if kind not in ("cap", "quota") or (rooms is not None and rooms < 0):
            raise InputMistake(f"a {kind} of {rooms} rooms: cap or quota, not negative")
        self._know_channel(channel)
        allowed = self.caps.setdefault(Scope(hotel_id, room_type_id, channel, plan, kind), {})
        for night in self._nights(first, last, weekdays):
            if rooms is None:
                allowed.pop(night, None)
            else:
                allowed.setdefault(night, Allowance(0)).limit = rooms

    def set_protection(
        self,
        hotel_id: str,
        first: date | None,
        last: date | None,
        protected: Mapping[str, int | None] | None = None,
        room_type_id: str | None = None,
        weekdays: Weekdays = None,
        channels: Mapping[str, int | None] | None = None,
    ) -> None:
        """How many rooms must be left by sales to guests of the classes named, and by those through the channels named;
        other classes and channels stay.
        """
        protected, channels = protected or {}, channels or {}
        if set(protected) - set(self.tiers):
            raise InputMistake(f"tiers {sorted(protected)}: known are {self.tiers}")
        for channel, rooms in channels.items():
            self._know_channel(channel)
            if rooms is not None and rooms < 0:
                raise InputMistake(f"protection of {rooms} rooms: may not be negative")
        written = []
        for row in self._rows(hotel_id, room_type_id):
            for night in self._nights(first, last, weekdays):
                levels = dict(self.protection[row].get(night, {}))
                levels.update({self.tiers.index(tier): rooms or 0 for tier, rooms in protected.items()})
                each = [levels.get(tier, 0) for tier in range(len(self.tiers))]
                if each and (min(each) < 0 or each != sorted(each, reverse=True) or each[-1] != 0):
                    raise InputMistake(f"{each}: protection may not rise with the class, and ends with 0")
                written.append((row, night, levels))
        for row, night, levels in written:
            self.protection[row][night] = levels
            of_channels = self.channel_protection[row].setdefault(night, {})
            of_channels.update({channel: rooms or 0 for channel, rooms in channels.items()})

    def set_hurdles(
        self,
        hotel_id: str,
        first: date | None,
        last: date | None,
        hurdle_minor: int | None,
        delta_minor: int = 0,
        ceiling_steps: int = 0,
        floor_minor: int | None = None,
        room_type_id: str | None = None,
        weekdays: Weekdays = None,
    ) -> None:
        """What a room must bring in on each night; the steps begin anew."""
        floor = hurdle_minor if floor_minor is None else floor_minor
        if hurdle_minor is not None and min(hurdle_minor, delta_minor, ceiling_steps, floor or 0) < 0:
            raise InputMistake("the parts of a hurdle may not be negative")
        for row in self._rows(hotel_id, room_type_id):
            for night in self._nights(first, last, weekdays):
                if hurdle_minor is None:
                    self.hurdles[row].pop(night, None)
                else:
                    taken = self.taken(row, night)
                    self.hurdles[row][night] = Hurdle(hurdle_minor, delta_minor, ceiling_steps, floor or 0, taken)

    def set_house_cap(
        self, hotel_id: str, first: date | None, last: date | None, rooms: int | None, weekdays: Weekdays = None
    ) -> None:
        """The most rooms of the whole hotel, held and sold, on each night."""
        if hotel_id not in self.hotels or (rooms is not None and rooms < 0):
            raise InputMistake(f"a house cap of {rooms} rooms in {hotel_id!r}")
        for night in self._nights(first, last, weekdays):
            self.house_caps[hotel_id].pop(night, None)
            if rooms is not None:
                self.house_caps[hotel_id][night] = rooms

    def set_last_room_plans(self, hotel_id: str | None, plans: Iterable[str]) -> None:
        """The plans of a hotel, or (None) of each hotel, that are open as long as a room is; replaces those before."""
        if hotel_id is not None and hotel_id not in self.hotels:
            raise InputMistake(f"hotel {hotel_id!r}")
        for each in self.hotels if hotel_id is None else [hotel_id]:
            self.last_room_plans[each] = set(plans)

    def set_counter(self, counter_id: str, limit: int, used: int | None = None) -> None:
        """A limited number of uses; `used` None leaves what is used."""
        if limit < 0 or (used or 0) < 0:
            raise InputMistake(f"counter {counter_id!r}: limit {limit} and used {used} may not be negative")
        counter = self.counters.setdefault(counter_id, Counter(limit))
        counter.limit = limit
        counter.used = counter.used if used is None else used

    def set_open_holds_max(self, channel: str, count: int | None) -> None:
        """The most open holds of a channel at once, in all hotels; None for no maximum."""
        self._know_channel(channel)
        if count is not None and count < 0:
            raise InputMistake(f"{count} open holds: may not be negative")
        self.open_holds_max.pop(channel, None)
        if count is not None:
            self.open_holds_max[channel] = count

    # What is used

    def taken(self, row: Row, night: date) -> int:
        """Rooms of a cell that live holds and bookings take, pickups from blocks aside."""
        live = [hold for hold in self._live() if hold.row == row and hold.stay.block is None]
        return sum(hold.rooms for hold in live if night in hold.stay.sleeps)

    def cap_used(self, scope: Scope, night: date) -> int:
        """What counts against a cap or quota on a night."""
        live = [hold for hold in self._live() if scope.matches(hold.stay) and night in hold.stay.sleeps]
        spent = self.caps[scope][night].spent if scope.kind == "quota" else 0
        return spent + sum(hold.rooms for hold in live)

    def house_taken(self, hotel_id: str, night: date) -> int:
        """Rooms held and sold, elsewhere too, of the whole hotel."""
        return sum(self.cells[row][night].held + self.cells[row][night].sold for row in self._rows(hotel_id))

    def open_holds(self, channel: str) -> int:
        """Holds of a channel that are neither confirmed nor ended."""
        return sum(hold.state == "held" and hold.stay.channel == channel for hold in self._live())

    def counter_used(self, counter_id: str) -> int:
        """How many uses of a counter are taken."""
        return self.counters[counter_id].used

    def sellable(self, row: Row, night: date, **who: Any) -> int:
        """How many rooms a guest could still have on one night, whatever the restrictions and hurdles say; `who`
        are the tier, channel and plan.
        """
        stay = self.stay_of(*row, night, 1, **who)
        left = [self.cells[row][night].free - self.blocked(row, night) - self._protected(stay, night)]
        for scope, allowed in self.caps.items():
            if night in allowed and scope.matches(stay):
                left.append(allowed[night].limit - self.cap_used(scope, night))
        if night in self.house_caps[row[0]]:
            left.append(self.house_caps[row[0]][night] - self.house_taken(row[0], night))
        return max(0, min(left))

    # Testing

    def _shortages(self, stay: Stay, nights: list[date], opens: bool) -> list[Fault]:
        """Everything that is used up, protected or too cheap."""
        faults: list[Fault] = []
        for night in nights:
            faults += self._general_faults(stay, night) if stay.block is None else self._pickup_faults(stay, night)
            cap = self.house_caps[stay.hotel_id].get(night)
            if cap is not None and self._takes_more(stay, night, lambda old: old.hotel_id == stay.hotel_id):
                if self.house_taken(stay.hotel_id, night) + stay.rooms > cap:
                    faults.append(("HOUSE_FULL", night))
        old = None if self._aside is None else self._aside.stay
        for counter_id, fault in ((stay.coupon, "COUNTER_USED_UP"), (stay.points, "POINTS_USED_UP")):
            if counter_id is not None:
                counter, units = self.counters[counter_id], stay.units_of(counter_id)
                had = 0 if old is None else old.units_of(counter_id)
                if units > had and counter.used + units > counter.limit:
                    faults.append((fault, None))
        most = self.open_holds_max.get(stay.channel or "")
        if opens and most is not None and (old is None or old.channel != stay.channel):
            if self.open_holds(stay.channel or "") + 1 > most:
                faults.append(("TOO_MANY_OPEN_HOLDS", None))
        return faults + self._cheap_faults(stay, nights)

    def _cheap_faults(self, stay: Stay, nights: list[date]) -> list[Fault]:
        """The stay as a whole brings in too little, or, where each night has a value, each night that does."""
        if stay.nights_minor is None:
            return [("BELOW_HURDLE", stay.arrival)] if stay.value_minor < self.hurdle_of(stay, nights) else []
        value = dict(zip(stay.sleeps, stay.nights_minor, strict=True))
        return [("BELOW_HURDLE", night) for night in nights if value[night] < self.hurdle_of(stay, [night])]

    def hurdle_of(self, stay: Stay, nights: list[date]) -> int:
        """What the stay must bring in for all rooms and nights, as things stand before it is sold."""
        if stay.block is not None or self._has_last_room(stay):
            return 0
        hurdles = self.hurdles[stay.row]
        each = [hurdles[n].effective_minor(self.taken(stay.row, n)) for n in nights if n in hurdles]
        return stay.rooms * sum(each)

    def _general_faults(self, stay: Stay, night: date) -> list[Fault]:
        """Why a room that nobody set aside cannot be sold on a night."""
        faults: list[Fault] = []
        for scope, allowed in self.caps.items():
            if night in allowed and scope.matches(stay) and self._takes_more(stay, night, scope.matches):
                if self.cap_used(scope, night) + stay.rooms > allowed[night].limit:
                    faults.append(("QUOTA_USED_UP", night))
        left = self.cells[stay.row][night].free - self.blocked(stay.row, night) - stay.rooms
        if not self._takes_more(stay, night, lambda old: old.row == stay.row and old.block is None):
            return faults
        if left < 0:
            faults.append(("SOLD_OUT", night))
        elif left < self._protected(stay, night):
            faults.append(("PROTECTED", night))
        return faults

    def _protected(self, stay: Stay, night: date) -> int:
        """Rooms that a sale to this guest must leave."""
        if self._has_last_room(stay):
            return 0
        of_channels = self.channel_protection[stay.row].get(night, {})
        of_channel = 0 if stay.channel is None else of_channels.get(stay.channel, 0)
        return max(self.protection[stay.row].get(night, {}).get(stay.tier, 0), of_channel)

    def _has_last_room(self, stay: Stay) -> bool:
        return stay.plan is not None and stay.plan in self.last_room_plans[stay.hotel_id]

    # Giving back

    def _change(self, hold: Hold, state: str | None = None, stay: Stay | None = None, refund: bool = False) -> None:
        """As ever; rooms that were sold and are given back unrefunded stay counted in the quotas."""
        was_sold, before = hold.state in SOLD_STATES, hold.stay
        super()._change(hold, state, stay, refund)
        if not was_sold or refund:
            return
        for scope, allowed in self.caps.items():
            for night, allowance in allowed.items():
                had = before.rooms if scope.matches(before) and night in before.sleeps else 0
                has = hold.rooms if scope.matches(hold.stay) and night in hold.stay.sleeps else 0
                if hold.state not in SOLD_STATES:
                    has = 0
                allowance.spent += max(had - has, 0)

    def _know_channel(self, channel: str | None) -> None:
        if channel is not None and channel not in self.channels:
            raise InputMistake(f"channel {channel!r}: known are {self.channels}")
