"""The pipeline of a book with everything resolved: order, bases, and where prices are rounded."""

from __future__ import annotations

import pytest

from nightgrid.money import RoundingMode
from nightgrid.pricing import RuleBook, load_book
from nightgrid.pricing.model import NIGHT_STAGES, STAGE_KINDS, STAY_STAGES, Pipeline, Rounding, Stage
from nightgrid.pricing.pipelines import Rounder, placed, policy_of
from nightgrid.pricing.presets import PRESETS
from tests.unit.rule_books import mistakes

YUAN = Rounder(RoundingMode.HALF_UP, 100, ())


def rounded_after(book):
    return [stage.kind for stage in placed(book).stages if stage.rounder]


@pytest.mark.parametrize(
    ("policy", "after", "final"),
    [
        ("default", ["bounds"], YUAN),
        ("total", [], YUAN),
        ("night", [], None),
        # The last of the stay stages is rounded as the final amount: once.
        ("step", ["bounds", *STAY_STAGES[: STAY_STAGES.index("package")]], YUAN),
    ],
)
def test_a_policy_says_where_the_default_pipeline_rounds(policy, after, final):
    book = RuleBook(rounding=Rounding(policy=policy, increment_minor=100))
    assert rounded_after(book) == after
    assert placed(book).final == final
    assert placed(book).per_night == (YUAN if policy == "night" else None)


def test_declared_roundings_stand_where_they_are_declared_and_at_the_end():
    book = load_book("""
[rounding]
mode = "half_even"
increment_minor = 50
[pipeline]
stage = [
  {kind = "base"},
  {kind = "season", round = {}},
  {kind = "bounds"},
  {kind = "lead_time", of = "season", round = {mode = "up"}},
  {kind = "promotion", round = {endings = [9, 99]}},
  {kind = "tax"},
]
""")
    stages = placed(book).stages
    assert [stage.rounder for stage in stages] == [
        None,
        Rounder(RoundingMode.HALF_EVEN, 50, ()),
        None,
        Rounder(RoundingMode.UP, 50, ()),
        None,
        None,
    ]
    assert placed(book).final == Rounder(RoundingMode.HALF_EVEN, 1, (9, 99))
    assert stages[3].of == "season"
    assert placed(book).index("lead_time") == 3
    assert placed(book).index("points") == -1


def test_a_pipeline_of_nights_alone_rounds_the_nights_and_their_sum():
    book = load_book('rounding = {endings = [99]}\npipeline.stage = [{kind = "base"}, {kind = "season"}]')
    assert rounded_after(book) == ["season"]
    assert placed(book).final == Rounder(RoundingMode.HALF_UP, 1, (99,))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_pipeline_that_an_author_could_write(name):
    book = RuleBook(pipeline=Pipeline(preset=name))
    written = [Stage(kind=stage.kind, of=stage.of) for stage in placed(book).stages]
    assert RuleBook(pipeline=Pipeline(stage=tuple(written)))
    assert policy_of(book) == PRESETS[name].policy
    other = RuleBook(pipeline=Pipeline(preset=name), rounding=Rounding(policy="default"))
    assert policy_of(other) == "default"
    again = load_book(other.canonical_json())
    assert (again.digest, policy_of(again)) == (other.digest, "default")


def test_the_default_pipeline_has_every_stage():
    assert tuple(stage.kind for stage in placed(RuleBook()).stages) == STAGE_KINDS == (*NIGHT_STAGES, *STAY_STAGES)


