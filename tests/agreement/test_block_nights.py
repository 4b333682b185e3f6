"""Steps that act on single nights, in blocks, against the oracle: nights differ in price and some of them are equal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.agreement.test_block_ties import differences, staged, world_of
from tests.strategies import FIRST_NIGHT

#: Friday and Saturday are dearer; and a base of 1 is so cheap that a night costs nothing.
WEEK = {"season": [{"name": "weekend", "percent": 30, "weekdays": ["fri", "sat"]},
                   {"name": "sunday", "percent": -15, "weekdays": ["sun"], "priority": 1}]}  # fmt: skip
BASES = (1, 2, 999, 1_000, 1_001, 8_765, 10_000, 10_003)


def free(stay, pay, which, **more):
    return {"free_nights": [{"name": "free", "stay": stay, "pay": pay, "which": which, **more}]}


MARGINAL = {
    "length_of_stay": [
        {"name": "longer", "reading": "marginal",
         "bands": [{"from_nights": 2, "percent": -7}, {"from_nights": 4, "percent": -33}]},
    ],
}  # fmt: skip
WEEKLY = {"length_of_stay": [{"name": "weekly", "bands": [{"from_nights": 3, "price": {"CNY": "21.00"}}]}]}


def some_nights(nights, percent=-35, **more):
    return {"name": f"on {nights}", "night_percent": {"percent": percent, "nights": nights}, **more}


PROMOTIONS = {
    "first": [some_nights("first")],
    "last": [some_nights("last", 20)],
    "positions": [some_nights([2, 3])],
    "weekdays": [some_nights(["sat", "sun"])],
    "every second": [{"name": "second", "nth_night": {"n": 2, "percent": -50}}],
    "two of them": [some_nights("first"), some_nights(["sun"], -10, **{"class": "second"})],
    "with a limit": [some_nights("first", -90, max_off={"CNY": "3.00"}), some_nights("last", -30)],
    "the better one": [some_nights("first"), some_nights("last"), {"name": "tenth", "percent": -10}],
    "all free": [some_nights("first", -100), some_nights("last", -100, **{"class": "second"})],
}
BOOKS = {
    "the cheapest is free": free(3, 2, "cheapest"),
    "the two cheapest are free": free(4, 2, "cheapest", repeat=False),
    "the last are free": free(3, 1, "last"),
    "every third is free": free(3, 2, "every_nth"),
    "night by night": MARGINAL,
    "night by night, the cheapest free": MARGINAL | free(4, 3, "cheapest"),
    "weekly prices": WEEKLY,
    **{f"promotion on {name}": {"promotion": promotions} for name, promotions in PROMOTIONS.items()},
    "each night by itself": {
        "rounding": {"policy": "night", "increment_minor": 10},
        "promotion": [{"name": "third", "percent": -33}, {"name": "more", "percent": -5, "class": "second"}],
        "tax": [{"name": "value added", "percent": 6}, {"name": "city", "amount": {"CNY": "1.00"}, "per": "night"}],
    },
    "each night by itself, night by night": MARGINAL | {"rounding": {"policy": "night", "mode": "half_even"}},
    "promotion after free nights": free(3, 2, "last") | {"promotion": PROMOTIONS["the better one"]},
    "promotion after night by night": MARGINAL | {"promotion": PROMOTIONS["two of them"]},
}  # fmt: skip


@pytest.mark.parametrize("nights", [1, 2, 4, 7])
@pytest.mark.parametrize("book", BOOKS)
def test_nights_in_blocks(book, nights):
    """`differences` also fails where blocks did not answer."""
    assert differences(world_of(WEEK | BOOKS[book], BASES), nights) == []


#: A base of 1 costs nothing on any night, so that what is added to it is shared alike.
CHEAP = WEEK | {"season": [*WEEK["season"], {"name": "cheap", "percent": -60, "group": "all"}]}
MORE = {"member_tier": [{"name": "more", "amount": {"public": {"CNY": "0.07"}, "gold": {"CNY": "12.34"}}}]}
OVER = {
    "a share": [some_nights("first")],
    "a dearer share": [some_nights([1, 2], 35)],
    "all of a share": [some_nights("last", -100)],
    "the best of two": [some_nights("first"), some_nights("last"), {"name": "tenth", "percent": -10}],
    "the best of a share and an amount": [some_nights("first", -80), {"name": "off", "off": {"CNY": "6.00"}}],
    "a share with the most off": [some_nights("first", -90, max_off={"CNY": "3.00"}), some_nights("last", -30)],
    "a share with the least": [some_nights("first", -90, floor_per_night={"CNY": "20.00"})],
    "a share, then an amount": [some_nights("first"), {"name": "off", "off": {"CNY": "1.11"}, "class": "second"}],
    "an amount off some nights": [{"name": "off", "off_per_night": {"CNY": "4.01"}, "applies": "nights",
        "stay_dates": [{"from": FIRST_NIGHT + timedelta(days=1), "to": FIRST_NIGHT + timedelta(days=2)}]}],
}  # fmt: skip


@pytest.mark.parametrize("mode", ["half_up", "half_even", "half_down", "up", "floor"])
@pytest.mark.parametrize("over", OVER)
def test_shares_after_an_amount_in_blocks(over, mode):
    """The amount is no sum of the nights any more: it is over the row's own sum of weights."""
    for book in (MORE, {"rounding": {"policy": "step", "mode": mode}}, MORE | MARGINAL):
        rounding = {"rounding": {"mode": mode}} | book
        for nights in (2, 4):
            assert differences(world_of(CHEAP | rounding | {"promotion": OVER[over]}, BASES), nights) == []


@pytest.mark.parametrize("nights", [3, 4, 7])
@pytest.mark.parametrize("which", ["last", "every_nth"])
def test_free_nights_after_an_amount_in_blocks(which, nights):
    stages = ["season", "member_tier", "free_nights"]
    book = MORE | free(3, 2, which) | {"pipeline": staged(*({"kind": kind} for kind in stages))}
    assert differences(world_of(CHEAP | book, BASES), nights) == []
    assert differences(world_of(CHEAP | book | {"rounding": {"policy": "step"}}, BASES), nights) == []


@pytest.mark.parametrize("book", [MARGINAL, WEEKLY], ids=["night by night", "weekly prices"])
def test_lengths_after_an_amount_in_blocks(book):
    stages = ["season", "member_tier", "length_of_stay"]
    pipeline = {"pipeline": staged(*({"kind": kind} for kind in stages))}
    for nights in (2, 4, 5):
        assert differences(world_of(CHEAP | MORE | book | pipeline, BASES), nights) == []
