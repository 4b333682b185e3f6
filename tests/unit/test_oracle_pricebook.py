"""The oracle of the second edition: it keeps the first edition, and some laws that no reading may break."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid.pricing import load_book
from tests import strategies as worlds
from tests.book_worlds import draw_stay, draw_world
from tests.golden.loader import RULE_KINDS
from tests.oracles import pricebook, prices
from tests.oracles.money import MODES
from tests.oracles.pricebook import Data, Stay
from tests.oracles.pricebook.pipeline import pipeline_of
from tests.oracles.pricebook.rounding import Rounding


@given(worlds.catalogues(), st.data())
def test_books_of_the_first_edition_give_the_prices_of_the_first_edition(catalogue, data):
    book = data.draw(worlds.books(catalogue))
    product = data.draw(st.sampled_from(catalogue["products"]))
    hotel = next(hotel for hotel in catalogue["hotels"] if hotel["hotel_id"] == product["hotel_id"])
    stay = Stay(
        arrival=data.draw(st.sampled_from(worlds.WINDOW)),
        nights=data.draw(st.integers(1, 15)),
        lead_days=data.draw(st.sampled_from([0, 1, 7, 30, 1_000, 1_400])),
        tier=data.draw(st.sampled_from(book["book"]["tiers"])),
    )
    first = prices.price_stay(
        book, hotel, product, stay.arrival, stay.nights, stay.lead_days, stay.tier, worlds.HOLIDAYS
    )

    second = pricebook.price(book, hotel, product, stay, Data(holidays=worlds.HOLIDAYS))

    assert second.outcome == "OK"
    assert second.total_minor == second.net_minor == second.payable_minor == first.total_minor
    assert second.nights_minor == first.nights_minor


# Laws that hold whatever a book says


def questions(seed: int, count: int = 8):
    """A random world and (product, stay, price) for some guests."""
    rng = Random(seed)
    world = draw_world(rng)
    for _ in range(count):
        product, stay = rng.choice(world.products), draw_stay(rng, world.book)
        yield world, product, stay, price_of(world, product, stay)


def price_of(world, product, stay, book=None):
    data = Data(world.holidays, [world.full(each) for each in world.products], world.base_prices, world.price_overrides)
    hotel = world.hotel(product["hotel_id"])
    return pricebook.price(book or world.book, hotel, world.full(product), Stay(**stay), data)


@pytest.mark.parametrize("seed", range(30))
def test_every_price_adds_up(seed):
    for _, _, stay, price in questions(seed):
        if price.outcome != "OK":
            assert price.total_minor == price.payable_minor == 0
            continue
        assert price.total_minor == price.net_minor + price.taxes_minor == sum(price.nights_minor)
        assert len(price.nights_minor) == stay["nights"]
        assert min(price.nights_minor) >= 0
        assert 0 <= price.payable_minor <= price.total_minor
        assert 0 <= price.points_used <= stay.get("points", 0)
        assert all(step.after >= 0 for step in price.trace)


@pytest.mark.parametrize("seed", range(30))
def test_every_trace_leads_from_the_base_to_what_is_paid_without_a_gap(seed):
    for world, _, stay, price in questions(seed):
        if price.outcome != "OK" or pipeline_of(world.book).night_by_night:
            continue
        of_stay = [step for step in price.trace if step.night is None]
        nights = [
            [step for step in price.trace if step.night == stay["arrival"] + timedelta(days=k)]
            for k in range(stay["nights"])
        ]
        for steps in [*nights, of_stay]:
            assert all(earlier.after == later.before for earlier, later in pairwise(steps))
        assert sum(steps[-1].after for steps in nights) == of_stay[0].before
        assert of_stay[-1].after == price.payable_minor


@pytest.mark.parametrize("seed", range(30))
def test_every_price_is_one_that_the_book_permits(seed):
    for world, _, _, price in questions(seed):
        pipeline = pipeline_of(world.book)
        if price.outcome == "OK" and not pipeline.night_by_night:
            assert pipeline.final(price.net_minor) == price.net_minor


@pytest.mark.parametrize("seed", range(60))
def test_the_guest_pays_no_more_than_with_any_maximal_set_and_the_hotel_gets_no_less(seed):
    """Policies are compared by the price before taxes, each promotion set by itself being one book with fewer rules."""
    for world, product, stay, _ in questions(seed, 4):
        if "promotion" not in world.book or "free_nights" in world.book:
            continue  # a free night may ask for a spend that the cheaper set does not reach
        nets = {}
        for policy in ("guest", "hotel", "accumulate"):
            book = {**world.book, "stacking": {"policy": policy}}
            price = price_of(world, product, stay, book)
            if price.outcome == "OK":
                nets[policy] = price.net_minor
        if nets:
            assert nets["guest"] <= nets["hotel"]


@pytest.mark.parametrize("seed", range(60))
def test_over_all_sets_the_guest_pays_what_he_pays_over_the_maximal_ones(seed):
    """A maximal set need not have what raises a price, and a discount never does."""
    for world, product, stay, _ in questions(seed, 4):
        totals = [
            price_of(world, product, stay, {**world.book, "stacking": {"policy": "guest", "over": over}})
            for over in ("maximal", "all")
        ]
        if totals[0].outcome == "OK" and "free_nights" not in world.book:
            assert totals[1].net_minor == totals[0].net_minor


@pytest.mark.parametrize("seed", range(30))
def test_promotions_given_together_are_permitted(seed):
    for world, _, stay, price in questions(seed):
        rules = [world.book["promotion"][position] for position in price.applied]
        names = {rule["name"] for rule in rules}
        for rule in rules:
            assert names.issuperset(rule.get("requires", []))
            assert not rule.get("coupon") or rule["coupon"] in stay.get("coupons", ())
        for one, other in combinations(rules, 2):
            if "nights" not in (one.get("applies"), other.get("applies")):
                assert not {one["name"], other["name"]} & {*one.get("excludes", []), *other.get("excludes", [])}
                assert one.get("lane") is None or one["lane"] != other.get("lane")


# Pipelines and roundings


@pytest.mark.parametrize(
    "stages",
    [
        [{"kind": "season"}, {"kind": "base"}],
        [{"kind": "base"}, {"kind": "lead_time"}, {"kind": "season"}],
        [{"kind": "base"}, {"kind": "season"}, {"kind": "season"}],
        [{"kind": "base"}, {"kind": "season", "of": "season"}],
        [{"kind": "base"}, {"kind": "season", "of": "bounds"}, {"kind": "bounds"}],
        [{"kind": "base"}, {"kind": "tax"}, {"kind": "package"}],
        [{"kind": "base"}, {"kind": "rebate"}],
    ],
)
def test_a_pipeline_that_can_be_read_in_two_ways_is_refused(stages):
    with pytest.raises(ValueError, match=r"pipeline|stage"):
        pipeline_of({"pipeline": {"stage": stages}})


@given(
    st.integers(0, 3_000), st.sampled_from(MODES), st.lists(st.integers(0, 120), min_size=1, max_size=4, unique=True)
)
def test_endings_are_rounded_as_a_search_through_all_permitted_prices_would(value, mode, endings):
    exact = Fraction(value, 2)
    largest = max(endings)
    block = 1_000 if largest > 99 else 100 if largest > 9 else 10
    permitted = sorted({k * block + ending for k in range(1_600 // block + 2) for ending in endings})
    below = [price for price in permitted if price <= exact]
    above = [price for price in permitted if price >= exact]
    low, high = below[-1] if below else permitted[0], above[0]
    distance = abs(exact - low) - abs(high - exact)
    even = low if permitted.index(low) % 2 == 0 else high
    nearest = low if distance < 0 else high
    on_a_tie = {"half_up": high, "half_down": low, "half_even": even}
    want = {"up": high, "ceiling": high, "down": low, "floor": low}.get(mode)
    if want is None:
        want = on_a_tie[mode] if distance == 0 else nearest
    if not below:
        want = permitted[0]

    assert Rounding(mode, 1, tuple(sorted(endings)))(exact) == want


# The worlds


def test_drawn_books_are_valid_and_of_every_kind():
    seen = Counter()
    for seed in range(200):
        world = draw_world(Random(seed))
        load_book(world.book)
        seen.update(list(world.book))
    assert all(seen[kind] >= 20 for kind in RULE_KINDS), seen


def test_guests_meet_what_books_say():
    """The share of stays on which a stage changes something; a generator that drifts into emptiness fails here."""
    seen = Counter()
    for seed in range(120):
        for _, _, _, price in questions(seed, 5):
            seen.update({step.stage for step in price.trace if step.before != step.after})
            seen[price.outcome] += 1
            seen["several promotions"] += len(price.applied) > 1
    stages = ("bounds", "demand", "derived", "extra_guests", "free_nights", "lead_time", "length_of_stay")
    stages += (
        "member_tier",
        "override",
        "package",
        "points",
        "promotion",
        "season",
        "stay_bounds",
        "stay_prices",
        "tax",
    )
    stages += ("several promotions",)
    assert all(seen[stage] >= 12 for stage in stages), seen
    assert seen["OK"] > 5 * seen["TOO_MANY_GUESTS"] > 0
