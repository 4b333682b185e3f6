"""Books and stays at the edges of what matrices follow: a search tells at once what a quote tells."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from nightgrid import Refused
from nightgrid.search import every_product, live
from tests.engines import engine_of
from tests.strategies import NOW_MS

FIRST, NIGHTS, HOTELS = date(2026, 12, 18), 90, 70
LEADS = [0, 3, 7, 14]
GENERAL: dict[str, Any] = {
    "promotion": [{"name": "full", "spend": [{"from": {"CNY": "900"}, "off": {"CNY": "100"}}]}],
    "tax": [{"name": "VAT", "percent": 6}],
}


def demand_of(leads: list[int]) -> list[dict[str, Any]]:
    """Bands of house fill and of lead days, each with a price of its own."""
    percent = [[5 * fill - band for band in range(len(leads))] for fill in range(3)]
    return [{"name": "fill", "fill": [0, 40, 80], "lead_days": leads, "percent": percent}]


BY_LEAD: dict[str, Any] = {"name": "lead", "fill": [0], "lead_days": LEADS, "percent": [[0, -3, -7, -20]]}
CASES: dict[str, tuple[dict[str, Any], int]] = {
    "lead days of every night": ({"book": {"name": "nights", "lead_of": "night"}, "demand": demand_of(LEADS)}, 5),
    "many bands": ({"book": {"name": "bands"}, "demand": demand_of(list(range(0, 60, 4)))}, 3),
    "long stays": ({"book": {"name": "long"}, "demand": demand_of([0])}, 45),
    "stays over several segments": ({"book": {"name": "longer", "lead_of": "night"}, "demand": demand_of(LEADS)}, 70),
    "lead days alone": ({"book": {"name": "lead"}, "demand": [BY_LEAD]}, 4),
    "lead days of every night alone": ({"book": {"name": "leads", "lead_of": "night"}, "demand": [BY_LEAD]}, 6),
}


def made(book: dict[str, Any]) -> Any:
    rng = Random("limits")
    hotels = [{"hotel_id": f"H{at}", "currency": "CNY", "time_zone": "Asia/Shanghai"} for at in range(HOTELS)]
    rows = [{"hotel_id": f"H{at}", "room_type_id": "king"} for at in range(HOTELS)]
    world = {
        "hotels": hotels,
        "room_types": [row | {"capacity": 4, "guests_max": 2} for row in rows],
        "products": [row | {"plan_id": "plan", "base_minor": rng.randrange(20_000, 40_000)} for row in rows],
    }
    return engine_of(world, FIRST, NIGHTS, NOW_MS, book=book, slots=4_000)


@pytest.mark.parametrize("more", [{}, GENERAL], ids=["factors", "pipeline"])
@pytest.mark.parametrize("case", CASES)
def test_a_search_after_a_sale_tells_what_a_quote_tells(case, more, monkeypatch):
    monkeypatch.setattr(live, "CELLS_MAX", 0)
    book, nights = CASES[case]
    engine, rng = made(book | more), Random(case)
    holds: list[str] = []
    seen = set()
    for _ in range(8):
        for _ in range(rng.randrange(40)):
            hotel, arrival = f"H{rng.randrange(8)}", FIRST + timedelta(days=rng.randrange(30))
            try:
                holds.append(engine.hold(hotel, "king", arrival, rng.randint(1, 9)).id)
            except Refused:
                continue
        while holds and rng.random() < 0.8:
            engine.release(holds.pop(rng.randrange(len(holds))))
        arrival = FIRST + timedelta(days=rng.randrange(1, 12))
        found = engine.search(arrival, nights, top=rng.choice([5, None]), hotel_ids=[f"H{at}" for at in range(20)])
        assert found.offers
        for offer in found.offers:
            quote = engine.quote(offer.hotel_id, "king", arrival, nights)
            assert offer.total_minor == quote.total_minor
        seen.add(tuple(offer.total_minor for offer in found.offers[:5]))
    assert len(seen) > 3 or "alone" in case  # sales and returns move prices
    assert engine.check() == []


@pytest.mark.parametrize("more", [{}, GENERAL], ids=["factors", "pipeline"])
@pytest.mark.parametrize("case", [case for case in CASES if case != "many bands"])
def test_matrices_serve_them_without_pricing_every_product(case, more, monkeypatch):
    book, nights = CASES[case]
    engine = made(book | more)
    want = [engine.quote(f"H{at}", "king", FIRST + timedelta(days=3), nights).total_minor for at in range(HOTELS)]
    monkeypatch.setattr(every_product, "totals_of", None)
    engine.hold("H0", "king", FIRST + timedelta(days=3), 1)
    shown = engine.search(FIRST + timedelta(days=3), nights, top=None).offers
    assert {offer.hotel_id: offer.total_minor for offer in shown} == {f"H{at}": want[at] for at in range(HOTELS)}


def test_a_small_chain_keeps_any_number_of_bands(monkeypatch):
    book = CASES["many bands"][0]
    kept = made(book)._priced().live
    assert len(kept.variants) == len(book["demand"][0]["lead_days"]) > live.VARIANTS_MAX
    monkeypatch.setattr(live, "CELLS_MAX", 0)
    assert made(book)._priced().live is None
