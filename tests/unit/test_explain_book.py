"""Explanations of everything that the second edition of the book can say; every figure is worked out beside it."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from fractions import Fraction

import pytest

from nightgrid import Engine, InputError, IntegrityError, Outcome, Refused
from nightgrid.clock import ManualClock
from nightgrid.pricing import load_book
from nightgrid.pricing.explain import TOLD
from tests.unit.chains import FIRST_NIGHT, chain, explained, reasons

#: 1 October 2026 is a Thursday. Base 500.00 CNY; two plans.
FULL = {
    "book": {"tiers": ["public", "gold"]},
    "derived": [{"name": "Non-refundable", "where": {"plan": ["nonref"]}, "from_plan": "standard", "percent": -10}],
    "season": [{"name": "Weekend", "weekdays": ["fri", "sat"], "percent": 20}],
    "demand": [{"name": "Full house", "fill": [0, 80], "percent": [[0], [10]]}],
    "bounds": [{"name": "Guard", "ceiling": {"CNY": 560}}],
    "extra_guests": [
        {
            "name": "Family",
            "adult": {"CNY": 80},
            "children": [{"to_age": 5, "percent": 0}, {"to_age": 12, "percent": 50}],
        }
    ],
    "length_of_stay": [{"name": "Two nights", "bands": [{"from_nights": 2, "percent": -10}]}],
    "lead_time": [{"name": "Curve", "curve": [{"days": 0, "percent": 0}, {"days": 40, "percent": -20}]}],
    "member_tier": [{"name": "Members", "amount": {"gold": {"CNY": "-36"}}}],
    "promotion": [{"name": "App", "percent": -10, "channels": ["app"]}],
    "package": [{"name": "Breakfast", "price": {"CNY": 30}, "per": "person_night", "children_percent": 50}],
    "points": [{"name": "Points", "rate": {"points": 100, "value": {"CNY": 1}}, "max_percent": 10}],
    "tax": [
        {"name": "VAT", "percent": 6},
        {"name": "City", "amount": {"CNY": 2}, "per": "person_night", "min_age": 12},
        {"name": "Service", "percent": 10, "included": True},
    ],
}


def test_a_price_of_every_stage_reads_from_top_to_bottom():
    why = explained(
        FULL, plan=1, nights=2, tier="gold", channel="app", adults=1, children=(8,), points=999_999,
        packages=("Breakfast",), fill_bp=(9_000, 1_000),
    )  # fmt: skip
    # 1,003.50 x 5 % = 50.175; 917.325 x 10 % = 91.7325; 915.59 x 6 % = 54.9354; 915.59 x 10 / 110 = 83.235;
    # 10 % of 915.59 = 91.559, so points pay 91.55; the nights share 974.53 as 495 : 540.
    assert (
        "\n".join(why.render())
        == """\
