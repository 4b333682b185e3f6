"""House fill of the past: what was shown while somebody asked all the time is what an engine knows that nobody asked.

Two engines live the same life, minute by minute. Of the one, prices are asked in every minute and written down; the
other is asked in the end about all of them. And what it knows of house fill is what the oracle finds in its records.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random

import numpy as np
import polars as pl
import pytest

from nightgrid import InputError, Refused
from nightgrid.errors import PastFillError
from tests.engines import engine_of
from tests.live_worlds import DEMAND, FIRST, NOON
from tests.oracles.past_fill import band, fill_bp_at
from tests.seeds import seeds

MINUTE_MS = 60_000
NIGHTS = 24
ROOMS = {("A", "DBL"): 6, ("A", "SUI"): 2, ("B", "DBL"): 3}
ZONES = {"A": "Pacific/Kiritimati", "B": "Etc/UTC"}
EDGES = (0, 3_400, 5_000, 6_700, 8_000, 9_000, 10_000)
WORLD = {
    "hotels": [
        {"hotel_id": hotel, "currency": "EUR", "time_zone": zone, "brand": "Palace", "region": "west"}
        for hotel, zone in ZONES.items()
    ],
    "room_types": [{"hotel_id": hotel, "room_type_id": kind, "capacity": n} for (hotel, kind), n in ROOMS.items()],
    "products": [
        {"hotel_id": hotel, "room_type_id": kind, "plan_id": "p", "base_minor": 10_003} for hotel, kind in ROOMS
    ],
}


def a_book(rng: Random, demand=True):
    book = {"book": {"name": "past", "display_currency": "EUR"}, "season": [{"name": "s", "percent": rng.randrange(9)}]}
    if rng.randrange(3):
        book["lead_time"] = [{"name": "early", "bands": [{"from_days": 7, "percent": -11}]}]
    if rng.randrange(3):
        book["tax"] = [{"name": "city", "percent": 7}]
    if not rng.randrange(4):
        book["book"]["lead_of"] = "night"
    return book | ({"demand": DEMAND[: rng.choice((1, 2, 3))]} if demand else {})


class Hotel:
    """An engine and what is done to it, all of it a matter of the seed; whoever asks meanwhile changes nothing."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"past {seed}")
        self.engine = engine_of(WORLD, FIRST, NIGHTS, NOON, ring_records=1_024, slots=20_000)
        self.engine.publish(a_book(self.rng))
        self.holds: list[int] = []
        self.settings: list = []
        self.records: list[pl.DataFrame] = []
        self.done: Counter[str] = Counter()
        self._seen = 0

    def stay(self):
        arrival = date.fromordinal(self.engine.first_night + self.rng.randrange(NIGHTS - 5))
        return (*self.rng.choice(list(ROOMS)), arrival, self.rng.choice((1, 1, 2, 4)))

    def some(self):
        return self.rng.choice(self.holds[-20:]) if self.holds else 1

    def busy(self) -> None:
        for _ in range(self.rng.choice((0, 1, 1, 2, 6))):
            deed = self.rng.choice(DEEDS)
            try:
                getattr(self, deed)()
                self.done[deed] += 1
            except (Refused, InputError):
                pass
        self.keep_records()

    def keep_records(self) -> None:
        """All records, before the ring passes over them."""
        self.records.append(self.engine.records(self._seen))
        self._seen = self.engine.lsn

    def hold(self):
        ttl = self.rng.choice((1, 2, 7, 120)) * 60
        self.holds.append(self.engine.hold(*self.stay(), rooms=self.rng.choice((1, 2)), ttl_seconds=ttl).id)

    def book(self):
        self.holds.append(self.engine.book(*self.stay()).id)

    def confirm(self):
        self.engine.confirm(self.some(), rooms=self.rng.choice((None, 1)))

    def release(self):
        self.engine.release(self.some())

    def cancel(self):
        self.engine.cancel(self.some())

    def amend(self):
        _, _, arrival, nights = self.stay()
        self.engine.amend(self.some(), arrival=arrival, nights=nights)

    def depart(self):
        self.engine.depart_early(self.some(), self.stay()[2])

    def no_show(self):
        self.engine.no_show(self.some(), release_from=self.stay()[2])

    def extend(self):
        self.engine.extend(self.some(), 600)

    def set_rooms(self):
        hotel, kind, arrival, nights = self.stay()
        there, elsewhere = self.rng.randrange(1, 7), self.rng.randrange(3)
        last = arrival + timedelta(days=nights - 1)
        range_ = {"hotel_id": [hotel], "room_type_id": [kind], "first_night": [arrival], "last_night": [last]}
        self.engine.set_capacity(range_ | {"capacity": [there]}, allow_oversold=True)
        self.engine.set_sold_elsewhere(range_ | {"rooms": [elsewhere]}, allow_oversold=True)
        now_ms = self.engine.clock.now_ms()
        for night in range(nights):
            self.settings.append((now_ms, (hotel, kind), arrival.toordinal() + night, there, elsewhere))

    def restrict(self):
        """A change that moves no rooms, and refuses nobody here."""
        hotel, _, arrival, _ = self.stay()
        self.engine.restrict(
            {"hotel_id": [hotel], "night": [arrival], "max_stay_through": [self.rng.randrange(50, 90)]}
        )

    def churn(self):
        """More changes at one instant than the ring has."""
        for number in range(1_400):
            try:
                hold = self.engine.hold(*self.stay(), ttl_seconds=60)
            except Refused:
                continue
            if number % 50:  # some stay
                self.engine.release(hold.id)
            if self.engine.lsn - self._seen > 900:
                self.keep_records()

    def publish(self):
        self.engine.publish(a_book(self.rng, demand=bool(self.rng.randrange(4))))

    def schedule(self):
        instant = self.engine.clock.now_ms() + self.rng.randrange(1, 30) * MINUTE_MS
        self.engine.publish(a_book(self.rng, demand=bool(self.rng.randrange(4))), at=instant)

    def roll(self):
        self.engine.roll()


