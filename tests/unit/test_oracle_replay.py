"""The replay oracle judged by hand: each case is small enough to play on paper."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from tests.oracles.booking_stream import COLUMNS, booking_row, booking_stream, columns_of
from tests.oracles.replay import read_bookings, replay

MAY_1, MAY_2, MAY_3 = (date(2016, 5, day) for day in (1, 2, 3))
ONE_ROOM = {"City Hotel|A": 1}


def counts(answer):
    """The five counts over all room types."""
    names = ("accepted", "refused", "released", "live_at_end", "room_nights_at_end")
    return tuple(answer[name] for name in names)


def test_a_booking_takes_its_nights_and_not_its_departure():
    answer = replay([booking_row(MAY_1, nights=2, lead_days=5)], ONE_ROOM)

    assert answer["sold"] == {("City Hotel", "A"): {MAY_1: 1, MAY_2: 1}}
    assert counts(answer) == (1, 0, 0, 1, 2)


def test_rows_without_nights_are_skipped_but_counted_in_row_numbers():
    rows = [booking_row(MAY_1, nights=0, lead_days=9), booking_row(MAY_1, nights=1, lead_days=3)]

    answer = replay(rows, ONE_ROOM)

    assert answer["skipped"] == 1
    assert answer["accepted_rows"] == [1]


def test_the_earlier_booking_date_wins_whatever_the_order_of_the_file():
    rows = [booking_row(MAY_1, nights=1, lead_days=3), booking_row(MAY_1, nights=1, lead_days=4)]

    answer = replay(rows, ONE_ROOM)

    assert answer["accepted_rows"] == [1]
    assert counts(answer) == (1, 1, 0, 1, 1)


def test_on_one_booking_date_the_earlier_row_wins():
    rows = [booking_row(MAY_1, nights=1, lead_days=3), booking_row(MAY_1, nights=1, lead_days=3)]

    assert replay(rows, ONE_ROOM)["accepted_rows"] == [0]


def test_a_stay_is_refused_whole_where_one_night_is_full():
    rows = [booking_row(MAY_2, nights=1, lead_days=9), booking_row(MAY_1, nights=3, lead_days=1)]

    answer = replay(rows, ONE_ROOM)

    assert answer["accepted_rows"] == [0]
    assert answer["sold"] == {("City Hotel", "A"): {MAY_2: 1}}


def test_a_cancellation_of_an_earlier_booking_comes_before_the_bookings_of_its_date():
    # Booked on 21 April, cancelled on 28 April: row 1, booked on 28 April, finds the room free.
    rows = [
        booking_row(MAY_1, nights=1, lead_days=10, status="Canceled", status_date=date(2016, 4, 28)),
        booking_row(MAY_1, nights=1, lead_days=3),
    ]

    answer = replay(rows, ONE_ROOM)

    assert answer["accepted_rows"] == [0, 1]
    assert counts(answer) == (2, 0, 1, 1, 1)


def test_a_cancellation_on_the_booking_date_comes_after_the_bookings_of_that_date():
    # Both are booked on 28 April. Row 0 is cancelled that same day, but only in the evening.
    rows = [
        booking_row(MAY_1, nights=1, lead_days=3, status="Canceled", status_date=date(2016, 4, 28)),
        booking_row(MAY_1, nights=1, lead_days=3),
    ]

    answer = replay(rows, ONE_ROOM)

    assert answer["accepted_rows"] == [0]
    assert counts(answer) == (1, 1, 1, 0, 0)
    assert answer["sold"] == {("City Hotel", "A"): {}}


def test_a_cancellation_before_the_booking_date_has_no_effect():
    rows = [booking_row(MAY_1, nights=2, lead_days=3, status="Canceled", status_date=date(2016, 4, 27))]

    answer = replay(rows, ONE_ROOM)

    assert counts(answer) == (1, 0, 0, 1, 2)
    assert answer["cancelled_before_booking"] == 1


def test_the_cancellation_of_a_refused_booking_gives_nothing_back():
    rows = [
        booking_row(MAY_1, nights=1, lead_days=9),
        booking_row(MAY_1, nights=1, lead_days=8, status="Canceled", status_date=date(2016, 4, 25)),
        booking_row(MAY_1, nights=1, lead_days=2),
    ]

    answer = replay(rows, ONE_ROOM)

    assert answer["accepted_rows"] == [0]
    assert counts(answer) == (1, 2, 0, 1, 1)


def test_a_no_show_keeps_its_room():
    rows = [
        booking_row(MAY_1, nights=2, lead_days=5, status="No-Show"),
        booking_row(MAY_2, nights=1, lead_days=0),
    ]

    assert replay(rows, ONE_ROOM)["accepted_rows"] == [0]


def test_the_default_capacity_is_the_peak_of_the_guests_who_checked_out():
    # On 2 May two guests sleep who check out later; the no-show and the cancelled row do not count.
    rows = [
        booking_row(MAY_1, nights=2, lead_days=9),
        booking_row(MAY_2, nights=2, lead_days=9),
        booking_row(MAY_2, nights=1, lead_days=9, status="No-Show"),
        booking_row(MAY_2, nights=1, lead_days=9, status="Canceled"),
        booking_row(MAY_2, nights=1, lead_days=9, room_type="P", status="Canceled"),
    ]

    answer = replay(rows)

    assert answer["capacity"] == {"City Hotel|A": 2, "City Hotel|P": 0}
    assert answer["accepted_rows"] == [0, 1]


def test_a_room_type_is_the_reserved_one_of_one_hotel():
    rows = [
        booking_row(MAY_1, nights=1, lead_days=1, assigned_room_type="D"),
        booking_row(MAY_1, nights=1, lead_days=1, room_type="D"),
        booking_row(MAY_1, nights=1, lead_days=1, hotel="Resort Hotel"),
    ]

    answer = replay(rows, {"City Hotel|A": 1, "City Hotel|D": 1, "Resort Hotel|A": 1})

    assert answer["accepted_rows"] == [0, 1, 2]
    assert {name: part["accepted"] for name, part in answer["by_room_type"].items()} == {
        "City Hotel|A": 1,
        "City Hotel|D": 1,
        "Resort Hotel|A": 1,
    }


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_holds_every_kind_of_row_and_keeps_the_laws(seed):
    rows = booking_stream(seed)
    bookings = read_bookings(rows)
    early = [b for b in bookings if b.cancelled is not None and b.cancelled < b.booked]
    same_day = [b for b in bookings if b.cancelled is not None and b.cancelled == b.booked]
    answer = replay(rows, {room_type: peak // 2 for room_type, peak in replay(rows)["capacity"].items()})

    assert all(tuple(row) == COLUMNS for row in rows)
    assert len(bookings) < len(rows) == 600
    assert early
    assert same_day
    assert any(row["children"] is None for row in rows)
    assert any(row["reservation_status"] == "No-Show" for row in rows)
    assert len({tuple(row.values()) for row in rows}) < len(rows)
    assert answer["refused"] > 20
    assert answer["released"] > 20
    assert answer["accepted"] + answer["refused"] + answer["skipped"] == len(rows)
    assert answer["accepted"] - answer["released"] == answer["live_at_end"]
    assert sum(sum(nights.values()) for nights in answer["sold"].values()) == answer["room_nights_at_end"]
    for (hotel, room_type), nights in answer["sold"].items():
        assert max(nights.values(), default=0) <= answer["capacity"][f"{hotel}|{room_type}"]


def test_the_grid_at_the_end_is_what_the_live_bookings_hold():
    rows = booking_stream(seed=7)
    answer = replay(rows)
    accepted = set(answer["accepted_rows"])
    held = Counter()
    for booking in read_bookings(rows):
        given_back = booking.cancelled is not None and booking.cancelled >= booking.booked
        if booking.row_number in accepted and not given_back:
            held.update((booking.room_type, booking.arrival + timedelta(days=i)) for i in range(booking.nights))

    assert held == {(room, night): n for room, nights in answer["sold"].items() for night, n in nights.items()}


def test_rows_and_columns_give_the_same_answer_and_a_seed_gives_the_same_rows():
    rows = booking_stream(seed=11, rows=200)

    assert rows == booking_stream(seed=11, rows=200)
    assert rows != booking_stream(seed=12, rows=200)
    assert replay(rows) == replay(columns_of(rows))
