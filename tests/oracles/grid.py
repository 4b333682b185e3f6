"""The grid: rooms and restrictions of every room type on every night, and why a stay cannot be sold.

A cell is one room type on one night: `free + held + sold == capacity`, always, and the capacity is the physical
rooms without those out of order, plus the sell limit. `sold` counts our bookings and the rooms that other systems
sold (`sold_elsewhere`). `free` falls below zero only when the capacity is cut, or other systems sell, below what is
taken already; that is shown and never repaired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.oracles.nights import local_date, stay_nights, weekday_name
from tests.oracles.outcomes import CODES, Answer, Fault, InputMistake, worst
from tests.oracles.restrictions import RESTRICTIONS, Dialect, in_force, read_value, restriction_faults, rewritten
from tests.oracles.stay import ROOMS_MAX, STAY_NIGHTS_MAX, Row, Stay, nights_asked, value_of

__all__ = ["CODES", "RESTRICTIONS", "ROOMS_MAX", "STAY_NIGHTS_MAX", "Answer", "Cell", "Dialect", "Grid", "Row"]


@dataclass
class Cell:
    """One room type on one night. Restrictions that are absent, False or 0 do not restrict."""

    physical: int
    out_of_order: int = 0
    sell_limit: int = 0
    held: int = 0
    sold: int = 0
    sold_elsewhere: int = 0
    restrictions: dict[str, Any] = field(default_factory=dict)

    @property
    def capacity(self) -> int:
        return self.physical - self.out_of_order + self.sell_limit

    @property
    def free(self) -> int:
        return self.capacity - self.held - self.sold


class Grid:
    """Cells of a few hotels over a window of nights, at an instant that `wait` moves.

    `hotels`: hotel_id, time_zone, optional rollover_hour. `room_types`: hotel_id, room_type_id, capacity, optional
    guests_max. `products`: hotel_id, room_type_id, plan_id; without them every plan is known. `tiers`: member
    classes from lowest to highest. `channels`: where sales may come from.
    """

    def __init__(
        self,
        hotels: Iterable[Mapping[str, Any]],
        room_types: Iterable[Mapping[str, Any]],
        first_night: date,
        nights: int,
        now_ms: int,
        products: Iterable[Mapping[str, Any]] | None = None,
        tiers: Iterable[str] = (),
        channels: Iterable[str] = (),
        dialect: Dialect | None = None,
    ) -> None:
        self.hotels = {hotel["hotel_id"]: hotel for hotel in hotels}
        self.window = stay_nights(first_night, nights)
        self.now_ms = now_ms
        self.tiers = tuple(tiers)
        self.channels = tuple(channels)
        self.dialect = dialect or Dialect()
        self.room_types = {(row["hotel_id"], row["room_type_id"]): row for row in room_types}
        self.cells: dict[Row, dict[date, Cell]] = {
            row: {night: Cell(room_type["capacity"]) for night in self.window}
            for row, room_type in self.room_types.items()
        }
        self.plans: dict[Row, set[str]] | None = None
        if products is not None:
            self.plans = {row: set() for row in self.cells}
            for product in products:
                self.plans[product["hotel_id"], product["room_type_id"]].add(product.get("plan_id") or "standard")
        self.plan_restrictions: dict[tuple[Row, str], dict[date, dict[str, Any]]] = {}

    # Time

    def wait(self, interval_ms: int) -> None:
        """Let time pass."""
        self.now_ms += interval_ms

    def today(self, hotel_id: str) -> date:
        """The hotel's own date now."""
        hotel = self.hotels[hotel_id]
        return local_date(self.now_ms, hotel["time_zone"], hotel.get("rollover_hour") or 0)

    # What is written by range

    def set_capacity(
        self,
        row: Row,
        first: date,
        last: date,
        capacity: int | None = None,
        weekdays: Iterable[str] | None = None,
        allow_oversold: bool = True,
        **parts: int | None,
    ) -> None:
        """Another number of rooms, both nights included; `free` may fall below zero, which is not repaired. Unless
        that is allowed it may not fall further; a night that is short may get some of its rooms back.

        `capacity` is so many physical rooms, none out of order and no sell limit. Instead of it `physical`,
        `out_of_order` and `sell_limit` may be given; a part that is not named, or None, stays.
        """
        named = {name: value for name, value in parts.items() if value is not None}
        if set(parts) - {"physical", "out_of_order", "sell_limit"}:
            raise TypeError(f"unknown parts of a capacity {sorted(parts)}")
        if capacity is not None:
            if named:
                raise InputMistake("capacity or its parts, not both")
            named = {"physical": capacity, "out_of_order": 0, "sell_limit": 0}
        if min(named.get("physical", 0), named.get("out_of_order", 0)) < 0:
            raise InputMistake("rooms may not be negative")
        cells = [self.cells[row][night] for night in self._nights(first, last, weekdays)]
        after = [Cell(**{**vars(cell), **named}) for cell in cells]
        if not allow_oversold and any(new.free < min(old.free, 0) for new, old in zip(after, cells, strict=True)):
            raise InputMistake("a cell would be short of rooms; nothing was changed")
        for cell in cells:
            vars(cell).update(named)

    def set_sold_elsewhere(self, row: Row, first: date, last: date, rooms: int) -> None:
        """How many rooms other systems have sold, both nights included; replaces the number set before."""
        for night in self._nights(first, last):
            cell = self.cells[row][night]
            cell.sold += rooms - cell.sold_elsewhere
            cell.sold_elsewhere = rooms

    def restrict(
        self,
        hotel_id: str,
        first: date | None = None,
        last: date | None = None,
        room_type_id: str | None = None,
        weekdays: Iterable[str] | None = None,
        plan: str | None = None,
        mode: str = "delta",
        **values: int | bool | str | None,
    ) -> list[tuple[str, str, str, date]]:
        """Write restrictions on the nights first..last of one room type, or of all room types of the hotel; with
        `plan`, on that plan of them.

        Only the weekdays named ("mon".."sun", None = all) change. delta: only the restrictions given, None leaves
        one as it is, False or 0 lifts it. overlay: what is given replaces everything there. delete: what is given
        as true is lifted, everything where nothing is given. Returns what a channel must be told: (hotel, room type,
        plan or "", night) of everything that is restricted in another way than before, each once, in order.
        """
        unknown = set(values) - set(RESTRICTIONS)
        if unknown:
            raise TypeError(f"unknown restrictions {sorted(unknown)}; known are {RESTRICTIONS}")
        if mode not in ("delta", "overlay", "delete"):
            raise InputMistake(f"mode {mode!r}: delta, overlay or delete")
        named = {k: v for k, v in values.items() if v is not None}
        if mode != "delete":
            named = {k: read_value(k, v) for k, v in named.items()}
        rows = self._rows(hotel_id, room_type_id, plan)
        told = []
        for row in rows:
            for night in self._nights(first, last, weekdays):
                if plan is None:
                    cell = self.cells[row][night]
                    before, after = cell.restrictions, rewritten(cell.restrictions, mode, named)
                    cell.restrictions = after
                else:
                    nights = self.plan_restrictions.setdefault((row, plan), {})
                    before, after = nights.get(night, {}), rewritten(nights.get(night, {}), mode, named)
                    nights[night] = after
                if in_force(before) != in_force(after):
                    told.append((*row, plan or "", night))
        return sorted(told)

    # Why not

    def refusal(
        self, hotel_id: str, room_type_id: str, arrival: date, nights: int | None, rooms: int, **asked: Any
    ) -> Answer:
        """Why this stay cannot be sold as the counters stand now: the lowest code over all its nights, and the
        first night that gives it. The answer is OK where it can be sold. Changes nothing.

        `asked`: what else a hold may name (plan, tier, channel, block, guests, value_minor, ...).
        """
        try:
            stay = self.stay_of(hotel_id, room_type_id, arrival, nights, rooms=rooms, **asked)
        except InputMistake:
            return Answer("INVALID")
        misplaced = self._misplaced(stay)
        return worst(misplaced or self._unknown_block(stay) or self._faults(stay))

    def stay_of(
        self,
        hotel_id: str,
        room_type_id: str,
        arrival: date,
        nights: int | None,
        *,
        departure: date | None = None,
        tier: str | None = None,
        value_minor: int | None = None,
        nights_minor: Sequence[int] | None = None,
        **more: Any,
    ) -> Stay:
        """The stay of a request's arguments. InputMistake for a tier, channel or coupon that nobody knows, and for
        a length or a value that is given twice, or values that are not one for each night.
        """
        length = nights_asked(arrival, nights, departure)
        if length is None:
            raise InputMistake("nights or departure, one of the two")
        if tier is not None and self.tiers and tier not in self.tiers:
            raise InputMistake(f"tier {tier!r}: known are {self.tiers}")
        if more.get("channel") is not None and more["channel"] not in self.channels:
            raise InputMistake(f"channel {more['channel']!r}: known are {self.channels}")
        position = self.tiers.index(tier) if tier is not None and self.tiers else 0
        value, each = value_of(length, value_minor, nights_minor)
        more |= {"value_minor": value, "nights_minor": each}
        return Stay(hotel_id, room_type_id, arrival, length, tier=position, **more)

    def _misplaced(self, stay: Stay, in_house: bool = False) -> list[Fault]:
        """What the stay names that is not there, and nights that are not on sale. A guest in the house has arrived;
        he may leave from today on.
        """
        if stay.hotel_id not in self.hotels:
            return [("UNKNOWN_HOTEL", None)]
        if stay.row not in self.cells:
            return [("UNKNOWN_PRODUCT", None)]
        if stay.plan is not None and self.plans is not None and stay.plan not in self.plans[stay.row]:
            return [("UNKNOWN_PRODUCT", None)]
        today = self.today(stay.hotel_id)
        too_early = stay.departure < today if in_house else stay.arrival < max(today, self.window[0])
        if too_early or stay.departure > self.window[-1] + timedelta(days=1):
            return [("OUTSIDE_HORIZON", None)]
        return []

    def _faults(self, stay: Stay, *, restricted: bool = True, opens: bool = True) -> list[Fault]:
        """Everything that speaks against the stay. `restricted` False passes over the restrictions; `opens` says
        that an open hold would begin, False that it would be a booking at once.
        """
        nights = [night for night in stay_nights(stay.arrival, stay.nights) if night in self.cells[stay.row]]
        faults: list[Fault] = []
        if restricted:
            lead_days = (stay.arrival - self.today(stay.hotel_id)).days
            levels = self._levels(stay)
            faults += restriction_faults(stay, nights, STAY_NIGHTS_MAX, lead_days, self.dialect, levels)
        if stay.guests is not None and stay.guests > self.room_types[stay.row].get("guests_max", 2):
            faults.append(("TOO_MANY_GUESTS", None))
        return faults + self._shortages(stay, nights, opens)

    def _levels(self, stay: Stay) -> Any:
        """A function from a night to the restrictions there, a dictionary for each level."""
        of_plan = {} if stay.plan is None else self.plan_restrictions.get((stay.row, stay.plan), {})
        of_row = self.cells[stay.row]
        return lambda night: [of_row[night].restrictions, of_plan.get(night, {})] if night in of_row else []

    def _unknown_block(self, stay: Stay) -> list[Fault]:
        """A block that the stay names and nobody knows; blocks are told about later (`blocks`)."""
        return []

    def _shortages(self, stay: Stay, nights: list[date], opens: bool) -> list[Fault]:
        """Nights without enough rooms; what else may be short is told about later (`controls`)."""
        return [("SOLD_OUT", night) for night in nights if self.cells[stay.row][night].free < stay.rooms]

    # Looking

    def counts(self, what: str, row: Row) -> list[int]:
        """One number per night of the window ("free", "held", "sold", ...) as it stands, without sweeping."""
        return [getattr(cell, what) for cell in self.cells[row].values()]

    def house_fill(self, hotel_id: str, night: date) -> int:
        """Rooms sold or held of those in order, of the whole hotel, in basis points rounded down."""
        cells = [self.cells[row][night] for row in self._rows(hotel_id)]
        in_order = sum(cell.physical - cell.out_of_order for cell in cells)
        taken = sum(cell.sold + cell.held for cell in cells)
        return 10_000 * taken // in_order if in_order > 0 else 10_000

    def _rows(self, hotel_id: str, room_type_id: str | None = None, plan: str | None = None) -> list[Row]:
        """One room type of a hotel, or all; those with a plan, where a plan is named. InputMistake where none is."""
        rows = [row for row in self.cells if row[0] == hotel_id and room_type_id in (None, row[1])]
        if plan is not None and self.plans is not None:
            rows = [row for row in rows if plan in self.plans[row]]
        if not rows:
            raise InputMistake(f"hotel {hotel_id!r} has no room type {room_type_id!r} with plan {plan!r}")
        return rows

    def _nights(
        self, first: date | None = None, last: date | None = None, weekdays: Iterable[str] | None = None
    ) -> list[date]:
        """The nights first..last that are in the window, on some weekdays or on all."""
        wanted = None if weekdays is None else set(weekdays)
        return [
            night
            for night in self.window
            if (first is None or first <= night)
            and (last is None or night <= last)
            and (wanted is None or weekday_name(night) in wanted)
        ]
