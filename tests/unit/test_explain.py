"""Explanations as a revenue manager reads them; every figure is worked out by hand in the comment beside it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from nightgrid.errors import InputError, UnknownIdError
from nightgrid.nights import to_ordinal
from nightgrid.pricing.explain import explain
from tests.unit.chains import FIRST_NIGHT, chain, compiled, season

#: 1 October 2026 is a Thursday. Base 500.00 CNY.
BOOK = {
    "book": {"tiers": ["public", "silver", "gold"]},
    "season": [
        season(35, name="Golden Week", group="calendar", dates=[{"from": "2026-10-01", "to": "2026-10-08"}]),
        season(20, name="Weekend", group="weekday", weekdays=["fri", "sat"]),
    ],
    "length_of_stay": [{"name": "Weekly", "bands": [{"from_nights": 3, "percent": -5}]}],
    "lead_time": [
        {
            "name": "Early bird",
            "bands": [{"from_days": 0, "to_days": 2, "percent": 8}, {"from_days": 60, "percent": "-10.5"}],
        }
    ],
    "member_tier": [{"name": "Members", "percent": {"silver": -3, "gold": -6}}],
    "bounds": [{"name": "Guard", "floor_percent": 60, "ceiling": {"CNY": 800}}],
}


def explained(book=BOOK, catalog=None, arrival=FIRST_NIGHT, nights=1, lead_days=10, tier="public"):
    """The explanation of a stay in the chain's first product."""
    catalog = catalog or chain()
    return explain(compiled(book, catalog), catalog, 0, to_ordinal(arrival), nights, lead_days, tier)


def rows(explanation):
    """(stage, rule, amount) of the lines that add something."""
    return [
        (line.stage, line.rule, line.amount) for line in explanation.lines if line.stage not in ("subtotal", "total")
    ]


def notes(explanation):
    """Why each rule that did not apply did not."""
    return [str(note) for note in explanation.unmatched]


def test_every_stage_has_its_line_and_they_add_up():
    explanation = explained(arrival="2026-10-08", nights=3, lead_days=60, tier="gold")
    assert rows(explanation) == [
        ("base", "", 50_000),  # Thursday 8 October
        ("season", "Golden Week", 17_500),  # 500.00 x 35 %
        ("base", "", 50_000),  # Friday 9 October
        ("season", "Weekend", 10_000),  # 500.00 x 20 %
        ("base", "", 50_000),  # Saturday 10 October
        ("season", "Weekend", 10_000),
        ("length_of_stay", "Weekly", -9_375),  # 1,875.00 x -5 % = -93.75
        ("lead_time", "Early bird", Fraction("-18703.125")),  # 1,781.25 x -10.5 % = -187.03125
        ("member_tier", "Members", Fraction("-9565.3125")),  # 1,594.21875 x -6 % = -95.653125
        ("rounding", "", Fraction("0.4375")),  # 1,498.565625 -> 1,498.57
    ]
    assert explanation.total_minor == 149_857
    # Shares of 675 : 600 : 600 in 1,498.57 are 539.4852, 479.5424, 479.5424; the cent left over goes to the first.
    assert explanation.nights_minor == (53_949, 47_954, 47_954)
    assert notes(explanation) == ['bounds "Guard": every night is inside it']


def test_the_running_total_is_the_sum_of_the_amounts_at_every_line():
    for policy in ("default", "night", "total", "step"):
        book = BOOK | {"rounding": {"policy": policy, "increment_minor": 990}}
        explanation = explained(book, nights=4, lead_days=1, tier="silver")
        running = Fraction(0)
        for line in explanation.lines:
            running += line.amount
            assert line.running == running
            assert line.factor is None or line.base * (line.factor - 1) == line.amount
        assert running == explanation.total_minor == sum(explanation.nights_minor)


def test_groups_multiply_and_a_ceiling_cuts_what_is_above():
    explanation = explained(arrival="2026-10-02")
    assert rows(explanation) == [
        ("base", "", 50_000),
        ("season", "Golden Week", 17_500),  # 500.00 x 35 % = 175.00
        ("season", "Weekend", 13_500),  # 675.00 x 20 % = 135.00
        ("bounds", "Guard", -1_000),  # 810.00 -> 800.00
    ]
    assert [line.detail for line in explanation.lines if line.rule] == ["+35 %", "+20 %", "ceiling 800.00 CNY"]