@pytest.mark.parametrize(
    ("stages", "place", "problem"),
    [
        ('{kind = "season"}, {kind = "base"}', "stage 1", "every price starts from base"),
        ('{kind = "base"}, {kind = "seasons"}', "stage 2, kind", "'seasons' is not one of base, derived"),
        ('{kind = "base"}, {kind = "season"}, {kind = "season"}', "stage 3", "season stands there before, as stage 2"),
        ('{kind = "base"}, {kind = "lead_time"}, {kind = "season"}', "stage 3", "season is of a night"),
        ('{kind = "base"}, {kind = "tax"}, {kind = "promotion"}', "stage 3", "would change the price after its taxes"),
        ('{kind = "base"}, {kind = "points"}, {kind = "package"}', "stage 3", "the price of which points paid a part"),
        ('{kind = "base"}, {kind = "season", of = "season"}', "stage 2, of", "of = 'season' is itself"),
        ('{kind = "base"}, {kind = "season", of = "demand"}', "stage 2, of", "of = 'demand' is no stage here"),
        (
            '{kind = "base"}, {kind = "season", of = "demand"}, {kind = "demand"}',
            "stage 2, of",
            "of = 'demand' is a later stage",
        ),
        ('{kind = "base"}, {kind = "bounds", of = "base"}', "stage 2", "of = 'base' means nothing at stage bounds"),
        ('{kind = "base"}, {kind = "tax", round = {}}', "stage 2", "the price is not rounded after tax"),
        (
            '{kind = "base"}, {kind = "lead_time"}, {kind = "extra_guests", of = "lead_time"}',
            "stage 3, of",
            "extra guests pay a percent of a night, and lead_time is of the stay",
        ),
        (
            '{kind = "base", round = {endings = [9], increment_minor = 10}}',
            "stage 1, round",
            "endings and increment_minor both say",
        ),
        ('{kind = "base", round = {endings = [9, 9]}}', "stage 1, round", "are not increasing"),
        ('{kind = "base", round = {endings = [1e9]}}', "stage 1, round, endings 1", "is not a whole number"),
    ],
)  # fmt: skip
def test_a_pipeline_that_leaves_the_price_open_is_refused(stages, place, problem):
    ((line, where, said),) = mistakes(f"[pipeline]\nstage = [{stages}]\n")
    assert (line, where) == (2, f"pipeline, {place}")
    assert problem in said


def test_two_places_that_say_the_same_thing_are_refused():
    assert mistakes('[rounding]\npolicy = "total"\n[pipeline]\nstage = [{kind = "base", round = {}}]\n') == [
        (2, "rounding, policy", "policy and the stages' round both say where prices are rounded")
    ]
    assert mistakes('[pipeline]\npreset = "google"\nstage = [{kind = "base"}]\n') == [
        (1, "pipeline", "preset and stages both say what the pipeline is")
    ]
    assert mistakes("[rounding]\nincrement_minor = 100\nendings = [99]\n")[0][:2] == (1, "rounding")


def test_rules_without_a_stage_are_refused():
    season = '[[season]]\nname = "a"\npercent = 1\n'
    book = f'[pipeline]\nstage = [{{kind = "base"}}]\n{season}{season}'
    assert mistakes(book) == [(3, 'season 1 "a"', "there are season rules, but the pipeline has no season stage")]
    book = '[pipeline]\npreset = "alpinebits"\n[[lead_time]]\nname = "a"\nbands = [{from_days = 1, percent = 1}]\n'
    assert mistakes(book)[0][2] == "there are lead_time rules, but preset alpinebits has no lead_time stage"


def test_policy_night_refuses_what_has_no_night():
    text = """
[rounding]
policy = "night"
[book]
tiers = ["public", "gold", "staff"]
[[stay_prices]]
name = "Two"
lengths = [{nights = 2, price = {CNY = "9"}}]
[[length_of_stay]]
name = "Weekly"
bands = [{from_nights = 7, price = {CNY = "700"}}]
[[free_nights]]
name = "Free"
stay = 4
pay = 3
[[member_tier]]
name = "Gold"
amount = {gold = {CNY = "-5"}}
price = {staff = {CNY = "100"}}
[[promotion]]
name = "Off"
off = {CNY = "5"}
min_spend = {CNY = "100"}
[[promotion]]
name = "Fine"
percent = -5
[[stay_bounds]]
name = "Guard"
floor_percent = 50
[[package]]
name = "Cleaning"
price = {CNY = "5"}
[[points]]
name = "Points"
rate = {points = 10, value = {CNY = "1"}}
[[tax]]
name = "City"
amount = {CNY = "5"}
[[tax]]
name = "VAT"
percent = 6
"""
    assert [place for _, place, _ in mistakes(text)] == [
        'stay_prices 1 "Two"',
        'length_of_stay 1 "Weekly", bands',
        'free_nights 1 "Free"',
        'member_tier 1 "Gold", amount',
        'promotion 1 "Off", off',
        'promotion 1 "Off", min_spend',
        'stay_bounds 1 "Guard"',
        'package 1 "Cleaning", per',
        'points 1 "Points"',
        'tax 1 "City", per',
    ]
    assert load_book(text.replace('"night"', '"total"'))
