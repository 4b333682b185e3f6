"""Every golden case through the real engine: one call at a time, and in batches."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from tests.engines import BatchInventory, EngineInventory, engine_of, search_engine
from tests.golden.loader import InventoryCase, PriceCase, SearchCase, World, inventory_cases, price_cases, search_cases
from tests.golden.player import lacking, play
from tests.oracles.search import Request

FACES = [EngineInventory, BatchInventory]
#: Columns of a frame of holds that not every hold has.
MORE_COLUMNS = ("guests", "plan", "tier", "channel", "block", "reference", "value_minor", "coupon", "coupon_units")
MORE_COLUMNS += ("points", "points_units", "nights_minor")


def open_engine(world: World, now_ms: int | None = None):
    """The engine of a world at an instant, its first one unless given."""
    return engine_of(
        vars(world),
        world.first_night,
        world.nights,
        world.now_ms if now_ms is None else now_ms,
        book=world.book,
        slots=world.slots,
        retention_ms=world.retention_ms,
        **world.names(),
    )


def skip_what_cannot_be_said(case: InventoryCase) -> None:
    """Skip a case, and name what for, where the adapter has no method or argument for one of its steps. As soon as
    it has, the case runs.
    """
    lacks = lacking(EngineInventory, engine_of, case)
    if lacks:
        pytest.skip(f"the adapter of the engine lacks {', '.join(lacks)}")


def noon_ms(case: PriceCase) -> int:
    """Noon at the hotel on the day on which the stay is booked."""
    hotel = case.world.hotel(case.product["hotel_id"])
    day = case.arrival - timedelta(days=case.lead_days)
    return round(datetime.combine(day, time(12), ZoneInfo(hotel["time_zone"])).timestamp() * 1000)


def ids_of(case: PriceCase):
    return (case.product["hotel_id"], case.product["room_type_id"])


@pytest.mark.parametrize("case", price_cases(), ids=lambda case: case.name)
def test_a_quote_is_the_golden_price(case: PriceCase):
    engine = open_engine(case.world, noon_ms(case))

    quote = engine.quote(*ids_of(case), case.arrival, case.nights, plan_id=case.product["plan_id"], tier=case.tier)

    assert quote.lead_days == case.lead_days
    assert quote.total_minor == case.expect["total_minor"]
    assert sum(quote.nights_minor) == quote.total_minor
    assert list(quote.nights_minor) == case.expect.get("nights_minor", list(quote.nights_minor))
    assert engine.explain(quote).total_minor == case.expect["total_minor"]


@pytest.mark.parametrize("case", price_cases(), ids=lambda case: case.name)
def test_a_quote_among_many_is_the_golden_price(case: PriceCase):
    """Asked on a later day, as if it were the day of the booking."""
    engine = open_engine(case.world, noon_ms(case) + 3 * 24 * 3_600_000)
    line = {"arrival": case.arrival, "nights": case.nights, "plan_id": case.product["plan_id"]}
    line |= {"booking_date": case.arrival - timedelta(days=case.lead_days)}
    line |= dict(zip(("hotel_id", "room_type_id"), ids_of(case), strict=True))
    line |= {} if case.tier is None else {"tier": case.tier}

    answers = engine.quote_many({key: [value] * 2 for key, value in line.items()} | {"rooms": [1, 3]})

    assert answers["outcome"].to_list() == [0, 0]
    assert answers["lead_days"].to_list() == [case.lead_days] * 2
    assert answers["total_minor"].to_list() == [case.expect["total_minor"], 3 * case.expect["total_minor"]]


@pytest.mark.parametrize("case", price_cases(), ids=lambda case: case.name)
def test_search_and_repricing_show_the_golden_price(case: PriceCase):
    engine = open_engine(case.world, noon_ms(case))
    hotel_id, room_type_id = ids_of(case)
    engine.set_capacity({"hotel_id": [hotel_id], "room_type_id": [room_type_id], "capacity": [1]})
    tiers = None if case.tier is None else [case.tier]
    plan = case.product["plan_id"]

    request = Request(case.arrival, case.nights, case.tier, guests=1, hotel_ids=[hotel_id], plan=plan)
    found = search_engine(engine, request, room_type=room_type_id, top=None, currency=case.display_currency)
    batches = engine.reprice(stays=[case.nights], tiers=tiers, arrivals=(case.arrival, case.arrival))

    product_index = engine.catalog.product_index(hotel_id, room_type_id, plan)
    lines = [line for batch in batches for line in batch.to_pylist() if line["product_index"] == product_index]
    assert lines[0]["price_minor"] == case.expect["total_minor"]
    assert len(lines) == (len(engine._version.tiers) if tiers is None else 1)
    assert [offer.total_minor for offer in found.offers] == [case.expect["total_minor"]]
    if "display_minor" in case.expect:
        assert found.offers[0].display_minor == case.expect["display_minor"]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("case", inventory_cases(), ids=lambda case: case.name)
def test_inventory(case: InventoryCase, face):
    skip_what_cannot_be_said(case)
    inventory = face(open_engine(case.world))
    names: dict[str, int] = {}
    for number, step in enumerate(case.steps, start=1):
        try:
            play(inventory, step, names)
        except AssertionError as error:
            raise AssertionError(f"step {number} {step}: {error}") from error
    assert inventory.check() == []


@pytest.mark.parametrize("case", inventory_cases(), ids=lambda case: case.name)
def test_holds_that_follow_each_other_in_one_frame(case: InventoryCase):
    skip_what_cannot_be_said(case)
    inventory = BatchInventory(open_engine(case.world))
    names: dict[str, int] = {}
    for is_batch, run in groupby(case.steps, key=_fits_a_frame):
        steps = list(run)
        if not is_batch:
            for step in steps:
                play(inventory, step, names)
            continue
        answers = inventory.hold_lines([_line(step) for step in steps])
        for step, answer in zip(steps, answers, strict=True):
            assert (answer.outcome, answer.night) == (step.expect, step.night), step
            if answer.outcome == "OK":
                names[step.arguments["as"]] = answer.hold_id
            assert answer.hold_id == (names[step.arguments["as"]] if answer.outcome in ("OK", "EXISTS") else None)
        for what, expected in steps[-1].counts.items():
            assert inventory.counts(what, (steps[-1].hotel_id, steps[-1].room_type_id)) == expected, what
    assert inventory.check() == []


def _fits_a_frame(step):
    """A hold; one whose time to live is not allowed would take all lines of its frame with it."""
    asked = step.arguments
    in_time = 0 < asked.get("ttl_seconds", 900) <= 30 * 24 * 3600
    return step.do == "hold" and in_time and not {"replace", "departure"} & set(asked)


def _line(step):
    """A hold step as a line of a frame."""
    asked = step.arguments
    more = {name: asked[name] for name in MORE_COLUMNS if name in asked}
    return {
        **more,
        "hotel_id": step.hotel_id,
        "room_type_id": step.room_type_id,
        "arrival": asked["arrival"],
        "nights": asked.get("nights", 1),
        "rooms": asked.get("rooms", 1),
        "ttl_ms": asked.get("ttl_seconds", 900) * 1000,
        "key": asked.get("key"),
        "guest": asked.get("guest"),
    }


@pytest.mark.parametrize("top", ["as asked", None])
@pytest.mark.parametrize("case", search_cases(), ids=lambda case: case.name)
def test_search(case: SearchCase, top):
    inventory = EngineInventory(open_engine(case.world))
    names: dict[str, int] = {}
    for step in case.steps:
        play(inventory, step, names)
    request = Request(**case.request)

    found = search_engine(inventory.engine, request, **({"top": None} if top is None else {}))

    expected = case.expect["offers"]
    offers = found.offers[: request.top]
    assert len(offers) == len(expected)
    for offer, wanted in zip(offers, expected, strict=True):
        assert {key: getattr(offer, key) for key in wanted} == wanted
    for count in ("hotels_considered", "hotels_available"):
        if count in case.expect:
            assert getattr(found, count) == case.expect[count]
