"""Prices in blocks on exact halves and on the very edges, against the oracle: random books meet them rarely, so the
base prices here are all whole numbers around each of them. A test fails where no tie was met, or where blocks did not
answer.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest

from nightgrid.search.price_blocks import Asked, fill_cube, ways
from tests.agreement.book_compare import engine_for, oracle_answer
from tests.agreement.test_built_ties import TIES
from tests.book_worlds import BookWorld
from tests.oracles.pricebook import rounding
from tests.strategies import FIRST_NIGHT

MODES = tuple(TIES)
TIERS = ("public", "gold")
#: Arrivals of a cube: the third one has another lead band than the first two.
ARRIVALS = 3


def world_of(book, bases):
    """A hotel with a room type for each base price."""
    hotels = [{"hotel_id": "H", "currency": "CNY", "time_zone": "Asia/Shanghai", "country": "CN"}]
    rows = [{"hotel_id": "H", "room_type_id": f"T{base:05d}"} for base in bases]
    products = [{**row, "plan_id": "standard", "base_minor": base} for row, base in zip(rows, bases, strict=True)]
    table = {"book": {"name": "ties", "tiers": list(TIERS)}, **book}
    return BookWorld(hotels, [{**row, "capacity": 1, "guests_max": 4} for row in rows], products, table, [], [])


def cube_of(world, nights):
    """(totals (arrival, tier, product), promotions applied) by blocks alone."""
    version = engine_for(world)._priced()
    program = version.compiled.program
    count = version.catalog.n_products
    asked = Asked(
        version, np.arange(count), np.full(count, version.first_night), version.first_night,
        np.array([nights]), np.array([version.tiers.index(tier) for tier in TIERS]),
    )  # fmt: skip
    out = np.empty((ARRIVALS, 1, len(TIERS), count), np.int64)
    plain, bits = out.copy(), out.copy()
    before = ways.counts()
    fill_cube(asked, plain)
    fill_cube(asked, out, bits)
    after = ways.counts()
    assert (after[0] - before[0], after[1] - before[1]) == (2 * out.size, 0), "blocks did not answer"
    assert np.array_equal(plain, out)
    named = [[[program.promotions(i, int(bits[a, 0, t, i])) for i in range(count)] for t in range(len(TIERS))]
             for a in range(ARRIVALS)]  # fmt: skip
    return out[:, 0], named


def differences(world, nights=1):
    """Lines for what blocks and oracle answer differently."""
    totals, named = cube_of(world, nights)
    found = []
    for at, column in ((0, 0), (ARRIVALS - 1, 1)):
        day = {"arrival": FIRST_NIGHT + timedelta(days=at), "lead_days": at}
        for number, product in enumerate(world.products):
            want = oracle_answer(world, product, {**day, "nights": nights, "tier": TIERS[column]})
            got = int(totals[at, column, number]), named[at][column][number]
            if got != (want.total_minor, want.applied):
                found.append(f"{product} {day} {TIERS[column]}: {got}, the oracle {want.total_minor, want.applied}")
    return found


@pytest.fixture
def halves(monkeypatch):
    """The amounts that the oracle rounds and that lie in the very middle of two permitted prices."""
    met = []
    plain = rounding.Rounding.__call__

    def watched(self, value):
        above = plain(rounding.Rounding("ceiling", self.increment, self.endings), value)
        below = plain(rounding.Rounding("floor", self.increment, self.endings), value)
        if below < above and 2 * Fraction(value) == below + above:
            met.append(value)
        return plain(self, value)

    monkeypatch.setattr(rounding.Rounding, "__call__", watched)
    return met


def staged(*stages):
    return {"stage": [{"kind": "base"}, *stages]}


HALF = [{"name": "half", "percent": -50}]
TWICE = [{"name": "twice", "bands": [{"from_days": 0, "to_days": 1, "percent": 100}, {"from_days": 2, "percent": 60}]}]
HALF_OF_LONG = [{"name": "length", "bands": [{"from_nights": 1, "percent": -50}]}]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "how", [{}, {"increment_minor": 10}, {"endings": [4, 9]}, {"endings": [9]}, {"endings": [0, 5]}]
)
def test_halves_of_a_stage(mode, how, halves):
    pipeline = staged({"kind": "length_of_stay", "round": {"mode": mode, **how}}, {"kind": "lead_time"})
    world = world_of({"pipeline": pipeline, "length_of_stay": HALF_OF_LONG, "lead_time": TWICE}, range(1, 64))
    assert differences(world) == []
    assert len(halves) > 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("nights", [1, 3])
def test_halves_after_promotions(mode, nights, halves):
    promotions = [
        {"name": "half", "percent": -50},
        {"name": "odd", "percent": -75, "tiers": ["gold"], "class": "second"},
    ]
    pipeline = staged({"kind": "promotion", "round": {"mode": mode, "increment_minor": 2}})
    world = world_of({"pipeline": pipeline, "promotion": promotions}, range(1, 42))
    assert differences(world, nights) == []
    assert len(halves) > 10


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "how", [{"increment_minor": 10}, {"endings": [4, 9]}, {"endings": [2, 8]}, {"endings": [0, 5]}]
)
def test_halves_of_shares_after_an_amount(mode, how, halves):
    """The amount is over the row's own sum of nights: 2 x (base + 3), of which the first night loses a half."""
    promotions = [
        {"name": "first", "night_percent": {"percent": -50, "nights": "first"}},
        {"name": "off", "off": {"CNY": "0.01"}, "class": "second"},
    ]
    pipeline = staged({"kind": "member_tier"}, {"kind": "promotion", "round": {"mode": mode, **how}})
    more = {"member_tier": [{"name": "more", "amount": {"public": {"CNY": "0.06"}, "gold": {"CNY": "0.02"}}}]}
    world = world_of({"pipeline": pipeline, "promotion": promotions} | more, range(1, 64))
    assert differences(world, 2) == []
    assert len(halves) > 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("of", ["net", "cumulative"])
