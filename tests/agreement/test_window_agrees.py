"""The window rolls as the oracle's does, over every kind of date; nothing else moves, and prices follow."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from nightgrid import InputError, Refused
from tests.agreement.pairs import Pair
from tests.engines import engine_of

DAY_MS = 24 * 3_600_000
WORLD = {
    "hotels": [
        {"hotel_id": "A", "currency": "CNY", "time_zone": "Asia/Shanghai"},
        {"hotel_id": "B", "currency": "CNY", "time_zone": "America/New_York", "rollover_hour": 4},
    ],
    "room_types": [
        {"hotel_id": "A", "room_type_id": "DBL", "capacity": 3, "guests_max": 2},
        {"hotel_id": "A", "room_type_id": "STE", "capacity": 1, "guests_max": 2},
        {"hotel_id": "B", "room_type_id": "DBL", "capacity": 2, "guests_max": 2},
    ],
    "products": [
        {"hotel_id": "A", "room_type_id": "DBL", "plan_id": "flex", "base_minor": 1_000},
        {"hotel_id": "A", "room_type_id": "DBL", "plan_id": "early", "base_minor": 900},
        {"hotel_id": "A", "room_type_id": "STE", "plan_id": "flex", "base_minor": 5_000},
        {"hotel_id": "B", "room_type_id": "DBL", "plan_id": "flex", "base_minor": 2_000},
    ],
}
BOOK = {
    "book": {"name": "seasons", "tiers": ["public", "gold"]},
    "season": [
        {"name": "weekend", "group": "week", "weekdays": ["fri", "sat"], "percent": 20},
        {
            "name": "new year",
            "group": "year",
            "dates": [{"from": date(2027, 12, 30), "to": date(2028, 1, 2)}],
            "percent": 50,
        },
        {
            "name": "leap",
            "group": "year",
            "dates": [{"from": date(2028, 2, 29), "to": date(2028, 2, 29)}],
            "percent": 10,
        },
    ],
}
#: First nights of windows: an ordinary day, before a leap day, before the clocks change, before a year ends.
BEGINS = (date(2027, 6, 1), date(2028, 2, 26), date(2027, 3, 12), date(2027, 10, 30), date(2027, 12, 28))
MET: Counter[str] = Counter()


def noon_ms(day: date) -> int:
    """Noon UTC, when it is the same date in Shanghai and in New York."""
    return round(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize("first", BEGINS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_days_pass_as_in_the_oracle(first, seed):
    pair = Pair(seed, WORLD, first, 9, noon_ms(first))
    for number in range(250):
        pair.step()
        if number % 10 == 0:
            pair.compare()
    pair.compare()
    MET.update(pair.met)


def test_everything_was_done_while_days_passed():
    """Runs after the tests above: people were refused and granted, and the window moved by more than a day."""
    if sum(MET.values()) < 3_000:
        pytest.skip("only some of the days were walked")
    granted = ("hold", "book", "amend", "confirm", "hold_cart", "check_in", "check_out", "depart_early", "no_show")
    for name in (*(f"{verb} OK" for verb in granted), "hold SOLD_OUT", "check_out NOT_FOUND"):
        assert MET[name] > 3, name
    assert sum(MET[f"roll {days}"] for days in range(2, 9)) > 5


@pytest.mark.parametrize(
    ("first", "to", "by"),
    [
        (date(2028, 2, 28), date(2028, 3, 1), 2),  # over a leap day
        (date(2027, 12, 31), date(2028, 1, 1), 1),
        (date(2027, 3, 13), date(2027, 3, 15), 2),  # New York's clocks go forward on the 14th
        (date(2027, 11, 6), date(2027, 11, 8), 2),  # and back on the 7th
        (date(2027, 6, 1), date(2027, 6, 30), 29),  # more than the window
    ],
)
def test_it_rolls_to_the_earliest_date_of_all_hotels(first, to, by):
    engine = engine_of(WORLD, first, 9, noon_ms(first))
    summer = date(2027, 3, 14) <= to < date(2027, 11, 7)
    turn = datetime(to.year, to.month, to.day, 8 if summer else 9, tzinfo=UTC)  # 4 o'clock in New York
    engine.clock.move_to(turn - timedelta(milliseconds=1))
    assert engine.roll() == by - 1
    engine.clock.advance_ms(1)
    assert engine.roll() == 1
    assert date.fromordinal(engine.first_night) == to
    assert engine.roll() == 0
    assert engine.roll(to - timedelta(days=3)) == 0
    with pytest.raises(InputError, match=f"earliest date of today at a hotel is {to}"):
        engine.roll(to + timedelta(days=1))
    assert engine.availability("A")["night"].to_list() == 2 * [to + timedelta(days=night) for night in range(9)]
    assert engine.check() == []


def test_stays_that_cross_the_first_night_keep_their_other_nights():
    first = date(2027, 6, 1)
    engine = engine_of(WORLD, first, 9, noon_ms(first))
    booked = engine.book("A", "DBL", first, 5)
    held = engine.hold("B", "DBL", first + timedelta(days=1), 4, ttl_seconds=7 * 24 * 3600)
    engine.check_in(booked.id)
    engine.clock.advance_ms(3 * DAY_MS)

    assert engine.roll() == 3

    assert engine.matrix("sold")[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert engine.matrix("held")[2].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    engine.amend(booked.id, departure=first + timedelta(days=7))
    assert engine.matrix("sold")[0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 0]
    engine.confirm(held.id)
    assert engine.matrix("sold")[2].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    engine.clock.advance_ms(5 * DAY_MS)
    assert engine.roll() == 5
    assert engine.check_out(booked.id).outcome.name == "OK"  # on the morning after the last night
    assert engine.get(booked.id).state == "checked_out"
    engine.clock.advance_ms(DAY_MS)
    with pytest.raises(Refused, match="NOT_FOUND"):
        engine.get(booked.id)
    assert engine.check() == []


def test_a_past_booking_gives_its_slot_back():
    """A booking whose nights are past is remembered for the retention time, then its slot serves another guest."""
    first = date(2027, 6, 1)
    engine = engine_of(WORLD, first, 9, noon_ms(first), slots=2)
    for _ in range(20):
        night = date.fromordinal(engine.first_night)
        engine.book("A", "DBL", night, 1, key=str(night))
        engine.clock.advance_ms(DAY_MS)
        assert engine.roll() == 1
    assert engine.metrics()["slots"]["used"] <= 2
    assert engine.check() == []


def test_new_nights_are_free_open_and_priced():
    first = date(2027, 12, 20)
    engine = engine_of(WORLD, first, 9, noon_ms(first), book=BOOK)
    engine.restrict({"hotel_id": ["A"], "closed": [True]})
    engine.set_capacity({"hotel_id": ["B"], "room_type_id": ["DBL"], "capacity": [7]})
    engine.set_sold_elsewhere({"hotel_id": ["B"], "room_type_id": ["DBL"], "rooms": [3]})
    engine.set_caps({"hotel_id": ["B"], "room_type_id": ["DBL"], "rooms": [1], "kind": ["cap"]})
    before = {night: engine.quote("A", "STE", night, 1).total_minor for night in _window(engine)}

    for days in (4, 1, 3):
        engine.clock.advance_ms(days * DAY_MS)
        assert engine.roll() == days
        fresh = engine_of(WORLD, date.fromordinal(engine.first_night), 9, engine.clock.now_ms(), book=BOOK)
        for night in _window(engine):
            for place in (("A", "STE"), ("B", "DBL")):
                quoted = engine.quote(*place, night, 1, tier="gold")
                assert quoted.total_minor == fresh.quote(*place, night, 1, tier="gold").total_minor
                assert engine.explain(quoted).total_minor == quoted.total_minor
            assert before.get(night, quoted.total_minor) is not None

    new = _window(engine)[1:]
    assert engine.matrix("free")[:, 1:].tolist() == [[3] * 8, [1] * 8, [2] * 8]
    assert engine.matrix("sold_elsewhere")[:, 1:].sum() == 0
    assert engine.search(new[0], 3, rooms=2, top=None).hotels_available == 2
    assert engine.caps()["night"].to_list() == [_window(engine)[0]]
    assert engine.restrictions("A")["last_night"].to_list() == 2 * [_window(engine)[0]]
    assert engine.calendar("A")["price_minor"].null_count() == 1
    assert engine.check() == []


def _window(engine):
    return [date.fromordinal(engine.first_night + night) for night in range(engine.n_nights)]


def test_a_book_that_the_caller_compiled_is_compiled_anew():
    from nightgrid.pricing.compile import compile_book
    from nightgrid.pricing.parse import load_book

    first = date(2027, 12, 27)
    engine = engine_of(WORLD, first, 9, noon_ms(first))
    version = engine.publish(compile_book(load_book(BOOK), engine.catalog, engine.first_night, 9))
    engine.clock.advance_ms(5 * DAY_MS)
    engine.roll()

    assert engine.quote("A", "STE", "2028-01-02", 1).total_minor == 7_500
    quote = engine.quote("A", "STE", "2028-01-09", 1)
    assert quote.price_version != version.digest  # of another window
    assert engine._version.compiled.digest == version.compiled.digest


def test_past_nights_are_archived_as_they_leave(tmp_path):
    first = date(2027, 6, 1)
    engine = engine_of(WORLD, first, 9, noon_ms(first))
    engine.book("A", "DBL", first, 3, rooms=2)
    engine.hold("B", "DBL", first + timedelta(days=1), 2, ttl_seconds=9 * 24 * 3600)
    parts = {"physical": [6], "out_of_order": [2], "sell_limit": [1], "night": [first + timedelta(days=1)]}
    engine.set_capacity({"hotel_id": ["A"], "room_type_id": ["STE"], **parts})
    engine.set_sold_elsewhere({"hotel_id": ["A"], "room_type_id": ["STE"], "rooms": [4], "night": parts["night"]})
    wanted = engine.availability("A")
    engine.clock.advance_ms(2 * DAY_MS)

    assert engine.roll(archive=tmp_path) == 2

    files = sorted(path.name for path in (tmp_path / "past_nights").iterdir())
    assert files == ["2027-06-01.parquet", "2027-06-02.parquet"]
    frame = pl.read_parquet(tmp_path / "past_nights" / files[1])
    assert frame.columns == [
        "hotel_id", "room_type_id", "night",
        "physical", "out_of_order", "sell_limit", "capacity", "sold", "held", "sold_elsewhere",
    ]  # fmt: skip
    assert frame["night"].to_list() == [first + timedelta(days=1)] * 3
    assert frame.rows()[0][3:] == (3, 0, 0, 3, 2, 0, 0)
    assert frame.rows()[1][3:] == (6, 2, 1, 5, 4, 0, 4)
    assert frame.rows()[2][3:] == (2, 0, 0, 2, 0, 1, 0)
    of_night = wanted.filter(pl.col("night") == first + timedelta(days=1))
    assert of_night["sold"].to_list() == frame["sold"].to_list()[:2]


def test_a_roll_longer_than_the_window_archives_what_there_was(tmp_path):
    first = date(2027, 6, 1)
    engine = engine_of(WORLD, first, 9, noon_ms(first))
    engine.book("A", "STE", first + timedelta(days=8), 1)
    engine.clock.advance_ms(40 * DAY_MS)

    assert engine.roll(archive=tmp_path) == 40
    files = sorted((tmp_path / "past_nights").iterdir())
    assert len(files) == 9
    assert pl.read_parquet(files[-1])["sold"].to_list() == [0, 1, 0]
    assert engine.matrix("free").tolist() == [[3] * 9, [1] * 9, [2] * 9]
    assert engine.check() == []


@pytest.mark.parametrize("when", ["before", "while it is written"])
def test_no_file_is_written_over(tmp_path, when, monkeypatch):
    """Refused with the name of the file, and nothing has moved: no night has left, no other file is there."""
    first = date(2027, 6, 1)
    engine = engine_of(WORLD, first, 9, noon_ms(first), book=BOOK)
    place = tmp_path / "past_nights" / "2027-06-02.parquet"
    place.parent.mkdir()
    if when == "before":
        place.write_text("mine")
    else:
        written = pl.DataFrame.write_parquet

        def late(self, file):
            place.write_text("mine")
            written(self, file)

        monkeypatch.setattr(pl.DataFrame, "write_parquet", late)
    engine.clock.advance_ms(3 * DAY_MS)
    with pytest.raises(InputError, match=r"2027-06-02\.parquet exists"):
        engine.roll(archive=tmp_path)

    assert date.fromordinal(engine.first_night) == first
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert place.read_text() == "mine"
    assert engine.quote("A", "DBL", first + timedelta(days=4), 2, plan_id="flex").total_minor > 0
    place.unlink()
    monkeypatch.undo()
    assert engine.roll(archive=tmp_path) == 3
    assert len(list(place.parent.iterdir())) == 3
    assert engine.check() == []


def test_the_last_date_there_is_ends_the_window():
    first = date(9999, 12, 20)
    engine = engine_of(WORLD, first, 9, noon_ms(first))
    engine.clock.advance_ms(9 * DAY_MS)
    with pytest.raises(InputError, match="ends after 9999-12-31"):
        engine.roll()
    assert engine.roll("9999-12-23") == 3


@pytest.mark.parametrize("nights", [13, 61])
def test_a_day_is_written_into_the_column_of_the_night_that_left(nights):
    """A roll by one day writes a cell of each row, however long the window is: of what lies in the block by night it
    changes the column that the first night had, and of the rest a few words and the record.
    """
    first = date(2027, 6, 1)
    engine = engine_of(WORLD, first, nights, noon_ms(first), slots=40)
    everywhere = {"hotel_id": ["A", "B"], "room_type_id": ["DBL", "DBL"]}
    engine.restrict({**everywhere, "closed_to_arrival": [True, True], "min_stay_through": [2, 1]})
    engine.restrict({**everywhere, "plan": ["flex", "flex"], "full_pattern": ["NY", "NY"]})
    engine.set_sold_elsewhere({**everywhere, "rooms": [1, 1]})
    engine.set_capacity({"hotel_id": ["A"], "room_type_id": ["STE"], "physical": [5], "out_of_order": [2]})
    engine.set_caps({**everywhere, "rooms": [2, 2]})
    engine.clock.advance_ms(DAY_MS)
    block = engine._inventory.block
    before = block.bytes.copy()

    assert engine.roll() == 1

    now = block.bytes.copy()
    others, columns = 0, 0
    for region, (dtype, shape) in block._regions.items():
        offset = block.table[region] - block.bytes.ctypes.data
        part = slice(offset, offset + dtype.itemsize * int(np.prod(shape)))
        differs = (before[part].view(dtype) != now[part].view(dtype)).reshape(shape)
        if nights in shape:
            places = np.argwhere(differs)[:, shape.index(nights)]
            assert set(places.tolist()) <= {0}
            columns += len(places) > 0
        else:
            others += int(differs.sum())
    assert columns >= 6
    assert others < 40
