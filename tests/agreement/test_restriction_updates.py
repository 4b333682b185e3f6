"""What frames of restrictions leave: every mode, level, range and weekday against the slow form; nothing by halves."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid import CapacityError, Catalog, Engine, InputError, InputTypeError, ManualClock, UnknownIdError
from nightgrid.inventory.inventory import Inventory
from nightgrid.inventory.restriction_fields import pattern_code
from nightgrid.native.store import layout as at
from nightgrid.native.store.planes import clear_column
from nightgrid.native.store.restrictions import stay_restriction
from tests import strategies as worlds
from tests.agreement.compare import examples
from tests.agreement.test_restrictions_small_worlds import FIRST, offered, stays_of
from tests.oracles.restrictions_slow import NAMES, NOTHING, WEEKDAYS, Restricted, refusal

NIGHTS = 9
#: (hotel, room type, plan) of every product, in order; the index of its row beside it.
PRODUCTS = [("A", "K", "x"), ("A", "K", "y"), ("A", "T", "x"), ("B", "K", "x"), ("B", "K", "y")]
ROWS = list(dict.fromkeys(place[:2] for place in PRODUCTS))


def store(profiles=None):
    catalog = Catalog.from_frames(
        {"hotel_id": ["A", "B"], "currency": ["CNY"] * 2, "time_zone": ["Asia/Shanghai"] * 2},
        {"hotel_id": [row[0] for row in ROWS], "room_type_id": [row[1] for row in ROWS], "capacity": [2] * len(ROWS)},
        {
            **dict(zip(("hotel_id", "room_type_id", "plan_id"), zip(*PRODUCTS, strict=True), strict=True)),
            "base_minor": [100] * len(PRODUCTS),
        },
    )
    if profiles is None:
        return Engine.in_memory(catalog, FIRST, NIGHTS, clock=ManualClock(worlds.NOW_MS), slots=10)
    inventory = Inventory(catalog, FIRST.toordinal(), NIGHTS, slots=10, profiles=profiles)
    return Engine(catalog, inventory, ManualClock(worlds.NOW_MS))


def values():
    stays = st.integers(0, 4)
    return st.fixed_dictionaries(
        {
            name: st.none() | st.booleans() if isinstance(NOTHING[name], bool) else st.none() | stays
            for name in NAMES
            if name not in ("full_pattern", "max_advance_days", "arrival_weekdays")
        }
        | {
            "max_advance_days": st.none() | st.integers(-1, 6),
            "full_pattern": st.none() | st.text("YN", max_size=5).filter(lambda text: not text or "Y" in text),
            "arrival_weekdays": st.none() | st.lists(st.sampled_from(WEEKDAYS), unique=True).map(",".join),
        }
    )


def line():
    place = st.sampled_from([(h, r, p) for h in "AB" for r in ("K", None) for p in ("x", "y", None)])
    return st.fixed_dictionaries(
        {
            "place": place,
            "range": st.tuples(st.integers(0, NIGHTS - 1), st.integers(0, NIGHTS - 1)).map(sorted),
            "weekdays": st.none() | st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True),
            "values": values(),
        }
    )


def frame_of(lines, names, mode):
    """Lines as a frame with all columns; in mode delete truth values."""

    def written(value):
        return value if mode != "delete" or value is None else bool(value)

    text = {"full_pattern", "arrival_weekdays"} if mode != "delete" else set()
    types = {name: pl.String if name in text else pl.Int64 for name in names}
    types |= {name: pl.Boolean for name in names if mode == "delete" or isinstance(NOTHING[name], bool)}
    return pl.DataFrame(
        {
            **{key: [one["place"][k] for one in lines] for k, key in enumerate(("hotel_id", "room_type_id", "plan"))},
            "first_night": [FIRST + timedelta(days=one["range"][0]) for one in lines],
            "last_night": [FIRST + timedelta(days=one["range"][1]) for one in lines],
            "weekdays": [one["weekdays"] and ",".join(one["weekdays"]) for one in lines],
        },
        schema_overrides={"room_type_id": pl.String, "plan": pl.String, "weekdays": pl.String},
    ).with_columns(
        [pl.Series(name, [written(one["values"][name]) for one in lines], dtype=types[name]) for name in names]
    )


def tell(slow, lines, names, mode):
    """The same lines to the slow form."""
    for one in lines:
        hotel, room_type, plan = one["place"]
        first, last = one["range"]
        places = PRODUCTS if plan else ROWS
        meant = [p for p in places if p[0] == hotel and room_type in (None, p[1]) and (plan is None or p[2] == plan)]
        days = one["weekdays"] or WEEKDAYS
        nights = [n for n in range(first, last + 1) if WEEKDAYS[(FIRST + timedelta(days=n)).weekday()] in days]
        slow.change(meant, nights, mode, **{name: one["values"][name] for name in names})


def assert_equal(engine, slow):
    """Every stay of every product and row: the kernel, and the bit maps."""
    table = engine._inventory.table
    engine.expire()
    for arrival, nights in stays_of(NIGHTS):
        about = (arrival, nights, NIGHTS, arrival, (FIRST.weekday() + arrival) % 7)
        found = [offered(engine, arrival, nights, rooms) for rooms in (1, 2)]
        for product, place in enumerate(PRODUCTS):
            row = ROWS.index(place[:2])
            of_type = slow.levels.get(place[:2], {})
            for plan, levels in ((-1, [of_type]), (product, [of_type, slow.levels.get(place, {})])):
                code, step = stay_restriction(table, row, plan, arrival, FIRST.toordinal() + arrival, nights, arrival)
                assert (code, arrival + step) == refusal(levels, *about), (place, plan, arrival, nights)
            assert {bool(bits[product]) for bits in found} == {code == 0}, (place, arrival, nights)
    assert engine.check() == []


def canonical(night):
    """What a night says, without what does not restrict; patterns as they are kept."""
    said = {name: value for name, value in night.items() if value != NOTHING[name]}
    if "full_pattern" in said:
        said["full_pattern"] = pattern_code(said["full_pattern"])
    if "arrival_weekdays" in said:
        said["arrival_weekdays"] = frozenset(said["arrival_weekdays"].split(","))
    empty = {"full_pattern": 0, "arrival_weekdays": frozenset(WEEKDAYS)}
    return {name: value for name, value in said.items() if value != empty.get(name, -2)}


FRAMES = st.lists(
    st.tuples(
        st.sampled_from(["delta", "delta", "overlay", "delete"]),
        st.lists(line(), min_size=1, max_size=4),
        st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
    ),
    min_size=1,
    max_size=4,
)


@given(FRAMES)
@examples(0.5)
def test_frames_leave_what_the_slow_form_says(frames):
    engine, slow = store(), Restricted()
    for mode, lines, names in frames:
        engine.restrict(frame_of(lines, names, mode), mode)
        tell(slow, lines, names, mode)
    assert_equal(engine, slow)
    for hotel in "AB":
        shown = engine.availability(hotel).to_dicts()
        for cell in shown:
            night = (cell["night"] - FIRST).days
            wanted = slow.levels.get((hotel, cell["room_type_id"]), {}).get(night, {})
            assert canonical({name: cell[name] for name in NAMES}) == canonical(wanted)
    other = store()
    for hotel in "AB":
        ranges = engine.restrictions(hotel)
        other.restrict(ranges, "overlay")
        assert other.restrictions(hotel).equals(ranges)
    assert_equal(other, slow)


def grid(engine):
    """Everything about restrictions that could change."""
    return [engine.restrictions(hotel).to_dicts() for hotel in "AB"]


HERE = {"hotel_id": ["A", "A"], "room_type_id": ["K", "K"], "night": [FIRST, FIRST + timedelta(days=1)]}


@pytest.mark.parametrize(
    ("frame", "mode", "error", "words"),
    [
        ({**HERE, "closed": [True, True]}, "merge", InputError, "mode is 'merge'; use 'delta', 'overlay', 'delete'"),
        (HERE, "overlay", InputError, "no restriction column"),
        ({**HERE, "closed": [1, 0]}, "delete", InputTypeError, "column closed has type Int64; true"),
        ({**HERE, "min_stay_arrival": [2, 3]}, "delete", InputTypeError, r"true \(remove it\), false or null"),
        ({**HERE, "full_pattern": ["Y", "YXN"]}, "delta", InputError, "row 1: full_pattern is 'YXN'; give up to 62"),
        ({**HERE, "full_pattern": ["NN", None]}, "delta", InputError, "row 0: .* opens no stay at all; use closed_to"),
        ({**HERE, "full_pattern": ["Y" * 63, None]}, "delta", InputError, "row 0: full_pattern"),
        ({**HERE, "full_pattern": [3, 1 << 62]}, "delta", InputError, "row 1: .* a number has 62 bits"),
        ({**HERE, "full_pattern": [3, -1]}, "overlay", InputError, "row 1: full_pattern is -1"),
        ({**HERE, "full_pattern": [1.0, 2.0]}, "delta", InputTypeError, "full_pattern has type Float64; a text of Y"),
        ({**HERE, "arrival_weekdays": ["fri", "fry"]}, "delta", InputError, "row 1: .*'fry' in row 1; use mon"),
        ({**HERE, "arrival_weekdays": [1, 2]}, "delta", InputTypeError, "arrival_weekdays has type Int64; a text"),
        ({**HERE, "max_advance_days": [-1, -2]}, "delta", InputError, "row 1: max_advance_days is -2 days; .* or -1"),
        ({**HERE, "min_advance_days": [0, 10_001]}, "delta", InputError,
         "row 1: min_advance_days is 10001 days; allowed are 1 to 10000, or 0"),
        ({**HERE, "stay_multiple_of": [7, 366]}, "delta", InputError, "row 1: stay_multiple_of is 366 nights"),
        ({**HERE, "closed": [True] * 2, "plan": ["x", "z"]}, "delta", UnknownIdError, "row 1: plan 'z' is unknown"),
        ({"hotel_id": ["A", "A"], "closed": [True] * 2, "plan": ["x", "z"]}, "delta", UnknownIdError,
         "row 1: plan 'z' is unknown; hotel 'A' has the plans x, y"),
        ({**HERE, "closed": [True] * 2, "night": [FIRST, FIRST + timedelta(days=NIGHTS)]}, "delta", InputError,
         "row 1: nights 2026-12-27 to 2026-12-27 must be in order and inside the window"),
    ],
)  # fmt: skip
def test_a_frame_with_a_mistake_changes_nothing(frame, mode, error, words):
    engine = store()
    engine.restrict({**HERE, "min_stay_through": [2, 3]})
    before = grid(engine)
    with pytest.raises(error, match=words):
        engine.restrict(frame, mode)
    assert grid(engine) == before


def test_later_rows_of_a_frame_win_and_a_cell_counts_once():
    engine = store()
    nights = {"night": [FIRST] * 3, "hotel_id": ["A", "A", "A"], "room_type_id": [None, "K", "K"]}
    assert engine.restrict({**nights, "min_stay_arrival": [3, 2, None], "closed": [True, None, False]}) == 2
    shown = engine.availability("A", FIRST, FIRST)
    assert shown["min_stay_arrival"].to_list() == [2, 3]
    assert shown["closed"].to_list() == [False, True]
    assert engine.restrict({**nights, "min_stay_arrival": [3, 2, None], "closed": [True, None, False]}) == 0


def test_profiles_that_nobody_uses_make_room_for_others():
    """Four profiles: one is "unrestricted", three can be in use, many can have been."""
    engine = store(profiles=4)
    line = {"hotel_id": ["A"], "room_type_id": ["K"]}
    for value in range(1, 60):
        assert engine.restrict({**line, "night": [FIRST], "min_stay_arrival": [value]}) == 1
        assert engine.restrict({**line, "night": [FIRST], "plan": ["x"], "max_stay_arrival": [value]}) == 1
    before = grid(engine)
    changes = {"hotel_id": ["A"] * 2, "room_type_id": ["T"] * 2, "night": [FIRST, FIRST + timedelta(days=1)]}
    with pytest.raises(CapacityError, match="4 restriction profiles and all are in use"):
        engine.restrict({**changes, "min_stay_through": [8, 9]})
    assert grid(engine) == before
    assert engine.restrict({**changes, "min_stay_through": [8, 8]}) == 2
    assert engine.restrict({**changes, "min_stay_through": [None, None]}, "overlay") == 2
    assert engine.restrict({**changes, "max_stay_through": [9, 9]}) == 2
    assert engine.check() == []


def test_a_night_that_enters_the_window_is_unrestricted():
    engine = store()
    for plan in (None, "x"):
        everything = {
            "hotel_id": ["A", "B"],
            "plan": [plan] * 2,
            "min_stay_through": [3, 2],
            "full_pattern": ["NY"] * 2,
        }
        engine.restrict({**everything, "closed_to_departure": [True, False]})
    clear_column(engine._inventory.table, 4)
    for hotel in "AB":
        left = engine.restrictions(hotel)
        assert set(left["first_night"]) == {FIRST, FIRST + timedelta(days=5)}
        assert set(left["last_night"]) == {FIRST + timedelta(days=3), FIRST + timedelta(days=NIGHTS - 1)}
    assert engine.check() == []
    assert engine.restrict({"hotel_id": ["A", "B"]}, "delete") == 3 * (NIGHTS - 1)
    assert engine.restrict({"hotel_id": ["A", "B"], "plan": ["x", "x"]}, "delete") == 3 * (NIGHTS - 1)
    assert not engine._inventory.block.region(at.R_ROW_RESTRICTED).any()
    assert engine.check() == []


def test_a_plan_closed_on_its_own_stays_closed_when_rooms_come_back():
    engine = store()
    engine.restrict({"hotel_id": ["A"], "room_type_id": ["K"], "plan": ["y"], "night": [FIRST], "closed": [True]})
    holds = [engine.hold("A", "K", FIRST, 1) for _ in range(2)]
    assert engine.check() == []
    for hold in holds:
        engine.release(hold.id)
    assert engine.check() == []
    sellable = np.array([int(lane) for lane in engine._inventory.product_lane[:2]])
    words = engine._inventory.block.region(at.R_SELLABLE).view(np.int64)[0]
    assert [int(words[lane >> 6]) >> (lane & 63) & 1 for lane in sellable] == [1, 0]


def test_many_rows_on_one_cell_are_told_apart():
    """As many rounds as rows: the last one counts, and what none of them names stays."""
    engine = store()
    count = 500
    one = {"hotel_id": ["A"] * count, "room_type_id": ["K"] * count, "night": [FIRST] * count}
    engine.restrict({**one, "min_stay_arrival": [1 + i % 300 for i in range(count)]})
    engine.restrict({**one, "max_stay_arrival": [1 + i % 300 for i in range(count)]})
    shown = engine.availability("A", FIRST, FIRST).row(0, named=True)
    assert (shown["min_stay_arrival"], shown["max_stay_arrival"]) == (200, 200)
    assert np.count_nonzero(engine._inventory.block.region(at.R_PROFILES).any(axis=1)) == 2
