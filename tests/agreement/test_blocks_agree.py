"""Prices in blocks agree with the definition line by line, which agrees with the oracle (`test_books_agree`)."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid import InputError, RuleBookError
from nightgrid.asking import Asking
from nightgrid.limits import BASE_MINOR_MAX
from nightgrid.search.price_blocks import Asked, fill_cube, totals_of, ways
from nightgrid.search.stay_prices import totals_by_line
from tests.agreement.book_compare import engine_for
from tests.agreement.compare import examples
from tests.book_worlds import BookWorld, draw_stay, draw_world
from tests.seeds import seeds

FILLS_BP = (0, 1_000, 5_000, 7_999, 8_000, 10_000)
ASKED = ("adults", "children", "channel", "country", "device", "language", "coupons", "packages", "points")
ARRIVALS = 12


def drawn_question(rng: Random, world: BookWorld, version: Any) -> Asked:
    """A cube of a world, for a guest who says something or nothing."""
    stay = draw_stay(rng, world.book)
    said = {key: stay[key] for key in ASKED if key in stay} if rng.random() < 0.6 else {}
    if version.compiled.program.per_person:
        said.setdefault("adults", 2)
    products = np.arange(version.catalog.n_products).repeat(2)
    today = version.first_night + np.array([rng.randint(-40, 2) for _ in products], np.int64)
    arrival = version.first_night + rng.randint(0, version.n_nights - 1)
    stays = np.array(sorted({1, rng.randint(1, 5), rng.randint(1, 12)}), np.int64)
    fill = None
    if rng.random() < 0.5:
        fill = np.array(
            [[rng.choice(FILLS_BP) for _ in range(version.n_nights)] for _ in range(version.catalog.n_hotels)], np.int16
        )
    tiers = np.arange(len(version.tiers), dtype=np.int64)
    return Asked(version, products, today, arrival, stays, tiers, Asking(**said), fill)


def answered(asked: Asked, *, told: bool) -> tuple[Any, Any]:
    """(totals, bits of the promotions applied) of a cube in blocks; the bits are empty where they are not asked for."""
    shape = (ARRIVALS, len(asked.stays), len(asked.tiers), len(asked.products))
    out = np.full(shape, -7, np.int64)
    bits = np.full(shape if told else (0, 0, 0, 0), -7, np.int64)
    fill_cube(asked, out, bits)
    return out, bits


def defined(asked: Asked) -> tuple[Any, Any]:
    """The same by the definition."""
    shape = (ARRIVALS, len(asked.stays), len(asked.tiers), len(asked.products))
    out, bits = np.full(shape, -1, np.int64), np.zeros(shape, np.int64)
    for at in range(ARRIVALS):
        day = asked.arrival + at
        for stay, nights in enumerate(asked.stays.tolist()):
            if day + nights > asked.version.first_night + asked.version.n_nights:
                continue
            for tier in range(len(asked.tiers)):
                out[at, stay, tier], bits[at, stay, tier] = totals_by_line(
                    asked.version, asked.products, day, nights, tier, day - asked.today, asked.asking, None,
                    asked.fill_bp,
                )  # fmt: skip
    return out, bits


def program_of(rng: Random, times: int = 1) -> tuple[BookWorld, Any] | None:
    """(world, version) of a drawn book with a full pipeline, base prices so many times as high; None for others."""
    world = draw_world(rng)
    for product in world.products:
        product["base_minor"] = min(product["base_minor"] * times, BASE_MINOR_MAX)
    try:
        engine = engine_for(world)
    except RuleBookError:  # a price could be too high
        if times == 1:
            raise
        return None
    version = None if engine is None else engine._priced()
    return None if version is None or version.compiled.program is None else (world, version)


def agree(rng: Random, times: int = 1) -> tuple[int, int] | None:
    """Compare a cube of a drawn world; returns how many of its prices were worked out in blocks and one by one."""
    made = program_of(rng, times)
    if made is None:
        return None
    asked = drawn_question(rng, *made)
    try:
        want, want_bits = defined(asked)
    except InputError:
        with pytest.raises(InputError):
            answered(asked, told=False)
        return None
    before = ways.counts()
    got, _ = answered(asked, told=False)
    after = ways.counts()
    assert np.array_equal(got, want)
    got, bits = answered(asked, told=True)
    assert np.array_equal(got, want)
    assert np.array_equal(np.where(want < 0, 0, bits), want_bits)
    return after[0] - before[0], after[1] - before[1]


@examples(0.3)
@given(st.randoms(use_true_random=False))
def test_cubes_agree(rng):
    agree(rng)


def test_cubes_agree_on_a_fixed_list_of_worlds_and_most_are_priced_in_blocks():
    counted = [found for seed in seeds(40) if (found := agree(Random(seed))) is not None]
    blocks, single = np.array(counted).sum(axis=0)
    assert blocks > single > 0  # both are compared


@pytest.mark.parametrize("times", [1_000, 1_000_000])
def test_large_prices_agree(times):
    """Amounts near what a block can hold, and beyond: there they are worked out one by one."""
    counted = [found for seed in seeds(30) if (found := agree(Random(seed), times)) is not None]
    assert np.array(counted).sum(axis=0).min() > 0


def test_what_a_search_asks_agrees():
    rng = Random(5)
    for _ in range(30):
        made = program_of(rng)
        if made is None:
            continue
        asked = drawn_question(rng, *made)
        products = asked.products.repeat(4)  # more than are priced line by line
        nights = int(asked.stays[0])
        if asked.arrival + nights > asked.version.first_night + asked.version.n_nights:
            continue
        leads = np.array([rng.choice((0, 1, 1, 30, -1)) for _ in products], np.int64)
        question = (asked.version, products, asked.arrival, nights, 0, leads, asked.asking)
        assert np.array_equal(totals_of(*question), totals_by_line(*question)[0])
