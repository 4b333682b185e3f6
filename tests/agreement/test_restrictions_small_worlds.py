"""Every combination of restrictions in tiny worlds: holds, the exact kernel and bit maps against the slow form.

Each row of a world stands for one combination, so one store holds them all and every stay of its window is asked of
every row: of the room type alone (holds), and of its plan, which has restrictions of its own (kernel, search).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product

import numpy as np
import pytest

from nightgrid import Catalog, Dialect, Engine, ManualClock
from nightgrid.native.store.restrictions import stay_restriction
from tests import strategies as worlds
from tests.agreement.bit_maps import offered
from tests.oracles import restrictions_slow as slow
from tests.oracles.restrictions_slow import NAMES, NOTHING, Reading, refusal

FIRST = worlds.FIRST_NIGHT  # a Friday, and today at every hotel
DIALECTS = [Dialect(departure, counts) for departure in ("date", "last_night") for counts in (False, True)]
USUAL = Reading()
#: Of each restriction what refuses most stays of four nights, and what refuses few.
VALUES = {
    "closed": [True],
    "closed_to_arrival": [True],
    "closed_to_departure": [True],
    "min_stay_arrival": [3, 2],
    "max_stay_arrival": [1, 2],
    "min_stay_through": [3, 2],
    "max_stay_through": [1, 2],
    "full_pattern": ["NNY", "YNY", 0b10],
    "min_advance_days": [2, 1],
    "max_advance_days": [0, 1],
    "stay_multiple_of": [3, 2],
    "arrival_weekdays": ["mon,tue", "fri,sat"],
}


def store(count, window, dialect=None, capacity=2):
    """An engine with a row for each combination; rows have the plans `flex` and `plain`, only `flex` is restricted."""
    ids = {"hotel_id": [f"H{i // 50}" for i in range(count)], "room_type_id": [f"R{i}" for i in range(count)]}
    hotels = list(dict.fromkeys(ids["hotel_id"]))
    catalog = Catalog.from_frames(
        {"hotel_id": hotels, "currency": ["CNY"] * len(hotels), "time_zone": ["Asia/Shanghai"] * len(hotels)},
        {**ids, "capacity": [capacity] * count},
        {
            **{key: [value for value in column for _ in range(2)] for key, column in ids.items()},
            "plan_id": ["flex", "plain"] * count,
            "base_minor": [100] * (2 * count),
        },
    )
    engine = Engine.in_memory(
        catalog, FIRST, window, clock=ManualClock(worlds.NOW_MS), slots=count, retention_ms=0, dialect=dialect
    )
    engine.expire()  # the hotels' dates are known from the first call on
    return engine


def write(engine, lines):
    """Lines (row, plan or None, night, values) as one frame of pattern texts and one of pattern numbers."""
    for kind in (str, int):
        chosen = [line for line in lines if isinstance(line[3].get("full_pattern", ""), kind)]
        if chosen:
            engine.restrict(
                {
                    "row_index": [row for row, *_ in chosen],
                    "plan": [plan for _, plan, *_ in chosen],
                    "night": [FIRST + timedelta(days=night) for *_, night, _ in chosen],
                    **{
                        name: [values.get(name) for *_, values in chosen]
                        for name in NAMES
                        if any(name in values for *_, values in chosen)
                    },
                }
            )


def reading_of(dialect):
    return Reading(dialect.departure, dialect.through_counts_departure)


def differences(engine, lines, window, stays, reading=USUAL):
    """Where the store and the slow form differ, as sentences, and how often each code was met."""
    count = engine.catalog.n_rows
    types = [{} for _ in range(count)]
    plans = [{} for _ in range(count)]
    for row, plan, night, values in lines:
        (types if plan is None else plans)[row].setdefault(night, {}).update(values)
    table = engine._inventory.table
    found, met = [], Counter()
    for arrival, nights in stays:
        about = (arrival, nights, window, arrival, (FIRST.weekday() + arrival) % 7, reading)
        of_type = [refusal([types[row]], *about) for row in range(count)]
        of_plan = [refusal([types[row], plans[row]], *about) for row in range(count)]
        met.update(code for code, _ in of_plan)
        frame = {"row_index": range(count), "arrival": [FIRST + timedelta(days=arrival)] * count}
        held = engine.hold_many({**frame, "nights": [nights] * count})
        engine.release_many(held["hold_id"].filter(held["outcome"] == 0))
        for row, (wanted, outcome, night) in enumerate(zip(of_type, held["outcome"], held["night"], strict=True)):
            if (outcome, (night - FIRST).days if night else arrival) != wanted:
                found.append(f"{arrival} for {nights}, {types[row]}: {wanted}, held {outcome} {night}")
        for row, wanted in enumerate(of_plan):
            code, step = stay_restriction(table, row, 2 * row, arrival, FIRST.toordinal() + arrival, nights, arrival)
            if (code, arrival + step) != wanted:
                found.append(f"{arrival} for {nights}, {types[row]} {plans[row]}: {wanted}, kernel {code} {step}")
        for rooms in (1, 2):
            flex, plain = offered(engine, arrival, nights, rooms).reshape(-1, 2).T
            for row in np.flatnonzero(flex != np.array([code == 0 for code, _ in of_plan])):
                found.append(f"{arrival} for {nights}, {types[row]} {plans[row]}: {of_plan[row]}, search {flex[row]}")
            for row in np.flatnonzero(plain != np.array([code == 0 for code, _ in of_type])):
                found.append(f"{arrival} for {nights}, {types[row]}: {of_type[row]}, search {plain[row]}")
    assert engine.check() == []
    return found, met


def stays_of(window):
    return [(arrival, nights) for arrival in range(window) for nights in range(1, window - arrival + 1)]


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
def test_two_restrictions_on_any_two_nights_and_levels(dialect):
    """Each restriction, absent, tight or loose, beside each other one: on the same night and two nights apart, the one
    of the room type, the other of the plan.
    """
    single = [{}, *({name: value} for name, values in VALUES.items() for value in values)]
    lines, count = [], 0
    for of_type, of_plan in product(single, repeat=2):
        for night, other in ((1, 1), (0, 2), (2, 1), (3, 0)):
            lines += [(count, None, night, of_type)] if of_type else []
            lines += [(count, "flex", other, of_plan)] if of_plan else []
            count += 1
    engine = store(count, 4, dialect)
    write(engine, lines)
    found, met = differences(engine, lines, 4, stays_of(4), reading_of(dialect))
    assert found[:5] == []
    assert len(met) == 11  # OK, and every code


def test_every_combination_of_what_is_tested_on_arrival():
    """All twelve restrictions on one night, each absent or tight: 4,096 rows; odd ones of the plan's level."""
    lines = []
    for row, chosen in enumerate(product([False, True], repeat=len(NAMES))):
        names = [name for name, wanted in zip(NAMES, chosen, strict=True) if wanted]
        for level, plan in enumerate((None, "flex")):
            values = {name: VALUES[name][0] for k, name in enumerate(names) if k % 2 == level}
            lines += [(row, plan, 1, values)] if values else []
    engine = store(2 ** len(NAMES), 3)
    write(engine, lines)
    found, met = differences(engine, lines, 3, [(1, 1), (1, 2), (0, 1), (0, 2)])
    assert found[:5] == []
    assert len(met) >= 8


