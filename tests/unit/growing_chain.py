"""A small chain with spare places, and frames of what is added to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from nightgrid import Catalog, Engine, ManualClock, Outcome, Refused

BASE_MINOR = 10_000
NIGHT = "2027-01-05"
SPARES = {"spare_hotels": 4, "spare_room_types": 12, "spare_products": 24}
Frame = dict[str, list[Any]]


def hotel_frames(
    hotel_id: str, *, zone: str = "UTC", capacity: int = 2, currency: str = "EUR", **more: Any
) -> tuple[Frame, Frame]:
    """One hotel with the room types king and twin, each with the plan standard."""
    hotel = {"hotel_id": hotel_id, "currency": currency, "time_zone": zone, **more}
    types = {
        "hotel_id": [hotel_id] * 2,
        "room_type_id": ["king", "twin"],
        "capacity": [capacity] * 2,
        "base_minor": [BASE_MINOR + 500, BASE_MINOR],
    }
    return {key: [value] for key, value in hotel.items()}, types


def chain(hotels: int = 2, *, capacity: int = 2, slots: int = 10_000, **spares: Any) -> Engine:
    """Hotels h0, h1, ... with a published flat book; 12 nights from 2027-01-01, at noon of that day."""
    frames = [hotel_frames(f"h{number}", capacity=capacity) for number in range(hotels)]
    joined = [
        {key: [value for frame in frames for value in frame[kind][key]] for key in frames[0][kind]} for kind in range(2)
    ]
    clock = ManualClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
    engine = Engine.in_memory(Catalog.from_frames(*joined), "2027-01-01", 12, clock=clock, slots=slots, **spares)
    engine.publish(
        {
            "book": {"name": "Flat", "tiers": ["public"], "display_currency": "EUR"},
            "currencies": {"EUR": "1", "JPY": "0.006"},
        }
    )
    return engine


def outcome(engine: Engine, *place: str, **more: object) -> Outcome:
    """What a hold of two nights from NIGHT on is answered."""
    try:
        return engine.hold(*place, NIGHT, 2, **more).outcome
    except Refused as refused:
        return refused.outcome


def offered(engine: Engine, **asked: object) -> list[tuple[str, str, str]]:
    """What a search for the same stay offers, best first."""
    return [(offer.hotel_id, offer.room_type_id, offer.plan_id) for offer in engine.search(NIGHT, 2, **asked).offers]
