"""Why a rule did nothing: every condition with what it found and what it needs, every kind with its reason."""

from __future__ import annotations

from nightgrid.asking import Asking
from nightgrid.pricing.trial import try_book
from tests.unit.chains import explained, reasons

CONDITIONS = {
    "Booked": {"booking": [{"from": "2026-10-01", "to": "2026-10-03"}]},
    "Booked on": {"booking_weekdays": ["mon", "tue"]},
    "All": {"stay_dates": [{"from": "2026-10-01", "to": "2026-10-01"}]},
    "Any": {"stay_dates": [{"from": "2026-12-01", "to": "2026-12-31"}], "applies": "any"},
    "Arrival": {"stay_dates": [{"from": "2026-10-02", "to": "2026-10-03"}], "applies": "arrival"},
    "Inside": {"stay_dates": [{"from": "2026-10-05", "to": "2026-10-06"}], "applies": "nights"},
    "Black": {"blackout": [{"from": "2026-10-02", "to": "2026-10-07"}]},
    "Weekdays": {"weekdays": ["fri"]},
    "Lead": {"lead": {"min_days": 14}},
    "Window": {"lead": {"min_days": 20, "max_days": 30}},
    "Late": {"lead": {"max_days": 3}},
    "Long": {"nights": {"min": 7}},
    "Short": {"nights": {"max": 1}},
    "Spend": {"min_spend": {"CNY": "1500"}},
    "Channel": {"channels": ["app"]},
    "Country": {"countries": ["CN", "JP"]},
    "Device": {"devices": ["mobile"]},
    "Language": {"languages": ["zh", "ja"]},
    "Leaving": {"departures": [{"from": "2026-10-02", "to": "2026-10-02"}]},
    "Leaving on": {"departure_weekdays": ["sun"]},
    "Party": {"guests": {"min": 3}},
    "Tier": {"tiers": ["gold"]},
    "Coupon": {"coupon": "SAVE"},
    "Elsewhere": {"where": {"plan": ["nonref"]}},
}


def test_every_condition_says_what_it_found_and_what_it_needs():
    promotions = [{"name": name, "percent": -5, "class": "any", **keys} for name, keys in CONDITIONS.items()]
    promotions += [
        {"name": "Euro", "off": {"EUR": 10}, "class": "any"},
        {"name": "Threshold", "spend": [{"from": {"CNY": 2000}, "off": {"CNY": 99}}], "class": "any"},
        {"name": "Third", "nth_night": {"n": 3, "percent": -50}, "class": "any"},
        {"name": "Sundays", "night_percent": {"percent": -5, "nights": ["sun"]}, "class": "any"},
    ]
    book = {"book": {"tiers": ["public", "gold"]}, "promotion": promotions}
    # Thursday 1 and Friday 2 October, 1,000.00, booked on Monday 21 September for 10 days later: "web".
    why = explained(book, nights=2, channel="web")
    assert why.total_minor == 100_000 - 5_000  # only "Booked on" holds
    assert reasons(why) == {
        "Booked": "booked 2026-09-21, needs 2026-10-01..2026-10-03",
        "All": "night 2026-10-02 is outside 2026-10-01..2026-10-01",
        "Any": "no night of the stay lies in 2026-12-01..2026-12-31",
        "Arrival": "arrival 2026-10-01, needs 2026-10-02..2026-10-03",
        "Inside": "no night of the stay lies in 2026-10-05..2026-10-06",
        "Black": "2026-10-02 is blacked out by 2026-10-02..2026-10-07",
        "Weekdays": "arrival on a thu, needs fri",
        "Lead": "10 days before arrival, needs 14 or more",
        "Window": "10 days before arrival, needs 20 to 30",
        "Late": "10 days before arrival, needs at most 3",
        "Long": "2 nights, needs 7 or more",
        "Short": "2 nights, needs at most 1",
        "Spend": "amount 1000.00 CNY, needs 1500.00 CNY",
        "Channel": "channel web, needs app",
        "Country": "country not told, needs CN or JP",
        "Device": "device not told, needs mobile",
        "Language": "language not told, needs zh or ja",
        "Leaving": "departure 2026-10-03, needs 2026-10-02..2026-10-02",
        "Leaving on": "departure on a sat, needs sun",
        "Party": "guests not told, needs 3 or more",
        "Tier": "tier public, needs gold",
        "Coupon": 'needs coupon "SAVE"',
        "Elsewhere": "other scope: plan is standard, not nonref",
        "Euro": "no amount in CNY",
        "Threshold": "amount 1000.00 CNY, needs 2000.00 CNY",
        "Third": "2 nights, needs 3 or more",
        "Sundays": "no night is sun",
    }


