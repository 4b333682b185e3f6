"""Nights that are folded for all products of a class at once are those of single cells."""

from __future__ import annotations

from datetime import date
from random import Random

import numpy as np
import pytest

from nightgrid.asking import ANYBODY
from nightgrid.native.program.night_fold import price_cells
from nightgrid.search import matrices
from nightgrid.search.matrices import fold_program, night_classes
from tests.agreement.test_live_agrees import grid_fill, nights_of
from tests.live_worlds import DEMAND, NIGHT_RULES, Life, live_engine
from tests.seeds import seeds


def book_of(rng, rounding):
    """Demand and seasons; now and then plans that are derived, and bounds."""
    book = {"book": {"name": "classes", "display_currency": "EUR"}, "demand": DEMAND, **rounding}
    book |= {kind: rules for kind, rules in NIGHT_RULES.items() if kind == "season" or rng.randrange(2)}
    return book


@pytest.mark.parametrize("policy", ["default", "night", "total", "step"])
@pytest.mark.parametrize("seed", seeds(3))
def test_nights_of_classes_are_those_of_single_cells(seed, policy, monkeypatch):
    monkeypatch.setattr(matrices, "_SHARED_BY", 0)
    rng = Random(f"classes {seed}")
    engine = live_engine(rng, book_of(rng, {"rounding": {"policy": policy}}))
    life = Life(engine, rng)
    for _ in range(60):
        life.step()
    version, fill = engine._version, grid_fill(engine)
    program, catalog = version.compiled.program, version.catalog
    assert len(night_classes(program).members)
    given = (program, catalog, version.lanes, version.n_nights, fill, "classes", version.first_night, ANYBODY)
    product, night = np.meshgrid(np.arange(catalog.n_products), np.arange(version.n_nights), indexing="ij")
    hotel = catalog.row_hotel[catalog.product_row[product]]
    query = program.question(ANYBODY, version.first_night, 1, 0, 0)
    for lead in program.leads:
        made = fold_program(*given, lead)
        cells = np.stack([product, night, np.full_like(product, lead), fill[hotel, night]], axis=-1)
        want = np.empty((product.size, len(program.scales)), np.int64)
        price_cells(program.desk, program.terms, query, cells.reshape(-1, 4).astype(np.int64), want)
        lane = np.empty(catalog.n_products, np.int64)
        some = np.flatnonzero(version.lanes.lane_product >= 0)
        lane[version.lanes.lane_product[some]] = some
        got = nights_of(made.sums, made.mask)[:, :, lane].transpose(2, 1, 0)
        assert np.array_equal(got.reshape(want.shape), want)


def test_products_of_derived_plans_and_fixed_prices_go_by_themselves(monkeypatch):
    monkeypatch.setattr(matrices, "_SHARED_BY", 0)
    engine = live_engine(Random("single"), book_of(Random(1), {}) | {"derived": NIGHT_RULES["derived"]})
    hotel, room_type = engine._row_names(0)
    night = date.fromordinal(engine.first_night)
    lines = {"hotel_id": [hotel], "room_type_id": [room_type], "night": [night]}
    engine.set_price_overrides({**lines, "kind": ["fixed"], "amount_minor": [500]}, "replace")
    catalog = engine.catalog
    apart = [
        each for each in range(catalog.n_products) if catalog.plan_ids[each] == "flex" or catalog.product_row[each] == 0
    ]
    classes = night_classes(engine._version.compiled.program)
    assert np.flatnonzero(classes.class_of < 0).tolist() == apart
