"""Promotions that look at each other's nights: what a book may not say, and what the guest is told."""

from __future__ import annotations

import pytest

from nightgrid import RuleBookError
from nightgrid.nights import to_ordinal
from nightgrid.pricing import compile_book, load_book
from nightgrid.pricing.by_night import depths, night_sets
from nightgrid.pricing.describe import rule_text
from nightgrid.pricing.explain import Asked, explain_from
from tests.unit.chains import FIRST_NIGHT, chain
from tests.unit.test_explain_stacking import source

FAIR = {
    "name": "Fair", "percent": -30, "applies": "nights", "stay_dates": [{"from": "2026-10-01", "to": "2026-10-02"}],
}  # fmt: skip
CHEAPEST = {"name": "Cheapest", "night_percent": {"percent": -10, "nights": "cheapest"}}
EARLY = {"name": "Early", "percent": -20, "excludes_by_night": ["Fair"]}


def told(*promotions):
    with pytest.raises(RuleBookError) as caught:
        load_book({"promotion": list(promotions)})
    return [(each.place, each.problem) for each in caught.value.mistakes]


@pytest.mark.parametrize(
    "discount", [{"off": {"CNY": 5}}, {"price": {"CNY": 5}}, {"free_nights": {"stay": 3, "pay": 2}}]
)
@pytest.mark.parametrize("key", ["excludes_by_night", "requires_by_night"])
def test_what_is_of_the_whole_stay_cannot_leave_nights_out(key, discount):
    ((place, problem),) = told(FAIR, {"name": "Whole", "class": "any", **discount, key: ["Fair"]})
    assert place == f'promotion 2 "Whole", {key}'
    assert problem.startswith(f"{key} leaves out single nights, and {next(iter(discount))} ")


@pytest.mark.parametrize("other", [CHEAPEST, {"name": "Cheapest", "free_nights": {"stay": 3, "pay": 2}}])
def test_nights_that_only_prices_tell_cannot_be_given_way_to(other):
    found = told(other, {"name": "Early", "percent": -20, "excludes_by_night": ["Cheapest"]})
    assert found == [
        ('promotion 2 "Early", excludes_by_night 1', "on which nights promotion 'Cheapest' acts only the prices tell")
    ]


def test_a_circle_is_told_once_and_by_its_names():
    one, two = ({"name": name, "percent": -5, "class": "any"} for name in "AB")
    found = told(one | {"excludes_by_night": ["B"]}, two | {"requires_by_night": ["A"]})
    assert [problem for _, problem in found] == ["their nights are told in a circle: B by A by B"]
    assert [place for place, _ in found] == ['promotion 2 "B", requires_by_night']


def test_names_are_looked_up_and_no_promotion_names_itself_or_one_twice():
    early = EARLY | {"excludes_by_night": ["Fair", "Early", "Fare"], "requires_by_night": ["Fair"], "class": "any"}
    assert {problem for _, problem in told(FAIR, early)} == {
        "promotion 'Early' excludes_by_night itself",
        "there is no promotion 'Fare'",
        "promotion 'Fair' is excluded by night, and required on the same nights",
    }
    assert [problem for _, problem in told(FAIR, EARLY | {"excludes": ["Fair"]})] == [
        "promotion 'Fair' is excluded by night, and excluded altogether"
    ]


def test_what_is_required_by_night_must_go_with_it():
    found = told(FAIR, {"name": "Early", "percent": -20, "requires_by_night": ["Fair"]})
    assert found == [
        (
            'promotion 2 "Early", requires_by_night 1',
            "promotion 'Fair' is required and can never be there: both are of class 'base'",
        )
    ]


def test_more_sets_of_nights_than_can_be_told_apart_are_refused_with_the_line():
    names = [f"F{at}" for at in range(6)]
    text = "\n".join(
        f'[[promotion]]\nname = "{name}"\nclass = "any"\nnight_percent = {{percent = -1, nights = [{at}]}}'
        for at, name in enumerate(names, 1)
    )
    book = f'{text}\n[[promotion]]\nname = "Early"\npercent = -20\nexcludes_by_night = {names!r}\n'
    with pytest.raises(RuleBookError, match="more than 60 different sets of nights") as caught:
        compile_book(load_book(book), chain(), first_night=to_ordinal(FIRST_NIGHT), n_nights=14)
    assert 'promotion 7 "Early"' in str(caught.value)
    fewer = load_book(book.replace(", 'F5'", ""))
    assert compile_book(fewer, chain(), first_night=to_ordinal(FIRST_NIGHT), n_nights=14)
    assert night_sets(fewer.promotion) == 6 + 2**5


def test_depths_count_steps():
    assert depths([[], [0], [1, 0], [], [3, 2]]) == [0, 1, 2, 0, 3]


def explained(rules, nights, **book):
    return explain_from(source(rules, **book), Asked(0, to_ordinal("2026-10-01"), nights, 10, "public"))


def test_the_lines_say_on_which_nights():
    why = explained([FAIR, EARLY], 4)
    assert why.applied == (0, 1)
    assert [line.detail for line in why.lines if line.stage == "promotion"] == [
        "-30 % on 2026-10-01 and 2026-10-02",
        "-20 % on 2026-10-03 and 2026-10-04",
    ]
    assert [str(note) for note in why.rules] == [
        'promotion "Fair": given together with Early',
        'promotion "Early": given together with Fair',
    ]
    assert [each.names for each in why.sets] == [("Fair", "Early"), ("Early",)]  # 500.00 x (1.40 + 1.60); 500.00 x 3.20


def test_a_promotion_with_no_night_left_says_so():
    early, inside = EARLY, {"name": "Inside", "percent": -1, "class": "any", "requires_by_night": ["Late"]}
    late = {
        "name": "Late", "percent": -1, "class": "any", "applies": "nights", "excludes_by_night": ["Fair"],
        "stay_dates": [{"from": "2026-10-01", "to": "2026-10-05"}],
    }  # fmt: skip
    why = explained([FAIR, early, late, inside], 2, stacking={"policy": "accumulate"})
    assert [str(note) for note in why.rules] == [
        'promotion "Fair": given',
        'promotion "Early": no night is left to it beside Fair',
        'promotion "Late": no night is left to it beside Fair',
        'promotion "Inside": requires Late, which is not given',
    ]


def test_a_book_is_described_with_them():
    book = load_book(
        {"promotion": [FAIR, EARLY, {"name": "x", "percent": -1, "requires_by_night": ["Early"], "class": "any"}]}
    )
    assert rule_text(book.promotion[1]) == "-20 %, class base, not on the nights of Fair"
    assert rule_text(book.promotion[2]) == "-1 %, class any, only on the nights of Early"
