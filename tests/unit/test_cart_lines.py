"""Carts that a guest waits for: lines that are read without a frame, and lines that are found by their links."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import numpy as np
import pytest

from nightgrid import InputError, InputTypeError, NightgridError
from nightgrid.engine.rooms import carting
from tests import strategies as worlds
from tests.engines import engine_of
from tests.stateful.inventory_machine import CATALOGUE, FIRST, NIGHTS

DAY_MS = 24 * 3_600_000
ROWS = [("A", "STE"), ("A", "DBL"), ("B", "DBL")]


@pytest.fixture
def engine():
    engine = engine_of(
        CATALOGUE, FIRST, NIGHTS, worlds.NOW_MS, slots=2_000, retention_ms=DAY_MS, tiers=("public", "gold"),
        channels=("web", "desk"), ring_records=1_024,
    )  # fmt: skip
    engine.create_block("group", "A", "STE", first_night=FIRST, last_night=FIRST + timedelta(days=3), units=1)
    return engine


def drawn_line(dice: Random):
    """A line in usual words, in one of the forms that a caller may choose."""
    hotel_id, room_type_id = dice.choice(ROWS)
    arrival, nights = FIRST + timedelta(days=dice.randrange(4)), dice.choice([1, 2, 2, 0, -3, 400])
    line = {"hotel_id": hotel_id, "room_type_id": room_type_id}
    line["arrival"] = dice.choice([arrival, arrival.isoformat()])
    if dice.random() < 0.3:
        line["departure"] = dice.choice([arrival + timedelta(days=nights), None])
    if line.get("departure") is None:
        line["nights"] = nights
    more = {"rooms": [1, 2, 0], "plan": [None, "standard"], "guests": [None, 1, 3], "value_minor": [None, 0, 12_345]}
    more |= {"block": [None, "group"]}
    return line | {name: dice.choice(values) for name, values in more.items() if dice.random() < 0.4}


def test_lines_in_usual_words_are_the_requests_that_a_frame_of_them_makes(engine):
    dice = Random(7)
    for _ in range(200):
        lines = [drawn_line(dice) for _ in range(dice.randint(1, 4))]
        found = engine._usual_lines(lines, {})
        assert found is not None, lines
        wanted, bonds = engine._lines_of_frame(carting._frame_of(lines), {})
        wanted[carting.q.Q_TTL_MS] = 0  # a frame has the usual one, and `hold_cart` writes its own
        np.testing.assert_array_equal(found[0], wanted)
        assert (found[1], bonds) == ([None] * len(lines), [])


@pytest.mark.parametrize(
    ("name", "value"),
    [("rooms", None), ("rooms", 1.0), ("rooms", True), ("rooms", 2**31), ("nights", 2**40), ("guests", 0),
     ("value_minor", -1), ("hotel_id", "C"), ("room_type_id", 5), ("hotel_id", []), ("plan", "other"), ("plan", 3),
     ("block", "none"), ("arrival", "2027-6-1"), ("arrival", None), ("departure", FIRST + timedelta(days=2)),
     ("nightz", 1), ("nights_minor", [100])],
)  # fmt: skip
def test_what_is_unusual_is_read_by_the_frame(engine, name, value):
    """Which then says what is wrong with it; values of nights are right and only seldom given."""
    line = {"hotel_id": "A", "room_type_id": "DBL", "arrival": FIRST, "nights": 1} | {name: value}
    assert engine._usual_lines([line], {}) is None
    if name == "nights_minor":
        assert engine.hold_cart([line]).holds[0].nights == 1
    else:
        with pytest.raises(NightgridError, match=r"hold_cart|cart line|the catalogue|not in hotel|plan|block"):
            engine.hold_cart([line])


@pytest.mark.parametrize("lines", [[], [{}] * 513, {}, None, [None]])
def test_what_is_no_list_of_lines_is_not_read_as_one(engine, lines):
    assert engine._usual_lines(lines, {}) is None
    with pytest.raises((InputError, InputTypeError), match="hold_cart"):
        engine.hold_cart(lines)


def by_scan(engine, monkeypatch, cart_id):
    """The lines of a cart as all slots tell them."""
    with monkeypatch.context() as patch:
        patch.setattr(engine._inventory, "cart_lines", lambda *_: None)
        return engine._lines_of(cart_id).tolist()


def test_links_lead_to_the_lines_that_all_slots_know(engine, monkeypatch):
    dice = Random(11)
    carts, linked, broken = [], 0, 0
    for _ in range(120):
        lines = [
            {"hotel_id": hotel_id, "room_type_id": room_type_id, "arrival": FIRST + timedelta(days=2), "nights": 1}
            for hotel_id, room_type_id in dice.sample(ROWS, dice.randint(1, 3))
        ]
        try:
            carts.append(engine.hold_cart(lines, ttl_seconds=dice.choice([60, 86_000])))
        except NightgridError:
            pass
        for cart in dice.sample(carts, min(2, len(carts))):
            verb = dice.choice([engine.confirm, engine.release, engine.cancel, None])
            hold = dice.choice(cart.holds)
            try:
                if verb is not None:
                    verb(hold.id)
                else:
                    engine.confirm(hold.id, rebook=True)
            except NightgridError:
                pass
        engine.clock.advance_ms(dice.choice([1, 30_000, 3_600_000]))
        for cart in carts:
            found = engine._inventory.cart_lines(cart.cart_id, engine.clock.now_ms())
            try:
                wanted = by_scan(engine, monkeypatch, cart.cart_id)
            except NightgridError:
                assert found is None  # the line that names it is forgotten
                continue
            linked += found is not None
            broken += found is None
            assert engine._lines_of(cart.cart_id).tolist() == wanted
            assert (found is None) == (0 in [hold_id for hold_id, _, _ in wanted])
    assert linked > 100
    assert broken > 10
    assert engine.check() == []


def test_what_expired_is_found_in_the_ring_as_in_the_slots(engine):
    """The ring has 1,024 records here: of what is longer ago, the slots tell."""
    lsns = []
    for turn in range(600):
        lsns.append(engine.lsn)
        engine.hold("A", "DBL", FIRST + timedelta(days=turn % 5), 1, ttl_seconds=1)
        engine.clock.advance_ms(1_000)
        engine.expire()
    expired = engine.records(0).filter(kind="expire")["hold_id"].to_list()
    assert 400 < len(expired) < 600
    everything = engine.expired_since(0)
    assert len(everything) == 600
    for back in range(1, 600):
        assert engine.expired_since(lsns[-back]) == everything[-back:]
    assert everything[-len(expired) :] == expired
