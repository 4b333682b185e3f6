"""Finding holds, short nights, walked guests and counts: the engine against the oracle and against `get`, one by
one.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import polars as pl
import pytest

from nightgrid import InputError, InputTypeError, Outcome, UnknownIdError
from tests.agreement.pairs import CHANNELS, GUESTS, REFERENCES, Pair
from tests.agreement.test_window_agrees import WORLD, noon_ms
from tests.engines import engine_of

FIRST = date(2027, 6, 1)
NIGHTS = 9
STATES = ("held", "booked", "released", "expired", "cancelled", "checked_in", "checked_out", "no_show")


def filters(pair: Pair):
    """One to three things asked for at random."""
    dice = pair.dice
    asked = {
        "hotel_id": dice.choice(["A", "B"]),
        "arrival": dice.choice(pair.oracle.window),
        "night": dice.choice(pair.oracle.window),
        "state": dice.choice(STATES),
        "guest": dice.choice(GUESTS[1:]),
        "reference": dice.choice(REFERENCES[2:]),
        "channel": dice.choice(CHANNELS),
    }
    return {name: asked[name] for name in dice.sample(sorted(asked), dice.choice([1, 1, 2, 3]))}


@pytest.mark.parametrize("seed", range(4))
def test_it_finds_what_the_oracle_finds(seed):
    pair = Pair(seed, WORLD, FIRST, NIGHTS, noon_ms(FIRST))
    found = 0
    for _ in range(60):
        for _ in range(5):
            pair.step()
        for _ in range(4):
            asked = filters(pair)
            wanted = [pair.ids[hold_id] for hold_id in pair.oracle.find(**asked)]
            assert sorted(pair.face.find(**asked)) == sorted(wanted), asked
            found += len(wanted)
        if pair.carts:
            wanted = [pair.ids[hold_id] for hold_id in pair.oracle.find(cart_id=pair.carts[-1])]
            assert sorted(pair.face.find(cart_id=pair.ids[pair.carts[-1]])) == sorted(wanted)
        assert pair.face.short_cells() == sorted(pair.oracle.short_cells(), key=lambda line: pair.rows.index(line[:2]))
        for hotel_id in ("A", "B"):
            night = pair.dice.choice(pair.oracle.window)
            wanted = [pair.ids[hold_id] for hold_id in pair.oracle.walked(hotel_id, night)]
            assert sorted(pair.face.walked(hotel_id, night)) == sorted(wanted)
    assert found > 100


@pytest.mark.parametrize("seed", range(2))
def test_metrics_count_what_there_is(seed):
    pair = Pair(seed, WORLD, FIRST, NIGHTS, noon_ms(FIRST))
    engine = pair.engine
    said = Counter[str]()
    for number in range(300):
        before = pair.met.copy()
        pair.step()
        said.update(name.split()[-1] for name in (pair.met - before).elements() if "roll" not in name)
        if number % 30:
            continue
        metrics = engine.metrics()
        live = {state: [engine.get(hold_id) for hold_id in pair.face.find(state=state)] for state in STATES}
        assert {state: len(holds) for state, holds in live.items()}.items() <= {
            **metrics["holds"], "released": len(live["released"]), "expired": len(live["expired"]),
            "cancelled": len(live["cancelled"]), "booked": len(live["booked"]), "no_show": len(live["no_show"]),
            "checked_out": len(live["checked_out"]), "checked_in": len(live["checked_in"]),
        }.items()  # fmt: skip
        assert metrics["open_holds"] == len(live["held"])
        past = date.fromordinal(engine.first_night)
        of_sale = [view for state in ("booked", "checked_in", "checked_out", "no_show") for view in live[state]]
        assert metrics["live_bookings"] == sum(v.arrival + timedelta(days=v.nights_kept) > past for v in of_sale)
        assert metrics["slots"]["used"] + metrics["slots"]["free"] == metrics["slots"]["capacity"] == 400
        assert metrics["window_first_night"] == pair.oracle.window[0]
        assert metrics["lsn"] == engine.lsn == metrics["ring_records"]


def test_answers_are_counted_by_outcome():
    engine = engine_of(WORLD, FIRST, NIGHTS, noon_ms(FIRST))
    engine.restrict({"hotel_id": ["B"], "min_advance_days": [1], "stay_multiple_of": [2]})
    frame = {"hotel_id": ["A", "A", "B", "B", "C"], "room_type_id": ["STE", "STE", "DBL", "DBL", "DBL"]}
    engine.hold_many({**frame, "arrival": [FIRST] * 5, "nights": [1, 1, 1, 2, 1]})

    answers = {name: count for name, count in engine.metrics()["answers"].items() if count}

    assert answers == {"OK": 1, "SOLD_OUT": 1, "STAY_PATTERN": 1, "BOOKED_TOO_LATE": 1, "UNKNOWN_PRODUCT": 1}
    assert set(engine.metrics()["answers"]) == {outcome.name for outcome in Outcome}


def test_the_lag_is_how_long_something_has_been_due():
    engine = engine_of(WORLD, FIRST, NIGHTS, noon_ms(FIRST))
    engine.hold("A", "STE", FIRST, 1, ttl_seconds=60)
    engine.hold("A", "DBL", FIRST, 1, ttl_seconds=10)
    assert engine.metrics()["sweep_lag_ms"] == 0
    engine.clock.advance_ms(12_500)
    assert engine.metrics()["sweep_lag_ms"] == 2_500
    assert engine.metrics()["holds"]["expired"] == engine.metrics()["open_holds"] == 1
    engine.expire()
    assert engine.metrics()["sweep_lag_ms"] == 0


def test_a_page_for_prometheus_says_the_same():
    engine = engine_of(WORLD, FIRST, NIGHTS, noon_ms(FIRST))
    engine.hold("A", "STE", FIRST, 1)
    metrics = engine.metrics()
    lines = engine.metrics_text("hotel").splitlines()
    said = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    assert said['hotel_answers_total{outcome="OK"}'] == "1"
    assert said['hotel_holds{state="held"}'] == said["hotel_open_holds"] == said["hotel_lsn"] == "1"
    assert said['hotel_slots{kind="capacity"}'] == str(metrics["slots"]["capacity"])
    assert int(said["hotel_window_first_night_days"]) == (FIRST - date(1970, 1, 1)).days
    assert sum(name.startswith("hotel_bytes") for name in said) == len(metrics["bytes"])
    named = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(set(named)) == len(named) == sum(line.startswith("# HELP") for line in lines)
    assert {name.split("{")[0] for name in said} == set(named)


def test_the_frame_has_every_field_of_a_view_whatever_is_found():
    engine = engine_of(WORLD, FIRST, NIGHTS, noon_ms(FIRST), channels=("web",), tiers=("public", "gold"))
    engine.set_counter("SPRING", 5)
    engine.set_counter("STARS", 10**12)
    counted = {"coupon": "SPRING", "coupon_units": 3, "points": "STARS", "points_units": 10**12}
    hold = engine.hold("A", "DBL", FIRST, 2, plan="early", tier="gold", channel="web", **counted)
    nothing = engine.find(guest="nobody")
    something = engine.find(channel="web")

    assert nothing.is_empty()
    assert nothing.schema == something.schema
    assert something.schema["arrival"] == pl.Date
    view = engine.get(hold.id)
    assert something.row(0, named=True) == {name: getattr(view, name) for name in something.columns}
    assert (view.plan, view.tier, view.channel, view.coupon, view.coupon_units) == ("early", "gold", "web", "SPRING", 3)
    assert (view.points, view.points_units) == ("STARS", 10**12)


def test_the_order_is_that_in_which_they_were_taken():
    engine = engine_of(WORLD, FIRST, NIGHTS, noon_ms(FIRST))
    ids = []
    for hotel_id, room_type_id in [("B", "DBL"), ("A", "STE"), ("A", "DBL"), ("B", "DBL"), ("A", "DBL")]:
        ids.append(engine.hold(hotel_id, room_type_id, FIRST, 1, guest="Li").id)
        engine.clock.advance_ms(1)
    assert engine.find(guest="Li")["id"].to_list() == ids


def test_the_latest_bookings_are_walked_until_the_rest_fits():
    engine = engine_of(WORLD, FIRST, NIGHTS, noon_ms(FIRST))
    night = FIRST + timedelta(days=2)
    ids = []
    for arrival, rooms in ((FIRST, 1), (night, 1), (night, 1)):
        ids.append(engine.book("A", "DBL", arrival, 3, rooms=rooms).id)
        engine.clock.advance_ms(1_000)
    engine.book("A", "STE", night, 1)
    cut = {"hotel_id": ["A"], "room_type_id": ["DBL"], "night": [night], "capacity": [1]}
    engine.set_capacity(cut, allow_oversold=True)

    assert engine.short_cells().rows() == [("A", "DBL", night, 2, 0)]
    assert engine.walked("A", night)["id"].to_list() == [ids[2], ids[1]]
    engine.check_in(ids[0])
    assert engine.walked("A", FIRST).is_empty()
    engine.cancel(ids[2])
    assert engine.walked("A", night)["id"].to_list() == [ids[1]]
    engine.set_capacity({**cut, "capacity": [2]})
    assert engine.walked("A", night).is_empty()


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({}, InputError, "nothing is asked for"),
        ({"state": "gone"}, UnknownIdError, "state is 'gone'; known are held"),
        ({"cart_id": "7"}, InputTypeError, "cart_id is '7'"),
        ({"cart_id": -7}, InputError, "ids are positive"),
        ({"hotel_id": "Z"}, UnknownIdError, "Z"),
        ({"channel": "web"}, UnknownIdError, "channel is 'web'"),
        ({"arrival": "soon"}, InputError, "soon"),
        ({"guest": 7}, InputTypeError, "guest"),
    ],
)
def test_a_question_that_cannot_be_meant(asked, error, words):
    engine = engine_of(WORLD, FIRST, NIGHTS, noon_ms(FIRST))
    with pytest.raises(error, match=words):
        engine.find(**asked)
    with pytest.raises(InputError, match="the window is 2027-06-01 to 2027-06-09"):
        engine.walked("A", FIRST + timedelta(days=9))
