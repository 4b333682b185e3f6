"""The proof of bounds of books with a full pipeline: never below a price there is, and the stage is named."""

from __future__ import annotations

from datetime import date, timedelta
from math import isqrt
from random import Random

import pytest

from nightgrid import InputError, Refused, RuleBookError
from nightgrid.limits import BASE_MINOR_MAX, PRICE_MINOR_MAX
from nightgrid.pricing.parse import load_book
from nightgrid.pricing.rule_warnings import book_warnings
from tests.agreement.book_compare import engine_for
from tests.book_worlds import draw_stay, draw_world
from tests.engines import engine_of
from tests.strategies import NOW_MS

FIRST = date(2026, 12, 18)


@pytest.mark.parametrize("seed", range(30))
def test_no_price_of_a_random_book_is_above_its_bound(seed):
    rng = Random(f"bound {seed}")
    world = draw_world(rng)
    engine = engine_for(world)
    if engine is None or engine._version.compiled.program is None:
        pytest.skip("no program")
    bound, highest = engine._version.compiled.program.largest_minor, 0
    for _ in range(12):
        stay = draw_stay(rng, world.book)
        said = {key: value for key, value in stay.items() if key != "lead_days"}
        said["booking_date"] = stay["arrival"] - timedelta(days=stay["lead_days"])
        for product in world.products:
            try:
                quote = engine.quote(product["hotel_id"], product["room_type_id"], plan_id=product["plan_id"], **said)
            except (Refused, InputError):
                continue
            highest = max(highest, quote.total_minor)
    assert 0 < highest <= bound <= PRICE_MINOR_MAX


def made(book, base=BASE_MINOR_MAX, nights=100, currency="CNY", hotels=("A",)):
    world = {
        "hotels": [{"hotel_id": hotel, "currency": currency, "time_zone": "Asia/Shanghai"} for hotel in hotels],
        "room_types": [{"hotel_id": hotel, "room_type_id": "king", "capacity": 3, "guests_max": 2} for hotel in hotels],
        "products": [
            {"hotel_id": hotel, "room_type_id": "king", "plan_id": "flex", "base_minor": each}
            for hotel, each in zip(hotels, base if isinstance(base, list) else [base] * len(hotels), strict=True)
        ],
    }
    return engine_of(world, FIRST, nights, NOW_MS, book=book)


GENERAL = {"points": [{"name": "Stars", "rate": {"points": 100, "value": {"CNY": 1}}}]}
#: With the highest base price a stay of 100 nights costs 10^11, and each of these raises it.
RAISE = {
    "season": {"season": [{"name": "Dear", "percent": 900}]},
    "demand": {"demand": [{"name": "Full", "fill": [0, 80], "lead_days": [0], "percent": [[0], [1]]}]},
    "bounds": {"bounds": [{"name": "Floor", "floor_percent": 101}]},
    "extra_guests": {"extra_guests": [{"name": "Extra", "included": 1, "adult": {"CNY": "0.01"}}]},
    "length_of_stay": {"length_of_stay": [{"name": "Long", "bands": [{"from_nights": 2, "percent": 1}]}]},
    "lead_time": {"lead_time": [{"name": "Late", "bands": [{"from_days": 0, "percent": 1}]}]},
    "member_tier": {"member_tier": [{"name": "Members", "percent": {"public": 1}}]},
    "promotion": {"promotion": [{"name": "Dear", "percent": 1}]},
    "package": {"package": [{"name": "Breakfast", "price": {"CNY": "0.01"}, "mandatory": True, "per": "stay"}]},
    "tax": {"tax": [{"name": "VAT", "amount": {"CNY": "0.01"}, "per": "stay"}]},
}  # fmt: skip


def test_the_largest_price_there_can_be_is_taken():
    engine = made(GENERAL)
    assert engine._version.compiled.program.largest_minor == PRICE_MINOR_MAX
    assert engine.quote("A", "king", FIRST, 100).total_minor == PRICE_MINOR_MAX


