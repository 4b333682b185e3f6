"""A small busy store, and a block that must be refused in certain words and change nothing."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import pytest

from nightgrid import NightgridError
from nightgrid.engine import Engine
from tests import strategies as worlds
from tests.engines import engine_of

FIRST = worlds.FIRST_NIGHT
NIGHTS = 20
WORLD = {
    "hotels": [
        {"hotel_id": "Bund", "currency": "CNY", "time_zone": "Asia/Shanghai", "city": "Xi'an", "stars": 4.0},
        {"hotel_id": "Belém", "currency": "EUR", "time_zone": "Europe/Lisbon", "city": "Lisbon", "stars": None},
    ],
    "room_types": [
        {"hotel_id": "Bund", "room_type_id": "DBL", "capacity": 2},
        {"hotel_id": "Belém", "room_type_id": "STE", "capacity": 2},
    ],
    "products": [
        {"hotel_id": "Bund", "room_type_id": "DBL", "plan_id": "standard", "base_minor": 100},
        {"hotel_id": "Belém", "room_type_id": "STE", "plan_id": "flex", "base_minor": 100},
        {"hotel_id": "Belém", "room_type_id": "STE", "plan_id": "early", "base_minor": 90},
    ],
}
BOOK = {"book": {"name": "flat", "tiers": ["public", "gold"], "display_currency": "CNY"}}
BOOK["currencies"] = {"CNY": "1", "EUR": "8"}
STAY = ("Bund", "DBL", FIRST, 1)
LINE = {"hotel_id": ["Bund"], "room_type_id": ["DBL"]}
ASKED = {**LINE, "arrival": [FIRST], "nights": [1]}
COUNTERS = ("free", "held", "sold", "capacity", "sold_elsewhere")


def busy_store() -> Engine:
    """A store with a booking, a hold, a restriction and a book, so that there is something to spoil."""
    made = engine_of(WORLD, FIRST, NIGHTS, worlds.NOW_MS, book=BOOK)
    made.confirm(made.hold(*STAY).id)
    made.hold("Belém", "STE", FIRST, 3)
    made.restrict({**LINE, "night": [FIRST + timedelta(days=5)], "min_stay_arrival": [2]})
    return made


def everything(engine):
    """All that a caller can see: counters, restrictions, prices, and the number of the last change."""
    grids = [engine.matrix(name).tolist() for name in COUNTERS]
    hotels = [engine.availability(hotel_id).rows() for hotel_id in engine.catalog.hotel_ids]
    prices = engine._version.digest if engine._version else None
    return grids, hotels, prices, engine.statistics()["lsn"], engine.statistics()["slots_used"]


@contextmanager
def refused(engine, error, words):
    """The block raises this error with these words, and everything is as before."""
    before = everything(engine)
    with pytest.raises(error, match=words) as caught:
        yield caught
    assert isinstance(caught.value, NightgridError)
    assert everything(engine) == before
    assert engine.check() == []
