"""Outcomes: their numbers are stored and never change, each has its sentence, and the page on holds lists them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nightgrid.outcomes import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "holds.md"
ROW = re.compile(r"^\| ([A-Z_]+) \| (\d+) \| (.+) \|$", re.MULTILINE)

#: What stands in the ledgers of stores: a line may be added here, none may change.
STORED = {
    "OK": 0, "INVALID": 100, "KEY_REUSED": 110, "EXISTS": 120,
    "UNKNOWN_HOTEL": 200, "UNKNOWN_PRODUCT": 210, "OUTSIDE_HORIZON": 220, "QUOTE_EXPIRED": 225,
    "NOT_FOUND": 230, "UNKNOWN_BLOCK": 240,
    "ALREADY_CONFIRMED": 300, "ALREADY_RELEASED": 310, "ALREADY_CANCELLED": 320, "EXPIRED": 330,
    "NOT_CONFIRMED": 340, "ALREADY_CHECKED_IN": 350, "ALREADY_CHECKED_OUT": 360, "ALREADY_NO_SHOW": 370,
    "NOT_CHECKED_IN": 380, "QUOTE_BOUND": 390,
    "CLOSED": 400, "CLOSED_TO_ARRIVAL": 410, "CLOSED_TO_DEPARTURE": 420, "MIN_STAY_ARRIVAL": 430,
    "MAX_STAY_ARRIVAL": 440, "MIN_STAY_THROUGH": 450, "MAX_STAY_THROUGH": 460, "STAY_PATTERN": 462,
    "BOOKED_TOO_EARLY": 464, "BOOKED_TOO_LATE": 466, "TOO_MANY_GUESTS": 470, "QUOTA_USED_UP": 480,
    "COUNTER_USED_UP": 484, "POINTS_USED_UP": 485, "TOO_MANY_OPEN_HOLDS": 486, "BELOW_HURDLE": 490, "PROTECTED": 495,
    "BLOCK_USED_UP": 497,
    "SOLD_OUT": 500, "HOUSE_FULL": 510,
    "BUSY": 600,
}  # fmt: skip


def test_the_stored_numbers_never_change():
    assert {outcome.name: int(outcome) for outcome in Outcome} == STORED


def test_the_page_lists_every_outcome_with_its_number_in_order():
    listed = [(name, int(number)) for name, number, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))]

    assert listed == [(outcome.name, int(outcome)) for outcome in Outcome]


@pytest.mark.parametrize("outcome", Outcome, ids=lambda outcome: outcome.name)
def test_every_outcome_is_one_sentence_for_a_person(outcome):
    sentence = outcome.sentence

    assert sentence[0].islower()
    assert not sentence.endswith(".")
    assert "\n" not in sentence
    assert not re.search(r"[A-Z]{2}|_", sentence), "a name of the code says nothing to a person"


def test_two_outcomes_never_read_the_same():
    assert len({outcome.sentence for outcome in Outcome}) == len(Outcome)
