"""Read the golden cases into plain dataclasses, with every default filled in (the format: README.md).

Standard library only, so that the cases can be run against anything: the oracles, one call at a time, in
batches, or after a round trip to disk.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

HOTEL = {"hotel_id": "H", "currency": "CNY", "time_zone": "Asia/Shanghai", "country": "CN"}
ROOM_TYPE = {"room_type_id": "DBL", "capacity": 2, "guests_max": 2}
BASE_MINOR = 10_000
FIRST_NIGHT = date(2027, 3, 1)  # a Monday
WINDOW_NIGHTS = 5
NOW = datetime.fromisoformat("2027-02-20T10:00:00+08:00")
RETENTION_MS = 24 * 3600 * 1000

GIVEN_KEYS = {
    "hotel", "hotels", "room_types", "products", "base_minor", "book", "holidays",
    "first_night", "nights", "now", "slots", "retention_ms", "tiers", "channels", "dialect",
    "base_prices", "price_overrides",
}  # fmt: skip
CASE_KEYS = {"name", "given", "when", "expect", "ask", "steps"}
#: Files whose cases need no more than the first edition of the rule book.
FIRST_EDITION = ("prices", "prices_rounding", "prices_seasons")
#: What else a guest may say when he asks for a price.
ASKING_KEYS = {
    "adults", "children", "channel", "country", "device", "language", "coupons", "points", "packages", "fill_bp",
    "booking_time", "rooms_left",
}  # fmt: skip
WHEN_KEYS = {"hotel_id", "room_type_id", "plan_id", "arrival", "nights", "lead_days", "tier", "display_currency"}
PRICE_KEYS = {
    "total_minor", "nights_minor", "display_minor", "outcome", "net_minor", "taxes_minor", "payable_minor",
    "points_used", "applied", "included_taxes_minor",
}  # fmt: skip
#: Every table of rules in a book; the loader names those that a case leaves without one.
RULE_KINDS = (
    "derived", "season", "demand", "bounds", "stay_prices", "extra_guests", "length_of_stay", "free_nights",
    "lead_time", "member_tier", "promotion", "stay_bounds", "package", "points", "tax",
)  # fmt: skip
FOUND_KEYS = {"offers", "hotels_considered", "hotels_available"}
COUNTS = ("free", "held", "sold", "blocked")
#: Steps in which a room type is an argument, since it may be left out: the whole hotel, or everything.
ROOM_TYPE_IS_CHOSEN = ("restrict", "set_caps", "set_protection", "set_hurdles", "amend")


@dataclass(frozen=True)
class World:
    """A small chain. The lists hold dictionaries with the catalogue's column names, complete and in order.

    `book` is the rule book as parsed, with a name for the book and for each rule; `holidays` is the calendar
    that the case relies on, country -> {date: name}. The window is [first_night, first_night + nights).
    """

    hotels: list[dict[str, Any]]
    room_types: list[dict[str, Any]]
    products: list[dict[str, Any]]
    book: dict[str, Any]
    holidays: dict[str, dict[date, str]]
    first_night: date
    nights: int
    now_ms: int
    slots: int
    retention_ms: int
    tiers: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    dialect: dict[str, Any] = field(default_factory=dict)
    base_prices: list[dict[str, Any]] = field(default_factory=list)
    price_overrides: list[dict[str, Any]] = field(default_factory=list)

    def names(self) -> dict[str, Any]:
        """Of what is named when a store is made, that which the case has."""
        return {name: getattr(self, name) for name in ("tiers", "channels", "dialect") if getattr(self, name)}

    def hotel(self, hotel_id: str) -> dict[str, Any]:
        """The hotel of an id."""
        return next(hotel for hotel in self.hotels if hotel["hotel_id"] == hotel_id)


@dataclass(frozen=True)
class PriceCase:
    """One stay and its price. `expect` has total_minor (or the outcome of a refusal), and may have the other keys.

    `asking` is what else the guest said: names and types as the oracle and the engine take them.
    """

    name: str
    world: World
    product: dict[str, Any]
    arrival: date
    nights: int
    lead_days: int
    tier: str | None
    display_currency: str | None
    expect: dict[str, Any]
    asking: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One line of an inventory case: what is done, with which arguments, and what is seen afterwards.

    `hotel_id` and `room_type_id` name the row whose counts are looked at (and, for a hold, that is asked for).
    The arguments of `restrict` hold a `room_type_id` of their own where only one room type is meant.
    """

    do: str
    hotel_id: str
    room_type_id: str
    arguments: dict[str, Any]
    expect: Any
    night: date | None
    counts: dict[str, list[int]]


