"""Three ways to say whether a stay is allowed: bit planes (search), cells (holds), and the oracle's plain sentences.

Every combination of restrictions stands in a row of its own, so one small world holds all of them and every stay
of its window is asked of every row.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from random import Random

import pytest

from nightgrid import Outcome
from nightgrid.native.search.offers import sale_code
from tests import strategies as worlds
from tests.agreement.bit_maps import offered
from tests.engines import EngineInventory, engine_of
from tests.oracles.inventory import Inventory

FIRST = worlds.FIRST_NIGHT


def rows_of(count, capacity=1):
    """`count` room types, 20 a hotel; every third has two plans, so that lanes and rows differ."""
    hotels, room_types, products = [], [], []
    for i in range(count):
        ids = {"hotel_id": f"H{i // 20}", "room_type_id": f"R{i}"}
        room_types.append({**ids, "capacity": capacity if isinstance(capacity, int) else capacity[i]})
        products += [{**ids, "plan_id": plan, "base_minor": 100} for plan in ("a", "b")[: 1 + (i % 3 == 0)]]
    for hotel_id in dict.fromkeys(row["hotel_id"] for row in room_types):
        hotels.append({"hotel_id": hotel_id, "currency": "CNY", "time_zone": "Asia/Shanghai"})
    return {"hotels": hotels, "room_types": room_types, "products": products}


def stays_of(window, lengths=None):
    """(arrival index, nights) of every stay inside a window."""
    lengths = lengths or range(1, window + 1)
    return [(first, nights) for first in range(window) for nights in lengths if first + nights <= window]


def sellable_rows(engine, arrival, nights, rooms):
    """Rows that the bit maps offer, as a set; all plans of a row must say the same."""
    of_product = offered(engine, arrival, nights, rooms)
    rows = {int(row) for row in engine.catalog.product_row[of_product]}
    assert not rows & {int(row) for row in engine.catalog.product_row[~of_product]}
    return rows


def differences(catalogue, window, changes, stays, rooms=(1,), judge=Inventory):
    """Where planes, cells and batches of holds differ from the judge; `changes` are restrictions of both.

    Returns (sentences, how often each outcome was met).
    """
    oracle = judge(catalogue["hotels"], catalogue["room_types"], FIRST, window, worlds.NOW_MS)
    engine = engine_of(catalogue, FIRST, window, worlds.NOW_MS, slots=len(catalogue["room_types"]), retention_ms=0)
    fast = EngineInventory(engine)
    names = fast.cells
    for change in changes:
        oracle.restrict(**change)
    engine.restrict(
        {
            key: [change.get(key) for change in changes]
            for key in ("hotel_id", "room_type_id", *worlds.FLAGS, *worlds.STAYS)
        }
        | {f"{end}_night": [change[end] for change in changes] for end in ("first", "last")}
    )
    found, met = [], {}
    for (arrival, nights), count in product(stays, rooms):
        open_rows = sellable_rows(engine, arrival, nights, count)
        frame = {"row_index": range(len(names)), "arrival": [FIRST + timedelta(days=arrival)] * len(names)}
        held = engine.hold_many({**frame, "nights": [nights] * len(names), "rooms": [count] * len(names)})
        engine.release_many(held["hold_id"].filter(held["outcome"] == 0))
        for row, (name, outcome, night) in enumerate(zip(names, held["outcome"], held["night"], strict=True)):
            wanted = oracle.refusal(*name, FIRST + timedelta(days=arrival), nights, count)
            met[wanted.outcome] = met.get(wanted.outcome, 0) + 1
            stay = (engine.first_night + arrival, nights, count)
            code, ordinal = sale_code(engine._inventory.table, row, -1, *stay, 0, 0, worlds.NOW_MS)
            place = f"{name} from {arrival} for {nights}, {count} rooms: oracle {wanted}"
            if (row in open_rows) != (wanted.outcome == "OK"):
                found.append(f"{place}, bit planes {'offer' if row in open_rows else 'refuse'} it")
            if (Outcome(outcome).name, night) != (wanted.outcome, wanted.night):
                found.append(f"{place}, hold_many {outcome} {night}")
            by_cells = None if code == 0 else date.fromordinal(ordinal)
            if (Outcome(code).name, by_cells) != (wanted.outcome, wanted.night):
                found.append(f"{place}, cells {code} {by_cells}")
    assert fast.check() == []
    return found, met


def test_every_combination_on_one_night():
    """8 flags x 3 values each of four stay limits, on the middle night of five, for all fifteen stays."""
    combinations = list(product([False, True], [False, True], [False, True], *[[0, 2, 3]] * 4))
    catalogue = rows_of(len(combinations))
    changes = [
        {
            "hotel_id": row["hotel_id"],
            "room_type_id": row["room_type_id"],
            "first": FIRST + timedelta(days=2),
            "last": FIRST + timedelta(days=2),
            **dict(zip(worlds.FLAGS + worlds.STAYS, values, strict=True)),
        }
        for row, values in zip(catalogue["room_types"], combinations, strict=True)
    ]
    found, met = differences(catalogue, 5, changes, stays_of(5))
    assert found == []
    assert sum(met.values()) == 648 * 15
    assert len(met) == 8  # OK and each of the seven restrictions


@pytest.mark.parametrize("name", worlds.STAYS)
def test_each_limit_with_each_length(name):
    """Values and lengths on both sides of each other and of the largest value that the planes hold."""
    values = [1, 2, 3, 31, 32, 33, 61, 62, 63, 64, 65, 127, 128, 364, 365]
    catalogue = rows_of(len(values))
    changes = [
        {**{key: row[key] for key in ("hotel_id", "room_type_id")}, "first": night, "last": night, name: value}
        for row, value in zip(catalogue["room_types"], values, strict=True)
        for night in (FIRST + timedelta(days=3),)
    ]
    stays = [(first, nights) for first in (2, 3, 4) for nights in values if nights < 130]
    found, met = differences(catalogue, 140, changes, stays)
    assert found == []
    assert len(met) == 2


@pytest.mark.parametrize("seed", range(3))
def test_several_restrictions_and_few_rooms(seed):
    """What comes first in the order of outcomes, and on which night: overlapping ranges, and rooms that are sold."""
    random = Random(f"restrictions {seed}")
    catalogue = rows_of(150, capacity=[random.randrange(4) for _ in range(150)])
    changes = []
    for row in catalogue["room_types"]:
        for _ in range(random.randrange(5)):
            first = random.randrange(8)
            last = min(7, first + random.choice([0, 0, 1, 4]))
            name = random.choice(worlds.FLAGS + worlds.STAYS)
            changes.append(
                {
                    "hotel_id": row["hotel_id"],
                    "room_type_id": row["room_type_id"],
                    "first": FIRST + timedelta(days=first),
                    "last": FIRST + timedelta(days=last),
                    name: random.random() < 0.8 if name in worlds.FLAGS else random.randrange(6),
                }
            )
    found, met = differences(catalogue, 8, changes, stays_of(8), rooms=(1, 2))
    assert found == []
    assert len(met) == 9