DEEDS = (
    *("hold",) * 8, *("book",) * 2, *("confirm",) * 2, "release", "cancel", "amend", "depart", "no_show", "extend",
    "set_rooms", "restrict", "publish", "schedule", "roll",
)  # fmt: skip
ASKED = [("A", "SUI", FIRST + timedelta(days=5), 3), ("A", "DBL", FIRST + timedelta(days=2), 1),
         ("B", "DBL", FIRST + timedelta(days=9), 4)]  # fmt: skip


def shown(engine):
    """What every stay asked about costs now; None where it is not on sale."""
    totals = []
    for stay in ASKED:
        try:
            totals.append(engine.quote(*stay).total_minor)
        except Refused:
            totals.append(None)
    return totals


def of_the_oracle(hotel: Hotel, name: str):
    """The records of a hotel in the oracle's words."""
    frame = pl.concat(hotel.records).filter((pl.col("hotel_id") == name) & pl.col("hold_id").is_not_null())
    for line in frame.iter_rows(named=True):
        record = {key: line[key] for key in ("kind", "hold_id", "rooms", "deadline_ms", "now_ms", "linked_to")}
        yield record | {
            "row": (line["hotel_id"], line["room_type_id"]),
            "arrival": line["arrival"].toordinal(),
            "nights": line["nights_kept"],
        }


