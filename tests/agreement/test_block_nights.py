"""Steps that act on single nights, in blocks, against the oracle: nights differ in price and some of them are equal."""

from __future__ import annotations

import pytest

from tests.agreement.test_block_ties import differences, world_of

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
