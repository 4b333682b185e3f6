"""The order in which a batch is done: each request once, those of a hotel and those with a key in the order asked."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from numba import njit

from nightgrid.native.holds import visits
from nightgrid.native.store import layout as at
from nightgrid.native.store import requests as q
from nightgrid.native.store.views import address_of
from tests.threads.test_threads import store

HOTELS = 40
MANY = 10_000  # requests that were passed over: enough to put windows in order


@njit
def _plan(table, requests, passed_over, out_request, out_back):
    """Windows put in order; out_request and out_back (request): by position."""
    scratch = np.zeros(visits.VISIT_BYTES, np.uint8)
    counts = np.zeros(at.CODES, np.int64)
    counts[at.CODE_PASSED_OVER] = passed_over
    first = 0
    while first < requests.shape[1]:
        end = visits.plan_visits(table, requests, first, counts, address_of(scratch))
        for position in range(first, end):
            out_request[position] = visits.request_at_place(address_of(scratch), position)
            out_back[position] = visits.steps_back(address_of(scratch), position)
        first = end
    return counts[at.CODE_IN_ORDER] + 0 * scratch.size


@pytest.fixture(scope="module")
def table():
    engine = store(5, hotels=HOTELS, slots=1_000)
    return engine._inventory.table, engine


def planned(table, rows, keys, passed_over=MANY, fields=q.Q_PLAIN):
    requests = np.zeros((fields, len(rows)), np.int64)
    requests[q.Q_ROW] = rows
    requests[q.Q_KEY_HIGH], requests[q.Q_KEY_LOW] = keys
    order, back = np.full(len(rows), -1), np.full(len(rows), -1)
    in_order = _plan(table[0], requests, passed_over, order, back)
    return in_order, order, back


def drawn(size, hotels, seed=1):
    dice = random.Random(seed)
    rows = np.array([2 * dice.randrange(hotels) + dice.randrange(2) for _ in range(size)])
    keys = np.array([[dice.randrange(1, 2**62) for _ in range(size)] for _ in range(2)])
    return rows, keys


@pytest.mark.parametrize("hotels", [1, 3, HOTELS])
@pytest.mark.parametrize("size", [256, 1_023, 1_024, 5_000])
def test_each_request_is_done_once_and_those_of_a_hotel_in_the_order_asked(table, hotels, size):
    rows, keys = drawn(size, hotels)
    in_order, order, back = planned(table, rows, keys)

    assert in_order >= size // visits.WINDOW
    assert sorted(order) == list(range(size))
    for hotel in range(hotels):
        mine = order[rows[order] // 2 == hotel]
        assert all(one < other for one, other in pairwise(mine))
    for first in range(0, size, visits.WINDOW):
        assert set(order[first : first + visits.WINDOW]) == set(range(first, min(first + visits.WINDOW, size)))
    for position in np.flatnonzero(back):
        assert rows[order[position]] // 2 == rows[order[position - back[position]]] // 2
    assert (back > 0).sum() >= in_order * (visits.WINDOW // 2) - hotels or size < visits.WINDOW


def test_a_hotel_is_visited_at_one_time(table):
    rows, keys = drawn(visits.WINDOW, HOTELS)
    _, order, _ = planned(table, rows, keys)
    hotels = rows[order] // 2
    for hotel in range(HOTELS):
        places = np.flatnonzero(hotels == hotel)
        assert np.ptp(places) <= visits.TOGETHER * len(places)


def test_what_is_asked_with_one_key_keeps_its_order(table):
    rows, keys = drawn(2 * visits.WINDOW, 3)
    keys[:, 700] = keys[:, 20]
    in_order, order, back = planned(table, rows, keys)
    assert in_order == 1  # the second window; the first one has a key twice
    assert order[: visits.WINDOW].tolist() == list(range(visits.WINDOW))
    assert not back[: visits.WINDOW].any()
    assert order[visits.WINDOW :].tolist() != list(range(visits.WINDOW, 2 * visits.WINDOW))


@pytest.mark.parametrize("why", ["nobody was met", "more than rooms is asked for", "few requests"])
def test_an_order_that_would_not_help_is_left(table, why):
    size = visits.WINDOW // 8 if why == "few requests" else 3 * visits.WINDOW
    passed_over = 0 if why == "nobody was met" else MANY
    fields = q.Q_FIELDS if why == "more than rooms is asked for" else q.Q_PLAIN
    assert_left(planned(table, *drawn(size, HOTELS), passed_over, fields))


def test_many_hotels_that_are_asked_for_alike_are_left():
    engine = store(5, hotels=4_000, slots=1_000)
    assert_left(planned((engine._inventory.table, engine), *drawn(3 * visits.WINDOW, 4_000)))


def assert_left(plan):
    in_order, order, back = plan
    assert in_order == 0
    assert order.tolist() == list(range(len(order)))
    assert not back.any()