@pytest.mark.parametrize("seed", seeds(2))
def test_what_was_shown_is_known_and_the_lowest_of_it(seed):
    asked_always, silent = Hotel(seed), Hotel(seed)
    notes = {}
    for minute in range(300):
        for hotel in (asked_always, silent):
            if minute == 70:
                hotel.churn()
            if minute % 100 < 60:  # then it is quiet for a while
                hotel.busy()
        notes[asked_always.engine.clock.now_ms()] = shown(asked_always.engine)
        for hotel in (asked_always, silent):
            hotel.engine.clock.advance_ms(MINUTE_MS)
    engine = silent.engine
    assert_rooms_are_counted(engine)
    for instant, totals in notes.items():
        if instant < engine.clock.now_ms():
            assert [as_of(engine, instant, stay) for stay in ASKED] == totals, instant
    assert len({tuple(totals) for totals in notes.values()}) > 20
    columns = dict(
        zip(("hotel_id", "room_type_id", "arrival", "nights"), map(list, zip(*ASKED, strict=True)), strict=True)
    )
    end_ms = engine.clock.now_ms()
    for begin_ms, before in ((0, end_ms), (NOON + 30 * MINUTE_MS, NOON + 62 * MINUTE_MS)):
        days = max(1, -(-(before - max(begin_ms, NOON)) // 86_400_000)) if begin_ms == 0 else 1
        since = before - days * 86_400_000
        inside = [totals for instant, totals in notes.items() if since <= instant < before]
        want = [min((total for total in line if total is not None), default=None) for line in zip(*inside, strict=True)]
        found = engine.lowest_prices(columns, days=days, before=before)
        assert found["lowest_minor"].to_list() == want
    for stay, line in zip(ASKED, range(len(ASKED)), strict=True):
        spans = engine.price_history(*stay, days=2).rows(named=True)
        for instant, totals in notes.items():
            if instant < end_ms:
                (inside,) = (s for s in spans if ms(s["shown_from"]) <= instant < ms(s["shown_until"]))
                assert inside["total_minor"] == totals[line]


def ms(instant) -> int:
    return round(instant.timestamp() * 1000)


def as_of(engine, instant, stay):
    try:
        return engine.price_as_of(instant, *stay).total_minor
    except Refused:
        return None


def assert_rooms_are_counted(engine):
    """The rooms that the past follows record by record are those of the counters."""
    past, inventory = engine._past_fill, engine._inventory
    past.look(engine.clock.now_ms())
    if not past.is_on:
        return
    matrix = {name: inventory.matrix(name) for name in ("held", "sold", "sold_elsewhere", "physical", "out_of_order")}
    of_hotel = {name: engine.catalog.sum_by_hotel(each.astype(np.int64)) for name, each in matrix.items()}
    nights = np.arange(engine.first_night, engine.first_night + engine.n_nights) % engine.n_nights
    counted = past._rooms[: engine.catalog.n_hotels, nights]
    taken, elsewhere, there = (counted[:, :, field] for field in range(3))
    assert np.array_equal(taken, of_hotel["held"] + of_hotel["sold"] - of_hotel["sold_elsewhere"])
    assert np.array_equal(elsewhere, of_hotel["sold_elsewhere"])
    assert np.array_equal(there, of_hotel["physical"] - of_hotel["out_of_order"])


@pytest.mark.parametrize("seed", seeds(2))
def test_fill_is_what_the_oracle_finds_in_the_records(seed):
    hotel = Hotel(100 + seed)
    hotel.publish = hotel.schedule = lambda: None  # one book with all edges
    hotel.engine.publish({"book": {"name": "all"}, "demand": DEMAND})
    instants = []
    for minute in range(100):
        hotel.busy()
        hotel.engine.clock.advance_ms(MINUTE_MS * (60 if minute % 40 == 39 else 1))
        instants.append(hotel.engine.clock.now_ms() - 1)
    engine = hotel.engine
    engine._past_fill.look(engine.clock.now_ms())
    dice = Random(seed)
    for name in ZONES:
        records = list(of_the_oracle(hotel, name))
        usual = {row: rooms for row, rooms in ROOMS.items() if row[0] == name}
        index = engine.catalog.hotel_index(name)
        nights = [engine.first_night + dice.randrange(NIGHTS - 4) for _ in range(20)]
        for night, instant in ((night, instant) for night in nights for instant in dice.sample(instants, 12)):
            entered = NOON if night < FIRST.toordinal() + NIGHTS else instant
            settings = [each for each in hotel.settings if each[0] >= min(entered, NOON)]
            want = band(EDGES, fill_bp_at(instant, night, records, settings, usual))
            got = engine._past_fill.fill_bp(np.array([(index, night, instant)]), instant + 1)
            assert got.tolist() == [want], (name, date.fromordinal(night), instant)
    assert min(hotel.done[deed] for deed in ("hold", "book", "set_rooms", "amend")) > 0


def test_every_deed_is_done_and_prices_come_from_every_kind_of_book():
    hotels = [Hotel(seed) for seed in range(3)]
    for hotel in hotels:
        for _ in range(150):
            hotel.busy()
            hotel.engine.clock.advance_ms(MINUTE_MS)
    done = sum((hotel.done for hotel in hotels), Counter())
    assert {deed for deed in DEEDS if not done[deed]} == set()


def test_a_lost_time_is_told():
    """Where more was sold between two looks than the ring has, the time between is a gap, and no price is guessed."""
    hotel = Hotel(7)
    engine = hotel.engine
    stay = ASKED[0]
    engine.publish({"book": {"name": "d"}, "demand": DEMAND})
    engine.clock.advance_ms(MINUTE_MS)
    before_ms = engine.clock.now_ms()
    engine.quote(*stay)
    engine._past_fill.look(before_ms)
    engine.clock.advance_ms(MINUTE_MS)
    engine._look_ms = 2**62  # nobody looks
    for _ in range(3):
        for _ in range(300):
            engine.release(engine.hold("A", "DBL", FIRST + timedelta(days=1), 1).id)
        engine.clock.advance_ms(MINUTE_MS)
    after_ms = engine.clock.now_ms()
    engine._look_again()
    total = engine.quote(*stay).total_minor
    engine.clock.advance_ms(MINUTE_MS)
    assert engine.price_as_of(before_ms - 1, *stay).total_minor == total
    assert engine.price_as_of(after_ms, *stay).total_minor == total
    with pytest.raises(PastFillError, match=r"does not know it any more until 2027-03-01T12:03:00"):
        engine.price_as_of(before_ms + MINUTE_MS, *stay)
    columns = {"hotel_id": ["A"], "room_type_id": ["SUI"], "arrival": [stay[2]], "nights": [3]}
    with pytest.raises(PastFillError, match="say it yourself"):
        engine.lowest_prices(columns)
    with pytest.raises(PastFillError, match="fill_changes"):
        engine.price_history(*stay)
    assert engine.lowest_prices(columns, fill_bp=[0, 0, 0])["lowest_minor"].item() > 0


def test_the_oldest_changes_are_forgotten_and_that_is_told(monkeypatch):
    """Beyond the limit only the last change of a night is kept; what was before is refused, what was after is exact."""
    hotel = Hotel(8)
    engine = hotel.engine
    spans = engine._past_fill._spans
    monkeypatch.setattr("nightgrid.engine.edge.fill_journal._BATCH", 16)
    spans.changes_max = 64
    notes = {}
    engine.publish({"book": {"name": "d"}, "demand": DEMAND[1:2]})
    for number in range(200):
        engine.clock.advance_ms(MINUTE_MS)
        holds = [engine.hold("B", "DBL", ASKED[2][2], 1 + number % 4).id for _ in range(number % 3)]
        notes[engine.clock.now_ms()] = engine.quote(*ASKED[2]).total_minor
        engine.clock.advance_ms(MINUTE_MS)
        for hold in holds:
            engine.release(hold)
        notes[engine.clock.now_ms()] = engine.quote(*ASKED[2]).total_minor
    known = lost = 0
    for instant, total in notes.items():
        try:
            assert engine.price_as_of(instant, *ASKED[2]).total_minor == total
            known += 1
        except PastFillError as error:
            lost += "before 2027-03-01T" in str(error) and not known
    assert lost > 100
    assert known > 50
    assert lost + known == len(notes)
    assert sum(batch.num_rows for span in spans._spans for batch in span.journal.read()) <= 64 + 16