@dataclass(frozen=True)
class InventoryCase:
    """A world and what happens in it, step by step."""

    name: str
    world: World
    steps: list[Step]


@dataclass(frozen=True)
class SearchCase:
    """A world, what happened in it before, one search (oracle argument names) and the offers expected."""

    name: str
    world: World
    steps: list[Step]
    request: dict[str, Any]
    expect: dict[str, Any]


def price_cases() -> list[PriceCase]:
    """Every ask of the cases that a book of the first edition can say."""
    return [case for case in _price_cases() if case.name.partition(":")[0] in FIRST_EDITION]


def book_cases() -> list[PriceCase]:
    """Every ask of the cases that need the second edition."""
    return [case for case in _price_cases() if case.name.partition(":")[0] not in FIRST_EDITION]


def _price_cases() -> list[PriceCase]:
    """Every ask of every case in prices*.toml and presets*.toml."""
    cases = []
    for name, case in [*_read("prices"), *_read("presets")]:
        asks = case.get("ask") or [{"when": case["when"], "expect": case["expect"]}]
        for ask in asks:
            _check_keys(name, ask["when"], WHEN_KEYS | ASKING_KEYS)
            _check_keys(name, ask["expect"], PRICE_KEYS)
        whens = [ask["when"] for ask in asks]
        arrivals = [when.get("arrival", FIRST_NIGHT) for when in whens]
        departures = [a + timedelta(days=w.get("nights", 1)) for a, w in zip(arrivals, whens, strict=True)]
        window = {"first_night": min(arrivals), "nights": (max(departures) - min(arrivals)).days}
        world = _world({**window, **case.get("given", {})})
        for number, (ask, arrival) in enumerate(zip(asks, arrivals, strict=True), start=1):
            when = ask["when"]
            product = {key: when[key] for key in ("hotel_id", "room_type_id", "plan_id") if key in when}
            cases.append(
                PriceCase(
                    name=f"{name} [{number}]" if len(asks) > 1 else name,
                    world=world,
                    product=next(p for p in world.products if product.items() <= p.items()),
                    arrival=arrival,
                    nights=when.get("nights", 1),
                    lead_days=when.get("lead_days", 0),
                    tier=when.get("tier"),
                    display_currency=when.get("display_currency"),
                    expect=ask["expect"],
                    asking=_asking({key: when[key] for key in ASKING_KEYS if key in when}),
                )
            )
    return cases


def _asking(when: dict[str, Any]) -> dict[str, Any]:
    """Lists as the tuples and the set that are meant."""
    said = {key: tuple(value) if isinstance(value, list) else value for key, value in when.items()}
    return {key: frozenset(value) if key == "coupons" else value for key, value in said.items()}


def inventory_cases() -> list[InventoryCase]:
    """Every case in inventory*.toml and inventory/*.toml."""
    cases = []
    for name, case in _read("inventory"):
        world = _world(case.get("given", {}))
        cases.append(InventoryCase(name, world, _steps(world, case["steps"])))
    return cases


def search_cases() -> list[SearchCase]:
    """Every case in search*.toml."""
    cases = []
    for name, case in _read("search"):
        world = _world(case.get("given", {}))
        steps = _steps(world, case.get("steps", []))
        _check_keys(name, case["expect"], FOUND_KEYS)
        request = {"arrival": FIRST_NIGHT, "nights": 1, **_with_floats(case["when"])}
        cases.append(SearchCase(name, world, steps, request, case["expect"]))
    return cases


