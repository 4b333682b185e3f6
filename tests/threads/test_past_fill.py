"""House fill is noted while rooms are sold and set in threads and the window rolls: no record is lost or told twice."""

from __future__ import annotations

import random
import threading
from datetime import date, timedelta

from nightgrid import InputError, Refused
from tests.agreement.test_past_fill import FIRST, NIGHTS, NOON, ROOMS, WORLD, assert_rooms_are_counted
from tests.engines import engine_of
from tests.live_worlds import DEMAND
from tests.threads.test_rolling import together


def test_rooms_are_counted_as_the_store_counts_them():
    engine = engine_of(WORLD, FIRST, NIGHTS, NOON, ring_records=65_536, slots=50_000)
    engine.publish({"book": {"name": "all"}, "demand": DEMAND})
    stop = threading.Event()
    sold = [0, 0]

    def a_stay(dice):
        arrival = date.fromordinal(engine.first_night + dice.randrange(NIGHTS - 6))
        return (*dice.choice(list(ROOMS)), arrival, dice.randrange(1, 5))

    def seller(number):
        dice = random.Random(number)
        ids: list[int] = []
        while sold[number] < 80 or engine.first_night < FIRST.toordinal() + 2:
            try:
                if dice.randrange(3):
                    ids.append(engine.hold(*a_stay(dice), ttl_seconds=dice.choice((1, 60))).id)
                    sold[number] += 1
                else:
                    hold_id = dice.choice(ids[-9:] or [1])
                    dice.choice((engine.confirm, engine.release, engine.cancel))(hold_id)
            except (Refused, InputError):
                continue
        stop.set()

    def hotelier():
        dice = random.Random(3)
        while not stop.is_set():
            hotel, kind, arrival, _ = a_stay(dice)
            cell = {"hotel_id": [hotel], "room_type_id": [kind], "night": [arrival]}
            engine.set_sold_elsewhere(cell | {"rooms": [dice.randrange(3)]}, allow_oversold=True)
            engine.clock.advance_ms(dice.choice((1, 30, 12 * 3_600_000)))
            engine.roll()

    def guest():
        dice = random.Random(4)
        while not stop.is_set():
            hotel, kind, arrival, nights = a_stay(dice)
            try:
                engine.price_as_of(engine.clock.now_ms(), hotel, kind, arrival, nights)
            except Refused:
                continue  # the window rolled on

    together(lambda: seller(0), lambda: seller(1), hotelier, guest)

    assert {found.kind for found in engine.check()} <= {"oversold"}
    assert_rooms_are_counted(engine)
    assert [span.gaps for span in engine._past_fill._spans._spans] == [[]]
    now_ms = engine.clock.now_ms()
    stay = ("A", "DBL", date.fromordinal(engine.first_night + 3) + timedelta(days=1), 3)
    assert engine.price_as_of(now_ms, *stay).total_minor == engine.quote(*stay).total_minor
