"""What people do with rooms, one step at a time, in the engine and in the oracle beside it.

A tiny store (two hotels, three room types, six nights, four slots, a minute of retention), so that rooms run out, slots
are handed out again and old ids name nothing. After every step all counters are equal, and a recount of the engine's
own block finds nothing but cells that a cut left short of rooms.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from nightgrid import InputError
from nightgrid.inventory.findings import findings
from tests import strategies as worlds
from tests.agreement.compare import search_differences
from tests.engines import SHORT, BatchInventory, EngineInventory, engine_of
from tests.oracles.grid import CODES
from tests.oracles.inventory import Inventory
from tests.oracles.search import Chain, Request

FIRST = worlds.FIRST_NIGHT
NIGHTS = 6
SLOTS = 4
RETENTION_MS = 60_000
CATALOGUE = {
    "hotels": [
        {"hotel_id": "A", "currency": "CNY", "time_zone": "Asia/Shanghai"},
        {"hotel_id": "B", "currency": "CNY", "time_zone": "Europe/Lisbon", "rollover_hour": 4},
    ],
    "room_types": [
        {"hotel_id": "A", "room_type_id": "DBL", "capacity": 1, "guests_max": 2},
        {"hotel_id": "A", "room_type_id": "STE", "capacity": 3, "guests_max": 2},
        {"hotel_id": "B", "room_type_id": "DBL", "capacity": 2, "guests_max": 2},
    ],
    "products": [
        {"hotel_id": "A", "room_type_id": "DBL", "plan_id": "standard", "base_minor": 100},
        {"hotel_id": "A", "room_type_id": "STE", "plan_id": "standard", "base_minor": 300},
        {"hotel_id": "B", "room_type_id": "DBL", "plan_id": "standard", "base_minor": 200},
    ],
}
CHAIN = Chain.of(**CATALOGUE)
BOOK = {"book": {"name": "flat"}}
ROWS = [(row["hotel_id"], row["room_type_id"]) for row in CATALOGUE["room_types"]]
#: How often each answer was met; a test demands that the rare ones are among it.
MET: Counter[str] = Counter()
#: What this world cannot say: its names are all known, nobody tells the size of his party or arrives, and there are no
#: selling controls and no quotes that a hold is bound to.
NEVER = {
    "UNKNOWN_HOTEL", "UNKNOWN_PRODUCT", "UNKNOWN_BLOCK", "TOO_MANY_GUESTS",
    "ALREADY_CHECKED_IN", "ALREADY_CHECKED_OUT", "ALREADY_NO_SHOW", "NOT_CHECKED_IN",
    "STAY_PATTERN", "BOOKED_TOO_EARLY", "BOOKED_TOO_LATE", "QUOTA_USED_UP", "COUNTER_USED_UP", "TOO_MANY_OPEN_HOLDS",
    "POINTS_USED_UP", "BELOW_HURDLE", "PROTECTED", "BLOCK_USED_UP", "HOUSE_FULL", "QUOTE_EXPIRED", "QUOTE_BOUND",
}  # fmt: skip

rows = st.sampled_from(ROWS)
nights = st.integers(0, NIGHTS - 1)
ways = st.booleans()  # one call at a time, or through a batch
steps_back = st.integers(0, 7)  # which hold: 0 is the latest
ranges = st.tuples(nights, nights).map(sorted)


@st.composite
def requests(draw):
    """What a hold is asked with: mostly sensible, few keys and guests so that they come again."""
    row = draw(rows)
    return {
        "hotel_id": row[0],
        "room_type_id": row[1],
        "arrival": FIRST + timedelta(days=draw(st.integers(-1, NIGHTS))),
        "nights": draw(st.sampled_from([1, 1, 1, 2, 3, NIGHTS, 0])),
        "rooms": draw(st.sampled_from([1, 1, 1, 1, 1, 2, 0])),
        "ttl_ms": draw(st.sampled_from([900_000, 60_000, 1_000])),
        "key": draw(st.sampled_from(worlds.KEYS)),
        "guest": draw(st.sampled_from([None, None, "Li"])),
    }


class Machine(RuleBasedStateMachine):
    """The oracle, and one engine with two ways to call it."""

    @initialize()
    def open_both(self):
        window = (FIRST, NIGHTS, worlds.NOW_MS)
        limits = {"slots": SLOTS, "retention_ms": RETENTION_MS}
        self.oracle = Inventory(CATALOGUE["hotels"], CATALOGUE["room_types"], *window, **limits)
        self.engine = engine_of(CATALOGUE, *window, book=BOOK, **limits)
        self.faces = (EngineInventory(self.engine), BatchInventory(self.engine))
        self.granted: list[tuple[int, int]] = []  # (the oracle's id, the engine's id)
        self.lsn = 0

    def compare(self, wanted, got):
        """Two answers to one request for rooms."""
        MET[wanted.outcome] += 1
        assert (got.outcome, got.night) == (wanted.outcome, wanted.night)
        if wanted.outcome == "OK":
            MET["reused slot"] += got.hold_id & 0xFFFFFFFF in {theirs & 0xFFFFFFFF for _, theirs in self.granted}
            assert got.hold_id not in [theirs for _, theirs in self.granted]
            self.granted.append((wanted.hold_id, got.hold_id))
        elif wanted.outcome == "EXISTS":
            assert (wanted.hold_id, got.hold_id) in self.granted
        else:
            assert got.hold_id is None

    def pick(self, back):
        """A hold that was granted, the latest for 0; ids that nobody ever had where there is none."""
        return self.granted[-1 - back % len(self.granted)] if self.granted else (12_345, 12_345)

    @rule(request=requests(), way=ways)
    def hold(self, request, way):
        self.compare(self.oracle.hold(**request), self.faces[way].hold(**request))

    @rule(row=rows, first=nights, length=st.sampled_from([1, 2]), way=ways, ttl_ms=st.sampled_from([900_000, 30_000]))
    def hold_plainly(self, row, first, length, way, ttl_ms):
        """A request with nothing odd about it, so that there is always something to resolve."""
        stay = (*row, FIRST + timedelta(days=first), min(length, NIGHTS - first))
        self.compare(self.oracle.hold(*stay, ttl_ms=ttl_ms), self.faces[way].hold(*stay, ttl_ms=ttl_ms))

    @rule(back=st.sampled_from([0, 0, 1]), verb=st.sampled_from(["confirm", "release", "cancel"]), way=ways)
    def resolve_a_late_one(self, back, verb, way):
        self.resolve_one(verb, back, way)

    @rule(lines=st.lists(requests(), min_size=1, max_size=4))
    def hold_many(self, lines):
        wanted = [self.oracle.hold(**line) for line in lines]
        for one, other in zip(wanted, self.faces[1].hold_lines(lines), strict=True):
            self.compare(one, other)

    @rule(verb=st.sampled_from(["confirm", "confirm", "release", "cancel"]), back=steps_back, way=ways)
    def resolve(self, verb, back, way):
        self.resolve_one(verb, back, way)

    def resolve_one(self, verb, back, way):
        ours, theirs = self.pick(back)
        wanted = getattr(self.oracle, verb)(ours)
        MET[wanted] += 1
        assert getattr(self.faces[way], verb)(theirs) == wanted

    @rule(verb=st.sampled_from(["confirm", "release", "cancel"]), back=st.lists(steps_back, min_size=2, max_size=4))
    def resolve_many(self, verb, back):
        picked = [self.pick(each) for each in back]
        wanted = [getattr(self.oracle, verb)(ours) for ours, _ in picked]
        frame = getattr(self.engine, f"{verb}_many")([theirs for _, theirs in picked])
        assert frame["outcome"].to_list() == [CODES[outcome] for outcome in wanted]

    @rule(back=steps_back)
    def get(self, back):
        ours, theirs = self.pick(back)
        wanted = self.oracle.get(ours)
        MET[f"get {wanted}"] += 1
        assert self.faces[0].get(theirs) == wanted

    @rule(ms=st.sampled_from([1, 1, 999, 1_000, 29_999, 30_000, 59_999, 60_000, 900_000, 6 * 3_600_000]))
    def wait(self, ms):
        self.oracle.wait(ms)
        self.faces[0].wait(ms)

    @rule()
    def expire(self):
        known = dict(self.granted)
        assert sorted(self.faces[0].expire()) == sorted(known[ours] for ours in self.oracle.expire())

    @rule(
        row=rows,
        between=ranges,
        rooms=st.sampled_from([3, 4, 2, 1, 0]),
        what=st.sampled_from(["capacity", "sold_elsewhere"]),
    )
    def set_counts(self, row, between, rooms, what):
        first, last = (FIRST + timedelta(days=night) for night in between)
        for inventory in (self.oracle, self.faces[0]):
            getattr(inventory, f"set_{what}")(row, first, last, rooms)

    @rule(row=rows, between=ranges, rooms=st.integers(0, 3), what=st.sampled_from(["capacity", "sold_elsewhere"]))
    def set_counts_unless_oversold(self, row, between, rooms, what):
        """The careful way: refused, with nothing changed, where a cell would get short of rooms, or shorter."""
        self.oracle.expire()
        cells = list(self.oracle.cells[row].values())[between[0] : between[1] + 1]
        if what == "capacity":
            free = [rooms - cell.held - cell.sold for cell in cells]
        else:
            free = [cell.free + cell.sold_elsewhere - rooms for cell in cells]
        short = any(after < min(cell.free, 0) for after, cell in zip(free, cells, strict=True))
        first, last = (FIRST + timedelta(days=night) for night in between)
        line = {"hotel_id": row[0], "room_type_id": row[1], "first_night": first, "last_night": last}
        line["capacity" if what == "capacity" else "rooms"] = rooms
        MET["cut refused" if short else "cut accepted"] += 1
        if short:
            with pytest.raises(InputError, match="nothing was changed"):
                getattr(self.engine, f"set_{what}")({key: [value] for key, value in line.items()})
        else:
            getattr(self.engine, f"set_{what}")({key: [value] for key, value in line.items()})
            getattr(self.oracle, f"set_{what}")(row, first, last, rooms)

    @rule(
        row=rows,
        whole_hotel=st.booleans(),
        between=ranges,
        name=st.sampled_from(worlds.FLAGS + worlds.STAYS),
        value=st.sampled_from([0, 0, 1, 2, 3]),
        weekdays=st.none() | st.lists(st.sampled_from(worlds.WEEKDAYS), min_size=1, unique=True),
    )
    def restrict(self, row, whole_hotel, between, name, value, weekdays):
        first, last = (FIRST + timedelta(days=night) for night in between)
        values = {name: value > 1 if name in worlds.FLAGS else value}
        room_type_id = None if whole_hotel else row[1]
        for inventory in (self.oracle, self.faces[0]):
            inventory.restrict(row[0], first, last, room_type_id, weekdays, **values)

    @rule(row=rows)
    def availability(self, row):
        assert self.faces[0].availability(row) == self.oracle.availability(row)

    @rule(first=nights, length=st.integers(1, NIGHTS), rooms=st.integers(1, 3), top=st.sampled_from([1, None]))
    def search(self, first, length, rooms, top):
        request = Request(FIRST + timedelta(days=first), min(length, NIGHTS - first), rooms=rooms, top=top)
        assert search_differences(self.engine, CHAIN, self.oracle, BOOK, request) == []

    @rule()
    def check(self):
        assert self.faces[0].check() == self.oracle.check() == []

    @invariant()
    def counters_are_equal(self):
        for row in ROWS:
            for what in ("free", "held", "sold"):
                assert self.faces[0].counts(what, row) == self.oracle.counts(what, row), (row, what)

    @invariant()
    def a_recount_finds_nothing_wrong(self):
        """As they stand: nothing is swept first, due holds still hold their rooms."""
        short = sum(count < 0 for row in ROWS for count in self.oracle.counts("free", row))
        found = findings(self.engine._inventory, self.engine._now_ms())
        assert [str(finding) for finding in found if finding.kind not in SHORT] == []
        assert len(found) == short
        MET["short of rooms"] += short > 0

    @invariant()
    def log_sequence_numbers_only_grow(self):
        assert self.engine._inventory.lsn >= self.lsn
        self.lsn = self.engine._inventory.lsn