def test_every_kind_says_why_it_did_nothing():
    book = {
        "book": {"tiers": ["public", "gold"], "inherit": "all_or_nothing"},
        "derived": [
            {"name": "Later", "where": {"plan": ["nonref"]}, "from_plan": "standard", "percent": -5,
             "dates": [{"from": "2026-12-01", "to": "2026-12-31"}]},
        ],
        "bounds": [{"name": "Chain bounds", "floor_percent": 50}],
        "extra_guests": [{"name": "Family", "where": {"hotel": ["h1"]}, "adult": {"CNY": 80}}],
        "free_nights": [{"name": "Four for three", "where": {"hotel": ["h1"]}, "stay": 4, "pay": 3}],
        "package": [
            {"name": "Breakfast", "price": {"CNY": 30}, "per": "person"},
            {"name": "Breakfast", "price": {"CNY": 20}, "per": "person", "where": {"hotel": ["h1"]}, "mandatory": True},
            {"name": "Parking", "price": {"CNY": 20}},
        ],
        "points": [{"name": "Points", "where": {"hotel": ["h1"]}, "rate": {"points": 100, "value": {"CNY": 1}}}],
        "tax": [
            {"name": "Cheap", "percent": 1, "brackets": {"to": {"CNY": 500}}},
            {"name": "Dear", "percent": 1, "brackets": {"from": {"CNY": 600}}},
            {"name": "Winter", "percent": 1, "dates": [{"from": "2026-12-01", "to": "2026-12-31"}]},
            {"name": "City", "amount": {"CNY": 1}, "per": "person_stay"},
        ],
    }  # fmt: skip
    notes = [str(note) for note in explained(book, plan=1).unmatched]
    assert notes == [
        'derived "Later": no night of the stay lies in 2026-12-01..2026-12-31',
        'bounds "Chain bounds": all rules come from the scope hotel (all_or_nothing)',
        'extra guests "Family": the guests are not told, so the price is as given',
        'free nights "Four for three": 1 night, needs 4 or more',
        'package "Breakfast": another of its name is taken (scope hotel over everywhere)',
        'package "Breakfast": per person, and the guests are not told',
        'package "Parking": not chosen',
        'points "Points": no points offered',
        'tax "Cheap": 500.00 CNY a night, needs less than 500.00 CNY',
        'tax "Dear": 500.00 CNY a night, needs 600.00 CNY or more',
        'tax "Winter": no night of the stay lies in its dates',
        'tax "City": per person, and the guests are not told',
    ]


def test_bounds_of_a_stay_say_why():
    dates = [{"from": "2026-11-02", "to": "2026-11-02"}]
    bounds = [
        {"name": "General", "floor_percent": 90},
        {"name": "Long", "floor_percent": 90, "nights": {"min": 3}},
        {"name": "Elsewhen", "floor_percent": 90, "arrivals": [{"from": "2026-12-01", "to": "2026-12-01"}]},
        {"name": "Strong", "ceiling": {"CNY": 990}, "arrivals": dates, "priority": 1},
        {"name": "Later", "ceiling": {"CNY": 990}, "arrivals": dates, "priority": 1},
    ]
    tried = try_book({"stay_bounds": bounds}, "500.00", nights=2)
    assert [str(note) for note in tried.matched] == ['stay bounds "Strong": it moved the stay']
    assert [note.reason for note in tried.unmatched] == [
        'lost to "Strong" (priority 1 over 0)',
        "2 nights, needs 3 or more",
        "arrival 2026-11-02, needs 2026-12-01..2026-12-01",
        'lost to "Strong" (earlier in the file)',
    ]
    assert [str(note) for note in try_book({"stay_bounds": bounds[:1]}, "500.00").unmatched] == [
        'stay bounds "General": the stay is inside it'
    ]
    (line,) = (line for line in tried.lines if line.stage == "stay_bounds")
    assert (line.rule, line.detail, line.amount) == ("Strong", "ceiling 990.00 CNY", -10_00)


def test_tables_of_stay_prices_say_why():
    arrivals = [{"from": "2026-11-02", "to": "2026-11-02"}]
    two = [{"nights": 2, "price": {"CNY": 900}}]
    tables = [
        {"name": "Any", "lengths": two},
        {"name": "Couple", "lengths": two, "guests": 2},
        {"name": "Alone", "lengths": two, "guests": 1},
        {"name": "Mondays", "lengths": two, "guests": 2, "arrivals": arrivals},
        {"name": "Later", "lengths": two, "guests": 2, "arrivals": [{"from": "2026-12-01", "to": "2026-12-01"}]},
        {"name": "Week", "lengths": [{"nights": 7, "price": {"CNY": 900}}], "guests": 2, "arrivals": arrivals},
        {"name": "Fridays", "lengths": two, "weekdays": ["fri"]},
    ]
    tried = try_book({"stay_prices": tables}, "500.00", nights=2, asking=Asking(adults=2))
    assert [str(note) for note in tried.matched] == ['stay prices "Mondays": its price for 2 nights']
    assert [note.reason for note in tried.unmatched] == [
        'lost to "Mondays" (smaller size of party)',
        'lost to "Mondays" (it names arrivals)',
        "2 guests, is for 1 or fewer",
        "arrival 2026-11-02, needs 2026-12-01..2026-12-01",
        "it has no price for 2 nights",
        "arrival on a mon, needs fri",
    ]
    (line,) = (line for line in tried.lines if line.stage == "stay_prices")
    assert (line.detail, line.amount) == ("2 nights for 900.00 CNY", -100_00)
