"""A file of hotel bookings played again, day by day: which bookings would have found a room?

Every row is one room from its arrival for its nights, booked `lead_time` days before arrival. A row whose
status is Canceled gives its room back on its status date; no-shows and check-outs give nothing back.
Rows without nights (day use) are skipped. A row that finds no room on one of its nights is refused, changes
nothing, and its cancellation later does nothing. A cancellation dated before its booking does nothing either.

Within a date: first the cancellations of bookings made on earlier dates, then the bookings, then the
cancellations of bookings made that same date; each in the order of the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

Row = Mapping[str, Any]
RoomType = tuple[str, str]  # hotel, reserved room type
Rows = Sequence[Row] | Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Booking:
    """One row of the file that has nights."""

    row_number: int
    room_type: RoomType
    booked: date
    arrival: date
    nights: int
    status: str
    cancelled: date | None

    @property
    def stay(self) -> list[date]:
        """The nights of the stay."""
        return [self.arrival + timedelta(days=i) for i in range(self.nights)]


def row_dicts(rows: Rows) -> Sequence[Row]:
    """Rows as dictionaries, also from a dictionary of columns."""
    if isinstance(rows, Mapping):
        return [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
    return rows


def read_bookings(rows: Rows) -> list[Booking]:
    """The bookings of the file in file order, those without nights left out; row numbers count every row."""
    bookings = []
    for row_number, row in enumerate(row_dicts(rows)):
        nights = row["stays_in_weekend_nights"] + row["stays_in_week_nights"]
        if nights == 0:
            continue
        month = MONTHS.index(row["arrival_date_month"]) + 1
        arrival = date(row["arrival_date_year"], month, row["arrival_date_day_of_month"])
        status = row["reservation_status"]
        bookings.append(
            Booking(
                row_number=row_number,
                room_type=(row["hotel"], row["reserved_room_type"]),
                booked=arrival - timedelta(days=row["lead_time"]),
                arrival=arrival,
                nights=nights,
                status=status,
                cancelled=_as_date(row["reservation_status_date"]) if status == "Canceled" else None,
            )
        )
    return bookings


def label(room_type: RoomType) -> str:
    """The room type in one word, "City Hotel|A", as capacities are given and counts are reported."""
    return "|".join(room_type)


def peak_capacity(bookings: Sequence[Booking]) -> dict[RoomType, int]:
    """Rooms per room type: the most rooms that guests who checked out slept in on one night.

    A room type that nobody checked out of has no rooms.
    """
    slept = {booking.room_type: defaultdict(int) for booking in bookings}
    for booking in bookings:
        if booking.status == "Check-Out":
            for night in booking.stay:
                slept[booking.room_type][night] += 1
    return {room_type: max(nights.values(), default=0) for room_type, nights in slept.items()}


def replay(rows: Rows, capacity: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Play the file; `capacity` names rooms for some or all room types ("hotel|type"), the peak for the rest.

    The answer holds, over all and under `by_room_type` for each room type: `accepted`, `refused`, `released`
    (cancellations that gave a room back), `live_at_end`, `room_nights_at_end`; and further `skipped`,
    `cancelled_before_booking` (accepted rows whose cancellation came too early to count), `capacity`,
    `accepted_rows` (row numbers of the file, ascending) and `sold` ((hotel, room type) -> night -> rooms at the
    end, nights with none left out).
    """
    every_row = row_dicts(rows)
    bookings = read_bookings(every_row)
    rooms = {r: (capacity or {}).get(label(r), peak) for r, peak in sorted(peak_capacity(bookings).items())}

    bookings_of: dict[date, list[Booking]] = defaultdict(list)
    early_cancellations: dict[date, list[Booking]] = defaultdict(list)  # before the day's bookings
    late_cancellations: dict[date, list[Booking]] = defaultdict(list)  # after them
    void = set()
    for booking in bookings:
        bookings_of[booking.booked].append(booking)
        if booking.cancelled is None:
            continue
        if booking.cancelled < booking.booked:
            void.add(booking.row_number)
        elif booking.cancelled == booking.booked:
            late_cancellations[booking.cancelled].append(booking)
        else:
            early_cancellations[booking.cancelled].append(booking)

    sold: dict[RoomType, dict[date, int]] = {room_type: defaultdict(int) for room_type in rooms}
    accepted: dict[int, Booking] = {}
    released: dict[int, Booking] = {}

    def give_back(booking: Booking) -> None:
        if booking.row_number in accepted:
            released[booking.row_number] = booking
            for night in booking.stay:
                sold[booking.room_type][night] -= 1

    def book(booking: Booking) -> None:
        nights = sold[booking.room_type]
        if any(nights[night] >= rooms[booking.room_type] for night in booking.stay):
            return
        accepted[booking.row_number] = booking
        for night in booking.stay:
            nights[night] += 1

    for day in sorted({*bookings_of, *early_cancellations, *late_cancellations}):
        for booking in early_cancellations[day]:
            give_back(booking)
        for booking in bookings_of[day]:
            book(booking)
        for booking in late_cancellations[day]:
            give_back(booking)

    return {
        **_counts(bookings, accepted, released),
        "by_room_type": {
            label(room_type): _counts([b for b in bookings if b.room_type == room_type], accepted, released)
            for room_type in rooms
        },
        "skipped": len(every_row) - len(bookings),
        "cancelled_before_booking": len(void & set(accepted)),
        "capacity": {label(room_type): count for room_type, count in rooms.items()},
        "accepted_rows": sorted(accepted),
        "sold": {r: {night: count for night, count in sorted(sold[r].items()) if count} for r in rooms},
    }


def _counts(
    bookings: Sequence[Booking], accepted: Mapping[int, Booking], released: Mapping[int, Booking]
) -> dict[str, int]:
    """The counts over some of the bookings."""
    taken = [b for b in bookings if b.row_number in accepted]
    given_back = [b for b in bookings if b.row_number in released]
    return {
        "accepted": len(taken),
        "refused": len(bookings) - len(taken),
        "released": len(given_back),
        "live_at_end": len(taken) - len(given_back),
        "room_nights_at_end": sum(b.nights for b in taken) - sum(b.nights for b in given_back),
    }


def _as_date(value: date | str) -> date:
    """A date from a date or ISO text; a time of day is cut off."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value[:10])
