"""The small chain in which everything is done, and what its hotels may set."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

FIRST: Final = date(2027, 6, 1)
NIGHTS: Final = 7
NOON_MS: Final = round(datetime(2027, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)  # the same date in both hotels
SLOTS: Final = 12
SLOTS_MAX: Final = 70  # with which the index of keys has twice as many entries as at first
TIERS: Final = ("public", "gold", "diamond")
COUPONS: Final = ("SPRING", "POINTS")
BLOCKS: Final = ("B1", "B2")
KEYS: Final = (None, None, "k1", "k2", "k3", "k4")
SPARES: Final = {"hotels": 1, "room_types": 3, "products": 6}
STATES: Final = (
    "held", "booked", "released", "expired", "cancelled", "checked_in", "checked_out", "no_show",
)  # fmt: skip
RESTRICTIONS: Final = {
    "closed": (True, False), "closed_to_arrival": (True, False), "closed_to_departure": (True, False),
    "min_stay_arrival": (0, 2, 3), "max_stay_arrival": (0, 1, 2), "min_stay_through": (0, 2, 3),
    "max_stay_through": (0, 1, 2), "full_pattern": ("NY", "YN", 0), "min_advance_days": (0, 2, 3),
    "max_advance_days": (-1, 0, 1), "stay_multiple_of": (0, 2), "arrival_weekdays": ("fri,sat", "mon,tue,wed", ""),
}  # fmt: skip
WORLD: Final = {
    "hotels": [
        {"hotel_id": "A", "currency": "CNY", "time_zone": "Asia/Shanghai"},
        {"hotel_id": "B", "currency": "CNY", "time_zone": "America/New_York", "rollover_hour": 4},
    ],
    "room_types": [
        {"hotel_id": "A", "room_type_id": "DBL", "capacity": 4, "guests_max": 2},
        {"hotel_id": "A", "room_type_id": "STE", "capacity": 1, "guests_max": 2},
        {"hotel_id": "B", "room_type_id": "DBL", "capacity": 3, "guests_max": 2},
    ],
    "products": [
        {"hotel_id": hotel, "room_type_id": kind, "plan_id": plan, "base_minor": 1_000}
        for hotel, kind, plans in (("A", "DBL", ("flex", "early")), ("A", "STE", ("flex",)), ("B", "DBL", ("flex",)))
        for plan in plans
    ],
}
