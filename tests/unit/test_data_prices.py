"""Base prices and overrides in prices: versions, quotes that are asked again, history, feed. Checked with a pencil."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from nightgrid import Catalog, Engine, InputError, ManualClock
from nightgrid.engine import Guard, GuardError
from nightgrid.errors import VersionGoneError

NOON = datetime(2027, 1, 1, 4, tzinfo=UTC)  # noon in Shanghai
HOUR_MS = 3_600_000
BOOK = {
    "book": {"name": "data", "tiers": ["public", "gold"]},
    "season": [{"name": "weekend", "weekdays": ["fri", "sat"], "percent": 10}],
    "bounds": [{"name": "guard", "floor": {"CNY": "80"}, "ceiling": {"CNY": "150"}}],
    "member_tier": [{"name": "gold", "percent": {"gold": -10}}],
}
PLACE = {"hotel_id": ["A"], "room_type_id": ["king"]}


@pytest.fixture
def engine():
    catalog = Catalog.from_frames(
        hotels={"hotel_id": ["A"], "currency": ["CNY"], "time_zone": ["Asia/Shanghai"]},
        room_types={
            "hotel_id": ["A"],
            "room_type_id": ["king"],
            "capacity": [5],
            "base_minor": [10_000],
            "guests_max": [4],
        },
    )
    engine = Engine.in_memory(catalog, "2027-01-01", 30, clock=ManualClock(NOON), keep_versions=1)
    engine.publish(BOOK)
    return engine


def price(engine, night, nights=1, **more):
    return engine.quote("A", "king", f"2027-01-{night:02}", nights, **more).total_minor


def test_a_base_price_by_night_and_party_is_a_version(engine):
    first = engine.versions()["digest"][0]
    quote = engine.quote("A", "king", "2027-01-08", 2)  # Friday and Saturday: 2 x 110.00
    assert quote.total_minor == 22_000
    prices = {name: value * 3 for name, value in PLACE.items()}
    prices |= {"first_night": ["2027-01-08"] * 3, "last_night": ["2027-01-09"] * 3}
    engine.set_base_prices({**prices, "guests": [None, 2, 3], "base_minor": [12_000, 11_000, 13_000]})
    assert engine.versions()["cause"].to_list() == ["published", "base prices"]
    assert price(engine, 8) == 13_200
    assert [price(engine, 8, adults=guests) for guests in (1, 2, 3, 4)] == [12_100, 12_100, 14_300, 13_200]
    assert price(engine, 10) == 10_000
    assert engine.requote(quote) == quote
    hold = engine.hold(quote=quote)
    assert engine.get(hold.id).value_minor == 22_000

    back = engine.rollback(first)
    assert back.digest == first
    assert price(engine, 8) == 11_000
    assert engine.base_prices().is_empty()


def test_overrides_and_their_precedence(engine):
    def put(kind, **value):
        engine.set_price_overrides({**PLACE, "night": ["2027-01-08"], "kind": [kind], **value})
        return price(engine, 8)

    assert put("percent", percent=[20]) == 13_200  # 110.00 + 20 %
    assert put("percent", percent=[50]) == 15_000  # 165.00, ceiling
    assert put("ceiling", amount_minor=[20_000]) == 16_500
    assert put("floor", amount_minor=[17_000]) == 17_000
    assert put("fixed", amount_minor=[1_800]) == 1_800  # no bounds
    assert price(engine, 8, tier="gold") == 1_620
    assert put("fixed", amount_minor=[None]) == 17_000
    assert engine.versions()["cause"].to_list()[-1] == "overrides"


def test_a_mistake_leaves_prices_and_versions_as_they_were(engine):
    before = (engine.versions().rows(), price(engine, 8))
    with pytest.raises(InputError, match="base_minor is -5 in row 0"):
        engine.set_base_prices({**PLACE, "night": ["2027-01-08"], "base_minor": [-5]})
    assert (engine.versions().rows(), price(engine, 8)) == before


def test_history_knows_the_data_of_each_instant(engine):
    told = {}
    for amount in (9_000, 12_000, None, 8_500, 11_500):
        told[engine.clock.now_ms()] = price(engine, 12)
        engine.clock.advance_ms(HOUR_MS)
        engine.set_base_prices({**PLACE, "night": ["2027-01-12"], "base_minor": [amount]})
    told[engine.clock.now_ms()] = price(engine, 12)
    assert list(told.values()) == [10_000, 9_000, 12_000, 10_000, 8_500, 11_500]
    for at, total in told.items():
        if at < engine.clock.now_ms():
            assert engine.price_as_of(at, "A", "king", "2027-01-12", 1).total_minor == total
    stays = {**PLACE, "arrival": [date(2027, 1, 12)], "nights": [1]}
    assert engine.lowest_prices(stays)["lowest_minor"].to_list() == [8_500]
    assert engine.price_events()["event"].to_list() == ["version"] + ["data", "version"] * 5


def test_the_feed_has_the_nights_that_data_changed_and_what_if_counts_with_it(engine):
    digest = engine.versions()["digest"][0]
    nights = {"first_night": ["2027-01-11"], "last_night": ["2027-01-13"]}
    engine.set_base_prices({**PLACE, **nights, "base_minor": [9_100]})
    found = engine.changed_prices(digest).rows()
    assert [row[5:8] for row in found] == [(date(2027, 1, 11), date(2027, 1, 13), 9_100)]
    taxed = engine.compare({**BOOK, "tax": [{"name": "vat", "percent": 10}]}, stays=(1,), tiers=["public"])
    told = {row["arrival"].day: (row["old_minor"], row["new_minor"]) for row in taxed.changes.to_dicts()}
    assert (told[11], told[14], told[8]) == ((9_100, 10_010), (10_000, 11_000), (11_000, 12_100))
    assert "tax 'vat'" in taxed.changes["cause"][0]


def test_scheduled_books_follow_the_data(engine):
    engine.publish({**BOOK, "season": []}, at=datetime(2027, 1, 1, 6, tzinfo=UTC))
    nights = {"first_night": ["2027-01-11"], "last_night": ["2027-01-13"]}
    engine.set_base_prices({**PLACE, **nights, "base_minor": [9_100]})
    assert [price(engine, night) for night in (8, 12)] == [11_000, 9_100]
    engine.clock.advance_ms(2 * HOUR_MS)
    assert [price(engine, night) for night in (8, 12)] == [10_000, 9_100]  # the scheduled book, with the data


def test_every_input_of_a_quote_comes_back(engine):
    book = {
        **BOOK,
        "demand": [{"name": "busy", "fill": [0, 50], "lead_days": [0], "percent": [[0], [30]]}],
        "promotion": [{"name": "web", "percent": -5, "channels": ["web"], "coupon": "SPRING"}],
        "tax": [{"name": "vat", "percent": 10}],
    }
    engine.publish(book)
    asked = {"adults": 2, "children": [4], "channel": "web", "coupons": {"SPRING"}, "fill_bp": [6_000, 0]}
    quote = engine.quote("A", "king", "2027-01-11", 2, rooms=2, tier="gold", **asked)
    # 130.00 + 100.00, gold -10 %: 207.00, one of two rooms with the coupon -5 %: 196.65; taxes 20.70 and 19.67 (19.665)
    assert (quote.net_minor, quote.taxes_minor) == (19_665 + 20_700, 1_967 + 2_070)
    assert quote.total_minor == quote.net_minor + quote.taxes_minor
    engine.clock.advance_ms(10 * 60_000)
    engine.publish(BOOK)
    for form in (quote, quote.to_dict(), json.dumps(quote.to_dict())):
        assert engine.requote(form) == quote
    at = quote.evaluated_ms
    assert engine.price_as_of(at, "A", "king", "2027-01-11", 2, rooms=2, tier="gold", **asked) == quote
    for name, value in (("fill_bp", [0, 0]), ("coupons", []), ("adults", 1)):
        content = quote.to_dict()
        content["asking"] = {**content["asking"], name: value}
        with pytest.raises(InputError, match="no quote of this store"):
            engine.hold(quote=content)
    hold = engine.hold(quote=quote)
    assert engine.get(hold.id).value_minor == quote.total_minor
    engine.clock.advance_ms(24 * HOUR_MS)
    engine.publish({**BOOK, "season": []})
    engine.publish(BOOK)
    with pytest.raises(VersionGoneError):
        engine.requote(quote)


def test_a_slip_in_the_data_is_stopped(engine):
    """18.00 for a night of 400.00: a base price, a fixed price, or an older version that has it."""
    month = {**PLACE, "first_night": ["2027-01-01"], "last_night": ["2027-01-30"]}
    calm = {"book": {"name": "calm", "tiers": ["public"]}}
    engine.publish(calm)
    first = engine.versions()["digest"][-1]
    engine.set_base_prices({**month, "base_minor": [40_000]}, guard=Guard(max_rise=300))
    before = engine.versions(), engine.base_prices(), engine.price_overrides()
    with pytest.raises(GuardError, match="nothing was published") as caught:
        engine.set_base_prices({**month, "base_minor": [1_800]}, guard=Guard(max_drop=30))
    assert "400.00 CNY -> 18.00 CNY, -95.50 % (max_drop)" in str(caught.value)
    fixed = {**PLACE, "night": ["2027-01-20"], "kind": ["fixed"], "amount_minor": [1_800]}
    with pytest.raises(GuardError):
        engine.set_price_overrides(fixed, guard=Guard(min_price={"CNY": 50}))
    with pytest.raises(GuardError):  # of three guests only
        engine.set_base_prices({**month, "guests": [3], "base_minor": [1_800]}, guard=Guard(max_drop=30))
    with pytest.raises(GuardError):
        engine.rollback(first, guard=Guard(max_drop=30))
    after = engine.versions(), engine.base_prices(), engine.price_overrides()
    assert all(now.equals(then) for now, then in zip(after, before, strict=True))
    assert price(engine, 20) == 40_000
    assert engine.set_base_prices({**month, "base_minor": [38_000]}, guard=Guard(max_drop=5)) == 30
