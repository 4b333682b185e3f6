"""A small chain in the middle of its day, and everything that takes or gives rooms, to be stopped at any step.

`prepare` makes the chain: rooms held and booked, a guest in the house, a cart, a hold that is due, a block, a quota, a
coupon. A deed is one call that succeeds there. Nothing in a deed touches a frame: its requests are made beforehand, so
that a forked process can do it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightgrid import Refused
from nightgrid.engine import Engine
from nightgrid.engine.rooms.batches import requests_of
from nightgrid.inventory.restriction_fields import changes_to
from nightgrid.inventory.restrictions import Targets
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from tests.engines import engine_of
from tests.oracles import key_index

FIRST: Final = date(2027, 6, 1)
NIGHTS: Final = 6
NOON_MS: Final = round(datetime(2027, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)
HOUR_MS: Final = 3_600_000
ROOMS: Final = {("A", "DBL"): 9, ("A", "STE"): 2, ("B", "DBL"): 3, ("C", "DBL"): 2}
WORLD: Final = {
    "hotels": [{"hotel_id": hotel, "currency": "CNY", "time_zone": "Asia/Shanghai"} for hotel in "ABC"],
    "room_types": [
        {"hotel_id": hotel, "room_type_id": kind, "capacity": rooms, "guests_max": 2}
        for (hotel, kind), rooms in ROOMS.items()
    ],
    "products": [
        {"hotel_id": hotel, "room_type_id": kind, "plan_id": "flex", "base_minor": 100} for hotel, kind in ROOMS
    ],
}
CART: Final = [("A", "DBL", 2), ("B", "DBL", 3), ("A", "STE", 3)]


LATE: Final = [("A", "DBL", 4), ("B", "DBL", 4)]
PARTY: Final = [("A", "DBL", 5), ("C", "DBL", 4), ("A", "DBL", 3)]


def night(index: int) -> date:
    return FIRST + timedelta(days=index)


def moving_key(engine: Engine, name: str) -> str:
    """A key that stands elsewhere in the index when that has grown to twice its lines, and again when to four times."""
    return next(
        text
        for text in (f"{name} {number}" for number in range(10_000))
        if key_index.key_hash(*engine._digests.key(text)) >> 36 & 3 == 3  # the two bits beyond those of 16 lines
    )


@dataclass
class House:
    """The chain, the ids of those who are known there, and requests that are ready to be sent."""

    engine: Engine
    ids: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # of those who came with one
    ready: dict[str, Any] = field(default_factory=dict)

    @property
    def now_ms(self) -> int:
        return self.engine.clock.now_ms()


def prepare() -> House:
    """The chain at work. At A all suites of tonight are held by somebody whose time is up."""
    names = {
        "tiers": ("public", "gold"),
        "channels": ("web", "desk"),
        "book": {"book": {"name": "flat", "tiers": ["public"]}},
    }
    engine = engine_of(WORLD, FIRST, NIGHTS, NOON_MS, slots=64, retention_ms=HOUR_MS, ring_records=1_024, **names)
    house = House(engine)
    ids = house.ids
    engine.set_counter("SPRING", 9)
    engine.set_counter("STARS", 900_000)
    engine.set_open_holds_max("web", 9)
    engine.set_caps({"hotel_id": ["A"], "channel": ["web"], "kind": ["quota"], "rooms": [4]})
    engine.set_house_cap({"hotel_id": ["A"], "rooms": [11]})
    engine.set_sold_elsewhere({"hotel_id": ["A"], "room_type_id": ["DBL"], "night": [night(0)], "rooms": [2]})
    engine.create_block("B1", "A", "DBL", 1, first_night=night(0), last_night=night(5))

    bound = engine.quote("A", "DBL", night(5), 1, rooms=2, plan_id="flex")
    ids["bound"] = engine.hold(quote=bound, ttl_seconds=600).id
    points = {"points": "STARS", "points_units": 300_000}
    ids["expired"] = engine.hold("A", "STE", night(4), 2, rooms=2, ttl_seconds=1, **points).id
    late = engine.hold_cart(lines_of(LATE), ttl_seconds=1, coupon="SPRING", points="STARS", points_units=100_000)
    ids |= {"late": late.cart_id, "late 1": late.holds[1].id}
    engine.clock.advance_ms(1_000)
    engine.expire()
    keys = house.keys
    keys |= {name: moving_key(engine, name) for name in ("held", "booked", "web")}
    said = {"channel": "web", "coupon": "SPRING", "plan": "flex"}
    ids["held"] = engine.hold("A", "DBL", night(1), 3, rooms=2, key=keys["held"], **said, **points).id
    ids["picked"] = engine.hold("A", "DBL", night(4), 1, block="B1").id
    ids["booked"] = engine.book("B", "DBL", night(0), 3, rooms=2, key=keys["booked"]).id
    ids["web"] = engine.book("A", "DBL", night(4), 2, key=keys["web"], **said, points="STARS").id
    ids["guest"] = engine.book("A", "DBL", night(0), 3).id
    engine.check_in(ids["guest"])
    ids["other"] = engine.book("C", "DBL", night(0), 1).id
    ids |= dict(zip(("party", "party 1", "party 2"), a_party(house), strict=True))
    cart = engine.hold_cart(lines_of(CART))
    ids |= {"cart": cart.cart_id, "cart 1": cart.holds[1].id, "cart 2": cart.holds[2].id}
    ids["due"] = engine.hold("A", "STE", night(0), 1, rooms=2, ttl_seconds=1).id
    engine.clock.advance_ms(1_000)

    make_ready(house)
    return house


def lines_of(cart: list[tuple[str, str, int]]) -> list[dict[str, Any]]:
    """The lines of a cart, of a night each."""
    return [
        {"hotel_id": hotel, "room_type_id": kind, "arrival": night(first), "nights": 1} for hotel, kind, first in cart
    ]


def a_party(house: House) -> list[int]:
    """Ids of a cart that is booked: two lines of a hotel under a quota, each with units of its own."""
    engine = house.engine
    columns = list(zip(*PARTY, strict=True))
    frame = {"hotel_id": columns[0], "room_type_id": columns[1], "arrival": [night(first) for first in columns[2]]}
    frame |= {"nights": [1] * 3, "channel": ["web"] * 3, "coupon": ["SPRING"] * 3, "points": ["STARS"] * 3}
    requests = requests_of(engine.catalog, engine._digests, engine._names, {**frame, "points_units": [70, 8, 9]})
    ids: list[int] = engine._inventory.hold_cart(requests, house.now_ms).hold_ids.tolist()
    engine.confirm_cart(ids[0])
    return ids


def make_ready(house: House) -> None:
    """The requests of deeds that take many at once."""
    engine = house.engine

    def requests(*stays: tuple[str, str, int, int], keyed: bool = False) -> np.ndarray:
        columns = list(zip(*stays, strict=True))
        frame: dict[str, Any] = {"hotel_id": columns[0], "room_type_id": columns[1], "nights": columns[3]}
        frame |= {"arrival": [night(first) for first in columns[2]]}
        if keyed:
            frame["key"] = [f"line {i}" for i in range(len(stays))]
        return requests_of(engine.catalog, engine._digests, engine._names, frame)

    house.ready["batch"] = requests(("A", "DBL", 1, 2), ("B", "DBL", 1, 1), ("A", "DBL", 1, 1), keyed=True)
    house.ready["keys"] = [requests(("C", "DBL", 1, 1), keyed=True) for _ in house.keys]
    for asked_again, key in zip(house.ready["keys"], house.keys.values(), strict=True):
        asked_again[q.Q_KEY_HIGH : q.Q_KEY_LOW + 1, 0] = engine._digests.key(key)
    plain = requests(("A", "DBL", 1, 2), ("B", "DBL", 1, 1), ("A", "DBL", 1, 1), ("B", "DBL", 0, 0))
    house.ready["plain batch"] = np.ascontiguousarray(plain[: q.Q_PLAIN])
    cart = requests(("B", "DBL", 0, 1), ("A", "DBL", 1, 2), ("A", "STE", 1, 1))
    cart[q.Q_KEY_HIGH : q.Q_KEY_LOW + 1, 0] = engine._digests.key("trip")
    cart[q.Q_SCOPE, 0], cart[q.Q_POINTS, 0] = engine._names.words("STARS", 5, coupon="SPRING")
    house.ready["cart"] = cart
    row = engine.catalog.row_index("B", "DBL")
    house.ready["quote"] = engine.quote("A", "DBL", night(4), 2, rooms=3, plan_id="flex")
    house.ready["elsewhere"] = np.zeros((len(ROOMS), NIGHTS), np.int16)
    house.ready["elsewhere"][row, 2:4] = 1
    house.ready["restriction"] = restriction()
    house.ready["cells"] = (np.full(3, row, np.int32), np.array([night(i).toordinal() for i in range(3)], np.int32))


def restriction() -> tuple[Any, list[Targets]]:
    """Some nights of two room types are closed to arrival, and one plan on others."""
    named = {"closed_to_arrival": np.ones(1, np.bool_)}
    changes = changes_to(1, {"closed_to_arrival": np.ones(1, np.int64)}, named, replace=False)

    def targets(products: bool, *lines: tuple[int, int, int]) -> Targets:
        line, first, last = (np.array(column, np.int64) for column in zip(*lines, strict=True))
        start = FIRST.toordinal()
        return Targets(products, line, start + first, start + last, np.full_like(line, 127), np.zeros_like(line))

    return changes, [targets(False, (2, 0, 1), (1, 2, 3), (2, 3, 3)), targets(True, (2, 1, 3))]


def restrict(house: House) -> None:
    """Two room types and a plan, in four runs of nights."""
    changes, targets = house.ready["restriction"]
    house.engine._inventory.restrict(changes, targets, house.now_ms)


def set_capacity(house: House) -> None:
    """A room less on one night, two more on others."""
    rows, nights = house.ready["cells"]
    physical = np.array([2, 5, 5], np.int32)
    house.engine._inventory.set_capacity(rows, nights, physical=physical, now_ms=house.now_ms)


def sell_elsewhere(house: House) -> None:
    rows, nights = house.ready["cells"]
    house.engine._inventory.set_sold_elsewhere(rows, nights, np.array([1, 1, 0], np.int32), now_ms=house.now_ms)


def load_elsewhere(house: House) -> None:
    """All rooms sold elsewhere, at once."""
    house.engine._inventory.load_sold_elsewhere(house.ready["elsewhere"], now_ms=house.now_ms)


def roll(house: House) -> None:
    """Tonight leaves the window."""
    inventory = house.engine._inventory
    inventory.roll(night(1).toordinal(), inventory.open_words(), house.now_ms, None)


def refused(house: House) -> None:
    """A stay that is not to be had on its last night."""
    try:
        house.engine.hold("B", "DBL", night(3), 2, rooms=3)
    except Refused:
        return
    raise AssertionError("there are not so many rooms")


DEEDS: Final[dict[str, Callable[[House], Any]]] = {
    "hold": lambda h: h.engine.hold("A", "DBL", night(1), 3),
    "hold with a key": lambda h: h.engine.hold("A", "DBL", night(3), 2, key="order 1"),
    "hold with everything": lambda h: h.engine.hold(
        "A", "DBL", night(0), 1, key="order 2", channel="web", coupon="SPRING", points="STARS", tier="gold", plan="flex"
    ),
    "hold in place of the due one": lambda h: h.engine.hold("A", "STE", night(0), 2),
    "be refused": refused,
    "pick up": lambda h: h.engine.hold("A", "DBL", night(2), 1, block="B1"),
    "book": lambda h: h.engine.book("B", "DBL", night(0), 3),
    "confirm": lambda h: h.engine.confirm(h.ids["held"]),
    "confirm a part": lambda h: h.engine.confirm(h.ids["held"], rooms=1),
    "release": lambda h: h.engine.release(h.ids["held"]),
    "extend": lambda h: h.engine.extend(h.ids["held"], 7_200),
    "expire": lambda h: h.engine.expire(),
    "cancel": lambda h: h.engine.cancel(h.ids["web"]),
    "cancel with refund": lambda h: h.engine.cancel(h.ids["web"], refund=True),
    "amend a booking under a quota": lambda h: h.engine.amend(h.ids["web"], arrival=night(3), nights=2),
    "no show under a quota": lambda h: h.engine.no_show(h.ids["web"], release_from=night(5)),
    "depart early under a quota": lambda h: h.engine.depart_early(h.ids["web"], night(5)),
    "check in": lambda h: h.engine.check_in(h.ids["booked"]),
    "check out": lambda h: h.engine.check_out(h.ids["guest"]),
    "depart": lambda h: h.engine.depart_early(h.ids["guest"], night(1)),
    "no show": lambda h: h.engine.no_show(h.ids["booked"], release_from=night(1)),
    "amend dates": lambda h: h.engine.amend(h.ids["booked"], arrival=night(1), nights=3),
    "amend room type": lambda h: h.engine.amend(h.ids["held"], room_type_id="STE", arrival=night(1), nights=1),
    "amend rooms": lambda h: h.engine.amend(h.ids["held"], rooms=1, nights=4),
    "rebook": lambda h: h.engine.confirm(h.ids["expired"], rebook=True),
    "replace": lambda h: h.engine.hold("A", "DBL", night(2), 3, rooms=2, replace=h.ids["held"], channel="web"),
    "replace in another hotel": lambda h: h.engine.hold("B", "DBL", night(1), 2, replace=h.ids["held"]),
    "cart": lambda h: h.engine._inventory.hold_cart(h.ready["cart"], h.now_ms),
    "confirm a cart": lambda h: h.engine.confirm_cart(h.ids["cart"]),
    "release a cart": lambda h: h.engine.release_cart(h.ids["cart"]),
    "extend a cart": lambda h: h.engine.extend_cart(h.ids["cart"], 7_200),
    "cancel a cart": lambda h: h.engine.cancel_cart(h.ids["party"]),
    "cancel a cart with refund": lambda h: h.engine.cancel_cart(h.ids["party"], refund=True),
    "rebook a cart": lambda h: h.engine.confirm_cart(h.ids["late"], rebook=True),
    "batch": lambda h: h.engine._inventory.hold_batch(h.ready["batch"], h.now_ms),
    "plain batch": lambda h: h.engine._inventory.hold_batch(h.ready["plain batch"], h.now_ms),
    "confirm a part of what a quote binds": lambda h: h.engine.confirm(h.ids["bound"], rooms=1),
    "amend what a quote binds": lambda h: h.engine.amend(h.ids["bound"], quote=h.ready["quote"]),
    "replace with a quota of its own": lambda h: h.engine.hold(
        "A", "DBL", night(1), 4, replace=h.ids["held"], coupon="SPRING", coupon_units=2, channel="desk", points="STARS"
    ),
    "set capacity": set_capacity,
    "restrict": restrict,
    "sell elsewhere": sell_elsewhere,
    "load what is sold elsewhere": load_elsewhere,
    "roll": roll,
    "grow": lambda h: h.engine.grow_slots(200),
}


def asked(*words: str) -> tuple[int, int, dict[str, Callable[[House], Any]]]:
    """(every so many steps, from which step on, the deeds) that a command asks for: `every first deeds=NAME,NAME`."""
    numbers = [int(word) for word in words if "=" not in word]
    names = [name for word in words if "=" in word for name in word.removeprefix("deeds=").split(",")]
    every, first = [*numbers, *(1, 0)[len(numbers) :]]
    return every, first, {name: DEEDS[name] for name in names or DEEDS}


class Snapshot:
    """The rooms of every cell, what is used of controls and counters, and what is known of everybody, read without any
    lock. `nights` (column) are ordinals, 0 for a column that no night of the window stands in.
    """

    def __init__(self, house: House) -> None:
        block = house.engine._inventory.block
        cells = block.region(at.R_CELLS).view(np.int16)
        self.free, self.held, self.sold = (cells[:, :, each].astype(int) for each in (at.C_FREE, at.C_HELD, at.C_SOLD))
        plans = block.region(at.R_PRODUCT_PROFILES).view(np.int16)
        self.restricted = np.concatenate((cells[:, :, at.C_PROFILE], plans)).astype(int)  # room types, then plans
        self.capacity = block.region(at.R_CAPACITY).view(np.int16).astype(int)
        self.nights = nights_of(block.region(at.R_SHARED).view(np.int64))
        self.used = block.region(at.R_CONTROL_NIGHTS).view(np.int64)[:, :, at.N_USED].copy()
        self.kept = block.region(at.R_CONTROL_NIGHTS).view(np.int64)[:, :, at.N_KEPT].copy()
        self.units = block.region(at.R_COUNTERS).view(np.int64)[:, at.U_USED].copy()
        self.lsn = house.engine.lsn
        slots = block.region(at.R_SLOTS).view(np.int64)
        self.known = {name: known_of(slots[hold_id & 0xFFFFFFFF]) for name, hold_id in house.ids.items()}


def nights_of(shared: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which night stands in each column."""
    first, lap, end = (int(shared[word]) for word in (at.S_FIRST_NIGHT, at.S_LAP_NIGHT, at.S_END_NIGHT))
    nights = first + (lap + np.arange(NIGHTS) - first) % NIGHTS
    return np.where(nights < end, nights, 0)


def known_of(slot: NDArray[np.int64]) -> tuple[int, ...]:
    """State, place, stay and value; that of an ended one is -1 once it was booked again."""
    state, place, stay = slot[: at.W_DEADLINE_MS].tolist()
    value = int(slot[at.W_VALUE])
    if state & at.STATE_ENDED:
        value = max(-1 - int(slot[at.W_PREVIOUS]), -1)
    return state, place, stay, value
