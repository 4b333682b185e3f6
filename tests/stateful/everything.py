"""Everything that anybody can do with an inventory, in the engine and in the oracle beside it.

`Pair` knows what guests and the reception do, `HotelSide` what the hotel sets; here are retries with keys, batches and
questions. Time moves only once both have swept: how long an end is remembered is counted from when it is noticed, and
each may notice it at another moment of the same instant.
"""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any, Final

from nightgrid import Outcome
from nightgrid.inventory.findings import findings
from tests.agreement.control_views import controls_agree
from tests.agreement.pairs import CHANNELS, DAY_MS, GUESTS, REFERENCES, Pair
from tests.engines import SHORT, BatchInventory
from tests.index_of_keys import index_faults
from tests.stateful.hotel_side import HotelSide
from tests.stateful.small_chain import (
    BLOCKS,
    COUPONS,
    FIRST,
    KEYS,
    NIGHTS,
    NOON_MS,
    SLOTS,
    SLOTS_MAX,
    SPARES,
    STATES,
    TIERS,
    WORLD,
)


class Everything(HotelSide):
    """One store twice, and all that is done to it. `dice` decides what: a `Random`, or one of Hypothesis."""

    def __init__(self, dice: Random) -> None:
        names = {"tiers": TIERS, "channels": CHANNELS, "slots": SLOTS, "spares": SPARES}
        super().__init__(0, WORLD, FIRST, NIGHTS, NOON_MS, retention_ms=DAY_MS, **names)
        self.dice = dice
        self.batch = BatchInventory(self.engine)
        self.said: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []  # requests with a key
        self.lsn = 0
        for coupon in COUPONS:
            self.written("set_counter", coupon, 3)

    # What a request may say

    def stay(self) -> tuple[str, str, date, int]:
        """As ever, mostly inside the window."""
        hotel_id, room_type_id, arrival, nights = super().stay()
        if self.dice.random() < 0.9:
            arrival = max(arrival, self.oracle.window[0])
            nights = min(nights, (self.oracle.window[-1] - arrival).days + 1)
        return hotel_id, room_type_id, arrival, nights

    def words(self, nights: int = 0) -> dict[str, Any]:
        """Who asks, and what for; each word is rare, so that most requests stay simple. `nights`: of the stay."""
        some = {
            "plan": "flex", "tier": self.dice.choice(TIERS), "coupon": self.dice.choice(COUPONS), "guests": 2,
            "value_minor": self.dice.choice([500, 5_000, 50_000]), "reference": self.dice.choice(REFERENCES),
            "guest": self.dice.choice(GUESTS), "channel": self.dice.choice(CHANNELS),
        }  # fmt: skip
        said = {name: some[name] for name in self.dice.sample(sorted(some), self.dice.choice([0, 1, 2, 4]))}
        if self.dice.random() < 0.25:  # a counter cannot be both
            said["points"] = self.dice.choice([name for name in COUPONS if name != said.get("coupon")])
        if "value_minor" in said and nights and self.dice.random() < 0.5:
            said["nights_minor"] = [said.pop("value_minor") // nights] * nights
        return said

    def shaped(self) -> dict[str, Any]:
        """Rooms and time to live, now and then such that they cannot be meant."""
        rooms = self.dice.choice([1, 1, 1, 1, 2, 2, 0])
        return {"rooms": rooms, "ttl_ms": self.dice.choice([60_000, 900_000, 900_000, 2 * DAY_MS])}

    def ask(self) -> None:
        """A hold or a booking with any words, and often with a key."""
        stay = self.stay()
        asked = {**self.words(stay[3]), **self.shaped(), "key": self.dice.choice(KEYS)}
        verb = self.dice.choice(["hold", "hold", "book"])
        block = self.oracle.blocks.get(self.dice.choice(BLOCKS))
        if block is not None and self.dice.random() < 0.3:
            asked["block"] = block.block_id
            stay = (*block.row, *stay[2:])
        if verb == "book":
            del asked["ttl_ms"]
        elif self.dice.random() < 0.1:
            asked["replace"] = self.some()
        self.keyed(verb, stay, asked)

    def at_the_hurdle(self) -> None:
        """A night gets a hurdle, a room is sold, and the hurdle has risen: then a hold of just that worth, or of a
        minor unit less. Mostly the hurdle is lifted again.
        """
        free = [(row, night) for row in self.rows for night in self.oracle.window if self.oracle.cells[row][night].free]
        if not free:
            return
        (hotel_id, room_type_id), night = self.dice.choice(free)
        asked = {"room_type_id": room_type_id, "delta_minor": 300, "ceiling_steps": 2}
        self.written("set_hurdles", hotel_id, night, night, hurdle_minor=800, **asked)
        stay = (hotel_id, room_type_id, night, 1)
        sold = self.both(self.dice.choice(["hold", "book"]), *stay, value_minor=50_000)
        least = self.oracle.hurdle_of(self.oracle.stay_of(*stay), [night])
        said = self.both("hold", *stay, value_minor=max(least - self.dice.choice([0, 1]), 0))
        if sold.outcome == "OK" and least > 800:
            self.met[f"risen hurdle {said.outcome}"] += 1
        if self.dice.random() < 0.8:
            self.written("set_hurdles", hotel_id, night, night, hurdle_minor=None, **asked)

    def ask_for_all(self) -> None:
        """A cart with a key."""
        lines = self.lines(self.dice.choice([1, 2, 3]))
        names = ("hotel_id", "room_type_id", "arrival", "nights", "rooms")
        lines = [{name: line[name] for name in names} for line in lines]
        asked = {name: value for name, value in self.words().items() if name not in ("plan", "guests", "value_minor")}
        asked |= {"ttl_ms": 900_000, "key": self.dice.choice(KEYS)}
        said = self.keyed("hold_cart", (lines,), asked)
        self.carts += [said.cart_id] if said.outcome == "OK" else []

    def keyed(self, verb: str, args: tuple[Any, ...], asked: dict[str, Any]) -> Any:
        self.said += [(verb, args, asked)] if asked["key"] is not None else []
        return self.both(verb, *args, **asked)

    def again(self) -> None:
        """An earlier request again, as it was or with another number of rooms."""
        if self.said:
            verb, args, asked = self.dice.choice(self.said[-4:])
            more = {} if verb == "hold_cart" or self.dice.random() < 0.7 else {"rooms": asked["rooms"] + 1}
            said = self.both(verb, *args, **{**asked, **more})
            if verb == "hold_cart" and said.outcome == "OK":
                self.carts.append(said.cart_id)

    def lines(self, count: int) -> list[dict[str, Any]]:
        names = ("hotel_id", "room_type_id", "arrival", "nights")
        return [dict(zip(names, self.stay(), strict=True)) | self.shaped() for _ in range(count)]

    def many(self) -> None:
        """A batch of holds or of bookings, each line its own, or of holds that are all or nothing."""
        together = self.dice.random() < 0.5
        books = not together and self.dice.random() < 0.3
        lines = self.lines(self.dice.choice([1, 2, 4]))
        shared = self.dice.choice(KEYS)
        for line in lines:
            key = self.dice.choice((None, shared, shared, shared)) if together else self.dice.choice(KEYS)
            line |= {"guest": self.dice.choice(GUESTS), "key": key}
            if books:
                del line["ttl_ms"]
        if books:
            wanted = [self.oracle.book(**line) for line in lines]
            said = self.batch.hold_lines(lines, verb="book_many")
        else:
            wanted = self.oracle.hold_many(lines, all_or_nothing=together)
            said = self.batch.hold_lines(lines, all_or_nothing=together)
        outcomes = [(answer.outcome, answer.night) if answer else None for answer in wanted]
        assert [(answer.outcome, answer.night) if answer else None for answer in said] == outcomes, lines
        for ours, theirs in zip(wanted, said, strict=True):
            if ours is not None and ours.outcome in ("OK", "EXISTS"):
                assert self.ids.setdefault(ours.hold_id, theirs.hold_id) == theirs.hold_id
            self.met[f"hold_many {'together ' if together else ''}{ours and ours.outcome}"] += 1

    def refund(self) -> None:
        self.both("cancel", self.in_state("booked"), refund=True)

    def resolve_many(self) -> None:
        """Several holds in one call, the same one twice at times."""
        verbs = {"confirm": {}, "release": {}, "cancel": {"refund": self.dice.random() < 0.5}, "check_in": {}}
        verbs |= {"check_out": {}, "no_show": {}, "extend": {"ttl_ms": 600_000}}
        verb = self.dice.choice(sorted(verbs))
        state = {"check_in": "booked", "check_out": "checked_in", "no_show": "booked"}.get(verb)
        ids = [self.some() if state is None else self.in_state(state) for _ in range(3)]
        wanted = [getattr(self.oracle, verb)(hold_id, **verbs[verb]) for hold_id in ids]
        theirs = [self.ids.get(hold_id, hold_id) for hold_id in ids]
        asked = {"ttl_seconds": 600} if verb == "extend" else verbs[verb]
        codes = getattr(self.engine, f"{verb}_many")(theirs, **asked)["outcome"].to_list()
        assert [Outcome(code).name for code in codes] == wanted, verb
        self.met[f"{verb}_many OK"] += "OK" in wanted

    # Looking, and time

    def question(self) -> None:
        """Holds by something known of them; nights that are short; guests to be walked."""
        asked = {
            "hotel_id": self.dice.choice(self.rows)[0], "arrival": self.dice.choice(self.oracle.window),
            "night": self.dice.choice(self.oracle.window), "state": self.dice.choice(STATES), "guest": "Li",
            "reference": "order-1", "channel": self.dice.choice(CHANNELS),
        }  # fmt: skip
        if self.carts:
            asked["cart_id"] = self.carts[-1]
        asked = {name: asked[name] for name in self.dice.sample(sorted(asked), self.dice.choice([1, 1, 2]))}
        wanted = self.oracle.find(**asked)
        theirs = {name: self.ids[value] if name == "cart_id" else value for name, value in asked.items()}
        assert sorted(self.face.find(**theirs)) == sorted(self.ids[hold_id] for hold_id in wanted), asked
        short = sorted(self.oracle.short_cells(), key=lambda line: self.rows.index(line[:2]))
        assert sorted(self.face.short_cells()) == sorted(short)
        hotel_id, night = self.dice.choice(self.rows)[0], self.dice.choice(self.oracle.window)
        wanted = [self.ids[hold_id] for hold_id in self.oracle.walked(hotel_id, night)]
        assert sorted(self.face.walked(hotel_id, night)) == sorted(wanted)
        self.met["found"] += bool(wanted)

    def look(self) -> None:
        who = {"tier": self.dice.choice([None, *TIERS]), "channel": self.dice.choice([None, *CHANNELS])}
        who = {name: value for name, value in who.items() if value is not None}
        assert self.face.availability(row := self.dice.choice(self.rows), **who) == self.oracle.availability(row, **who)

    def sweep(self) -> None:
        self.oracle.expire()
        self.face.expire()

    def wait(self) -> None:
        self.sweep()
        super().wait()

    def to_the_deadline(self) -> None:
        """To the millisecond in which the next hold is due, or to the one before."""
        self.sweep()
        open_holds = [hold.deadline_ms for hold in self.oracle.holds.values() if hold.state == "held"]
        if open_holds:
            interval_ms = min(open_holds) - self.oracle.now_ms - self.dice.choice([0, 0, 1])
            for face in (self.oracle, self.face):
                face.wait(interval_ms)

    def roll(self) -> None:
        self.sweep()
        super().roll()

    # What must be equal after each step

    def compare(self) -> None:
        """A recount finds nothing, and, where nothing is due, everything that can be seen is the same."""
        found = findings(self.engine._inventory, self.engine._now_ms())
        assert [str(finding) for finding in found if finding.kind not in SHORT] == []
        assert self.engine.lsn >= self.lsn
        self.lsn = self.engine.lsn
        if any(self.oracle._is_due(hold) for hold in self.oracle.holds.values()):
            return  # the engine may have swept where the oracle has not, or the other way round
        self.engine.expire()
        for row in self.rows:
            for what in ("free", "held", "sold", "blocked"):
                assert self.face.counts(what, row) == self.oracle.counts(what, row), (row, what)
        assert len(found) == sum((taken > 0) + (kept > 0) for *_, taken, kept in self.oracle.short_cells())
        for coupon in COUPONS:
            assert self.face.counter_used(coupon) == self.oracle.counter_used(coupon)
        for channel in CHANNELS:
            assert self.face.open_holds(channel) == self.oracle.open_holds(channel)
        for hold_id in list(self.ids)[-6:]:
            self.compare_hold(hold_id)

    def compare_hold(self, hold_id: int) -> None:
        wanted, view = self.oracle.view(hold_id), self.face.view(self.ids[hold_id])
        assert (view is None) == (wanted is None), (hold_id, wanted, view)
        if wanted is None:
            return
        same = (
            "state", "hotel_id", "room_type_id", "arrival", "nights", "rooms", "channel", "taken_ms", "plan", "block",
        )  # fmt: skip
        assert [getattr(view, name) for name in same] == [getattr(wanted, name) for name in same]

    def more_slots(self) -> None:
        """A slot or two more, not too many: being full is to be met too."""
        slots = self.oracle.slots + self.dice.choice([0, 1, 1, 2])
        if slots <= SLOTS_MAX:
            self.oracle.grow_slots(slots)
            self.engine.grow_slots(slots)
            assert index_faults(self.engine) == []

    def rebuild(self) -> None:
        """There is nothing to mend."""
        self.sweep()
        assert self.engine.rebuild() == []

    def compare_controls(self) -> None:
        """Every control as it is shown."""
        self.sweep()
        self.compare()
        controls_agree(self.face, self.oracle)


#: What Hypothesis chooses from.
VERBS: Final = (
    *sorted(set(Pair.steps)), "ask", "ask_for_all", "again", "many", "refund", "resolve_many", "restrict", "unrestrict",
    "at_the_hurdle", "rename", "import_elsewhere", "rebuild", "more_slots",
    "cap", "protect", "hurdle", "house_cap", "last_room", "count", "block", "sell_elsewhere", "parts",
    "cut_unless_oversold", "close_or_open", "grow", "question", "look", "sweep", "to_the_deadline", "compare_controls",
)  # fmt: skip
#: A busy day: what guests do is done often, so that what the hotel sets is met.
Everything.steps = (
    *VERBS,
    *("ask", "hold", "book", "confirm") * 4,
    *("again", "many", "check_in", "check_out", "amend", "end") * 2,
    *("close_or_open", "depart", "end_cart", "at_the_hurdle") * 2,
    *("restrict",) * 5,
)
