"""The engine and the oracle, told the same by random people; whatever they say and count must be equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.engines import EngineInventory, engine_of
from tests.golden.player import OF_AN_ID
from tests.oracles.inventory import Inventory
from tests.oracles.outcomes import CartAnswer

DAY_MS = 24 * 3_600_000
CHANNELS = ("web", "desk")
GUESTS = (None, "Li", "Ana", "Kenji")
REFERENCES = (None, None, "order-1", "order-2")


class Pair:
    """One store twice. `met` counts what was answered to what; `steps` are the names of what may be done."""

    steps: Sequence[str]

    def __init__(
        self,
        seed: int,
        world: Mapping[str, Sequence[Any]],
        first: date,
        nights: int,
        now_ms: int,
        spares: Mapping[str, int] | None = None,
        **limits: Any,
    ) -> None:
        self.dice = Random(seed)
        self.rows = [(row["hotel_id"], row["room_type_id"]) for row in world["room_types"]]
        self.nights = nights
        limits = {"slots": 400, "retention_ms": DAY_MS, "channels": CHANNELS, **limits}
        self.oracle = Inventory(
            world["hotels"], world["room_types"], first, nights, now_ms, products=world["products"], **limits
        )
        self.face = EngineInventory(engine_of(world, first, nights, now_ms, spares=spares, **limits))
        self.ids: dict[int, int] = {}  # the engine's id of an id of the oracle
        self.carts: list[int] = []
        self.met: Counter[str] = Counter()

    @property
    def engine(self) -> Any:
        return self.face.engine

    # What people do

    def step(self) -> None:
        """One thing that somebody does, in both; what is said must be the same."""
        getattr(self, self.dice.choice(self.steps))()

    def both(self, verb: str, *args: Any, **asked: Any) -> Any:
        """Call a method of both; the oracle's answer, once they are known to agree. New ids are noted."""
        wanted = getattr(self.oracle, verb)(*args, **asked)
        theirs = {name: self.ids.get(value, value) if name == "replace" else value for name, value in asked.items()}
        if verb in OF_AN_ID:
            args = (self.ids.get(args[0], args[0]), *args[1:])
        said = getattr(self.face, verb)(*args, **theirs)
        outcome = wanted if isinstance(wanted, str) else getattr(wanted, "outcome", str(wanted))
        self.met[f"{verb} {outcome}"] += 1
        if isinstance(wanted, CartAnswer):
            assert (said.outcome, said.line, said.night) == (wanted.outcome, wanted.line, wanted.night), asked
            if wanted.outcome == "OK":
                self.ids.update(zip(wanted.hold_ids, said.hold_ids, strict=True))
            known = [self.ids[hold_id] for hold_id in wanted.hold_ids if hold_id in self.oracle.holds]
            assert list(said.hold_ids) == known, asked  # a retry is told the lines that are remembered
        elif hasattr(wanted, "hold_id"):
            met = f"{verb} {args} {asked}: {said}, wanted {wanted}"
            assert (said.outcome, said.night) == (wanted.outcome, wanted.night), met
            if wanted.outcome in ("OK", "EXISTS") and wanted.hold_id is not None:
                assert self.ids.setdefault(wanted.hold_id, said.hold_id) == said.hold_id
        else:
            assert said == wanted, f"{verb} {args} {asked}: {said}, wanted {wanted}"
        return wanted

    def stay(self) -> tuple[str, str, date, int]:
        hotel_id, room_type_id = self.dice.choice(self.rows)
        arrival = self.oracle.window[0] + timedelta(days=self.dice.randrange(-1, self.nights))
        return hotel_id, room_type_id, arrival, self.dice.choice([1, 1, 2, 3, 4, 5])

    def some(self) -> int:
        """The oracle's id of a hold, mostly of a late one."""
        return self.dice.choice(list(self.ids)[-15:]) if self.ids else 12_345

    def hold(self) -> None:
        asked = {"rooms": self.dice.choice([1, 1, 2]), "ttl_ms": self.dice.choice([60_000, 900_000, 2 * DAY_MS])}
        asked |= {"guest": self.dice.choice(GUESTS), "reference": self.dice.choice(REFERENCES)}
        self.both("hold", *self.stay(), channel=self.dice.choice([None, *CHANNELS]), **asked)

    def book(self) -> None:
        asked = {"guest": self.dice.choice(GUESTS), "channel": self.dice.choice([None, *CHANNELS])}
        self.both("book", *self.stay(), rooms=self.dice.choice([1, 2]), **asked)

    def replace(self) -> None:
        self.both("hold", *self.stay(), replace=self.some())

    def cart(self) -> None:
        names = ("hotel_id", "room_type_id", "arrival", "nights")
        lines = [dict(zip(names, self.stay(), strict=True)) for _ in range(self.dice.choice([2, 3]))]
        said = self.both("hold_cart", lines, guest=self.dice.choice(GUESTS))
        self.carts += [said.cart_id] if said.outcome == "OK" else []

    def end_cart(self) -> None:
        if self.carts:
            cart_id = self.carts[-1]
            line = self.dice.choice(self.oracle.carts.get(cart_id, [cart_id]))
            if self.dice.random() < 0.5:  # somebody has changed his mind about one of them
                self.both(self.dice.choice(["confirm", "release"]), line)
            verb = self.dice.choice(["confirm_cart", "confirm_cart", "release_cart", "cancel_cart", "extend_cart"])
            if verb == "extend_cart":
                self.both(verb, cart_id, self.dice.choice([60_000, 900_000]))
            elif verb == "cancel_cart":
                self.both(verb, cart_id, self.dice.random() < 0.5)
            elif verb == "confirm_cart" and self.dice.random() < 0.5:
                self.both(verb, cart_id, rebook=True)
            else:
                self.both(verb, cart_id)

    def confirm(self) -> None:
        self.both("confirm", self.some(), self.dice.choice([None, None, True]) and 1)

    def rebook(self) -> None:
        self.both("confirm", self.some(), rebook=True)

    def extend(self) -> None:
        self.both("extend", self.some(), ttl_ms=600_000)

    def end(self) -> None:
        self.both(self.dice.choice(["release", "cancel"]), self.some())

    def in_state(self, state: str) -> int:
        """A hold in a state, of bookings one whose guest is expected; any other where there is none."""
        fitting = [
            hold_id
            for hold_id, hold in self.oracle.holds.items()
            if hold.state == state and (state != "booked" or self.oracle.today(hold.row[0]) in hold.stay.sleeps)
        ]
        return self.dice.choice(fitting) if fitting and self.dice.random() < 0.8 else self.some()

    def check_in(self) -> None:
        self.both("check_in", self.in_state("booked"))

    def check_out(self) -> None:
        self.both("check_out", self.in_state("checked_in"))

    def depart(self) -> None:
        hold_id = self.in_state("checked_in")
        known = self.oracle.holds.get(hold_id)
        nights = known.stay.sleeps if known else []
        self.both("depart_early", hold_id, self.dice.choice([self.stay()[2], *nights[1:] * 3]))

    def no_show(self) -> None:
        self.both("no_show", self.some(), release_from=self.dice.choice([None, self.stay()[2]]))

    def amend(self) -> None:
        hold_id = self.some()
        _, room_type_id, arrival, nights = self.stay()
        changes = {"arrival": arrival, "nights": nights, "rooms": self.dice.choice([1, 2])}
        found = self.oracle.holds.get(hold_id)
        if found is not None and (found.row[0], room_type_id) in self.rows:
            changes["room_type_id"] = room_type_id
        kept = self.dice.sample(sorted(changes), self.dice.randrange(1, len(changes)))
        self.both("amend", hold_id, **{name: changes[name] for name in kept})

    def cut(self) -> None:
        row, (first, last) = self.dice.choice(self.rows), sorted(self.dice.choices(self.oracle.window, k=2))
        rooms = self.dice.choice([0, 1, 2, 3])
        for face in (self.oracle, self.face):
            face.set_capacity(row, first, last, rooms)

    def close(self) -> None:
        row, night = self.dice.choice(self.rows), self.dice.choice(self.oracle.window)
        for face in (self.oracle, self.face):
            face.restrict(row[0], night, night, row[1], closed_to_arrival=True)

    def wait(self) -> None:
        interval_ms = self.dice.choice([1_000, 60_000, 3_600_000, 6 * 3_600_000])
        for face in (self.oracle, self.face):
            face.wait(interval_ms)

    def roll(self) -> None:
        interval_ms = self.dice.choice([0, DAY_MS, DAY_MS, 3 * DAY_MS])
        for face in (self.oracle, self.face):
            face.wait(interval_ms)
            # rolling the engine does, and how long an end is remembered is counted from when it is noticed
            face.expire()
        self.both("roll")

    # What must be equal

    def compare(self) -> None:
        """Everything that is counted, and every hold."""
        self.oracle.expire()
        self.engine.expire()
        assert self.face.window == self.oracle.window
        for what in ("free", "held", "sold", "capacity", "sold_elsewhere"):
            counts = self.face.matrix(what)
            for row in self.rows:
                assert counts[row] == [getattr(cell, what) for cell in self.oracle.cells[row].values()], (what, row)
        for ours, theirs in self.ids.items():
            wanted, view = self.oracle.view(ours), self.face.view(theirs)
            assert (view is None) == (wanted is None), (ours, wanted, view)
            if wanted is not None:
                same = ("state", "hotel_id", "room_type_id", "arrival", "nights", "rooms", "channel", "taken_ms")
                assert [getattr(view, name) for name in same] == [getattr(wanted, name) for name in same]
        assert self.face.check() == []


Pair.steps = (
    *("hold", "book", "confirm") * 3, *("amend", "check_in", "check_out", "roll") * 2, "replace", "cart", "end_cart",
    "rebook", "extend", "end", "depart", "no_show", "cut", "close", "wait",
)  # fmt: skip
