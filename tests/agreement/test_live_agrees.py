"""Matrices that are kept current are those of a fresh fold with the grid's fill, and search reads what quotes say."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import numpy as np
import pytest

from nightgrid.asking import ANYBODY
from nightgrid.engine import Engine
from nightgrid.native.program import live_block as lv
from nightgrid.search import matrices, refold
from nightgrid.search.matrices import fold_program
from nightgrid.search.new_version import build_price_version
from nightgrid.search.reach import reached_nights
from tests.live_worlds import DEEDS, DEMAND, FIRST, NIGHT_RULES, Life, live_engine
from tests.seeds import seeds


def nights_of(sums, mask):
    """The nights of running sums: int64 (plane, night, lane)."""
    return np.diff(sums.astype(np.int64), axis=1) & mask


def grid_fill(engine: Engine):
    """House fill as prices take it: an oversold house is full."""
    return np.minimum(engine.house_fill(), 10_000).astype(np.int16)


def fresh(engine: Engine, variant, lead: int):
    """The matrices of a variant, folded anew with the fill that the grid's counters give."""
    version = engine._version
    fill = grid_fill(engine)
    given = (version.compiled.program, version.catalog, version.lanes, version.n_nights, fill, "fresh")
    return fold_program(*given, version.first_night, ANYBODY, lead, wide=variant.mask < 0)


def assert_fresh(engine: Engine) -> None:
    """Every variant, its word bounds and its fill are those of now."""
    live, fill = engine._version.live, grid_fill(engine)  # which gives back what is due
    assert live.refresh()
    assert np.array_equal(live.fill_bp, fill)
    for variant, lead in zip(live.variants, live.leads, strict=True):
        assert_variant(engine, variant, lead)


def assert_variant(engine: Engine, variant, lead: int) -> None:
    """A variant's nights are those of a fresh fold in every segment that has them, and so are the bounds of words."""
    version = engine._version
    want = nights_of(fresh(engine, variant, lead).sums, variant.mask)
    product = version.lanes.lane_product
    night = np.where(product >= 0, want[0], np.iinfo(np.int64).max)
    least = np.minimum(night.reshape(len(night), -1, 64).min(axis=2), variant.mask & (2**63 - 1)) & variant.mask
    seen = 0
    for segment in range(variant.segments):
        rows = slice(segment * lv.SEGMENT_ROWS, (segment + 1) * lv.SEGMENT_ROWS)
        nights = slice(segment * lv.SEGMENT_STEP, segment * lv.SEGMENT_STEP + lv.SEGMENT_NIGHTS)
        got = nights_of(variant.matrices.sums[:, rows], variant.mask)
        count = want[:, nights].shape[1]
        assert np.array_equal(got[:, :count], want[:, nights])
        bounds = np.diff(variant.tables.word_sums[rows].astype(np.int64), axis=0) & variant.mask
        assert np.array_equal(bounds[:count], least[nights])
        seen = nights.start + count
    assert seen == version.n_nights


