"""Records played again: what they say, and which lists of records cannot have happened."""

from __future__ import annotations

import pytest

from tests.oracles import records


def record(kind, hold_id=1, arrival=10, nights=2, rooms=1, row=0, **more):
    stay = {"row": row, "arrival": arrival, "nights": nights, "rooms": rooms, "deadline_ms": 900, "now_ms": 0}
    return {"kind": kind, "hold_id": hold_id, **stay, **more}


def held_and_sold(*written):
    counts = records.matrices(written, [0, 1], 10, 4)
    return counts["held"], counts["sold"]


NONE = [0, 0, 0, 0]


def test_a_hold_is_held_and_a_booking_sold():
    assert held_and_sold(record("hold")) == ([[1, 1, 0, 0], NONE], [NONE, NONE])
    assert held_and_sold(record("hold", rooms=3), record("confirm", rooms=2)) == ([NONE, NONE], [[2, 2, 0, 0], NONE])
    assert held_and_sold(record("book")) == ([NONE, NONE], [[1, 1, 0, 0], NONE])


@pytest.mark.parametrize("end", ["release", "expire"])
def test_what_ended_is_nowhere(end):
    assert held_and_sold(record("hold"), record(end)) == ([NONE, NONE], [NONE, NONE])


def test_nights_before_and_after_the_window_are_left_out():
    assert held_and_sold(record("hold", arrival=8, nights=9)) == ([[1, 1, 1, 1], NONE], [NONE, NONE])


def test_an_amended_stay_is_where_it_moved_to():
    moved = record("amend", row=1, arrival=12, nights=1, rooms=2)
    assert held_and_sold(record("hold"), moved) == ([NONE, [0, 0, 2, 0]], [NONE, NONE])


def test_a_guest_who_left_keeps_the_nights_he_slept():
    stay = [record("book", nights=4), record("check_in", nights=4), record("check_out", nights=1)]
    assert held_and_sold(*stay) == ([NONE, NONE], [[1, 0, 0, 0], NONE])
    assert held_and_sold(record("book", nights=3), record("no_show", nights=0)) == ([NONE, NONE], [NONE, NONE])


def test_a_replacement_ends_the_old_hold():
    written = [record("hold"), record("replace", hold_id=2, arrival=11, linked_to=1, state="held")]
    assert held_and_sold(*written) == ([[0, 1, 1, 0], NONE], [NONE, NONE])


def test_a_cart_with_a_missing_line_never_happened():
    line = record("hold", hold_id=1, cart_id=1, cart_lines=2)
    other = record("hold", hold_id=2, cart_id=1, cart_lines=2)
    assert held_and_sold(line, other) == ([[2, 2, 0, 0], NONE], [NONE, NONE])
    assert held_and_sold(line) == ([NONE, NONE], [NONE, NONE])


@pytest.mark.parametrize(
    "written",
    [
        [record("hold"), record("hold")],
        [record("confirm")],
        [record("hold"), record("release"), record("confirm")],
        [record("hold"), record("confirm"), record("expire")],
        [record("hold"), record("cancel")],
        [record("book"), record("cancel"), record("cancel")],
        [record("book"), record("check_out")],
        [record("book"), record("no_show"), record("amend")],
        [record("book"), record("replace", hold_id=2, linked_to=1)],
        [record("replace", hold_id=2, linked_to=1)],
    ],
)
def test_what_cannot_have_happened_is_refused(written):
    with pytest.raises(ValueError, match="hold"):
        records.play(written)