def _read(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """(unique name, case) of every case in the files of a kind."""
    cases: list[tuple[str, dict[str, Any]]] = []
    for path in sorted([*FOLDER.glob(f"{kind}*.toml"), *FOLDER.glob(f"{kind}/*.toml")]):
        with path.open("rb") as file:
            content = tomllib.load(file, parse_float=Decimal)
        for case in content["case"]:
            name = f"{path.stem}: {case['name']}"
            _check_keys(name, case, CASE_KEYS)
            _check_keys(name, case.get("given", {}), GIVEN_KEYS)
            if name in dict(cases):
                raise ValueError(f"{name}: the name is used twice")
            cases.append((name, case))
    return cases


def _check_keys(name: str, table: Mapping[str, Any], known: set[str]) -> None:
    """ValueError for a key that nobody would look at: a slip of the pen must not switch a case off."""
    if set(table) - known:
        raise ValueError(f"{name}: {sorted(set(table) - known)} mean nothing here; known are {sorted(known)}")


def _world(given: Mapping[str, Any]) -> World:
    """A world with all defaults filled in."""
    hotels = [_with_floats({**HOTEL, **hotel}) for hotel in given.get("hotels", [given.get("hotel", {})])]
    first_hotel = hotels[0]["hotel_id"]
    room_types = [{"hotel_id": first_hotel, **ROOM_TYPE, **row} for row in given.get("room_types", [{}])]
    row = {"hotel_id": first_hotel, "room_type_id": room_types[0]["room_type_id"]}
    plain = {**row, "plan_id": "standard"}
    base_minor = given.get("base_minor", BASE_MINOR)
    if "products" in given:
        products = [{**plain, "base_minor": base_minor, **product} for product in given["products"]]
    else:
        products = [
            {
                "hotel_id": row["hotel_id"],
                "room_type_id": row["room_type_id"],
                "plan_id": "standard",
                "base_minor": row.get("base_minor", base_minor),
            }
            for row in room_types
        ]
    for room_type in room_types:
        room_type.pop("base_minor", None)
    return World(
        hotels=hotels,
        room_types=room_types,
        products=products,
        book=_book(given.get("book", {})),
        holidays={
            country: {date.fromisoformat(day): title for day, title in days.items()}
            for country, days in given.get("holidays", {}).items()
        },
        first_night=given.get("first_night", FIRST_NIGHT),
        nights=given.get("nights", WINDOW_NIGHTS),
        now_ms=round(given.get("now", NOW).timestamp()) * 1000,
        slots=given.get("slots", 1_000),
        retention_ms=given.get("retention_ms", RETENTION_MS),
        tiers=tuple(given.get("tiers", ())),
        channels=tuple(given.get("channels", ())),
        dialect=given.get("dialect", {}),
        base_prices=[{**row, **line} for line in given.get("base_prices", [])],
        price_overrides=[{**row, **line} for line in given.get("price_overrides", [])],
    )


def _with_floats(values: Mapping[str, Any]) -> dict[str, Any]:
    """Stars, ratings and places are floats in a catalogue; only the numbers of a rule book stay decimal."""
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in values.items()}


def _book(written: Mapping[str, Any]) -> dict[str, Any]:
    """The rule book with names where the case left them out."""
    book = {**written, "book": {"name": "golden", **written.get("book", {})}}
    for kind in RULE_KINDS:
        if kind in written:
            book[kind] = [{"name": f"{kind} {i}", **rule} for i, rule in enumerate(written[kind], start=1)]
    return book


def _steps(world: World, written: list[dict[str, Any]]) -> list[Step]:
    """The steps with the row they are about; the first hotel and its first room type unless named."""
    steps = []
    for step in written:
        step = dict(step)
        named = {key: step[key] for key in ("room_type_id",) if key in step and step["do"] in ROOM_TYPE_IS_CHOSEN}
        if step["do"] == "find" and "hotel_id" in step:
            named["hotel_id"] = step["hotel_id"]
        hotel_id = step.pop("hotel_id", world.hotels[0]["hotel_id"])
        first_row = _first_row(world, hotel_id)
        if "lines" in step:
            step["lines"] = [_cart_line(world, hotel_id, line) for line in step["lines"]]
        steps.append(
            Step(
                do=step.pop("do"),
                hotel_id=hotel_id,
                room_type_id=step.pop("room_type_id", first_row["room_type_id"]),
                expect=step.pop("expect", None),
                night=step.pop("night", None),
                counts={key: step.pop(key) for key in COUNTS if key in step},
                arguments={**step, **named},
            )
        )
    return steps


def _first_row(world: World, hotel_id: str) -> dict[str, Any]:
    """The first room type of a hotel; one that does not exist where there is none."""
    return next((r for r in world.room_types if r["hotel_id"] == hotel_id), {"room_type_id": "?"})


def _cart_line(world: World, hotel_id: str, line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a cart with its row and one night, unless it says otherwise."""
    hotel_id = line.get("hotel_id", hotel_id)
    row = {"hotel_id": hotel_id, "room_type_id": _first_row(world, hotel_id)["room_type_id"]}
    return {**row, **({} if "departure" in line else {"nights": 1}), **line}