@pytest.mark.parametrize("stage", RAISE)
def test_a_stage_that_can_go_beyond_is_named_when_the_book_is_loaded(stage):
    with pytest.raises(RuleBookError) as error:
        made(GENERAL | RAISE[stage])
    first = error.value.mistakes[0]
    assert first.place == ("the sum of the nights" if stage in ("season", "demand", "bounds") else stage)
    assert first.problem.startswith("a stay of up to 100 nights can reach 1")
    assert "A/king/flex (base 10000000.00 CNY); a price is at most 1000000000.00 CNY" in first.problem
    made(GENERAL | RAISE[stage], base=10_000)


@pytest.mark.parametrize("stage", RAISE)
def test_the_line_is_that_of_the_rule_behind_it(stage):
    """The last of three rules, of which the others add nothing or are for another hotel."""
    rule = RAISE[stage][stage][0]
    idle = {"name": "Idle", "where": {"hotel": ["B"]}}
    texts = [toml(stage, {**rule, **idle}), toml("points", GENERAL["points"][0]), toml(stage, rule)]
    text = "\n".join(texts)
    line = text.count("\n", 0, text.rindex(f"[[{stage}]]")) + 1
    with pytest.raises(RuleBookError) as error:
        made({}, hotels=("A", "B"), base=[BASE_MINOR_MAX, 1]).publish(text)
    first = error.value.mistakes[0]
    assert first.line == line
    assert f'the most of it comes from {stage} 2 "{rule["name"]}"' in first.problem


def test_the_line_of_too_many_decimals_and_of_a_stage():
    text = "\n".join(["[rounding]", 'policy = "total"', *(
        f'[[promotion]]\nname = "P{n}"\nclass = "any"\npercent = "-0.{n + 11}"' for n in range(16)
    )])  # fmt: skip
    with pytest.raises(RuleBookError) as error:
        made({}, base=50_000).publish(text)
    (mistake,) = error.value.mistakes
    assert (mistake.place, mistake.line) == ("promotion", 3)
    assert 'the most decimals are in promotion 1 "P0"' in mistake.problem
    # The promotion takes something off; what adds is the floor.
    floor = '[[promotion]]\nname = "x"\npercent = -1\n[[bounds]]\nname = "y"\nfloor = {CNY = 9999999}'
    with pytest.raises(RuleBookError) as error:
        made({}, base=10_000, nights=200).publish(floor)
    (mistake,) = error.value.mistakes
    assert (mistake.place, mistake.line) == ("the sum of the nights", 4)


def toml(kind, rule):
    """A rule as text."""

    def value(each):
        if isinstance(each, dict):
            return "{" + ", ".join(f"{key} = {value(inner)}" for key, inner in each.items()) + "}"
        if isinstance(each, list):
            return "[" + ", ".join(map(value, each)) + "]"
        return str(each).lower() if isinstance(each, bool) else f'"{each}"' if isinstance(each, str) else str(each)

    return "\n".join([f"[[{kind}]]", *(f"{key} = {value(each)}" for key, each in rule.items())])


def test_what_data_make_possible_is_refused_and_changes_nothing():
    engine = made(GENERAL, base=10_000, nights=200)
    line = {"hotel_id": ["A"], "room_type_id": ["king"], "first_night": [FIRST], "last_night": [FIRST]}
    with pytest.raises(
        RuleBookError, match=r"the sum of the nights: a stay of up to 200 nights can reach 2000000000\.00"
    ):
        engine.set_price_overrides(line | {"kind": ["fixed"], "amount_minor": [BASE_MINOR_MAX]})
    with pytest.raises(RuleBookError, match="the sum of the nights"):
        engine.set_base_prices(line | {"base_minor": [BASE_MINOR_MAX]})
    assert engine.quote("A", "king", FIRST, 1).total_minor == 10_000


def unrounded(count, stacking):
    promotions = [{"name": f"P{n}", "percent": f"-0.{n + 11}", "class": "any"} for n in range(count)]
    return {"rounding": {"policy": "total"}, "stacking": {"policy": stacking}, "promotion": promotions}


def test_fractions_that_leave_the_registers_are_named():
    with pytest.raises(RuleBookError) as error:
        made(unrounded(16, "accumulate"), base=50_000)
    (mistake,) = error.value.mistakes
    assert mistake.place == "promotion"
    assert "can need" in mistake.problem
    assert "at most 37 is computed exactly" in mistake.problem
    assert "Round after more stages" in mistake.fix
    engine = made(unrounded(6, "accumulate"), base=50_000)
    assert engine.quote("A", "king", FIRST, 100).total_minor > 0


