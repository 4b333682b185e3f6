"""A small chain whose catalogue changes while it works, and the same life told to an engine that has it all from the
beginning: both must answer the same.

Places are numbers in the order in which they came; what they are called is looked up when it is needed. So the life of
the first engine can be told to the second one by the names that the places have in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from nightgrid import Catalog, InputError, ManualClock, Refused
from nightgrid.engine import Engine
from tests import strategies as worlds

FIRST, NIGHTS = worlds.FIRST_NIGHT, 12
PLACES = (("EUR", "Europe/Lisbon"), ("EUR", "Asia/Tokyo"), ("CNY", "Asia/Shanghai"), ("JPY", "Pacific/Honolulu"))
BOOK = {
    "book": {"name": "Growing", "tiers": ["public", "gold"], "display_currency": "EUR"},
    "currencies": {"EUR": "1", "CNY": "0.125", "JPY": "0.006"},
    "season": [{"name": "saturdays", "percent": 3, "weekdays": ["sat"], "where": {"plan": ["flex", "renamed3"]}}],
    "lead_time": [
        {"name": "late", "where": {"hotel": ["H1", "hotel2"]}, "bands": [{"from_days": 0, "to_days": 2, "percent": 7}]},
        {
            "name": "rooms",
            "where": {"room_type": ["T2-2", "room1"]},
            "bands": [{"from_days": 0, "to_days": 3, "percent": -5}],
        },
    ],
}
Event = tuple[Any, ...]


@dataclass
class Names:
    """What the places of a chain are called, and where they belong."""

    hotels: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)  # hotel: number
    products: list[dict[str, Any]] = field(default_factory=list)  # row: number
    made: int = 0

    def hotel(self, number: int) -> dict[str, Any]:
        """Arguments that name a hotel."""
        return {"hotel_id": self.hotels[number]["hotel_id"]}

    def row(self, number: int) -> dict[str, Any]:
        """Arguments that name a room type."""
        row = self.rows[number]
        return {**self.hotel(row["hotel"]), "room_type_id": row["room_type_id"]}

    def product(self, number: int, key: str = "plan_id") -> dict[str, Any]:
        """Arguments that name a plan of a room type."""
        product = self.products[number]
        return {**self.row(product["row"]), key: product["plan_id"]}

    def add_hotel(self, seed: int) -> int:
        """A hotel with one or two room types."""
        self.made += 1
        currency, zone = PLACES[seed % len(PLACES)]
        self.hotels.append({"hotel_id": f"H{self.made}", "currency": currency, "time_zone": zone,
                            "city": ("Rome", "Oslo")[seed % 2], "name": f"Hotel {self.made}"})  # fmt: skip
        for each in range(1 + seed % 2):
            self.add_row(len(self.hotels) - 1, seed // 2 + each)
        return len(self.hotels) - 1

    def add_row(self, hotel: int, seed: int) -> int:
        """A room type with one or two plans."""
        self.made += 1
        room_type_id = f"T{self.made % 3}-{self.made}" if seed % 3 else f"T0{self.made}"
        row = {"hotel": hotel, "room_type_id": room_type_id, "capacity": seed % 4, "guests_max": 2 + seed % 2}
        self.rows.append(row)
        for plan in ("standard", "flex")[: 1 + seed % 2]:
            self.add_product(len(self.rows) - 1, plan)
        return len(self.rows) - 1

    def add_product(self, row: int, plan: str) -> int:
        """A plan; no two plans of a world cost the same, so that no offer depends on the order of equals."""
        self.products.append({"row": row, "plan_id": plan, "base_minor": 10_007 + 1_000 * len(self.products)})
        return len(self.products) - 1

    def frames(self, rows: int = 0, products: int = 0, hotels: int = 0) -> tuple[dict[str, list[Any]], ...]:
        """Frames of the hotels, room types and products from some numbers on."""
        types = [{**self.row(n), "capacity": row["capacity"], "guests_max": row["guests_max"]}
                 for n, row in enumerate(self.rows)]  # fmt: skip
        plans = [{**self.product(n), "base_minor": product["base_minor"]} for n, product in enumerate(self.products)]
        found = (self.hotels[hotels:], types[rows:], plans[products:])
        return tuple({key: [line[key] for line in lines] for key in lines[0]} if lines else {} for lines in found)


def new_engine(names: Names, **spares: int) -> Engine:
    """An engine with the catalogue as it stands."""
    clock = ManualClock(worlds.NOW_MS)
    engine = Engine.in_memory(Catalog.from_frames(*names.frames()), FIRST, NIGHTS, clock=clock, slots=200, **spares)
    engine.publish(BOOK)
    return engine


def do(engine: Engine, names: Names, held: list[int], event: Event) -> Any:
    """Tell one event to an engine by the names that hold now; its answer, in words that any engine would use."""
    kind, place, *more = event
    try:
        match kind:
            case "hold":
                night, length, rooms = more
                hold = engine.hold(**names.row(place), arrival=night, nights=length, rooms=rooms)
                held.append(hold.id)
                return hold.outcome.name
            case "hold_plan":
                night, length, rooms = more
                hold = engine.hold(**names.product(place, "plan"), arrival=night, nights=length, rooms=rooms)
                held.append(hold.id)
                return hold.outcome.name
            case "confirm" | "release" | "cancel":
                return getattr(engine, kind)(held[place]).outcome.name if place < len(held) else None
            case "restrict":
                frame = {key: [value] for key, value in {**names.product(place, "plan"), "night": more[0]}.items()}
                if more[1]:
                    frame.pop("plan")
                return engine.restrict({**frame, more[2]: [more[3]]})
            case "capacity":
                frame = {**names.row(place), "night": more[0], "capacity": more[1]}
                return engine.set_capacity({key: [value] for key, value in frame.items()}, allow_oversold=True)
            case "house_cap" | "cap":
                frame = {**names.hotel(place), "rooms": more[0]}
                set_limit = engine.set_house_cap if kind == "house_cap" else engine.set_caps
                return set_limit({key: [value] for key, value in frame.items()})
            case "close_hotel" | "reopen_hotel":
                return getattr(engine, kind)(**names.hotel(place))
            case "close_room_type" | "reopen_room_type":
                return getattr(engine, kind)(**names.row(place))
            case "close_plan" | "reopen_plan":
                return getattr(engine, kind)(**names.product(place))
            case "roll":
                engine.clock.advance_ms(86_400_000)
                return engine.roll(to=FIRST + timedelta(days=place))
    except Refused as refused:
        return refused.outcome.name, refused.night
    except InputError:
        return "refused as a mistake"
    raise AssertionError(kind)


def answers(engine: Engine, names: Names) -> Iterator[tuple[str, Any]]:
    """Everything that an engine says of its hotels, rooms and prices."""
    yield "check", engine.check()
    yield "house fill", engine.house_fill().tolist()
    yield "closed", sorted(engine.closed().rows(), key=str)
    yield "caps", sorted(engine.caps().rows(), key=str)
    first = date.fromordinal(engine.first_night)
    arrivals = [first + timedelta(days=days) for days in (0, 1, 2, NIGHTS - 3)]
    for hotel in range(len(names.hotels)):
        hotel_id = names.hotel(hotel)["hotel_id"]
        yield f"availability {hotel}", engine.availability(hotel_id).rows()
        yield f"restrictions {hotel}", engine.restrictions(hotel_id).rows()
        yield f"calendar {hotel}", engine.calendar(hotel_id, 2).rows()
        yield f"runs {hotel}", engine.largest_free_run(hotel_id).rows()
        yield f"stays {hotel}", engine.availability_calendar(hotel_id, 2).rows()
        yield (
            f"holds {hotel}",
            engine.find(hotel_id=hotel_id).drop("id", "lsn").sort("taken_ms", maintain_order=True).rows(),
        )
    searches = [{}, {"rooms": 2}, {"city": "Rome"}, {"tier": "gold", "guests": 3}, {"top": None}, {"top": 1},
                {"hotel_ids": [names.hotel(0)["hotel_id"]]}, {"plan": names.products[-1]["plan_id"]},
                {"room_type": names.rows[-1]["room_type_id"]}, {"sort": "rating"}]  # fmt: skip
    for arrival in arrivals:
        for asked in searches:
            found = engine.search(arrival, 2, currency="EUR", **asked)
            # A version is named by its catalogue too, in which a hotel that came later stands elsewhere.
            offers = [offer._replace(price_version="") for offer in found.offers]
            yield f"search {arrival} {asked}", (offers, found.hotels_considered, found.hotels_available)
    for product in range(len(names.products)):
        for arrival in arrivals[1:]:
            try:
                quote = engine.quote(**names.product(product), arrival=arrival, nights=2)
            except Refused as refused:
                yield f"quote {product} {arrival}", refused.outcome
                continue
            yield f"quote {product} {arrival}", (quote.total_minor, quote.currency, engine.explain(quote).total_minor)


def differences(engine: Engine, other: Engine, names: Names) -> list[str]:
    """Where two engines differ in what they say, and in whom they would give a room."""
    found = [
        f"{about}: {one} instead of {two}"
        for (about, one), (_, two) in zip(answers(engine, names), answers(other, names), strict=True)
        if one != two
    ]
    for product in range(len(names.products)):
        night = date.fromordinal(engine.first_night) + timedelta(days=2 + product % 3)
        for event in (("hold_plan", product, night, 2, 1), ("hold", names.products[product]["row"], night, 1, 1)):
            said = [do(each, names, [], event) for each in (engine, other)]
            if said[0] != said[1]:
                found.append(f"{event}: {said[0]} instead of {said[1]}")
    return found + [str(finding) for each in (engine, other) for finding in each.check() if finding.kind != "oversold"]