@pytest.mark.parametrize("numbers", [("full_pattern", "stay_multiple_of"), ("min_advance_days", "max_advance_days")])
def test_three_values_each_of_what_is_no_comparison(numbers):
    """Restrictions that search looks up one by one, loose and tight, at both levels, beside a minimum of their own."""
    choices = [[None, *VALUES[name]] for name in (*numbers, *numbers, "min_stay_through", "arrival_weekdays")]
    lines, count = [], 0
    for combination in product(*choices):
        of_type = dict(zip(numbers, combination[:2], strict=True)) | {"min_stay_through": combination[4]}
        of_plan = dict(zip(numbers, combination[2:4], strict=True)) | {"arrival_weekdays": combination[5]}
        for plan, values in ((None, of_type), ("flex", of_plan)):
            named = {name: value for name, value in values.items() if value is not None}
            lines += [(count, plan, 1, named)] if named else []
        count += 1
    engine = store(count, 4)
    write(engine, lines)
    found, _ = differences(engine, lines, 4, [(1, 1), (1, 2), (1, 3), (0, 2)])
    assert found[:5] == []


def test_long_stays_and_limits_beyond_what_the_planes_hold():
    """Stays and values on both sides of 62 nights, the end of a pattern, and of 63, the largest number of planes."""
    numbers = [1, 31, 61, 62, 63, 64, 90]
    patterns = ["N" * 61 + "Y", "Y" * 61 + "N", "NY" * 31, 1 << 61, (1 << 62) - 2, "Y" * 30 + "N"]
    single = [{name: value} for name in list(VALUES)[3:7] for value in numbers]
    single += [{"full_pattern": value} for value in patterns]
    single += [{"stay_multiple_of": value} for value in (7, 31, 62, 63)]
    lines = [
        (row, plan, night, values)
        for row, (plan, night, values) in enumerate(product((None, "flex"), (1, 40, 66), single))
    ]
    engine = store(len(lines), 140)
    write(engine, lines)
    stays = [(arrival, nights) for arrival in (1, 3, 40) for nights in (1, 30, 31, 61, 62, 63, 64, 65, 91)]
    found, met = differences(engine, lines, 140, stays)
    assert found[:5] == []
    assert {430, 440, 450, 460, 462} < set(met)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_unrestricted_refuses_nothing(name):
    engine = store(1, 3)
    write(engine, [(0, None, 1, {name: VALUES[name][0]}), (0, "flex", 1, {name: VALUES[name][0]})])
    assert len(engine.restrictions("H0")) == 2
    write(engine, [(0, None, 1, {name: NOTHING[name]}), (0, "flex", 1, {name: NOTHING[name]})])
    assert len(engine.restrictions("H0")) == 0
    assert differences(engine, [], 3, stays_of(3))[0] == []