def assert_one_price(engine: Engine, rng: Random) -> int:
    """What search shows of each hotel is the cheapest of its quotes; returns how many were compared."""
    arrival = date.fromordinal(max(engine.first_night, FIRST.toordinal() + 1) + rng.randrange(engine.n_nights // 2))
    nights, tier = rng.choice((1, 2, 4, 9)), rng.choice(("public", "gold"))
    order = rng.choice(({}, {"sort": "rating"}, {"price_min_minor": 1}))
    offers = engine.search(arrival, nights, tier=tier, top=None, guests=1, **order).offers
    assert (
        engine.search(arrival, nights, tier=tier, top=3, guests=1).offers
        == sorted(engine.search(arrival, nights, tier=tier, top=None, guests=1).offers, key=lambda offer: offer.rank)[
            :3
        ]
    )
    calendar = engine.calendar(offers[0].hotel_id, nights, tier=tier) if offers else None
    for offer in offers:
        free = engine.availability(offer.hotel_id, arrival, arrival + timedelta(days=nights - 1))
        sold_out = set(free.filter(free["free"] < 1)["room_type_id"].to_list())
        quotes = [
            engine.quote(offer.hotel_id, room_type, arrival, nights, plan_id=plan, tier=tier).total_minor
            for room_type, plan in products_of(engine, offer.hotel_id)
            if room_type not in sold_out
        ]
        assert offer.total_minor == min(quotes)
    if calendar is not None:
        line = calendar.filter(calendar["arrival"] == arrival)
        assert line["price_minor"].item() == offers[0].total_minor
    return len(offers)


def products_of(engine: Engine, hotel_id: str) -> list[tuple[str, str]]:
    """The (room type, plan) of a hotel's products."""
    catalog = engine.catalog
    rows = catalog.rows_of(catalog.hotel_index(hotel_id))
    return [(catalog.room_type_ids[row], catalog.plan_ids[each]) for row in rows for each in catalog.products_of(row)]


@pytest.mark.parametrize("seed", seeds(5))
def test_live_prices_are_those_of_a_fresh_fold(seed):
    rng = Random(f"live {seed}")
    engine = live_engine(rng)
    life = Life(engine, rng)
    compared = 0
    for number in range(8):
        for _ in range(300 if number == 3 else rng.choice((1, 3, 40))):
            life.step()
        if number == 4:
            life.churn(700)  # more records than the ring has
        compared += assert_one_price(engine, rng)
        if engine._version.live is not None:
            assert_fresh(engine)
        if number == 5:
            engine.clock.advance_ms(24 * 3_600_000)
            engine.roll()
    assert compared > 0
    assert len(life.done) > len(DEEDS) - 2  # a small house has little to confirm or to move


def plain_nights(version):
    """Nights of a version's matrices: int64 (plane, night, lane)."""
    return nights_of(version.matrices.sums, version.matrices.mask)


@pytest.mark.parametrize("seed", seeds(4))
def test_a_version_made_from_the_one_before_is_that_of_a_fresh_fold(seed):
    """Rules and data change while rooms are sold; what no rule reaches is copied, and follows house fill on."""
    rng = Random(f"refold {seed}")
    with_fill = {"demand": DEMAND} if seed % 2 else {"derived": NIGHT_RULES["derived"]}
    book = {
        "book": {"name": "a", "tiers": ["public", "gold"], "display_currency": "EUR"},
        "season": NIGHT_RULES["season"],
        **with_fill,
    }
    engine = live_engine(rng, book)
    life = Life(engine, rng)
    for number in range(5):
        for _ in range(rng.choice((0, 3, 60))):
            life.step()
        hotel, room_type = engine._row_names(rng.randrange(engine.catalog.n_rows))
        first = date.fromordinal(engine.first_night + rng.randrange(engine.n_nights - 9))
        lines = {"hotel_id": [hotel], "room_type_id": [room_type], "first_night": [first], "last_night": [first]}
        if number % 2:
            engine.set_base_prices({**lines, "base_minor": [rng.choice((900, 77_777))]})
        else:
            dates = [{"from": first, "to": first + timedelta(days=rng.randrange(9))}]
            where = rng.choice(({}, {"where": {"region": ["west"]}}, {"where": {"plan": ["standard"]}}))
            fair = {"name": "fair", "group": "fair", "percent": rng.choice((5, 30)), "dates": dates, **where}
            engine.publish({**book, "season": [*book["season"], fair]})
        version = engine._version
        fresh_one = build_price_version(version.compiled, version.catalog, engine._inventory)
        assert (version.digest, version.by_factors) == (fresh_one.digest, fresh_one.by_factors)
        if version.live is None:
            assert np.array_equal(plain_nights(version), plain_nights(fresh_one))
            assert np.array_equal(version.tables.word_sums, fresh_one.tables.word_sums)
        else:
            assert_fresh(engine)
        assert_one_price(engine, rng)
        if number == 3:
            life.churn(700)


def test_only_what_a_rule_reaches_is_priced(monkeypatch):
    """A version made from another prices the nights of the rule, counted where they are priced."""
    rng = Random("count")
    weekend = NIGHT_RULES["season"]
    book = {"book": {"name": "a", "display_currency": "EUR"}, "demand": DEMAND[:1], "season": weekend}
    engine = live_engine(rng, book)
    seen = []
    monkeypatch.setattr(refold, "reached_nights", lambda *books: seen.append(reached_nights(*books)) or seen[-1])
    dates = [{"from": FIRST + timedelta(days=3), "to": FIRST + timedelta(days=4)}]
    engine.publish({**book, "season": [*weekend, {"name": "fair", "group": "b", "percent": 10, "dates": dates}]})
    assert engine._version.live is not None
    assert [mask.sum() for mask in seen] == [2 * engine.catalog.n_products]


def test_the_books_of_these_worlds_take_every_way():
    """Stays are factors, or are not: a tax; lead days are those of the arrival, or of each night."""
    versions = [live_engine(Random(f"live {seed}"))._version for seed in range(10)]
    assert {version.by_factors for version in versions} == {True, False}
    assert {version.live.lead_of_night for version in versions} == {True, False}
    assert max(len(version.live.variants) for version in versions if version.live) == 3


def test_a_sale_is_in_the_next_search_and_its_return_too():
    rng = Random("sale")
    engine = live_engine(rng, {"book": {"name": "d", "display_currency": "EUR"}, "demand": DEMAND[:1]})
    live = engine._version.live
    hotel, room_type = engine._row_names(0)
    arrival = FIRST + timedelta(days=4)

    def shown():
        return {offer.hotel_id: offer.total_minor for offer in engine.search(arrival, 1, top=None).offers}

    before = shown()
    words = live.words.copy()
    shown()
    assert np.array_equal(words, live.words)  # nothing was sold: nothing is written
    rooms = int(engine.matrix("free")[engine.catalog.rows_of(0)[0], 4])
    hold = engine.hold(hotel, room_type, arrival, 1, rooms=rooms)
    assert live.is_due
    after = shown()
    assert not live.is_due
    cells = live.words[9] - words[9]
    assert cells == 2  # began once, ended once
    assert {name for name in before if before[name] != after.get(name)} <= {hotel}
    engine.release(hold.id)
    assert shown() == before


def test_matrices_that_threads_make_part_by_part_are_those_of_one(monkeypatch):
    """Folded and folded again, in one part and in many of a cache line of lanes each."""
    rng = Random("parts")
    engine = live_engine(rng, {"book": {"name": "d", "display_currency": "EUR"}, "demand": DEMAND, **NIGHT_RULES})
    life = Life(engine, rng)
    while life.done["book"] < 20:
        life.step()
    monkeypatch.setattr(matrices.os, "cpu_count", lambda: 64)
    whole = engine._version
    monkeypatch.setattr(matrices, "_WORTH_THREADS", 1)
    assert len(matrices.lane_parts(len(whole.lanes.lane_product), 1)) > 1
    anew = build_price_version(whole.compiled, whole.catalog, engine._inventory)
    again = build_price_version(whole.compiled, whole.catalog, engine._inventory, before=anew)
    assert whole.live.refresh()
    for version in (anew, again):
        assert version.live.refresh()
        assert np.array_equal(version.live.fill_bp, whole.live.fill_bp)
        for ours, theirs in zip(version.live.variants, whole.live.variants, strict=True):
            nights = [nights_of(each.matrices.sums, each.mask) for each in (ours, theirs)]
            inside = np.ones(nights[0].shape[1], np.bool_)
            inside[lv.SEGMENT_ROWS - 1 :: lv.SEGMENT_ROWS] = False  # from one segment to the next
            assert np.array_equal(nights[0][:, inside], nights[1][:, inside])
    engine.publish(
        {"book": {"name": "e", "display_currency": "EUR"}, "demand": DEMAND, "season": NIGHT_RULES["season"]}
    )
    assert_fresh(engine)
