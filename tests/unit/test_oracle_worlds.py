"""Random small worlds through the oracles, judged by laws that need no second implementation."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import strategies as worlds
from tests.oracles import money, nights, prices, rules
from tests.oracles.inventory import Inventory
from tests.oracles.search import Chain, Request, search

#: The standard library's own rounding, the other judge of ours.
DECIMAL_MODES = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "half_down": ROUND_HALF_DOWN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}
#: Worlds are dear to draw, and the tests of agreement put the same oracles beside the engine.
FEWER = settings(max_examples=settings.default.max_examples // 2)
STAY = st.tuples(
    st.sampled_from(worlds.WINDOW), st.sampled_from([1, 2, 3, 4, 7, 14]), st.integers(0, 45) | st.just(1_500)
)


def open_inventory(catalogue, slots=1_000):
    """An oracle of a drawn catalogue at the worlds' first instant."""
    window = (worlds.FIRST_NIGHT, worlds.WINDOW_NIGHTS)
    return Inventory(catalogue["hotels"], catalogue["room_types"], *window, worlds.NOW_MS, slots=slots)


def perform(inventory, operation, granted):
    """Do one drawn operation; `granted` collects the ids of granted holds."""
    step = dict(operation)
    do = step.pop("do")
    if do == "hold":
        step["ttl_ms"] = step.pop("ttl_seconds") * 1000
        answer = inventory.hold(**step)
        if answer.outcome == "OK":
            granted.append(answer.hold_id)
        return answer
    if do in ("confirm", "release", "cancel", "get"):
        hold_id = granted[step["index"] % len(granted)] if granted else 12_345
        return getattr(inventory, do)(hold_id)
    if do == "wait":
        return inventory.wait(step["ms"])
    if do == "restrict":
        return inventory.restrict(step.pop("hotel_id"), step.pop("first"), step.pop("last"), **step)
    if do in ("set_capacity", "set_sold_elsewhere"):
        row = (step["hotel_id"], step["room_type_id"])
        return getattr(inventory, do)(row, step["first"], step["last"], step["rooms"])
    if do == "availability":
        return [inventory.availability(row) for row in inventory.cells]
    return getattr(inventory, do)()


def snapshot(inventory):
    """All counters of all cells."""
    return {row: [inventory.counts(what, row) for what in ("free", "held", "sold")] for row in inventory.cells}


def check_cells(inventory):
    """The conservation law, and no count below zero that may not be."""
    for row in inventory.cells:
        for cell in inventory.cells[row].values():
            assert cell.free + cell.held + cell.sold == cell.capacity
            assert cell.held >= 0
            assert cell.sold >= cell.sold_elsewhere >= 0


def end_everything(inventory):
    """Release every hold and cancel every booking that is still known."""
    inventory.expire()
    for hold in list(inventory.holds.values()):
        if hold.state in ("held", "booked"):
            assert getattr(inventory, {"held": "release", "booked": "cancel"}[hold.state])(hold.hold_id) == "OK"


@FEWER
@given(worlds.worlds(operations_max=0), STAY, st.data())
def test_prices_of_a_world_keep_their_laws(world, stay, data):
    book, catalogue = world["book"], world["catalogue"]
    arrival, count, lead_days = stay
    product = data.draw(st.sampled_from(catalogue["products"]))
    hotel = next(h for h in catalogue["hotels"] if h["hotel_id"] == product["hotel_id"])
    tier = data.draw(st.sampled_from(book["book"]["tiers"]))
    rounding = prices.Rounding.of(book)
    step = rounding.increment

    price = prices.price_stay(book, hotel, product, arrival, count, lead_days, tier, worlds.HOLIDAYS)

    exact = sum(price.nightly) * price.length_of_stay * price.lead_time * price.member_tier
    # How far roundings, each by less than one step, can lead away; an early one is multiplied by later factors.
    slack = {
        "default": step,
        "total": step,
        "night": step * count,
        "step": step * (price.lead_time * price.member_tier + price.member_tier + 1),
    }[rounding.policy]
    assert abs(price.total_minor - exact) < slack
    assert len(price.nights_minor) == count
    assert sum(price.nights_minor) == price.total_minor
    assert min(price.nights_minor) >= 0
    assert price.total_minor % step == 0
    for night, share in zip(price.nightly, price.nights_minor, strict=True):
        whole = rounding.policy in ("default", "step")
        assert not whole or (night.denominator == 1 and night % step == 0)
        if rounding.policy != "night" and exact:
            assert abs(share - price.total_minor * night / sum(price.nightly)) < 1


@FEWER
@given(worlds.worlds(operations_max=0), STAY, st.data())
def test_every_night_is_priced_by_its_own_date_alone(world, stay, data):
    book, catalogue = world["book"], world["catalogue"]
    arrival, count, lead_days = stay
    product = data.draw(st.sampled_from(catalogue["products"]))
    hotel = next(h for h in catalogue["hotels"] if h["hotel_id"] == product["hotel_id"])

    whole = prices.price_stay(book, hotel, product, arrival, count, lead_days, None, worlds.HOLIDAYS)

    for night, nightly in zip(nights.stay_nights(arrival, count), whole.nightly, strict=True):
        alone = prices.price_stay(book, hotel, product, night, 1, 0, None, worlds.HOLIDAYS)
        assert alone.nightly == (nightly,)