def few_differences(reading=USUAL):
    """A small part of the worlds above, judged by the slow form as it is now."""
    single = [{}, *({name: value} for name, values in VALUES.items() for value in values)]
    lines = [
        (row, plan, 1, values)
        for row, pair in enumerate(product(single, repeat=2))
        for plan, values in zip((None, "flex"), pair, strict=True)
        if values
    ]
    engine = store(len(single) ** 2, 4)
    write(engine, lines)
    return differences(engine, lines, 4, stays_of(4), reading)[0]


MISTAKES = {
    "a pattern begins with no nights": ("pattern_opens", lambda p, n, f=slow.pattern_opens: f(p, n + 1)),
    "the lead is counted from one": (
        "arrival_faults", lambda here, n, lead, day, f=slow.arrival_faults: f(here, n, lead + 1, day)
    ),
    "the weekday of the next night": (
        "arrival_faults", lambda here, n, lead, day, f=slow.arrival_faults: f(here, n, lead, (day + 1) % 7)
    ),
    "too late comes before too early": ("NUMBER", {**slow.NUMBER, "BOOKED_TOO_LATE": 463}),
}  # fmt: skip


def test_without_a_mistake_they_agree():
    assert few_differences() == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_would_be_noticed(monkeypatch, mistake):
    monkeypatch.setattr(slow, *MISTAKES[mistake])
    assert few_differences() != []


@pytest.mark.parametrize("dialect", DIALECTS[1:], ids=str)
def test_another_dialect_would_be_noticed(dialect):
    assert few_differences(reading_of(dialect)) != []
