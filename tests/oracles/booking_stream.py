"""A made-up file of hotel bookings with the 32 columns of the real one, for tests of the replay.

The stream holds what a real file holds, more often: repeated rows, rows without nights, no-shows, cancellations
that free a room for a later booking, and cancellations that come too early to count. With half of the rooms
that the replay takes by default a good part is refused. The same seed gives the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracles.replay import MONTHS

COLUMNS = (
    "hotel", "is_canceled", "lead_time", "arrival_date_year", "arrival_date_month", "arrival_date_week_number",
    "arrival_date_day_of_month", "stays_in_weekend_nights", "stays_in_week_nights", "adults", "children", "babies",
    "meal", "country", "market_segment", "distribution_channel", "is_repeated_guest", "previous_cancellations",
    "previous_bookings_not_canceled", "reserved_room_type", "assigned_room_type", "booking_changes", "deposit_type",
    "agent", "company", "days_in_waiting_list", "customer_type", "adr", "required_car_parking_spaces",
    "total_of_special_requests", "reservation_status", "reservation_status_date",
)  # fmt: skip
HOTEL_ROOM_TYPES = {"City Hotel": ("A", "A", "A", "D", "E"), "Resort Hotel": ("A", "A", "D", "L")}

#: Out of a hundred rows: what becomes of a booking.
FATES = {
    "check-out": 58,
    "cancelled later": 22,
    "cancelled on the booking date": 8,
    "cancelled before the booking date": 4,  # nonsense that a real file may hold; has no effect
    "no-show": 8,
}


def booking_row(
    arrival: date,
    nights: int,
    lead_days: int,
    status: str = "Check-Out",
    status_date: date | None = None,
    hotel: str = "City Hotel",
    room_type: str = "A",
    **others: Any,
) -> dict[str, Any]:
    """One row with all 32 columns; what is not given is plain. `status_date` None is the natural one:
    the departure of a check-out, the arrival of a no-show, the booking date of a cancellation.
    """
    stay = [arrival + timedelta(days=i) for i in range(nights)]
    weekend = sum(night.weekday() >= 5 for night in stay)
    if status_date is None:
        natural = {"Check-Out": nights, "No-Show": 0, "Canceled": -lead_days}
        status_date = arrival + timedelta(days=natural[status])
    row = {
        "hotel": hotel,
        "is_canceled": int(status != "Check-Out"),
        "lead_time": lead_days,
        "arrival_date_year": arrival.year,
        "arrival_date_month": MONTHS[arrival.month - 1],
        "arrival_date_week_number": arrival.isocalendar().week,
        "arrival_date_day_of_month": arrival.day,
        "stays_in_weekend_nights": weekend,
        "stays_in_week_nights": nights - weekend,
        "adults": 2,
        "children": 0,
        "babies": 0,
        "meal": "BB",
        "country": "PRT",
        "market_segment": "Online TA",
        "distribution_channel": "TA/TO",
        "is_repeated_guest": 0,
        "previous_cancellations": 0,
        "previous_bookings_not_canceled": 0,
        "reserved_room_type": room_type,
        "assigned_room_type": room_type,
        "booking_changes": 0,
        "deposit_type": "No Deposit",
        "agent": 9,
        "company": None,
        "days_in_waiting_list": 0,
        "customer_type": "Transient",
        "adr": 95.5,
        "required_car_parking_spaces": 0,
        "total_of_special_requests": 0,
        "reservation_status": status,
        "reservation_status_date": status_date,
    }
    if set(others) - set(COLUMNS):
        raise TypeError(f"no such columns: {sorted(set(others) - set(COLUMNS))}")
    return {column: others.get(column, row[column]) for column in COLUMNS}


def booking_stream(seed: int, rows: int = 600, first_arrival: date = date(2016, 2, 20)) -> list[dict[str, Any]]:
    """Rows in no particular order of dates, arrivals within 60 days (a leap day among them)."""
    random = Random(seed)
    stream: list[dict[str, Any]] = []
    while len(stream) < rows:
        if stream and random.random() < 0.06:
            stream.append(dict(random.choice(stream)))  # equal rows happen: there is no booking id
        else:
            stream.append(_random_row(random, first_arrival))
    return stream


def columns_of(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The rows as a dictionary of columns, as a frame holds them."""
    return {column: [row[column] for row in rows] for column in COLUMNS}


def _random_row(random: Random, first_arrival: date) -> dict[str, Any]:
    arrival = first_arrival + timedelta(days=random.randrange(60))
    nights = 0 if random.random() < 0.04 else random.choice((1, 1, 2, 2, 3, 3, 4, 7, 14))
    lead_days = random.choice((0, 0, 1, 2, 5, 13, 40, 150))
    hotel = random.choice(tuple(HOTEL_ROOM_TYPES))
    fate = random.choices(tuple(FATES), tuple(FATES.values()))[0]
    status, status_date = "Check-Out", None
    booked = arrival - timedelta(days=lead_days)
    if fate == "no-show":
        status = "No-Show"
    elif fate == "cancelled on the booking date":
        status = "Canceled"
    elif fate == "cancelled before the booking date":
        status, status_date = "Canceled", booked - timedelta(days=random.randrange(1, 4))
    elif fate == "cancelled later":
        status, status_date = "Canceled", booked + timedelta(days=random.randrange(lead_days + 1))
    guests = {"adults": random.choice((1, 2, 2, 3)), "children": random.choice((None, 0, 0, 1))}
    more = {
        "country": random.choice(("PRT", "GBR", "CHN", None)),
        "agent": random.choice((None, 9, 240)),
        "company": random.choice((None, None, 40)),
        "adr": random.randrange(0, 30_000) / 100,
    }
    room_type = random.choice(HOTEL_ROOM_TYPES[hotel])
    return booking_row(arrival, nights, lead_days, status, status_date, hotel, room_type, **guests, **more)
