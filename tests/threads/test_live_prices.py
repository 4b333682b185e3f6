"""Rooms are sold while others search: every price that is shown is one of the book's, none is torn, none is late."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from nightgrid import Refused
from nightgrid.search import live_stays
from tests.agreement.test_live_agrees import assert_fresh
from tests.engines import engine_of
from tests.threads.patience import rounds
from tests.threads.test_rolling import together

FIRST = date(2027, 6, 1)
NIGHTS = 30
NOON = round(datetime(2027, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)
HOTELS = 70  # in two chunks of lanes
KINDS = ("a", "b", "c")
#: A full house is a hundred times as dear: a sum that is torn lies between.
BOOK = {
    "book": {"name": "torn", "display_currency": "EUR"},
    "demand": [{"name": "full", "fill": [0, 50, 100], "percent": [[0], [100], [900]]}],
}


#: The same prices; each night of a stay has lead days of its own, so its nights are put together from several sheets.
NIGHT_BY_NIGHT = {
    "book": {**BOOK["book"], "lead_of": "night"},
    "demand": [{**BOOK["demand"][0], "lead_days": [0, 1, 2], "percent": [[0] * 3, [100] * 3, [900] * 3]}],
}


def open_store(book=BOOK):
    """Each hotel has one room of each of three types; type a costs hotel + 1 minor units a night, b 1,000 more, c 2,000
    more. So two sales are over 50 %, and three are all.
    """
    places = [(f"h{number}", kind) for number in range(HOTELS) for kind in KINDS]
    world = {
        "hotels": [{"hotel_id": f"h{number}", "currency": "EUR", "time_zone": "Etc/UTC"} for number in range(HOTELS)],
        "room_types": [{"hotel_id": hotel, "room_type_id": kind, "capacity": 1} for hotel, kind in places],
        "products": [
            {"hotel_id": hotel, "room_type_id": kind, "plan_id": "p", "base_minor": base_of(hotel, kind)}
            for hotel, kind in places
        ],
    }
    return engine_of(world, FIRST, NIGHTS, NOON, book=book, slots=20_000, retention_ms=0, ring_records=1_024)


def base_of(hotel: str, kind: str) -> int:
    return 1_000 * KINDS.index(kind) + 1 + int(hotel[1:])


@pytest.mark.parametrize("book", [BOOK, NIGHT_BY_NIGHT])
def test_no_reader_sees_a_torn_price(book, monkeypatch):
    engine = open_store(book)
    put_together = live_stays.gathered
    monkeypatch.setattr(live_stays, "gathered", lambda *given: seen.update(["gathered"]) or put_together(*given))
    stop = threading.Event()
    seen = Counter[str]()

    def seller(number):
        """Whole stays of one length are sold and given back, so that their nights are at one band together. A cart is
        given back when the next one is held, so that some hotel is dear at every instant.
        """
        dice = random.Random(number)
        before: list[int] = []
        try:
            for _ in rounds(1_500, lambda: min(seen["dear"], seen["plain"]) > 0 and seen["sold"] > 300):
                hotel, start = f"h{dice.randrange(HOTELS)}", dice.randrange(NIGHTS // 3) * 3
                stay = (FIRST + timedelta(days=start), 3)
                cart: list[int] = []
                try:
                    for kind in dice.sample(KINDS, 2):
                        cart.append(engine.hold(hotel, kind, *stay).id)
                    seen["sold"] += 1
                except Refused:
                    seen["sold out"] += 1  # of the hotel that is dear already
                for hold_id in before:
                    engine.release(hold_id)
                before = cart
            for hold_id in before:
                engine.release(hold_id)
        finally:
            stop.set()

    def searcher(number):
        dice = random.Random(number)
        while not stop.is_set():
            arrival = FIRST + timedelta(days=dice.randrange(NIGHTS // 3) * 3)
            for offer in engine.search(arrival, 3, top=dice.choice((5, None))).offers:
                base = base_of(offer.hotel_id, offer.room_type_id)
                assert offer.total_minor in (3 * base, 6 * base), offer  # one room at least is free: never full
                seen["dear" if offer.total_minor == 6 * base else "plain"] += 1

    engine.search(FIRST, 3)
    engine.search(FIRST, 3, top=None)
    together(lambda: seller(1), lambda: searcher(2), lambda: searcher(3))

    assert (seen["gathered"] > 0) == (book is NIGHT_BY_NIGHT)
    shown = engine.search(FIRST, 3, top=None).offers
    assert [offer.total_minor for offer in shown] == [3 * base_of(offer.hotel_id, "a") for offer in shown]


@pytest.mark.parametrize("book", [BOOK, NIGHT_BY_NIGHT])
def test_what_was_read_while_prices_were_written_is_read_again(book):
    """Whether anything was torn cannot be seen in what was read, so it counts for nothing."""
    engine = open_store(book)
    live, version = engine._version.live, engine._version
    lane = int(np.flatnonzero(version.lanes.lane_product == engine.catalog.product_index("h7", "a", "p"))[0])
    stay = live_stays.live_stay(live, FIRST.toordinal(), 3, np.zeros(1, np.int64), apart=True)
    assert (stay.variant is None) == (book is NIGHT_BY_NIGHT)
    words = np.full(len(version.lanes.lane_product) // 64, -1)
    seen: list[int] = []

    def sell():
        for kind in ("b", "c"):
            engine.hold("h7", kind, FIRST, 3)
        live.refresh()

    def look(prices):
        row, sums = prices.row_of(FIRST.toordinal()), prices.matrices.sums[0]
        before = int(sums[row, lane])
        if not seen:
            together(sell)
        seen.append(int(sums[row + 3, lane]) - before & prices.matrices.mask)
        return seen[-1]

    assert live_stays.read_stay(live, stay, words, look) == 6 * base_of("h7", "a")
    assert len(seen) == 2


def test_who_sold_sees_the_new_price_at_once():
    """Each seller has hotels of its own, and others search meanwhile: after its sale it sees no older price."""
    engine = open_store()
    stop = threading.Event()
    seen = Counter[str]()

    def shown(hotel, arrival):
        (offer,) = engine.search(arrival, 1, hotel_ids=[hotel]).offers
        return offer.total_minor

    def seller(number):
        dice = random.Random(number)
        try:
            for _ in rounds(400, lambda: seen["searched"] > 0):
                hotel = f"h{2 * dice.randrange(HOTELS // 2) + number}"
                arrival = FIRST + timedelta(days=dice.randrange(NIGHTS))
                holds = [engine.hold(hotel, kind, arrival, 1) for kind in ("b", "c")]
                assert shown(hotel, arrival) == 2 * base_of(hotel, "a")
                for hold in holds:
                    engine.release(hold.id)
                assert shown(hotel, arrival) == base_of(hotel, "a")
                seen[str(number)] += 1
        finally:
            stop.set()

    def searcher():
        while not stop.is_set():
            engine.search(FIRST, 2, top=None)
            seen["searched"] += 1

    engine.search(FIRST, 2, top=None)
    together(lambda: seller(0), lambda: seller(1), searcher)

    assert min(seen["0"], seen["1"]) >= 400


def test_who_sold_sees_the_new_price_in_every_band_of_lead_days():
    """Nights wait to be priced in bands and stays that nobody reads, and others read them at any time."""
    engine = open_store()
    demand = [{**BOOK["demand"][0], "lead_days": [0, 10, 20], "percent": [[0, 0, 0], [100, 200, 300], [900, 900, 900]]}]
    engine.publish({**BOOK, "book": {"name": "bands"}, "demand": demand})
    stop = threading.Event()
    seen = Counter[str]()

    def shown(hotel, place, nights):
        """The nights of a hotel from one on, as many as are searched for together."""
        (offer,) = engine.search(FIRST + timedelta(days=place), nights, hotel_ids=[hotel]).offers
        return offer.total_minor

    def seller(number):
        dice = random.Random(f"bands {number}")
        try:
            for _ in rounds(300, lambda: seen["searched"] > 0):
                hotel, place = f"h{2 * dice.randrange(HOTELS // 2) + number}", dice.randrange(1, NIGHTS - 1)
                base, holds = base_of(hotel, "a"), []
                for kind in ("b", "c"):
                    holds.append(engine.hold(hotel, kind, FIRST + timedelta(days=place), 1))
                begin = dice.randrange(2)  # the night before, or not
                dear = base * (2 + min((place - begin) // 10, 2))
                assert shown(hotel, place - begin, 1 + begin) == begin * base + dear
                if dice.randrange(2):
                    assert shown(hotel, place, 2) == base * (2 + min(place // 10, 2)) + base
                for hold in holds:
                    engine.release(hold.id)
                assert shown(hotel, place, 1) == base
                seen[str(number)] += 1
        finally:
            stop.set()

    def searcher():
        dice = random.Random(3)
        while not stop.is_set():
            engine.search(FIRST + timedelta(days=dice.randrange(NIGHTS - 3)), dice.randint(1, 3), top=None)
            seen["searched"] += 1

    engine.search(FIRST, 2, top=None)
    together(lambda: seller(0), lambda: seller(1), searcher)

    assert min(seen["0"], seen["1"]) >= 300
    assert_fresh(engine)


def test_books_are_published_while_rooms_are_sold():
    """A version begins with the fill of its instant, copies what no rule reaches, and misses no sale of meanwhile."""
    engine = open_store()
    stop = threading.Event()
    seen = Counter[str]()

    def book_of(percent, edge):
        fair = {"name": "fair", "percent": percent, "dates": [{"from": FIRST, "to": FIRST + timedelta(days=9)}]}
        demand = [{"name": "full", "fill": [0, edge, 100], "percent": [[0], [100], [900]]}]
        return {**BOOK, "season": [fair], "demand": demand}

    def publisher():
        dice = random.Random(5)
        for number in range(40):
            engine.publish(book_of(dice.choice((0, 100, 300)), 50 if number % 10 else 40))
            seen["published"] += 1
        stop.set()

    def seller(number):
        dice = random.Random(number)
        holds: list[int] = []
        while not stop.is_set():
            arrival = FIRST + timedelta(days=dice.randrange(NIGHTS - 3))
            try:
                holds.append(engine.hold(f"h{dice.randrange(HOTELS)}", dice.choice(KINDS), arrival, 2).id)
                seen["sold"] += 1
            except Refused:
                seen["sold out"] += 1
            if len(holds) > 60:
                engine.release(holds.pop(dice.randrange(len(holds))))

    def guest():
        dice = random.Random(9)
        while not stop.is_set():
            arrival = FIRST + timedelta(days=dice.randrange(NIGHTS - 3))
            for offer in engine.search(arrival, 1, top=5).offers:
                base = base_of(offer.hotel_id, offer.room_type_id)
                allowed = {base * season * demand for season in (1, 2, 4) for demand in (1, 2)}
                assert offer.total_minor in allowed, offer
            seen["searched"] += 1

    together(publisher, lambda: seller(1), lambda: seller(2), guest)

    assert min(seen[what] for what in ("published", "sold", "searched")) >= 40
    assert_fresh(engine)
