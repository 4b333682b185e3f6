"""Prices that depend on house fill follow the very sale that changes it, and the return of its rooms."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from nightgrid import Catalog, Engine, ManualClock

FIRST = date(2027, 3, 1)
BOOK = {
    "book": {"name": "Demand"},
    "demand": [{"name": "Fill", "fill": [0, 50, 80], "lead_days": [0], "percent": [[0], [10], [50]]}],
}


@pytest.fixture
def engine():
    """A hotel of ten rooms in two types, 100.00 a night."""
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H", "H"], "room_type_id": ["A", "B"], "capacity": [6, 4], "base_minor": [10_000, 10_000]},
    )
    made = Engine.in_memory(catalog, FIRST, 10, clock=ManualClock(datetime(2027, 3, 1, 12, tzinfo=UTC)))
    made.publish(BOOK)
    return made


def prices(engine, nights=2):
    """Totals of a stay from the second night on, quoted alone and in a frame."""
    arrival = FIRST.replace(day=2)
    alone = engine.quote("H", "A", arrival, nights).total_minor
    lines = {"hotel_id": ["H"], "room_type_id": ["A"], "arrival": [arrival], "nights": [nights]}
    assert engine.quote_many(lines)["total_minor"].to_list() == [alone]
    (offer,) = engine.search(arrival, nights).offers
    assert offer.total_minor == alone  # both room types cost the same
    calendar = engine.calendar("H", nights).filter(pl.col("arrival") == arrival)
    assert calendar["price_minor"].to_list() == [alone]
    return alone


def test_a_sale_moves_the_price_of_its_nights_at_once(engine) -> None:
    assert prices(engine) == 20_000
    half = engine.hold("H", "A", FIRST.replace(day=2), 1, rooms=5)  # 5 of 10 rooms: 50 % on the first night only
    assert prices(engine) == 11_000 + 10_000
    engine.book("H", "B", FIRST.replace(day=2), 2, rooms=3)  # 80 % and 30 %
    assert prices(engine) == 15_000 + 10_000
    engine.release(half.id)
    assert prices(engine) == 20_000


def test_a_hold_whose_time_is_up_fills_no_house(engine) -> None:
    engine.hold("H", "A", FIRST.replace(day=2), 1, rooms=5, ttl_seconds=60)
    assert prices(engine) == 21_000
    engine.clock.advance_ms(60_000)
    assert prices(engine) == 20_000


def test_nights_that_have_no_price_yet_are_beyond_the_horizon_while_the_window_rolls(engine) -> None:
    """The nights on sale have rolled on, and the prices are still those of the window before."""
    engine.clock.advance_ms(24 * 3_600_000)
    engine._inventory.roll(engine.first_night + 1, engine._inventory.open_words(), engine.clock.now_ms(), None)
    calendar = engine.calendar("H", 2)
    assert calendar["outcome"].to_list() == ["OK"] * 8 + ["OUTSIDE_HORIZON"] * 2
    engine.publish({**BOOK, "book": {"name": "after"}})
    assert engine.calendar("H", 2)["outcome"].to_list() == ["OK"] * 9 + ["OUTSIDE_HORIZON"]


def test_a_quote_keeps_the_fill_that_it_was_made_with(engine) -> None:
    before = engine.quote("H", "A", FIRST.replace(day=2), 1)
    engine.book("H", "A", FIRST.replace(day=2), 1, rooms=5)

    assert before.asking.fill_bp == (0,)
    assert engine.requote(before) == before
    assert engine.quote("H", "A", FIRST.replace(day=2), 1).asking.fill_bp == (5_000,)


def test_a_night_that_becomes_too_dear_for_sums_of_nights_is_priced_stay_by_stay() -> None:
    """Percents with decimals under policy "total": ten times the price does not fit the exact sums of 300 nights."""
    seasons = [{"name": name, "group": name, "percent": percent} for name, percent in (("s", "1.25"), ("t", "0.35"))]
    demand = {"name": "Fill", "fill": [0, 50], "lead_days": [0], "percent": [[0], [900]]}
    book = {"book": {"name": "Fine"}, "rounding": {"policy": "total"}, "season": seasons, "demand": [demand]}
    catalog = Catalog.from_frames(
        {"hotel_id": ["H"], "currency": ["EUR"], "time_zone": ["UTC"]},
        {"hotel_id": ["H", "H"], "room_type_id": ["A", "B"], "capacity": [6, 4], "base_minor": [100_000, 100_000]},
    )
    engine = Engine.in_memory(catalog, FIRST, 300, clock=ManualClock(datetime(2027, 3, 1, 12, tzinfo=UTC)))
    engine.publish(book)
    live = engine._version.live
    assert prices(engine) == 203_209  # 2 x 1,000.00 x 1.0125 x 1.0035
    assert live.refresh()
    held = engine.hold("H", "A", FIRST.replace(day=2), 1, rooms=5)
    assert prices(engine) == 1_117_648
    assert not live.refresh()
    engine.release(held.id)
    assert prices(engine) == 203_209
    engine.publish({**book, "book": {"name": "again"}})
    assert engine._version.live.refresh()
    assert prices(engine) == 203_209


@pytest.mark.parametrize("lead_of", ["night", "arrival"])
def test_lead_days_of_nights_and_many_bands_follow_every_sale_too(engine, lead_of) -> None:
    """In more bands of lead days than a large chain keeps."""
    leads = list(range(0, 20, 2))
    demand = {"name": "Fill", "fill": [0, 50, 80], "lead_days": leads, "percent": [[p] * 10 for p in (0, 10, 50)]}
    engine.publish({"book": {"name": "many", "lead_of": lead_of}, "demand": [demand]})
    assert engine._version.live is not None
    half = engine.hold("H", "A", FIRST.replace(day=2), 1, rooms=5)
    assert prices(engine) == 11_000 + 10_000
    engine.release(half.id)
    assert prices(engine) == 20_000
