"""The hour of booking and the rooms left, as the engine reads them: every answer is that of the quote."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from nightgrid.asking import ANYBODY, Asking, AskingAt
from nightgrid.engine import Guard, GuardError
from nightgrid.errors import IntegrityError, RuleBookError
from nightgrid.pricing import load_book
from nightgrid.search.hotel_clocks import by_clock, settled
from nightgrid.search.ways import ways

ARRIVAL = date(2027, 2, 4)
FLASH = {
    "book": {"name": "Flash", "clock": "Asia/Shanghai"},
    "promotion": [{"name": "Flash", "percent": -20, "booking_hours": [{"from": "20:00", "to": "22:00"}]}],
}
LAST = {"promotion": [{"name": "Last", "percent": -10, "rooms_left": {"max": 2}}]}
LINE = {"hotel_id": ["A"], "room_type_id": ["king"], "arrival": [ARRIVAL], "nights": [2]}


@pytest.fixture
def clock():
    return ManualClock(datetime(2027, 1, 10, 11, 59, tzinfo=UTC))  # 19:59 in Shanghai, 11:59 in London


def made(book, clock):
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["A", "B"], "currency": ["CNY"] * 2, "time_zone": ["Asia/Shanghai", "Europe/London"]},
        room_types={
            "hotel_id": ["A", "A", "B"], "room_type_id": ["king", "twin", "king"], "capacity": [4, 2, 9],
            "base_minor": [10_000, 9_800, 20_000],
        },
    )  # fmt: skip
    engine = Engine.in_memory(catalog, "2027-01-10", 60, clock=clock)
    engine.publish(book)
    return engine


def total(engine, hotel="A", room_type="king", **asked):
    return engine.quote(hotel, room_type, ARRIVAL, 2, **asked).total_minor


def test_hours_are_those_of_the_chain_and_of_the_instant(clock):
    engine = made(FLASH, clock)
    assert (total(engine), total(engine, "B")) == (20_000, 40_000)
    clock.advance_ms(60_000)
    assert (total(engine), total(engine, "B")) == (16_000, 32_000)
    quote = engine.quote("A", "king", ARRIVAL, 2)
    assert quote.asking.booking_time == "20:00"
    clock.advance_ms(7_200_000)
    assert total(engine) == 20_000
    assert engine.requote(quote) == quote
    assert engine.requote(quote.to_dict()) == quote
    assert engine.explain(quote).total_minor == 16_000
    assert total(engine, booking_time="21:59") == 16_000
    assert total(engine, booking_date="2027-01-10") == 20_000  # no hour of that day is told


def test_every_answer_looks_at_the_hour(clock):
    engine = made(FLASH, clock)
    for want in (20_000, 16_000):
        assert [offer.total_minor for offer in engine.search(ARRIVAL, 2, hotel_ids=["A"], room_type="king").offers] == [
            want
        ]
        days = engine.calendar("A", 2, room_type_id="king")
        assert days.filter(pl.col("arrival") == ARRIVAL)["price_minor"].to_list() == [want]
        batches = engine.reprice(stays=[2], arrivals=(ARRIVAL, ARRIVAL), hotel_ids=["A"])
        assert want in [price for batch in batches for price in batch["price_minor"].to_pylist()]
        assert engine.quote_many(LINE)["total_minor"].to_list() == [want]
        assert engine.price_as_of(clock.now_ms(), "A", "king", ARRIVAL, 2).total_minor == want
        clock.advance_ms(60_000)
    assert engine.quote_many(LINE, booking_time="12:00")["total_minor"].to_list() == [20_000]
    assert engine.quote_many({**LINE, "booking_date": ["2027-01-10"]})["total_minor"].to_list() == [20_000]
    with pytest.raises(InputError, match="booking_time"):
        engine.price_history("A", "king", ARRIVAL, 2)
    with pytest.raises(InputError, match="booking_time"):
        engine.lowest_prices(LINE, days=1)
    assert engine.price_history("A", "king", ARRIVAL, 2, booking_time="21:00")["total_minor"][-1] == 16_000


HOTEL_FLASH = {**FLASH, "book": {"name": "Flash", "clock": "hotel"}}


def test_hours_on_the_hotels_clock_are_others_in_london(clock):
    engine = made(HOTEL_FLASH, clock)
    assert (total(engine), total(engine, "B")) == (20_000, 40_000)  # 19:59 and 11:59
    clock.advance_ms(60_000)
    assert (total(engine), total(engine, "B")) == (16_000, 40_000)
    quote = engine.quote("B", "king", ARRIVAL, 2)
    assert quote.asking.booking_time == "12:00"
    clock.advance_ms(8 * 3_600_000)
    assert (total(engine), total(engine, "B")) == (20_000, 32_000)  # 04:00 and 20:00
    assert engine.requote(quote) == quote
    assert engine.explain(engine.quote("B", "king", ARRIVAL, 2)).total_minor == 32_000
    assert (total(engine, booking_time="21:00"), total(engine, "B", booking_time="21:00")) == (16_000, 32_000)


def bulk_answers(engine, at_ms, **asked):
    """What every question about many hotels answers for the king rooms of A and B."""
    where = {"stays": [2], "arrivals": (ARRIVAL, ARRIVAL), **asked}
    lines = {"hotel_id": ["A", "B"], "room_type_id": ["king"] * 2, "arrival": [ARRIVAL] * 2, "nights": [2] * 2}
    found = engine.search(ARRIVAL, 2, room_type="king", currency="CNY", top=None, **asked)
    yield [offer.total_minor for offer in sorted(found.offers, key=lambda offer: offer.hotel_id)]
    found = engine.search(ARRIVAL, 2, room_type="king", top=2, **asked)
    yield [offer.total_minor for offer in sorted(found.offers, key=lambda offer: offer.hotel_id)]
    found = engine.search(ARRIVAL, 2, room_type="king", rooms=2, top=2, **asked)
    yield [offer.total_minor // 2 for offer in sorted(found.offers, key=lambda offer: offer.hotel_id)]
    days = [engine.calendar(hotel, 2, room_type_id="king", **asked) for hotel in "AB"]
    yield [each.filter(pl.col("arrival") == ARRIVAL)["price_minor"].item() for each in days]
    for masks in (False, True):
        batches = [pl.DataFrame(pl.from_arrow(batch)) for batch in engine.reprice(masks=masks, **where)]
        prices = dict(pl.concat(batches).select("product_index", "price_minor").rows())
        yield [prices[0], prices[2]]
        if masks:  # a bit is set where the promotion acted
            acted = dict(pl.concat(batches).select("product_index", "applied_rules").rows())
            yield [(20_000, 16_000)[acted[0] > 0], (40_000, 32_000)[acted[2] > 0]]
        yield engine.quote_many(lines, masks=masks, **asked)["total_minor"].to_list()
    yield [engine.price_as_of(at_ms, hotel, "king", ARRIVAL, 2, **asked).total_minor for hotel in "AB"]


def test_every_answer_looks_at_the_clock_of_each_hotel(clock):
    engine = made(HOTEL_FLASH, clock)
    for hours, want in ((0, [20_000, 40_000]), (1, [16_000, 40_000]), (9, [20_000, 32_000])):
        clock.move_to(datetime(2027, 1, 10, 11 + hours, 59, tzinfo=UTC))
        answers = list(bulk_answers(engine, clock.now_ms()))
        assert answers == [want] * len(answers)
    told = list(bulk_answers(engine, clock.now_ms(), booking_time="20:00"))
    assert told == [[16_000, 32_000]] * len(told)
    with pytest.raises(InputError, match="booking_time"):
        engine.price_history("A", "king", ARRIVAL, 2)


def test_many_lines_together_are_told_the_clock_of_their_hotel(clock):
    engine = made(HOTEL_FLASH, clock)
    clock.move_to(datetime(2027, 1, 10, 12, tzinfo=UTC))  # 20:00 in Shanghai, noon in London
    nights = [1 + number % 3 for number in range(300)]
    lines = {"hotel_id": ["A", "B"] * 150, "room_type_id": ["king"] * 300, "arrival": [ARRIVAL] * 300, "nights": nights}
    before = ways.counts()
    found = engine.quote_many(lines)["total_minor"].to_list()
    assert ways.counts()[0] - before[0] == 300  # in blocks
    assert found == [(8_000, 20_000)[number % 2] * night for number, night in enumerate(nights)]
    told = [None, "20:00", "19:00", None] * 75
    found = engine.quote_many({**lines, "booking_time": told})["total_minor"].to_list()
    acts = [hour == "20:00" or (hour is None and number % 2 == 0) for number, hour in enumerate(told)]
    whole = [(10_000, 20_000)[number % 2] * night for number, night in enumerate(nights)]
    assert found == [price * 4 // 5 if act else price for price, act in zip(whole, acts, strict=True)]


def test_comparisons_and_changes_look_at_the_clock_of_each_hotel(clock):
    engine = made({"promotion": [{"name": "Five", "percent": -5}]}, clock)
    where = {"stays": [2], "arrivals": (ARRIVAL, ARRIVAL)}
    clock.advance_ms(60_000)  # 20:00 in Shanghai, noon in London
    found = engine.compare(HOTEL_FLASH, **where).changes.sort("hotel_id", "room_type_id")
    assert found["new_minor"].to_list() == [16_000, 15_680, 40_000]
    assert ["Flash" in cause.split("now")[-1] for cause in found["cause"]] == [True, True, False]
    since = engine.publish(HOTEL_FLASH).digest
    engine.publish({"promotion": [{"name": "Off", "percent": -20}]})
    changed = engine.changed_prices(since, **where)
    assert changed["hotel_id"].to_list() == ["B"]


def test_rooms_left_and_hours_of_each_hotel_together(clock):
    book = {**HOTEL_FLASH, "promotion": [{**HOTEL_FLASH["promotion"][0], "rooms_left": {"max": 9}}]}
    engine = made(book, clock)
    clock.advance_ms(60_000)
    for top in (2, None):
        found = engine.search(ARRIVAL, 2, room_type="king", top=top).offers
        assert [offer.total_minor for offer in found] == [16_000, 40_000]


def test_one_clock_for_all_hotels_is_settled_before_the_search(clock):
    """So that bounds serve; several clocks between two hours are one as well."""
    engine = made(HOTEL_FLASH, clock)
    program, catalog = engine._priced().compiled.program, engine.catalog
    asking = program.at_time(ANYBODY, clock.now_ms())
    assert type(asking) is AskingAt
    assert settled(program, catalog, asking).booking_time == "19:59"  # before the hours here and there
    with pytest.raises(IntegrityError, match="several clocks"):
        program.question(asking, 1, 1, 0, 0)
    evening = program.at_time(ANYBODY, clock.now_ms() + 60_000)
    assert settled(program, catalog, evening) is evening
    parts = by_clock(program, catalog, np.arange(3), evening)
    assert [(places.tolist(), told.booking_time) for places, told in parts] == [([0, 1], "20:00"), ([2], "12:00")]


def test_rooms_left_are_those_of_the_fullest_night(clock):
    engine = made(LAST, clock)
    assert (total(engine), total(engine, "B")) == (20_000, 40_000)
    quote = engine.quote("A", "king", ARRIVAL, 2)
    assert quote.asking.rooms_left == 4
    engine.book("A", "king", "2027-02-05", 1, rooms=2)  # the second night of the stay
    assert (total(engine), total(engine, "B")) == (18_000, 40_000)
    assert engine.quote("A", "king", ARRIVAL, 1).total_minor == 10_000
    assert engine.requote(quote) == quote
    assert engine.explain(engine.quote("A", "king", ARRIVAL, 2)).total_minor == 18_000
    assert total(engine, rooms_left=3) == 20_000


def test_searches_and_calendars_look_at_the_rooms_left(clock):
    engine = made(LAST, clock)
    engine.book("A", "king", "2027-02-05", 1, rooms=2)
    for top in (1, None):
        offers = engine.search(ARRIVAL, 2, hotel_ids=["A", "B"], top=top).offers
        assert (offers[0].room_type_id, offers[0].total_minor) == ("twin", 17_640)  # two left, as there are two
    assert [o.total_minor for o in engine.search(ARRIVAL, 2, room_type="king").offers] == [18_000, 40_000]
    days = engine.calendar("A", 2, room_type_id="king")
    by_day = dict(days.select("arrival", "price_minor").rows())
    assert [by_day[date(2027, 2, day)] for day in (3, 4, 5, 6)] == [20_000, 18_000, 18_000, 20_000]
    lines = {"hotel_id": ["A", "B", "A"], "room_type_id": ["king"] * 3, "arrival": [ARRIVAL] * 3, "nights": [2, 2, 1]}
    assert engine.quote_many(lines)["total_minor"].to_list() == [18_000, 40_000, 10_000]
    assert engine.quote_many(lines, rooms_left=1)["total_minor"].to_list() == [18_000, 36_000, 9_000]


def test_cubes_and_the_past_want_to_be_told(clock):
    engine = made(LAST, clock)
    with pytest.raises(InputError, match="rooms_left"):
        engine.reprice(stays=[2], arrivals=(ARRIVAL, ARRIVAL))
    with pytest.raises(InputError, match="rooms_left"):
        engine.price_as_of(clock.now_ms(), "A", "king", ARRIVAL, 2)
    with pytest.raises(InputError, match="rooms_left"):
        engine.compare(LAST, stays=[2], arrivals=(ARRIVAL, ARRIVAL))
    clock.advance_ms(60_000)  # the prices were shown for a minute
    with pytest.raises(InputError, match="rooms_left"):
        engine.lowest_prices(LINE, days=1)
    batches = engine.reprice(stays=[2], arrivals=(ARRIVAL, ARRIVAL), hotel_ids=["A"], rooms_left=2)
    assert sorted(price for batch in batches for price in batch["price_minor"].to_pylist()) == [17_640, 18_000]
    assert engine.price_as_of(clock.now_ms(), "A", "king", ARRIVAL, 2, rooms_left=9).total_minor == 20_000
    assert engine.lowest_prices(LINE, days=1, rooms_left=1)["lowest_minor"].to_list() == [18_000]


def test_lines_that_do_not_tell_are_those_of_the_instant_and_of_the_grid(clock):
    lines = {"hotel_id": ["A", "B"], "room_type_id": ["king"] * 2, "arrival": [ARRIVAL] * 2, "nights": [2] * 2}
    engine = made(LAST, clock)
    engine.book("A", "king", ARRIVAL, 1, rooms=3)
    assert engine.quote_many({**lines, "rooms_left": [None, 1]})["total_minor"].to_list() == [18_000, 36_000]
    clock.advance_ms(60_000)
    with pytest.raises(InputError, match="rooms_left"):
        engine.lowest_prices({**lines, "rooms_left": [None, 1]}, days=1)
    engine = made(FLASH, clock)
    assert engine.quote_many({**lines, "booking_time": [None, "12:00"]})["total_minor"].to_list() == [16_000, 40_000]
    clock.advance_ms(60_000)
    with pytest.raises(InputError, match="booking_time"):
        engine.lowest_prices({**lines, "booking_time": [None, "12:00"]}, days=1)


def test_comparisons_ask_what_either_version_asks(clock):
    plain = {"promotion": [{"name": "Five", "percent": -5}]}
    where = {"stays": [2], "arrivals": (ARRIVAL, ARRIVAL), "hotel_ids": ["B"]}
    engine = made(plain, clock)
    clock.advance_ms(60_000)  # 20:00 in Shanghai
    found = engine.compare(FLASH, **where)
    assert found.changes.select("old_minor", "new_minor").rows() == [(38_000, 32_000)]
    assert "Flash" in found.changes["cause"][0]
    since = engine.publish(FLASH).digest
    engine.publish(plain)
    assert engine.changed_prices(since, **where)["price_minor"].to_list() == [38_000]
    with pytest.raises(InputError, match="rooms_left"):
        engine.compare(LAST, **where)
    since = engine.publish(LAST).digest
    engine.publish(plain)
    with pytest.raises(InputError, match="rooms_left"):
        engine.changed_prices(since, **where)


def test_a_guard_looks_at_every_number_of_rooms_left(clock):
    engine = made({"promotion": [{"name": "Five", "percent": -5}]}, clock)
    slip = {"promotion": [{"name": "Last", "percent": -90, "rooms_left": {"max": 2}}]}
    with pytest.raises(GuardError, match="rooms_left = 0"):
        engine.publish(slip, guard=Guard(max_drop=30))
    assert engine.publish(LAST, guard=Guard(max_drop=30)).changed
    base = {"hotel_id": ["B"], "room_type_id": ["king"], "night": [ARRIVAL], "base_minor": [19_000]}
    assert engine.set_base_prices(base, guard=Guard(max_drop=30)) == 1


def test_wrong_times_and_rooms_are_refused():
    with pytest.raises(InputError, match="booking_time '24:00' is no time of day"):
        Asking(booking_time="24:00")
    with pytest.raises(InputError, match="rooms_left -1 is outside"):
        Asking(rooms_left=-1)
    with pytest.raises(RuleBookError, match="IANA time zone"):
        load_book({"book": {"clock": "Asia/Nowhere"}})