def test_a_floor_wins_over_a_ceiling_and_is_raised_to_a_price_that_is_allowed():
    book = {
        "rounding": {"increment_minor": 1_000},
        "season": [season(-50, name="Low")],
        "bounds": [{"name": "Guard", "floor_percent": "61.5", "ceiling": {"CNY": 300}}],
    }
    # 250.00 is below 61.5 % of 500.00 = 307.50; prices are whole tens, and the next one that is allowed is 310.00.
    explanation = explained(book)
    assert rows(explanation) == [("base", "", 50_000), ("season", "Low", -25_000), ("bounds", "Guard", 6_000)]
    assert explanation.lines[2].detail == "floor 61.5 % of base"
    # Unrounded nights keep the exact floor of 307.50; the stay rounds to 310.00.
    book["rounding"]["policy"] = "total"
    assert rows(explained(book))[2:] == [("bounds", "Guard", 5_750), ("rounding", "", 250)]


@pytest.mark.parametrize(
    ("policy", "roundings", "total", "nights"),
    [
        # Each night 333.30 -> 333.00 in whole yuan; 666.00 x 0.97 x 0.97 = 626.6394 -> 627.00
        ("default", [-30, -30, Fraction("36.06")], 62_700, (31_350, 31_350)),
        # Each night 333.30 x 0.97 x 0.97 = 313.60197 -> 314.00
        ("night", [Fraction("39.803"), Fraction("39.803")], 62_800, (31_400, 31_400)),
        # 666.60 x 0.97 x 0.97 = 627.20394 -> 627.00
        ("total", [Fraction("-20.394")], 62_700, (31_350, 31_350)),
        # 666.00 x 0.97 = 646.02 -> 646.00; x 0.97 = 626.62 -> 627.00
        ("step", [-30, -30, -2, 38], 62_700, (31_350, 31_350)),
    ],
)
def test_each_policy_shows_its_own_roundings(policy, roundings, total, nights):
    book = {
        "rounding": {"policy": policy, "increment_minor": 100},
        "season": [season(10, name="Year")],  # 303.00 x 1.10 = 333.30
        "length_of_stay": [{"name": "Two", "bands": [{"from_nights": 2, "percent": -3}]}],
        "member_tier": [{"name": "All", "percent": {"public": -3}}],
    }
    explanation = explained(book, chain(base_minor=30_300), nights=2)
    shown = [line.amount for line in explanation.lines if line.stage == "rounding"]
    assert (shown, explanation.total_minor, explanation.nights_minor) == (roundings, total, nights)


