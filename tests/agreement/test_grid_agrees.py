"""What the grid shows after anything that people do: availability, house fill, calendars, opening balances."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests import strategies as worlds
from tests.agreement.compare import examples
from tests.engines import EngineInventory, engine_of
from tests.oracles.grid import CODES
from tests.oracles.inventory import Inventory
from tests.unit.test_oracle_worlds import perform

WINDOW = (worlds.FIRST_NIGHT, worlds.WINDOW_NIGHTS)
FLAT = {"book": {"name": "flat", "display_currency": "CNY"}, "currencies": worlds.RATES}
COUNTS = ("capacity", "sold", "held", "free", "sold_elsewhere")


@st.composite
def lived_in(draw):
    """(catalogue, oracle, engine) after some operations, with nothing due left to sweep."""
    catalogue = draw(worlds.catalogues())
    oracle = Inventory(catalogue["hotels"], catalogue["room_types"], *WINDOW, worlds.NOW_MS)
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book=FLAT)
    granted: tuple[list[int], list[int]] = ([], [])
    for operation in draw(st.lists(worlds.operations(catalogue), max_size=25)):
        perform(oracle, operation, granted[0])
        perform(EngineInventory(engine), operation, granted[1])
    oracle.expire()
    engine.expire()
    return catalogue, oracle, engine


@examples(0.6)
@given(lived_in(), st.data())
def test_availability_shows_every_count_and_restriction(world, data):
    catalogue, oracle, engine = world
    first, last = sorted(data.draw(st.tuples(*[st.sampled_from(worlds.WINDOW)] * 2)))
    for hotel in catalogue["hotels"]:
        lines = engine.availability(hotel["hotel_id"], first, last).to_dicts()
        rows = [row for row in oracle.cells if row[0] == hotel["hotel_id"]]
        nights = [night for night in worlds.WINDOW if first <= night <= last]
        assert [(line["room_type_id"], line["night"]) for line in lines] == [(r[1], n) for r in rows for n in nights]
        for line in lines:
            cell = oracle.cells[hotel["hotel_id"], line["room_type_id"]][line["night"]]
            assert {name: line[name] for name in COUNTS} == {name: getattr(cell, name) for name in COUNTS}
            for name in worlds.FLAGS + worlds.STAYS:
                assert line[name] == cell.restrictions.get(name, 0), name


@examples(0.4)
@given(lived_in())
def test_house_fill_is_the_share_of_rooms_taken(world):
    catalogue, oracle, engine = world
    whole = engine.house_fill()
    for index, hotel in enumerate(catalogue["hotels"]):
        for position, night in enumerate(worlds.WINDOW):
            cells = [nights[night] for row, nights in oracle.cells.items() if row[0] == hotel["hotel_id"]]
            capacity = sum(cell.capacity for cell in cells)
            taken = sum(cell.sold + cell.held for cell in cells)
            assert whole[index, position] == (10_000 * taken // capacity if capacity else 10_000)
        assert engine.house_fill(hotel["hotel_id"]).tolist() == whole[index].tolist()
    hotels = np.repeat(np.arange(len(catalogue["hotels"])), 2)
    arrivals = np.array([engine.first_night, engine.first_night + 1] * len(catalogue["hotels"]))
    nights = np.array([engine.n_nights, engine.n_nights - 1] * len(catalogue["hotels"]))
    first, fill = engine._inventory.fills(hotels, arrivals, nights)
    for hotel, arrival, count, begin in zip(hotels, arrivals, nights, first, strict=True):
        expected = np.minimum(whole[hotel, arrival - engine.first_night :], 10_000)
        assert fill[begin : begin + count].tolist() == expected.tolist()


@examples(0.4)
@given(lived_in(), st.sampled_from([1, 2, 3, 7]), st.integers(1, 2), st.data())
def test_a_calendar_says_why_an_arrival_cannot_be_sold(world, nights, rooms, data):
    """The lowest code over the room types of the hotel, or of the one that is asked for."""
    catalogue, oracle, engine = world
    row = data.draw(st.sampled_from(catalogue["room_types"]))
    room_type_id = data.draw(st.sampled_from([None, row["room_type_id"]]))
    rows = [r for r in oracle.cells if r[0] == row["hotel_id"] and room_type_id in (None, r[1])]

    lines = engine.calendar(row["hotel_id"], nights, room_type_id=room_type_id, rooms=rooms).to_dicts()

    for arrival, line in zip(worlds.WINDOW, lines, strict=True):
        said = [oracle.refusal(*each, arrival, nights, rooms).outcome for each in rows]
        bases = [
            product["base_minor"] * nights * rooms
            for each, outcome in zip(rows, said, strict=True)
            for product in catalogue["products"]
            if outcome == "OK" and (product["hotel_id"], product["room_type_id"]) == each
        ]
        assert line["outcome"] == min(said, key=CODES.get)
        assert line["price_minor"] == min(bases, default=None)


def test_a_matrix_of_opening_balances_is_its_cells():
    random = Random("balances")
    ids = [{"hotel_id": f"H{i // 3}", "room_type_id": f"R{i}"} for i in range(9)]
    hotels = [{"hotel_id": f"H{i}", "currency": "CNY", "time_zone": "Asia/Shanghai"} for i in range(3)]
    room_types = [{**row, "capacity": random.randrange(6)} for row in ids]
    products = [{**row, "plan_id": "standard", "base_minor": 100} for row in ids]
    catalogue = {"hotels": hotels, "room_types": room_types, "products": products}
    oracle = Inventory(hotels, room_types, *WINDOW, worlds.NOW_MS)
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS)
    for _ in range(3):
        rooms = np.array([[random.randrange(6) for _ in worlds.WINDOW] for _ in ids], np.int16)
        assert engine.set_sold_elsewhere(rooms, allow_oversold=True) == rooms.size
        for row, counts in zip(oracle.cells, rooms.tolist(), strict=True):
            for night, count in zip(worlds.WINDOW, counts, strict=True):
                oracle.set_sold_elsewhere(row, night, night, count)
        for name in ("free", "sold"):
            assert engine.matrix(name).tolist() == [oracle.counts(name, row) for row in oracle.cells]
        row = random.choice(list(oracle.cells))
        arrival = worlds.WINDOW[random.randrange(10)]
        assert EngineInventory(engine).hold(*row, arrival, 2).outcome == oracle.hold(*row, arrival, 2).outcome
    assert {finding.kind for finding in engine.check()} == {"oversold"}


def test_a_window_moves_with_the_date_of_each_hotel():
    """From midnight to midnight, minute by minute around each roll-over: what can be held is what can be offered."""
    places = [("Asia/Shanghai", 0), ("Europe/Lisbon", 4), ("Pacific/Honolulu", 0)]
    hotels = [
        {"hotel_id": f"H{i}", "currency": "CNY", "time_zone": zone, "rollover_hour": hour}
        for i, (zone, hour) in enumerate(places)
    ]
    room_types = [{"hotel_id": hotel["hotel_id"], "room_type_id": "DBL", "capacity": 9} for hotel in hotels]
    products = [{**row, "plan_id": "standard", "base_minor": 100} for row in room_types]
    catalogue = {"hotels": hotels, "room_types": room_types, "products": products}
    engine = engine_of(catalogue, *WINDOW, worlds.NOW_MS, book={"book": {"name": "flat"}})
    oracle = Inventory(hotels, room_types, *WINDOW, worlds.NOW_MS)
    turned = 0
    for _ in range(3 * 24 * 12):
        five_minutes = 5 * 60_000
        engine.clock.advance_ms(five_minutes)
        oracle.wait(five_minutes)
        days = [oracle.today(hotel["hotel_id"]) for hotel in hotels]
        arrival = min(days)
        if arrival < worlds.FIRST_NIGHT:
            continue
        turned += len(set(days)) > 1
        offered = {offer.hotel_id for offer in engine.search(arrival, 1).offers}
        assert offered == {h["hotel_id"] for h, day in zip(hotels, days, strict=True) if day <= arrival}
        assert engine.search(arrival + timedelta(days=2), 1).hotels_available == 3
    assert turned > 100
