"""Wrong prices and bounds of stays, and wrong promotions on some nights, at hours, on last rooms."""

from __future__ import annotations

import pytest

from nightgrid.pricing import load_book
from tests.unit.test_rules_mistakes_kinds import refused, rule


@pytest.mark.parametrize(
    ("kind", "keys", "line", "place", "problem"),
    [
        ("stay_bounds", "nights = {min = 2}", 1, "", "there is no bound in it"),
        (
            "promotion", 'percent = -5\nbooking_hours = [{from = "20:00", to = "22:00"}]', 4, ", booking_hours",
            "the book does not say on whose clock",
        ),
        ("promotion", "percent = -5\nrooms_left = {min = 3, max = 2}", 4, ", rooms_left", "max 2 is below min 3"),
        ("promotion", "percent = -5\nrooms_left = {min = 0}", 4, ", rooms_left", "it holds for any number of rooms"),
        ("stay_prices", "guests = 2", 1, ", lengths", "it is missing"),
        ("stay_prices", "lengths = [{nights = 2}]", 3, ", lengths 1", "neither price nor price_per_night"),
        (
            "stay_prices", "lengths = [{nights = 2, price = {CNY = 9}, price_per_night = {CNY = 9}}]", 3, ", lengths 1",
            "both price and price_per_night",
        ),
        (
            "stay_prices", "lengths = [{nights = 3, to_nights = 2, price = {CNY = 9}}]", 3, ", lengths 1",
            "to_nights 2 is below nights 3",
        ),
        (
            "stay_prices",
            "lengths = [{nights = 4, price = {CNY = 9}}, {nights = 2, to_nights = 4, price = {CNY = 8}}]",
            3, ", lengths", "two lengths are for 4 nights",
        ),
        ("promotion", "free_nights = {stay = 4, pay = 4}", 3, ", free_nights", "stay 4 pay 4 gives no night"),
        ("promotion", 'night_percent = {percent = -5, nights = ["fri"], count = 2}', 3, ", night_percent", "count 2"),
        ("promotion", 'night_percent = {percent = -5, nights = "best"}', 3, ", night_percent, nights", "is no pattern"),
        ("promotion", "percent = -5\nfree_nights = {stay = 4, pay = 3}", 1, "", "more than one discount"),
        ("stay_bounds", "floor = {CNY = 9}\nceiling = {CNY = 8, EUR = 1}", 1, "", "floor is above ceiling in CNY"),
        ("stay_bounds", "floor_per_night = {CNY = 9}\nceiling_per_night = {CNY = 8}", 1, "", "floor_per_night is"),
        ("stay_bounds", "floor_percent = 90\nceiling_percent = 80", 1, "", "floor_percent 90 is above"),
        ("stay_bounds", "floor_percent = 50\nnights = {min = 3, max = 2}", 4, ", nights", "max 2 is below min 3"),
        ("stay_bounds", "floor_percent = 50\narrivals = []", 4, ", arrivals", "it is empty"),
    ],
)  # fmt: skip
def test_rules_of_stays(kind, keys, line, place, problem):
    refused(rule(kind, keys), line, f'{kind} 1 "x"{place}', problem)


@pytest.mark.parametrize(
    ("hours", "place", "problem"),
    [
        ('{from = "20:00", to = "20:00"}', "", "no time of day lies from 20:00 to 20:00"),
        ('{from = "24:00", to = "20:00"}', "", "no time of day lies from 24:00 to 20:00"),
        ('{from = "8", to = "20:00"}', ", from", "time '8' is no hour and minute"),
        ('{from = 08:00:30, to = "20:00"}', ", from", "time datetime.time(8, 0, 30) is no hour and minute"),
    ],
)
def test_hours_of_booking(hours, place, problem):
    text = f'[book]\nclock = "Asia/Tokyo"\n[[promotion]]\nname = "x"\npercent = -5\nbooking_hours = [{hours}]\n'
    refused(text, 6, f'promotion 1 "x", booking_hours 1{place}', problem)


def test_hours_may_be_written_as_times():
    text = '[book]\nclock = "UTC"\n[[promotion]]\nname = "x"\npercent = 1\nbooking_hours = [{from = %s, to = %s}]\n'
    assert load_book(text % ("20:00:00", "22:30:00")) == load_book(text % ('"20:00"', '"22:30"'))
    refused('[book]\nclock = "Asia/Nowhere"\n', 2, "book, clock", "Asia/Nowhere")