def test_rules_that_did_not_apply_say_why():
    catalog = chain({"city": "Suzhou", "region": "east", "country": ""})
    book = BOOK | {
        "season": [
            *BOOK["season"],
            season(1, name="Wuxi", where={"city": ["Wuxi", "Xian"]}),
            season(2, name="Spring", dates=[{"from": "2026-03-01", "to": "2026-05-31"}]),
            season(3, name="Own holidays", holidays=["*"]),
            season(4, name="New Year", holidays=["CN:New Year"]),
            season(5, name="Late Sunday", dates=[{"from": "2026-10-01", "to": "2026-10-01"}], weekdays=["fri"]),
            season(6, name="Everyday", group="weekday"),
            season(7, name="Forced", group="calendar", weekdays=["thu", "fri"], priority=-1),
            season(8, name="Weeks", group="calendar", dates=[{"from": "2026-09-01", "to": "2026-10-30"}]),
        ],
        "lead_time": [*BOOK["lead_time"], {"name": "Later", "bands": [{"from_days": 0, "percent": 1}]}],
        "member_tier": [
            {"name": "Chain", "percent": {"gold": -6}},
            {"name": "East", "percent": {"silver": -3}, "where": {"region": ["east"]}},
        ],
    }
    explanation = explained(book, catalog, arrival="2026-10-01", nights=2, lead_days=14)
    assert notes(explanation) == [
        'season "Wuxi": other scope: city is Suzhou, not Wuxi or Xian',
        'season "Spring": no night of the stay lies in 2026-03-01..2026-05-31',
        'season "Own holidays": the hotel has no country in the catalogue, so no holidays of its own',
        'season "New Year": no night of the stay lies in the holidays CN:New Year',
        'season "Late Sunday": no night of the stay lies in 2026-10-01..2026-10-01 and also in fri',
        'season "Forced": lost to "Golden Week" (priority 0 over -1)',
        'season "Weeks": lost to "Golden Week" (8 days of dates, not 60)',
        'length of stay "Weekly": 2 nights, needs 3 or more',
        'lead time "Early bird": 14 days before arrival, needs 0 to 2, or 60 or more',
        'lead time "Later": lost to "Early bird" (earlier in the file)',
        'member tier "Chain": lost to "East" (scope region over everywhere)',
        'member tier "East": tier public, is for silver',
    ]
    applied = {note.name: note.reason for note in explanation.rules if note.applied}
    assert applied == {
        "Golden Week": "applied on 2 of 2 nights",
        "Weekend": "applied on 1 of 2 nights",
        "Everyday": "applied on 1 of 2 nights",  # Thursday, where Weekend does not hold
        "Guard": "acted on 1 of 2 nights",  # Friday: 500.00 x 1.35 x 1.20 = 810.00 > 800.00
    }


def test_the_text_can_be_read_aloud():
    text = "\n".join(explained(arrival="2026-10-02", nights=1, lead_days=1).render())
    assert (
        text
        == """\
h1, double, standard: 1 night from 2026-10-02, booked 1 day before, tier public: 864.00 CNY
  2026-10-02 Fri  base                               500.00  500.00
  2026-10-02 Fri  season "Golden Week" +35 %         175.00  675.00
  2026-10-02 Fri  season "Weekend" +20 %             135.00  810.00
  2026-10-02 Fri  bounds "Guard" ceiling 800.00 CNY  -10.00  800.00
  subtotal                                                   800.00
  lead time "Early bird" +8 %                         64.00  864.00
  total                                                      864.00
  nights as printed: 864.00
  not applied: length of stay "Weekly": 1 night, needs 3 or more
  not applied: member tier "Members": tier public, is for silver or gold"""
    )


def test_yen_have_no_decimals_and_dinars_three():
    book = {"season": [season("12.5", name="Up")]}  # 12,345 x 1.125 = 13,888.125
    for currency, total, rounding in (("JPY", "13888 JPY", "-0.125"), ("KWD", "13.888 KWD", "-0.000125")):
        text = explained(book, chain({"currency": currency}, base_minor=12_345)).render()
        assert text[0].endswith(f"tier public: {total}")
        assert text[3].split() == ["2026-10-01", "Thu", "rounding", "half_up", rounding, total.split()[0]]


def test_a_lead_above_a_thousand_days_counts_as_a_thousand():
    book = {"lead_time": [{"name": "Far", "bands": [{"from_days": 1000, "percent": -50}]}]}
    assert explained(book, lead_days=5_000).total_minor == 25_000


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"nights": 15}, InputError, "2026-10-01..2026-10-14"),
        ({"arrival": "2026-09-30"}, InputError, "2026-10-01..2026-10-14"),
        ({"nights": 0}, InputError, "nights 0 is outside 1..365"),
        ({"lead_days": -1}, InputError, "lead_days -1 is negative"),
        ({"tier": "brass"}, UnknownIdError, "use one of public, silver, gold"),
    ],
)
def test_what_cannot_be_explained_is_refused(change, error, message):
    with pytest.raises(error) as caught:
        explained(**change)
    assert message in str(caught.value)


def test_a_product_outside_the_catalogue_is_refused():
    catalog = chain()
    with pytest.raises(UnknownIdError, match=r"product_index 1 is outside 0\.\.0"):
        explain(compiled(BOOK, catalog), catalog, 1, to_ordinal(FIRST_NIGHT), 1, 0, "public")
