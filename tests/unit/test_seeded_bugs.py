"""Would the agreement tests notice? Each case puts a small, likely mistake into the oracle and demands a difference.

A comparison that cannot fail proves nothing; here every comparison fails once, for a known reason, on the worlds that
the real tests use. The first test shows that the same worlds agree without the mistake.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from nightgrid.native.prices import prices as native
from tests import strategies as worlds
from tests.agreement import test_restrictions_agree as restrictions
from tests.agreement import test_rounding_agrees as rounding
from tests.agreement import test_search_agrees as searching
from tests.agreement.compare import cube_differences, quote_differences, search_differences
from tests.agreement.test_prices_agree import tie_world
from tests.engines import engine_of
from tests.oracles import grid, money, nights, prices, rules, search
from tests.oracles.grid import Answer
from tests.oracles.inventory import Inventory
from tests.stateful.inventory_machine import Machine
from tests.stateful.test_inventory_machine import walk

FIRST = worlds.FIRST_NIGHT


def price_differences():
    """Ties in every policy, and a book with bounds and a date range, through quotes and the cube."""
    found = []
    for policy in worlds.POLICIES:
        catalogue, book = tie_world(policy, "half_up", 2)
        book["bounds"] = [{"name": "guard", "floor_percent": 75, "ceiling_percent": 125}]
        book["season"].append(
            {"name": "days", "percent": 40, "priority": 1,
             "dates": [{"from": FIRST + timedelta(days=1), "to": FIRST + timedelta(days=2)}]}
        )  # fmt: skip
        engine = engine_of(catalogue, FIRST, 5, worlds.NOW_MS, book=book)
        found += quote_differences(engine, catalogue, book, [(FIRST, 1), (FIRST, 2), (FIRST + timedelta(days=1), 3)])
        found += cube_differences(engine, catalogue, book, (FIRST, FIRST + timedelta(days=1)), [1, 3])
    return found


def restriction_differences():
    """Restrictions on one night, every stay of five nights, judged by the oracle as it is now."""
    combinations = [(name, value) for name in worlds.FLAGS for value in (True,)]
    combinations += [(name, value) for name in worlds.STAYS for value in (2, 3)]
    catalogue = restrictions.rows_of(len(combinations))
    night = FIRST + timedelta(days=2)
    changes = [
        {"hotel_id": row["hotel_id"], "room_type_id": row["room_type_id"], "first": night, "last": night, name: value}
        for row, (name, value) in zip(catalogue["room_types"], combinations, strict=True)
    ]
    return restrictions.differences(catalogue, 5, changes, restrictions.stays_of(5), rooms=(1, 2))[0]


def found_differences():
    """Searches of a big chain with ties in several currencies, judged by the oracle as it is now."""
    random = Random("seeded")
    catalogue, book = searching.big_chain(random), searching.big_book(random)
    chain, oracle, engine = searching.both(catalogue, book)
    requests = [searching.big_request(random, catalogue["hotels"]) for _ in range(12)]
    return [text for request in requests for text in search_differences(engine, chain, oracle, book, request)]


def walk_differences():
    """A few busy days beside the oracle as it is now; the first disagreement ends them."""
    try:
        for seed in range(6):
            walk(Random(f"day {seed}"), Machine(), 250)
    except AssertionError as error:
        return [str(error)]
    return []


COMPARISONS = (price_differences, restriction_differences, found_differences, walk_differences)


@pytest.mark.parametrize("compare", COMPARISONS)
def test_without_a_mistake_they_agree(compare):
    assert compare() == []


def rounded_half_even(value, mode, increment=1, original=money.round_to_multiple):
    return original(value, "half_even" if mode == "half_up" else mode, increment)


def floor_not_moved_inwards(value, lowest, highest, increment):
    if highest is not None:
        value = min(value, highest // increment * increment)
    return max(value, lowest // increment * increment if lowest is not None else 0)


def shares_to_the_later(total, weights, original=money.allocate):
    return original(total, weights[::-1])[::-1]


def last_day_left_out(season, night, country, holidays, original=rules.season_holds):
    return original(season, night, country, holidays) and all(night < r["to"] for r in season.get("dates") or [])


PRICE_MISTAKES = {
    "ties to even": (prices, "round_to_multiple", rounded_half_even),
    "a floor rounded down": (prices, "clamp_rounded", floor_not_moved_inwards),
    "left-over units to the later night": (prices, "allocate", shares_to_the_later),
    "the last day of a season left out": (rules, "season_holds", last_day_left_out),
    "a band from more nights on": (
        rules, "length_of_stay_factor", lambda b, p, n, f=rules.length_of_stay_factor: f(b, p, n - 1)
    ),
    "lead days counted from one": (
        rules, "lead_time_factor", lambda b, p, days, f=rules.lead_time_factor: f(b, p, days + 1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", PRICE_MISTAKES)
def test_a_mistake_in_prices_is_noticed(monkeypatch, mistake):
    monkeypatch.setattr(*PRICE_MISTAKES[mistake])
    assert price_differences() != []


def departure_on_the_last_night(self, hotel_id, room_type_id, arrival, count, rooms, original=grid.Grid.refusal):
    """Closed to departure, tested on the last night instead of the departure date."""
    last = self.cells[hotel_id, room_type_id].get(arrival + timedelta(days=count - 1))
    if last is not None and last.restrictions.get("closed_to_departure"):
        return Answer("CLOSED_TO_DEPARTURE", night=arrival + timedelta(days=count - 1))
    return original(self, hotel_id, room_type_id, arrival, count, rooms)


def departure_is_a_night(arrival, count):
    """A stay that sleeps on its departure date too, where there is one."""
    return [night for night in nights.stay_nights(arrival, count + 1) if night < FIRST + timedelta(days=5)]


@pytest.mark.parametrize(
    ("owner", "name", "wrong"),
    [
        (grid.Grid, "refusal", departure_on_the_last_night),
        (grid, "stay_nights", departure_is_a_night),
        (grid, "STAY_NIGHTS_MAX", 2),
    ],
)
def test_a_mistake_in_restrictions_is_noticed(monkeypatch, owner, name, wrong):
    monkeypatch.setattr(owner, name, wrong)
    assert restriction_differences() != []


def later_of_equals(*args, original=search._best_offer):
    """Of equal prices the later product."""
    chain, *rest = args
    backwards = search.Chain(chain.hotels, chain.room_types, chain.products[::-1])
    return original(backwards, *rest)


SEARCH_MISTAKES = {
    "of equal prices the later product": (search, "_best_offer", later_of_equals),
    "cut prices in the display currency": (
        search, "display_minor", lambda b, total, s, t, f=search.display_minor: f(b, total, s, t) // 2 * 2
    ),
    "unrated hotels first": (search, "_number", lambda value: 10.0 if value is None else value),
    "tomorrow's date at the hotel": (
        grid.Grid, "today", lambda self, h, f=grid.Grid.today: f(self, h) + timedelta(days=1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SEARCH_MISTAKES)
def test_a_mistake_in_search_is_noticed(monkeypatch, mistake):
    monkeypatch.setattr(*SEARCH_MISTAKES[mistake])
    assert found_differences() != []


def sees_no_guest(self, *args, original=Inventory.hold, **request):
    return original(self, *args, **{**request, "guest": None})


INVENTORY_MISTAKES = {
    "a millisecond late": ("_is_due", lambda self, hold: hold.state == "held" and self.now_ms > hold.deadline_ms),
    "nothing swept before a refusal": (
        "_sweep", lambda self, hotel_id, f=Inventory._sweep: [] if hotel_id else f(self, None)
    ),
    "another guest is the same request": ("hold", sees_no_guest),
    "ended holds never forgotten": ("_forget_old", lambda self: None),
    "what is given back twice": (
        "release", lambda self, hold_id, f=Inventory.release: "OK" if f(self, hold_id) == "EXISTS" else f(self, hold_id)
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", INVENTORY_MISTAKES)
def test_a_mistake_in_the_life_of_a_hold_is_noticed(monkeypatch, mistake):
    monkeypatch.setattr(Inventory, *INVENTORY_MISTAKES[mistake])
    assert walk_differences() != []


@pytest.mark.parametrize("mode_index", range(7))
def test_a_wrong_mode_of_rounding_is_noticed(mode_index):
    """Each mode against every other one that is not the same for positive numbers."""
    same = ({native.MODE_UP, native.MODE_CEILING}, {native.MODE_DOWN, native.MODE_FLOOR})
    for other, name in enumerate(money.MODES):
        if other == mode_index or {other, mode_index} in same:
            continue
        cases = rounding.near_ties(Random(other), 300)
        wrong = lambda a, b, whole, _, name=name: rounding.whole_number_rounding(a, b, whole, name)  # noqa: E731
        assert rounding.differences(mode_index, cases, wrong)[2] != []