h1, double, nonref: 2 nights from 2026-10-01, 1 adult and 1 child of 8, booked 10 days before, tier gold: 882.98 CNY
  2026-10-01 Thu  base of plan standard                                         500.00    500.00
  2026-10-01 Thu  derived "Non-refundable" -10 %                                -50.00    450.00
  2026-10-01 Thu  demand "Full house" +10 %, house 90 % full, 10 days before     45.00    495.00
  2026-10-02 Fri  base of plan standard                                         500.00    995.00
  2026-10-02 Fri  derived "Non-refundable" -10 %                                -50.00    945.00
  2026-10-02 Fri  season "Weekend" +20 %                                         90.00   1035.00
  2026-10-02 Fri  demand "Full house" +0 %, house 10 % full, 10 days before       0.00   1035.00
  subtotal                                                                               1035.00
  extra guests "Family" child of 8, 2 nights                                     80.00   1115.00
  length of stay "Two nights" -10 %                                            -111.50   1003.50
  lead time "Curve" -5 % on its curve at 10 days                               -50.175   953.325
  member tier "Members" -36.00 CNY                                              -36.00   917.325
  promotion "App" -10 %                                                       -91.7325  825.5925
  package "Breakfast" 30.00 CNY x 1 adult, 1 child at 50 %, 2 nights             90.00  915.5925
  rounding half_up                                                             -0.0025    915.59
  net                                                                                     915.59
  tax "VAT" 6 %, half_up                                                         54.94    970.53
  tax "City" 2.00 CNY x 1 person, 2 nights                                        4.00    974.53
  tax "Service" 10 %, included: 83.24 CNY                                         0.00    974.53
  total                                                                                   974.53
  points "Points" 9155 points of 999999 offered, at most 10 % of 915.59 CNY     -91.55    882.98
  payable                                                                                 882.98
  nights as printed: 466.08, 508.45
  not applied: bounds "Guard": every night is inside it"""
    )
    amounts = (why.net_minor, why.taxes_minor, why.included_taxes_minor, why.total_minor, why.payable_minor)
    assert amounts == (91_559, 5_894, 8_324, 97_453, 88_298)
    assert (why.points_used, why.applied) == (9_155, (0,))


def test_the_sums_are_those_of_the_lines():
    why = explained(FULL, nights=3, tier="gold", channel="app", adults=2, points=500)
    running = Fraction(0)
    sums = {}
    for line in why.lines:
        running += line.amount
        assert line.running == running
        assert line.factor is None or line.base * (line.factor - 1) == line.amount
        sums[line.stage] = running
    assert (sums["net"], sums["total"], sums["payable"]) == (why.net_minor, why.total_minor, why.payable_minor)
    assert why.total_minor == why.net_minor + why.taxes_minor == sum(why.nights_minor)


def test_the_json_form_holds_everything_that_the_text_says():
    why = explained(FULL, plan=1, nights=2, tier="gold", channel="app", adults=1, children=(8,), coupons={"X"})
    told = json.loads(json.dumps(why.to_dict()))
    assert told["plan_id"] == told["sold_plan_id"] == "nonref"
    assert (told["arrival"], told["asking"]["children"], told["asking"]["coupons"]) == ("2026-10-01", [8], ["X"])
    assert [line["running"] for line in told["lines"] if line["stage"] == "total"] == [why.total_minor]
    assert sum(Fraction(line["amount"]) for line in told["lines"]) == why.payable_minor
    assert [rule["name"] for rule in told["rules"] if not rule["applied"]] == [note.name for note in why.unmatched]
    assert told["promotions"] == {
        "applied": [0],
        "sets": [{"positions": [0], "names": ["App"], "amount": str(why.sets[0].amount)}],
    }


def test_a_quote_that_says_something_else_is_named():
    why = explained(FULL, nights=2, adults=2, points=500)
    told = tuple(getattr(why, field) for field in TOLD)
    net, taxes, total, _, _, applied = told
    assert why.differences(1, told) == []
    assert why.differences(3, (3 * net, 3 * taxes, 3 * total, 3 * total - 500, 500, applied)) == []
    assert why.differences(1, (net, taxes + 1, *told[2:5], (0,))) == [
        f"taxes_minor: explained {taxes}, quoted {taxes + 1}",
        "applied: explained (), quoted (0,)",
    ]


def test_what_is_written_when_it_is_read_is_a_field_as_the_others():
    why, same = (explained(FULL, nights=2, adults=2, points=500) for _ in range(2))
    late = {"lines", "nights_minor", "sets"}
    assert late.isdisjoint(vars(why))
    assert why == same  # which reads them
    assert late <= vars(why).keys()
    assert why.lines is why.lines
    again = copy(explained(FULL, nights=2, adults=2, points=500).beside(same))
    assert (again.lines, again.others) == (why.lines, same)
    with pytest.raises(AttributeError, match="'line'"):
        _ = why.line


@pytest.mark.parametrize(
    ("promotion", "detail", "amount"),
    [  # two nights, Thursday and Friday, 500.00 + 600.00 = 1,100.00 with the weekend
        ({"percent": -10}, "-10 %", -11_000),
        ({"percent": -10, "of": "base"}, "-10 % of base", -10_000),
        ({"percent": -10, "max_off": {"CNY": 50}}, "-10 %, limited by 50.00 CNY", -5_000),
        ({"percent": -60, "floor_per_night": {"CNY": 300}}, "-60 %, limited by 300.00 CNY", -50_000),
        ({"off": {"CNY": 120}}, "120.00 CNY off", -12_000),
        ({"off": {"CNY": 2000}}, "2000.00 CNY off, not below 0", -110_000),
        ({"off_per_night": {"CNY": 30}}, "30.00 CNY off a night, 2 nights", -6_000),
        ({"price": {"CNY": 999}}, "the stay for 999.00 CNY", -10_100),
        ({"price_per_night": {"CNY": 450}}, "a night for 450.00 CNY", -20_000),
        (
            {"spend": [{"from": {"CNY": 500}, "off": {"CNY": 30}}, {"from": {"CNY": 1100}, "off": {"CNY": 80}}]},
            "80.00 CNY off",
            -8_000,
        ),
        ({"night_percent": {"percent": -50, "nights": "last"}}, "-50 % on 2026-10-02", -30_000),
        ({"nth_night": {"n": 1, "percent": -10, "repeat": False}}, "-10 % on 2026-10-01", -5_000),
        (
            {"percent": -10, "applies": "nights", "stay_dates": [{"from": "2026-10-02", "to": "2026-10-09"}]},
            "-10 % on 2026-10-02",
            -6_000,
        ),
    ],
)  # fmt: skip
def test_every_discount_has_its_line(promotion, detail, amount):
    why = explained({"season": FULL["season"], "promotion": [{"name": "P", **promotion}]}, nights=2)
    lines = [(line.detail, line.amount) for line in why.lines if line.stage == "promotion"]
    assert lines == [(detail, amount)]
    assert why.total_minor == 110_000 + amount


@pytest.mark.parametrize(
    ("rule", "lines", "total"),
    [  # three nights, Thursday to Saturday: 500.00 + 600.00 + 600.00
        ({"bands": [{"from_nights": 2, "price": {"CNY": 900}}]}, ["1 x 2 nights + 1 night as priced"], 150_000),
        ({"reading": "marginal", "bands": [{"from_nights": 2, "percent": -10}]}, ["-10 % nights 2.."], 158_000),
        (
            {"reading": "first", "bands": [{"from_nights": 2, "percent": -10}, {"from_nights": 3, "percent": -20}]},
            ["-10 %"],
            153_000,
        ),
    ],
)  # fmt: skip
def test_length_of_stay_in_its_readings(rule, lines, total):
    why = explained({"season": FULL["season"], "length_of_stay": [{"name": "L", **rule}]}, nights=3)
    assert [line.detail for line in why.lines if line.stage == "length_of_stay"] == lines
    assert why.total_minor == total


def test_free_nights_name_the_night_and_leave_it_at_nothing():
    book = {"season": FULL["season"], "free_nights": [{"name": "Three for two", "stay": 3, "pay": 2}]}
    why = explained(book, nights=3)
    line = next(line for line in why.lines if line.stage == "free_nights")
    assert (line.detail, line.amount) == ("cheapest: 2026-10-01", -50_000)
    assert why.nights_minor == (0, 60_000, 60_000)


def test_a_tier_that_is_sold_its_own_plan():
    book = {
        "book": {"tiers": ["public", "gold", "black"]},
        "derived": FULL["derived"],
        "member_tier": [{"name": "Members", "plan": {"gold": "nonref", "black": "vip"}}],
    }
    why = explained(book, tier="gold")
    assert why.total_minor == 45_000
    assert why.lines[0].detail == "is sold plan nonref"
    assert why.to_dict()["sold_plan_id"] == "nonref"
    assert [note.reason for note in why.matched] == ["applied on 1 of 1 night", "tier gold is sold plan nonref"]
    black = explained(book, tier="black")
    assert black.total_minor == 50_000
    assert reasons(black)["Members"] == "tier black is sold plan vip, which the room type does not have"


def test_extra_points_come_on_top_of_a_public_discount_or_act_alone():
    book = {
        "book": {"tiers": ["public", "gold"]},
        "member_tier": [{"name": "Members", "extra_points": {"gold": 5}}],
        "promotion": [
            {"name": "App", "percent": -20, "channels": ["app"]},
            {"name": "Gift", "off": {"CNY": 100}, "channels": ["web"]},
        ],
    }  # fmt: skip
    on_top = explained(book, tier="gold", channel="app")
    assert [(line.detail, line.amount) for line in on_top.lines if line.stage == "promotion"] == [
        ("-25 % (-20 % and 5 member's points)", -12_500)
    ]
    alone = explained(book, tier="gold")
    assert [(line.rule, line.detail, line.amount) for line in alone.lines if line.stage == "member_tier"] == [
        ("Members", "-5 %, extra points alone", -2_500)
    ]
    assert reasons(explained(book, tier="gold", channel="web"))["Members"] == (
        "tier gold, and no promotion of class base in percent is given"
    )


def test_refusals_and_questions_that_lack_something():
    with pytest.raises(Refused, match="4 guests; the room type takes 2 at most") as refusal:
        explained({}, adults=3, children=(1,))
    assert refusal.value.outcome is Outcome.TOO_MANY_GUESTS
    with pytest.raises(InputError, match="per person; give adults"):
        explained({"book": {"base_per": "person"}})
    assert explained({"book": {"base_per": "person"}}, adults=2).lines[0].detail == "2 guests at 500.00 CNY"
    with pytest.raises(InputError, match="fill_bp has 1 values for 2 nights"):
        explained({}, nights=2, fill_bp=(0,))
    with pytest.raises(InputError, match="'Spa', which is not offered for this product; it has Breakfast"):
        explained(FULL, adults=2, packages=("Breakfast", "Spa"))
    with pytest.raises(InputError, match="'Spa', which is not offered for this product; it has none"):
        explained({}, packages=("Spa",))


def test_the_engine_refuses_a_quote_that_its_book_does_not_explain():
    catalog = chain(plans=("standard", "nonref"))
    clock = ManualClock(1_790_000_000_000)  # 21 September 2026
    engine = Engine.in_memory(catalog, FIRST_NIGHT, 14, clock=clock)
    engine.publish(load_book(FULL))
    quote = engine.quote("h1", "double", "2026-10-02", 2, plan_id="nonref", adults=2, points=500, rooms=2)
    assert engine.explain(quote).payable_minor == (quote.payable_minor + 500) // 2 - 500
    with pytest.raises(IntegrityError, match=r"taxes_minor: explained \d+, quoted \d+ for 2 rooms"):
        engine.explain(replace(quote, taxes_minor=quote.taxes_minor + 1))
