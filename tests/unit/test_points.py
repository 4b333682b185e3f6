"""Points on a hold beside its coupon: what is stored of them, and what frames and retries say."""

from __future__ import annotations

import pytest

from nightgrid import InputError, Outcome, Refused, UnknownIdError
from tests.agreement.test_ring_replays import FIRST, NIGHTS, NOW_MS, WORLD
from tests.engines import engine_of


def test_every_record_of_a_hold_with_points_says_them():
    engine = engine_of(WORLD, FIRST, NIGHTS, NOW_MS)
    engine.set_counter("SPRING", 5)
    engine.set_counter("STARS", 10**12)
    counted = {"coupon": "SPRING", "points": "STARS", "points_units": 10**11}
    hold = engine.hold("A", "DBL", FIRST, 2, **counted)
    other = engine.hold("A", "DBL", FIRST, 1, replace=hold.id, **counted)
    assert (hold.lsn, other.lsn) == (2, 5)  # before each stands what its record has no room for
    engine.confirm(other.id)
    engine.cancel(other.id)

    lines = engine.records().to_dicts()

    assert [line["kind"] for line in lines] == ["request", "hold", "request", "release", "hold", "confirm", "cancel"]
    assert [line["hold_id"] for line in lines] == [*[hold.id] * 2, other.id, hold.id, *[other.id] * 3]
    said = [(line["coupon"], line["points"], line["points_units"]) for line in lines]
    assert [units for line, units in zip(lines, said, strict=True) if line["kind"] != "request"] == [
        ("SPRING", "STARS", 10**11)
    ] * 5
    assert [(line["line"], line["lines"]) for line in lines[3:5]] == [(0, 2), (1, 2)]


def test_another_number_of_points_is_another_request():
    engine = engine_of(WORLD, FIRST, NIGHTS, NOW_MS)
    for name in ("SPRING", "STARS"):
        engine.set_counter(name, 100)
    stay = ("A", "DBL", FIRST, 2)
    hold = engine.hold(*stay, key="k", coupon="SPRING", points="STARS", points_units=7)
    again = engine.hold(*stay, key="k", coupon="SPRING", points="STARS", points_units=7)
    assert (again.id, again.outcome) == (hold.id, Outcome.EXISTS)
    for other in ({"points_units": 8}, {"points": None, "points_units": 1}, {"coupon": None}):
        with pytest.raises(Refused) as refused:
            engine.hold(*stay, key="k", **{"coupon": "SPRING", "points": "STARS", "points_units": 7, **other})
        assert refused.value.outcome == Outcome.KEY_REUSED
    assert engine.counters()["used"].to_list() == [1, 7]


def test_lines_of_a_frame_take_their_points_in_order():
    engine = engine_of(WORLD, FIRST, NIGHTS, NOW_MS)
    engine.set_counter("SPRING", 9)
    engine.set_counter("STARS", 500)
    frame = {
        "hotel_id": ["A"] * 4, "room_type_id": ["DBL"] * 4, "arrival": [FIRST] * 4, "nights": [1] * 4,
        "coupon": [None, "SPRING", "SPRING", None], "points": ["STARS", "STARS", None, "STARS"],
        "points_units": [300, 300, None, 200],
    }  # fmt: skip
    answers = engine.hold_many(frame)
    assert [Outcome(code).name for code in answers["outcome"]] == ["OK", "POINTS_USED_UP", "OK", "OK"]
    assert answers["night"].null_count() == 4
    assert engine.counters()["used"].to_list() == [1, 500]
    assert engine.find(hotel_id="A").select("coupon", "points", "points_units").rows() == [
        (None, "STARS", 300), ("SPRING", None, 0), (None, "STARS", 200)
    ]  # fmt: skip
    assert engine.check() == []


def test_a_name_and_a_number_of_points_are_looked_at():
    engine = engine_of(WORLD, FIRST, NIGHTS, NOW_MS)
    engine.set_counter("STARS", 100)
    stay = {"hotel_id": ["A"], "room_type_id": ["DBL"], "arrival": [FIRST], "nights": [1]}
    with pytest.raises(InputError, match=r"points_units is 1000000000001; allowed are 1 to 1000000000000"):
        engine.hold("A", "DBL", FIRST, 1, points="STARS", points_units=10**12 + 1)
    for take in (engine.hold, engine.book):
        with pytest.raises(InputError, match="points_units is 5, and no points is named; name it with points="):
            take("A", "DBL", FIRST, 1, points_units=5)
        with pytest.raises(InputError, match="coupon_units is 0; allowed are 1 to"):
            take("A", "DBL", FIRST, 1, coupon_units=0)
    with pytest.raises(InputError, match="row 0: coupon and points are both 'STARS'"):
        engine.hold_many({**stay, "coupon": ["STARS"], "points": ["STARS"]})
    with pytest.raises(UnknownIdError, match="row 0: points is 'MOONS'; the store has STARS"):
        engine.hold_many({**stay, "points": ["MOONS"]})
    assert engine.lsn == 0
