"""Masks of a cube in blocks are those of its lines one by one, which are those of explanations (`test_rule_masks`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid import InputError, RuleBookError
from nightgrid.engine.prices import cube_marks
from nightgrid.engine.prices.repricing import batches
from tests.agreement.book_compare import engine_for
from tests.agreement.compare import examples
from tests.book_worlds import draw_stay, draw_world
from tests.seeds import seeds

ASKED = (
    "adults", "children", "channel", "country", "device", "language", "coupons", "packages", "points", "booking_time",
    "rooms_left",
)  # fmt: skip
MASKS = ("rule_set", "applied_rules", "refused")
seen: list[tuple[int, int]] = []


def batches_of(cube: Any, threads: int = 1) -> pl.DataFrame:
    """All batches of a cube as one frame."""
    return pl.concat([pl.DataFrame(pl.from_arrow(batch)) for batch in batches(cube, cube.arrivals, threads)])


def line_by_line(cube: Any, monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """The same, all masks worked out line by line."""

    def nothing_in_blocks(*given: Any) -> Any:
        return np.ones(len(given[-1]), np.uint8)

    with monkeypatch.context() as patched:
        patched.setattr(cube_marks, "_work", nothing_in_blocks)
        return batches_of(cube)


def drawn_cube(rng: Random) -> Any:
    """A cube of a drawn world for a guest who says something or nothing; None where its numbers are too large."""
    world = draw_world(rng)
    if rng.random() < 0.9:  # it is left to lines
        world.book.pop("stay_bounds", None)
    try:
        engine = engine_for(world)
    except RuleBookError:
        return None
    if engine is None:
        return None
    stay = draw_stay(rng, world.book)
    said = {key: stay[key] for key in ASKED if key in stay} if rng.random() < 0.6 else {}
    program = engine._priced().compiled.program
    if program is not None and program.per_person:
        said.setdefault("adults", 2)
    if program is not None and program.room_edges:
        said.setdefault("rooms_left", 2)
    first = world.first_night + timedelta(days=rng.randint(0, 6))
    said["booking_date"] = first + timedelta(days=rng.choice([-60, -20, -3, 0, 1, 2]))
    stays = rng.sample(range(1, 9), rng.randint(1, 3))  # in any order
    last = world.first_night + timedelta(days=engine.n_nights - 1)
    try:
        cube = engine._cube(stays, None, (first, min(last, first + timedelta(days=11))), said)
    except InputError:  # a package that is not offered anywhere
        return None
    return replace(cube, marked=True)


def agree(rng: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare the masks of a drawn cube; notes how many of its rows were marked in blocks and how many are left."""
    cube = drawn_cube(rng)
    if cube is None:
        return
    counted = np.zeros(2, np.int64)
    kept = cube_marks._work

    def counting(*given: Any) -> Any:
        left = kept(*given)
        counted[:] += (np.count_nonzero(left == 0), np.count_nonzero(left))
        return left

    try:
        want = line_by_line(cube, monkeypatch)
    except InputError as error:
        with pytest.raises(type(error)):
            batches_of(cube)
        return
    with monkeypatch.context() as patched:
        patched.setattr(cube_marks, "_work", counting)
        got = batches_of(cube, rng.choice([1, 2]))
    for column in want.columns:
        assert got[column].to_list() == want[column].to_list(), column
    seen.append((int(counted[0]), int(counted[1])))


@examples(0.3)
@given(st.randoms(use_true_random=False))
def test_masks_in_blocks_agree(rng):
    with pytest.MonkeyPatch.context() as patched:
        agree(rng, patched)


def test_masks_agree_on_a_fixed_list_of_worlds_and_most_are_marked_in_blocks(monkeypatch):
    seen.clear()
    for seed in seeds(40):
        agree(Random(f"mark blocks {seed}"), monkeypatch)
    blocks, left = np.array(seen).sum(axis=0)
    assert blocks > 5 * left
