"""The tiny world of the stateful machine: two hotels, three room types, six nights, few slots, a minute of memory.

So rooms run out, slots are handed out again, and old ids name nothing. `Base` holds the oracle, the engine with its two
ways to be called, and the ids that both gave; everything is compared after each step.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from nightgrid.errors import NightgridError
from nightgrid.inventory.findings import findings
from tests import strategies as worlds
from tests.engines import BatchInventory, EngineInventory, engine_of
from tests.oracles.grid import Answer
from tests.oracles.inventory import Inventory
from tests.oracles.outcomes import CartAnswer, InputMistake
from tests.oracles.search import Chain
from tests.stateful.steps import Dice

FIRST = worlds.FIRST_NIGHT
NIGHTS = 6
SLOTS = 7
RETENTION_MS = 60_000
CATALOGUE = {
    "hotels": [
        {"hotel_id": "A", "currency": "CNY", "time_zone": "Asia/Shanghai"},
        {"hotel_id": "B", "currency": "CNY", "time_zone": "Europe/Lisbon", "rollover_hour": 4},
    ],
    "room_types": [
        {"hotel_id": "A", "room_type_id": "DBL", "capacity": 2, "guests_max": 2},
        {"hotel_id": "A", "room_type_id": "STE", "capacity": 3, "guests_max": 3},
        {"hotel_id": "B", "room_type_id": "DBL", "capacity": 2, "guests_max": 2},
    ],
    "products": [
        {"hotel_id": "A", "room_type_id": "DBL", "plan_id": "standard", "base_minor": 100},
        {"hotel_id": "A", "room_type_id": "DBL", "plan_id": "flex", "base_minor": 130},
        {"hotel_id": "A", "room_type_id": "STE", "plan_id": "standard", "base_minor": 300},
        {"hotel_id": "A", "room_type_id": "STE", "plan_id": "member", "base_minor": 250},
        {"hotel_id": "B", "room_type_id": "DBL", "plan_id": "standard", "base_minor": 200},
    ],
}
PLANS = {
    row: tuple(p["plan_id"] for p in CATALOGUE["products"] if (p["hotel_id"], p["room_type_id"]) == row)
    for row in [(row["hotel_id"], row["room_type_id"]) for row in CATALOGUE["room_types"]]
}
ROWS = tuple(PLANS)
HOTELS = ("A", "B")
TIERS = ("public", "silver", "gold")
CHANNELS = ("web", "app")
COUPONS = ("ten", "points")
BLOCKS = ("group", "fair", "crew")
GUESTS = (None, None, "Li", "Wang")
CHAIN = Chain.of(**CATALOGUE)
BOOK = {"book": {"name": "flat", "tiers": list(TIERS)}}
#: How often each answer was met; a test demands that the rare ones are among it.
MET: Counter[str] = Counter()


class Base(RuleBasedStateMachine):
    """The oracle, and one engine with two ways to call it."""

    latest = ""

    @initialize()
    def open_both(self) -> None:
        window = (FIRST, NIGHTS, worlds.NOW_MS)
        limits: dict[str, Any] = {"slots": SLOTS, "retention_ms": RETENTION_MS}
        limits |= {"tiers": TIERS, "channels": CHANNELS}
        rows = (CATALOGUE["hotels"], CATALOGUE["room_types"])
        self.oracle = Inventory(*rows, *window, products=CATALOGUE["products"], **limits)
        self.engine = engine_of(CATALOGUE, *window, book=BOOK, **limits)
        self.faces = (EngineInventory(self.engine), BatchInventory(self.engine))
        self.granted: list[tuple[int, int]] = []  # (the oracle's id, the engine's id)
        self.carts: list[tuple[int, int]] = []
        self.asked: list[dict[str, Any]] = []
        self.carts_asked: list[dict[str, Any]] = []
        self.lsn = 0
        for inventory in (self.oracle, self.faces[0]):
            for coupon in COUPONS:
                inventory.set_counter(coupon, 3)

    # Comparing

    def compare(self, wanted: Answer, got: Answer) -> None:
        """Two answers to one request for rooms."""
        MET[wanted.outcome] += 1
        assert (got.outcome, got.night) == (wanted.outcome, wanted.night)
        if wanted.outcome == "OK":
            self.note(wanted.hold_id, got.hold_id)
        elif wanted.outcome == "EXISTS":
            assert (wanted.hold_id, got.hold_id) in self.granted
        else:
            assert got.hold_id is None

    def note(self, ours: int | None, theirs: int | None) -> None:
        """Remember a new hold of both."""
        assert ours is not None
        assert theirs is not None
        MET["reused slot"] += theirs >> 32 > 1
        assert theirs not in [known for _, known in self.granted]
        self.granted.append((ours, theirs))

    def compare_carts(self, wanted: CartAnswer, got: CartAnswer) -> None:
        """Two answers to one cart. Which line is malformed the engine says in words."""
        MET[f"cart {wanted.outcome}"] += 1
        assert got.outcome == wanted.outcome
        if wanted.outcome == "OK":
            for ours, theirs in zip(wanted.hold_ids, got.hold_ids, strict=True):
                self.note(ours, theirs)
            assert got.cart_id == got.hold_ids[0]
            self.carts.append((wanted.hold_ids[0], got.hold_ids[0]))
        elif wanted.outcome == "EXISTS":
            assert (wanted.cart_id, got.cart_id) in self.carts
        elif wanted.outcome != "INVALID":
            assert (got.line, got.night) == (wanted.line, wanted.night)

    def both(self, method: str, *args: Any, **named: Any) -> bool:
        """Write the same into both; either both accept it or both refuse it. True if it was accepted."""
        refused = []
        for inventory in (self.oracle, self.faces[0]):
            try:
                getattr(inventory, method)(*args, **named)
            except (InputMistake, NightgridError) as error:
                refused.append(error)
        assert len(refused) in (0, 2), (method, args, named, refused)
        MET[f"{method} refused" if refused else method] += 1
        return not refused

    # Picking

    def pick(self, dice: Dice) -> tuple[int, int]:
        """A hold that was granted, often the latest; ids that nobody ever had where there is none."""
        if not self.granted:
            return (12_345, 12_345)
        return self.granted[-1 - dice.pick((0, 0, 0, 1, 1, 2, 3, 4, 5, 7)) % len(self.granted)]

    def night(self, dice: Dice) -> date:
        return dice.pick(self.oracle.window)

    def nights(self, dice: Dice) -> tuple[date, date]:
        """First and last of some nights."""
        first, last = sorted(dice.pick(self.oracle.window) for _ in range(2))
        return first, last

    def engine_id(self, ours: int | None) -> int | None:
        return dict(self.granted).get(ours or 0)

    # After each step

    def look_at_everything(self) -> None:
        self.counters_are_equal()
        self.a_recount_finds_nothing_wrong()
        self.log_sequence_numbers_only_grow()

    @invariant()
    def counters_are_equal(self) -> None:
        ours, theirs = self.oracle, self.faces[0]
        for row in ROWS:
            for what in ("free", "held", "sold", "blocked"):
                assert theirs.counts(what, row) == ours.counts(what, row), (row, what)
        for coupon in COUPONS:
            assert theirs.counter_used(coupon) == ours.counter_used(coupon), coupon
        for channel in CHANNELS:
            assert theirs.open_holds(channel) == ours.open_holds(channel), channel

    @invariant()
    def a_recount_finds_nothing_wrong(self) -> None:
        """As they stand: nothing is swept first, due holds still hold their rooms."""
        short = sum(count < 0 for row in ROWS for count in self.oracle.counts("free", row))
        found = findings(self.engine._inventory)
        assert [str(finding) for finding in found if finding.kind != "oversold"] == []
        assert len(found) == short
        MET["short of rooms"] += short > 0

    @invariant()
    def log_sequence_numbers_only_grow(self) -> None:
        assert self.engine._inventory.lsn >= self.lsn
        self.lsn = self.engine._inventory.lsn
