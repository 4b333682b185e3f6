"""Which promotions may be given together: every set against trying all subsets, and what the guest is told."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from nightgrid.nights import to_ordinal
from nightgrid.pricing import load_book
from nightgrid.pricing.explain import Asked, Source, explain_from
from nightgrid.pricing.explain.exact import Exact
from nightgrid.pricing.explain.facts import Facts
from nightgrid.pricing.explain.offers import candidates_of
from nightgrid.pricing.explain.stacking import is_permitted, permitted_sets
from tests.unit.chains import FIRST_NIGHT, chain

NAMES = ("A", "B", "C", "D", "E", "F")
DATES = (None, {"from": "2026-10-01", "to": "2026-10-02"}, {"from": "2026-10-03", "to": "2026-10-04"})


@st.composite
def promotions(draw):
    """Up to six promotions with classes, lanes, exclusions, requirements and nights of their own."""
    names = NAMES[: draw(st.integers(1, 6))]
    found = []
    for name in names:
        rule = {"name": name, "percent": -draw(st.integers(1, 30))}
        rule["class"] = draw(st.sampled_from(["base", "second", "any", "any", "any", "none"]))
        lane = draw(st.sampled_from([None, None, "x", "y"]))
        dates = draw(st.sampled_from(DATES))
        others = [other for other in names if other != name]
        if lane:
            rule["lane"] = lane
        if dates:
            rule |= {"applies": "nights", "stay_dates": [dates]}
        if others and draw(st.booleans()):
            rule["excludes"] = [draw(st.sampled_from(others))]
        found.append(rule)
    for rule in found:
        free = [n for n in names if n != rule["name"] and n not in rule.get("excludes", []) and not any(
            o["name"] == n and rule["name"] in o.get("excludes", []) for o in found)]  # fmt: skip
        if free and draw(st.integers(0, 3)) == 0:
            rule["requires"] = [draw(st.sampled_from(free))]
    return found


def source(promotions, **book):
    return Source(load_book({"promotion": promotions, **book}), chain(), to_ordinal(FIRST_NIGHT), 14)


@given(promotions())
def test_permitted_and_maximal_sets_are_those_of_trying_every_subset(rules):
    try:
        of = source(rules)
    except ValueError:
        return  # requirements that can never be met are a mistake of the book
    facts = Facts(Asked(0, to_ordinal("2026-10-01"), 4, 10, "public"))
    met = candidates_of(facts, of.rules_of(0), Exact(200_000)).met
    every = [some for size in range(len(met) + 1) for some in combinations(met, size) if is_permitted(some)]

    def places(sets):
        return sorted(tuple(met.index(each) for each in some) for some in sets)

    assert sorted(permitted_sets(met, only_maximal=False)) == places(every)
    largest = [some for some in every if not any(set(some) < set(other) for other in every)]
    assert sorted(permitted_sets(met, only_maximal=True)) == places(largest)


def explained(rules, nights=1, **book):
    return explain_from(source(rules, **book), Asked(0, to_ordinal("2026-10-01"), nights, 10, "public"))


#: Base 500.00 CNY.
COMPETING = [
    {"name": "App", "percent": -10},
    {"name": "Autumn", "percent": -12},
    {"name": "Card", "percent": -5, "class": "second"},
]


def test_the_choice_shows_every_set_with_its_price():
    why = explained(COMPETING)
    assert [(each.names, each.amount) for each in why.sets] == [
        (("Autumn", "Card"), 41_800),  # 500.00 x 0.88 x 0.95
        (("App", "Card"), 42_750),  # 500.00 x 0.90 x 0.95
    ]
    assert why.applied == (1, 2)
    assert why.choice == "promotions, lowest of: Autumn + Card 418.00, App + Card 427.50"
    assert [str(note) for note in why.rules] == [
        'promotion "App": beaten by the set Autumn + Card: 418.00 against 427.50',
        'promotion "Autumn": given together with Card',
        'promotion "Card": given together with Autumn',
    ]


def test_the_hotel_may_take_the_dearest_and_all_sets_include_none():
    why = explained(COMPETING, stacking={"policy": "hotel", "over": "all"})
    assert why.applied == ()
    assert why.choice.startswith("promotions, highest of: none 500.00, Card 475.00, App 450.00")
    assert [note.reason for note in why.unmatched] == [
        "beaten by no promotion: 500.00 against 450.00",
        "beaten by no promotion: 500.00 against 440.00",
        "beaten by no promotion: 500.00 against 475.00",
    ]


def test_policies_that_ask_for_no_price_say_what_stands_in_the_way():
    rules = [*COMPETING, {"name": "Gift", "percent": -1, "class": "any", "requires": ["App"], "excludes": ["Card"]}]
    why = explained(rules, stacking={"policy": "accumulate"})
    assert why.applied == (0, 2)
    assert [note.reason for note in why.unmatched] == [
        'excluded by promotion "App" (class base does not combine with class base)',
        'excluded by promotion "Card" (it excludes Card)',
    ]
    assert why.choice == ""
    first = explained(rules, stacking={"policy": "first"})
    assert first.applied == (0,)
    assert first.unmatched[-1].reason == "the policy of the book takes one promotion, and an earlier one applies"


def test_what_requires_something_absent_says_so():
    rules = [
        {"name": "Turbo", "percent": -5, "requires": ["Early"]},
        {"name": "Early", "percent": -5, "class": "any", "lead": {"min_days": 60}},
    ]
    why = explained(rules)
    assert why.applied == ()
    assert [note.reason for note in why.unmatched] == [
        "requires Early, which is not given",
        "10 days before arrival, needs 60 or more",
    ]
