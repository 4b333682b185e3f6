"""`nightgrid rules`: what it shows of a book, and what it makes of one base price."""

from __future__ import annotations

import json

import pytest

from nightgrid.cli import main
from nightgrid.pricing.model import STAGE_KINDS

BOOK = """
[rounding]
increment_minor = 100
[[season]]
name = "Weekend"
weekdays = ["fri", "sat"]
percent = 20
where = {region = ["east"]}
[[promotion]]
name = "App"
percent = -10
channels = ["app"]
[[package]]
name = "Breakfast"
price = {CNY = "68.00"}
per = "person_night"
"""


@pytest.fixture
def run(capsys, tmp_path):
    book = tmp_path / "book.toml"
    book.write_text(BOOK)

    def call(*arguments):
        code = main(["rules", *[str(book) if each == "BOOK" else str(each) for each in arguments]])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_check_shows_the_pipeline_and_the_rules(run):
    code, said, _ = run("check", "BOOK", "--json")
    shown = json.loads(said)
    assert code == 0
    assert [stage["stage"] for stage in shown["pipeline"]] == list(STAGE_KINDS)
    rounded = {stage["stage"]: stage["rounding"] for stage in shown["pipeline"] if stage["rounding"]}
    assert rounded == {"bounds": "half_up, step 100", "package": "half_up, step 100"}
    assert shown["rule_list"][0] == {
        "kind": "season", "position": 1, "name": "Weekend", "for": "region east", "what": "+20 %, fri or sat",
    }  # fmt: skip
    plain = run("check", "BOOK")[1]
    assert "pipeline: default" in plain
    assert "+20 %, fri or sat" in plain


def test_check_says_where_each_policy_rounds(run, tmp_path):
    for policy, rounded in {
        "night": {"package": "each night: half_up, step 1"},
        "total": {"package": "half_up, step 1"},
    }.items():
        book = tmp_path / f"{policy}.toml"
        book.write_text(f'[rounding]\npolicy = "{policy}"\n')
        shown = json.loads(run("check", book, "--json")[1])
        assert {stage["stage"]: stage["rounding"] for stage in shown["pipeline"] if stage["rounding"]} == rounded
        assert shown["rounding"] == f"{policy}, half_up, step 1"
    book.write_text('pipeline.stage = [{kind = "base"}, {kind = "season", round = {endings = [99]}}]\n')
    shown = json.loads(run("check", book, "--json")[1])
    assert shown["pipeline"][1]["rounding"] == "half_up, ending in 99; then the sum: half_up, step 1"
    assert shown["rounding"] == "where stages declare it, half_up, step 1"


def test_presets_are_listed(run):
    code, said, _ = run("presets", "--json")
    assert code == 0
    assert {each["preset"] for each in json.loads(said)} == {"default", "google", "hotelbeds", "airbnb", "alpinebits"}
    assert "(of extra_guests)" in run("presets")[1]


def test_try_prices_one_stay(run):
    stay = ("try", "BOOK", "--base", "500.40", "--nights", "2", "--adults", "2", "--package", "Breakfast")
    code, said, _ = run(*stay, "--channel", "app", "--json")
    tried = json.loads(said)
    assert code == 0
    assert tried["total_minor"] == 1_172_00  # 2 x 500 - 10 % + 4 x 68
    assert tried["arrival"] == "2026-11-02"
    plain = run(*stay)[1]
    assert 'not applied: promotion "App"' in plain
    assert plain.startswith("hotel, room, standard: 2 nights from 2026-11-02, 2 adults")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base", "many"), "amount 'many' is not a plain number"),
        (("--base", "5", "--nights", "0"), "nights 0 is outside 1..365"),
        (("--base", "5", "--tier", "gold"), "tier 'gold' is not in the rule book"),
        (("--base", "5", "--child", "30"), "children 30 is outside 0..17"),
        (("--base", "5", "--arrival", "soon"), "soon"),
    ],
)
def test_try_says_what_cannot_be_asked(run, words, said):
    code, _, error = run("try", "BOOK", *words)
    assert code == 2
    assert said in error
