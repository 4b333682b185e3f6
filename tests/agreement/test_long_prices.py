"""Stays whose fractions leave 128 bits: every question about prices gives the oracle's answer, as for all others.

The books are those for which the proof cannot say that the numbers of the kernels suffice. Nights have prices without
common factors, so that fractions do not cancel. Each test fails where no stay left the numbers of the kernels.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from nightgrid.engine.prices import cube_marks, line_answers
from nightgrid.search import long_prices, stay_prices, stay_quote
from tests.agreement.book_compare import engine_for, oracle_answer, quote_differences
from tests.agreement.test_block_ties import world_of
from tests.strategies import FIRST_NIGHT

#: Without common factors; cheap beside the amounts, so that some nights come to nothing.
PRICES = (50_021, 49_999, 70_001, 64_997, 30_011, 51_001, 90_001, 47_017, 58_013, 61_027, 33_023, 77_017, 1_009)


def off(number: int, amount: str = "7.01", **more: Any) -> dict[str, Any]:
    """An amount off some nights, which overlap with those of the next one."""
    dates = {"from": FIRST_NIGHT + timedelta(days=2 * number), "to": FIRST_NIGHT + timedelta(days=2 * number + 3)}
    rule = {"name": f"off {number}", "class": "any", "applies": "nights", "stay_dates": [dates], **more}
    return rule if more else rule | {"off_per_night": {"CNY": amount}}


SHARES = {
    "length_of_stay": [{"name": "L", "reading": "marginal", "bands": [
        {"from_nights": 3, "percent": "-5.25"}, {"from_nights": 7, "percent": "-12.75"}]}],
    "member_tier": [{"name": "Members", "amount": {"gold": {"CNY": "-50.01"}}}],
}  # fmt: skip
BOOKS: dict[str, dict[str, Any]] = {
    "amounts off nights": {"promotion": [off(n) for n in range(5)]},
    "amounts that take all": {"promotion": [off(0, "5.03"), off(1, "400.01"), off(2), off(3, "300.07"), off(4)]},
    "percents of the base": {"promotion": [off(n, percent=f"-{n + 3}.17", of="base") for n in range(6)]},
    "limited percents": {"promotion": [off(n, percent="-33.33", max_off={"CNY": f"{90 + n}.01"}) for n in range(6)]},
    "after shares and amounts": SHARES | {"promotion": [*(off(n) for n in range(4)),
        {"name": "Sunday", "class": "any", "night_percent": {"percent": "-30.75", "nights": ["sun"]}}]},
    "the best of several": {"promotion": [off(n) for n in range(5)] + [{"name": "half", "percent": "-2.5"}],
        "stacking": {"policy": "guest"}},
}  # fmt: skip


def world_with(book: dict[str, Any]) -> Any:
    """Two products whose nights all cost something else."""
    world = world_of({"stacking": {"policy": "accumulate"}, **book}, (50_000, 1_000))
    prices = [
        {**{key: product[key] for key in ("hotel_id", "room_type_id", "plan_id")},
         "first_night": FIRST_NIGHT + timedelta(days=day), "last_night": FIRST_NIGHT + timedelta(days=day),
         "base_minor": minor if number == 0 else minor // 40}
        for number, product in enumerate(world.products) for day, minor in enumerate(PRICES)
    ]  # fmt: skip
    return replace(world, base_prices=prices)


@pytest.fixture
def long_ones(monkeypatch):
    """The stays that were worked out in longer numbers, by module that asked."""
    met = []
    for module in (stay_prices, stay_quote, line_answers, cube_marks):

        def counted(*given, module=module):
            met.append(module.__name__.rpartition(".")[2])
            return long_prices.long_price(*given)

        monkeypatch.setattr(module, "long_price", counted)
    return met


@pytest.mark.parametrize("name", BOOKS)
def test_long_prices_are_the_oracles(name, long_ones):
    world = world_with(BOOKS[name])
    engine = engine_for(world)
    assert engine._version.compiled.program.long_stages != ()
    stays = [
        {"arrival": FIRST_NIGHT + timedelta(days=day), "nights": nights, "lead_days": 3, "tier": tier}
        for day in (0, 1) for nights in (2, 9, 13) for tier in ("public", "gold")
    ]  # fmt: skip
    questions = [(product, stay) for stay in stays for product in world.products]
    assert quote_differences(engine, world, questions) == []
    assert set(long_ones) == {"stay_quote"}
    want = [oracle_answer(world, *question) for question in questions]
    lines = [product | stay for product, stay in questions]
    frame = pl.DataFrame(
        [{key: line[key] for key in ("hotel_id", "room_type_id", "plan_id", "arrival", "nights", "tier")}
         | {"booking_date": line["arrival"] - timedelta(days=3)} for line in lines]
    )  # fmt: skip
    bulk = engine.quote_many(frame, masks=True)
    assert bulk["total_minor"].to_list() == [each.total_minor for each in want]
    assert bulk["applied"].to_list() == [list(each.applied) for each in want]
    assert "line_answers" in long_ones
    legend = engine.rule_legend()
    for line, told in zip(lines, bulk.to_dicts(), strict=True):
        said = {key: line[key] for key in ("arrival", "nights", "tier", "plan_id")}
        said["booking_date"] = line["arrival"] - timedelta(days=3)
        why = engine.explain(engine.quote(line["hotel_id"], line["room_type_id"], **said))
        bits = legend.filter(pl.col("rule_set") == told["rule_set"])
        rows = bits.select("bit", "kind", "position").rows()
        named = {(kind, position) for bit, kind, position in rows if told["applied_rules"] >> bit & 1}
        assert named == {(note.kind, note.position) for note in why.matched}


@pytest.mark.parametrize("name", BOOKS)
def test_cubes_and_searches_have_long_prices_too(name, long_ones):
    world = world_with(BOOKS[name])
    engine = engine_for(world)
    booked = FIRST_NIGHT
    batches = engine.reprice(stays=[9, 2, 13], booking_date=booked, masks=True, arrivals=(FIRST_NIGHT, FIRST_NIGHT))
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert len(rows) == 2 * 3 * len(engine._version.tiers)
    for row in rows:
        stay = {"arrival": row["arrival"], "nights": row["nights"], "lead_days": 0, "tier": row["tier"]}
        assert row["price_minor"] == oracle_answer(world, world.products[row["product_index"]], stay).total_minor
    assert "stay_prices" in long_ones
    frame = pl.DataFrame([{key: row[key] for key in ("product_index", "arrival", "nights", "tier")} for row in rows])
    told = engine.quote_many(frame, masks=True, booking_date=booked)
    assert told["applied_rules"].to_list() == [row["applied_rules"] for row in rows]
    offers = engine.search(FIRST_NIGHT, 13).offers
    assert min(row["price_minor"] for row in rows if (row["nights"], row["tier"]) == (13, "public")) in [
        offer.total_minor for offer in offers
    ]
