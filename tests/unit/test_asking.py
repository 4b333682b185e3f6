"""What a caller may say about the guest who asks for a price."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from nightgrid.asking import ANYBODY, Asking
from nightgrid.errors import InputError, InputTypeError


def test_lists_and_sets_are_kept_as_values_that_compare():
    asking = Asking(adults=2, children=[4, 9], coupons={"FALL"}, packages=["Breakfast"], fill_bp=[0, 10_000])
    same = Asking(adults=2, children=(4, 9), coupons=frozenset({"FALL"}), packages=("Breakfast",), fill_bp=(0, 10_000))
    assert asking == same
    assert hash(asking) == hash(same)
    assert asking.guests == 4


def test_nothing_is_known_about_anybody():
    assert Asking() == ANYBODY
    assert ANYBODY.guests is None


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"adults": 0}, InputError, "adults 0 is outside 1..100"),
        ({"adults": True}, InputTypeError, "adults True is a bool"),
        ({"adults": 2.0}, InputTypeError, "adults 2.0 is a float"),
        ({"children": (18,)}, InputError, "children 18 is outside 0..17"),
        ({"children": 3}, InputTypeError, "children 3 is a int; give a tuple or list"),
        ({"children": (1,) * 101}, InputError, "children has 101 ages"),
        ({"coupons": "FALL"}, InputTypeError, "coupons 'FALL' is a str"),
        ({"points": -1}, InputError, "points -1 is outside"),
        ({"fill_bp": (10_001,)}, InputError, "fill_bp 10001 is outside 0..10000"),
        ({"channel": None}, InputTypeError, "channel None is a NoneType; give text"),
        ({"device": "x" * 129}, InputError, "device of 129 characters is too long"),
        ({"packages": (1,)}, InputTypeError, "packages 1 is a int; give text"),
        (
            {"booking_date": datetime(2026, 1, 1)},
            InputTypeError,
            "booking_date 2026-01-01T00:00:00 is an instant and no civil date; use that at the hotel: value.date",
        ),
        ({"booking_date": "2026-01-01"}, InputTypeError, "is no civil date"),
    ],
)
def test_what_cannot_be_asked_is_named(values, error, said):
    with pytest.raises(error, match=said.replace("..", r"\.\.").replace("(", r"\(")):
        Asking(**values)


def test_a_civil_date_is_a_date():
    assert Asking(booking_date=date(2026, 1, 1)).booking_date == date(2026, 1, 1)
