"""Runs, gaps and rooms for a stay: pictures that can be read, and the oracle on random rows of any length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightgrid import InputError, InputTypeError
from nightgrid.inventory import runs
from tests.agreement.compare import examples
from tests.oracles import runs as oracle


def free_of(*pictures: str) -> np.ndarray:
    """Rows as pictures: a digit is so many rooms free, "." is sold out, "-" is two rooms too many sold."""
    return np.array([[{".": 0, "-": -2}.get(sign) or int(sign.replace(".", "0")) for sign in row] for row in pictures],
                    np.int16)  # fmt: skip


# fmt: off
GAPS = [  # free rooms, shortest stay, rooms asked for, today, gaps marked by their length
    (".1.",     2, 1, -1, ".1."),
    (".11.",    2, 1, -1, "...."),
    (".11.",    3, 1, -1, ".22."),
    ("-11-1.",  3, 1, -1, ".22.1."),
    ("1.1.1",   2, 1, -1, "..1.."),  # what was before the first night, and comes after the last, is not known
    ("1.1.1",   2, 1,  0, "1.1.."),  # before the first night is yesterday
    ("111.1",   2, 1,  2, "..1.."),  # two nights are gone
    (".23.",    3, 2, -1, ".22."),
    (".212.",   3, 2, -1, ".1.1."),  # for two rooms the middle night is sold out
    (".1.",     0, 1, -1, "..."),
    (".1.",     1, 1, -1, "..."),
    ("...",     9, 1,  0, "..."),
    ("111",     9, 1,  0, "..."),
    (".1.",     2, 1,  9, "..."),    # the window is over
]
STAYS = [  # free rooms, nights, today, rooms free for the whole stay by arrival
    ("3214", 1, -1, "3214"),
    ("3214", 2, -1, "211."),
    ("3214", 3, -1, "11.."),
    ("3214", 4, -1, "1..."),
    ("3214", 5, -1, "...."),
    ("32-14", 2, -1, "2..1."),
    ("3214", 2,  1, ".11."),
    ("9", 365, 0, "."),
]
RUNS = [  # free rooms, rooms asked for, today, nights in a row, (first, nights) of the longest
    ("112.1", 1, -1, "321.1", (0, 3)),
    ("112.1", 2, -1, "..1..", (2, 1)),
    ("11.11", 1, -1, "21.21", (0, 2)),  # the earlier of two equals
    ("11.11", 1,  1, ".1.21", (3, 2)),
    ("..-..", 1, -1, ".....", (-1, 0)),
    ("11111", 1,  7, ".....", (-1, 0)),
]
# fmt: on


@pytest.mark.parametrize(("row", "shortest", "rooms", "today", "marked"), GAPS)
def test_gaps_as_pictures(row, shortest, rooms, today, marked):
    assert runs.gap_nights(free_of(row), shortest, rooms, [today]).tolist() == free_of(marked).tolist()


@pytest.mark.parametrize(("row", "nights", "today", "wanted"), STAYS)
def test_rooms_for_a_stay_as_pictures(row, nights, today, wanted):
    assert runs.stay_rooms(free_of(row), nights, [today]).tolist() == free_of(wanted).tolist()


@pytest.mark.parametrize(("row", "rooms", "today", "wanted", "longest"), RUNS)
def test_runs_as_pictures(row, rooms, today, wanted, longest):
    found = runs.largest_free_run(free_of(row), rooms, [today])

    assert runs.free_runs(free_of(row), rooms, [today]).tolist() == free_of(wanted).tolist()
    assert (found.first.tolist(), found.nights.tolist()) == ([longest[0]], [longest[1]])


def test_the_shortest_stay_may_differ_by_arrival():
    """Three free nights, three for arrivals on the first of them: it helps if the last takes one night."""
    free = free_of(".111.", ".111.", ".111.")
    shortest = [[9, 4, 3, 2, 9], [9, 4, 3, 1, 9], [9, 3, 9, 9, 9]]

    assert runs.gap_nights(free, shortest).tolist() == free_of(".333.", ".....", ".....").tolist()


def test_gaps_as_ranges():
    found = runs.gap_runs(runs.gap_nights(free_of(".1.22.", "...11.", ".1111."), 3))

    assert [list(each) for each in zip(*found, strict=True)] == [[0, 1, 1], [0, 3, 2], [1, 3, 2]]


# Long stretches of equal counts, so that runs, gaps and minima of any length occur.
stretches = st.lists(st.tuples(st.integers(-2, 4), st.integers(1, 6)), min_size=1, max_size=8)


@st.composite
def matrices(draw):
    """(free rooms as lists, today of each row or None): rows of one length."""
    rows = [[rooms for rooms, count in draw(stretches) for _ in range(count)] for _ in range(draw(st.integers(1, 3)))]
    length = max(len(row) for row in rows)
    free = [row + [draw(st.integers(-1, 2))] * (length - len(row)) for row in rows]
    return free, draw(st.none() | st.lists(st.integers(-3, 30), min_size=len(free), max_size=len(free)))


def by_row(free, today):
    return list(zip(free, today or [None] * len(free), strict=True))


@examples(1)
@given(matrices(), st.integers(1, 3))
def test_runs_agree(matrix, rooms):
    free, today = matrix
    array = np.array(free, np.int16)
    found = runs.largest_free_run(array, rooms, today)

    assert runs.free_runs(array, rooms, today).tolist() == [
        [oracle.free_run(row, night, rooms, now) for night in range(len(row))] for row, now in by_row(free, today)
    ]
    assert list(zip(found.first.tolist(), found.nights.tolist(), strict=True)) == [
        oracle.largest_free_run(row, rooms, now) for row, now in by_row(free, today)
    ]


@examples(1)
@given(matrices(), st.integers(1, 3), st.data())
def test_gaps_agree(matrix, rooms, data):
    free, today = matrix
    array = np.array(free, np.int16)
    one = data.draw(st.integers(0, 8))
    by_arrival = [[data.draw(st.integers(0, 8)) for _ in row] for row in free]
    for asked, shortest in ((one, [[one] * len(row) for row in free]), (by_arrival, by_arrival)):
        found = runs.gap_runs(runs.gap_nights(array, asked, rooms, today))
        wanted = [
            (index, first, nights)
            for index, (row, now) in enumerate(by_row(free, today))
            for first, nights in oracle.gaps(row, shortest[index], rooms, now)
        ]
        assert [tuple(int(word) for word in each) for each in zip(*found, strict=True)] == wanted


@examples(1)
@given(matrices(), st.integers(1, 50))
def test_rooms_for_a_stay_agree(matrix, nights):
    free, today = matrix

    assert runs.stay_rooms(np.array(free, np.int16), nights, today).tolist() == [
        [oracle.stay_rooms(row, arrival, nights, now) for arrival in range(len(row))]
        for row, now in by_row(free, today)
    ]


def test_a_matrix_need_not_lie_row_by_row():
    free = np.asfortranarray(free_of("1.11", ".1.1"))
    every_other = np.repeat(free, 2, axis=1)[:, ::2]

    for same in (free, every_other):
        assert runs.free_runs(same).tolist() == [[1, 0, 2, 1], [0, 1, 0, 1]]


WRONG = [
    (lambda f: runs.free_runs(f.astype(int)), InputTypeError, "free is int64 with 2 dimensions; int16"),
    (lambda f: runs.free_runs(f[0]), InputTypeError, "free is int16 with 1 dimensions"),
    (lambda f: runs.free_runs(f, 0), InputError, "rooms is 0; allowed are 1 to 10000"),
    (lambda f: runs.largest_free_run(f, True), InputError, "rooms is True"),
    (lambda f: runs.free_runs(f, 1, [0, 0]), InputTypeError, r"begin is int64 \(2,\); an index a row, \(1,\)"),
    (lambda f: runs.free_runs(f, 1, [0.0]), InputTypeError, "begin is float64"),
    (lambda f: runs.gap_nights(f, 2.5), InputTypeError, "min_nights has type float64; whole nights"),
    (lambda f: runs.gap_nights(f, -1), InputError, "min_nights is -1 to -1; allowed are 0 to 365"),
    (lambda f: runs.gap_nights(f, [[1, 2]]), InputError, r"min_nights has shape \(1, 2\); one number, or \(1, 3\)"),
    (lambda f: runs.stay_rooms(f, 0), InputError, "nights is 0; a stay has 1 to 365 nights"),
    (lambda f: runs.stay_rooms(f, 366), InputError, "nights is 366"),
    (lambda f: runs.stay_rooms(f, 2.0), InputError, "nights is 2.0"),
]


@pytest.mark.parametrize(("ask", "error", "words"), WRONG)
def test_questions_that_cannot_be_meant(ask, error, words):
    with pytest.raises(error, match=words):
        ask(free_of("1.1"))
