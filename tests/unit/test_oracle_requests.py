"""What golden cases cannot say in one line: retries with one word changed, frames, feeds, searches by channel."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.oracles.inventory import Inventory
from tests.oracles.outcomes import Answer, InputMistake
from tests.oracles.search import Chain, Request, search

FIRST = date(2027, 3, 1)
NOON_MS = 1_803_787_200_000  # 28 February 2027, 12:00 in Shanghai
HOTELS = [{"hotel_id": "H", "time_zone": "Asia/Shanghai", "currency": "CNY"}]
ROOM_TYPES = [{"hotel_id": "H", "room_type_id": name, "capacity": 2, "guests_max": 4} for name in ("DBL", "STE")]
PRODUCTS = [
    {"hotel_id": "H", "room_type_id": "DBL", "plan_id": "standard", "base_minor": 100},
    {"hotel_id": "H", "room_type_id": "DBL", "plan_id": "saver", "base_minor": 80},
    {"hotel_id": "H", "room_type_id": "STE", "plan_id": "standard", "base_minor": 300},
]
STAY = {"hotel_id": "H", "room_type_id": "DBL", "arrival": FIRST, "nights": 1}


@pytest.fixture
def oracle() -> Inventory:
    names = {"products": PRODUCTS, "tiers": ("public", "gold"), "channels": ("web", "agency")}
    made = Inventory(HOTELS, ROOM_TYPES, FIRST, 5, NOON_MS, **names)
    made.set_counter("SPRING", 9)
    made.set_counter("STARS", 9)
    made.create_block("GROUP", "H", "DBL", 1, FIRST, FIRST)
    return made


OTHER = {
    "room_type_id": "STE", "arrival": FIRST + timedelta(days=1), "nights": 2, "rooms": 2, "ttl_ms": 1_000,
    "guest": "Li", "guests": 1, "plan": "saver", "tier": "gold", "channel": "web", "block": "GROUP", "reference": "R",
    "value_minor": 5, "coupon": "SPRING", "points": "STARS",
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER)
def test_a_retry_with_another_word_is_another_request(oracle, name):
    first = oracle.hold(**STAY, key="k")
    assert oracle.hold(**STAY, key="k") == Answer("EXISTS", first.hold_id)
    assert oracle.hold(**{**STAY, name: OTHER[name]}, key="k") == Answer("KEY_REUSED")


def test_the_lowest_class_and_a_departure_say_the_same_in_other_words(oracle):
    first = oracle.hold(**STAY, key="k")
    same = {**STAY, "nights": None, "departure": FIRST + timedelta(days=1), "tier": "public", "value_minor": 0}
    assert oracle.hold(**same, key="k") == Answer("EXISTS", first.hold_id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"departure": FIRST + timedelta(days=1)}, {"nights": None}, {"nights": None, "departure": FIRST}, {"guests": 0},
        {"value_minor": -1}, {"tier": "silver"}, {"channel": "fax"}, {"coupon": "WINTER"},
        {"coupon": "SPRING", "coupon_units": 0}, {"points": "STARS", "points_units": 0}, {"points": "NONE"},
        {"coupon": "SPRING", "points": "SPRING"},
    ],
)  # fmt: skip
def test_a_request_that_means_nothing(oracle, wrong):
    assert oracle.hold(**{**STAY, **wrong}) == Answer("INVALID")
    assert oracle.hold(**{**STAY, "hotel_id": "Q", **wrong}) == Answer("INVALID")


def test_a_frame_is_held_line_by_line_or_all_at_once(oracle):
    lines = [STAY, {**STAY, "rooms": 2}, {**STAY, "room_type_id": "STE"}]
    assert oracle.hold_many(lines, all_or_nothing=True) == [None, Answer("SOLD_OUT", night=FIRST), None]
    assert oracle.counts("held", ("H", "STE"))[0] == 0
    assert [answer.outcome for answer in oracle.hold_many(lines)] == ["OK", "SOLD_OUT", "OK"]
    cart = oracle.hold_many([{**STAY, "room_type_id": "STE", "key": "k"}], all_or_nothing=True)
    assert oracle.hold_many([{**STAY, "room_type_id": "STE", "key": "k"}], all_or_nothing=True) == [
        Answer("EXISTS", cart[0].hold_id)
    ]
    assert oracle.confirm_cart(cart[0].hold_id) == "OK"


def test_the_feed_of_expired_holds(oracle):
    one = oracle.hold(**STAY, ttl_ms=2_000).hold_id
    two = oracle.hold(**{**STAY, "room_type_id": "STE"}, ttl_ms=1_000).hold_id
    seen = oracle.records[-1]["lsn"]
    oracle.wait(2_000)
    oracle.expire()
    assert oracle.expired_since(seen) == [two, one]
    assert oracle.expired_since(oracle.records[-1]["lsn"]) == []


def test_the_past_is_written_down_as_it_left(oracle):
    oracle.book(**STAY)
    oracle.set_sold_elsewhere(("H", "STE"), FIRST, FIRST, 2)
    oracle.wait(2 * 24 * 3_600_000)
    assert oracle.roll() == 1
    counts = {"physical": 2, "out_of_order": 0, "sell_limit": 0, "held": 0}
    assert oracle.past_nights == [
        {"hotel_id": "H", "room_type_id": "DBL", "night": FIRST, **counts, "sold": 1, "sold_elsewhere": 0},
        {"hotel_id": "H", "room_type_id": "STE", "night": FIRST, **counts, "sold": 2, "sold_elsewhere": 2},
    ]


def test_a_cut_below_what_is_taken_may_be_refused(oracle):
    held = oracle.hold(**{**STAY, "nights": 2}, rooms=1, ttl_ms=1_000)
    with pytest.raises(InputMistake, match="nothing was changed"):
        oracle.set_capacity(("H", "DBL"), FIRST, FIRST, 0, allow_oversold=False)
    assert oracle.counts("free", ("H", "DBL"))[0] == 1
    oracle.wait(1_000)  # what is due holds no rooms
    oracle.set_capacity(("H", "DBL"), FIRST, FIRST, 0, allow_oversold=False)
    assert oracle.get(held.hold_id) == "expired"


@pytest.mark.parametrize(
    ("control", "asked", "sold"),
    [
        (lambda o: o.restrict("H", plan="saver", closed=True), {}, ("DBL", "standard", 100)),
        (lambda o: o.set_hurdles("H", None, None, 90), {}, ("DBL", "standard", 100)),
        (lambda o: o.set_hurdles("H", None, None, 101), {}, ("STE", "standard", 300)),
        (lambda o: o.set_caps("H", None, None, 0, room_type_id="DBL", channel="web"), {}, ("DBL", "saver", 80)),
        (
            lambda o: o.set_caps("H", None, None, 0, room_type_id="DBL", channel="web"),
            {"channel": "web"}, ("STE", "standard", 300),
        ),
        (lambda o: o.set_protection("H", None, None, {"public": 2}, room_type_id="DBL"), {}, ("STE", "standard", 300)),
    ],
)  # fmt: skip
def test_a_search_obeys_the_controls_for_its_guest(oracle, control, asked, sold):
    control(oracle)
    chain, book = Chain.of(HOTELS, ROOM_TYPES, PRODUCTS), {"book": {"name": "flat"}}
    found = search(chain, oracle, book, Request(FIRST, 1, **asked))
    assert [(offer.room_type_id, offer.plan_id, offer.total_minor) for offer in found.offers] == [sold]
