"""Carts as a whole: what is published together, and what is said of a cart that is not remembered as a whole."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nightgrid import InputError, Outcome, Refused
from nightgrid.limits import HOTELS_PER_CART_MAX
from tests import strategies as worlds
from tests.engines import engine_of
from tests.stateful.inventory_machine import CATALOGUE, FIRST, NIGHTS

DAY_MS = 24 * 3_600_000


def engine_with_cart(**asked):
    """(engine, cart): one line in each hotel and another in the first."""
    engine = engine_of(CATALOGUE, FIRST, NIGHTS, worlds.NOW_MS, slots=100, retention_ms=DAY_MS)
    lines = [
        {"hotel_id": "A", "room_type_id": "STE", "arrival": FIRST + timedelta(days=1), "nights": 2, "rooms": 2},
        {"hotel_id": "B", "room_type_id": "DBL", "arrival": FIRST + timedelta(days=2), "nights": 1},
        {"hotel_id": "A", "room_type_id": "DBL", "arrival": FIRST + timedelta(days=3), "nights": 1},
    ]
    return engine, engine.hold_cart(lines, **asked)


@pytest.mark.parametrize("verb", ["confirm", "release"])
def test_the_lines_of_a_cart_are_resolved_in_one_publication(verb):
    engine, cart = engine_with_cart()
    before = engine.lsn
    tickets = getattr(engine, f"{verb}_cart")(cart.cart_id)

    records = engine.records(before)
    assert records["kind"].to_list() == [verb] * 3
    assert records["hold_id"].to_list() == [hold.id for hold in cart.holds]
    assert records["line"].to_list() == [0, 1, 2]
    assert records["lines"].to_list() == [3, 3, 3]
    assert [ticket.lsn for ticket in tickets] == records["lsn"].to_list()
    assert engine.matrix("sold" if verb == "confirm" else "free").sum() == (6 if verb == "confirm" else 6 * NIGHTS)
    assert engine.matrix("held").sum() == 0
    assert engine.check() == []


def test_lines_that_were_confirmed_before_stay_and_are_not_published_again():
    engine, cart = engine_with_cart()
    engine.confirm(cart.holds[1].id)
    before = engine.lsn
    tickets = engine.confirm_cart(cart.cart_id)

    records = engine.records(before)
    assert records["hold_id"].to_list() == [cart.holds[0].id, cart.holds[2].id]
    assert records["lines"].to_list() == [2, 2]
    assert [ticket.lsn for ticket in tickets] == [before + 1, before, before + 2]
    assert [ticket.outcome for ticket in engine.confirm_cart(cart.cart_id)] == [Outcome.EXISTS] * 3
    assert engine.lsn == before + 2


@pytest.mark.parametrize("verb", ["confirm_cart", "release_cart"])
def test_half_a_cart_is_not_resolved_when_the_other_half_is_forgotten(verb):
    """A line was released long ago: nobody can say that all lines are booked, so nothing is done and that is said."""
    engine, cart = engine_with_cart(ttl_seconds=5 * 86_400)
    engine.release(cart.holds[1].id)
    engine.clock.advance_ms(DAY_MS)
    before = engine.lsn

    with pytest.raises(Refused, match="line 1") as refused:
        getattr(engine, verb)(cart.cart_id)

    assert (refused.value.outcome, refused.value.line) == (Outcome.NOT_FOUND, 1)
    assert engine.lsn == before
    assert [engine.get(cart.holds[line].id).state for line in (0, 2)] == ["held", "held"]
    engine.confirm(cart.holds[0].id)  # one by one they can still be resolved
    assert engine.check() == []


def test_a_cart_is_named_by_its_first_line():
    engine, cart = engine_with_cart(ttl_seconds=5 * 86_400)
    engine.release(cart.cart_id)
    engine.clock.advance_ms(DAY_MS)
    with pytest.raises(Refused) as refused:
        engine.confirm_cart(cart.cart_id)
    assert (refused.value.outcome, refused.value.line) == (Outcome.NOT_FOUND, None)


def test_a_retry_of_a_cart_whose_line_is_forgotten_gets_the_lines_that_are_left():
    engine = engine_of(CATALOGUE, FIRST, NIGHTS, worlds.NOW_MS, slots=100, retention_ms=DAY_MS)
    frame = {"hotel_id": ["A", "B"], "room_type_id": ["STE", "DBL"], "arrival": [FIRST + timedelta(days=3)] * 2}
    frame |= {"nights": [1, 1], "key": ["trip", None], "ttl_seconds": [5 * 86_400] * 2}
    said = engine.hold_many(frame, all_or_nothing=True)
    engine.release(said["hold_id"][1])
    engine.clock.advance_ms(DAY_MS)

    again = engine.hold_many(frame, all_or_nothing=True)

    assert again["outcome"].to_list() == [Outcome.EXISTS] * 2
    assert again["hold_id"].to_list() == [said["hold_id"][0], 0]


def test_an_expired_cart_is_booked_again_in_one_publication():
    engine, cart = engine_with_cart(ttl_seconds=60)
    engine.clock.advance_ms(60_000)
    before = engine.lsn + 3  # each line expires first
    tickets = engine.confirm_cart(cart.cart_id, rebook=True)

    records = engine.records(before)
    assert records["kind"].to_list() == ["book"] * 3
    assert records["hold_id"].to_list() == [ticket.id for ticket in tickets]
    assert (records["line"].to_list(), records["lines"].to_list()) == ([0, 1, 2], [3, 3, 3])
    assert records["lsn"].to_list() == [ticket.lsn for ticket in tickets]
    views = [engine.get(ticket.id) for ticket in tickets]
    assert [view.linked_to for view in views] == [hold.id for hold in cart.holds]
    assert [engine.get(hold.id).booked_again for hold in cart.holds] == [ticket.id for ticket in tickets]
    again = engine.confirm_cart(cart.cart_id, rebook=True)
    assert [(ticket.id, ticket.outcome) for ticket in again] == [(ticket.id, Outcome.EXISTS) for ticket in tickets]
    assert engine.check() == []


def test_a_cart_that_cannot_be_booked_again_says_which_line_and_night():
    engine, cart = engine_with_cart(ttl_seconds=60)
    engine.clock.advance_ms(60_000)
    engine.book("B", "DBL", FIRST + timedelta(days=2), 1, rooms=2)
    lsn = engine.lsn + 2  # the lines in the other hotel expire
    with pytest.raises(
        Refused, match=f"confirm cart {cart.cart_id} again: line 1: .*SOLD_OUT.*nothing was changed"
    ) as no:
        engine.confirm_cart(cart.cart_id, rebook=True)
    assert (no.value.line, no.value.night) == (1, (FIRST + timedelta(days=2)).isoformat())
    assert engine.lsn == lsn
    assert engine.find(cart_id=cart.cart_id)["booked_again"].to_list() == [None] * 3


def test_a_line_that_is_booked_again_while_its_cart_is_looked_up_is_what_became_of_it(monkeypatch):
    """Somebody books it again, and cancels that, after the lines were looked up and before their hotels are locked."""
    engine, cart = engine_with_cart(ttl_seconds=60)
    engine.clock.advance_ms(60_000)
    look_up, looked = engine._lines_now, []

    def slow(cart_id):
        looked.append(look_up(cart_id))
        if len(looked) == 2:  # the first time it is looked whether there is still time
            engine.cancel(engine.confirm(cart.holds[1].id, rebook=True).id)
        return looked[-1]

    monkeypatch.setattr(engine, "_lines_now", slow)
    with pytest.raises(Refused) as refused:
        engine.confirm_cart(cart.cart_id, rebook=True)
    assert (refused.value.outcome, refused.value.line) == (Outcome.ALREADY_CANCELLED, 1)
    assert engine.matrix("sold").sum() == 0


def test_a_cart_is_extended_and_cancelled_in_one_publication():
    engine, cart = engine_with_cart(ttl_seconds=60)
    engine.extend_cart(cart.cart_id, 120)
    assert engine.find(cart_id=cart.cart_id)["deadline_ms"].unique().to_list() == [engine.clock.now_ms() + 120_000]
    engine.confirm_cart(cart.cart_id)
    before = engine.lsn
    tickets = engine.cancel_cart(cart.cart_id)
    records = engine.records(before)
    assert records["kind"].to_list() == ["cancel"] * 3
    assert records["lines"].to_list() == [3, 3, 3]
    assert [ticket.lsn for ticket in tickets] == records["lsn"].to_list()
    assert engine.matrix("free").sum() == 6 * NIGHTS
    assert engine.check() == []


def hotels_of(count, last_capacity=1):
    """(engine, lines): so many hotels with one room each, and a line for each of them; slots for two such carts."""
    ids = [f"H{number}" for number in range(count)]
    world = {
        "hotels": [{"hotel_id": name, "currency": "CNY", "time_zone": "Asia/Shanghai"} for name in ids],
        "room_types": [{"hotel_id": name, "room_type_id": "DBL", "capacity": 1} for name in ids],
        "products": [
            {"hotel_id": name, "room_type_id": "DBL", "plan_id": "standard", "base_minor": 100} for name in ids
        ],
    }
    world["room_types"][-1]["capacity"] = last_capacity
    engine = engine_of(world, FIRST, NIGHTS, worlds.NOW_MS, slots=2 * count)
    return engine, [{"hotel_id": name, "room_type_id": "DBL", "arrival": FIRST, "nights": 2} for name in ids]


def test_a_cart_visits_64_hotels_in_any_order_and_no_more():
    engine, lines = hotels_of(HOTELS_PER_CART_MAX)
    cart = engine.hold_cart(lines[::-1])
    assert [hold.hotel_id for hold in cart.holds] == [line["hotel_id"] for line in lines[::-1]]
    assert engine.matrix("held")[:, :3].tolist() == [[1, 1, 0]] * HOTELS_PER_CART_MAX
    engine.confirm_cart(cart.cart_id)
    assert engine.matrix("sold")[:, :3].tolist() == [[1, 1, 0]] * HOTELS_PER_CART_MAX
    assert engine.check() == []

    engine, lines = hotels_of(HOTELS_PER_CART_MAX + 1)
    with pytest.raises(InputError, match="65 hotels; a cart spans at most 64"):
        engine.hold_cart(lines)
    assert engine.lsn == 0


def test_where_the_last_of_64_hotels_is_full_no_other_is_touched():
    engine, lines = hotels_of(HOTELS_PER_CART_MAX, last_capacity=0)
    with pytest.raises(Refused) as refused:
        engine.hold_cart(lines)
    assert refused.value.outcome == Outcome.SOLD_OUT
    assert (engine.lsn, engine.matrix("held").sum()) == (0, 0)
    assert engine.matrix("free")[:-1].min() == 1