def test_halves_of_taxes(mode, of, halves):
    taxes = [
        {"name": "flat", "amount": {"CNY": "0.03"}, "per": "night"},
        {"name": "half", "percent": 50, "of": of, "round": {"mode": mode, "increment_minor": 5}},
        {"name": "more", "percent": 25, "of": of, "round": {"mode": mode}},
    ]
    world = world_of({"rounding": {"increment_minor": 1}, "tax": taxes}, range(1, 42))
    assert differences(world) == []
    assert len(halves) > 10


EDGES = {
    "spend": [
        {"name": "full", "spend": [
            {"from": {"CNY": "10.00"}, "off": {"CNY": "1.00"}}, {"from": {"CNY": "10.20"}, "off": {"CNY": "0.50"}},
        ]},
    ],
    "the most off": [{"name": "capped", "percent": -50, "max_off": {"CNY": "5.05"}}],
    "the least a night": [{"name": "guarded", "percent": -50, "floor_per_night": {"CNY": "5.05"}}],
    "a spend that is needed": [
        {"name": "needs", "percent": -10, "min_spend": {"CNY": "10.10"}}, {"name": "other", "percent": -5},
    ],
    "two that are worth the same": [
        {"name": "percent", "percent": -10}, {"name": "amount", "off": {"CNY": "1.01"}},
        {"name": "price", "price": {"CNY": "9.09"}},
    ],
    "spend among others, which differ by tier": [
        {"name": "full", "spend": [{"from": {"CNY": "10.00"}, "off": {"CNY": "1.00"}}]},
        {"name": "capped", "percent": -50, "max_off": {"CNY": "1.01"}},
        {"name": "off", "off": {"CNY": "0.99"}},
        {"name": "gold", "off": {"CNY": "0.98"}, "tiers": ["gold"]},
    ],
    "nothing left": [{"name": "all of it", "off": {"CNY": "10.10"}}],
}  # fmt: skip


@pytest.mark.parametrize("policy", ["guest", "hotel", "first"])
@pytest.mark.parametrize("edge", EDGES)
def test_edges_of_promotions(edge, policy):
    """Amounts from 9.85 to 10.45: each edge at 10.00, 10.10 or 10.20 is met exactly, and missed by one minor unit."""
    bases = range(985, 1_045)
    assert {999, 1_000, 1_001, 1_009, 1_010, 1_011, 1_019, 1_020, 1_021} <= set(bases)
    book = {"pipeline": staged({"kind": "promotion"}), "promotion": EDGES[edge], "stacking": {"policy": policy}}
    assert differences(world_of(book, bases)) == []


@pytest.mark.parametrize("brackets", [("from",), ("to",), ("from", "to")])
def test_edges_of_taxes(brackets):
    edges = {"from": {"CNY": "10.00"}, "to": {"CNY": "10.20"}}
    tax = {"percent": 10, "brackets": {key: edges[key] for key in brackets}}
    flat = {"amount": {"CNY": "1.00"}, "per": "stay", "brackets": {"from": {"CNY": "10.10"}}}
    world = world_of({"tax": [{"name": "tax", **tax}, {"name": "flat", **flat}]}, range(985, 1_045))
    assert differences(world) == []
    assert differences(world, nights=2) == []  # brackets look at the average night


@pytest.mark.parametrize("mode", MODES)
def test_bounds_and_halves_of_nights(mode, halves):
    book = {
        "rounding": {"mode": mode, "increment_minor": 10},
        "season": HALF,
        "bounds": [{"name": "bounds", "floor": {"CNY": "5.05"}, "ceiling": {"CNY": "5.15"}}],
        "promotion": [{"name": "tenth", "percent": -10}],
    }
    assert differences(world_of(book, range(985, 1_055)), nights=2) == []
    assert halves
