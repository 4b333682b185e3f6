"""The ring tells everything: played again by the oracle, its records alone give the holds, the rooms and the limited
counters.

A few hundred random steps of every verb a hold knows, with time passing and the window rolling; then the records are
translated into the oracle's words and played. Held and sold rooms, states, stays and deadlines must be those of the
store. And between any two steps `changes_since` names every night on which the free rooms changed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random

import numpy as np
import polars as pl
import pytest

from nightgrid import InputError, Refused
from nightgrid.native.store import layout as at
from tests.engines import EngineInventory, engine_of
from tests.oracles.records import counters_used, matrices, play

FIRST = date(2027, 3, 26)  # a change of clocks and the end of a month ahead
NIGHTS = 12
NOW_MS = 1_806_030_000_000  # 2027-03-26 03:00 UTC: the first date everywhere
DAY_MS = 24 * 3_600_000
WORLD = {
    "hotels": [
        {"hotel_id": "A", "currency": "CNY", "time_zone": "Asia/Shanghai"},
        {"hotel_id": "B", "currency": "CNY", "time_zone": "Europe/Lisbon", "rollover_hour": 2},
    ],
    "room_types": [
        {"hotel_id": hotel, "room_type_id": kind, "capacity": rooms, "guests_max": 2}
        for hotel, kind, rooms in (("A", "DBL", 4), ("A", "STE", 2), ("B", "DBL", 3))
    ],
    "products": [
        {"hotel_id": hotel, "room_type_id": kind, "plan_id": plan, "base_minor": 100}
        for hotel, kind, plan in (
            ("A", "DBL", "flex"),
            ("A", "DBL", "early"),
            ("A", "STE", "flex"),
            ("B", "DBL", "flex"),
        )
    ],
}
COUNTERS = {"SPRING": 60, "STARS": 9_000_000}
ROWS = [(row["hotel_id"], row["room_type_id"]) for row in WORLD["room_types"]]
STATES = ("held", "booked", "released", "expired", "cancelled", "checked_in", "checked_out", "no_show")


class Guests:
    """People who do at random what can be done."""

    def __init__(self, seed: int, **limits: int) -> None:
        self.dice = Random(seed)
        limits = {"slots": 2_000, "retention_ms": 400 * DAY_MS, **limits}
        self.engine = engine_of(WORLD, FIRST, NIGHTS, NOW_MS, channels=("web", "desk"), **limits)
        self.face = EngineInventory(self.engine)
        for name, limit in COUNTERS.items():
            self.engine.set_counter(name, limit)
        self.ids: list[int] = []
        self.carts: list[int] = []
        self.done: Counter[str] = Counter()

    def stay(self):
        hotel_id, room_type_id = self.dice.choice(ROWS)
        arrival = date.fromordinal(self.engine.first_night) + timedelta(days=self.dice.randrange(NIGHTS - 2))
        return hotel_id, room_type_id, arrival, self.dice.choice([1, 1, 2, 3])

    def some(self):
        return self.dice.choice(self.ids[-12:]) if self.ids else 12_345

    def step(self) -> None:
        """One thing that somebody does, refused or not."""
        name = self.dice.choice(STEPS)
        said = getattr(self, name)()
        outcome = said if isinstance(said, str) else said.outcome
        self.done[f"{name} {outcome}"] += 1
        for answer in [said] if outcome == "OK" and not isinstance(said, str) else []:
            self.ids += [answer.hold_id] if hasattr(answer, "hold_id") else answer.hold_ids

    def counted(self):
        """A coupon, points, both or neither."""
        coupon = {"coupon": "SPRING", "coupon_units": self.dice.choice([1, 2])}
        points = {"points": "STARS", "points_units": self.dice.choice([1, 300_000])}
        return self.dice.choice([{}, {}, coupon, points, {**coupon, **points}])

    def hold(self):
        asked = {"rooms": self.dice.choice([1, 1, 2]), "ttl_ms": self.dice.choice([60_000, 900_000])}
        asked["channel"] = self.dice.choice([None, "web", "desk"])
        return self.face.hold(*self.stay(), **asked, **self.counted())

    def book(self):
        return self.face.book(*self.stay(), plan="flex", value_minor=self.dice.randrange(500), **self.counted())

    def replace(self):
        return self.face.hold(*self.stay(), replace=self.some(), **self.counted())

    def cart(self):
        names = ("hotel_id", "room_type_id", "arrival", "nights")
        lines = [dict(zip(names, self.stay(), strict=True)) for _ in range(self.dice.choice([2, 3]))]
        said = self.face.hold_cart(lines, **self.counted())
        self.carts += [said.cart_id] if said.outcome == "OK" else []
        return said

    def end_cart(self):
        verb = self.dice.choice(["confirm_cart", "release_cart"])
        return getattr(self.face, verb)(self.carts[-1]) if self.carts else "NOT_FOUND"

    def confirm(self):
        return self.face.confirm(self.some(), self.dice.choice([None, None, 1]))

    def rebook(self):
        return self.face.confirm(self.some(), rebook=True)

    def extend(self):
        return self.face.extend(self.some(), 600_000)

    def release(self):
        return self.face.release(self.some())

    def cancel(self):
        return self.face.cancel(self.some(), refund=self.dice.random() < 0.3)

    def check_in(self):
        return self.face.check_in(self.some())

    def check_out(self):
        return self.face.check_out(self.some())

    def depart(self):
        return self.face.depart_early(self.some(), self.stay()[2])

    def no_show(self):
        return self.face.no_show(self.some(), self.dice.choice([None, self.stay()[2]]))

    def amend(self):
        _, room_type_id, arrival, nights = self.stay()
        changes = {"arrival": arrival, "nights": nights, "room_type_id": room_type_id, "rooms": 1}
        kept = self.dice.sample(sorted(changes), self.dice.randrange(1, 4))
        return self.face.amend(self.some(), **{name: changes[name] for name in kept})

    def wait(self):
        self.face.wait(self.dice.choice([1_000, 30_000, 60_000, 3_600_000]))
        return "OK"

    def sweep(self):
        return "OK" if self.engine.expire() else "NONE"

    def restrict(self):
        hotel_id, room_type_id, night, _ = self.stay()
        last = min(night + timedelta(days=self.dice.choice([0, 0, 3])), self._last)
        place = {"room_type_id": self.dice.choice([room_type_id, None]), "plan": self.dice.choice([None, None, "flex"])}
        asked = {"mode": "delete"} if self.dice.random() < 0.5 else {"min_stay_through": self.dice.choice([0, 1, 2])}
        asked["weekdays"] = self.dice.choice([None, None, ("fri", "sun")])
        return "OK" if self.face.restrict(hotel_id, night, last, **place, **asked) else "NONE"

    @property
    def _last(self):
        return date.fromordinal(self.engine.first_night + NIGHTS - 1)

    def roll(self):
        if self.dice.random() < 0.6:
            return "NONE"
        self.face.wait(self.dice.choice([DAY_MS, DAY_MS, 2 * DAY_MS]))
        return "OK" if self.engine.roll() else "NONE"


STEPS = (
    *("hold", "book", "confirm") * 3, "amend", "amend", "check_in", "check_in",
    "replace", "cart", "end_cart", "rebook", "extend", "release", "cancel", "check_out", "depart", "no_show", "wait",
    "sweep", "roll", "restrict",
)  # fmt: skip


def of_the_oracle(frame: pl.DataFrame):
    """Records of holds in the words of `tests.oracles.records`: the stay is what it still has."""
    for line in frame.filter(pl.col("hold_id").is_not_null()).iter_rows(named=True):
        record = {name: line[name] for name in ("kind", "hold_id", "rooms", "deadline_ms", "now_ms", "linked_to")}
        record |= {"row": (line["hotel_id"], line["room_type_id"]), "arrival": line["arrival"].toordinal()}
        record |= {"nights": line["nights_kept"], "cart_id": line["cart_id"], "refunded": line["value"] == 1}
        units = {line[name]: line[f"{name}_units"] for name in ("coupon", "points") if line[name] is not None}
        record["units"] = units
        yield record | {"cart_lines": line["lines"] if line["cart_id"] is not None else None}


@pytest.mark.parametrize("seed", range(8))
def test_the_records_alone_give_the_store(seed):
    guests = Guests(seed)
    for _ in range(500):
        guests.step()
    engine = guests.engine
    frame = engine.records()

    assert frame["lsn"].to_list() == list(range(1, engine.lsn + 1))
    records = list(of_the_oracle(frame))
    counted = matrices(records, ROWS, engine.first_night, NIGHTS)
    for what in ("held", "sold"):
        assert engine._inventory.matrix(what).tolist() == counted[what], what
    used = {name: count for name, count in engine.counters().select("counter_id", "used").rows() if count}
    assert used == counters_used(records)
    assert len(used) == len(COUNTERS)
    known = play(records)
    assert known.keys() == set(guests.ids)
    for hold_id, played in known.items():
        view = engine.get(hold_id)
        due = played.state == "held" and played.deadline_ms <= engine.clock.now_ms()
        assert view.state == ("expired" if due else played.state)
        said = (*played.row, played.arrival, played.nights, played.rooms)
        assert said == (
            view.hotel_id, view.room_type_id, view.arrival.toordinal(), view.nights_kept, view.rooms
        )  # fmt: skip
    assert engine.check() == []
    assert known.keys() == set(pl.concat([engine.find(state=state) for state in STATES])["id"])


def test_every_verb_was_done():
    """The steps above would prove little if they were all refused."""
    done = sum((Counter(_walk(seed).done) for seed in range(8)), Counter())

    granted = {name.split()[0] for name in done if name.endswith(" OK")}
    assert granted == set(STEPS)


def _walk(seed):
    guests = Guests(seed)
    for _ in range(500):
        guests.step()
    return guests


def nights_of(frame: pl.DataFrame) -> set[tuple[str, str, int]]:
    return {
        (hotel_id, room_type_id, night)
        for hotel_id, room_type_id, first, last in frame.iter_rows()
        for night in range(first.toordinal(), last.toordinal() + 1)
    }


@pytest.mark.parametrize("seed", range(8))
def test_changes_name_every_night_whose_free_rooms_changed(seed):
    """Nothing is missed, and nothing is named twice or out of order. A stay that changed may name nights that did
    not.
    """
    guests = Guests(100 + seed)
    engine = guests.engine
    for _ in range(120):
        lsn, before = engine.lsn, {}
        for row, free in guests.face.matrix("free").items():
            before |= {(*row, engine.first_night + night): rooms for night, rooms in enumerate(free)}
        for _ in range(guests.dice.choice([1, 1, 1, 5])):
            guests.step()
        if guests.dice.random() < 0.1:
            hotel_id, room_type_id, night, _ = guests.stay()
            line = {"hotel_id": [hotel_id], "room_type_id": [room_type_id], "night": [night], "capacity": [5]}
            engine.set_capacity(line, allow_oversold=True)
        changed = set()
        for row, free in guests.face.matrix("free").items():
            for night, rooms in enumerate(free):
                if before.get((*row, engine.first_night + night)) != rooms:
                    changed.add((*row, engine.first_night + night))

        frame = engine.changes_since(lsn)
        named = nights_of(frame)
        assert changed <= named
        assert {night for _, _, night in named} <= set(range(engine.first_night, engine.first_night + NIGHTS))
        assert sum((last - first).days + 1 for first, last in frame.select("first_night", "last_night").rows()) == len(
            named
        )
        lines = [(ROWS.index(line[:2]), line[2]) for line in frame.rows()]
        assert lines == sorted(lines)
    assert engine.changes_since(engine.lsn).is_empty()


def test_a_part_confirmed_amended_or_cut_short_names_only_what_it_gave_back():
    engine = engine_of(WORLD, FIRST, NIGHTS, NOW_MS)
    day = [FIRST + timedelta(days=night) for night in range(NIGHTS)]
    hold = engine.hold("A", "DBL", day[0], 4, rooms=2)

    def changed():
        nonlocal lsn
        lsn, before = engine.lsn, lsn
        return [line[1:] for line in engine.changes_since(before).rows()]

    lsn = 0
    assert changed() == [("DBL", day[0], day[3])]
    engine.extend(hold.id, 600)
    assert changed() == []
    engine.confirm(hold.id, rooms=1)
    assert changed() == [("DBL", day[0], day[3])]
    engine.check_in(hold.id)
    assert changed() == []
    engine.amend(hold.id, departure=day[6])
    assert changed() == [("DBL", day[4], day[5])]
    engine.depart_early(hold.id, day[2])
    assert changed() == [("DBL", day[2], day[5])]
    engine.check_out(hold.id)
    assert changed() == [("DBL", day[0], day[1])]
    other = engine.book("A", "DBL", day[1], 2)
    engine.amend(other.id, arrival=day[5], nights=1, room_type_id="STE")
    assert changed() == [("DBL", day[1], day[2]), ("STE", day[5], day[5])]


def test_a_ring_that_has_moved_on_says_from_where_it_can_tell():
    guests = Guests(1, ring_records=1_024)
    for _ in range(200):
        guests.step()
    before = guests.engine.lsn
    while guests.engine.lsn < 3_000:
        try:
            guests.engine.release(guests.engine.hold("B", "DBL", date.fromordinal(guests.engine.first_night + 2), 1).id)
        except Refused:
            guests.roll()
    with pytest.raises(InputError, match="holds every change since") as error:
        guests.engine.changes_since(before)
    oldest = int(str(error.value).split("since ")[1].split()[0])

    assert guests.engine.lsn - oldest == 1_023
    assert not guests.engine.changes_since(oldest).is_empty()
    assert guests.engine.records()["lsn"].to_list() == list(range(oldest + 1, guests.engine.lsn + 1))
    with pytest.raises(InputError, match="since"):
        guests.engine.changes_since(oldest - 1)
    with pytest.raises(InputError, match=r"allowed are 0 .everything. to"):
        guests.engine.changes_since(-1)


def test_words_of_records_are_readable():
    engine = engine_of(WORLD, FIRST, NIGHTS, NOW_MS, channels=("web",), tiers=("public", "gold"))
    hold = engine.hold("A", "DBL", FIRST, 2, rooms=2, plan="early", channel="web", tier="gold", value_minor=777)
    engine.set_capacity({"hotel_id": ["B"], "room_type_id": ["DBL"], "night": [FIRST], "capacity": [9]})
    engine.clock.advance_ms(2 * DAY_MS)
    engine.roll()

    lines = engine.records().to_dicts()

    assert engine._inventory.block.region(at.R_RECORDS)[0].nbytes == 128
    assert [line["kind"] for line in lines] == ["hold", "cells", "expire", "window"]
    first = lines[0]
    assert (first["hold_id"], first["plan"], first["channel"], first["tier"]) == (hold.id, "early", "web", "gold")
    assert (first["arrival"], first["nights"], first["rooms"], first["value"]) == (FIRST, 2, 2, 777)
    cells, window = lines[1], lines[3]
    assert (cells["hotel_id"], cells["arrival"], cells["nights"], cells["hold_id"]) == ("B", FIRST, 1, None)
    assert (window["arrival"], window["nights"], window["hotel_id"]) == (FIRST + timedelta(days=2), 2, None)
    assert engine.records(since_lsn=3)["kind"].to_list() == ["window"]
    assert np.array_equal(engine.records(4).columns, engine.records().columns)