def test_promotions_of_which_one_applies_count_once():
    many = [{"name": f"P{n}", "percent": f"-{n + 1}.25", "channels": [f"c{n}"]} for n in range(40)]
    engine = made({"rounding": {"policy": "total"}, "promotion": many}, base=50_000)
    assert engine.quote("A", "king", FIRST, 3, channel="c39").applied == (39,)


def nightly(count):
    """Discounts of the first nights, given together, each with all the decimals that a percent can have."""
    percents = ("-1.11", "-2.13", "-3.17", "-4.19", "-5.21", "-6.23")
    first = [{"nights": list(range(1, n + 2)), "percent": percents[n]} for n in range(count)]
    return {
        "stacking": {"policy": "accumulate"},
        "promotion": [{"name": f"P{n}", "class": "any", "night_percent": each} for n, each in enumerate(first)],
    }


#: The dearest night of which five such discounts fit: a night's share of a stay of 100 is over the sum of its nights x
#: 10^4 for each discount, and the sum times that must stay within 2^124.
DEAREST = isqrt(2**124 // 10**20) // 100


def test_shares_of_single_nights_are_proved_up_to_the_last_minor_unit():
    engine = made(nightly(5), base=DEAREST)
    assert engine._version.compiled.program.long_stages == ()
    for length in (5, 7, 99, 100):
        quote = engine.quote("A", "king", FIRST, length)
        assert quote.applied == (0, 1, 2, 3, 4)
        assert engine.explain(quote).nights_minor == quote.nights_minor  # IntegrityError where they disagree
    with pytest.raises(RuleBookError) as error:
        made(nightly(5), base=DEAREST + 1)
    (mistake,) = error.value.mistakes
    assert mistake.place == "promotion"
    assert mistake.problem.startswith("a stay of up to 100 nights can need 38 digits for A/king/flex")
    made(nightly(4), base=DEAREST + 1)


def test_what_lengths_by_night_need_comes_on_top():
    lengths = [{"name": "L", "reading": "marginal", "bands": [{"from_nights": 2, "percent": "-3.33"}]}]
    with pytest.raises(RuleBookError, match="promotion: a stay of up to 100 nights can need"):
        made(nightly(5) | {"length_of_stay": lengths}, base=DEAREST)
    made(nightly(4) | {"length_of_stay": lengths}, base=DEAREST)


def test_lengths_that_count_by_night_are_proved():
    bands = [{"from_nights": n, "percent": f"-{n}.{n + 11}"} for n in range(1, 8)]
    book = {"length_of_stay": [{"name": "L", "reading": "marginal", "bands": bands}]}
    engine = made(book | {"rounding": {"policy": "total"}}, base=1_000_000)
    assert engine._version.compiled.program.long_stages == ()
    quote = engine.quote("A", "king", FIRST, 100)
    assert engine.explain(quote).nights_minor == quote.nights_minor


def off_nights(count, amount=7):
    """Amounts off some nights, given together, each for nights of its own that overlap with the next ones."""
    return [
        {"name": f"P{n}", "class": "any", "off_per_night": {"CNY": amount}, "applies": "nights",
         "stay_dates": [{"from": FIRST + timedelta(days=2 * n + 1), "to": FIRST + timedelta(days=2 * n + 3)}]}
        for n in range(count)
    ]  # fmt: skip


def test_of_shares_that_prices_scale_one_fits_and_more_are_worked_out_in_longer_numbers():
    assert made({"promotion": off_nights(1)}, base=10_000)._version.compiled.program.long_stages == ()
    assert made(GENERAL, base=10_000)._version.compiled.program.long_stages == ()
    engine = made({"promotion": off_nights(2)}, base=10_000)
    assert engine._version.compiled.program.long_stages == ("promotion",)
    assert engine._version.compiled.warnings == ()
    quote = engine.quote("A", "king", FIRST, 8)
    assert engine.explain(quote).total_minor == quote.total_minor == 80_000 - 6 * 700


def test_what_leaves_longer_numbers_too_is_refused_when_it_is_loaded():
    accumulate = {"stacking": {"policy": "accumulate"}}
    assert made(accumulate | {"promotion": off_nights(6)}, base=10_000)._version.compiled.warnings == ()
    with pytest.raises(RuleBookError) as error:
        made(accumulate | {"promotion": off_nights(12)}, base=10_000)
    (mistake,) = error.value.mistakes
    assert mistake.place == "promotion"
    assert "digits for A/king/flex (base 100.00 CNY); at most 19728 is computed exactly" in mistake.problem


def test_a_rule_without_a_hotels_currency_is_warned_of():
    book = {
        "currencies": {"CNY": 1, "EUR": "7.85"},
        "package": [{"name": "Breakfast", "price": {"CNY": 30}, "per": "stay"}],
        "bounds": [{"name": "Floor", "floor": {"CNY": 10}}],
        "promotion": [{"name": "Both", "off": {"CNY": 10, "EUR": 2}}],
    }
    warnings = made(book, base=10_000, currency="EUR")._version.compiled.warnings
    assert warnings == (
        'bounds 1 "Floor": hotels in its scope have EUR, in which it has no amount; that side of it does not act there',
        'package 1 "Breakfast": hotels in its scope have EUR, in which it has no amount; it does not apply there',
    )
    assert made(book, base=10_000)._version.compiled.warnings == ()
    assert [each.partition(":")[0] for each in book_warnings(load_book(book))] == [
        'bounds 1 "Floor"', 'package 1 "Breakfast"'
    ]  # fmt: skip


def test_more_promotions_than_can_come_into_question_are_warned_of():
    def book(count):
        return {"promotion": [{"name": f"P{n}", "percent": -1, "where": {"hotel": ["A"]}} for n in range(count)]}

    (warning,) = made(book(17), base=10_000)._version.compiled.warnings
    assert warning.startswith("promotion: 17 are for A/king/flex; where more than 16 come into question for one stay")
    assert made(book(16), base=10_000)._version.compiled.warnings == ()
    assert book_warnings(load_book(book(17))) != []
    assert book_warnings(load_book(book(16))) == []


def test_a_book_with_every_kind_of_rule_is_not_refused_for_what_no_guest_asks():
    book = {
        "book": {"tiers": ["public", "gold"]},
        "extra_guests": [{"name": "Extra", "included": 2, "adult": {"CNY": "120"}}],
        "length_of_stay": [{"name": "L", "reading": "marginal", "bands": [
            {"from_nights": 3, "percent": "-5.25"}, {"from_nights": 7, "percent": "-12.75"}]}],
        "free_nights": [{"name": "Four for three", "stay": 4, "pay": 3}],
        "lead_time": [{"name": "Early", "curve": [
            {"days": 0, "percent": "10.25"}, {"days": 15, "percent": 0}, {"days": 62, "percent": "-10.75"}]}],
        "member_tier": [{"name": "Members", "amount": {"gold": {"CNY": "-50"}}}],
        "promotion": [
            {"name": "App", "percent": "-5.25", "class": "any"},
            {"name": "Coupon", "off": {"CNY": "50"}, "class": "any"},
            {"name": "Sunday", "night_percent": {"percent": "-30.75", "nights": ["sun"]}},
        ],
    }  # fmt: skip
    engine = made(book, base=50_007)
    assert engine._version.compiled.program.long_stages == ("promotion",)
    assert engine._version.compiled.warnings == ()
    for length in (1, 4, 30, 100):
        quote = engine.quote("A", "king", FIRST, length, adults=2, tier="gold")
        assert sum(quote.nights_minor) == quote.total_minor == engine.explain(quote).total_minor


def test_a_google_book_says_where_a_base_promotion_stands_behind_others():
    some = [
        {"name": "Member", "percent": -5, "class": "any"},
        {"name": "Autumn", "percent": -20},
        {"name": "Winter", "percent": -10},
    ]
    book = {"pipeline": {"preset": "google"}, "promotion": some}
    (said,) = book_warnings(load_book(book))
    assert said == (
        'promotion 2 "Autumn": it is of class base and acts after promotion 1 "Member"; Google applies it first'
    )
    assert book_warnings(load_book({**book, "promotion": [*some[1:], some[0]]})) == []
    assert book_warnings(load_book({"promotion": some})) == []
