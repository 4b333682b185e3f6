"""Quotes of many lines in blocks: what the oracle says of some of them, and of every line what it costs by itself."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from nightgrid.engine.prices import line_answers
from nightgrid.errors import InputError
from nightgrid.search.ways import ways
from tests.agreement.book_compare import engine_for, oracle_answer
from tests.agreement.test_rule_masks import LISTS, line_of
from tests.book_worlds import draw_stay, draw_world

WORLDS = 60
LINES = 150
seen = [0, 0]  # lines in blocks, one by one


def lines_of(world, random):
    """Lines of a few parties, each about a product, arrival, length, lead and tier of its own; some come again."""
    parties = [draw_stay(random, world.book) for _ in range(3)]
    tiers = [draw_stay(random, world.book)["tier"] for _ in range(6)]
    arrivals = [draw_stay(random, world.book)["arrival"] for _ in range(12)]
    found = []
    for _ in range(LINES):
        stay = dict(random.choice(parties))
        stay["arrival"], stay["tier"] = random.choice(arrivals), random.choice(tiers)
        if "fill_bp" not in stay:
            stay["nights"] = random.choice((1, 1, 2, 3, 5, 8))
        stay["lead_days"] = random.choice((0, 1, 3, 7, 14, 21, 30, 45, 60, 90, 200))
        found.append((random.choice(world.products), stay))
    return found


def frame_of(lines):
    """The lines as a frame."""
    rows = [line_of(product, stay) for product, stay in lines]
    lists = {name: dtype for name, dtype in LISTS.items() if any(name in row for row in rows)}
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides=lists)


def answers(engine, frame, *, masks=False):
    """The answer of a frame, or the error that refuses it."""
    try:
        return engine.quote_many(frame, masks=masks)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_lines_in_blocks_cost_what_each_costs_by_itself(seed, monkeypatch):
    random = Random(f"lines {seed}")
    world = draw_world(random)
    engine = engine_for(world)
    if engine is None:  # a book that is right and not taken
        return
    lines = lines_of(world, random)
    frame = frame_of(lines)
    monkeypatch.setattr(line_answers, "_LINES_MIN", 1)
    before = ways.counts()
    together = answers(engine, frame)
    for number, (now, then) in enumerate(zip(ways.counts(), before, strict=True)):
        seen[number] += now - then
    masked = answers(engine, frame, masks=True)
    monkeypatch.setattr(line_answers, "_LINES_MIN", 1 << 40)
    alone = answers(engine, frame)
    if isinstance(alone, str):
        assert together == alone
        return
    assert together.equals(alone, null_equal=True)
    assert masked.equals(answers(engine, frame, masks=True), null_equal=True)
    for number in random.sample(range(LINES), 10):
        want = oracle_answer(world, *lines[number])
        told = together.row(number, named=True)
        if told["outcome"] == 0:
            assert (told["total_minor"], told["payable_minor"]) == (want.total_minor, want.payable_minor)
            assert told["applied"] == list(want.applied)


def test_most_lines_were_priced_in_blocks():
    assert seen[0] > WORLDS * 20 or sum(seen) == 0
