"""A booking service in one file: search, quote, hold, confirm, with a retry that takes no second room.

Run: python examples/booking_service.py
"""

from datetime import date, timedelta

from nightgrid import Catalog, Engine, Outcome, Refused


def make_engine() -> Engine:
    """Two hotels, three room types, one rule book."""
    catalog = Catalog.from_frames(
        hotels={
            "hotel_id": ["harbour", "garden"],
            "name": ["Harbour House", "Garden Court"],
            "currency": ["CNY", "CNY"],
            "time_zone": ["Asia/Shanghai"] * 2,
            "country": ["CN", "CN"],
            "city": ["Shanghai", "Suzhou"],
        },
        room_types={
            "hotel_id": ["harbour", "harbour", "garden"],
            "room_type_id": ["king", "twin", "king"],
            "capacity": [1, 8, 5],
            "base_minor": [58_000, 46_000, 39_000],
        },
    )
    engine = Engine.in_memory(catalog, first_night=date.today(), nights=365)
    engine.publish(
        {
            "book": {"name": "Example", "tiers": ["public", "gold"]},
            "season": [{"name": "Weekend", "weekdays": ["fri", "sat"], "percent": 20}],
            "length_of_stay": [{"name": "Longer", "bands": [{"from_nights": 4, "percent": -8}]}],
            "member_tier": [{"name": "Members", "percent": {"gold": -6}}],
        }
    )
    return engine


def book(engine: Engine, hotel_id: str, room_type_id: str, arrival: date, nights: int, order: str) -> int | None:
    """Hold and confirm; safe to call again with the same order. None if it is sold out."""
    try:
        hold = engine.hold(hotel_id, room_type_id, arrival, nights, ttl_seconds=900, key=order)
    except Refused as refusal:
        print(f"{order}: {refusal}")
        return None
    # ... the guest pays here; the room is his until the deadline ...
    ticket = engine.confirm(hold.id)
    print(f"{order}: {'already booked' if ticket.outcome == Outcome.EXISTS else 'booked'} as {ticket.id}")
    return ticket.id


def main() -> None:
    """The guest's way through the service."""
    engine = make_engine()
    arrival = date.today() + timedelta(days=45)
    result = engine.search(arrival, nights=2, tier="gold")
    for offer in result.offers:
        print(offer)
    quote = engine.quote("harbour", "king", arrival, nights=2, tier="gold")
    print(*engine.explain(quote).render(), sep="\n")
    book(engine, "harbour", "king", arrival, 2, "order-1")
    book(engine, "harbour", "king", arrival, 2, "order-1")  # the network failed, the client tries again
    book(engine, "harbour", "king", arrival + timedelta(days=1), 1, "order-2")  # the only king is taken
    print("check:", engine.check() or "nothing to report")


if __name__ == "__main__":
    main()
