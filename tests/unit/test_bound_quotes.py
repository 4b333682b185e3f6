"""Quotes that are asked again, and holds at the price of a quote. The clock stands where a test puts it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock, Outcome, Refused
from nightgrid.engine.edge.hold_frames import hex_digest
from nightgrid.errors import InputTypeError, VersionGoneError
from nightgrid.native.store import layout as at

NOON = datetime(2027, 1, 1, 4, tzinfo=UTC)  # noon in Shanghai
HOUR_MS = 3_600_000
BOOK = {
    "book": {"name": "spring", "tiers": ["public", "gold"]},
    "rounding": {"policy": "night"},
    "season": [{"name": "weekend", "weekdays": ["fri", "sat"], "percent": "33.33"}],
    "lead_time": [{"name": "early", "bands": [{"from_days": 9, "percent": -10}]}],
    "member_tier": [{"name": "gold", "percent": {"gold": "-6.5"}}],
}


def other(percent):
    return {**BOOK, "season": [{"name": "all", "percent": percent}]}


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["A"], "currency": ["CNY"], "time_zone": ["Asia/Shanghai"]},
        room_types={"hotel_id": ["A"], "room_type_id": ["king"], "capacity": [5], "base_minor": [10_001]},
    )
    engine = Engine.in_memory(
        catalog, "2027-01-01", 30, clock=ManualClock(NOON), keep_versions=3, tiers=["public", "gold"], channels=["web"]
    )
    engine.publish(BOOK)
    return engine


def refused(engine, outcome):
    """The call inside is refused with an outcome, and nothing is taken."""

    class Check:
        def __enter__(self):
            self.before = (engine.lsn, engine.matrix("free").tolist())
            self.raises = pytest.raises(Refused)
            self.found = self.raises.__enter__()

        def __exit__(self, *error):
            caught = self.raises.__exit__(*error)
            assert self.found.value.outcome == outcome
            assert (engine.lsn, engine.matrix("free").tolist()) == self.before
            return caught

    return Check()


def quote_of(engine, **more):
    return engine.quote("A", "king", "2027-01-10", 3, **{"tier": "gold", "rooms": 2, **more})


@pytest.mark.parametrize("form", ["quote", "dict", "json"])
def test_a_quote_is_asked_again_bit_for_bit(engine, form):
    quote = quote_of(engine)
    nights = quote.nights_minor
    given = {"quote": quote, "dict": quote.to_dict(), "json": json.dumps(quote.to_dict())}[form]
    engine.publish(other(50))
    engine.clock.advance_ms(12 * HOUR_MS)  # midnight: the early bird is over for a new quote
    assert quote_of(engine).lead_days == 8
    engine.roll()
    engine.publish(other(60))
    again = engine.requote(given)
    assert again == quote
    assert again.nights_minor == nights
    assert (again.digest, again.to_dict()) == (quote.digest, quote.to_dict())
    assert quote_of(engine).total_minor != quote.total_minor


def test_a_quote_keeps_the_names_it_was_asked_by(engine):
    quote = quote_of(engine)
    engine.rename_hotel("A", new_id="Z")
    assert engine.requote(quote) == quote
    hold = engine.hold(quote=quote)
    assert (hold.hotel_id, engine.get(hold.id).quote) == ("Z", quote.digest)


def test_a_version_that_is_gone_is_named(engine):
    quote = quote_of(engine)
    for percent in range(1, 6):
        engine.publish(other(percent))
    assert engine.requote(quote) == quote  # still valid, so its version is kept
    engine.clock.advance_ms(HOUR_MS)
    for percent in range(11, 16):
        engine.publish(other(percent))
    with pytest.raises(VersionGoneError, match=f"price version {quote.price_version} is not kept"):
        engine.requote(quote)
    with refused(engine, Outcome.QUOTE_EXPIRED):
        engine.hold(quote=quote)


def test_a_quote_that_was_changed_is_refused(engine):
    content = quote_of(engine).to_dict()
    for name, value in (("total_minor", 1), ("lead_days", 20), ("evaluated_ms", 2**60), ("rooms", 1), ("extra", 1)):
        for ask in (engine.requote, lambda given: engine.hold(quote=given)):
            with pytest.raises(InputError, match="no quote of this store, or it was changed"):
                ask({**content, name: value})
    for given, error, words in (
        ({name: value for name, value in content.items() if name != "tier"}, InputError, "has no tier"),
        ({**content, "nights": "3"}, InputTypeError, "nights of the quote is '3'"),
        ({name: value for name, value in content.items() if name != "digest"}, InputError, "no quote of this store"),
        ({**content, "digest": "\u00e9"}, InputError, "no quote of this store"),
        ("{", InputError, "no JSON"),
        ("[" * 100_000, InputError, "no JSON"),
        (5, InputTypeError, "quote is a int"),
    ):
        with pytest.raises(error, match=words):
            engine.requote(given)
    catalog = engine.catalog
    stranger = Engine.in_memory(catalog, "2027-01-01", 30, clock=ManualClock(NOON), tiers=["public", "gold"])
    stranger.publish(BOOK)
    with pytest.raises(InputError, match="no quote of this store"):
        engine.hold(quote=quote_of(stranger).to_dict())


def test_a_hold_keeps_the_price_of_its_quote(engine):
    quote = quote_of(engine, rooms=2)
    engine.publish(other(50))
    hold = engine.hold(quote=quote, ttl_seconds=600, guest="ann", channel="web")
    view = engine.get(hold.id)
    assert (view.arrival, view.nights, view.rooms, view.plan) == (date(2027, 1, 10), 3, 2, "standard")
    assert (view.tier, view.channel) == ("gold", "web")
    bound = (quote.total_minor, quote.digest, quote.price_version)
    assert (view.value_minor, view.quote, view.price_version) == bound
    engine.publish(other(60))
    engine.confirm(hold.id)
    engine.publish(other(70))
    found = engine.find(guest="ann").select("value_minor", "quote", "price_version", "state").rows()
    assert found == [(*bound, "booked")]
    records = engine.records().filter(pl.col("hold_id") == hold.id)
    assert records.select("kind", "quote", "price_version").rows() == [
        ("hold", quote.digest, quote.price_version),
        ("confirm", quote.digest, quote.price_version),
    ]
    words = engine._inventory.records()[0]
    assert [hex_digest(word) for word in words[:, at.D_QUOTE].tolist()] == [quote.digest] * 2
    assert words[0, at.D_VALUE] == quote.total_minor
    assert engine.check() == []


def test_a_quote_is_bookable_at_once_and_a_part_of_it_can_be_confirmed(engine):
    quote = quote_of(engine, rooms=3)
    booked = engine.book(quote=quote.to_dict())
    assert engine.get(booked.id).quote == quote.digest
    part = quote_of(engine, rooms=2)
    hold = engine.hold(quote=part)
    engine.confirm(hold.id, rooms=1)
    view = engine.get(hold.id)
    assert (view.rooms, view.value_minor, view.quote) == (1, part.total_minor // 2, part.digest)
    plain = engine.hold("A", "king", "2027-01-20", 1)
    view = engine.get(plain.id)
    assert (view.value_minor, view.quote, view.price_version) == (None, None, None)


def test_a_quote_is_valid_for_its_time_and_not_a_millisecond_longer(engine):
    quote = quote_of(engine)
    engine.clock.advance_ms(900_000 - 1)
    first = engine.hold(quote=quote, key="order-1")
    engine.clock.advance_ms(1)
    with refused(engine, Outcome.QUOTE_EXPIRED):
        engine.hold(quote=quote)
    with refused(engine, Outcome.QUOTE_EXPIRED):
        engine.hold(quote=quote, replace=first.id)
    again = engine.hold(quote=quote, key="order-1")  # the key comes first: the answer that was given
    assert (again.id, again.outcome) == (first.id, Outcome.EXISTS)
    with refused(engine, Outcome.KEY_REUSED):
        engine.hold(quote=quote_of(engine), key="order-1")
    with refused(engine, Outcome.QUOTE_EXPIRED):
        engine.amend(first.id, quote=quote)


def test_a_bound_hold_takes_another_stay_only_with_its_quote(engine):
    hold = engine.hold(quote=quote_of(engine))
    for change in ({"nights": 2}, {"arrival": "2027-01-11"}, {"rooms": 1}, {"value_minor": 5}):
        with refused(engine, Outcome.QUOTE_BOUND):
            engine.amend(hold.id, **change)
    engine.confirm(hold.id)
    longer = engine.quote("A", "king", "2027-01-10", 5, rooms=2)
    engine.amend(hold.id, quote=longer)
    view = engine.get(hold.id)
    assert (view.nights, view.value_minor, view.quote) == (5, longer.total_minor, longer.digest)
    assert engine.records()["quote"].to_list()[-1] == longer.digest
    plain = engine.hold("A", "king", "2027-01-20", 1)
    engine.amend(plain.id, quote=engine.quote("A", "king", "2027-01-20", 2))
    with refused(engine, Outcome.QUOTE_BOUND):
        engine.amend(plain.id, nights=1)
    with pytest.raises(InputError, match="leave these out"):
        engine.amend(plain.id, quote=longer, nights=1)
    assert engine.check() == []


def test_a_hold_in_the_place_of_another_and_one_booked_again_are_bound_to_their_quotes(engine):
    first, second = quote_of(engine), engine.quote("A", "king", "2027-01-10", 2)
    old = engine.hold(quote=first)
    new = engine.hold(quote=second, replace=old.id, ttl_seconds=60)
    assert [engine.get(each.id).quote for each in (old, new)] == [first.digest, second.digest]
    assert engine.records()["quote"].to_list() == [first.digest, first.digest, second.digest]
    engine.clock.advance_ms(60_000)
    again = engine.confirm(new.id, rebook=True)
    view = engine.get(again.id)
    assert (view.quote, view.value_minor, view.linked_to) == (second.digest, second.total_minor, new.id)


def test_slots_that_are_used_again_forget_the_quote():
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["A"], "currency": ["CNY"], "time_zone": ["Asia/Shanghai"]},
        room_types={"hotel_id": ["A"], "room_type_id": ["king"], "capacity": [5], "base_minor": [10_001]},
    )
    engine = Engine.in_memory(catalog, "2027-01-01", 30, clock=ManualClock(NOON), slots=1, retention_ms=1_000)
    engine.publish({})
    hold = engine.hold(quote=engine.quote("A", "king", "2027-01-10", 1))
    engine.release(hold.id)
    engine.clock.advance_ms(1_000)
    plain = engine.hold("A", "king", "2027-01-20", 1)
    assert plain.id & 0xFFFFFFFF == hold.id & 0xFFFFFFFF
    assert (engine.get(plain.id).quote, engine.records()["quote"].to_list()[-1]) == (None, None)


def test_a_quote_says_all_or_the_names_do(engine):
    quote = quote_of(engine)
    for more in ({"hotel_id": "A"}, {"nights": 3}, {"rooms": 2}, {"plan": "standard"}, {"value_minor": 1}):
        for call in (engine.hold, engine.book):
            with pytest.raises(InputError, match="leave these out"):
                call(quote=quote, **more)
    for call in (engine.hold, engine.book):
        with pytest.raises(InputError, match="give hotel_id, room_type_id and arrival, or quote="):
            call("A", "king")
