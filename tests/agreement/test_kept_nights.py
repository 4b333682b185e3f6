"""Which nights bounds move is kept once it is known: the same as each night by itself, in any order of asking."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import numpy as np
import polars as pl

from nightgrid.native.program.night_marks import KEPT
from nightgrid.pricing.rule_marks import marks_of
from tests.book_worlds import draw_world
from tests.engines import engine_of
from tests.strategies import NOW_MS

KINDS = ("derived", "season", "promotion", "tax")
NIGHTS = 2 * KEPT + 20
SEASONS = [
    {"name": "high", "percent": 10, "weekdays": ["fri", "sat", "mon"]},
    {"name": "low", "percent": "-6.5", "weekdays": ["sun", "wed"]},
]
BOUNDS = [
    {"name": "narrow", "floor_percent": 97, "ceiling_percent": 104, "weekdays": ["mon", "wed", "thu", "sun"]},
    {"name": "wide", "floor_percent": 90, "ceiling_percent": 120},
]


def kept(engine):
    """The words of nights that an engine keeps, negative where they are known."""
    version = engine._priced()
    return marks_of(version.compiled, version.catalog).tables[0].moved


def test_kept_nights_are_those_that_bounds_move():
    moved, known, plain = 0, 0, 0
    for seed in range(12):
        rng = Random(f"kept nights {seed}")
        world = draw_world(rng, KINDS)
        stages = world.book.get("pipeline", {}).get("stage")
        if stages is not None and not {"season", "bounds"} <= {stage["kind"] for stage in stages}:
            continue
        world.book.update(bounds=BOUNDS, season=SEASONS)
        if seed % 2:
            world.book.pop("derived", None)
        many, single = (engine_of(vars(world), world.first_night, NIGHTS, NOW_MS, book=world.book) for _ in range(2))
        program = many._priced().compiled.program
        for _ in range(4):
            first = world.first_night + timedelta(days=rng.randrange(NIGHTS - 4))
            last = min(
                first + timedelta(days=rng.choice([0, 3, 9, 20, 100])), world.first_night + timedelta(NIGHTS - 3)
            )
            stays = rng.choice([[1], [2, 1], [3]])
            said = {"adults": 2} if rng.random() < 0.4 or (program is not None and program.per_person) else {}
            said |= {"rooms_left": 2} if program is not None and program.room_edges else {}
            batches = many.reprice(
                stays=stays, arrivals=(first, last), booking_date=world.first_night, masks=True, **said
            )
            frame = pl.concat([pl.DataFrame(pl.from_arrow(batch)) for batch in batches])
            frame = frame.filter(pl.col("refused") == 0)
            lines = frame.select("product_index", "arrival", "tier", pl.col("nights").cast(pl.Int64))
            lines = lines.with_columns(pl.col("tier").cast(pl.String), booking_date=world.first_night)
            told = single.quote_many(lines, masks=True, **said)
            columns = [name for name in frame.columns if name.startswith("applied_rules")]
            assert frame.select(columns).equals(told.select(columns))
            plain += len(frame)
        if program is not None:
            assert not (kept(single) < 0).any()  # the other side knows nothing of it
            known += int((kept(many) < 0).sum())
            moved += int(np.bitwise_count(kept(many) & (2**KEPT - 1)).sum())
    assert plain > 10_000
    assert 0 < moved < known * KEPT


def masks_of(engine, world):
    """Masks of a cube in which every night is kept."""
    first, last = (world.first_night + timedelta(days=day) for day in (5, 100))
    batches = engine.reprice(stays=[1], arrivals=(first, last), booking_date=world.first_night, masks=True)
    return pl.concat([pl.DataFrame(pl.from_arrow(batch)) for batch in batches]).filter(pl.col("refused") == 0)


def test_new_base_prices_let_nights_be_looked_at_again():
    rng = Random("kept nights and base prices")
    world = draw_world(rng, ())
    world.book.pop("pipeline", None)
    world.book.update(bounds=BOUNDS, season=SEASONS)
    engine, fresh = (engine_of(vars(world), world.first_night, NIGHTS, NOW_MS, book=world.book) for _ in range(2))
    before = masks_of(engine, world)
    row = world.room_types[0]
    data = {
        "hotel_id": [row["hotel_id"]] * 50, "room_type_id": [row["room_type_id"]] * 50,
        "night": [world.first_night + timedelta(days=day) for day in range(10, 60)],
        "base_minor": [rng.choice([1, 3, 105, 12_345]) for _ in range(50)],
    }  # fmt: skip
    for each in (engine, fresh):
        each.set_base_prices(data)
    after = masks_of(engine, world)
    lines = after.select("product_index", "arrival", pl.col("tier").cast(pl.String), pl.col("nights").cast(pl.Int64))
    told = fresh.quote_many(lines.with_columns(booking_date=world.first_night), masks=True)
    assert after["applied_rules"].equals(told["applied_rules"])
    assert not after["applied_rules"].equals(before["applied_rules"])