@FEWER
@given(worlds.worlds(with_book=False), st.sampled_from([1_000, 1_000, 3]))
def test_a_world_of_holds_keeps_its_rooms(world, slots):
    inventory = open_inventory(world["catalogue"], slots)
    granted: list[int] = []
    for operation in world["operations"]:
        before = snapshot(inventory)
        answer = perform(inventory, operation, granted)
        check_cells(inventory)
        refused = answer in ("NOT_FOUND", "EXISTS", "ALREADY_CONFIRMED", "ALREADY_RELEASED", "ALREADY_CANCELLED")
        if operation["do"] == "get" or refused:
            assert snapshot(inventory) == before
    assert inventory.check() == []

    end_everything(inventory)

    for nights_of_row in inventory.cells.values():
        for cell in nights_of_row.values():
            assert (cell.held, cell.sold, cell.free) == (0, cell.sold_elsewhere, cell.capacity - cell.sold_elsewhere)


@FEWER
@given(worlds.worlds(operations_max=8), STAY, st.sampled_from(["price", "rating"]), st.integers(1, 2))
def test_a_search_offers_exactly_what_can_be_held(world, stay, sort, rooms):
    catalogue, book = world["catalogue"], world["book"]
    chain = Chain.of(catalogue["hotels"], catalogue["room_types"], catalogue["products"])
    inventory = open_inventory(catalogue)
    granted: list[int] = []
    for operation in world["operations"]:
        perform(inventory, operation, granted)
    arrival, count, _ = stay
    request = Request(arrival, count, rooms=rooms, guests=1, sort=sort, top=None)

    found = search(chain, inventory, book, request, worlds.HOLIDAYS)

    offered = {offer.hotel_id: offer for offer in found.offers}
    assert len(offered) == len(found.offers) == found.hotels_available <= found.hotels_considered
    shown = [offer.display_minor for offer in found.offers]
    assert sort != "price" or shown == sorted(shown)
    assert search(chain, inventory, book, replace(request, top=1), worlds.HOLIDAYS).offers == found.offers[:1]
    for hotel in catalogue["hotels"]:
        rows = [row for row in catalogue["room_types"] if row["hotel_id"] == hotel["hotel_id"]]
        outcomes = {}
        for row in rows:
            answer = inventory.hold(row["hotel_id"], row["room_type_id"], arrival, count, rooms)
            outcomes[row["room_type_id"]] = answer.outcome
            if answer.outcome == "OK":
                inventory.release(answer.hold_id)
        offer = offered.get(hotel["hotel_id"])
        assert ("OK" in outcomes.values()) == (offer is not None)
        assert offer is None or outcomes[offer.room_type_id] == "OK"


@given(st.fractions(-1_000, 1_000, max_denominator=200), st.sampled_from(money.MODES), st.sampled_from([1, 5, 100]))
def test_rounding_agrees_with_the_decimal_module(value, mode, increment):
    halves = value.limit_denominator(2) * increment  # exact in decimal, and a tie as often as not

    expected = (Decimal(halves.numerator) / halves.denominator / increment).quantize(Decimal(1), DECIMAL_MODES[mode])

    assert money.round_to_multiple(halves, mode, increment) == int(expected) * increment
    assert abs(money.round_to_multiple(value, mode, increment) - value) < increment


@given(st.integers(-10_000, 10_000), st.lists(st.fractions(0, 50, max_denominator=20), min_size=1, max_size=8))
def test_shares_add_up_and_no_share_is_a_unit_off(total, weights):
    shares = money.allocate(total, weights)

    assert sum(shares) == total
    even = weights if sum(weights) else [Fraction(1)] * len(weights)
    for share, weight in zip(shares, even, strict=True):
        assert abs(share - total * weight / sum(even)) < 1


@given(st.sampled_from(worlds.PLACES), st.integers(0, 23), st.integers(0, 400 * 24 * 60))
def test_a_day_at_a_hotel_lasts_about_a_day(place, rollover_hour, minute):
    now_ms = worlds.NOW_MS + minute * 60_000 + 17

    next_ms = nights.next_local_midnight_ms(now_ms, place[1], rollover_hour)

    today = nights.local_date(now_ms, place[1], rollover_hour)
    assert 0 < next_ms - now_ms <= 25 * 3_600_000
    assert nights.local_date(next_ms - 1, place[1], rollover_hour) == today
    assert (nights.local_date(next_ms, place[1], rollover_hour) - today).days == 1


@FEWER
@given(worlds.worlds(operations_max=0))
def test_drawn_books_are_valid_by_construction(world):
    book = world["book"]
    for table in book.get("lead_time", []):
        last = -1
        for band in table["bands"]:
            assert last < band["from_days"] <= band.get("to_days", 10**6)
            last = band.get("to_days", 10**6)
    for season in book.get("season", []):
        ranges = season.get("dates", [])
        assert all(r["from"] <= r["to"] for r in ranges)
        assert all(a["to"] < b["from"] for a, b in itertools.pairwise(ranges))
    for table in book.get("bounds", []):
        low, high = table.get("floor_percent"), table.get("ceiling_percent")
        assert low is None or high is None or low <= high
    assert set(rules.tiers_of(book)) >= {t for table in book.get("member_tier", []) for t in table["percent"]}
