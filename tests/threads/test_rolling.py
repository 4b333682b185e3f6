"""The window rolls while others hold, search and ask: nobody sees a night that is not there, and nothing is lost."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from nightgrid import InputError, NightgridError, Refused
from tests.engines import engine_of
from tests.threads.patience import rounds, wait_for

FIRST = date(2027, 6, 1)
NIGHTS = 12
DAYS = 25
DAY_MS = 24 * 3_600_000
WORLD = {
    "hotels": [{"hotel_id": f"h{n}", "currency": "CNY", "time_zone": "Etc/UTC"} for n in range(20)],
    "room_types": [{"hotel_id": f"h{n}", "room_type_id": "king", "capacity": 2} for n in range(20)],
    "products": [
        {"hotel_id": f"h{n}", "room_type_id": "king", "plan_id": "flex", "base_minor": 10_000 + 2 * n}
        for n in range(20)
    ],
}
BOOK = {
    "book": {"name": "weekends"},
    "season": [{"name": "weekend", "weekdays": ["fri", "sat"], "percent": 50}],
}


def together(*works) -> None:
    """Run all at once; the first error of any of them is the test's."""
    errors: list[BaseException] = []

    def run(work):
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert not any(thread.is_alive() for thread in threads), "a thread does not end"
    if errors:
        raise errors[0]


def price_of(hotel: int, arrival: date, nights: int) -> int:
    """What a stay costs by the book, whatever the window."""
    days = (arrival + timedelta(days=night) for night in range(nights))
    return sum((10_000 + 2 * hotel) * (3 if day.weekday() in (4, 5) else 2) // 2 for day in days)


def open_store():
    noon = round(datetime(2027, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)
    return engine_of(WORLD, FIRST, NIGHTS, noon, book=BOOK, slots=20_000, retention_ms=DAY_MS)


def ask_everything(engine):
    """What a hotel asks; each answer is of one instant, however the window moves."""
    frame = engine.availability("h3")
    nights = frame["night"].to_list()
    assert [(night - nights[0]).days for night in nights] == list(range(NIGHTS))
    assert frame.filter(pl.col("free") + pl.col("held") + pl.col("sold") != 2).is_empty()
    free = engine.matrix("free")
    assert free.shape == (20, NIGHTS)
    assert free.min() >= 0
    assert engine.calendar("h3", 2).height == NIGHTS
    assert engine.largest_free_run("h3")["nights"].item() <= NIGHTS
    assert engine.check() == []
    engine.metrics()


def the_archive_is_right(engine, tmp_path, taken):
    """Every night that left is there, and says what was sold; taken: (hotel, arrival) of bookings of one night."""
    archived = pl.read_parquet(tmp_path / "past_nights" / "*.parquet")
    assert archived["night"].n_unique() == DAYS
    assert archived.filter((pl.col("sold") < 0) | (pl.col("sold") + pl.col("held") > 2)).is_empty()
    sold = {(line["hotel_id"], line["night"]): line["sold"] for line in archived.iter_rows(named=True)}
    for (hotel, night), bookings in Counter(taken).items():
        if night < engine.first_night:  # a booking of one night was in the archive when its night left
            assert sold[f"h{hotel}", date.fromordinal(night)] >= bookings


def test_days_pass_while_people_come_and_go(tmp_path):
    engine = open_store()
    stop = threading.Event()
    seen = Counter[str]()
    taken: list[tuple[int, int]] = []  # (hotel, arrival) of bookings of one night
    ask_everything(engine)  # compiles what is asked, so that days pass while it is answered and not before
    for rooms, top in ((1, 5), (2, 5), (1, None), (2, None)):
        engine.search(FIRST, 2, rooms=rooms, top=top)

    def days():
        try:
            for day in range(DAYS):
                wait_for(lambda day=day: min(seen["held"] // 8, seen["searched"] // 4, seen["asked"] * 5) >= day)
                engine.clock.advance_ms(DAY_MS)
                assert engine.roll(archive=tmp_path) == 1
        finally:
            stop.set()

    def guest(number):
        dice = random.Random(number)
        while not stop.is_set():
            hotel, today = dice.randrange(20), engine.first_night
            arrival, nights = today + dice.randrange(NIGHTS), dice.choice([1, 1, 2, 3])
            try:
                hold = engine.hold(f"h{hotel}", "king", date.fromordinal(arrival), nights)
                if dice.random() < 0.6:
                    engine.confirm(hold.id)
                    if nights == 1:
                        taken.append((hotel, arrival))
                else:
                    engine.release(hold.id)
                seen["held"] += 1
            except Refused as refused:
                seen[refused.outcome.name] += 1

    def searcher():
        dice = random.Random(99)
        while not stop.is_set():
            arrival = date.fromordinal(engine.first_night + dice.randrange(NIGHTS - 3))
            nights = dice.choice([1, 2, 3])
            try:
                offers = engine.search(arrival, nights, rooms=dice.choice([1, 2]), top=dice.choice([5, None])).offers
                for offer in offers:
                    hotel = int(offer.hotel_id[1:])
                    assert offer.total_minor % price_of(hotel, arrival, nights) == 0
                seen["searched"] += 1
            except InputError:  # the day passed between the two lines above
                seen["too late"] += 1

    def asker():
        while not stop.is_set():
            ask_everything(engine)
            seen["asked"] += 1

    together(days, lambda: guest(1), lambda: guest(2), searcher, asker)

    assert engine.check() == []
    assert date.fromordinal(engine.first_night) == FIRST + timedelta(days=DAYS)
    the_archive_is_right(engine, tmp_path, taken)


def test_the_new_last_night_is_never_sold_twice():
    """All want the one night that comes on sale: of each hotel exactly its rooms are granted."""
    engine = open_store()
    granted = Counter[tuple[int, int]]()
    lock = threading.Lock()
    stop = threading.Event()

    def granted_on(night):
        with lock:
            return sum(count for (_, each), count in granted.items() if each == night)

    def guest(number):
        dice = random.Random(number)
        while not stop.is_set():
            last = engine.first_night + NIGHTS - 1
            for hotel in dice.sample(range(20), 20):
                try:
                    engine.book(f"h{hotel}", "king", date.fromordinal(last), 1)
                except NightgridError:
                    continue
                with lock:
                    granted[hotel, last] += 1

    def days():
        try:
            for _ in range(30):
                wait_for(lambda: granted_on(engine.first_night + NIGHTS - 1) >= 10)
                engine.clock.advance_ms(DAY_MS)
                engine.roll()
            wait_for(lambda: granted_on(engine.first_night + NIGHTS - 1) == 40)
        finally:
            stop.set()

    together(days, lambda: guest(1), lambda: guest(2), lambda: guest(3))

    assert set(granted.values()) <= {1, 2}
    assert max(granted.values()) == 2
    sold = engine.matrix("sold")
    for (hotel, night), count in granted.items():
        if night >= engine.first_night:
            assert sold[hotel, night - engine.first_night] == count
    assert engine.check() == []


def test_a_book_published_while_the_window_rolls_is_for_the_new_window():
    engine = open_store()
    stop = threading.Event()
    seen = Counter[str]()

    def publisher():
        while not stop.is_set():
            engine.publish(BOOK)
            seen["published"] += 1

    def days():
        try:
            for day in range(15):
                wait_for(lambda day=day: seen["published"] >= day)
                engine.clock.advance_ms(DAY_MS)
                engine.roll()
        finally:
            stop.set()

    together(days, publisher)
    last = date.fromordinal(engine.first_night + NIGHTS - 1)
    assert engine.quote("h0", "king", last, 1).total_minor == price_of(0, last, 1)
    assert engine._version.first_night == engine.first_night


@pytest.mark.parametrize("times", [20])
def test_repair_stands_beside_everything(times):
    engine = open_store()
    stop = threading.Event()
    seen = Counter[int]()

    def guest(number):
        dice = random.Random(number)
        while not stop.is_set():
            seen[number] += 1
            try:
                hold = engine.hold(f"h{dice.randrange(20)}", "king", FIRST + timedelta(days=dice.randrange(9)), 2)
                getattr(engine, dice.choice(["confirm", "release"]))(hold.id)
                if dice.random() < 0.5:
                    engine.cancel(hold.id)
            except Refused:
                continue

    def repair():
        try:
            for _ in rounds(times, lambda: min(seen[1], seen[2]) > 10 * times):
                assert engine.rebuild() == []
        finally:
            stop.set()

    together(repair, lambda: guest(1), lambda: guest(2))
    assert engine.check() == []
